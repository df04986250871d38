//! Tools of MCP servers: connect, discover, call, reconnect.
//!
//! A server's tools appear in the catalog as `<server>__<tool>`. What a server says of its tools
//! is trusted once: a tool is registered as it was first seen, and one whose face changes later, or reads like
//! an order to the agent from the start, is suspended until an admin accepts it. Tools that do not declare themselves read-only are
//! outward at least, so the policy's default asks a person.

mod connection;
mod discovery;
mod rounds;
mod server;
mod tool;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{Ids, canonical::Digest, rate::RateLimit, tool::ToolSpec};
use futures::future::join_all;
use serde::Serialize;
use tokio::sync::Notify;
use url::Url;

use crate::{Catalog, Secret, ToolsError, http};
use rounds::{Occasion, Rounds};
use server::Server;

/// A log filter that must always be set: `rmcp` logs what a server answers to a refused connection, which may
/// quote the credentials. Our own errors say what was wrong.
pub const LOG_DIRECTIVE: &str = "rmcp=off";

/// How to reach one MCP server.
#[derive(Clone, Debug)]
pub struct McpSettings {
    /// Lower-case letters, digits, `-` and single `_`; the first half of its tools' names.
    pub name: String,
    pub transport: McpTransport,
    /// For one call, its answer included.
    pub call_timeout: Duration,
    /// For connecting and for listing the tools.
    pub connect_timeout: Duration,
    /// How many calls of its tools it takes.
    pub rate: Option<RateLimit>,
    /// Taken out of what the server answers and of why it does not. Whoever knows which part of a value is
    /// the secret adds that.
    pub secrets: Vec<Secret>,
}

impl McpSettings {
    /// With the usual limits: 30 s for a call, 20 s to connect. Credentials in headers and all values of `env`
    /// count as secrets.
    pub fn new(name: impl Into<String>, transport: McpTransport) -> Self {
        Self {
            name: name.into(),
            secrets: transport.secrets(),
            transport,
            call_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(20),
            rate: None,
        }
    }
}

#[derive(Clone, Debug)]
pub enum McpTransport {
    /// Streamable HTTP. Headers are sent with every request.
    Http { url: String, headers: BTreeMap<String, Secret> },
    /// A child process that speaks on its standard input and output. It gets `env` and, of this
    /// process's own environment, only what programs need to start (`PATH`, `HOME`, locale).
    Stdio { command: String, args: Vec<String>, env: BTreeMap<String, Secret> },
}

impl McpTransport {
    fn secrets(&self) -> Vec<Secret> {
        match self {
            Self::Http { headers, .. } => {
                let credentials =
                    headers.iter().filter(|(name, _)| name.to_ascii_lowercase().ends_with("authorization"));
                credentials.flat_map(|(_, value)| [Some(value.clone()), bare(value)]).flatten().collect()
            }
            Self::Stdio { env, .. } => env.values().cloned().collect(),
        }
    }
}

/// A credential without its scheme (`Bearer`): a server may quote it alone.
fn bare(value: &Secret) -> Option<Secret> {
    value.expose().split_once(' ').map(|(_, credential)| Secret::new(credential))
}

/// A tool as it was when it was registered or last accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Registered {
    pub version: Digest,
    pub spec: ToolSpec,
}

/// Says why a text reads like an order to whoever reads it; None when it does not.
pub type Screen = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Where accepted tools are remembered across restarts.
#[async_trait]
pub trait Registrations: Send + Sync {
    /// By the full name. An error keeps the tool out until the registrations can be read.
    async fn get(&self, name: &str) -> Result<Option<Registered>, ToolsError>;
    /// Inserts or replaces, by `registered.spec.name`.
    async fn put(&self, registered: Registered) -> Result<(), ToolsError>;
}

/// How a server stands, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ServerStatus {
    pub name: String,
    pub connected: bool,
    /// Why not, when it is not connected.
    pub error: Option<String>,
}

/// The configured MCP servers. Cheap to clone.
#[derive(Clone)]
pub struct McpServers {
    servers: Arc<BTreeMap<String, Arc<Server>>>,
    /// Rung when a server says that its tools have changed.
    changed: Arc<Notify>,
}

