//! What a workspace says of its own: treatments over the house's, and recognisers.
//!
//! Untrusted like any document: everything has a limit, every name must be known, and what is wrong is said
//! with the name that was probably meant.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{
    Border, BorderRules, Rules, Treatment,
    rules::{kinds, nearest},
};
use crate::pii::{Custom, Matcher, RAISED, Recognisers};

const RECOGNISERS: &str = "recognisers";
/// The score of a recogniser that says none: more than the line, less than a check digit.
const SCORE: f32 = 0.8;
const FIELDS: [&str; 6] = ["name", "kind", "pattern", "words", "near", "score"];

/// Something that keeps it from being used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Where: `log.kinds`, `recognisers.badge`; empty for the whole.
    pub at: String,
    pub why: String,
}

/// Read once; laid over any house's rules.
#[derive(Clone, Default)]
pub struct Own {
    borders: BTreeMap<Border, Said>,
    recognisers: Recognisers,
    /// Name, kind and the most a match can score, of each recogniser.
    listed: Vec<(String, String, f32)>,
}

/// What is said of one border.
#[derive(Clone, Default)]
pub struct Said {
    pub default: Option<Treatment>,
    pub kinds: BTreeMap<String, Treatment>,
}

impl Own {
    /// From a table: borders by their names, each with `default` and `kinds`, and `recognisers`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong.
    pub fn read(value: &Value) -> Result<Self, Vec<Wrong>> {
        let mut reading = Reading::default();
        let own = reading.own(value);
        if reading.wrong.is_empty() { Ok(own) } else { Err(reading.wrong) }
    }

    pub fn is_empty(&self) -> bool {
        self.borders.is_empty() && self.recognisers.is_empty()
    }

    /// Border by border, what it says.
    pub fn said(&self) -> impl Iterator<Item = (Border, &Said)> {
        self.borders.iter().map(|(border, said)| (*border, said))
    }

    /// Name and kind of each recogniser, and the most that a match of it can score.
    pub fn listed(&self) -> impl Iterator<Item = (&str, &str, f32)> {
        self.listed.iter().map(|(name, kind, score)| (name.as_str(), kind.as_str(), *score))
    }

    pub fn recognisers(&self) -> &Recognisers {
        &self.recognisers
    }

    /// Border by border and kind by kind: what it does not say is the house's. A `default` of its own is for
    /// the kinds that it does not name and the house does not either.
    pub fn over(&self, house: &Rules) -> Rules {
        let mut rules = house.clone();
        for (border, said) in &self.borders {
            let BorderRules { default, kinds } = rules.at_mut(*border);
            *default = said.default.unwrap_or(*default);
            kinds.extend(said.kinds.iter().map(|(kind, treatment)| (kind.clone(), *treatment)));
        }
        rules
    }
}

#[derive(Default)]
struct Reading {
    wrong: Vec<Wrong>,
}

impl Reading {
    fn say(&mut self, at: &str, why: impl Into<String>) {
        let at = at.chars().take(200).collect();
        self.wrong.push(Wrong { at, why: why.into() });
    }

