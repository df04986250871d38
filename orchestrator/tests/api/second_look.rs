//! A second look raises what was put in other words, lowers what a source denies, and lets no invented
//! value out.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::{
    app::{TestApp, id},
    model_server::{ModelServer, Reply, Script},
};
use serde_json::{Value, json};

const RETURNS: &str = "---\ntitle: Returns and refunds\nvisibility: public\ncategory: orders\ntags: [returns]\n---\n\n\
    # Returns and refunds\n\nYou can return a tent within 30 days of delivery if it is unused. Refunds go to the \
    original payment method in 5-7 business days.\n";
const QUESTION: &str = "How are refunds paid when I return a tent?";
/// The same as the article in words that share nothing with it.
const PARAPHRASE: &str = "Your money takes the same route back that it came.";
const QUOTE: &str = "Refunds go to the original payment method";

fn verdict(verdict: &str, quote: &str) -> Reply {
    let source = usize::from(!quote.is_empty());
    Reply::Json(json!({"sentences": [{"number": 1, "verdict": verdict, "source": source, "quote": quote}]}))
}

/// The first id after these words.
fn id_after(text: &str, words: &str) -> String {
    let at = text.find(words).unwrap_or_else(|| panic!("{words} in {text}")) + words.len();
    text[at..at + 36].to_owned()
}

/// A model that says this of the article, and says this when it is asked for a second look.
fn script(sentence: &'static str, look: Reply) -> Script {
    Script::new(move |request| match request.output() {
        Some("support") => look.clone(),
        Some("cited_answer") => {
            let chunk = id_after(request.last("system").unwrap(), "<passage id=\"");
            Reply::Json(json!({"sentences": [{"text": sentence, "citations": [chunk]}], "missing": ""}))
        }
        _ => {
            let chunk = id_after(request.last("tool").unwrap(), "\"chunk_id\":\"");
            Reply::Json(json!({
                "kind": "answer", "reply": format!("{sentence} [1]"), "citations": [chunk], "confidence": 0.95,
                "resolved": true, "reason": "the article says so",
            }))
        }
    })
}

struct Desk {
    app: TestApp,
    server: ModelServer,
    _key: tempfile::NamedTempFile,
}

impl Desk {
    async fn open(sentence: &'static str, look: Reply, model_check: bool, embeds: bool) -> Self {
        let server = ModelServer::start(script(sentence, look)).await.unwrap();
        let key = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(key.path(), "sk-test\n").unwrap();
        let url = server.url();
        let mut settings = format!(
            "[models]\noffline_fallback = false\n[[models.providers]]\nname = \"scripted\"\nbase_url = \"{url}\"\nfast = \
             \"small\"\nstrong = \"large\"\nmax_retries = 0\napi_key_file = \"{}\"\n[knowledge]\nlibrary = false\n\
             [knowledge.grounding]\nmodel_check = {model_check}\n",
            key.path().display()
        );
        if embeds {
            // With one number, all texts are the same to it.
            settings.push_str(&format!(
                "[embeddings]\nprovider = \"endpoint\"\nbase_url = \"{url}\"\nmodel = \"embed-1\"\ndimension = 1\n\
                 api_key_file = \"{}\"\n",
                key.path().display()
            ));
        }
        let app = TestApp::start_working(&settings).await;
        let form = json!({"slug": "returns", "markdown": RETURNS});
        app.key(Role::Admin).post("/v1/knowledge/documents", &form).await.json(StatusCode::OK);
        Self { app, server, _key: key }
    }

    /// Whether the reply to a ticket went out by itself, and the steps of its run.
    async fn answers_by_itself(&self) -> (bool, Vec<Value>) {
        let form = json!({
            "subject": "Refund", "body": QUESTION, "contact": {"email": "mira@example.com", "name": "Mira Halloran"},
        });
        let opened = self.app.key(Role::Agent).post("/v1/tickets", &form).await.json(StatusCode::CREATED);
        let run = self
            .app
            .until("a reply or a person", async || {
                let path = format!("/v1/runs?ticket_id={}", opened["ticket"]["id"].as_str().unwrap());
                let runs = self.app.key(Role::Viewer).get(&path).await.json(StatusCode::OK);
                let run = runs["items"][0].clone();
                ["done", "waiting"].contains(&run["status"].as_str().unwrap()).then_some(run)
            })
            .await;
        let run_id = run["id"].as_str().unwrap();
        let viewer = self.app.key(Role::Viewer);
        let replayed = viewer.get(&format!("/v1/runs/{run_id}/replay")).await.json(StatusCode::OK);
        assert_eq!(replayed["ok"], true, "{replayed}");
        let view = viewer.get(&format!("/v1/runs/{run_id}")).await.json(StatusCode::OK);
        let messages = self.app.store.messages(id(&opened["ticket"]["id"]), None).await.unwrap();
        let sent = messages.iter().any(|message| message.model.as_deref() == Some("large"));
        (sent, view["steps"].as_array().unwrap().clone())
    }

