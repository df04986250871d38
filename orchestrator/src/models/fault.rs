//! Why an attempt failed, and what that calls for.

use std::time::Duration;

use async_openai::error::OpenAIError;
use domain::model::{ModelError, Usage};

use crate::breakers::automatic::Pause;

use super::{
    config::ProviderConfig,
    transport::{Failure, Transport, chain},
};

/// A failed attempt.
#[derive(Debug)]
pub(super) struct Fault {
    pub error: ModelError,
    /// One word for metrics and the log, which get nothing of what a provider wrote.
    pub reason: &'static str,
    pub next: Next,
    /// What the attempt cost all the same.
    pub usage: Usage,
    blame: Blame,
}

/// What may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing that this provider could do.
    Stop,
    /// The same again, after the pause the provider asked for or one of our own.
    Retry { after: Option<Duration> },
    /// The same again, with a note of what was wrong.
    Repair,
}

/// Whether the breaker counts it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Blame {
    /// The provider is broken or turns us away whatever we send.
    Provider,
    /// A busy provider is a working one; it counts only when a call gives up on it.
    ProviderAtLast,
    /// This request, or what the model made of it.
    Nobody,
}

impl Fault {
    fn new(error: ModelError, reason: &'static str, next: Next, blame: Blame) -> Self {
        Self { error, reason, next, usage: Usage::default(), blame }
    }

    pub(super) fn blames_provider(&self, last: bool) -> bool {
        match self.blame {
            Blame::Provider => true,
            Blame::ProviderAtLast => last,
            Blame::Nobody => false,
        }
    }

