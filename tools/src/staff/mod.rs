//! What colleagues have looked up for them: the copilot's tools, one file for each kind of record.
//!
//! They read as the person who asked the run, through the port that knows what that person may see. A run that
//! nobody of the staff asked for gets nothing from them, whatever it was granted.

pub(crate) mod actions;
pub(crate) mod approvals;
pub(crate) mod customers;
pub(crate) mod figures;
pub(crate) mod knowledge;
pub(crate) mod runs;
pub(crate) mod tickets;

use domain::{
    copilot::{Found, Lookup, LookupError},
    tool::{Preview, ToolContext, ToolError, ToolOutput},
};
use serde_json::Value;

use crate::limits::Whole;

/// Records of a list, unless fewer or more are asked for.
const FEW: usize = 10;

pub(crate) type Limit = Option<Whole<1, 25>>;

pub(crate) fn titled(title: impl Into<String>) -> Preview {
    Preview { title: title.into(), ..Preview::default() }
}

/// Looks up as whoever asked, and hands what may be cited on beside what was found.
pub(crate) async fn look(
    context: &ToolContext,
    lookup: Lookup,
    limit: Limit,
) -> Result<ToolOutput, ToolError> {
    let Some(asked) = &context.run.asked else {
        return Err(ToolError::Refused(
            "only a question of a colleague looks records up with this tool".to_owned(),
        ));
    };
    let limit = limit.map_or(FEW, |limit| limit.get() as usize);
    let found = context.ports.staff_records().look(context.workspace_id, asked.by, lookup, limit).await;
    let Found { mut content, sources, summary } = found.map_err(|error| match error {
        LookupError::Unavailable(why) => ToolError::Unavailable(why),
        refused => ToolError::Refused(refused.to_string()),
    })?;
    if let Some(members) = content.as_object_mut() {
        let sources =
            serde_json::to_value(sources).map_err(|error| ToolError::Unavailable(error.to_string()))?;
        members.insert("sources".to_owned(), sources);
    } else {
        content = Value::Null;
    }
    Ok(ToolOutput::new(content, summary))
}

/// An id that a model wrote.
pub(crate) fn id<T: std::str::FromStr>(tool: &str, what: &str, text: &str) -> Result<T, ToolError> {
    text.trim().parse().map_err(|_| ToolError::Arguments {
        tool: tool.to_owned(),
        why: format!("`{text}` is no id of a {what}; take one from what a tool returned"),
    })
}
