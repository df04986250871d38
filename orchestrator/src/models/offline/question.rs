//! What a sentence of the customer is: a question, a wish or a statement, and what kind of answer a
//! question wants.

use std::{collections::BTreeSet, sync::LazyLock};

use regex::Regex;

use super::{
    analysis::{Token, tokens},
    pattern,
};

/// The form of a sentence. Procedures' triggers have a form too, and match their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Wants to know something.
    Question,
    /// Wants something done.
    Wish,
    Statement,
}

/// What an answer must contain to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A length of time.
    Duration,
    /// A day, a date, a time of day or a length of time.
    Time,
    /// A price or another number.
    Amount,
    Place,
    /// Steps.
    Way,
    /// Yes or no, or anything.
    Fact,
}

/// Words before the one that shows the form.
const OPENERS: &[&str] = &[
    "hi",
    "hello",
    "hey",
    "good",
    "morning",
    "afternoon",
    "evening",
    "dear",
    "team",
    "there",
    "and",
    "but",
    "so",
    "also",
    "ok",
    "okay",
    "then",
    "now",
    "well",
    "just",
    "sorry",
    "thanks",
    "thank",
    "you",
    "one",
    "more",
    "question",
    "another",
    "quick",
    "or",
    "if",
    "not",
    "all",
    "sir",
    "madam",
    "northfold",
    "please",
    "pls",
    "oh",
    "btw",
    "another",
    "thing",
    "first",
    "second",
];

const ASKING: &[&str] = &[
    "how", "what", "why", "when", "where", "which", "who", "whom", "whose", "whats", "wheres", "is", "are",
    "was", "were", "do", "does", "did", "has", "have", "can", "could", "may", "might", "will", "would",
    "should", "shall", "am", "must",
];

const IMPERATIVE: &[&str] = &[
    "cancel",
    "refund",
    "send",
    "give",
    "return",
    "change",
    "update",
    "track",
    "reset",
    "stop",
    "reimburse",
    "get",
    "make",
    "pay",
    "ship",
    "deliver",
    "redirect",
    "correct",
    "undo",
    "help",
    "locate",
    "find",
    "check",
    "resend",
];

static KNOWING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:know|wonder(?:ing)?|ask|tell me|explain|understand|find out|information|info|curious|clarify|question)\b.{0,20}\b(?:how|what|when|where|which|who|why|if|whether|about)\b",
    )
});
static WISHING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:please|pls|plz|i (?:really |just |still )?(?:want|need|wish|demand|request|require)|i['’]?d (?:really |just )?(?:like|love|want|prefer)|i would (?:really |just )?(?:like|love|prefer)|(?:can|could|would|will) (?:you|someone|somebody|we)|would you mind|give me|get me|i want|i ask|we (?:want|need)|we['’]d like|let me|wanting to|looking to|like to|trying to|need to|have to)\b",
    )
});
/// Something that is over, told and not asked for.
static NARRATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:already (?:got|received|have|had|was)|i (?:have )?(?:got|received)|was (?:refunded|cancelled|canceled|delivered)|thank(?:s| you) for|i (?:sent|returned|posted) )\b",
    )
});

/// Somebody else who wants something.
static ANOTHERS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:my|our|a|his|her|their) (?:\w+ )?(?:(?:grand)?(?:mother|father|son|daughter)|brother|sister|mum|mom|dad|grandma|grandpa|wife|husband|partner|boyfriend|girlfriend|friend|flatmate|neighbou?r|colleague|boss|uncle|aunt|cousin|nephew|niece) (?:also |just |now |really |still )?(?:wants?|needs?|wishes|asks|(?:would|['’]?d) like|is (?:asking|looking))\b",
    )
});

fn is(pattern: &LazyLock<Regex>, text: &str) -> bool {
    pattern.is_match(text)
}

/// The first word that is not a greeting or a conjunction.
pub fn opening(words: &[Token]) -> Option<&str> {
    words.iter().map(|token| token.word.as_str()).find(|word| !OPENERS.contains(word))
}

/// The question word a sentence opens with, where it opens with one that asks for a thing.
pub fn question_word(words: &[Token]) -> Option<&str> {
    opening(words).filter(|word| {
        ["how", "what", "whats", "why", "when", "where", "wheres", "which", "who"].contains(word)
    })
}

/// The form of one sentence. `definite` says that it names an order or another thing to act on,
/// which makes a wish of "can I get a refund".
pub fn form(sentence: &str, definite: bool) -> Form {
    let words = tokens(sentence);
    let opening = opening(&words).unwrap_or("");
    let marked = sentence.trim_end().ends_with('?');
    if question_word(&words).is_some() || is(&KNOWING, sentence) {
        return Form::Question;
    }
    if ["can", "could", "may", "would", "will"].contains(&opening) {
        let whom =
            words.iter().skip_while(|token| token.word != opening).nth(1).map(|token| token.word.as_str());
        let addressed = matches!(whom, Some("you" | "someone" | "somebody"));
        // "Could you deliver to Norway?" asks; "could you cancel my order?" wants it done.
        let own = words
            .iter()
            .any(|token| matches!(token.word.as_str(), "my" | "me" | "mine" | "our" | "this" | "it"));
        return if (addressed && own) || definite || sentence.to_lowercase().contains("please") {
            Form::Wish
        } else {
            Form::Question
        };
    }
    if ASKING.contains(&opening) {
        return Form::Question;
    }
    if is(&WISHING, sentence) || IMPERATIVE.contains(&opening) {
        return Form::Wish;
    }
    if marked {
        return Form::Question;
    }
    Form::Statement
}

