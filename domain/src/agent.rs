//! What an agent is: a pure function from the run's journal to its next step.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    DomainError, Timestamp,
    canonical::Digest,
    confidence::{Confidence, Thresholds},
    grounding::{Doubts, Footing},
    model::{ModelRequest, ToolSchema},
    procedure::Procedure,
    run::{Outcome, Run, Step},
    tool::ToolCall,
};

/// What the operator may set per agent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgentSettings {
    /// Tools it may call: names, or a prefix with `*` such as `shop__*`.
    pub tools: Vec<String>,
    pub thresholds: Thresholds,
    /// Model calls in one run before it is handed to a person.
    pub max_model_calls: u32,
    pub max_output_tokens: u32,
    #[serde(default)]
    pub limits: RunLimits,
    /// Where a customer finds help who may harm themselves, told with the handoff. Empty: numbers by language.
    #[serde(default)]
    pub help: String,
}

/// What an agent may do. The first three are of a run, between two things that it hears: the customer's
/// words, a report, its beginning. An agent that goes on for longer goes in circles, and its run ends with a
/// person. The others are of all its runs in a workspace: what is above them waits; 0 lets all pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RunLimits {
    /// Steps in the journal.
    pub steps: u32,
    /// Seconds of models and tools; waiting costs nothing.
    pub work_seconds: u32,
    /// How often the same call may be proposed; once more is refused.
    pub identical_calls: u32,
    /// Runs that begin in a minute.
    pub runs_a_minute: u32,
    /// Runs that begin in a day, of UTC.
    pub runs_a_day: u32,
    /// Mails written to customers in a day, of UTC.
    pub emails_a_day: u32,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self {
            steps: 40,
            work_seconds: 300,
            identical_calls: 2,
            runs_a_minute: 10,
            runs_a_day: 100,
            emails_a_day: 100,
        }
    }
}

/// Everything `next` may look at. Two equal views give equal answers.
pub struct RunView<'a> {
    pub run: &'a Run,
    pub steps: &'a [Step],
    pub settings: &'a AgentSettings,
    /// Schemas of the granted tools, ordered by name.
    pub tools: Arc<Vec<ToolSchema>>,
    pub procedures: &'a Arc<Vec<Procedure>>,
    /// What the workspace calls itself, for prompts.
    pub workspace_name: &'a str,
}

/// What the agent wants next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    Model(Box<ModelRequest>),
    /// Calls to settle, side by side. A call that already waits for a person is listed again until
    /// it is settled.
    Tools(Vec<ProposedCall>),
    Wait(Wait),
    End(Outcome),
}

/// A call with the agent's case for it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProposedCall {
    pub call: ToolCall,
    pub confidence: Confidence,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Wait {
    /// Names the wait, so that the journal can say which one is over.
    pub name: String,
    pub until: Option<Timestamp>,
    /// Wakes when the customer writes.
    pub for_message: bool,
}

impl Next {
    /// The digests that steps performed for this must carry.
    pub fn digests(&self) -> Vec<Digest> {
        match self {
            Self::Model(request) => vec![request.digest()],
            Self::Tools(calls) => calls.iter().map(|c| Digest::of(&c.call)).collect(),
            Self::Wait(wait) => vec![Digest::of(wait)],
            Self::End(outcome) => vec![Digest::of(outcome)],
        }
    }
}

/// A worker with a goal. It has no state: everything it knows is in the view.
pub trait Agent: Send + Sync {
    fn name(&self) -> &'static str;
    fn description(&self) -> &'static str;
    /// The next step. An error means that this journal cannot be continued from and names the step.
    fn next(&self, view: &RunView<'_>) -> Result<Next, DomainError>;
    /// What of the model's reply that came last is in doubt, for others to look at before the agent
    /// goes on. What they say stands in the journal; without it, the agent goes on all the same.
    fn doubts(&self, _view: &RunView<'_>) -> Result<Option<Doubts>, DomainError> {
        Ok(None)
    }

    /// What the text stands on that this call, which it once proposed, would have somebody read. None where the
    /// agent holds its texts against nothing, or the journal does not say what it knew then.
    fn footing(
        &self,
        _view: &RunView<'_>,
        _call: &ToolCall,
        _text: &str,
    ) -> Result<Option<Footing>, DomainError> {
        Ok(None)
    }
}
