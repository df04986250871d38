//! From text to terms: words are found by Unicode's rules, folded, freed of function words and
//! stemmed; identifiers are kept whole as well.

use std::{collections::BTreeMap, ops::Range};

use unicode_segmentation::UnicodeSegmentation;

use super::{
    Language,
    fold::fold,
    identifiers::{canonical, is_identifier, joins, names_a_kind, parts},
};

/// Longer runs, such as encoded attachments, are no words and are left out.
pub const MAX_TERM_CHARS: usize = 64;
/// What is read of one text; what follows is left out.
pub const MAX_TERMS: usize = 100_000;

/// The terms of a passage or a query, each with its weight: occurrences, times what the place they
/// stand in counts for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    weights: BTreeMap<u32, f32>,
    length: f32,
}

impl Terms {
    /// Each term's id with its weight, by id.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (u32, f32)> {
        self.weights.iter().map(|(id, weight)| (*id, *weight))
    }

    /// The sum of all weights: BM25's length of the passage.
    pub fn length(&self) -> f32 {
        self.length
    }

    pub fn is_empty(&self) -> bool {
        self.weights.is_empty()
    }

    /// These terms, each of them once and with the same weight.
    pub fn once(ids: impl IntoIterator<Item = u32>) -> Self {
        Self::weighed(ids.into_iter().map(|id| (id, 1.0)))
    }

    /// These terms, each of them once and with the last weight given for it.
    pub(crate) fn weighed(terms: impl IntoIterator<Item = (u32, f32)>) -> Self {
        let weights: BTreeMap<u32, f32> = terms.into_iter().collect();
        let length = weights.values().sum();
        Self { weights, length }
    }

    pub fn holds(&self, id: u32) -> bool {
        self.weights.contains_key(&id)
    }

    fn add(&mut self, id: u32, weight: f32) {
        *self.weights.entry(id).or_default() += weight;
        self.length += weight;
    }
}

/// A term where it stands in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term<'a> {
    /// Its stem, or an identifier in its one spelling.
    pub word: &'a str,
    /// False for what is only a part, or another spelling, of the word that stands there.
    pub whole: bool,
    /// The bytes of the text that it was read from.
    pub at: Range<usize>,
}

/// Reads text of one language. Queries and passages must be read alike.
#[derive(Clone, Copy, Debug, Default)]
pub struct Analyzer {
    language: Language,
}

impl Analyzer {
    pub fn new(language: Language) -> Self {
        Self { language }
    }

    /// The analyzer of a BCP 47 locale, for example `de-CH`.
    pub fn of_locale(locale: &str) -> Self {
        Self::new(Language::of_locale(locale))
    }

    pub fn language(self) -> Language {
        self.language
    }

    /// The terms of one text.
    pub fn terms(self, text: &str) -> Terms {
        self.weighted([(text, 1.0)])
    }

