//! Policies and their versions; approvals that go to a higher role.

use std::time::Duration;

use domain::{
    UserId,
    approval::{Approval, ApprovalStatus, DecisionKind, Escalates},
    audit::AuditAction,
    canonical::Digest,
    commit::{CommitError, Op},
    policy::PolicyDocument,
    standing::Standing,
    ticket::EventBody,
    user::{Actor, Role},
};
use store::ApprovalFilter;

use crate::fixture::{Fixture, decided, elsewhere, one};

fn policy(f: &Fixture, version: i64, text: &str) -> PolicyDocument {
    PolicyDocument {
        version,
        digest: Digest::of(text),
        text: text.to_owned(),
        note: format!("change {version}"),
        created_by: Actor::User { user_id: f.id(UserId::new), name: "Eve".to_owned() },
        created_at: f.now(),
    }
}

pub async fn versions_of_a_policy_are_kept_and_audited(f: Fixture) {
    assert_eq!(f.desk.policy().await.unwrap(), None);
    assert_eq!(f.store.policy_heads().await.unwrap(), vec![]);
    let first = policy(&f, 1, "one\n\"ü\"");
    assert!(f.desk.put_policy(first.clone()).await.unwrap());
    f.clock.advance(Duration::from_secs(1));
    let second = policy(&f, 2, "two");
    assert!(f.desk.put_policy(second.clone()).await.unwrap());
    // Whoever looked at an older version, or at none, changes nothing.
    for late in [1, 2, 4, 0] {
        assert!(!f.desk.put_policy(policy(&f, late, "late")).await.unwrap(), "{late}");
    }
    assert_eq!(f.desk.policy().await.unwrap().as_ref(), Some(&second));
    assert_eq!(f.desk.policy_version(1).await.unwrap().as_ref(), Some(&first));
    assert_eq!(f.desk.policy_version(3).await.unwrap(), None);
    let versions = f.desk.policy_versions(None, 10).await.unwrap();
    assert_eq!(versions.iter().map(|policy| policy.version).collect::<Vec<_>>(), [2, 1]);
    assert!(versions.iter().all(|policy| policy.text.is_empty()));
    assert_eq!(f.desk.policy_versions(Some(2), 1).await.unwrap()[0].version, 1);
    assert_eq!(f.store.policy_heads().await.unwrap(), [(f.desk.id(), 2)]);
    // Another workspace has none.
    assert_eq!(elsewhere(&f).policy().await.unwrap(), None);
    assert_eq!(elsewhere(&f).policy_version(1).await.unwrap(), None);
    let south = f.store.create_workspace("south", "South").await.unwrap();
    let south = f.store.workspace(south.id);
    assert!(south.put_policy(policy(&f, 1, "theirs")).await.unwrap());
    assert_eq!(f.store.policy_heads().await.unwrap().len(), 2);

    let entries = f.desk.audit_after(0, 10).await.unwrap();
    assert_eq!(entries.len(), 2, "{entries:?}");
    let deed = &entries[1].deed;
    assert_eq!((deed.action, deed.subject.as_str()), (AuditAction::PolicyChanged, "version 2"));
    assert_eq!(deed.actor, second.created_by);
    assert_eq!(deed.detail["note"], "change 2");
    assert_eq!(deed.detail["digest"], second.digest.0.as_str());
    assert_eq!(f.desk.verify_audit().await.unwrap().broken, None);
}

/// Of any number that looked at the same version, one puts the next.
pub async fn of_two_who_change_a_policy_one_does(f: Fixture) {
    let other = f.another_process("two", 0).await;
    let desks = [f.desk.clone(), other.workspace(f.desk.id())];
    for version in 1..=5 {
        let puts = (0..6).map(|n| {
            let (desk, new) = (desks[n % 2].clone(), policy(&f, version, &format!("{version} by {n}")));
            tokio::spawn(async move { desk.put_policy(new).await.unwrap() })
        });
        let put =
            futures::future::join_all(puts).await.into_iter().filter(|done| *done.as_ref().unwrap()).count();
        assert_eq!(put, 1, "version {version}");
    }
    assert_eq!(f.desk.audit_after(0, 100).await.unwrap().len(), 5);
    other.close().await;
}

async fn asked(f: &mut Fixture, with: impl FnOnce(&mut Approval)) -> Approval {
    let (ticket, run) = f.working().await;
    let mut approval = f.approval(&run, f.desk.ticket(ticket).await.unwrap().unwrap().customer_version);
    with(&mut approval);
    f.desk.commit(one(Op::AddApproval(Box::new(approval.clone())))).await.unwrap();
    approval
}

