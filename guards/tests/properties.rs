//! What holds for any text: no panic, findings in order, apart and on the borders of characters; and
//! for any valid number: it is found, whatever is put inside to hide it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::sync::LazyLock;

use guards::pii::{Detector, Kind, Settings};
use proptest::prelude::*;

static DETECTOR: LazyLock<Detector> = LazyLock::new(|| Detector::new(Settings::default()).unwrap());

fn check(text: &str) {
    let mut end = 0;
    for finding in DETECTOR.detect(text) {
        assert!(
            finding.span.start >= end && finding.span.start < finding.span.end,
            "{finding:?} in {text:?}"
        );
        assert!(text.get(finding.span.clone()).is_some(), "{finding:?} in {text:?}");
        assert!((0.5..=1.0).contains(&finding.score), "{finding:?}");
        for word in finding.context {
            assert!(text.get(word.span).is_some());
        }
        end = finding.span.end;
    }
}

/// The finding of a kind that covers a value of the text.
fn covers(text: &str, kind: Kind, value: std::ops::Range<usize>) -> bool {
    DETECTOR.detect(text).iter().any(|finding| {
        finding.kind == kind && finding.span.start <= value.start && finding.span.end >= value.end
    })
}

fn luhn(mut digits: Vec<u8>) -> String {
    digits.push(0);
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(*digit);
            if place % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { digit }
        })
        .sum();
    *digits.last_mut().unwrap() = ((10 - sum % 10) % 10) as u8;
    digits.iter().map(|digit| char::from(b'0' + digit)).collect()
}

fn card() -> impl Strategy<Value = String> {
    let prefix = prop_oneof![
        Just((vec![4], 16)),
        Just((vec![5, 1], 16)),
        Just((vec![5, 5], 16)),
        Just((vec![2, 2, 2, 1], 16)),
        Just((vec![3, 4], 15)),
        Just((vec![3, 7], 15)),
        Just((vec![6, 0, 1, 1], 16)),
        Just((vec![3, 5, 2, 8], 16)),
    ];
    (prefix, prop::collection::vec(0u8..10, 16)).prop_map(|((mut digits, length), more)| {
        let missing = length - 1 - digits.len();
        digits.extend(&more[..missing]);
        luhn(digits)
    })
}

fn iban() -> impl Strategy<Value = String> {
    let country = prop_oneof![Just(("DE", 18)), Just(("AT", 16)), Just(("DK", 14)), Just(("PL", 24))];
    (country, prop::collection::vec(0u8..10, 24)).prop_map(|((country, length), digits)| {
        let account: String = digits[..length].iter().map(|digit| char::from(b'0' + digit)).collect();
        let rearranged = format!("{account}{country}00");
        let rest = rearranged.bytes().fold(0u64, |rest, sign| match sign {
            b'0'..=b'9' => (rest * 10 + u64::from(sign - b'0')) % 97,
            _ => (rest * 100 + u64::from(sign - b'A') + 10) % 97,
        });
        format!("{country}{:02}{account}", 98 - rest)
    })
}

/// Puts signs between the signs of a value: at most one after each.
fn hidden(value: &str, places: &[bool], sign: &str) -> String {
    let count = value.chars().count();
    value
        .chars()
        .enumerate()
        .flat_map(|(place, char)| {
            let put = places[place % places.len()] && place + 1 < count;
            std::iter::once(char.to_string()).chain(put.then(|| sign.to_owned()))
        })
        .collect()
}

fn signs() -> impl Strategy<Value = &'static str> {
    prop_oneof![
        Just("-"),
        Just("\u{200B}"),
        Just("\u{2060}"),
        Just("\u{AD}"),
        Just("\u{2011}"),
        Just("\u{FEFF}")
    ]
}

