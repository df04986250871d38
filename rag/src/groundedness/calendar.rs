//! Days and times of day as written, and what each may stand for.
//!
//! `12/03` is the third of December to some and the twelfth of March to others. It stays both: a
//! reply that picks one of the two has made something up.

use std::sync::LazyLock;

use domain::grounding::Span;
use regex::{Captures, Regex};

use super::values::pattern;

/// A day that was written, as keys: those a source gives, and those of which a reply needs one.
pub(super) struct Written {
    pub span: Span,
    pub is_time: bool,
    pub gives: Vec<String>,
    pub needs: Vec<String>,
}

#[rustfmt::skip]
const MONTHS: [&[&str]; 12] = [
    &["january", "januar", "janvier", "enero", "gennaio", "januari", "jan"],
    &["february", "februar", "février", "febrero", "febbraio", "februari", "feb"],
    &["march", "märz", "mars", "marzo", "maart", "mar"],
    &["april", "avril", "abril", "aprile", "apr"],
    &["may", "mai", "mayo", "maggio", "mei"],
    &["june", "juni", "juin", "junio", "giugno", "jun"],
    &["july", "juli", "juillet", "julio", "luglio", "jul"],
    &["august", "août", "agosto", "augustus", "aug"],
    &["september", "septembre", "septiembre", "settembre", "sept", "sep"],
    &["october", "oktober", "octobre", "octubre", "ottobre", "oct", "okt"],
    &["november", "novembre", "noviembre", "nov"],
    &["december", "dezember", "décembre", "diciembre", "dicembre", "dec", "dez"],
];

#[rustfmt::skip]
const WEEKDAYS: [&[&str]; 7] = [
    &["monday", "mondays", "montag", "montags", "lundi", "lunes", "lunedì", "maandag"],
    &["tuesday", "tuesdays", "dienstag", "dienstags", "mardi", "martes", "martedì", "dinsdag"],
    &["wednesday", "wednesdays", "mittwoch", "mittwochs", "mercredi", "miércoles", "mercoledì", "woensdag"],
    &["thursday", "thursdays", "donnerstag", "donnerstags", "jeudi", "jueves", "giovedì", "donderdag"],
    &["friday", "fridays", "freitag", "freitags", "vendredi", "viernes", "venerdì", "vrijdag"],
    &["saturday", "saturdays", "samstag", "samstags", "sonnabend", "samedi", "sábado", "sabato", "zaterdag"],
    &["sunday", "sundays", "sonntag", "sonntags", "dimanche", "domingo", "domenica", "zondag"],
];

fn alternatives(words: &[&[&str]]) -> String {
    let mut all: Vec<&str> = words.iter().flat_map(|words| words.iter().copied()).collect();
    all.sort_by_key(|word| std::cmp::Reverse(word.len()));
    all.join("|")
}

static ISO: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?\b",
    )
});
/// Day and month, or month and day, with a year; without one only as two pairs of digits.
static SLASHED: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b|\b(\d{2})/(\d{2})\b"));
/// Without a year only after a word that leads a day in: `4.10.` may be a price that ends a sentence.
static DOTTED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(\d{1,2})\.\s?(\d{1,2})\.\s?(\d{4})\b|\b(?:am|vom|bis|zum|ab|den|on|until|by)\s(\d{1,2})\.\s?(\d{1,2})\.",
    )
});
static DAY_MONTH: LazyLock<Regex> = LazyLock::new(|| {
    let months = alternatives(&MONTHS);
    pattern(&format!(
        r"(?i)\b(\d{{1,2}})(?:st|nd|rd|th|er|\.|º)?\s+(?:of\s+|de\s+|di\s+)?({months})\b(?:\.?,?\s+(?:de\s+|del\s+)?(\d{{4}})\b)?"
    ))
});
static MONTH_DAY: LazyLock<Regex> = LazyLock::new(|| {
    let months = alternatives(&MONTHS);
    pattern(&format!(r"(?i)\b({months})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(\d{{4}})\b)?"))
});
/// Whole names with a capital: `may` and `march` are words besides.
static MONTH: LazyLock<Regex> = LazyLock::new(|| {
    let months = alternatives(&MONTHS);
    pattern(&format!(
        r"(?i)\b(?:(in|since|until|till|by|from|im|seit|bis|ab|en|à|a)\s+)?({months})\b(?:\s+(\d{{4}})\b)?"
    ))
});
static WEEKDAY: LazyLock<Regex> = LazyLock::new(|| {
    let days = alternatives(&WEEKDAYS);
    pattern(&format!(
        r"(?i)\b({days})\b(?:\s*(?:to|till|until|through|bis|au|à|a|al|tot|-|–|—)\s*({days})\b)?"
    ))
});
static CLOCK: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b([01]?\d|2[0-4])(?::([0-5]\d)(?::[0-5]\d)?\s*(am|pm|a\.m\.|p\.m\.)?|\.([0-5]\d)\s*(?:uhr|am|pm|a\.m\.|p\.m\.)|h([0-5]\d)\b|\s*(am\b|pm\b|a\.m\.|p\.m\.)|\s*uhr\b)",
    )
});
static HALF_DAY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(noon|midnight|midday|mittags|mitternacht)\b"));

