//! Runs that answer a colleague's question: what they begin with, who hears of them, and how they are stopped.

use std::future::Future;

use agents::copilot::{EARLIER, Earlier, Input, answer_of, traces_of};
use domain::{copilot::Asked, errand::PROPOSE, run::RunInput, tool::ToolCall};
use tokio::sync::broadcast::error::RecvError;
use tracing::warn;

use super::session::{Halt, Session};
use crate::live::LiveBody;

impl Session {
    /// Why a question may not make this call. Whatever it was granted: who asks is not who decides, so all that
    /// it may do is put something before a person.
    pub(super) fn beyond_a_question(&self, call: &ToolCall) -> Option<String> {
        if call.tool != PROPOSE {
            return Some(format!(
                "`{}` is no tool to look things up with; what a colleague wants done is put before a person with \
                 `{PROPOSE}`",
                call.tool
            ));
        }
        // A person would decide on it, but on the word of a stranger.
        let suspicion = self.suspicions.found.first()?;
        Some(format!(
            "what was read reads like an order to an agent ({}), so nothing is proposed after it: the colleague has \
             to do this in the ticket",
            suspicion.place
        ))
    }

    /// The question, and what was asked and answered before it in the same conversation.
    pub(super) async fn input_asked(&self, asked: &Asked) -> Result<RunInput, Halt> {
        let mut before = self.store.questions(asked.by, asked.thread_id).await?;
        before.retain(|run| run.asked.as_ref().is_some_and(|earlier| earlier.seq < asked.seq));
        before.drain(..before.len().saturating_sub(EARLIER));
        let mut earlier = Vec::with_capacity(before.len());
        for run in before {
            let steps = self.store.steps(run.id).await?;
            let Some(question) = run.asked.map(|asked| asked.text) else { continue };
            match answer_of(run.id, &steps, &rag::groundedness::Lexical) {
                Ok(Some(answer)) => {
                    let traces = traces_of(run.id, &steps).unwrap_or_default();
                    let text = answer.text();
                    earlier.push(Earlier { question, answer: text, sources: answer.sources, traces });
                }
                Ok(None) => {}
                Err(error) => {
                    warn!(%error, run = %run.id, "an earlier answer cannot be read and is left out")
                }
            }
        }
        let input = Input {
            question: asked.text.clone(),
            looking_at: asked.looking_at,
            at: self.house.clock.now(),
            earlier,
        };
        let data = serde_json::to_value(input).map_err(|error| Halt::Quarantine(error.to_string()))?;
        Ok(RunInput {
            ticket: None,
            messages: Vec::new(),
            reports: Vec::new(),
            heard: 0,
            customer: None,
            contact: None,
            data,
        })
    }

    /// Tells who asked what is looked at for them.
    pub(super) fn tell_looks(&self, tools: Vec<String>) {
        if let Some(asked) = &self.run.asked {
            let (by, run_id) = (asked.by, self.run.id);
            self.house.live.send(self.store.id(), LiveBody::CopilotLooks { by, run_id, tools });
        }
    }

    /// Waits for a model, unless whoever asked has the run stopped meanwhile. What another process is told is not
    /// heard here: there the next write is refused.
    pub(super) async fn unless_stopped<T>(&self, answer: impl Future<Output = T>) -> Result<T, Halt> {
        if self.run.asked.is_none() {
            return Ok(answer.await);
        }
        let mut live = self.house.live.subscribe();
        let stopped = async {
            loop {
                match live.recv().await {
                    Ok((_, LiveBody::Stopped { run_id })) if run_id == self.run.id => return,
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        tokio::select! {
            biased;
            answer = answer => Ok(answer),
            () = stopped => Err(Halt::LeaseLost),
        }
    }
}
