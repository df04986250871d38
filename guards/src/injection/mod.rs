//! Instructions for a model in text that only has to be read: what customers write, documents, what
//! tools give back, descriptions of tools, names of files.
//!
//! [`Injections`] is made once and asked often. It makes visible what a text hides ([`concealed`]),
//! looks for phrases that speak to a model (`phrases.rs`), and has a small model judge each sentence
//! with its neighbours. It says where and why; what is done about it is not decided here. It is one
//! hint among others and no wall: an order that reads like any sentence is not told from it, and
//! `report.md` beside the model says how much is missed.

mod characters;
mod encoded;
mod hidden;
mod markup;
pub mod model;
pub mod passages;
mod phrases;
mod rules;

use std::{borrow::Cow, ops::Range};

pub use hidden::{Concealed, How, MAX_CONCEALED, MAX_HIDDEN, concealed, readable};

use crate::{Error, pii::custom::windows};
use hidden::MAX_DEPTH;
use model::{Model, Sums, TOGETHER};
use passages::{Passage, Read};
use phrases::{ALONE, PHRASES};
use rules::Rules;

/// The score from which on a text is taken for an injection.
///
/// The model's scores are moved so that this is its line: the lowest at which models of the same
/// training flagged at most 0.5 % of the support messages and at most 5 % of the articles that they had
/// not seen. `report.md` says how many there were, and how it is with other texts.
pub const LINE: f32 = 0.5;
/// Findings of one text; the surest are kept.
pub const MAX_FINDINGS: usize = 64;
/// What a text is worth that hides more than is looked at.
const TOO_MANY: f32 = 0.6;
/// How much text is read at once, and how much of it again with the next.
const WINDOW: usize = 64 * 1024;
const AGAIN: usize = 1024;

/// What a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A phrase, by its name.
    Rule(&'static str),
    /// The model.
    Classifier,
    /// Something hidden.
    Concealed(How),
}

impl Kind {
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Rule(name) => name,
            Self::Classifier => "classifier",
            Self::Concealed(how) => how.name(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub kind: Kind,
    /// In bytes of the text that was handed in, on the borders of characters.
    pub span: Range<usize>,
    /// How sure, 0 to 1. What is below [`LINE`] is told for a person who looks, and flags nothing.
    pub score: f32,
    /// In words for a person.
    pub why: String,
    /// What was hidden, where something was.
    pub shown: Option<String>,
}

/// What was found in a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The highest of the findings, or what the model gives the text where nothing was found.
    pub score: f32,
    /// In the order of the text.
    pub findings: Vec<Finding>,
}

impl Report {
    /// Whether the text is taken for an injection.
    pub fn is_suspicious(&self) -> bool {
        self.score >= LINE
    }
}

/// Finds instructions for a model. Made once, shared freely.
pub struct Injections {
    rules: Rules,
    model: Cow<'static, Model>,
}

/// Whether it is a value, such as an address or a name: an order takes three words. Scripts that write
/// without spaces have no words to count.
fn is_too_short(text: &str) -> bool {
    let spaced = text.chars().all(|one| u32::from(one) < 0x2e80);
    spaced && text.split_whitespace().nth(2).is_none()
}

impl Injections {
    /// # Errors
    ///
    /// When a rule of this crate cannot be used, or its model was trained for other code. Its tests rule
    /// both out.
    pub fn new() -> Result<Self, Error> {
        let model = model::trained().ok_or(Error::Model)?;
        Ok(Self { rules: Rules::new()?, model: Cow::Borrowed(model) })
    }

    /// With another model: for its training.
    ///
    /// # Errors
    ///
    /// As [`Injections::new`].
    pub fn with(model: Model) -> Result<Self, Error> {
        Ok(Self { rules: Rules::new()?, model: Cow::Owned(model) })
    }

    /// Looks at a text of any length, in time in proportion to it.
    pub fn look(&self, text: &str) -> Report {
        self.look_within(text, 0)
    }

    /// What the model sees of a text: its sentences, in order. For the model's training.
    pub fn passages(&self, text: &str) -> Vec<Passage> {
        let read = windows(text, WINDOW, AGAIN).map(|window| passages::read(&text[window], &self.rules));
        read.flat_map(|read| read.passages).collect()
    }

    /// The highest score that a rule alone gives a text.
    pub fn by_rules(&self, text: &str) -> f32 {
        let mut report = Report::default();
        for window in windows(text, WINDOW, AGAIN) {
            let read = passages::read(&text[window.clone()], &self.rules);
            self.add_matches(&read, window.start, &mut report);
        }
        report.findings.iter().map(|finding| finding.score).fold(0.0, f32::max)
    }

    fn look_within(&self, text: &str, depth: usize) -> Report {
        let mut report = Report::default();
        for window in windows(text, WINDOW, AGAIN) {
            let read = passages::read(&text[window.clone()], &self.rules);
            self.add_matches(&read, window.start, &mut report);
            self.add_passages(&read, window.start, &mut report);
        }
        let hidden = concealed(text);
        let too_many = hidden.len() == MAX_CONCEALED;
        for one in hidden {
            self.add_concealed(one, depth, &mut report);
        }
        if too_many && let Some(last) = report.findings.last_mut() {
            last.score = last.score.max(TOO_MANY);
            last.why = "More is hidden than is looked at.".to_owned();
        }
        let highest = report.findings.iter().map(|finding| finding.score).fold(0.0, f32::max);
        report.score = report.score.max(highest);
        settle(&mut report.findings);
        report
    }

