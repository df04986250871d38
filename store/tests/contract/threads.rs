//! Conversations with the copilot: whose they are, one question at a time, stopped and forgotten.

use std::time::Duration;

use domain::{
    ReservationId, RunId, ThreadId, UserId,
    approval::DecisionKind,
    commit::{Commit, CommitError, NewRun, Op, RunTo},
    copilot::{Asked, LookingAt},
    credit::Spent,
    run::{Outcome, RunStatus},
};
use store::{Forgotten, RunFilter};

use crate::{
    credits::{reserve, settle},
    fixture::{Fixture, answered, decided, one},
};

fn question(f: &Fixture, by: UserId, thread_id: ThreadId, seq: i64, text: &str) -> NewRun {
    let asked = Asked {
        by,
        thread_id,
        seq,
        key: format!("{thread_id}-{seq}"),
        text: text.to_owned(),
        looking_at: (seq == 0).then(|| LookingAt::Run(f.id(RunId::new))),
    };
    NewRun { asked: Some(Box::new(asked)), agent: "copilot".to_owned(), ..f.new_run(None) }
}

pub async fn a_question_is_its_askers_and_comes_back_as_it_was_asked(mut f: Fixture) {
    let (ada, eve) = (f.id(UserId::new), f.id(UserId::new));
    let thread = f.id(ThreadId::new);
    let new = question(&f, ada, thread, 0, "What\nis open?");
    let asked = new.asked.clone();
    let run = f.desk.commit(one(Op::EnsureRun(new))).await.unwrap().runs[0].clone();
    assert_eq!(f.desk.run(run.id).await.unwrap().unwrap().asked, asked);
    assert_eq!(f.desk.question(ada, thread, 0).await.unwrap().unwrap().id, run.id);
    assert_eq!(f.desk.question_under_way(ada).await.unwrap().unwrap().id, run.id);
    assert!(f.desk.question(eve, thread, 0).await.unwrap().is_none());
    assert!(f.desk.questions(eve, thread).await.unwrap().is_empty());
    assert!(f.desk.threads(eve, 10, None).await.unwrap().items.is_empty());
    assert_eq!(f.desk.forget_thread(eve, thread).await.unwrap(), Forgotten::Unknown);

    // Lists of runs leave it out, but for who asked.
    assert!(f.desk.runs(&RunFilter::default(), 10, None).await.unwrap().items.is_empty());
    let hers = RunFilter { asked_by: Some(ada), ..RunFilter::default() };
    assert_eq!(f.desk.runs(&hers, 10, None).await.unwrap().items.len(), 1);
    let others = RunFilter { asked_by: Some(eve), ..RunFilter::default() };
    assert!(f.desk.runs(&others, 10, None).await.unwrap().items.is_empty());

    let claimed = f.ready.recv().await.unwrap().run;
    f.put(&claimed, answered()).await.unwrap();
    f.clock.advance(Duration::from_secs(5));
    f.desk.commit(one(Op::EnsureRun(question(&f, ada, thread, 1, "And today?")))).await.unwrap();
    let listed = f.desk.threads(ada, 10, None).await.unwrap().items;
    assert_eq!(listed.len(), 1);
    assert_eq!((listed[0].id, listed[0].title.as_str(), listed[0].questions), (thread, "What is open?", 2));
    assert!(listed[0].asked_at > listed[0].created_at);
    let asked: Vec<i64> = f.desk.questions(ada, thread).await.unwrap().iter().map(seq).collect();
    assert_eq!(asked, [0, 1]);
}

fn seq(run: &domain::run::Run) -> i64 {
    run.asked.as_ref().unwrap().seq
}

pub async fn one_question_of_a_person_is_answered_at_a_time_and_none_twice(mut f: Fixture) {
    let (ada, eve) = (f.id(UserId::new), f.id(UserId::new));
    let threads = [f.id(ThreadId::new), f.id(ThreadId::new)];
    let first = question(&f, ada, threads[0], 0, "What is open?");
    f.desk.commit(one(Op::EnsureRun(first.clone()))).await.unwrap();
    let second = question(&f, ada, threads[1], 0, "What waits?");
    assert!(f.desk.commit(one(Op::EnsureRun(second.clone()))).await.is_err(), "one is being answered");
    f.desk.commit(one(Op::EnsureRun(question(&f, eve, f.id(ThreadId::new), 0, "Mine?")))).await.unwrap();
    let claimed = loop {
        let claimed = f.ready.recv().await.unwrap().run;
        if claimed.id == first.id {
            break claimed;
        }
    };
    f.put(&claimed, answered()).await.unwrap();
    f.desk.commit(one(Op::EnsureRun(second))).await.unwrap();
    let again = NewRun { id: f.id(RunId::new), ..first };
    assert!(f.desk.commit(one(Op::EnsureRun(again))).await.is_err(), "it was asked by this key");
    let known = f.desk.question_by_key(ada, &format!("{}-0", threads[0])).await.unwrap().unwrap();
    assert_eq!(known.id, claimed.id);
}

