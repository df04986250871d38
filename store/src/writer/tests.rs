//! What a process that stops in the middle of something does to the others.

#![cfg(feature = "testing")]

use std::{sync::Arc, time::Duration};

use domain::{
    Clock as _, EventId, Ids as _, TicketId, Timestamp, WorkspaceId,
    commit::{Commit, Op},
    ticket::{Channel, EventBody, NewEvent, Priority},
    user::Actor,
};
use tokio::{sync::oneshot, time};

use crate::{
    Store, StoreOptions,
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
