//! Problems: every error the API answers with, in the shape of RFC 9457.
//!
//! This is the one place where errors of the domain, the store and the tools become statuses.
//! A handler returns `Result<_, Problem>` and uses `?`.

use std::{sync::Arc, time::Duration};

use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{MediaType, Operation, Response as ApiResponse, SchemaObject, StatusCode as ApiStatus},
};
use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{DomainError, commit::CommitError, knowledge::RetrieveError, ports::DeskError, tool::ToolError};
use parse::ParseError;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::StoreError;
use tools::ToolsError;

use crate::{
    answering::AnsweringError,
    app::AppError,
    channels::MailError,
    knowledge::{KnowledgeError, sources::SourceError},
    people::Refused,
    recall::RecallError,
};

/// What went wrong, in the shape of RFC 9457.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Problem")]
pub struct ProblemBody {
    /// Names the kind of problem: `urn:countersign:problem:conflict`. Programs switch on it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The kind in words.
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    /// What happened this time, and what to do.
    pub detail: String,
    /// Names the request in the service's log; also in the `x-request-id` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// The kinds of problems; each has one status and one title.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    MethodNotAllowed,
    Timeout,
    Conflict,
    TooLarge,
    UnsupportedMediaType,
    Invalid,
    TooManyRequests,
    Internal,
    Unavailable,
}

impl Kind {
    fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "bad_request", "The request cannot be read"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", "Sign in first"),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Not allowed"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "Not found"),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "This method does not exist here")
            }
            Self::Timeout => (StatusCode::GATEWAY_TIMEOUT, "timeout", "It took too long"),
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "It does not fit the state of things"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large", "Too large"),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "Wrong content type")
            }
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "A value does not fit"),
            Self::TooManyRequests => {
                (StatusCode::TOO_MANY_REQUESTS, "too_many_requests", "Too many requests")
            }
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something broke"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Not available right now"),
        }
    }
}

/// An error on its way to the caller.
#[derive(Clone, Debug)]
pub struct Problem {
    pub kind: Kind,
    pub detail: String,
    pub retry_after: Option<Duration>,
}

impl Problem {
    pub fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), retry_after: None }
    }

    /// 404: it does not exist, or not in the caller's workspace; the two look the same.
    pub fn not_found(what: &str) -> Self {
        Self::new(Kind::NotFound, format!("{what} does not exist"))
    }

    /// 422: the request is well formed and a value in it does not fit.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, detail)
    }

    /// 403.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(Kind::Forbidden, detail)
    }

    /// 401: who is asking is not known.
    pub fn unauthorized() -> Self {
        Self::new(
            Kind::Unauthorized,
            "sign in with POST /v1/session, or send `Authorization: Bearer cs_live_…`",
        )
    }

    /// 500: the cause goes to the log and not to the caller.
    pub fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed inside the service");
        Self::new(
            Kind::Internal,
            "the service failed on this request; its log has the cause under the request id",
        )
    }

    /// 503: worth trying again after a moment.
    pub fn unavailable(cause: &dyn std::fmt::Display) -> Self {
        tracing::warn!(%cause, "a request could not be served for now");
        let mut problem =
            Self::new(Kind::Unavailable, "a part of the service is not available; try again in a moment");
        problem.retry_after = Some(Duration::from_secs(2));
        problem
    }

    pub fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// The body as the caller will read it.
    pub fn body(&self, request_id: Option<String>) -> ProblemBody {
        let (status, name, title) = self.kind.parts();
        ProblemBody {
            kind: format!("urn:countersign:problem:{name}"),
            title: title.to_owned(),
            status: status.as_u16(),
            detail: self.detail.clone(),
            request_id,
        }
    }

    pub fn status(&self) -> StatusCode {
        self.kind.parts().0
    }

    /// The response with the request's id in it.
    pub fn response(&self, request_id: Option<String>) -> Response {
        let body = self.body(request_id);
        let text = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = Response::new(Body::from(text));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(after) = self.retry_after {
            // Rounded up: a caller that waits as told must not be too early.
            let seconds = after.as_millis().div_ceil(1000).max(1);
            if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
                headers.insert(header::RETRY_AFTER, value);
            }
        }
        if self.kind == Kind::Unauthorized {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// Left in a response's extensions, so that the outermost layer can write the body again with the
/// request's id, which a handler does not know.
#[derive(Clone)]
pub struct Unfinished(pub Arc<Problem>);

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.response(None);
        response.extensions_mut().insert(Unfinished(Arc::new(self)));
        response
    }
}

