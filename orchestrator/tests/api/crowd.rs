//! When more comes in than can be worked on: it is refused with when to come back, and what people wait for
//! goes on.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use domain::user::Role;
use futures::StreamExt as _;
use orchestrator::testing::app::TestApp;
use serde_json::json;
use tokio::{sync::Semaphore, task::JoinSet};

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

/// A new ticket whose body counts when it is begun to be read, and comes when the gate is closed.
fn slow(number: usize, read: &Arc<AtomicUsize>, gate: &Arc<Semaphore>) -> Request<Body> {
    let (read, gate) = (Arc::clone(read), Arc::clone(gate));
    let bytes = serde_json::to_vec(&ticket(number)).unwrap();
    let body = futures::stream::once(async move {
        read.fetch_add(1, Ordering::SeqCst);
        drop(gate.acquire_owned().await);
        Ok::<_, Infallible>(bytes)
    });
    let request = Request::post("/v1/tickets").header(header::CONTENT_TYPE, "application/json");
    request.body(Body::from_stream(body)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_beyond_the_places_are_refused_unread_and_decisions_still_pass() {
    let app = TestApp::start_with("[server]\nrequests = 8").await;
    let owner = app.key(Role::Owner);
    let approval = app.propose(&app.open_ticket("Waits").await).await;
    let reviewer = app.user(Role::Reviewer).await;
    let (read, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let mut held = JoinSet::new();
    // Six hold their places, which leaves a quarter to others.
    for number in 1..=6 {
        let (owner, request) = (owner.clone(), slow(number, &read, &gate));
        held.spawn(async move { owner.request(request).await });
        app.until("the body is being read", async || (read.load(Ordering::SeqCst) == number).then_some(()))
            .await;
    }
    let refused = owner.request(slow(7, &read, &gate)).await;
    assert_eq!(refused.headers[header::RETRY_AFTER], "1");
    refused.problem(StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(read.load(Ordering::SeqCst), 6, "it was not read");

    let decision = json!({ "digest": approval["digest"], "decision": { "type": "approve" } });
    let path = format!("/v1/approvals/{}/decisions", approval["id"].as_str().unwrap());
    reviewer.post(&path, &decision).await.json(StatusCode::OK);
    assert_eq!(owner.get("/healthz").await.status, StatusCode::OK);

    gate.close();
    while let Some(opened) = held.join_next().await {
        opened.unwrap().json(StatusCode::CREATED);
    }
    owner.post("/v1/tickets", &ticket(8)).await.json(StatusCode::CREATED);
}
