//! Random event sequences fold the same through the store and in memory.

#![allow(clippy::unwrap_used, reason = "a helper of tests")]

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    EventId, Ids as _, MessageId, TicketId, Timestamp, UserId,
    commit::{Commit, Op},
    ticket::{Channel, EventBody, Message, NewEvent, Priority, Ticket, TicketStatus, Visibility},
    user::Actor,
};
use proptest::prelude::*;
use store::{
    Store, StoreOptions,
    testing::{CountedIds, ManualClock},
};

fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![
        Just(Actor::System),
        Just(Actor::Customer { contact_id: None, name: "Ada".to_owned() }),
        any::<u128>().prop_map(|id| Actor::User {
            user_id: UserId(uuid::Uuid::from_u128(id)),
            name: "Eve".to_owned()
        }),
    ]
}

fn body() -> impl Strategy<Value = EventBody> {
    let status = prop_oneof![
        Just(TicketStatus::Open),
        Just(TicketStatus::WaitingForStaff),
        Just(TicketStatus::WaitingForCustomer),
        Just(TicketStatus::Resolved),
        Just(TicketStatus::Closed),
    ];
    let tags = proptest::collection::btree_set("[a-c]", 0..3);
    prop_oneof![
        (actor(), any::<bool>(), ".{0,20}").prop_map(|(author, public, body)| EventBody::MessageAdded {
            message: Message {
                id: MessageId(uuid::Uuid::nil()),
                author,
                visibility: if public { Visibility::Public } else { Visibility::Internal },
                body,
                sources: Vec::new(),
                attachments: Vec::new(),
                email: None,
                model: None,
                redacted: None,
                mentions: Vec::new(),
                findings: Vec::new(),
                body_html: None,
                at: Timestamp(0),
            }
        }),
        status.prop_map(|status| EventBody::StatusChanged { status, reason: String::new() }),
        proptest::collection::btree_map("[a-c]", any::<i64>(), 0..3).prop_map(|fields| {
            EventBody::FieldsSet {
                fields: fields.into_iter().map(|(k, v)| (k, v.into())).collect::<BTreeMap<_, _>>(),
            }
        }),
        tags.clone().prop_map(|tags| EventBody::TagsAdded { tags }),
        tags.prop_map(|tags| EventBody::TagsRemoved { tags }),
        Just(EventBody::PrioritySet { priority: Priority::Urgent }),
        Just(EventBody::escalated("r", "s")),
        Just(EventBody::FollowUpDue { note: "n".to_owned() }),
        ".{0,20}".prop_map(|name| EventBody::External { name, data: serde_json::json!({ "a": [1, null] }) }),
        // Out of place, and so refused.
        Just(EventBody::Created {
            channel: Channel::Api,
            subject: "again".to_owned(),
            priority: Priority::Low,
            customer_id: None,
            contact_id: None,
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn events_fold_the_same_through_the_store_and_in_memory(
        commits in proptest::collection::vec((0..3_usize, proptest::collection::vec(body(), 1..4)), 1..40)
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.block_on(check(commits));
    }
}

async fn check(commits: Vec<(usize, Vec<EventBody>)>) {
    let ids = Arc::new(CountedIds::default());
    let store = Store::open(
        "sqlite::memory:",
        StoreOptions::default(),
        Arc::new(ManualClock::default()),
        ids.clone(),
    )
    .await
    .unwrap();
    store.migrate().await.unwrap();
    let workspace = store.create_workspace("north", "North").await.unwrap();
    let desk = store.workspace(workspace.id);
    let tickets: Vec<TicketId> = (0..3).map(|_| TicketId::new(ids.as_ref())).collect();
    let mut expected: Vec<Option<Ticket>> = vec![None; 3];
    let mut at = 0;
    let mut planned = Vec::new();
    for (which, bodies) in commits {
        let mut bodies = bodies;
        if expected[which].is_none() {
            bodies.insert(
                0,
                EventBody::Created {
                    channel: Channel::Email,
                    subject: "s".to_owned(),
                    priority: Priority::Normal,
                    customer_id: None,
                    contact_id: None,
                },
            );
        }
        let number = expected[which].as_ref().map_or_else(
            || i64::try_from(expected.iter().flatten().count()).unwrap() + 1,
            |ticket| ticket.number,
        );
        let mut folded = Ok(expected[which].clone());
        let mut events = Vec::new();
        for mut body in bodies {
            at += 1;
            if let EventBody::MessageAdded { message } = &mut body {
                message.id = MessageId(ids.uuid());
            }
            folded = folded.and_then(|ticket| {
                Ticket::apply(ticket, tickets[which], number, &body, Timestamp(at)).map(Some)
            });
            events.push(NewEvent {
                id: EventId::new(ids.as_ref()),
                idempotency_key: None,
                actor: Actor::System,
                body,
                at: Timestamp(at),
            });
        }
        let holds = folded.is_ok();
        if let Ok(ticket) = folded {
            expected[which] = ticket;
        }
        planned.push((Commit { ops: vec![Op::Append { ticket_id: tickets[which], events }] }, holds));
    }
    // All at once, so that many share a batch; the queue keeps their order.
    let results =
        futures::future::join_all(planned.iter().map(|(commit, _)| desk.commit(commit.clone()))).await;
    for ((_, holds), result) in planned.iter().zip(&results) {
        assert_eq!(result.is_ok(), *holds, "{result:?}");
    }
    for (ticket, expected) in tickets.into_iter().zip(expected) {
        assert_eq!(desk.ticket(ticket).await.unwrap(), expected);
    }
    assert_eq!(desk.verify_tickets().await.unwrap(), vec![]);
}
