//! What stands around a run or an approval, in one statement.
//!
//! A worker needs the ticket, its customer, what was said, what was asked and what was done each
//! time it takes a run up; one statement costs it one way to the database, and sees one state of it.

use domain::{
    ApprovalId, ContactId, CustomerId, RunId, TicketId, WorkspaceId,
    approval::{Approval, Decision},
    customer::{Contact, Customer},
    effect::Effect,
    ticket::{Message, Ticket},
};
use sqlx::any::AnyRow;

use crate::{
    StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select},
};

use super::customers::{contact_in, customer_in};

/// What there is around a run or an approval. Lists are in the order things happened.
#[derive(Debug, Default)]
pub struct Surroundings {
    pub ticket: Option<Ticket>,
    pub customer: Option<Customer>,
    /// Who wrote; of a customer all, the oldest first.
    pub contacts: Vec<Contact>,
    pub messages: Vec<Message>,
    pub approvals: Vec<Approval>,
    pub effects: Vec<Effect>,
    pub decisions: Vec<Decision>,
}

const TICKET: &str = "SELECT 'ticket' AS kind, 0 AS n, id, snapshot AS body, '' AS name, '' AS tier, '' AS locale, \
    0 AS created_at, 0 AS updated_at FROM tickets WHERE workspace_id = $1";
/// The first part where no ticket is wanted: its columns, and no row.
const NOTHING: &str = "SELECT '' AS kind, 0 AS n, id, '' AS body, '' AS name, '' AS tier, '' AS locale, \
    0 AS created_at, 0 AS updated_at FROM workspaces WHERE id = $1 AND id = ''";
const CUSTOMER: &str = " UNION ALL SELECT 'customer', 0, id, fields, name, tier, locale, created_at, updated_at \
    FROM customers WHERE workspace_id = $1";
const CONTACT: &str = " UNION ALL SELECT 'contact', created_at, id, customer_id, name, email, '', created_at, 0 \
    FROM contacts WHERE workspace_id = $1";
const MESSAGES: &str = " UNION ALL SELECT 'message', version, id, message, '', '', '', 0, 0 \
    FROM messages WHERE workspace_id = $1";
const APPROVALS: &str = " UNION ALL SELECT 'approval', requested_at, id, approval, '', '', '', 0, 0 \
    FROM approvals WHERE workspace_id = $1";
const EFFECTS: &str = " UNION ALL SELECT 'effect', created_at, id, effect, '', '', '', 0, 0 \
    FROM effects WHERE workspace_id = $1";
const DECISIONS: &str = " UNION ALL SELECT 'decision', at, id, decision, '', '', '', 0, 0 \
    FROM decisions WHERE workspace_id = $1";

impl WorkspaceStore {
    /// What a worker needs to go on with a run: its ticket and customer, what was said after the
    /// given version of the ticket, its approvals and its effects.
    pub async fn around_run(
        &self,
        run: RunId,
        ticket: Option<TicketId>,
        after: i64,
    ) -> Result<Surroundings, StoreError> {
        self.gather(run_and(around(self.id, ticket, after), run)).await
    }

    /// What a reviewer needs beside an approval: its ticket and customer, the whole conversation and
    /// the decisions so far.
    pub async fn around_approval(
        &self,
        approval: ApprovalId,
        ticket: Option<TicketId>,
    ) -> Result<Surroundings, StoreError> {
        self.gather(approval_and(around(self.id, ticket, 0), approval)).await
    }

    /// A ticket's customer and contact, as far as they exist.
    pub async fn people(
        &self,
        customer: Option<CustomerId>,
        contact: Option<ContactId>,
    ) -> Result<(Option<Customer>, Option<Contact>), StoreError> {
        if customer.is_none() && contact.is_none() {
            return Ok((None, None));
        }
        let text = |id: Option<String>| {
            move |binds: &mut Binds| {
                binds.text(id.unwrap_or_default());
            }
        };
        let select = Select::of(self.id, NOTHING)
            .then(CUSTOMER)
            .and(" AND id = ?", text(customer.map(|id| id.to_string())))
            .then(CONTACT)
            .and(" AND id = ?", text(contact.map(|id| id.to_string())));
        let found = self.gather(select).await?;
        Ok((found.customer, found.contacts.into_iter().next()))
    }

