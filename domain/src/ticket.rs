//! Tickets, their messages and the append-only timeline that is their truth.
//!
//! A [`Ticket`] is only ever the fold of its [`Event`]s: [`Ticket::apply`] is the one place where
//! an event changes a snapshot, at write time and when snapshots are verified.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ApprovalId, AttachmentId, ContactId, CustomerId, DomainError, EffectId, EventId, MessageId, PaperId,
    RunId, TicketId, Timestamp, UserId, canonical, knowledge::Citation, trigger::Trigger, user::Actor,
    user::Role,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    Chat,
    Email,
    Api,
}

impl Channel {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Email => "email",
            Self::Api => "api",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TicketStatus {
    /// An agent or nobody yet is on it.
    Open,
    /// A person on the staff side has to act: an approval or a handoff.
    WaitingForStaff,
    /// The customer has been asked something.
    WaitingForCustomer,
    /// Answered; reopens when the customer writes again.
    Resolved,
    Closed,
}

impl TicketStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::WaitingForStaff => "waiting_for_staff",
            Self::WaitingForCustomer => "waiting_for_customer",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    Low,
    Normal,
    High,
    Urgent,
}

impl Priority {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Urgent => "urgent",
        }
    }
}

/// The snapshot of a support case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ticket {
    pub id: TicketId,
    /// Counts from 1 within the workspace; what people call the ticket by.
    pub number: i64,
    pub channel: Channel,
    pub subject: String,
    pub status: TicketStatus,
    pub priority: Priority,
    pub tags: BTreeSet<String>,
    #[serde(serialize_with = "canonical::members")]
    pub fields: BTreeMap<String, Value>,
    pub customer_id: Option<CustomerId>,
    pub contact_id: Option<ContactId>,
    pub assignee: Option<UserId>,
    /// Set while a person is wanted, with the reason.
    pub handoff: Option<Handoff>,
    /// The version of the last event folded in; the first is 1.
    pub version: i64,
    /// The version of the last event that carried something new from the customer. Approvals bind
    /// to it: what was proposed before it was proposed on older state.
    pub customer_version: i64,
    pub message_count: i64,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Handoff {
    pub reason: String,
    pub summary: String,
    /// What set it off, when it was no agent's or colleague's judgement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// The customer sees it.
    Public,
    /// Staff only.
    Internal,
}

/// Something that was said in a ticket.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    pub id: MessageId,
    pub author: Actor,
    pub visibility: Visibility,
    /// The customer's is plain text, for mail the new part without quotes and signature; the desk's is Markdown.
    pub body: String,
    /// What the answer rests on, in the order of its `[n]` marks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Citation>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<AttachmentRef>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<EmailHeaders>,
    /// The model that wrote it, when an agent did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Set when personal data in the text was replaced for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redacted: Option<Redacted>,
    /// Colleagues whom a note names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mentions: Vec<UserId>,
    /// Where personal data stands in `body`, as it is served: found anew each time, and never stored.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<TextFinding>,
    /// `body` as HTML, when the desk wrote it, in Markdown: made anew each time it is served, and never stored. Its
    /// tags are `p`, `br`, `hr`, `strong`, `em`, `a`, `ul`, `ol`, `li`, `blockquote`, `pre` and `code`; its links
    /// lead to `http`, `https` and `mailto` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_html: Option<String>,
    pub at: Timestamp,
}

/// What was taken out of a message for good. The event stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Redacted {
    pub at: Timestamp,
    pub by: Actor,
    /// Such as `email` and `payment_card`.
    pub kinds: BTreeSet<String>,
}

/// A stretch of a text that is personal data, or the mask that stands for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextFinding {
    /// Such as `email`.
    pub kind: String,
    /// In characters (Unicode code points) of the text.
    pub start: usize,
    /// The first character behind it.
    pub end: usize,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttachmentRef {
    pub id: AttachmentId,
    pub filename: String,
    pub content_type: String,
    pub bytes: i64,
}

