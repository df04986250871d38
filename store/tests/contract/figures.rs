//! The desk in figures: what agents resolved is counted by what became of it.

use std::time::Duration;

use domain::{
    MessageId, RunId, TicketId,
    commit::Op,
    credit::{Reservation, Spent},
    ticket::{Channel, EventBody, TicketStatus},
    user::Actor,
};
use store::{DeskDay, Waiting};

use crate::fixture::{Fixture, append, customer, elsewhere, one};

const DAY: Duration = Duration::from_secs(86_400);

fn agent(f: &Fixture) -> Actor {
    Actor::Agent { agent: "resolution".to_owned(), run_id: f.id(RunId::new) }
}

async fn says(f: &Fixture, ticket: TicketId, actor: Actor, body: EventBody) {
    f.desk.commit(append(ticket, vec![f.event(actor, body)])).await.unwrap();
}

async fn resolve(f: &Fixture, ticket: TicketId, actor: Actor) {
    let body = EventBody::StatusChanged { status: TicketStatus::Resolved, reason: "answered".to_owned() };
    says(f, ticket, actor, body).await;
}

async fn rate(f: &Fixture, ticket: TicketId, helpful: bool) {
    says(f, ticket, customer(), EventBody::AnswerRated { message_id: f.id(MessageId::new), helpful }).await;
}

pub async fn what_agents_resolved_is_counted_by_what_became_of_it(f: Fixture) {
    let mut tickets = Vec::new();
    for subject in ["assumed", "confirmed", "reopened", "taken back", "by a person", "again"] {
        tickets.push(f.open(subject).await);
    }
    for (at, ticket) in tickets.iter().enumerate() {
        let who = if at == 4 { Actor::System } else { agent(&f) };
        resolve(&f, *ticket, who).await;
    }
    let first = f.now();
    f.clock.advance(DAY);
    rate(&f, tickets[1], true).await;
    f.desk.commit(append(tickets[2], vec![f.said(customer(), "It is broken again.")])).await.unwrap();
    rate(&f, tickets[3], true).await;
    rate(&f, tickets[3], false).await;
    // Confirmed, then opened again: that counts. Resolved once more on another day, in the same commit.
    rate(&f, tickets[5], true).await;
    let done = EventBody::StatusChanged { status: TicketStatus::Closed, reason: "answered".to_owned() };
    let events = vec![f.said(customer(), "One more thing."), f.event(agent(&f), done)];
    f.desk.commit(append(tickets[5], events)).await.unwrap();
    let late = f.open("late").await;
    resolve(&f, late, agent(&f)).await;

    let id = f.id(domain::ReservationId::new);
    let (agent, at) = ("resolution".to_owned(), f.now());
    let reservation = Box::new(Reservation { id, run_id: None, agent, tool: None, micros: 900, at });
    f.desk.commit(one(Op::Reserve { reservation, ceilings: Vec::new(), held: false })).await.unwrap();
    let settled = Op::Settle { reservation_id: id, run_id: None, spent: Spent::Micros(700), at };
    f.desk.commit(one(settled)).await.unwrap();

    let days = f.desk.desk_days(f.now(), 3).await.unwrap();
    let day = first.0 / 86_400_000_000;
    let none = DeskDay { day: day - 1, ..DeskDay::default() };
    let then = DeskDay { day, opened: 6, confirmed: 1, assumed: 2, reopened: 2, spent: 0 };
    let now = DeskDay { day: day + 1, opened: 1, confirmed: 0, assumed: 2, reopened: 0, spent: 700 };
    assert_eq!(days, [none, then, now.clone()]);
    assert_eq!(f.desk.desk_days(f.now(), 1).await.unwrap(), [now]);
    let others = elsewhere(&f).desk_days(f.now(), 30).await.unwrap();
    assert_eq!(others.len(), 30);
    assert!(others.iter().all(|day| (day.opened, day.assumed, day.spent) == (0, 0, 0)));
}

pub async fn what_waits_is_counted_with_the_oldest(mut f: Fixture) {
    assert_eq!(f.desk.desk_now().await.unwrap(), store::DeskNow::default());
    let (first, run) = f.working().await;
    let since = f.now();
    let approval = f.approval(&run, 1);
    f.desk.commit(one(Op::AddApproval(Box::new(approval)))).await.unwrap();
    f.clock.advance(DAY);
    f.open_in(&f.desk, Channel::Chat, "second").await;
    says(&f, first, Actor::System, EventBody::escalated("angry", "")).await;
    let now = f.desk.desk_now().await.unwrap();
    assert_eq!(now.open, Waiting { n: 1, oldest: Some(f.now()) });
    assert_eq!(now.waiting_for_staff, Waiting { n: 1, oldest: Some(f.now()) });
    assert_eq!(now.waiting_for_customer, Waiting::default());
    assert_eq!(now.approvals, Waiting { n: 1, oldest: Some(since) });
    assert_eq!(now.runs, Waiting { n: 1, oldest: Some(since) });
}
