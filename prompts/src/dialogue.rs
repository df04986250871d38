//! Prompts of the model-with-tools loop: how messages, results and repairs look to a model.

use domain::canonical::Sorted;
use serde::Serialize;
use serde_json::Value;

use crate::{PromptError, Rendered, Untrusted, library::render, untrusted};

/// Something a customer wrote, in its block.
pub struct CustomerMessage<'a> {
    /// Counts from 1 within the ticket's public messages.
    pub number: usize,
    /// RFC 3339.
    pub at: &'a str,
    pub author: &'a str,
    pub body: &'a str,
    /// File names.
    pub attachments: &'a [&'a str],
}

pub fn customer_message(inputs: CustomerMessage<'_>) -> Result<Rendered, PromptError> {
    #[derive(Serialize)]
    struct Inputs<'a> {
        number: usize,
        at: &'a str,
        author: String,
        body: Untrusted<'a>,
        attachments: Vec<String>,
    }
    render(
        "dialogue/customer_message",
        Inputs {
            number: inputs.number,
            at: inputs.at,
            author: untrusted::one_line(inputs.author),
            body: Untrusted(inputs.body),
            attachments: inputs.attachments.iter().map(|name| untrusted::one_line(name)).collect(),
        },
    )
}

/// Something another system reported, in its block.
pub struct ReportedEvent<'a> {
    pub name: &'a str,
    /// RFC 3339.
    pub at: &'a str,
    /// JSON.
    pub data: &'a str,
}

pub fn reported_event(inputs: ReportedEvent<'_>) -> Result<Rendered, PromptError> {
    #[derive(Serialize)]
    struct Inputs<'a> {
        name: String,
        at: &'a str,
        data: Untrusted<'a>,
    }
    let name = untrusted::one_line(inputs.name);
    render("dialogue/reported_event", Inputs { name, at: inputs.at, data: Untrusted(inputs.data) })
}

/// A follow-up that came due, in its block.
#[derive(Serialize)]
pub struct FollowUp<'a> {
    /// RFC 3339.
    pub at: &'a str,
    pub note: Untrusted<'a>,
}

pub fn follow_up(inputs: FollowUp<'_>) -> Result<Rendered, PromptError> {
    render("dialogue/follow_up", inputs)
}

/// Stands where older messages were left out.
#[derive(Serialize)]
pub struct Omission {
    pub count: usize,
}

pub fn omission(inputs: Omission) -> Result<Rendered, PromptError> {
    render("dialogue/omission", inputs)
}

/// Tells a model what the placeholders in its messages are.
pub fn placeholders() -> Result<Rendered, PromptError> {
    #[derive(Serialize)]
    struct Nothing {}
    render("dialogue/placeholders", Nothing {})
}

/// Asks for the reply again.
#[derive(Serialize)]
pub struct Repair<'a> {
    /// What was wrong with it; may quote the model.
    pub why: Untrusted<'a>,
}

pub fn repair(inputs: Repair<'_>) -> Result<Rendered, PromptError> {
    render("dialogue/repair", inputs)
}

/// What became of a reply that the agent drafted.
#[derive(Serialize)]
pub struct DraftOutcome<'a> {
    /// `CallOutcome::status`, or `not_sent` when it was never tried.
    pub status: &'a str,
    /// What the customer has read, when a person changed it.
    pub sent: Option<Untrusted<'a>>,
    /// A reviewer's words, a refusal's reason, an error.
    pub message: Option<Untrusted<'a>>,
}

pub fn draft_outcome(inputs: DraftOutcome<'_>) -> Result<Rendered, PromptError> {
    render("dialogue/draft_outcome", inputs)
}

/// A tool's result as JSON text for a model. The text is one JSON object with `untrusted: true`
/// beside `result`'s members; `<` is written `\u003c`, which is the same text to a JSON reader and
/// cannot open or close a block. What a longer text than `limit` bytes holds is cut and says so.
pub fn tool_result(result: serde_json::Map<String, Value>, limit: usize) -> String {
    let mut object = result;
    object.insert("untrusted".to_owned(), Value::Bool(true));
    let mut text = escaped(&object);
    if text.len() > limit
        && let Some(content) = object.remove("content")
    {
        let mut whole = Sorted(&content).to_string();
        let mut end = limit.min(whole.len());
        while !whole.is_char_boundary(end) {
            end -= 1;
        }
        whole.truncate(end);
        object.insert("content_cut".to_owned(), Value::String(whole));
        object.insert("cut".to_owned(), Value::Bool(true));
        text = escaped(&object);
    }
    text
}

fn escaped(object: &serde_json::Map<String, Value>) -> String {
    let text = Sorted(object).to_string();
    if text.contains('<') { text.replace('<', "\\u003c") } else { text }
}
