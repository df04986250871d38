//! Fills the demo workspace: its staff, articles, customers, orders and two weeks of tickets.
//!
//! Nothing pretends to be an agent's work that is not: the tickets that shall wait for a decision
//! are written up to the customer's last word with a run in the queue, and as soon as the engine
//! runs, the real agent looks up the order in the real shop and proposes the refund itself.
//!
//! Seeding may be interrupted and repeated: each part skips what is there. The owner's account is
//! written last; once it exists, the workspace is left alone.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::Arc,
    time::Duration,
};

use domain::{
    Clock, ContactId, CustomerId, EventId, Ids, MessageId, RunId, TicketId, Timestamp, UserId, WorkspaceId,
    commit::{Commit, CommitError, NewRun, Op},
    customer::{Contact, Customer},
    knowledge::{Citation, RetrieveError, Retriever as _, Scope},
    ticket::{Channel, EmailHeaders, EventBody, Message, NewEvent, TicketStatus, Visibility},
    user::{Actor, Role, User},
};
use rag::{Knowledge, MAX_PASSAGES, RagError, lexical::Analyzer, vectors::IndexError};
use serde_json::json;
use store::{Store, StoreError, WorkspaceStore};
use thiserror::Error;

use super::{
    content,
    content::State,
    plan::{Entry, Plan, PlannedTicket, Who},
    shop::{Shop, ShopError},
};

pub const SLUG: &str = "northfold";
pub const NAME: &str = "Northfold Outdoor";
/// The agent that wrote the answers of the past and works on the waiting ones.
const AGENT: &str = "resolution";
const SUPPORT_EMAIL: &str = "help@northfold.example";
const QUOTE_CHARS: usize = 300;

