//! Addresses of machines, places on the globe in numbers, and the user and password in a URL.

use std::net::{Ipv4Addr, Ipv6Addr};

use memchr::{memchr, memchr_iter};

use super::{
    Kind, Validator,
    cues::{GEO, IP, MAC, OTHER, VERSION},
    fold::DEGREE,
    view::{Found, View, is_word},
};

/// A user and password in a URL are shorter than this.
const MAX_USERINFO: usize = 512;

pub(crate) fn find(view: &View, found: &mut Found) {
    if memchr(b'.', view.text).is_some() {
        dotted(view, found);
    }
    if memchr(b':', view.text).is_some() {
        colons(view, found);
    }
    hardware(view, found);
    if memchr(DEGREE, view.text).is_some() {
        degrees(view, found);
    }
}

/// IPv4 addresses and pairs of decimal degrees.
fn dotted(view: &View, found: &mut Found) {
    let mut skip_to = 0;
    for dot in memchr_iter(b'.', view.text) {
        if dot < skip_to
            || dot == 0
            || !view.byte(dot - 1).is_ascii_digit()
            || !view.byte(dot + 1).is_ascii_digit()
        {
            continue;
        }
        let mut start = dot;
        while start > 0 && dot - start < 4 && view.byte(start - 1).is_ascii_digit() {
            start -= 1;
        }
        let mut end = dot;
        while end < view.text.len()
            && end - start < 24
            && (view.byte(end).is_ascii_digit()
                || (view.byte(end) == b'.' && view.byte(end + 1).is_ascii_digit()))
        {
            end += 1;
        }
        skip_to = end;
        let number = &view.text[start..end];
        let dots = number.iter().filter(|byte| **byte == b'.').count();
        if dots == 3 && number.len() <= 15 {
            let alone =
                !is_word(view.before(start)) && !is_word(view.byte(end)) && view.before(start) != b'.';
            let address = std::str::from_utf8(number).ok().and_then(|text| text.parse::<Ipv4Addr>().ok());
            if alone && address.is_some() && view.byte(end) != b'-' {
                let weighed = view.weigh(&(start..end), 0.8, IP, VERSION);
                found.push(Kind::IpAddress, start..end, Validator::Structure, weighed);
            }
        } else if dots == 1
            && let Some((span, places)) = pair(view, start, end)
        {
            let base = if places >= 4 { 0.6 } else { 0.3 };
            let weighed = view.weigh(&span, base, GEO, 0);
            skip_to = span.end;
            found.push(Kind::GeoCoordinates, span, Validator::Structure, weighed);
        }
    }
}

/// `52.5200, 13.4050`: latitude and longitude, and how many decimals both have at least.
fn pair(view: &View, start: usize, end: usize) -> Option<(std::ops::Range<usize>, usize)> {
    let sign = usize::from(matches!(view.before(start), b'-' | b'+'));
    let start = start - sign;
    if is_word(view.before(start)) || matches!(view.before(start), b'.' | b'$') {
        return None;
    }
    let number = |from: usize, to: usize| {
        let text = std::str::from_utf8(&view.text[from..to]).ok()?;
        Some((text.parse::<f64>().ok()?, to - from - 1 - text.find('.')?))
    };
    let (latitude, places) = number(start, end)?;
    let mut at = end;
    // A hemisphere, and then what stands between the two.
    while at < end + 12
        && matches!(
            view.byte(at),
            b' ' | b','
                | b';'
                | b'/'
                | DEGREE
                | b'N'
                | b'S'
                | b'\n'
                | b'l'
                | b'o'
                | b'n'
                | b'g'
                | b'i'
                | b't'
                | b'u'
                | b'd'
                | b'e'
                | b':'
                | b'='
                | b'&'
        )
    {
        at += 1;
    }
    if at == end || at >= view.text.len() {
        return None;
    }
    let from = at;
    if matches!(view.byte(at), b'-' | b'+') {
        at += 1;
    }
    while at < view.text.len() && at - from < 16 && (view.byte(at).is_ascii_digit() || view.byte(at) == b'.')
    {
        at += 1;
    }
    if view.byte(at - 1) == b'.' {
        at -= 1;
    }
    let (longitude, more) = number(from, at)?;
    let fits = (-90.0..=90.0).contains(&latitude) && (-180.0..=180.0).contains(&longitude);
    let least = places.min(more);
    let ends = !is_word(view.byte(at)) || matches!(view.byte(at), b'E' | b'W');
    (fits && least >= 3 && ends).then_some((start..at, least))
}

