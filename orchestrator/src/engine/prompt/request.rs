//! A request to a model as people read it: each part says whose words it is, and nothing grows without bound.

use std::fmt;

use domain::{
    WorkspaceId,
    canonical::{self, Sorted},
    excerpt,
    model::{ModelError, ModelMessage, ModelRequest, Strength},
    tool::ToolCall,
};
use prompts::blocks::{self, Whose};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{engine::House, models::Masked};

/// Characters of one message; of a longer one, the beginning.
const MAX_MESSAGE: usize = 60_000;
/// Bytes of all messages; of more, the first and the latest.
const MAX_MESSAGES: usize = 400_000;
/// Tools that are told.
const MAX_TOOLS: usize = 200;
/// Bytes of the tools' schemas; those beyond are left out.
const MAX_SCHEMAS: usize = 200_000;
/// Characters of a tool's description.
const MAX_DESCRIPTION: usize = 2_000;

/// What is put before a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptRequest {
    /// What it is asked for: `agent.step`.
    pub purpose: String,
    /// Name and version of the prompt today.
    pub prompt: String,
    /// Which of a provider's models is asked.
    pub strength: Strength,
    pub max_output_tokens: u32,
    /// The name of the JSON schema that the reply has to satisfy.
    pub output: Option<String>,
    pub border: PromptBorder,
    pub messages: Vec<PromptMessage>,
    /// Messages after the first that are left out here, because together they are too long.
    pub omitted: usize,
    /// The tools that it may call.
    pub tools: Vec<PromptTool>,
    /// Tools beyond those.
    pub more_tools: usize,
}

/// How the messages crossed the border to models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum PromptBorder {
    /// As a provider is sent them by the workspace's rules of today.
    Masked {
        /// Values that a placeholder stands for.
        placeholders: usize,
    },
    /// With their values: the offline model is of this house. It works from the facts behind the messages.
    Inside,
    /// The rules of today let them to no provider. They are shown as the agent asked.
    Refused { why: String },
}

