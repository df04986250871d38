//! What is kept of how people review, in the workspace whose ids are tried.

use std::time::Duration;

use domain::{
    ExerciseId,
    approval::{Decision, DecisionKind},
    autonomy::{Level, Rung},
    calibration::certified::Promise,
    canonical::Digest,
    commit::Op,
    exercise::{Ended, Ending, Exercise, ExerciseSettings, Said, Slip},
    review::Attended,
};
use store::Reviewed;

use super::world::World;
use crate::fixture::{Fixture, decided, one};

pub const ON: ExerciseSettings = ExerciseSettings { on: true, one_in: 1, most_a_day: 10 };
pub const ALWAYS: Reviewed = Reviewed { user: None, from: 0, to: 100_000 };

impl World {
    /// Of the approval, and known by its id.
    pub fn exercise(&self) -> Exercise {
        Exercise {
            id: ExerciseId(self.approval.0),
            user_id: self.user,
            source: self.approval,
            slip: Some(Slip::Amount),
            change: 0,
            digest: Digest::of(self.tag),
            earlier: Said::Approve,
            made_at: self.at,
            expires_at: self.at.plus(Duration::from_secs(3600)),
            assigned: false,
            snoozed_until: None,
            claimed_until: None,
            ended: None,
        }
    }

    /// Of a tool that is named by the tag.
    pub fn rung(&self) -> Rung {
        Rung {
            intent: String::new(),
            tool: self.tag.to_owned(),
            level: Level::Ask,
            promise: Promise::default(),
            threshold: None,
            version: 1,
            since: self.at,
            counted_from: self.at,
            by: self.actor(),
            why: self.tag.to_owned(),
            over_policy: false,
        }
    }

    pub fn ended(&self) -> Ended {
        Ended { at: self.at, as_: Ending::Said(Said::Approve), found: Some(false), agreed: None }
    }

    pub fn attended(&self) -> Attended {
        Attended { in_view_ms: 5, words: 10, evidence: 1, seen: vec![0] }
    }
}

/// A decision of the person with what they had before them, and an exercise that waits for them.
pub async fn review(f: &Fixture, w: &World) {
    let ticket = f.open(w.tag).await;
    let receipt = f.desk.commit(one(Op::EnsureRun(f.new_run(Some(ticket))))).await.unwrap();
    let version = f.desk.ticket(ticket).await.unwrap().unwrap().customer_version;
    let approval = f.approval(&receipt.runs[0], version);
    let decision = Decision { user_id: w.user, ..f.decision(&approval, DecisionKind::Approve) };
    let id = approval.id;
    f.desk.commit(one(Op::AddApproval(Box::new(approval)))).await.unwrap();
    f.desk.commit(one(decided(decision))).await.unwrap();
    f.desk.note_attention(id, (w.user, w.at), w.attended()).await.unwrap();
    f.desk.set_exercise_settings(ON, w.actor(), w.at).await.unwrap();
    assert!(f.desk.begin_exercise(w.exercise(), w.at).await.unwrap());
}
