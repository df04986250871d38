//! Prompts: files with front matter, rendered strictly by typed functions.
//!
//! A prompt is `<agent>/<name>.md`: YAML front matter (name, version, inputs, output) and a
//! minijinja body. Its text is compiled in, an undefined variable is an error, and the only way to
//! render one is the function here whose input struct names exactly the declared inputs. Text that
//! somebody else wrote goes in as [`Untrusted`], which no template can forget to neutralise; the
//! delimiters around it stand in the templates.
//!
//! Adding a prompt: the file, one line in [`library`], one function below, one snapshot test.

mod article;
pub mod blocks;
mod copilot;
mod dialogue;
mod grounding;
mod knowledge;
mod library;
mod resolution;
mod untrusted;

use thiserror::Error;

pub use article::{
    ArticleConversation, ArticleMessage, ArticleReview, ArticleSystem, article_conversation, article_review,
    article_system,
};
pub use copilot::{CopilotSystem, copilot_question, copilot_system, copilot_unread};
pub use dialogue::{
    CustomerMessage, DraftOutcome, FollowUp, Omission, Repair, ReportedEvent, customer_message,
    draft_outcome, follow_up, omission, placeholders, repair, reported_event, tool_result,
};
pub use grounding::{DoubtedSentences, grounding_check, grounding_sentences};
pub use knowledge::{KnowledgeAnswer, KnowledgeQuestion, PassageFacts, knowledge_answer, knowledge_question};
pub use library::{Declared, declared, declared_in_the_build, instructions, replace};
pub use resolution::{
    ContactFacts, CustomerFacts, Done, Field, HandoffCare, HandoffMessage, HandoffSummary, ResolutionSystem,
    Said, TicketFacts, handoff_care, handoff_message, handoff_summary, resolution_system,
};
pub use untrusted::{Untrusted, neutralise};

/// A rendered prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    pub text: String,
    /// Name and version for the journal: `resolution/system@1`.
    pub prompt: &'static str,
}

/// Why a prompt cannot be rendered. All of these are defects of a prompt's file, which the tests
/// of this crate find; none depends on what a customer wrote.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PromptError {
    #[error(
        "the prompt `{name}` has no readable front matter: {why}; see prompts/resolution/system.md for the form"
    )]
    FrontMatter { name: String, why: String },
    #[error("the prompt `{name}` does not compile: {why}")]
    Template { name: String, why: String },
    #[error("the prompt `{name}` cannot be rendered: {why}; declare the variable or pass it")]
    Render { name: String, why: String },
}
