//! Numbers and codes as they are written: tokens with spaces, dashes, dots and line breaks between
//! them, read as one. `4111-1111 1111\n1111` is a chain of four tokens, and each run of its tokens
//! is a slice that a validator may know.

use std::ops::Range;

use super::{
    Kind, Validator,
    view::{DIGIT, Found, LOWER_CASE, Token, UPPER, View},
};

/// The longest code that is known here: an IBAN.
pub(crate) const MAX_CODE: usize = 34;
/// What may stand between two tokens of a chain, at most.
const MAX_GAP: usize = 5;

pub(crate) const SPACE: u8 = 1;
pub(crate) const DASH: u8 = 2;
pub(crate) const DOT: u8 = 4;
pub(crate) const SLASH: u8 = 8;
pub(crate) const NEWLINE: u8 = 16;
pub(crate) const PAREN: u8 = 32;
/// Nothing that a code goes on over.
const BREAK: u8 = 128;

/// What a gap between two tokens is made of.
fn gap_kind(gap: &[u8]) -> u8 {
    if gap.len() > MAX_GAP {
        return BREAK;
    }
    let mut kind = 0;
    for byte in gap {
        kind |= match byte {
            b' ' => SPACE,
            b'-' | b'_' => DASH,
            b'.' => DOT,
            b'/' => SLASH,
            b'\n' | b'\r' => NEWLINE,
            // The mark of a quoted line, when a line has just begun.
            b'>' | b'|' if kind & NEWLINE != 0 => 0,
            b'(' | b')' => PAREN,
            _ => return BREAK,
        };
    }
    kind
}

/// Tokens that may be parts of one code.
pub(crate) struct Chain {
    /// In the view's tokens.
    pub tokens: Range<usize>,
    /// All their letters and digits, in capitals.
    pub code: Vec<u8>,
    /// Where each token starts in `code`; one more than there are tokens.
    pub starts: Vec<u32>,
    /// What stands after each token, before the next one.
    pub gaps: Vec<u8>,
}

/// How the tokens of a slice are grouped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One token.
    Whole,
    /// Grouped as such a code is usually written.
    Usual,
    /// Taken apart on purpose or by a line break: dashes anywhere, or a space after every sign.
    Scattered,
    /// Tokens that merely stand side by side.
    Odd,
}

/// Some neighbouring tokens of a chain.
pub(crate) struct Slice<'c> {
    pub code: &'c [u8],
    pub span: Range<usize>,
    /// The lengths of its tokens.
    pub groups: &'c [u8],
    /// What stands in all its gaps together.
    pub gaps: u8,
    /// Whether every gap has a dash.
    dashed: bool,
    /// Whether all gaps are alike.
    even: bool,
    /// How many line breaks there are.
    lines: u8,
    pub digits: bool,
    /// Whether a letter is written small.
    pub small: bool,
}

impl Slice<'_> {
    pub fn shape(&self, usual: &[&[u8]]) -> Shape {
        if self.groups.len() == 1 {
            Shape::Whole
        } else if self.gaps & (SLASH | PAREN) != 0 || self.lines > 1 {
            // Numbers under each other are a table.
            Shape::Odd
        } else if usual.contains(&self.groups) {
            Shape::Usual
        } else if self.dashed
            || self.gaps & DASH != 0
            || (self.even && self.groups.iter().all(|length| *length == 1))
            || (self.lines == 1 && self.groups.len() <= 3)
        {
            Shape::Scattered
        } else {
            Shape::Odd
        }
    }
}

/// Every chain of a view that has a digit and is long enough for any code.
pub(crate) fn chains(view: &View) -> Vec<Chain> {
    let tokens = &view.tokens;
    let mut chains = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !is_part(view, tokens, at) {
            at += 1;
            continue;
        }
        let start = at;
        let mut length = tokens[at].len();
        let mut has_digit = tokens[at].has_digit();
        let mut gaps = Vec::new();
        loop {
            let gap = gap_kind(view.gap(at));
            at += 1;
            if gap & BREAK != 0 || at >= tokens.len() || !is_part(view, tokens, at) {
                break;
            }
            gaps.push(gap);
            length += tokens[at].len();
            has_digit |= tokens[at].has_digit();
        }
        // The shortest codes, local phone numbers, have seven digits.
        if has_digit && length >= 7 {
            gaps.push(BREAK);
            let mut code = Vec::with_capacity(length);
            let mut starts = Vec::with_capacity(at - start + 1);
            for token in &tokens[start..at] {
                starts.push(code.len() as u32);
                code.extend(view.bytes(*token).iter().map(u8::to_ascii_uppercase));
            }
            starts.push(code.len() as u32);
            chains.push(Chain { tokens: start..at, code, starts, gaps });
        }
    }
    chains
}

