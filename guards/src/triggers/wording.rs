//! Finds phrases: rare words of theirs in one pass, and around each the pattern.
//!
//! Patterns see folded text: no accents, no look-alikes, and so no `ü` or `ß`.

use std::{ops::Range, sync::OnceLock};

use aho_corasick::{AhoCorasick, MatchKind};
use regex::bytes::{Regex, RegexBuilder};

use super::Kind;
use crate::Error;

/// Bytes around an anchor that a pattern sees.
const BEFORE: usize = 96;
const AFTER: usize = 176;
/// A pattern is tried at most once in so many bytes; what follows lies in its sight.
const STRIDE: usize = 64;
/// Bytes in which a negation is looked for.
const NEGATED_WITHIN: usize = 40;
/// Bytes on both sides in which marks of a quotation are looked for.
const QUOTED_WITHIN: usize = 400;
/// Matches in one window of text.
const MAX_MATCHES: usize = 128;

pub(super) struct Phrase {
    pub kind: Kind,
    pub language: &'static str,
    pub weight: f32,
    /// Lower case, with ` / ` between them; one of them stands in whatever the pattern matches.
    pub anchors: &'static str,
    /// A space is a gap between two words of one sentence; ` * ` is one with up to four words in it.
    pub pattern: &'static str,
}

pub(super) const fn phrase(
    kind: Kind,
    language: &'static str,
    anchors: &'static str,
    pattern: &'static str,
) -> Phrase {
    Phrase { kind, language, weight: 1.0, anchors, pattern }
}

pub(super) struct Match {
    pub phrase: &'static Phrase,
    /// In bytes of the folded text.
    pub span: Range<usize>,
}

pub(super) struct Wording {
    anchors: AhoCorasick,
    /// The phrase of each anchor; none for words that only say what a text speaks of.
    owners: Vec<Option<usize>>,
    phrases: Vec<Pattern>,
    negation: Regex,
    /// A word of negation inside of a match.
    negated: Regex,
}

/// A phrase, made ready when one of its anchors is first seen: most never are, and a start is not to wait
/// for them.
struct Pattern {
    phrase: &'static Phrase,
    made: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// None where it cannot be used, which a test rules out; its anchors count by themselves then, because a
    /// false alarm costs a colleague a look.
    fn regex(&self) -> Option<&Regex> {
        self.made.get_or_init(|| build(&spelled(self.phrase.pattern)).ok()).as_ref()
    }
}

fn build(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).case_insensitive(true).unicode(false).build()
}

fn spelled(pattern: &str) -> String {
    const GAP: &str = r#"[^\w.!?;]{1,4}"#;
    let wide = format!(r"(?:{GAP}[\w']{{1,24}}){{0,4}}{GAP}");
    format!(r"\b(?:{})", pattern.replace(" * ", "\0").replace(' ', GAP).replace('\0', &wide))
}

impl Wording {
    /// `nouns` are looked for besides, and only whether any stands there is told.
    pub fn new(all: Vec<&'static Phrase>, nouns: &[&str]) -> Result<Self, Error> {
        let build = |name: &str, pattern: &str| {
            build(pattern)
                .map_err(|source| Error::Pattern { name: name.to_owned(), source: Box::new(source) })
        };
        let mut phrases = Vec::with_capacity(all.len());
        let (mut owners, mut words) = (Vec::new(), Vec::new());
        for (at, phrase) in all.into_iter().enumerate() {
            for anchor in phrase.anchors.split(" / ") {
                owners.push(Some(at));
                words.push(anchor);
            }
            phrases.push(Pattern { phrase, made: OnceLock::new() });
        }
        for noun in nouns {
            owners.push(None);
            words.push(noun);
        }
        let anchors = AhoCorasick::builder()
            .match_kind(MatchKind::Standard)
            .ascii_case_insensitive(true)
            .build(words)
            .map_err(|source| Error::Search { name: "triggers".to_owned(), source: Box::new(source) })?;
        let negation = build(
            "negation",
            concat!(
                r"(?:\b(?:not|never|isn'?t|aren'?t|wasn'?t|won'?t|wouldn'?t|don'?t|didn'?t|doesn'?t|haven'?t|without|cannot|can'?t",
                r"|nicht|kein\w*|nie|niemals|ohne|pas|jamais|sans|no|nunca|sin|non|mai|senza|nao|sem|niet|geen|nooit|zonder))",
                r"(?:[ \t]+[\w']{1,12}){0,2}[ \t]+\z",
            ),
        )?;
        let negated = build("negated", r"\b(?:not|nicht|pas|nao|niet)\b|n't\b")?;
        Ok(Self { anchors, owners, phrases, negation, negated })
    }