fn place(words: &[&[&str]], word: &str) -> Option<usize> {
    let word = word.to_lowercase();
    words.iter().position(|spellings| spellings.contains(&word.as_str()))
}

/// Whether a word is the name of a month or a weekday.
pub(super) fn is_calendar_word(word: &str) -> bool {
    place(&MONTHS, word).is_some() || place(&WEEKDAYS, word).is_some()
}

fn number(captures: &Captures<'_>, group: usize) -> Option<u32> {
    captures.get(group)?.as_str().parse().ok()
}

fn year(captures: &Captures<'_>, group: usize) -> Option<u32> {
    let year = number(captures, group)?;
    Some(if year < 100 { 2000 + year } else { year })
}

/// Finds days and times, calls `found` with each, and expects what it found to be blanked out before
/// the next kind is looked for.
pub(super) fn each(text: &mut String, mut found: impl FnMut(Written)) {
    take(text, &ISO, &mut found, |c| {
        let (y, m, d) = (number(c, 1)?, number(c, 2)?, number(c, 3)?);
        let mut written = day(&[(m, d)], Some(y))?;
        if let (Some(hour), Some(minute)) = (number(c, 4), number(c, 5)) {
            written.0.push(format!("t:{}", hour * 60 + minute));
        }
        Some(written)
    });
    take(text, &SLASHED, &mut found, |c| {
        let at = if c.get(1).is_some() { 1 } else { 4 };
        let (a, b) = (number(c, at)?, number(c, at + 1)?);
        let year = if at == 1 { year(c, 3) } else { None };
        let possible: Vec<(u32, u32)> =
            [(b, a), (a, b)].into_iter().filter(|(month, day)| is_day(*month, *day)).collect();
        day(&possible, year)
    });
    take(text, &DOTTED, &mut found, |c| {
        let at = if c.get(1).is_some() { 1 } else { 4 };
        day(&[(number(c, at + 1)?, number(c, at)?)], year(c, 3))
    });
    take(text, &DAY_MONTH, &mut found, |c| {
        day(&[(place(&MONTHS, c.get(2)?.as_str())? as u32 + 1, number(c, 1)?)], year(c, 3))
    });
    take(text, &MONTH_DAY, &mut found, |c| {
        day(&[(place(&MONTHS, c.get(1)?.as_str())? as u32 + 1, number(c, 2)?)], year(c, 3))
    });
    take(text, &WEEKDAY, &mut found, |c| {
        let first = place(&WEEKDAYS, c.get(1)?.as_str())?;
        let last = c.get(2).and_then(|last| place(&WEEKDAYS, last.as_str())).unwrap_or(first);
        let days = (0..7).map(|n| (first + n) % 7);
        let length = (last + 7 - first) % 7;
        let gives = days.take(length + 1).map(|day| format!("w:{day}")).collect();
        // Of a span its ends must be known; what lies between follows.
        Some((gives, vec![format!("w:{first}")]))
    });
    take(text, &MONTH, &mut found, |c| {
        let word = c.get(2)?.as_str();
        let capital = word.chars().next().is_some_and(char::is_uppercase) && word.chars().count() > 3;
        if !capital || c.get(1).is_none() {
            return None;
        }
        let month = place(&MONTHS, word)? + 1;
        let mut gives = vec![format!("m:{month}")];
        if let Some(year) = number(c, 3) {
            gives.push(format!("m:{year}-{month}"));
        }
        let needs = vec![gives[gives.len() - 1].clone()];
        Some((gives, needs))
    });
    let mut clock = |written: Written| found(Written { is_time: true, ..written });
    take(text, &CLOCK, &mut clock, |c| {
        let hour = number(c, 1)?;
        let minute = number(c, 2).or_else(|| number(c, 4)).or_else(|| number(c, 5)).unwrap_or(0);
        let half = c.get(3).or_else(|| c.get(6)).map(|half| half.as_str().to_lowercase());
        let half = half.or_else(|| {
            let written = c.get(0)?.as_str().to_lowercase();
            ["am", "pm"].into_iter().find(|half| written.ends_with(half)).map(str::to_owned)
        });
        let hour = match half.as_deref().and_then(|half| half.chars().next()) {
            Some('p') if hour < 12 => hour + 12,
            Some('a') if hour == 12 => 0,
            _ => hour,
        };
        let key = format!("t:{}", hour * 60 + minute);
        Some((vec![key.clone(), format!("n:{hour}")], vec![key]))
    });
    take(text, &HALF_DAY, &mut clock, |c| {
        let word = c.get(1)?.as_str().to_lowercase();
        let night = word == "midnight" || word == "mitternacht";
        let key = format!("t:{}", if night { 0 } else { 720 });
        Some((vec![key.clone()], vec![key]))
    });
}

