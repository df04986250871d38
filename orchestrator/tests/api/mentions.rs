//! Colleagues who are named in notes.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn whoever_a_note_names_finds_it_until_they_have_seen_it() {
    let app = TestApp::start().await;
    let (ada, bo) = (app.user(Role::Agent).await, app.user(Role::Viewer).await);
    let ticket = app.open_ticket("Where is my parcel?").await["ticket"]["id"].as_str().unwrap().to_owned();
    app.open_ticket("Another matter").await;
    let viewer = app.user_id(Role::Viewer);
    let note = json!({
        "body": "@Bo, please look at this", "visibility": "internal", "mentions": [viewer, viewer],
    });
    let added = ada.post(&format!("/v1/tickets/{ticket}/messages"), &note).await.json(StatusCode::CREATED);
    assert_eq!(added["mentions"], json!([viewer, viewer]));

    let mentions = bo.get("/v1/mentions").await.json(StatusCode::OK);
    assert_eq!((&mentions["unseen"], &mentions["items"][0]["ticket_id"]), (&json!(1), &json!(ticket)));
    assert_eq!(
        (mentions["items"].as_array().unwrap().len(), &mentions["items"][0]["seen_at"]),
        (1, &json!(null))
    );
    let listed = bo.get("/v1/tickets?mentioned=true").await.json(StatusCode::OK);
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["id"], json!(ticket));
    for nobody in [&ada, &app.user(Role::Admin).await] {
        let theirs = nobody.get("/v1/mentions").await.json(StatusCode::OK);
        assert_eq!((&theirs["unseen"], &theirs["items"]), (&json!(0), &json!([])));
        let listed = nobody.get("/v1/tickets?mentioned=true").await.json(StatusCode::OK);
        assert_eq!(listed["items"], json!([]));
    }

    let seen = format!("/v1/tickets/{ticket}/mentions/seen");
    assert_eq!(ada.post(&seen, &json!({})).await.status, StatusCode::NO_CONTENT);
    assert_eq!(bo.get("/v1/mentions").await.json(StatusCode::OK)["unseen"], 1, "others have seen theirs");
    assert_eq!(bo.post(&seen, &json!({})).await.status, StatusCode::NO_CONTENT);
    let mentions = bo.get("/v1/mentions").await.json(StatusCode::OK);
    assert_eq!(mentions["unseen"], 0);
    assert!(mentions["items"][0]["seen_at"].is_string());
    app.key(Role::Viewer).get("/v1/mentions").await.problem(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn only_notes_name_colleagues_and_only_such_as_are_there() {
    let app = TestApp::start().await;
    let agent = app.user(Role::Agent).await;
    let ticket = app.open_ticket("Where is my parcel?").await["ticket"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/tickets/{ticket}/messages");
    let viewer = json!(app.user_id(Role::Viewer));
    let stranger = json!(app.another_workspace().await.user_id(Role::Viewer));
    for (body, says) in [
        (json!({ "body": "x", "visibility": "public", "mentions": [viewer] }), "private note"),
        (json!({ "body": "x", "visibility": "internal", "mentions": [stranger] }), "no colleague"),
        (
            json!({ "body": "x", "visibility": "internal", "mentions": vec![viewer.clone(); 21] }),
            "more than 20",
        ),
        (json!({ "body": "x", "from": "customer", "mentions": [viewer] }), "mentions no colleagues"),
    ] {
        let problem = agent.post(&path, &body).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(problem.to_string().contains(says), "{problem:?}");
    }
}
