//! Whether the service lives and works, and its own description.

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use rag::vectors::{DenseSpec, Index, IndexError, rebuild_due};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    auth::{Staff, may},
    input::Json,
    observe::Peer,
    problem::{Kind, Problem},
};
use crate::{
    knowledge_index::{Engine, dense_spec},
    measurements,
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/healthz", get_with(health, health_docs))
        .api_route("/readyz", get_with(ready, ready_docs))
        .api_route("/v1/system", get_with(system, system_docs))
        .api_route("/metrics", get_with(metrics, metrics_docs))
}

/// The service answers.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Health {
    /// Always `ok`.
    pub status: String,
    pub version: String,
    /// How knowledge is found: `hybrid`, by words and by meaning, or `lexical`, by words alone.
    pub retrieval: String,
}

/// The service can take work, with what finds knowledge.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Readiness {
    /// Always `ok`.
    pub status: String,
    pub version: String,
    /// What holds the vectors that knowledge is found by.
    pub index: Engine,
    /// The model that turns text into vectors, if there is one.
    pub embedder: Option<String>,
    /// How knowledge is found: `hybrid`, by words and by meaning, or `lexical`, by words alone.
    pub retrieval: String,
}

/// What a service runs on.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct System {
    pub version: String,
    pub index: IndexView,
    pub embedder: Option<EmbedderView>,
    /// Providers of language models, in the order in which they are asked.
    pub providers: Vec<ProviderView>,
    /// The offline model answers when no provider can, or when there is none.
    pub offline_fallback: bool,
}

/// What holds the vectors that knowledge is found by.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct IndexView {
    pub engine: Engine,
    /// A reason worth knowing when the engine is not the best there is.
    pub note: Option<String>,
    /// Why the index does not answer, if it does not.
    pub error: Option<String>,
    pub collections: Vec<CollectionView>,
}

/// A collection of vectors.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CollectionView {
    pub name: String,
    /// The model its vectors were made with; none for words alone.
    pub model: Option<String>,
    pub dimension: Option<usize>,
    /// Why this release with this embedder needs another one, if it does.
    pub rebuild: Option<String>,
}

/// The model that turns text into vectors.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct EmbedderView {
    pub model: String,
    pub dimension: usize,
    /// How many tokens of a text it reads, where that is known.
    pub reads_tokens: Option<usize>,
}

/// A provider of language models.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProviderView {
    pub name: String,
    pub fast: String,
    pub strong: String,
}

fn health_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("health").tag("system").summary("Is the process alive").description("Touches nothing else.")
}

async fn health(State(http): State<Http>) -> Json<Health> {
    Json(Health {
        status: "ok".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        retrieval: http.app.knowledge.retrieval().as_str().to_owned(),
    })
}

fn ready_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("ready")
        .tag("system")
        .summary("Can it take work")
        .description("200 when the database answers and the service is not stopping; 503 otherwise.")
}

async fn ready(State(http): State<Http>) -> Result<Json<Readiness>, Problem> {
    if http.app.is_stopping() {
        return Err(Problem::new(Kind::Unavailable, "the service is stopping"));
    }
    http.app.store.ping().await?;
    let search = &http.app.knowledge_index;
    Ok(Json(Readiness {
        status: "ok".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        index: search.engine,
        embedder: search.embedder.as_ref().map(|embedder| embedder.model().to_owned()),
        retrieval: http.app.knowledge.retrieval().as_str().to_owned(),
    }))
}

fn system_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getSystem").tag("system").summary("What it runs on").description(
        "The index of knowledge with its collections, the embedder, and the providers of language models. Asks the \
         index, and no provider.",
    )
}

async fn system(State(http): State<Http>, _: Staff<may::ReadSystem>) -> Json<System> {
    let app = &http.app;
    let search = &app.knowledge_index;
    let wanted = search.embedder.as_deref().map(dense_spec);
    let (collections, error) = match collections(&*search.index, wanted.as_ref()).await {
        Ok(collections) => (collections, None),
        Err(error) => (Vec::new(), Some(error.to_string())),
    };
    Json(System {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        index: IndexView { engine: search.engine, note: search.note.map(str::to_owned), error, collections },
        embedder: search.embedder.as_ref().map(|embedder| EmbedderView {
            model: embedder.model().to_owned(),
            dimension: embedder.dimension(),
            reads_tokens: embedder.reads_tokens(),
        }),
        providers: app
            .config
            .models
            .providers
            .iter()
            .map(|provider| ProviderView {
                name: provider.name.clone(),
                fast: provider.fast.clone(),
                strong: provider.strong.clone(),
            })
            .collect(),
        offline_fallback: app.config.models.offline_fallback,
    })
}

async fn collections(
    index: &dyn Index,
    wanted: Option<&DenseSpec>,
) -> Result<Vec<CollectionView>, IndexError> {
    let mut all = Vec::new();
    for name in index.collections().await? {
        let Some(spec) = index.describe(&name).await? else { continue };
        all.push(CollectionView {
            rebuild: rebuild_due(&spec, wanted),
            dimension: spec.dense.as_ref().map(|dense| dense.dimension),
            model: spec.dense.map(|dense| dense.model),
            name,
        });
    }
    Ok(all)
}

fn metrics_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("metrics").tag("system").summary("Measurements").description(
        "Prometheus text. From this machine without credentials; from elsewhere with an API key or a session.",
    )
}

/// Prometheus text.
struct Metrics(String);

impl IntoResponse for Metrics {
    fn into_response(self) -> Response {
        let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        (StatusCode::OK, [(header::CONTENT_TYPE, content_type)], self.0).into_response()
    }
}

impl aide::OperationOutput for Metrics {
    type Inner = String;

    fn inferred_responses(
        ctx: &mut aide::generate::GenContext,
        _: &mut aide::openapi::Operation,
    ) -> Vec<(Option<aide::openapi::StatusCode>, aide::openapi::Response)> {
        vec![(
            Some(aide::openapi::StatusCode::Code(200)),
            super::input::answer::<String>(ctx, "text/plain", "Prometheus text"),
        )]
    }
}

async fn metrics(State(http): State<Http>, peer: Peer, headers: HeaderMap) -> Result<Metrics, Problem> {
    if !peer.is_local() && http.identify(&Method::GET, &headers).await?.is_none() {
        return Err(Problem::unauthorized());
    }
    measurements::sample(&http.app);
    metrics::gauge!("countersign_streams").set(http.watched() as f64);
    Ok(Metrics(http.app.metrics.render()))
}
