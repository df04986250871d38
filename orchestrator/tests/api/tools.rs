//! Tools: looked at, searched, tried without doing anything.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn tools_are_listed_by_name_and_searched_by_what_they_are_good_for() {
    let app = TestApp::start().await;
    let viewer = app.key(Role::Viewer);
    let list = viewer.get("/v1/tools").await.json(StatusCode::OK);
    let names: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|item| item["tool"]["name"].as_str().unwrap()).collect();
    assert!(
        names.is_sorted() && names.contains(&"reply_to_customer") && names.contains(&"escalate"),
        "{names:?}"
    );
    let found = viewer.get("/v1/tools?q=knowledge").await.json(StatusCode::OK);
    let best: Vec<_> = (0..2).map(|at| &found["items"][at]["tool"]["name"]).collect();
    assert!(best.iter().any(|name| *name == "search_knowledge"), "{best:?}");
    let shown = viewer.get("/v1/tools/reply_to_customer").await.json(StatusCode::OK);
    assert_eq!(shown["tool"]["risk"], "outward");
    assert!(shown["suspended"].is_null());
    viewer.get("/v1/tools/launch_rocket").await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_dry_run_checks_shows_and_judges_and_does_nothing() {
    let app = TestApp::start().await;
    let agent = app.key(Role::Agent);
    let path = "/v1/tools/reply_to_customer/dry-run";
    let fits = agent.post(path, &json!({"args": {"body": "Hello"}})).await.json(StatusCode::OK);
    assert_eq!(fits["valid"], true);
    assert_eq!(fits["preview"]["body"], "Hello");
    assert!(fits["verdict"]["answer"]["type"].is_string(), "{fits}");
    let does_not = agent.post(path, &json!({"args": {"text": "Hello"}})).await.json(StatusCode::OK);
    assert_eq!(does_not["valid"], false);
    assert!(does_not["problem"].as_str().unwrap().contains("text"), "{does_not}");
    assert!(does_not["verdict"].is_null());
    assert_eq!(agent.get("/v1/approvals").await.json(StatusCode::OK)["items"], json!([]));
}

#[tokio::test]
async fn a_tool_that_is_not_suspended_cannot_be_accepted_and_accepting_takes_a_person() {
    let app = TestApp::start().await;
    let body = json!({"version": "0"});
    let admin = app.user(Role::Admin).await;
    admin.post("/v1/tools/add_note/accept", &body).await.problem(StatusCode::CONFLICT);
    admin.post("/v1/tools/launch_rocket/accept", &body).await.problem(StatusCode::NOT_FOUND);
    app.key(Role::Owner).post("/v1/tools/add_note/accept", &body).await.problem(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn agents_are_listed_with_what_they_are_granted() {
    let app = TestApp::start().await;
    let list = app.key(Role::Viewer).get("/v1/agents").await.json(StatusCode::OK);
    let agent = list["items"].as_array().unwrap().iter().find(|agent| agent["name"] == "resolution").unwrap();
    assert!(agent["tools"].as_array().unwrap().contains(&json!("search_knowledge")), "{agent}");
    assert!(agent["settings"]["thresholds"]["auto"].is_number());
}
