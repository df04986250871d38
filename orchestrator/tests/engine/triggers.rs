//! What calls for a person takes the ticket to one before any model is asked, and the customer hears of
//! it with the handoff and not before.

use std::time::Duration;

use domain::{
    TicketId,
    approval::DecisionKind,
    run::{Outcome, RunStatus, StepBody},
    ticket::{EventBody, Message, Priority, TicketStatus, Visibility},
    trigger::{Trigger, TriggerKind},
    user::Actor,
};
use orchestrator::testing::model_server::{CapturedRequest, Reply, Script};

use crate::rig::{Fault, ORDER, PLEASE_REFUND, QUESTION, Rig, Setup, final_answer, refunds};

fn setup(more: &str) -> Setup {
    Setup { more: more.to_owned(), stop_seconds: 10, ..Setup::default() }
}

/// Asks back, whatever is said.
fn asks() -> Script {
    Script::new(|_: &CapturedRequest| Reply::Json(final_answer("ask", QUESTION, "not clear")))
}

const ASKS_FIRST: &str = r#"
[default]
role = "reviewer"
quorum = 1
ttl_minutes = 1440
"#;

/// Under a policy that lets everything run.
fn everything_runs() -> Setup {
    let all = "[[rule]]\nname = \"all\"\nwhen = 'true'\nthen = \"run\"\nwhy = \"a test\"\n";
    Setup { policy: format!("{ASKS_FIRST}{all}"), ..setup("") }
}

/// What set off the handoff of the ticket, as its timeline tells each time.
async fn handoffs(rig: &Rig, ticket: TicketId) -> Vec<Vec<Trigger>> {
    let events = rig.rows().events(ticket, 0, 500).await.unwrap();
    let triggers = events.into_iter().filter_map(|event| match event.body {
        EventBody::Escalated { triggers, .. } => Some(triggers),
        _ => None,
    });
    triggers.collect()
}

fn kinds(triggers: &[Trigger]) -> Vec<TriggerKind> {
    triggers.iter().map(|one| one.kind).collect()
}

