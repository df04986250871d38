//! The one way in: messages, changes and decisions from every channel become commits here.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::{
    ApprovalId, Clock, ContactId, CustomerId, DecisionId, EventId, Ids, MessageId, RunId, TicketId,
    Timestamp, UserId, WorkspaceId,
    approval::{Decision, DecisionKind},
    canonical::Digest,
    commit::{Commit, CommitError, NewRun, Op, Receipt},
    customer::{Contact, Customer},
    excerpt::cut,
    paper::{self, PaperCall},
    standing::Standing,
    tending::Tending,
    ticket::{
        AttachmentRef, Channel, EmailHeaders, EventBody, Message, NewEvent, Priority, TicketStatus,
        Visibility,
    },
    user::{Actor, User},
};
use serde_json::Value;
use store::{Store, StoreError};

/// Longest message body in characters; longer ones are refused, not cut.
pub const MAX_BODY_CHARS: usize = 100_000;
/// Longest subject in characters; longer ones are cut, because mail subjects are not in our hands.
pub const MAX_SUBJECT_CHARS: usize = 300;

/// How somebody decides.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// For so long the person may take it back, and nothing is done.
    pub undo: Duration,
    /// By the link in a mail about it.
    pub by_link: bool,
}

#[derive(Clone)]
pub struct Intake {
    store: Store,
    catalog: tools::Catalog,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
}

/// A new support case with its first message.
#[derive(Clone, Debug)]
pub struct NewTicket {
    pub channel: Channel,
    pub subject: String,
    pub priority: Priority,
    pub contact: Option<(CustomerId, ContactId)>,
    pub contact_name: String,
    pub body: String,
    pub attachments: Vec<AttachmentRef>,
    pub email: Option<EmailHeaders>,
    pub idempotency_key: Option<String>,
    /// Who hands it in; the message itself is always the customer's.
    pub actor: Actor,
}

/// A further message of the customer.
#[derive(Clone, Debug)]
pub struct NewMessage {
    pub author_name: String,
    pub contact_id: Option<ContactId>,
    pub body: String,
    pub attachments: Vec<AttachmentRef>,
    pub email: Option<EmailHeaders>,
    pub idempotency_key: Option<String>,
}

impl Intake {
    pub fn new(store: Store, catalog: tools::Catalog, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Self { store, catalog, clock, ids }
    }

    /// Creates the ticket, its first message and the run that works on it, in one transaction.
    pub async fn open_ticket(&self, workspace: WorkspaceId, new: NewTicket) -> Result<Receipt, CommitError> {
        self.open_ticket_with(workspace, new, Vec::new()).await
    }

    /// The same, with what else is known of it from the beginning, and by whom.
    pub async fn open_ticket_with(
        &self,
        workspace: WorkspaceId,
        new: NewTicket,
        known: Vec<(Actor, EventBody)>,
    ) -> Result<Receipt, CommitError> {
        check_body(&new.body)?;
        let ticket_id = TicketId::new(&*self.ids);
        let (customer_id, contact_id) = new.contact.unzip();
        let customer = Actor::Customer { contact_id, name: new.contact_name };
        let subject = match new.subject.trim() {
            "" => subject_of(&new.body),
            subject => cut(subject, MAX_SUBJECT_CHARS),
        };
        let created = self.event(
            new.actor,
            EventBody::Created {
                channel: new.channel,
                subject,
                priority: new.priority,
                customer_id,
                contact_id,
            },
            new.idempotency_key,
        );
        let message =
            self.message(customer.clone(), new.body, Visibility::Public, new.attachments, new.email);
        let mut events = vec![created, self.event(customer, EventBody::MessageAdded { message }, None)];
        events.extend(known.into_iter().map(|(actor, body)| self.event(actor, body, None)));
        let ops = vec![Op::Append { ticket_id, events }, Op::EnsureRun(self.run(ticket_id, new.channel))];
        self.store.workspace(workspace).commit(Commit { ops }).await
    }

