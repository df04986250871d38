//! Which points a question may see, and which of those it asks for.

use domain::{CustomerId, DocumentId, Timestamp, WorkspaceId, ticket::Visibility};

use super::{IndexError, Layer, MAX_FIELD_BYTES, MAX_TAGS, PointMeta, UNIVERSAL_WORKSPACE};

/// What may be seen. It is part of every question, and everything in it starts closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexScope {
    pub workspace: WorkspaceId,
    /// Reach what belongs to all workspaces.
    pub universal: bool,
    /// Reach what belongs to the workspace as a whole.
    pub company: bool,
    /// Reach what belongs to this customer of the workspace.
    pub customer: Option<CustomerId>,
    /// See internal points; never for what a customer will read.
    pub internal: bool,
}

impl IndexScope {
    /// The workspace's own knowledge that customers may read.
    pub fn public(workspace: WorkspaceId) -> Self {
        Self { workspace, universal: false, company: true, customer: None, internal: false }
    }

    /// The same with what is internal.
    pub fn staff(workspace: WorkspaceId) -> Self {
        Self { internal: true, ..Self::public(workspace) }
    }

    pub fn with_universal(self) -> Self {
        Self { universal: true, ..self }
    }

    pub fn with_customer(self, customer: CustomerId) -> Self {
        Self { customer: Some(customer), ..self }
    }

    /// Nothing is reachable.
    pub fn is_empty(&self) -> bool {
        !self.universal && !self.company && self.customer.is_none()
    }

    /// Whether a point may be seen: the meaning every engine's filter must have.
    pub fn permits(&self, meta: &PointMeta) -> bool {
        let reachable = match meta.layer {
            Layer::Universal => self.universal && meta.workspace == UNIVERSAL_WORKSPACE,
            Layer::Company => self.company && meta.workspace == self.workspace,
            Layer::Customer => {
                self.customer.is_some() && meta.workspace == self.workspace && meta.customer == self.customer
            }
        };
        reachable && (self.internal || meta.visibility == Visibility::Public)
    }
}

/// What is asked for among what may be seen. An empty field asks for nothing in particular.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facets {
    /// One of these locales.
    pub locales: Vec<String>,
    /// This brand, or none at all.
    pub brand: Option<String>,
    /// One of these categories.
    pub categories: Vec<String>,
    /// All of these tags.
    pub tags: Vec<String>,
    /// Valid at this time.
    pub valid_at: Option<Timestamp>,
    /// One of these documents.
    pub documents: Vec<DocumentId>,
}

impl Facets {
    /// Whether a point has what is asked for.
    pub fn matches(&self, meta: &PointMeta) -> bool {
        let among = |wanted: &[String], value: &str| wanted.is_empty() || wanted.iter().any(|w| w == value);
        among(&self.locales, &meta.locale)
            && among(&self.categories, &meta.category)
            && self.brand.as_ref().is_none_or(|brand| meta.brand.as_ref().is_none_or(|of| of == brand))
            && self.tags.iter().all(|tag| meta.tags.contains(tag))
            && self.valid_at.is_none_or(|at| meta.is_valid_at(at))
            && (self.documents.is_empty() || self.documents.contains(&meta.document))
    }

    pub fn check(&self) -> Result<(), IndexError> {
        let lists = [&self.locales, &self.categories, &self.tags];
        if lists.iter().any(|list| list.len() > MAX_TAGS) || self.documents.len() > 1000 {
            return Err(IndexError::Query(format!(
                "a filter may name {MAX_TAGS} locales, categories and tags and 1,000 documents; name fewer"
            )));
        }
        let fields = lists.into_iter().flatten().chain(&self.brand);
        if fields.into_iter().any(|field| field.len() > MAX_FIELD_BYTES) {
            return Err(IndexError::Query(format!(
                "a field of a filter may have {MAX_FIELD_BYTES} bytes; shorten it"
            )));
        }
        Ok(())
    }
}
