//! Which sentences of a reply its sources carry: by their words, values, names and denials.
//!
//! [`Lexical`] computes from text alone, with no model: a stem weighs by how rare it is among the
//! sentences of the sources; a value or name that no source carries is a finding that stops the
//! reply. [`similarity`] adds what an embedder says of sentences that were put in other words; it
//! never makes up for a stray value. Nothing here judges whether a reply answers its question.

mod calendar;
mod kinds;
mod names;
mod numbers;
mod polarity;
mod sentences;
pub mod similarity;
mod sources;
mod values;

use std::{
    hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState},
    sync::{Arc, LazyLock},
    time::Duration,
};

use domain::grounding::{
    Carrier, Finding, FindingKind, Grounding, Grounds, SentenceKind, SentenceSupport, Source, SourceKind,
    Span, Statement,
};

use moka::sync::Cache;

use crate::lexical::{Analyzer, Language};
use sources::{Best, Sources};

pub use sentences::sentences;

/// Bytes of a text that is checked; what is beyond is not supported by anything.
pub const MAX_TEXT: usize = 32 * 1024;
/// Bytes of all sources together that are read, first come first served.
pub const MAX_SOURCES: usize = 256 * 1024;

/// A sentence with a stray value is worth at most this.
const STRAY: f32 = 0.2;
/// A sentence that its source denies is worth at most this.
const DENIED: f32 = 0.2;
/// What is left of a score when a value of the sentence stands in another source than its words.
const ELSEWHERE: f32 = 0.85;
/// What a deed is worth whose values and main word a record carries, in whatever words it is told.
const DONE: f32 = 0.8;

/// The check that needs no model.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lexical;

/// What was found last: an agent is asked for its next step again as soon as its reply was judged, and
/// has the same reply before it. For moments only, because it is about what customers read.
static FOUND: LazyLock<Cache<(u64, u64), Arc<Grounding>>> =
    LazyLock::new(|| Cache::builder().max_capacity(512).time_to_live(Duration::from_secs(5)).build());
/// Two keys of this process, so that nobody can make two statements that look alike.
static KEYS: LazyLock<(RandomState, RandomState)> = LazyLock::new(Default::default);

fn key(statement: &Statement<'_>) -> (u64, u64) {
    let hash = |keys: &RandomState| {
        let mut hasher = keys.build_hasher();
        statement.text.hash(&mut hasher);
        for source in statement.sources {
            (source.kind, source.label, source.text).hash(&mut hasher);
        }
        hasher.finish()
    };
    (hash(&KEYS.0), hash(&KEYS.1))
}

impl Grounds for Lexical {
    fn ground(&self, statement: &Statement<'_>) -> Grounding {
        Grounding::clone(&FOUND.get_with(key(statement), || Arc::new(self.read(statement))))
    }

    fn strays(&self, statement: &Statement<'_>) -> Vec<Finding> {
        let text = cut(statement.text, MAX_TEXT);
        let language = Language::detect(text);
        let sources = Sources::values_of(statement.sources);
        all_strays(text, &sentences(text), language, &sources)
    }
}

impl Lexical {
    fn read(&self, statement: &Statement<'_>) -> Grounding {
        let text = cut(statement.text, MAX_TEXT);
        let language = Language::detect(text);
        let analyzer = Analyzer::new(language);
        let sources = Sources::read(statement.sources, analyzer);
        let spans = sentences(text);
        let mut strays = all_strays(text, &spans, language, &sources).into_iter().peekable();
        let mut grounding = Grounding { sentences: Vec::new(), quotes: vec![None; statement.sources.len()] };
        let mut quoted = vec![0.0_f32; statement.sources.len()];
        for span in spans {
            let mut findings = Vec::new();
            while let Some(stray) = strays.next_if(|stray| stray.span.start < span.end) {
                findings.push(stray);
            }
            let support = check(text, span, findings, &sources, analyzer, &mut |best: &Best| {
                if best.score > quoted[best.source] {
                    quoted[best.source] = best.score;
                    grounding.quotes[best.source] = Some(best.span);
                }
            });
            grounding.sentences.push(support);
        }
        if text.len() < statement.text.len() {
            grounding.sentences.push(unread(statement.text, text.len()));
        }
        grounding
    }
}

