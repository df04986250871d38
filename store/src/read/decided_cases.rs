//! Cases that were made of decisions. One is there as long as its decision stands.

use domain::{EvaluationCaseId, audit::Deed, decided_case::DecidedCase};
use sqlx::any::AnyRow;

use super::{Order, audit::append};
use crate::{
    Page, StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select},
};

/// A decision that was taken back, or taken anew since, is another one.
const STANDING: &str = "SELECT body FROM evaluation_cases WHERE workspace_id = $1 AND EXISTS \
    (SELECT 1 FROM approvals AS a WHERE a.workspace_id = $1 AND a.id = evaluation_cases.approval_id \
    AND a.decided_at = evaluation_cases.decided_at)";

fn get_case(row: &AnyRow) -> Result<DecidedCase, StoreError> {
    Columns { table: "evaluation_cases", row }.json("body")
}

impl WorkspaceStore {
    /// Writes a case of a decision in the place of an earlier one of the same approval, with its entry in the audit.
    /// False, and nothing is written, when there are `most` of others already.
    pub async fn keep_case(&self, case: DecidedCase, most: i64, deed: Deed) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(case.id)
                        .id(case.approval_id)
                        .id(case.ticket_id)
                        .at(case.decided_at)
                        .at(case.made_at)
                        .json(&case)
                        .int(most);
                    let sql = "INSERT INTO evaluation_cases (workspace_id, id, approval_id, ticket_id, decided_at, \
                               created_at, body) SELECT $1, $2, $3, $4, $5 + 0, $6 + 0, $7 WHERE (SELECT count(*) \
                               FROM evaluation_cases WHERE workspace_id = $1 AND approval_id <> $3) < $8 + 0 \
                               ON CONFLICT (workspace_id, approval_id) DO UPDATE SET id = excluded.id, \
                               decided_at = excluded.decided_at, created_at = excluded.created_at, \
                               body = excluded.body";
                    if binds.execute(connection, sql).await? == 0 {
                        return Ok(false);
                    }
                    append(connection, shared.how(), [(workspace, deed)]).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// The newest first.
    pub async fn decided_cases(
        &self,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<DecidedCase>, StoreError> {
        let order = ("created_at", Order::NewestFirst);
        self.page(Select::of(self.id, STANDING), order, (limit, cursor), get_case, |case| {
            (case.made_at, case.id.to_string())
        })
        .await
    }

    pub async fn case_of_approval(
        &self,
        approval: domain::ApprovalId,
    ) -> Result<Option<DecidedCase>, StoreError> {
        let select = Select::of(self.id, STANDING).and(" AND approval_id = ?", |binds| {
            binds.id(approval);
        });
        self.one(select, get_case).await
    }

    /// Removes a case, with its entry in the audit. False when there is none.
    pub async fn remove_case(&self, id: EvaluationCaseId, deed: Deed) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id);
                    let sql = "DELETE FROM evaluation_cases WHERE workspace_id = $1 AND id = $2";
                    if binds.execute(connection, sql).await? == 0 {
                        return Ok(false);
                    }
                    append(connection, shared.how(), [(workspace, deed)]).await?;
                    Ok(true)
                })
            })
            .await
    }
}
