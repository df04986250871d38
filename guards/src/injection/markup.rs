//! Comments, and elements that are not shown.
//!
//! A style is judged where it stands, with the backgrounds around it. Style sheets are not read.

use std::sync::LazyLock;

use memchr::{memchr, memchr2, memmem};
use regex::Regex;

use super::hidden::{Concealed, How};

/// Bytes of a tag that are read.
const MAX_TAG: usize = 2048;
/// Open elements that are remembered.
const MAX_OPEN: usize = 64;

static MARKDOWN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"(?m)^ {0,3}\[[^\]\n]{1,40}\]: *(?:#|<>) *[("']([^\n]*?)[)"'] *\r?$"#).ok()
});

pub(super) fn find(text: &str, found: &mut Vec<Concealed>) {
    if memchr(b'<', text.as_bytes()).is_some() {
        comments(text, found);
        elements(text, found);
    }
    if memmem::find(text.as_bytes(), b"]:").is_some()
        && let Some(regex) = &*MARKDOWN
    {
        for one in regex.captures_iter(text) {
            if let (Some(all), Some(said)) = (one.get(0), one.get(1))
                && is_said(said.as_str())
            {
                found.push(Concealed::new(How::Comment, all.range(), said.as_str()));
            }
        }
    }
}

/// Two words at least; one alone is a mark for a program.
fn is_said(comment: &str) -> bool {
    let words = comment.split_whitespace().filter(|word| word.chars().any(char::is_alphabetic));
    words.take(2).count() == 2 || comment.chars().filter(|char| !char.is_ascii()).take(5).count() == 5
}

fn comments(text: &str, found: &mut Vec<Concealed>) {
    let mut at = 0;
    while let Some(open) = memmem::find(&text.as_bytes()[at..], b"<!--") {
        let start = at + open;
        let inside = start + 4;
        let close = memmem::find(&text.as_bytes()[inside..], b"-->");
        let until = close.map_or(text.len(), |close| inside + close);
        let said = text[inside..until].trim();
        // Conditions and marks of mail programs.
        if !said.starts_with("[if") && !said.starts_with("<![") && is_said(said) {
            let end = (until + 3).min(text.len());
            found.push(Concealed::new(How::Comment, start..end, said));
        }
        at = (until + 3).min(text.len());
    }
}

type Colour = [u8; 3];

const WHITE: Colour = [255; 3];

struct Open<'t> {
    name: &'t str,
    /// None for one that cannot be told, as a picture.
    background: Option<Colour>,
}

/// An element that is not shown, while its end is looked for.
struct Hiding<'t> {
    name: &'t str,
    start: usize,
    inside: usize,
    depth: usize,
}

fn elements(text: &str, found: &mut Vec<Concealed>) {
    let bytes = text.as_bytes();
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut hiding: Option<Hiding<'_>> = None;
    let mut at = 0;
    while let Some(next) = memchr(b'<', &bytes[at..]) {
        let start = at + next;
        at = start + 1;
        let Some(length) = memchr2(b'<', b'>', &bytes[at..]) else { break };
        if bytes[at + length] == b'<' || length > MAX_TAG {
            at += length;
            continue;
        }
        let tag = &text[at..at + length];
        at += length + 1;
        let closes = tag.starts_with('/');
        let tag = tag.trim_start_matches('/').trim_end_matches('/');
        let name_end = tag.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(name_end);
        if name.is_empty() || is_void(name) {
            continue;
        }
        if let Some(one) = &mut hiding {
            if !name.eq_ignore_ascii_case(one.name) {
                continue;
            }
            if !closes {
                one.depth += 1;
            } else if one.depth > 0 {
                one.depth -= 1;
            } else {
                push(text, one, start, at, found);
                hiding = None;
            }
            continue;
        }
        if closes {
            if let Some(place) = open.iter().rposition(|one| one.name.eq_ignore_ascii_case(name)) {
                open.truncate(place);
            }
            continue;
        }
        let around = open.last().map_or(Some(WHITE), |one| one.background);
        let style = Style::of(attributes, around);
        if style.hides {
            hiding = Some(Hiding { name, start, inside: at, depth: 0 });
        } else if open.len() < MAX_OPEN {
            open.push(Open { name, background: style.background });
        }
    }
    if let Some(one) = &hiding {
        push(text, one, text.len(), text.len(), found);
    }
}

fn is_void(name: &str) -> bool {
    const VOID: [&str; 12] =
        ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"];
    VOID.iter().any(|void| name.eq_ignore_ascii_case(void))
}

