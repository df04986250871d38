//! The live stream of one conversation, for its visitor.
//!
//! Public messages are complete, in order and resumable by the ticket's version. How things stand
//! (status, handoff) is told on connecting and when it changes, so a reconnect loses neither.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::{http::HeaderMap, response::sse::Event as SseEvent};
use domain::{
    MessageId, TicketId, WorkspaceId,
    ticket::{Event, EventBody, Ticket, TicketStatus},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Notice, WorkspaceStore};
use tokio::{
    sync::{
        OwnedSemaphorePermit,
        broadcast::{Receiver, error::RecvError},
    },
    time::Interval,
};

use super::{
    Http,
    conversations::ConversationMessage,
    problem::Problem,
    stream::{EventStream, PAGE, every, last_event_id, sse},
    visitor::Visitor,
};
use crate::live::LiveBody;

/// How often the store is asked for events of other processes.
const POLL: Duration = Duration::from_secs(3);

/// What the stream carries; `type` is also the name of the server-sent event.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ConversationItem {
    /// Something was said. Its `id:` is where to resume from.
    Message { message: ConversationMessage },
    /// The assistant began or stopped to write. Without an id; not repeated.
    Typing { on: bool },
    /// A piece of the message that will follow whole. Without an id; not repeated.
    Delta { message_id: MessageId, text: String },
    /// Whether a person has been asked to take over.
    Handoff { on: bool },
    /// How the conversation stands.
    Status { status: TicketStatus },
}

/// Begins to watch.
pub async fn open(
    http: Http,
    visitor: Visitor,
    headers: &HeaderMap,
    after: Option<i64>,
) -> Result<EventStream<ConversationItem>, Problem> {
    let place = http.watch()?;
    // Subscribed before the first read, so that nothing falls between the two.
    let notices = http.app.store.notices();
    let live = http.app.live.subscribe();
    let ticket = visitor.conversation(&http).await?;
    let last = last_event_id(headers)?.or(after).unwrap_or(0).clamp(0, ticket.version);
    let watch = Watch {
        workspace: visitor.workspace,
        ticket: visitor.ticket,
        store: visitor.store(&http),
        http,
        notices,
        live,
        last,
        caught_up: false,
        told: None,
        ready: VecDeque::new(),
        poll: every(POLL),
        _place: place,
    };
    Ok(EventStream::new(futures::stream::unfold(watch, |mut watch| async move {
        watch.next().await.map(|event| (Ok(event), watch))
    })))
}

struct Watch {
    http: Http,
    workspace: WorkspaceId,
    ticket: TicketId,
    store: WorkspaceStore,
    notices: Receiver<Arc<Notice>>,
    live: Receiver<(WorkspaceId, LiveBody)>,
    /// The version of the last event read.
    last: i64,
    caught_up: bool,
    /// The status and handoff that the visitor was last told.
    told: Option<(TicketStatus, bool)>,
    ready: VecDeque<SseEvent>,
    poll: Interval,
    _place: OwnedSemaphorePermit,
}

impl Watch {
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
                notice = self.notices.recv() => match notice {
                    Ok(notice) if notice.workspace_id == self.workspace => self.notice(&notice)?,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => self.caught_up = false,
                    Err(RecvError::Closed) => return None,
                },
                live = self.live.recv() => match live {
                    Ok((workspace, body)) if workspace == self.workspace => self.live(body)?,
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                },
                _ = self.poll.tick() => self.caught_up = false,
            }
        }
    }

    async fn read(&mut self) -> Option<()> {
        // The ticket first: an event that comes between the two reads is then told by the next one.
        let read = async {
            let ticket = self.store.ticket(self.ticket).await?;
            let events = self.store.events(self.ticket, self.last, PAGE).await?;
            Ok::<_, store::StoreError>((ticket, events))
        };
        let (ticket, events) = match read.await {
            Ok((Some(ticket), events)) => (ticket, events),
            Ok((None, _)) => return None,
            Err(error) => {
                tracing::warn!(%error, "a conversation's stream ends because its events cannot be read");
                return None;
            }
        };
        self.caught_up = i64::try_from(events.len()).is_ok_and(|count| count < PAGE);
        for event in events {
            self.push(event)?;
        }
        if self.caught_up {
            self.tell(&ticket)?;
        }
        Some(())
    }

    fn notice(&mut self, notice: &Notice) -> Option<()> {
        let ours = self.ticket;
        for event in notice.receipt.events.iter().filter(|event| event.ticket_id == ours) {
            if event.version == self.last + 1 {
                self.push(event.clone())?;
            } else if event.version > self.last {
                self.caught_up = false;
                return Some(());
            }
        }
        if let Some(ticket) = notice.receipt.ticket(self.ticket)
            && ticket.version == self.last
        {
            self.tell(&ticket.clone())?;
        }
        Some(())
    }

    fn push(&mut self, event: Event) -> Option<()> {
        self.last = event.version;
        if let EventBody::MessageAdded { message } = event.body
            && let Some(message) = ConversationMessage::of(message)
        {
            self.ready.push_back(
                sse("message", &ConversationItem::Message { message })?.id(event.version.to_string()),
            );
        }
        Some(())
    }

    /// Tells how things stand, when that is new.
    fn tell(&mut self, ticket: &Ticket) -> Option<()> {
        let (status, on) = (ticket.status, ticket.handoff.is_some());
        if self.told.map(|(_, on)| on) != Some(on) {
            self.ready.push_back(sse("handoff", &ConversationItem::Handoff { on })?);
        }
        if self.told.map(|(status, _)| status) != Some(status) {
            self.ready.push_back(sse("status", &ConversationItem::Status { status })?);
        }
        self.told = Some((status, on));
        Some(())
    }

    fn live(&mut self, body: LiveBody) -> Option<()> {
        match body {
            LiveBody::Typing { ticket_id, on, .. } if ticket_id == self.ticket => {
                self.ready.push_back(sse("typing", &ConversationItem::Typing { on })?);
            }
            LiveBody::Delta { ticket_id, message_id, text } if ticket_id == self.ticket => {
                self.ready.push_back(sse("delta", &ConversationItem::Delta { message_id, text })?);
            }
            // What a model writes is not what the customer is told.
            LiveBody::Typing { .. } | LiveBody::Delta { .. } | LiveBody::ModelText { .. } => {}
        }
        Some(())
    }
}
