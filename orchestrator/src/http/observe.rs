//! What every request gets: an id, a line in the log, a measurement, and problems that carry the id.

use std::net::{IpAddr, SocketAddr};

use aide::OperationInput;
use axum::{
    extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
    middleware::Next,
    response::Response,
};
use domain::WorkspaceId;
use tokio::time::Instant;
use tracing::Instrument as _;

use super::{
    Http,
    problem::{Problem, Unfinished},
};

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The outermost layer.
pub async fn observe(State(http): State<Http>, request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| is_plain(id))
        .map_or_else(|| http.app.ids.uuid().to_string(), str::to_owned);
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    // The path alone: a query may hold a visitor's token.
    let span =
        tracing::info_span!("request", request_id = %id, %method, route, workspace = tracing::field::Empty);
    let started = Instant::now();

    let mut response = next.run(request).instrument(span.clone()).await;

    if let Some(Unfinished(problem)) = response.extensions_mut().remove::<Unfinished>() {
        let (finished, body) = problem.response(Some(id.clone())).into_parts();
        // The body is longer now; everything else that was said of the answer still holds.
        response.headers_mut().remove(header::CONTENT_LENGTH);
        response.headers_mut().extend(finished.headers);
        *response.body_mut() = body;
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    let took = started.elapsed();
    let status = response.status().as_u16();
    metrics::histogram!(
        "countersign_http_request_seconds",
        "method" => method.to_string(), "route" => route, "status" => status.to_string()
    )
    .record(took.as_secs_f64());
    span.in_scope(|| tracing::debug!(status, took_ms = took.as_secs_f64() * 1e3, "answered"));
    response
}

/// Says whose the request is, for its lines in the log.
pub fn is_of(workspace: WorkspaceId) {
    tracing::Span::current().record("workspace", tracing::field::display(workspace));
}

/// Fit for a log line and a header.
fn is_plain(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':'))
}

/// Where the request came from, when that is known: the connection's other end, or, when that is a
/// proxy on this machine, whom the proxy names. A proxy appends to `X-Forwarded-For`, so only the
/// last name in it is the proxy's own; those before it are whatever the caller claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub Option<IpAddr>);

impl Peer {
    fn of(connection: Option<IpAddr>, headers: &HeaderMap) -> Self {
        let proxied = ["x-forwarded-for", "forwarded", "x-real-ip", "via"]
            .iter()
            .any(|name| headers.contains_key(*name));
        if !proxied || !connection.is_some_and(|ip| ip.is_loopback()) {
            return Self(connection);
        }
        let forwarded =
            headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
        Self(forwarded.and_then(|value| value.rsplit(',').next()?.trim().parse().ok()))
    }

    /// The caller is on this machine.
    pub fn is_local(self) -> bool {
        self.0.is_some_and(|ip| ip.is_loopback())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let connection =
            parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
        Ok(Self::of(connection, &parts.headers))
    }
}

impl OperationInput for Peer {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_request_id_is_taken_only_when_it_is_fit_for_a_log_line() {
        assert!(is_plain("019ab0f4-7c4e-7000-8000-000000000001"));
        assert!(!is_plain(""));
        assert!(!is_plain("a b"));
        assert!(!is_plain("x\u{1b}[31m"));
        assert!(!is_plain(&"x".repeat(129)));
    }

    #[test]
    fn only_a_proxy_on_this_machine_is_believed_and_only_its_own_word() {
        let peer = |connection: &str, forwarded: Option<&str>| {
            let mut headers = HeaderMap::new();
            if let Some(value) = forwarded {
                headers.insert("x-forwarded-for", value.parse().unwrap());
            }
            Peer::of(Some(connection.parse().unwrap()), &headers).0.map(|ip| ip.to_string())
        };
        assert_eq!(peer("127.0.0.1", None).as_deref(), Some("127.0.0.1"));
        assert_eq!(peer("127.0.0.1", Some("127.0.0.1, 10.1.2.3")).as_deref(), Some("10.1.2.3"));
        assert_eq!(peer("127.0.0.1", Some("nonsense")), None);
        assert_eq!(peer("10.0.0.1", Some("127.0.0.1")).as_deref(), Some("10.0.0.1"));
    }
}
