//! A context, ports and permits for tests of tools.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};

use async_trait::async_trait;
use domain::{
    Clock, CustomerId, DocumentId, EffectId, Ids, RunId, TicketId, Timestamp, UserId, WorkspaceId,
    approval::Permit,
    canonical::Digest,
    copilot::{Found, Lookup, LookupError, StaffRecords},
    customer::{Contact, Customer},
    effect::{Effect, EffectStatus},
    errand::{BegunErrand, ErrandError, Errands, NewErrand},
    knowledge::{Passage, RetrieveError, Retriever, Scope},
    model::Usage,
    policy::{Answer, Verdict},
    ports::{AddedArticle, ArticleError, Articles, Desk, DeskError, NewArticle, Ports},
    run::{Run, RunStatus},
    ticket::{Channel, EventBody, Message, Priority, Ticket},
    tool::{AnyTool, ToolCall, ToolContext, ToolError, ToolOutput},
};
use serde_json::Value;
use uuid::Uuid;

pub const NOW: Timestamp = Timestamp(1_764_000_000_000_000);

/// Ports with records of their own; they remember what they were asked.
#[derive(Default)]
pub struct House {
    pub next: AtomicU64,
    pub passages: Vec<Passage>,
    pub customers: Vec<(Customer, Vec<Contact>)>,
    pub history: Vec<(Ticket, Vec<Message>)>,
    pub scopes: Mutex<Vec<Scope>>,
    pub articles: Mutex<Vec<(EffectId, NewArticle)>>,
    pub looked: Mutex<Vec<(UserId, Lookup, usize)>>,
    pub errands: Mutex<Vec<(EffectId, NewErrand)>>,
}

impl Ids for House {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.next.fetch_add(1, Ordering::Relaxed)) + 1)
    }
    fn secret(&self) -> [u8; 32] {
        [7; 32]
    }
    fn fraction(&self) -> f64 {
        0.5
    }
}

impl Clock for House {
    fn now(&self) -> Timestamp {
        NOW
    }
}

#[async_trait]
impl Retriever for House {
    async fn search(&self, scope: &Scope, query: &str, limit: usize) -> Result<Vec<Passage>, RetrieveError> {
        self.scopes.lock().unwrap().push(scope.clone());
        if query == "down" {
            return Err(RetrieveError::Unavailable("no index".to_owned()));
        }
        Ok(self.passages.iter().take(limit).cloned().collect())
    }
}

#[async_trait]
impl Desk for House {
    async fn customer(
        &self,
        _: WorkspaceId,
        id: CustomerId,
    ) -> Result<Option<(Customer, Vec<Contact>)>, DeskError> {
        Ok(self.customers.iter().find(|(customer, _)| customer.id == id).cloned())
    }
    async fn history(
        &self,
        _: WorkspaceId,
        customer: CustomerId,
        except: Option<TicketId>,
        limit: usize,
    ) -> Result<Vec<(Ticket, Vec<Message>)>, DeskError> {
        let own = self
            .history
            .iter()
            .filter(|(ticket, _)| ticket.customer_id == Some(customer) && Some(ticket.id) != except);
        Ok(own.take(limit).cloned().collect())
    }
}

#[async_trait]
impl StaffRecords for House {
    async fn look(
        &self,
        _: WorkspaceId,
        asker: UserId,
        lookup: Lookup,
        limit: usize,
    ) -> Result<Found, LookupError> {
        let content = match &lookup {
            Lookup::Figures => return Err(LookupError::Forbidden("it takes read_system".to_owned())),
            _ => serde_json::json!({ "found": true }),
        };
        self.looked.lock().unwrap().push((asker, lookup, limit));
        Ok(Found { content, sources: Vec::new(), summary: "Found it".to_owned() })
    }
}

#[async_trait]
impl Articles for House {
    async fn add(
        &self,
        workspace: WorkspaceId,
        effect: EffectId,
        run: &Run,
        article: NewArticle,
    ) -> Result<AddedArticle, ArticleError> {
        if article.slug == "down" {
            return Err(ArticleError::Unavailable("no database".to_owned()));
        }
        self.articles.lock().unwrap().push((effect, article));
        Ok(self.added(workspace, effect, run).await?.unwrap())
    }
    async fn added(
        &self,
        _: WorkspaceId,
        effect: EffectId,
        _: &Run,
    ) -> Result<Option<AddedArticle>, ArticleError> {
        let articles = self.articles.lock().unwrap();
        let found = articles.iter().find(|(of, _)| *of == effect);
        Ok(found.map(|(of, article)| AddedArticle {
            document_id: DocumentId(of.0),
            slug: article.slug.clone(),
            title: article.meta.title.clone(),
        }))
    }
}

