//! How a placeholder is written: `<EMAIL_1>`, and `<EMAIL_1.2>` for the second spelling of the same
//! value.
//!
//! No `<` or `>` is inside one, so two never overlap, and text around one never makes another with
//! it. Capitals are not asked for when looking for what resembles one: what a customer types and a
//! model then writes larger must not become one.

use std::ops::Range;

use memchr::memchr;

/// Of a kind's name, as for recognisers.
const MAX_NAME: usize = 64;
const MAX_DIGITS: usize = 9;
const MAX_INNER: usize = MAX_NAME + 1 + MAX_DIGITS + 1 + MAX_DIGITS;

/// What text that begins with `<` is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Resembles a placeholder, with its length.
    Whole(usize),
    /// It may become one when more text comes.
    Open,
    Other,
}

pub(crate) fn read(text: &[u8]) -> Reading {
    let inner = &text[1..];
    let inside = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    match inner.iter().take(MAX_INNER + 1).position(|byte| !inside(byte)) {
        Some(end) if inner[end] == b'>' && parts(&inner[..end]).is_some() => Reading::Whole(end + 2),
        None if inner.len() <= MAX_INNER => Reading::Open,
        _ => Reading::Other,
    }
}

/// Every stretch of a text that resembles a placeholder.
pub(crate) fn resembling(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let start = at + memchr(b'<', &bytes[at..])?;
            if let Reading::Whole(length) = read(&bytes[start..]) {
                at = start + length;
                return Some(start..at);
            }
            at = start + 1;
        }
    })
}

/// JSON text with each `<` escaped that begins no placeholder.
pub(crate) fn escaped_around(json: &str) -> String {
    let mut into = String::with_capacity(json.len() + 16);
    let mut at = 0;
    for span in resembling(json) {
        into.push_str(&json[at..span.start].replace('<', "\\u003c"));
        into.push_str(&json[span.clone()]);
        at = span.end;
    }
    into.push_str(&json[at..].replace('<', "\\u003c"));
    into
}

/// The name, the number and the spelling of what stands between `<` and `>`.
fn parts(inner: &[u8]) -> Option<(&str, &str, Option<&str>)> {
    let inner = std::str::from_utf8(inner).ok()?;
    let (value, spelling) = match inner.split_once('.') {
        Some((value, spelling)) => (value, Some(spelling)),
        None => (inner, None),
    };
    let (name, number) = value.rsplit_once('_')?;
    let is_number =
        |text: &str| (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = (1..=MAX_NAME).contains(&name.len()) && is_number(number) && spelling.is_none_or(is_number);
    fits.then_some((name, number, spelling))
}

/// The first spelling has the number 1 and is not written.
pub(crate) fn write(kind: &str, number: u32, spelling: u32) -> String {
    let name = kind.to_ascii_uppercase();
    if spelling > 1 { format!("<{name}_{number}.{spelling}>") } else { format!("<{name}_{number}>") }
}

/// The number and the spelling of a placeholder, when it is exactly as [`write`] writes it.
pub(crate) fn number(placeholder: &str, kind: &str) -> Option<(u32, u32)> {
    let inner = placeholder.strip_prefix('<')?.strip_suffix('>')?;
    let (_, number, spelling) = parts(inner.as_bytes())?;
    let number = number.parse().ok()?;
    let spelling = spelling.map_or(Some(1), |spelling| spelling.parse().ok())?;
    (number > 0 && write(kind, number, spelling) == placeholder).then_some((number, spelling))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_resembles_a_placeholder_is_told_from_other_text() {
        for whole in ["<EMAIL_1>", "<email_01>", "<EMAIL_1.2>", "<A_B_1>", "<__1>", "<2FA_999999999>"] {
            assert_eq!(read(whole.as_bytes()), Reading::Whole(whole.len()), "{whole}");
        }
        for open in ["<", "<EMAIL", "<EMAIL_", "<EMAIL_1", "<EMAIL_1.", "<a.b"] {
            assert_eq!(read(open.as_bytes()), Reading::Open, "{open}");
        }
        let long = format!("<{}_1>", "A".repeat(MAX_NAME + 1));
        for other in
            ["<>", "<b>", "<_1>", "<EMAIL>", "<EMAIL 1>", "<EMAIL_1 >", "<<", "<E_1.>", "<E_1.2.3>", &long]
        {
            assert_eq!(read(other.as_bytes()), Reading::Other, "{other}");
        }
        assert_eq!(read("<".repeat(MAX_INNER * 2).as_bytes()), Reading::Other);
        let found: Vec<_> = resembling("<<EMAIL_1>_1> <B_2><x>").collect();
        assert_eq!(found, [1..10, 14..19]);
    }

    #[test]
    fn only_the_exact_spelling_has_a_number() {
        assert_eq!(number("<EMAIL_12.3>", "email"), Some((12, 3)));
        assert_eq!(number("<EMAIL_1>", "email"), Some((1, 1)));
        for wrong in
            ["<EMAIL_0>", "<EMAIL_01>", "<email_1>", "<EMAIL_1.1>", "<EMAIL_1.0>", "<PHONE_1>", "EMAIL_1"]
        {
            assert_eq!(number(wrong, "email"), None, "{wrong}");
        }
    }
}
