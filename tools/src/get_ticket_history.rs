//! Reads what the ticket's own customer wrote about before. Bounded, because it goes to a model.

use async_trait::async_trait;
use domain::{
    excerpt::cut,
    tool::{Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
    user::Actor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{get_customer::own_customer, limits::Whole};

const MESSAGES_PER_TICKET: usize = 10;
const MESSAGE_CHARS: usize = 1_000;

pub(crate) struct GetTicketHistory;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// How many earlier tickets to return at most, newest first; 5 when left out.
    #[serde(default)]
    limit: Option<Whole<1, 10>>,
}

#[async_trait]
impl Tool for GetTicketHistory {
    type Args = Args;
    const NAME: &'static str = "get_ticket_history";
    const TITLE: &'static str = "Read the customer's earlier tickets";
    const DESCRIPTION: &'static str = "Returns the earlier tickets of this ticket's customer, newest first, with their last public messages.";
    const RISK: Risk = Risk::Read;
    const CAPABILITIES: &'static [&'static str] = &["customers", "tickets"];
    const IDEMPOTENT: bool = true;

    fn preview(&self, _: &Args) -> Preview {
        Preview { title: "Read this customer's earlier tickets".to_owned(), ..Preview::default() }
    }

    async fn read(&self, context: &ToolContext, args: Args) -> Result<ToolOutput, ToolError> {
        let Some(customer) = own_customer(context) else {
            return Ok(ToolOutput::new(json!({ "tickets": [] }), "The customer is not known"));
        };
        let limit = args.limit.map_or(5, |limit| limit.get() as usize);
        let except = context.ticket.as_ref().map(|ticket| ticket.id);
        let history = context
            .ports
            .desk()
            .history(context.workspace_id, customer, except, limit)
            .await
            .map_err(|error| ToolError::Unavailable(error.to_string()))?;
        let tickets: Vec<Value> = history
            .iter()
            .map(|(ticket, messages)| {
                let skip = messages.len().saturating_sub(MESSAGES_PER_TICKET);
                let messages: Vec<Value> = messages
                    .iter()
                    .skip(skip)
                    .map(|message| {
                        json!({ "from": speaker(&message.author), "at": message.at, "text": cut(&message.body, MESSAGE_CHARS) })
                    })
                    .collect();
                json!({
                    "number": ticket.number,
                    "subject": ticket.subject,
                    "status": ticket.status,
                    "channel": ticket.channel,
                    "tags": ticket.tags,
                    "created_at": ticket.created_at,
                    "messages_left_out": skip,
                    "messages": messages,
                })
            })
            .collect();
        let summary = match tickets.len() {
            0 => "No earlier tickets".to_owned(),
            1 => "1 earlier ticket".to_owned(),
            n => format!("{n} earlier tickets"),
        };
        Ok(ToolOutput::new(json!({ "tickets": tickets }), summary))
    }
}

fn speaker(actor: &Actor) -> &'static str {
    match actor {
        Actor::Customer { .. } => "customer",
        Actor::Agent { .. } | Actor::System => "agent",
        Actor::User { .. } => "staff",
        Actor::ApiKey { .. } => "service",
    }
}
