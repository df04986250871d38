//! Typed identifiers. All are UUIDv7, so they sort by creation time and never collide across
//! processes; they are minted by the [`Ids`] port and never by the code that uses them.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Mints identifiers and secrets. The one source of randomness.
pub trait Ids: Send + Sync {
    /// A fresh UUIDv7.
    fn uuid(&self) -> Uuid;
    /// 32 unpredictable bytes, for tokens and keys.
    fn secret(&self) -> [u8; 32];
    /// A number in `[0, 1)`, for jitter and sampling.
    fn fraction(&self) -> f64;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            pub fn new(ids: &dyn Ids) -> Self {
                Self(ids.uuid())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )*};
}

ids! {
    /// A tenant.
    WorkspaceId,
    /// A person who can sign in, whatever workspaces they belong to.
    AccountId,
    /// A person on the staff side of one workspace.
    UserId,
    /// A person who was asked to join a workspace.
    InvitationId,
    /// A passkey that opens an account.
    PasskeyId,
    /// A person's stay between signing in and out.
    SessionId,
    /// A customer's stay, from the link that was mailed to them until they sign out.
    CustomerSessionId,
    /// One going through stored messages for personal data.
    ScanId,
    /// Past runs held against something changed.
    ReplayId,
    /// Personal data that was found there.
    SuggestionId,
    /// An evaluation that was published.
    EvaluationId,
    /// A case that was made of a decision.
    EvaluationCaseId,
    /// A key that requests are made with instead of a session.
    ApiKeyId,
    /// A program that keys belong to.
    ServiceAccountId,
    /// The company or household that is served.
    CustomerId,
    /// A person at a customer.
    ContactId,
    /// A support case. A chat conversation is a ticket whose channel is chat.
    TicketId,
    MessageId,
    AttachmentId,
    EventId,
    RunId,
    /// A conversation with the copilot.
    ThreadId,
    ApprovalId,
    /// What a reviewer is shown to know how well they look; shown as an approval's.
    ExerciseId,
    DecisionId,
    /// A way of looking at the queue of approvals that somebody keeps.
    ViewId,
    EffectId,
    /// A call that was written down and not done.
    PaperId,
    DocumentId,
    ChunkId,
    /// A gap of the knowledge base.
    GapId,
    /// A question that could not be answered.
    GapQuestionId,
    /// A knowledge source that is synced.
    SourceId,
    /// A page or a file of a knowledge source.
    SourcePageId,
    /// A citation of a reply that was sent.
    CitationId,
    /// A message on its way out by email.
    DeliveryId,
    /// Credits that were set aside for one call.
    ReservationId,
}
