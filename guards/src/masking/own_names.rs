//! What a workspace itself is called. It stands where a person's name would, under every message that the desk
//! writes and in the articles, and is the name of nobody.
//!
//! Only what is called so exactly is let out, and only a name that cannot be a person's as well: `Mr Northfold` is
//! somebody, and so is whoever has more names beside it. Names of customers are not let out. A customer may be a
//! household, and whom a workspace serves is for those to see who may see personal data.

use crate::pii::{Detector, Finding, Kind, folded};

/// Names that are looked at, and words of one.
const MOST: usize = 8;
const MOST_WORDS: usize = 8;
/// Bytes before and after a finding that are read.
const AROUND: usize = 128;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnNames {
    /// Each as its words, folded and in small letters.
    names: Vec<Vec<String>>,
    /// Tells them from others.
    print: String,
}

impl OwnNames {
    /// Those of the names that nobody can be called by.
    pub fn new<'n>(detector: &Detector, names: impl IntoIterator<Item = &'n str>) -> Self {
        let mut own: Vec<Vec<String>> = Vec::new();
        for name in names.into_iter().take(MOST) {
            let words = words(name);
            let is_short = (1..=MOST_WORDS).contains(&words.len());
            if is_short && !detector.may_name_somebody(&words) && !own.contains(&words) {
                own.push(words);
            }
        }
        own.sort();
        let print = own.iter().map(|words| words.join(" ")).collect::<Vec<_>>().join("\n");
        Self { names: own, print }
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn print(&self) -> &str {
        &self.print
    }

    /// Whether what was taken for a person's name is one of these, or stands within one.
    pub(super) fn hold(&self, detector: &Detector, text: &str, finding: &Finding) -> bool {
        if self.is_empty() || finding.kind != Kind::PersonName {
            return false;
        }
        let span = finding.span.clone();
        let (Some(before), Some(found), Some(after)) =
            (text.get(..span.start), text.get(span.clone()), text.get(span.end..))
        else {
            return false;
        };
        let found = words(found);
        let titled = || {
            let words = finding.context.iter().filter_map(|context| text.get(context.span.clone()));
            words.filter(|word| detector.is_title(word)).count() > 0
        };
        if found.is_empty() || found.len() > MOST_WORDS || titled() {
            return false;
        }
        let before = words(last_of(&before[before.ceil_char_boundary(span.start.saturating_sub(AROUND))..]));
        let after = words(first_of(&after[..after.floor_char_boundary(AROUND)]));
        self.names.iter().any(|name| {
            name.windows(found.len()).enumerate().any(|(at, part)| {
                part == found && before.ends_with(&name[..at]) && after.starts_with(&name[at + found.len()..])
            })
        })
    }
}

fn words(text: &str) -> Vec<String> {
    folded(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// What stands between the words of one name.
fn joins(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, ' ' | '\u{a0}' | '-' | '\'' | '’' | '&')
}

// A split has a first part, if an empty one.
fn last_of(text: &str) -> &str {
    text.rsplit(|c| !joins(c)).next().unwrap_or_default()
}

fn first_of(text: &str) -> &str {
    text.split(|c| !joins(c)).next().unwrap_or_default()
}
