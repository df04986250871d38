//! Checks that every ticket is the fold of its events.

use domain::{TicketId, ticket::Ticket};

use crate::{
    MAX_LIMIT, StoreError, TicketDifference, WorkspaceStore,
    rows::{self, Columns},
    sql::Select,
};

impl WorkspaceStore {
    /// Folds every ticket's events again, page by page, and returns the tickets that differ from
    /// their snapshot. Tickets that change meanwhile are compared up to the version they had.
    pub async fn verify_tickets(&self) -> Result<Vec<TicketDifference>, StoreError> {
        let mut differences = Vec::new();
        let mut after = String::new();
        loop {
            let select = Select::of(self.id, "SELECT id, snapshot FROM tickets WHERE workspace_id = $1").and(
                " AND id > ? ORDER BY id LIMIT ? + 0",
                |binds| {
                    binds.text(after.as_str()).int(MAX_LIMIT);
                },
            );
            let page = self
                .all(select, |row| {
                    let c = Columns { table: "tickets", row };
                    Ok((c.text("id")?, rows::get_ticket(row)))
                })
                .await?;
            let Some((last, _)) = page.last() else { return Ok(differences) };
            after.clone_from(last);
            for (id, snapshot) in page {
                let ticket_id: TicketId = id.parse().map_err(|error| StoreError::Row {
                    table: "tickets",
                    why: format!("id {id}: {error}"),
                })?;
                let why = match snapshot {
                    Ok(snapshot) => self.difference(ticket_id, &snapshot).await?,
                    Err(error) => Some(error.to_string()),
                };
                differences.extend(why.map(|why| TicketDifference { ticket_id, why }));
            }
        }
    }

    async fn difference(&self, id: TicketId, snapshot: &Ticket) -> Result<Option<String>, StoreError> {
        let mut folded: Option<Ticket> = None;
        let mut version = 0;
        while version < snapshot.version {
            let events = self.events(id, version, MAX_LIMIT).await?;
            if events.is_empty() {
                return Ok(Some(format!("the events end at version {version} of {}", snapshot.version)));
            }
            for event in events.into_iter().filter(|event| event.version <= snapshot.version) {
                if event.version != version + 1 {
                    return Ok(Some(format!(
                        "the event after version {version} has version {}",
                        event.version
                    )));
                }
                version = event.version;
                folded = match Ticket::apply(folded, id, snapshot.number, &event.body, event.at) {
                    Ok(ticket) => Some(ticket),
                    Err(error) => return Ok(Some(format!("version {version}: {error}"))),
                };
            }
        }
        Ok((folded.as_ref() != Some(snapshot)).then(|| match folded {
            Some(folded) => first_difference(&folded, snapshot),
            None => "it has no events".to_owned(),
        }))
    }
}

fn first_difference(folded: &Ticket, snapshot: &Ticket) -> String {
    let (Ok(serde_json::Value::Object(folded)), Ok(snapshot)) =
        (serde_json::to_value(folded), serde_json::to_value(snapshot))
    else {
        return "the two cannot be compared".to_owned();
    };
    for (field, value) in folded {
        let stored = snapshot.get(&field).cloned().unwrap_or_default();
        if stored != value {
            return format!("`{field}` is {stored} and the events say {value}");
        }
    }
    "the snapshot has a field that the events do not give".to_owned()
}
