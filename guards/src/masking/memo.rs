//! What was found in texts that were seen before. A run shows its model the same texts at every turn.
//!
//! It knows texts by their SHA-256, which processors compute by themselves, and keeps none. Two generations: when the young one is full it
//! becomes the old one, and what is asked for again comes along.

use std::{collections::HashMap, sync::Arc};

use sha2::{Digest as _, Sha256};

use crate::pii::Finding;

type Key = [u8; 32];

/// What a generation holds: texts and findings together. Some 4 MB.
const MOST: usize = 32_768;

#[derive(Default)]
pub(super) struct Memo {
    young: HashMap<Key, Arc<[Finding]>>,
    old: HashMap<Key, Arc<[Finding]>>,
    /// Of the young one.
    weight: usize,
}

impl Memo {
    pub fn key(text: &str) -> Key {
        Sha256::digest(text.as_bytes()).into()
    }

    /// Of a text in one of several roles.
    pub fn key_of(role: &str, text: &str) -> Key {
        Sha256::new().chain_update(role).chain_update([0]).chain_update(text).finalize().into()
    }

    pub fn get(&mut self, key: &Key) -> Option<Arc<[Finding]>> {
        if let Some(findings) = self.young.get(key) {
            return Some(findings.clone());
        }
        let findings = self.old.remove(key)?;
        self.insert(*key, findings.clone());
        Some(findings)
    }

    pub fn insert(&mut self, key: Key, findings: Arc<[Finding]>) {
        let weight = 1 + findings.len();
        if weight > MOST {
            return;
        }
        if self.weight + weight > MOST {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        if self.young.insert(key, findings).is_none() {
            self.weight += weight;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_bounded_and_keeps_what_is_asked_for() {
        let mut memo = Memo::default();
        let key = |number: usize| std::array::from_fn(|place| (number >> (8 * place.min(7))) as u8);
        let kept = Memo::key("kept");
        memo.insert(kept, Arc::from([]));
        for number in 0..4 * MOST {
            memo.insert(key(number), Arc::from([]));
            if number % (MOST / 2) == 0 {
                assert!(memo.get(&kept).is_some());
            }
            assert!(memo.young.len() <= MOST && memo.old.len() <= MOST);
        }
        assert!(memo.get(&key(0)).is_none());
    }
}
