//! Stored messages are looked through, and what a person says is taken out for good.

use axum::http::StatusCode;
use domain::{
    audit::AuditAction,
    user::{Actor, Role},
};
use orchestrator::{
    app::App,
    scans,
    testing::app::{Client, TestApp, id},
};
use serde_json::{Value, json};
use store::AuditFilter;

const CARD: &str = "4242 4242 4242 4242";
const EMAIL: &str = "jane.roe@planted.example";

async fn ended(client: &Client, scan: &Value, app: &TestApp) -> Value {
    let path = format!("/v1/guards/scans/{}", scan["id"].as_str().unwrap());
    app.until("the end of the scan", async || {
        let scan = client.get(&path).await.json(StatusCode::OK);
        (scan["status"] != "running").then_some(scan)
    })
    .await
}

async fn write(app: &TestApp, subject: &str, body: &str) -> String {
    let form = json!({
        "subject": subject, "body": body, "contact": { "email": EMAIL, "name": "Mira Halloran" },
    });
    let opened = app.key(Role::Admin).post("/v1/tickets", &form).await.json(StatusCode::CREATED);
    let ticket = opened["ticket"]["id"].as_str().unwrap().to_owned();
    app.until("the run is over", async || {
        app.store.active_run(id(&json!(ticket))).await.unwrap().is_none().then_some(())
    })
    .await;
    ticket
}

#[tokio::test]
async fn what_a_person_redacts_is_gone_everywhere_and_the_audit_says_so() {
    let app = TestApp::start_working("").await;
    let ticket = write(&app, &format!("Refund {CARD}"), &format!("My card is {CARD}. Mira")).await;
    let other = write(&app, "Call me", &format!("Write to {EMAIL}")).await;
    write(&app, "Nothing here", "Where is my parcel?").await;
    let admin = app.user(Role::Admin).await;

    let scan = admin.post("/v1/guards/scans", &json!({})).await.json(StatusCode::CREATED);
    let scan = ended(&admin, &scan, &app).await;
    assert_eq!((&scan["status"], &scan["messages_read"]), (&json!("done"), &scan["messages"]), "{scan}");
    let found = admin.get("/v1/guards/suggestions?status=open").await.json(StatusCode::OK);
    let found = found["items"].as_array().unwrap().clone();
    let of = |ticket: &str| found.iter().find(|one| one["ticket_id"] == ticket).unwrap().clone();
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(of(&ticket)["kinds"], json!(["payment_card"]));
    assert_eq!(of(&ticket)["excerpt"], "My card is •••• 4242. M.");
    assert!(found.iter().all(|one| !one.to_string().contains("jane.roe") && !one.to_string().contains(CARD)));

    let decide = async |one: &Value, decision: &str| {
        let form = json!({ "ids": [one["id"]], "decision": decision });
        let done = admin.post("/v1/guards/suggestions/decisions", &form).await.json(StatusCode::OK);
        done["results"][0].clone()
    };
    assert_eq!(decide(&of(&other), "keep").await["done"], true);
    assert_eq!(decide(&of(&ticket), "redact").await["done"], true);
    let again = decide(&of(&ticket), "redact").await;
    assert_eq!((&again["done"], again["why"].is_string()), (&json!(false), true));

    let run = admin.get(&format!("/v1/runs?ticket_id={ticket}")).await.json(StatusCode::OK);
    let run = run["items"][0]["id"].as_str().unwrap().to_owned();
    for path in [
        format!("/v1/tickets/{ticket}"),
        format!("/v1/tickets/{ticket}/events"),
        format!("/v1/tickets/{ticket}/messages"),
        format!("/v1/runs/{run}"),
        "/v1/tickets".to_owned(),
        "/v1/knowledge/gaps".to_owned(),
        format!("/v1/tickets?q={}", CARD.replace(' ', "%20")),
    ] {
        let text = admin.get(&path).await.text();
        assert!(!text.contains("4242 4242"), "{path}: {text}");
    }
    let messages = admin.get(&format!("/v1/tickets/{ticket}/messages")).await.json(StatusCode::OK);
    let said = &messages["items"][0];
    assert_eq!(said["body"], "My card is [payment card redacted]. Mira");
    assert_eq!(said["redacted"]["kinds"], json!(["payment_card"]));
    assert_eq!(said["redacted"]["by"]["name"], "admin Person");
    assert_eq!(app.store.verify_tickets().await.unwrap(), []);
    let replayed = admin.get(&format!("/v1/runs/{run}/replay")).await.json(StatusCode::OK);
    assert_eq!((&replayed["ok"], &replayed["first_difference"]), (&json!(false), &Value::Null));
    assert!(replayed["redacted_at"].is_string(), "{replayed}");

    let did = async |action| {
        let filter = AuditFilter { action: Some(action), ..AuditFilter::default() };
        app.store.audit_entries(&filter, None, 10).await.unwrap()
    };
    assert_eq!(did(AuditAction::PersonalDataScanned).await.len(), 1);
    assert_eq!(did(AuditAction::PersonalDataKept).await.len(), 1);
    let redacted = did(AuditAction::PersonalDataRedacted).await.remove(0);
    assert_eq!(redacted.deed.subject, said["id"].as_str().unwrap());
    assert_eq!(redacted.deed.detail["kinds"], "payment_card");
    assert!(!redacted.deed.detail.to_string().contains("4242"));

    // What was kept is not suggested again, and what was redacted is not found.
    let scan = admin.post("/v1/guards/scans", &json!({})).await.json(StatusCode::CREATED);
    assert_eq!(ended(&admin, &scan, &app).await["found"], 0);
}

