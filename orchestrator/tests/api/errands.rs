//! What a colleague wants done through the copilot is put before a person and done when they approve, and whoever
//! writes meanwhile is answered.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::{Client, TestApp};
use serde_json::{Value, json};

use crate::copilot::{answered, said};

/// A policy that would let everything run.
fn trusting() -> (tempfile::NamedTempFile, String) {
    let policy = tempfile::NamedTempFile::new().unwrap();
    let text = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 60\nnot_requester = true\n\
                [[rule]]\nname = \"all\"\nthen = \"run\"\nwhy = \"trusted\"\n";
    std::fs::write(policy.path(), text).unwrap();
    let settings = format!("[policy]\nfile = \"{}\"\n", policy.path().display());
    (policy, settings)
}

/// A ticket that nobody works on any more.
async fn quiet(app: &TestApp) -> Value {
    let form = json!({ "subject": "A stuck zipper", "body": "I want to talk to a person about my zipper.",
        "contact": { "email": "jo@customer.example", "name": "Jo" } });
    let opened = app.key(Role::Admin).post("/v1/tickets", &form).await.json(StatusCode::CREATED);
    let id = opened["ticket"]["id"].clone();
    app.until("the end of the first run", async || {
        let runs = app.key(Role::Admin).get("/v1/runs?limit=50").await.json(StatusCode::OK);
        let mine: Vec<Value> =
            runs["items"].as_array().unwrap().iter().filter(|run| run["ticket_id"] == id).cloned().collect();
        (!mine.is_empty() && mine.iter().all(|run| run["status"] == "done")).then_some(())
    })
    .await;
    opened["ticket"].clone()
}

/// What waits for a decision, once something does.
async fn waiting(app: &TestApp, client: &Client) -> Value {
    app.until("an approval", async || {
        let list = client.get("/v1/approvals?status=pending").await.json(StatusCode::OK);
        list["items"].as_array().unwrap().first().map(|item| item["approval"].clone())
    })
    .await
}

async fn decide(client: &Client, approval: &Value, decision: Value) -> (StatusCode, String) {
    let path = format!("/v1/approvals/{}/decisions", approval["id"].as_str().unwrap());
    let body = json!({ "digest": approval["digest"], "decision": decision, "undo": false });
    let answer = client.post(&path, &body).await;
    (answer.status, answer.text())
}

async fn messages(client: &Client, ticket: &Value) -> Vec<Value> {
    let path = format!("/v1/tickets/{}/messages", ticket["id"].as_str().unwrap());
    let messages = client.get(&path).await.json(StatusCode::OK);
    messages["items"].as_array().unwrap().clone()
}

