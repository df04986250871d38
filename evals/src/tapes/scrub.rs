//! What of a request and its reply is written down: no personal and no secret data, and nothing that is another in
//! every run. Placeholders stand for them, in the order in which they come, so that the same request of another run
//! has the same tape, and what is played has the values of the run that asks.

use std::{collections::BTreeMap, sync::LazyLock};

use anyhow::Context as _;
use domain::{
    canonical,
    model::{ModelMessage, ModelRequest, ModelResponse},
    tool::ToolCall,
};
use guards::{
    masking::{Border, Protector, Rules, Treatment, Vault},
    pii::{Detector, Settings},
};
use regex::{Captures, Regex};
use serde_json::{Number, Value, json};

use super::Reply;

/// Ids and moments, which are others in every run.
#[expect(clippy::expect_used, reason = "the expression is a constant, and every test goes through it")]
static PASSING: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)
        (?P<id> \b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b )
        | (?P<time> \b\d{4}-\d\d-\d\dT\d\d:\d\d(?: :\d\d(?:\.\d+)? )?(?: Z|[+-]\d\d:\d\d )? )",
    )
    .expect("it is an expression")
});
/// Values that are shorter may be parts of words.
const NO_WORD: usize = 4;
/// The shortest single name; it is replaced as a word of its own alone.
const LEAST_NAME: usize = 2;
/// Stands before a number that is written as text, because something was found in it.
const NUMBER: &str = "«number»";
/// The kind whose values are also written in part: "Dear Ada".
const NAME: &str = "person_name";

pub(super) struct Scrubber {
    protector: Protector,
}

/// A request as it is written down, and what its placeholders stand for.
pub(super) struct Scrubbed {
    pub request: Value,
    vault: Vault,
    passing: Passing,
    known: Known,
    is_json: bool,
}

/// Values that were recognised by the words around them, wherever else they stand.
#[derive(Default)]
struct Known {
    /// With their placeholders, the longest first.
    whole: Vec<(String, String)>,
    /// Single names of people, with marks of their own.
    names: Vec<(Regex, String)>,
    by_mark: BTreeMap<String, String>,
}

impl Known {
    fn of(vault: &Vault) -> anyhow::Result<Self> {
        let mut known = Self::default();
        for entry in vault.entries().iter().filter(|entry| !entry.value.starts_with('<')) {
            if entry.value.len() >= NO_WORD {
                known.whole.push((entry.value.to_string(), entry.placeholder.to_string()));
            }
            let parts = entry.value.split_whitespace().filter(|_| &*entry.kind == NAME);
            let is_name = |part: &&str| {
                part.chars().count() >= LEAST_NAME && part.chars().next().is_some_and(char::is_uppercase)
            };
            for part in parts.filter(is_name) {
                let new = known.by_mark.len() + 1;
                let mark = format!("«name {new}»");
                known.names.push((Regex::new(&format!(r"\b{}\b", regex::escape(part)))?, mark.clone()));
                known.by_mark.insert(mark, part.to_owned());
            }
        }
        known.whole.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Ok(known)
    }

    fn whole(&self, text: &str) -> String {
        let put = |text: String, (value, mark): &(String, String)| text.replace(value, mark);
        self.whole.iter().fold(text.to_owned(), put)
    }

    fn names(&self, text: &str) -> String {
        let put = |text: String, (name, mark): &(Regex, String)| {
            name.replace_all(&text, mark.as_str()).into_owned()
        };
        self.names.iter().fold(text.to_owned(), put)
    }

    fn restored(&self, text: &str) -> String {
        self.by_mark.iter().fold(text.to_owned(), |text, (mark, name)| text.replace(mark, name))
    }
}

/// Placeholders of ids and moments.
#[derive(Default)]
struct Passing {
    by_value: BTreeMap<String, String>,
    by_mark: BTreeMap<String, String>,
}

impl Passing {
    /// The text with a mark for each, new ones for what was never seen.
    fn put_away(&mut self, text: &str) -> String {
        let put = |found: &Captures<'_>| {
            let value = found[0].to_owned();
            if let Some(mark) = self.by_value.get(&value) {
                return mark.clone();
            }
            let kind = if found.name("id").is_some() { "id" } else { "time" };
            let mark = format!("«{kind} {}»", self.by_value.len() + 1);
            self.by_value.insert(value.clone(), mark.clone());
            self.by_mark.insert(mark.clone(), value);
            mark
        };
        PASSING.replace_all(text, put).into_owned()
    }

    /// The text with the marks of what is known.
    fn marked(&self, text: &str) -> String {
        let mark =
            |found: &Captures<'_>| self.by_value.get(&found[0]).map_or(&found[0], String::as_str).to_owned();
        PASSING.replace_all(text, mark).into_owned()
    }

    fn restored(&self, text: &str) -> String {
        if !text.contains('«') {
            return text.to_owned();
        }
        self.by_mark.iter().fold(text.to_owned(), |text, (mark, value)| text.replace(mark, value))
    }
}

