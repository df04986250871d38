//! The queue of approvals: its order, what narrows it, whose they are, and decisions that are taken back.

use std::time::Duration;

use domain::{
    CustomerId, UserId, ViewId,
    approval::{Approval, ApprovalStatus, Decision, DecisionKind},
    approval_mail::{ApprovalMail, Mailed},
    audit::AuditAction,
    commit::{Commit, CommitError, Op},
    confidence::Confidence,
    queue::{MAX_VIEWS, Narrowed, QueueOrder, View},
    run::{Run, RunStatus},
    tending::Tending,
    ticket::EventBody,
    tool::Risk,
    user::{Role, User},
};
use store::{ApprovalFilter, Assigned, AuditFilter, ToMail};

use crate::fixture::{Fixture, decided, elsewhere, one, waiting};

const WINDOW: Duration = Duration::from_secs(10);

/// A run that waits for the approval.
pub async fn asked(f: &mut Fixture, shape: impl FnOnce(&mut Approval)) -> (Run, Approval) {
    let (ticket, run) = f.working().await;
    let version = f.desk.ticket(ticket).await.unwrap().unwrap().customer_version;
    let mut approval = f.approval(&run, version);
    shape(&mut approval);
    let ops = vec![Op::AddApproval(Box::new(approval.clone())), Op::Run(Box::new(f.change(&run, waiting())))];
    f.desk.commit(Commit { ops }).await.unwrap();
    (run, approval)
}

pub async fn person(f: &Fixture, name: &str) -> UserId {
    let user = User {
        id: f.id(UserId::new),
        email: format!("{name}@example.com"),
        name: name.to_owned(),
        role: Role::Reviewer,
        title: String::new(),
        created_at: f.now(),
        deactivated_at: None,
    };
    f.desk.create_user(user.clone(), "hash".to_owned()).await.unwrap();
    user.id
}

fn by(f: &Fixture, approval: &Approval, user: UserId, kind: DecisionKind) -> Decision {
    let undo_until = Some(f.now().plus(WINDOW));
    Decision { user_id: user, undo_until, ..f.decision(approval, kind) }
}

fn take_back(f: &Fixture, approval: &Approval, by: UserId) -> Commit {
    one(Op::TakeBack { approval_id: approval.id, by, at: f.now() })
}

pub async fn actions(f: &Fixture) -> Vec<AuditAction> {
    let entries = f.desk.audit_entries(&AuditFilter::default(), None, 100).await.unwrap();
    entries.into_iter().rev().map(|entry| entry.deed.action).collect()
}

