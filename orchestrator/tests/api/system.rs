//! Whether it lives and works, and its description as a page.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use domain::user::Role;
use orchestrator::testing::app::TestApp;

#[tokio::test]
async fn it_says_that_it_lives_and_that_it_can_work() {
    let app = TestApp::start().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(app.nobody().get(path).await.json(StatusCode::OK)["status"], "ok", "{path}");
    }
    app.app.store.clone().close().await;
    assert_eq!(app.nobody().get("/healthz").await.json(StatusCode::OK)["status"], "ok");
    let ready = app.nobody().get("/readyz").await;
    assert!(ready.headers.contains_key(header::RETRY_AFTER));
    ready.problem(StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn measurements_are_for_this_machine_and_for_those_with_a_key() {
    let app = TestApp::start().await;
    app.key(Role::Viewer).get("/v1/tickets?q=secret").await.json(StatusCode::OK);
    let from = |address: &str, header: Option<&str>| {
        let mut request = Request::builder().uri("/metrics");
        if let Some(name) = header {
            request = request.header(name, "10.0.0.9");
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(address.parse::<SocketAddr>().unwrap()));
        request
    };
    let local = app.nobody().request(from("127.0.0.1:5000", None)).await;
    assert_eq!(local.status, StatusCode::OK);
    let text = local.text();
    assert!(
        text.contains("countersign_http_request_seconds") && text.contains("route=\"/v1/tickets\""),
        "{text}"
    );
    assert!(!text.contains("secret"));
    for (address, header) in [("10.0.0.1:5000", None), ("127.0.0.1:5000", Some("x-forwarded-for"))] {
        app.nobody().request(from(address, header)).await.problem(StatusCode::UNAUTHORIZED);
    }
    assert_eq!(app.key(Role::Viewer).request(from("10.0.0.1:5000", None)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_description_is_served_and_its_page_needs_nothing_from_elsewhere() {
    let app = TestApp::start().await;
    let served = app.nobody().get("/openapi.json").await.json(StatusCode::OK);
    assert_eq!(served, serde_json::to_value(orchestrator::http::openapi()).unwrap());
    for (path, kind) in [("/docs", "text/html"), ("/docs.js", "text/javascript"), ("/docs.css", "text/css")] {
        let file = app.nobody().get(path).await;
        assert_eq!(file.status, StatusCode::OK);
        assert!(file.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with(kind));
        assert!(!file.text().contains("://"), "{path} names another place");
    }
}

#[tokio::test]
async fn long_answers_are_compressed_for_those_who_can_read_that() {
    let app = TestApp::start().await;
    let zipped = app.nobody().with("accept-encoding", "gzip").get("/openapi.json").await;
    assert_eq!(zipped.headers[header::CONTENT_ENCODING], "gzip");
    assert!(zipped.body.len() < app.nobody().get("/openapi.json").await.body.len() / 3);
    let problem = app.nobody().with("accept-encoding", "gzip").get("/v1/tickets").await;
    assert_eq!(problem.status, StatusCode::UNAUTHORIZED);
    assert_eq!(problem.headers[header::CONTENT_ENCODING], "gzip");
    assert_eq!(problem.body[..2], [0x1f, 0x8b], "what says that it is gzip is gzip");
}
