//! Journals that cannot be continued from name the step, and are never guessed at.

use domain::{
    DomainError,
    run::{CallOutcome, Outcome, StepBody},
    tool::ToolCall,
};
use serde_json::{Value, json};

use crate::world::{World, answer, ok};

fn unreadable(world: &World) -> (i64, String) {
    match world.try_next() {
        Err(DomainError::Journal { step, why }) => (step, why),
        other => panic!("expected an unreadable journal, got {other:?}"),
    }
}

#[test]
fn a_journal_that_does_not_begin_with_started_is_refused() {
    let mut world = World::empty();
    assert_eq!(unreadable(&world).0, 0);
    world.observe(true, "hello");
    let (step, why) = unreadable(&world);
    assert_eq!(step, 0);
    assert!(why.contains("started"), "{why}");
}

#[test]
fn a_result_that_nobody_asked_for_is_refused() {
    let mut world = World::customer_writes("How long can I return a tent?");
    world.search(&[]);
    let stranger = ToolCall { id: "c9_0".to_owned(), tool: "shop__refund_order".to_owned(), args: json!({}) };
    world.settle(&stranger, ok(Value::Null));
    let (step, why) = unreadable(&world);
    assert_eq!(step, 2);
    assert!(why.contains("c9_0"), "{why}");
}

#[test]
fn a_call_that_only_pretends_to_be_the_agents_own_is_refused() {
    for (id, tool) in [
        ("reply_99", "reply_to_customer"),
        ("reply_0", "shop__refund_order"),
        ("search_x", "search_knowledge"),
    ] {
        let mut world = World::customer_writes("How long can I return a tent?");
        world
            .settle(&ToolCall { id: id.to_owned(), tool: tool.to_owned(), args: json!({}) }, ok(Value::Null));
        assert_eq!(unreadable(&world).0, 1, "{id}");
    }
}

#[test]
fn a_call_settled_twice_or_by_another_tool_is_refused() {
    let mut world = World::customer_writes("How long can I return a tent?");
    let search = world.search(&[]);
    world.settle(&search, ok(Value::Null));
    assert_eq!(unreadable(&world).0, 2);

    let mut world = World::customer_writes("Where is NF-1?");
    world.search(&[]);
    let calls = world.model(None, &[("shop__get_order", json!({}))]);
    world.settle(&ToolCall { tool: "shop__refund_order".to_owned(), ..calls[0].clone() }, ok(Value::Null));
    assert_eq!(unreadable(&world).0, 3);
}

#[test]
fn a_model_that_was_asked_while_calls_were_open_is_refused() {
    let mut world = World::customer_writes("Where is NF-1?");
    world.search(&[]);
    world.model(None, &[("shop__get_order", json!({}))]);
    let model = world.steps[2].body.clone();
    world.push(model, None);
    assert_eq!(unreadable(&world).0, 3);
}

#[test]
fn a_missing_step_is_noticed() {
    let mut world = World::customer_writes("How long can I return a tent?");
    world.search(&[]);
    world.steps[1].seq = 2;
    let (step, why) = unreadable(&world);
    assert_eq!(step, 2);
    assert!(why.contains("step 1"), "{why}");
}

#[test]
fn an_ended_run_stays_ended_and_takes_nothing_more() {
    let mut world = World::customer_writes("How long can I return a tent?");
    let outcome = Outcome::Nothing { reason: "r".to_owned() };
    world.push(StepBody::Ended { outcome: outcome.clone() }, None);
    assert_eq!(world.end(), outcome);
    world.observe(true, "hello?");
    assert_eq!(unreadable(&world).0, 2);
}

#[test]
fn a_message_seen_twice_is_read_once() {
    let mut world = World::customer_writes("How long can I return a tent?");
    let StepBody::Started { input } = &world.steps[0].body else { panic!() };
    let messages = input.messages.clone();
    world.push(StepBody::Observed { messages, reports: Vec::new(), ticket_version: 3 }, None);
    world.search(&[]);
    assert_eq!(world.request().facts.conversation.len(), 1);
}

#[test]
fn what_the_engine_gave_up_on_does_not_stay_open() {
    let mut world = World::customer_writes("Where is NF-1?");
    world.search(&[]);
    world.model(None, &[("shop__get_order", json!({}))]);
    world.push(StepBody::Failed { what: "shop__get_order".to_owned(), error: "gone".to_owned() }, None);
    world.call("escalate");
}

#[test]
fn a_waiting_reply_whose_answer_cannot_be_read_any_more_is_trusted_by_nobody() {
    let mut world = World::customer_writes("How long can I return a tent?");
    world.search(&[]);
    world.model_answers(answer("30 days.", &[], 0.9, true));
    let reply = world.call("reply_to_customer").call;
    world.propose(&reply);
    // As if the answer's form had changed while the run waited.
    if let StepBody::Model { response, .. } = &mut world.steps[2].body {
        response.text = Some("{\"old\": true}".to_owned());
    }
    let waiting = world.call("reply_to_customer");
    assert_eq!(waiting.call, reply);
    assert_eq!(waiting.confidence.score, 0.0);
    world.settle(&reply, CallOutcome::Expired);
    world.call("escalate");
}
