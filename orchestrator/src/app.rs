//! Everything a running service shares, and how it is put together.
//!
//! The binary, the tests, the benchmarks and the evaluations all start this one [`App`].

mod keys;
mod parts;
mod registrations;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use domain::{
    Clock, Ids, RunId, WorkspaceId,
    answerability::Judge,
    approval::Approval,
    confidence::Confidence,
    grounding::Footing,
    model::Model,
    origin::{ArgumentOrigin, Likeness, OriginKind},
    policy::Verdict,
    run::Run,
    tool::{AnyTool, ToolCall},
};
use metrics_exporter_prometheus::PrometheusHandle;
use rag::{embed::Embedder, vectors::Index};
use serde_json::Value;
use store::{Store, StoreError, StoreOptions};
use thiserror::Error;
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};
use tracing::{info, warn};

pub use keys::Keys;
pub(crate) use parts::{lock_embedded, prepare_folder, procedures, sqlite_path};

use crate::{
    breakers::{Breakers, Outside},
    channels::{self, Mailbox, Senders},
    config::{Config, ConfigError},
    copilot::{errands::ErrandDesk, records::Records},
    demo::{self, shop::Shop},
    engine::{Engine, EngineHandle, House, HouseParts, RunSettings, footing, replay},
    escalation::Escalation,
    gate::{Gate, GateError, Matter, leaving},
    http,
    intake::Intake,
    knowledge::{self, Indexing, Keeper, KnowledgeError, sources::Sources},
    knowledge_index::{self, KnowledgeIndex, KnowledgeIndexError},
    live::Live,
    measurements, models, password,
    personal::PersonalData,
    policies::Policies,
    protections::Protections,
    replays::jobs::Replays,
    second_look::SecondLook,
    sign_in::SignIn,
    system::SharedClock,
};

