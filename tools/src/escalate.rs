//! Hands the ticket to a person. Nothing is promised before the handoff: the customer's message,
//! where one is given, is written after the handoff and in the same transaction. What set it off raises
//! the ticket's priority where it cannot wait, and stands on the ticket as tags.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::{
    approval::Permit,
    ticket::{EventBody, Visibility},
    tool::{Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
    trigger::{self, Trigger},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    builtin::{agent_message, field, ticket},
    limits::{Few, Text},
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
    #[schemars(extend("contentMediaType" = "text/markdown"))]
    message: Option<Text<2_000>>,
    /// What set the handoff off, found by rule. No model is shown that there is such a thing.
    #[serde(default, skip_serializing_if = "<[Trigger]>::is_empty")]
    #[schemars(skip)]
    triggers: Few<Trigger, 16>,
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
        let ticket = ticket(context)?;
        let reason = args.reason.into_inner();
        let told = format!("Handed over: {reason}");
        let triggers = args.triggers.into_inner();
        let mut events = Vec::new();
        if let Some(priority) = trigger::priority(&triggers, ticket.priority) {
            events.push(EventBody::PrioritySet { priority });
        }
        let tags: BTreeSet<String> = triggers.iter().map(|one| one.kind.tag().to_owned()).collect();
        if !tags.is_subset(&ticket.tags) {
            events.push(EventBody::TagsAdded { tags });
        }
        events.push(EventBody::Escalated { reason, summary: args.summary.into_inner(), triggers });
        let mut content = json!({ "escalated": true });
        if let Some(body) = args.message {
            let message = agent_message(context, Visibility::Public, body.into_inner(), Vec::new(), None);
            content["message_id"] = json!(message.id);
            events.push(EventBody::MessageAdded { message });
        }
        Ok(ToolOutput { content, summary: told, events })
    }
}
