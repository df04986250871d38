//! One live connection to an MCP server, and what its failures mean for a call.

use std::{
    collections::{HashMap, VecDeque},
    process::Stdio,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::excerpt::cut;
use reqwest::header::{HeaderName, HeaderValue};
use rmcp::{
    ClientHandler, RoleClient,
    model::{
        CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, ClientConfig,
        ClientRequest, ErrorCode, Implementation, JsonObject, ListToolsRequest, PaginatedRequestParams,
        ProtocolVersion, RequestMetaObject, ServerResult, Tool,
    },
    service::{
        ClientInitializeError, ClientLifecycleMode, ClientServiceExt, NotificationContext, RunningService,
        ServiceError,
    },
    transport::{
        StreamableHttpClientTransport, TokioChildProcess,
        streamable_http_client::{StreamableHttpClientTransportConfig, StreamableHttpError},
    },
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::{ChildStderr, Command},
    sync::Notify,
    time::timeout,
};
use url::Url;

use super::{McpSettings, McpTransport};
use crate::{
    Secret,
    http::{exchange, retry_after},
    secrets::{redact, redact_value},
};

/// More tools than this from one server are not read.
const MAX_TOOLS: usize = 256;
const MAX_PAGES: usize = 32;
const MAX_EVENT_BYTES: usize = 1024 * 1024;
/// The meta key under which an effect's idempotency key travels; servers may ignore it.
const IDEMPOTENCY_META: &str = "countersign/idempotency-key";

/// Our side of the protocol: it offers nothing and listens for changed tools.
#[derive(Clone)]
struct Listener {
    stale: Arc<AtomicBool>,
    changed: Arc<Notify>,
}

impl ClientHandler for Listener {
    fn get_info(&self) -> ClientConfig {
        let me = Implementation::new("countersign", env!("CARGO_PKG_VERSION"));
        ClientConfig::new(ClientCapabilities::default(), me)
    }

    async fn on_tool_list_changed(&self, _: NotificationContext<RoleClient>) {
        self.stale.store(true, Ordering::Release);
        self.changed.notify_one();
    }
}

pub(super) struct Connection {
    service: RunningService<RoleClient, Listener>,
    /// Taken out of what the server says.
    secrets: Vec<Secret>,
}

/// Why a call brought no result.
#[derive(Debug)]
pub(super) enum Failure {
    /// The request did not reach the server's tools. The connection is of no use any more.
    NotSent(String),
    /// The server takes no more requests, for as long as it says, if it does.
    Limited(String, Option<Duration>),
    /// The server is too busy; the request was turned away.
    Busy(String),
    /// The connection ended while the call was under way.
    Lost(String),
    TimedOut(Duration),
    /// The server answered that it will not; nothing was done.
    Refused(String),
    /// The server answered that something went wrong inside it.
    Broken(String),
}

impl Failure {
    pub(super) fn why(&self) -> String {
        match self {
            Self::NotSent(why)
            | Self::Limited(why, _)
            | Self::Busy(why)
            | Self::Lost(why)
            | Self::Refused(why)
            | Self::Broken(why) => why.clone(),
            Self::TimedOut(after) => format!("no answer within {} ms", after.as_millis()),
        }
    }
}

impl Connection {
    /// Connects within the settings' time. `stale` is set whenever the server says that its tools
    /// have changed.
    pub(super) async fn open(
        settings: &McpSettings,
        stale: Arc<AtomicBool>,
        changed: Arc<Notify>,
    ) -> Result<Self, String> {
        let listener = Listener { stale, changed };
        let limit = settings.connect_timeout;
        let open = async {
            match Self::attempt(settings, listener.clone(), ClientLifecycleMode::Initialize).await {
                Err(Refusal::Protocol(why)) => {
                    // Servers of the newer protocol have no `initialize`.
                    let newer =
                        ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::LATEST] };
                    Self::attempt(settings, listener, newer)
                        .await
                        .map_err(|second| format!("{why}; {}", second.why()))
                }
                other => other.map_err(|refusal| refusal.why()),
            }
        };
        timeout(limit, open)
            .await
            .unwrap_or_else(|_| Err(format!("no connection within {} ms", limit.as_millis())))
    }

    async fn attempt(
        settings: &McpSettings,
        listener: Listener,
        mode: ClientLifecycleMode,
    ) -> Result<Self, Refusal> {
        let service = match &settings.transport {
            McpTransport::Http { url, headers } => {
                let transport =
                    http_transport(url, headers.iter().map(|(name, value)| (name.as_str(), value.expose())))
                        .map_err(Refusal::Other)?;
                let served = listener.serve_with_lifecycle(transport, mode).await;
                served.map_err(|error| refusal(&error, "", &settings.secrets))?
            }
            McpTransport::Stdio { command, args, env } => {
                let mut child = Command::new(command);
                child.args(args).env_clear().kill_on_drop(true);
                for name in ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TMPDIR", "TZ"] {
                    if let Some(value) = std::env::var_os(name) {
                        child.env(name, value);
                    }
                }
                child.envs(env.iter().map(|(name, value)| (name, value.expose())));
                let (transport, stderr) = TokioChildProcess::builder(child)
                    .stderr(Stdio::piped())
                    .spawn()
                    .map_err(|error| Refusal::Other(format!("`{command}` cannot be started: {error}")))?;
                let said = Arc::new(Mutex::new(VecDeque::new()));
                if let Some(stderr) = stderr {
                    let secrets = env.values().chain(&settings.secrets).cloned().collect();
                    tokio::spawn(listen(settings.name.clone(), stderr, said.clone(), secrets));
                }
                let served = listener.serve_with_lifecycle(transport, mode).await;
                served.map_err(|error| {
                    let said = said.lock().unwrap_or_else(PoisonError::into_inner);
                    let said = said.iter().cloned().collect::<Vec<String>>().join(" / ");
                    refusal(&error, &said, &settings.secrets)
                })?
            }
        };
        Ok(Self { service, secrets: settings.secrets.clone() })
    }

    pub(super) fn is_open(&self) -> bool {
        !self.service.is_closed() && !self.service.peer().is_transport_closed()
    }

    /// What the server offers now; never from a cache.
    pub(super) async fn list(&self, limit: Duration) -> Result<Vec<Tool>, Failure> {
        let pages = async {
            let mut tools = Vec::new();
            let mut cursor = None;
            for _ in 0..MAX_PAGES {
                let params = PaginatedRequestParams::default().with_cursor(cursor.take());
                let request = ClientRequest::ListToolsRequest(ListToolsRequest {
                    method: Default::default(),
                    params: Some(params),
                    extensions: Default::default(),
                });
                let answer = self.service.peer().send_request(request).await;
                match answer.map_err(|error| failure(&error, &self.secrets))? {
                    ServerResult::ListToolsResult(page) => {
                        tools.extend(page.tools);
                        cursor = page.next_cursor;
                    }
                    _ => return Err(Failure::Broken("its list of tools is not one".to_owned())),
                }
                if cursor.is_none() || tools.len() >= MAX_TOOLS {
                    break;
                }
            }
            if tools.len() > MAX_TOOLS || cursor.is_some() {
                tracing::warn!(kept = MAX_TOOLS, "an MCP server offers more tools than are read");
                tools.truncate(MAX_TOOLS);
            }
            Ok(tools)
        };
        timeout(limit, pages).await.unwrap_or(Err(Failure::TimedOut(limit)))
    }

    pub(super) async fn call(
        &self,
        name: &str,
        args: JsonObject,
        key: Option<&str>,
        limit: Duration,
    ) -> Result<CallToolResult, Failure> {
        if !self.is_open() {
            return Err(Failure::NotSent("the connection had ended".to_owned()));
        }
        let mut params = CallToolRequestParams::new(name.to_owned()).with_arguments(args);
        if let Some(key) = key {
            let mut meta = RequestMetaObject::new();
            meta.insert(IDEMPOTENCY_META.to_owned(), json!(key));
            params.meta = Some(meta);
        }
        // Dropping the call tells the server that nobody waits any more.
        match timeout(limit, self.service.peer().call_tool_once(params)).await {
            Err(_) => Err(Failure::TimedOut(limit)),
            Ok(Err(error)) => Err(failure(&error, &self.secrets)),
            Ok(Ok(CallToolResponse::Complete(result))) => Ok(result),
            Ok(Ok(CallToolResponse::InputRequired(_))) => {
                Err(Failure::Refused("the tool asks for input that this service does not give".to_owned()))
            }
            Ok(Ok(_)) => Err(Failure::Broken(
                "the tool answers later, which this service does not wait for".to_owned(),
            )),
        }
    }

    pub(super) async fn close(mut self) {
        if let Err(error) = self.service.close_with_timeout(Duration::from_secs(5)).await {
            tracing::debug!(%error, "an MCP connection did not end cleanly");
        }
    }
}

