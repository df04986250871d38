//! What the placeholders of one run stand for.
//!
//! Placeholders are numbered by kind in the order in which values are first seen, so a journal that
//! grew gives its beginning the same ones. One value has one number however it is spelt; another
//! spelling of it has the number with a suffix, because undoing must give back exactly what was
//! there. Text that only resembles a placeholder gets one of its own, so that nobody reaches a value
//! by writing its placeholder.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Error,
    json::{self, Spare},
    placeholder,
    spots::{Spot, spots},
};
use crate::pii::{self, Detector, Finding, Kind};

/// Values of one vault, at most.
pub const MAX_ENTRIES: usize = 65_536;
/// The kind of text that resembles a placeholder and is none.
const LITERAL: &str = "literal";

/// A placeholder and its value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub placeholder: Arc<str>,
    /// The kind's name.
    pub kind: Arc<str>,
    pub value: Arc<str>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Entry").field("placeholder", &self.placeholder).finish_non_exhaustive()
    }
}

/// What was undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored<T> {
    pub value: T,
    /// What resembles a placeholder and is none of the vault's, each once, in order. It stayed as it
    /// was. A tool call that has one should be refused: a model made it up.
    pub unknown: Vec<String>,
}

/// The placeholders of one run. Serialised as its entries, in plain text.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<Entry>", into = "Vec<Entry>")]
pub struct Vault {
    entries: Vec<Entry>,
    by_placeholder: BTreeMap<Arc<str>, usize>,
    kinds: BTreeMap<Arc<str>, Values>,
}

/// The values of one kind.
#[derive(Clone, Default, PartialEq, Eq)]
struct Values {
    by_value: BTreeMap<Arc<str>, usize>,
    /// The number of each value in its normal form, and how many spellings it has.
    numbers: BTreeMap<String, (u32, u32)>,
    last: u32,
}

impl fmt::Debug for Vault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.debug_struct("Vault").field("entries", &self.entries.len()).finish_non_exhaustive()
    }
}

impl Vault {
    pub fn new() -> Self {
        Self::default()
    }

    /// In the order in which they were first seen.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The text with a placeholder for each finding. [`Vault::restore`] gives the text back exactly.
    ///
    /// # Errors
    ///
    /// When the vault is full.
    pub fn protect(
        &mut self,
        text: &str,
        findings: &[Finding],
        detector: &Detector,
    ) -> Result<String, Error> {
        self.write(text, &spots(text, findings), |vault, spot, value| {
            vault.placeholder(detector.name_of(spot.kind), value)
        })
    }

    /// The text with each spot replaced, and a placeholder for what resembles one between them.
    pub(super) fn write(
        &mut self,
        text: &str,
        spots: &[Spot],
        mut with: impl FnMut(&mut Self, &Spot, &str) -> Result<String, Error>,
    ) -> Result<String, Error> {
        let mut into = String::with_capacity(text.len() + 16);
        let mut at = 0;
        for spot in spots {
            self.literal(&text[at..spot.span.start], &mut into)?;
            into.push_str(&with(self, spot, &text[spot.span.clone()])?);
            at = spot.span.end;
        }
        self.literal(&text[at..], &mut into)?;
        Ok(into)
    }

    fn literal(&mut self, text: &str, into: &mut String) -> Result<(), Error> {
        let mut at = 0;
        for span in placeholder::resembling(text) {
            into.push_str(&text[at..span.start]);
            into.push_str(&self.placeholder(LITERAL, &text[span.clone()])?);
            at = span.end;
        }
        into.push_str(&text[at..]);
        Ok(())
    }

    /// The placeholder of a value, a new one when it was never seen.
    pub(super) fn placeholder(&mut self, kind: &str, value: &str) -> Result<String, Error> {
        if let Some(place) = self.kinds.get(kind).and_then(|values| values.by_value.get(value)) {
            return Ok(self.entries[*place].placeholder.to_string());
        }
        if self.entries.len() >= MAX_ENTRIES {
            return Err(Error::Full { most: MAX_ENTRIES });
        }
        let known = self.kinds.get(kind);
        let (number, spelling) = match known.and_then(|values| values.numbers.get(&normal(kind, value))) {
            Some((number, spellings)) => (*number, spellings + 1),
            None => (known.map_or(0, |values| values.last) + 1, 1),
        };
        let written = placeholder::write(kind, number, spelling);
        let entry = Entry { placeholder: written.as_str().into(), kind: kind.into(), value: value.into() };
        self.insert(entry, number, spelling);
        Ok(written)
    }

