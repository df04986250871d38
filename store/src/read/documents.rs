//! Knowledge sources and their pieces.

use domain::{
    DocumentId,
    canonical::Digest,
    knowledge::{Chunk, Document},
    ticket::Visibility,
};
use sqlx::any::AnyRow;

use super::Order;
use crate::{
    Page, StoreError, WorkspaceStore,
    rows::{self, Columns},
    sql::{Binds, Keyed, Select, Table},
};

/// Documents whose chunks are read at once.
const CHUNKED: i64 = 200;

const DOCUMENTS: Table = Table {
    name: "documents",
    columns: &[
        "workspace_id",
        "id",
        "slug",
        "title",
        "visibility",
        "category",
        "tags",
        "version",
        "digest",
        "body",
        "created_at",
        "updated_at",
    ],
    key: &["workspace_id", "id"],
    fixed: &[],
};

const CHUNKS: Table = Table {
    name: "chunks",
    columns: &["workspace_id", "document_id", "ordinal", "id", "document_version", "heading_path", "content"],
    key: &[],
    fixed: &[],
};

fn get_document(row: &AnyRow) -> Result<Document, StoreError> {
    let c = Columns { table: "documents", row };
    let visibility = |text: &str| match text {
        "public" => Some(Visibility::Public),
        "internal" => Some(Visibility::Internal),
        _ => None,
    };
    Ok(Document {
        id: c.id("id")?,
        slug: c.text("slug")?,
        title: c.text("title")?,
        visibility: c.word("visibility", visibility)?,
        category: c.text("category")?,
        tags: c.json("tags")?,
        version: c.int("version")?,
        digest: Digest(c.text("digest")?),
        body: c.text("body")?,
        created_at: c.at("created_at")?,
        updated_at: c.at("updated_at")?,
    })
}

pub(super) fn get_chunk(row: &AnyRow) -> Result<Chunk, StoreError> {
    let c = Columns { table: "chunks", row };
    Ok(Chunk {
        id: c.id("id")?,
        document_id: c.id("document_id")?,
        document_version: c.int("document_version")?,
        ordinal: c.int("ordinal")?,
        heading_path: c.json("heading_path")?,
        text: c.text("content")?,
    })
}

impl WorkspaceStore {
    /// The oldest first.
    pub async fn documents(&self, limit: i64, cursor: Option<&str>) -> Result<Page<Document>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM documents WHERE workspace_id = $1");
        self.page(select, ("created_at", Order::OldestFirst), (limit, cursor), get_document, |document| {
            (document.created_at, document.id.to_string())
        })
        .await
    }

    pub async fn document(&self, id: DocumentId) -> Result<Option<Document>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM documents WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, get_document).await
    }

    pub async fn document_by_slug(&self, slug: &str) -> Result<Option<Document>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM documents WHERE workspace_id = $1").and(
            " AND slug = ?",
            |binds| {
                binds.text(slug);
            },
        );
        self.one(select, get_document).await
    }

    pub async fn chunks(&self, document: DocumentId) -> Result<Vec<Chunk>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM chunks WHERE workspace_id = $1").and(
            " AND document_id = ? ORDER BY ordinal",
            |binds| {
                binds.id(document);
            },
        );
        self.all(select, get_chunk).await
    }

    /// Writes a document, new or changed, and replaces all its chunks. [`StoreError::Taken`] when
    /// another document has the slug.
    pub async fn put_document(&self, document: Document, chunks: Vec<Chunk>) -> Result<(), StoreError> {
        let workspace = self.id;
        let taken = format!("the slug {}", document.slug);
        let shared = self.store.writer.shared.clone();
        let written = self
            .store
            .writer
            .transact(move |connection| {
                Box::pin(async move {
                    let put = |document: &Document, binds: &mut Binds| {
                        binds
                            .id(workspace)
                            .id(document.id)
                            .text(document.slug.as_str())
                            .text(document.title.as_str())
                            .text(rows::visibility(document.visibility))
                            .text(document.category.as_str())
                            .json(&document.tags)
                            .int(document.version)
                            .text(document.digest.0.as_str())
                            .text(document.body.as_str())
                            .at(document.created_at)
                            .at(document.updated_at);
                    };
                    let documents = [document];
                    shared.statements.write(connection, &DOCUMENTS, &documents, put).await?;
                    let mut binds = Binds::default();
                    binds.id(workspace).id(documents[0].id);
                    binds
                        .execute(
                            connection,
                            "DELETE FROM chunks WHERE workspace_id = $1 AND document_id = $2",
                        )
                        .await?;
                    let put = |chunk: &Chunk, binds: &mut Binds| {
                        binds
                            .id(workspace)
                            .id(chunk.document_id)
                            .int(chunk.ordinal)
                            .id(chunk.id)
                            .int(chunk.document_version)
                            .json(&chunk.heading_path)
                            .text(chunk.text.as_str());
                    };
                    shared.statements.write(connection, &CHUNKS, &chunks, put).await
                })
            })
            .await;
        match written {
            Err(error) if error.is_unique_violation() => Err(StoreError::Taken(taken)),
            other => other,
        }
    }

    /// Returns whether it was there.
    pub async fn remove_document(&self, id: DocumentId) -> Result<bool, StoreError> {
        let workspace = self.id;
        self.store
            .writer
            .transact(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id);
                    binds
                        .execute(
                            connection,
                            "DELETE FROM chunks WHERE workspace_id = $1 AND document_id = $2",
                        )
                        .await?;
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id);
                    let removed = binds
                        .execute(connection, "DELETE FROM documents WHERE workspace_id = $1 AND id = $2")
                        .await?;
                    Ok(removed == 1)
                })
            })
            .await
    }

    /// Changes whenever a document is added, changed or removed, by whichever process.
    pub async fn documents_stamp(&self) -> Result<(i64, i64, i64), StoreError> {
        let select = Select::of(
            self.id,
            "SELECT count(*) AS n, CAST(coalesce(sum(version), 0) AS BIGINT) AS versions, \
             coalesce(max(updated_at), 0) AS newest FROM documents WHERE workspace_id = $1",
        );
        let stamp = self
            .one(select, |row| {
                let row = Columns { table: "documents", row };
                Ok((row.int("n")?, row.int("versions")?, row.int("newest")?))
            })
            .await?;
        Ok(stamp.unwrap_or_default())
    }

    /// Everything the index is made of.
    pub async fn all_chunks(&self) -> Result<Vec<(Document, Vec<Chunk>)>, StoreError> {
        let mut all: Vec<(Document, Vec<Chunk>)> = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = self.documents(CHUNKED, cursor.as_deref()).await?;
            let first = all.len();
            all.extend(page.items.into_iter().map(|document| (document, Vec::new())));
            let keys: Vec<[String; 2]> = all[first..]
                .iter()
                .map(|(document, _)| [self.id.to_string(), document.id.to_string()])
                .collect();
            let mut reader = self.store.reader().await?;
            let wanted = Keyed {
                name: "chunks",
                columns: "t.*",
                table: "chunks",
                key: ["workspace_id", "document_id"],
                and: "",
                tail: " ORDER BY t.document_id, t.ordinal",
            };
            let found = self.store.writer.shared.statements.select(&mut reader, &wanted, &keys).await?;
            reader.keep();
            let places: std::collections::HashMap<DocumentId, usize> =
                all[first..].iter().enumerate().map(|(i, (document, _))| (document.id, first + i)).collect();
            for row in &found {
                let chunk = get_chunk(row)?;
                if let Some(place) = places.get(&chunk.document_id) {
                    all[*place].1.push(chunk);
                }
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(all);
            }
        }
    }
}