/// Why there is no connection.
enum Refusal {
    /// The server speaks, and does not know this handshake.
    Protocol(String),
    Other(String),
}

impl Refusal {
    fn why(self) -> String {
        match self {
            Self::Protocol(why) | Self::Other(why) => why,
        }
    }
}

/// Redacted before it is cut: half a secret is found by nobody who looks for the whole.
fn shown(text: &str, max: usize, secrets: &[Secret]) -> String {
    cut(&redact(text, secrets), max)
}

fn refusal(error: &ClientInitializeError, said: &str, secrets: &[Secret]) -> Refusal {
    let mut why = shown(&error.to_string(), 300, secrets);
    if !said.is_empty() {
        why.push_str(&format!(" (it said: {})", shown(said, 500, secrets)));
    }
    match error {
        ClientInitializeError::JsonRpcError(_)
        | ClientInitializeError::NoCompatibleProtocolVersion { .. }
        | ClientInitializeError::ExpectedInitResult(_)
        | ClientInitializeError::ExpectedInitResponse(_) => Refusal::Protocol(why),
        _ => Refusal::Other(why),
    }
}

fn http_transport<'a>(
    url: &str,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<StreamableHttpClientTransport<reqwest::Client>, String> {
    let parsed = Url::parse(url).map_err(|error| format!("`{url}` is not a URL: {error}"))?;
    let mut map = HashMap::new();
    for (name, value) in headers {
        let header = HeaderName::try_from(name).map_err(|_| format!("`{name}` is not a header's name"))?;
        let mut value = HeaderValue::from_str(value)
            .map_err(|_| format!("header {name}: its value has characters that a header cannot hold"))?;
        value.set_sensitive(true);
        map.insert(header, value);
    }
    // Idle connections are not kept: a body that was not read to its end would stall the next.
    let client = exchange::client(Some(&parsed), |builder| builder.pool_max_idle_per_host(0))?;
    let config = StreamableHttpClientTransportConfig::with_uri(url)
        .custom_headers(map)
        .max_sse_event_size(MAX_EVENT_BYTES)
        // A server that forgot the session has restarted and may offer other tools: its tools are
        // compared again before anything is called.
        .reinit_on_expired_session(false);
    Ok(StreamableHttpClientTransport::with_client(client, config))
}

