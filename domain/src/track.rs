//! The track record: what became of each call that a person decided on, or that ran by itself.
//!
//! A reviewed call was right when it was approved as it was, and wrong when it was edited, turned down, answered or
//! taken over. One that ran by itself is *confirmed* when the customer said that it helped, and wrong when the ticket
//! was opened again or the customer said that it did not help; as long as nothing was heard it is *assumed*, which is
//! neither. One on paper *matched* when a person did the same, *differed* when they did something else, and is neither
//! as long as nobody compared it. What a person asked for or wrote themselves says nothing of what agents propose.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    MessageId, PaperId, RunId, TicketId, Timestamp,
    approval::{Approval, ApprovalStatus, Question},
    calibration::{Sample, thousandths},
    canonical::Digest,
    effect::Effect,
    errand,
    run::{CallOutcome, Run, Step, StepBody},
    tool::Risk,
};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$of:meta])* $variant:ident $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum $name {
            $($(#[$of])* $variant,)+
        }

        impl $name {
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

words! {
    /// How a call came to be judged.
    TrackKind {
        /// A person decided on it.
        Reviewed "reviewed",
        /// It ran by itself.
        Acted "acted",
        /// It was written down and not done.
        Paper "paper",
    }
}

words! {
    /// What was heard of a call.
    TrackWord {
        /// As it was proposed.
        Approved "approved",
        /// After an edit that changes nothing but blanks.
        TouchedUp "touched_up",
        /// After an edit that changes what happens.
        Edited "edited",
        Rejected "rejected",
        /// Answered with a message to the agent instead.
        Responded "responded",
        /// A person does the work instead.
        TakenOver "taken_over",
        /// The customer said that it helped.
        Confirmed "confirmed",
        /// The ticket was opened again after it.
        Reopened "reopened",
        /// The customer said that it did not help.
        Unhelpful "unhelpful",
        /// On paper, and a person did the same.
        Matched "matched",
        /// On paper, and a person did something else.
        Differed "differed",
    }
}

impl TrackWord {
    /// What a comparison of a call on paper says.
    pub fn compared(same: bool) -> Self {
        if same { Self::Matched } else { Self::Differed }
    }

    pub fn is_right(self) -> bool {
        matches!(self, Self::Approved | Self::TouchedUp | Self::Confirmed | Self::Matched)
    }
}

/// A call with what was heard of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Tracked {
    /// Of the effect or the call on paper; of what a person decided on the run's and the call's, because one call may
    /// be put before people more than once and counts once.
    pub id: String,
    pub kind: TrackKind,
    pub ticket_id: Option<TicketId>,
    /// The procedure that the customer's words ask for; empty for none.
    pub intent: String,
    pub tool: String,
    pub risk: Risk,
    /// In thousandths.
    pub confidence: i64,
    /// None while nothing was heard.
    pub said: Option<TrackWord>,
    pub at: Timestamp,
    /// What it wrote to the customer, which a rating names.
    pub message_id: Option<MessageId>,
    /// Of one on paper.
    pub paper: Option<OnPaper>,
}

/// Where a call on paper is written: a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OnPaper {
    pub run_id: RunId,
    pub seq: i64,
    /// The ticket's version when it was written down; 0 without a ticket.
    pub version: i64,
}

impl Tracked {
    /// None of one that nobody has judged, of what a colleague had the copilot ask for, and of what a person edited
    /// before and puts before another: those are not the agent's.
    pub fn of_approval(approval: &Approval) -> Option<Self> {
        let said = match approval.status {
            _ if approval.agent == errand::AGENT => return None,
            _ if approval.question != Question::Call => return None,
            _ if approval.facts.as_ref().is_some_and(|facts| facts.edited) => return None,
            ApprovalStatus::Approved => TrackWord::Approved,
            ApprovalStatus::Edited if alike(approval) => TrackWord::TouchedUp,
            ApprovalStatus::Edited => TrackWord::Edited,
            ApprovalStatus::Rejected => TrackWord::Rejected,
            ApprovalStatus::Responded => TrackWord::Responded,
            ApprovalStatus::Escalated => TrackWord::TakenOver,
            ApprovalStatus::Pending | ApprovalStatus::Expired | ApprovalStatus::Superseded => return None,
        };
        Some(Self {
            id: Self::reviewed_id(approval),
            kind: TrackKind::Reviewed,
            ticket_id: approval.ticket_id,
            intent: approval.intent.clone(),
            tool: approval.binding.call.tool.clone(),
            risk: approval.risk,
            confidence: thousandths(approval.confidence.score),
            said: Some(said),
            at: approval.decided_at?,
            message_id: None,
            paper: None,
        })
    }

    /// Of the row that an approval has, however often its call is put before people.
    pub fn reviewed_id(approval: &Approval) -> String {
        format!("{}/{}", approval.run_id, approval.binding.call.id)
    }

    /// None of one that a person approved, or that can be undone: of a tag or a note nothing would ever be heard.
    pub fn of_effect(effect: &Effect) -> Option<Self> {
        let facts = &effect.judged.as_ref().filter(|_| effect.approval_id.is_none())?.facts;
        matches!(facts.risk, Risk::Outward | Risk::Irreversible).then(|| Self {
            id: effect.id.to_string(),
            kind: TrackKind::Acted,
            ticket_id: effect.ticket_id,
            intent: facts.intent.clone().unwrap_or_default(),
            tool: facts.tool.clone(),
            risk: facts.risk,
            confidence: thousandths(facts.confidence),
            said: None,
            at: effect.created_at,
            message_id: written(effect),
            paper: None,
        })
    }

    /// None of what was done, of what the policy refused for its own reason, and of what a person decided on before.
    pub fn of_step(run: &Run, step: &Step, version: i64) -> Option<Self> {
        let StepBody::Tool {
            call,
            approval_id: None,
            judged: Some(judged),
            outcome: CallOutcome::Refused { .. },
            ..
        } = &step.body
        else {
            return None;
        };
        let facts = &judged.facts;
        judged.on_paper.map(|id: PaperId| Self {
            id: id.to_string(),
            kind: TrackKind::Paper,
            ticket_id: run.ticket_id,
            intent: facts.intent.clone().unwrap_or_default(),
            tool: call.tool.clone(),
            risk: facts.risk,
            confidence: thousandths(facts.confidence),
            said: None,
            at: step.finished_at,
            message_id: None,
            paper: Some(OnPaper { run_id: run.id, seq: step.seq, version }),
        })
    }
}

/// The message that an effect says it wrote. Those that write to the ticket say so when they are recorded; what a far
/// side answers comes later, and is nobody's word for it.
fn written(effect: &Effect) -> Option<MessageId> {
    effect.output.as_ref()?.get("message_id")?.as_str()?.parse().ok()
}

/// Whether an edit changes nothing but blanks.
fn alike(approval: &Approval) -> bool {
    let Some(edited) = &approval.edited_args else { return false };
    Digest::of(&plain(edited)) == Digest::of(&plain(&approval.binding.call.args))
}

fn plain(value: &Value) -> Value {
    match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" ").into(),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), plain(value))).collect())
        }
        other => other.clone(),
    }
}

