//! What a corpus holds: how many passages, how long, and how many hold each term.

use std::collections::HashMap;

use super::{SparseVector, Terms};

/// Counts over passages. Adding and removing are exact inverses, so they can be kept in step with an
/// index; those of several scopes can be summed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Statistics {
    passages: u64,
    /// In thousandths, so that what was added can be taken away without a rest.
    length: i64,
    holding: HashMap<u32, u32>,
}

impl Statistics {
    pub fn add(&mut self, terms: &Terms) {
        self.add_ids(terms.iter().map(|(id, _)| id), terms.length());
    }

    /// Counts a passage by its stored vector and length.
    pub fn add_vector(&mut self, vector: &SparseVector, length: f32) {
        self.add_ids(vector.indices.iter().copied(), length);
    }

    /// Counts a passage by its terms and length.
    pub fn add_ids(&mut self, ids: impl Iterator<Item = u32>, length: f32) {
        self.passages += 1;
        self.length += thousandths(length);
        for id in ids {
            *self.holding.entry(id).or_default() += 1;
        }
    }

    /// Takes away a passage that was added before.
    pub fn remove(&mut self, terms: &Terms) {
        self.remove_ids(terms.iter().map(|(id, _)| id), terms.length());
    }

    /// Like [`Statistics::remove`], by its terms and length.
    pub fn remove_ids(&mut self, ids: impl Iterator<Item = u32>, length: f32) {
        self.passages = self.passages.saturating_sub(1);
        self.length -= thousandths(length);
        for id in ids {
            if let Some(count) = self.holding.get_mut(&id) {
                *count -= 1;
                if *count == 0 {
                    self.holding.remove(&id);
                }
            }
        }
    }

    /// Adds everything `other` counted.
    pub fn merge(&mut self, other: &Self) {
        self.passages += other.passages;
        self.length += other.length;
        for (id, count) in &other.holding {
            *self.holding.entry(*id).or_default() += count;
        }
    }

    pub fn passages(&self) -> u64 {
        self.passages
    }

    /// The mean length of a passage, in weighted terms; none without passages.
    pub fn average_length(&self) -> Option<f32> {
        (self.passages > 0).then(|| (self.length as f64 / 1000.0 / self.passages as f64) as f32)
    }

    /// How many passages hold the term.
    pub fn holding(&self, id: u32) -> u32 {
        self.holding.get(&id).copied().unwrap_or(0)
    }

    /// A term's rarity, above zero: `ln(1 + (N − n + 0.5) / (n + 0.5))`.
    pub fn idf(&self, id: u32) -> f32 {
        rarity(self.passages, u64::from(self.holding(id)))
    }
}

/// Lucene's idf, of a term that so many of all passages hold; above zero.
pub fn rarity(passages: u64, holding: u64) -> f32 {
    let (all, holding) = (passages as f32, holding as f32);
    (1.0 + (all - holding + 0.5) / (holding + 0.5)).ln()
}

fn thousandths(length: f32) -> i64 {
    (f64::from(length) * 1000.0).round() as i64
}
