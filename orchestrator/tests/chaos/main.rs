//! Several real processes on one Postgres, a model and a shop, and everything that can happen to any of them,
//! drawn from a seed. Afterwards the books balance: every ticket answered or with a person, no refund paid
//! twice, no credit lost, every journal reproduces its run.
//!
//! `CHAOS_FAULTS=400 CHAOS_SEED=1` makes it as long and as different as one likes (`make chaos`).

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "../crash/desk.rs"]
mod desk;
mod line;
mod world;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use desk::{CEILING, ORDER_CENTS, Session};
use domain::{
    credit::MICROS,
    effect::EffectStatus,
    run::RunStatus,
    ticket::{TicketStatus, Visibility},
    user::Actor,
};
use rand::SeedableRng as _;
use rand_chacha::ChaCha8Rng;
use tokio::{
    task::JoinSet,
    time::{self, Instant},
};
use world::{Fault, World, strikes};

/// Things that happen at once, at most.
const AT_ONCE: usize = 3;
const PATIENCE: Duration = Duration::from_secs(120);

fn from_environment(name: &str, otherwise: usize) -> usize {
    std::env::var(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Waits for something that must come true.
async fn until(world: &World, what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !holds().await {
        if Instant::now() > end {
            panic!(
                "not within {PATIENCE:?}: {what}; {}\n{}",
                world.desk.what_is_left().await,
                world.logs().await
            );
        }
        time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_happens_to_three_processes_and_to_what_they_need_the_books_balance() {
    let (faults, seed) = (from_environment("CHAOS_FAULTS", 30), from_environment("CHAOS_SEED", 7));
    let (began, tickets) = (Instant::now(), 4 * faults);
    let world = Arc::new(World::new(tickets, true, &[&[], &[], &[]]).await);
    if !world.server.has_own_space() {
        println!("chaos: NO DISK RUNS FULL HERE: mounting a file system in memory takes root");
    }
    for number in 0..3 {
        world.start(number).await;
    }
    let (desk, urls) = (Arc::clone(&world.desk), Arc::new(world.urls.clone()));
    let session = desk.signed_in(&urls[0]).await;
    let happened = Arc::new(AtomicUsize::new(0));
    let customers = tokio::spawn(Arc::clone(&desk).write_tickets(Arc::clone(&urls), session.clone(), {
        // New tickets come in for as long as things happen.
        let happened = Arc::clone(&happened);
        move |n| (happened.load(Ordering::Relaxed) + 1) * tickets >= n * faults
    }));
    let reviewer = tokio::spawn(Arc::clone(&desk).approve_everything(Arc::clone(&urls), session.clone()));

    let mut random = ChaCha8Rng::seed_from_u64(seed as u64);
    let mut under_way = JoinSet::new();
    let (mut injected, mut skipped): (BTreeMap<Fault, usize>, usize) = (BTreeMap::new(), 0);
    for strike in strikes(&mut random, faults, 3) {
        while under_way.len() >= AT_ONCE {
            under_way.join_next().await.unwrap().unwrap();
            happened.fetch_add(1, Ordering::Relaxed);
        }
        if strike.fault == Fault::DiskFull && !world.server.has_own_space() {
            happened.fetch_add(1, Ordering::Relaxed);
            skipped += 1;
            continue;
        }
        *injected.entry(strike.fault).or_default() += 1;
        let world = Arc::clone(&world);
        under_way.spawn(async move { world.suffer(strike).await });
        assert!(!reviewer.is_finished(), "the reviewer got an answer that no process should give");
    }
    while let Some(done) = under_way.join_next().await {
        done.unwrap();
        happened.fetch_add(1, Ordering::Relaxed);
    }
    happened.store(faults + 1, Ordering::Relaxed);
    world.all_running().await;
    customers.await.unwrap();
    until(&world, "all runs have ended", async || desk.is_quiet().await).await;
    reviewer.abort();
    let outcome = check_the_books(&world, session, tickets).await;
    println!(
        "chaos: seed {seed}, {} faults in {} s, {skipped} more left out because they cannot be made here: \
         {injected:?}; {outcome}",
        injected.values().sum::<usize>(),
        began.elapsed().as_secs()
    );
}

/// Asserts that all is as it should be, and says how it is.
async fn check_the_books(world: &World, mut session: Session, count: usize) -> String {
    let desk = &world.desk;
    let store = &desk.store;
    assert_eq!(store.verify_tickets().await.unwrap(), vec![], "snapshots are the fold of their events");
    let tickets = desk.tickets().await;
    assert_eq!(tickets.len(), count, "every ticket that was acknowledged is there, once");
    let mut with_person = 0;
    for ticket in &tickets {
        let messages = store.messages(ticket.id, None).await.unwrap();
        let told = messages
            .iter()
            .filter(|m| m.visibility == Visibility::Public && matches!(m.author, Actor::Agent { .. }))
            .count();
        if ticket.handoff.is_some() {
            with_person += 1;
        } else {
            assert_eq!(ticket.status, TicketStatus::Resolved, "ticket #{} is finished", ticket.number);
        }
        assert_eq!(told, 1, "the customer of #{} was told once", ticket.number);
    }

    let refunds = desk.shop.refunds().await.unwrap();
    let mut paid: BTreeMap<&str, usize> = BTreeMap::new();
    for refund in &refunds {
        assert_eq!(refund.amount_cents, ORDER_CENTS);
        *paid.entry(&refund.order_number).or_default() += 1;
    }
    let twice: Vec<_> = paid.iter().filter(|(_, times)| **times > 1).collect();
    assert!(twice.is_empty(), "paid more than once: {twice:?}");

    let runs = desk.runs().await;
    assert_eq!(runs.len(), count, "one run each");
    let (mut done, mut attempts) = (0, 0);
    for run in &runs {
        assert_eq!(run.status, RunStatus::Done, "run {}", run.id);
        let steps = store.steps(run.id).await.unwrap();
        let seqs: Vec<i64> = steps.iter().map(|s| s.seq).collect();
        assert_eq!(seqs, (0..run.step_count).collect::<Vec<_>>(), "the journal of {} has no hole", run.id);
        for effect in store.effects_of_run(run.id).await.unwrap() {
            if effect.call.tool != "shop__refund_order" {
                continue;
            }
            attempts += effect.attempts;
            let order = effect.call.args["order_number"].as_str().unwrap();
            match effect.status {
                EffectStatus::Succeeded => {
                    done += 1;
                    assert!(paid.contains_key(order), "{order} is said to be paid and is not");
                }
                EffectStatus::Failed => {
                    assert!(!paid.contains_key(order), "{order} is said not to be paid and is")
                }
                other => panic!("nobody knows what became of {order}: {other:?}"),
            }
        }
        let path = format!("/v1/runs/{}/replay", run.id);
        let replayed = desk.get(&mut session, &world.urls[0], &path).await.unwrap();
        assert_eq!(replayed["ok"], true, "run {} is reproduced by its journal: {replayed}", run.id);
    }
    assert_eq!(done, refunds.len(), "as many refunds as effects that say so");
    let books = store.verify_credits().await.unwrap();
    assert_eq!(books.differences, Vec::<String>::new(), "the ledger is right to the last entry");
    assert_eq!(books.reserved, 0, "nothing is set aside any more");
    assert!(books.spent <= CEILING * MICROS, "{books:?}");
    desk.model.assert_clean();
    let sent: usize = desk.front.keys().values().sum();
    format!(
        "{count} tickets, {} answered, {with_person} with a person; {done} refunds paid once each, none twice \
         ({attempts} attempts, {sent} requests with a key); {} entries of the ledger right; {} journals replayed",
        count - with_person,
        books.entries,
        runs.len(),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_decision_at_one_process_wakes_a_worker_at_another_without_a_poll() {
    const NEVER: (&str, &str) = ("poll_ms = 50", "poll_ms = 3600000");
    let world = World::new(1, false, &[&[NEVER, ("concurrency = 16", "concurrency = 0")], &[NEVER]]).await;
    for number in [1, 0] {
        world.start(number).await;
    }
    // The process that is spoken to works on nothing.
    let (desk, urls) = (Arc::clone(&world.desk), Arc::new(vec![world.urls[0].clone()]));
    let session = desk.signed_in(&urls[0]).await;
    let reviewer = tokio::spawn(Arc::clone(&desk).approve_everything(Arc::clone(&urls), session.clone()));
    Arc::clone(&desk).write_tickets(urls, session, |_| true).await;
    until(&world, "the run has ended", async || desk.is_quiet().await).await;
    reviewer.abort();
    assert_eq!(desk.shop.refunds().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_process_that_is_stopped_leaves_no_run_to_its_lease() {
    // Nobody could wait for one that was left.
    const LONG: (&str, &str) = ("lease_seconds = 2", "lease_seconds = 3600");
    let world = World::new(60, false, &[&[LONG]]).await;
    world.start(0).await;
    let (desk, urls) = (Arc::clone(&world.desk), Arc::new(world.urls.clone()));
    let session = desk.signed_in(&urls[0]).await;
    let customers =
        tokio::spawn(Arc::clone(&desk).write_tickets(Arc::clone(&urls), session.clone(), |_| true));
    let reviewer = tokio::spawn(Arc::clone(&desk).approve_everything(urls, session));
    // They go on writing while it stops.
    for some in [10, 30] {
        until(&world, "some have written", async || desk.tickets().await.len() >= some).await;
        world.stop(0).await;
        world.start(0).await;
    }
    customers.await.unwrap();
    until(&world, "all runs have ended", async || desk.is_quiet().await).await;
    reviewer.abort();
    assert_eq!(desk.shop.refunds().await.unwrap().len(), 60);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_worker_that_hears_of_its_record_after_its_lease_does_not_act() {
    let world = World::new(2, false, &[&[], &[]]).await;
    let (desk, urls) = (Arc::clone(&world.desk), Arc::new(world.urls.clone()));
    world.start(0).await;
    world.line(0).keep_back_the_answer_to_a_record();
    let session = desk.signed_in(&urls[0]).await;
    let second = Arc::new(AtomicUsize::new(0));
    let customers = tokio::spawn(Arc::clone(&desk).write_tickets(Arc::clone(&urls), session.clone(), {
        let second = Arc::clone(&second);
        move |n| n <= second.load(Ordering::SeqCst)
    }));
    let reviewer = tokio::spawn(Arc::clone(&desk).approve_everything(Arc::clone(&urls), session));
    time::timeout(PATIENCE, world.line(0).keeps_back()).await.expect("an effect is recorded");
    assert_eq!(desk.front.keys(), BTreeMap::new(), "it has not begun");

    // Its lease passes, and another process goes on from the record.
    world.start(1).await;
    until(&world, "the other process has ended the run", async || desk.done().await == 1).await;
    let keys = desk.front.keys();
    assert_eq!(keys.values().copied().collect::<Vec<_>>(), [1], "the refund was asked for once");

    // Now it hears that its record was written, and works on as if nothing had been.
    world.line(0).let_through();
    world.stop(1).await;
    second.store(1, Ordering::SeqCst);
    customers.await.unwrap();
    until(&world, "it has worked on another ticket", async || desk.is_quiet().await).await;
    reviewer.abort();
    let keys = desk.front.keys();
    assert_eq!(keys.values().copied().collect::<Vec<_>>(), [1, 1], "neither refund was asked for twice");
}
