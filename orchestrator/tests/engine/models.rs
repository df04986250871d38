//! Models that misbehave: every run ends, and with an answer or a person.

use std::{collections::HashMap, sync::Mutex};

use domain::{
    run::{Outcome, RunStatus},
    ticket::TicketStatus,
};
use orchestrator::testing::model_server::{Reply, RetryAfter, Script};
use serde_json::json;

use crate::rig::{QUESTION, Rig, Setup, final_answer};

fn good() -> Reply {
    Reply::Json(final_answer("ask", QUESTION, "the order is not named"))
}

fn misbehaviours() -> Vec<(&'static str, Reply)> {
    let text = final_answer("ask", QUESTION, "the order is not named").to_string();
    vec![
        ("rate limited", Reply::RateLimited(RetryAfter::Seconds(0.01))),
        ("out of quota", Reply::OutOfQuota),
        ("server error", Reply::Status(500, "no".to_owned())),
        ("hang", Reply::Hang),
        ("cut", Reply::Cut(text.clone(), 40)),
        ("unfinished", Reply::Unfinished(text.clone())),
        ("error in stream", Reply::ErrorInStream(text.clone())),
        ("invalid json", Reply::InvalidJson),
        ("truncated arguments", Reply::TruncatedArguments),
        ("unknown tool", Reply::UnknownTool),
        ("wrong argument types", Reply::WrongArgumentTypes),
        ("empty choices", Reply::EmptyChoices),
        ("huge", Reply::Huge(40 << 20)),
        ("too long", Reply::TooLong(text)),
        ("declined", Reply::Declined("I cannot help with that.".to_owned())),
        ("not the schema", Reply::Json(json!({ "answer": "yes" }))),
        ("reserved tool", Reply::call("reply_to_customer", &json!({ "body": "Hello." }))),
        ("empty", Reply::text("")),
    ]
}

/// Tickets name their misbehaviour; the model shows it `times` times to each of them.
fn script(times: usize) -> Script {
    let shown: Mutex<HashMap<usize, usize>> = Mutex::default();
    Script::new(move |request| {
        let all = request.body.to_string();
        let at = all.rfind("Case ").expect("the customer names a case") + 5;
        let case: usize = all[at..at + 2].parse().unwrap();
        let mut shown = shown.lock().unwrap();
        let so_far = shown.entry(case).or_default();
        *so_far += 1;
        if *so_far <= times { misbehaviours()[case].1.clone() } else { good() }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_misbehaves_once_still_gives_the_customer_the_right_answer() {
    let rig = Rig::start(script(1)).await;
    let mut tickets = Vec::new();
    for (case, (name, _)) in misbehaviours().into_iter().enumerate() {
        tickets
            .push((name, rig.open(&format!("Case {case:02}. I would like to send my jacket back.")).await));
    }
    for (name, ticket) in tickets {
        let run = rig.ended(ticket).await;
        assert_eq!(run.status, RunStatus::Done, "{name}");
        if matches!(name, "declined" | "out of quota") {
            // No second try can help: a person has it.
            assert!(
                matches!(run.outcome, Some(Outcome::HandedOff { .. } | Outcome::Asked { .. })),
                "{name}: {run:?}"
            );
        } else {
            assert!(matches!(run.outcome, Some(Outcome::Asked { .. })), "{name}: {run:?}");
            let told = rig.told(ticket).await;
            assert_eq!(told.len(), 1, "{name}");
            assert_eq!(told[0].body, QUESTION, "{name}");
            assert_eq!(rig.ticket(ticket).await.status, TicketStatus::WaitingForCustomer, "{name}");
        }
        rig.books_balance(ticket).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_always_misbehaves_ends_with_a_person_and_never_hangs() {
    let rig = Rig::start(script(usize::MAX)).await;
    let mut tickets = Vec::new();
    for (case, (name, _)) in misbehaviours().into_iter().enumerate() {
        tickets
            .push((name, rig.open(&format!("Case {case:02}. I would like to send my jacket back.")).await));
    }
    for (name, ticket) in tickets {
        let run = rig.ended(ticket).await;
        assert!(matches!(run.status, RunStatus::Done | RunStatus::Dead), "{name}: {run:?}");
        let ticket_now = rig.ticket(ticket).await;
        assert_eq!(ticket_now.status, TicketStatus::WaitingForStaff, "{name}: {run:?}");
        assert!(ticket_now.handoff.is_some(), "{name}");
        rig.books_balance(ticket).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_offline_model_answers_when_every_provider_is_down() {
    let setup = Setup { offline: true, folders: true, stop_seconds: 10, ..Setup::default() };
    let rig = Rig::start_with(setup, Reply::Status(500, "down".to_owned())).await;
    let ticket = rig.open("Within how many days can I return an unused backpack?").await;
    let run = rig.ended(ticket).await;
    assert!(matches!(run.outcome, Some(Outcome::Answered { .. })), "{run:?}");
    let told = rig.told(ticket).await;
    assert!(told[0].body.contains("45 days"), "{told:?}");
    assert_eq!(told[0].model.as_deref(), Some("offline"));
    rig.books_balance(ticket).await;
}
