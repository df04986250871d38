//! Breakers: what they stop, from which process whatever, and that everything goes on from there.

use std::{sync::Arc, time::Duration};

use domain::{
    Clock, Ids, TicketId,
    breaker::{Breaker, BreakerOf, WAITS},
    effect::EffectStatus,
    run::{CallOutcome, Outcome, RunStatus, StepBody},
    user::Actor,
};
use orchestrator::{
    system::SystemIds,
    testing::model_server::{CapturedRequest, Reply, Script},
};
use serde_json::json;
use store::{Store, StoreOptions};

use crate::rig::{Fault, ORDER, ORDER_CENTS, PLEASE_REFUND, Rig, Setup, refunds};

fn refund_tool() -> BreakerOf {
    BreakerOf::Tool("shop__refund_order".to_owned())
}

/// Another process on the rig's database.
async fn another_process(rig: &Rig) -> Store {
    let options = StoreOptions { owner: "another".to_owned(), max_claimed: 0, ..StoreOptions::default() };
    let clock = Arc::clone(&rig.clock) as Arc<dyn Clock>;
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    Store::open(&rig.database(), options, clock, ids).await.unwrap()
}

fn breaker(rig: &Rig, of: BreakerOf) -> Breaker {
    let opened_at = rig.clock.now();
    Breaker { of, reason: "refunds went wrong".to_owned(), opened_by: Actor::System, opened_at }
}

/// The service has heard of it.
async fn heard(rig: &Rig, ticket: TicketId, is_open: bool) {
    let spec = rig.app().catalog.get("shop__refund_order").unwrap().spec().clone();
    rig.until("word of the breaker", ticket, async |rig| {
        let stops = rig.app().breakers.of_tool(rig.workspace, &spec).is_some();
        (stops == is_open).then_some(())
    })
    .await;
}

async fn close(rig: &Rig, store: &Store, of: BreakerOf) {
    let reason = "mended".to_owned();
    assert!(store.workspace(rig.workspace).close_breaker(of, Actor::System, reason).await.unwrap());
    // Runs are woken when every process has heard of it by itself; here time does not wait for that.
    rig.app().breakers.refresh().await.unwrap();
    rig.clock.forward(Duration::from_secs(3));
}

