//! The offline model: answers from passages in their own words, follows procedures, and hands over
//! what it cannot do. It computes from the request's facts and needs no network; the same request
//! always gets the same reply.
//!
//! It is used when no provider is configured and after every other provider has failed.

pub mod analysis;
pub mod answer;
pub mod article;
mod called;
pub mod cited;
mod copilot;
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
pub mod tone;

use async_trait::async_trait;
use domain::{
    answerability::Courses,
    model::{Model, ModelError, ModelFailure, ModelRequest, ModelResponse, TextSink, Usage},
};
use regex::Regex;

use respond::{Response, respond};

/// The name it answers under, as model and as provider.
pub const NAME: &str = "offline";

/// See the module. It costs nothing and counts no tokens.
#[derive(Clone, Copy, Debug)]
pub struct OfflineModel {
    courses: Courses,
}

impl OfflineModel {
    /// `courses` says when a question is answered, asked back or left.
    pub fn new(courses: Courses) -> Self {
        Self { courses }
    }
}

#[async_trait]
impl Model for OfflineModel {
    /// Answers steps that want an [`agents::answer::Answer`], a [`agents::cited::CitedAnswer`], an
    /// [`agents::article::Draft`] or an [`agents::copilot::Reply`].
    /// Refuses every other step: it cannot write freely and does not pretend to.
    async fn complete(
        &self,
        request: &ModelRequest,
        sink: Option<&dyn TextSink>,
    ) -> Result<ModelResponse, ModelFailure> {
        let wanted = request.output_schema.as_ref().map(|schema| schema.name.as_str());
        let malformed = |error: serde_json::Error| ModelError::Malformed(error.to_string());
        let (text, tool_calls) = match wanted {
            Some("answer") => match respond(request, &self.courses) {
                Response::Calls(calls) => (None, calls),
                Response::Final(answer) => {
                    (Some(serde_json::to_string(&answer).map_err(malformed)?), Vec::new())
                }
            },
            Some(agents::cited::SCHEMA) => {
                (Some(serde_json::to_string(&cited::cited(request)).map_err(malformed)?), Vec::new())
            }
            Some(agents::article::SCHEMA) => {
                (Some(serde_json::to_string(&article::article(request)).map_err(malformed)?), Vec::new())
            }
            Some(agents::copilot::SCHEMA) => match copilot::copilot(request) {
                copilot::Response::Calls(calls) => (None, calls),
                copilot::Response::Final(reply) => {
                    (Some(serde_json::to_string(&reply).map_err(malformed)?), Vec::new())
                }
            },
            _ => {
                return Err(ModelError::Refused(format!(
                    "the offline model only answers questions and cannot do `{}`; configure a model provider for it",
                    request.purpose
                ))
                .into());
            }
        };
        if let (Some(sink), Some(text)) = (sink, &text) {
            sink.text(text);
        }
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
