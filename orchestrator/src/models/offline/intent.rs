//! Which procedures a message asks for. A trigger is an example phrasing: it matches a sentence of
//! the same form (wish, statement, question) that holds all of its telling words. Asking about a
//! thing is not asking for it: "how long do refunds take?" starts no refund.

use std::collections::BTreeSet;

use domain::procedure::Procedure;

use super::{
    analysis::{Token, Weights, misspelt, sentences, tokens},
    question::{Form, anothers, form, narrated, opening},
    slots::names_record,
};

/// A procedure that a sentence asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// Index of the procedure in the request.
    pub procedure: usize,
    /// The sentence, and the one after it when it only adds to it.
    pub text: String,
    pub score: f32,
}

/// What a message holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub wishes: Vec<Wish>,
    /// Two procedures fit the same sentence about equally well.
    pub torn: Option<(usize, usize)>,
    /// Sentences that want an answer.
    pub questions: Vec<String>,
    /// Sentences that are neither.
    pub statements: Vec<String>,
}

struct Trigger {
    procedure: usize,
    form: Form,
    words: BTreeSet<String>,
    asks: Option<String>,
    /// Speaks of "my" thing: a sentence that names nothing of the customer's is general.
    own: bool,
    /// Speaks of "it": a sentence that names another thing is about that.
    points: bool,
    denies: bool,
    /// Made only of words that most procedures share ("where is my order"): fits a sentence that
    /// says nothing else.
    bare: bool,
    weight: f32,
}

/// The triggers of a request's procedures, read once.
pub struct Intents {
    triggers: Vec<Trigger>,
}

const OWN: &[&str] = &["my", "our", "me", "mine", "i", "we", "it", "this", "that", "them", "these"];
/// Words of one sentence that are read.
const MAX_WORDS: usize = 200;
/// A match must outweigh the next one by this share to be sure.
const MARGIN: f32 = 0.12;

impl Intents {
    pub fn of(procedures: &[Procedure]) -> Self {
        let mut triggers = Vec::new();
        for (procedure, said) in procedures.iter().enumerate().take(50) {
            for text in said.triggers.iter().take(100) {
                let words = tokens(text);
                triggers.push(Trigger {
                    procedure,
                    form: form(text, false),
                    asks: opening(&words).map(str::to_owned),
                    points: points(&words),
                    own: words.iter().any(|word| {
                        OWN.contains(&word.word.as_str()) && word.word != "i" && word.word != "me"
                    }),
                    denies: words.iter().any(|word| word.word == "not"),
                    words: telling(&words).cloned().collect(),
                    bare: false,
                    weight: 0.0,
                });
            }
        }
        let per_procedure: Vec<BTreeSet<String>> = (0..procedures.len())
            .map(|at| triggers.iter().filter(|t| t.procedure == at).flat_map(|t| t.words.clone()).collect())
            .collect();
        let weights = Weights::over(per_procedure.iter());
        for trigger in &mut triggers {
            trigger.weight = trigger.words.iter().map(|word| weights.of(word)).sum();
        }
        // What most procedures speak of, such as an order, tells none of them apart.
        let common = |word: &String| {
            let speaking = per_procedure.iter().filter(|words| words.contains(word)).count();
            procedures.len() > 2 && speaking * 2 > procedures.len()
        };
        for trigger in &mut triggers {
            trigger.bare = trigger.words.iter().all(common);
        }
        triggers.retain(|trigger| !trigger.bare || (trigger.asks.is_some() && !trigger.words.is_empty()));
        Self { triggers }
    }

