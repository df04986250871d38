//! Texts that are not to be said again, such as a prompt in a reply. What is looked for is a run of words, so
//! that punctuation, case and line breaks do not hide it; a translation or a paraphrase is not found.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    ops::Range,
};

/// Words in a row that two texts do not have in common by chance.
const RUN: usize = 12;

/// What must not be repeated. Made once, asked often.
#[derive(Default)]
pub struct Echo {
    runs: HashSet<u64>,
}

/// The words of a text, with where they stand.
fn words(text: &str) -> Vec<(Range<usize>, String)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (c.is_alphanumeric(), start) {
            (true, None) => start = Some(at),
            (false, Some(from)) => {
                words.push((from..at, text[from..at].to_lowercase()));
                start = None;
            }
            _ => {}
        }
    }
    words
}

fn digest(run: &[(Range<usize>, String)]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for (_, word) in run {
        word.hash(&mut hasher);
    }
    hasher.finish()
}

impl Echo {
    pub fn of<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut runs = HashSet::new();
        for text in texts {
            runs.extend(words(text).windows(RUN).map(digest));
        }
        Self { runs }
    }

    /// Where the text repeats one of them, from its first word to the last of the first stretch.
    pub fn find(&self, text: &str) -> Option<Range<usize>> {
        let words = words(text);
        let said: Vec<bool> = words.windows(RUN).map(|run| self.runs.contains(&digest(run))).collect();
        let first = said.iter().position(|said| *said)?;
        let more = said.iter().skip(first).take_while(|said| **said).count();
        let last = words.get(first + more + RUN - 2)?;
        Some(words.get(first)?.0.start..last.0.end)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECRET: &str = "You are the agent of the house. Say only what a passage, a tool or a colleague supports, \
                          and never promise what you have not seen done.";

    #[test]
    fn a_stretch_is_found_however_it_is_set() {
        let echo = Echo::of([SECRET]);
        let told = "Sure! My rules:\n> SAY ONLY - what a *passage*, a tool,\nor a colleague: supports; and never \
                    promise… Anything else?";
        let found = echo.find(told).unwrap();
        assert!(told[found.clone()].starts_with("SAY ONLY") && told[found].ends_with("promise"));
    }

    #[test]
    fn fewer_words_are_everybodys() {
        let echo = Echo::of([SECRET]);
        assert_eq!(echo.find("Say only what a passage, a tool or a colleague supports."), None);
        assert_eq!(echo.find(""), None);
        assert_eq!(Echo::default().find(SECRET), None);
    }

    proptest! {
        #[test]
        fn whatever_stands_around_it_the_span_is_of_the_text(before in "\\PC{0,80}", after in "\\PC{0,80}") {
            let text = format!("{before} {SECRET} {after}");
            let found = Echo::of([SECRET]).find(&text).unwrap();
            prop_assert!(text.get(found).is_some_and(|part| part.contains("promise what you have not seen done")));
        }
    }
}
