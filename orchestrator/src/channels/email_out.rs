//! Mail going out: what a commit queued is sent by SMTP, once.
//!
//! A delivery is taken to `sending` by a commit just before its content is handed over. From then
//! on there are three ends: the server's yes, the server's no, and no answer. Without an answer
//! nobody can know whether it was sent, so it is never repeated by itself: it becomes `unknown`, a
//! note says so on the ticket, and a person decides. What fails before the hand-over has not been
//! sent and is tried again, at growing distances.

use std::{sync::Arc, time::Duration};

use domain::{
    EventId, MessageId, WorkspaceId,
    commit::{Commit, CommitError, DeliveryStatus, Op},
    customer::Contact,
    ticket::{Channel, EventBody, Message, NewEvent, Visibility},
    user::Actor,
};
use futures::{StreamExt as _, stream};
use store::{Delivery, Notice, StoreError, WorkspaceStore};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{self, Instant},
};
use tracing::{info, warn};

use super::{
    outgoing,
    smtp::{self, Trouble},
};
use crate::{app::App, breakers::automatic::Pause};

/// How often due mail is looked for when nothing announces it: retries, and mail that another
/// process queued.
const TICK: Duration = Duration::from_secs(1);
/// Mails on their way at once.
const SIDE_BY_SIDE: usize = 8;
/// Deliveries read at once.
const PAGE: i64 = 64;
const FIRST_WAIT: Duration = Duration::from_secs(2);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);
/// How long a server may put one mail off before a person is told.
const GIVE_UP: Duration = Duration::from_secs(3 * 24 * 3600);
/// How often writing down what became of a mail is tried.
const SETTLE_TRIES: u32 = 20;