    /// Appends what the customer wrote and makes sure that a run sees it.
    pub async fn customer_message(
        &self,
        workspace: WorkspaceId,
        ticket_id: TicketId,
        new: NewMessage,
    ) -> Result<Receipt, CommitError> {
        check_body(&new.body)?;
        let channel = self.channel(workspace, ticket_id).await?;
        let author = Actor::Customer { contact_id: new.contact_id, name: new.author_name };
        let message = self.message(author.clone(), new.body, Visibility::Public, new.attachments, new.email);
        let said = self.event(author, EventBody::MessageAdded { message }, new.idempotency_key);
        let ops =
            vec![Op::Append { ticket_id, events: vec![said] }, Op::EnsureRun(self.run(ticket_id, channel))];
        self.store.workspace(workspace).commit(Commit { ops }).await
    }

    /// A reply or a private note by a person.
    pub async fn staff_message(
        &self,
        workspace: WorkspaceId,
        ticket_id: TicketId,
        user: &User,
        body: String,
        visibility: Visibility,
        idempotency_key: Option<String>,
    ) -> Result<Receipt, CommitError> {
        let said = (body, visibility, Vec::new());
        self.staff_message_naming(workspace, ticket_id, user, said, idempotency_key).await
    }

    /// The same, in a note with colleagues whom it names.
    pub async fn staff_message_naming(
        &self,
        workspace: WorkspaceId,
        ticket_id: TicketId,
        user: &User,
        (body, visibility, mentions): (String, Visibility, Vec<UserId>),
        idempotency_key: Option<String>,
    ) -> Result<Receipt, CommitError> {
        check_body(&body)?;
        let author = Actor::User { user_id: user.id, name: user.name.clone() };
        let message =
            Message { mentions, ..self.message(author.clone(), body, visibility, Vec::new(), None) };
        let compared = match visibility {
            Visibility::Public => self.compared_by(workspace, ticket_id, &message.body).await?,
            Visibility::Internal => Vec::new(),
        };
        let mut events = vec![self.event(author, EventBody::MessageAdded { message }, idempotency_key)];
        events.extend(compared.into_iter().map(|body| self.event(Actor::System, body, None)));
        let ops = vec![Op::Append { ticket_id, events }];
        self.store.workspace(workspace).commit(Commit { ops }).await
    }

    /// How replies on paper to which nobody wrote before compare with what a person is about to write. With other words
    /// it counts against the agent until somebody says that it came to the same: what nobody looks at must not
    /// make the record better than it is.
    async fn compared_by(
        &self,
        workspace: WorkspaceId,
        ticket_id: TicketId,
        body: &str,
    ) -> Result<Vec<EventBody>, CommitError> {
        let store = self.store.workspace(workspace);
        let open = |call: &PaperCall| call.comparison.is_none() && call.reply().is_some();
        let calls = store.paper_calls(ticket_id).await.map_err(unavailable)?;
        let calls: Vec<PaperCall> = calls.into_iter().filter(open).collect();
        let Some(earliest) = calls.iter().map(|call| call.version).min() else { return Ok(Vec::new()) };
        let since = store.messages_with_versions(ticket_id, Some(earliest)).await.map_err(unavailable)?;
        let answered = |call: &PaperCall| {
            since.iter().any(|(version, message)| *version > call.version && paper::answers(message))
        };
        let compared = |call: PaperCall| {
            let same = call.reply().is_some_and(|reply| paper::same_words(reply, body));
            call.compared(same)
        };
        Ok(calls.into_iter().filter(|call| !answered(call)).map(compared).collect())
    }

    /// What a person says of a call on paper: whether they did the same.
    pub async fn compare(
        &self,
        workspace: WorkspaceId,
        call: &PaperCall,
        by: Actor,
        same: bool,
    ) -> Result<Receipt, CommitError> {
        self.change_ticket(workspace, call.ticket_id, by, vec![call.compared(same)]).await
    }

    /// Something reported from outside; the agent looks at it.
    pub async fn external_event(
        &self,
        workspace: WorkspaceId,
        ticket_id: TicketId,
        name: String,
        data: Value,
        idempotency_key: Option<String>,
        actor: Actor,
    ) -> Result<Receipt, CommitError> {
        let channel = self.channel(workspace, ticket_id).await?;
        let event = self.event(actor, EventBody::External { name, data }, idempotency_key);
        let ops =
            vec![Op::Append { ticket_id, events: vec![event] }, Op::EnsureRun(self.run(ticket_id, channel))];
        self.store.workspace(workspace).commit(Commit { ops }).await
    }

