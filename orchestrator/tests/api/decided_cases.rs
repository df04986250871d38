//! A decision becomes a case: without personal data, once, and as long as it stands.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::{Client, TestApp};
use serde_json::{Value, json};

const EMAIL: &str = "jane.roe@planted.example";
const CARD: &str = "4242 4242 4242 4242";
/// Of a kind that no list of names has.
const NAME: &str = "Zyxandra Quorlitz";
const PLANTED: [&str; 5] = ["jane.roe", "4242 4242", "Zyxandra", "Quorlitz", "planted"];

/// A proposed answer on a ticket with personal data in it.
async fn proposed(app: &TestApp) -> Value {
    let form = json!({
        "subject": "Refund",
        "body": format!("This is {NAME}. Refund my card {CARD} and write to {EMAIL}, please. Yours, Zyxandra"),
        "contact": { "email": EMAIL, "name": NAME },
    });
    let opened = app.key(Role::Admin).post("/v1/tickets", &form).await.json(StatusCode::CREATED);
    app.propose_saying(&opened, &format!("Dear Ms Quorlitz, we paid {CARD} and wrote to {EMAIL}.")).await
}

async fn decide(client: &Client, approval: &Value, decision: Value) {
    let path = format!("/v1/approvals/{}/decisions", approval["id"].as_str().unwrap());
    let form = json!({ "digest": approval["digest"], "decision": decision });
    client.post(&path, &form).await.json(StatusCode::OK);
}

#[tokio::test]
async fn a_decision_becomes_a_case_without_personal_data_once() {
    let app = TestApp::start().await;
    let approval = proposed(&app).await;
    let reviewer = app.user(Role::Reviewer).await;
    let form = json!({ "approval_id": approval["id"] });
    let path = "/v1/evaluations/cases";
    let problem = reviewer.post(path, &form).await.problem(StatusCode::CONFLICT);
    assert!(problem["detail"].as_str().unwrap().contains("nobody has decided"), "{problem}");
    let body = format!("Dear {NAME}, we paid {CARD}, and told {EMAIL}.");
    decide(&reviewer, &approval, json!({ "type": "edit", "args": { "body": body } })).await;

    let made = reviewer.post(path, &form).await.json(StatusCode::CREATED);
    assert_eq!(
        reviewer.post(path, &form).await.json(StatusCode::CREATED),
        made,
        "there is one of a decision"
    );
    let case = &made["case"];
    for planted in PLANTED {
        assert!(!made.to_string().contains(planted), "{planted} in {made}");
    }
    assert_eq!(case["from"]["email"], "person1@mail.example");
    let says = case["turns"][0]["says"].as_str().unwrap();
    assert!(says.contains("write to person1@mail.example") && says.contains("<PAYMENT_CARD_1>"), "{says}");
    assert_eq!(case["turns"][0]["expects"]["proposes"]["tool"], "reply_to_customer");
    let like = case["turns"][1]["expects"]["like"]["text"].as_str().unwrap();
    assert!(like.contains("we paid <PAYMENT_CARD_1>, and told person1@mail.example."), "{like}");
    assert_eq!((&made["decided"], &case["turns"][1]["approves"]), (&json!("edited"), &json!(true)));

    let viewer = app.user(Role::Viewer).await;
    let listed = viewer.get(path).await.json(StatusCode::OK);
    assert_eq!(listed["items"][0]["id"], made["id"]);
    let file = reviewer.get("/v1/evaluations/cases/export").await;
    assert_eq!(file.headers["content-type"], "application/yaml");
    let file = file.text();
    assert!(file.contains(case["name"].as_str().unwrap()) && file.contains("person1@mail.example"), "{file}");
    viewer.get("/v1/evaluations/cases/export").await.problem(StatusCode::FORBIDDEN);
    viewer.post(path, &form).await.problem(StatusCode::FORBIDDEN);

    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    reviewer.delete(&one).await.problem(StatusCode::FORBIDDEN);
    let admin = app.user(Role::Admin).await;
    assert_eq!(admin.delete(&one).await.status, StatusCode::NO_CONTENT);
    admin.delete(&one).await.problem(StatusCode::NOT_FOUND);
    assert_eq!(admin.get(path).await.json(StatusCode::OK)["items"], json!([]));
}

#[tokio::test]
async fn what_was_rejected_must_not_come_again_and_the_reason_is_kept() {
    let app = TestApp::start().await;
    let approval = proposed(&app).await;
    let reviewer = app.user(Role::Reviewer).await;
    let reason = format!("{NAME} was never paid");
    decide(&reviewer, &approval, json!({ "type": "reject", "reason": reason })).await;
    let form = json!({ "approval_id": approval["id"] });
    let made = reviewer.post("/v1/evaluations/cases", &form).await.json(StatusCode::CREATED);
    let case = &made["case"];
    let turns = case["turns"].as_array().unwrap();
    assert_eq!(turns.len(), 1);
    assert_eq!(turns[0]["expects"]["unlike"]["at_most"], 0.6);
    assert!(turns[0]["expects"]["judge"].as_str().unwrap().contains("rejected for"));
    assert!(case["why"].as_str().unwrap().ends_with("was never paid"), "{case}");
    for planted in PLANTED {
        assert!(!made.to_string().contains(planted), "{planted} in {made}");
    }
}

#[tokio::test]
async fn a_decision_that_was_taken_back_leaves_no_case() {
    let app = TestApp::start_with("[approvals]\nundo_seconds = 30").await;
    let approval = proposed(&app).await;
    let reviewer = app.user(Role::Reviewer).await;
    decide(&reviewer, &approval, json!({ "type": "approve" })).await;
    let form = json!({ "approval_id": approval["id"] });
    reviewer.post("/v1/evaluations/cases", &form).await.json(StatusCode::CREATED);
    let undo = format!("/v1/approvals/{}/undo", approval["id"].as_str().unwrap());
    reviewer.post(&undo, &json!({})).await.json(StatusCode::OK);
    assert_eq!(reviewer.get("/v1/evaluations/cases").await.json(StatusCode::OK)["items"], json!([]));
    decide(&reviewer, &approval, json!({ "type": "escalate", "reason": "not mine" })).await;
    let problem = reviewer.post("/v1/evaluations/cases", &form).await.problem(StatusCode::CONFLICT);
    assert!(problem["detail"].as_str().unwrap().contains("says nothing about the call"), "{problem}");
}
