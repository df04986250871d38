//! What is looked for in text before it goes anywhere: personal and secret data ([`pii`]), what must
//! not leave the house without a person ([`leaving`]) or be said again ([`echo`]), and instructions for a model in
//! what only has to be read ([`injection`]). What becomes of personal data at each border ([`masking`]). What in a customer's
//! message calls for a person ([`triggers`]).
//!
//! Pure: no I/O, no clock, no randomness.

pub mod echo;
pub mod injection;
pub mod leaving;
pub mod masking;
pub mod pii;
pub mod triggers;

/// Why a detector could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("`{name}` is a name no recogniser may have: use 1 to 64 of a-z, 0-9 and `_`, each name once")]
    Name { name: String },
    #[error(
        "`{name}` finds `{kind}`, which is a built-in kind or no name: use 1 to 64 of a-z, 0-9 and `_`, and a label of \
         your own"
    )]
    Label { name: String, kind: String },
    #[error("there are {count} recognisers of your own, and at most {most} are possible; merge some")]
    TooMany { count: usize, most: usize },
    #[error("the pattern of `{name}` has {bytes} bytes, and at most {most} are possible; shorten it")]
    PatternTooLong { name: String, bytes: usize, most: usize },
    #[error("the pattern of `{name}` cannot be used; correct it or make its repetitions smaller")]
    Pattern { name: String, source: Box<regex::Error> },
    #[error(
        "the pattern of `{name}` matches nothing at all, or an empty text: let it need at least one character, as in \
         `[0-9]+` instead of `[0-9]*`"
    )]
    EmptyMatch { name: String },
    #[error(
        "the list of `{name}` is empty or has a word that is empty or too long, or all lists together have more than \
         {most} words or {bytes} bytes; take some away"
    )]
    Words { name: String, most: usize, bytes: usize },
    #[error("the words of `{name}` cannot be searched for; use fewer of them")]
    Search { name: String, source: Box<aho_corasick::BuildError> },
    #[error("the model of injections was trained for other code; train it anew (`make train-injection`)")]
    Model,
    #[error("a score of {score} for `{name}` is outside 0 to 1")]
    Score { name: String, score: f32 },
}