impl From<CommitError> for Problem {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::NotFound(what) => Self::not_found(&what),
            CommitError::Forbidden(why) => Self::forbidden(why),
            CommitError::Duplicate { .. } | CommitError::Conflict(_) => {
                Self::new(Kind::Conflict, error.to_string())
            }
            // A person's request raced with a worker; the same request may well succeed now.
            CommitError::Stale { .. } | CommitError::LeaseLost(_) => {
                Self::new(Kind::Conflict, format!("{error}; reload and try again"))
            }
            CommitError::Busy { retry_after } => {
                Self::new(Kind::TooManyRequests, error.to_string()).retry_after(retry_after)
            }
            CommitError::Exhausted { .. } => Self::new(Kind::TooManyRequests, error.to_string()),
            CommitError::Unavailable(_) => Self::unavailable(&error),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Forbidden(why) => Self::forbidden(why),
            Refused::Invalid(why) => Self::invalid(why),
            Refused::Conflict(why) => Self::new(Kind::Conflict, why),
            Refused::Missing(what) => Self::not_found(what),
            Refused::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Cursor => Self::new(Kind::BadRequest, error.to_string()),
            StoreError::NotFound(what) => Self::not_found(&what),
            StoreError::Taken(_) => Self::new(Kind::Conflict, error.to_string()),
            StoreError::Database(_) | StoreError::Silent(_) | StoreError::Closed => Self::unavailable(&error),
            StoreError::Row { .. }
            | StoreError::Value(_)
            | StoreError::Migrate(_)
            | StoreError::RowSecurity { .. }
            | StoreError::Backup { .. }
            | StoreError::Url { .. } => Self::internal(&error),
        }
    }
}

impl From<ToolsError> for Problem {
    fn from(error: ToolsError) -> Self {
        match error {
            ToolsError::UnknownTool(_) => Self::not_found("the tool"),
            ToolsError::NotSuspended(_) | ToolsError::ChangedAgain(_) => {
                Self::new(Kind::Conflict, error.to_string())
            }
            ToolsError::NotConnected { .. } | ToolsError::Registrations(_) => Self::unavailable(&error),
            ToolsError::Declaration { .. } | ToolsError::Setting(_) | ToolsError::Duplicate(_) => {
                Self::internal(&error)
            }
        }
    }
}

impl From<KnowledgeError> for Problem {
    fn from(error: KnowledgeError) -> Self {
        match error {
            KnowledgeError::Parse(error) => Self::invalid(error.to_string()),
            KnowledgeError::Store(error) => error.into(),
            KnowledgeError::File(ParseError::Unavailable { .. }) => Self::unavailable(&error),
            KnowledgeError::File(_)
            | KnowledgeError::Unnamed
            | KnowledgeError::Taken { .. }
            | KnowledgeError::Metadata(_)
            | KnowledgeError::Universal
            | KnowledgeError::NoCustomer(_) => Self::invalid(error.to_string()),
            KnowledgeError::Index(error) => Self::unavailable(&error),
            KnowledgeError::Unreadable { .. } => Self::internal(&error),
        }
    }
}

impl From<SourceError> for Problem {
    fn from(error: SourceError) -> Self {
        match error {
            SourceError::Unknown => Self::not_found("the source"),
            SourceError::Busy | SourceError::Configured(_) => Self::new(Kind::Conflict, error.to_string()),
            SourceError::Address { .. } => Self::invalid(error.to_string()),
            SourceError::Store(error) => error.into(),
            SourceError::Knowledge(error) => error.into(),
        }
    }
}

