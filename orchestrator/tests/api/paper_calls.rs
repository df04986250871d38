//! What agents would have done at the lowest rung, beside what people did: matched by itself, or as a colleague says.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::{Client, TestApp};
use serde_json::{Value, json};

const REPLY: &str = "reply_to_customer";
const ARTICLE: &str = "# Returns\n\nYou can return a tent within 30 days of delivery, unused and in its box.";

struct Shadowed {
    app: TestApp,
    reader: Client,
}

impl Shadowed {
    /// A desk where replies about returns are on paper alone.
    async fn start() -> Self {
        let app = TestApp::start_working("").await;
        let (admin, reader) = (app.user(Role::Owner).await, app.key(Role::Owner));
        let document = json!({"slug": "returns", "markdown": ARTICLE});
        reader.post("/v1/knowledge/documents", &document).await.json(StatusCode::OK);
        let shadowed = Self { app, reader };
        shadowed.ask().await;
        let cell = shadowed.app.until("an answer", async || shadowed.cells().await.into_iter().next()).await;
        let form = json!({
            "tool": REPLY, "intent": cell["intent"], "level": "shadow", "version": 0, "why": "to see how it does",
        });
        admin.post("/v1/autonomy/level", &form).await.json(StatusCode::OK);
        shadowed
    }

    async fn cells(&self) -> Vec<Value> {
        let answer = self.reader.get("/v1/autonomy").await.json(StatusCode::OK);
        answer["cells"].as_array().unwrap().clone()
    }

    async fn heard(&self, word: &str) -> i64 {
        self.cells().await[0]["heard"][word].as_i64().unwrap()
    }

    async fn ask(&self) -> String {
        let question = json!({"message": "How long can I return a tent?"});
        let started = self.app.nobody().post("/v1/conversations", &question).await;
        started.json(StatusCode::CREATED)["conversation_id"].as_str().unwrap().to_owned()
    }

    /// A ticket with a reply on paper, and the call, as soon as the ticket is a person's.
    async fn on_paper(&self) -> (String, Value) {
        let ticket = self.ask().await;
        let path = format!("/v1/tickets/{ticket}");
        let handed = async || {
            let shown = self.reader.get(&path).await.json(StatusCode::OK);
            (shown["ticket"]["status"] == "waiting_for_staff").then_some(())
        };
        self.app.until("a handoff", handed).await;
        let call = self.call(&ticket).await;
        (ticket, call)
    }

    async fn call(&self, ticket: &str) -> Value {
        let list = self.reader.get(&format!("/v1/tickets/{ticket}/paper-calls")).await.json(StatusCode::OK);
        assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list}");
        list["items"][0].clone()
    }

    /// How many events of the timeline are of this type.
    async fn told(&self, ticket: &str, kind: &str) -> usize {
        let events = self.reader.all(&format!("/v1/tickets/{ticket}/events"), 100).await;
        events.iter().filter(|event| event["body"]["type"] == kind).count()
    }
}

fn comparison(ticket: &str, call: &Value) -> String {
    format!("/v1/tickets/{ticket}/paper-calls/{}/comparison", call["id"].as_str().unwrap())
}

async fn write(client: &Client, ticket: &str, body: &str) {
    let form = json!({ "body": body, "visibility": "public" });
    client.post(&format!("/v1/tickets/{ticket}/messages"), &form).await.json(StatusCode::CREATED);
}

#[tokio::test]
async fn a_reply_with_the_same_words_matches_by_itself() {
    let shadowed = Shadowed::start().await;
    let (ticket, call) = shadowed.on_paper().await;
    assert_eq!((&call["tool"], &call["agent"]), (&json!(REPLY), &json!("resolution")));
    assert_eq!((&call["reply"], &call["comparison"]), (&Value::Null, &Value::Null));
    let proposed = call["preview"]["body"].as_str().unwrap();
    assert!(proposed.contains("30 days"), "{call}");
    assert_eq!((shadowed.heard("paper").await, shadowed.told(&ticket, "put_on_paper").await), (1, 1));

    let agent = shadowed.app.user(Role::Agent).await;
    let note = json!({ "body": proposed, "visibility": "internal" });
    agent.post(&format!("/v1/tickets/{ticket}/messages"), &note).await.json(StatusCode::CREATED);
    assert_eq!(shadowed.call(&ticket).await["comparison"], Value::Null, "no customer reads a note");
    write(&agent, &ticket, &format!("Dear Ada,\n\n{}", proposed.replace(' ', "  "))).await;
    let call = shadowed.call(&ticket).await;
    assert_eq!(
        (&call["comparison"]["same"], &call["comparison"]["by"]["kind"]),
        (&json!(true), &json!("system"))
    );
    assert_eq!(call["reply"]["likeness"], json!(1.0));
    assert_eq!((shadowed.heard("paper").await, shadowed.heard("matched").await), (0, 1));
    let cell = shadowed.cells().await.remove(0);
    assert_eq!((&cell["n"], &cell["wrong"]), (&json!(1), &json!(0)), "it is evidence");
    let path = format!("/v1/autonomy/cell?tool={REPLY}&intent={}", cell["intent"].as_str().unwrap());
    let detail = shadowed.reader.get(&path).await.json(StatusCode::OK);
    let ask = detail["evidence"].as_array().unwrap().iter().find(|it| it["level"] == "ask").unwrap().clone();
    assert_eq!((&ask["n"], &ask["wrong"]), (&json!(1), &json!(0)));

    // A person knows better.
    let form = json!({ "same": false });
    let said = agent.put(&comparison(&ticket, &call), &form).await.json(StatusCode::OK);
    assert_eq!(
        (&said["comparison"]["same"], &said["comparison"]["by"]["kind"]),
        (&json!(false), &json!("user"))
    );
    assert_eq!((shadowed.heard("matched").await, shadowed.heard("differed").await), (0, 1));
    assert_eq!(shadowed.told(&ticket, "paper_compared").await, 2);
    let audit = shadowed.reader.get("/v1/audit?action=paper.compared").await.json(StatusCode::OK);
    assert_eq!(audit["items"].as_array().unwrap().len(), 1, "what a person said");
}

