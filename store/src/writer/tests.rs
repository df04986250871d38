//! What a process that stops in the middle of something does to the others, and what keeps its runs its own.

#![cfg(feature = "testing")]

use std::{sync::Arc, time::Duration};

use domain::{
    Clock as _, EventId, Ids as _, RunId, TicketId, Timestamp, WorkspaceId,
    commit::{Commit, NewRun, Op, RunChange, RunTo},
    ticket::{Channel, EventBody, NewEvent, Priority},
    user::Actor,
};
use futures::poll;
use tokio::{sync::oneshot, time};

use crate::{
    ReadyRun, Store, StoreOptions, WorkspaceStore,
    testing::{CountedIds, ManualClock, postgres_database},
};

async fn store(url: &str, owner: &str, ids: &Arc<CountedIds>) -> Store {
    let options =
        StoreOptions { owner: owner.to_owned(), lease: Duration::from_secs(3), ..StoreOptions::default() };
    Store::open(url, options, Arc::new(ManualClock::default()), ids.clone()).await.unwrap()
}

fn opened(ids: &CountedIds, at: Timestamp) -> Commit {
    let body = EventBody::Created {
        channel: Channel::Api,
        subject: "Hello".to_owned(),
        priority: Priority::Normal,
        customer_id: None,
        contact_id: None,
    };
    let event = NewEvent { id: EventId(ids.uuid()), idempotency_key: None, actor: Actor::System, body, at };
    Commit { ops: vec![Op::Append { ticket_id: TicketId(ids.uuid()), events: vec![event] }] }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_stops_within_a_transaction_holds_nobody_up_for_long() {
    let (url, ids) = (postgres_database(), Arc::new(CountedIds::default()));
    let (stopped, other) = (store(&url, "stopped", &ids).await, store(&url, "other", &ids).await);
    stopped.migrate().await.unwrap();
    let workspace: WorkspaceId = stopped.create_workspace("one", "One").await.unwrap().id;

    let (holds, held) = oneshot::channel();
    let desk = stopped.workspace(workspace);
    let stuck = tokio::spawn(async move {
        desk.writer()
            .transact(move |connection| {
                Box::pin(async move {
                    // Every commit in the workspace needs this row.
                    let sql = "UPDATE workspaces SET name = 'Stuck'";
                    sqlx::Executor::execute(&mut *connection, sql).await?;
                    holds.send(()).unwrap();
                    std::future::pending::<Result<(), _>>().await
                })
            })
            .await
    });
    held.await.unwrap();
    let now = ManualClock::default().now();
    let other = other.workspace(workspace);
    let commit = other.commit(opened(&ids, now));
    time::timeout(Duration::from_secs(20), commit).await.expect("the row is free in a few seconds").unwrap();
    let name = other.workspace().await.unwrap().unwrap().name;
    assert_eq!(name, "One", "nothing of what stopped was written");
    stuck.abort();
}

/// A store with a run that is worked on here.
async fn working() -> (WorkspaceStore, ReadyRun) {
    let ids = Arc::new(CountedIds::default());
    let store = store("sqlite::memory:", "one", &ids).await;
    store.migrate().await.unwrap();
    let desk = store.workspace(store.create_workspace("one", "One").await.unwrap().id);
    let mut ready = store.ready().unwrap();
    let at = ManualClock::default().now();
    let mut commit = opened(&ids, at);
    let Op::Append { ticket_id, .. } = &commit.ops[0] else { panic!() };
    let run = NewRun {
        id: RunId(ids.uuid()),
        ticket_id: Some(*ticket_id),
        about: None,
        asked: None,
        errand: None,
        agent: "resolution".to_owned(),
        priority: 0,
        wake_at: None,
        at,
    };
    commit.ops.push(Op::EnsureRun(run));
    desk.commit(commit).await.unwrap();
    let ready = ready.recv().await.unwrap();
    (desk, ready)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_of_life_goes_before_everything_that_waits_to_be_written() {
    let (desk, _working) = working().await;
    // Work that holds the writer up until it is let go of.
    let held_up = || {
        let (begins, begun) = oneshot::channel();
        let (let_go, gone) = oneshot::channel::<()>();
        let work = desk.writer().transact(move |_| {
            Box::pin(async move {
                begins.send(()).unwrap();
                gone.await.unwrap();
                Ok(())
            })
        });
        (Box::pin(work), begun, let_go)
    };
    let ((mut first, begun, let_first_go), (mut second, _begun, let_second_go)) = (held_up(), held_up());
    assert!(poll!(&mut first).is_pending());
    begun.await.unwrap();
    assert!(poll!(&mut second).is_pending());
    let mut sign = Box::pin(desk.store().heartbeat());
    assert!(poll!(&mut sign).is_pending());
    let_first_go.send(()).unwrap();
    time::timeout(Duration::from_secs(20), sign).await.expect("the second has not ended").unwrap();
    let_second_go.send(()).unwrap();
    first.await.unwrap();
    second.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_with_a_runs_fence_keeps_its_lease() {
    let (desk, ready) = working().await;
    let term = ready.lease.term();
    let before = term.until();
    let change = |fence: i64| RunChange {
        run_id: ready.run.id,
        fence,
        expect_signals: None,
        steps: Vec::new(),
        usage: Default::default(),
        seen_signals: None,
        seen_version: None,
        to: RunTo::Running,
        at: ManualClock::default().now(),
    };
    let put = |fence| desk.commit(Commit { ops: vec![Op::Run(Box::new(change(fence)))] });
    put(ready.run.fence - 1).await.unwrap_err();
    assert_eq!(term.until(), before, "nothing was written");
    put(ready.run.fence).await.unwrap();
    assert!(term.until() > before);
}
