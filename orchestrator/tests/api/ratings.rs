//! A visitor's word on an answer.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::TestApp;
use serde_json::{Value, json};

const ARTICLE: &str = "# Returns\n\nYou can return a tent within 30 days of delivery, unused and in its box.";

#[tokio::test]
async fn what_a_visitor_says_of_an_answer_stands_on_the_ticket_and_disturbs_nothing() {
    let app = TestApp::start_working("[visitors]\nmessages_per_minute = 4\n").await;
    let admin = app.key(Role::Owner);
    let document = json!({"slug": "returns", "markdown": ARTICLE});
    admin.post("/v1/knowledge/documents", &document).await.json(StatusCode::OK);
    let question = json!({"message": "How long can I return a tent?"});
    let started = app.nobody().post("/v1/conversations", &question).await.json(StatusCode::CREATED);
    let id = started["conversation_id"].as_str().unwrap();
    let visitor = app.bearer(started["token"].as_str().unwrap());
    let path = format!("/v1/conversations/{id}");
    // Asked as staff: the visitor's own requests are limited here.
    let messages = format!("/v1/tickets/{id}/messages");
    let answered = app
        .until("an answer", async || {
            let said = admin.all(&messages, 100).await;
            said.into_iter().find(|said| said["author"]["kind"] == "agent" && said["visibility"] == "public")
        })
        .await;
    let before = app.key(Role::Reviewer).get(&format!("/v1/tickets/{id}")).await.json(StatusCode::OK);
    let rate = async |message: &Value, helpful: bool| {
        visitor.post(&format!("{path}/ratings"), &json!({"message_id": message, "helpful": helpful})).await
    };
    assert_eq!(rate(&answered["id"], true).await.status, StatusCode::NO_CONTENT);
    assert_eq!(rate(&answered["id"], false).await.status, StatusCode::NO_CONTENT);
    let events = admin.all(&format!("/v1/tickets/{id}/events"), 100).await;
    let rated: Vec<_> = events.iter().filter(|event| event["body"]["type"] == "answer_rated").collect();
    let said: Vec<_> = rated.iter().map(|event| event["body"]["helpful"].as_bool().unwrap()).collect();
    assert_eq!(said, [true, false]);
    assert_eq!(rated[0]["actor"]["kind"], "customer");
    let after = app.key(Role::Reviewer).get(&format!("/v1/tickets/{id}")).await.json(StatusCode::OK);
    assert_eq!(before["ticket"]["status"], after["ticket"]["status"]);
    assert_eq!(before["ticket"]["customer_version"], after["ticket"]["customer_version"]);
    // Their own words are no answer; and nobody fills a timeline without end.
    let view = visitor.get(&path).await.json(StatusCode::OK);
    rate(&view["messages"][0]["id"], true).await.problem(StatusCode::NOT_FOUND);
    rate(&json!("019ab0f4-7c4e-7000-8000-000000000001"), true).await.problem(StatusCode::NOT_FOUND);
    rate(&answered["id"], true).await.problem(StatusCode::TOO_MANY_REQUESTS);
}
