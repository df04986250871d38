//! When and how a person gets the ticket.

use domain::{
    DomainError,
    run::{CallOutcome, Outcome, StepBody},
    trigger::TriggerKind,
};
use serde_json::{Value, json};

use crate::world::{World, answer, handoff, ok, passage, transcript};

fn text<'c>(call: &'c domain::tool::ToolCall, name: &str) -> &'c str {
    call.args[name].as_str().unwrap()
}

fn drafted() -> (World, domain::tool::ToolCall) {
    let mut world = World::customer_writes("How long can I return an unused tent?");
    world.search(&[passage(1, "Returns are accepted within 30 days.", 0.9)]);
    world.model_answers(answer("Probably forever.", &[], 0.3, true));
    let reply = world.call("reply_to_customer").call;
    (world, reply)
}

#[test]
fn a_customer_who_asks_for_a_person_gets_one_without_a_model() {
    let mut world = World::asks_for_person("HUMAN");
    let call = world.call("escalate");
    assert_eq!(call.confidence.score, 1.0);
    let reason = "the customer asked for a person: “HUMAN”";
    assert_eq!(text(&call.call, "reason"), reason);
    assert!(text(&call.call, "message").starts_with("Of course."), "{call:?}");
    assert_eq!(call.call.args["triggers"][0]["kind"], "person");
    world.settle(&call.call, ok(json!({"escalated": true})));
    assert_eq!(world.end(), Outcome::HandedOff { reason: reason.to_owned() });
}

#[test]
fn a_person_can_be_asked_for_at_any_time() {
    let (mut world, reply) = drafted();
    world.propose(&reply);
    world.observe(true, "I want to speak to a human");
    world.triggered(TriggerKind::Person, "speak to a human", Some("en"));
    world.settle(&reply, CallOutcome::Superseded);
    let call = world.call("escalate").call;
    assert_eq!(text(&call, "reason"), "the customer asked for a person: “speak to a human”");
}

#[test]
fn what_calls_for_a_person_does_not_wait_for_what_is_under_way() {
    let mut world = World::customer_writes("Refund NF-1");
    world.search(&[]);
    let refund = world.model(None, &[("shop__refund_order", json!({"number": "NF-1"}))]).remove(0);
    world.observe(true, "I will kill you");
    world.triggered(TriggerKind::Threat, "I will kill you", Some("en"));
    let tools: Vec<String> = world.calls().into_iter().map(|proposed| proposed.call.tool).collect();
    assert_eq!(tools, ["escalate", "shop__refund_order"]);
    let handoff = world.calls().remove(0).call;
    world.settle(&handoff, ok(Value::Null));
    assert_eq!(world.call("shop__refund_order").call, refund, "it is seen through, and handed over once");
    world.settle(&refund, ok(json!({"refunded": true})));
    assert!(matches!(world.end(), Outcome::HandedOff { .. }));
}

#[test]
fn who_may_harm_themselves_is_answered_with_care_in_their_language() {
    let mut world = World::customer_writes("Ich will nicht mehr leben");
    world.triggered(TriggerKind::SelfHarm, "nicht mehr leben", Some("de"));
    let call = world.call("escalate").call;
    let told = text(&call, "message");
    assert!(told.contains("0800 111 0 111") && told.contains("Kollegin"), "{told}");
    world.settings.help = "Unsere Nothilfe: 0000.".to_owned();
    let call = world.call("escalate").call;
    let told = text(&call, "message");
    assert!(told.ends_with("Unsere Nothilfe: 0000.") && !told.contains("0800"), "{told}");
}

#[test]
fn what_set_a_handoff_off_stands_until_a_person_decides() {
    let mut world = World::customer_writes("I will sue you");
    world.triggered(TriggerKind::Legal, "I will sue", Some("en"));
    let first = world.call("escalate").call;
    world.propose(&first);
    // A newer message supersedes the question, and says nothing of the law.
    world.observe(true, "Hello?");
    world.settle(&first, CallOutcome::Superseded);
    let second = world.call("escalate").call;
    assert_ne!(second.id, first.id);
    assert_eq!(second.args["triggers"], first.args["triggers"]);
    world.propose(&second);
    world.settle(&second, CallOutcome::Responded { message: "Go on, it is a joke.".to_owned(), by: None });
    world.search(&[]);
    assert!(transcript(&world.request()).contains("it is a joke"));
}

