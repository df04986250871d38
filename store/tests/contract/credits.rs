//! The ledger of credits, and what is counted.

use std::time::Duration;

use domain::{
    ReservationId, RunId,
    commit::{Commit, CommitError, Op, RunTo},
    credit::{EntryKind, Reservation, Spent},
    meter::{Ceiling, Meter, Scope, Unit, Window},
};
use futures::future::join_all;
use store::WorkspaceStore;

use crate::fixture::{Fixture, answered, elsewhere, one, waiting};

fn ceiling(unit: Unit, window: Window, most: i64) -> Ceiling {
    Ceiling { scope: Scope::Agent("resolution".to_owned()), unit, window, most, grace: false }
}

fn budget(most: i64) -> Vec<Ceiling> {
    vec![ceiling(Unit::Credits, Window::Day, most)]
}

pub fn reserve(f: &Fixture, run: Option<RunId>, micros: i64, ceilings: Vec<Ceiling>) -> (ReservationId, Op) {
    let id = f.id(ReservationId::new);
    let (agent, at) = ("resolution".to_owned(), f.now());
    let reservation = Box::new(Reservation { id, run_id: run, agent, tool: None, micros, at });
    (id, Op::Reserve { reservation, ceilings, held: true })
}

pub fn settle(f: &Fixture, id: ReservationId, run: Option<RunId>, spent: Spent) -> Op {
    Op::Settle { reservation_id: id, run_id: run, spent, at: f.now() }
}

async fn meter(f: &Fixture, desk: &WorkspaceStore, of: &Ceiling) -> Meter {
    let key = of.key(f.now());
    let meters = desk.meters(f.now()).await.unwrap();
    meters.into_iter().find(|meter| meter.key == key).unwrap_or_else(|| Meter::new(key))
}

async fn balanced(desk: &WorkspaceStore) -> (i64, i64) {
    let report = desk.verify_credits().await.unwrap();
    assert_eq!(report.differences, Vec::<String>::new());
    (report.reserved, report.spent)
}

pub async fn credits_are_set_aside_and_settled_once(mut f: Fixture) {
    let (_, run) = f.working().await;
    let (id, op) = reserve(&f, Some(run.id), 1_000, budget(5_000));
    let receipt = f.desk.commit(one(op.clone())).await.unwrap();
    assert_eq!(receipt.runs[0].reservations, [id]);
    assert_eq!(f.desk.run(run.id).await.unwrap().unwrap().reservations, [id], "it is in the row");
    assert_eq!(balanced(&f.desk).await, (1_000, 0));
    assert!(matches!(f.desk.commit(one(op)).await, Err(CommitError::Conflict(_))));
    // What it did cost goes with the step that it paid for.
    let mut change = f.change(&run, RunTo::Running);
    change.usage.cost_micros = 300;
    let ops = vec![settle(&f, id, Some(run.id), Spent::Micros(300)), Op::Run(Box::new(change))];
    let receipt = f.desk.commit(Commit { ops }).await.unwrap();
    assert!(receipt.runs[0].reservations.is_empty());
    assert_eq!(balanced(&f.desk).await, (0, 300));
    let again = f.desk.commit(one(settle(&f, id, Some(run.id), Spent::Micros(300)))).await;
    assert!(matches!(&again, Err(CommitError::Conflict(why)) if why.contains("paid twice")), "{again:?}");
    let unknown = f.desk.commit(one(settle(&f, f.id(ReservationId::new), None, Spent::Unknown))).await;
    assert!(matches!(unknown, Err(CommitError::NotFound(_))));
    let page = f.desk.credit_entries(Some(run.id), 2, None).await.unwrap();
    let older = f.desk.credit_entries(Some(run.id), 2, page.next.as_deref()).await.unwrap();
    let kinds: Vec<EntryKind> = page.items.iter().chain(&older.items).map(|entry| entry.kind).collect();
    assert_eq!(kinds, [EntryKind::Release, EntryKind::Settle, EntryKind::Reserve]);
    assert_eq!(balanced(&elsewhere(&f)).await, (0, 0));
}

