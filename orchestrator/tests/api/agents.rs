//! Agents: how they are set, and what they did.

use axum::http::StatusCode;
use domain::{
    Clock as _,
    commit::{Commit, Op, RunChange, RunTo},
    model::Usage,
    run::Outcome,
    user::Role,
};
use orchestrator::testing::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn what_an_agent_did_is_shown_for_today_and_the_week() {
    let app = TestApp::start_with("[runs]\nconcurrency = 1\n").await;
    app.open_ticket("Where is my parcel?").await;
    app.app.store.claim_due().await.unwrap();
    let leased = app.app.store.ready().unwrap().recv().await.unwrap().run;
    let viewer = app.key(Role::Viewer);
    let of = |figures: &serde_json::Value| {
        let items = figures["items"].as_array().unwrap();
        items.iter().find(|item| item["agent"] == "resolution").unwrap().clone()
    };
    let before = of(&viewer.get("/v1/agents/figures").await.json(StatusCode::OK));
    assert_eq!((&before["at_work"], &before["today"]["runs"]), (&json!(1), &json!(0)));
    assert_eq!(before["week"]["confidence"], json!(null));

    let change = RunChange {
        run_id: leased.id,
        fence: leased.fence,
        expect_signals: None,
        steps: Vec::new(),
        usage: Usage::default(),
        seen_signals: None,
        seen_version: None,
        to: RunTo::Done(Outcome::HandedOff { reason: "the customer asks for a person".to_owned() }),
        at: app.clock.now(),
    };
    app.store.commit(Commit { ops: vec![Op::Run(Box::new(change))] }).await.unwrap();
    let after = of(&viewer.get("/v1/agents/figures").await.json(StatusCode::OK));
    assert_eq!(after["at_work"], 0);
    for period in ["today", "week"] {
        assert_eq!((&after[period]["runs"], &after[period]["handed_off"]), (&json!(1), &json!(1)));
    }

    let listed = |query: &'static str| {
        let viewer = &viewer;
        async move {
            let list = viewer.get(&format!("/v1/runs?{query}")).await.json(StatusCode::OK);
            list["items"].as_array().unwrap().len()
        }
    };
    assert_eq!(listed("agent=resolution&outcome=handed_off").await, 1);
    assert_eq!(listed("outcome=answered").await, 0);
    assert_eq!(listed("agent=article&outcome=handed_off").await, 0);
}
