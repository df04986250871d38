//! The promises of the port, one by one.

use domain::{Timestamp, ticket::Visibility};
use rag::{
    lexical::{Analyzer, Bm25, SparseVector, Statistics},
    vectors::{
        CollectionSpec, Facets, Idf, IndexError, IndexScope, MAX_BATCH, MAX_LIMIT, Point, QueryPlan, RRF_K,
        Selection,
    },
};

use crate::{
    fixture::{
        all, assert_same, bm25, changed, chunk, chunks, customer, direction, document, of_customer, point,
        query, scope, spec, universal, workspace,
    },
    setup::Setup,
};

const TEXTS: [&str; 6] = [
    "refund after return",
    "refund refund refund policy",
    "parcel tracking and delivery",
    "delivery cost of a heavy parcel to an island and what to do about it",
    "password reset",
    "two factor sign in",
];

/// A collection with [`TEXTS`], chunks 0 to 5.
async fn filled(index: &Setup) -> (&'static str, Vec<Point>) {
    let kb = "kb";
    index.ensure(kb, &spec()).await.unwrap();
    let points: Vec<Point> = TEXTS.iter().enumerate().map(|(n, text)| point(n as u128, text)).collect();
    index.upsert(kb, points.clone()).await.unwrap();
    (kb, points)
}

pub async fn collections_are_made_once_and_listed_and_dropped(index: &Setup) {
    assert_eq!(index.collections().await.unwrap(), Vec::<String>::new());
    for name in ["b", "a", "a"] {
        index.ensure(name, &spec()).await.unwrap();
    }
    assert_eq!(index.collections().await.unwrap(), ["a", "b"]);
    assert_eq!(index.describe("a").await.unwrap(), Some(spec()));
    index.upsert("a", vec![point(1, "anchor")]).await.unwrap();
    for _ in 0..2 {
        index.drop_collection("a").await.unwrap();
    }
    assert_eq!(index.collections().await.unwrap(), ["b"]);
    assert_eq!(index.describe("a").await.unwrap(), None);
    let gone = "a";
    assert_eq!(
        index.count(gone, &scope(), &Facets::default()).await,
        Err(IndexError::NoCollection(gone.to_owned()))
    );
    assert_eq!(index.upsert(gone, vec![point(1, "x")]).await, Err(IndexError::NoCollection(gone.to_owned())));
    // Made anew it is empty.
    index.ensure(gone, &spec()).await.unwrap();
    assert_eq!(index.count(gone, &scope(), &Facets::default()).await, Ok(0));
}

pub async fn a_collection_made_for_something_else_is_refused(index: &Setup) {
    let kb = "kb";
    index.ensure(kb, &spec()).await.unwrap();
    let mut wider = spec();
    wider.dense.as_mut().unwrap().dimension += 1;
    let lexical = CollectionSpec::lexical(bm25());
    let longer = CollectionSpec { bm25: Bm25 { average_length: 77.0, ..bm25() }, ..spec() };
    for other in [wider, lexical, longer] {
        let refused = index.ensure(kb, &other).await;
        assert!(matches!(refused, Err(IndexError::Differs { .. })), "{refused:?}");
    }
}

pub async fn names_that_are_no_names_are_refused(index: &Setup) {
    for name in ["", "../up", "a/b", "Capital", "-x", ".lock", &"x".repeat(65)] {
        assert!(matches!(index.ensure(name, &spec()).await, Err(IndexError::Name(_))), "{name}");
    }
}

pub async fn what_is_put_in_comes_back(index: &Setup) {
    let (kb, mut points) = filled(index).await;
    let full = changed(of_customer(point(6, "anchor"), 2), |meta| {
        meta.document_version = 7;
        meta.visibility = Visibility::Internal;
        meta.locale = "de-CH".to_owned();
        meta.brand = Some("Alpine \"Q\"".to_owned());
        meta.category = "größen".to_owned();
        meta.tags = vec!["b".to_owned(), "a b".to_owned()];
        meta.valid_from = Some(Timestamp(-5));
        meta.valid_until = Some(Timestamp(1_900_000_000_000_000));
    });
    let mut plain = point(7, "anchor");
    plain.dense = None;
    let mut wordless = point(8, "");
    wordless.dense = Some(direction(8).into_iter().map(|v| v * 5.0).collect());
    index.upsert(kb, vec![full.clone(), plain.clone(), wordless.clone()]).await.unwrap();
    wordless.dense = Some(direction(8));
    points.extend([full, plain, wordless]);
    let everything = scope().with_customer(customer(2));
    assert_same(&all(&**index, kb, &everything, &Facets::default()).await, &points);
    let hits = index.query(kb, QueryPlan::new(everything, 9).dense(direction(6))).await.unwrap();
    assert_eq!(hits[0].meta, points[6].meta);
}

