//! Reads the customer of the ticket, and no other: the tool takes no id, so that nothing the
//! conversation says can point it at someone else.

use async_trait::async_trait;
use domain::tool::{Preview, Risk, Tool, ToolContext, ToolError, ToolOutput};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

pub(crate) struct GetCustomer;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {}

/// The customer this call is about: the ticket's, or the run's when there is no ticket.
pub(crate) fn own_customer(context: &ToolContext) -> Option<domain::CustomerId> {
    match &context.ticket {
        Some(ticket) => ticket.customer_id,
        None => context.customer_id(),
    }
}

#[async_trait]
impl Tool for GetCustomer {
    type Args = Args;
    const NAME: &'static str = "get_customer";
    const TITLE: &'static str = "Look the customer up";
    const DESCRIPTION: &'static str =
        "Returns the customer of this ticket with their contacts, or null when they are not known.";
    const RISK: Risk = Risk::Read;
    const CAPABILITIES: &'static [&'static str] = &["customers"];
    const IDEMPOTENT: bool = true;

    fn preview(&self, _: &Args) -> Preview {
        Preview { title: "Look the customer of this ticket up".to_owned(), ..Preview::default() }
    }

    async fn read(&self, context: &ToolContext, _: Args) -> Result<ToolOutput, ToolError> {
        let unknown =
            || ToolOutput::new(json!({ "customer": null, "contacts": [] }), "The customer is not known");
        let Some(id) = own_customer(context) else { return Ok(unknown()) };
        let found = context
            .ports
            .desk()
            .customer(context.workspace_id, id)
            .await
            .map_err(|error| ToolError::Unavailable(error.to_string()))?;
        Ok(match found {
            Some((customer, contacts)) => {
                let summary = format!("{} ({})", customer.name, customer.tier);
                ToolOutput::new(json!({ "customer": customer, "contacts": contacts }), summary)
            }
            None => unknown(),
        })
    }
}
