//! Evaluations are kept once and compared with the one before; a case of a decision is there while that stands.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    EvaluationCaseId, EvaluationId, UserId,
    approval::{Approval, ApprovalStatus, DecisionKind},
    audit::{AuditAction, Deed},
    commit::Op,
    decided_case::{DecidedCase, Scripted, ScriptedTurn},
    evaluation::{CaseChange, CaseScene, Evaluation, PublishedCase, PublishedEvaluation},
    user::Actor,
};
use serde_json::{Value, json};
use store::{AuditFilter, ResultFilter};

use crate::fixture::{Fixture, decided, one};

fn deed(f: &Fixture, action: AuditAction) -> Deed {
    let actor = Actor::User { user_id: f.id(UserId::new), name: "Robin".to_owned() };
    Deed { at: f.now(), actor, action, subject: "x".to_owned(), detail: json!({}) }
}

fn case(name: &str, passed: bool) -> PublishedCase {
    let scene = CaseScene {
        who: "the customer".to_owned(),
        did: format!("asks about {name}"),
        told: Vec::new(),
        steps: Vec::new(),
        waiting: Vec::new(),
        standing: "Answered".to_owned(),
        reason: String::new(),
        expected: Value::Null,
        findings: Vec::new(),
    };
    PublishedCase {
        name: name.to_owned(),
        tags: BTreeSet::new(),
        attempts: 1,
        passed: i64::from(passed),
        critical: !passed && name == "critical",
        why: String::new(),
        findings: Vec::new(),
        millis: 1,
        cost_micros: 1,
        story: vec![scene],
    }
}

fn published(suite: &str, version: &str, cases: &[(&str, bool)]) -> PublishedEvaluation {
    PublishedEvaluation {
        suite: suite.to_owned(),
        about: String::new(),
        version: version.to_owned(),
        model: "offline".to_owned(),
        seed: u64::MAX,
        cutoff: 0.5,
        measures: BTreeMap::from([("recall".to_owned(), 0.123_456_789)]),
        below: Vec::new(),
        cases: cases.iter().map(|(name, passed)| case(name, *passed)).collect(),
    }
}

async fn publish(f: &Fixture, published: PublishedEvaluation) -> Evaluation {
    let deed = deed(f, AuditAction::EvaluationPublished);
    f.desk.publish_evaluation(published, f.id(EvaluationId::new), deed).await.unwrap()
}

pub async fn an_evaluation_is_kept_once_and_compared_with_the_one_before(f: Fixture) {
    let first = publish(&f, published("shop", "1", &[("a", true), ("b", false), ("critical", false)])).await;
    let again = publish(&f, published("shop", "1", &[("a", true), ("b", false), ("critical", false)])).await;
    assert_eq!(first, again);
    publish(&f, published("pii", "1", &[("a", false)])).await;
    let second = publish(&f, published("shop", "2", &[("a", false), ("b", true), ("new", true)])).await;
    let since = second.since.clone().unwrap();
    assert_eq!((since.id, since.gained, since.lost, since.added, since.gone), (first.id, 1, 1, 1, 1));
    assert_eq!(f.desk.evaluation(second.id).await.unwrap(), Some(second.clone()));

    let all = f.desk.evaluations(30).await.unwrap();
    let order: Vec<(&str, &str)> = all.iter().map(|one| (one.suite.as_str(), one.version.as_str())).collect();
    assert_eq!(order, [("pii", "1"), ("shop", "1"), ("shop", "2")]);
    assert_eq!(f.desk.evaluations(1).await.unwrap().len(), 2);

    let names = async |id, filter| -> Vec<String> {
        let results = f.desk.evaluation_results(id, filter, (-1, 10)).await.unwrap();
        results.into_iter().map(|result| result.name).collect()
    };
    let all = ResultFilter::default();
    assert_eq!(names(second.id, all).await, ["a", "b", "new"]);
    assert_eq!(names(second.id, ResultFilter { passed: Some(false), ..all }).await, ["a"]);
    assert_eq!(names(first.id, ResultFilter { critical: Some(true), ..all }).await, ["critical"]);
    assert_eq!(names(second.id, ResultFilter { changed: Some(true), ..all }).await, ["a", "b", "new"]);
    assert!(names(first.id, ResultFilter { changed: Some(true), ..all }).await.is_empty());
    let rest = f.desk.evaluation_results(second.id, all, (0, 1)).await.unwrap();
    assert_eq!((rest.len(), rest[0].name.as_str(), rest[0].change), (1, "b", Some(CaseChange::Gained)));
    let (result, story) = f.desk.evaluation_result(second.id, 2).await.unwrap().unwrap();
    assert_eq!((result.name.as_str(), story[0].did.as_str()), ("new", "asks about new"));
    let filter = AuditFilter { action: Some(AuditAction::EvaluationPublished), ..AuditFilter::default() };
    assert_eq!(f.desk.audit_entries(&filter, None, 10).await.unwrap().len(), 3, "each once");
}

