//! What can be made wrong in a call, one thing at a time: found in its arguments alone, always in the same order,
//! and with nothing of anybody else in it. Names and addresses are invented; numbers are the call's own with digits
//! in other places.

use serde_json::Value;

use super::{Slip, plain};
use crate::{approval::Approval, tool::ToolSpec};

/// Names that nobody in particular has.
const NAMES: [&str; 8] = ["Robin", "Alex", "Marlene", "Jonas", "Kim", "Teresa", "Viktor", "Nadia"];
/// Members of arguments that hold sources and keys of records: they are no person's to check.
const NOT_LOOKED_AT: [&str; 4] = ["sources", "citations", "model", "slug"];
/// Levels of nested arguments that are looked at.
const DEPTH: usize = 4;
/// Changes of one kind in one text.
const MOST_OF_A_KIND: usize = 4;
const GREETINGS: [&str; 10] =
    ["Hi", "Hello", "Dear", "Hey", "Hallo", "Liebe", "Lieber", "Bonjour", "Hola", "Good morning"];

/// One thing made wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub slip: Slip,
    /// A JSON pointer into the arguments: `/amount_cents`.
    pub at: String,
    /// What stands there instead.
    pub value: Value,
    /// The part of it that was right, and what it became.
    pub was: String,
    pub became: String,
}

impl Change {
    pub fn apply(&self, args: &mut Value) {
        if let Some(place) = args.pointer_mut(&self.at) {
            place.clone_from(&self.value);
        }
    }

    /// Whether it is in this argument.
    pub fn is_argument(&self, name: &str) -> bool {
        self.at
            .strip_prefix('/')
            .and_then(|at| at.split('/').next())
            .is_some_and(|first| unescaped(first) == name)
    }

    /// Whether an edit of what was shown took out what is wrong.
    pub fn is_repaired(&self, shown: &Value, edited: &Value) -> bool {
        let Some(now) = edited.pointer(&self.at) else { return true };
        // What was not shown was not found wrong.
        let Some(before) = shown.pointer(&self.at).map(plain) else { return false };
        let now = plain(now);
        match self.slip {
            Slip::Citation => marks(&now).ne(marks(&before)),
            Slip::Amount | Slip::Recipient => now != before,
            Slip::Number | Slip::Name | Slip::Figure => {
                now.matches(&self.became).count() < before.matches(&self.became).count()
            }
        }
    }
}

/// Everything that could be made wrong in the call of an approval. `seen` are the other texts that its reviewer
/// has before them: a figure or number in a text is only changed when it stands there, so that it can be found.
pub fn changes(approval: &Approval, spec: &ToolSpec, seen: &[&str]) -> Vec<Change> {
    let args = &approval.binding.call.args;
    let mut found = Vec::new();
    if let Some(name) = &spec.amount_arg {
        amounts(&format!("/{}", escaped(name)), args, &mut found);
    }
    let quotes: Vec<&str> = approval.evidence.iter().map(|citation| citation.quote.as_str()).collect();
    let seen: Vec<&str> = quotes.iter().copied().chain(seen.iter().copied()).collect();
    let body = approval.preview.body.as_deref();
    let mut walk = Walk { body, seen: &seen, passages: quotes.len(), found: &mut found };
    walk.value(&mut String::new(), args, DEPTH);
    found.retain(|change| change.was != change.became && args.pointer(&change.at) != Some(&change.value));
    found
}

fn amounts(at: &str, args: &Value, found: &mut Vec<Change>) {
    let Some(cents) = args.pointer(at).and_then(Value::as_i64).filter(|cents| *cents > 0) else { return };
    let mut push = |cents_then: i64| {
        let (was, became) = (cents.to_string(), cents_then.to_string());
        found.push(Change { slip: Slip::Amount, at: at.to_owned(), value: cents_then.into(), was, became });
    };
    if let Some(more) = cents.checked_mul(10).filter(|more| *more <= 1_000_000_000) {
        push(more);
    }
    if cents >= 100 && cents % 10 == 0 {
        push(cents / 10);
    }
}

