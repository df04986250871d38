//! The languages whose endings and function words are known.

use std::{collections::HashSet, sync::LazyLock};

use rust_stemmers::{Algorithm, Stemmer};

use super::fold::fold;

/// How words are reduced to their stems. Text of any other language is searched by its words as
/// they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Language {
    #[default]
    English,
    German,
    French,
    Spanish,
    Italian,
    /// Neither stemmed nor freed of function words.
    Other,
}

impl Language {
    /// Those whose endings and function words are known.
    pub const KNOWN: [Self; 5] = [Self::English, Self::German, Self::French, Self::Spanish, Self::Italian];

    /// By the language subtag of a BCP 47 tag: `de`, `de-CH`, `fr_FR`. Without one, English.
    pub fn of_locale(locale: &str) -> Self {
        let subtag = locale.split(['-', '_']).next().unwrap_or_default();
        match subtag.to_ascii_lowercase().as_str() {
            "" | "en" => Self::English,
            "de" => Self::German,
            "fr" => Self::French,
            "es" => Self::Spanish,
            "it" => Self::Italian,
            _ => Self::Other,
        }
    }

    /// The language whose function words a text holds most of; English where they say nothing.
    pub(crate) fn detect(text: &str) -> Self {
        const READ: usize = 300;
        const LANGUAGES: [Language; 5] =
            [Language::English, Language::German, Language::French, Language::Spanish, Language::Italian];
        let words: Vec<String> =
            text.split(|c: char| !c.is_alphabetic()).filter(|w| !w.is_empty()).take(READ).map(fold).collect();
        let held = |language: Self| words.iter().filter(|word| language.is_function_word(word)).count();
        let mut best = (Self::English, held(Self::English));
        for language in LANGUAGES {
            let count = held(language);
            if count > best.1 {
                best = (language, count);
            }
        }
        best.0
    }

    /// The Snowball stem of a folded word. Folding comes first so that a word typed without its
    /// accents has the same stem; endings that Snowball knows by their accents get them back.
    pub(super) fn stem(self, word: &str) -> String {
        let stemmer = match self {
            Self::English => &*ENGLISH,
            Self::German => &*GERMAN,
            Self::French => &*FRENCH,
            Self::Spanish => &*SPANISH,
            Self::Italian => &*ITALIAN,
            Self::Other => return word.to_owned(),
        };
        let endings = self.accented_endings().iter();
        let accented = endings
            .filter_map(|(plain, accented)| Some(format!("{}{accented}", word.strip_suffix(plain)?)))
            .next();
        fold(&stemmer.stem(accented.as_deref().unwrap_or(word)))
    }

    /// Folded endings with their spelling, where it decides the stem: `devolución` and
    /// `devoluciones`, `payé` and `payée` must stay one word.
    fn accented_endings(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Spanish => &[("cion", "ción"), ("logia", "logía"), ("logias", "logías")],
            Self::French => &[
                ("ees", "ées"),
                ("ee", "ée"),
                ("ites", "ités"),
                ("ite", "ité"),
                ("ieres", "ières"),
                ("iere", "ière"),
            ],
            Self::Italian => &[("ilita", "ilità"), ("ivita", "ività")],
            Self::English | Self::German | Self::Other => &[],
        }
    }

    /// Whether a folded word says nothing by itself.
    pub(crate) fn is_function_word(self, word: &str) -> bool {
        let words = match self {
            Self::English => &*ENGLISH_WORDS,
            Self::German => &*GERMAN_WORDS,
            Self::French => &*FRENCH_WORDS,
            Self::Spanish => &*SPANISH_WORDS,
            Self::Italian => &*ITALIAN_WORDS,
            Self::Other => return false,
        };
        words.contains(word)
    }

    /// Whether `l'`, `qu'` and their like before a word are words of their own.
    pub(super) fn elides(self) -> bool {
        matches!(self, Self::French | Self::Italian)
    }
}

static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));
static GERMAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::German));
static FRENCH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::French));
static SPANISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::Spanish));
static ITALIAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::Italian));

static ENGLISH_WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| function_words("en"));
static GERMAN_WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| function_words("de"));
static FRENCH_WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| function_words("fr"));
static SPANISH_WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| function_words("es"));
static ITALIAN_WORDS: LazyLock<HashSet<String>> = LazyLock::new(|| function_words("it"));

/// The list of NLTK: short, function words alone. Longer lists hold `help`, `new` or `system`, which
/// support articles turn on.
fn function_words(code: &str) -> HashSet<String> {
    stop_words::get(code).iter().flat_map(|word| [fold(word), fold(word).replace('\'', "")]).collect()
}