pub async fn a_decision_is_taken_back_before_anything_comes_of_it(mut f: Fixture) {
    let (run, approval) = asked(&mut f, |_| {}).await;
    let (eve, mallory) = (person(&f, "eve").await, person(&f, "mallory").await);
    let decision = by(&f, &approval, eve, DecisionKind::Approve);
    let receipt = f.desk.commit(one(decided(decision.clone()))).await.unwrap();
    assert_eq!(receipt.approvals[0].status, ApprovalStatus::Approved);
    assert_eq!(receipt.approvals[0].undo_until, decision.undo_until);
    let waits = f.desk.run(run.id).await.unwrap().unwrap();
    assert_eq!((waits.status, waits.signals, waits.wake_at), (RunStatus::Waiting, 1, decision.undo_until));

    let other = f.desk.commit(take_back(&f, &approval, mallory)).await;
    assert!(matches!(other, Err(CommitError::Conflict(_))), "{other:?}");
    let receipt = f.desk.commit(take_back(&f, &approval, eve)).await.unwrap();
    assert_eq!(receipt.approvals[0], approval, "as if nobody had decided");
    assert!(
        matches!(&receipt.events[0].body, EventBody::ApprovalReopened { approval_id, .. } if *approval_id == approval.id)
    );
    assert_eq!(f.desk.decisions(approval.id).await.unwrap(), vec![]);
    assert_eq!(f.desk.run(run.id).await.unwrap().unwrap().signals, 2, "the run looks again");
    let twice = f.desk.commit(take_back(&f, &approval, eve)).await;
    assert!(matches!(twice, Err(CommitError::Conflict(_))), "{twice:?}");
    let acts = f.desk.commit(one(Op::ActOn { approval_id: approval.id })).await;
    assert!(matches!(acts, Err(CommitError::Stale { .. })), "{acts:?}");

    // Together in one transaction: decided again, taken back, and decided once more by the same person.
    let reject = DecisionKind::Reject { reason: "no".to_owned() };
    let ops = vec![
        decided(by(&f, &approval, eve, DecisionKind::Approve)),
        Op::TakeBack { approval_id: approval.id, by: eve, at: f.now() },
        decided(by(&f, &approval, eve, reject)),
    ];
    f.desk.commit(Commit { ops }).await.unwrap();
    let left = f.desk.decisions(approval.id).await.unwrap();
    assert_eq!(left.iter().map(|d| d.kind.as_str()).collect::<Vec<_>>(), ["reject"]);

    f.clock.advance(WINDOW);
    let late = f.desk.commit(take_back(&f, &approval, eve)).await;
    assert!(matches!(late, Err(CommitError::Conflict(_))), "{late:?}");
    let told = actions(&f).await;
    assert_eq!(told.iter().filter(|action| **action == AuditAction::ApprovalDecided).count(), 3);
    assert_eq!(told.iter().filter(|action| **action == AuditAction::ApprovalTakenBack).count(), 2);
    assert_eq!(f.desk.verify_audit().await.unwrap().broken, None);
    assert_eq!(f.desk.verify_tickets().await.unwrap(), vec![]);
}

pub async fn what_has_begun_is_not_taken_back(mut f: Fixture) {
    let (_, approval) = asked(&mut f, |_| {}).await;
    let eve = person(&f, "eve").await;
    f.desk.commit(one(decided(by(&f, &approval, eve, DecisionKind::Approve)))).await.unwrap();
    // A process whose clock is ahead begins, one whose clock is behind would still take it back.
    f.desk.commit(one(Op::ActOn { approval_id: approval.id })).await.unwrap();
    let late = f.desk.commit(take_back(&f, &approval, eve)).await;
    assert!(matches!(late, Err(CommitError::Conflict(_))), "{late:?}");

    let (run, approval) = asked(&mut f, |_| {}).await;
    f.desk.commit(one(decided(by(&f, &approval, eve, DecisionKind::Approve)))).await.unwrap();
    let said = f.said(crate::fixture::customer(), "stop!");
    f.desk.commit(crate::fixture::append(run.ticket_id.unwrap(), vec![said])).await.unwrap();
    let overtaken = f.desk.commit(take_back(&f, &approval, eve)).await;
    assert!(matches!(overtaken, Err(CommitError::Conflict(_))), "{overtaken:?}");
}

pub async fn a_vote_of_several_is_taken_back_until_the_last_is_cast(mut f: Fixture) {
    let (_, approval) = asked(&mut f, |approval| approval.quorum = 2).await;
    let (eve, adam) = (person(&f, "eve").await, person(&f, "adam").await);
    let vote = |f: &Fixture, user| one(decided(by(f, &approval, user, DecisionKind::Approve)));
    f.desk.commit(vote(&f, eve)).await.unwrap();
    f.clock.advance(WINDOW * 2);
    f.desk.commit(take_back(&f, &approval, eve)).await.unwrap();
    assert_eq!(f.desk.decisions(approval.id).await.unwrap(), vec![]);
    f.desk.commit(vote(&f, eve)).await.unwrap();
    f.desk.commit(vote(&f, adam)).await.unwrap();
    let first = f.desk.commit(take_back(&f, &approval, eve)).await;
    assert!(matches!(first, Err(CommitError::Conflict(_))), "it is the last one's: {first:?}");
    let receipt = f.desk.commit(take_back(&f, &approval, adam)).await.unwrap();
    assert_eq!(receipt.approvals[0].status, ApprovalStatus::Pending);
    let left = f.desk.decisions(approval.id).await.unwrap();
    assert_eq!(left.iter().map(|d| d.user_id).collect::<Vec<_>>(), [eve], "the first vote stands");
}

