//! Tools: typed functions that agents may call.
//!
//! A tool is written against [`Tool`] with typed arguments and is used through [`AnyTool`]; the
//! adapter [`Typed`] is the only bridge. `RISK` has no default on purpose.

use std::{marker::PhantomData, sync::Arc, time::Duration};

use async_trait::async_trait;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use thiserror::Error;

use crate::{
    CustomerId, Timestamp, WorkspaceId,
    approval::Permit,
    canonical::{self, Digest},
    customer::{Contact, Customer},
    model::ToolSchema,
    ports::Ports,
    rate::RateLimit,
    run::Run,
    ticket::{EventBody, Ticket},
};

/// What a mistake with this tool would mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    /// Changes nothing.
    Read,
    /// Changes our own records in a way a person can undo: notes, tags, fields.
    Reversible,
    /// Leaves the house or is seen by a customer: replies, address changes, webhooks.
    Outward,
    /// Moves money or cannot be undone: refunds, cancellations, deletions.
    Irreversible,
}

impl Risk {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Reversible => "reversible",
            Self::Outward => "outward",
            Self::Irreversible => "irreversible",
        }
    }
}

/// A proposed call. `id` is unique within the run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolCall {
    pub id: String,
    pub tool: String,
    #[serde(serialize_with = "canonical::value")]
    pub args: Value,
}

/// Where a tool comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ToolSource {
    BuiltIn,
    Http { file: String },
    Mcp { server: String },
}

/// Everything about a tool but its code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolSpec {
    /// Namespaced with `__` when it comes from outside: `shop__refund_order`.
    pub name: String,
    /// Digest of name, description, risk and schema; a decision binds to it.
    pub version: Digest,
    pub title: String,
    pub description: String,
    pub risk: Risk,
    /// JSON schema of the arguments.
    #[serde(serialize_with = "canonical::value")]
    pub parameters: Value,
    /// Arguments that decide who is affected or how much: they are shown first to reviewers.
    pub protected: Vec<String>,
    /// The tool that undoes this one, where there is one.
    pub compensation: Option<String>,
    /// The argument that holds an amount of money in cents; policy conditions read it as `amount`.
    pub amount_arg: Option<String>,
    /// What it is good for, for search: `orders`, `refunds`, `knowledge`.
    pub capabilities: Vec<String>,
    pub source: ToolSource,
    /// Its effect is ticket events only, written in the transaction that settles it.
    pub local: bool,
    /// A repeated attempt with the same idempotency key does nothing twice.
    pub idempotent: bool,
    /// It is a person's to decide, whatever the policy lets run.
    #[serde(default)]
    pub always_asks: bool,
}

impl ToolSpec {
    /// What the tool belongs to, when it comes from outside: the part of its name before `__`.
    pub fn integration(&self) -> Option<&str> {
        match self.source {
            ToolSource::BuiltIn => None,
            ToolSource::Http { .. } | ToolSource::Mcp { .. } => {
                self.name.split_once("__").map(|(integration, _)| integration)
            }
        }
    }
}

impl ToolSpec {
    pub fn schema(&self) -> ToolSchema {
        ToolSchema {
            name: self.name.clone(),
            description: self.description.clone(),
            parameters: self.parameters.clone(),
        }
    }

    /// The digest that [`ToolSpec::version`] holds.
    pub fn digest(name: &str, description: &str, risk: Risk, parameters: &Value) -> Digest {
        Digest::of(&serde_json::json!([name, description, risk, parameters]))
    }
}

/// The proposed action as a person would understand it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Preview {
    /// One line: `Refund 349.00 EUR on order NF-10482`.
    pub title: String,
    /// Labelled facts, the protected ones first.
    pub fields: Vec<PreviewField>,
    /// The text the customer would read, when there is one.
    pub body: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PreviewField {
    pub label: String,
    pub value: String,
    pub protected: bool,
}

/// What a call may know about its surroundings.
#[derive(Clone)]
pub struct ToolContext {
    pub workspace_id: WorkspaceId,
    pub run: Run,
    pub ticket: Option<Ticket>,
    pub customer: Option<Customer>,
    pub contact: Option<Contact>,
    /// The addresses, in lower case, under which records are this customer's. None when a member of
    /// the staff asks, who may see everybody's.
    pub on_behalf_of: Option<Vec<String>>,
    pub now: Timestamp,
    pub ports: Arc<dyn Ports>,
}

