//! Prompts of the look at sentences that a check by words leaves in doubt.

use serde::Serialize;

use crate::{PassageFacts, PromptError, Rendered, Untrusted, library::render, untrusted};

/// What a model is told before the sentences; the id of a source is its number.
pub fn grounding_check(sources: &[PassageFacts<'_>]) -> Result<Rendered, PromptError> {
    #[derive(Serialize)]
    struct Shown<'a> {
        id: String,
        label: String,
        text: Untrusted<'a>,
    }
    #[derive(Serialize)]
    struct Inputs<'a> {
        sources: Vec<Shown<'a>>,
    }
    let sources = sources.iter().map(|source| Shown {
        id: untrusted::one_line(source.id),
        label: untrusted::one_line(source.label),
        text: Untrusted(source.text),
    });
    render("grounding/check", Inputs { sources: sources.collect() })
}

/// The sentences in doubt.
pub struct DoubtedSentences<'a> {
    pub sentences: Vec<Untrusted<'a>>,
}

pub fn grounding_sentences(inputs: DoubtedSentences<'_>) -> Result<Rendered, PromptError> {
    #[derive(Serialize)]
    struct Sentence<'a> {
        number: usize,
        text: Untrusted<'a>,
    }
    #[derive(Serialize)]
    struct Inputs<'a> {
        sentences: Vec<Sentence<'a>>,
    }
    let sentences = inputs.sentences.into_iter().enumerate();
    let sentences = sentences.map(|(at, text)| Sentence { number: at + 1, text });
    render("grounding/sentences", Inputs { sentences: sentences.collect() })
}
