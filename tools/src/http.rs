//! HTTP tools declared in a TOML file: business tools without writing Rust.
//!
//! ```toml
//! [server.shop]
//! base_url = "https://shop.example.com/api"
//! auth = { header = "Authorization", value = "Bearer ${secret:SHOP_TOKEN}" }
//! currency = "EUR"
//! rate = "100/minute"    # how many calls it takes, of all its tools and from all processes together
//!
//! [[tool]]
//! name = "refund_order"                 # becomes shop__refund_order
//! server = "shop"
//! title = "Refund an order"
//! description = "Refunds an order in full or in part."
//! method = "POST"
//! url = "/orders/{order_number}/refunds"
//! risk = "irreversible"
//! protected = ["order_number", "amount_cents"]
//! amount_arg = "amount_cents"
//! idempotent = true
//! preview = "Refund {amount_cents|money} on order {order_number}"
//! inquire = { method = "GET", url = "/refunds/by-key/{idempotency_key}" }
//! # `owner_arg = "email"` (an argument that must be the customer's own address) and, of one that
//! # reads, `owner = "customer_email"` (whose the record is, by the answer)
//! [tool.args]
//! required = ["order_number", "amount_cents"]
//! properties.order_number = { type = "string" }
//! properties.amount_cents = { type = "integer", minimum = 1 }
//! ```
//!
//! Arguments that the URL names are percent-encoded into it; the others become the query of a GET
//! and the JSON body of everything else.

mod declaration;
pub(crate) mod exchange;
mod owner;
pub mod public;
pub(crate) mod retry_after;
pub(crate) mod template;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{
    approval::Permit,
    canonical::{self, Sorted},
    excerpt::cut,
    rate::RateLimit,
    tool::{
        AnyTool, Gives, Inquiry, Preview, PreviewField, Risk, ToolContext, ToolError, ToolOutput, ToolSpec,
    },
};
use reqwest::Method;
use serde_json::{Map, Value};
use url::Url;

use crate::{Secret, Secrets, ToolsError, schema::ArgsSchema};
pub(crate) use declaration::{MAX_NAME as MAX_TOOL_NAME, check_name as check_server_name};
use exchange::{Care, Exchange};
use owner::Owner;
use template::Template;

/// Reads a tools file. `file` is its name for error messages; `base_overrides` replaces the
/// `base_url` of servers by name, for services whose address is known only at start.
pub fn load(
    toml_text: &str,
    file: &str,
    secrets: &dyn Secrets,
    base_overrides: &BTreeMap<String, String>,
) -> Result<Vec<Arc<dyn AnyTool>>, ToolsError> {
    let tools = declaration::read(toml_text, file, secrets, base_overrides)?;
    Ok(tools.into_iter().map(|tool| Arc::new(tool) as Arc<dyn AnyTool>).collect())
}

/// What the tools of one server share.
pub(crate) struct Server {
    /// Without a slash at the end.
    base: String,
    client: reqwest::Client,
    headers: reqwest::header::HeaderMap,
    /// Everything that was expanded into the headers, to be redacted from what comes back.
    secrets: Vec<Secret>,
    currency: String,
    rate: Option<RateLimit>,
}

pub(crate) struct HttpTool {
    spec: ToolSpec,
    schema: ArgsSchema,
    server: Arc<Server>,
    method: Method,
    url: Template,
    preview: Option<Template>,
    summary: Option<Template>,
    inquire: Option<(Method, Template)>,
    owner: Owner,
    timeout: Duration,
}

impl fmt::Debug for HttpTool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpTool")
            .field("name", &self.spec.name)
            .field("method", &self.method)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl HttpTool {
    fn arguments_error(&self, why: String) -> ToolError {
        ToolError::Arguments { tool: self.spec.name.clone(), why }
    }

    /// The address for these arguments, and the arguments that are not in it.
    fn address(&self, args: &Map<String, Value>) -> Result<(Url, Map<String, Value>), ToolError> {
        let tail = self.url.render_url(args).map_err(|why| self.arguments_error(why))?;
        let text = format!("{}{tail}", self.server.base);
        let url = Url::parse(&text)
            .map_err(|error| self.arguments_error(format!("they do not make a URL: {error}")))?;
        let mut rest = args.clone();
        rest.retain(|name, _| !self.url.names().any(|used| used == name));
        Ok((url, rest))
    }

    async fn call(&self, args: &Value, key: Option<&str>) -> Result<ToolOutput, ToolError> {
        self.validate(args)?;
        let empty = Map::new();
        let args = args.as_object().unwrap_or(&empty);
        let (mut url, mut rest) = self.address(args)?;
        let mut body = None;
        if self.method == Method::GET {
            rest.sort_keys();
            append_query(&mut url, &rest);
        } else {
            body = Some(Value::Object(rest));
        }
        let care = match (self.spec.risk, self.spec.idempotent) {
            (Risk::Read, _) => Care::Read,
            (_, true) => Care::Repeatable,
            (_, false) => Care::Once,
        };
        let exchange = Exchange {
            client: &self.server.client,
            method: self.method.clone(),
            url,
            headers: &self.server.headers,
            body,
            key,
            timeout: self.timeout,
            secrets: &self.server.secrets,
        };
        let content = exchange.perform(care).await?;
        Ok(ToolOutput::new(content, self.summary_of(args)))
    }

    fn summary_of(&self, args: &Map<String, Value>) -> String {
        match (&self.summary, &self.preview) {
            (Some(summary), _) => cut(&summary.render_text(args, &self.server.currency), 300),
            (None, Some(preview)) => {
                cut(&format!("Done: {}", preview.render_text(args, &self.server.currency)), 300)
            }
            (None, None) => format!("Done: {}", self.spec.title),
        }
    }

    fn shown(&self, name: &str, value: &Value) -> String {
        if self.spec.amount_arg.as_deref() == Some(name)
            && let Some(cents) = value.as_i64()
        {
            return template::money(cents, &self.server.currency);
        }
        match value {
            Value::String(text) => cut(text, 500),
            other => cut(&Sorted(other).to_string(), 500),
        }
    }
}

