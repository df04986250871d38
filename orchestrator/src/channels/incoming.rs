//! A raw mail as the service reads it: who, about what, in which thread, saying what.
//!
//! Pure: bytes in, a [`Mail`] or an error out. Never panics and never takes more than the limits
//! allow, whatever the bytes are.

use std::panic::{AssertUnwindSafe, catch_unwind};

use domain::canonical::Digest;
use mail_parser::{HeaderName, Message, MessageParser, MessagePart, MimeHeaders as _, PartType};
use parse::mail::shape;

use super::{MailError, html};
use crate::config::EmailConfig;

/// Ends the Message-IDs that are given to mails that came without one.
pub const MADE_UP: &str = "@without-message-id.invalid";

const MAX_ADDRESS: usize = 254;
const MAX_ID: usize = 500;
const MAX_REFERENCES: usize = 64;
const MAX_NAME: usize = 120;

/// What a mail says.
#[derive(Clone, Debug, PartialEq)]
pub struct Mail {
    /// Without angle brackets; made from the mail's digest when it has none.
    pub message_id: String,
    /// The mails it answers, the nearest first. Without angle brackets.
    pub answers: Vec<String>,
    /// Its `References`, the oldest first.
    pub references: Vec<String>,
    /// Lower case.
    pub from: String,
    pub from_name: String,
    pub to: String,
    pub subject: String,
    /// Everything it says, quotes and signature included.
    pub text: String,
    pub files: Vec<File>,
    /// Attachments over the limits, each with the reason.
    pub left_out: Vec<String>,
    /// Why no answer is wanted, when a machine wrote it.
    pub automatic: Option<String>,
}

/// An attachment.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    pub name: String,
    pub content_type: String,
    pub content: Vec<u8>,
}

/// Reads a raw mail.
pub fn read(raw: &[u8], config: &EmailConfig) -> Result<Mail, MailError> {
    // The parser is not proven free of panics; a mail that finds one is malformed.
    catch_unwind(AssertUnwindSafe(|| {
        shape::check(raw, config.max_message_bytes)?;
        let message = MessageParser::new()
            .with_mime_headers()
            .header_address(HeaderName::From)
            .header_address(HeaderName::Sender)
            .header_address(HeaderName::To)
            .header_text(HeaderName::Subject)
            .header_text(HeaderName::ContentTransferEncoding)
            .with_message_ids()
            .default_header_raw()
            .parse(raw)
            .ok_or_else(|| MailError::Malformed("it has no headers".to_owned()))?;
        read_message(raw, &message, config)
    }))
    .unwrap_or_else(|_| Err(MailError::Malformed("its structure cannot be read".to_owned())))
}

fn read_message(raw: &[u8], message: &Message<'_>, config: &EmailConfig) -> Result<Mail, MailError> {
    let (from, from_name) = sender(message)?;
    let references = ids(message, HeaderName::References);
    let mut answers = ids(message, HeaderName::InReplyTo);
    for id in references.iter().rev() {
        if !answers.contains(id) {
            answers.push(id.clone());
        }
    }
    answers.truncate(MAX_REFERENCES);
    let message_id = match ids(message, HeaderName::MessageId).into_iter().next() {
        Some(id) => id,
        None => format!("{}{MADE_UP}", Digest::of_bytes(raw)),
    };
    let (files, left_out) = files(message, config);
    Ok(Mail {
        message_id,
        answers,
        references,
        automatic: automatic(message, &from, config),
        from,
        from_name,
        to: address_of(message, HeaderName::To).map(|(address, _)| address).unwrap_or_default(),
        subject: one_line(message.subject().unwrap_or_default(), 1000),
        text: text(message),
        files,
        left_out,
    })
}

fn sender(message: &Message<'_>) -> Result<(String, String), MailError> {
    [HeaderName::From, HeaderName::Sender]
        .into_iter()
        .find_map(|header| address_of(message, header))
        .ok_or_else(|| {
            MailError::Malformed("it does not say who sent it in a way that can be answered".to_owned())
        })
}

/// The first address of a header and the name with it.
fn address_of(message: &Message<'_>, header: HeaderName<'static>) -> Option<(String, String)> {
    let all = message.header(header)?.as_address()?;
    all.iter().find_map(|address| {
        let text = address.address.as_deref()?.trim().to_lowercase();
        is_address(&text).then(|| (text, one_line(address.name.as_deref().unwrap_or_default(), 200)))
    })
}

/// Whether mail can be sent there; not whether anybody is there.
pub(super) fn is_address(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else { return false };
    !local.is_empty()
        && !host.is_empty()
        && text.len() <= MAX_ADDRESS
        && !text.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';'))
}

fn ids(message: &Message<'_>, header: HeaderName<'static>) -> Vec<String> {
    let Some(value) = message.header(header) else { return Vec::new() };
    let found: Vec<&str> = match value.as_text_list() {
        Some(list) => list.iter().map(AsRef::as_ref).collect(),
        None => value.as_text().into_iter().collect(),
    };
    let good = |id: &&str| !id.is_empty() && id.len() <= MAX_ID && id.bytes().all(|c| c.is_ascii_graphic());
    let mut ids: Vec<String> = found
        .into_iter()
        .map(|id| id.trim().trim_matches(['<', '>']))
        .filter(good)
        .map(str::to_owned)
        .collect();
    if ids.len() > MAX_REFERENCES {
        // The newest are last.
        ids.drain(..ids.len() - MAX_REFERENCES);
    }
    ids
}

