//! The demo workspace: a small outdoor shop to try the service on. The [`shop`] is a real order
//! service over HTTP, the [`site`] a page of it with the chat widget; [`seed`] fills a workspace with
//! its people, articles, orders and tickets.

mod content;
mod plan;
pub mod seed;
pub mod shop;
pub mod site;

pub use plan::{CUSTOMERS, ORDERS, Plan, TOUR_EMAIL, TOUR_ORDER};
pub use seed::{NAME, Progress, SLUG, SeedError, SeedOptions, SeedReport, is_seeded, seed};

/// The shop's endpoints as declared tools.
pub const SHOP_TOOLS: &str = include_str!("../../demo/shop-tools.toml");
/// What the shop's agents know how to do.
pub const PROCEDURES: &str = include_str!("../../demo/procedures.toml");
