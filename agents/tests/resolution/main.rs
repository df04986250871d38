//! What the resolution agent promises, checked on journals that are written by hand.

#![allow(clippy::unwrap_used, clippy::panic)]

mod answers;
mod calls;
mod handoffs;
mod journals;
mod properties;
mod reports;
mod world;