pub async fn an_approval_that_nobody_decides_goes_to_a_higher_role(mut f: Fixture) {
    let at = f.now().plus(Duration::from_secs(600));
    let approval =
        asked(&mut f, |a| a.escalates = Some(Escalates { at, from: Role::Reviewer, to: Role::Admin })).await;
    let plain = asked(&mut f, |_| {}).await;
    assert_eq!(f.desk.due_approvals(f.now(), 10).await.unwrap(), vec![]);
    let escalate = |id| one(Op::NudgeApproval { approval_id: id, at: f.now() });
    // Before its time, and of one that does not escalate, nothing happens.
    for id in [approval.id, plain.id] {
        let early = f.desk.commit(escalate(id)).await.unwrap();
        assert!(early.events.is_empty() && early.approvals[0].role == Role::Reviewer);
    }
    f.clock.advance(Duration::from_secs(600));
    let due = f.desk.due_approvals(f.now(), 10).await.unwrap();
    assert_eq!(due.iter().map(|approval| approval.id).collect::<Vec<_>>(), [approval.id]);
    // Who may decide follows the clock, whether or not anybody has looked.
    let low = f.decision(&approval, DecisionKind::Approve);
    let refused = f.desk.commit(one(decided(low))).await;
    assert!(matches!(refused, Err(CommitError::Forbidden(_))), "{refused:?}");

    let escalate = one(Op::NudgeApproval { approval_id: approval.id, at: f.now() });
    let receipt = f.desk.commit(escalate.clone()).await.unwrap();
    assert!(
        matches!(&receipt.events[0].body, EventBody::ApprovalPassedOn { approval_id, role: Role::Admin, .. } if *approval_id == approval.id)
    );
    assert_eq!((&receipt.approvals[0].role, receipt.approvals[0].escalation()), (&Role::Admin, None));
    assert!(f.desk.commit(escalate).await.unwrap().events.is_empty(), "once");
    assert_eq!(f.desk.due_approvals(f.now(), 10).await.unwrap(), vec![]);
    let mine = ApprovalFilter {
        status: Some(ApprovalStatus::Pending),
        may: Some(Standing::built_in(f.id(UserId::new), Role::Reviewer)),
        ..ApprovalFilter::default()
    };
    let left = f.desk.approvals(&mine, 10, None).await.unwrap().items;
    assert_eq!(left.iter().map(|approval| approval.id).collect::<Vec<_>>(), [plain.id]);
    assert_eq!(f.desk.verify_tickets().await.unwrap(), vec![]);
    let mut high = f.decision(&approval, DecisionKind::Approve);
    high.role = Role::Admin;
    let receipt = f.desk.commit(one(decided(high))).await.unwrap();
    assert_eq!(receipt.approvals[0].status, ApprovalStatus::Approved);
}

pub async fn people_are_reminded_of_an_approval_once(mut f: Fixture) {
    let at = f.now().plus(Duration::from_secs(300));
    let later = f.now().plus(Duration::from_secs(600));
    let escalates = Some(Escalates { at: later, from: Role::Reviewer, to: Role::Admin });
    let approval = asked(&mut f, |a| (a.reminds_at, a.escalates) = (Some(at), escalates)).await;
    let nudge = |at| one(Op::NudgeApproval { approval_id: approval.id, at });
    assert!(f.desk.commit(nudge(f.now())).await.unwrap().events.is_empty());
    f.clock.advance(Duration::from_secs(300));
    assert_eq!(f.desk.due_approvals(f.now(), 10).await.unwrap().len(), 1);
    let receipt = f.desk.commit(nudge(f.now())).await.unwrap();
    assert!(
        matches!(receipt.events.as_slice(), [event] if matches!(&event.body, EventBody::ApprovalReminder { role: Role::Reviewer, .. }))
    );
    let after = &receipt.approvals[0];
    assert_eq!((&after.role, after.reminds_at, after.due_at()), (&Role::Reviewer, None, Some(later)));
    assert_eq!(f.desk.due_approvals(f.now(), 10).await.unwrap(), vec![]);
    f.clock.advance(Duration::from_secs(300));
    let receipt = f.desk.commit(nudge(f.now())).await.unwrap();
    assert_eq!((receipt.events.len(), &receipt.approvals[0].role), (1, &Role::Admin));
    // Nobody is reminded of what is decided, or over.
    let settled = asked(&mut f, |a| a.reminds_at = Some(at)).await;
    let reject = f.decision(&settled, DecisionKind::Reject { reason: "no".to_owned() });
    f.desk.commit(one(decided(reject))).await.unwrap();
    let over = asked(&mut f, |a| a.reminds_at = Some(at)).await;
    f.clock.advance(Duration::from_secs(7_200));
    assert_eq!(f.desk.due_approvals(f.now(), 10).await.unwrap(), vec![]);
    for id in [settled.id, over.id] {
        let receipt = f.desk.commit(one(Op::NudgeApproval { approval_id: id, at: f.now() })).await.unwrap();
        assert!(receipt.events.is_empty());
    }
}

pub async fn who_asked_for_a_call_does_not_approve_it(mut f: Fixture) {
    let requester = f.id(UserId::new);
    let approval = asked(&mut f, |a| a.requesters = vec![requester]).await;
    for kind in [DecisionKind::Approve, DecisionKind::Edit { args: serde_json::json!({}) }] {
        let mut own = f.decision(&approval, kind);
        own.user_id = requester;
        let refused = f.desk.commit(one(decided(own))).await;
        assert!(
            matches!(&refused, Err(CommitError::Conflict(why)) if why.contains("another person")),
            "{refused:?}"
        );
    }
    let other = f.decision(&approval, DecisionKind::Approve);
    let receipt = f.desk.commit(one(decided(other))).await.unwrap();
    assert_eq!(receipt.approvals[0].status, ApprovalStatus::Approved);
    // Taking it back is theirs.
    let approval = asked(&mut f, |a| a.requesters = vec![requester]).await;
    let mut own = f.decision(&approval, DecisionKind::Reject { reason: "a mistake of mine".to_owned() });
    own.user_id = requester;
    let receipt = f.desk.commit(one(decided(own))).await.unwrap();
    assert_eq!(receipt.approvals[0].status, ApprovalStatus::Rejected);
}