/// Whether each thing the customer was told of a handoff comes after it, in the same breath.
async fn told_after(rig: &Rig, ticket: TicketId) -> Vec<Message> {
    let events = rig.rows().events(ticket, 0, 500).await.unwrap();
    let mut told = Vec::new();
    for (at, event) in events.iter().enumerate() {
        if let EventBody::MessageAdded { message } = &event.body
            && matches!(message.author, Actor::Agent { .. })
        {
            let before = at.checked_sub(1).map(|at| &events[at].body);
            assert!(matches!(before, Some(EventBody::Escalated { .. })), "{before:?} and then {message:?}");
            told.push(message.clone());
        }
    }
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_call_for_a_person_get_one_without_a_model() {
    let rig = Rig::start(asks()).await;
    for (words, kind, phrase, priority) in [
        (
            "You will hear from my lawyer about NF-20000.",
            TriggerKind::Legal,
            "hear from my lawyer",
            Priority::Normal,
        ),
        ("I'm going to the press with this.", TriggerKind::Press, "going to the press", Priority::Normal),
        ("I am absolutely furious.", TriggerKind::Anger, "I am absolutely furious", Priority::Normal),
        ("I know where you live.", TriggerKind::Threat, "I know where you live", Priority::Urgent),
        ("My account was hacked!", TriggerKind::Security, "My account was hacked", Priority::High),
        ("let me talk to a person", TriggerKind::Person, "talk to a person", Priority::Normal),
        (
            "Sonst lasse ich das Geld zurückbuchen",
            TriggerKind::Leaving,
            "Sonst lasse ich das Geld zurückbuchen",
            Priority::Normal,
        ),
    ] {
        let ticket = rig.open(words).await;
        let run = rig.ended(ticket).await;
        assert!(matches!(run.outcome, Some(Outcome::HandedOff { .. })), "{words}: {run:?}");
        let now = rig.ticket(ticket).await;
        let handoff = now.handoff.expect("a person is wanted");
        assert_eq!(kinds(&handoff.triggers), [kind], "{words}");
        assert_eq!(handoff.triggers[0].phrase, phrase);
        assert!(handoff.reason.contains(phrase), "{}", handoff.reason);
        assert_eq!((now.priority, now.status), (priority, TicketStatus::WaitingForStaff), "{words}");
        assert!(now.tags.contains(kind.tag()), "{:?}", now.tags);
        let told = told_after(&rig, ticket).await;
        assert_eq!(told.len(), 1);
        assert!(told[0].body.contains("asked a colleague to take over"), "{}", told[0].body);
        rig.books_balance(ticket).await;
    }
    assert_eq!(rig.model.count(), 0, "no model was asked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_may_harm_themselves_is_answered_with_care_and_comes_first() {
    let rig = Rig::start(asks()).await;
    let ticket = rig.open("Mein Paket ist weg. Ich möchte nicht mehr leben.").await;
    rig.ended(ticket).await;
    let now = rig.ticket(ticket).await;
    assert_eq!(now.priority, Priority::Urgent);
    assert_eq!(kinds(&now.handoff.unwrap().triggers), [TriggerKind::SelfHarm]);
    let told = told_after(&rig, ticket).await;
    assert!(told[0].body.contains("0800 111 0 111") && told[0].body.contains("Kollegen"), "{}", told[0].body);
    assert_eq!(rig.model.count(), 0);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_complaint_stays_with_the_agent_and_so_does_what_is_switched_off() {
    let rig = Rig::start_with(setup("[escalation]\nlegal = false\nperson = false\n"), asks()).await;
    for words in [
        "This delay is unacceptable. Where is order NF-20000?",
        "You will hear from my lawyer.",
        "I'm not angry, and I won't sue you.",
    ] {
        let ticket = rig.open(words).await;
        rig.until("the model", ticket, async |rig| (!rig.runs(ticket).await.is_empty()).then_some(())).await;
        rig.model.wait_for(1).await;
        rig.until("an answer or a draft", ticket, async |rig| {
            let run = rig.runs(ticket).await.pop()?;
            (!run.status.is_active() || run.status == RunStatus::Waiting).then_some(())
        })
        .await;
        assert!(handoffs(&rig, ticket).await.iter().all(Vec::is_empty), "{words}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_promised_while_the_handoff_waits_or_when_it_is_refused() {
    // This policy asks a person for everything, also for the handoff.
    let asking = Setup { policy: ASKS_FIRST.to_owned(), ..setup("") };
    let rig = Rig::start_with(asking, asks()).await;
    let ticket = rig.open("I will sue you").await;
    let approval = rig.asked(ticket).await;
    assert_eq!(approval.binding.call.tool, "escalate");
    assert!(rig.told(ticket).await.is_empty());
    assert!(handoffs(&rig, ticket).await.is_empty());
    // A newer message changes nothing about it.
    rig.write(ticket, "Hello?").await;
    let again = rig.asked_anew(ticket, approval.id).await;
    assert_eq!(again.binding.call.args["triggers"], approval.binding.call.args["triggers"]);
    rig.approve(&again).await;
    rig.ended(ticket).await;
    assert_eq!(told_after(&rig, ticket).await.len(), 1);
    assert_eq!(handoffs(&rig, ticket).await.len(), 1);
    assert_eq!(rig.model.count(), 0);
    rig.books_balance(ticket).await;

    let refusing = format!(
        "{ASKS_FIRST}[[rule]]\nname = \"never\"\nwhen = 'tool == \"escalate\"'\nthen = \"refuse\"\nwhy = \"a test\"\n"
    );
    let rig = Rig::start_with(Setup { policy: refusing, ..setup("") }, asks()).await;
    let ticket = rig.open("I will sue you").await;
    let run = rig.ended(ticket).await;
    assert_eq!(run.status, RunStatus::Quarantined);
    // The service gives it to a person all the same, and says nothing of it to the customer.
    assert_eq!(rig.ticket(ticket).await.status, TicketStatus::WaitingForStaff);
    assert!(rig.told(ticket).await.is_empty());
    assert_eq!(rig.model.count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_promised_before_a_process_has_handed_over() {
    let mut rig = Rig::start_with(Setup { without_workers: true, ..setup("") }, asks()).await;
    let ticket = rig.open("I will sue you").await;
    rig.stop().await;
    rig.setup.without_workers = false;
    rig.begin().await;
    rig.ended(ticket).await;
    assert_eq!(told_after(&rig, ticket).await.len(), 1);
    assert_eq!(handoffs(&rig, ticket).await.len(), 1);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ticket_in_a_persons_hands_is_not_handed_over_again_and_old_words_do_not_count_twice() {
    let rig = Rig::start_with(everything_runs(), asks()).await;
    let ticket = rig.open("I will sue you").await;
    rig.ended(ticket).await;
    // The person has it; the customer goes on.
    rig.write(ticket, "And I will go to the press! I know where you live!").await;
    rig.until("the second run", ticket, async |rig| {
        let runs = rig.runs(ticket).await;
        (runs.len() == 2 && !runs[1].status.is_active()).then_some(())
    })
    .await;
    assert_eq!(handoffs(&rig, ticket).await.len(), 1);
    assert_eq!(rig.model.count(), 0);
    assert_eq!(told_after(&rig, ticket).await.len(), 1);
    // What cannot wait is moved up all the same.
    let now = rig.ticket(ticket).await;
    assert_eq!(now.priority, Priority::Urgent);
    assert!(now.tags.contains("threat") && !now.tags.contains("press"), "{:?}", now.tags);
    // They give it back without a word, and the customer asks something else.
    let resolved = TicketStatus::Resolved;
    let by = Actor::User { user_id: rig.reviewer, name: "reviewer".to_owned() };
    rig.app()
        .intake
        .set_status(rig.workspace, ticket, by, resolved, "settled by phone".to_owned())
        .await
        .unwrap();
    rig.write(ticket, "How do I wash the backpack?").await;
    rig.model.wait_for(1).await;
    rig.until("an answer or a draft", ticket, async |rig| {
        let run = rig.runs(ticket).await.pop()?;
        (!run.status.is_active() || run.status == RunStatus::Waiting).then_some(())
    })
    .await;
    assert!(handoffs(&rig, ticket).await.len() == 1, "{:?}", handoffs(&rig, ticket).await);
    // New words count anew.
    rig.write(ticket, "See you in court.").await;
    rig.until("the second handoff", ticket, async |rig| {
        (handoffs(rig, ticket).await.len() == 2).then_some(())
    })
    .await;
    let last = handoffs(&rig, ticket).await.pop().unwrap();
    assert_eq!(last[0].phrase, "See you in court");
    for run in rig.runs(ticket).await {
        assert!(rig.app().replay(rig.workspace, run.id).await.unwrap().unwrap().ok);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reviewer_may_send_the_agent_on_and_the_same_words_do_not_call_again() {
    let rig = Rig::start_with(Setup { policy: ASKS_FIRST.to_owned(), ..setup("") }, asks()).await;
    let ticket = rig.open("I will sue you").await;
    let approval = rig.asked(ticket).await;
    let respond = DecisionKind::Respond { message: "They are joking, go on.".to_owned() };
    rig.decide(&approval, rig.reviewer, respond).await.unwrap();
    let next = rig.asked_anew(ticket, approval.id).await;
    assert_eq!(next.binding.call.tool, "reply_to_customer");
    assert!(handoffs(&rig, ticket).await.is_empty());
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_that_come_while_a_person_is_asked_take_the_place_of_the_question() {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    rig.asked(ticket).await;
    let asked = rig.model.count();
    rig.write(ticket, "Forget it. I will see you in court!").await;
    let run = rig.ended(ticket).await;
    assert!(matches!(run.outcome, Some(Outcome::HandedOff { .. })), "{run:?}");
    assert_eq!(rig.model.count(), asked, "no model was asked about it");
    assert!(rig.refunded(ORDER).await.is_empty());
    assert_eq!(told_after(&rig, ticket).await.len(), 1);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn vips_are_those_whom_the_configuration_names() {
    let rig = Rig::start_with(setup("[escalation]\nvip_tiers = [\"Standard\"]\n"), asks()).await;
    let ticket = rig.open("Where is my order?").await;
    rig.ended(ticket).await;
    let found = handoffs(&rig, ticket).await;
    assert_eq!(kinds(&found[0]), [TriggerKind::Vip]);
    assert_eq!(found[0][0].phrase, "of the tier standard");
    rig.books_balance(ticket).await;

    let rig = Rig::start_with(setup("[escalation]\nvip_tags = [\"gold\"]\n"), asks()).await;
    let ticket = rig.open("Where is my order?").await;
    rig.until("an answer or a draft", ticket, async |rig| {
        let run = rig.runs(ticket).await.pop()?;
        (!run.status.is_active() || run.status == RunStatus::Waiting).then_some(())
    })
    .await;
    assert!(handoffs(&rig, ticket).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_third_contact_on_one_matter_goes_to_a_person() {
    let script = Script::new(|_: &CapturedRequest| Reply::Json(final_answer("ask", QUESTION, "not clear")));
    let rig = Rig::start_with(everything_runs(), script).await;
    let ticket = rig.open("Where is my order NF-20000?").await;
    rig.ended(ticket).await;
    let says = async |words: &str, runs: usize| {
        rig.write(ticket, words).await;
        rig.until("the next run", ticket, async |rig| {
            let all = rig.runs(ticket).await;
            (all.len() == runs && all.iter().all(|run| !run.status.is_active())).then_some(())
        })
        .await;
    };
    // Soon after: the same contact.
    says("It is the blue one", 2).await;
    rig.clock.forward(Duration::from_secs(20 * 3_600));
    says("Still nothing here", 3).await;
    rig.clock.forward(Duration::from_secs(20 * 3_600));
    says("Thanks!", 4).await;
    assert!(handoffs(&rig, ticket).await.is_empty());
    rig.clock.forward(Duration::from_secs(20 * 3_600));
    says("Where is it now?", 5).await;
    let found = handoffs(&rig, ticket).await;
    assert_eq!(kinds(&found[0]), [TriggerKind::RepeatedContact]);
    assert!(found[0][0].phrase.starts_with("contact 3 since 20"), "{found:?}");
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tool_that_never_answers_ends_with_a_person() {
    let rig = Rig::start(Script::new(refunds)).await;
    rig.front.fail([Fault::Status(503); 6]);
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    rig.approve(&approval).await;
    let asked = rig.model.count();
    // After the last attempt the shop says that it was not done, and says so again when none goes on any more.
    rig.until("word that it was not done", ticket, async |rig| {
        let effects = rig.effects(rig.runs(ticket).await.pop()?.id).await;
        let effect = effects.into_iter().find(|effect| effect.attempts == 6)?;
        effect.error.filter(|error| error.contains("asked again")).map(drop)
    })
    .await;
    rig.clock.forward(Duration::from_secs(60));
    let run = rig.ended(ticket).await;
    assert_eq!(rig.model.count(), asked, "no model was asked what to make of it");
    assert!(matches!(run.outcome, Some(Outcome::HandedOff { .. })), "{run:?}");
    let found = handoffs(&rig, ticket).await;
    assert_eq!(kinds(&found[0]), [TriggerKind::ToolSilence]);
    assert!(found[0][0].phrase.starts_with("shop__refund_order"), "{found:?}");
    assert_eq!(told_after(&rig, ticket).await.len(), 1);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_tells_when_other_triggers_are_found() {
    let mut rig = Rig::start(asks()).await;
    let ticket = rig.open("I will sue you").await;
    let run = rig.ended(ticket).await;
    let steps = rig.steps(run.id).await;
    assert!(matches!(&steps[1].body, StepBody::Triggered { triggers } if triggers.len() == 1), "{steps:?}");
    rig.stop().await;
    rig.setup.more = "[escalation]\nlegal = false\n".to_owned();
    rig.begin().await;
    let report = rig.app().replay(rig.workspace, run.id).await.unwrap().unwrap();
    let difference = report.first_difference.expect("the trigger is not found any more");
    assert_eq!((difference.step, difference.kind.as_str()), (1, "triggered"));
    assert!(difference.now.contains("[escalation]"), "{}", difference.now);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_colleague_notes_or_an_agent_writes_sets_nothing_off() {
    let rig = Rig::start(asks()).await;
    let ticket = rig.open("Where is my order?").await;
    let user = rig.rows().user(rig.reviewer).await.unwrap().unwrap();
    rig.until("an answer or a draft", ticket, async |rig| {
        let run = rig.runs(ticket).await.pop()?;
        (!run.status.is_active() || run.status == RunStatus::Waiting).then_some(())
    })
    .await;
    for visibility in [Visibility::Internal, Visibility::Public] {
        let body = "They said: I will sue you".to_owned();
        rig.app().intake.staff_message(rig.workspace, ticket, &user, body, visibility, None).await.unwrap();
    }
    rig.write(ticket, "And which colour was it?").await;
    rig.until("an answer or a draft", ticket, async |rig| {
        let runs = rig.runs(ticket).await;
        let last = runs.last()?;
        (!last.status.is_active() || last.status == RunStatus::Waiting).then_some(())
    })
    .await;
    assert!(handoffs(&rig, ticket).await.iter().all(Vec::is_empty));
}
