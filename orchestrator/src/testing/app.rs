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
    collections::{BTreeSet, HashMap},
    ops::Deref,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
};
use domain::{
    ApprovalId, Clock, Ids, RunId, ServiceAccountId, TicketId, Timestamp, UserId, WorkspaceId,
    approval::{Approval, ApprovalStatus, Binding, Question},
    audit::{AuditAction, Deed},
    canonical::Digest,
    commit::{Commit, Op},
    confidence::Confidence,
    permission::{OwnRole, Permission, Permissions},
    run::RunStatus,
    tool::ToolCall,
    user::{Actor, Role, RoleName, TeamName, User},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use store::{KeyOwner, RunFilter, WorkspaceStore};
use tokio::sync::OnceCell;

pub use super::client::{Client, EventReader, Reply, Sent};
use crate::{
    app::{App, Brought},
    config::Config,
    engine::Engine,
    http,
    keys::{self, NewKey},
    password,
    system::{SystemClock, SystemIds},
};

/// Every test person's password.
pub const PASSWORD: &str = "correct horse battery staple";
/// The secret that inbound mail is signed with.
pub const INBOUND_SECRET: &str = "a secret between mail servers";
/// How long what goes on by itself may take.
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
             [visitors]\nmessages_per_minute = 1000\nconversations_per_minute = 1000\n\
             [approvals]\nundo_seconds = 0\n",
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
    keys: HashMap<Role, String>,
    users: HashMap<Role, UserId>,
    /// Whom keys belong to.
    service: ServiceAccountId,
}

impl Desk {
    /// Makes a workspace in a service that was started elsewhere.
    pub async fn open(app: &Arc<App>, slug: &str) -> Self {
        let router = http::router(Arc::clone(app));
        let hash = password_hash().await;
        let workspace = app.store.create_workspace(slug, "Test workspace").await.unwrap().id;
        let store = app.store.workspace(workspace);
        let (mut held, mut users) = (HashMap::new(), HashMap::new());
        let new = ("tests".to_owned(), String::new());
        let service = keys::make_account(app, &store, new.0, new.1, Actor::System).await.unwrap();
        for role in Role::BUILT_IN {
            let created_at = app.clock.now();
            let user = User {
                id: UserId::new(&*app.ids),
                email: address(&role, slug),
                name: format!("{} Person", role.as_str()),
                role: role.clone(),
                title: "Tester".to_owned(),
                created_at,
                deactivated_at: None,
            };
            users.insert(role.clone(), user.id);
            store.create_user(user, hash.clone()).await.unwrap();
            let scopes = Permissions::of(&role).unwrap().of_keys();
            let new = NewKey {
                name: format!("{} key", role.as_str()),
                owner: KeyOwner::ServiceAccount(service.id),
                scopes,
                expires_at: None,
            };
            let (_, key) = keys::make(app, &store, new, Actor::System).await.unwrap();
            held.insert(role, key);
        }
        Self {
            workspace,
            store,
            app: Arc::clone(app),
            router,
            slug: slug.to_owned(),
            keys: held,
            users,
            service: service.id,
        }
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
            service: self.service,
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
        address(&role, &self.slug)
    }

    pub fn user_id(&self, role: Role) -> UserId {
        self.users[&role]
    }

    /// The person of this role, signed in.
    pub async fn user(&self, role: Role) -> Client {
        self.sign_in(&self.email(role)).await
    }

    /// The person with this address, signed in.
    pub async fn sign_in(&self, email: &str) -> Client {
        let form = json!({"email": email, "password": PASSWORD});
        let reply = self.nobody().post("/v1/session", &form).await;
        assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
        let cookie =
            reply.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
        self.nobody().with("cookie", &cookie).with("sec-fetch-site", "same-origin")
    }

