//! The model-with-tools loop, as a model sees it: the conversation and the facts of a run, built
//! from its journal.
//!
//! Written once for all agents. An assistant entry with calls is followed by exactly its results,
//! in its order, whatever happened between them; what a customer wrote stands in its own labelled
//! block; what an agent did by itself is told in a note.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, PoisonError, RwLock},
};

use domain::{
    ChunkId,
    agent::RunView,
    canonical::Sorted,
    excerpt::cut,
    knowledge::Passage,
    model::{CallResult, Facts, ModelMessage, ToolSchema, Turn},
    run::CallOutcome,
    ticket::{Event, EventBody, Message},
    tool::ToolCall,
};
use prompts::{
    CustomerMessage, DraftOutcome, FollowUp, Omission, PromptError, Repair, ReportedEvent, Untrusted,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::journal::{Journal, Origin, Settled, What, from_customer};

/// The tool whose results are passages.
pub const SEARCH: &str = "search_knowledge";

/// The same of everything that staff may read.
pub const SEARCH_ALL: &str = "search_all_knowledge";

fn is_search(tool: &str) -> bool {
    matches!(tool, SEARCH | SEARCH_ALL)
}

/// Public messages a model is shown; of more, the first and the latest.
pub const MAX_MESSAGES: usize = 40;
/// Characters of one message.
pub const MAX_MESSAGE: usize = 8_000;
/// Reports a model is shown, the latest.
pub const MAX_REPORTS: usize = 20;
/// Characters of one report.
pub const MAX_REPORT: usize = 4_000;
/// Bytes of one result.
pub const MAX_RESULT: usize = 16_000;

/// Schemas without the tools an agent keeps to itself. Views share their schemas, so the selection
/// is made once per set and shared too.
pub struct Offer {
    reserved: &'static [&'static str],
    made: RwLock<Vec<(Schemas, Schemas)>>,
}

type Schemas = Arc<Vec<ToolSchema>>;

impl Offer {
    /// Sets kept: one per configuration in use.
    const KEPT: usize = 8;

    pub fn without(reserved: &'static [&'static str]) -> Self {
        Self { reserved, made: RwLock::new(Vec::new()) }
    }

    pub fn of(&self, granted: &Schemas) -> Schemas {
        let keep = |tool: &&ToolSchema| !self.reserved.contains(&tool.name.as_str());
        if granted.iter().all(|tool| keep(&tool)) {
            return Arc::clone(granted);
        }
        let known = self.made.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, offered)) = known.iter().find(|(from, _)| Arc::ptr_eq(from, granted)) {
            return Arc::clone(offered);
        }
        drop(known);
        let offered: Schemas = Arc::new(granted.iter().filter(keep).cloned().collect());
        let mut made = self.made.write().unwrap_or_else(PoisonError::into_inner);
        if made.len() >= Self::KEPT {
            made.remove(0);
        }
        made.push((Arc::clone(granted), Arc::clone(&offered)));
        offered
    }
}

