//! The indexes under test, each empty.

use std::{num::NonZeroUsize, ops::Deref};

use rag::vectors::{Index, MemoryIndex};
use rag_qdrant::{EdgeIndex, EdgeOptions};
use tempfile::TempDir;

/// An index with what must live as long as it. Fields are dropped from the first to the last.
pub struct Setup {
    index: Box<dyn Index>,
    #[cfg(feature = "testing")]
    _server: Option<rag_qdrant::testing::TestServer>,
    _folder: Option<TempDir>,
}

impl Deref for Setup {
    type Target = dyn Index;

    fn deref(&self) -> &Self::Target {
        &*self.index
    }
}

fn local(index: Box<dyn Index>, folder: Option<TempDir>) -> Setup {
    Setup {
        index,
        #[cfg(feature = "testing")]
        _server: None,
        _folder: folder,
    }
}

pub async fn memory() -> Setup {
    local(Box::new(MemoryIndex::new()), None)
}

/// Optimises itself after every few points, so that all promises are kept while it does.
pub async fn edge() -> Setup {
    let folder = tempfile::tempdir().unwrap();
    let options =
        EdgeOptions { optimise_after: NonZeroUsize::new(5).expect("no zero"), ..EdgeOptions::default() };
    let index = EdgeIndex::open(folder.path(), options).unwrap();
    local(Box::new(index), Some(folder))
}

#[cfg(feature = "testing")]
pub async fn server() -> Setup {
    use rag_qdrant::{ServerIndex, ServerOptions, testing::TestServer};

    if let Ok(url) = std::env::var("QDRANT_URL") {
        let folder = tempfile::tempdir().unwrap();
        // Of this test alone: what others leave on the server does not matter.
        let stem = folder.path().file_name().unwrap().to_str().unwrap().to_ascii_lowercase();
        let prefix = format!("test-{}-", stem.trim_start_matches('.'));
        let index = ServerIndex::connect(ServerOptions { prefix, ..ServerOptions::new(&url) }).await.unwrap();
        return local(Box::new(index), Some(folder));
    }
    let server = TestServer::start().await.unwrap();
    let index = ServerIndex::connect(ServerOptions::new(&server.url())).await.unwrap();
    Setup { index: Box::new(index), _server: Some(server), _folder: None }
}
