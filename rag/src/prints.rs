//! Whether two passages say the same, so that only one of them is shown.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use unicode_segmentation::UnicodeSegmentation;

/// Words of a shingle.
const SHINGLE: usize = 4;
/// The share of shingles two texts must have in common (Broder, "On the resemblance and containment
/// of documents", 1997).
const ALIKE: f32 = 0.85;
/// Words that turn a sentence round. Together with the numbers they must be the same: "within 14
/// days" is not "within 30 days", however alike the pages are.
const TURNING: &[&str] = &[
    "not", "no", "never", "none", "without", "except", "only", "cannot", "nicht", "kein", "keine", "nie",
    "ohne", "nur", "pas", "jamais", "sans", "aucun", "sin", "nunca", "ningún", "non", "mai", "senza",
];

/// What a text is compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Print {
    /// Sorted, each once.
    shingles: Box<[u32]>,
    /// Of the numbers and turning words, in order.
    firm: u64,
}

impl Print {
    pub(crate) fn of(text: &str) -> Self {
        let words: Vec<String> = text.unicode_words().map(str::to_lowercase).collect();
        let mut firm = DefaultHasher::new();
        for word in &words {
            if word.contains(|c: char| c.is_numeric())
                || word.ends_with("n't")
                || word.ends_with("n\u{2019}t")
                || TURNING.contains(&word.as_str())
            {
                word.hash(&mut firm);
            }
        }
        let shingles = words.windows(SHINGLE.min(words.len().max(1))).map(|window| {
            let mut hash = DefaultHasher::new();
            window.hash(&mut hash);
            hash.finish() as u32
        });
        let mut shingles: Vec<u32> = shingles.collect();
        shingles.sort_unstable();
        shingles.dedup();
        Self { shingles: shingles.into(), firm: firm.finish() }
    }

    pub(crate) fn is_like(&self, other: &Self) -> bool {
        if self.firm != other.firm {
            return false;
        }
        let (a, b) = (&self.shingles, &other.shingles);
        let shared = a.iter().filter(|shingle| b.binary_search(shingle).is_ok()).count();
        let all = a.len() + b.len() - shared;
        shared > 0 && shared as f32 >= ALIKE * all as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "You can return an unused tent within 30 days of delivery. Pack it in its bag, write the \
        order number on the parcel and hand it in at a parcel shop near you. The money is on its way as soon as \
        the tent has been looked at in our warehouse, which takes a few working days after it arrives there.";

    fn alike(other: &str) -> bool {
        Print::of(TEXT).is_like(&Print::of(other))
    }

    #[test]
    fn the_same_words_are_alike_whatever_stands_between_them() {
        assert!(alike(TEXT));
        assert!(alike(&TEXT.replace(". ", ".\n\n* ").to_uppercase()));
        assert!(alike(&format!("{TEXT} Thank you!")));
    }

    #[test]
    fn a_number_or_a_not_makes_another_text() {
        assert!(!alike(&TEXT.replace("30", "14")));
        assert!(!alike(&TEXT.replace("can return", "can not return")));
        assert!(!alike("Boots are resoled in our workshop."));
        assert!(!Print::of("").is_like(&Print::of("")));
    }
}
