//! The audit's chain: written after everything else of a transaction, read and checked entry by entry.

use std::collections::BTreeMap;

use domain::{
    Timestamp, WorkspaceId,
    audit::{AuditAction, AuditEntry, Break, Deed, Link},
    canonical::Digest,
    user::Actor,
};
use sqlx::{AnyConnection, any::AnyRow};

use crate::{
    MAX_LIMIT, StoreError, WorkspaceStore,
    dialect::Dialect,
    page::clamp,
    rows::Columns,
    sql::{Binds, Select, Statements, Table},
};

const AUDIT_ENTRIES: Table = Table {
    name: "audit_entries",
    columns: &[
        "workspace_id",
        "seq",
        "at",
        "actor",
        "actor_id",
        "action",
        "subject",
        "detail",
        "previous",
        "digest",
    ],
    key: &[],
    fixed: &[],
};

/// Narrows the audit; the default is all of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AuditFilter {
    pub action: Option<AuditAction>,
    /// The user's or key's id.
    pub actor: Option<String>,
    pub subject: Option<String>,
    pub from: Option<Timestamp>,
    /// Before this time.
    pub until: Option<Timestamp>,
}

/// What a check of the whole chain found.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditReport {
    /// How many entries are kept and were read.
    pub entries: i64,
    /// What is kept begins after this one.
    pub kept_after: Link,
    /// The last entry, as the chain's own row says.
    pub head: Link,
    /// The first place where the chain does not hold; none when it is whole.
    pub broken: Option<Break>,
}

fn get_entry(row: &AnyRow) -> Result<AuditEntry, StoreError> {
    let c = Columns { table: "audit_entries", row };
    Ok(AuditEntry {
        seq: c.int("seq")?,
        deed: Deed {
            at: c.at("at")?,
            actor: c.json("actor")?,
            action: c.word("action", AuditAction::parse)?,
            subject: c.text("subject")?,
            detail: c.json("detail")?,
        },
        previous: Digest(c.text("previous")?),
        digest: Digest(c.text("digest")?),
    })
}

fn get_heads(row: &AnyRow) -> Result<(Link, Link), StoreError> {
    let c = Columns { table: "audit_heads", row };
    let head = Link { seq: c.int("seq")?, digest: Digest(c.text("digest")?) };
    let kept = Link { seq: c.int("kept_after_seq")?, digest: Digest(c.text("kept_after_digest")?) };
    Ok((head, kept))
}

/// Who it was, for the filter.
fn actor_id(actor: &Actor) -> Option<String> {
    match actor {
        Actor::User { user_id, .. } => Some(user_id.to_string()),
        Actor::ApiKey { api_key_id, .. } => Some(api_key_id.to_string()),
        Actor::Customer { .. } | Actor::Agent { .. } | Actor::System => None,
    }
}

/// Puts deeds at the ends of their workspaces' chains. The last thing a transaction does, because
/// others wait for the chain from here on; workspaces in their order, so that two of them cannot wait
/// for each other.
pub(crate) async fn append(
    connection: &mut AnyConnection,
    (statements, dialect): (&Statements, Dialect),
    deeds: impl IntoIterator<Item = (WorkspaceId, Deed)>,
) -> Result<(), StoreError> {
    let mut chains: BTreeMap<WorkspaceId, Vec<Deed>> = BTreeMap::new();
    for (workspace, deed) in deeds {
        chains.entry(workspace).or_default().push(deed);
    }
    for (workspace, deeds) in chains {
        let mut link = end_of(connection, dialect, workspace).await?;
        let mut entries = Vec::with_capacity(deeds.len());
        for deed in deeds {
            let entry = link.then(workspace, deed);
            link = Link { seq: entry.seq, digest: entry.digest.clone() };
            entries.push((workspace, entry));
        }
        statements.write(connection, &AUDIT_ENTRIES, &entries, put_entry).await?;
        let mut binds = Binds::default();
        binds.id(workspace).int(link.seq).text(link.digest.0);
        let sql = "UPDATE audit_heads SET seq = $2, digest = $3 WHERE workspace_id = $1";
        binds.execute(connection, sql).await?;
    }
    Ok(())
}

/// Locks the end of the chain, and makes it when there is none.
async fn end_of(
    connection: &mut AnyConnection,
    dialect: Dialect,
    workspace: WorkspaceId,
) -> Result<Link, StoreError> {
    let sql = format!("SELECT * FROM audit_heads WHERE workspace_id = $1{}", dialect.lock_one());
    let mut key = Binds::default();
    key.id(workspace);
    if let Some(row) = key.fetch_all(connection, sql.as_str().into()).await?.first() {
        return get_heads(row).map(|(head, _)| head);
    }
    let start = Link::start(workspace);
    let mut binds = Binds::default();
    binds.id(workspace).text(start.digest.0);
    let new = "INSERT INTO audit_heads (workspace_id, seq, digest, kept_after_seq, kept_after_digest) \
               VALUES ($1, 0, $2, 0, $2) ON CONFLICT (workspace_id) DO NOTHING";
    binds.execute(connection, new).await?;
    // Another process may have been faster.
    let mut key = Binds::default();
    key.id(workspace);
    let rows = key.fetch_all(connection, sql.as_str().into()).await?;
    let row = rows
        .first()
        .ok_or_else(|| StoreError::Row { table: "audit_heads", why: "the chain has no end".to_owned() })?;
    get_heads(row).map(|(head, _)| head)
}