/// Sends what is due until the service stops. `alone` says that no other process has the database,
/// so that whatever is `sending` was left behind by an earlier one.
pub async fn run(app: Arc<App>, alone: bool) {
    let mut notices = app.store.notices();
    let mut left_behind = alone;
    loop {
        match round(&app, left_behind).await {
            Ok(()) => left_behind = false,
            Err(error) => warn!(%error, "outgoing mail could not be looked through"),
        }
        let next = Instant::now() + TICK;
        loop {
            tokio::select! {
                () = app.stopping() => return,
                () = time::sleep_until(next) => break,
                notice = notices.recv() => match notice {
                    Ok(notice) if !queues_mail(&notice) => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }
}

fn queues_mail(notice: &Notice) -> bool {
    notice.receipt.events.iter().any(|event| {
        matches!(&event.body, EventBody::MessageAdded { message }
            if message.visibility == Visibility::Public
                && matches!(message.author, Actor::Agent { .. } | Actor::User { .. })
                && notice.receipt.ticket(event.ticket_id).is_none_or(|t| t.channel == Channel::Email))
    })
}

async fn round(app: &Arc<App>, left_behind: bool) -> Result<(), StoreError> {
    for workspace in app.store.workspaces().await? {
        let store = app.store.workspace(workspace.id);
        give_up_on_lost(app, &store, left_behind).await?;
        let due = store.due_deliveries(PAGE).await?;
        stream::iter(due)
            .take_until(app.stopping())
            .for_each_concurrent(SIDE_BY_SIDE, |delivery| async {
                let sending = Sending { app, store: &store, workspace: workspace.id, delivery };
                if let Err(error) = sending.go().await {
                    warn!(%error, "a mail could not be worked on");
                }
            })
            .await;
    }
    Ok(())
}

/// What has been `sending` for longer than sending takes was left by a process that died. On an
/// embedded database everything was, at the start.
async fn give_up_on_lost(app: &App, store: &WorkspaceStore, all: bool) -> Result<(), StoreError> {
    let oldest = app.clock.now().minus(smtp::longest(&app.config.email.smtp));
    let mut cursor = None;
    loop {
        let page = store.deliveries(Some(DeliveryStatus::Sending), PAGE, cursor.as_deref()).await?;
        for delivery in page.items {
            if all || delivery.updated_at < oldest {
                let why = "the service ended while it was handing the mail over";
                settle(app, store, &delivery, DeliveryStatus::Unknown, Some(why)).await;
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            return Ok(());
        }
    }
}

struct Sending<'a> {
    app: &'a App,
    store: &'a WorkspaceStore,
    workspace: WorkspaceId,
    delivery: Delivery,
}

impl Sending<'_> {
    async fn go(&self) -> Result<(), StoreError> {
        let built = match self.build().await? {
            Ok(built) => built,
            Err(why) => {
                self.end(DeliveryStatus::Pending, DeliveryStatus::Failed, Some(&why)).await;
                return Ok(());
            }
        };
        if let Err(pause) = self.permit().await {
            self.put_off(&pause).await;
            return Ok(());
        }
        let ready = match smtp::reach(&self.app.config.email.smtp, &built.envelope).await {
            Ok(ready) => ready,
            Err(Trouble::Later(why)) => {
                self.later(DeliveryStatus::Pending, &why).await;
                return Ok(());
            }
            Err(Trouble::Never(why) | Trouble::Unknown(why)) => {
                self.end(DeliveryStatus::Pending, DeliveryStatus::Failed, Some(&why)).await;
                return Ok(());
            }
        };
        // From here on it counts as sent until the server says otherwise.
        let claimed = Instant::now();
        if let Err(error) = self.claim().await {
            info!(%error, delivery = %self.delivery.id, "a mail is left to whoever took it first");
            ready.leave().await;
            return Ok(());
        }
        // Others give it up as lost when this takes too long, and a person may send it again. What is late already,
        // because the database was or the process stood still, is left for later.
        if claimed.elapsed() > smtp::longest(&self.app.config.email.smtp) / 2 {
            ready.leave().await;
            self.later(DeliveryStatus::Sending, "the service took too long to hand it over").await;
            return Ok(());
        }
        match ready.hand_over(&built.content).await {
            Ok(()) => self.end(DeliveryStatus::Sending, DeliveryStatus::Sent, None).await,
            Err(Trouble::Later(why)) => self.later(DeliveryStatus::Sending, &why).await,
            Err(Trouble::Never(why)) => {
                self.end(DeliveryStatus::Sending, DeliveryStatus::Failed, Some(&why)).await
            }
            Err(Trouble::Unknown(why)) => {
                self.end(DeliveryStatus::Sending, DeliveryStatus::Unknown, Some(&why)).await
            }
        }
        Ok(())
    }

    /// The mail, or why there cannot be one.
    async fn build(&self) -> Result<Result<outgoing::Built, String>, StoreError> {
        let Some(ticket) = self.store.ticket(self.delivery.ticket_id).await? else {
            return Ok(Err("its ticket is gone".to_owned()));
        };
        let Some((_, message)) = self.store.message(self.delivery.message_id).await? else {
            return Ok(Err("its message is gone".to_owned()));
        };
        let contact: Option<Contact> = match ticket.contact_id {
            Some(id) => self.store.contact(id).await?,
            None => None,
        };
        let Some(contact) = contact else {
            return Ok(Err("nobody is known to send it to: the ticket has no contact".to_owned()));
        };
        let thread: Vec<Message> = self.store.messages(ticket.id, None).await?;
        let config = &self.app.config.email;
        Ok(outgoing::build(&ticket, &contact, &message, &thread, config, self.app.clock.now()))
    }

    /// For one mail of what the server takes.
    async fn permit(&self) -> Result<(), Pause> {
        // It was read when the service started.
        let rate = self.app.config.email.smtp.limit().unwrap_or_default();
        self.app.outside.mail(rate).await
    }

    /// Not tried: the server takes no more for now.
    async fn put_off(&self, pause: &Pause) {
        let op = Op::ChangeDelivery {
            id: self.delivery.id,
            from: DeliveryStatus::Pending,
            status: DeliveryStatus::Pending,
            error: Some(pause.why.clone()),
            at: self.app.clock.now(),
            next_attempt_at: Some(pause.until),
        };
        write(self.store, Commit { ops: vec![op] }).await;
    }

    async fn claim(&self) -> Result<(), CommitError> {
        let op = Op::ChangeDelivery {
            id: self.delivery.id,
            from: DeliveryStatus::Pending,
            status: DeliveryStatus::Sending,
            error: None,
            at: self.app.clock.now(),
            next_attempt_at: None,
        };
        self.store.commit(Commit { ops: vec![op] }).await.map(|_| ())
    }

    /// Not sent; again after twice the last wait, with some jitter.
    async fn later(&self, from: DeliveryStatus, why: &str) {
        let now = self.app.clock.now();
        // A server that cannot be reached says nothing about the mail; one that keeps putting the
        // mail itself off does.
        if from == DeliveryStatus::Sending && now.since(self.delivery.created_at) > GIVE_UP {
            self.end(from, DeliveryStatus::Failed, Some(&format!("given up after three days: {why}"))).await;
            return;
        }
        let last =
            self.delivery.next_attempt_at.map_or(Duration::ZERO, |next| next.since(self.delivery.updated_at));
        let wait = (last * 2).clamp(FIRST_WAIT, LONGEST_WAIT).mul_f64(1.0 + self.app.ids.fraction() / 10.0);
        warn!(delivery = %self.delivery.id, workspace = %self.workspace, why, wait_ms = wait.as_millis(), "a mail has to wait");
        metrics::counter!("countersign_mail_sent_total", "result" => "later").increment(1);
        let op = Op::ChangeDelivery {
            id: self.delivery.id,
            from,
            status: DeliveryStatus::Pending,
            error: Some(why.to_owned()),
            at: now,
            next_attempt_at: Some(now.plus(wait)),
        };
        write(self.store, Commit { ops: vec![op] }).await;
    }

    async fn end(&self, from: DeliveryStatus, to: DeliveryStatus, why: Option<&str>) {
        let delivery = Delivery { status: from, ..self.delivery.clone() };
        settle(self.app, self.store, &delivery, to, why).await;
    }
}

/// Writes down what became of a mail, and tells people about it on the ticket unless it was sent.
async fn settle(
    app: &App,
    store: &WorkspaceStore,
    delivery: &Delivery,
    to: DeliveryStatus,
    why: Option<&str>,
) {
    let now = app.clock.now();
    let change = Op::ChangeDelivery {
        id: delivery.id,
        from: delivery.status,
        status: to,
        error: why.map(str::to_owned),
        at: now,
        next_attempt_at: None,
    };
    let mut ops = vec![change];
    if let Some(why) = why {
        let event = |body| NewEvent {
            id: EventId::new(&*app.ids),
            idempotency_key: None,
            actor: Actor::System,
            body,
            at: now,
        };
        let (note, reason, summary) = told(to, why);
        let message = Message {
            id: MessageId::new(&*app.ids),
            author: Actor::System,
            visibility: Visibility::Internal,
            body: note,
            sources: Vec::new(),
            attachments: Vec::new(),
            email: None,
            model: None,
            redacted: None,
            mentions: Vec::new(),
            findings: Vec::new(),
            body_html: None,
            at: now,
        };
        let events =
            vec![event(EventBody::MessageAdded { message }), event(EventBody::escalated(reason, summary))];
        ops.push(Op::Append { ticket_id: delivery.ticket_id, events });
        warn!(delivery = %delivery.id, status = to.as_str(), why, "a mail did not go out as it should");
    } else {
        info!(delivery = %delivery.id, "a mail was sent");
    }
    metrics::counter!("countersign_mail_sent_total", "result" => to.as_str()).increment(1);
    write(store, Commit { ops }).await;
}

/// A note with the cause, and the call for a person with its reason.
fn told(to: DeliveryStatus, why: &str) -> (String, String, String) {
    let (what, todo) = if to == DeliveryStatus::Unknown {
        (
            "It is not known whether the last answer reached the customer",
            "It is not sent again by itself, because it may have arrived. Ask the customer, or send it again from the list of deliveries.",
        )
    } else {
        (
            "The last answer could not be sent",
            "Put the cause right and send it again from the list of deliveries.",
        )
    };
    (format!("{what}: {why}. {todo}"), format!("{what}."), format!("{why}. {todo}"))
}

/// Writes until it is written or cannot be. What cannot be is found again as `sending`.
async fn write(store: &WorkspaceStore, commit: Commit) {
    for n in 0..SETTLE_TRIES {
        match store.commit(commit.clone()).await {
            Ok(_) => return,
            Err(error @ (CommitError::Busy { .. } | CommitError::Unavailable(_))) => {
                warn!(%error, "what became of a mail could not be written yet");
                time::sleep(Duration::from_millis(100) * (n + 1)).await;
            }
            Err(error) => {
                warn!(%error, "what became of a mail was not written");
                return;
            }
        }
    }
}
