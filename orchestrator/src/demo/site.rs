//! A page of the demo shop with the chat widget, as a site of one's own would have it.

use axum::{
    Router,
    http::{HeaderName, HeaderValue, header},
    response::{Html, IntoResponse},
    routing::get,
};

const PAGE: &str = include_str!("../../demo/site/index.html");
const STYLE: &str = include_str!("../../demo/site/site.css");
/// As strict as sites are advised to be: the widget must work under it.
const POLICY: &str = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/// The page at `/demo/site`.
pub fn router() -> Router {
    Router::new().route("/demo/site", get(async || with_headers(Html(PAGE)))).route(
        "/demo/site/site.css",
        get(async || with_headers(([(header::CONTENT_TYPE, "text/css")], STYLE))),
    )
}

fn with_headers(body: impl IntoResponse) -> impl IntoResponse {
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, body)
}
