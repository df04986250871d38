//! What a run has read is looked at for orders to the agent, once, before its calls are judged.
//!
//! It is a hint and no wall: what the agent may do is held by its grant, by where arguments come from
//! and by who may decide. A false alarm costs a review.

use std::collections::BTreeSet;

use domain::{
    run::{CallOutcome, Step, StepBody},
    suspicion::Suspicion,
    ticket::{EventBody, Message},
    user::Actor,
};
use guards::injection::{Injections, LINE};
use serde_json::Value;

use super::{models::truncate, session::Session};

/// What is more is not kept: a person sees enough.
const MOST: usize = 5;
/// Bytes of a quote.
const QUOTE: usize = 200;

/// What was found so far.
#[derive(Default)]
pub(super) struct Suspicions {
    pub(super) found: Vec<Suspicion>,
    /// Steps that were looked at.
    looked: BTreeSet<i64>,
}

impl Session {
    pub(super) fn look_for_injections(&mut self) {
        let guard = &self.house.injections;
        for step in &self.steps {
            if self.suspicions.looked.insert(step.seq) {
                look_at(guard, step, &mut self.suspicions.found);
            }
        }
    }
}

fn look_at(guard: &Injections, step: &Step, found: &mut Vec<Suspicion>) {
    let mut look = |place: &str, text: &str| look(guard, place, text, found);
    let mut messages = |said: &[Message]| {
        for message in
            said.iter().filter(|said| !matches!(said.author, Actor::User { .. } | Actor::Agent { .. }))
        {
            look("a message of the customer", &message.body);
        }
    };
    match &step.body {
        StepBody::Started { input } => {
            messages(&input.messages);
            if let Some(ticket) = &input.ticket {
                look("the subject", &ticket.subject);
            }
            for report in &input.reports {
                reported(&report.body, &mut look);
            }
        }
        StepBody::Observed { messages: said, reports, .. } => {
            messages(said);
            for report in reports {
                reported(&report.body, &mut look);
            }
        }
        // Articles are full of orders to their readers, and were written or taken in by colleagues.
        StepBody::Tool { call, effect_id: None, outcome: CallOutcome::Ok { content }, .. }
            if call.tool != "search_knowledge" =>
        {
            let place = format!("what {} gave back", call.tool);
            texts(content, &mut |text| look(&place, text));
        }
        _ => {}
    }
}

fn reported(body: &EventBody, look: &mut impl FnMut(&str, &str)) {
    if let Ok(value) = serde_json::to_value(body) {
        texts(&value, &mut |text| look("an event that was reported", text));
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
    // The surest says enough of one text.
    let surest = report.findings.into_iter().filter(|one| one.score >= LINE);
    let Some(finding) = surest.max_by(|a, b| a.score.total_cmp(&b.score)) else { return };
    let quoted = finding.shown.as_deref().or_else(|| text.get(finding.span.clone())).unwrap_or(text);
    let mut quote = guards::injection::readable(quoted).split_whitespace().collect::<Vec<_>>().join(" ");
    truncate(&mut quote, QUOTE);
    let suspicion = Suspicion { place: place.to_owned(), quote, why: finding.why };
    if !found.contains(&suspicion) {
        found.push(suspicion);
    }
}
