//! Evaluations and cases of decisions in the workspace whose ids are tried.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Timestamp,
    approval::ApprovalStatus,
    audit::AuditAction,
    decided_case::{DecidedCase, Expected, Scripted, ScriptedTurn},
    evaluation::{CaseFinding, PublishedCase, PublishedEvaluation},
};

use super::world::World;
use crate::fixture::Fixture;

impl World {
    pub fn published(&self) -> PublishedEvaluation {
        let finding =
            CaseFinding { scorer: "contains".to_owned(), text: self.tag.to_owned(), critical: false };
        let case = PublishedCase {
            name: self.tag.to_owned(),
            tags: BTreeSet::new(),
            attempts: 1,
            passed: 0,
            critical: false,
            why: String::new(),
            findings: vec![finding],
            millis: 1,
            cost_micros: 0,
            story: Vec::new(),
        };
        PublishedEvaluation {
            suite: self.tag.to_owned(),
            about: String::new(),
            version: "1".to_owned(),
            model: "offline".to_owned(),
            seed: 7,
            cutoff: 0.5,
            measures: BTreeMap::new(),
            below: Vec::new(),
            cases: vec![case],
        }
    }

    /// Of the approval, as if it had been decided.
    pub fn decided_case(&self) -> DecidedCase {
        let said = ScriptedTurn { says: Some(self.tag.to_owned()), ..ScriptedTurn::default() };
        let turn = ScriptedTurn { expects: Expected::default(), ..said };
        DecidedCase {
            id: self.case,
            approval_id: self.approval,
            ticket_id: self.ticket,
            decided: ApprovalStatus::Approved,
            tool: "shop__refund_order".to_owned(),
            case: Scripted {
                name: self.tag.to_owned(),
                tags: BTreeSet::new(),
                why: String::new(),
                from: None,
                at: self.at,
                reads: Vec::new(),
                turns: vec![turn],
            },
            made_by: self.actor(),
            made_at: self.at,
            decided_at: Timestamp(self.at.0),
        }
    }
}

/// An evaluation with a case, and a case of a decision.
pub async fn evaluate(f: &Fixture, w: &World) {
    let deed = w.deed(AuditAction::EvaluationPublished);
    f.desk.publish_evaluation(w.published(), w.evaluation, deed).await.unwrap();
    let deed = w.deed(AuditAction::EvaluationCaseMade);
    assert!(f.desk.keep_case(w.decided_case(), 10, deed).await.unwrap());
}
