//! What is said besides questions and requests: thanks, greetings, second thoughts, and the things
//! that a person should hear: anger, lawyers, injuries, the wish for a human, another language.

use std::sync::LazyLock;

use regex::Regex;

use super::{analysis::tokens, pattern};

/// What a message is, when it needs neither an answer nor a procedure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talk {
    Thanks,
    Greeting,
    /// The customer takes back what they asked for.
    Withdrawal,
}

const THANKS: &[&str] = &[
    "thanks",
    "thank",
    "thx",
    "ty",
    "cheers",
    "great",
    "perfect",
    "brilliant",
    "awesome",
    "lovely",
    "super",
    "wonderful",
    "bye",
    "goodbye",
    "solved",
    "ok",
    "okay",
    "nice",
    "cool",
    "excellent",
    "fantastic",
];
const GREETINGS: &[&str] =
    &["hi", "hello", "hey", "morning", "afternoon", "evening", "hiya", "greetings", "hallo"];
const BESIDE_THANKS: &[&str] = &[
    "clear",
    "clearer",
    "answer",
    "answers",
    "fast",
    "reply",
    "day",
    "weekend",
    "rest",
    "noted",
    "solved",
    "understood",
    "worked",
    "works",
    "easy",
    "words",
    "support",
    "service",
    "sorted",
    "set",
    "fair",
    "fine",
    "bye",
    "goodbye",
    "evening",
];

static WITHDRAWAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:never ?mind|forget (?:it|about it|that)|(?:i(?:'ve|’ve| have)? )?changed my mind|i(?:'ll|’ll| will) keep (?:it|them|the)|i want to keep (?:it|them|the)|no longer (?:need(?:ed)?|necessary|want)|(?:do not|don['’]?t|please don['’]?t) (?:cancel|refund|change|reset) (?:it|them|my|the)|not (?:needed|necessary) any ?more|please ignore my (?:last )?(?:message|request)|leave it as it is)\b",
    )
});
static PERSON: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:(?:speak|talk|chat|connect me|put me through|transfer me|get me|write)\s+(?:to|with)?\s*(?:a|an|some|the|your)?\s*(?:real |live |actual |human )?(?:person|people|human|agent|someone|somebody|representative|rep|manager|supervisor|colleague|employee|staff|advisor|operator)|(?:real|live|actual) (?:person|human|agent)|human (?:being|agent|please|support)|is there (?:a |any )?(?:human|person|real)|a human|not a (?:bot|robot|machine)|call me(?: back)?|escalate)\b",
    )
});
static LEGAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:lawyer|attorney|solicitor|legal (?:action|steps|advice)|sue you|sue (?:northfold|your)|take you to court|small claims|ombudsman|consumer protection|trading standards|police|charge ?back|dispute (?:opened|with my bank)|opened a dispute|data breach)\b",
    )
});
static DANGER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:injur(?:ed|y|ies)|hospital(?:ised|ized)?|burn(?:ed|t) (?:my|his|her|our|their)|bleeding|exploded|explosion|caught fire|on fire|unconscious|poison(?:ed|ing)|ambulance|got hurt|was hurt|someone (?:is )?hurt)\b",
    )
});
static ANGER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:unacceptable|ridiculous|disgrace(?:ful)?|disgusting|furious|outrageous|fed up|useless|worst|rip[- ]?off|scammers?|thieves|liars?|never (?:order|buy|shop)(?:ing)? (?:again|here|from you)|idiots?|incompetent|pathetic|a joke|wtf|bullshit|fuck\w*|shit(?:ty)?|appalling|shame on you|i am angry|so angry|complaint about)\b",
    )
});

/// Why a person should answer this message, in words for colleagues.
pub fn needs_person(message: &str) -> Option<&'static str> {
    if PERSON.is_match(message) {
        Some("The customer asks for a person.")
    } else if DANGER.is_match(message) {
        Some("The message speaks of an injury or of danger.")
    } else if LEGAL.is_match(message) {
        Some("The message speaks of legal steps, the police or a payment dispute.")
    } else if ANGER.is_match(message) {
        Some("The customer is upset.")
    } else {
        None
    }
}

pub fn kind(message: &str) -> Option<Talk> {
    if WITHDRAWAL.is_match(message) && !message.contains('?') {
        return Some(Talk::Withdrawal);
    }
    if message.contains('?') {
        return None;
    }
    let words = tokens(message);
    let told: Vec<&str> = words
        .iter()
        .filter(|word| {
            !word.stop && !THANKS.contains(&word.word.as_str()) && !GREETINGS.contains(&word.word.as_str())
        })
        .map(|word| word.word.as_str())
        .filter(|word| !BESIDE_THANKS.contains(word))
        .collect();
    let objects =
        words.iter().any(|word| matches!(word.word.as_str(), "not" | "but" | "still" | "however" | "no"));
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.word.as_str()));
    // A name at the end of a mail is the one word that may be left.
    if has(THANKS) && !objects && words.len() <= 25 && told.len() <= 1 {
        return Some(Talk::Thanks);
    }
    (has(GREETINGS) && told.is_empty() && words.len() <= 8 && !objects).then_some(Talk::Greeting)
}

