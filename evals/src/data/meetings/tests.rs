//! The suite on a meeting that was written for it, so that it is tried where the public data are not.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::Path;

use serde_json::json;

use super::*;
use crate::{
    data,
    suite::{self, Manifest},
};

fn manifest(part: usize) -> Manifest {
    let manifest = json!({
        "name": "meetings", "kind": "meetings", "about": "a", "licence": "b", "source": "c", "cutoff": 0.5,
        "with": { "part": part, "files": { "weekly": "sample.json" } },
    });
    serde_json::from_value(manifest).unwrap()
}

async fn measured(manifest: Manifest) -> anyhow::Result<Measured> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/data/meetings");
    assert_eq!(data::missing(&manifest, &folder).unwrap(), None);
    tokio::task::spawn_blocking(move || data::measure(&manifest, &folder)).await.unwrap()
}

fn meeting() -> Meeting {
    serde_json::from_str(include_str!("sample.json")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_find_the_turns_that_answer_them() {
    let three = measured(manifest(3)).await.unwrap();
    assert_eq!(three.items.len(), meeting().specific_query_list.len());
    let failed: Vec<&Item> = three.items.iter().filter(|item| item.finding.is_some()).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    let measure = |name: &str| three.measures[name];
    assert_eq!(measure("hit_1"), 1.0, "{:?}", three.measures);
    assert!(measure("recall") > 0.7, "{:?}", three.measures);
    assert!(measure("recall") > 2.0 * measure("beginning_recall"), "{:?}", three.measures);
    assert!(measure("rouge_l_recall") > measure("beginning_rouge_l_recall"), "{:?}", three.measures);

    // Less is taken, and less is found.
    let eight = measured(manifest(8)).await.unwrap();
    assert!(eight.measures["recall"] < measure("recall"), "{:?}", eight.measures);
    assert_eq!(eight.measures["hit_1"], measure("hit_1"), "the first is the first, however much is taken");
    // All of it holds every answer.
    let whole = measured(manifest(1)).await.unwrap();
    for name in ["beginning_recall", "beginning_rouge_l_recall"] {
        assert_eq!(whole.measures[name], 1.0, "{:?}", whole.measures);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_comes_of_it_each_time() {
    let (first, second) = (measured(manifest(6)).await.unwrap(), measured(manifest(6)).await.unwrap());
    assert_eq!(first.measures, second.measures);
    let names = |measured: &Measured| measured.items.iter().map(|item| item.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&first), names(&second));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_is_scored_by_turns_and_by_words() {
    let turns = |said: &[(&str, &str)]| -> Vec<Turn> {
        said.iter()
            .map(|(who, said)| Turn { speaker: (*who).to_owned(), content: (*said).to_owned() })
            .collect()
    };
    let turns = turns(&[("A", "one two, three four"), ("B", "…"), ("A", "five  six"), ("B", "Seven Eight")]);
    let transcript = Transcript::of("tiny", &turns).await.unwrap();
    assert_eq!(transcript.body, "A: one two, three four\nB: …\nA: five six\nB: Seven Eight");
    assert_eq!(transcript.lengths, [4, 0, 2, 2]);
    let answer = BTreeSet::from([0, 1, 2]);

    // Half of eight words, from the end: speakers' names do not count, and what is there twice counts once.
    let five = transcript.body.find("five").unwrap();
    let end = transcript.body.len();
    let taken = transcript.take(&[five..end, five..end, 0..five], 1);
    assert!(taken.iter().all(|taken| *taken), "{taken:?}");
    let taken = transcript.take(&[five..end, 0..five], 2);
    assert_eq!(taken, [false, false, false, false, true, true, true, true]);
    let got = transcript.score(&taken, &answer);
    assert_eq!((got.recall, got.precision), (0.5, 0.5), "one of two turns with words, and one besides");
    assert!((got.rouge_l_recall - 2.0 / 6.0).abs() < 1e-9, "{got:?}");

    // Half of a turn is the turn.
    let got = transcript.score(&[false, false, true, true, false, false, false, false], &answer);
    assert_eq!((got.recall, got.precision), (0.5, 1.0), "{got:?}");
    let got = transcript.score(&[true, false, false, false, false, false, false, false], &answer);
    assert_eq!((got.recall, got.precision), (0.0, 0.0), "{got:?}");

    assert!(transcript.holds_any(&(five..end), &answer));
    assert!(!transcript.holds_any(&(transcript.body.find("Seven").unwrap()..end), &answer));
}

#[test]
fn rouge_counts_the_longest_common_subsequence_of_words() {
    // The sentences of the paper that defines it.
    let sentence = |text: &'static str| text.split(' ').collect::<Vec<_>>();
    let wanted = sentence("police killed the gunman");
    assert_eq!(longest_common_subsequence(&wanted, &sentence("police kill the gunman")), 3);
    assert_eq!(longest_common_subsequence(&wanted, &sentence("the gunman kill police")), 2);
    assert_eq!(longest_common_subsequence(&wanted, &[]), 0);
    let words: Vec<(usize, String)> = words(" I'm Laura - ÜBER 25 .").collect();
    let words: Vec<(usize, &str)> = words.iter().map(|(at, word)| (*at, word.as_str())).collect();
    assert_eq!(words, [(1, "i"), (3, "m"), (5, "laura"), (13, "über"), (19, "25")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_meeting_of_another_form_is_refused_with_what_is_wrong() {
    let question = |spans: &[(&str, &str)]| Question {
        query: "Why?".to_owned(),
        relevant_text_span: spans.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
    };
    assert_eq!(question(&[("0", "1"), ("3", "3")]).answered_by(4).unwrap(), BTreeSet::from([0, 1, 3]));
    for (spans, why) in [
        (&[("2", "4")][..], "no turns 2 to 4 of 4"),
        (&[("2", "1")], "no turns 2 to 1"),
        (&[("x", "1")], "`x` is no turn"),
        (&[], "no turn answers"),
    ] {
        let error = question(spans).answered_by(4).unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
    let nobody = [Turn { speaker: "A".to_owned(), content: " ".to_owned() }];
    assert!(Transcript::of("silent", &nobody).await.is_err());
    let error = measured(manifest(0)).await.unwrap_err().to_string();
    assert!(error.contains("`with.part`"), "{error}");
}

#[test]
fn the_suite_takes_the_sixth_that_others_take() {
    let suite = suite::load(&Path::new(crate::SUITES).join("meetings")).unwrap();
    assert_eq!(suite.manifest.with["part"], 6);
}
