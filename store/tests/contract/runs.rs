//! Leases, fences, signals and the queue.

use std::{collections::HashSet, time::Duration};

use domain::{
    GapId, RunId, TicketId,
    commit::{Commit, CommitError, NewRun, Op, RunChange, RunTo},
    run::{About, RunStatus},
    ticket::Channel,
};
use futures::future::join_all;
use store::{RunFilter, Word};

use crate::fixture::{Fixture, answered, append, customer, one, waiting};

pub async fn a_ticket_has_one_active_run(mut f: Fixture) {
    let ticket = f.open("one at a time").await;
    let commits = (0..20).map(|_| f.desk.commit(one(Op::EnsureRun(f.new_run(Some(ticket))))));
    let runs: HashSet<RunId> = join_all(commits).await.into_iter().map(|r| r.unwrap().runs[0].id).collect();
    assert_eq!(runs.len(), 1);
    assert_eq!(f.desk.runs(&RunFilter::default(), 100, None).await.unwrap().items.len(), 1);
    let claimed = f.ready.recv().await.unwrap().run;
    assert!(f.ready.try_recv().is_err(), "it was handed out twice");
    f.put(&claimed, answered()).await.unwrap();
    assert!(f.desk.active_run(ticket).await.unwrap().is_none());
    let next = f.desk.commit(one(Op::EnsureRun(f.new_run(Some(ticket))))).await.unwrap();
    assert_ne!(next.runs[0].id, claimed.id);
    assert_eq!(f.desk.active_run(ticket).await.unwrap().unwrap().id, next.runs[0].id);
}

pub async fn one_run_of_an_agent_is_about_a_ticket_and_holds_it_for_nobody(mut f: Fixture) {
    let ticket = f.open("an answer worth an article").await;
    let about = Some(About { ticket_id: ticket, gap_id: Some(f.id(GapId::new)) });
    let new = |f: &Fixture| NewRun { agent: "article".to_owned(), about, ..f.new_run(None) };
    let begun = f.desk.commit(one(Op::EnsureRun(new(&f)))).await.unwrap().runs[0].clone();
    assert_eq!((begun.about, begun.ticket_id), (about, None));
    assert_eq!(f.desk.run(begun.id).await.unwrap().unwrap().about, about);
    assert!(f.desk.commit(one(Op::EnsureRun(new(&f)))).await.is_err(), "another one is being made of it");

    // Customers go on being answered: the ticket has its own run, and its messages wake nobody else.
    assert!(f.desk.active_run(ticket).await.unwrap().is_none());
    let own = f.desk.commit(one(Op::EnsureRun(f.new_run(Some(ticket))))).await.unwrap().runs[0].clone();
    assert_ne!(own.id, begun.id);
    f.desk.commit(append(ticket, vec![f.said(customer(), "One more thing")])).await.unwrap();
    assert_eq!(f.desk.run(begun.id).await.unwrap().unwrap().signals, 0);
    assert_eq!(f.desk.run(own.id).await.unwrap().unwrap().signals, 1);

    let filter = RunFilter { about: Some(ticket), ..RunFilter::default() };
    let listed = f.desk.runs(&filter, 10, None).await.unwrap().items;
    assert_eq!(listed.iter().map(|run| run.id).collect::<Vec<_>>(), [begun.id]);

    let claimed = loop {
        let claimed = f.ready.recv().await.unwrap().run;
        if claimed.id == begun.id {
            break claimed;
        }
    };
    f.put(&claimed, answered()).await.unwrap();
    let next = f.desk.commit(one(Op::EnsureRun(new(&f)))).await.unwrap();
    assert_ne!(next.runs[0].id, begun.id, "what is over stands in nobody's way");
}