impl ToolContext {
    pub fn customer_id(&self) -> Option<CustomerId> {
        self.customer.as_ref().map(|c| c.id)
    }
}

/// What the error of a record that is somebody else's begins with.
pub const NOT_THEIRS: &str = "not theirs";

/// What the errors of a tool begin with that gave no answer.
pub const NO_ANSWER: [&str; 2] = [NOT_AVAILABLE, UNKNOWN];
const NOT_AVAILABLE: &str = "not available";
const UNKNOWN: &str = "the outcome is unknown";

/// What a call yields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToolOutput {
    /// For the agent.
    pub content: Value,
    /// For people: `Refunded 349.00 EUR`.
    pub summary: String,
    /// Appended to the ticket in the transaction that settles the effect.
    pub events: Vec<EventBody>,
}

impl ToolOutput {
    pub fn new(content: Value, summary: impl Into<String>) -> Self {
        Self { content, summary: summary.into(), events: Vec::new() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ToolError {
    /// The arguments do not fit; nothing was done. The agent may repair them.
    #[error("the arguments of {tool} do not fit: {why}")]
    Arguments { tool: String, why: String },
    /// The other side refuses; nothing was done, and repeating will not help.
    #[error("refused: {0}")]
    Refused(String),
    /// The record is somebody else's; nothing was told or done.
    #[error("{NOT_THEIRS}: {0}")]
    NotTheirs(String),
    /// Nothing was done; worth trying again.
    #[error("{NOT_AVAILABLE}: {0}")]
    Unavailable(String),
    /// The other side takes no more calls for now; nothing was done.
    #[error("at its limit: {why}")]
    Limited {
        why: String,
        /// How long it asks to be left alone, when it says so.
        after: Option<Duration>,
    },
    /// It may or may not have been done.
    #[error("{UNKNOWN}: {0}")]
    Unknown(String),
    /// The other side answers well enough, and does not say whether it was done.
    #[error("{UNKNOWN}: {0}")]
    Unclear(String),
}

/// The answer to "did you do what this idempotency key stands for?".
#[derive(Clone, Debug, PartialEq)]
pub enum Inquiry {
    Done(ToolOutput),
    NotDone,
    /// The tool cannot be asked.
    CannotTell,
}

/// What the answer of a tool may be relied on for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gives {
    /// Nothing: a text, an echo of what it was asked with, the words of a server outside.
    #[default]
    Text,
    /// Records of our own systems, of whomever it was asked about. What it was asked with is no news.
    Records,
    /// Records that it has checked to be the customer's who asks.
    OwnRecords,
}

/// A tool with typed arguments. Implement this; register it as `Typed::new(tool)`.
#[async_trait]
pub trait Tool: Send + Sync + 'static {
    type Args: DeserializeOwned + Serialize + JsonSchema + Send + Sync + 'static;

    const NAME: &'static str;
    const TITLE: &'static str;
    const DESCRIPTION: &'static str;
    /// No default: whoever writes a tool says what a mistake with it would mean.
    const RISK: Risk;
    const PROTECTED: &'static [&'static str] = &[];
    const CAPABILITIES: &'static [&'static str] = &[];
    const COMPENSATION: Option<&'static str> = None;
    const GIVES: Gives = Gives::Text;
    /// True when its effect is ticket events alone.
    const LOCAL: bool = false;
    const IDEMPOTENT: bool = false;
    /// True when no policy may let it run without a person.
    const ALWAYS_ASKS: bool = false;

    fn preview(&self, args: &Self::Args) -> Preview;

    /// Performs a call of a tool whose risk is [`Risk::Read`]. Others keep the default.
    async fn read(&self, _context: &ToolContext, _args: Self::Args) -> Result<ToolOutput, ToolError> {
        Err(ToolError::Refused(format!("{} has effects and cannot be read", Self::NAME)))
    }

    /// Performs a permitted call. Read tools keep the default.
    async fn execute(
        &self,
        _permit: Permit,
        _context: &ToolContext,
        _args: Self::Args,
    ) -> Result<ToolOutput, ToolError> {
        Err(ToolError::Refused(format!("{} has no effect to perform", Self::NAME)))
    }

    async fn inquire(&self, _context: &ToolContext, _key: &str) -> Inquiry {
        Inquiry::CannotTell
    }
}

