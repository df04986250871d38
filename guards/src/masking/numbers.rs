//! Numbers of a JSON value that are a value by themselves: a card without its spaces, an account.

use serde_json::Value;

use super::Protector;

/// Digits from which on a number may be a value by itself.
pub(super) const LEAST_DIGITS: usize = 9;

impl Protector {
    /// Writes numbers as text in which something is found, so that they are treated like one. `mark` stands before
    /// their digits.
    pub fn numbers_as_text(&self, value: &mut Value, mark: &str) {
        match value {
            Value::Number(number) => {
                let digits = number.to_string();
                if digits.len() >= LEAST_DIGITS && !self.findings(&digits).is_empty() {
                    *value = Value::String(format!("{mark}{digits}"));
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.numbers_as_text(item, mark)),
            Value::Object(members) => {
                members.values_mut().for_each(|item| self.numbers_as_text(item, mark));
            }
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::{
        masking::{Rules, Treatment},
        pii::{Detector, Settings},
    };

    #[test]
    fn a_number_becomes_text_only_where_something_is_found_in_it() {
        let detector = Arc::new(Detector::new(Settings::default()).unwrap());
        let protector = Protector::new(detector, Rules::all(Treatment::Placeholder)).unwrap();
        let said = json!({
            "card": 4242424242424242_u64, "cents": 12_900, "when": [1.5, 20_261_123],
            "deep": { "cards": [4111111111111111_u64] }, "text": "4242424242424242", "none": null,
        });
        let mut plain = said.clone();
        protector.numbers_as_text(&mut plain, "");
        let mut expected = said.clone();
        expected["card"] = json!("4242424242424242");
        expected["deep"]["cards"][0] = json!("4111111111111111");
        assert_eq!(plain, expected);
        let mut marked = said;
        protector.numbers_as_text(&mut marked, "«number»");
        assert_eq!(marked["card"], "«number»4242424242424242");
        assert_eq!(marked["deep"]["cards"][0], "«number»4111111111111111");
        assert_eq!(marked["text"], "4242424242424242");
    }
}