#[derive(Debug, Error)]
pub enum SeedError {
    #[error("the demo content in {file} is not usable: {why}")]
    Content { file: String, why: String },
    #[error("the demo article is not usable: {0}")]
    Article(#[from] RagError),
    #[error("the demo workspace cannot be written: {0}")]
    Store(#[from] StoreError),
    #[error("a demo ticket cannot be written: {0}")]
    Ticket(#[from] CommitError),
    #[error("the demo shop cannot be filled: {0}")]
    Shop(#[from] ShopError),
    #[error("the demo articles cannot be made searchable: {0}")]
    Index(#[from] IndexError),
    #[error("the sources of a demo ticket cannot be looked up: {0}")]
    Sources(#[from] RetrieveError),
}

/// How to seed.
pub struct SeedOptions<'a> {
    /// The same seed gives the same people, orders and tickets.
    pub seed: u64,
    /// Argon2 hash of the password that all seeded staff share; not looked at when [`is_seeded`].
    pub password_hash: &'a str,
    /// Told after every piece, for a progress bar.
    pub progress: &'a (dyn Fn(Progress) + Send + Sync),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// `articles`, `orders`, `customers`, `tickets`.
    pub stage: &'static str,
    pub done: usize,
    pub total: usize,
}

/// What the workspace holds after seeding.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SeedReport {
    pub workspace_id: WorkspaceId,
    /// False when it had been seeded before; the counts are zero then.
    pub seeded: bool,
    pub staff: usize,
    pub articles: usize,
    pub chunks: usize,
    pub customers: usize,
    pub orders: usize,
    pub tickets: usize,
    /// Tickets whose agent starts as soon as the engine runs.
    pub runs: usize,
}

impl fmt::Display for SeedReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.seeded {
            return f.write_str("it was seeded before and is left as it is");
        }
        write!(
            f,
            "{} staff, {} articles in {} passages, {} customers, {} orders, {} tickets of which the agent takes up {}",
            self.staff, self.articles, self.chunks, self.customers, self.orders, self.tickets, self.runs
        )
    }
}

/// Whether seeding has been done, to its end.
pub async fn is_seeded(store: &Store) -> Result<bool, SeedError> {
    let staff = content::shop()?.staff;
    for owner in staff.iter().filter(|staff| staff.role == Role::Owner) {
        if store.account_by_email(&owner.email).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Seeds the workspace `northfold` unless it is there. `knowledge` holds the articles afterwards.
pub async fn seed(
    store: &Store,
    knowledge: &Knowledge,
    shop: &Shop,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    options: &SeedOptions<'_>,
) -> Result<SeedReport, SeedError> {
    let now = clock.now();
    let plan = Plan::demo(options.seed, now)?;
    let (owners, others): (Vec<_>, Vec<_>) =
        plan.staff.iter().cloned().partition(|staff| staff.role == Role::Owner);
    let workspace = match store.workspaces().await?.into_iter().find(|workspace| workspace.slug == SLUG) {
        Some(workspace) => workspace,
        None => store.create_workspace(SLUG, NAME).await?,
    };
    let mut seeding = Seeding {
        desk: store.workspace(workspace.id),
        knowledge,
        ids: &*ids,
        now,
        options,
        staff: HashMap::new(),
        contacts: Vec::new(),
    };
    let mut report = SeedReport {
        workspace_id: workspace.id,
        seeded: false,
        staff: 0,
        articles: 0,
        chunks: 0,
        customers: 0,
        orders: 0,
        tickets: 0,
        runs: 0,
    };
    if is_seeded(store).await? {
        return Ok(report);
    }
    (report.articles, report.chunks) = seeding.articles().await?;
    seeding.tell("orders", 0, plan.orders.len());
    shop.put_orders(&plan.orders).await?;
    seeding.tell("orders", plan.orders.len(), plan.orders.len());
    seeding.staff(&others).await?;
    seeding.customers(&plan).await?;
    report.runs = seeding.tickets(&plan).await?;
    seeding.staff(&owners).await?;
    Ok(SeedReport {
        seeded: true,
        staff: plan.staff.len(),
        customers: plan.customers.len(),
        orders: plan.orders.len(),
        tickets: plan.tickets.len(),
        ..report
    })
}

struct Seeding<'a> {
    desk: WorkspaceStore,
    knowledge: &'a Knowledge,
    ids: &'a dyn Ids,
    now: Timestamp,
    options: &'a SeedOptions<'a>,
    /// By email address.
    staff: HashMap<String, User>,
    /// In the plan's order.
    contacts: Vec<(CustomerId, ContactId)>,
}

impl Seeding<'_> {
    fn tell(&self, stage: &'static str, done: usize, total: usize) {
        (self.options.progress)(Progress { stage, done, total });
    }

    async fn articles(&self) -> Result<(usize, usize), SeedError> {
        let articles = content::articles()?;
        let written = self.now.minus(Duration::from_secs(45 * 24 * 60 * 60));
        for (at, (slug, markdown)) in articles.iter().enumerate() {
            if self.desk.document_by_slug(slug).await?.is_none() {
                let (document, chunks) = rag::prepare(slug, markdown, None, self.ids, written)?;
                self.desk.put_document(document, chunks, Actor::System).await?;
            }
            self.tell("articles", at + 1, articles.len());
        }
        for (document, chunks) in self.desk.all_chunks().await? {
            self.knowledge.put(self.desk.id(), document, chunks).await?;
        }
        Ok((articles.len(), self.knowledge.chunk_count(self.desk.id())))
    }

    async fn staff(&mut self, staff: &[content::Staff]) -> Result<(), SeedError> {
        let known = self.desk.users().await?;
        for member in staff {
            let user = match known.iter().find(|user| user.email == member.email) {
                Some(user) => user.clone(),
                None => {
                    let user = User {
                        id: UserId::new(self.ids),
                        email: member.email.clone(),
                        name: member.name.clone(),
                        role: member.role.clone(),
                        title: member.title.clone(),
                        created_at: self.now,
                        deactivated_at: None,
                    };
                    self.desk.create_user(user.clone(), self.options.password_hash.to_owned()).await?;
                    user
                }
            };
            self.staff.insert(user.email.clone(), user);
        }
        Ok(())
    }

    async fn customers(&mut self, plan: &Plan) -> Result<(), SeedError> {
        for (at, planned) in plan.customers.iter().enumerate() {
            let ids = match self.desk.people_by_email(&planned.email).await? {
                Some((_, contact)) => (contact.customer_id, contact.id),
                None => {
                    let (customer_id, contact_id) = (CustomerId::new(self.ids), ContactId::new(self.ids));
                    let customer = Customer {
                        id: customer_id,
                        name: planned.name.clone(),
                        tier: planned.tier.clone(),
                        locale: planned.locale.clone(),
                        fields: planned.fields(),
                        created_at: planned.since,
                        updated_at: planned.since,
                    };
                    let contact = Contact {
                        id: contact_id,
                        customer_id,
                        name: planned.name.clone(),
                        email: planned.email.clone(),
                        created_at: planned.since,
                    };
                    self.desk.create_customer(customer, contact).await?;
                    (customer_id, contact_id)
                }
            };
            self.contacts.push(ids);
            self.tell("customers", at + 1, plan.customers.len());
        }
        Ok(())
    }

    /// Writes each ticket in one commit; returns how many runs wait for the engine.
    async fn tickets(&self, plan: &Plan) -> Result<usize, SeedError> {
        let mut runs = 0;
        for (at, ticket) in plan.tickets.iter().enumerate() {
            let commit = self.ticket(plan, ticket).await?;
            runs += usize::from(ticket.state == State::Agent);
            match self.desk.commit(commit).await {
                Ok(_) | Err(CommitError::Duplicate { .. }) => {}
                Err(error) => return Err(error.into()),
            }
            self.tell("tickets", at + 1, plan.tickets.len());
        }
        Ok(runs)
    }

    async fn ticket(&self, plan: &Plan, ticket: &PlannedTicket) -> Result<Commit, SeedError> {
        let planned = &plan.customers[ticket.customer];
        let (customer_id, contact_id) = self.contacts[ticket.customer];
        let ticket_id = TicketId::new(self.ids);
        let mut history = History {
            seeding: self,
            customer: Actor::Customer { contact_id: Some(contact_id), name: planned.name.clone() },
            agent: Actor::Agent { agent: AGENT.to_owned(), run_id: RunId::new(self.ids) },
            email: &planned.email,
            ticket,
            mails: Vec::new(),
            events: Vec::new(),
        };
        history.write(customer_id, contact_id).await?;
        let mut ops = vec![Op::Append { ticket_id, events: history.events }];
        if ticket.state == State::Agent {
            ops.push(Op::EnsureRun(NewRun {
                id: RunId::new(self.ids),
                ticket_id: Some(ticket_id),
                about: None,
                asked: None,
                errand: None,
                agent: AGENT.to_owned(),
                priority: 0,
                wake_at: None,
                at: self.now,
            }));
        }
        Ok(Commit { ops })
    }
}

/// One ticket's events.
struct History<'a> {
    seeding: &'a Seeding<'a>,
    customer: Actor,
    agent: Actor,
    email: &'a str,
    ticket: &'a PlannedTicket,
    /// Message ids of its mails so far.
    mails: Vec<String>,
    events: Vec<NewEvent>,
}

fn seconds(at: Timestamp, seconds: u64) -> Timestamp {
    at.plus(Duration::from_secs(seconds))
}

impl History<'_> {
    fn push(&mut self, actor: Actor, at: Timestamp, body: EventBody) {
        // The first event carries the key: a ticket is written whole or not at all.
        let idempotency_key = self.events.is_empty().then(|| self.ticket.key.clone());
        self.events.push(NewEvent { id: EventId::new(self.seeding.ids), idempotency_key, actor, body, at });
    }

