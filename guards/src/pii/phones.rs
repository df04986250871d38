//! Phone numbers. With a country code the numbering plan of the country judges them (`phonenumber`,
//! the metadata of Google's libphonenumber); without one, their shape and the words nearby do,
//! because whose plan is meant is not known.

use phonenumber::metadata::DATABASE;

use super::{
    Kind, Validator,
    cues::{BANK, CARD, NHS, OTHER, PHONE, SSN, VERSION},
    numbers::{Chain, DASH, DOT, NEWLINE, PAREN, SLASH, SPACE},
    view::{DIGIT, Found, Token, View},
};

/// E.164 allows fifteen digits.
const MAX_DIGITS: usize = 15;
/// How many numbers with a country code the plans judge in one window; the ones after these are
/// taken by their form. Looking into a plan costs about as much as reading a page.
const MAX_PLANS: usize = 64;

pub(crate) fn find(view: &View, chains: &[Chain], found: &mut Found) {
    if !found.wants(Kind::Phone) {
        return;
    }
    let mut plans = 0;
    for chain in chains {
        let count = chain.tokens.len();
        let mut first = 0;
        while first < count {
            match longest(view, chain, first) {
                Some(run) => {
                    let end = run.last + 1;
                    // A date or a house number before a number must not hide it: the next token is
                    // tried when this one led to nothing.
                    first = if judge(view, chain, &run, &mut plans, found) { end } else { first + 1 };
                }
                None => first += 1,
            }
        }
    }
}

/// Digits that may be one phone number.
struct Run {
    first: usize,
    last: usize,
    digits: Vec<u8>,
    groups: Vec<u8>,
    gaps: u8,
    start: usize,
    end: usize,
    international: bool,
}

/// The longest run of digits from a token on that is not longer than a number may be.
fn longest(view: &View, chain: &Chain, first: usize) -> Option<Run> {
    let token = |place: usize| view.tokens[chain.tokens.start + place];
    let start = token(first).start();
    if digits_of(view, token(first)) == 0 {
        return None;
    }
    let plus = view.before(start) == b'+'
        || (view.before(start) == b' ' && start > 1 && view.before(start - 1) == b'+');
    // Something that goes on from before is a part of something else.
    if !plus
        && first > 0
        && chain.gaps[first - 1] & (DASH | DOT | SLASH) != 0
        && chain.gaps[first - 1] & (SPACE | PAREN) == 0
    {
        return None;
    }
    if !plus && matches!(view.before(start), b'$' | b'#' | b'.' | b',' | b'=' | b'@' | b'/') {
        return None;
    }
    let mut run = Run {
        first,
        last: first,
        digits: Vec::new(),
        groups: Vec::new(),
        gaps: 0,
        start,
        end: start,
        international: plus,
    };
    for place in first..chain.tokens.len() {
        let own = digits_of(view, token(place));
        if own == 0 || run.digits.len() + own > MAX_DIGITS + 2 {
            break;
        }
        if place > first {
            let gap = chain.gaps[place - 1];
            let before = view.before(token(place).start());
            // A line break is gone over by a number that is known to go on: one with its country.
            if before == b'+' || (gap & NEWLINE != 0 && (!plus || run.digits.len() >= 9)) {
                break;
            }
            run.gaps |= gap;
        }
        run.digits.extend(&view.bytes(token(place))[..own]);
        run.groups.push(own as u8);
        run.last = place;
        run.end = token(place).end();
        if own < token(place).len() {
            break;
        }
    }
    if run.digits.len() > MAX_DIGITS + usize::from(run.digits.starts_with(b"00")) * 2 || run.digits.len() < 7
    {
        return None;
    }
    // Letters or decimals right behind: a code, an amount.
    let goes_on = run.last + 1 < chain.tokens.len()
        && chain.gaps[run.last] & (DASH | DOT | SLASH) != 0
        && chain.gaps[run.last] & SPACE == 0;
    if goes_on || matches!(view.byte(run.end), b'%' | b'@' | b'=') {
        return None;
    }
    Some(run)
}

/// How many digits a token begins with when it is digits alone, or digits and an extension: `1111x12`.
fn digits_of(view: &View, token: Token) -> usize {
    if token.has == DIGIT {
        return token.len();
    }
    let bytes = view.bytes(token);
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let extended = digits > 0
        && matches!(bytes[digits], b'x' | b'X')
        && (1..=6).contains(&(bytes.len() - digits - 1))
        && bytes[digits + 1..].iter().all(u8::is_ascii_digit);
    if extended { digits } else { 0 }
}

