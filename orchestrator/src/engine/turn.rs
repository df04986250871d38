//! One turn after another: what the agent wants next, performed.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use domain::{
    DomainError, RunId, UserId, WorkspaceId,
    agent::{Next, Wait},
    canonical::Digest,
    commit::RunTo,
    credit::Spent,
    gap::GapCause,
    model::{ModelError, ModelFailure, ModelRequest, TextSink},
    run::{Outcome, StepBody},
    ticket::EventBody,
};

use tracing::warn;

use super::{
    credits::Afforded,
    limits,
    models::name_calls,
    session::{Halt, Session},
    writing::Written,
};
use crate::{
    gaps::{Unanswered, record, unanswered_in},
    live::{Live, LiveBody},
    measurements,
};

impl Session {
    /// Works until the run waits, ends or fails; says why it stopped.
    pub(super) async fn drive(&mut self) -> Halt {
        loop {
            if *self.stopping.borrow() {
                return self.hand_back().await;
            }
            if let Err(halt) = self.turn().await {
                return halt;
            }
        }
    }

    /// Leaves the run where any process can go on with it at once.
    async fn hand_back(&mut self) -> Halt {
        let to = RunTo::Waiting {
            for_what: "the service to start again".to_owned(),
            wake_at: Some(self.house.clock.now()),
        };
        match self.write(to, false).await {
            Ok(_) => Halt::Parked,
            Err(halt) => halt,
        }
    }

    async fn turn(&mut self) -> Result<(), Halt> {
        let agent = self.house.agents.get(&self.run.agent).ok_or_else(|| {
            Halt::Quarantine(format!("there is no agent `{}` in this version", self.run.agent))
        })?;
        let next = agent.next(&self.view()).map_err(|error| match error {
            DomainError::Journal { .. } => Halt::Quarantine(error.to_string()),
            other => Halt::Quarantine(format!("the agent failed: {other}")),
        })?;
        if matches!(next, Next::Model(_) | Next::Tools(_))
            && let Some(stop) = self.stopped()
        {
            return self.park_until_closed(&stop).await;
        }
        if matches!(next, Next::Model(_) | Next::Tools(_))
            && let Err(pause) = self.enter_agent().await
        {
            return self.park_until(pause).await;
        }
        if matches!(next, Next::Model(_) | Next::Tools(_))
            && let Some(why) = limits::used_up(&self.steps, self.settings.limits)
        {
            return Err(Halt::Quarantine(why));
        }
        match next {
            Next::Model(request) => self.call_model(*request).await,
            Next::Tools(calls) => self.settle_calls(calls).await,
            Next::Wait(wait) => self.wait(wait).await,
            Next::End(outcome) => self.end(outcome).await,
        }
    }

    async fn call_model(&mut self, mut request: ModelRequest) -> Result<(), Halt> {
        request.workspace = Some(self.store.id());
        let set_aside = self.set_aside(self.house.model.most(&request)).await?;
        if self.has_unwritten_progress() {
            // A model that was paid is never paid again for the same answer, and what was done is not in doubt for
            // as long as a model thinks.
            self.write(RunTo::Running, false).await?;
        }
        self.begun().await?;
        let digest = request.digest();
        let started = self.house.clock.now();
        let sink = ModelSink {
            live: &self.house.live,
            workspace: self.store.id(),
            run: self.run.id,
            by: self.run.asked.as_ref().map(|asked| asked.by),
            begins: AtomicBool::new(true),
        };
        let answer = self.unless_stopped(self.house.model.complete(&request, Some(&sink))).await?;
        let purpose = request.purpose.clone();
        let prompt = Some(request.prompt.clone());
        match answer {
            Ok(mut response) => {
                name_calls(self.steps.len() as i64, &mut response.tool_calls);
                let usage = response.usage;
                self.settle_credits(set_aside, Spent::Micros(usage.cost_micros));
                let body = match self.house.schemas.fault(request.output_schema.as_ref(), &response) {
                    None => StepBody::Model { purpose, response },
                    Some(why) => StepBody::Unusable { purpose, response: Some(response), why },
                };
                self.push_timed(body, Some(digest), usage, prompt, started);
                self.look_again().await
            }
            Err(ModelFailure { error: ModelError::Malformed(why), usage }) => {
                self.settle_credits(set_aside, Spent::Micros(usage.cost_micros));
                let body = StepBody::Unusable { purpose, response: None, why };
                self.push_timed(body, Some(digest), usage, prompt, started);
                Ok(())
            }
            Err(ModelFailure { error: ModelError::Paused { why, until }, usage }) => {
                self.settle_credits(set_aside, Spent::Micros(usage.cost_micros));
                self.paid.usage.add(usage);
                self.park(RunTo::Waiting { for_what: why, wake_at: Some(until) }).await
            }
            Err(ModelFailure { error: error @ ModelError::Unavailable(_), usage })
                if self.run.attempts + 1 < self.house.runs.max_attempts =>
            {
                // What is known already is kept; the next attempt goes on from it. Where there is nothing
                // new there is no progress, and the failed attempts go on being counted.
                if self.has_unwritten_steps() {
                    self.write(RunTo::Running, false).await?;
                }
                // With the failure itself, which leaves the attempts as they are.
                let settled = set_aside.map(|id| self.settlement(id, Spent::Micros(usage.cost_micros)));
                self.paid.settlements.extend(settled);
                self.paid.usage.add(usage);
                Err(Halt::Retry(error.to_string()))
            }
            Err(ModelFailure { error, usage }) => {
                self.settle_credits(set_aside, Spent::Micros(usage.cost_micros));
                let body = StepBody::Failed { what: "model".to_owned(), error: error.to_string() };
                self.push_timed(body, None, usage, prompt, started);
                Ok(())
            }
        }
    }

