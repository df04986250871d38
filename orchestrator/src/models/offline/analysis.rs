//! Words of a text as the offline model compares them: lower case, stemmed, with the phrasings that
//! mean the same in customer support folded into one concept. Also sentences, and weights by rarity.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use rust_stemmers::{Algorithm, Stemmer};

use super::thesaurus;

/// Longest text that is analysed, in characters; what is beyond is not read.
pub const MAX_CHARS: usize = 6_000;

static STEMMER: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

/// One word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Lower case, without apostrophes: `don't` is `do` and `not`.
    pub word: String,
    /// What is compared: the stem, or the name of the concept it belongs to.
    pub concept: String,
    /// Says nothing about the subject: `the`, `please`, `would`.
    pub stop: bool,
    /// Byte offset of the word in the text.
    pub at: usize,
}

/// At most `MAX_CHARS` characters of a text, cut at a character.
pub fn cut(text: &str) -> &str {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// The words of a text, in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let text = cut(text);
    let mut words: Vec<(String, usize)> = Vec::new();
    let mut current = String::new();
    let mut start = 0;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let apostrophe = matches!(c, '\'' | '’' | '‘') && !current.is_empty();
        if c.is_alphanumeric() || apostrophe {
            if current.is_empty() {
                start = at;
            }
            if apostrophe {
                current.push('\'');
            } else {
                current.extend(c.to_lowercase());
            }
        } else if !current.is_empty() {
            expand(std::mem::take(&mut current), start, &mut words);
        }
    }
    let mut tokens: Vec<Token> = words
        .into_iter()
        .map(|(word, at)| {
            let stem = if word.chars().all(|c| c.is_ascii_alphabetic()) {
                STEMMER.stem(&word).into_owned()
            } else {
                word.clone()
            };
            let stop = thesaurus::is_stop(&word);
            let concept = thesaurus::concept(&word, &stem).map_or(stem, str::to_owned);
            Token { word, concept, stop, at }
        })
        .collect();
    thesaurus::fold_phrases(&mut tokens);
    tokens
}

/// Contractions become the words they stand for.
fn expand(word: String, at: usize, words: &mut Vec<(String, usize)>) {
    let word = word.trim_matches('\'').to_owned();
    match word.as_str() {
        "" => {}
        "can't" | "cannot" | "cant" => words.extend([("can".to_owned(), at), ("not".to_owned(), at)]),
        "won't" | "wont" => words.extend([("will".to_owned(), at), ("not".to_owned(), at)]),
        "dont" | "doesnt" | "didnt" | "isnt" | "hasnt" | "havent" | "wasnt" => {
            words.extend([("do".to_owned(), at), ("not".to_owned(), at)]);
        }
        _ => match word.split_once('\'') {
            None => words.push((word, at)),
            Some((stem, "t")) if stem.ends_with('n') => {
                words.push((stem[..stem.len() - 1].to_owned(), at));
                words.push(("not".to_owned(), at));
            }
            Some((stem, rest)) => {
                words.push((stem.to_owned(), at));
                if matches!(rest, "d" | "ll") {
                    words.push(("would".to_owned(), at));
                }
            }
        },
    }
}

/// The distinct informative concepts of a text.
pub fn concepts(text: &str) -> BTreeSet<String> {
    tokens(text).into_iter().filter(|t| !t.stop).map(|t| t.concept).collect()
}

/// The words of a text that are among these words or concepts, as they are spelt there, an address as a whole:
/// people read them, and a name or an address among them is masked and redacted like anywhere else.
pub fn as_spelt<'t>(text: &'t str, wanted: &[String]) -> Vec<&'t str> {
    let mut found: Vec<&str> = Vec::new();
    for token in tokens(text) {
        let space = text[..token.at].char_indices().rfind(|(_, c)| c.is_whitespace());
        let begin = space.map_or(0, |(at, c)| at + c.len_utf8());
        let end = text[token.at..].find(char::is_whitespace).map_or(text.len(), |at| token.at + at);
        let whole = &text[begin..end];
        let rest = &text[token.at..];
        let word = match whole.contains('@') {
            true => whole.trim_matches(|c: char| !c.is_alphanumeric()),
            false => &rest[..rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len())],
        };
        let is_wanted = wanted.iter().any(|each| *each == token.concept || each.to_lowercase() == token.word);
        if is_wanted && !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

/// Splits running text into sentences. A line break ends one as well.
pub fn sentences(text: &str) -> Vec<&str> {
    let text = cut(text);
    let mut out = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let ends = match c {
            '\n' => true,
            '!' | '?' | '…' => chars.peek().is_none_or(|(_, next)| next.is_whitespace()),
            '.' => {
                chars.peek().is_none_or(|(_, next)| next.is_whitespace()) && !abbreviated(&text[start..at])
            }
            _ => false,
        };
        if ends {
            let end = at + c.len_utf8();
            out.push(text[start..end].trim());
            start = end;
        }
    }
    out.push(text[start..].trim());
    out.retain(|sentence| sentence.chars().any(char::is_alphanumeric));
    out
}

