//! Keys, tokens, private keys and passwords: by how their issuers begin them, by what stands before
//! them, and by how random they are.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use memchr::memmem;

use super::{
    Kind, Validator,
    cues::{BEARER, Cue, KEY, OTHER, PASSWORD, PEM, SECRET},
    keys::{Alphabet, KEYS},
    view::{DIGIT, Found, LOWER_CASE, UPPER, View, is_word},
};

/// The longest key or token that is read to its end.
pub(crate) const MAX_SECRET: usize = 6 * 1024;
/// The longest key that is read behind a label or a known beginning.
const MAX_KEY: usize = 512;
/// Above it, text is taken for random: bits per character. English has about 4.1 over single
/// letters, but not with digits and both cases in one word.
const RANDOM_BITS: f32 = 4.2;
/// A key that a label stands before may be less random, as hexadecimal ones are.
const LABELLED_BITS: f32 = 3.0;

pub(crate) fn find(view: &View, found: &mut Found) {
    for cue in &view.cues {
        if cue.sorts & KEY != 0 {
            prefixed(view, cue, found);
        } else if cue.sorts & PEM != 0 {
            pem(view, cue, found);
        } else if cue.sorts & BEARER != 0 {
            bearer(view, cue, found);
        }
        if cue.sorts & SECRET != 0 {
            labelled(view, cue, found);
        }
        if cue.sorts & PASSWORD != 0 {
            password(view, cue, found);
        }
    }
    if found.wants(Kind::ApiKey) {
        random(view, found);
    }
}

/// Where a run of an alphabet ends, at most so far away; points at the end are prose's.
fn run(view: &View, start: usize, alphabet: Alphabet, most: usize) -> usize {
    let rest = &view.text[start..view.text.len().min(start + most)];
    let length = rest.iter().position(|byte| !alphabet.has(*byte)).unwrap_or(rest.len());
    start + rest[..length].iter().rposition(|byte| *byte != b'.').map_or(0, |last| last + 1)
}

fn prefixed(view: &View, cue: &Cue, found: &mut Found) {
    let key = &KEYS[usize::from(cue.key)];
    let (start, body) = (cue.start as usize, cue.end as usize);
    if !view.text[start..body].eq(key.prefix.as_bytes()) || is_word(view.before(start)) {
        return;
    }
    let most = if key.kind == Kind::AccessToken { MAX_SECRET } else { MAX_KEY };
    let end = run(view, body, key.alphabet, most);
    if key.kind == Kind::AccessToken {
        if let Some(end) = jwt(&view.text[start..end]) {
            found.plain(Kind::AccessToken, start..start + end, Validator::Structure, 0.98);
        }
        return;
    }
    // What is only words is a name, as in `sk-` before a list of them.
    let body_text = &view.text[body..end];
    if body_text.len() >= key.least && body_text.iter().any(u8::is_ascii_digit) {
        found.plain(key.kind, start..end, Validator::Prefix, 0.95);
    }
}

