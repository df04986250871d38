//! How far agents go by themselves: shown from what became of calls, raised by a person with evidence, lowered at once.

use axum::http::StatusCode;
use domain::{
    EffectId, EventId, MessageId, TicketId,
    autonomy::Level,
    canonical::Digest,
    commit::{Commit, Op},
    effect::{Effect, EffectStatus},
    policy::{Facts, Judged},
    ticket::{EventBody, NewEvent},
    tool::ToolCall,
    user::{Actor, Role},
};
use orchestrator::testing::app::{Client, TestApp};
use serde_json::{Value, json};

const REPLY: &str = "reply_to_customer";
const ARTICLE: &str = "# Returns\n\nYou can return a tent within 30 days of delivery, unused and in its box.";
/// A promise that a few calls can show.
const LAX: &str = "ceiling=0.5&delta=0.5";

fn to(level: impl Into<Value>, version: i64) -> Value {
    json!({ "tool": REPLY, "level": level.into(), "version": version, "why": "because of the figures" })
}

fn act(version: i64) -> Value {
    let mut form = to("act", version);
    form["promise"] = json!({ "ceiling": 0.5, "delta": 0.5 });
    form
}

async fn decide(app: &TestApp, reviewer: &Client, decision: Value) {
    let opened = app.open_ticket("A tent").await;
    let approval = app.propose_saying(&opened, "We will send another one.").await;
    let form = json!({ "digest": approval["digest"], "decision": decision });
    let path = format!("/v1/approvals/{}/decisions", approval["id"].as_str().unwrap());
    reviewer.post(&path, &form).await.json(StatusCode::OK);
}

