//! Runs and their journal.
//!
//! A run is one execution of an agent. Its journal, the [`Step`]s, is the plan of record: recovery,
//! audit, cost and replay read the same rows. A step is only ever appended, by the process that
//! holds the run's lease.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ApprovalId, EffectId, GapId, ReservationId, RunId, TicketId, Timestamp, UserId,
    canonical::{self, Digest},
    copilot::Asked,
    customer::{Contact, Customer},
    errand::Errand,
    grounding::SecondOpinion,
    model::{ModelResponse, Usage},
    policy::Judged,
    ticket::{Event, Message, Ticket},
    tool::ToolCall,
    trigger::Trigger,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunStatus {
    /// Due; nobody works on it.
    Queued,
    /// Leased by a worker.
    Running,
    /// Waits for a decision, a message or a time, and costs nothing but its row.
    Waiting,
    Done,
    /// Attempts are used up; a person can inspect and retry it.
    Dead,
    /// Its journal cannot be continued from; a person has to look.
    Quarantined,
}

impl RunStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Dead => "dead",
            Self::Quarantined => "quarantined",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Queued, Self::Running, Self::Waiting, Self::Done, Self::Dead, Self::Quarantined]
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    /// Holds its ticket: at most one such run per ticket.
    pub fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Waiting)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Run {
    pub id: RunId,
    /// The ticket it works on, and holds as long as it is active.
    pub ticket_id: Option<TicketId>,
    /// What it reads and does not hold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
    /// The question of a colleague that it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<Box<Asked>>,
    /// What a colleague had the copilot put before a person, for which alone it was begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errand: Option<Box<Errand>>,
    pub agent: String,
    pub status: RunStatus,
    /// Higher runs first; chat is more urgent than mail.
    pub priority: i64,
    /// Failed attempts since the last progress.
    pub attempts: i64,
    /// The process that holds the lease.
    pub lease_owner: Option<String>,
    /// Grows with every lease; a writer with an older one is refused.
    pub fence: i64,
    pub lease_until: Option<Timestamp>,
    /// When a queued or waiting run becomes due.
    pub wake_at: Option<Timestamp>,
    /// What a waiting run waits for, for people.
    pub waiting_for: Option<String>,
    /// How often something happened that the run must see: a message, a decision.
    pub signals: i64,
    /// How many of them it has seen.
    pub seen_signals: i64,
    /// The ticket version up to which it has read.
    pub seen_version: i64,
    pub step_count: i64,
    pub usage: Usage,
    /// Credits it has set aside for what it is doing now.
    #[serde(skip)]
    pub reservations: Vec<ReservationId>,
    pub outcome: Option<Outcome>,
    pub error: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a run is about that works on no ticket: customers go on being answered while it waits for
/// a person. Of one agent, one active run at most is about a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct About {
    pub ticket_id: TicketId,
    /// The gap of the knowledge base that it is to close.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap_id: Option<GapId>,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Outcome {
    /// The customer was answered.
    Answered { resolved: bool, summary: String },
    /// The customer was asked for something.
    Asked { summary: String },
    /// A person took over.
    HandedOff { reason: String },
    /// What it was begun for was done; no customer was waiting.
    Done { summary: String },
    /// Nothing was to be done.
    Nothing { reason: String },
}

/// How a run ended, without its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeKind {
    Answered,
    Asked,
    HandedOff,
    Done,
    Nothing,
}

impl OutcomeKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Asked => "asked",
            Self::HandedOff => "handed_off",
            Self::Done => "done",
            Self::Nothing => "nothing",
        }
    }
}

impl Outcome {
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Answered { .. } => OutcomeKind::Answered,
            Self::Asked { .. } => OutcomeKind::Asked,
            Self::HandedOff { .. } => OutcomeKind::HandedOff,
            Self::Done { .. } => OutcomeKind::Done,
            Self::Nothing { .. } => OutcomeKind::Nothing,
        }
    }

    pub fn type_name(&self) -> &'static str {
        self.kind().as_str()
    }

    pub fn summary(&self) -> &str {
        match self {
            Self::Answered { summary, .. } | Self::Asked { summary } | Self::Done { summary } => summary,
            Self::HandedOff { reason } | Self::Nothing { reason } => reason,
        }
    }
}

/// What a run starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunInput {
    pub ticket: Option<Ticket>,
    pub messages: Vec<Message>,
    /// The ticket's latest reports: external events, follow-ups that came due.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reports: Vec<Event>,
    /// How many of the messages earlier runs on the ticket have read.
    #[serde(default, skip_serializing_if = "is_none")]
    pub heard: u32,
    pub customer: Option<Customer>,
    pub contact: Option<Contact>,
    /// Input besides the ticket.
    #[serde(default)]
    #[serde(serialize_with = "canonical::value")]
    pub data: Value,
}

