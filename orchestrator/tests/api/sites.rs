//! Pages of other sites: what they may call, and which of them.

use axum::http::{StatusCode, header};
use orchestrator::testing::app::{Client, TestApp};
use serde_json::json;

const SITE: &str = "https://shop.example";
const LISTED: &str = "[chat]\nsites = [\"https://shop.example\"]\n";

fn from(client: &Client, origin: &str) -> Client {
    client.with("origin", origin)
}

fn preflight(client: &Client, origin: &str) -> Client {
    from(client, origin).with("access-control-request-method", "POST")
}

#[tokio::test]
async fn a_listed_site_may_hold_conversations_and_read_the_help_centre() {
    let app = TestApp::start_with(LISTED).await;
    let nobody = app.nobody();
    let asked = preflight(&nobody, SITE).send("OPTIONS", "/v1/conversations", None).await;
    assert_eq!(asked.status, StatusCode::NO_CONTENT);
    assert_eq!(asked.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], SITE);
    assert!(asked.headers[header::ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap().contains("authorization"));
    assert!(!asked.headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
    let started = from(&nobody, SITE).post("/v1/conversations", &json!({"message": "Hello"})).await;
    assert_eq!(started.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], SITE);
    assert_eq!(started.headers[header::VARY], "origin");
    let started = started.json(StatusCode::CREATED);
    let path = format!("/v1/conversations/{}", started["conversation_id"].as_str().unwrap());
    // Refusals too: the widget tells people what they say.
    let refused = from(&nobody, SITE).get(&path).await;
    assert_eq!(refused.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], SITE);
    refused.problem(StatusCode::UNAUTHORIZED);
    let visitor = from(&app.bearer(started["token"].as_str().unwrap()), SITE);
    let shown = visitor.get(&path).await;
    assert_eq!(shown.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], SITE);
    shown.json(StatusCode::OK);
    let help = from(&nobody, SITE).get("/v1/help/articles").await;
    assert_eq!(help.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], SITE);
}

#[tokio::test]
async fn a_site_that_is_not_listed_reads_nothing_and_is_told_what_to_do() {
    for (listed, origin) in [(LISTED, "https://shop.example.evil.example"), ("", SITE), (LISTED, "null")] {
        let app = TestApp::start_with(listed).await;
        let asked = preflight(&app.nobody(), origin).send("OPTIONS", "/v1/conversations", None).await;
        assert!(!asked.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
        let problem = asked.problem(StatusCode::FORBIDDEN);
        assert!(problem["detail"].as_str().unwrap().contains("[chat] sites"));
        let help = from(&app.nobody(), origin).get("/v1/help/articles").await;
        assert!(!help.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "{origin}");
    }
}

#[tokio::test]
async fn no_site_reaches_what_is_staffs() {
    let app = TestApp::start_with(LISTED).await;
    for path in ["/v1/session", "/v1/tickets", "/v1/stream", "/v1/conversationsx", "/healthz", "/"] {
        for method in ["GET", "OPTIONS"] {
            let reply = preflight(&app.nobody(), SITE).send(method, path, None).await;
            assert!(!reply.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "{method} {path}");
        }
    }
}
