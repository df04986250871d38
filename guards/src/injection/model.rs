//! The linear model over sentences: a weight for each hash and each sign, kept as one byte each.
//!
//! `make train-injection` writes `model.bin` and, for people, `report.md`.

use std::sync::LazyLock;

use super::passages::{BUCKETS, Passage, SIGNS};

/// What is added to the square root's argument, so that few words do not say more than many.
const CALM: f32 = 24.0;
/// Bytes before the weights: the bias, and what a step of a byte is worth, for hashes and for signs.
pub const HEADER: usize = 4 * 3;
/// Sentences after each other that are judged together, at most.
pub const TOGETHER: usize = 3;

/// A logistic model. Its line, where 0.5 is, is the one that its training chose.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    pub bias: f32,
    pub hashes: Vec<f32>,
    pub signs: Vec<f32>,
}

/// What sentences add up to. The sum of several is that of their sentences.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sums {
    pub hashes: f32,
    pub count: f32,
    pub signs: u128,
}

impl Sums {
    pub fn with(self, other: Self) -> Self {
        Self {
            hashes: self.hashes + other.hashes,
            count: self.count + other.count,
            signs: self.signs | other.signs,
        }
    }

    /// What one hash counts for.
    pub fn scale(self) -> f32 {
        1.0 / (self.count + CALM).sqrt()
    }
}

impl Default for Model {
    fn default() -> Self {
        Self { bias: 0.0, hashes: vec![0.0; BUCKETS], signs: vec![0.0; SIGNS] }
    }
}

impl Model {
    /// From its file; none when it is of another form.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (header, rest) = bytes.split_at_checked(HEADER)?;
        let number = |at: usize| Some(f32::from_le_bytes(header.get(at..at + 4)?.try_into().ok()?));
        let (bias, step, sign_step) = (number(0)?, number(4)?, number(8)?);
        let weights = |bytes: &[u8], step: f32| -> Vec<f32> {
            bytes.iter().map(|byte| f32::from(byte.cast_signed()) * step).collect()
        };
        if rest.len() != BUCKETS + SIGNS {
            return None;
        }
        let (hashes, signs) = rest.split_at(BUCKETS);
        Some(Self { bias, hashes: weights(hashes, step), signs: weights(signs, sign_step) })
    }

    /// As its file, with each weight rounded to a byte.
    pub fn write(&self) -> Vec<u8> {
        let step = |weights: &[f32]| weights.iter().fold(1e-6_f32, |most, w| most.max(w.abs())) / 127.0;
        let (hash_step, sign_step) = (step(&self.hashes), step(&self.signs));
        let mut bytes: Vec<u8> =
            [self.bias, hash_step, sign_step].iter().flat_map(|n| n.to_le_bytes()).collect();
        bytes.extend(self.hashes.iter().map(|w| ((w / hash_step).round() as i8).cast_unsigned()));
        bytes.extend(self.signs.iter().map(|w| ((w / sign_step).round() as i8).cast_unsigned()));
        bytes
    }

    pub fn sums(&self, passage: &Passage) -> Sums {
        Sums {
            hashes: passage.hashes.iter().map(|at| self.hashes[*at as usize]).sum(),
            count: passage.hashes.len() as f32,
            signs: passage.signs,
        }
    }

    /// The logit of what sentences add up to.
    pub fn logit(&self, sums: Sums) -> f32 {
        let mut logit = self.bias + sums.hashes * sums.scale();
        let mut signs = sums.signs;
        while signs != 0 {
            logit += self.signs[signs.trailing_zeros() as usize];
            signs &= signs - 1;
        }
        logit
    }

    /// How likely they are an injection, 0 to 1.
    pub fn probability(&self, sums: Sums) -> f32 {
        1.0 / (1.0 + (-self.logit(sums)).exp())
    }
}

static TRAINED: LazyLock<Option<Model>> = LazyLock::new(|| Model::read(include_bytes!("model.bin")));

/// The trained model; none when it was trained for other code.
pub fn trained() -> Option<&'static Model> {
    TRAINED.as_ref()
}
