//! What one file may have and cost.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What one file may have and cost. The defaults fit what support teams keep: manuals of some
/// hundred pages, exports of some thousand questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Size of the file: 20 MiB.
    pub bytes: usize,
    /// Pages of a PDF: 500.
    pub pages: u32,
    /// How deep elements of HTML and DOCX may lie inside each other: 200.
    pub nesting: usize,
    /// What the parts of a DOCX may have together when unpacked: 64 MiB.
    pub expanded_bytes: usize,
    /// How many times its packed size a part of a DOCX may have, from 1 MiB on: 200.
    pub expansion_ratio: usize,
    /// Markdown that may come out: 8 MiB.
    pub output_bytes: usize,
    /// Pairs in a table of questions and answers: 5,000.
    pub rows: usize,
    /// From the start of the child to its answer: 20 seconds. Kept by [`crate::isolated`] alone.
    pub time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 20 * 1024 * 1024,
            pages: 500,
            nesting: 200,
            expanded_bytes: 64 * 1024 * 1024,
            expansion_ratio: 200,
            output_bytes: 8 * 1024 * 1024,
            rows: 5_000,
            time: Duration::from_secs(20),
        }
    }
}
