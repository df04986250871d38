//! Approvals: shown with everything, decided once, by people, on what they saw.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::TestApp;
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

fn decision(approval: &Value, decision: Value) -> Value {
    json!({"digest": approval["digest"], "decision": decision})
}

fn path(approval: &Value) -> String {
    format!("/v1/approvals/{}/decisions", approval["id"].as_str().unwrap())
}

#[tokio::test]
async fn the_queue_names_the_ticket_and_one_approval_shows_what_a_reviewer_needs() {
    let app = TestApp::start().await;
    let opened = app.open_ticket("A torn tent").await;
    let approval = app.propose(&opened).await;
    let viewer = app.key(Role::Viewer);
    let queue = viewer.get("/v1/approvals?status=pending").await.json(StatusCode::OK);
    assert_eq!(queue["items"][0]["approval"], approval);
    assert_eq!(queue["items"][0]["ticket"]["subject"], "A torn tent");
    assert_eq!(queue["items"][0]["ticket"]["number"], opened["ticket"]["number"]);
    let shown = app
        .key(Role::Reviewer)
        .get(&format!("/v1/approvals/{}", approval["id"].as_str().unwrap()))
        .await
        .json(StatusCode::OK);
    assert_eq!(shown["approval"]["preview"]["body"], "We will send another one.");
    assert_eq!(shown["ticket"]["id"], opened["ticket"]["id"]);
    assert_eq!(shown["messages"].as_array().unwrap().len(), 1);
    assert_eq!(shown["customer"]["name"], "Mira Halloran");
    assert_eq!(shown["run"]["id"], approval["run_id"]);
    assert_eq!(shown["decisions"], json!([]));
    let mine = viewer.get("/v1/approvals?mine=true").await.json(StatusCode::OK);
    assert_eq!(mine["items"], json!([]), "a viewer may decide nothing");
    let mine = app.user(Role::Reviewer).await.get("/v1/approvals?mine=true").await.json(StatusCode::OK);
    assert_eq!(mine["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_decision_is_taken_once_however_many_people_send_it() {
    let app = TestApp::start().await;
    let approval = app.propose(&app.open_ticket("Race").await).await;
    let people = [app.user(Role::Reviewer).await, app.user(Role::Admin).await, app.user(Role::Owner).await];
    let body = decision(&approval, json!({"type": "approve"}));
    let path = path(&approval);
    let replies =
        futures::future::join_all(people.iter().cycle().take(12).map(|person| person.post(&path, &body)))
            .await;
    let taken: Vec<_> = replies.iter().filter(|reply| reply.status == StatusCode::OK).collect();
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0].json(StatusCode::OK)["status"], "approved");
    for reply in replies.iter().filter(|reply| reply.status != StatusCode::OK) {
        reply.problem(StatusCode::CONFLICT);
    }
    let shown = people[0].get(path.trim_end_matches("/decisions")).await.json(StatusCode::OK);
    assert_eq!(shown["decisions"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_decision_on_something_else_than_was_shown_is_refused() {
    let app = TestApp::start().await;
    let opened = app.open_ticket("Drift").await;
    let approval = app.propose(&opened).await;
    let reviewer = app.user(Role::Reviewer).await;
    let other = json!({"digest": "0".repeat(64), "decision": {"type": "approve"}});
    reviewer.post(&path(&approval), &other).await.problem(StatusCode::CONFLICT);
    // The customer writes again: what was proposed rests on an older state.
    let messages = format!("/v1/tickets/{}/messages", opened["ticket"]["id"].as_str().unwrap());
    let more = json!({"body": "Never mind!", "from": "customer"});
    app.key(Role::Agent).post(&messages, &more).await.json(StatusCode::CREATED);
    let late = reviewer.post(&path(&approval), &decision(&approval, json!({"type": "approve"}))).await;
    late.problem(StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_edit_must_fit_the_tools_schema_and_words_must_be_given() {
    let app = TestApp::start().await;
    let approval = app.propose(&app.open_ticket("Edit").await).await;
    let reviewer = app.user(Role::Reviewer).await;
    let send = |kind: Value| {
        let (reviewer, path, body) = (reviewer.clone(), path(&approval), decision(&approval, kind));
        async move { reviewer.post(&path, &body).await }
    };
    send(json!({"type": "edit", "args": {"wrong": 1}})).await.problem(StatusCode::CONFLICT);
    send(json!({"type": "reject", "reason": " "})).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    send(json!({"type": "reject"})).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    send(json!({"type": "vanish"})).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    send(json!({"type": "respond", "message": "x".repeat(4_001)}))
        .await
        .problem(StatusCode::UNPROCESSABLE_ENTITY);
    let edited = send(json!({"type": "edit", "args": {"body": "We will send a better one."}}))
        .await
        .json(StatusCode::OK);
    assert_eq!(edited["status"], "edited");
    assert_eq!(edited["edited_args"]["body"], "We will send a better one.");
}

#[tokio::test]
async fn the_role_that_the_policy_names_decides_and_those_below_it_do_not() {
    let app = TestApp::start().await;
    let approval = app.propose(&app.open_ticket("Too high for me").await).await;
    assert_eq!(approval["role"], "reviewer");
    let body = decision(&approval, json!({"type": "approve"}));
    for role in [Role::Viewer, Role::Agent] {
        app.user(role).await.post(&path(&approval), &body).await.problem(StatusCode::FORBIDDEN);
    }
    app.user(Role::Reviewer).await.post(&path(&approval), &body).await.json(StatusCode::OK);
}

#[tokio::test]
async fn a_key_cannot_countersign() {
    let app = TestApp::start().await;
    let approval = app.propose(&app.open_ticket("By machine").await).await;
    let body = decision(&approval, json!({"type": "approve"}));
    app.key(Role::Owner).post(&path(&approval), &body).await.problem(StatusCode::FORBIDDEN);
    let batch = json!({"items": [{"approval_id": approval["id"], "digest": approval["digest"], "decision": {"type": "approve"}}]});
    app.key(Role::Owner).post("/v1/approvals/decisions", &batch).await.problem(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_batch_has_a_result_for_every_item_and_one_failure_holds_up_none() {
    let app = TestApp::start().await;
    let first = app.propose(&app.open_ticket("One").await).await;
    let second = app.propose(&app.open_ticket("Two").await).await;
    let reviewer = app.user(Role::Reviewer).await;
    let item = |approval: &Value, digest: &Value, kind: Value| json!({"approval_id": approval["id"], "digest": digest, "decision": kind});
    let missing = json!({"id": "019ab0f4-7c4e-7000-8000-000000000001"});
    let items = [
        item(&first, &first["digest"], json!({"type": "approve"})),
        item(&second, &json!("stale"), json!({"type": "approve"})),
        item(&missing, &json!("x"), json!({"type": "approve"})),
        item(&second, &second["digest"], json!({"type": "escalate", "reason": "I know them"})),
    ];
    let decided =
        reviewer.post("/v1/approvals/decisions", &json!({"items": items})).await.json(StatusCode::OK);
    let results = decided["results"].as_array().unwrap();
    let statuses: Vec<_> = results.iter().map(|result| result["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["decided", "failed", "failed", "decided"]);
    assert_eq!(results[0]["approval"]["status"], "approved");
    assert_eq!(results[1]["problem"]["status"], 409);
    assert_eq!(results[2]["problem"]["status"], 404);
    assert_eq!(results[3]["approval"]["status"], "escalated");
    reviewer
        .post("/v1/approvals/decisions", &json!({"items": []}))
        .await
        .problem(StatusCode::UNPROCESSABLE_ENTITY);
    let many: Vec<_> = (0..51).map(|_| items[0].clone()).collect();
    reviewer
        .post("/v1/approvals/decisions", &json!({"items": many}))
        .await
        .problem(StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn one_of_a_batch_that_cannot_be_read_holds_up_none() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/desk.db", folder.path().display());
    let app = TestApp::start_with(&format!("[database]\nurl = \"{url}\"")).await;
    let mut proposed = Vec::new();
    for subject in ["One", "Damaged", "Three"] {
        proposed.push(app.propose(&app.open_ticket(subject).await).await);
    }
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query("UPDATE approvals SET approval = 'torn' WHERE id = $1")
        .bind(proposed[1]["id"].as_str().unwrap())
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let item = |approval: &Value| json!({"approval_id": approval["id"], "digest": approval["digest"], "decision": {"type": "approve"}});
    let items: Vec<_> = proposed.iter().map(item).collect();
    let reviewer = app.user(Role::Reviewer).await;
    let decided =
        reviewer.post("/v1/approvals/decisions", &json!({"items": items})).await.json(StatusCode::OK);
    let results = decided["results"].as_array().unwrap();
    let statuses: Vec<_> = results.iter().map(|result| result["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["decided", "failed", "decided"]);
    assert_eq!(results[1]["approval_id"], proposed[1]["id"]);
    assert_eq!(results[1]["problem"]["status"], 500);
}
