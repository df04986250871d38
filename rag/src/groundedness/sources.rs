//! What a statement may rest on, read once: its sentences by their stems, its values, its names.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use domain::grounding::{Source, SourceKind, Span};

use super::{MAX_SOURCES, cut, names::Known, sentences::sentences, supports, values::Given};
use crate::lexical::Analyzer;

/// Sentences that are looked at closely for each sentence of the reply.
const CLOSELY: usize = 8;
/// How much of a word counts that stands beside the sentence, over it, or elsewhere in its source.
const BESIDE: f32 = 0.85;
const OVER: f32 = 0.75;
const ELSEWHERE: f32 = 0.6;
/// And of one in another record: what is told of records is put together from several.
const RECORDED: f32 = 0.8;

/// A sentence of a source, or a whole record.
struct Unit {
    source: usize,
    span: Span,
    stems: HashSet<String>,
}

struct Read<'a> {
    kind: SourceKind,
    text: &'a str,
    label: HashSet<String>,
    all: HashSet<String>,
    sentences: Vec<Span>,
    given: Given,
    units: std::ops::Range<usize>,
}

#[derive(Default)]
pub(super) struct Sources<'a> {
    read: Vec<Read<'a>>,
    units: Vec<Unit>,
    /// Units that hold a stem.
    postings: HashMap<String, Vec<usize>>,
    /// Stems of all records.
    recorded: HashSet<String>,
    /// Values and names of all sources.
    pub given: Given,
    pub known: Known,
}

/// Where a sentence is supported best.
#[derive(Clone, Debug)]
pub(super) struct Best {
    pub source: usize,
    pub span: Span,
    pub score: f32,
}

#[derive(Default)]
pub(super) struct FoundSupport {
    pub best: Option<Best>,
    /// The best of each source that was looked at closely.
    pub each: Vec<Best>,
}

