//! Mail through real servers: Exim takes and delivers it, Dovecot serves the mailbox, the service
//! polls and answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

mod approvals;
mod arriving;
mod desk;
mod leaving;
mod letters;
mod unreadable;