pub async fn the_queue_comes_by_what_is_at_stake_and_is_narrowed(mut f: Fixture) {
    let (_, run) = f.working().await;
    let eve = person(&f, "eve").await;
    let scores = [0.9, 0.2, 0.6, 0.4, 0.8, 0.1, 0.5];
    let mut made = Vec::new();
    for (n, score) in scores.into_iter().enumerate() {
        f.clock.advance(Duration::from_secs(1));
        let mut approval = f.approval(&run, 1);
        approval.confidence = Confidence::by_rule(score, Vec::new());
        approval.expires_at = f.now().plus(Duration::from_secs(if n < 3 { 1_800 } else { 90_000 }));
        approval.risk = if n % 2 == 0 { Risk::Irreversible } else { Risk::Outward };
        approval.binding.call.tool = if n == 4 { "other" } else { "refund" }.to_owned();
        approval.preview.title = format!("Zurückgeben 50%_{n}");
        approval.assignee = (n == 1).then_some(eve);
        approval.snoozed_until = (n == 2).then_some(f.now().plus(Duration::from_secs(600)));
        f.desk.commit(one(Op::AddApproval(Box::new(approval.clone())))).await.unwrap();
        made.push(approval);
    }
    let pending = ApprovalFilter { status: Some(ApprovalStatus::Pending), ..ApprovalFilter::default() };
    let mut cursor = None;
    let mut listed = Vec::new();
    loop {
        let page = f.desk.approvals(&pending, 3, cursor.as_deref()).await.unwrap();
        listed.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    let mut wanted = made.clone();
    wanted.sort_by_key(|approval| (approval.rank(), approval.id));
    assert_eq!(listed, wanted);
    let soon: Vec<usize> =
        listed[..3].iter().map(|a| made.iter().position(|m| m.id == a.id).unwrap()).collect();
    assert!(soon.iter().all(|n| *n < 3), "deadlines that are near come first: {soon:?}");

    let find = async |narrowed: Narrowed, shape: &(dyn Fn(&mut ApprovalFilter) + Sync)| {
        let mut filter = ApprovalFilter { narrowed, ..pending.clone() };
        shape(&mut filter);
        let found = f.desk.approvals(&filter, 100, None).await.unwrap().items;
        assert_eq!(f.desk.count_approvals(&filter, 100).await.unwrap(), found.len() as i64);
        let mut numbers: Vec<usize> =
            found.iter().map(|a| made.iter().position(|m| m.id == a.id).unwrap()).collect();
        numbers.sort_unstable();
        numbers
    };
    let plain = |_: &mut ApprovalFilter| {};
    let with = |change: fn(&mut Narrowed)| {
        let mut narrowed = Narrowed::default();
        change(&mut narrowed);
        narrowed
    };
    assert_eq!(find(with(|n| n.tool = Some("other".to_owned())), &plain).await, [4]);
    assert_eq!(find(with(|n| n.risk = Some(Risk::Outward)), &plain).await, [1, 3, 5]);
    assert_eq!(find(with(|n| n.agent = Some("nobody".to_owned())), &plain).await, Vec::<usize>::new());
    assert_eq!(find(with(|n| n.text = Some(" ZURÜCK".to_owned())), &plain).await.len(), 7);
    assert_eq!(find(with(|n| n.text = Some("50%_3".to_owned())), &plain).await, [3], "taken literally");
    assert_eq!(find(with(|n| n.text = Some("a subject".to_owned())), &plain).await.len(), 7, "the ticket's");
    let customer = f.id(CustomerId::new);
    let theirs = Narrowed { customer_id: Some(customer), ..Narrowed::default() };
    assert_eq!(find(theirs, &plain).await, Vec::<usize>::new());
    let none = Narrowed::default();
    assert_eq!(find(none.clone(), &|x| x.assigned = Some(Assigned::To(vec![eve]))).await, [1]);
    assert_eq!(find(none.clone(), &|x| x.assigned = Some(Assigned::Nobody)).await.len(), 6);
    let now = f.now();
    assert_eq!(find(none.clone(), &|x| x.snoozed = Some((true, now))).await, [2]);
    assert_eq!(find(none.clone(), &|x| x.snoozed = Some((false, now))).await.len(), 6);
    let hour = now.plus(Duration::from_secs(3_600));
    assert_eq!(find(none.clone(), &|x| x.expires_before = Some(hour)).await, [0, 1, 2]);
    let by_age = Narrowed { order: Some(QueueOrder::Age), ..none };
    let filter = ApprovalFilter { narrowed: by_age, ..pending.clone() };
    let aged = f.desk.approvals(&filter, 100, None).await.unwrap().items;
    assert_eq!(aged, made, "in the order they were asked");
    assert_eq!(f.desk.count_approvals(&pending, 5).await.unwrap(), 5, "counted no further than asked");
    assert_eq!(elsewhere(&f).count_approvals(&pending, 5).await.unwrap(), 0);
}

pub async fn whose_an_approval_is_and_when_it_is_back_is_on_the_timeline(mut f: Fixture) {
    let (run, approval) = asked(&mut f, |_| {}).await;
    let (eve, adam) = (person(&f, "eve").await, person(&f, "adam").await);
    let tend = |f: &Fixture, tending| {
        one(Op::Tend { approval_id: approval.id, tending, by: Some(eve), at: f.now() })
    };
    let to = Some((adam, "adam".to_owned()));
    let note = "you know them".to_owned();
    let receipt = f.desk.commit(tend(&f, Tending::Assign { to, note })).await.unwrap();
    assert_eq!(receipt.approvals[0].assignee, Some(adam));
    assert!(receipt.runs.is_empty(), "the run has nothing to see in it");
    assert!(
        matches!(&receipt.events[0].body, EventBody::ApprovalAssigned { to: Some(to), name, note, .. } if *to == adam && name == "adam" && note == "you know them")
    );
    // A quarter of an hour before the end of its hour it is back, whatever was asked for.
    let day = Some(f.now().plus(Duration::from_secs(86_400)));
    let receipt = f.desk.commit(tend(&f, Tending::Snooze { until: day })).await.unwrap();
    assert_eq!(receipt.approvals[0].snoozed_until, Some(approval.nears_at()));
    assert_eq!(approval.nears_at(), approval.expires_at.minus(Duration::from_secs(900)));
    let past = f.desk.commit(tend(&f, Tending::Snooze { until: Some(f.now()) })).await;
    assert!(matches!(past, Err(CommitError::Conflict(_))), "{past:?}");
    let receipt = f.desk.commit(tend(&f, Tending::Snooze { until: None })).await.unwrap();
    assert_eq!(receipt.approvals[0].snoozed_until, None);
    assert_eq!(f.desk.run(run.id).await.unwrap().unwrap().signals, 0);
    f.clock.advance(Duration::from_secs(2_800));
    let near = f.desk.commit(tend(&f, Tending::Snooze { until: day })).await;
    assert!(matches!(near, Err(CommitError::Conflict(_))), "{near:?}");
    let told = actions(&f).await;
    let tended = [AuditAction::ApprovalAssigned, AuditAction::ApprovalSnoozed, AuditAction::ApprovalSnoozed];
    assert_eq!(told, tended);
    assert_eq!(f.desk.verify_tickets().await.unwrap(), vec![]);
}

pub async fn one_person_looks_at_an_approval_and_that_ends_by_itself(mut f: Fixture) {
    let (_, approval) = asked(&mut f, |_| {}).await;
    let (eve, adam) = (person(&f, "eve").await, person(&f, "adam").await);
    let two_minutes = Duration::from_secs(120);
    let claim = async |f: &Fixture, user| {
        let claim =
            f.desk.claim_approval(approval.id, user, f.now(), f.now().plus(two_minutes)).await.unwrap();
        claim.unwrap().name
    };
    assert_eq!(claim(&f, eve).await, "eve");
    assert_eq!(claim(&f, adam).await, "eve", "whoever was first");
    f.clock.advance(Duration::from_secs(100));
    assert_eq!(claim(&f, eve).await, "eve");
    f.clock.advance(Duration::from_secs(100));
    assert_eq!(claim(&f, adam).await, "eve", "renewed");
    f.clock.advance(Duration::from_secs(20));
    assert_eq!(f.desk.approval_claims(f.now()).await.unwrap(), vec![]);
    assert_eq!(claim(&f, adam).await, "adam");
    assert!(!f.desk.release_approval(approval.id, eve).await.unwrap(), "it is not hers");
    assert_eq!(f.desk.approval_claims(f.now()).await.unwrap().len(), 1);
    assert_eq!(elsewhere(&f).approval_claims(f.now()).await.unwrap(), vec![]);
    assert!(f.desk.release_approval(approval.id, adam).await.unwrap());
    assert_eq!(claim(&f, eve).await, "eve");
}

pub async fn views_and_delegations_are_kept(f: Fixture) {
    let (eve, adam) = (person(&f, "eve").await, person(&f, "adam").await);
    let view = |f: &Fixture, owner_id, shared, name: &str| View {
        id: f.id(ViewId::new),
        owner_id,
        shared,
        name: name.to_owned(),
        narrowed: Narrowed { risk: Some(Risk::Irreversible), ..Narrowed::default() },
        created_at: f.now(),
    };
    let (own, all) = (view(&f, eve, false, "own"), view(&f, eve, true, "all"));
    for one in [&own, &all] {
        assert!(f.desk.add_approval_view(one.clone()).await.unwrap());
    }
    assert_eq!(f.desk.approval_views(Some(eve)).await.unwrap(), [own.clone(), all.clone()]);
    assert_eq!(f.desk.approval_views(Some(adam)).await.unwrap(), vec![all.clone()]);
    assert_eq!(f.desk.approval_views(None).await.unwrap(), vec![all.clone()]);
    assert_eq!(elsewhere(&f).approval_views(Some(eve)).await.unwrap(), vec![]);
    assert_eq!(elsewhere(&f).approval_view(own.id).await.unwrap(), None);
    assert!(!elsewhere(&f).remove_approval_view(own.id).await.unwrap());
    for n in 2..MAX_VIEWS {
        assert!(f.desk.add_approval_view(view(&f, eve, false, &n.to_string())).await.unwrap());
    }
    assert!(!f.desk.add_approval_view(view(&f, eve, false, "one too many")).await.unwrap());
    assert!(f.desk.remove_approval_view(own.id).await.unwrap());
    assert!(!f.desk.remove_approval_view(own.id).await.unwrap());

    let week = f.now().plus(Duration::from_secs(7 * 86_400));
    let who = (eve, "eve".to_owned());
    f.desk.delegate_approvals(who.clone(), Some((adam, week)), f.now()).await.unwrap();
    f.desk.delegate_approvals(who.clone(), Some((adam, week)), f.now()).await.unwrap();
    let away = f.desk.approval_delegations(f.now()).await.unwrap();
    assert_eq!(away.iter().map(|one| (one.user_id, one.delegate_id)).collect::<Vec<_>>(), [(eve, adam)]);
    assert_eq!(elsewhere(&f).approval_delegations(f.now()).await.unwrap(), vec![]);
    f.clock.advance(Duration::from_secs(7 * 86_400));
    assert_eq!(f.desk.approval_delegations(f.now()).await.unwrap(), vec![], "over by itself");
    f.desk.delegate_approvals(who, None, f.now()).await.unwrap();
    assert_eq!(actions(&f).await, [AuditAction::ApprovalsDelegated; 3]);
}

pub async fn nobody_is_mailed_twice_about_one_approval(mut f: Fixture) {
    let (_, approval) = asked(&mut f, |_| {}).await;
    let (eve, adam) = (person(&f, "eve").await, person(&f, "adam").await);
    let user = async |id: UserId| f.desk.user(id).await.unwrap().unwrap();
    f.desk.set_mailed(eve, Some(Mailed::Pressing)).await.unwrap();
    f.desk.set_mailed(eve, Some(Mailed::All)).await.unwrap();
    assert_eq!(f.desk.mailed(eve).await.unwrap(), Some(Mailed::All));
    assert_eq!(f.desk.mailed_people().await.unwrap(), vec![(user(eve).await, Mailed::All)]);
    assert_eq!(elsewhere(&f).mailed_people().await.unwrap(), vec![]);
    let due = async |f: &Fixture, who: UserId, pressing| {
        let standing = f.desk.standing(&f.desk.user(who).await.unwrap().unwrap()).await.unwrap();
        let to = ToMail { standing, now: f.now(), asked_before: f.now().minus(WINDOW), pressing };
        f.desk.approvals_to_mail(&to, 10).await.unwrap().into_iter().map(|one| one.id).collect::<Vec<_>>()
    };
    assert_eq!(due(&f, eve, None).await, vec![], "nobody had time to look");
    f.clock.advance(WINDOW);
    assert_eq!(due(&f, eve, None).await, vec![approval.id]);
    let much = Some((i64::MAX, f.now()));
    assert_eq!(due(&f, eve, much).await, vec![]);
    assert_eq!(due(&f, eve, Some((i64::MAX, approval.expires_at))).await, vec![approval.id]);
    assert_eq!(due(&f, eve, Some((approval.stake_cents(), f.now()))).await, vec![approval.id]);
    f.desk.claim_approval(approval.id, adam, f.now(), f.now().plus(WINDOW)).await.unwrap();
    assert_eq!(due(&f, eve, None).await, vec![], "somebody looks at it");
    f.clock.advance(WINDOW);
    let mail = |user_id: UserId, word: &str| ApprovalMail {
        approval_id: approval.id,
        user_id,
        sha256: Some(word.repeat(64)),
        listed: false,
        digest: approval.digest.clone(),
        created_at: f.now(),
        sent_at: None,
        expires_at: approval.expires_at,
    };
    let (one, two) =
        tokio::join!(f.desk.begin_mails(vec![mail(eve, "a")]), f.desk.begin_mails(vec![mail(eve, "b")]));
    assert_eq!(one.unwrap().len() + two.unwrap().len(), 1, "one of two who would send it does");
    assert_eq!(due(&f, eve, None).await, vec![]);
    assert_eq!(due(&f, adam, None).await, vec![approval.id]);
    assert_eq!(f.desk.mails_since(eve, f.now().minus(WINDOW)).await.unwrap(), (1, false));
    assert_eq!(f.desk.mails_since(eve, f.now()).await.unwrap(), (0, false));
    // What was surely not handed over is forgotten, and comes again.
    f.desk.end_mails(eve, vec![approval.id], None).await.unwrap();
    assert_eq!(due(&f, eve, None).await, vec![approval.id]);
    f.desk.begin_mails(vec![mail(eve, "a"), mail(adam, "c")]).await.unwrap();
    f.desk.end_mails(eve, vec![approval.id], Some(f.now())).await.unwrap();
    let found = f.desk.mail_of_link(&"a".repeat(64)).await.unwrap().unwrap();
    assert_eq!(found, ApprovalMail { sent_at: Some(f.now()), ..mail(eve, "a") });
    assert_eq!(elsewhere(&f).mail_of_link(&"a".repeat(64)).await.unwrap(), None);
    // Whoever wants no mail has no links; others keep theirs.
    f.desk.set_mailed(eve, None).await.unwrap();
    assert_eq!(f.desk.mailed(eve).await.unwrap(), None);
    assert_eq!(f.desk.mail_of_link(&"a".repeat(64)).await.unwrap(), None);
    assert!(f.desk.mail_of_link(&"c".repeat(64)).await.unwrap().is_some());
    assert_eq!(due(&f, eve, None).await, vec![], "and was mailed all the same");
}
