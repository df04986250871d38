//! Personal data as people meet it: what is found, and what those are served who do not see it.
//!
//! What goes to models is in [`crate::models`]; what leaves the house is the gate's.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    TicketId, WorkspaceId,
    ticket::{EventBody, Message, TextFinding, Ticket},
};
use guards::masking::{Served, Spotted};
use serde_json::{Value, json};
use store::{StoreError, WorkspaceStore};
use tracing::error;

use crate::protections::Protections;

pub struct PersonalData {
    protections: Arc<Protections>,
    /// The service's own, which are nobody's.
    addresses: Vec<String>,
    /// What the house's own detector finds.
    house: Arc<Served>,
    /// Of workspaces that look for more, or whose own name is nobody's.
    own: Mutex<HashMap<WorkspaceId, Arc<Served>>>,
}

impl PersonalData {
    /// # Errors
    ///
    /// When nothing can be found with the detector; the text says what to do.
    pub fn new(protections: Arc<Protections>, addresses: Vec<String>) -> Result<Self, String> {
        let detector = Arc::clone(protections.house().detector());
        let house = Served::new(detector, addresses.clone()).map_err(|error| error.to_string())?;
        Ok(Self { protections, addresses, house: Arc::new(house), own: Mutex::default() })
    }

    /// What finds and masks in a workspace, by its own recognisers too. Everything that asks about stored or
    /// served text asks here.
    pub fn of(&self, workspace: WorkspaceId) -> Arc<Served> {
        let protector = self.protections.of(workspace);
        let (detector, names) = (protector.detector(), protector.own_names());
        let is_house = Arc::ptr_eq(detector, self.house.detector());
        if is_house && names.is_empty() {
            return Arc::clone(&self.house);
        }
        // Entries are only ever put in whole, so a poisoned lock still guards right ones.
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let known = own
            .get(&workspace)
            .filter(|served| Arc::ptr_eq(served.detector(), detector) && served.own_names() == names);
        if let Some(served) = known {
            return Arc::clone(served);
        }
        // What the house's own detector finds is remembered for all workspaces together.
        let made = if is_house {
            Ok(self.house.called(Arc::clone(names)))
        } else {
            Served::new(Arc::clone(detector), self.addresses.clone())
                .map(|served| served.called(Arc::clone(names)))
        };
        match made {
            Ok(served) => {
                let served = Arc::new(served);
                own.insert(workspace, Arc::clone(&served));
                served
            }
            Err(error) => {
                error!(%error, %workspace, "a workspace's recognisers cannot be used for people; the house's are");
                Arc::clone(&self.house)
            }
        }
    }

    /// Notes on a message where personal data stands in it.
    pub fn mark(&self, workspace: WorkspaceId, message: &mut Message) {
        message.findings = self.of(workspace).find(&message.body).into_iter().map(finding).collect();
    }

    /// The same for the message that an event carries.
    pub fn mark_event(&self, workspace: WorkspaceId, body: &mut EventBody) {
        if let EventBody::MessageAdded { message } = body {
            self.mark(workspace, message);
        }
    }
}

/// Tickets that an answer may be about. None is left out, however many there are: their people's names would be
/// served.
pub fn tickets_in(value: &Value, about: &mut BTreeSet<TicketId>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| tickets_in(item, about)),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(id) if name == "id" || name.ends_with("ticket_id") => {
                        about.extend(id.parse::<TicketId>().ok());
                    }
                    _ => tickets_in(value, about),
                }
            }
        }
        _ => {}
    }
}

/// What the store may look for on behalf of whoever sees masks: a ticket's number, which no mask hides. All else it
/// would find in names and texts as they are.
pub fn number_in(said: &str) -> Option<String> {
    let said = said.trim();
    said.strip_prefix('#')?.parse::<i64>().ok()?;
    Some(said.to_owned())
}

/// Those of these tickets in which whoever sees masks sees what they search for, in the subject, the tags or the
/// number: a search must not tell, letter by letter, what a mask hides.
pub async fn showing(
    store: &WorkspaceStore,
    served: &Arc<Served>,
    tickets: Vec<Ticket>,
    said: &str,
) -> Result<Vec<Ticket>, StoreError> {
    let ids: Vec<TicketId> = tickets.iter().map(|ticket| ticket.id).collect();
    let mut names: HashMap<TicketId, Vec<String>> = HashMap::new();
    for (id, name) in store.names_of(&ids).await? {
        names.entry(id).or_default().push(name);
    }
    let (served, said) = (Arc::clone(served), said.trim().to_lowercase());
    let found = tokio::task::spawn_blocking(move || {
        let of = |id: TicketId| names.get(&id).map(Vec::as_slice).unwrap_or_default();
        let found = tickets.into_iter().filter(|ticket| shows(&served, ticket, of(ticket.id), &said));
        found.collect::<Vec<Ticket>>()
    })
    .await;
    found.map_err(|error| StoreError::Row { table: "tickets", why: error.to_string() })
}

fn shows(served: &Served, ticket: &Ticket, names: &[String], said: &str) -> bool {
    let mut seen = json!({ "subject": ticket.subject, "tags": ticket.tags });
    served.mask(&mut seen, names);
    let tags = seen["tags"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let texts = tags.chain(seen["subject"].as_str()).map(str::to_lowercase);
    texts.chain([format!("#{}", ticket.number)]).any(|text| text.contains(said))
}

fn finding(spotted: Spotted) -> TextFinding {
    TextFinding { kind: spotted.kind, start: spotted.span.start, end: spotted.span.end }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_ticket_of_an_answer_is_left_out_however_many_ids_it_holds() {
        let id = |number: usize| format!("019ab0f4-7c4e-7000-8000-{number:012}");
        let rows: Vec<Value> = (0..2_000).map(|number| json!({ "id": id(number) })).collect();
        let mut about = BTreeSet::new();
        tickets_in(&json!({ "items": rows, "run": { "ticket_id": id(9_999) } }), &mut about);
        assert_eq!(about.len(), 2_001);
    }

    #[test]
    fn the_store_looks_for_a_number_alone() {
        assert_eq!(number_in(" #12 "), Some("#12".to_owned()));
        for other in ["12", "#", "#12a", "quorlitz", ""] {
            assert_eq!(number_in(other), None, "{other}");
        }
    }
}