fn push(text: &str, one: &Hiding<'_>, inside_end: usize, end: usize, found: &mut Vec<Concealed>) {
    let mut said = String::new();
    let mut rest = &text[one.inside..inside_end];
    while let Some(tag) = rest.find('<') {
        said.push_str(&rest[..tag]);
        match rest[tag..].find('>') {
            Some(close) => {
                said.push(' ');
                rest = &rest[tag + close + 1..];
            }
            None => {
                said.push_str(&rest[tag..]);
                rest = "";
            }
        }
    }
    said.push_str(rest);
    let said = said.trim();
    if said.chars().any(char::is_alphabetic) {
        found.push(Concealed::new(How::HiddenElement, one.start..end, said));
    }
}

struct Style {
    hides: bool,
    background: Option<Colour>,
}

impl Style {
    fn of(attributes: &str, around: Option<Colour>) -> Self {
        if attributes.is_empty() {
            return Self { hides: false, background: around };
        }
        let mut background = around;
        let mut colour = None;
        let (mut hides, mut clipped, mut flat) = (false, false, false);
        for (name, value) in attributes_of(&attributes.to_ascii_lowercase()) {
            match name {
                "hidden" => hides |= value != "false" && value != "until-found",
                "bgcolor" => background = of_colour(value),
                "color" => colour = of_colour(value),
                "style" => {
                    for declaration in value.split(';') {
                        let Some((property, value)) = declaration.split_once(':') else { continue };
                        let value = value.trim().trim_end_matches("!important").trim();
                        match property.trim() {
                            "display" => hides |= value == "none",
                            "visibility" => hides |= value == "hidden" || value == "collapse",
                            "mso-hide" => hides |= value == "all",
                            "font-size" => {
                                hides |= size(value).is_some_and(|size| size < 1.5) && !is_relative(value)
                            }
                            "opacity" => hides |= size(value).is_some_and(|size| size <= 0.05),
                            "overflow" => clipped |= value == "hidden",
                            "height" | "max-height" | "width" | "max-width" => {
                                flat |= size(value).is_some_and(|size| size < 1.0) && !value.contains('%');
                            }
                            "left" | "top" | "text-indent" | "margin-left" => {
                                hides |= size(value).is_some_and(|size| size <= -500.0);
                            }
                            "color" => {
                                hides |= value == "transparent";
                                colour = of_colour(value);
                            }
                            "background" | "background-color" => background = of_colour(value),
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
        }
        hides |= clipped && flat;
        // Colours that a person cannot tell apart.
        hides |= colour
            .zip(background)
            .is_some_and(|(one, other)| one.iter().zip(other).all(|(one, other)| one.abs_diff(other) <= 8));
        Self { hides, background }
    }
}

/// Pairs of name and value, whatever the quotes.
fn attributes_of(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let Some(value) = after.trim_start().strip_prefix('=') else {
            rest = after;
            return Some((name, ""));
        };
        // A file as JSON has its quotes behind backslashes.
        let value = value.trim_start().trim_start_matches('\\');
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
        let (value, after) = match quote {
            Some(quote) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
            None => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
        };
        rest = after;
        Some((name, value.trim_end_matches('\\')))
    })
}

/// The number that a value begins with.
fn size(value: &str) -> Option<f32> {
    let end = value.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-').unwrap_or(value.len());
    value[..end].parse().ok()
}

/// Sizes that are one where they are as large as what is around them.
fn is_relative(value: &str) -> bool {
    size(value).is_some_and(|size| size > 0.2) && !value.ends_with("px") && !value.ends_with("pt")
        || value.ends_with('%') && size(value).is_some_and(|size| size > 5.0)
}

fn of_colour(value: &str) -> Option<Colour> {
    let value = value.trim();
    match value {
        "white" => return Some(WHITE),
        "black" => return Some([0; 3]),
        "snow" | "ghostwhite" | "floralwhite" | "ivory" => return Some([250; 3]),
        "red" => return Some([255, 0, 0]),
        "blue" => return Some([0, 0, 255]),
        _ => {}
    }
    if let Some(digits) = value.strip_prefix('#') {
        let digit = |at: usize| u8::from_str_radix(digits.get(at..=at)?, 16).ok();
        return match digits.len() {
            3 | 4 => Some([digit(0)? * 17, digit(1)? * 17, digit(2)? * 17]),
            6 | 8 => {
                let pair = |at: usize| Some(digit(at)? * 16 + digit(at + 1)?);
                Some([pair(0)?, pair(2)?, pair(4)?])
            }
            _ => None,
        };
    }
    let inside = value.strip_prefix("rgba(").or_else(|| value.strip_prefix("rgb("))?;
    let mut parts = inside.trim_end_matches(')').split([',', ' ', '/']).filter(|part| !part.is_empty());
    let mut part = || parts.next()?.trim().parse::<u8>().ok();
    Some([part()?, part()?, part()?])
}
