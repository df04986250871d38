//! What people are served who may not see personal data: a value of the API with every finding shown
//! in part. And for everybody, where in a text the findings stand.
//!
//! Detection alone misses unusual names. So what the API's own shapes say is a customer's name is
//! masked whatever it looks like, wherever in the answer it stands. Names of colleagues stay.

mod names;

use std::{ops::Range, sync::Arc};

use serde_json::{Map, Value, json};

use super::{
    Border, OwnNames, Protector, Rules, Treatment,
    json::words,
    moved::{Moved, in_characters},
    numbers::LEAST_DIGITS,
    shown::{replace, shown},
    spots::{Spot, join},
};
use crate::pii::{Detector, Kind};
use names::Names;

/// Findings told of one text; more would help nobody and make answers grow.
const MOST_FINDINGS: usize = 500;
/// JSON that is written as text is read this deep.
const DEPTH: usize = 3;
/// What a customer is called of whom nothing is known.
const NOBODY: &str = "Visitor";
/// Labels of what somebody wrote. Elsewhere a single word is the service's own, whoever is called so.
const WRITTEN: [&str; 5] = ["body", "missing", "subject", "tags", "text"];
/// Rules for all kinds are alike, so that the border does not matter.
const BORDER: Border = Border::Export;

/// A finding in one of the texts of a JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spotted {
    /// A JSON pointer to the text.
    pub at: String,
    pub kind: String,
    /// In characters (code points) of the text.
    pub span: Range<usize>,
}

/// Finds and masks for people. Made once, shared freely.
pub struct Served {
    protector: Protector,
    /// The service's own addresses, which are nobody's personal data.
    own: Vec<String>,
}

impl Served {
    /// # Errors
    ///
    /// Never with rules for all kinds; it is [`Protector::new`]'s.
    pub fn new(detector: Arc<Detector>, own: Vec<String>) -> Result<Self, super::Error> {
        Ok(Self { protector: Protector::new(detector, Rules::all(Treatment::Mask))?, own })
    }

    /// The same for a workspace that is called so.
    pub fn called(&self, own_names: Arc<OwnNames>) -> Self {
        Self { protector: self.protector.called(own_names), own: self.own.clone() }
    }

    pub fn detector(&self) -> &Arc<Detector> {
        self.protector.detector()
    }

    pub fn own_names(&self) -> &Arc<OwnNames> {
        self.protector.own_names()
    }

    /// Where personal data stands in a text.
    pub fn find(&self, text: &str) -> Vec<Spotted> {
        self.spotted("", text, &self.spots("", text))
    }

    /// What is found, but for what stands within an address of the service's own.
    fn spots(&self, label: &str, text: &str) -> Vec<Spot> {
        let mut spots = self.protector.spots(BORDER, label, text);
        if spots.is_empty() {
            return spots;
        }
        for own in &self.own {
            let places: Vec<usize> = text.match_indices(own.as_str()).map(|(at, _)| at).collect();
            spots.retain(|spot| {
                let before = places.partition_point(|at| *at <= spot.span.start);
                before.checked_sub(1).is_none_or(|last| places[last] + own.len() < spot.span.end)
            });
        }
        spots
    }

    /// Where personal data stands in the texts of a value.
    pub fn find_in(&self, value: &Value) -> Vec<Spotted> {
        let mut copy = value.clone();
        let mut walk =
            Walk { served: self, names: Names::None, replaces: false, found: Vec::new(), moved: None };
        walk.value(&mut String::new(), "", &mut copy, DEPTH);
        walk.found
    }

    /// A text with every finding shown in part.
    pub fn text(&self, text: &str) -> String {
        let mask = |spot: &Spot, value: &str| shown(spot.kind, self.detector().name_of(spot.kind), value);
        replace(text, &self.spots("", text), mask)
    }

    /// A value with every finding shown in part. `names` are customers' that it may hold besides those
    /// that its own shapes tell.
    pub fn mask(&self, value: &mut Value, names: &[String]) {
        let names = Names::in_answer(self.detector(), value, names);
        let mut walk = Walk { served: self, names, replaces: true, found: Vec::new(), moved: None };
        walk.value(&mut String::new(), "", value, DEPTH);
    }

    fn spotted(&self, at: &str, text: &str, spots: &[Spot]) -> Vec<Spotted> {
        in_characters(text, spots)
            .zip(spots)
            .take(MOST_FINDINGS)
            .map(|(span, spot)| Spotted {
                at: at.to_owned(),
                kind: self.detector().name_of(spot.kind).to_owned(),
                span,
            })
            .collect()
    }
}

