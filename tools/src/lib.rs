//! Everything an agent may call: the built-in tools (one file each), HTTP tools declared in a
//! file, tools of MCP servers, and the [`Catalog`] that holds them all.
//!
//! Tools look knowledge and records up through the ports of their context. Raw HTTP lives in
//! [`http`] and [`mcp`] alone.

pub mod builtin;
pub mod catalog;
mod error;
pub mod http;
pub mod limits;
pub mod mcp;
pub mod published;
mod schema;
pub mod secrets;
#[cfg(feature = "testing")]
#[allow(clippy::expect_used, reason = "what goes wrong in a test panics and says what to do")]
pub mod testing;

mod add_article;
mod add_note;
mod add_tags;
mod call_webhook;
mod close_ticket;
mod escalate;
mod get_customer;
mod get_ticket_history;
mod reply_to_customer;
mod schedule_follow_up;
mod search_knowledge;
mod set_ticket_fields;
mod staff;

pub use builtin::WebhookSettings;
pub use catalog::{Catalog, LeftOut, ServerTools, Suspension};
pub use error::ToolsError;
pub use secrets::{Secret, Secrets};
