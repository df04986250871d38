//! A desk that has been at work for years, for benchmarks: many tickets, written by the writer like any.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    ContactId, CustomerId, EventId, Ids, MessageId, TicketId, Timestamp,
    commit::{Commit, Op},
    customer::{Contact, Customer},
    ticket::{Channel, EventBody, Message, NewEvent, Priority, TicketStatus, Visibility},
    user::Actor,
};
use futures::{StreamExt as _, stream};
use store::WorkspaceStore;

/// Tickets of one commit, and commits under way at once: the writer puts what waits into one transaction.
const TOGETHER: usize = 20;
const AT_ONCE: usize = 64;
/// Tickets that one customer wrote.
const OF_ONE: usize = 200;
/// One ticket in so many has a word that no other has.
pub const RARE_EVERY: usize = 50_000;
pub const RARE: &str = "zugspitze";

const THINGS: [&str; 16] = [
    "tent", "boots", "stove", "parcel", "invoice", "refund", "jacket", "lamp", "rope", "map", "rucksack",
    "bottle", "voucher", "password", "address", "delivery",
];
const TROUBLES: [&str; 12] = [
    "has not arrived",
    "is torn",
    "is the wrong size",
    "was charged twice",
    "does not work",
    "cannot be found",
    "should go to another place",
    "came without its papers",
    "is late again",
    "leaks",
    "was sent back",
    "is missing",
];

/// Writes `count` tickets with their messages, the last of them at `until`, a minute between two. Nine of ten are
/// resolved or closed. No run is begun.
pub async fn fill(store: &WorkspaceStore, count: usize, until: Timestamp, ids: &Arc<dyn Ids>) {
    let customers = customers(store, count.div_ceil(OF_ONE), until, ids).await;
    let first = until.0 - i64::try_from(count).unwrap() * 60_000_000;
    let commits = (0..count.div_ceil(TOGETHER)).map(|part| {
        let numbers = part * TOGETHER..count.min((part + 1) * TOGETHER);
        let mut ops = Vec::with_capacity(TOGETHER);
        for number in numbers {
            let at = Timestamp(first + i64::try_from(number).unwrap() * 60_000_000);
            ops.push(ticket(number, customers[number / OF_ONE], at, &**ids));
        }
        let store = store.clone();
        async move { store.commit(Commit { ops }).await.unwrap() }
    });
    let mut written = stream::iter(commits).buffer_unordered(AT_ONCE);
    while written.next().await.is_some() {}
}

async fn customers(
    store: &WorkspaceStore,
    count: usize,
    at: Timestamp,
    ids: &Arc<dyn Ids>,
) -> Vec<(CustomerId, ContactId)> {
    let made = (0..count).map(|number| {
        let (customer_id, contact_id) = (CustomerId::new(&**ids), ContactId::new(&**ids));
        let customer = Customer {
            id: customer_id,
            name: format!("Customer {number}"),
            tier: "standard".to_owned(),
            locale: "en".to_owned(),
            fields: BTreeMap::new(),
            created_at: at,
            updated_at: at,
        };
        let contact = Contact {
            id: contact_id,
            customer_id,
            name: customer.name.clone(),
            email: format!("customer{number}@bench.example"),
            created_at: at,
        };
        let store = store.clone();
        async move {
            store.create_customer(customer, contact).await.unwrap();
            (customer_id, contact_id)
        }
    });
    stream::iter(made).buffered(AT_ONCE).collect().await
}

fn ticket(number: usize, (customer, contact): (CustomerId, ContactId), at: Timestamp, ids: &dyn Ids) -> Op {
    let actor =
        || Actor::Customer { contact_id: Some(contact), name: format!("Customer {}", number / OF_ONE) };
    let event = |actor, body| NewEvent { id: EventId::new(ids), idempotency_key: None, actor, body, at };
    let (thing, trouble) = (THINGS[number % THINGS.len()], TROUBLES[number / 7 % TROUBLES.len()]);
    let rare = if number % RARE_EVERY == RARE_EVERY / 2 { format!(" {RARE}") } else { String::new() };
    let created = EventBody::Created {
        channel: if number.is_multiple_of(3) { Channel::Email } else { Channel::Chat },
        subject: format!("My {thing} of order NF-{number:07} {trouble}{rare}"),
        priority: Priority::Normal,
        customer_id: Some(customer),
        contact_id: Some(contact),
    };
    let message = Message {
        id: MessageId::new(ids),
        author: actor(),
        visibility: Visibility::Public,
        body: format!(
            "Hello, my {thing} of order NF-{number:07} {trouble}. What can be done about it? Thank you."
        ),
        sources: Vec::new(),
        attachments: Vec::new(),
        email: None,
        model: None,
        redacted: None,
        mentions: Vec::new(),
        findings: Vec::new(),
        body_html: None,
        at,
    };
    let mut events = vec![event(actor(), created), event(actor(), EventBody::MessageAdded { message })];
    let status = match number % 20 {
        0 => None,
        1 => Some(TicketStatus::WaitingForStaff),
        2..=6 => Some(TicketStatus::Resolved),
        _ => Some(TicketStatus::Closed),
    };
    events.extend(
        status.map(|status| event(Actor::System, EventBody::StatusChanged { status, reason: String::new() })),
    );
    Op::Append { ticket_id: TicketId::new(ids), events }
}
