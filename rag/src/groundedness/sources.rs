//! What a statement may rest on, read once: its sentences by their stems, its values, its names.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::{Arc, LazyLock, OnceLock},
};

use domain::grounding::{Source, SourceKind, Span};
use moka::sync::Cache;

use super::{
    MAX_SOURCES, cut,
    names::{Known, Name},
    sentences::sentences,
    supports,
    values::{Given, Value},
};
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
    span: Span,
    stems: HashSet<String>,
}

/// What a text says by itself, whatever else there is.
#[derive(Default)]
struct Contents {
    /// Read when a value or name is first looked for here: most are found in the first sources.
    given: OnceLock<Given>,
    known: OnceLock<Known>,
    /// Stems of the label.
    label: HashSet<String>,
    sentences: Vec<Span>,
    units: Vec<Unit>,
    /// Units that hold a stem.
    postings: HashMap<String, Vec<usize>>,
}

/// What passages say. The same few of them carry most replies, and reading one takes longer than
/// all that is done with it. Nothing of customers is kept: neither records nor what was said.
static PASSAGES: LazyLock<Cache<String, Arc<Contents>>> = LazyLock::new(|| {
    let weigh = |key: &String, _: &Arc<Contents>| u32::try_from(key.len()).unwrap_or(u32::MAX);
    Cache::builder().weigher(weigh).max_capacity(KEPT_TEXT).build()
});
/// Bytes of passages whose contents are kept; these take some ten times as many.
const KEPT_TEXT: u64 = 2 << 20;

impl Contents {
    fn of(source: &Source<'_>, text: &str, analyzer: Analyzer) -> Arc<Self> {
        if source.kind != SourceKind::Passage {
            return Arc::new(Self::read(source, text, analyzer));
        }
        let key = format!("{:?}\0{}\0{text}", analyzer.language(), source.label);
        PASSAGES.get_with(key, || Arc::new(Self::read(source, text, analyzer)))
    }

    fn read(source: &Source<'_>, text: &str, analyzer: Analyzer) -> Self {
        let mut contents =
            Self { label: analyzer.words(source.label).into_iter().collect(), ..Self::default() };
        // A record has no sentences: its names and values stand side by side.
        let spans = match source.kind {
            SourceKind::Passage => {
                contents.sentences = sentences(text);
                contents.sentences.clone()
            }
            _ => vec![Span { start: 0, end: text.len() }],
        };
        for span in spans.into_iter().filter(|_| supports(source)) {
            let stems: HashSet<String> = analyzer.words(span.of(text)).into_iter().collect();
            if stems.is_empty() {
                continue;
            }
            for stem in &stems {
                contents.postings.entry(stem.clone()).or_default().push(contents.units.len());
            }
            contents.units.push(Unit { span, stems });
        }
        contents
    }
}

struct Read<'a> {
    kind: SourceKind,
    text: &'a str,
    label: &'a str,
    contents: Arc<Contents>,
    /// The number of its first unit among those of all sources.
    first: usize,
}

impl Read<'_> {
    fn given(&self) -> &Given {
        self.contents.given.get_or_init(|| {
            let mut given = Given::default();
            for text in [self.text, self.label] {
                given.add(text, self.kind == SourceKind::Record);
            }
            given
        })
    }

    fn known(&self) -> &Known {
        self.contents.known.get_or_init(|| {
            let mut known = Known::default();
            for text in [self.text, self.label] {
                known.add(text);
            }
            known
        })
    }
}