#[tokio::test]
async fn a_ticket_on_which_an_agent_works_is_left_alone() {
    let app = TestApp::start().await;
    let form = json!({ "subject": "x", "body": CARD, "contact": { "email": EMAIL } });
    app.key(Role::Admin).post("/v1/tickets", &form).await.json(StatusCode::CREATED);
    let admin = app.user(Role::Admin).await;
    let kinds = json!({ "kinds": ["payment_card"] });
    let scan = admin.post("/v1/guards/scans", &kinds).await.json(StatusCode::CREATED);
    assert_eq!(ended(&admin, &scan, &app).await["found"], 1);
    let found = admin.get("/v1/guards/suggestions").await.json(StatusCode::OK)["items"][0].clone();
    let form = json!({ "ids": [found["id"]], "decision": "redact" });
    let done = admin.post("/v1/guards/suggestions/decisions", &form).await.json(StatusCode::OK);
    assert!(done["results"][0]["why"].as_str().unwrap().contains("an agent works"), "{done}");
    let text = app.key(Role::Owner).get("/v1/tickets").await.text();
    assert!(text.contains('x'));
}

#[tokio::test]
async fn only_who_may_redact_looks_through_messages() {
    let app = TestApp::start().await;
    let scan = json!({});
    for client in [app.user(Role::Reviewer).await, app.key(Role::Owner)] {
        let problem = client.post("/v1/guards/scans", &scan).await.problem(StatusCode::FORBIDDEN);
        assert!(problem["detail"].is_string());
        client.get("/v1/guards/suggestions").await.problem(StatusCode::FORBIDDEN);
        client.get("/v1/guards/scans").await.problem(StatusCode::FORBIDDEN);
    }
    let admin = app.user(Role::Admin).await;
    let unknown = json!({ "kinds": ["shoe_size"] });
    let problem = admin.post("/v1/guards/scans", &unknown).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["detail"].as_str().unwrap().contains("payment_card"));
    let none = json!({ "ids": [], "decision": "keep" });
    let path = "/v1/guards/suggestions/decisions";
    admin.post(path, &none).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let unknown = format!("/v1/guards/scans/{}", app.user_id(Role::Owner));
    admin.get(&unknown).await.problem(StatusCode::NOT_FOUND);
    let strange = json!({ "ids": [app.user_id(Role::Owner).to_string()], "decision": "redact" });
    let done = admin.post(path, &strange).await.json(StatusCode::OK);
    assert_eq!(done["results"][0]["why"], "it does not exist");
}

#[tokio::test]
async fn a_scan_that_was_interrupted_goes_on_and_a_stopped_one_does_not() {
    let app = TestApp::start().await;
    let form = json!({ "subject": "x", "body": CARD, "contact": { "email": EMAIL } });
    app.key(Role::Admin).post("/v1/tickets", &form).await.json(StatusCode::CREATED);
    let begin = async |app: &App| {
        let kinds = scans::kinds_of(app, app_workspace(app).await, &[]).unwrap();
        scans::begin(app, app_workspace(app).await, kinds, Actor::System).await.unwrap()
    };
    // Begun by a process that ended before it read anything.
    let scan = begin(&app.app).await;
    scans::resume(app.app.clone()).await;
    let done = app.store.scan(scan.id).await.unwrap().unwrap();
    assert_eq!((done.status.as_str(), done.messages_read, done.found), ("done", 1, 1));

    let scan = begin(&app.app).await;
    let admin = app.user(Role::Admin).await;
    let path = format!("/v1/guards/scans/{}/stop", scan.id);
    assert_eq!(admin.post(&path, &json!({})).await.json(StatusCode::OK)["status"], "stopped");
    scans::resume(app.app.clone()).await;
    assert_eq!(app.store.scan(scan.id).await.unwrap().unwrap().messages_read, 0);
}

async fn app_workspace(app: &App) -> domain::WorkspaceId {
    app.store.workspaces().await.unwrap()[0].id
}