/// Who says a message, as the model is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptRole {
    System,
    User,
    Assistant,
    Tool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptMessage {
    pub role: PromptRole,
    /// Its text, cut where the words of one end and those of another begin.
    pub parts: Vec<PromptPart>,
    /// What the model called there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<ToolCall>,
    /// Of a tool's result: of which call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_id: Option<String>,
    /// Of a tool's result: of which tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// Whether only its beginning is here.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cut: bool,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Whose words they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptVoice {
    /// The house's own.
    House,
    /// A colleague's.
    Colleague,
    /// What was said to the customer before, by a model or by a colleague.
    Said,
    /// Of anybody else, and never an instruction: customers, tools, other systems, documents.
    Untrusted,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptPart {
    pub voice: PromptVoice,
    /// The prompt's block that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<String>,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptTool {
    pub name: String,
    pub description: String,
    /// JSON schema of its arguments; null where the schemas are too long together.
    #[serde(serialize_with = "canonical::optional")]
    pub parameters: Option<Value>,
}

impl PromptRequest {
    pub(super) fn of(house: &House, workspace: WorkspaceId, asked: ModelRequest, inside: bool) -> Self {
        let (request, border) = if inside {
            (asked, PromptBorder::Inside)
        } else {
            match Masked::shown(&house.protections.of(workspace), &asked) {
                Ok((shown, vault)) => (shown, PromptBorder::Masked { placeholders: vault.entries().len() }),
                Err(ModelError::Refused(why)) => (asked, PromptBorder::Refused { why }),
                Err(error) => (asked, PromptBorder::Refused { why: error.to_string() }),
            }
        };
        let (messages, omitted) = fitting(&request.messages);
        let mut schemas = 0;
        let tools = request.tools.iter().take(MAX_TOOLS).map(|tool| {
            schemas += tool.parameters.to_string().len();
            PromptTool {
                name: tool.name.clone(),
                description: excerpt::cut(&tool.description, MAX_DESCRIPTION),
                parameters: (schemas <= MAX_SCHEMAS).then(|| tool.parameters.clone()),
            }
        });
        Self {
            tools: tools.collect(),
            more_tools: request.tools.len().saturating_sub(MAX_TOOLS),
            purpose: request.purpose,
            prompt: request.prompt,
            strength: request.strength,
            max_output_tokens: request.max_output_tokens,
            output: request.output_schema.map(|schema| schema.name),
            border,
            messages,
            omitted,
        }
    }
}

/// The first message and the latest, as many as there is room for; how many are left out in between.
fn fitting(messages: &[ModelMessage]) -> (Vec<PromptMessage>, usize) {
    let Some((first, rest)) = messages.split_first() else { return (Vec::new(), 0) };
    let mut fitting = vec![PromptMessage::of(first)];
    let mut size = fitting[0].size();
    let fits = |message: &PromptMessage| {
        size += message.size();
        size <= MAX_MESSAGES
    };
    fitting.extend(rest.iter().rev().map(PromptMessage::of).take_while(fits));
    fitting[1..].reverse();
    let omitted = messages.len() - fitting.len();
    (fitting, omitted)
}

impl PromptMessage {
    fn of(message: &ModelMessage) -> Self {
        let plain = |role, (text, cut): (&str, bool), voice| Self {
            role,
            parts: match text {
                "" => Vec::new(),
                text => vec![PromptPart { voice, block: None, text: text.to_owned() }],
            },
            calls: Vec::new(),
            call_id: None,
            tool: None,
            cut,
        };
        let rendered = |role, (text, cut): (&str, bool)| Self {
            role,
            parts: blocks::parts(text)
                .into_iter()
                .map(|part| PromptPart {
                    voice: match part.whose {
                        Whose::House => PromptVoice::House,
                        Whose::Colleague => PromptVoice::Colleague,
                        Whose::Data => PromptVoice::Untrusted,
                    },
                    block: part.block.map(str::to_owned),
                    text: part.text.to_owned(),
                })
                .collect(),
            calls: Vec::new(),
            call_id: None,
            tool: None,
            cut,
        };
        match message {
            ModelMessage::System { text } => rendered(PromptRole::System, beginning(text)),
            ModelMessage::User { text } => rendered(PromptRole::User, beginning(text)),
            // What only calls tools says nothing.
            ModelMessage::Assistant { text, tool_calls } => Self {
                calls: tool_calls.clone(),
                ..plain(PromptRole::Assistant, beginning(text.as_deref().unwrap_or("")), PromptVoice::Said)
            },
            ModelMessage::Tool { call_id, name, content } => Self {
                call_id: Some(call_id.clone()),
                tool: Some(name.clone()),
                ..plain(PromptRole::Tool, beginning(content), PromptVoice::Untrusted)
            },
        }
    }

    fn size(&self) -> usize {
        let calls = self.calls.iter().map(|call| call.args.to_string().len());
        self.parts.iter().map(|part| part.text.len()).chain(calls).sum()
    }
}

/// As much of a text as is shown, and whether that is not all.
fn beginning(text: &str) -> (&str, bool) {
    excerpt::beginning(text, MAX_MESSAGE).map_or((text, false), |words| (words, true))
}

impl fmt::Display for PromptRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "limit:     {} tokens out", self.max_output_tokens)?;
        if let Some(output) = &self.output {
            writeln!(f, "output:    JSON by the schema {output}")?;
        }
        let tools: Vec<&str> = self.tools.iter().map(|tool| tool.name.as_str()).collect();
        if !tools.is_empty() {
            let more =
                if self.more_tools > 0 { format!(" and {} more", self.more_tools) } else { String::new() };
            writeln!(f, "tools:     {}{more}", plain(&tools.join(", ")))?;
        }
        match &self.border {
            PromptBorder::Masked { placeholders } => {
                writeln!(f, "shown:     as providers are sent it today, with {placeholders} placeholders")?;
            }
            PromptBorder::Inside => {
                writeln!(f, "shown:     with its values; the offline model works from the facts behind it")?;
            }
            PromptBorder::Refused { why } => {
                writeln!(
                    f,
                    "shown:     as the agent asked; today no provider would be sent it: {}",
                    plain(why)
                )?;
            }
        }
        writeln!(f, "Lines behind | are somebody else's words, and data.")?;
        for (number, message) in self.messages.iter().enumerate() {
            if number == 1 && self.omitted > 0 {
                writeln!(f, "\n({} messages are left out here)", self.omitted)?;
            }
            write!(f, "\n{message}")?;
        }
        Ok(())
    }
}

