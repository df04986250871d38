//! What people of the staff ask the copilot, and what of the records it may read for them.
//!
//! A question is a run, and belongs to who asked it. Those of one [`ThreadId`] are a conversation. Whatever is
//! looked up is looked up as the person who asks: what they may not read is refused, and what they see masked
//! is masked before a model has it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::{
    ApprovalId, CustomerId, RunId, ThreadId, TicketId, Timestamp, UserId, WorkspaceId,
    permission::Permission, run::RunStatus, ticket::TicketStatus,
};

/// Characters of a question.
pub const MAX_QUESTION: usize = 2_000;
/// Questions of one conversation.
pub const MAX_QUESTIONS: i64 = 40;

/// The outcome of a run that whoever asked stopped.
pub const STOPPED: &str = "stopped by whoever asked";

/// A question, as the run that answers it carries it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// Nobody else reads the run.
    pub by: UserId,
    pub thread_id: ThreadId,
    /// 0, 1, 2 … within the conversation.
    pub seq: i64,
    /// What whoever asks calls the request by, so that a repeated one asks nothing twice.
    #[serde(skip)]
    pub key: String,
    pub text: String,
    /// What they had before them, when they said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looking_at: Option<LookingAt>,
}

/// A record that a page of the console is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "id", rename_all = "snake_case")]
pub enum LookingAt {
    Ticket(TicketId),
    Customer(CustomerId),
    Run(RunId),
    Approval(ApprovalId),
}

/// A conversation, as it is listed: its first question says what it is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Thread {
    pub id: ThreadId,
    /// The first question, cut to a line.
    pub title: String,
    pub questions: i64,
    pub created_at: Timestamp,
    /// When something was last asked in it.
    pub asked_at: Timestamp,
}

/// What a source of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    Ticket,
    Customer,
    Run,
    Approval,
    /// A passage of a document.
    Document,
    /// Numbers of the desk.
    Figures,
    /// What a search or a filter found, as a whole: how many there are.
    List,
}

/// Something that was read in a run, and may be cited by its `ref`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReadSource {
    /// What an answer cites it by.
    #[serde(rename = "ref")]
    pub reference: String,
    pub kind: SourceKind,
    /// Of the record; of a passage its document; of a list, what is listed, such as `tickets`.
    pub id: String,
    /// For people.
    pub label: String,
    /// Of a list, what it was narrowed by.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub filter: BTreeMap<String, String>,
}

/// Whose tickets are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssignedTo {
    /// The person who asks.
    Me,
    Nobody,
}

/// Which end of a list comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListOrder {
    /// Last touched, or begun, first.
    #[default]
    Newest,
    /// What nothing has happened to for longest first.
    Oldest,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct TicketsWanted {
    pub status: Option<TicketStatus>,
    pub text: Option<String>,
    pub customer_id: Option<CustomerId>,
    pub assigned: Option<AssignedTo>,
    pub order: ListOrder,
}

/// A record by its id or, as people call tickets, by number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketNamed {
    Id(TicketId),
    Number(i64),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunsWanted {
    pub status: Option<RunStatus>,
    pub agent: Option<String>,
    pub ticket_id: Option<TicketId>,
}

/// What is to be looked up. Each takes one permission of who asks.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    Tickets(TicketsWanted),
    Ticket(TicketNamed),
    Customers {
        text: Option<String>,
    },
    Customer(CustomerId),
    Runs(RunsWanted),
    Run(RunId),
    /// Those that wait for a person.
    Approvals,
    Approval(ApprovalId),
    /// What can be put before a person.
    Actions,
    Figures,
    Knowledge {
        query: String,
    },
}

impl Lookup {
    pub fn takes(&self) -> Permission {
        match self {
            Self::Tickets(_) | Self::Ticket(_) => Permission::ReadTickets,
            Self::Customers { .. } | Self::Customer(_) => Permission::ReadCustomers,
            Self::Runs(_) | Self::Run(_) => Permission::ReadRuns,
            Self::Approvals | Self::Approval(_) => Permission::ReadApprovals,
            Self::Actions => Permission::ReadTools,
            Self::Figures => Permission::ReadSystem,
            Self::Knowledge { .. } => Permission::ReadKnowledge,
        }
    }
}

/// What was found, as the person who asks would be served it.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// A JSON object for the agent.
    pub content: Value,
    pub sources: Vec<ReadSource>,
    /// For people: `3 tickets`.
    pub summary: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LookupError {
    /// The text says which permission it takes.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such record, in this workspace.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// What was asked for cannot be looked up; the text says what to do.
    #[error("{0}")]
    Refused(String),
    #[error("the records are not available: {0}")]
    Unavailable(String),
}

/// Looks records up as one person of the staff.
#[async_trait]
pub trait StaffRecords: Send + Sync {
    /// At most `limit` records, where it is about several.
    async fn look(
        &self,
        workspace: WorkspaceId,
        asker: UserId,
        lookup: Lookup,
        limit: usize,
    ) -> Result<Found, LookupError>;
}
