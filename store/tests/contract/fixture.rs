//! A database, a workspace and short ways to write to it.

use std::{sync::Arc, time::Duration};

use domain::{
    ApprovalId, DecisionId, EffectId, EventId, Ids, MessageId, RunId, TicketId, Timestamp, UserId,
    WorkspaceId,
    approval::{Approval, ApprovalStatus, Binding, Decision, DecisionKind, Question},
    canonical::Digest,
    commit::{Commit, CommitError, NewRun, Op, Receipt, RunChange, RunTo},
    confidence::Confidence,
    effect::{Effect, EffectStatus},
    model::Usage,
    run::{Outcome, Run, Step, StepBody},
    standing::Standing,
    ticket::{Channel, EventBody, Message, NewEvent, Priority, Visibility},
    time::Clock as _,
    tool::{Preview, Risk, ToolCall},
    user::{Actor, Role},
};
use store::{
    ReadyRun, Store, StoreOptions, WorkspaceStore,
    testing::{CountedIds, ManualClock, postgres_database},
};
use tokio::sync::mpsc::UnboundedReceiver;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    SqliteFile,
    SqliteMemory,
    Postgres,
}

pub struct Fixture {
    pub store: Store,
    pub desk: WorkspaceStore,
    pub clock: Arc<ManualClock>,
    pub ids: Arc<CountedIds>,
    pub url: String,
    pub ready: UnboundedReceiver<ReadyRun>,
    _folder: tempfile::TempDir,
}

pub fn options(owner: &str, max_claimed: usize) -> StoreOptions {
    StoreOptions {
        owner: owner.to_owned(),
        lease: Duration::from_secs(30),
        max_claimed,
        queue: 1000,
        read_connections: 2,
    }
}

