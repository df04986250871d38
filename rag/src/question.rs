//! What a query asks for: its words, freed of what is said and not meant, as the terms of every
//! language it may be answered in.

use std::collections::BTreeSet;

use crate::lexical::{Analyzer, Language, Terms, term_id};

/// Courtesies and fillers of support mail that are no function words, stemmed. They are left out of
/// English questions, never of what is searched.
const COURTESIES: &[&str] = &[
    "hi", "hello", "hey", "dear", "pleas", "thank", "thx", "regard", "greet", "sincer", "cheer", "ok",
    "okay", "yes", "sorri", "want", "need", "like", "know", "tell", "help", "get", "got", "would", "could",
    "should", "may", "might", "shall", "also", "just", "realli", "one", "im", "ive", "id", "dont", "doesnt",
    "cant", "question", "wonder", "possibl", "team", "still", "alreadi", "bring", "put", "make", "made",
    "go", "come", "say", "said", "ask", "let", "thing", "someth", "anyth", "way", "sure", "sinc",
];

/// What says little beside other words, and is all there is to go by without them: `how long do
/// refunds take` is about refunds, and only then about what takes a time.
const FAINT: &[&str] = &["take", "took", "taken"];

/// What a faint word weighs in a search, beside others that weigh 1: it decides between passages that
/// are otherwise alike.
const FAINT_WEIGHT: f32 = 0.1;

/// What `how` asks for.
const MEASURES: &[&str] = &["long", "much", "many", "soon", "often", "quickly", "fast"];

/// What time is counted in.
const UNITS: &[&str] = &["day", "days", "week", "weeks", "month", "months", "year", "years", "hours", "hour"];

/// What one does to something that goes `back`.
const SENDING: &[&str] = &["send", "sent", "sending", "give", "bring", "take", "took", "ship"];

/// A query as one language reads it.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub language: Language,
    pub terms: Terms,
    /// What it is about: identifiers whole, and words that are not merely parts of them. Parts help
    /// to find and do not count as covered: `ERR-4012` is not half answered by a page on `ERR-9000`.
    pub wanted: BTreeSet<u32>,
}

impl Reading {
    pub(crate) fn new(query: &str, language: Language) -> Self {
        let analyzer = Analyzer::new(language);
        let rephrased;
        let text = match language {
            Language::English => {
                rephrased = rephrase(query);
                &rephrased
            }
            _ => query,
        };
        let (mut kept, mut faint): (Vec<u32>, BTreeSet<u32>) = Default::default();
        let (mut whole, mut parts) = (BTreeSet::new(), BTreeSet::new());
        analyzer.each(text, &mut |term| {
            if language == Language::English && COURTESIES.contains(&term.word) {
                return true;
            }
            let id = term_id(term.word);
            if language == Language::English && FAINT.contains(&term.word) {
                faint.insert(id);
                return true;
            }
            kept.push(id);
            if term.whole {
                whole.insert(id)
            } else {
                parts.insert(id)
            };
            kept.len() < crate::MAX_QUERY_CHARS
        });
        if kept.is_empty() {
            whole.clone_from(&faint);
        }
        let apart = &whole - &parts;
        // A word said on its own counts, even if it is a part of an identifier elsewhere: unless
        // nothing else is asked for.
        let wanted = if apart.is_empty() { whole } else { apart };
        // Saying a word twice asks for the same: each counts once.
        let faint = faint.into_iter().map(|id| (id, FAINT_WEIGHT));
        let terms = Terms::weighed(faint.chain(kept.into_iter().map(|id| (id, 1.0))));
        Self { language, terms, wanted }
    }
}

/// `how long` and its kin ask, and say nothing of the matter; sending something back is returning
/// it, and money back is a refund.
fn rephrase(text: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for word in text.split_whitespace() {
        let plain = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        let before = |reach: usize, words: &[&str]| {
            kept.iter().rev().take(reach).any(|word| words.contains(&word.to_lowercase().as_str()))
        };
        match plain.as_str() {
            "back" if before(1, &["money"]) => kept.push("refund"),
            "back" if before(3, SENDING) => kept.push("return"),
            // `two weeks ago` says when it happened, and not what.
            "ago" => {
                let unit = kept.pop_if(|word| UNITS.contains(&word.to_lowercase().as_str()));
                if unit.is_some() {
                    kept.pop();
                }
            }
            measure if MEASURES.contains(&measure) && before(1, &["how"]) => {}
            _ => kept.push(word),
        }
    }
    kept.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(query: &str) -> BTreeSet<u32> {
        Reading::new(query, Language::English).wanted
    }

    fn ids(words: &[&str]) -> BTreeSet<u32> {
        words.iter().map(|word| term_id(word)).collect()
    }

    #[test]
    fn identifiers_are_wanted_whole_and_not_in_parts() {
        assert_eq!(wanted("What is ERR-4012?"), ids(&["err-4012"]));
        assert_eq!(wanted("How much is the NF-TNT-200? The price, please."), ids(&["nf-tnt-200", "price"]));
    }

    #[test]
    fn what_is_said_and_not_meant_is_left_out() {
        assert_eq!(wanted("Hello, could you please tell me how long refunds take?"), ids(&["refund"]));
        assert_eq!(
            wanted("I sent the tent back 2 weeks ago, where is my money back"),
            ids(&["sent", "tent", "return", "money", "refund"])
        );
        assert_eq!(wanted("And how long does it take?"), ids(&["take"]));
    }
}