fn is_none(heard: &u32) -> bool {
    *heard == 0
}

/// How a proposed call was settled when it did not simply run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CallOutcome {
    Ok {
        #[serde(serialize_with = "canonical::value")]
        content: Value,
    },
    /// The tool, or the policy, refused. Nothing was done.
    Refused { reason: String },
    /// A person said no.
    Rejected { reason: String, by: Option<UserId> },
    /// A person answered the agent instead of deciding. Nothing was done.
    Responded { message: String, by: Option<UserId> },
    /// Nobody decided in time. This is not a refusal.
    Expired,
    /// The customer wrote again before a decision; the call must be considered anew.
    Superseded,
    /// A person took the ticket over. Nothing was done.
    Escalated { reason: String, by: Option<UserId> },
    /// It was attempted and failed. Nothing was done.
    Failed { error: String },
}

impl CallOutcome {
    pub fn status(&self) -> &'static str {
        match self {
            Self::Ok { .. } => "ok",
            Self::Refused { .. } => "refused",
            Self::Rejected { .. } => "rejected",
            Self::Responded { .. } => "responded",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::Escalated { .. } => "escalated",
            Self::Failed { .. } => "failed",
        }
    }
}

/// What a step did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum StepBody {
    /// Always the first.
    Started {
        input: Box<RunInput>,
    },
    /// New messages or reports reached a run that was under way.
    Observed {
        messages: Vec<Message>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        reports: Vec<Event>,
        ticket_version: i64,
    },
    /// What the step before it brought calls for a person.
    Triggered {
        triggers: Vec<Trigger>,
    },
    /// A model answered.
    Model {
        purpose: String,
        response: ModelResponse,
    },
    /// A model's reply was unusable; the reason goes back to it once.
    Unusable {
        purpose: String,
        response: Option<ModelResponse>,
        why: String,
    },
    /// Others looked at what a reply left in doubt; `anchor` is the step of the reply.
    Checked {
        anchor: i64,
        opinions: Vec<SecondOpinion>,
    },
    /// A call waits for a person.
    Proposed {
        call: ToolCall,
        approval_id: ApprovalId,
    },
    /// A call is settled. `call` is what ran, which an edit may have changed; `id` ties it to the
    /// model's request.
    Tool {
        call: ToolCall,
        effect_id: Option<EffectId>,
        approval_id: Option<ApprovalId>,
        /// A person changed the arguments.
        edited: bool,
        /// What the gate said, where it refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        judged: Option<Box<Judged>>,
        outcome: CallOutcome,
    },
    /// A wait that the agent asked for is over.
    Woken {
        name: String,
    },
    /// The engine gave up on a step and the agent may go on without it.
    Failed {
        what: String,
        error: String,
    },
    Ended {
        outcome: Outcome,
    },
}

impl StepBody {
    /// Whether it brought the run what somebody said.
    pub fn is_heard(&self) -> bool {
        matches!(self, Self::Started { .. } | Self::Observed { .. })
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Self::Started { .. } => "started",
            Self::Observed { .. } => "observed",
            Self::Triggered { .. } => "triggered",
            Self::Model { .. } => "model",
            Self::Unusable { .. } => "unusable",
            Self::Checked { .. } => "checked",
            Self::Proposed { .. } => "proposed",
            Self::Tool { .. } => "tool",
            Self::Woken { .. } => "woken",
            Self::Failed { .. } => "failed",
            Self::Ended { .. } => "ended",
        }
    }

    /// What the step is about: a purpose, a tool.
    pub fn name(&self) -> &str {
        match self {
            Self::Model { purpose, .. } | Self::Unusable { purpose, .. } => purpose,
            Self::Proposed { call, .. } | Self::Tool { call, .. } => &call.tool,
            Self::Woken { name } => name,
            Self::Failed { what, .. } => what,
            Self::Ended { outcome } => outcome.type_name(),
            Self::Checked { .. } => "grounding",
            Self::Triggered { triggers } => triggers.first().map_or("", |one| one.kind.tag()),
            Self::Started { .. } | Self::Observed { .. } => "",
        }
    }
}

/// One journalled thing a run did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// 0, 1, 2 … within the run.
    pub seq: i64,
    pub body: StepBody,
    /// Digest of what the agent asked for: the model request, the call. Strict replay recomputes it.
    pub input_digest: Option<Digest>,
    pub usage: Usage,
    /// `prompts/…@version` behind a model step.
    pub prompt: Option<String>,
    pub model: Option<String>,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
}
