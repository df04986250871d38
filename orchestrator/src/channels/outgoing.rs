//! A message of a ticket as a mail in its thread.
//!
//! Pure: the same message always becomes the same mail with the same `Message-ID`, so that a mail
//! that is sent again after all is recognised as the same by who has it already.

use std::time::{Duration, SystemTime};

use domain::{
    MessageId, Timestamp,
    customer::Contact,
    ticket::{Message, Ticket, Visibility},
    user::Actor,
};
use lettre::{
    Address, Message as Outgoing,
    address::Envelope,
    message::{
        Mailbox, MultiPart, SinglePart,
        header::{HeaderName, HeaderValue},
    },
};

use super::incoming::MADE_UP;
use crate::{config::EmailConfig, message_html};

/// Ids in `References`: the first one, which names the thread, and the last ones.
const MAX_REFERENCES: usize = 20;

/// What goes over the wire.
pub(super) struct Built {
    pub(super) envelope: Envelope,
    pub(super) content: Vec<u8>,
}

/// The `Message-ID` of a message of ours, without angle brackets.
pub(super) fn message_id(id: MessageId, config: &EmailConfig) -> String {
    let domain = config.address.rsplit('@').next().unwrap_or("localhost");
    format!("{id}@{domain}")
}

/// Builds the mail for `message`. `thread` are the ticket's messages in order. The error says what
/// a person has to put right.
pub(super) fn build(
    ticket: &Ticket,
    contact: &Contact,
    message: &Message,
    thread: &[Message],
    config: &EmailConfig,
    now: Timestamp,
) -> Result<Built, String> {
    let from: Address = config
        .address
        .parse()
        .map_err(|error| format!("our own address {} is not valid: {error}", config.address))?;
    let to: Address = contact
        .email
        .parse()
        .map_err(|error| format!("the customer's address {} is not valid: {error}", contact.email))?;
    let mut mail = Outgoing::builder()
        .from(Mailbox::new(Some(clean(&config.name)).filter(|name| !name.is_empty()), from.clone()))
        .to(Mailbox::new(Some(clean(&contact.name)).filter(|name| !name.is_empty()), to.clone()))
        .subject(subject(ticket))
        .message_id(Some(format!("<{}>", message_id(message.id, config))))
        .date(SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(now.0).unwrap_or(0)));
    let references = references(message, thread, config);
    if let Some(answered) = answered(message, thread).or_else(|| references.last().cloned()) {
        let all: Vec<String> = references.iter().map(|id| format!("<{id}>")).collect();
        mail = mail.in_reply_to(format!("<{answered}>")).references(all.join(" "));
    }
    if matches!(message.author, Actor::Agent { .. }) {
        // RFC 3834: other machines must not answer this one.
        mail = mail.raw_header(header("Auto-Submitted", "auto-replied"));
    }
    let mail = mail.raw_header(header("X-Auto-Response-Suppress", "OOF, AutoReply"));
    let plain = SinglePart::plain(text(message));
    let mail = match page(message) {
        // A boundary of its own, because the one that is made up would be another each time.
        Some(page) => mail.multipart(
            MultiPart::alternative()
                .boundary(format!("countersign-{}", message.id))
                .singlepart(plain)
                .singlepart(SinglePart::html(page)),
        ),
        None => mail.singlepart(plain),
    };
    let mail = mail.map_err(|error| format!("the mail cannot be built: {error}"))?;
    let envelope = Envelope::new(Some(from), vec![to])
        .map_err(|error| format!("the mail cannot be addressed: {error}"))?;
    Ok(Built { envelope, content: mail.formatted() })
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect::<String>().trim().to_owned()
}

/// `Re: <subject> [#<number>]`, with one `Re:` however often it was answered.
fn subject(ticket: &Ticket) -> String {
    let mark = format!("[#{}]", ticket.number);
    let mut subject = clean(&ticket.subject).replace(&mark, "");
    loop {
        let trimmed = subject.trim();
        let prefix = ["re:", "aw:", "sv:", "antw:"]
            .into_iter()
            .find(|prefix| trimmed.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix)));
        match prefix {
            Some(prefix) => subject = trimmed[prefix.len()..].to_owned(),
            None => return format!("Re: {trimmed} {mark}"),
        }
    }
}

/// The customer's last mail before this message.
fn answered(message: &Message, thread: &[Message]) -> Option<String> {
    before(message, thread)
        .rev()
        .find(|earlier| matches!(earlier.author, Actor::Customer { .. }) && earlier.email.is_some())
        .and_then(|earlier| earlier.email.as_ref())
        .map(|email| email.message_id.clone())
        .filter(|id| !id.ends_with(MADE_UP))
}

fn before<'a>(message: &Message, thread: &'a [Message]) -> impl DoubleEndedIterator<Item = &'a Message> {
    let end = thread.iter().position(|other| other.id == message.id).unwrap_or(thread.len());
    thread[..end].iter()
}

/// Every mail of the thread before this one, the oldest first.
fn references(message: &Message, thread: &[Message], config: &EmailConfig) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    let mut add = |id: &str| {
        if !id.ends_with(MADE_UP) && !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    };
    for earlier in before(message, thread).filter(|m| m.visibility == Visibility::Public) {
        match (&earlier.email, &earlier.author) {
            (Some(email), _) => {
                email.references.iter().for_each(|id| add(id));
                add(&email.message_id);
            }
            (None, Actor::Agent { .. } | Actor::User { .. }) => add(&message_id(earlier.id, config)),
            (None, _) => {}
        }
    }
    // What is answered comes last, as RFC 5322 has it.
    if let Some(answered) = answered(message, thread)
        && let Some(at) = ids.iter().position(|id| *id == answered)
    {
        let id = ids.remove(at);
        ids.push(id);
    }
    if ids.len() > MAX_REFERENCES {
        ids.drain(1..=ids.len() - MAX_REFERENCES);
    }
    ids
}

/// The body, and under it what its `[n]` marks stand for.
fn text(message: &Message) -> String {
    let mut text = message.body.trim_end().to_owned();
    if !message.sources.is_empty() {
        text.push_str("\n\n--\nSources:");
        for (n, source) in message.sources.iter().enumerate() {
            text.push_str(&format!("\n[{}] {}", n + 1, clean(&source.title)));
        }
    }
    text.push('\n');
    text
}

/// The same for who reads HTML; none for what nobody of the desk wrote.
fn page(message: &Message) -> Option<String> {
    let mut page = message_html::of_message(message)?;
    if !message.sources.is_empty() {
        let sources = message.sources.iter().enumerate();
        let lines: Vec<String> = sources
            .map(|(n, source)| format!("[{}] {}", n + 1, message_html::text(&clean(&source.title))))
            .collect();
        page.push_str(&format!("<hr><p>Sources:<br>{}</p>", lines.join("<br>")));
    }
    Some(format!("<!DOCTYPE html><html><head><meta charset=\"utf-8\"></head><body>{page}</body></html>"))
}

#[cfg(test)]
mod tests;