    async fn answer(&self) -> Value {
        let form = json!({"question": QUESTION});
        self.app.key(Role::Viewer).post("/v1/knowledge/answer", &form).await.json(StatusCode::OK)
    }

    /// How often a model was asked for a second look.
    fn looks(&self) -> usize {
        self.server.requests().iter().filter(|request| request.output() == Some("support")).count()
    }
}

fn checked(steps: &[Value]) -> Option<&Value> {
    steps.iter().map(|step| &step["body"]).find(|body| body["type"] == "checked")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_model_finds_in_the_source_goes_out_and_stands_in_the_journal() {
    let desk = Desk::open(PARAPHRASE, verdict("supported", QUOTE), true, false).await;
    let (sent, steps) = desk.answers_by_itself().await;
    assert!(sent, "{steps:#?}");
    let body = checked(&steps).expect("the look is journalled");
    assert_eq!(body["opinions"][0]["read"], json!({"judged": "supported", "quote": QUOTE}));
    assert_eq!(desk.looks(), 1);
    desk.server.assert_clean();
    let answered = desk.answer().await;
    assert_eq!(answered["outcome"], "answered", "{answered}");
    assert_eq!(answered["sentences"][0]["text"], PARAPHRASE);
    assert_eq!(desk.looks(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_look_or_without_a_quote_the_check_by_words_stands() {
    for (look, asked) in [
        (verdict("supported", QUOTE), false),
        (verdict("supported", "Refunds take the same route back"), true),
        (verdict("not_found", ""), true),
        (Reply::Status(500, "no".to_owned()), true),
        (Reply::text("All fine!"), true),
    ] {
        let desk = Desk::open(PARAPHRASE, look, asked, false).await;
        let (sent, steps) = desk.answers_by_itself().await;
        assert!(!sent, "{steps:#?}");
        let answered = desk.answer().await;
        assert_eq!(answered["outcome"], "abstained", "{answered}");
        assert_eq!(desk.looks() > 0, asked);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobodys_opinion_lets_an_invented_value_out() {
    let invented = "Your money takes the same route back within 90 days.";
    for embeds in [false, true] {
        let desk = Desk::open(invented, verdict("supported", QUOTE), true, embeds).await;
        let (sent, steps) = desk.answers_by_itself().await;
        assert!(!sent, "{steps:#?}");
        let answered = desk.answer().await;
        assert_eq!(answered["outcome"], "abstained", "{answered}");
        assert!(answered["left_out"][0]["why"].as_str().unwrap().contains("90 days"), "{answered}");
        assert_eq!(desk.looks(), 0, "nothing could settle it, so nobody is asked");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_source_denies_is_left_out_with_the_reason() {
    let desk =
        Desk::open("Your money becomes a voucher of ours.", verdict("contradicted", QUOTE), true, true).await;
    let answered = desk.answer().await;
    assert_eq!(answered["left_out"][0]["why"], "a passage says the opposite", "{answered}");
    let (sent, steps) = desk.answers_by_itself().await;
    assert!(!sent, "{steps:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_embedder_raises_what_means_the_same_unless_a_reader_does_not_find_it() {
    let desk = Desk::open(PARAPHRASE, verdict("not_found", ""), false, true).await;
    let (sent, steps) = desk.answers_by_itself().await;
    assert!(sent, "{steps:#?}");
    assert!(checked(&steps).unwrap()["opinions"][0]["alike"]["score"].as_f64().unwrap() > 0.5);
    assert_eq!(desk.looks(), 0);
    let desk = Desk::open(PARAPHRASE, verdict("not_found", ""), true, true).await;
    let (sent, steps) = desk.answers_by_itself().await;
    assert!(!sent, "{steps:#?}");
}