pub async fn putting_in_again_changes_nothing(index: &Setup) {
    let (kb, points) = filled(index).await;
    let before = index.query(kb, QueryPlan::new(scope(), 9).sparse(query("refund parcel"))).await.unwrap();
    for _ in 0..3 {
        index.upsert(kb, points.clone()).await.unwrap();
    }
    assert_same(&all(&**index, kb, &scope(), &Facets::default()).await, &points);
    assert_eq!(index.count(kb, &scope(), &Facets::default()).await, Ok(6));
    let after = index.query(kb, QueryPlan::new(scope(), 9).sparse(query("refund parcel"))).await.unwrap();
    assert_eq!(chunks(&after), chunks(&before));
}

pub async fn a_point_put_in_anew_is_found_by_its_new_words_alone(index: &Setup) {
    let (kb, _) = filled(index).await;
    let mut anew = changed(point(4, "invoice address"), |meta| meta.document_version = 2);
    anew.dense = None;
    index.upsert(kb, vec![anew.clone()]).await.unwrap();
    let find =
        async |text| chunks(&index.query(kb, QueryPlan::new(scope(), 9).sparse(query(text))).await.unwrap());
    assert_eq!(find("password").await, []);
    assert_eq!(find("invoice").await, [chunk(4)]);
    let dense = index.query(kb, QueryPlan::new(scope(), 9).dense(direction(4))).await.unwrap();
    assert_eq!(dense.len(), 5, "it has no dense vector any more");
    assert_same(&all(&**index, kb, &scope(), &Facets::default()).await[4..5], &[anew]);
}

pub async fn a_refused_point_keeps_its_whole_batch_out(index: &Setup) {
    let (kb, points) = filled(index).await;
    let no_customer = changed(of_customer(point(11, "x"), 1), |meta| meta.customer = None);
    let no_layer = changed(point(12, "x"), |meta| meta.workspace = universal(point(0, "x")).meta.workspace);
    let mut short = point(13, "x");
    short.dense = Some(vec![1.0; 3]);
    let mut zero = point(14, "x");
    zero.dense = Some(vec![0.0; 4]);
    let mut unsorted = point(15, "x");
    unsorted.sparse = SparseVector { indices: vec![2, 1], values: vec![1.0, 1.0] };
    let mut endless = point(16, "x");
    endless.sparse = SparseVector { indices: vec![1], values: vec![f32::NAN] };
    let long = changed(point(17, "x"), |meta| meta.tags = vec!["t".repeat(300)]);
    for bad in [no_customer, no_layer, short, zero, unsorted, endless, long] {
        let chunk = bad.chunk;
        let refused = index.upsert(kb, vec![point(10, "good"), bad]).await;
        assert!(matches!(&refused, Err(IndexError::Point { chunk: of, .. }) if *of == chunk), "{refused:?}");
    }
    assert_same(&all(&**index, kb, &scope(), &Facets::default()).await, &points);
}

pub async fn documents_are_deleted_with_all_or_all_but_one_version(index: &Setup) {
    let (kb, _) = filled(index).await;
    let of = |n: u128, version: i64| {
        changed(point(n, "anchor"), |meta| {
            meta.document = document(50);
            meta.document_version = version;
        })
    };
    index.upsert(kb, vec![of(10, 1), of(11, 1), of(12, 2), of(13, 2)]).await.unwrap();
    let only_old =
        Selection::Document { workspace: workspace(1), document: document(50), except_version: Some(2) };
    index.delete(kb, only_old).await.unwrap();
    let left = Facets { documents: vec![document(50)], ..Facets::default() };
    let ids =
        async || all(&**index, kb, &scope(), &left).await.into_iter().map(|p| p.chunk).collect::<Vec<_>>();
    assert_eq!(ids().await, [chunk(12), chunk(13)]);
    index.delete(kb, Selection::document(workspace(2), document(50))).await.unwrap();
    assert_eq!(ids().await.len(), 2, "another workspace cannot");
    for _ in 0..2 {
        index.delete(kb, Selection::document(workspace(1), document(50))).await.unwrap();
    }
    assert_eq!(ids().await, []);
    assert_eq!(index.count(kb, &scope(), &Facets::default()).await, Ok(6));
}

