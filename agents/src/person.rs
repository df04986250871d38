//! Whether a customer asks for a person. A rule and not a judgement: nobody who wants a person has
//! to convince a model first. A false alarm costs a colleague a look, so the rule leans that way.

#[rustfmt::skip]
const CONTACT: &[&str] = &[
    "speak", "speaking", "talk", "talking", "chat", "connect", "connected", "transfer", "transferred",
    "escalate", "forward", "put", "pass", "call", "contact", "reach",
];
const WISH: &[&str] =
    &["want", "wanna", "need", "prefer", "like", "get", "give", "have", "request", "demand", "please", "let"];
/// Only a person who works here can be meant.
#[rustfmt::skip]
const PERSON: &[&str] = &[
    "human", "humans", "agent", "representative", "rep", "operator", "supervisor", "manager", "employee",
    "advisor", "adviser", "colleague",
];
/// A person, but also anybody: they count after a word of contact, or when called real.
const ANYBODY: &[&str] = &["person", "someone", "somebody", "people", "staff", "team", "assistant"];
const REAL: &[&str] = &["real", "actual", "live", "human"];
/// What may follow a noun that means a person and does not belong to another noun.
#[rustfmt::skip]
const AFTER: &[&str] = &[
    "being", "agent", "person", "please", "to", "for", "who", "that", "instead", "not", "now", "here",
    "on", "and", "or", "about", "asap", "today", "from", "in", "at", "right", "because", "representative",
];
const NEGATION: &[&str] =
    &["not", "dont", "don't", "never", "no", "without", "cannot", "can't", "cant", "won't"];
#[rustfmt::skip]
const PHRASES: &[&str] = &[
    "customer service please", "customer support please", "are you a bot", "are you human",
    "are you a human", "stop this bot", "not a bot", "no bot", "is there a human", "is there a person", "is there a real", "is there anybody there", "mit einem menschen",
    "mit einem mitarbeiter", "mit jemandem sprechen", "echten menschen", "een mens spreken",
    "een medewerker", "met iemand spreken", "parler à un humain", "parler à quelqu'un", "un conseiller",
    "hablar con una persona", "hablar con un agente",
];

pub(crate) fn asks_for_person(text: &str) -> bool {
    let lower = text.to_lowercase().replace('’', "'");
    let flat = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    if PHRASES.iter().any(|phrase| flat.contains(phrase)) {
        return true;
    }
    flat.split(['.', '!', '?', ';', ',']).any(clause_asks)
}

fn clause_asks(clause: &str) -> bool {
    let words: Vec<&str> =
        clause.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
    let is = |list: &[&str], at: usize| words.get(at).is_some_and(|word| list.contains(word));
    let real = |at: usize| at > 0 && is(REAL, at - 1);
    // `agent`, `a real person please`: nothing is said but whom.
    if words.iter().any(|word| PERSON.contains(word) || ANYBODY.contains(word))
        && words.iter().all(|w| is_bare(w))
    {
        return (0..words.len()).any(|at| is(PERSON, at) || (real(at) && is(ANYBODY, at)));
    }
    (0..words.len()).any(|verb| {
        let contact = is(CONTACT, verb);
        if !contact && !is(WISH, verb) {
            return false;
        }
        // `I do not want to talk to …`, `do I have to speak to …?`
        let averse = (verb.saturating_sub(3)..verb).any(|at| is(NEGATION, at))
            || (verb.saturating_sub(5)..verb).any(|at| is(&["do"], at) && is(&["i", "we"], at + 1));
        if averse {
            return false;
        }
        let reach = if contact { 7 } else { 5 };
        (verb + 1..(verb + 1 + reach).min(words.len())).any(|at| {
            if contact {
                // `speak to someone`, `put me through to a person`; not `contact the people who …`
                let towards = (verb + 1..at).any(|w| is(&["to", "with", "through", "me"], w));
                is(PERSON, at) || (is(ANYBODY, at) && (towards || real(at)))
            } else {
                // `I need a human`, `a live agent`; not `a human size chart`, `the manager app`
                let article = at > 0 && is(&["a", "an", "real", "actual", "live", "human"], at - 1);
                let ends = at + 1 == words.len() || is(AFTER, at + 1);
                (is(PERSON, at) && article && ends) || (is(ANYBODY, at) && real(at))
            }
        })
    })
}

/// May stand beside the noun in a message that says nothing but whom it wants.
fn is_bare(word: &str) -> bool {
    const BESIDE: &[&str] =
        &["a", "an", "the", "please", "now", "hi", "hello", "support", "service", "customer", "being"];
    PERSON.contains(&word) || ANYBODY.contains(&word) || REAL.contains(&word) || BESIDE.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_ways_to_ask_for_a_person_are_heard() {
        for text in [
            "I want to speak to a human",
            "Can I talk to a real person please?",
            "can you connect me with an agent",
            "Please transfer me to customer service representative.",
            "HUMAN",
            "agent please",
            "real person please",
            "let me speak with someone",
            "I'd like to talk to somebody about this",
            "I need a human being, not this",
            "I want the new one. But please a real person confirm me it is safe",
            "put me through to your manager",
            "Could I have a live agent?",
            "Ich möchte mit einem Menschen sprechen",
            "are you a bot?",
            "No, I want to speak to a human",
            "I don't want a bot I want a human",
            "this does not help, get me a real person",
            "is there a HUMAN there",
            "let me talk to your manager",
        ] {
            assert!(asks_for_person(text), "{text}");
        }
    }

    #[test]
    fn speaking_of_people_is_not_asking_for_one() {
        for text in [
            "I spoke to someone yesterday and they said it was fine",
            "Is this tent big enough for one person?",
            "I need a tent for two people",
            "I don't want to talk to a person, just tell me",
            "The gas agent in my canister smells",
            "do you have a human size chart for kids?",
            "what is the agent in the waterproofing spray",
            "do i have to talk to someone to close an account or can i in the app",
            "my manager ordered this for the team, can I return it?",
            "I want to give this to someone as a gift",
            "where is my order NF-10482",
        ] {
            assert!(!asks_for_person(text), "{text}");
        }
    }
}
