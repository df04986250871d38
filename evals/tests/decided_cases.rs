//! What reviewers decide comes back as cases that can be held, and what was held is shown by a service.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{collections::BTreeSet, path::Path};

use domain::{
    permission::{Permission, Permissions},
    user::Actor,
};
use evals::{
    case::{self, Case},
    desk::Desk,
    fixtures::Place,
    publish,
    record::{Attempt, Key, Records, Spent},
    runner::Options,
    score::Finding,
    suite::{self, Manifest},
};
use orchestrator::{
    decided_cases,
    keys::{self, NewKey},
};
use store::KeyOwner;

const PLACE: Place = Place { index: 0, attempt: 1, seed: 7 };

fn options() -> Options {
    Options {
        models: None,
        tapes: None,
        judge: None,
        attempts: PLACE.attempt,
        seed: PLACE.seed,
        parallel: 1,
        only: None,
        version: None,
        out: "/nowhere".into(),
        data: "/nowhere".into(),
        progress: false,
    }
}

/// Holds a refund up to the decision, and gives the cases that its decisions are made into, as they are exported.
async fn exported(manifest: &Manifest, turn: &str) -> Vec<Case> {
    let text = format!(
        "- name: a refund\n  from: owner\n  order: delivered\n  turns:\n  - says: Please refund order {{order}}, it is \
         too small.\n    expects: {{ outcome: waits }}\n  - {turn}\n"
    );
    let case = case::parse("refund.yaml", &text).unwrap().remove(0);
    let desk = Desk::open(&options()).await.unwrap();
    let held = desk.hold(manifest, &case, PLACE).await.unwrap();
    assert!(held.findings.is_empty(), "{:?}", held.findings);
    let store = desk.app().store.workspace(desk.workspace());
    let last = store.decided_about("shop__refund_order", 1).await.unwrap().remove(0);
    decided_cases::make(desk.app(), desk.workspace(), last.id, Actor::System).await.unwrap();
    let file = decided_cases::export(&store).await.unwrap();
    desk.close().await;
    case::parse("decisions.yaml", &file).unwrap()
}

fn attempt(case: &str, passed: bool) -> Attempt {
    let key = Key {
        suite: "shop".to_owned(),
        case: case.to_owned(),
        digest: "d".to_owned(),
        model: "offline".to_owned(),
        version: "1".to_owned(),
        seed: 7,
        attempt: 1,
    };
    let finding = (!passed).then(|| Finding::of("contains", "it is missing"));
    Attempt {
        key,
        critical: false,
        tags: BTreeSet::new(),
        why: String::new(),
        score: f64::from(u8::from(passed)),
        findings: finding.into_iter().collect(),
        spent: Spent::default(),
        story: Vec::new(),
    }
}

async fn held_again(manifest: &Manifest, case: &Case) -> Vec<String> {
    let desk = Desk::open(&options()).await.unwrap();
    let held = desk.hold(manifest, case, PLACE).await.unwrap();
    desk.close().await;
    held.findings.into_iter().map(|finding| finding.scorer).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_becomes_a_case_that_is_read_and_held_again() {
    let manifest = suite::load(&Path::new(evals::SUITES).join("shop")).unwrap().manifest;
    let approved = exported(&manifest, "approves: true").await.remove(0);
    let last = approved.turns.last().unwrap();
    assert_eq!(last.expects.proposes.as_ref().unwrap().tool, "shop__refund_order");
    assert!(!approved.reads.is_empty(), "the order as the run read it");
    assert_eq!(approved.from, Some(case::From::Email("person1@mail.example".to_owned())));
    assert_eq!(held_again(&manifest, &approved).await, Vec::<String>::new());

    // The same desk proposes the refund again, which a case of a rejected one finds.
    let rejected = exported(&manifest, "rejects: it was worn").await.remove(0);
    assert_eq!(rejected.why, "it was worn");
    assert_eq!(held_again(&manifest, &rejected).await, ["avoids"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_held_is_published_once_and_a_refusal_says_why() {
    let desk = Desk::open(&options()).await.unwrap();
    let store = desk.app().store.workspace(desk.workspace());
    let url = format!("http://{}/", desk.address());
    let account = keys::make_account(desk.app(), &store, "nightly".to_owned(), String::new(), Actor::System)
        .await
        .unwrap();
    let key = async |permission| {
        let scopes: Permissions = [permission].into_iter().collect();
        let owner = KeyOwner::ServiceAccount(account.id);
        let new = NewKey { name: "nightly".to_owned(), owner, scopes, expires_at: None };
        keys::make(desk.app(), &store, new, Actor::System).await.unwrap().1
    };
    let manifest = suite::load(&Path::new(evals::SUITES).join("shop")).unwrap().manifest;
    let records = Records {
        suites: [("shop".to_owned(), manifest)].into_iter().collect(),
        attempts: vec![attempt("b", true), attempt("a", false)],
        ..Records::default()
    };
    let writer = key(Permission::ManageEvaluations).await;
    let first = publish::publish(&records, &url, &writer).await.unwrap();
    assert_eq!(publish::publish(&records, &url, &writer).await.unwrap(), first);
    assert_eq!((first.len(), first[0].cases, first[0].passed), (1, 2, 1));
    let kept = store.evaluation_results(first[0].id, store::ResultFilter::default(), (-1, 10)).await.unwrap();
    assert_eq!(kept.iter().map(|case| case.name.as_str()).collect::<Vec<_>>(), ["b", "a"]);

    let reader = key(Permission::ReadEvaluations).await;
    let refused = format!("{:#}", publish::publish(&records, &url, &reader).await.unwrap_err());
    assert!(refused.contains("manage_evaluations") && !refused.contains(&reader), "{refused}");
    desk.close().await;
    let away = format!("{:#}", publish::publish(&records, &url, &writer).await.unwrap_err());
    assert!(away.contains("cannot be reached") && !away.contains(&writer), "{away}");
}
