//! How polling the mailbox went last, in this process: what the page of channels shows.

use std::sync::{Mutex, PoisonError};

use domain::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How polling the mailbox went in the process that answers. Nothing is known before the first poll.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MailboxState {
    /// The last poll that went through.
    pub polled_at: Option<Timestamp>,
    /// The last one that did not, also when one went through since.
    pub failed_at: Option<Timestamp>,
    /// Why it did not.
    pub error: Option<String>,
}

#[derive(Default)]
pub struct Mailbox(Mutex<MailboxState>);

impl Mailbox {
    pub fn state(&self) -> MailboxState {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn polled(&self, at: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).polled_at = Some(at);
    }

    pub(super) fn failed(&self, at: Timestamp, error: String) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (state.failed_at, state.error) = (Some(at), Some(error));
    }
}
