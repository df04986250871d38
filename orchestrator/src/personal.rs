//! Personal data as people meet it: what is found, and what those are served who do not see it.
//!
//! What goes to models is in [`crate::models`]; what leaves the house is the gate's.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    TicketId, WorkspaceId,
    ticket::{EventBody, Message, TextFinding},
};
use guards::masking::{Served, Spotted};
use serde_json::Value;
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

/// Tickets whose people's names are looked up for one answer.
const MOST_ABOUT: usize = 500;

/// Tickets that an answer may be about.
pub fn tickets_in(value: &Value, about: &mut BTreeSet<TicketId>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| tickets_in(item, about)),
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(id) if name == "id" || name.ends_with("ticket_id") => {
                        if about.len() < MOST_ABOUT
                            && let Ok(id) = id.parse()
                        {
                            about.insert(id);
                        }
                    }
                    _ => tickets_in(value, about),
                }
            }
        }
        _ => {}
    }
}

fn finding(spotted: Spotted) -> TextFinding {
    TextFinding { kind: spotted.kind, start: spotted.span.start, end: spotted.span.end }
}
