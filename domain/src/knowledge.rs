//! Knowledge as agents and tools see it: passages in, citations out.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use uuid::Uuid;

use crate::{
    ChunkId, CustomerId, DocumentId, Timestamp, WorkspaceId, canonical::Digest, ticket::Visibility,
    user::Actor,
};

pub use crate::grounding::Span;

/// The workspace that universal documents belong to. No tenant has it: ids of workspaces are minted
/// as UUIDv7, and this is none.
pub const UNIVERSAL_WORKSPACE: WorkspaceId = WorkspaceId(Uuid::max());

/// What a document is written in unless it says otherwise.
pub const DEFAULT_LOCALE: &str = "en";

/// Whose knowledge a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Everybody's: of [`UNIVERSAL_WORKSPACE`], seen from other workspaces when their scope says so.
    Universal,
    /// The workspace's.
    Company,
    /// One customer's, seen in matters of that customer alone.
    Customer,
}

impl Layer {
    pub const ALL: [Self; 3] = [Self::Universal, Self::Company, Self::Customer];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Universal => "universal",
            Self::Company => "company",
            Self::Customer => "customer",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.as_str() == text)
    }
}

/// Whether this can name a document: 1 to 200 letters, digits, `-`, `_`, `.` or `/`.
pub fn is_slug(slug: &str) -> bool {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/');
    !slug.is_empty() && slug.chars().count() <= 200 && slug.chars().all(fits)
}

/// What is known about a document besides its text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metadata {
    pub title: String,
    pub layer: Layer,
    /// Whose, in the customer layer; null in the others.
    pub customer_id: Option<CustomerId>,
    pub visibility: Visibility,
    /// BCP 47, for example `en` or `de-CH`.
    pub locale: String,
    /// Of one brand alone; null: of all.
    pub brand: Option<String>,
    pub category: String,
    pub tags: Vec<String>,
    /// Not valid before.
    pub valid_from: Option<Timestamp>,
    /// Not valid from then on.
    pub valid_until: Option<Timestamp>,
    /// Set when the document is a message to be filled in; such a document is listed and never found
    /// by a search.
    pub template: Option<Template>,
}

impl Metadata {
    /// The workspace's own, public, in [`DEFAULT_LOCALE`], and nothing else.
    pub fn titled(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            layer: Layer::Company,
            customer_id: None,
            visibility: Visibility::Public,
            locale: DEFAULT_LOCALE.to_owned(),
            brand: None,
            category: String::new(),
            tags: Vec::new(),
            valid_from: None,
            valid_until: None,
            template: None,
        }
    }

    pub fn is_valid_at(&self, at: Timestamp) -> bool {
        self.valid_from.is_none_or(|from| from <= at) && self.valid_until.is_none_or(|until| at < until)
    }
}

/// What whoever hands documents in says of all of them. It counts more than what a file says of
/// itself; what is not said is null.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Said {
    pub layer: Option<Layer>,
    pub customer_id: Option<CustomerId>,
    pub visibility: Option<Visibility>,
    pub locale: Option<String>,
    pub brand: Option<String>,
    pub category: Option<String>,
    pub tags: Option<Vec<String>>,
    pub valid_from: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
}

impl Said {
    /// Puts it over what the document says.
    pub fn over(&self, meta: &mut Metadata) {
        fn put<T: Clone>(said: &Option<T>, place: &mut T) {
            if let Some(said) = said {
                place.clone_from(said);
            }
        }
        put(&self.visibility, &mut meta.visibility);
        put(&self.locale, &mut meta.locale);
        put(&self.category, &mut meta.category);
        put(&self.tags, &mut meta.tags);
        if let Some(layer) = self.layer {
            meta.layer = layer;
            meta.customer_id = match layer {
                Layer::Customer => self.customer_id.or(meta.customer_id),
                Layer::Universal | Layer::Company => None,
            };
        }
        meta.brand = self.brand.clone().or(meta.brand.take());
        meta.valid_from = self.valid_from.or(meta.valid_from);
        meta.valid_until = self.valid_until.or(meta.valid_until);
    }
}

/// A message with places to fill in: `{{ contact_name }}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Template {
    pub channel: TemplateChannel,
    pub variables: Vec<Variable>,
}

/// Where a message of a template is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemplateChannel {
    /// The text begins with a line `Subject: …`.
    Email,
    Chat,
}

/// A place in a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    pub name: String,
    pub description: String,
    #[serde(default)]
    pub example: String,
}

/// A knowledge source, one row per document; `version` counts its changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Document {
    pub id: DocumentId,
    /// Stable name from the source, for example a file's stem; unique in the workspace.
    pub slug: String,
    #[serde(flatten)]
    pub meta: Metadata,
    pub version: i64,
    /// Of metadata and text.
    pub digest: Digest,
    /// The Markdown it was made from.
    pub body: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A document as it stood at one of its versions. It stays readable when the document has gone,
/// because answers that were sent cite it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentVersion {
    pub document_id: DocumentId,
    pub version: i64,
    pub slug: String,
    #[serde(flatten)]
    pub meta: Metadata,
    pub digest: Digest,
    pub body: String,
    pub created_at: Timestamp,
    pub created_by: Actor,
}

/// A piece of a document in the index. A piece keeps its id from version to version as long as its
/// text and headings do not change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Chunk {
    pub id: ChunkId,
    pub document_id: DocumentId,
    pub document_version: i64,
    /// The version since which nothing has changed by which it is found.
    pub since_version: i64,
    pub ordinal: i64,
    /// The byte of the document's text at which it starts.
    pub start: i64,
    /// Headings from the document's title down to this piece.
    pub heading_path: Vec<String>,
    pub text: String,
}