pub async fn a_new_run_is_leased_at_once_while_places_are_free(f: Fixture) {
    if f.url.contains(":memory:") {
        return;
    }
    let store = f.another_process("two", 2).await;
    let mut ready = store.ready().unwrap();
    assert!(store.ready().is_none());
    let desk = store.workspace(f.desk.id());
    let mut receipts = Vec::new();
    for _ in 0..3 {
        let ticket = f.open("x").await;
        receipts.push(desk.commit(one(Op::EnsureRun(f.new_run(Some(ticket))))).await.unwrap());
    }
    for receipt in &receipts[..2] {
        let run = &receipt.runs[0];
        assert_eq!((run.status, run.fence, run.lease_owner.as_deref()), (RunStatus::Running, 1, Some("two")));
        assert_eq!(run.lease_until, Some(f.now().plus(Duration::from_secs(30))));
        assert_eq!(&ready.recv().await.unwrap().run, run);
        assert_eq!(desk.run(run.id).await.unwrap().as_ref(), Some(run));
    }
    assert_eq!(receipts[2].runs[0].status, RunStatus::Queued);
    assert_eq!(store.claim_due().await.unwrap(), 0);
    store.release();
    assert_eq!(store.claim_due().await.unwrap(), 1);
    assert_eq!(ready.recv().await.unwrap().run.id, receipts[2].runs[0].id);

    // One that becomes due later is left alone.
    store.release();
    let ticket = f.open("later").await;
    let later = NewRun { wake_at: Some(f.now().plus(Duration::from_secs(5))), ..f.new_run(Some(ticket)) };
    let receipt = desk.commit(one(Op::EnsureRun(later))).await.unwrap();
    assert_eq!(receipt.runs[0].status, RunStatus::Queued);
    assert_eq!(store.claim_due().await.unwrap(), 0);
    f.clock.advance(Duration::from_secs(5));
    assert_eq!(store.claim_due().await.unwrap(), 1);
}

pub async fn a_signal_is_never_lost(mut f: Fixture) {
    let (ticket, run) = f.working().await;
    let receipt = f.desk.commit(append(ticket, vec![f.said(customer(), "wait, also …")])).await.unwrap();
    assert_eq!(receipt.runs[0].signals, 1);
    assert_eq!(receipt.runs[0].status, RunStatus::Running);
    for to in [answered(), waiting()] {
        let mut change = f.change(&run, to);
        change.expect_signals = Some(0);
        let Err(CommitError::Stale { run: now }) = f.desk.commit(one(Op::Run(Box::new(change)))).await else {
            panic!("a signal was lost")
        };
        assert_eq!((now.signals, now.status), (1, RunStatus::Running));
    }
    let mut change = f.change(&run, answered());
    change.expect_signals = Some(1);
    change.seen_signals = Some(1);
    change.seen_version = Some(2);
    let receipt = f.desk.commit(one(Op::Run(Box::new(change)))).await.unwrap();
    let ended = receipt.run(run.id).unwrap();
    assert_eq!((ended.seen_signals, ended.seen_version, ended.status), (1, 2, RunStatus::Done));
    // What an agent or the house says is no signal; a note of staff neither.
    let quiet = f.desk.commit(append(ticket, vec![f.noted()])).await.unwrap();
    assert!(quiet.runs.is_empty());
}

pub async fn a_waiting_run_is_woken_by_a_message(mut f: Fixture) {
    let (ticket, run) = f.working().await;
    let receipt = f.put(&run, waiting()).await.unwrap();
    let parked = receipt.run(run.id).unwrap();
    assert_eq!((parked.status, parked.waiting_for.as_deref()), (RunStatus::Waiting, Some("a decision")));
    assert_eq!((&parked.lease_owner, parked.lease_until), (&None, None));
    assert_eq!(f.store.claim_due().await.unwrap(), 0);
    let receipt = f.desk.commit(append(ticket, vec![f.said(customer(), "hello?")])).await.unwrap();
    let woken = receipt.run(run.id).unwrap();
    assert_eq!((woken.status, woken.fence, woken.signals), (RunStatus::Running, run.fence + 1, 1));
    assert_eq!(woken.waiting_for, None);
    assert_eq!(&f.ready.recv().await.unwrap().run, woken);

    // A timer wakes too.
    let wake_at = Some(f.now().plus(Duration::from_secs(60)));
    f.put(woken, RunTo::Waiting { for_what: "time".to_owned(), wake_at }).await.unwrap();
    assert_eq!(f.store.claim_due().await.unwrap(), 0);
    f.clock.advance(Duration::from_secs(60));
    assert_eq!(f.store.claim_due().await.unwrap(), 1);
    assert_eq!(f.ready.recv().await.unwrap().run.attempts, 0);
}

