//! The live stream of one conversation, for its visitor.
//!
//! Public messages are complete, in order and resumable by the ticket's version. How things stand
//! (status, handoff) is told on connecting and when it changes, so a reconnect loses neither.
//!
//! An agent's answer that arrives while somebody watches comes in pieces first, as if it were being
//! written: it has passed the gate whole by then. The message after them is the truth; whoever
//! comes later, or watches another process, gets that alone.

use std::{collections::VecDeque, sync::Arc, time::Duration};

use axum::{http::HeaderMap, response::sse::Event as SseEvent};
use domain::{
    MessageId, TicketId, WorkspaceId,
    ticket::{Event, EventBody, Message, Ticket, TicketStatus, Visibility},
    user::Actor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Notice, WorkspaceStore};
use tokio::{
    sync::{
        OwnedSemaphorePermit,
        broadcast::{Receiver, error::RecvError},
    },
    time,
};

use super::{
    Http,
    conversations::ConversationMessage,
    problem::Problem,
    stream::{EventStream, Looks, PAGE, last_event_id, sse},
    visitor::Visitor,
};
use crate::live::LiveBody;

/// How often the store is asked for events of other processes.
const POLL: Duration = Duration::from_secs(3);
/// Between two pieces of an answer.
const PACE: Duration = Duration::from_millis(15);
/// Pieces of one answer, about: all of them take a second at most.
const PIECES: usize = 60;
/// Characters of a piece at least: a word or two.
const PIECE: usize = 10;

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
    let looks = Looks::every(POLL, visitor.workspace, http.app.store.words());
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
        looks,
        _place: place,
    };
    Ok(EventStream::new(futures::stream::unfold(watch, |mut watch| async move {
        watch.next().await.map(|event| (Ok(event), watch))
    })))
}

/// What is to be sent next.
enum Ready {
    Now(SseEvent),
    /// A piece of an answer, a moment after what was sent before it.
    Piece(SseEvent),
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
    ready: VecDeque<Ready>,
    looks: Looks,
    _place: OwnedSemaphorePermit,
}

impl Watch {
    async fn next(&mut self) -> Option<SseEvent> {
        loop {
            match self.ready.pop_front() {
                Some(Ready::Now(event)) => return Some(event),
                Some(Ready::Piece(event)) => {
                    tokio::select! {
                        () = self.http.app.stopping() => return None,
                        () = time::sleep(PACE) => return Some(event),
                    }
                }
                None => {}
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
                () = self.looks.due() => self.caught_up = false,
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
                if let EventBody::MessageAdded { message } = &event.body {
                    self.pieces(message)?;
                }
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
            let sent = sse("message", &ConversationItem::Message { message })?.id(event.version.to_string());
            self.ready.push_back(Ready::Now(sent));
        }
        Some(())
    }

    fn say(&mut self, name: &'static str, item: &ConversationItem) -> Option<()> {
        self.ready.push_back(Ready::Now(sse(name, item)?));
        Some(())
    }

    /// An agent's answer, as if it were being written.
    fn pieces(&mut self, message: &Message) -> Option<()> {
        if !matches!(message.author, Actor::Agent { .. }) || message.visibility == Visibility::Internal {
            return Some(());
        }
        for text in pieces(&message.body) {
            let item = ConversationItem::Delta { message_id: message.id, text: text.to_owned() };
            self.ready.push_back(Ready::Piece(sse("delta", &item)?));
        }
        Some(())
    }

    /// Tells how things stand, when that is new.
    fn tell(&mut self, ticket: &Ticket) -> Option<()> {
        let (status, on) = (ticket.status, ticket.handoff.is_some());
        if self.told.map(|(_, on)| on) != Some(on) {
            self.say("handoff", &ConversationItem::Handoff { on })?;
        }
        if self.told.map(|(status, _)| status) != Some(status) {
            self.say("status", &ConversationItem::Status { status })?;
        }
        self.told = Some((status, on));
        Some(())
    }

    fn live(&mut self, body: LiveBody) -> Option<()> {
        match body {
            LiveBody::Typing { ticket_id, on, .. } if ticket_id == self.ticket => {
                self.say("typing", &ConversationItem::Typing { on })?;
            }
            // What a model writes is not what the customer is told.
            _ => {}
        }
        Some(())
    }
}

/// The text in pieces that end after a word, of whatever size makes about [`PIECES`] of them. Put
/// together they are the text.
fn pieces(text: &str) -> Vec<&str> {
    let least = text.chars().count().div_ceil(PIECES).max(PIECE);
    let mut pieces = Vec::new();
    let (mut start, mut length) = (0, 0);
    for (at, c) in text.char_indices() {
        length += 1;
        // Not every script has spaces between its words.
        if (length >= least && c.is_whitespace()) || length >= least * 3 {
            let end = at + c.len_utf8();
            pieces.push(&text[start..end]);
            (start, length) = (end, 0);
        }
    }
    if start < text.len() {
        pieces.push(&text[start..]);
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_the_text_and_never_more_than_a_second_of_them() {
        let long = "A sentence about tents and their poles. ".repeat(500);
        for text in
            ["", "Yes.", "On its way, dear.\n\n- one\n- two", &long, &"森".repeat(9_000), &"é ".repeat(3_000)]
        {
            let pieces = pieces(text);
            assert_eq!(pieces.concat(), text);
            assert!(pieces.len() <= PIECES + 1, "{} of {}", pieces.len(), text.len());
            assert!(pieces.iter().all(|piece| !piece.is_empty()));
        }
        assert!(PACE * (PIECES as u32 + 1) <= Duration::from_secs(1));
        assert_eq!(pieces("Your order is on its way."), ["Your order ", "is on its ", "way."]);
    }
}
