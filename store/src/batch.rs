//! Many commits in one transaction.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    RunId, WorkspaceId,
    approval::{ApprovalStatus, Decision},
    audit::{AuditAction, Deed},
    commit::{Commit, CommitError, Receipt},
    run::Run,
    track::Tracked,
    user::Actor,
};
use serde_json::json;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _};

use crate::{
    StoreError,
    apply::{Terms, apply},
    dialect::Dialect,
    load::load,
    read::{audit, citations, credits, figures, mentions, paper, track},
    rows,
    scope::Scope,
    sql::{Binds, Statements},
    state::{State, Writes},
};

/// What became of one commit.
pub(crate) struct Done {
    pub result: Result<Receipt, CommitError>,
    /// Runs it leased to this process.
    pub claimed: Vec<Run>,
}

pub(crate) struct Batch<'a> {
    pub statements: &'a Statements,
    pub dialect: Dialect,
    pub terms: &'a Terms,
}

impl Batch<'_> {
    /// Writes all commits that hold in one transaction. On an error nothing was written, except
    /// when the connection broke while committing: then it is not known. `state` may hold what is
    /// remembered of earlier batches; after an error it is worth nothing.
    pub(crate) async fn write(
        &self,
        connection: &mut AnyConnection,
        commits: &[(WorkspaceId, Arc<Commit>)],
        state: &mut State,
        free: usize,
    ) -> Result<Vec<Done>, StoreError> {
        let scope: Scope = commits.iter().map(|(workspace, _)| *workspace).collect();
        let begin = AssertSqlSafe(self.dialect.begin(&scope).into_owned());
        let mut transaction = connection.begin_with(begin).await?;
        let done = self.write_within(&mut transaction, commits, state, free).await?;
        transaction.commit().await?;
        Ok(done)
    }

    /// The same within a transaction that was begun before and goes on.
    pub(crate) async fn write_within(
        &self,
        transaction: &mut AnyConnection,
        commits: &[(WorkspaceId, Arc<Commit>)],
        state: &mut State,
        mut free: usize,
    ) -> Result<Vec<Done>, StoreError> {
        let touched = commits.iter().map(|(workspace, commit)| (*workspace, commit.as_ref()));
        load(transaction, self.statements, self.dialect, touched, state).await?;
        let mut writes = Writes::default();
        let mut done = Vec::with_capacity(commits.len());
        for (workspace, commit) in commits {
            done.push(match apply(state, self.terms, *workspace, commit, &mut free) {
                Ok((receipt, changes, claimed)) => {
                    state.accept(*workspace, changes, &mut writes);
                    let claimed = leased(state, *workspace, claimed);
                    Done { result: Ok(receipt), claimed }
                }
                Err(error) => Done { result: Err(error), claimed: Vec::new() },
            });
        }
        self.flush(transaction, state, &writes).await?;
        Ok(done)
    }

    /// Parents are written before the rows that refer to them.
    async fn flush(
        &self,
        connection: &mut AnyConnection,
        state: &State,
        writes: &Writes,
    ) -> Result<(), StoreError> {
        let all = self.statements;
        for id in &writes.workspaces {
            let Some(counters) = state.workspaces.get(id) else { continue };
            let mut binds = Binds::default();
            binds.id(id).int(counters.next_ticket_number).int(counters.event_position);
            binds
                .execute(
                    connection,
                    "UPDATE workspaces SET next_ticket_number = $2, event_position = $3 WHERE id = $1",
                )
                .await?;
        }
        let tickets: Vec<_> =
            writes.tickets.iter().filter_map(|key| Some((key.0, state.tickets.get(key)?))).collect();
        all.write(connection, &rows::TICKETS, &tickets, rows::put_ticket).await?;

        // A run that ended frees its ticket for the one that starts in the same batch.
        let mut runs: Vec<_> =
            writes.runs.iter().filter_map(|key| Some((key.0, state.runs.get(key)?))).collect();
        runs.sort_by_key(|(_, run)| run.status.is_active());
        all.write(connection, &rows::RUNS, &runs, rows::put_run).await?;

        let events: Vec<_> =
            writes.events.iter().map(|(w, event, key)| (*w, event, key.as_deref())).collect();
        all.write(connection, &rows::EVENTS, &events, rows::put_event).await?;
        let messages: Vec<_> = writes.messages.iter().map(|(w, ticket, v, m)| (*w, *ticket, *v, m)).collect();
        all.write(connection, &rows::MESSAGES, &messages, rows::put_message).await?;
        let steps: Vec<_> = writes.steps.iter().map(|(w, run, step)| (*w, *run, step)).collect();
        all.write(connection, &rows::STEPS, &steps, rows::put_step).await?;
        let approvals: Vec<_> =
            writes.approvals.iter().filter_map(|key| Some((key.0, state.approvals.get(key)?))).collect();
        all.write(connection, &rows::APPROVALS, &approvals, rows::put_approval).await?;
        // Whoever took a decision back may decide again in the same batch.
        for (workspace, taken) in &writes.taken_back {
            let mut binds = Binds::default();
            binds.id(workspace).id(taken.id);
            let sql = "DELETE FROM decisions WHERE workspace_id = $1 AND id = $2";
            binds.execute(connection, sql).await?;
        }
        let stands = |id| writes.taken_back.iter().all(|(_, taken)| taken.id != id);
        let decisions: Vec<_> =
            writes.decisions.iter().filter(|(_, d)| stands(d.id)).map(|(w, d)| (*w, d)).collect();
        all.write(connection, &rows::DECISIONS, &decisions, rows::put_decision).await?;
        let effects: Vec<_> =
            writes.effects.iter().filter_map(|key| Some((key.0, state.effects.get(key)?))).collect();
        all.write(connection, &rows::EFFECTS, &effects, rows::put_effect).await?;
        let deliveries: Vec<_> =
            writes.deliveries.iter().filter_map(|key| Some((key.0, state.deliveries.get(key)?))).collect();
        all.write(connection, &rows::DELIVERIES, &deliveries, rows::put_delivery).await?;
        let citations: Vec<_> = writes.citations.iter().map(|(w, citation)| (*w, citation)).collect();
        all.write(connection, &citations::CITATIONS, &citations, citations::put_citation).await?;
        let follow_ups: Vec<_> = writes.follow_ups.iter().map(|(w, follow_up)| (*w, follow_up)).collect();
        all.write(connection, &rows::FOLLOW_UPS, &follow_ups, rows::put_follow_up).await?;
        let entries: Vec<_> = writes.entries.iter().map(|(w, entry)| (*w, entry)).collect();
        all.write(connection, &credits::ENTRIES, &entries, credits::put_entry).await?;
        let resolutions: Vec<_> = writes.resolutions.iter().map(|(w, new)| (*w, new)).collect();
        all.write(connection, &figures::RESOLUTIONS, &resolutions, figures::put_resolution).await?;
        let named: Vec<_> = writes.mentions.iter().map(|(w, mention)| (*w, mention)).collect();
        all.write(connection, &mentions::MENTIONS, &named, mentions::put_mention).await?;
        self.flush_track(connection, state, writes).await?;
        for (workspace, mark) in &writes.marks {
            figures::put_mark(connection, *workspace, mark).await?;
            track::hear(connection, *workspace, mark).await?;
        }
        let meters: Vec<_> =
            writes.meters.iter().filter_map(|key| Some((key.0, state.meters.get(key)?))).collect();
        all.write(connection, &credits::METERS, &meters, credits::put_meter).await?;
        let decided = writes
            .decisions
            .iter()
            .map(|(workspace, decision)| (*workspace, decided(state, *workspace, decision)));
        let mut deeds: Vec<_> = decided.chain(writes.deeds.iter().cloned()).collect();
        deeds.sort_by_key(|(_, deed)| deed.at);
        audit::append(connection, (self.statements, self.dialect), deeds).await
    }
}

