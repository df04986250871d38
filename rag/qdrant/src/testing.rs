//! Qdrant's protocol over the embedded engine, in this process: enough of it for tests of whatever
//! speaks to a Qdrant server where there is none. What it does not know it refuses; it is no server
//! to run anything on.

mod convert;
mod services;
mod shards;

use std::{net::SocketAddr, sync::Arc};

use qdrant_client::qdrant::{
    collections_server::CollectionsServer, points_server::PointsServer, qdrant_server::QdrantServer,
};
use rag::vectors::IndexError;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tonic::transport::{Server, server::TcpIncoming};

use self::shards::Shards;

/// As real servers have it.
const MAX_MESSAGE_BYTES: usize = 32 * 1024 * 1024;

/// A server on a port of its own; it stops when it is dropped.
pub struct TestServer {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    _serving: JoinHandle<()>,
}

impl TestServer {
    /// Serves no collections yet.
    pub async fn start() -> Result<Self, IndexError> {
        let away =
            |error: &dyn std::fmt::Display| IndexError::Unavailable(format!("no test server: {error}"));
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| away(&error))?;
        let address = listener.local_addr().map_err(|error| away(&error))?;
        let shards = Arc::new(Shards::new().map_err(|error| away(&error))?);
        let (stop, stopped) = oneshot::channel::<()>();
        let points = PointsServer::from_arc(Arc::clone(&shards)).max_decoding_message_size(MAX_MESSAGE_BYTES);
        let server = Server::builder()
            .add_service(QdrantServer::from_arc(Arc::clone(&shards)))
            .add_service(CollectionsServer::from_arc(shards))
            .add_service(points)
            .serve_with_incoming_shutdown(TcpIncoming::from(listener), async move {
                // Either way it is over: told to stop, or forgotten.
                drop(stopped.await);
            });
        let serving = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the test server failed");
            }
        });
        Ok(Self { address, stop: Some(stop), _serving: serving })
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take()
            && stop.send(()).is_err()
        {
            tracing::debug!("the test server had stopped already");
        }
    }
}
