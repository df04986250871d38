//! Sets custom fields and the priority of the ticket.

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::{
    approval::Permit,
    ticket::{CONTACT_VERIFIED, EventBody, Priority},
    tool::{Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use crate::{
    builtin::{field, ticket},
    limits::Text,
};

/// How many fields a ticket may hold.
const FIELDS_PER_TICKET: usize = 50;
/// How many fields one call may set.
const FIELDS_PER_CALL: usize = 20;

pub(crate) struct SetTicketFields;

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Wanted")]
#[schemars(with = "Wanted")]
pub(crate) struct Args {
    fields: BTreeMap<String, Scalar>,
    priority: Option<Priority>,
}

impl Serialize for Args {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Wanted { fields: self.fields.clone(), priority: self.priority }.serialize(serializer)
    }
}

/// The arguments as they are written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Values by field name, for example `{"order_number": "NF-10482"}`. At most 20 at once; a name
    /// is lower-case letters, digits and `_`, at most 40 of them.
    #[serde(default)]
    #[schemars(extend("maxProperties" = FIELDS_PER_CALL))]
    fields: BTreeMap<String, Scalar>,
    /// How urgent the ticket is; left out, it stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    priority: Option<Priority>,
}

/// A field's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
enum Scalar {
    Flag(bool),
    Whole(i64),
    Number(f64),
    Text(Text<500>),
}

impl TryFrom<Wanted> for Args {
    type Error = String;

    fn try_from(wanted: Wanted) -> Result<Self, String> {
        if wanted.fields.is_empty() && wanted.priority.is_none() {
            return Err("give `fields`, `priority` or both".to_owned());
        }
        if wanted.fields.len() > FIELDS_PER_CALL {
            return Err(format!(
                "{} fields at once; at most {FIELDS_PER_CALL} are allowed",
                wanted.fields.len()
            ));
        }
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if let Some(name) =
            wanted.fields.keys().find(|name| name.is_empty() || name.len() > 40 || !name.chars().all(fits))
        {
            let name = domain::excerpt::cut(name, 60);
            return Err(format!(
                "`{name}` is not a field name: use lower-case letters, digits and `_`, at most 40"
            ));
        }
        if wanted.fields.contains_key(CONTACT_VERIFIED) {
            return Err(format!("`{CONTACT_VERIFIED}` is for people to set"));
        }
        Ok(Self { fields: wanted.fields, priority: wanted.priority })
    }
}

#[async_trait]
impl Tool for SetTicketFields {
    type Args = Args;
    const NAME: &'static str = "set_ticket_fields";
    const TITLE: &'static str = "Set fields of the ticket";
    const DESCRIPTION: &'static str =
        "Records facts on the ticket as named fields, and sets its priority. Earlier values are replaced.";
    const RISK: Risk = Risk::Reversible;
    const CAPABILITIES: &'static [&'static str] = &["tickets", "fields", "priority"];
    const COMPENSATION: Option<&'static str> = Some("set_ticket_fields");
    const LOCAL: bool = true;
    const IDEMPOTENT: bool = true;

    fn preview(&self, args: &Args) -> Preview {
        let mut fields = Vec::new();
        if let Some(priority) = args.priority {
            fields.push(field("Priority", priority.as_str()));
        }
        for (name, value) in &args.fields {
            let value = match value {
                Scalar::Text(text) => text.to_string(),
                other => json!(other).to_string(),
            };
            fields.push(field(name, value));
        }
        Preview { title: "Set fields of the ticket".to_owned(), fields, body: None }
    }

    async fn execute(&self, _: Permit, context: &ToolContext, args: Args) -> Result<ToolOutput, ToolError> {
        let ticket = ticket(context)?;
        let new = args.fields.keys().filter(|name| !ticket.fields.contains_key(*name)).count();
        if ticket.fields.len() + new > FIELDS_PER_TICKET {
            return Err(ToolError::Refused(format!("a ticket holds at most {FIELDS_PER_TICKET} fields")));
        }
        let before: BTreeMap<&String, Option<&Value>> =
            args.fields.keys().map(|name| (name, ticket.fields.get(name))).collect();
        let content = json!({ "fields": args.fields, "priority": args.priority, "before": before, "priority_before": ticket.priority });
        let mut events = Vec::new();
        let mut parts = Vec::new();
        if !args.fields.is_empty() {
            parts.push(args.fields.keys().cloned().collect::<Vec<_>>().join(", "));
            let fields = args.fields.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            events.push(EventBody::FieldsSet { fields });
        }
        if let Some(priority) = args.priority {
            parts.push(format!("priority {}", priority.as_str()));
            events.push(EventBody::PrioritySet { priority });
        }
        Ok(ToolOutput { content, summary: format!("Set {}", parts.join(", ")), events })
    }
}
