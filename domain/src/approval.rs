//! Approvals, decisions and the permit.
//!
//! A decision binds to the digest of exactly what the reviewer saw: tool and tool version,
//! arguments, policy version, evidence, and the versions of the records shown. Anything that
//! drifted goes back to review. [`Permit`] can be made here and nowhere else.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ApprovalId, DecisionId, DomainError, EffectId, RunId, TicketId, Timestamp, UserId,
    canonical::{self, Digest},
    confidence::Confidence,
    effect::Effect,
    knowledge::Citation,
    leaving::Carried,
    origin::{ArgumentOrigin, Likeness, OriginKind},
    policy::{Answer, Escalation, Facts, Verdict},
    standing::Standing,
    suspicion::Suspicion,
    tool::{Preview, Risk, ToolCall},
    user::{Role, TeamName},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApprovalStatus {
    Pending,
    /// Approved as proposed.
    Approved,
    /// Approved with changed arguments.
    Edited,
    Rejected,
    /// Answered with a message to the agent.
    Responded,
    /// A person took the ticket over.
    Escalated,
    /// Nobody decided in time.
    Expired,
    /// Something came before a decision: the customer wrote again, or the run is over.
    Superseded,
}

impl ApprovalStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Edited => "edited",
            Self::Rejected => "rejected",
            Self::Responded => "responded",
            Self::Escalated => "escalated",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [
            Self::Pending,
            Self::Approved,
            Self::Edited,
            Self::Rejected,
            Self::Responded,
            Self::Escalated,
            Self::Expired,
            Self::Superseded,
        ]
        .into_iter()
        .find(|status| status.as_str() == text)
    }
}

/// What is asked of the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// May this call run?
    Call,
    /// An attempt ended without an answer. Approve: it was not done, try again. Reject: it was not
    /// done, and leave it. Respond: it was done; the message says how that is known.
    Outcome,
}

/// What a decision binds to. Its digest is what the reviewer's decision must carry.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Binding {
    pub run_id: RunId,
    pub call: ToolCall,
    pub tool_version: Digest,
    pub policy_version: Digest,
    /// Digest of the evidence shown.
    pub evidence: Digest,
    /// The last ticket version that carried something from the customer.
    pub customer_version: i64,
}

impl Binding {
    pub fn digest(&self) -> Digest {
        Digest::of(self)
    }
}

/// A proposed call that waits for a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Approval {
    pub id: ApprovalId,
    pub run_id: RunId,
    pub ticket_id: Option<TicketId>,
    pub agent: String,
    pub question: Question,
    pub status: ApprovalStatus,
    pub binding: Binding,
    /// Digest of the binding.
    pub digest: Digest,
    pub risk: Risk,
    pub preview: Preview,
    /// Why it stopped: the rule and its words.
    pub rule: String,
    pub why: String,
    pub confidence: Confidence,
    pub evidence: Vec<Citation>,
    /// Where the protected arguments come from, as proposed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<ArgumentOrigin>,
    /// What it would carry out of the house that a person should see first, as proposed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carries: Vec<Carried>,
    /// What the run had read that sounds like an order to the agent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suspicions: Vec<Suspicion>,
    /// What the gate judged it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<Box<Facts>>,
    /// The role that is asked; others answer for it.
    pub role: Role,
    /// The team that is asked: of those who answer for the role, who is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamName>,
    pub quorum: u8,
    /// Those who asked for it, where the policy says that they do not approve it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requesters: Vec<UserId>,
    /// When those who may decide are told once more; gone once they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminds_at: Option<Timestamp>,
    /// When it becomes, or became, another role's to decide, and whose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalates: Option<Escalates>,
    pub requested_at: Timestamp,
    pub expires_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    /// Changed arguments, when it was edited.
    #[serde(serialize_with = "canonical::optional")]
    pub edited_args: Option<Value>,
    /// The procedure that the customer's words ask for; empty for none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub intent: String,
    /// Whose it is to decide; anybody's while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<UserId>,
    /// Out of the queue until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed_until: Option<Timestamp>,
    /// Until when the decision can be taken back: nothing is done before. Gone once the run has begun to act
    /// on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_until: Option<Timestamp>,
}

/// From whom an approval goes to whom, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Escalates {
    pub at: Timestamp,
    pub from: Role,
    pub to: Role,
}

impl Escalates {
    /// Of an approval that is asked for now.
    pub fn of(from: Role, escalation: &Escalation, now: Timestamp) -> Self {
        let after = std::time::Duration::from_secs(u64::from(escalation.after_minutes) * 60);
        Self { at: now.plus(after), from, to: escalation.role.clone() }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DecisionKind {
    Approve,
    Edit { args: Value },
    Reject { reason: String },
    Respond { message: String },
    Escalate { reason: String },
}

impl DecisionKind {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Edit { .. } => "edit",
            Self::Reject { .. } => "reject",
            Self::Respond { .. } => "respond",
            Self::Escalate { .. } => "escalate",
        }
    }
}

