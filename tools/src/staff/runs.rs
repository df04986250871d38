//! Finds runs of agents, and reads one: what it did and how it ended.

use async_trait::async_trait;
use domain::{
    copilot::{Lookup, RunsWanted},
    run::RunStatus,
    tool::{Gives, Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Limit, id, look, titled};
use crate::limits::Text;

pub(crate) struct FindRuns;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindArgs {
    /// `queued`, `running`, `waiting` (for a decision, a message or a time), `done`, `dead` (its attempts failed) or
    /// `quarantined` (a person has to look). Left out: all.
    #[serde(default)]
    status: Option<RunStatus>,
    /// The agent's name, such as `resolution`.
    #[serde(default)]
    agent: Option<Text<100>>,
    /// The id of a ticket, from another tool.
    #[serde(default)]
    ticket_id: Option<Text<40>>,
    /// How many to return at most; 10 when left out.
    #[serde(default)]
    limit: Limit,
}

#[async_trait]
impl Tool for FindRuns {
    type Args = FindArgs;
    const NAME: &'static str = "find_runs";
    const TITLE: &'static str = "Find runs";
    const DESCRIPTION: &'static str =
        "Lists runs of agents, the newest first, by status, agent and ticket, with how they ended.";
    const RISK: Risk = Risk::Read;
    const CAPABILITIES: &'static [&'static str] = &["runs", "staff"];
    const GIVES: Gives = Gives::Records;
    const IDEMPOTENT: bool = true;

    fn preview(&self, args: &FindArgs) -> Preview {
        titled(match args.status {
            Some(status) => format!("Find runs that are {}", status.as_str()),
            None => "Find runs".to_owned(),
        })
    }

    async fn read(&self, context: &ToolContext, args: FindArgs) -> Result<ToolOutput, ToolError> {
        let ticket_id = args.ticket_id.map(|text| id(Self::NAME, "ticket", &text)).transpose()?;
        let wanted = RunsWanted { status: args.status, agent: args.agent.map(Text::into_inner), ticket_id };
        look(context, Lookup::Runs(wanted), args.limit).await
    }
}

pub(crate) struct ReadRun;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadArgs {
    /// The id, from another tool.
    run_id: Text<40>,
}

#[async_trait]
impl Tool for ReadRun {
    type Args = ReadArgs;
    const NAME: &'static str = "read_run";
    const TITLE: &'static str = "Read a run";
    const DESCRIPTION: &'static str = "Returns a run with the calls it made and what came of each, why it waits or failed, and what it cost.";
    const RISK: Risk = Risk::Read;
    const CAPABILITIES: &'static [&'static str] = &["runs", "staff"];
    const GIVES: Gives = Gives::Records;
    const IDEMPOTENT: bool = true;

    fn preview(&self, _: &ReadArgs) -> Preview {
        titled("Read a run")
    }

    async fn read(&self, context: &ToolContext, args: ReadArgs) -> Result<ToolOutput, ToolError> {
        look(context, Lookup::Run(id(Self::NAME, "run", &args.run_id)?), None).await
    }
}
