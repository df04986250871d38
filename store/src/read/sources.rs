//! Knowledge sources, their pages, and which document came from which page.
//!
//! Whoever works on a source holds its fence: what is written with an older one changes nothing.

use std::collections::HashMap;

use domain::{
    DocumentId, SourceId, SourcePageId, Timestamp,
    canonical::Digest,
    source::{PageStatus, Removing, Source, SourceDocument, SourceKind, SourcePage, SyncReport},
};
use futures::future::BoxFuture;
use sqlx::{AnyConnection, any::AnyRow};

use super::Order;
use crate::{
    Page, StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select, Table},
};

const SOURCES: Table = Table {
    name: "knowledge_sources",
    columns: &[
        "workspace_id",
        "id",
        "kind",
        "address",
        "said",
        "created_at",
        "asked_at",
        "synced_at",
        "report",
        "lease_until",
        "fence",
        "removing",
    ],
    key: &[],
    fixed: &[],
};

const PAGES: Table = Table {
    name: "source_pages",
    columns: &[
        "workspace_id",
        "id",
        "source_id",
        "address",
        "status",
        "reason",
        "etag",
        "last_modified",
        "digest",
        "bytes",
        "modified_at",
        "created_at",
        "checked_at",
    ],
    key: &["workspace_id", "id"],
    fixed: &["source_id", "address", "created_at"],
};

const DOCUMENTS: Table = Table {
    name: "source_documents",
    columns: &["workspace_id", "document_id", "page_id", "version"],
    key: &["workspace_id", "document_id"],
    fixed: &[],
};

/// A document of a page, as it is called now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageDocument {
    pub id: DocumentId,
    pub slug: String,
    pub title: String,
}

fn get_source(row: &AnyRow) -> Result<Source, StoreError> {
    let c = Columns { table: "knowledge_sources", row };
    let removing = c.opt_text("removing")?;
    Ok(Source {
        id: c.id("id")?,
        kind: c.word("kind", SourceKind::parse)?,
        address: c.text("address")?,
        said: c.json("said")?,
        created_at: c.at("created_at")?,
        asked_at: c.opt_at("asked_at")?,
        synced_at: c.opt_at("synced_at")?,
        report: c.opt_json("report")?,
        lease_until: c.opt_at("lease_until")?,
        fence: c.int("fence")?,
        removing: match removing {
            Some(_) => Some(c.word("removing", Removing::parse)?),
            None => None,
        },
    })
}

fn get_page(row: &AnyRow) -> Result<SourcePage, StoreError> {
    let c = Columns { table: "source_pages", row };
    Ok(SourcePage {
        id: c.id("id")?,
        source_id: c.id("source_id")?,
        address: c.text("address")?,
        status: c.word("status", PageStatus::parse)?,
        reason: c.opt_text("reason")?,
        etag: c.opt_text("etag")?,
        last_modified: c.opt_text("last_modified")?,
        digest: c.opt_text("digest")?.map(Digest),
        bytes: c.opt_int("bytes")?,
        modified_at: c.opt_at("modified_at")?,
        created_at: c.at("created_at")?,
        checked_at: c.at("checked_at")?,
    })
}

fn get_source_document(row: &AnyRow) -> Result<SourceDocument, StoreError> {
    let c = Columns { table: "source_documents", row };
    Ok(SourceDocument {
        document_id: c.id("document_id")?,
        version: c.int("version")?,
        page_id: c.id("page_id")?,
    })
}

