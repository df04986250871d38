//! A decision that can be taken back: nothing is done before its time is over, whatever happens to the
//! process in between.

use std::time::Duration;

use domain::{
    approval::{Approval, ApprovalStatus, DecisionKind},
    commit::CommitError,
    run::RunStatus,
    standing::Standing,
    user::Role,
};
use orchestrator::testing::model_server::Script;

use crate::rig::{ORDER, ORDER_CENTS, PLEASE_REFUND, Rig, refunds};

const WINDOW: Duration = Duration::from_secs(60);

impl Rig {
    async fn decide_undoably(&self, approval: &Approval, kind: DecisionKind) -> Approval {
        let by = Standing::built_in(self.reviewer, Role::Reviewer);
        let digest = approval.digest.clone();
        let intake = &self.app().intake;
        let taken =
            intake.decide_with_undo(self.workspace, approval.id, by, digest, kind, WINDOW).await.unwrap();
        taken.approvals.into_iter().find(|after| after.id == approval.id).unwrap()
    }

    async fn take_back(&self, approval: &Approval) -> Result<(), CommitError> {
        self.app().intake.take_back(self.workspace, approval.id, self.reviewer).await.map(|_| ())
    }

    async fn status(&self, approval: &Approval) -> ApprovalStatus {
        self.rows().approval(approval.id).await.unwrap().unwrap().status
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_done_while_a_decision_can_be_taken_back_even_across_a_restart() {
    let mut rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    let decided = rig.decide_undoably(&approval, DecisionKind::Approve).await;
    assert_eq!(decided.status, ApprovalStatus::Approved);
    rig.stop().await;
    rig.begin().await;
    let run = rig.runs(ticket).await.pop().unwrap();
    assert_eq!((run.status, run.wake_at), (RunStatus::Waiting, decided.undo_until));
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    rig.clock.forward(WINDOW);
    rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    assert_eq!(rig.front.keys().len(), 1, "once");
    let late = rig.take_back(&approval).await;
    assert!(matches!(late, Err(CommitError::Conflict(_))), "{late:?}");
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_that_was_taken_back_has_no_effect_and_the_question_is_open_again() {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    rig.decide_undoably(&approval, DecisionKind::Approve).await;
    rig.take_back(&approval).await.unwrap();
    assert_eq!(rig.status(&approval).await, ApprovalStatus::Pending);
    rig.clock.forward(WINDOW);
    // The run looks again when it would have gone on, and finds the question open.
    rig.until("the run to wait on", ticket, async |rig| {
        let run = rig.runs(ticket).await.pop()?;
        (run.status == RunStatus::Waiting && run.wake_at == Some(approval.expires_at)).then_some(())
    })
    .await;
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    let reject = DecisionKind::Reject { reason: "It has been worn".to_owned() };
    rig.decide(&approval, rig.reviewer, reject).await.unwrap();
    rig.ended(ticket).await;
    assert_eq!(rig.front.keys(), Vec::<String>::new());
    assert!(rig.ticket(ticket).await.handoff.is_some());
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_agent_hears_of_a_rejection_only_when_it_stands() {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    rig.decide_undoably(&approval, DecisionKind::Reject { reason: "worn".to_owned() }).await;
    rig.take_back(&approval).await.unwrap();
    rig.approve(&approval).await;
    rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, [ORDER_CENTS]);
    rig.books_balance(ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_customer_writes_meanwhile_overtakes_a_decision_that_has_not_begun() {
    let rig = Rig::start(Script::new(refunds)).await;
    let ticket = rig.open(PLEASE_REFUND).await;
    let approval = rig.asked(ticket).await;
    rig.decide_undoably(&approval, DecisionKind::Approve).await;
    rig.write(ticket, "Stop, I want to keep it.").await;
    let overtaken = rig.take_back(&approval).await;
    assert!(matches!(overtaken, Err(CommitError::Conflict(_))), "{overtaken:?}");
    rig.clock.forward(WINDOW);
    rig.ended(ticket).await;
    assert_eq!(rig.refunded(ORDER).await, Vec::<i64>::new());
    rig.books_balance(ticket).await;
}
