//! Who was named in notes to colleagues, and whether they have seen it.

use domain::{MessageId, TicketId, Timestamp, UserId, WorkspaceId};
use sqlx::any::AnyRow;

use crate::{
    StoreError, WorkspaceStore,
    page::clamp,
    rows::Columns,
    sql::{Binds, Select, Table},
};

/// Somebody was named in a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mention {
    pub user_id: UserId,
    pub message_id: MessageId,
    pub ticket_id: TicketId,
    pub at: Timestamp,
    /// When they had the ticket before them since.
    pub seen_at: Option<Timestamp>,
}

pub(crate) const MENTIONS: Table = Table {
    name: "mentions",
    columns: &["workspace_id", "user_id", "message_id", "ticket_id", "at"],
    key: &[],
    fixed: &[],
};

pub(crate) fn put_mention((workspace, new): &(WorkspaceId, &Mention), binds: &mut Binds) {
    binds.id(workspace).id(new.user_id).id(new.message_id).id(new.ticket_id).at(new.at);
}

fn get_mention(row: &AnyRow) -> Result<Mention, StoreError> {
    let c = Columns { table: "mentions", row };
    Ok(Mention {
        user_id: c.id("user_id")?,
        message_id: c.id("message_id")?,
        ticket_id: c.id("ticket_id")?,
        at: c.at("at")?,
        seen_at: c.opt_at("seen_at")?,
    })
}

impl WorkspaceStore {
    /// Where the person was named, the newest first.
    pub async fn mentions_of(&self, user: UserId, limit: i64) -> Result<Vec<Mention>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM mentions WHERE workspace_id = $1")
            .and(" AND user_id = ?", |binds| {
                binds.id(user);
            })
            .and(" ORDER BY at DESC, message_id DESC LIMIT ? + 0", |binds| {
                binds.int(clamp(limit));
            });
        self.all(select, get_mention).await
    }

    /// The tickets in which the person was named and which they have not looked at since.
    pub async fn unseen_mentions(&self, user: UserId) -> Result<i64, StoreError> {
        let sql =
            "SELECT count(DISTINCT ticket_id) AS n FROM mentions WHERE workspace_id = $1 AND seen_at IS NULL";
        let select = Select::of(self.id, sql).and(" AND user_id = ?", |binds| {
            binds.id(user);
        });
        let n = self.one(select, |row| Columns { table: "mentions", row }.int("n")).await?;
        Ok(n.unwrap_or_default())
    }

    /// The person has the ticket before them. Tells whether something was new to them.
    pub async fn see_mentions(&self, user: UserId, ticket: TicketId) -> Result<bool, StoreError> {
        let (workspace, now) = (self.id, self.store.writer.shared.clock.now());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(user).id(ticket).at(now);
                    let sql = "UPDATE mentions SET seen_at = $4 WHERE workspace_id = $1 AND user_id = $2 \
                               AND ticket_id = $3 AND seen_at IS NULL";
                    Ok(binds.execute(connection, sql).await? > 0)
                })
            })
            .await
    }
}
