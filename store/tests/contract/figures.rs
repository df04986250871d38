//! The desk in figures: what agents resolved is counted by what became of it.

use std::time::Duration;

use domain::{
    MessageId, RunId, TicketId,
    canonical::Digest,
    commit::{CommitError, Op, RunTo},
    credit::{Reservation, Spent},
    policy::{Facts, Judged},
    run::{Outcome, OutcomeKind, Run},
    ticket::{Channel, EventBody, TicketStatus},
    user::Actor,
};
use serde_json::json;
use store::{AgentFigures, AgentPeriod, DeskDay, RunFilter, Waiting};

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
    for subject in ["assumed", "confirmed", "reopened", "unhelpful", "by a person", "again"] {
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
    let then = DeskDay { day, opened: 6, confirmed: 1, assumed: 1, unhelpful: 1, reopened: 2, spent: 0 };
    let now =
        DeskDay { day: day + 1, opened: 1, confirmed: 0, assumed: 2, unhelpful: 0, reopened: 0, spent: 700 };
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

/// A call of the run that was carried out, and how sure the agent was of it.
async fn act(f: &Fixture, run: &Run, call: &str, confidence: f32) -> Result<(), CommitError> {
    let facts: Facts = serde_json::from_value(json!({
        "tool": "add_note", "risk": "reversible", "agent": run.agent, "channel": "chat", "tier": "",
        "band": "auto", "confidence": confidence, "groundedness": -1.0, "amount": -1, "edited": false,
        "origin": "trusted", "carries": [], "findings": [], "hour": 9, "weekday": "monday",
    }))
    .unwrap();
    let judged = Judged { rule: "first".to_owned(), policy_version: Digest::of(&1), facts, on_paper: None };
    let effect = domain::effect::Effect { judged: Some(Box::new(judged)), ..f.effect(run, call) };
    f.desk.commit(one(Op::AddEffect(Box::new(effect)))).await.map(|_| ())
}

pub async fn what_an_agent_did_is_counted_by_how_it_ended(mut f: Fixture) {
    let (ticket, run) = f.working().await;
    act(&f, &run, "a", 0.9).await.unwrap();
    act(&f, &run, "b", 0.6).await.unwrap();
    let mut change =
        f.change(&run, RunTo::Done(Outcome::Answered { resolved: true, summary: "so".to_owned() }));
    change.usage.cost_micros = 70;
    f.desk.commit(one(Op::Run(Box::new(change)))).await.unwrap();
    resolve(&f, ticket, agent(&f)).await;
    f.clock.advance(DAY);
    let (handed, second) = f.working().await;
    f.put(&second, RunTo::Done(Outcome::HandedOff { reason: "angry".to_owned() })).await.unwrap();
    let (_, third) = f.working().await;
    f.put(&third, RunTo::Dead { error: "gone".to_owned() }).await.unwrap();
    let (_, fourth) = f.working().await;
    f.put(&fourth, crate::fixture::waiting()).await.unwrap();
    f.working().await;
    f.desk.commit(append(ticket, vec![f.said(customer(), "It is broken again.")])).await.unwrap();

    let figures = f.desk.agent_figures(f.now(), 7).await.unwrap();
    let today = AgentPeriod { handed_off: 1, failed: 1, ..AgentPeriod::default() };
    let days = AgentPeriod {
        answered: 1,
        resolved: 1,
        reopened: 1,
        cost_micros: 70,
        calls: 2,
        confidence: 1500,
        ..today.clone()
    };
    let expected = AgentFigures { at_work: 1, waiting: 1, today: today.clone(), days };
    assert_eq!(figures["resolution"], expected);
    assert_eq!(f.desk.agent_figures(f.now(), 1).await.unwrap()["resolution"].days, today);
    assert!(elsewhere(&f).agent_figures(f.now(), 7).await.unwrap().is_empty());

    let filter = RunFilter { outcome: Some(OutcomeKind::HandedOff), ..RunFilter::default() };
    let listed = f.desk.runs(&filter, 10, None).await.unwrap().items;
    assert_eq!(listed.iter().map(|run| run.ticket_id).collect::<Vec<_>>(), [Some(handed)]);
}
