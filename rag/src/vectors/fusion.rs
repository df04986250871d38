//! Reciprocal rank fusion (Cormack, Clarke and Buettcher, "Reciprocal Rank Fusion outperforms
//! Condorcet and individual rank learning methods", 2009), done here so that every engine fuses
//! alike and a hit can tell where its place comes from.

use std::collections::BTreeMap;

use domain::ChunkId;

use super::{Candidate, Hit, IndexScope, Ranked, Scores};

/// The paper's constant.
pub const RRF_K: f32 = 60.0;

/// The best of two candidate lists, each best first. A candidate out of scope, whatever the engine
/// thought, is dropped.
pub fn fuse(
    scope: &IndexScope,
    lexical: Option<Vec<Candidate>>,
    dense: Option<Vec<Candidate>>,
    limit: usize,
) -> Vec<Hit> {
    let mut hits: BTreeMap<ChunkId, Hit> = BTreeMap::new();
    let mut take = |list: Vec<Candidate>, place: fn(&mut Scores) -> &mut Option<Ranked>| {
        for (at, candidate) in in_order(list).into_iter().filter(|c| scope.permits(&c.meta)).enumerate() {
            let ranked = Ranked { score: candidate.score, rank: at + 1 };
            let hit = hits.entry(candidate.chunk).or_insert_with(|| Hit {
                chunk: candidate.chunk,
                meta: candidate.meta,
                scores: Scores::default(),
            });
            *place(&mut hit.scores) = Some(ranked);
            hit.scores.fused += 1.0 / (RRF_K + ranked.rank as f32);
        }
    };
    take(lexical.unwrap_or_default(), |scores| &mut scores.lexical);
    take(dense.unwrap_or_default(), |scores| &mut scores.dense);
    let mut hits: Vec<Hit> = hits.into_values().collect();
    // The map gives them by id, and the sort keeps that order among equals.
    hits.sort_by(|a, b| b.scores.fused.total_cmp(&a.scores.fused));
    hits.truncate(limit);
    hits
}

/// Equal scores by id, so that the same search gives the same answer each time.
fn in_order(mut list: Vec<Candidate>) -> Vec<Candidate> {
    list.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.chunk.cmp(&b.chunk)));
    list
}
