//! The real [`App`] for tests of the HTTP API: on an embedded database in memory, with a person
//! and a key for every role, without a socket and without an engine, so that what a test sees is
//! what its own requests did.
//!
//! What goes wrong panics and says what was expected.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

use std::{
    collections::BTreeMap,
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header},
};
use domain::{
    ApiKeyId, ApprovalId, Clock, Ids, RunId, TicketId, Timestamp, UserId, WorkspaceId,
    approval::{Approval, ApprovalStatus, Binding, Question},
    canonical::Digest,
    commit::{Commit, Op},
    confidence::Confidence,
    tool::ToolCall,
    user::{Role, User},
};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{ApiKey, WorkspaceStore};
use tokio::sync::OnceCell;
use tower::ServiceExt as _;

use crate::{
    app::{App, Brought},
    config::Config,
    engine::Engine,
    http, password,
    system::{SystemClock, SystemIds},
};

/// Every test person's password.
pub const PASSWORD: &str = "correct horse battery staple";
/// The secret that inbound mail is signed with.
pub const INBOUND_SECRET: &str = "a secret between mail servers";
/// How long a stream may take to say what it must.
const PATIENCE: Duration = Duration::from_secs(10);

/// A configuration whose agents may begin as many runs and write as many mails as they like, where it does
/// not say how many.
pub fn unhurried(mut config: toml::Table) -> String {
    fn within<'t>(table: &'t mut toml::Table, name: &str) -> &'t mut toml::Table {
        let inner = table.entry(name).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        inner.as_table_mut().expect("a table")
    }
    for agent in ["resolution", "article"] {
        let limits = within(within(within(&mut config, "agents"), agent), "limits");
        for key in ["runs_a_minute", "runs_a_day", "emails_a_day"] {
            limits.entry(key).or_insert(0.into());
        }
    }
    toml::to_string(&config).expect("a table is TOML")
}

const ROLES: [Role; 5] = [Role::Viewer, Role::Agent, Role::Reviewer, Role::Admin, Role::Owner];

/// The machine's clock, which tests can set forward.
#[derive(Debug, Default)]
pub struct ForwardClock(AtomicI64);

impl ForwardClock {
    pub fn forward(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_micros()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for ForwardClock {
    fn now(&self) -> Timestamp {
        Timestamp(SystemClock.now().0 + self.0.load(Ordering::SeqCst))
    }
}

/// The service with one workspace in it.
pub struct TestApp {
    pub app: Arc<App>,
    pub clock: Arc<ForwardClock>,
    desk: Desk,
}

impl Deref for TestApp {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        &self.desk
    }
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with("").await
    }

    /// With configuration of its own on top of the tests'.
    pub async fn start_with(overrides: &str) -> Self {
        Self::start_bringing(overrides, Brought::default()).await
    }

    /// With the service's binary, which parses files. A test's own binary cannot.
    pub async fn start_parsing(program: &str) -> Self {
        Self::start_parsing_with(program, "").await
    }

    /// The same with configuration of its own on top of the tests'.
    pub async fn start_parsing_with(program: &str, overrides: &str) -> Self {
        let parser = parse::isolated::Options { executable: Some(program.into()), ..Default::default() };
        Self::start_bringing(overrides, Brought { parser, ..Brought::default() }).await
    }

    /// With an engine, so that runs are worked on.
    pub async fn start_working(overrides: &str) -> Self {
        let mut table: toml::Table = overrides.parse().expect("overrides are TOML");
        let runs = table.entry("runs").or_insert_with(|| toml::Value::Table(toml::Table::new()));
        let runs = runs.as_table_mut().unwrap();
        runs.insert("concurrency".to_owned(), 8.into());
        runs.insert("poll_ms".to_owned(), 20.into());
        runs.insert("retry_ms".to_owned(), 10.into());
        let test = Self::start_with(&toml::to_string(&table).unwrap()).await;
        let settings = &test.app.config.runs;
        Engine::new(
            Arc::clone(&test.app.house),
            test.app.intake.clone(),
            Duration::from_millis(settings.poll_ms),
            Duration::from_secs(settings.lease_seconds),
            settings.concurrency,
        )
        .start();
        test
    }

