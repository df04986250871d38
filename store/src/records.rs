//! Rows that are the store's own words: those that the domain has no type for.

use domain::{
    ApiKeyId, AttachmentId, CustomerId, DeliveryId, MessageId, RunId, SessionId, TicketId, Timestamp, UserId,
    WorkspaceId,
    approval::ApprovalStatus,
    commit::{DeliveryStatus, Receipt},
    run::{Run, RunStatus},
    ticket::{Channel, TicketStatus},
    tool::ToolSpec,
    user::Role,
};
use serde::{Deserialize, Serialize};

/// A tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workspace {
    pub id: WorkspaceId,
    /// Unique; for URLs and the command line.
    pub slug: String,
    pub name: String,
    pub created_at: Timestamp,
}

/// A key that stands for a service. The key itself is not kept, only its digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    pub role: Role,
    /// Whether it is given personal data as it is, where its role may see it.
    pub sees_personal_data: bool,
    pub created_at: Timestamp,
}

/// A person's stay between signing in and out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub user_id: UserId,
    pub created_at: Timestamp,
    /// Over from here on, even if nobody signs out.
    pub expires_at: Timestamp,
}

/// A mail on its way out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    pub id: DeliveryId,
    pub ticket_id: TicketId,
    /// The message it carries.
    pub message_id: MessageId,
    pub status: DeliveryStatus,
    /// How often sending was begun.
    pub attempts: i64,
    pub error: Option<String>,
    /// Not before this; absent means at once.
    pub next_attempt_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationStatus {
    /// A person, or the first connection, accepted this schema.
    Approved,
    /// The tool has changed since; it cannot be called until someone accepts it.
    Suspended,
}

impl RegistrationStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Suspended => "suspended",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Approved, Self::Suspended].into_iter().find(|status| status.as_str() == text)
    }
}

/// What is known of a tool from outside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ToolRegistration {
    pub name: String,
    /// The server, or the file, that declares it.
    pub server: String,
    /// As declared now.
    pub spec: ToolSpec,
    pub status: RegistrationStatus,
    /// As it was accepted, while it is suspended.
    pub was: Option<ToolSpec>,
    pub updated_at: Timestamp,
}

/// A timer on a ticket that has not fired.
#[derive(Clone, Debug, PartialEq)]
pub struct FollowUp {
    pub ticket_id: TicketId,
    /// The version of the event that scheduled it; with the ticket it names the follow-up.
    pub version: i64,
    pub due_at: Timestamp,
    pub note: String,
}

/// A file that came with a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Attachment {
    pub id: AttachmentId,
    pub filename: String,
    pub content_type: String,
    pub content: Vec<u8>,
    pub created_at: Timestamp,
}

/// Narrows a list of tickets; the default lists all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TicketFilter {
    pub status: Option<TicketStatus>,
    pub channel: Option<Channel>,
    /// Found in the subject, the tags, the number or the customer's name; case does not count.
    pub text: Option<String>,
    pub customer_id: Option<CustomerId>,
    /// Only those on which a person has to act.
    pub waiting_for_staff: bool,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunFilter {
    pub status: Option<RunStatus>,
    pub ticket_id: Option<TicketId>,
    /// Those about a ticket that they do not hold.
    pub about: Option<TicketId>,
    pub agent: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApprovalFilter {
    pub status: Option<ApprovalStatus>,
    /// Only those that this role may decide.
    pub role: Option<Role>,
}

/// Numbers for metrics and the overview.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    /// By status; a status without tickets is left out.
    pub tickets: Vec<(String, i64)>,
    /// By status; a status without runs is left out.
    pub runs: Vec<(String, i64)>,
    pub approvals_pending: i64,
}

/// A ticket whose snapshot is not the fold of its events.
#[derive(Clone, Debug, PartialEq)]
pub struct TicketDifference {
    pub ticket_id: TicketId,
    pub why: String,
}

/// Sent to everyone who listens after a commit of this process that appended events.
#[derive(Clone, Debug, PartialEq)]
pub struct Notice {
    pub workspace_id: WorkspaceId,
    pub receipt: Receipt,
}

/// A run that is leased to this process: its status is running and its fence is set.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadyRun {
    pub workspace_id: WorkspaceId,
    pub run: Run,
}

impl ReadyRun {
    pub fn run_id(&self) -> RunId {
        self.run.id
    }
}
