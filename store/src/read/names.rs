//! What the people are called whom tickets are about.

use domain::TicketId;

use crate::{StoreError, WorkspaceStore, rows::Columns, sql::Select};

/// Tickets that one statement asks about: databases take a limited number of values.
const AT_ONCE: usize = 500;

/// Who asks in a ticket, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asker {
    pub contact: Option<String>,
    pub customer: Option<String>,
}

impl WorkspaceStore {
    /// Who asks in those of these tickets that exist, in no order.
    pub async fn askers(&self, tickets: &[TicketId]) -> Result<Vec<(TicketId, Asker)>, StoreError> {
        if tickets.is_empty() {
            return Ok(Vec::new());
        }
        let marks = vec!["?"; tickets.len()].join(", ");
        let select = Select::of(
            self.id,
            "SELECT t.id AS id, c.name AS contact, u.name AS customer FROM tickets t \
             LEFT JOIN contacts c ON c.workspace_id = t.workspace_id AND c.id = t.contact_id \
             LEFT JOIN customers u ON u.workspace_id = t.workspace_id AND u.id = t.customer_id \
             WHERE t.workspace_id = $1",
        )
        .and(&format!(" AND t.id IN ({marks})"), |binds| {
            for id in tickets {
                binds.id(id);
            }
        });
        self.all(select, |row| {
            let c = Columns { table: "tickets", row };
            Ok((c.id("id")?, Asker { contact: c.opt_text("contact")?, customer: c.opt_text("customer")? }))
        })
        .await
    }

    /// The names of the contacts and customers of those of these tickets that exist. There may be any number of them.
    pub async fn names_of(&self, tickets: &[TicketId]) -> Result<Vec<(TicketId, String)>, StoreError> {
        let mut names = Vec::new();
        for some in tickets.chunks(AT_ONCE) {
            for (id, asker) in self.askers(some).await? {
                names.extend([asker.contact, asker.customer].into_iter().flatten().map(|name| (id, name)));
            }
        }
        Ok(names)
    }
}
