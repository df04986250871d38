//! Resolved tickets and gaps become articles that a person lets in.

use axum::http::StatusCode;
use domain::{gap::GapCause, user::Role};
use orchestrator::{
    gaps::{Unanswered, record},
    testing::{
        app::{TestApp, id},
        model_server::{ModelServer, Reply, Script},
    },
};
use serde_json::{Value, json};

const QUESTION: &str = "Hello, how do I wash my down jacket? My order was NF-10482.";
const ANSWER: &str = "Hi Mira,\n\nWash the jacket at 30 \u{b0}C with a liquid soap for down. Dry it at low heat with two tennis \
    balls until the down is loose again.\n\nI have put the soap into your order NF-10482.\n\nKind regards\nMara";

/// A ticket that a person has answered and resolved; its first run is over.
async fn resolved(app: &TestApp) -> String {
    let form = json!({
        "subject": "Washing a down jacket", "body": QUESTION,
        "contact": {"email": "mira@example.com", "name": "Mira Halloran"},
    });
    let agent = app.user(Role::Agent).await;
    let opened = agent.post("/v1/tickets", &form).await.json(StatusCode::CREATED);
    let ticket = opened["ticket"]["id"].as_str().unwrap().to_owned();
    app.until("the end of the first run", async || {
        app.store.active_run(id(&opened["ticket"]["id"])).await.unwrap().is_none().then_some(())
    })
    .await;
    let reply = json!({"body": ANSWER});
    agent.post(&format!("/v1/tickets/{ticket}/messages"), &reply).await.json(StatusCode::CREATED);
    agent.patch(&format!("/v1/tickets/{ticket}"), &json!({"status": "resolved"})).await.json(StatusCode::OK);
    ticket
}

async fn article(app: &TestApp, ticket: &str) -> Value {
    app.key(Role::Viewer).get(&format!("/v1/tickets/{ticket}/article")).await.json(StatusCode::OK)
}

async fn begin(app: &TestApp, ticket: &str) {
    let path = format!("/v1/tickets/{ticket}/article");
    app.key(Role::Agent).post(&path, &json!({})).await.json(StatusCode::CREATED);
}

/// The draft that waits for a person.
async fn drafted(app: &TestApp, ticket: &str) -> Value {
    let approval = app
        .until("a draft", async || {
            let article = article(app, ticket).await;
            assert_ne!(article["run"]["status"], "done", "{article}");
            article["approval_id"].as_str().map(str::to_owned)
        })
        .await;
    app.key(Role::Reviewer).get(&format!("/v1/approvals/{approval}")).await.json(StatusCode::OK)
}

/// The end of the run, with what became of it.
async fn ended(app: &TestApp, ticket: &str) -> Value {
    app.until("the end of the article's run", async || {
        let article = article(app, ticket).await;
        (article["run"]["status"] == "done").then_some(article)
    })
    .await
}

async fn decide(app: &TestApp, draft: &Value, decision: Value) {
    let path = format!("/v1/approvals/{}/decisions", draft["approval"]["id"].as_str().unwrap());
    let form = json!({"digest": draft["approval"]["digest"], "decision": decision});
    app.user(Role::Reviewer).await.post(&path, &form).await.json(StatusCode::OK);
}

async fn found(app: &TestApp, audience: &str) -> usize {
    let path = format!("/v1/knowledge/search?q=wash%20down%20jacket%20tennis%20balls{audience}");
    let found = app.key(Role::Viewer).get(&path).await.json(StatusCode::OK);
    found["items"].as_array().unwrap().len()
}

/// The service beside a model that is scripted.
async fn scripted(script: Script) -> (TestApp, ModelServer, tempfile::NamedTempFile) {
    let server = ModelServer::start(script).await.unwrap();
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), "sk-test\n").unwrap();
    let settings = format!(
        "[models]\noffline_fallback = false\n[[models.providers]]\nname = \"scripted\"\nbase_url = \"{}\"\n\
         fast = \"small\"\nstrong = \"large\"\nmax_retries = 0\napi_key_file = \"{}\"\n",
        server.url(),
        key.path().display()
    );
    (TestApp::start_working(&settings).await, server, key)
}

/// How often a draft was asked for.
fn asked_for(server: &ModelServer) -> usize {
    server.requests().iter().filter(|request| request.output() == Some("article_draft")).count()
}

/// Hands every ticket over, and gives these drafts one after the other.
fn drafts(replies: Vec<Reply>) -> Script {
    let given = std::sync::Mutex::new(std::collections::VecDeque::from(replies));
    Script::new(move |request| match request.output() {
        Some("article_draft") => given.lock().unwrap().pop_front().unwrap_or(Reply::EmptyChoices),
        _ => Reply::Json(json!({
            "kind": "handoff", "reply": "", "citations": [], "confidence": 0.5, "resolved": false, "reason": "a test",
        })),
    })
}

