//! Closes the ticket. It reopens when the customer writes again.

use async_trait::async_trait;
use domain::{
    approval::Permit,
    ticket::{EventBody, TicketStatus},
    tool::{Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    builtin::{field, ticket},
    limits::Text,
};

pub(crate) struct CloseTicket;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Why nothing is left to do.
    reason: Text<500>,
}

#[async_trait]
impl Tool for CloseTicket {
    type Args = Args;
    const NAME: &'static str = "close_ticket";
    const TITLE: &'static str = "Close the ticket";
    const DESCRIPTION: &'static str =
        "Closes a ticket that needs nothing more, such as spam or a duplicate. The customer is told nothing.";
    const RISK: Risk = Risk::Reversible;
    const CAPABILITIES: &'static [&'static str] = &["tickets"];
    const LOCAL: bool = true;
    const IDEMPOTENT: bool = true;

    fn preview(&self, args: &Args) -> Preview {
        Preview {
            title: "Close the ticket".to_owned(),
            fields: vec![field("Reason", &*args.reason)],
            body: None,
        }
    }

    async fn execute(&self, _: Permit, context: &ToolContext, args: Args) -> Result<ToolOutput, ToolError> {
        if ticket(context)?.status == TicketStatus::Closed {
            return Ok(ToolOutput::new(json!({ "status": "closed" }), "The ticket was closed already"));
        }
        Ok(ToolOutput {
            content: json!({ "status": "closed" }),
            summary: "Closed the ticket".to_owned(),
            events: vec![EventBody::StatusChanged {
                status: TicketStatus::Closed,
                reason: args.reason.into_inner(),
            }],
        })
    }
}
