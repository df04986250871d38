//! The parts an [`App`] is put together from.

use std::{collections::BTreeMap, fs::File, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use domain::{procedure::Procedure, tool::AnyTool};
use serde::Deserialize;
use tokio::{net::TcpListener, task::JoinHandle};
use tools::{
    Catalog, Secret, Secrets,
    builtin::{self, WebhookSettings},
    mcp::{McpSettings, McpTransport},
};
use url::Url;

use super::{App, AppError};
use crate::{
    answering, config::Config, credits::Budgets, demo, http, knowledge::sources, measurements, replays,
};

/// One crypto stack for all TLS. A second call finds it installed, which is as good.
pub(super) fn install_crypto() {
    rustls::crypto::ring::default_provider().install_default().ok();
}

/// The file of an embedded database; none in memory or on a server.
pub(crate) fn sqlite_path(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    let path = path.split('?').next().unwrap_or(path);
    (!path.is_empty() && path != ":memory:").then(|| Path::new(path))
}

/// Makes the folder of an embedded database.
pub(crate) fn prepare_folder(url: &str) -> Result<(), AppError> {
    if let Some(folder) = sqlite_path(url).and_then(Path::parent)
        && !folder.as_os_str().is_empty()
    {
        std::fs::create_dir_all(folder).map_err(|error| {
            AppError::Setup(format!("the folder {} cannot be made: {error}", folder.display()))
        })?;
    }
    Ok(())
}

/// An embedded database serves one process at a time; a second one is told so at its start.
pub(crate) fn lock_embedded(url: &str) -> Result<Option<File>, AppError> {
    let Some(path) = sqlite_path(url) else {
        return Ok(None);
    };
    prepare_folder(url)?;
    let lock_path = path.with_extension("lock");
    let setup = |why: String| AppError::Setup(format!("{}: {why}", lock_path.display()));
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock_path)
        .map_err(|error| setup(error.to_string()))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Err(setup(
            "another Countersign is serving this database; stop it, or use Postgres for several processes"
                .to_owned(),
        )),
        Err(std::fs::TryLockError::Error(error)) => Err(setup(error.to_string())),
    }
}

/// Secrets for declared tools: environment variables, and the demo shop's token.
struct ToolSecrets<'a> {
    shop_token: Option<&'a str>,
}

impl Secrets for ToolSecrets<'_> {
    fn get(&self, name: &str) -> Option<Secret> {
        if name == "SHOP_TOKEN"
            && let Some(token) = self.shop_token
        {
            return Some(Secret::new(token));
        }
        std::env::var(name).ok().map(Secret::new)
    }
}

