//! Personal data as people meet it: who may see it, what is found, and what everybody else is served.
//!
//! What goes to models is in [`crate::models`]; what leaves the house is the gate's.

use std::sync::Arc;

use domain::{
    WorkspaceId,
    rights::Rights,
    ticket::{EventBody, Message, TextFinding},
};
use guards::{
    masking::{Served, Spotted},
    pii::Detector,
};

pub struct PersonalData {
    pub rights: Rights,
    served: Arc<Served>,
}

impl PersonalData {
    /// # Errors
    ///
    /// When nothing can be found with the detector; the text says what to do.
    pub fn new(rights: Rights, detector: Arc<Detector>) -> Result<Self, String> {
        let served = Served::new(detector).map_err(|error| error.to_string())?;
        Ok(Self { rights, served: Arc::new(served) })
    }

    /// What finds and masks in a workspace. Everything that asks about stored or served text asks here.
    pub fn of(&self, _workspace: WorkspaceId) -> Arc<Served> {
        Arc::clone(&self.served)
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

fn finding(spotted: Spotted) -> TextFinding {
    TextFinding { kind: spotted.kind, start: spotted.span.start, end: spotted.span.end }
}
