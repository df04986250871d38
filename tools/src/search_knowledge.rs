//! Looks the knowledge base up. Internal documents stay hidden, because what an agent reads here
//! ends up in what a customer reads.

use async_trait::async_trait;
use domain::{
    knowledge::{RetrieveError, Scope},
    tool::{Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::limits::{Text, Whole};

pub(crate) struct SearchKnowledge;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// What to look for, in the customer's words or in keywords.
    query: Text<500>,
    /// How many passages to return at most; 5 when left out.
    #[serde(default)]
    limit: Option<Whole<1, 10>>,
}

/// What may reach the ticket's customer: public, theirs or everybody's, valid now, and of the brand
/// the ticket is about if its field `brand` names one.
fn scope(context: &ToolContext) -> Scope {
    let brand = context.ticket.as_ref().and_then(|ticket| ticket.fields.get("brand")?.as_str());
    Scope::public(context.workspace_id, context.now)
        .of_customer(context.customer_id())
        .of_brand(brand.filter(|brand| !brand.is_empty()).map(str::to_owned))
        .in_locale(context.customer.as_ref().map(|customer| customer.locale.clone()))
}

#[async_trait]
impl Tool for SearchKnowledge {
    type Args = Args;
    const NAME: &'static str = "search_knowledge";
    const TITLE: &'static str = "Search the knowledge base";
    const DESCRIPTION: &'static str = "Finds passages of the workspace's public knowledge base. Use it before answering anything about products, terms or how things are done, and cite what you use.";
    const RISK: Risk = Risk::Read;
    const CAPABILITIES: &'static [&'static str] = &["knowledge", "answers"];
    const IDEMPOTENT: bool = true;

    fn preview(&self, args: &Args) -> Preview {
        Preview { title: format!("Search the knowledge base for “{}”", args.query), ..Preview::default() }
    }

    async fn read(&self, context: &ToolContext, args: Args) -> Result<ToolOutput, ToolError> {
        let scope = scope(context);
        let limit = args.limit.map_or(5, |limit| limit.get() as usize);
        let passages = context.ports.retriever().search(&scope, &args.query, limit).await.map_err(
            |error| match error {
                RetrieveError::EmptyQuery => {
                    ToolError::Arguments { tool: Self::NAME.to_owned(), why: error.to_string() }
                }
                RetrieveError::Unavailable(why) => ToolError::Unavailable(why),
            },
        )?;
        let summary = match passages.len() {
            0 => "Found nothing".to_owned(),
            1 => "Found 1 passage".to_owned(),
            n => format!("Found {n} passages"),
        };
        Ok(ToolOutput::new(json!({ "passages": passages }), summary))
    }
}
