//! What the desk writes is Markdown, and whoever reads it gets it as HTML; what customers write is text.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::TestApp;
use serde_json::{Value, json};

const REPLY: &str = "Hello **again**,\nsee [returns](https://northfold.example/returns) [1].\n\n<b>Ok</b>";
const HTML: &str = "<p>Hello <strong>again</strong>,<br>see <a href=\"https://northfold.example/returns\" \
    rel=\"noopener noreferrer nofollow\" target=\"_blank\">returns</a> [1].</p><p>&lt;b&gt;Ok&lt;/b&gt;</p>";

async fn chat(app: &TestApp) -> (String, orchestrator::testing::app::Client) {
    let form = json!({ "message": "Where is *it*?", "name": "Mira", "email": "mira@example.com" });
    let started = app.nobody().post("/v1/conversations", &form).await.json(StatusCode::CREATED);
    let visitor = app.bearer(started["token"].as_str().unwrap());
    (started["conversation_id"].as_str().unwrap().to_owned(), visitor)
}

#[tokio::test]
async fn a_message_of_the_desk_is_served_as_html_too_and_a_customers_is_not() {
    let app = TestApp::start().await;
    let (id, visitor) = chat(&app).await;
    let colleague = app.user(Role::Agent).await;
    let path = format!("/v1/tickets/{id}/messages");
    let said = colleague.post(&path, &json!({ "body": REPLY })).await.json(StatusCode::CREATED);
    assert_eq!(
        (&said["body"], &said["body_html"]),
        (&json!(REPLY), &json!(HTML)),
        "the text stays as it was written"
    );
    let note = json!({ "body": "- one\n- two", "visibility": "internal" });
    let note = colleague.post(&path, &note).await.json(StatusCode::CREATED);
    assert_eq!(note["body_html"], "<ul><li>one</li><li>two</li></ul>");

    let messages = colleague.get(&path).await.json(StatusCode::OK);
    assert!(messages["items"][0].get("body_html").is_none(), "{messages}");
    assert_eq!(messages["items"][1]["body_html"], HTML);
    let events = colleague.get(&format!("/v1/tickets/{id}/events")).await.json(StatusCode::OK);
    let told = events["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["body"]["message"].get("body_html"));
    assert_eq!(told.collect::<Vec<_>>(), [HTML, "<ul><li>one</li><li>two</li></ul>"]);

    let shown = visitor.get(&format!("/v1/conversations/{id}")).await.json(StatusCode::OK);
    assert!(shown["messages"][0].get("body_html").is_none(), "{shown}");
    assert_eq!(shown["messages"][1]["body_html"], HTML);
    let mut stream = visitor.stream(&format!("/v1/conversations/{id}/stream")).await;
    let streamed: Vec<Value> = stream.take(2).await.into_iter().map(|sent| sent.data).collect();
    assert_eq!(streamed[1]["message"]["body_html"], HTML);
}

#[tokio::test]
async fn a_reviewer_sees_a_reply_as_the_customer_would() {
    let app = TestApp::start().await;
    let form = json!({
        "subject": "Where is it?", "body": "Where?", "contact": { "email": "mira@example.com", "name": "Mira" },
    });
    let opened = app.key(Role::Agent).post("/v1/tickets", &form).await.json(StatusCode::CREATED);
    let approval = app.propose_saying(&opened, REPLY).await;
    let reviewer = app.user(Role::Reviewer).await;
    let path = format!("/v1/approvals/{}", approval["id"].as_str().unwrap());
    let view = reviewer.get(&path).await.json(StatusCode::OK);
    assert_eq!(view["approval"]["preview"]["body"], REPLY);
    assert!(view["body_html"].as_str().unwrap().contains("<strong>"), "{view}");
    let tries = |tool: &str, args: Value| {
        let (reviewer, path) = (&reviewer, format!("/v1/tools/{tool}/dry-run"));
        async move { reviewer.post(&path, &json!({ "args": args })).await.json(StatusCode::OK) }
    };
    assert_eq!(tries("reply_to_customer", json!({ "body": REPLY })).await["body_html"], HTML);
    let article =
        json!({ "slug": "x", "title": "X", "body": "# X\n\n| a | b |\n|---|---|\n| 1 | 2 |", "tags": [] });
    assert!(tries("add_article", article).await.get("body_html").is_none(), "an article is no message");
}

#[tokio::test]
async fn who_sees_masks_sees_them_in_the_html_and_no_tag_is_cut() {
    let app = TestApp::start().await;
    let form = json!({
        "subject": "Where is it?", "body": "Where?",
        "contact": { "email": "jane.roe@planted.example", "name": "Zyxandra Quorlitz" },
    });
    let opened = app.key(Role::Agent).post("/v1/tickets", &form).await.json(StatusCode::CREATED);
    let id = opened["ticket"]["id"].as_str().unwrap();
    let body = "Dear Zyxandra,\n\nwe wrote to **jane.roe@planted.example** about [card](https://a.example) `4242 4242 4242 4242`.";
    let reply = json!({ "body": body });
    app.user(Role::Agent)
        .await
        .post(&format!("/v1/tickets/{id}/messages"), &reply)
        .await
        .json(StatusCode::CREATED);
    let approval = app.propose_saying(&opened, body).await;

    let viewer = app.key_that_sees_masks(Role::Owner).await;
    let masked = "<p>Dear Z.,</p><p>we wrote to <strong>j•••@p•••.example</strong> about <a href=\"https://a.example\" \
        rel=\"noopener noreferrer nofollow\" target=\"_blank\">card</a> <code>•••• 4242</code>.</p>";
    let messages = viewer.get(&format!("/v1/tickets/{id}/messages")).await.json(StatusCode::OK);
    assert_eq!(messages["items"][1]["body_html"], masked);
    let path = format!("/v1/approvals/{}", approval["id"].as_str().unwrap());
    let view = viewer.get(&path).await.json(StatusCode::OK);
    let html = view["body_html"].as_str().unwrap();
    assert!(html.contains("<strong>") && html.contains("j•••@p•••.example"), "{html}");
    assert!(!view.to_string().contains("jane.roe"), "{view}");
}
