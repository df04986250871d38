//! Evaluations that were published, and what came of their cases.

use std::collections::BTreeMap;

use domain::{
    EvaluationId, WorkspaceId,
    audit::Deed,
    canonical::Digest,
    evaluation::{CaseChange, CaseResult, CaseScene, Evaluation, PublishedEvaluation},
};
use sqlx::{AnyConnection, any::AnyRow};

use super::audit::append;
use crate::{
    StoreError, WorkspaceStore,
    page::clamp,
    rows::Columns,
    sql::{Binds, Select, Table},
};

/// Evaluations of one suite that are kept; the oldest go.
const KEPT: i64 = 100;

/// Which cases of an evaluation are wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ResultFilter {
    pub passed: Option<bool>,
    pub critical: Option<bool>,
    /// With any change since the evaluation before, or with none.
    pub changed: Option<bool>,
}

const RESULTS: Table = Table {
    name: "evaluation_results",
    columns: &[
        "workspace_id",
        "evaluation_id",
        "seq",
        "name",
        "passed",
        "critical",
        "change",
        "result",
        "story",
    ],
    key: &[],
    fixed: &[],
};

type ResultRow<'a> = (WorkspaceId, EvaluationId, &'a CaseResult, &'a [CaseScene]);

fn put_result((workspace, evaluation, result, story): &ResultRow<'_>, binds: &mut Binds) {
    binds
        .id(*workspace)
        .id(*evaluation)
        .int(result.seq)
        .text(result.name.as_str())
        .int(i64::from(result.all_passed()))
        .int(i64::from(result.critical))
        .opt_text(result.change.map(CaseChange::as_str))
        .json(*result)
        .json(*story);
}

fn get_evaluation(row: &AnyRow) -> Result<Evaluation, StoreError> {
    Columns { table: "evaluations", row }.json("evaluation")
}

fn get_result(row: &AnyRow) -> Result<CaseResult, StoreError> {
    Columns { table: "evaluation_results", row }.json("result")
}

/// The last evaluation of a suite, and of each of its cases whether all attempts passed.
async fn last_of(
    connection: &mut AnyConnection,
    workspace: WorkspaceId,
    suite: &str,
) -> Result<Option<(Evaluation, BTreeMap<String, bool>)>, StoreError> {
    let mut binds = Binds::default();
    binds.id(workspace).text(suite);
    let sql = "SELECT evaluation FROM evaluations WHERE workspace_id = $1 AND suite = $2 \
               ORDER BY created_at DESC, id DESC LIMIT 1";
    let rows = binds.fetch_all(connection, sql.into()).await?;
    let Some(last) = rows.first().map(get_evaluation).transpose()? else { return Ok(None) };
    let mut binds = Binds::default();
    binds.id(workspace).id(last.id);
    let sql = "SELECT name, passed FROM evaluation_results WHERE workspace_id = $1 AND evaluation_id = $2";
    let mut cases = BTreeMap::new();
    for row in &binds.fetch_all(connection, sql.into()).await? {
        let c = Columns { table: "evaluation_results", row };
        cases.insert(c.text("name")?, c.int("passed")? == 1);
    }
    Ok(Some((last, cases)))
}

/// Lets the oldest evaluations of a suite go.
async fn forget_old(
    connection: &mut AnyConnection,
    workspace: WorkspaceId,
    suite: &str,
) -> Result<(), StoreError> {
    let mut binds = Binds::default();
    binds.id(workspace).text(suite).int(KEPT);
    let sql = "SELECT id FROM evaluations WHERE workspace_id = $1 AND suite = $2 \
               ORDER BY created_at DESC, id DESC LIMIT 1000 OFFSET $3 + 0";
    for row in &binds.fetch_all(connection, sql.into()).await? {
        let id: EvaluationId = Columns { table: "evaluations", row }.id("id")?;
        for sql in [
            "DELETE FROM evaluation_results WHERE workspace_id = $1 AND evaluation_id = $2",
            "DELETE FROM evaluations WHERE workspace_id = $1 AND id = $2",
        ] {
            let mut binds = Binds::default();
            binds.id(workspace).id(id);
            binds.execute(connection, sql).await?;
        }
    }
    Ok(())
}

