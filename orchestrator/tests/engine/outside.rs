//! What fails again and again, or takes no more calls, is left alone by itself: runs wait with a reason, go on
//! from there by themselves, and what was approved is done once.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use domain::{
    Clock, Ids, TicketId,
    approval::Question,
    breaker::{Breaker, BreakerOf, WAITS, automatic::BreakerState},
    effect::EffectStatus,
    rate::RateLimit,
    run::{CallOutcome, Outcome, RunStatus, StepBody},
    user::Actor,
};
use orchestrator::{
    system::SystemIds,
    testing::model_server::{CapturedRequest, Reply, Script},
};
use serde_json::json;
use store::{Store, StoreOptions};

use crate::rig::{Fault, ORDER, ORDER_CENTS, PLEASE_REFUND, Rig, Setup, final_answer, refunds, result};

fn shop() -> BreakerOf {
    BreakerOf::Integration("shop".to_owned())
}

fn setup(breakers: &str) -> Setup {
    Setup { breakers: breakers.to_owned(), stop_seconds: 10, ..Setup::default() }
}

const THREE: &str = "failures = 3\ncool_down_seconds = 30\nlongest_cool_down_seconds = 30\nprobes = 1";

/// What the run waits for, once it waits for this.
async fn waits(rig: &Rig, ticket: TicketId, what: &str) -> String {
    rig.until(&format!("a run that waits for: {what}"), ticket, async |rig| {
        let run = rig.runs(ticket).await.pop()?;
        let waits = run.waiting_for.filter(|waits| waits.contains(what))?;
        (run.status == RunStatus::Waiting).then_some(waits)
    })
    .await
}

/// The breaker of the shop, once it is so.
async fn shows(rig: &Rig, ticket: TicketId, what: &str, is_so: impl Fn(BreakerState, u32) -> bool) {
    rig.until(what, ticket, async |rig| {
        let open = rig.rows().automatic_breakers().await.unwrap();
        open.iter().any(|open| open.of == shop() && is_so(open.state, open.failed_probes)).then_some(())
    })
    .await;
}