/// Built-in tools and those declared in files; MCP servers add theirs when they connect.
pub(super) fn catalog(
    config: &Config,
    shop_token: Option<&str>,
    address: SocketAddr,
) -> Result<Catalog, AppError> {
    let timeout = Duration::from_millis(config.runs.tool_timeout_ms);
    let webhooks =
        WebhookSettings::new(&config.tools.webhook_urls, &config.tools.webhook_private_hosts, timeout)?;
    let mut all: Vec<Arc<dyn AnyTool>> = builtin::all(webhooks);
    let secrets = ToolSecrets { shop_token };
    let mut overrides = BTreeMap::new();
    if shop_token.is_some() {
        let host =
            if address.ip().is_unspecified() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        overrides.insert("shop".to_owned(), format!("http://{host}:{}/demo/shop", address.port()));
        all.extend(tools::http::load(demo::SHOP_TOOLS, "shop-tools.toml", &secrets, &overrides)?);
    }
    for file in &config.tools.files {
        let text = std::fs::read_to_string(file)
            .map_err(|error| AppError::Setup(format!("the tools file {file} cannot be read: {error}")))?;
        all.extend(tools::http::load(&text, file, &secrets, &overrides)?);
    }
    Ok(Catalog::builder().tools(all)?.build())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProceduresFile {
    #[serde(default)]
    procedure: Vec<Procedure>,
}

/// The configured procedures, or the demo's own.
pub(crate) fn procedures(config: &Config) -> Result<Vec<Procedure>, AppError> {
    let file = &config.procedures.file;
    let (name, text) = if !file.is_empty() {
        let text = std::fs::read_to_string(file).map_err(|error| {
            AppError::Setup(format!("the procedures file {file} cannot be read: {error}"))
        })?;
        (file.as_str(), text)
    } else if config.demo.enabled {
        ("procedures.toml", demo::PROCEDURES.to_owned())
    } else {
        return Ok(Vec::new());
    };
    let parsed: ProceduresFile = toml::from_str(&text)
        .map_err(|error| AppError::Setup(format!("the procedures in {name} are not valid: {error}")))?;
    Ok(parsed.procedure)
}

/// An agent in the configuration that does not exist is a spelling mistake.
pub(super) fn check_agents(config: &Config, agents: &agents::Registry) -> Result<(), AppError> {
    for name in config.agents.keys() {
        if agents.get(name).is_none() {
            let known = agents.names().join(", ");
            return Err(AppError::Setup(format!(
                "agents.{name}: there is no such agent; there are: {known}"
            )));
        }
    }
    Ok(())
}

/// What an agent may call: as configured, or as it says itself.
pub(super) fn granted(config: &Config, agents: &agents::Registry, agent: &str) -> Vec<String> {
    let settings = config.agents.get(agent).cloned().or_else(|| agents.default_settings(agent));
    settings.map(|settings| settings.tools).unwrap_or_default()
}

/// What may be spent. What runs inside this service costs nothing.
pub(super) fn budgets(
    config: &Config,
    agents: &agents::Registry,
    catalog: &Catalog,
) -> Result<Budgets, AppError> {
    let others = [answering::SPENDER, replays::SPENDER];
    let spends = |name: &str| others.contains(&name) || agents.get(name).is_some();
    let budgets = Budgets::new(&config.credits, spends).map_err(AppError::Setup)?;
    let local = |name: &&str| catalog.get(name).is_some_and(|tool| tool.spec().local);
    if let Some(name) = budgets.priced().find(local) {
        return Err(AppError::Setup(format!(
            "credits.prices.{name}: this tool works inside the service and costs nothing; take its price out"
        )));
    }
    Ok(budgets)
}

pub(super) fn mcp_settings(config: &Config) -> Result<Vec<McpSettings>, AppError> {
    let known = ToolSecrets { shop_token: None };
    // The values, and of those with secrets in them the whole and each secret.
    let expand = |values: &BTreeMap<String, String>, server: &str| {
        let (mut expanded, mut secrets) = (BTreeMap::new(), Vec::new());
        for (key, value) in values {
            let (value, used) = tools::secrets::expand(value, &known)
                .map_err(|why| AppError::Setup(format!("tools.mcp `{server}`, `{key}`: {why}")))?;
            if !used.is_empty() {
                secrets.push(value.clone());
                secrets.extend(used);
            }
            expanded.insert(key.clone(), value);
        }
        Ok::<_, AppError>((expanded, secrets))
    };
    config
        .tools
        .mcp
        .iter()
        .map(|server| {
            let (transport, secrets) = match (&server.url, server.command.split_first()) {
                (Some(url), None) => {
                    let (headers, secrets) = expand(&server.headers, &server.name)?;
                    (McpTransport::Http { url: url.clone(), headers }, secrets)
                }
                (None, Some((command, args))) => {
                    let (env, secrets) = expand(&server.env, &server.name)?;
                    (McpTransport::Stdio { command: command.clone(), args: args.to_vec(), env }, secrets)
                }
                _ => {
                    return Err(AppError::Setup(format!(
                        "tools.mcp `{}`: give either `url` or `command`",
                        server.name
                    )));
                }
            };
            let mut settings = McpSettings::new(server.name.clone(), transport);
            match &settings.transport {
                McpTransport::Http { .. } => settings.secrets.extend(secrets),
                // What is said in the open is an address or a mode, and answers may name those.
                McpTransport::Stdio { .. } => settings.secrets = secrets,
            }
            settings.call_timeout = Duration::from_millis(server.timeout_ms);
            let url = server.url.as_deref().and_then(|url| Url::parse(url).ok());
            settings.rate = tools::published::declared(server.rate.as_deref(), server.burst, url.as_ref())
                .map_err(|why| AppError::Setup(format!("tools.mcp `{}`, `rate`: {why}", server.name)))?;
            Ok(settings)
        })
        .collect()
}

/// Brings the first workspace's knowledge up to what is in the configured folders. One that is no folder
/// is a spelling mistake, most likely.
pub(super) async fn sync_folders(app: &App) -> Result<(), AppError> {
    let folders = &app.config.knowledge.folders;
    if folders.is_empty() {
        return Ok(());
    }
    if app.store.workspaces().await?.is_empty() {
        return Err(AppError::Setup(
            "knowledge.folders needs a workspace: `countersign workspace create` makes one".to_owned(),
        ));
    }
    if let Some(folder) = folders.iter().find(|folder| !Path::new(folder).is_dir()) {
        return Err(AppError::Setup(format!(
            "knowledge.folders: {folder} is no folder that can be read; correct it or take it out"
        )));
    }
    sources::sync_folders(app).await.map_err(|error| AppError::Setup(format!("knowledge.folders: {error}")))
}

/// Serves the API, the console and, in the demo, the shop and its page.
pub(super) fn serve(app: Arc<App>, listener: TcpListener) -> JoinHandle<std::io::Result<()>> {
    let mut router = http::router(Arc::clone(&app));
    if let Some(shop) = &app.shop {
        router = router.nest("/demo/shop", shop.router(app.shop_token.clone())).merge(demo::site::router());
    }
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move {
        axum::serve(listener, service).with_graceful_shutdown(async move { app.stopping().await }).await
    })
}

