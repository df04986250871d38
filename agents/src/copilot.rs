//! The copilot: answers a colleague's question from the records and the knowledge base, as far as that
//! colleague may see them.
//!
//! A question is a run, and what was asked before in the same conversation is part of its input. The agent
//! reads; what a colleague wants done it has begun as an errand, which a person decides on. What a model cites without having looked it up in this run goes back to it once and is left
//! out after that; [`answer_of`] reads the answer from the journal, which is the only place where it is kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::{
    DomainError, RunId, TicketId, Timestamp,
    agent::{Agent, AgentSettings, Next, ProposedCall, RunLimits, RunView},
    confidence::{Confidence, Thresholds},
    copilot::{LookingAt, ReadSource},
    errand::PROPOSE,
    excerpt::cut,
    grounding::Grounds,
    knowledge::Passage,
    model::{Facts, ModelMessage, ModelRequest, ModelResponse, OutputSchema, Strength, Turn},
    run::{CallOutcome, Outcome, Step},
};
use prompts::{CopilotSystem, PromptError, Untrusted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    answer::{MAX_REPLY, strict_schema, unfenced},
    cited,
    dialogue::{self, SEARCH_ALL},
    journal::{Journal, Rules, What},
};

pub const NAME: &str = "copilot";
const PURPOSE: &str = "copilot.answer";
/// The name of the schema that a model is held to.
pub const SCHEMA: &str = "copilot_reply";
/// What it looks things up with, unless the configuration says otherwise.
pub const TOOLS: [&str; 12] = [
    "find_tickets",
    "read_ticket",
    "find_customers",
    "read_customer",
    "find_runs",
    "read_run",
    "find_approvals",
    "read_approval",
    "read_figures",
    SEARCH_ALL,
    "find_actions",
    PROPOSE,
];
/// Where the result of a lookup says what may be cited.
pub const SOURCES: &str = "sources";
/// Questions before this one that a model is shown.
pub const EARLIER: usize = 6;
const MAX_STATEMENTS: usize = 40;
const MAX_CITED: usize = 20;
const MAX_FOLLOW_UPS: usize = 4;
const MAX_FOLLOW_UP: usize = 200;
const MAX_SUMMARY: usize = 300;
/// Unusable replies in a row after which it is given up.
const MAX_USELESS: usize = 2;

const RULES: Rules<'static> = Rules { reserved: &[], own: &[], check: |text| Reply::parse(text).map(|_| ()) };

/// What applies where the configuration says nothing.
pub fn default_settings() -> AgentSettings {
    AgentSettings {
        tools: TOOLS.map(str::to_owned).to_vec(),
        thresholds: Thresholds { auto: 0.75, floor: 0.4 },
        max_model_calls: 8,
        max_output_tokens: 1_500,
        limits: RunLimits { runs_a_minute: 60, runs_a_day: 2_000, ..RunLimits::default() },
        help: String::new(),
    }
}

/// What a run starts from, besides what all start from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Input {
    pub question: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looking_at: Option<LookingAt>,
    /// When it began: what `today` means.
    pub at: Timestamp,
    /// The questions before it, oldest first, at most [`EARLIER`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Earlier>,
}

/// A question that was asked before, and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Earlier {
    pub question: String,
    pub answer: String,
    /// What it rested on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<ReadSource>,
    /// Ids of all records that it may hold something of. Whoever looks for what is kept of one finds it by these.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub traces: BTreeSet<String>,
}

/// What a model ends its turn with. The JSON schema is strict.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// The answer, in the order it is read.
    pub statements: Vec<Stated>,
    /// Short questions that may be asked next.
    pub follow_ups: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    pub text: String,
    /// The `ref`s of what says it.
    pub sources: Vec<String>,
}

impl Reply {
    /// Reads the final text of a model. The error is in words for the model.
    pub fn parse(text: &str) -> Result<Self, String> {
        let reply: Self = serde_json::from_str(unfenced(text))
            .map_err(|error| format!("it is not the JSON object that the schema asks for: {error}"))?;
        if reply.statements.iter().all(|stated| stated.text.trim().is_empty()) {
            return Err("`statements` say nothing".to_owned());
        }
        if reply.statements.len() > MAX_STATEMENTS {
            return Err(format!("`statements` may have {MAX_STATEMENTS} entries at most"));
        }
        if reply.statements.iter().map(|stated| stated.text.chars().count()).sum::<usize>() > MAX_REPLY {
            return Err(format!("the statements may have {MAX_REPLY} characters together"));
        }
        if reply.statements.iter().any(|stated| stated.sources.len() > MAX_CITED) {
            return Err(format!("`sources` may have {MAX_CITED} entries at most"));
        }
        Ok(reply)
    }

