//! Finds in what a customer wrote what a procedure needs: order numbers, email addresses, amounts
//! of money and postal addresses.

use std::sync::LazyLock;

use domain::procedure::{Slot, SlotKind};
use regex::Regex;
use serde_json::{Value, json};

use super::{analysis::cut, pattern};

/// Longest reason that is passed on, in characters.
const MAX_REASON: usize = 300;

static NUMBERED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b([a-z]{2,4})-(\d{4,9})\b"));
static NAMED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)(?:\border(?:\s+(?:number|nr|no|id))?\.?\s*(?:is|was)?\s*:?\s*#?\s*|#\s*)(\d{4,9})\b")
});
static LOOSE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)\b([a-z]{2,4}) ?(\d{4,9})\b"));
static BARE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:^|\s)(\d{4,9})\b"));
static PREFIX: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b([A-Z]{2,4})-"));
static EMAIL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b[a-z0-9](?:[a-z0-9._%+-]{0,62}[a-z0-9_%+-])?@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}\b",
    )
});
static AMOUNT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)(?:€|\beur(?:os?)?\b)\s*(\d[\d.,]{0,11})|\b(\d[\d.,]{0,11})\s*(?:€|eur(?:os?)?\b)")
});
/// Street and number, postcode and city, country: `Weinbergweg 27, 8010 Graz, Austria`.
static STREET_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)([\p{L}][\p{L}.'’ -]{2,60}?\s\d{1,4}\s?[a-z]?(?:\s?[/-]\s?\d{1,4})?)\s*[,;\n]\s*(?:[a-z]{1,2}-)?(\d{4,5}(?:\s?[A-Z]{2}\b)?)\s+([\p{L}][\p{L}.'’-]+(?:[ -][\p{Lu}(][\p{L}.'’)-]*){0,3})(?:\s*[,;\n(]\s*([\p{L}][\p{L} ]{1,30}))?",
    )
});
/// Number and street, postcode and city: `12 rue de la Paix, 75002 Paris`.
static NUMBER_FIRST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(\d{1,4}[a-z]?,?\s[\p{L}][\p{L}.'’ -]{2,60}?)\s*[,;\n]\s*(?:[a-z]{1,2}-)?(\d{4,5}(?:\s?[A-Z]{2}\b)?)\s+([\p{L}][\p{L}.'’-]+(?:[ -][\p{Lu}][\p{L}.'’-]*){0,3})(?:\s*[,;\n(]\s*([\p{L}][\p{L} ]{1,30}))?",
    )
});
/// British: `12 Baker Street, London NW1 6XE, United Kingdom`.
static BRITISH: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(\d{1,4}[a-z]?\s[\p{L}][\p{L}.'’ -]{2,60}?)\s*[,;\n]\s*([\p{L}][\p{L} .'’-]{1,40}?)\s*[,;\n ]\s*([a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2})\b(?:\s*[,;\n(]\s*([\p{L}][\p{L} ]{1,30}))?",
    )
});
static LEAD: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)^.*\b(?:to|is|at|address|instead|now|live|into|please|street address)\b\s*:?\s*")
});

/// ISO 3166-1 codes, and what customers write for them.
const COUNTRIES: &[(&str, &[&str])] = &[
    ("AT", &["austria", "österreich", "at"]),
    ("BE", &["belgium", "be"]),
    ("BG", &["bulgaria"]),
    ("HR", &["croatia"]),
    ("CY", &["cyprus"]),
    ("CZ", &["czechia", "czech republic", "cz"]),
    ("DK", &["denmark", "dk"]),
    ("EE", &["estonia"]),
    ("FI", &["finland"]),
    ("FR", &["france", "fr"]),
    ("DE", &["germany", "deutschland", "de"]),
    ("GR", &["greece"]),
    ("HU", &["hungary"]),
    ("IE", &["ireland"]),
    ("IT", &["italy", "italia", "it"]),
    ("LV", &["latvia"]),
    ("LT", &["lithuania"]),
    ("LU", &["luxembourg"]),
    ("MT", &["malta"]),
    ("NL", &["netherlands", "the netherlands", "holland", "nl"]),
    ("NO", &["norway"]),
    ("PL", &["poland", "pl"]),
    ("PT", &["portugal"]),
    ("RO", &["romania"]),
    ("SK", &["slovakia"]),
    ("SI", &["slovenia"]),
    ("ES", &["spain", "españa"]),
    ("SE", &["sweden"]),
    ("CH", &["switzerland", "ch"]),
    ("GB", &["united kingdom", "uk", "great britain", "england", "scotland", "wales"]),
];

