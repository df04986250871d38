//! Gaps of the knowledge base and the questions in them.

use std::collections::BTreeMap;

use domain::{
    GapId, TicketId, WorkspaceId,
    gap::{Gap, GapCause, GapQuestion, GapStatus},
};
use sqlx::any::AnyRow;

use super::Order;
use crate::{
    Page, StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select, Table},
};

const GAPS: Table = Table {
    name: "knowledge_gaps",
    columns: &[
        "workspace_id",
        "id",
        "status",
        "question",
        "terms",
        "questions",
        "document_slug",
        "first_at",
        "last_at",
    ],
    key: &[],
    fixed: &[],
};

const GAP_QUESTIONS: Table = Table {
    name: "gap_questions",
    columns: &["workspace_id", "id", "gap_id", "question", "cause", "missing", "ticket_id", "run_id", "at"],
    key: &[],
    fixed: &[],
};

fn get_gap(row: &AnyRow) -> Result<Gap, StoreError> {
    let c = Columns { table: "knowledge_gaps", row };
    Ok(Gap {
        id: c.id("id")?,
        status: c.word("status", GapStatus::parse)?,
        question: c.text("question")?,
        terms: c.json("terms")?,
        questions: c.int("questions")?,
        document_slug: c.opt_text("document_slug")?,
        first_at: c.at("first_at")?,
        last_at: c.at("last_at")?,
    })
}

fn get_gap_question(row: &AnyRow) -> Result<GapQuestion, StoreError> {
    let c = Columns { table: "gap_questions", row };
    Ok(GapQuestion {
        id: c.id("id")?,
        gap_id: c.id("gap_id")?,
        question: c.text("question")?,
        cause: c.word("cause", GapCause::parse)?,
        missing: c.json("missing")?,
        ticket_id: c.opt_id("ticket_id")?,
        run_id: c.opt_id("run_id")?,
        at: c.at("at")?,
    })
}

fn put_gap((workspace, gap): &(WorkspaceId, Gap), binds: &mut Binds) {
    binds
        .id(workspace)
        .id(gap.id)
        .text(gap.status.as_str())
        .text(gap.question.as_str())
        .json(&gap.terms)
        .int(gap.questions)
        .opt_text(gap.document_slug.as_deref())
        .at(gap.first_at)
        .at(gap.last_at);
}

fn put_gap_question((workspace, question): &(WorkspaceId, GapQuestion), binds: &mut Binds) {
    binds
        .id(workspace)
        .id(question.id)
        .id(question.gap_id)
        .text(question.question.as_str())
        .text(question.cause.as_str())
        .json(&question.missing)
        .opt_id(question.ticket_id)
        .opt_id(question.run_id)
        .at(question.at);
}

