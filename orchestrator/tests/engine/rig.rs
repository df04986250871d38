//! The service in this process, between a shop, a model, customers and reviewers of the test's.

use std::{
    collections::VecDeque,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    extract::Request,
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use domain::{
    ApprovalId, Clock, Ids, RunId, TicketId, UserId, WorkspaceId,
    approval::{Approval, ApprovalStatus, DecisionKind},
    commit::{CommitError, Receipt},
    effect::Effect,
    run::{Run, Step},
    standing::Standing,
    ticket::{Channel, Message, Priority, Ticket},
    user::{Actor, Role, User},
};
use orchestrator::{
    app::{App, Brought, Service},
    config::Config,
    demo::shop::{Address, Item, Order, OrderStatus, Shop},
    intake::{NewMessage, NewTicket},
    protections::Protections,
    system::SystemIds,
    testing::{
        app::{ForwardClock, unhurried},
        model_server::{Call, CapturedRequest, ModelServer, Reply, Script},
    },
};
use serde_json::{Value, json};
use store::{RunFilter, Store, StoreOptions, WorkspaceStore};
use tempfile::TempDir;
use tokio::{
    net::TcpListener,
    sync::Notify,
    time::{self, Instant},
};

pub use crate::fault::Fault;

/// A cheap order and a dear one.
pub const ORDER: &str = "NF-20000";
pub const DEAR_ORDER: &str = "NF-20001";
pub const ORDER_CENTS: i64 = 12_900;
pub const DEAR_CENTS: i64 = 90_000;
const PATIENCE: Duration = Duration::from_secs(30);
const EMAIL: &str = "mira@engine.example";
const PRICES: &str = "prices = { input_per_million = 1, output_per_million = 4 }";

/// What stands before the shop.
#[derive(Default)]
pub struct Front {
    pub faults: Mutex<VecDeque<Fault>>,
    /// The idempotency keys of requests that change something, as they came.
    keys: Mutex<Vec<String>>,
    /// It does not say what was done.
    pub blind: AtomicBool,
    /// What is late is done now.
    pub late: Arc<Notify>,
    /// It answers nothing but errors.
    pub down: AtomicBool,
    /// Requests that came.
    pub asked: AtomicUsize,
}

impl Front {
    pub fn keys(&self) -> Vec<String> {
        self.keys.lock().unwrap().clone()
    }

    pub fn fail(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().unwrap().extend(faults);
    }

    async fn pass(self: Arc<Self>, request: Request, next: Next) -> Response {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if self.down.load(Ordering::SeqCst) {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        if request.uri().path().contains("/by-key/") && self.blind.load(Ordering::SeqCst) {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        if request.method() == Method::GET {
            return next.run(request).await;
        }
        let key = request.headers()["idempotency-key"].to_str().unwrap().to_owned();
        self.keys.lock().unwrap().push(key);
        let fault = self.faults.lock().unwrap().pop_front();
        match fault {
            None => next.run(request).await,
            Some(Fault::Status(status)) => StatusCode::from_u16(status).unwrap().into_response(),
            Some(Fault::Limit(seconds)) => {
                (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response()
            }
            Some(Fault::Hang) => std::future::pending().await,
            Some(Fault::LoseAnswer) => {
                next.run(request).await;
                std::future::pending().await
            }
            Some(Fault::Late) => {
                let late = Arc::clone(&self.late);
                let request = crate::fault::whole(request).await;
                tokio::spawn(async move {
                    late.notified().await;
                    next.run(request).await;
                });
                std::future::pending().await
            }
        }
    }
}

/// How the service is configured at its next start.
#[derive(Clone, Default)]
pub struct Setup {
    /// Empty: the built-in policy.
    pub policy: String,
    /// Changes to the file of tools: what, and what stands instead.
    pub tools: Vec<(String, String)>,
    pub without_tools: bool,
    /// Nobody works on runs; time is kept.
    pub without_workers: bool,
    pub offline: bool,
    pub folders: bool,
    pub stop_seconds: u64,
    /// Other than the default.
    pub failed_a_day: Option<i64>,
    /// The table `[breakers]`, which keeps out of the way where it is empty.
    pub breakers: String,
    /// More of the provider's table, instead of its prices.
    pub provider: String,
    /// More of the configuration file.
    pub more: String,
    /// Those that a log goes by.
    pub protections: Option<Arc<Protections>>,
}

impl Setup {
    pub fn tools(mut self, what: &str, instead: &str) -> Self {
        self.tools.push((what.to_owned(), instead.to_owned()));
        self
    }

    /// A refund that the shop would pay again for a repeated request, as far as the service knows.
    pub fn refunds_once(self) -> Self {
        self.tools("idempotent = true\npreview = \"Refund", "preview = \"Refund")
    }

    /// The shop cannot be asked what became of a refund.
    pub fn refunds_unseen(self) -> Self {
        self.tools("inquire = { method = \"GET\", url = \"/refunds/by-key/{idempotency_key}\" }\n", "")
    }
}

pub struct Rig {
    pub setup: Setup,
    pub clock: Arc<ForwardClock>,
    pub model: ModelServer,
    pub shop: Shop,
    pub front: Arc<Front>,
    pub workspace: WorkspaceId,
    pub reviewer: UserId,
    pub second_reviewer: UserId,
    pub admin: UserId,
    shop_url: String,
    folder: TempDir,
    service: Option<Service>,
}

impl Rig {
    pub async fn start(script: impl Into<Script>) -> Self {
        Self::start_with(Setup { stop_seconds: 10, ..Setup::default() }, script).await
    }

    pub async fn start_with(setup: Setup, script: impl Into<Script>) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ForwardClock::default());
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        let as_clock: Arc<dyn Clock> = Arc::clone(&clock) as Arc<dyn Clock>;
        let options = StoreOptions {
            owner: "test".to_owned(),
            lease: Duration::from_secs(5),
            max_claimed: 0,
            queue: 64,
            read_connections: 1,
        };
        let url = database(folder.path());
        let store = Store::open(&url, options, Arc::clone(&as_clock), Arc::clone(&ids)).await.unwrap();
        store.migrate().await.unwrap();
        let workspace = store.create_workspace("engine", "Engine").await.unwrap().id;
        let mut people = Vec::new();
        for (name, role) in [("reviewer", Role::Reviewer), ("second", Role::Reviewer), ("admin", Role::Admin)]
        {
            let user = User {
                id: UserId::new(&*ids),
                email: format!("{name}@engine.example"),
                name: name.to_owned(),
                role,
                title: String::new(),
                created_at: clock.now(),
                deactivated_at: None,
            };
            people.push(user.id);
            store.workspace(workspace).create_user(user, "nobody signs in".to_owned()).await.unwrap();
        }
        store.close().await;

        let shop_url = format!("sqlite:{}", folder.path().join("shop.db").display());
        let shop = Shop::open(&shop_url, as_clock, ids).await.unwrap();
        let orders =
            [(ORDER, ORDER_CENTS), (DEAR_ORDER, DEAR_CENTS)].map(|(n, cents)| order(&clock, n, cents));
        shop.put_orders(&orders).await.unwrap();
        let front = Arc::new(Front::default());
        let before = Arc::clone(&front);
        let router = shop.router("shop-token".to_owned()).layer(middleware::from_fn(
            move |request: Request, next: Next| Arc::clone(&before).pass(request, next),
        ));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shop_url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let model = ModelServer::start(script).await.unwrap();
        let mut rig = Self {
            setup,
            clock,
            model,
            shop,
            front,
            workspace,
            reviewer: people[0],
            second_reviewer: people[1],
            admin: people[2],
            shop_url,
            folder,
            service: None,
        };
        rig.begin().await;
        rig
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    pub fn database(&self) -> String {
        database(self.folder.path())
    }

    pub async fn begin(&mut self) {
        let config = Config::with(&self.config()).unwrap();
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let brought = Brought { protections: self.setup.protections.clone(), ..Brought::default() };
        let service = Service::start_with(config, clock, Arc::new(SystemIds), brought).await;
        self.service = Some(service.unwrap());
    }

    /// Runs the command line on the rig's database, which must have no service.
    pub fn command(&self, arguments: &[&str]) -> std::process::Output {
        assert!(self.service.is_none(), "a database has one process");
        std::fs::write(self.path("countersign.toml"), self.config()).unwrap();
        std::process::Command::new(env!("CARGO_BIN_EXE_countersign"))
            .args(["--config", &self.path("countersign.toml")])
            .args(arguments)
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap()
    }

    /// Writes the files that the configuration names.
    fn config(&self) -> String {
        let setup = &self.setup;
        let mut tools = orchestrator::demo::SHOP_TOOLS
            .replace("http://127.0.0.1:8080/demo/shop", &self.shop_url)
            .replace("${secret:SHOP_TOKEN}", "shop-token")
            .replace("timeout_ms = 5000", "timeout_ms = 400");
        for (what, instead) in &setup.tools {
            assert!(tools.contains(what), "the tools hold {what}");
            tools = tools.replace(what, instead);
        }
        std::fs::write(self.path("tools.toml"), tools).unwrap();
        let mut policy_file = String::new();
        if !setup.policy.is_empty() {
            policy_file = self.path("policy.toml");
            std::fs::write(&policy_file, &setup.policy).unwrap();
        }
        let folder = self.path("knowledge");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(
            self.folder.path().join("knowledge/returns.md"),
            "# Returns\n\nYou can return an unused backpack within 45 days of delivery.\n",
        )
        .unwrap();
        let tools = if setup.without_tools { vec![] } else { vec![self.path("tools.toml")] };
        let folders = if setup.folders { vec![folder] } else { vec![] };
        let text = format!(
            "[server]\naddress = \"127.0.0.1:0\"\nconsole_dir = \"/nowhere\"\nstop_seconds = {}\n\
             [database]\nurl = \"{}\"\n\
             [secrets]\nkey = \"{}\"\n\
             [runs]\npoll_ms = 20\nretry_ms = 5\nmax_attempts = 3\nconcurrency = {}\nfailed_a_day = {}\n\
             [policy]\nfile = \"{policy_file}\"\n\
             [tools]\nfiles = {tools:?}\n\
             [knowledge]\nlibrary = false\nfolders = {folders:?}\n\
             [models]\noffline_fallback = {}\n\
             [[models.providers]]\nname = \"scripted\"\nbase_url = \"{}\"\nfast = \"small\"\nstrong = \"large\"\n\
             api_key_file = \"{}\"\ntimeout_ms = 1500\ntotal_timeout_ms = 6000\nmax_retries = 1\nbackoff_ms = 5\nmax_retry_after_ms = 20\n\
             breaker = {{ failures = 100000, open_ms = 10 }}\n{}\n\
             [breakers]\n{}\n\
             [log]\nfilter = \"off\"\n{}",
            setup.stop_seconds,
            self.database(),
            "cd".repeat(32),
            if setup.without_workers { 0 } else { 32 },
            setup.failed_a_day.unwrap_or(100),
            setup.offline,
            self.model.url(),
            self.path("model.key"),
            if setup.provider.is_empty() { PRICES } else { &setup.provider },
            if setup.breakers.is_empty() { "failures = 0\nerror_rate = 0.0" } else { &setup.breakers },
            setup.more,
        );
        std::fs::write(self.path("model.key"), "key-of-the-model").unwrap();
        unhurried(text.parse().unwrap())
    }

    pub async fn stop(&mut self) {
        self.service.take().unwrap().stop().await;
    }

    pub fn app(&self) -> &App {
        &self.service.as_ref().unwrap().app
    }

    pub fn rows(&self) -> WorkspaceStore {
        self.app().store.workspace(self.workspace)
    }

    /// A new ticket with this message.
    pub async fn open(&self, body: &str) -> TicketId {
        let (customer, contact) = self.app().intake.identify(self.workspace, EMAIL, "Mira").await.unwrap();
        let contact = (customer.id, contact.id);
        let new = NewTicket {
            channel: Channel::Api,
            subject: "A question".to_owned(),
            priority: Priority::Normal,
            contact: Some(contact),
            contact_name: "Mira".to_owned(),
            body: body.to_owned(),
            attachments: vec![],
            email: None,
            idempotency_key: None,
            actor: Actor::System,
        };
        self.app().intake.open_ticket(self.workspace, new).await.unwrap().tickets[0].id
    }

    pub async fn write(&self, ticket: TicketId, body: &str) {
        let new = NewMessage {
            author_name: "Mira".to_owned(),
            contact_id: None,
            body: body.to_owned(),
            attachments: vec![],
            email: None,
            idempotency_key: None,
        };
        self.app().intake.customer_message(self.workspace, ticket, new).await.unwrap();
    }

    pub async fn ticket(&self, id: TicketId) -> Ticket {
        self.rows().ticket(id).await.unwrap().unwrap()
    }

    pub async fn runs(&self, ticket: TicketId) -> Vec<Run> {
        let filter = RunFilter { ticket_id: Some(ticket), ..RunFilter::default() };
        let mut runs = self.rows().runs(&filter, 100, None).await.unwrap().items;
        runs.sort_by_key(|run| (run.created_at, run.id));
        runs
    }

    pub async fn steps(&self, run: RunId) -> Vec<Step> {
        self.rows().steps(run).await.unwrap()
    }

    pub async fn effects(&self, run: RunId) -> Vec<Effect> {
        self.rows().effects_of_run(run).await.unwrap()
    }

    /// What the agent wrote to the customer.
    pub async fn told(&self, ticket: TicketId) -> Vec<Message> {
        let messages = self.rows().messages(ticket, None).await.unwrap();
        messages.into_iter().filter(|m| matches!(m.author, Actor::Agent { .. })).collect()
    }

    /// Waits until `look` finds something.
    pub async fn until<T>(
        &self,
        what: &str,
        ticket: TicketId,
        mut look: impl AsyncFnMut(&Self) -> Option<T>,
    ) -> T {
        let limit = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = look(self).await {
                return found;
            }
            if Instant::now() > limit {
                let runs = self.runs(ticket).await;
                let mut steps = Vec::new();
                for run in &runs {
                    steps.extend(self.steps(run.id).await.into_iter().map(|s| s.body));
                }
                panic!("{what} did not happen; runs {runs:#?}, steps {steps:#?}");
            }
            time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The approvals of the ticket that wait for a person, once there are so many.
    pub async fn asked_all(&self, ticket: TicketId, count: usize) -> Vec<Approval> {
        self.until("a question to a person", ticket, async |rig| {
            let run = rig.runs(ticket).await.pop()?;
            if !matches!(run.status, domain::run::RunStatus::Waiting) {
                return None;
            }
            let mut asked = rig.rows().approvals_of_run(run.id).await.unwrap();
            asked.retain(|a| a.status == ApprovalStatus::Pending);
            (asked.len() == count).then_some(asked)
        })
        .await
    }

    pub async fn asked(&self, ticket: TicketId) -> Approval {
        self.asked_all(ticket, 1).await.remove(0)
    }

    /// The approval that waits and is not this one.
    pub async fn asked_anew(&self, ticket: TicketId, before: ApprovalId) -> Approval {
        self.until("another question to a person", ticket, async |rig| {
            let run = rig.runs(ticket).await.pop()?;
            let asked = rig.rows().approvals_of_run(run.id).await.unwrap();
            asked.into_iter().find(|a| a.status == ApprovalStatus::Pending && a.id != before)
        })
        .await
    }

    pub async fn decide(
        &self,
        approval: &Approval,
        by: UserId,
        kind: DecisionKind,
    ) -> Result<Receipt, CommitError> {
        let role = if by == self.admin { Role::Admin } else { Role::Reviewer };
        let standing = Standing::built_in(by, role);
        let digest = approval.digest.clone();
        self.app().intake.decide(self.workspace, approval.id, standing, digest, kind).await
    }

    pub async fn approve(&self, approval: &Approval) {
        self.decide(approval, self.reviewer, DecisionKind::Approve).await.unwrap();
    }

    /// The last run of the ticket, when none is active any more.
    pub async fn ended(&self, ticket: TicketId) -> Run {
        self.until("the end of the run", ticket, async |rig| {
            let run = rig.runs(ticket).await.pop()?;
            (!run.status.is_active()).then_some(run)
        })
        .await
    }

    /// Cents refunded on an order, one entry each.
    pub async fn refunded(&self, order: &str) -> Vec<i64> {
        self.shop.refunds_of(order).await.unwrap().into_iter().map(|r| r.amount_cents).collect()
    }

    /// What must hold after whatever happened: snapshots are the fold of their events, journals
    /// reproduce their runs, every credit is accounted for, and the model was asked by the protocol.
    pub async fn books_balance(&self, ticket: TicketId) {
        for run in self.runs(ticket).await {
            let report = self.app().replay(self.workspace, run.id).await.unwrap().unwrap();
            if !report.ok {
                let steps: Vec<_> = self.steps(run.id).await.into_iter().map(|s| s.body).collect();
                panic!("{report:#?}\n{steps:#?}");
            }
        }
        self.consistent().await;
    }

    pub async fn consistent(&self) {
        assert_eq!(self.rows().verify_tickets().await.unwrap(), vec![]);
        assert_eq!(self.rows().verify_credits().await.unwrap().differences, Vec::<String>::new());
        self.model.assert_clean();
    }
}

fn database(folder: &Path) -> String {
    format!("sqlite:{}", folder.join("countersign.db").display())
}

pub fn order(clock: &ForwardClock, number: &str, cents: i64) -> Order {
    let now = clock.now();
    let day = Duration::from_secs(86_400);
    Order {
        number: number.to_owned(),
        email: EMAIL.to_owned(),
        status: OrderStatus::Delivered,
        placed_at: now.minus(day * 9),
        delivered_at: Some(now.minus(day * 5)),
        items: vec![Item {
            sku: "NF-PCK-300".to_owned(),
            name: "Ridge 30 Pack".to_owned(),
            quantity: 1,
            price_cents: cents,
        }],
        refunded_cents: 0,
        currency: "EUR".to_owned(),
        carrier: "Kestrel Parcel".to_owned(),
        tracking: Some("KP000001".to_owned()),
        eta: None,
        address: Address {
            street: "Hauptstrasse 1".to_owned(),
            postcode: "6020".to_owned(),
            city: "Innsbruck".to_owned(),
            country: "AT".to_owned(),
        },
    }
}

// What the model says.

/// The result of the last call of this tool, as the model reads it.
pub fn result<'r>(request: &'r CapturedRequest, tool: &str) -> Option<&'r str> {
    let messages = request.messages();
    let mut calls = messages.iter().flat_map(|m| m["tool_calls"].as_array().into_iter().flatten());
    let id = calls.rfind(|call| call["function"]["name"] == tool)?["id"].as_str()?;
    messages.iter().find(|m| m["tool_call_id"] == id)?["content"].as_str()
}

pub fn final_answer(kind: &str, reply: &str, reason: &str) -> Value {
    json!({
        "kind": kind, "reply": reply, "citations": [], "confidence": 0.95,
        "resolved": kind == "answer", "reason": reason,
    })
}

pub fn refund_call(order: &str, cents: i64) -> Call {
    let args = json!({ "order_number": order, "amount_cents": cents, "reason": "does not fit" });
    Call::new("", "shop__refund_order", &args)
}

pub const REFUNDED: &str = "We have refunded 129.00 EUR for your order NF-20000.";
pub const QUESTION: &str = "Which order is it about?";
pub const PLEASE_REFUND: &str = "Please refund my order NF-20000, it does not fit.";

/// Looks the order up, asks for the refund and tells the customer how it went; a refund that is
/// superseded is asked for again unless the customer says stop.
pub fn refunds(request: &CapturedRequest) -> Reply {
    if result(request, "shop__get_order").is_none() {
        return Reply::call("shop__get_order", &json!({ "order_number": ORDER }));
    }
    match result(request, "shop__refund_order") {
        None => Reply::Calls(vec![refund_call(ORDER, ORDER_CENTS)]),
        Some(text) => match status(text).as_str() {
            "superseded"
                if request
                    .messages()
                    .iter()
                    .any(|m| m["role"] == "user" && m.to_string().contains("Stop")) =>
            {
                Reply::Json(final_answer(
                    "ask",
                    "What would you like instead?",
                    "the customer changed their mind",
                ))
            }
            "superseded" => Reply::Calls(vec![refund_call(ORDER, ORDER_CENTS)]),
            "ok" => Reply::Json(final_answer("answer", REFUNDED, "refunded")),
            "responded" => {
                Reply::Json(final_answer("ask", "Could you send us a photo of it?", "a colleague asks"))
            }
            other => Reply::Json(final_answer("handoff", "", &format!("the refund was {other}"))),
        },
    }
}

/// The status in a tool's result, whose members are in alphabetical order.
fn status(text: &str) -> String {
    let at = text.rfind("\"status\"").unwrap_or_else(|| panic!("a status in {text}"));
    text[at + 8..].split('"').nth(1).unwrap_or_default().to_owned()
}