#[derive(Default)]
pub(super) struct Sources<'a> {
    read: Vec<Read<'a>>,
    /// How many there are of all sources.
    units: usize,
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
        Self::each(sources, |source, text| Contents::of(source, text, analyzer))
    }

    /// What is needed to look for stray values alone.
    pub fn values_of(sources: &[Source<'a>]) -> Self {
        Self::each(sources, |_, _| Arc::default())
    }

    fn each(sources: &[Source<'a>], read: impl Fn(&Source<'a>, &'a str) -> Arc<Contents>) -> Self {
        let mut all = Self::default();
        let mut left = MAX_SOURCES;
        for source in sources {
            let text = cut(source.text, left);
            left -= text.len();
            let contents = read(source, text);
            let first = all.units;
            all.units += contents.units.len();
            all.read.push(Read { kind: source.kind, text, label: source.label, contents, first });
        }
        all
    }

    /// Whether some source gives this value.
    pub fn carries(&self, value: &Value) -> bool {
        // Those that have been read for another value come first.
        let (read, unread): (Vec<_>, Vec<_>) =
            self.read.iter().partition(|read| read.contents.given.get().is_some());
        read.into_iter().chain(unread).any(|read| read.given().carries(value))
    }

    /// Whether the sources, all together, call things by this name.
    pub fn name(&self, name: &Name) -> bool {
        name.is_of(|word| self.read.iter().any(|read| read.known().holds(word)))
    }

    /// The values of one source.
    pub fn of(&self, source: usize) -> Option<&Given> {
        self.read.get(source).map(Read::given)
    }

    /// The text and sentences of a source that is a passage.
    pub fn passage(&self, source: usize) -> Option<(&'a str, &[Span])> {
        let read = self.read.get(source).filter(|read| read.kind == SourceKind::Passage)?;
        Some((read.text, &read.contents.sentences))
    }

    /// How telling a stem is: 0.6 when every sentence has it, 1.4 when none or hardly one does.
    fn weight(&self, stem: &str) -> f32 {
        let all = self.units as f32;
        let holding = self.holding(stem).count() as f32;
        let most = (1.0 + all).ln().max(0.1);
        let rarity = ((1.0 + all) / (1.0 + holding)).ln() / most;
        0.6 + 0.8 * rarity.clamp(0.0, 1.0)
    }

    /// The numbers of the units that hold a stem, with their sources.
    fn holding(&self, stem: &str) -> impl Iterator<Item = (usize, usize)> {
        self.read.iter().enumerate().flat_map(move |(source, read)| {
            let units = read.contents.postings.get(stem).into_iter().flatten();
            units.map(move |unit| (source, read.first + unit))
        })
    }

    /// Whether a record holds a stem.
    fn recorded(&self, stem: &str) -> bool {
        let mut records = self.read.iter().filter(|read| read.kind == SourceKind::Record);
        records.any(|record| record.contents.postings.contains_key(stem))
    }

    /// Where these stems, each once, stand together best.
    pub fn best(&self, stems: &[String]) -> FoundSupport {
        let weights: Vec<f32> = stems.iter().map(|stem| self.weight(stem)).collect();
        let total: f32 = weights.iter().sum();
        if total <= 0.0 {
            return FoundSupport::default();
        }
        let mut direct: HashMap<usize, (usize, f32)> = HashMap::new();
        for (stem, weight) in stems.iter().zip(&weights) {
            for (source, unit) in self.holding(stem) {
                direct.entry(unit).or_insert((source, 0.0)).1 += weight;
            }
        }
        let mut candidates: Vec<(usize, usize, f32)> =
            direct.into_iter().map(|(unit, (source, weight))| (unit, source, weight)).collect();
        candidates.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| a.0.cmp(&b.0)));
        // Of each source its best sentence is looked at, whatever other sources have.
        let mut seen: BTreeMap<usize, usize> = BTreeMap::new();
        candidates.retain(|(_, source, _)| {
            let count = seen.entry(*source).or_default();
            *count += 1;
            *count <= CLOSELY
        });
        let mut each: BTreeMap<usize, Best> = BTreeMap::new();
        for (at, source, _) in candidates {
            let read = &self.read[source];
            let (at, units) = (at - read.first, &read.contents.units);
            let unit = &units[at];
            let beside = |stem: &String| {
                let before = at.checked_sub(1).and_then(|before| units.get(before));
                before.into_iter().chain(units.get(at + 1)).any(|near| near.stems.contains(stem))
            };
            let share = |stem: &String| {
                if unit.stems.contains(stem) {
                    1.0
                } else if beside(stem) {
                    BESIDE
                } else if self.recorded(stem) {
                    RECORDED
                } else if read.contents.label.contains(stem) {
                    OVER
                } else if read.contents.postings.contains_key(stem) {
                    ELSEWHERE
                } else {
                    0.0
                }
            };
            let covered: f32 = stems.iter().zip(&weights).map(|(stem, weight)| weight * share(stem)).sum();
            let score = covered / total;
            let best = Best { source, span: trimmed(unit.span, read.text), score };
            match each.get(&source) {
                Some(known) if known.score >= score => {}
                _ => {
                    each.insert(source, best);
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
            let Contents { postings, label, .. } = &*read.contents;
            let held =
                told.iter().filter(|stem| postings.contains_key(**stem) || label.contains(**stem)).count();
            held >= 2.min(told.len().max(1)) && held * 3 >= told.len()
        })
    }
}

fn trimmed(span: Span, text: &str) -> Span {
    super::trimmed(span, text)
}