    /// The contact with this address, in whatever case, and its customer.
    pub async fn people_by_email(&self, email: &str) -> Result<Option<(Customer, Contact)>, StoreError> {
        let email = email.to_lowercase();
        let bind = |binds: &mut Binds| {
            binds.text(email.as_str());
        };
        let select = Select::of(self.id, NOTHING)
            .then(CUSTOMER)
            .and(" AND id = (SELECT customer_id FROM contacts WHERE workspace_id = $1 AND email = ?)", bind)
            .then(CONTACT)
            .and(" AND email = ?", bind);
        let found = self.gather(select).await?;
        Ok(found.customer.zip(found.contacts.into_iter().next()))
    }

    /// A customer with its contacts, the oldest first.
    pub async fn customer_and_contacts(
        &self,
        customer: CustomerId,
    ) -> Result<Option<(Customer, Vec<Contact>)>, StoreError> {
        let bind = |binds: &mut Binds| {
            binds.id(customer);
        };
        let select = Select::of(self.id, NOTHING).then(CUSTOMER).and(" AND id = ?", bind).then(CONTACT).and(
            " AND id IN (SELECT id FROM contacts WHERE workspace_id = $1 AND customer_id = ? \
                 ORDER BY created_at, id LIMIT ?)",
            |binds| {
                binds.id(customer).int(crate::MAX_LIMIT);
            },
        );
        let found = self.gather(select).await?;
        Ok(found.customer.map(|customer| (customer, found.contacts)))
    }

    async fn gather(&self, select: Select) -> Result<Surroundings, StoreError> {
        let mut rows: Vec<(i64, String, AnyRow)> = self
            .rows(select)
            .await?
            .into_iter()
            .map(|row| {
                let c = Columns { table: "(around)", row: &row };
                Ok((c.int("n")?, c.text("id")?, row))
            })
            .collect::<Result<_, StoreError>>()?;
        rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let mut found = Surroundings::default();
        for (_, _, row) in &rows {
            let kind = Columns { table: "(around)", row }.text("kind")?;
            match kind.as_str() {
                "ticket" => found.ticket = Some(Columns { table: "tickets", row }.json("body")?),
                "customer" => {
                    found.customer = Some(customer_in(&Columns { table: "customers", row }, "body")?)
                }
                "contact" => {
                    found.contacts.push(contact_in(&Columns { table: "contacts", row }, ["body", "tier"])?);
                }
                "message" => found.messages.push(Columns { table: "messages", row }.json("body")?),
                "approval" => found.approvals.push(Columns { table: "approvals", row }.json("body")?),
                "effect" => found.effects.push(Columns { table: "effects", row }.json("body")?),
                _ => found.decisions.push(Columns { table: "decisions", row }.json("body")?),
            }
        }
        Ok(found)
    }
}

fn around(workspace: WorkspaceId, ticket: Option<TicketId>, after: i64) -> Select {
    // No id is empty, so that without a ticket nothing is found.
    let ticket = ticket.map(|id| id.to_string()).unwrap_or_default();
    let id = |binds: &mut Binds| {
        binds.text(ticket.as_str());
    };
    Select::of(workspace, TICKET)
        .and(" AND id = ?", id)
        .then(CUSTOMER)
        .and(" AND id = (SELECT customer_id FROM tickets WHERE workspace_id = $1 AND id = ?)", id)
        .then(CONTACT)
        .and(" AND id = (SELECT contact_id FROM tickets WHERE workspace_id = $1 AND id = ?)", id)
        .then(MESSAGES)
        .and(" AND ticket_id = ? AND version > ?", |binds| {
            binds.text(ticket.as_str()).int(after);
        })
}

fn run_and(around: Select, run: RunId) -> Select {
    let id = |binds: &mut Binds| {
        binds.id(run);
    };
    around.then(APPROVALS).and(" AND run_id = ?", id).then(EFFECTS).and(" AND run_id = ?", id)
}

fn approval_and(around: Select, approval: ApprovalId) -> Select {
    around.then(DECISIONS).and(" AND approval_id = ?", |binds| {
        binds.id(approval);
    })
}

#[cfg(test)]
mod tests {
    use sqlx::{AnyConnection, Connection as _};
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn every_part_is_looked_up_by_its_own_key_and_no_table_is_scanned() {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let (workspace, ticket) = (WorkspaceId(Uuid::nil()), Some(TicketId(Uuid::nil())));
        let base = || around(workspace, ticket, 0);
        for select in [run_and(base(), RunId(Uuid::nil())), approval_and(base(), ApprovalId(Uuid::nil()))] {
            for step in select.plan(&mut connection).await.unwrap() {
                assert!(!step.starts_with("SCAN"), "{step}");
                assert!(
                    !step.starts_with("SEARCH") || step.contains("AND"),
                    "only the workspace is looked up: {step}"
                );
            }
        }
    }
}
