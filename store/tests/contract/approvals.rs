//! Decisions, effects and who may take them.

use std::time::Duration;

use domain::{
    UserId,
    approval::{Approval, ApprovalStatus, DecisionKind},
    commit::{Commit, CommitError, EffectChange, Op, RunTo},
    effect::EffectStatus,
    run::{Run, RunStatus},
    ticket::{EventBody, TicketStatus},
    user::{Actor, Role, User},
};
use futures::future::join_all;

use crate::fixture::{Fixture, append, customer, decided, one, waiting};

/// A run that waits for the approval it asked for.
async fn asked(f: &mut Fixture, shape: impl FnOnce(&mut Approval)) -> (Run, Approval) {
    let (ticket, run) = f.working().await;
    let version = f.desk.ticket(ticket).await.unwrap().unwrap().customer_version;
    let mut approval = f.approval(&run, version);
    shape(&mut approval);
    let requested = EventBody::ApprovalRequested {
        approval_id: approval.id,
        run_id: run.id,
        tool: approval.binding.call.tool.clone(),
        title: "a refund".to_owned(),
    };
    let ops = vec![
        Op::AddApproval(Box::new(approval.clone())),
        Op::Append { ticket_id: ticket, events: vec![f.event(Actor::System, requested)] },
        Op::Run(Box::new(f.change(&run, waiting()))),
    ];
    let receipt = f.desk.commit(Commit { ops }).await.unwrap();
    assert_eq!(receipt.approvals, [approval.clone()]);
    (run, approval)
}

pub async fn of_twenty_concurrent_deciders_one_wins(mut f: Fixture) {
    let (run, approval) = asked(&mut f, |_| {}).await;
    let decisions: Vec<_> = (0..20)
        .map(|n| {
            let kind = if n % 2 == 0 {
                DecisionKind::Approve
            } else {
                DecisionKind::Reject { reason: "no".to_owned() }
            };
            f.decision(&approval, kind)
        })
        .collect();
    let results = join_all(decisions.into_iter().map(|d| f.desk.commit(one(decided(d))))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().flat_map(|r| r.as_ref().err()).all(|e| matches!(e, CommitError::Conflict(_))));
    assert_eq!(f.desk.decisions(approval.id).await.unwrap().len(), 1);
    let after = f.desk.approval(approval.id).await.unwrap().unwrap();
    assert_ne!(after.status, ApprovalStatus::Pending);
    assert_eq!(f.desk.run(run.id).await.unwrap().unwrap().signals, 1);
}

pub async fn a_quorum_needs_different_people(mut f: Fixture) {
    let (run, approval) = asked(&mut f, |approval| approval.quorum = 2).await;
    let first = f.decision(&approval, DecisionKind::Approve);
    let receipt = f.desk.commit(one(decided(first.clone()))).await.unwrap();
    assert_eq!(receipt.approvals[0].status, ApprovalStatus::Pending);
    assert!(receipt.events.is_empty() && receipt.runs.is_empty());
    let mut again = f.decision(&approval, DecisionKind::Approve);
    again.user_id = first.user_id;
    assert!(matches!(f.desk.commit(one(decided(again))).await, Err(CommitError::Conflict(_))));
    let second = f.decision(&approval, DecisionKind::Approve);
    let receipt = f.desk.commit(one(decided(second))).await.unwrap();
    assert_eq!(receipt.approvals[0].status, ApprovalStatus::Approved);
    assert!(receipt.is_running(run.id));
    assert_eq!(f.desk.decisions(approval.id).await.unwrap().len(), 2);
}

pub async fn a_decision_on_older_state_is_refused(mut f: Fixture) {
    let (run, approval) = asked(&mut f, |_| {}).await;
    let mut changed = f.decision(&approval, DecisionKind::Approve);
    changed.digest = domain::canonical::Digest::of("something else");
    assert!(matches!(f.desk.commit(one(decided(changed))).await, Err(CommitError::Conflict(_))));
    let mut junior = f.decision(&approval, DecisionKind::Approve);
    junior.role = Role::Agent;
    assert!(matches!(f.desk.commit(one(decided(junior))).await, Err(CommitError::Forbidden(_))));

    // In one commit, and so in one batch, with the message that makes it old.
    let ticket = run.ticket_id.unwrap();
    let ops = vec![
        Op::Append { ticket_id: ticket, events: vec![f.said(customer(), "stop!")] },
        decided(f.decision(&approval, DecisionKind::Approve)),
    ];
    assert!(matches!(f.desk.commit(Commit { ops }).await, Err(CommitError::Conflict(_))));
    f.desk.commit(append(ticket, vec![f.said(customer(), "stop!")])).await.unwrap();
    let late = f.decision(&approval, DecisionKind::Approve);
    assert!(matches!(f.desk.commit(one(decided(late))).await, Err(CommitError::Conflict(_))));
    assert_eq!(f.desk.approval(approval.id).await.unwrap(), Some(approval.clone()));

    let (_, approval) = asked(&mut f, |_| {}).await;
    f.clock.advance(Duration::from_secs(3600));
    assert_eq!(f.desk.expired_approvals(f.now(), 10).await.unwrap().len(), 2);
    let expired = f.decision(&approval, DecisionKind::Approve);
    assert!(matches!(f.desk.commit(one(decided(expired))).await, Err(CommitError::Conflict(_))));
    assert!(f.desk.decisions(approval.id).await.unwrap().is_empty());
}

