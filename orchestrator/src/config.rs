//! The one configuration: the embedded defaults, overridden by a file and by environment variables.

mod chat;
pub mod edit;
mod proxies;

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::Path, sync::Arc};

use chat::ChatConfig;
pub use chat::check_sites;
use domain::{agent::AgentSettings, answerability::Courses, rate::RateLimit};
use figment::{
    Figment,
    providers::{Env, Format as _, Toml},
};
use guards::{
    masking::{BorderRules, Protector, Rules},
    pii::{Detector, Settings},
};
pub use proxies::Proxies;
use serde::{Deserialize, Serialize, Serializer};
use thiserror::Error;

use crate::{
    breakers::BreakersConfig,
    credits::CreditsConfig,
    escalation::EscalationConfig,
    inbox::ApprovalsConfig,
    knowledge_index::{EmbeddingsConfig, IndexConfig},
    models::ModelsConfig,
    protections::Protections,
    second_look::GroundingConfig,
    sign_in::SignInConfig,
};

/// Every key with its default and its comment.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// What differs for the demo: its tickets are all worked on as it starts, and whoever tries it writes a lot.
const DEMO: &str = "[demo]\nenabled = true\n[agents.resolution.limits]\nruns_a_minute = 60\nruns_a_day = 1000\nemails_a_day = 1000\n";

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub server: ServerConfig,
    pub database: DatabaseConfig,
    pub secrets: SecretsConfig,
    pub sign_in: SignInConfig,
    pub runs: RunsConfig,
    pub breakers: BreakersConfig,
    pub audit: AuditConfig,
    pub policy: PolicyConfig,
    pub approvals: ApprovalsConfig,
    pub guards: GuardsConfig,
    pub escalation: EscalationConfig,
    pub tools: ToolsConfig,
    pub knowledge: KnowledgeConfig,
    pub index: IndexConfig,
    pub embeddings: EmbeddingsConfig,
    pub procedures: ProceduresConfig,
    pub agents: BTreeMap<String, AgentSettings>,
    pub credits: CreditsConfig,
    pub models: ModelsConfig,
    pub email: EmailConfig,
    pub visitors: VisitorsConfig,
    pub chat: ChatConfig,
    pub desk: DeskConfig,
    pub demo: DemoConfig,
    pub log: LogConfig,
}

/// A value that is never printed. Empty means not set.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    pub fn is_set(&self) -> bool {
        !self.0.is_empty()
    }

    /// The value itself; do not log it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn redacted(&self) -> &'static str {
        if self.is_set() { "<redacted>" } else { "" }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.redacted())
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.redacted())
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    pub address: SocketAddr,
    pub public_url: String,
    pub console_dir: String,
    pub stop_seconds: u64,
    pub requests: usize,
    pub trusted_proxies: Proxies,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatabaseConfig {
    #[serde(serialize_with = "without_password")]
    pub url: String,
    pub read_connections: u32,
    pub queue: usize,
}

impl fmt::Debug for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseConfig({})", hide_password(&self.url))
    }
}

fn hide_password(text: &str) -> String {
    match url::Url::parse(text) {
        Ok(mut url) if url.password().is_some() => {
            if url.set_password(Some("redacted")).is_err() {
                return "<redacted>".to_owned();
            }
            url.to_string()
        }
        _ => text.to_owned(),
    }
}

