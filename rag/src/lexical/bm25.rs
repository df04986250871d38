//! BM25 (Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009)
//! cut in two: what a passage brings is in its vector, what the query and the corpus bring is in
//! the query's.
//!
//! `score = Σ qtf · idf · tf·(k1+1) / (tf + k1·(1 − b + b·length/average))`, with Lucene's
//! `idf = ln(1 + (N − n + 0.5) / (n + 0.5))`, which is also Qdrant's.

use serde::{Deserialize, Serialize};

use super::{Statistics, Terms};

/// A vector of which only the components above zero are written: ids ascending, no id twice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SparseVector {
    pub indices: Vec<u32>,
    pub values: Vec<f32>,
}

impl SparseVector {
    pub fn is_empty(&self) -> bool {
        self.indices.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (u32, f32)> {
        self.indices.iter().copied().zip(self.values.iter().copied())
    }

    /// The sum of the products of components both hold.
    pub fn dot(&self, other: &Self) -> f32 {
        let (mut a, mut b, mut sum) = (0, 0, 0.0);
        while let (Some(left), Some(right)) = (self.indices.get(a), other.indices.get(b)) {
            match left.cmp(right) {
                std::cmp::Ordering::Less => a += 1,
                std::cmp::Ordering::Greater => b += 1,
                std::cmp::Ordering::Equal => {
                    sum += self.values[a] * other.values[b];
                    a += 1;
                    b += 1;
                }
            }
        }
        sum
    }
}

impl FromIterator<(u32, f32)> for SparseVector {
    /// Ids must come in ascending order, as [`Terms::iter`] gives them.
    fn from_iter<I: IntoIterator<Item = (u32, f32)>>(components: I) -> Self {
        let (indices, values) = components.into_iter().unzip();
        Self { indices, values }
    }
}

/// The constants of BM25. They are part of every stored vector, so a collection keeps them.
///
/// The average length is the corpus's at the time the collection was built. It is not changed
/// behind the vectors' backs: [`Statistics::average_length`] is the true one, [`Bm25::drift`] tells
/// how far apart they have come, and beyond [`Bm25::MAX_DRIFT`] the collection is due for a rebuild
/// with [`Bm25::measured`]. Chunks are cut to a size, so the average hardly moves once there are
/// some hundreds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bm25 {
    /// How soon more of the same word stops counting.
    pub k1: f32,
    /// How much long passages are held back, 0 to 1.
    pub b: f32,
    /// The length, in weighted terms, at which a passage is neither held back nor favoured.
    pub average_length: f32,
}

impl Default for Bm25 {
    /// k1 = 1.2 and b = 0.75: the middle of what Robertson and Zaragoza found good (section 3.5,
    /// `0.5 < b < 0.8` and `1.2 < k1 < 2`), and Lucene's defaults. The length is that of a chunk of
    /// some 160 to 200 tokens without its function words, until a corpus has been measured.
    fn default() -> Self {
        Self { k1: 1.2, b: 0.75, average_length: 100.0 }
    }
}

impl Bm25 {
    /// Beyond this share of difference a rebuild is due. The harm is small even then: with half or
    /// double the true length the MAP on the CACM collection falls by less than 0.003.
    pub const MAX_DRIFT: f32 = 0.25;

    /// The default constants with the corpus's own average length.
    pub fn measured(statistics: &Statistics) -> Self {
        let default = Self::default();
        Self { average_length: statistics.average_length().unwrap_or(default.average_length), ..default }
    }

    /// The vector of a passage: each term's saturated, length-normalised frequency.
    pub fn passage(&self, terms: &Terms) -> SparseVector {
        let norm = self.k1 * (1.0 - self.b + self.b * terms.length() / self.average_length.max(1.0));
        terms.iter().map(|(id, tf)| (id, tf * (self.k1 + 1.0) / (tf + norm))).collect()
    }

    /// The vector of a query for a collection that knows its terms' rarity itself.
    pub fn query(&self, terms: &Terms) -> SparseVector {
        terms.iter().collect()
    }

    /// The vector of a query with the terms' rarity in these statistics: what a scope holds and
    /// nothing beyond it. Terms that occur nowhere keep their weight, so that scores compare.
    pub fn query_within(&self, terms: &Terms, statistics: &Statistics) -> SparseVector {
        terms.iter().map(|(id, qtf)| (id, qtf * statistics.idf(id))).collect()
    }

    /// By what share the corpus's average length differs from the one the vectors were made with.
    pub fn drift(&self, statistics: &Statistics) -> f32 {
        statistics.average_length().map_or(0.0, |now| (now / self.average_length.max(1.0) - 1.0).abs())
    }
}
