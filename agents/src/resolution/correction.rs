//! A follow-up to an answer whose ground has moved: somebody proposes the reply, a person lets it out.

use domain::{
    agent::ProposedCall,
    confidence::{Confidence, Reason},
    run::CallOutcome,
    ticket::{Event, EventBody},
    tool::ToolCall,
};
use serde_json::{Value, json};

use super::{REPLY, Turn};
use crate::journal::{Origin, Settled, What, own_id};

/// The report that proposes a follow-up; its data hold the `reply`.
pub const RECALL: &str = "knowledge.recall";

/// The reply that a report proposes.
pub(super) fn proposed(event: &Event) -> Option<&str> {
    match &event.body {
        EventBody::External { name, data } if name == RECALL => {
            data.get("reply").and_then(Value::as_str).filter(|reply| !reply.trim().is_empty())
        }
        _ => None,
    }
}

impl Turn<'_, '_> {
    pub(super) fn correction(&self, seq: i64, body: &str) -> ProposedCall {
        let args = json!({ "body": body, "sources": [], "status_after": "waiting_for_customer" });
        let call = ToolCall { id: own_id("reply", seq), tool: REPLY.to_owned(), args };
        ProposedCall { call, confidence: self.correction_confidence() }
    }

    /// A draft, however good it is: nobody asked for it, and it takes something back.
    pub(super) fn correction_confidence(&self) -> Confidence {
        let detail = "an answer that was sent rests on words that have changed since".to_owned();
        let score = self.view.settings.thresholds.floor;
        Confidence::by_rule(score, vec![Reason { name: "recall".to_owned(), score, detail }])
    }

    /// The report behind the step `anchor` that proposed a reply, as long as no model was asked.
    pub(super) fn corrects(&self, anchor: i64) -> Option<&str> {
        if self.journal.model(anchor).is_some() {
            return None;
        }
        let mut here = self.journal.entries.iter().filter(|entry| entry.seq == anchor);
        here.find_map(|entry| match entry.what {
            What::Reported(event) => proposed(event),
            _ => None,
        })
    }

    /// Why a follow-up was left, when that is how it ended: the ticket needs nobody for that.
    pub(super) fn correction_left(&self, settled: &Settled<'_>) -> Option<String> {
        let Origin::Agent { anchor } = settled.origin else { return None };
        self.corrects(anchor)?;
        match settled.outcome.as_ref() {
            CallOutcome::Rejected { reason, .. } => {
                Some(format!("a reviewer decided against the follow-up: {reason}"))
            }
            CallOutcome::Expired => Some("nobody decided on the follow-up in time".to_owned()),
            _ => None,
        }
    }
}
