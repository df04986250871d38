//! Points and scopes for the tests, all made from small numbers.

use domain::{ChunkId, CustomerId, DocumentId, WorkspaceId, canonical::Digest, ticket::Visibility};
use rag::{
    lexical::{Analyzer, Bm25, SparseVector},
    vectors::{
        CollectionSpec, DenseSpec, Facets, Hit, Index, IndexScope, Layer, Page, Point, PointMeta,
        UNIVERSAL_WORKSPACE,
    },
};
use uuid::Uuid;

pub const DIMENSION: usize = 4;

pub fn workspace(n: u128) -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(n))
}

pub fn customer(n: u128) -> CustomerId {
    CustomerId(Uuid::from_u128(1000 + n))
}

pub fn document(n: u128) -> DocumentId {
    DocumentId(Uuid::from_u128(2000 + n))
}

pub fn chunk(n: u128) -> ChunkId {
    ChunkId(Uuid::from_u128(3000 + n))
}

pub fn bm25() -> Bm25 {
    Bm25 { average_length: 4.0, ..Bm25::default() }
}

pub fn spec() -> CollectionSpec {
    CollectionSpec::hybrid(bm25(), DenseSpec { dimension: DIMENSION, model: "test".to_owned() })
}

pub fn query(text: &str) -> SparseVector {
    bm25().query(&Analyzer::default().terms(text))
}

/// A public point of workspace 1's own layer; the document is numbered as the chunk.
pub fn point(n: u128, text: &str) -> Point {
    let terms = Analyzer::default().terms(text);
    Point {
        chunk: chunk(n),
        meta: PointMeta {
            document: document(n),
            document_version: 1,
            workspace: workspace(1),
            layer: Layer::Company,
            customer: None,
            visibility: Visibility::Public,
            locale: "en".to_owned(),
            brand: None,
            category: "general".to_owned(),
            tags: Vec::new(),
            valid_from: None,
            valid_until: None,
            content: Digest::of_bytes(text.as_bytes()),
            length: terms.length(),
        },
        sparse: bm25().passage(&terms),
        dense: Some(direction(n)),
    }
}

/// Some vector of length one for each number.
pub fn direction(n: u128) -> Vec<f32> {
    let angle = n as f32 * 0.37;
    let mut vector = vec![angle.cos(), angle.sin(), (angle * 1.7).cos() * 0.5, 0.3];
    let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|v| *v /= length);
    vector
}

pub fn changed(mut point: Point, change: impl FnOnce(&mut PointMeta)) -> Point {
    change(&mut point.meta);
    point
}

pub fn universal(point: Point) -> Point {
    changed(point, |meta| {
        meta.layer = Layer::Universal;
        meta.workspace = UNIVERSAL_WORKSPACE;
    })
}

pub fn of_customer(point: Point, n: u128) -> Point {
    changed(point, |meta| {
        meta.layer = Layer::Customer;
        meta.customer = Some(customer(n));
    })
}

pub fn scope() -> IndexScope {
    IndexScope::staff(workspace(1))
}

pub fn chunks(hits: &[Hit]) -> Vec<ChunkId> {
    hits.iter().map(|hit| hit.chunk).collect()
}

/// Everything in scope, page by page.
pub async fn all(index: &dyn Index, collection: &str, scope: &IndexScope, facets: &Facets) -> Vec<Point> {
    let (mut points, mut from) = (Vec::new(), None);
    loop {
        let Page { points: page, next } = index.scroll(collection, scope, facets, from, 3).await.unwrap();
        assert!(page.len() <= 3);
        points.extend(page);
        match next {
            Some(_) => from = next,
            None => return points,
        }
    }
}

/// The same up to rounding of the vectors.
pub fn assert_same(got: &[Point], wanted: &[Point]) {
    let close = |a: f32, b: f32| (a - b).abs() < 1e-5;
    assert_eq!(
        got.iter().map(|p| p.chunk).collect::<Vec<_>>(),
        wanted.iter().map(|p| p.chunk).collect::<Vec<_>>()
    );
    for (got, wanted) in got.iter().zip(wanted) {
        assert_eq!(got.meta, wanted.meta);
        assert_eq!(got.sparse.indices, wanted.sparse.indices);
        assert!(got.sparse.values.iter().zip(&wanted.sparse.values).all(|(a, b)| close(*a, *b)));
        assert_eq!(got.dense.is_some(), wanted.dense.is_some());
        let (a, b) = (got.dense.clone().unwrap_or_default(), wanted.dense.clone().unwrap_or_default());
        assert!(a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| close(*a, *b)), "{a:?} {b:?}");
    }
}
