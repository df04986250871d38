//! `{name}` and `{name|money}` in URLs and in texts for people.

use std::fmt;

use domain::canonical::Sorted;
use serde_json::{Map, Value};

#[derive(Clone, PartialEq)]
enum Part {
    Literal(String),
    Slot { name: String, money: bool },
}

#[derive(Clone, PartialEq)]
pub(crate) struct Template {
    source: String,
    parts: Vec<Part>,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.source)
    }
}

impl Template {
    /// The error says what is wrong with the text.
    pub(crate) fn parse(source: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = source;
        while let Some(start) = rest.find('{') {
            if start > 0 {
                parts.push(Part::Literal(rest[..start].to_owned()));
            }
            let after = &rest[start + 1..];
            let end = after.find('}').ok_or_else(|| format!("`{source}` has a `{{` without `}}`"))?;
            let inner = after[..end].trim();
            let (name, filter) = match inner.split_once('|') {
                Some((name, filter)) => (name.trim(), Some(filter.trim())),
                None => (inner, None),
            };
            let money = match filter {
                None => false,
                Some("money") => true,
                Some(other) => {
                    return Err(format!("`{{{inner}}}`: there is no `{other}`; only `money` is known"));
                }
            };
            if name.is_empty() {
                return Err(format!("`{source}` has an empty `{{}}`"));
            }
            parts.push(Part::Slot { name: name.to_owned(), money });
            rest = &after[end + 1..];
        }
        if !rest.is_empty() {
            parts.push(Part::Literal(rest.to_owned()));
        }
        Ok(Self { source: source.to_owned(), parts })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Slot { name, .. } => Some(name.as_str()),
            Part::Literal(_) => None,
        })
    }

    /// For a URL: every value is percent-encoded, so it stays inside its place.
    pub(crate) fn render_url(&self, args: &Map<String, Value>) -> Result<String, String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Slot { name, .. } => {
                    let value = args.get(name).ok_or_else(|| format!("`{name}` is missing"))?;
                    if matches!(value, Value::Null | Value::Array(_) | Value::Object(_)) {
                        return Err(format!("`{name}` belongs in the address and must be text or a number"));
                    }
                    let value = plain(value);
                    if value.is_empty() && !out.contains('?') {
                        return Err(format!("`{name}` is empty, and the address needs it"));
                    }
                    encode(&value, &mut out);
                }
            }
        }
        // These would walk to another path: what was declared must be what is called. Encoded ones
        // cannot occur, because `%` is encoded itself.
        let path = out.split('?').next().unwrap_or_default();
        if path.split('/').any(|segment| segment == "." || segment == "..") {
            return Err("a part of the address would be `.` or `..`".to_owned());
        }
        Ok(out)
    }

    /// For people. What is missing shows as `?`, because a preview must never fail.
    pub(crate) fn render_text(&self, args: &Map<String, Value>, currency: &str) -> String {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => out.push_str(text),
                Part::Slot { name, money: wanted } => match args.get(name) {
                    None | Some(Value::Null) => out.push('?'),
                    Some(value) => match value.as_i64().filter(|_| *wanted) {
                        Some(cents) => out.push_str(&money(cents, currency)),
                        None => out.push_str(&plain(value)),
                    },
                },
            }
        }
        out
    }
}

/// Text as it is, everything else as JSON.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => Sorted(other).to_string(),
    }
}

/// Cents as an amount: `34900` is `349.00 EUR`.
pub(crate) fn money(cents: i64, currency: &str) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    let cents = cents.unsigned_abs();
    format!("{sign}{}.{:02} {currency}", cents / 100, cents % 100)
}

/// RFC 3986: all but the unreserved characters are encoded.
fn encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => {
                out.push('%');
                out.push_str(&hex::encode_upper([byte]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn args(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    #[test]
    fn values_stay_inside_their_place_in_a_url() {
        let template = Template::parse("/orders/{n}/x?q={q}").unwrap();
        let url = template.render_url(&args(json!({ "n": "a/../b ü", "q": 7 }))).unwrap();
        assert_eq!(url, "/orders/a%2F..%2Fb%20%C3%BC/x?q=7");
        assert!(template.render_url(&args(json!({ "n": {}, "q": 7 }))).is_err());
        assert!(template.render_url(&args(json!({ "n": "a" }))).is_err());
        assert!(template.render_url(&args(json!({ "n": "..", "q": 7 }))).is_err());
        assert!(template.render_url(&args(json!({ "n": "", "q": 7 }))).is_err());
        assert!(template.render_url(&args(json!({ "n": "%2e%2e", "q": 7 }))).unwrap().contains("%252e"));
    }

    #[test]
    fn money_reads_as_an_amount() {
        let template = Template::parse("Refund {amount_cents|money} on order {order}").unwrap();
        let text = template.render_text(&args(json!({ "amount_cents": 34900, "order": "NF-1" })), "EUR");
        assert_eq!(text, "Refund 349.00 EUR on order NF-1");
        assert_eq!(money(-5, "SEK"), "-0.05 SEK");
        assert_eq!(template.render_text(&Map::new(), "EUR"), "Refund ? on order ?");
    }

    #[test]
    fn malformed_templates_are_refused() {
        for bad in ["{x", "{}", "{x|shout}"] {
            assert!(Template::parse(bad).is_err(), "{bad}");
        }
    }
}
