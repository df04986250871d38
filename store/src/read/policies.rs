//! The policies of workspaces, every version of them.

use domain::{
    WorkspaceId,
    audit::{AuditAction, Deed},
    canonical::Digest,
    policy::PolicyDocument,
};
use serde_json::json;
use sqlx::any::AnyRow;

use super::audit::append;
use crate::{
    Store, StoreError, WorkspaceStore,
    bell::Word,
    page::clamp,
    rows::{Columns, workspace_of},
    sql::{Binds, Select},
};

fn get_policy(row: &AnyRow) -> Result<PolicyDocument, StoreError> {
    let c = Columns { table: "policies", row };
    Ok(PolicyDocument {
        version: c.int("version")?,
        digest: Digest(c.text("digest")?),
        text: c.text("document")?,
        note: c.text("note")?,
        created_by: c.json("created_by")?,
        created_at: c.at("created_at")?,
    })
}

impl WorkspaceStore {
    /// The one in effect; none while the workspace has none of its own.
    pub async fn policy(&self) -> Result<Option<PolicyDocument>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM policies WHERE workspace_id = $1")
            .then(" ORDER BY version DESC LIMIT 1");
        self.one(select, get_policy).await
    }

    pub async fn policy_version(&self, version: i64) -> Result<Option<PolicyDocument>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM policies WHERE workspace_id = $1").and(
            " AND version = ?",
            |binds| {
                binds.int(version);
            },
        );
        self.one(select, get_policy).await
    }

    /// The newest first, those before the version when one is given, without their texts.
    pub async fn policy_versions(
        &self,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<PolicyDocument>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT workspace_id, version, digest, '' AS document, note, created_by, created_at \
             FROM policies WHERE workspace_id = $1",
        )
        .and_if(" AND version < ?", before, |binds, before| {
            binds.int(before);
        })
        .and(" ORDER BY version DESC LIMIT ? + 0", |binds| {
            binds.int(clamp(limit));
        });
        self.all(select, get_policy).await
    }

    /// Appends a version, with its entry in the audit. Returns false, and changes nothing, when the
    /// version in effect is not the one before it: somebody else was faster.
    pub async fn put_policy(&self, new: PolicyDocument) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        let put = self
            .writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .int(new.version)
                        .text(new.digest.0.as_str())
                        .text(new.text)
                        .text(new.note.as_str())
                        .json(&new.created_by)
                        .at(new.created_at);
                    // The key keeps two processes from writing the same version.
                    let sql = "INSERT INTO policies \
                               (workspace_id, version, digest, document, note, created_by, created_at) \
                               SELECT $1, $2, $3, $4, $5, $6, $7 WHERE $2 = 1 + \
                               (SELECT coalesce(max(version), 0) FROM policies WHERE workspace_id = $1) \
                               ON CONFLICT (workspace_id, version) DO NOTHING";
                    if binds.execute(connection, sql).await? == 0 {
                        return Ok(false);
                    }
                    let deed = Deed {
                        at: new.created_at,
                        actor: new.created_by,
                        action: AuditAction::PolicyChanged,
                        subject: format!("version {}", new.version),
                        detail: json!({ "version": new.version, "digest": new.digest, "note": new.note }),
                    };
                    append(connection, shared.how(), [(workspace, deed)]).await?;
                    Ok(true)
                })
            })
            .await?;
        self.store.writer.shared.bell.say(Word::Rules);
        Ok(put)
    }
}

impl Store {
    /// The version in effect of each workspace that has a policy of its own: asked for several times a
    /// second.
    pub async fn policy_heads(&self) -> Result<Vec<(WorkspaceId, i64)>, StoreError> {
        let read =
            |row: &AnyRow| Ok((workspace_of(row)?, Columns { table: "policies", row }.int("version")?));
        self.everywhere(
            "SELECT workspace_id, max(version) AS version FROM policies GROUP BY workspace_id",
            |_| (),
            read,
        )
        .await
    }
}