/// The conversation with the model, after `system`. Every call must be settled.
pub fn messages(system: String, journal: &Journal<'_>) -> Result<Vec<ModelMessage>, PromptError> {
    let mut results: HashMap<&str, &Settled<'_>> = HashMap::new();
    let mut outcomes: HashSet<i64> = HashSet::new();
    for (_, settled) in journal.results() {
        results.insert(&settled.call.id, settled);
        if let Origin::Agent { anchor } = settled.origin {
            outcomes.insert(anchor);
        }
    }
    let said = journal.said().count();
    let omitted = said.saturating_sub(MAX_MESSAGES);
    let mut number = 0;
    let mut old_reports = journal.reported().count().saturating_sub(MAX_REPORTS);
    let mut out = Vec::with_capacity(journal.entries.len() * 2 + 1);
    out.push(ModelMessage::System { text: system });
    let last = journal.entries.len().saturating_sub(1);
    for (at, entry) in journal.entries.iter().enumerate() {
        match &entry.what {
            What::Said(message) => {
                number += 1;
                if omitted > 0 && number == 2 {
                    out.push(ModelMessage::User {
                        text: prompts::omission(Omission { count: omitted })?.text,
                    });
                }
                if number == 1 || number > 1 + omitted {
                    out.push(said_to_model(message, number)?);
                }
            }
            What::Reported(_) if old_reports > 0 => old_reports -= 1,
            What::Reported(event) => out.push(report_to_model(event)?),
            What::Model(response) if response.tool_calls.is_empty() => {
                out.push(ModelMessage::Assistant { text: response.text.clone(), tool_calls: Vec::new() });
                if at < last && !outcomes.contains(&entry.seq) {
                    out.push(note(DraftOutcome { status: "not_sent", sent: None, message: None })?);
                }
            }
            What::Model(response) => {
                out.push(ModelMessage::Assistant {
                    text: response.text.clone().filter(|text| !text.trim().is_empty()),
                    tool_calls: response.tool_calls.clone(),
                });
                for call in &response.tool_calls {
                    if let Some(settled) = results.get(call.id.as_str()) {
                        out.push(result_to_model(call, settled));
                    }
                }
            }
            What::Unusable { response, why } => {
                // An old one that was repaired is of no use to the model.
                if journal.entries[at..].iter().all(|later| matches!(later.what, What::Unusable { .. })) {
                    if let Some(text) =
                        response.and_then(|r| r.text.as_deref()).filter(|t| !t.trim().is_empty())
                    {
                        let text = cut(text, MAX_MESSAGE);
                        out.push(ModelMessage::Assistant { text: Some(text), tool_calls: Vec::new() });
                    }
                    let why = cut(why, 1_000);
                    out.push(ModelMessage::User {
                        text: prompts::repair(Repair { why: Untrusted(&why) })?.text,
                    });
                }
            }
            What::Result(settled) => match settled.origin {
                Origin::Model => {}
                Origin::Agent { .. } if settled.call.tool == SEARCH => {
                    out.push(ModelMessage::Assistant { text: None, tool_calls: vec![settled.call.clone()] });
                    out.push(result_to_model(settled.call, settled));
                }
                Origin::Agent { .. } => out.push(draft_note(settled)?),
            },
            What::Triggered(_) | What::Failed { .. } => {}
        }
    }
    Ok(out)
}

fn said_to_model(message: &Message, number: usize) -> Result<ModelMessage, PromptError> {
    let body = cut(&message.body, MAX_MESSAGE);
    if !from_customer(message) {
        return Ok(ModelMessage::Assistant { text: Some(body), tool_calls: Vec::new() });
    }
    let attachments: Vec<&str> = message.attachments.iter().map(|a| a.filename.as_str()).collect();
    let text = prompts::customer_message(CustomerMessage {
        number,
        at: &message.at.rfc3339(),
        author: author(message),
        body: &body,
        attachments: &attachments,
    })?
    .text;
    Ok(ModelMessage::User { text })
}

fn report_to_model(event: &Event) -> Result<ModelMessage, PromptError> {
    let at = event.at.rfc3339();
    let (name, text) = report(event, MAX_REPORT);
    let rendered = match name {
        Some(name) => prompts::reported_event(ReportedEvent { name, at: &at, data: &text })?,
        None => prompts::follow_up(FollowUp { at: &at, note: Untrusted(&text) })?,
    };
    Ok(ModelMessage::User { text: rendered.text })
}

/// The name of an external event and its data; a follow-up's note.
pub(crate) fn report(event: &Event, chars: usize) -> (Option<&str>, String) {
    let (name, text) = match &event.body {
        EventBody::External { name, data: Value::Null } => (Some(name.as_str()), String::new()),
        EventBody::External { name, data } => (Some(name.as_str()), Sorted(data).to_string()),
        EventBody::FollowUpDue { note } => (None, note.clone()),
        other => (Some(other.type_name()), String::new()),
    };
    (name, cut(&text, chars))
}