async fn cells(client: &Client) -> Vec<Value> {
    let answer = client.get("/v1/autonomy").await.json(StatusCode::OK);
    answer["cells"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_reviewers_decided_is_the_record_of_an_intent_and_tool() {
    let app = TestApp::start().await;
    let reviewer = app.user(Role::Reviewer).await;
    assert_eq!(cells(&reviewer).await, Vec::<Value>::new());
    decide(&app, &reviewer, json!({ "type": "approve" })).await;
    decide(&app, &reviewer, json!({ "type": "approve" })).await;
    decide(&app, &reviewer, json!({ "type": "reject", "reason": "no" })).await;
    decide(&app, &reviewer, json!({ "type": "edit", "args": { "body": "We are sorry." } })).await;
    decide(&app, &reviewer, json!({ "type": "escalate", "reason": "mine" })).await;
    let cells = cells(&reviewer).await;
    assert_eq!(cells.len(), 1);
    let cell = &cells[0];
    assert_eq!((&cell["tool"], &cell["intent"], &cell["rung"]), (&json!(REPLY), &json!(""), &Value::Null));
    assert_eq!((&cell["heard"]["approved"], &cell["heard"]["edited"]), (&json!(2), &json!(1)));
    assert_eq!((&cell["heard"]["rejected"], &cell["heard"]["taken_over"]), (&json!(1), &json!(1)));
    assert_eq!((&cell["n"], &cell["wrong"], &cell["threshold"]), (&json!(5), &json!(3), &Value::Null));
    assert_eq!((&cell["counted"], &cell["version"]), (&json!(5), &json!(0)));
    assert!((cell["ece"].as_f64().unwrap() - 0.6).abs() < 1e-9, "certain, and right twice of five times");
    let path = format!("/v1/autonomy/cell?tool={REPLY}");
    let detail = reviewer.get(&path).await.json(StatusCode::OK);
    assert_eq!(detail["stated"]["bins"].as_array().unwrap().len(), 1);
    assert_eq!(detail["curve"].as_array().unwrap().len(), 21);
    assert_eq!(detail["samples"], json!([5, 5, 5]));
    assert_eq!(detail["certificate"]["curve"].as_array().unwrap().len(), 1);
    let levels: Vec<_> = detail["evidence"].as_array().unwrap().iter().map(|it| &it["level"]).collect();
    assert_eq!(levels, ["shadow", "draft", "ask", "act"]);
    reviewer.get(&format!("{path}&ceiling=0.9")).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    reviewer.get("/v1/autonomy?ceiling=0.02").await.json(StatusCode::OK);
}

#[tokio::test]
async fn a_rung_goes_down_at_will_and_up_as_far_as_the_evidence_carries() {
    let app = TestApp::start().await;
    let (admin, reviewer) = (app.user(Role::Admin).await, app.user(Role::Reviewer).await);
    let set = "/v1/autonomy/level";
    reviewer.post(set, &to("ask", 0)).await.problem(StatusCode::FORBIDDEN);
    app.key(Role::Owner).post(set, &to("ask", 0)).await.problem(StatusCode::FORBIDDEN);
    let refused = admin.post(set, &to("act", 0)).await.problem(StatusCode::CONFLICT);
    assert!(refused["detail"].as_str().unwrap().contains("not reachable"), "{refused}");
    for unfit in [
        json!({ "tool": "add_note", "level": "ask", "version": 0, "why": "so" }),
        json!({ "tool": "no_such_tool", "level": "ask", "version": 0, "why": "so" }),
        json!({ "tool": REPLY, "level": "ask", "version": 0, "why": " " }),
    ] {
        admin.post(set, &unfit).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let shadow = admin.post(set, &to("shadow", 0)).await.json(StatusCode::OK);
    assert_eq!(shadow["cell"]["rung"]["level"], "shadow");
    admin.post(set, &to("draft", 0)).await.problem(StatusCode::CONFLICT);
    admin.post(set, &to("draft", 1)).await.json(StatusCode::OK);
    let early = admin.post(set, &to("ask", 2)).await.problem(StatusCode::CONFLICT);
    assert!(early["detail"].as_str().unwrap().contains("not shown yet"), "{early}");
    for _ in 0..12 {
        decide(&app, &reviewer, json!({ "type": "approve" })).await;
    }
    admin.post(set, &to("ask", 2)).await.json(StatusCode::OK);
    let up = admin.post(set, &act(3)).await.json(StatusCode::OK);
    let rung = &up["cell"]["rung"];
    assert_eq!((&rung["level"], &rung["version"]), (&json!("act"), &json!(4)));
    assert_eq!(rung["threshold"], 1_000, "no lower than what was seen");
    let watch = &up["cell"]["watch"];
    assert_eq!((&watch["n"], &watch["judged"], &watch["lost"]), (&json!(0), &json!(12), &json!(false)));
    app.app.policies.ladder().watch(app.app.clock.now()).await.unwrap();
    assert_eq!(app.app.policies.ladder().level(app.workspace, ("", REPLY), 1_000), Some(Level::Act));
    admin.post(set, &to(Value::Null, 4)).await.json(StatusCode::OK);
    assert_eq!(app.app.policies.ladder().level(app.workspace, ("", REPLY), 1_000), None);
    // What somebody saw before it was left does not fit any more.
    admin.post(set, &to("draft", 0)).await.problem(StatusCode::CONFLICT);
    assert_eq!(cells(&reviewer).await[0]["version"], 5);
    let audit = app.key(Role::Owner).get("/v1/audit?action=autonomy.changed").await.json(StatusCode::OK);
    assert_eq!(audit["items"].as_array().unwrap().len(), 5);
    let shown = reviewer.get(&format!("/v1/autonomy?{LAX}")).await.json(StatusCode::OK);
    assert!(shown["cells"][0]["coverage"].as_f64().unwrap() > 0.9);
}

#[tokio::test]
async fn leaving_it_to_the_policy_takes_what_acting_takes_but_from_those_who_put_it_there() {
    let app = TestApp::start().await;
    let (admin, owner) = (app.user(Role::Admin).await, app.user(Role::Owner).await);
    let set = "/v1/autonomy/level";
    let alone = |version: i64| to(Value::Null, version);
    // By mistake, and back again.
    admin.post(set, &to("shadow", 0)).await.json(StatusCode::OK);
    admin.post(set, &to("draft", 1)).await.json(StatusCode::OK);
    let left = admin.post(set, &alone(2)).await.json(StatusCode::OK);
    assert_eq!((&left["cell"]["rung"], &left["cell"]["version"]), (&Value::Null, &json!(3)));
    // Somebody else's is not theirs to take away.
    owner.post(set, &to("shadow", 3)).await.json(StatusCode::OK);
    let refused = admin.post(set, &alone(4)).await.problem(StatusCode::CONFLICT);
    assert!(refused["detail"].as_str().unwrap().contains("takes what `act` takes"), "{refused}");
    admin.post(set, &to("draft", 4)).await.json(StatusCode::OK);
    admin.post(set, &alone(5)).await.problem(StatusCode::CONFLICT);
    for _ in 0..12 {
        decide(&app, &owner, json!({ "type": "approve" })).await;
    }
    let mut lax = alone(5);
    lax["promise"] = json!({ "ceiling": 0.5, "delta": 0.5 });
    admin.post(set, &lax).await.json(StatusCode::OK);
    // What was lowered by the service is left with evidence from then on alone.
    admin.post(set, &act(6)).await.json(StatusCode::OK);
    for answer in [acted(&app).await, acted(&app).await, acted(&app).await] {
        rate(&app, answer, false).await;
    }
    app.app.policies.ladder().watch(app.app.clock.now()).await.unwrap();
    assert_eq!(cells(&admin).await[0]["rung"]["level"], "ask");
    let mut lax = alone(8);
    lax["promise"] = json!({ "ceiling": 0.5, "delta": 0.5 });
    admin.post(set, &lax).await.problem(StatusCode::CONFLICT);
}

/// A reply that went out by itself: its ticket and its message.
async fn acted(app: &TestApp) -> (TicketId, MessageId) {
    acted_as_sure(app, 1.0).await
}

async fn acted_as_sure(app: &TestApp, confidence: f64) -> (TicketId, MessageId) {
    let opened = app.open_ticket("A stove").await;
    let ticket: TicketId = opened["ticket"]["id"].as_str().unwrap().parse().unwrap();
    let run = app.store.active_run(ticket).await.unwrap().unwrap();
    let facts: Facts = serde_json::from_value(json!({
        "tool": REPLY, "risk": "outward", "agent": "resolution", "channel": "chat", "tier": "", "band": "auto",
        "confidence": confidence, "groundedness": 1.0, "amount": -1, "edited": false, "origin": "trusted", "carries": [],
        "findings": [], "hour": 9, "weekday": "monday", "intent": "", "autonomy": "act",
    }))
    .unwrap();
    let now = app.app.clock.now();
    let message_id = MessageId::new(&*app.app.ids);
    let effect = Effect {
        id: EffectId::new(&*app.app.ids),
        run_id: run.id,
        ticket_id: Some(ticket),
        call: ToolCall { id: "a".to_owned(), tool: REPLY.to_owned(), args: json!({ "body": "Yes." }) },
        approval_id: None,
        judged: Some(Box::new(Judged {
            rule: "r".to_owned(),
            policy_version: Digest::of("p"),
            facts,
            on_paper: None,
        })),
        status: EffectStatus::Succeeded,
        attempts: 1,
        price_micros: 0,
        next_attempt_at: None,
        output: Some(json!({ "message_id": message_id })),
        summary: String::new(),
        error: None,
        created_at: now,
        updated_at: now,
    };
    app.store.commit(Commit { ops: vec![Op::AddEffect(Box::new(effect))] }).await.unwrap();
    (ticket, message_id)
}

async fn rate(app: &TestApp, (ticket_id, message_id): (TicketId, MessageId), helpful: bool) {
    let body = EventBody::AnswerRated { message_id, helpful };
    let actor = Actor::Customer { contact_id: None, name: "Ada".to_owned() };
    let (id, at) = (EventId::new(&*app.app.ids), app.app.clock.now());
    let events = vec![NewEvent { id, idempotency_key: None, actor, body, at }];
    app.store.commit(Commit { ops: vec![Op::Append { ticket_id, events }] }).await.unwrap();
}

#[tokio::test]
async fn what_breaks_its_promise_acts_no_more() {
    let app = TestApp::start().await;
    let (admin, reviewer) = (app.user(Role::Admin).await, app.user(Role::Reviewer).await);
    for _ in 0..12 {
        decide(&app, &reviewer, json!({ "type": "approve" })).await;
    }
    admin.post("/v1/autonomy/level", &act(0)).await.json(StatusCode::OK);
    let answers = [acted(&app).await, acted(&app).await, acted(&app).await];
    let ladder = app.app.policies.ladder();
    ladder.watch(app.app.clock.now()).await.unwrap();
    assert_eq!(ladder.level(app.workspace, ("", REPLY), 1_000), Some(Level::Act), "nothing was heard");
    for answer in answers {
        rate(&app, answer, false).await;
    }
    ladder.watch(app.app.clock.now()).await.unwrap();
    assert_eq!(ladder.level(app.workspace, ("", REPLY), 1_000), Some(Level::Ask));
    let cell = cells(&reviewer).await.remove(0);
    assert_eq!((&cell["rung"]["by"]["kind"], &cell["heard"]["unhelpful"]), (&json!("system"), &json!(3)));
    assert!(cell["rung"]["why"].as_str().unwrap().contains("3 of 3"), "{cell}");
    let audit = app.key(Role::Owner).get("/v1/audit?action=autonomy.lowered").await.json(StatusCode::OK);
    assert_eq!(audit["items"].as_array().unwrap().len(), 1);
    // What spoke for it before speaks for it no more.
    let again = admin.post("/v1/autonomy/level", &act(2)).await.problem(StatusCode::CONFLICT);
    assert!(again["detail"].as_str().unwrap().contains("not reachable"), "{again}");
}

#[tokio::test]
async fn silence_does_not_keep_a_promise_that_what_was_heard_does_not_carry() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    for _ in 0..80 {
        rate(&app, acted(&app).await, true).await;
    }
    let mut form = to("act", 0);
    form["promise"] = json!({ "ceiling": 0.1, "delta": 0.1 });
    let up = admin.post("/v1/autonomy/level", &form).await.json(StatusCode::OK);
    assert_eq!(up["cell"]["watch"]["judged"], 80);
    let ladder = app.app.policies.ladder();
    ladder.watch(app.app.clock.now()).await.unwrap();
    assert_eq!(ladder.level(app.workspace, ("", REPLY), 1_000), Some(Level::Act), "it stands as it was put");
    let mut answers = Vec::new();
    for _ in 0..100 {
        answers.push(acted(&app).await);
    }
    for (n, answer) in answers.into_iter().take(8).enumerate() {
        rate(&app, answer, n % 2 == 0).await;
    }
    ladder.watch(app.app.clock.now()).await.unwrap();
    assert_eq!(ladder.level(app.workspace, ("", REPLY), 1_000), Some(Level::Ask));
    let why = cells(&admin).await[0]["rung"]["why"].as_str().unwrap().to_owned();
    assert!(why.contains("4 of the 88 calls at least so sure"), "{why}");
}

#[tokio::test]
async fn what_a_person_decided_since_is_not_counted_as_what_acted() {
    let app = TestApp::start().await;
    let (admin, reviewer) = (app.user(Role::Admin).await, app.user(Role::Reviewer).await);
    for _ in 0..12 {
        decide(&app, &reviewer, json!({ "type": "approve" })).await;
    }
    admin.post("/v1/autonomy/level", &act(0)).await.json(StatusCode::OK);
    decide(&app, &reviewer, json!({ "type": "reject", "reason": "no" })).await;
    acted(&app).await;
    let watch = &cells(&admin).await[0]["watch"];
    assert_eq!((&watch["n"], &watch["wrong"]), (&json!(1), &json!(0)), "{watch}");
    assert_eq!((&watch["judged"], &watch["judged_wrong"]), (&json!(13), &json!(1)), "{watch}");
}

#[tokio::test]
async fn what_comes_otherwise_than_what_speaks_for_it_acts_no_more() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    for confidence in [0.9, 1.0].repeat(12) {
        rate(&app, acted_as_sure(&app, confidence).await, true).await;
    }
    let up = admin.post("/v1/autonomy/level", &act(0)).await.json(StatusCode::OK);
    assert_eq!(up["cell"]["rung"]["threshold"], 900, "each was right, and nothing less sure was seen");
    let ladder = app.app.policies.ladder();
    for confidence in [0.9, 1.0].repeat(3) {
        acted_as_sure(&app, confidence).await;
    }
    ladder.watch(app.app.clock.now()).await.unwrap();
    let drift = &cells(&admin).await[0]["watch"]["drift"];
    assert_eq!((&drift["before"], &drift["n"], &drift["shown"]), (&json!(24), &json!(6), &json!(false)));
    for _ in 0..20 {
        acted_as_sure(&app, 0.9).await;
    }
    ladder.watch(app.app.clock.now()).await.unwrap();
    let rung = &cells(&admin).await[0]["rung"];
    assert_eq!((&rung["level"], &rung["by"]["kind"]), (&json!("ask"), &json!("system")));
    assert!(rung["why"].as_str().unwrap().contains("do not come as the 24"), "{rung}");
}

async fn ask(app: &TestApp) -> String {
    let question = json!({"message": "How long can I return a tent?"});
    let started = app.nobody().post("/v1/conversations", &question).await.json(StatusCode::CREATED);
    started["conversation_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_would_run_by_itself_is_asked_or_done_on_paper_where_the_ladder_says_so() {
    let app = TestApp::start_working("").await;
    let (admin, reader) = (app.user(Role::Owner).await, app.key(Role::Owner));
    let document = json!({"slug": "returns", "markdown": ARTICLE});
    reader.post("/v1/knowledge/documents", &document).await.json(StatusCode::OK);
    ask(&app).await;
    let cell = app.until("an answer", async || cells(&reader).await.into_iter().next()).await;
    assert_eq!((&cell["tool"], &cell["heard"]["assumed"]), (&json!(REPLY), &json!(1)));
    let form = |level: &str, version: i64| {
        let mut form = to(level, version);
        form["intent"] = cell["intent"].clone();
        form
    };
    admin.post("/v1/autonomy/level", &form("draft", 0)).await.json(StatusCode::OK);
    let id = ask(&app).await;
    let mine = async || {
        let approvals = reader.all("/v1/approvals", 100).await;
        let found = approvals.into_iter().find(|item| item["approval"]["ticket_id"] == id.as_str());
        found.map(|item| item["approval"].clone())
    };
    let approval = app.until("an approval", mine).await;
    assert!(approval["why"].as_str().unwrap().contains("ladder"), "{approval}");
    // A draft is not waved through with others.
    let one = json!({
        "approval_id": approval["id"], "digest": approval["digest"], "decision": { "type": "approve" },
    });
    let both = json!({ "items": [one, one] });
    let results = admin.post("/v1/approvals/decisions", &both).await.json(StatusCode::OK);
    let failed = results["results"].as_array().unwrap().iter().all(|result| result["status"] == "failed");
    assert!(failed, "{results}");
    admin.post("/v1/approvals/decisions", &json!({ "items": [one] })).await.json(StatusCode::OK);

    admin.post("/v1/autonomy/level", &form("shadow", 1)).await.json(StatusCode::OK);
    let id = ask(&app).await;
    let path = format!("/v1/tickets/{id}");
    let handed = async || {
        let ticket = reader.get(&path).await.json(StatusCode::OK);
        (ticket["ticket"]["status"] == "waiting_for_staff").then_some(ticket)
    };
    app.until("a handoff", handed).await;
    let runs = reader.all(&format!("/v1/runs?ticket_id={id}"), 10).await;
    let steps = reader.get(&format!("/v1/runs/{}", runs[0]["id"].as_str().unwrap())).await.text();
    assert!(steps.contains("on paper alone"), "{steps}");
    let approvals = reader.all("/v1/approvals", 100).await;
    assert!(approvals.iter().all(|item| item["approval"]["ticket_id"] != id.as_str()), "nobody is asked");
}

#[tokio::test]
async fn what_became_of_resolutions_goes_out_as_a_file() {
    let app = TestApp::start_working("").await;
    let reader = app.key(Role::Owner);
    let document = json!({"slug": "returns", "markdown": ARTICLE});
    reader.post("/v1/knowledge/documents", &document).await.json(StatusCode::OK);
    let id = ask(&app).await;
    let path = "/v1/autonomy/resolutions?format=csv";
    let csv = async || Some(reader.get(path).await.text()).filter(|text| text.contains(&id));
    let file = app.until("a resolution", csv).await;
    assert!(file.starts_with("ticket_id,number,agent,resolved_at,became,became_at\n"), "{file}");
    assert!(file.contains(",resolution,") && file.contains(",assumed,"), "{file}");
    let lines = reader.get("/v1/autonomy/resolutions?format=jsonl").await.text();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&first["ticket_id"], &first["became"]), (&json!(id), &json!("assumed")));
    let answer = (id.parse().unwrap(), MessageId::new(&*app.app.ids));
    rate(&app, answer, false).await;
    let file = reader.get(path).await.text();
    assert!(
        file.contains(",unhelpful,") && !file.contains(",assumed,"),
        "nobody assumes what was said: {file}"
    );
    rate(&app, answer, true).await;
    assert!(reader.get(path).await.text().contains(",confirmed,"));
    let none = reader.get("/v1/autonomy/resolutions?format=jsonl&until=2001-01-01T00:00:00Z").await;
    assert_eq!(none.text(), "");
    reader.get("/v1/autonomy/resolutions?format=xml").await.problem(StatusCode::BAD_REQUEST);
}