    /// Asks until the answer is there.
    pub async fn until<T>(&self, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
        let deadline = tokio::time::Instant::now() + PATIENCE * 3;
        loop {
            if let Some(found) = look().await {
                return found;
            }
            assert!(tokio::time::Instant::now() < deadline, "{what} did not happen");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    async fn start_bringing(overrides: &str, brought: Brought) -> Self {
        let base = format!(
            "[database]\nurl = \"sqlite::memory:\"\n[secrets]\nkey = \"{}\"\n[runs]\nconcurrency = 0\n\
             [knowledge]\nlibrary = false\n[server]\nconsole_dir = \"/nowhere\"\n[email]\ninbound_secret = \"{INBOUND_SECRET}\"\n\
             [visitors]\nmessages_per_minute = 1000\nconversations_per_minute = 1000\n",
            "ab".repeat(32),
        );
        let mut table: toml::Table = base.parse().unwrap();
        for (section, keys) in overrides.parse::<toml::Table>().expect("overrides are TOML") {
            let section = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            section.as_table_mut().unwrap().extend(keys.as_table().expect("a section").clone());
        }
        let config = Config::with(&unhurried(table)).unwrap();
        let clock = Arc::new(ForwardClock::default());
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        let address = "127.0.0.1:8080".parse().unwrap();
        let port = Arc::clone(&clock) as Arc<dyn Clock>;
        let app = App::build_with(config, port, ids, address, brought).await.unwrap();
        let desk = Desk::open(&app, "north").await;
        Self { app, clock, desk }
    }

    /// Another workspace of the same service.
    pub async fn another_workspace(&self) -> Desk {
        let router = self.desk.router.clone();
        Desk { router, ..Desk::open(&self.app, "south").await }
    }
}

/// A workspace with a person and a key for every role.
pub struct Desk {
    pub workspace: WorkspaceId,
    pub store: WorkspaceStore,
    app: Arc<App>,
    router: Router,
    slug: String,
    keys: BTreeMap<Role, String>,
    users: BTreeMap<Role, UserId>,
}

impl Desk {
    /// Makes a workspace in a service that was started elsewhere.
    pub async fn open(app: &Arc<App>, slug: &str) -> Self {
        let router = http::router(Arc::clone(app));
        static HASH: OnceCell<String> = OnceCell::const_new();
        let hash =
            HASH.get_or_init(async || password::hash(PASSWORD.to_owned(), &SystemIds).await.unwrap()).await;
        let workspace = app.store.create_workspace(slug, "Test workspace").await.unwrap().id;
        let store = app.store.workspace(workspace);
        let (mut keys, mut users) = (BTreeMap::new(), BTreeMap::new());
        for role in ROLES {
            let created_at = app.clock.now();
            let user = User {
                id: UserId::new(&*app.ids),
                email: address(role, slug),
                name: format!("{} Person", role.as_str()),
                role,
                title: "Tester".to_owned(),
                created_at,
            };
            users.insert(role, user.id);
            store.create_user(user, hash.clone()).await.unwrap();
            let key = format!("cs_live_{}", hex::encode(app.ids.secret()));
            let row = ApiKey {
                id: ApiKeyId::new(&*app.ids),
                name: format!("{} key", role.as_str()),
                role,
                sees_personal_data: true,
                created_at,
            };
            store.create_api_key(row, hex::encode(Sha256::digest(&key))).await.unwrap();
            keys.insert(role, key);
        }
        Self { workspace, store, app: Arc::clone(app), router, slug: slug.to_owned(), keys, users }
    }

    /// The same people, after the service was started again on the same database.
    #[must_use]
    pub fn after_a_restart(&self, app: &Arc<App>) -> Self {
        Self {
            workspace: self.workspace,
            store: app.store.workspace(self.workspace),
            app: Arc::clone(app),
            router: http::router(Arc::clone(app)),
            slug: self.slug.clone(),
            keys: self.keys.clone(),
            users: self.users.clone(),
        }
    }

    /// A caller without credentials.
    pub fn nobody(&self) -> Client {
        Client { router: self.router.clone(), headers: HeaderMap::new() }
    }

    /// A caller with this token.
    pub fn bearer(&self, token: &str) -> Client {
        self.nobody().with("authorization", &format!("Bearer {token}"))
    }

    /// A service with an API key of this role.
    pub fn key(&self, role: Role) -> Client {
        self.bearer(&self.keys[&role])
    }

    /// The address the person of this role signs in with.
    pub fn email(&self, role: Role) -> String {
        address(role, &self.slug)
    }

    pub fn user_id(&self, role: Role) -> UserId {
        self.users[&role]
    }

    /// The person of this role, signed in.
    pub async fn user(&self, role: Role) -> Client {
        let form = json!({"email": self.email(role), "password": PASSWORD});
        let reply = self.nobody().post("/v1/session", &form).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let cookie =
            reply.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        self.nobody().with("cookie", &cookie).with("sec-fetch-site", "same-origin")
    }

    /// A ticket by API, as it was answered.
    pub async fn open_ticket(&self, subject: &str) -> Value {
        let form = json!({
            "subject": subject, "body": format!("{subject}: please help."),
            "contact": {"email": "mira@example.com", "name": "Mira Halloran"},
        });
        self.key(Role::Reviewer).post("/v1/tickets", &form).await.json(StatusCode::CREATED)
    }

    /// A proposed reply on the ticket that waits for a reviewer, as a run would have written it.
    pub async fn propose(&self, opened: &Value) -> Value {
        self.propose_saying(opened, "We will send another one.").await
    }

    /// The same with words of its own.
    pub async fn propose_saying(&self, opened: &Value, body: &str) -> Value {
        let ticket: TicketId = id(&opened["ticket"]["id"]);
        let ticket = self.store.ticket(ticket).await.unwrap().unwrap();
        let run = self.store.active_run(ticket.id).await.unwrap().expect("a run works on the ticket");
        let tool = self.app.catalog.get("reply_to_customer").unwrap();
        let call = ToolCall {
            id: self.app.ids.uuid().to_string(),
            tool: "reply_to_customer".to_owned(),
            args: json!({ "body": body }),
        };
        let now = self.app.clock.now();
        let binding = Binding {
            run_id: run.id,
            tool_version: tool.spec().version.clone(),
            policy_version: self.app.policies.of(self.workspace).version().clone(),
            evidence: Digest::of(&json!([])),
            customer_version: ticket.customer_version,
            call,
        };
        let approval = Approval {
            id: ApprovalId::new(&*self.app.ids),
            run_id: run.id,
            ticket_id: Some(ticket.id),
            agent: run.agent,
            question: Question::Call,
            status: ApprovalStatus::Pending,
            digest: binding.digest(),
            risk: tool.spec().risk,
            preview: tool.preview(&binding.call.args),
            binding,
            rule: "default".to_owned(),
            why: "no rule lets this run by itself".to_owned(),
            confidence: Confidence::certain("a test"),
            evidence: Vec::new(),
            role: Role::Reviewer,
            quorum: 1,
            requested_at: now,
            expires_at: now.plus(Duration::from_secs(3600)),
            decided_at: None,
            edited_args: None,
            origins: Vec::new(),
            carries: Vec::new(),
            suspicions: Vec::new(),
            facts: None,
            requesters: Vec::new(),
            reminds_at: None,
            escalates: None,
        };
        let ops = vec![Op::AddApproval(Box::new(approval.clone()))];
        self.store.commit(Commit { ops }).await.unwrap();
        serde_json::to_value(approval).unwrap()
    }

    /// A service with an API key of this role that was not made to see personal data.
    pub async fn key_that_sees_masks(&self, role: Role) -> Client {
        let key = format!("cs_live_{}", hex::encode(self.app.ids.secret()));
        let row = ApiKey {
            id: ApiKeyId::new(&*self.app.ids),
            name: "a plain key".to_owned(),
            role,
            sees_personal_data: false,
            created_at: self.app.clock.now(),
        };
        self.store.create_api_key(row, hex::encode(Sha256::digest(&key))).await.unwrap();
        self.bearer(&key)
    }

    /// The run of a ticket.
    pub async fn run_of(&self, opened: &Value) -> RunId {
        self.store.active_run(id(&opened["ticket"]["id"])).await.unwrap().unwrap().id
    }
}

fn address(role: Role, slug: &str) -> String {
    format!("{}@{slug}.example", role.as_str())
}

/// An id out of an answer.
pub fn id<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{value} is not an id: {error}"))
}

/// A caller of the API.
#[derive(Clone)]
pub struct Client {
    router: Router,
    headers: HeaderMap,
}

impl Client {
    /// The same caller, who also sends this header.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut headers = self.headers.clone();
        headers.insert(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
        Self { router: self.router.clone(), headers }
    }

