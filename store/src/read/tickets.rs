//! Tickets, their messages and their timeline.

use domain::{
    AttachmentId, CustomerId, EventId, MessageId, TicketId,
    ticket::{Event, Message, Priority, Ticket, TicketStatus},
};

use super::{Order, approvals::assigned};
use crate::{
    Attachment, FollowUp, Page, StoreError, TicketFilter, WorkspaceStore,
    page::clamp,
    rows::{self, Columns},
    sql::{Binds, Select, contains},
};

fn narrow(select: Select, filter: &TicketFilter) -> Select {
    let mut select = select
        .and_if(" AND status = ?", filter.status, |binds, status| {
            binds.text(status.as_str());
        })
        .and_if(" AND channel = ?", filter.channel, |binds, channel| {
            binds.text(channel.as_str());
        })
        .and_if(" AND customer_id = ?", filter.customer_id, |binds, id| {
            binds.id(id);
        });
    if let Some(user) = filter.mentioned {
        let named =
            " AND id IN (SELECT m.ticket_id FROM mentions m WHERE m.workspace_id = $1 AND m.user_id = ?)";
        select = select.and(named, |binds| {
            binds.id(user);
        });
    }
    if filter.waiting_for_staff {
        select = select.and(" AND status = ?", |binds| {
            binds.text(TicketStatus::WaitingForStaff.as_str());
        });
    }
    if let Some(text) = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        // A number as people write it is that of one ticket, which needs no look at the others.
        let number = text.strip_prefix('#').and_then(|number| number.parse::<i64>().ok());
        let pattern = contains(text);
        select = match number {
            Some(number) => select.and(" AND number = ?", |binds| {
                binds.int(number);
            }),
            None => select.and(
                " AND (search LIKE ? ESCAPE '\\' OR customer_id IN \
                 (SELECT c.id FROM customers c WHERE c.workspace_id = $1 AND c.search LIKE ? ESCAPE '\\'))",
                |binds| {
                    binds.text(pattern.as_str()).text(pattern.as_str());
                },
            ),
        };
    }
    // The words stand in the text, because the index has them as its condition.
    if let Some(priority) = filter.priority {
        select = match priority {
            Priority::Normal => select,
            _ => select.then(" AND priority <> 'normal'"),
        };
        select = select.then(" AND priority = '").then(priority.as_str()).then("'");
    }
    assigned(select, filter.assigned.as_ref())
}

/// One customer's are few: they are found and sorted, where the index in this order would be walked through
/// everybody's. SQLite sorts by a sum itself.
fn order_of(filter: &TicketFilter) -> &'static str {
    match filter.customer_id {
        Some(_) => "updated_at + 0",
        None => "updated_at",
    }
}

impl WorkspaceStore {
    pub async fn ticket(&self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        let select = Select::of(self.id, "SELECT snapshot FROM tickets WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, rows::get_ticket).await
    }

    pub async fn ticket_by_number(&self, number: i64) -> Result<Option<Ticket>, StoreError> {
        let select = Select::of(self.id, "SELECT snapshot FROM tickets WHERE workspace_id = $1").and(
            " AND number = ?",
            |binds| {
                binds.int(number);
            },
        );
        self.one(select, rows::get_ticket).await
    }

    /// Those of these that exist, in no order.
    pub async fn tickets_by_id(&self, ids: &[TicketId]) -> Result<Vec<Ticket>, StoreError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let marks = vec!["?"; ids.len()].join(", ");
        let select = Select::of(self.id, "SELECT snapshot FROM tickets WHERE workspace_id = $1").and(
            &format!(" AND id IN ({marks})"),
            |binds| {
                for id in ids {
                    binds.id(id);
                }
            },
        );
        self.all(select, rows::get_ticket).await
    }