pub async fn chunks_are_deleted_only_in_their_workspace(index: &Setup) {
    let (kb, _) = filled(index).await;
    let gone = |of: u128| Selection::Chunks {
        workspace: workspace(of),
        chunks: vec![chunk(0), chunk(2), chunk(99)],
    };
    index.delete(kb, gone(2)).await.unwrap();
    assert_eq!(index.count(kb, &scope(), &Facets::default()).await, Ok(6));
    index.delete(kb, gone(1)).await.unwrap();
    index.delete(kb, Selection::Chunks { workspace: workspace(1), chunks: Vec::new() }).await.unwrap();
    let left: Vec<_> =
        all(&**index, kb, &scope(), &Facets::default()).await.into_iter().map(|p| p.chunk).collect();
    assert_eq!(left, [chunk(1), chunk(3), chunk(4), chunk(5)]);
}

pub async fn words_are_ranked_by_bm25(index: &Setup) {
    let (kb, points) = filled(index).await;
    let mut statistics = Statistics::default();
    points.iter().for_each(|point| statistics.add_vector(&point.sparse, point.meta.length));
    for text in ["refund", "parcel delivery", "heavy password", "unheard", "sign in refund"] {
        let hits = index.query(kb, QueryPlan::new(scope(), 9).sparse(query(text))).await.unwrap();
        let asked = bm25().query_within(&Analyzer::default().terms(text), &statistics);
        let mut wanted: Vec<_> = points
            .iter()
            .map(|point| (asked.dot(&point.sparse), point.chunk))
            .filter(|(score, _)| *score > 0.0)
            .collect();
        wanted.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        assert_eq!(chunks(&hits), wanted.iter().map(|(_, chunk)| *chunk).collect::<Vec<_>>(), "{text}");
        for (at, (hit, (score, _))) in hits.iter().zip(&wanted).enumerate() {
            let lexical = hit.scores.lexical.unwrap();
            assert_eq!((lexical.rank, hit.scores.dense), (at + 1, None));
            assert!((lexical.score - score).abs() < 1e-3, "{text}: {} {score}", lexical.score);
        }
    }
}

pub async fn vectors_are_ranked_by_cosine(index: &Setup) {
    let (kb, points) = filled(index).await;
    for exact in [false, true] {
        let asked: Vec<f32> = direction(3).into_iter().map(|v| v * 9.0).collect();
        let hits =
            index.query(kb, QueryPlan { exact, ..QueryPlan::new(scope(), 4).dense(asked) }).await.unwrap();
        assert_eq!(hits.len(), 4);
        assert_eq!(hits[0].chunk, chunk(3));
        for hit in &hits {
            let stored = &points.iter().find(|p| p.chunk == hit.chunk).unwrap().dense;
            let cosine: f32 = stored.as_ref().unwrap().iter().zip(direction(3)).map(|(a, b)| a * b).sum();
            assert!((hit.scores.dense.unwrap().score - cosine).abs() < 1e-4);
            assert_eq!(hit.scores.lexical, None);
        }
        assert!(
            hits.windows(2).all(|w| w[0].scores.dense.unwrap().score >= w[1].scores.dense.unwrap().score)
        );
    }
}

pub async fn a_hybrid_search_fuses_both_and_says_how(index: &Setup) {
    let (kb, _) = filled(index).await;
    let plan = QueryPlan::new(scope(), 6).sparse(query("refund")).dense(direction(0));
    let hits = index.query(kb, plan.clone()).await.unwrap();
    assert_eq!(hits.len(), 6);
    for hit in &hits {
        let parts = [hit.scores.lexical, hit.scores.dense];
        let fused: f32 = parts.iter().flatten().map(|part| 1.0 / (RRF_K + part.rank as f32)).sum();
        assert!((hit.scores.fused - fused).abs() < 1e-6);
    }
    assert!(hits.windows(2).all(|w| w[0].scores.fused >= w[1].scores.fused));
    assert_eq!(hits[0].chunk, chunk(0), "first in one list and second in the other");
    assert!(hits[0].scores.lexical.is_some() && hits[0].scores.dense.unwrap().rank == 1);
    assert_eq!(hits.iter().filter(|hit| hit.scores.lexical.is_some()).count(), 2);
    // Fewer wanted are the first of the same.
    let fewer = index.query(kb, QueryPlan { limit: 2, ..plan }).await.unwrap();
    assert_eq!(fewer, hits[..2]);
}

