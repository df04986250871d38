//! Runs: their journal, and what may be retried.

use axum::http::StatusCode;
use domain::{
    Clock as _,
    commit::{Commit, Op, RunChange, RunTo},
    model::Usage,
    user::Role,
};
use orchestrator::testing::app::TestApp;
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

#[tokio::test]
async fn a_run_is_listed_and_shown_with_its_journal() {
    let app = TestApp::start().await;
    let opened = app.open_ticket("Work on this").await;
    app.open_ticket("And on this").await;
    let run = app.run_of(&opened).await;
    let viewer = app.key(Role::Viewer);
    let list = viewer.get("/v1/runs?status=queued&agent=resolution").await.json(StatusCode::OK);
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    let tickets: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|run| &run["ticket"]["subject"]).collect();
    assert_eq!(tickets, ["And on this", "Work on this"], "each run names its ticket");
    assert_eq!(list["items"][1]["ticket"]["number"], opened["ticket"]["number"]);
    let shown = viewer.get(&format!("/v1/runs/{run}")).await.json(StatusCode::OK);
    assert_eq!(shown["run"]["ticket_id"], opened["ticket"]["id"]);
    assert_eq!(shown["steps"], json!([]));
    assert_eq!(shown["effects"], json!([]));
    let replayed = viewer.get(&format!("/v1/runs/{run}/replay")).await.json(StatusCode::OK);
    assert_eq!(
        replayed,
        json!({"ok": true, "steps_checked": 0, "first_difference": null, "missing": [], "redacted_at": null})
    );
}

#[tokio::test]
async fn only_a_run_that_was_given_up_can_be_retried() {
    let app = TestApp::start().await;
    let run = app.run_of(&app.open_ticket("Busy").await).await;
    app.key(Role::Admin)
        .post(&format!("/v1/runs/{run}/retry"), &json!({}))
        .await
        .problem(StatusCode::CONFLICT);
}

#[tokio::test]
async fn a_run_that_was_given_up_goes_back_in_the_queue_and_does_so_once() {
    let app = TestApp::start_with("[runs]\nconcurrency = 1\n").await;
    let opened = app.open_ticket("Give up").await;
    app.app.store.claim_due().await.unwrap();
    let leased = app.app.store.ready().unwrap().recv().await.unwrap().run;
    let change = RunChange {
        run_id: leased.id,
        fence: leased.fence,
        expect_signals: None,
        steps: Vec::new(),
        usage: Usage::default(),
        seen_signals: None,
        seen_version: None,
        to: RunTo::Dead { error: "the provider is gone".to_owned() },
        at: app.clock.now(),
    };
    app.store.commit(Commit { ops: vec![Op::Run(Box::new(change))] }).await.unwrap();
    let admin = app.key(Role::Admin);
    let path = format!("/v1/runs/{}", leased.id);
    let dead = admin.get(&path).await.json(StatusCode::OK);
    assert_eq!(dead["run"]["status"], "dead");
    assert_eq!(dead["run"]["error"], "the provider is gone");
    assert_eq!(dead["run"]["ticket_id"], opened["ticket"]["id"]);
    let again = admin.post(&format!("{path}/retry"), &json!({})).await.json(StatusCode::OK);
    assert!(["queued", "running"].contains(&again["status"].as_str().unwrap()), "{again}");
    admin.post(&format!("{path}/retry"), &json!({})).await.problem(StatusCode::CONFLICT);
}

async fn asked(app: &TestApp) -> (Value, String) {
    asked_for(app, app.open_ticket("How long can I send a drum back").await).await
}

/// The ticket's run that rests, as it is shown, and the path to its first step that asked a model.
async fn asked_for(app: &TestApp, opened: Value) -> (Value, String) {
    let runs = format!("/v1/runs?ticket_id={}", opened["ticket"]["id"].as_str().unwrap());
    let admin = app.key(Role::Admin);
    let run = app
        .until("the run rests", async || {
            let runs = admin.get(&runs).await.json(StatusCode::OK);
            let run = &runs["items"][0];
            let rests = !["queued", "running"].contains(&run["status"].as_str()?);
            rests.then(|| run["id"].as_str().unwrap().to_owned())
        })
        .await;
    let run = admin.get(&format!("/v1/runs/{run}")).await.json(StatusCode::OK);
    let steps = run["steps"].as_array().unwrap();
    let step = steps.iter().find(|step| step["body"]["type"] == "model");
    let step = step.unwrap_or_else(|| panic!("a model was asked: {steps:?}"));
    let path = format!("/v1/runs/{}/steps/{}/prompt", run["run"]["id"].as_str().unwrap(), step["seq"]);
    (run, path)
}