impl Chunk {
    /// Where it stands in the text of its version.
    pub fn span(&self) -> Span {
        Span { start: 0, end: self.text.len() }.within(self.start.unsigned_abs() as usize)
    }
}

/// The link from an answer to the piece and version it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Citation {
    pub chunk_id: ChunkId,
    pub document_id: DocumentId,
    pub document_version: i64,
    pub slug: String,
    pub title: String,
    /// The words of the source that support the answer.
    pub quote: String,
    /// Where the quote stands in the text of that version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub span: Option<Span>,
}

/// A score and the place it earned, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ranked {
    pub score: f32,
    pub rank: usize,
}

/// Where a passage's place comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scores {
    /// BM25, unbounded. Null: not among the best by words.
    pub lexical: Option<Ranked>,
    /// Cosine, -1 to 1. Null: not among the best by meaning, or nothing was compared by it.
    pub dense: Option<Ranked>,
    /// Σ 1 / (60 + rank) over both.
    pub fused: f32,
}

/// A search result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Passage {
    pub chunk_id: ChunkId,
    pub document_id: DocumentId,
    pub document_version: i64,
    pub slug: String,
    pub title: String,
    pub visibility: Visibility,
    #[serde(default = "company")]
    pub layer: Layer,
    pub heading_path: Vec<String>,
    pub text: String,
    /// The byte of the version's text at which it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<i64>,
    /// What the order is by: BM25 when words alone were compared, otherwise the fused score.
    /// Comparable within one search alone.
    pub score: f32,
    /// Share of the query's informative words (weighted by rarity) the passage holds, 0 to 1;
    /// comparable between searches.
    pub coverage: f32,
    #[serde(default)]
    pub scores: Scores,
    /// Words of the query in the text, as bytes of it; only where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub highlights: Vec<Span>,
}

fn company() -> Layer {
    Layer::Company
}

impl Passage {
    /// Title and headings: what its text is about without saying it.
    pub fn label(&self) -> String {
        let headings = self.heading_path.iter().filter(|heading| **heading != self.title);
        headings.fold(self.title.clone(), |label, heading| format!("{label} › {heading}"))
    }

    /// Where a place in its text is in the version's.
    pub fn place(&self, span: Span) -> Option<Span> {
        usize::try_from(self.start?).ok().map(|start| span.within(start))
    }

    /// Where a part of its text stands in the version's; none when it is no part of it.
    pub fn span_of(&self, part: &str) -> Option<Span> {
        let start = self.text.find(part)?;
        self.place(Span { start, end: start + part.len() })
    }
}

/// Which passages a search may see. It starts closed: what a customer may read, valid now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub workspace_id: WorkspaceId,
    /// Internal documents are found only when this is true; never for what a customer will read.
    pub internal: bool,
    /// What all workspaces share is found only when this is true: for staff, and for agents that
    /// advise staff.
    pub universal: bool,
    /// The customer whose own documents are found; nobody's without one.
    pub customer_id: Option<CustomerId>,
    /// Documents of this brand and those of none; without one, of all brands.
    pub brand: Option<String>,
    /// Documents in this language come first.
    pub locale: Option<String>,
    pub valid_at: Timestamp,
}

impl Scope {
    /// What any customer of the workspace may read.
    pub fn public(workspace_id: WorkspaceId, now: Timestamp) -> Self {
        Self {
            workspace_id,
            internal: false,
            universal: false,
            customer_id: None,
            brand: None,
            locale: None,
            valid_at: now,
        }
    }

    /// The same with what is internal.
    pub fn staff(workspace_id: WorkspaceId, now: Timestamp) -> Self {
        Self { internal: true, ..Self::public(workspace_id, now) }
    }

    pub fn with_universal(self) -> Self {
        Self { universal: true, ..self }
    }

    /// With what belongs to this customer.
    pub fn of_customer(self, customer_id: Option<CustomerId>) -> Self {
        Self { customer_id, ..self }
    }

    pub fn of_brand(self, brand: Option<String>) -> Self {
        Self { brand, ..self }
    }

    pub fn in_locale(self, locale: Option<String>) -> Self {
        Self { locale, ..self }
    }

    /// Whether a document of a workspace may be seen: the meaning that every filter must have.
    pub fn permits(&self, owner: WorkspaceId, meta: &Metadata) -> bool {
        let reachable = match meta.layer {
            Layer::Universal => self.universal && owner == UNIVERSAL_WORKSPACE,
            Layer::Company => owner == self.workspace_id,
            Layer::Customer => {
                owner == self.workspace_id
                    && meta.customer_id.is_some()
                    && meta.customer_id == self.customer_id
            }
        };
        let brand = self.brand.is_none() || meta.brand.is_none() || self.brand == meta.brand;
        reachable
            && brand
            && (self.internal || meta.visibility == Visibility::Public)
            && meta.is_valid_at(self.valid_at)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RetrieveError {
    #[error("the query is empty: say what to look for")]
    EmptyQuery,
    #[error("the knowledge index is not available: {0}")]
    Unavailable(String),
}

/// Finds passages. Tools look knowledge up through this and never through the index itself.
#[async_trait]
pub trait Retriever: Send + Sync {
    /// The best `limit` passages in scope, best first. At most 20.
    async fn search(&self, scope: &Scope, query: &str, limit: usize) -> Result<Vec<Passage>, RetrieveError>;
}
