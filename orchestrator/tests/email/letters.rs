//! Mail without a ticket: links to choose a password, and for customers to sign in with.

use axum::{
    body::Body,
    http::{Request, StatusCode},
};
use domain::{UserId, user::User};
use orchestrator::{http, system::SystemIds};
use serde_json::{Value, json};
use std::sync::Arc;
use tower::ServiceExt as _;

use crate::desk::{Desk, Running};

const ADDRESS: &str = "ada.staff@example.com";

async fn post(running: &Running, path: &str, body: Value) -> StatusCode {
    let router = http::router(Arc::clone(&running.service.app));
    let request = Request::post(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    router.oneshot(request).await.unwrap().status()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_password_is_replaced_by_a_link_that_is_mailed() {
    let mut desk = Desk::new();
    desk.servers.start_smtp();
    let running = desk.start().await;
    let staff = User { id: UserId::new(&SystemIds), email: ADDRESS.to_owned(), ..running.staff.clone() };
    running.store.create_user(staff, "no password".to_owned()).await.unwrap();
    for address in ["nobody@example.com", ADDRESS] {
        let status = post(&running, "/v1/password-resets", json!({ "email": address })).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    let mails = desk.delivered(1).await;
    assert_eq!(mails.len(), 1, "nobody gets a mail who has no account");
    let mail = String::from_utf8_lossy(&mails[0]).replace("=\r\n", "").replace("=\n", "");
    assert!(mail.contains(&format!("To: {ADDRESS}")), "{mail}");
    let (_, link) = mail.split_once("/reset#").expect("the mail holds a link");
    let token: String = link.chars().take_while(char::is_ascii_hexdigit).collect();
    let form = json!({ "token": token, "password": "a password nobody guesses" });
    assert_eq!(post(&running, "/v1/password-resets/complete", form).await, StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_is_mailed_a_link_and_who_is_none_gets_no_mail() {
    let mut desk = Desk::new();
    desk.servers.start_smtp();
    let running = desk.start().await;
    let intake = &running.service.app.intake;
    let workspace = running.store.id();
    intake.identify(workspace, "mira@customers.example", "Mira").await.unwrap();
    for address in ["nobody@customers.example", "Mira@customers.example"] {
        let status = post(&running, "/v1/portal/links", json!({ "email": address })).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
    }
    let mails = desk.delivered(1).await;
    assert_eq!(mails.len(), 1, "nobody gets a mail who is no contact");
    let mail = String::from_utf8_lossy(&mails[0]).replace("=\r\n", "").replace("=\n", "");
    assert!(mail.contains("To: mira@customers.example"), "{mail}");
    let (_, link) = mail.split_once("/help/sign-in#").expect("the mail holds a link");
    let token: String = link.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    for status in [StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY] {
        let form = json!({ "token": token });
        assert_eq!(post(&running, "/v1/portal/session", form).await, status);
    }
}
