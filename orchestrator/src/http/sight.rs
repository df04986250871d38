//! What of personal data a caller sees, and the layer that masks for those who lack the right.
//!
//! [`mask`] stands around every described route. `Staff` tells it who is asking ([`Seen`]) and fails
//! without it, so a route can neither be outside of it nor forget it. What it cannot mask it refuses.
//! One answer passes as it is: an [`Unmasked`], which is made together with its entry in the audit.
//! Whom an answer is about the layer reads from the tickets that it names; where it names none, the handler says
//! ([`About`]).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{Operation, Response as ApiResponse, StatusCode as ApiStatus},
};
use axum::{
    body::{Body, Bytes},
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use domain::{TicketId, WorkspaceId, audit::Deed};
use futures::{Stream, StreamExt as _, stream};
use guards::masking::Served;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use store::{StoreError, WorkspaceStore};

use super::{
    Http, body_html,
    caller::Person,
    input::Json,
    problem::{Kind, Problem, Unfinished},
};
use crate::personal::tickets_in;

/// Says on an answer that it was masked.
pub const MASKED: HeaderName = HeaderName::from_static("x-personal-data");
/// The longest answer, and the longest event of a stream, that is masked.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// Answers from which on another thread does it.
const LONG: usize = 64 * 1024;

/// Routes whose answers are given as they are, each with its reason. The list only shrinks.
const AS_THEY_ARE: [&str; 8] = [
    // One's own name and address.
    "/v1/session",
    "/v1/session/workspace",
    // What the house wrote to be read by its customers. Who edits it must not save masks.
    "/v1/knowledge/documents",
    "/v1/knowledge/documents/{id}",
    "/v1/knowledge/documents/{id}/versions/{version}",
    "/v1/knowledge/templates",
    // The same of rules: what the house wrote, and admins save again.
    "/v1/policy",
    "/v1/policy/versions/{version}",
];

/// How a caller sees personal data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    Whole,
    Masked,
}

/// Who turned out to be asking; empty while nobody of the staff was.
#[derive(Clone, Default)]
pub struct Seen(Arc<OnceLock<(WorkspaceId, Sight)>>);

impl Seen {
    /// The first word counts.
    pub fn tell(&self, workspace: WorkspaceId, sight: Sight) {
        self.0.get_or_init(|| (workspace, sight));
    }
}

/// An answer with personal data as it is, whoever asks.
pub struct Unmasked<T>(T);

impl<T> Unmasked<T> {
    /// Writes down who had it shown and why, and gives it only then.
    pub async fn after(store: &WorkspaceStore, deed: Deed, value: T) -> Result<Self, Problem> {
        store.audit(deed).await?;
        Ok(Self(value))
    }
}

/// What a person is told of themselves: their own address, places and secrets, as they are.
pub struct Own<T>(T);

impl<T> Own<T> {
    pub fn of(_person: &Person, value: T) -> Self {
        Self(value)
    }
}

impl<T: Serialize> IntoResponse for Own<T> {
    fn into_response(self) -> Response {
        Unmasked(self.0).into_response()
    }
}

impl<T: JsonSchema> OperationOutput for Own<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, op: &mut Operation) -> Option<ApiResponse> {
        Json::<T>::operation_response(ctx, op)
    }

    fn inferred_responses(ctx: &mut GenContext, op: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        Json::<T>::inferred_responses(ctx, op)
    }
}

/// An answer about tickets of which it does not say the ids: their people's names are masked in it too.
pub struct About<T> {
    tickets: BTreeSet<TicketId>,
    answer: T,
}

impl<T> About<T> {
    pub fn these(tickets: impl IntoIterator<Item = TicketId>, answer: T) -> Self {
        Self { tickets: tickets.into_iter().collect(), answer }
    }
}

/// Tells the layer of them.
#[derive(Clone)]
struct Tickets(BTreeSet<TicketId>);

impl<T: Serialize> IntoResponse for About<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.answer).into_response();
        response.extensions_mut().insert(Tickets(self.tickets));
        response
    }
}

impl<T: JsonSchema> OperationOutput for About<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, op: &mut Operation) -> Option<ApiResponse> {
        Json::<T>::operation_response(ctx, op)
    }

    fn inferred_responses(ctx: &mut GenContext, op: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        Json::<T>::inferred_responses(ctx, op)
    }
}

#[derive(Clone)]
struct AsItIs;

