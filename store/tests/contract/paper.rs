//! Calls on paper are kept with the step that tells of them, and compared with what a person did.

use domain::{
    PaperId, UserId,
    audit::AuditAction,
    autonomy::Level,
    canonical::Digest,
    commit::{Commit, Op, RunTo},
    paper::PaperCall,
    policy::{Facts, Judged},
    run::{CallOutcome, Run, Step, StepBody},
    ticket::{EventBody, NewEvent, TicketStatus},
    tool::ToolCall,
    track::{TrackKind, TrackWord},
    user::Actor,
};
use serde_json::json;
use store::{AuditFilter, Tracks};

use crate::fixture::{Fixture, append, elsewhere};

/// A reply that the lowest rung held back, and the event that tells of it.
pub fn held_back(f: &Fixture, run: &Run, seq: i64, body: &str) -> (Step, NewEvent) {
    let id = f.id(PaperId::new);
    let facts: Facts = serde_json::from_value(json!({
        "tool": "reply_to_customer", "risk": "outward", "agent": run.agent, "channel": "chat", "tier": "",
        "band": "auto", "confidence": 0.9, "groundedness": -1.0, "amount": -1, "edited": false, "origin": "trusted",
        "carries": [], "findings": [], "hour": 9, "weekday": "monday", "intent": "returns", "autonomy": Level::Shadow,
    }))
    .unwrap();
    let judged =
        Judged { rule: "first".to_owned(), policy_version: Digest::of(&1), facts, on_paper: Some(id) };
    let tool = "reply_to_customer".to_owned();
    let body = StepBody::Tool {
        call: ToolCall { id: format!("call-{seq}"), tool: tool.clone(), args: json!({ "body": body }) },
        effect_id: None,
        approval_id: None,
        edited: false,
        judged: Some(Box::new(judged)),
        outcome: CallOutcome::Refused { reason: "on paper".to_owned() },
    };
    let actor = Actor::Agent { agent: run.agent.clone(), run_id: run.id };
    let told = f.event(actor, EventBody::PutOnPaper { paper_id: id, run_id: run.id, tool });
    (Step { body, ..f.step(seq) }, told)
}

async fn keep(f: &Fixture, run: &Run, (step, told): (Step, NewEvent)) {
    let mut change = f.change(run, RunTo::Running);
    change.steps = vec![step];
    let told = Op::Append { ticket_id: run.ticket_id.unwrap(), events: vec![told] };
    f.desk.commit(Commit { ops: vec![told, Op::Run(Box::new(change))] }).await.unwrap();
}

fn said(f: &Fixture, call: &PaperCall, by: Actor, same: bool) -> Commit {
    append(call.ticket_id, vec![f.event(by, call.compared(same))])
}

async fn words(f: &Fixture) -> Vec<(TrackKind, Option<TrackWord>, i64)> {
    let counts = f.desk.track_record(&Tracks::default()).await.unwrap();
    counts.into_iter().map(|count| (count.kind, count.said, count.n)).collect()
}

