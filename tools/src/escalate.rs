//! Hands the ticket to a person. Nothing is promised before the handoff: the customer's message,
//! where one is given, is written after the handoff and in the same transaction.

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
    builtin::{agent_message, field, ticket},
    limits::Text,
};

pub(crate) struct Escalate;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Why a person is needed, in one sentence.
    reason: Text<500>,
    /// What the person needs to know to go on: what the customer wants, what was found and tried.
    summary: Text<4_000>,
    /// What to tell the customer about the handoff; left out, nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<Text<1_000>>,
}

#[async_trait]
impl Tool for Escalate {
    type Args = Args;
    const NAME: &'static str = "escalate";
    const TITLE: &'static str = "Hand over to a person";
    const DESCRIPTION: &'static str = "Hands the ticket to the support team with a summary. Use it when you are not sure, when the customer asks for a person, or when nothing you may do would help.";
    const RISK: Risk = Risk::Reversible;
    const CAPABILITIES: &'static [&'static str] = &["handoff"];
    const LOCAL: bool = true;
    const IDEMPOTENT: bool = true;

    fn preview(&self, args: &Args) -> Preview {
        Preview {
            title: "Hand over to a person".to_owned(),
            fields: vec![field("Reason", &*args.reason), field("Summary", &*args.summary)],
            body: args.message.as_ref().map(ToString::to_string),
        }
    }

    async fn execute(&self, _: Permit, context: &ToolContext, args: Args) -> Result<ToolOutput, ToolError> {
        ticket(context)?;
        let reason = args.reason.into_inner();
        let summary = format!("Handed over: {reason}");
        let mut events = vec![EventBody::Escalated { reason, summary: args.summary.into_inner() }];
        let mut content = json!({ "escalated": true });
        if let Some(body) = args.message {
            let message = agent_message(context, Visibility::Public, body.into_inner(), Vec::new(), None);
            content["message_id"] = json!(message.id);
            events.push(EventBody::MessageAdded { message });
        }
        Ok(ToolOutput { content, summary, events })
    }
}
