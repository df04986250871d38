//! What in a customer's message calls for a person: anger, threats, words of law and press, talk of
//! harming oneself, a security incident, the wish to talk to somebody.
//!
//! [`Triggers`] is made once and asked often. It finds phrases in seven languages and says where they
//! stand; what is done about them is not decided here. A phrase that is negated or quoted does not
//! count, except where a false alarm costs less than a missed one: harm to oneself and security.

mod anger;
mod leaving;
mod legal;
mod person;
mod press;
mod security;
mod self_harm;
mod threats;
mod wording;

use std::ops::Range;

use crate::{
    Error,
    pii::{custom::windows, fold::Folded},
};
use wording::{Phrase, Wording};

/// What a phrase calls for a person for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Anger,
    /// Violence against somebody here.
    Threat,
    /// Taking the money back, or going to somebody else.
    Leaving,
    Legal,
    Press,
    SelfHarm,
    Security,
    /// The customer wants to talk to a person.
    Person,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Anger,
        Self::Threat,
        Self::Leaving,
        Self::Legal,
        Self::Press,
        Self::SelfHarm,
        Self::Security,
        Self::Person,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Anger => "anger",
            Self::Threat => "threat",
            Self::Leaving => "leaving",
            Self::Legal => "legal",
            Self::Press => "press",
            Self::SelfHarm => "self_harm",
            Self::Security => "security",
            Self::Person => "person",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub kind: Kind,
    /// In bytes of the text that was handed in, on the borders of characters.
    pub span: Range<usize>,
    /// Of anger, what the phrase adds to [`Report::anger`]; of the others 1.
    pub weight: f32,
    /// Of the phrase: `en`, `de`, `fr`, `es`, `it`, `pt`, `nl`.
    pub language: &'static str,
}

/// What was found in a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// In the order of the text, at most [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How angry it sounds, 0 to 1: what its words, capitals and exclamation marks add up to. A
    /// complaint stays below [`ANGRY`], a fit of anger does not.
    pub anger: f32,
}

impl Report {
    /// The finding of a kind that says most.
    pub fn best(&self, kind: Kind) -> Option<&Finding> {
        let of_kind = self.findings.iter().filter(|finding| finding.kind == kind);
        // The first of the heaviest.
        of_kind.rev().max_by(|a, b| a.weight.total_cmp(&b.weight))
    }
}

/// From here on a text counts as angry, where nobody says otherwise.
pub const ANGRY: f32 = 0.7;
/// Findings of one text.
pub const MAX_FINDINGS: usize = 64;
/// How much text is read at once, and how much of it again with the next.
const WINDOW: usize = 64 * 1024;
const AGAIN: usize = 1024;

/// Finds what calls for a person. Made once, shared freely.
pub struct Triggers {
    wording: Wording,
}

impl Triggers {
    /// # Errors
    ///
    /// When a phrase of this crate cannot be used, which its tests rule out.
    pub fn new() -> Result<Self, Error> {
        let all: Vec<&'static Phrase> = [
            anger::PHRASES,
            leaving::PHRASES,
            legal::PHRASES,
            person::PHRASES,
            press::PHRASES,
            security::PHRASES,
            self_harm::PHRASES,
            threats::PHRASES,
        ]
        .into_iter()
        .flatten()
        .collect();
        Ok(Self { wording: Wording::new(all, person::NOUNS)? })
    }

    /// Looks at a text of any length, in time in proportion to it.
    pub fn look(&self, text: &str) -> Report {
        let mut report = Report::default();
        for window in windows(text, WINDOW, AGAIN) {
            let folded = Folded::of(&text[window.clone()]);
            let (matches, speaks_of_people) = self.wording.find(&folded.text);
            let mut found: Vec<Finding> = Vec::with_capacity(matches.len());
            let mut add = |kind, span: Range<usize>, weight, language| {
                let span = folded.original(span);
                let span = window.start + span.start..window.start + span.end;
                found.push(Finding { kind, span, weight, language });
            };
            report.anger = report.anger.max(anger::sum(&folded.text, &matches));
            for one in matches {
                add(one.phrase.kind, one.span, one.phrase.weight, one.phrase.language);
            }
            if speaks_of_people && let Some(span) = person::asked_for(&folded.text) {
                add(Kind::Person, span, 1.0, "en");
            }
            let known = |new: &Finding, findings: &[Finding]| {
                findings.iter().any(|old| old.kind == new.kind && old.span == new.span)
            };
            found.retain(|new| !known(new, &report.findings));
            report.findings.append(&mut found);
        }
        report.findings.sort_by_key(|finding| (finding.span.start, finding.span.end, finding.kind));
        report.findings.truncate(MAX_FINDINGS);
        report
    }
}