    fn insert(&mut self, entry: Entry, number: u32, spelling: u32) {
        let place = self.entries.len();
        let values = self.kinds.entry(entry.kind.clone()).or_default();
        values.by_value.insert(entry.value.clone(), place);
        let known = values.numbers.entry(normal(&entry.kind, &entry.value)).or_insert((number, spelling));
        known.1 = known.1.max(spelling);
        values.last = values.last.max(number);
        self.by_placeholder.insert(entry.placeholder.clone(), place);
        self.entries.push(entry);
    }

    /// What a placeholder stands for, when it is written exactly so.
    pub fn value(&self, placeholder: &str) -> Option<&str> {
        self.by_placeholder.get(placeholder).map(|place| &*self.entries[*place].value)
    }

    /// The text with each placeholder undone, once: values are not looked at again.
    pub fn restore(&self, text: &str) -> Restored<String> {
        let mut unknown = Vec::new();
        let value = self.undo(text, &mut unknown);
        Restored { value, unknown }
    }

    /// All strings of a value with each placeholder undone, names of members too. A name that another
    /// member has already stays as it was and counts as unknown.
    pub fn restore_json(&self, value: &serde_json::Value) -> Restored<serde_json::Value> {
        let mut unknown = Vec::new();
        let mut clashes = Vec::new();
        let Ok(value) = json::map(
            value,
            &mut |_, text| Ok::<_, std::convert::Infallible>(self.undo(text, &mut unknown)),
            &mut Spare::Old(&mut clashes),
        );
        for name in clashes {
            note(&mut unknown, &name);
        }
        Restored { value, unknown }
    }

    fn undo(&self, text: &str, unknown: &mut Vec<String>) -> String {
        let mut into = String::with_capacity(text.len());
        let mut at = 0;
        for span in placeholder::resembling(text) {
            into.push_str(&text[at..span.start]);
            let written = &text[span.clone()];
            into.push_str(self.value_or_note(written, unknown));
            at = span.end;
        }
        into.push_str(&text[at..]);
        into
    }

    pub(super) fn value_or_note<'t>(&'t self, written: &'t str, unknown: &mut Vec<String>) -> &'t str {
        self.value(written).unwrap_or_else(|| {
            note(unknown, written);
            written
        })
    }
}

/// How many unknown placeholders are told apart.
const MAX_UNKNOWN: usize = 64;

fn note(unknown: &mut Vec<String>, written: &str) {
    if unknown.len() < MAX_UNKNOWN && !unknown.iter().any(|other| other == written) {
        unknown.push(written.to_owned());
    }
}

impl From<Vault> for Vec<Entry> {
    fn from(vault: Vault) -> Self {
        vault.entries
    }
}

impl TryFrom<Vec<Entry>> for Vault {
    type Error = Error;

    fn try_from(entries: Vec<Entry>) -> Result<Self, Error> {
        if entries.len() > MAX_ENTRIES {
            return Err(Error::Full { most: MAX_ENTRIES });
        }
        let mut vault = Self::new();
        for (place, entry) in entries.into_iter().enumerate() {
            let wrong = |reason| Error::Entry { number: place + 1, reason };
            let (number, spelling) = placeholder::number(&entry.placeholder, &entry.kind)
                .ok_or_else(|| wrong("its placeholder is not one of its kind's"))?;
            if vault.by_placeholder.contains_key(&entry.placeholder) {
                return Err(wrong("its placeholder stands for another value too"));
            }
            if vault.kinds.get(&entry.kind).is_some_and(|values| values.by_value.contains_key(&entry.value)) {
                return Err(wrong("its value has another placeholder too"));
            }
            vault.insert(entry, number, spelling);
        }
        Ok(vault)
    }
}

/// The form in which two spellings of one value are the same.
pub(super) fn normal(kind: &str, value: &str) -> String {
    use Kind::{
        AccessToken, ApiKey, CryptoAddress, Custom, Email, Password, Phone, PrivateKey, UrlCredentials,
    };
    let kind = kind.parse::<Kind>().unwrap_or(Custom(0));
    match kind {
        // Every sign of these counts.
        ApiKey | AccessToken | PrivateKey | Password | UrlCredentials | CryptoAddress | Custom(_) => {
            value.to_owned()
        }
        Phone => pii::folded(value).chars().filter(char::is_ascii_digit).collect(),
        Email => pii::folded(value).split_whitespace().collect::<String>().to_lowercase(),
        Kind::PersonName | Kind::PostalAddress => {
            pii::folded(value).split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
        }
        Kind::IpAddress | Kind::MacAddress | Kind::GeoCoordinates | Kind::DateOfBirth => {
            pii::folded(value).split_whitespace().collect::<String>().to_lowercase()
        }
        // Numbers and codes: their letters and digits.
        _ => pii::folded(value)
            .chars()
            .filter(|char| char.is_alphanumeric())
            .flat_map(char::to_uppercase)
            .collect(),
    }
}
