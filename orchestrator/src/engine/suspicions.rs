//! What a run has read is looked at for orders to the agent, once, before its calls are judged.
//!
//! It is a hint and no wall: what the agent may do is held by its grant, by where arguments come from
//! and by who may decide. A false alarm costs a review.

use std::collections::BTreeSet;

use domain::{
    excerpt::line,
    run::{CallOutcome, Step, StepBody},
    suspicion::Suspicion,
    ticket::{EventBody, Message},
    user::Actor,
};
use guards::injection::{Finding, Injections, Kind, LINE};
use serde_json::Value;

use super::session::Session;

/// What is more is not kept: a person sees enough.
const MOST: usize = 5;
/// Characters of a quote.
const QUOTE: usize = 200;

/// What was found so far.
#[derive(Clone, Default)]
pub(super) struct Suspicions {
    pub(super) found: Vec<Suspicion>,
    /// Steps that were looked at.
    looked: BTreeSet<i64>,
}

impl Suspicions {
    /// Looks at what it has not seen yet.
    pub(super) fn look(&mut self, guard: &Injections, steps: &[Step]) {
        for step in steps {
            if self.looked.insert(step.seq) {
                look_at(guard, step, &mut self.found);
            }
        }
    }
}

impl Session {
    pub(super) fn look_for_injections(&mut self) {
        self.suspicions.look(&self.house.injections, &self.steps);
    }
}

fn look_at(guard: &Injections, step: &Step, found: &mut Vec<Suspicion>) {
    match &step.body {
        StepBody::Started { input } => {
            messages(guard, &input.messages, found);
            // In a chat it repeats the first message.
            if let Some(ticket) = input.ticket.as_ref().filter(|_| found.is_empty()) {
                look(guard, "the subject", &ticket.subject, found);
            }
            for report in &input.reports {
                reported(guard, &report.body, found);
            }
        }
        StepBody::Observed { messages: said, reports, .. } => {
            messages(guard, said, found);
            for report in reports {
                reported(guard, &report.body, found);
            }
        }
        // Articles are full of orders to their readers, and were written or taken in by colleagues.
        StepBody::Tool { call, effect_id: None, outcome: CallOutcome::Ok { content }, .. }
            if call.tool != "search_knowledge" =>
        {
            let place = format!("what {} gave back", call.tool);
            texts(content, &mut |text| look(guard, &place, text, found));
        }
        _ => {}
    }
}

fn messages(guard: &Injections, said: &[Message], found: &mut Vec<Suspicion>) {
    let ours = |said: &&Message| matches!(said.author, Actor::User { .. } | Actor::Agent { .. });
    for message in said.iter().filter(|said| !ours(said)) {
        look(guard, "a message of the customer", &message.body, found);
        for file in &message.attachments {
            // Words of a name stand apart by other marks than spaces.
            let name = file.filename.replace(['_', '-', '.', '+'], " ");
            look(guard, "the name of a file", &name, found);
        }
    }
}

fn reported(guard: &Injections, body: &EventBody, found: &mut Vec<Suspicion>) {
    if let Ok(value) = serde_json::to_value(body) {
        texts(&value, &mut |text| look(guard, "an event that was reported", text, found));
    }
}

fn texts(value: &Value, each: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => each(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, each)),
        Value::Object(members) => members.values().for_each(|item| texts(item, each)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn look(guard: &Injections, place: &str, text: &str, found: &mut Vec<Suspicion>) {
    if found.len() >= MOST || text.len() < 8 {
        return;
    }
    let report = guard.look(text);
    if !report.is_suspicious() {
        return;
    }
    // One says enough of a text: a phrase, which is short and says why, before a whole passage.
    let sure = report.findings.into_iter().filter(|one| one.score >= LINE);
    let best = sure.max_by(|a, b| {
        let phrase = |one: &Finding| matches!(one.kind, Kind::Rule(_));
        phrase(a).cmp(&phrase(b)).then(a.score.total_cmp(&b.score))
    });
    let Some(finding) = best else { return };
    let quoted = finding.shown.as_deref().or_else(|| text.get(finding.span.clone())).unwrap_or(text);
    let quote = line(&guards::injection::readable(quoted), QUOTE);
    let suspicion = Suspicion { place: place.to_owned(), quote, why: finding.why };
    if !found.contains(&suspicion) {
        found.push(suspicion);
    }
}