    /// The contact with this address, signed in as a customer.
    pub async fn customer(&self, email: &str) -> Client {
        let offered = http::customer_link_for(&self.app, self.workspace, email).await.unwrap();
        let (_, link) = offered.unwrap_or_else(|| panic!("{email} is no contact"));
        let (_, token) = link.split_once('#').unwrap();
        let reply = self.nobody().post("/v1/portal/session", &json!({ "token": token })).await;
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

    /// The same, asked of a team beside the role.
    pub async fn propose_to(&self, opened: &Value, team: Option<&str>) -> Value {
        let team = team.map(|team| TeamName::parse(team).unwrap());
        self.proposed(opened, ("We will pay it back.", 1), Role::Reviewer, team).await
    }

    /// The same, asked of another role, with words of its own.
    pub async fn propose_asking(&self, opened: &Value, role: Role, body: &str) -> Value {
        self.proposed(opened, (body, 1), role, None).await
    }

    /// The same, which so many people have to approve.
    pub async fn propose_needing(&self, opened: &Value, quorum: u8) -> Value {
        self.proposed(opened, ("We will pay it back.", quorum), Role::Reviewer, None).await
    }

    /// The same with words of its own.
    pub async fn propose_saying(&self, opened: &Value, body: &str) -> Value {
        self.proposed(opened, (body, 1), Role::Reviewer, None).await
    }

    async fn proposed(
        &self,
        opened: &Value,
        (body, quorum): (&str, u8),
        role: Role,
        team: Option<TeamName>,
    ) -> Value {
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
            role,
            team,
            quorum,
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
            intent: String::new(),
            assignee: None,
            snoozed_until: None,
            undo_until: None,
        };
        let ops = vec![Op::AddApproval(Box::new(approval.clone()))];
        self.store.commit(Commit { ops }).await.unwrap();
        serde_json::to_value(approval).unwrap()
    }

    /// A service with an API key of this role that was not made to see personal data.
    pub async fn key_that_sees_masks(&self, role: Role) -> Client {
        let all = Permissions::of(&role).unwrap();
        self.key_with(all.without([Permission::SeePersonalData].into_iter().collect())).await
    }

    /// A service with an API key that has these scopes.
    pub async fn key_with(&self, scopes: Permissions) -> Client {
        let owner = KeyOwner::ServiceAccount(self.service);
        let new = NewKey { name: "a plain key".to_owned(), owner, scopes, expires_at: None };
        let (_, key) = keys::make(&self.app, &self.store, new, Actor::System).await.unwrap();
        self.bearer(&key)
    }

    /// A person with a role of the workspace's own that has these permissions, signed in.
    pub async fn person_with(&self, name: &str, permissions: Permissions) -> Client {
        let role = OwnRole { name: RoleName::parse(name).unwrap(), description: String::new(), permissions };
        let deed = Deed {
            at: self.app.clock.now(),
            actor: Actor::System,
            action: AuditAction::RoleStored,
            subject: name.to_owned(),
            detail: json!({ "permissions": permissions }),
        };
        self.store.put_role(role.clone(), deed.at, deed).await.unwrap();
        let user = User {
            id: UserId::new(&*self.app.ids),
            email: format!("{name}@{}.example", self.slug),
            name: format!("{name} Person"),
            role: Role::Custom(role.name),
            title: String::new(),
            created_at: self.app.clock.now(),
            deactivated_at: None,
        };
        let email = user.email.clone();
        self.store.create_user(user, password_hash().await).await.unwrap();
        self.sign_in(&email).await
    }

    /// Asks of every run that is over whether its journal reproduces it; which agents made them.
    pub async fn reproduced(&self) -> BTreeSet<String> {
        let mut agents = BTreeSet::new();
        for asked_by in self.users.values().copied().map(Some).chain([None]) {
            let filter = RunFilter { asked_by, status: Some(RunStatus::Done), ..RunFilter::default() };
            for run in self.store.runs(&filter, 100, None).await.unwrap().items {
                let report = self.app.replay(self.workspace, run.id).await.unwrap().unwrap();
                assert!(report.ok, "{report} {run:?}");
                agents.insert(run.agent);
            }
        }
        agents
    }

    /// The run of a ticket.
    pub async fn run_of(&self, opened: &Value) -> RunId {
        self.store.active_run(id(&opened["ticket"]["id"])).await.unwrap().unwrap().id
    }
}

/// Of everybody's password, made once.
async fn password_hash() -> String {
    static HASH: OnceCell<String> = OnceCell::const_new();
    HASH.get_or_init(async || password::hash(PASSWORD.to_owned(), &SystemIds).await.unwrap()).await.clone()
}

fn address(role: &Role, slug: &str) -> String {
    format!("{}@{slug}.example", role.as_str())
}

/// An id out of an answer.
pub fn id<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{value} is not an id: {error}"))
}
