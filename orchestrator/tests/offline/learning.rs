//! How well the ranking and the confidence do, and how their weights were learned.

use domain::knowledge::Passage;
use orchestrator::models::offline::{
    answer::{Reading, search_words},
    rank::{Features, RANKING, Signals},
};

use crate::stage::search;

/// A question, what an acceptable answer holds (nothing when there is none), and what is found.
struct Case {
    question: &'static str,
    wanted: Option<Vec<&'static str>>,
    passages: Vec<Passage>,
}

impl Case {
    fn accepts(&self, answer: &str) -> bool {
        self.wanted.as_ref().is_some_and(|wanted| wanted.iter().any(|words| answer.contains(words)))
    }
}

fn cases(text: &'static str) -> Vec<Case> {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" => "))
        .map(|(question, wanted)| {
            let mut passages = search(question);
            for passage in search(&search_words(question)) {
                if passages.iter().all(|known| known.chunk_id != passage.chunk_id) {
                    passages.push(passage);
                }
            }
            let wanted = (wanted != "-").then(|| wanted.split('|').collect());
            Case { question, wanted, passages }
        })
        .collect()
}

const LEARNED: &str = include_str!("questions/learned.txt");
const HELD_OUT: &str = include_str!("questions/held_out.txt");

/// Confident enough that the reply would go out by itself.
const AUTO: f32 = 0.7;

#[derive(Debug, Default)]
struct Tally {
    right: usize,
    wrong: usize,
    /// Wrong, or an answer to what the articles do not hold, with a confidence that lets it out.
    let_out: usize,
    abstained: usize,
}

fn tally(cases: &[Case]) -> Tally {
    let mut tally = Tally::default();
    for case in cases {
        match Reading::of(&case.passages).answer(case.question, "") {
            Ok(found) => {
                let text: Vec<&str> =
                    found.pieces.iter().flat_map(|p| &p.lines).map(|(_, text)| text.as_str()).collect();
                if case.accepts(&text.join(" / ")) {
                    tally.right += 1;
                } else {
                    tally.wrong += 1;
                    tally.let_out += usize::from(found.confidence >= AUTO);
                }
            }
            Err(_) => tally.abstained += 1,
        }
    }
    tally
}

#[test]
fn questions_it_has_not_learned_from_are_mostly_answered_and_seldom_wrongly() {
    let cases = cases(HELD_OUT);
    let answerable = cases.iter().filter(|case| case.wanted.is_some()).count();
    let tally = tally(&cases);
    assert!(tally.right * 100 >= answerable * 55, "{tally:?} of {answerable}");
    assert!(tally.let_out * 100 <= cases.len() * 12, "{tally:?} of {}", cases.len());
}

#[test]
fn nothing_is_let_out_on_what_the_articles_do_not_hold() {
    let mut cases = cases(LEARNED);
    cases.extend(self::cases(HELD_OUT));
    cases.retain(|case| case.wanted.is_none());
    let tally = tally(&cases);
    assert!(cases.len() >= 30 && tally.let_out <= 1, "{tally:?} of {}", cases.len());
    assert!(tally.abstained * 100 >= cases.len() * 85, "{tally:?} of {}", cases.len());
}

/// Prints the weights for rank.rs: `cargo test --test offline weights -- --ignored --nocapture`.
///
/// The ranking is a softmax over the pieces that could lead an answer, pulled to a prior; the
/// confidence a logistic regression in which an answer to what is not there weighs three times.
#[test]
#[ignore = "prints new weights"]
fn weights_are_learned_from_the_questions() {
    const PRIOR: Features = [
        6.0, 1.5, 0.7, 0.7, 0.7, 0.7, 0.6, 2.1, 0.3, 0.3, 2.1, -1.2, -0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0,
        1.0, 0.5, 0.5, 0.5, 0.5,
    ];
    let cases = cases(LEARNED);
    let examples: Vec<Vec<(Features, bool)>> = cases
        .iter()
        .map(|case| {
            Reading::of(&case.passages)
                .examples(case.question)
                .into_iter()
                .map(|(f, text)| (f, case.accepts(&text)))
                .collect()
        })
        .filter(|choices: &Vec<(Features, bool)>| {
            choices.len() > 1 && choices.iter().any(|(_, right)| *right)
        })
        .collect();
    let mut ranking = PRIOR;
    for _ in 0..4_000 {
        let mut slope = [0.0; RANKING.len()];
        for choices in &examples {
            let scores: Vec<f32> = choices.iter().map(|(f, _)| dot(f, &ranking)).collect();
            let top = scores.iter().copied().fold(f32::MIN, f32::max);
            let powers: Vec<f32> = scores.iter().map(|score| (score - top).exp()).collect();
            let all: f32 = powers.iter().sum();
            let right: f32 =
                powers.iter().zip(choices).filter(|(_, choice)| choice.1).map(|(power, _)| power).sum();
            for (power, (features, is_right)) in powers.iter().zip(choices) {
                let pull = if *is_right { power / right } else { 0.0 } - power / all;
                slope.iter_mut().zip(features).for_each(|(slope, feature)| *slope += pull * feature);
            }
        }
        for (at, weight) in ranking.iter_mut().enumerate() {
            *weight += 0.5 * (slope[at] / examples.len() as f32 - 0.005 * (*weight - PRIOR[at]));
        }
    }
    let judged: Vec<(Signals, f32, f32)> = cases
        .iter()
        .filter_map(|case| {
            let (signals, text) = Reading::of(&case.passages).example(case.question, &ranking)?;
            Some((
                signals,
                f32::from(u8::from(case.accepts(&text))),
                if case.wanted.is_none() { 3.0 } else { 1.0 },
            ))
        })
        .collect();
    let total: f32 = judged.iter().map(|(_, _, counts)| counts).sum();
    let mut confidence: Signals = Default::default();
    for _ in 0..20_000 {
        let mut slope: Signals = Default::default();
        for (signals, right, counts) in &judged {
            let error = right - 1.0 / (1.0 + (-dot(signals, &confidence)).exp());
            slope.iter_mut().zip(signals).for_each(|(slope, signal)| *slope += counts * error * signal);
        }
        for (at, weight) in confidence.iter_mut().enumerate() {
            *weight += 0.5 * (slope[at] / total - if at == 0 { 0.0 } else { 0.005 * *weight });
        }
    }
    println!("RANKING = {ranking:.2?}\nCONFIDENCE = {confidence:.2?}");
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