/// Where a JSON web token ends: three parts, of which the first is an object with an algorithm.
fn jwt(text: &[u8]) -> Option<usize> {
    let mut parts = text.split(|byte| *byte == b'.');
    let (header, payload, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let decoded = URL_SAFE_NO_PAD.decode(header).ok()?;
    let object = decoded.starts_with(b"{") && memmem::find(&decoded, b"\"alg\"").is_some();
    (object && payload.len() >= 2).then_some(header.len() + payload.len() + signature.len() + 2)
}

/// From the line that opens a private key to the one that closes it.
fn pem(view: &View, cue: &Cue, found: &mut Found) {
    let start = cue.start as usize;
    let rest = &view.text[start..view.text.len().min(start + MAX_SECRET)];
    let label = &rest[..rest.len().min(80)];
    let Some(name) = memmem::find(label, b"PRIVATE KEY") else { return };
    if label[..name].contains(&b'\n') {
        return;
    }
    let end = memmem::find(rest, b"-----END").map_or_else(
        // Cut off: what still looks like a key goes with it.
        || {
            rest.iter()
                .position(|byte| !Alphabet::Base64.has(*byte) && !b" \r\n:,".contains(byte))
                .unwrap_or(rest.len())
        },
        |end| {
            let tail = &rest[end + 8..];
            end + 8 + memmem::find(&tail[..tail.len().min(80)], b"-----").map_or(0, |close| close + 5)
        },
    );
    found.plain(Kind::PrivateKey, start..start + end, Validator::Structure, 0.99);
}

fn bearer(view: &View, cue: &Cue, found: &mut Found) {
    let start = cue.end as usize + 1;
    if view.byte(start - 1) != b' ' || start >= view.text.len() {
        return;
    }
    let end = run(view, start, Alphabet::Base64, MAX_SECRET);
    let token = &view.text[start..end];
    if token.len() >= 16 && token.iter().any(u8::is_ascii_digit) {
        found.labelled(Kind::AccessToken, start..end, Validator::Entropy, 0.97, cue);
    }
}

/// Where a value starts after its label: over `:`, `=`, `is` and quotes. The second says whether a
/// sign stood there.
pub(crate) fn value_after(view: &View, label_end: usize) -> Option<(usize, bool)> {
    let mut at = label_end;
    let mut signed = false;
    let mut words = 0;
    let mut lines = 0;
    while at < view.text.len() && at < label_end + 40 {
        match view.byte(at) {
            b':' | b'=' => {
                signed = true;
                at += 1;
            }
            b' ' | b'\t' | b'"' | b'\'' | b'`' | b'>' | b'#' | b'(' | b'[' => at += 1,
            b'\r' if signed => at += 1,
            // A value may stand in the line below, but not after an empty one.
            b'\n' if signed && lines == 0 => {
                lines += 1;
                at += 1;
            }
            _ => {
                let word = view.tokens.get(view.token_from(at)).filter(|token| token.start() == at).copied();
                let filler = word.is_some_and(|word| {
                    [
                        "is", "was", "are", "be", "to", "the", "my", "no", "nr", "number", "num", "id", "as",
                        "ist", "lautet", "est", "es", "e", "set", "still", "now",
                    ]
                    .iter()
                    .any(|filler| view.bytes(word).eq_ignore_ascii_case(filler.as_bytes()))
                });
                match word {
                    Some(word)
                        if filler
                            && words < 3
                            && matches!(view.byte(word.end()), b' ' | b':' | b'=' | b'.') =>
                    {
                        words += 1;
                        at = word.end() + usize::from(view.byte(word.end()) == b'.');
                    }
                    _ => return Some((at, signed)),
                }
            }
        }
    }
    None
}

fn labelled(view: &View, cue: &Cue, found: &mut Found) {
    let Some((start, signed)) = value_after(view, cue.end as usize) else { return };
    let end = run(view, start, Alphabet::Base64, MAX_KEY);
    let value = &view.text[start..end];
    let digits = value.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = value.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    if value.len() < 16 || digits < 2 || letters < 2 || bits(value) < LABELLED_BITS {
        return;
    }
    let score = if signed { 0.85 } else { 0.75 };
    found.labelled(Kind::ApiKey, start..end, Validator::Entropy, score, cue);
}

/// Bits per character, over single characters.
fn bits(text: &[u8]) -> f32 {
    let mut counts = [0u16; 256];
    for byte in text.iter().take(1024) {
        counts[usize::from(*byte)] += 1;
    }
    let length = text.len().min(1024) as f32;
    let share = |count: u16| f32::from(count) / length;
    -counts.iter().filter(|count| **count > 0).map(|count| share(*count) * share(*count).log2()).sum::<f32>()
}

/// Long words of small letters, capitals and digits that no language has.
fn random(view: &View, found: &mut Found) {
    for token in &view.tokens {
        if token.len() < 28 || token.has != DIGIT | UPPER | LOWER_CASE || token.len() > MAX_SECRET {
            continue;
        }
        let (start, end) = (token.start(), token.end());
        let text = view.bytes(*token);
        let digits = text.iter().filter(|byte| byte.is_ascii_digit()).count();
        // Pieces of links are as random, and there are many.
        let joins = |byte: u8| b"/=?-_%&+~".contains(&byte);
        let part_of_a_link = joins(view.before(start))
            || joins(view.byte(end))
            || view.before(start) == b'.'
            || (view.byte(end) == b'.' && is_word(view.byte(end + 1)));
        if digits >= 3 && bits(text) >= RANDOM_BITS && !part_of_a_link {
            let weighed = view.weigh(&(start..end), 0.6, SECRET, OTHER);
            found.push(Kind::ApiKey, start..end, Validator::Entropy, weighed);
        }
    }
}

/// `password: …` takes what follows; `my password is …` takes what does not read like a word.
fn password(view: &View, cue: &Cue, found: &mut Found) {
    // `password-reset`, `/password/`: a part of another name.
    let joins = |byte: u8| b"-/_@".contains(&byte);
    if joins(view.before(cue.start as usize)) || joins(view.byte(cue.end as usize)) {
        return;
    }
    let Some((start, signed)) = value_after(view, cue.end as usize) else { return };
    let quote = view.before(start);
    let quoted = matches!(quote, b'"' | b'\'' | b'`');
    let rest = &view.text[start..view.text.len().min(start + 128)];
    let length = rest
        .iter()
        .position(|byte| {
            if quoted {
                *byte == quote || *byte == b'\n'
            } else {
                byte.is_ascii_whitespace() || b"\"<>".contains(byte)
            }
        })
        .unwrap_or(rest.len());
    let mut value = &rest[..length];
    if !quoted {
        while let [head @ .., b'.' | b',' | b';' | b')' | b'!' | b'?' | b':'] = value {
            // One `!` at the end is as often the password's as the sentence's: it stays when a
            // sentence goes on behind.
            if value.ends_with(b"!")
                && view.byte(start + value.len()) == b' '
                && view.byte(start + value.len() + 1).is_ascii_lowercase()
            {
                break;
            }
            value = head;
        }
    }
    if !(4..=100).contains(&value.len()) {
        return;
    }
    let digits = value.iter().any(u8::is_ascii_digit);
    let signs = value.iter().any(|byte| b"!@#$%^&*_+=?~".contains(byte));
    let inner_capital =
        value[1..].iter().any(u8::is_ascii_uppercase) && value.iter().any(u8::is_ascii_lowercase);
    let letters = value.iter().any(|byte| byte.is_ascii_alphabetic());
    let score = if digits || signs || (inner_capital && letters) {
        if signed { 0.9 } else { 0.75 }
    } else if signed || quoted {
        0.6
    } else {
        return;
    };
    // `password: https://…` is where to set one, not one.
    let link = value.starts_with(b"http") || memmem::find(value, b"://").is_some();
    if !link {
        found.labelled(Kind::Password, start..start + value.len(), Validator::Context, score, cue);
    }
}