/// A tool behind its JSON face, whatever its source.
#[async_trait]
pub trait AnyTool: Send + Sync {
    fn spec(&self) -> &ToolSpec;
    /// Checks the arguments against the schema and the tool's own types.
    fn validate(&self, args: &Value) -> Result<(), ToolError>;
    fn preview(&self, args: &Value) -> Preview;
    async fn read(&self, context: &ToolContext, args: &Value) -> Result<ToolOutput, ToolError>;
    /// The call is the permit's: what was judged is what runs.
    async fn execute(&self, permit: Permit, context: &ToolContext) -> Result<ToolOutput, ToolError>;
    async fn inquire(&self, context: &ToolContext, key: &str) -> Inquiry;
    fn gives(&self) -> Gives;
    /// How many calls the other side takes, of all tools of its integration together.
    fn rate(&self) -> Option<RateLimit> {
        None
    }
}

/// Adapts a typed [`Tool`] to [`AnyTool`].
pub struct Typed<T: Tool> {
    tool: T,
    spec: ToolSpec,
    args: PhantomData<fn() -> T::Args>,
}

impl<T: Tool> Typed<T> {
    pub fn new(tool: T) -> Self {
        let parameters = SchemaSettings::draft2020_12()
            .with(|settings| {
                settings.inline_subschemas = true;
                settings.meta_schema = None;
            })
            .into_generator()
            .into_root_schema_for::<T::Args>()
            .to_value();
        let owned = |list: &[&str]| list.iter().map(|item| (*item).to_owned()).collect();
        let spec = ToolSpec {
            name: T::NAME.to_owned(),
            version: ToolSpec::digest(T::NAME, T::DESCRIPTION, T::RISK, &parameters),
            title: T::TITLE.to_owned(),
            description: T::DESCRIPTION.to_owned(),
            risk: T::RISK,
            parameters,
            protected: owned(T::PROTECTED),
            compensation: T::COMPENSATION.map(str::to_owned),
            amount_arg: None,
            capabilities: owned(T::CAPABILITIES),
            source: ToolSource::BuiltIn,
            local: T::LOCAL,
            idempotent: T::IDEMPOTENT,
            always_asks: T::ALWAYS_ASKS,
        };
        Self { tool, spec, args: PhantomData }
    }

    fn parse(&self, args: &Value) -> Result<T::Args, ToolError> {
        let refuse = |why: String| ToolError::Arguments { tool: T::NAME.to_owned(), why };
        // Serde would read a list as the fields in order, which no schema says.
        if !args.is_object() {
            return Err(refuse("they are not a JSON object".to_owned()));
        }
        serde_json::from_value(args.clone()).map_err(|error| refuse(error.to_string()))
    }
}

#[async_trait]
impl<T: Tool> AnyTool for Typed<T> {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn gives(&self) -> Gives {
        T::GIVES
    }

    fn validate(&self, args: &Value) -> Result<(), ToolError> {
        self.parse(args).map(|_| ())
    }

    fn preview(&self, args: &Value) -> Preview {
        match self.parse(args) {
            Ok(args) => self.tool.preview(&args),
            Err(error) => Preview { title: error.to_string(), ..Preview::default() },
        }
    }

    async fn read(&self, context: &ToolContext, args: &Value) -> Result<ToolOutput, ToolError> {
        self.tool.read(context, self.parse(args)?).await
    }

    async fn execute(&self, permit: Permit, context: &ToolContext) -> Result<ToolOutput, ToolError> {
        let args = self.parse(&permit.call().args)?;
        self.tool.execute(permit, context, args).await
    }

    async fn inquire(&self, context: &ToolContext, key: &str) -> Inquiry {
        self.tool.inquire(context, key).await
    }
}