fn draft(title: &str, body: &str) -> Value {
    json!({
        "title": title, "category": "care", "tags": ["down"], "body": body,
        "questions": ["How do I wash a down jacket?"], "language": "en", "reason": "",
    })
}

const GOOD: &str = "Wash the jacket at 30 \u{b0}C with a liquid soap for down.";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resolved_ticket_becomes_an_article_that_a_person_lets_in() {
    let app = TestApp::start_working("").await;
    let ticket = resolved(&app).await;
    let mut watched = app.key(Role::Viewer).stream("/v1/stream").await;
    begin(&app, &ticket).await;
    let waiting = drafted(&app, &ticket).await;
    // No event of the ticket tells of it: the draft is about the ticket and does not hold it.
    let told = watched.next().await.unwrap();
    assert_eq!((told.name.as_str(), told.id), ("approval", None), "{}", told.data);
    assert_eq!(told.data["approval_id"], waiting["approval"]["id"]);
    assert_eq!(told.data["status"], "pending");
    let args = &waiting["approval"]["binding"]["call"]["args"];
    assert_eq!(
        (&args["visibility"], &args["title"], &args["slug"]),
        (&json!("internal"), &json!("Washing a down jacket"), &json!("washing-a-down-jacket"))
    );
    let body = args["body"].as_str().unwrap();
    assert!(body.contains("tennis balls") && body.contains("how do I wash my down jacket?"), "{body}");
    for theirs in ["Mira", "Halloran", "10482", "Mara", "Agent Person"] {
        assert!(!waiting["approval"]["binding"].to_string().contains(theirs), "{theirs} in {body}");
    }
    assert_eq!(waiting["ticket"]["id"], json!(ticket), "a reviewer sees what it is made of");
    assert!(waiting["messages"].as_array().unwrap().iter().any(|message| message["body"] == ANSWER));
    assert!(!body.contains("colleague"), "what was said at a handoff is no answer: {body}");
    assert_eq!(waiting["approval"]["preview"]["body"], args["body"]);
    assert_eq!(waiting["ticket"]["status"], "resolved", "the ticket is as it was");
    assert!(app.store.active_run(id(&json!(ticket))).await.unwrap().is_none(), "it holds no ticket");
    let again = app.key(Role::Agent).post(&format!("/v1/tickets/{ticket}/article"), &json!({})).await;
    let refused = again.problem(StatusCode::CONFLICT);
    let named = waiting["approval"]["id"].as_str().unwrap();
    assert!(refused["detail"].as_str().unwrap().contains(named), "{refused}");
    assert_eq!(found(&app, "&internal=true").await, 0, "nothing is added before");

    decide(&app, &waiting, json!({"type": "approve"})).await;
    let done = ended(&app, &ticket).await;
    assert_eq!(done["run"]["outcome"]["type"], "done", "{done}");
    let document = done["document_id"].as_str().unwrap();
    let path = format!("/v1/knowledge/documents/{document}");
    let stored = app.key(Role::Viewer).get(&path).await.json(StatusCode::OK);
    assert_eq!(stored["document"]["slug"], "washing-a-down-jacket");
    assert_eq!(stored["document"]["visibility"], "internal");
    assert_eq!(stored["made_of"]["ticket_id"], json!(ticket), "{stored}");
    assert_eq!(stored["made_of"]["run_id"], done["run"]["id"]);
    assert_eq!(found(&app, "&internal=true").await, 1, "found at once");
    assert_eq!(found(&app, "").await, 0, "by staff alone");
    let run = done["run"]["id"].as_str().unwrap();
    let replayed = app.key(Role::Viewer).get(&format!("/v1/runs/{run}/replay")).await.json(StatusCode::OK);
    assert_eq!(replayed["ok"], true, "{replayed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_may_change_the_article_and_let_customers_find_it() {
    let app = TestApp::start_working("").await;
    // A document of that name is there already, and stays as it is.
    let taken = json!({"slug": "down-care", "markdown": "# Down care\n\nAsk in the shop."});
    app.key(Role::Admin).post("/v1/knowledge/documents", &taken).await.json(StatusCode::OK);
    let ticket = resolved(&app).await;
    begin(&app, &ticket).await;
    let waiting = drafted(&app, &ticket).await;
    let mut args = waiting["approval"]["binding"]["call"]["args"].clone();
    args["slug"] = json!("down-care");
    args["title"] = json!("Down care");
    args["visibility"] = json!("public");
    decide(&app, &waiting, json!({"type": "edit", "args": args})).await;
    let done = ended(&app, &ticket).await;
    let path = format!("/v1/knowledge/documents/{}", done["document_id"].as_str().unwrap());
    let stored = app.key(Role::Viewer).get(&path).await.json(StatusCode::OK);
    assert_eq!(stored["document"]["slug"], "down-care-2");
    assert_eq!(
        (&stored["document"]["title"], &stored["document"]["visibility"]),
        (&json!("Down care"), &json!("public"))
    );
    assert_eq!(found(&app, "").await, 1);
    assert!(
        app.reproduced().await.contains("article"),
        "the journal of an edited article reproduces its run"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_draft_leaves_nothing_and_another_may_be_begun() {
    let app = TestApp::start_working("").await;
    let ticket = resolved(&app).await;
    begin(&app, &ticket).await;
    let waiting = drafted(&app, &ticket).await;
    decide(&app, &waiting, json!({"type": "reject", "reason": "there is one already"})).await;
    let done = ended(&app, &ticket).await;
    assert_eq!(done["run"]["outcome"]["type"], "nothing");
    assert!(done["run"]["outcome"]["reason"].as_str().unwrap().contains("there is one already"), "{done}");
    assert_eq!((&done["document_id"], found(&app, "&internal=true").await), (&Value::Null, 0));
    begin(&app, &ticket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_that_names_the_customer_goes_back_once_and_is_given_up_after_that() {
    let leaky =
        draft("Washing down", "Mira Halloran washes order NF 10482 at 30 \u{b0}C; ask mira@example.com.");
    let replies = vec![
        Reply::Json(leaky.clone()),
        Reply::Json(draft("Washing a down jacket", GOOD)),
        Reply::Json(leaky.clone()),
        Reply::Json(leaky),
    ];
    let (app, server, _key) = scripted(drafts(replies)).await;
    let ticket = resolved(&app).await;
    begin(&app, &ticket).await;
    let waiting = drafted(&app, &ticket).await;
    let call = waiting["approval"]["binding"]["call"].to_string();
    assert!(call.contains("30") && !call.contains("Mira") && !call.contains("10482"), "{call}");
    let requests = server.requests();
    let asked_again = requests.last().unwrap().last("user").unwrap();
    // A provider sees no address, its own words included.
    assert!(asked_again.contains("<EMAIL_1>") && asked_again.contains("a name"), "{asked_again}");
    let shown = requests.last().unwrap().messages()[1]["content"].as_str().unwrap().to_owned();
    assert!(shown.contains("<message n=1 from=\"customer\">"), "{shown}");
    decide(&app, &waiting, json!({"type": "reject", "reason": "no"})).await;
    ended(&app, &ticket).await;

    begin(&app, &ticket).await;
    let given_up = ended(&app, &ticket).await;
    let reason = given_up["run"]["outcome"]["reason"].as_str().unwrap();
    assert!(reason.contains("a name") && !reason.contains("Mira"), "{reason}");
    assert_eq!(asked_for(&server), 4);
    server.assert_clean();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_model_that_talks_nonsense_twice_makes_no_article() {
    let nonsense = [Reply::text("Sure! Here it is."), Reply::Json(json!({"headline": "x"}))];
    let (app, server, _key) = scripted(drafts(nonsense.iter().cycle().take(20).cloned().collect())).await;
    let ticket = resolved(&app).await;
    begin(&app, &ticket).await;
    let done = ended(&app, &ticket).await;
    assert_eq!(done["run"]["outcome"]["type"], "nothing");
    assert!(done["run"]["outcome"]["reason"].as_str().unwrap().contains("could not be used"), "{done}");
    assert_eq!(done["approval_id"], Value::Null);
    // Each of the two replies was put right once on its way.
    assert!(asked_for(&server) <= 4, "{}", asked_for(&server));
    let run = done["run"]["id"].as_str().unwrap();
    let view = app.key(Role::Viewer).get(&format!("/v1/runs/{run}")).await.json(StatusCode::OK);
    let steps = view["steps"].as_array().unwrap();
    assert_eq!(steps.iter().filter(|step| step["body"]["type"] == "unusable").count(), 2, "{steps:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_house_did_not_say_is_shown_to_the_reviewer() {
    let invented = draft("Washing a down jacket", "Wash the jacket at 30 \u{b0}C. It takes 95 minutes.");
    let (app, _server, _key) = scripted(drafts(vec![Reply::Json(invented)])).await;
    let ticket = resolved(&app).await;
    begin(&app, &ticket).await;
    let waiting = drafted(&app, &ticket).await;
    assert_eq!(waiting["approval"]["confidence"]["stops"], json!(["95 minutes"]), "{waiting}");
}

#[tokio::test]
async fn what_is_not_resolved_is_refused_and_two_who_begin_begin_one() {
    let app = TestApp::start().await;
    let opened = app.open_ticket("Washing a down jacket").await;
    let ticket = opened["ticket"]["id"].as_str().unwrap();
    let path = format!("/v1/tickets/{ticket}/article");
    let agent = app.key(Role::Agent);
    let refused = agent.post(&path, &json!({})).await.problem(StatusCode::CONFLICT);
    assert!(refused["detail"].as_str().unwrap().contains("resolve or close it first"), "{refused}");
    app.key(Role::Viewer).post(&path, &json!({})).await.problem(StatusCode::FORBIDDEN);
    let unknown = "/v1/tickets/019ab0f4-7c4e-7000-8000-000000000001/article";
    agent.post(unknown, &json!({})).await.problem(StatusCode::NOT_FOUND);
    app.key(Role::Viewer).get(unknown).await.problem(StatusCode::NOT_FOUND);
    assert_eq!(article(&app, ticket).await["run"], Value::Null);

    agent.patch(&format!("/v1/tickets/{ticket}"), &json!({"status": "closed"})).await.json(StatusCode::OK);
    let form = json!({});
    let (one, other) = tokio::join!(agent.post(&path, &form), agent.post(&path, &form));
    assert!(one.status.is_success() && other.status.is_success(), "{} {}", one.text(), other.text());
    let run = |reply: &orchestrator::testing::app::Reply| {
        let begun: Value = serde_json::from_slice(&reply.body).unwrap();
        begun["run"]["id"].clone()
    };
    assert_eq!(run(&one), run(&other));
    let third = agent.post(&path, &form).await.json(StatusCode::OK);
    assert_eq!(third["run"]["id"], run(&one));
    let begun = app.key(Role::Viewer).get(&format!("/v1/runs?about={ticket}")).await.json(StatusCode::OK);
    assert_eq!(begun["items"].as_array().unwrap().len(), 1, "{begun}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gap_gets_the_article_of_a_ticket_that_asked_for_it() {
    let app = TestApp::start_working("").await;
    let ticket = resolved(&app).await;
    let ask = |question: &str, ticket: Option<&str>| Unanswered {
        question: question.to_owned(),
        cause: GapCause::HandedOff,
        missing: vec!["down".to_owned()],
        ticket_id: ticket.map(|ticket| id(&json!(ticket))),
        run_id: None,
    };
    let (clock, ids) = (&*app.app.clock, &*app.app.ids);
    let question = "Can I wash a down jacket in the washing machine?";
    let gap = record(&app.store, &app.app.protections, clock, ids, ask(question, Some(&ticket)))
        .await
        .unwrap()
        .unwrap();
    let other =
        record(&app.store, &app.app.protections, clock, ids, ask("Do you sell kites for children?", None))
            .await
            .unwrap()
            .unwrap();
    let agent = app.key(Role::Agent);
    let none = agent.post(&format!("/v1/knowledge/gaps/{other}/article"), &json!({})).await;
    let refused = none.problem(StatusCode::CONFLICT);
    assert!(refused["detail"].as_str().unwrap().contains("resolve one"), "{refused}");
    agent
        .post(&format!("/v1/knowledge/gaps/{}/article", uuid::Uuid::nil()), &json!({}))
        .await
        .problem(StatusCode::NOT_FOUND);

    let listed = agent.get("/v1/knowledge/gaps").await.json(StatusCode::OK);
    let answered = |gap| {
        let found = listed["items"].as_array().unwrap().iter().find(|item| item["gap"]["id"] == json!(gap));
        found.unwrap()["answered_in"].clone()
    };
    assert_eq!((answered(gap), answered(other)), (json!(ticket), Value::Null));

    let path = format!("/v1/knowledge/gaps/{gap}/article");
    agent.post(&path, &json!({})).await.json(StatusCode::CREATED);
    let waiting = drafted(&app, &ticket).await;
    let body = waiting["approval"]["binding"]["call"]["args"]["body"].as_str().unwrap().to_owned();
    assert!(body.contains(question), "the gap's own question is among those it answers: {body}");
    assert_eq!(app.store.gap(gap).await.unwrap().unwrap().document_slug, None);
    decide(&app, &waiting, json!({"type": "approve"})).await;
    ended(&app, &ticket).await;
    let closed = app.store.gap(gap).await.unwrap().unwrap();
    assert_eq!(closed.status.as_str(), "drafted");
    assert_eq!(closed.document_slug.as_deref(), Some("washing-a-down-jacket"));
}
