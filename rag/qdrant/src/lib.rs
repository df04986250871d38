//! The index of vectors on Qdrant: [`EdgeIndex`] is the engine inside this process, [`ServerIndex`]
//! a client to a server or cluster. Both keep the same points under the same names, and one suite of
//! contract tests runs on both.

#[cfg(feature = "edge")]
mod edge;
mod filter;
mod payload;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "testing")]
pub mod testing;

#[cfg(feature = "edge")]
pub use edge::{EdgeIndex, EdgeOptions, described};
#[cfg(feature = "server")]
pub use server::{ServerIndex, ServerOptions};

/// The name of the sparse vectors.
const LEXICAL: &str = "lexical";
/// The name of the dense vectors.
const DENSE: &str = "dense";

/// Links of each point in the graph of dense vectors.
const HNSW_M: usize = 16;
/// How many neighbours are looked at when a point is put into the graph; Qdrant's own default is 100.
const HNSW_CONSTRUCT: usize = 128;
/// How many are looked at in a search, at least.
const HNSW_SEARCH: usize = 128;
