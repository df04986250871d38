//! The chat completions protocol: the request as borrowed parts, so that a call copies no message,
//! and the reply with only the fields that are read. Replies are read leniently, because compatible
//! servers differ in what they leave out.

use domain::{canonical::Sorted, model::ModelMessage};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeSeq as _};
use serde_json::{Value, value::RawValue};

#[derive(Serialize)]
pub(super) struct Body<'a> {
    pub model: &'a str,
    pub messages: Messages<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    pub stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<StreamOptions>,
}

#[derive(Serialize)]
pub(super) struct StreamOptions {
    pub include_usage: bool,
}

/// The conversation, and behind it what was wrong with the reply before, when it is asked for again.
pub(super) struct Messages<'a> {
    pub messages: &'a [ModelMessage],
    pub note: Option<&'a str>,
}

impl Serialize for Messages<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let length = self.messages.len() + usize::from(self.note.is_some());
        let mut list = serializer.serialize_seq(Some(length))?;
        for message in self.messages {
            list.serialize_element(&Message::from(message))?;
        }
        if let Some(note) = self.note {
            list.serialize_element(&Message::User { content: note })?;
        }
        list.end()
    }
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "snake_case")]
enum Message<'a> {
    System {
        content: &'a str,
    },
    User {
        content: &'a str,
    },
    Assistant {
        content: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<Call<'a>>,
    },
    Tool {
        tool_call_id: &'a str,
        content: &'a str,
    },
}

#[derive(Serialize)]
struct Call<'a> {
    id: &'a str,
    r#type: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    /// The protocol carries arguments as text that holds JSON.
    #[serde(serialize_with = "as_text")]
    arguments: &'a Value,
}

fn as_text<S: Serializer>(value: &&Value, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Sorted(*value))
}

impl<'a> From<&'a ModelMessage> for Message<'a> {
    fn from(message: &'a ModelMessage) -> Self {
        match message {
            ModelMessage::System { text } => Self::System { content: text },
            ModelMessage::User { text } => Self::User { content: text },
            ModelMessage::Assistant { text, tool_calls } => Self::Assistant {
                // Null is allowed only beside calls.
                content: text.as_deref().or(tool_calls.is_empty().then_some("")),
                tool_calls: tool_calls
                    .iter()
                    .map(|call| Call {
                        id: &call.id,
                        r#type: "function",
                        function: Function { name: &call.tool, arguments: &call.args },
                    })
                    .collect(),
            },
            ModelMessage::Tool { call_id, content, .. } => Self::Tool { tool_call_id: call_id, content },
        }
    }
}

/// A whole reply.
#[derive(Debug, Deserialize)]
pub(super) struct Completion {
    #[serde(default)]
    pub choices: Vec<Choice>,
    #[serde(default)]
    pub usage: Option<Tokens>,
    #[serde(default)]
    pub model: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    pub message: Answer,
    #[serde(default)]
    pub finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Answer {
    #[serde(default)]
    pub content: Option<String>,
    #[serde(default)]
    pub refusal: Option<String>,
    #[serde(default)]
    pub tool_calls: Option<Vec<AnswerCall>>,
}

/// A call in a whole reply, or a piece of one in a stream.
#[derive(Debug, Deserialize)]
pub(super) struct AnswerCall {
    #[serde(default)]
    pub index: Option<usize>,
    #[serde(default)]
    pub id: Option<String>,
    #[serde(default)]
    pub function: Option<AnswerFunction>,
}

#[derive(Debug, Deserialize)]
pub(super) struct AnswerFunction {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub arguments: Option<Arguments>,
}

/// Text that should hold JSON; some servers send the JSON itself.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Arguments {
    Text(String),
    Json(Value),
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct Tokens {
    #[serde(default)]
    pub prompt_tokens: Option<u64>,
    #[serde(default)]
    pub completion_tokens: Option<u64>,
}

/// One event of a stream.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk {
    #[serde(default)]
    pub choices: Vec<ChunkChoice>,
    #[serde(default)]
    pub usage: Option<Tokens>,
    #[serde(default)]
    pub model: Option<String>,
    /// Servers that fail after the first byte say so in the stream.
    #[serde(default)]
    pub error: Option<Value>,
}

#[derive(Debug, Deserialize)]
pub(super) struct ChunkChoice {
    #[serde(default)]
    pub delta: Option<Answer>,
    #[serde(default)]
    pub finish_reason: Option<String>,
}

#[cfg(test)]
mod tests {
    use domain::tool::ToolCall;
    use serde_json::json;

    use super::*;

    #[test]
    fn arguments_travel_as_text_and_results_name_their_call() {
        let messages = [
            ModelMessage::System { text: "s".to_owned() },
            ModelMessage::Assistant {
                text: None,
                tool_calls: vec![ToolCall {
                    id: "c1".to_owned(),
                    tool: "find".to_owned(),
                    args: json!({ "q": "a \"b\"" }),
                }],
            },
            ModelMessage::Tool {
                call_id: "c1".to_owned(),
                name: "find".to_owned(),
                content: "[]".to_owned(),
            },
            ModelMessage::Assistant { text: None, tool_calls: Vec::new() },
        ];
        let sent = serde_json::to_value(Messages { messages: &messages, note: Some("again") }).unwrap();
        assert_eq!(
            sent,
            json!([
                { "role": "system", "content": "s" },
                { "role": "assistant", "content": null, "tool_calls": [
                    { "id": "c1", "type": "function", "function": { "name": "find", "arguments": "{\"q\":\"a \\\"b\\\"\"}" } } ] },
                { "role": "tool", "tool_call_id": "c1", "content": "[]" },
                { "role": "assistant", "content": "" },
                { "role": "user", "content": "again" },
            ])
        );
    }
}
