//! What every index promises, run on each of them: the exact one in memory, the embedded engine, and
//! a Qdrant server. The server is the one at `QDRANT_URL`, or else Qdrant's protocol in this process.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod fixture;
mod isolation;
mod promises;
mod setup;

macro_rules! contract {
    ($($index:ident: [$($promise:ident),* $(,)?]),* $(,)?) => {$(
        mod $index {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    crate::promises::$promise(&crate::setup::$index().await).await;
                }
            )*

            #[test]
            fn nothing_out_of_scope_is_ever_found() {
                crate::isolation::nothing_out_of_scope_is_ever_found(crate::setup::$index);
            }
        }
    )*};
}

macro_rules! on_every_index {
    ($promises:tt) => {
        contract! { memory: $promises }
        contract! { edge: $promises }
        #[cfg(feature = "testing")]
        contract! { server: $promises }
    };
}

on_every_index!([
    collections_are_made_once_and_listed_and_dropped,
    a_collection_made_for_something_else_is_refused,
    names_that_are_no_names_are_refused,
    what_is_put_in_comes_back,
    putting_in_again_changes_nothing,
    a_point_put_in_anew_is_found_by_its_new_words_alone,
    a_refused_point_keeps_its_whole_batch_out,
    documents_are_deleted_with_all_or_all_but_one_version,
    chunks_are_deleted_only_in_their_workspace,
    words_are_ranked_by_bm25,
    vectors_are_ranked_by_cosine,
    a_hybrid_search_fuses_both_and_says_how,
    rarity_can_come_with_the_query,
    every_facet_narrows_a_search,
    a_scroll_sees_every_point_once,
    limits_are_kept_and_their_errors_say_what_to_do,
    readers_and_writers_do_not_disturb_each_other,
    optimising_changes_no_answer,
    a_scope_that_reaches_nothing_finds_nothing,
]);
