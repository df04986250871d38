//! The protocol's types in the engine's and back. Conditions go by way of the JSON that both have in
//! common.

use std::collections::HashMap;

use qdrant_client::qdrant::{
    self as wire, PointId, condition::ConditionOneOf, r#match::MatchValue, payload_index_params::IndexParams,
    point_id::PointIdOptions, vector, vector_input, vector_output, vectors::VectorsOptions, vectors_output,
};
use qdrant_edge::{
    Filter, Payload, PayloadFieldSchema, PointId as EdgeId, PointStructPersisted, SparseVector,
    VectorInternal, VectorPersisted, VectorStructInternal, VectorStructPersisted,
};
use serde_json::{Map, Value, json};
use tonic::Status;

fn unknown(what: &str) -> Status {
    Status::unimplemented(format!("the test server does not know {what}"))
}

pub(super) fn filter(filter: Option<wire::Filter>) -> Result<Option<Filter>, Status> {
    let Some(filter) = filter else { return Ok(None) };
    let json = filter_json(filter)?;
    serde_json::from_value(json).map(Some).map_err(|error| Status::invalid_argument(error.to_string()))
}

fn filter_json(filter: wire::Filter) -> Result<Value, Status> {
    if filter.min_should.is_some() {
        return Err(unknown("min_should"));
    }
    let mut json = Map::new();
    for (name, conditions) in
        [("should", filter.should), ("must", filter.must), ("must_not", filter.must_not)]
    {
        if !conditions.is_empty() {
            let conditions = conditions.into_iter().map(condition_json).collect::<Result<Vec<_>, _>>()?;
            json.insert(name.to_owned(), Value::Array(conditions));
        }
    }
    Ok(Value::Object(json))
}

fn condition_json(condition: wire::Condition) -> Result<Value, Status> {
    match condition.condition_one_of {
        Some(ConditionOneOf::Filter(filter)) => filter_json(filter),
        Some(ConditionOneOf::IsEmpty(field)) => Ok(json!({"is_empty": {"key": field.key}})),
        Some(ConditionOneOf::HasId(ids)) => {
            let ids = ids.has_id.into_iter().map(|id| point_id(Some(id))).collect::<Result<Vec<_>, _>>()?;
            Ok(json!({"has_id": ids}))
        }
        Some(ConditionOneOf::Field(field)) => {
            match (field.r#match.and_then(|m| m.match_value), field.range) {
                (Some(value), None) => Ok(json!({"key": field.key, "match": match_json(value)?})),
                (None, Some(range)) => {
                    let bounds = [("lt", range.lt), ("gt", range.gt), ("lte", range.lte), ("gte", range.gte)];
                    let bounds: Map<String, Value> = bounds
                        .into_iter()
                        .filter_map(|(name, bound)| Some((name.to_owned(), json!(bound?))))
                        .collect();
                    Ok(json!({"key": field.key, "range": bounds}))
                }
                _ => Err(unknown("a field condition other than one match or one range")),
            }
        }
        _ => Err(unknown("this kind of condition")),
    }
}

fn match_json(value: MatchValue) -> Result<Value, Status> {
    Ok(match value {
        MatchValue::Keyword(text) => json!({"value": text}),
        MatchValue::Integer(number) => json!({"value": number}),
        MatchValue::Boolean(flag) => json!({"value": flag}),
        MatchValue::Keywords(texts) => json!({"any": texts.strings}),
        MatchValue::Integers(numbers) => json!({"any": numbers.integers}),
        _ => return Err(unknown("this kind of match")),
    })
}

pub(super) fn schema(params: Option<wire::PayloadIndexParams>) -> Result<PayloadFieldSchema, Status> {
    let json = match params.and_then(|params| params.index_params) {
        Some(IndexParams::KeywordIndexParams(params)) => {
            json!({"type": "keyword", "is_tenant": params.is_tenant, "enable_hnsw": params.enable_hnsw})
        }
        Some(IndexParams::UuidIndexParams(params)) => {
            json!({"type": "uuid", "is_tenant": params.is_tenant, "enable_hnsw": params.enable_hnsw})
        }
        Some(IndexParams::IntegerIndexParams(params)) => json!({
            "type": "integer", "lookup": params.lookup, "range": params.range, "enable_hnsw": params.enable_hnsw,
        }),
        _ => return Err(unknown("this kind of field index")),
    };
    serde_json::from_value(json).map_err(|error| Status::invalid_argument(error.to_string()))
}