pub async fn a_ceiling_holds_against_many_at_once(f: Fixture) {
    let other = f.another_process("two", 10).await;
    let desks = [f.desk.clone(), other.workspace(f.desk.id())];
    // Far more than fits, from two processes where the database takes two.
    let several = usize::from(f.url.starts_with("postgres")) + 1;
    let tries = (0..60).map(|n| {
        let (_, op) = reserve(&f, None, 100, budget(1_000));
        let desk = &desks[n % several];
        async move { desk.commit(one(op)).await }
    });
    let results = join_all(tries).await;
    let (taken, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(Result::is_ok);
    assert_eq!((taken.len(), refused.len()), (10, 50));
    for refusal in refused {
        let Err(CommitError::Exhausted { why, until }) = refusal else { panic!("{refusal:?}") };
        assert!(until < Window::Day.end(f.now()), "what is only set aside may come back soon");
        assert!(why.contains("the agent resolution may spend 0.001 credits a day"), "{why}");
    }
    assert_eq!(balanced(&f.desk).await, (1_000, 0));
    other.close().await;
    // The next day is another meter.
    f.clock.advance(Duration::from_secs(24 * 60 * 60));
    f.desk.commit(one(reserve(&f, None, 100, budget(1_000)).1)).await.unwrap();
}

/// More entries and meters than a page has.
pub async fn books_of_many_agents_are_compared_to_the_last(f: Fixture) {
    let mut ops = Vec::new();
    for n in 0..600 {
        let (_, mut op) = reserve(&f, None, 100, Vec::new());
        if let Op::Reserve { reservation, .. } = &mut op {
            reservation.agent = format!("agent-{n}");
        }
        ops.push(op);
    }
    for some in ops.chunks(100) {
        f.desk.commit(Commit { ops: some.to_vec() }).await.unwrap();
    }
    assert_eq!(balanced(&f.desk).await, (60_000, 0));
    assert_eq!(f.desk.verify_credits().await.unwrap().entries, 600);
}

pub async fn what_is_given_back_can_be_spent_again(f: Fixture) {
    let (id, op) = reserve(&f, None, 900, budget(1_000));
    f.desk.commit(one(op)).await.unwrap();
    assert!(f.desk.commit(one(reserve(&f, None, 900, budget(1_000)).1)).await.is_err());
    // A night between does not part the two: it comes back to the day it was taken from.
    let day = budget(1_000).remove(0);
    f.desk.commit(one(settle(&f, id, None, Spent::Micros(100)))).await.unwrap();
    assert_eq!(meter(&f, &f.desk, &day).await.used, 100);
    let (second, op) = reserve(&f, None, 900, budget(1_000));
    let receipt = f.desk.commit(one(op)).await.unwrap();
    assert_eq!(receipt.warnings, ["the agent resolution may spend 0.001 credits a day"]);
    f.clock.advance(Duration::from_secs(24 * 60 * 60));
    f.desk.commit(one(settle(&f, second, None, Spent::Unknown))).await.unwrap();
    assert_eq!(meter(&f, &f.desk, &day).await.used, 0);
    assert_eq!(balanced(&f.desk).await, (0, 1_000));
    // One that can never fit says so.
    let end = Window::Day.end(f.now());
    let Err(CommitError::Exhausted { why, until }) =
        f.desk.commit(one(reserve(&f, None, 2_000, budget(1_000)).1)).await
    else {
        panic!("it does not fit")
    };
    assert!(why.ends_with("and one call may take 0.002 credits"), "{why}");
    assert_eq!(until, end);
}

pub async fn a_refused_commit_sets_nothing_aside(mut f: Fixture) {
    let (_, run) = f.working().await;
    let (_, op) = reserve(&f, Some(run.id), 100, budget(1_000));
    let stale =
        Op::Run(Box::new(domain::commit::RunChange { fence: run.fence - 1, ..f.change(&run, answered()) }));
    assert!(f.desk.commit(Commit { ops: vec![op, stale] }).await.is_err());
    assert_eq!(balanced(&f.desk).await, (0, 0));
    assert!(f.desk.run(run.id).await.unwrap().unwrap().reservations.is_empty());
}

pub async fn attempts_are_kept_while_credits_are_set_aside(mut f: Fixture) {
    let (_, run) = f.working().await;
    let failed = RunTo::Retry { error: "no".to_owned(), at: f.now() };
    f.put(&run, failed).await.unwrap();
    let again = f.ready.recv().await.unwrap().run;
    assert_eq!(again.attempts, 1);
    let (_, op) = reserve(&f, Some(run.id), 100, Vec::new());
    let ops = vec![op, Op::Run(Box::new(f.change(&again, RunTo::Prepared)))];
    let receipt = f.desk.commit(Commit { ops }).await.unwrap();
    assert_eq!(receipt.runs[0].attempts, 1, "it is no progress");
    f.put(&again, waiting()).await.unwrap();
}

pub async fn what_is_left_open_outside_of_runs_is_found(mut f: Fixture) {
    let (_, run) = f.working().await;
    let (left, op) = reserve(&f, None, 100, Vec::new());
    let (settled, other) = reserve(&f, None, 100, Vec::new());
    let (_, held) = reserve(&f, Some(run.id), 100, Vec::new());
    f.desk.commit(Commit { ops: vec![op, other, held] }).await.unwrap();
    f.desk.commit(one(settle(&f, settled, None, Spent::Micros(1)))).await.unwrap();
    assert_eq!(f.store.abandoned_reservations(f.now(), 10).await.unwrap(), []);
    f.clock.advance(Duration::from_secs(1));
    assert_eq!(f.store.abandoned_reservations(f.now(), 10).await.unwrap(), [(f.desk.id(), left)]);
}

pub async fn a_count_stops_at_its_ceiling_until_the_window_ends(f: Fixture) {
    let minute = vec![ceiling(Unit::Runs, Window::Minute, 2), ceiling(Unit::Runs, Window::Day, 3)];
    let count = || one(Op::Count { ceilings: minute.clone(), at: f.now() });
    let until = async |result| match result {
        Err(CommitError::Exhausted { until, .. }) => until,
        other => panic!("{other:?}"),
    };
    f.desk.commit(count()).await.unwrap();
    f.desk.commit(count()).await.unwrap();
    assert_eq!(until(f.desk.commit(count()).await).await, Window::Minute.end(f.now()));
    f.clock.advance(Duration::from_secs(60));
    f.desk.commit(count()).await.unwrap();
    assert_eq!(until(f.desk.commit(count()).await).await, Window::Day.end(f.now()));
    assert_eq!(meter(&f, &f.desk, &minute[1]).await.used, 3);
    // Minutes that are over are of no use to anybody.
    assert_eq!(f.store.forget_minutes(Window::Minute.start(f.now())).await.unwrap(), 1);
    assert_eq!(meter(&f, &f.desk, &minute[0]).await.used, 1);
}
