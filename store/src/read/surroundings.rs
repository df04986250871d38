//! What stands around a run or an approval, in one statement.
//!
//! A worker needs the ticket, its customer, what was said, what was asked and what was done each
//! time it takes a run up; one statement costs it one way to the database, and sees one state of it.
//! Workers that take up runs at the same time share that way.

use domain::{
    ApprovalId, ContactId, CustomerId, RunId, TicketId, WorkspaceId,
    approval::{Approval, Decision},
    customer::{Contact, Customer},
    effect::Effect,
    ticket::{Message, Ticket},
};
use sqlx::any::AnyRow;

use crate::{
    Store, StoreError, WorkspaceStore,
    dialect::Dialect,
    rows::Columns,
    scope::Scope,
    sql::{Binds, Select, push_tuples},
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
    /// How many of the messages other runs on the ticket have read; told to a run that has read none.
    pub heard: u32,
    pub approvals: Vec<Approval>,
    pub effects: Vec<Effect>,
    pub decisions: Vec<Decision>,
}

/// A run whose surroundings are asked for.
#[derive(Clone, Debug)]
pub(crate) struct RunAsked {
    workspace: WorkspaceId,
    run: RunId,
    ticket: Option<TicketId>,
    /// The version of the ticket that the run has seen.
    seen: i64,
}

/// Of each run in `k`, marked by its number. `CROSS` joins, because on SQLite they fix the order: each
/// run is looked up in the indexes.
const AROUND_RUNS: &str = "SELECT 'ticket' AS kind, k.asked, 0 AS n, t.id, t.snapshot AS body, '' AS name, \
    '' AS tier, '' AS locale, 0 AS created_at, 0 AS updated_at \
    FROM k CROSS JOIN tickets AS t WHERE t.workspace_id = k.workspace_id AND t.id = k.ticket_id \
    UNION ALL SELECT 'customer', k.asked, 0, c.id, c.fields, c.name, c.tier, c.locale, c.created_at, c.updated_at \
    FROM k CROSS JOIN tickets AS t CROSS JOIN customers AS c WHERE t.workspace_id = k.workspace_id \
    AND t.id = k.ticket_id AND c.workspace_id = k.workspace_id AND c.id = t.customer_id \
    UNION ALL SELECT 'contact', k.asked, c.created_at, c.id, c.customer_id, c.name, c.email, '', c.created_at, 0 \
    FROM k CROSS JOIN tickets AS t CROSS JOIN contacts AS c WHERE t.workspace_id = k.workspace_id \
    AND t.id = k.ticket_id AND c.workspace_id = k.workspace_id AND c.id = t.contact_id \
    UNION ALL SELECT 'message', k.asked, m.version, m.id, m.message, '', '', '', 0, 0 \
    FROM k CROSS JOIN messages AS m WHERE m.workspace_id = k.workspace_id AND m.ticket_id = k.ticket_id \
    AND m.version > k.seen \
    UNION ALL SELECT 'approval', k.asked, a.requested_at, a.id, a.approval, '', '', '', 0, 0 \
    FROM k CROSS JOIN approvals AS a WHERE a.workspace_id = k.workspace_id AND a.run_id = k.run_id \
    UNION ALL SELECT 'effect', k.asked, e.created_at, e.id, e.effect, '', '', '', 0, 0 \
    FROM k CROSS JOIN effects AS e WHERE e.workspace_id = k.workspace_id AND e.run_id = k.run_id \
    UNION ALL SELECT 'heard', k.asked, MAX(r.seen_version), '', '', '', '', '', 0, 0 \
    FROM k CROSS JOIN runs AS r WHERE k.seen = 0 AND r.workspace_id = k.workspace_id AND r.ticket_id = k.ticket_id \
    AND r.id <> k.run_id GROUP BY k.asked";

const TICKET: &str = "SELECT 'ticket' AS kind, 0 AS n, id, snapshot AS body, '' AS name, '' AS tier, '' AS locale, \
    0 AS created_at, 0 AS updated_at FROM tickets WHERE workspace_id = $1";
/// The first part where no ticket is wanted: its columns, and no row. It compares with a constant alone:
/// SQLite prepares a statement anew for each value that it compared with one.
const NOTHING: &str = "SELECT '' AS kind, 0 AS n, id, '' AS body, '' AS name, '' AS tier, '' AS locale, \
    0 AS created_at, 0 AS updated_at FROM workspaces WHERE id = ''";
const CUSTOMER: &str = " UNION ALL SELECT 'customer', 0, id, fields, name, tier, locale, created_at, updated_at \
    FROM customers WHERE workspace_id = $1";
const CONTACT: &str = " UNION ALL SELECT 'contact', created_at, id, customer_id, name, email, '', created_at, 0 \
    FROM contacts WHERE workspace_id = $1";
