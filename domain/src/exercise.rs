//! Exercises: what reviewers are shown between real approvals, so that they know how well they look.
//!
//! An exercise is made of a past approval of the workspace that somebody decided. Either one thing in it is wrong
//! ([`Slip`]), or nothing is, and it is looked at a second time by somebody who does not know what was decided
//! then. It is no approval: it has no run, is kept apart, and what is shown of it carries a digest that is not its
//! binding's, so that no [`crate::approval::Permit`] can ever be made of it.

mod slips;

pub use slips::{Change, changes};

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    ApprovalId, DomainError, ExerciseId, Timestamp, UserId,
    approval::{Approval, ApprovalStatus, Decision, DecisionKind, Escalates, Question},
    canonical::Digest,
    origin::{Likeness, OriginKind},
    standing::Standing,
    tool::Preview,
};

/// The most often that a workspace may have exercises: after every decision.
pub const LEAST_ONE_IN: i64 = 1;
pub const MOST_ONE_IN: i64 = 1_000;
/// Exercises of one person in a day.
pub const MOST_A_DAY: i64 = 10;
/// Of an approval that the same person decided, only after so long: they would remember it.
pub const FORGOTTEN: Duration = Duration::from_secs(14 * 24 * 60 * 60);

/// What is wrong in an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Slip {
    /// An amount of money that is off by a factor.
    Amount,
    /// The number of another order, invoice or account.
    Number,
    /// Somebody else's address.
    Recipient,
    /// Somebody else's name.
    Name,
    /// A figure that the source or the conversation says otherwise.
    Figure,
    /// Sentences that cite a passage which does not carry them.
    Citation,
}

impl Slip {
    pub const ALL: [Self; 6] =
        [Self::Amount, Self::Number, Self::Recipient, Self::Name, Self::Figure, Self::Citation];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Amount => "amount",
            Self::Number => "number",
            Self::Recipient => "recipient",
            Self::Name => "name",
            Self::Figure => "figure",
            Self::Citation => "citation",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|slip| slip.as_str() == text)
    }

    /// Whether whoever sees masks could see it.
    pub fn shows_through_masks(self) -> bool {
        !matches!(self, Self::Recipient | Self::Name)
    }
}

/// Whether a workspace has exercises, and how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExerciseSettings {
    /// Off, there are none, and those that wait end at once.
    pub on: bool,
    /// One in so many items of a reviewer, on average.
    #[schemars(range(min = 1, max = 1000))]
    pub one_in: i64,
    /// Of one person, at most.
    #[schemars(range(min = 1, max = 10))]
    pub most_a_day: i64,
}

impl Default for ExerciseSettings {
    fn default() -> Self {
        Self { on: false, one_in: 50, most_a_day: 2 }
    }
}

impl ExerciseSettings {
    /// # Errors
    ///
    /// What does not fit, in words.
    pub fn checked(self) -> Result<Self, String> {
        if !(LEAST_ONE_IN..=MOST_ONE_IN).contains(&self.one_in) {
            return Err(format!("one_in is {LEAST_ONE_IN} to {MOST_ONE_IN}"));
        }
        if !(1..=MOST_A_DAY).contains(&self.most_a_day) {
            return Err(format!("most_a_day is 1 to {MOST_A_DAY}"));
        }
        Ok(self)
    }
}

/// What somebody said to an approval or an exercise, without their words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    Approve,
    Edit,
    Reject,
    Respond,
    Escalate,
}

impl Said {
    pub const ALL: [Self; 5] = [Self::Approve, Self::Edit, Self::Reject, Self::Respond, Self::Escalate];

    pub fn of(kind: &DecisionKind) -> Self {
        match kind {
            DecisionKind::Approve => Self::Approve,
            DecisionKind::Edit { .. } => Self::Edit,
            DecisionKind::Reject { .. } => Self::Reject,
            DecisionKind::Respond { .. } => Self::Respond,
            DecisionKind::Escalate { .. } => Self::Escalate,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Edit => "edit",
            Self::Reject => "reject",
            Self::Respond => "respond",
            Self::Escalate => "escalate",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|said| said.as_str() == text)
    }

    /// Whether it goes out as it was proposed.
    pub fn waves_through(self) -> bool {
        self == Self::Approve
    }
}

/// How an exercise ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    pub at: Timestamp,
    pub as_: Ending,
    /// With something wrong in it: whether that was found.
    pub found: Option<bool>,
    /// With nothing wrong in it: whether it was decided as it had been.
    pub agreed: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Said(Said),
    /// Nobody looked in time. It says nothing about anybody.
    Expired,
    /// Exercises were switched off, or it was handed to somebody else.
    Withdrawn,
}

impl Ending {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Said(said) => said.as_str(),
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "expired" => Some(Self::Expired),
            "withdrawn" => Some(Self::Withdrawn),
            said => Said::parse(said).map(Self::Said),
        }
    }
}

