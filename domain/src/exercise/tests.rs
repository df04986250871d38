//! What can be made wrong, and that nothing can ever come of it.

use std::time::Duration;

use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::{
    ChunkId, DecisionId, DocumentId, EffectId, RunId, TicketId,
    approval::{Binding, Permit},
    confidence::Confidence,
    effect::{Effect, EffectStatus},
    knowledge::Citation,
    tool::{Risk, ToolCall, ToolSource, ToolSpec},
    user::Role,
};

const ASKED: &str = "Where is my order NF-10482? I paid 349.00 EUR and it was to take 14 days.";

fn uuid(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn spec() -> ToolSpec {
    ToolSpec {
        name: "shop__refund".to_owned(),
        version: Digest::of("tool"),
        title: String::new(),
        description: String::new(),
        risk: Risk::Irreversible,
        parameters: Value::Null,
        protected: vec!["order".to_owned()],
        compensation: None,
        amount_arg: Some("amount_cents".to_owned()),
        capabilities: Vec::new(),
        source: ToolSource::BuiltIn,
        local: false,
        idempotent: false,
        always_asks: false,
    }
}

fn of_args(args: Value, body: Option<&str>, passages: usize) -> Approval {
    let binding = Binding {
        run_id: RunId(uuid(1)),
        call: ToolCall { id: "c".to_owned(), tool: "shop__refund".to_owned(), args },
        tool_version: Digest::of("tool"),
        policy_version: Digest::of("policy"),
        evidence: Digest::of("evidence"),
        customer_version: 2,
    };
    let passage = |number: usize| Citation {
        chunk_id: ChunkId(uuid(10)),
        document_id: DocumentId(uuid(11)),
        document_version: 1,
        slug: "returns".to_owned(),
        title: "Returns".to_owned(),
        quote: format!("Returns are taken within 30 days. ({number})"),
        span: None,
    };
    Approval {
        id: ApprovalId(uuid(2)),
        run_id: RunId(uuid(1)),
        ticket_id: Some(TicketId(uuid(3))),
        agent: "resolution".to_owned(),
        question: Question::Call,
        status: ApprovalStatus::Approved,
        digest: binding.digest(),
        binding,
        risk: Risk::Irreversible,
        preview: Preview { title: "Refund".to_owned(), fields: Vec::new(), body: body.map(str::to_owned) },
        rule: "default".to_owned(),
        why: String::new(),
        confidence: Confidence::certain("a test"),
        evidence: (0..passages).map(passage).collect(),
        origins: Vec::new(),
        carries: Vec::new(),
        suspicions: Vec::new(),
        facts: None,
        role: Role::Reviewer,
        team: None,
        quorum: 1,
        requesters: Vec::new(),
        reminds_at: None,
        escalates: None,
        requested_at: Timestamp(1_000),
        expires_at: Timestamp(9_000),
        decided_at: Some(Timestamp(2_000)),
        edited_args: None,
        intent: String::new(),
        assignee: None,
        snoozed_until: None,
        undo_until: None,
    }
}

/// A reply.
pub fn approval(body: &str, passages: usize) -> Approval {
    of_args(json!({ "body": body, "sources": [{ "id": "4711-0815" }] }), Some(body), passages)
}

fn refund() -> Approval {
    of_args(
        json!({ "order": "NF-10482", "amount_cents": 34_900, "to": "anna@firm.example", "customer_id": uuid(7) }),
        None,
        0,
    )
}

fn exercise(slip: Option<Slip>) -> Exercise {
    Exercise {
        id: ExerciseId(uuid(90)),
        user_id: UserId(uuid(91)),
        source: ApprovalId(uuid(2)),
        slip,
        change: 0,
        digest: Digest::of("shown"),
        earlier: Said::Approve,
        made_at: Timestamp(1_000_000),
        expires_at: Timestamp(9_000_000_000),
        assigned: false,
        snoozed_until: None,
        claimed_until: None,
        ended: None,
    }
}

fn by(kind: DecisionKind, digest: &Digest) -> (Decision, Standing) {
    let decision = Decision {
        id: DecisionId(uuid(95)),
        approval_id: ApprovalId(uuid(90)),
        user_id: UserId(uuid(91)),
        role: Role::Reviewer,
        digest: digest.clone(),
        kind,
        at: Timestamp(2_000_000),
        undo_until: None,
        by_link: false,
    };
    (decision, Standing::built_in(UserId(uuid(91)), Role::Reviewer))
}

fn slips(changes: &[Change]) -> Vec<(Slip, &str, &str)> {
    changes.iter().map(|change| (change.slip, change.was.as_str(), change.became.as_str())).collect()
}

#[test]
fn a_refund_can_be_wrong_in_its_amount_its_order_and_its_recipient() {
    assert_eq!(
        slips(&changes(&refund(), &spec(), &[])),
        [
            (Slip::Amount, "34900", "349000"),
            (Slip::Amount, "34900", "3490"),
            (Slip::Number, "NF-10482", "NF-10428"),
            (Slip::Recipient, "anna@firm.example", "robin@firm.example"),
        ]
    );
}

#[test]
fn a_reply_can_be_wrong_in_what_its_reviewer_can_check_and_in_nothing_else() {
    let text = "Hello Anna,\nyour order NF-10482 came after 14 days. You have 30 days to return it [1], and 99 others \
                did. We take it back whole [2].";
    let found = changes(&approval(text, 2), &spec(), &[ASKED]);
    assert_eq!(
        slips(&found),
        [
            (Slip::Name, "Anna", "Robin"),
            (Slip::Number, "NF-10482", "NF-10428"),
            (Slip::Figure, "14", "28"),
            (Slip::Figure, "30", "60"),
            (Slip::Citation, "[1] … [2]", "[2] … [1]"),
        ]
    );
    let wrong = found[3].value.as_str().unwrap();
    assert!(
        wrong.contains("You have 60 days to return it [1]") && wrong.contains("after 14 days"),
        "{wrong}"
    );
    assert!(
        found[4]
            .value
            .as_str()
            .unwrap()
            .ends_with("return it [2], and 99 others did. We take it back whole [1].")
    );
}

#[test]
fn keys_of_records_and_sources_are_left_as_they_are() {
    let args = json!({ "fields": { "order": "NF-10482", "customer": uuid(7) }, "sources": [{ "slug": "4711-0815" }] });
    let found = changes(&of_args(args, None, 0), &spec(), &[]);
    assert_eq!(slips(&found), [(Slip::Number, "NF-10482", "NF-10428")]);
    assert_eq!(found[0].at, "/fields/order");
}

#[test]
fn a_find_is_anything_but_waving_it_through_and_an_edit_that_repairs_it() {
    let source = refund();
    let all = changes(&source, &spec(), &[]);
    let amount = &all[0];
    let exercise = exercise(Some(Slip::Amount));
    let shown = exercise.shown(&source, Some(amount), source.preview.clone());
    assert_eq!(shown.binding.call.args["amount_cents"], 349_000);
    let mut repaired = shown.binding.call.args.clone();
    repaired["amount_cents"] = json!(34_900);
    let mut beside = shown.binding.call.args.clone();
    beside["to"] = json!("somebody@else.example");
    for (kind, found) in [
        (DecisionKind::Approve, false),
        (DecisionKind::Edit { args: repaired }, true),
        (DecisionKind::Edit { args: beside }, false),
        (DecisionKind::Reject { reason: "too much".to_owned() }, true),
        (DecisionKind::Respond { message: "how much?".to_owned() }, true),
        (DecisionKind::Escalate { reason: "unsure".to_owned() }, true),
    ] {
        let (decision, standing) = by(kind, &shown.digest);
        let (_, ended) = exercise.decide(&shown, Some(amount), (&decision, &standing)).unwrap();
        assert_eq!((ended.found, ended.agreed), (Some(found), None), "{decision:?}");
    }
}

#[test]
fn a_second_look_agrees_when_both_wave_it_through_or_both_hold_it_back() {
    let source = refund();
    for (earlier, kind, agreed) in [
        (Said::Approve, DecisionKind::Approve, true),
        (Said::Reject, DecisionKind::Approve, false),
        (Said::Reject, DecisionKind::Respond { message: "why?".to_owned() }, true),
    ] {
        let exercise = Exercise { earlier, ..exercise(None) };
        let shown = exercise.shown(&source, None, source.preview.clone());
        let (decision, standing) = by(kind, &shown.digest);
        let (_, ended) = exercise.decide(&shown, None, (&decision, &standing)).unwrap();
        assert_eq!((ended.found, ended.agreed), (None, Some(agreed)));
    }
}

#[test]
fn what_is_refused_of_an_approval_is_refused_of_an_exercise() {
    let source = refund();
    let exercise = exercise(None);
    let shown = exercise.shown(&source, None, source.preview.clone());
    let (stale, standing) = by(DecisionKind::Approve, &source.digest);
    assert!(exercise.decide(&shown, None, (&stale, &standing)).is_err(), "of another digest");
    let (decision, _) = by(DecisionKind::Approve, &shown.digest);
    let agent = Standing::built_in(UserId(uuid(91)), Role::Agent);
    assert!(exercise.decide(&shown, None, (&decision, &agent)).is_err(), "of another role");
    let late = Decision { at: exercise.expires_at, ..decision };
    assert!(exercise.decide(&shown, None, (&late, &standing)).is_err(), "too late");
}

#[test]
fn no_permit_is_made_of_an_exercise_whatever_was_decided() {
    let source = refund();
    let change = changes(&source, &spec(), &[]).remove(0);
    for change in [None, Some(&change)] {
        let exercise = exercise(change.map(|change| change.slip));
        let shown = exercise.shown(&source, change, source.preview.clone());
        assert_ne!(shown.digest, shown.binding.digest());
        for kind in [DecisionKind::Approve, DecisionKind::Edit { args: source.binding.call.args.clone() }] {
            let (decision, standing) = by(kind, &shown.digest);
            let (after, _) = exercise.decide(&shown, change, (&decision, &standing)).unwrap();
            let call = after.approved_call().expect("it reads as approved");
            let effect = Effect {
                id: EffectId(uuid(99)),
                run_id: after.run_id,
                ticket_id: after.ticket_id,
                call,
                approval_id: Some(after.id),
                judged: None,
                status: EffectStatus::Attempting,
                attempts: 1,
                price_micros: 0,
                next_attempt_at: None,
                output: None,
                summary: String::new(),
                error: None,
                created_at: after.requested_at,
                updated_at: after.requested_at,
            };
            let bound = (&after.binding.tool_version, &after.binding.policy_version);
            let refused = Permit::by_decision(&after, &effect, bound.0, bound.1).unwrap_err();
            assert!(refused.to_string().contains("changed after it was shown"), "{refused}");
        }
    }
}

#[test]
fn only_what_one_other_person_decided_as_it_was_proposed_becomes_an_exercise() {
    let source = refund();
    let standing = Standing::built_in(UserId(uuid(91)), Role::Reviewer);
    let (mut decision, _) = by(DecisionKind::Approve, &source.digest);
    decision.user_id = UserId(uuid(50));
    let one = std::slice::from_ref(&decision);
    let now = Timestamp(3_000_000);
    assert_eq!(suits(&source, one, &standing, now), Some(Said::Approve));
    assert_eq!(suits(&source, &[], &standing, now), None);
    for other in [
        Approval { quorum: 2, ..source.clone() },
        Approval { status: ApprovalStatus::Edited, ..source.clone() },
        Approval { question: Question::Outcome, ..source.clone() },
        Approval { ticket_id: None, ..source.clone() },
        Approval { requesters: vec![standing.user_id], ..source.clone() },
        Approval { role: Role::Owner, ..source.clone() },
        // Redacted since.
        Approval { digest: Digest::of("as it was"), ..source.clone() },
    ] {
        assert_eq!(suits(&other, one, &standing, now), None, "{other:?}");
    }
    assert!(!remembers(one, standing.user_id, now));
    assert!(remembers(one, decision.user_id, now));
    assert!(!remembers(one, decision.user_id, now.plus(FORGOTTEN + Duration::from_secs(1))));
}

proptest! {
    #[test]
    fn every_change_shows_is_repaired_by_what_was_right_and_touches_one_place(
        order in "[A-Z]{0,3}-?[0-9]{1,12}",
        amount in any::<i64>(),
        to in "[a-z.]{1,8}@[a-z]{1,6}\\.[a-z]{2,3}",
        body in "(Hello [A-Z][a-z]{2,8},\n)?([a-zäß]{1,6} |[0-9]{1,6} |[0-9]{1,3}[.,][0-9]{2} |\\[[12]\\] |NF-[0-9]{4,6} ){0,30}",
        said in "([a-z]{1,6} |[0-9]{1,6} |NF-[0-9]{4,6} ){0,20}",
    ) {
        let args = json!({
            "order": order, "amount_cents": amount, "to": to, "body": body, "customer_id": uuid(7),
            "sources": [{ "id": uuid(8), "slug": "4711-0815" }],
        });
        let source = of_args(args.clone(), Some(&body), 2);
        let seen = format!("{said} {body}");
        let found = changes(&source, &spec(), &[&seen]);
        prop_assert_eq!(&found, &changes(&source, &spec(), &[&seen]), "always the same ones");
        for change in found {
            let mut wrong = args.clone();
            change.apply(&mut wrong);
            prop_assert_ne!(&wrong, &args);
            prop_assert_ne!(plain(wrong.pointer(&change.at).unwrap()), plain(args.pointer(&change.at).unwrap()));
            prop_assert!(change.is_repaired(&wrong, &args), "{:?}", change);
            prop_assert!(!change.is_repaired(&wrong, &wrong), "{:?}", change);
            let mut back = wrong.clone();
            *back.pointer_mut(&change.at).unwrap() = args.pointer(&change.at).unwrap().clone();
            prop_assert_eq!(&back, &args, "one place");
            prop_assert_eq!(&wrong["customer_id"], &args["customer_id"]);
            prop_assert_eq!(&wrong["sources"], &args["sources"]);
        }
    }
}
