//! Policies of a workspace: a change counts for what waits, a document that cannot be used refuses, and
//! what was judged can be explained.

use std::{sync::Arc, time::Duration};

use domain::{
    Clock, DecisionId, Ids,
    approval::{ApprovalStatus, Decision, DecisionKind},
    audit::{AuditAction, Deed},
    canonical::Digest,
    commit::{Commit, CommitError, Op},
    policy::{Answer, Facts, PolicyDocument},
    run::{CallOutcome, RunStatus, StepBody},
    standing::Standing,
    ticket::{EventBody, TicketStatus},
    user::{Actor, Role, Team, TeamName},
};
use orchestrator::{
    gate::DEFAULT_POLICY,
    policies::{NewPolicy, questions::About},
    system::SystemIds,
    testing::model_server::Script,
};
use serde_json::json;
use store::{Store, StoreOptions};

use crate::rig::{ORDER, ORDER_CENTS, PLEASE_REFUND, Rig, Setup, refund_call, refunds};

async fn put(rig: &Rig, text: &str) {
    let expected = rig.rows().policy().await.unwrap().map_or(0, |policy| policy.version);
    let (by, at) = (Actor::System, rig.clock.now());
    let new = NewPolicy { text: text.to_owned(), note: "a test".to_owned(), expected, by, at };
    rig.app().put_policy(&rig.rows(), new).await.unwrap();
}

