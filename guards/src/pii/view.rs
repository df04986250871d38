//! One window of folded text, cut into tokens once, with the cue words in it. All recognisers read
//! this and hand their candidates to [`Found`].

use std::ops::Range;

use super::{
    Kind, KindSet, Validator,
    cues::{Cue, Cues},
};

/// How far before a candidate a word still speaks for or against it, and how far after.
const REACH_BEFORE: usize = 64;
const REACH_AFTER: usize = 28;
/// What a word nearby adds or takes.
const RAISE: f32 = 0.35;
const LOWER: f32 = 0.35;

pub(crate) const DIGIT: u8 = 1;
pub(crate) const UPPER: u8 = 2;
pub(crate) const LOWER_CASE: u8 = 4;
pub(crate) const FOREIGN: u8 = 8;
const WORD: u8 = DIGIT | UPPER | LOWER_CASE | FOREIGN;

/// What each byte is; bytes of no word are 0.
static CLASS: [u8; 256] = {
    let mut class = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        class[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'A'..=b'Z' => UPPER,
            b'a'..=b'z' => LOWER_CASE,
            0x80.. => FOREIGN,
            _ => 0,
        };
        byte += 1;
    }
    class
};

pub(crate) fn is_word(byte: u8) -> bool {
    CLASS[byte as usize] & WORD != 0
}

/// Letters and digits without anything between.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub start: u32,
    pub end: u32,
    /// Which classes its bytes have.
    pub has: u8,
    /// The class of its first byte.
    pub first: u8,
}

impl Token {
    pub fn start(self) -> usize {
        self.start as usize
    }

    pub fn end(self) -> usize {
        self.end as usize
    }

    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    pub fn is_digits(self) -> bool {
        self.has == DIGIT
    }

    pub fn has_digit(self) -> bool {
        self.has & DIGIT != 0
    }

    /// `Name`, also `McName`; one capital alone too.
    pub fn is_capital(self) -> bool {
        self.first == UPPER && self.has & DIGIT == 0
    }
}

pub(crate) struct View<'t> {
    pub text: &'t [u8],
    pub tokens: Vec<Token>,
    pub cues: Vec<Cue>,
    /// Whether words are written with capitals at all.
    pub cased: bool,
}

impl<'t> View<'t> {
    pub fn new(text: &'t str, cues: &Cues) -> Self {
        let text = text.as_bytes();
        let mut tokens = Vec::with_capacity(text.len() / 5 + 4);
        let mut capitals = 0;
        let mut at = 0;
        while at < text.len() {
            let first = CLASS[text[at] as usize];
            if first == 0 {
                at += 1;
                continue;
            }
            let start = at;
            let mut has = first;
            at += 1;
            while at < text.len() {
                let class = CLASS[text[at] as usize];
                if class == 0 {
                    break;
                }
                has |= class;
                at += 1;
            }
            capitals += usize::from(first == UPPER && has & LOWER_CASE != 0);
            tokens.push(Token { start: start as u32, end: at as u32, has, first });
        }
        Self { text, tokens, cues: cues.find(text), cased: capitals > 0 }
    }

    pub fn bytes(&self, token: Token) -> &'t [u8] {
        &self.text[token.start()..token.end()]
    }

    /// A byte, or 0 outside of the text.
    pub fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    /// The byte before a place, or a space at the beginning.
    pub fn before(&self, at: usize) -> u8 {
        at.checked_sub(1).map_or(b' ', |at| self.byte(at))
    }

    /// The number of the first token that starts at or after a place.
    pub fn token_from(&self, at: usize) -> usize {
        self.tokens.partition_point(|token| token.start() < at)
    }

    /// The bytes between a token and the one after it.
    pub fn gap(&self, token: usize) -> &'t [u8] {
        match (self.tokens.get(token), self.tokens.get(token + 1)) {
            (Some(one), Some(next)) => &self.text[one.end()..next.start()],
            (Some(one), None) => &self.text[one.end()..],
            _ => b"",
        }
    }

    /// The cues of some sorts that end in the bytes before a place, nearest last.
    pub fn cues_before(&self, at: usize, reach: usize, sorts: u64) -> impl DoubleEndedIterator<Item = &Cue> {
        let from = self.cues.partition_point(|cue| (cue.start as usize) < at.saturating_sub(reach));
        let to = self.cues.partition_point(|cue| (cue.start as usize) < at);
        self.cues[from..to.max(from)]
            .iter()
            .filter(move |cue| cue.sorts & sorts != 0 && cue.end as usize <= at)
    }

    /// A score moved by the words nearby: the nearest word of either side decides.
    pub fn weigh(&self, span: &Range<usize>, base: f32, helps: u64, hurts: u64) -> Weighed {
        let mut nearest: Option<(usize, bool, &Cue)> = None;
        let from = self.cues.partition_point(|cue| (cue.start as usize) + REACH_BEFORE < span.start);
        for cue in &self.cues[from..] {
            let (start, end) = (cue.start as usize, cue.end as usize);
            if start > span.end + REACH_AFTER {
                break;
            }
            let helping = cue.sorts & helps != 0;
            if !helping && cue.sorts & hurts == 0 {
                continue;
            }
            let distance = if end <= span.start {
                span.start - end
            } else if start >= span.end {
                // What stands before a value names it more often than what stands after it.
                start - span.end + 16
            } else {
                continue;
            };
            if nearest
                .is_none_or(|(least, was, _)| distance < least || (distance == least && helping && !was))
            {
                nearest = Some((distance, helping, cue));
            }
        }
        match nearest {
            Some((_, true, cue)) => {
                Weighed { score: (base + RAISE).min(0.99), word: Some((cue.start, cue.end, true)) }
            }
            Some((_, false, cue)) => {
                Weighed { score: (base - LOWER).max(0.0), word: Some((cue.start, cue.end, false)) }
            }
            None => Weighed { score: base, word: None },
        }
    }
}

pub(crate) struct Weighed {
    pub score: f32,
    pub word: Option<(u32, u32, bool)>,
}

/// What may be a finding, in bytes of the folded text.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub kind: Kind,
    pub span: Range<usize>,
    pub score: f32,
    pub validator: Validator,
    pub word: Option<(u32, u32, bool)>,
}

/// Gathers candidates; those of kinds nobody asked for and those with too low a score are dropped
/// at once.
pub(crate) struct Found {
    pub kinds: KindSet,
    pub min_score: f32,
    pub candidates: Vec<Candidate>,
}

impl Found {
    pub fn wants(&self, kind: Kind) -> bool {
        self.kinds.contains(kind)
    }

    pub fn push(&mut self, kind: Kind, span: Range<usize>, validator: Validator, weighed: Weighed) {
        if weighed.score >= self.min_score && !span.is_empty() && self.wants(kind) {
            let Weighed { score, word } = weighed;
            self.candidates.push(Candidate { kind, span, score, validator, word });
        }
    }

    /// A finding whose score no word moves, or that a label has already named.
    pub fn plain(&mut self, kind: Kind, span: Range<usize>, validator: Validator, score: f32) {
        self.push(kind, span, validator, Weighed { score, word: None });
    }

    /// A finding that a label stands before.
    pub fn labelled(
        &mut self,
        kind: Kind,
        span: Range<usize>,
        validator: Validator,
        score: f32,
        label: &Cue,
    ) {
        self.push(kind, span, validator, Weighed { score, word: Some((label.start, label.end, true)) });
    }
}
