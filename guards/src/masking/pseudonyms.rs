//! Placeholders that nothing undoes: a value has the same one wherever it is met, in every text, file and
//! process with the same key, and nobody without the key finds out by trying values.

use sha3::{Digest as _, Sha3_256};

use super::{placeholder, vault::normal};

/// How many different ones there are of a kind. Among a thousand values, two share one about once in two
/// thousand logs.
const MOST: u64 = 1_000_000_000;

/// Writes them, by one key.
#[derive(Clone)]
pub struct Pseudonyms {
    key: [u8; 32],
}

impl Pseudonyms {
    pub fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// `<EMAIL_48213077>`; spellings of one value share it.
    pub(super) fn of(&self, kind: &str, value: &str) -> String {
        // SHA-3 is safe with the key in front; lengths keep the parts apart.
        let mut hash = Sha3_256::new_with_prefix(self.key);
        hash.update((kind.len() as u64).to_be_bytes());
        hash.update(kind);
        hash.update(normal(kind, value));
        let digest: [u8; 32] = hash.finalize().into();
        let number = digest.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte)) % MOST;
        // Zero is no number of a placeholder.
        placeholder::write(kind, u32::try_from(number).unwrap_or(u32::MAX).max(1), 1)
    }
}
