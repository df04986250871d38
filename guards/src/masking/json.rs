//! Every string of a JSON value, in an order that does not depend on the order of its members.

use serde_json::{Map, Value};

/// The longest label that is made of a member's name.
const MAX_LABEL: usize = 64;

/// The name a member gets when its new one is taken.
pub(super) enum Spare<'a> {
    /// Its old one, which is noted.
    Old(&'a mut Vec<String>),
    /// The new one with a number.
    Numbered,
}

/// A value with every string replaced by what `with` makes of it and of the label it stands under.
/// Names of members are strings too, without a label.
pub(super) fn map<E>(
    value: &Value,
    with: &mut impl FnMut(&str, &str) -> Result<String, E>,
    spare: &mut Spare,
) -> Result<Value, E> {
    below("", value, with, spare)
}

/// Shows every string, and the label it stands under.
pub(super) fn each(value: &Value, show: &mut impl FnMut(&str, &str)) {
    each_below("", value, show);
}

fn each_below(label: &str, value: &Value, show: &mut impl FnMut(&str, &str)) {
    match value {
        Value::String(text) => show(label, text),
        Value::Array(items) => items.iter().for_each(|item| each_below(label, item, show)),
        Value::Object(members) => {
            for (name, value) in members {
                show("", name);
                each_below(&words(name), value, show);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn below<E>(
    label: &str,
    value: &Value,
    with: &mut impl FnMut(&str, &str) -> Result<String, E>,
    spare: &mut Spare,
) -> Result<Value, E> {
    Ok(match value {
        Value::String(text) => Value::String(with(label, text)?),
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| below(label, item, with, spare)).collect::<Result<_, E>>()?)
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            sorted.sort_unstable_by_key(|(name, _)| *name);
            let mut changed = Vec::with_capacity(sorted.len());
            for (name, value) in sorted {
                let new = with("", name)?;
                changed.push((name, new, below(&words(name), value, with, spare)?));
            }
            // Members that keep their names have them first.
            changed.sort_by_key(|(name, new, _)| *name != new);
            let mut into = Map::new();
            for (name, new, value) in changed {
                let name = free(&into, name, new, spare);
                into.insert(name, value);
            }
            Value::Object(into)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    })
}

fn free(taken: &Map<String, Value>, old: &str, new: String, spare: &mut Spare) -> String {
    if !taken.contains_key(&new) {
        return new;
    }
    let base = match spare {
        Spare::Old(noted) => {
            noted.push(old.to_owned());
            old.to_owned()
        }
        Spare::Numbered => new,
    };
    let mut name = base.clone();
    let mut number = 1;
    while taken.contains_key(&name) {
        number += 1;
        name = format!("{base} #{number}");
    }
    name
}

/// A member's name as a label that stands before its value: `phoneNumber` and `phone_number` become
/// `phone number`.
pub(super) fn words(name: &str) -> String {
    let mut label = String::with_capacity(name.len() + 4);
    let mut small = false;
    for char in name.chars().take(MAX_LABEL) {
        if small && char.is_uppercase() {
            label.push(' ');
        }
        small = char.is_lowercase() || char.is_numeric();
        if matches!(char, '_' | '-' | '.') {
            label.push(' ');
        } else {
            label.extend(char.to_lowercase());
        }
    }
    label
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_members_become_labels() {
        for (name, label) in [
            ("phoneNumber", "phone number"),
            ("date_of_birth", "date of birth"),
            ("SSN", "ssn"),
            ("line2Text", "line2 text"),
        ] {
            assert_eq!(words(name), label);
        }
    }
}
