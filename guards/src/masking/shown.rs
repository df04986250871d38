//! How much of a value people see who may not see it: enough to recognise it, not to use it.

use super::spots::{Spot, spots};
use crate::pii::{self, Detector, Finding, Kind};

/// Stands for what is left out, whatever its length.
const DOTS: &str = "•••";
/// The least digits of a number whose last four are shown.
const LEAST_DIGITS: usize = 12;

/// A text with every finding shown in part: `j•••@e•••.com`, `•••• 4242`, `J. D.`, and `[iban]` for
/// all else.
pub fn mask(text: &str, findings: &[Finding], detector: &Detector) -> String {
    replace(text, &spots(text, findings), |spot, value| shown(spot.kind, detector.name_of(spot.kind), value))
}

/// A text with each spot replaced.
pub(crate) fn replace(text: &str, spots: &[Spot], mut with: impl FnMut(&Spot, &str) -> String) -> String {
    let mut into = String::with_capacity(text.len());
    let mut at = 0;
    for spot in spots {
        into.push_str(&text[at..spot.span.start]);
        into.push_str(&with(spot, &text[spot.span.clone()]));
        at = spot.span.end;
    }
    into.push_str(&text[at..]);
    into
}

/// The partial form of one value.
pub(crate) fn shown(kind: Kind, name: &str, value: &str) -> String {
    let value = pii::folded(value);
    let form = match kind {
        Kind::Email => email(&value),
        Kind::PaymentCard => card(&value),
        Kind::PersonName => initials(&value),
        Kind::Iban => iban(&value),
        _ => None,
    };
    form.unwrap_or_else(|| label(name))
}

/// The name of its kind, for a value of which nothing is shown.
pub(crate) fn label(name: &str) -> String {
    format!("[{}]", name.replace('_', " "))
}

fn email(value: &str) -> Option<String> {
    let (local, domain) = value.split_once('@')?;
    let (host, ending) = domain.rsplit_once('.')?;
    let plain = |part: &str| part.chars().all(|char| char.is_alphanumeric() || "-._+".contains(char));
    if !plain(local) || !plain(host) || ending.is_empty() || !ending.chars().all(char::is_alphanumeric) {
        return None;
    }
    Some(format!("{}{DOTS}@{}{DOTS}.{ending}", first_of_many(local), first_of_many(host)))
}

/// The first letter, unless it is all there is.
fn first_of_many(part: &str) -> String {
    let mut chars = part.chars();
    let first = chars.next();
    first.filter(|_| chars.next().is_some()).map(String::from).unwrap_or_default()
}

fn card(value: &str) -> Option<String> {
    let digits: String = value.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= LEAST_DIGITS).then(|| format!("•••• {}", &digits[digits.len() - 4..]))
}

/// The country and the last four.
fn iban(value: &str) -> Option<String> {
    let signs: String = value.chars().filter(char::is_ascii_alphanumeric).collect();
    let fits = signs.len() >= LEAST_DIGITS;
    fits.then(|| format!("{}{DOTS}{}", signs[..2].to_ascii_uppercase(), &signs[signs.len() - 4..]))
}

fn initials(value: &str) -> Option<String> {
    let letters: Vec<String> = value
        .split(|char: char| !(char.is_alphanumeric() || char == '\''))
        .filter_map(|word| word.chars().find(|char| char.is_alphabetic()))
        .map(|letter| format!("{}.", letter.to_uppercase()))
        .collect();
    (!letters.is_empty()).then(|| letters.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_far_as_their_kind_allows() {
        for (kind, value, form) in [
            (Kind::Email, "jane.doe@example.com", "j•••@e•••.com"),
            (Kind::Email, "j@mail.example.co.uk", "•••@m•••.uk"),
            (Kind::Email, "jane (at) example (dot) com", "[email]"),
            (Kind::PaymentCard, "4242 4242-4242\u{200B}4242", "•••• 4242"),
            (Kind::PaymentCard, "4242", "[payment card]"),
            (Kind::PersonName, "Jean-Luc O'Neil", "J. L. O."),
            (Kind::PersonName, "émile", "E."),
            (Kind::Iban, "de89 3704 0044\n0532 0130 00", "DE•••3000"),
            (Kind::UsSsn, "078-05-1120", "[us ssn]"),
        ] {
            assert_eq!(shown(kind, kind.name(), value), form);
        }
    }
}
