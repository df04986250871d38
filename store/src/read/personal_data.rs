//! Scans of stored messages for personal data, and what they suggest.

use std::collections::BTreeSet;

use domain::{
    RunId, ScanId, SuggestionId, TicketId, Timestamp, WorkspaceId,
    audit::Deed,
    personal_data::{NewSuggestion, Scan, ScanPlace, ScanStatus, Suggestion, SuggestionStatus},
    ticket::Message,
    user::Actor,
};
use sqlx::any::AnyRow;

use super::{Order, audit::append};
use crate::{
    Page, Store, StoreError, WorkspaceStore,
    page::clamp,
    rows::{self, Columns, workspace_of},
    sql::{Binds, Select},
};

fn get_scan(row: &AnyRow) -> Result<Scan, StoreError> {
    let c = Columns { table: "personal_data_scans", row };
    Ok(Scan {
        id: c.id("id")?,
        status: c.word("status", ScanStatus::parse)?,
        kinds: c.json("kinds")?,
        started_by: c.json("started_by")?,
        messages: c.int("messages")?,
        messages_read: c.int("messages_read")?,
        found: c.int("found")?,
        error: c.opt_text("error")?,
        created_at: c.at("created_at")?,
        updated_at: c.at("updated_at")?,
    })
}

fn get_suggestion(row: &AnyRow) -> Result<Suggestion, StoreError> {
    let c = Columns { table: "personal_data_suggestions", row };
    Ok(Suggestion {
        id: c.id("id")?,
        scan_id: c.id("scan_id")?,
        ticket_id: c.id("ticket_id")?,
        message_id: c.id("message_id")?,
        status: c.word("status", SuggestionStatus::parse)?,
        kinds: c.json("kinds")?,
        spans: c.json("spans")?,
        excerpt: c.text("excerpt")?,
        decided_by: c.opt_json("decided_by")?,
        decided_at: c.opt_at("decided_at")?,
        created_at: c.at("created_at")?,
    })
}

impl Store {
    /// Every scan that is under way, also those whose process has ended.
    pub async fn running_scans(&self) -> Result<Vec<(WorkspaceId, ScanId)>, StoreError> {
        let read =
            |row: &AnyRow| Ok((workspace_of(row)?, Columns { table: "personal_data_scans", row }.id("id")?));
        self.everywhere(
            "SELECT workspace_id, id FROM personal_data_scans WHERE status = 'running'",
            |_| (),
            read,
        )
        .await
    }
}

/// The place is compared as a row, which is looked up in the index; as conditions it is looked for from the beginning.
fn behind(workspace: WorkspaceId, place: &ScanPlace, limit: i64) -> Select {
    Select::of(workspace, "SELECT ticket_id, version, message FROM messages WHERE workspace_id = $1").and(
        " AND (ticket_id, version) > (?, ?) ORDER BY ticket_id, version LIMIT ? + 0",
        |binds| {
            binds.text(place.ticket.as_str()).int(place.version).int(clamp(limit));
        },
    )
}

