//! What sent replies rest on, and what readers say of passages.

use domain::{
    CitationId, DocumentId, Timestamp, WorkspaceId,
    citation::{PassageFeedback, PassageVerdict, SentCitation},
    knowledge::{Citation, Span},
};
use sqlx::any::AnyRow;

use super::Order;
use crate::{
    Page, StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select, Table},
};

pub(crate) const CITATIONS: Table = Table {
    name: "citations",
    columns: &[
        "workspace_id",
        "id",
        "ticket_id",
        "message_id",
        "document_id",
        "document_version",
        "chunk_id",
        "slug",
        "title",
        "quote",
        "start_byte",
        "end_byte",
        "at",
        "followed_up_at",
    ],
    key: &[],
    fixed: &[],
};

pub(crate) fn put_citation((workspace, sent): &(WorkspaceId, &SentCitation), binds: &mut Binds) {
    binds
        .id(workspace)
        .id(sent.id)
        .id(sent.ticket_id)
        .id(sent.message_id)
        .id(sent.citation.document_id)
        .int(sent.citation.document_version)
        .id(sent.citation.chunk_id)
        .text(sent.citation.slug.as_str())
        .text(sent.citation.title.as_str())
        .text(sent.citation.quote.as_str())
        .opt_int(sent.citation.span.map(|span| byte(span.start)))
        .opt_int(sent.citation.span.map(|span| byte(span.end)))
        .at(sent.at)
        .opt_at(sent.followed_up_at);
}

fn byte(at: usize) -> i64 {
    i64::try_from(at).unwrap_or(i64::MAX)
}

fn span(c: &Columns<'_>) -> Result<Option<Span>, StoreError> {
    let (start, end) = (c.opt_int("start_byte")?, c.opt_int("end_byte")?);
    let place = |at: i64| usize::try_from(at).ok();
    Ok(start.and_then(place).zip(end.and_then(place)).map(|(start, end)| Span { start, end }))
}

fn get_citation(row: &AnyRow) -> Result<SentCitation, StoreError> {
    let c = Columns { table: "citations", row };
    Ok(SentCitation {
        id: c.id("id")?,
        ticket_id: c.id("ticket_id")?,
        message_id: c.id("message_id")?,
        citation: Citation {
            chunk_id: c.id("chunk_id")?,
            document_id: c.id("document_id")?,
            document_version: c.int("document_version")?,
            slug: c.text("slug")?,
            title: c.text("title")?,
            quote: c.text("quote")?,
            span: span(&c)?,
        },
        at: c.at("at")?,
        followed_up_at: c.opt_at("followed_up_at")?,
    })
}

const FEEDBACK: Table = Table {
    name: "passage_feedback",
    columns: &[
        "workspace_id",
        "chunk_id",
        "author",
        "document_id",
        "document_version",
        "verdict",
        "note",
        "quote",
        "ticket_id",
        "at",
    ],
    key: &["workspace_id", "chunk_id", "author"],
    fixed: &[],
};

fn get_feedback(row: &AnyRow) -> Result<PassageFeedback, StoreError> {
    let c = Columns { table: "passage_feedback", row };
    Ok(PassageFeedback {
        chunk_id: c.id("chunk_id")?,
        document_id: c.id("document_id")?,
        document_version: c.int("document_version")?,
        author: c.text("author")?,
        verdict: c.word("verdict", PassageVerdict::parse)?,
        note: c.text("note")?,
        quote: c.text("quote")?,
        ticket_id: c.opt_id("ticket_id")?,
        at: c.at("at")?,
    })
}

impl WorkspaceStore {
    /// Sent replies that rest on a document, in any version; the newest first.
    pub async fn uses_of(
        &self,
        document: DocumentId,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<SentCitation>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM citations WHERE workspace_id = $1").and(
            " AND document_id = ?",
            |binds| {
                binds.id(document);
            },
        );
        self.page(select, ("at", Order::NewestFirst), (limit, cursor), get_citation, newest).await
    }

    /// Citations of documents that have changed since, or are gone; the newest first.
    pub async fn outdated_citations(
        &self,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<SentCitation>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT * FROM citations WHERE workspace_id = $1 AND NOT EXISTS (SELECT 1 FROM documents AS d \
             WHERE d.workspace_id = citations.workspace_id AND d.id = citations.document_id \
             AND d.version = citations.document_version)",
        );
        self.page(select, ("at", Order::NewestFirst), (limit, cursor), get_citation, newest).await
    }

    pub async fn citation(&self, id: CitationId) -> Result<Option<SentCitation>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM citations WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, get_citation).await
    }

    /// Remembers that a follow-up was proposed. False when one was before.
    pub async fn mark_followed_up(&self, id: CitationId, at: Timestamp) -> Result<bool, StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id).at(at);
                    let sql = "UPDATE citations SET followed_up_at = $3 \
                               WHERE workspace_id = $1 AND id = $2 AND followed_up_at IS NULL";
                    Ok(binds.execute(connection, sql).await? == 1)
                })
            })
            .await
    }

    /// Keeps what a reader says of a passage, in the place of what they said of it before.
    pub async fn put_feedback(&self, feedback: PassageFeedback) -> Result<(), StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let put = |feedback: &PassageFeedback, binds: &mut Binds| {
                        binds
                            .id(workspace)
                            .id(feedback.chunk_id)
                            .text(feedback.author.as_str())
                            .id(feedback.document_id)
                            .int(feedback.document_version)
                            .text(feedback.verdict.as_str())
                            .text(feedback.note.as_str())
                            .text(feedback.quote.as_str())
                            .opt_id(feedback.ticket_id)
                            .at(feedback.at);
                    };
                    shared.statements.write(connection, &FEEDBACK, &[feedback], put).await
                })
            })
            .await
    }

    /// How many said what of a document's passages.
    pub async fn feedback_counts(
        &self,
        document: DocumentId,
    ) -> Result<Vec<(PassageVerdict, i64)>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT verdict, count(*) AS n FROM passage_feedback WHERE workspace_id = $1",
        )
        .and(" AND document_id = ? GROUP BY verdict ORDER BY verdict", |binds| {
            binds.id(document);
        });
        self.all(select, |row| {
            let c = Columns { table: "passage_feedback", row };
            Ok((c.word("verdict", PassageVerdict::parse)?, c.int("n")?))
        })
        .await
    }

    /// Passages that readers call wrong or outdated; the newest word first.
    pub async fn flagged_passages(&self, limit: i64) -> Result<Vec<PassageFeedback>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT * FROM passage_feedback WHERE workspace_id = $1 AND verdict IN ('wrong', 'outdated')",
        )
        .and(" ORDER BY at DESC, chunk_id DESC, author LIMIT ? + 0", |binds| {
            binds.int(limit.clamp(1, crate::MAX_LIMIT));
        });
        self.all(select, get_feedback).await
    }

    /// A passage by its id, with its document.
    pub async fn chunk(&self, id: domain::ChunkId) -> Result<Option<domain::knowledge::Chunk>, StoreError> {
        let select =
            Select::of(self.id, "SELECT * FROM chunks WHERE workspace_id = $1").and(" AND id = ?", |binds| {
                binds.id(id);
            });
        self.one(select, super::documents::get_chunk).await
    }
}

fn newest(sent: &SentCitation) -> (Timestamp, String) {
    (sent.at, sent.id.to_string())
}
