//! Evaluations: whether what the service does is right, held with the same service that the binary starts.
//!
//! [`suite`] reads the folders in `suites/`, [`case`] what a conversation is; [`desk`] starts the service and holds
//! it, with what [`fixtures`] lays out; [`story`] says what came of it, [`score`] compares that with what was
//! expected, and [`judge`] asks a model where words alone say what is right; [`tapes`] answers in the place of a
//! provider. [`retail`] holds the tasks of a public shop, [`data`] measures what needs no conversation. [`runner`]
//! does all that side by side and [`record`] keeps it; [`summary`], [`report`], [`compare`] and [`stats`] say what it
//! means, and [`publish`] sends it to a service. Nothing here knows how an agent
//! works: a case sees what a customer and a reviewer see, and what was done to the shop.

pub mod case;
pub mod cli;
mod clock;
pub mod compare;
mod data;
pub mod desk;
pub mod fixtures;
mod import;
pub mod judge;
pub mod publish;
pub mod record;
pub mod report;
mod retail;
pub mod runner;
pub mod score;
pub mod stats;
mod story;
pub mod suite;
pub mod summary;
pub mod tapes;

/// The suites that come with the crate.
pub const SUITES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/suites");
