//! Effects: attempted until their fate is known, done once.

use std::{sync::atomic::Ordering, time::Duration};

use domain::{
    TicketId,
    approval::{Approval, DecisionKind, Question},
    effect::EffectStatus,
    run::{Outcome, Run},
};
use orchestrator::testing::model_server::Script;

use crate::rig::{Fault, ORDER, ORDER_CENTS, PLEASE_REFUND, Rig, Setup, refunds};

fn setup() -> Setup {
    Setup { stop_seconds: 10, ..Setup::default() }
}

/// Approves the refund of a new ticket.
async fn approved(rig: &Rig) -> (TicketId, Approval) {
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    rig.approve(&approval).await;
    (ticket, approval)
}

async fn refund(rig: &Rig, run: &Run) -> domain::effect::Effect {
    let mut effects = rig.effects(run.id).await;
    effects.retain(|e| e.call.tool == "shop__refund_order");
    assert_eq!(effects.len(), 1);
    effects.remove(0)
}

fn one_key(rig: &Rig, attempts: usize) {
    let keys = rig.front.keys();
    assert_eq!(keys.len(), attempts, "{keys:?}");
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_that_is_busy_is_asked_again_with_the_same_key() {
    let rig = Rig::start(Script::new(refunds)).await;
    rig.front.fail([Fault::Status(503), Fault::Status(503)]);
    let (ticket, _) = approved(&rig).await;
    let run = rig.ended(ticket).await;
    one_key(&rig, 3);
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    let effect = refund(&rig, &run).await;
    assert_eq!((effect.status, effect.attempts), (EffectStatus::Succeeded, 3));
    assert!(matches!(run.outcome, Some(Outcome::Answered { .. })), "{run:?}");
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_is_asked_for_where_the_shop_can_be_asked() {
    let rig = Rig::start_with(setup().refunds_once(), Script::new(refunds)).await;
    rig.front.fail([Fault::LoseAnswer]);
    let (ticket, _) = approved(&rig).await;
    let run = rig.ended(ticket).await;
    one_key(&rig, 1);
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    assert_eq!(refund(&rig, &run).await.status, EffectStatus::Succeeded);
    rig.books_balance(ticket).await;
}

/// The shop has not made the refund when it is asked, and a repeat would be paid too.
async fn said_not_to_be_done(fault: Fault) -> (Rig, TicketId) {
    let rig = Rig::start_with(setup().refunds_once(), Script::new(refunds)).await;
    rig.front.fail([fault]);
    let (ticket, _) = approved(&rig).await;
    rig.until("word that it was not done", ticket, async |rig| {
        let run = rig.runs(ticket).await.pop()?;
        let effects = rig.effects(run.id).await;
        effects.iter().any(|effect| effect.status == EffectStatus::Retrying).then_some(())
    })
    .await;
    one_key(&rig, 1);
    (rig, ticket)
}

/// No attempt goes on for so long.
fn wait_out(rig: &Rig) {
    rig.clock.forward(Duration::from_millis(2 * rig.app().config.runs.tool_timeout_ms));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_late_is_not_done_again() {
    let (rig, ticket) = said_not_to_be_done(Fault::Late).await;
    rig.front.late.notify_one();
    rig.until("the refund", ticket, async |rig| (!rig.refunded(ORDER).await.is_empty()).then_some(())).await;
    wait_out(&rig);
    let run = rig.ended(ticket).await;
    one_key(&rig, 1);
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    let effect = refund(&rig, &run).await;
    assert_eq!((effect.status, effect.error), (EffectStatus::Succeeded, None));
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_still_not_done_when_no_attempt_goes_on_any_more_is_tried_again() {
    let (rig, ticket) = said_not_to_be_done(Fault::Hang).await;
    wait_out(&rig);
    let run = rig.ended(ticket).await;
    one_key(&rig, 2);
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    let effect = refund(&rig, &run).await;
    assert_eq!((effect.status, effect.attempts), (EffectStatus::Succeeded, 2));
    rig.books_balance(ticket).await;
}

/// The fate of a refund is unknown, and a person is asked.
async fn unknown(fault: Fault) -> (Rig, TicketId, Approval) {
    let rig = Rig::start_with(setup().refunds_once().refunds_unseen(), Script::new(refunds)).await;
    rig.front.fail([fault]);
    let (ticket, approval) = approved(&rig).await;
    let question = rig.asked_anew(ticket, approval.id).await;
    assert_eq!(question.question, Question::Outcome);
    let run = rig.runs(ticket).await.pop().unwrap();
    assert_eq!(refund(&rig, &run).await.status, EffectStatus::Unknown);
    one_key(&rig, 1);
    (rig, ticket, question)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_effect_of_unknown_fate_is_tried_again_when_a_person_says_it_was_not_done() {
    let (rig, ticket, question) = unknown(Fault::Hang).await;
    rig.approve(&question).await;
    let run = rig.ended(ticket).await;
    one_key(&rig, 2);
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    assert_eq!(refund(&rig, &run).await.status, EffectStatus::Succeeded);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_effect_of_unknown_fate_is_done_when_a_person_says_so() {
    let (rig, ticket, question) = unknown(Fault::LoseAnswer).await;
    let respond = DecisionKind::Respond { message: "The bank statement shows it".to_owned() };
    rig.decide(&question, rig.reviewer, respond).await.unwrap();
    let run = rig.ended(ticket).await;
    one_key(&rig, 1);
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    let effect = refund(&rig, &run).await;
    assert_eq!(effect.status, EffectStatus::Succeeded);
    assert!(effect.summary.contains("The bank statement shows it"), "{effect:?}");
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_effect_of_unknown_fate_has_failed_when_a_person_says_so() {
    let (rig, ticket, question) = unknown(Fault::Hang).await;
    let reject = DecisionKind::Reject { reason: "The shop knows nothing of it".to_owned() };
    rig.decide(&question, rig.reviewer, reject).await.unwrap();
    let run = rig.ended(ticket).await;
    one_key(&rig, 1);
    assert_eq!(refund(&rig, &run).await.status, EffectStatus::Failed);
    assert!(matches!(run.outcome, Some(Outcome::HandedOff { .. })), "{run:?}");
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_effect_of_unknown_fate_stays_unknown_when_a_person_takes_the_ticket() {
    let (rig, ticket, question) = unknown(Fault::LoseAnswer).await;
    let escalate = DecisionKind::Escalate { reason: "I will call the shop".to_owned() };
    rig.decide(&question, rig.reviewer, escalate).await.unwrap();
    let run = rig.ended(ticket).await;
    one_key(&rig, 1);
    assert_eq!(refund(&rig, &run).await.status, EffectStatus::Unknown);
    assert_eq!(rig.ticket(ticket).await.handoff.unwrap().reason, "I will call the shop");
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_told_that_it_was_not_done_while_an_attempt_may_have_been_seen_through() {
    let rig = Rig::start(Script::new(refunds)).await;
    rig.front.blind.store(true, Ordering::SeqCst);
    // The first attempt is done, and from then on the shop is down.
    rig.front.fail([Fault::LoseAnswer]);
    rig.front.fail([Fault::Status(503); 5]);
    let (ticket, approval) = approved(&rig).await;
    let question = rig.asked_anew(ticket, approval.id).await;
    assert_eq!(question.question, Question::Outcome);
    one_key(&rig, 6);
    rig.approve(&question).await;
    let run = rig.ended(ticket).await;
    one_key(&rig, 7);
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    assert_eq!(refund(&rig, &run).await.status, EffectStatus::Succeeded);
    rig.books_balance(ticket).await;
}

/// Stops the process in the middle of an attempt and starts it again.
async fn interrupted(fault: Fault) -> (Rig, TicketId) {
    let mut setup = setup().tools("timeout_ms = 400", "timeout_ms = 20000");
    setup.stop_seconds = 0;
    let mut rig = Rig::start_with(setup, Script::new(refunds)).await;
    rig.front.fail([fault]);
    let (ticket, _) = approved(&rig).await;
    rig.until("the attempt", ticket, async |rig| {
        let begun = !rig.front.keys().is_empty();
        let done = !matches!(fault, Fault::LoseAnswer) || !rig.refunded(ORDER).await.is_empty();
        (begun && done).then_some(())
    })
    .await;
    rig.stop().await;
    rig.begin().await;
    (rig, ticket)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_a_stop_cut_off_is_not_repeated_when_it_was_done() {
    let (rig, ticket) = interrupted(Fault::LoseAnswer).await;
    let run = rig.ended(ticket).await;
    one_key(&rig, 1);
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    assert_eq!(refund(&rig, &run).await.status, EffectStatus::Succeeded);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_attempt_that_a_stop_cut_off_is_repeated_with_its_key_when_it_was_not_done() {
    let (rig, ticket) = interrupted(Fault::Hang).await;
    let run = rig.ended(ticket).await;
    one_key(&rig, 2);
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    assert_eq!(refund(&rig, &run).await.status, EffectStatus::Succeeded);
    rig.books_balance(ticket).await;
}
