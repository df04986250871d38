//! Reads the figures of the desk.

use async_trait::async_trait;
use domain::{
    copilot::Lookup,
    tool::{Gives, Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{look, titled};

pub(crate) struct ReadFigures;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {}

#[async_trait]
impl Tool for ReadFigures {
    type Args = Args;
    const NAME: &'static str = "read_figures";
    const TITLE: &'static str = "Read the desk's figures";
    const DESCRIPTION: &'static str = "Returns how many tickets are open, wait for staff and wait for customers, how many approvals and runs wait, what agents resolved today and in 30 days, what was reopened, the time saved, the credits spent today and this month with their ceilings, and what is stopped.";
    const RISK: Risk = Risk::Read;
    const CAPABILITIES: &'static [&'static str] = &["figures", "staff"];
    const GIVES: Gives = Gives::Records;
    const IDEMPOTENT: bool = true;

    fn preview(&self, _: &Args) -> Preview {
        titled("Read the desk's figures")
    }

    async fn read(&self, context: &ToolContext, _: Args) -> Result<ToolOutput, ToolError> {
        look(context, Lookup::Figures, None).await
    }
}
