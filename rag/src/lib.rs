//! Knowledge: Markdown in, passages with their sources out.
//!
//! [`prepare`] turns Markdown into a [`Document`](domain::knowledge::Document) and its chunks;
//! [`Knowledge`] makes them searchable and finds passages through the
//! [`Retriever`](domain::knowledge::Retriever) port. Nothing here touches a database: whoever stores
//! the documents feeds them in.
//!
//! [`groundedness`] says which sentences of a reply the passages carry, and which values nothing does.
//!
//! Underneath, [`lexical`] makes sparse vectors of text, [`embed`] is the port to models that make
//! dense ones, and [`vectors`] the port to an index of both. Their heavy implementations are crates
//! of their own.

pub mod answerability;
mod chunk;
mod differences;
pub mod embed;
mod front_matter;
pub mod groundedness;
mod highlight;
mod knowledge;
pub mod lexical;
pub mod library;
pub mod likeness;
mod markdown;
mod points;
mod prints;
mod question;
mod screen;
mod shelf;
#[cfg(feature = "testing")]
pub mod testing;
mod turns;
pub mod vectors;

use thiserror::Error;

pub use chunk::{Earlier, MAX_TOKENS, chunk, compose, prepare};
pub use differences::{Difference, DifferenceKind};
pub use domain::knowledge::is_slug;
pub use front_matter::{
    MAX_BRAND_CHARS, MAX_CATEGORY_CHARS, MAX_TAG_CHARS, MAX_TAGS, MAX_TITLE_CHARS, MAX_VARIABLES,
    check_metadata, read_from, read_locale, read_until,
};
pub use highlight::highlight;
pub use knowledge::{Dropped, Knowledge, MAX_PASSAGES, MAX_QUERY_CHARS, Put, Rebuild, Retrieval};
pub use markdown::{MAX_MARKDOWN_BYTES, ParsedDocument, parse_markdown};
pub use screen::Screen;

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
