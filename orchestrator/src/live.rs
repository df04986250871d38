//! What people watch while it happens: typing, text as it is generated. Nothing here is kept; the
//! truth arrives as ticket events.

use domain::{RunId, TicketId, WorkspaceId};
use tokio::sync::broadcast;

#[derive(Clone, Debug, PartialEq)]
pub enum LiveBody {
    Typing {
        ticket_id: TicketId,
        agent: String,
        on: bool,
    },
    /// Text a model is generating; for staff only.
    ModelText {
        run_id: RunId,
        delta: String,
    },
    /// A breaker was opened or closed.
    Breakers,
    /// Somebody looks at an approval, or does so no more.
    Claims,
}

/// In-process broadcast. Watchers that fall behind miss some; nobody waits for them.
#[derive(Clone, Debug)]
pub struct Live {
    sender: broadcast::Sender<(WorkspaceId, LiveBody)>,
}

impl Default for Live {
    fn default() -> Self {
        Self { sender: broadcast::channel(1024).0 }
    }
}

impl Live {
    pub fn send(&self, workspace: WorkspaceId, body: LiveBody) {
        // An error means that nobody watches.
        self.sender.send((workspace, body)).ok();
    }

    pub fn subscribe(&self) -> broadcast::Receiver<(WorkspaceId, LiveBody)> {
        self.sender.subscribe()
    }
}
