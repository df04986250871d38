//! What is written together.
//!
//! A [`Commit`] is all or nothing, and many of them share one database transaction (group commit).
//! Its operations carry their own preconditions: the store loads the rows they touch, applies them
//! in order with the domain's own rules, and refuses a commit whose preconditions do not hold
//! without touching its neighbours.

use std::time::Duration;

use thiserror::Error;

use crate::{
    ApprovalId, DeliveryId, DomainError, EffectId, EventId, ReservationId, RunId, TicketId, Timestamp,
    UserId,
    approval::{Approval, ApprovalStatus, Decision},
    copilot::Asked,
    credit::{CreditError, Reservation, Spent},
    effect::{Effect, EffectStatus},
    errand::Errand,
    meter::Ceiling,
    model::Usage,
    run::{About, Outcome, Run, RunStatus, Step},
    standing::Standing,
    tending::Tending,
    ticket::{Event, NewEvent, Ticket},
};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Commit {
    pub ops: Vec<Op>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Appends events; the first event of a new ticket is `Created`. Events that concern agents
    /// signal the ticket's active run and wake it when it waits.
    Append {
        ticket_id: TicketId,
        events: Vec<NewEvent>,
    },
    /// Starts a run on the ticket unless one is active; the active one has been signalled by the
    /// `Append` before it.
    EnsureRun(NewRun),
    /// Moves a run on and appends to its journal. Refused when the lease was lost.
    Run(Box<RunChange>),
    AddApproval(Box<Approval>),
    /// Takes a decision by the rules of [`Approval::decide`]; a decided approval signals its run.
    Decide(Box<Decision>, Box<Standing>),
    /// Ends a pending approval without a person: expired or superseded. A no-op on a decided one.
    EndApproval {
        approval_id: ApprovalId,
        status: ApprovalStatus,
        at: Timestamp,
    },
    /// Reminds of a pending approval, or hands it to the higher role, when that is due. A no-op otherwise.
    NudgeApproval {
        approval_id: ApprovalId,
        at: Timestamp,
    },
    /// The run begins to act on a decision that could be taken back: from here on it cannot. Refused as stale
    /// when it was taken back.
    ActOn {
        approval_id: ApprovalId,
    },
    /// Takes a person's decision back by the rules of [`Approval::taken_back`].
    TakeBack {
        approval_id: ApprovalId,
        by: UserId,
        at: Timestamp,
    },
    /// Changes whose an approval is, or when it comes up again.
    Tend {
        approval_id: ApprovalId,
        tending: Tending,
        /// `None`: the service itself.
        by: Option<UserId>,
        at: Timestamp,
    },
    /// Records an effect before it is attempted. Refused when the run's call has one already.
    AddEffect(Box<Effect>),
    /// Refused when the effect is settled.
    ChangeEffect(Box<EffectChange>),
    /// Puts a dead or quarantined run back in the queue.
    RetryRun {
        run_id: RunId,
        at: Timestamp,
    },
    /// Ends a run that answers a question of this person, whoever works on it: they have changed their mind.
    /// A no-op on one that is over.
    StopRun {
        run_id: RunId,
        by: UserId,
        at: Timestamp,
    },
    /// Moves an outgoing mail on. Refused when it is not in the state `from`, so that of several who
    /// mean to send it one does; what was sent stays sent.
    ChangeDelivery {
        id: DeliveryId,
        from: DeliveryStatus,
        status: DeliveryStatus,
        error: Option<String>,
        at: Timestamp,
        next_attempt_at: Option<Timestamp>,
    },
    /// Sets credits aside. Refused when one of the ceilings would be passed.
    Reserve {
        reservation: Box<Reservation>,
        ceilings: Vec<Ceiling>,
        /// Its run remembers it until it is settled.
        held: bool,
    },
    /// Takes what something did cost and gives the rest back. Refused when that was done before.
    Settle {
        reservation_id: ReservationId,
        run_id: Option<RunId>,
        spent: Spent,
        at: Timestamp,
    },
    /// Counts one run or one mail. Refused when one of the ceilings would be passed.
    Count {
        ceilings: Vec<Ceiling>,
        at: Timestamp,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewRun {
    pub id: RunId,
    pub ticket_id: Option<TicketId>,
    /// Refused by the schema when another active run of the agent is about the same ticket.
    pub about: Option<About>,
    /// Refused by the schema when another question of the same person is being answered, or was asked by the
    /// same key.
    pub asked: Option<Box<Asked>>,
    pub errand: Option<Box<Errand>>,
    pub agent: String,
    pub priority: i64,
    /// When it becomes due.
    pub wake_at: Option<Timestamp>,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub struct RunChange {
    pub run_id: RunId,
    /// Must equal the run's.
    pub fence: i64,
    /// When set, refused as stale if the run has been signalled more often than this.
    pub expect_signals: Option<i64>,
    pub steps: Vec<Step>,
    /// Added to the run's own.
    pub usage: Usage,
    pub seen_signals: Option<i64>,
    pub seen_version: Option<i64>,
    pub to: RunTo,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub enum RunTo {
    /// Stays leased; attempts go back to zero.
    Running,
    /// Stays leased and is about to do something; attempts stay as they are.
    Prepared,
    Waiting {
        for_what: String,
        wake_at: Option<Timestamp>,
    },
    Done(Outcome),
    /// The attempt failed; due again at the given time.
    Retry {
        error: String,
        at: Timestamp,
    },
    Dead {
        error: String,
    },
    Quarantined {
        error: String,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct EffectChange {
    pub id: EffectId,
    pub status: EffectStatus,
    pub attempts: i64,
    pub next_attempt_at: Option<Timestamp>,
    pub output: Option<serde_json::Value>,
    pub summary: String,
    pub error: Option<String>,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryStatus {
    Pending,
    Sending,
    Sent,
    Failed,
    /// The connection ended after the mail was handed over and before the server's answer.
    Unknown,
}

impl DeliveryStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }
}

/// What a commit wrote.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Receipt {
    pub events: Vec<Event>,
    /// The tickets it touched, as they stand after it.
    pub tickets: Vec<Ticket>,
    /// The runs it touched, as they stand after it.
    pub runs: Vec<Run>,
    /// The approvals it touched, as they stand after it.
    pub approvals: Vec<Approval>,
    /// Ceilings of which it made four fifths or more used, in words for people.
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Error)]
pub enum CommitError {
    /// An event with this idempotency key exists; nothing was written.
    #[error("this was already done")]
    Duplicate { ticket_id: TicketId, event_id: EventId },
    /// The run was signalled meanwhile: read what is new and go on from there.
    #[error("something new has reached the run")]
    Stale { run: Box<Run> },
    /// Another worker holds the run now.
    #[error("the lease on run {0} was lost")]
    LeaseLost(RunId),
    #[error("{0} does not exist")]
    NotFound(String),
    /// A rule of the domain forbids it; the text says which and what to do.
    #[error("{0}")]
    Conflict(String),
    /// A ceiling would be passed; the text says which.
    #[error("{why}; it goes on at {until}")]
    Exhausted { why: String, until: Timestamp },
    /// The person may not do this; the text says who may.
    #[error("{0}")]
    Forbidden(String),
    /// More work is waiting to be written than the queue holds.
    #[error("too much is being written at once; try again in {} ms", retry_after.as_millis())]
    Busy { retry_after: Duration },
    #[error("the database is not available: {0}")]
    Unavailable(String),
}

impl From<DomainError> for CommitError {
    fn from(error: DomainError) -> Self {
        match error {
            DomainError::Role { .. } | DomainError::Team(_) => Self::Forbidden(error.to_string()),
            _ => Self::Conflict(error.to_string()),
        }
    }
}

impl From<CreditError> for CommitError {
    fn from(error: CreditError) -> Self {
        match error {
            CreditError::Unknown(_) => Self::NotFound(error.to_string()),
            CreditError::Closed(_) | CreditError::Negative(_) => Self::Conflict(error.to_string()),
        }
    }
}

/// What a receipt's reader may need to know of one touched run.
impl Receipt {
    pub fn run(&self, id: RunId) -> Option<&Run> {
        self.runs.iter().find(|run| run.id == id)
    }

    pub fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        self.tickets.iter().find(|ticket| ticket.id == id)
    }

    /// Whether the run is leased after this commit, so that its worker may go on.
    pub fn is_running(&self, id: RunId) -> bool {
        self.run(id).is_some_and(|run| run.status == RunStatus::Running)
    }
}
