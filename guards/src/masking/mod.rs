//! What is done about personal and secret data where text crosses a border: let through, shown in
//! part, replaced by a placeholder that can be undone, or stopped.
//!
//! [`Rules`] say which, for each [`Border`] and kind; a workspace lays its [`Own`] over the house's.
//! A [`Protector`] finds and treats, but for what the workspace itself is called ([`OwnNames`]). A [`Vault`] keeps what the placeholders of one run stand for, and a
//! [`StreamRestorer`] undoes them in text that is still coming. [`Pseudonyms`] are placeholders for good.
//! Nothing here keeps a text or asks who may see it.

mod json;
mod memo;
mod moved;
mod numbers;
mod own;
mod own_names;
mod placeholder;
mod protector;
mod pseudonyms;
mod rules;
mod served;
mod shown;
mod spots;
mod stream_restorer;
mod vault;

pub use own::{Own, Said, Wrong};
pub use own_names::OwnNames;
pub use protector::{Met, Protector};
pub use pseudonyms::Pseudonyms;
pub use rules::{Border, BorderRules, CREDENTIALS, Rules, Treatment};
pub use served::{Served, Spotted};
pub use shown::mask;
pub use stream_restorer::StreamRestorer;
pub use vault::{Entry, MAX_ENTRIES, Restored, Vault};

/// Why text could not cross a border, or rules or a vault could not be used. No value is ever named.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("the text has {}, which must not go {border}; remove it or change the rules of this border", kinds.join(", "))]
    Blocked { border: Border, kinds: Vec<String> },
    #[error("there is no kind of data called `{name}`; {hint}")]
    UnknownKind { name: String, hint: String },
    #[error(
        "a run may have {most} different personal values, and this one has more; end it or narrow what its tools return"
    )]
    Full { most: usize },
    #[error("entry {number} of the vault cannot be read: {reason}")]
    Entry { number: usize, reason: &'static str },
}
