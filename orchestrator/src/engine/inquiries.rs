//! What became of an attempt: the other side is asked, where it can be.

use std::time::Duration;

use domain::{
    effect::Effect,
    tool::{AnyTool, Inquiry, ToolError, ToolOutput, ToolSpec},
};
use tokio::time;

use super::session::Session;

/// Finding out what became of an attempt, with the wait for a permit to ask.
const INQUIRY: Duration = Duration::from_secs(15);

/// Why nobody knows yet whether an effect was done.
pub(super) struct Doubt {
    pub(super) why: String,
    /// Where it was not done, it can be attempted again at once.
    pub(super) repeats: bool,
    /// The last attempt was refused: another would be too.
    pub(super) refused: bool,
}

/// Whether an attempt may have been seen through unseen, this one or one before it: nobody is told that it was
/// not done before that is known.
pub(super) fn doubted(
    spec: &ToolSpec,
    effect: &Effect,
    result: &Result<ToolOutput, ToolError>,
    may_go_on: bool,
) -> Option<Doubt> {
    let repeats = spec.idempotent && may_go_on;
    match result {
        Err(ToolError::Unknown(why)) => Some(Doubt { why: why.clone(), repeats, refused: false }),
        // An attempt that may be repeated is put off without asking what became of it.
        Err(ToolError::Unavailable(why)) if !may_go_on && spec.idempotent => {
            Some(Doubt { why: why.clone(), repeats, refused: false })
        }
        // A refusal is of this attempt alone: the one before may be at work still, or done.
        Err(error @ (ToolError::Refused(_) | ToolError::NotTheirs(_) | ToolError::Arguments { .. }))
            if spec.idempotent && effect.error.is_some() =>
        {
            Some(Doubt { why: error.to_string(), repeats: false, refused: true })
        }
        _ => None,
    }
}

impl Session {
    pub(super) async fn inquire(&self, tool: &dyn AnyTool, effect: &Effect) -> Inquiry {
        let context = self.context();
        let key = effect.idempotency_key();
        let inquiry = async {
            match self.house.outside.permit_for(tool).await {
                true => tool.inquire(&context, &key).await,
                false => Inquiry::CannotTell,
            }
        };
        time::timeout(INQUIRY, inquiry).await.unwrap_or(Inquiry::CannotTell)
    }
}
