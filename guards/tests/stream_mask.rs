//! Text that is masked while it is coming reads like text that is masked whole, however it is cut.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::sync::{Arc, LazyLock};

use guards::{
    masking::{Border, Protector, Rules, StreamMask, Treatment},
    pii::{Detector, Settings},
};
use proptest::prelude::*;

static PROTECTOR: LazyLock<Protector> = LazyLock::new(|| {
    let detector = Arc::new(Detector::new(Settings::default()).unwrap());
    Protector::new(detector, Rules::all(Treatment::Mask)).unwrap()
});

fn all(mut stream: StreamMask, pieces: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let mut into = String::new();
    for piece in pieces {
        into += &stream.push(piece.as_ref());
    }
    into + &stream.finish()
}

fn stream() -> StreamMask {
    PROTECTOR.stream(Border::Log)
}

const LETTER: &str = "Dear Jane,

thank you for your message about order NF-10482. We have written to jane.doe@example.com and tried to call you at +1 202 555 0147 this morning, but could not reach you. The refund of 349.00 EUR was made to the card 4242 4242 4242 4242 that you paid with; it takes three to five working days until your bank shows it.

If you would like it to go to your account DE89 3704 0044 0532 0130 00 instead, please tell us by tomorrow. We will send the replacement to 12 Main Street, Springfield, IL 62704, unless you would rather collect it in the shop. Please have a look at the label before you open the parcel, and keep the invoice with it for as long as the warranty lasts.

Is there anything else that we can do for you? We are here from nine to five on every working day, and at other times you will find answers to most of the questions that we are asked on the pages for help.

Best regards,
John Smith";

#[test]
fn a_letter_reads_as_if_it_had_been_masked_whole() {
    let whole = PROTECTOR.clean(Border::Log, LETTER).unwrap();
    assert!(whole.contains("j•••@e•••.com") && whole.contains("•••• 4242") && whole.contains("J. S."));
    let letters: Vec<String> = LETTER.chars().map(String::from).collect();
    assert_eq!(all(stream(), &letters), whole);
    assert_eq!(all(stream(), [LETTER]), whole);
}

#[test]
fn text_is_given_out_while_it_comes() {
    let mut stream = stream();
    let mut got = 0;
    let mut most_held = 0;
    for (place, char) in LETTER.char_indices() {
        got += stream.push(char.encode_utf8(&mut [0; 4])).len();
        most_held = most_held.max(place.saturating_sub(got));
    }
    assert!(got > LETTER.len() / 2, "{got} of {}", LETTER.len());
    assert!(most_held < 700, "{most_held}");
}

#[test]
fn what_must_not_cross_is_told_and_not_shown() {
    let detector = PROTECTOR.detector().clone();
    let protector = Protector::new(detector, Rules::default()).unwrap();
    let mut stream = protector.stream(Border::Customer);
    let key = format!("sk_live_{}", "4eC39HqLyjWDarjtT1zdp7dc");
    let mut got = stream.push(&format!("Hi Jane, the api key is {key}, the card 4242424242424242."));
    got += &stream.finish();
    assert_eq!(got, "Hi Jane, the api key is [api key], the card •••• 4242.");
    assert_eq!(stream.blocked().collect::<Vec<_>>(), ["api_key"]);
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "jane@example.com ",
        "Jane@",
        "example",
        ".com",
        "4242 4242 ",
        "4242 4242",
        "card ",
        "Jane Doe",
        ", ",
        "\n",
        " ",
        "the order that you made ",
        "12 Main Street, ",
        "Springfield, IL 62704",
        "é",
        "漢",
        "🙂 ",
        "\u{200B}",
        "password: ",
        "hunter22 ",
        "-----BEGIN PRIVATE KEY-----\n",
        "-----END",
        "<EMAIL_1>",
        "we will look at it and tell you tomorrow ",
        "SMITHX ",
        "mr. ",
        "DE89 3704 0044 ",
        "0532 0130 00",
    ]);
    prop::collection::vec(piece, 0..120).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn where_a_text_is_cut_makes_no_difference(
        text in text(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let mut places: Vec<_> =
            cuts.iter().map(|cut| text.floor_char_boundary(cut.index(text.len() + 1))).collect();
        places.extend([0, text.len()]);
        places.sort_unstable();
        let pieces = places.windows(2).map(|pair| &text[pair[0]..pair[1]]);
        prop_assert_eq!(all(stream(), pieces), all(stream(), [&text]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn where_a_long_text_is_cut_makes_no_difference(
        text in text(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..6),
    ) {
        let text = format!("{}{text}{}", "so it went on and on. ".repeat(2600), "and on, and on. ".repeat(600));
        let mut places: Vec<_> =
            cuts.iter().map(|cut| text.floor_char_boundary(cut.index(text.len() + 1))).collect();
        places.extend([0, text.len()]);
        places.sort_unstable();
        let pieces = places.windows(2).map(|pair| &text[pair[0]..pair[1]]);
        prop_assert_eq!(all(stream(), pieces), all(stream(), [&text]));
    }
}