/// The name people know the author by.
pub(crate) fn author(message: &Message) -> &str {
    use domain::user::Actor;
    match &message.author {
        Actor::Customer { name, .. } | Actor::User { name, .. } | Actor::ApiKey { name, .. } => name,
        Actor::Agent { .. } | Actor::System => "us",
    }
}

fn note(outcome: DraftOutcome<'_>) -> Result<ModelMessage, PromptError> {
    Ok(ModelMessage::User { text: prompts::draft_outcome(outcome)?.text })
}

fn draft_note(settled: &Settled<'_>) -> Result<ModelMessage, PromptError> {
    let message = match settled.outcome.as_ref() {
        CallOutcome::Ok { .. } | CallOutcome::Expired | CallOutcome::Superseded => None,
        CallOutcome::Refused { reason }
        | CallOutcome::Rejected { reason, .. }
        | CallOutcome::Escalated { reason, .. } => Some(reason.as_str()),
        CallOutcome::Responded { message, .. } => Some(message.as_str()),
        CallOutcome::Failed { error } => Some(error.as_str()),
    };
    let sent = settled.edited.then(|| settled.call.args.get("body").and_then(Value::as_str)).flatten();
    note(DraftOutcome {
        status: settled.outcome.status(),
        sent: sent.map(Untrusted),
        message: message.map(Untrusted),
    })
}

fn result_to_model(asked: &ToolCall, settled: &Settled<'_>) -> ModelMessage {
    let mut object = Map::new();
    object.insert("status".to_owned(), json!(settled.outcome.status()));
    if settled.edited {
        object.insert("edited".to_owned(), json!(true));
        object.insert("args".to_owned(), settled.call.args.clone());
    }
    let told = match settled.outcome.as_ref() {
        CallOutcome::Ok { content } => ("content", content_to_model(&settled.call.tool, content)),
        CallOutcome::Refused { reason }
        | CallOutcome::Rejected { reason, .. }
        | CallOutcome::Escalated { reason, .. } => ("reason", json!(reason)),
        CallOutcome::Responded { message, .. } => ("message", json!(message)),
        CallOutcome::Expired => {
            ("note", json!("Nobody decided in time. This is not a refusal. Nothing was done."))
        }
        CallOutcome::Superseded => (
            "note",
            json!(
                "Something newer came before this was decided: a message or an event. Nothing was done; consider it anew."
            ),
        ),
        CallOutcome::Failed { error } => ("error", json!(error)),
    };
    object.insert(told.0.to_owned(), told.1);
    ModelMessage::Tool {
        call_id: asked.id.clone(),
        name: asked.tool.clone(),
        content: prompts::tool_result(object, MAX_RESULT),
    }
}

/// Of a passage, a model needs what to cite it by and its text.
fn content_to_model(tool: &str, content: &Value) -> Value {
    let Some(passages) = is_search(tool).then(|| found(content)).flatten() else { return content.clone() };
    let shown: Vec<Value> = passages
        .into_iter()
        .map(|p| json!({"chunk_id": p.chunk_id, "title": p.title, "section": p.heading_path.join(" > "), "text": p.text}))
        .collect();
    json!({ "passages": shown })
}

fn found(content: &Value) -> Option<Vec<Passage>> {
    Vec::<Passage>::deserialize(content.get("passages")?).ok()
}

/// Passages that the searches among the first `up_to` entries returned: those of the latest
/// search first, each passage once, with the index of the search's entry.
pub fn passages(journal: &Journal<'_>, up_to: usize) -> Vec<(usize, Passage)> {
    let mut seen: HashSet<ChunkId> = HashSet::new();
    let mut out = Vec::new();
    for (at, settled) in journal.results().rev().filter(|(at, _)| *at < up_to) {
        if !is_search(&settled.call.tool) {
            continue;
        }
        if let CallOutcome::Ok { content } = settled.outcome.as_ref() {
            let fresh = found(content).unwrap_or_default().into_iter().filter(|p| seen.insert(p.chunk_id));
            out.extend(fresh.map(|passage| (at, passage)));
        }
    }
    out
}

