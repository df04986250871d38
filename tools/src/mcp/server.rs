//! One configured MCP server: its connection, its state, and calls that survive its restarts.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{
    Ids,
    canonical::Digest,
    excerpt::cut,
    rate::RateLimit,
    tool::{Risk, ToolError, ToolSpec},
};
use serde_json::{Map, Value, json};
use tokio::{
    sync::{Mutex, Notify},
    time::{Instant, timeout},
};

use super::{
    McpSettings, Registered, Registrations, Screen, ServerStatus,
    connection::{Connection, Failure, content},
    discovery,
    tool::suspended,
};
use crate::{Catalog, ToolsError, http::exchange::MAX_BODY_BYTES};

const FIRST_BACKOFF: Duration = Duration::from_millis(250);
const LAST_BACKOFF: Duration = Duration::from_secs(30);
const CLOSE_WAIT: Duration = Duration::from_secs(2);

pub(super) struct Server {
    settings: McpSettings,
    registrations: Arc<dyn Registrations>,
    catalog: Catalog,
    ids: Arc<dyn Ids>,
    changed: Arc<Notify>,
    screen: Screen,
    /// Set when the tools must be listed again before the next call.
    stale: Arc<AtomicBool>,
    link: Mutex<Link>,
    /// What may be called now: the version of every active tool by full name, and why the
    /// suspended ones may not.
    judged: RwLock<BTreeMap<String, Result<Digest, String>>>,
}

/// A listing that was begun. Unless what it brought was judged, the tools are listed again before the
/// next call: a listing may fail, and whoever waits for it may stop waiting.
struct Listing<'s> {
    stale: &'s AtomicBool,
    judged: bool,
}

impl<'s> Listing<'s> {
    /// None when the tools are as they were judged.
    fn begin(stale: &'s AtomicBool) -> Option<Self> {
        // Taken before listing: a change that is announced meanwhile is listed again next time.
        stale.swap(false, Ordering::AcqRel).then(|| Self { stale, judged: false })
    }
}

impl Drop for Listing<'_> {
    fn drop(&mut self) {
        // Fail closed: what was not compared is not called.
        if !self.judged {
            self.stale.store(true, Ordering::Release);
        }
    }
}

#[derive(Default)]
struct Link {
    connection: Option<Arc<Connection>>,
    failures: u32,
    retry_at: Option<Instant>,
    error: Option<String>,
    closed: bool,
}