/// Words that are frequent in one language and rare in English.
const LANGUAGES: &[(&str, &[&str])] = &[
    (
        "German",
        &[
            "ich",
            "und",
            "nicht",
            "ist",
            "das",
            "der",
            "die",
            "ein",
            "eine",
            "mein",
            "meine",
            "sie",
            "wie",
            "wann",
            "wo",
            "bitte",
            "habe",
            "kann",
            "mit",
            "für",
            "auf",
            "zu",
            "wir",
            "haben",
            "bestellung",
            "danke",
            "guten",
            "noch",
            "wurde",
            "möchte",
        ],
    ),
    (
        "French",
        &[
            "je", "et", "ne", "pas", "est", "le", "la", "les", "un", "une", "mon", "ma", "vous", "comment",
            "quand", "où", "bonjour", "merci", "avec", "pour", "mes", "suis", "ai", "voudrais", "commande",
            "des", "du", "que", "votre", "puis",
        ],
    ),
    (
        "Spanish",
        &[
            "yo", "y", "no", "es", "el", "la", "los", "las", "una", "mi", "mis", "usted", "cómo", "cuándo",
            "dónde", "hola", "gracias", "con", "para", "por", "quiero", "pedido", "que", "está", "tengo",
            "puedo", "del", "favor", "cuánto", "devolver",
        ],
    ),
    (
        "Italian",
        &[
            "io",
            "e",
            "non",
            "è",
            "il",
            "la",
            "gli",
            "un",
            "una",
            "mio",
            "mia",
            "come",
            "quando",
            "dove",
            "ciao",
            "grazie",
            "con",
            "per",
            "vorrei",
            "ordine",
            "che",
            "sono",
            "ho",
            "posso",
            "del",
            "della",
            "buongiorno",
            "favore",
            "quanto",
            "mi",
        ],
    ),
    (
        "Dutch",
        &[
            "ik",
            "en",
            "niet",
            "het",
            "de",
            "een",
            "mijn",
            "hoe",
            "wanneer",
            "waar",
            "alstublieft",
            "heb",
            "kan",
            "met",
            "voor",
            "op",
            "wij",
            "hebben",
            "bestelling",
            "bedankt",
            "goedemorgen",
            "nog",
            "wil",
            "graag",
            "jullie",
            "dat",
            "van",
            "zijn",
            "retour",
            "kunnen",
        ],
    ),
];
const ENGLISH: &[&str] = &[
    "the", "i", "and", "not", "is", "a", "an", "my", "you", "how", "when", "where", "please", "have", "can",
    "with", "for", "on", "to", "we", "order", "thanks", "what", "it", "do", "does", "of", "in", "this",
    "that", "was", "want", "your", "would", "are", "me",
];

/// The language of a message that is clearly not English.
pub fn foreign(message: &str) -> Option<&'static str> {
    let words: Vec<String> = message
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .take(400)
        .map(str::to_lowercase)
        .collect();
    let letters: usize = message.chars().take(4_000).filter(|c| c.is_alphabetic()).count();
    let latin = message.chars().take(4_000).filter(|c| c.is_alphabetic() && (*c as u32) < 0x250).count();
    if letters >= 4 && latin * 2 < letters {
        return Some("a language that is not written in Latin letters");
    }
    let votes = |list: &[&str]| words.iter().filter(|word| list.contains(&word.as_str())).count();
    let english = votes(ENGLISH);
    let (language, most) =
        LANGUAGES.iter().map(|(name, list)| (*name, votes(list))).max_by_key(|(_, votes)| *votes)?;
    let share = most * 100 / words.len().max(1);
    (most >= 2 && most > 2 * english && share >= 20).then_some(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thanks_are_told_from_thanks_with_a_but() {
        for text in [
            "Thanks, that's all!",
            "perfect thx",
            "Thank you for the quick answer.\nMara",
            "ok great, it works now",
            "Great. Bye",
        ] {
            assert_eq!(kind(text), Some(Talk::Thanks), "{text}");
        }
        for text in [
            "thanks but it still does not work",
            "ok, where is it?",
            "thanks for cancelling my tent order without asking",
        ] {
            assert_eq!(kind(text), None, "{text}");
        }
    }

    #[test]
    fn second_thoughts_and_greetings_are_seen() {
        assert_eq!(kind("never mind, I'll keep it"), Some(Talk::Withdrawal));
        assert_eq!(kind("please don't cancel my order"), Some(Talk::Withdrawal));
        assert_eq!(kind("Hello there"), Some(Talk::Greeting));
        assert_eq!(kind("Hello, my tent leaks"), None);
    }

    #[test]
    fn what_a_person_must_hear_is_recognised() {
        for text in [
            "is there a HUMAN there",
            "I want to speak to a real person",
            "can someone call me back",
            "my lawyer will write to you",
            "This is unacceptable",
            "I burned my hand on your stove",
            "let me talk to your manager",
        ] {
            assert!(needs_person(text).is_some(), "{text}");
        }
        for text in [
            "who can collect my parcel?",
            "the person who ordered is my wife",
            "How many people fit in the Fell 2?",
        ] {
            assert_eq!(needs_person(text), None, "{text}");
        }
    }

    #[test]
    fn other_languages_are_recognised_and_english_with_foreign_names_is_not() {
        for (text, language) in [
            ("Wo ist meine Bestellung? Ich warte schon lange.", "German"),
            ("Bonjour, je voudrais retourner ma tente", "French"),
            ("Hola, quiero devolver mi tienda", "Spanish"),
            ("Buongiorno, dove è il mio ordine?", "Italian"),
            ("Waar is mijn bestelling? Ik heb het nog niet ontvangen", "Dutch"),
        ] {
            assert_eq!(foreign(text), Some(language), "{text}");
        }
        assert!(foreign("注文はどこですか").is_some());
        for text in [
            "Please send it to Am Alten Markt 5, 50667 Köln",
            "Do you ship to La Spezia?",
            "ok",
            "NF-10482",
            "Grüezi, do you ship to Zürich?",
            "it must go to 12 rue de la Paix, 75002 Paris, France",
        ] {
            assert_eq!(foreign(text), None, "{text}");
        }
    }
}
