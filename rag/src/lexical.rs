//! Words as numbers: text becomes sparse BM25 vectors that any vector index can hold.
//!
//! [`Analyzer`] turns text of one language into weighted terms ([`Terms`]), [`Bm25`] turns terms
//! into a [`SparseVector`], and [`Statistics`] counts what a corpus holds. Nothing here knows an
//! index: the product of a query's and a passage's vectors, with the terms' rarity, is the score.
//!
//! A change to how text is analysed or hashed changes every vector ever stored. [`ANALYSIS`] counts
//! such changes; an index built under another number must be rebuilt.

mod analysis;
mod bm25;
mod fold;
mod identifiers;
mod language;
mod statistics;

pub use analysis::{Analyzer, MAX_TERM_CHARS, MAX_TERMS, Term, Terms, term_id};
pub use bm25::{Bm25, SparseVector};
pub(crate) use fold::fold;
pub use language::Language;
pub use statistics::{Statistics, rarity};

/// The version of analysis and hashing.
pub const ANALYSIS: u32 = 1;