pub async fn a_writer_with_an_old_fence_is_refused(mut f: Fixture) {
    let (ticket, run) = f.working().await;
    f.clock.advance(Duration::from_secs(31));
    assert_eq!(f.store.claim_due().await.unwrap(), 1);
    let newer = f.ready.recv().await.unwrap().run;
    let mut change = f.change(&run, RunTo::Running);
    change.steps.push(f.step(0));
    let commit = Commit {
        ops: vec![Op::Append { ticket_id: ticket, events: vec![f.noted()] }, Op::Run(Box::new(change))],
    };
    assert_eq!(f.desk.commit(commit).await, Err(CommitError::LeaseLost(run.id)));
    assert!(f.desk.steps(run.id).await.unwrap().is_empty());
    assert_eq!(f.desk.ticket(ticket).await.unwrap().unwrap().version, 1);
    f.put(&newer, answered()).await.unwrap();
    // Nobody writes to a run that has ended.
    assert_eq!(f.put(&newer, answered()).await, Err(CommitError::LeaseLost(run.id)));
}

pub async fn steps_continue_the_journal(mut f: Fixture) {
    let (_, run) = f.working().await;
    let mut change = f.change(&run, RunTo::Running);
    change.steps = vec![f.step(0), f.step(1)];
    change.usage = domain::model::Usage { tokens_in: 6, tokens_out: 4, cost_micros: 14 };
    let receipt = f.desk.commit(one(Op::Run(Box::new(change.clone())))).await.unwrap();
    assert_eq!(receipt.run(run.id).unwrap().step_count, 2);
    assert_eq!(receipt.run(run.id).unwrap().usage, change.usage);
    assert!(matches!(
        f.desk.commit(one(Op::Run(Box::new(change.clone())))).await,
        Err(CommitError::Conflict(_))
    ));
    change.steps = vec![f.step(3)];
    assert!(matches!(f.desk.commit(one(Op::Run(Box::new(change)))).await, Err(CommitError::Conflict(_))));
    assert_eq!(f.desk.steps(run.id).await.unwrap(), [f.step(0), f.step(1)]);
}

pub async fn a_failed_attempt_is_due_again_later(mut f: Fixture) {
    let (_, run) = f.working().await;
    let at = f.now().plus(Duration::from_secs(10));
    let receipt = f.put(&run, RunTo::Retry { error: "no answer".to_owned(), at }).await.unwrap();
    let failed = receipt.run(run.id).unwrap();
    assert_eq!((failed.status, failed.attempts, failed.wake_at), (RunStatus::Queued, 1, Some(at)));
    assert_eq!(failed.error.as_deref(), Some("no answer"));
    assert_eq!(f.store.claim_due().await.unwrap(), 0);
    assert_eq!(f.store.due_since(f.now()).await.unwrap(), None, "nobody keeps it waiting");
    f.clock.advance(Duration::from_secs(17));
    assert_eq!(f.store.due_since(f.now()).await.unwrap(), Some(at), "seven seconds late");
    assert_eq!(f.store.claim_due().await.unwrap(), 1);
    assert_eq!(f.store.due_since(f.now()).await.unwrap(), None);
    let again = f.ready.recv().await.unwrap().run;
    assert_eq!(again.attempts, 1);
    let receipt = f.put(&again, RunTo::Running).await.unwrap();
    assert_eq!((receipt.runs[0].attempts, &receipt.runs[0].error), (0, &None));
}

