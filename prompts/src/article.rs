//! Prompts of the agent that makes articles of resolved tickets.

use serde::Serialize;

use crate::{PromptError, Rendered, Untrusted, library::render, untrusted};

/// What a model is told before the conversation.
pub struct ArticleSystem<'a> {
    pub workspace: &'a str,
}

pub fn article_system(inputs: ArticleSystem<'_>) -> Result<Rendered, PromptError> {
    #[derive(Serialize)]
    struct Inputs {
        workspace: String,
    }
    render("article/system", Inputs { workspace: untrusted::one_line(inputs.workspace) })
}

/// A public message of the ticket.
pub struct ArticleMessage<'a> {
    pub from_customer: bool,
    pub text: Untrusted<'a>,
}

/// What an article is made of.
pub struct ArticleConversation<'a> {
    pub subject: Untrusted<'a>,
    pub messages: Vec<ArticleMessage<'a>>,
    /// Other questions about the same thing that nobody could answer.
    pub questions: Vec<Untrusted<'a>>,
}

pub fn article_conversation(inputs: ArticleConversation<'_>) -> Result<Rendered, PromptError> {
    #[derive(Serialize)]
    struct Message<'a> {
        number: usize,
        who: &'static str,
        text: Untrusted<'a>,
    }
    #[derive(Serialize)]
    struct Inputs<'a> {
        subject: Untrusted<'a>,
        messages: Vec<Message<'a>>,
        questions: Vec<Untrusted<'a>>,
    }
    let messages = inputs.messages.into_iter().enumerate().map(|(at, message)| Message {
        number: at + 1,
        who: if message.from_customer { "customer" } else { "house" },
        text: message.text,
    });
    render(
        "article/conversation",
        Inputs { subject: inputs.subject, messages: messages.collect(), questions: inputs.questions },
    )
}

/// What a reviewer said instead of deciding.
pub struct ArticleReview<'a> {
    pub message: Untrusted<'a>,
}

pub fn article_review(inputs: ArticleReview<'_>) -> Result<Rendered, PromptError> {
    #[derive(Serialize)]
    struct Inputs<'a> {
        message: Untrusted<'a>,
    }
    render("article/review", Inputs { message: inputs.message })
}
