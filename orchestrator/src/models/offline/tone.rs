//! How a message sounds, so that an answer opens as somebody does who has read it: nobody is happy to help with a
//! parcel that came broken. What is too much for a machine is left to [`super::talk::needs_person`].

use std::sync::LazyLock;

use guards::triggers::Triggers;

use super::{
    analysis::{Token, cut, sentences, tokens},
    question::{Form, form},
};

/// From the calmest on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// Asks or tells, and nothing went wrong.
    Even,
    /// Tells that something went wrong.
    Troubled,
    /// Complains.
    Upset,
}

/// What an answer to any but an even message opens with.
pub const SORRY: &str = "I am sorry for the trouble.";

#[expect(clippy::expect_used, reason = "its phrases are literals that its own tests compile")]
static TRIGGERS: LazyLock<Triggers> = LazyLock::new(|| Triggers::new().expect("literal phrases"));

/// Beginnings of words for what somebody feels who complains.
const FEELINGS: &[&str] = &[
    "disappoint",
    "frustrat",
    "annoy",
    "upset",
    "unhapp",
    "dissatisf",
    "unsatisf",
    "complain",
    "angr",
    "awful",
    "terribl",
    "horribl",
];
/// Concepts of what goes wrong with orders and goods.
const WRONG: &[&str] = &["damag", "faulti", "late", "lost"];
/// Beginnings of words for the same.
const TROUBLE: &[&str] =
    &["wrong", "mistake", "problem", "troubl", "issues", "fail", "leak", "scratch", "stained"];
/// What may be the customer's own doing.
const SLIPS: &[&str] = &["wrong", "mistake", "lost", "late"];
/// Beginnings of words for what came from us.
const CAME: &[&str] = &["arriv", "came", "receiv", "got", "sent", "delivered", "given"];
/// Beginnings of words for what is missed when it does not happen.
const EXPECTED: &[&str] =
    &["arriv", "came", "come", "receiv", "deliver", "work", "repl", "answer", "respon", "heard"];
/// Beginnings of words for a while that is too long.
const WHILE: &[&str] = &["still", "been", "already", "day", "week", "month", "long", "ages"];
const NEGATIONS: &[&str] = &["not", "no", "never", "nothing", "none", "without"];
const SETTLED: &[&str] = &["solved", "sorted", "fixed", "resolved"];
/// Words between which one bears on another.
const NEAR: usize = 3;

pub fn tone(message: &str) -> Tone {
    if TRIGGERS.look(cut(message)).anger > 0.0 {
        return Tone::Upset;
    }
    sentences(message).into_iter().map(of_sentence).max().unwrap_or(Tone::Even)
}

fn of_sentence(sentence: &str) -> Tone {
    let words = tokens(sentence);
    let says = |list: &[&str]| words.iter().any(|token| list.contains(&token.word.as_str()));
    // What might be is asked about, and what is over troubles nobody.
    if says(&["if", "whether"]) || says(SETTLED) {
        return Tone::Even;
    }
    let stated = |at: usize| !words[at.saturating_sub(NEAR)..at].iter().any(denies);
    if (0..words.len()).any(|at| begins(&words[at], FEELINGS) && stated(at)) {
        return Tone::Upset;
    }
    let asks = form(sentence, false) == Form::Question;
    // "Do you take broken tents back?" is no complaint; "why is my order late?" is.
    let own = |at: usize| words[at.saturating_sub(NEAR)..at].iter().any(is_own);
    let by_us = || words.iter().any(|token| begins(token, CAME));
    let slip = |at: usize| is_slip(&words[at]) && says(&["i"]) && !by_us();
    let wrong =
        (0..words.len()).any(|at| is_wrong(&words[at]) && stated(at) && !slip(at) && (!asks || own(at)));
    let missed = (0..words.len()).any(|at| {
        denies(&words[at])
            && words[at..].iter().skip(1).take(NEAR + 1).any(|token| begins(token, EXPECTED))
            && (!asks || own(at))
    });
    let waits = words.iter().any(|token| token.word.starts_with("wait"))
        && words.iter().any(|token| begins(token, WHILE))
        && !asks;
    if wrong || missed || waits { Tone::Troubled } else { Tone::Even }
}

fn begins(token: &Token, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| token.word.starts_with(beginning))
}

fn denies(token: &Token) -> bool {
    NEGATIONS.contains(&token.word.as_str())
}

fn is_own(token: &Token) -> bool {
    matches!(token.word.as_str(), "my" | "our" | "mine" | "ours")
}

fn is_wrong(token: &Token) -> bool {
    WRONG.contains(&token.concept.as_str()) || begins(token, TROUBLE)
}

fn is_slip(token: &Token) -> bool {
    SLIPS.contains(&token.concept.as_str()) || begins(token, SLIPS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_and_a_wish_sound_even() {
        for text in [
            "Please refund my order",
            "I want to return the jacket, it is too small.",
            "Do you take broken tents back?",
            "What happens if my parcel arrives damaged?",
            "Is it too late to cancel my order?",
            "The tent is unused and not damaged.",
            "I ordered the wrong size, can I change it?",
            "I lost my password, please send me a link",
            "Thanks, the problem is solved",
            "I am not disappointed at all.",
            "How long do I have to wait for a refund?",
            "",
        ] {
            assert_eq!(tone(text), Tone::Even, "{text}");
        }
    }

    #[test]
    fn what_went_wrong_is_heard() {
        for text in [
            "My tent arrived broken.",
            "I have not received my order NF-10482",
            "Please refund it, there is a scratch on it.",
            "Why is my order late?",
            "You sent me the wrong size",
            "I have been waiting for two weeks",
            "The stove doesn't work.",
            "Nobody came, and I got no answer.",
        ] {
            assert_eq!(tone(text), Tone::Troubled, "{text}");
        }
    }

    #[test]
    fn a_complaint_is_heard() {
        for text in [
            "I am really annoyed. Where is my order?",
            "Very disappointing. I want my money back.",
            "I want to complain about a parcel",
            "Thanks, terrible service",
            "What a waste of time",
        ] {
            assert_eq!(tone(text), Tone::Upset, "{text}");
        }
    }
}