pub async fn rarity_can_come_with_the_query(index: &Setup) {
    let kb = "kb";
    index.ensure(kb, &CollectionSpec { idf: Idf::Query, ..spec() }).await.unwrap();
    let points = vec![point(0, "refund"), point(1, "parcel")];
    index.upsert(kb, points.clone()).await.unwrap();
    let mut asked = query("refund parcel");
    let parcel = query("parcel").indices[0];
    for (id, value) in asked.indices.iter().zip(&mut asked.values) {
        *value = if *id == parcel { 3.0 } else { 0.5 };
    }
    let hits = index.query(kb, QueryPlan::new(scope(), 9).sparse(asked.clone())).await.unwrap();
    assert_eq!(chunks(&hits), [chunk(1), chunk(0)]);
    for (hit, point) in hits.iter().zip([&points[1], &points[0]]) {
        assert!((hit.scores.lexical.unwrap().score - asked.dot(&point.sparse)).abs() < 1e-4);
    }
}

pub async fn every_facet_narrows_a_search(index: &Setup) {
    let kb = "kb";
    index.ensure(kb, &spec()).await.unwrap();
    let with = |n, change: fn(&mut rag::vectors::PointMeta)| changed(point(n, "anchor"), change);
    index
        .upsert(
            kb,
            vec![
                with(0, |_| {}),
                with(1, |meta| meta.locale = "de".to_owned()),
                with(2, |meta| meta.brand = Some("alpine".to_owned())),
                with(3, |meta| meta.brand = Some("coast".to_owned())),
                with(4, |meta| meta.category = "returns".to_owned()),
                with(5, |meta| meta.tags = vec!["vip".to_owned(), "eu".to_owned()]),
                with(6, |meta| meta.tags = vec!["vip".to_owned()]),
                with(7, |meta| meta.valid_from = Some(Timestamp(100))),
                with(8, |meta| meta.valid_until = Some(Timestamp(100))),
            ],
        )
        .await
        .unwrap();
    let text = |value: &str| vec![value.to_owned()];
    let none = Facets::default;
    let everything: Vec<u128> = (0..9).collect();
    let without = |n: &[u128]| everything.iter().copied().filter(|at| !n.contains(at)).collect::<Vec<_>>();
    for (facets, wanted) in [
        (none(), everything.clone()),
        (Facets { locales: text("de"), ..none() }, vec![1]),
        (Facets { locales: vec!["de".to_owned(), "en".to_owned()], ..none() }, everything.clone()),
        (Facets { brand: Some("alpine".to_owned()), ..none() }, without(&[3])),
        (Facets { categories: text("returns"), ..none() }, vec![4]),
        (Facets { tags: text("vip"), ..none() }, vec![5, 6]),
        (Facets { tags: vec!["vip".to_owned(), "eu".to_owned()], ..none() }, vec![5]),
        (Facets { valid_at: Some(Timestamp(99)), ..none() }, without(&[7])),
        (Facets { valid_at: Some(Timestamp(100)), ..none() }, without(&[8])),
        (Facets { documents: vec![document(2), document(4)], ..none() }, vec![2, 4]),
    ] {
        let plan = QueryPlan::new(scope(), 20).sparse(query("anchor")).facets(facets.clone());
        let found = chunks(&index.query(kb, plan).await.unwrap());
        assert_eq!(found, wanted.iter().map(|n| chunk(*n)).collect::<Vec<_>>(), "{facets:?}");
        assert_eq!(index.count(kb, &scope(), &facets).await, Ok(wanted.len() as u64));
    }
}

pub async fn a_scroll_sees_every_point_once(index: &Setup) {
    let kb = "kb";
    index.ensure(kb, &spec()).await.unwrap();
    let points: Vec<Point> = (0..25).map(|n| point(n, "anchor")).collect();
    let mut shuffled = points.clone();
    shuffled.reverse();
    for batch in shuffled.chunks(7) {
        index.upsert(kb, batch.to_vec()).await.unwrap();
    }
    assert_same(&all(&**index, kb, &scope(), &Facets::default()).await, &points);
    let page = index.scroll(kb, &scope(), &Facets::default(), None, 25).await.unwrap();
    assert_eq!((page.points.len(), page.next), (25, None));
}

