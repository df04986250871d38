//! References and texts of procedures: what `$record.total_cents` and `{record.eta|date}` stand for.

use domain::procedure::{CallTemplate, Condition};
use serde_json::{Map, Value};

use super::analysis::sentences;
use crate::asked::capital;

/// What references may point at.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    pub slots: Map<String, Value>,
    pub record: Value,
    pub result: Value,
    pub customer: Value,
    pub reason: String,
}

impl Scope {
    /// The value at `record.address.city`; nothing when it is absent, null or empty.
    pub fn get(&self, path: &str) -> Option<Value> {
        let (root, rest) = path.split_once('.').unwrap_or((path, ""));
        let value = match root {
            "slot" => {
                let (name, rest) = rest.split_once('.').unwrap_or((rest, ""));
                walk(self.slots.get(name)?, rest)?
            }
            "record" => walk(&self.record, rest)?,
            "result" => walk(&self.result, rest)?,
            // It is the contact who writes: what the customer does not have is the contact's.
            "customer" => walk(&self.customer, rest).or_else(|| walk(self.customer.get("contact")?, rest))?,
            "reason" => return (!self.reason.is_empty()).then(|| Value::from(self.reason.clone())),
            _ => return None,
        };
        match value {
            Value::Null => None,
            Value::String(text) if text.trim().is_empty() => None,
            other => Some(other.clone()),
        }
    }

    /// A literal, or what a reference such as `$slot.amount ?? $record.refundable_cents` points at.
    pub fn value(&self, template: &Value) -> Option<Value> {
        match template {
            Value::String(text) if text.trim_start().starts_with('$') => text
                .split("??")
                .filter_map(|reference| reference.trim().strip_prefix('$'))
                .find_map(|path| self.get(path)),
            literal => Some(literal.clone()),
        }
    }

    /// The arguments of a call. Those without a value are left out, so that a schema that needs
    /// them refuses the call.
    pub fn args(&self, template: &CallTemplate) -> Value {
        let args: Map<String, Value> = template
            .args
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), self.value(value)?)))
            .collect();
        Value::Object(args)
    }

    /// Whether the condition holds. What has no value fails, except a slot, which claims nothing.
    pub fn holds(&self, condition: &Condition) -> bool {
        let Some(value) = self.get(&condition.path) else {
            return condition.path.starts_with("slot.");
        };
        let bound =
            |limit: &Option<Value>| limit.as_ref().map(|limit| self.value(limit).and_then(|v| v.as_i64()));
        let number = value.as_i64();
        let at_least = match bound(&condition.at_least) {
            None => true,
            Some(limit) => matches!((number, limit), (Some(number), Some(limit)) if number >= limit),
        };
        let at_most = match bound(&condition.at_most) {
            None => true,
            Some(limit) => matches!((number, limit), (Some(number), Some(limit)) if number <= limit),
        };
        let one_of = condition.one_of.is_empty() || condition.one_of.contains(&value);
        at_least && at_most && one_of
    }

    /// Fills a text in. A sentence with a placeholder that has no value is left out.
    pub fn render(&self, text: &str) -> String {
        let lines: Vec<String> = text
            .lines()
            .map(|line| {
                let filled: Vec<String> =
                    sentences(line).into_iter().filter_map(|s| self.sentence(s)).collect();
                filled.join(" ")
            })
            .collect();
        lines.join("\n").trim().to_owned()
    }

    fn sentence(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (inside, after) = after.split_once('}')?;
            let (path, format) = inside.split_once('|').unwrap_or((inside, ""));
            out.push_str(before);
            let value = self.shown(&self.get(path.trim())?, format.trim())?;
            let value = value.trim();
            // Somebody's own words may be the sentence, and end as one.
            out.push_str(&if out.is_empty() { capital(value) } else { value.to_owned() });
            rest = match after.strip_prefix('.') {
                Some(end)
                    if value.ends_with(['.', '!', '?', '…']) && !end.starts_with(char::is_alphanumeric) =>
                {
                    end
                }
                _ => after,
            };
        }
        out.push_str(rest);
        Some(out)
    }

    fn shown(&self, value: &Value, format: &str) -> Option<String> {
        match format {
            "money" => {
                let cents = value.as_i64()?;
                let currency = self.record.get("currency").and_then(Value::as_str).unwrap_or("EUR");
                Some(format!("{}.{:02} {currency}", cents / 100, (cents % 100).abs()))
            }
            "date" => date(value.as_str()?),
            _ => match value {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                Value::Bool(flag) => Some(flag.to_string()),
                _ => None,
            },
        }
    }
}

fn walk<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').filter(|part| !part.is_empty()).try_fold(value, |value, part| match value {
        Value::Array(items) => items.get(part.parse::<usize>().ok()?),
        other => other.get(part),
    })
}

/// `24 November 2026` of a date or an RFC 3339 time.
fn date(text: &str) -> Option<String> {
    let day: jiff::civil::Date = text.get(..10)?.parse().ok()?;
    Some(day.strftime("%-d %B %Y").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn scope() -> Scope {
        Scope {
            slots: json!({ "order_number": "NF-1", "address": { "city": "Graz" } })
                .as_object()
                .cloned()
                .unwrap_or_default(),
            record: json!({ "total_cents": 34900, "eta": null, "placed_at": "2026-11-20T10:00:00Z", "items": [{ "name": "Fell 2" }] }),
            customer: json!({ "name": "Lind family", "contact": { "name": "Mara", "email": "mara@post.example" } }),
            ..Scope::default()
        }
    }

    #[test]
    fn references_keep_their_type_and_fall_back() {
        let scope = scope();
        assert_eq!(scope.value(&json!("$slot.amount ?? $record.total_cents")), Some(json!(34900)));
        assert_eq!(scope.value(&json!("$customer.email")), Some(json!("mara@post.example")));
        assert_eq!(scope.value(&json!("$slot.address.city")), Some(json!("Graz")));
        assert_eq!(scope.value(&json!("$record.items.0.name")), Some(json!("Fell 2")));
        assert_eq!(scope.value(&json!("plain")), Some(json!("plain")));
        assert_eq!(scope.value(&json!("$record.nothing")), None);
    }

    #[test]
    fn a_sentence_without_its_value_is_left_out() {
        assert_eq!(
            scope().render("Order {slot.order_number} of {record.placed_at|date} cost {record.total_cents|money}. It comes on {record.eta|date}. Bye."),
            "Order NF-1 of 20 November 2026 cost 349.00 EUR. Bye."
        );
    }

    #[test]
    fn a_value_that_is_a_sentence_begins_and_ends_as_one() {
        for (reason, told) in [
            ("the tent was used outdoors", "Declined. The tent was used outdoors. Bye."),
            ("It was used.", "Declined. It was used. Bye."),
            ("it was used!", "Declined. It was used! Bye."),
            ("Who knows...", "Declined. Who knows... Bye."),
            ("", "Declined. Bye."),
        ] {
            let scope = Scope { reason: reason.to_owned(), ..scope() };
            assert_eq!(scope.render("Declined. {reason}. Bye."), told);
        }
    }

    #[test]
    fn an_absent_record_field_fails_and_an_absent_slot_passes() {
        let condition = |path: &str| Condition {
            path: path.to_owned(),
            at_least: Some(json!(1)),
            ..Condition::default()
        };
        assert!(!scope().holds(&condition("record.nothing")));
        assert!(scope().holds(&condition("slot.nothing")));
        assert!(scope().holds(&condition("record.total_cents")));
    }
}
