//! Embedders: models that turn text into dense vectors. [`EndpointEmbedder`] asks one behind an
//! OpenAI-compatible API; [`LocalEmbedder`] computes a sentence transformer in this process.

mod endpoint;
#[cfg(feature = "local")]
mod local;
#[cfg(feature = "testing")]
pub mod testing;

pub use endpoint::{EndpointEmbedder, EndpointOptions};
#[cfg(feature = "local")]
pub use local::{LocalEmbedder, LocalOptions};
