//! Whether what was found can answer what was asked: the port, and what it says.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::knowledge::Passage;

/// What kind of thing a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AskedFor {
    /// `how much`: a sum or another number.
    Amount,
    /// `how long`: a length of time.
    Duration,
    /// `when`: a day, a time of day or a length of time.
    Moment,
    /// `where`.
    Place,
    /// `how do I`.
    Way,
    /// Yes or no, or anything.
    Fact,
}

/// What a question leaves open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// It does not say what it is about: `it doesn't work`.
    Object,
    /// It fits several things, of which the sources say different things.
    Choice,
}

/// A question that has to be asked back before it can be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Underspecified {
    pub lacks: Lack,
    /// What it could be about, best first; may be empty.
    pub alternatives: Vec<String>,
    /// The question back, in words for the one who asked.
    pub question: String,
}

/// What can be said of a question and the passages found for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answerability {
    /// How likely the passages hold the answer, 0 to 1, calibrated.
    pub probability: f32,
    pub asked_for: AskedFor,
    /// In words for people: `nothing about “crypto”`.
    pub reasons: Vec<String>,
    /// Words of the question that no passage holds.
    pub missing: Vec<String>,
    pub underspecified: Option<Underspecified>,
}

/// What to do with a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    Answer,
    Ask,
    Abstain,
}

/// From which probability on a question is answered, and from which it is asked back.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Courses {
    /// At or above it, what was found is used.
    pub answer: f32,
    /// A question that leaves something open is asked back at or above it; below, nothing found is
    /// near enough to ask about.
    pub ask: f32,
}

impl Answerability {
    pub fn course(&self, courses: &Courses) -> Course {
        let open = self.underspecified.as_ref();
        // A question without an object is asked back, whatever was found for its other words.
        if open.is_some_and(|open| open.lacks == Lack::Object || self.probability >= courses.ask) {
            Course::Ask
        } else if self.probability >= courses.answer {
            Course::Answer
        } else {
            Course::Abstain
        }
    }
}

/// Judges a question by what was found for it. The same question gets the same answer.
pub trait Answers: Send + Sync {
    /// `context` are words of the conversation that a short question leans on; empty without one.
    /// `passages` best first.
    fn assess(&self, question: &str, context: &str, passages: &[Passage]) -> Answerability;
}

/// Who judges, and from where on what was found is used.
#[derive(Clone)]
pub struct Judge {
    pub answers: Arc<dyn Answers>,
    pub courses: Courses,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_answered_asked_back_or_left() {
        let courses = Courses { answer: 0.5, ask: 0.3 };
        let of = |probability: f32, lacks: Option<Lack>| {
            let underspecified = lacks.map(|lacks| Underspecified {
                lacks,
                alternatives: Vec::new(),
                question: String::new(),
            });
            let (reasons, missing) = (Vec::new(), Vec::new());
            let asked_for = AskedFor::Fact;
            Answerability { probability, asked_for, reasons, missing, underspecified }.course(&courses)
        };
        assert_eq!(of(0.6, None), Course::Answer);
        assert_eq!(of(0.4, None), Course::Abstain);
        assert_eq!(of(f32::NAN, None), Course::Abstain);
        assert_eq!(of(0.6, Some(Lack::Choice)), Course::Ask);
        assert_eq!(of(0.2, Some(Lack::Choice)), Course::Abstain);
        assert_eq!(of(0.2, Some(Lack::Object)), Course::Ask);
    }
}