/// All values of a slot in one text, in the order they stand there.
pub fn values(slot: &Slot, text: &str) -> Vec<Value> {
    let text = cut(text);
    match slot.kind {
        SlotKind::OrderNumber => order_numbers(&slot.question, text).into_iter().map(Value::from).collect(),
        SlotKind::Email => {
            EMAIL.find_iter(text).map(|found| Value::from(found.as_str().to_lowercase())).collect()
        }
        SlotKind::Amount => AMOUNT
            .captures_iter(text)
            .filter_map(|found| cents(found.get(1).or_else(|| found.get(2))?.as_str()))
            .map(Value::from)
            .collect(),
        SlotKind::Address => address(text).into_iter().collect(),
        SlotKind::Reason => Vec::new(),
    }
}

/// The last email address of a text.
pub fn email(text: &str) -> Option<String> {
    EMAIL.find_iter(cut(text)).last().map(|found| found.as_str().to_lowercase())
}

/// Whether a text names an order or another numbered record.
pub fn names_record(text: &str) -> bool {
    NUMBERED.is_match(text) || NAMED.is_match(text)
}

/// A reason as it is passed on.
pub fn reason(text: &str) -> Option<Value> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = text.chars().take(MAX_REASON).collect();
    (!cut.is_empty()).then(|| Value::from(cut))
}

