//! Which piece of the passages leads an answer, and how likely it is the right one. Both are small
//! linear models; their weights were learned on questions about the demo shop's articles, with a
//! third of the questions held out.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    answer::{Asked, Eligible, Reading},
    markdown::Kind,
    question::{Wanted, instructs},
};

/// What is known of a candidate, in the order of [`RANKING`].
pub type Features = [f32; 25];

/// How much each feature counts.
pub const RANKING: Features = [
    6.01, 0.32, 0.14, 1.14, 0.71, 1.04, 1.43, 3.17, 1.16, 1.53, 3.49, -1.0, -0.68, 2.28, -0.37, -0.18, 1.59,
    -0.4, -1.53, 0.52, 1.43, -0.36, 0.52, -1.19, 1.32,
];

/// What speaks for an answer, in the order of [`CONFIDENCE`]; the first is always 1.
pub type Signals = [f32; 10];

pub const CONFIDENCE: Signals = [-3.26, 0.96, 1.02, 1.46, 0.37, 1.66, -0.24, -1.11, -0.34, -0.18];

/// A piece that could lead an answer: a sentence, a line of a list or table, or a whole one.
pub(super) struct Candidate {
    pub units: Vec<usize>,
    pub covered: BTreeMap<String, f32>,
    pub coverage: f32,
    pub facts: BTreeSet<String>,
    pub features: Features,
    pub score: f32,
}

impl Candidate {
    pub fn new(
        reading: &Reading,
        asked: &Asked,
        piece: &Eligible,
        shared: f32,
        ranking: &Features,
    ) -> Option<Self> {
        let Eligible { group, covered, coverage, facts } = piece;
        let unit = |at: &usize| &reading.units[*at];
        let first = unit(group.first()?);
        let weigh = |set: &BTreeSet<String>| {
            set.iter().filter_map(|c| asked.concepts.get(c)).sum::<f32>() / asked.total
        };
        let own: f32 = asked
            .concepts
            .iter()
            .filter(|(concept, _)| group.iter().any(|at| unit(at).concepts.contains(*concept)))
            .map(|(_, weight)| weight)
            .sum::<f32>()
            / asked.total;
        let heading = weigh(&first.heading);
        let whole = group.len() > 1;
        let steps = first.kind == Kind::Step;
        // Steps need not name what they are for: the article does.
        let told = steps && whole && asked.wanted == Wanted::Way && weigh(&first.title) >= 0.5;
        if own <= 0.0 && heading < 0.5 && !told {
            return None;
        }
        // Lists and tables are given whole when the question is about them and not about one line.
        if whole && !steps && heading < 0.5 {
            return None;
        }
        let said: usize = group.iter().map(|at| unit(at).concepts.len()).sum();
        let hit: usize = group
            .iter()
            .map(|at| unit(at).concepts.iter().filter(|c| asked.concepts.contains_key(*c)).count())
            .sum();
        let worded =
            asked.words.iter().filter(|word| group.iter().any(|at| unit(at).words.contains(*word))).count();
        let lower = first.text.to_lowercase();
        let conditional =
            ["if ", "when ", "after ", "before ", "in that case"].iter().any(|word| lower.starts_with(word));
        // A question of a word or two wants the gist of the article on it.
        let broad = asked.concepts.len() <= 2;
        let flag = |set: bool| if set { 1.0 } else { 0.0 };
        let features: Features = [
            *coverage,
            own,
            weigh(&first.title),
            heading,
            weigh(&first.label),
            hit as f32 / said.max(1) as f32,
            worded as f32 / asked.words.len().max(1) as f32,
            reading.standing[first.passage],
            flag(first.first),
            flag(first.opens),
            flag(steps && whole && asked.wanted == Wanted::Way),
            flag(steps && !whole),
            flag(steps && whole && asked.wanted != Wanted::Way),
            flag(asked.wanted == Wanted::Way && instructs(&first.text)),
            flag(first.words.contains("not") || lower.contains("except")),
            flag(conditional),
            flag(whole && !steps),
            flag(matches!(first.kind, Kind::Row | Kind::Bullet) && !whole),
            (first.concepts.len() as f32 / 20.0).min(1.0),
            flag(first.passage == 0),
            shared,
            flag(broad) * weigh(&first.title),
            flag(broad && first.first),
            flag(broad) * heading,
            weigh(&first.subject),
        ];
        let score = features.iter().zip(ranking).map(|(feature, weight)| feature * weight).sum();
        Some(Self {
            units: group.clone(),
            covered: covered.clone(),
            coverage: *coverage,
            facts: facts.clone(),
            features,
            score,
        })
    }
}

/// Share of each candidate when all of them compete.
pub(super) fn probabilities(candidates: &[Candidate]) -> Vec<f32> {
    let top = candidates.iter().map(|c| c.score).fold(f32::MIN, f32::max);
    let powers: Vec<f32> = candidates.iter().map(|c| (c.score - top).exp()).collect();
    let sum: f32 = powers.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    powers.iter().map(|power| power / sum).collect()
}

pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}
