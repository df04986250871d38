//! Approvals and the decisions taken on them.

use domain::{
    ApprovalId, RunId,
    approval::{Approval, ApprovalStatus, Decision},
    user::Role,
};

use super::Order;
use crate::{ApprovalFilter, Page, StoreError, WorkspaceStore, rows, rows::Columns, sql::Select};

impl WorkspaceStore {
    pub async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, StoreError> {
        let select = Select::of(self.id, "SELECT approval FROM approvals WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, rows::get_approval).await
    }

    /// Pending ones in the order they were asked, because the oldest has waited longest; any other
    /// list the newest first.
    pub async fn approvals(
        &self,
        filter: &ApprovalFilter,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<Approval>, StoreError> {
        let mut select = Select::of(self.id, "SELECT approval FROM approvals WHERE workspace_id = $1")
            .of_status(filter.status.map(|status| status.as_str()));
        if let Some(role) = filter.role {
            let below: Vec<Role> = [Role::Viewer, Role::Agent, Role::Reviewer, Role::Admin, Role::Owner]
                .into_iter()
                .filter(|needed| *needed <= role)
                .collect();
            let marks = vec!["?"; below.len()].join(", ");
            select = select.and(&format!(" AND role IN ({marks})"), |binds| {
                for needed in below {
                    binds.text(needed.as_str());
                }
            });
        }
        let pending = filter.status == Some(ApprovalStatus::Pending);
        let order = if pending { Order::OldestFirst } else { Order::NewestFirst };
        self.page(select, ("requested_at", order), (limit, cursor), rows::get_approval, |approval| {
            (approval.requested_at, approval.id.to_string())
        })
        .await
    }

    /// In the order they were asked.
    pub async fn approvals_of_run(&self, run: RunId) -> Result<Vec<Approval>, StoreError> {
        let select = Select::of(self.id, "SELECT approval FROM approvals WHERE workspace_id = $1").and(
            " AND run_id = ? ORDER BY requested_at, id",
            |binds| {
                binds.id(run);
            },
        );
        self.all(select, rows::get_approval).await
    }

    /// Pending approvals whose time is over, the oldest first.
    pub async fn expired_approvals(
        &self,
        now: domain::Timestamp,
        limit: i64,
    ) -> Result<Vec<Approval>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT approval FROM approvals WHERE workspace_id = $1 AND status = 'pending'",
        )
        .and(" AND expires_at <= ? ORDER BY expires_at, id LIMIT ? + 0", |binds| {
            binds.at(now).int(crate::page::clamp(limit));
        });
        self.all(select, rows::get_approval).await
    }

    /// Pending approvals that people are to be reminded of, or that become a higher role's, the longest due
    /// first.
    pub async fn due_approvals(
        &self,
        now: domain::Timestamp,
        limit: i64,
    ) -> Result<Vec<Approval>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT approval FROM approvals WHERE workspace_id = $1 AND status = 'pending' \
             AND due_at IS NOT NULL",
        )
        .and(" AND due_at <= ? AND expires_at > ? ORDER BY due_at, id LIMIT ? + 0", |binds| {
            binds.at(now).at(now).int(crate::page::clamp(limit));
        });
        self.all(select, rows::get_approval).await
    }

    /// In the order they were taken.
    pub async fn decisions(&self, approval: ApprovalId) -> Result<Vec<Decision>, StoreError> {
        let select = Select::of(self.id, "SELECT decision FROM decisions WHERE workspace_id = $1").and(
            " AND approval_id = ? ORDER BY at, id",
            |binds| {
                binds.id(approval);
            },
        );
        self.all(select, rows::get_decision).await
    }

    /// How many approvals wait for a person.
    pub async fn pending_count(&self) -> Result<i64, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT count(*) AS n FROM approvals WHERE workspace_id = $1 AND status = 'pending'",
        );
        let count = self.one(select, |row| Columns { table: "approvals", row }.int("n")).await?;
        Ok(count.unwrap_or(0))
    }
}
