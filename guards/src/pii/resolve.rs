//! Of candidates that overlap, one is kept: the one with the stronger validator, then the higher
//! score, then the longer one.

use std::collections::BTreeMap;

use super::view::Candidate;

/// Disjoint and in the order of the text.
pub(crate) fn resolve(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by(|a, b| {
        b.validator
            .cmp(&a.validator)
            .then(b.score.total_cmp(&a.score))
            .then(b.span.len().cmp(&a.span.len()))
            .then(a.span.start.cmp(&b.span.start))
            .then(a.kind.cmp(&b.kind))
    });
    let mut kept: BTreeMap<usize, Candidate> = BTreeMap::new();
    for candidate in candidates {
        let before = kept.range(..candidate.span.end).next_back();
        if before.is_none_or(|(_, other)| other.span.end <= candidate.span.start) {
            kept.insert(candidate.span.start, candidate);
        }
    }
    kept.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pii::{Kind, Validator};

    fn candidate(span: std::ops::Range<usize>, score: f32, validator: Validator) -> Candidate {
        Candidate { kind: Kind::Phone, span, score, validator, word: None }
    }

    #[test]
    fn validator_then_score_then_length_decide() {
        use Validator::{Checksum, Context, Structure};
        let spans = |candidates| {
            resolve(candidates).into_iter().map(|kept| (kept.span.start, kept.span.end)).collect::<Vec<_>>()
        };
        assert_eq!(spans(vec![candidate(0..9, 0.9, Context), candidate(5..8, 0.6, Checksum)]), [(5, 8)]);
        assert_eq!(spans(vec![candidate(0..9, 0.7, Structure), candidate(5..12, 0.8, Structure)]), [(5, 12)]);
        assert_eq!(spans(vec![candidate(0..9, 0.8, Structure), candidate(5..8, 0.8, Structure)]), [(0, 9)]);
        assert_eq!(
            spans(vec![candidate(9..12, 0.6, Context), candidate(0..9, 0.6, Context)]),
            [(0, 9), (9, 12)]
        );
    }
}
