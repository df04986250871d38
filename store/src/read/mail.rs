//! Mail: what goes out, and to which ticket what comes in belongs.

use std::collections::BTreeSet;

use domain::{DeliveryId, TicketId, commit::DeliveryStatus};
use uuid::Uuid;

use super::Order;
use crate::{
    Delivery, Page, StoreError, WorkspaceStore,
    page::clamp,
    rows::{self, Columns},
    sql::{Keyed, Select},
};

/// Ids that one mail may refer to; more are not looked at.
const REFERENCES: usize = 64;

impl WorkspaceStore {
    /// Pending mail whose time has come, the oldest first. Taking one to
    /// [`DeliveryStatus::Sending`] by a commit claims it.
    pub async fn due_deliveries(&self, limit: i64) -> Result<Vec<Delivery>, StoreError> {
        let now = self.store.writer.shared.clock.now();
        let select = Select::of(
            self.id,
            "SELECT * FROM deliveries WHERE workspace_id = $1 AND status = 'pending'",
        )
        .and(
            " AND (next_attempt_at IS NULL OR next_attempt_at <= ?) ORDER BY created_at, id LIMIT ? + 0",
            |binds| {
                binds.at(now).int(clamp(limit));
            },
        );
        self.all(select, rows::get_delivery).await
    }

    /// The newest first.
    pub async fn deliveries(
        &self,
        status: Option<DeliveryStatus>,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<Delivery>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM deliveries WHERE workspace_id = $1").and_if(
            " AND status = ?",
            status,
            |binds, status| {
                binds.text(status.as_str());
            },
        );
        self.page(
            select,
            ("created_at", Order::NewestFirst),
            (limit, cursor),
            rows::get_delivery,
            |delivery| (delivery.created_at, delivery.id.to_string()),
        )
        .await
    }

    pub async fn delivery(&self, id: DeliveryId) -> Result<Option<Delivery>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM deliveries WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, rows::get_delivery).await
    }

    /// The ticket that has a message with one of these Message-IDs (without angle brackets), ours
    /// or theirs. Mail of ours is known by its message's id before the `@`. When several tickets
    /// are referred to, the one with the newest message.
    pub async fn ticket_of_email(&self, message_ids: &[String]) -> Result<Option<TicketId>, StoreError> {
        let ids: BTreeSet<&str> = message_ids.iter().take(REFERENCES).map(String::as_str).collect();
        let ours: BTreeSet<Uuid> = ids
            .iter()
            .filter_map(|id| Uuid::parse_str(id.split('@').next().unwrap_or_default()).ok())
            .collect();
        let workspace = self.id.to_string();
        let theirs: Vec<[String; 2]> = ids.iter().map(|id| [workspace.clone(), (*id).to_owned()]).collect();
        let ours: Vec<[String; 2]> = ours.iter().map(|id| [workspace.clone(), id.to_string()]).collect();
        let mut reader = self.reader().await?;
        let statements = &self.store.writer.shared.statements;
        let of = |name, column, and| Keyed {
            name,
            columns: "ticket_id, at",
            table: "messages",
            key: ["workspace_id", column],
            and,
            tail: "",
        };
        let wanted = of("mail of theirs", "email_message_id", " AND t.email_message_id IS NOT NULL");
        let found = async {
            let mut found = statements.select(&mut reader, &wanted, &theirs).await?;
            found.extend(
                statements
                    .select(&mut reader, &of("mail of ours", "id", " AND t.visibility = 'public'"), &ours)
                    .await?,
            );
            Ok::<_, StoreError>(found)
        };
        let found = self.store.heard(found).await?;
        reader.keep();
        let mut newest: Option<(i64, TicketId)> = None;
        for row in &found {
            let c = Columns { table: "messages", row };
            newest = newest.max(Some((c.int("at")?, c.id("ticket_id")?)));
        }
        Ok(newest.map(|(_, ticket)| ticket))
    }
}