    /// The same caller, who does not send this header.
    pub fn without(&self, name: &str) -> Self {
        let mut headers = self.headers.clone();
        headers.remove(name);
        Self { router: self.router.clone(), headers }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send("PATCH", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, None).await
    }

    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        match body {
            Some(body) => self.raw(method, path, body.to_string(), "application/json").await,
            None => {
                self.request(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await
            }
        }
    }

    pub async fn raw(&self, method: &str, path: &str, body: impl Into<Bytes>, content_type: &str) -> Reply {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, content_type);
        self.request(request.body(Body::from(body.into())).unwrap()).await
    }

    /// Sends a request as it is, with this caller's headers.
    pub async fn request(&self, mut request: Request<Body>) -> Reply {
        let path = request.uri().to_string();
        request.headers_mut().extend(self.headers.clone());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let read = axum::body::to_bytes(body, 64 * 1024 * 1024);
        let body = tokio::time::timeout(PATIENCE, read)
            .await
            .unwrap_or_else(|_| panic!("{path} does not end"))
            .unwrap();
        if let Some(length) = parts.headers.get(header::CONTENT_LENGTH) {
            assert_eq!(length.to_str().unwrap(), body.len().to_string(), "the length of {path}");
        }
        Reply { path, status: parts.status, headers: parts.headers, body }
    }

