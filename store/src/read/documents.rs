//! Knowledge sources and their pieces.

use std::collections::HashMap;

use domain::{
    ChunkId, CustomerId, DocumentId, WorkspaceId,
    canonical::Digest,
    knowledge::{Chunk, Document, DocumentVersion, Layer, Metadata},
    ticket::Visibility,
    user::Actor,
};
use sqlx::{AnyConnection, any::AnyRow};

use super::{Order, document_versions::VERSIONS};
use crate::{
    Page, StoreError, WorkspaceStore,
    rows::{self, Columns},
    sql::{Binds, Keyed, Select, Statements, Table},
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
        "layer",
        "customer_id",
        "visibility",
        "locale",
        "brand",
        "category",
        "tags",
        "valid_from",
        "valid_until",
        "template",
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
    columns: &[
        "workspace_id",
        "document_id",
        "ordinal",
        "id",
        "document_version",
        "since_version",
        "start_byte",
        "heading_path",
        "content",
    ],
    key: &[],
    fixed: &[],
};

/// The columns from `title` to `template`.
pub(super) fn put_meta(meta: &Metadata, binds: &mut Binds) {
    binds
        .text(meta.title.as_str())
        .text(meta.layer.as_str())
        .opt_id(meta.customer_id)
        .text(rows::visibility(meta.visibility))
        .text(meta.locale.as_str())
        .opt_text(meta.brand.as_deref())
        .text(meta.category.as_str())
        .json(&meta.tags)
        .opt_at(meta.valid_from)
        .opt_at(meta.valid_until)
        .opt_json(meta.template.as_ref());
}

pub(super) fn get_meta(c: &Columns<'_>) -> Result<Metadata, StoreError> {
    let visibility = |text: &str| match text {
        "public" => Some(Visibility::Public),
        "internal" => Some(Visibility::Internal),
        _ => None,
    };
    Ok(Metadata {
        title: c.text("title")?,
        layer: c.word("layer", Layer::parse)?,
        customer_id: c.opt_id("customer_id")?,
        visibility: c.word("visibility", visibility)?,
        locale: c.text("locale")?,
        brand: c.opt_text("brand")?,
        category: c.text("category")?,
        tags: c.json("tags")?,
        valid_from: c.opt_at("valid_from")?,
        valid_until: c.opt_at("valid_until")?,
        template: c.opt_json("template")?,
    })
}

fn get_document(row: &AnyRow) -> Result<Document, StoreError> {
    let c = Columns { table: "documents", row };
    Ok(Document {
        id: c.id("id")?,
        slug: c.text("slug")?,
        meta: get_meta(&c)?,
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
        since_version: c.int("since_version")?,
        ordinal: c.int("ordinal")?,
        start: c.int("start_byte")?,
        heading_path: c.json("heading_path")?,
        text: c.text("content")?,
    })
}