pub async fn the_most_urgent_run_is_claimed_first(mut f: Fixture) {
    let due = f.now().plus(Duration::from_secs(1));
    let mut expected = Vec::new();
    for priority in [0, 5, 0, 9, 5] {
        f.clock.advance(Duration::from_millis(1));
        let ticket = f.open("x").await;
        let run = NewRun { priority, wake_at: Some(due), ..f.new_run(Some(ticket)) };
        expected.push((std::cmp::Reverse(priority), run.at, run.id));
        f.desk.commit(one(Op::EnsureRun(run))).await.unwrap();
    }
    f.clock.advance(Duration::from_secs(1));
    assert_eq!(f.store.claim_due().await.unwrap(), 5);
    expected.sort();
    for (_, _, id) in expected {
        assert_eq!(f.ready.recv().await.unwrap().run.id, id);
    }
}

pub async fn an_expired_lease_is_taken_over(mut f: Fixture) {
    let (_, run) = f.working().await;
    f.clock.advance(Duration::from_secs(30));
    assert_eq!(f.store.claim_due().await.unwrap(), 0);
    f.clock.advance(Duration::from_secs(1));
    assert_eq!(f.store.due_since(f.now()).await.unwrap(), run.lease_until, "its worker is gone");
    assert_eq!(f.store.claim_due().await.unwrap(), 1);
    let taken = f.ready.recv().await.unwrap().run;
    assert_eq!((taken.id, taken.status, taken.fence, taken.attempts), (run.id, RunStatus::Running, 2, 1));
}

pub async fn what_one_process_has_no_place_for_is_told_to_the_others(mut f: Fixture) {
    let (busy, url) = (f.another_process("busy", 0).await, f.url.clone());
    let mut words = f.store.words();
    let desk = busy.workspace(f.desk.id());
    let mut heard = Vec::new();
    // Until this process listens nothing is told to it but that it may have missed something.
    while !heard.contains(&Word::Due) || !heard.contains(&Word::News(f.desk.id())) {
        let ticket = f.id(TicketId::new);
        let created = Op::Append { ticket_id: ticket, events: vec![f.created(Channel::Api, "due")] };
        let ensure = Op::EnsureRun(f.new_run(Some(ticket)));
        desk.commit(Commit { ops: vec![created, ensure] }).await.unwrap();
        while let Ok(Ok(word)) = tokio::time::timeout(Duration::from_millis(300), words.recv()).await {
            heard.push(word);
        }
    }
    assert!(f.store.claim_due().await.unwrap() > 0, "{url}");
    assert!(f.ready.recv().await.unwrap().lease.term().holds());
    busy.workspace(f.desk.id())
        .open_breaker(domain::breaker::Breaker {
            of: domain::breaker::BreakerOf::Workspace,
            reason: "enough".to_owned(),
            opened_by: domain::user::Actor::System,
            opened_at: f.now(),
        })
        .await
        .unwrap();
    while !heard.contains(&Word::Rules) {
        heard.push(words.recv().await.unwrap());
    }
}

pub async fn a_heartbeat_keeps_the_leases_of_what_is_worked_on(mut f: Fixture) {
    // Whoever worked on it is gone, with an error that could not be written down.
    let (_, left) = f.working().await;
    let ticket = f.open("worked on").await;
    f.desk.commit(one(Op::EnsureRun(f.new_run(Some(ticket))))).await.unwrap();
    let ready = f.ready.recv().await.unwrap();
    f.clock.advance(Duration::from_secs(25));
    f.store.heartbeat().await.unwrap();
    f.clock.advance(Duration::from_secs(25));
    assert_eq!(f.store.claim_due().await.unwrap(), 1, "it is taken up again");
    assert_eq!(f.ready.recv().await.unwrap().run.id, left.id);
    f.put(&ready.run, answered()).await.unwrap();
}

