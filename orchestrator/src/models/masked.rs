//! A model of another house behind placeholders: it is shown `<EMAIL_1>`, and what it answers has the
//! values back before anybody reads it.
//!
//! The placeholders of a call are made anew from its messages, which a run repeats and lengthens, so
//! they are the same from call to call and nothing has to be kept. Journals, gate, tools and customers
//! see values alone.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::{
    canonical::Sorted,
    model::{Facts, Model, ModelError, ModelFailure, ModelMessage, ModelRequest, ModelResponse, TextSink},
    tool::ToolCall,
};
use guards::masking::{Border, Error, Protector, StreamRestorer, Vault};
use serde_json::Value;

use crate::protections::Protections;

pub struct Masked {
    model: Arc<dyn Model>,
    protections: Arc<Protections>,
}

impl Masked {
    pub fn new(model: Arc<dyn Model>, protections: Arc<Protections>) -> Self {
        Self { model, protections }
    }

    fn message(
        protector: &Protector,
        message: &ModelMessage,
        vault: &mut Vault,
    ) -> Result<ModelMessage, Error> {
        let text = |text: &String, vault: &mut Vault| protector.protect(Border::Model, text, vault);
        Ok(match message {
            ModelMessage::System { text: said } => {
                // All but the last few are the same for every run, and known.
                let shown: Result<String, Error> =
                    sections(said).map(|section| protector.protect(Border::Model, section, vault)).collect();
                ModelMessage::System { text: shown? }
            }
            ModelMessage::User { text: said } => ModelMessage::User { text: text(said, vault)? },
            ModelMessage::Assistant { text: said, tool_calls } => ModelMessage::Assistant {
                text: said.as_ref().map(|said| text(said, vault)).transpose()?,
                tool_calls: tool_calls
                    .iter()
                    .map(|call| {
                        let args = protector.protect_json(Border::Model, &call.args, vault)?;
                        Ok(ToolCall { args, ..call.clone() })
                    })
                    .collect::<Result<_, Error>>()?,
            },
            ModelMessage::Tool { call_id, name, content } => {
                let content = protector.protect_result(Border::Model, content, vault)?;
                ModelMessage::Tool { call_id: call_id.clone(), name: name.clone(), content }
            }
        })
    }

    fn request(&self, request: &ModelRequest) -> Result<(ModelRequest, Vault), ModelError> {
        let protector = match request.workspace {
            Some(workspace) => self.protections.of(workspace),
            None => self.protections.installation(),
        };
        Self::shown(&protector, request)
    }

    /// The request as a provider is shown it by these rules, and what stands behind its placeholders.
    ///
    /// # Errors
    ///
    /// [`ModelError::Refused`], when the rules let it to no provider.
    pub fn shown(protector: &Protector, request: &ModelRequest) -> Result<(ModelRequest, Vault), ModelError> {
        let refused = |why: String| ModelError::Refused(why);
        if protector.is_closed() {
            return Err(refused(
                "the workspace's policy cannot be used, so nobody can tell what a provider may see; an admin has to \
                 put one that can"
                    .to_owned(),
            ));
        }
        let mut vault = Vault::new();
        let mut messages = request
            .messages
            .iter()
            .map(|message| Self::message(protector, message, &mut vault))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| refused(error.to_string()))?;
        if !vault.entries().is_empty() {
            let note = prompts::placeholders().map_err(|error| refused(error.to_string()))?.text;
            match messages.first_mut() {
                Some(ModelMessage::System { text }) => {
                    text.push_str("\n\n");
                    text.push_str(&note);
                }
                _ => messages.insert(0, ModelMessage::System { text: note }),
            }
        }
        let shown = ModelRequest {
            workspace: request.workspace,
            purpose: request.purpose.clone(),
            strength: request.strength,
            messages,
            tools: Arc::clone(&request.tools),
            output_schema: request.output_schema.clone(),
            max_output_tokens: request.max_output_tokens,
            prompt: request.prompt.clone(),
            // The same in other words, which this model never reads.
            facts: Facts::default(),
        };
        Ok((shown, vault))
    }
}

/// A prompt cut before each of its headings. Nothing that is looked for goes on beyond one.
fn sections(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.match_indices("\n# ").map(|(at, _)| at + 1).next().unwrap_or(rest.len());
        let (section, after) = rest.split_at(end);
        rest = after;
        Some(section)
    })
}

fn written(value: &Value) -> String {
    serde_json::to_string(&Sorted(value)).unwrap_or_else(|_| value.to_string())
}

/// Puts the values back. A placeholder that stands for nothing was made up, and nobody may read it as
/// if it stood for something.
fn restored(response: ModelResponse, vault: &Vault, is_json: bool) -> Result<ModelResponse, ModelError> {
    if vault.entries().is_empty() {
        return Ok(response);
    }
    let mut unknown = Vec::new();
    let text = response.text.map(|text| match serde_json::from_str::<Value>(&text) {
        // A value may have to be escaped.
        Ok(value) if is_json => {
            let restored = vault.restore_json(&value);
            unknown.extend(restored.unknown);
            written(&restored.value)
        }
        _ => {
            let restored = vault.restore(&text);
            unknown.extend(restored.unknown);
            restored.value
        }
    });
    let mut tool_calls = response.tool_calls;
    for call in &mut tool_calls {
        let args = vault.restore_json(&call.args);
        unknown.extend(args.unknown);
        call.args = args.value;
    }
    match unknown.first() {
        None => Ok(ModelResponse { text, tool_calls, ..response }),
        Some(unknown) => Err(ModelError::Malformed(format!("it has {unknown}, which stands for nothing"))),
    }
}

/// Restores what is generated while it is.
struct Restoring<'a> {
    sink: &'a dyn TextSink,
    vault: Arc<Vault>,
    restorer: Mutex<StreamRestorer>,
}

impl Restoring<'_> {
    fn give(&self, text: &str) {
        if !text.is_empty() {
            self.sink.text(text);
        }
    }

    fn finish(&self) {
        let rest = self.restorer.lock().unwrap_or_else(PoisonError::into_inner).finish();
        self.give(&rest);
    }
}

impl TextSink for Restoring<'_> {
    fn text(&self, delta: &str) {
        let text = self.restorer.lock().unwrap_or_else(PoisonError::into_inner).push(delta);
        self.give(&text);
    }

    fn restart(&self) {
        let anew = StreamRestorer::new(Arc::clone(&self.vault));
        *self.restorer.lock().unwrap_or_else(PoisonError::into_inner) = anew;
        self.sink.restart();
    }
}

#[async_trait]
impl Model for Masked {
    async fn complete(
        &self,
        request: &ModelRequest,
        sink: Option<&dyn TextSink>,
    ) -> Result<ModelResponse, ModelFailure> {
        let (shown, vault) = self.request(request)?;
        let vault = Arc::new(vault);
        let restoring = sink.map(|sink| Restoring {
            sink,
            vault: Arc::clone(&vault),
            restorer: Mutex::new(StreamRestorer::new(Arc::clone(&vault))),
        });
        let watcher = restoring.as_ref().map(|restoring| restoring as &dyn TextSink);
        let response = self.model.complete(&shown, watcher).await?;
        if let Some(restoring) = &restoring {
            restoring.finish();
        }
        let usage = response.usage;
        let restored = restored(response, &vault, request.output_schema.is_some());
        if let (Err(_), Some(sink)) = (&restored, sink) {
            sink.restart();
        }
        restored.map_err(|error| ModelFailure { error, usage })
    }

    fn most(&self, request: &ModelRequest) -> i64 {
        self.model.most(request)
    }
}