/// How often tools are listed again without being told to; also the pace at which servers that
/// could not be reached at start are tried.
const REFRESH: Duration = Duration::from_secs(60);
/// How long servers are left alone after one of them said that its tools have changed: some say so whenever
/// they are asked for them.
const PACE: Duration = Duration::from_secs(1);

impl McpServers {
    /// Checks the settings; connects to nothing yet. `ids` gives the jitter of reconnects, `screen` looks at
    /// what a server says of a tool that is new.
    pub fn new(
        settings: Vec<McpSettings>,
        registrations: Arc<dyn Registrations>,
        catalog: Catalog,
        ids: Arc<dyn Ids>,
        screen: Screen,
    ) -> Result<Self, ToolsError> {
        let changed = Arc::new(Notify::new());
        let mut servers = BTreeMap::new();
        for one in settings {
            let wrong = |why: String| ToolsError::Setting(format!("MCP server `{}`: {why}", one.name));
            http::check_server_name(&one.name).map_err(wrong)?;
            if let McpTransport::Http { url, .. } = &one.transport {
                let parsed =
                    Url::parse(url).map_err(|error| wrong(format!("`{url}` is not a URL: {error}")))?;
                if !matches!(parsed.scheme(), "http" | "https") {
                    return Err(wrong(format!("`{url}` must start with http:// or https://")));
                }
            }
            let name = one.name.clone();
            let server = Server::new(
                one,
                registrations.clone(),
                catalog.clone(),
                ids.clone(),
                changed.clone(),
                screen.clone(),
            );
            if servers.insert(name.clone(), Arc::new(server)).is_some() {
                return Err(ToolsError::Setting(format!("two MCP servers are called `{name}`; rename one")));
            }
        }
        servers.keys().for_each(|name| catalog.await_server(name));
        Ok(Self { servers: Arc::new(servers), changed })
    }

    /// Connects to all servers side by side and fills the catalog. A server that cannot be reached
    /// is logged and does not stop the others; [`Self::watch`] keeps trying.
    pub async fn connect_all(&self) -> Vec<ServerStatus> {
        join_all(self.servers.values().map(|server| async move {
            if let Err(error) = server.refresh().await {
                tracing::warn!(server = server.name(), %error, "MCP server is not available");
            }
        }))
        .await;
        self.status().await
    }

    /// Keeps the catalog up to date: lists again when a server says so, and once a minute. Runs
    /// until it is dropped.
    pub async fn watch(&self) {
        let mut rounds = Rounds::new(&self.changed, REFRESH, PACE);
        loop {
            if rounds.wait().await == Occasion::Due {
                for server in self.servers.values() {
                    server.mark_stale();
                }
            }
            self.connect_all().await;
        }
    }

    pub async fn status(&self) -> Vec<ServerStatus> {
        join_all(self.servers.values().map(|server| server.status())).await
    }

    /// Lets a suspended tool be called as it is now. `seen` is the look of the suspension that the admin saw;
    /// when the tool has changed again since, nothing is accepted. Where the server goes away once it is
    /// accepted, the tool stays suspended until the server is there again.
    pub async fn accept(&self, name: &str, seen: Option<&Digest>) -> Result<ToolSpec, ToolsError> {
        let spec = self.register(name, seen).await?;
        self.look_again(name).await;
        Ok(spec)
    }

    /// The half of [`Self::accept`] that cannot be taken back, for whoever has to write down that it was done
    /// before the server is asked once more.
    pub async fn register(&self, name: &str, seen: Option<&Digest>) -> Result<ToolSpec, ToolsError> {
        let server = self.server_of(name).ok_or_else(|| ToolsError::UnknownTool(name.to_owned()))?;
        server.register(name, seen).await
    }

    /// The other half: judges the tools of the server anew, which ends the suspension. It may take as long as
    /// connecting does.
    pub async fn look_again(&self, name: &str) {
        if let Some(server) = self.server_of(name) {
            server.look_again(name).await;
        }
    }

    fn server_of(&self, name: &str) -> Option<&Arc<Server>> {
        name.split_once("__").and_then(|(server, _)| self.servers.get(server))
    }

    /// Ends all connections and child processes; takes a few seconds at most.
    pub async fn close(&self) {
        join_all(self.servers.values().map(|server| server.close())).await;
    }
}
