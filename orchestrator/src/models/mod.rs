//! The models of a process behind the one port: configured providers in order, each with retries, a
//! breaker and prices of its own, and the offline model when none of them can answer.

mod config;
mod connections;
mod fallback;
mod fault;
mod masked;
pub mod offline;
mod openai;
pub mod probe;
mod reply;
mod schema;
mod transport;
mod wire;

use std::sync::Arc;

use domain::{Clock, Ids, answerability::Courses, model::Model};

use crate::protections::Protections;

use crate::breakers::Outside;

pub use config::{BreakerConfig, ModelsConfig, ModelsError, Prices, ProviderConfig, TokenLimit};
pub(crate) use connections::connections;
pub use fallback::Fallback;
pub use masked::Masked;
pub use openai::Provider;

/// A log filter that must always be set: on a reply that it cannot parse, `async-openai` logs the
/// whole reply, and with it what customers wrote. Our own errors say what was wrong.
pub const LOG_DIRECTIVE: &str = "async_openai=off";

/// Builds the model of a process: the providers in their order, then the offline model if it is
/// wanted or nothing else is there. Providers are shown what the workspace lets to a model; the offline
/// model is of this house. Reads the providers' keys; sends nothing.
pub fn build(
    config: &ModelsConfig,
    courses: Courses,
    protections: &Arc<Protections>,
    outside: &Arc<Outside>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
) -> Result<Arc<dyn Model>, ModelsError> {
    config.validate()?;
    let mut models: Vec<Arc<dyn Model>> = Vec::new();
    for provider in &config.providers {
        let provider = Provider::new(provider.clone(), Arc::clone(outside), clock.clone(), ids.clone())?;
        models.push(Arc::new(Masked::new(Arc::new(provider), Arc::clone(protections))));
    }
    if config.offline_fallback || models.is_empty() {
        models.push(Arc::new(offline::OfflineModel::new(courses)));
    }
    Ok(Arc::new(Fallback::new(models)))
}
