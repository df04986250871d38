//! Whether a sentence and its source say the opposite: one denies what the other states.
//!
//! Clauses are compared, not sentences: `accepted within 30 days, unless it was worn` denies nothing.

use std::collections::BTreeSet;

use domain::grounding::Span;

use crate::lexical::{Analyzer, fold};

#[rustfmt::skip]
const NEGATIONS: &[&str] = &[
    "not", "no", "never", "none", "cannot", "without", "neither", "nor", "nobody", "nothing",
    "nicht", "kein", "keine", "keinen", "keinem", "keiner", "nie", "niemals", "ohne",
    "pas", "jamais", "sans", "aucun", "aucune", "nunca", "sin", "ningun", "ninguna", "non", "mai", "senza", "nessun",
    "nessuna", "niet", "geen", "nooit", "zonder",
];

/// Words that deny another one, with it.
#[rustfmt::skip]
const OPPOSITES: &[(&str, &str)] = &[
    ("closed", "open"), ("impossible", "possible"), ("forbidden", "allowed"), ("prohibited", "allowed"),
    ("disallowed", "allowed"), ("excluded", "included"), ("refused", "accepted"), ("rejected", "accepted"),
    ("declined", "accepted"), ("unable", "able"), ("unavailable", "available"), ("invalid", "valid"),
    ("ineligible", "eligible"), ("unnecessary", "necessary"), ("incompatible", "compatible"), ("unsafe", "safe"),
    ("unlimited", "limited"), ("disabled", "enabled"), ("unsupported", "supported"), ("nonrefundable", "refundable"),
    ("geschlossen", "geoffnet"), ("unmoglich", "moglich"), ("verboten", "erlaubt"),
];

/// Words that begin a clause of their own.
#[rustfmt::skip]
const TURNS: &[&str] = &[
    "but", "however", "unless", "except", "although", "though", "while", "whereas", "if", "when", "because", "instead",
    "aber", "sondern", "wenn", "falls", "ausser", "mais", "sauf", "si", "pero", "salvo", "ma", "tranne", "maar",
];

/// A part of a sentence that states one thing.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub stems: BTreeSet<String>,
    pub denies: bool,
}

pub(super) fn clauses(text: &str, analyzer: Analyzer) -> Vec<Clause> {
    let mut clauses = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut close = |words: &mut Vec<String>| {
        if !words.is_empty() {
            clauses.push(clause(words, analyzer));
            words.clear();
        }
    };
    for piece in text.split_inclusive([',', ';', ':', '(', ')', '–', '—', '|', '\n']) {
        // A comma between digits belongs to the number; cutting there does no harm to a comparison.
        for word in piece.split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’')) {
            let word = fold(word.trim_matches(['\'', '’']));
            if word.is_empty() {
                continue;
            }
            if TURNS.contains(&word.as_str()) {
                close(&mut words);
                continue;
            }
            words.push(word);
        }
        close(&mut words);
    }
    close(&mut words);
    clauses
}

fn clause(words: &[String], analyzer: Analyzer) -> Clause {
    let mut denials = 0;
    let mut kept: Vec<&str> = Vec::with_capacity(words.len());
    for word in words {
        let contracted =
            word.ends_with("n't") || matches!(word.as_str(), "cant" | "dont" | "wont" | "isnt" | "doesnt");
        if contracted || NEGATIONS.contains(&word.as_str()) {
            denials += 1;
        } else if let Some((_, opposite)) = OPPOSITES.iter().find(|(denied, _)| denied == word) {
            denials += 1;
            kept.push(opposite);
        } else {
            kept.push(word);
        }
    }
    Clause { stems: analyzer.words(&kept.join(" ")).into_iter().collect(), denies: denials % 2 == 1 }
}

/// Share of the stems of `a` that `b` holds.
fn shared(a: &Clause, b: &Clause) -> f32 {
    a.stems.intersection(&b.stems).count() as f32 / a.stems.len().max(1) as f32
}

/// Fewer words in common say nothing about what is denied.
const LEAST_WORDS: usize = 2;
const SAME_MATTER: f32 = 0.7;
/// How much nearer the denial must be than the best agreement.
const NEARER: f32 = 0.15;

/// Whether one of the clauses is denied by the source and by nothing in it confirmed.
pub(super) fn contradicted(text: &str, source: &str, sentences: &[Span], analyzer: Analyzer) -> bool {
    let said = clauses(text, analyzer);
    let known: Vec<Clause> = sentences.iter().flat_map(|span| clauses(span.of(source), analyzer)).collect();
    said.iter().filter(|clause| clause.stems.len() >= LEAST_WORDS).any(|clause| {
        let best = |denies: bool| {
            known
                .iter()
                .filter(|other| other.denies == denies)
                .filter(|other| other.stems.intersection(&clause.stems).count() >= LEAST_WORDS)
                .map(|other| shared(clause, other))
                .fold(0.0, f32::max)
        };
        let (agrees, denies) = (best(clause.denies), best(!clause.denies));
        denies >= SAME_MATTER && denies > agrees + NEARER
    })
}

/// Whether a text as a whole denies: an odd number of its clauses do.
pub(super) fn denies(text: &str, analyzer: Analyzer) -> bool {
    clauses(text, analyzer).iter().filter(|clause| clause.denies).count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groundedness::sentences::sentences;

    fn denied(text: &str, source: &str) -> bool {
        contradicted(text, source, &sentences(source), Analyzer::default())
    }

    #[test]
    fn the_opposite_is_told_from_the_same() {
        assert!(denied("Sale items can be returned.", "Sale items cannot be returned."));
        assert!(denied("We do not deliver to Norway.", "We deliver to Norway and Sweden."));
        assert!(denied("The Innsbruck store is open on Sunday.", "The Innsbruck store is closed on Sunday."));
        assert!(!denied("Sale items cannot be returned.", "You can't return sale items."));
        assert!(!denied(
            "Returns are accepted within 30 days.",
            "Returns are accepted within 30 days, unless not unused."
        ));
        assert!(!denied("Gift cards are valid for 3 years.", "We do not pay out gift cards in cash."));
    }
}