impl<T: Serialize> IntoResponse for Unmasked<T> {
    fn into_response(self) -> Response {
        let mut response = Json(self.0).into_response();
        response.extensions_mut().insert(AsItIs);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl<T: JsonSchema> OperationOutput for Unmasked<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, op: &mut Operation) -> Option<ApiResponse> {
        Json::<T>::operation_response(ctx, op)
    }

    fn inferred_responses(ctx: &mut GenContext, op: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        Json::<T>::inferred_responses(ctx, op)
    }
}

/// The layer.
pub async fn mask(State(http): State<Http>, mut request: Request, next: Next) -> Response {
    let seen = Seen::default();
    request.extensions_mut().insert(seen.clone());
    let route = request.extensions().get::<MatchedPath>().cloned();
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let Some((workspace, Sight::Masked)) = seen.0.get().copied() else { return response };
    let as_it_is = response.extensions_mut().remove::<AsItIs>().is_some();
    if as_it_is || route.is_some_and(|route| AS_THEY_ARE.contains(&route.as_str())) {
        return response;
    }
    let served = http.app.personal.of(workspace);
    let mut about: BTreeSet<TicketId> =
        path.split('/').filter_map(|part| part.parse().ok()).take(1).collect();
    if let Some(Tickets(more)) = response.extensions_mut().remove() {
        about.extend(more);
    }
    let masker = Masker { http, workspace, served: Arc::clone(&served), about };
    // A problem is written anew by the outermost layer.
    if let Some(Unfinished(problem)) = response.extensions_mut().get_mut::<Unfinished>() {
        let detail = served.text(&problem.detail);
        *problem = Arc::new(Problem { detail, ..(**problem).clone() });
    }
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match kind.map(|kind| kind.split(';').next().unwrap_or_default().trim().to_owned()).as_deref() {
        None if is_empty(&response) => response,
        Some("application/json" | "application/problem+json") => whole(masker, response).await,
        Some("text/event-stream") => events(masker, response),
        _ => Problem::forbidden(
            "this answer cannot be masked, and takes the permission see_personal_data: ask for JSON, or ask somebody who holds it",
        )
        .into_response(),
    }
}

fn is_empty(response: &Response) -> bool {
    use axum::body::HttpBody as _;
    response.body().size_hint().exact() == Some(0)
}

fn marked(mut response: Response) -> Response {
    response.headers_mut().remove(header::CONTENT_LENGTH);
    response.headers_mut().insert(MASKED, HeaderValue::from_static("masked"));
    response
}

/// What masks one answer.
#[derive(Clone)]
struct Masker {
    http: Http,
    workspace: WorkspaceId,
    served: Arc<Served>,
    /// What the path names, which may be a ticket, and what the handler told of.
    about: BTreeSet<TicketId>,
}

impl Masker {
    /// The names of those whom the answer is about, which no detector has to know.
    async fn names(&self, value: &Value) -> Result<Vec<String>, StoreError> {
        let mut about = self.about.clone();
        tickets_in(value, &mut about);
        let mut names = Vec::new();
        let mut unknown = BTreeMap::new();
        for id in about {
            match self.http.names.get(&(self.workspace, id)) {
                Some(known) => names.extend(known.iter().cloned()),
                None => {
                    unknown.insert(id, Vec::new());
                }
            }
        }
        let ids: Vec<TicketId> = unknown.keys().copied().collect();
        for (id, name) in self.http.app.store.workspace(self.workspace).names_of(&ids).await? {
            unknown.entry(id).or_default().push(name);
        }
        for (id, these) in unknown {
            names.extend(these.iter().cloned());
            self.http.names.insert((self.workspace, id), these.into());
        }
        Ok(names)
    }

    async fn mask(&self, bytes: &[u8]) -> Result<String, Problem> {
        let internal = |error: &dyn std::fmt::Display| Problem::internal(error);
        let mut value: Value = serde_json::from_slice(bytes).map_err(|error| internal(&error))?;
        let names = self.names(&value).await?;
        let served = Arc::clone(&self.served);
        let mut work = move || {
            body_html::withhold(&mut value);
            served.mask(&mut value, &names);
            body_html::make_anew(&mut value);
            value.to_string()
        };
        if bytes.len() < LONG {
            return Ok(work());
        }
        tokio::task::spawn_blocking(work).await.map_err(|error| internal(&error))
    }
}

