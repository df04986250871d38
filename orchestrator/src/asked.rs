//! What somebody asks in a message: the sentences that say something, without greeting, thanks and signature.

use domain::{
    greeting::after_greeting,
    grounding::{Grounds as _, SentenceKind, Statement},
};
use rag::groundedness::Lexical;

use crate::models::offline::{
    answer::leans,
    question::{Form, form},
};

/// Greetings that need nobody's name, nor anything that ends them: `hi do you sell kites`.
const OPEN: &[&str] = &["hi", "hello", "hey", "hiya", "hallo", "bonjour", "hola", "ciao"];
/// What stands behind one of them and belongs to it.
const ADDRESSED: &[&str] = &["there", "again", "all", "team", "everyone", "everybody"];
/// Words of thanks that a clause before a question begins with.
const THANKS: &[&str] =
    &["thanks", "thank", "thx", "danke", "vielen", "merci", "gracias", "grazie", "bedankt"];
/// What joins it to the question.
const JOINING: &[&str] = &["and", "but", "also", "so"];
/// Characters of a clause of thanks at most.
const LONGEST_THANKS: usize = 60;
/// Words of a line that somebody signs with.
const MOST_SIGNED: usize = 4;

/// A sentence that says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// It wants to know something.
    pub asks: bool,
    pub text: String,
}

/// The sentences of a message in their order, without courtesies and what stands below the signature.
pub fn told(message: &str) -> Vec<Told> {
    let mut told: Vec<Told> = Vec::new();
    let (mut courteous, mut signed) = (false, false);
    for (kind, sentence) in sentences(message) {
        let text = without_courtesy(&sentence);
        let asks = kind == SentenceKind::Question || form(text, false) == Form::Question;
        if !text.contains(char::is_alphanumeric) {
            continue;
        }
        // Neither a courtesy before a question nor a signature above it is a reason to leave the question out.
        if !asks {
            let is_courtesy = kind == SentenceKind::Courtesy && !text.ends_with(':');
            if is_courtesy || is_thanks(text) {
                courteous = true;
                signed |= !told.is_empty() && is_parting(&sentence);
                continue;
            }
            if signed {
                continue;
            }
        }
        told.push(Told { asks, text: text.to_owned() });
    }
    // Who signs without a word of parting does it on a line of its own.
    let signs = match &told[..] {
        [.., before, last] => !before.text.ends_with(':') && !last.asks && is_name(&last.text),
        [only] => courteous && !only.asks && is_name(&only.text),
        [] => false,
    };
    if signs {
        told.pop();
    }
    told
}

/// What a message asks, on one line: its questions, each with what it leans on, or without any all that it tells.
/// Empty when it only greets, thanks and signs.
pub fn question(message: &str) -> String {
    let told = told(message);
    let mut asked: Vec<&str> = Vec::new();
    for (at, one) in told.iter().enumerate().filter(|(_, one)| one.asks) {
        let before = at.checked_sub(1).map(|before| &told[before]);
        if let Some(before) = before.filter(|before| !before.asks && leans(&one.text)) {
            asked.push(&before.text);
        }
        asked.push(&one.text);
    }
    if asked.is_empty() {
        asked.extend(told.iter().map(|one| one.text.as_str()));
    }
    let words: Vec<&str> = asked.iter().flat_map(|text| text.split_whitespace()).collect();
    capital(&words.join(" "))
}

/// A sentence without the greeting and the thanks before what it says.
pub fn without_courtesy(sentence: &str) -> &str {
    let mut text = sentence.trim();
    while let Some(rest) = after_greeting(text) {
        text = rest;
    }
    without_thanks(without_open_greeting(text))
}

/// The sentences of a text with what each is, and the white space behind them.
pub fn sentences(text: &str) -> Vec<(SentenceKind, String)> {
    let grounding = Lexical.ground(&Statement { text, sources: &[] });
    grounding.sentences.iter().map(|sentence| (sentence.kind, sentence.span.of(text).to_owned())).collect()
}

/// Whether a courtesy ends a message: `Kind regards`. What comes behind it is a signature.
pub fn is_parting(courtesy: &str) -> bool {
    let line = courtesy.trim();
    !line.is_empty() && !line.ends_with(['.', '!', '?', ';', ':'])
}

/// With a capital first letter, as what stood before it is gone; a name or an address that is written small stays.
pub fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let (Some(word), Some(first)) = (text.split_whitespace().next(), letters.next()) else {
        return text.to_owned();
    };
    let word = word.trim_end_matches([',', ';', ':', '.', '!', '?']);
    if !word.chars().all(|c| c.is_lowercase() || matches!(c, '-' | '\'' | '’')) {
        return text.to_owned();
    }
    first.to_uppercase().chain(letters).collect()
}

