//! What a question leaves open, and the question back that closes it.

use std::collections::BTreeSet;

use domain::{
    answerability::{AskedFor, Lack, Underspecified},
    grounding::FindingKind,
    knowledge::Passage,
};

use super::features::Looked;
use crate::groundedness::values_of;

/// Alternatives that a question back names.
const MAX_ALTERNATIVES: usize = 4;
/// How near to the best a passage must score to be as good a guess.
const AS_GOOD: f32 = 0.85;
/// How near their coverage must be: they hold the same words of the question.
const AS_COVERED: f32 = 0.05;

pub(super) fn lack(looked: &Looked, question: &str, passages: &[Passage]) -> Option<Underspecified> {
    if looked.about.is_empty() {
        return question.chars().any(char::is_alphabetic).then(|| without_object(passages));
    }
    between(looked, passages)
}

fn without_object(passages: &[Passage]) -> Underspecified {
    let alternatives = titles(passages.iter());
    let question = match &alternatives[..] {
        [_, _, ..] => format!("What is it about? For example: {}.", listed(&alternatives)),
        _ => "What is it about? Please name the product, the order or the page.".to_owned(),
    };
    Underspecified { lacks: Lack::Object, alternatives, question }
}

/// Whether the best passages speak of different things and answer differently, while the question
/// names none of them.
fn between(looked: &Looked, passages: &[Passage]) -> Option<Underspecified> {
    let wanted: &[FindingKind] = match looked.asked_for {
        AskedFor::Amount => &[FindingKind::Amount],
        AskedFor::Duration => &[FindingKind::Duration],
        AskedFor::Moment => &[FindingKind::Time, FindingKind::Date],
        AskedFor::Place | AskedFor::Way | AskedFor::Fact => return None,
    };
    let first = looked.seen.first()?;
    let about: BTreeSet<&String> = looked.about.iter().map(|(stem, _)| stem).collect();
    let mut rivals: Vec<(usize, BTreeSet<String>)> = Vec::new();
    for (at, (seen, passage)) in looked.seen.iter().zip(passages).enumerate() {
        let near =
            seen.score >= AS_GOOD * first.score && (seen.coverage - first.coverage).abs() <= AS_COVERED;
        let values = values_of(&passage.text, wanted);
        if !near || values.is_empty() {
            continue;
        }
        let differs = rivals.iter().all(|(other, known)| {
            let told_apart = looked.seen[*other].label != seen.label;
            told_apart && known.is_disjoint(&values)
        });
        // What the question names is chosen.
        let own: BTreeSet<&String> = seen.label.iter().collect();
        let named = own.iter().any(|stem| {
            about.contains(*stem)
                && looked.seen.iter().filter(|other| other.label.contains(*stem)).count() == 1
        });
        if named {
            return None;
        }
        if differs {
            rivals.push((at, values));
        }
    }
    if rivals.len() < 2 {
        return None;
    }
    let alternatives = titles(rivals.iter().filter_map(|(at, _)| passages.get(*at)));
    if alternatives.len() < 2 {
        return None;
    }
    let question = format!("Which of these is it about: {}?", listed(&alternatives));
    Some(Underspecified { lacks: Lack::Choice, alternatives, question })
}

/// What tells passages apart: their titles, or their sections where the title is one.
fn titles<'p>(passages: impl Iterator<Item = &'p Passage> + Clone) -> Vec<String> {
    let distinct = |name: &dyn Fn(&'p Passage) -> &'p str| {
        let mut names: Vec<String> = Vec::new();
        for passage in passages.clone() {
            let name = name(passage).trim();
            if !name.is_empty() && !names.iter().any(|known| known == name) && names.len() < MAX_ALTERNATIVES
            {
                names.push(name.to_owned());
            }
        }
        names
    };
    let titles = distinct(&|passage| passage.title.as_str());
    if titles.len() > 1 {
        return titles;
    }
    distinct(&|passage| passage.heading_path.last().map_or(passage.title.as_str(), String::as_str))
}

fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("“{one}”"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|name| format!("“{name}”")).collect();
            format!("{} or “{last}”", first.join(", "))
        }
    }
}