/// Whether the sentence tells of something that is done instead of wanting it.
pub fn narrated(sentence: &str) -> bool {
    is(&NARRATED, sentence) && !is(&WISHING, sentence)
}

/// Whether the sentence tells what somebody else wants: "my brother wants a refund for his order".
pub fn anothers(sentence: &str) -> bool {
    is(&ANOTHERS, sentence)
}

/// What kind of answer a question wants.
pub fn wanted(question: &str) -> Wanted {
    let lower = question.to_lowercase();
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| lower.contains(phrase));
    let conjunction = ["when i ", "when you ", "when the ", "when my ", "when using", "when it "];
    if has(&[
        "how long",
        "how many days",
        "how many weeks",
        "how many months",
        "how soon",
        "how quickly",
        "how fast",
        "how old",
    ]) {
        Wanted::Duration
    } else if has(&["until when", "since when", "what time", "hours", "which day", "what day"])
        || lower.starts_with("when ")
        || (has(&[" when "]) && !has(&conjunction))
    {
        Wanted::Time
    } else if has(&[
        "how much",
        "what does it cost",
        "price of",
        "cost of",
        "how expensive",
        "how many",
        "how heavy",
        "how tall",
        "how big",
        "what is the price",
        "what's the price",
        " cost?",
        " costs",
    ]) {
        Wanted::Amount
    } else if has(&[
        "how do i",
        "how can i",
        "how to",
        "how should i",
        "how do you",
        "how does one",
        "how would i",
        "how do we",
        "how must i",
        "how i can",
        "what must i",
        "what do i have to",
        "what should i",
        "steps",
    ]) {
        Wanted::Way
    } else if lower.starts_with("where") || has(&[" where "]) {
        Wanted::Place
    } else {
        Wanted::Fact
    }
}

static DURATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b\d+(?:\s*-\s*\d+)?(?:st|nd|rd|th)?[\s-]*(?:business |working |calendar )?(?:second|minute|hour|day|week|month|year|night|season)s?\b|\b(?:same day|next (?:business )?day|at once|lifetime|whole life|immediately|unlimited)\b",
    )
});
static TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b\d{1,2}:\d{2}\b|\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|january|february|march|april|june|july|august|september|october|november|december|any time|every (?:second )?\w+day|until|as soon as|when the|on the day|closed)\b",
    )
});
static AMOUNT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\d|\bfree\b|\bno (?:fee|charge|cost|interest)\b|\bat no cost\b|\bnothing\b")
});
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:in|at|under|on|to|from|near|page|address|account|store|website|underside)\b")
});

static SUM: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b\d[\d.,]*(?:\s*(?:EUR|€|%|GBP|kg|g|mm|cm|m|litres?|points?))?|\bfree\b")
});

/// The facts of the wanted kind that a text states, as written: `5-7 business days`, `4.95 EUR`.
pub fn facts(text: &str, wanted: Wanted) -> BTreeSet<String> {
    let shapes: &[&LazyLock<Regex>] = match wanted {
        Wanted::Duration => &[&DURATION],
        Wanted::Time => &[&TIME, &DURATION],
        Wanted::Amount => &[&SUM],
        Wanted::Place | Wanted::Way | Wanted::Fact => &[],
    };
    shapes.iter().flat_map(|shape| shape.find_iter(text)).map(|found| found.as_str().to_lowercase()).collect()
}

static INSTRUCTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:you (?:can|find|may|need)|open|choose|select|enter|follow|write to|send|sign in|ask us|click|bring|use)\b",
    )
});

/// Whether a text tells what to do.
pub fn instructs(text: &str) -> bool {
    is(&INSTRUCTION, text)
}

/// Whether a text holds what the question wants.
pub fn holds(text: &str, wanted: Wanted) -> bool {
    match wanted {
        Wanted::Duration => is(&DURATION, text),
        Wanted::Time => is(&TIME, text) || is(&DURATION, text),
        Wanted::Amount => is(&AMOUNT, text),
        Wanted::Place => is(&PLACE, text),
        Wanted::Way | Wanted::Fact => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wanting_to_know_is_a_question_and_wanting_it_done_is_a_wish() {
        for question in [
            "How long do refunds take?",
            "I'd like to know how long a refund takes.",
            "What is your refund policy?",
            "Can I cancel an order?",
            "could you tell me whether you ship to Norway",
            "do you have a store in Utrecht",
            "How do I cancel my order?",
        ] {
            assert_eq!(form(question, false), Form::Question, "{question}");
        }
        for wish in [
            "I want my money back for NF-10482",
            "please cancel my order",
            "Can you please refund me?",
            "could you cancel my order",
            "Refund NF-10482 please",
            "hi, cancel it",
        ] {
            assert_eq!(form(wish, false), Form::Wish, "{wish}");
        }
        assert_eq!(form("Can I get a refund for NF-10482?", true), Form::Wish);
        assert_eq!(form("My zip broke.", false), Form::Statement);
    }
}
