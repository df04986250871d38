//! How many commits and rows a second the writer makes here: `cargo run --example throughput
//! --features testing -- [sqlite|postgres] [runs]`.
//!
//! Every run opens a ticket, journals ten steps and ends, as a busy worker would.

use std::sync::Arc;

use domain::{
    EventId, MessageId, RunId, TicketId, Timestamp,
    commit::{Commit, NewRun, Op, RunChange, RunTo},
    model::Usage,
    run::{Outcome, Run, Step, StepBody},
    ticket::{Channel, EventBody, Message, NewEvent, Priority, Visibility},
    user::Actor,
};
use store::{
    Store, StoreOptions, WorkspaceStore,
    testing::{CountedIds, ManualClock, postgres_database},
};

const STEPS: i64 = 10;
const WORKERS: usize = 256;

fn opening(ids: &CountedIds, ticket_id: TicketId, at: Timestamp) -> Commit {
    let event =
        |body| NewEvent { id: EventId::new(ids), idempotency_key: None, actor: Actor::System, body, at };
    let created = EventBody::Created {
        channel: Channel::Chat,
        subject: "Where is my parcel?".to_owned(),
        priority: Priority::Normal,
        customer_id: None,
        contact_id: None,
    };
    let message = Message {
        id: MessageId::new(ids),
        author: Actor::Customer { contact_id: None, name: "Ada".to_owned() },
        visibility: Visibility::Public,
        body: "It was due on Monday. ".repeat(10),
        sources: Vec::new(),
        attachments: Vec::new(),
        email: None,
        model: None,
        redacted: None,
        mentions: Vec::new(),
        findings: Vec::new(),
        body_html: None,
        at,
    };
    let events = vec![event(created), event(EventBody::MessageAdded { message })];
    let run = NewRun {
        id: RunId::new(ids),
        ticket_id: Some(ticket_id),
        about: None,
        asked: None,
        errand: None,
        agent: "resolution".to_owned(),
        priority: 0,
        wake_at: None,
        at,
    };
    Commit { ops: vec![Op::Append { ticket_id, events }, Op::EnsureRun(run)] }
}

fn step(run: &Run, seq: i64, to: RunTo) -> Commit {
    let at = run.created_at;
    let step = Step {
        seq,
        body: StepBody::Failed { what: "a step".to_owned(), error: "of ordinary length. ".repeat(40) },
        input_digest: None,
        usage: Usage::default(),
        prompt: None,
        model: None,
        started_at: at,
        finished_at: at,
    };
    let change = RunChange {
        run_id: run.id,
        fence: run.fence,
        expect_signals: None,
        steps: vec![step],
        usage: Usage::default(),
        seen_signals: None,
        seen_version: None,
        to,
        at,
    };
    Commit { ops: vec![Op::Run(Box::new(change))] }
}

async fn work(
    desk: WorkspaceStore,
    store: Store,
    ids: Arc<CountedIds>,
    runs: usize,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    for _ in 0..runs {
        let ticket = TicketId::new(ids.as_ref());
        let receipt = desk.commit(opening(&ids, ticket, Timestamp(1))).await?;
        let run = receipt.runs.first().ok_or("no run")?;
        for seq in 0..STEPS {
            let to = if seq + 1 == STEPS {
                RunTo::Done(Outcome::Nothing { reason: "measured".to_owned() })
            } else {
                RunTo::Running
            };
            desk.commit(step(run, seq, to)).await?;
        }
        store.release();
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut arguments = std::env::args().skip(1);
    let folder = tempfile::tempdir()?;
    let url = match arguments.next().as_deref() {
        Some("postgres") => postgres_database(),
        _ => format!("sqlite:{}/desk.db", folder.path().display()),
    };
    let runs: usize = arguments.next().map_or(Ok(20), |text| text.parse())?;
    let ids = Arc::new(CountedIds::default());
    let options = StoreOptions { max_claimed: WORKERS, ..StoreOptions::default() };
    let store = Store::open(&url, options, Arc::new(ManualClock::default()), ids.clone()).await?;
    store.migrate().await?;
    let workspace = store.create_workspace("measured", "Measured").await?;
    let started = tokio::time::Instant::now();
    let workers = (0..WORKERS)
        .map(|_| tokio::spawn(work(store.workspace(workspace.id), store.clone(), ids.clone(), runs)));
    for worker in futures::future::join_all(workers).await {
        worker??;
    }
    let seconds = started.elapsed().as_secs_f64();
    let runs = (WORKERS * runs) as f64;
    let commits = runs * 11.0;
    // Ticket, two events, a message, the run; then a step and the run again, ten times.
    let rows = runs * 25.0;
    println!(
        "{:.0} runs/s, {:.0} commits/s, {:.0} rows/s",
        runs / seconds,
        commits / seconds,
        rows / seconds
    );
    store.close().await;
    Ok(())
}
