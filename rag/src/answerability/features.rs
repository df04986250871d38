//! What a search says about whether it found the answer, as numbers.

use std::collections::BTreeSet;

use domain::{answerability::AskedFor, grounding::FindingKind, knowledge::Passage};

use crate::{
    groundedness::{kinds_of_values, sentences},
    lexical::{Analyzer, Language, fold},
};

pub const COUNT: usize = 13;
pub type Features = [f32; COUNT];

/// In their order; the first is always 1.
pub const NAMES: [&str; COUNT] = [
    "bias",
    "coverage",
    "best_passage",
    "best_three",
    "best_sentence",
    "hard_words_missing",
    "hard_words",
    "margin",
    "tail",
    "asked_kind_there",
    "asked_kind_absent",
    "length",
    "one_document",
];

/// The features of a question and what was found for it.
pub fn of(question: &str, context: &str, passages: &[Passage]) -> Features {
    Looked::at(question, context, passages).features()
}

/// What a question is about: its stems without those that it is put in.
pub(crate) fn topics(question: &str) -> BTreeSet<String> {
    let (about, _) = about_of(question, Analyzer::new(Language::detect(question)));
    about.into_iter().map(|(stem, _)| stem).collect()
}

/// Passages from whose best the features are taken.
const CLOSELY: usize = 3;

/// Words that a question is put in and that say nothing of its matter, as written.
#[rustfmt::skip]
const FILLERS: &[&str] = &[
    "hi", "hello", "hey", "dear", "please", "thanks", "thank", "tell", "know", "want", "wants", "need", "would", "could",
    "should", "like", "get", "got", "getting", "may", "might", "shall", "also", "just", "really", "question", "wondering",
    "wonder", "possible", "still", "already", "anyone", "someone", "something", "anything", "everything", "work", "works",
    "working", "worked", "doesn't", "does", "dont", "cant", "can't", "cannot", "don't", "isn't", "won't", "wont",
    "problem", "problems", "issue", "issues", "help", "broken", "wrong", "error", "happen", "happens", "happened", "take",
    "takes", "long", "much", "many", "often", "cost", "costs", "price", "explain", "tell", "mean", "means", "thing",
    "things", "stuff", "use", "fix", "one", "way", "sure", "ok", "okay", "yes", "try", "tried", "trying", "information",
    "details", "us", "im", "ive", "make", "do", "doing", "done", "go", "going", "come", "give", "let", "see", "say",
    "bitte", "danke", "hallo", "funktioniert", "geht", "kosten", "kostet", "lange", "dauert", "viel", "merci", "bonjour",
    "combien", "marche", "fonctionne", "hola", "gracias", "cuanto", "cuesta", "funciona", "quanto", "costa",
];

/// A question and its passages, taken apart once.
pub(super) struct Looked {
    pub asked_for: AskedFor,
    /// What the question is about: stem and the word as it was written.
    pub about: Vec<(String, String)>,
    /// Of those, names and codes: without them an answer is about something else.
    hard: BTreeSet<String>,
    /// What the context adds.
    leaning: BTreeSet<String>,
    pub seen: Vec<Seen>,
}

/// A passage as far as it matters here.
pub(super) struct Seen {
    pub stems: BTreeSet<String>,
    pub label: BTreeSet<String>,
    sentences: Vec<BTreeSet<String>>,
    pub kinds: Vec<FindingKind>,
    pub coverage: f32,
    pub score: f32,
    document: domain::DocumentId,
}

impl Looked {
    pub fn at(question: &str, context: &str, passages: &[Passage]) -> Self {
        let analyzer = Analyzer::new(Language::detect(question));
        let (about, hard) = about_of(question, analyzer);
        let own: BTreeSet<&String> = about.iter().map(|(stem, _)| stem).collect();
        let (around, _) = about_of(context, analyzer);
        let leaning = around.into_iter().map(|(stem, _)| stem).filter(|stem| !own.contains(stem)).collect();
        let seen = passages
            .iter()
            .map(|passage| {
                let label: BTreeSet<String> = analyzer.words(&passage.label()).into_iter().collect();
                let sentences: Vec<BTreeSet<String>> = sentences(&passage.text)
                    .into_iter()
                    .map(|span| analyzer.words(span.of(&passage.text)).into_iter().collect())
                    .collect();
                let mut stems: BTreeSet<String> = sentences.iter().flatten().cloned().collect();
                stems.extend(label.iter().cloned());
                Seen {
                    stems,
                    label,
                    sentences,
                    kinds: kinds_of_values(&passage.text),
                    coverage: passage.coverage,
                    score: passage.score,
                    document: passage.document_id,
                }
            })
            .collect();
        Self { asked_for: asked_for(question), about, hard, leaning, seen }
    }

