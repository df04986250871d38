//! Recognisers of the user's own: a regular expression or a list of words.
//!
//! Untrusted like any input. Patterns run in time linear in the text (the `regex` crate), are small
//! when compiled, and see the text in short windows: finding *every* match may look at a window as
//! often as it has places, so a window must not be long.

use std::{ops::Range, sync::Arc};

use aho_corasick::{AhoCorasick, MatchKind};
use regex::{Regex, RegexBuilder};
use sha3::{Digest as _, Sha3_256};

use super::{
    Kind, Validator,
    view::{Candidate, is_word},
};
use crate::Error;

/// Recognisers of one's own, at most.
pub const MAX_CUSTOM: usize = 32;
/// Bytes of a pattern.
pub const MAX_PATTERN: usize = 2048;
/// Words of all lists, and bytes of all of them.
pub const MAX_WORDS: usize = 10_000;
pub const MAX_WORDS_BYTES: usize = 256 * 1024;
/// A match that is longer is not found.
pub const MAX_MATCH: usize = 512;
/// What a word nearby adds to a match's score.
pub const RAISED: f32 = 0.35;
/// What a compiled pattern may take, and its cache.
const COMPILED: usize = 512 * 1024;
const MAX_NESTED: u32 = 50;
/// Kinds that the service itself writes placeholders of.
const RESERVED: [&str; 2] = ["literal", "custom"];
/// How much of the text a pattern sees at a time.
const WINDOW: usize = 2048;
/// How far before and after a match words are looked for that raise its score.
const REACH: usize = 64;

#[derive(Clone, Debug)]
pub enum Matcher {
    /// A regular expression in the syntax of the `regex` crate that matches something, and never nothing.
    Pattern(String),
    /// Words or phrases, whole and without regard to the case of ASCII letters.
    Words(Vec<String>),
}

#[derive(Clone, Debug)]
pub struct Custom {
    /// What it is called, each once: `a-z`, `0-9` and `_`.
    pub name: String,
    /// What it finds, in the same letters: a placeholder shows it, and rules name it. No built-in kind's; several
    /// recognisers may find the same.
    pub kind: String,
    pub matcher: Matcher,
    /// 0 to 1, for a match with no word of `near` beside it.
    pub score: f32,
    /// Words that raise the score of a match by 0.35.
    pub near: Vec<String>,
}

enum Search {
    Pattern(Regex),
    Words(AhoCorasick),
}

pub(crate) struct Recogniser {
    kind: Kind,
    /// What it finds.
    pub label: String,
    search: Search,
    score: f32,
    near: Option<AhoCorasick>,
}

/// Recognisers of one's own, ready to be used by any detector.
#[derive(Clone)]
pub struct Recognisers {
    pub(super) list: Arc<[Recogniser]>,
    /// Tells them from others.
    pub(super) print: [u8; 32],
}

impl Default for Recognisers {
    fn default() -> Self {
        Self { list: Arc::from([]), print: [0; 32] }
    }
}

