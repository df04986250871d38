//! An agent that goes in circles does not do so for ever, and a person takes over.

use domain::{
    run::{CallOutcome, RunStatus, StepBody},
    ticket::TicketStatus,
};
use orchestrator::testing::model_server::{CapturedRequest, Reply, Script};
use serde_json::json;

use crate::rig::{ORDER, PLEASE_REFUND, Rig, Setup};

fn setup(limits: &str) -> Setup {
    let more = format!("[agents.resolution]\nmax_model_calls = 100\nlimits = {limits}\n");
    Setup { more, stop_seconds: 10, ..Setup::default() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_call_is_not_made_a_third_time() {
    let always = |_: &CapturedRequest| Reply::call("shop__get_order", &json!({ "order_number": ORDER }));
    let rig = Rig::start_with(
        setup("{ steps = 30, work_seconds = 300, identical_calls = 2 }"),
        Script::new(always),
    )
    .await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let run = rig.ended(ticket).await;
    let outcomes: Vec<bool> = rig
        .steps(run.id)
        .await
        .into_iter()
        .filter_map(|step| match step.body {
            StepBody::Tool { call, outcome, .. } if call.tool == "shop__get_order" => {
                Some(matches!(outcome, CallOutcome::Ok { .. }))
            }
            _ => None,
        })
        .collect();
    assert_eq!(&outcomes[..3], [true, true, false]);
    assert!(outcomes[3..].iter().all(|made| !made));
    // It goes on asking all the same, until it has had its steps.
    assert_eq!(run.status, RunStatus::Quarantined);
    assert!(run.error.as_deref().unwrap_or_default().contains("limits.steps"), "{run:?}");
    assert_eq!(rig.ticket(ticket).await.status, TicketStatus::WaitingForStaff);
    rig.consistent().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_message_gives_an_agent_its_steps_anew() {
    let script = |request: &CapturedRequest| match request.count("tool") % 3 {
        2 => Reply::Json(crate::rig::final_answer("ask", "Which order do you mean?", "not clear")),
        n => Reply::call("search_knowledge", &json!({ "query": format!("returns {n}") })),
    };
    let rig =
        Rig::start_with(setup("{ steps = 8, work_seconds = 300, identical_calls = 2 }"), Script::new(script))
            .await;
    let ticket = rig.open("How do I return it?").await;
    for round in 0..3 {
        rig.until("an answer or a draft of one", ticket, async |rig| {
            let run = rig.runs(ticket).await.pop()?;
            assert_ne!(run.status, RunStatus::Quarantined, "round {round}: {:?}", run.error);
            (!run.status.is_active() || run.status == RunStatus::Waiting).then_some(())
        })
        .await;
        rig.write(ticket, &format!("I mean the other one, number {round}")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_ends_however_generous_its_limits_are() {
    let script = |request: &CapturedRequest| {
        Reply::call("search_knowledge", &json!({ "query": format!("returns {}", request.count("tool")) }))
    };
    let mut setup = setup("{ steps = 1000000, work_seconds = 1000000, identical_calls = 1000000 }");
    setup.more = setup.more.replace("max_model_calls = 100", "max_model_calls = 100000");
    let rig = Rig::start_with(setup, Script::new(script)).await;
    let ticket = rig.open("How do I return it?").await;
    let run = rig.ended(ticket).await;
    assert_eq!(run.status, RunStatus::Quarantined);
    assert!((400..410).contains(&run.step_count), "{run:?}");
    assert_eq!(rig.ticket(ticket).await.status, TicketStatus::WaitingForStaff);
}