pub async fn a_decision_wakes_its_run_and_is_on_the_timeline(mut f: Fixture) {
    let (run, approval) = asked(&mut f, |_| {}).await;
    let ticket = run.ticket_id.unwrap();
    assert_eq!(f.desk.ticket(ticket).await.unwrap().unwrap().status, TicketStatus::WaitingForStaff);
    let user = User {
        id: f.id(UserId::new),
        email: "eve@example.com".to_owned(),
        name: "Eve".to_owned(),
        role: Role::Reviewer,
        title: String::new(),
        created_at: f.now(),
        deactivated_at: None,
    };
    f.desk.create_user(user.clone(), "hash".to_owned()).await.unwrap();
    let args = serde_json::json!({ "order": "NF-1", "cents": 400 });
    let mut decision = f.decision(&approval, DecisionKind::Edit { args: args.clone() });
    decision.user_id = user.id;
    let receipt = f.desk.commit(one(decided(decision.clone()))).await.unwrap();
    let after = &receipt.approvals[0];
    assert_eq!((after.status, after.edited_args.as_ref()), (ApprovalStatus::Edited, Some(&args)));
    assert_eq!(f.desk.approval(approval.id).await.unwrap().as_ref(), Some(after));
    assert_eq!(f.desk.decisions(approval.id).await.unwrap(), [decision]);
    let event = &receipt.events[0];
    assert_eq!(event.actor, Actor::User { user_id: user.id, name: "Eve".to_owned() });
    assert!(
        matches!(&event.body, EventBody::ApprovalDecided { status, by, .. } if status == "edited" && *by == Some(user.id))
    );
    assert_eq!(receipt.tickets[0].status, TicketStatus::Open);
    let woken = f.ready.recv().await.unwrap().run;
    assert_eq!((woken.id, woken.status, woken.signals), (run.id, RunStatus::Running, 1));
}

pub async fn an_approval_ends_without_a_person_once(mut f: Fixture) {
    let (run, approval) = asked(&mut f, |_| {}).await;
    let end = |status| one(Op::EndApproval { approval_id: approval.id, status, at: approval.expires_at });
    assert!(matches!(f.desk.commit(end(ApprovalStatus::Approved)).await, Err(CommitError::Conflict(_))));
    let receipt = f.desk.commit(end(ApprovalStatus::Expired)).await.unwrap();
    assert_eq!(receipt.events[0].actor, Actor::System);
    assert!(receipt.is_running(run.id));
    let receipt = f.desk.commit(end(ApprovalStatus::Superseded)).await.unwrap();
    assert!(receipt.events.is_empty());
    assert_eq!(receipt.approvals[0].status, ApprovalStatus::Expired);
    assert_eq!(f.desk.approvals_of_run(run.id).await.unwrap()[0].status, ApprovalStatus::Expired);
}

pub async fn an_approval_ends_with_its_run_in_one_commit(mut f: Fixture) {
    let (ticket, run) = f.working().await;
    let approval = f.approval(&run, f.desk.ticket(ticket).await.unwrap().unwrap().customer_version);
    f.desk.commit(one(Op::AddApproval(Box::new(approval.clone())))).await.unwrap();
    let ops = vec![
        Op::Run(Box::new(f.change(&run, RunTo::Dead { error: "no".to_owned() }))),
        Op::EndApproval { approval_id: approval.id, status: ApprovalStatus::Superseded, at: f.now() },
    ];
    let receipt = f.desk.commit(Commit { ops }).await.unwrap();
    assert!(
        matches!(&receipt.events[0].body, EventBody::ApprovalDecided { status, by: None, .. } if status == "superseded")
    );
    assert_eq!(f.desk.pending_count().await.unwrap(), 0);
    let after = f.desk.run(run.id).await.unwrap().unwrap();
    assert_eq!((after.status, after.signals), (RunStatus::Dead, 0), "a run that is over is not signalled");
}

pub async fn a_call_has_one_effect(mut f: Fixture) {
    let (_, run) = f.working().await;
    let commits = (0..10).map(|_| f.desk.commit(one(Op::AddEffect(Box::new(f.effect(&run, "call-1"))))));
    let results = join_all(commits).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().flat_map(|r| r.as_ref().err()).all(|e| matches!(e, CommitError::Conflict(_))));
    let again = f.desk.commit(one(Op::AddEffect(Box::new(f.effect(&run, "call-1"))))).await;
    assert!(matches!(again, Err(CommitError::Conflict(_))));
    f.desk.commit(one(Op::AddEffect(Box::new(f.effect(&run, "call-2"))))).await.unwrap();
    assert_eq!(f.desk.effects_of_run(run.id).await.unwrap().len(), 2);
}

pub async fn a_settled_effect_does_not_change(mut f: Fixture) {
    let (_, run) = f.working().await;
    let effect = f.effect(&run, "call-1");
    f.desk.commit(one(Op::AddEffect(Box::new(effect.clone())))).await.unwrap();
    let change = |status, output: Option<serde_json::Value>| {
        one(Op::ChangeEffect(Box::new(EffectChange {
            id: effect.id,
            status,
            attempts: 2,
            next_attempt_at: None,
            output,
            summary: "Refunded 5.00 EUR".to_owned(),
            error: None,
            at: effect.created_at.plus(Duration::from_secs(1)),
        })))
    };
    f.desk.commit(change(EffectStatus::Retrying, None)).await.unwrap();
    assert_eq!(f.desk.effects(Some(EffectStatus::Retrying), 10, None).await.unwrap().items.len(), 1);
    f.desk.commit(change(EffectStatus::Succeeded, Some(serde_json::json!({ "ok": true })))).await.unwrap();
    assert!(matches!(f.desk.commit(change(EffectStatus::Failed, None)).await, Err(CommitError::Conflict(_))));
    let stored = f.desk.effect(effect.id).await.unwrap().unwrap();
    assert_eq!((stored.status, stored.attempts), (EffectStatus::Succeeded, 2));
    assert_eq!(stored.output, Some(serde_json::json!({ "ok": true })));
}
