//! Finds customers, and reads one with its people and tickets.

use async_trait::async_trait;
use domain::{
    copilot::Lookup,
    tool::{Gives, Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Limit, id, look, titled};
use crate::limits::Text;

pub(crate) struct FindCustomers;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindArgs {
    /// Found in names and in contacts' addresses. Left out: the newest customers.
    #[serde(default)]
    text: Option<Text<200>>,
    /// How many to return at most; 10 when left out.
    #[serde(default)]
    limit: Limit,
}

#[async_trait]
impl Tool for FindCustomers {
    type Args = FindArgs;
    const NAME: &'static str = "find_customers";
    const TITLE: &'static str = "Find customers";
    const DESCRIPTION: &'static str = "Lists customers by name or a contact's address.";
    const RISK: Risk = Risk::Read;
    const CAPABILITIES: &'static [&'static str] = &["customers", "staff"];
    const GIVES: Gives = Gives::Records;
    const IDEMPOTENT: bool = true;

    fn preview(&self, args: &FindArgs) -> Preview {
        titled(match &args.text {
            Some(text) => format!("Find the customer “{text}”"),
            None => "Find customers".to_owned(),
        })
    }

    async fn read(&self, context: &ToolContext, args: FindArgs) -> Result<ToolOutput, ToolError> {
        look(context, Lookup::Customers { text: args.text.map(Text::into_inner) }, args.limit).await
    }
}

pub(crate) struct ReadCustomer;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadArgs {
    /// The id, from another tool.
    customer_id: Text<40>,
}

#[async_trait]
impl Tool for ReadCustomer {
    type Args = ReadArgs;
    const NAME: &'static str = "read_customer";
    const TITLE: &'static str = "Read a customer";
    const DESCRIPTION: &'static str =
        "Returns a customer with its fields, the people there and the latest tickets.";
    const RISK: Risk = Risk::Read;
    const CAPABILITIES: &'static [&'static str] = &["customers", "staff"];
    const GIVES: Gives = Gives::Records;
    const IDEMPOTENT: bool = true;

    fn preview(&self, _: &ReadArgs) -> Preview {
        titled("Read a customer")
    }

    async fn read(&self, context: &ToolContext, args: ReadArgs) -> Result<ToolOutput, ToolError> {
        look(context, Lookup::Customer(id(Self::NAME, "customer", &args.customer_id)?), None).await
    }
}