/// An exercise as it is kept: it holds no words of anybody, and is made anew of its source each time it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Exercise {
    pub id: ExerciseId,
    /// For whom.
    pub user_id: UserId,
    /// The approval that it is made of.
    pub source: ApprovalId,
    /// What is wrong; none for a second look.
    pub slip: Option<Slip>,
    /// Its place among the [`changes`] of the source.
    pub change: usize,
    /// Of what is shown. When the source was redacted, or reads otherwise now, it no longer fits.
    pub digest: Digest,
    /// What was decided about the source.
    pub earlier: Said,
    pub made_at: Timestamp,
    pub expires_at: Timestamp,
    /// They said that it is theirs.
    pub assigned: bool,
    pub snoozed_until: Option<Timestamp>,
    pub claimed_until: Option<Timestamp>,
    pub ended: Option<Ended>,
}

impl Exercise {
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires_at
    }

    /// What the reviewer sees, made of its source: an approval that waits. `preview` is that of the changed call.
    pub fn shown(&self, source: &Approval, change: Option<&Change>, preview: Preview) -> Approval {
        let moved = self.made_at.0.saturating_sub(source.requested_at.0);
        let mut binding = source.binding.clone();
        let mut origins = source.origins.clone();
        let mut facts = source.facts.clone();
        if let Some(change) = change {
            change.apply(&mut binding.call.args);
            for origin in origins.iter_mut().filter(|origin| change.is_argument(&origin.argument)) {
                // As it would be of a value that was made up.
                origin.kind = OriginKind::Model;
                origin.likeness = Likeness::None;
                origin.from = String::new();
            }
            if let (Slip::Amount, Some(facts)) = (change.slip, facts.as_mut()) {
                facts.amount = change.value.as_i64();
            }
        }
        let escalates = source.escalates.as_ref().map(|escalates| Escalates {
            at: Timestamp(escalates.at.0.saturating_add(moved)),
            ..escalates.clone()
        });
        Approval {
            id: ApprovalId(self.id.0),
            status: ApprovalStatus::Pending,
            // Of something else than the binding: what is checked before anything is done does not hold.
            digest: Digest::of(&json!(["exercise", self.id, binding])),
            role: escalates.as_ref().map_or_else(|| source.role.clone(), |escalates| escalates.from.clone()),
            binding,
            preview,
            origins,
            facts,
            escalates,
            reminds_at: None,
            requested_at: self.made_at,
            expires_at: self.expires_at,
            decided_at: None,
            edited_args: None,
            assignee: self.assigned.then_some(self.user_id),
            snoozed_until: self.snoozed_until,
            undo_until: None,
            ..source.clone()
        }
    }

    /// Takes what somebody says to what they were shown. Returns that as it stands after, and how it ended.
    ///
    /// # Errors
    ///
    /// What would also be said of an approval.
    pub fn decide(
        &self,
        shown: &Approval,
        change: Option<&Change>,
        (decision, standing): (&Decision, &Standing),
    ) -> Result<(Approval, Ended), DomainError> {
        let after = shown.decide(&[], (decision, standing), shown.binding.customer_version)?;
        let said = Said::of(&decision.kind);
        let found = change.map(|change| match &decision.kind {
            DecisionKind::Approve => false,
            DecisionKind::Edit { args } => change.is_repaired(&shown.binding.call.args, args),
            DecisionKind::Reject { .. } | DecisionKind::Respond { .. } | DecisionKind::Escalate { .. } => {
                true
            }
        });
        let agreed = change.is_none().then(|| said.waves_through() == self.earlier.waves_through());
        Ok((after, Ended { at: decision.at, as_: Ending::Said(said), found, agreed }))
    }
}

/// What somebody said to an approval, if an exercise can be made of it for this person: decided by one person, as
/// it was proposed, about a call on a ticket that they could decide themselves.
pub fn suits(source: &Approval, decisions: &[Decision], standing: &Standing, now: Timestamp) -> Option<Said> {
    let [decision] = decisions else { return None };
    let said = Said::of(&decision.kind);
    let fits = source.question == Question::Call
        && source.quorum == 1
        && source.ticket_id.is_some()
        && matches!(
            (source.status, said),
            (ApprovalStatus::Approved, Said::Approve) | (ApprovalStatus::Rejected, Said::Reject)
        )
        && !source.requesters.contains(&standing.user_id)
        && source.digest == source.binding.digest();
    let role = source.escalates.as_ref().map_or(&source.role, |escalates| &escalates.from);
    let asked = Approval { role: role.clone(), escalates: None, ..source.clone() };
    (fits && asked.asks(standing, now).is_ok()).then_some(said)
}

/// Whether the person decided it too lately to have forgotten it.
pub fn remembers(decisions: &[Decision], user: UserId, now: Timestamp) -> bool {
    decisions.iter().any(|decision| decision.user_id == user && now.since(decision.at) < FORGOTTEN)
}

/// Whether what is shown is still what the exercise was made with.
pub fn unchanged(exercise: &Exercise, shown: &Approval) -> bool {
    shown.digest == exercise.digest
}

/// What the arguments hold at a place, as people would read it.
pub(crate) fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
pub(crate) mod tests;