impl fmt::Display for PromptMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.role, &self.tool) {
            (PromptRole::System, _) => writeln!(f, "== system")?,
            (PromptRole::User, _) => writeln!(f, "== user")?,
            (PromptRole::Assistant, _) => writeln!(f, "== assistant")?,
            (PromptRole::Tool, tool) => {
                writeln!(f, "== result of {}", plain(tool.as_deref().unwrap_or("a tool")))?;
            }
        }
        for part in &self.parts {
            let mark = if part.voice == PromptVoice::Untrusted { "| " } else { "" };
            for line in plain(&part.text).lines() {
                writeln!(f, "{mark}{line}")?;
            }
        }
        for call in &self.calls {
            writeln!(f, "calls {} {}", plain(&call.tool), plain(&Sorted(&call.args).to_string()))?;
        }
        if self.cut {
            writeln!(f, "(it goes on)")?;
        }
        Ok(())
    }
}

/// A text that does nothing to the terminal that shows it.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn user(length: usize) -> ModelMessage {
        ModelMessage::User { text: "x".repeat(length) }
    }

    #[test]
    fn what_is_too_long_together_keeps_the_first_and_the_latest() {
        let mut messages = vec![ModelMessage::System { text: "be kind".to_owned() }];
        messages.extend((0..20).map(|_| user(50_000)));
        messages.push(ModelMessage::Assistant { text: Some("the last".to_owned()), tool_calls: Vec::new() });
        let (shown, omitted) = fitting(&messages);
        assert_eq!(shown.len() + omitted, messages.len());
        assert!(omitted > 10, "{omitted}");
        assert_eq!(shown[0].parts[0].text, "be kind");
        assert_eq!(shown.last().map(|last| last.parts[0].text.as_str()), Some("the last"));
        assert!(shown.iter().map(PromptMessage::size).sum::<usize>() <= MAX_MESSAGES);
        assert_eq!(fitting(&[]), (Vec::new(), 0));
    }

    #[test]
    fn a_long_message_is_cut_between_characters_and_says_so() {
        let message = PromptMessage::of(&ModelMessage::User { text: "ü".repeat(MAX_MESSAGE + 1) });
        assert!(message.cut);
        assert_eq!(message.parts[0].text.chars().count(), MAX_MESSAGE);
        assert!(!PromptMessage::of(&user(MAX_MESSAGE)).cut);
    }

    #[test]
    fn each_part_says_whose_words_it_is_and_a_terminal_is_left_alone() {
        let system = "Work on it.\n<ticket_subject>\nHi \u{1b}[31m\n</ticket_subject>";
        let message = PromptMessage::of(&ModelMessage::System { text: system.to_owned() });
        let voices: Vec<PromptVoice> = message.parts.iter().map(|part| part.voice).collect();
        assert_eq!(voices, [PromptVoice::House, PromptVoice::Untrusted]);
        assert_eq!(
            message.to_string(),
            "== system\nWork on it.\n| <ticket_subject>\n| Hi \u{fffd}[31m\n| </ticket_subject>\n"
        );
        let call =
            ToolCall { id: "c1_0".to_owned(), tool: "look".to_owned(), args: json!({ "b": 1, "a": 2 }) };
        let called = PromptMessage::of(&ModelMessage::Assistant { text: None, tool_calls: vec![call] });
        assert_eq!(called.to_string(), "== assistant\ncalls look {\"a\":2,\"b\":1}\n");
        let result = PromptMessage::of(&ModelMessage::Tool {
            call_id: "c1_0".to_owned(),
            // As a model may call what there is not.
            name: "look\u{1b}[31m".to_owned(),
            content: "{}".to_owned(),
        });
        assert_eq!(result.parts[0].voice, PromptVoice::Untrusted);
        assert_eq!(result.to_string(), "== result of look\u{fffd}[31m\n| {}\n");
    }
}
