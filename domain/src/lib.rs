//! The words of the house as types, state machines and ports.
//!
//! Nothing here does I/O, speaks HTTP or SQL, reads the wall clock or draws randomness: time and
//! ids come in through [`ports`]. Every other room depends on this one and it depends on none.

pub mod agent;
pub mod answerability;
pub mod approval;
pub mod approval_mail;
pub mod audit;
pub mod autonomy;
pub mod breaker;
pub mod calibration;
pub mod canonical;
pub mod citation;
pub mod commit;
pub mod confidence;
pub mod copilot;
pub mod credit;
pub mod customer;
pub mod decided_case;
pub mod effect;
pub mod errand;
pub mod error;
pub mod evaluation;
pub mod excerpt;
pub mod exercise;
pub mod gap;
pub mod greeting;
pub mod grounding;
pub mod ids;
pub mod knowledge;
pub mod leaving;
pub mod meter;
pub mod model;
pub mod origin;
pub mod paper;
pub mod permission;
pub mod personal_data;
pub mod policy;
pub mod ports;
pub mod presence;
pub mod procedure;
pub mod queue;
pub mod rate;
pub mod resolution;
pub mod review;
pub mod run;
pub mod source;
pub mod stake;
pub mod standing;
pub mod suspicion;
pub mod tending;
pub mod ticket;
pub mod time;
pub mod tool;
pub mod track;
pub mod trigger;
pub mod user;

pub use error::DomainError;
pub use ids::*;
pub use time::{Clock, Timestamp};