    /// The metrics' word for how the call ended.
    pub(super) fn outcome(&self) -> &'static str {
        match (&self.error, self.reason) {
            (ModelError::Paused { .. }, _) => "skipped",
            (ModelError::Unavailable(_), _) => "unavailable",
            (ModelError::Refused(_), _) => "refused",
            (ModelError::Malformed(_), _) => "malformed",
        }
    }

    /// What happened, without the kind of error in front.
    pub(super) fn detail(&self) -> &str {
        match &self.error {
            ModelError::Unavailable(text)
            | ModelError::Refused(text)
            | ModelError::Malformed(text)
            | ModelError::Paused { why: text, .. } => text,
        }
    }

    fn with_detail(mut self, change: impl FnOnce(&mut String)) -> Self {
        match &mut self.error {
            ModelError::Unavailable(text)
            | ModelError::Refused(text)
            | ModelError::Malformed(text)
            | ModelError::Paused { why: text, .. } => change(text),
        }
        self
    }

    /// Says how often it was tried.
    pub(super) fn after(self, attempts: u32) -> Self {
        if attempts < 2 {
            return self;
        }
        self.with_detail(|text| text.push_str(&format!(" ({attempts} attempts)")))
    }

    pub(super) fn out_of_time(self, total_ms: u64) -> Self {
        self.with_detail(|text| {
            text.push_str(&format!(" (no time left of {total_ms} ms for another attempt)"))
        })
    }

    /// Its breaker is open, or its limit is reached.
    pub(super) fn resting(pause: Pause) -> Self {
        let reason = if pause.at_limit { "at_limit" } else { "resting" };
        let Pause { why, until, .. } = pause;
        Self::new(ModelError::Paused { why, until }, reason, Next::Stop, Blame::Nobody)
    }

    pub(super) fn busy(provider: &str, limit: usize) -> Self {
        let text = format!(
            "{provider}: {limit} calls were on their way all the time; raise `max_in_flight`, or add a provider"
        );
        Self::new(ModelError::Unavailable(text), "busy", Next::Stop, Blame::Nobody)
    }

    pub(super) fn timeout(provider: &str, limit_ms: u64) -> Self {
        let text = format!("{provider}: no whole reply within {limit_ms} ms");
        Self::new(ModelError::Unavailable(text), "timeout", Next::Retry { after: None }, Blame::Provider)
    }

    pub(super) fn cut(provider: &str) -> Self {
        let text = format!("{provider}: the stream ended before the reply did");
        Self::new(ModelError::Unavailable(text), "cut", Next::Retry { after: None }, Blame::Provider)
    }

    pub(super) fn unsendable(provider: &str, error: &serde_json::Error) -> Self {
        let text = format!("{provider}: the request cannot be written as JSON: {error}");
        Self::new(ModelError::Refused(text), "unsendable", Next::Stop, Blame::Nobody)
    }

    /// The provider said, within a stream, that it failed.
    pub(super) fn told(provider: &str, message: &str) -> Self {
        let text = format!("{provider}: failed while replying: {message}");
        Self::new(ModelError::Unavailable(text), "told", Next::Retry { after: None }, Blame::Provider)
    }

    /// The reply breaks the protocol.
    pub(super) fn protocol(provider: &str, what: &str) -> Self {
        let text = format!("{provider}: {what}");
        Self::new(ModelError::Malformed(text), "protocol", Next::Retry { after: None }, Blame::Provider)
    }

    /// The model, not the provider, got it wrong; told so, it may do better.
    pub(super) fn wrong(what: String) -> Self {
        Self::new(ModelError::Malformed(what), "wrong", Next::Repair, Blame::Nobody)
    }

    /// The reply has nothing in it.
    pub(super) fn empty(provider: &str) -> Self {
        let text = format!("{provider}: the reply is empty");
        Self::new(ModelError::Malformed(text), "empty", Next::Retry { after: None }, Blame::Nobody)
    }

    pub(super) fn too_long(provider: &str, limit: u32) -> Self {
        let text = format!(
            "{provider}: the reply was cut at {limit} tokens; raise the step's limit on output, or ask for less"
        );
        Self::new(ModelError::Malformed(text), "length", Next::Stop, Blame::Nobody)
    }

    pub(super) fn declined(provider: &str, why: &str) -> Self {
        let text = format!("{provider}: the model declined: {why}");
        Self::new(ModelError::Refused(text), "declined", Next::Stop, Blame::Nobody)
    }

    /// What an error of the exchange means.
    pub(super) fn of(error: OpenAIError, config: &ProviderConfig, transport: &Transport) -> Self {
        let provider = &config.name;
        match error {
            OpenAIError::Boxed(error) => match error.downcast::<Failure>() {
                Ok(failure) => Self::of_failure(*failure, config),
                Err(error) => Self::broken(provider, transport.shorten(&chain(&*error))),
            },
            OpenAIError::Reqwest(error) => {
                let error = error.without_url();
                let too_long =
                    std::iter::successors(std::error::Error::source(&error), |error| error.source())
                        .any(|cause| matches!(cause.downcast_ref(), Some(Failure::TooLong)));
                match too_long {
                    true => Self::of_failure(Failure::TooLong, config),
                    false => Self::broken(provider, transport.shorten(&chain(&error))),
                }
            }
            // Only the place is told: the text itself may hold a customer's words.
            OpenAIError::JSONDeserialize(error, _) => {
                let (line, column) = (error.line(), error.column());
                let what = match error.classify() {
                    serde_json::error::Category::Data => "does not have the protocol's shape",
                    _ => "is not JSON",
                };
                Self::protocol(provider, &format!("the reply {what} (line {line}, column {column})"))
            }
            OpenAIError::StreamError(error) => Self::broken(provider, transport.shorten(&error.to_string())),
            OpenAIError::InvalidArgument(why) => {
                let text = format!("{provider}: the request cannot be sent: {}", transport.shorten(&why));
                Self::new(ModelError::Refused(text), "unsendable", Next::Stop, Blame::Nobody)
            }
            other => Self::broken(provider, transport.shorten(&other.to_string())),
        }
    }

    /// The connection failed, or broke off.
    fn broken(provider: &str, why: String) -> Self {
        let text = format!("{provider}: the connection failed: {why}");
        Self::new(ModelError::Unavailable(text), "connection", Next::Retry { after: None }, Blame::Provider)
    }

    fn of_failure(failure: Failure, config: &ProviderConfig) -> Self {
        let provider = &config.name;
        let text = format!("{provider}: {failure}");
        let Failure::Status { status, retry_after, code, .. } = failure else {
            return Self::new(ModelError::Malformed(text), "unreadable", Next::Stop, Blame::Provider);
        };
        let spent =
            code.is_some_and(|code| matches!(&*code, "insufficient_quota" | "billing_hard_limit_reached"));
        match status {
            429 if spent => Self::new(ModelError::Refused(text), "quota", Next::Stop, Blame::Provider),
            429 => {
                let next = Next::Retry { after: retry_after };
                Self::new(ModelError::Unavailable(text), "rate_limit", next, Blame::ProviderAtLast)
            }
            408 | 409 | 425 | 500.. => {
                let next = Next::Retry { after: retry_after };
                Self::new(ModelError::Unavailable(text), "server_error", next, Blame::Provider)
            }
            401 | 403 => {
                // The provider's own words are left out here: some of them echo the key.
                let place = match (&config.api_key_env, &config.api_key_file) {
                    (Some(variable), _) => format!("the environment variable {variable}"),
                    (None, Some(file)) => file.display().to_string(),
                    (None, None) => "`api_key_env` or `api_key_file`, which are not set".to_owned(),
                };
                let text = format!("{provider}: HTTP {status}: the key is not accepted; look at {place}");
                Self::new(ModelError::Refused(text), "key", Next::Stop, Blame::Provider)
            }
            404 => {
                let text = format!("{text} (are `base_url` and the model's name right?)");
                Self::new(ModelError::Refused(text), "not_found", Next::Stop, Blame::Provider)
            }
            300..=399 => {
                let text =
                    format!("{provider}: HTTP {status}: it redirects; put the final address into `base_url`");
                Self::new(ModelError::Refused(text), "redirect", Next::Stop, Blame::Provider)
            }
            _ => Self::new(ModelError::Refused(text), "request", Next::Stop, Blame::Nobody),
        }
    }
}