struct Walk<'a> {
    served: &'a Served,
    names: Names,
    replaces: bool,
    found: Vec<Spotted>,
    /// Of the approval that is shown, as others tell of places in its text.
    moved: Option<Moved>,
}

impl Walk<'_> {
    fn value(&mut self, at: &mut String, label: &str, value: &mut Value, depth: usize) {
        match value {
            Value::String(text) => {
                if is_plain(text) {
                    return;
                }
                if let Some(mut inner) =
                    written(text).filter(|_| depth > 0 && self.replaces && label != "body")
                {
                    let (found, before) = (self.found.len(), inner.clone());
                    self.value(at, label, &mut inner, depth - 1);
                    // Their places are in what the text says and not in the text.
                    self.found.truncate(found);
                    if inner != before {
                        *text = inner.to_string();
                    }
                    return;
                }
                if let Some(masked) = self.text(at, label, text, |_| true) {
                    *text = masked;
                }
            }
            Value::Number(number) => {
                let digits = number.to_string();
                if digits.len() >= LEAST_DIGITS
                    && digits.bytes().all(|byte| byte.is_ascii_digit())
                    && let Some(masked) = self.text(at, label, &digits, |_| true)
                {
                    *value = Value::String(masked);
                }
            }
            Value::Array(items) => {
                for (number, item) in items.iter_mut().enumerate() {
                    below(at, &number.to_string(), |at| self.value(at, label, item, depth));
                }
            }
            Value::Object(members) => self.members(at, members, depth),
            Value::Null | Value::Bool(_) => {}
        }
    }

    fn members(&mut self, at: &mut String, members: &mut Map<String, Value>, depth: usize) {
        let first = self.found.len();
        let shape = Shape::of(members);
        for (name, value) in members.iter_mut() {
            below(at, name, |at| match (shape, name.as_str(), &mut *value) {
                // Where a list goes on; made by us of a time and an id.
                (_, "next_cursor", Value::String(cursor)) if is_cursor(cursor) => {}
                (Shape::Colleague, "name", Value::String(text)) => self.colleague(at, text),
                (Shape::Customer, "name", Value::String(text)) if text == NOBODY => {}
                (Shape::Customer, "name", Value::String(text)) => self.name(at, text),
                _ => self.value(at, &words(name), value, depth),
            });
        }
        if self.replaces {
            self.rename(members);
        }
        self.tell(at, members, first);
    }

    /// A colleague is called as they are, unless a customer is called the same.
    fn colleague(&mut self, at: &str, text: &mut String) {
        let is_customers = !self.names.spots(text).is_empty();
        if let Some(masked) = self.text(at, "", text, |kind| is_customers || kind != Kind::PersonName) {
            *text = masked;
        }
    }

    /// A name of a customer, whatever it looks like.
    fn name(&mut self, at: &str, text: &mut String) {
        if self.text(at, "", text, |_| true).as_deref().is_none_or(|masked| masked == text.as_str()) {
            let end = text.chars().count();
            self.found.retain(|spotted| spotted.at != at);
            self.found.push(Spotted {
                at: at.to_owned(),
                kind: Kind::PersonName.name().to_owned(),
                span: 0..end,
            });
        }
        if self.replaces {
            let masked = self.served.text(text);
            *text =
                if masked == *text { shown(Kind::PersonName, Kind::PersonName.name(), text) } else { masked };
        }
    }

    /// Notes what is found in a text; the text with it masked, when there is something and it is to be.
    fn text(&mut self, at: &str, label: &str, text: &str, also: impl Fn(Kind) -> bool) -> Option<String> {
        let is_word = is_word(text);
        let mut spots = self.served.spots(label, text);
        spots.retain(|spot| !(is_word && spot.kind == Kind::PersonName));
        if !is_word || WRITTEN.contains(&label) {
            spots.extend(self.names.spots(text));
        }
        spots.retain(|spot| also(spot.kind));
        let spots = join(spots);
        if spots.is_empty() {
            return None;
        }
        if !self.replaces {
            self.found.extend(self.served.spotted(at, text, &spots));
            return None;
        }
        let mut masked = String::with_capacity(text.len());
        let mut masks = Vec::with_capacity(spots.len());
        let mut from = 0;
        for spot in &spots {
            masked.push_str(&text[from..spot.span.start]);
            let start = masked.len();
            let name = self.served.detector().name_of(spot.kind);
            masked.push_str(&shown(spot.kind, name, &text[spot.span.clone()]));
            masks.push(Spot { span: start..masked.len(), kind: spot.kind });
            from = spot.span.end;
        }
        masked.push_str(&text[from..]);
        self.found.extend(self.served.spotted(at, &masked, &masks));
        self.moved = Moved::of(at, (text, &spots), (&masked, &masks)).or(self.moved.take());
        Some(masked)
    }

    /// Names of members are texts as well.
    fn rename(&mut self, members: &mut Map<String, Value>) {
        let said: Vec<(String, String)> = members
            .keys()
            .filter_map(|name| Some((name.clone(), self.text("", "", name, |_| true)?)))
            .collect();
        for (name, masked) in said {
            let Some(value) = members.remove(&name) else { continue };
            let mut free = masked.clone();
            let mut number = 1;
            while members.contains_key(&free) {
                number += 1;
                free = format!("{masked} #{number}");
            }
            members.insert(free, value);
        }
    }

    /// Writes where the masks stand into shapes that say it: messages, and an approval as it is shown, with the
    /// sentences of its text.
    fn tell(&self, at: &str, members: &mut Map<String, Value>, first: usize) {
        if !self.replaces {
            return;
        }
        if ["id", "author", "visibility", "body"].iter().all(|name| members.contains_key(*name)) {
            let body = format!("{at}/body");
            let found: Vec<Value> = self.found[first..]
                .iter()
                .filter(|spotted| spotted.at == body)
                .map(|spotted| {
                    json!({ "kind": spotted.kind, "start": spotted.span.start, "end": spotted.span.end })
                })
                .collect();
            members.remove("findings");
            if !found.is_empty() {
                members.insert("findings".to_owned(), Value::Array(found));
            }
        }
        if members.contains_key("approval") && members.contains_key("findings") {
            let found: Vec<Value> = self.found[first..]
                .iter()
                .filter_map(|spotted| {
                    let below = spotted.at.strip_prefix(at)?.strip_prefix("/approval")?;
                    Some(json!({
                        "at": below, "kind": spotted.kind, "start": spotted.span.start, "end": spotted.span.end,
                    }))
                })
                .collect();
            members.insert("findings".to_owned(), Value::Array(found));
        }
        if let Some(moved) = &self.moved {
            moved.tell(at, members);
        }
    }
}