impl Scrubber {
    pub fn new() -> anyhow::Result<Self> {
        let detector = Detector::new(Settings::default()).context("the detector of personal data")?;
        let protector = Protector::new(detector.into(), Rules::all(Treatment::Placeholder))?;
        Ok(Self { protector })
    }

    fn protect(&self, value: &mut Value, vault: &mut Vault) -> anyhow::Result<Value> {
        self.protector.numbers_as_text(value, NUMBER);
        Ok(self.protector.protect_json(Border::Model, value, vault)?)
    }

    /// What a provider's `model` is shown of the request.
    pub fn request(&self, request: &ModelRequest, model: &str) -> anyhow::Result<Scrubbed> {
        let messages: Vec<Value> = request.messages.iter().map(message).collect::<Result<_, _>>()?;
        let shown = json!({
            "model": model,
            "messages": messages,
            "tools": &*request.tools,
            "output_schema": request.output_schema,
            "max_output_tokens": request.max_output_tokens,
        });
        let mut passing = Passing::default();
        let mut shown = canonical::in_order(&shown);
        each(&mut shown, &mut |text| passing.put_away(text));
        let mut vault = Vault::new();
        let mut shown = self.protect(&mut shown, &mut vault)?;
        let known = Known::of(&vault)?;
        each(&mut shown, &mut |text| known.names(&known.whole(text)));
        let is_json = request.output_schema.is_some();
        Ok(Scrubbed { request: canonical::in_order(&shown), vault, passing, known, is_json })
    }
}

/// A message; what a tool said as JSON is read as that, because escapes would hide what is looked for.
fn message(message: &ModelMessage) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(message)?;
    if let ModelMessage::Tool { content, .. } = message
        && let Ok(read) = serde_json::from_str::<Value>(content)
    {
        value["content"] = read;
    }
    Ok(value)
}

impl Scrubbed {
    /// The reply as it is written down.
    pub fn reply(&mut self, scrubber: &Scrubber, response: &ModelResponse) -> anyhow::Result<Reply> {
        let read = |text: &String| match serde_json::from_str::<Value>(text) {
            Ok(value) if self.is_json && !value.is_string() => value,
            _ => json!(text),
        };
        let mut said = json!({
            "text": response.text.as_ref().map(read),
            "tool_calls": response.tool_calls,
            "model": response.model,
        });
        said.sort_all_objects();
        // A single name before the rest: alone it would be taken for another person's.
        each(&mut said, &mut |text| self.known.names(&self.passing.marked(text)));
        let mut said = scrubber.protect(&mut said, &mut self.vault)?;
        each(&mut said, &mut |text| self.known.whole(text));
        let calls: Vec<ToolCall> = serde_json::from_value(said["tool_calls"].take())?;
        let text = Some(said["text"].take()).filter(|text| !text.is_null());
        let model = said["model"].as_str().unwrap_or_default().to_owned();
        Ok(Reply { text, tool_calls: calls, model, usage: response.usage })
    }

    /// A reply with the values of this request.
    pub fn restored(&self, reply: Reply, provider: &str) -> ModelResponse {
        let back = |value: Value| {
            let mut value = self.vault.restore_json(&value).value;
            each(&mut value, &mut |text| self.known.restored(&self.passing.restored(text)));
            numbers_again(&mut value);
            value
        };
        let text = reply.text.map(|text| match back(text) {
            Value::String(text) => text,
            value => canonical::Sorted(&value).to_string(),
        });
        let call = |call: ToolCall| ToolCall { args: back(call.args), ..call };
        ModelResponse {
            text,
            tool_calls: reply.tool_calls.into_iter().map(call).collect(),
            usage: reply.usage,
            model: reply.model,
            provider: provider.to_owned(),
        }
    }
}

/// Makes numbers of what was one before it was written down.
fn numbers_again(value: &mut Value) {
    match value {
        Value::String(text) => {
            let number = text.strip_prefix(NUMBER).and_then(|digits| digits.parse::<Number>().ok());
            if let Some(number) = number {
                *value = Value::Number(number);
            }
        }
        Value::Array(all) => all.iter_mut().for_each(numbers_again),
        Value::Object(members) => members.values_mut().for_each(numbers_again),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Writes every string of a value anew, names of members too.
fn each(value: &mut Value, with: &mut impl FnMut(&str) -> String) {
    match value {
        Value::String(text) => *text = with(text),
        Value::Array(all) => all.iter_mut().for_each(|one| each(one, with)),
        Value::Object(members) => {
            let old = std::mem::take(members);
            for (name, mut member) in old {
                let name = with(&name);
                each(&mut member, with);
                members.insert(name, member);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