/// Whether a dot after this text belongs to an abbreviation or to list numbering.
fn abbreviated(before: &str) -> bool {
    let last = before.rsplit(|c: char| c.is_whitespace() || c == '(').next().unwrap_or("");
    let numbering = before.trim() == last && !last.is_empty() && last.chars().all(|c| c.is_ascii_digit());
    numbering
        || matches!(
            last.to_ascii_lowercase().as_str(),
            "e.g"
                | "i.e"
                | "approx"
                | "no"
                | "nr"
                | "mr"
                | "mrs"
                | "ms"
                | "dr"
                | "st"
                | "vs"
                | "incl"
                | "excl"
                | "ca"
        )
}

/// How telling each concept is among the pieces of text at hand: rare ones weigh more, and one that
/// occurs nowhere weighs most, because an answer without it is no answer.
#[derive(Clone, Debug, Default)]
pub struct Weights {
    pieces: f32,
    frequency: BTreeMap<String, f32>,
}

impl Weights {
    pub fn over<'a>(pieces: impl Iterator<Item = &'a BTreeSet<String>>) -> Self {
        let mut weights = Self::default();
        for piece in pieces {
            weights.pieces += 1.0;
            for concept in piece {
                *weights.frequency.entry(concept.clone()).or_default() += 1.0;
            }
        }
        weights
    }

    /// 0.6 for what is everywhere to 1.4 for what is nearly or really nowhere.
    pub fn of(&self, concept: &str) -> f32 {
        let frequency = self.frequency.get(concept).copied().unwrap_or(0.0);
        let most = (1.0 + self.pieces).ln().max(0.1);
        let rarity = ((1.0 + self.pieces) / (1.0 + frequency)).ln() / most;
        0.6 + 0.8 * rarity.clamp(0.0, 1.0)
    }

    pub fn knows(&self, concept: &str) -> bool {
        self.frequency.contains_key(concept)
    }

    /// The known concept that a misspelt one most likely stands for.
    pub fn nearest(&self, concept: &str) -> Option<&str> {
        self.frequency.keys().find(|known| misspelt(concept, known)).map(String::as_str)
    }
}

/// Whether two words differ by one slip of the finger: same first letter, five letters or more.
pub fn misspelt(a: &str, b: &str) -> bool {
    let long = a.chars().count() >= 5 && b.chars().count() >= 5;
    let letters = |s: &str| s.chars().all(char::is_alphabetic);
    long && a.chars().next() == b.chars().next()
        && letters(a)
        && letters(b)
        && strsim::osa_distance(a, b) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrasings_of_the_same_thing_meet_in_one_concept() {
        assert_eq!(concepts("give me my money back"), concepts("refunds"));
        assert_eq!(concepts("Where are the packages?"), concepts("the parcel"));
        assert_eq!(concepts("log in"), concepts("signing in"));
    }

    #[test]
    fn words_are_told_as_they_were_spelt() {
        let said = "Hello again, the slider looks worn. Zuzana Dvořák";
        let wanted = ["look", "worn", "zuzana", "dvořák", "nowhere"].map(str::to_owned);
        assert_eq!(as_spelt(said, &wanted), ["looks", "worn", "Zuzana", "Dvořák"]);
        let wanted = ["write", "jane", "example"].map(str::to_owned);
        assert_eq!(
            as_spelt("Write to <jane.roe@mail.example>, please", &wanted),
            ["Write", "jane.roe@mail.example"]
        );
        // Spaces of more than one byte: a hard one, and an ideographic one.
        for space in ["\u{a0}", "\u{3000}"] {
            let said = format!("Write{space}to{space}jane.roe@mail.example");
            assert_eq!(as_spelt(&said, &wanted), ["Write", "jane.roe@mail.example"]);
        }
        let parcel: Vec<String> = concepts("parcel").into_iter().collect();
        assert_eq!(as_spelt("Where are the packages? And my Packages?", &parcel), ["packages", "Packages"]);
    }

    #[test]
    fn sentences_keep_abbreviations_and_numbering_together() {
        assert_eq!(
            sentences("Bring proof, e.g. a card. Then wait!\n1. Open Orders. 2-4 days?"),
            ["Bring proof, e.g. a card.", "Then wait!", "1. Open Orders.", "2-4 days?"]
        );
    }

    #[test]
    fn contractions_carry_their_negation() {
        let words: Vec<String> =
            tokens("I can’t log in, it hasn't come").into_iter().map(|t| t.word).collect();
        assert!(words.iter().filter(|w| *w == "not").count() == 2, "{words:?}");
    }
}
