//! What a message makes besides itself: what it rests on, whom it names, and a mail on its way out.

use std::collections::BTreeSet;

use domain::{
    DeliveryId, Timestamp, UserId,
    citation::SentCitation,
    commit::DeliveryStatus,
    ticket::{Channel, Message, Ticket, Visibility},
    user::Actor,
};

use super::Unit;
use crate::{Delivery, Mention};

impl Unit<'_> {
    pub(super) fn add_message(&mut self, ticket: &Ticket, message: &Message, at: Timestamp) {
        self.changes.messages.push((ticket.id, ticket.version, message.clone()));
        if message.visibility == Visibility::Internal {
            // Once each, whoever is named twice.
            let named: BTreeSet<&UserId> = message.mentions.iter().collect();
            self.changes.mentions.extend(named.into_iter().map(|user_id| Mention {
                user_id: *user_id,
                message_id: message.id,
                ticket_id: ticket.id,
                at,
                seen_at: None,
            }));
        }
        if message.visibility == Visibility::Public {
            self.changes.citations.extend(SentCitation::of(message, ticket.id, self.terms.ids.as_ref(), at));
        }
        let ours = matches!(message.author, Actor::Agent { .. } | Actor::User { .. });
        // One that has its headers has been sent before: it comes from an import.
        let unsent = message.email.is_none();
        if ours && unsent && message.visibility == Visibility::Public && ticket.channel == Channel::Email {
            let id = DeliveryId::new(self.terms.ids.as_ref());
            self.changes.deliveries.insert(
                id,
                Delivery {
                    id,
                    ticket_id: ticket.id,
                    message_id: message.id,
                    status: DeliveryStatus::Pending,
                    attempts: 0,
                    error: None,
                    next_attempt_at: None,
                    created_at: at,
                    updated_at: at,
                },
            );
        }
    }
}
