//! What a run came to, told alike of what happened and of what would have.

use domain::{
    approval::{Approval, Question},
    canonical::Digest,
    model::Usage,
    run::{CallOutcome, Outcome, Step, StepBody},
    tool::{Risk, ToolCall},
};
use serde_json::Value;

use super::{identity, recorded::Past};
use crate::{engine::House, policies::past::asked};

/// The tools by which agents speak to customers.
pub(super) const REPLY: &str = "reply_to_customer";
pub(super) const ESCALATE: &str = "escalate";

/// How a run ends, or where its account does.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    Outcome(Outcome),
    /// For what nobody has an answer: a person's decision on a proposal that there was not.
    Waits(String),
    /// It would be quarantined, and a person would have the ticket.
    Failed(String),
    /// It cannot be told.
    Unknown(String),
}

impl Default for End {
    fn default() -> Self {
        Self::Unknown(String::new())
    }
}

/// A call with an effect.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    pub call_id: String,
    pub tool: String,
    pub title: String,
    /// What it is known by.
    pub identity: Digest,
    /// `run`, `ask` with whom, or `refuse`.
    pub said: String,
    /// What came of it: `ok`, `rejected` …, `waits` or `unknown`.
    pub came: String,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    pub end: End,
    /// What the customer was told, in order.
    pub told: Vec<String>,
    pub made: Vec<Made>,
    pub usage: Usage,
    pub steps: usize,
    pub model_calls: usize,
}

impl Account {
    /// Calls that a person was asked about.
    pub fn asked(&self) -> usize {
        self.made.iter().filter(|made| made.said.starts_with("ask")).count()
    }

    /// Of what happened.
    pub fn of(house: &House, past: &Past) -> Self {
        let mut usage = Usage::default();
        past.steps.iter().for_each(|step| usage.add(step.usage));
        let models = past
            .steps
            .iter()
            .filter(|s| matches!(s.body, StepBody::Model { .. } | StepBody::Unusable { .. }));
        Self {
            end: match &past.run.outcome {
                Some(outcome) => End::Outcome(outcome.clone()),
                None => End::Failed(past.run.error.clone().unwrap_or_default()),
            },
            told: told_in(&past.steps),
            made: made_in(house, past),
            usage,
            steps: past.steps.len(),
            model_calls: models.count(),
        }
    }
}

/// What a call that was done told the customer.
pub(super) fn told<'c>(call: &'c ToolCall, outcome: &CallOutcome) -> Option<&'c str> {
    let CallOutcome::Ok { .. } = outcome else { return None };
    let words = match call.tool.as_str() {
        REPLY => call.args.get("body"),
        ESCALATE => call.args.get("message"),
        _ => None,
    };
    words.and_then(Value::as_str)
}

pub(super) fn told_in(steps: &[Step]) -> Vec<String> {
    let of = |step: &Step| match &step.body {
        StepBody::Tool { call, outcome, .. } => told(call, outcome).map(str::to_owned),
        _ => None,
    };
    steps.iter().filter_map(of).collect()
}

/// What people call a call.
pub(super) fn title(house: &House, call: &ToolCall) -> String {
    let known = house.catalog.get(&call.tool).map(|tool| tool.preview(&call.args).title);
    known.filter(|title| !title.is_empty()).unwrap_or_else(|| call.tool.clone())
}

/// Calls of the journal that the gate judged, each once, in the order in which they were proposed.
fn made_in(house: &House, past: &Past) -> Vec<Made> {
    let mut made: Vec<Made> = Vec::new();
    let asked_first = |id: &str| past.first_asked(id);
    let of = |call: &ToolCall, said: String, came: &str| Made {
        call_id: call.id.clone(),
        tool: call.tool.clone(),
        title: title(house, call),
        identity: identity(call),
        said,
        came: came.to_owned(),
    };
    for step in &past.steps {
        match &step.body {
            StepBody::Proposed { call, .. } if made.iter().all(|one| one.call_id != call.id) => {
                if let Some(approval) = asked_first(&call.id) {
                    made.push(of(&approval.binding.call, said(approval), "waits"));
                }
            }
            StepBody::Tool { call, effect_id, judged, outcome, .. } => {
                if let Some(known) = made.iter_mut().find(|one| one.call_id == call.id) {
                    outcome.status().clone_into(&mut known.came);
                } else if effect_id.is_some() {
                    made.push(of(call, "run".to_owned(), outcome.status()));
                } else if judged.is_some() {
                    made.push(of(call, "refuse".to_owned(), outcome.status()));
                }
            }
            _ => {}
        }
    }
    made.retain(|one| house.catalog.get(&one.tool).is_none_or(|tool| tool.spec().risk != Risk::Read));
    made
}

fn said(approval: &Approval) -> String {
    let from = approval.escalates.as_ref().map_or(&approval.role, |it| &it.from);
    asked(from.as_str(), approval.quorum)
}

impl Past {
    /// The call as it was first put before a person.
    pub(super) fn first_asked(&self, call_id: &str) -> Option<&Approval> {
        self.approvals.iter().find(|a| a.question == Question::Call && a.binding.call.id == call_id)
    }
}
