//! A change is tried on past runs by who may change policies, and what comes of it is watched.

use std::time::Duration;

use axum::http::StatusCode;
use domain::{
    permission::{Permission, Permissions},
    user::Role,
};
use orchestrator::{
    gate::DEFAULT_POLICY,
    testing::app::{Client, TestApp},
};
use serde_json::{Value, json};

/// Answers what the ticket below asks.
const ARTICLE: &str = "# Returns\n\nYou can return a tent within 30 days of delivery, unused and in its box.";

async fn over(app: &TestApp, client: &Client, id: &str) -> Value {
    app.until("the end of the replay", async || {
        let job = client.get(&format!("/v1/replays/{id}")).await.json(StatusCode::OK);
        let state = job["state"].as_str().unwrap().to_owned();
        (!matches!(state.as_str(), "queued" | "running")).then_some(job)
    })
    .await
}

async fn worked() -> (TestApp, i64) {
    let app = TestApp::start_working("").await;
    let admin = app.key(Role::Admin);
    let document = json!({ "slug": "returns", "markdown": ARTICLE });
    admin.post("/v1/knowledge/documents", &document).await.json(StatusCode::OK);
    let form = json!({
        "subject": "Returning a tent", "body": "How long can I return a tent?",
        "contact": { "email": "zyx@planted.example", "name": "Zyxandra Quorlitz" },
    });
    let opened = admin.post("/v1/tickets", &form).await.json(StatusCode::CREATED);
    let path = format!("/v1/runs?ticket_id={}", opened["ticket"]["id"].as_str().unwrap());
    app.until("the end of the run", async || {
        let runs = admin.get(&path).await.json(StatusCode::OK);
        (runs["items"][0]["status"] == "done").then_some(())
    })
    .await;
    app.clock.forward(Duration::from_secs(1));
    (app, opened["ticket"]["number"].as_i64().unwrap())
}

#[tokio::test]
async fn a_policy_is_tried_on_past_runs_and_told_with_whom_it_would_affect() {
    let (app, number) = worked().await;
    let admin = app.user(Role::Admin).await;
    let same = admin.post("/v1/replays", &json!({ "policy": DEFAULT_POLICY, "last": 500 })).await;
    let same = over(&app, &admin, same.json(StatusCode::CREATED)["id"].as_str().unwrap()).await;
    assert_eq!(
        (&same["state"], &same["done"], &same["of"]),
        (&json!("done"), &json!(1), &json!(1)),
        "{same}"
    );
    assert_eq!(same["findings"]["totals"]["same"], 1, "{same}");

    let closed = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 60\n";
    let begun = admin.post("/v1/replays", &json!({ "policy": closed })).await.json(StatusCode::CREATED);
    let found = over(&app, &admin, begun["id"].as_str().unwrap()).await;
    let row = &found["findings"]["rows"][0];
    assert_eq!((&row["ticket_number"], &row["class"]), (&json!(number), &json!("changed")), "{found}");
    assert_eq!(
        (&row["customer"], &row["would_be"]["ends"]),
        (&json!("Zyxandra Quorlitz"), &json!("waits")),
        "{found}"
    );

    // Who sees masks is told of a person by a mask, and who reads no runs by numbers alone.
    let permissions: Permissions = [Permission::ChangePolicy, Permission::ReadRuns].into_iter().collect();
    let masked = app.person_with("masked", permissions).await;
    let job =
        masked.get(&format!("/v1/replays/{}", begun["id"].as_str().unwrap())).await.json(StatusCode::OK);
    assert!(!job.to_string().contains("Zyxandra"), "{job}");
    assert_eq!(job["findings"]["rows"][0]["ticket_number"], number);
    let blind = app.person_with("blind", [Permission::ChangePolicy].into_iter().collect()).await;
    let job = blind.get(&format!("/v1/replays/{}", begun["id"].as_str().unwrap())).await.json(StatusCode::OK);
    assert_eq!(
        (&job["findings"]["rows"], &job["findings"]["totals"]["changed"]),
        (&json!([]), &json!(1)),
        "{job}"
    );
}

#[tokio::test]
async fn what_cannot_be_tried_is_refused_and_says_why() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    for (form, says) in [
        (json!({ "last": 501 }), "last is 501"),
        (json!({ "auto": 1.5 }), "auto must be"),
        (json!({ "policy": "[default]" }), "policy"),
        (json!({ "polcy": "" }), "polcy"),
    ] {
        let refused = admin.post("/v1/replays", &form).await;
        let problem = refused.problem(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(serde_json::to_string(&problem).unwrap().contains(says), "{form}");
    }
    let begun = admin.post("/v1/replays", &json!({})).await.json(StatusCode::CREATED);
    let path = format!("/v1/replays/{}", begun["id"].as_str().unwrap());
    over(&app, &admin, begun["id"].as_str().unwrap()).await;
    // One that is over stays as it is.
    let stopped = admin.post(&format!("{path}/stop"), &json!({})).await.json(StatusCode::OK);
    assert_eq!(stopped["state"], "done");
    app.user(Role::Reviewer).await.post("/v1/replays", &json!({})).await.problem(StatusCode::FORBIDDEN);
}