pub async fn old_evaluations_of_a_suite_go(f: Fixture) {
    let first = publish(&f, published("shop", "0", &[("a", true)])).await;
    for version in 1..=100 {
        publish(&f, published("shop", &version.to_string(), &[("a", true)])).await;
    }
    assert_eq!(f.desk.evaluations(500).await.unwrap().len(), 100);
    assert_eq!(f.desk.evaluation(first.id).await.unwrap(), None);
    assert!(f.desk.evaluation_result(first.id, 0).await.unwrap().is_none());
}

/// A case in which the customer says this.
pub fn made(f: &Fixture, approval: &Approval, says: &str) -> DecidedCase {
    let turn = ScriptedTurn { says: Some(says.to_owned()), ..ScriptedTurn::default() };
    DecidedCase {
        id: f.id(EvaluationCaseId::new),
        approval_id: approval.id,
        ticket_id: approval.ticket_id.unwrap(),
        decided: ApprovalStatus::Approved,
        tool: approval.binding.call.tool.clone(),
        case: Scripted {
            name: "a case".to_owned(),
            tags: BTreeSet::new(),
            why: String::new(),
            from: None,
            at: f.now(),
            reads: Vec::new(),
            turns: vec![turn],
        },
        made_by: Actor::System,
        made_at: f.now(),
        decided_at: approval.decided_at.unwrap_or(f.now()),
    }
}

async fn decide(f: &Fixture, ticket: domain::TicketId, run: &domain::run::Run) -> Approval {
    let version = f.desk.ticket(ticket).await.unwrap().unwrap().customer_version;
    let approval = f.approval(run, version);
    let decision = f.decision(&approval, DecisionKind::Approve);
    f.desk.commit(one(Op::AddApproval(Box::new(approval.clone())))).await.unwrap();
    f.desk.commit(one(decided(decision))).await.unwrap();
    f.desk.approval(approval.id).await.unwrap().unwrap()
}

pub async fn a_case_of_a_decision_is_there_while_that_stands(mut f: Fixture) {
    let (ticket, run) = f.working().await;
    let approval = decide(&f, ticket, &run).await;
    let keep = async |case: DecidedCase, most| {
        f.desk.keep_case(case, most, deed(&f, AuditAction::EvaluationCaseMade)).await.unwrap()
    };
    let first = made(&f, &approval, "hello");
    assert!(!keep(first.clone(), 0).await, "there are too many");
    assert!(keep(first.clone(), 1).await);
    let second = made(&f, &approval, "hello again");
    assert!(keep(second.clone(), 1).await, "it takes the place of the first");
    assert_eq!(f.desk.decided_cases(10, None).await.unwrap().items, std::slice::from_ref(&second));
    assert_eq!(f.desk.case_of_approval(approval.id).await.unwrap(), Some(second.clone()));

    let another = domain::Timestamp(second.decided_at.0 + 1);
    assert!(keep(DecidedCase { decided_at: another, ..second.clone() }, 1).await);
    assert!(f.desk.decided_cases(10, None).await.unwrap().items.is_empty(), "another decision stands");
    assert!(keep(second.clone(), 1).await);
    let remove =
        async || f.desk.remove_case(second.id, deed(&f, AuditAction::EvaluationCaseRemoved)).await.unwrap();
    assert!(remove().await);
    assert!(!remove().await);
    assert!(f.desk.case_of_approval(approval.id).await.unwrap().is_none());
}
