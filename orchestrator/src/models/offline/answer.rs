//! Answers questions in the words of the passages: picks the few pieces that say most of what is
//! asked, in the order of their source, each with its mark. Says nothing of its own, and abstains
//! when what is asked for is not there.

use std::collections::{BTreeMap, BTreeSet};

use domain::knowledge::Passage;

use super::{
    analysis::{Weights, concepts, tokens},
    markdown::{Kind, Unit, units},
    question::{Wanted, facts, holds, instructs, wanted},
    rank::{CONFIDENCE, Candidate, Features, RANKING, Signals, probabilities, sigmoid},
    thesaurus::broader,
};
use crate::asked::capital;

/// Share of the question that the leading piece must hold.
const LED: f32 = 0.55;
/// The same for a question about something that has a name: without the rest of the question, a fact
/// about the thing is not the fact that was asked for.
const LED_NAMED: f32 = 0.72;
/// A list or table longer than this is never given whole.
const LONGEST_BLOCK: usize = 7;
/// Words of a question that count; longer ones are stories.
const MOST_CONCEPTS: usize = 40;
const MOST_PIECES: usize = 4;
const MOST_DOCUMENTS: usize = 2;
/// Below this there is no answer.
const SURE: f32 = 0.55;

/// What was found for one question.
#[derive(Clone, Debug)]
pub struct Found {
    /// In the order they should be read.
    pub pieces: Vec<Piece>,
    /// Share of the question's words, weighted by rarity, that the pieces and their headings hold.
    pub coverage: f32,
    /// How likely this is the answer, 0 to 1.
    pub confidence: f32,
}

/// A sentence, or a whole list or table.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Index of the passage in the request.
    pub passage: usize,
    /// The heading it stands under, for lists and lines of lists.
    pub under: Option<String>,
    pub lines: Vec<(Kind, String)>,
}

impl Piece {
    /// As an answer says it, line by line.
    pub fn wording(&self) -> Vec<String> {
        let listed = self.lines.len() > 1;
        let mut lines: Vec<String> = Vec::new();
        if let Some(under) = self
            .under
            .as_ref()
            .filter(|_| listed || self.lines.iter().all(|(kind, _)| *kind != Kind::Sentence))
        {
            // "How long does it take?" needs no colon.
            let colon = if under.ends_with(['?', '!', ':', '.']) { "" } else { ":" };
            lines.push(format!("{under}{colon}"));
        }
        let mut number = 0;
        for (kind, text) in &self.lines {
            let text = if listed || !lines.is_empty() { text.clone() } else { capital(text) };
            lines.push(match kind {
                Kind::Step if listed => {
                    number += 1;
                    format!("{number}. {text}")
                }
                Kind::Bullet | Kind::Row if listed => format!("- {text}"),
                _ if text.ends_with(['.', '!', '?', ':']) => text,
                _ => format!("{text}."),
            });
        }
        if !listed && lines.len() == 2 {
            return vec![lines.join(" ")];
        }
        lines
    }
}

/// Why there is no answer.
#[derive(Clone, Debug)]
pub struct Missing {
    /// Words of the question that no piece holds together with the rest.
    pub words: Vec<String>,
    pub coverage: f32,
}

/// The passages of a request, taken apart once for all questions of a message.
pub struct Reading {
    pub(super) units: Vec<Unit>,
    weights: Weights,
    /// Document of each passage, as an index of its first passage.
    documents: Vec<usize>,
    /// Standing of each passage in its search, 0 to 1.
    pub(super) standing: Vec<f32>,
}

/// A question, taken apart.
pub(super) struct Asked {
    /// What it is about, spelled as the passages spell it, with the weight of each word.
    pub concepts: BTreeMap<String, f32>,
    pub total: f32,
    pub wanted: Wanted,
    /// Every word of it.
    pub words: BTreeSet<String>,
    /// Names and numbers in it, as concepts: facts of one product are none about another.
    names: BTreeSet<String>,
}

/// A piece that holds enough of the question to lead its answer.
pub(super) struct Eligible {
    pub group: Vec<usize>,
    pub covered: BTreeMap<String, f32>,
    pub coverage: f32,
    /// Of the kind that is wanted.
    pub facts: BTreeSet<String>,
}