const MESSAGES: &str = " UNION ALL SELECT 'message', version, id, message, '', '', '', 0, 0 \
    FROM messages WHERE workspace_id = $1";
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
        let asked = RunAsked { workspace: self.id, run, ticket, seen: after };
        let store = self.store.clone();
        let answer = move |asked| {
            let store = store.clone();
            async move { store.around_runs(asked).await }
        };
        self.store.around.ask(asked, answer).await
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
                 ORDER BY created_at, id LIMIT ? + 0)",
            |binds| {
                binds.id(customer).int(crate::MAX_LIMIT);
            },
        );
        let found = self.gather(select).await?;
        Ok(found.customer.map(|customer| (customer, found.contacts)))
    }

    async fn gather(&self, select: Select) -> Result<Surroundings, StoreError> {
        Surroundings::of(self.rows(select).await?)
    }
}

impl Store {
    /// What there is around each of the runs, in their order.
    async fn around_runs(&self, asked: Vec<RunAsked>) -> Result<Vec<Surroundings>, StoreError> {
        let shared = &self.writer.shared;
        let size = asked.len().next_power_of_two();
        let sql = shared.statements.sized("around runs", size, || around_runs(shared.dialect, size));
        let mut binds = Binds::default();
        for (number, asked) in (0..).zip(&asked) {
            binds.int(number).id(asked.workspace);
            // No id is empty, so that without a ticket nothing is found.
            binds
                .text(asked.ticket.map(|id| id.to_string()).unwrap_or_default())
                .id(asked.run)
                .int(asked.seen);
        }
        for _ in asked.len()..size {
            binds.int(-1).text("").text("").text("").int(0);
        }
        let mut reader = self.reader(asked.iter().map(|asked| asked.workspace).collect::<Scope>()).await?;
        let rows = self.heard(binds.fetch_all(&mut reader, sql)).await?;
        reader.keep();
        let mut sorted: Vec<Vec<AnyRow>> = asked.iter().map(|_| Vec::new()).collect();
        for row in rows {
            let number = Columns { table: "(around)", row: &row }.int("asked")?;
            if let Some(own) = usize::try_from(number).ok().and_then(|number| sorted.get_mut(number)) {
                own.push(row);
            }
        }
        sorted.into_iter().map(Surroundings::of).collect()
    }
}

fn around_runs(dialect: Dialect, runs: usize) -> String {
    let mut sql = "WITH k(asked, workspace_id, ticket_id, run_id, seen) AS (VALUES ".to_owned();
    push_tuples(&mut sql, dialect, runs, 5);
    sql + ") " + AROUND_RUNS
}

impl Surroundings {
    fn of(rows: Vec<AnyRow>) -> Result<Self, StoreError> {
        let mut rows: Vec<(i64, String, AnyRow)> = rows
            .into_iter()
            .map(|row| {
                let c = Columns { table: "(around)", row: &row };
                Ok((c.int("n")?, c.text("id")?, row))
            })
            .collect::<Result<_, StoreError>>()?;
        rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
        let mut found = Self::default();
        let (mut heard, mut versions) = (0, Vec::new());
        for (n, _, row) in &rows {
            let kind = Columns { table: "(around)", row }.text("kind")?;
            match kind.as_str() {
                "heard" => heard = *n,
                "ticket" => found.ticket = Some(Columns { table: "tickets", row }.json("body")?),
                "customer" => {
                    found.customer = Some(customer_in(&Columns { table: "customers", row }, "body")?)
                }
                "contact" => {
                    found.contacts.push(contact_in(&Columns { table: "contacts", row }, ["body", "tier"])?);
                }
                "message" => {
                    found.messages.push(Columns { table: "messages", row }.json("body")?);
                    versions.push(*n);
                }
                "approval" => found.approvals.push(Columns { table: "approvals", row }.json("body")?),
                "effect" => found.effects.push(Columns { table: "effects", row }.json("body")?),
                _ => found.decisions.push(Columns { table: "decisions", row }.json("body")?),
            }
        }
        found.heard = versions.iter().filter(|version| **version <= heard).count() as u32;
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

fn approval_and(around: Select, approval: ApprovalId) -> Select {
    around.then(DECISIONS).and(" AND approval_id = ?", |binds| {
        binds.id(approval);
    })
}

#[cfg(test)]
mod tests {
    use sqlx::{AnyConnection, Connection as _, Row as _};
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn every_part_is_looked_up_by_its_own_key_and_no_table_is_scanned() {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let (workspace, ticket) = (WorkspaceId(Uuid::nil()), Some(TicketId(Uuid::nil())));
        let base = || around(workspace, ticket, 0);
        let of_approval = approval_and(base(), ApprovalId(Uuid::nil()));
        for step in of_approval.plan(&mut connection).await.unwrap() {
            assert!(!step.starts_with("SCAN"), "{step}");
            assert!(
                !step.starts_with("SEARCH") || step.contains("AND"),
                "only the workspace is looked up: {step}"
            );
        }
        let sql = format!("EXPLAIN QUERY PLAN {}", around_runs(Dialect::Sqlite, 4));
        let rows = Binds::default().fetch_all(&mut connection, sql.into()).await.unwrap();
        for row in rows {
            let step: String = row.get("detail");
            assert!(!step.starts_with("SCAN") || step == "SCAN k" || step.contains("CONSTANT"), "{step}");
            assert!(!step.starts_with("SEARCH") || step.contains("AND"), "{step}");
        }
    }
}
