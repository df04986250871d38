//! Whether what was found can answer, and what a question leaves open.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use domain::{
    ChunkId, DocumentId,
    answerability::{Answers, AskedFor, Lack},
    knowledge::{Layer, Passage, Scores},
    ticket::Visibility,
};
use proptest::prelude::*;
use rag::answerability::{Trained, features::NAMES, trained};
use uuid::Uuid;

fn passage(n: u128, title: &str, text: &str, score: f32, coverage: f32) -> Passage {
    Passage {
        chunk_id: ChunkId(Uuid::from_u128(n)),
        document_id: DocumentId(Uuid::from_u128(1_000 + n)),
        document_version: 1,
        slug: title.to_lowercase(),
        title: title.to_owned(),
        visibility: Visibility::Public,
        heading_path: vec![title.to_owned()],
        text: text.to_owned(),
        score,
        coverage,
        layer: Layer::Company,
        start: None,
        scores: Scores::default(),
        highlights: Vec::new(),
    }
}

fn returns() -> Passage {
    passage(1, "Returns", "You can return a tent within 30 days of delivery if it is unused.", 6.0, 1.0)
}

#[test]
fn what_holds_the_question_is_likelier_to_answer_than_what_does_not() {
    let asked = "How long can I return a tent?";
    let there = Trained.assess(asked, "", &[returns()]);
    let other = passage(2, "Newsletter", "We send it twice a month.", 1.0, 0.1);
    let absent = Trained.assess(asked, "", &[other]);
    assert!(there.probability > absent.probability + 0.2, "{there:?} {absent:?}");
    assert_eq!(there.asked_for, AskedFor::Duration);
    assert_eq!(absent.missing, ["return", "tent"]);
    assert!(absent.reasons.iter().any(|reason| reason == "nothing about “return”, “tent”"), "{absent:?}");
    assert_eq!(Trained.assess(asked, "", &[]).probability, 0.0);
}

#[test]
fn passages_that_hold_no_word_of_the_question_are_no_answer_however_well_they_score() {
    let asked = "Do you accept crypto currency?";
    let judged = Trained.assess(asked, "", &[returns()]);
    assert!(judged.probability <= 0.1, "{judged:?}");
    // What was said before the question counts for it too.
    let judged = Trained.assess("And does anybody accept those?", "I want to return my tent", &[returns()]);
    assert!(judged.probability > 0.1, "{judged:?}");
}

#[test]
fn a_question_without_an_object_is_asked_back_with_what_it_could_be_about() {
    let open = Trained.assess("It doesn't work", "", &[returns()]).underspecified.unwrap();
    assert_eq!(open.lacks, Lack::Object);
    assert!(open.question.ends_with('.'), "{open:?}");
    assert_eq!(Trained.assess("???", "", &[]).underspecified, None);
}

#[test]
fn a_question_that_fits_several_things_names_them() {
    let passages = [
        passage(1, "Standard plan", "The monthly fee of the plan is 10 EUR.", 5.0, 0.8),
        passage(2, "Team plan", "The monthly fee of the plan is 40 EUR.", 4.8, 0.8),
    ];
    let open = Trained.assess("How much is the monthly fee?", "", &passages).underspecified.unwrap();
    assert_eq!(open.lacks, Lack::Choice);
    assert_eq!(open.alternatives, ["Standard plan", "Team plan"]);
    assert_eq!(open.question, "Which of these is it about: “Standard plan” or “Team plan”?");
    let named = Trained.assess("How much is the monthly fee of the Team plan?", "", &passages);
    assert_eq!(named.underspecified, None);
}

#[test]
fn the_trained_model_fits_the_features_and_says_how_it_does_on_what_it_has_not_seen() {
    let model = trained();
    assert_eq!(model.features, NAMES);
    let unseen = model.report["each_source_left_out_of_training"].as_object().unwrap();
    assert!(unseen.len() >= 5, "{unseen:?}");
    for (source, measured) in unseen {
        assert!(measured["auc"].as_f64().unwrap() > 0.5, "{source}: {measured}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_is_judged_within_the_range(
        question in any::<String>(), context in any::<String>(), text in any::<String>(),
        score in any::<f32>(), coverage in any::<f32>(),
    ) {
        let judged = Trained.assess(&question, &context, &[passage(1, &context, &text, score, coverage), returns()]);
        prop_assert!(judged.probability.is_nan() || (0.0..=1.0).contains(&judged.probability));
    }
}
