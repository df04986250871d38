//! Errands: the one call that a colleague had the copilot put before a person.
//!
//! No model is asked. The call waits for a decision whatever the policy lets run, for who asks is not who decides.
//! A reviewer who answers instead of deciding ends it: the colleague asks again with what they learnt.

use domain::{
    DomainError,
    agent::{Agent, AgentSettings, Next, ProposedCall, RunLimits, RunView},
    confidence::{Confidence, Reason, Thresholds},
    errand::{AGENT, Errand},
    excerpt::cut,
    run::{CallOutcome, Outcome},
    tool::ToolCall,
};

use crate::journal::{Journal, Rules, own_id};

/// Characters of a colleague's words in the reasons.
const MAX_SAID: usize = 500;
const MAX_REASON: usize = 600;

/// What applies where the configuration says nothing. What is granted here is what may be put before a person.
pub fn default_settings() -> AgentSettings {
    let tools = [
        "add_note",
        "add_tags",
        "close_ticket",
        "escalate",
        "reply_to_customer",
        "schedule_follow_up",
        "set_ticket_fields",
    ];
    AgentSettings {
        tools: tools.map(str::to_owned).to_vec(),
        thresholds: Thresholds { auto: 0.75, floor: 0.4 },
        max_model_calls: 0,
        max_output_tokens: 0,
        limits: RunLimits::default(),
        help: String::new(),
    }
}

pub struct Errands;

impl Agent for Errands {
    fn name(&self) -> &'static str {
        AGENT
    }

    fn description(&self) -> &'static str {
        "Puts before a person what a colleague had the copilot propose for a ticket, and does it when it is approved."
    }

    fn next(&self, view: &RunView<'_>) -> Result<Next, DomainError> {
        let Some(errand) = &view.run.errand else {
            let why = "the run was begun for no call of a colleague".to_owned();
            return Err(DomainError::Journal { step: 0, why });
        };
        let own = [(AGENT, errand.call.tool.as_str())];
        let rules = Rules { reserved: &[], own: &own, check: |_| Err("no model is asked".to_owned()) };
        let journal = Journal::read(view.run.id, view.steps, &rules)?;
        if let Some(outcome) = journal.ended {
            return Ok(Next::End(outcome.clone()));
        }
        if let Some((_, settled)) = journal.results().next_back() {
            return Ok(Next::End(outcome(&settled.outcome)));
        }
        // It came before this run had begun.
        if journal.input.ticket.as_ref().is_none_or(|t| t.customer_version > errand.customer_version) {
            return Ok(Next::End(outcome(&CallOutcome::Superseded)));
        }
        let call = ToolCall { id: own_id(AGENT, 0), ..errand.call.clone() };
        Ok(Next::Tools(vec![ProposedCall { call, confidence: asked(errand) }]))
    }
}

/// A colleague wants it, which says nothing of whether it is right.
fn asked(errand: &Errand) -> Confidence {
    let said = cut(&errand.said, MAX_SAID);
    let detail = format!("a colleague asked the copilot: “{said}”");
    Confidence::by_rule(1.0, vec![Reason { name: "asked".to_owned(), score: 1.0, detail }])
}

fn outcome(settled: &CallOutcome) -> Outcome {
    let nothing = |reason: String| Outcome::Nothing { reason: cut(&reason, MAX_REASON) };
    match settled {
        CallOutcome::Ok { .. } => Outcome::Done { summary: "what a colleague asked for was done".to_owned() },
        CallOutcome::Responded { message, .. } => nothing(format!("a reviewer answered: {message}")),
        CallOutcome::Rejected { reason, .. } => nothing(format!("a reviewer decided against it: {reason}")),
        CallOutcome::Escalated { reason, .. } => nothing(format!("a reviewer does it by hand: {reason}")),
        CallOutcome::Expired => nothing("nobody decided on it in time".to_owned()),
        CallOutcome::Superseded => {
            nothing("something newer came in the ticket before it was decided on; ask again".to_owned())
        }
        CallOutcome::Refused { reason } => nothing(format!("it may not be done: {reason}")),
        CallOutcome::Failed { error } => nothing(format!("it could not be done: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use domain::{
        TicketId, Timestamp,
        run::{Run, Step},
        ticket::{Channel, EventBody, Priority, Ticket},
    };
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    const ID: &str = "019ab0f4-7c4e-7000-8000-000000000001";

    fn next(moved: i64) -> Next {
        let created = EventBody::Created {
            channel: Channel::Email,
            subject: "A zipper".to_owned(),
            priority: Priority::Normal,
            customer_id: None,
            contact_id: None,
        };
        let ticket = Ticket::apply(None, TicketId(Uuid::from_u128(1)), 1, &created, Timestamp(1)).unwrap();
        let at = json!(Timestamp(1));
        let call = json!({ "id": "errand", "tool": "add_note", "args": { "body": "x" } });
        let run: Run = serde_json::from_value(json!({
            "id": ID, "ticket_id": ID, "agent": AGENT, "status": "running", "priority": 0, "attempts": 0,
            "fence": 1, "signals": 0, "seen_signals": 0, "seen_version": 1, "step_count": 1,
            "usage": { "tokens_in": 0, "tokens_out": 0, "cost_micros": 0 }, "created_at": at, "updated_at": at,
            "errand": {
                "by": ID, "said": "Add a note", "call": call, "customer_version": ticket.customer_version - moved,
            },
        }))
        .unwrap();
        let input =
            json!({ "ticket": ticket, "messages": [], "customer": null, "contact": null, "data": null });
        let started: Step = serde_json::from_value(json!({
            "seq": 0, "body": { "type": "started", "input": input },
            "usage": { "tokens_in": 0, "tokens_out": 0, "cost_micros": 0 }, "started_at": at, "finished_at": at,
        }))
        .unwrap();
        let view = RunView {
            run: &run,
            steps: &[started],
            settings: &default_settings(),
            tools: Arc::default(),
            procedures: &Arc::default(),
            workspace_name: "Northfold",
        };
        Errands.next(&view).unwrap()
    }

    #[test]
    fn it_makes_its_one_call_unless_something_newer_came_before_it_began() {
        match next(0) {
            Next::Tools(calls) => assert_eq!(calls[0].call.tool, "add_note"),
            other => panic!("{other:?}"),
        }
        let ended = next(1);
        assert!(
            matches!(&ended, Next::End(Outcome::Nothing { reason }) if reason.contains("ask again")),
            "{ended:?}"
        );
    }
}
