//! Personal and secret data in text: where it is, what it is, and why it is believed to be that.
//!
//! A [`Detector`] is made once and asked often. It folds what hides a value (full-width and
//! look-alike letters, invisible characters, dashes and line breaks inside), takes candidates by
//! cheap signs, and lets validators judge only those. Words nearby raise and lower scores. It keeps
//! no text and replaces none.

mod banking;
mod cards;
mod checksum;
mod contacts;
mod crypto;
mod cues;
pub(crate) mod custom;
mod dates;
mod detector;
mod documents;
pub(crate) mod fold;
mod gazetteer;
mod identifiers;
mod keys;
mod kind;
mod national;
mod network;
mod numbers;
mod people;
mod phones;
mod places;
mod resolve;
mod secrets;
mod uuids;
mod view;

use std::ops::Range;

pub use custom::{
    Custom, MAX_CUSTOM, MAX_MATCH, MAX_PATTERN, MAX_WORDS, MAX_WORDS_BYTES, Matcher, RAISED, Recognisers,
};
pub use detector::Detector;
pub use kind::{Kind, KindSet};

/// A text as the recognisers read it: plain forms, nothing invisible.
pub(crate) fn folded(text: &str) -> std::borrow::Cow<'_, str> {
    fold::Folded::of(text).text
}

/// What spoke for a finding. Later ones are stronger: they win where findings overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Validator {
    /// It looks like one, and words nearby say so.
    Context,
    /// Its words are in lists of names or places.
    Gazetteer,
    /// A pattern or a word of the user's own.
    Custom,
    /// It is as random as secrets are.
    Entropy,
    /// It has the parts that such a thing has.
    Structure,
    /// The numbering plan of its country has such numbers.
    NumberingPlan,
    /// It begins as its issuer's keys begin.
    Prefix,
    /// Its check digits are right.
    Checksum,
}

/// A word near a finding that moved its score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextWord {
    /// In bytes of the text.
    pub span: Range<usize>,
    /// Whether it raised the score.
    pub raised: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub kind: Kind,
    /// In bytes of the text that was handed in, on the borders of characters.
    pub span: Range<usize>,
    /// How sure, 0 to 1.
    pub score: f32,
    pub validator: Validator,
    pub context: Vec<ContextWord>,
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub kinds: KindSet,
    /// Findings below it are dropped. The recognisers' scores are made for 0.5.
    pub min_score: f32,
    pub custom: Vec<Custom>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { kinds: KindSet::all(), min_score: 0.5, custom: Vec::new() }
    }
}
