//! BM25 over units of one kind: a workspace's passages, or the subjects of its documents.
//!
//! The formula is Robertson and Zaragoza's ("The Probabilistic Relevance Framework", 2009) with the
//! idf of Lucene, `ln(1 + (N - n + 0.5) / (n + 0.5))`. A query touches only units that hold one of
//! its words. Everything is counted over the units in scope, so a public search cannot even tell
//! from its scores that internal pages exist.

use std::collections::{BTreeMap, HashMap};

/// How soon more of the same word stops counting, and how much long units are held back. Both were
/// chosen on the questions of the demo tickets; results change little around them.
const K1: f32 = 0.9;
const B: f32 = 0.6;

/// How a unit holds a word.
#[derive(Clone, Copy, Default)]
pub(crate) struct Count {
    /// Occurrences, each weighted by where it stands.
    pub weight: f32,
    /// It stands in what a reader sees, not in the tags alone.
    pub shown: bool,
}

/// A unit's words.
#[derive(Clone, Default)]
pub(crate) struct Bag {
    words: BTreeMap<String, Count>,
}

impl Bag {
    pub(crate) fn add(&mut self, word: &str, weight: f32, shown: bool) {
        if let Some(count) = self.words.get_mut(word) {
            count.weight += weight;
            count.shown |= shown;
        } else {
            self.words.insert(word.to_owned(), Count { weight, shown });
        }
    }
}

struct Posting {
    unit: usize,
    public: bool,
    count: Count,
}

#[derive(Clone, Copy, Default)]
struct Totals {
    units: f32,
    length: f32,
}

#[derive(Default)]
pub(crate) struct Postings {
    lists: HashMap<String, Vec<Posting>>,
    lengths: Vec<f32>,
    public: Totals,
    all: Totals,
}

/// One word of a query against the units in scope.
pub(crate) struct Hits<'a> {
    /// Its rarity; above zero.
    pub idf: f32,
    postings: &'a Postings,
    list: &'a [Posting],
    internal: bool,
}

impl Postings {
    /// Adds the next unit; units count from 0.
    pub(crate) fn push(&mut self, bag: &Bag, public: bool) {
        let unit = self.lengths.len();
        let length: f32 = bag.words.values().map(|count| count.weight).sum();
        self.lengths.push(length);
        for totals in [Some(&mut self.all), public.then_some(&mut self.public)].into_iter().flatten() {
            totals.units += 1.0;
            totals.length += length;
        }
        for (word, count) in &bag.words {
            let posting = Posting { unit, public, count: *count };
            if let Some(list) = self.lists.get_mut(word) {
                list.push(posting);
            } else {
                self.lists.insert(word.clone(), vec![posting]);
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lengths.len()
    }

    fn totals(&self, internal: bool) -> Totals {
        if internal { self.all } else { self.public }
    }

    pub(crate) fn hits(&self, word: &str, internal: bool) -> Hits<'_> {
        let list = self.lists.get(word).map_or(&[][..], Vec::as_slice);
        let holding = list.iter().filter(|posting| internal || posting.public).count() as f32;
        let units = self.totals(internal).units;
        let idf = (1.0 + (units - holding + 0.5) / (holding + 0.5)).ln();
        Hits { idf, postings: self, list, internal }
    }
}

impl Hits<'_> {
    /// Unit, what the word adds to its score, and whether the word is shown there.
    pub(crate) fn each(&self) -> impl Iterator<Item = (usize, f32, bool)> {
        let totals = self.postings.totals(self.internal);
        let mean = (totals.length / totals.units.max(1.0)).max(1.0);
        self.list.iter().filter(|posting| self.internal || posting.public).map(move |posting| {
            let length = self.postings.lengths[posting.unit];
            let weight = posting.count.weight;
            let score = self.idf * weight * (K1 + 1.0) / (weight + K1 * (1.0 - B + B * length / mean));
            (posting.unit, score, posting.count.shown)
        })
    }
}
