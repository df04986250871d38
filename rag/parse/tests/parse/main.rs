//! Every kind of file, well made and hostile.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod documents;
mod files;
mod hostile;
mod isolation;
mod kinds;
mod properties;
mod tables;

use parse::{Input, Limits, ParseError, Parsed};

/// Parses a file of this name in this process.
fn all(name: &str, bytes: &[u8]) -> Result<Vec<Parsed>, ParseError> {
    parse::parse(Input { bytes, file_name: Some(name), media_type: None }, &Limits::default())
}

/// The only document of a file.
fn one(name: &str, bytes: impl AsRef<[u8]>) -> Parsed {
    let mut all = all(name, bytes.as_ref()).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

fn refused(name: &str, bytes: impl AsRef<[u8]>) -> ParseError {
    all(name, bytes.as_ref()).unwrap_err()
}
