//! What the offline model promises, on the demo shop's own articles, procedures and tools.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod answers;
mod learning;
mod properties;
mod requests;
mod stage;