impl Reading {
    /// At most 20 passages are read.
    pub fn of(passages: &[Passage]) -> Self {
        let passages = &passages[..passages.len().min(20)];
        let units = units(passages);
        let whole: Vec<BTreeSet<String>> = units
            .iter()
            .map(|unit| unit.concepts.iter().chain(&unit.heading).chain(&unit.title).cloned().collect())
            .collect();
        let best = passages.iter().map(|p| p.score).fold(0.0_f32, f32::max).max(f32::MIN_POSITIVE);
        Self {
            weights: Weights::over(whole.iter()),
            units,
            documents: passages
                .iter()
                .map(|p| passages.iter().position(|other| other.document_id == p.document_id).unwrap_or(0))
                .collect(),
            standing: passages.iter().map(|p| (p.score / best).clamp(0.0, 1.0)).collect(),
        }
    }

    fn spelled(&self, text: &str) -> BTreeMap<String, f32> {
        let mut spelled = BTreeMap::new();
        for concept in concepts(text).into_iter().take(MOST_CONCEPTS) {
            let concept = match self.weights.nearest(&concept) {
                Some(near) if !self.weights.knows(&concept) => near.to_owned(),
                _ => concept,
            };
            let weight = self.weights.of(&concept);
            spelled.insert(concept, weight);
        }
        spelled
    }

    fn asked(&self, question: &str, context: &str) -> Asked {
        let mut concepts = self.spelled(question);
        if leans(question) {
            for (concept, weight) in self.spelled(context) {
                concepts.entry(concept).or_insert(weight * 0.7);
            }
        }
        let names = names(question).into_iter().filter(|name| concepts.contains_key(name)).collect();
        Asked {
            total: concepts.values().sum::<f32>().max(f32::MIN_POSITIVE),
            concepts,
            wanted: wanted(question),
            words: tokens(question).into_iter().map(|token| token.word).collect(),
            names,
        }
    }

    /// The best answer to one question. `context` are words of the conversation that a short
    /// question leans on.
    pub fn answer(&self, question: &str, context: &str) -> Result<Found, Missing> {
        let asked = self.asked(question, context);
        let candidates = self.candidates(&asked, &RANKING);
        let Some(best) = candidates.first() else {
            return Err(self.missing(&asked));
        };
        let (confidence, mut chosen, coverage) = self.judge(&asked, &candidates, best, &CONFIDENCE);
        if confidence < SURE {
            return Err(Missing { words: Vec::new(), coverage });
        }
        self.follow_up(&asked, &mut chosen);
        Ok(Found { pieces: self.pieces(chosen), coverage, confidence })
    }

    /// What the ranking is learned from: for each possible lead of an answer, its features and text.
    pub fn examples(&self, question: &str) -> Vec<(Features, String)> {
        let asked = self.asked(question, "");
        let text = |c: &Candidate| {
            c.units.iter().map(|at| self.units[*at].text.as_str()).collect::<Vec<_>>().join(" / ")
        };
        self.candidates(&asked, &RANKING).iter().map(|c| (c.features, text(c))).collect()
    }

    /// What the confidence is learned from: the signals of the answer under a ranking, and its text.
    pub fn example(&self, question: &str, ranking: &Features) -> Option<(Signals, String)> {
        let asked = self.asked(question, "");
        let candidates = self.candidates(&asked, ranking);
        let best = candidates.first()?;
        let (signals, chosen, _) = self.signals(&asked, &candidates, best);
        Some((signals, chosen.iter().map(|at| self.units[*at].text.as_str()).collect::<Vec<_>>().join(" / ")))
    }

