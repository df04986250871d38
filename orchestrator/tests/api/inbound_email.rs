//! Mail handed in over HTTP: only by those who know the secret, and each mail once.

use std::time::Duration;

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use domain::{Clock as _, user::Role};
use hmac::{Hmac, Mac as _};
use orchestrator::testing::app::{Client, INBOUND_SECRET, Reply, TestApp};
use sha2::Sha256;

const PATH: &str = "/v1/channels/email/inbound";

fn mail(id: &str, more: &str) -> String {
    format!(
        "Message-ID: <{id}@example.com>\r\nFrom: Mira Halloran <mira@example.com>\r\nTo: help@north.example\r\n\
         Subject: A torn tent\r\nDate: Thu, 1 Jan 2026 09:00:00 +0000\r\n{more}\r\nIt is torn at the seam.\r\n"
    )
}

fn signature(secret: &str, at: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{at}.").as_bytes());
    mac.update(body);
    format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
}

async fn hand_in(client: &Client, signature: Option<&str>, body: &str) -> Reply {
    let mut request = Request::builder().method("POST").uri(PATH).header("content-type", "message/rfc822");
    if let Some(signature) = signature {
        request = request.header("x-countersign-signature", signature);
    }
    client.request(request.body(Body::from(body.to_owned())).unwrap()).await
}

async fn signed(app: &TestApp, body: &str) -> Reply {
    let at = app.clock.now().0 / 1_000_000;
    hand_in(&app.nobody(), Some(&signature(INBOUND_SECRET, at, body.as_bytes())), body).await
}

#[tokio::test]
async fn a_signed_mail_opens_a_ticket_its_answer_joins_it_and_a_repeat_does_nothing() {
    let app = TestApp::start().await;
    let opened = signed(&app, &mail("one", "")).await.json(StatusCode::OK);
    assert_eq!(opened["status"], "opened", "{opened}");
    let again = signed(&app, &mail("one", "")).await.json(StatusCode::OK);
    assert_eq!(again["status"], "duplicate", "{again}");
    let answer = signed(&app, &mail("two", "In-Reply-To: <one@example.com>\r\n")).await.json(StatusCode::OK);
    assert_eq!((answer["status"].as_str(), &answer["ticket_id"]), (Some("added"), &opened["ticket_id"]));
    let automatic =
        signed(&app, &mail("three", "Auto-Submitted: auto-replied\r\n")).await.json(StatusCode::OK);
    assert_eq!(automatic["status"], "ignored");
    assert!(automatic["reason"].is_string());

    let reviewer = app.key(Role::Reviewer);
    let id = opened["ticket_id"].as_str().unwrap();
    let ticket = reviewer.get(&format!("/v1/tickets/{id}")).await.json(StatusCode::OK);
    assert_eq!(ticket["ticket"]["channel"], "email");
    assert_eq!(ticket["contact"]["email"], "mira@example.com");
    let messages = reviewer.get(&format!("/v1/tickets/{id}/messages")).await.json(StatusCode::OK);
    assert_eq!(messages["items"].as_array().unwrap().len(), 2);
    let tickets = reviewer.get("/v1/tickets").await.json(StatusCode::OK);
    assert_eq!(tickets["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_mail_without_a_fresh_and_right_signature_is_refused() {
    let app = TestApp::start().await;
    let body = mail("one", "");
    let at = app.clock.now().0 / 1_000_000;
    let right = signature(INBOUND_SECRET, at, body.as_bytes());
    let wrong = [
        None,
        Some(String::new()),
        Some("t=1,v1=zz".to_owned()),
        Some(format!("t={at}")),
        Some(right.replace("v1=", "v1=00")),
        Some(right.replace(&format!("t={at}"), &format!("t={}", at - 1))),
        Some(signature("another secret", at, body.as_bytes())),
        Some(signature(INBOUND_SECRET, at, b"another mail")),
        Some(signature(INBOUND_SECRET, at - 301, body.as_bytes())),
        Some(signature(INBOUND_SECRET, at + 302, body.as_bytes())),
        Some(signature(INBOUND_SECRET, i64::MAX, body.as_bytes())),
    ];
    for signature in wrong {
        hand_in(&app.nobody(), signature.as_deref(), &body).await.problem(StatusCode::UNAUTHORIZED);
    }
    // Nobody else's credentials stand in for it.
    hand_in(&app.key(Role::Owner), None, &body).await.problem(StatusCode::UNAUTHORIZED);
    app.clock.forward(Duration::from_secs(301));
    hand_in(&app.nobody(), Some(&right), &body).await.problem(StatusCode::UNAUTHORIZED);
    assert_eq!(
        app.key(Role::Viewer).get("/v1/tickets").await.json(StatusCode::OK)["items"],
        serde_json::json!([])
    );
}

#[tokio::test]
async fn without_a_secret_there_is_no_such_channel() {
    let app = TestApp::start_with("[email]\ninbound_secret = \"\"\n").await;
    let body = mail("one", "");
    let at = app.clock.now().0 / 1_000_000;
    let signed = signature("", at, body.as_bytes());
    hand_in(&app.nobody(), Some(&signed), &body).await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_mail_over_the_limit_is_refused_and_nonsense_is_answered_with_a_reason() {
    let app = TestApp::start().await;
    let large = mail("large", "") + &"x".repeat(27 * 1024 * 1024);
    signed(&app, &large).await.problem(StatusCode::PAYLOAD_TOO_LARGE);
    let reply = signed(&app, "\u{0}\u{1}\u{2}").await;
    assert!(reply.status == StatusCode::OK || reply.status.is_client_error(), "{}", reply.text());
}