    pub fn output_schema() -> OutputSchema {
        OutputSchema { name: SCHEMA.to_owned(), schema: strict_schema::<Self>() }
    }
}

/// An answer as it is shown: what it cites was read in its run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopilotAnswer {
    pub statements: Vec<CopilotStatement>,
    /// What the statements cite, each once, in the order in which they do.
    pub sources: Vec<ReadSource>,
    /// Questions that may be asked next.
    pub follow_ups: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CopilotStatement {
    pub text: String,
    /// Places in the answer's `sources`, from 0.
    pub sources: Vec<usize>,
    /// Why it should be checked before it is relied on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubt: Option<String>,
}

impl CopilotAnswer {
    /// The statements one after the other.
    pub fn text(&self) -> String {
        self.statements.iter().map(|stated| stated.text.as_str()).collect::<Vec<_>>().join("\n")
    }
}

/// The answer that a journal holds, once there is one.
pub fn answer_of(
    run: RunId,
    steps: &[Step],
    grounds: &dyn Grounds,
) -> Result<Option<CopilotAnswer>, DomainError> {
    let journal = Journal::read(run, steps, &RULES)?;
    let last = journal.entries.iter().rev().find_map(|entry| match &entry.what {
        What::Model(response) if response.tool_calls.is_empty() => Some(*response),
        _ => None,
    });
    let Some(reply) = last.and_then(final_reply).filter(|_| journal.ended.is_some()) else { return Ok(None) };
    Ok(Some(checked(&reply, &journal, grounds)))
}

/// Ids of the records that an answer may hold something of: those that stand in what its run read, and those that
/// the answers before it may.
pub fn traces_of(run: RunId, steps: &[Step]) -> Result<BTreeSet<String>, DomainError> {
    let journal = Journal::read(run, steps, &RULES)?;
    let mut traces: BTreeSet<String> =
        input(&journal)?.earlier.into_iter().flat_map(|earlier| earlier.traces).collect();
    for (_, settled) in journal.results() {
        if let CallOutcome::Ok { content } = settled.outcome.as_ref() {
            ids_in(content, &mut traces);
        }
    }
    Ok(traces)
}

fn ids_in(value: &Value, ids: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.len() == 36 && text.parse::<TicketId>().is_ok() => {
            ids.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| ids_in(item, ids)),
        Value::Object(members) => members.values().for_each(|value| ids_in(value, ids)),
        _ => {}
    }
}

/// Tools that a run has called so far, in order.
pub fn looked_up(steps: &[Step]) -> impl Iterator<Item = &str> {
    steps.iter().filter_map(|step| match &step.body {
        domain::run::StepBody::Tool { call, .. } => Some(call.tool.as_str()),
        _ => None,
    })
}

fn final_reply(response: &ModelResponse) -> Option<Reply> {
    Reply::parse(response.text.as_deref().unwrap_or_default()).ok()
}

/// What lookups of this run returned, by what it is cited by.
fn read_in(journal: &Journal<'_>) -> BTreeMap<String, ReadSource> {
    let mut read = BTreeMap::new();
    for (_, settled) in journal.results() {
        let CallOutcome::Ok { content } = settled.outcome.as_ref() else { continue };
        let listed = content.get(SOURCES).cloned().unwrap_or_default();
        let sources: Vec<ReadSource> = serde_json::from_value(listed).unwrap_or_default();
        read.extend(sources.into_iter().map(|source| (source.reference.clone(), source)));
    }
    read
}

fn passages_in(journal: &Journal<'_>) -> Vec<Passage> {
    dialogue::passages(journal, journal.entries.len()).into_iter().map(|(_, passage)| passage).collect()
}

fn unread(reply: &Reply, journal: &Journal<'_>) -> Vec<String> {
    let read = read_in(journal);
    let mut unread: Vec<String> = Vec::new();
    for reference in reply.statements.iter().flat_map(|stated| &stated.sources) {
        if !read.contains_key(reference.trim()) && !unread.contains(reference) {
            unread.push(reference.clone());
        }
    }
    unread
}