    /// Every item of a list, read in pages of `limit`.
    pub async fn all(&self, path: &str, limit: usize) -> Vec<Value> {
        let join = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}{join}limit={limit}{cursor}")).await.json(StatusCode::OK);
            let found = page["items"].as_array().unwrap();
            assert!(found.len() <= limit, "{path} gave {} items for a limit of {limit}", found.len());
            items.extend(found.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => {
                    assert_eq!(found.len(), limit, "a page that is not the last is full");
                    cursor = format!("&cursor={next}");
                }
                None => return items,
            }
        }
    }

    /// Opens a stream of server-sent events.
    pub async fn stream(&self, path: &str) -> EventReader {
        let mut request = Request::builder().uri(path).body(Body::empty()).unwrap();
        request.headers_mut().extend(self.headers.clone());
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        EventReader { body: response.into_body().into_data_stream(), read: String::new() }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    path: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body of an answer that must have this status.
    pub fn json(&self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.path, self.text());
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{} is not JSON: {error}", self.text()))
    }

    /// The problem that must be the answer, with this status and in its shape.
    pub fn problem(&self, status: StatusCode) -> Value {
        let problem = self.json(status);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{}", self.path);
        assert_eq!(problem["status"], status.as_u16());
        assert_eq!(problem["request_id"], self.headers["x-request-id"].to_str().unwrap());
        for field in ["type", "title", "detail"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field} of {problem}");
        }
        problem
    }
}

/// One server-sent event.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    pub id: Option<String>,
    pub name: String,
    pub data: Value,
}

/// Reads a stream of server-sent events.
pub struct EventReader {
    body: axum::body::BodyDataStream,
    read: String,
}

impl EventReader {
    /// The next event; `None` when the stream has ended. Comments are passed over.
    pub async fn next(&mut self) -> Option<Sent> {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("the stream says something in time")
    }

    /// The next `count` events.
    pub async fn take(&mut self, count: usize) -> Vec<Sent> {
        let mut events = Vec::with_capacity(count);
        for _ in 0..count {
            events.push(self.next().await.expect("the stream goes on"));
        }
        events
    }

    async fn read(&mut self) -> Option<Sent> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let event = parse(block);
                self.read = rest.to_owned();
                if event.is_some() {
                    return event;
                }
                continue;
            }
            let chunk = self.body.next().await?.unwrap();
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

fn parse(block: &str) -> Option<Sent> {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(|value| value.trim_start().to_owned())
    };
    let data = serde_json::from_str(&field("data")?).unwrap();
    Some(Sent { id: field("id"), name: field("event").unwrap_or_default(), data })
}
