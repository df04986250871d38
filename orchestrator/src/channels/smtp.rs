//! One mail's conversation with an SMTP server, in two halves.
//!
//! [`reach`] goes up to the point where nothing has been handed over yet; whatever fails there has
//! certainly not been sent. [`Ready::hand_over`] sends the content; only in there can it become
//! unknown whether the mail was taken.

use std::time::Duration;

use lettre::{
    address::Envelope,
    transport::smtp::{
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail, Rcpt},
        extension::{ClientId, Extension, MailParameter},
    },
};
use tokio::time::timeout;

use crate::config::{MailSecurity, SmtpConfig};

/// Why a mail was not sent, and what that means for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nothing was sent; worth trying again. The server's, or nobody's, word.
    Later(String),
    /// The server answered that it will never take it.
    Never(String),
    /// It was handed over and no answer came.
    Unknown(String),
}

type Failed = lettre::transport::smtp::Error;

/// A server that waits for the content of one mail.
pub(super) struct Ready {
    connection: AsyncSmtpConnection,
    patience: Duration,
}

/// Connects, signs in and names sender and recipients.
pub(super) async fn reach(config: &SmtpConfig, envelope: &Envelope) -> Result<Ready, Trouble> {
    let patience = Duration::from_millis(config.timeout_ms);
    let mut connection = match timeout(patience, connect(config, patience)).await {
        Ok(Ok(connection)) => connection,
        // Whatever the server says so far is about us and not about the mail.
        Ok(Err(error)) => return Err(Trouble::Later(words("the mail server cannot be used", &error))),
        Err(_) => return Err(Trouble::Later("the mail server does not answer".to_owned())),
    };
    match timeout(patience, address(&mut connection, envelope)).await {
        Ok(Ok(())) => Ok(Ready { connection, patience }),
        Ok(Err(trouble)) => {
            quit(connection, patience).await;
            Err(trouble)
        }
        Err(_) => Err(Trouble::Later("the mail server does not answer".to_owned())),
    }
}

async fn connect(config: &SmtpConfig, patience: Duration) -> Result<AsyncSmtpConnection, Failed> {
    let hello = ClientId::default();
    let tls = match config.security {
        MailSecurity::None => None,
        MailSecurity::Tls | MailSecurity::Starttls => Some(TlsParameters::new_rustls(config.host.clone())?),
    };
    let server = (config.host.as_str(), config.port);
    let at_once = tls.clone().filter(|_| config.security == MailSecurity::Tls);
    let mut connection =
        AsyncSmtpConnection::connect_tokio1(server, Some(patience), &hello, at_once, None).await?;
    if let (MailSecurity::Starttls, Some(tls)) = (config.security, tls) {
        connection.starttls(tls, &hello).await?;
    }
    if !config.username.is_empty() {
        let credentials = Credentials::new(config.username.clone(), config.password.expose().to_owned());
        connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await?;
    }
    Ok(connection)
}

async fn address(connection: &mut AsyncSmtpConnection, envelope: &Envelope) -> Result<(), Trouble> {
    let mut options = Vec::new();
    let addresses = envelope.from().into_iter().chain(envelope.to());
    if !addresses.map(AsRef::<str>::as_ref).all(str::is_ascii) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Trouble::Never(
                "the mail server cannot send to addresses with such letters (SMTPUTF8)".to_owned(),
            ));
        }
        options.push(MailParameter::SmtpUtfEight);
    }
    let sender = Mail::new(envelope.from().cloned(), options);
    // A server that does not like our own address will not like it in any mail: that is for the
    // operator, and the mail waits.
    connection
        .command(sender)
        .await
        .map_err(|error| Trouble::Later(words("the mail server refuses our address", &error)))?;
    for recipient in envelope.to() {
        connection
            .command(Rcpt::new(recipient.clone(), Vec::new()))
            .await
            .map_err(|error| answer(&error, "the recipient"))?;
    }
    Ok(())
}

impl Ready {
    /// Sends the content. `Ok` is the server's word that it has taken the mail.
    pub(super) async fn hand_over(mut self, content: &[u8]) -> Result<(), Trouble> {
        match timeout(self.patience, self.connection.command(Data)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(answer(&error, "the mail")),
            Err(_) => return Err(Trouble::Later("the mail server does not answer".to_owned())),
        }
        // A large mail on a slow line may take longer than an answer.
        let patience = self.patience + Duration::from_secs(content.len() as u64 / 20_000);
        let taken = match timeout(patience, self.connection.message(content)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() || error.is_transient() => Err(answer(&error, "the mail")),
            Ok(Err(error)) => {
                Err(Trouble::Unknown(words("the connection ended before the mail server answered", &error)))
            }
            Err(_) => {
                Err(Trouble::Unknown("the mail server did not answer after it was given the mail".to_owned()))
            }
        };
        quit(self.connection, self.patience).await;
        taken
    }

    /// Goes away without having sent anything.
    pub(super) async fn leave(self) {
        quit(self.connection, self.patience).await;
    }
}

/// The longest that [`Ready::hand_over`] can take for a mail of ordinary size.
pub(super) fn longest(config: &SmtpConfig) -> Duration {
    Duration::from_millis(config.timeout_ms.saturating_mul(3)).saturating_add(Duration::from_secs(60))
}

/// Politeness; what was done is done whatever becomes of it.
async fn quit(mut connection: AsyncSmtpConnection, patience: Duration) {
    timeout(patience.min(Duration::from_secs(2)), connection.abort()).await.ok();
}

fn answer(error: &Failed, what: &str) -> Trouble {
    if error.is_permanent() {
        Trouble::Never(words(&format!("the mail server refuses {what}"), error))
    } else {
        Trouble::Later(words(&format!("the mail server does not take {what} now"), error))
    }
}

fn words(what: &str, error: &Failed) -> String {
    let text: String = format!("{what}: {error}").chars().filter(|c| !c.is_control()).take(400).collect();
    text
}