/// What goes on beside requests and runs.
pub(super) fn background(app: &Arc<App>) -> Vec<JoinHandle<()>> {
    let mut tasks = Vec::new();
    if !app.config.tools.mcp.is_empty() {
        let mcp = app.mcp.clone();
        tasks.push(tokio::spawn(async move {
            mcp.connect_all().await;
            mcp.watch().await;
        }));
    }
    let known = Arc::clone(app);
    tasks.push(tokio::spawn(async move { crate::knowledge::follow(&known).await }));
    tasks.push(tokio::spawn(sources::keep(Arc::clone(app))));
    let watched = Arc::clone(app);
    tasks.push(tokio::spawn(async move { sources::watch(&watched).await }));
    let breakers = Arc::clone(&app.breakers);
    tasks.push(tokio::spawn(async move { breakers.follow().await }));
    let policies = Arc::clone(&app.policies);
    tasks.push(tokio::spawn(async move { policies.follow().await }));
    let ladder = Arc::clone(app);
    tasks.push(tokio::spawn(async move { ladder.follow_ladder().await }));
    tasks.push(tokio::spawn(crate::scans::resume(Arc::clone(app))));
    let counted = Arc::clone(app);
    tasks.push(tokio::spawn(async move { measurements::keep(&counted).await }));
    tasks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets_of(server: &str) -> Vec<Secret> {
        let config = Config::with(&format!("[[tools.mcp]]\nname = \"crm\"\n{server}\n")).unwrap();
        mcp_settings(&config).unwrap().remove(0).secrets
    }

    #[test]
    fn what_an_mcp_server_is_given_as_a_secret_is_kept_whole_and_alone() {
        let path = std::env::var("PATH").unwrap();
        let (whole, alone) = (Secret::new(format!("Key {path}")), Secret::new(path));
        let http = "url = \"http://127.0.0.1:1/mcp\"\nheaders = { X-Key = \"Key ${secret:PATH}\" }";
        assert!([&whole, &alone].iter().all(|secret| secrets_of(http).contains(secret)));
        let stdio = "command = [\"crm\"]\nenv = { KEY = \"Key ${secret:PATH}\", MODE = \"production\" }";
        assert_eq!(secrets_of(stdio), [whole, alone]);
    }
}
