//! The port to language models, and what goes through it.

use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::{
    Timestamp, WorkspaceId,
    canonical::{self, Digest},
    knowledge::Passage,
    procedure::Procedure,
    tool::ToolCall,
};

/// Which of the configured models a step needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    Fast,
    Strong,
}

/// One entry of the conversation with the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum ModelMessage {
    System {
        text: String,
    },
    User {
        text: String,
    },
    Assistant {
        text: Option<String>,
        tool_calls: Vec<ToolCall>,
    },
    /// The result of a call, as JSON text.
    Tool {
        call_id: String,
        name: String,
        content: String,
    },
}

/// A tool as the model sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ToolSchema {
    pub name: String,
    pub description: String,
    /// JSON schema of the arguments.
    #[serde(serialize_with = "canonical::value")]
    pub parameters: Value,
}

/// The same facts the rendered messages carry, in typed form, for a model that computes instead
/// of reading prose (the offline model). A remote provider never sees it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// What was said, oldest first.
    pub conversation: Vec<Turn>,
    /// What the workspace has procedures for.
    pub procedures: Arc<Vec<Procedure>>,
    /// Passages that searches of this run returned.
    pub passages: Vec<Passage>,
    /// The customer's name, tier, locale and contact, where known.
    #[serde(serialize_with = "canonical::optional")]
    pub customer: Option<Value>,
    /// What was reported since anybody last wrote something, in words for people, oldest first.
    pub reports: Vec<String>,
    /// Results of this run's earlier calls, oldest first.
    pub results: Vec<CallResult>,
    /// Names, addresses and numbers of people that what is written must not hold.
    pub withheld: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Turn {
    pub from_customer: bool,
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallResult {
    pub call: ToolCall,
    pub ok: bool,
    /// `ok`, `rejected`, `expired`, `responded`, `superseded`, `refused`, `failed`.
    pub status: String,
    #[serde(serialize_with = "canonical::value")]
    pub content: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelRequest {
    /// Whose rules say what a provider may see; without one, the installation's. Whoever sends it says so.
    #[serde(skip)]
    pub workspace: Option<WorkspaceId>,
    /// `agent.step`, for metrics and for scripted models.
    pub purpose: String,
    pub strength: Strength,
    pub messages: Vec<ModelMessage>,
    pub tools: Arc<Vec<ToolSchema>>,
    /// JSON schema the final text must satisfy, when the step wants one.
    pub output_schema: Option<OutputSchema>,
    pub max_output_tokens: u32,
    /// `prompts/…` name and version that rendered the messages, for the journal.
    pub prompt: String,
    pub facts: Facts,
}

impl ModelRequest {
    /// The digest of what a provider is shown. The facts say the same in other words, so they are
    /// left out.
    pub fn digest(&self) -> Digest {
        Digest::of_written(&(
            &self.purpose,
            self.strength,
            &self.messages,
            &*self.tools,
            &self.output_schema,
            self.max_output_tokens,
            &self.prompt,
        ))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputSchema {
    pub name: String,
    #[serde(serialize_with = "canonical::value")]
    pub schema: Arc<Value>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Usage {
    pub tokens_in: i64,
    pub tokens_out: i64,
    /// Millionths of a credit.
    pub cost_micros: i64,
}

impl Usage {
    /// More than can be counted stays the most that can.
    pub fn add(&mut self, more: Self) {
        self.tokens_in = self.tokens_in.saturating_add(more.tokens_in);
        self.tokens_out = self.tokens_out.saturating_add(more.tokens_out);
        self.cost_micros = self.cost_micros.saturating_add(more.cost_micros);
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelResponse {
    pub text: Option<String>,
    pub tool_calls: Vec<ToolCall>,
    pub usage: Usage,
    /// The model that answered; `offline` for the offline model.
    pub model: String,
    /// The configured provider's name.
    pub provider: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ModelError {
    /// Worth trying again later: rate limits, server errors, timeouts, cut streams.
    #[error("the model provider is not available: {0}")]
    Unavailable(String),
    /// Nobody is to be asked before that time: a breaker is open, or a limit is reached.
    #[error("{why}")]
    Paused {
        /// What is waited for, in words that people read.
        why: String,
        until: Timestamp,
    },
    /// The provider refuses this request; repeating it will not help.
    #[error("the model provider refused the request: {0}")]
    Refused(String),
    /// What came back is not what the protocol or the schema promises.
    #[error("the model's reply is not usable: {0}")]
    Malformed(String),
}

/// A call that failed, and what it cost all the same.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{error}")]
pub struct ModelFailure {
    pub error: ModelError,
    pub usage: Usage,
}

impl From<ModelError> for ModelFailure {
    fn from(error: ModelError) -> Self {
        Self { error, usage: Usage::default() }
    }
}

/// Receives text as it is generated. For watching a run live; nothing a customer reads comes from
/// here, because the gate judges whole replies.
pub trait TextSink: Send + Sync {
    fn text(&self, delta: &str);
    /// What came so far is void, because the reply broke off: it begins anew.
    fn restart(&self) {}
}

#[async_trait]
pub trait Model: Send + Sync {
    /// Performs one completion. Retries, fallback and breakers are behind this call, so an error
    /// is final for now.
    async fn complete(
        &self,
        request: &ModelRequest,
        sink: Option<&dyn TextSink>,
    ) -> Result<ModelResponse, ModelFailure>;

    /// The most that such a call may cost with all its attempts, in millionths of a credit; 0 where models
    /// cost nothing.
    fn most(&self, _request: &ModelRequest) -> i64 {
        0
    }
}
