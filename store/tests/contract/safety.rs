//! The audit's chain and the breakers.

use std::time::Duration;

use domain::{
    UserId,
    approval::DecisionKind,
    audit::{AuditAction, AuditEntry, Break, Deed, Link},
    breaker::{Breaker, BreakerOf, WAITS},
    commit::{Op, RunTo},
    user::{Actor, Role, User},
};
use serde_json::json;
use store::{AuditFilter, WorkspaceStore};

use crate::fixture::{Fixture, decided, elsewhere, one};

fn deed(f: &Fixture, subject: &str) -> Deed {
    Deed {
        at: f.now(),
        actor: Actor::System,
        action: AuditAction::DocumentStored,
        subject: subject.to_owned(),
        detail: json!({ "z": 1, "a": { "ü": [2, null, "\u{1f600}"] } }),
    }
}

async fn filled(f: &Fixture, count: usize) -> Vec<AuditEntry> {
    for n in 0..count {
        f.desk.audit(deed(f, &format!("subject {n}"))).await.unwrap();
        f.clock.advance(Duration::from_secs(1));
    }
    f.desk.audit_after(0, 500).await.unwrap()
}

async fn broken(desk: &WorkspaceStore) -> Option<Break> {
    desk.verify_audit().await.unwrap().broken
}

pub async fn the_audit_is_a_chain_of_each_workspace(f: Fixture) {
    assert_eq!(f.desk.verify_audit().await.unwrap().head, Link::start(f.desk.id()));
    let entries = filled(&f, 5).await;
    let south = f.store.create_workspace("south", "South").await.unwrap();
    let south = f.store.workspace(south.id);
    south.audit(deed(&f, "other")).await.unwrap();
    assert_eq!((broken(&south).await, south.audit_heads().await.unwrap().0.seq), (None, 1));
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    let report = f.desk.verify_audit().await.unwrap();
    assert_eq!((report.entries, report.broken), (5, None));
    assert_eq!(report.head, Link { seq: 5, digest: entries[4].digest.clone() });
    assert!(f.desk.has_audit_digest(&entries[2].digest.0).await.unwrap());
    assert!(!south.has_audit_digest(&entries[2].digest.0).await.unwrap());
    // Newest first, continued by number, narrowed.
    let all = AuditFilter::default();
    let page = f.desk.audit_entries(&all, None, 2).await.unwrap();
    assert_eq!(page, [entries[4].clone(), entries[3].clone()]);
    assert_eq!(f.desk.audit_entries(&all, Some(4), 1).await.unwrap(), entries[2..3]);
    let narrow = async |filter: &AuditFilter| f.desk.audit_entries(filter, None, 10).await.unwrap().len();
    let of = AuditFilter { subject: Some("subject 3".to_owned()), ..AuditFilter::default() };
    let (from, until) = (entries[1].deed.at, entries[3].deed.at);
    let between = AuditFilter { from: Some(from), until: Some(until), ..AuditFilter::default() };
    let other = AuditFilter { action: Some(AuditAction::ToolAccepted), ..AuditFilter::default() };
    let nobody = AuditFilter { actor: Some("nobody".to_owned()), ..AuditFilter::default() };
    assert_eq!(
        (narrow(&of).await, narrow(&between).await, narrow(&other).await, narrow(&nobody).await),
        (1, 2, 0, 0)
    );
}

pub async fn a_changed_entry_of_the_audit_is_named(f: Fixture) {
    let entries = filled(&f, 4).await;
    if f.url.contains(":memory:") {
        // Nobody else can reach a database in memory.
        return;
    }
    let run = |sql: &'static str| crate::tickets::sqlx_execute(&f.url, sql);
    run("UPDATE audit_entries SET subject = 'somebody else' WHERE seq = 2").await;
    assert_eq!(broken(&f.desk).await.unwrap().seq, 2);
    run("UPDATE audit_entries SET subject = 'subject 1' WHERE seq = 2").await;
    assert_eq!(broken(&f.desk).await, None);
    run("UPDATE audit_entries SET detail = 'no JSON' WHERE seq = 3").await;
    assert_eq!(broken(&f.desk).await.unwrap().seq, 1, "the page with it begins there");
    run("DELETE FROM audit_entries WHERE seq = 3").await;
    assert_eq!(broken(&f.desk).await.unwrap(), Break { seq: 3, why: "the entry is missing".to_owned() });
    run("DELETE FROM audit_entries WHERE seq = 4").await;
    assert_eq!(broken(&f.desk).await.unwrap().seq, 3);
    // With the end rewritten too, only a digest that was kept elsewhere tells.
    run("UPDATE audit_heads SET seq = 2, digest = (SELECT digest FROM audit_entries WHERE seq = 2)").await;
    assert_eq!(broken(&f.desk).await, None);
    assert!(!f.desk.has_audit_digest(&entries[3].digest.0).await.unwrap());
}

pub async fn old_entries_go_without_breaking_the_chain(f: Fixture) {
    let entries = filled(&f, 6).await;
    let by = || Actor::System;
    assert_eq!(f.desk.prune_audit(entries[0].deed.at, by()).await.unwrap(), 0);
    assert_eq!(f.desk.prune_audit(entries[3].deed.at, by()).await.unwrap(), 3);
    let report = f.desk.verify_audit().await.unwrap();
    assert_eq!((report.entries, report.broken, report.kept_after.seq), (4, None, 3));
    assert!(f.desk.has_audit_digest(&entries[2].digest.0).await.unwrap(), "the seam is still known");
    let last = f.desk.audit_entries(&AuditFilter::default(), None, 1).await.unwrap().remove(0);
    assert_eq!((last.seq, last.deed.action), (7, AuditAction::AuditPruned));
    // However late it is, the last entry stays.
    f.clock.advance(Duration::from_secs(1_000));
    assert_eq!(f.desk.prune_audit(f.now(), by()).await.unwrap(), 3);
    let report = f.desk.verify_audit().await.unwrap();
    assert_eq!((report.entries, report.broken, report.kept_after.seq), (2, None, 6));
}