impl From<AnsweringError> for Problem {
    fn from(error: AnsweringError) -> Self {
        match error {
            AnsweringError::Retrieve(error) => error.into(),
            AnsweringError::Store(error) => error.into(),
            AnsweringError::Model(error) => Self::unavailable(&error),
            AnsweringError::Prompt(error) => Self::internal(&error),
            AnsweringError::Credits(error) => error.into(),
        }
    }
}

impl From<RecallError> for Problem {
    fn from(error: RecallError) -> Self {
        match error {
            RecallError::StillStands | RecallError::Proposed => Self::new(Kind::Conflict, error.to_string()),
            RecallError::Store(error) => error.into(),
            RecallError::Commit(error) => error.into(),
        }
    }
}

impl From<MailError> for Problem {
    fn from(error: MailError) -> Self {
        match error {
            MailError::TooLarge { .. } => Self::new(Kind::TooLarge, error.to_string()),
            MailError::TooComplex(_) | MailError::Malformed(_) => Self::invalid(error.to_string()),
            MailError::Store(error) => error.into(),
            MailError::Commit(error) => error.into(),
        }
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Store(error) => error.into(),
            AppError::Tools(error) => error.into(),
            AppError::Setup(why) => Self::new(Kind::Conflict, why),
            other => Self::internal(&other),
        }
    }
}

impl From<DomainError> for Problem {
    fn from(error: DomainError) -> Self {
        Self::new(Kind::Conflict, error.to_string())
    }
}

impl From<RetrieveError> for Problem {
    fn from(error: RetrieveError) -> Self {
        match error {
            RetrieveError::EmptyQuery => Self::invalid(error.to_string()),
            RetrieveError::Unavailable(_) => Self::unavailable(&error),
        }
    }
}

impl From<DeskError> for Problem {
    fn from(error: DeskError) -> Self {
        Self::unavailable(&error)
    }
}

impl From<ToolError> for Problem {
    fn from(error: ToolError) -> Self {
        match error {
            ToolError::Arguments { .. } | ToolError::Refused(_) | ToolError::NotTheirs(_) => {
                Self::invalid(error.to_string())
            }
            ToolError::Unavailable(_)
            | ToolError::Limited { .. }
            | ToolError::Unknown(_)
            | ToolError::Unclear(_) => Self::unavailable(&error),
        }
    }
}

impl OperationOutput for Problem {
    type Inner = ProblemBody;

    fn operation_response(ctx: &mut GenContext, _: &mut Operation) -> Option<ApiResponse> {
        Some(described(ctx, "What went wrong and what to do"))
    }

    fn inferred_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        vec![(None, described(ctx, "What went wrong and what to do"))]
    }
}

/// A problem response for the API's description.
pub fn described(ctx: &mut GenContext, description: &str) -> ApiResponse {
    let json_schema = ctx.schema.subschema_for::<ProblemBody>();
    ApiResponse {
        description: description.to_owned(),
        content: [(
            "application/problem+json".to_owned(),
            MediaType {
                schema: Some(SchemaObject { json_schema, example: None, external_docs: None }),
                ..MediaType::default()
            },
        )]
        .into_iter()
        .collect(),
        ..ApiResponse::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_store_says_when_to_come_back_in_whole_seconds_rounded_up() {
        let problem = Problem::from(CommitError::Busy { retry_after: Duration::from_millis(1_200) });
        let response = problem.response(Some("r-1".to_owned()));
        assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(response.headers()[header::RETRY_AFTER], "2");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
    }

    #[test]
    fn the_cause_of_an_internal_failure_is_not_told() {
        let body = Problem::internal(&"password=hunter2").body(None);
        assert!(!body.detail.contains("hunter2"));
        assert_eq!(body.status, 500);
    }
}