    /// Share of what is asked about that `holds` says is there.
    fn share(&self, holds: impl Fn(&String) -> bool) -> f32 {
        let all = self.about.len() as f32;
        let held = self.about.iter().filter(|(stem, _)| holds(stem)).count() as f32;
        // Words of the context count for a question that has few of its own.
        let around = self.leaning.len() as f32;
        if all < 3.0 && around > 0.0 {
            let near = self.leaning.iter().filter(|stem| holds(stem)).count() as f32;
            return (held + 0.5 * near) / (all + 0.5 * around);
        }
        if all > 0.0 { held / all } else { 0.0 }
    }

    fn near(&self) -> impl Iterator<Item = &Seen> {
        self.seen.iter().take(CLOSELY)
    }

    /// Words of the question that none of the best passages holds.
    pub fn missing(&self) -> Vec<String> {
        let held = |stem: &String| self.near().any(|seen| seen.stems.contains(stem));
        self.about.iter().filter(|(stem, _)| !held(stem)).map(|(_, word)| word.clone()).collect()
    }

    /// Whether nothing of what is asked, nor of what was said before it, is in the best passages.
    pub fn is_apart(&self) -> bool {
        let mut stems = self.about.iter().map(|(stem, _)| stem).chain(&self.leaning);
        !self.about.is_empty() && !stems.any(|stem| self.near().any(|seen| seen.stems.contains(stem)))
    }

    /// Whether a passage near enough states the kind of value that is asked for; none where the
    /// question asks for no value.
    pub fn holds_asked(&self) -> Option<bool> {
        use FindingKind::*;
        let wanted: &[FindingKind] = match self.asked_for {
            AskedFor::Amount => &[Amount, Number],
            AskedFor::Duration => &[Duration],
            AskedFor::Moment => &[Date, Time, Duration],
            AskedFor::Place | AskedFor::Way | AskedFor::Fact => return None,
        };
        Some(self.near().any(|seen| seen.kinds.iter().any(|kind| wanted.contains(kind))))
    }

    pub fn features(&self) -> Features {
        let flag = |set: bool| if set { 1.0 } else { 0.0 };
        let best = |share: &dyn Fn(&Seen) -> f32| self.near().map(share).fold(0.0, f32::max);
        let sentence = |seen: &Seen| {
            let held = |held: &BTreeSet<String>| {
                self.share(|stem| held.contains(stem))
                    .max(self.share(|stem| held.contains(stem) || seen.label.contains(stem)) * 0.85)
            };
            seen.sentences.iter().map(held).fold(0.0, f32::max)
        };
        let hard = self.hard.len() as f32;
        let missed =
            self.hard.iter().filter(|stem| !self.near().any(|seen| seen.stems.contains(*stem))).count();
        let scores: Vec<f32> = self.seen.iter().map(|seen| seen.score.max(0.0)).collect();
        let first = scores.first().copied().unwrap_or(0.0).max(f32::MIN_POSITIVE);
        let rest = scores.iter().skip(1).take(4);
        let tail = rest.clone().sum::<f32>() / rest.count().max(1) as f32 / first;
        let margin = scores.get(1).map_or(1.0, |second| (first - second) / first);
        let lead = self.seen.first().map(|seen| seen.document);
        let same = self.seen.iter().take(5).filter(|seen| Some(seen.document) == lead).count() as f32;
        [
            1.0,
            best(&|seen| seen.coverage.clamp(0.0, 1.0)),
            best(&|seen| self.share(|stem| seen.stems.contains(stem))),
            self.share(|stem| self.near().any(|seen| seen.stems.contains(stem))),
            best(&sentence),
            if hard > 0.0 { missed as f32 / hard } else { 0.0 },
            flag(hard > 0.0),
            margin.clamp(0.0, 1.0),
            tail.clamp(0.0, 1.0),
            flag(self.holds_asked() == Some(true)),
            flag(self.holds_asked() == Some(false)),
            ((1.0 + self.about.len() as f32).ln() / 3.0).min(1.0),
            same / 5.0,
        ]
    }
}