impl WorkspaceStore {
    /// Those last asked about first.
    pub async fn gaps(
        &self,
        status: GapStatus,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<Gap>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM knowledge_gaps WHERE workspace_id = $1").and(
            " AND status = ?",
            |binds| {
                binds.text(status.as_str());
            },
        );
        self.page(select, ("last_at", Order::NewestFirst), (limit, cursor), get_gap, |gap| {
            (gap.last_at, gap.id.to_string())
        })
        .await
    }

    pub async fn gap(&self, id: GapId) -> Result<Option<Gap>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM knowledge_gaps WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, get_gap).await
    }

    /// The newest questions of a gap.
    pub async fn gap_questions(&self, id: GapId, limit: i64) -> Result<Vec<GapQuestion>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM gap_questions WHERE workspace_id = $1").and(
            " AND gap_id = ? ORDER BY at DESC, id DESC LIMIT ? + 0",
            |binds| {
                binds.id(id).int(limit.clamp(1, crate::MAX_LIMIT));
            },
        );
        self.all(select, get_gap_question).await
    }

    /// The tickets whose questions began these gaps, in no order. A gap is called by that question.
    pub async fn began_in(&self, gaps: &[GapId]) -> Result<Vec<TicketId>, StoreError> {
        if gaps.is_empty() {
            return Ok(Vec::new());
        }
        let marks = vec!["?"; gaps.len()].join(", ");
        let select = Select::of(
            self.id,
            "SELECT q.ticket_id AS ticket_id FROM knowledge_gaps g JOIN gap_questions q \
             ON q.workspace_id = g.workspace_id AND q.id = (SELECT e.id FROM gap_questions e \
             WHERE e.workspace_id = g.workspace_id AND e.gap_id = g.id ORDER BY e.at, e.id LIMIT 1) \
             WHERE g.workspace_id = $1 AND q.ticket_id IS NOT NULL",
        )
        .and(&format!(" AND g.id IN ({marks})"), |binds| {
            for id in gaps {
                binds.id(id);
            }
        });
        self.all(select, |row| Columns { table: "gap_questions", row }.id("ticket_id")).await
    }

    /// Begins a gap with its first question. False when the question's run has asked already, or there is such a gap:
    /// then nothing is written.
    pub async fn add_gap_question(&self, gap: Gap, question: GapQuestion) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        let written = self
            .writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let gaps = [(workspace, gap)];
                    shared.statements.write(connection, &GAPS, &gaps, put_gap).await?;
                    let questions = [(workspace, question)];
                    shared.statements.write(connection, &GAP_QUESTIONS, &questions, put_gap_question).await?;
                    Ok(true)
                })
            })
            .await;
        unless_asked(written)
    }

    /// Adds a question to the gap that it names, as that is by now: others may have asked since it was read, or somebody
    /// decided what becomes of it. `joined` makes the gap's words those of one more question. False when there is no
    /// such gap or the question's run has asked already: then nothing is written.
    pub async fn join_gap(
        &self,
        question: GapQuestion,
        joined: impl FnOnce(BTreeMap<String, i64>) -> BTreeMap<String, i64> + Send + 'static,
    ) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        let written = self
            .writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(question.gap_id);
                    let lock = shared.dialect.lock_one();
                    let sql =
                        format!("SELECT * FROM knowledge_gaps WHERE workspace_id = $1 AND id = $2{lock}");
                    let rows = binds.fetch_all(connection, sql.as_str().into()).await?;
                    let Some(gap) = rows.first().map(get_gap).transpose()? else { return Ok(false) };
                    let last_at = gap.last_at.max(question.at);
                    let terms = joined(gap.terms);
                    let mut binds = Binds::default();
                    binds.id(workspace).id(gap.id).json(&terms).at(last_at);
                    let sql = "UPDATE knowledge_gaps SET terms = $3, questions = questions + 1, last_at = $4 \
                               WHERE workspace_id = $1 AND id = $2";
                    binds.execute(connection, sql).await?;
                    let questions = [(workspace, question)];
                    shared.statements.write(connection, &GAP_QUESTIONS, &questions, put_gap_question).await?;
                    Ok(true)
                })
            })
            .await;
        unless_asked(written)
    }

    /// No article will answer it. The gap as it is then; none when there is no such gap.
    pub async fn dismiss_gap(&self, id: GapId) -> Result<Option<Gap>, StoreError> {
        self.settle_gap(id, GapStatus::Dismissed, None).await
    }

    /// An article was begun for it. The gap as it is then; none when there is no such gap.
    pub async fn draft_gap(&self, id: GapId, document_slug: String) -> Result<Option<Gap>, StoreError> {
        self.settle_gap(id, GapStatus::Drafted, Some(document_slug)).await
    }

    async fn settle_gap(
        &self,
        id: GapId,
        status: GapStatus,
        document_slug: Option<String>,
    ) -> Result<Option<Gap>, StoreError> {
        let mut binds = Binds::default();
        binds.id(self.id).id(id).text(status.as_str()).opt_text(document_slug);
        let sql = "UPDATE knowledge_gaps SET status = $3, document_slug = coalesce($4, document_slug) \
                   WHERE workspace_id = $1 AND id = $2 RETURNING *";
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let rows = binds.fetch_all(connection, sql.into()).await?;
                    rows.first().map(get_gap).transpose()
                })
            })
            .await
    }
}

/// A run that ends without an answer asks once.
fn unless_asked(written: Result<bool, StoreError>) -> Result<bool, StoreError> {
    match written {
        Err(error) if error.is_unique_violation() => Ok(false),
        other => other,
    }
}
