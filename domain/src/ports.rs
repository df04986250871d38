//! What tools may ask of the house while they work.

use async_trait::async_trait;

use crate::{
    CustomerId, Ids, TicketId, Timestamp, WorkspaceId,
    customer::{Contact, Customer},
    knowledge::Retriever,
    ticket::{Message, Ticket},
    time::Clock,
};

/// Reads of the workspace's own records. The answer to a question about another workspace's ids
/// is the same as about ids that do not exist.
#[async_trait]
pub trait Desk: Send + Sync {
    async fn customer(
        &self,
        workspace: WorkspaceId,
        id: CustomerId,
    ) -> Result<Option<(Customer, Vec<Contact>)>, DeskError>;
    /// The customer's tickets, newest first, at most `limit`, with their public messages.
    async fn history(
        &self,
        workspace: WorkspaceId,
        customer: CustomerId,
        except: Option<TicketId>,
        limit: usize,
    ) -> Result<Vec<(Ticket, Vec<Message>)>, DeskError>;
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the records are not available: {0}")]
pub struct DeskError(pub String);

/// The ports a tool gets with its context.
pub trait Ports: Send + Sync {
    fn retriever(&self) -> &dyn Retriever;
    fn desk(&self) -> &dyn Desk;
    fn clock(&self) -> &dyn Clock;
    fn ids(&self) -> &dyn Ids;

    fn now(&self) -> Timestamp {
        self.clock().now()
    }
}