pub async fn a_restart_puts_leased_runs_back(mut f: Fixture) {
    let (_, run) = f.working().await;
    let (_, parked) = f.working().await;
    f.put(&parked, waiting()).await.unwrap();
    assert_eq!(f.store.take_over_all().await.unwrap(), 1);
    assert_eq!(f.desk.run(run.id).await.unwrap().unwrap().status, RunStatus::Queued);
    assert_eq!(f.put(&run, answered()).await, Err(CommitError::LeaseLost(run.id)));
    assert_eq!(f.store.claim_due().await.unwrap(), 1);
    let again = f.ready.recv().await.unwrap().run;
    assert_eq!((again.id, again.fence, again.attempts), (run.id, 2, 1));
}

pub async fn a_process_that_ends_hands_back_what_it_has_not_begun(mut f: Fixture) {
    let (_, begun) = f.working().await;
    let ticket = f.open("not begun").await;
    let receipt = f.desk.commit(one(Op::EnsureRun(f.new_run(Some(ticket))))).await.unwrap();
    let left = &receipt.runs[0];
    assert_eq!(left.status, RunStatus::Running, "it is leased, and nobody has taken it up yet");
    f.store.drain();
    let ready = f.ready.recv().await.unwrap();
    assert_eq!(f.store.hand_back(vec![ready]).await.unwrap(), 1);
    let back = f.desk.run(left.id).await.unwrap().unwrap();
    assert_eq!((back.status, back.attempts, back.lease_owner), (RunStatus::Queued, 0, None));
    assert_eq!(f.put(left, answered()).await, Err(CommitError::LeaseLost(left.id)));

    // What comes meanwhile is left to others, and what has begun comes to its end.
    let ticket = f.open("meanwhile").await;
    let receipt = f.desk.commit(one(Op::EnsureRun(f.new_run(Some(ticket))))).await.unwrap();
    assert_eq!(receipt.runs[0].status, RunStatus::Queued);
    assert_eq!(f.store.claim_due().await.unwrap(), 0);
    assert_eq!(f.store.load().runs_leased, 1);
    f.put(&begun, answered()).await.unwrap();
    assert!(f.ready.try_recv().is_err());
}

pub async fn only_dead_and_quarantined_runs_are_retried(mut f: Fixture) {
    let now = f.now();
    let retry = |id: RunId| one(Op::RetryRun { run_id: id, at: now });
    let (_, running) = f.working().await;
    assert!(matches!(f.desk.commit(retry(running.id)).await, Err(CommitError::Conflict(_))));
    let (ticket, dead) = f.working().await;
    let receipt = f.put(&dead, RunTo::Dead { error: "gave up".to_owned() }).await.unwrap();
    assert_eq!(receipt.runs[0].error.as_deref(), Some("gave up"));
    let receipt = f.desk.commit(retry(dead.id)).await.unwrap();
    assert_eq!((receipt.runs[0].status, &receipt.runs[0].error), (RunStatus::Running, &None));
    let again = receipt.runs[0].clone();
    f.put(&again, RunTo::Quarantined { error: "step 3".to_owned() }).await.unwrap();
    f.desk.commit(one(Op::EnsureRun(f.new_run(Some(ticket))))).await.unwrap();
    let refused = f.desk.commit(retry(dead.id)).await;
    assert!(matches!(refused, Err(CommitError::Conflict(_))), "{refused:?}");
}

pub async fn a_run_may_end_and_another_start_in_one_batch(mut f: Fixture) {
    let mut work = Vec::new();
    for _ in 0..20 {
        work.push(f.working().await);
    }
    let commits: Vec<Commit> = work
        .iter()
        .flat_map(|(ticket, run)| {
            let next = Op::EnsureRun(f.new_run(Some(*ticket)));
            [one(Op::Run(Box::new(f.change(run, answered())))), one(next)]
        })
        .collect();
    let results = join_all(commits.into_iter().map(|commit| f.desk.commit(commit))).await;
    for (n, result) in results.into_iter().enumerate() {
        let receipt = result.unwrap();
        let (ticket, before) = &work[n / 2];
        if n % 2 == 1 {
            assert_ne!(receipt.runs[0].id, before.id);
            assert_eq!(f.desk.active_run(*ticket).await.unwrap().unwrap().id, receipt.runs[0].id);
        }
    }
}

