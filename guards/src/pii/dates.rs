//! Dates of birth: a date with a word before it that speaks of birth. Other dates are nobody's
//! secret and are not looked for.

use super::{
    Kind, Validator,
    cues::BIRTH,
    view::{Found, Token, View},
};

/// How far after its label a date may begin.
const REACH: usize = 40;

/// English, German, French, Spanish, Italian, Dutch and Portuguese, by their first letters; the
/// folded forms.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen"],
    &["feb", "fev", "fév"],
    &["mar", "mae", "maa", "mrz"],
    &["apr", "avr", "abr"],
    &["may", "mai", "mag", "mei"],
    &["jun", "juin", "giu"],
    &["jul", "juil", "lug"],
    &["aug", "aou", "ago"],
    &["sep", "set"],
    &["oct", "okt", "ott", "out"],
    &["nov"],
    &["dec", "dez", "dic"],
];

pub(crate) fn find(view: &View, found: &mut Found) {
    if !found.wants(Kind::DateOfBirth) {
        return;
    }
    for cue in view.cues.iter().filter(|cue| cue.sorts & BIRTH != 0) {
        let first = view.token_from(cue.end as usize);
        for at in first..view.tokens.len().min(first + 8) {
            let between = &view.text[cue.end as usize..view.tokens[at].start()];
            if between.len() > REACH || between.windows(2).any(|pair| pair == b"\n\n") {
                break;
            }
            if let Some(last) = date(view, at) {
                let span = view.tokens[at].start()..view.tokens[last].end();
                found.labelled(Kind::DateOfBirth, span, Validator::Structure, 0.85, cue);
                break;
            }
        }
    }
}

fn value(view: &View, token: Token) -> Option<u32> {
    if !token.is_digits() || token.len() > 8 {
        return None;
    }
    Some(view.bytes(token).iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')))
}

/// Its number, with a letter behind that makes it an ordinal.
fn day(view: &View, token: Token) -> Option<u32> {
    let bytes = view.bytes(token);
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let tail = &bytes[digits..];
    let ordinal =
        [&b""[..], b"st", b"nd", b"rd", b"th", b"er"].iter().any(|end| tail.eq_ignore_ascii_case(end));
    if !(1..=2).contains(&digits) || !ordinal {
        return None;
    }
    let day = bytes[..digits].iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'));
    (1..=31).contains(&day).then_some(day)
}

fn is_month(view: &View, token: Token) -> bool {
    if token.has_digit() || token.len() < 3 {
        return false;
    }
    let word = view.bytes(token);
    MONTHS.iter().any(|starts| {
        starts.iter().any(|start| {
            word.len() >= start.len() && word[..start.len()].eq_ignore_ascii_case(start.as_bytes())
        })
    })
}

fn is_year(number: u32) -> bool {
    (1880..=2100).contains(&number)
}

/// The last token of a date that starts at a token.
fn date(view: &View, at: usize) -> Option<usize> {
    let token = |place: usize| view.tokens.get(at + place).copied();
    let near = |place: usize| {
        let gap = view.gap(at + place);
        gap.len() <= 3 && gap.iter().all(|byte| b" ./-,\n\t'".contains(byte))
    };
    let first = token(0)?;
    // All in one: 19850312.
    if first.is_digits() && first.len() == 8 {
        let number = value(view, first)?;
        let fits = is_year(number / 10_000)
            && (1..=12).contains(&(number / 100 % 100))
            && (1..=31).contains(&(number % 100));
        let other = is_year(number % 10_000)
            && (1..=31).contains(&(number / 1_000_000))
            && (1..=31).contains(&(number / 10_000 % 100));
        return (fits || other).then_some(at);
    }
    let (second, third) = (token(1).filter(|_| near(0))?, token(2).filter(|_| near(1)));
    if is_month(view, first) && day(view, second).is_some() {
        let year = third.and_then(|third| value(view, third)).is_some_and(is_year);
        return Some(if year { at + 2 } else { at + 1 });
    }
    if day(view, first).is_some() {
        // `12 de marzo de 1985`, `12th of March 1985`.
        let skip = |place: usize| {
            usize::from(token(place).is_some_and(|word| matches!(view.bytes(word), b"of" | b"de")))
        };
        let month = 1 + skip(1);
        if token(month).is_some_and(|word| is_month(view, word)) {
            let year = month + 1 + skip(month + 1);
            let written = token(year)
                .and_then(|word| value(view, word))
                .is_some_and(|year| is_year(year) || year < 100);
            return Some(at + if written { year } else { month });
        }
    }
    let third = third?;
    let (a, b, c) = (value(view, first)?, value(view, second), value(view, third)?);
    let b = match b {
        Some(b) => b,
        None if is_month(view, second) && is_year(a) && (1..=31).contains(&c) => return Some(at + 2),
        None => return None,
    };
    let month_and_day =
        |x: u32, y: u32| (1..=31).contains(&x) && (1..=31).contains(&y) && (x <= 12 || y <= 12);
    let year_last = month_and_day(a, b) && (is_year(c) || (third.len() == 2));
    let year_first = is_year(a) && month_and_day(b, c);
    (year_last || year_first).then_some(at + 2)
}
