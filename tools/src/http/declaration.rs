//! Reads a tools file strictly: an unknown key, a placeholder without an argument or a missing
//! secret is an error that names the file, the tool and the remedy.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use domain::{
    canonical::Digest,
    tool::{Risk, ToolSource, ToolSpec},
};
use reqwest::{
    Method,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::{HttpTool, Server, exchange, owner::Owner, template::Template};
use crate::{Secrets, ToolsError, published, schema::ArgsSchema, secrets};

const DEFAULT_TIMEOUT_MS: u64 = 10_000;
const MAX_TIMEOUT_MS: u64 = 120_000;
/// Providers of models refuse longer names of functions.
pub(crate) const MAX_NAME: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    server: BTreeMap<String, ServerTable>,
    #[serde(default)]
    tool: Vec<ToolTable>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ServerTable {
    base_url: String,
    auth: Option<Auth>,
    /// Further headers for every request.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    currency: Option<String>,
    timeout_ms: Option<u64>,
    /// How many calls it takes: `100/minute`, or `none`. Left out: what the service publishes, where that
    /// is known.
    rate: Option<String>,
    /// How many of them at once.
    burst: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Auth {
    header: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ToolTable {
    name: String,
    server: String,
    title: String,
    description: String,
    method: String,
    url: String,
    risk: Risk,
    #[serde(default)]
    protected: Vec<String>,
    amount_arg: Option<String>,
    compensation: Option<String>,
    #[serde(default)]
    capabilities: Vec<String>,
    #[serde(default)]
    idempotent: bool,
    timeout_ms: Option<u64>,
    /// One line for a reviewer: `Refund {amount_cents|money} on order {order_number}`.
    preview: Option<String>,
    /// One line for people once it is done; made from `preview` when left out.
    summary: Option<String>,
    inquire: Option<Inquire>,
    /// Where the answer says whose the record is, by an email address: `customer_email`, or
    /// `orders.customer_email` of each in a list.
    owner: Option<String>,
    /// The argument that must be an email address of the customer.
    owner_arg: Option<String>,
    #[serde(default)]
    args: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Inquire {
    method: String,
    url: String,
}

pub(super) fn read(
    toml_text: &str,
    file: &str,
    secrets: &dyn Secrets,
    base_overrides: &BTreeMap<String, String>,
) -> Result<Vec<HttpTool>, ToolsError> {
    let wrong = |what: String| ToolsError::Declaration { file: file.to_owned(), what };
    let parsed: File = toml::from_str(toml_text).map_err(|error| wrong(explain(&error, toml_text)))?;

    let mut servers = BTreeMap::new();
    for (name, table) in &parsed.server {
        let over = base_overrides.get(name).map(String::as_str);
        let server =
            server(name, table, over, secrets).map_err(|why| wrong(format!("server `{name}`: {why}")))?;
        servers.insert(name.as_str(), (Arc::new(server), table.timeout_ms));
    }
    let full_names: BTreeSet<String> =
        parsed.tool.iter().map(|tool| format!("{}__{}", tool.server, tool.name)).collect();
    let mut seen = BTreeSet::new();
    let mut tools = Vec::new();
    for table in &parsed.tool {
        let named = |why: String| wrong(format!("tool `{}`: {why}", table.name));
        let (server, server_timeout) = servers.get(table.server.as_str()).ok_or_else(|| {
            named(format!(
                "there is no [server.{}]; {}",
                table.server,
                nearest(&table.server, parsed.server.keys().map(String::as_str))
                    .map_or_else(|| "add it".to_owned(), |near| format!("did you mean `{near}`?"))
            ))
        })?;
        let tool = tool(table, file, server, *server_timeout, &full_names).map_err(named)?;
        if !seen.insert(tool.spec.name.clone()) {
            return Err(wrong(format!("two tools are called `{}`; rename one", tool.spec.name)));
        }
        tools.push(tool);
    }
    Ok(tools)
}

fn server(
    name: &str,
    table: &ServerTable,
    over: Option<&str>,
    secrets: &dyn Secrets,
) -> Result<Server, String> {
    check_name(name)?;
    let base = over.unwrap_or(&table.base_url).trim_end_matches('/').to_owned();
    let url = Url::parse(&base).map_err(|error| format!("base_url `{base}` is not a URL: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(format!("base_url `{base}` must start with http:// or https://"));
    }
    if url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(
            "base_url must have no query, fragment or credentials; put credentials in `auth`".to_owned()
        );
    }
    let mut headers = HeaderMap::new();
    let mut used = Vec::new();
    let auth = table.auth.iter().map(|auth| (&auth.header, &auth.value));
    for (header, value) in auth.chain(&table.headers) {
        let header_name = HeaderName::try_from(header.as_str())
            .map_err(|_| format!("`{header}` is not a header's name"))?;
        let (value, more) =
            secrets::expand(value, secrets).map_err(|why| format!("header {header}: {why}"))?;
        let mut value = HeaderValue::from_str(value.expose())
            .map_err(|_| format!("header {header}: its value has characters that a header cannot hold"))?;
        value.set_sensitive(true);
        headers.insert(header_name, value);
        used.extend(more);
    }
    let currency = table.currency.clone().unwrap_or_else(|| "EUR".to_owned());
    if currency.len() != 3 || !currency.bytes().all(|b| b.is_ascii_uppercase()) {
        return Err(format!("currency `{currency}` must be a code of three letters such as EUR"));
    }
    let rate = published::declared(table.rate.as_deref(), table.burst, Some(&url))
        .map_err(|why| format!("`rate`: {why}"))?;
    let client =
        exchange::client(Some(&url), |builder| builder).map_err(|why| format!("no HTTP client: {why}"))?;
    Ok(Server { base, client, headers, secrets: used, currency, rate })
}

fn tool(
    table: &ToolTable,
    file: &str,
    server: &Arc<Server>,
    server_timeout: Option<u64>,
    full_names: &BTreeSet<String>,
) -> Result<HttpTool, String> {
    check_name(&table.name)?;
    let name = format!("{}__{}", table.server, table.name);
    if name.len() > MAX_NAME {
        return Err(format!(
            "`{name}` is longer than {MAX_NAME} characters; shorten the tool's or the server's name"
        ));
    }
    for (key, text) in [("title", &table.title), ("description", &table.description)] {
        if text.trim().is_empty() {
            return Err(format!("`{key}` is empty; say what the tool does"));
        }
    }
    let method = method(&table.method)?;
    if table.risk == Risk::Read && table.inquire.is_some() {
        return Err("`inquire` is for tools with effects; remove it".to_owned());
    }
    let parameters = parameters(&table.args)?;
    let schema = ArgsSchema::compile(&parameters)?;
    let properties: BTreeMap<&str, &Value> = parameters["properties"]
        .as_object()
        .map(|map| map.iter().map(|(name, schema)| (name.as_str(), schema)).collect())
        .unwrap_or_default();
    let known = |key: &str, arg: &str| -> Result<(), String> {
        if properties.contains_key(arg) {
            return Ok(());
        }
        Err(match nearest(arg, properties.keys().copied()) {
            Some(near) => {
                format!("`{key}` names the argument `{arg}`, which is not declared; did you mean `{near}`?")
            }
            None => format!("`{key}` names the argument `{arg}`, which is not declared in [tool.args]"),
        })
    };

    let required =
        |arg: &str| parameters["required"].as_array().is_some_and(|list| list.iter().any(|item| item == arg));

    let url = path_template("url", &table.url)?;
    for arg in url.names() {
        known("url", arg)?;
        if !required(arg) {
            return Err(format!("the argument `{arg}` is in the URL and so must be in `required`"));
        }
    }
    for arg in &table.protected {
        known("protected", arg)?;
    }
    if let Some(arg) = &table.owner_arg {
        known("owner_arg", arg)?;
        if !required(arg) {
            return Err(format!(
                "the argument `{arg}` says whose the record is and so must be in `required`"
            ));
        }
    }
    if table.owner.is_some() && table.risk != Risk::Read {
        return Err(
            "`owner` is for tools of risk `read`: what was done cannot be taken back when it turns out \
                    to be somebody else's"
                .to_owned(),
        );
    }
    if table.owner.as_deref().is_some_and(|path| path.split('.').any(str::is_empty)) {
        return Err("`owner` is a path of names with dots between them, such as `customer_email`".to_owned());
    }
    if let Some(arg) = &table.amount_arg {
        known("amount_arg", arg)?;
        if properties.get(arg.as_str()).and_then(|schema| schema.get("type")) != Some(&json!("integer")) {
            return Err(format!("`amount_arg` names `{arg}`, which must be an integer (cents)"));
        }
    }
    let text = |key: &str, source: &Option<String>| -> Result<Option<Template>, String> {
        let Some(source) = source else { return Ok(None) };
        let template = Template::parse(source).map_err(|why| format!("`{key}`: {why}"))?;
        template.names().try_for_each(|arg| known(key, arg))?;
        Ok(Some(template))
    };
    let preview = text("preview", &table.preview)?;
    let summary = text("summary", &table.summary)?;
    let inquire = match &table.inquire {
        None => None,
        Some(inquire) => {
            let template = path_template("inquire.url", &inquire.url)?;
            if !template.names().eq(["idempotency_key"]) {
                return Err("`inquire.url` must name {idempotency_key} once and nothing else".to_owned());
            }
            Some((self::method(&inquire.method)?, template))
        }
    };
    let compensation = match &table.compensation {
        None => None,
        Some(name) if name.contains("__") => Some(name.clone()),
        Some(name) => {
            let full = format!("{}__{name}", table.server);
            if !full_names.contains(&full) {
                return Err(format!(
                    "`compensation` names `{name}`, which this file does not declare for the server `{}`",
                    table.server
                ));
            }
            Some(full)
        }
    };
    let timeout_ms = table.timeout_ms.or(server_timeout).unwrap_or(DEFAULT_TIMEOUT_MS);
    if !(1..=MAX_TIMEOUT_MS).contains(&timeout_ms) {
        return Err(format!("`timeout_ms` must be 1 to {MAX_TIMEOUT_MS}"));
    }
    // What is called belongs to what was approved: another method or path is another version. The
    // base URL is the deployment's and is left out.
    let face = ToolSpec::digest(&name, &table.description, table.risk, &parameters);
    let version = Digest::of(&json!([face, method.as_str(), url.source()]));
    let spec = ToolSpec {
        name,
        version,
        title: table.title.clone(),
        description: table.description.clone(),
        risk: table.risk,
        parameters,
        protected: table.protected.clone(),
        compensation,
        amount_arg: table.amount_arg.clone(),
        capabilities: table.capabilities.clone(),
        source: ToolSource::Http { file: file.to_owned() },
        local: false,
        idempotent: table.idempotent || table.risk == Risk::Read,
        always_asks: false,
    };
    let timeout = Duration::from_millis(timeout_ms);
    let owner = Owner { in_answer: table.owner.clone(), arg: table.owner_arg.clone() };
    Ok(HttpTool {
        spec,
        schema,
        server: server.clone(),
        method,
        url,
        preview,
        summary,
        inquire,
        owner,
        timeout,
    })
}

/// The JSON schema of the arguments. Unknown arguments are refused unless the file says otherwise,
/// because they would be sent on.
fn parameters(args: &Map<String, Value>) -> Result<Value, String> {
    let mut schema = args.clone();
    if !schema.get("type").is_none_or(|kind| kind == "object") {
        return Err("[tool.args] must have type = \"object\" or none".to_owned());
    }
    schema.insert("type".to_owned(), json!("object"));
    schema.entry("properties").or_insert_with(|| json!({}));
    schema.entry("additionalProperties").or_insert(json!(false));
    let properties = schema["properties"].as_object().ok_or("[tool.args] properties must be a table")?;
    let required = match schema.get("required") {
        None => Vec::new(),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(_) => return Err("[tool.args] required must be a list of names".to_owned()),
    };
    if let Some(missing) = required.iter().find(|name| !properties.contains_key(**name)) {
        return Err(format!("[tool.args] requires `{missing}`, which its properties do not declare"));
    }
    Ok(Value::Object(schema))
}

fn path_template(key: &str, source: &str) -> Result<Template, String> {
    if !source.starts_with('/') {
        return Err(format!("`{key}` is `{source}`; it must start with / and is appended to base_url"));
    }
    let template = Template::parse(source).map_err(|why| format!("`{key}`: {why}"))?;
    if source.contains("|money") {
        return Err(format!("`{key}`: `money` is for texts, not for addresses"));
    }
    Ok(template)
}

fn method(text: &str) -> Result<Method, String> {
    match text {
        "GET" => Ok(Method::GET),
        "POST" => Ok(Method::POST),
        "PUT" => Ok(Method::PUT),
        "PATCH" => Ok(Method::PATCH),
        "DELETE" => Ok(Method::DELETE),
        other => Err(format!("method `{other}` is not one of GET, POST, PUT, PATCH, DELETE")),
    }
}

/// Lower-case letters, digits, `_` and `-`; no `__`, which separates server and tool.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if name.is_empty()
        || !name.chars().all(fits)
        || name.contains("__")
        || name.starts_with('_')
        || name.ends_with('_')
    {
        return Err(format!(
            "`{name}` is not a name: use lower-case letters, digits, `-` and single `_` between them"
        ));
    }
    Ok(())
}

pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 3)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The parser's message with the line, and the nearest key where one was misspelt.
fn explain(error: &toml::de::Error, text: &str) -> String {
    let line = error.span().map(|span| text.get(..span.start).unwrap_or_default().matches('\n').count() + 1);
    let message = error.message();
    let mut out = match line {
        Some(line) => format!("line {line}: {message}"),
        None => message.to_owned(),
    };
    if message.starts_with("unknown field") {
        let mut quoted = message.split('`').skip(1).step_by(2);
        if let Some(word) = quoted.next()
            && let Some(near) = nearest(word, quoted)
        {
            out.push_str(&format!("; did you mean `{near}`?"));
        }
    }
    out
}