/// Pieces that recognisers look at closely, in any order.
fn crowded() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "@",
        ".",
        ":",
        "::",
        "://",
        "-",
        "+",
        "(",
        ")",
        "0",
        "1",
        "12",
        "4111",
        "1111",
        "DE89",
        "SSN",
        "password",
        "is",
        " ",
        "\n",
        "\u{200B}",
        "é",
        "漢",
        "🙂",
        "street",
        "Street",
        "12 Main",
        "rue",
        "Apt",
        "#",
        "PO Box",
        "Mr",
        "Jane",
        "Doe",
        "van",
        "O'",
        "name:",
        "born",
        "march",
        "1985",
        "-----BEGIN ",
        "PRIVATE KEY",
        "eyJ",
        "sk-",
        "bearer",
        "(at)",
        "(dot)",
        "passport",
        "zip",
        "00:",
        "ff",
        "^",
        "°",
        "'",
        "\"",
        "N",
        "E",
        "52.52",
        "=",
        "ext",
        "x1",
        "\u{301}",
        "½",
        "/",
        "tel",
        ",",
        "licence",
        "Mr.",
        "J.",
        "iban",
        "\r\n>",
        "_",
        "strasse",
        "usa",
        "IL",
        "GB",
        "0x",
        "1A",
        "bc1",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// UUIDs, among them many whose groups are digits alone or spell something.
fn uuid() -> impl Strategy<Value = String> {
    let short = || prop_oneof!["[0-9a-f]{4}", "[0-9]{4}", Just("cade".to_owned()), Just("ebba".to_owned())];
    let long = prop_oneof!["[0-9a-f]{12}", "[0-9]{12}", "001[0-9]{9}|00(44|49|86)[0-9]{8}"];
    (prop_oneof!["[0-9a-f]{8}", "[0-9]{8}"], short(), short(), short(), long)
        .prop_map(|(first, second, third, fourth, last)| format!("{first}-{second}-{third}-{fourth}-{last}"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_without_a_panic(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn text_full_of_what_recognisers_look_for_is_read_without_a_panic(text in crowded()) {
        check(&text);
    }

    #[test]
    fn digits_and_signs_in_any_order_are_read_without_a_panic(text in "[-+0-9A-Za-z .:/()@\n#'\"]{0,300}") {
        check(&text);
    }

    #[test]
    fn nothing_is_found_within_a_uuid(uuid in uuid(), tail in "[0-9]{0,4}") {
        for text in [format!("run{{id={uuid} seq={tail}}}: done"), format!("Wrote Line {tail} of {uuid}.")] {
            prop_assert_eq!(DETECTOR.detect(&text), vec![], "{}", text);
        }
    }

    #[test]
    fn a_valid_card_is_found(card in card()) {
        let text = format!("it is {card} ok");
        prop_assert!(covers(&text, Kind::PaymentCard, 6..6 + card.len()), "{}", text);
    }

    #[test]
    fn a_hidden_card_is_found(card in card(), places in prop::collection::vec(any::<bool>(), 7), sign in signs()) {
        let value = hidden(&card, &places, sign);
        let text = format!("it is {value} ok");
        prop_assert!(covers(&text, Kind::PaymentCard, 6..6 + value.len()), "{}", text);
    }

    #[test]
    fn a_hidden_iban_is_found(iban in iban(), places in prop::collection::vec(any::<bool>(), 7), sign in signs()) {
        let value = hidden(&iban, &places, sign);
        let text = format!("it is {value} ok");
        prop_assert!(covers(&text, Kind::Iban, 6..6 + value.len()), "{}", text);
    }

    #[test]
    fn a_hidden_phone_number_is_found(line in 1_000_000u32..9_999_999, places in prop::collection::vec(any::<bool>(), 5), sign in signs()) {
        let phone = format!("+1202{line}");
        let value = format!("+{}", hidden(&phone[1..], &places, sign));
        let text = format!("call {value} ok");
        prop_assert!(covers(&text, Kind::Phone, 5..5 + value.len()), "{}", text);
    }

    #[test]
    fn a_valid_ssn_is_found(area in 1u32..900, group in 1u32..100, serial in 1u32..10_000) {
        prop_assume!(area != 666);
        let ssn = format!("{area:03}-{group:02}-{serial:04}");
        prop_assume!(ssn.bytes().filter(u8::is_ascii_digit).any(|digit| digit != ssn.as_bytes()[0]));
        let text = format!("it is {ssn} ok");
        prop_assert!(covers(&text, Kind::UsSsn, 6..6 + ssn.len()), "{}", text);
    }
}