    /// The terms of several texts, whose occurrences count as much as said: a title's 3, say, and a
    /// heading's 1.5 (BM25F's simple form: Robertson, Zaragoza and Taylor, "Simple BM25 extension to
    /// multiple weighted fields", 2004).
    pub fn weighted<'a>(self, texts: impl IntoIterator<Item = (&'a str, f32)>) -> Terms {
        let mut terms = Terms::default();
        for (text, weight) in texts {
            let mut left = MAX_TERMS;
            self.each(text, &mut |term| {
                if left > 0 && term.word.chars().nth(MAX_TERM_CHARS).is_none() {
                    left -= 1;
                    terms.add(term_id(term.word), weight);
                }
                left > 0
            });
        }
        terms
    }

    /// The terms as words, in order, for people and tests.
    pub fn words(self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        self.each(text, &mut |term| {
            words.push(term.word.to_owned());
            words.len() < MAX_TERMS
        });
        words
    }

    /// Calls `take` with each term, in order, until it says false.
    pub fn each(self, text: &str, take: &mut dyn FnMut(Term<'_>) -> bool) {
        let mut kind: Option<&str> = None;
        let mut end = 0;
        for run in text.split_inclusive(|c: char| !belongs(c)) {
            let begins = end;
            end += run.len();
            let run = run.trim_end_matches(|c: char| !belongs(c));
            let edge = |c: char| joins(c) || c == '\'' || c == '\u{2019}';
            let start = begins + run.len() - run.trim_start_matches(edge).len();
            let run = run.trim_matches(edge);
            if run.is_empty() {
                continue;
            }
            let at = start..start + run.len();
            let mut give = |word: &str, whole: bool| take(Term { word, whole, at: at.clone() });
            let folded = fold(run);
            let going = if is_identifier(&folded) {
                self.identifier(&folded, kind, &mut give)
            } else {
                self.words_of(&folded, kind, &mut give)
            };
            if !going {
                return;
            }
            kind = names_a_kind(run).then_some(run);
        }
    }

    fn identifier(self, folded: &str, kind: Option<&str>, give: &mut dyn FnMut(&str, bool) -> bool) -> bool {
        let name = canonical(folded);
        if let Some(kind) = kind.filter(|_| folded.starts_with(|c: char| c.is_ascii_digit()))
            && !give(&format!("{}-{name}", kind.to_ascii_lowercase()), true)
        {
            return false;
        }
        if !give(&name, true) {
            return false;
        }
        parts(folded).filter(|part| *part != name).all(|part| self.word(part, false, give))
    }

    fn words_of(self, folded: &str, kind: Option<&str>, give: &mut dyn FnMut(&str, bool) -> bool) -> bool {
        if let Some(kind) = kind
            && folded.bytes().all(|byte| byte.is_ascii_digit())
            && !give(&format!("{}-{folded}", kind.to_ascii_lowercase()), true)
        {
            return false;
        }
        let mut pieces = 0;
        for word in folded.unicode_words() {
            // Unicode holds `shop.example` and `l'ordine` together, as it does `1.50`.
            let number = word.contains(|c: char| c.is_ascii_digit());
            for piece in word.split(|c: char| joins(c) && !number) {
                let (elided, piece) = self.without_elision(piece);
                if !(elided.is_empty() || self.word(elided, true, give)) || !self.word(piece, true, give) {
                    return false;
                }
                pieces += 1;
            }
        }
        // `sign-in` is also written `signin`, `e-mail` also `email`.
        if pieces > 1 && folded.contains('-') && folded.chars().all(|c| c.is_alphabetic() || c == '-') {
            return self.word(&folded.replace('-', ""), false, give);
        }
        true
    }

    /// `l'ordre` is `l` and `ordre`; `aujourd'hui` is itself.
    fn without_elision(self, word: &str) -> (&str, &str) {
        match word.split_once('\'') {
            Some((elided, rest)) if self.language.elides() && elided.len() <= 5 && !rest.is_empty() => {
                (elided, rest)
            }
            _ => ("", word),
        }
    }

    fn word(self, word: &str, whole: bool, give: &mut dyn FnMut(&str, bool) -> bool) -> bool {
        if word.is_empty() || self.language.is_function_word(word) {
            return true;
        }
        let stem = self.language.stem(word);
        stem.is_empty() || give(&stem, whole)
    }
}

fn belongs(c: char) -> bool {
    c.is_alphanumeric()
        || joins(c)
        || matches!(c, '\'' | '\u{2019}' | '\u{2010}' | '\u{2011}' | '\u{ad}')
        || is_mark(c)
}

/// Marks that belong to the letter before them: combining accents, and the vowel signs and viramas
/// that `char::is_alphanumeric` does not count among the letters.
fn is_mark(c: char) -> bool {
    // A mark is one grapheme with the letter before it; punctuation is not.
    !c.is_ascii() && !c.is_whitespace() && ['a', c].iter().collect::<String>().graphemes(true).count() == 1
}

/// The number that stands for a term: its 64-bit FNV-1a (Fowler, Noll, Vo) with the upper half
/// folded onto the lower. It never changes, because it is stored. Two terms of a vocabulary of
/// 200,000 share a number with a chance of 1 in 21,000 each, and then score as one.
pub fn term_id(term: &str) -> u32 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let hash = term.bytes().fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    ((hash >> 32) ^ (hash & 0xffff_ffff)) as u32
}
