//! Finds the approvals that wait for a person, and reads one.

use async_trait::async_trait;
use domain::{
    copilot::Lookup,
    tool::{Gives, Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Limit, id, look, titled};
use crate::limits::Text;

pub(crate) struct FindApprovals;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindArgs {
    /// How many to return at most; 10 when left out.
    #[serde(default)]
    limit: Limit,
}

#[async_trait]
impl Tool for FindApprovals {
    type Args = FindArgs;
    const NAME: &'static str = "find_approvals";
    const TITLE: &'static str = "Find approvals";
    const DESCRIPTION: &'static str = "Lists the approvals that wait for a person, what is most at stake first: what is proposed, why it waits, who may decide and until when.";
    const RISK: Risk = Risk::Read;
    const CAPABILITIES: &'static [&'static str] = &["approvals", "staff"];
    const GIVES: Gives = Gives::Records;
    const IDEMPOTENT: bool = true;

    fn preview(&self, _: &FindArgs) -> Preview {
        titled("Find approvals that wait")
    }

    async fn read(&self, context: &ToolContext, args: FindArgs) -> Result<ToolOutput, ToolError> {
        look(context, Lookup::Approvals, args.limit).await
    }
}

pub(crate) struct ReadApproval;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadArgs {
    /// The id, from another tool.
    approval_id: Text<40>,
}

#[async_trait]
impl Tool for ReadApproval {
    type Args = ReadArgs;
    const NAME: &'static str = "read_approval";
    const TITLE: &'static str = "Read an approval";
    const DESCRIPTION: &'static str =
        "Returns an approval: what is proposed with which arguments, why it waits, and who has decided what.";
    const RISK: Risk = Risk::Read;
    const CAPABILITIES: &'static [&'static str] = &["approvals", "staff"];
    const GIVES: Gives = Gives::Records;
    const IDEMPOTENT: bool = true;

    fn preview(&self, _: &ReadArgs) -> Preview {
        titled("Read an approval")
    }

    async fn read(&self, context: &ToolContext, args: ReadArgs) -> Result<ToolOutput, ToolError> {
        look(context, Lookup::Approval(id(Self::NAME, "approval", &args.approval_id)?), None).await
    }
}
