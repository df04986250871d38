//! The track record says what was heard of calls, and rungs are changed by one at a time.

use std::time::Duration;

use domain::{
    MessageId, TicketId, Timestamp,
    approval::{ApprovalStatus, Decision, DecisionKind},
    audit::{AuditAction, Deed},
    autonomy::{Level, Rung},
    calibration::{certified::Promise, thousandths},
    canonical::Digest,
    commit::{EffectChange, Op},
    confidence::Confidence,
    effect::{Effect, EffectStatus},
    policy::{Facts, Judged},
    run::Run,
    ticket::{EventBody, TicketStatus},
    track::{TrackKind, TrackWord},
    user::Actor,
};
use serde_json::json;
use store::{Became, Tracks};

use crate::fixture::{Fixture, append, customer, decided, elsewhere, one};

/// What was heard of calls, with how many there are.
async fn heard(f: &Fixture) -> Vec<(TrackKind, i64, Option<TrackWord>, i64)> {
    let counts = f.desk.track_record(&Tracks::default()).await.unwrap();
    counts.into_iter().map(|count| (count.kind, count.confidence, count.said, count.n)).collect()
}

/// A call that ran by itself.
async fn act(f: &Fixture, run: &Run, call: &str, risk: &str) -> Effect {
    let facts: Facts = serde_json::from_value(json!({
        "tool": "reply_to_customer", "risk": risk, "agent": run.agent, "channel": "chat", "tier": "",
        "band": "auto", "confidence": 0.9, "groundedness": -1.0, "amount": -1, "edited": false,
        "origin": "trusted", "carries": [], "findings": [], "hour": 9, "weekday": "monday", "intent": "returns",
    }))
    .unwrap();
    let judged = Judged { rule: "first".to_owned(), policy_version: Digest::of(&1), facts, on_paper: None };
    let effect = Effect { judged: Some(Box::new(judged)), ..f.effect(run, call) };
    f.desk.commit(one(Op::AddEffect(Box::new(effect.clone())))).await.unwrap();
    effect
}

async fn says(f: &Fixture, ticket: TicketId, body: EventBody) {
    f.desk.commit(append(ticket, vec![f.event(customer(), body)])).await.unwrap();
}

pub async fn what_people_decide_is_kept_until_it_is_taken_back(mut f: Fixture) {
    for (kind, confidence) in [
        (DecisionKind::Approve, 0.9),
        (DecisionKind::Edit { args: json!({ "order": "NF-1", "cents": 400 }) }, 0.8),
        (DecisionKind::Reject { reason: "too much".to_owned() }, 0.5),
        (DecisionKind::Escalate { reason: "mine".to_owned() }, 0.4),
    ] {
        let (_, run) = f.working().await;
        let mut approval = f.approval(&run, 1);
        approval.confidence = Confidence::by_rule(confidence, Vec::new());
        approval.intent = "refund".to_owned();
        let decision = f.decision(&approval, kind);
        f.desk.commit(one(Op::AddApproval(Box::new(approval)))).await.unwrap();
        f.desk.commit(one(decided(decision))).await.unwrap();
    }
    let expected = [
        (TrackKind::Reviewed, 500, Some(TrackWord::Rejected), 1),
        (TrackKind::Reviewed, 800, Some(TrackWord::Edited), 1),
        (TrackKind::Reviewed, thousandths(0.9), Some(TrackWord::Approved), 1),
    ];
    assert_eq!(heard(&f).await, expected, "whoever takes a ticket over says nothing of the call");
    let of = |tool: &str| Tracks { of: Some(("refund".to_owned(), tool.to_owned())), ..Tracks::default() };
    assert_eq!(f.desk.track_record(&of("shop__refund")).await.unwrap().len(), 3);
    assert!(f.desk.track_record(&of("another")).await.unwrap().is_empty());
    assert!(elsewhere(&f).track_record(&Tracks::default()).await.unwrap().is_empty());

    let (_, run) = f.working().await;
    let approval = f.approval(&run, 1);
    let until = f.now().plus(Duration::from_secs(10));
    let decision = Decision { undo_until: Some(until), ..f.decision(&approval, DecisionKind::Approve) };
    let (id, by, at) = (approval.id, decision.user_id, f.now());
    f.desk.commit(one(Op::AddApproval(Box::new(approval)))).await.unwrap();
    f.desk.commit(one(decided(decision))).await.unwrap();
    assert_eq!(heard(&f).await.len(), 4);
    let receipt = f.desk.commit(one(Op::TakeBack { approval_id: id, by, at })).await.unwrap();
    assert_eq!(receipt.approvals[0].status, ApprovalStatus::Pending);
    assert_eq!(heard(&f).await, expected);
}

