//! Runs that answer a question of a colleague, stopped by them.

use domain::{
    RunId, Timestamp, UserId,
    commit::CommitError,
    copilot::STOPPED,
    run::{Outcome, RunStatus},
};

use super::{Unit, touch};

impl Unit<'_> {
    /// Takes the run from whoever works on it: what they write from here on is refused as of a lease that was
    /// lost.
    pub(super) fn stop_run(&mut self, id: RunId, by: UserId, at: Timestamp) -> Result<(), CommitError> {
        let mut run = self.run(id)?.clone();
        if run.asked.as_ref().is_none_or(|asked| asked.by != by) {
            return Err(CommitError::NotFound(format!("run {id}")));
        }
        touch(&mut self.touched.runs, id);
        if !run.status.is_active() {
            return Ok(());
        }
        if !run.reservations.is_empty() {
            return Err(CommitError::Conflict(format!(
                "run {id} holds credits that were not settled with it"
            )));
        }
        run.status = RunStatus::Done;
        run.outcome = Some(Outcome::Nothing { reason: STOPPED.to_owned() });
        run.error = None;
        run.fence += 1;
        run.lease_owner = None;
        run.lease_until = None;
        run.wake_at = None;
        run.waiting_for = None;
        run.updated_at = at;
        self.store_run(run);
        Ok(())
    }
}
