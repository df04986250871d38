//! The live stream for staff: every ticket event of the workspace, in order, without loss or
//! repetition, and the things that only matter while one watches.
//!
//! A notice of a commit is used as it is when it continues exactly where the stream stands, and is
//! otherwise only a reason to read from the store. So a slow reader, a reader who comes back and
//! events of other processes all end at the same place: the next position.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use aide::{
    OperationOutput,
    axum::{ApiRouter, routing::get_with},
    generate::GenContext,
    openapi::{Operation, Response as ApiResponse, StatusCode as ApiStatus},
    transform::TransformOperation,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, Method, header},
    response::{
        IntoResponse, Response, Sse,
        sse::{Event as SseEvent, KeepAlive},
    },
};
use domain::{
    ApprovalId, RunId, ThreadId, TicketId, UserId, WorkspaceId,
    approval::ApprovalStatus,
    permission::{Permission, Permissions},
    ticket::Event,
};
use futures::Stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Notice, Word, WorkspaceStore};
use tokio::{
    sync::{
        OwnedSemaphorePermit,
        broadcast::{Receiver, error::RecvError},
    },
    time::{Interval, MissedTickBehavior, interval},
};

use super::{
    Http,
    auth::{Staff, may},
    body_html,
    input::{Query, answer},
    problem::{Kind, Problem},
    sight::Sight,
};
use crate::live::LiveBody;

/// Events read from the store at once.
pub const PAGE: i64 = 200;
/// How often the store is asked for events of other processes.
const POLL: Duration = Duration::from_secs(2);
/// When it is asked because another process has told of some.
const SOON: Duration = Duration::from_millis(50);
/// How often it is checked that the watcher may still watch.
const CHECK: Duration = Duration::from_secs(15);

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/stream", get_with(stream, stream_docs))
}

/// Where to begin.
#[derive(Deserialize, JsonSchema)]
pub struct StreamQuery {
    /// Events after this position, for clients that cannot send `Last-Event-ID`. Without either,
    /// the stream begins with what happens next.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub after: Option<i64>,
}

/// What the stream carries; `type` is also the name of the server-sent event.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StreamItem {
    /// A ticket event. Its `id:` is the position to resume from.
    Event { event: Box<Event> },
    /// An approval that belongs to no ticket was asked for or decided: those of tickets are told by their
    /// events. Without an id; not repeated.
    Approval { approval_id: ApprovalId, run_id: RunId, status: ApprovalStatus },
    /// An agent began or stopped to write. Without an id; not repeated.
    Typing { ticket_id: TicketId, agent: String, on: bool },
    /// A piece of what a model writes in a run. Without an id; not repeated.
    ModelText { run_id: RunId, delta: String },
    /// A breaker was opened or closed. Without an id; not repeated.
    Breakers,
    /// Somebody looks at an approval, or does so no more. Without an id; not repeated.
    Claims,
    /// A piece of what a model writes on the watcher's own question; `begins` when what came before is void.
    /// Without an id; not repeated.
    CopilotText { run_id: RunId, delta: String, begins: bool },
    /// What is being looked up for the watcher's own question. Without an id; not repeated.
    CopilotLooks { run_id: RunId, tools: Vec<String> },
    /// Something became of the watcher's own question. Without an id; not repeated.
    CopilotTurned { thread_id: ThreadId, seq: i64 },
}

fn stream_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("stream").tag("stream").summary("Watch the workspace").description(
        "Server-sent events. `event` items are complete, in order and resumable by `Last-Event-ID`; `approval`, `typing` and \
         `model_text` are only for those who watch. A comment every 15 seconds keeps the connection open. The \
         stream ends when the session, its user or the key does, or what they may changes.",
    )
}

async fn stream(
    State(http): State<Http>,
    staff: Staff<may::ReadTickets>,
    headers: HeaderMap,
    Query(query): Query<StreamQuery>,
) -> Result<EventStream<StreamItem>, Problem> {
    let place = http.watch()?;
    // Subscribed before the first read, so that nothing falls between the two.
    let notices = http.app.store.notices();
    let looks = Looks::every(POLL, staff.workspace, http.app.store.words());
    let live = http.app.live.subscribe();
    let store = staff.store(&http);
    let (last, caught_up) = match last_event_id(&headers)?.or(query.after) {
        // A database that was set up anew counts from 1 again; nobody should wait for its old age.
        Some(after) => (after.min(store.last_position().await?), false),
        None => (store.last_position().await?, true),
    };
    let watch = Watch {
        workspace: staff.workspace,
        sight: staff.sight,
        permissions: staff.permissions,
        person: staff.person().ok().map(|person| person.id),
        headers,
        http,
        store,
        notices,
        live,
        last,
        caught_up,
        // A cut before the first event resumes from here as well.
        ready: VecDeque::from([SseEvent::default().id(last.to_string())]),
        looks,
        check: every(CHECK),
        _place: place,
    };
    Ok(EventStream::new(futures::stream::unfold(watch, |mut watch| async move {
        watch.next().await.map(|event| (Ok(event), watch))
    })))
}