    async fn write(&mut self, customer_id: CustomerId, contact_id: ContactId) -> Result<(), SeedError> {
        let ticket = self.ticket;
        let opened = ticket.entries.first().map_or(self.seeding.now, |entry| entry.at);
        let created = EventBody::Created {
            channel: ticket.channel,
            subject: ticket.subject.clone(),
            priority: ticket.priority,
            customer_id: Some(customer_id),
            contact_id: Some(contact_id),
        };
        self.push(self.customer.clone(), opened, created);
        let mut last = opened;
        let mut assigned = false;
        for (at, entry) in ticket.entries.iter().enumerate() {
            if let Who::Staff(email) | Who::Note(email) = &entry.who
                && !assigned
            {
                let user = self.user(email)?;
                let actor = staff_actor(&user);
                self.push(actor, entry.at, EventBody::Assigned { assignee: Some(user.id) });
                assigned = true;
            }
            self.say(entry).await?;
            last = last.max(entry.at);
            if at == 0 {
                self.push(
                    self.agent.clone(),
                    seconds(entry.at, 4),
                    EventBody::TagsAdded { tags: ticket.tags.clone() },
                );
                if let Some(number) = &ticket.order_number {
                    let fields = [("order_number".to_owned(), json!(number))].into();
                    self.push(self.agent.clone(), seconds(entry.at, 5), EventBody::FieldsSet { fields });
                }
            }
        }
        self.events.sort_by_key(|event| event.at);
        self.settle(last)
    }

    /// The messages' end, by the ticket's state.
    fn settle(&mut self, last: Timestamp) -> Result<(), SeedError> {
        let status = |status, reason: &str| EventBody::StatusChanged { status, reason: reason.to_owned() };
        let mut at = seconds(last, 40);
        match self.ticket.state {
            State::Agent => return Ok(()),
            State::Open => {
                let ours = !matches!(
                    self.ticket.entries.iter().rfind(|entry| !matches!(entry.who, Who::Note(_))),
                    Some(Entry { who: Who::Customer, .. })
                );
                if ours {
                    self.push(
                        self.agent.clone(),
                        at,
                        status(TicketStatus::WaitingForCustomer, "the customer was asked"),
                    );
                }
            }
            State::Waiting => {
                if let Some((reason, summary)) = self.ticket.handoff.clone() {
                    self.push(self.agent.clone(), at, EventBody::escalated(reason, summary));
                }
            }
            State::Resolved | State::Closed => {
                self.push(
                    self.agent.clone(),
                    at,
                    status(TicketStatus::Resolved, "the customer was answered"),
                );
            }
        }
        if let Some(csat) = self.ticket.csat {
            at = seconds(at, 300);
            let fields = [("csat".to_owned(), json!(csat))].into();
            self.push(self.customer.clone(), at, EventBody::FieldsSet { fields });
        }
        if self.ticket.state == State::Closed {
            at = seconds(at, 36 * 60 * 60);
            self.push(
                Actor::System,
                at,
                status(TicketStatus::Closed, "nothing was heard for a day and a half"),
            );
        }
        Ok(())
    }