#[test]
fn triggers_of_several_messages_go_with_one_handoff() {
    let mut world = World::customer_writes("I will sue you");
    world.triggered(TriggerKind::Legal, "I will sue", Some("en"));
    let first = world.call("escalate").call;
    world.propose(&first);
    world.observe(true, "And I go to the press");
    world.triggered(TriggerKind::Press, "go to the press", Some("en"));
    world.settle(&first, CallOutcome::Superseded);
    let call = world.call("escalate").call;
    assert!(
        text(&call, "reason").contains("I will sue") && text(&call, "reason").contains("press"),
        "{call:?}"
    );
    assert_eq!(call.args["triggers"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_tool_that_gives_no_answer_ends_with_a_person() {
    let mut world = World::customer_writes("Where is order NF-1?");
    world.search(&[]);
    let calls = world.model(None, &[("shop__get_order", json!({"number": "NF-1"}))]);
    world.settle(&calls[0], CallOutcome::Failed { error: "not available: no answer within 30 s".to_owned() });
    world.triggered(TriggerKind::ToolSilence, "shop__get_order, not available", None);
    let call = world.call("escalate").call;
    assert_eq!(text(&call, "reason"), "a tool gave no answer: shop__get_order, not available");
}

#[test]
fn a_model_that_hands_over_gives_the_reason_and_its_draft_to_the_colleague() {
    let mut world = World::customer_writes("I smell gas when I use the stove");
    world.search(&[]);
    world.model_answers(handoff("danger of injury"));
    let call = world.call("escalate").call;
    assert_eq!(text(&call, "reason"), "danger of injury");
    let summary = text(&call, "summary");
    assert!(
        summary.contains("I smell gas") && summary.contains("Our safety team should see this."),
        "{summary}"
    );
    assert!(!text(&call, "message").contains("safety team"), "the customer reads only what is certain");
}

#[test]
fn a_reply_below_the_floor_goes_to_a_person_with_a_summary_and_the_draft() {
    let (mut world, reply) = drafted();
    world.settle(&reply, CallOutcome::Refused { reason: "confidence below the floor".to_owned() });
    let call = world.call("escalate").call;
    assert!(text(&call, "reason").contains("confidence below the floor"));
    let summary = text(&call, "summary");
    assert!(summary.contains("How long can I return") && summary.contains("Probably forever."), "{summary}");
    world.settle(&call, ok(Value::Null));
    assert!(matches!(world.end(), Outcome::HandedOff { .. }));
}

#[test]
fn every_reply_that_does_not_go_out_ends_with_a_person() {
    for (outcome, reason) in [
        (CallOutcome::Rejected { reason: "too blunt".to_owned(), by: None }, "too blunt"),
        (CallOutcome::Expired, "in time"),
        (CallOutcome::Failed { error: "no route".to_owned() }, "no route"),
    ] {
        let (mut world, reply) = drafted();
        world.propose(&reply);
        world.settle(&reply, outcome);
        let call = world.call("escalate").call;
        assert!(text(&call, "reason").contains(reason), "{call:?}");
    }
}

#[test]
fn a_person_who_takes_over_at_the_reply_ends_the_run() {
    let (mut world, reply) = drafted();
    world.propose(&reply);
    world.settle(&reply, CallOutcome::Escalated { reason: "mine".to_owned(), by: None });
    assert_eq!(world.end(), Outcome::HandedOff { reason: "mine".to_owned() });
}

#[test]
fn an_unusable_reply_is_repaired_once_and_then_goes_to_a_person() {
    let mut world = World::customer_writes("How long can I return a tent?");
    world.search(&[]);
    world.unusable("`kind` is missing");
    assert!(transcript(&world.request()).contains("`kind` is missing"));
    world.model(Some("Sure, thirty days!"), &[]);
    let call = world.call("escalate").call;
    assert!(text(&call, "reason").contains("could not be used"), "{call:?}");
}

#[test]
fn a_repaired_reply_starts_the_count_anew_and_leaves_no_trace() {
    let mut world = World::customer_writes("Where is order NF-1?");
    world.search(&[]);
    world.unusable("cut off");
    let calls = world.model(None, &[("shop__get_order", json!({"number": "NF-1"}))]);
    world.settle(&calls[0], ok(json!({"status": "shipped"})));
    assert!(!transcript(&world.request()).contains("cut off"));
    world.unusable("cut off again");
    assert!(transcript(&world.request()).contains("cut off again"));
}

#[test]
fn used_up_model_calls_end_with_a_person() {
    let mut world = World::customer_writes("Where is order NF-1?");
    world.settings.max_model_calls = 2;
    world.search(&[]);
    for _ in 0..2 {
        let calls = world.model(None, &[("shop__get_order", json!({"number": "NF-1"}))]);
        world.settle(&calls[0], ok(json!({"status": "shipped"})));
    }
    assert_eq!(text(&world.call("escalate").call, "reason"), "2 model calls did not settle it");
}

#[test]
fn a_provider_that_is_down_ends_with_a_person_and_never_in_silence() {
    let mut world = World::customer_writes("Where is order NF-1?");
    world.search(&[]);
    world.push(StepBody::Failed { what: "model".to_owned(), error: "no provider answers".to_owned() }, None);
    let call = world.call("escalate").call;
    assert_eq!(text(&call, "reason"), "model is not available: no provider answers");
    world.settle(&call, ok(Value::Null));
    assert!(matches!(world.end(), Outcome::HandedOff { .. }));
}

#[test]
fn a_handoff_that_fails_is_tried_again_and_then_quarantines_the_run() {
    let mut world = World::asks_for_person("HUMAN");
    let mut ids = Vec::new();
    for _ in 0..3 {
        let call = world.call("escalate").call;
        ids.push(call.id.clone());
        world.settle(&call, CallOutcome::Refused { reason: "the policy forbids it".to_owned() });
    }
    ids.dedup();
    assert_eq!(ids.len(), 3, "each attempt is a call of its own");
    let Err(DomainError::Journal { step, why }) = world.try_next() else { panic!("{:?}", world.next()) };
    assert_eq!(step, 4);
    assert!(why.contains("take it by hand"), "{why}");
}

#[test]
fn a_reviewer_may_send_the_agent_on_instead_of_a_handoff() {
    let mut world = World::asks_for_person("I want to speak to a human about the return period");
    let call = world.call("escalate").call;
    world.propose(&call);
    world.settle(&call, CallOutcome::Responded { message: "Tell them: 30 days.".to_owned(), by: None });
    world.search(&[]);
    assert!(transcript(&world.request()).contains("Tell them: 30 days."));
}

#[test]
fn a_handoff_that_nobody_looked_at_is_asked_for_again() {
    let mut world = World::asks_for_person("HUMAN");
    for _ in 0..5 {
        let call = world.call("escalate").call;
        world.propose(&call);
        world.settle(&call, CallOutcome::Expired);
    }
    world.call("escalate");
}

#[test]
fn a_draft_that_was_sent_is_not_called_unsent() {
    let mut world = World::customer_writes("How long can I return an unused tent?");
    let found = passage(1, "Returns are accepted within 30 days.", 0.9);
    world.search(std::slice::from_ref(&found));
    world.model_answers(answer("Returns are accepted within 30 days. [1]", &[&found], 0.9, true));
    let reply = world.call("reply_to_customer").call;
    world.settle(&reply, ok(Value::Null));
    world.observe(true, "And how do I clean the waterproof jacket?");
    world.search(&[]);
    world.push(StepBody::Failed { what: "model".to_owned(), error: "down".to_owned() }, None);
    let call = world.call("escalate").call;
    assert!(!text(&call, "summary").contains("not sent"), "{call:?}");
}
