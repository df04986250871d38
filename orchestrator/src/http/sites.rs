//! Which pages of other sites may call what visitors may call (CORS).
//!
//! A workspace names its sites in its settings; where it does not, `[chat] sites` counts. Their pages may start
//! conversations with it, hold them with their token and read its help centre; they send no cookies and reach nothing
//! of staff's. Everything else stays as browsers have it: closed to other sites.
//!
//! [`share`] tells browsers what may be tried: what some workspace lists, because a preflight names none. [`Site`]
//! refuses what is then asked of a workspace that does not list the site.

use std::{collections::BTreeMap, sync::Arc};

use aide::OperationInput;
use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use domain::WorkspaceId;

use super::{
    Http,
    auth::same_origin,
    problem::{Kind, Problem},
};

/// What visitors may call.
const OPEN: [&str; 2] = ["/v1/conversations", "/v1/help"];
/// How long a browser may remember the answer to a preflight, in seconds.
const REMEMBERED: &str = "600";

/// The sites of every workspace, as they were a moment ago.
#[derive(Debug)]
pub struct Sites {
    configured: Vec<String>,
    of: BTreeMap<WorkspaceId, Vec<String>>,
    /// What some workspace lists.
    anywhere: Vec<String>,
}

impl Sites {
    fn new(
        configured: Vec<String>,
        own: Vec<(WorkspaceId, Vec<String>)>,
        workspaces: impl Iterator<Item = WorkspaceId>,
    ) -> Self {
        let of: BTreeMap<WorkspaceId, Vec<String>> = own.into_iter().collect();
        let mut anywhere: Vec<String> = of.values().flatten().cloned().collect();
        if workspaces.into_iter().any(|workspace| !of.contains_key(&workspace)) {
            anywhere.extend(configured.iter().cloned());
        }
        Self { configured, of, anywhere }
    }

    /// Those of one workspace.
    fn of(&self, workspace: WorkspaceId) -> &[String] {
        self.of.get(&workspace).unwrap_or(&self.configured)
    }
}

fn lists(sites: &[String], origin: &HeaderValue) -> bool {
    sites.iter().any(|site| site.as_bytes() == origin.as_bytes())
}

fn not_listed() -> Problem {
    Problem::new(
        Kind::Forbidden,
        "pages of this site may not call the service: list its origin under Settings, Channels, or in `[chat] sites`",
    )
}

impl Http {
    /// Read again every few seconds.
    async fn sites(&self) -> Result<Arc<Sites>, Problem> {
        if let Some(known) = self.sites.get(&()) {
            return Ok(known);
        }
        let own = self.app.store.chat_sites().await?;
        let workspaces = self.workspaces().await?;
        let workspaces = workspaces.iter().map(|workspace| workspace.id);
        let read = Arc::new(Sites::new(self.app.config.chat.sites.clone(), own, workspaces));
        self.sites.insert((), Arc::clone(&read));
        Ok(read)
    }

    /// What was changed counts at once in this process, and within seconds in others.
    pub fn forget_sites(&self) {
        self.sites.invalidate_all();
    }
}

/// The page that sent a request, where it is another site's.
#[derive(Clone, Debug)]
pub struct Site(Option<HeaderValue>);

impl Site {
    pub fn of(headers: &HeaderMap, http: &Http) -> Self {
        let origin = headers.get(header::ORIGIN).cloned();
        Self(origin.filter(|_| same_origin(headers, http.public_host()).is_err()))
    }

    /// Refuses what a page asks of a workspace that does not list its site.
    pub async fn may_call(&self, http: &Http, workspace: WorkspaceId) -> Result<(), Problem> {
        match &self.0 {
            Some(origin) if !lists(http.sites().await?.of(workspace), origin) => Err(not_listed()),
            _ => Ok(()),
        }
    }
}

impl FromRequestParts<Http> for Site {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Problem> {
        Ok(Self::of(&parts.headers, http))
    }
}

impl OperationInput for Site {}

/// Answers preflights of visitors' routes and lets listed sites read the answers.
pub async fn share(State(http): State<Http>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let open = OPEN
        .iter()
        .any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    if !open {
        return next.run(request).await;
    }
    let listed = match request.headers().get(header::ORIGIN).cloned() {
        Some(origin) => match http.sites().await {
            Ok(sites) => Some(origin).filter(|origin| lists(&sites.anywhere, origin)),
            Err(problem) => return problem.into_response(),
        },
        None => None,
    };
    let preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match (preflight, &listed) {
        (true, Some(_)) => allowed(),
        (true, None) => not_listed().into_response(),
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
