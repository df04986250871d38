//! Whatever lies in the knowledge base and whoever asks, nothing out of scope is found: what holds
//! over the index in memory holds over the embedded engine and over a server.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use proptest::{
    prelude::ProptestConfig,
    test_runner::{TestError, TestRunner},
};
use rag::{
    testing::{case, nothing_out_of_scope_is_returned},
    vectors::Index,
};
use rag_qdrant::{EdgeIndex, EdgeOptions};

/// Cases share an engine, each with a collection of its own.
fn over<K, F: Future<Output = (Arc<dyn Index>, K)>>(open: impl FnOnce() -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (index, kept) = runtime.block_on(open());
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() });
    let count = AtomicU32::new(0);
    let outcome = runner.run(&case(), |case| {
        let collection = format!("scope-{}", count.fetch_add(1, Ordering::Relaxed));
        runtime.block_on(nothing_out_of_scope_is_returned(Arc::clone(&index), &collection, &case));
        Ok(())
    });
    if let Err(TestError::Fail(why, case)) = &outcome {
        panic!("{why}\n{case:#?}");
    }
    outcome.unwrap();
    let _in_runtime = runtime.enter();
    drop((index, kept));
}

#[test]
fn no_passage_out_of_scope_is_returned_from_the_embedded_engine() {
    over(|| async {
        let folder = tempfile::tempdir().unwrap();
        let index = EdgeIndex::open(folder.path(), EdgeOptions::default()).unwrap();
        (Arc::new(index) as Arc<dyn Index>, folder)
    });
}

#[cfg(feature = "testing")]
#[test]
fn no_passage_out_of_scope_is_returned_from_a_server() {
    use rag_qdrant::{ServerIndex, ServerOptions, testing::TestServer};

    over(|| async {
        let server = TestServer::start().await.unwrap();
        let index = ServerIndex::connect(ServerOptions::new(&server.url())).await.unwrap();
        (Arc::new(index) as Arc<dyn Index>, server)
    });
}
