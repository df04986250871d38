//! Where the protected arguments of a call come from, traced in what the run has seen.
//!
//! A value is trusted when somebody of the staff wrote it, or when it is a whole field of a record
//! that one of our own tools read for this customer. What stands in a longer text is the text's,
//! whoever's record it is in: a customer can write anything into a note. What a tool gives back of
//! what it was asked with is no origin of it.

use std::borrow::Cow;

use domain::{
    customer::{Contact, Customer},
    origin::{ArgumentOrigin, Likeness, OriginKind},
    run::{CallOutcome, Step, StepBody},
    ticket::{Event, EventBody, Message},
    tool::{Gives, ToolCall, ToolSpec},
    user::Actor,
};
use serde_json::{Value, json};

/// Bytes of all that is searched; a run that has seen more is traced in what it saw last.
const MOST: usize = 512 * 1024;
/// A shorter word stands in any text by chance.
const TELLING: usize = 3;
/// Fewer letters and digits are not compared without their punctuation.
const SQUEEZED: usize = 6;

/// What a run has seen.
#[derive(Clone, Copy)]
pub struct Seen<'a> {
    pub steps: &'a [Step],
    pub customer: Option<&'a Customer>,
    pub contact: Option<&'a Contact>,
    /// Nobody has checked that whoever writes is this contact: their records are a claim.
    pub claimed: bool,
    /// What a colleague asked to have done, in their words.
    pub asked: Option<&'a str>,
    /// What a tool's answer may be relied on for.
    pub gives: &'a dyn Fn(&str) -> Gives,
}

impl Seen<'_> {
    fn record(&self) -> OriginKind {
        if self.claimed { OriginKind::Claimed } else { OriginKind::Record }
    }
}

struct Place<'a> {
    kind: OriginKind,
    from: Cow<'a, str>,
    content: Content<'a>,
    /// What it was asked with: its echo is no field of a record.
    asked_with: Option<&'a Value>,
}

enum Content<'a> {
    /// Fields of a record, each whole.
    Fields(Cow<'a, Value>),
    Text(&'a str),
}

/// The origin of each protected argument that the call has, in the order in which the tool names
/// them.
pub fn trace(spec: &ToolSpec, args: &Value, seen: &Seen<'_>) -> Vec<ArgumentOrigin> {
    let named: Vec<(&String, &Value)> = spec
        .protected
        .iter()
        .filter_map(|name| Some((name, args.get(name)?)))
        .filter(|(_, value)| !value.is_null())
        .collect();
    if named.is_empty() {
        return Vec::new();
    }
    let places = places(seen);
    named
        .into_iter()
        .map(|(name, value)| {
            let (kind, likeness, from) = of_value(value, &places);
            ArgumentOrigin { argument: name.clone(), kind, likeness, from }
        })
        .collect()
}

fn places<'a>(seen: &Seen<'a>) -> Vec<Place<'a>> {
    let mut places = Vec::new();
    let mut left = MOST;
    for step in seen.steps.iter().rev() {
        if left == 0 {
            break;
        }
        match &step.body {
            StepBody::Started { input, .. } => {
                input.messages.iter().for_each(|message| said(message, &mut places, &mut left));
                input.reports.iter().for_each(|event| told(event, &mut places, &mut left));
            }
            StepBody::Observed { messages, reports, .. } => {
                messages.iter().for_each(|message| said(message, &mut places, &mut left));
                reports.iter().for_each(|event| told(event, &mut places, &mut left));
            }
            StepBody::Tool { call, outcome, .. } => result(call, outcome, seen, &mut places, &mut left),
            _ => {}
        }
    }
    if let Some(text) = seen.asked {
        let from = "a colleague's question to the copilot".into();
        places.push(Place { kind: OriginKind::Person, from, content: Content::Text(text), asked_with: None });
    }
    let kind = seen.record();
    let mut record = |from: &'static str, fields: Value| {
        let content = Content::Fields(Cow::Owned(fields));
        places.push(Place { kind, from: from.into(), content, asked_with: None });
    };
    // Their names are what they call themselves, in a mail's header for one.
    if let Some(customer) = seen.customer {
        let Customer { id, tier, locale, fields, .. } = customer;
        record("the customer's record", json!([id, tier, locale, fields]));
    }
    if let Some(contact) = seen.contact {
        record("the contact's record", json!([contact.id, contact.email]));
    }
    places
}

