//! What counts as a word of a query or a passage.
//!
//! Prose is folded to ASCII, lower-cased, stripped of stop words and stemmed by the `bm25` crate's
//! tokenizer. Identifiers such as `ERR-4012` or `NF-TNT-200` are kept whole besides, because their
//! parts alone mean little.

use std::{collections::BTreeSet, sync::LazyLock};

use bm25::{DefaultTokenizer, Language, Tokenizer};

static ENGLISH: LazyLock<DefaultTokenizer> = LazyLock::new(|| DefaultTokenizer::new(Language::English));

/// Courtesies and fillers of support mail that the stop word list does not hold, stemmed.
const COURTESIES: &[&str] = &[
    "hi", "hello", "hey", "dear", "pleas", "thank", "thx", "regard", "greet", "sincer", "cheer", "ok",
    "okay", "yes", "sorri", "want", "need", "like", "know", "tell", "help", "get", "got", "would", "could",
    "should", "may", "might", "shall", "also", "just", "realli", "one", "im", "ive", "id", "dont", "doesnt",
    "cant", "question", "wonder", "possibl", "team", "still", "alreadi",
];

/// What `how` asks for.
const MEASURES: &[&str] = &["long", "much", "many", "soon", "often", "quickly", "fast"];

/// What one does to something that goes `back`.
const SENDING: &[&str] = &["send", "sent", "sending", "give", "bring", "take", "took", "ship"];

/// The words of a text, ready for the index.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// Stems in order, with repetitions; the parts of identifiers are among them.
    pub stems: Vec<String>,
    /// Identifiers, lower case, in order.
    pub identifiers: Vec<String>,
}

impl Words {
    /// The words of a passage or of a query.
    pub fn of(text: &str) -> Self {
        let mut stems = ENGLISH.tokenize(text);
        stems.retain(|stem| !COURTESIES.contains(&stem.as_str()) && stem.chars().any(char::is_alphanumeric));
        Self { stems, identifiers: identifiers(text) }
    }

    /// The words of a question. `how long` and its kin ask, and say nothing of the matter; sending
    /// something back is returning it, and money back is a refund.
    pub fn of_question(text: &str) -> Self {
        let mut kept: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            let plain = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            let before = |reach: usize, words: &[&str]| {
                kept.iter().rev().take(reach).any(|word| words.contains(&word.to_lowercase().as_str()))
            };
            match plain.as_str() {
                "back" if before(1, &["money"]) => kept.push("refund".to_owned()),
                "back" if before(3, SENDING) => kept.push("return".to_owned()),
                measure if MEASURES.contains(&measure) && before(1, &["how"]) => {}
                _ => kept.push(word.to_owned()),
            }
        }
        Self::of(&kept.join(" "))
    }

    /// Everything the index knows a passage by.
    pub fn all(self) -> impl Iterator<Item = String> {
        self.stems.into_iter().chain(self.identifiers)
    }

    /// What a query is about: identifiers whole, and the stems that are not merely parts of them.
    pub fn wanted(&self) -> BTreeSet<String> {
        let parts: Vec<String> =
            self.identifiers.iter().flat_map(|identifier| ENGLISH.tokenize(identifier)).collect();
        let stems = self.stems.iter().filter(|stem| !parts.contains(stem));
        self.identifiers.iter().chain(stems).cloned().collect()
    }
}

/// Runs of letters and digits joined by `-`, `_`, `.` or `/` that hold both a letter and a digit.
fn identifiers(text: &str) -> Vec<String> {
    let joins = |c: char| matches!(c, '-' | '_' | '.' | '/');
    text.split(|c: char| !c.is_ascii_alphanumeric() && !joins(c))
        .map(|run| run.trim_matches(joins))
        .filter(|run| {
            run.chars().any(joins)
                && run.len() <= 64
                && run.chars().any(|c| c.is_ascii_alphabetic())
                && run.chars().any(|c| c.is_ascii_digit())
        })
        .map(str::to_ascii_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_stemmed_folded_and_freed_of_stop_words() {
        assert_eq!(
            Words::of("Hello, I would like to know: are the Jackets WASHED in Zürich?").stems,
            ["jacket", "wash", "zurich"]
        );
    }

    #[test]
    fn identifiers_are_wanted_whole_and_not_in_parts() {
        let wanted = |text: &str| Words::of_question(text).wanted().into_iter().collect::<Vec<_>>();
        assert_eq!(wanted("What is ERR-4012?"), ["err-4012"]);
        assert_eq!(wanted("How much is the NF-TNT-200? The price, please."), ["nf-tnt-200", "price"]);
        assert_eq!(Words::of("5-7 days e.g. re-open").identifiers, Vec::<String>::new());
    }
}
