//! What is known of the index: which versions it holds, and facts about all knowledge.

use std::collections::HashMap;

use domain::DocumentId;

use crate::{
    StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select, Table},
};

const MARKS: Table = Table {
    name: "index_marks",
    columns: &["workspace_id", "collection", "document_id", "version"],
    key: &["workspace_id", "collection", "document_id"],
    fixed: &[],
};

/// A fact about all knowledge, kept by the reserved workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KnowledgeFact {
    /// The digest of the library that was loaded.
    Library,
    /// The collection that is searched.
    Collection,
    /// What tells the rules by which the workspace's part of an index was screened from others.
    Screened,
}

impl KnowledgeFact {
    fn as_str(self) -> &'static str {
        match self {
            Self::Library => "library",
            Self::Collection => "collection",
            Self::Screened => "screened",
        }
    }
}

impl WorkspaceStore {
    /// The version of each document that a collection holds whole.
    pub async fn index_marks(&self, collection: &str) -> Result<HashMap<DocumentId, i64>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT document_id, version FROM index_marks WHERE workspace_id = $1",
        )
        .and(" AND collection = ?", |binds| {
            binds.text(collection);
        });
        let marks = self.all(select, |row| {
            let row = Columns { table: "index_marks", row };
            Ok((row.id("document_id")?, row.int("version")?))
        });
        Ok(marks.await?.into_iter().collect())
    }

    /// Notes that a collection holds these versions whole.
    pub async fn mark_indexed(
        &self,
        collection: &str,
        versions: Vec<(DocumentId, i64)>,
    ) -> Result<(), StoreError> {
        let (workspace, collection) = (self.id, collection.to_owned());
        let shared = self.store.writer.shared.clone();
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let put = |(document, version): &(DocumentId, i64), binds: &mut Binds| {
                        binds.id(workspace).text(collection.as_str()).id(document).int(*version);
                    };
                    shared.statements.write(connection, &MARKS, &versions, put).await
                })
            })
            .await
    }

    /// Takes the mark of a document that a collection does not hold any more.
    pub async fn unmark_indexed(&self, collection: &str, document: DocumentId) -> Result<(), StoreError> {
        let mut binds = Binds::default();
        binds.id(self.id).text(collection).id(document);
        self.write_binds(
            binds,
            "DELETE FROM index_marks WHERE workspace_id = $1 AND collection = $2 AND document_id = $3",
        )
        .await
    }

    /// Takes every mark of a collection in this workspace.
    pub async fn forget_collection(&self, collection: &str) -> Result<(), StoreError> {
        let mut binds = Binds::default();
        binds.id(self.id).text(collection);
        self.write_binds(binds, "DELETE FROM index_marks WHERE workspace_id = $1 AND collection = $2").await
    }

    pub async fn knowledge_fact(&self, fact: KnowledgeFact) -> Result<Option<String>, StoreError> {
        let select = Select::of(self.id, "SELECT value FROM knowledge_facts WHERE workspace_id = $1").and(
            " AND name = ?",
            |binds| {
                binds.text(fact.as_str());
            },
        );
        self.one(select, |row| Columns { table: "knowledge_facts", row }.text("value")).await
    }

    pub async fn put_knowledge_fact(&self, fact: KnowledgeFact, value: &str) -> Result<(), StoreError> {
        let mut binds = Binds::default();
        binds.id(self.id).text(fact.as_str()).text(value).at(self.store.writer.shared.clock.now());
        self.write_binds(
            binds,
            "INSERT INTO knowledge_facts (workspace_id, name, value, updated_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (workspace_id, name) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
        )
        .await
    }

    async fn write_binds(&self, binds: Binds, sql: &'static str) -> Result<(), StoreError> {
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move { binds.execute(connection, sql).await.map(|_| ()) })
            })
            .await
    }
}