/// What threading needs to know of a mail. Ids without angle brackets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EmailHeaders {
    pub message_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub references: Vec<String>,
    pub from: String,
    pub to: String,
}

/// What an event says. The fold in [`Ticket::apply`] gives each its meaning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[allow(clippy::large_enum_variant, reason = "most events are messages; a box would only add a hop")]
pub enum EventBody {
    /// Always the first event, and only the first.
    Created {
        channel: Channel,
        subject: String,
        priority: Priority,
        customer_id: Option<CustomerId>,
        contact_id: Option<ContactId>,
    },
    MessageAdded {
        message: Message,
    },
    StatusChanged {
        status: TicketStatus,
        reason: String,
    },
    FieldsSet {
        #[serde(serialize_with = "canonical::members")]
        fields: BTreeMap<String, Value>,
    },
    PrioritySet {
        priority: Priority,
    },
    TagsAdded {
        tags: BTreeSet<String>,
    },
    TagsRemoved {
        tags: BTreeSet<String>,
    },
    Assigned {
        assignee: Option<UserId>,
    },
    /// A person is wanted.
    Escalated {
        reason: String,
        summary: String,
        /// What set it off, when it was no agent's or colleague's judgement.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        triggers: Vec<Trigger>,
    },
    /// The contact became known after the ticket was created.
    ContactIdentified {
        customer_id: CustomerId,
        contact_id: ContactId,
    },
    FollowUpScheduled {
        at: Timestamp,
        note: String,
    },
    FollowUpDue {
        note: String,
    },
    ApprovalRequested {
        approval_id: ApprovalId,
        run_id: RunId,
        tool: String,
        title: String,
    },
    ApprovalDecided {
        approval_id: ApprovalId,
        run_id: RunId,
        tool: String,
        status: String,
        by: Option<UserId>,
    },
    /// Nobody has decided yet: those who may are told once more.
    ApprovalReminder {
        approval_id: ApprovalId,
        run_id: RunId,
        tool: String,
        title: String,
        role: Role,
    },
    /// Nobody decided for a while: from here on it takes a higher role.
    ApprovalPassedOn {
        approval_id: ApprovalId,
        run_id: RunId,
        tool: String,
        role: Role,
    },
    /// Whoever decided took it back before anything came of it.
    ApprovalReopened {
        approval_id: ApprovalId,
        run_id: RunId,
        tool: String,
    },
    /// It is somebody's to decide, or anybody's again.
    ApprovalAssigned {
        approval_id: ApprovalId,
        run_id: RunId,
        to: Option<UserId>,
        /// The person's name; empty for nobody.
        name: String,
        /// What was said to them; may be empty.
        note: String,
    },
    /// It is out of the queue until then, or back in it.
    ApprovalSnoozed {
        approval_id: ApprovalId,
        run_id: RunId,
        until: Option<Timestamp>,
    },
    EffectSettled {
        effect_id: EffectId,
        run_id: RunId,
        tool: String,
        status: String,
        summary: String,
    },
    RunEnded {
        run_id: RunId,
        agent: String,
        outcome: String,
        summary: String,
    },
    /// What the customer says of an answer; a later word replaces the one before.
    AnswerRated {
        message_id: MessageId,
        helpful: bool,
    },
    /// The lowest rung of the ladder held a call back: it is written down and not done, and a person does the work.
    PutOnPaper {
        paper_id: PaperId,
        run_id: RunId,
        tool: String,
    },
    /// Whether a person did the same as a call on paper; a later word replaces the one before.
    PaperCompared {
        paper_id: PaperId,
        run_id: RunId,
        tool: String,
        same: bool,
    },
    /// Something reported from outside, kept as it came.
    External {
        name: String,
        #[serde(serialize_with = "canonical::value")]
        data: Value,
    },
}

impl EventBody {
    /// A person is wanted, by somebody's judgement.
    pub fn escalated(reason: impl Into<String>, summary: impl Into<String>) -> Self {
        Self::Escalated { reason: reason.into(), summary: summary.into(), triggers: Vec::new() }
    }