/// Where a client says it stands.
pub fn last_event_id(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    value
        .to_str()
        .ok()
        .and_then(|text| text.parse().ok())
        .filter(|position| *position >= 0)
        .map(Some)
        .ok_or_else(|| Problem::new(Kind::BadRequest, "Last-Event-ID is not one that this stream gave"))
}

pub fn every(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval.reset();
    interval
}

/// When to look for events of other processes: from time to time, and soon after one told of some.
pub struct Looks {
    workspace: WorkspaceId,
    words: Receiver<Word>,
    poll: Interval,
    /// It is looked for them soon, however many more words come.
    hastened: bool,
}

impl Looks {
    pub fn every(period: Duration, workspace: WorkspaceId, words: Receiver<Word>) -> Self {
        Self { workspace, words, poll: every(period), hastened: false }
    }

    /// Resolves when it is time; nothing is lost when it is not waited for to the end.
    pub async fn due(&mut self) {
        loop {
            tokio::select! {
                _ = self.poll.tick() => {
                    self.hastened = false;
                    return;
                }
                word = self.words.recv() => {
                    let concerns = match word {
                        Ok(Word::News(of)) => of == self.workspace,
                        Ok(Word::Missed) | Err(RecvError::Lagged(_)) => true,
                        Ok(Word::Due | Word::Rules) => false,
                        // The store is gone, and with it the stream.
                        Err(RecvError::Closed) => std::future::pending().await,
                    };
                    if concerns && !self.hastened {
                        self.hastened = true;
                        self.poll.reset_after(SOON);
                    }
                }
            }
        }
    }
}

/// One watcher. Nothing runs for it between two reads of its connection.
struct Watch {
    http: Http,
    workspace: WorkspaceId,
    /// As the stream was opened: it ends when the permissions change.
    sight: Sight,
    permissions: Permissions,
    /// Who watches, when it is a person.
    person: Option<UserId>,
    headers: HeaderMap,
    store: WorkspaceStore,
    notices: Receiver<Arc<Notice>>,
    live: Receiver<(WorkspaceId, LiveBody)>,
    /// The position of the last event in `ready` or beyond it.
    last: i64,
    /// Whether everything up to the newest position known of has been read.
    caught_up: bool,
    ready: VecDeque<SseEvent>,
    looks: Looks,
    check: Interval,
    _place: OwnedSemaphorePermit,
}

