//! The detector: text in windows, windows through all recognisers, candidates to findings.

use std::sync::Arc;

use super::{
    ContextWord, Finding, Kind, KindSet, Settings, contacts, crypto,
    cues::{Cues, TITLE},
    custom::Recognisers,
    dates, documents,
    fold::Folded,
    folded,
    gazetteer::{COMMON, FIRST, Gazetteer, LAST, NEVER},
    network, numbers, people, phones, places,
    resolve::resolve,
    secrets, uuids,
    view::{Candidate, Found, View},
};
use crate::Error;

/// How much text is read at once. What a recogniser keeps of a window is in proportion to it.
const STEP: usize = 56 * 1024;
/// How much a window reads beyond its step: more than the longest finding, with the words after it.
const OVERLAP: usize = 8 * 1024;
/// How much a window reads before its step, for the words before a finding.
const LEAD: usize = 512;

/// Finds personal and secret data. Made once, shared freely; one with other recognisers shares what is built in.
pub struct Detector {
    base: Arc<Base>,
    pub(super) custom: Recognisers,
}

/// What is built in.
pub(super) struct Base {
    kinds: KindSet,
    min_score: f32,
    pub(super) cues: Cues,
    gazetteer: Gazetteer,
}

impl Detector {
    /// # Errors
    ///
    /// When a recogniser of the user's own is outside its limits.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        let custom = Recognisers::compile(&settings.custom)?;
        phones::warm();
        let Settings { kinds, min_score, .. } = settings;
        let base = Base { kinds, min_score, cues: Cues::new()?, gazetteer: Gazetteer::new() };
        Ok(Self { base: Arc::new(base), custom })
    }

    /// The same with these recognisers in place of its own.
    pub fn with(&self, custom: Recognisers) -> Self {
        Self { base: Arc::clone(&self.base), custom }
    }

    /// Tells its own recognisers from others.
    pub(crate) fn custom_print(&self) -> [u8; 32] {
        self.custom.print
    }

    pub(super) fn cues(&self) -> &Cues {
        &self.base.cues
    }

    /// Whether somebody may be called by these words, folded and in small letters: one of them is a given name and
    /// nothing else, or lists of names have them all.
    pub(crate) fn may_name_somebody(&self, words: &[String]) -> bool {
        let flags = |word: &String| self.base.gazetteer.look_up(word.as_bytes());
        words.iter().any(|word| flags(word) & (FIRST | COMMON) == FIRST)
            || words.iter().all(|word| flags(word) & (FIRST | LAST) != 0)
    }

    /// Whether a word is an ordinary one in small letters, whoever is called so: `may`, `will`, `rose`.
    pub(crate) fn is_ordinary(&self, word: &str) -> bool {
        self.base.gazetteer.look_up(folded(word).as_bytes()) & (COMMON | NEVER) != 0
    }

    /// Whether a word stands before the name of a person and of nothing else: `Mr`, `Frau`.
    pub(crate) fn is_title(&self, word: &str) -> bool {
        self.base.cues.find(folded(word).as_bytes()).iter().any(|cue| cue.sorts & TITLE != 0)
    }

    /// The name of a kind, also of the user's own.
    pub fn name_of(&self, kind: Kind) -> &str {
        match kind {
            Kind::Custom(place) => {
                self.custom.list.get(usize::from(place)).map_or(kind.name(), |own| &own.label)
            }
            _ => kind.name(),
        }
    }

    /// What the recognisers of the user's own find.
    pub fn custom_kinds(&self) -> impl Iterator<Item = &str> {
        self.custom.kinds()
    }

    /// What is found in a text of any length, disjoint and in the order of the text. Takes time in
    /// proportion to the text.
    pub fn detect(&self, text: &str) -> Vec<Finding> {
        let mut candidates = Vec::new();
        let mut start = 0;
        while start < text.len() {
            let step_end = text.ceil_char_boundary((start + STEP).min(text.len()));
            let from = text.floor_char_boundary(start.saturating_sub(LEAD));
            // The rest comes along when it is short.
            let end = text.ceil_char_boundary((step_end + OVERLAP).min(text.len()));
            let step_end = if end == text.len() { end } else { step_end };
            self.read(&text[from..end], from, start..step_end, &mut candidates);
            start = step_end;
        }
        resolve(candidates).into_iter().map(finding).collect()
    }

    /// The candidates of one window, in bytes of it, undecided.
    pub(super) fn look(&self, window: &str, folded: &Folded, view: &View) -> Vec<Candidate> {
        let mut found =
            Found { kinds: self.base.kinds, min_score: self.base.min_score, candidates: Vec::new() };
        let chains = numbers::chains(view);
        numbers::find(view, &chains, &mut found);
        phones::find(view, &chains, &mut found);
        contacts::find(view, &mut found);
        network::find(view, &mut found);
        crypto::find(view, &mut found);
        secrets::find(view, &mut found);
        dates::find(view, &mut found);
        documents::find(view, &mut found);
        places::find(view, &self.base.gazetteer, &mut found);
        people::find(view, &self.base.gazetteer, &mut found);
        let uuids = uuids::find(view);
        let whole = found.candidates.into_iter().filter(|candidate| !uuids::cut(&uuids, &candidate.span));
        let folded_ones = whole.map(|candidate| {
            let word = candidate.word.map(|(start, end, raised)| {
                let word = folded.original(start as usize..end as usize);
                (word.start as u32, word.end as u32, raised)
            });
            Candidate { span: folded.original(candidate.span.clone()), word, ..candidate }
        });
        let mut candidates: Vec<Candidate> = folded_ones.collect();
        for own in self.custom.list.iter() {
            own.find(window, self.base.min_score, &mut candidates);
        }
        candidates
    }

    /// The candidates of one window that start within a part of it. Spans are moved to the text's.
    fn read(&self, window: &str, offset: usize, own: std::ops::Range<usize>, into: &mut Vec<Candidate>) {
        let folded = Folded::of(window);
        let candidates = self.look(window, &folded, &View::new(&folded.text, self.cues()));
        into.extend(candidates.into_iter().filter_map(|mut candidate| {
            let start = candidate.span.start + offset;
            if !own.contains(&start) {
                return None;
            }
            candidate.span = start..candidate.span.end + offset;
            // Words are told relative to the span's window; a text may be longer than 4 GiB.
            candidate.word = candidate.word.and_then(|(start, end, raised)| {
                Some((
                    u32::try_from(start as usize + offset).ok()?,
                    u32::try_from(end as usize + offset).ok()?,
                    raised,
                ))
            });
            Some(candidate)
        }));
    }
}

fn finding(candidate: Candidate) -> Finding {
    let Candidate { kind, span, score, validator, word } = candidate;
    let context = word
        .map(|(start, end, raised)| ContextWord { span: start as usize..end as usize, raised })
        .into_iter()
        .collect();
    Finding { kind, span, score, validator, context }
}