#[tokio::test]
async fn another_reply_counts_against_it_until_a_colleague_says_that_it_came_to_the_same() {
    let shadowed = Shadowed::start().await;
    let (ticket, call) = shadowed.on_paper().await;
    let agent = shadowed.app.user(Role::Agent).await;
    write(&agent, &ticket, "Hello, a tent comes back to us at mira@example.com for a month.").await;
    write(&agent, &ticket, call["preview"]["body"].as_str().unwrap()).await;
    let shown = shadowed.call(&ticket).await;
    let told = (&shown["comparison"]["same"], &shown["comparison"]["by"]["kind"]);
    assert_eq!(told, (&json!(false), &json!("system")), "the first reply counts, and its words are others");
    let likeness = shown["reply"]["likeness"].as_f64().unwrap();
    assert!(likeness > 0.0 && likeness < 0.7, "{shown}");
    assert_eq!(shown["reply"]["message"]["findings"][0]["kind"], "email");
    let masked = shadowed.app.key_that_sees_masks(Role::Owner).await;
    let masked = masked.get(&format!("/v1/tickets/{ticket}/paper-calls")).await.text();
    assert!(!masked.contains("mira@example.com") && masked.contains("30 days"), "{masked}");
    assert!(masked.contains(call["id"].as_str().unwrap()), "its id is no personal data: {masked}");

    let path = comparison(&ticket, &call);
    let (yes, no) = (json!({ "same": true }), json!({ "same": false }));
    let viewer = shadowed.app.user(Role::Viewer).await;
    viewer.get(&format!("/v1/tickets/{ticket}/paper-calls")).await.json(StatusCode::OK);
    viewer.put(&path, &yes).await.problem(StatusCode::FORBIDDEN);
    shadowed.reader.put(&path, &yes).await.problem(StatusCode::FORBIDDEN);
    agent.put(&path, &json!({ "same": "yes" })).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let (other, of_another) = shadowed.on_paper().await;
    agent.put(&comparison(&ticket, &of_another), &yes).await.problem(StatusCode::NOT_FOUND);
    for none in [json!({ "id": call["run_id"] }), json!({ "id": other })] {
        agent.put(&comparison(&ticket, &none), &yes).await.problem(StatusCode::NOT_FOUND);
    }
    let elsewhere = shadowed.app.another_workspace().await.user(Role::Owner).await;
    elsewhere.put(&path, &yes).await.problem(StatusCode::NOT_FOUND);
    elsewhere.get(&format!("/v1/tickets/{ticket}/paper-calls")).await.problem(StatusCode::NOT_FOUND);
    assert_eq!((shadowed.heard("paper").await, shadowed.heard("differed").await), (1, 1), "one has no reply");

    agent.put(&path, &no).await.json(StatusCode::OK);
    agent.put(&path, &no).await.json(StatusCode::OK);
    assert_eq!(shadowed.told(&ticket, "paper_compared").await, 2, "by itself, and twice the same is once");
    assert_eq!((shadowed.heard("paper").await, shadowed.heard("differed").await), (1, 1));
    agent.put(&path, &yes).await.json(StatusCode::OK);
    assert_eq!((shadowed.heard("matched").await, shadowed.heard("differed").await), (1, 0));

    let closed = json!({ "status": "closed" });
    agent.patch(&format!("/v1/tickets/{ticket}"), &closed).await.json(StatusCode::OK);
    let late = agent.put(&path, &no).await.problem(StatusCode::CONFLICT);
    assert!(late["detail"].as_str().unwrap().contains("closed"), "{late}");
    assert_eq!(shadowed.call(&ticket).await["comparison"]["same"], json!(true));
}