    fn table<'v>(&mut self, at: &str, value: &'v Value) -> Option<&'v Map<String, Value>> {
        let table = value.as_object();
        if table.is_none() {
            self.say(at, format!("it is {} and must be a table", sort(value)));
        }
        table
    }

    fn own(&mut self, value: &Value) -> Own {
        let mut own = Own::default();
        if value.is_null() {
            return own;
        }
        let Some(table) = self.table("", value) else { return own };
        // Recognisers first: borders may name what they find.
        if let Some(list) = table.get(RECOGNISERS) {
            let customs = self.recognisers(list);
            own.listed = customs
                .iter()
                .map(|one| {
                    let near = if one.near.is_empty() { 0.0 } else { RAISED };
                    (one.name.clone(), one.kind.clone(), one.score + near)
                })
                .collect();
            match Recognisers::compile(&customs) {
                Ok(recognisers) => own.recognisers = recognisers,
                Err(error) => self.say(RECOGNISERS, described(&error)),
            }
        }
        let known: Vec<String> = kinds(own.recognisers.kinds()).into_iter().map(str::to_owned).collect();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let names: Vec<&str> = Border::ALL.iter().map(|border| border.name()).chain([RECOGNISERS]).collect();
        for (name, value) in table.iter().filter(|(name, _)| *name != RECOGNISERS) {
            match Border::ALL.into_iter().find(|border| border.name() == name) {
                Some(border) => {
                    let said = self.border(name, value, &known);
                    own.borders.insert(border, said);
                }
                None => {
                    let hint = nearest(name, &names);
                    self.say("", format!("there is no border called `{}`; {hint}", short(name)));
                }
            }
        }
        own
    }

    fn border(&mut self, name: &str, value: &Value, known: &[&str]) -> Said {
        let mut said = Said::default();
        let Some(table) = self.table(name, value) else { return said };
        for (field, value) in table {
            match field.as_str() {
                "default" => said.default = self.treatment(&format!("{name}.default"), value),
                "kinds" => {
                    let at = format!("{name}.kinds");
                    let Some(table) = self.table(&at, value) else { continue };
                    for (kind, value) in table {
                        if !known.contains(&kind.as_str()) {
                            let hint = nearest(kind, known);
                            self.say(
                                &at,
                                format!("there is no kind of data called `{}`; {hint}", short(kind)),
                            );
                        }
                        if let Some(treatment) = self.treatment(&format!("{at}.{}", short(kind)), value) {
                            said.kinds.insert(kind.clone(), treatment);
                        }
                    }
                }
                other => {
                    let hint = nearest(other, &["default", "kinds"]);
                    self.say(name, format!("it has no `{}`; {hint}", short(other)));
                }
            }
        }
        said
    }

    fn treatment(&mut self, at: &str, value: &Value) -> Option<Treatment> {
        let names = Treatment::ALL.map(Treatment::name);
        let Some(name) = value.as_str() else {
            self.say(at, format!("it is {} and must be one of {}", sort(value), names.join(", ")));
            return None;
        };
        let found = Treatment::ALL.into_iter().find(|treatment| treatment.name() == name);
        if found.is_none() {
            let hint = nearest(name, &names);
            self.say(at, format!("there is no treatment called `{}`; {hint}", short(name)));
        }
        found
    }

    fn recognisers(&mut self, value: &Value) -> Vec<Custom> {
        let Some(list) = value.as_array() else {
            self.say(RECOGNISERS, "write each as a table of its own: [[masking.recognisers]]");
            return Vec::new();
        };
        list.iter().enumerate().filter_map(|(place, value)| self.recogniser(place, value)).collect()
    }

    fn recogniser(&mut self, place: usize, value: &Value) -> Option<Custom> {
        let numbered = format!("{RECOGNISERS} (number {})", place + 1);
        let table = self.table(&numbered, value)?;
        let name = table.get("name").and_then(Value::as_str).unwrap_or_default();
        let at = if name.is_empty() { numbered } else { format!("{RECOGNISERS}.{}", short(name)) };
        for field in table.keys().filter(|field| !FIELDS.contains(&field.as_str())) {
            self.say(&at, format!("it has no `{}`; {}", short(field), nearest(field, &FIELDS)));
        }
        let text = |field: &str| match table.get(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => Err(format!("`{field}` is {} and must be a text", sort(other))),
        };
        let list = |field: &str| match table.get(field) {
            None => Ok(None),
            Some(value) => value
                .as_array()
                .and_then(|words| words.iter().map(|word| word.as_str().map(str::to_owned)).collect())
                .map(Some)
                .ok_or_else(|| format!("`{field}` must be a list of texts")),
        };
        let score = match table.get("score").map(Value::as_f64) {
            None => Ok(SCORE),
            Some(Some(score)) => Ok(score as f32),
            Some(None) => Err("`score` must be a number from 0 to 1".to_owned()),
        };
        let kind = text("kind").map(|kind| kind.unwrap_or_else(|| name.to_owned()));
        let matcher = match (text("pattern"), list("words")) {
            (Ok(Some(pattern)), Ok(None)) => Ok(Matcher::Pattern(pattern)),
            (Ok(None), Ok(Some(words))) => Ok(Matcher::Words(words)),
            (Ok(_), Ok(_)) => Err("give either `pattern` or `words`".to_owned()),
            (Err(why), _) | (_, Err(why)) => Err(why),
        };
        let near = list("near").map(Option::unwrap_or_default);
        match (text("name"), kind, matcher, near, score) {
            (Ok(_), Ok(kind), Ok(matcher), Ok(near), Ok(score)) => {
                Some(Custom { name: name.to_owned(), kind, matcher, score, near })
            }
            (name, kind, matcher, near, score) => {
                let whys =
                    [name.err(), kind.err(), matcher.err(), near.err(), score.err()].into_iter().flatten();
                whys.for_each(|why| self.say(&at, why));
                None
            }
        }
    }
}

/// With what the pattern's own error says.
fn described(error: &crate::Error) -> String {
    match error {
        crate::Error::Pattern { source, .. } => format!("{error}: {source}"),
        other => other.to_string(),
    }
}

fn short(name: &str) -> String {
    name.chars().take(64).collect()
}

fn sort(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a table",
    }
}
