//! How a run is written: what is not in the database yet, with where the run goes from there, in one commit.

use std::{sync::Arc, time::Duration};

use domain::{
    Timestamp,
    commit::{Commit, CommitError, Op, Receipt, RunChange, RunTo},
    model::Usage,
    run::{Run, Step, StepBody},
};
use tokio::time;
use tracing::warn;

use super::{
    failure::ends,
    session::{Halt, Session},
};

impl Session {
    /// Whether anything has come of this attempt that the database does not know.
    pub(super) fn has_unwritten_steps(&self) -> bool {
        self.written < self.steps.len() || !self.ops.is_empty()
    }

    /// Whether what was paid or done outside of the house is known only to this process.
    pub(super) fn has_unwritten_progress(&self) -> bool {
        let paid = |step: &Step| matches!(step.body, StepBody::Model { .. } | StepBody::Unusable { .. });
        self.steps[self.written..].iter().any(paid)
            || self.ops.iter().any(|op| matches!(op, Op::ChangeEffect(_)))
    }

    /// Before an attempt that failed is written down as that: what came of it until then, such as a refund that was
    /// made, is as true as before.
    pub(super) async fn keep(&mut self, halt: Halt) -> Halt {
        let failed = matches!(halt, Halt::Retry(_) | Halt::Quarantine(_));
        if !failed || self.failed_to_write || !self.has_unwritten_steps() {
            return halt;
        }
        match self.write(RunTo::Prepared, false).await {
            Ok(Written::Done) => halt,
            Ok(written) => {
                warn!(?written, "what an attempt came to is not kept");
                halt
            }
            Err(over @ (Halt::Parked | Halt::LeaseLost)) => over,
            Err(error) => {
                warn!(%error, "what an attempt came to is not kept");
                halt
            }
        }
    }

    /// Writes everything that is not written yet and moves the run. `guarded` refuses when the run
    /// was signalled meanwhile; the caller must then look at what is new.
    pub(super) async fn write(&mut self, to: RunTo, guarded: bool) -> Result<Written, Halt> {
        let steps = self.steps[self.written..].to_vec();
        // What was paid for nothing that a step holds.
        let mut usage = self.paid.usage;
        for step in &steps {
            usage.tokens_in += step.usage.tokens_in;
            usage.tokens_out += step.usage.tokens_out;
            usage.cost_micros += step.usage.cost_micros;
        }
        let over = matches!(to, RunTo::Done(_));
        let mut ops = self.ops.clone();
        ops.push(Op::Run(Box::new(RunChange {
            run_id: self.run.id,
            fence: self.run.fence,
            expect_signals: guarded.then_some(self.run.seen_signals),
            steps,
            usage,
            seen_signals: Some(self.run.seen_signals),
            seen_version: Some(self.run.seen_version),
            to,
            at: self.house.clock.now(),
        })));
        if over {
            ops.extend(ends(&self.approvals, self.house.clock.now()));
            ops.extend(self.after_errand());
        }
        let committed = self.commit(Commit { ops }).await;
        self.failed_to_write = committed.is_err();
        let receipt = match committed? {
            Ok(receipt) => receipt,
            Err(Refused::Stale(stale)) => {
                self.run.signals = stale.signals;
                return Ok(Written::Stale);
            }
            Err(Refused::Exhausted { why, until }) => {
                if self.ops.iter().any(|op| matches!(op, Op::Count { .. })) {
                    self.begin_later(&why, until).await?;
                }
                return Ok(Written::Exhausted { why, until });
            }
        };
        for ceiling in &receipt.warnings {
            warn!(ceiling, "four fifths of this are used");
        }
        self.written = self.steps.len();
        self.ops.clear();
        self.paid.usage = Usage::default();
        if let Some(run) = receipt.run(self.run.id) {
            self.run = run.clone();
        }
        if let Some(ticket) = self.run.ticket_id.and_then(|id| receipt.ticket(id)) {
            self.ticket = Some(ticket.clone());
        }
        Ok(Written::Done)
    }

    pub(super) async fn commit(&self, commit: Commit) -> Result<Result<Receipt, Refused>, Halt> {
        let commit = Arc::new(commit);
        let mut tries = 0;
        loop {
            tries += 1;
            match self.store.commit(Arc::clone(&commit)).await {
                Ok(receipt) => return Ok(Ok(receipt)),
                Err(CommitError::Stale { run }) => return Ok(Err(Refused::Stale(run))),
                Err(CommitError::Exhausted { why, until }) => {
                    return Ok(Err(Refused::Exhausted { why, until }));
                }
                Err(CommitError::LeaseLost(_)) => return Err(Halt::LeaseLost),
                Err(CommitError::Busy { retry_after }) if tries < 100 => time::sleep(retry_after).await,
                // The connection may come back before the lease ends; what was not acknowledged is
                // refused by its sequence number if it was written after all.
                Err(CommitError::Unavailable(_)) if tries < 4 => {
                    time::sleep(Duration::from_millis(200 * tries)).await
                }
                Err(error) => return Err(Halt::Retry(error.to_string())),
            }
        }
    }
}

/// Why nothing was written.
pub(super) enum Refused {
    Stale(Box<Run>),
    Exhausted { why: String, until: Timestamp },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Done,
    /// Something new reached the run; nothing was written.
    Stale,
    /// A ceiling would be passed; nothing was written.
    Exhausted {
        why: String,
        until: Timestamp,
    },
}
