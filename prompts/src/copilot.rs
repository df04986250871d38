//! Prompts of the agent that answers the staff's questions.

use serde::Serialize;

use crate::{PromptError, Rendered, Untrusted, library::render, untrusted};

/// What a model is told before the conversation.
pub struct CopilotSystem<'a> {
    pub workspace: &'a str,
    pub today: &'a str,
    /// The record that the colleague has before them, by kind and id.
    pub looking_at: Option<&'a str>,
}

pub fn copilot_system(inputs: CopilotSystem<'_>) -> Result<Rendered, PromptError> {
    #[derive(Serialize)]
    struct Inputs<'a> {
        workspace: String,
        today: &'a str,
        looking_at: Option<&'a str>,
    }
    render(
        "copilot/system",
        Inputs {
            workspace: untrusted::one_line(inputs.workspace),
            today: inputs.today,
            looking_at: inputs.looking_at,
        },
    )
}

/// A question of a colleague.
pub fn copilot_question(question: Untrusted<'_>) -> Result<Rendered, PromptError> {
    #[derive(Serialize)]
    struct Inputs<'a> {
        question: Untrusted<'a>,
    }
    render("copilot/question", Inputs { question })
}

/// Tells a model what it cited without having read it.
pub fn copilot_unread(references: Untrusted<'_>) -> Result<Rendered, PromptError> {
    #[derive(Serialize)]
    struct Inputs<'a> {
        references: Untrusted<'a>,
    }
    render("copilot/unread", Inputs { references })
}