pub(super) fn point_id(id: Option<PointId>) -> Result<EdgeId, Status> {
    match id.and_then(|id| id.point_id_options) {
        Some(PointIdOptions::Num(number)) => Ok(EdgeId::NumId(number)),
        Some(PointIdOptions::Uuid(text)) => text
            .parse()
            .map(EdgeId::Uuid)
            .map_err(|_| Status::invalid_argument(format!("`{text}` is no UUID"))),
        None => Err(Status::invalid_argument("a point has no id")),
    }
}

pub(super) fn wire_id(id: EdgeId) -> PointId {
    match id {
        EdgeId::NumId(number) => PointId::from(number),
        EdgeId::Uuid(id) => PointId::from(id.to_string()),
    }
}

pub(super) fn point(point: wire::PointStruct) -> Result<PointStructPersisted, Status> {
    let Some(VectorsOptions::Vectors(named)) = point.vectors.and_then(|vectors| vectors.vectors_options)
    else {
        return Err(unknown("vectors without names"));
    };
    let vectors = named
        .vectors
        .into_iter()
        .map(|(name, vector)| Ok((name, stored_vector(vector)?)))
        .collect::<Result<HashMap<_, _>, Status>>()?;
    let payload: Map<String, Value> = qdrant_client::Payload::from(point.payload).into();
    Ok(PointStructPersisted {
        id: point_id(point.id)?,
        vector: VectorStructPersisted::Named(vectors),
        payload: Some(Payload(payload)),
    })
}

/// Clients write vectors in the new form, or in the old flat one.
#[allow(deprecated)]
fn stored_vector(vector: wire::Vector) -> Result<VectorPersisted, Status> {
    match (vector.vector, vector.indices) {
        (Some(vector::Vector::Dense(dense)), _) => Ok(VectorPersisted::Dense(dense.data)),
        (Some(vector::Vector::Sparse(sparse)), _) => {
            Ok(VectorPersisted::Sparse(sparse_vector(sparse.indices, sparse.values)?))
        }
        (None, Some(indices)) => Ok(VectorPersisted::Sparse(sparse_vector(indices.data, vector.data)?)),
        (None, None) if vector.vectors_count.is_none() => Ok(VectorPersisted::Dense(vector.data)),
        _ => Err(unknown("this kind of vector")),
    }
}

fn sparse_vector(indices: Vec<u32>, values: Vec<f32>) -> Result<SparseVector, Status> {
    SparseVector::new(indices, values).map_err(|error| Status::invalid_argument(error.to_string()))
}

pub(super) fn nearest(query: Option<wire::Query>) -> Result<VectorInternal, Status> {
    let Some(wire::query::Variant::Nearest(input)) = query.and_then(|query| query.variant) else {
        return Err(unknown("a query other than for the nearest"));
    };
    match input.variant {
        Some(vector_input::Variant::Dense(dense)) => Ok(VectorInternal::Dense(dense.data)),
        Some(vector_input::Variant::Sparse(sparse)) => {
            Ok(VectorInternal::Sparse(sparse_vector(sparse.indices, sparse.values)?))
        }
        _ => Err(unknown("this kind of query vector")),
    }
}

pub(super) fn payload(payload: Option<Payload>) -> HashMap<String, wire::Value> {
    qdrant_client::Payload::from(payload.unwrap_or_default().0).into()
}

pub(super) fn vectors(vectors: Option<VectorStructInternal>) -> Result<Option<wire::VectorsOutput>, Status> {
    let named = match vectors {
        None => return Ok(None),
        Some(VectorStructInternal::Named(named)) => named,
        Some(_) => return Err(unknown("vectors without names")),
    };
    let vectors = named
        .into_iter()
        .map(|(name, vector)| {
            let vector = match vector {
                VectorInternal::Dense(data) => vector_output::Vector::Dense(wire::DenseVector { data }),
                VectorInternal::Sparse(sparse) => vector_output::Vector::Sparse(wire::SparseVector {
                    values: sparse.values,
                    indices: sparse.indices,
                }),
                VectorInternal::MultiDense(_) => return Err(unknown("vectors of several parts")),
            };
            Ok((name, wire::VectorOutput { vector: Some(vector), ..wire::VectorOutput::default() }))
        })
        .collect::<Result<HashMap<_, _>, Status>>()?;
    let options = vectors_output::VectorsOptions::Vectors(wire::NamedVectorsOutput { vectors });
    Ok(Some(wire::VectorsOutput { vectors_options: Some(options) }))
}