/// Keys that a source gives, and those of which a reply needs one.
type Keys = (Vec<String>, Vec<String>);

fn take(
    text: &mut String,
    pattern: &Regex,
    found: &mut impl FnMut(Written),
    read: impl Fn(&Captures<'_>) -> Option<Keys>,
) {
    let mut spans = Vec::new();
    for captures in pattern.captures_iter(text) {
        let (Some(whole), Some((gives, needs))) = (captures.get(0), read(&captures)) else { continue };
        let span = Span { start: whole.start(), end: whole.end() };
        spans.push(span);
        found(Written { span, is_time: false, gives, needs });
    }
    super::values::blank(text, &spans);
}

fn is_day(month: u32, day: u32) -> bool {
    const DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let last = month.checked_sub(1).and_then(|at| DAYS.get(at as usize));
    last.is_some_and(|last| (1..=*last).contains(&day))
}

/// The keys of a day that was written as one of `possible` (month, day).
fn day(possible: &[(u32, u32)], year: Option<u32>) -> Option<Keys> {
    if possible.is_empty() || possible.iter().any(|(month, day)| !is_day(*month, *day)) {
        return None;
    }
    let dated = |month: u32, day: u32| match year {
        Some(year) => format!("d:{year}-{month}-{day}"),
        None => format!("d:{month}-{day}"),
    };
    if let [a, b] = possible
        && a != b
    {
        let (low, high) = (a.0.min(a.1), a.0.max(a.1));
        let both = match year {
            Some(year) => format!("d:{year}?{low}/{high}"),
            None => format!("d:?{low}/{high}"),
        };
        return Some((vec![both.clone()], vec![both, dated(a.0, a.1), dated(b.0, b.1)]));
    }
    let (month, day) = possible[0];
    let mut gives = vec![format!("d:{month}-{day}"), format!("m:{month}")];
    if let Some(year) = year {
        gives.push(dated(month, day));
        gives.push(format!("m:{year}-{month}"));
        gives.push(format!("w:{}", weekday(year, month, day)));
        gives.push(format!("n:{year}"));
    }
    Some((gives, vec![dated(month, day)]))
}

/// 0 for Monday, by Zeller's congruence.
fn weekday(year: u32, month: u32, day: u32) -> u32 {
    let (y, m) = if month < 3 { (year.saturating_sub(1), month + 12) } else { (year, month) };
    let h = (day + 13 * (m + 1) / 5 + y % 100 + y % 100 / 4 + y / 400 + 5 * (y / 100)) % 7;
    (h + 5) % 7
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<(Vec<String>, Vec<String>)> {
        let mut all = Vec::new();
        each(&mut text.to_owned(), |written| all.push((written.gives, written.needs)));
        all
    }

    fn carried(reply: &str, source: &str) -> bool {
        let gives: Vec<String> = of(source).into_iter().flat_map(|(gives, _)| gives).collect();
        let needs = of(reply);
        assert!(!needs.is_empty(), "{reply}");
        needs.iter().all(|(_, needs)| needs.iter().any(|need| gives.contains(need)))
    }

    #[test]
    fn one_day_is_the_same_day_however_it_is_written() {
        for source in
            ["2026-03-12", "12 March 2026", "March 12th, 2026", "12. März 2026", "12.03.2026", "12 mars 2026"]
        {
            assert!(carried("on 12 March 2026", source), "{source}");
            assert!(carried("on March 12", source), "{source}");
            assert!(carried("on Thursday", source), "{source}");
            assert!(!carried("on 13 March 2026", source), "{source}");
        }
        assert!(!carried("on 12 March 2027", "12 March"));
    }

    #[test]
    fn an_ambiguous_day_stays_ambiguous() {
        assert!(carried("by 12/03", "before 12/03"));
        assert!(!carried("by 12 March", "before 12/03"));
        assert!(!carried("by 3 December", "before 12/03"));
        assert!(carried("by 25/03/2026", "25 March 2026"));
    }

    #[test]
    fn times_and_weekdays_are_read_in_several_ways() {
        assert!(carried("until 5 pm", "10:00-17:00"));
        assert!(carried("um 17 Uhr", "until 17:00"));
        assert!(carried("at noon", "12:00"));
        assert!(!carried("at 18:00", "10:00-17:00"));
        assert!(carried("on Tuesdays", "Monday to Friday"));
        assert!(!carried("on Sunday", "Monday to Friday"));
        assert!(of("you may march on").is_empty());
    }
}
