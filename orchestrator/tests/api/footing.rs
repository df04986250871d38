//! What a proposed reply rests on: each sentence with the place that carries it, for those who see masks too.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::{
    app::TestApp,
    model_server::{ModelServer, Reply, Script},
};
use serde_json::{Value, json};

const RETURNS: &str = "---\ntitle: Returns and refunds\nvisibility: public\ncategory: orders\ntags: [returns]\n---\n\n\
    # Returns and refunds\n\nYou can return a tent within 30 days of delivery if it is unused. Refunds go to the \
    original payment method in 5-7 business days.\n";
const REPLY: &str = "Hello Mira Halloran. Refunds go to the original payment method in 5-7 business days. [1] Our \
    elephants polish every tent. You can return a tent within 90 days of delivery.";

fn script() -> Script {
    Script::new(move |request| {
        let found = request.last("tool").expect("a search");
        let words = "\"chunk_id\":\"";
        let at = found.find(words).expect("a passage") + words.len();
        Reply::Json(json!({
            "kind": "answer", "reply": REPLY, "citations": [&found[at..at + 36]], "confidence": 0.95,
            "resolved": false, "reason": "the article says so",
        }))
    })
}

async fn proposed() -> (TestApp, ModelServer, tempfile::NamedTempFile, String) {
    let server = ModelServer::start(script()).await.unwrap();
    let key = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(key.path(), "sk-test\n").unwrap();
    // Without rules everything waits for a person.
    let policy = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(policy.path(), "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 60\n").unwrap();
    let app = TestApp::start_working(&format!(
        "[models]\noffline_fallback = false\n[[models.providers]]\nname = \"scripted\"\nbase_url = \"{}\"\nfast = \
         \"small\"\nstrong = \"large\"\nmax_retries = 0\napi_key_file = \"{}\"\n[agents.resolution]\ntools = \
         [\"search_knowledge\", \"reply_to_customer\", \"escalate\"]\nthresholds = {{ auto = 0.99, floor = 0.0 }}\n\
         max_model_calls = 4\nmax_output_tokens = 1000\n[policy]\nfile = \"{}\"\n",
        server.url(),
        key.path().display(),
        policy.path().display(),
    ))
    .await;
    let form = json!({"slug": "returns", "markdown": RETURNS});
    app.key(Role::Admin).post("/v1/knowledge/documents", &form).await.json(StatusCode::OK);
    let form = json!({
        "subject": "Refund", "body": "How are refunds paid when I return a tent?",
        "contact": {"email": "mira@example.com", "name": "Mira Halloran"},
    });
    app.key(Role::Agent).post("/v1/tickets", &form).await.json(StatusCode::CREATED);
    let id = app
        .until("a proposal", async || {
            let queue =
                app.key(Role::Reviewer).get("/v1/approvals?status=pending").await.json(StatusCode::OK);
            let waits = queue["items"].as_array().unwrap().iter();
            let mut waits =
                waits.filter(|item| item["approval"]["binding"]["call"]["tool"] == "reply_to_customer");
            waits.next().map(|item| item["approval"]["id"].as_str().unwrap().to_owned())
        })
        .await;
    (app, server, key, id)
}

fn sentences(view: &Value) -> Vec<(String, String)> {
    let body: Vec<char> = view["approval"]["preview"]["body"].as_str().unwrap().chars().collect();
    let of = |sentence: &Value| {
        let place = |name: &str| sentence[name].as_u64().unwrap() as usize;
        let text = body[place("start")..place("end")].iter().collect();
        (text, sentence["stands"].as_str().unwrap().to_owned())
    };
    view["footing"]["sentences"].as_array().unwrap().iter().map(of).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_sentence_of_a_reply_names_the_place_that_carries_it() {
    let (app, _server, _key, id) = proposed().await;
    let path = format!("/v1/approvals/{id}");
    let view = app.user(Role::Reviewer).await.get(&path).await.json(StatusCode::OK);
    let told = sentences(&view);
    let stands: Vec<(&str, &str)> =
        told.iter().map(|(text, stands)| (text.split(' ').next().unwrap(), stands.as_str())).collect();
    assert_eq!(
        stands,
        [("Hello", "claims_nothing"), ("Refunds", "carried"), ("Our", "uncarried"), ("You", "stray")],
        "{told:?}"
    );
    let footing = &view["footing"];
    let source = &footing["sources"][0];
    assert_eq!((&source["kind"], &source["number"]), (&json!("passage"), &json!(1)));
    assert_eq!(source["document_id"], view["approval"]["evidence"][0]["document_id"]);
    let at = &footing["sentences"][1]["at"];
    let piece = &source["pieces"][at["piece"].as_u64().unwrap() as usize];
    assert_eq!(at["source"], 0);
    assert_eq!(piece["text"], "Refunds go to the original payment method in 5-7 business days.");
    assert_eq!(piece["sentences"], json!([1]));
    assert_eq!(footing["sentences"][2]["at"], Value::Null, "nothing carries it, so there is nothing to show");
    // The place is bytes of the version that is named.
    let document = format!(
        "/v1/knowledge/documents/{}/versions/{}",
        source["document_id"].as_str().unwrap(),
        source["document_version"]
    );
    let document = app.key(Role::Viewer).get(&document).await.json(StatusCode::OK);
    let place = |name: &str| piece["span"][name].as_u64().unwrap() as usize;
    assert_eq!(&document["body"].as_str().unwrap()[place("start")..place("end")], piece["text"]);
    let whole: String =
        source["pieces"].as_array().unwrap().iter().map(|piece| piece["text"].as_str().unwrap()).collect();
    assert!(whole.contains("within 30 days"), "{whole}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_sees_masks_sees_the_same_sentences() {
    let (app, _server, _key, id) = proposed().await;
    let path = format!("/v1/approvals/{id}");
    let whole = app.user(Role::Reviewer).await.get(&path).await.json(StatusCode::OK);
    let masked = app.key(Role::Viewer).get(&path).await.json(StatusCode::OK);
    assert_ne!(whole["approval"]["preview"]["body"], masked["approval"]["preview"]["body"]);
    let (whole, masked) = (sentences(&whole), sentences(&masked));
    assert_eq!(whole.len(), masked.len());
    assert_eq!(whole[1..], masked[1..]);
    assert!(masked[0].0.starts_with("Hello M") && masked[0].0.ends_with('.'), "{masked:?}");
}

#[tokio::test]
async fn a_text_that_no_agent_holds_against_anything_says_nothing_of_it() {
    let app = TestApp::start().await;
    let approval = app.propose(&app.open_ticket("A torn tent").await).await;
    let path = format!("/v1/approvals/{}", approval["id"].as_str().unwrap());
    let view = app.key(Role::Reviewer).get(&path).await.json(StatusCode::OK);
    assert_eq!(view["footing"], Value::Null);
}
