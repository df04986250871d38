//! A run as it stood after one of its steps: what the agent knew, what was open, what it had cost.
//!
//! All of it is folded from the journal up to that step, and the rest of the journal is not looked at.

use std::{collections::BTreeMap, fmt};

use domain::{
    DomainError, Timestamp,
    agent::RunView,
    credit::Credits,
    knowledge::Passage,
    model::Usage,
    run::{CallOutcome, Outcome, Run, Step, StepBody},
    ticket::Message,
    tool::ToolCall,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{House, replay::describe};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RunMoment")]
pub struct Moment {
    /// The step after which it is.
    pub step: i64,
    pub at: Timestamp,
    /// What the agent would do next, in words; how it ended, after the last step.
    pub next: String,
    /// What had been said in the ticket, as far as the agent had read.
    pub messages: usize,
    /// The last of it that the customer wrote.
    pub customer_said: Option<String>,
    /// External events and follow-ups.
    pub reports: usize,
    /// Articles that searches had found, each once.
    pub articles: Vec<String>,
    /// Calls that were settled, with what came of them.
    pub settled: Vec<MomentCall>,
    /// Calls that waited for a person.
    pub open: Vec<MomentCall>,
    pub model_calls: usize,
    pub usage: Usage,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MomentCall {
    pub call_id: String,
    pub tool: String,
    /// What the call would do or did, in words.
    pub title: String,
    /// `ok`, `rejected` and the like; `waits` while it is open.
    pub status: String,
}

impl Moment {
    pub fn of(house: &House, run: &Run, steps: &[Step], at: i64) -> Result<Self, DomainError> {
        let missing = || DomainError::Journal {
            step: at,
            why: format!("there is no such step; the run has steps 0 to {}", steps.len().saturating_sub(1)),
        };
        let end = usize::try_from(at).map_err(|_| missing())?;
        let known = steps.get(..=end).ok_or_else(missing)?;
        let last = known.last().ok_or_else(missing)?;
        let mut moment = Self {
            step: last.seq,
            at: last.finished_at,
            next: next(house, run, known),
            messages: 0,
            customer_said: None,
            reports: 0,
            articles: Vec::new(),
            settled: Vec::new(),
            open: Vec::new(),
            model_calls: 0,
            usage: Usage::default(),
        };
        let mut open: BTreeMap<&str, MomentCall> = BTreeMap::new();
        for step in known {
            moment.usage.add(step.usage);
            match &step.body {
                StepBody::Started { input } => moment.heard(&input.messages, input.reports.len()),
                StepBody::Observed { messages, reports, .. } => moment.heard(messages, reports.len()),
                StepBody::Model { .. } | StepBody::Unusable { .. } => moment.model_calls += 1,
                StepBody::Proposed { call, .. } => {
                    open.insert(&call.id, of(house, call, "waits"));
                }
                StepBody::Tool { call, outcome, .. } => {
                    open.remove(call.id.as_str());
                    moment.found(outcome);
                    moment.settled.push(of(house, call, outcome.status()));
                }
                _ => {}
            }
        }
        moment.open = open.into_values().collect();
        Ok(moment)
    }

    fn heard(&mut self, messages: &[Message], reports: usize) {
        self.messages += messages.len();
        self.reports += reports;
        let said = messages.iter().rev().find(|message| agents::journal::from_customer(message));
        if let Some(message) = said {
            self.customer_said = Some(message.body.clone());
        }
    }

    fn found(&mut self, outcome: &CallOutcome) {
        let CallOutcome::Ok { content } = outcome else { return };
        let passages = content.get("passages").cloned().unwrap_or_default();
        for Passage { title, .. } in serde_json::from_value::<Vec<Passage>>(passages).unwrap_or_default() {
            if !self.articles.contains(&title) {
                self.articles.push(title);
            }
        }
    }
}

fn of(house: &House, call: &ToolCall, status: &str) -> MomentCall {
    let title = house.catalog.get(&call.tool).map(|tool| tool.preview(&call.args).title);
    MomentCall {
        call_id: call.id.clone(),
        tool: call.tool.clone(),
        title: title.filter(|title| !title.is_empty()).unwrap_or_else(|| call.tool.clone()),
        status: status.to_owned(),
    }
}

fn next(house: &House, run: &Run, steps: &[Step]) -> String {
    if let Some(StepBody::Ended { outcome }) = steps.last().map(|step| &step.body) {
        return ended(outcome);
    }
    let (Some(agent), Some(settings)) = (house.agents.get(&run.agent), house.settings_of(&run.agent)) else {
        return format!("there is no agent `{}` in this version", run.agent);
    };
    let view = RunView {
        run,
        steps,
        settings: &settings,
        tools: house.granted.of(&house.catalog, &run.agent, &settings),
        procedures: &house.procedures,
        // Of all that an agent does, only its prompt names it.
        workspace_name: "",
    };
    agent.next(&view).map_or_else(|error| error.to_string(), |next| describe(&next))
}

fn ended(outcome: &Outcome) -> String {
    format!("the end: {}: {}", outcome.type_name(), outcome.summary())
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "After step {}, {}", self.step, self.at.rfc3339())?;
        writeln!(f, "next:      {}", self.next)?;
        writeln!(f, "read:      {} messages, {} reports", self.messages, self.reports)?;
        if let Some(said) = &self.customer_said {
            writeln!(f, "customer:  {}", said.replace('\n', " "))?;
        }
        if !self.articles.is_empty() {
            writeln!(f, "articles:  {}", self.articles.join("; "))?;
        }
        for call in &self.settled {
            writeln!(f, "settled:   {} {} ({})", call.tool, call.title, call.status)?;
        }
        for call in &self.open {
            writeln!(f, "open:      {} {} ({})", call.tool, call.title, call.status)?;
        }
        writeln!(
            f,
            "cost:      {} credits in {} model calls, {} tokens in, {} out",
            Credits(self.usage.cost_micros),
            self.model_calls,
            self.usage.tokens_in,
            self.usage.tokens_out
        )
    }
}
