//! Every error is a problem that says what happened, and carries the request's id.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn what_cannot_be_served_is_answered_with_a_problem_of_its_kind() {
    let app = TestApp::start().await;
    let owner = app.key(Role::Owner);
    let ticket = "/v1/tickets/019ab0f4-7c4e-7000-8000-000000000001";

    let unknown = owner.get("/v1/nonsense").await.problem(StatusCode::NOT_FOUND);
    assert!(unknown["detail"].as_str().unwrap().contains("/docs"), "{unknown}");
    let put = owner.send("PUT", "/v1/tickets", None).await;
    assert_eq!(put.headers["allow"], "GET,HEAD,POST");
    put.problem(StatusCode::METHOD_NOT_ALLOWED);
    owner.get(ticket).await.problem(StatusCode::NOT_FOUND);
    owner.get("/v1/tickets/not-an-id").await.problem(StatusCode::NOT_FOUND);
    owner.get("/v1/tickets?limit=0").await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    owner.get("/v1/tickets?limit=101").await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    owner.get("/v1/tickets?limit=many").await.problem(StatusCode::BAD_REQUEST);
    owner.get("/v1/tickets?cursor=invented").await.problem(StatusCode::BAD_REQUEST);
    owner.get("/v1/tickets?status=nice").await.problem(StatusCode::BAD_REQUEST);

    let raw = |body: &'static str, kind: &'static str| owner.raw("POST", "/v1/tickets", body, kind);
    raw("{\"subject\":", "application/json").await.problem(StatusCode::BAD_REQUEST);
    raw("{}", "text/plain").await.problem(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    raw("[]", "application/json").await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let unknown_field = json!({"subject": "s", "body": "b", "contact": {"email": "a@b.de"}, "colour": "red"});
    let problem = owner.post("/v1/tickets", &unknown_field).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["detail"].as_str().unwrap().contains("colour"), "{problem}");
    // A form with a part that it shares with others refuses them as well.
    let unknown_field = json!({"slug": "s", "markdown": "# S\n\nText", "colour": "red"});
    let problem = owner.post("/v1/knowledge/documents", &unknown_field).await;
    let problem = problem.problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["detail"].as_str().unwrap().contains("colour"), "{problem}");
    let deep = format!("{{\"name\": \"x\", \"data\": {}", "[".repeat(100_000));
    owner
        .raw("POST", &format!("{ticket}/events"), deep, "application/json")
        .await
        .problem(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_without_being_read() {
    let app = TestApp::start().await;
    let owner = app.key(Role::Owner);
    let body = json!({"subject": "s", "body": "x".repeat(300_000), "contact": {"email": "a@b.de"}});
    owner.post("/v1/tickets", &body).await.problem(StatusCode::PAYLOAD_TOO_LARGE);
    let document = json!({"slug": "large", "markdown": format!("# Large\n\n{}", "words ".repeat(200_000))});
    owner.post("/v1/knowledge/documents", &document).await.problem(StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_problem_carries_the_requests_id_and_a_callers_own_when_it_is_plain() {
    let app = TestApp::start().await;
    let owner = app.key(Role::Owner);
    let reply = owner.with("x-request-id", "trace-7").get("/v1/nonsense").await;
    assert_eq!(reply.headers["x-request-id"], "trace-7");
    assert_eq!(reply.problem(StatusCode::NOT_FOUND)["request_id"], "trace-7");
    let reply = owner.with("x-request-id", "two words").get("/v1/nonsense").await;
    let id = reply.headers["x-request-id"].to_str().unwrap().to_owned();
    assert_ne!(id, "two words");
    assert_eq!(reply.problem(StatusCode::NOT_FOUND)["request_id"], id.as_str());
    let fine = owner.get("/v1/tickets").await;
    assert!(fine.headers.contains_key("x-request-id"));
}