pub async fn what_ran_by_itself_is_assumed_until_something_is_heard(mut f: Fixture) {
    let (ticket, run) = f.working().await;
    let effect = act(&f, &run, "a", "outward").await;
    act(&f, &run, "b", "reversible").await;
    let only = |said| [(TrackKind::Acted, 900, said, 1)];
    assert_eq!(heard(&f).await, only(None), "of what can be undone nothing is ever heard");
    let rated = |helpful| EventBody::AnswerRated { message_id: f.id(MessageId::new), helpful };
    says(&f, ticket, rated(true)).await;
    assert_eq!(heard(&f).await, only(Some(TrackWord::Confirmed)));
    says(&f, ticket, rated(false)).await;
    assert_eq!(heard(&f).await, only(Some(TrackWord::Unhelpful)));
    says(&f, ticket, rated(true)).await;
    let resolved = EventBody::StatusChanged { status: TicketStatus::Resolved, reason: "answered".to_owned() };
    let agent = Actor::Agent { agent: "resolution".to_owned(), run_id: run.id };
    let resolved_at = f.now();
    f.desk.commit(append(ticket, vec![f.event(agent, resolved)])).await.unwrap();
    f.clock.advance(Duration::from_secs(60));
    f.desk.commit(append(ticket, vec![f.said(customer(), "It is broken again.")])).await.unwrap();
    assert_eq!(heard(&f).await, only(Some(TrackWord::Reopened)));
    says(&f, ticket, rated(true)).await;
    assert_eq!(heard(&f).await, only(Some(TrackWord::Reopened)), "a kind word does not mend it");

    let all = (Timestamp(0), Timestamp(i64::MAX));
    let resolutions = f.desk.resolutions(all, None, 10).await.unwrap();
    assert_eq!(resolutions.len(), 1);
    assert_eq!((resolutions[0].at, resolutions[0].became), (resolved_at, Became::Reopened(f.now())));
    assert!(f.desk.resolutions(all, Some(&resolutions[0]), 10).await.unwrap().is_empty());

    let change = EffectChange {
        id: effect.id,
        status: EffectStatus::Failed,
        attempts: 1,
        next_attempt_at: None,
        output: None,
        summary: String::new(),
        error: Some("refused".to_owned()),
        at: f.now(),
    };
    f.desk.commit(one(Op::ChangeEffect(Box::new(change)))).await.unwrap();
    assert_eq!(heard(&f).await, [], "what was not done was neither right nor wrong");
}

fn rung(f: &Fixture, level: Level, version: i64) -> Rung {
    Rung {
        intent: String::new(),
        tool: "reply_to_customer".to_owned(),
        level,
        promise: Promise { ceiling: 0.025, delta: 0.1 },
        threshold: (level == Level::Act).then_some(910),
        version,
        since: f.now(),
        counted_from: Timestamp(7),
        by: Actor::System,
        why: "shown".to_owned(),
    }
}

fn deed(f: &Fixture) -> Deed {
    Deed {
        at: f.now(),
        actor: Actor::System,
        action: AuditAction::AutonomyChanged,
        subject: "reply_to_customer".to_owned(),
        detail: json!({}),
    }
}

pub async fn of_two_who_change_a_rung_one_does(f: Fixture) {
    let act = rung(&f, Level::Act, 1);
    assert!(f.desk.put_rung(act.clone(), deed(&f)).await.unwrap());
    assert_eq!(f.desk.rungs().await.unwrap(), std::slice::from_ref(&act));
    let everywhere = f.store.rungs_everywhere().await.unwrap();
    assert_eq!((everywhere.len(), everywhere[0].0), (1, f.desk.id()));
    assert!(!f.desk.put_rung(rung(&f, Level::Shadow, 1), deed(&f)).await.unwrap(), "it is there already");
    assert!(!f.desk.put_rung(rung(&f, Level::Shadow, 3), deed(&f)).await.unwrap(), "one is left out");
    assert_eq!(f.desk.rungs().await.unwrap(), [act]);
    assert!(f.desk.put_rung(rung(&f, Level::Ask, 2), deed(&f)).await.unwrap());
    assert_eq!(f.desk.rungs().await.unwrap(), [rung(&f, Level::Ask, 2)]);
    let of = || (String::new(), "reply_to_customer".to_owned());
    assert!(!f.desk.remove_rung(of(), 1, deed(&f)).await.unwrap());
    assert!(f.desk.remove_rung(of(), 2, deed(&f)).await.unwrap());
    assert!(f.desk.rungs().await.unwrap().is_empty());
    let entries = f.desk.audit_entries(&store::AuditFilter::default(), None, 10).await.unwrap();
    let changed = entries.iter().filter(|entry| entry.deed.action == AuditAction::AutonomyChanged);
    assert_eq!(changed.count(), 3, "what did not happen is in no audit");
}
