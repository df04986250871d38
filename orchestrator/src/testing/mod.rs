//! Scripted counterparts for tests, benchmarks and evaluations. Never part of the service.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails here fails a test or a benchmark, with its place"
)]

pub mod app;
pub mod arrivals;
pub mod bulk;
mod client;
pub mod load;
pub mod mail_servers;
pub mod model_server;
pub mod process;
pub mod site;