fn said<'a>(message: &'a Message, places: &mut Vec<Place<'a>>, left: &mut usize) {
    let (kind, from) = match &message.author {
        Actor::User { .. } => (OriginKind::Person, "a colleague's message"),
        Actor::Customer { .. } => (OriginKind::Customer, "the customer's message"),
        // What an agent wrote is no source of what an agent writes; a key may pass anything on.
        Actor::Agent { .. } | Actor::System => return,
        Actor::ApiKey { .. } => (OriginKind::Output, "a message by the API"),
    };
    let text = message.body.get(..message.body.len().min(*left)).unwrap_or(&message.body);
    *left = left.saturating_sub(text.len());
    places.push(Place { kind, from: from.into(), content: Content::Text(text), asked_with: None });
}

/// What a service outside reported. Whoever has a key may pass anything on.
fn told<'a>(event: &'a Event, places: &mut Vec<Place<'a>>, left: &mut usize) {
    let EventBody::External { data, .. } = &event.body else { return };
    *left = left.saturating_sub(size(data, *left));
    if *left > 0 {
        let content = Content::Fields(Cow::Borrowed(data));
        places.push(Place {
            kind: OriginKind::Output,
            from: "an external event".into(),
            content,
            asked_with: None,
        });
    }
}

fn result<'a>(
    call: &'a ToolCall,
    outcome: &'a CallOutcome,
    seen: &Seen<'a>,
    places: &mut Vec<Place<'a>>,
    left: &mut usize,
) {
    match outcome {
        CallOutcome::Responded { message, .. } => {
            let from = "a reviewer's answer".into();
            let content = Content::Text(message);
            places.push(Place { kind: OriginKind::Person, from, content, asked_with: None });
        }
        CallOutcome::Ok { content } => {
            let (kind, asked_with) = match (seen.gives)(&call.tool) {
                Gives::OwnRecords => (seen.record(), None),
                Gives::Records => (seen.record(), Some(&call.args)),
                Gives::Text if call.tool == "search_knowledge" => (OriginKind::Document, None),
                Gives::Text => (OriginKind::Output, None),
            };
            let size = size(content, *left);
            *left = left.saturating_sub(size);
            if *left == 0 {
                return;
            }
            let content = Content::Fields(Cow::Borrowed(content));
            places.push(Place { kind, from: call.tool.as_str().into(), content, asked_with });
        }
        _ => {}
    }
}

/// About how many bytes a value holds, or more than `most`.
fn size(value: &Value, most: usize) -> usize {
    let sum = |parts: &mut dyn Iterator<Item = &Value>| {
        parts.fold(2, |sum: usize, part| if sum > most { sum } else { sum.saturating_add(size(part, most)) })
    };
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(parts) => sum(&mut parts.iter()),
        Value::Object(parts) => sum(&mut parts.values()),
        Value::Null | Value::Bool(_) | Value::Number(_) => 8,
    }
}

type Found = (OriginKind, Likeness, String);

/// The best place of a value; of one with parts, the worst of its parts.
fn of_value(value: &Value, places: &[Place<'_>]) -> Found {
    let nowhere = (OriginKind::Model, Likeness::None, String::new());
    match value {
        Value::Array(parts) => worst(parts.iter(), places).unwrap_or(nowhere),
        Value::Object(parts) => worst(parts.values(), places).unwrap_or(nowhere),
        // No word of a text says yes or no to an argument.
        Value::Null | Value::Bool(_) => nowhere,
        Value::String(_) | Value::Number(_) => {
            let found = places.iter().filter_map(|place| {
                let (likeness, whole) = place.holds(value)?;
                let of_record = matches!(place.kind, OriginKind::Record | OriginKind::Claimed);
                let echo = place.asked_with.is_some_and(|args| in_fields(args, value).is_some());
                let kind = if of_record && (!whole || echo) { OriginKind::Output } else { place.kind };
                Some((kind, likeness, place.from.to_string()))
            });
            found.min_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1))).unwrap_or(nowhere)
        }
    }
}

fn worst<'v>(parts: impl Iterator<Item = &'v Value>, places: &[Place<'_>]) -> Option<Found> {
    parts.map(|part| of_value(part, places)).max_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)))
}

impl Place<'_> {
    /// How the place holds a value, and whether it is all that stands there.
    fn holds(&self, value: &Value) -> Option<(Likeness, bool)> {
        match &self.content {
            Content::Text(text) => within(text, value).map(|likeness| (likeness, false)),
            Content::Fields(fields) => in_fields(fields, value),
        }
    }
}

