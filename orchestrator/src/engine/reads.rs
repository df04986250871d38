//! Calls that change nothing: made side by side, several times if need be, and put off while what they ask
//! keeps failing or takes no more calls.

use std::time::Duration;

use domain::{
    Timestamp,
    agent::ProposedCall,
    canonical::Digest,
    run::{CallOutcome, StepBody},
    tool::{AnyTool, ToolCall, ToolContext, ToolError},
};
use futures::future::join_all;
use tokio::time;

use super::{
    limits,
    session::{Halt, Session},
};
use crate::breakers::{automatic::Pause, outside::CameOf};

/// Attempts at one read before the agent is told that it failed.
const TRIES: u64 = 3;
/// Attempts at one read that found its far side open again each time and failed.
const MOST: u64 = 10;

impl Session {
    /// Reads change nothing, so they run side by side and go into the journal with the next write. What has to
    /// wait is left as it is, and its reasons are returned.
    pub(super) async fn read_all(
        &mut self,
        reads: Vec<ProposedCall>,
    ) -> Result<Vec<(String, Timestamp)>, Halt> {
        let context = self.context();
        let paid = self.pay_for_reads(reads.iter().map(|proposed| proposed.call.tool.as_str())).await?;
        let started = self.house.clock.now();
        let session = &*self;
        let results = join_all(reads.into_iter().zip(paid).filter_map(|(proposed, paid)| {
            let tool = session.granted(&proposed.call.tool)?;
            let stopped = session.stopped_read(tool.spec());
            let repeated = limits::repeated(&session.steps, session.settings.limits, &proposed.call);
            let context = &context;
            Some(async move {
                let outcome = match (stopped, repeated) {
                    (Some(error), _) => Ok(CallOutcome::Failed { error }),
                    (None, Some(reason)) => Ok(CallOutcome::Refused { reason }),
                    (None, None) => session.read(&*tool, context, &proposed.call).await,
                };
                (proposed.call, paid, outcome)
            })
        }))
        .await;
        let mut waits = Vec::new();
        for (call, paid, outcome) in results {
            let usage = self.settle_read(paid, &call.tool, outcome.as_ref().ok());
            let outcome = match outcome {
                Ok(outcome) => outcome,
                Err(pause) => {
                    waits.push((pause.why, pause.until));
                    continue;
                }
            };
            let digest = Digest::of(&call);
            let body = StepBody::Tool {
                call,
                effect_id: None,
                approval_id: None,
                edited: false,
                judged: None,
                outcome,
            };
            self.push_timed(body, Some(digest), usage, None, started);
        }
        Ok(waits)
    }

    async fn read(
        &self,
        tool: &dyn AnyTool,
        context: &ToolContext,
        call: &ToolCall,
    ) -> Result<CallOutcome, Pause> {
        let limit = self.house.runs.tool_timeout;
        let mut tries = 0;
        loop {
            tries += 1;
            let leave = self.enter(tool).await?;
            let result = match time::timeout(limit, tool.read(context, &call.args)).await {
                Ok(result) => result,
                Err(_) => Err(ToolError::Unavailable(format!("no answer within {} s", limit.as_secs_f32()))),
            };
            let came = result.as_ref().map_or_else(CameOf::tool, |_| CameOf::Answer);
            let open = self.house.outside.left(leave, came).await;
            return match result {
                Ok(output) => Ok(CallOutcome::Ok { content: output.content }),
                Err(
                    error @ (ToolError::Arguments { .. } | ToolError::Refused(_) | ToolError::NotTheirs(_)),
                ) => Ok(CallOutcome::Refused { reason: error.to_string() }),
                // The next round finds what is to be waited for.
                Err(ToolError::Limited { .. }) if tries < MOST => continue,
                Err(ToolError::Unavailable(_) | ToolError::Unknown(_)) if open && tries < MOST => continue,
                Err(ToolError::Unavailable(_)) if tries < TRIES => {
                    time::sleep(Duration::from_millis(100 * tries)).await;
                    continue;
                }
                Err(error) => Ok(CallOutcome::Failed { error: error.to_string() }),
            };
        }
    }
}
