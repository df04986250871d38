//! The records as tools may read them.

use async_trait::async_trait;
use domain::{
    CustomerId, TicketId, WorkspaceId,
    customer::{Contact, Customer},
    ports::{Desk, DeskError},
    ticket::{Message, Ticket, Visibility},
};

use crate::{Store, StoreError};

fn failed(error: StoreError) -> DeskError {
    DeskError(error.to_string())
}

#[async_trait]
impl Desk for Store {
    async fn customer(
        &self,
        workspace: WorkspaceId,
        id: CustomerId,
    ) -> Result<Option<(Customer, Vec<Contact>)>, DeskError> {
        self.workspace(workspace).customer_and_contacts(id).await.map_err(failed)
    }

    async fn history(
        &self,
        workspace: WorkspaceId,
        customer: CustomerId,
        except: Option<TicketId>,
        limit: usize,
    ) -> Result<Vec<(Ticket, Vec<Message>)>, DeskError> {
        if limit == 0 {
            return Ok(Vec::new());
        }
        let desk = self.workspace(workspace);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let tickets = desk.tickets_of_customer(customer, except, limit).await.map_err(failed)?;
        let mut history = Vec::with_capacity(tickets.len());
        for ticket in tickets {
            let mut messages = desk.messages(ticket.id, None).await.map_err(failed)?;
            messages.retain(|message| message.visibility == Visibility::Public);
            history.push((ticket, messages));
        }
        Ok(history)
    }
}