    /// Sorts the sentences of a message.
    pub fn read(&self, message: &str) -> Reading {
        let mut reading = Reading::default();
        let message_names_record = names_record(message);
        let sentences = sentences(message);
        let mut extends = false;
        for sentence in sentences.into_iter().take(60) {
            // Only a sentence of its own that names an order turns "can I get a refund?" into a wish;
            // with a single sentence more around it, the number may stand there.
            let form = match anothers(sentence) && !message_names_record {
                // What somebody else wants is asked about: nothing of the customer's own is meant by it.
                true => Form::Question,
                false => form(sentence, message_names_record),
            };
            let matches = self.matches(sentence, form, message_names_record);
            match &matches[..] {
                [(best, score), rest @ ..] => {
                    if let Some((next, _)) = rest.first().filter(|(_, next)| *next > score * (1.0 - MARGIN)) {
                        reading.torn.get_or_insert((*best, *next));
                    }
                    match reading.wishes.iter_mut().find(|wish| wish.procedure == *best) {
                        Some(wish) => {
                            wish.text.push(' ');
                            wish.text.push_str(sentence);
                        }
                        None => reading.wishes.push(Wish {
                            procedure: *best,
                            text: sentence.to_owned(),
                            score: *score,
                        }),
                    }
                    extends = true;
                }
                [] if form == Form::Question => {
                    reading.questions.push(sentence.to_owned());
                    extends = false;
                }
                [] => {
                    if let Some(wish) = reading.wishes.last_mut().filter(|_| extends) {
                        wish.text.push(' ');
                        wish.text.push_str(sentence);
                    }
                    reading.statements.push(sentence.to_owned());
                }
            }
        }
        reading
    }

    /// Procedures whose triggers fit, best first.
    fn matches(&self, sentence: &str, form: Form, named: bool) -> Vec<(usize, f32)> {
        let mut words = tokens(sentence);
        words.truncate(MAX_WORDS);
        let asks = opening(&words);
        let own = named || words.iter().any(|word| OWN.contains(&word.word.as_str()));
        let mut found: Vec<(usize, f32)> = Vec::new();
        for trigger in &self.triggers {
            let fits = match (trigger.form, form) {
                (Form::Question, Form::Question) => trigger.asks.as_deref() == asks,
                (Form::Wish | Form::Statement, Form::Wish) | (Form::Statement, Form::Statement) => true,
                // "Refund for NF-10482" has no verb and is clear all the same.
                (Form::Wish, Form::Statement) => named && words.len() <= 8 && !narrated(sentence),
                _ => false,
            };
            let vague = (trigger.own && !own) || (trigger.points && !named && !points(&words));
            if !fits || vague || (trigger.form == Form::Wish && narrated(sentence)) {
                continue;
            }
            let Some(first) = first_match(&words, &trigger.words) else { continue };
            let said_more = |word: &Token| {
                !word.stop
                    && !trigger.words.contains(&word.concept)
                    && !word.word.chars().any(|c| c.is_ascii_digit())
            };
            if trigger.bare && words.iter().any(|word| said_more(word) && word.word != "nf") {
                continue;
            }
            if trigger.form != Form::Statement && denied(sentence, &words, first) {
                continue;
            }
            if trigger.denies && !words.iter().any(|word| word.word == "not") {
                continue;
            }
            match found.iter_mut().find(|(procedure, _)| *procedure == trigger.procedure) {
                Some((_, score)) => *score = score.max(trigger.weight),
                None => found.push((trigger.procedure, trigger.weight)),
            }
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found
    }
}

fn points(words: &[Token]) -> bool {
    words.iter().any(|word| matches!(word.word.as_str(), "it" | "them"))
}

fn telling(words: &[Token]) -> impl Iterator<Item = &String> {
    words.iter().filter(|word| !word.stop).map(|word| &word.concept)
}

/// Where the first of the wanted words stands, when all of them are there.
fn first_match(words: &[Token], wanted: &BTreeSet<String>) -> Option<usize> {
    let mut first = usize::MAX;
    for concept in wanted {
        let at = words
            .iter()
            .position(|word| !word.stop && (word.concept == *concept || misspelt(&word.concept, concept)))?;
        first = first.min(at);
    }
    Some(first)
}

/// Whether a "not" shortly before the word, in the same clause, takes the wish back.
fn denied(sentence: &str, words: &[Token], at: usize) -> bool {
    let from = at.saturating_sub(3);
    words[from..at].iter().any(|word| {
        let between = words.get(at).map_or("", |w| sentence.get(word.at..w.at).unwrap_or(""));
        word.word == "not" && !between.contains([',', ';', ':', '-'])
    })
}
