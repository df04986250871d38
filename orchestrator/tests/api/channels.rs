//! Channels: how customers reach the workspace, and a letter to oneself.

use std::net::TcpListener;

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::TestApp;
use serde_json::json;

/// A port of this machine at which nobody is.
fn silent_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn mail(port: u16) -> String {
    format!(
        "[server]\npublic_url = \"https://desk.example.com/\"\n\
         [chat]\nsites = [\"https://www.example.com\"]\n\
         [email]\naddress = \"help@example.com\"\ninbound_secret = \"a secret of providers\"\n\
         [email.smtp]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\nusername = \"desk\"\n\
         password = \"a secret of the server\"\n\
         [email.imap]\nhost = \"127.0.0.1\"\nport = {port}\nsecurity = \"none\"\n\
         username = \"desk\"\npassword = \"a secret of the mailbox\"\n"
    )
}

#[tokio::test]
async fn channels_are_shown_as_configured_and_without_secrets() {
    let app = TestApp::start_with(&mail(silent_port())).await;
    let reply = app.key(Role::Reviewer).get("/v1/channels").await;
    assert!(!reply.text().contains("a secret"), "{}", reply.text());
    let channels = reply.json(StatusCode::OK);
    assert_eq!(channels["public_url"], "https://desk.example.com");
    assert_eq!(channels["chat"]["sites"], json!(["https://www.example.com"]));
    let email = &channels["email"];
    assert_eq!((&email["address"], &email["inbound"]), (&json!("help@example.com"), &json!(true)));
    assert_eq!((&email["smtp"]["security"], &email["smtp"]["signs_in"]), (&json!("none"), &json!(true)));
    assert_eq!(email["imap"]["state"], json!({ "polled_at": null, "failed_at": null, "error": null }));
    assert_eq!(email["is_taken_here"], true);

    let nothing = TestApp::start().await;
    let channels = nothing.key(Role::Viewer).get("/v1/channels").await.json(StatusCode::OK);
    let email = &channels["email"];
    assert_eq!(
        (&email["address"], &email["smtp"], &email["imap"]),
        (&json!(null), &json!(null), &json!(null))
    );
}

#[tokio::test]
async fn the_services_own_addresses_are_masked_for_nobody() {
    let config = mail(silent_port()).replace("https://desk.example.com", "http://192.0.2.7:8080");
    let app = TestApp::start_with(&config).await;
    let viewer = app.key_that_sees_masks(Role::Viewer).await;
    let channels = viewer.get("/v1/channels").await.json(StatusCode::OK);
    assert_eq!(channels["public_url"], "http://192.0.2.7:8080");
    assert_eq!(channels["email"]["address"], "help@example.com");
}

#[tokio::test]
async fn a_letter_that_does_not_leave_says_why() {
    let app = TestApp::start_with(&mail(silent_port())).await;
    let path = "/v1/channels/email/test";
    for client in [app.user(Role::Reviewer).await, app.key(Role::Admin)] {
        client.post(path, &json!({})).await.problem(StatusCode::FORBIDDEN);
    }
    let admin = app.user(Role::Admin).await;
    let test = admin.post(path, &json!({})).await.json(StatusCode::OK);
    assert_eq!(test["ok"], false);
    assert!(test["problem"].as_str().unwrap().contains("the mail server cannot be used"), "{test}");
    let audit = admin.get("/v1/audit?action=connection.tested").await.json(StatusCode::OK);
    assert_eq!(audit["items"][0]["detail"]["ok"], false);

    let nothing = TestApp::start().await;
    let test = nothing.user(Role::Admin).await.post(path, &json!({})).await.json(StatusCode::OK);
    assert!(test["problem"].as_str().unwrap().contains("email.smtp.host"), "{test}");
}