/// Keeps what a child says on standard error out of our own and in the log.
async fn listen(
    server: String,
    stderr: ChildStderr,
    said: Arc<Mutex<VecDeque<String>>>,
    secrets: Vec<Secret>,
) {
    // Limits the memory one line may take; what is beyond is another line.
    const LINE: u64 = 4 * 1024;
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        match (&mut reader).take(LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let text = redact(String::from_utf8_lossy(&line).trim(), &secrets);
                if text.is_empty() {
                    continue;
                }
                tracing::debug!(%server, %text, "MCP server says");
                let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
                if said.len() == 3 {
                    said.pop_front();
                }
                said.push_back(text);
            }
        }
    }
}

fn failure(error: &ServiceError, secrets: &[Secret]) -> Failure {
    match error {
        ServiceError::McpError(data) => match data.code {
            ErrorCode::INVALID_REQUEST
            | ErrorCode::METHOD_NOT_FOUND
            | ErrorCode::INVALID_PARAMS
            | ErrorCode::PARSE_ERROR => Failure::Refused(shown(&data.message, 500, secrets)),
            _ => Failure::Broken(shown(&data.message, 500, secrets)),
        },
        ServiceError::TransportSend(sent) => {
            match sent.error.downcast_ref::<StreamableHttpError<reqwest::Error>>() {
                Some(error) => http_failure(error, secrets),
                // A pipe that does not take the whole line leaves nothing that could be understood.
                None if sent.error.is::<std::io::Error>() => {
                    Failure::NotSent(shown(&sent.error.to_string(), 300, secrets))
                }
                None => Failure::Lost(shown(&sent.error.to_string(), 300, secrets)),
            }
        }
        other => Failure::Lost(shown(&other.to_string(), 300, secrets)),
    }
}

fn http_failure(error: &StreamableHttpError<reqwest::Error>, secrets: &[Secret]) -> Failure {
    match error {
        StreamableHttpError::Client(error) if error.is_connect() || error.is_builder() => {
            Failure::NotSent("the server cannot be reached".to_owned())
        }
        StreamableHttpError::SessionExpired => Failure::NotSent("the server has restarted".to_owned()),
        StreamableHttpError::AuthRequired(_) | StreamableHttpError::InsufficientScope(_) => {
            Failure::Refused("the server refused our credentials".to_owned())
        }
        StreamableHttpError::HttpStatus(status) if status.status == 429 => Failure::Limited(
            "the server takes no more calls for now (status 429)".to_owned(),
            status.retry_after.as_deref().and_then(retry_after::seconds),
        ),
        StreamableHttpError::HttpStatus(status) if status.status == 503 => {
            Failure::Busy(format!("the server is busy (status {})", status.status))
        }
        // Its words may hold the address; the log has the whole.
        StreamableHttpError::Client(error) => {
            tracing::debug!(%error, "MCP request failed");
            Failure::Lost("the connection broke off".to_owned())
        }
        other => Failure::Lost(shown(&other.to_string(), 300, secrets)),
    }
}

/// What the agent gets of a result: the structured content, else the joined text, without the secrets. The
/// second value is the number of characters that were over the limit.
pub(super) fn content(result: CallToolResult, max_bytes: usize, secrets: &[Secret]) -> (Value, usize) {
    if let Some(mut value) = result.structured_content.filter(|value| !value.is_null()) {
        redact_value(&mut value, secrets);
        let size = value.to_string().len();
        if size <= max_bytes {
            return (value, 0);
        }
        return (
            json!({ "note": format!("the answer is larger than {} KiB", max_bytes / 1024) }),
            size - max_bytes,
        );
    }
    let mut texts = Vec::new();
    for block in &result.content {
        match block.as_text() {
            Some(text) => texts.push(text.text.clone()),
            None => texts.push("[something that is not text was left out]".to_owned()),
        }
    }
    let text = redact(&texts.join("\n"), secrets);
    if text.len() <= max_bytes {
        return (Value::String(text), 0);
    }
    let over = text.len() - max_bytes;
    let end = (0..=max_bytes).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    (Value::String(cut(&text, text[..end].chars().count())), over)
}
