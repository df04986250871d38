//! One HTTP exchange with a provider: the service that `async-openai` sends through.
//!
//! It stands in for that crate's own client so that its retries, which wait as long as a server
//! asks, are out of the way, and so that a failure keeps its status and `Retry-After`, a body has a
//! limit, and nothing of an error body reaches the log.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use async_openai::{config::Config, error::OpenAIError, middleware::HttpRequestFactory};
use axum::http::{self, HeaderMap, HeaderValue, header};
use domain::{Clock, Timestamp, canonical::Sorted};
use futures::StreamExt as _;
use jiff::fmt::rfc2822::DateTimeParser;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::{
    config::{ModelsError, ProviderConfig},
    connections::connections,
};

/// The longest reply that is read, in bytes: far beyond any model's output.
const MAX_REPLY: u64 = 8 << 20;
/// The longest line of a stream, in bytes. Its reader looks at an unfinished line anew with every
/// piece, so a line without end would cost more and more.
const MAX_LINE: usize = 256 << 10;
/// How much of an error's body is looked at, in bytes.
const MAX_ERROR: usize = 16 << 10;
/// The form of HTTP dates, without a check of the day's name.
const HTTP_DATE: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);
/// How much of a provider's own words goes into an error, in characters.
const MAX_MESSAGE: usize = 300;

/// Where requests go and what they carry besides the body.
#[derive(Clone)]
pub(super) struct Address {
    base: String,
    headers: HeaderMap,
    /// Empty: the key is only in `headers`, marked sensitive.
    key: SecretString,
}

impl Address {
    pub(super) fn new(config: &ProviderConfig, key: Option<&SecretString>) -> Result<Self, ModelsError> {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            let mut value =
                HeaderValue::try_from(format!("Bearer {}", key.expose_secret())).map_err(|_| {
                    let why = "it holds characters that a header cannot carry".to_owned();
                    ModelsError::Key { provider: config.name.clone(), why }
                })?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        Ok(Self {
            base: config.base_url.trim_end_matches('/').to_owned(),
            headers,
            key: SecretString::default(),
        })
    }
}

impl Config for Address {
    fn headers(&self) -> HeaderMap {
        self.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        Vec::new()
    }

    fn api_base(&self) -> &str {
        &self.base
    }

    fn api_key(&self) -> &SecretString {
        &self.key
    }
}

/// The provider answered with an error status, or with what cannot be read.
#[derive(Debug)]
pub(super) enum Failure {
    Status {
        status: u16,
        retry_after: Option<Duration>,
        /// The provider's machine-readable word for it, if it sent one.
        code: Option<String>,
        /// The provider's explanation, shortened, without the key.
        message: String,
    },
    TooLong,
    NotAStream,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status { status, message, .. } => write!(f, "HTTP {status}: {message}"),
            Self::TooLong => {
                let (whole, line) = (MAX_REPLY >> 20, MAX_LINE >> 10);
                write!(f, "the reply is longer than {whole} MiB, or a line of its stream than {line} KiB")
            }
            Self::NotAStream => f.write_str("the server does not stream; set `stream = false` for it"),
        }
    }
}

impl std::error::Error for Failure {}

/// Sends one request over pooled connections. Cheap to clone.
#[derive(Clone)]
pub(super) struct Transport {
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
    key: Option<SecretString>,
    streams: bool,
}