fn below(at: &mut String, name: &str, go: impl FnOnce(&mut String)) {
    let length = at.len();
    at.push('/');
    at.push_str(&name.replace('~', "~0").replace('/', "~1"));
    go(at);
    at.truncate(length);
}

/// How the API speaks of colleagues where it does not say so: by these members and no others, so that a tool's
/// record of somebody is hardly taken for one.
const COLLEAGUES: [&[&str]; 5] = [
    &["created_at", "deactivated_at", "email", "id", "name", "role", "title"],
    &["answers_for", "id", "name", "role"],
    &["id", "name", "role"],
    &["approval_id", "name", "until", "user_id"],
    &["doing", "name", "user_id"],
];

/// What an object of the API is, as far as names go.
#[derive(Clone, Copy)]
enum Shape {
    /// A person or company that is served.
    Customer,
    /// Somebody of the staff, or a service.
    Colleague,
    Other,
}

impl Shape {
    fn of(members: &Map<String, Value>) -> Self {
        let kind = members.get("kind").and_then(Value::as_str);
        let has = |names: &[&str]| names.iter().all(|name| members.contains_key(*name));
        if kind == Some("customer") || has(&["customer_id", "email"]) || has(&["tier", "locale", "fields"]) {
            Self::Customer
        } else if (kind == Some("user") && has(&["user_id"]))
            || (kind == Some("api_key") && has(&["api_key_id"]))
            || COLLEAGUES.iter().any(|shape| has(shape) && members.len() == shape.len())
        {
            Self::Colleague
        } else {
            Self::Other
        }
    }
}

/// Whether a text is one word as the service names its own things, `reply_to_customer`. A label such as
/// `agent` makes a name of anything.
fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.@/".contains(&byte))
}

/// Whether a text is an id or a time as the service writes them, which hold nothing.
fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_id = || {
        bytes.len() == 36
            && bytes.iter().enumerate().all(|(place, byte)| match place {
                8 | 13 | 18 | 23 => *byte == b'-',
                _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            })
    };
    let is_time = || {
        (20..=32).contains(&bytes.len())
            && bytes[10] == b'T'
            && bytes.ends_with(b"Z")
            && bytes.iter().all(|byte| byte.is_ascii_digit() || b"-:.TZ".contains(byte))
    };
    is_id() || is_time()
}

fn is_cursor(text: &str) -> bool {
    text.len() <= 200 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// The value of JSON that is written as text.
fn written(text: &str) -> Option<Value> {
    let begins = text.trim_start().starts_with(['{', '[']);
    let value: Value = serde_json::from_str(text).ok().filter(|_| begins)?;
    Some(value)
}

#[cfg(test)]
mod tests;