fn checked(reply: &Reply, journal: &Journal<'_>, grounds: &dyn Grounds) -> CopilotAnswer {
    let (read, passages) = (read_in(journal), passages_in(journal));
    let asked = input(journal).map(|input| input.question).unwrap_or_default();
    let mut answer = CopilotAnswer::default();
    for stated in reply.statements.iter().filter(|stated| !stated.text.trim().is_empty()) {
        let text = stated.text.trim();
        let mut places = Vec::new();
        let mut cited: Vec<&Passage> = Vec::new();
        let mut records = false;
        for source in stated.sources.iter().filter_map(|reference| read.get(reference.trim())) {
            let known = answer.sources.iter().position(|known| known.reference == source.reference);
            let place = known.unwrap_or_else(|| {
                answer.sources.push(source.clone());
                answer.sources.len() - 1
            });
            if !places.contains(&place) {
                places.push(place);
            }
            match passages.iter().find(|passage| passage.chunk_id.to_string() == source.reference) {
                Some(passage) => cited.push(passage),
                None => records = true,
            }
        }
        let doubt = if places.is_empty() && !stated.sources.is_empty() {
            Some("it names nothing that was looked up".to_owned())
        } else if !cited.is_empty() && !records {
            cited::doubt(&cited::ground(text, &cited, &asked, grounds, &mut |_| {}), false)
        } else {
            None
        };
        answer.statements.push(CopilotStatement { text: text.to_owned(), sources: places, doubt });
    }
    let line = |text: &String| text.trim().chars().take(MAX_FOLLOW_UP).collect::<String>();
    answer.follow_ups =
        reply.follow_ups.iter().map(line).filter(|text| !text.is_empty()).take(MAX_FOLLOW_UPS).collect();
    answer
}

fn input(journal: &Journal<'_>) -> Result<Input, DomainError> {
    serde_json::from_value(journal.input.data.clone()).map_err(|error| DomainError::Journal {
        step: 0,
        why: format!("the question cannot be read: {error}"),
    })
}

pub struct Copilot {
    grounds: Arc<dyn Grounds>,
}

impl Copilot {
    /// `grounds` says what of an answer its passages carry.
    pub fn new(grounds: Arc<dyn Grounds>) -> Self {
        Self { grounds }
    }
}

impl Agent for Copilot {
    fn name(&self) -> &'static str {
        NAME
    }

    fn description(&self) -> &'static str {
        "Answers colleagues' questions about customers, tickets, runs, approvals, knowledge and figures, as far as they may see them. It changes nothing by itself: what they want done in a ticket it puts before a person."
    }

    fn next(&self, view: &RunView<'_>) -> Result<Next, DomainError> {
        let journal = Journal::read(view.run.id, view.steps, &RULES)?;
        if let Some(outcome) = journal.ended {
            return Ok(Next::End(outcome.clone()));
        }
        if !journal.open.is_empty() {
            let calls = journal.open.iter().map(|open| ProposedCall {
                call: open.call.clone(),
                confidence: Confidence::by_rule(1.0, Vec::new()),
            });
            return Ok(Next::Tools(calls.collect()));
        }
        let input = input(&journal)?;
        let turn = Turns { view, journal: &journal, input: &input };
        turn.decide(&*self.grounds)
    }
}

struct Turns<'t, 'a> {
    view: &'t RunView<'a>,
    journal: &'t Journal<'a>,
    input: &'t Input,
}

impl Turns<'_, '_> {
    fn decide(&self, grounds: &dyn Grounds) -> Result<Next, DomainError> {
        let Some(last) = self.journal.entries.last() else { return self.ask(&[]) };
        match &last.what {
            What::Unusable { why, .. } if self.useless() >= MAX_USELESS => {
                Ok(nothing(format!("the model's replies could not be used: {why}")))
            }
            What::Failed { what, error } => Ok(nothing(format!("the {what} is not available: {error}"))),
            What::Model(response) => {
                let reply = Reply::parse(response.text.as_deref().unwrap_or_default())
                    .map_err(|why| DomainError::Journal { step: last.seq, why })?;
                let unread = unread(&reply, self.journal);
                if !unread.is_empty() && self.finals() < 2 && self.may_ask() {
                    return self.ask(&unread);
                }
                let text = checked(&reply, self.journal, grounds).text();
                let summary = cut(&text, MAX_SUMMARY);
                Ok(Next::End(Outcome::Answered { resolved: true, summary }))
            }
            _ => self.ask(&[]),
        }
    }

    /// How many replies at the end of the journal cannot be used.
    fn useless(&self) -> usize {
        let entries = self.journal.entries.iter().rev();
        entries.take_while(|entry| matches!(entry.what, What::Unusable { .. })).count()
    }

