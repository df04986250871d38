//! The console's files. They are read from a folder and not built in, so that the service builds
//! without node; every path that is not a file is the console's own page, which knows its routes.

use std::path::Path;

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{HeaderValue, Method, StatusCode, header},
    middleware::{Next, from_fn},
    response::{Html, IntoResponse, Response},
};
use tower::ServiceExt as _;
use tower_http::services::{ServeDir, ServeFile};

use super::problem::{Kind, Problem};

const NOT_BUILT: &str = include_str!("docs/not_built.html");

/// Serves `folder` for everything that no other route takes.
pub fn files(folder: &str) -> Router {
    let index = Path::new(folder).join("index.html");
    let built = index.is_file();
    let assets = ServeDir::new(folder);
    let pages = ServeDir::new(folder).fallback(ServeFile::new(index));
    let fallback = move |request: Request| {
        let (assets, pages) = (assets.clone(), pages.clone());
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

/// Files under `/assets/` carry a digest in their name and never change; the page itself does.
async fn cache(request: Request, next: Next) -> Response {
    let immutable = request.uri().path().starts_with("/assets/");
    let mut response = next.run(request).await;
    if response.status().is_success() {
        let value = if immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(value));
    }
    response
}
