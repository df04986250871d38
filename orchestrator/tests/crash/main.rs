//! Kills the real binary with SIGKILL again and again while it works on refunds, and checks that
//! the books balance afterwards: every ticket finished, every refund paid exactly once, every
//! model call that a journal holds counted once.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod desk;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use desk::{CEILING, Desk, ORDER_CENTS};
use domain::{
    credit::MICROS,
    model::Usage,
    run::{RunStatus, StepBody},
    ticket::{TicketStatus, Visibility},
    user::Actor,
};
use orchestrator::testing::process::Process;
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::time::{self, Instant};

const KILLS: usize = 200;
const TICKETS: usize = 120;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_survives_two_hundred_kills_with_every_refund_paid_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("countersign.db").display());
    survive(folder.path(), &url, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_postgres_survive_two_hundred_kills_with_every_refund_paid_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = store::testing::postgres_database();
    survive(folder.path(), &url, 2).await;
}

async fn survive(folder: &std::path::Path, url: &str, processes: usize) {
    let desk = Arc::new(Desk::open(folder, url, TICKETS).await);
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_countersign"));
    let mut running: Vec<Process> = (0..processes)
        .map(|n| Process::new(program, folder, &format!("process{n}"), &desk.config, &desk.environment()))
        .collect();
    for process in &mut running {
        process.start();
        process.ready().await;
    }
    let urls: Arc<Vec<String>> = Arc::new(running.iter().map(Process::url).collect());
    let kills = Arc::new(AtomicUsize::new(0));

    let session = desk.signed_in(&urls[0]).await;
    let customers = tokio::spawn(Arc::clone(&desk).write_tickets(Arc::clone(&urls), session.clone(), {
        // New tickets come in for as long as processes die.
        let kills = Arc::clone(&kills);
        move |n| kills.load(Ordering::Relaxed) * TICKETS >= n * KILLS
    }));
    let reviewer = tokio::spawn(Arc::clone(&desk).approve_everything(Arc::clone(&urls), session));

    let mut random = ChaCha8Rng::seed_from_u64(7);
    while kills.load(Ordering::Relaxed) < KILLS {
        // Between the first moment it answers and well into its work, which is counted in what the
        // model was asked, so that a slow machine gets as far as a fast one.
        let more = desk.model.count() + random.random_range(0..4);
        let worked = time::timeout(Duration::from_millis(200), desk.model.wait_for(more)).await;
        if worked.is_ok() {
            time::sleep(Duration::from_micros(random.random_range(0..30_000))).await;
        }
        let victim = random.random_range(0..processes);
        running[victim].kill();
        kills.fetch_add(1, Ordering::Relaxed);
        running[victim].start();
        running[victim].ready().await;
        assert!(!reviewer.is_finished(), "the reviewer got an answer that no process should give");
    }
    customers.await.unwrap();

    let until = Instant::now() + Duration::from_secs(120);
    while !desk.is_quiet().await {
        let left = async || format!("work is left: {}\n{}", desk.what_is_left().await, running[0].log_tail());
        assert!(Instant::now() < until, "{}", left().await);
        time::sleep(Duration::from_millis(50)).await;
    }
    reviewer.abort();
    for process in &mut running {
        process.kill();
    }
    check_the_books(&desk).await;
}

async fn check_the_books(desk: &Desk) {
    let store = &desk.store;
    assert_eq!(store.verify_tickets().await.unwrap(), vec![], "snapshots are the fold of their events");
    let tickets = desk.tickets().await;
    assert_eq!(tickets.len(), TICKETS, "every ticket that was acknowledged is there, once");
    for ticket in &tickets {
        assert_eq!(ticket.status, TicketStatus::Resolved, "ticket #{} is finished", ticket.number);
        let told = store
            .messages(ticket.id, None)
            .await
            .unwrap()
            .into_iter()
            .filter(|m| m.visibility == Visibility::Public && matches!(m.author, Actor::Agent { .. }))
            .count();
        assert_eq!(told, 1, "the customer of #{} was told once", ticket.number);
    }

    let refunds = desk.shop.refunds().await.unwrap();
    assert_eq!(refunds.len(), TICKETS, "as many refunds as tickets");
    for order in desk.orders() {
        let paid: Vec<i64> =
            refunds.iter().filter(|r| r.order_number == order).map(|r| r.amount_cents).collect();
        assert_eq!(paid, [ORDER_CENTS], "order {order} was refunded exactly once");
    }

    let runs = desk.runs().await;
    assert_eq!(runs.len(), TICKETS, "one run each");
    for run in runs {
        assert_eq!(run.status, RunStatus::Done, "run {}", run.id);
        let steps = store.steps(run.id).await.unwrap();
        let seqs: Vec<i64> = steps.iter().map(|s| s.seq).collect();
        assert_eq!(seqs, (0..run.step_count).collect::<Vec<_>>(), "the journal of {} has no hole", run.id);
        let calls = steps.iter().filter(|s| matches!(s.body, StepBody::Model { .. })).count() as i64;
        assert_eq!(calls, 3, "no answer of a model was asked for again in run {}", run.id);
        let sum = |of: fn(&Usage) -> i64| steps.iter().map(|s| of(&s.usage)).sum::<i64>();
        assert!(run.usage.cost_micros > 0, "model calls have a price");
        assert_eq!(run.usage.tokens_in, sum(|u| u.tokens_in), "usage is counted once");
        assert_eq!(run.usage.tokens_out, sum(|u| u.tokens_out), "usage is counted once");
        assert_eq!(run.usage.cost_micros, sum(|u| u.cost_micros), "cost is counted once");
    }
    let books = store.verify_credits().await.unwrap();
    assert_eq!(books.differences, Vec::<String>::new(), "the ledger is right to the last entry");
    assert_eq!(books.reserved, 0, "nothing is set aside any more");
    assert!(books.spent <= CEILING * MICROS && books.entries >= 3 * TICKETS as u64, "{books:?}");
    desk.model.assert_clean();
}