    /// The `type` tag, as it stands in JSON.
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Created { .. } => "created",
            Self::MessageAdded { .. } => "message_added",
            Self::StatusChanged { .. } => "status_changed",
            Self::FieldsSet { .. } => "fields_set",
            Self::PrioritySet { .. } => "priority_set",
            Self::TagsAdded { .. } => "tags_added",
            Self::TagsRemoved { .. } => "tags_removed",
            Self::Assigned { .. } => "assigned",
            Self::Escalated { .. } => "escalated",
            Self::ContactIdentified { .. } => "contact_identified",
            Self::FollowUpScheduled { .. } => "follow_up_scheduled",
            Self::FollowUpDue { .. } => "follow_up_due",
            Self::ApprovalRequested { .. } => "approval_requested",
            Self::ApprovalDecided { .. } => "approval_decided",
            Self::ApprovalReminder { .. } => "approval_reminder",
            Self::ApprovalPassedOn { .. } => "approval_passed_on",
            Self::ApprovalReopened { .. } => "approval_reopened",
            Self::ApprovalAssigned { .. } => "approval_assigned",
            Self::ApprovalSnoozed { .. } => "approval_snoozed",
            Self::EffectSettled { .. } => "effect_settled",
            Self::RunEnded { .. } => "run_ended",
            Self::AnswerRated { .. } => "answer_rated",
            Self::PutOnPaper { .. } => "put_on_paper",
            Self::PaperCompared { .. } => "paper_compared",
            Self::External { .. } => "external",
        }
    }

    /// Whether a running or waiting agent must see it: what it knew is out of date.
    pub fn concerns_agents(&self) -> bool {
        match self {
            Self::MessageAdded { message } => {
                message.visibility == Visibility::Public
                    && !matches!(message.author, Actor::Agent { .. } | Actor::System)
            }
            _ => self.is_report(),
        }
    }

    /// Something an agent must see that nobody said.
    pub fn is_report(&self) -> bool {
        matches!(self, Self::External { .. } | Self::FollowUpDue { .. })
    }
}

/// An event that has not been written yet: the store gives it its version and position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NewEvent {
    pub id: EventId,
    /// Unique in the workspace; a second event with the same key is not written.
    pub idempotency_key: Option<String>,
    pub actor: Actor,
    pub body: EventBody,
    pub at: Timestamp,
}

/// One entry of a ticket's timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Event {
    pub id: EventId,
    pub ticket_id: TicketId,
    /// 1, 2, 3 … within the ticket.
    pub version: i64,
    /// 1, 2, 3 … within the workspace, in commit order; the live stream resumes by it.
    pub position: i64,
    pub actor: Actor,
    pub body: EventBody,
    pub at: Timestamp,
}

/// The field that says whether somebody has checked that whoever writes is the contact. Agents may
/// not set it.
pub const CONTACT_VERIFIED: &str = "contact_verified";

impl Ticket {
    /// Whether the contact is only who they say they are: anybody can type any address into a chat.
    pub fn is_contact_claimed(&self) -> bool {
        self.channel == Channel::Chat && self.fields.get(CONTACT_VERIFIED) != Some(&Value::Bool(true))
    }