    /// What stands in a folded text, and whether one of the nouns does.
    pub fn find(&self, text: &str) -> (Vec<Match>, bool) {
        let mut found: Vec<Match> = Vec::new();
        let mut noun = false;
        let mut tried: Vec<Option<usize>> = vec![None; self.phrases.len()];
        let mut until = vec![0; self.phrases.len()];
        for anchor in self.anchors.find_overlapping_iter(text) {
            let Some(at) = self.owners[anchor.pattern().as_usize()] else {
                noun = true;
                continue;
            };
            let start = anchor.start();
            if tried[at].is_some_and(|last| start < last + STRIDE) || found.len() >= MAX_MATCHES {
                continue;
            }
            tried[at] = Some(start);
            let phrase = self.phrases[at].phrase;
            let Some(pattern) = self.phrases[at].regex() else {
                found.push(Match { phrase, span: start..anchor.end() });
                continue;
            };
            let sight = sight(text.as_bytes(), start, until[at]);
            for one in pattern.find_iter(&text.as_bytes()[sight.clone()]) {
                let span = sight.start + one.start()..sight.start + one.end();
                if self.is_harmless(phrase.kind, text, &span) {
                    continue;
                }
                until[at] = span.end;
                found.push(Match { phrase, span });
            }
        }
        (found, noun)
    }

    fn is_harmless(&self, kind: Kind, text: &str, span: &Range<usize>) -> bool {
        // Whoever speaks of these in whatever way is worth a look.
        if matches!(kind, Kind::SelfHarm | Kind::Security) {
            return false;
        }
        let bytes = text.as_bytes();
        // `I am not angry`, `I will not sue you`; who wants no bot wants a person.
        if kind != Kind::Person && self.negated.is_match(&bytes[span.clone()]) {
            return true;
        }
        let before = &bytes[span.start.saturating_sub(NEGATED_WITHIN)..span.start];
        self.negation.is_match(before) || is_quoted(bytes, span)
    }
}

/// What a pattern sees around an anchor: whole words, and nothing that it has matched already.
fn sight(text: &[u8], anchor: usize, until: usize) -> Range<usize> {
    let is_part = |at: usize| text[at].is_ascii_alphanumeric() || text[at] >= 0x80;
    let mut start = anchor.saturating_sub(BEFORE).max(until.min(anchor));
    while start > 0 && start < anchor && is_part(start - 1) && is_part(start) {
        start += 1;
    }
    let mut end = (anchor + AFTER).min(text.len());
    while end > anchor && end < text.len() && is_part(end - 1) && is_part(end) {
        end -= 1;
    }
    start..end.max(start)
}

/// Whether somebody else's words are repeated: between quotation marks with words of the writer's own on
/// the same line, or on a line that a mail program marks.
pub(super) fn is_quoted(text: &[u8], span: &Range<usize>) -> bool {
    let from = span.start.saturating_sub(QUOTED_WITHIN);
    let to = (span.end + QUOTED_WITHIN).min(text.len());
    let line_start = memchr::memrchr(b'\n', &text[from..span.start]).map_or(from, |at| from + at + 1);
    let line_end = memchr::memchr(b'\n', &text[span.end..to]).map_or(to, |at| span.end + at);
    let (before, after) = (&text[line_start..span.start], &text[span.end..line_end]);
    if before.trim_ascii_start().first() == Some(&b'>') {
        return true;
    }
    let marks = |part: &[u8]| memchr::memchr_iter(b'"', part).count();
    if marks(before) % 2 == 0 || marks(after) == 0 {
        return false;
    }
    let own = |part: &[u8]| part.iter().any(u8::is_ascii_alphanumeric);
    let opens = memchr::memrchr(b'"', before).unwrap_or(0);
    let closes = memchr::memchr(b'"', after).unwrap_or(after.len());
    own(&before[..opens]) || own(&after[closes..])
}

#[cfg(test)]
#[allow(clippy::panic, reason = "tests")]
mod tests {
    use super::super::{anger, leaving, legal, person, press, security, self_harm, threats};
    use super::*;

    #[test]
    fn every_pattern_can_be_used_and_begins_no_word_with_nothing() {
        let all = [
            anger::PHRASES,
            leaving::PHRASES,
            legal::PHRASES,
            person::PHRASES,
            press::PHRASES,
            security::PHRASES,
            self_harm::PHRASES,
            threats::PHRASES,
        ];
        for phrase in all.into_iter().flatten() {
            let regex = build(&spelled(phrase.pattern)).unwrap_or_else(|error| panic!("{error}"));
            assert!(!regex.is_match(b"a"), "{:?} {}", phrase.kind, phrase.language);
            assert!(phrase.anchors.split(" / ").all(|anchor| anchor.len() > 1), "{}", phrase.anchors);
            assert_eq!(phrase.anchors, phrase.anchors.to_lowercase());
        }
    }
}
