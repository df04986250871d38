//! A scripted server that speaks the OpenAI chat completions protocol, and embeds texts, for tests, benchmarks and
//! evaluations: it checks what it is sent, answers what a script says, and misbehaves on demand.

mod check;
mod embeddings;
mod reply;

use std::{
    collections::VecDeque,
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, Response, header},
    routing::{get, post},
    serve::ListenerExt as _,
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

pub use reply::{Call, Reply, RetryAfter};

/// Decides what to answer.
pub struct Script(Box<dyn Fn(&CapturedRequest) -> Reply + Send + Sync>);

impl Script {
    /// Asks a function. It sees the conversation, so it can answer by what was said.
    pub fn new(decide: impl Fn(&CapturedRequest) -> Reply + Send + Sync + 'static) -> Self {
        Self(Box::new(decide))
    }

    /// Gives each reply once, in order; after the last one the server answers 500.
    pub fn list(replies: impl IntoIterator<Item = Reply>) -> Self {
        let left = Mutex::new(replies.into_iter().collect::<VecDeque<_>>());
        Self::new(move |_| {
            let next = left.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            next.unwrap_or_else(|| Reply::Status(500, "the script has no more replies".to_owned()))
        })
    }

    /// Gives the same reply to everyone.
    pub fn always(reply: Reply) -> Self {
        Self::new(move |_| reply.clone())
    }
}

impl From<Vec<Reply>> for Script {
    fn from(replies: Vec<Reply>) -> Self {
        Self::list(replies)
    }
}

impl From<Reply> for Script {
    fn from(reply: Reply) -> Self {
        Self::always(reply)
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct CapturedRequest {
    /// Counted from zero.
    pub number: usize,
    pub body: Value,
    pub authorization: Option<String>,
}

impl CapturedRequest {
    /// The name of the model that is asked.
    pub fn model(&self) -> &str {
        self.body["model"].as_str().unwrap_or_default()
    }

    pub fn streams(&self) -> bool {
        self.body["stream"] == true
    }

    pub fn messages(&self) -> &[Value] {
        self.body["messages"].as_array().map_or(&[], Vec::as_slice)
    }

    /// The text of the last message of this role: `system`, `user`, `assistant` or `tool`.
    pub fn last(&self, role: &str) -> Option<&str> {
        self.messages().iter().rev().find(|message| message["role"] == role)?["content"].as_str()
    }

    /// How many messages have this role. With `tool` it tells how far a run has come.
    pub fn count(&self, role: &str) -> usize {
        self.messages().iter().filter(|message| message["role"] == role).count()
    }

    /// The names of the tools that may be called.
    pub fn tools(&self) -> Vec<&str> {
        let tools = self.body["tools"].as_array().map_or(&[][..], Vec::as_slice);
        tools.iter().filter_map(|tool| tool["function"]["name"].as_str()).collect()
    }

    /// The name of the schema that the answer must satisfy.
    pub fn output(&self) -> Option<&str> {
        self.body["response_format"]["json_schema"]["name"].as_str()
    }
}

struct Shared {
    script: Script,
    /// Keep and check what comes in.
    records: bool,
    count: AtomicUsize,
    embedded: AtomicUsize,
    arrived: watch::Sender<usize>,
    requests: Mutex<Vec<CapturedRequest>>,
    violations: Mutex<Vec<String>>,
}

/// A running server. It stops when it is dropped.
pub struct ModelServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

impl ModelServer {
    /// Starts on a free port of the loopback interface.
    pub async fn start(script: impl Into<Script>) -> io::Result<Self> {
        Self::launch(script.into(), true).await
    }

    /// Starts a server that keeps and checks nothing, so that it can answer millions of requests:
    /// for benchmarks.
    pub async fn start_unrecorded(script: impl Into<Script>) -> io::Result<Self> {
        Self::launch(script.into(), false).await
    }

    async fn launch(script: Script, records: bool) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        // Small pieces of a stream must not wait for each other's acknowledgement.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection without TCP_NODELAY");
            }
        });
        let shared = Arc::new(Shared {
            script,
            records,
            count: AtomicUsize::new(0),
            embedded: AtomicUsize::new(0),
            arrived: watch::Sender::new(0),
            requests: Mutex::default(),
            violations: Mutex::default(),
        });
        let router = Router::new()
            .route("/v1/chat/completions", post(complete))
            .route("/v1/embeddings", post(embeddings::embeddings))
            .route("/v1/models", get(embeddings::models))
            .layer(DefaultBodyLimit::disable())
            .with_state(shared.clone());
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the scripted model server stopped");
            }
        });
        Ok(Self { address, shared, task })
    }

    /// What goes into a provider's `base_url`.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// How many completions were asked for.
    pub fn count(&self) -> usize {
        self.shared.count.load(Ordering::SeqCst)
    }

    /// How many requests for embeddings came.
    pub fn embedded(&self) -> usize {
        self.shared.embedded.load(Ordering::SeqCst)
    }

    /// What came, in order. Empty for an unrecorded server.
    pub fn requests(&self) -> Vec<CapturedRequest> {
        lock(&self.shared.requests).clone()
    }

    /// Waits until this many requests have come since the start.
    pub async fn wait_for(&self, requests: usize) {
        let mut arrived = self.shared.arrived.subscribe();
        // The sender lives in `shared`, so the wait can only end by arriving.
        if arrived.wait_for(|count| *count >= requests).await.is_err() {
            tracing::error!("the scripted model server is gone");
        }
    }

    /// What was wrong with the requests, by the protocol.
    pub fn violations(&self) -> Vec<String> {
        lock(&self.shared.violations).clone()
    }

    /// Panics with the list if any request broke the protocol.
    pub fn assert_clean(&self) {
        let violations = self.violations();
        assert!(violations.is_empty(), "requests broke the protocol:\n{}", violations.join("\n"));
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn complete(State(shared): State<Arc<Shared>>, headers: HeaderMap, bytes: Bytes) -> Response<Body> {
    let number = shared.count.fetch_add(1, Ordering::SeqCst);
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (body, unreadable) = match serde_json::from_slice(&bytes) {
        Ok(body) => (body, None),
        Err(error) => (Value::Null, Some(format!("the body is not JSON: {error}"))),
    };
    let request = CapturedRequest { number, body, authorization: text(header::AUTHORIZATION) };
    if shared.records {
        let mut found = check::violations(&request);
        found.extend(unreadable);
        if text(header::CONTENT_TYPE).is_none_or(|kind| !kind.starts_with("application/json")) {
            found.push("the content type is not application/json".to_owned());
        }
        lock(&shared.violations).extend(found.into_iter().map(|what| format!("request {number}: {what}")));
        lock(&shared.requests).push(request.clone());
    }
    shared.arrived.send_modify(|count| *count += 1);
    let reply = (shared.script.0)(&request);
    reply.perform(&request).await
}