impl Recognisers {
    /// # Errors
    ///
    /// When one is outside the limits.
    pub fn compile(customs: &[Custom]) -> Result<Self, Error> {
        let list = compile(customs)?.into();
        let print = match customs {
            [] => [0; 32],
            _ => Sha3_256::digest(format!("{customs:?}")).into(),
        };
        Ok(Self { list, print })
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// What they find, by name.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|own| own.label.as_str())
    }
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn compile(customs: &[Custom]) -> Result<Vec<Recogniser>, Error> {
    if customs.len() > MAX_CUSTOM {
        return Err(Error::TooMany { count: customs.len(), most: MAX_CUSTOM });
    }
    let mut recognisers: Vec<Recogniser> = Vec::with_capacity(customs.len());
    let (mut listed, mut bytes) = (0, 0);
    for (place, custom) in customs.iter().enumerate() {
        let name = custom.name.clone();
        if !is_name(&name) || customs[..place].iter().any(|other| other.name == name) {
            return Err(Error::Name { name: name.chars().take(64).collect() });
        }
        if !is_name(&custom.kind) || custom.kind.parse::<Kind>().is_ok() || RESERVED.contains(&&*custom.kind)
        {
            return Err(Error::Label { name, kind: custom.kind.chars().take(64).collect() });
        }
        let list = match &custom.matcher {
            Matcher::Words(list) => list.as_slice(),
            Matcher::Pattern(_) => &[],
        };
        for word in list.iter().chain(&custom.near) {
            listed += 1;
            bytes += word.len();
        }
        if listed > MAX_WORDS || bytes > MAX_WORDS_BYTES {
            return Err(Error::Words { name, most: MAX_WORDS, bytes: MAX_WORDS_BYTES });
        }
        if !(0.0..=1.0).contains(&custom.score) {
            return Err(Error::Score { name, score: custom.score });
        }
        let search = match &custom.matcher {
            Matcher::Pattern(pattern) if pattern.len() > MAX_PATTERN => {
                return Err(Error::PatternTooLong { name, bytes: pattern.len(), most: MAX_PATTERN });
            }
            Matcher::Pattern(text) => Search::Pattern(pattern(&name, text)?),
            Matcher::Words(list) => Search::Words(words(&name, list)?),
        };
        let near = if custom.near.is_empty() { None } else { Some(words(&name, &custom.near)?) };
        recognisers.push(Recogniser {
            kind: Kind::Custom(place as u16),
            label: custom.kind.clone(),
            search,
            score: custom.score,
            near,
        });
    }
    Ok(recognisers)
}

fn pattern(name: &str, text: &str) -> Result<Regex, Error> {
    let regex = RegexBuilder::new(text)
        .size_limit(COMPILED)
        .dfa_size_limit(COMPILED)
        .nest_limit(MAX_NESTED)
        .build()
        .map_err(|source| Error::Pattern { name: name.to_owned(), source: Box::new(source) })?;
    // It was just read as one, by the same crate.
    let least = regex_syntax::ParserBuilder::new()
        .nest_limit(MAX_NESTED)
        .build()
        .parse(text)
        .ok()
        .and_then(|read| read.properties().minimum_len());
    match least {
        None | Some(0) => Err(Error::EmptyMatch { name: name.to_owned() }),
        Some(_) => Ok(regex),
    }
}

fn words(name: &str, list: &[String]) -> Result<AhoCorasick, Error> {
    let bytes: usize = list.iter().map(String::len).sum();
    let wrong = list.iter().any(|word| word.is_empty() || word.len() > MAX_MATCH);
    if list.is_empty() || wrong || list.len() > MAX_WORDS || bytes > MAX_WORDS_BYTES {
        return Err(Error::Words { name: name.to_owned(), most: MAX_WORDS, bytes: MAX_WORDS_BYTES });
    }
    AhoCorasick::builder()
        .match_kind(MatchKind::LeftmostLongest)
        .ascii_case_insensitive(true)
        .build(list)
        .map_err(|source| Error::Search { name: name.to_owned(), source: Box::new(source) })
}

/// Whether a match stands between words and not inside one.
fn is_whole(text: &[u8], span: &Range<usize>) -> bool {
    let joins = |at: usize| at > 0 && at < text.len() && is_word(text[at - 1]) && is_word(text[at]);
    !joins(span.start) && !joins(span.end)
}

impl Recogniser {
    /// Its matches in a text, in bytes of it.
    pub fn find(&self, text: &str, min_score: f32, found: &mut Vec<Candidate>) {
        let mut push = |span: Range<usize>| {
            let word = self.near.as_ref().and_then(|near| beside(near, text, &span));
            let score = if word.is_some() { (self.score + RAISED).min(1.0) } else { self.score };
            if score >= min_score {
                found.push(Candidate { kind: self.kind, span, score, validator: Validator::Custom, word });
            }
        };
        match &self.search {
            Search::Words(search) => {
                for at in search.find_iter(text) {
                    let span = at.start()..at.end();
                    // Words of scripts without spaces stand inside of others by nature.
                    if is_whole(text.as_bytes(), &span)
                        || !text.is_char_boundary(span.start)
                        || !text[span.clone()].is_ascii()
                    {
                        push(span);
                    }
                }
            }
            Search::Pattern(regex) => {
                // What a window's edge cut short, the next one finds whole; the longer one is kept.
                for window in windows(text, WINDOW, MAX_MATCH) {
                    for at in regex.find_iter(&text[window.clone()]) {
                        let span = window.start + at.start()..window.start + at.end();
                        if !span.is_empty() && span.len() <= MAX_MATCH {
                            push(span);
                        }
                    }
                }
            }
        }
    }
}

fn beside(near: &AhoCorasick, text: &str, span: &Range<usize>) -> Option<(u32, u32, bool)> {
    let floor = text.floor_char_boundary(span.start.saturating_sub(REACH));
    let ceiling = text.ceil_char_boundary((span.end + REACH).min(text.len()));
    near.find_iter(&text[floor..ceiling])
        .map(|at| floor + at.start()..floor + at.end())
        .find(|word| is_whole(text.as_bytes(), word) && (word.end <= span.start || word.start >= span.end))
        .map(|word| (word.start as u32, word.end as u32, true))
}

/// Stretches of a text that overlap, on the borders of characters.
pub(crate) fn windows(text: &str, size: usize, overlap: usize) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    let mut done = text.is_empty();
    std::iter::from_fn(move || {
        if done {
            return None;
        }
        let end = text.ceil_char_boundary((start + size).min(text.len()));
        let window = start..end;
        done = end == text.len();
        start = text.floor_char_boundary(end - overlap.min(end - start - 1).min(end));
        if start <= window.start {
            start = end;
        }
        Some(window)
    })
}