/// The typed facts behind the conversation. Passages stand in `passages` alone: the result of a
/// search says only how many there were.
pub fn facts(view: &RunView<'_>, journal: &Journal<'_>) -> Facts {
    let mut conversation = Vec::new();
    let mut results = Vec::new();
    for entry in &journal.entries {
        match &entry.what {
            What::Said(message) => {
                conversation.push(Turn { from_customer: from_customer(message), text: message.body.clone() });
            }
            What::Result(settled) => {
                let own = matches!(settled.origin, Origin::Agent { .. });
                if own && settled.call.tool != SEARCH {
                    // What the agent told the customer is a turn.
                    let told = settled.call.args.get("body").or_else(|| settled.call.args.get("message"));
                    if let (CallOutcome::Ok { .. }, Some(text)) =
                        (settled.outcome.as_ref(), told.and_then(Value::as_str))
                    {
                        conversation.push(Turn { from_customer: false, text: text.to_owned() });
                    }
                }
                results.push(call_result(settled));
            }
            _ => {}
        }
    }
    Facts {
        conversation,
        procedures: std::sync::Arc::clone(view.procedures),
        passages: passages(journal, journal.entries.len()).into_iter().map(|(_, passage)| passage).collect(),
        customer: customer(journal),
        reports: journal.unheeded().into_iter().map(|(_, event)| in_words(event)).collect(),
        results,
        withheld: Vec::new(),
    }
}

/// A report in words for people.
pub(crate) fn in_words(event: &Event) -> String {
    match report(event, 300) {
        (Some(name), data) if data.is_empty() => format!("`{name}` was reported"),
        (Some(name), data) => format!("`{name}` was reported: {data}"),
        (None, note) => format!("a follow-up is due: {note}"),
    }
}

fn call_result(settled: &Settled<'_>) -> CallResult {
    let content = match settled.outcome.as_ref() {
        CallOutcome::Ok { content } if is_search(&settled.call.tool) => {
            json!({ "count": content.get("passages").and_then(Value::as_array).map_or(0, Vec::len) })
        }
        CallOutcome::Ok { content } => content.clone(),
        CallOutcome::Refused { reason }
        | CallOutcome::Rejected { reason, .. }
        | CallOutcome::Escalated { reason, .. } => json!({ "reason": reason }),
        CallOutcome::Responded { message, .. } => json!({ "message": message }),
        CallOutcome::Failed { error } => json!({ "error": error }),
        CallOutcome::Expired | CallOutcome::Superseded => Value::Null,
    };
    CallResult {
        call: settled.call.clone(),
        ok: matches!(settled.outcome.as_ref(), CallOutcome::Ok { .. }),
        status: settled.outcome.status().to_owned(),
        content,
    }
}

/// `{id, name, tier, locale, fields, email, contact: {name, email}}`, as far as known.
fn customer(journal: &Journal<'_>) -> Option<Value> {
    let (customer, contact) = (&journal.input.customer, &journal.input.contact);
    if customer.is_none() && contact.is_none() {
        return None;
    }
    let mut facts = Map::new();
    if let Some(customer) = customer {
        facts.insert("id".to_owned(), json!(customer.id));
        facts.insert("name".to_owned(), json!(customer.name));
        facts.insert("tier".to_owned(), json!(customer.tier));
        facts.insert("locale".to_owned(), json!(customer.locale));
        facts.insert("fields".to_owned(), json!(customer.fields));
    }
    if let Some(contact) = contact {
        facts.insert("email".to_owned(), json!(contact.email));
        facts.insert("contact".to_owned(), json!({ "name": contact.name, "email": contact.email }));
    }
    Some(Value::Object(facts))
}
