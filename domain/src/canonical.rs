//! Digests over values whose meaning, not whose spelling, counts.
//!
//! A digest is SHA-256 over JSON with sorted keys. They are sorted here: whether `serde_json` keeps
//! them sorted depends on its `preserve_order` feature, which any dependency can switch on.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Lower-case hexadecimal SHA-256.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Digest(pub String);

impl Digest {
    /// The digest of the canonical JSON of `value`. A value that cannot be JSON (a map with
    /// non-text keys) is digested by its error text, so that it never equals a real one.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        let sorted = serde_json::to_value(value).and_then(|mut value| {
            value.sort_all_objects();
            serde_json::to_vec(&value)
        });
        match sorted {
            Ok(bytes) => Self::of_bytes(&bytes),
            Err(error) => Self::of_bytes(format!("unserialisable: {error}").as_bytes()),
        }
    }

    /// The digest of the JSON of `value` as it is written: for types whose fields always come in the
    /// same order. Cheaper than [`Digest::of`], which sorts first.
    pub fn of_written<T: Serialize + ?Sized>(value: &T) -> Self {
        struct Hash(Sha256);
        impl std::io::Write for Hash {
            fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
                self.0.update(bytes);
                Ok(bytes.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let mut hash = std::io::BufWriter::with_capacity(4096, Hash(Sha256::new()));
        let written = serde_json::to_writer(&mut hash, value);
        match (written, hash.into_inner()) {
            (Ok(()), Ok(hash)) => Self(hex::encode(hash.0.finalize())),
            (Err(error), _) => Self::of_bytes(format!("unserialisable: {error}").as_bytes()),
            (_, Err(error)) => Self::of_bytes(format!("unserialisable: {error}").as_bytes()),
        }
    }

    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }

    /// The first twelve digits, for people.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.short())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn key_order_does_not_change_a_digest() {
        let a: serde_json::Value = serde_json::from_str(r#"{"b":1,"a":{"d":2,"c":3}}"#).unwrap();
        assert_eq!(Digest::of(&a), Digest::of(&json!({"a":{"c":3,"d":2},"b":1})));
        assert_eq!(Digest::of(&a), Digest::of_bytes(br#"{"a":{"c":3,"d":2},"b":1}"#));
    }
}
