//! What somebody leaves who is kept out: the approvals and tickets that were theirs to see to are anybody's
//! again, and nobody sees to approvals for them or in their place.

use std::sync::Arc;

use domain::{
    ApprovalId, EventId, TicketId, Timestamp, UserId, WorkspaceId,
    audit::{AuditAction, Deed},
    commit::{Commit, Op, Receipt},
    tending::Tending,
    ticket::{EventBody, NewEvent},
    user::{Actor, User},
};
use serde_json::json;
use sqlx::AnyConnection;

use crate::{StoreError, batch::Batch, rows::Columns, sql::Binds, state::State, writer::Shared};

/// What was written of it: receipts to publish once it is so, and deeds for the audit that are not in it yet.
#[derive(Default)]
pub(super) struct Left {
    pub receipts: Vec<Receipt>,
    pub deeds: Vec<Deed>,
}

/// Somebody who is kept out from this time on, by whom.
pub(super) struct Departure<'a> {
    pub workspace: WorkspaceId,
    pub person: &'a User,
    pub actor: &'a Actor,
    pub at: Timestamp,
}

impl Departure<'_> {
    /// Within the transaction that keeps them out, which must not run beside commits: it is one of them.
    pub(super) async fn complete(
        &self,
        connection: &mut AnyConnection,
        shared: &Shared,
    ) -> Result<Left, StoreError> {
        // Before anything that commits lock: whoever delegates waits for the audit afterwards, too.
        let deeds = self.end_delegations(connection).await?;
        let mut commits = self.approvals(connection).await?;
        commits.extend(self.tickets(connection, shared).await?);
        if commits.is_empty() {
            return Ok(Left { receipts: Vec::new(), deeds });
        }
        let terms = shared.terms();
        let batch = Batch { statements: &shared.statements, dialect: shared.dialect, terms: &terms };
        let mut receipts = Vec::with_capacity(commits.len());
        for done in batch.write_within(connection, &commits, &mut State::default(), 0).await? {
            match done.result {
                Ok(receipt) => receipts.push(receipt),
                // Somebody decided while it was looked for, so that it is nobody's to see to any more.
                Err(error) => {
                    tracing::debug!(%error, person = %self.person.id, "nothing is left to hand back")
                }
            }
        }
        Ok(Left { receipts, deeds })
    }

    fn binds(&self) -> Binds {
        let mut binds = Binds::default();
        binds.id(self.workspace).id(self.person.id);
        binds
    }

    async fn end_delegations(&self, connection: &mut AnyConnection) -> Result<Vec<Deed>, StoreError> {
        let mut binds = self.binds();
        binds.at(self.at);
        let sql = "SELECT user_id FROM approval_delegations WHERE workspace_id = $1 \
                   AND (user_id = $2 OR delegate_id = $2) AND until > $3 ORDER BY user_id";
        let rows = binds.fetch_all(connection, sql.into()).await?;
        let sql =
            "DELETE FROM approval_delegations WHERE workspace_id = $1 AND (user_id = $2 OR delegate_id = $2)";
        self.binds().execute(connection, sql).await?;
        rows.iter()
            .map(|row| {
                let whose: UserId = Columns { table: "approval_delegations", row }.id("user_id")?;
                Ok(Deed {
                    at: self.at,
                    actor: self.actor.clone(),
                    action: AuditAction::ApprovalsDelegated,
                    subject: whose.to_string(),
                    detail: json!({ "to": null, "until": null }),
                })
            })
            .collect()
    }

    /// Each by itself, so that one on which somebody decides meanwhile does not hold up the others.
    async fn approvals(
        &self,
        connection: &mut AnyConnection,
    ) -> Result<Vec<(WorkspaceId, Arc<Commit>)>, StoreError> {
        let mut binds = self.binds();
        binds.at(self.at);
        let sql = "SELECT id FROM approvals WHERE workspace_id = $1 AND status = 'pending' \
                   AND assignee_id = $2 AND expires_at > $3 ORDER BY rank, id";
        let rows = binds.fetch_all(connection, sql.into()).await?;
        let by = match self.actor {
            Actor::User { user_id, .. } => Some(*user_id),
            _ => None,
        };
        let note = format!("{} was kept out", self.person.name);
        rows.iter()
            .map(|row| {
                let approval_id: ApprovalId = Columns { table: "approvals", row }.id("id")?;
                let tending = Tending::Assign { to: None, note: note.clone() };
                let op = Op::Tend { approval_id, tending, by, at: self.at };
                Ok((self.workspace, Arc::new(Commit { ops: vec![op] })))
            })
            .collect()
    }

    async fn tickets(
        &self,
        connection: &mut AnyConnection,
        shared: &Shared,
    ) -> Result<Vec<(WorkspaceId, Arc<Commit>)>, StoreError> {
        let sql = "SELECT id FROM tickets WHERE workspace_id = $1 AND assignee_id = $2 \
                   AND status NOT IN ('resolved', 'closed') ORDER BY updated_at, id";
        let rows = self.binds().fetch_all(connection, sql.into()).await?;
        rows.iter()
            .map(|row| {
                let ticket_id: TicketId = Columns { table: "tickets", row }.id("id")?;
                let event = NewEvent {
                    id: EventId::new(shared.ids.as_ref()),
                    idempotency_key: None,
                    actor: self.actor.clone(),
                    body: EventBody::Assigned { assignee: None },
                    at: self.at,
                };
                let op = Op::Append { ticket_id, events: vec![event] };
                Ok((self.workspace, Arc::new(Commit { ops: vec![op] })))
            })
            .collect()
    }
}
