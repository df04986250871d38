//! The HTTP API through its public face. One file per noun, as in `src/http`; one binary, because
//! linking is what takes long.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on says so")]

mod access;
mod accounts;
mod agents;
mod answers;
mod approval_link;
mod approvals;
mod articles;
mod channels;
mod console;
mod conversations;
mod copilot;
mod credits;
mod customers;
mod deliveries;
mod description;
mod desk;
mod errands;
mod exercises;
mod files;
mod folders;
mod footing;
mod headers;
mod help;
mod inbound_email;
mod inbox;
mod index;
mod isolation;
mod knowledge;
mod layers;
mod mentions;
mod people;
mod personal_data;
mod planted;
mod policy;
mod portal;
mod problems;
mod providers;
mod ratings;
mod review_quality;
mod runs;
mod safety;
mod scans;
mod second_factor;
mod second_look;
mod session;
mod sites;
mod sources;
mod stream;
mod system;
mod tickets;
mod tools;
mod triggers;
