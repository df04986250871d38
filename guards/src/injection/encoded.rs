//! Words that are written so that nobody reads them: base64, hexadecimal digits, percent signs,
//! numbered entities.

use base64::{
    Engine as _,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use memchr::memchr;

use super::hidden::{Concealed, How, MAX_HIDDEN};

/// Signs of a run that may hold words.
const MIN_RUN: usize = 20;
/// Lines of a long run are so long at least.
const LINE: usize = 60;
/// Letters written otherwise that no program would have written so.
const MIN_LETTERS: usize = 6;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_allow_trailing_bits(true)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

pub(super) fn find(text: &str, found: &mut Vec<Concealed>) {
    runs(text, found);
    if memchr(b'%', text.as_bytes()).is_some() {
        escapes(text, How::Percent, found);
    }
    if text.contains("&#") {
        escapes(text, How::Entities, found);
    }
}

const fn is_sign(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

static SIGNS: [bool; 256] = {
    let mut signs = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        signs[byte] = is_sign(byte as u8);
        byte += 1;
    }
    signs
};

fn runs(text: &str, found: &mut Vec<Concealed>) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at + MIN_RUN <= bytes.len() {
        // A run that holds the sign at the far end, or none that is long enough starts before it.
        let far = at + MIN_RUN - 1;
        let Some(gap) = bytes[at..=far].iter().rposition(|byte| !SIGNS[usize::from(*byte)]) else {
            at = run(text, at, found);
            continue;
        };
        at += gap + 1;
    }
}

/// Reads the run that starts here, and says where it ends.
fn run(text: &str, start: usize, found: &mut Vec<Concealed>) -> usize {
    let bytes = text.as_bytes();
    let line_end = |from: usize| {
        bytes[from..].iter().position(|byte| !SIGNS[usize::from(*byte)]).map_or(bytes.len(), |n| from + n)
    };
    let mut end = line_end(start);
    let mut signs: Vec<u8> = bytes[start..end].to_vec();
    let mut last = end - start;
    while last >= LINE && signs.len() < MAX_HIDDEN * 2 {
        let skipped = bytes[end..].iter().take(2).take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let next = line_end(end + skipped);
        last = next - end - skipped;
        if skipped == 0 || last == 0 {
            break;
        }
        signs.extend_from_slice(&bytes[end + skipped..next]);
        end = next;
    }
    while bytes.get(end) == Some(&b'=') {
        end += 1;
    }
    let cut = signs.len() > MAX_HIDDEN * 4 / 3;
    signs.truncate(MAX_HIDDEN * 4 / 3 / 4 * 4);
    let said = if signs.iter().all(u8::is_ascii_hexdigit) {
        hex(&signs).map(|said| (How::Hex, said))
    } else {
        base64(&signs).map(|said| (How::Base64, said))
    };
    if let Some((how, said)) = said {
        let mut one = Concealed::new(how, start..end, &said);
        one.cut |= cut;
        found.push(one);
    }
    end.max(start + 1)
}

/// The text of a run, wherever in it the first sign of it stands.
fn base64(signs: &[u8]) -> Option<String> {
    let engine = if signs.iter().any(|sign| matches!(sign, b'-' | b'_')) { URL } else { PLAIN };
    (0..4).find_map(|skipped| {
        let signs = signs.get(skipped..)?;
        // What a program wrote is told by its first bytes.
        let head = &signs[..signs.len().min(16)];
        let first = engine.decode(head).ok()?;
        if !first
            .iter()
            .all(|byte| (0x20..0x7F).contains(byte) || *byte >= 0x80 || byte.is_ascii_whitespace())
        {
            return None;
        }
        let whole = if signs.len() % 4 == 1 { &signs[..signs.len() - 1] } else { signs };
        of_words(engine.decode(whole).ok()?)
    })
}

fn hex(signs: &[u8]) -> Option<String> {
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let bytes: Option<Vec<u8>> =
        signs.chunks_exact(2).map(|pair| Some(digit(pair[0])? * 16 + digit(pair[1])?)).collect();
    of_words(bytes?)
}

/// Bytes that are a text of words: three at least, and nearly nothing else.
fn of_words(bytes: Vec<u8>) -> Option<String> {
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        // A run that was cut may end inside a character.
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            if bytes.len() - valid > 3 {
                return None;
            }
            String::from_utf8(bytes[..valid].to_vec()).ok()?
        }
    };
    let (mut all, mut fit, mut letters) = (0, 0, 0);
    for char in text.chars() {
        all += 1;
        letters += usize::from(char.is_alphabetic());
        fit += usize::from(!char.is_control() && char != '\u{FFFD}' || char.is_whitespace());
    }
    let words = text.split_whitespace().filter(|word| word.chars().filter(|c| c.is_alphabetic()).count() > 1);
    let plain = fit * 20 >= all * 19 && letters * 3 >= all * 2;
    (plain && words.take(3).count() == 3).then_some(text)
}

/// Runs of `%69` or `&#105;`. Only those in which letters are written so that need not be.
fn escapes(text: &str, how: How, found: &mut Vec<Concealed>) {
    let bytes = text.as_bytes();
    let sign = if how == How::Percent { b'%' } else { b'&' };
    let mut at = 0;
    while let Some(next) = memchr(sign, &bytes[at..]) {
        let start = at + next;
        let mut end = start;
        let mut said: Vec<u8> = Vec::new();
        let mut letters = 0;
        while let Some((char, length)) = escape(&text[end..], how) {
            letters += usize::from(char < 0x80 && (char as u8).is_ascii_alphanumeric());
            match how {
                How::Percent => said.push(char as u8),
                _ => said.extend(char::from_u32(char).unwrap_or(' ').encode_utf8(&mut [0; 4]).bytes()),
            }
            end += length;
            // Spaces and stops need no sign of their own.
            while bytes.get(end).is_some_and(|byte| matches!(byte, b' ' | b'.' | b',' | b'+'))
                && escape(&text[end + 1..], how).is_some()
            {
                said.push(if bytes[end] == b'+' { b' ' } else { bytes[end] });
                end += 1;
            }
        }
        if letters >= MIN_LETTERS {
            found.push(Concealed::new(how, start..end, &String::from_utf8_lossy(&said)));
        }
        at = end.max(start + 1);
    }
}

/// One character written so at the beginning of a text, and how long it is.
fn escape(text: &str, how: How) -> Option<(u32, usize)> {
    if how == How::Percent {
        let digits = text.strip_prefix('%')?.get(..2)?;
        let valid = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        return valid.then(|| u32::from_str_radix(digits, 16).ok()).flatten().map(|code| (code, 3));
    }
    let rest = text.strip_prefix("&#")?;
    let (radix, digits) = match rest.strip_prefix(['x', 'X']) {
        Some(digits) => (16, digits),
        None => (10, rest),
    };
    let length = digits.bytes().take(8).take_while(u8::is_ascii_hexdigit).count();
    let code = u32::from_str_radix(digits.get(..length)?, radix).ok()?;
    let before = text.len() - digits.len();
    let stop = usize::from(digits[length..].starts_with(';'));
    Some((code, before + length + stop))
}
