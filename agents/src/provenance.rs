//! Where the arguments of a call come from. An argument that the customer wrote or that a record
//! holds can be checked by a person; one that appears nowhere is a guess of the model.

use domain::{
    confidence::{Confidence, Reason},
    grounding::{Grounds, Source, SourceKind, Statement},
    tool::ToolCall,
};
use serde_json::Value;

/// What arguments may come from, gathered once for all calls of a step.
pub(crate) struct Origins<'g> {
    grounds: &'g dyn Grounds,
    /// Lower case, white space folded.
    text: String,
}

impl<'g> Origins<'g> {
    pub(crate) fn new<'t>(
        grounds: &'g dyn Grounds,
        texts: impl Iterator<Item = std::borrow::Cow<'t, str>>,
    ) -> Self {
        let mut text = String::new();
        for piece in texts {
            fold(&piece, &mut text);
            text.push(' ');
        }
        Self { grounds, text }
    }

    /// Scores a call by the share of its arguments that have an origin. Truth values and empty
    /// arguments are not counted: they have no origin to look for.
    pub(crate) fn confidence(&self, call: &ToolCall) -> Confidence {
        let arguments: Vec<bool> = match &call.args {
            Value::Object(members) => members.values().filter_map(|value| self.holds(value)).collect(),
            other => self.holds(other).into_iter().collect(),
        };
        let held = arguments.iter().filter(|held| **held).count();
        let (score, detail) = match arguments.len() {
            0 => (1.0, "there is no argument that could be wrong".to_owned()),
            total => (
                held as f32 / total as f32,
                format!("{held} of {total} arguments come from the customer or a record"),
            ),
        };
        Confidence::by_rule(score, vec![Reason { name: "arguments".to_owned(), score, detail }])
    }

    fn holds(&self, value: &Value) -> Option<bool> {
        match value {
            Value::Null | Value::Bool(_) => None,
            Value::Number(number) => Some(self.holds_number(number)),
            Value::String(text) => {
                let mut wanted = String::new();
                fold(text, &mut wanted);
                (!wanted.is_empty()).then(|| self.holds_text(&wanted))
            }
            Value::Array(items) => all(items.iter().filter_map(|item| self.holds(item))),
            Value::Object(members) => all(members.values().filter_map(|item| self.holds(item))),
        }
    }

    /// The number itself, or the amount in units when it is one in cents.
    fn holds_number(&self, number: &serde_json::Number) -> bool {
        let known = |text: &str| {
            let source = Source { kind: SourceKind::Record, label: "", text: &self.text };
            self.grounds.strays(&Statement { text, sources: &[source] }).is_empty()
        };
        let cents = number.as_i64().map(|n| format!("{}.{:02}", n / 100, (n % 100).abs()));
        known(&format!("n {number}")) || cents.is_some_and(|amount| known(&format!("n {amount}")))
    }

    /// Whole, between word boundaries; a longer text may be put in other words, of which at least
    /// three in five must have been used.
    fn holds_text(&self, wanted: &str) -> bool {
        let bounded = |at: usize| {
            let before = self.text[..at].chars().next_back();
            let after = self.text[at + wanted.len()..].chars().next();
            !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
        };
        if self.text.match_indices(wanted).any(|(at, _)| bounded(at)) {
            return true;
        }
        let words: Vec<&str> =
            wanted.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 3).collect();
        words.len() > 3
            && words.iter().filter(|word| self.text.contains(**word)).count() * 5 >= words.len() * 3
    }
}

fn all(mut held: impl Iterator<Item = bool>) -> Option<bool> {
    let first = held.next()?;
    Some(held.fold(first, |so_far, next| so_far && next))
}

fn fold(text: &str, out: &mut String) {
    for (n, word) in text.split_whitespace().enumerate() {
        if n > 0 {
            out.push(' ');
        }
        out.extend(word.chars().flat_map(char::to_lowercase));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn score(args: Value) -> Confidence {
        let origins = Origins::new(
            &rag::groundedness::Lexical,
            [
                "Please refund order NF-10482, the zip broke after two days",
                r#"{"total_cents":34900,"city":"Graz"}"#,
            ]
            .into_iter()
            .map(Into::into),
        );
        origins.confidence(&ToolCall { id: "c1_0".to_owned(), tool: "t".to_owned(), args })
    }

    #[test]
    fn arguments_from_the_customer_or_a_record_count_and_guesses_do_not() {
        let confidence = score(json!({"number": "nf-10482", "amount_cents": 34900, "iban": "DE00 1234"}));
        assert!((confidence.score - 2.0 / 3.0).abs() < 1e-6, "{confidence:?}");
        assert_eq!(confidence.reasons[0].detail, "2 of 3 arguments come from the customer or a record");
    }

    #[test]
    fn a_part_of_a_word_or_number_is_not_its_origin() {
        assert_eq!(score(json!({"number": "F-1048"})).score, 0.0);
        assert_eq!(score(json!({"amount_cents": 3490})).score, 0.0);
    }

    #[test]
    fn nested_arguments_need_every_part_and_own_words_may_be_rephrased() {
        assert_eq!(score(json!({"address": {"city": "Graz", "street": "Ringstr. 1"}})).score, 0.0);
        assert_eq!(score(json!({"reason": "the zip broke after only two days"})).score, 1.0);
        assert_eq!(score(json!({"flag": true, "note": null})).score, 1.0);
    }
}
