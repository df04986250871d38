//! The console's files. They are read from a folder and not built in, so that the service builds
//! without node; every path that is not a file is the console's own page, which knows its routes.
//!
//! The build puts a `.br` and a `.gz` beside each file of a size, which are sent to whoever takes them; what has none is
//! compressed on its way.
//!
//! The chat widget is one of them and stands apart: other sites load it by a name that never changes.

use std::path::Path;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn},
    response::{Html, IntoResponse, Response},
};
use domain::canonical::Digest;
use tower::ServiceExt as _;
use tower_http::services::{ServeDir, ServeFile};

use super::problem::{Kind, Problem};

/// The script that other sites load.
const WIDGET: &str = "/widget.js";
/// How long a site's visitors may go without asking for a newer widget, in seconds.
const WIDGET_LIFE: &str = "public, max-age=300, stale-while-revalidate=86400";
const NOT_BUILT: &str = include_str!("docs/not_built.html");

/// Serves `folder` for everything that no other route takes.
pub fn files(folder: &str) -> Router {
    let index = Path::new(folder).join("index.html");
    let built = index.is_file();
    let assets = ServeDir::new(folder).precompressed_br().precompressed_gzip();
    let page = ServeFile::new(index).precompressed_br().precompressed_gzip();
    let pages = assets.clone().fallback(page);
    let widget = Widget::read(folder);
    let fallback = move |request: Request| {
        let (assets, pages, widget) = (assets.clone(), pages.clone(), widget.clone());
        async move {
            let path = request.uri().path().to_owned();
            if ["/v1", "/demo"].iter().any(|root| {
                path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            }) {
                return Problem::new(
                    Kind::NotFound,
                    format!("there is no route {path}; GET /docs lists them"),
                )
                .into_response();
            }
            if !matches!(*request.method(), Method::GET | Method::HEAD) {
                return Problem::new(Kind::MethodNotAllowed, format!("{path} can only be read"))
                    .into_response();
            }
            if !built {
                return (StatusCode::NOT_FOUND, Html(NOT_BUILT)).into_response();
            }
            if path == WIDGET {
                return widget.map_or_else(
                    || Problem::not_found(WIDGET).into_response(),
                    |widget| widget.answer(request.headers()),
                );
            }
            // A missing script answered with a page would be a riddle to whoever looks for it.
            let served = if path.starts_with("/assets/") {
                assets.oneshot(request).await.map(|response| response.map(Body::new))
            } else {
                pages.oneshot(request).await.map(|response| response.map(Body::new))
            };
            match served {
                Ok(response) if response.status() == StatusCode::NOT_FOUND => {
                    Problem::not_found(&path).into_response()
                }
                Ok(response) => response,
                Err(never) => match never {},
            }
        }
    };
    Router::new().fallback(fallback).layer(from_fn(cache))
}

/// The widget as it was built, and what tells one build from another.
#[derive(Clone)]
struct Widget {
    script: Bytes,
    etag: HeaderValue,
}

impl Widget {
    fn read(folder: &str) -> Option<Self> {
        let script = Bytes::from(std::fs::read(Path::new(folder).join(&WIDGET[1..])).ok()?);
        // Weak, because it is compressed on its way.
        let etag = format!("W/\"{}\"", Digest::of_bytes(&script));
        Some(Self { script, etag: HeaderValue::from_str(&etag).ok()? })
    }

    /// Any site may load it; what it may then call is another question.
    fn answer(self, asked: &HeaderMap) -> Response {
        let known = asked
            .get(header::IF_NONE_MATCH)
            .and_then(|tags| tags.to_str().ok())
            .is_some_and(|tags| tags.split(',').any(|tag| tag.trim().as_bytes() == self.etag.as_bytes()));
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
            ([kind], self.script).into_response()
        };
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.etag);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(WIDGET_LIFE));
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        headers.insert("cross-origin-resource-policy", HeaderValue::from_static("cross-origin"));
        response
    }
}

/// Files under `/assets/` carry a digest in their name and never change; the page itself does.
async fn cache(request: Request, next: Next) -> Response {
    let immutable = request.uri().path().starts_with("/assets/");
    let mut response = next.run(request).await;
    if response.status().is_success() && !response.headers().contains_key(header::CACHE_CONTROL) {
        let value = if immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
        // Which of a file's forms was sent; whoever compresses on the way says it only then.
        if headers.contains_key(header::CONTENT_ENCODING) {
            headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
        }
    }
    response
}
