//! The run engine's promises, kept by the real service on a database, a shop and a model that
//! fail on demand.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod approvals;
mod borders;
mod breakers;
mod commands;
mod credits;
mod effects;
mod fault;
mod limits;
mod models;
mod obedient;
mod outside;
mod policy;
mod prompts;
mod replays;
mod rig;
mod runs;
mod servers;
mod triggers;
mod undo;
mod victim;
