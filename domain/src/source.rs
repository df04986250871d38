//! Knowledge sources that are looked at again and again: pages of the web and folders of files.
//!
//! A source is synced: whatever it holds now becomes documents, what has not changed is left alone,
//! and what is gone takes its documents with it. What a source says wins over what its files say.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{DocumentId, SourceId, SourcePageId, Timestamp, canonical::Digest, knowledge::Said};

/// Where documents come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// One page.
    Url,
    /// The pages that a sitemap lists.
    Sitemap,
    /// The files of a folder that the configuration names.
    Folder,
}

impl SourceKind {
    pub const ALL: [Self; 3] = [Self::Url, Self::Sitemap, Self::Folder];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Url => "url",
            Self::Sitemap => "sitemap",
            Self::Folder => "folder",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A knowledge source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Source {
    pub id: SourceId,
    pub kind: SourceKind,
    /// A URL, or the path of a folder; unique among the sources of its kind.
    pub address: String,
    /// What is said of all its documents; it counts more than what they say of themselves.
    pub said: Said,
    pub created_at: Timestamp,
    /// Somebody asked for a sync, which has not come to its end yet.
    pub asked_at: Option<Timestamp>,
    /// When the last sync ended, well or not.
    pub synced_at: Option<Timestamp>,
    /// What came of it; of one under way what has come of it so far.
    pub report: Option<SyncReport>,
    /// Until when the process that syncs it need not be heard of.
    pub lease_until: Option<Timestamp>,
    /// Grows whenever a process begins to sync or to remove it: what an earlier one writes is refused.
    pub fence: i64,
    /// It is on its way out, and its documents with it or not.
    pub removing: Option<Removing>,
}

impl Source {
    /// Whether a process works on it.
    pub fn is_leased(&self, now: Timestamp) -> bool {
        self.lease_until.is_some_and(|until| until > now)
    }
}

/// What becomes of the documents of a source that is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Removing {
    /// They go too.
    WithDocuments,
    /// They stay, as if somebody had added them by hand.
    Alone,
}

impl Removing {
    pub const ALL: [Self; 2] = [Self::WithDocuments, Self::Alone];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::WithDocuments => "with_documents",
            Self::Alone => "alone",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|removing| removing.as_str() == text)
    }
}

/// What came of a sync, in pages (files of a folder count as pages).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SyncReport {
    /// How many there are; zero while that is not known.
    pub pages: i64,
    /// How many were looked at.
    pub looked_at: i64,
    pub added: i64,
    pub changed: i64,
    pub unchanged: i64,
    /// Pages that are gone, with their documents.
    pub removed: i64,
    /// Pages that could not be fetched or read. Documents they had stay as they are.
    pub rejected: i64,
    /// Why the sync as a whole failed, and what to do. Nothing was removed then.
    pub error: Option<String>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

/// A page of a source, or a file of a folder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourcePage {
    pub id: SourcePageId,
    pub source_id: SourceId,
    /// Its URL, or the file's name in the folder.
    pub address: String,
    pub status: PageStatus,
    /// Why it was rejected or is gone, or what was left out of it.
    pub reason: Option<String>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// Of the bytes that were read last. Null: they are read again whatever the server says.
    pub digest: Option<Digest>,
    /// A file's size, in bytes.
    pub bytes: Option<i64>,
    /// When a file was changed, as the file system says.
    pub modified_at: Option<Timestamp>,
    pub created_at: Timestamp,
    /// When it was last looked at. Of an unchanged file: when it was last read.
    pub checked_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PageStatus {
    /// Its documents are what it says.
    Stored,
    /// It could not be fetched or read. Documents of before stay.
    Rejected,
    /// The server says that there is no such page any more; its documents were removed.
    Gone,
}

impl PageStatus {
    pub const ALL: [Self; 3] = [Self::Stored, Self::Rejected, Self::Gone];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Rejected => "rejected",
            Self::Gone => "gone",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// A document that came from a page, in the version that the page made. A document has one page at
/// most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceDocument {
    pub document_id: DocumentId,
    pub version: i64,
    pub page_id: SourcePageId,
}
