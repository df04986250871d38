//! Searches the knowledge base as staff may: with what is internal and what all workspaces share.

use async_trait::async_trait;
use domain::{
    copilot::Lookup,
    tool::{Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Limit, look, titled};
use crate::limits::Text;

pub(crate) struct SearchAllKnowledge;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What to look for, in a question's words or in keywords.
    query: Text<500>,
    /// How many passages to return at most; 10 when left out.
    #[serde(default)]
    limit: Limit,
}

#[async_trait]
impl Tool for SearchAllKnowledge {
    type Args = Args;
    const NAME: &'static str = "search_all_knowledge";
    const TITLE: &'static str = "Search the knowledge base for staff";
    const DESCRIPTION: &'static str = "Finds passages of the knowledge base, internal ones among them. Use it for questions about products, terms and how things are done.";
    const RISK: Risk = Risk::Read;
    const CAPABILITIES: &'static [&'static str] = &["knowledge", "staff"];
    const IDEMPOTENT: bool = true;

    fn preview(&self, args: &Args) -> Preview {
        titled(format!("Search the knowledge base for “{}”", args.query))
    }

    async fn read(&self, context: &ToolContext, args: Args) -> Result<ToolOutput, ToolError> {
        look(context, Lookup::Knowledge { query: args.query.into_inner() }, args.limit).await
    }
}