/// Values and names that no source carries, in their order.
fn all_strays(text: &str, sentences: &[Span], language: Language, sources: &Sources<'_>) -> Vec<Finding> {
    let values = values::values(text);
    let inside = |span: &Span| {
        let after = values.partition_point(|value| value.span.end <= span.start);
        values.get(after).is_some_and(|value| value.span.start < span.end)
    };
    let mut strays: Vec<Finding> = values
        .iter()
        .filter(|value| !sources.carries(value))
        .map(|value| finding(value.kind, value.span, text))
        .collect();
    for name in names::names(text, sentences, language) {
        if !inside(&name.span) && !sources.name(&name) {
            strays.push(finding(FindingKind::Name, name.span, text));
        }
    }
    strays.sort_by_key(|stray| stray.span.start);
    strays
}

fn finding(kind: FindingKind, span: Span, text: &str) -> Finding {
    Finding { kind, span, text: span.of(text).to_owned() }
}

fn check(
    text: &str,
    span: Span,
    mut findings: Vec<Finding>,
    sources: &Sources<'_>,
    analyzer: Analyzer,
    quote: &mut dyn FnMut(&Best),
) -> SentenceSupport {
    let body = span.of(text);
    let mut stems = analyzer.words(body);
    // Numbers are compared as values.
    stems.retain(|stem| {
        !stem.bytes().all(|byte| byte.is_ascii_digit()) && numbers::in_words(stem, false).is_none()
    });
    stems.sort_unstable();
    stems.dedup();
    let values = values::values(body);
    let kind = kinds::kind(body, stems.len(), !values.is_empty() || !findings.is_empty());
    let found = sources.best(&stems);
    for best in &found.each {
        quote(best);
    }
    let carrier = found.best.as_ref().map(|best| Carrier { source: best.source, span: best.span });
    if !kind.needs_support() {
        return SentenceSupport { span, kind, score: 1.0, carrier, findings };
    }
    let mut score = found.best.as_ref().map_or(0.0, |best| best.score);
    if let Some(best) = &found.best
        && !values.iter().all(|value| sources.of(best.source).is_none_or(|given| given.carries(value)))
    {
        score *= ELSEWHERE;
    }
    let stray = findings.iter().any(|finding| finding.kind.stops());
    if kind == SentenceKind::Deed && !stray && sources.was_done(&stems) {
        score = score.max(DONE);
    }
    if stray {
        score = score.min(STRAY);
    }
    if let Some(best) = &found.best
        && let Some((source, sentences)) = sources.passage(best.source)
        && polarity::contradicted(body, source, sentences, analyzer)
    {
        score = score.min(DENIED);
        findings.push(finding(FindingKind::Contradiction, trimmed(span, text), text));
    }
    let support = SentenceSupport { span, kind, score: score.clamp(0.0, 1.0), carrier, findings };
    with_verdict(support, text)
}

/// Adds the finding that says that too little of a sentence is supported, once.
fn with_verdict(mut support: SentenceSupport, text: &str) -> SentenceSupport {
    support.findings.retain(|finding| finding.kind != FindingKind::Unsupported);
    if !support.is_supported() {
        support.findings.push(finding(FindingKind::Unsupported, trimmed(support.span, text), text));
    }
    support
}

/// What is beyond the limit is a claim that nothing supports.
fn unread(text: &str, start: usize) -> SentenceSupport {
    let span = Span { start, end: text.len() };
    let kind = SentenceKind::Claim;
    let support = SentenceSupport { span, kind, score: 0.0, carrier: None, findings: Vec::new() };
    with_verdict(support, text)
}

fn trimmed(span: Span, text: &str) -> Span {
    let body = span.of(text);
    let start = span.start + (body.len() - body.trim_start().len());
    Span { start, end: start + body.trim().len() }
}

/// At most `bytes` of a text, cut at a character.
fn cut(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Whether a source supports sentences, and does not only lend its words.
fn supports(source: &Source<'_>) -> bool {
    source.kind != SourceKind::Said
}

/// The kinds of values that a text holds, one for each value.
pub(crate) fn kinds_of_values(text: &str) -> Vec<FindingKind> {
    values::values(cut(text, MAX_TEXT)).into_iter().map(|value| value.kind).collect()
}

/// The values of some kinds in a text, as written, without white space.
pub(crate) fn values_of(text: &str, kinds: &[FindingKind]) -> std::collections::BTreeSet<String> {
    let text = cut(text, MAX_TEXT);
    let values = values::values(text).into_iter().filter(|value| kinds.contains(&value.kind));
    values.map(|value| value.span.of(text).to_lowercase().split_whitespace().collect()).collect()
}