impl Server {
    pub(super) fn new(
        mut settings: McpSettings,
        registrations: Arc<dyn Registrations>,
        catalog: Catalog,
        ids: Arc<dyn Ids>,
        changed: Arc<Notify>,
        screen: Screen,
    ) -> Self {
        // A secret that begins another one is taken out after it, so that no end of the other is left.
        settings.secrets.sort_by_key(|secret| Reverse(secret.expose().len()));
        Self {
            settings,
            registrations,
            catalog,
            ids,
            changed,
            screen,
            stale: Arc::new(AtomicBool::new(true)),
            link: Mutex::new(Link::default()),
            judged: RwLock::new(BTreeMap::new()),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.settings.name
    }

    pub(super) fn rate(&self) -> Option<RateLimit> {
        self.settings.rate
    }

    pub(super) fn mark_stale(&self) {
        self.stale.store(true, Ordering::Release);
    }

    pub(super) async fn status(&self) -> ServerStatus {
        // Whoever connects holds the link; a question about it does not wait for that.
        let Ok(link) = self.link.try_lock() else {
            let error = Some("connecting".to_owned());
            return ServerStatus { name: self.name().to_owned(), connected: false, error };
        };
        let connected = link.connection.as_ref().is_some_and(|connection| connection.is_open());
        let error = if connected { None } else { link.error.clone() };
        ServerStatus { name: self.name().to_owned(), connected, error }
    }

    /// Connects when needed and lists the tools when they may have changed.
    pub(super) async fn refresh(self: &Arc<Self>) -> Result<(), ToolsError> {
        self.ready().await.map(|_| ())
    }

    /// A connection whose tools have been judged.
    async fn ready(self: &Arc<Self>) -> Result<Arc<Connection>, ToolsError> {
        let not_connected = |why: String| ToolsError::NotConnected { server: self.name().to_owned(), why };
        let mut link = self.link.lock().await;
        if link.closed {
            return Err(not_connected("the service is stopping".to_owned()));
        }
        let open = link.connection.clone().filter(|connection| connection.is_open());
        let connection = match open {
            Some(connection) => connection,
            None => {
                link.connection = None;
                if let Some(at) = link.retry_at
                    && let Some(left) = at.checked_duration_since(Instant::now())
                {
                    let why = link.error.clone().unwrap_or_default();
                    return Err(not_connected(format!("{why}; next attempt in {} ms", left.as_millis())));
                }
                match Connection::open(&self.settings, self.stale.clone(), self.changed.clone()).await {
                    Ok(connection) => {
                        self.mark_stale();
                        let connection = Arc::new(connection);
                        link.connection = Some(connection.clone());
                        connection
                    }
                    Err(why) => return Err(not_connected(self.failed(&mut link, why))),
                }
            }
        };
        if let Some(mut listing) = Listing::begin(&self.stale) {
            let tools = match connection.list(self.settings.connect_timeout).await {
                Ok(tools) => tools,
                Err(failure) => return Err(not_connected(self.failed(&mut link, failure.why()))),
            };
            let offer = discovery::judge(self, &tools, self.registrations.as_ref(), &self.screen).await?;
            let mut versions: BTreeMap<String, Result<Digest, String>> = offer
                .tools
                .iter()
                .map(|tool| (tool.spec().name.clone(), Ok(tool.spec().version.clone())))
                .collect();
            for suspension in &offer.suspended {
                versions.insert(suspension.name.clone(), Err(suspension.why.clone()));
            }
            *self.judged.write().unwrap_or_else(PoisonError::into_inner) = versions;
            self.catalog.replace_server(self.name(), offer);
            listing.judged = true;
        }
        link.failures = 0;
        link.retry_at = None;
        link.error = None;
        Ok(connection)
    }

    /// Notes a failed attempt and when the next may be made.
    fn failed(&self, link: &mut Link, why: String) -> String {
        link.connection = None;
        let doubled = FIRST_BACKOFF.saturating_mul(1 << link.failures.min(10));
        link.failures = link.failures.saturating_add(1);
        let wait = doubled.min(LAST_BACKOFF).mul_f64(0.5 + self.ids.fraction() / 2.0);
        link.retry_at = Some(Instant::now() + wait);
        link.error = Some(why.clone());
        why
    }

    /// Forgets a connection that failed; the next call makes a new one at once.
    async fn lost(&self, connection: &Arc<Connection>, why: &str) {
        let mut link = self.link.lock().await;
        if link.connection.as_ref().is_some_and(|current| Arc::ptr_eq(current, connection)) {
            link.connection = None;
            link.error = Some(why.to_owned());
        }
    }

    fn check(&self, spec: &ToolSpec) -> Result<(), ToolError> {
        let judged = self.judged.read().unwrap_or_else(PoisonError::into_inner);
        match judged.get(&spec.name) {
            Some(Ok(version)) if *version == spec.version => Ok(()),
            Some(Ok(_)) => {
                Err(ToolError::Refused(format!("{} has changed since this call was proposed", spec.name)))
            }
            Some(Err(why)) => Err(suspended(&spec.name, why)),
            None => Err(ToolError::Refused(format!("{} is not offered by its server any more", spec.name))),
        }
    }

    /// Calls a tool. What certainly did not reach the server is tried once more on a new
    /// connection; so is a read whose connection ended.
    pub(super) async fn call(
        self: &Arc<Self>,
        spec: &ToolSpec,
        remote_name: &str,
        args: Map<String, Value>,
        key: Option<&str>,
    ) -> Result<Value, ToolError> {
        let repeatable = spec.risk == Risk::Read || spec.idempotent;
        let mut again = true;
        loop {
            let connection = self.ready().await.map_err(|error| ToolError::Unavailable(error.to_string()))?;
            self.check(spec)?;
            let failure =
                match connection.call(remote_name, args.clone(), key, self.settings.call_timeout).await {
                    Ok(result) => return self.answer(spec, result),
                    Err(failure) => failure,
                };
            let why = format!("MCP server {}: {}", self.name(), failure.why());
            tracing::debug!(tool = %spec.name, %why, "MCP call failed");
            let uncertain =
                |why| if repeatable { ToolError::Unavailable(why) } else { ToolError::Unknown(why) };
            match failure {
                Failure::NotSent(_) | Failure::Lost(_) => {
                    self.lost(&connection, &why).await;
                    let may_repeat = repeatable || matches!(failure, Failure::NotSent(_));
                    if again && may_repeat {
                        again = false;
                        continue;
                    }
                    return Err(if may_repeat {
                        ToolError::Unavailable(why)
                    } else {
                        ToolError::Unknown(why)
                    });
                }
                Failure::Limited(_, after) => return Err(ToolError::Limited { why, after }),
                Failure::Busy(_) => return Err(ToolError::Unavailable(why)),
                Failure::Refused(_) => return Err(ToolError::Refused(why)),
                Failure::TimedOut(_) | Failure::Broken(_) => return Err(uncertain(why)),
            }
        }
    }

    fn answer(&self, spec: &ToolSpec, result: rmcp::model::CallToolResult) -> Result<Value, ToolError> {
        let is_error = result.is_error == Some(true);
        let (value, over) = content(result, MAX_BODY_BYTES, &self.settings.secrets);
        if is_error {
            let text = match value {
                Value::String(text) => text,
                other => other.to_string(),
            };
            let why = cut(&text, 500);
            // Servers say so of whatever goes wrong inside a tool, a timeout after its own request included.
            let may_be_done = spec.risk == Risk::Irreversible && !spec.idempotent;
            return Err(if may_be_done { ToolError::Unclear(why) } else { ToolError::Refused(why) });
        }
        if over > 0 {
            if spec.risk == Risk::Read {
                return Err(ToolError::Refused(format!(
                    "the answer is larger than {} KiB; ask for less",
                    MAX_BODY_BYTES / 1024
                )));
            }
            // It was done, whatever the size of the answer.
            return Ok(
                json!({ "done": true, "note": "the answer was too large and was cut", "answer": value }),
            );
        }
        Ok(value)
    }

    /// Registers a suspended tool as the server offers it now. It stays suspended until the tools are judged
    /// again, see [`Self::look_again`].
    pub(super) async fn register(
        self: &Arc<Self>,
        name: &str,
        seen: Option<&Digest>,
    ) -> Result<ToolSpec, ToolsError> {
        // Compared with what the server offers now, not with what it offered a minute ago.
        self.mark_stale();
        if let Err(error) = self.refresh().await {
            tracing::warn!(server = self.name(), %error, "accepting without a fresh look");
            return Err(error);
        }
        let Some(suspension) = self.catalog.suspension(name) else {
            return Err(match self.catalog.get(name) {
                Some(_) => ToolsError::NotSuspended(name.to_owned()),
                None => ToolsError::UnknownTool(name.to_owned()),
            });
        };
        if seen.is_some_and(|seen| *seen != suspension.look) {
            return Err(ToolsError::ChangedAgain(name.to_owned()));
        }
        let spec = suspension.now;
        self.registrations.put(Registered { version: spec.version.clone(), spec: spec.clone() }).await?;
        self.mark_stale();
        Ok(spec)
    }

    /// Judges the tools again after one was registered. It is accepted, whatever becomes of the server.
    pub(super) async fn look_again(self: &Arc<Self>, name: &str) {
        if let Err(error) = self.refresh().await {
            tracing::warn!(server = self.name(), tool = name, %error, "accepted and not yet judged again");
        }
    }

    pub(super) async fn close(&self) {
        // An attempt to connect may hold the link for long; its child ends with this process.
        let connection = match timeout(CLOSE_WAIT, self.link.lock()).await {
            Ok(mut link) => {
                link.closed = true;
                link.connection.take()
            }
            Err(_) => None,
        };
        // A call under way holds the connection; it ends with the last of them.
        if let Some(connection) = connection.and_then(Arc::into_inner) {
            connection.close().await;
        }
    }
}
