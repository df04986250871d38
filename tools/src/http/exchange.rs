//! One request and what its answer means for a tool: done, refused, not done, or unknown.
//!
//! This is the port that raw HTTP goes through. Redirects are not followed: a tool calls the
//! address it was declared with, and credentials go nowhere else.

use std::{error::Error as _, time::Duration};

use domain::{canonical::Sorted, excerpt::cut, tool::ToolError};
use reqwest::{
    Client, ClientBuilder, Method, Response, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect,
};
use rustls::crypto::{CryptoProvider, ring};
use serde_json::{Value, json};
use url::{Host, Url};

use super::{public::private_address, retry_after};
use crate::{Secret, secrets::redact};

/// The largest answer that is read.
pub(crate) const MAX_BODY_BYTES: usize = 256 * 1024;
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A client with this house's habits. Proxies of the environment are used for hosts elsewhere and
/// never for this machine.
#[allow(clippy::disallowed_methods, reason = "this is the port that raw HTTP goes through")]
pub(crate) fn client(
    for_url: Option<&Url>,
    adjust: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<Client, String> {
    // Binaries install the provider at start. Installing it twice is refused and harmless.
    if CryptoProvider::get_default().is_none() && ring::default_provider().install_default().is_err() {
        tracing::trace!("another thread installed the crypto provider first");
    }
    let mut builder = Client::builder()
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT_TIMEOUT)
        .user_agent(concat!("countersign/", env!("CARGO_PKG_VERSION")));
    if for_url.is_some_and(is_loopback) {
        builder = builder.no_proxy();
    }
    adjust(builder).build().map_err(|error| chain(&error))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// An error with its causes, and without the URL, which may carry what is not for everyone.
pub(super) fn chain(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    if let Some(url) = error.url() {
        text = text.replace(&format!(" for url ({url})"), "");
    }
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    cut(&text, 300)
}

/// How careful to be about doing something twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Care {
    /// Changes nothing.
    Read,
    /// An effect that the other side does once per idempotency key.
    Repeatable,
    /// An effect that a second attempt would do again.
    Once,
}

pub(crate) struct Exchange<'a> {
    pub(crate) client: &'a Client,
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Option<Value>,
    pub(crate) key: Option<&'a str>,
    /// For the whole exchange, answer included.
    pub(crate) timeout: Duration,
    pub(crate) secrets: &'a [Secret],
}

/// The answer to an inquiry.
pub(crate) enum Answer {
    Yes(Value),
    No,
    Unclear(String),
}

enum Failure {
    /// The request did not leave.
    NotSent(String),
    /// It may not leave: the name leads inside the house.
    Forbidden(String),
    /// It left, and no whole answer came back.
    NoAnswer(String),
}

struct Received {
    status: StatusCode,
    /// None when it is longer than [`MAX_BODY_BYTES`].
    body: Option<Vec<u8>>,
    retry_after: Option<Duration>,
}