impl WorkspaceStore {
    /// [`StoreError::Taken`] when there is one of this kind with this address.
    pub async fn create_source(&self, source: Source) -> Result<(), StoreError> {
        let taken = format!("a source with the address {}", source.address);
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        let written = self
            .writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let put = |source: &Source, binds: &mut Binds| {
                        binds
                            .id(workspace)
                            .id(source.id)
                            .text(source.kind.as_str())
                            .text(source.address.as_str())
                            .json(&source.said)
                            .at(source.created_at)
                            .opt_at(source.asked_at)
                            .opt_at(source.synced_at)
                            .opt_json(source.report.as_ref())
                            .opt_at(source.lease_until)
                            .int(source.fence)
                            .opt_text(source.removing.map(Removing::as_str));
                    };
                    shared.statements.write(connection, &SOURCES, &[source], put).await
                })
            })
            .await;
        match written {
            Err(error) if error.is_unique_violation() => Err(StoreError::Taken(taken)),
            other => other,
        }
    }

    /// The oldest first.
    pub async fn sources(&self, limit: i64, cursor: Option<&str>) -> Result<Page<Source>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM knowledge_sources WHERE workspace_id = $1");
        self.page(select, ("created_at", Order::OldestFirst), (limit, cursor), get_source, |source| {
            (source.created_at, source.id.to_string())
        })
        .await
    }

    pub async fn source(&self, id: SourceId) -> Result<Option<Source>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM knowledge_sources WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, get_source).await
    }

    pub async fn source_at(&self, kind: SourceKind, address: &str) -> Result<Option<Source>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM knowledge_sources WHERE workspace_id = $1").and(
            " AND kind = ? AND address = ?",
            |binds| {
                binds.text(kind.as_str()).text(address);
            },
        );
        self.one(select, get_source).await
    }

    /// Those nobody works on of which a sync was asked for, or which are being removed, or whose last
    /// sync ended before `before`; the oldest first.
    pub async fn idle_sources(&self, before: Option<Timestamp>) -> Result<Vec<Source>, StoreError> {
        let now = self.store.writer.shared.clock.now();
        let select = Select::of(self.id, "SELECT * FROM knowledge_sources WHERE workspace_id = $1").and(
            " AND (lease_until IS NULL OR lease_until <= ?) AND (asked_at IS NOT NULL OR removing IS NOT NULL \
             OR synced_at < ?) ORDER BY created_at, id",
            |binds| {
                binds.at(now).at(before.unwrap_or(Timestamp(i64::MIN)));
            },
        );
        self.all(select, get_source).await
    }

    /// Asks for a sync. False when there is no such source.
    pub async fn ask_for_sync(&self, id: SourceId) -> Result<bool, StoreError> {
        let mut binds = Binds::default();
        binds.id(self.id).id(id).at(self.store.writer.shared.clock.now());
        self.change(
            binds,
            "UPDATE knowledge_sources SET asked_at = $3 WHERE workspace_id = $1 AND id = $2 AND removing IS NULL",
        )
        .await
    }

    /// Takes a source that nobody works on; the answer is the fence to write with. `None` when there
    /// is none, or somebody works on it, or it is on its way out.
    pub async fn claim_source(&self, id: SourceId, until: Timestamp) -> Result<Option<i64>, StoreError> {
        let now = self.store.writer.shared.clock.now();
        let mut binds = Binds::default();
        binds.id(self.id).id(id).at(until).at(now);
        let sql = "UPDATE knowledge_sources SET fence = fence + 1, lease_until = $3 WHERE workspace_id = $1 AND id = $2 \
                   AND removing IS NULL AND (lease_until IS NULL OR lease_until <= $4) RETURNING fence";
        // As it was written: read afterwards, it may be that of somebody who took the source since.
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let rows = binds.fetch_all(connection, sql.into()).await?;
                    rows.first()
                        .map(|row| Columns { table: "knowledge_sources", row }.int("fence"))
                        .transpose()
                })
            })
            .await
    }

    /// Says that the holder of the fence is alive, and how far it is. False when it is not the holder
    /// any more.
    pub async fn beat_source(
        &self,
        (id, fence): (SourceId, i64),
        until: Timestamp,
        report: &SyncReport,
    ) -> Result<bool, StoreError> {
        let mut binds = Binds::default();
        binds.id(self.id).id(id).int(fence).at(until).json(report);
        self.change(
            binds,
            "UPDATE knowledge_sources SET lease_until = $4, report = $5 \
             WHERE workspace_id = $1 AND id = $2 AND fence = $3",
        )
        .await
    }

    /// Ends a sync that began at `begun`: what was asked for since is still to be done. False when the
    /// fence is another's.
    pub async fn settle_source(
        &self,
        (id, fence): (SourceId, i64),
        begun: Timestamp,
        report: &SyncReport,
    ) -> Result<bool, StoreError> {
        let mut binds = Binds::default();
        binds.id(self.id).id(id).int(fence).at(begun).at(self.store.writer.shared.clock.now()).json(report);
        self.change(
            binds,
            "UPDATE knowledge_sources SET lease_until = NULL, synced_at = $5, report = $6, \
             asked_at = CASE WHEN asked_at <= $4 THEN NULL ELSE asked_at END \
             WHERE workspace_id = $1 AND id = $2 AND fence = $3",
        )
        .await
    }

    /// Gives a source back that was not worked through; it is still to be done.
    pub async fn release_source(&self, (id, fence): (SourceId, i64)) -> Result<(), StoreError> {
        let mut binds = Binds::default();
        binds.id(self.id).id(id).int(fence).at(self.store.writer.shared.clock.now());
        self.change(
            binds,
            "UPDATE knowledge_sources SET lease_until = NULL, asked_at = COALESCE(asked_at, $4) \
             WHERE workspace_id = $1 AND id = $2 AND fence = $3",
        )
        .await
        .map(|_| ())
    }

    /// Begins to remove a source: whoever works on it is stopped by the fence. False when there is none.
    pub async fn begin_source_removal(&self, id: SourceId, how: Removing) -> Result<bool, StoreError> {
        let mut binds = Binds::default();
        binds.id(self.id).id(id).text(how.as_str());
        self.change(
            binds,
            "UPDATE knowledge_sources SET fence = fence + 1, lease_until = NULL, removing = $3 \
             WHERE workspace_id = $1 AND id = $2",
        )
        .await
    }

    /// Removes a source with its pages. Its documents belong to nobody from here on.
    pub async fn remove_source(&self, id: SourceId) -> Result<bool, StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let bound = || {
                        let mut binds = Binds::default();
                        binds.id(workspace).id(id);
                        binds
                    };
                    bound()
                        .execute(
                            connection,
                            "DELETE FROM source_documents WHERE workspace_id = $1 AND page_id IN \
                             (SELECT id FROM source_pages WHERE workspace_id = $1 AND source_id = $2)",
                        )
                        .await?;
                    bound()
                        .execute(
                            connection,
                            "DELETE FROM source_pages WHERE workspace_id = $1 AND source_id = $2",
                        )
                        .await?;
                    let removed = bound()
                        .execute(
                            connection,
                            "DELETE FROM knowledge_sources WHERE workspace_id = $1 AND id = $2",
                        )
                        .await?;
                    Ok(removed == 1)
                })
            })
            .await
    }

    /// A source's pages, the oldest first.
    pub async fn source_pages(
        &self,
        id: SourceId,
        status: Option<PageStatus>,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<SourcePage>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM source_pages WHERE workspace_id = $1")
            .and(" AND source_id = ?", |binds| {
                binds.id(id);
            })
            .and_if(" AND status = ?", status, |binds, status| {
                binds.text(status.as_str());
            });
        self.page(select, ("created_at", Order::OldestFirst), (limit, cursor), get_page, |page| {
            (page.created_at, page.id.to_string())
        })
        .await
    }

    /// All pages of a source, by address.
    pub async fn all_source_pages(&self, id: SourceId) -> Result<HashMap<String, SourcePage>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM source_pages WHERE workspace_id = $1").and(
            " AND source_id = ?",
            |binds| {
                binds.id(id);
            },
        );
        let pages = self.all(select, get_page).await?;
        Ok(pages.into_iter().map(|page| (page.address.clone(), page)).collect())
    }

    /// How many pages of each state a source has.
    pub async fn source_page_counts(&self, id: SourceId) -> Result<HashMap<PageStatus, i64>, StoreError> {
        let select =
            Select::of(self.id, "SELECT status, count(*) AS n FROM source_pages WHERE workspace_id = $1")
                .and(" AND source_id = ? GROUP BY status", |binds| {
                    binds.id(id);
                });
        let counts = self.all(select, |row| {
            let c = Columns { table: "source_pages", row };
            Ok((c.word("status", PageStatus::parse)?, c.int("n")?))
        });
        Ok(counts.await?.into_iter().collect())
    }

    /// The documents that came from a page.
    pub async fn documents_of_page(&self, page: SourcePageId) -> Result<Vec<SourceDocument>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM source_documents WHERE workspace_id = $1").and(
            " AND page_id = ? ORDER BY document_id",
            |binds| {
                binds.id(page);
            },
        );
        self.all(select, get_source_document).await
    }

    /// The documents that came from a page and are still there, by slug.
    pub async fn named_documents_of_page(
        &self,
        page: SourcePageId,
        limit: i64,
    ) -> Result<Vec<PageDocument>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT d.id, d.slug, d.title FROM source_documents AS s JOIN documents AS d \
             ON d.workspace_id = s.workspace_id AND d.id = s.document_id WHERE s.workspace_id = $1",
        )
        .and(" AND s.page_id = ? ORDER BY d.slug LIMIT ? + 0", |binds| {
            binds.id(page).int(limit);
        });
        self.all(select, |row| {
            let c = Columns { table: "documents", row };
            Ok(PageDocument { id: c.id("id")?, slug: c.text("slug")?, title: c.text("title")? })
        })
        .await
    }

    /// The page that a document with this slug came from.
    pub async fn page_of_slug(&self, slug: &str) -> Result<Option<SourcePage>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT p.* FROM documents AS d JOIN source_documents AS s \
             ON s.workspace_id = d.workspace_id AND s.document_id = d.id \
             JOIN source_pages AS p ON p.workspace_id = s.workspace_id AND p.id = s.page_id \
             WHERE d.workspace_id = $1",
        )
        .and(" AND d.slug = ?", |binds| {
            binds.text(slug);
        });
        self.one(select, get_page).await
    }

    /// Writes a page, and the documents that came from it in place of those before. A document that
    /// came from another page is this one's from here on. False, and nothing written, when the fence
    /// is another's.
    pub async fn put_source_page(
        &self,
        fence: i64,
        page: SourcePage,
        documents: Vec<(DocumentId, i64)>,
    ) -> Result<bool, StoreError> {
        let (workspace, shared, source) = (self.id, self.store.writer.shared.clone(), page.source_id);
        self.fenced((source, fence), move |connection| {
            Box::pin(async move {
                let put = |page: &SourcePage, binds: &mut Binds| {
                    binds
                        .id(workspace)
                        .id(page.id)
                        .id(page.source_id)
                        .text(page.address.as_str())
                        .text(page.status.as_str())
                        .opt_text(page.reason.as_deref())
                        .opt_text(page.etag.as_deref())
                        .opt_text(page.last_modified.as_deref())
                        .opt_text(page.digest.as_ref().map(|digest| digest.0.as_str()))
                        .opt_int(page.bytes)
                        .opt_at(page.modified_at)
                        .at(page.created_at)
                        .at(page.checked_at);
                };
                let id = page.id;
                shared.statements.write(connection, &PAGES, &[page], put).await?;
                disown(connection, workspace, id).await?;
                let put = |(document, version): &(DocumentId, i64), binds: &mut Binds| {
                    binds.id(workspace).id(document).id(id).int(*version);
                };
                shared.statements.write(connection, &DOCUMENTS, &documents, put).await
            })
        })
        .await
    }

    /// Forgets a page. Its documents belong to nobody from here on. False when the fence is another's.
    pub async fn remove_source_page(
        &self,
        (source, fence): (SourceId, i64),
        id: SourcePageId,
    ) -> Result<bool, StoreError> {
        let workspace = self.id;
        self.fenced((source, fence), move |connection| {
            Box::pin(async move {
                disown(connection, workspace, id).await?;
                let mut binds = Binds::default();
                binds.id(workspace).id(id);
                binds
                    .execute(connection, "DELETE FROM source_pages WHERE workspace_id = $1 AND id = $2")
                    .await
                    .map(|_| ())
            })
        })
        .await
    }

    /// Runs `work` in a transaction in which the fence is the source's. False when it is not.
    async fn fenced<F>(&self, (source, fence): (SourceId, i64), work: F) -> Result<bool, StoreError>
    where
        F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<(), StoreError>> + Send + 'static,
    {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(source).int(fence);
                    // Writing it, even unchanged, holds the row until the transaction ends.
                    let held = binds
                        .execute(
                            connection,
                            "UPDATE knowledge_sources SET fence = fence \
                             WHERE workspace_id = $1 AND id = $2 AND fence = $3",
                        )
                        .await?;
                    if held == 1 {
                        work(connection).await?;
                    }
                    Ok(held == 1)
                })
            })
            .await
    }

    /// Whether a row was changed.
    async fn change(&self, binds: Binds, sql: &'static str) -> Result<bool, StoreError> {
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move { Ok(binds.execute(connection, sql).await? > 0) })
            })
            .await
    }
}

async fn disown(
    connection: &mut AnyConnection,
    workspace: domain::WorkspaceId,
    page: SourcePageId,
) -> Result<(), StoreError> {
    let mut binds = Binds::default();
    binds.id(workspace).id(page);
    binds
        .execute(connection, "DELETE FROM source_documents WHERE workspace_id = $1 AND page_id = $2")
        .await
        .map(|_| ())
}
