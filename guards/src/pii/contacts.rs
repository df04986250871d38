//! E-mail addresses, also spelt out (`name (at) example (dot) org`), with spaces around their signs
//! or broken across lines.

use memchr::memchr_iter;

use super::{
    Kind, Validator,
    cues::{AT, DOT},
    view::{Found, View, is_word},
};

/// RFC 5321's limits on the parts.
const MAX_LOCAL: usize = 64;
const MAX_DOMAIN: usize = 255;

fn is_local(byte: u8) -> bool {
    is_word(byte) || b".!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

pub(crate) fn find(view: &View, found: &mut Found) {
    if !found.wants(Kind::Email) {
        return;
    }
    for at in memchr_iter(b'@', view.text) {
        around(view, at, at + 1, found);
    }
    // What is spelt out counts only with both words, or with a bracketed one.
    for cue in view.cues.iter().filter(|cue| cue.sorts & AT != 0) {
        spelt(view, cue.start as usize, cue.end as usize, found);
    }
}

fn around(view: &View, at: usize, after: usize, found: &mut Found) {
    let text = view.text;
    let spaced = usize::from(view.before(at) == b' ' && is_word(view.before(at.saturating_sub(1))));
    let local_end = at - spaced;
    let mut start = local_end;
    while start > 0 && local_end - start < MAX_LOCAL && is_local(text[start - 1]) {
        start -= 1;
    }
    while start < local_end && !is_word(text[start]) {
        start += 1;
    }
    if start == local_end || matches!(text[local_end - 1], b'.') {
        return;
    }
    let after = skip_break(view, after, spaced > 0);
    let Some((end, labels)) = domain(view, after) else { return };
    let strict = spaced == 0 && after == at + 1;
    if labels.spaced && !strict && !labels.common {
        return;
    }
    let score = match (strict && !labels.spaced, labels.common) {
        (true, true) => 0.97,
        (true, false) => 0.85,
        (false, true) => 0.75,
        (false, false) => 0.4,
    };
    found.plain(Kind::Email, start..end, Validator::Structure, score);
}

/// Over a space or a line break right behind the sign.
fn skip_break(view: &View, at: usize, spaces: bool) -> usize {
    let mut after = at;
    if view.byte(after) == b'\r' {
        after += 1;
    }
    if view.byte(after) == b'\n' || (spaces && view.byte(after) == b' ') {
        after += 1;
    }
    if after < view.text.len() && is_word(view.byte(after)) { after } else { at }
}

struct Labels {
    /// Whether there are spaces around its dots.
    spaced: bool,
    /// Whether its last label is one that many addresses have.
    common: bool,
}

/// Where a domain ends that starts here.
fn domain(view: &View, start: usize) -> Option<(usize, Labels)> {
    let mut at = start;
    let mut end = None;
    let mut labels = Labels { spaced: false, common: false };
    let mut dots = 0;
    loop {
        let label = at;
        while at < view.text.len()
            && at - start < MAX_DOMAIN
            && (is_word(view.byte(at)) || (view.byte(at) == b'-' && at > label))
        {
            at += 1;
        }
        let word = &view.text[label..at];
        if word.is_empty() {
            break;
        }
        let top = word.len() >= 2
            && word.len() <= 24
            && word.iter().all(|byte| is_word(*byte) && !byte.is_ascii_digit());
        let punycode = word.len() > 4 && word[..4].eq_ignore_ascii_case(b"xn--");
        if dots > 0 && (top || punycode) {
            labels.common = is_common(word);
            end = Some(at);
        }
        if view.byte(at) == b'.' && at + 1 < view.text.len() {
            at += 1;
            if view.byte(at) == b'\n' && is_common(next_word(view, at + 1)) {
                at += 1;
                labels.spaced = true;
            } else if labels.spaced && view.byte(at) == b' ' && is_common(next_word(view, at + 1)) {
                at += 1;
            }
        } else if view.byte(at) == b' ' && view.byte(at + 1) == b'.' {
            let skip = at + 2 + usize::from(view.byte(at + 2) == b' ');
            if !is_common(next_word(view, skip)) {
                break;
            }
            labels.spaced = true;
            at = skip;
        } else {
            break;
        }
        dots += 1;
    }
    end.map(|end| (end, labels))
}

fn next_word<'t>(view: &View<'t>, at: usize) -> &'t [u8] {
    match view.tokens.get(view.token_from(at)) {
        Some(token) if token.start() == at => view.bytes(*token),
        _ => b"",
    }
}

/// Endings that most addresses have; two letters are a country's.
fn is_common(label: &[u8]) -> bool {
    const ENDINGS: [&str; 26] = [
        "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "name", "dev", "app", "email",
        "cloud", "online", "shop", "store", "site", "tech", "test", "example", "invalid", "company",
        "agency", "support", "world",
    ];
    (label.len() == 2 && label.iter().all(u8::is_ascii_alphabetic))
        || ENDINGS.iter().any(|ending| label.eq_ignore_ascii_case(ending.as_bytes()))
}

/// `name (at) example (dot) org`: the words stand between words.
fn spelt(view: &View, start: usize, end: usize, found: &mut Found) {
    let local_end = start - usize::from(start > 0 && view.before(start) == b' ');
    let mut from = local_end;
    while from > 0 && local_end - from < MAX_LOCAL && is_local(view.byte(from - 1)) {
        from -= 1;
    }
    while from < local_end && !is_word(view.byte(from)) {
        from += 1;
    }
    if from == local_end {
        return;
    }
    let bracketed = !is_word(view.byte(start + 1)) || view.byte(start) != b' ';
    let mut at = end + usize::from(view.byte(end) == b' ');
    let mut dots = 0;
    let mut spelt_dots = 0;
    let mut last = at;
    let most = at + MAX_DOMAIN;
    loop {
        let label = at;
        while at < view.text.len()
            && at < most
            && at - label < 63
            && (is_word(view.byte(at)) || view.byte(at) == b'-')
        {
            at += 1;
        }
        if at == label {
            break;
        }
        last = at;
        let dot = view.cues.partition_point(|cue| (cue.start as usize) < at);
        let spoken = view.cues[dot..]
            .iter()
            .take(2)
            .find(|cue| cue.sorts & DOT != 0 && cue.start as usize <= at + 1)
            .filter(|_| dots < 8);
        if let Some(cue) = spoken {
            at = cue.end as usize + usize::from(view.byte(cue.end as usize) == b' ');
            spelt_dots += 1;
        } else if view.byte(at) == b'.' && is_word(view.byte(at + 1)) {
            at += 1;
        } else {
            break;
        }
        dots += 1;
    }
    let top = view.text[..last].iter().rposition(|byte| !is_word(*byte)).map_or(0, |place| place + 1);
    let ending = &view.text[top.min(last)..last];
    // Without brackets, `at the dot on` must not read as an address.
    let prose = ending.len() == 2
        && !["de", "uk", "fr", "es", "nl", "eu", "ch", "ca", "au", "io", "co", "pl", "se", "dk", "pt"]
            .iter()
            .any(|country| ending.eq_ignore_ascii_case(country.as_bytes()));
    if dots > 0 && is_common(ending) && (bracketed || (spelt_dots > 0 && !prose)) {
        found.plain(Kind::Email, from..last, Validator::Structure, if bracketed { 0.85 } else { 0.7 });
    }
}
