//! Rows that are the store's own words: those that the domain has no type for.

use domain::{
    AccountId, ApiKeyId, AttachmentId, ContactId, CustomerId, CustomerSessionId, DeliveryId, InvitationId,
    MessageId, PasskeyId, RunId, ServiceAccountId, SessionId, TicketId, Timestamp, UserId, WorkspaceId,
    approval::ApprovalStatus,
    commit::{DeliveryStatus, Receipt},
    permission::Permissions,
    queue::Narrowed,
    run::{OutcomeKind, Run, RunStatus},
    standing::Standing,
    ticket::{Channel, Priority, TicketStatus},
    tool::ToolSpec,
    user::{Actor, Role, User},
};
use serde::{Deserialize, Serialize};

use crate::Lease;

/// A tenant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Workspace {
    pub id: WorkspaceId,
    /// Unique; for URLs and the command line.
    pub slug: String,
    pub name: String,
    pub created_at: Timestamp,
}

/// A key that requests are made with. The key itself is not kept, only its digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ApiKey {
    pub id: ApiKeyId,
    pub name: String,
    pub owner: KeyOwner,
    /// What it may; of a person's, only as long as they may it too.
    pub scopes: Permissions,
    /// Its first characters, by which people tell it.
    pub hint: String,
    pub created_at: Timestamp,
    /// Opens nothing from here on.
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// To the hour.
    pub last_used_at: Option<Timestamp>,
}

/// Whom a key stops with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyOwner {
    User(UserId),
    ServiceAccount(ServiceAccountId),
}

/// A program that keys belong to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ServiceAccount {
    pub id: ServiceAccountId,
    pub name: String,
    pub description: String,
    pub created_at: Timestamp,
    /// Its keys open nothing from then on.
    pub deactivated_at: Option<Timestamp>,
}

/// A customer's stay, from the link that was mailed to them until they sign out.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerSession {
    pub id: CustomerSessionId,
    pub contact_id: ContactId,
    pub created_at: Timestamp,
    /// To within an hour or so.
    pub seen_at: Timestamp,
    /// Over from here on, even if nobody signs out.
    pub expires_at: Timestamp,
}

/// What a workspace says of the ways by which customers reach it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelSettings {
    /// Origins whose pages may hold the chat widget; none for those of the configuration.
    pub sites: Option<Vec<String>>,
    /// A customer who signed in sees the tickets of everybody at their company.
    pub company_tickets: bool,
}

/// One of them, as it is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelChange {
    Sites(Option<Vec<String>>),
    CompanyTickets(bool),
}

/// A person's stay between signing in and out, in one workspace at a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    pub id: SessionId,
    pub account_id: AccountId,
    /// The person in the workspace that they are in.
    pub user_id: UserId,
    /// What the browser calls itself.
    pub device: String,
    /// Where it was last seen.
    pub address: String,
    /// More than a password was shown.
    pub second_factor: bool,
    pub created_at: Timestamp,
    /// To within an hour or so.
    pub seen_at: Timestamp,
    /// Over from here on, even if nobody signs out.
    pub expires_at: Timestamp,
}

/// A person who can sign in. Does not print what they sign in with.
#[derive(Clone, PartialEq)]
pub struct Account {
    pub id: AccountId,
    /// In lower case.
    pub email: String,
    /// None for who signs in by their company or a passkey alone.
    pub password_hash: Option<String>,
    pub totp: Option<Totp>,
    pub created_at: Timestamp,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account").field("id", &self.id).field("email", &self.email).finish_non_exhaustive()
    }
}

/// An authenticator app of an account.
#[derive(Clone, PartialEq)]
pub struct Totp {
    pub sealed: String,
    /// A code of it was shown; before that it opens nothing.
    pub confirmed: bool,
}

/// A workspace that somebody belongs to, and who they are there.
#[derive(Clone, Debug, PartialEq)]
pub struct Membership {
    pub workspace: Workspace,
    pub user: User,
}

/// A passkey of an account. The key itself never leaves the person's device.
#[derive(Clone, Debug, PartialEq)]
pub struct Passkey {
    pub id: PasskeyId,
    pub account_id: AccountId,
    /// In base64url.
    pub credential_id: String,
    /// What a check of a signature needs, as JSON.
    pub credential: String,
    pub name: String,
    pub created_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

/// Somebody who was asked to join a workspace. The link itself is not kept, only its digest.
#[derive(Clone, Debug, PartialEq)]
pub struct Invitation {
    pub id: InvitationId,
    pub email: String,
    pub role: Role,
    pub invited_by: Actor,
    pub created_at: Timestamp,
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
    /// Only those in which a note names this person.
    pub mentioned: Option<UserId>,
    pub assigned: Option<Assigned>,
    pub priority: Option<Priority>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunFilter {
    pub status: Option<RunStatus>,
    pub ticket_id: Option<TicketId>,
    /// Those about a ticket that they do not hold.
    pub about: Option<TicketId>,
    pub agent: Option<String>,
    pub outcome: Option<OutcomeKind>,
    /// Whose questions are listed with the others; without one, nobody's.
    pub asked_by: Option<UserId>,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct ApprovalFilter {
    pub status: Option<ApprovalStatus>,
    /// Only those that somebody with this standing may decide.
    pub may: Option<Standing>,
    /// Its `assignee`, `snoozed` and `soon` are read from the fields below.
    pub narrowed: Narrowed,
    pub assigned: Option<Assigned>,
    /// Snoozed at this time, or not.
    pub snoozed: Option<(bool, Timestamp)>,
    pub expires_before: Option<Timestamp>,
}

/// Whose an approval or a ticket is.
#[derive(Clone, Debug, PartialEq)]
pub enum Assigned {
    /// Nobody's, or somebody's who is kept out.
    Nobody,
    To(Vec<UserId>),
}

/// Numbers for metrics and the overview.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    /// By status; a status without tickets is left out.
    pub tickets: Vec<(String, i64)>,
    /// By status; a status without runs is left out.
    pub runs: Vec<(String, i64)>,
    pub approvals_pending: i64,
    /// When the one was asked for that waits the longest.
    pub oldest_approval: Option<Timestamp>,
    /// Mails that were not sent, by status; a status without mails is left out.
    pub deliveries: Vec<(String, i64)>,
    /// When the mail was written that waits the longest.
    pub oldest_delivery: Option<Timestamp>,
}

/// What a process asks of its database at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Load {
    /// Writes that wait for the writer, and how many may.
    pub writes_waiting: usize,
    pub writes_limit: usize,
    /// Connections that are being read through, and how many there may be.
    pub reading: usize,
    pub readers: usize,
    /// Runs that are leased to this process, and how many may be.
    pub runs_leased: usize,
    pub runs_limit: usize,
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
#[derive(Debug)]
pub struct ReadyRun {
    pub workspace_id: WorkspaceId,
    pub run: Run,
    /// Kept for as long as it is worked on.
    pub lease: Lease,
}

impl ReadyRun {
    pub fn run_id(&self) -> RunId {
        self.run.id
    }
}
