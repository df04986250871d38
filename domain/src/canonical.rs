//! JSON in one spelling, and digests over values whose meaning, not whose spelling, counts.
//!
//! Keys of objects are sorted here: whether `serde_json` keeps them sorted depends on its
//! `preserve_order` feature, which any dependency can switch on. Whatever is prompted, hashed,
//! compared as text, cut or committed is written by [`Sorted`], or by a type whose fields name
//! [`value`] and its kin.

use std::{borrow::Borrow, collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{
    Deserialize, Serialize, Serializer,
    ser::{SerializeMap as _, SerializeSeq as _},
};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

/// JSON with the keys of every object in order, whatever order they are held in. It prints as JSON
/// text without spaces.
#[derive(Clone, Copy, Debug)]
pub struct Sorted<'a, T>(pub &'a T);

impl Serialize for Sorted<'_, Value> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Object(members) => Sorted(members).serialize(serializer),
            Value::Array(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(&Sorted(item))?;
                }
                list.end()
            }
            plain => plain.serialize(serializer),
        }
    }
}

impl Serialize for Sorted<'_, Map<String, Value>> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        if self.0.keys().is_sorted() {
            for (key, value) in self.0 {
                map.serialize_entry(key, &Sorted(value))?;
            }
        } else {
            let mut members: Vec<(&String, &Value)> = self.0.iter().collect();
            members.sort_unstable_by_key(|(key, _)| *key);
            for (key, value) in members {
                map.serialize_entry(key, &Sorted(value))?;
            }
        }
        map.end()
    }
}

impl<T> fmt::Display for Sorted<'_, T>
where
    Self: Serialize,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

/// The value with all its objects in order, for whoever walks through them.
pub fn in_order(value: &Value) -> Value {
    let mut value = value.clone();
    value.sort_all_objects();
    value
}

/// For `#[serde(serialize_with)]` on a field that holds JSON.
pub fn value<V: Borrow<Value>, S: Serializer>(value: &V, serializer: S) -> Result<S::Ok, S::Error> {
    Sorted(value.borrow()).serialize(serializer)
}

/// Like [`value`], for a field that may be empty.
pub fn optional<S: Serializer>(value: &Option<Value>, serializer: S) -> Result<S::Ok, S::Error> {
    value.as_ref().map(Sorted).serialize(serializer)
}

/// Like [`value`], for named values.
pub fn members<S: Serializer>(members: &BTreeMap<String, Value>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(members.iter().map(|(name, value)| (name, Sorted(value))))
}

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
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn key_order_does_not_change_a_digest() {
        let a: serde_json::Value = serde_json::from_str(r#"{"b":1,"a":{"d":2,"c":3}}"#).unwrap();
        assert_eq!(Digest::of(&a), Digest::of(&json!({"a":{"c":3,"d":2},"b":1})));
        assert_eq!(Digest::of(&a), Digest::of_bytes(br#"{"a":{"c":3,"d":2},"b":1}"#));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[a-z\"<\n]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::btree_map("[a-f]{1,3}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// The same with the members of every object put in from the last to the first.
    fn backwards(value: &Value) -> Value {
        match value {
            Value::Object(members) => Value::Object(
                members.iter().rev().map(|(key, value)| (key.clone(), backwards(value))).collect(),
            ),
            Value::Array(items) => items.iter().map(backwards).collect(),
            plain => plain.clone(),
        }
    }

    proptest! {
        #[test]
        fn the_order_in_which_members_came_is_not_seen(value in any_json()) {
            let other = backwards(&value);
            let text = Sorted(&value).to_string();
            prop_assert_eq!(&text, &Sorted(&other).to_string());
            prop_assert_eq!(&text, &in_order(&other).to_string());
            prop_assert_eq!(Digest::of(&value), Digest::of_bytes(text.as_bytes()));
            prop_assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        }
    }
}
