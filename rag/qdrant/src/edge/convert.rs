//! Our words in the engine's types and back.

use std::collections::HashMap;

use domain::ChunkId;
use qdrant_edge::{
    Condition, FieldCondition, Filter, HasIdCondition, IntegerIndexParams, IsEmptyCondition, JsonPath,
    KeywordIndexParams, Match, OperationError, Payload, PayloadFieldSchema, PayloadSchemaParams, PointId,
    PointStructPersisted, Range, SparseVector as EdgeSparse, UuidIndexParams, VectorInternal,
    VectorPersisted, VectorStructInternal, VectorStructPersisted, external::ordered_float::OrderedFloat,
};
use rag::{
    lexical::SparseVector,
    vectors::{IndexError, Point},
};

use crate::{
    DENSE, LEXICAL,
    filter::Clause,
    payload::{FieldIndex, from_payload, to_payload},
};

pub(super) fn failed(error: OperationError) -> IndexError {
    IndexError::Engine(error.to_string())
}

pub(super) fn path(field: &str) -> Result<JsonPath, IndexError> {
    JsonPath::try_from(field).map_err(|()| IndexError::Engine(format!("`{field}` is no field's name")))
}

/// The top of a filter must be a filter.
pub(super) fn filter(clause: &Clause) -> Result<Filter, IndexError> {
    Ok(match condition(clause)? {
        Condition::Filter(filter) => filter,
        condition => Filter::new_must(condition),
    })
}

fn condition(clause: &Clause) -> Result<Condition, IndexError> {
    let all = |clauses: &[Clause]| clauses.iter().map(condition).collect::<Result<Vec<_>, _>>();
    let matching =
        |field: &str, found: Match| Ok(Condition::Field(FieldCondition::new_match(path(field)?, found)));
    let within = |field: &str, range| Ok(Condition::Field(FieldCondition::new_range(path(field)?, range)));
    let number = |value: i64| Some(OrderedFloat(value as f64));
    let anywhere = Range { lt: None, gt: None, gte: None, lte: None };
    match clause {
        Clause::Any(field, values) => match &values[..] {
            [value] => matching(field, Match::from(value.clone())),
            _ => matching(field, Match::from(values.clone())),
        },
        Clause::Equals(field, value) => matching(field, Match::from(*value)),
        Clause::AtMost(field, value) => within(field, Range { lte: number(*value), ..anywhere }),
        Clause::Above(field, value) => within(field, Range { gt: number(*value), ..anywhere }),
        Clause::Missing(field) => Ok(Condition::IsEmpty(IsEmptyCondition::from(path(field)?))),
        Clause::Ids(ids) => {
            Ok(Condition::HasId(ids.iter().map(|id| PointId::Uuid(*id)).collect::<HasIdCondition>()))
        }
        Clause::All(clauses) => Ok(Condition::Filter(Filter { must: Some(all(clauses)?), ..Filter::new() })),
        Clause::OneOf(clauses) => {
            Ok(Condition::Filter(Filter { should: Some(all(clauses)?), ..Filter::new() }))
        }
        Clause::Not(clause) => Ok(Condition::Filter(Filter::new_must_not(condition(clause)?))),
    }
}

pub(super) fn sparse(vector: &SparseVector) -> EdgeSparse {
    EdgeSparse { indices: vector.indices.clone(), values: vector.values.clone() }
}

pub(super) fn write_point(point: Point) -> Result<PointStructPersisted, IndexError> {
    let payload = Payload(to_payload(&point.meta)?);
    let mut vectors = HashMap::from([(LEXICAL.to_owned(), VectorPersisted::Sparse(sparse(&point.sparse)))]);
    if let Some(dense) = point.dense {
        vectors.insert(DENSE.to_owned(), VectorPersisted::Dense(dense));
    }
    Ok(PointStructPersisted {
        id: PointId::Uuid(point.chunk.0),
        vector: VectorStructPersisted::Named(vectors),
        payload: Some(payload),
    })
}

pub(super) fn chunk(id: PointId) -> Result<ChunkId, IndexError> {
    match id {
        PointId::Uuid(id) => Ok(ChunkId(id)),
        PointId::NumId(id) => {
            Err(IndexError::Engine(format!("point {id} is not one of ours: rebuild the collection")))
        }
    }
}

pub(super) fn read_point(
    id: PointId,
    payload: Option<Payload>,
    vectors: Option<VectorStructInternal>,
) -> Result<Point, IndexError> {
    let chunk = chunk(id)?;
    let meta = from_payload(chunk, payload.unwrap_or_default().0)?;
    let mut point = Point { chunk, meta, sparse: SparseVector::default(), dense: None };
    if let Some(VectorStructInternal::Named(mut vectors)) = vectors {
        if let Some(VectorInternal::Sparse(vector)) = vectors.remove(LEXICAL) {
            point.sparse = SparseVector { indices: vector.indices, values: vector.values };
        }
        if let Some(VectorInternal::Dense(vector)) = vectors.remove(DENSE) {
            point.dense = Some(vector);
        }
    }
    Ok(point)
}

/// Only the tenant's field gets links of its own in the graph: each such field costs about as much
/// as the graph itself, and searches within small sets compare every vector anyway.
pub(super) fn schema(index: FieldIndex) -> PayloadFieldSchema {
    let links = Some(false);
    PayloadFieldSchema::FieldParams(match index {
        FieldIndex::Tenant => {
            PayloadSchemaParams::Uuid(UuidIndexParams { is_tenant: Some(true), ..UuidIndexParams::default() })
        }
        FieldIndex::Uuid => {
            PayloadSchemaParams::Uuid(UuidIndexParams { enable_hnsw: links, ..UuidIndexParams::default() })
        }
        FieldIndex::Keyword => PayloadSchemaParams::Keyword(KeywordIndexParams {
            enable_hnsw: links,
            ..KeywordIndexParams::default()
        }),
        FieldIndex::Integer => PayloadSchemaParams::Integer(IntegerIndexParams {
            lookup: Some(false),
            range: Some(true),
            enable_hnsw: links,
            ..IntegerIndexParams::default()
        }),
    })
}
