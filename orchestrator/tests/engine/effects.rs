//! Effects: attempted until their fate is known, done once.

use std::{sync::atomic::Ordering, time::Duration};

use domain::{
    EffectId, EventId, MessageId, TicketId, Timestamp,
    approval::{Approval, DecisionKind, Question},
    audit::{AuditAction, Deed},
    autonomy::{Level, Rung},
    calibration::{certified::Promise, thousandths},
    commit::{Commit, Op},
    effect::{Effect, EffectStatus},
    policy::Facts,
    run::{Outcome, Run, RunStatus, Step, StepBody},
    ticket::{EventBody, NewEvent},
    user::Actor,
};
use orchestrator::testing::model_server::Script;
use serde_json::json;

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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_that_is_refused_says_nothing_of_the_attempt_before_it() {
    // Still at work on the first one, or not to be talked to any more.
    for status in [409, 401] {
        let rig = Rig::start(Script::new(refunds)).await;
        rig.front.blind.store(true, Ordering::SeqCst);
        rig.front.fail([Fault::LoseAnswer, Fault::Status(status)]);
        let (ticket, _) = approved(&rig).await;
        let run = rig.ended(ticket).await;
        one_key(&rig, 3);
        assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
        assert_eq!(refund(&rig, &run).await.status, EffectStatus::Succeeded);
        rig.books_balance(ticket).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeat_that_is_refused_again_and_again_is_asked_about() {
    let rig = Rig::start(Script::new(refunds)).await;
    rig.front.blind.store(true, Ordering::SeqCst);
    rig.front.fail([Fault::LoseAnswer]);
    rig.front.fail([Fault::Status(401); 5]);
    let (ticket, approval) = approved(&rig).await;
    let question = rig.asked_anew(ticket, approval.id).await;
    assert_eq!(question.question, Question::Outcome);
    let message = "It is paid.".to_owned();
    rig.decide(&question, rig.reviewer, DecisionKind::Respond { message }).await.unwrap();
    let run = rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    assert_eq!(refund(&rig, &run).await.status, EffectStatus::Succeeded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_done_is_known_though_the_run_stops_right_after_it() {
    let rig = Rig::start(Script::new(refunds)).await;
    let (ticket, _) = approved(&rig).await;
    let run = rig.ended(ticket).await;
    let refunded =
        |step: &Step| matches!(&step.body, StepBody::Tool { call, .. } if call.tool == "shop__refund_order");
    let at = rig.steps(run.id).await.iter().find(|step| refunded(step)).unwrap().seq;
    // The agent may take one step less than that.
    let more = format!("[agents.resolution.limits]\nsteps = {}\n", at - 1);
    let rig = Rig::start_with(Setup { more, ..setup() }, Script::new(refunds)).await;
    let (ticket, _) = approved(&rig).await;
    let run = rig.ended(ticket).await;
    assert_eq!(run.status, RunStatus::Quarantined, "{run:?}");
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    assert_eq!(refund(&rig, &run).await.status, EffectStatus::Succeeded);
    let events = rig.rows().events(ticket, 0, 100).await.unwrap();
    let told = |status: &str| {
        events.iter().any(
            |event| matches!(&event.body, EventBody::EffectSettled { status: said, .. } if said == status),
        )
    };
    assert!(told("succeeded"), "whoever takes over sees that it is paid: {events:#?}");
    rig.consistent().await;
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

/// Calls like these helped so often that they may act.
async fn earned(rig: &Rig, like: &Effect) {
    let ticket_id = like.ticket_id.unwrap();
    for n in 0..24 {
        let message_id = MessageId::new(&*rig.app().ids);
        let mut effect = Effect {
            id: EffectId::new(&*rig.app().ids),
            status: EffectStatus::Succeeded,
            output: Some(json!({ "message_id": message_id })),
            ..like.clone()
        };
        effect.call.id = format!("before-{n}");
        let events = vec![NewEvent {
            id: EventId::new(&*rig.app().ids),
            idempotency_key: None,
            actor: Actor::Customer { contact_id: None, name: "Mira".to_owned() },
            body: EventBody::AnswerRated { message_id, helpful: true },
            at: rig.app().clock.now(),
        }];
        let ops = vec![Op::AddEffect(Box::new(effect)), Op::Append { ticket_id, events }];
        rig.rows().commit(Commit { ops }).await.unwrap();
    }
}

/// Puts calls with these facts on a rung.
async fn put(rig: &Rig, facts: &Facts, level: Level, version: i64) {
    let (at, by) = (rig.app().clock.now(), Actor::User { user_id: rig.admin, name: "admin".to_owned() });
    let rung = Rung {
        intent: facts.intent.clone().unwrap(),
        tool: facts.tool.clone(),
        level,
        promise: Promise { ceiling: 0.5, delta: 0.5 },
        threshold: (level == Level::Act).then(|| thousandths(facts.confidence) / 10 * 10),
        version,
        since: at,
        counted_from: Timestamp(0),
        by: by.clone(),
        why: "a test".to_owned(),
        over_policy: false,
    };
    let (action, subject) = (AuditAction::AutonomyChanged, facts.tool.clone());
    let deed = Deed { at, actor: by, action, subject, detail: json!({}) };
    assert!(rig.rows().put_rung(rung, deed).await.unwrap());
    rig.app().policies.refresh().await.unwrap();
}

const TRUSTING: &str = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 60\n\
                        [[rule]]\nname = \"all\"\nthen = \"run\"\nwhy = \"trusted\"\n";

/// A refund that the ladder let act and the shop put off, and that may act no more; with the question whether to go on.
async fn put_off() -> (Rig, TicketId, Approval) {
    let rig = Rig::start_with(Setup { policy: TRUSTING.to_owned(), ..setup() }, Script::new(refunds)).await;
    rig.front.fail([Fault::Status(400), Fault::Limit(40)]);
    let first = rig.open(PLEASE_REFUND).await;
    let like = refund(&rig, &rig.ended(first).await).await;
    assert_eq!(like.status, EffectStatus::Failed);
    let facts = like.judged.clone().unwrap().facts;
    earned(&rig, &like).await;
    put(&rig, &facts, Level::Act, 1).await;

    let ticket = rig.open(PLEASE_REFUND).await;
    let run = rig
        .until("a refund that is put off", ticket, async |rig| {
            let run = rig.runs(ticket).await.pop()?;
            let waits = run.waiting_for.as_ref().is_some_and(|why| why.contains("takes no more calls"));
            (run.status == RunStatus::Waiting && waits).then_some(run)
        })
        .await;
    let effect = refund(&rig, &run).await;
    assert_eq!(effect.judged.unwrap().facts.autonomy, Some(Level::Act));
    put(&rig, &facts, Level::Ask, 2).await;
    rig.clock.forward(Duration::from_secs(41));
    let question = rig.asked(ticket).await;
    assert_eq!(question.question, Question::Outcome);
    assert!(
        question.why.contains("the ladder of autonomy let it act, and now it says `ask`"),
        "{}",
        question.why
    );
    assert_eq!(rig.front.keys().len(), 2, "it is not attempted meanwhile");
    (rig, ticket, question)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_ladder_let_act_and_does_no_more_is_not_attempted_again_without_a_person() {
    let (rig, ticket, question) = put_off().await;
    rig.approve(&question).await;
    let run = rig.ended(ticket).await;
    let keys = rig.front.keys();
    assert!(keys.len() == 3 && keys[1] == keys[2], "{keys:?}");
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    assert_eq!(refund(&rig, &run).await.status, EffectStatus::Succeeded);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_ladder_let_act_and_does_no_more_is_not_done_when_a_person_says_so() {
    let (rig, ticket, question) = put_off().await;
    let reject = DecisionKind::Reject { reason: "Not this one".to_owned() };
    rig.decide(&question, rig.reviewer, reject).await.unwrap();
    let run = rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, Vec::<i64>::new());
    assert_eq!(refund(&rig, &run).await.status, EffectStatus::Failed);
    rig.books_balance(ticket).await;
}