impl Watch {
    /// The next thing to send; `None` ends the stream, and the client comes back to where it was.
    async fn next(&mut self) -> Option<SseEvent> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if !self.caught_up {
                self.read().await?;
                continue;
            }
            tokio::select! {
                biased;
                () = self.http.app.stopping() => return None,
                _ = self.check.tick() => if !self.allowed().await { return None },
                notice = self.notices.recv() => match notice {
                    Ok(notice) if notice.workspace_id == self.workspace => self.notice(&notice)?,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => self.caught_up = false,
                    Err(RecvError::Closed) => return None,
                },
                live = self.live.recv() => match live {
                    Ok((workspace, body)) if workspace == self.workspace && self.may_hear(&body) => {
                        self.ready.extend(live_event(body));
                    }
                    // What was missed only mattered then.
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                },
                () = self.looks.due() => self.caught_up = false,
            }
        }
    }

    async fn read(&mut self) -> Option<()> {
        let events = match self.store.events_after(self.last, PAGE).await {
            Ok(events) => events,
            Err(error) => {
                tracing::warn!(%error, "a live stream ends because the events cannot be read");
                return None;
            }
        };
        self.caught_up = i64::try_from(events.len()).is_ok_and(|count| count < PAGE);
        for event in events {
            self.push(event)?;
        }
        Some(())
    }

    fn notice(&mut self, notice: &Notice) -> Option<()> {
        for event in &notice.receipt.events {
            if event.position == self.last + 1 {
                self.push(event.clone())?;
            } else if event.position > self.last {
                self.caught_up = false;
                break;
            }
        }
        let tells = self.permissions.contains(Permission::ReadApprovals);
        for approval in notice.receipt.approvals.iter().filter(|it| tells && it.ticket_id.is_none()) {
            let item = StreamItem::Approval {
                approval_id: approval.id,
                run_id: approval.run_id,
                status: approval.status,
            };
            self.ready.push_back(sse("approval", &item)?);
        }
        Some(())
    }

    fn push(&mut self, mut event: Event) -> Option<()> {
        self.last = event.position;
        body_html::show_event(&mut event.body);
        if self.sight == Sight::Whole {
            self.http.app.personal.mark_event(self.workspace, &mut event.body);
        }
        let id = event.position.to_string();
        self.ready.push_back(sse("event", &StreamItem::Event { event: Box::new(event) })?.id(id));
        Some(())
    }

    fn may_hear(&self, body: &LiveBody) -> bool {
        match body {
            LiveBody::ModelText { .. } => self.permissions.contains(Permission::ReadRuns),
            LiveBody::Breakers => self.permissions.contains(Permission::ReadSystem),
            LiveBody::Claims => self.permissions.contains(Permission::ReadApprovals),
            LiveBody::CopilotText { by, .. }
            | LiveBody::CopilotLooks { by, .. }
            | LiveBody::CopilotTurned { by, .. }
            | LiveBody::Waits { by, .. } => self.person == Some(*by),
            LiveBody::Stopped { .. } => false,
            LiveBody::Typing { .. } => true,
        }
    }

    /// Whether the credentials that opened the stream still would.
    async fn allowed(&self) -> bool {
        let now = self.http.identify(&Method::GET, &self.headers).await;
        matches!(now, Ok(Some(caller))
            if caller.workspace == self.workspace && caller.permissions == self.permissions)
    }
}

fn live_event(body: LiveBody) -> Option<SseEvent> {
    match body {
        LiveBody::Typing { ticket_id, agent, on } => {
            sse("typing", &StreamItem::Typing { ticket_id, agent, on })
        }
        LiveBody::ModelText { run_id, delta } => sse("model_text", &StreamItem::ModelText { run_id, delta }),
        LiveBody::Breakers => sse("breakers", &StreamItem::Breakers),
        LiveBody::Claims => sse("claims", &StreamItem::Claims),
        LiveBody::CopilotText { run_id, delta, begins, .. } => {
            sse("copilot_text", &StreamItem::CopilotText { run_id, delta, begins })
        }
        LiveBody::CopilotLooks { run_id, tools, .. } => {
            sse("copilot_looks", &StreamItem::CopilotLooks { run_id, tools })
        }
        LiveBody::CopilotTurned { thread_id, seq, .. } => {
            sse("copilot_turned", &StreamItem::CopilotTurned { thread_id, seq })
        }
        LiveBody::Waits { approval_id, run_id, .. } => {
            let status = ApprovalStatus::Pending;
            sse("approval", &StreamItem::Approval { approval_id, run_id, status })
        }
        LiveBody::Stopped { .. } => None,
    }
}

/// A server-sent event with JSON in it.
pub fn sse<T: Serialize>(name: &'static str, item: &T) -> Option<SseEvent> {
    match SseEvent::default().event(name).json_data(item) {
        Ok(event) => Some(event),
        Err(error) => {
            tracing::error!(%error, name, "an event cannot be written as JSON");
            None
        }
    }
}

/// Server-sent events whose data are `T`.
pub struct EventStream<T> {
    events: futures::stream::BoxStream<'static, Result<SseEvent, Infallible>>,
    item: std::marker::PhantomData<fn() -> T>,
}

impl<T> EventStream<T> {
    pub fn new(events: impl Stream<Item = Result<SseEvent, Infallible>> + Send + 'static) -> Self {
        Self { events: Box::pin(events), item: std::marker::PhantomData }
    }
}

impl<T> IntoResponse for EventStream<T> {
    fn into_response(self) -> Response {
        let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
        let mut response = Sse::new(self.events).keep_alive(keep_alive).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        // Proxies that buffer would hold events back.
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        response
    }
}

impl<T: JsonSchema> OperationOutput for EventStream<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, _: &mut Operation) -> Option<ApiResponse> {
        Some(answer::<T>(
            ctx,
            "text/event-stream",
            "Server-sent events; the schema is that of one event's data",
        ))
    }

    fn inferred_responses(ctx: &mut GenContext, op: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        Self::operation_response(ctx, op)
            .map(|response| (Some(ApiStatus::Code(200)), response))
            .into_iter()
            .collect()
    }
}
