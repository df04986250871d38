//! What tools may ask of the house while they work.

use async_trait::async_trait;

use crate::{
    CustomerId, DocumentId, EffectId, Ids, TicketId, Timestamp, WorkspaceId,
    copilot::StaffRecords,
    customer::{Contact, Customer},
    errand::Errands,
    knowledge::{Metadata, Retriever},
    run::Run,
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

/// A document that a run adds to the workspace's knowledge.
#[derive(Clone, Debug, PartialEq)]
pub struct NewArticle {
    /// The name it should get. Where another document has it, it gets a number behind.
    pub slug: String,
    pub meta: Metadata,
    /// Markdown without front matter.
    pub body: String,
}

/// A document that a run has added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedArticle {
    pub document_id: DocumentId,
    /// The name it got.
    pub slug: String,
    pub title: String,
}

/// Adds documents to the workspace's knowledge. One that is there is never changed.
#[async_trait]
pub trait Articles: Send + Sync {
    /// Stores the article, makes it searchable, and notes it at the gap that the run is about. It is
    /// the effect's: asked again with the same one, it gives the document that is there.
    async fn add(
        &self,
        workspace: WorkspaceId,
        effect: EffectId,
        run: &Run,
        article: NewArticle,
    ) -> Result<AddedArticle, ArticleError>;

    /// What became of an effect whose outcome nobody saw.
    async fn added(
        &self,
        workspace: WorkspaceId,
        effect: EffectId,
        run: &Run,
    ) -> Result<Option<AddedArticle>, ArticleError>;
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArticleError {
    /// Nothing was stored; the text says what to change.
    #[error("{0}")]
    Invalid(String),
    /// Nothing was stored.
    #[error("the knowledge base is not available: {0}")]
    Unavailable(String),
}

/// The ports a tool gets with its context.
pub trait Ports: Send + Sync {
    fn retriever(&self) -> &dyn Retriever;
    fn articles(&self) -> &dyn Articles;
    fn desk(&self) -> &dyn Desk;
    /// The records as a colleague who asks sees them.
    fn staff_records(&self) -> &dyn StaffRecords;
    /// What colleagues have put before a person.
    fn errands(&self) -> &dyn Errands;
    fn clock(&self) -> &dyn Clock;
    fn ids(&self) -> &dyn Ids;

    fn now(&self) -> Timestamp {
        self.clock().now()
    }
}