struct Walk<'a> {
    body: Option<&'a str>,
    seen: &'a [&'a str],
    /// Passages that the text may cite.
    passages: usize,
    found: &'a mut Vec<Change>,
}

impl Walk<'_> {
    fn value(&mut self, at: &mut String, value: &Value, depth: usize) {
        match value {
            Value::String(text) if self.body == Some(text.as_str()) => self.text(at, text),
            Value::String(text) => self.word(at, text),
            Value::Object(members) if depth > 0 => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_unstable_by_key(|(name, _)| *name);
                for (name, value) in members {
                    if NOT_LOOKED_AT.contains(&name.as_str()) {
                        continue;
                    }
                    let length = at.len();
                    at.push('/');
                    at.push_str(&escaped(name));
                    self.value(at, value, depth - 1);
                    at.truncate(length);
                }
            }
            _ => {}
        }
    }

    /// A short argument: an address, or the number of something.
    fn word(&mut self, at: &str, text: &str) {
        let mut push = |slip, became: String| {
            let (value, was) = (Value::String(became.clone()), text.to_owned());
            self.found.push(Change { slip, at: at.to_owned(), value, was, became });
        };
        if text.len() > 100 || is_key(text) {
            return;
        }
        if let Some(became) = other_address(text) {
            push(Slip::Recipient, became);
        } else if !text.contains(char::is_whitespace) && digits(text) >= 4 {
            push(Slip::Number, other_number(text));
        }
    }

    /// A text that somebody is to read.
    fn text(&mut self, at: &str, text: &str) {
        let mut push = |slip, (start, end): (usize, usize), became: String| {
            let value = Value::String(format!("{}{became}{}", &text[..start], &text[end..]));
            let was = text[start..end].to_owned();
            self.found.push(Change { slip, at: at.to_owned(), value, was, became });
        };
        if let Some((start, end)) = greeted(text) {
            push(Slip::Name, (start, end), other_name(&text[start..end]));
        }
        let (mut figures, mut numbers) = (0, 0);
        for (start, end) in tokens(text) {
            let token = &text[start..end];
            if is_mark(text, (start, end))
                || is_key(token)
                || !self.seen.iter().any(|seen| stands_in(seen, token))
            {
                continue;
            }
            let (slip, became, count) = if token.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
            {
                (Slip::Figure, other_figure(token), &mut figures)
            } else if digits(token) >= 4 {
                (Slip::Number, other_number(token), &mut numbers)
            } else {
                continue;
            };
            // What stands elsewhere too may be right, and what stands in the text twice is not one thing.
            let elsewhere = self.seen.iter().any(|seen| stands_in(seen, &became));
            if *count < MOST_OF_A_KIND && !elsewhere && !text.contains(became.as_str()) {
                *count += 1;
                push(slip, (start, end), became);
            }
        }
        if self.passages >= 2
            && let Some(swapped) = swapped_marks(text)
        {
            let became = Value::String(swapped);
            let (was, now) = ("[1] … [2]".to_owned(), "[2] … [1]".to_owned());
            self.found.push(Change {
                slip: Slip::Citation,
                at: at.to_owned(),
                value: became,
                was,
                became: now,
            });
        }
    }
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