impl Exchange<'_> {
    async fn send(&self) -> Result<Received, Failure> {
        let mut request = self
            .client
            .request(self.method.clone(), self.url.clone())
            .headers(self.headers.clone())
            .timeout(self.timeout);
        if let Some(body) = &self.body {
            request = request.json(&Sorted(body));
        }
        if let Some(key) = self.key {
            let value = HeaderValue::from_str(key)
                .map_err(|_| Failure::NotSent("the idempotency key cannot be a header".to_owned()))?;
            request = request.header(IDEMPOTENCY_KEY, value);
        }
        let response = request.send().await.map_err(|error| {
            if error.is_timeout() && !error.is_connect() {
                Failure::NoAnswer(format!("no answer within {} ms", self.timeout.as_millis()))
            } else if let Some(private) = private_address(&error) {
                Failure::Forbidden(private.to_string())
            } else if error.is_connect() || error.is_builder() {
                Failure::NotSent(chain(&error))
            } else {
                Failure::NoAnswer(chain(&error))
            }
        })?;
        let status = response.status();
        let retry_after = retry_after::of(response.headers());
        let body = read_bounded(response).await.map_err(|error| {
            Failure::NoAnswer(format!("the answer ({}) broke off: {}", status.as_u16(), chain(&error)))
        })?;
        Ok(Received { status, body, retry_after })
    }

    fn text(&self, body: Option<&[u8]>) -> String {
        redact(&String::from_utf8_lossy(body.unwrap_or_default()), self.secrets)
    }

    /// Sends it and says what the answer means.
    pub(crate) async fn perform(&self, care: Care) -> Result<Value, ToolError> {
        let received = match self.send().await {
            Ok(received) => received,
            Err(Failure::Forbidden(why)) => return Err(ToolError::Refused(why)),
            Err(Failure::NotSent(why)) => {
                return Err(ToolError::Unavailable(redact(
                    &format!("the connection failed: {why}"),
                    self.secrets,
                )));
            }
            Err(Failure::NoAnswer(why)) => {
                let why = redact(&why, self.secrets);
                return Err(match care {
                    Care::Once => ToolError::Unknown(why),
                    Care::Read | Care::Repeatable => ToolError::Unavailable(why),
                });
            }
        };
        let status = received.status;
        if status.is_success() {
            return self.content(care, &received);
        }
        let text = self.text(received.body.as_deref());
        Err(refusal(status, &text, care, received.retry_after))
    }

    /// What a successful answer holds. An effect whose answer cannot be used was still done, and
    /// is reported as done.
    fn content(&self, care: Care, received: &Received) -> Result<Value, ToolError> {
        let done = |note: String| match care {
            Care::Read => Err(ToolError::Refused(note)),
            Care::Repeatable | Care::Once => Ok(json!({ "done": true, "note": note })),
        };
        let Some(body) = &received.body else {
            return done(format!("the answer is larger than {} KiB", MAX_BODY_BYTES / 1024));
        };
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        match serde_json::from_str(&self.text(Some(body))) {
            Ok(value) => Ok(value),
            Err(_) => done("the answer is not JSON".to_owned()),
        }
    }

    /// Asks whether something was done: success says yes, 404 says no.
    pub(crate) async fn ask(&self) -> Answer {
        match self.send().await {
            Ok(received) if received.status.is_success() => match self.content(Care::Once, &received) {
                Ok(value) => Answer::Yes(value),
                Err(error) => Answer::Unclear(error.to_string()),
            },
            Ok(received) if received.status == StatusCode::NOT_FOUND => Answer::No,
            Ok(received) => Answer::Unclear(format!("status {}", received.status.as_u16())),
            Err(Failure::NotSent(why) | Failure::NoAnswer(why) | Failure::Forbidden(why)) => {
                Answer::Unclear(redact(&why, self.secrets))
            }
        }
    }
}

async fn read_bounded(mut response: Response) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await? {
        if body.len() + piece.len() > MAX_BODY_BYTES {
            return Ok(None);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Some(body))
}

fn refusal(status: StatusCode, text: &str, care: Care, after: Option<Duration>) -> ToolError {
    let code = status.as_u16();
    let said = || {
        let detail = detail(text);
        if detail.is_empty() { format!("status {code}") } else { format!("{detail} (status {code})") }
    };
    match code {
        // Text of these may quote the credentials, and says nothing an agent could use.
        401 | 403 => ToolError::Refused("the tool's credentials were refused".to_owned()),
        300..=399 => redirected(code, care),
        429 => ToolError::Limited { why: said(), after },
        425 | 503 => ToolError::Unavailable(said()),
        408 | 500..=599 => match care {
            Care::Read | Care::Repeatable => ToolError::Unavailable(said()),
            Care::Once => ToolError::Unknown(said()),
        },
        _ => ToolError::Refused(said()),
    }
}

/// A redirect is not followed. 307 and 308 ask for the request to be made elsewhere; the others may be the
/// answer to what was done, as 303 is to a POST.
fn redirected(code: u16, care: Care) -> ToolError {
    let remedy = "an admin should put the final address in the tools file";
    let answers = format!("the server answers with a redirect (status {code})");
    if care == Care::Read || matches!(code, 307 | 308) {
        return ToolError::Refused(format!("{answers}; {remedy}"));
    }
    ToolError::Unclear(format!("{answers} and may have done it; {remedy}"))
}

/// The words of an error body: `detail`, `message` or `error`, also one level down.
fn detail(text: &str) -> String {
    let found = serde_json::from_str::<Value>(text).ok().and_then(|value| {
        ["detail", "message", "error"].iter().find_map(|name| match value.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Object(inner)) => inner.get("message").and_then(Value::as_str).map(str::to_owned),
            Some(list @ Value::Array(_)) => Some(Sorted(list).to_string()),
            _ => None,
        })
    });
    cut(found.unwrap_or_default().trim(), 500)
}
