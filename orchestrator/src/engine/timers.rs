//! What happens because its time has come, late rather than never: follow-ups fire, approvals that
//! nobody decides are recalled to people, go to a higher role, and end. Every process keeps time; what another has done
//! already is not done twice.

use std::{sync::Arc, time::Duration};

use domain::{
    Timestamp, WorkspaceId,
    approval::ApprovalStatus,
    commit::{Commit, CommitError, Op},
    credit::Spent,
    meter::Window,
    user::Actor,
};
use store::StoreError;
use tokio::{sync::watch, time};
use tracing::warn;

use super::{Engine, stopped};

/// Of each kind, in one workspace, at one tick.
const AT_ONCE: i64 = 100;
const HOUR: Duration = Duration::from_secs(60 * 60);

impl Engine {
    pub(super) async fn keep_time(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut tick = time::interval(self.poll.max(Duration::from_millis(200)));
        tick.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        let mut hour = time::interval(HOUR);
        hour.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stopped(&mut stopping) => return,
                _ = tick.tick() => self.tick().await,
                _ = hour.tick() => self.tidy().await,
            }
        }
    }

    async fn tick(&self) {
        let workspaces = match self.house.store.workspaces().await {
            Ok(workspaces) => workspaces,
            Err(error) => return warn!(%error, "what is due could not be looked up"),
        };
        for workspace in workspaces {
            if let Err(error) = self.fire_follow_ups(workspace.id).await {
                warn!(%error, workspace = %workspace.id, "follow-ups could not be looked up");
            }
            if let Err(error) = self.nudge_approvals(workspace.id).await {
                warn!(%error, workspace = %workspace.id, "approvals that are due could not be looked up");
            }
            if let Err(error) = self.expire_approvals(workspace.id).await {
                warn!(%error, workspace = %workspace.id, "overdue approvals could not be looked up");
            }
        }
    }

    /// Forgets what nobody asks for any more, and settles what a process left open that ended.
    async fn tidy(&self) {
        let now = self.house.clock.now();
        if let Err(error) = self.house.store.forget_minutes(now.minus(24 * HOUR)).await {
            warn!(%error, "meters of past minutes could not be taken away");
        }
        if let Err(error) = self.prune_audits(now).await {
            warn!(%error, "old entries of the audit could not be taken away");
        }
        match self.house.store.abandoned_reservations(now.minus(HOUR), AT_ONCE).await {
            Ok(abandoned) => {
                for (workspace, reservation_id) in abandoned {
                    let op = Op::Settle { reservation_id, run_id: None, spent: Spent::Unknown, at: now };
                    let store = self.house.store.workspace(workspace);
                    if let Err(error) = store.commit(Commit { ops: vec![op] }).await {
                        warn!(%error, reservation = %reservation_id, "credits that were left set aside stay so");
                    }
                }
            }
            Err(error) => warn!(%error, "credits that were left set aside could not be looked up"),
        }
    }

    /// By whole days, so that it is done once in each.
    async fn prune_audits(&self, now: Timestamp) -> Result<(), StoreError> {
        let days = self.house.runs.keep_audit_days;
        if days == 0 {
            return Ok(());
        }
        let before = Window::Day.start(now.minus(HOUR * 24 * days));
        for workspace in self.house.store.workspaces().await? {
            self.house.store.workspace(workspace.id).prune_audit(before, Actor::System).await?;
        }
        Ok(())
    }

    async fn fire_follow_ups(&self, workspace: WorkspaceId) -> Result<(), StoreError> {
        let store = self.house.store.workspace(workspace);
        for due in store.due_follow_ups(self.house.clock.now(), AT_ONCE).await? {
            let key = format!("follow-up-{}-{}", due.ticket_id, due.version);
            match self.intake.follow_up_due(workspace, due.ticket_id, due.note.clone(), key).await {
                // A duplicate was fired before a crash kept it from being marked.
                Ok(_) | Err(CommitError::Duplicate { .. }) => {
                    store.mark_follow_up_fired(due.ticket_id, due.version).await?;
                }
                Err(error) => warn!(%error, ticket = %due.ticket_id, "a follow-up could not be fired"),
            }
        }
        Ok(())
    }

    /// Reminds of approvals that nobody has decided, and hands them to the role that they escalate to. Who
    /// may decide follows the clock alone; this lets lists and people know.
    async fn nudge_approvals(&self, workspace: WorkspaceId) -> Result<(), StoreError> {
        let store = self.house.store.workspace(workspace);
        let now = self.house.clock.now();
        for due in store.due_approvals(now, AT_ONCE).await? {
            let op = Op::NudgeApproval { approval_id: due.id, at: now };
            if let Err(error) = store.commit(Commit { ops: vec![op] }).await {
                warn!(%error, approval = %due.id, "nobody could be told of an approval that waits");
            }
        }
        Ok(())
    }

    /// A waiting run ends its own overdue approvals when it is worked on. This ends those that no
    /// run sees to, and wakes runs that still wait for one.
    async fn expire_approvals(&self, workspace: WorkspaceId) -> Result<(), StoreError> {
        let store = self.house.store.workspace(workspace);
        let now = self.house.clock.now();
        for overdue in store.expired_approvals(now, AT_ONCE).await? {
            let op = Op::EndApproval { approval_id: overdue.id, status: ApprovalStatus::Expired, at: now };
            if let Err(error) = store.commit(Commit { ops: vec![op] }).await {
                warn!(%error, approval = %overdue.id, "an overdue approval could not be ended");
            }
        }
        Ok(())
    }
}
