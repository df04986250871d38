//! Customers' sessions, and the links that begin them. Both belong to a contact and go with it.

use domain::{
    ContactId, CustomerId, CustomerSessionId, Timestamp, audit::Deed, customer::Contact, ticket::Ticket,
};
use sqlx::any::AnyRow;

use super::{Order, audit, customers::contact_in};
use crate::{
    CustomerSession, Page, StoreError, WorkspaceStore,
    rows::{self, Columns},
    sql::{Binds, Select},
};

fn get_contact(row: &AnyRow) -> Result<Contact, StoreError> {
    contact_in(&Columns { table: "contacts", row }, ["customer_id", "email"])
}

fn get_session(row: &AnyRow) -> Result<(CustomerSession, Contact), StoreError> {
    let c = Columns { table: "customer_sessions", row };
    let session = CustomerSession {
        id: c.id("session_id")?,
        contact_id: c.id("id")?,
        created_at: c.at("session_created_at")?,
        seen_at: c.at("seen_at")?,
        expires_at: c.at("expires_at")?,
    };
    Ok((session, get_contact(row)?))
}

impl WorkspaceStore {
    /// Keeps the digest of a link to sign in with. False when there is no such contact.
    pub async fn offer_customer_link(
        &self,
        contact: ContactId,
        sha256: String,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut old = Binds::default();
                    old.id(workspace).at(now);
                    let sql = "DELETE FROM customer_links WHERE workspace_id = $1 AND expires_at <= $2";
                    old.execute(connection, sql).await?;
                    let mut new = Binds::default();
                    new.id(workspace).id(contact).text(sha256).at(until);
                    let sql = "INSERT INTO customer_links (workspace_id, sha256, contact_id, expires_at) \
                               SELECT workspace_id, $3, id, $4 FROM contacts WHERE workspace_id = $1 AND id = $2";
                    Ok(new.execute(connection, sql).await? == 1)
                })
            })
            .await
    }

    /// Whose link it is, while it may be used.
    pub async fn contact_of_link(&self, sha256: &str, now: Timestamp) -> Result<Option<Contact>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM contacts WHERE workspace_id = $1").and(
            " AND id IN (SELECT l.contact_id FROM customer_links l \
             WHERE l.workspace_id = $1 AND l.sha256 = ? AND l.expires_at > ?)",
            |binds| {
                binds.text(sha256).at(now);
            },
        );
        self.one(select, get_contact).await
    }

    /// Uses a link up, with every other link of its contact, and begins the session. The audit says so. False, and
    /// nothing is changed, when the link was used, is over, or is somebody else's.
    pub async fn begin_customer_session(
        &self,
        sha256: String,
        session: CustomerSession,
        deed: Deed,
    ) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let (contact, now) = (session.contact_id, session.created_at);
                    let mut used = Binds::default();
                    used.id(workspace).text(sha256).id(contact).at(now);
                    let sql = "DELETE FROM customer_links \
                               WHERE workspace_id = $1 AND sha256 = $2 AND contact_id = $3 AND expires_at > $4";
                    if used.execute(connection, sql).await? == 0 {
                        return Ok(false);
                    }
                    let mut others = Binds::default();
                    others.id(workspace).id(contact);
                    let sql = "DELETE FROM customer_links WHERE workspace_id = $1 AND contact_id = $2";
                    others.execute(connection, sql).await?;
                    let mut old = Binds::default();
                    old.id(workspace).id(contact).at(now);
                    let sql = "DELETE FROM customer_sessions \
                               WHERE workspace_id = $1 AND contact_id = $2 AND expires_at <= $3";
                    old.execute(connection, sql).await?;
                    let mut new = Binds::default();
                    new.id(workspace)
                        .id(session.id)
                        .id(contact)
                        .at(now)
                        .at(session.seen_at)
                        .at(session.expires_at);
                    let sql = "INSERT INTO customer_sessions \
                               (workspace_id, id, contact_id, created_at, seen_at, expires_at) \
                               VALUES ($1, $2, $3, $4, $5, $6)";
                    new.execute(connection, sql).await?;
                    audit::append(connection, shared.how(), [(workspace, deed)]).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// The session with its contact as they are now; none when it was ended or is over.
    pub async fn customer_session(
        &self,
        id: CustomerSessionId,
        now: Timestamp,
    ) -> Result<Option<(CustomerSession, Contact)>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT c.*, s.id AS session_id, s.created_at AS session_created_at, s.seen_at AS seen_at, \
             s.expires_at AS expires_at FROM customer_sessions s \
             JOIN contacts c ON c.workspace_id = s.workspace_id AND c.id = s.contact_id \
             WHERE s.workspace_id = $1",
        )
        .and(" AND s.id = ? AND s.expires_at > ?", |binds| {
            binds.id(id).at(now);
        });
        self.one(select, get_session).await
    }

    /// It is in use: it lasts until `until` from now on. Never sooner than it would have.
    pub async fn see_customer_session(
        &self,
        id: CustomerSessionId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id).at(now).at(until);
                    let sql = "UPDATE customer_sessions SET seen_at = $3, expires_at = $4 \
                               WHERE workspace_id = $1 AND id = $2 AND seen_at < $3 AND expires_at > $3";
                    binds.execute(connection, sql).await.map(|_| ())
                })
            })
            .await
    }

    /// Returns whether there was one to end; then the audit says so.
    pub async fn end_customer_session(&self, id: CustomerSessionId, deed: Deed) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id);
                    let sql = "DELETE FROM customer_sessions WHERE workspace_id = $1 AND id = $2";
                    let ended = binds.execute(connection, sql).await? == 1;
                    if ended {
                        audit::append(connection, shared.how(), [(workspace, deed)]).await?;
                    }
                    Ok(ended)
                })
            })
            .await
    }

    /// The tickets of a contact, or of everybody at their company, the newest first.
    pub async fn tickets_of_contact(
        &self,
        contact: ContactId,
        company: Option<CustomerId>,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<Ticket>, StoreError> {
        let select = Select::of(self.id, "SELECT snapshot FROM tickets WHERE workspace_id = $1");
        let select = match company {
            // Theirs are among them: a ticket has both, or neither.
            Some(company) => select.and(" AND customer_id = ?", |binds| {
                binds.id(company);
            }),
            None => select.and(" AND contact_id = ?", |binds| {
                binds.id(contact);
            }),
        };
        self.page(select, ("created_at", Order::NewestFirst), (limit, cursor), rows::get_ticket, |ticket| {
            (ticket.created_at, ticket.id.to_string())
        })
        .await
    }
}
