//! What is spent is told, and what cannot be paid is refused before anybody is asked.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::{
    app::TestApp,
    model_server::{CapturedRequest, ModelServer, Reply, Script},
};
use serde_json::{Value, json};

const RETURNS: &str = "---\ntitle: Returns and refunds\nvisibility: public\ncategory: orders\ntags: [returns]\n---\n\n\
    # Returns and refunds\n\nYou can return a tent within 30 days of delivery if it is unused. Refunds go to the \
    original payment method in 5-7 business days.\n";

fn answers(request: &CapturedRequest) -> Reply {
    let system = request.last("system").unwrap();
    let at = system.find("<passage id=\"").unwrap() + "<passage id=\"".len();
    let sentence = json!({
        "text": "Refunds go to the original payment method in 5-7 business days.",
        "citations": [system[at..at + 36]],
    });
    Reply::Json(json!({ "sentences": [sentence], "missing": "" }))
}

/// A service whose model has a price, with these budgets.
async fn desk(credits: &str) -> (TestApp, ModelServer, tempfile::NamedTempFile) {
    let server = ModelServer::start(Script::new(answers)).await.unwrap();
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), "sk-test\n").unwrap();
    let settings = format!(
        "[models]\noffline_fallback = false\n[[models.providers]]\nname = \"scripted\"\nbase_url = \"{}\"\nfast = \
         \"small\"\nstrong = \"large\"\nmax_retries = 0\napi_key_file = \"{}\"\n\
         prices = {{ input_per_million = 100, output_per_million = 400 }}\n[credits]\n{credits}\n",
        server.url(),
        key.path().display()
    );
    let app = TestApp::start_with(&settings).await;
    let form = json!({ "slug": "returns", "markdown": RETURNS });
    app.key(Role::Admin).post("/v1/knowledge/documents", &form).await.json(StatusCode::OK);
    (app, server, key)
}

fn question() -> Value {
    json!({ "question": "How are refunds paid when I return a tent?" })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_outside_of_tickets_is_paid_and_shown_in_the_ledger() {
    let (app, server, _key) = desk("agents = { answering = { day = 10 } }").await;
    let viewer = app.key(Role::Viewer);
    let answered = viewer.post("/v1/knowledge/answer", &question()).await.json(StatusCode::OK);
    assert_eq!(answered["outcome"], "answered", "{answered}");
    let entries = viewer.get("/v1/credits/entries").await.json(StatusCode::OK);
    let kinds: Vec<&str> =
        entries["items"].as_array().unwrap().iter().map(|entry| entry["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["release", "settle", "reserve"]);
    let spent = entries["items"][1]["micros"].as_i64().unwrap();
    assert!(spent > 0);
    let shown = viewer.get("/v1/credits").await.json(StatusCode::OK);
    let of = |name: &str| {
        let items = shown["items"].as_array().unwrap();
        let is = |item: &&Value| {
            item["scope"]["name"] == *name && item["window"] == "day" && item["unit"] == "credits"
        };
        items.iter().find(is).unwrap_or_else(|| panic!("{name}: {shown:#}")).clone()
    };
    let answering = of("answering");
    assert_eq!((&answering["used"], &answering["reserved"]), (&json!(spent), &json!(0)));
    assert_eq!((&answering["most"], &answering["standing"]), (&json!(10_000_000), &json!("fine")));
    assert_eq!(app.store.verify_credits().await.unwrap().differences, Vec::<String>::new());
    assert_eq!(server.count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_does_not_fit_the_budget_is_refused_and_no_model_is_asked() {
    let (app, server, _key) = desk("workspace = { month = 0.001 }").await;
    let reply = app.key(Role::Viewer).post("/v1/knowledge/answer", &question()).await;
    let problem = reply.json(StatusCode::TOO_MANY_REQUESTS);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("the workspace may spend 0.001 credits a month"), "{detail}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn limits_of_agents_are_shown_before_anything_was_counted() {
    let app =
        TestApp::start_with("[agents.resolution.limits]\nruns_a_minute = 10\nemails_a_day = 100\n").await;
    let shown = app.key(Role::Viewer).get("/v1/credits").await.json(StatusCode::OK);
    let lines: Vec<String> = shown["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["scope"]["name"] == "resolution")
        .map(|item| format!("{} {} {} {}", item["scope"]["name"], item["unit"], item["window"], item["most"]))
        .collect();
    assert_eq!(lines, [r#""resolution" "runs" "minute" 10"#, r#""resolution" "emails" "day" 100"#]);
}
