//! Whom the workspace serves.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ContactId, CustomerId, Timestamp};

/// The company or household that is served.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Customer {
    pub id: CustomerId,
    pub name: String,
    /// For example `standard` or `vip`; policy conditions may read it.
    pub tier: String,
    pub locale: String,
    pub fields: BTreeMap<String, String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A person at a customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contact {
    pub id: ContactId,
    pub customer_id: CustomerId,
    pub name: String,
    /// Lower case; unique in the workspace.
    pub email: String,
    pub created_at: Timestamp,
}
