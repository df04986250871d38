//! Answers the customer. What the gate judged is what the customer reads: body and sources are
//! arguments, and nothing is added afterwards.

use async_trait::async_trait;
use domain::{
    approval::Permit,
    knowledge::Citation,
    ticket::{EventBody, TicketStatus, Visibility},
    tool::{Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    builtin::{agent_message, field, ticket},
    limits::{Few, Text},
};

pub(crate) struct ReplyToCustomer;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What the customer reads, in Markdown without HTML or pictures. Mark what rests on a source with `[1]`, `[2]` ….
    #[schemars(extend("contentMediaType" = "text/markdown"))]
    body: Text<20_000>,
    /// The passages the answer rests on, in the order of its marks.
    #[serde(default)]
    sources: Few<Citation, 20>,
    /// What becomes of the ticket: `waiting_for_customer` after a question, `resolved` after a
    /// full answer, `open` when more is to come. Left out, the status stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status_after: Option<StatusAfter>,
    /// The model that wrote the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model: Option<Text<200>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StatusAfter {
    WaitingForCustomer,
    Resolved,
    Open,
}

impl StatusAfter {
    fn status(self) -> TicketStatus {
        match self {
            Self::WaitingForCustomer => TicketStatus::WaitingForCustomer,
            Self::Resolved => TicketStatus::Resolved,
            Self::Open => TicketStatus::Open,
        }
    }
}

#[async_trait]
impl Tool for ReplyToCustomer {
    type Args = Args;
    const NAME: &'static str = "reply_to_customer";
    const TITLE: &'static str = "Reply to the customer";
    const DESCRIPTION: &'static str =
        "Sends a message to the customer on the ticket's channel, with the sources it rests on.";
    const RISK: Risk = Risk::Outward;
    const CAPABILITIES: &'static [&'static str] = &["replies"];
    const LOCAL: bool = true;
    // Its events are written once, in the transaction that settles it; another attempt before
    // that leaves nothing behind.
    const IDEMPOTENT: bool = true;

    fn preview(&self, args: &Args) -> Preview {
        let mut fields = Vec::new();
        if let Some(status) = args.status_after {
            fields.push(field("Ticket becomes", status.status().as_str().replace('_', " ")));
        }
        for (n, source) in args.sources.iter().enumerate() {
            fields.push(field(&format!("Source {}", n + 1), format!("{}: {}", source.title, source.quote)));
        }
        Preview { title: "Reply to the customer".to_owned(), fields, body: Some(args.body.to_string()) }
    }

    async fn execute(&self, _: Permit, context: &ToolContext, args: Args) -> Result<ToolOutput, ToolError> {
        ticket(context)?;
        let message = agent_message(
            context,
            Visibility::Public,
            args.body.into_inner(),
            args.sources.into_inner(),
            args.model.map(Text::into_inner),
        );
        let content = json!({ "message_id": message.id });
        let mut events = vec![EventBody::MessageAdded { message }];
        if let Some(after) = args.status_after {
            let reason = match after {
                StatusAfter::WaitingForCustomer => "the customer was asked",
                StatusAfter::Resolved => "the customer was answered",
                StatusAfter::Open => "the customer was told what is under way",
            };
            events.push(EventBody::StatusChanged { status: after.status(), reason: reason.to_owned() });
        }
        Ok(ToolOutput { content, summary: "Replied to the customer".to_owned(), events })
    }
}
