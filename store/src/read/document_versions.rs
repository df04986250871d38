//! What documents said at each of their versions.

use domain::{DocumentId, canonical::Digest, knowledge::DocumentVersion};
use sqlx::any::AnyRow;

use super::documents::get_meta;
use crate::{
    StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Select, Table},
};

/// Versions of one document that are listed.
const LISTED: i64 = 500;

pub(super) const VERSIONS: Table = Table {
    name: "document_versions",
    columns: &[
        "workspace_id",
        "document_id",
        "version",
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
        "digest",
        "body",
        "created_at",
        "created_by",
    ],
    key: &[],
    fixed: &[],
};

fn get_version(row: &AnyRow) -> Result<DocumentVersion, StoreError> {
    let c = Columns { table: "document_versions", row };
    Ok(DocumentVersion {
        document_id: c.id("document_id")?,
        version: c.int("version")?,
        slug: c.text("slug")?,
        meta: get_meta(&c)?,
        digest: Digest(c.text("digest")?),
        body: c.text("body")?,
        created_at: c.at("created_at")?,
        created_by: c.json("created_by")?,
    })
}

impl WorkspaceStore {
    /// The last 500 versions of a document, the newest first, without their text. Empty when there
    /// never was such a document; one that was removed still has its versions.
    pub async fn document_versions(&self, document: DocumentId) -> Result<Vec<DocumentVersion>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT workspace_id, document_id, version, slug, title, layer, customer_id, visibility, locale, brand, \
             category, tags, valid_from, valid_until, template, digest, '' AS body, created_at, created_by \
             FROM document_versions WHERE workspace_id = $1",
        )
        .and(" AND document_id = ? ORDER BY version DESC LIMIT ? + 0", |binds| {
            binds.id(document).int(LISTED);
        });
        self.all(select, get_version).await
    }

    pub async fn document_version(
        &self,
        document: DocumentId,
        version: i64,
    ) -> Result<Option<DocumentVersion>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM document_versions WHERE workspace_id = $1").and(
            " AND document_id = ? AND version = ?",
            |binds| {
                binds.id(document).int(version);
            },
        );
        self.one(select, get_version).await
    }
}
