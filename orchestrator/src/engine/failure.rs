//! What is written down when an attempt at a run fails: when it is due again, or who gets its ticket.

use domain::{
    EventId, Timestamp,
    approval::{Approval, ApprovalStatus},
    commit::{Commit, CommitError, Op, RunChange, RunTo},
    credit::Spent,
    model::Usage,
    run::Run,
    ticket::{EventBody, NewEvent},
    user::Actor,
};
use tokio::time;
use tracing::{debug, error, warn};

use super::{House, session::Halt, stopped::stop_if_failing};
use crate::{breakers::automatic::Pass, measurements};

/// What an attempt that failed paid all the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Paid {
    pub(super) settlements: Vec<Op>,
    pub(super) usage: Usage,
}

/// Writes down that an attempt failed. If even that is impossible the lease runs out and the run
/// is taken up again.
pub(super) async fn settle_failure(
    house: &House,
    workspace: domain::WorkspaceId,
    run: &Run,
    halt: Halt,
    (probe, paid): (Option<Pass>, Paid),
) {
    let error = halt.to_string();
    let lost = matches!(halt, Halt::LeaseLost);
    let over = write_failure(house, workspace, run, halt, paid).await;
    match probe {
        Some(probe) if lost => house.outside.automatic.released(probe).await,
        // Of a probe one failed attempt tells enough.
        probe if over || probe.is_some() => {
            house.outside.run_ended(workspace, &run.agent, probe, Some(&error)).await;
        }
        _ => {}
    }
    if over {
        stop_if_failing(house, workspace, &run.agent).await;
    }
}

/// Returns whether the run is over for good.
async fn write_failure(
    house: &House,
    workspace: domain::WorkspaceId,
    run: &Run,
    halt: Halt,
    paid: Paid,
) -> bool {
    let now = house.clock.now();
    let to = match halt {
        Halt::Parked => return false,
        Halt::LeaseLost => {
            debug!("the lease was lost; another worker has the run");
            metrics::counter!("countersign_lease_losses_total").increment(1);
            return false;
        }
        Halt::Quarantine(error) => {
            error!(%error, "the run is quarantined");
            RunTo::Quarantined { error }
        }
        Halt::Retry(error) if run.attempts + 1 >= house.runs.max_attempts => {
            error!(%error, "the run is given up");
            RunTo::Dead { error }
        }
        Halt::Retry(error) => {
            warn!(%error, attempt = run.attempts + 1, "the attempt failed");
            let wait = house.runs.retry.saturating_mul(1 << run.attempts.clamp(0, 10));
            let jitter = 0.5 + house.ids.fraction();
            RunTo::Retry { error, at: now.plus(wait.mul_f64(jitter)) }
        }
    };
    let store = house.store.workspace(workspace);
    let mut ops = Vec::new();
    let over = matches!(to, RunTo::Dead { .. } | RunTo::Quarantined { .. });
    let ended = match &to {
        RunTo::Dead { .. } => Some("dead"),
        RunTo::Quarantined { .. } => Some("quarantined"),
        _ => None,
    };
    if let (Some(ticket_id), RunTo::Dead { error } | RunTo::Quarantined { error }) = (run.ticket_id, &to) {
        // A ticket is never lost with its run: a person gets it.
        let summary = format!("Run {} stopped: {error}", run.id);
        let body = EventBody::escalated("the agent could not finish", summary);
        let event = NewEvent {
            id: EventId::new(&*house.ids),
            idempotency_key: None,
            actor: Actor::Agent { agent: run.agent.clone(), run_id: run.id },
            body,
            at: now,
        };
        ops.push(Op::Append { ticket_id, events: vec![event] });
    }
    let settled = |op: &Op, id| matches!(op, Op::Settle { reservation_id, .. } if *reservation_id == id);
    for id in run.reservations.iter().filter(|_| over) {
        // Nobody comes back to it.
        if !paid.settlements.iter().any(|op| settled(op, *id)) {
            let (run_id, spent) = (Some(run.id), Spent::Unknown);
            ops.push(Op::Settle { reservation_id: *id, run_id, spent, at: now });
        }
    }
    ops.extend(paid.settlements);
    ops.push(Op::Run(Box::new(RunChange {
        run_id: run.id,
        fence: run.fence,
        expect_signals: None,
        steps: Vec::new(),
        usage: paid.usage,
        seen_signals: None,
        seen_version: None,
        to,
        at: now,
    })));
    if over && run.step_count > 0 {
        match store.approvals_of_run(run.id).await {
            Ok(approvals) => ops.extend(ends(&approvals, now)),
            Err(error) => warn!(%error, "its approvals cannot be read; they end when their time is over"),
        }
    }
    for _ in 0..5 {
        match store.commit(Commit { ops: ops.clone() }).await {
            Ok(_) => {
                match ended {
                    Some(ended) => measurements::run_ended(&run.agent, ended),
                    None => measurements::attempt_failed(&run.agent),
                }
                return over;
            }
            Err(CommitError::LeaseLost(_)) => return false,
            Err(CommitError::Busy { retry_after }) => time::sleep(retry_after).await,
            Err(error) => {
                error!(%error, "a failed attempt could not be written down");
                return false;
            }
        }
    }
    false
}

/// Nobody acts any more on a decision about a run that is over: what it has put before people ends
/// with it. After the run's own change, so that it is not signalled.
pub(super) fn ends(approvals: &[Approval], at: Timestamp) -> impl Iterator<Item = Op> {
    approvals.iter().filter(|approval| approval.status == ApprovalStatus::Pending).map(move |approval| {
        let overdue = at >= approval.expires_at;
        let status = if overdue { ApprovalStatus::Expired } else { ApprovalStatus::Superseded };
        Op::EndApproval { approval_id: approval.id, status, at }
    })
}
