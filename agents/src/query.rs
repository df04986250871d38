//! What to look up for the customer's message, by rules: the message itself and, when it leans on
//! what was said before, the topic words of the turn before it.

use std::collections::BTreeSet;

use domain::ticket::Channel;

use crate::journal::{Journal, from_customer};

/// Bytes of a query that come from the message itself. With the topic words it stays below the 500
/// characters that the search takes.
const MAX_CHARS: usize = 280;
const MAX_TOPIC_WORDS: usize = 8;
/// Bytes of a topic word; what is longer is no word.
const MAX_TOPIC_WORD: usize = 24;

/// None when there is nothing to look up: the customer wrote no words.
pub(crate) fn search_query(journal: &Journal<'_>) -> Option<String> {
    let unanswered = journal.unanswered();
    let first = unanswered.first().map(|(at, _)| *at);
    let mut text = String::new();
    for (_, message) in &unanswered {
        for word in message.body.split_whitespace() {
            if text.len() + word.len() > MAX_CHARS {
                break;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
    }
    let own = informative(&text);
    let subject = journal.input.ticket.as_ref().map_or("", |ticket| ticket.subject.as_str());
    let mut known: BTreeSet<String> = own.iter().cloned().collect();
    let mut topic = Vec::new();
    let mut add = |words: Vec<String>, topic: &mut Vec<String>| {
        for word in words {
            if topic.len() < MAX_TOPIC_WORDS && word.len() <= MAX_TOPIC_WORD && known.insert(word.clone()) {
                topic.push(word);
            }
        }
    };
    if leans_on_context(&text, own.len()) {
        for (_, message) in
            journal.said().rev().filter(|(at, m)| first.is_none_or(|f| *at < f) && from_customer(m))
        {
            if topic.len() >= 3 {
                break;
            }
            add(informative(&message.body), &mut topic);
        }
        if topic.len() < 3 {
            add(informative(subject), &mut topic);
        }
    } else if journal.input.ticket.as_ref().is_some_and(|ticket| ticket.channel != Channel::Chat) {
        // A mail's subject often holds the topic that its text takes for granted.
        add(informative(subject), &mut topic);
    }
    for word in topic {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&word);
    }
    text.chars().any(char::is_alphanumeric).then_some(text)
}

/// Short, or pointing back: `and in the store?`, `does it also cover those?`
fn leans_on_context(text: &str, informative: usize) -> bool {
    let all: Vec<String> = words(text).collect();
    let opens =
        all.first().is_some_and(|w| ["and", "but", "so", "or", "also", "then", "what"].contains(&w.as_str()));
    let points = all.iter().any(|w| {
        [
            "it", "its", "that", "this", "these", "those", "they", "them", "there", "one", "ones", "same",
            "instead",
        ]
        .contains(&w.as_str())
    });
    informative < 3 || (informative < 7 && (opens || points))
}

fn words(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric() && c != '-')
        .map(|w| w.trim_matches('-').to_lowercase())
        .filter(|w| !w.is_empty())
}

/// Words that say what something is about, each once, in their order.
fn informative(text: &str) -> Vec<String> {
    #[rustfmt::skip]
    const EMPTY: &[&str] = &[
        "about", "after", "again", "all", "also", "any", "are", "been", "before", "but", "can", "could",
        "day", "dear", "did", "does", "doing", "done", "for", "from", "get", "good", "got", "had", "has",
        "have", "hello", "help", "here", "hey", "how", "into", "its", "just", "know", "like", "look",
        "many", "may", "mine", "more", "much", "need", "not", "now", "off", "one", "our", "out", "please",
        "question", "really", "same", "see", "she", "should", "since", "some", "still", "sure", "tell",
        "than", "thank", "thanks", "that", "the", "their", "them", "then", "there", "these", "they",
        "thing", "this", "those", "too", "very", "want", "was", "way", "week", "were", "what", "when",
        "where", "which", "who", "why", "will", "with", "would", "yes", "yet", "you", "your",
    ];
    let mut seen = BTreeSet::new();
    words(text)
        .filter(|w| w.chars().count() > 2 && !EMPTY.contains(&w.as_str()))
        .filter(|w| seen.insert(w.clone()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_question_stands_alone_and_a_short_or_pointing_one_leans_on_what_was_said() {
        let leans = |text: &str| leans_on_context(text, informative(text).len());
        assert!(!leans("How long can I return an unused tent after delivery?"));
        assert!(leans("and if i bring it to the utrecht shop?"));
        assert!(leans("gas canisters too?"));
        assert!(leans("does that also apply to boots?"));
    }
}