pub async fn a_call_on_paper_is_kept_and_compared_by_people(mut f: Fixture) {
    let (ticket, run) = f.working().await;
    keep(&f, &run, held_back(&f, &run, 0, "It takes 30 days.")).await;
    assert_eq!(words(&f).await, [(TrackKind::Paper, None, 1)]);
    let call = f.desk.paper_calls(ticket).await.unwrap().remove(0);
    assert_eq!((call.run_id, call.version, call.reply()), (run.id, 2, Some("It takes 30 days.")));
    assert_eq!(
        (call.agent.as_str(), call.confidence, call.comparison.clone()),
        (run.agent.as_str(), 900, None)
    );
    assert_eq!(f.desk.paper_call(ticket, call.id).await.unwrap(), Some(call.clone()));
    let another = f.open("another").await;
    assert_eq!(f.desk.paper_call(another, call.id).await.unwrap(), None, "it is of one ticket");
    assert_eq!(elsewhere(&f).paper_calls(ticket).await.unwrap(), []);

    f.desk.commit(said(&f, &call, Actor::System, true)).await.unwrap();
    assert_eq!(words(&f).await, [(TrackKind::Paper, Some(TrackWord::Matched), 1)]);
    let ada = Actor::User { user_id: f.id(UserId::new), name: "Ada".to_owned() };
    f.desk.commit(said(&f, &call, ada.clone(), false)).await.unwrap();
    assert_eq!(words(&f).await, [(TrackKind::Paper, Some(TrackWord::Differed), 1)]);
    f.desk.commit(said(&f, &call, Actor::System, true)).await.unwrap();
    let compared = f.desk.paper_call(ticket, call.id).await.unwrap().unwrap().comparison.unwrap();
    assert_eq!((compared.same, compared.by), (false, ada.clone()), "what a person has said stands");

    // By a call of another ticket nothing is said of this one.
    let stranger = PaperCall { ticket_id: another, ..call.clone() };
    f.desk.commit(said(&f, &stranger, ada.clone(), true)).await.unwrap();
    assert_eq!(words(&f).await, [(TrackKind::Paper, Some(TrackWord::Differed), 1)]);

    let closed = EventBody::StatusChanged { status: TicketStatus::Closed, reason: "over".to_owned() };
    f.desk.commit(append(ticket, vec![f.event(ada.clone(), closed)])).await.unwrap();
    let late = f.desk.commit(said(&f, &call, ada, true)).await.unwrap_err();
    assert!(late.to_string().contains("closed"), "{late}");
    assert_eq!(words(&f).await, [(TrackKind::Paper, Some(TrackWord::Differed), 1)]);
    let filter = AuditFilter { action: Some(AuditAction::PaperCompared), ..AuditFilter::default() };
    let entries = f.desk.audit_entries(&filter, None, 10).await.unwrap();
    let subjects: Vec<_> = entries.iter().map(|entry| entry.deed.subject.clone()).collect();
    assert_eq!(subjects, [call.id.to_string(), call.id.to_string()], "what people said, and not the service");
    assert_eq!(f.desk.verify_tickets().await.unwrap(), []);
}

pub async fn what_is_no_call_on_paper_is_not_kept_as_one(mut f: Fixture) {
    let (ticket, run) = f.working().await;
    let approval = f.approval(&run, 1);
    let mut steps = Vec::new();
    for (seq, refused, decided) in [(0, true, None), (1, false, Some(approval.id))] {
        let (mut step, _) = held_back(&f, &run, seq, "No.");
        if let StepBody::Tool { judged: Some(judged), approval_id, .. } = &mut step.body {
            *approval_id = decided;
            judged.on_paper = judged.on_paper.filter(|_| !refused);
        }
        steps.push(step);
    }
    let mut change = f.change(&run, RunTo::Running);
    change.steps = steps;
    f.desk.commit(Commit { ops: vec![Op::Run(Box::new(change.clone()))] }).await.unwrap();
    assert_eq!(words(&f).await, [], "the policy refused one, a person decided on the other");
    assert_eq!(f.desk.paper_calls(ticket).await.unwrap(), []);

    let (step, told) = held_back(&f, &run, 2, "Yes.");
    let told = Op::Append { ticket_id: ticket, events: vec![told] };
    let commit = Commit {
        ops: vec![told, Op::Run(Box::new(domain::commit::RunChange { steps: vec![step], ..change }))],
    };
    f.desk.commit(commit.clone()).await.unwrap();
    f.desk.commit(commit).await.unwrap_err();
    assert_eq!(words(&f).await, [(TrackKind::Paper, None, 1)], "a step is written once, and so is the call");
    let told = f.desk.events(ticket, 0, 100).await.unwrap();
    assert_eq!(told.iter().filter(|event| matches!(event.body, EventBody::PutOnPaper { .. })).count(), 1);
}
