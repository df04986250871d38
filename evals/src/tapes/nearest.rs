//! Which tape a request without one is nearest to, and where the two first differ.

use std::collections::BTreeMap;

use serde_json::Value;

/// Characters that are shown before and after a difference.
const AROUND: usize = 40;
/// In which order what a provider is shown is compared: what changes most often first.
const ORDER: [&str; 5] = ["messages", "tools", "output_schema", "max_output_tokens", "model"];

/// The candidate with most lines in common, and the first difference in words; nothing without candidates.
pub(super) fn nearest<'t, T>(
    request: &Value,
    candidates: impl Iterator<Item = (&'t Value, T)>,
) -> Option<(T, String)> {
    let own = lines(request);
    let alike = |other: &Value| {
        let other = lines(other);
        let both: usize = own.iter().map(|(line, n)| other.get(line).map_or(0, |m| (*n).min(*m))).sum();
        let all: usize = own.values().sum::<usize>() + other.values().sum::<usize>();
        if all == 0 { 0.0 } else { 2.0 * both as f64 / all as f64 }
    };
    let scored = candidates.map(|(other, tape)| (alike(other), other, tape));
    let best = scored.reduce(|best, next| if next.0 > best.0 { next } else { best });
    best.map(|(_, other, tape)| (tape, difference(other, request)))
}

/// How often each line of each text is there.
fn lines(value: &Value) -> BTreeMap<String, usize> {
    fn walk(value: &Value, into: &mut BTreeMap<String, usize>) {
        match value {
            Value::String(text) => {
                text.lines().for_each(|line| *into.entry(line.to_owned()).or_default() += 1)
            }
            Value::Array(all) => all.iter().for_each(|one| walk(one, into)),
            Value::Object(members) => {
                for (name, member) in members {
                    *into.entry(name.clone()).or_default() += 1;
                    walk(member, into);
                }
            }
            plain => *into.entry(plain.to_string()).or_default() += 1,
        }
    }
    let mut found = BTreeMap::new();
    walk(value, &mut found);
    found
}

fn difference(tape: &Value, asked: &Value) -> String {
    let mut parts = ORDER.iter().filter_map(|part| first(part, &tape[*part], &asked[*part]));
    parts.next().unwrap_or_else(|| "in nothing that can be shown".to_owned())
}

/// Where two values first differ.
fn first(at: &str, tape: &Value, asked: &Value) -> Option<String> {
    match (tape, asked) {
        (one, other) if one == other => None,
        (Value::String(one), Value::String(other)) => {
            let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
            let (one, other) = (excerpt(one, same), excerpt(other, same));
            Some(format!("at {at}: the tape says {one}, asked was {other}"))
        }
        (Value::Array(one), Value::Array(other)) => {
            let mut pairs = one.iter().zip(other).enumerate();
            let inner = pairs.find_map(|(n, (a, b))| first(&format!("{at}[{n}]"), a, b));
            inner.or_else(|| {
                let what = one.get(other.len()).or_else(|| other.get(one.len())).map(named);
                let what = what.unwrap_or_default();
                Some(format!(
                    "at {at}: the tape has {} of them, asked was with {}{what}",
                    one.len(),
                    other.len()
                ))
            })
        }
        (Value::Object(one), Value::Object(other)) => {
            let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
            // What a message says is more telling than who says it.
            names.sort_by_key(|name| (*name != "role", (*name).clone()));
            names.dedup();
            names.into_iter().find_map(|name| {
                let member =
                    |of: &serde_json::Map<String, Value>| of.get(name).cloned().unwrap_or(Value::Null);
                first(&format!("{at}.{name}"), &member(one), &member(other))
            })
        }
        (one, other) => {
            let short = |value: &Value| excerpt(&value.to_string(), 0);
            Some(format!("at {at}: the tape says {}, asked was {}", short(one), short(other)))
        }
    }
}

fn named(value: &Value) -> String {
    let name = value["name"].as_str().or_else(|| value["role"].as_str());
    name.map(|name| format!("; the first more is {name}")).unwrap_or_default()
}

fn excerpt(text: &str, at: usize) -> String {
    let from = at.saturating_sub(AROUND);
    let shown: String = text.chars().skip(from).take(at - from + AROUND).collect();
    let (before, after) = (from > 0, text.chars().count() > at + AROUND);
    format!("“{}{}{}”", if before { "…" } else { "" }, shown.replace('\n', "⏎"), if after { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_nearest_is_the_one_with_most_in_common_and_its_first_difference_is_told() {
        let request = |system: &str, said: &str| {
            json!({ "messages": [
                { "role": "system", "text": format!("You help.\n{system}\nBe kind.") },
                { "role": "user", "text": said },
            ], "model": "m", "tools": [] })
        };
        let tapes = [request("Within 30 days.", "Hello"), request("Other.", "Else")];
        let asked = request("Within 14 days.", "Hello");
        let (at, text) = nearest(&asked, tapes.iter().zip(0..)).unwrap();
        assert_eq!(at, 0);
        assert_eq!(
            text,
            "at messages[0].text: the tape says “You help.⏎Within 30 days.⏎Be kind.”, asked was \
             “You help.⏎Within 14 days.⏎Be kind.”"
        );
        assert!(nearest(&asked, std::iter::empty::<(&Value, ())>()).is_none());
        let longer = json!({ "messages": [], "tools": [{ "name": "refund" }], "model": "m" });
        let (_, text) =
            nearest(&longer, [(&json!({ "messages": [], "tools": [], "model": "m" }), ())].into_iter())
                .unwrap();
        assert!(text.contains("at tools") && text.contains("refund"), "{text}");
    }
}
