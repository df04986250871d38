//! A chunk as an index holds it: whose it is, what it is about, and its vectors. Its text stays in
//! the database.

pub use domain::knowledge::{Layer, UNIVERSAL_WORKSPACE};
use domain::{
    ChunkId, CustomerId, DocumentId, Timestamp, WorkspaceId, canonical::Digest, ticket::Visibility,
};
use serde::{Deserialize, Serialize};

use super::{CollectionSpec, IndexError, MAX_LIMIT};
use crate::lexical::SparseVector;

/// The most points of one call.
pub const MAX_BATCH: usize = 1000;
/// The most tags of a point.
pub const MAX_TAGS: usize = 64;
/// The most bytes of a locale, brand, category or tag.
pub const MAX_FIELD_BYTES: usize = 256;
/// Engines compare times as floating-point numbers, which are exact up to here.
const MAX_MICROS: u64 = 1 << 53;
/// The most terms of a point or a query.
pub const MAX_SPARSE: usize = 65_536;

/// Everything about a point but its vectors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PointMeta {
    pub document: DocumentId,
    /// The version since which the point is as it is.
    pub document_version: i64,
    pub workspace: WorkspaceId,
    pub layer: Layer,
    /// Whose, in the customer layer; none in the others.
    pub customer: Option<CustomerId>,
    pub visibility: Visibility,
    /// BCP 47.
    pub locale: String,
    /// Of one brand alone; without it, of all.
    pub brand: Option<String>,
    pub category: String,
    pub tags: Vec<String>,
    /// Not valid before.
    pub valid_from: Option<Timestamp>,
    /// Not valid from then on.
    pub valid_until: Option<Timestamp>,
    /// Of the text the vectors were made from.
    pub content: Digest,
    /// The text's length in weighted terms ([`Terms::length`](crate::lexical::Terms::length)), for
    /// statistics.
    pub length: f32,
}

impl PointMeta {
    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= at) && self.valid_until.is_none_or(|until| at < until)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub chunk: ChunkId,
    pub meta: PointMeta,
    pub sparse: SparseVector,
    /// None until the text has been embedded; such a point is found by its words alone. Indexes keep
    /// it scaled to length one.
    pub dense: Option<Vec<f32>>,
}

impl Point {
    /// Whether the collection may hold it. Implementations call this before anything is written.
    pub fn check(&self, spec: &CollectionSpec) -> Result<(), IndexError> {
        let refuse = |why: String| Err(IndexError::Point { chunk: self.chunk, why });
        let meta = &self.meta;
        if (meta.layer == Layer::Universal) != (meta.workspace == UNIVERSAL_WORKSPACE) {
            return refuse("the universal layer and the universal workspace go together".to_owned());
        }
        if (meta.layer == Layer::Customer) != meta.customer.is_some() {
            return refuse("the customer layer names a customer and no other layer does".to_owned());
        }
        if meta.tags.len() > MAX_TAGS {
            return refuse(format!("{} tags; at most {MAX_TAGS}", meta.tags.len()));
        }
        let times = meta.valid_from.into_iter().chain(meta.valid_until);
        if times.into_iter().any(|at| at.0.unsigned_abs() >= MAX_MICROS) {
            return refuse("a time of validity is beyond the year 2255".to_owned());
        }
        let fields = [&meta.locale, &meta.category].into_iter().chain(&meta.brand).chain(&meta.tags);
        if fields.into_iter().any(|field| field.len() > MAX_FIELD_BYTES) {
            return refuse(format!("a locale, brand, category or tag has more than {MAX_FIELD_BYTES} bytes"));
        }
        check_sparse(&self.sparse).or_else(&refuse)?;
        match (&self.dense, &spec.dense) {
            (None, _) => Ok(()),
            (Some(_), None) => refuse("the collection holds no dense vectors".to_owned()),
            (Some(vector), Some(dense)) => check_dense(vector, dense.dimension).or_else(&refuse),
        }
    }
}

/// The page and prefetch sizes a question may ask for.
pub(super) fn check_limit(limit: usize) -> Result<(), IndexError> {
    if (1..=MAX_LIMIT).contains(&limit) {
        return Ok(());
    }
    Err(IndexError::Query(format!("a limit of {limit}; ask for 1 to {MAX_LIMIT}")))
}

pub(super) fn check_sparse(vector: &SparseVector) -> Result<(), String> {
    if vector.indices.len() != vector.values.len() {
        return Err("the sparse vector has not as many values as indices".to_owned());
    }
    if vector.indices.len() > MAX_SPARSE {
        return Err(format!(
            "{} terms; at most {MAX_SPARSE}: cut the text into smaller chunks",
            vector.indices.len()
        ));
    }
    if !vector.indices.is_sorted_by(|a, b| a < b) {
        return Err("the sparse vector's indices are not ascending".to_owned());
    }
    if !vector.values.iter().all(|value| value.is_finite() && *value >= 0.0) {
        return Err("the sparse vector holds a weight that is not a number from zero up".to_owned());
    }
    Ok(())
}

pub(super) fn check_dense(vector: &[f32], dimension: usize) -> Result<(), String> {
    if vector.len() != dimension {
        return Err(format!(
            "a dense vector of {} numbers where the collection has {dimension}",
            vector.len()
        ));
    }
    if !vector.iter().all(|value| value.is_finite()) || vector.iter().all(|value| *value == 0.0) {
        return Err("a dense vector must have finite numbers, not all zero".to_owned());
    }
    Ok(())
}