async fn refunded_once(rig: &Rig, ticket: TicketId, attempts: usize) {
    let run = rig.ended(ticket).await;
    assert!(matches!(run.outcome, Some(Outcome::Answered { .. })), "{run:?}");
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    let keys = rig.front.keys();
    assert!(keys.len() == attempts && keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    let effects = rig.effects(run.id).await;
    let refund = effects.iter().find(|effect| effect.call.tool == "shop__refund_order").unwrap();
    assert_eq!(refund.status, EffectStatus::Succeeded);
    assert_eq!(rig.rows().automatic_breakers().await.unwrap(), []);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_integration_that_keeps_failing_is_left_alone_and_what_waited_is_done_once() {
    let rig = Rig::start_with(setup(THREE), Script::new(refunds)).await;
    rig.front.fail([Fault::Status(500); 3]);
    let ticket = rig.open(PLEASE_REFUND).await;
    rig.approve(&rig.asked(ticket).await).await;
    let why = waits(&rig, ticket, WAITS).await;
    assert!(why.contains("the integration shop failed 3 times in a row; tried again at "), "{why}");
    assert_eq!(rig.front.keys().len(), 3);
    let open = rig.app().outside.open(rig.workspace);
    assert_eq!((open.len(), open[0].state), (1, BreakerState::Open));
    assert!(open[0].last_error.contains("status 500"), "{open:?}");
    rig.clock.forward(Duration::from_secs(31));
    refunded_once(&rig, ticket, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approved_effect_is_not_given_up_while_the_far_side_is_down() {
    let rig = Rig::start_with(setup(THREE), Script::new(refunds)).await;
    rig.front.fail([Fault::Status(503); 8]);
    let ticket = rig.open(PLEASE_REFUND).await;
    rig.approve(&rig.asked(ticket).await).await;
    for probe in 0..5 {
        shows(&rig, ticket, "an open breaker", |state, failed| {
            state == BreakerState::Open && failed == probe
        })
        .await;
        waits(&rig, ticket, WAITS).await;
        rig.clock.forward(Duration::from_secs(31));
    }
    shows(&rig, ticket, "the last failed probe", |_, failed| failed == 5).await;
    waits(&rig, ticket, WAITS).await;
    rig.clock.forward(Duration::from_secs(31));
    refunded_once(&rig, ticket, 9).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_put_off_has_all_its_attempts_still() {
    let rig = Rig::start_with(setup(THREE), Script::new(refunds)).await;
    rig.front.fail([Fault::Limit(1); 5]);
    rig.front.fail([Fault::Status(503)]);
    let ticket = rig.open(PLEASE_REFUND).await;
    rig.approve(&rig.asked(ticket).await).await;
    for calls in 1..=5 {
        rig.until("an answer that there were too many calls", ticket, async |rig| {
            (rig.front.keys().len() == calls).then_some(())
        })
        .await;
        waits(&rig, ticket, "").await;
        rig.clock.forward(Duration::from_secs(2));
    }
    refunded_once(&rig, ticket, 7).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_put_off_for_too_long_and_may_have_been_done_is_asked_about() {
    let rig = Rig::start_with(setup(THREE), Script::new(refunds)).await;
    rig.front.blind.store(true, Ordering::SeqCst);
    // The first attempt is done unseen, and from then on the shop is down.
    rig.front.fail([Fault::LoseAnswer]);
    rig.front.fail([Fault::Status(503); 3]);
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    rig.approve(&approval).await;
    shows(&rig, ticket, "an open breaker", |state, _| state == BreakerState::Open).await;
    waits(&rig, ticket, WAITS).await;
    rig.clock.forward(Duration::from_secs(25 * 60 * 60));
    let question = rig.asked_anew(ticket, approval.id).await;
    assert_eq!(question.question, Question::Outcome);
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_waits_too_instead_of_failing() {
    let rig = Rig::start_with(setup(THREE), Script::new(refunds)).await;
    rig.front.down.store(true, Ordering::SeqCst);
    let ticket = rig.open(PLEASE_REFUND).await;
    waits(&rig, ticket, "the integration shop failed 3 times in a row").await;
    let asked = rig.front.asked.load(Ordering::SeqCst);
    // Another run does not ask either.
    let second = rig.open(PLEASE_REFUND).await;
    waits(&rig, second, WAITS).await;
    assert_eq!(rig.front.asked.load(Ordering::SeqCst), asked);
    rig.front.down.store(false, Ordering::SeqCst);
    rig.clock.forward(Duration::from_secs(62));
    rig.asked(ticket).await;
    rig.asked(second).await;
    for ticket in [ticket, second] {
        let run = rig.runs(ticket).await.pop().unwrap();
        let reads: Vec<CallOutcome> = rig
            .steps(run.id)
            .await
            .into_iter()
            .filter_map(|step| match step.body {
                StepBody::Tool { call, outcome, .. } if call.tool == "shop__get_order" => Some(outcome),
                _ => None,
            })
            .collect();
        assert!(matches!(reads.as_slice(), [CallOutcome::Ok { .. }]), "{reads:?}");
        rig.books_balance(ticket).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_switch_of_a_person_wins_over_a_breaker_that_may_be_tried() {
    let rig = Rig::start_with(setup(THREE), Script::new(refunds)).await;
    rig.front.fail([Fault::Status(500); 3]);
    let ticket = rig.open(PLEASE_REFUND).await;
    rig.approve(&rig.asked(ticket).await).await;
    waits(&rig, ticket, "failed 3 times").await;
    let opened_at = rig.clock.now();
    let switch = Breaker { of: shop(), reason: "we look".to_owned(), opened_by: Actor::System, opened_at };
    assert!(rig.rows().open_breaker(switch).await.unwrap());
    rig.app().breakers.refresh().await.unwrap();
    rig.clock.forward(Duration::from_secs(31));
    rig.until("the switch", ticket, async |rig| {
        let run = rig.runs(ticket).await.pop()?;
        (run.waiting_for? == format!("{WAITS}the integration shop")).then_some(())
    })
    .await;
    assert_eq!(rig.front.keys().len(), 3, "no probe");
    assert_eq!(rig.rows().breakers().await.unwrap().len(), 1);
    // Whoever lets it go on lets it go on from both.
    assert!(rig.rows().close_breaker(shop(), Actor::System, "mended".to_owned()).await.unwrap());
    rig.app().breakers.refresh().await.unwrap();
    rig.clock.forward(Duration::from_secs(3));
    refunded_once(&rig, ticket, 4).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_far_side_that_asks_to_be_left_alone_is_and_the_effect_is_done_afterwards() {
    let rig = Rig::start_with(setup(THREE), Script::new(refunds)).await;
    rig.front.fail([Fault::Limit(40); 1]);
    let ticket = rig.open(PLEASE_REFUND).await;
    rig.approve(&rig.asked(ticket).await).await;
    let why = waits(&rig, ticket, "takes no more calls").await;
    assert!(why.starts_with("the integration shop, which takes no more calls for now; goes on at "), "{why}");
    assert_eq!(rig.front.keys().len(), 1);
    let paused = rig.app().store.paused_rates().await.unwrap();
    assert!(paused.len() == 1 && paused[0].1.since(rig.clock.now()) > Duration::from_secs(10), "{paused:?}");
    rig.clock.forward(Duration::from_secs(41));
    refunded_once(&rig, ticket, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_limit_of_an_integration_a_run_waits_and_goes_on_by_itself() {
    let limited = setup("failures = 0\nerror_rate = 0.0")
        .tools("currency = \"EUR\"\n", "currency = \"EUR\"\nrate = \"2/hour\"\nburst = 2\n");
    let rig = Rig::start_with(limited, Script::new(refunds)).await;
    // Another process has taken one of the two permits.
    let options = StoreOptions { owner: "another".to_owned(), max_claimed: 0, ..StoreOptions::default() };
    let clock = Arc::clone(&rig.clock) as Arc<dyn Clock>;
    let other =
        Store::open(&rig.database(), options, clock, Arc::new(SystemIds) as Arc<dyn Ids>).await.unwrap();
    let limit = RateLimit::parse("2/hour", Some(2)).unwrap();
    assert_eq!(other.lease_permits("integration:shop".to_owned(), limit, 1).await.unwrap(), Ok(1));
    // The order is read with the second.
    let ticket = rig.open(PLEASE_REFUND).await;
    rig.approve(&rig.asked(ticket).await).await;
    let why = waits(&rig, ticket, "the limit of the integration shop (2/hour); goes on at ").await;
    assert!(!why.contains(WAITS), "{why}");
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    rig.clock.forward(Duration::from_secs(31 * 60));
    refunded_once(&rig, ticket, 1).await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_waits_for_the_limit_of_the_only_provider() {
    let limited = Setup { provider: "rate = \"1/hour\"\n".to_owned(), stop_seconds: 10, ..Setup::default() };
    let rig = Rig::start_with(limited, Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    waits(&rig, ticket, "the limit of the provider scripted (1/hour); goes on at ").await;
    assert_eq!(rig.model.count(), 1);
    rig.clock.forward(Duration::from_secs(61 * 60));
    rig.asked(ticket).await;
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_whose_runs_fail_in_a_row_rests_and_is_tried_with_one_run() {
    let well = Arc::new(AtomicBool::new(false));
    let is_well = Arc::clone(&well);
    let script = move |_: &CapturedRequest| match is_well.load(Ordering::SeqCst) {
        true => Reply::Json(final_answer("ask", "Which order is it about?", "it is not said")),
        false => Reply::call("search_knowledge", &json!({ "query": "returns" })),
    };
    let mut setup = setup("failures = 2\nerror_rate = 0.0\nprobes = 1");
    setup.more = "[agents.resolution]\nmax_model_calls = 100\nlimits = { steps = 4, work_seconds = 300, \
                  identical_calls = 9 }\n"
        .to_owned();
    let rig = Rig::start_with(setup, Script::new(script)).await;
    for _ in 0..2 {
        let ticket = rig.open("How do I return it?").await;
        assert_eq!(rig.ended(ticket).await.status, RunStatus::Quarantined);
    }
    let third = rig.open("And now?").await;
    waits(&rig, third, "the agent resolution failed 2 times in a row").await;
    well.store(true, Ordering::SeqCst);
    rig.clock.forward(Duration::from_secs(31));
    let run = rig.ended(third).await;
    assert_eq!(run.status, RunStatus::Done, "{run:?}");
    rig.until("a closed breaker", third, async |rig| {
        rig.rows().automatic_breakers().await.unwrap().is_empty().then_some(())
    })
    .await;
    assert_eq!(rig.rows().breakers().await.unwrap(), [], "that is people's");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_customer_writes_meanwhile_comes_before_a_call_that_nobody_has_begun() {
    let script = |request: &CapturedRequest| match result(request, "add_tags") {
        None => Reply::call("add_tags", &json!({ "tags": ["returns"] })),
        Some(_) => Reply::Json(final_answer("ask", "Which order is it about?", "it is not said")),
    };
    let rig = Rig::start(Script::new(script)).await;
    let of = BreakerOf::Tool("add_tags".to_owned());
    let opened_at = rig.clock.now();
    let switch =
        Breaker { of: of.clone(), reason: "we look".to_owned(), opened_by: Actor::System, opened_at };
    rig.rows().open_breaker(switch).await.unwrap();
    rig.app().breakers.refresh().await.unwrap();
    let ticket = rig.open("How do I return it?").await;
    waits(&rig, ticket, "the tool add_tags").await;
    rig.write(ticket, "Stop, it is settled.").await;
    let run = rig.ended(ticket).await;
    let tags: Vec<CallOutcome> = rig
        .steps(run.id)
        .await
        .into_iter()
        .filter_map(|step| match step.body {
            StepBody::Tool { call, outcome, .. } if call.tool == "add_tags" => Some(outcome),
            _ => None,
        })
        .collect();
    assert_eq!(tags, [CallOutcome::Superseded]);
    rig.books_balance(ticket).await;
}