    /// Folds the next event into a snapshot. `number` is used by the first event alone.
    pub fn apply(
        snapshot: Option<Ticket>,
        ticket_id: TicketId,
        number: i64,
        body: &EventBody,
        at: Timestamp,
    ) -> Result<Ticket, DomainError> {
        let mut ticket = match (snapshot, body) {
            (None, EventBody::Created { channel, subject, priority, customer_id, contact_id }) => {
                return Ok(Ticket {
                    id: ticket_id,
                    number,
                    channel: *channel,
                    subject: subject.clone(),
                    status: TicketStatus::Open,
                    priority: *priority,
                    tags: BTreeSet::new(),
                    fields: BTreeMap::new(),
                    customer_id: *customer_id,
                    contact_id: *contact_id,
                    assignee: None,
                    handoff: None,
                    version: 1,
                    customer_version: 1,
                    message_count: 0,
                    created_at: at,
                    updated_at: at,
                });
            }
            (None, other) => {
                return Err(DomainError::Event(format!(
                    "ticket {ticket_id} does not exist, so `{}` has nothing to apply to",
                    other.type_name()
                )));
            }
            (Some(_), EventBody::Created { .. }) => {
                return Err(DomainError::Event(format!("ticket {ticket_id} exists already")));
            }
            (Some(ticket), _) => ticket,
        };
        ticket.version += 1;
        ticket.updated_at = at;
        if body.concerns_agents() {
            ticket.customer_version = ticket.version;
        }
        match body {
            EventBody::MessageAdded { message } => {
                ticket.message_count += 1;
                let by_customer = matches!(message.author, Actor::Customer { .. });
                let answered = matches!(
                    ticket.status,
                    TicketStatus::WaitingForCustomer | TicketStatus::Resolved | TicketStatus::Closed
                );
                if by_customer && answered {
                    ticket.status = TicketStatus::Open;
                }
                if matches!(message.author, Actor::User { .. }) && message.visibility == Visibility::Public {
                    // A person has answered: the handoff they were wanted for is done.
                    ticket.handoff = None;
                    ticket.status = TicketStatus::WaitingForCustomer;
                }
            }
            EventBody::StatusChanged { status, .. } => {
                ticket.status = *status;
                if matches!(status, TicketStatus::Resolved | TicketStatus::Closed) {
                    ticket.handoff = None;
                }
            }
            EventBody::FieldsSet { fields } => ticket.fields.extend(fields.clone()),
            EventBody::PrioritySet { priority } => ticket.priority = *priority,
            EventBody::TagsAdded { tags } => ticket.tags.extend(tags.iter().cloned()),
            EventBody::TagsRemoved { tags } => ticket.tags.retain(|tag| !tags.contains(tag)),
            EventBody::Assigned { assignee } => ticket.assignee = *assignee,
            EventBody::Escalated { reason, summary, triggers } => {
                let (reason, summary, triggers) = (reason.clone(), summary.clone(), triggers.clone());
                ticket.handoff = Some(Handoff { reason, summary, triggers, at });
                ticket.status = TicketStatus::WaitingForStaff;
            }
            EventBody::ContactIdentified { customer_id, contact_id } => {
                ticket.customer_id = Some(*customer_id);
                ticket.contact_id = Some(*contact_id);
            }
            EventBody::ApprovalRequested { .. } | EventBody::ApprovalReopened { .. } => {
                ticket.status = TicketStatus::WaitingForStaff;
            }
            EventBody::ApprovalDecided { .. } => {
                if ticket.handoff.is_none() && ticket.status == TicketStatus::WaitingForStaff {
                    ticket.status = TicketStatus::Open;
                }
            }
            EventBody::FollowUpDue { .. } => {
                if ticket.status != TicketStatus::WaitingForStaff {
                    ticket.status = TicketStatus::Open;
                }
            }
            EventBody::PaperCompared { .. } if ticket.status == TicketStatus::Closed => {
                return Err(DomainError::Event(
                    "the ticket is closed, so what was done on it is compared no more: open it again first"
                        .to_owned(),
                ));
            }
            EventBody::Created { .. }
            | EventBody::FollowUpScheduled { .. }
            | EventBody::ApprovalReminder { .. }
            | EventBody::ApprovalPassedOn { .. }
            | EventBody::ApprovalAssigned { .. }
            | EventBody::ApprovalSnoozed { .. }
            | EventBody::EffectSettled { .. }
            | EventBody::RunEnded { .. }
            | EventBody::AnswerRated { .. }
            | EventBody::PutOnPaper { .. }
            | EventBody::PaperCompared { .. }
            | EventBody::External { .. } => {}
        }
        Ok(ticket)
    }
}