fn put_entry((workspace, entry): &(WorkspaceId, AuditEntry), binds: &mut Binds) {
    binds
        .id(workspace)
        .int(entry.seq)
        .at(entry.deed.at)
        .json(&entry.deed.actor)
        .opt_text(actor_id(&entry.deed.actor))
        .text(entry.deed.action.as_str())
        .text(entry.deed.subject.as_str())
        .json(&entry.deed.detail)
        .text(entry.previous.0.as_str())
        .text(entry.digest.0.as_str());
}

impl WorkspaceStore {
    /// Writes a deed that no other write goes with.
    pub async fn audit(&self, deed: Deed) -> Result<(), StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move { append(connection, shared.how(), [(workspace, deed)]).await })
            })
            .await
    }

    /// Newest first, those before the number when one is given.
    pub async fn audit_entries(
        &self,
        filter: &AuditFilter,
        before: Option<i64>,
        limit: i64,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM audit_entries WHERE workspace_id = $1")
            .and_if(" AND seq < ?", before, |binds, before| {
                binds.int(before);
            })
            .and_if(" AND action = ?", filter.action, |binds, action| {
                binds.text(action.as_str());
            })
            .and_if(" AND actor_id = ?", filter.actor.as_deref(), |binds, actor| {
                binds.text(actor);
            })
            .and_if(" AND subject = ?", filter.subject.as_deref(), |binds, subject| {
                binds.text(subject);
            })
            .and_if(" AND at >= ?", filter.from, |binds, from| {
                binds.at(from);
            })
            .and_if(" AND at < ?", filter.until, |binds, until| {
                binds.at(until);
            })
            .and(" ORDER BY seq DESC LIMIT ? + 0", |binds| {
                binds.int(clamp(limit));
            });
        self.all(select, get_entry).await
    }

    /// Oldest first, those after the number.
    pub async fn audit_after(&self, seq: i64, limit: i64) -> Result<Vec<AuditEntry>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM audit_entries WHERE workspace_id = $1").and(
            " AND seq > ? ORDER BY seq LIMIT ? + 0",
            |binds| {
                binds.int(seq).int(clamp(limit));
            },
        );
        self.all(select, get_entry).await
    }

    /// Where the chain ends and where what is kept of it begins.
    pub async fn audit_heads(&self) -> Result<(Link, Link), StoreError> {
        let select = Select::of(self.id, "SELECT * FROM audit_heads WHERE workspace_id = $1");
        let start = Link::start(self.id);
        Ok(self.one(select, get_heads).await?.unwrap_or((start.clone(), start)))
    }

    /// Reads the chain from its beginning to its end. What is written meanwhile is left for the next time, and what is
    /// taken away meanwhile is not missing.
    pub async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        self.verify_between(self.audit_heads().await?).await
    }

    /// The same with where the chain ended and where what is kept of it began when somebody looked.
    async fn verify_between(&self, mut heads: (Link, Link)) -> Result<AuditReport, StoreError> {
        loop {
            let report = self.walk_audit(heads).await?;
            let Some(at) = report.broken.as_ref().map(|broken| broken.seq) else { return Ok(report) };
            heads = self.audit_heads().await?;
            // Unless that place has been taken away since, the chain does not hold there.
            let begins_after = heads.1.seq;
            if begins_after <= report.kept_after.seq || begins_after < at {
                return Ok(report);
            }
        }
    }

    async fn walk_audit(&self, (head, kept_after): (Link, Link)) -> Result<AuditReport, StoreError> {
        let mut report =
            AuditReport { entries: 0, kept_after: kept_after.clone(), head: head.clone(), broken: None };
        let mut link = kept_after;
        while link.seq < head.seq {
            let mut entries = match self.audit_after(link.seq, MAX_LIMIT).await {
                Ok(entries) => entries,
                // A row that cannot even be read was not written like that.
                Err(StoreError::Row { why, .. }) => {
                    report.broken = Some(Break {
                        seq: link.seq + 1,
                        why: format!("it, or one of the next {MAX_LIMIT}, cannot be read: {why}"),
                    });
                    return Ok(report);
                }
                Err(error) => return Err(error),
            };
            entries.retain(|entry| entry.seq <= head.seq);
            if entries.is_empty() {
                report.broken = Some(Break { seq: link.seq + 1, why: "the entry is missing".to_owned() });
                return Ok(report);
            }
            for entry in &entries {
                match link.follow(self.id, entry) {
                    Ok(next) => link = next,
                    Err(broken) => {
                        report.broken = Some(broken);
                        return Ok(report);
                    }
                }
                report.entries += 1;
            }
        }
        if link != head {
            let why = "the last entry is not the one that the chain's end names".to_owned();
            report.broken = Some(Break { seq: head.seq, why });
        }
        Ok(report)
    }

    /// Whether an entry that is kept has this digest, or the one before the first that is.
    pub async fn has_audit_digest(&self, digest: &str) -> Result<bool, StoreError> {
        if self.audit_heads().await?.1.digest.0 == digest {
            return Ok(true);
        }
        let select = Select::of(self.id, "SELECT seq FROM audit_entries WHERE workspace_id = $1").and(
            " AND digest = ? LIMIT 1",
            |binds| {
                binds.text(digest);
            },
        );
        let found = self.one(select, |row| Columns { table: "audit_entries", row }.int("seq")).await?;
        Ok(found.is_some())
    }

    /// Takes entries older than `before` from the beginning, and writes down that it did. The last
    /// entry stays, and what is kept can still be checked. Returns how many went.
    pub async fn prune_audit(&self, before: Timestamp, actor: Actor) -> Result<i64, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer().transact_beside(move |connection| {
                Box::pin(async move {
                    let head = end_of(connection, shared.dialect, workspace).await?;
                    // Times need not rise with numbers: only what nothing young enough precedes goes.
                    let mut binds = Binds::default();
                    binds.id(workspace).at(before).int(head.seq);
                    let last = "SELECT * FROM audit_entries WHERE workspace_id = $1 AND seq < \
                                COALESCE((SELECT MIN(seq) FROM audit_entries WHERE workspace_id = $1 AND at >= $2), $3) \
                                ORDER BY seq DESC LIMIT 1";
                    let rows = binds.fetch_all(connection, last.into()).await?;
                    let Some(last) = rows.first().map(get_entry).transpose()? else { return Ok(0) };
                    let mut binds = Binds::default();
                    binds.id(workspace).int(last.seq);
                    let sql = "DELETE FROM audit_entries WHERE workspace_id = $1 AND seq <= $2";
                    let gone = i64::try_from(binds.execute(connection, sql).await?).unwrap_or(i64::MAX);
                    let mut binds = Binds::default();
                    binds.id(workspace).int(last.seq).text(last.digest.0.as_str());
                    let sql = "UPDATE audit_heads SET kept_after_seq = $2, kept_after_digest = $3 WHERE workspace_id = $1";
                    binds.execute(connection, sql).await?;
                    let deed = Deed {
                        at: shared.clock.now(),
                        actor,
                        action: AuditAction::AuditPruned,
                        subject: format!("{gone} entries"),
                        detail: serde_json::json!({ "before": before, "up_to": last.seq, "digest": last.digest }),
                    };
                    append(connection, shared.how(), [(workspace, deed)]).await?;
                    Ok(gone)
                })
            })
            .await
    }
}

