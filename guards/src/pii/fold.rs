//! Text as the recognisers read it: what hides a value is taken away, and each byte remembers where
//! it comes from.
//!
//! ASCII is borrowed as it is. Of other text, compatibility forms (full-width, mathematical,
//! circled) become plain, accents and invisible characters go, look-alikes of Latin letters and
//! digits of other scripts become what they look like or mean, and symbols become spaces. Letters
//! of other scripts stay.

use std::{borrow::Cow, ops::Range};

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// What a degree sign becomes: coordinates need it, and nothing else here does.
pub(crate) const DEGREE: u8 = b'^';

pub(crate) struct Folded<'t> {
    pub text: Cow<'t, str>,
    /// For each byte of `text`, where the character it comes from starts and ends.
    origin: Option<Vec<(u32, u32)>>,
}

impl<'t> Folded<'t> {
    /// Of at most 4 GiB.
    pub fn of(text: &'t str) -> Self {
        if text.is_ascii() {
            return Self { text: Cow::Borrowed(text), origin: None };
        }
        let mut folded = String::with_capacity(text.len() + 16);
        let mut origin: Vec<(u32, u32)> = Vec::with_capacity(text.len() + 16);
        for (start, char) in text.char_indices() {
            let at = (start as u32, (start + char.len_utf8()) as u32);
            if char.is_ascii() {
                folded.push(char);
                origin.push(at);
                continue;
            }
            if is_invisible(char) {
                continue;
            }
            if is_combining_mark(char) {
                // The letter before owns its accent, so that a span does not leave it behind.
                if let Some(last) = origin.last_mut()
                    && last.1 == at.0
                {
                    last.1 = at.1;
                }
                continue;
            }
            let before = folded.len();
            fold_char(char, &mut folded);
            origin.extend(std::iter::repeat_n(at, folded.len() - before));
        }
        Self { text: Cow::Owned(folded), origin: Some(origin) }
    }

    /// Where a span of the folded text is in the text.
    pub fn original(&self, span: Range<usize>) -> Range<usize> {
        match &self.origin {
            None => span,
            Some(_) if span.is_empty() => 0..0,
            Some(origin) => origin[span.start].0 as usize..origin[span.end - 1].1 as usize,
        }
    }
}

fn fold_char(char: char, into: &mut String) {
    match char {
        // East Asian text has no look-alikes, and taking it apart costs.
        '\u{3041}'..='\u{318E}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' => into.push(char),
        _ if let Some(plain) = look_alike(char) => into.push_str(plain),
        _ => decompose_compatible(char, |part| {
            if part.is_ascii() {
                into.push(part);
            } else if is_invisible(part) || is_combining_mark(part) {
            } else if let Some(plain) = look_alike(part) {
                into.push_str(plain);
            } else if let Some(digit) = digit(part) {
                into.push(char::from(b'0' + digit));
            } else if part.is_alphabetic() {
                into.push(part);
            } else {
                into.push(' ');
            }
        }),
    }
}

/// Characters that are not seen. Written by Unicode's property Default_Ignorable_Code_Point and the
/// marks of direction.
fn is_invisible(char: char) -> bool {
    matches!(char,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
        | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
        | '\u{FFF0}'..='\u{FFFB}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The decimal digits of the scripts in use today.
fn digit(char: char) -> Option<u8> {
    const ZEROS: [u32; 21] = [
        0x660, 0x6F0, 0x7C0, 0x966, 0x9E6, 0xA66, 0xAE6, 0xB66, 0xBE6, 0xC66, 0xCE6, 0xD66, 0xDE6, 0xE50,
        0xED0, 0xF20, 0x1040, 0x17E0, 0x1810, 0x1946, 0xA620,
    ];
    let code = u32::from(char);
    ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code)).map(|zero| (code - zero) as u8)
}

/// What a character is taken for by a reader, where decomposition does not say.
pub(crate) fn look_alike(char: char) -> Option<&'static str> {
    Some(match char {
        'а' | 'α' | 'ɑ' => "a",
        'с' | 'ϲ' => "c",
        'ԁ' => "d",
        'е' | 'ҽ' => "e",
        'һ' => "h",
        'і' | 'ι' | 'ı' => "i",
        'ј' => "j",
        'κ' => "k",
        'ӏ' => "l",
        'ո' => "n",
        'о' | 'ο' | 'օ' | 'ø' => "o",
        'р' | 'ρ' => "p",
        'ԛ' => "q",
        'ѕ' => "s",
        'υ' | 'ս' => "u",
        'ν' | 'ѵ' => "v",
        'ԝ' => "w",
        'х' | 'χ' => "x",
        'у' | 'γ' => "y",
        'А' | 'Α' => "A",
        'В' | 'Β' => "B",
        'С' | 'Ϲ' => "C",
        'Е' | 'Ε' => "E",
        'Ԍ' => "G",
        'Н' | 'Η' => "H",
        'І' | 'Ι' | 'Ӏ' => "I",
        'Ј' => "J",
        'К' | 'Κ' => "K",
        'М' | 'Μ' => "M",
        'Ν' => "N",
        'О' | 'Ο' | 'Ø' => "O",
        'Р' | 'Ρ' => "P",
        'Ѕ' => "S",
        'Т' | 'Τ' => "T",
        'Υ' | 'Ү' => "Y",
        'Х' | 'Χ' => "X",
        'Ζ' => "Z",
        'З' => "3",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'ł' => "l",
        'Ł' => "L",
        'ß' => "ss",
        'æ' => "ae",
        'Æ' => "Ae",
        'œ' => "oe",
        'Œ' => "Oe",
        'þ' => "th",
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' | '\u{FE58}' | '\u{2E3A}' | '\u{2E3B}' => "-",
        '\u{2018}'..='\u{201B}' | '\u{2032}' | '\u{2B9}' | '\u{2BC}' | '´' => "'",
        '\u{201C}'..='\u{201F}' | '\u{2033}' | '«' | '»' => "\"",
        '\u{85}' | '\u{2028}' | '\u{2029}' => "\n",
        '\u{B7}' | '\u{2022}' | '\u{2219}' | '\u{22C5}' | '\u{3002}' | '\u{2024}' | '\u{30FB}' => ".",
        '\u{3001}' => ",",
        '\u{2044}' | '\u{2215}' => "/",
        '\u{B0}' | '\u{2DA}' | '\u{BA}' => "^",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ascii_is_borrowed_and_other_text_is_made_plain() {
        assert!(matches!(Folded::of("card 4111").text, Cow::Borrowed(_)));
        assert_eq!(
            Folded::of("４１１１\u{200B} ١٢ Élodie раypal ﬁ Straße").text,
            "4111 12 Elodie paypal fi Strasse"
        );
        assert_eq!(Folded::of("1\u{2011}2\u{2003}3 🙂 漢字").text, "1-2 3   漢字");
    }

    #[test]
    fn a_span_covers_what_it_came_from() {
        let text = "x Jose\u{301} ４\u{200B}２";
        let folded = Folded::of(text);
        assert_eq!(folded.text, "x Jose 42");
        assert_eq!(&text[folded.original(2..6)], "Jose\u{301}");
        assert_eq!(&text[folded.original(7..9)], "４\u{200B}２");
    }
}