    /// How many times a model has answered.
    fn finals(&self) -> usize {
        let is_final =
            |what: &What<'_>| matches!(what, What::Model(response) if response.tool_calls.is_empty());
        self.journal.entries.iter().filter(|entry| is_final(&entry.what)).count()
    }

    fn may_ask(&self) -> bool {
        self.journal.model_calls < self.view.settings.max_model_calls
    }

    fn ask(&self, unread: &[String]) -> Result<Next, DomainError> {
        if !self.may_ask() {
            let used = self.journal.model_calls;
            return Ok(nothing(format!(
                "{used} model calls did not lead to an answer; ask for less at once"
            )));
        }
        let unrenderable = |error: PromptError| DomainError::Journal {
            step: self.journal.last_seq(),
            why: error.to_string(),
        };
        self.request(unread).map_err(unrenderable)
    }

    fn request(&self, unread: &[String]) -> Result<Next, PromptError> {
        let looking_at = self.input.looking_at.map(named);
        let system = prompts::copilot_system(CopilotSystem {
            workspace: self.view.workspace_name,
            today: &self.input.at.rfc3339(),
            looking_at: looking_at.as_deref(),
        })?;
        let mut messages = dialogue::messages(system.text, self.journal)?;
        let mut said = Vec::new();
        for earlier in &self.input.earlier {
            said.push(ModelMessage::User {
                text: prompts::copilot_question(Untrusted(&earlier.question))?.text,
            });
            said.push(ModelMessage::Assistant { text: Some(earlier.answer.clone()), tool_calls: Vec::new() });
        }
        said.push(ModelMessage::User {
            text: prompts::copilot_question(Untrusted(&self.input.question))?.text,
        });
        messages.splice(1..1, said);
        if !unread.is_empty() {
            let references = unread.join("\n");
            messages.push(ModelMessage::User { text: prompts::copilot_unread(Untrusted(&references))?.text });
        }
        Ok(Next::Model(Box::new(ModelRequest {
            workspace: None,
            purpose: PURPOSE.to_owned(),
            strength: Strength::Strong,
            messages,
            tools: Arc::clone(&self.view.tools),
            output_schema: Some(Reply::output_schema()),
            max_output_tokens: self.view.settings.max_output_tokens,
            prompt: system.prompt.to_owned(),
            facts: self.facts(),
        })))
    }

    fn facts(&self) -> Facts {
        let turn = |from_customer, text: &str| Turn { from_customer, text: text.to_owned() };
        let mut conversation: Vec<Turn> = self
            .input
            .earlier
            .iter()
            .flat_map(|earlier| [turn(true, &earlier.question), turn(false, &earlier.answer)])
            .collect();
        conversation.push(turn(true, &self.input.question));
        let before: Vec<&ReadSource> =
            self.input.earlier.last().into_iter().flat_map(|earlier| &earlier.sources).collect();
        let about = json!({ "looking_at": self.input.looking_at, "at": self.input.at, "before": before });
        Facts {
            conversation,
            customer: Some(about),
            procedures: Arc::default(),
            ..dialogue::facts(self.view, self.journal)
        }
    }
}

/// A record as a model names it to a tool.
fn named(at: LookingAt) -> String {
    match at {
        LookingAt::Ticket(id) => format!("the ticket with the id {id}"),
        LookingAt::Customer(id) => format!("the customer with the id {id}"),
        LookingAt::Run(id) => format!("the run with the id {id}"),
        LookingAt::Approval(id) => format!("the approval with the id {id}"),
    }
}

fn nothing(reason: String) -> Next {
    Next::End(Outcome::Nothing { reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_held_to_its_schema_and_limits() {
        let good = json!({ "statements": [{ "text": "Three.", "sources": [] }], "follow_ups": [] });
        assert!(Reply::parse(&good.to_string()).is_ok());
        assert!(Reply::parse(&format!("```json\n{good}\n```")).is_ok());
        for bad in [
            json!({ "statements": [], "follow_ups": [] }),
            json!({ "statements": [{ "text": " ", "sources": [] }], "follow_ups": [] }),
            json!({ "statements": [{ "text": "x", "sources": [], "do": 1 }], "follow_ups": [] }),
            json!({ "statements": [{ "text": "x".repeat(MAX_REPLY + 1), "sources": [] }], "follow_ups": [] }),
            json!({ "statements": [{ "text": "x", "sources": vec!["a"; 21] }], "follow_ups": [] }),
        ] {
            assert!(Reply::parse(&bad.to_string()).is_err(), "{bad}");
        }
    }
}
