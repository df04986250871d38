//! Whether the passages found for a question can answer it, and whether the question says enough.
//!
//! A small logistic model over features of the search ([`features`]). Its coefficients and the report
//! on how it does on sources it has not seen are in `answerability/model.json`, which
//! `make train-answerability` writes. What a question leaves open is found by rules ([`open`]).

pub mod features;
mod open;

use std::sync::LazyLock;

use domain::{
    answerability::{Answerability, Answers, AskedFor},
    knowledge::Passage,
};
use serde::{Deserialize, Serialize};

use features::{COUNT, Features, Looked};

/// Characters of a question that are read.
pub const MAX_QUESTION: usize = 2_000;
/// Passages that are looked at, best first.
pub const MAX_PASSAGES: usize = 10;
/// What a question is worth at most of whose matter the passages hold no word: neighbours in meaning
/// alone, which the training's searches never gave, are no sign of an answer.
const APART: f32 = 0.1;

/// Coefficients, one for each feature, in the order of [`features::NAMES`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub features: Vec<String>,
    pub coefficients: Vec<f32>,
    /// How it was trained and how it does, for people.
    pub report: serde_json::Value,
}

impl Model {
    pub fn probability(&self, features: &Features) -> f32 {
        let sum: f32 =
            features.iter().zip(&self.coefficients).map(|(feature, weight)| feature * weight).sum();
        1.0 / (1.0 + (-sum).exp())
    }
}

static TRAINED: LazyLock<Model> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the file is part of this crate and read by its tests")]
    let model: Model =
        serde_json::from_str(include_str!("answerability/model.json")).expect("a trained model");
    assert_eq!(model.coefficients.len(), COUNT, "train it anew: `make train-answerability`");
    model
});

/// The trained model.
pub fn trained() -> &'static Model {
    &TRAINED
}

/// The judge that the service uses.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trained;

impl Answers for Trained {
    fn assess(&self, question: &str, context: &str, passages: &[Passage]) -> Answerability {
        let question: String = question.chars().take(MAX_QUESTION).collect();
        let context: String = context.chars().take(MAX_QUESTION).collect();
        let passages = &passages[..passages.len().min(MAX_PASSAGES)];
        let looked = Looked::at(&question, &context, passages);
        let underspecified = open::lack(&looked, &question, passages);
        let missing = looked.missing();
        let probability = match trained().probability(&looked.features()) {
            _ if passages.is_empty() => 0.0,
            probability if looked.is_apart() => probability.min(APART),
            probability => probability,
        };
        let mut reasons = Vec::new();
        if passages.is_empty() {
            reasons.push("nothing was found".to_owned());
        }
        if !missing.is_empty() {
            reasons.push(format!("nothing about “{}”", missing.join("”, “")));
        }
        if let Some(false) = looked.holds_asked() {
            let what = match looked.asked_for {
                AskedFor::Amount => "a sum or number",
                AskedFor::Duration => "a length of time",
                AskedFor::Moment => "a day or time",
                AskedFor::Place | AskedFor::Way | AskedFor::Fact => "what is asked for",
            };
            reasons.push(format!("no passage about it states {what}"));
        }
        if let Some(open) = &underspecified
            && !open.alternatives.is_empty()
        {
            reasons.push(format!("it could be about {}", open.alternatives.join(", ")));
        }
        Answerability { probability, asked_for: looked.asked_for, reasons, missing, underspecified }
    }
}