/// The first word in small letters, without what stands behind it, and the rest.
fn first_word(text: &str) -> (String, &str) {
    let (word, rest) = text.split_at(text.find(char::is_whitespace).unwrap_or(text.len()));
    (word.trim_end_matches(|c: char| !c.is_alphanumeric()).to_lowercase(), rest.trim_start())
}

fn without_open_greeting(text: &str) -> &str {
    let (word, rest) = first_word(text);
    if !OPEN.contains(&word.as_str()) {
        return text;
    }
    let rest = without(rest, ADDRESSED);
    // With a capital it may be somebody's name, or a product's.
    let (next, _) = first_word(rest);
    let goes_on = rest.starts_with(char::is_lowercase)
        || form(rest, false) != Form::Statement
        || matches!(next.as_str(), "i" | "i'm" | "i’m" | "i'd" | "i’d" | "my" | "we" | "our" | "please");
    if rest.is_empty() || goes_on { rest } else { text }
}

fn without_thanks(text: &str) -> &str {
    if !is_thanks(text) {
        return text;
    }
    let Some((thanks, rest)) = text.split_once([',', '!', '–', '—']) else { return text };
    let rest = rest.trim_start();
    if thanks.chars().count() > LONGEST_THANKS || form(rest, false) != Form::Question {
        return text;
    }
    without(rest, JOINING)
}

/// Without these words at its beginning.
fn without<'t>(mut text: &'t str, words: &[&str]) -> &'t str {
    loop {
        let (word, rest) = first_word(text);
        if !words.contains(&word.as_str()) {
            return text;
        }
        text = rest;
    }
}

fn is_thanks(text: &str) -> bool {
    THANKS.contains(&first_word(text).0.as_str())
}

/// Whether a line is what somebody is called and nothing else.
fn is_name(line: &str) -> bool {
    let line = line.trim();
    let count = line.split_whitespace().count();
    (1..=MOST_SIGNED).contains(&count)
        && line.split_whitespace().all(|word| word.starts_with(char::is_uppercase))
        && line.chars().all(|c| c.is_alphabetic() || c.is_whitespace() || matches!(c, '-' | '\'' | '’'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_that_asks_is_told_without_courtesies() {
        for (message, asked) in [
            (
                "Hello,\n\ndo you sell kites for children?\n\nKind regards\nMira Halloran",
                "Do you sell kites for children?",
            ),
            (
                "Hi there! Do you sell kites for children? Thanks in advance, Mira",
                "Do you sell kites for children?",
            ),
            ("hi do you sell kites for children?", "Do you sell kites for children?"),
            (
                "Hello there I would like to know whether you sell kites.",
                "I would like to know whether you sell kites.",
            ),
            ("Thank you for the quick answer, but do you sell kites?", "Do you sell kites?"),
            (
                "Good morning Northfold team,\nI bought a tent last week. Do you sell kites?\nThanks!\nMira",
                "Do you sell kites?",
            ),
            (
                "Guten Tag,\n\nverkaufen Sie Drachen für Kinder?\n\nMit freundlichen Grüßen\nMira Vogel",
                "Verkaufen Sie Drachen für Kinder?",
            ),
        ] {
            assert_eq!(question(message), asked, "{message}");
        }
    }

    #[test]
    fn a_question_that_leans_on_what_was_said_comes_with_it() {
        assert_eq!(
            question("Hi,\nI bought the Fell 2 kite. Does it float?\nMira"),
            "I bought the Fell 2 kite. Does it float?"
        );
    }

    #[test]
    fn what_asks_nothing_is_told_whole_but_for_its_courtesies() {
        assert_eq!(
            question("Hello,\nthe lining of my kite came off at the seam.\n\nMira Halloran"),
            "The lining of my kite came off at the seam."
        );
        assert_eq!(question("My kite:\nBrant Down Kite"), "My kite: Brant Down Kite");
    }

    #[test]
    fn a_sentence_begins_with_a_capital_and_a_name_as_it_is_written() {
        for (text, begun) in [
            ("the tent was used", "The tent was used"),
            ("über Nacht", "Über Nacht"),
            ("used, and torn", "Used, and torn"),
            ("iPhone cases", "iPhone cases"),
            ("mara@mail.example wrote", "mara@mail.example wrote"),
            ("", ""),
        ] {
            assert_eq!(capital(text), begun);
        }
    }

    #[test]
    fn what_only_greets_thanks_and_signs_asks_nothing() {
        for message in ["Hello", "Hi there", "Hi Northfold team,", "Good morning!\n\nThanks\nMira", "", " \n"]
        {
            assert_eq!(question(message), "", "{message}");
        }
    }
}
