//! Several models as one: the next is asked when the one before cannot answer.

use std::sync::Arc;

use async_trait::async_trait;
use domain::model::{Model, ModelError, ModelFailure, ModelRequest, ModelResponse, TextSink, Usage};

/// Asks its models in order. A model whose breaker is open answers at once that it is not
/// available, which costs nothing. A refusal goes on to the next too: what one provider refuses,
/// for its key, its limits or its rules, another may accept.
pub struct Fallback {
    models: Vec<Arc<dyn Model>>,
}

impl Fallback {
    /// In the order in which they are asked.
    pub fn new(models: Vec<Arc<dyn Model>>) -> Self {
        Self { models }
    }
}

#[async_trait]
impl Model for Fallback {
    async fn complete(
        &self,
        request: &ModelRequest,
        sink: Option<&dyn TextSink>,
    ) -> Result<ModelResponse, ModelFailure> {
        let mut errors = Vec::new();
        // What those cost that could not answer is paid too.
        let mut usage = Usage::default();
        for (position, model) in self.models.iter().enumerate() {
            match model.complete(request, sink).await {
                Ok(mut response) => {
                    response.usage.add(usage);
                    if position > 0 {
                        metrics::counter!("countersign_model_fallbacks_total", "provider" => response.provider.clone())
                            .increment(1);
                        tracing::info!(
                            provider = response.provider,
                            purpose = request.purpose,
                            position,
                            "answered by a fallback"
                        );
                    }
                    return Ok(response);
                }
                Err(failure) => {
                    usage.add(failure.usage);
                    errors.push(failure.error);
                }
            }
        }
        Err(ModelFailure { error: all_failed(errors), usage })
    }

    fn most(&self, request: &ModelRequest) -> i64 {
        self.models.iter().map(|model| model.most(request)).fold(0, i64::saturating_add)
    }
}

/// One error for all. If any of them may pass, trying later may help; if all that may are to be left alone,
/// it is known when.
fn all_failed(errors: Vec<ModelError>) -> ModelError {
    let paused = errors.iter().filter_map(|error| match error {
        ModelError::Paused { why, until } => Some((why.as_str(), *until)),
        _ => None,
    });
    let until = paused.clone().map(|(_, until)| until).min();
    if let Some(until) = until
        && !errors.iter().any(|error| matches!(error, ModelError::Unavailable(_)))
    {
        let whys: Vec<&str> = paused.map(|(why, _)| why).collect();
        return ModelError::Paused { why: whys.join("; "), until };
    }
    let temporary = errors.iter().any(|error| matches!(error, ModelError::Unavailable(_)));
    let malformed = errors.iter().any(|error| matches!(error, ModelError::Malformed(_)));
    let text: Vec<String> = errors
        .into_iter()
        .map(|error| match error {
            ModelError::Unavailable(text)
            | ModelError::Refused(text)
            | ModelError::Malformed(text)
            | ModelError::Paused { why: text, .. } => text,
        })
        .collect();
    let text = text.join("; then ");
    match (temporary || text.is_empty(), malformed) {
        (true, _) => ModelError::Unavailable(text),
        (false, true) => ModelError::Malformed(text),
        (false, false) => ModelError::Refused(text),
    }
}
