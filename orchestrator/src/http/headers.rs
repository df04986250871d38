//! Headers that tell browsers what this service's pages may do.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};

use super::Http;

/// Scripts, styles and connections come from here alone, and nothing inline.
const POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// The chat page may stand in a frame of any site: it holds nothing of the site's or of staff's.
const CHAT_POLICY: &str = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors *";

/// For a year. Names below this one may be somebody else's.
const TLS_ONLY: &str = "max-age=31536000";
/// What pages never ask for.
const FEATURES: &str = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";

pub async fn secure(State(http): State<Http>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let chat = path == "/chat" || path.starts_with("/chat/");
    let private = path.starts_with("/v1/");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(if chat { CHAT_POLICY } else { POLICY }),
    );
    if !chat {
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        let opener = HeaderName::from_static("cross-origin-opener-policy");
        headers.insert(opener, HeaderValue::from_static("same-origin"));
    }
    headers.insert(HeaderName::from_static("permissions-policy"), HeaderValue::from_static(FEATURES));
    if http.is_secure() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(TLS_ONLY));
    }
    if private {
        // Answers depend on who asks and hold personal data.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    }
    response
}