    /// The most recently changed first.
    pub async fn tickets(
        &self,
        filter: &TicketFilter,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<Ticket>, StoreError> {
        let select =
            narrow(Select::of(self.id, "SELECT snapshot FROM tickets WHERE workspace_id = $1"), filter);
        self.page(
            select,
            (order_of(filter), Order::NewestFirst),
            (limit, cursor),
            rows::get_ticket,
            |ticket| (ticket.updated_at, ticket.id.to_string()),
        )
        .await
    }

    /// A customer's tickets, the newest first.
    pub async fn tickets_of_customer(
        &self,
        customer: CustomerId,
        except: Option<TicketId>,
        limit: i64,
    ) -> Result<Vec<Ticket>, StoreError> {
        let select = Select::of(self.id, "SELECT snapshot FROM tickets WHERE workspace_id = $1")
            .and(" AND customer_id = ?", |binds| {
                binds.id(customer);
            })
            .and_if(" AND id <> ?", except, |binds, id| {
                binds.id(id);
            })
            .and(" ORDER BY created_at DESC, id DESC LIMIT ? + 0", |binds| {
                binds.int(clamp(limit));
            });
        self.all(select, rows::get_ticket).await
    }

    /// What was said after the given version, in order.
    pub async fn messages(&self, ticket: TicketId, after: Option<i64>) -> Result<Vec<Message>, StoreError> {
        let messages = self.messages_with_versions(ticket, after).await?;
        Ok(messages.into_iter().map(|(_, message)| message).collect())
    }

    /// Like [`Self::messages`], with the version of the event that added each.
    pub async fn messages_with_versions(
        &self,
        ticket: TicketId,
        after: Option<i64>,
    ) -> Result<Vec<(i64, Message)>, StoreError> {
        let select = Select::of(self.id, "SELECT version, message FROM messages WHERE workspace_id = $1")
            .and(" AND ticket_id = ? AND version > ? ORDER BY version", |binds| {
                binds.id(ticket).int(after.unwrap_or(0));
            });
        self.all(select, rows::get_message).await
    }

    /// One message and the ticket it belongs to.
    pub async fn message(&self, id: MessageId) -> Result<Option<(TicketId, Message)>, StoreError> {
        let select =
            Select::of(self.id, "SELECT ticket_id, version, message FROM messages WHERE workspace_id = $1")
                .and(" AND id = ?", |binds| {
                    binds.id(id);
                });
        self.one(select, |row| {
            Ok((Columns { table: "messages", row }.id("ticket_id")?, rows::get_message(row)?.1))
        })
        .await
    }

    /// A ticket's timeline after the given version, in order.
    pub async fn events(&self, ticket: TicketId, after: i64, limit: i64) -> Result<Vec<Event>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT position, id, ticket_id, version, actor, body, at FROM events WHERE workspace_id = $1",
        )
        .and(" AND ticket_id = ? AND version > ? ORDER BY version LIMIT ? + 0", |binds| {
            binds.id(ticket).int(after).int(clamp(limit));
        });
        self.all(select, rows::get_event).await
    }

    /// One event of a ticket.
    pub async fn event(&self, ticket: TicketId, id: EventId) -> Result<Option<Event>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT position, id, ticket_id, version, actor, body, at FROM events WHERE workspace_id = $1",
        )
        .and(" AND ticket_id = ? AND id = ?", |binds| {
            binds.id(ticket).id(id);
        });
        self.one(select, rows::get_event).await
    }

    /// The workspace's timeline after the given position, in order.
    pub async fn events_after(&self, position: i64, limit: i64) -> Result<Vec<Event>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT position, id, ticket_id, version, actor, body, at FROM events WHERE workspace_id = $1",
        )
        .and(" AND position > ? ORDER BY position LIMIT ? + 0", |binds| {
            binds.int(position).int(clamp(limit));
        });
        self.all(select, rows::get_event).await
    }

    /// The position of the newest event; 0 before the first.
    pub async fn last_position(&self) -> Result<i64, StoreError> {
        let select = Select::of(self.id, "SELECT event_position FROM workspaces WHERE id = $1");
        let position =
            self.one(select, |row| Columns { table: "workspaces", row }.int("event_position")).await?;
        Ok(position.unwrap_or(0))
    }

    /// Timers whose time has come, the oldest first.
    pub async fn due_follow_ups(
        &self,
        now: domain::Timestamp,
        limit: i64,
    ) -> Result<Vec<FollowUp>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT ticket_id, version, due_at, note FROM follow_ups WHERE workspace_id = $1 AND fired_at IS NULL",
        )
        .and(" AND due_at <= ? ORDER BY due_at LIMIT ? + 0", |binds| {
            binds.at(now).int(clamp(limit));
        });
        self.all(select, rows::get_follow_up).await
    }

    /// Returns whether this call fired it; false when it had fired already. Fire it after its event
    /// is committed under an idempotency key made of the ticket and the version: a crash in between
    /// then repeats the event, and the repeat is a [`domain::commit::CommitError::Duplicate`].
    pub async fn mark_follow_up_fired(&self, ticket: TicketId, version: i64) -> Result<bool, StoreError> {
        let (workspace, now) = (self.id, self.store.writer.shared.clock.now());
        self.writer().transact(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(ticket).int(version).at(now);
                    let sql = "UPDATE follow_ups SET fired_at = $4 \
                               WHERE workspace_id = $1 AND ticket_id = $2 AND version = $3 AND fired_at IS NULL";
                    Ok(binds.execute(connection, sql).await? == 1)
                })
            })
            .await
    }

    pub async fn put_attachment(&self, attachment: Attachment) -> Result<(), StoreError> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let workspace = self.id;
        self.writer()
            .transact(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(attachment.id)
                        .text(attachment.filename)
                        .text(attachment.content_type)
                        .int(i64::try_from(attachment.content.len()).unwrap_or(i64::MAX))
                        .text(STANDARD.encode(&attachment.content))
                        .at(attachment.created_at);
                    let sql = "INSERT INTO attachments \
                               (workspace_id, id, filename, content_type, bytes, content, created_at) \
                               VALUES ($1, $2, $3, $4, $5, $6, $7)";
                    binds.execute(connection, sql).await.map(|_| ())
                })
            })
            .await
    }

    pub async fn attachment(&self, id: AttachmentId) -> Result<Option<Attachment>, StoreError> {
        use base64::{Engine as _, engine::general_purpose::STANDARD};
        let select = Select::of(
            self.id,
            "SELECT id, filename, content_type, content, created_at FROM attachments WHERE workspace_id = $1",
        )
        .and(" AND id = ?", |binds| {
            binds.id(id);
        });
        self.one(select, |row| {
            let c = Columns { table: "attachments", row };
            Ok(Attachment {
                id: c.id("id")?,
                filename: c.text("filename")?,
                content_type: c.text("content_type")?,
                content: STANDARD.decode(c.text("content")?).map_err(|error| c.bad("content", error))?,
                created_at: c.at("created_at")?,
            })
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use domain::{UserId, WorkspaceId};
    use sqlx::Connection as _;

    use super::*;
    use crate::Assigned;

    #[tokio::test]
    async fn a_narrowed_list_is_walked_in_its_order_and_never_sorted() {
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let nobody = UserId(uuid::Uuid::nil());
        let whose = |assigned| TicketFilter { assigned: Some(assigned), ..TicketFilter::default() };
        let of = |priority| TicketFilter { priority: Some(priority), ..TicketFilter::default() };
        for (filter, index) in [
            (TicketFilter::default(), "tickets_by_update"),
            (whose(Assigned::To(vec![nobody])), "tickets_by_assignee"),
            (whose(Assigned::Nobody), "tickets_by_update"),
            (of(Priority::Urgent), "tickets_by_priority"),
            (of(Priority::Normal), "tickets_by_update"),
        ] {
            let sql = "SELECT snapshot FROM tickets WHERE workspace_id = $1";
            let select = narrow(Select::of(WorkspaceId(uuid::Uuid::nil()), sql), &filter)
                .then(" ORDER BY updated_at DESC, id DESC LIMIT 50");
            let plan = select.plan(&mut connection).await.unwrap();
            assert!(plan[0].contains(index), "{filter:?}: {plan:?}");
            assert!(plan.iter().all(|step| !step.contains("TEMP B-TREE FOR ORDER BY")), "{plan:?}");
        }
    }

    #[tokio::test]
    async fn a_customers_tickets_are_found_by_the_customer() {
        sqlx::any::install_default_drivers();
        let mut connection = sqlx::AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let filter =
            TicketFilter { customer_id: Some(CustomerId(uuid::Uuid::nil())), ..TicketFilter::default() };
        let sql = "SELECT snapshot FROM tickets WHERE workspace_id = $1";
        let select = narrow(Select::of(WorkspaceId(uuid::Uuid::nil()), sql), &filter)
            .then(&format!(" ORDER BY {} DESC, id DESC LIMIT 50", order_of(&filter)));
        let plan = select.plan(&mut connection).await.unwrap();
        assert!(plan[0].contains("tickets_by_customer"), "{plan:?}");
    }
}
