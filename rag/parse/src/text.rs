//! Text in any encoding to clean text; plain text and Markdown files.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

use crate::{Kind, ParseError, Parsed};

/// What is looked at to tell what a file is.
const START: usize = 8 * 1024;
const MAX_LINE_CHARS: usize = 500;

/// Text and what had to be guessed about it.
pub(crate) struct Decoded {
    pub text: String,
    pub warnings: Vec<String>,
}

/// Decodes: a byte order mark decides, then valid UTF-8, then `declared`, then a guess.
pub(crate) fn decode(bytes: &[u8], declared: Option<&'static Encoding>) -> Decoded {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return decoded(encoding, bytes, None);
    }
    if let Some(encoding) = unmarked_utf16(bytes) {
        return decoded(encoding, bytes, Some("UTF-16 without a mark"));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded { text: text.to_owned(), warnings: Vec::new() };
    }
    if let Some(encoding) = declared
        && encoding != UTF_8
    {
        return decoded(encoding, bytes, None);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    decoded(guess, bytes, Some(guess.name()))
}

fn decoded(encoding: &'static Encoding, bytes: &[u8], guessed: Option<&str>) -> Decoded {
    let (text, used, broken) = encoding.decode(bytes);
    let mut warnings = Vec::new();
    if let Some(name) = guessed {
        warnings.push(format!(
            "the file is not UTF-8; it was read as {name}. If letters look wrong, save it as UTF-8"
        ));
    }
    if broken {
        warnings.push(format!("some characters are broken ({}); they show as \u{fffd}", used.name()));
    }
    Decoded { text: text.into_owned(), warnings }
}

/// UTF-16 of mostly Latin text: every other byte is NUL.
fn unmarked_utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    let start = &bytes[..bytes.len().min(START) & !1];
    if start.len() < 8 {
        return None;
    }
    let (mut even, mut odd) = (0, 0);
    for pair in start.chunks_exact(2) {
        even += usize::from(pair[0] == 0);
        odd += usize::from(pair[1] == 0);
    }
    let pairs = start.len() / 2;
    if odd * 10 > pairs * 7 && even * 20 < pairs {
        Some(UTF_16LE)
    } else if even * 10 > pairs * 7 && odd * 20 < pairs {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Whether this is no text in any encoding that is read.
pub(crate) fn is_binary(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(START)];
    Encoding::for_bom(bytes).is_none() && start.contains(&0) && unmarked_utf16(bytes).is_none()
}

/// The start of a text file, decoded.
pub(crate) fn start(bytes: &[u8]) -> String {
    let cut = &bytes[..bytes.len().min(START)];
    let text = match Encoding::for_bom(bytes).map(|(encoding, _)| encoding).or_else(|| unmarked_utf16(bytes))
    {
        Some(encoding) => encoding.decode(cut).0,
        None => String::from_utf8_lossy(cut),
    };
    text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned()
}

/// `\n` line ends and no control characters but tabs.
pub(crate) fn clean(text: &str) -> String {
    let text: Cow<'_, str> =
        if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n").into() } else { text.into() };
    let keep = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    if text.chars().all(|c| keep(c) && c != '\u{feff}') {
        return text.into_owned();
    }
    text.chars().filter(|c| keep(*c) && *c != '\u{feff}').collect()
}

/// The text in one line of at most 500 characters; `None` when nothing is left.
pub(crate) fn one_line(text: &str) -> Option<String> {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let mut line = String::new();
    for word in words {
        if line.len() > 4 * MAX_LINE_CHARS {
            break;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let line: String = line.chars().take(MAX_LINE_CHARS).collect();
    (!line.is_empty()).then_some(line)
}

/// A Markdown file: its text as it is, front matter included.
pub(crate) fn markdown(bytes: &[u8]) -> Result<Parsed, ParseError> {
    let Decoded { text, warnings } = decode(bytes, None);
    Ok(Parsed { warnings, ..Parsed::new(Kind::Markdown, clean(&text)) })
}

/// A plain text file: its paragraphs.
pub(crate) fn plain(bytes: &[u8]) -> Result<Parsed, ParseError> {
    let Decoded { text, warnings } = decode(bytes, None);
    Ok(Parsed { warnings, ..Parsed::new(Kind::Text, paragraphs(&text)) })
}

/// Lines without blanks at their end, and one empty line between paragraphs.
pub(crate) fn paragraphs(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for line in text.lines().map(str::trim_end) {
        if line.is_empty() {
            blank = true;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if blank { "\n\n" } else { "\n" });
        }
        blank = false;
        out.push_str(line);
    }
    out
}