/// Tokens with digits, short ones in capitals, and the bank's letters of an IBAN in small ones.
fn is_part(view: &View, tokens: &[Token], at: usize) -> bool {
    let token = tokens[at];
    if token.has & DIGIT != 0 {
        return token.has & !(DIGIT | UPPER | LOWER_CASE) == 0;
    }
    if token.has == UPPER && token.len() <= 6 {
        return true;
    }
    token.has == LOWER_CASE
        && token.len() == 4
        && at > 0
        && tokens[at - 1].len() == 4
        && view.bytes(tokens[at - 1])[..2].iter().all(u8::is_ascii_alphabetic)
        && view.bytes(tokens[at - 1])[2..].iter().all(u8::is_ascii_digit)
}

/// Shows every slice of every chain to the validators that know codes of its length.
pub(crate) fn find(view: &View, chains: &[Chain], found: &mut Found) {
    for chain in chains {
        let count = chain.tokens.len();
        for first in 0..count {
            let mut groups = [0u8; MAX_CODE];
            let mut gaps = 0;
            let mut dashed = true;
            let mut even = true;
            let mut lines = 0;
            let mut has = 0;
            if first > 0 && is_tight(chain, first - 1) {
                continue;
            }
            for last in first..count {
                let length = (chain.starts[last + 1] - chain.starts[first]) as usize;
                if length > MAX_CODE {
                    break;
                }
                let token = view.tokens[chain.tokens.start + last];
                groups[last - first] = token.len() as u8;
                has |= token.has;
                if last > first {
                    gaps |= chain.gaps[last - 1];
                    dashed &= chain.gaps[last - 1] & DASH != 0;
                    even &= chain.gaps[last - 1] == chain.gaps[first];
                    lines += u8::from(chain.gaps[last - 1] & NEWLINE != 0);
                }
                if length < 8 || (last + 1 < count && is_tight(chain, last)) {
                    continue;
                }
                let start = view.tokens[chain.tokens.start + first].start();
                if !is_open(view, start, token.end()) {
                    continue;
                }
                let slice = Slice {
                    code: &chain.code[chain.starts[first] as usize..chain.starts[last + 1] as usize],
                    span: start..token.end(),
                    groups: &groups[..=last - first],
                    gaps,
                    dashed,
                    even,
                    lines,
                    digits: has == DIGIT,
                    small: has & LOWER_CASE != 0,
                };
                super::identifiers::judge(view, &slice, found);
            }
        }
    }
}

/// Whether a gap holds two tokens so close that one cannot end there: `12-34`, `1.5`.
fn is_tight(chain: &Chain, gap: usize) -> bool {
    chain.gaps[gap] & (DASH | DOT | SLASH) != 0 && chain.gaps[gap] & (SPACE | NEWLINE | PAREN) == 0
}

/// Whether what stands around allows a number to begin and end here: no decimals, no amounts, no
/// parts of a path.
fn is_open(view: &View, start: usize, end: usize) -> bool {
    let before = view.before(start);
    let decimal = matches!(view.byte(end), b'.' | b',') && view.byte(end + 1).is_ascii_digit();
    let fraction = matches!(before, b'.' | b',') && start > 1 && view.before(start - 1).is_ascii_digit();
    !decimal && !fraction && !matches!(before, b'$' | b'@' | b'+') && view.byte(end) != b'%'
}

/// What a national id's score is when it is written so: less where tokens merely stand together.
pub(crate) fn by_shape(base: f32, shape: Shape) -> f32 {
    match shape {
        Shape::Whole | Shape::Usual => base,
        Shape::Scattered => base - 0.1,
        Shape::Odd => base - 0.3,
    }
}

/// Judges a code whose check digits are right.
pub(crate) fn checked(
    view: &View,
    slice: &Slice,
    found: &mut Found,
    kind: Kind,
    base: f32,
    usual: &[&[u8]],
    cue: u64,
) {
    let base = by_shape(base, slice.shape(usual));
    let weighed = view.weigh(&slice.span, base, cue, super::cues::OTHER);
    found.push(kind, slice.span.clone(), Validator::Checksum, weighed);
}