    /// Changes that no agent needs to see: status, tags, fields, assignee.
    pub async fn change_ticket(
        &self,
        workspace: WorkspaceId,
        ticket_id: TicketId,
        actor: Actor,
        changes: Vec<EventBody>,
    ) -> Result<Receipt, CommitError> {
        let events = changes.into_iter().map(|body| self.event(actor.clone(), body, None)).collect();
        let ops = vec![Op::Append { ticket_id, events }];
        self.store.workspace(workspace).commit(Commit { ops }).await
    }

    /// Takes a person's decision. Edited arguments are checked against the tool before anything is
    /// written; the gate judges them again before they run.
    pub async fn decide(
        &self,
        workspace: WorkspaceId,
        approval_id: ApprovalId,
        by: Standing,
        digest: Digest,
        kind: DecisionKind,
    ) -> Result<Receipt, CommitError> {
        self.decide_with_undo(workspace, approval_id, by, digest, kind, Duration::ZERO).await
    }

    /// The same; for so long the person may take it back, and nothing is done.
    pub async fn decide_with_undo(
        &self,
        workspace: WorkspaceId,
        approval_id: ApprovalId,
        by: Standing,
        digest: Digest,
        kind: DecisionKind,
        undo: Duration,
    ) -> Result<Receipt, CommitError> {
        let manner = Manner { undo, by_link: false };
        self.decide_in(workspace, approval_id, by, digest, kind, manner).await
    }

    pub async fn decide_in(
        &self,
        workspace: WorkspaceId,
        approval_id: ApprovalId,
        by: Standing,
        digest: Digest,
        kind: DecisionKind,
        Manner { undo, by_link }: Manner,
    ) -> Result<Receipt, CommitError> {
        let words = match &kind {
            DecisionKind::Approve | DecisionKind::Edit { .. } => None,
            DecisionKind::Reject { reason } => Some(("reason", reason)),
            DecisionKind::Respond { message } => Some(("message", message)),
            DecisionKind::Escalate { reason } => Some(("reason", reason)),
        };
        if let Some((name, text)) = words
            && (text.trim().is_empty() || text.chars().count() > 5_000)
        {
            return Err(CommitError::Conflict(format!("give a {name} of 1 to 5000 characters")));
        }
        let store = self.store.workspace(workspace);
        if let DecisionKind::Edit { args } = &kind {
            let approval = store
                .approval(approval_id)
                .await
                .map_err(unavailable)?
                .ok_or_else(|| CommitError::NotFound(format!("approval {approval_id}")))?;
            approval.asks(&by, self.clock.now())?;
            let name = &approval.binding.call.tool;
            let tool = self.catalog.get(name).ok_or_else(|| {
                CommitError::Conflict(format!(
                    "the tool {name} is not available now, so its arguments cannot be checked"
                ))
            })?;
            tool.validate(args).map_err(|error| CommitError::Conflict(error.to_string()))?;
        }
        let at = self.clock.now();
        let decision = Decision {
            id: DecisionId::new(&*self.ids),
            approval_id,
            user_id: by.user_id,
            role: by.role.clone(),
            digest,
            kind,
            at,
            undo_until: (!undo.is_zero()).then(|| at.plus(undo)),
            by_link,
        };
        store.commit(Commit { ops: vec![Op::Decide(Box::new(decision), Box::new(by))] }).await
    }

    /// Takes a person's own decision back while nothing has come of it.
    pub async fn take_back(
        &self,
        workspace: WorkspaceId,
        approval_id: ApprovalId,
        by: UserId,
    ) -> Result<Receipt, CommitError> {
        let op = Op::TakeBack { approval_id, by, at: self.clock.now() };
        self.store.workspace(workspace).commit(Commit { ops: vec![op] }).await
    }

    /// Changes whose an approval is, or when it comes up again.
    pub async fn tend(
        &self,
        workspace: WorkspaceId,
        approval_id: ApprovalId,
        tending: Tending,
        by: UserId,
    ) -> Result<Receipt, CommitError> {
        let op = Op::Tend { approval_id, tending, by: Some(by), at: self.clock.now() };
        self.store.workspace(workspace).commit(Commit { ops: vec![op] }).await
    }

