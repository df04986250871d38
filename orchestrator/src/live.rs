//! What people watch while it happens: typing, text as it is generated. Nothing here is kept; the
//! truth arrives as ticket events.

use domain::{ApprovalId, RunId, ThreadId, TicketId, UserId, WorkspaceId};
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
    /// Text a model is generating for a colleague's question; for them alone. `begins`: what came before is void.
    CopilotText {
        by: UserId,
        run_id: RunId,
        delta: String,
        begins: bool,
    },
    /// What is being looked up for a colleague's question; for them alone.
    CopilotLooks {
        by: UserId,
        run_id: RunId,
        tools: Vec<String>,
    },
    /// Something became of a colleague's question; for them alone.
    CopilotTurned {
        by: UserId,
        thread_id: ThreadId,
        seq: i64,
    },
    /// Another item waits for a reviewer that no event tells of; for them alone.
    Waits {
        by: UserId,
        approval_id: ApprovalId,
        run_id: RunId,
    },
    /// A run was taken from whoever works on it. Not for those who watch.
    Stopped {
        run_id: RunId,
    },
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
