//! Mail that belongs to no ticket: links to people on the staff side. It is sent at once or not at all; whoever asked
//! for it asks again.

use std::time::{Duration, SystemTime};

use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox,
        header::{ContentType, HeaderName, HeaderValue},
    },
};

use super::smtp::{self, Trouble};
use crate::{app::App, config::EmailConfig};

/// One mail to one person.
pub struct Letter {
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// Whether the service can send mail at all.
pub fn possible(config: &EmailConfig) -> bool {
    !config.address.is_empty() && !config.smtp.host.is_empty()
}

/// Why a letter was not handed over.
pub struct Unsent {
    pub why: String,
    /// Whether it is worth trying again: it surely was not sent, and may be another time.
    pub again: bool,
}

impl From<Trouble> for Unsent {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Later(why) => Self { why, again: true },
            Trouble::Never(why) | Trouble::Unknown(why) => Self { why, again: false },
        }
    }
}

/// Hands a letter over. The error says what stands in the way.
pub async fn send(app: &App, letter: &Letter) -> Result<(), String> {
    hand_over(app, letter).await.map_err(|unsent| unsent.why)
}

/// The same, for whoever would send it again.
pub async fn hand_over(app: &App, letter: &Letter) -> Result<(), Unsent> {
    let config = &app.config.email;
    if !possible(config) {
        let why = "no mail server is configured (email.address and email.smtp.host)".to_owned();
        return Err(Unsent { why, again: false });
    }
    let built = build(config, letter, app.clock.now().0, app.ids.uuid());
    let (envelope, content) = built.map_err(|why| Unsent { why, again: false })?;
    // It was read when the service started.
    let rate = config.smtp.limit().unwrap_or_default();
    app.outside.mail(rate).await.map_err(|pause| Unsent { why: pause.why, again: true })?;
    let ready = smtp::reach(&config.smtp, &envelope).await?;
    Ok(ready.hand_over(&content).await?)
}

fn build(
    config: &EmailConfig,
    letter: &Letter,
    now: i64,
    id: uuid::Uuid,
) -> Result<(Envelope, Vec<u8>), String> {
    let from: Address =
        config.address.parse().map_err(|error| format!("our own address is not valid: {error}"))?;
    let to: Address =
        letter.to.parse().map_err(|error| format!("the recipient's address is not valid: {error}"))?;
    let plain = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
    let domain = config.address.rsplit('@').next().unwrap_or("localhost");
    let header = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
    let mail = Message::builder()
        .from(Mailbox::new(Some(plain(&config.name)).filter(|name| !name.is_empty()), from.clone()))
        .to(Mailbox::new(None, to.clone()))
        .subject(plain(&letter.subject))
        .message_id(Some(format!("<{id}@{domain}>")))
        .date(SystemTime::UNIX_EPOCH + Duration::from_micros(u64::try_from(now).unwrap_or(0)))
        // RFC 3834: other machines must not answer this one.
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Auto-Response-Suppress", "All"))
        .header(ContentType::TEXT_PLAIN)
        .body(letter.text.clone())
        .map_err(|error| format!("the mail cannot be built: {error}"))?;
    let envelope = Envelope::new(Some(from), vec![to])
        .map_err(|error| format!("the mail cannot be addressed: {error}"))?;
    Ok((envelope, mail.formatted()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_name_adds_no_headers() {
        let mut config = Config::with("[email]\naddress = \"desk@example.com\"").unwrap().email;
        config.smtp.host = "localhost".to_owned();
        let letter = Letter {
            to: "eve@example.com".to_owned(),
            subject: "Hello\r\nBcc: mallory@example.com".to_owned(),
            text: "Body\n".to_owned(),
        };
        let (envelope, content) = build(&config, &letter, 0, uuid::Uuid::nil()).unwrap();
        assert_eq!(envelope.to().len(), 1);
        let text = String::from_utf8(content).unwrap();
        assert!(!text.contains("\nBcc:") && text.contains("Auto-Submitted: auto-generated"), "{text}");
        assert!(build(&config, &Letter { to: "x".to_owned(), ..letter }, 0, uuid::Uuid::nil()).is_err());
    }
}