    fn user(&self, email: &str) -> Result<User, SeedError> {
        self.seeding.staff.get(email).cloned().ok_or_else(|| SeedError::Content {
            file: "tickets.json".to_owned(),
            why: format!("{email} writes in it and is not among the staff"),
        })
    }

    async fn say(&mut self, entry: &Entry) -> Result<(), SeedError> {
        let (actor, visibility) = match &entry.who {
            Who::Customer => (self.customer.clone(), Visibility::Public),
            Who::Agent => (self.agent.clone(), Visibility::Public),
            Who::Staff(email) => (staff_actor(&self.user(email)?), Visibility::Public),
            Who::Note(email) => (staff_actor(&self.user(email)?), Visibility::Internal),
        };
        let mut sources = Vec::new();
        for slug in &entry.sources {
            sources.push(self.source(slug, &entry.body).await?);
        }
        let mailed = self.ticket.channel == Channel::Email && visibility == Visibility::Public;
        let message = Message {
            id: MessageId::new(self.seeding.ids),
            author: actor.clone(),
            visibility,
            body: entry.body.clone(),
            sources,
            attachments: Vec::new(),
            email: mailed.then(|| self.mail(&entry.who)),
            model: None,
            redacted: None,
            mentions: Vec::new(),
            findings: Vec::new(),
            body_html: None,
            at: entry.at,
        };
        self.push(actor, entry.at, EventBody::MessageAdded { message });
        Ok(())
    }

    fn mail(&mut self, who: &Who) -> EmailHeaders {
        let theirs = *who == Who::Customer;
        let domain = if theirs { "mail.example" } else { "northfold.example" };
        let headers = EmailHeaders {
            message_id: format!("{}.{}@{domain}", self.ticket.key, self.mails.len() + 1),
            in_reply_to: self.mails.last().cloned(),
            references: self.mails.clone(),
            from: if theirs { self.email } else { SUPPORT_EMAIL }.to_owned(),
            to: if theirs { SUPPORT_EMAIL } else { self.email }.to_owned(),
        };
        self.mails.push(headers.message_id.clone());
        headers
    }

    /// The piece of the article that the text rests on most, with its nearest sentence.
    async fn source(&self, slug: &str, text: &str) -> Result<Citation, SeedError> {
        let scope = Scope::public(self.seeding.desk.id(), self.seeding.now);
        let mut found = None;
        for query in [text, &slug.replace('-', " ")] {
            let passages = self.seeding.knowledge.search(&scope, query, MAX_PASSAGES).await?;
            found = passages.into_iter().find(|found| found.slug == slug);
            if found.is_some() {
                break;
            }
        }
        let passage = found.ok_or_else(|| SeedError::Content {
            file: "tickets.json".to_owned(),
            why: format!("it cites {slug}, which is no public article"),
        })?;
        let quote = nearest_sentence(&passage.text, text);
        Ok(Citation {
            chunk_id: passage.chunk_id,
            document_id: passage.document_id,
            document_version: passage.document_version,
            span: passage.span_of(&quote),
            quote,
            slug: passage.slug,
            title: passage.title,
        })
    }
}

fn staff_actor(user: &User) -> Actor {
    Actor::User { user_id: user.id, name: user.name.clone() }
}

/// The sentence of `source` that shares most words with `text`.
fn nearest_sentence(source: &str, text: &str) -> String {
    let words = |text: &str| Analyzer::default().words(text).into_iter().collect::<BTreeSet<String>>();
    let wanted = words(text);
    let shared = |sentence: &&str| words(sentence).intersection(&wanted).count();
    // The first of several equals; `max_by_key` would give the last.
    let best = rag::groundedness::sentences(source)
        .into_iter()
        .map(|span| span.of(source).trim())
        .filter(|sentence| !sentence.is_empty() && !sentence.starts_with(['#', '|']))
        .rev()
        .max_by_key(shared);
    best.unwrap_or(source).trim_start_matches(['-', ' ']).chars().take(QUOTE_CHARS).collect()
}
