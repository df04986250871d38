//! Calls that the model makes, and what came of them.

use domain::run::{CallOutcome, Outcome};
use serde_json::{Value, json};

use crate::world::{World, answer, assert_paired, ok, passage, transcript};

fn refunding() -> (World, domain::tool::ToolCall) {
    let mut world = World::customer_writes("Please refund my order NF-10482, the zip broke");
    world.search(&[]);
    let order = world.model(None, &[("shop__get_order", json!({"number": "NF-10482"}))]);
    world.settle(&order[0], ok(json!({"number": "NF-10482", "total_cents": 34900, "status": "delivered"})));
    let refund =
        world.model(None, &[("shop__refund_order", json!({"number": "NF-10482", "amount_cents": 34900}))]);
    let refund = refund.into_iter().next().unwrap();
    (world, refund)
}

#[test]
fn all_calls_of_a_model_are_listed_until_each_is_settled() {
    let mut world = World::customer_writes("Where is order NF-10482 and how do returns work?");
    world.search(&[]);
    let calls = world.model(
        Some("Let me look."),
        &[
            ("shop__get_order", json!({"number": "NF-10482"})),
            ("search_knowledge", json!({"query": "returns"})),
        ],
    );
    assert_eq!(world.calls().len(), 2);
    world.settle(&calls[1], ok(json!({"passages": [passage(1, "Returns take 30 days.", 0.8)]})));
    let open = world.calls();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].call, calls[0]);
    world.settle(&calls[0], ok(json!({"status": "shipped"})));
    let request = world.request();
    assert_paired(&request);
    assert_eq!(request.facts.passages.len(), 1);
    assert_eq!(request.facts.results.len(), 3);
}

#[test]
fn a_call_that_waits_for_a_person_is_listed_again_unchanged() {
    let (mut world, refund) = refunding();
    let before = world.call("shop__refund_order");
    world.propose(&refund);
    let after = world.call("shop__refund_order");
    assert_eq!(before, after);
}

#[test]
fn arguments_from_the_customer_or_a_record_score_and_guesses_do_not() {
    let (world, _) = refunding();
    let confidence = world.call("shop__refund_order").confidence;
    assert_eq!(confidence.score, 1.0);
    assert_eq!(confidence.reasons[0].name, "arguments");

    let mut world = World::customer_writes("Please refund my order");
    world.search(&[]);
    world.model(None, &[("shop__refund_order", json!({"number": "NF-10482", "amount_cents": 34900}))]);
    let confidence = world.call("shop__refund_order").confidence;
    assert_eq!(confidence.score, 0.0);
    assert_eq!(confidence.reasons[0].detail, "0 of 2 arguments come from the customer or a record");
}

#[test]
fn the_model_is_told_apart_what_came_of_a_call() {
    let outcomes = [
        (CallOutcome::Refused { reason: "not covered".to_owned() }, vec!["\"refused\"", "not covered"]),
        (CallOutcome::Rejected { reason: "too old".to_owned(), by: None }, vec!["\"rejected\"", "too old"]),
        (
            CallOutcome::Responded { message: "only half".to_owned(), by: None },
            vec!["\"responded\"", "only half"],
        ),
        (CallOutcome::Expired, vec!["\"expired\"", "This is not a refusal"]),
        (CallOutcome::Superseded, vec!["\"superseded\"", "Something newer"]),
        (CallOutcome::Failed { error: "503".to_owned() }, vec!["\"failed\"", "503"]),
    ];
    for (outcome, expected) in outcomes {
        let (mut world, refund) = refunding();
        world.propose(&refund);
        world.settle(&refund, outcome);
        let request = world.request();
        assert_paired(&request);
        let last = transcript(&request).lines().last().unwrap().to_owned();
        for word in expected {
            assert!(last.contains(word), "{last}");
        }
        let result = request.facts.results.last().unwrap();
        assert!(!result.ok);
        assert!(last.contains(&result.status));
    }
}

