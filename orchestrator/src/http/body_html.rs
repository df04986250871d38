//! Messages with their HTML beside their text, as they are served.
//!
//! For whoever sees masks it is made anew of the masked text ([`withhold`], [`make_anew`]): so it shows no more than
//! that, and no mask cuts a tag.

use std::ops::Range;

use domain::{
    ticket::{EventBody, Message},
    tool::Preview,
};
use serde_json::{Map, Value};

use super::{Http, footing::FootingView};
use crate::message_html;

/// The member of answers that holds it.
const BODY_HTML: &str = "body_html";
/// What the schema of an argument says that is a message of the desk.
const MARKDOWN: &str = "text/markdown";

pub(super) fn show(message: &mut Message) {
    message.body_html = message_html::of_message(message);
}

/// The same for the message that an event carries.
pub(super) fn show_event(body: &mut EventBody) {
    if let EventBody::MessageAdded { message } = body {
        show(message);
    }
}

impl Http {
    /// What a call would have somebody read, with its sentences; none when it is no message.
    pub(super) fn preview_html(
        &self,
        tool: &str,
        preview: &Preview,
        footing: Option<&FootingView>,
    ) -> Option<String> {
        let body = preview.body.as_deref()?;
        let tool = self.app.catalog.get(tool)?;
        let sentences = footing.map_or(&[][..], |footing| footing.sentences.as_slice());
        let places: Vec<(usize, usize)> = sentences.iter().map(|it| (it.start, it.end)).collect();
        writes_messages(&tool.spec().parameters).then(|| with_sentences(body, &places))
    }
}

fn writes_messages(parameters: &Value) -> bool {
    let arguments = parameters.get("properties").and_then(Value::as_object);
    arguments
        .is_some_and(|arguments| arguments.values().any(|argument| argument["contentMediaType"] == MARKDOWN))
}

/// `places` are in characters of the text.
fn with_sentences(text: &str, places: &[(usize, usize)]) -> String {
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let span = |(start, end): &(usize, usize)| -> Range<usize> {
        // One that does not fit the text keeps its number and stands nowhere.
        match (bytes.get(*start), bytes.get(*end)) {
            (Some(start), Some(end)) => *start..*end,
            _ => 0..0,
        }
    };
    message_html::with_sentences(text, &places.iter().map(span).collect::<Vec<_>>())
}

/// Takes out what [`make_anew`] makes.
pub(super) fn withhold(answer: &mut Value) {
    each(answer, &mut |members| {
        if members.get(BODY_HTML).is_some_and(Value::is_string) && text_of(members).is_some() {
            members.insert(BODY_HTML.to_owned(), Value::Null);
        }
    });
}

/// Makes what was taken out of the texts as they are now.
pub(super) fn make_anew(answer: &mut Value) {
    each(answer, &mut |members| {
        if !members.get(BODY_HTML).is_some_and(Value::is_null) {
            return;
        }
        let made = text_of(members).map(|(text, places)| with_sentences(text, &places));
        if let Some(html) = made {
            members.insert(BODY_HTML.to_owned(), Value::String(html));
        }
    });
}

/// The text that stands beside its HTML, and where its sentences are: of a message, of a tool that is tried, of an
/// approval as it is shown.
fn text_of(members: &Map<String, Value>) -> Option<(&str, Vec<(usize, usize)>)> {
    let preview = members.get("preview").or_else(|| members.get("approval")?.get("preview"));
    let text = match preview {
        Some(preview) => preview.get("body"),
        None => members.get("body"),
    };
    let place = |sentence: &Value, name: &str| {
        sentence.get(name).and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok())
    };
    let sentences = members.get("footing").and_then(|footing| footing.get("sentences")?.as_array());
    let places = sentences.into_iter().flatten().map(|sentence| {
        place(sentence, "start").zip(place(sentence, "end")).unwrap_or((usize::MAX, usize::MAX))
    });
    Some((text?.as_str()?, places.collect()))
}

fn each<F: FnMut(&mut Map<String, Value>)>(value: &mut Value, act: &mut F) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, act)),
        Value::Object(members) => {
            members.values_mut().for_each(|value| each(value, act));
            act(members);
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn html_is_made_of_the_text_as_it_is_masked() {
        let mut answer = json!({
            "messages": [
                { "body": "Ask **jane@example.com**", "body_html": "<p>Ask <strong>jane@example.com</strong></p>" },
                { "body": "*mine*" },
            ],
            "approval": { "preview": { "body": "Ask Jane. Bye." } },
            "footing": { "sentences": [{ "start": 0, "end": 9 }, { "start": 10, "end": 14 }, { "start": 90, "end": 99 }] },
            "body_html": "<p>Ask Jane. Bye.</p>",
            "record": { "body_html": "jane@example.com" },
        });
        withhold(&mut answer);
        assert_eq!(answer["messages"][0]["body_html"], Value::Null);
        assert_eq!(answer["record"]["body_html"], "jane@example.com", "what has no text beside it is a text");
        answer["messages"][0]["body"] = "Ask **j•••@e•••.com**".into();
        answer["approval"]["preview"]["body"] = "Ask J•••. Bye.".into();
        make_anew(&mut answer);
        assert_eq!(answer["messages"][0]["body_html"], "<p>Ask <strong>j•••@e•••.com</strong></p>");
        assert!(answer["messages"][1].get("body_html").is_none(), "customers write no Markdown");
        assert_eq!(
            answer["body_html"],
            "<p><span data-sentence=\"0\">Ask J•••.</span> <span data-sentence=\"1\">Bye.</span></p>"
        );
    }

    #[test]
    fn a_tool_writes_messages_when_its_schema_says_so() {
        let schema =
            |kind: &str| json!({ "properties": { "body": { "type": "string", "contentMediaType": kind } } });
        assert!(writes_messages(&schema("text/markdown")));
        assert!(!writes_messages(&schema("text/html")));
        assert!(!writes_messages(&json!({})));
    }
}
