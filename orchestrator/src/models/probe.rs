//! Looks whether a configured model is there: with a question that costs nothing, or with one small
//! real call.

use std::{path::Path, sync::Arc, time::Duration};

use domain::{
    Clock, Ids,
    model::{Facts, Model as _, ModelError, ModelMessage, ModelRequest, Strength},
};
use schemars::JsonSchema;
use secrecy::ExposeSecret as _;
use serde::Serialize;

use super::{ModelsConfig, Provider, ProviderConfig, connections, transport::chain};
use crate::{
    api_key,
    breakers::{BreakersConfig, Outside},
};

/// How long an answer to a question without cost may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// Enough for a model that thinks before it says a word.
const TOKENS: u32 = 2_048;

/// Whether something answers at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Reach {
    pub reachable: bool,
    /// What is wrong and what to do, if something is.
    pub problem: Option<String>,
}

impl Reach {
    fn problem(reachable: bool, problem: String) -> Self {
        Self { reachable, problem: Some(problem) }
    }
}

/// How one small call went.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tried {
    /// The model that was asked.
    pub asked: String,
    pub ok: bool,
    /// What the provider says answered.
    pub answered_by: Option<String>,
    pub latency_ms: u64,
    pub tokens_in: Option<i64>,
    pub tokens_out: Option<i64>,
    /// What is wrong and what to do.
    pub problem: Option<String>,
}

/// Asks the server for its list of models, which costs nothing. Not every compatible server has one:
/// any answer says that somebody is there.
pub async fn reach(base_url: &str, variable: Option<&str>, file: Option<&Path>) -> Reach {
    let key = match api_key::read(variable, file) {
        Ok(key) => key,
        Err(why) => return Reach::problem(false, format!("its key cannot be read: {why}")),
    };
    let client = match connections(base_url, PATIENCE, Some(PATIENCE), 1) {
        Ok(client) => client,
        Err(error) => {
            return Reach::problem(false, format!("the HTTP client cannot be built: {}", chain(&error)));
        }
    };
    let mut request = client.get(format!("{}/models", base_url.trim_end_matches('/')));
    if let Some(key) = &key {
        request = request.bearer_auth(key.expose_secret());
    }
    match request.send().await {
        Ok(answer) if matches!(answer.status().as_u16(), 401 | 403) => {
            Reach::problem(true, format!("it refuses the key (HTTP {}): {KEY}", answer.status().as_u16()))
        }
        Ok(answer) if answer.status().is_server_error() => {
            Reach::problem(true, format!("it answers HTTP {}: see its own log", answer.status().as_u16()))
        }
        Ok(_) => Reach { reachable: true, problem: None },
        Err(error) => Reach::problem(false, format!("{}: {AWAY}", chain(&error.without_url()))),
    }
}

const KEY: &str = "check the key that `api_key_env` or `api_key_file` names";
const AWAY: &str = "check `base_url`, and that the server runs";

/// One small call of each model of the provider, without retries.
pub async fn try_provider(config: &ProviderConfig, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Vec<Tried> {
    let mut models = vec![(Strength::Fast, &config.fast)];
    if config.strong != config.fast {
        models.push((Strength::Strong, &config.strong));
    }
    let once = ProviderConfig { max_retries: 0, ..config.clone() };
    let alone = ModelsConfig { providers: vec![once.clone()], ..ModelsConfig::default() };
    let outside = Outside::alone(Arc::clone(&clock), Arc::clone(&ids), &BreakersConfig::default(), &alone);
    let provider = match Provider::new(once, Arc::new(outside), Arc::clone(&clock), ids) {
        Ok(provider) => provider,
        Err(error) => {
            let failed = |model: &String| failed(model, 0, error.to_string());
            return models.into_iter().map(|(_, model)| failed(model)).collect();
        }
    };
    let mut tried = Vec::new();
    for (strength, model) in models {
        let started = clock.now();
        let answer = provider.complete(&request(strength), None).await;
        let latency_ms = u64::try_from(clock.now().since(started).as_millis()).unwrap_or(u64::MAX);
        tried.push(match answer {
            Ok(answer) => Tried {
                asked: model.clone(),
                ok: true,
                answered_by: Some(answer.model),
                latency_ms,
                tokens_in: Some(answer.usage.tokens_in),
                tokens_out: Some(answer.usage.tokens_out),
                problem: None,
            },
            Err(failure) => failed(model, latency_ms, explained(&failure.error)),
        });
    }
    tried
}

fn failed(model: &str, latency_ms: u64, problem: String) -> Tried {
    Tried {
        asked: model.to_owned(),
        ok: false,
        answered_by: None,
        latency_ms,
        tokens_in: None,
        tokens_out: None,
        problem: Some(problem),
    }
}

/// The error with what to do about it.
fn explained(error: &ModelError) -> String {
    let text = error.to_string();
    let says = |status: &str| text.contains(&format!("HTTP {status}"));
    let advice = match error {
        _ if says("401") || says("403") => KEY,
        _ if says("404") => "check the model's name and `base_url`, which ends before `/chat/completions`",
        _ if says("429") => "the provider's limit or quota is used up: try later, or look at its billing",
        ModelError::Unavailable(_) | ModelError::Paused { .. } => AWAY,
        ModelError::Refused(_) => {
            "an older server may want `token_limit = \"max_tokens\"`; otherwise its words say what it wants"
        }
        ModelError::Malformed(_) => "check that `base_url` is an OpenAI-compatible API",
    };
    format!("{text}: {advice}")
}

fn request(strength: Strength) -> ModelRequest {
    ModelRequest {
        workspace: None,
        purpose: "models.test".to_owned(),
        strength,
        messages: vec![ModelMessage::User { text: "Reply with the one word: ready".to_owned() }],
        tools: Arc::default(),
        output_schema: None,
        max_output_tokens: TOKENS,
        prompt: "models/test".to_owned(),
        facts: Facts::default(),
    }
}