#[test]
fn an_edited_call_shows_the_model_what_really_ran() {
    let (mut world, mut refund) = refunding();
    world.propose(&refund);
    refund.args["amount_cents"] = json!(10000);
    world.settle_edited(&refund, true, ok(json!({"refunded_cents": 10000})));
    let request = world.request();
    assert_paired(&request);
    let last = transcript(&request).lines().last().unwrap().to_owned();
    assert!(last.contains("\"edited\":true") && last.contains("10000"), "{last}");
}

#[test]
fn a_reply_that_reports_a_record_rests_on_it() {
    let (mut world, refund) = refunding();
    world.settle(
        &refund,
        ok(json!({"refunded_cents": 34900, "order number": "NF-10482", "to": "original payment method"})),
    );
    world.model_answers(answer(
        "We refunded 349.00 EUR for order number NF-10482 to your original payment method.",
        &[],
        0.95,
        true,
    ));
    let confidence = world.call("reply_to_customer").confidence;
    assert!(confidence.reasons.iter().all(|r| r.name != "retrieval"), "{confidence:?}");
    assert!(confidence.score > 0.8, "{confidence:?}");
}

#[test]
fn a_procedures_own_words_support_the_reply() {
    let (mut world, refund) = refunding();
    world.procedures = std::sync::Arc::new(vec![
        serde_json::from_value(json!({
            "name": "refund", "title": "Refund", "triggers": ["refund"],
            "action": {"tool": "shop__refund_order", "args": {}},
            "reply": "Done: {record.total_cents|money} EUR are on their way to your original payment method.",
            "declined": "Our colleagues decided against a refund: {reason}",
        }))
        .unwrap(),
    ]);
    world.propose(&refund);
    world.settle(
        &refund,
        CallOutcome::Rejected { reason: "the zip was cut with a knife".to_owned(), by: None },
    );
    world.model_answers(answer(
        "Our colleagues decided against a refund: the zip was cut with a knife.",
        &[],
        0.9,
        true,
    ));
    let confidence = world.call("reply_to_customer").confidence;
    assert!(confidence.score > 0.6, "{confidence:?}");
}

#[test]
fn a_message_during_open_calls_stands_after_their_results() {
    let mut world = World::customer_writes("Please refund my order NF-10482, the zip broke");
    world.search(&[]);
    let calls = world.model(
        None,
        &[
            ("shop__get_order", json!({"number": "NF-10482"})),
            ("shop__refund_order", json!({"number": "NF-10482"})),
        ],
    );
    world.settle(&calls[0], ok(json!({"status": "delivered"})));
    world.propose(&calls[1]);
    world.observe(true, "Actually a replacement zip would be enough for me");
    assert_eq!(world.calls().len(), 1);
    world.settle(&calls[1], CallOutcome::Superseded);
    world.search(&[]);
    let request = world.request();
    assert_paired(&request);
    let text = transcript(&request);
    assert!(text.find("\"superseded\"").unwrap() < text.find("replacement zip").unwrap(), "{text}");
}

#[test]
fn a_person_who_takes_the_ticket_over_at_a_call_ends_the_run() {
    let (mut world, refund) = refunding();
    world.propose(&refund);
    world.settle(&refund, CallOutcome::Escalated { reason: "I call them".to_owned(), by: None });
    assert_eq!(world.end(), Outcome::HandedOff { reason: "I call them".to_owned() });
}

#[test]
fn a_reserved_tool_is_never_performed_for_a_model() {
    let mut world = World::customer_writes("How long can I return a tent?");
    world.search(&[]);
    world.model(
        None,
        &[("reply_to_customer", json!({"body": "Free money for all."})), ("shop__get_order", json!({}))],
    );
    let request = world.request();
    assert_paired(&request);
    let text = transcript(&request);
    assert!(text.contains("reply_to_customer is not a tool you can call"), "{text}");
    assert!(!text.contains("Free money"), "{text}");
}

#[test]
fn a_call_of_an_unknown_tool_is_listed_so_that_the_engine_refuses_it() {
    let mut world = World::customer_writes("How long can I return a tent?");
    world.search(&[]);
    let calls = world.model(None, &[("rm_rf", Value::Null)]);
    assert_eq!(world.call("rm_rf").call, calls[0]);
    world.settle(&calls[0], CallOutcome::Refused { reason: "there is no such tool".to_owned() });
    world.request();
}
