//! A text that is still coming: what is found in its beginning, and up to where more text changes
//! nothing about that.
//!
//! Recognisers read from the left, and each looks only so far ahead. What lies further back than
//! that, and before a space, is settled. Two things reach further and are held as a whole: a private
//! key that has begun, and a match of the user's own pattern that ends where the text does.

use memchr::memmem;

use super::{
    Detector,
    cues::PEM,
    custom::MAX_MATCH,
    fold::Folded,
    secrets::MAX_SECRET,
    view::{Candidate, View},
};

/// How far ahead recognisers look, in bytes of the folded text: an e-mail address that is spelt out
/// is the longest that has spaces, and a cue may be some 45 bytes long.
const AHEAD: usize = 384;
/// The same in tokens: an address with its street, its town and its country. A token has any length.
const AHEAD_TOKENS: usize = 32;
/// How far recognisers of the user's own look: their longest match with the words near it.
const AHEAD_CUSTOM: usize = MAX_MATCH + 128;
/// How far behind its own end a private key's last line may be looked for.
const CLOSING: usize = 88;

/// What is seen in the beginning of a window.
pub(crate) struct Seen {
    /// Undecided, in bytes of the window.
    pub candidates: Vec<Candidate>,
    /// Up to here, every candidate of the whole window that starts before is covered by these.
    pub settled: usize,
}

impl Detector {
    /// Looks at the beginning of a window. Whether a text has capitals at all is known only when the
    /// first one came; until then both readings count.
    pub(crate) fn look_at_beginning(&self, window: &str) -> Seen {
        let folded = Folded::of(window);
        let mut view = View::new(&folded.text, self.cues());
        let mut candidates = self.look(window, &folded, &view);
        if !view.cased {
            view.cased = true;
            candidates.extend(self.look(window, &folded, &view));
        }
        let mut settled = settled(&folded, &view);
        if !self.custom.is_empty() {
            settled = settled.min(window.floor_char_boundary(window.len().saturating_sub(AHEAD_CUSTOM)));
            for own in self.custom.list.iter() {
                settled = settled.min(own.open(window).unwrap_or(settled));
            }
        }
        Seen { candidates, settled }
    }

    /// Looks at a window that is whole.
    pub(crate) fn look_at_whole(&self, window: &str) -> Vec<Candidate> {
        let folded = Folded::of(window);
        self.look(window, &folded, &View::new(&folded.text, self.cues()))
    }
}

/// In bytes of the window.
fn settled(folded: &Folded, view: &View) -> usize {
    let text = view.text;
    let Some(mut limit) = text.len().checked_sub(AHEAD) else { return 0 };
    let Some(token) = view.tokens.len().checked_sub(AHEAD_TOKENS) else { return 0 };
    limit = limit.min(view.tokens[token].start());
    for cue in view.cues.iter().filter(|cue| cue.sorts & PEM != 0) {
        if is_open(&text[cue.start as usize..]) {
            limit = limit.min(cue.start as usize);
        }
    }
    match text[..limit].iter().rposition(u8::is_ascii_whitespace) {
        Some(space) => folded.original(space + 1..space + 2).start,
        None => 0,
    }
}

/// Whether the last line of a private key that begins here may still come.
fn is_open(rest: &[u8]) -> bool {
    let closed = memmem::find(rest, b"-----END").is_some_and(|end| end + CLOSING <= rest.len());
    rest.len() < MAX_SECRET && !closed
}
