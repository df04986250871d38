//! Knowledge: what is added is found, what is removed is not.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::TestApp;
use serde_json::json;

const RETURNS: &str = "---\ntitle: Returns\nvisibility: public\ncategory: orders\ntags: [returns]\n---\n\n\
    # Returns\n\nYou can return a tent within thirty days of delivery.\n";

#[tokio::test]
async fn a_document_is_found_at_once_versioned_when_it_changes_and_gone_when_removed() {
    let app = TestApp::start().await;
    let admin = app.key(Role::Admin);
    let put = |markdown: String| {
        let admin = admin.clone();
        async move {
            let form = json!({"slug": "returns", "markdown": markdown});
            admin.post("/v1/knowledge/documents", &form).await.json(StatusCode::OK)
        }
    };
    let added = put(RETURNS.to_owned()).await;
    assert_eq!(added["document"]["title"], "Returns");
    assert_eq!(added["document"]["version"], 1);
    assert!(!added["chunks"].as_array().unwrap().is_empty());
    let same = put(RETURNS.to_owned()).await;
    assert_eq!(same, added);
    let changed = put(RETURNS.replace("thirty", "sixty")).await;
    assert_eq!(changed["document"]["id"], added["document"]["id"]);
    assert_eq!(changed["document"]["version"], 2);

    let found = admin.get("/v1/knowledge/search?q=return%20a%20tent").await.json(StatusCode::OK);
    assert!(found["items"][0]["text"].as_str().unwrap().contains("sixty days"), "{found}");
    let list = admin.get("/v1/knowledge/documents").await.json(StatusCode::OK);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert!(list["items"][0].get("body").is_none());

    let path = format!("/v1/knowledge/documents/{}", added["document"]["id"].as_str().unwrap());
    assert_eq!(admin.get(&path).await.json(StatusCode::OK), changed);
    assert_eq!(admin.delete(&path).await.status, StatusCode::NO_CONTENT);
    admin.delete(&path).await.problem(StatusCode::NOT_FOUND);
    let found = admin.get("/v1/knowledge/search?q=return%20a%20tent").await.json(StatusCode::OK);
    assert_eq!(found["items"], json!([]));
}

#[tokio::test]
async fn internal_documents_are_found_only_when_asked_for() {
    let app = TestApp::start().await;
    let admin = app.key(Role::Admin);
    let form = json!({"slug": "fraud", "markdown": RETURNS.replace("public", "internal")});
    admin.post("/v1/knowledge/documents", &form).await.json(StatusCode::OK);
    let count = |query: &'static str| {
        let admin = admin.clone();
        async move { admin.get(query).await.json(StatusCode::OK)["items"].as_array().unwrap().len() }
    };
    assert_eq!(count("/v1/knowledge/search?q=tent").await, 0);
    assert_eq!(count("/v1/knowledge/search?q=tent&internal=true").await, 1);
}

#[tokio::test]
async fn a_document_or_a_query_that_does_not_fit_is_refused_with_the_reason() {
    let app = TestApp::start().await;
    let admin = app.key(Role::Admin);
    for (slug, markdown) in [
        ("", "# A\n\nB"),
        ("a b", "# A\n\nB"),
        ("empty", "---\ntitle: A\n---\n"),
        ("bad", "---\ntitle: [\n---\nB"),
    ] {
        let form = json!({"slug": slug, "markdown": markdown});
        admin.post("/v1/knowledge/documents", &form).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    admin.get("/v1/knowledge/search?q=%20").await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    admin.get("/v1/knowledge/search?q=a&limit=21").await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    admin.get("/v1/knowledge/search").await.problem(StatusCode::BAD_REQUEST);
}
