//! Takes personal data out of a case for good. Every finding becomes a placeholder, the same one wherever the value
//! stands, so that an order's owner and whoever writes stay the same person; names of the ticket's people go whether
//! anything finds them or not. What the placeholders stood for is kept nowhere.

use std::{collections::BTreeSet, sync::Arc};

use domain::decided_case::{Expected, Scripted};
use guards::masking::{Border, Protector, Rules, Treatment, Vault};
use serde_json::Value;

/// Rules for all kinds are alike, so that the border does not matter.
const BORDER: Border = Border::Export;
/// What stands for a name that nothing found.
const SOMEBODY: &str = "Customer";
/// What a customer is called of whom nothing is known.
const NOBODY: &str = "Visitor";
/// The shortest part of a name that is looked for by itself.
const LEAST_NAME: usize = 3;

pub(super) struct Masks {
    protector: Protector,
    vault: Vault,
    /// With their parts, the longest first.
    names: Vec<String>,
}

impl Masks {
    /// With what the workspace looks for, whatever it lets through where.
    pub(super) fn new(workspace: &Protector, names: BTreeSet<String>) -> Result<Self, String> {
        if workspace.is_closed() {
            return Err(
                "the workspace's policy cannot be used, so that personal data of its own kinds would not be \
                        found: put a policy in effect that can"
                    .to_owned(),
            );
        }
        let protector = Protector::new(Arc::clone(workspace.detector()), Rules::all(Treatment::Placeholder))
            .map_err(|error| error.to_string())?
            .called(Arc::clone(workspace.own_names()));
        let mut parts = BTreeSet::new();
        for name in names.iter().filter(|name| *name != NOBODY) {
            let capital = |part: &&str| part.chars().next().is_some_and(char::is_uppercase);
            let all = name.split_whitespace().filter(capital).chain([name.as_str()]);
            parts.extend(all.filter(|part| part.chars().count() >= LEAST_NAME).map(str::to_owned));
        }
        let mut names: Vec<String> = parts.into_iter().collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        Ok(Self { protector, vault: Vault::new(), names })
    }

    /// Replaces in everything of the case that somebody or something said.
    pub(super) fn mask(&mut self, case: &mut Scripted) -> Result<(), String> {
        self.text(&mut case.why)?;
        if let Some(from) = &mut case.from {
            self.text(&mut from.email)?;
        }
        // An address that nothing takes for one would stand there as it is.
        case.from.take_if(|from| !from.email.ends_with(STAND_IN));
        for read in &mut case.reads {
            self.value(&mut read.args)?;
            self.value(&mut read.answer)?;
        }
        for turn in &mut case.turns {
            for text in [&mut turn.says, &mut turn.rejects, &mut turn.responds].into_iter().flatten() {
                self.text(text)?;
            }
            if let Some(edits) = &mut turn.edits {
                self.value(edits)?;
            }
            self.expected(&mut turn.expects)?;
        }
        Ok(())
    }

    fn expected(&mut self, expected: &mut Expected) -> Result<(), String> {
        for call in expected.proposes.iter_mut().chain(&mut expected.avoids) {
            self.value(&mut call.args)?;
        }
        let like = expected.like.as_mut().map(|like| &mut like.text);
        let unlike = expected.unlike.as_mut().map(|unlike| &mut unlike.text);
        for text in [like, unlike, expected.judge.as_mut()].into_iter().flatten() {
            self.text(text)?;
        }
        Ok(())
    }

    fn text(&mut self, text: &mut String) -> Result<(), String> {
        let masked =
            self.protector.protect(BORDER, text, &mut self.vault).map_err(|error| error.to_string())?;
        *text = stand_ins(&self.without_names(masked));
        Ok(())
    }

    fn value(&mut self, value: &mut Value) -> Result<(), String> {
        self.protector.numbers_as_text(value, "");
        let masked = self.protector.protect_json(BORDER, value, &mut self.vault);
        *value = masked.map_err(|error| error.to_string())?;
        self.strings(value);
        Ok(())
    }

    fn strings(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = stand_ins(&self.without_names(std::mem::take(text))),
            Value::Array(items) => items.iter_mut().for_each(|item| self.strings(item)),
            Value::Object(members) => {
                let all = std::mem::take(members);
                members.extend(all.into_iter().map(|(name, mut item)| {
                    self.strings(&mut item);
                    (stand_ins(&self.without_names(name)), item)
                }));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn without_names(&self, text: String) -> String {
        self.names.iter().fold(text, |text, name| replace_word(&text, name, SOMEBODY))
    }
}

/// Replaces a word where it stands by itself.
fn replace_word(text: &str, word: &str, with: &str) -> String {
    let inside = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for (start, found) in text.match_indices(word) {
        let end = start + found.len();
        if inside(text[..start].chars().next_back()) || inside(text[end..].chars().next()) {
            continue;
        }
        out.push_str(&text[at..start]);
        out.push_str(with);
        at = end;
    }
    out.push_str(&text[at..]);
    out
}

/// A domain that nobody has: <https://www.rfc-editor.org/rfc/rfc2606>.
const STAND_IN: &str = "@mail.example";
const EMAIL: &str = "<EMAIL_";

/// Addresses in the place of the placeholders for them: `person1@mail.example` for `<EMAIL_1>`, however it was spelt.
/// A tool takes nothing else for an address.
fn stand_ins(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(EMAIL) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let inner = &from[EMAIL.len()..];
        let end = inner.find('>').unwrap_or(inner.len());
        let number = inner[..end].split('.').next().unwrap_or_default();
        if end < inner.len() && !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
            out.push_str(&format!("person{number}{STAND_IN}"));
            rest = &inner[end + 1..];
        } else {
            out.push_str(EMAIL);
            rest = inner;
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_stand_in_however_it_was_spelt() {
        assert_eq!(
            stand_ins("a <EMAIL_1>, <EMAIL_1.2> and <EMAIL_12>"),
            "a person1@mail.example, person1@mail.example and person12@mail.example"
        );
        assert_eq!(stand_ins("<EMAIL_x> <EMAIL_"), "<EMAIL_x> <EMAIL_");
    }

    #[test]
    fn a_name_goes_where_it_is_a_word() {
        assert_eq!(
            replace_word("Mira, Miranda and Mira", "Mira", "Customer"),
            "Customer, Miranda and Customer"
        );
    }
}
