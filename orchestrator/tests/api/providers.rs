//! Providers of models: what is configured without its secrets, and trying one.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::{
    app::TestApp,
    model_server::{ModelServer, Reply, Script},
};
use serde_json::json;

async fn app_of(server: &ModelServer) -> TestApp {
    let url = server.url();
    TestApp::start_with(&format!(
        "[models]\noffline_fallback = true\n\
         [[models.providers]]\nname = \"main\"\nbase_url = \"{url}\"\nfast = \"small\"\nstrong = \"large\"\n\
         max_retries = 3\n\
         [[models.providers]]\nname = \"second\"\nbase_url = \"{url}\"\nfast = \"one\"\nstrong = \"one\"\n\
         api_key_env = \"PATH\"\nrate = \"500/minute\"\n"
    ))
    .await
}

#[tokio::test]
async fn providers_are_listed_in_order_and_without_their_keys() {
    let server = ModelServer::start(Reply::text("ready")).await.unwrap();
    let app = app_of(&server).await;
    let reply = app.key(Role::Viewer).get("/v1/providers").await;
    let key = std::env::var("PATH").unwrap();
    assert!(!reply.text().contains(&key), "the key itself is never told");
    let list = reply.json(StatusCode::OK);
    let names: Vec<&str> =
        list["items"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["main", "second"]);
    assert_eq!(list["items"][0]["key"], json!({ "kind": "none" }));
    assert_eq!(list["items"][1]["key"], json!({ "kind": "variable", "name": "PATH" }));
    assert_eq!(list["items"][1]["rate"], "500/minute");
    assert_eq!((&list["offline_fallback"], &list["embeddings"]), (&json!(true), &json!(null)));
    assert_eq!(server.count(), 0, "nobody was asked");
}

#[tokio::test]
async fn a_test_makes_one_call_of_each_model_and_is_in_the_audit() {
    let script = Script::new(|request| match request.model() {
        "small" => Reply::text("ready"),
        _ => Reply::Status(404, "there is no such model".to_owned()),
    });
    let server = ModelServer::start(script).await.unwrap();
    let app = app_of(&server).await;
    let admin = app.user(Role::Admin).await;
    let test = admin.post("/v1/providers/main/test", &json!({})).await.json(StatusCode::OK);
    let calls = test["calls"].as_array().unwrap();
    assert_eq!((calls.len(), server.count()), (2, 2), "one each, and none again: {test}");
    assert_eq!((&calls[0]["asked"], &calls[0]["ok"]), (&json!("small"), &json!(true)));
    assert!(calls[0]["tokens_in"].is_i64());
    assert_eq!((&calls[1]["asked"], &calls[1]["ok"]), (&json!("large"), &json!(false)));
    assert!(calls[1]["problem"].as_str().unwrap().contains("check the model's name"), "{test}");
    let audit = admin.get("/v1/audit?action=connection.tested").await.json(StatusCode::OK);
    assert_eq!(audit["items"][0]["subject"], "the provider main");
    assert_eq!(audit["items"][0]["detail"]["ok"], false);
    admin.post("/v1/providers/nobody/test", &json!({})).await.problem(StatusCode::NOT_FOUND);
    admin.post("/v1/providers/embeddings/test", &json!({})).await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn tests_are_for_people_with_the_right_and_not_for_every_second() {
    let server = ModelServer::start(Reply::text("ready")).await.unwrap();
    let app = app_of(&server).await;
    let path = "/v1/providers/second/test";
    for client in [app.user(Role::Reviewer).await, app.key(Role::Admin)] {
        client.post(path, &json!({})).await.problem(StatusCode::FORBIDDEN);
    }
    assert_eq!(server.count(), 0);
    let admin = app.user(Role::Admin).await;
    for _ in 0..6 {
        admin.post(path, &json!({})).await.json(StatusCode::OK);
    }
    admin.post(path, &json!({})).await.problem(StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(server.count(), 6);
}
