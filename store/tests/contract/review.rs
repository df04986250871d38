//! Exercises of reviewers, and what the figures of reviewing are made of.

use std::time::Duration;

use domain::{
    ApprovalId, ExerciseId, Timestamp, UserId,
    approval::{Approval, Decision, DecisionKind},
    audit::AuditAction,
    canonical::Digest,
    commit::{Commit, Op},
    exercise::{Ended, Ending, Exercise, ExerciseSettings, Said, Slip},
    review::{Attended, AttendedCount, DecidedCount, week_of},
    user::{Actor, Role, User},
};
use store::{AuditFilter, Reviewed};

use crate::fixture::{Fixture, decided, elsewhere, one, waiting};

const ON: ExerciseSettings = ExerciseSettings { on: true, one_in: 1, most_a_day: 2 };
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

async fn person(f: &Fixture, name: &str) -> UserId {
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

async fn asked(f: &mut Fixture, quorum: u8) -> Approval {
    let (ticket, run) = f.working().await;
    let version = f.desk.ticket(ticket).await.unwrap().unwrap().customer_version;
    let approval = Approval { quorum, ..f.approval(&run, version) };
    let ops = vec![Op::AddApproval(Box::new(approval.clone())), Op::Run(Box::new(f.change(&run, waiting())))];
    f.desk.commit(Commit { ops }).await.unwrap();
    approval
}

async fn decide(f: &Fixture, approval: &Approval, user_id: UserId, kind: DecisionKind) {
    let decision = Decision { user_id, ..f.decision(approval, kind) };
    f.desk.commit(one(decided(decision))).await.unwrap();
}

fn exercise(f: &Fixture, user_id: UserId, source: ApprovalId) -> Exercise {
    Exercise {
        id: f.id(ExerciseId::new),
        user_id,
        source,
        slip: Some(Slip::Amount),
        change: 3,
        digest: Digest::of("shown"),
        earlier: Said::Approve,
        made_at: f.now(),
        expires_at: f.now().plus(HOUR),
        assigned: false,
        snoozed_until: None,
        claimed_until: None,
        ended: None,
    }
}

async fn begin(f: &Fixture, new: &Exercise) -> bool {
    f.desk.begin_exercise(new.clone(), f.now().minus(DAY)).await.unwrap()
}

async fn switch(f: &Fixture, settings: ExerciseSettings) {
    f.desk.set_exercise_settings(settings, Actor::System, f.now()).await.unwrap();
}

pub async fn one_exercise_waits_for_a_person_and_ends_once(mut f: Fixture) {
    let (eve, bob) = (person(&f, "eve").await, person(&f, "bob").await);
    let source = asked(&mut f, 1).await;
    decide(&f, &source, bob, DecisionKind::Approve).await;
    let first = exercise(&f, eve, source.id);
    assert_eq!(f.desk.exercise_settings().await.unwrap(), ExerciseSettings::default());
    assert!(!begin(&f, &first).await, "there are none unless somebody wants them");
    switch(&f, ON).await;
    assert!(begin(&f, &first).await);
    assert!(!begin(&f, &exercise(&f, eve, source.id)).await, "one waits already");
    assert_eq!(f.desk.open_exercise(eve, f.now()).await.unwrap(), Some(first.clone()));
    assert_eq!(f.desk.exercise(first.id, eve).await.unwrap(), Some(first.clone()));
    assert_eq!(f.desk.exercise(first.id, bob).await.unwrap(), None, "nobody else's");
    assert_eq!(f.desk.open_exercise(bob, f.now()).await.unwrap(), None);
    assert_eq!(elsewhere(&f).exercise(first.id, eve).await.unwrap(), None);

    let tended = Exercise { assigned: true, snoozed_until: Some(f.now().plus(HOUR)), ..first.clone() };
    assert!(f.desk.tend_exercise(tended.clone()).await.unwrap());
    assert_eq!(f.desk.exercise(first.id, eve).await.unwrap(), Some(tended.clone()));
    let ended = Ended { at: f.now(), as_: Ending::Said(Said::Reject), found: Some(true), agreed: None };
    assert!(!f.desk.end_exercise(first.id, (bob, "bob".to_owned()), ended).await.unwrap());
    assert!(f.desk.end_exercise(first.id, (eve, "eve".to_owned()), ended).await.unwrap());
    assert!(!f.desk.end_exercise(first.id, (eve, "eve".to_owned()), ended).await.unwrap(), "once");
    assert!(!f.desk.tend_exercise(tended).await.unwrap());
    assert_eq!(f.desk.exercise(first.id, eve).await.unwrap().unwrap().ended, Some(ended));
    let filter = AuditFilter { action: Some(AuditAction::ExerciseEnded), ..AuditFilter::default() };
    let entry = f.desk.audit_entries(&filter, None, 10).await.unwrap().remove(0);
    assert_eq!(entry.deed.subject, first.id.to_string());
    assert_eq!(entry.deed.detail, serde_json::json!({ "made_of": source.id, "wrong": "amount" }));

    // Two a day, and what nobody looks at in time makes room for another.
    let second = exercise(&f, eve, source.id);
    assert!(begin(&f, &second).await);
    f.clock.advance(HOUR + HOUR);
    assert_eq!(f.desk.open_exercise(eve, f.now()).await.unwrap(), None, "it is over by itself");
    assert!(!begin(&f, &exercise(&f, eve, source.id)).await, "there were two");
    f.clock.advance(DAY);
    let third = exercise(&f, eve, source.id);
    assert!(begin(&f, &third).await);
    let expired = f.desk.exercise(second.id, eve).await.unwrap().unwrap().ended.unwrap();
    assert_eq!((expired.as_, expired.found), (Ending::Expired, None));

    switch(&f, ExerciseSettings { on: false, ..ON }).await;
    assert_eq!(f.desk.open_exercise(eve, f.now()).await.unwrap(), None, "switched off, they end at once");
    let withdrawn = f.desk.exercise(third.id, eve).await.unwrap().unwrap().ended.unwrap();
    assert_eq!(withdrawn.as_, Ending::Withdrawn);
    let of = Reviewed { user: Some(eve), from: 0, to: week_of(f.now()) };
    let counted = f.desk.exercised(of).await.unwrap();
    assert_eq!(counted.iter().map(|row| row.n).sum::<i64>(), 1, "the one that was decided");
    assert!(counted[0].found && counted[0].slip == Some(Slip::Amount) && counted[0].said == Said::Reject);
    assert_eq!(f.desk.verify_audit().await.unwrap().broken, None);
}

pub async fn an_exercise_is_made_of_what_was_decided_and_not_had_before(mut f: Fixture) {
    let (eve, bob) = (person(&f, "eve").await, person(&f, "bob").await);
    let (decided, rejected, _open) = (asked(&mut f, 1).await, asked(&mut f, 1).await, asked(&mut f, 1).await);
    decide(&f, &decided, bob, DecisionKind::Approve).await;
    decide(&f, &rejected, bob, DecisionKind::Reject { reason: "no".to_owned() }).await;
    let ids = async |user: UserId, since: Timestamp| {
        let found = f.desk.exercise_sources(user, since, 10).await.unwrap();
        let mut ids: Vec<ApprovalId> = found.into_iter().map(|approval| approval.id).collect();
        ids.sort();
        ids
    };
    let mut both = vec![decided.id, rejected.id];
    both.sort();
    assert_eq!(ids(eve, Timestamp(0)).await, both);
    assert_eq!(ids(eve, f.now().plus(HOUR)).await, []);
    switch(&f, ON).await;
    assert!(begin(&f, &exercise(&f, eve, decided.id)).await);
    assert_eq!(ids(eve, Timestamp(0)).await, [rejected.id]);
    assert_eq!(ids(bob, Timestamp(0)).await, both, "of everybody by themselves");
}

pub async fn what_people_had_before_them_is_counted_by_week(mut f: Fixture) {
    let (eve, bob) = (person(&f, "eve").await, person(&f, "bob").await);
    let (one, two) = (asked(&mut f, 1).await, asked(&mut f, 2).await);
    decide(&f, &one, eve, DecisionKind::Approve).await;
    decide(&f, &two, eve, DecisionKind::Approve).await;
    let at = f.now();
    f.clock.advance(Duration::from_secs(1));
    decide(&f, &two, bob, DecisionKind::Reject { reason: "no".to_owned() }).await;
    // 238 words take a minute; of three pieces one was not seen.
    let half = Attended { in_view_ms: 30_000, words: 238, evidence: 3, seen: vec![0, 2] };
    let plain = Attended { in_view_ms: 31_000, words: 238, evidence: 0, seen: Vec::new() };
    f.desk.note_attention(one.id, (eve, at), half.clone()).await.unwrap();
    f.desk.note_attention(two.id, (eve, at), plain).await.unwrap();
    f.desk.note_attention(one.id, (bob, at), half.clone()).await.unwrap();
    let week = week_of(at);
    let of = |user: Option<UserId>| Reviewed { user, from: week, to: week };
    let counted = f.desk.attended(of(None)).await.unwrap();
    let expected = AttendedCount { user_id: eve, week, tenths: 5, n: 2, with_evidence: 1, unread: 1 };
    assert_eq!(counted, [expected], "who has not decided is not measured");
    assert_eq!(f.desk.attended(of(Some(bob))).await.unwrap(), []);
    let decided = f.desk.decided(of(Some(eve))).await.unwrap();
    assert_eq!(decided, [DecidedCount { user_id: eve, week, n: 2 }]);
    assert_eq!(f.desk.decided(of(None)).await.unwrap().len(), 2);
    let next = Reviewed { user: None, from: week + 1, to: week + 2 };
    assert_eq!(f.desk.decided(next).await.unwrap(), []);
    let pairs = f.desk.decided_in_pairs(of(Some(bob))).await.unwrap();
    assert_eq!(pairs.len(), 1);
    assert_eq!((pairs[0].first, pairs[0].second), ((eve, Said::Approve), (bob, Said::Reject)));
    f.desk.forget_attention(one.id, eve).await.unwrap();
    assert_eq!(f.desk.attended(of(None)).await.unwrap()[0].n, 1);
}
