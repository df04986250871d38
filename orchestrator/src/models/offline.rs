//! The offline model: answers from passages in their own words, follows procedures, and hands over
//! what it cannot do. It computes from the request's facts and needs no network; the same request
//! always gets the same reply.
//!
//! It is used when no provider is configured and after every other provider has failed.

pub mod analysis;
pub mod answer;
pub mod flow;
pub mod intent;
pub mod markdown;
pub mod question;
pub mod rank;
pub mod respond;
pub mod slots;
pub mod talk;
pub mod template;
pub mod thesaurus;

use async_trait::async_trait;
use domain::model::{Model, ModelError, ModelRequest, ModelResponse, TextSink, Usage};
use regex::Regex;

use respond::{Response, respond};

/// The name it answers under, as model and as provider.
pub const NAME: &str = "offline";

/// See the module. It has no state, costs nothing and counts no tokens.
#[derive(Clone, Copy, Debug, Default)]
pub struct OfflineModel;

impl OfflineModel {
    pub fn new() -> Self {
        Self
    }
}

#[async_trait]
impl Model for OfflineModel {
    /// Answers steps that want an [`agents::answer::Answer`]. Refuses every other step: it cannot write
    /// freely and does not pretend to.
    async fn complete(
        &self,
        request: &ModelRequest,
        sink: Option<&dyn TextSink>,
    ) -> Result<ModelResponse, ModelError> {
        if request.output_schema.as_ref().is_none_or(|schema| schema.name != "answer") {
            return Err(ModelError::Refused(format!(
                "the offline model only answers customers and cannot do `{}`; configure a model provider for it",
                request.purpose
            )));
        }
        let (text, tool_calls) = match respond(request) {
            Response::Calls(calls) => (None, calls),
            Response::Final(answer) => {
                let text = serde_json::to_string(&answer)
                    .map_err(|error| ModelError::Malformed(error.to_string()))?;
                if let Some(sink) = sink {
                    sink.text(&text);
                }
                (Some(text), Vec::new())
            }
        };
        Ok(ModelResponse {
            text,
            tool_calls,
            usage: Usage::default(),
            model: NAME.to_owned(),
            provider: NAME.to_owned(),
        })
    }
}

/// Compiles a pattern that is written in this crate.
#[expect(clippy::expect_used, reason = "every pattern is a literal of this module and compiled by its tests")]
fn pattern(text: &'static str) -> Regex {
    Regex::new(text).expect("a literal pattern")
}