impl Fixture {
    pub async fn new(backend: Backend) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match backend {
            Backend::SqliteFile => format!("sqlite:{}/new/desk.db", folder.path().display()),
            Backend::SqliteMemory => "sqlite::memory:".to_owned(),
            Backend::Postgres => postgres_database(),
        };
        let clock = Arc::new(ManualClock::default());
        let ids = Arc::new(CountedIds::default());
        let store = Store::open(&url, options("one", 1000), clock.clone(), ids.clone()).await.unwrap();
        store.migrate().await.unwrap();
        store.migrate().await.unwrap();
        let workspace = store.create_workspace("north", "North").await.unwrap();
        let desk = store.workspace(workspace.id);
        let ready = store.ready().unwrap();
        Self { store, desk, clock, ids, url, ready, _folder: folder }
    }

    pub async fn another_process(&self, owner: &str, max_claimed: usize) -> Store {
        Store::open(&self.url, options(owner, max_claimed), self.clock.clone(), self.ids.clone())
            .await
            .unwrap()
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn id<T>(&self, make: impl FnOnce(&dyn Ids) -> T) -> T {
        make(self.ids.as_ref())
    }

    pub fn event(&self, actor: Actor, body: EventBody) -> NewEvent {
        NewEvent { id: self.id(EventId::new), idempotency_key: None, actor, body, at: self.now() }
    }

    pub fn created(&self, channel: Channel, subject: &str) -> NewEvent {
        self.event(
            Actor::System,
            EventBody::Created {
                channel,
                subject: subject.to_owned(),
                priority: Priority::Normal,
                customer_id: None,
                contact_id: None,
            },
        )
    }

    pub fn message(&self, author: Actor, visibility: Visibility, body: &str) -> Message {
        Message {
            id: self.id(MessageId::new),
            author,
            visibility,
            body: body.to_owned(),
            sources: Vec::new(),
            attachments: Vec::new(),
            email: None,
            model: None,
            redacted: None,
            mentions: Vec::new(),
            findings: Vec::new(),
            body_html: None,
            at: self.now(),
        }
    }

    pub fn said(&self, author: Actor, body: &str) -> NewEvent {
        let message = self.message(author.clone(), Visibility::Public, body);
        self.event(author, EventBody::MessageAdded { message })
    }

    /// Something that changes nothing an agent must see.
    pub fn noted(&self) -> NewEvent {
        let message = self.message(Actor::System, Visibility::Internal, "noted");
        self.event(Actor::System, EventBody::MessageAdded { message })
    }

    pub async fn open(&self, subject: &str) -> TicketId {
        self.open_in(&self.desk, Channel::Api, subject).await
    }

    pub async fn open_in(&self, desk: &WorkspaceStore, channel: Channel, subject: &str) -> TicketId {
        let ticket_id = self.id(TicketId::new);
        desk.commit(append(ticket_id, vec![self.created(channel, subject)])).await.unwrap();
        ticket_id
    }

    pub fn new_run(&self, ticket_id: Option<TicketId>) -> NewRun {
        NewRun {
            id: self.id(RunId::new),
            ticket_id,
            about: None,
            asked: None,
            errand: None,
            agent: "resolution".to_owned(),
            priority: 0,
            wake_at: None,
            at: self.now(),
        }
    }

    /// A ticket and the run that works on it, leased to this process.
    pub async fn working(&mut self) -> (TicketId, Run) {
        let ticket_id = self.open("a subject").await;
        let receipt = self.desk.commit(one(Op::EnsureRun(self.new_run(Some(ticket_id))))).await.unwrap();
        // Runs that earlier steps of the case woke may come first.
        loop {
            let claimed = self.ready.recv().await.unwrap().run;
            if claimed.id == receipt.runs[0].id {
                assert_eq!(claimed, receipt.runs[0]);
                return (ticket_id, claimed);
            }
        }
    }

    pub fn change(&self, run: &Run, to: RunTo) -> RunChange {
        RunChange {
            run_id: run.id,
            fence: run.fence,
            expect_signals: None,
            steps: Vec::new(),
            usage: Usage::default(),
            seen_signals: None,
            seen_version: None,
            to,
            at: self.now(),
        }
    }

    pub async fn put(&self, run: &Run, to: RunTo) -> Result<Receipt, CommitError> {
        self.desk.commit(one(Op::Run(Box::new(self.change(run, to))))).await
    }

    pub fn step(&self, seq: i64) -> Step {
        Step {
            seq,
            body: StepBody::Woken { name: format!("step {seq}") },
            input_digest: Some(Digest::of(&seq)),
            usage: Usage { tokens_in: 3, tokens_out: 2, cost_micros: 7 },
            prompt: Some("prompts/a@1".to_owned()),
            model: None,
            started_at: self.now(),
            finished_at: self.now(),
        }
    }

    pub fn call(&self, id: &str) -> ToolCall {
        ToolCall {
            id: id.to_owned(),
            tool: "shop__refund".to_owned(),
            args: serde_json::json!({ "order": "NF-1", "cents": 500 }),
        }
    }

    pub fn approval(&self, run: &Run, customer_version: i64) -> Approval {
        let binding = Binding {
            run_id: run.id,
            call: self.call("call-1"),
            tool_version: Digest::of("tool"),
            policy_version: Digest::of("policy"),
            evidence: Digest::of("evidence"),
            customer_version,
        };
        Approval {
            id: self.id(ApprovalId::new),
            run_id: run.id,
            ticket_id: run.ticket_id,
            agent: run.agent.clone(),
            question: Question::Call,
            status: ApprovalStatus::Pending,
            digest: binding.digest(),
            binding,
            risk: Risk::Irreversible,
            preview: Preview::default(),
            rule: "refunds".to_owned(),
            why: "money".to_owned(),
            confidence: Confidence::by_rule(0.5, Vec::new()),
            evidence: Vec::new(),
            role: Role::Reviewer,
            team: None,
            quorum: 1,
            requested_at: self.now(),
            expires_at: self.now().plus(Duration::from_secs(3600)),
            decided_at: None,
            edited_args: None,
            intent: String::new(),
            assignee: None,
            snoozed_until: None,
            undo_until: None,
            origins: Vec::new(),
            carries: Vec::new(),
            suspicions: Vec::new(),
            facts: None,
            requesters: Vec::new(),
            reminds_at: None,
            escalates: None,
        }
    }

    pub fn decision(&self, approval: &Approval, kind: DecisionKind) -> Decision {
        Decision {
            id: self.id(DecisionId::new),
            approval_id: approval.id,
            user_id: self.id(UserId::new),
            role: Role::Reviewer,
            digest: approval.digest.clone(),
            kind,
            at: self.now(),
            undo_until: None,
            by_link: false,
        }
    }

    pub fn effect(&self, run: &Run, call: &str) -> Effect {
        Effect {
            id: self.id(EffectId::new),
            run_id: run.id,
            ticket_id: run.ticket_id,
            call: self.call(call),
            approval_id: None,
            judged: None,
            status: EffectStatus::Attempting,
            attempts: 1,
            price_micros: 0,
            next_attempt_at: None,
            output: None,
            summary: String::new(),
            error: None,
            created_at: self.now(),
            updated_at: self.now(),
        }
    }
}

pub fn one(op: Op) -> Commit {
    Commit { ops: vec![op] }
}

pub fn append(ticket_id: TicketId, events: Vec<NewEvent>) -> Commit {
    one(Op::Append { ticket_id, events })
}

pub fn customer() -> Actor {
    Actor::Customer { contact_id: None, name: "Ada".to_owned() }
}

pub fn answered() -> RunTo {
    RunTo::Done(Outcome::Nothing { reason: "done".to_owned() })
}

pub fn waiting() -> RunTo {
    RunTo::Waiting { for_what: "a decision".to_owned(), wake_at: None }
}

pub fn elsewhere(fixture: &Fixture) -> WorkspaceStore {
    fixture.store.workspace(fixture.id(WorkspaceId::new))
}

/// The decision of somebody with the built-in role that it names.
pub fn decided(decision: Decision) -> Op {
    let standing = Standing::built_in(decision.user_id, decision.role.clone());
    Op::Decide(Box::new(decision), Box::new(standing))
}