fn unescaped(name: &str) -> String {
    name.replace("~1", "/").replace("~0", "~")
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// The key of a record of ours, which is nobody's to read.
fn is_key(text: &str) -> bool {
    text.parse::<uuid::Uuid>().is_ok()
}

/// Two digits beside each other that differ, the last such pair, in each other's place; where all are alike, the
/// last one more. A number never begins with a zero that it did not begin with.
fn other_number(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let is = |b: u8| b.is_ascii_digit();
    let pair = (1..bytes.len()).rev().find(|&at| {
        let (a, b) = (bytes[at - 1], bytes[at]);
        let begins = at < 2 || !is(bytes[at - 2]);
        is(a) && is(b) && a != b && !(begins && b == b'0')
    });
    if let Some(at) = pair {
        bytes.swap(at - 1, at);
    } else if let Some(last) = bytes.iter().rposition(|b| is(*b)) {
        bytes[last] = if bytes[last] == b'9' { b'8' } else { bytes[last] + 1 };
    }
    // Only digits moved, which are single bytes.
    String::from_utf8(bytes).unwrap_or_default()
}

/// Twice as much, or one more of what is small; the decimals stay.
fn other_figure(token: &str) -> String {
    let cut = token.find(['.', ',']).unwrap_or(token.len());
    let (whole, rest) = token.split_at(cut);
    match whole.parse::<u64>() {
        Ok(0) | Err(_) => other_number(token),
        Ok(1) => format!("3{rest}"),
        Ok(number) => format!("{}{rest}", number.saturating_mul(2)),
    }
}

/// The same house, another person.
fn other_address(text: &str) -> Option<String> {
    let (local, host) = text.split_once('@')?;
    let plain =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "._+-".contains(c));
    let fits = plain(local) && plain(host) && host.contains('.') && !host.starts_with('.');
    let other = NAMES
        .map(str::to_lowercase)
        .into_iter()
        .find(|name| !local.to_lowercase().contains(name.as_str()))?;
    fits.then(|| format!("{other}@{host}"))
}

fn other_name(name: &str) -> String {
    NAMES.into_iter().find(|other| !name.contains(other)).unwrap_or("Robin").to_owned()
}

/// Where the name stands in `Hello Anna,`.
fn greeted(text: &str) -> Option<(usize, usize)> {
    let greeting = GREETINGS
        .into_iter()
        .find(|greeting| text.strip_prefix(greeting).is_some_and(|rest| rest.starts_with(' ')))?;
    let start = greeting.len() + 1;
    let line = text[start..].lines().next()?;
    let end = line.find([',', '!', ':'])?;
    let name = &line[..end];
    let is_name = name.chars().next().is_some_and(char::is_uppercase)
        && name.len() <= 60
        && name.chars().all(|c| c.is_alphabetic() || " .'-".contains(c));
    is_name.then_some((start, start + end))
}

/// Stretches with a digit in them, without the punctuation around them.
fn tokens(text: &str) -> impl Iterator<Item = (usize, usize)> {
    let part_of = |c: char| c.is_alphanumeric() || "-_#.,/".contains(c);
    text.split(move |c: char| !part_of(c)).filter_map(move |token| {
        let start = token.as_ptr() as usize - text.as_ptr() as usize;
        let kept = token.trim_matches(|c: char| !c.is_alphanumeric() && c != '#');
        let start = start + (kept.as_ptr() as usize - token.as_ptr() as usize);
        (digits(kept) > 0 && !kept.contains('/')).then_some((start, start + kept.len()))
    })
}

/// Whether a text has the token, and not as a part of a longer one.
fn stands_in(text: &str, token: &str) -> bool {
    let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(token).any(|(start, _)| {
        apart(text[..start].chars().next_back()) && apart(text[start + token.len()..].chars().next())
    })
}

/// Whether a token is the number of a citation: `[1]`.
fn is_mark(text: &str, (start, end): (usize, usize)) -> bool {
    text[..start].ends_with('[') && text[end..].starts_with(']')
}

fn marks(text: &str) -> impl Iterator<Item = &str> {
    text.split('[').skip(1).filter_map(|rest| {
        let (number, _) = rest.split_once(']')?;
        (!number.is_empty() && number.len() <= 2 && number.bytes().all(|b| b.is_ascii_digit()))
            .then_some(number)
    })
}

/// `[1]` and `[2]` in each other's place, where both stand and not beside each other alone.
fn swapped_marks(text: &str) -> Option<String> {
    let both = marks(text).any(|mark| mark == "1") && marks(text).any(|mark| mark == "2");
    let apart = text.replace("[1][2]", "").replace("[1] [2]", "");
    let stand = apart.contains("[1]") || apart.contains("[2]");
    (both && stand).then(|| text.replace("[1]", "[\u{0}]").replace("[2]", "[1]").replace("[\u{0}]", "[2]"))
}