fn without_password<S: Serializer>(url: &str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hide_password(url))
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretsConfig {
    pub key: Secret,
    pub key_file: String,
    pub former_keys: Vec<Secret>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunsConfig {
    pub concurrency: usize,
    pub lease_seconds: u64,
    pub poll_ms: u64,
    pub max_attempts: i64,
    pub retry_ms: u64,
    pub tool_timeout_ms: u64,
    pub cached_journals: u64,
    pub failed_a_day: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditConfig {
    pub keep_days: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyConfig {
    pub file: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GuardsConfig {
    pub links: Vec<String>,
    pub model: BorderRules,
    pub log: BorderRules,
    pub index: BorderRules,
    pub customer: BorderRules,
    pub export: BorderRules,
}

impl GuardsConfig {
    /// Finds personal and secret data, and treats it as the house says.
    pub fn protections(&self) -> Result<Arc<Protections>, ConfigError> {
        let invalid = |error: String| ConfigError::Invalid(format!("[guards] {error}"));
        let detector = Detector::new(Settings::default()).map_err(|error| invalid(error.to_string()))?;
        let protector = Protector::new(Arc::new(detector), self.rules());
        let protector = protector.map_err(|error| invalid(error.to_string()))?;
        Ok(Arc::new(Protections::new(protector)))
    }

    fn rules(&self) -> Rules {
        let Self { model, log, index, customer, export, .. } = self.clone();
        Rules { model, log, index, customer, export }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolsConfig {
    pub files: Vec<String>,
    pub webhook_urls: Vec<String>,
    pub webhook_private_hosts: Vec<String>,
    #[serde(default)]
    pub mcp: Vec<McpConfig>,
}

/// One MCP server: by `url` (streamable HTTP) or by `command` (stdio), not both.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct McpConfig {
    pub name: String,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub command: Vec<String>,
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Sent with every request; values may hold `${secret:NAME}`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    #[serde(default = "twenty_seconds")]
    pub timeout_ms: u64,
    /// How many calls it takes, such as `100/minute`, or `none`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
    /// How many of them at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
}

fn twenty_seconds() -> u64 {
    20_000
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnowledgeConfig {
    pub folders: Vec<String>,
    pub watch: bool,
    pub library: bool,
    pub answering: Courses,
    pub grounding: GroundingConfig,
    pub sources: SourcesConfig,
}

/// How pages of the web are fetched.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourcesConfig {
    /// 0: only when it is asked for.
    pub every_hours: u64,
    pub private_hosts: Vec<String>,
    pub max_pages: usize,
    pub max_page_bytes: usize,
    pub timeout_ms: u64,
    pub delay_ms: u64,
}

impl SourcesConfig {
    fn check(&self) -> Result<(), String> {
        const MAX_PAGES: usize = 50_000;
        if !(1..=MAX_PAGES).contains(&self.max_pages) {
            return Err(format!("knowledge.sources.max_pages must be 1 to {MAX_PAGES}"));
        }
        if !(100..=60_000).contains(&self.timeout_ms) {
            return Err("knowledge.sources.timeout_ms must be 100 to 60000".to_owned());
        }
        if self.delay_ms > 10_000 {
            return Err("knowledge.sources.delay_ms may be 10000".to_owned());
        }
        Ok(())
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProceduresConfig {
    pub file: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailConfig {
    pub address: String,
    pub name: String,
    pub inbound_secret: Secret,
    pub max_message_bytes: usize,
    pub max_attachment_bytes: usize,
    pub max_attachments: usize,
    pub smtp: SmtpConfig,
    pub imap: ImapConfig,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailSecurity {
    Tls,
    Starttls,
    None,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmtpConfig {
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    pub username: String,
    pub password: Secret,
    pub timeout_ms: u64,
    /// Mails in a period, such as `100/minute`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
    /// How many of them at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub burst: Option<u32>,
}

impl SmtpConfig {
    /// How many mails the server takes.
    pub fn limit(&self) -> Result<Option<RateLimit>, String> {
        tools::published::declared(self.rate.as_deref(), self.burst, None)
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImapConfig {
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    pub username: String,
    pub password: Secret,
    pub folder: String,
    pub poll_seconds: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VisitorsConfig {
    pub messages_per_minute: u32,
    pub conversations_per_minute: u32,
    pub help_per_minute: u32,
    pub max_message_chars: usize,
}

/// The `[desk]` table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeskConfig {
    pub minutes_per_ticket: u16,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoConfig {
    pub enabled: bool,
    pub seed: u64,
    pub password: Secret,
    pub shop_url: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("the configuration file {path} cannot be read: {error}")]
    File { path: String, error: std::io::Error },
    /// The message names the key, where it stands, and the nearest valid name.
    #[error("{0}")]
    Invalid(String),
}

const MAX_HELP_CHARS: usize = 1_000;

impl Config {
    /// The defaults, for the demo with its own, then `file` (or `countersign.toml` in the working directory, if there is
    /// one), then environment variables named `COUNTERSIGN_TABLE__KEY`.
    pub fn load(file: Option<&Path>, demo: bool) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Toml::string(DEFAULTS));
        if demo {
            figment = figment.merge(Toml::string(DEMO));
        }
        let default_file = Path::new("countersign.toml");
        let file = file.or_else(|| default_file.exists().then_some(default_file));
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|error| ConfigError::File { path: path.display().to_string(), error })?;
            figment = figment.merge(Toml::string(&text));
        }
        let env = Env::prefixed("COUNTERSIGN_")
            .filter(|key| key.as_str().contains("__"))
            .map(|key| key.as_str().replace("__", ".").into());
        Self::extract(figment.merge(env))
    }

    /// The defaults with `overrides` (TOML) on top; what tests and tools start from.
    pub fn with(overrides: &str) -> Result<Self, ConfigError> {
        Self::extract(Figment::from(Toml::string(DEFAULTS)).merge(Toml::string(overrides)))
    }

    fn extract(figment: Figment) -> Result<Self, ConfigError> {
        let config: Self = figment.extract().map_err(|error| ConfigError::Invalid(explain(error)))?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let invalid = |text: String| Err(ConfigError::Invalid(text));
        for (name, agent) in &self.agents {
            let t = agent.thresholds;
            if !(0.0..=1.0).contains(&t.floor) || !(0.0..=1.0).contains(&t.auto) || t.floor > t.auto {
                return invalid(format!(
                    "agents.{name}.thresholds: floor and auto must lie between 0 and 1, floor not above auto"
                ));
            }
            // It goes into a message with more around it.
            if agent.help.chars().count() > MAX_HELP_CHARS {
                return invalid(format!("agents.{name}.help may have {MAX_HELP_CHARS} characters"));
            }
        }
        if let Some(bad) = self.guards.links.iter().find(|link| guards::leaving::domain(link).is_none()) {
            return invalid(format!("guards.links: `{bad}` is no domain such as help.example.com"));
        }
        self.chat.check().or_else(invalid)?;
        if self.runs.lease_seconds == 0 || self.runs.poll_ms == 0 {
            return invalid("runs.lease_seconds and runs.poll_ms must be at least 1".to_owned());
        }
        if self.runs.max_attempts < 1 {
            return invalid("runs.max_attempts must be at least 1".to_owned());
        }
        for server in &self.tools.mcp {
            if server.url.is_some() != server.command.is_empty() {
                return invalid(format!("tools.mcp `{}`: give either `url` or `command`", server.name));
            }
        }
        self.approvals.check().or_else(invalid)?;
        self.escalation.check().or_else(invalid)?;
        self.breakers.check().or_else(invalid)?;
        self.sign_in.check().or_else(invalid)?;
        if let Err(why) = self.email.smtp.limit() {
            return invalid(format!("email.smtp.rate: {why}"));
        }
        self.knowledge.sources.check().or_else(invalid)?;
        self.index.check().and_then(|()| self.embeddings.check()).or_else(invalid)
    }

    /// How people reach the service.
    pub fn public_url(&self) -> String {
        if self.server.public_url.is_empty() {
            format!("http://{}", self.server.address)
        } else {
            self.server.public_url.trim_end_matches('/').to_owned()
        }
    }

    /// Where the service is and what customers write to: its own, and nobody's personal data.
    pub fn own_addresses(&self) -> Vec<String> {
        let own = [self.public_url(), self.email.address.clone()];
        own.into_iter().filter(|address| !address.is_empty()).collect()
    }
}

/// A figment error in the words of the file: the path of the key, what is wrong, and for an
/// unknown key the nearest valid one.
fn explain(error: figment::Error) -> String {
    use figment::error::Kind;
    let mut lines = Vec::new();
    for one in error {
        let path = one.path.join(".");
        let line = match &one.kind {
            Kind::UnknownField(field, _) if field == "people" => {
                "unknown key `guards.people`: who sees, unmasks and redacts personal data are the permissions \
                 see_personal_data, unmask and redact of roles; remove the key, and make a role that has what you need"
                    .to_owned()
            }
            Kind::UnknownField(field, valid) => {
                let at = if path.is_empty() || path == *field {
                    field.clone()
                } else if path.ends_with(field.as_str()) {
                    path
                } else {
                    format!("{path}.{field}")
                };
                let nearest = valid
                    .iter()
                    .max_by(|a, b| strsim::jaro_winkler(a, field).total_cmp(&strsim::jaro_winkler(b, field)));
                match nearest {
                    Some(name) => format!("unknown key `{at}`: did you mean `{name}`?"),
                    None => format!("unknown key `{at}`"),
                }
            }
            other if path.is_empty() => format!("{other}"),
            other => format!("{path}: {other}"),
        };
        lines.push(line);
    }
    format!("the configuration is not valid:\n  {}", lines.join("\n  "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid() {
        Config::with("").unwrap();
    }

    #[test]
    fn the_rules_of_borders_that_are_written_down_are_those_that_are_explained() {
        assert_eq!(Config::with("").unwrap().guards.rules(), Rules::default());
    }

    #[test]
    fn an_unknown_key_is_refused_with_the_nearest_name() {
        let error = Config::with("[server]\nadress = \"127.0.0.1:1\"").unwrap_err().to_string();
        assert!(error.contains("`server.adress`") && error.contains("`address`"), "{error}");
    }

    #[test]
    fn a_proxy_is_a_network_or_an_address_and_what_is_neither_is_named() {
        let config = Config::with("[server]\ntrusted_proxies = [\"10.0.0.0/8\", \"fd00::1\"]").unwrap();
        let trusts = |address: &str| config.server.trusted_proxies.trusts(address.parse().unwrap());
        assert!(trusts("10.244.0.7") && trusts("fd00::1"));
        assert!(!trusts("11.0.0.1") && !trusts("fd00::2") && !trusts("127.0.0.1"));
        assert!(Config::with("").unwrap().server.trusted_proxies.trusts("127.0.0.1".parse().unwrap()));
        let printed = toml::to_string(&config).unwrap();
        assert!(printed.contains("\"10.0.0.0/8\"") && printed.contains("\"fd00::1/128\""), "{printed}");
        for wrong in ["10.0.0.0/33", "ingress", ""] {
            let error = Config::with(&format!("[server]\ntrusted_proxies = [\"{wrong}\"]")).unwrap_err();
            let error = error.to_string();
            assert!(error.contains("server.trusted_proxies") && error.contains("10.0.0.0/8"), "{error}");
        }
    }

    #[test]
    fn who_sees_personal_data_is_a_matter_of_roles_and_the_old_key_says_so() {
        let error = Config::with("[guards.people]\nredact = \"admin\"").unwrap_err().to_string();
        assert!(error.contains("guards.people") && error.contains("see_personal_data"), "{error}");
    }

    #[test]
    fn secrets_are_never_printed() {
        let config = Config::with(
            "[email]\ninbound_secret = \"hunter2\"\n[database]\nurl = \"postgres://u:hunter2@h/d\"",
        )
        .unwrap();
        let printed = format!("{config:?}{}", toml::to_string(&config).unwrap());
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}
