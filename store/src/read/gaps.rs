//! Gaps of the knowledge base and the questions in them.

use domain::{
    GapId,
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
    key: &["workspace_id", "id"],
    fixed: &["question", "first_at"],
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

    /// Writes a gap, new or changed.
    pub async fn put_gap(&self, gap: Gap) -> Result<(), StoreError> {
        self.write_gap(gap, Vec::new()).await
    }

    /// Adds a question to its gap, which is written with it. False when the question's run has asked
    /// already: then nothing is written.
    pub async fn add_gap_question(&self, gap: Gap, question: GapQuestion) -> Result<bool, StoreError> {
        match self.write_gap(gap, vec![question]).await {
            Ok(()) => Ok(true),
            Err(error) if error.is_unique_violation() => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn write_gap(&self, gap: Gap, questions: Vec<GapQuestion>) -> Result<(), StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let put = |gap: &Gap, binds: &mut Binds| {
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
                    };
                    shared.statements.write(connection, &GAPS, &[gap], put).await?;
                    let put = |question: &GapQuestion, binds: &mut Binds| {
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
                    };
                    shared.statements.write(connection, &GAP_QUESTIONS, &questions, put).await
                })
            })
            .await
    }
}
