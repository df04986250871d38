//! How alike two questions are, by what they are about. Deterministic and without a model.
//!
//! A question becomes its stems without those in which anything is asked. Questions are gathered by
//! comparing each new one with what the earlier ones of a group have in common (leader clustering
//! with a threshold, Hartigan 1975): one pass, in the order they come.

use std::collections::BTreeMap;

use crate::answerability::features::topics;

/// From here on two questions are about one thing.
pub const ALIKE: f32 = 0.5;
/// Words of a group that are kept; the rarest leave first.
const MAX_TERMS: usize = 60;

/// What a question is about.
pub fn terms(question: &str) -> BTreeMap<String, i64> {
    topics(question).into_iter().map(|stem| (stem, 1)).collect()
}

/// Cosine of the angle between the two, 0 to 1.
pub fn likeness(a: &BTreeMap<String, i64>, b: &BTreeMap<String, i64>) -> f32 {
    // What one question in many says is not what the group is about.
    let weigh = |count: i64| (count.max(0) as f32).sqrt();
    let length =
        |terms: &BTreeMap<String, i64>| terms.values().map(|count| weigh(*count).powi(2)).sum::<f32>().sqrt();
    let shared: f32 = a.iter().filter_map(|(term, count)| Some(weigh(*count) * weigh(*b.get(term)?))).sum();
    let lengths = length(a) * length(b);
    if lengths > 0.0 { (shared / lengths).clamp(0.0, 1.0) } else { 0.0 }
}

/// What a group is about after one more question.
pub fn joined(mut group: BTreeMap<String, i64>, question: &BTreeMap<String, i64>) -> BTreeMap<String, i64> {
    for (term, count) in question {
        *group.entry(term.clone()).or_default() += count;
    }
    if group.len() > MAX_TERMS {
        let mut counts: Vec<i64> = group.values().copied().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let least = counts.get(MAX_TERMS - 1).copied().unwrap_or(0);
        let mut ties = MAX_TERMS - counts.iter().filter(|count| **count > least).count();
        group.retain(|_, count| {
            let tied = *count == least && ties > 0;
            ties -= usize::from(tied);
            *count > least || tied
        });
    }
    group
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_about_one_thing_are_alike_and_others_are_not() {
        let like = |a: &str, b: &str| likeness(&terms(a), &terms(b));
        assert!(like("Do you deliver to Canada?", "Can you please deliver a parcel to Canada") >= ALIKE);
        assert!(
            like("Is there parking at the Innsbruck store?", "parking near the store in Innsbruck") >= ALIKE
        );
        assert!(like("Do you deliver to Canada?", "Do you sell tents for cars?") < ALIKE);
        assert_eq!(like("", "anything at all"), 0.0);
    }

    #[test]
    fn a_group_stays_small_however_many_questions_join() {
        let group =
            (0..500).fold(BTreeMap::new(), |group, n| joined(group, &terms(&format!("canada word{n}"))));
        assert_eq!(group.len(), MAX_TERMS);
        assert_eq!(group.get("canada"), Some(&500));
    }
}
