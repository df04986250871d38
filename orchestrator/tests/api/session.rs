//! Signing in, staying in, being out.

use std::time::Duration;

use axum::http::{StatusCode, header};
use domain::user::Role;
use orchestrator::testing::app::{PASSWORD, TestApp};
use serde_json::json;

#[tokio::test]
async fn a_person_signs_in_is_known_and_signs_out() {
    let app = TestApp::start().await;
    let form = json!({"email": app.email(Role::Reviewer).to_uppercase(), "password": PASSWORD});
    let reply = app.nobody().post("/v1/session", &form).await;
    let cookie = reply.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=604800"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let session = reply.json(StatusCode::OK);
    assert_eq!(session["role"], "reviewer");
    assert_eq!(session["workspace"]["slug"], "north");
    assert!(!reply.text().contains("argon2"));

    let reviewer = app.user(Role::Reviewer).await;
    assert_eq!(reviewer.get("/v1/session").await.json(StatusCode::OK), session);
    let out = reviewer.delete("/v1/session").await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    // A copy of the cookie is worth nothing now; another session of the same person goes on.
    reviewer.get("/v1/session").await.problem(StatusCode::UNAUTHORIZED);
    let other = app.nobody().with("cookie", cookie.split(';').next().unwrap());
    assert_eq!(other.get("/v1/session").await.json(StatusCode::OK), session);
    let key = app.key(Role::Agent).get("/v1/session").await.json(StatusCode::OK);
    assert_eq!(key["api_key"]["name"], "agent key");
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_answered_alike() {
    let app = TestApp::start().await;
    let answer = |email: String, password: &str| {
        let form = json!({"email": email, "password": password});
        let nobody = app.nobody();
        async move {
            let mut problem = nobody.post("/v1/session", &form).await.problem(StatusCode::UNAUTHORIZED);
            problem.as_object_mut().unwrap().remove("request_id");
            problem
        }
    };
    let wrong = answer(app.email(Role::Owner), "wrong").await;
    assert_eq!(answer("nobody@nowhere.example".to_owned(), PASSWORD).await, wrong);
    assert_eq!(answer("not an address".to_owned(), PASSWORD).await, wrong);
    assert_eq!(answer(app.email(Role::Owner), &"x".repeat(10_000)).await, wrong);
}

#[tokio::test]
async fn after_five_failures_an_address_is_closed_even_to_the_right_password() {
    let app = TestApp::start().await;
    let form = |password: &str| json!({"email": app.email(Role::Agent), "password": password});
    for _ in 0..5 {
        app.nobody().post("/v1/session", &form("wrong")).await.problem(StatusCode::UNAUTHORIZED);
    }
    let closed = app.nobody().post("/v1/session", &form(PASSWORD)).await;
    assert!(closed.headers.contains_key(header::RETRY_AFTER));
    closed.problem(StatusCode::TOO_MANY_REQUESTS);
    app.user(Role::Viewer).await;
}

#[tokio::test]
async fn another_sites_page_can_read_and_change_nothing_with_a_persons_cookie() {
    let app = TestApp::start().await;
    let person = app.user(Role::Admin).await.without("sec-fetch-site");
    let body = json!({"slug": "x", "markdown": "# X\n\nWords."});
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
    ] {
        let there = person.with("host", "127.0.0.1:8080").with(name, value);
        there.post("/v1/knowledge/documents", &body).await.problem(StatusCode::FORBIDDEN);
        there.delete("/v1/session").await.problem(StatusCode::FORBIDDEN);
    }
    person.post("/v1/knowledge/documents", &body).await.problem(StatusCode::FORBIDDEN);
    let ours = person.with("origin", "http://127.0.0.1:8080").with("host", "127.0.0.1:8080");
    ours.post("/v1/knowledge/documents", &body).await.json(StatusCode::OK);
    // Nor can it sign somebody in.
    let form = json!({"email": app.email(Role::Agent), "password": PASSWORD});
    app.nobody()
        .with("sec-fetch-site", "cross-site")
        .post("/v1/session", &form)
        .await
        .problem(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_session_ends_after_a_week_and_a_forged_or_altered_cookie_is_none() {
    let app = TestApp::start().await;
    let person = app.user(Role::Admin).await;
    person.get("/v1/session").await.json(StatusCode::OK);
    app.clock.forward(Duration::from_secs(7 * 24 * 3600 + 1));
    person.get("/v1/session").await.problem(StatusCode::UNAUTHORIZED);
    let forged = format!("countersign_session={}.{}", app.workspace, app.user_id(Role::Owner));
    app.nobody().with("cookie", &forged).get("/v1/session").await.problem(StatusCode::UNAUTHORIZED);
}
