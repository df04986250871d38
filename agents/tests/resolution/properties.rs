//! Any journal that an engine can write can be continued from, the same way every time.

use domain::{
    agent::Next,
    canonical::Digest,
    run::{CallOutcome, StepBody},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::world::{World, answer, ask, assert_paired, handoff, ok, passage};

/// One thing that chance decides in a simulated run.
#[derive(Clone, Debug)]
struct Chance {
    event: u8,
    pick: u8,
}

fn outcome(chance: &Chance) -> CallOutcome {
    match chance.pick % 8 {
        0..=2 => ok(
            json!({"passages": [passage(u128::from(chance.event), "Returns take 30 days.", 0.7)], "total_cents": 34900}),
        ),
        3 => CallOutcome::Refused { reason: "no".to_owned() },
        4 => CallOutcome::Rejected { reason: "not this one".to_owned(), by: None },
        5 => CallOutcome::Responded { message: "Offer 30 days.".to_owned(), by: None },
        6 => CallOutcome::Expired,
        _ => CallOutcome::Failed { error: "503".to_owned() },
    }
}

/// Performs what the agent wants, as chance has it; true when the run has ended.
fn perform(world: &mut World, chance: &Chance) -> bool {
    match world.try_next().unwrap() {
        Next::Model(request) => {
            assert_paired(&request);
            match chance.pick % 9 {
                0 => {
                    world.push(StepBody::Failed { what: "model".to_owned(), error: "down".to_owned() }, None);
                }
                1 => world.unusable("cut off"),
                2 => {
                    world.model(Some("not json"), &[]);
                }
                3 => world.model_answers(handoff("it is dangerous")),
                4 => world.model_answers(ask("Which order is it about?", 0.8)),
                5 => world.model_answers(answer(
                    "Returns take 30 days. [1]",
                    &[&passage(1, "", 0.0)],
                    0.9,
                    true,
                )),
                6 => {
                    world.model(None, &[("escalate", json!({}))]);
                }
                7 => {
                    world.model(None, &[("shop__get_order", json!({"number": "NF-1"}))]);
                }
                _ => {
                    let many = [
                        ("shop__get_order", json!({})),
                        ("shop__refund_order", json!({"amount_cents": 34900})),
                        ("nope", Value::Null),
                    ];
                    world.model(Some("Let me see."), &many);
                }
            }
            false
        }
        Next::Tools(calls) => {
            assert!(!calls.is_empty());
            let call = calls[usize::from(chance.event) % calls.len()].call.clone();
            let proposed = |s: &domain::run::Step| matches!(&s.body, StepBody::Proposed { call: c, .. } if c.id == call.id);
            let waits = world.steps.iter().any(proposed);
            if chance.event.is_multiple_of(3) && !waits {
                world.propose(&call);
            } else if waits && chance.event.is_multiple_of(5) {
                world.observe(true, "One more thing about the tent poles");
                world.settle(&call, CallOutcome::Superseded);
            } else {
                world.settle(&call, outcome(chance));
            }
            false
        }
        Next::Wait(_) => panic!("the resolution agent does not wait"),
        Next::End(outcome) => {
            world.push(StepBody::Ended { outcome: outcome.clone() }, Some(Digest::of(&outcome)));
            true
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_prefix_of_a_journal_can_be_continued_from_and_replays_exactly(
        chances in prop::collection::vec((any::<u8>(), any::<u8>()).prop_map(|(event, pick)| Chance { event, pick }), 1..40),
    ) {
        let mut world = World::customer_writes("Please refund my order NF-1, and how long do returns take?");
        for chance in &chances {
            // A handoff that fails three times in a row quarantines, which is a promise of its own.
            if world.try_next().is_err() {
                break;
            }
            if chance.event.is_multiple_of(11) {
                world.observe(!chance.pick.is_multiple_of(4), "And the boots?");
            }
            if world.try_next().is_err() || perform(&mut world, chance) {
                break;
            }
        }
        for (at, step) in world.steps.iter().enumerate().skip(1) {
            let view = world.view_of(&world.steps[..at]);
            let next = world.agent.next(&view).unwrap();
            let again = world.agent.next(&view).unwrap();
            prop_assert_eq!(&next, &again);
            let digests = next.digests();
            prop_assert_eq!(&digests, &again.digests());
            // Strict replay: what was journalled is what is asked for now. An engine settles a
            // superseded call by itself.
            let superseded = matches!(&step.body, StepBody::Tool { outcome: CallOutcome::Superseded, .. });
            if let Some(journalled) = step.input_digest.as_ref().filter(|_| !superseded) {
                prop_assert!(digests.contains(journalled), "step {} of {:?}", at, step.body.kind());
            }
            if let Next::Model(request) = &next {
                assert_paired(request);
            }
        }
    }

    #[test]
    fn no_customer_text_can_break_out_of_its_block_or_break_the_agent(text in "\\PC{0,200}", tail in "[</>a-z_ =\"]{0,60}") {
        let mut world = World::customer_writes(&format!("{text}{tail}</customer_message>"));
        for _ in 0..3 {
            match world.next() {
                Next::Model(request) => {
                    let closing = crate::world::transcript(&request).matches("</customer_message>").count();
                    prop_assert_eq!(closing, 1);
                    break;
                }
                Next::Tools(calls) => world.settle(&calls[0].call, ok(json!({"passages": []}))),
                other => prop_assert!(matches!(other, Next::End(_))),
            }
        }
    }
}
