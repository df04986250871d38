//! What can go wrong while tools are set up. What goes wrong in a call is `domain::tool::ToolError`.

use thiserror::Error;

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ToolsError {
    /// A declaration in a tools file that cannot be used. Names file, tool and remedy.
    #[error("{file}: {what}")]
    Declaration { file: String, what: String },
    /// A setting of an MCP server or of webhooks that cannot be used.
    #[error("{0}")]
    Setting(String),
    #[error("two tools are called `{0}`; rename one of them or its server")]
    Duplicate(String),
    #[error("there is no tool called `{0}`; list them with `countersign tools list`")]
    UnknownTool(String),
    #[error("`{0}` is not suspended; there is nothing to accept")]
    NotSuspended(String),
    /// The tool changed again between the look and the acceptance.
    #[error("`{0}` has changed again since you looked at it; look again before you accept it")]
    ChangedAgain(String),
    #[error("MCP server `{server}` is not connected: {why}")]
    NotConnected { server: String, why: String },
    /// What was registered cannot be read or written, so nothing new is let in.
    #[error("the registrations of tools are not available: {0}")]
    Registrations(String),
}
