//! Runs, their journal and their effects.

use domain::{
    EffectId, RunId, TicketId,
    effect::{Effect, EffectStatus},
    run::{Run, Step},
};

use super::Order;
use crate::{Page, RunFilter, StoreError, WorkspaceStore, rows, sql::Select};

impl WorkspaceStore {
    pub async fn run(&self, id: RunId) -> Result<Option<Run>, StoreError> {
        let select =
            Select::of(self.id, "SELECT * FROM runs WHERE workspace_id = $1").and(" AND id = ?", |binds| {
                binds.id(id);
            });
        self.one(select, rows::get_run).await
    }

    /// The newest first.
    pub async fn runs(
        &self,
        filter: &RunFilter,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<Run>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM runs WHERE workspace_id = $1")
            .of_status(filter.status.map(|status| status.as_str()))
            .and_if(" AND ticket_id = ?", filter.ticket_id, |binds, id| {
                binds.id(id);
            })
            .and_if(" AND about_ticket_id = ?", filter.about, |binds, id| {
                binds.id(id);
            })
            .then(if filter.asked_by.is_none() { " AND asked_by IS NULL" } else { "" })
            .and_if(" AND (asked_by IS NULL OR asked_by = ?)", filter.asked_by, |binds, by| {
                binds.id(by);
            })
            .and_if(" AND agent = ?", filter.agent.as_deref(), |binds, agent| {
                binds.text(agent);
            })
            .and_if(" AND ended_as IS NOT NULL AND ended_as = ?", filter.outcome, |binds, outcome| {
                binds.text(outcome.as_str());
            });
        self.page(select, ("created_at", Order::NewestFirst), (limit, cursor), rows::get_run, |run| {
            (run.created_at, run.id.to_string())
        })
        .await
    }

    /// The run that holds the ticket, if one does.
    pub async fn active_run(&self, ticket: TicketId) -> Result<Option<Run>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT * FROM runs WHERE workspace_id = $1 AND status IN ('queued', 'running', 'waiting')",
        )
        .and(" AND ticket_id = ?", |binds| {
            binds.id(ticket);
        });
        self.one(select, rows::get_run).await
    }

    /// The whole journal, in order.
    pub async fn steps(&self, run: RunId) -> Result<Vec<Step>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM steps WHERE workspace_id = $1").and(
            " AND run_id = ? ORDER BY seq",
            |binds| {
                binds.id(run);
            },
        );
        self.all(select, rows::get_step).await
    }

    pub async fn effect(&self, id: EffectId) -> Result<Option<Effect>, StoreError> {
        let select = Select::of(self.id, "SELECT effect FROM effects WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, rows::get_effect).await
    }

    /// In the order they were recorded.
    pub async fn effects_of_run(&self, run: RunId) -> Result<Vec<Effect>, StoreError> {
        let select = Select::of(self.id, "SELECT effect FROM effects WHERE workspace_id = $1").and(
            " AND run_id = ? ORDER BY created_at, id",
            |binds| {
                binds.id(run);
            },
        );
        self.all(select, rows::get_effect).await
    }

    /// The newest first.
    pub async fn effects(
        &self,
        status: Option<EffectStatus>,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<Effect>, StoreError> {
        let select = Select::of(self.id, "SELECT effect FROM effects WHERE workspace_id = $1").and_if(
            " AND status = ?",
            status,
            |binds, status| {
                binds.text(status.as_str());
            },
        );
        self.page(select, ("created_at", Order::NewestFirst), (limit, cursor), rows::get_effect, |effect| {
            (effect.created_at, effect.id.to_string())
        })
        .await
    }
}
