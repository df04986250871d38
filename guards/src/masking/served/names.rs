//! The names of customers that an answer holds, to be found where no detector would see one: whole and by their parts,
//! in any case of letters.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use serde_json::Value;

use super::{NOBODY, Shape};
use crate::{
    masking::spots::Spot,
    pii::{Detector, Kind, folded},
};

/// Names that are looked for in one answer. Where there are more, any text may hold one.
const MOST_NAMES: usize = 4_096;
/// The shortest name, or part of one, that is looked for.
const LEAST_NAME: usize = 3;

pub(super) enum Names {
    None,
    Some(Known),
    /// They cannot be searched for, so that any text may hold one.
    Anywhere,
}

pub(super) struct Known {
    search: AhoCorasick,
    /// Of each that is looked for, whether in small letters it is an ordinary word.
    ordinary: Vec<bool>,
}

impl Names {
    /// Those that the answer's own shapes tell, and `more`.
    pub(super) fn in_answer(detector: &Detector, value: &Value, more: &[String]) -> Self {
        let mut names: BTreeSet<&str> = more.iter().map(|name| name.trim()).collect();
        collect(value, &mut names);
        names.retain(|name| !name.eq_ignore_ascii_case(NOBODY));
        if names.len() > MOST_NAMES {
            return Self::Anywhere;
        }
        let sought: BTreeSet<String> =
            names.into_iter().flat_map(|name| sought(detector, name)).flat_map(spellings).collect();
        if sought.is_empty() {
            return Self::None;
        }
        let ordinary = sought.iter().map(|one| detector.is_ordinary(one)).collect();
        let search = AhoCorasick::builder().ascii_case_insensitive(true).build(&sought);
        search.map_or(Self::Anywhere, |search| Self::Some(Known { search, ordinary }))
    }

    pub(super) fn spots(&self, text: &str) -> Vec<Spot> {
        match self {
            Self::None => Vec::new(),
            Self::Some(known) => known.spots(text),
            Self::Anywhere => vec![Spot { span: 0..text.len(), kind: Kind::PersonName }],
        }
    }
}

impl Known {
    /// Those within others too: the longer one may end within a word, and the shorter one not.
    fn spots(&self, text: &str) -> Vec<Spot> {
        let inside = |char: Option<char>| char.is_some_and(char::is_alphanumeric);
        self.search
            .find_overlapping_iter(text)
            .filter(|found| {
                !inside(text[..found.start()].chars().next_back())
                    && !inside(text[found.end()..].chars().next())
                    && (!self.ordinary[found.pattern().as_usize()]
                        || text[found.range()].contains(char::is_uppercase))
            })
            .map(|found| Spot { span: found.range(), kind: Kind::PersonName })
            .collect()
    }
}

/// What of a name is looked for: all of it, and its parts. Of a name that is typed in small letters these are all but
/// the words that nobody is called by, and of others those with a capital: `van` and `the` stand in names too.
fn sought<'n>(detector: &Detector, name: &'n str) -> Vec<&'n str> {
    let is_small = !name.contains(char::is_uppercase);
    let is_part = |part: &&str| {
        if is_small { names_somebody(detector, part) } else { part.starts_with(char::is_uppercase) }
    };
    let parts = name.split_whitespace().map(|part| part.trim_matches(|c: char| !c.is_alphanumeric()));
    std::iter::once(name)
        .chain(parts.filter(is_part))
        .filter(|one| one.chars().count() >= LEAST_NAME)
        .collect()
}

fn names_somebody(detector: &Detector, part: &str) -> bool {
    !detector.is_ordinary(part) || detector.may_name_somebody(&[folded(part).to_lowercase()])
}

/// A name as it is, in small letters, in capitals and with a capital for each word. To the search, letters of ASCII are
/// the same in any case.
fn spellings(name: &str) -> Vec<String> {
    if name.is_ascii() {
        return vec![name.to_ascii_lowercase()];
    }
    let all = [name.to_owned(), name.to_lowercase(), name.to_uppercase(), with_capitals(name)];
    all.iter().map(|one| one.to_ascii_lowercase()).collect()
}

fn with_capitals(name: &str) -> String {
    let mut within = false;
    let mut written = String::with_capacity(name.len());
    for char in name.chars() {
        if within {
            written.extend(char.to_lowercase());
        } else {
            written.extend(char.to_uppercase());
        }
        within = char.is_alphanumeric();
    }
    written
}

fn collect<'v>(value: &'v Value, names: &mut BTreeSet<&'v str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        Value::Object(members) => {
            if let (Shape::Customer, Some(Value::String(name))) = (Shape::of(members), members.get("name")) {
                names.insert(name.trim());
            }
            members.values().for_each(|value| collect(value, names));
        }
        _ => {}
    }
}
