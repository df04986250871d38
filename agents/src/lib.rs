//! Agents: pure functions from a run's journal to its next step.
//!
//! Nothing here does I/O, reads the wall clock or draws randomness: two equal views give equal
//! answers, on any machine and after any crash. What most agents share, the model-with-tools loop,
//! is [`journal`] (what has happened) and [`dialogue`] (what a model is shown of it); an agent adds
//! its rules and its output type.
//!
//! Adding an agent: one file that implements [`domain::agent::Agent`], one line in [`Registry`].

pub mod answer;
pub mod article;
pub mod cited;
pub mod copilot;
pub mod courtesy;
pub mod dialogue;
pub mod errand;
mod footing;
pub mod journal;
mod provenance;
mod query;
mod registry;
pub mod resolution;
pub mod support;

pub use article::Article;
pub use copilot::Copilot;
pub use errand::Errands;
pub use registry::Registry;
pub use resolution::Resolution;
