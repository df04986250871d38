//! The `[models]` table of the configuration: which providers there are, in which order they are
//! asked, and how long each may take.

use std::{collections::BTreeSet, path::PathBuf};

use domain::rate::RateLimit;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::api_key;

/// The `[models]` table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelsConfig {
    /// Answer with the offline model when every provider fails. With no provider configured the
    /// offline model answers whatever this says.
    pub offline_fallback: bool,
    /// Asked in this order: the next one only when the one before cannot answer.
    pub providers: Vec<ProviderConfig>,
}

impl Default for ModelsConfig {
    fn default() -> Self {
        Self { offline_fallback: true, providers: Vec::new() }
    }
}

/// One `[[models.providers]]` table: a server that speaks the OpenAI chat completions protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderConfig {
    /// For journals, metrics and errors. Unique; `offline` is taken.
    pub name: String,
    /// Up to and without `/chat/completions`: `https://api.openai.com/v1`.
    pub base_url: String,
    /// The environment variable that holds the key. At most one of this and `api_key_file`; with
    /// neither, no `Authorization` header is sent.
    #[serde(default)]
    pub api_key_env: Option<String>,
    /// The file that holds the key, and nothing else.
    #[serde(default)]
    pub api_key_file: Option<PathBuf>,
    /// The model for steps that need little: classification, extraction.
    pub fast: String,
    /// The model for steps that decide something.
    pub strong: String,
    /// One attempt, from sending to the last byte, in milliseconds.
    #[serde(default = "defaults::timeout_ms")]
    pub timeout_ms: u64,
    /// All attempts of one call with the waits between them, in milliseconds.
    #[serde(default = "defaults::total_timeout_ms")]
    pub total_timeout_ms: u64,
    /// Attempts after the first.
    #[serde(default = "defaults::max_retries")]
    pub max_retries: u32,
    /// The first pause between attempts, in milliseconds; it doubles from one to the next and is
    /// drawn between nothing and that.
    #[serde(default = "defaults::backoff_ms")]
    pub backoff_ms: u64,
    /// The longest pause between attempts, whatever the provider's `Retry-After` asks for, in
    /// milliseconds.
    #[serde(default = "defaults::max_retry_after_ms")]
    pub max_retry_after_ms: u64,
    /// Ask for the text as it is generated when somebody watches the run.
    #[serde(default = "defaults::stream")]
    pub stream: bool,
    /// The request's field for the most tokens the reply may have.
    #[serde(default)]
    pub token_limit: TokenLimit,
    #[serde(default)]
    pub prices: Prices,
    /// Prices of the fast model, where they differ.
    #[serde(default)]
    pub fast_prices: Option<Prices>,
    #[serde(default)]
    pub breaker: BreakerConfig,
    /// Calls on their way to this provider at once; further ones wait.
    #[serde(default = "defaults::max_in_flight")]
    pub max_in_flight: usize,
    /// Requests it takes, of all processes together: `500/minute`. Left out: as many as it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
    /// How many of them at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
}

/// Which of the protocol's two names for the same limit the server understands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenLimit {
    /// The present name; OpenAI's newer models take no other.
    #[default]
    MaxCompletionTokens,
    /// The older name, which some compatible servers still want.
    MaxTokens,
}

/// Credits per million tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    #[serde(default)]
    pub input_per_million: f64,
    #[serde(default)]
    pub output_per_million: f64,
}

impl Prices {
    pub fn are_zero(&self) -> bool {
        self.input_per_million == 0.0 && self.output_per_million == 0.0
    }

    /// Millionths of a credit, rounded up so that spending is never understated. A credit per
    /// million tokens is a millionth of a credit per token.
    pub fn cost_micros(&self, tokens_in: i64, tokens_out: i64) -> i64 {
        (tokens_in as f64 * self.input_per_million + tokens_out as f64 * self.output_per_million).ceil()
            as i64
    }
}

/// When a provider that fails is left alone, and for how long; the rest is as `[breakers]` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BreakerConfig {
    /// Failures in a row that open the breaker.
    pub failures: u32,
    /// How long it stays open before one call may try again, in milliseconds; doubles with each that fails.
    pub open_ms: u64,
}

impl Default for BreakerConfig {
    fn default() -> Self {
        Self { failures: 5, open_ms: 30_000 }
    }
}

