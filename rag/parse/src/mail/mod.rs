//! Mails: what was written for them, without quotes and signatures.
//!
//! [`shape`] and [`quoted`] also serve mail that comes in as messages.

pub mod quoted;
pub mod shape;

use std::panic::{AssertUnwindSafe, catch_unwind};

use mail_parser::{Message, MessageParser, MimeHeaders as _, PartType};
use thiserror::Error;

use crate::{Kind, Limits, ParseError, Parsed, html, text};

const MAX_NAMED_ATTACHMENTS: usize = 20;

/// Why a raw mail cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ShapeError {
    #[error("the mail has {bytes} bytes and may have {limit}")]
    TooLarge { bytes: usize, limit: usize },
    #[error("{0}")]
    TooComplex(String),
    #[error("{0}")]
    Malformed(String),
}

impl From<ShapeError> for ParseError {
    fn from(error: ShapeError) -> Self {
        match error {
            ShapeError::TooLarge { bytes, limit } => Self::TooLarge { bytes, limit },
            ShapeError::TooComplex(what) => Self::TooComplex { what },
            ShapeError::Malformed(why) => Self::Malformed { kind: Kind::Mail, why },
        }
    }
}

pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Parsed, ParseError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let malformed = |why: &str| ParseError::Malformed { kind: Kind::Mail, why: why.to_owned() };
    // The parser is not proven free of panics; a mail that finds one is malformed.
    catch_unwind(AssertUnwindSafe(|| {
        shape::check(bytes, limits.bytes)?;
        let message = MessageParser::new().parse(bytes).ok_or_else(|| malformed("it has no headers"))?;
        read_message(&message, limits)
    }))
    .unwrap_or_else(|_| Err(malformed("its structure cannot be read")))
}

fn read_message(message: &Message<'_>, limits: &Limits) -> Result<Parsed, ParseError> {
    let mut parsed = Parsed::new(Kind::Mail, String::new());
    let written = body(message, limits, &mut parsed.warnings)?;
    let split = quoted::split(&written);
    if split.stripped {
        parsed.warnings.push("quoted mails and the signature were left out".to_owned());
    }
    if split.forwards {
        parsed.warnings.push("a forwarded mail was left out; hand it in by itself".to_owned());
    }
    parsed.markdown = text::paragraphs(&split.new);
    parsed.title = message.subject().and_then(text::one_line);
    let from = message.from().and_then(|from| from.first());
    parsed.front.author = from.and_then(|from| from.name().or_else(|| from.address())).map(str::to_owned);
    parsed.front.date = message.date().map(mail_parser::DateTime::to_rfc3339);
    attachments(message, &mut parsed.warnings);
    Ok(parsed)
}

/// The text parts, or the HTML parts as Markdown where there are no others.
fn body(message: &Message<'_>, limits: &Limits, warnings: &mut Vec<String>) -> Result<String, ParseError> {
    let mut all = String::new();
    for part in message.text_bodies() {
        let text = match &part.body {
            PartType::Text(text) => text.to_string(),
            PartType::Html(page) => match html::to_markdown(page, limits) {
                Ok(text) => text,
                Err(error @ (ParseError::TooDeep { .. } | ParseError::TooComplex { .. })) => {
                    return Err(error);
                }
                Err(error) => {
                    warnings.push(format!("a part of the mail was left out: {error}"));
                    continue;
                }
            },
            _ => continue,
        };
        if !all.is_empty() {
            all.push_str("\n\n");
        }
        all.push_str(&text);
        if all.len() > limits.output_bytes {
            return Err(ParseError::TooMuchText { limit: limits.output_bytes });
        }
    }
    Ok(all)
}

fn attachments(message: &Message<'_>, warnings: &mut Vec<String>) {
    let mut unnamed = 0;
    let mut named = 0;
    for part in message.attachments() {
        match part.attachment_name().and_then(text::one_line) {
            Some(name) if named < MAX_NAMED_ATTACHMENTS => {
                named += 1;
                let name: String = name.chars().take(120).collect();
                let bytes = part.contents().len();
                warnings.push(format!(
                    "the attachment `{name}` ({bytes} bytes) was not read; hand it in by itself"
                ));
            }
            // The other half of an alternative says the same again.
            None if matches!(part.body, PartType::Text(_) | PartType::Html(_)) => {}
            _ => unnamed += 1,
        }
    }
    if unnamed > 0 {
        warnings.push(format!("{unnamed} more attachment(s) were not read"));
    }
}
