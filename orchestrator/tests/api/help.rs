//! The help centre: what everybody may read, and nothing else.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::TestApp;
use serde_json::{Value, json};

async fn add(app: &TestApp, slug: &str, markdown: &str) {
    let document = json!({"slug": slug, "markdown": markdown});
    app.key(Role::Owner).post("/v1/knowledge/documents", &document).await.json(StatusCode::OK);
}

async fn slugs(app: &TestApp, path: &str) -> Vec<String> {
    let found = app.nobody().get(path).await.json(StatusCode::OK);
    let slug = |item: &Value| item["slug"].as_str().unwrap().to_owned();
    found["items"].as_array().unwrap().iter().map(slug).collect()
}

#[tokio::test]
async fn everybody_finds_and_reads_public_articles_and_no_others() {
    let app = TestApp::start_with("[knowledge]\nlibrary = true\n").await;
    let customer = app.open_ticket("A case").await["customer"]["id"].as_str().unwrap().to_owned();
    add(
        &app,
        "returns",
        "---\ntitle: Returns\ncategory: Orders\n---\n# Returns\n\nA **tent** can be returned within 30 days.",
    )
    .await;
    add(&app, "a/b.c", "# Boots\n\nBoots of leather take wax.").await;
    add(&app, "secret", "---\nvisibility: internal\n---\n# Secret\n\nA tent may be refunded up to 500.")
        .await;
    add(&app, "old", "---\nvalid_until: 2020-01-01\n---\n# Old\n\nA tent can be returned within 10 days.")
        .await;
    add(
        &app,
        "theirs",
        &format!("---\nlayer: customer\ncustomer: {customer}\n---\n# Theirs\n\nTheir tent has a contract."),
    )
    .await;
    add(
        &app,
        "mail",
        "---\nchannel: email\nvariables:\n  - name: contact_name\n    description: Who is addressed\n    example: Dana\n---\n# A mail\n\nHello {{ contact_name }}, your tent is here.",
    )
    .await;
    assert_eq!(slugs(&app, "/v1/help/articles").await, ["a/b.c", "returns"]);
    assert_eq!(slugs(&app, "/v1/help/articles?q=return+a+tent+refund+contract").await, ["returns"]);
    assert_eq!(slugs(&app, "/v1/help/articles?q=xylophone").await, Vec::<String>::new());
    let read = app.nobody().get("/v1/help/articles/returns").await.json(StatusCode::OK);
    assert_eq!((read["title"].as_str(), read["category"].as_str()), (Some("Returns"), Some("Orders")));
    assert!(read["markdown"].as_str().unwrap().contains("30 days"));
    app.nobody().get("/v1/help/articles/a%2Fb.c").await.json(StatusCode::OK);
    for hidden in ["secret", "old", "theirs", "mail", "no-such"] {
        app.nobody().get(&format!("/v1/help/articles/{hidden}")).await.problem(StatusCode::NOT_FOUND);
    }
    app.nobody().get("/v1/help/articles?workspace=no-such").await.problem(StatusCode::NOT_FOUND);
    let long = "x".repeat(1001);
    app.nobody().get(&format!("/v1/help/articles?q={long}")).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_article_with_a_secret_is_not_shown_to_everybody() {
    let app = TestApp::start().await;
    add(&app, "keys", "# Keys\n\nUse the key AKIAIOSFODNN7EXAMPLQ to get in.").await;
    assert_eq!(slugs(&app, "/v1/help/articles").await, Vec::<String>::new());
    app.nobody().get("/v1/help/articles/keys").await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn looks_into_the_help_centre_are_limited() {
    let app = TestApp::start_with("[visitors]\nhelp_per_minute = 2\n").await;
    for _ in 0..2 {
        app.nobody().get("/v1/help/articles").await.json(StatusCode::OK);
    }
    let refused = app.nobody().get("/v1/help/articles/x").await;
    assert!(refused.headers.contains_key("retry-after"));
    refused.problem(StatusCode::TOO_MANY_REQUESTS);
}