impl WorkspaceStore {
    /// Writes a new scan and its entry in the audit; the one that is under way when there is one.
    pub async fn begin_scan(
        &self,
        id: ScanId,
        kinds: BTreeSet<String>,
        deed: Deed,
    ) -> Result<Scan, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer().transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id).json(&deed.actor).at(deed.at).json(&kinds);
                    let sql = "INSERT INTO personal_data_scans (workspace_id, id, status, started_by, kinds, messages, \
                               messages_read, found, after_ticket, after_version, created_at, updated_at) \
                               SELECT $1, $2, 'running', $3, $5, \
                               (SELECT count(*) FROM messages WHERE workspace_id = $1), 0, 0, '', 0, $4 + 0, $4 + 0 \
                               WHERE NOT EXISTS (SELECT 1 FROM personal_data_scans \
                               WHERE workspace_id = $1 AND status = 'running') ON CONFLICT DO NOTHING";
                    if binds.execute(connection, sql).await? == 1 {
                        append(connection, shared.how(), [(workspace, deed)]).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        let select = Select::of(self.id, "SELECT * FROM personal_data_scans WHERE workspace_id = $1").and(
            " AND (status = 'running' OR id = ?) ORDER BY created_at DESC, id DESC LIMIT 1",
            |binds| {
                binds.id(id);
            },
        );
        let found = self.one(select, get_scan).await?;
        found.ok_or_else(|| StoreError::Row {
            table: "personal_data_scans",
            why: "it was not written".to_owned(),
        })
    }

    pub async fn scan(&self, id: ScanId) -> Result<Option<Scan>, StoreError> {
        Ok(self.scan_and_place(id).await?.map(|(scan, _)| scan))
    }

    /// With the place up to which it has read.
    pub async fn scan_and_place(&self, id: ScanId) -> Result<Option<(Scan, ScanPlace)>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM personal_data_scans WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, |row| {
            let c = Columns { table: "personal_data_scans", row };
            let place = ScanPlace { ticket: c.text("after_ticket")?, version: c.int("after_version")? };
            Ok((get_scan(row)?, place))
        })
        .await
    }

    /// The newest first.
    pub async fn scans(&self, limit: i64, cursor: Option<&str>) -> Result<Page<Scan>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM personal_data_scans WHERE workspace_id = $1");
        self.page(select, ("created_at", Order::NewestFirst), (limit, cursor), get_scan, |scan| {
            (scan.created_at, scan.id.to_string())
        })
        .await
    }

    /// Messages of all tickets behind a place, in an order that stays.
    pub async fn messages_behind(
        &self,
        place: &ScanPlace,
        limit: i64,
    ) -> Result<Vec<(TicketId, i64, Message)>, StoreError> {
        self.all(behind(self.id, place, limit), |row| {
            let (version, message) = rows::get_message(row)?;
            Ok((Columns { table: "messages", row }.id("ticket_id")?, version, message))
        })
        .await
    }

    /// Notes that a scan has read on, and what it found. False, and nothing is written, when it is over
    /// or another process read that part: look at it again.
    pub async fn scan_read(
        &self,
        id: ScanId,
        (from, to): (ScanPlace, ScanPlace),
        read: i64,
        found: Vec<NewSuggestion>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let workspace = self.id;
        self.writer().transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(id)
                        .text(from.ticket)
                        .int(from.version)
                        .text(to.ticket)
                        .int(to.version)
                        .int(read)
                        .at(at);
                    let sql = "UPDATE personal_data_scans SET after_ticket = $5, after_version = $6, \
                               messages_read = messages_read + $7, updated_at = $8 \
                               WHERE workspace_id = $1 AND id = $2 AND status = 'running' \
                               AND after_ticket = $3 AND after_version = $4";
                    if binds.execute(connection, sql).await? == 0 {
                        return Ok(false);
                    }
                    let mut new = 0;
                    for NewSuggestion { suggestion, text } in found {
                        let mut binds = Binds::default();
                        binds
                            .id(workspace)
                            .id(suggestion.id)
                            .id(id)
                            .id(suggestion.ticket_id)
                            .id(suggestion.message_id)
                            .json(&suggestion.kinds)
                            .json(&suggestion.spans)
                            .text(suggestion.excerpt)
                            .text(text.0)
                            .at(suggestion.created_at);
                        let sql = "INSERT INTO personal_data_suggestions (workspace_id, id, scan_id, ticket_id, \
                                   message_id, status, kinds, spans, excerpt, text_digest, created_at) \
                                   VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9, $10) \
                                   ON CONFLICT (workspace_id, message_id, text_digest) DO NOTHING";
                        new += i64::try_from(binds.execute(connection, sql).await?).unwrap_or(i64::MAX);
                    }
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id).int(new);
                    let sql = "UPDATE personal_data_scans SET found = found + $3 WHERE workspace_id = $1 AND id = $2";
                    binds.execute(connection, sql).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Ends a scan that is under way. False when it was over already.
    pub async fn end_scan(
        &self,
        id: ScanId,
        status: ScanStatus,
        error: Option<String>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id).text(status.as_str()).opt_text(error).at(at);
                    let sql = "UPDATE personal_data_scans SET status = $3, error = $4, updated_at = $5 \
                               WHERE workspace_id = $1 AND id = $2 AND status = 'running'";
                    Ok(binds.execute(connection, sql).await? == 1)
                })
            })
            .await
    }

    /// The newest first.
    pub async fn suggestions(
        &self,
        status: Option<SuggestionStatus>,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<Suggestion>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM personal_data_suggestions WHERE workspace_id = $1")
            .of_status(status.map(SuggestionStatus::as_str));
        let order = ("created_at", Order::NewestFirst);
        self.page(select, order, (limit, cursor), get_suggestion, |suggestion| {
            (suggestion.created_at, suggestion.id.to_string())
        })
        .await
    }

    pub async fn suggestion(&self, id: SuggestionId) -> Result<Option<Suggestion>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM personal_data_suggestions WHERE workspace_id = $1")
            .and(" AND id = ?", |binds| {
                binds.id(id);
            });
        self.one(select, get_suggestion).await
    }

    /// Lets what was found stay, with its entry in the audit. False when somebody decided already.
    pub async fn keep_suggestion(&self, id: SuggestionId, deed: Deed) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let decided = SuggestionStatus::Kept;
                    if !decide(connection, (workspace, id), decided, &deed.actor, deed.at).await? {
                        return Ok(false);
                    }
                    append(connection, shared.how(), [(workspace, deed)]).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// When values were taken out of a run's journal.
    pub async fn run_redacted_at(&self, run: RunId) -> Result<Option<Timestamp>, StoreError> {
        let select = Select::of(self.id, "SELECT redacted_at FROM runs WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(run);
            },
        );
        let read = self.one(select, |row| Columns { table: "runs", row }.opt_at("redacted_at")).await?;
        Ok(read.flatten())
    }
}

/// Closes an open suggestion; false when it is none.
pub(super) async fn decide(
    connection: &mut sqlx::AnyConnection,
    (workspace, id): (WorkspaceId, SuggestionId),
    status: SuggestionStatus,
    by: &Actor,
    at: Timestamp,
) -> Result<bool, StoreError> {
    let mut binds = Binds::default();
    binds.id(workspace).id(id).text(status.as_str()).json(by).at(at);
    let sql = "UPDATE personal_data_suggestions SET status = $3, decided_by = $4, decided_at = $5 \
               WHERE workspace_id = $1 AND id = $2 AND status = 'open'";
    Ok(binds.execute(connection, sql).await? == 1)
}

#[cfg(test)]
mod tests {
    use sqlx::{AnyConnection, Connection as _};
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn a_scan_goes_on_from_its_place_and_reads_nothing_before_it() {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let place = ScanPlace { ticket: "t".to_owned(), version: 7 };
        let select = behind(WorkspaceId(Uuid::nil()), &place, 100);
        let plan = select.plan(&mut connection).await.unwrap();
        assert_eq!(plan.len(), 1, "nothing is sorted: {plan:?}");
        assert!(plan[0].contains("workspace_id=? AND (ticket_id,version)>(?,?)"), "{plan:?}");
    }
}
