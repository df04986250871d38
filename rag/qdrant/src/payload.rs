//! A point's fields as Qdrant keeps them. Absent is absent: nothing is written as null.

use domain::{
    ChunkId, CustomerId, DocumentId, Timestamp, WorkspaceId, canonical::Digest, ticket::Visibility,
};
use rag::vectors::{IndexError, Layer, PointMeta};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The fields that conditions name.
pub(crate) mod field {
    pub const WORKSPACE: &str = "workspace";
    pub const LAYER: &str = "layer";
    pub const CUSTOMER: &str = "customer";
    pub const VISIBILITY: &str = "visibility";
    pub const DOCUMENT: &str = "document";
    pub const DOCUMENT_VERSION: &str = "document_version";
    pub const LOCALE: &str = "locale";
    pub const BRAND: &str = "brand";
    pub const CATEGORY: &str = "category";
    pub const TAGS: &str = "tags";
    pub const VALID_FROM: &str = "valid_from";
    pub const VALID_UNTIL: &str = "valid_until";
}

/// How a field is indexed, so that conditions on it are fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FieldIndex {
    /// The UUID by which points are kept together and linked among themselves.
    Tenant,
    Uuid,
    Keyword,
    Integer,
}

pub(crate) const FIELD_INDEXES: &[(&str, FieldIndex)] = &[
    (field::WORKSPACE, FieldIndex::Tenant),
    (field::LAYER, FieldIndex::Keyword),
    (field::CUSTOMER, FieldIndex::Uuid),
    (field::VISIBILITY, FieldIndex::Keyword),
    (field::DOCUMENT, FieldIndex::Uuid),
    (field::LOCALE, FieldIndex::Keyword),
    (field::BRAND, FieldIndex::Keyword),
    (field::CATEGORY, FieldIndex::Keyword),
    (field::TAGS, FieldIndex::Keyword),
    (field::VALID_FROM, FieldIndex::Integer),
    (field::VALID_UNTIL, FieldIndex::Integer),
];

#[derive(Serialize, Deserialize)]
struct Stored {
    workspace: WorkspaceId,
    layer: Layer,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerId>,
    visibility: Visibility,
    document: DocumentId,
    document_version: i64,
    locale: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    brand: Option<String>,
    category: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    /// Microseconds, which engines compare as numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_from: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    valid_until: Option<i64>,
    content: Digest,
    length: f32,
}

pub(crate) fn to_payload(meta: &PointMeta) -> Result<Map<String, Value>, IndexError> {
    let meta = meta.clone();
    let stored = Stored {
        workspace: meta.workspace,
        layer: meta.layer,
        customer: meta.customer,
        visibility: meta.visibility,
        document: meta.document,
        document_version: meta.document_version,
        locale: meta.locale,
        brand: meta.brand,
        category: meta.category,
        tags: meta.tags,
        valid_from: meta.valid_from.map(|at| at.0),
        valid_until: meta.valid_until.map(|at| at.0),
        content: meta.content,
        length: meta.length,
    };
    match serde_json::to_value(stored) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(other) => Err(IndexError::Engine(format!("a point became {other} and no object"))),
        Err(error) => Err(IndexError::Engine(format!("a point cannot be written: {error}"))),
    }
}

pub(crate) fn from_payload(chunk: ChunkId, fields: Map<String, Value>) -> Result<PointMeta, IndexError> {
    let stored: Stored = serde_json::from_value(Value::Object(fields)).map_err(|error| {
        IndexError::Engine(format!(
            "point {chunk} was written by another version ({error}): rebuild the collection"
        ))
    })?;
    Ok(PointMeta {
        workspace: stored.workspace,
        layer: stored.layer,
        customer: stored.customer,
        visibility: stored.visibility,
        document: stored.document,
        document_version: stored.document_version,
        locale: stored.locale,
        brand: stored.brand,
        category: stored.category,
        tags: stored.tags,
        valid_from: stored.valid_from.map(Timestamp),
        valid_until: stored.valid_until.map(Timestamp),
        content: stored.content,
        length: stored.length,
    })
}

pub(crate) fn layer_name(layer: Layer) -> &'static str {
    match layer {
        Layer::Universal => "universal",
        Layer::Company => "company",
        Layer::Customer => "customer",
    }
}

pub(crate) fn visibility_name(visibility: Visibility) -> &'static str {
    match visibility {
        Visibility::Public => "public",
        Visibility::Internal => "internal",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_name_what_is_written() {
        for layer in [Layer::Universal, Layer::Company, Layer::Customer] {
            assert_eq!(serde_json::to_value(layer).unwrap(), layer_name(layer));
        }
        for visibility in [Visibility::Public, Visibility::Internal] {
            assert_eq!(serde_json::to_value(visibility).unwrap(), visibility_name(visibility));
        }
    }
}
