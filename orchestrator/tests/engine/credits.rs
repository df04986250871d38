//! What a run may spend and how many there may be: what is above a ceiling waits, and goes on by itself.

use std::{sync::Mutex, time::Duration};

use domain::{
    Clock as _,
    meter::{Scope, Unit, Window},
    run::{Outcome, RunStatus},
    ticket::{Channel, Priority, TicketStatus},
    user::Actor,
};
use orchestrator::intake::NewTicket;
use orchestrator::testing::model_server::{CapturedRequest, Reply, Script};
use serde_json::json;

use crate::obedient::everything_runs;
use crate::rig::{
    DEAR_ORDER, ORDER, ORDER_CENTS, PLEASE_REFUND, QUESTION, REFUNDED, Rig, Setup, final_answer, refund_call,
    refunds, result,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn with(more: &str, script: impl Into<Script>) -> Rig {
    Rig::start_with(Setup { more: more.to_owned(), stop_seconds: 10, ..Setup::default() }, script).await
}

fn asks(_: &CapturedRequest) -> Reply {
    Reply::Json(final_answer("ask", QUESTION, "the order is not named"))
}

/// What the ticket's run waits for, when that is a limit.
async fn limited(rig: &Rig, ticket: domain::TicketId) -> String {
    rig.until("a run at its limit", ticket, async |rig| {
        let run = rig.runs(ticket).await.pop()?;
        let waits = run.waiting_for.filter(|waits| waits.contains("a limit: "))?;
        (run.status == RunStatus::Waiting).then_some(waits)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_model_did_cost_is_in_the_ledger_and_the_rest_came_back() {
    let rig = with("", Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    rig.approve(&approval).await;
    let run = rig.ended(ticket).await;
    assert!(run.usage.cost_micros > 0);
    let books = rig.rows().verify_credits().await.unwrap();
    assert_eq!((books.spent, books.reserved), (run.usage.cost_micros, 0));
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_does_not_fit_the_day_is_not_made_until_it_is_over() {
    // The most that one call may cost is more than this: nothing is ever asked.
    let rig = with("[credits]\nworkspace = { day = 0.0001 }\n", Script::new(asks)).await;
    let ticket = rig.open("How do I return it?").await;
    let waits = limited(&rig, ticket).await;
    assert!(
        waits.contains("the workspace may spend 0.0001 credits a day, and one call may take 0."),
        "{waits}"
    );
    let run = rig.runs(ticket).await.remove(0);
    assert_eq!(run.wake_at, Some(Window::Day.end(rig.clock.now())));
    assert_eq!(rig.model.count(), 0);
    rig.consistent().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_costs_too_much_ends_with_a_person() {
    let rig = with("[credits]\nrun = 0.0001\n", Script::new(asks)).await;
    let ticket = rig.open("How do I return it?").await;
    let run = rig.ended(ticket).await;
    assert_eq!(run.status, RunStatus::Quarantined);
    assert!(run.error.as_deref().unwrap_or_default().contains("`credits.run`"), "{run:?}");
    assert_eq!(rig.ticket(ticket).await.status, TicketStatus::WaitingForStaff);
    assert_eq!(rig.model.count(), 0);
    rig.consistent().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approved_effect_that_cannot_be_paid_waits_and_is_done_once_when_it_can() {
    let credits =
        "[credits]\nprices = { shop__refund_order = 1.0 }\ntools = { shop__refund_order = { day = 1.5 } }\n";
    let script = |request: &CapturedRequest| {
        let dear = request.body.to_string().contains(DEAR_ORDER);
        let number = if dear { DEAR_ORDER } else { ORDER };
        if result(request, "shop__get_order").is_none() {
            return Reply::call("shop__get_order", &json!({ "order_number": number }));
        }
        match result(request, "shop__refund_order") {
            None => Reply::Calls(vec![refund_call(number, ORDER_CENTS)]),
            Some(_) => Reply::Json(final_answer("answer", &REFUNDED.replace(ORDER, number), "refunded")),
        }
    };
    let rig = with(credits, Script::new(script)).await;
    let (first, second) =
        (rig.open(PLEASE_REFUND).await, rig.open(&PLEASE_REFUND.replace(ORDER, DEAR_ORDER)).await);
    rig.approve(&rig.asked(first).await).await;
    let run = rig.ended(first).await;
    assert!(run.usage.cost_micros > 1_000_000, "the refund is paid by the run: {run:?}");
    rig.approve(&rig.asked(second).await).await;
    let waits = limited(&rig, second).await;
    assert!(waits.contains("the tool shop__refund_order may spend 1.5 credits a day"), "{waits}");
    assert!(rig.refunded(DEAR_ORDER).await.is_empty());
    rig.clock.forward(DAY);
    let run = rig.ended(second).await;
    assert!(matches!(run.outcome, Some(Outcome::Answered { .. })), "{run:?}");
    assert_eq!((rig.refunded(ORDER).await, rig.refunded(DEAR_ORDER).await.len()), (vec![ORDER_CENTS], 1));
    rig.books_balance(second).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_runs_than_may_begin_in_a_minute_begin_in_the_next() {
    let rig = with("[agents.resolution.limits]\nruns_a_minute = 1\n", Script::new(asks)).await;
    // Both in one minute, wherever the clock stands.
    let now = rig.clock.now();
    rig.clock.forward(Window::Minute.end(now).since(now));
    let first = rig.open("How do I return it?").await;
    rig.ended(first).await;
    let second = rig.open("And how do I change it?").await;
    let waits = limited(&rig, second).await;
    assert!(waits.contains("the agent resolution may begin 1 run a minute"), "{waits}");
    assert_eq!(rig.runs(second).await[0].step_count, 0, "nothing was done yet");
    let meters = rig.rows().meters(rig.clock.now()).await.unwrap();
    let runs = meters.iter().find(|meter| meter.key.unit == Unit::Runs).unwrap();
    assert_eq!((&runs.key.scope, runs.used), (&Scope::Agent("resolution".to_owned()), 1));
    // What the customer writes meanwhile is read with the rest.
    rig.write(second, "It is about the blue one.").await;
    rig.clock.forward(Duration::from_secs(60));
    let run = rig.ended(second).await;
    assert_eq!(run.status, RunStatus::Done);
    assert!(rig.model.requests().last().unwrap().body.to_string().contains("the blue one"));
    rig.books_balance(second).await;
}

/// A ticket by mail, on which everything that the agent does runs.
async fn by_mail(rig: &Rig) -> domain::TicketId {
    let (customer, contact) =
        rig.app().intake.identify(rig.workspace, "mira@engine.example", "Mira").await.unwrap();
    let new = NewTicket {
        channel: Channel::Email,
        subject: "A question".to_owned(),
        priority: Priority::Normal,
        contact: Some((customer.id, contact.id)),
        contact_name: "Mira".to_owned(),
        body: "How do I return it?".to_owned(),
        attachments: vec![],
        email: None,
        idempotency_key: None,
        actor: Actor::System,
    };
    rig.app().intake.open_ticket(rig.workspace, new).await.unwrap().tickets[0].id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_may_not_begin_asks_no_model_and_takes_nobodys_place_among_the_mails() {
    let setup = Setup {
        // A model that costs nothing has nothing set aside for it before it is asked.
        provider: "# no prices".to_owned(),
        more: "[agents.resolution.limits]\nruns_a_minute = 1\nemails_a_day = 100\n".to_owned(),
        ..everything_runs()
    };
    let rig = Rig::start_with(setup, Script::new(asks)).await;
    let now = rig.clock.now();
    rig.clock.forward(Window::Minute.end(now).since(now));
    let first = by_mail(&rig).await;
    rig.ended(first).await;
    let second = by_mail(&rig).await;
    limited(&rig, second).await;
    assert_eq!(rig.model.count(), 1, "the second run has asked nothing");
    let used = async |rig: &Rig| {
        let meters = rig.rows().meters(rig.clock.now()).await.unwrap();
        meters.iter().find(|meter| meter.key.unit == Unit::Emails).map_or(0, |meter| meter.used)
    };
    assert_eq!(used(&rig).await, 1, "{:#?}", rig.steps(rig.runs(first).await[0].id).await);
    rig.clock.forward(Duration::from_secs(60));
    rig.ended(second).await;
    assert_eq!((rig.model.count(), used(&rig).await), (2, 2));
    rig.books_balance(second).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_that_comes_to_a_ceiling_sleeps_over_nothing_that_was_said_meanwhile() {
    // What one call may take: a second one does not fit beside what the first did cost.
    let rig = with("[credits]\nworkspace = { day = 0.0001 }\n", Script::new(refunds)).await;
    let waits = limited(&rig, rig.open(PLEASE_REFUND).await).await;
    let most = waits.split("one call may take ").nth(1).unwrap().split(' ').next().unwrap();
    let most: f64 = most.parse().unwrap();

    let (asked, mut was_asked) = tokio::sync::mpsc::unbounded_channel();
    let (go_on, goes_on) = std::sync::mpsc::channel::<()>();
    let goes_on = Mutex::new(Some(goes_on));
    let script = move |request: &CapturedRequest| {
        asked.send(()).unwrap();
        if let Some(goes_on) = goes_on.lock().unwrap().take() {
            tokio::task::block_in_place(|| goes_on.recv().unwrap());
        }
        refunds(request)
    };
    let credits = format!("[credits]\nworkspace = {{ day = {} }}\n", most * 1.02);
    let rig = with(&credits, Script::new(script)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    was_asked.recv().await.unwrap();
    rig.write(ticket, "I want to talk to a person.").await;
    go_on.send(()).unwrap();
    let run = rig.ended(ticket).await;
    assert!(matches!(run.outcome, Some(Outcome::HandedOff { .. })), "{run:?}");
    rig.books_balance(ticket).await;
}
