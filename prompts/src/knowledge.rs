//! Prompts of answers from the knowledge base that stand outside of a ticket.

use serde::Serialize;

use crate::{PromptError, Rendered, Untrusted, library::render, untrusted};

/// A passage as a model is shown it.
pub struct PassageFacts<'a> {
    /// What it is cited by.
    pub id: &'a str,
    /// Title and headings.
    pub label: &'a str,
    pub text: &'a str,
}

/// What a model is told before the question.
pub struct KnowledgeAnswer<'a> {
    pub workspace: &'a str,
    /// A colleague reads the answer.
    pub staff: bool,
    pub passages: &'a [PassageFacts<'a>],
}

pub fn knowledge_answer(inputs: KnowledgeAnswer<'_>) -> Result<Rendered, PromptError> {
    #[derive(Serialize)]
    struct Passage<'a> {
        id: String,
        label: String,
        text: Untrusted<'a>,
    }
    #[derive(Serialize)]
    struct Inputs<'a> {
        workspace: String,
        staff: bool,
        passages: Vec<Passage<'a>>,
    }
    let passages = inputs.passages.iter().map(|passage| Passage {
        id: untrusted::one_line(passage.id),
        label: untrusted::one_line(passage.label),
        text: Untrusted(passage.text),
    });
    render(
        "knowledge/answer",
        Inputs {
            workspace: untrusted::one_line(inputs.workspace),
            staff: inputs.staff,
            passages: passages.collect(),
        },
    )
}

/// What is asked, in its block.
pub struct KnowledgeQuestion<'a> {
    pub question: Untrusted<'a>,
}

pub fn knowledge_question(inputs: KnowledgeQuestion<'_>) -> Result<Rendered, PromptError> {
    #[derive(Serialize)]
    struct Inputs<'a> {
        question: Untrusted<'a>,
    }
    render("knowledge/question", Inputs { question: inputs.question })
}