    /// The contact with this address and its customer, both made when there is none.
    pub async fn identify(
        &self,
        workspace: WorkspaceId,
        email: &str,
        name: &str,
    ) -> Result<(Customer, Contact), StoreError> {
        let email = email.trim().to_lowercase();
        let store = self.store.workspace(workspace);
        if let Some(known) = store.people_by_email(&email).await? {
            return Ok(known);
        }
        let now = self.clock.now();
        let name = match name.trim() {
            "" => email.split('@').next().unwrap_or(&email).to_owned(),
            name => cut(name, 200),
        };
        let customer = Customer {
            id: CustomerId::new(&*self.ids),
            name: name.clone(),
            tier: "standard".to_owned(),
            locale: "en".to_owned(),
            fields: BTreeMap::new(),
            created_at: now,
            updated_at: now,
        };
        let contact = Contact {
            id: ContactId::new(&*self.ids),
            customer_id: customer.id,
            name,
            email: email.clone(),
            created_at: now,
        };
        match store.create_customer(customer.clone(), contact.clone()).await {
            Ok(()) => Ok((customer, contact)),
            // Somebody made the same contact meanwhile.
            Err(error) => store.people_by_email(&email).await?.ok_or(error),
        }
    }

    /// A follow-up is due: an agent looks at the ticket again, with the note.
    pub async fn follow_up_due(
        &self,
        workspace: WorkspaceId,
        ticket_id: TicketId,
        note: String,
        key: String,
    ) -> Result<Receipt, CommitError> {
        let channel = self.channel(workspace, ticket_id).await?;
        let due = self.event(Actor::System, EventBody::FollowUpDue { note }, Some(key));
        let ops =
            vec![Op::Append { ticket_id, events: vec![due] }, Op::EnsureRun(self.run(ticket_id, channel))];
        self.store.workspace(workspace).commit(Commit { ops }).await
    }

    /// Sets the status with a reason.
    pub async fn set_status(
        &self,
        workspace: WorkspaceId,
        ticket_id: TicketId,
        actor: Actor,
        status: TicketStatus,
        reason: String,
    ) -> Result<Receipt, CommitError> {
        self.change_ticket(workspace, ticket_id, actor, vec![EventBody::StatusChanged { status, reason }])
            .await
    }

    async fn channel(&self, workspace: WorkspaceId, ticket_id: TicketId) -> Result<Channel, CommitError> {
        let ticket = self.store.workspace(workspace).ticket(ticket_id).await.map_err(unavailable)?;
        ticket.map(|t| t.channel).ok_or_else(|| CommitError::NotFound(format!("ticket {ticket_id}")))
    }

    fn run(&self, ticket_id: TicketId, channel: Channel) -> NewRun {
        run_of(RunId::new(&*self.ids), ticket_id, channel, self.clock.now())
    }

    fn event(&self, actor: Actor, body: EventBody, idempotency_key: Option<String>) -> NewEvent {
        NewEvent { id: EventId::new(&*self.ids), idempotency_key, actor, body, at: self.clock.now() }
    }

    fn message(
        &self,
        author: Actor,
        body: String,
        visibility: Visibility,
        attachments: Vec<AttachmentRef>,
        email: Option<EmailHeaders>,
    ) -> Message {
        Message {
            id: MessageId::new(&*self.ids),
            author,
            visibility,
            body,
            sources: Vec::new(),
            attachments,
            email,
            model: None,
            redacted: None,
            mentions: Vec::new(),
            findings: Vec::new(),
            body_html: None,
            at: self.clock.now(),
        }
    }
}

fn unavailable(error: StoreError) -> CommitError {
    CommitError::Unavailable(error.to_string())
}

fn check_body(body: &str) -> Result<(), CommitError> {
    if body.trim().is_empty() {
        return Err(CommitError::Conflict("the message is empty".to_owned()));
    }
    if body.chars().count() > MAX_BODY_CHARS {
        return Err(CommitError::Conflict(format!("the message is longer than {MAX_BODY_CHARS} characters")));
    }
    Ok(())
}

/// A subject from a message that came without one: its first line, cut at a word.
fn subject_of(body: &str) -> String {
    let line = body.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("No subject");
    cut(line, 80)
}

/// The run that works on what came in a ticket.
pub(crate) fn run_of(id: RunId, ticket_id: TicketId, channel: Channel, at: Timestamp) -> NewRun {
    NewRun {
        id,
        ticket_id: Some(ticket_id),
        about: None,
        asked: None,
        errand: None,
        agent: agents::resolution::NAME.to_owned(),
        // Somebody in a chat is watching the clock.
        priority: if channel == Channel::Chat { 10 } else { 0 },
        wake_at: None,
        at,
    }
}