fn judge(view: &View, chain: &Chain, run: &Run, plans: &mut usize, found: &mut Found) -> bool {
    let digits = run.digits.as_slice();
    let (mut start, end) = (run.start, extension(view, run.end));
    if view.before(start) == b'(' {
        start -= 1;
    }
    if run.international {
        while start > 0 && matches!(view.before(start), b' ' | b'(') && start > run.start.saturating_sub(2) {
            start -= 1;
        }
        if view.before(start) == b'+' {
            start -= 1;
        }
        if view.before(start) == b'(' {
            start -= 1;
        }
    }
    let zeros = digits.starts_with(b"00") && digits.len() >= 10;
    let span = start..end;
    if run.international || zeros {
        let national = if zeros { &digits[2..] } else { digits };
        *plans += 1;
        if *plans <= MAX_PLANS && is_in_plan(national) {
            let base = if zeros { 0.65 } else { 0.85 };
            let weighed = view.weigh(&span, base, PHONE, OTHER);
            found.push(Kind::Phone, span, Validator::NumberingPlan, weighed);
            return true;
        }
        let likely = country(national).is_some() && (8..=MAX_DIGITS).contains(&national.len());
        if likely {
            let weighed = view.weigh(&span, if zeros { 0.4 } else { 0.6 }, PHONE, OTHER);
            let good = weighed.score >= found.min_score;
            found.push(Kind::Phone, span, Validator::Structure, weighed);
            return good;
        }
        return false;
    }
    if is_date(run) || is_dotted_quad(run) || is_years(run) {
        return false;
    }
    let base = by_form(view, chain, run);
    let weighed = view.weigh(&span, base, PHONE, OTHER | CARD | BANK | SSN | NHS | VERSION);
    let good = weighed.score >= found.min_score;
    let validator = if base >= 0.5 { Validator::Structure } else { Validator::Context };
    found.push(Kind::Phone, span, validator, weighed);
    good
}

/// How much a number without a country code looks like a phone number by itself.
fn by_form(view: &View, chain: &Chain, run: &Run) -> f32 {
    let digits = run.digits.as_slice();
    let groups = run.groups.as_slice();
    let length = digits.len();
    let area =
        view.before(run.start) == b'(' && chain.gaps.get(run.first).is_some_and(|gap| gap & PAREN != 0);
    let written = run.gaps & (DASH | DOT | SPACE | PAREN | SLASH) != 0;
    if run.groups.len() > 7 {
        // Spelt out digit by digit.
        return if groups.iter().all(|group| *group == 1) && length >= 9 { 0.3 } else { 0.1 };
    }
    if is_north_american(digits) {
        let tail = if length == 11 { &groups[1.min(groups.len())..] } else { groups };
        return match tail {
            [3, 3, 4] => 0.65,
            [3, 7] if area => 0.65,
            _ if groups.len() == 1 => 0.3,
            _ => 0.4,
        };
    }
    if area && (6..=13).contains(&length) {
        return 0.6;
    }
    // Decimals side by side.
    if run.gaps & DOT != 0 && run.gaps & SPACE != 0 {
        return 0.1;
    }
    let small = groups.iter().filter(|group| **group < 2).count();
    if digits[0] == b'0' && (9..=12).contains(&length) && !digits.starts_with(b"000") {
        return if !written {
            0.3
        } else if small == 0 || (small == 1 && groups[0] == 1) {
            0.55
        } else {
            0.4
        };
    }
    if written && length <= 12 && groups.len() >= 2 && small == 0 && groups.iter().all(|group| *group <= 8) {
        return if groups.len() >= 3 && (9..=11).contains(&length) { 0.4 } else { 0.3 };
    }
    if length <= 13 { 0.25 } else { 0.1 }
}

/// North America: area and exchange begin with 2 to 9.
fn is_north_american(digits: &[u8]) -> bool {
    let ten = match digits {
        [b'1', rest @ ..] if digits.len() == 11 => rest,
        _ if digits.len() == 10 => digits,
        _ => return false,
    };
    ten[0] >= b'2' && ten[3] >= b'2'
}