    /// Has others look at what the reply leaves in doubt, before the agent goes on from it. Without
    /// them, and after a crash in between, the check by words stands.
    async fn look_again(&mut self) -> Result<(), Halt> {
        if self.house.second_look.is_off() {
            return Ok(());
        }
        let Some(agent) = self.house.agents.get(&self.run.agent) else { return Ok(()) };
        let doubts = match agent.doubts(&self.view()) {
            Ok(Some(doubts)) => doubts,
            Ok(None) => return Ok(()),
            Err(error) => {
                // The agent says so itself when it is asked for its next step.
                warn!(%error, "what a reply leaves in doubt cannot be told");
                return Ok(());
            }
        };
        let anchor = self.steps.len() as i64 - 1;
        let look = Arc::clone(&self.house);
        let set_aside = match self.afford(look.second_look.most(&doubts)).await? {
            Afforded::Yes(set_aside) => set_aside,
            Afforded::No(why) => {
                warn!(%why, "what a reply leaves in doubt is not looked at");
                return Ok(());
            }
        };
        if look.second_look.model.is_some() && set_aside.is_none() {
            // As before any other call of a model: what was paid is not lost.
            self.write(RunTo::Running, false).await?;
        }
        let started = self.house.clock.now();
        let looked = look.second_look.look(self.store.id(), &doubts).await;
        let spent = looked.usage.map_or(Spent::Unknown, |usage| Spent::Micros(usage.cost_micros));
        self.settle_credits(set_aside, spent);
        if looked.opinions.is_empty() && looked.prompt.is_none() {
            return Ok(());
        }
        let body = StepBody::Checked { anchor, opinions: looked.opinions };
        let usage = looked.usage.unwrap_or_default();
        self.push_timed(body, Some(Digest::of(&doubts)), usage, looked.prompt, started);
        Ok(())
    }

    async fn wait(&mut self, wait: Wait) -> Result<(), Halt> {
        let now = self.house.clock.now();
        if wait.until.is_some_and(|until| until <= now) {
            let digest = Digest::of(&wait);
            self.push(StepBody::Woken { name: wait.name }, Some(digest));
            return Ok(());
        }
        let to = RunTo::Waiting { for_what: wait.name, wake_at: wait.until };
        self.park(to).await
    }

    /// Writes the run as waiting and stops, unless something new came in meanwhile.
    pub(super) async fn park(&mut self, to: RunTo) -> Result<(), Halt> {
        match self.write(to, true).await? {
            Written::Stale => self.observe().await,
            _ => Err(Halt::Parked),
        }
    }

    async fn end(&mut self, outcome: Outcome) -> Result<(), Halt> {
        let digest = Digest::of(&outcome);
        let kept_ops = self.ops.len();
        self.push(StepBody::Ended { outcome: outcome.clone() }, Some(digest));
        self.ticket_event(EventBody::RunEnded {
            run_id: self.run.id,
            agent: self.run.agent.clone(),
            outcome: outcome.type_name().to_owned(),
            summary: outcome.summary().to_owned(),
        });
        let handed_off = matches!(outcome, Outcome::HandedOff { .. });
        let ended = outcome.type_name();
        match self.write(RunTo::Done(outcome), true).await? {
            Written::Done | Written::Exhausted { .. } => {
                measurements::run_ended(&self.run.agent, ended);
                if handed_off {
                    self.remember_gap().await;
                }
                Err(Halt::Parked)
            }
            Written::Stale => {
                // It has not ended after all: the customer wrote while the answer was on its way.
                self.steps.pop();
                self.ops.truncate(kept_ops);
                self.observe().await
            }
        }
    }
}

impl Session {
    /// Keeps a question that the articles do not answer. It is worth no run: without it, a gap is
    /// counted once less.
    async fn remember_gap(&mut self) {
        // An order to the agent is no question, and whatever else came with it was written by whoever gave it.
        self.look_for_injections();
        if !self.suspicions.found.is_empty() {
            return;
        }
        let Some((question, judged)) = unanswered_in(&self.steps, &self.house.courses) else { return };
        let unanswered = Unanswered {
            question,
            cause: GapCause::HandedOff,
            missing: judged.missing,
            ticket_id: self.run.ticket_id,
            run_id: Some(self.run.id),
        };
        if let Err(error) =
            record(&self.store, &self.house.protections, &*self.house.clock, &*self.house.ids, unanswered)
                .await
        {
            warn!(%error, "the question could not be kept as a gap");
        }
    }
}

struct ModelSink<'a> {
    live: &'a Live,
    workspace: WorkspaceId,
    run: RunId,
    /// Who alone hears it, when it is an answer to their question.
    by: Option<UserId>,
    /// Nothing of this reply was told yet.
    begins: AtomicBool,
}

impl TextSink for ModelSink<'_> {
    fn text(&self, delta: &str) {
        let (run_id, delta) = (self.run, delta.to_owned());
        let body = match self.by {
            None => LiveBody::ModelText { run_id, delta },
            Some(by) => {
                let begins = self.begins.swap(false, Ordering::Relaxed);
                LiveBody::CopilotText { by, run_id, delta, begins }
            }
        };
        self.live.send(self.workspace, body);
    }

    fn restart(&self) {
        self.begins.store(true, Ordering::Relaxed);
    }
}
