//! Undoes placeholders in text that is still coming.

use std::sync::Arc;

use memchr::memchr;

use super::{
    Vault,
    placeholder::{self, Reading},
};

/// Fed a model's text piece by piece. All it gave out together is what [`Vault::restore`] makes of
/// the whole. It holds back only what may be the beginning of a placeholder, less than 90 bytes.
#[derive(Debug)]
pub struct StreamRestorer {
    vault: Arc<Vault>,
    held: String,
    unknown: Vec<String>,
}

impl StreamRestorer {
    pub fn new(vault: Arc<Vault>) -> Self {
        Self { vault, held: String::new(), unknown: Vec::new() }
    }

    /// What may be sent now.
    pub fn push(&mut self, delta: &str) -> String {
        self.held.push_str(delta);
        self.take(false)
    }

    /// The rest, when no more comes.
    pub fn finish(&mut self) -> String {
        self.take(true)
    }

    /// As in [`super::Restored`], of what was given out so far.
    pub fn unknown(&self) -> &[String] {
        &self.unknown
    }

    fn take(&mut self, all: bool) -> String {
        let bytes = self.held.as_bytes();
        let mut into = String::new();
        let mut at = 0;
        let mut from = 0;
        while let Some(start) = memchr(b'<', &bytes[from..]).map(|place| from + place) {
            match placeholder::read(&bytes[start..]) {
                Reading::Whole(length) => {
                    into.push_str(&self.held[at..start]);
                    let written = &self.held[start..start + length];
                    into.push_str(self.vault.value_or_note(written, &mut self.unknown));
                    at = start + length;
                    from = at;
                }
                Reading::Open if !all => {
                    into.push_str(&self.held[at..start]);
                    self.held.drain(..start);
                    return into;
                }
                Reading::Open | Reading::Other => from = start + 1,
            }
        }
        into.push_str(&self.held[at..]);
        self.held.clear();
        into
    }
}