/// The built-in policy with other terms for money.
fn money(ask: &str) -> String {
    DEFAULT_POLICY.replace(
        "then = \"ask\"\nwhy = \"this moves money or cannot be undone\"",
        &format!("then = \"ask\"\nwhy = \"this moves money or cannot be undone\"\nask = {ask}"),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_a_workspace_changes_sends_what_was_approved_back_to_review() {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let old = rig.asked(ticket).await;
    put(&rig, &money("{ role = \"admin\", quorum = 1, ttl_minutes = 60 }")).await;
    // The old terms let a reviewer say yes; the new ones do not.
    rig.approve(&old).await;
    let new = rig.asked_anew(ticket, old.id).await;
    assert!(new.why.contains("changed"), "{}", new.why);
    assert_eq!(new.role, Role::Admin);
    assert_ne!(new.binding.policy_version, old.binding.policy_version);
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    let refused = rig.decide(&new, rig.reviewer, DecisionKind::Approve).await;
    assert!(matches!(refused, Err(CommitError::Forbidden(_))), "{refused:?}");
    rig.decide(&new, rig.admin, DecisionKind::Approve).await.unwrap();
    rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_put_by_another_process_counts_and_one_that_cannot_be_used_refuses_everything() {
    let rig = Rig::start(Script::new(refunds)).await;
    let options = StoreOptions { owner: "another".to_owned(), max_claimed: 0, ..StoreOptions::default() };
    let clock = Arc::clone(&rig.clock) as Arc<dyn Clock>;
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let other = Store::open(&rig.database(), options, clock, ids).await.unwrap();
    // What a version that knows more variables might have put.
    let broken = PolicyDocument {
        version: 1,
        digest: Digest::of("x"),
        text: format!(
            "{DEFAULT_POLICY}\n[[rule]]\nname = \"moon\"\nwhen = 'moon == \"full\"'\nthen = \"run\"\n"
        ),
        note: "a test".to_owned(),
        created_by: Actor::System,
        created_at: rig.clock.now(),
    };
    let before = rig.app().policies.of(rig.workspace).version().clone();
    assert!(other.workspace(rig.workspace).put_policy(broken).await.unwrap());
    let heard = tokio::time::Instant::now();
    while rig.app().policies.of(rig.workspace).version() == &before {
        assert!(heard.elapsed() < Duration::from_secs(5), "the change was not heard of");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(rig.app().policies.of(rig.workspace).is_closed().unwrap().contains("`moon`"));
    let ticket = rig.open(PLEASE_REFUND).await;
    let run = rig.ended(ticket).await;
    // Not even the handoff runs; the ticket is given to a person all the same.
    assert_eq!(run.status, RunStatus::Quarantined, "{run:?}");
    assert_eq!(rig.ticket(ticket).await.status, TicketStatus::WaitingForStaff);
    // Nobody can tell what a provider may see, so none is asked.
    assert_eq!(rig.model.count(), 0);
    let refund = rig.app().catalog.get("shop__refund_order").unwrap();
    let args = refund_call(ORDER, ORDER_CENTS).arguments.parse().unwrap();
    let verdict = rig.app().dry_verdict(rig.workspace, &*refund, &args);
    assert_eq!(verdict.rule, "closed");
    assert!(
        matches!(&verdict.answer, Answer::Refuse { why } if why.contains("cannot be used") && why.contains("`moon`")),
        "{verdict:?}"
    );
    assert_eq!(rig.model.count(), 0, "nobody can tell what a provider may see");
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    assert!(rig.told(ticket).await.is_empty());
    // Another workspace is judged by the installation's policy as before.
    let elsewhere = domain::WorkspaceId::new(&SystemIds);
    assert_eq!(rig.app().policies.of(elsewhere).version(), &before);
    // It is mended by a version that can be used.
    put(&rig, DEFAULT_POLICY).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    rig.asked(ticket).await;
    rig.consistent().await;
    other.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_changed_a_call_does_not_approve_it_where_the_policy_says_so() {
    let policy = money("{ role = \"reviewer\", quorum = 1, ttl_minutes = 60, not_requester = true }");
    let rig =
        Rig::start_with(Setup { policy, stop_seconds: 10, ..Setup::default() }, Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let first = rig.asked(ticket).await;
    assert_eq!(first.requesters, vec![]);
    let mut args = first.binding.call.args.clone();
    args["amount_cents"] = json!(5_000);
    rig.decide(&first, rig.reviewer, DecisionKind::Edit { args }).await.unwrap();
    let second = rig.asked_anew(ticket, first.id).await;
    assert!(second.why.contains("edited"), "{}", second.why);
    assert_eq!(second.requesters, [rig.reviewer]);
    let own = rig.decide(&second, rig.reviewer, DecisionKind::Approve).await;
    assert!(matches!(&own, Err(CommitError::Conflict(why)) if why.contains("another person")), "{own:?}");
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    rig.decide(&second, rig.second_reviewer, DecisionKind::Approve).await.unwrap();
    rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, [5_000]);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_approval_that_waits_too_long_goes_to_the_role_that_the_policy_names() {
    let policy = money(
        "{ role = \"reviewer\", quorum = 1, ttl_minutes = 60, reminder_minutes = 10, escalate = { role = \"admin\", after_minutes = 30 } }",
    );
    let rig =
        Rig::start_with(Setup { policy, stop_seconds: 10, ..Setup::default() }, Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let asked = rig.asked(ticket).await;
    rig.clock.forward(Duration::from_secs(11 * 60));
    rig.until("people are reminded", ticket, async |rig| {
        let events = rig.rows().events(ticket, 0, 100).await.unwrap();
        let told =
            |body: &EventBody| matches!(body, EventBody::ApprovalReminder { role: Role::Reviewer, .. });
        events.iter().any(|event| told(&event.body)).then_some(())
    })
    .await;
    rig.clock.forward(Duration::from_secs(20 * 60));
    let late = rig.decide(&asked, rig.reviewer, DecisionKind::Approve).await;
    assert!(matches!(late, Err(CommitError::Forbidden(_))), "{late:?}");
    let passed = rig
        .until("the approval is an admin's", ticket, async |rig| {
            let approval = rig.rows().approval(asked.id).await.unwrap()?;
            (approval.role == Role::Admin).then_some(approval)
        })
        .await;
    assert_eq!((passed.status, &passed.digest), (ApprovalStatus::Pending, &asked.digest));
    let events = rig.rows().events(ticket, 0, 100).await.unwrap();
    let told = |body: &EventBody| matches!(body, EventBody::ApprovalPassedOn { role: Role::Admin, .. });
    assert_eq!(events.iter().filter(|event| told(&event.body)).count(), 1);
    rig.decide(&passed, rig.admin, DecisionKind::Approve).await.unwrap();
    rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    rig.books_balance(ticket).await;
    // What the policy asked for is what it was asked of first.
    let same = rig.app().gate_of(&rig.rows(), None, None).await.unwrap();
    assert_eq!(rig.app().dry_run_policy(&rig.rows(), same, 50).await.unwrap().items, vec![]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whom_a_teams_approval_was_passed_on_to_answers_for_it_without_being_of_the_team() {
    let rig = Rig::start(Script::new(refunds)).await;
    let name = TeamName::parse("refunds").unwrap();
    let at = rig.clock.now();
    let team = Team { name, description: "Money back".to_owned(), created_at: at };
    let (action, subject) = (AuditAction::TeamStored, "refunds".to_owned());
    let deed = Deed { at, actor: Actor::System, action, subject, detail: json!({}) };
    rig.rows().put_team(team, deed).await.unwrap();
    put(
        &rig,
        &money(
            "{ role = \"reviewer\", team = \"refunds\", quorum = 1, ttl_minutes = 60, \
             escalate = { role = \"admin\", after_minutes = 30 } }",
        ),
    )
    .await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let asked = rig.asked(ticket).await;
    let early = rig.decide(&asked, rig.admin, DecisionKind::Approve).await;
    assert!(matches!(early, Err(CommitError::Forbidden(_))), "{early:?}");
    rig.clock.forward(Duration::from_secs(31 * 60));
    let passed = rig
        .until("the approval is an admin's", ticket, async |rig| {
            let approval = rig.rows().approval(asked.id).await.unwrap()?;
            (approval.role == Role::Admin).then_some(approval)
        })
        .await;
    rig.decide(&passed, rig.admin, DecisionKind::Approve).await.unwrap();
    let run = rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    assert_eq!(rig.rows().approvals_of_run(run.id).await.unwrap().len(), 1, "it was asked once");
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_hour_that_asks_for_more_asks_again() {
    // By day a reviewer is enough, at any other hour it takes an admin.
    let rig = Rig::start(Script::new(refunds)).await;
    let (hour, _) = rig.clock.now().hour_and_weekday();
    let (day, later) = (i64::from(hour), (i64::from(hour) + 1) % 24);
    let head = DEFAULT_POLICY.split("[[rule]]\nname = \"large_amount\"").next().unwrap();
    let text = format!(
        "{head}[[rule]]\nname = \"day\"\nwhen = 'risk == \"irreversible\" && (hour == {day} || hour == {later})'\n\
         then = \"ask\"\n[[rule]]\nname = \"night\"\nwhen = 'risk == \"irreversible\"'\nthen = \"ask\"\n\
         ask = {{ role = \"admin\", quorum = 1, ttl_minutes = 600 }}\n"
    );
    put(&rig, &text).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let asked = rig.asked(ticket).await;
    assert_eq!((asked.rule.as_str(), &asked.role), ("day", &Role::Reviewer));
    rig.clock.forward(Duration::from_secs(3 * 3_600));
    rig.approve(&asked).await;
    let again = rig.asked_anew(ticket, asked.id).await;
    assert_eq!((again.rule.as_str(), &again.role), ("night", &Role::Admin));
    assert!(again.why.contains("asks for more"), "{}", again.why);
    rig.decide(&again, rig.admin, DecisionKind::Approve).await.unwrap();
    rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_judged_is_kept_explained_and_tried_under_another_policy() {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    rig.approve(&approval).await;
    let run = rig.ended(ticket).await;
    let facts: &Facts = approval.facts.as_ref().unwrap();
    assert_eq!((facts.tool.as_str(), facts.amount), ("shop__refund_order", Some(ORDER_CENTS)));
    assert_eq!(facts.channel, "api");
    let effects = rig.effects(run.id).await;
    let reply = effects.iter().find(|effect| effect.call.tool == "reply_to_customer").unwrap();
    assert_eq!(reply.judged.as_ref().unwrap().rule, "sure_reply");

    let (app, rows) = (rig.app(), rig.rows());
    let gate = app.gate_of(&rows, None, None).await.unwrap();
    let (call, past, why) = app.explain_policy(&rows, &gate, About::Approval(approval.id)).await.unwrap();
    assert!(call.unknown.is_empty(), "{:?}", call.unknown);
    assert_eq!(past.unwrap().was, "ask reviewer");
    assert_eq!((why.rule.as_str(), why.word()), ("money_or_final", "ask"));
    let about = About::Call(run.id, reply.call.id.clone());
    let (_, past, why) = app.explain_policy(&rows, &gate, about).await.unwrap();
    assert_eq!((past.unwrap().was.as_str(), why.rule.as_str()), ("run", "sure_reply"));

    // Under a policy that refuses refunds and lets nobody reply, both would have become something else.
    let strict = "[default]\nrole = \"admin\"\nquorum = 2\nttl_minutes = 60\n\
                  [[rule]]\nname = \"no_money\"\nwhen = 'amount > 0'\nthen = \"refuse\"\nwhy = \"no\"\n";
    let gate = app.gate_of(&rows, Some(strict.to_owned()), None).await.unwrap();
    let found = app.dry_run_policy(&rows, gate, 50).await.unwrap();
    let became = |tool: &str| {
        let item = found.items.iter().find(|item| item.tool == tool).unwrap();
        (item.was.clone(), item.would_be.clone(), item.would_be_by.clone())
    };
    let words = |was: &str, would: &str, by: &str| (was.to_owned(), would.to_owned(), by.to_owned());
    assert_eq!(became("shop__refund_order"), words("ask reviewer", "refuse", "no_money"));
    assert_eq!(became("reply_to_customer"), words("run", "ask 2 of role admin", "default"));
    assert_eq!(found.unknown, 0);
    // Under the policy in effect nothing changes.
    let same = app.gate_of(&rows, None, None).await.unwrap();
    assert_eq!(app.dry_run_policy(&rows, same, 50).await.unwrap().items, vec![]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_shows_checks_tests_explains_and_puts_policies() {
    let mut rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    rig.stop().await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let run = |arguments: &[&str]| {
        let output = rig.command(&[&["policy"], arguments].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout) + &text(&output.stderr))
    };
    assert_eq!(run(&["show"]), (true, DEFAULT_POLICY.to_owned()));
    let (ok, said) = run(&["check"]);
    assert!(ok && said.contains("nothing found"), "{said}");
    let bad = file("bad.toml", &DEFAULT_POLICY.replace("amount > 50000", "amuont > 50000"));
    let (ok, said) = run(&["check", &bad]);
    assert!(!ok && said.contains("`amuont`") && said.contains("large_amount"), "{said}");
    let (ok, said) = run(&["put", &bad, "--note", "x", "--as", "admin@engine.example"]);
    assert!(!ok && said.contains("cannot be used"), "{said}");

    let new = file("new.toml", &DEFAULT_POLICY.replace("amount > 50000", "amount > 10000"));
    let (ok, said) = run(&["put", &new, "--note", "less", "--as", "reviewer@engine.example"]);
    assert!(!ok && said.contains("takes the permission"), "{said}");
    let cases = file(
        "cases.toml",
        "[[case]]\nname = \"refund\"\nexpect = \"ask\"\nrule = \"large_amount\"\n\
         call = { tool = \"shop__refund_order\", args = { amount_cents = 12900 } }\n",
    );
    let (ok, said) = run(&["test", &cases]);
    assert!(!ok && said.contains("FAILED") && said.contains("money_or_final"), "{said}");
    let (ok, said) = run(&["test", &cases, "--policy", &new]);
    assert!(ok && said.contains("1 cases, 0 failed."), "{said}");
    let (ok, said) = run(&["dry-run", &new]);
    assert!(ok && said.contains("ask admin (large_amount)"), "{said}");

    let (ok, said) = run(&["put", &new, "--note", "less", "--as", "admin@engine.example"]);
    assert!(ok && said.contains("Version 1"), "{said}");
    let late = ["put", &new, "--note", "again", "--as", "admin@engine.example", "--expected", "0"];
    let (ok, said) = run(&late);
    assert!(!ok && said.contains("version 1 is in effect"), "{said}");
    let (ok, said) = run(&["versions"]);
    assert!(ok && said.contains("less") && said.contains("admin"), "{said}");

    let (ok, said) = run(&["explain", "--approval", &approval.id.to_string()]);
    assert!(ok && said.contains("ask admin by large_amount"), "{said}");
    assert!(said.contains("It was judged: ask reviewer (money_or_final), under another version"), "{said}");
    let imagined =
        ["explain", "--set", "tool=add_note", "--set", "origin=untrusted", "--set", "args.body=hello"];
    let (ok, said) = run(&imagined);
    assert!(ok && said.contains("held back all the same"), "{said}");
    let (ok, said) = run(&["explain", "--set", "tool=add_note", "--set", "amuont=3"]);
    assert!(!ok && said.contains("amuont"), "{said}");
    let (ok, _) = run(&["explain"]);
    assert!(!ok);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_may_go_by_what_the_customer_asks_for_and_by_what_the_run_has_cost() {
    let procedures = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(procedures.path(), orchestrator::demo::PROCEDURES).unwrap();
    let more = format!("[procedures]\nfile = \"{}\"\n", procedures.path().display());
    let rule = "[[rule]]\nname = \"asked_for_a_refund\"\n\
                when = \"tool == 'shop__refund_order' && intent == 'refund' && spend > 0.0\"\nthen = \"ask\"\n\
                ask = { role = \"admin\", quorum = 1, ttl_minutes = 60 }\n\n[[rule]]";
    let policy = DEFAULT_POLICY.replacen("[[rule]]", rule, 1);
    let rig =
        Rig::start_with(Setup { more, policy, stop_seconds: 10, ..Setup::default() }, Script::new(refunds))
            .await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let asked = rig.asked(ticket).await;
    assert_eq!((asked.rule.as_str(), &asked.role), ("asked_for_a_refund", &Role::Admin));
    let facts = asked.facts.as_deref().unwrap();
    assert_eq!(facts.intent.as_deref(), Some("refund"));
    assert!(facts.spend.is_some_and(|credits| credits > 0.0), "{facts:?}");
    // The ladder goes by it, whichever rules there are.
    put(&rig, DEFAULT_POLICY).await;
    rig.decide(&asked, rig.admin, DecisionKind::Approve).await.unwrap();
    let again = rig.asked_anew(ticket, asked.id).await;
    assert_eq!(again.facts.as_deref().unwrap().intent.as_deref(), Some("refund"));
    // What was asked for last counts, also in the run that heard what was asked before.
    rig.write(ticket, "Please cancel my order NF-20000.").await;
    let later = rig.asked_anew(ticket, again.id).await;
    assert_eq!(later.facts.as_deref().unwrap().intent.as_deref(), Some("cancel_order"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_counts_by_what_came_of_it_and_not_by_the_clocks_of_those_who_decided() {
    let policy = money("{ role = \"reviewer\", quorum = 2, ttl_minutes = 60 }");
    let rig =
        Rig::start_with(Setup { policy, stop_seconds: 10, ..Setup::default() }, Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    // The first one's clock is ahead by a little.
    let ahead = rig.clock.now().plus(Duration::from_secs(30));
    let decisions = [
        (rig.reviewer, DecisionKind::Approve, ahead),
        (rig.second_reviewer, DecisionKind::Reject { reason: "not this one".to_owned() }, rig.clock.now()),
    ];
    for (user_id, kind, at) in decisions {
        let decision = Decision {
            id: DecisionId::new(&SystemIds),
            approval_id: approval.id,
            user_id,
            role: Role::Reviewer,
            digest: approval.digest.clone(),
            kind,
            at,
            undo_until: None,
            by_link: false,
        };
        let standing = Standing::built_in(user_id, Role::Reviewer);
        let ops = vec![Op::Decide(Box::new(decision), Box::new(standing))];
        rig.rows().commit(Commit { ops }).await.unwrap();
    }
    let run = rig.ended(ticket).await;
    let refused = rig.steps(run.id).await.into_iter().any(|step| {
        matches!(step.body, StepBody::Tool { outcome: CallOutcome::Rejected { reason, .. }, .. }
            if reason == "not this one")
    });
    assert!(refused, "{run:?}");
    assert!(rig.refunded(ORDER).await.is_empty());
    rig.books_balance(ticket).await;
}
