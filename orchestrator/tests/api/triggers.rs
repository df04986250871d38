//! What called for a person, as the customer and the desk see it.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::TestApp;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chat_that_calls_for_a_person_says_so_to_the_visitor_and_why_to_the_desk() {
    let app = TestApp::start_working("").await;
    let form = json!({"message": "My parcel is lost and I want to kill myself", "name": "Mira"});
    let started = app.nobody().post("/v1/conversations", &form).await.json(StatusCode::CREATED);
    let chat = started["conversation_id"].as_str().unwrap().to_owned();
    let visitor = app.bearer(started["token"].as_str().unwrap());
    let path = format!("/v1/conversations/{chat}");
    let shown = app
        .until("the handoff", async || {
            let shown = visitor.get(&path).await.json(StatusCode::OK);
            (shown["handed_off"] == json!(true)).then_some(shown)
        })
        .await;
    let told = shown["messages"][1]["body"].as_str().unwrap();
    assert!(told.contains("988") && told.contains("colleague"), "{told}");
    assert!(!shown.to_string().contains("self_harm"), "what set it off is the desk's alone: {shown}");

    let agent = app.key(Role::Agent);
    let ticket = agent.get(&format!("/v1/tickets/{chat}")).await.json(StatusCode::OK);
    let handoff = &ticket["ticket"]["handoff"];
    assert_eq!(
        handoff["triggers"],
        json!([{"kind": "self_harm", "phrase": "kill myself", "language": "en"}])
    );
    assert_eq!(handoff["reason"], "the customer may harm themselves: “kill myself”");
    assert_eq!(ticket["ticket"]["priority"], "urgent");
    assert_eq!(ticket["ticket"]["tags"], json!(["self-harm"]));
    let events = agent.get(&format!("/v1/tickets/{chat}/events")).await.json(StatusCode::OK);
    let kinds: Vec<&Value> =
        events["items"].as_array().unwrap().iter().map(|event| &event["body"]["type"]).collect();
    let at = |kind: &str| kinds.iter().position(|one| **one == json!(kind)).unwrap();
    let told = kinds.iter().rposition(|one| **one == json!("message_added")).unwrap();
    assert!(at("escalated") < told, "{kinds:?}");

    let run = agent.get(&format!("/v1/runs?ticket_id={chat}")).await.json(StatusCode::OK);
    let run = run["items"][0]["id"].as_str().unwrap();
    let run = agent.get(&format!("/v1/runs/{run}")).await.json(StatusCode::OK);
    assert_eq!(run["steps"][1]["body"]["type"], "triggered");
    assert!(run["steps"].as_array().unwrap().iter().all(|step| step["body"]["type"] != "model"));
}
