//! The track record says what was heard of calls, and rungs are changed by one at a time.

use std::time::Duration;

use domain::{
    ApprovalId, MessageId, TicketId, Timestamp,
    approval::{Approval, ApprovalStatus, Decision, DecisionKind},
    audit::{AuditAction, Deed},
    autonomy::{LeftRung, Level, Rung},
    calibration::{certified::Promise, thousandths},
    canonical::Digest,
    commit::{EffectChange, Op},
    confidence::Confidence,
    effect::{Effect, EffectStatus},
    errand,
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
    let mut heard: Vec<_> =
        counts.into_iter().map(|count| (count.kind, count.confidence, count.said, count.n)).collect();
    heard.sort_unstable();
    heard
}

fn facts(run: &Run, risk: &str, edited: bool) -> Facts {
    serde_json::from_value(json!({
        "tool": "reply_to_customer", "risk": risk, "agent": run.agent, "channel": "chat", "tier": "",
        "band": "auto", "confidence": 0.9, "groundedness": -1.0, "amount": -1, "edited": edited,
        "origin": "trusted", "carries": [], "findings": [], "hour": 9, "weekday": "monday", "intent": "returns",
    }))
    .unwrap()
}

/// A call that ran by itself.
async fn act(f: &Fixture, run: &Run, call: &str, risk: &str) -> Effect {
    wrote(f, run, (call, risk), None).await.0
}

/// The same, with the message that it wrote; of an approval where there is one.
async fn wrote(
    f: &Fixture,
    run: &Run,
    (call, risk): (&str, &str),
    approval_id: Option<ApprovalId>,
) -> (Effect, MessageId) {
    let facts = facts(run, risk, false);
    let judged = Judged { rule: "first".to_owned(), policy_version: Digest::of(&1), facts, on_paper: None };
    let message_id = f.id(MessageId::new);
    let effect = Effect {
        judged: Some(Box::new(judged)),
        output: Some(json!({ "message_id": message_id })),
        approval_id,
        ..f.effect(run, call)
    };
    f.desk.commit(one(Op::AddEffect(Box::new(effect.clone())))).await.unwrap();
    (effect, message_id)
}

/// A call that a person decided on.
async fn reviewed(f: &Fixture, run: &Run, kind: DecisionKind, change: impl FnOnce(&mut Approval)) {
    let mut approval = f.approval(run, 1);
    change(&mut approval);
    let decision = f.decision(&approval, kind);
    f.desk.commit(one(Op::AddApproval(Box::new(approval)))).await.unwrap();
    f.desk.commit(one(decided(decision))).await.unwrap();
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
        (TrackKind::Reviewed, 400, Some(TrackWord::TakenOver), 1),
        (TrackKind::Reviewed, 500, Some(TrackWord::Rejected), 1),
        (TrackKind::Reviewed, 800, Some(TrackWord::Edited), 1),
        (TrackKind::Reviewed, thousandths(0.9), Some(TrackWord::Approved), 1),
    ];
    assert_eq!(heard(&f).await, expected);
    let of = |tool: &str| Tracks { of: Some(("refund".to_owned(), tool.to_owned())), ..Tracks::default() };
    assert_eq!(f.desk.track_record(&of("shop__refund")).await.unwrap().len(), 4);
    assert!(f.desk.track_record(&of("another")).await.unwrap().is_empty());
    assert!(elsewhere(&f).track_record(&Tracks::default()).await.unwrap().is_empty());

    let (_, run) = f.working().await;
    let approval = f.approval(&run, 1);
    let until = f.now().plus(Duration::from_secs(10));
    let decision = Decision { undo_until: Some(until), ..f.decision(&approval, DecisionKind::Approve) };
    let (id, by, at) = (approval.id, decision.user_id, f.now());
    f.desk.commit(one(Op::AddApproval(Box::new(approval)))).await.unwrap();
    f.desk.commit(one(decided(decision))).await.unwrap();
    assert_eq!(heard(&f).await.len(), 5);
    let receipt = f.desk.commit(one(Op::TakeBack { approval_id: id, by, at })).await.unwrap();
    assert_eq!(receipt.approvals[0].status, ApprovalStatus::Pending);
    assert_eq!(heard(&f).await, expected);
}

pub async fn what_a_person_asked_for_or_edited_is_no_evidence_and_a_call_counts_once(mut f: Fixture) {
    let (_, run) = f.working().await;
    reviewed(&f, &run, DecisionKind::Approve, |approval| approval.agent = errand::AGENT.to_owned()).await;
    assert_eq!(heard(&f).await, [], "a colleague asked for it");
    // Edited, and the edit is put before another.
    let edit = DecisionKind::Edit { args: json!({ "order": "NF-1", "cents": 400 }) };
    reviewed(&f, &run, edit, |_| ()).await;
    let once = |said| [(TrackKind::Reviewed, 500, Some(said), 1)];
    assert_eq!(heard(&f).await, once(TrackWord::Edited));
    let again = Box::new(facts(&run, "outward", true));
    reviewed(&f, &run, DecisionKind::Approve, |approval| approval.facts = Some(again)).await;
    assert_eq!(heard(&f).await, once(TrackWord::Edited), "a person's words are not the agent's");

    // Approved, and put before people again because what the policy asks for changed.
    let (_, run) = f.working().await;
    reviewed(&f, &run, DecisionKind::Approve, |approval| approval.intent = "refund".to_owned()).await;
    let of = Tracks { of: Some(("refund".to_owned(), "shop__refund".to_owned())), ..Tracks::default() };
    let words = async || {
        let counts = f.desk.track_record(&of).await.unwrap();
        counts.into_iter().map(|count| (count.said.unwrap(), count.n)).collect::<Vec<_>>()
    };
    assert_eq!(words().await, [(TrackWord::Approved, 1)]);
    let no = DecisionKind::Reject { reason: "too much".to_owned() };
    reviewed(&f, &run, no, |approval| approval.intent = "refund".to_owned()).await;
    assert_eq!(words().await, [(TrackWord::Rejected, 1)], "one call, and the later word of it");
}

