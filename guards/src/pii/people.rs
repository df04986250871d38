//! Names of people: words from lists of names, and words with capitals that a title, a label, a
//! greeting or a closing line stands before.
//!
//! In text without capitals only words of the lists count.

use super::{
    Kind, Validator,
    cues::{COMPANY, Cue, GREETING, NAME, SIGN_OFF, STREET, TITLE},
    gazetteer::{COMMON, FIRST, Gazetteer, LAST, NEVER},
    view::{DIGIT, Found, Token, View, Weighed},
};

/// Words of one name at most; more in a row are a headline.
const MAX_WORDS: usize = 5;

/// Titles that also address nobody in particular.
const LOOSE_TITLES: [&str; 12] = [
    "sir",
    "madam",
    "don",
    "dona",
    "officer",
    "nurse",
    "judge",
    "doctor",
    "professor",
    "lady",
    "lord",
    "captain",
];

/// Words that begin the names of towns: what follows them is no person.
const TOWNS: [&str; 12] =
    ["San", "Santa", "Santo", "Los", "Las", "Fort", "Port", "Mount", "Monte", "Saint", "New", "Lake"];

/// Small words inside of names.
const PARTICLES: [&str; 25] = [
    "de", "van", "von", "der", "den", "del", "della", "di", "da", "dos", "das", "du", "la", "le", "bin",
    "ibn", "al", "el", "ten", "ter", "af", "av", "zu", "y", "e",
];

pub(crate) fn find(view: &View, gazetteer: &Gazetteer, found: &mut Found) {
    if !found.wants(Kind::PersonName) {
        return;
    }
    let mut at = 0;
    while at < view.tokens.len() {
        let Some(name) = run(view, gazetteer, at) else {
            at += 1;
            continue;
        };
        at = name.next;
        judge(view, &name, found);
    }
}

/// Neighbouring words that may be one name, with what the lists know of each.
struct Name {
    words: Vec<(Token, u8)>,
    /// The token to go on with.
    next: usize,
    /// A company's word stands in it or behind.
    company: bool,
}

fn is_capital(view: &View, token: Token) -> bool {
    token.is_capital() && (token.len() > 1 || !view.cased)
}

fn run(view: &View, gazetteer: &Gazetteer, first: usize) -> Option<Name> {
    let token = view.tokens[first];
    let known = |token: Token| gazetteer.look_up(view.bytes(token));
    if token.has & DIGIT != 0 || token.len() < 2 {
        return None;
    }
    if view.cased {
        if !is_capital(view, token) {
            return None;
        }
    } else if token.len() < 3 {
        return None;
    }
    let flags = known(token);
    let town = |token: Token| TOWNS.iter().any(|head| view.bytes(token) == head.as_bytes());
    let in_town =
        first > 0 && town(view.tokens[first - 1]) && view.gap(first - 1).iter().all(u8::is_ascii_whitespace);
    if flags & NEVER != 0 || town(token) || in_town {
        return None;
    }
    // Without capitals, something must say that a name begins.
    let told = || {
        label(view, token.start()).is_some_and(|(cue, more)| {
            let word = &view.text[cue.start as usize..cue.end as usize];
            more >= 0.5 && !LOOSE_TITLES.iter().any(|title| word.eq_ignore_ascii_case(title.as_bytes()))
        })
    };
    if !view.cased && (flags & FIRST == 0 || flags & COMMON != 0 || token.len() < 4) && !told() {
        return None;
    }
    if matches!(view.before(token.start()), b'@' | b'#' | b'/' | b'_' | b'\\' | b'=' | b'&')
        || matches!(view.byte(token.end()), b'@' | b'_' | b'/' | b'=')
    {
        return None;
    }
    let mut name = Name { words: vec![(token, flags)], next: first + 1, company: false };
    let mut at = first + 1;
    while name.words.len() < MAX_WORDS && at < view.tokens.len() {
        let previous = view.tokens[at - 1];
        let gap = view.gap(at - 1);
        let initial = previous.len() == 1 || matches!(view.bytes(previous), b"Jr" | b"St");
        if !(matches!(gap, b" " | b"-" | b"'" | b"  ") || (initial && matches!(gap, b"." | b". "))) {
            break;
        }
        let next = view.tokens[at];
        if next.has & DIGIT != 0 {
            break;
        }
        let flags = known(next);
        let particle = next.len() <= 5 && PARTICLES.iter().any(|word| view.bytes(next) == word.as_bytes());
        let fits = if view.cased {
            next.is_capital() && (flags & NEVER == 0 || gap == b"-")
        } else {
            // A second word of a name in small letters is in the lists, or ends its line.
            flags & NEVER == 0
                && (flags & (FIRST | LAST) != 0 && flags & COMMON == 0
                    || (name.words.len() == 1 && ends_line(view, at) && starts_line(view, first))
                    || (name.words.len() == 1 && label(view, token.start()).is_some()))
        };
        // A particle counts when a capital follows it.
        let goes_on = particle
            && at + 1 < view.tokens.len()
            && matches!(view.gap(at), b" " | b"'")
            && if view.cased {
                view.tokens[at + 1].is_capital()
            } else {
                known(view.tokens[at + 1]) & LAST != 0
            };
        if !fits && !goes_on {
            break;
        }
        name.words.push((next, flags));
        at += 1;
    }
    // A name does not end on a particle or on an initial that the next sentence begins with.
    while name.words.len() > 1
        && name.words.last().is_some_and(|(word, _)| {
            PARTICLES.iter().any(|particle| view.bytes(*word) == particle.as_bytes())
        })
    {
        name.words.pop();
    }
    name.next = first + name.words.len();
    let (start, end) = (token.start(), name.words.last()?.0.end());
    let near = view.cues.partition_point(|cue| (cue.start as usize) < start);
    name.company = view.cues[near..].iter().take_while(|cue| (cue.start as usize) <= end + 2).any(|cue| {
        cue.sorts & (COMPANY | STREET) != 0
            && cue.end as usize > start
            && (view.byte(cue.start as usize).is_ascii_uppercase() || !view.cased)
            && !is_first_name(cue, &name)
    });
    Some(name)
}