#[derive(Debug, Error)]
pub enum AppError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Gate(#[from] GateError),
    #[error(transparent)]
    Guards(#[from] guards::Error),
    #[error(transparent)]
    Models(#[from] models::ModelsError),
    #[error(transparent)]
    Tools(#[from] tools::ToolsError),
    #[error(transparent)]
    KnowledgeIndex(#[from] KnowledgeIndexError),
    #[error("the demo shop cannot be opened: {0}")]
    Shop(#[from] crate::demo::shop::ShopError),
    #[error("knowledge cannot be made searchable: {0}")]
    Knowledge(#[from] KnowledgeError),
    #[error("the demo cannot be seeded: {0}")]
    Seed(#[from] demo::SeedError),
    /// The text says what is wrong and what to do.
    #[error("{0}")]
    Setup(String),
}

/// What a caller brings instead of the service's own.
#[derive(Default)]
pub struct Brought {
    /// Instead of the configured models.
    pub model: Option<Arc<dyn Model>>,
    /// Instead of an index in this process's memory.
    pub index: Option<BroughtIndex>,
    /// Turns texts into dense vectors. Without one, knowledge is found by its words alone.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// Those that the log goes by already, instead of ones of its own.
    pub protections: Option<Arc<Protections>>,
    /// The clock, when it is to go by that of a database that several processes share.
    pub shared_clock: Option<Arc<SharedClock>>,
    /// How the processes that parse files are started; by default from this process's own binary.
    pub parser: parse::isolated::Options,
}

/// An index for the service.
pub struct BroughtIndex {
    pub index: Arc<dyn Index>,
    /// What was flushed is there again after a restart, so that not everything is put in anew.
    pub survives: bool,
}

pub struct App {
    pub config: Arc<Config>,
    pub store: Store,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub knowledge: Arc<rag::Knowledge>,
    pub(crate) indexing: Arc<Indexing>,
    pub(crate) keeper: Arc<Keeper>,
    /// The index of vectors and the embedder, as configured.
    pub knowledge_index: KnowledgeIndex,
    /// Reads files from outside.
    pub parser: parse::isolated::Parser,
    /// Pages and folders that knowledge comes from.
    pub sources: Sources,
    pub catalog: tools::Catalog,
    pub mcp: tools::mcp::McpServers,
    pub agents: Arc<agents::Registry>,
    pub model: Arc<dyn Model>,
    pub policies: Arc<Policies>,
    /// What becomes of personal and secret data at each border of a workspace.
    pub protections: Arc<Protections>,
    /// Who sees personal data, and what everybody else does.
    pub personal: Arc<PersonalData>,
    pub breakers: Arc<Breakers>,
    /// Breakers that open by themselves, and rates.
    pub outside: Arc<Outside>,
    pub live: Live,
    pub intake: Intake,
    /// How much mail each sender has sent lately.
    pub senders: Senders,
    /// How polling the mailbox goes.
    pub mailbox: Mailbox,
    pub metrics: PrometheusHandle,
    pub keys: Keys,
    /// How people prove who they are.
    pub sign_in: SignIn,
    pub house: Arc<House>,
    /// Replays that somebody watches.
    pub replays: Replays,
    /// The demo shop this process serves, when the demo is on.
    pub shop: Option<Shop>,
    /// Signs calls between this process and its own demo shop.
    pub shop_token: String,
    stopping: watch::Sender<bool>,
}

impl App {
    /// Opens the store, brings the schema up to date, reads the configured files and seeds the demo
    /// when it is on. `address` is where this process will listen.
    pub async fn build(
        config: Config,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        address: SocketAddr,
    ) -> Result<Arc<Self>, AppError> {
        Self::build_with(config, clock, ids, address, Brought::default()).await
    }

    /// Like [`App::build`], with parts of the caller's own.
    pub async fn build_with(
        config: Config,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        address: SocketAddr,
        brought: Brought,
    ) -> Result<Arc<Self>, AppError> {
        parts::install_crypto();
        let keys = Keys::load(&config.secrets, &*ids)?;
        let options = StoreOptions {
            owner: format!("{}-{}", std::process::id(), ids.uuid()),
            lease: Duration::from_secs(config.runs.lease_seconds),
            max_claimed: config.runs.concurrency,
            queue: config.database.queue,
            read_connections: config.database.read_connections,
        };
        parts::prepare_folder(&config.database.url)?;
        let store = Store::open(&config.database.url, options, Arc::clone(&clock), Arc::clone(&ids)).await?;
        if let Some(shared) = &brought.shared_clock {
            shared.ask(&store).await;
        }
        store.migrate().await?;

        let shop_token = hex::encode(ids.secret());
        let shop = if config.demo.enabled {
            parts::prepare_folder(&config.demo.shop_url)?;
            Some(Shop::open(&config.demo.shop_url, Arc::clone(&clock), Arc::clone(&ids)).await?)
        } else {
            None
        };
        let catalog = parts::catalog(&config, shop.as_ref().map(|_| shop_token.as_str()), address)?;
        let brought_model = brought.model.is_some();
        let protections = match brought.protections {
            Some(protections) => protections,
            None => config.guards.protections()?,
        };
        protections.set_key(keys.placeholders());
        // Telephone plans are read when the first number is met: now, rather than while somebody waits.
        protections.house().detector().detect("+43 512 000000");
        let outside = Outside::shared(
            store.clone(),
            Arc::clone(&clock),
            Arc::clone(&ids),
            &config.breakers,
            &config.models,
        );
        let outside = Arc::new(outside.await?);
        let personal = PersonalData::new(Arc::clone(&protections), config.own_addresses());
        let personal = Arc::new(personal.map_err(AppError::Setup)?);
        let model = match brought.model {
            Some(model) => model,
            None => models::build(
                &config.models,
                config.knowledge.answering,
                &protections,
                &outside,
                Arc::clone(&clock),
                Arc::clone(&ids),
            )?,
        };
        let installation = Gate::load(&config.policy.file)?;
        let policies = Policies::load(store.clone(), installation, Arc::clone(&protections)).await?;
        let policies = Arc::new(policies);
        let knowledge_index = match brought.index {
            Some(index) => KnowledgeIndex::brought(index, brought.embedder),
            None => KnowledgeIndex::open(&config).await?.or_embedder(brought.embedder),
        };
        let (knowledge, indexing) = knowledge::open(&store, &knowledge_index, &protections).await?;
        let (knowledge, indexing) = (Arc::new(knowledge), Arc::new(indexing));
        let keeper = Arc::new(Keeper {
            store: store.clone(),
            knowledge: Arc::clone(&knowledge),
            indexing: Arc::clone(&indexing),
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
        });
        let judge =
            Judge { answers: Arc::new(rag::answerability::Trained), courses: config.knowledge.answering };
        let agents = Arc::new(agents::Registry::standard(Arc::new(rag::groundedness::Lexical), judge));
        parts::check_agents(&config, &agents)?;
        let procedures = Arc::new(parts::procedures(&config)?);
        let live = Live::default();
        let breakers = Arc::new(Breakers::load(store.clone(), live.clone(), Arc::clone(&outside)).await?);
        let intake = Intake::new(store.clone(), catalog.clone(), Arc::clone(&clock), Arc::clone(&ids));
        let looks = config.knowledge.grounding;
        // The offline model cannot read for others.
        let reads = looks.model_check && (brought_model || !config.models.providers.is_empty());
        let second_look = SecondLook {
            model: reads.then(|| Arc::clone(&model)),
            embedder: knowledge_index.embedder.clone().filter(|_| looks.similarity),
            protections: Arc::clone(&protections),
        };
        let budgets = Arc::new(parts::budgets(&config, &agents, &catalog)?);
        let errands = Arc::new(ErrandDesk {
            store: store.clone(),
            catalog: catalog.clone(),
            granted: parts::granted(&config, &agents, domain::errand::AGENT),
            clock: Arc::clone(&clock),
        });
        let staff_records = Arc::new(Records {
            store: store.clone(),
            knowledge: Arc::clone(&knowledge),
            personal: Arc::clone(&personal),
            outside: Arc::clone(&outside),
            budgets: Arc::clone(&budgets),
            minutes_per_ticket: i64::from(config.desk.minutes_per_ticket),
            errands: Arc::clone(&errands),
            clock: Arc::clone(&clock),
        });
        let house = Arc::new(House::new(HouseParts {
            store: store.clone(),
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
            catalog: catalog.clone(),
            agents: Arc::clone(&agents),
            settings: config.agents.clone(),
            procedures,
            policies: Arc::clone(&policies),
            breakers: Arc::clone(&breakers),
            outside: Arc::clone(&outside),
            budgets,
            leaving: Arc::new(leaving::guard(&config)),
            protections: Arc::clone(&protections),
            injections: Arc::new(guards::injection::Injections::new()?),
            escalation: Arc::new(Escalation::new(config.escalation.clone())?),
            model: Arc::clone(&model),
            live: live.clone(),
            knowledge: Arc::clone(&knowledge),
            articles: Arc::clone(&keeper) as Arc<dyn domain::ports::Articles>,
            staff_records,
            errands,
            runs: RunSettings {
                max_attempts: config.runs.max_attempts,
                retry: Duration::from_millis(config.runs.retry_ms),
                tool_timeout: Duration::from_millis(config.runs.tool_timeout_ms),
                cached_journals: config.runs.cached_journals,
                failed_a_day: config.runs.failed_a_day,
                keep_audit_days: config.audit.keep_days,
            },
            courses: config.knowledge.answering,
            second_look,
        }));
        let registrations =
            Arc::new(registrations::StoredRegistrations::new(store.clone(), Arc::clone(&clock)));
        let mcp = tools::mcp::McpServers::new(
            parts::mcp_settings(&config)?,
            registrations,
            catalog.clone(),
            Arc::clone(&ids),
            registrations::screen()?,
        )?;
        let sign_in = SignIn::new(&config.sign_in, &keys, &config.public_url())?;
        let sources = Sources::new(&config.knowledge.sources.private_hosts)?;
        let app = Arc::new(Self {
            metrics: measurements::recorder().map_err(AppError::Setup)?,
            config: Arc::new(config),
            store,
            clock,
            ids,
            knowledge,
            indexing,
            keeper,
            knowledge_index,
            parser: parse::isolated::Parser::new(brought.parser, parse::Limits::default()),
            sources,
            catalog,
            mcp,
            agents,
            model,
            policies,
            protections,
            personal,
            breakers,
            outside,
            live,
            intake,
            senders: Senders::default(),
            mailbox: Mailbox::default(),
            keys,
            sign_in,
            house,
            replays: Replays::default(),
            shop,
            shop_token,
            stopping: watch::Sender::new(false),
        });
        app.fill().await?;
        Ok(app)
    }

    /// Brings knowledge into memory, and the demo and configured folders into the database.
    async fn fill(&self) -> Result<(), AppError> {
        if let Some(shop) = &self.shop {
            let report = self.seed_demo(shop, &|_| {}).await?;
            if report.seeded {
                info!(
                    tickets = report.tickets,
                    customers = report.customers,
                    articles = report.articles,
                    "seeded the demo workspace"
                );
            }
        }
        knowledge::load_library(self).await?;
        knowledge::sync_all(self).await?;
        parts::sync_folders(self).await
    }

    /// Seeds the demo workspace unless it is there.
    pub async fn seed_demo(
        &self,
        shop: &Shop,
        progress: &(dyn Fn(demo::Progress) + Send + Sync),
    ) -> Result<demo::SeedReport, AppError> {
        let config = &self.config.demo;
        let known = demo::is_seeded(&self.store).await?;
        // Hashing is slow on purpose; a workspace that has been seeded needs none.
        let password_hash = if known {
            String::new()
        } else {
            password::hash(config.password.expose().to_owned(), &*self.ids).await.map_err(AppError::Setup)?
        };
        let options = demo::SeedOptions { seed: config.seed, password_hash: &password_hash, progress };
        let (clock, ids) = (Arc::clone(&self.clock), Arc::clone(&self.ids));
        Ok(demo::seed(&self.store, &self.knowledge, shop, clock, ids, &options).await?)
    }

    /// Replays a run's journal strictly. `None` when there is no such run.
    pub async fn replay(
        &self,
        workspace: WorkspaceId,
        run: RunId,
    ) -> Result<Option<replay::ReplayReport>, AppError> {
        let store = self.store.workspace(workspace);
        let Some(run) = store.run(run).await? else { return Ok(None) };
        let steps = store.steps(run.id).await?;
        let name = self.house.workspace_name(workspace).await?;
        let report = replay::replay(&self.house, &run, &steps, &name)
            .map_err(|error| AppError::Setup(error.to_string()))?;
        let redacted_at = if report.ok { None } else { store.run_redacted_at(run.id).await? };
        Ok(Some(report.redacted(redacted_at)))
    }

    /// What the text stands on that an approval would have somebody read. None for one without, and where its
    /// agent does not tell.
    pub async fn footing(
        &self,
        workspace: WorkspaceId,
        approval: &Approval,
        run: &Run,
    ) -> Result<Option<Footing>, StoreError> {
        if approval.preview.body.is_none() {
            return Ok(None);
        }
        let steps = self.store.workspace(workspace).steps(run.id).await?;
        let name = self.house.workspace_name(workspace).await?;
        Ok(footing::footing(&self.house, (run, &steps), &name, approval))
    }

    /// What the policy would say of a call by the resolution agent, were it proposed with full
    /// confidence now.
    pub fn dry_verdict(&self, workspace: WorkspaceId, tool: &dyn AnyTool, args: &Value) -> Verdict {
        let call = ToolCall { id: "dry-run".to_owned(), tool: tool.spec().name.clone(), args: args.clone() };
        let thresholds = self
            .house
            .settings_of("resolution")
            .map_or(domain::confidence::Thresholds { auto: 1.0, floor: 1.0 }, |s| s.thresholds);
        let given = |argument: &String| ArgumentOrigin {
            argument: argument.clone(),
            kind: OriginKind::Person,
            likeness: Likeness::Exact,
            from: "imagined for a dry run".to_owned(),
        };
        let trusted: Vec<ArgumentOrigin> = tool.spec().protected.iter().map(given).collect();
        self.policies.of(workspace).judge(&Matter {
            call: &call,
            spec: tool.spec(),
            agent: "resolution",
            channel: "",
            tier: "",
            confidence: &Confidence::certain("imagined for a dry run"),
            thresholds,
            origins: &trusted,
            carries: &leaving::carried(
                &self.house.leaving,
                &self.protections.of(workspace),
                tool.spec(),
                args,
            ),
            suspicions: &[],
            edited: false,
            intent: Some(""),
            level: None,
            spent_micros: 0,
            now: self.clock.now(),
        })
    }

    /// Resolves when the service begins to stop; streams end then.
    pub async fn stopping(&self) {
        let mut stopping = self.stopping.subscribe();
        if stopping.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

/// A service that listens and works.
pub struct Service {
    pub app: Arc<App>,
    pub address: SocketAddr,
    engine: EngineHandle,
    server: JoinHandle<std::io::Result<()>>,
    background: Vec<JoinHandle<()>>,
    /// Ends by itself when the service stops.
    mail: Vec<JoinHandle<()>>,
    /// Held for as long as the service runs: an embedded database has one process.
    _lock: Option<std::fs::File>,
}

impl Service {
    /// Listens at the configured address and starts working.
    pub async fn start(config: Config, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self, AppError> {
        Self::start_with(config, clock, ids, Brought::default()).await
    }

    /// Like [`Service::start`], with parts of the caller's own.
    pub async fn start_with(
        config: Config,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        brought: Brought,
    ) -> Result<Self, AppError> {
        let lock = parts::lock_embedded(&config.database.url)?;
        let shared_clock = brought.shared_clock.clone();
        let listener = TcpListener::bind(config.server.address).await.map_err(|error| {
            AppError::Setup(format!(
                "cannot listen at {}: {error}; set server.address to a free one",
                config.server.address
            ))
        })?;
        let address = listener.local_addr().map_err(|error| AppError::Setup(error.to_string()))?;
        let app = App::build_with(config, clock, ids, address, brought).await?;
        if lock.is_some() {
            // Nobody else can be working: what an earlier process had leased is free again.
            app.store.take_over_all().await?;
        }
        let server = parts::serve(Arc::clone(&app), listener);
        let runs = &app.config.runs;
        let engine = Engine::new(
            Arc::clone(&app.house),
            app.intake.clone(),
            Duration::from_millis(runs.poll_ms),
            Duration::from_secs(runs.lease_seconds),
            runs.concurrency,
        )
        .start();
        let mut background = parts::background(&app);
        if let Some(shared) = shared_clock {
            let store = app.store.clone();
            background.push(tokio::spawn(async move { shared.follow(&store).await }));
        }
        let mail = channels::start(&app, lock.is_some());
        Ok(Self { app, address, engine, server, background, mail, _lock: lock })
    }

    /// Stops taking work, lets what is under way come to a good place, and closes the database.
    pub async fn stop(self) {
        let patience = Duration::from_secs(self.app.config.server.stop_seconds);
        self.app.stopping.send_replace(true);
        self.engine.stop(patience).await;
        for task in &self.background {
            task.abort();
        }
        if tokio::time::timeout(patience, self.app.sources.come_to_rest()).await.is_err() {
            warn!("knowledge sources were still being synced; the next start goes on with them");
        }
        for mut task in self.mail {
            // A mail that is being handed over must not be left with its fate unknown.
            if tokio::time::timeout(patience, &mut task).await.is_err() {
                task.abort();
            }
        }
        if let Err(error) = self.app.knowledge_index.flush().await {
            // What is missing is put in again from the database.
            warn!(%error, "the index of knowledge could not be flushed");
        }
        self.app.mcp.close().await;
        let abort = self.server.abort_handle();
        match tokio::time::timeout(Duration::from_secs(2), self.server).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => warn!(%error, "the server ended with an error"),
            Ok(Err(error)) => warn!(%error, "the server ended abnormally"),
            Err(_) => abort.abort(),
        }
        self.app.store.clone().close().await;
    }
}

/// Seeds the demo into the configured database, and tells how far it is.
pub(crate) async fn seed(
    mut config: Config,
    progress: &(dyn Fn(demo::Progress) + Send + Sync),
) -> Result<demo::SeedReport, AppError> {
    let address = config.server.address;
    let shop_url = config.demo.shop_url.clone();
    config.demo.enabled = false;
    knowledge_index::beside_a_service(&mut config);
    let (clock, ids) = (Arc::new(crate::system::SystemClock), Arc::new(crate::system::SystemIds));
    prepare_folder(&shop_url)?;
    let app = App::build(config, clock.clone(), ids.clone(), address).await?;
    let shop = Shop::open(&shop_url, clock, ids).await?;
    let report = app.seed_demo(&shop, progress).await?;
    app.store.clone().close().await;
    Ok(report)
}

/// The router with every route, for tests that need no socket.
pub fn router(app: &Arc<App>) -> axum::Router {
    http::router(Arc::clone(app))
}
