//! Phrases that speak to a model and not to a person.
//!
//! A pattern is tried only where one of its anchors, the words it begins with, stands. Anchors of all
//! rules are looked for in one pass. Patterns see folded text: no accents, no look-alikes.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::{Regex, RegexBuilder};

use super::phrases::{COUNT, PHRASES, Phrase};
use crate::Error;

/// Bytes after an anchor that a pattern sees, and before it for what makes it harmless.
const REACH: usize = 320;
const BEFORE: usize = 40;
/// Matches of one rule in one window of text.
const MAX_MATCHES: usize = 32;

pub(super) struct Match {
    /// The place of its phrase in [`PHRASES`].
    pub rule: usize,
    /// In bytes of the folded text.
    pub span: Range<usize>,
}

pub(super) struct Rules {
    anchors: AhoCorasick,
    /// The rule of each anchor.
    owners: Vec<usize>,
    patterns: Vec<Regex>,
    harmless: Regex,
}

/// What a pattern is short for: a space is a gap between two words of one sentence, `~` is that with
/// up to five words in it.
fn spelled(pattern: &str) -> String {
    const GAP: &str = r#"[^\w.!?;]{1,4}"#;
    let wide = format!(r"(?:{GAP}[\w']{{1,24}}){{0,5}}{GAP}");
    format!(r"\A(?:{})", pattern.replace(' ', GAP).replace('~', &wide))
}

impl Rules {
    pub fn new() -> Result<Self, Error> {
        let named = |name: &str| {
            let name = name.to_owned();
            move |source| Error::Pattern { name, source: Box::new(source) }
        };
        let build = |pattern: &str| RegexBuilder::new(pattern).case_insensitive(true).unicode(false).build();
        let patterns = PHRASES.iter().map(|phrase| {
            let spelled = spelled(phrase.pattern);
            let regex = if phrase.exact_case {
                RegexBuilder::new(&spelled).unicode(false).build()
            } else {
                build(&spelled)
            };
            regex.map_err(named(phrase.name))
        });
        let patterns = patterns.collect::<Result<Vec<_>, _>>()?;
        let words = PHRASES
            .iter()
            .enumerate()
            .flat_map(|(rule, phrase)| phrase.anchors.split(" / ").map(move |anchor| (rule, anchor)));
        let (owners, words): (Vec<usize>, Vec<&str>) = words.unzip();
        let anchors = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(words)
            .map_err(|source| Error::Search { name: "injection".to_owned(), source: Box::new(source) })?;
        // Whoever tells what somebody does, or asks not to do it, gives no orders.
        let harmless = build(concat!(
            r"(?:\b(?:i|we|they|he|she|who|not|never|don't|dont|can't|cannot|won't)(?:\s+[a-z']+)?",
            r"|\b(?:how|want|wanted|tried|trying|decided|able|free|easy|safe|nicht|niet|non|nao|ne)\s+(?:to|zu|te)?)\s*\z",
        ))
        .map_err(named("harmless"))?;
        Ok(Self { anchors, owners, patterns, harmless })
    }

    /// What the rules say of a folded text, in the order of its anchors.
    pub fn find(&self, text: &str) -> Vec<Match> {
        let mut found: Vec<Match> = Vec::new();
        let mut until = [0usize; COUNT];
        let mut count = [0usize; COUNT];
        for anchor in self.anchors.find_overlapping_iter(text) {
            let (rule, start) = (self.owners[anchor.pattern().as_usize()], anchor.start());
            let phrase: &Phrase = &PHRASES[rule];
            let joined = |at: usize| text.as_bytes()[at].is_ascii_alphanumeric();
            let inside_word = start > 0 && joined(start) && joined(start - 1);
            if inside_word && !is_escaped(text.as_bytes(), start) {
                continue;
            }
            if start < until[rule] || count[rule] >= MAX_MATCHES {
                continue;
            }
            let reach = text.floor_char_boundary((start + REACH).min(text.len()));
            let Some(at) = self.patterns[rule].find(&text.as_bytes()[start..reach]) else { continue };
            let before = &text[text.floor_char_boundary(start.saturating_sub(BEFORE))..start];
            if phrase.an_order && self.harmless.is_match(before.as_bytes()) {
                continue;
            }
            until[rule] = start + at.end();
            count[rule] += 1;
            found.push(Match { rule, span: start..start + at.end() });
        }
        found
    }
}

/// Whether a word stands behind the sign of a line break as JSON writes it.
fn is_escaped(bytes: &[u8], start: usize) -> bool {
    start >= 2 && bytes[start - 2] == b'\\' && matches!(bytes[start - 1], b'n' | b't' | b'r')
}
