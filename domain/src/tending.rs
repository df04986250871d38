//! What people do to an approval besides deciding it: whose it is, when it should come up again, and taking
//! back what they decided.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    DomainError, Timestamp, UserId,
    approval::{Approval, ApprovalStatus, Decision, Question},
};

/// Characters of the note with which somebody hands an approval over.
pub const MAX_NOTE: usize = 500;
/// How long a decision may at most be taken back, in seconds.
pub const MAX_UNDO_SECONDS: u64 = 60;
/// A snoozed approval is back at the latest so long before its deadline, or in the last quarter of its time.
const NEAR: Duration = Duration::from_secs(30 * 60);

/// A change of who has an approval and when.
#[derive(Clone, Debug, PartialEq)]
pub enum Tending {
    /// To a person, by name, or to nobody.
    Assign { to: Option<(UserId, String)>, note: String },
    /// Out of the queue until then; `None` brings it back.
    Snooze { until: Option<Timestamp> },
}

/// Who looks at an approval now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claim {
    pub approval_id: crate::ApprovalId,
    pub user_id: UserId,
    pub name: String,
    /// Over by itself from here on.
    pub until: Timestamp,
}

impl Approval {
    fn waits(&self, now: Timestamp) -> Result<(), DomainError> {
        if self.status != ApprovalStatus::Pending {
            let status = self.status.as_str();
            return Err(DomainError::Decision(format!("this approval is already {status}")));
        }
        if now >= self.expires_at {
            return Err(DomainError::Decision("this approval has expired".to_owned()));
        }
        Ok(())
    }

    /// From when on it is not snoozed, whatever was asked for.
    pub fn nears_at(&self) -> Timestamp {
        let quarter = Duration::from_micros(
            u64::try_from(self.expires_at.0.saturating_sub(self.requested_at.0)).unwrap_or(0) / 4,
        );
        self.expires_at.minus(NEAR.min(quarter))
    }

    /// As it stands after.
    pub fn tended(&self, tending: &Tending, now: Timestamp) -> Result<Self, DomainError> {
        self.waits(now)?;
        let mut after = self.clone();
        match tending {
            Tending::Assign { to, .. } => after.assignee = to.as_ref().map(|(id, _)| *id),
            Tending::Snooze { until: None } => after.snoozed_until = None,
            Tending::Snooze { until: Some(until) } => {
                let refuse = |why: &str| Err(DomainError::Decision(why.to_owned()));
                if *until <= now {
                    return refuse("a time to come back lies ahead; name a later one");
                }
                if now >= self.nears_at() {
                    return refuse("its deadline is near: decide on it, or hand it to somebody who can");
                }
                after.snoozed_until = Some((*until).min(self.nears_at()));
            }
        }
        Ok(after)
    }

    /// Whether a decision on it may still be taken back, so that nothing is done yet.
    pub fn is_held(&self, now: Timestamp) -> bool {
        self.undo_until.is_some_and(|until| now < until)
    }

    /// As it stands once `by` has taken their decision back, and that decision. A vote of several that are
    /// needed can be taken back until the last one is cast; a decision until its time is over or something
    /// came of it.
    pub fn taken_back(
        &self,
        decisions: &[Decision],
        by: UserId,
        customer_version: i64,
        now: Timestamp,
    ) -> Result<(Self, Decision), DomainError> {
        let refuse = |why: &str| Err(DomainError::Decision(why.to_owned()));
        let Some(own) = decisions.iter().find(|decision| decision.user_id == by) else {
            return refuse("you have decided nothing here that could be taken back");
        };
        if self.status == ApprovalStatus::Pending {
            return Ok((self.clone(), own.clone()));
        }
        if matches!(self.status, ApprovalStatus::Expired | ApprovalStatus::Superseded) {
            return refuse("this approval is over: it ended without a decision");
        }
        if decisions.iter().max_by_key(|decision| (decision.at, decision.id)) != Some(own) {
            return refuse("somebody else decided after you; only they can take it back");
        }
        if !self.is_held(now) {
            return refuse("it is too late to take this back: it is under way");
        }
        if self.question == Question::Call && customer_version != self.binding.customer_version {
            return refuse("the customer has written since; the agent considers it anew");
        }
        let open = Self {
            status: ApprovalStatus::Pending,
            decided_at: None,
            edited_args: None,
            undo_until: None,
            ..self.clone()
        };
        Ok((open, own.clone()))
    }
}