#[async_trait]
impl Errands for House {
    async fn begin(
        &self,
        workspace: WorkspaceId,
        effect: EffectId,
        _: &Run,
        errand: NewErrand,
    ) -> Result<BegunErrand, ErrandError> {
        if errand.tool == "down" {
            return Err(ErrandError::Unavailable("no database".to_owned()));
        }
        self.errands.lock().unwrap().push((effect, errand));
        Ok(self.begun(workspace, effect).await?.unwrap())
    }
    async fn begun(&self, _: WorkspaceId, effect: EffectId) -> Result<Option<BegunErrand>, ErrandError> {
        let begun = self.errands.lock().unwrap().iter().any(|(of, _)| *of == effect);
        let ticket_id = TicketId(Uuid::from_u128(1));
        Ok(begun.then_some(BegunErrand { run_id: RunId(effect.0), ticket_id, ticket_number: 1 }))
    }
}

impl Ports for House {
    fn retriever(&self) -> &dyn Retriever {
        self
    }
    fn articles(&self) -> &dyn Articles {
        self
    }
    fn desk(&self) -> &dyn Desk {
        self
    }
    fn staff_records(&self) -> &dyn StaffRecords {
        self
    }
    fn errands(&self) -> &dyn Errands {
        self
    }
    fn clock(&self) -> &dyn Clock {
        self
    }
    fn ids(&self) -> &dyn Ids {
        self
    }
}

pub fn ticket(number: u128, customer_id: Option<CustomerId>) -> Ticket {
    let created = EventBody::Created {
        channel: Channel::Chat,
        subject: format!("Ticket {number}"),
        priority: Priority::Normal,
        customer_id,
        contact_id: None,
    };
    let id = TicketId(Uuid::from_u128(number));
    Ticket::apply(None, id, i64::try_from(number).unwrap(), &created, NOW).unwrap()
}

pub fn run() -> Run {
    Run {
        id: RunId(Uuid::from_u128(900)),
        ticket_id: Some(TicketId(Uuid::from_u128(1))),
        about: None,
        asked: None,
        errand: None,
        agent: "resolution".to_owned(),
        status: RunStatus::Running,
        priority: 0,
        attempts: 0,
        lease_owner: None,
        fence: 1,
        lease_until: None,
        wake_at: None,
        waiting_for: None,
        signals: 0,
        seen_signals: 0,
        seen_version: 0,
        step_count: 0,
        usage: Usage::default(),
        reservations: Vec::new(),
        outcome: None,
        error: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

/// A context on ticket 1 of the given customer.
pub fn context(house: Arc<House>, customer: Option<CustomerId>) -> ToolContext {
    ToolContext {
        workspace_id: WorkspaceId(Uuid::from_u128(77)),
        run: run(),
        ticket: Some(ticket(1, customer)),
        customer: None,
        contact: None,
        on_behalf_of: Some(Vec::new()),
        now: NOW,
        ports: house,
    }
}

pub fn plain_context() -> ToolContext {
    context(Arc::new(House::default()), None)
}

/// The effect whose permit [`permit`] gives; its key is what tools send.
pub fn effect(tool: &str, args: &Value) -> Effect {
    Effect {
        id: EffectId(Uuid::from_u128(4711)),
        run_id: run().id,
        ticket_id: None,
        call: ToolCall { id: "call-1".to_owned(), tool: tool.to_owned(), args: args.clone() },
        approval_id: None,
        judged: None,
        status: EffectStatus::Attempting,
        attempts: 1,
        price_micros: 0,
        next_attempt_at: None,
        output: None,
        summary: String::new(),
        error: None,
        created_at: NOW,
        updated_at: NOW,
    }
}

pub fn permit(tool: &str, args: &Value) -> Permit {
    let verdict = Verdict {
        rule: "test".to_owned(),
        policy_version: Digest::of("policy"),
        answer: Answer::Run,
        on_paper: false,
    };
    Permit::by_policy(&verdict, &effect(tool, args)).unwrap()
}

/// Validates and performs a call with an effect, as the engine does.
pub async fn execute(
    tool: &dyn AnyTool,
    args: &Value,
    context: &ToolContext,
) -> Result<ToolOutput, ToolError> {
    tool.validate(args)?;
    tool.execute(permit(&tool.spec().name, args), context).await
}