/// IPv6 addresses and URLs that carry a user.
fn colons(view: &View, found: &mut Found) {
    let mut skip_to = 0;
    for colon in memchr_iter(b':', view.text) {
        if view.text[colon..].starts_with(b"://") {
            if colon > 0 && is_word(view.byte(colon - 1)) {
                userinfo(view, colon + 3, found);
            }
            continue;
        }
        if colon < skip_to {
            continue;
        }
        let part = |byte: u8| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.';
        let mut start = colon;
        while start > 0 && colon - start < 5 && part(view.byte(start - 1)) {
            start -= 1;
        }
        let mut end = colon;
        while end < view.text.len() && end - start < 46 && part(view.byte(end)) {
            end += 1;
        }
        skip_to = end;
        while end > start && view.byte(end - 1) == b'.'
            || end > start + 1 && view.byte(end - 1) == b':' && view.byte(end - 2) != b':'
        {
            end -= 1;
        }
        let text = &view.text[start..end];
        let colons = text.iter().filter(|byte| **byte == b':').count();
        if colons < 2 || text.len() < 4 || is_word(view.before(start)) || is_word(view.byte(end)) {
            continue;
        }
        let address = std::str::from_utf8(text).ok().and_then(|text| text.parse::<Ipv6Addr>().ok());
        if address.is_some() {
            let weighed = view.weigh(&(start..end), if colons > 2 { 0.85 } else { 0.6 }, IP, 0);
            found.push(Kind::IpAddress, start..end, Validator::Structure, weighed);
        }
    }
}

/// `user:password` before the host.
fn userinfo(view: &View, start: usize, found: &mut Found) {
    let rest = &view.text[start..view.text.len().min(start + MAX_USERINFO)];
    let end = rest
        .iter()
        .position(|byte| byte.is_ascii_whitespace() || b"/?#\"'<>".contains(byte))
        .unwrap_or(rest.len());
    let Some(at) = memchr::memrchr(b'@', &rest[..end]) else { return };
    let Some(colon) = memchr(b':', &rest[..at]) else { return };
    if colon + 1 < at {
        found.plain(Kind::UrlCredentials, start..start + at, Validator::Structure, 0.98);
    }
}

/// MAC addresses: six pairs with one sign between them, or three groups of four with dots.
fn hardware(view: &View, found: &mut Found) {
    if !found.wants(Kind::MacAddress) {
        return;
    }
    let mut skip_to = 0;
    for token in &view.tokens {
        let start = token.start();
        let (groups, width) = match (token.len(), view.byte(token.end())) {
            (2, b':' | b'-') => (6, 2),
            (4, b'.') => (3, 4),
            _ => continue,
        };
        if start < skip_to || matches!(view.before(start), b':' | b'-' | b'.') {
            continue;
        }
        let sign = view.byte(token.end());
        let length = groups * (width + 1) - 1;
        let Some(text) = view.text.get(start..start + length) else { continue };
        let fits = text.iter().enumerate().all(|(place, byte)| {
            if place % (width + 1) == width { *byte == sign } else { byte.is_ascii_hexdigit() }
        });
        let end = start + length;
        let alone =
            !(is_word(view.byte(end)) || view.byte(end) == sign && view.byte(end + 1).is_ascii_hexdigit());
        let letters = text.iter().any(u8::is_ascii_alphabetic);
        if fits && alone {
            let base = if sign == b':' || letters { 0.85 } else { 0.35 };
            let weighed = view.weigh(&(start..end), base, MAC, OTHER);
            found.push(Kind::MacAddress, start..end, Validator::Structure, weighed);
            skip_to = end;
        }
    }
}

/// `40^26'46"N 79^58'56"W`.
fn degrees(view: &View, found: &mut Found) {
    let mut skip_to = 0;
    for sign in memchr_iter(DEGREE, view.text) {
        if sign < skip_to {
            continue;
        }
        let mut start = sign;
        while start > 0 && sign - start < 10 && matches!(view.byte(start - 1), b'0'..=b'9' | b'.') {
            start -= 1;
        }
        if start == sign {
            continue;
        }
        let Some(first) = hemisphere(view, sign + 1, b"NS") else { continue };
        let mut next = first;
        while next < first + 4 && matches!(view.byte(next), b' ' | b',' | b'\n') {
            next += 1;
        }
        let digits = view.text[next..]
            .iter()
            .take(10)
            .take_while(|byte| byte.is_ascii_digit() || **byte == b'.')
            .count();
        if digits == 0 || view.byte(next + digits) != DEGREE {
            continue;
        }
        let Some(end) = hemisphere(view, next + digits + 1, b"EWO") else { continue };
        found.plain(Kind::GeoCoordinates, start..end, Validator::Structure, 0.9);
        skip_to = end;
    }
}

/// Where the minutes, seconds and hemisphere of an angle end.
fn hemisphere(view: &View, start: usize, letters: &[u8]) -> Option<usize> {
    let mut at = start;
    while at < start + 20 && matches!(view.byte(at), b'0'..=b'9' | b'.' | b'\'' | b'"' | b' ') {
        at += 1;
    }
    (at < view.text.len() && letters.contains(&view.byte(at)) && !is_word(view.byte(at + 1)))
        .then_some(at + 1)
}
