//! Why a file did not become Markdown, and what to do about it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::Kind;

/// Why a file cannot be read. Each message is for the person who handed the file in.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParseError {
    #[error("the file has {bytes} bytes and may have {limit}; split it into several")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the file has no text; write something in it, or leave it out")]
    Empty,
    #[error("{name} is not {expected}: {found}; give it the name of what it is, or export it again")]
    Mismatch { name: String, expected: String, found: String },
    #[error("the file cannot be read: it is {found}; {advice}")]
    Unsupported { found: String, advice: String },
    #[error("the file is encrypted; save it without a password and hand that in")]
    Encrypted,
    #[error(
        "the PDF has no text layer: its {pages} page(s) are pictures; run text recognition (OCR) over it first"
    )]
    NoTextLayer { pages: u32 },
    #[error("the PDF has {pages} pages and may have {limit}; split it into several")]
    TooManyPages { pages: usize, limit: u32 },
    #[error("its elements lie more than {limit} deep inside each other; save it again from an editor")]
    TooDeep { limit: usize },
    #[error("it is made of too many parts ({what}); split it into several")]
    TooComplex { what: String },
    #[error("more than {limit} bytes of text come out of it; split it into several")]
    TooMuchText { limit: usize },
    #[error("the table has more than {limit} rows; split it into several")]
    TooManyRows { limit: usize },
    #[error(
        "`{part}` inside it unpacks to far more than it should have; save the document again from an editor"
    )]
    Expands { part: String },
    #[error(
        "the table needs a column `question` and a column `answer` in its first row; it has: {}",
        columns(found)
    )]
    Columns { found: Vec<String> },
    #[error("row {row}: {why}")]
    Row { row: u64, why: String },
    #[error("{} cannot be read: {why}", kind.with_article())]
    Malformed { kind: Kind, why: String },
    #[error("the file could not be parsed safely: it took more than {seconds} seconds; split or simplify it")]
    TooSlow { seconds: u64 },
    #[error(
        "the file could not be parsed safely: it took more than {mib} MiB of memory; split or simplify it"
    )]
    TooMuchMemory { mib: u64 },
    #[error("the file could not be parsed safely: the parser crashed ({how}); save it again from an editor")]
    Crashed { how: String },
    /// Not the file's fault.
    #[error("no file can be parsed at the moment: {why}; try again, and tell the operator if it stays")]
    Unavailable { why: String },
}

fn columns(found: &[String]) -> String {
    if found.is_empty() { "none".to_owned() } else { found.join(", ") }
}
