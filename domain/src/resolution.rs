//! What became of tickets that were resolved.
//!
//! *Confirmed* is a resolution of which the customer said that it helped; *unhelpful*, one of which they said that it
//! did not; *reopened*, one after which the ticket was opened again, by whatever was written or came due; *assumed*,
//! all others: nobody objected.

use crate::{
    MessageId,
    ticket::{EventBody, TicketStatus},
    user::Actor,
};

/// What an event says of a ticket's resolution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResolutionMark {
    /// By this agent, or by a person or the service where there is none.
    Resolved {
        agent: Option<String>,
    },
    Reopened,
    /// What the customer says of it, by one of its messages; a later word replaces the one before.
    Rated {
        message_id: MessageId,
        helpful: bool,
    },
}

fn is_over(status: TicketStatus) -> bool {
    matches!(status, TicketStatus::Resolved | TicketStatus::Closed)
}

impl ResolutionMark {
    /// `before` is the ticket's status before the event, none for the first one; `after` the one it has now.
    pub fn of(
        before: Option<TicketStatus>,
        after: TicketStatus,
        actor: &Actor,
        body: &EventBody,
    ) -> Option<Self> {
        match (before.is_some_and(is_over), is_over(after), body) {
            (_, _, EventBody::AnswerRated { message_id, helpful }) => {
                Some(Self::Rated { message_id: *message_id, helpful: *helpful })
            }
            (false, true, _) => Some(Self::Resolved {
                agent: match actor {
                    Actor::Agent { agent, .. } => Some(agent.clone()),
                    _ => None,
                },
            }),
            (true, false, _) => Some(Self::Reopened),
            _ => None,
        }
    }
}
