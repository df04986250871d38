//! Who of the staff has a ticket before them, so that two people do not answer it at once.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::UserId;

/// How long somebody counts as there after they last said so.
pub const PRESENT_FOR: Duration = Duration::from_secs(25);

/// What somebody does with a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Doing {
    Viewing,
    /// Writes a reply or a note.
    Writing,
}

impl Doing {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewing => "viewing",
            Self::Writing => "writing",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Viewing, Self::Writing].into_iter().find(|doing| doing.as_str() == text)
    }
}

/// Somebody who is there now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Presence {
    pub user_id: UserId,
    pub name: String,
    pub doing: Doing,
}
