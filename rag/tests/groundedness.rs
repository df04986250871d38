//! Which sentences of a reply are carried, and what stops it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use domain::grounding::{
    Alike, Doubts, FindingKind, Grounding, Grounds, Judged, Read, SecondOpinion, SentenceKind, Source,
    SourceKind, Statement,
};
use proptest::prelude::*;
use rag::groundedness::Lexical;

const RETURNS: &str = "You can return an item within 30 days of delivery if it is unused and in its original packaging. \
     Refunds go to the original payment method in 5-7 business days. Sale items cannot be returned. \
     Standard shipping in the EU costs 4.95 EUR and is free from 75 EUR.";

fn passage(text: &str) -> Source<'_> {
    Source { kind: SourceKind::Passage, label: "Returns and refunds", text }
}

fn ground(text: &str, sources: &[Source<'_>]) -> Grounding {
    Lexical.ground(&Statement { text, sources })
}

fn stops(grounding: &Grounding) -> Vec<&str> {
    grounding.stops().map(|finding| finding.text.as_str()).collect()
}

#[test]
fn a_faithful_reply_is_supported_sentence_by_sentence_with_its_place() {
    let reply = "Hi Ada,\n\nyou can return an item within thirty days of delivery. [1] Refunds go to the original payment \
                 method in 5 to 7 business days. [1]\n\nLet me know if there is anything else.";
    let sources = [
        passage(RETURNS),
        Source { kind: SourceKind::Said, label: "", text: "Ada Lovelace, ada@example.org" },
    ];
    let grounding = ground(reply, &sources);
    assert_eq!(stops(&grounding), Vec::<&str>::new());
    assert_eq!(grounding.claims().count(), 2, "{grounding:#?}");
    assert_eq!(grounding.unsupported().count(), 0, "{grounding:#?}");
    let refunds = grounding.claims().nth(1).unwrap();
    let carrier = refunds.carrier.unwrap();
    assert_eq!(carrier.span.of(RETURNS), "Refunds go to the original payment method in 5-7 business days.");
}

#[test]
fn an_invention_is_unsupported_and_named() {
    let reply = "We also collect the parcel at your door with our own electric van.";
    let grounding = ground(reply, &[passage(RETURNS)]);
    let sentence = grounding.unsupported().next().unwrap();
    assert!(sentence.findings.iter().any(|f| f.kind == FindingKind::Unsupported && f.text == reply));
}

#[test]
fn a_denial_is_found_and_a_restatement_is_not() {
    let grounding = ground("Sale items can be returned.", &[passage(RETURNS)]);
    assert!(grounding.findings().any(|f| f.kind == FindingKind::Contradiction), "{grounding:#?}");
    let grounding = ground("You cannot return sale items.", &[passage(RETURNS)]);
    assert!(grounding.findings().all(|f| f.kind != FindingKind::Contradiction), "{grounding:#?}");
    assert_eq!(grounding.unsupported().count(), 0, "{grounding:#?}");
}

#[test]
fn names_values_and_addresses_that_nothing_carries_stop_a_reply() {
    for (reply, stray) in [
        ("Returns are accepted within 60 days of delivery.", "60 days"),
        ("Shipping in the EU costs 5.95 EUR.", "5.95 EUR"),
        ("You can return it until 12 March.", "12 March"),
        ("Please ask Klarna about the refund.", "Klarna"),
        ("Write to refunds@shop.example.", "refunds@shop.example"),
        ("Your order NF-10482 was refunded.", "NF-10482"),
        ("The refund arrives on Tuesday.", "Tuesday"),
        ("Returns are accepted until 17:00.", "17:00"),
    ] {
        let grounding = ground(reply, &[passage(RETURNS)]);
        assert_eq!(stops(&grounding), [stray], "{reply}");
        assert!(grounding.sentences.iter().all(|s| s.score <= 0.2), "{reply}");
    }
}

#[test]
fn what_the_customer_wrote_may_be_repeated_and_supports_nothing() {
    let said = Source { kind: SourceKind::Said, label: "", text: "My order NF-10482 came on 3 March." };
    let grounding = ground("Your order NF-10482 came on 3 March with a broken zip inside.", &[said]);
    assert_eq!(stops(&grounding), Vec::<&str>::new());
    assert_eq!(grounding.unsupported().count(), 1);
}

#[test]
fn a_deed_is_carried_by_the_record_of_it_and_by_nothing_else() {
    let record = Source {
        kind: SourceKind::Record,
        label: "shop__cancel_order",
        text: r#"{"number":"NF-10482","status":"cancelled","refund_cents":34900}"#,
    };
    let deed = "I have cancelled your order NF-10482 and 349.00 EUR go back to you.";
    let done = ground(deed, &[record]);
    assert_eq!(done.claims().next().unwrap().kind, SentenceKind::Deed);
    assert_eq!(done.unsupported().count(), 0, "{done:#?}");
    let undone = ground("I have cancelled your order.", &[passage(RETURNS)]);
    assert_eq!(undone.unsupported().count(), 1, "{undone:#?}");
}

#[test]
fn only_claims_without_stray_values_are_in_doubt_and_a_denial_lowers_them() {
    let reply = "Money takes the same route back that it came. I have cancelled your order. Returns take 90 days. \
                 You can return an item within 30 days of delivery if it is unused. Is it unused?";
    let mut grounding = ground(reply, &[passage(RETURNS)]);
    let first = "Money takes the same route back that it came.";
    assert_eq!(grounding.doubtful(reply).collect::<Vec<_>>(), [first]);
    let opinion = |judged| SecondOpinion {
        sentence: first.to_owned(),
        read: Some(Read { judged, quote: "Refunds go to the original payment method".to_owned() }),
        alike: Some(Alike { score: 0.8, quote: String::new() }),
    };
    grounding.hear(reply, &[opinion(Judged::NotFound)]);
    assert!(!grounding.sentences[0].is_supported(), "a reader who does not find it outweighs a likeness");
    grounding.hear(reply, &[opinion(Judged::Supported)]);
    assert!(grounding.sentences[0].is_supported() && grounding.sentences[0].findings.is_empty());
    grounding.hear(reply, &[opinion(Judged::Contradicted)]);
    assert!(grounding.findings().any(|f| f.kind == FindingKind::Contradiction && f.text == first));
    assert!(!grounding.sentences[0].is_supported());

    let mut doubts = Doubts::default();
    (0..40).for_each(|n| doubts.doubt(&format!("Sentence {n}.")));
    doubts.rest_on(&Source { kind: SourceKind::Said, label: "", text: "what the customer wrote" });
    assert!(doubts.sentences.len() <= 12 && doubts.any().is_none(), "what was only said settles nothing");
}

#[test]
fn german_replies_are_checked_by_german_words() {
    let text = "Sie können Artikel innerhalb von 30 Tagen nach der Lieferung zurückgeben. Reduzierte Ware ist ausgeschlossen.";
    let good = ground(
        "Innerhalb von dreißig Tagen nach der Lieferung können Sie die Artikel zurückgeben.",
        &[passage(text)],
    );
    assert_eq!(stops(&good), Vec::<&str>::new());
    assert_eq!(good.unsupported().count(), 0, "{good:#?}");
    let bad = ground("Sie können Artikel innerhalb von 14 Tagen zurückgeben.", &[passage(text)]);
    assert_eq!(stops(&bad), ["14 Tagen"]);
}

#[test]
fn hostile_texts_take_time_in_proportion() {
    // Each would take minutes where the work is the square of the length.
    for unit in [".1", "a. ", "not ", "1-", "€", "A ", "12/03 ", "[1]", "\u{300}", "x@", "+0", "Ab "] {
        let text = unit.repeat(15_000 / unit.len());
        let source = unit.repeat(50_000 / unit.len());
        let grounding = ground(&text, &[passage(&source)]);
        assert!(!grounding.sentences.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn spans_cover_any_text_and_scores_stay_in_their_range(
        text in any::<String>(), source in any::<String>(), label in any::<String>(), kind in 0..3_usize,
    ) {
        let kind = [SourceKind::Passage, SourceKind::Record, SourceKind::Said][kind];
        let grounding = ground(&text, &[Source { kind, label: &label, text: &source }]);
        let mut at = 0;
        for sentence in &grounding.sentences {
            prop_assert_eq!(sentence.span.start, at);
            at = sentence.span.end;
            prop_assert!(text.is_char_boundary(at));
            prop_assert!((0.0..=1.0).contains(&sentence.score));
            for finding in &sentence.findings {
                prop_assert_eq!(finding.span.of(&text), finding.text.as_str());
            }
        }
        prop_assert_eq!(at, text.len());
        prop_assert_eq!(grounding.quotes.len(), 1);
    }

    #[test]
    fn no_second_opinion_ever_clears_a_stray_value(
        number in 31..100_000_u32, judged in 0..4_usize, alike in proptest::option::of(any::<f32>()), shape in 0..4_usize,
    ) {
        let reply = match shape {
            0 => format!("You can return an item within {number} days of delivery."),
            1 => format!("Standard shipping in the EU costs {number} EUR. Sale items cannot be returned."),
            2 => format!("Please ask Klarna about refund {number}."),
            _ => format!("Parcels travel the way they came. Returns end after {number} days"),
        };
        let before = ground(&reply, &[passage(RETURNS)]);
        let judged = [Judged::Supported, Judged::Contradicted, Judged::NotFound].get(judged);
        let opinions: Vec<SecondOpinion> = before
            .sentences
            .iter()
            .map(|sentence| SecondOpinion {
                sentence: sentence.span.of(&reply).trim().to_owned(),
                read: judged.map(|judged| Read { judged: *judged, quote: RETURNS.to_owned() }),
                alike: alike.map(|score| Alike { score, quote: RETURNS.to_owned() }),
            })
            .collect();
        let mut after = before.clone();
        after.hear(&reply, &opinions);
        prop_assert_eq!(stops(&after), stops(&before));
        prop_assert!(!stops(&after).is_empty());
        for (was, is) in before.sentences.iter().zip(&after.sentences) {
            prop_assert!((0.0..=1.0).contains(&is.score), "{is:?}");
            if was.findings.iter().any(|finding| finding.kind.stops()) {
                prop_assert!(is.score <= was.score, "{is:?}");
            }
            for finding in &is.findings {
                prop_assert_eq!(finding.span.of(&reply), finding.text.as_str());
            }
        }
    }

    #[test]
    fn a_mutated_number_in_a_supported_sentence_always_stops_it(
        number in 2..100_000_u32, other in 2..100_000_u32, unit in 0..6_usize, shape in 0..4_usize,
    ) {
        prop_assume!(number != other && number != other * 100 && other != number * 100);
        let unit = ["days", "EUR", "%", "points", "kg", "months"][unit];
        let write = |n: u32| match shape {
            0 => format!("The allowance is {n} {unit} for every member of the club."),
            1 => format!("For every member of the club the allowance is {n} {unit}"),
            2 => format!("Allowance for every member of the club: {n} {unit}."),
            _ => format!("- {n} {unit}: the allowance for every member of the club"),
        };
        let source = write(number);
        let kept = ground(&write(number), &[passage(&source)]);
        prop_assert!(kept.stops().next().is_none(), "{kept:?}");
        let changed = ground(&write(other), &[passage(&source)]);
        prop_assert!(changed.stops().next().is_some(), "{changed:?}");
    }
}