/// Looks up where chunks stand that were written before that was kept: each is a part of the text.
fn place(body: &str, chunks: &mut [Chunk]) {
    let mut from = 0;
    for chunk in chunks.iter_mut().filter(|chunk| chunk.start < 0) {
        let at = body.get(from..).and_then(|rest| rest.find(&chunk.text)).map_or(0, |at| from + at);
        chunk.start = at as i64;
        from = at;
    }
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

    /// Those that are messages to be filled in, by slug.
    pub async fn templates(&self) -> Result<Vec<Document>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT * FROM documents WHERE workspace_id = $1 AND template IS NOT NULL ORDER BY slug",
        );
        self.all(select, get_document).await
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

    /// A document's pieces, in order.
    pub async fn chunks(&self, document: &Document) -> Result<Vec<Chunk>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM chunks WHERE workspace_id = $1").and(
            " AND document_id = ? ORDER BY ordinal",
            |binds| {
                binds.id(document.id);
            },
        );
        let mut chunks = self.all(select, get_chunk).await?;
        place(&document.body, &mut chunks);
        Ok(chunks)
    }

    /// The document of a piece that stands in it now.
    pub async fn document_of_chunk(&self, id: ChunkId) -> Result<Option<Document>, StoreError> {
        let select = Select::of(self.id, "SELECT document_id FROM chunks WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        let read = |row: &AnyRow| Columns { table: "chunks", row }.id("document_id");
        match self.one(select, read).await? {
            Some(document) => self.document(document).await,
            None => Ok(None),
        }
    }

    /// Writes a document, new or changed, replaces all its chunks and keeps this version of it.
    /// [`StoreError::Taken`] when another document has the slug, or another change came first.
    pub async fn put_document(
        &self,
        document: Document,
        chunks: Vec<Chunk>,
        by: Actor,
    ) -> Result<(), StoreError> {
        let taken = format!("the slug {}", document.slug);
        match self.put_documents(vec![(document, chunks)], by).await {
            Err(error) if error.is_unique_violation() => Err(StoreError::Taken(taken)),
            other => other,
        }
    }

    /// Like [`WorkspaceStore::put_document`] for several, all of them or none.
    pub async fn put_documents(
        &self,
        documents: Vec<(Document, Vec<Chunk>)>,
        by: Actor,
    ) -> Result<(), StoreError> {
        let workspace = self.id;
        let shared = self.store.writer.shared.clone();
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    for (document, chunks) in documents {
                        write(connection, &shared.statements, workspace, document, chunks, &by).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    /// Returns whether it was there. Its versions stay.
    pub async fn remove_document(&self, id: DocumentId) -> Result<bool, StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    remove_chunks(connection, workspace, id).await?;
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

    /// Every document's version.
    pub async fn document_heads(&self) -> Result<HashMap<DocumentId, i64>, StoreError> {
        let select = Select::of(self.id, "SELECT id, version FROM documents WHERE workspace_id = $1");
        let heads = self.all(select, |row| {
            let row = Columns { table: "documents", row };
            Ok((row.id("id")?, row.int("version")?))
        });
        Ok(heads.await?.into_iter().collect())
    }

    /// These documents with their pieces, as far as they are there, in no order.
    pub async fn documents_with_chunks(
        &self,
        ids: &[DocumentId],
    ) -> Result<Vec<(Document, Vec<Chunk>)>, StoreError> {
        let keys: Vec<[String; 2]> = ids.iter().map(|id| [self.id.to_string(), id.to_string()]).collect();
        let wanted = |name, table, column, tail| Keyed {
            name,
            columns: "t.*",
            table,
            key: ["workspace_id", column],
            and: "",
            tail,
        };
        let statements = &self.store.writer.shared.statements;
        let mut reader = self.reader().await?;
        let found = async {
            let documents = wanted("documents", "documents", "id", "");
            let chunks = wanted("chunks", "chunks", "document_id", " ORDER BY t.document_id, t.ordinal");
            let documents = statements.select(&mut reader, &documents, &keys).await?;
            Ok::<_, StoreError>((documents, statements.select(&mut reader, &chunks, &keys).await?))
        };
        let (documents, chunks) = self.store.heard(found).await?;
        reader.keep();
        let mut of: HashMap<DocumentId, Vec<Chunk>> = HashMap::new();
        for row in &chunks {
            let chunk = get_chunk(row)?;
            of.entry(chunk.document_id).or_default().push(chunk);
        }
        documents
            .iter()
            .map(|row| {
                let document = get_document(row)?;
                let mut chunks = of.remove(&document.id).unwrap_or_default();
                place(&document.body, &mut chunks);
                Ok((document, chunks))
            })
            .collect()
    }

    /// Everything the index is made of.
    pub async fn all_chunks(&self) -> Result<Vec<(Document, Vec<Chunk>)>, StoreError> {
        let mut ids: Vec<DocumentId> = self.document_heads().await?.into_keys().collect();
        ids.sort_unstable();
        let mut all = Vec::with_capacity(ids.len());
        for ids in ids.chunks(CHUNKED as usize) {
            all.extend(self.documents_with_chunks(ids).await?);
        }
        all.sort_by_key(|(document, _)| document.id);
        Ok(all)
    }

    /// Every customer who has, or had, documents of their own.
    pub async fn customers_with_documents(&self) -> Result<Vec<CustomerId>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT DISTINCT customer_id FROM document_versions WHERE workspace_id = $1 \
             AND customer_id IS NOT NULL",
        );
        self.all(select, |row| Columns { table: "document_versions", row }.id("customer_id")).await
    }
}

async fn write(
    connection: &mut AnyConnection,
    statements: &Statements,
    workspace: WorkspaceId,
    document: Document,
    chunks: Vec<Chunk>,
    by: &Actor,
) -> Result<(), StoreError> {
    let id = document.id;
    // First: two changes of one version cannot both be written.
    let version = DocumentVersion {
        document_id: id,
        version: document.version,
        slug: document.slug.clone(),
        meta: document.meta.clone(),
        digest: document.digest.clone(),
        body: document.body.clone(),
        created_at: document.updated_at,
        created_by: by.clone(),
    };
    let put = |version: &DocumentVersion, binds: &mut Binds| {
        binds.id(workspace).id(version.document_id).int(version.version).text(version.slug.as_str());
        put_meta(&version.meta, binds);
        binds
            .text(version.digest.0.as_str())
            .text(version.body.as_str())
            .at(version.created_at)
            .json(&version.created_by);
    };
    statements.write(connection, &VERSIONS, &[version], put).await?;
    let put = |document: &Document, binds: &mut Binds| {
        binds.id(workspace).id(document.id).text(document.slug.as_str());
        put_meta(&document.meta, binds);
        binds
            .int(document.version)
            .text(document.digest.0.as_str())
            .text(document.body.as_str())
            .at(document.created_at)
            .at(document.updated_at);
    };
    statements.write(connection, &DOCUMENTS, &[document], put).await?;
    remove_chunks(connection, workspace, id).await?;
    let put = |chunk: &Chunk, binds: &mut Binds| {
        binds
            .id(workspace)
            .id(chunk.document_id)
            .int(chunk.ordinal)
            .id(chunk.id)
            .int(chunk.document_version)
            .int(chunk.since_version)
            .int(chunk.start)
            .json(&chunk.heading_path)
            .text(chunk.text.as_str());
    };
    statements.write(connection, &CHUNKS, &chunks, put).await
}

async fn remove_chunks(
    connection: &mut AnyConnection,
    workspace: WorkspaceId,
    document: DocumentId,
) -> Result<(), StoreError> {
    let mut binds = Binds::default();
    binds.id(workspace).id(document);
    binds.execute(connection, "DELETE FROM chunks WHERE workspace_id = $1 AND document_id = $2").await?;
    Ok(())
}
