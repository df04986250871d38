//! Providers of language models as they are configured, and whether they answer.

use std::{path::Path as FilePath, sync::Arc};

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    audit::AuditAction,
    breaker::{BreakerOf, automatic::AutomaticBreaker},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, Path},
    problem::Problem,
};
use crate::{
    knowledge_index::{EmbeddingsProvider, TriedEmbedder, try_embedder},
    models::{
        Prices, ProviderConfig,
        probe::{Tried, try_provider},
    },
};

/// What the embedder is called beside providers, as on the command line.
const EMBEDDINGS: &str = "embeddings";
/// The longest that one call of a test may take, in milliseconds.
const PATIENCE_MS: u64 = 20_000;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/providers", get_with(list, list_docs))
}

/// Slower than others: it waits for other houses.
pub fn test_routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/providers/{name}/test", post_with(test, test_docs))
}

/// The provider in the path.
#[derive(Deserialize, JsonSchema)]
pub struct ProviderPath {
    /// A provider's name, or `embeddings`.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
}

/// What answers agents.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProviderList {
    /// In the order in which they are asked: the next one only when the one before cannot answer.
    pub items: Vec<Provider>,
    /// The offline model answers when no provider can, or when there is none.
    pub offline_fallback: bool,
    /// What turns texts into vectors; null when nothing does.
    pub embeddings: Option<EmbeddingsProviderView>,
}

/// A provider of language models. All of it is set in the configuration, under `[[models.providers]]`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Provider {
    pub name: String,
    pub base_url: String,
    /// The model for steps that need little.
    pub fast: String,
    /// The model for steps that decide something.
    pub strong: String,
    pub key: KeyPlace,
    pub timeout_ms: u64,
    pub max_retries: u32,
    /// Requests it takes, of all processes together: `500/minute`. Null: as many as it answers.
    pub rate: Option<String>,
    /// Credits are counted for its calls.
    pub is_priced: bool,
    /// While it is left alone because it keeps failing.
    pub breaker: Option<AutomaticBreaker>,
}

/// Where a key is; never the key.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum KeyPlace {
    /// None is sent.
    None,
    /// In an environment variable of the service.
    Variable { name: String },
    /// In a file of the service's machine.
    File,
}

impl KeyPlace {
    fn of(variable: Option<&str>, file: Option<&FilePath>) -> Self {
        match (variable.filter(|name| !name.is_empty()), file.filter(|file| !file.as_os_str().is_empty())) {
            (Some(name), _) => Self::Variable { name: name.to_owned() },
            (None, Some(_)) => Self::File,
            (None, None) => Self::None,
        }
    }
}

/// The model that turns texts into vectors, set under `[embeddings]`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct EmbeddingsProviderView {
    pub model: String,
    /// An address; null when it runs in this process.
    pub base_url: Option<String>,
    pub key: KeyPlace,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listProviders").tag("system").summary("List providers of models").description(
        "In the order in which they are asked, with where their keys are and whether one is left alone because it \
         keeps failing. Asks nobody.",
    )
}

async fn list(State(http): State<Http>, staff: Staff<may::ReadSystem>) -> Json<ProviderList> {
    let config = &http.app.config;
    let open = http.app.outside.open(staff.workspace);
    let items = config.models.providers.iter().map(|provider| view(provider, &open)).collect();
    Json(ProviderList {
        items,
        offline_fallback: config.models.offline_fallback,
        embeddings: embedder(&http),
    })
}

fn view(provider: &ProviderConfig, open: &[AutomaticBreaker]) -> Provider {
    let breaker = open.iter().find(|breaker| match &breaker.of {
        BreakerOf::Provider(name) => *name == provider.name,
        _ => false,
    });
    let is_priced =
        !provider.prices.are_zero() || !provider.fast_prices.as_ref().is_none_or(Prices::are_zero);
    Provider {
        name: provider.name.clone(),
        base_url: provider.base_url.clone(),
        fast: provider.fast.clone(),
        strong: provider.strong.clone(),
        key: KeyPlace::of(provider.api_key_env.as_deref(), provider.api_key_file.as_deref()),
        timeout_ms: provider.timeout_ms,
        max_retries: provider.max_retries,
        rate: provider.rate.clone(),
        is_priced,
        breaker: breaker.cloned(),
    }
}

