//! What people decide, and what happens in between.

use std::time::Duration;

use domain::{
    DecisionId,
    approval::{Approval, ApprovalStatus, Decision, DecisionKind},
    commit::{Commit, CommitError, Op},
    run::{CallOutcome, Outcome, Run, RunStatus, StepBody},
    standing::Standing,
    ticket::{EventBody, TicketStatus},
    user::{Actor, Role},
};
use orchestrator::{
    gate::DEFAULT_POLICY,
    testing::model_server::{CapturedRequest, Reply, Script},
};
use serde_json::json;

use crate::rig::{
    DEAR_ORDER, Fault, ORDER, ORDER_CENTS, PLEASE_REFUND, QUESTION, REFUNDED, Rig, Setup, final_answer,
    refund_call, refunds, result,
};

const DAY: Duration = Duration::from_secs(24 * 3600 + 60);

fn refund_args(order: &str, cents: i64) -> serde_json::Value {
    json!({ "order_number": order, "amount_cents": cents, "reason": "does not fit" })
}

async fn outcomes(rig: &Rig, run: &Run, tool: &str) -> Vec<&'static str> {
    let steps = rig.steps(run.id).await;
    let of = |body: &StepBody| match body {
        StepBody::Tool { call, outcome, .. } if call.tool == tool => Some(outcome.status()),
        _ => None,
    };
    steps.iter().filter_map(|step| of(&step.body)).collect()
}

fn handed_off(run: &Run) -> &str {
    match &run.outcome {
        Some(Outcome::HandedOff { reason }) => reason,
        other => panic!("{other:?} is not a handoff"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approved_call_takes_effect_once_and_the_customer_is_told() {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, Vec::<i64>::new(), "nothing happens before a person has said yes");
    rig.approve(&approval).await;
    let run = rig.ended(ticket).await;
    assert!(matches!(run.outcome, Some(Outcome::Answered { resolved: true, .. })), "{run:?}");
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    assert_eq!(rig.front.keys().len(), 1);
    let told = rig.told(ticket).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].body, REFUNDED);
    rig.books_balance(ticket).await;
}

