//! Whatever lies in the index and whoever asks: a search, a scroll and a count see what the scope
//! permits, all of it and nothing else.

use std::{collections::BTreeSet, future::Future};

use domain::{ChunkId, Timestamp, ticket::Visibility};
use proptest::{prelude::*, test_runner::TestRunner};
use rag::vectors::{Facets, IndexScope, Layer, Point, QueryPlan, Selection, UNIVERSAL_WORKSPACE};

use crate::{
    fixture::{all, changed, chunks, customer, direction, document, point, query, spec, workspace},
    setup::Setup,
};

type Drawn = ((u128, u8, u128, bool, u128), (usize, usize, BTreeSet<usize>), (Option<i64>, Option<i64>));

fn points() -> impl Strategy<Value = Vec<Point>> {
    let fields = (
        (1_u128..3, 0_u8..3, 0_u128..3, any::<bool>(), 0_u128..4),
        (0_usize..3, 0_usize..3, prop::collection::btree_set(0_usize..3, 0..3)),
        (prop::option::of(0_i64..4), prop::option::of(0_i64..4)),
    );
    prop::collection::vec(fields, 1..24).prop_map(|drawn| {
        let make = |(n, drawn): (usize, Drawn)| {
            let ((at, layer, of, internal, doc), (locale, brand, tags), (from, until)) = drawn;
            let layer = [Layer::Universal, Layer::Company, Layer::Customer][usize::from(layer)];
            changed(point(n as u128, "anchor"), |meta| {
                meta.document = document(doc);
                meta.layer = layer;
                meta.workspace = if layer == Layer::Universal { UNIVERSAL_WORKSPACE } else { workspace(at) };
                meta.customer = (layer == Layer::Customer).then(|| customer(of));
                meta.visibility = if internal { Visibility::Internal } else { Visibility::Public };
                meta.locale = ["en", "de", "fr"][locale].to_owned();
                meta.brand = [None, Some("alpine"), Some("coast")][brand].map(str::to_owned);
                meta.category = ["", "returns", "billing"][(locale + brand) % 3].to_owned();
                meta.tags = tags.into_iter().map(|tag| ["a", "b", "c"][tag].to_owned()).collect();
                meta.valid_from = from.map(Timestamp);
                meta.valid_until = until.map(Timestamp);
            })
        };
        drawn.into_iter().enumerate().map(make).collect()
    })
}

fn scopes() -> impl Strategy<Value = IndexScope> {
    (1_u128..3, any::<bool>(), any::<bool>(), prop::option::of(0_u128..3), any::<bool>()).prop_map(
        |(at, universal, company, of, internal)| IndexScope {
            workspace: workspace(at),
            universal,
            company,
            customer: of.map(customer),
            internal,
        },
    )
}

fn facets() -> impl Strategy<Value = Facets> {
    let some = |words: &'static [&'static str]| {
        prop::sample::subsequence(words, 0..=2)
            .prop_map(|words| words.into_iter().map(str::to_owned).collect())
    };
    let brand =
        prop::option::weighted(0.3, prop::sample::select(vec!["alpine".to_owned(), "other".to_owned()]));
    (
        prop_oneof![3 => Just(Vec::new()), 1 => some(&["en", "de", "xx"])],
        brand,
        prop_oneof![3 => Just(Vec::new()), 1 => some(&["returns", "billing"])],
        prop_oneof![3 => Just(Vec::new()), 1 => some(&["a", "b"])],
        prop::option::weighted(0.4, (0_i64..4).prop_map(Timestamp)),
        prop_oneof![3 => Just(Vec::new()), 1 => prop::collection::vec((0_u128..4).prop_map(document), 1..3)],
    )
        .prop_map(|(locales, brand, categories, tags, valid_at, documents)| Facets {
            locales,
            brand,
            categories,
            tags,
            valid_at,
            documents,
        })
}

/// Cases share an index, which is emptied between them: making one is what takes long.
pub fn nothing_out_of_scope_is_ever_found<F: Future<Output = Setup>>(setup: fn() -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let index = runtime.block_on(async {
        let index = setup().await;
        index.ensure("kb", &spec()).await.unwrap();
        index
    });
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() });
    let asked = prop::collection::vec((scopes(), facets()), 6);
    runner
        .run(&(points(), asked, any::<bool>()), |(points, asked, remove_one)| {
            runtime.block_on(check(&index, points, asked, remove_one))
        })
        .unwrap();
    let _in_runtime = runtime.enter();
    drop(index);
}

async fn check(
    index: &Setup,
    mut points: Vec<Point>,
    asked: Vec<(IndexScope, Facets)>,
    remove_one: bool,
) -> Result<(), TestCaseError> {
    let kb = "kb";
    for of in [workspace(1), workspace(2), UNIVERSAL_WORKSPACE] {
        index.delete(kb, Selection::Workspace(of)).await.unwrap();
    }
    index.upsert(kb, points.clone()).await.unwrap();
    if remove_one {
        let gone = Selection::document(workspace(1), document(1));
        index.delete(kb, gone).await.unwrap();
        points.retain(|point| point.meta.workspace != workspace(1) || point.meta.document != document(1));
    }
    for (scope, facets) in asked {
        let permitted: BTreeSet<ChunkId> = points
            .iter()
            .filter(|point| scope.permits(&point.meta) && facets.matches(&point.meta))
            .map(|point| point.chunk)
            .collect();
        let lexical = QueryPlan::new(scope, 100).sparse(query("anchor")).facets(facets.clone());
        let dense = QueryPlan::new(scope, 100).dense(direction(1)).facets(facets.clone());
        let hybrid = lexical.clone().dense(direction(1));
        for plan in [lexical, dense, hybrid] {
            let found = chunks(&index.query(kb, plan).await.unwrap());
            let unique: BTreeSet<ChunkId> = found.iter().copied().collect();
            prop_assert_eq!(unique.len(), found.len());
            prop_assert_eq!(&unique, &permitted, "{:?} {:?}", scope, facets);
        }
        let scrolled: Vec<ChunkId> =
            all(&**index, kb, &scope, &facets).await.into_iter().map(|point| point.chunk).collect();
        prop_assert_eq!(&scrolled, &permitted.iter().copied().collect::<Vec<_>>());
        prop_assert_eq!(index.count(kb, &scope, &facets).await.unwrap(), permitted.len() as u64);
    }
    Ok(())
}
