//! What the store promises, checked on every backend with the same bodies.
//!
//! Each case starts from an empty database. On SQLite every case is a test; on Postgres one test
//! runs them all, so that one server is started and not fifty.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what a case needs is there, or the case fails")]

mod accounts;
mod approvals;
mod automatic_breakers;
mod autonomy;
mod credits;
mod documents;
mod evaluations;
mod figures;
mod fixture;
mod inbox;
mod isolation;
mod knowledge;
mod paper;
mod people;
mod personal_data;
mod policies;
mod portal;
mod records;
mod review;
mod row_security;
mod runs;
mod safety;
mod sources;
mod threads;
mod tickets;

use fixture::{Backend, Fixture};
use futures::{StreamExt as _, future::BoxFuture};

macro_rules! contract {
    ($($room:ident: $($case:ident),+;)+) => {
        mod on_a_sqlite_file {
            use super::*;
            $($(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                $room::$case(Fixture::new(Backend::SqliteFile).await).await;
            })+)+
        }

        mod on_sqlite_in_memory {
            use super::*;
            $($(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                $room::$case(Fixture::new(Backend::SqliteMemory).await).await;
            })+)+
        }

        #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
        async fn on_postgres() {
            let cases: Vec<(&str, BoxFuture<'static, ()>)> = vec![
                $($((
                    concat!(stringify!($room), "::", stringify!($case)),
                    Box::pin(async { $room::$case(Fixture::new(Backend::Postgres).await).await }),
                ),)+)+
                ("two_processes_never_share_a_run", Box::pin(async {
                    runs::two_processes_never_share_a_run(Fixture::new(Backend::Postgres).await).await;
                })),
                ("what_one_process_has_no_place_for_is_told_to_the_others", Box::pin(async {
                    let fixture = Fixture::new(Backend::Postgres).await;
                    runs::what_one_process_has_no_place_for_is_told_to_the_others(fixture).await;
                })),
                ("processes_share_one_chain", Box::pin(async {
                    safety::processes_share_one_chain(Fixture::new(Backend::Postgres).await).await;
                })),
                ("processes_share_breakers_and_rates", Box::pin(async {
                    automatic_breakers::processes_share_breakers_and_rates(Fixture::new(Backend::Postgres).await)
                        .await;
                })),
                ("of_two_who_change_a_policy_one_does", Box::pin(async {
                    policies::of_two_who_change_a_policy_one_does(Fixture::new(Backend::Postgres).await).await;
                })),
                ("another_workspaces_ids_read_and_change_nothing", Box::pin(async {
                    let fixture = Fixture::new(Backend::Postgres).await;
                    isolation::another_workspaces_ids_read_and_change_nothing(fixture).await;
                })),
                ("every_table_of_a_workspace_is_under_forced_policies", Box::pin(async {
                    let fixture = Fixture::new(Backend::Postgres).await;
                    row_security::every_table_of_a_workspace_is_under_forced_policies(fixture).await;
                })),
                ("the_service_sees_what_it_was_told_to_and_nothing_else", Box::pin(async {
                    let fixture = Fixture::new(Backend::Postgres).await;
                    row_security::the_service_sees_what_it_was_told_to_and_nothing_else(fixture).await;
                })),
                ("policies_keep_nobody_from_an_index", Box::pin(async {
                    row_security::policies_keep_nobody_from_an_index(Fixture::new(Backend::Postgres).await).await;
                })),
                ("a_plain_owner_is_bound_himself", Box::pin(async {
                    row_security::a_plain_owner_is_bound_himself(Fixture::new(Backend::Postgres).await).await;
                })),
                ("a_user_whom_nothing_binds_is_refused", Box::pin(async {
                    row_security::a_user_whom_nothing_binds_is_refused(Fixture::new(Backend::Postgres).await).await;
                })),
                ("two_processes_append_gaplessly", Box::pin(async {
                    runs::two_processes_append_gaplessly(Fixture::new(Backend::Postgres).await).await;
                })),
            ];
            all_hold(cases).await;
        }
    };
}

