//! Ways in and out that are not HTTP: mail by IMAP and from providers, and mail by SMTP.
//!
//! Chat and the API come in through the HTTP room. Every way in ends in
//! [`crate::intake::Intake`]; every way out begins at a delivery that a commit wrote.

pub mod email_in;
pub mod email_out;
pub mod html;
pub mod imap;
pub mod incoming;
pub mod letters;
pub mod mailbox;
mod outgoing;
mod senders;
mod smtp;

use std::sync::Arc;

use domain::commit::CommitError;
use parse::mail::ShapeError;
use store::StoreError;
use thiserror::Error;
use tokio::task::JoinHandle;
use tracing::info;

pub use mailbox::Mailbox;
pub use senders::Senders;

use crate::app::App;

/// Starts what the configuration asks for; the tasks end when the service stops. `alone` says that
/// no other process has the database.
pub fn start(app: &Arc<App>, alone: bool) -> Vec<JoinHandle<()>> {
    let config = &app.config.email;
    let mut tasks = Vec::new();
    if config.address.is_empty() {
        return tasks;
    }
    if config.smtp.host.is_empty() {
        info!("email.smtp.host is not set: mail that goes out stays in the outbox");
    } else {
        tasks.push(tokio::spawn(email_out::run(Arc::clone(app), alone)));
    }
    if !config.imap.host.is_empty() {
        tasks.push(tokio::spawn(imap::run(Arc::clone(app))));
    }
    tasks
}

/// Why a mail was not taken in.
#[derive(Debug, Error)]
pub enum MailError {
    #[error("the mail has {bytes} bytes; at most {limit} are taken (email.max_message_bytes)")]
    TooLarge { bytes: usize, limit: usize },
    #[error("the mail cannot be taken: {0}")]
    TooComplex(String),
    #[error("this is not a mail that can be read: {0}")]
    Malformed(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Commit(#[from] CommitError),
}

impl MailError {
    /// Whether the same mail would fail again.
    pub fn is_permanent(&self) -> bool {
        match self {
            Self::TooLarge { .. } | Self::TooComplex(_) | Self::Malformed(_) => true,
            Self::Store(_) => false,
            Self::Commit(error) => !matches!(
                error,
                CommitError::Busy { .. }
                    | CommitError::Unavailable(_)
                    | CommitError::Stale { .. }
                    | CommitError::LeaseLost(_)
            ),
        }
    }
}

impl From<ShapeError> for MailError {
    fn from(error: ShapeError) -> Self {
        match error {
            ShapeError::TooLarge { bytes, limit } => Self::TooLarge { bytes, limit },
            ShapeError::TooComplex(why) => Self::TooComplex(why),
            ShapeError::Malformed(why) => Self::Malformed(why),
        }
    }
}