/// An answer that is one JSON value.
async fn whole(masker: Masker, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let Ok(bytes) = axum::body::to_bytes(body, MAX_BYTES).await else {
        return Problem::new(
            Kind::Forbidden,
            format!("the answer has more than {MAX_BYTES} bytes, which are not masked at once: ask for less"),
        )
        .into_response();
    };
    match masker.mask(&bytes).await {
        Ok(text) => marked(Response::from_parts(parts, Body::from(text))),
        Err(problem) => problem.into_response(),
    }
}

/// A stream of server-sent events, each with one JSON value.
fn events(masker: Masker, response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let mask = move |data: String| {
        let masker = masker.clone();
        async move { masker.mask(data.as_bytes()).await }
    };
    marked(Response::from_parts(parts, Body::from_stream(masked(frames(body.into_data_stream()), mask))))
}

fn masked<F: Future<Output = Result<String, Problem>> + Send>(
    frames: impl Stream<Item = Result<String, axum::Error>> + Send,
    mask: impl Fn(String) -> F + Clone + Send,
) -> impl Stream<Item = Result<String, axum::Error>> + Send {
    frames.filter_map(move |frame| {
        let mask = mask.clone();
        async move {
            match frame {
                Ok(frame) => masked_event(mask, &frame).await.transpose(),
                Err(error) => Some(Err(error)),
            }
        }
    })
}

/// Events as they were sent, each whole. One without an end within the limit ends the stream.
fn frames(
    chunks: impl Stream<Item = Result<Bytes, axum::Error>> + Send + Unpin + 'static,
) -> impl Stream<Item = Result<String, axum::Error>> + Send {
    stream::unfold((chunks, Vec::<u8>::new()), |(mut chunks, mut read)| async move {
        loop {
            if let Some(end) = read.windows(2).position(|pair| pair == b"\n\n") {
                let rest = read.split_off(end + 2);
                let frame = String::from_utf8_lossy(&read).into_owned();
                return Some((Ok(frame), (chunks, rest)));
            }
            if read.len() > MAX_BYTES {
                return None;
            }
            match chunks.next().await? {
                Ok(chunk) => read.extend_from_slice(&chunk),
                Err(error) => return Some((Err(error), (chunks, Vec::new()))),
            }
        }
    })
}

/// What a model is writing comes in pieces, in which nothing can be found: it is left out. An event that cannot be
/// masked ends the stream, so that whoever watches comes back to it and misses nothing.
async fn masked_event<F: Future<Output = Result<String, Problem>>>(
    mask: impl Fn(String) -> F,
    frame: &str,
) -> Result<Option<String>, axum::Error> {
    let mut out = String::with_capacity(frame.len());
    for line in frame.lines() {
        if line.strip_prefix("event:").is_some_and(|name| name.trim() == "model_text") {
            return Ok(None);
        }
        match line.strip_prefix("data:") {
            Some(data) => {
                // Its cause is in the log.
                let masked = mask(data.trim().to_owned()).await;
                let masked = masked.map_err(|_| axum::Error::new("an event could not be masked"))?;
                out.push_str("data: ");
                out.push_str(&masked);
            }
            None => out.push_str(line),
        }
        out.push('\n');
    }
    Ok(Some(out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[tokio::test]
    async fn an_event_that_cannot_be_masked_is_not_passed_over() {
        let sent = ["event: model_text\ndata: 0\n\n", "data: 1\n\n", "data: 2\n\n", "data: 3\n\n"];
        let frames = stream::iter(sent.map(|frame| Ok(frame.to_owned())));
        let mask = |data: String| async move {
            if data == "2" { Err(Problem::not_found("the ticket")) } else { Ok("masked".to_owned()) }
        };
        let told: Vec<_> = masked(frames, mask).collect().await;
        assert_eq!(told[0].as_ref().unwrap(), "data: masked\n\n");
        assert!(told[1].is_err(), "the stream breaks there");
    }

    proptest! {
        #[test]
        fn chunks_make_no_difference_to_events(cuts in proptest::collection::vec(1usize..40, 1..20)) {
            let sent = "event: a\ndata: {\"n\":1}\n\n:\n\ndata: {\"x\":\"ü\"}\nid: 3\n\n";
            let mut chunks = Vec::new();
            let mut rest = sent.as_bytes();
            for cut in cuts {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                chunks.push(Ok(Bytes::copy_from_slice(now)));
                rest = later;
            }
            chunks.push(Ok(Bytes::copy_from_slice(rest)));
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let read: Vec<_> = runtime.block_on(frames(stream::iter(chunks)).collect());
            let read: String = read.into_iter().map(Result::unwrap).collect();
            prop_assert_eq!(read, sent);
        }
    }
}