    fn add_matches(&self, read: &Read<'_>, offset: usize, report: &mut Report) {
        for one in &read.matches {
            let phrase = &PHRASES[one.rule];
            if phrase.score < ALONE {
                continue;
            }
            let span = read.folded.original(one.span.clone());
            report.findings.push(Finding {
                kind: Kind::Rule(phrase.name),
                span: offset + span.start..offset + span.end,
                score: phrase.score,
                why: format!("It {}.", phrase.why),
                shown: None,
            });
        }
    }

    /// Each run of sentences that the model takes for an injection, as one finding.
    fn add_passages(&self, read: &Read<'_>, offset: usize, report: &mut Report) {
        let sums: Vec<Sums> = read.passages.iter().map(|passage| self.model.sums(passage)).collect();
        let mut best: Option<(Range<usize>, f32, u128)> = None;
        let close = |best: &mut Option<(Range<usize>, f32, u128)>, findings: &mut Vec<Finding>| {
            let Some((run, score, signs)) = best.take() else { return };
            let span = read.passages[run.start].span.start..read.passages[run.end - 1].span.end;
            let folded = &read.folded.text[span.clone()];
            let start = span.start + (folded.len() - folded.trim_start().len());
            let end = span.start + folded.trim_end().len();
            let span = read.folded.original(start..end.max(start));
            findings.push(Finding {
                kind: Kind::Classifier,
                span: offset + span.start..offset + span.end,
                score,
                why: self.why(signs),
                shown: None,
            });
        };
        for first in 0..sums.len() {
            let mut together = Sums::default();
            for (last, one) in sums.iter().enumerate().skip(first).take(TOGETHER) {
                together = together.with(*one);
                let run = read.passages[first].span.start..read.passages[last].span.end;
                if is_too_short(&read.folded.text[run]) {
                    continue;
                }
                let score = self.model.probability(together);
                report.score = report.score.max(score);
                if score < LINE {
                    continue;
                }
                match &mut best {
                    Some((run, highest, signs)) if first <= run.end => {
                        run.end = run.end.max(last + 1);
                        *highest = highest.max(score);
                        *signs |= together.signs;
                    }
                    _ => {
                        close(&mut best, &mut report.findings);
                        best = Some((first..last + 1, score, together.signs));
                    }
                }
            }
        }
        close(&mut best, &mut report.findings);
    }

    /// The signs that weighed most, in words.
    fn why(&self, signs: u128) -> String {
        let mut heavy: Vec<(f32, &str)> = passages::signs()
            .enumerate()
            .filter(|(at, _)| signs >> at & 1 == 1 && self.model.signs[*at] > 0.2)
            .map(|(at, (_, why))| (self.model.signs[at], why))
            .collect();
        heavy.sort_by(|one, other| other.0.total_cmp(&one.0));
        let mut said: Vec<&str> = Vec::new();
        for (_, why) in heavy {
            if !said.contains(&why) && said.len() < 3 {
                said.push(why);
            }
        }
        if said.is_empty() {
            return "Its words are those of instructions to a model.".to_owned();
        }
        format!("Its words are those of instructions to a model: it {}.", said.join(", it "))
    }

    fn add_concealed(&self, one: Concealed, depth: usize, report: &mut Report) {
        let mut score = one.score();
        let mut why = format!("Something is hidden {}.", one.how.words());
        if depth < MAX_DEPTH && !one.shown.is_empty() {
            let inner = self.look_within(&one.shown, depth + 1);
            if inner.is_suspicious() {
                // Whoever hides an instruction means it.
                score = score.max(1.0 - (1.0 - inner.score) / 2.0);
                let surest = inner.findings.iter().max_by(|one, other| one.score.total_cmp(&other.score));
                why = match surest {
                    Some(surest) => format!("Something is hidden {}. {}", one.how.words(), surest.why),
                    None => why,
                };
            }
        }
        report.findings.push(Finding {
            kind: Kind::Concealed(one.how),
            span: one.span,
            score,
            why,
            shown: Some(one.shown),
        });
    }
}

/// The surest findings, each once, in the order of the text.
fn settle(findings: &mut Vec<Finding>) {
    findings
        .sort_by(|one, other| other.score.total_cmp(&one.score).then(one.span.start.cmp(&other.span.start)));
    findings.truncate(MAX_FINDINGS * 2);
    let mut kept: Vec<Finding> = Vec::new();
    for finding in findings.drain(..) {
        // Windows overlap; what is hidden may be inside something else that is.
        let told = finding.shown.is_none().then(|| {
            kept.iter_mut().find(|one| {
                one.kind == finding.kind
                    && one.span.start < finding.span.end
                    && finding.span.start < one.span.end
            })
        });
        if let Some(one) = told.flatten() {
            one.span = one.span.start.min(finding.span.start)..one.span.end.max(finding.span.end);
        } else if kept.len() < MAX_FINDINGS {
            kept.push(finding);
        }
    }
    kept.sort_by_key(|one| (one.span.start, one.span.end));
    *findings = kept;
}
