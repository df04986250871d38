//! Knowledge: Markdown in, passages with their sources out.
//!
//! [`prepare`] turns Markdown into a [`Document`](domain::knowledge::Document) and its chunks;
//! [`Knowledge`] holds the chunks of every workspace of this process and finds passages by BM25
//! through the [`Retriever`](domain::knowledge::Retriever) port. Nothing here touches a database:
//! whoever stores the documents feeds them in.
//!
//! [`groundedness`] says which sentences of a reply the passages carry, and which values nothing does.
//!
//! For more than fits a process: [`lexical`] makes sparse vectors of text, [`embed`] is the port to
//! models that make dense ones, and [`vectors`] the port to an index of both. Their heavy
//! implementations are crates of their own.

pub mod answerability;
mod chunk;
pub mod embed;
pub mod groundedness;
mod index;
mod knowledge;
pub mod lexical;
pub mod likeness;
mod markdown;
mod postings;
pub mod vectors;
mod words;

use thiserror::Error;

pub use chunk::{MAX_TOKENS, chunk, prepare};
pub use knowledge::{Knowledge, MAX_PASSAGES, MAX_QUERY_CHARS};
pub use markdown::{
    MAX_CATEGORY_CHARS, MAX_MARKDOWN_BYTES, MAX_TAG_CHARS, MAX_TAGS, MAX_TITLE_CHARS, ParsedDocument,
    is_slug, parse_markdown,
};
pub use words::Words;

/// Why a document cannot become knowledge. Each message says what to change.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RagError {
    #[error("`{slug}` has {bytes} bytes and a document may have {MAX_MARKDOWN_BYTES}; split it into several")]
    TooLarge { slug: String, bytes: usize },
    #[error("`{slug}` has no text; write something below the front matter")]
    Empty { slug: String },
    #[error("`{0}` cannot name a document: use 1 to 200 letters, digits, `-`, `_`, `.` or `/`")]
    Slug(String),
    #[error("the front matter of `{slug}` cannot be read: {why}")]
    FrontMatter { slug: String, why: String },
    #[error("the text of `{slug}` holds a NUL character, which no database keeps; remove it")]
    Nul { slug: String },
}
