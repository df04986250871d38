//! What of a ticket belongs to its people, and whether a text holds any of it.
//!
//! Known from the records: names, addresses. Found in what was said: addresses and telephone numbers
//! that the customer wrote, and codes that name one order, customer or parcel. The house's own
//! addresses and numbers may stand in an article.

use std::collections::BTreeSet;

use domain::{
    grounding::{FindingKind, Grounds, Statement},
    user::Actor,
};

use crate::journal::{Journal, from_customer};

/// Characters of one message that are looked through.
const MAX_READ: usize = 8_000;
/// Things that are remembered; a ticket with more of them is no conversation.
const MAX_KEPT: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Name,
    /// Part of a name: its case counts, because many names are words.
    Part,
    Address,
    Phone,
    Code,
}

impl Kind {
    fn in_words(self) -> &'static str {
        match self {
            Self::Name | Self::Part => "a name",
            Self::Address => "an address",
            Self::Phone => "a telephone number",
            Self::Code => "a number of an order or a customer",
        }
    }
}

pub(super) struct Personal {
    known: BTreeSet<(Kind, String)>,
}

impl Personal {
    pub(super) fn of(journal: &Journal<'_>, workspace: &str, grounds: &dyn Grounds) -> Self {
        let mut personal = Self { known: BTreeSet::new() };
        let input = journal.input;
        if let Some(contact) = &input.contact {
            personal.person(&contact.name, workspace);
            personal.keep(Kind::Address, &contact.email);
        }
        if let Some(customer) = &input.customer {
            if input.contact.as_ref().is_some_and(|contact| contact.name == customer.name) {
                personal.person(&customer.name, workspace);
            } else {
                personal.keep(Kind::Name, &customer.name);
            }
            for value in customer.fields.values() {
                personal.said(value, true, grounds);
            }
        }
        if let Some(ticket) = &input.ticket {
            personal.said(&ticket.subject, true, grounds);
            for value in ticket.fields.values().filter_map(|value| value.as_str()) {
                personal.said(value, true, grounds);
            }
        }
        for (_, message) in journal.said() {
            match &message.author {
                Actor::Customer { name, .. } | Actor::User { name, .. } => personal.person(name, workspace),
                Actor::ApiKey { .. } | Actor::Agent { .. } | Actor::System => {}
            }
            personal.said(&message.body, from_customer(message), grounds);
        }
        personal
    }

    fn keep(&mut self, kind: Kind, text: &str) {
        let text = text.trim();
        if text.chars().count() >= 3 && self.known.len() < MAX_KEPT {
            self.known.insert((kind, text.to_owned()));
        }
    }

    fn person(&mut self, name: &str, workspace: &str) {
        if name.contains('@') {
            return self.keep(Kind::Address, name);
        }
        self.keep(Kind::Name, name);
        for part in name.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '\'') {
            let house = workspace.split_whitespace().any(|word| word.eq_ignore_ascii_case(part));
            if part.chars().next().is_some_and(char::is_uppercase) && !house {
                self.keep(Kind::Part, part);
            }
        }
    }

    /// What a message, or a value of a record, tells of somebody. `theirs`: it is not the house's own.
    fn said(&mut self, text: &str, theirs: bool, grounds: &dyn Grounds) {
        let text: String = text.chars().take(MAX_READ).collect();
        // Without sources, nothing carries any value of it: all are found.
        for found in grounds.strays(&Statement { text: &text, sources: &[] }) {
            let value = found.text.trim();
            let digits = value.bytes().filter(u8::is_ascii_digit).count();
            let letters = value.chars().any(char::is_alphabetic);
            let kind = match found.kind {
                FindingKind::Identifier if value.contains('@') => Kind::Address,
                FindingKind::Identifier if is_page(value) => continue,
                FindingKind::Identifier if !letters => Kind::Phone,
                FindingKind::Identifier if names_one_thing(value, digits) => Kind::Code,
                FindingKind::Number if digits >= 6 && digits == value.len() => Kind::Code,
                _ => continue,
            };
            if theirs || kind == Kind::Code {
                self.keep(kind, value);
            }
        }
    }

    /// What a text holds of it, as it is known.
    pub(super) fn found_in(&self, text: &str) -> Vec<String> {
        self.found(text).into_iter().map(|(_, value)| format!("“{value}”")).collect()
    }

    /// The kinds of what a text holds, in words; none when it holds nothing.
    pub(super) fn kinds_in(&self, text: &str) -> Option<String> {
        let kinds: BTreeSet<&str> = self.found(text).into_iter().map(|(kind, _)| kind.in_words()).collect();
        (!kinds.is_empty()).then(|| kinds.into_iter().collect::<Vec<_>>().join(", "))
    }

    /// All of it, for whoever writes without reading prompts.
    pub(super) fn all(&self) -> Vec<String> {
        self.known.iter().map(|(_, value)| value.clone()).collect()
    }

    fn found(&self, text: &str) -> Vec<(Kind, &str)> {
        let folded = text.to_lowercase();
        let plain = plain(text);
        let holds = |(kind, value): &&(Kind, String)| match kind {
            Kind::Part => stands_in(text, value),
            Kind::Name | Kind::Address => stands_in(&folded, &value.to_lowercase()),
            // However it is written: `NF 10482`, `10482`, `+43 512/555 01`.
            Kind::Phone => plain.contains(&plain_of(value)),
            Kind::Code => {
                plain.contains(&plain_of(value)) || number_in(value).is_some_and(|n| stands_in(text, n))
            }
        };
        self.known.iter().filter(holds).map(|(kind, value)| (*kind, value.as_str())).collect()
    }
}

/// A page on the web, which may well be the answer.
fn is_page(value: &str) -> bool {
    value.contains("://") || value.starts_with("www.") || (value.contains('/') && value.contains('.'))
}

/// Whether a code names one order or one customer. Short ones are models, sizes and messages of
/// errors, which an article needs.
fn names_one_thing(code: &str, digits: usize) -> bool {
    digits >= 5 || (digits >= 4 && code.contains('-')) || (digits >= 3 && code.chars().count() >= 10)
}

/// Whether it stands there as a word of its own.
fn stands_in(text: &str, value: &str) -> bool {
    text.match_indices(value).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        ![before, after].into_iter().flatten().any(char::is_alphanumeric)
    })
}

/// Letters and digits alone; what stands apart by anything but the marks inside of codes and numbers
/// stays apart.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        if c.is_alphanumeric() {
            out.push(c);
        } else if !matches!(c, ' ' | '-' | '_' | '/' | '.' | '(' | ')' | '+' | '#' | '\u{a0}') {
            out.push('\n');
        }
    }
    out
}

/// The number in a code that is long enough to name one thing by itself.
fn number_in(code: &str) -> Option<&str> {
    code.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() >= 5)
}

fn plain_of(value: &str) -> String {
    value.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
