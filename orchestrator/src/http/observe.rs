//! What every request gets: an id, where it comes from, a line in the log, a measurement, and problems that carry
//! the id.

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
use crate::config::Proxies;

pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The outermost layer.
pub async fn observe(State(http): State<Http>, mut request: Request, next: Next) -> Response {
    let id = request
        .headers()
        .get(REQUEST_ID)
        .and_then(|value| value.to_str().ok())
        .filter(|id| is_plain(id))
        .map_or_else(|| http.app.ids.uuid().to_string(), str::to_owned);
    let connection =
        request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip());
    let peer = Peer::of(connection, request.headers(), &http.app.config.server.trusted_proxies);
    request.extensions_mut().insert(peer);
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

/// Where the request came from, when that is known, and whether that is this machine: the connection's other
/// end, or, when that is a trusted proxy, whom it names. Proxies append to `X-Forwarded-For`, so from its end
/// on every name is a proxy's word for as long as it names proxies of ours; what stands before the first
/// other name is whatever the caller claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub Option<IpAddr>, bool);

impl Peer {
    fn of(connection: Option<IpAddr>, headers: &HeaderMap, proxies: &Proxies) -> Self {
        let proxied = ["x-forwarded-for", "forwarded", "x-real-ip", "via"]
            .iter()
            .any(|name| headers.contains_key(*name));
        let connection = connection.map(|ip| ip.to_canonical());
        // A name of this machine counts as that only from this machine: any other may claim it.
        let mut local = connection.is_some_and(|ip| ip.is_loopback());
        if !proxied || !connection.is_some_and(|ip| proxies.trusts(ip)) {
            return Self(connection, local && !proxied);
        }
        // What is no text names nobody, and stands where it stands: left out, the word before it would count.
        let values = headers.get_all("x-forwarded-for").iter();
        let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        let mut named = None;
        for name in values.iter().rev().flat_map(|value| value.rsplit(',')) {
            named = address(name.trim());
            local &= named.is_some_and(|ip| ip.is_loopback());
            if !named.is_some_and(|ip| proxies.trusts(ip)) {
                break;
            }
        }
        Self(named, local && named.is_some())
    }

    /// The caller is on this machine.
    pub fn is_local(self) -> bool {
        self.1
    }
}

/// Some proxies name a port too.
fn address(name: &str) -> Option<IpAddr> {
    let alone = name.parse::<IpAddr>().ok();
    alone.or_else(|| Some(name.parse::<SocketAddr>().ok()?.ip())).map(|ip| ip.to_canonical())
}

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(parts.extensions.get().copied().unwrap_or(Self(None, false)))
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

    /// Where a request seems to come from, and whether that is this machine.
    fn peer(proxies: &[&str], connection: &str, forwarded: &[&str]) -> (Option<String>, bool) {
        let forwarded: Vec<&[u8]> = forwarded.iter().map(|value| value.as_bytes()).collect();
        peer_of_bytes(proxies, connection, &forwarded)
    }

    fn peer_of_bytes(proxies: &[&str], connection: &str, forwarded: &[&[u8]]) -> (Option<String>, bool) {
        let proxies: Vec<String> = proxies.iter().map(ToString::to_string).collect();
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(value).unwrap());
        }
        let connection = Some(connection.parse().unwrap());
        let peer = Peer::of(connection, &headers, &Proxies::try_from(proxies).unwrap());
        (peer.0.map(|ip| ip.to_string()), peer.is_local())
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_and_only_its_own_word() {
        let of = |connection: &str, forwarded: &[&str]| peer(&["127.0.0.0/8"], connection, forwarded);
        let from = |address: &str, local| (Some(address.to_owned()), local);
        assert_eq!(of("127.0.0.1", &[]), from("127.0.0.1", true));
        assert_eq!(of("127.0.0.1", &["127.0.0.1, 10.1.2.3"]), from("10.1.2.3", false));
        assert_eq!(of("127.0.0.1", &["127.0.0.1", "10.1.2.3"]), from("10.1.2.3", false), "two headers");
        assert_eq!(of("127.0.0.1", &["10.1.2.3:4711"]), from("10.1.2.3", false));
        assert_eq!(of("127.0.0.1", &["127.0.0.1"]), from("127.0.0.1", true), "somebody here asks our proxy");
        assert_eq!(of("127.0.0.1", &["nonsense"]), (None, false));
        assert_eq!(of("10.0.0.1", &["127.0.0.1"]), from("10.0.0.1", false), "anybody can say that");
        assert_eq!(of("::ffff:127.0.0.1", &["203.0.113.9"]), from("203.0.113.9", false));
    }

    #[test]
    fn a_name_that_is_no_text_hides_no_other_and_is_nobody() {
        let of = |forwarded: &[&[u8]]| peer_of_bytes(&["127.0.0.0/8"], "127.0.0.1", forwarded);
        assert_eq!(of(&[b"\xff\xfe, 203.0.113.9"]), (Some("203.0.113.9".to_owned()), false));
        assert_eq!(of(&[b"203.0.113.9, M\xfcller"]), (None, false));
        assert_eq!(
            of(&[b"203.0.113.9", b"\xff"]),
            (None, false),
            "the header before it is not asked instead"
        );
    }

    #[test]
    fn a_chain_of_proxies_is_followed_to_the_first_that_is_none_of_ours() {
        let of = |forwarded: &[&str]| peer(&["127.0.0.0/8", "10.0.0.0/8"], "10.0.0.9", forwarded);
        let from = |address: &str| (Some(address.to_owned()), false);
        assert_eq!(of(&["203.0.113.9, 10.0.0.2, 10.0.0.3"]), from("203.0.113.9"));
        assert_eq!(
            of(&["198.51.100.1, 203.0.113.9, 10.0.0.2"]),
            from("203.0.113.9"),
            "what it claims is not it"
        );
        assert_eq!(of(&["198.51.100.1, nonsense, 10.0.0.2"]), (None, false), "and not what is beyond it");
        assert_eq!(of(&["10.0.0.7, 10.0.0.2"]), from("10.0.0.7"), "somebody within");
        assert_eq!(
            of(&["127.0.0.1, 10.0.0.2"]),
            from("127.0.0.1"),
            "who is not on this machine for saying so"
        );
        assert_eq!(of(&[]), from("10.0.0.9"));
        // A proxy here that nobody trusts does not make its callers local.
        assert_eq!(peer(&[], "127.0.0.1", &["203.0.113.9"]), from("127.0.0.1"));
    }
}
