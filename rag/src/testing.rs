//! What must hold under [`Knowledge`] whatever the index, as bodies that the tests of any engine
//! can run.

#![allow(clippy::expect_used, clippy::panic, reason = "a promise that is broken says so")]

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use domain::{
    CustomerId, Ids, Timestamp, WorkspaceId,
    knowledge::{Chunk, Document, Layer, Metadata, Retriever as _, Scope, UNIVERSAL_WORKSPACE},
    ticket::Visibility,
};
use proptest::prelude::*;
use uuid::Uuid;

use crate::{Knowledge, ParsedDocument, compose, vectors::Index};

/// Ids that count up, so that a failing case says the same each time.
#[derive(Default)]
pub struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(1_000_000 + u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }
    fn secret(&self) -> [u8; 32] {
        [7; 32]
    }
    fn fraction(&self) -> f64 {
        0.5
    }
}

fn workspace(n: u8) -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(u128::from(n) + 1))
}

fn customer(n: u8) -> CustomerId {
    CustomerId(Uuid::from_u128(u128::from(n) + 1001))
}

/// A document somewhere, and later perhaps elsewhere.
#[derive(Clone, Debug)]
pub struct Page {
    home: u8,
    meta: Metadata,
    /// What it becomes, when it changes.
    moves_to: Option<Metadata>,
    text: String,
}

/// Documents of two workspaces and of all, and questions.
#[derive(Clone, Debug)]
pub struct Case {
    pages: Vec<Page>,
    scopes: Vec<Scope>,
    query: String,
}

fn meta() -> impl Strategy<Value = Metadata> {
    let validity = (prop::option::of(0i64..20), prop::option::of(0i64..20));
    let brand = prop::option::of("[AB]");
    let locale = prop_oneof![Just("en"), Just("de")];
    (0u8..4, 0u8..2, any::<bool>(), brand, validity, locale).prop_map(
        |(layer, of, internal, brand, (from, until), locale)| {
            let layer = match layer {
                0 => Layer::Universal,
                1 => Layer::Customer,
                _ => Layer::Company,
            };
            Metadata {
                layer,
                customer_id: (layer == Layer::Customer).then(|| customer(of)),
                visibility: if internal { Visibility::Internal } else { Visibility::Public },
                brand,
                locale: locale.to_owned(),
                valid_from: from.map(Timestamp),
                valid_until: until.map(Timestamp),
                ..Metadata::titled("page")
            }
        },
    )
}

fn page() -> impl Strategy<Value = Page> {
    (0u8..2, meta(), prop::option::of(meta()), "[a-d]{1,2}( [a-d]{1,2}){0,6}").prop_map(
        |(home, meta, moves_to, text)| {
            // A document does not leave its workspace.
            let universal = |meta: &Metadata| meta.layer == Layer::Universal;
            let moves_to = moves_to.filter(|to| universal(to) == universal(&meta));
            Page { home, meta, moves_to, text }
        },
    )
}

fn scope() -> impl Strategy<Value = Scope> {
    let who = (0u8..2, any::<bool>(), any::<bool>(), prop::option::of(0u8..2));
    (who, prop::option::of("[ABC]"), prop::option::of("(en|de|fr)"), 0i64..20).prop_map(
        |((home, internal, universal, of), brand, locale, at)| Scope {
            workspace_id: workspace(home),
            internal,
            universal,
            customer_id: of.map(customer),
            brand,
            locale,
            valid_at: Timestamp(at),
        },
    )
}

/// Random layers, visibilities, customers, brands and times.
pub fn case() -> impl Strategy<Value = Case> {
    let pages = prop::collection::vec(page(), 1..14);
    let scopes = prop::collection::vec(scope(), 1..6);
    (pages, scopes, "[a-d]{1,2}( [a-d]{1,2}){0,3}").prop_map(|(pages, scopes, query)| Case {
        pages,
        scopes,
        query,
    })
}

/// No passage is ever returned that its scope does not permit, none in scope that holds a word of
/// the query is left out while there is room, and scores tell nothing of what is out of scope.
/// `collection` must not be there yet.
pub async fn nothing_out_of_scope_is_returned(index: Arc<dyn Index>, collection: &str, case: &Case) {
    let knowledge =
        Knowledge::open(Arc::clone(&index), None, collection).await.expect("a collection is made");
    let ids = CountingIds::default();
    let mut pages: Vec<(WorkspaceId, Document, Vec<Chunk>)> = Vec::new();
    for (at, page) in case.pages.iter().enumerate() {
        let home = home(page);
        let make = |meta: &Metadata, earlier| {
            // Numbered, or alike pages would be folded into one.
            let body = format!("{} {at}", page.text);
            compose(
                &format!("p{at}"),
                ParsedDocument { meta: meta.clone(), body },
                earlier,
                &ids,
                Timestamp(0),
            )
        };
        let (mut document, mut chunks) = make(&page.meta, None);
        knowledge.put(home, document.clone(), chunks.clone()).await.expect("a page is put in");
        if let Some(to) = &page.moves_to {
            let earlier = crate::Earlier { document: &document, chunks: &chunks };
            (document, chunks) = make(to, Some(earlier));
            knowledge.put(home, document.clone(), chunks.clone()).await.expect("a page is changed");
        }
        pages.push((home, document, chunks));
    }
    for scope in &case.scopes {
        let found = knowledge.search(scope, &case.query, 20).await.expect("a question is answered");
        for passage in &found {
            let (home, document, _) = pages
                .iter()
                .find(|(_, document, _)| document.id == passage.document_id)
                .expect("what is found was put in");
            assert!(scope.permits(*home, &document.meta), "{passage:?} is out of {scope:?}");
        }
        // Alone with what the scope permits, the same is found with the same scores.
        let alone = Knowledge::in_memory();
        for (home, document, chunks) in &pages {
            if scope.permits(*home, &document.meta) {
                alone.put(*home, document.clone(), chunks.clone()).await.expect("a page is put in");
            }
        }
        let wanted = alone.search(scope, &case.query, 20).await.expect("a question is answered");
        let seen = |passages: &[domain::knowledge::Passage]| {
            let mut seen: Vec<_> =
                passages.iter().map(|p| (p.chunk_id, rounded(p.score), rounded(p.coverage))).collect();
            seen.sort_unstable();
            seen
        };
        assert_eq!(seen(&found), seen(&wanted), "in {scope:?}");
    }
    let dropped = knowledge.dropped();
    assert_eq!(
        (dropped.unknown, dropped.out_of_scope),
        (0, 0),
        "the index's own filter let something through"
    );
    index.drop_collection(collection).await.expect("the collection goes");
}

fn home(page: &Page) -> WorkspaceId {
    match page.meta.layer {
        Layer::Universal => UNIVERSAL_WORKSPACE,
        Layer::Company | Layer::Customer => workspace(page.home),
    }
}

/// Engines may round.
fn rounded(number: f32) -> i64 {
    (f64::from(number) * 1000.0).round() as i64
}