impl<'a> Sources<'a> {
    pub fn read(sources: &[Source<'a>], analyzer: Analyzer) -> Self {
        let mut all = Self::default();
        let mut left = MAX_SOURCES;
        for source in sources {
            let text = cut(source.text, left);
            left -= text.len();
            all.known.add(text);
            all.known.add(source.label);
            all.take(source, text, analyzer);
        }
        all
    }

    /// What is needed to look for stray values alone.
    pub fn values_of(sources: &[Source<'a>]) -> Self {
        let mut all = Self::default();
        let mut left = MAX_SOURCES;
        for source in sources {
            let text = cut(source.text, left);
            left -= text.len();
            let record = source.kind == SourceKind::Record;
            for text in [text, source.label] {
                all.given.add(text, record);
                all.known.add(text);
            }
        }
        all
    }

    fn take(&mut self, source: &Source<'a>, text: &'a str, analyzer: Analyzer) {
        let at = self.read.len();
        let first = self.units.len();
        let mut given = Given::default();
        given.add(text, source.kind == SourceKind::Record);
        given.add(source.label, source.kind == SourceKind::Record);
        self.given.merge(&given);
        let sentences = if source.kind == SourceKind::Passage { sentences(text) } else { Vec::new() };
        let mut read = Read {
            kind: source.kind,
            text,
            label: analyzer.words(source.label).into_iter().collect(),
            all: HashSet::new(),
            sentences,
            given,
            units: first..first,
        };
        if supports(source) {
            // A record has no sentences: its names and values stand side by side.
            let whole = [Span { start: 0, end: text.len() }];
            let spans = if source.kind == SourceKind::Passage { &read.sentences[..] } else { &whole[..] };
            for span in spans {
                let stems: HashSet<String> = analyzer.words(span.of(text)).into_iter().collect();
                if stems.is_empty() {
                    continue;
                }
                let unit = self.units.len();
                for stem in &stems {
                    self.postings.entry(stem.clone()).or_default().push(unit);
                }
                read.all.extend(stems.iter().cloned());
                if source.kind == SourceKind::Record {
                    self.recorded.extend(stems.iter().cloned());
                }
                self.units.push(Unit { source: at, span: *span, stems });
            }
        }
        read.units = first..self.units.len();
        self.read.push(read);
    }

    /// The values of one source.
    pub fn of(&self, source: usize) -> Option<&Given> {
        self.read.get(source).map(|read| &read.given)
    }

    /// The text and sentences of a source that is a passage.
    pub fn passage(&self, source: usize) -> Option<(&'a str, &[Span])> {
        let read = self.read.get(source).filter(|read| read.kind == SourceKind::Passage)?;
        Some((read.text, &read.sentences))
    }

    /// How telling a stem is: 0.6 when every sentence has it, 1.4 when none or hardly one does.
    fn weight(&self, stem: &str) -> f32 {
        let all = self.units.len() as f32;
        let holding = self.postings.get(stem).map_or(0, Vec::len) as f32;
        let most = (1.0 + all).ln().max(0.1);
        let rarity = ((1.0 + all) / (1.0 + holding)).ln() / most;
        0.6 + 0.8 * rarity.clamp(0.0, 1.0)
    }

    /// Where these stems, each once, stand together best.
    pub fn best(&self, stems: &[String]) -> FoundSupport {
        let weights: Vec<f32> = stems.iter().map(|stem| self.weight(stem)).collect();
        let total: f32 = weights.iter().sum();
        if total <= 0.0 {
            return FoundSupport::default();
        }
        let mut direct: HashMap<usize, f32> = HashMap::new();
        for (stem, weight) in stems.iter().zip(&weights) {
            for unit in self.postings.get(stem).into_iter().flatten() {
                *direct.entry(*unit).or_default() += weight;
            }
        }
        let mut candidates: Vec<(usize, f32)> = direct.into_iter().collect();
        candidates.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        // Of each source its best sentence is looked at, whatever other sources have.
        let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
        candidates.retain(|(unit, _)| {
            let count = seen.entry(self.units[*unit].source).or_default();
            *count += 1;
            *count <= CLOSELY
        });
        let mut each: BTreeMap<usize, Best> = BTreeMap::new();
        for (at, _) in candidates {
            let unit = &self.units[at];
            let read = &self.read[unit.source];
            let beside = |stem: &String| {
                let before = at.checked_sub(1).filter(|before| read.units.contains(before));
                let after = Some(at + 1).filter(|after| read.units.contains(after));
                before.into_iter().chain(after).any(|near| self.units[near].stems.contains(stem))
            };
            let share = |stem: &String| {
                if unit.stems.contains(stem) {
                    1.0
                } else if beside(stem) {
                    BESIDE
                } else if self.recorded.contains(stem) {
                    RECORDED
                } else if read.label.contains(stem) {
                    OVER
                } else if read.all.contains(stem) {
                    ELSEWHERE
                } else {
                    0.0
                }
            };
            let covered: f32 = stems.iter().zip(&weights).map(|(stem, weight)| weight * share(stem)).sum();
            let score = covered / total;
            let best = Best { source: unit.source, span: trimmed(unit.span, read.text), score };
            match each.get(&unit.source) {
                Some(known) if known.score >= score => {}
                _ => {
                    each.insert(unit.source, best);
                }
            }
        }
        let best =
            each.values().max_by(|a, b| a.score.total_cmp(&b.score).then(b.source.cmp(&a.source))).cloned();
        FoundSupport { best, each: each.into_values().collect() }
    }

    /// Whether a record tells of a deed in these words: at least two of them, or all there are.
    pub fn was_done(&self, stems: &[String]) -> bool {
        let told: BTreeSet<&String> = stems.iter().collect();
        self.read.iter().filter(|read| read.kind == SourceKind::Record).any(|read| {
            let held =
                told.iter().filter(|stem| read.all.contains(**stem) || read.label.contains(**stem)).count();
            held >= 2.min(told.len().max(1)) && held * 3 >= told.len()
        })
    }
}

fn trimmed(span: Span, text: &str) -> Span {
    super::trimmed(span, text)
}
