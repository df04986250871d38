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

fn ticket(number: usize) -> serde_json::Value {
    json!({ "subject": format!("Flood {number}"), "body": "Where is it?", "contact": { "email": "flood@crowd.example" } })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_tickets_is_told_when_to_come_back_and_messages_go_on() {
    let app = TestApp::start_with("[database]\nqueue = 4").await;
    let owner = app.key(Role::Owner);
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
        let reply = owner.post(&format!("/v1/tickets/{id}/messages"), &note).await;
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
    // Bodies that never end hold their places.
    let slow: Vec<_> = (0..6)
        .map(|_| {
            let owner = owner.clone();
            let body = Body::from_stream(futures::stream::pending::<Result<Vec<u8>, std::io::Error>>());
            let request = Request::post("/v1/tickets").header(header::CONTENT_TYPE, "application/json");
            let request = request.body(body).unwrap();
            tokio::spawn(async move { owner.request(request).await })
        })
        .collect();
    let refused = loop {
        let reply = owner.post("/v1/tickets", &ticket(1)).await;
        if reply.status != StatusCode::CREATED {
            break reply;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(refused.headers[header::RETRY_AFTER], "1");
    refused.problem(StatusCode::TOO_MANY_REQUESTS);

    let decision = json!({ "digest": approval["digest"], "decision": { "type": "approve" } });
    let path = format!("/v1/approvals/{}/decisions", approval["id"].as_str().unwrap());
    reviewer.post(&path, &decision).await.json(StatusCode::OK);
    assert_eq!(owner.get("/healthz").await.status, StatusCode::OK);
    for request in slow {
        request.abort();
    }
}
