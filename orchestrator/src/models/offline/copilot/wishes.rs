//! What a colleague wants done, read from their words by rules: a note, a reply, tags, closing. It proposes what was
//! said, word for word, and nothing that it would have to find words or numbers for itself.

use std::sync::LazyLock;

use domain::copilot::{LookingAt, SourceKind};
use regex::{Captures, Regex};
use serde_json::{Value, json};

use super::{Asked, pattern};

macro_rules! asked {
    ($rest:literal) => {
        concat!(r"(?is)^\s*(?:please\s+|can\s+you\s+|could\s+you\s+|would\s+you\s+|kindly\s+)*", $rest)
    };
    ($before:literal, ticket, $after:literal) => {
        concat!(
            asked!($before),
            r"(?:(?:the\s+)?(?:ticket|case|request)\s+(?:no\.?\s*|number\s+)?#?\s?(?P<number>\d{1,9})|#\s?(?P<mark>\d{1,9})|(?P<this>this(?:\s+(?:ticket|case|request|one))?|it|here))",
            $after
        )
    };
}

const MAX_TAGS: usize = 20;

static NOTE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(asked!(
        r"(?:(?:add|leave|write|put|make)\s+)?(?:an?\s+)?(?:private\s+|internal\s+)?note\s+(?:on|to|in|for|at)\s+",
        ticket,
        r"\s*(?:saying\b|that\s+says\b|:|,|-|–)\s*(?P<text>.+)$"
    ))
});
static REPLY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(asked!(
        r"(?:reply|respond|answer|write)\s+(?:to\s+|in\s+)?(?:the\s+customer\s+(?:in|of|on|at)\s+)?",
        ticket,
        r"\s*(?:saying\b|:|,|-|–)\s*(?P<text>.+)$"
    ))
});
static CLOSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(asked!(r"close\s+", ticket, r"(?:\s*(?:because|as|since|:|,)\s*(?P<text>[^?]+?))?\s*[.!]*\s*$"))
});
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    pattern(asked!(r"tag\s+", ticket, r"\s+(?:with|as)\s*:?\s*(?P<text>[^?]+?)\s*[.!]*\s*$"))
});
/// Deeds that take more than the words of the colleague.
static OTHER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(asked!(
        r"(?:refund|cancel|delete|reopen|assign|escalate|pay\s+back|redact|merge|approve|reject)\s+\S"
    ))
});

/// What is wanted.
pub(super) enum Wish {
    /// Arguments of `propose_action`.
    Propose(Value),
    /// It cannot be read; the text says what is missing.
    Unclear(&'static str),
}

pub(super) fn wish(asked: &Asked<'_>) -> Option<Wish> {
    let read = |rule: &Regex, tool: &str, args: &dyn Fn(&str) -> Value| {
        let found = rule.captures(asked.text)?;
        let text = found.name("text").map_or("", |text| text.as_str().trim());
        Some(match ticket(asked, &found) {
            Some(ticket) => Wish::Propose(json!({ "ticket": ticket, "tool": tool, "args": args(text) })),
            None => Wish::Unclear("Say in which ticket, by its number."),
        })
    };
    read(&NOTE, "add_note", &|text| json!({ "body": text }))
        .or_else(|| read(&REPLY, "reply_to_customer", &|text| json!({ "body": text })))
        .or_else(|| read(&TAG, "add_tags", &|text| json!({ "tags": tags(text) })))
        .or_else(|| {
            read(&CLOSE, "close_ticket", &|text| {
                let reason = if text.is_empty() { "a colleague asked for it" } else { text };
                json!({ "reason": reason })
            })
        })
        .or_else(|| {
            OTHER.is_match(asked.text).then_some(Wish::Unclear(
                "Without a language model I can only propose what you say word for word: a note (“add a note to #12: …”), \
                 a reply (“reply to #12: …”), tags (“tag #12 with …”) and closing (“close #12 because …”). Anything \
                 else is done in the ticket.",
            ))
        })
}

fn ticket(asked: &Asked<'_>, found: &Captures<'_>) -> Option<String> {
    if let Some(number) = found.name("number").or_else(|| found.name("mark")) {
        return Some(number.as_str().to_owned());
    }
    match asked.looking_at {
        Some(LookingAt::Ticket(id)) => Some(id.to_string()),
        Some(_) => None,
        None => {
            let before = asked.before.iter().find(|source| source.kind == SourceKind::Ticket);
            before.map(|source| source.id.clone())
        }
    }
}

fn tags(text: &str) -> Vec<String> {
    let parts = text.split([',', ';']).flat_map(|part| part.split(" and "));
    let plain = parts.map(|tag| tag.trim().trim_matches(['"', '“', '”', '\'', '#']).to_owned());
    plain.filter(|tag| !tag.is_empty()).take(MAX_TAGS).collect()
}

#[cfg(test)]
mod tests {
    use domain::TicketId;

    use super::*;

    fn proposed(text: &str, looking_at: Option<LookingAt>) -> Option<Value> {
        let asked = Asked { text, whole: text.to_owned(), subject: None, looking_at, before: Vec::new() };
        match wish(&asked)? {
            Wish::Propose(args) => Some(args),
            Wish::Unclear(_) => Some(Value::Null),
        }
    }

    #[test]
    fn what_is_wanted_is_proposed_word_for_word() {
        for (text, tool, args) in [
            ("Add a note to #12: call back at 5", "add_note", json!({ "body": "call back at 5" })),
            (
                "please leave an internal note on ticket 12 saying he is a VIP",
                "add_note",
                json!({ "body": "he is a VIP" }),
            ),
            (
                "Reply to #12: We are on it.\nBest wishes",
                "reply_to_customer",
                json!({ "body": "We are on it.\nBest wishes" }),
            ),
            ("Close ticket #12 because it is spam.", "close_ticket", json!({ "reason": "it is spam" })),
            ("close #12", "close_ticket", json!({ "reason": "a colleague asked for it" })),
            (
                "Tag #12 with vip, Returns and “late”",
                "add_tags",
                json!({ "tags": ["vip", "Returns", "late"] }),
            ),
        ] {
            let wanted = json!({ "ticket": "12", "tool": tool, "args": args });
            assert_eq!(proposed(text, None), Some(wanted), "{text}");
        }
    }

    #[test]
    fn this_is_the_ticket_before_the_colleague() {
        let id = TicketId(uuid::Uuid::from_u128(7));
        let found = proposed("Add a note to this ticket: x", Some(LookingAt::Ticket(id))).unwrap();
        assert_eq!(found["ticket"], json!(id.to_string()));
        assert_eq!(proposed("close it", None), Some(Value::Null), "it says what is missing");
    }

    #[test]
    fn questions_are_no_wishes() {
        for text in [
            "Which tickets were closed?",
            "What notes are on #12?",
            "Can a customer cancel an order?",
            "How do I close a ticket?",
            "Who answered #12?",
            "Close to how many tickets are open?",
        ] {
            assert!(
                wish(&Asked {
                    text,
                    whole: String::new(),
                    subject: None,
                    looking_at: None,
                    before: Vec::new()
                })
                .is_none(),
                "{text}"
            );
        }
    }
}