    /// Pieces that could lead an answer, best first: they hold enough of the question, all of its
    /// names, and the kind of fact it wants.
    fn candidates(&self, asked: &Asked, ranking: &Features) -> Vec<Candidate> {
        let needed = if asked.names.is_empty() { LED } else { LED_NAMED };
        let eligible: Vec<Eligible> = self
            .groups()
            .into_iter()
            .filter_map(|group| {
                let covered = self.covered(&group, asked);
                let coverage = coverage(&covered, asked);
                let named =
                    asked.names.iter().all(|name| covered.get(name).is_some_and(|share| *share >= 0.5));
                let fits = group.iter().any(|at| holds(&self.units[*at].text, asked.wanted));
                let facts = group.iter().flat_map(|at| facts(&self.units[*at].text, asked.wanted)).collect();
                (coverage >= needed && named && fits).then_some(Eligible { group, covered, coverage, facts })
            })
            .collect();
        // What several pieces say is likelier to be meant: each fact gets the votes of those that state it.
        let mut votes: BTreeMap<&str, f32> = BTreeMap::new();
        let mut most = f32::MIN_POSITIVE;
        for piece in eligible.iter().filter(|piece| piece.group.len() == 1) {
            for fact in &piece.facts {
                let vote = votes.entry(fact).or_default();
                *vote += self.standing[self.units[piece.group[0]].passage];
                most = most.max(*vote);
            }
        }
        let shared = |facts: &BTreeSet<String>| {
            facts.iter().filter_map(|fact| votes.get(fact.as_str())).fold(0.0, |a: f32, b| a.max(*b)) / most
        };
        let mut candidates: Vec<Candidate> = eligible
            .iter()
            .filter_map(|piece| Candidate::new(self, asked, piece, shared(&piece.facts), ranking))
            .collect();
        candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.units.cmp(&b.units)));
        candidates
    }

    fn judge(
        &self,
        asked: &Asked,
        candidates: &[Candidate],
        best: &Candidate,
        weights: &Signals,
    ) -> (f32, Vec<usize>, f32) {
        let (signals, chosen, coverage) = self.signals(asked, candidates, best);
        let sum: f32 = signals.iter().zip(weights).map(|(signal, weight)| signal * weight).sum();
        (sigmoid(sum), chosen, coverage)
    }

    /// What speaks for the answer that this lead makes; the pieces of it; their coverage.
    fn signals(
        &self,
        asked: &Asked,
        candidates: &[Candidate],
        best: &Candidate,
    ) -> (Signals, Vec<usize>, f32) {
        let mut chosen = best.units.clone();
        let mut covered = best.covered.clone();
        self.widen(candidates, asked, &mut chosen, &mut covered);
        let whole = coverage(&covered, asked);
        let shares = probabilities(candidates);
        let lead = self.document(best.units[0]);
        // Articles that say the same confirm each other.
        let agreed: f32 = candidates
            .iter()
            .zip(&shares)
            .filter(|(c, _)| {
                c.facts.intersection(&best.facts).next().is_some()
                    || c.units.iter().all(|at| best.units.contains(at) || self.repeats(*at, &best.units))
            })
            .map(|(_, share)| share)
            .sum();
        let document: f32 = candidates
            .iter()
            .zip(&shares)
            .filter(|(c, _)| self.document(c.units[0]) == lead)
            .map(|(_, share)| share)
            .sum();
        let first = &self.units[best.units[0]];
        let rarest = asked
            .concepts
            .iter()
            .filter(|(concept, _)| covered.get(*concept).copied().unwrap_or(0.0) < 0.5)
            .map(|(_, weight)| *weight)
            .fold(0.0, f32::max);
        let signals = [
            1.0,
            whole,
            best.coverage,
            agreed,
            document,
            self.standing[first.passage],
            best.features[1],
            rarest,
            if asked.wanted == Wanted::Fact { 1.0 } else { 0.0 },
            (asked.concepts.len() as f32 / 6.0).min(1.0),
        ];
        (signals, chosen, whole)
    }

    fn missing(&self, asked: &Asked) -> Missing {
        let best = (0..self.units.len())
            .map(|at| self.covered(&[at], asked))
            .max_by(|a, b| coverage(a, asked).total_cmp(&coverage(b, asked)))
            .unwrap_or_default();
        let words =
            asked.concepts.keys().filter(|concept| best.get(*concept).is_none_or(|share| *share < 0.5));
        Missing { words: words.cloned().collect(), coverage: coverage(&best, asked) }
    }

    fn document(&self, unit: usize) -> usize {
        self.documents[self.units[unit].passage]
    }

    /// What may stand in an answer: every piece alone, and every short list or table whole.
    fn groups(&self) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = (0..self.units.len()).map(|at| vec![at]).collect();
        let mut at = 0;
        while at < self.units.len() {
            let unit = &self.units[at];
            let end = (at..self.units.len())
                .find(|other| {
                    let other = &self.units[*other];
                    other.passage != unit.passage || other.block != unit.block
                })
                .unwrap_or(self.units.len());
            if unit.kind != Kind::Sentence && (2..=LONGEST_BLOCK).contains(&(end - at)) {
                groups.push((at..end).collect());
            }
            at = end;
        }
        groups
    }

    fn covered(&self, group: &[usize], asked: &Asked) -> BTreeMap<String, f32> {
        asked
            .concepts
            .keys()
            .map(|concept| {
                (concept.clone(), group.iter().map(|at| self.share(*at, concept)).fold(0.0, f32::max))
            })
            .filter(|(_, share)| *share > 0.0)
            .collect()
    }

    /// How well a piece holds a word: itself, under a heading with it, in a document about it.
    fn share(&self, at: usize, concept: &str) -> f32 {
        let unit = &self.units[at];
        if unit.concepts.contains(concept) {
            return 1.0;
        }
        if unit.heading.contains(concept) {
            return 0.85;
        }
        if unit.title.contains(concept) {
            return 0.75;
        }
        if broader(concept).is_some_and(|wider| unit.concepts.contains(wider) || unit.heading.contains(wider))
        {
            return 0.8;
        }
        // The sentence before it in the same paragraph says what "it" is.
        let before = at.checked_sub(1).map(|at| &self.units[at]);
        match before {
            Some(before)
                if before.passage == unit.passage
                    && before.block == unit.block
                    && unit.kind == Kind::Sentence
                    && before.concepts.contains(concept) =>
            {
                0.6
            }
            _ => 0.0,
        }
    }

    /// Adds pieces that say what is still missing.
    fn widen(
        &self,
        candidates: &[Candidate],
        asked: &Asked,
        chosen: &mut Vec<usize>,
        covered: &mut BTreeMap<String, f32>,
    ) {
        let lead = chosen.first().map_or(0, |at| self.document(*at));
        let others: Vec<(usize, BTreeMap<String, f32>)> = (0..self.units.len())
            .map(|at| (at, self.covered(&[at], asked)))
            .filter(|(_, c)| !c.is_empty())
            .collect();
        let standing = candidates.first().map_or(0.0, |c| self.standing[self.units[c.units[0]].passage]);
        for _ in 1..MOST_PIECES {
            let documents: BTreeSet<usize> = chosen.iter().map(|at| self.document(*at)).collect();
            let worth = |at: usize| if self.document(at) == lead { 1.0 } else { 0.4 };
            let gain = |(at, shares): &(usize, BTreeMap<String, f32>)| -> f32 {
                let more = shares.iter().map(|(concept, share)| {
                    let held = covered.get(concept).copied().unwrap_or(0.0);
                    asked.concepts[concept] * (share * worth(*at) - held).max(0.0)
                });
                more.sum::<f32>() / asked.total
            };
            let next = others
                .iter()
                .filter(|(at, _)| !chosen.contains(at) && !self.repeats(*at, chosen))
                .filter(|(at, _)| self.units[*at].kind != Kind::Step)
                .filter(|(at, _)| documents.contains(&self.document(*at)) || documents.len() < MOST_DOCUMENTS)
                .filter(|(at, _)| self.standing[self.units[*at].passage] >= 0.6 * standing)
                .filter(|(_, shares)| coverage(shares, asked) >= 0.45)
                .map(|other| (gain(other), other))
                .filter(|(gain, _)| *gain >= 0.12)
                .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.0.cmp(&a.1.0)));
            let Some((_, (at, shares))) = next else { break };
            chosen.push(*at);
            for (concept, share) in shares {
                let held = covered.entry(concept.clone()).or_insert(0.0);
                // Another document may speak of another thing: what it adds is worth less.
                *held = held.max(share * worth(*at));
            }
        }
    }

    /// Adds the sentence that follows a lone chosen one in its paragraph, when it speaks of the
    /// same: it usually holds the condition.
    fn follow_up(&self, asked: &Asked, chosen: &mut Vec<usize>) {
        let [only] = chosen[..] else { return };
        let unit = &self.units[only];
        let Some(next) = self.units.get(only + 1) else { return };
        let same_block = next.passage == unit.passage && next.block == unit.block;
        if unit.kind != Kind::Sentence || !same_block || self.repeats(only + 1, chosen) {
            return;
        }
        let related = next.concepts.intersection(&unit.concepts).count()
            + next.concepts.iter().filter(|c| asked.concepts.contains_key(*c)).count();
        let leans = [
            "it ",
            "this ",
            "the item",
            "they ",
            "these ",
            "that ",
            "until ",
            "after that",
            "in that case",
            "otherwise",
        ];
        let lower = next.text.to_lowercase();
        let way = asked.wanted == Wanted::Way && !instructs(&unit.text) && instructs(&next.text);
        if way || related >= 2 || leans.iter().any(|word| lower.starts_with(word)) {
            chosen.push(only + 1);
        }
    }

    fn repeats(&self, at: usize, chosen: &[usize]) -> bool {
        let unit = &self.units[at];
        chosen.iter().any(|other| {
            let other = &self.units[*other].concepts;
            let common = unit.concepts.intersection(other).count();
            common * 10 >= unit.concepts.len().min(other.len()).max(1) * 7
        })
    }

    /// Source order; the better document first, pieces of one list or table together.
    fn pieces(&self, chosen: Vec<usize>) -> Vec<Piece> {
        let lead = chosen.first().map_or(0, |at| self.document(*at));
        let mut order = chosen;
        order.sort_by_key(|at| (self.document(*at) != lead, *at));
        order.dedup();
        let mut pieces: Vec<(usize, Piece)> = Vec::new();
        for at in order {
            let unit = &self.units[at];
            let line = (unit.kind, unit.text.clone());
            let listed = matches!(unit.kind, Kind::Bullet | Kind::Row) && !unit.under.is_empty();
            let under = listed.then(|| unit.under.clone());
            match pieces.last_mut() {
                Some((block, piece))
                    if *block == unit.block
                        && piece.passage == unit.passage
                        && unit.kind != Kind::Sentence =>
                {
                    piece.lines.push(line);
                }
                _ => pieces.push((unit.block, Piece { passage: unit.passage, under, lines: vec![line] })),
            }
        }
        pieces.into_iter().map(|(_, piece)| piece).collect()
    }
}