impl Transport {
    pub(super) fn new(
        config: &ProviderConfig,
        key: Option<SecretString>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ModelsError> {
        let connect = Duration::from_millis(config.timeout_ms);
        let client = connections(&config.base_url, connect, None, config.max_in_flight)
            .map_err(|error| ModelsError::Client { provider: config.name.clone(), why: chain(&error) })?;
        Ok(Self { client, clock, key, streams: false })
    }

    /// The same connections, for requests that ask for a stream.
    pub(super) fn streaming(&self) -> Self {
        Self { streams: true, ..self.clone() }
    }

    /// The connections themselves.
    pub(super) fn client(&self) -> reqwest::Client {
        self.client.clone()
    }

    async fn exchange(self, request: HttpRequestFactory) -> Result<reqwest::Response, OpenAIError> {
        let response = self.client.execute(request.build().await?).await?;
        if !response.status().is_success() {
            return Err(OpenAIError::Boxed(Box::new(self.failure(response).await)));
        }
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        if self.streams && kind.is_some_and(|kind| kind.starts_with("application/json")) {
            return Err(OpenAIError::Boxed(Box::new(Failure::NotAStream)));
        }
        match response.content_length() {
            Some(length) if length > MAX_REPLY => Err(OpenAIError::Boxed(Box::new(Failure::TooLong))),
            Some(_) if !self.streams => Ok(response),
            _ => Ok(self.limited(response)),
        }
    }

    /// The response with a body that ends in an error where it becomes too long.
    fn limited(&self, response: reqwest::Response) -> reqwest::Response {
        type Cause = Box<dyn std::error::Error + Send + Sync>;
        let streams = self.streams;
        let (mut left, mut line) = (MAX_REPLY, 0);
        let limited = response.bytes_stream().map(move |piece| {
            let piece = piece.map_err(Cause::from)?;
            left = left.checked_sub(piece.len() as u64).ok_or(Failure::TooLong)?;
            if streams {
                line = match piece.iter().rposition(|byte| *byte == b'\n') {
                    Some(end) => piece.len() - end - 1,
                    None => line + piece.len(),
                };
                if line > MAX_LINE {
                    return Err(Failure::TooLong.into());
                }
            }
            Ok::<_, Cause>(piece)
        });
        http::Response::new(reqwest::Body::wrap_stream(limited)).into()
    }

    async fn failure(&self, mut response: reqwest::Response) -> Failure {
        let status = response.status().as_u16();
        let retry_after = retry_after(response.headers(), self.clock.now());
        let mut body = Vec::new();
        // A body that breaks off is as good as a short one: the status says what matters.
        while let Ok(Some(piece)) = response.chunk().await {
            body.extend_from_slice(&piece);
            if body.len() >= MAX_ERROR {
                body.truncate(MAX_ERROR);
                break;
            }
        }
        let (code, message) = explanation(&body);
        Failure::Status { status, retry_after, code, message: self.shorten(&message) }
    }

    /// A provider's words as they may be shown: short, on one line, and without the key that some
    /// of them echo.
    pub(super) fn shorten(&self, message: &str) -> String {
        let message = match &self.key {
            Some(key) => message.replace(key.expose_secret(), "[redacted]"),
            None => message.to_owned(),
        };
        let mut short: String =
            message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_MESSAGE).collect();
        if short.len() < message.len() {
            short.push('…');
        }
        short
    }
}

impl tower::Service<HttpRequestFactory> for Transport {
    type Response = reqwest::Response;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<reqwest::Response, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: HttpRequestFactory) -> Self::Future {
        Box::pin(self.clone().exchange(request))
    }
}

/// The provider's code and message: `{"error": {"code", "type", "message"}}`, or some words.
fn explanation(body: &[u8]) -> (Option<String>, String) {
    #[derive(Deserialize)]
    struct Wrapped {
        error: Value,
    }
    let Ok(Wrapped { error }) = serde_json::from_slice(body) else {
        return (None, String::from_utf8_lossy(body).into_owned());
    };
    let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
    let message = text("message").or_else(|| error.as_str().map(str::to_owned));
    (text("code").or_else(|| text("type")), message.unwrap_or_else(|| Sorted(&error).to_string()))
}

/// How long the provider asks to be left alone: `retry-after-ms`, or `Retry-After` as seconds or as
/// a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(millis) = text("retry-after-ms").and_then(|text| text.parse().ok()) {
        return Some(Duration::from_millis(millis));
    }
    let text = text("retry-after")?;
    if let Ok(seconds) = text.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = HTTP_DATE.parse_timestamp(text).ok()?;
    Some(Timestamp(date.as_microsecond()).since(now))
}

/// The error and its causes on one line, without the address.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.contains(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(name: &'static str, value: &str) -> Option<Duration> {
        let now = Timestamp::parse_rfc3339("1994-11-06T08:49:30Z").unwrap();
        retry_after(&HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]), now)
    }

    #[test]
    fn retry_after_is_read_as_seconds_as_a_date_and_as_milliseconds() {
        assert_eq!(wait("retry-after", "7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("retry-after", "0.25"), Some(Duration::from_millis(250)));
        assert_eq!(wait("retry-after-ms", "120"), Some(Duration::from_millis(120)));
        assert_eq!(wait("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(wait("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        for nonsense in ["soon", "-3", "NaN", "1e300", ""] {
            assert_eq!(wait("retry-after", nonsense), None, "{nonsense}");
        }
    }
}
