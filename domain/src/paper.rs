//! Calls on paper: what the lowest rung of the ladder held back, beside what a person did instead.
//!
//! A person's reply is the same as the one on paper when the words are: blanks, capitals, the marks of sources and the
//! greeting count for nothing. Of everything else a person says whether it came to the same.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    PaperId, RunId, TicketId, Timestamp,
    greeting::after_greeting,
    ticket::{EventBody, Message, Visibility},
    tool::{Risk, ToolCall},
    user::Actor,
};

/// The tool whose calls are compared with what people write by themselves.
pub const REPLY: &str = "reply_to_customer";

/// Whether a person did the same, and who says so: the service itself of a reply with the same words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PaperComparison")]
pub struct Comparison {
    pub same: bool,
    pub by: Actor,
    pub at: Timestamp,
}

/// A call that was written down and not done. What it says of itself is read from the run's journal.
#[derive(Clone, Debug, PartialEq)]
pub struct PaperCall {
    pub id: PaperId,
    pub ticket_id: TicketId,
    pub run_id: RunId,
    pub agent: String,
    pub call: ToolCall,
    pub risk: Risk,
    /// In thousandths.
    pub confidence: i64,
    pub at: Timestamp,
    /// The ticket's version when it was written down: what has a later one came after it.
    pub version: i64,
    /// None while nobody has compared it.
    pub comparison: Option<Comparison>,
}

impl PaperCall {
    /// What the customer would have read.
    pub fn reply(&self) -> Option<&str> {
        self.call.args.get("body").and_then(serde_json::Value::as_str).filter(|_| self.call.tool == REPLY)
    }

    /// The event that says how it compares.
    pub fn compared(&self, same: bool) -> EventBody {
        let (run_id, tool) = (self.run_id, self.call.tool.clone());
        EventBody::PaperCompared { paper_id: self.id, run_id, tool, same }
    }
}

/// Whether a message is what a person wrote to the customer: the first one after a reply on paper stands beside it.
pub fn answers(message: &Message) -> bool {
    message.visibility == Visibility::Public && matches!(message.author, Actor::User { .. })
}

/// The words of a reply without what makes no difference: blanks, capitals, marks of sources and the greeting.
pub fn plain(reply: &str) -> String {
    let unmarked = without_marks(reply);
    let words: Vec<String> = without_greeting(&unmarked).split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

/// Whether two replies say the same in the same words. What says nothing is the same as nothing.
pub fn same_words(one: &str, other: &str) -> bool {
    let one = plain(one);
    !one.is_empty() && one == plain(other)
}

/// Without `[1]`, `[2]` … and the blanks before them.
fn without_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let (before, from) = rest.split_at(start);
        let inside = from[1..].find(']').map(|end| &from[1..=end]);
        match inside.filter(|mark| !mark.is_empty() && mark.chars().all(|c| c.is_ascii_digit())) {
            Some(mark) => {
                out.push_str(before.trim_end_matches([' ', '\u{a0}']));
                rest = &from[mark.len() + 2..];
            }
            None => {
                out.push_str(before);
                out.push('[');
                rest = &from[1..];
            }
        }
    }
    out + rest
}

/// What comes after a greeting; all of it when it does not begin with one, or is no more than that.
fn without_greeting(text: &str) -> &str {
    after_greeting(text).filter(|rest| !rest.is_empty()).unwrap_or(text.trim_start())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blanks_capitals_marks_and_the_greeting_make_no_difference() {
        let on_paper = "Hello Anna,\n\nyou can return it within 30 days [1].";
        for same in [
            on_paper,
            "You can return it  within 30 days.",
            "Hi there! You can return it within 30 days.",
            "Dear Mr. Halloran,\nyou can return it\nwithin 30 days.",
            "Good morning Anna Maria, you can return it within 30 days.",
            "Guten Tag Frau Vogel,\n\nYou can return it within 30 days.",
            "Hallo\nYou can return it within 30 days.",
        ] {
            assert!(same_words(on_paper, same), "{same}: {:?}", plain(same));
        }
    }

    #[test]
    fn what_changes_what_is_said_makes_one() {
        for (one, other) in [
            ("Hello yes, you can.", "Hello no, you can."),
            ("Hi Yes, you can.", "Hi No, you can."),
            ("You can return it within 30 days.", "You can return it within 60 days."),
            ("Good news, it is here.", "Good grief, it is here."),
            ("See [the list].", "See."),
            ("Hello", "Hi"),
            ("Dear customers of the house in the old town hall of Graz, no.", "no."),
            ("", ""),
            (" [1]", "[2]"),
        ] {
            assert!(!same_words(one, other), "{one} | {other}");
        }
    }
}
