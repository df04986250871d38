//! The service: channels in, the run engine, the gate, models, the HTTP API and the CLI.
//!
//! [`app::App`] is everything a running service shares. The binary, the tests, the benchmarks and
//! the evaluations all start the same one.

pub mod answering;
mod api_key;
pub mod app;
pub mod articles;
mod asked;
pub mod autonomy;
pub mod breakers;
pub mod channels;
pub mod cli;
pub mod config;
pub mod copilot;
pub mod credits;
pub mod decided_cases;
pub mod demo;
pub mod engine;
pub mod escalation;
pub mod exercises;
pub mod gaps;
pub mod gate;
pub mod http;
pub mod inbox;
pub mod intake;
pub mod keys;
pub mod knowledge;
pub mod knowledge_index;
pub mod live;
pub mod logging;
pub mod measurements;
pub mod message_html;
pub mod models;
pub mod password;
pub mod people;
pub mod personal;
pub mod policies;
pub mod protections;
pub mod recall;
pub mod replays;
pub mod review_quality;
pub mod scans;
mod sealing;
pub mod second_look;
pub mod sign_in;
pub mod system;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod typed;
