//! When more comes in than can be worked on: it is refused with when to come back, and what people wait for
//! goes on.

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use domain::user::Role;
use futures::StreamExt as _;
use orchestrator::testing::app::TestApp;
use serde_json::json;
use tokio::task::JoinSet;

fn ticket(number: usize) -> serde_json::Value {
    json!({ "subject": format!("Flood {number}"), "body": "Where is it?", "contact": { "email": "flood@crowd.example" } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_tickets_is_told_when_to_come_back_and_messages_go_on() {
    let app = TestApp::start_with("[database]\nqueue = 4").await;
    let owner = app.key(Role::Owner);
    let colleague = app.user(Role::Agent).await;
    let first = app.open_ticket("Before the flood").await;
    let id = first["ticket"]["id"].as_str().unwrap().to_owned();

    let flood: Vec<_> = (1..400)
        .map(|number| {
            let owner = owner.clone();
            async move { owner.post("/v1/tickets", &ticket(number)).await }
        })
        .collect();
    let flood = tokio::spawn(futures::stream::iter(flood).buffer_unordered(64).collect::<Vec<_>>());
    // One colleague at a time finds a place, however many tickets come.
    let mut noted = 0;
    while !flood.is_finished() || noted == 0 {
        let note = json!({ "body": format!("Note {noted}"), "visibility": "internal" });
        let reply = colleague.post(&format!("/v1/tickets/{id}/messages"), &note).await;
        assert!(reply.status.is_success(), "{} {:?}", reply.status, reply.body);
        noted += 1;
    }
    let replies = flood.await.unwrap();
    let (mut opened, mut refused) = (0, 0);
    for reply in replies {
        match reply.status {
            StatusCode::CREATED => opened += 1,
            _ => {
                assert_eq!(reply.headers[header::RETRY_AFTER], "1");
                reply.problem(StatusCode::TOO_MANY_REQUESTS);
                refused += 1;
            }
        }
    }
    assert!(opened > 0 && refused > 0, "{opened} opened, {refused} refused");
    assert_eq!(owner.all("/v1/tickets", 100).await.len(), opened + 1, "what was refused was not taken");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_places_are_refused_unread_and_decisions_still_pass() {
    let app = TestApp::start_with("[server]\nrequests = 8").await;
    let owner = app.key(Role::Owner);
    let approval = app.propose(&app.open_ticket("Waits").await).await;
    let reviewer = app.user(Role::Reviewer).await;
    // Bodies that never end hold their places; two find none, which leaves a quarter to others.
    let mut slow = JoinSet::new();
    for _ in 0..8 {
        let body = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
        let request = Request::post("/v1/tickets").header(header::CONTENT_TYPE, "application/json");
        let (owner, request) = (owner.clone(), request.body(body).unwrap());
        slow.spawn(async move { owner.request(request).await });
    }
    for _ in 0..2 {
        slow.join_next().await.unwrap().unwrap().problem(StatusCode::TOO_MANY_REQUESTS);
    }
    let refused = owner.post("/v1/tickets", &ticket(1)).await;
    assert_eq!(refused.headers[header::RETRY_AFTER], "1");
    refused.problem(StatusCode::TOO_MANY_REQUESTS);

    let decision = json!({ "digest": approval["digest"], "decision": { "type": "approve" } });
    let path = format!("/v1/approvals/{}/decisions", approval["id"].as_str().unwrap());
    reviewer.post(&path, &decision).await.json(StatusCode::OK);
    assert_eq!(owner.get("/healthz").await.status, StatusCode::OK);
    assert!(slow.try_join_next().is_none(), "six hold their places");
}