fn coverage(covered: &BTreeMap<String, f32>, asked: &Asked) -> f32 {
    covered.iter().filter_map(|(concept, share)| Some(asked.concepts.get(concept)? * share)).sum::<f32>()
        / asked.total
}

/// Whether a question is only understood with what was said before it.
pub fn leans(question: &str) -> bool {
    let words = tokens(question);
    let opens = words.first().is_some_and(|w| matches!(w.word.as_str(), "and" | "or" | "but"));
    let about =
        words.len() > 1 && matches!(words[0].word.as_str(), "what" | "how") && words[1].word == "about";
    let telling: BTreeSet<&str> = words.iter().filter(|w| !w.stop).map(|w| w.concept.as_str()).collect();
    let points =
        words.iter().any(|w| matches!(w.word.as_str(), "it" | "they" | "them" | "that" | "those" | "there"));
    telling.is_empty() || (telling.len() < 3 && (opens || about || points))
}

fn names(question: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut sentence_start = true;
    for word in question.split_whitespace() {
        let capital = word.chars().next().is_some_and(char::is_uppercase) && word.chars().count() > 1;
        if word.chars().any(|c| c.is_ascii_digit()) || (capital && !sentence_start) {
            names.extend(concepts(word));
        }
        sentence_start = word.ends_with(['.', '!', '?', ':']);
    }
    names
}

/// Words of a text that a search should also look for: the shop's words for the customer's.
pub fn search_words(question: &str) -> String {
    let mut text = question.trim().to_owned();
    let lower = text.to_lowercase();
    for concept in concepts(question) {
        if concept.chars().all(char::is_alphabetic) && concept.len() > 3 && !lower.contains(&concept) {
            text.push(' ');
            text.push_str(&concept);
        }
        if let Some(wider) = broader(&concept).filter(|wider| *wider == "eu") {
            text.push(' ');
            text.push_str(wider);
        }
    }
    text
}
