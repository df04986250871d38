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
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    input::Json,
    observe::Peer,
    problem::{Kind, Problem},
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/healthz", get_with(health, health_docs))
        .api_route("/readyz", get_with(ready, ready_docs))
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

async fn ready(State(http): State<Http>) -> Result<Json<Health>, Problem> {
    if http.app.is_stopping() {
        return Err(Problem::new(Kind::Unavailable, "the service is stopping"));
    }
    http.app.store.ping().await?;
    Ok(health(State(http)).await)
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
    Ok(Metrics(http.app.metrics.render()))
}
