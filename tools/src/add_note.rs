//! Writes an internal note on the ticket; customers never see it.

use async_trait::async_trait;
use domain::{
    approval::Permit,
    ticket::{EventBody, Visibility},
    tool::{Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    builtin::{agent_message, ticket},
    limits::Text,
};

pub(crate) struct AddNote;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What colleagues should know, in Markdown without HTML or pictures.
    #[schemars(extend("contentMediaType" = "text/markdown"))]
    body: Text<20_000>,
}

#[async_trait]
impl Tool for AddNote {
    type Args = Args;
    const NAME: &'static str = "add_note";
    const TITLE: &'static str = "Add an internal note";
    const DESCRIPTION: &'static str =
        "Writes a note on the ticket that only staff can read. The customer is told nothing.";
    const RISK: Risk = Risk::Reversible;
    const CAPABILITIES: &'static [&'static str] = &["tickets", "notes"];
    const LOCAL: bool = true;
    const IDEMPOTENT: bool = true;

    fn preview(&self, args: &Args) -> Preview {
        Preview {
            title: "Add an internal note".to_owned(),
            body: Some(args.body.to_string()),
            ..Preview::default()
        }
    }

    async fn execute(&self, _: Permit, context: &ToolContext, args: Args) -> Result<ToolOutput, ToolError> {
        ticket(context)?;
        let message = agent_message(context, Visibility::Internal, args.body.into_inner(), Vec::new(), None);
        Ok(ToolOutput {
            content: json!({ "message_id": message.id }),
            summary: "Added a note".to_owned(),
            events: vec![EventBody::MessageAdded { message }],
        })
    }
}
