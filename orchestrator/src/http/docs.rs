//! The API's description, as a document and as a page. The page is ours and self-contained: it
//! works without a network and under the same content security policy as everything else.

use axum::{
    Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::Http;

pub fn routes() -> Router<Http> {
    Router::new()
        .route("/openapi.json", get(document))
        .route("/docs", get(|| async { file("text/html; charset=utf-8", include_str!("docs/page.html")) }))
        .route(
            "/docs.js",
            get(|| async { file("text/javascript; charset=utf-8", include_str!("docs/page.js")) }),
        )
        .route("/docs.css", get(|| async { file("text/css; charset=utf-8", include_str!("docs/page.css")) }))
}

async fn document(State(http): State<Http>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (StatusCode::OK, headers, http.document.clone()).into_response()
}

fn file(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (StatusCode::OK, headers, text).into_response()
}