fn holds(messages: &[Value], body: &str) -> usize {
    messages.iter().filter(|message| message["body"] == body).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_for_waits_for_somebody_else_and_is_done_once() {
    let (_policy, settings) = trusting();
    let app = TestApp::start_working(&settings).await;
    let ticket = quiet(&app).await;
    let (asker, other) = (app.user(Role::Reviewer).await, app.user(Role::Admin).await);
    let question = format!("Add a note to #{}: call back at five", ticket["number"]);
    let turn = answered(&app, &asker, &question).await;
    assert!(said(&turn).contains("Nothing is done until it is approved"), "{turn}");
    let kinds: Vec<&Value> =
        turn["answer"]["sources"].as_array().unwrap().iter().map(|s| &s["kind"]).collect();
    assert_eq!(kinds, [&json!("run")], "it links to what was proposed");

    let approval = waiting(&app, &asker).await;
    assert_eq!((&approval["agent"], &approval["ticket_id"]), (&json!("errand"), &ticket["id"]));
    assert_eq!(approval["binding"]["call"]["args"], json!({ "body": "call back at five" }));
    let why = approval["why"].as_str().unwrap();
    assert!(why.contains(&question), "their words are shown: {why}");
    assert_eq!(holds(&messages(&app.key(Role::Admin), &ticket).await, "call back at five"), 0);

    // Who asks is not who decides, where the policy says so.
    let (status, why) = decide(&asker, &approval, json!({ "type": "approve" })).await;
    assert_eq!(status, StatusCode::CONFLICT, "{why}");
    let (status, why) = decide(&other, &approval, json!({ "type": "approve" })).await;
    assert!(status.is_success(), "{why}");
    app.until("the note", async || {
        (holds(&messages(&app.key(Role::Admin), &ticket).await, "call back at five") == 1).then_some(())
    })
    .await;
    let run = format!("/v1/runs/{}", approval["run_id"].as_str().unwrap());
    app.until("the end of the errand", async || {
        let run = asker.get(&run).await.json(StatusCode::OK);
        (run["run"]["status"] == "done").then_some(())
    })
    .await;
    let replayed = asker.get(&format!("{run}/replay")).await.json(StatusCode::OK);
    assert_eq!(replayed["ok"], true, "{replayed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_customer_who_writes_meanwhile_is_answered_and_the_errand_falls() {
    let app = TestApp::start_working("").await;
    let ticket = quiet(&app).await;
    let reviewer = app.user(Role::Reviewer).await;
    answered(&app, &reviewer, &format!("Reply to #{}: We are on it.", ticket["number"])).await;
    let approval = waiting(&app, &reviewer).await;

    let path = format!("/v1/tickets/{}/messages", ticket["id"].as_str().unwrap());
    let form = json!({ "body": "It fixed itself, thank you!", "from": "customer" });
    app.key(Role::Admin).post(&path, &form).await.json(StatusCode::CREATED);
    app.until("the errand to fall", async || {
        let path = format!("/v1/approvals/{}", approval["id"].as_str().unwrap());
        let shown = reviewer.get(&path).await.json(StatusCode::OK);
        (shown["approval"]["status"] == "superseded").then_some(())
    })
    .await;
    app.until("an agent that reads what the customer wrote", async || {
        let runs = reviewer.get("/v1/runs?limit=50").await.json(StatusCode::OK);
        let runs = runs["items"].as_array().unwrap().clone();
        let of_ticket = runs.iter().filter(|run| run["ticket_id"] == ticket["id"]);
        let answering: Vec<&Value> = of_ticket.filter(|run| run["agent"] == "resolution").collect();
        (answering.len() == 2 && answering.iter().all(|run| run["status"] == "done")).then_some(())
    })
    .await;
    assert_eq!(holds(&messages(&reviewer, &ticket).await, "We are on it."), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_has_proposed_what_they_might_not_do_and_masks_are_no_values() {
    let app = TestApp::start_working("").await;
    let ticket = quiet(&app).await;
    let number = &ticket["number"];
    let viewer = app.user(Role::Viewer).await;
    let turn = answered(&app, &viewer, &format!("Add a note to #{number}: hello")).await;
    assert!(said(&turn).contains("takes the permission edit_tickets"), "{turn}");
    let reviewer = app.user(Role::Reviewer).await;
    for (question, told) in [
        (format!("Add a note to #{number}: write to j•••@e•••.example"), "hold a mask"),
        ("Add a note to #999: hello".to_owned(), "there is no such ticket"),
        (format!("Refund #{number}"), "only propose what you say word for word"),
        ("Close it".to_owned(), "Say in which ticket"),
    ] {
        let turn = answered(&app, &reviewer, &question).await;
        assert!(said(&turn).contains(told), "{question}: {}", said(&turn));
    }
    let list = reviewer.get("/v1/approvals?status=pending").await.json(StatusCode::OK);
    assert_eq!(list["items"], json!([]), "nothing was proposed");

    // While one is on its way, the next is told to wait.
    answered(&app, &reviewer, &format!("Tag #{number} with late")).await;
    waiting(&app, &reviewer).await;
    let turn = answered(&app, &reviewer, &format!("Close #{number}")).await;
    assert!(said(&turn).contains("waits for a decision on add_tags"), "{turn}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asked_may_remove_the_conversation_and_the_errand_goes_on() {
    let app = TestApp::start_working("").await;
    let ticket = quiet(&app).await;
    let reviewer = app.user(Role::Reviewer).await;
    let turn = answered(&app, &reviewer, &format!("Tag #{} with late", ticket["number"])).await;
    let approval = waiting(&app, &reviewer).await;
    let thread = format!("/v1/copilot/threads/{}", turn["thread_id"].as_str().unwrap());
    assert_eq!(reviewer.delete(&thread).await.status, StatusCode::NO_CONTENT);
    reviewer.get(&thread).await.problem(StatusCode::NOT_FOUND);

    let errand = format!("/v1/runs/{}", approval["run_id"].as_str().unwrap());
    let errand = reviewer.get(&errand).await.json(StatusCode::OK);
    assert_eq!((&errand["run"]["agent"], &errand["run"]["ticket_id"]), (&json!("errand"), &ticket["id"]));
    assert_eq!(waiting(&app, &reviewer).await["id"], approval["id"], "it waits for a person still");
}