fn in_fields(fields: &Value, value: &Value) -> Option<(Likeness, bool)> {
    match fields {
        Value::Array(parts) => best(parts.iter().filter_map(|part| in_fields(part, value))),
        Value::Object(parts) => best(parts.values().filter_map(|part| in_fields(part, value))),
        Value::Null | Value::Bool(_) => None,
        Value::Number(field) => match value {
            Value::Number(wanted) => same_number(field, wanted).map(|likeness| (likeness, true)),
            Value::String(wanted) => {
                (wanted.trim() == field.to_string()).then_some((Likeness::Normalised, true))
            }
            _ => None,
        },
        Value::String(field) => {
            let whole = match value {
                Value::String(wanted) => same_text(field, wanted),
                Value::Number(wanted) => same_decimal(field, wanted),
                _ => None,
            };
            whole
                .map(|likeness| (likeness, true))
                .or_else(|| within(field, value).map(|likeness| (likeness, false)))
        }
    }
}

fn best(found: impl Iterator<Item = (Likeness, bool)>) -> Option<(Likeness, bool)> {
    found.min_by(|a, b| (!a.1, a.0).cmp(&(!b.1, b.0)))
}

fn same_number(field: &serde_json::Number, wanted: &serde_json::Number) -> Option<Likeness> {
    if field == wanted {
        return Some(Likeness::Exact);
    }
    let (field, wanted) = (field.as_f64()?, wanted.as_f64()?);
    if field == wanted {
        Some(Likeness::Normalised)
    } else {
        // An amount in units against one in cents.
        (field.fract() != 0.0 && (field * 100.0).round() == wanted).then_some(Likeness::Computed)
    }
}

/// `349.00` or `349.00 EUR` against 34900.
fn same_decimal(field: &str, wanted: &serde_json::Number) -> Option<Likeness> {
    let number = without_currency(field.trim());
    if wanted.to_string() == number {
        return Some(Likeness::Normalised);
    }
    (cents(wanted)? == number).then_some(Likeness::Computed)
}

/// Without the one symbol or code of three letters that may stand before or behind an amount.
fn without_currency(amount: &str) -> &str {
    let is_currency = |c: char| matches!(c, '€' | '$' | '£' | '¥');
    let is_code = |word: &str| word.len() == 3 && word.bytes().all(|b| b.is_ascii_uppercase());
    if let Some(number) = amount.strip_prefix(is_currency).or_else(|| amount.strip_suffix(is_currency)) {
        return number.trim();
    }
    match amount.split_once(char::is_whitespace) {
        Some((code, number)) if is_code(code) => number.trim(),
        Some((number, code)) if is_code(code.trim()) => number,
        _ => amount,
    }
}

fn cents(wanted: &serde_json::Number) -> Option<String> {
    let cents = wanted.as_u64()?;
    Some(format!("{}.{:02}", cents / 100, cents % 100))
}

fn same_text(field: &str, wanted: &str) -> Option<Likeness> {
    if field == wanted {
        return Some(Likeness::Exact);
    }
    if folded(field) == folded(wanted) {
        return Some(Likeness::Normalised);
    }
    let (field, wanted) = (squeezed(field), squeezed(wanted));
    (wanted.chars().count() >= SQUEEZED && field == wanted).then_some(Likeness::Normalised)
}

/// Whether a text holds a value between its words.
fn within(text: &str, value: &Value) -> Option<Likeness> {
    match value {
        Value::String(wanted) if wanted.trim().chars().count() < TELLING => None,
        Value::String(wanted) => {
            let exact = bounded(text, wanted.trim());
            if exact {
                return Some(Likeness::Exact);
            }
            bounded(&folded(text), &folded(wanted)).then_some(Likeness::Normalised)
        }
        Value::Number(wanted) => {
            if bounded(text, &wanted.to_string()) {
                return Some(Likeness::Exact);
            }
            let written = cents(wanted)?;
            let units = written.strip_suffix(".00").filter(|units| bounded(text, units));
            (units.is_some() || bounded(text, &written)).then_some(Likeness::Computed)
        }
        _ => None,
    }
}

fn bounded(text: &str, wanted: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric();
    !wanted.is_empty()
        && text.match_indices(wanted).any(|(at, _)| {
            let before = text[..at].chars().next_back();
            let after = text[at + wanted.len()..].chars().next();
            !before.is_some_and(inside) && !after.is_some_and(inside)
        })
}

fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests;