async fn stopped(rig: &Rig, ticket: TicketId) -> String {
    rig.until("a run that waits for a breaker", ticket, async |rig| {
        let run = rig.runs(ticket).await.pop()?;
        let waits = run.waiting_for.filter(|waits| waits.contains(WAITS))?;
        (run.status == RunStatus::Waiting).then_some(waits)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approved_call_of_a_stopped_tool_waits_and_is_done_once_when_it_may() {
    let rig = Rig::start(Script::new(refunds)).await;
    let other = another_process(&rig).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    assert!(other.workspace(rig.workspace).open_breaker(breaker(&rig, refund_tool())).await.unwrap());
    heard(&rig, ticket, true).await;
    rig.approve(&approval).await;
    assert!(stopped(&rig, ticket).await.ends_with("the tool shop__refund_order"));
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    let run = rig.runs(ticket).await.pop().unwrap();
    assert!(rig.effects(run.id).await.iter().all(|effect| effect.call.tool != "shop__refund_order"));

    close(&rig, &other, refund_tool()).await;
    let run = rig.ended(ticket).await;
    assert!(matches!(run.outcome, Some(Outcome::Answered { .. })), "{run:?}");
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    assert_eq!(rig.front.keys().len(), 1);
    rig.books_balance(ticket).await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_workspace_or_agent_asks_no_model_and_goes_on_from_there() {
    for of in [BreakerOf::Workspace, BreakerOf::Agent("resolution".to_owned())] {
        let rig = Rig::start(Script::new(refunds)).await;
        rig.rows().open_breaker(breaker(&rig, of.clone())).await.unwrap();
        rig.app().breakers.refresh().await.unwrap();
        let ticket = rig.open(PLEASE_REFUND).await;
        assert_eq!(stopped(&rig, ticket).await, format!("{WAITS}{}", of.words()));
        assert_eq!(rig.model.count(), 0);
        let store = rig.app().store.clone();
        close(&rig, &store, of).await;
        rig.asked(ticket).await;
        rig.consistent().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_failed_is_not_repeated_while_its_tool_is_stopped() {
    let rig = Rig::start(Script::new(refunds)).await;
    rig.front.fail([Fault::Hang]);
    let ticket = rig.open(PLEASE_REFUND).await;
    rig.approve(&rig.asked(ticket).await).await;
    rig.until("an attempt", ticket, async |rig| (rig.front.keys().len() == 1).then_some(())).await;
    // It hangs for 400 ms before it is given up.
    rig.rows().open_breaker(breaker(&rig, BreakerOf::Integration("shop".to_owned()))).await.unwrap();
    rig.app().breakers.refresh().await.unwrap();
    assert!(stopped(&rig, ticket).await.ends_with("the integration shop"));
    assert_eq!(rig.front.keys().len(), 1);
    let store = rig.app().store.clone();
    close(&rig, &store, BreakerOf::Integration("shop".to_owned())).await;
    let run = rig.ended(ticket).await;
    let keys = rig.front.keys();
    assert_eq!((keys.len(), &keys[0]), (2, &keys[1]), "the same key");
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    let effects = rig.effects(run.id).await;
    let refund = effects.iter().find(|effect| effect.call.tool == "shop__refund_order").unwrap();
    assert_eq!(refund.status, EffectStatus::Succeeded);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_is_told_that_a_read_is_switched_off() {
    let rig = Rig::start(Script::new(refunds)).await;
    rig.rows().open_breaker(breaker(&rig, BreakerOf::Tool("shop__get_order".to_owned()))).await.unwrap();
    rig.app().breakers.refresh().await.unwrap();
    let ticket = rig.open(PLEASE_REFUND).await;
    let error = rig
        .until("a read that was not made", ticket, async |rig| {
            let run = rig.runs(ticket).await.pop()?;
            rig.steps(run.id).await.into_iter().find_map(|step| match step.body {
                StepBody::Tool { call, outcome: CallOutcome::Failed { error }, .. }
                    if call.tool == "shop__get_order" =>
                {
                    Some(error)
                }
                _ => None,
            })
        })
        .await;
    assert!(error.contains("switched off"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_whose_runs_fail_is_stopped_until_a_person_lets_it_go_on() {
    let circles = |_: &CapturedRequest| Reply::call("search_knowledge", &json!({ "query": "returns" }));
    let more = "[agents.resolution]\nmax_model_calls = 100\nlimits = { steps = 4, work_seconds = 300, \
                identical_calls = 9 }\n";
    let setup = Setup { more: more.to_owned(), failed_a_day: Some(2), stop_seconds: 10, ..Setup::default() };
    let rig = Rig::start_with(setup, Script::new(circles)).await;
    let of = BreakerOf::Agent("resolution".to_owned());
    let opened = async || rig.rows().breakers().await.unwrap().into_iter().find(|one| one.of == of);

    let first = rig.open("How do I return it?").await;
    assert_eq!(rig.ended(first).await.status, RunStatus::Quarantined);
    assert_eq!(opened().await, None, "one failure is not many");
    let second = rig.open("How do I return it now?").await;
    rig.ended(second).await;
    let breaker = rig.until("the breaker", second, async |_| opened().await).await;
    assert!(breaker.opened_by == Actor::System && breaker.reason.contains("2 of its runs"), "{breaker:?}");
    let third = rig.open("And now?").await;
    stopped(&rig, third).await;

    // What failed before counts no more.
    rig.clock.forward(Duration::from_secs(1));
    let store = another_process(&rig).await;
    close(&rig, &store, of.clone()).await;
    assert_eq!(rig.ended(third).await.status, RunStatus::Quarantined);
    assert_eq!(opened().await, None);
    store.close().await;
}