pub async fn who_asked_stops_it_and_nobody_writes_on(mut f: Fixture) {
    let (ada, eve) = (f.id(UserId::new), f.id(UserId::new));
    let thread = f.id(ThreadId::new);
    f.desk.commit(one(Op::EnsureRun(question(&f, ada, thread, 0, "What is open?")))).await.unwrap();
    let claimed = f.ready.recv().await.unwrap().run;
    let stop = |by| Op::StopRun { run_id: claimed.id, by, at: f.now() };
    assert!(matches!(f.desk.commit(one(stop(eve))).await, Err(CommitError::NotFound(_))));
    assert_eq!(f.desk.forget_thread(ada, thread).await.unwrap(), Forgotten::Busy);
    let stopped = f.desk.commit(one(stop(ada))).await.unwrap().runs[0].clone();
    assert_eq!(stopped.status, RunStatus::Done);
    assert!(matches!(stopped.outcome, Some(Outcome::Nothing { .. })));
    assert!(matches!(f.put(&claimed, answered()).await, Err(CommitError::LeaseLost(_))));
    f.desk.commit(one(stop(ada))).await.unwrap();
    let retry = Op::RetryRun { run_id: claimed.id, at: f.now() };
    assert!(f.desk.commit(one(retry)).await.is_err());
    // A ticket's run is nobody's to stop.
    let (_, run) = f.working().await;
    let stop = Op::StopRun { run_id: run.id, by: ada, at: f.now() };
    assert!(matches!(f.desk.commit(one(stop)).await, Err(CommitError::NotFound(_))));
}

pub async fn what_is_set_aside_is_settled_when_it_is_stopped(mut f: Fixture) {
    let ada = f.id(UserId::new);
    let thread = f.id(ThreadId::new);
    f.desk.commit(one(Op::EnsureRun(question(&f, ada, thread, 0, "What is open?")))).await.unwrap();
    let run = f.ready.recv().await.unwrap().run;
    let reservation = domain::credit::Reservation {
        id: f.id(ReservationId::new),
        run_id: Some(run.id),
        agent: "copilot".to_owned(),
        tool: None,
        micros: 9,
        at: f.now(),
    };
    let id = reservation.id;
    let reserve = Op::Reserve { reservation: Box::new(reservation), ceilings: Vec::new(), held: true };
    f.desk.commit(one(reserve)).await.unwrap();
    let stop = Op::StopRun { run_id: run.id, by: ada, at: f.now() };
    assert!(f.desk.commit(one(stop.clone())).await.is_err(), "credits would be left over");
    let settle = Op::Settle {
        reservation_id: id,
        run_id: Some(run.id),
        spent: domain::credit::Spent::Unknown,
        at: f.now(),
    };
    f.desk.commit(domain::commit::Commit { ops: vec![settle, stop] }).await.unwrap();
    assert!(f.desk.verify_credits().await.unwrap().differences.is_empty());
}

pub async fn a_forgotten_conversation_is_gone_with_its_journals(mut f: Fixture) {
    let ada = f.id(UserId::new);
    let (thread, other) = (f.id(ThreadId::new), f.id(ThreadId::new));
    for thread in [thread, other] {
        f.desk.commit(one(Op::EnsureRun(question(&f, ada, thread, 0, "What is open?")))).await.unwrap();
        let run = f.ready.recv().await.unwrap().run;
        let mut change = f.change(&run, answered());
        change.steps = vec![f.step(0)];
        f.desk.commit(one(Op::Run(Box::new(change)))).await.unwrap();
    }
    let gone = f.desk.question(ada, thread, 0).await.unwrap().unwrap().id;
    assert_eq!(f.desk.forget_thread(ada, thread).await.unwrap(), Forgotten::Yes);
    assert!(f.desk.run(gone).await.unwrap().is_none());
    assert!(f.desk.steps(gone).await.unwrap().is_empty());
    assert_eq!(f.desk.forget_thread(ada, thread).await.unwrap(), Forgotten::Unknown);
    assert_eq!(f.desk.questions(ada, other).await.unwrap().len(), 1);
}

pub async fn a_forgotten_conversation_is_gone_with_what_it_proposed(mut f: Fixture) {
    let ada = f.id(UserId::new);
    let thread = f.id(ThreadId::new);
    let (_, errand) = f.working().await;
    f.desk.commit(one(Op::EnsureRun(question(&f, ada, thread, 0, "Tag #1 with late")))).await.unwrap();
    let run = f.ready.recv().await.unwrap().run;
    let effect = f.effect(&run, "call-1");
    f.desk.commit(one(Op::AddEffect(Box::new(effect.clone())))).await.unwrap();
    let (paid, op) = reserve(&f, Some(run.id), 1_000, Vec::new());
    f.desk.commit(one(op)).await.unwrap();
    let mut change = f.change(&run, RunTo::Running);
    change.usage.cost_micros = 300;
    let ops = vec![settle(&f, paid, Some(run.id), Spent::Micros(300)), Op::Run(Box::new(change))];
    f.desk.commit(Commit { ops }).await.unwrap();
    f.put(&run, answered()).await.unwrap();
    f.desk.commit(one(Op::EnsureRun(question(&f, ada, thread, 1, "Refund it")))).await.unwrap();
    let run = f.ready.recv().await.unwrap().run;
    let approval = f.approval(&run, 0);
    f.desk.commit(one(Op::AddApproval(Box::new(approval.clone())))).await.unwrap();
    let until = f.now().plus(Duration::from_secs(60));
    f.desk.claim_approval(approval.id, ada, f.now(), until).await.unwrap();
    let decision = f.decision(&approval, DecisionKind::Reject { reason: "no".to_owned() });
    f.desk.commit(one(decided(decision))).await.unwrap();
    f.put(&run, answered()).await.unwrap();

    assert_eq!(f.desk.forget_thread(ada, thread).await.unwrap(), Forgotten::Yes);
    assert!(f.desk.questions(ada, thread).await.unwrap().is_empty());
    assert!(f.desk.effect(effect.id).await.unwrap().is_none());
    assert!(f.desk.approval(approval.id).await.unwrap().is_none());
    assert!(f.desk.decisions(approval.id).await.unwrap().is_empty());
    assert!(f.desk.run(errand.id).await.unwrap().is_some(), "a run of a ticket is no part of it");
    let credits = f.desk.verify_credits().await.unwrap();
    assert_eq!((credits.spent, credits.differences), (300, vec![]), "what it cost stays entered");
}
