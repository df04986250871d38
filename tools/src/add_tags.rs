//! Tags the ticket. Tags are kept in lower case, so that one meaning has one spelling.

use std::collections::BTreeSet;

use async_trait::async_trait;
use domain::{
    approval::Permit,
    ticket::EventBody,
    tool::{Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{
    builtin::ticket,
    limits::{Few, Text},
};

/// How many tags a ticket may hold.
const TAGS_PER_TICKET: usize = 50;

pub(crate) struct AddTags;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The tags to add, for example `refund` or `damaged`.
    tags: Few<Text<40>, 20>,
}

impl Args {
    fn tags(&self) -> BTreeSet<String> {
        self.tags.iter().map(|tag| tag.to_lowercase()).collect()
    }
}

#[async_trait]
impl Tool for AddTags {
    type Args = Args;
    const NAME: &'static str = "add_tags";
    const TITLE: &'static str = "Tag the ticket";
    const DESCRIPTION: &'static str = "Adds tags to the ticket, by which people find and count tickets.";
    const RISK: Risk = Risk::Reversible;
    const CAPABILITIES: &'static [&'static str] = &["tickets", "tags"];
    const LOCAL: bool = true;
    const IDEMPOTENT: bool = true;

    fn preview(&self, args: &Args) -> Preview {
        let tags = args.tags().into_iter().collect::<Vec<_>>().join(", ");
        Preview { title: format!("Tag the ticket: {tags}"), ..Preview::default() }
    }

    async fn execute(&self, _: Permit, context: &ToolContext, args: Args) -> Result<ToolOutput, ToolError> {
        let ticket = ticket(context)?;
        let tags: BTreeSet<String> = args.tags().difference(&ticket.tags).cloned().collect();
        if ticket.tags.len() + tags.len() > TAGS_PER_TICKET {
            return Err(ToolError::Refused(format!("a ticket holds at most {TAGS_PER_TICKET} tags")));
        }
        let summary = match tags.len() {
            0 => "The ticket has these tags already".to_owned(),
            _ => format!("Tagged {}", tags.iter().cloned().collect::<Vec<_>>().join(", ")),
        };
        let content = json!({ "added": tags });
        let events = if tags.is_empty() { Vec::new() } else { vec![EventBody::TagsAdded { tags }] };
        Ok(ToolOutput { content, summary, events })
    }
}