/// Signs that a machine wrote it: RFC 3834 and what programs did before it.
fn automatic(message: &Message<'_>, from: &str, config: &EmailConfig) -> Option<String> {
    let header = |name: &'static str| {
        let name = HeaderName::parse(name)?;
        message.header_raw(name).map(|value| value.trim().to_lowercase())
    };
    if from.eq_ignore_ascii_case(config.address.trim()) {
        return Some("it comes from our own address".to_owned());
    }
    let local = from.split('@').next().unwrap_or_default();
    if matches!(local, "mailer-daemon" | "postmaster" | "mail-daemon" | "bounce" | "bounces") {
        return Some(format!("a mail system wrote it ({from})"));
    }
    if header("Return-Path").is_some_and(|path| path.replace(' ', "") == "<>") {
        return Some("it is a bounce: its return path is empty".to_owned());
    }
    if let Some(value) = header("Auto-Submitted")
        && !value.starts_with("no")
    {
        return Some(format!("it was submitted automatically ({})", one_line(&value, 60)));
    }
    if let Some(value) = header("Precedence")
        && ["bulk", "junk", "list", "auto_reply", "auto-reply"].iter().any(|word| value.starts_with(word))
    {
        return Some(format!("its precedence is {}", one_line(&value, 20)));
    }
    for name in ["X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply"] {
        if header(name).is_some_and(|value| value != "no") {
            return Some(format!("it is an automatic reply ({name})"));
        }
    }
    let report = message.root_part().content_type().is_some_and(|kind| {
        kind.ctype().eq_ignore_ascii_case("multipart")
            && kind.subtype().is_some_and(|s| s.eq_ignore_ascii_case("report"))
    });
    report.then(|| "it is a report about another mail".to_owned())
}

/// The text parts, or the HTML parts as text where there are no others.
fn text(message: &Message<'_>) -> String {
    let mut all = String::new();
    for part in message.text_bodies() {
        let text = match &part.body {
            PartType::Text(text) => text.to_string(),
            PartType::Html(text) => html::to_text(text),
            _ => continue,
        };
        if !all.is_empty() {
            all.push_str("\n\n");
        }
        all.push_str(&text);
    }
    // NUL cannot be stored.
    all.retain(|c| c == '\n' || c == '\t' || !c.is_control());
    all
}

fn files(message: &Message<'_>, config: &EmailConfig) -> (Vec<File>, Vec<String>) {
    let (mut files, mut left_out) = (Vec::new(), Vec::new());
    for (n, part) in message.attachments().enumerate() {
        // The other half of an alternative says the same again.
        let prose =
            part.content_type().is_none_or(|kind| matches!(kind.subtype(), Some("plain" | "html") | None));
        if prose && matches!(part.body, PartType::Html(_) | PartType::Text(_)) && !is_named(part) {
            continue;
        }
        let content = match &part.body {
            PartType::Message(_) => message
                .raw_message
                .get(part.offset_body as usize..part.offset_end as usize)
                .unwrap_or_default(),
            _ => part.contents(),
        };
        let name = file_name(part, n);
        if files.len() >= config.max_attachments {
            left_out.push(format!("{name} (a mail may have {} attachments)", config.max_attachments));
        } else if content.len() > config.max_attachment_bytes {
            let limit = config.max_attachment_bytes / 1024;
            left_out
                .push(format!("{name} ({} KiB; an attachment may have {limit} KiB)", content.len() / 1024));
        } else {
            files.push(File { name, content_type: content_type(part), content: content.to_vec() });
        }
    }
    (files, left_out)
}

fn is_named(part: &MessagePart<'_>) -> bool {
    part.attachment_name().is_some() || part.content_disposition().is_some_and(|d| d.is_attachment())
}

fn content_type(part: &MessagePart<'_>) -> String {
    let token = |text: &str| {
        !text.is_empty()
            && text.len() <= 100
            && text.bytes().all(|c| c.is_ascii_alphanumeric() || b"-+._".contains(&c))
    };
    match &part.body {
        PartType::Message(_) => return "message/rfc822".to_owned(),
        PartType::Text(_) if part.content_type().is_none() => return "text/plain".to_owned(),
        _ => {}
    }
    part.content_type()
        .and_then(|kind| Some((kind.ctype(), kind.subtype()?)))
        .filter(|(kind, sub)| token(kind) && token(sub))
        .map_or_else(
            || "application/octet-stream".to_owned(),
            |(kind, sub)| format!("{kind}/{sub}").to_lowercase(),
        )
}

/// A name that is safe to show and to save under: no folders, no control characters, not hidden.
fn file_name(part: &MessagePart<'_>, n: usize) -> String {
    let given = part.attachment_name().unwrap_or_default();
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last
        .chars()
        .filter(|c| {
            !c.is_control()
                && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .map(|c| if matches!(c, '<' | '>' | ':' | '"' | '|' | '?' | '*') { '_' } else { c })
        .collect();
    let clean = clean.trim().trim_start_matches('.').trim();
    if clean.is_empty() {
        let extension = if matches!(part.body, PartType::Message(_)) { ".eml" } else { "" };
        return format!("attachment-{}{extension}", n + 1);
    }
    if clean.chars().count() <= MAX_NAME {
        return clean.to_owned();
    }
    // The end says what kind of file it is.
    let tail: String = clean.chars().rev().take(20).collect::<Vec<_>>().into_iter().rev().collect();
    let head: String = clean.chars().take(MAX_NAME - 21).collect();
    format!("{head}…{tail}")
}

fn one_line(text: &str, chars: usize) -> String {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().take(chars).collect()
}

#[cfg(test)]
mod tests;