mod defaults {
    pub fn timeout_ms() -> u64 {
        30_000
    }
    pub fn total_timeout_ms() -> u64 {
        90_000
    }
    pub fn max_retries() -> u32 {
        3
    }
    pub fn backoff_ms() -> u64 {
        250
    }
    pub fn max_retry_after_ms() -> u64 {
        20_000
    }
    pub fn stream() -> bool {
        true
    }
    pub fn max_in_flight() -> usize {
        256
    }
}

impl ProviderConfig {
    /// A provider with every optional setting at its default and no key.
    pub fn new(name: &str, base_url: &str, fast: &str, strong: &str) -> Self {
        Self {
            name: name.to_owned(),
            base_url: base_url.to_owned(),
            api_key_env: None,
            api_key_file: None,
            fast: fast.to_owned(),
            strong: strong.to_owned(),
            timeout_ms: defaults::timeout_ms(),
            total_timeout_ms: defaults::total_timeout_ms(),
            max_retries: defaults::max_retries(),
            backoff_ms: defaults::backoff_ms(),
            max_retry_after_ms: defaults::max_retry_after_ms(),
            stream: defaults::stream(),
            token_limit: TokenLimit::default(),
            prices: Prices::default(),
            fast_prices: None,
            breaker: BreakerConfig::default(),
            max_in_flight: defaults::max_in_flight(),
            rate: None,
            burst: None,
        }
    }

    pub(super) fn limit(&self) -> Result<Option<RateLimit>, ModelsError> {
        tools::published::declared(self.rate.as_deref(), self.burst, None)
            .map_err(|why| ModelsError::Invalid { provider: self.name.clone(), field: "rate", why })
    }

    /// Reads the key from where the configuration says it is.
    pub(super) fn key(&self) -> Result<Option<SecretString>, ModelsError> {
        api_key::read(self.api_key_env.as_deref(), self.api_key_file.as_deref())
            .map_err(|why| ModelsError::Key { provider: self.name.clone(), why })
    }
}

impl ModelsConfig {
    /// Checks what the types cannot say.
    pub(crate) fn validate(&self) -> Result<(), ModelsError> {
        let mut names = BTreeSet::new();
        for provider in &self.providers {
            let invalid = |field: &'static str, why: &str| {
                Err(ModelsError::Invalid { provider: provider.name.clone(), field, why: why.to_owned() })
            };
            if provider.name.trim().is_empty() || provider.name == "offline" || !names.insert(&provider.name)
            {
                return invalid("name", "give every provider a name of its own, other than `offline`");
            }
            let Ok(url) = url::Url::parse(&provider.base_url) else {
                return invalid("base_url", "write a whole address such as https://api.openai.com/v1");
            };
            if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
                return invalid("base_url", "it must start with http:// or https://");
            }
            if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
                return invalid(
                    "base_url",
                    "keep secrets out of it: the key goes into `api_key_env` or `api_key_file`",
                );
            }
            if provider.fast.is_empty() || provider.strong.is_empty() {
                return invalid("fast", "name a model in both `fast` and `strong`; they may be the same");
            }
            if provider.timeout_ms == 0 || provider.total_timeout_ms < provider.timeout_ms {
                return invalid("timeout_ms", "it must be positive and at most `total_timeout_ms`");
            }
            if provider.max_retries > 20 {
                return invalid("max_retries", "at most 20");
            }
            if provider.max_in_flight == 0 || provider.max_in_flight > 100_000 {
                return invalid("max_in_flight", "between 1 and 100000");
            }
            provider.limit()?;
            if provider.breaker.failures == 0 {
                return invalid("breaker.failures", "at least 1");
            }
            let prices = [Some(provider.prices), provider.fast_prices];
            let sane = |price: f64| price.is_finite() && (0.0..=1e9).contains(&price);
            if prices.iter().flatten().any(|p| !sane(p.input_per_million) || !sane(p.output_per_million)) {
                return invalid("prices", "credits per million tokens, zero or more");
            }
        }
        Ok(())
    }
}

/// Why the configured models cannot be used. All of it is found at start.
#[derive(Debug, Error)]
pub enum ModelsError {
    #[error("[models] provider `{provider}`, `{field}`: {why}")]
    Invalid { provider: String, field: &'static str, why: String },
    #[error("[models] provider `{provider}` has no usable key: {why}")]
    Key { provider: String, why: String },
    #[error("[models] provider `{provider}`: the HTTP client cannot be built: {why}")]
    Client { provider: String, why: String },
}
