//! Characters that are not seen, or not seen for what they are.

use std::ops::Range;

use super::hidden::{Concealed, How};
use crate::pii::fold::look_alike;

/// Characters without a width in a row that no script needs.
const LONG_RUN: usize = 6;
/// Spoilt words that are so near each other, in bytes, are one finding.
const NEAR: usize = 64;

/// Joins and breaks letters without being seen.
fn is_zero_width(char: char) -> bool {
    matches!(char, '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{34F}' | '\u{180E}')
}

fn is_selector(char: char) -> bool {
    matches!(char, '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}

fn is_tag(char: char) -> bool {
    matches!(char, '\u{E0000}'..='\u{E007F}')
}

/// Not seen, and nothing is lost without it.
pub(super) fn is_never_needed(char: char) -> bool {
    matches!(
        char,
        '\u{200B}' | '\u{2060}'..='\u{2064}' | '\u{FEFF}' | '\u{AD}' | '\u{180E}' | '\u{202D}' | '\u{202E}'
    )
}

/// Opens or closes a passage of another direction.
pub(super) fn is_direction(char: char) -> bool {
    matches!(char, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// What a tag character spells; a space where it spells nothing.
pub(super) fn spelled_by(char: char) -> Option<char> {
    let code = is_tag(char).then(|| u32::from(char) - 0xE0000)?;
    Some(char::from_u32(code).filter(|char| !char.is_control()).unwrap_or(' '))
}

/// A character of a spoilt word as it is read; none for one that is not.
pub(super) fn mended(char: char, how: How) -> Option<char> {
    match how {
        How::LookAlikes if looks_latin(char) => look_alike(char)?.chars().next(),
        _ => (!is_zero_width(char)).then_some(char),
    }
}

/// A letter or digit of a script that knows no joiners: Latin, Greek, Cyrillic.
fn is_plain_letter(char: char) -> bool {
    char.is_alphanumeric() && matches!(char, '\0'..='\u{52F}' | '\u{1E00}'..='\u{1FFF}')
}

/// A letter that only looks like a Latin one.
fn looks_latin(char: char) -> bool {
    matches!(char, '\u{251}' | '\u{370}'..='\u{58F}') && look_alike(char).is_some()
}

fn is_right_to_left(char: char) -> bool {
    matches!(char, '\u{590}'..='\u{8FF}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
}

/// A word that is being read.
#[derive(Default)]
struct Word {
    start: usize,
    end: usize,
    /// Letters since the last soft hyphen, and whether a piece was no syllable.
    piece: usize,
    soft: usize,
    short_piece: bool,
    zero: usize,
    /// Only of the kind that printers put between letters that should not touch.
    only_non_joiners: bool,
    ascii: bool,
    alike: bool,
    alike_before_ascii: bool,
    other: bool,
    last_alike: bool,
    last: Option<char>,
}

impl Word {
    fn at(start: usize) -> Self {
        Self { start, end: start, only_non_joiners: true, ..Self::default() }
    }

    fn letter(&mut self, char: char, end: usize) {
        let alike = looks_latin(char);
        if char.is_ascii_alphabetic() {
            self.ascii = true;
            self.alike_before_ascii |= self.last_alike;
        } else if alike {
            self.alike = true;
        } else if char.is_alphabetic() && !matches!(char, '\u{80}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}') {
            self.other = true;
        }
        self.last_alike = alike;
        self.last = Some(char);
        self.piece += 1;
        self.end = end;
    }

    fn close(mut self, into: &mut Vec<(How, Range<usize>)>) {
        self.short_piece |= self.soft > 0 && self.piece < 2;
        let span = self.start..self.end;
        if self.zero > 1 || (self.zero == 1 && !self.only_non_joiners) {
            into.push((How::ZeroWidth, span.clone()));
        }
        if self.short_piece {
            into.push((How::SoftHyphens, span.clone()));
        }
        if self.ascii && self.alike_before_ascii && !self.other {
            into.push((How::LookAlikes, span));
        }
    }
}

pub(super) fn find(text: &str, found: &mut Vec<Concealed>) {
    let mut words: Vec<(How, Range<usize>)> = Vec::new();
    let mut word: Option<Word> = None;
    let mut before: Option<char> = None;
    let mut directions = Directions::default();
    let mut chars = text.char_indices().peekable();
    while let Some((start, char)) = chars.next() {
        if !(is_zero_width(char) || char == '\u{AD}' || is_selector(char) || is_tag(char)) {
            if char.is_alphanumeric() {
                let word = word.get_or_insert_with(|| Word::at(start));
                word.letter(char, start + char.len_utf8());
            } else if let Some(word) = word.take() {
                word.close(&mut words);
            }
            if is_direction(char) {
                directions.open(text, start, char, found);
            }
            before = Some(char);
            continue;
        }
        let mut end = start + char.len_utf8();
        let mut run = vec![char];
        while let Some((at, next)) = chars.peek().copied() {
            if !(is_zero_width(next) || next == '\u{AD}' || is_selector(next) || is_tag(next)) {
                break;
            }
            run.push(next);
            end = at + next.len_utf8();
            chars.next();
        }
        let after = chars.peek().map(|(_, char)| *char);
        if spelled(&run, start..end, before, found) {
            continue;
        }
        let inside = before.is_some_and(is_plain_letter) && after.is_some_and(is_plain_letter);
        if inside && let Some(word) = &mut word {
            let zero = run.iter().filter(|char| is_zero_width(**char)).count();
            word.zero += zero;
            word.only_non_joiners &= run.iter().all(|char| !is_zero_width(*char) || *char == '\u{200C}');
            if run.contains(&'\u{AD}') {
                word.soft += 1;
                word.short_piece |= word.piece < 2;
                word.piece = 0;
            }
        }
    }
    if let Some(word) = word {
        word.close(&mut words);
    }
    merged(text, words, found);
}

/// A run that spells something by itself, or is too long to be anything else.
fn spelled(run: &[char], span: Range<usize>, before: Option<char>, found: &mut Vec<Concealed>) -> bool {
    let tags: Vec<char> = run.iter().copied().filter(|char| is_tag(*char)).collect();
    if !tags.is_empty() {
        // A flag of a region: a black flag, its code, an end.
        let code = tags.len() <= 8 && tags.last() == Some(&'\u{E007F}');
        if before == Some('\u{1F3F4}') && code {
            return true;
        }
        let shown: String = tags.iter().filter_map(|char| spelled_by(*char)).collect();
        let shown = shown.trim();
        found.push(Concealed::new(How::Tags, span, shown));
        return true;
    }
    let selectors: Vec<u8> = run.iter().copied().filter(|char| is_selector(*char)).map(selected).collect();
    if selectors.len() > 1 {
        let shown = String::from_utf8(selectors).unwrap_or_default();
        let shown = if shown.chars().any(char::is_control) { "" } else { &shown };
        found.push(Concealed::new(How::Selectors, span, shown));
        return true;
    }
    let zero: Vec<char> = run.iter().copied().filter(|char| is_zero_width(*char)).collect();
    // The joiner of graphemes only fills the preview of mails, in long rows.
    if zero.len() >= LONG_RUN && !zero.contains(&'\u{34F}') {
        let mut one = Concealed::new(How::ZeroWidth, span, &bits(&zero).unwrap_or_default());
        one.places = zero.len();
        found.push(one);
        return true;
    }
    false
}

fn selected(char: char) -> u8 {
    let code = u32::from(char);
    (if code >= 0xE0100 { code - 0xE0100 + 16 } else { code - 0xFE00 }) as u8
}

/// ASCII spelled by two characters as zeros and ones, whichever is which.
fn bits(run: &[char]) -> Option<String> {
    let first = *run.first()?;
    let bytes = |one: bool| -> Option<String> {
        let bytes = run
            .chunks_exact(8)
            .map(|bits| bits.iter().fold(0u8, |byte, bit| byte << 1 | u8::from((*bit == first) == one)));
        let text: Option<String> =
            bytes.map(|byte| (0x20..0x7F).contains(&byte).then(|| char::from(byte))).collect();
        text.filter(|text| text.len() >= 3)
    };
    bytes(false).or_else(|| bytes(true))
}

/// Up to where passages of another direction have been looked at, so that each is once.
#[derive(Default)]
struct Directions {
    overridden: usize,
    any: usize,
}

impl Directions {
    /// Overrides are never needed. What opens a passage from right to left is, where there is one.
    fn open(&mut self, text: &str, start: usize, char: char, found: &mut Vec<Concealed>) {
        let overrides = matches!(char, '\u{202D}' | '\u{202E}');
        let looked = if overrides { self.overridden } else { self.any };
        if start < looked || !overrides && !matches!(char, '\u{202B}' | '\u{2067}') {
            return;
        }
        let inside = start + char.len_utf8();
        let rest = &text[inside..];
        let length = rest.find(['\n', '\u{202C}', '\u{2069}']).unwrap_or(rest.len());
        let content = &rest[..length];
        let close = rest[length..].chars().next().filter(|char| *char != '\n').map_or(0, char::len_utf8);
        let end = inside + length + close;
        self.any = self.any.max(end);
        if overrides {
            self.overridden = end;
        }
        let hides = overrides || !content.chars().any(is_right_to_left);
        if hides && content.chars().any(char::is_alphanumeric) {
            let shown: String = content.chars().filter(|char| !is_never_needed(*char)).collect();
            found.push(Concealed::new(How::Bidi, start..end, &shown));
        }
    }
}

/// Words that are near each other and spoilt in one way become one finding.
fn merged(text: &str, words: Vec<(How, Range<usize>)>, found: &mut Vec<Concealed>) {
    let mut runs: Vec<(How, Range<usize>, usize)> = Vec::new();
    for (how, span) in words {
        match runs.iter_mut().rev().take(3).find(|(other, ..)| *other == how) {
            Some((_, run, places)) if span.start - run.end <= NEAR => {
                run.end = span.end;
                *places += 1;
            }
            _ => runs.push((how, span, 1)),
        }
    }
    for (how, span, places) in runs {
        let seen = text[span.clone()].chars().filter(|char| !is_never_needed(*char) && !is_tag(*char));
        let shown: String = seen.filter_map(|char| mended(char, how)).collect();
        found.push(Concealed { places, ..Concealed::new(how, span, &shown) });
    }
}