/// What a text is about, each word once in its order, and which of them are names or codes.
fn about_of(text: &str, analyzer: Analyzer) -> (Vec<(String, String)>, BTreeSet<String>) {
    let mut about: Vec<(String, String)> = Vec::new();
    let mut hard = BTreeSet::new();
    let mut opens = true;
    for written in text.split_whitespace() {
        let word = written.trim_matches(|c: char| !c.is_alphanumeric());
        let first = std::mem::replace(&mut opens, written.ends_with(['.', '!', '?', ':']));
        if word.is_empty() || FILLERS.contains(&fold(word).as_str()) {
            continue;
        }
        let capital = word.chars().next().is_some_and(char::is_uppercase) && word.chars().count() > 1;
        let named = word.chars().any(|c| c.is_ascii_digit()) || (capital && !first);
        for stem in analyzer.words(word) {
            if stem.chars().count() < 2 && !stem.chars().any(|c| c.is_ascii_digit()) {
                continue;
            }
            if named {
                hard.insert(stem.clone());
            }
            if about.iter().all(|(known, _)| *known != stem) {
                about.push((stem, word.to_owned()));
            }
        }
    }
    (about, hard)
}

/// What kind of thing a question asks for, by its words.
pub(super) fn asked_for(question: &str) -> AskedFor {
    let text = format!(" {} ", fold(question).split_whitespace().collect::<Vec<_>>().join(" "));
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    #[rustfmt::skip]
    let durations = [
        "how long", "how soon", "how fast", "how quickly", "how many days", "how many weeks", "how many months",
        "how many hours", "wie lange", "combien de temps", "cuanto tiempo", "cuanto tarda", "quanto tempo", "hoe lang",
    ];
    #[rustfmt::skip]
    let moments = [
        " when ", " what time", "opening hours", "until when", "by when", "which day", " wann ", " quand ", " cuando ",
        " quando ", " wanneer ", "a quelle heure", "um wie viel uhr",
    ];
    #[rustfmt::skip]
    let amounts = [
        "how much", "how many", "what does it cost", "price of", "cost of", " cost", "how expensive", "what percentage",
        "wie viel", "wieviel", "was kostet", "combien", "cuanto", "cuantos", "quanto", "quanti", "hoeveel", "how heavy",
        "how tall", "how big", "temperature",
    ];
    #[rustfmt::skip]
    let ways = [
        "how do i", "how can i", "how to ", "how should i", "how do you", "how do we", "how would i", "what do i have to",
        "what should i", "wie kann ich", "comment ", "como puedo", "come posso", "hoe kan ik",
    ];
    // "What do I do when it is late?" asks for no time.
    let conjunction = has(&[" when i ", " when my ", " when the ", " when it ", " when a ", " when you "])
        && !text.starts_with(" when ");
    if has(&durations) {
        AskedFor::Duration
    } else if has(&moments) && !conjunction {
        AskedFor::Moment
    } else if has(&amounts) {
        AskedFor::Amount
    } else if has(&ways) {
        AskedFor::Way
    } else if has(&[" where ", "where's", " wo ", " ou est", " donde ", " dove ", " waar "]) {
        AskedFor::Place
    } else {
        AskedFor::Fact
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_thing_asked_for_is_read_from_the_words() {
        for (question, wanted) in [
            ("How much is express shipping?", AskedFor::Amount),
            ("how long does a refund take", AskedFor::Duration),
            ("When are you open?", AskedFor::Moment),
            ("What do I do when my parcel is late?", AskedFor::Fact),
            ("Where is your store?", AskedFor::Place),
            ("How do I reset my password?", AskedFor::Way),
            ("Wie lange dauert die Lieferung?", AskedFor::Duration),
            ("Do you ship to Norway?", AskedFor::Fact),
        ] {
            assert_eq!(asked_for(question), wanted, "{question}");
        }
    }
}