impl WorkspaceStore {
    /// Writes an evaluation beside the one of its suite before, with its entry in the audit. One that was published
    /// already is given as it is kept, and nothing is written.
    pub async fn publish_evaluation(
        &self,
        published: PublishedEvaluation,
        id: EvaluationId,
        deed: Deed,
    ) -> Result<Evaluation, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        let digest = Digest::of(&published);
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).text(digest.0.as_str());
                    let sql = "SELECT evaluation FROM evaluations WHERE workspace_id = $1 AND digest = $2";
                    let rows = binds.fetch_all(connection, sql.into()).await?;
                    if let Some(known) = rows.first().map(get_evaluation).transpose()? {
                        return Ok(known);
                    }
                    let before = last_of(connection, workspace, &published.suite).await?;
                    let before = before.as_ref().map(|(evaluation, cases)| (evaluation, cases));
                    let new = Evaluation::of(&published, id, (deed.actor.clone(), deed.at));
                    let (new, results) = new.beside(&published.cases, before);
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(id)
                        .text(new.suite.as_str())
                        .text(digest.0.as_str())
                        .at(new.published_at)
                        .json(&new);
                    let sql = "INSERT INTO evaluations (workspace_id, id, suite, digest, created_at, evaluation) \
                               VALUES ($1, $2, $3, $4, $5, $6)";
                    binds.execute(connection, sql).await?;
                    let rows: Vec<ResultRow<'_>> = results
                        .iter()
                        .zip(&published.cases)
                        .map(|(result, case)| (workspace, id, result, case.story.as_slice()))
                        .collect();
                    shared.statements.write(connection, &RESULTS, &rows, put_result).await?;
                    forget_old(connection, workspace, &new.suite).await?;
                    append(connection, shared.how(), [(workspace, deed)]).await?;
                    Ok(new)
                })
            })
            .await
    }

    /// The last evaluations of every suite, up to so many of each: by suite, the oldest first.
    pub async fn evaluations(&self, of_each: i64) -> Result<Vec<Evaluation>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT evaluation FROM (SELECT evaluation, suite, created_at, id, row_number() OVER \
             (PARTITION BY suite ORDER BY created_at DESC, id DESC) AS place FROM evaluations \
             WHERE workspace_id = $1",
        )
        .and(") AS placed WHERE place <= ? ORDER BY suite, created_at, id", |binds| {
            binds.int(clamp(of_each));
        });
        self.all(select, get_evaluation).await
    }

    pub async fn evaluation(&self, id: EvaluationId) -> Result<Option<Evaluation>, StoreError> {
        let select = Select::of(self.id, "SELECT evaluation FROM evaluations WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, get_evaluation).await
    }

    /// What came of its cases, behind a place, in their order.
    pub async fn evaluation_results(
        &self,
        id: EvaluationId,
        filter: ResultFilter,
        (after, limit): (i64, i64),
    ) -> Result<Vec<CaseResult>, StoreError> {
        let flag = |binds: &mut Binds, wanted: bool| {
            binds.int(i64::from(wanted));
        };
        let select = Select::of(self.id, "SELECT result FROM evaluation_results WHERE workspace_id = $1")
            .and(" AND evaluation_id = ? AND seq > ?", |binds| {
                binds.id(id).int(after);
            })
            .and_if(" AND passed = ?", filter.passed, flag)
            .and_if(" AND critical = ?", filter.critical, flag)
            .then(match filter.changed {
                None => "",
                Some(true) => " AND change IS NOT NULL",
                Some(false) => " AND change IS NULL",
            })
            .and(" ORDER BY seq LIMIT ? + 0", |binds| {
                binds.int(clamp(limit));
            });
        self.all(select, get_result).await
    }

    /// What came of one case, with its story.
    pub async fn evaluation_result(
        &self,
        id: EvaluationId,
        seq: i64,
    ) -> Result<Option<(CaseResult, Vec<CaseScene>)>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT result, story FROM evaluation_results WHERE workspace_id = $1",
        )
        .and(" AND evaluation_id = ? AND seq = ?", |binds| {
            binds.id(id).int(seq);
        });
        self.one(select, |row| {
            Ok((get_result(row)?, Columns { table: "evaluation_results", row }.json("story")?))
        })
        .await
    }
}