/// Scalars as they are, lists as repeated keys, objects as JSON; nothing for null.
fn append_query(url: &mut Url, args: &Map<String, Value>) {
    if args.values().all(Value::is_null) {
        return;
    }
    let mut query = url.query_pairs_mut();
    for (name, value) in args {
        match value {
            Value::Null => {}
            Value::Array(items) => {
                for item in items {
                    query.append_pair(name, &template::plain(item));
                }
            }
            other => {
                query.append_pair(name, &template::plain(other));
            }
        }
    }
}

#[async_trait]
impl AnyTool for HttpTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn gives(&self) -> Gives {
        match self.spec.risk {
            Risk::Read if self.owner.is_declared() => Gives::OwnRecords,
            Risk::Read => Gives::Records,
            _ => Gives::Text,
        }
    }

    fn rate(&self) -> Option<RateLimit> {
        self.server.rate
    }

    fn validate(&self, args: &Value) -> Result<(), ToolError> {
        self.schema.check(&self.spec.name, args)?;
        let empty = Map::new();
        self.address(args.as_object().unwrap_or(&empty)).map(|_| ())
    }

    fn preview(&self, args: &Value) -> Preview {
        let (empty, args) = (Map::new(), canonical::in_order(args));
        let args = args.as_object().unwrap_or(&empty);
        let title = match &self.preview {
            Some(template) => cut(&template.render_text(args, &self.server.currency), 300),
            None => self.spec.title.clone(),
        };
        let field = |name: &String, value: &Value, protected| PreviewField {
            label: name.clone(),
            value: self.shown(name, value),
            protected,
        };
        let mut fields: Vec<PreviewField> = self
            .spec
            .protected
            .iter()
            .filter_map(|name| args.get(name).map(|value| field(name, value, true)))
            .collect();
        fields.extend(
            args.iter()
                .filter(|(name, _)| !self.spec.protected.contains(*name))
                .map(|(name, value)| field(name, value, false)),
        );
        Preview { title, fields, body: None }
    }

    async fn read(&self, context: &ToolContext, args: &Value) -> Result<ToolOutput, ToolError> {
        if self.spec.risk != Risk::Read {
            return Err(ToolError::Refused(format!("{} has effects and cannot be read", self.spec.name)));
        }
        self.owner.check_argument(args, context)?;
        let output = self.call(args, None).await?;
        self.owner.check_answer(&output.content, context)?;
        Ok(output)
    }

    async fn execute(&self, permit: Permit, context: &ToolContext) -> Result<ToolOutput, ToolError> {
        if permit.call().tool != self.spec.name {
            return Err(ToolError::Refused(format!(
                "the permit is for {}, not for {}",
                permit.call().tool,
                self.spec.name
            )));
        }
        // Before anything is sent: what was done for somebody else's address cannot be taken back.
        self.owner.check_argument(&permit.call().args, context)?;
        self.call(&permit.call().args, Some(permit.idempotency_key())).await
    }

    async fn inquire(&self, _: &ToolContext, key: &str) -> Inquiry {
        let Some((method, template)) = &self.inquire else { return Inquiry::CannotTell };
        let args = Map::from_iter([("idempotency_key".to_owned(), Value::String(key.to_owned()))]);
        let Ok(tail) = template.render_url(&args) else { return Inquiry::CannotTell };
        let Ok(url) = Url::parse(&format!("{}{tail}", self.server.base)) else { return Inquiry::CannotTell };
        let exchange = Exchange {
            client: &self.server.client,
            method: method.clone(),
            url,
            headers: &self.server.headers,
            body: None,
            key: None,
            timeout: self.timeout,
            secrets: &self.server.secrets,
        };
        match exchange.ask().await {
            exchange::Answer::Yes(content) => {
                Inquiry::Done(ToolOutput::new(content, format!("Done earlier: {}", self.spec.title)))
            }
            exchange::Answer::No => Inquiry::NotDone,
            exchange::Answer::Unclear(why) => {
                tracing::warn!(tool = %self.spec.name, %why, "the tool did not say whether an effect was done");
                Inquiry::CannotTell
            }
        }
    }
}
