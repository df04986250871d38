//! Names in a text: of people, products and places, by how they are written.
//!
//! German writes every noun with a capital, so there only words with capitals inside and
//! abbreviations are taken for names.

use std::collections::HashSet;

use domain::grounding::Span;
use unicode_segmentation::UnicodeSegmentation;

use crate::lexical::{Language, fold};

/// Words that stand with a capital and name nobody, folded.
#[rustfmt::skip]
const COMMON: &[&str] = &[
    "i", "ok", "okay", "dear", "hi", "hello", "hey", "good", "morning", "afternoon", "evening", "team", "support",
    "customer", "customers", "service", "care", "department", "help", "center", "centre", "desk", "sir", "madam", "mr",
    "mrs", "ms", "dr", "please", "thank", "thanks", "best", "kind", "warm", "regards", "yours", "sincerely", "faithfully",
    "cheers", "yes", "internet", "web", "note", "important", "click", "tap", "select", "choose", "open", "go", "enter",
    "settings", "account", "profile", "menu", "order", "orders", "home", "page", "sign", "log", "step", "steps", "tip",
    "hallo", "liebe", "lieber", "guten", "tag", "gruesse", "grusse", "bonjour", "merci", "hola", "gracias", "buongiorno",
    "grazie", "u", "sie", "ihr", "ihre", "ihren", "ihnen", "usted", "ustedes",
];

/// Abbreviations that are words of their own.
#[rustfmt::skip]
const ABBREVIATIONS: &[&str] = &[
    "faq", "faqs", "id", "ids", "pdf", "url", "ok", "sms", "pin", "qr", "it", "tv", "pc", "diy", "asap", "fyi", "ps",
    "am", "pm", "vs", "no", "not", "and", "or",
];

/// A word that is part of a name.
pub(super) struct Name {
    pub span: Span,
    /// Its words, folded.
    words: Vec<String>,
}

/// What the sources call things by.
#[derive(Default)]
pub(super) struct Known {
    words: HashSet<String>,
}

impl Known {
    pub fn add(&mut self, text: &str) {
        for word in text.unicode_words() {
            let word = fold(word);
            for part in word.split(['_', '.', '\'']).filter(|part| *part != word) {
                self.words.insert(part.to_owned());
            }
            self.words.insert(word);
        }
    }

    pub fn holds(&self, word: &str) -> bool {
        self.words.contains(word)
    }
}

impl Name {
    /// Whether each of its words is known, as it is or in its other number.
    pub fn is_of(&self, known: impl Fn(&str) -> bool) -> bool {
        self.words.iter().all(|word| {
            let bare = word.strip_suffix("'s").or_else(|| word.strip_suffix('\'')).unwrap_or(word);
            let singular = bare.strip_suffix('s').filter(|word| word.len() > 3);
            known(bare) || singular.is_some_and(&known) || known(&format!("{bare}s"))
        })
    }
}

/// The names in the sentences of a text.
pub(super) fn names(text: &str, sentences: &[Span], language: Language) -> Vec<Name> {
    let mut names = Vec::new();
    for sentence in sentences {
        in_sentence(text, *sentence, language, &mut names);
    }
    names
}

struct Word<'t> {
    span: Span,
    text: &'t str,
    folded: String,
    shape: Shape,
    first: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Shape {
    Plain,
    Capital,
    /// `VAT`.
    Capitals,
    /// `PayPal`, `iPhone`.
    Inner,
}

fn shape(word: &str) -> Shape {
    let letters: Vec<char> = word.chars().filter(|c| c.is_alphabetic()).collect();
    let upper = letters.iter().filter(|c| c.is_uppercase()).count();
    let starts = letters.first().is_some_and(|c| c.is_uppercase());
    match upper {
        0 => Shape::Plain,
        1 if starts => Shape::Capital,
        n if n == letters.len() => Shape::Capitals,
        _ if word.contains(['\'', '’', '-']) && starts => Shape::Capital,
        _ => Shape::Inner,
    }
}

fn in_sentence(text: &str, sentence: Span, language: Language, names: &mut Vec<Name>) {
    let body = sentence.of(text);
    let words: Vec<Word<'_>> = body
        .unicode_word_indices()
        .filter(|(_, word)| word.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '.' | '-')))
        .map(|(at, word)| {
            let before = body[..at].trim_end_matches([' ', '\u{a0}', '\t']).chars().next_back();
            let opens =
                |c: char| !c.is_alphanumeric() && !matches!(c, '.' | ',' | '\'' | '’' | '&' | '/' | '-');
            Word {
                span: Span { start: sentence.start + at, end: sentence.start + at + word.len() },
                text: word,
                folded: fold(word),
                shape: shape(word),
                first: before.is_none_or(opens),
            }
        })
        .collect();
    // Who shouts names nobody.
    let loud = words.iter().filter(|word| word.shape == Shape::Capitals).count() * 2 > words.len();
    let common = |word: &Word<'_>| {
        COMMON.contains(&word.folded.as_str())
            || (word.shape == Shape::Capitals && ABBREVIATIONS.contains(&word.folded.as_str()))
            || (word.shape == Shape::Capital && language.is_function_word(&word.folded))
            || (word.shape == Shape::Capital && Language::English.is_function_word(&word.folded))
            || word.folded.chars().count() < 2
            || super::calendar::is_calendar_word(word.text)
    };
    let named = |at: usize| -> bool {
        let Some(word) = words.get(at) else { return false };
        if common(word) {
            return false;
        }
        match word.shape {
            Shape::Plain => false,
            Shape::Inner => true,
            Shape::Capitals => !loud,
            Shape::Capital => !word.first && language != Language::German,
        }
    };
    for (at, word) in words.iter().enumerate() {
        let adjacent =
            words.get(at + 1).is_some_and(|next| text.get(word.span.end..next.span.start) == Some(" "));
        // `Ember Duo` may open a sentence.
        let opens = word.first
            && word.shape == Shape::Capital
            && !common(word)
            && adjacent
            && named(at + 1)
            && language != Language::German;
        if named(at) || opens {
            names.push(Name { span: word.span, words: vec![word.folded.clone()] });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::groundedness::sentences::sentences;

    fn strays<'t>(text: &'t str, source: &str) -> Vec<&'t str> {
        let mut known = Known::default();
        known.add(source);
        names(text, &sentences(text), Language::detect(text))
            .iter()
            .filter(|name| !name.is_of(|word| known.holds(word)))
            .map(|name| name.span.of(text))
            .collect()
    }

    #[test]
    fn names_that_no_source_knows_are_found() {
        assert_eq!(strays("You can pay with PayPal or Klarna.", "We take paypal."), ["Klarna"]);
        assert_eq!(strays("Ember Duo and the Kite 18 are recalled.", "the Ember Solo, the Kite"), ["Duo"]);
        assert_eq!(strays("The price includes VAT.", "prices with tax"), ["VAT"]);
        assert_eq!(strays("Ask Dr. Weber about it.", "ask us"), ["Weber"]);
        assert_eq!(strays("Northfold's boots", "Northfold boots"), Vec::<&str>::new());
    }

    #[test]
    fn capitals_that_name_nobody_are_left_alone() {
        for text in [
            "You can return it. Please send it back. I am glad to help.",
            "PLEASE DO NOT SEND CASH",
            "Dear Customer,\nThank you.\nKind regards,\nSupport Team",
            "- Open the page\n- Click Settings",
            "Die Lieferung ist für alle Bestellungen kostenlos und die Rücksendung auch.",
            "It opens on Monday in March.",
        ] {
            assert_eq!(strays(text, ""), Vec::<&str>::new(), "{text}");
        }
    }
}