/// What a person said to an approval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    pub id: DecisionId,
    pub approval_id: ApprovalId,
    pub user_id: UserId,
    pub role: Role,
    /// The digest the reviewer was shown.
    pub digest: Digest,
    pub kind: DecisionKind,
    pub at: Timestamp,
    /// Until when it can be taken back; nothing is done before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_until: Option<Timestamp>,
    /// By the link in a mail about it, and not by somebody who was signed in.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_link: bool,
}

impl Approval {
    /// Where the protected arguments of the call come from as it was approved: what a person changed is
    /// theirs.
    pub fn origins_of(&self, approved: &ToolCall) -> Vec<ArgumentOrigin> {
        let proposed = &self.binding.call.args;
        let mut origins = self.origins.clone();
        for origin in &mut origins {
            if approved.args.get(&origin.argument) != proposed.get(&origin.argument) {
                origin.kind = OriginKind::Person;
                origin.likeness = Likeness::Exact;
                origin.from = "a reviewer's edit".to_owned();
            }
        }
        origins
    }

    /// Takes a decision of somebody with this standing. `earlier` are the decisions already taken on it;
    /// `customer_version` is the ticket's now. Returns the approval as it stands after; it may still be pending when more
    /// people have to approve.
    pub fn decide(
        &self,
        earlier: &[Decision],
        (decision, standing): (&Decision, &Standing),
        customer_version: i64,
    ) -> Result<Approval, DomainError> {
        let refuse = |why: String| Err(DomainError::Decision(why));
        self.asks(standing, decision.at)?;
        if self.status != ApprovalStatus::Pending {
            return refuse(format!(
                "this approval is already {}; look at it again to see what happened",
                self.status.as_str()
            ));
        }
        if decision.at >= self.expires_at {
            return refuse("this approval has expired; the agent will be told and may ask again".to_owned());
        }
        if decision.digest != self.digest {
            return refuse("what you saw is not what is proposed now; reload and look again".to_owned());
        }
        if self.question == Question::Call && customer_version != self.binding.customer_version {
            return refuse(
                "the customer has written since this was proposed; it goes back to review".to_owned(),
            );
        }
        if earlier.iter().any(|d| d.user_id == decision.user_id) {
            return refuse("you have decided on this already; another person has to".to_owned());
        }
        let approves = matches!(decision.kind, DecisionKind::Approve | DecisionKind::Edit { .. });
        if approves && self.requesters.contains(&decision.user_id) {
            return refuse(
                "you asked for this, by your words or your edit; another person has to approve it".to_owned(),
            );
        }
        let mut after = self.clone();
        let status = match &decision.kind {
            DecisionKind::Approve => {
                let approvals =
                    1 + earlier.iter().filter(|d| matches!(d.kind, DecisionKind::Approve)).count();
                if approvals < usize::from(self.quorum) {
                    return Ok(after);
                }
                ApprovalStatus::Approved
            }
            DecisionKind::Edit { .. } if self.question == Question::Outcome => {
                return refuse("an unknown outcome cannot be edited: approve to try again, reject to leave it, respond if it was done".to_owned());
            }
            DecisionKind::Edit { args } => {
                after.edited_args = Some(args.clone());
                ApprovalStatus::Edited
            }
            DecisionKind::Reject { .. } => ApprovalStatus::Rejected,
            DecisionKind::Respond { .. } => ApprovalStatus::Responded,
            DecisionKind::Escalate { .. } => ApprovalStatus::Escalated,
        };
        after.status = status;
        after.decided_at = Some(decision.at);
        after.undo_until = decision.undo_until.filter(|until| decision.at < *until);
        after.snoozed_until = None;
        Ok(after)
    }

    /// The role that is asked at this time.
    pub fn role_at(&self, now: Timestamp) -> &Role {
        match &self.escalates {
            Some(escalates) if now >= escalates.at => &escalates.to,
            _ => &self.role,
        }
    }

    /// Whether somebody with this standing is among those who are asked at this time.
    pub fn asks(&self, standing: &Standing, now: Timestamp) -> Result<(), DomainError> {
        let takes = self.role_at(now);
        if !standing.answers_for(takes) {
            return Err(DomainError::Role { takes: takes.clone(), has: standing.role.clone() });
        }
        match self.team_at(now) {
            Some(team) if !standing.is_in(team) => Err(DomainError::Team(team.clone())),
            _ => Ok(()),
        }
    }

    /// The team that is asked at this time: what has escalated is asked of a role alone.
    fn team_at(&self, now: Timestamp) -> Option<&TeamName> {
        let escalated = self.escalates.as_ref().is_some_and(|escalates| now >= escalates.at);
        self.team.as_ref().filter(|_| !escalated)
    }

