//! Runs: their journal, and what may be retried.

use axum::http::StatusCode;
use domain::{
    Clock as _,
    commit::{Commit, Op, RunChange, RunTo},
    model::Usage,
    user::Role,
};
use orchestrator::testing::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn a_run_is_listed_and_shown_with_its_journal() {
    let app = TestApp::start().await;
    let opened = app.open_ticket("Work on this").await;
    app.open_ticket("And on this").await;
    let run = app.run_of(&opened).await;
    let viewer = app.key(Role::Viewer);
    let list = viewer.get("/v1/runs?status=queued&agent=resolution").await.json(StatusCode::OK);
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    let tickets: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|run| &run["ticket"]["subject"]).collect();
    assert_eq!(tickets, ["And on this", "Work on this"], "each run names its ticket");
    assert_eq!(list["items"][1]["ticket"]["number"], opened["ticket"]["number"]);
    let shown = viewer.get(&format!("/v1/runs/{run}")).await.json(StatusCode::OK);
    assert_eq!(shown["run"]["ticket_id"], opened["ticket"]["id"]);
    assert_eq!(shown["steps"], json!([]));
    assert_eq!(shown["effects"], json!([]));
    let replayed = viewer.get(&format!("/v1/runs/{run}/replay")).await.json(StatusCode::OK);
    assert_eq!(
        replayed,
        json!({"ok": true, "steps_checked": 0, "first_difference": null, "missing": [], "redacted_at": null})
    );
}

#[tokio::test]
async fn only_a_run_that_was_given_up_can_be_retried() {
    let app = TestApp::start().await;
    let run = app.run_of(&app.open_ticket("Busy").await).await;
    app.key(Role::Admin)
        .post(&format!("/v1/runs/{run}/retry"), &json!({}))
        .await
        .problem(StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_run_that_was_given_up_goes_back_in_the_queue_and_does_so_once() {
    let app = TestApp::start_with("[runs]\nconcurrency = 1\n").await;
    let opened = app.open_ticket("Give up").await;
    app.app.store.claim_due().await.unwrap();
    let leased = app.app.store.ready().unwrap().recv().await.unwrap().run;
    let change = RunChange {
        run_id: leased.id,
        fence: leased.fence,
        expect_signals: None,
        steps: Vec::new(),
        usage: Usage::default(),
        seen_signals: None,
        seen_version: None,
        to: RunTo::Dead { error: "the provider is gone".to_owned() },
        at: app.clock.now(),
    };
    app.store.commit(Commit { ops: vec![Op::Run(Box::new(change))] }).await.unwrap();
    let admin = app.key(Role::Admin);
    let path = format!("/v1/runs/{}", leased.id);
    let dead = admin.get(&path).await.json(StatusCode::OK);
    assert_eq!(dead["run"]["status"], "dead");
    assert_eq!(dead["run"]["error"], "the provider is gone");
    assert_eq!(dead["run"]["ticket_id"], opened["ticket"]["id"]);
    let again = admin.post(&format!("{path}/retry"), &json!({})).await.json(StatusCode::OK);
    assert!(["queued", "running"].contains(&again["status"].as_str().unwrap()), "{again}");
    admin.post(&format!("{path}/retry"), &json!({})).await.problem(StatusCode::CONFLICT);
}