impl Batch<'_> {
    /// What decisions and effects say of calls, before what later events say of those.
    async fn flush_track(
        &self,
        connection: &mut AnyConnection,
        state: &State,
        writes: &Writes,
    ) -> Result<(), StoreError> {
        let reviewed = writes.approvals.iter().filter_map(|key| {
            Tracked::of_approval(state.approvals.get(key)?).map(|tracked| (key.0, tracked))
        });
        // A call that was put before people twice has one row, and the later word counts.
        let tracked: BTreeMap<_, _> = reviewed
            .chain(writes.acted.iter().cloned())
            .map(|(workspace, tracked)| ((workspace, tracked.id.clone()), (workspace, tracked)))
            .collect();
        let tracked: Vec<_> = tracked.into_values().collect();
        self.statements.write(connection, &track::TRACK_RECORD, &tracked, track::put_tracked).await?;
        for (workspace, compared) in &writes.compared {
            paper::put_compared(connection, *workspace, compared).await?;
        }
        for (workspace, id) in &writes.undone {
            track::forget(connection, *workspace, id).await?;
        }
        for (workspace, taken) in &writes.taken_back {
            let approval = state.approvals.get(&(*workspace, taken.approval_id));
            if let Some(approval) = approval.filter(|approval| approval.status == ApprovalStatus::Pending) {
                track::forget(connection, *workspace, Tracked::reviewed_id(approval)).await?;
            }
        }
        Ok(())
    }
}

/// A decision as the audit tells it. What was said in it stays with the decision.
fn decided(state: &State, workspace: WorkspaceId, decision: &Decision) -> Deed {
    let name = state.users.get(&(workspace, decision.user_id)).cloned().unwrap_or_default();
    let approval = state.approvals.get(&(workspace, decision.approval_id));
    let mut detail = json!({
        "decision": decision.kind.as_str(),
        "digest": decision.digest,
        "role": decision.role,
        "tool": approval.map(|approval| &approval.binding.call.tool),
        "run": approval.map(|approval| approval.run_id),
    });
    if decision.by_link {
        detail["by_link"] = true.into();
    }
    Deed {
        at: decision.at,
        actor: Actor::User { user_id: decision.user_id, name },
        action: AuditAction::ApprovalDecided,
        subject: decision.approval_id.to_string(),
        detail,
    }
}

fn leased(state: &State, workspace: WorkspaceId, ids: Vec<RunId>) -> Vec<Run> {
    ids.into_iter().filter_map(|id| state.runs.get(&(workspace, id)).cloned()).collect()
}