pub async fn a_rating_is_of_the_call_that_wrote_the_message(mut f: Fixture) {
    let (ticket, run) = f.working().await;
    let (_, first) = wrote(&f, &run, ("a", "outward"), None).await;
    f.clock.advance(Duration::from_secs(60));
    let approval = f.approval(&run, 1);
    let approved = approval.id;
    f.desk.commit(one(Op::AddApproval(Box::new(approval)))).await.unwrap();
    let (_, reviewed) = wrote(&f, &run, ("b", "outward"), Some(approved)).await;
    f.clock.advance(Duration::from_secs(60));
    let (_, last) = wrote(&f, &run, ("c", "outward"), None).await;
    let rated = |message_id, helpful| EventBody::AnswerRated { message_id, helpful };
    let acted = |said, n| (TrackKind::Acted, 900, said, n);
    says(&f, ticket, rated(reviewed, true)).await;
    says(&f, ticket, rated(f.id(MessageId::new), false)).await;
    assert_eq!(
        heard(&f).await,
        [acted(None, 2)],
        "what a person approved, and what nobody wrote, are none of these"
    );
    says(&f, ticket, rated(first, false)).await;
    assert_eq!(heard(&f).await, [acted(None, 1), acted(Some(TrackWord::Unhelpful), 1)]);
    says(&f, ticket, rated(last, true)).await;
    let both = [acted(Some(TrackWord::Confirmed), 1), acted(Some(TrackWord::Unhelpful), 1)];
    assert_eq!(heard(&f).await, both);
    let elsewhere = f.open("another").await;
    says(&f, elsewhere, rated(first, true)).await;
    assert_eq!(heard(&f).await, both, "a rating of another ticket");
}

pub async fn what_ran_by_itself_is_assumed_until_something_is_heard(mut f: Fixture) {
    let (ticket, run) = f.working().await;
    let (effect, message_id) = wrote(&f, &run, ("a", "outward"), None).await;
    act(&f, &run, "b", "reversible").await;
    let only = |said| [(TrackKind::Acted, 900, said, 1)];
    assert_eq!(heard(&f).await, only(None), "of what can be undone nothing is ever heard");
    let rated = |helpful| EventBody::AnswerRated { message_id, helpful };
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
    let became = async || {
        let all = (Timestamp(0), Timestamp(i64::MAX));
        f.desk.resolutions(all, None, 10).await.unwrap().into_iter().map(|one| one.became).collect::<Vec<_>>()
    };
    assert_eq!(became().await, [Became::Assumed]);
    says(&f, ticket, rated(false)).await;
    assert_eq!(became().await, [Became::Unhelpful(f.now())]);
    says(&f, ticket, rated(true)).await;
    assert_eq!(became().await, [Became::Confirmed(f.now())], "the later word");
    says(&f, ticket, rated(false)).await;
    assert_eq!(became().await, [Became::Unhelpful(f.now())]);
    says(&f, ticket, rated(true)).await;
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
        over_policy: version == 1,
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
    let remove = async |version| f.desk.remove_rung(of(), version, "so".to_owned(), deed(&f)).await.unwrap();
    assert!(!remove(1).await);
    assert!(remove(2).await);
    assert!(f.desk.rungs().await.unwrap().is_empty() && f.store.rungs_everywhere().await.unwrap().is_empty());
    let (intent, tool) = of();
    let left = LeftRung { intent, tool, version: 3, counted_from: Timestamp(7) };
    assert_eq!(f.desk.left_rungs().await.unwrap(), [left], "its version goes on, and what counts stays");
    assert!(!remove(3).await, "it is left already");
    assert!(!f.desk.put_rung(rung(&f, Level::Shadow, 1), deed(&f)).await.unwrap(), "a form from before");
    let entries = f.desk.audit_entries(&store::AuditFilter::default(), None, 10).await.unwrap();
    let changed = entries.iter().filter(|entry| entry.deed.action == AuditAction::AutonomyChanged);
    assert_eq!(changed.count(), 3, "what did not happen is in no audit");
    assert!(f.desk.put_rung(rung(&f, Level::Shadow, 4), deed(&f)).await.unwrap());
    assert_eq!(f.desk.rungs().await.unwrap(), [rung(&f, Level::Shadow, 4)]);
    assert!(f.desk.left_rungs().await.unwrap().is_empty());
}