/// Asks for a refund of the dear order.
fn dear(request: &CapturedRequest) -> Reply {
    match result(request, "shop__refund_order") {
        None => Reply::Calls(vec![refund_call(DEAR_ORDER, ORDER_CENTS)]),
        Some(_) => Reply::Json(final_answer("handoff", "", "done so far")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edited_call_is_judged_again_and_runs_as_it_was_edited() {
    let rig = Rig::start(Script::new(dear)).await;
    let small = rig.open("Please refund a part of my order NF-20001.").await;
    let approval = rig.asked(small).await;
    let edit = DecisionKind::Edit { args: refund_args(DEAR_ORDER, 5_000) };
    rig.decide(&approval, rig.reviewer, edit).await.unwrap();
    rig.ended(small).await;
    assert_eq!(rig.refunded(DEAR_ORDER).await, [5_000]);
    rig.books_balance(small).await;

    let large = rig.open("Please refund a part of my order NF-20001.").await;
    let approval = rig.asked(large).await;
    let edit = DecisionKind::Edit { args: refund_args(DEAR_ORDER, 80_000) };
    rig.decide(&approval, rig.reviewer, edit).await.unwrap();
    let again = rig.asked_anew(large, approval.id).await;
    assert_eq!(again.role, Role::Admin);
    assert_eq!(again.binding.call.args["amount_cents"], 80_000);
    assert!(again.why.contains("edited"), "{}", again.why);
    let refused = rig.decide(&again, rig.second_reviewer, DecisionKind::Approve).await;
    assert!(matches!(refused, Err(CommitError::Forbidden(_))), "{refused:?}");
    assert_eq!(rig.refunded(DEAR_ORDER).await, [5_000]);
    rig.decide(&again, rig.admin, DecisionKind::Approve).await.unwrap();
    let run = rig.ended(large).await;
    assert_eq!(rig.refunded(DEAR_ORDER).await, [5_000, 80_000]);
    assert_eq!(outcomes(&rig, &run, "shop__refund_order").await, ["ok"]);
    rig.books_balance(large).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_edited_call_that_went_back_to_review_is_superseded_once_when_the_customer_writes() {
    let rig = Rig::start(Script::new(dear)).await;
    let ticket = rig.open("Please refund a part of my order NF-20001.").await;
    let approval = rig.asked(ticket).await;
    let edit = DecisionKind::Edit { args: refund_args(DEAR_ORDER, 80_000) };
    rig.decide(&approval, rig.reviewer, edit).await.unwrap();
    rig.asked_anew(ticket, approval.id).await;
    rig.write(ticket, "It is about the blue one.").await;
    let run = rig.ended(ticket).await;
    assert_eq!(run.status, RunStatus::Done, "{run:?}");
    assert_eq!(outcomes(&rig, &run, "shop__refund_order").await, ["superseded"]);
    assert_eq!(rig.refunded(DEAR_ORDER).await, Vec::<i64>::new());
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_call_has_no_effect_and_a_person_gets_the_ticket() {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    let reject = DecisionKind::Reject { reason: "It has been worn".to_owned() };
    rig.decide(&approval, rig.reviewer, reject).await.unwrap();
    let run = rig.ended(ticket).await;
    assert_eq!(handed_off(&run), "the refund was rejected");
    let handoff = rig.ticket(ticket).await.handoff.unwrap();
    assert!(handoff.summary.contains("It has been worn"), "{handoff:?}");
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_response_reaches_the_model_and_the_run_goes_on() {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    let respond = DecisionKind::Respond { message: "Ask for a photo first".to_owned() };
    rig.decide(&approval, rig.reviewer, respond).await.unwrap();
    let run = rig.ended(ticket).await;
    assert!(matches!(run.outcome, Some(Outcome::Asked { .. })), "{run:?}");
    let requests = rig.model.requests();
    let read = result(requests.last().unwrap(), "shop__refund_order").unwrap();
    assert!(read.contains("Ask for a photo first"), "{read}");
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_escalated_call_has_no_effect_and_the_ticket_is_a_persons() {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    let escalate = DecisionKind::Escalate { reason: "I know this customer".to_owned() };
    rig.decide(&approval, rig.reviewer, escalate).await.unwrap();
    let run = rig.ended(ticket).await;
    assert_eq!(handed_off(&run), "I know this customer");
    let ticket_now = rig.ticket(ticket).await;
    assert_eq!(ticket_now.status, TicketStatus::WaitingForStaff);
    assert_eq!(ticket_now.handoff.unwrap().reason, "I know this customer");
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_that_nobody_decides_expires_which_is_not_a_refusal() {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    rig.clock.forward(DAY);
    let run = rig.ended(ticket).await;
    assert_eq!(handed_off(&run), "the refund was expired");
    let after = rig.rows().approval(approval.id).await.unwrap().unwrap();
    assert_eq!(after.status, ApprovalStatus::Expired);
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_expires_even_while_nobody_works_on_its_run() {
    let mut rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    rig.stop().await;
    rig.setup.without_workers = true;
    rig.begin().await;
    rig.clock.forward(DAY);
    rig.until("its time is over", ticket, async |rig| {
        let after = rig.rows().approval(approval.id).await.unwrap()?;
        (after.status == ApprovalStatus::Expired).then_some(())
    })
    .await;
    assert_eq!(rig.runs(ticket).await[0].status, RunStatus::Queued, "the run has something to see");
    let events = rig.rows().events(ticket, 0, 100).await.unwrap();
    let told = |body: &EventBody| matches!(body, EventBody::ApprovalDecided { status, by: None, .. } if status == "expired");
    assert_eq!(events.iter().filter(|event| told(&event.body)).count(), 1);
    rig.stop().await;
    rig.setup.without_workers = false;
    rig.begin().await;
    let run = rig.ended(ticket).await;
    assert_eq!(handed_off(&run), "the refund was expired");
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_while_an_approval_waits_supersedes_it() {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let old = rig.asked(ticket).await;
    rig.write(ticket, "By the way, the box is still closed.").await;
    let late = rig.decide(&old, rig.reviewer, DecisionKind::Approve).await;
    assert!(matches!(late, Err(CommitError::Conflict(_))), "{late:?}");
    let new = rig.asked_anew(ticket, old.id).await;
    assert_eq!(rig.rows().approval(old.id).await.unwrap().unwrap().status, ApprovalStatus::Superseded);
    let late = rig.decide(&old, rig.reviewer, DecisionKind::Approve).await;
    assert!(matches!(late, Err(CommitError::Conflict(_))), "{late:?}");
    rig.approve(&new).await;
    let run = rig.ended(ticket).await;
    assert_eq!(outcomes(&rig, &run, "shop__refund_order").await, ["superseded", "ok"]);
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_moves_the_ticket_on_leaves_no_approval_that_cannot_be_decided() {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let first = rig.asked(ticket).await;
    let reviewer = rig.rows().user(rig.reviewer).await.unwrap().unwrap();
    rig.app()
        .intake
        .staff_message(
            rig.workspace,
            ticket,
            &reviewer,
            "I am looking into it.".to_owned(),
            domain::ticket::Visibility::Public,
            None,
        )
        .await
        .unwrap();
    let second = rig.asked_anew(ticket, first.id).await;
    rig.app()
        .intake
        .external_event(rig.workspace, ticket, "parcel.returned".to_owned(), json!({}), None, Actor::System)
        .await
        .unwrap();
    let third = rig.asked_anew(ticket, second.id).await;
    assert_ne!(third.id, first.id);
    rig.approve(&third).await;
    rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    rig.books_balance(ticket).await;
}

/// Asks for two refunds side by side.
fn two(request: &CapturedRequest) -> Reply {
    match result(request, "shop__refund_order") {
        None => Reply::Calls(vec![refund_call(ORDER, ORDER_CENTS), refund_call(DEAR_ORDER, 20_000)]),
        Some(_) => Reply::Json(final_answer("handoff", "", "done so far")),
    }
}

/// In one commit, so that a run finds both.
async fn approve_at_once(rig: &Rig, asked: &[Approval]) {
    let ops = asked.iter().map(|approval| {
        let decision = Decision {
            id: DecisionId::new(&*rig.app().ids),
            approval_id: approval.id,
            user_id: rig.reviewer,
            role: Role::Reviewer,
            digest: approval.digest.clone(),
            kind: DecisionKind::Approve,
            at: rig.app().clock.now(),
            undo_until: None,
            by_link: false,
        };
        Op::Decide(Box::new(decision), Box::new(Standing::built_in(rig.reviewer, Role::Reviewer)))
    });
    rig.rows().commit(Commit { ops: ops.collect() }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_between_approval_and_effect_keeps_the_effect_from_happening() {
    let rig = Rig::start(Script::new(two)).await;
    rig.front.fail([Fault::Hang]);
    let ticket = rig.open("Please refund NF-20000 and a part of NF-20001.").await;
    let asked = rig.asked_all(ticket, 2).await;
    // Both are approved at once; while the shop dawdles over the first, the customer writes.
    approve_at_once(&rig, &asked).await;
    rig.until("the first attempt", ticket, async |rig| (!rig.front.keys().is_empty()).then_some(())).await;
    rig.write(ticket, "Stop, keep NF-20001 as it is.").await;
    let run = rig.ended(ticket).await;
    assert_eq!(run.status, RunStatus::Done, "{run:?}");
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS], "what was begun is finished");
    assert_eq!(rig.refunded(DEAR_ORDER).await, Vec::<i64>::new());
    let mut all = outcomes(&rig, &run, "shop__refund_order").await;
    all.sort_unstable();
    assert_eq!(all, ["ok", "superseded"]);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn approvals_of_one_run_are_decided_in_any_order() {
    let rig = Rig::start(Script::new(two)).await;
    let ticket = rig.open("Please refund NF-20000 and a part of NF-20001.").await;
    let asked = rig.asked_all(ticket, 2).await;
    rig.approve(&asked[1]).await;
    let left = rig.asked_all(ticket, 1).await;
    assert_eq!(left[0].id, asked[0].id);
    assert_eq!(rig.front.keys().len(), 1, "the one that was approved did not wait for the other");
    let reject = DecisionKind::Reject { reason: "Too late".to_owned() };
    rig.decide(&asked[0], rig.reviewer, reject).await.unwrap();
    let run = rig.ended(ticket).await;
    assert_eq!(outcomes(&rig, &run, "shop__refund_order").await, ["ok", "rejected"]);
    let amount = asked[1].binding.call.args["amount_cents"].as_i64().unwrap();
    let order = asked[1].binding.call.args["order_number"].as_str().unwrap();
    assert_eq!(rig.refunded(order).await, [amount]);
    rig.books_balance(ticket).await;
}

fn three(request: &CapturedRequest) -> Reply {
    match result(request, "shop__refund_order") {
        None => Reply::Calls(vec![
            refund_call(ORDER, ORDER_CENTS),
            refund_call(DEAR_ORDER, 20_000),
            refund_call(DEAR_ORDER, 10_000),
        ]),
        Some(_) => Reply::Json(final_answer("handoff", "", "done so far")),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_that_comes_while_a_call_is_made_keeps_no_other_call_waiting() {
    let setup = Setup { stop_seconds: 10, ..Setup::default() };
    let rig = Rig::start_with(setup.refunds_once(), Script::new(three)).await;
    // The shop dawdles over the first that is made.
    rig.front.fail([Fault::LoseAnswer]);
    let ticket = rig.open("Please refund NF-20000 and parts of NF-20001.").await;
    let mut asked = rig.asked_all(ticket, 3).await;
    asked.sort_by_key(|approval| approval.binding.call.args["amount_cents"].as_i64());
    let first = asked.pop().unwrap();
    approve_at_once(&rig, &asked).await;
    rig.until("the first attempt", ticket, async |rig| (!rig.front.keys().is_empty()).then_some(())).await;
    rig.approve(&first).await;
    let run = rig.ended(ticket).await;
    assert_eq!(outcomes(&rig, &run, "shop__refund_order").await, ["ok", "ok", "ok"]);
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    assert_eq!(rig.refunded(DEAR_ORDER).await.iter().sum::<i64>(), 30_000);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_people_have_to_approve_where_the_policy_says_so() {
    let policy = format!(
        "{}\n[[rule]]\nname = \"all\"\nthen = \"ask\"\nwhy = \"two must agree\"\n\
         ask = {{ role = \"reviewer\", quorum = 2, ttl_minutes = 60 }}\n",
        DEFAULT_POLICY.split("[[rule]]\nname = \"large_amount\"").next().unwrap()
    );
    let rig =
        Rig::start_with(Setup { policy, stop_seconds: 10, ..Setup::default() }, Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    rig.approve(&approval).await;
    let twice = rig.decide(&approval, rig.reviewer, DecisionKind::Approve).await;
    assert!(matches!(twice, Err(CommitError::Conflict(_))), "{twice:?}");
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    rig.decide(&approval, rig.second_reviewer, DecisionKind::Approve).await.unwrap();
    rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_reviewers_at_once_one_decides() {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    let reject = DecisionKind::Reject { reason: "No".to_owned() };
    let (one, other) = tokio::join!(
        rig.decide(&approval, rig.reviewer, DecisionKind::Approve),
        rig.decide(&approval, rig.second_reviewer, reject)
    );
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await.len(), usize::from(one.is_ok()));
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_changed_sends_an_approved_call_back_to_review() {
    let mut rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let old = rig.asked(ticket).await;
    rig.stop().await;
    rig.setup.policy = DEFAULT_POLICY.replace("this moves money or cannot be undone", "money needs a person");
    rig.begin().await;
    rig.approve(&old).await;
    let new = rig.asked_anew(ticket, old.id).await;
    assert!(new.why.contains("changed"), "{}", new.why);
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    rig.approve(&new).await;
    rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tool_that_changed_sends_an_approved_call_back_to_review() {
    let mut rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let old = rig.asked(ticket).await;
    rig.stop().await;
    rig.setup = rig.setup.clone().tools("Pays an order back in full or in part", "Pays back");
    rig.begin().await;
    rig.approve(&old).await;
    let new = rig.asked_anew(ticket, old.id).await;
    assert!(new.why.contains("changed"), "{}", new.why);
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    rig.approve(&new).await;
    let run = rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    rig.consistent().await;
    // The model is shown other tools now, and strict replay says so.
    let report = rig.app().replay(rig.workspace, run.id).await.unwrap().unwrap();
    assert_eq!(report.first_difference.unwrap().kind, "model");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_while_the_model_thinks_is_seen_before_anybody_is_asked() {
    let rig = Rig::start(Script::new(|request: &CapturedRequest| match request.number {
        // Asked again after the timeout, so that the customer has time to write.
        1 => Reply::Hang,
        _ => refunds(request),
    }))
    .await;
    let ticket = rig.open(PLEASE_REFUND).await;
    rig.model.wait_for(2).await;
    rig.write(ticket, "Stop, I will keep it.").await;
    let run = rig.ended(ticket).await;
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    let approvals = rig.rows().approvals_of_run(run.id).await.unwrap();
    assert!(approvals.iter().all(|a| a.status == ApprovalStatus::Superseded), "{approvals:#?}");
    let steps = rig.steps(run.id).await;
    let settled =
        steps.iter().filter(|s| matches!(&s.body, StepBody::Tool { outcome: CallOutcome::Superseded, .. }));
    assert_eq!(settled.count(), 1);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_needs_nobody_is_considered_anew_when_the_customer_wrote_before_it_began() {
    let policy = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 60\n\
                  [[rule]]\nname = \"all\"\nthen = \"run\"\nwhy = \"trusted\"\n";
    let setup = Setup { policy: policy.to_owned(), stop_seconds: 10, ..Setup::default() };
    let rig = Rig::start_with(
        setup,
        Script::new(|request: &CapturedRequest| match request.number {
            // Asked again after the timeout, so that the customer has time to write.
            1 => Reply::Hang,
            _ => refunds(request),
        }),
    )
    .await;
    let ticket = rig.open(PLEASE_REFUND).await;
    rig.model.wait_for(2).await;
    rig.write(ticket, "Stop, I will keep it.").await;
    let run = rig.ended(ticket).await;
    assert!(matches!(run.outcome, Some(Outcome::Asked { .. })), "{run:?}");
    assert_eq!(outcomes(&rig, &run, "shop__refund_order").await, ["superseded"]);
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    rig.books_balance(ticket).await;
}

/// A reply that the model itself is not sure of.
fn unsure(request: &CapturedRequest) -> Reply {
    let blue = request.body.to_string().contains("the blue one");
    let mut answer =
        final_answer("ask", if blue { "Is the blue one too small?" } else { QUESTION }, "unclear");
    answer["confidence"] = json!(0.6);
    Reply::Json(answer)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drafted_reply_goes_out_as_it_was_edited_and_not_before() {
    let rig = Rig::start(Script::new(unsure)).await;
    let ticket = rig.open("My jacket does not fit.").await;
    let first = rig.asked(ticket).await;
    assert_eq!(first.preview.body.as_deref(), Some(QUESTION));
    rig.write(ticket, "It is the blue one.").await;
    let second = rig.asked_anew(ticket, first.id).await;
    assert_eq!(second.preview.body.as_deref(), Some("Is the blue one too small?"));
    assert!(rig.told(ticket).await.is_empty());
    let mut args = second.binding.call.args.clone();
    args["body"] = json!("Would a larger one do?");
    rig.decide(&second, rig.reviewer, DecisionKind::Edit { args }).await.unwrap();
    let run = rig.ended(ticket).await;
    assert!(matches!(run.outcome, Some(Outcome::Asked { .. })), "{run:?}");
    let told = rig.told(ticket).await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].body, "Would a larger one do?");
    rig.books_balance(ticket).await;
}
