//! Our words in the protocol's types and back.

use std::collections::HashMap;

use domain::ChunkId;
use qdrant_client::{
    Payload,
    qdrant::{
        Condition, FieldType, Filter, IntegerIndexParams, KeywordIndexParams, NamedVectors,
        PayloadIndexParams, PointId, PointStruct, PointsSelector, Query, Range, RetrievedPoint, ScoredPoint,
        SearchParams, UuidIndexParams, Value, Vector, VectorInput, Vectors, VectorsOutput,
        WithPayloadSelector, WithVectorsSelector, payload_index_params::IndexParams,
        point_id::PointIdOptions, points_selector::PointsSelectorOneOf, vector_output,
        vectors_output::VectorsOptions, with_payload_selector, with_vectors_selector,
    },
};
use rag::{
    lexical::SparseVector,
    vectors::{Candidate, IndexError, Point, QueryPlan},
};

use crate::{
    DENSE, HNSW_SEARCH, LEXICAL,
    filter::Clause,
    payload::{FieldIndex, from_payload, to_payload},
};

/// The top of a filter must be a filter.
pub(super) fn filter(clause: &Clause) -> Filter {
    match clause {
        Clause::All(clauses) => Filter::must(clauses.iter().map(condition)),
        clause => Filter::must([condition(clause)]),
    }
}

fn condition(clause: &Clause) -> Condition {
    match clause {
        Clause::Any(field, values) => match &values[..] {
            [value] => Condition::matches(*field, value.clone()),
            _ => Condition::matches(*field, values.clone()),
        },
        Clause::Equals(field, value) => Condition::matches(*field, *value),
        Clause::AtMost(field, value) => {
            Condition::range(*field, Range { lte: Some(*value as f64), ..Range::default() })
        }
        Clause::Above(field, value) => {
            Condition::range(*field, Range { gt: Some(*value as f64), ..Range::default() })
        }
        Clause::Missing(field) => Condition::is_empty(*field),
        Clause::Ids(ids) => Condition::has_id(ids.iter().map(|id| PointId::from(id.to_string()))),
        Clause::All(clauses) => Condition::from(Filter::must(clauses.iter().map(condition))),
        Clause::OneOf(clauses) => Condition::from(Filter::should(clauses.iter().map(condition))),
        Clause::Not(clause) => Condition::from(Filter::must_not([condition(clause)])),
    }
}

pub(super) fn selected(filter: Filter) -> PointsSelector {
    PointsSelector { points_selector_one_of: Some(PointsSelectorOneOf::Filter(filter)) }
}

pub(super) fn sparse_query(vector: &SparseVector) -> Query {
    Query::new_nearest(VectorInput::new_sparse(vector.indices.clone(), vector.values.clone()))
}

pub(super) fn dense_query(vector: &[f32]) -> Query {
    Query::new_nearest(VectorInput::new_dense(vector.to_vec()))
}

pub(super) fn search_params(plan: &QueryPlan) -> SearchParams {
    SearchParams {
        hnsw_ef: Some(plan.candidates().max(HNSW_SEARCH) as u64),
        exact: Some(plan.exact),
        ..SearchParams::default()
    }
}

pub(super) fn with_payload() -> WithPayloadSelector {
    WithPayloadSelector { selector_options: Some(with_payload_selector::SelectorOptions::Enable(true)) }
}

pub(super) fn with_everything() -> WithVectorsSelector {
    WithVectorsSelector { selector_options: Some(with_vectors_selector::SelectorOptions::Enable(true)) }
}

pub(super) fn point_id(chunk: ChunkId) -> PointId {
    PointId::from(chunk.to_string())
}

pub(super) fn chunk(id: Option<PointId>) -> Result<ChunkId, IndexError> {
    match id.and_then(|id| id.point_id_options) {
        Some(PointIdOptions::Uuid(id)) => {
            id.parse().map_err(|_| IndexError::Engine(format!("the server named a point `{id}`")))
        }
        other => {
            Err(IndexError::Engine(format!("the server named a point {other:?}: rebuild the collection")))
        }
    }
}

pub(super) fn write_point(point: Point) -> Result<PointStruct, IndexError> {
    let mut vectors = NamedVectors::default()
        .add_vector(LEXICAL, Vector::new_sparse(point.sparse.indices, point.sparse.values));
    if let Some(dense) = point.dense {
        vectors = vectors.add_vector(DENSE, Vector::new_dense(dense));
    }
    let payload = Payload::from(to_payload(&point.meta)?);
    Ok(PointStruct::new(point.chunk.to_string(), Vectors::from(vectors), payload))
}

pub(super) fn candidate(point: ScoredPoint) -> Result<Candidate, IndexError> {
    let chunk = chunk(point.id)?;
    let meta = from_payload(chunk, Payload::from(point.payload).into())?;
    Ok(Candidate { chunk, meta, score: point.score })
}

pub(super) fn read_point(point: RetrievedPoint) -> Result<Point, IndexError> {
    let chunk = chunk(point.id)?;
    let fields: HashMap<String, Value> = point.payload;
    let meta = from_payload(chunk, Payload::from(fields).into())?;
    let mut read = Point { chunk, meta, sparse: SparseVector::default(), dense: None };
    let Some(VectorsOutput { vectors_options: Some(VectorsOptions::Vectors(named)) }) = point.vectors else {
        return Ok(read);
    };
    for (name, vector) in named.vectors {
        match (name.as_str(), vector.into_vector()) {
            (LEXICAL, vector_output::Vector::Sparse(vector)) => {
                let mut components: Vec<(u32, f32)> = vector.indices.into_iter().zip(vector.values).collect();
                components.sort_by_key(|(id, _)| *id);
                read.sparse = components.into_iter().collect();
            }
            (DENSE, vector_output::Vector::Dense(vector)) => read.dense = Some(vector.data),
            (other, _) => {
                return Err(IndexError::Engine(format!("point {chunk} has a vector `{other}` not of ours")));
            }
        }
    }
    Ok(read)
}

/// As in the embedded engine, only the tenant's field gets links of its own.
pub(super) fn index_type(index: FieldIndex) -> (FieldType, PayloadIndexParams) {
    let enable_hnsw = Some(false);
    let (field_type, params) = match index {
        FieldIndex::Tenant => (
            FieldType::Uuid,
            IndexParams::UuidIndexParams(UuidIndexParams {
                is_tenant: Some(true),
                ..UuidIndexParams::default()
            }),
        ),
        FieldIndex::Uuid => (
            FieldType::Uuid,
            IndexParams::UuidIndexParams(UuidIndexParams { enable_hnsw, ..UuidIndexParams::default() }),
        ),
        FieldIndex::Keyword => (
            FieldType::Keyword,
            IndexParams::KeywordIndexParams(KeywordIndexParams {
                enable_hnsw,
                ..KeywordIndexParams::default()
            }),
        ),
        FieldIndex::Integer => (
            FieldType::Integer,
            IndexParams::IntegerIndexParams(IntegerIndexParams {
                lookup: Some(false),
                range: Some(true),
                enable_hnsw,
                ..IntegerIndexParams::default()
            }),
        ),
    };
    (field_type, PayloadIndexParams { index_params: Some(params) })
}
