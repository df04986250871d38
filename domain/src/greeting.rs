//! The greeting that a message begins with, in the languages that customers and the desk write.

/// Words that a greeting begins with, and those of which the first must stand behind them.
const GREETINGS: &[(&str, &[&str])] = &[
    ("hi", &[]),
    ("hello", &[]),
    ("hey", &[]),
    ("dear", &[]),
    ("greetings", &[]),
    ("good", &["morning", "afternoon", "evening", "day"]),
    ("hallo", &[]),
    ("liebe", &[]),
    ("lieber", &[]),
    ("moin", &[]),
    ("guten", &["tag", "morgen", "abend"]),
    ("sehr", &["geehrte", "geehrter", "geehrtes"]),
    ("bonjour", &[]),
    ("bonsoir", &[]),
    ("hola", &[]),
    ("ciao", &[]),
];
/// Other words of a greeting that are written small.
const ADDRESSED: &[&str] =
    &["there", "all", "everyone", "everybody", "team", "again", "and", "und", "et", "y", "de", "van", "von"];
/// What may stand behind a greeting and is nobody's name.
const NO_NAMES: &[&str] =
    &["yes", "no", "sure", "ok", "okay", "sorry", "unfortunately", "ja", "nein", "oui", "non", "sí"];
/// Words that a greeting has at most.
const MOST_WORDS: usize = 7;

/// What comes after a greeting that a comma, an exclamation mark, a colon or the end of the line ends: nothing, when
/// the text is a greeting and no more. None when it does not begin with one.
pub fn after_greeting(text: &str) -> Option<&str> {
    let mut rest = text.trim_start();
    let mut second: &[&str] = &[];
    for number in 0..MOST_WORDS {
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let next = after.trim_start();
        let bare = word.trim_end_matches([',', '!', ':', '–', '—']);
        // Within a greeting a full stop belongs to a title.
        let bare = if next.is_empty() { bare.trim_end_matches(['.', '!', ',']) } else { bare };
        let small = bare.to_lowercase();
        let fits = match number {
            0 => GREETINGS.iter().find(|(first, _)| *first == small).map(|(_, then)| second = then).is_some(),
            1 if !second.is_empty() => second.contains(&small.as_str()),
            _ => is_name(bare, &small),
        };
        if !fits {
            return None;
        }
        let gap = &after[..after.len() - next.len()];
        let whole = number > 0 || second.is_empty();
        if whole && (bare.len() < word.len() || gap.contains('\n') || next.is_empty()) {
            return Some(next);
        }
        rest = next;
    }
    None
}

fn is_name(word: &str, small: &str) -> bool {
    let capital = word.chars().next().is_some_and(char::is_uppercase);
    ADDRESSED.contains(&small) || word.is_empty() || capital && !NO_NAMES.contains(&small)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_greeting_ends_where_it_says_so() {
        for (text, after) in [
            ("Hello Anna,\n\nyou can return it.", Some("you can return it.")),
            ("Dear Mr. Halloran,\nit is here.", Some("it is here.")),
            ("Good morning! Is it here?", Some("Is it here?")),
            ("Hi there", Some("")),
            ("Hello.", Some("")),
            ("Dear Northfold team,", Some("")),
            ("Guten Tag", Some("")),
            ("Good", None),
            ("Good news, it is here.", None),
            ("Hi Yes, you can.", None),
            ("Hi do you sell kites?", None),
            ("", None),
        ] {
            assert_eq!(after_greeting(text), after, "{text}");
        }
    }
}
