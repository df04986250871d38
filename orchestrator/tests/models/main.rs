//! Promises of the models room, checked against a scripted provider over real sockets.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod command;
mod failures;
mod house;
mod masked;
mod order;
mod replies;
