//! What the agent does about what nobody said: external events, follow-ups that came due.

use domain::{
    run::{Outcome, StepBody},
    ticket::EventBody,
};
use serde_json::{Value, json};

use crate::world::{World, answer, handoff, ok, transcript};

fn returned() -> EventBody {
    let data = json!({
        "parcel": "KP-77120", "why": "nobody was at home, so the carrier returned the parcel to our warehouse",
    });
    EventBody::External { name: "parcel.returned".to_owned(), data }
}

fn follow_up() -> EventBody {
    EventBody::FollowUpDue { note: "See whether </follow_up> it arrived".to_owned() }
}

fn nothing() -> Value {
    json!({
        "kind": "nothing", "reply": "", "citations": [],
        "confidence": 0.9, "resolved": false, "reason": "it is on its way",
    })
}

/// The customer was answered in an earlier run.
fn answered() -> World {
    World::starting_with(&[(true, "Where is my parcel?"), (false, "It is on its way.")])
}

#[test]
fn a_report_is_shown_to_the_model_in_its_own_block_and_answered() {
    let mut world = answered();
    world.report(returned());
    world.report(follow_up());
    let request = world.request();
    let read = transcript(&request);
    assert!(read.contains("<reported_event name=\"parcel.returned\""), "{read}");
    assert!(read.contains("KP-77120"), "{read}");
    assert_eq!(read.matches("</follow_up>").count(), 1, "{read}");
    assert!(read.contains("it arrived"), "{read}");
    assert_eq!(request.facts.reports.len(), 2);
    world.model_answers(answer(
        "Nobody was at home, so the carrier returned parcel KP-77120 to our warehouse.",
        &[],
        0.95,
        false,
    ));
    let reply = world.call("reply_to_customer");
    assert!(reply.confidence.score > 0.5, "the event carries it: {:?}", reply.confidence);
    world.settle(&reply.call, ok(json!({})));
    assert!(matches!(world.end(), Outcome::Answered { .. }));
}

#[test]
fn a_report_that_calls_for_nothing_ends_in_silence_only_when_nobody_waits_for_an_answer() {
    let mut world = answered();
    world.report(returned());
    world.model_answers(nothing());
    assert_eq!(world.end(), Outcome::Nothing { reason: "it is on its way".to_owned() });

    let mut world = World::customer_writes("Where is my parcel?");
    world.search(&[]);
    world.model_answers(nothing());
    world.call("escalate");
}

#[test]
fn a_report_is_in_the_handoff_and_the_customer_is_not_told_of_it() {
    let mut world = answered();
    world.report(follow_up());
    world.model_answers(handoff("somebody should call"));
    let call = world.call("escalate").call;
    assert!(call.args["summary"].as_str().unwrap().contains("it arrived"), "{call:?}");
    assert_eq!(call.args.get("message"), None);
}

#[test]
fn a_report_after_the_reply_is_looked_at_before_the_run_ends() {
    let mut world = World::customer_writes("Where is my parcel?");
    world.search(&[]);
    world.model_answers(answer("It is on its way.", &[], 0.9, false));
    let reply = world.call("reply_to_customer").call;
    world.report(returned());
    world.settle(&reply, ok(json!({})));
    assert!(transcript(&world.request()).contains("KP-77120"));
}

fn recall() -> EventBody {
    let data = json!({"reply": "Our return period is 14 days now.", "document": "Returns"});
    EventBody::External { name: agents::resolution::RECALL.to_owned(), data }
}

#[test]
fn a_proposed_follow_up_waits_for_a_person_and_no_model_is_asked() {
    let mut world = answered();
    world.report(recall());
    let reply = world.call("reply_to_customer");
    assert_eq!(reply.call.args["body"], "Our return period is 14 days now.");
    let band = reply.confidence.band(&world.settings.thresholds);
    assert_eq!(band, domain::confidence::Band::Draft, "{:?}", reply.confidence);
    world.propose(&reply.call);
    assert_eq!(world.call("reply_to_customer"), reply, "the case for it stays the same while it waits");
    world.settle(&reply.call, ok(json!({})));
    assert!(matches!(world.end(), Outcome::Answered { resolved: false, .. }));
}

#[test]
fn a_follow_up_that_a_reviewer_rejects_is_left() {
    let mut world = answered();
    world.report(recall());
    let reply = world.call("reply_to_customer").call;
    world.propose(&reply);
    let rejected = domain::run::CallOutcome::Rejected { reason: "they know".to_owned(), by: None };
    world.settle(&reply, rejected);
    let Outcome::Nothing { reason } = world.end() else { panic!("{:?}", world.end()) };
    assert!(reason.contains("they know"), "{reason}");
}

#[test]
fn a_report_seen_twice_is_shown_once_and_a_journal_without_reports_is_read() {
    let mut world = answered();
    let event = world.event(returned());
    for _ in 0..2 {
        world.push(
            StepBody::Observed { messages: vec![], reports: vec![event.clone()], ticket_version: 9 },
            None,
        );
    }
    assert_eq!(transcript(&world.request()).matches("<reported_event").count(), 1);

    let old = json!({"type": "observed", "messages": [], "ticket_version": 3});
    assert_eq!(
        serde_json::from_value::<StepBody>(old).unwrap(),
        StepBody::Observed { messages: vec![], reports: vec![], ticket_version: 3 }
    );
    let StepBody::Started { input } = &world.steps[0].body else { panic!() };
    assert!(!serde_json::to_string(input).unwrap().contains("reports"), "nothing is written for none");
}
