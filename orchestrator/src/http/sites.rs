//! Which pages of other sites may call what visitors may call (CORS).
//!
//! A site is named in `[chat] sites`. Its pages may start conversations, hold them with their token
//! and read the help centre; they send no cookies and reach nothing of staff's. Everything else stays
//! as browsers have it: closed to other sites.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{
    Http,
    problem::{Kind, Problem},
};

/// What visitors may call.
const OPEN: [&str; 2] = ["/v1/conversations", "/v1/help"];
/// How long a browser may remember the answer to a preflight, in seconds.
const REMEMBERED: &str = "600";

/// Answers preflights of visitors' routes and lets listed sites read the answers.
pub async fn share(State(http): State<Http>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let open = OPEN
        .iter()
        .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    if !open {
        return next.run(request).await;
    }
    let sites = &http.app.config.chat.sites;
    let origin = request.headers().get(header::ORIGIN).cloned();
    let listed = origin.filter(|origin| sites.iter().any(|site| site.as_bytes() == origin.as_bytes()));
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match (preflight, &listed) {
        (true, Some(_)) => allowed(),
        (true, None) => Problem::new(
            Kind::Forbidden,
            "pages of this site may not call the service: list its origin in `[chat] sites`",
        )
        .into_response(),
        (false, _) => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(site) = listed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, site);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("retry-after, x-request-id"),
        );
    }
    response
}

fn allowed() -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST"));
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("authorization, content-type, idempotency-key, last-event-id"),
    );
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static(REMEMBERED));
    (StatusCode::NO_CONTENT, headers).into_response()
}