fn embedder(http: &Http) -> Option<EmbeddingsProviderView> {
    let config = &http.app.config.embeddings;
    let base_url = match config.provider {
        EmbeddingsProvider::None => return None,
        EmbeddingsProvider::Endpoint => Some(config.base_url.clone()),
        EmbeddingsProvider::Local => None,
    };
    let key = match base_url {
        Some(_) => KeyPlace::of(Some(&config.api_key_env), Some(FilePath::new(&config.api_key_file))),
        None => KeyPlace::None,
    };
    let model = if config.model.is_empty() { "a model in a folder".to_owned() } else { config.model.clone() };
    Some(EmbeddingsProviderView { model, base_url, key })
}

/// How one small call of each model went.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProviderTest {
    pub calls: Vec<TriedCall>,
}

/// How one small call went.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct TriedCall {
    /// The model that was asked.
    pub asked: String,
    pub ok: bool,
    /// What the provider says answered.
    pub answered_by: Option<String>,
    pub latency_ms: u64,
    pub tokens_in: Option<i64>,
    pub tokens_out: Option<i64>,
    /// Numbers of a vector, from what makes vectors.
    pub dimension: Option<usize>,
    /// What is wrong and what to do.
    pub problem: Option<String>,
}

impl From<Tried> for TriedCall {
    fn from(tried: Tried) -> Self {
        let Tried { asked, ok, answered_by, latency_ms, tokens_in, tokens_out, problem } = tried;
        Self { asked, ok, answered_by, latency_ms, tokens_in, tokens_out, dimension: None, problem }
    }
}

impl From<TriedEmbedder> for TriedCall {
    fn from(tried: TriedEmbedder) -> Self {
        let TriedEmbedder { asked, ok, dimension, latency_ms, problem, .. } = tried;
        Self {
            asked,
            ok,
            answered_by: None,
            latency_ms,
            tokens_in: None,
            tokens_out: None,
            dimension,
            problem,
        }
    }
}

fn test_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("testProvider").tag("system").summary("Try a provider of models").description(
        "One small real call of each of its models, without retries, whatever its breaker says: how long it took and \
         how many tokens, or what is wrong and what to do. It may cost what the provider takes for a few tokens. At \
         most six tests a minute by one person; each is in the audit. 404 for a name that is not configured. Takes a \
         person.",
    )
}

async fn test(
    State(http): State<Http>,
    staff: Staff<may::TestConnections>,
    Path(path): Path<ProviderPath>,
) -> Result<Json<ProviderTest>, Problem> {
    http.limits.connection_test(staff.person()?.id)?;
    let app = &http.app;
    let missing = || Problem::not_found("a provider of this name in the configuration");
    let calls: Vec<TriedCall> = if path.name == EMBEDDINGS {
        let tried = try_embedder(&app.config, &*app.clock).await.ok_or_else(missing)?;
        vec![tried.into()]
    } else {
        let mut providers = app.config.models.providers.iter();
        let config = providers.find(|provider| provider.name == path.name).ok_or_else(missing)?;
        let timeout_ms = config.timeout_ms.min(PATIENCE_MS);
        let patient = ProviderConfig { timeout_ms, total_timeout_ms: timeout_ms, ..config.clone() };
        let tried = try_provider(&patient, Arc::clone(&app.clock), Arc::clone(&app.ids)).await;
        tried.into_iter().map(TriedCall::from).collect()
    };
    let detail = json!({ "ok": calls.iter().all(|call| call.ok) });
    let subject = format!("the provider {}", path.name);
    staff.store(&http).audit(staff.deed(&http, AuditAction::ConnectionTested, subject, detail)).await?;
    Ok(Json(ProviderTest { calls }))
}
