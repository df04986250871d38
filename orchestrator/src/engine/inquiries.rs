//! What became of an attempt: the other side is asked, where it can be.

use std::time::Duration;

use domain::{
    effect::Effect,
    tool::{AnyTool, Inquiry, ToolError, ToolOutput},
};
use tokio::time;

use super::{effects::MAX_ATTEMPTS, session::Session};

/// Finding out what became of an attempt, with the wait for a permit to ask.
const INQUIRY: Duration = Duration::from_secs(15);

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

    /// Turns "it may have been done" into knowledge where that is possible.
    pub(super) async fn find_out(
        &self,
        tool: &dyn AnyTool,
        effect: &Effect,
        why: String,
    ) -> Result<ToolOutput, ToolError> {
        match self.inquire(tool, effect).await {
            Inquiry::Done(output) => Ok(output),
            Inquiry::NotDone => Err(ToolError::Unavailable(why)),
            // The other side recognises the key, so repeating is safe.
            Inquiry::CannotTell if tool.spec().idempotent && effect.attempts < MAX_ATTEMPTS => {
                Err(ToolError::Unavailable(why))
            }
            Inquiry::CannotTell => Err(ToolError::Unknown(why)),
        }
    }
}