/// `example` shows the letters that order numbers begin with, as in `It starts with NF-`.
fn order_numbers(example: &str, text: &str) -> Vec<String> {
    let prefix = PREFIX.captures(example).map(|found| found[1].to_owned());
    let mut found: Vec<(usize, String)> = Vec::new();
    for numbered in NUMBERED.captures_iter(text) {
        let letters = numbered[1].to_ascii_uppercase();
        if prefix.as_ref().is_none_or(|prefix| *prefix == letters) {
            found.push((at(&numbered, 2), format!("{letters}-{}", &numbered[2])));
        }
    }
    let whole = |number: &str| match &prefix {
        Some(prefix) => format!("{prefix}-{number}"),
        None => number.to_owned(),
    };
    for named in NAMED.captures_iter(text) {
        found.push((at(&named, 1), whole(&named[1])));
    }
    for loose in LOOSE.captures_iter(text) {
        if prefix.as_ref().is_some_and(|prefix| prefix.eq_ignore_ascii_case(&loose[1])) {
            found.push((at(&loose, 2), whole(&loose[2])));
        }
    }
    // A message of little else than a number answers the question for it.
    if found.is_empty() && text.split_whitespace().count() <= 4 && address(text).is_none() {
        found.extend(BARE.captures_iter(text).map(|bare| (at(&bare, 1), whole(&bare[1]))));
    }
    found.sort();
    let mut numbers: Vec<String> = Vec::new();
    for (_, number) in found {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

fn at(captures: &regex::Captures<'_>, group: usize) -> usize {
    captures.get(group).map_or(0, |found| found.start())
}

/// `49,90`, `49.90`, `1.299,00`, `1,299` and `349` in cents; at most ten million.
fn cents(text: &str) -> Option<i64> {
    let text = text.trim_end_matches(['.', ',']);
    let (whole, fraction) = match text.rfind(['.', ',']) {
        Some(at) if text.len() - at - 1 <= 2 => (&text[..at], &text[at + 1..]),
        _ => (text, ""),
    };
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let whole: i64 = whole.parse().ok()?;
    let fraction: i64 = match fraction.len() {
        0 => 0,
        1 => fraction.parse::<i64>().ok()? * 10,
        _ => fraction.parse().ok()?,
    };
    (whole <= 100_000).then_some(whole * 100 + fraction)
}

/// The last complete address of a text.
fn address(text: &str) -> Option<Value> {
    let made = |street: &str, postcode: &str, city: &str, country: Option<&str>| {
        let street = LEAD.replace(street.trim(), "");
        let street = street.trim().trim_matches([',', ':', ' ']);
        if street.chars().filter(|c| c.is_alphabetic()).count() < 3 {
            return None;
        }
        let mut address =
            json!({ "street": street, "postcode": postcode.trim().to_uppercase(), "city": city.trim() });
        if let (Some(code), Some(fields)) = (country.and_then(country_code), address.as_object_mut()) {
            fields.insert("country".to_owned(), Value::from(code));
        }
        Some(address)
    };
    let part =
        |found: &regex::Captures<'_>, group: usize| found.get(group).map_or("", |m| m.as_str()).to_owned();
    if let Some(found) = BRITISH.captures_iter(text).last() {
        let country = found.get(4).map(|m| m.as_str()).or(Some("uk"));
        return made(&part(&found, 1), &part(&found, 3), &part(&found, 2), country);
    }
    [&STREET_FIRST, &NUMBER_FIRST].into_iter().find_map(|shape| {
        let found = shape.captures_iter(text).last()?;
        made(&part(&found, 1), &part(&found, 2), &part(&found, 3), found.get(4).map(|m| m.as_str()))
    })
}

/// The code of the country that the text begins with.
fn country_code(text: &str) -> Option<&'static str> {
    let lower = text.trim().to_lowercase();
    COUNTRIES
        .iter()
        .find(|(_, names)| {
            names.iter().any(|name| {
                lower.strip_prefix(name).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
                    && (name.len() > 2 || lower.len() == 2)
            })
        })
        .map(|(code, _)| *code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(kind: SlotKind) -> Slot {
        Slot {
            name: "x".to_owned(),
            kind,
            question: "What is your order number? It starts with NF-.".to_owned(),
            optional: false,
            default: None,
        }
    }

    fn first(kind: SlotKind, text: &str) -> Option<Value> {
        values(&slot(kind), text).into_iter().next()
    }

    #[test]
    fn order_numbers_are_recognised_however_they_are_written() {
        for text in [
            "refund NF-10482",
            "order 10482 please",
            "Order number: #10482",
            "nf-10482",
            "it's nf10482",
            "#10482",
            "10482",
        ] {
            assert_eq!(first(SlotKind::OrderNumber, text), Some(json!("NF-10482")), "{text}");
        }
        for text in [
            "my NF-TNT-200 tent",
            "I live in 8010 Graz and want my tent",
            "the AB-12345 label",
            "in 2026 I bought it there",
        ] {
            assert_eq!(first(SlotKind::OrderNumber, text), None, "{text}");
        }
        assert_eq!(values(&slot(SlotKind::OrderNumber), "NF-10001 and order 10002").len(), 2);
    }

    #[test]
    fn amounts_are_read_in_both_notations() {
        for (text, cents) in [
            ("49,90 €", 4990),
            ("EUR 49.90", 4990),
            ("€349", 34900),
            ("1.299,00 EUR", 129_900),
            ("1,299.5 euros", 129_950),
            ("12 eur.", 1200),
        ] {
            assert_eq!(first(SlotKind::Amount, text), Some(json!(cents)), "{text}");
        }
        assert_eq!(first(SlotKind::Amount, "two weeks and 30 days"), None);
    }

    #[test]
    fn addresses_are_taken_apart() {
        let cases = [
            ("Weinbergweg 27, 8010 Graz, Austria", "Weinbergweg 27", "8010", "Graz", Some("AT")),
            (
                "Please change my address to Lange Straße 5b, 10115 Berlin",
                "Lange Straße 5b",
                "10115",
                "Berlin",
                None,
            ),
            (
                "my new address is:\nOude Gracht 12-3\n3511 AB Utrecht\nNetherlands",
                "Oude Gracht 12-3",
                "3511 AB",
                "Utrecht",
                Some("NL"),
            ),
            (
                "it should go to 12 rue de la Paix, 75002 Paris, France. Thanks",
                "12 rue de la Paix",
                "75002",
                "Paris",
                Some("FR"),
            ),
            ("12 Baker Street, London NW1 6XE", "12 Baker Street", "NW1 6XE", "London", Some("GB")),
        ];
        for (text, street, postcode, city, country) in cases {
            let found = first(SlotKind::Address, text).unwrap_or_default();
            assert_eq!(found["street"], street, "{text}: {found}");
            assert_eq!(found["postcode"], postcode, "{text}: {found}");
            assert_eq!(found["city"], city, "{text}: {found}");
            assert_eq!(found.get("country").and_then(Value::as_str), country, "{text}: {found}");
        }
        assert_eq!(first(SlotKind::Address, "I moved to Graz last week"), None);
    }

    #[test]
    fn an_email_address_is_found_at_the_end_of_a_sentence() {
        assert_eq!(email("It is Mara.Lind@post.example."), Some("mara.lind@post.example".to_owned()));
        assert_eq!(email("me@home"), None);
    }
}
