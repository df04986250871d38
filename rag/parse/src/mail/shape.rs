//! Whether a raw mail can be parsed at all: its size, its parts, its nesting, its headers.
//!
//! The parser keeps nested mails in nested values and headers as lists, so a mail of the allowed
//! size could still take gigabytes or the whole stack. Everything here is linear and needs little.

use mail_parser::{HeaderName, Message, MessageParser, PartType};

use super::ShapeError;

const MAX_PARTS: usize = 500;
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Headers, or what looks like them.
const MAX_COLON_LINES: usize = 200_000;
/// Boundaries between parts, or what looks like them.
const MAX_DASH_LINES: usize = 20_000;
/// How often the types that can hold a mail may be named; each level of nesting names one.
const MAX_NESTING_WORDS: usize = 200;

/// Refuses what is too large or too complicated to be parsed.
pub fn check(raw: &[u8], max_bytes: usize) -> Result<(), ShapeError> {
    if raw.len() > max_bytes {
        return Err(ShapeError::TooLarge { bytes: raw.len(), limit: max_bytes });
    }
    let complex = |why: &str| Err(ShapeError::TooComplex(why.to_owned()));
    let (mut colons, mut dashes) = (0, 0);
    for line in raw.split(|c| *c == b'\n') {
        colons += usize::from(line.contains(&b':'));
        dashes += usize::from(line.starts_with(b"--"));
    }
    if colons > MAX_COLON_LINES || dashes > MAX_DASH_LINES {
        return complex("it has too many headers or parts");
    }
    if ["rfc822", "digest", "global"].iter().any(|word| occurrences(raw, word.as_bytes()) > MAX_NESTING_WORDS)
    {
        return complex("too many mails lie inside each other in it");
    }
    // A first reading that decodes nothing, so that it neither recurses nor copies.
    let outline = MessageParser::new()
        .header_content_type(HeaderName::ContentType)
        .ignore_header(HeaderName::ContentTransferEncoding)
        .default_header_ignore()
        .parse(raw)
        .ok_or_else(|| ShapeError::Malformed("it has no headers".to_owned()))?;
    let mut parts = 0;
    let mut messages: Vec<&Message<'_>> = vec![&outline];
    while let Some(message) = messages.pop() {
        parts += message.parts.len();
        if parts > MAX_PARTS {
            return complex("it has more than 500 parts");
        }
        for part in &message.parts {
            for header in &part.headers {
                let value =
                    raw.get(header.offset_start as usize..header.offset_end as usize).unwrap_or_default();
                if value.len() > MAX_HEADER_BYTES {
                    return complex("one of its headers is longer than 64 KiB");
                }
                let encoded = header.name == HeaderName::ContentTransferEncoding
                    && ["base64", "quoted-printable"]
                        .iter()
                        .any(|word| occurrences(value, word.as_bytes()) > 0);
                // RFC 2046, 5.2.1 forbids it, and what it hides cannot be counted here.
                if encoded && matches!(part.body, PartType::Message(_)) {
                    return complex("a mail inside it is encoded, which RFC 2046 does not allow");
                }
            }
            if let PartType::Message(inner) = &part.body {
                messages.push(inner);
            }
        }
    }
    Ok(())
}

/// How often `word` (lower case) occurs in any case.
fn occurrences(text: &[u8], word: &[u8]) -> usize {
    text.windows(word.len()).filter(|window| window.eq_ignore_ascii_case(word)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(raw: impl AsRef<[u8]>) -> String {
        check(raw.as_ref(), 1 << 26).unwrap_err().to_string()
    }

    #[test]
    fn mails_inside_mails_without_end_are_refused() {
        assert!(refused("Content-Type: message/rfc822\n\n".repeat(100_000)).contains("inside each other"));
    }

    #[test]
    fn encoded_mails_inside_a_mail_are_refused() {
        let raw = "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogeAoKeQo=\n";
        assert!(refused(raw).contains("RFC 2046"));
    }

    #[test]
    fn a_forwarded_mail_inside_a_mail_passes() {
        let raw = "From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\n\
                   Content-Type: message/rfc822\n\nFrom: b@x.example\n\ninner\n--b--\n";
        check(raw.as_bytes(), 1000).unwrap();
        assert!(matches!(check(raw.as_bytes(), 10), Err(ShapeError::TooLarge { .. })));
    }

    #[test]
    fn endless_parts_and_headers_are_refused() {
        let parts = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n\nx\n".repeat(1000));
        assert!(refused(parts).contains("500 parts"));
        assert!(refused(format!("From: {}\n\nx", "a@b.example,".repeat(10_000))).contains("64 KiB"));
        assert!(refused("a:\n".repeat(300_000)).contains("headers"));
    }
}