pub async fn a_decision_is_in_the_audit(mut f: Fixture) {
    let user = User {
        id: f.id(UserId::new),
        email: "eve@example.com".to_owned(),
        name: "Eve".to_owned(),
        role: Role::Reviewer,
        title: String::new(),
        created_at: f.now(),
        deactivated_at: None,
    };
    f.desk.create_user(user.clone(), "argon2".to_owned()).await.unwrap();
    let (_, run) = f.working().await;
    let approval = f.approval(&run, 1);
    f.desk.commit(one(Op::AddApproval(Box::new(approval.clone())))).await.unwrap();
    let mut decision = f.decision(&approval, DecisionKind::Reject { reason: "a secret reason".to_owned() });
    decision.user_id = user.id;
    f.desk.commit(one(decided(decision.clone()))).await.unwrap();
    // Of a decision that was refused nothing is said.
    f.desk.commit(one(decided(decision))).await.unwrap_err();
    let entries = f.desk.audit_after(0, 10).await.unwrap();
    assert_eq!(entries.len(), 1, "{entries:?}");
    let deed = &entries[0].deed;
    assert_eq!(deed.action, AuditAction::ApprovalDecided);
    assert_eq!(deed.actor, Actor::User { user_id: user.id, name: "Eve".to_owned() });
    assert_eq!(deed.subject, approval.id.to_string());
    assert_eq!(deed.detail["decision"], "reject");
    assert_eq!(deed.detail["tool"], approval.binding.call.tool.as_str());
    assert!(!deed.detail.to_string().contains("secret"));
    assert_eq!(broken(&f.desk).await, None);
}

/// However many write at once, no number is given twice and none is left out.
pub async fn processes_share_one_chain(f: Fixture) {
    let other = f.another_process("two", 0).await;
    let desks = [f.desk.clone(), other.workspace(f.desk.id())];
    let writes = (0..40).map(|n| {
        let desk = desks[n % 2].clone();
        let deed = deed(&f, &format!("subject {n}"));
        tokio::spawn(async move { desk.audit(deed).await.unwrap() })
    });
    futures::future::join_all(writes).await.into_iter().for_each(|done| done.unwrap());
    let report = f.desk.verify_audit().await.unwrap();
    assert_eq!((report.entries, report.broken), (40, None));
}

fn breaker(f: &Fixture, of: BreakerOf) -> Breaker {
    Breaker { of, reason: "it runs away".to_owned(), opened_by: Actor::System, opened_at: f.now() }
}

pub async fn a_breaker_is_opened_and_closed_once(f: Fixture) {
    let tool = BreakerOf::Tool("shop__refund_order".to_owned());
    let opened = breaker(&f, tool.clone());
    assert!(f.desk.open_breaker(opened.clone()).await.unwrap());
    let again = Breaker { reason: "another reason".to_owned(), ..opened.clone() };
    assert!(!f.desk.open_breaker(again).await.unwrap());
    f.clock.advance(Duration::from_secs(1));
    assert!(f.desk.open_breaker(breaker(&f, BreakerOf::Workspace)).await.unwrap());
    assert!(elsewhere(&f).breakers().await.unwrap().is_empty());
    assert_eq!(f.desk.breakers().await.unwrap(), [opened, breaker(&f, BreakerOf::Workspace)]);
    assert_eq!(f.store.open_breakers().await.unwrap().len(), 2);
    let agent = BreakerOf::Agent("resolution".to_owned());
    assert_eq!(f.desk.failed_runs(&agent, "resolution", domain::Timestamp(0)).await.unwrap(), 0);
    let close = |of: BreakerOf| f.desk.close_breaker(of, Actor::System, "it is mended".to_owned());
    assert!(!elsewhere(&f).close_breaker(tool.clone(), Actor::System, String::new()).await.unwrap());
    assert!(close(tool.clone()).await.unwrap());
    assert!(!close(tool).await.unwrap());
    assert!(close(BreakerOf::Workspace).await.unwrap());
    let deeds: Vec<_> = f.desk.audit_after(0, 10).await.unwrap().into_iter().map(|e| e.deed.action).collect();
    assert_eq!(
        deeds,
        [
            AuditAction::BreakerOpened,
            AuditAction::BreakerOpened,
            AuditAction::BreakerClosed,
            AuditAction::BreakerClosed
        ]
    );
}

pub async fn closing_a_breaker_wakes_those_that_wait_for_it(mut f: Fixture) {
    let tool = BreakerOf::Tool("refund".to_owned());
    f.desk.open_breaker(breaker(&f, tool.clone())).await.unwrap();
    let (_, stopped) = f.working().await;
    let (_, other) = f.working().await;
    let much_later = Some(f.now().plus(Duration::from_secs(9_000)));
    let wait = |for_what: String| RunTo::Waiting { for_what, wake_at: much_later };
    f.put(&stopped, wait(format!("a decision, {WAITS}{}", tool.words()))).await.unwrap();
    f.put(&other, wait("a decision".to_owned())).await.unwrap();
    f.desk.close_breaker(tool, Actor::System, "mended".to_owned()).await.unwrap();
    f.clock.advance(Duration::from_secs(3));
    assert_eq!(f.store.claim_due().await.unwrap(), 1);
    assert_eq!(f.ready.recv().await.unwrap().run.id, stopped.id);
}