/// `2017-03-29`, `29.03.2017` and the like, with or without a time behind.
fn is_date(run: &Run) -> bool {
    let at = |group: usize| {
        let start: usize = run.groups[..group].iter().map(|length| usize::from(*length)).sum();
        let end = start + usize::from(run.groups[group]);
        run.digits[start..end]
            .iter()
            .fold(0u32, |number, digit| number.saturating_mul(10).saturating_add(u32::from(digit - b'0')))
    };
    let year = |group: usize| run.groups[group] == 4 && (1900..=2100).contains(&at(group));
    let part = |group: usize, most: u32| run.groups[group] <= 2 && (1..=most).contains(&at(group));
    match run.groups.len() {
        3..=6 => {
            (year(0) && part(1, 12) && part(2, 31))
                || (year(2) && part(0, 31) && part(1, 12))
                || (year(2) && part(0, 12) && part(1, 31))
        }
        1 => {
            run.digits.len() == 8
                && ((run.digits.starts_with(b"20") || run.digits.starts_with(b"19"))
                    && matches!(&run.digits[4..6], [b'0', b'1'..=b'9'] | [b'1', b'0'..=b'2'])
                    && run.digits[6] <= b'3')
        }
        _ => false,
    }
}

/// `2017-2018`.
fn is_years(run: &Run) -> bool {
    run.groups == [4, 4]
        && matches!(&run.digits[..2], b"19" | b"20")
        && matches!(&run.digits[4..6], b"19" | b"20")
}

/// An IP address, or a version.
fn is_dotted_quad(run: &Run) -> bool {
    run.gaps == DOT && run.groups.len() == 4 && run.groups.iter().all(|group| *group <= 3)
}

/// Where a number ends when its extension is counted in: `x12`, `ext. 12`.
fn extension(view: &View, end: usize) -> usize {
    let mut token = view.token_from(end);
    let Some(word) = view.tokens.get(token).copied() else { return end };
    if word.start() > end + 3 || view.text[end..word.start()].iter().any(|byte| !b" ,(".contains(byte)) {
        return end;
    }
    let bytes = view.bytes(word);
    let extra = |digits: &[u8]| (1..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    if matches!(bytes[0], b'x' | b'X') && extra(&bytes[1..]) {
        return word.end();
    }
    if ["ext", "extension", "x", "durchwahl", "poste"]
        .iter()
        .any(|name| bytes.eq_ignore_ascii_case(name.as_bytes()))
    {
        token += 1;
        if let Some(number) = view.tokens.get(token)
            && number.start() <= word.end() + 2
            && extra(view.bytes(*number))
        {
            return number.end();
        }
    }
    end
}

/// The numbering plans, read at the first number. The detector does that when it is made.
pub(crate) fn warm() {
    is_in_plan(b"12024561111");
}

/// Whether the plan of its country has numbers of this form. The general form of each region that
/// shares the country code is asked, because whose number it is does not matter here.
fn is_in_plan(number: &[u8]) -> bool {
    let Some((code, national)) = country(number) else { return false };
    let Some(mut regions) = DATABASE.by_code(&code) else { return false };
    regions.sort_by_key(|region| !region.is_main_country_for_code());
    // `+44 (0)20 …`: the zero is not dialled from abroad.
    let without_zero = national.strip_prefix(b"0").filter(|rest| !rest.is_empty());
    [Some(national), without_zero].into_iter().flatten().any(|national| {
        std::str::from_utf8(national).is_ok_and(|national| {
            regions.iter().any(|region| region.descriptors().general().is_match(national))
        })
    })
}

/// The country code of ITU-T E.164 that digits begin with, if it is given out, and the rest.
fn country(number: &[u8]) -> Option<(u16, &[u8])> {
    let value = |length: usize| -> Option<u16> {
        Some(number.get(..length)?.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')))
    };
    let length = match value(2)? {
        10..=19 | 70..=79 => 1,
        20 | 27 | 30..=34 | 36 | 39..=41 | 43..=49 | 51..=58 | 60..=66 | 81 | 82 | 84 | 86 | 90..=95 | 98 => {
            2
        }
        21 if matches!(value(3)? % 10, 1..=3 | 6 | 8) => 3,
        22..=26 | 29 | 35 | 37 | 38 | 42 | 50 | 59 | 67 | 68 | 85 | 88 | 96 | 97 | 99 => 3,
        _ => return None,
    };
    Some((value(length)?, &number[length..]))
}