#[tokio::test]
async fn a_step_tells_what_its_model_was_given() {
    let app = TestApp::start_working("").await;
    let (run, path) = asked(&app).await;
    let given = app.key(Role::Admin).get(&path).await.json(StatusCode::OK);
    assert_eq!((&given["same"], &given["proof"]["is"]), (&json!(true), &json!("same")), "{given}");
    assert_eq!(given["input_digest"], given["digest_now"]);
    assert_eq!(given["run_id"], run["run"]["id"]);
    assert_eq!((&given["model"], &given["provider"]), (&json!("offline"), &json!("offline")));
    let request = &given["request"];
    assert_eq!(request["border"], json!({ "is": "inside" }), "the offline model is of this house");
    assert_eq!(request["messages"][0]["role"], "system");
    let tools = request["tools"].as_array().unwrap();
    assert!(tools.iter().any(|tool| tool["name"] == "search_knowledge" && tool["parameters"].is_object()));
    let parts = |message: &Value| message["parts"].as_array().unwrap().clone();
    let all: Vec<Value> = request["messages"].as_array().unwrap().iter().flat_map(parts).collect();
    let wrote = all.iter().find(|part| part["block"] == "customer_message").unwrap();
    assert_eq!(wrote["voice"], "untrusted");
    assert!(wrote["text"].as_str().unwrap().contains("send a drum back"), "{wrote}");
    assert!(given.to_string().contains("mira@example.com"), "the record of the customer is in it");

    // Who lacks the right sees the masks that they see everywhere.
    let masked = app.key(Role::Viewer).get(&path).await;
    assert_eq!(masked.headers["x-personal-data"], "masked");
    let masked = masked.json(StatusCode::OK);
    assert!(!masked.to_string().contains("mira@example.com"), "{masked}");
    assert_eq!((&masked["same"], &masked["input_digest"]), (&given["same"], &given["input_digest"]));
}

#[tokio::test]
async fn what_a_model_was_given_hides_the_names_of_the_tickets_people_from_who_sees_masks() {
    let app = TestApp::start_working("").await;
    let form = json!({
        "subject": "How long can I send a drum back",
        "body": "How long can I send a drum back: please help. Then Quorlitz, or zyxandra, has it.",
        "contact": { "email": "jane.roe@planted.example", "name": "Zyxandra Quorlitz" },
    });
    let opened = app.key(Role::Admin).post("/v1/tickets", &form).await.json(StatusCode::CREATED);
    let (_, path) = asked_for(&app, opened).await;
    let whole = app.key(Role::Admin).get(&path).await.text().to_lowercase();
    assert!(whole.contains("then quorlitz, or zyxandra, has it"), "{whole}");
    let masked = app.key(Role::Viewer).get(&path).await.text();
    assert!(masked.contains("Then Q., or Z., has it"), "{masked}");
    let masked = masked.to_lowercase();
    assert!(!masked.contains("quorlitz") && !masked.contains("zyxandra"), "{masked}");
}

#[tokio::test]
async fn a_step_that_asked_no_model_is_told_from_one_that_there_is_not() {
    let app = TestApp::start_working("").await;
    let (run, path) = asked(&app).await;
    let viewer = app.key(Role::Viewer);
    let steps = format!("/v1/runs/{}/steps", run["run"]["id"].as_str().unwrap());
    let none = viewer.get(&format!("{steps}/0/prompt")).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let detail = none["detail"].as_str().unwrap();
    assert!(detail.contains("step 0 (started) asked no model"), "{detail}");
    for beyond in ["999", "-1"] {
        viewer.get(&format!("{steps}/{beyond}/prompt")).await.problem(StatusCode::NOT_FOUND);
    }
    let elsewhere = path.replace(run["run"]["id"].as_str().unwrap(), "019ab0f4-7c4e-7000-8000-000000000001");
    viewer.get(&elsewhere).await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_prompt_that_has_changed_since_does_not_pass_for_the_one_of_then() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}/desk.db", folder.path().display());
    let app = TestApp::start_working(&format!("[database]\nurl = \"{url}\"")).await;
    let (_, path) = asked(&app).await;
    // As a version of the service with an older prompt would have journalled it.
    let mut connection = SqliteConnection::connect(&url).await.unwrap();
    sqlx::query(
        "UPDATE steps SET prompt = 'resolution/system@0', input_digest = '00' WHERE prompt IS NOT NULL",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    let given = app.key(Role::Viewer).get(&path).await.json(StatusCode::OK);
    assert_eq!(given["same"], false);
    let now = &given["request"]["prompt"];
    assert_eq!(given["proof"], json!({ "is": "prompt", "was": "resolution/system@0", "now": now }));
    let words = given["explanation"].as_str().unwrap();
    assert!(words.starts_with("The prompt has changed since: resolution/system@0 then"), "{words}");
    assert!(words.ends_with("This is what the model would be given today."), "{words}");
    assert_ne!(given["input_digest"], given["digest_now"]);
}