/// Calls of one intent and tool that were stated as sure and of which the same was heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackCount {
    pub intent: String,
    pub tool: String,
    pub kind: TrackKind,
    pub confidence: i64,
    pub said: Option<TrackWord>,
    pub n: i64,
    pub last: Timestamp,
}

/// Those of which something was heard, each with how many there are.
pub fn heard<'a>(counts: impl IntoIterator<Item = &'a TrackCount>) -> impl Iterator<Item = (Sample, u64)> {
    counts.into_iter().filter_map(|count| {
        let right = count.said?.is_right();
        Some((Sample { confidence: count.confidence, right }, u64::try_from(count.n).unwrap_or(0)))
    })
}

/// The same, one by one.
pub fn samples<'a>(counts: impl IntoIterator<Item = &'a TrackCount>) -> Vec<Sample> {
    let each = |(sample, n)| std::iter::repeat_n(sample, usize::try_from(n).unwrap_or(0));
    heard(counts).flat_map(each).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::exercise::tests::approval;

    fn decided(status: ApprovalStatus, edited: Option<Value>) -> Option<TrackWord> {
        let mut approval = approval("Hello Anna, it takes 30 days.", 1);
        (approval.status, approval.edited_args) = (status, edited);
        approval.decided_at = Some(Timestamp(1));
        Tracked::of_approval(&approval).and_then(|tracked| tracked.said)
    }

    #[test]
    fn approved_as_it_was_is_right_and_what_was_changed_was_wrong() {
        assert_eq!(decided(ApprovalStatus::Approved, None), Some(TrackWord::Approved));
        let proposed = approval("Hello Anna, it takes 30 days.", 1).binding.call.args;
        let blanks = serde_json::from_str(&proposed.to_string().replace("it takes", "it  takes")).unwrap();
        assert_eq!(decided(ApprovalStatus::Edited, Some(blanks)), Some(TrackWord::TouchedUp));
        assert_eq!(decided(ApprovalStatus::Edited, Some(json!({"body": "No."}))), Some(TrackWord::Edited));
        assert_eq!(decided(ApprovalStatus::Rejected, None), Some(TrackWord::Rejected));
        assert_eq!(decided(ApprovalStatus::Escalated, None), Some(TrackWord::TakenOver));
        for nobody in [ApprovalStatus::Pending, ApprovalStatus::Superseded, ApprovalStatus::Expired] {
            assert_eq!(decided(nobody, None), None);
        }
        assert!(TrackWord::TouchedUp.is_right() && !TrackWord::Edited.is_right());
        assert!(!TrackWord::TakenOver.is_right());
    }

    #[test]
    fn what_a_person_asked_for_or_wrote_is_not_the_agents() {
        let of = |change: &dyn Fn(&mut Approval)| {
            let mut approval = approval("Hello Anna, it takes 30 days.", 1);
            (approval.status, approval.decided_at) = (ApprovalStatus::Approved, Some(Timestamp(1)));
            change(&mut approval);
            Tracked::of_approval(&approval)
        };
        let mine = of(&|_| ()).unwrap();
        assert_eq!(of(&|approval| approval.agent = errand::AGENT.to_owned()), None);
        let facts = |edited: bool| {
            serde_json::from_value(json!({
                "tool": "reply_to_customer", "risk": "outward", "agent": "resolution", "channel": "chat", "tier": "",
                "band": "auto", "confidence": 0.9, "groundedness": -1.0, "amount": -1, "edited": edited,
                "origin": "trusted", "carries": [], "findings": [], "hour": 9, "weekday": "monday",
            }))
            .unwrap()
        };
        assert_eq!(of(&|approval| approval.facts = Some(Box::new(facts(true)))), None);
        // Put before people once more, the same call counts once.
        let again = of(&|approval| {
            approval.id = crate::ApprovalId(uuid::Uuid::from_u128(99));
            approval.facts = Some(Box::new(facts(false)));
        });
        assert_eq!(again.unwrap().id, mine.id);
    }
}