pub async fn a_run_knows_which_messages_others_have_read(mut f: Fixture) {
    let (ticket, run) = f.working().await;
    f.desk.commit(append(ticket, vec![f.said(customer(), "One")])).await.unwrap();
    let version = f.desk.ticket(ticket).await.unwrap().unwrap().version;
    let first = f.desk.around_run(run.id, Some(ticket), 0).await.unwrap();
    assert_eq!(first.heard, 0, "nobody has read before");
    let ended = RunChange { seen_version: Some(version), ..f.change(&run, answered()) };
    f.desk.commit(one(Op::Run(Box::new(ended)))).await.unwrap();
    f.desk.commit(append(ticket, vec![f.said(customer(), "Two")])).await.unwrap();
    let next = f.desk.commit(one(Op::EnsureRun(f.new_run(Some(ticket))))).await.unwrap().runs[0].id;
    let around = f.desk.around_run(next, Some(ticket), 0).await.unwrap();
    assert_eq!(around.heard as usize, around.messages.len() - 1);
    assert_eq!(around.messages.last().unwrap().body, "Two");
    // Of another ticket it says nothing.
    let (other, run) = f.working().await;
    assert_eq!(f.desk.around_run(run.id, Some(other), 0).await.unwrap().heard, 0);
}

pub async fn two_processes_never_share_a_run(f: Fixture) {
    let due = f.now().plus(Duration::from_secs(1));
    for _ in 0..60 {
        let ticket = f.open("x").await;
        let run = NewRun { wake_at: Some(due), ..f.new_run(Some(ticket)) };
        f.desk.commit(one(Op::EnsureRun(run))).await.unwrap();
    }
    f.clock.advance(Duration::from_secs(1));
    let stores = [f.another_process("two", 1000).await, f.another_process("three", 1000).await];
    let mut readies: Vec<_> = stores.iter().map(|store| store.ready().unwrap()).collect();
    let counts = join_all((0..8).map(|n| stores[n % 2].claim_due())).await;
    let mut total: usize = counts.into_iter().map(Result::unwrap).sum();
    // What was locked by the other in passing is claimed by the next round.
    for store in &stores {
        total += store.claim_due().await.unwrap();
    }
    assert_eq!(total, 60);
    let mut seen = HashSet::new();
    for ready in &mut readies {
        while let Ok(claimed) = ready.try_recv() {
            assert!(seen.insert(claimed.run.id), "{} was given twice", claimed.run.id);
            assert_eq!(claimed.run.fence, 1);
        }
    }
    assert_eq!(seen.len(), 60);
}

pub async fn two_processes_append_gaplessly(f: Fixture) {
    let tickets: Vec<TicketId> =
        [f.open("a").await, f.open("b").await, f.open_in(&f.desk, Channel::Chat, "c").await].to_vec();
    let stores = [f.store.clone(), f.another_process("two", 1000).await, f.another_process("three", 0).await];
    let commits = (0..150).map(|n| {
        let desk = stores[n % 3].workspace(f.desk.id());
        let ticket = tickets[(n / 3) % 3];
        let commit = Commit {
            ops: vec![
                Op::Append { ticket_id: ticket, events: vec![f.said(customer(), "x")] },
                Op::EnsureRun(f.new_run(Some(ticket))),
            ],
        };
        async move { desk.commit(commit).await }
    });
    for result in join_all(commits).await {
        result.unwrap();
    }
    let events = f.desk.events_after(0, 500).await.unwrap();
    assert_eq!(events.iter().map(|e| e.position).collect::<Vec<_>>(), (1..=153).collect::<Vec<_>>());
    assert_eq!(f.desk.runs(&RunFilter::default(), 10, None).await.unwrap().items.len(), 3);
    assert!(f.desk.verify_tickets().await.unwrap().is_empty());
}