/// A company's or street's word that is also the first word of the name: `Bar Refaeli`.
fn is_first_name(cue: &Cue, name: &Name) -> bool {
    name.words.first().is_some_and(|(word, flags)| word.start == cue.start && flags & FIRST != 0)
}

/// Whether a line or what a label announces begins with a token.
fn starts_line(view: &View, token: usize) -> bool {
    token == 0 || view.gap(token - 1).contains(&b'\n') || view.gap(token - 1).starts_with(b":")
}

fn ends_line(view: &View, token: usize) -> bool {
    token + 1 >= view.tokens.len() || view.gap(token).contains(&b'\n')
}

/// What stands right before a name and says that it is one, and how surely.
fn label<'v>(view: &'v View, start: usize) -> Option<(&'v Cue, f32)> {
    let cue = view.cues_before(start, 24, TITLE | NAME | GREETING | SIGN_OFF).next_back()?;
    let gap = &view.text[cue.end as usize..start];
    if gap.len() > 6 || !gap.iter().all(|byte| b" .,:-\n\r\t=\"'*".contains(byte)) {
        return None;
    }
    let word = &view.text[cue.start as usize..cue.end as usize];
    let lines = gap.iter().filter(|byte| **byte == b'\n').count();
    if cue.sorts & TITLE != 0 && lines == 0 && matches!(gap, b" " | b". " | b".") {
        return Some((cue, 0.8));
    }
    if cue.sorts & SIGN_OFF != 0 && lines > 0 {
        return Some((cue, 0.5));
    }
    if cue.sorts & GREETING != 0 && lines == 0 && matches!(gap, b" " | b", ") {
        return Some((cue, 0.45));
    }
    if cue.sorts & NAME != 0 && lines == 0 {
        // `the name on it`: without capitals, the word alone announces nothing.
        let announced = view.cased || word.len() > 4;
        let named = (announced && memchr::memmem::find(&word.to_ascii_lowercase(), b"name").is_some())
            || gap.contains(&b':')
            || word.len() > 8
                && [
                    &b"cardholder"[..],
                    b"ich heisse",
                    b"je m'appelle",
                    b"me llamo",
                    b"mi chiamo",
                    b"on behalf of",
                    b"spoke with",
                    b"speaking with",
                ]
                .iter()
                .any(|label| word.eq_ignore_ascii_case(label));
        return Some((cue, if named { 0.5 } else { 0.2 }));
    }
    None
}

fn judge(view: &View, name: &Name, found: &mut Found) {
    let (Some((first, first_flags)), Some((last, _))) =
        (name.words.first().copied(), name.words.last().copied())
    else {
        return;
    };
    // `O'Neil`: the letter belongs to it.
    let apostrophe = view.before(first.start()) == b'\''
        && first.start() >= 2
        && matches!(view.byte(first.start() - 2), b'O' | b'D')
        && !super::view::is_word(view.before(first.start() - 2));
    let span = first.start() - if apostrophe { 2 } else { 0 }..last.end();
    let sure = |flags: u8, list: u8| flags & list != 0 && flags & COMMON == 0;
    let count = name.words.len();
    let others = &name.words[1..];
    let last_known = others.iter().any(|(_, flags)| flags & (LAST | FIRST) != 0);
    let last_sure = others.iter().any(|(_, flags)| sure(*flags, LAST) || sure(*flags, FIRST));
    let capitals_only = view.cased
        && name
            .words
            .iter()
            .all(|(word, _)| word.len() > 1 && view.bytes(*word).iter().all(u8::is_ascii_uppercase));
    let mut base: f32 = if count == 1 {
        if sure(first_flags, FIRST) {
            0.6
        } else if sure(first_flags, LAST) {
            0.35
        } else if first_flags & (FIRST | LAST) != 0 {
            0.15
        } else {
            0.05
        }
    } else if sure(first_flags, FIRST) {
        if last_known { 0.85 } else { 0.75 }
    } else if first_flags & FIRST != 0 {
        if last_sure {
            0.75
        } else if last_known {
            0.6
        } else {
            0.35
        }
    } else if last_sure {
        0.55
    } else if first_flags & LAST != 0 || last_known {
        0.3
    } else {
        0.1
    };
    let label = label(view, span.start);
    if name.company && label.is_none_or(|(cue, _)| cue.sorts & TITLE == 0) {
        return;
    }
    // `IN THE NEWS`, `ACME`: capitals say nothing there.
    if capitals_only && !(sure(first_flags, FIRST) && (count == 1 || last_known)) {
        base -= 0.3;
    }
    // `in Florence`, `at Jackson`: a place more likely.
    let before = view.token_from(span.start).checked_sub(1).and_then(|token| view.tokens.get(token)).copied();
    let place = count == 1
        && label.is_none()
        && before.filter(|word| span.start - word.end() == 1).is_some_and(|word| match view.bytes(word) {
            b"in" | b"In" | b"near" | b"nach" => true,
            b"at" | b"to" | b"of" => !sure(first_flags, FIRST),
            _ => false,
        });
    if place {
        base -= 0.15;
    }
    let (score, word) = match label {
        Some((cue, more)) => ((base + more).min(0.97), Some((cue.start, cue.end, true))),
        None => (base, None),
    };
    let validator = if base >= 0.3 { Validator::Gazetteer } else { Validator::Context };
    found.push(Kind::PersonName, span, validator, Weighed { score, word });
}