#[cfg(all(test, feature = "testing"))]
mod tests {
    use std::{sync::Arc, time::Duration};

    use domain::Clock as _;

    use super::*;
    use crate::{
        Store, StoreOptions,
        testing::{CountedIds, ManualClock, postgres_database},
    };

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_taken_away_while_the_chain_is_read_is_not_missing() {
        for url in ["sqlite::memory:".to_owned(), postgres_database()] {
            let (clock, ids) = (Arc::new(ManualClock::default()), Arc::new(CountedIds::default()));
            let store = Store::open(&url, StoreOptions::default(), clock.clone(), ids).await.unwrap();
            store.migrate().await.unwrap();
            let desk = store.workspace(store.create_workspace("one", "One").await.unwrap().id);
            let write = async || {
                let deed = Deed {
                    at: clock.now(),
                    actor: Actor::System,
                    action: AuditAction::DocumentStored,
                    subject: "returns".to_owned(),
                    detail: serde_json::json!({}),
                };
                desk.audit(deed).await.unwrap();
                clock.advance(Duration::from_secs(1));
            };
            for _ in 0..6 {
                write().await;
            }
            let looked = desk.audit_heads().await.unwrap();
            for (gone, kept_after) in [(5, 5), (2, 7)] {
                assert_eq!(desk.prune_audit(clock.now(), Actor::System).await.unwrap(), gone);
                let report = desk.verify_between(looked.clone()).await.unwrap();
                assert_eq!((report.broken, report.entries, report.kept_after.seq), (None, 2, kept_after));
                write().await;
            }
            // An end that nothing leads to is none, and nothing was taken away since.
            let (head, kept_after) = desk.audit_heads().await.unwrap();
            let other = Link { digest: Digest::of("another"), ..head.clone() };
            let report = desk.verify_between((other, kept_after)).await.unwrap();
            assert_eq!(report.broken.map(|broken| broken.seq), Some(head.seq));
        }
    }
}