contract! {
    accounts:
        one_address_is_one_account_in_several_workspaces,
        a_session_is_there_until_it_ends,
        a_session_that_is_used_goes_on_and_moves_between_workspaces,
        a_new_password_ends_the_other_sessions,
        a_reset_link_works_once_and_for_a_while,
        a_code_is_taken_once_and_a_recovery_code_too,
        failures_are_counted_for_all_processes_and_forgotten,
        a_passkey_belongs_to_one_account,
        an_invitation_is_accepted_once,
        whoever_a_company_vouches_for_is_known_by_its_subject;
    tickets:
        versions_and_positions_are_gapless_under_64_concurrent_commits,
        tickets_are_numbered_from_one_in_each_workspace,
        an_event_with_a_known_idempotency_key_is_not_written_again,
        a_commit_is_written_whole_or_not_at_all,
        a_commit_of_any_length_is_written_as_it_is,
        a_poisoned_commit_does_not_hurt_its_neighbours,
        another_workspaces_ids_behave_as_if_they_did_not_exist,
        snapshots_are_the_fold_of_their_events,
        a_changed_snapshot_is_found,
        lists_of_tickets_are_filtered_and_continued,
        lists_of_tickets_are_narrowed_by_whose_they_are_and_how_urgent,
        events_and_tickets_are_read_by_their_ids,
        notices_come_in_the_order_of_positions,
        a_full_queue_says_when_to_come_back,
        a_crowded_queue_refuses_new_tickets_before_what_goes_on,
        closing_writes_what_is_queued,
        colleagues_see_each_other_at_a_ticket_while_they_are_there;
    personal_data:
        a_scan_reads_every_message_once_and_one_is_under_way,
        what_is_redacted_is_gone_and_the_events_stay,
        the_subject_and_what_lists_search_by_are_redacted_too,
        a_ticket_names_its_people;
    evaluations:
        an_evaluation_is_kept_once_and_compared_with_the_one_before,
        old_evaluations_of_a_suite_go,
        a_case_of_a_decision_is_there_while_that_stands;
    portal:
        a_customers_link_is_used_once_with_all_of_their_others,
        a_customers_session_goes_on_while_it_is_used_and_ends,
        a_customers_tickets_are_theirs_or_their_companys,
        channels_are_as_configured_until_a_workspace_says_otherwise,
        a_redaction_ends_what_its_contact_is_signed_in_with;
    runs:
        a_ticket_has_one_active_run,
        one_run_of_an_agent_is_about_a_ticket_and_holds_it_for_nobody,
        a_new_run_is_leased_at_once_while_places_are_free,
        a_signal_is_never_lost,
        a_waiting_run_is_woken_by_a_message,
        a_writer_with_an_old_fence_is_refused,
        steps_continue_the_journal,
        a_failed_attempt_is_due_again_later,
        the_most_urgent_run_is_claimed_first,
        an_expired_lease_is_taken_over,
        a_heartbeat_keeps_the_leases_of_what_is_worked_on,
        a_restart_puts_leased_runs_back,
        a_process_that_ends_hands_back_what_it_has_not_begun,
        only_dead_and_quarantined_runs_are_retried,
        a_run_may_end_and_another_start_in_one_batch,
        a_run_knows_which_messages_others_have_read;
    threads:
        a_question_is_its_askers_and_comes_back_as_it_was_asked,
        one_question_of_a_person_is_answered_at_a_time_and_none_twice,
        who_asked_stops_it_and_nobody_writes_on,
        what_is_set_aside_is_settled_when_it_is_stopped,
        a_forgotten_conversation_is_gone_with_its_journals,
        a_forgotten_conversation_is_gone_with_what_it_proposed;
    approvals:
        of_twenty_concurrent_deciders_one_wins,
        a_quorum_needs_different_people,
        a_decision_on_older_state_is_refused,
        a_decision_wakes_its_run_and_is_on_the_timeline,
        an_approval_ends_without_a_person_once,
        an_approval_ends_with_its_run_in_one_commit,
        a_call_has_one_effect,
        a_settled_effect_does_not_change;
    inbox:
        a_decision_is_taken_back_before_anything_comes_of_it,
        what_has_begun_is_not_taken_back,
        a_vote_of_several_is_taken_back_until_the_last_is_cast,
        the_queue_comes_by_what_is_at_stake_and_is_narrowed,
        whose_an_approval_is_and_when_it_is_back_is_on_the_timeline,
        one_person_looks_at_an_approval_and_that_ends_by_itself,
        views_and_delegations_are_kept,
        nobody_is_mailed_twice_about_one_approval;
    review:
        one_exercise_waits_for_a_person_and_ends_once,
        an_exercise_is_made_of_what_was_decided_and_not_had_before,
        what_people_had_before_them_is_counted_by_week;
    knowledge:
        a_gap_grows_with_its_questions_and_a_run_asks_once,
        questions_that_come_at_once_all_count,
        what_became_of_a_gap_stays_when_it_is_asked_about_again,
        citations_of_sent_replies_are_found_by_their_document,
        feedback_is_one_word_of_each_reader;
    sources:
        a_source_is_worked_on_by_one_at_a_time,
        whoever_takes_a_source_is_told_their_own_fence,
        what_is_written_with_an_older_fence_changes_nothing,
        a_document_has_one_page,
        a_source_goes_with_its_pages;
    safety:
        the_audit_is_a_chain_of_each_workspace,
        a_changed_entry_of_the_audit_is_named,
        old_entries_go_without_breaking_the_chain,
        a_decision_is_in_the_audit,
        a_breaker_is_opened_and_closed_once,
        closing_a_breaker_wakes_those_that_wait_for_it;
    credits:
        credits_are_set_aside_and_settled_once,
        a_ceiling_holds_against_many_at_once,
        books_of_many_agents_are_compared_to_the_last,
        what_is_given_back_can_be_spent_again,
        a_refused_commit_sets_nothing_aside,
        attempts_are_kept_while_credits_are_set_aside,
        what_is_left_open_outside_of_runs_is_found,
        a_count_stops_at_its_ceiling_until_the_window_ends;
    automatic_breakers:
        a_breaker_opens_once_and_one_probe_decides,
        a_provider_is_everybodys_and_the_rest_is_of_one_workspace,
        closing_by_a_probe_or_by_a_person_wakes_those_that_wait,
        a_rate_is_shared_and_a_pause_is_heard;
    autonomy:
        what_people_decide_is_kept_until_it_is_taken_back,
        what_a_person_asked_for_or_edited_is_no_evidence_and_a_call_counts_once,
        a_rating_is_of_the_call_that_wrote_the_message,
        what_ran_by_itself_is_assumed_until_something_is_heard,
        of_two_who_change_a_rung_one_does;
    paper:
        a_call_on_paper_is_kept_and_compared_by_people,
        what_is_no_call_on_paper_is_not_kept_as_one;
    figures:
        what_agents_resolved_is_counted_by_what_became_of_it,
        what_waits_is_counted_with_the_oldest,
        what_an_agent_did_is_counted_by_how_it_ended;
    policies:
        versions_of_a_policy_are_kept_and_audited,
        an_approval_that_nobody_decides_goes_to_a_higher_role,
        people_are_reminded_of_an_approval_once,
        who_asked_for_a_call_does_not_approve_it;
    people:
        the_last_owner_stays_one,
        of_two_owners_who_put_out_each_other_one_stays,
        who_is_kept_out_is_out_with_sessions_and_keys,
        who_is_kept_out_leaves_what_was_theirs_to_others,
        a_workspaces_own_roles_are_its_own,
        teams_have_members_until_they_do_not;
    records:
        pending_approvals_are_listed_oldest_first_and_by_role,
        customers_are_found_by_name_and_address,
        what_is_written_in_capitals_is_found_as_it_is_written,
        an_address_belongs_to_one_contact,
        one_address_belongs_to_one_member,
        mail_of_staff_and_agents_on_email_tickets_is_delivered_once,
        mail_is_threaded_by_message_ids,
        follow_ups_fire_once,
        registrations_and_attachments_survive,
        text_with_nul_is_kept_readable,
        a_foreign_cursor_is_refused,
        the_desk_shows_public_messages_only;
    documents:
        documents_replace_their_chunks,
        everything_said_of_a_document_is_kept,
        versions_outlive_their_document,
        of_two_changes_of_one_version_one_is_written,
        the_reserved_workspace_is_no_tenant,
        marks_are_of_one_collection,
        templates_are_listed;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sqlite_file_keeps_everything_across_a_restart() {
    tickets::a_restart_keeps_everything(Fixture::new(Backend::SqliteFile).await).await;
}

/// A read that is under way keeps nothing open.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_store_closes_while_it_is_read() {
    for _ in 0..20 {
        let fixture = Fixture::new(Backend::SqliteFile).await;
        let reads = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
        let readers: Vec<_> = (0..4)
            .map(|_| {
                let (store, reads) = (fixture.store.clone(), std::sync::Arc::clone(&reads));
                tokio::spawn(async move {
                    while store.policy_heads().await.is_ok() {
                        reads.add_permits(1);
                    }
                })
            })
            .collect();
        reads.acquire_many(8).await.expect("they read").forget();
        let closed = fixture.store.clone().close();
        tokio::time::timeout(std::time::Duration::from_secs(20), closed).await.expect("it closes");
        futures::future::join_all(readers).await;
    }
}

/// Nobody must rest on rows that the other has changed since.
#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_sqlite_file_append_gaplessly() {
    runs::two_processes_append_gaplessly(Fixture::new(Backend::SqliteFile).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_processes_on_one_sqlite_file_one_changes_a_policy() {
    policies::of_two_who_change_a_policy_one_does(Fixture::new(Backend::SqliteFile).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_sqlite_file_share_one_chain() {
    safety::processes_share_one_chain(Fixture::new(Backend::SqliteFile).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_on_one_sqlite_file_share_breakers_and_rates() {
    automatic_breakers::processes_share_breakers_and_rates(Fixture::new(Backend::SqliteFile).await).await;
}

/// Runs the cases side by side, because making a database is mostly waiting for the disk.
async fn all_hold(cases: Vec<(&'static str, BoxFuture<'static, ()>)>) {
    let broken: Vec<&str> = futures::stream::iter(cases)
        .map(async |(name, case)| tokio::spawn(case).await.err().map(|_| name))
        .buffer_unordered(4)
        .filter_map(async |broken| broken)
        .collect()
        .await;
    assert!(broken.is_empty(), "these promises are broken on Postgres: {broken:?}");
}