    /// Why somebody with this standing cannot decide it at this time, having decided already or not; none
    /// when they can.
    pub fn may_not(&self, standing: &Standing, decided: bool, now: Timestamp) -> Option<String> {
        if self.status != ApprovalStatus::Pending {
            return Some(format!("it is already {}", self.status.as_str()));
        }
        if now >= self.expires_at {
            return Some("it has expired".to_owned());
        }
        if let Err(error) = self.asks(standing, now) {
            return Some(error.to_string());
        }
        decided.then(|| "you have decided on this already; another person has to".to_owned())
    }

    /// As it stands once its escalation is due; none while it is not, or nobody may decide any more.
    pub fn escalated(&self, now: Timestamp) -> Option<Approval> {
        let due = self.escalation().is_some_and(|at| now >= at);
        let waits = self.status == ApprovalStatus::Pending && now < self.expires_at;
        (due && waits).then(|| Self { role: self.role_at(now).clone(), team: None, ..self.clone() })
    }

    /// As it stands once those who may decide were reminded; none while that is not due.
    pub fn reminded(&self, now: Timestamp) -> Option<Approval> {
        let due = self.reminds_at.is_some_and(|at| now >= at);
        let waits = self.status == ApprovalStatus::Pending && now < self.expires_at;
        (due && waits).then(|| Self { reminds_at: None, ..self.clone() })
    }

    /// When something is to be done about it while nobody decides.
    pub fn due_at(&self) -> Option<Timestamp> {
        self.reminds_at.into_iter().chain(self.escalation()).min()
    }

    /// When it is to become another role's; none once it has.
    pub fn escalation(&self) -> Option<Timestamp> {
        self.escalates.as_ref().filter(|escalates| self.role != escalates.to).map(|escalates| escalates.at)
    }

    /// The call that a positive decision allows.
    pub fn approved_call(&self) -> Option<ToolCall> {
        match self.status {
            ApprovalStatus::Approved => Some(self.binding.call.clone()),
            ApprovalStatus::Edited => self
                .edited_args
                .as_ref()
                .map(|args| ToolCall { args: args.clone(), ..self.binding.call.clone() }),
            _ => None,
        }
    }
}

/// The proof that one call may run once. It cannot be cloned, stored or made elsewhere; executing
/// a tool with effects consumes it.
#[derive(Debug)]
pub struct Permit {
    call: ToolCall,
    effect_id: EffectId,
    idempotency_key: String,
}

impl Permit {
    /// For a call that the policy lets run by itself.
    pub fn by_policy(verdict: &Verdict, effect: &Effect) -> Result<Self, DomainError> {
        match &verdict.answer {
            Answer::Run => Ok(Self::of(effect)),
            Answer::Ask { .. } => Err(DomainError::Decision("the policy asks for a person".to_owned())),
            Answer::Refuse { why } => Err(DomainError::Decision(format!("the policy refuses: {why}"))),
        }
    }

    /// For a call that a person decided on: the approval must be decided in favour of exactly this
    /// call by this tool version under this policy.
    pub fn by_decision(
        approval: &Approval,
        effect: &Effect,
        tool_version: &Digest,
        policy_version: &Digest,
    ) -> Result<Self, DomainError> {
        let refuse = |why: &str| Err(DomainError::Decision(why.to_owned()));
        if approval.approved_call().as_ref() != Some(&effect.call) {
            return refuse("the decision is not about this call");
        }
        if effect.approval_id != Some(approval.id) || effect.run_id != approval.run_id {
            return refuse("the effect belongs to another approval");
        }
        if approval.binding.digest() != approval.digest {
            return refuse("the approval was changed after it was shown");
        }
        if &approval.binding.tool_version != tool_version {
            return refuse("the tool has changed since it was approved");
        }
        if &approval.binding.policy_version != policy_version {
            return refuse("the policy has changed since it was approved");
        }
        Ok(Self::of(effect))
    }

    /// For another attempt at an effect that was permitted and recorded before, whose first attempt
    /// is known not to have been done or is safe to repeat.
    pub fn again(effect: &Effect) -> Result<Self, DomainError> {
        if effect.status.is_settled() {
            return Err(DomainError::Decision("the effect is settled".to_owned()));
        }
        Ok(Self::of(effect))
    }

    fn of(effect: &Effect) -> Self {
        Self { call: effect.call.clone(), effect_id: effect.id, idempotency_key: effect.idempotency_key() }
    }

    pub fn call(&self) -> &ToolCall {
        &self.call
    }

    pub fn effect_id(&self) -> EffectId {
        self.effect_id
    }

    pub fn idempotency_key(&self) -> &str {
        &self.idempotency_key
    }
}