pub async fn limits_are_kept_and_their_errors_say_what_to_do(index: &Setup) {
    let (kb, _) = filled(index).await;
    let many = vec![point(1, "x"); MAX_BATCH + 1];
    assert_eq!(index.upsert(kb, many).await, Err(IndexError::TooMany { given: MAX_BATCH + 1 }));
    let asked = QueryPlan::new(scope(), 5).sparse(query("refund"));
    for bad in [
        QueryPlan { limit: 0, ..asked.clone() },
        QueryPlan { limit: MAX_LIMIT + 1, ..asked.clone() },
        QueryPlan { prefetch: usize::MAX, ..asked.clone() },
        QueryPlan { sparse: None, ..asked.clone() },
        asked.clone().dense(vec![1.0; 5]),
        asked.clone().dense(vec![f32::INFINITY; 4]),
        asked.clone().facets(Facets { tags: vec![String::new(); 100], ..Facets::default() }),
    ] {
        let refused = index.query(kb, bad).await;
        assert!(matches!(refused, Err(IndexError::Query(_))), "{refused:?}");
    }
    let refused = index.scroll(kb, &scope(), &Facets::default(), None, MAX_LIMIT + 1).await;
    assert!(matches!(refused, Err(IndexError::Query(_))));
    // A query of function words alone asks for nothing.
    let nothing = QueryPlan::new(scope(), 5).sparse(query("and the"));
    assert_eq!(index.query(kb, nothing).await, Ok(Vec::new()));
}

pub async fn readers_and_writers_do_not_disturb_each_other(index: &Setup) {
    let (kb, _) = filled(index).await;
    let writing = async |of: u128| {
        for n in 0..20 {
            let id = 100 * of + n;
            index.upsert(kb, vec![point(id, "anchor")]).await.unwrap();
            if n % 5 == 4 {
                index.delete(kb, Selection::document(workspace(1), document(id - 1))).await.unwrap();
            }
            if n % 10 == 9 {
                index.flush(kb).await.unwrap();
                index.optimise(kb).await.unwrap();
            }
        }
    };
    let reading = async || {
        for _ in 0..60 {
            let plan = QueryPlan::new(scope(), 9).sparse(query("password")).dense(direction(4));
            let hits = index.query(kb, plan).await.unwrap();
            assert_eq!(hits[0].chunk, chunk(4));
            assert!(index.count(kb, &scope(), &Facets::default()).await.unwrap() >= 6);
        }
    };
    tokio::join!(writing(1), writing(2), reading(), reading());
    assert_eq!(index.count(kb, &scope(), &Facets::default()).await, Ok(6 + 2 * 16));
}

pub async fn optimising_changes_no_answer(index: &Setup) {
    let (kb, points) = filled(index).await;
    index.delete(kb, Selection::document(workspace(1), document(5))).await.unwrap();
    let plan = QueryPlan::new(scope(), 9).sparse(query("refund delivery")).dense(direction(2));
    let before = index.query(kb, plan.clone()).await.unwrap();
    for _ in 0..2 {
        index.optimise(kb).await.unwrap();
        index.flush(kb).await.unwrap();
    }
    assert_eq!(chunks(&index.query(kb, plan).await.unwrap()), chunks(&before));
    assert_same(&all(&**index, kb, &scope(), &Facets::default()).await, &points[..5]);
}

pub async fn a_scope_that_reaches_nothing_finds_nothing(index: &Setup) {
    let (kb, _) = filled(index).await;
    index.upsert(kb, vec![universal(point(10, "refund"))]).await.unwrap();
    let nowhere = IndexScope { company: false, ..scope() };
    let plan = |scope| QueryPlan::new(scope, 9).sparse(query("refund"));
    assert_eq!(index.query(kb, plan(nowhere)).await, Ok(Vec::new()));
    assert_eq!(index.count(kb, &nowhere, &Facets::default()).await, Ok(0));
    assert_eq!(index.scroll(kb, &nowhere, &Facets::default(), None, 5).await.unwrap().points, []);
    let everybodys = index.query(kb, plan(nowhere.with_universal())).await.unwrap();
    assert_eq!(chunks(&everybodys), [chunk(10)]);
    assert_eq!(chunks(&index.query(kb, plan(IndexScope::staff(workspace(3)))).await.unwrap()), []);
}
