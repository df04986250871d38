//! Whatever another workspace's ids are put into, nothing of it comes back and nothing of it changes: the
//! description is walked, and an operation without a case fails, as does an id that no case fills.

mod bodies;
mod cases;
mod theirs;

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::{Client, Reply, TestApp};
use serde_json::{Value, json};

use self::{
    bodies::NEVER,
    cases::{Case, Who, cases},
    theirs::{Theirs, WORD, document, plant, seen_by, text},
};
use crate::copilot::{over, said};

/// Operations after which whoever asked is signed in no more.
const LEAVING: [&str; 3] = ["signOut", "endOtherSessions", "changePassword"];
const BOUNDARY: &str = "a-boundary-that-no-file-holds";

async fn send(client: &Client, method: &str, path: &str, body: &Value) -> Reply {
    client.send(method, path, (!body.is_null()).then_some(body)).await
}

/// What a refusal says in words. Two that say nothing are alike, which fails whoever asks for a difference.
fn detail(reply: &Reply) -> Value {
    serde_json::from_slice::<Value>(&reply.body).map(|problem| problem["detail"].clone()).unwrap_or_default()
}

/// Our workspace, its people, and what they have before them.
struct Ours {
    app: TestApp,
    owner: Client,
    visitor: Client,
    customer: Client,
    ids: BTreeMap<&'static str, String>,
    document: Value,
}

/// One operation of the description.
struct Operation<'a> {
    name: &'a str,
    method: &'a str,
    path: &'a str,
    /// What it takes, if that is JSON.
    body: Option<&'a Value>,
    /// What its body is, if it is no JSON.
    content_type: Option<&'a str>,
    parameters: &'a Value,
}

impl<'a> Operation<'a> {
    fn of(method: &'a str, path: &'a str, operation: &'a Value) -> Option<Self> {
        let content = operation["requestBody"]["content"].as_object();
        let json = content.and_then(|content| content.get("application/json"));
        Some(Self {
            name: operation["operationId"].as_str()?,
            method,
            path,
            body: json.map(|media| &media["schema"]),
            content_type: content.and_then(|content| content.keys().next()).map(String::as_str),
            parameters: &operation["parameters"],
        })
    }

    fn filled(&self, kind: &str, theirs: &Theirs) -> String {
        self.path
            .replace("{id}", theirs.id(kind))
            .replace("{message_id}", theirs.id("message"))
            .replace("{user_id}", theirs.id("person"))
            .replace("{name}", theirs.id(if kind == "role" { "role" } else { "team" }))
            .replace("{version}", "1")
            .replace("{seq}", "0")
            .replace("{paper_id}", theirs.id("approval"))
            .replace("{slug}", "xylophone")
    }

    /// Every id that it can be given is one of theirs in some case.
    fn assert_ids_are_tried(&self, document: &Value, cases: &[Case], theirs: &Theirs) {
        let bodies: Vec<&Value> = cases.iter().filter_map(Case::body).collect();
        for id in self.body.map(|schema| bodies::ids(document, schema)).unwrap_or_default() {
            let tried = bodies.iter().any(|body| bodies::fills(body, &id, theirs));
            assert!(tried, "{}: no case fills `{id}` of the body with an id of theirs", self.name);
        }
        for parameter in self.parameters.as_array().into_iter().flatten() {
            let (name, place) = (parameter["name"].as_str().unwrap(), &parameter["in"]);
            if place != "query" || !bodies::is_id(document, &parameter["schema"]) {
                continue;
            }
            let queries = cases.iter().flat_map(|case| match case {
                Case::List(queries) => queries.as_slice(),
                _ => &[],
            });
            let tried = queries.into_iter().any(|query| {
                query
                    .split('&')
                    .filter_map(|pair| pair.split_once('='))
                    .any(|(key, value)| key == name && theirs.ids.values().any(|id| id == value))
            });
            assert!(tried, "{}: no case fills `{name}` of the query with an id of theirs", self.name);
        }
    }
}

impl Ours {
    async fn start() -> Self {
        let app = TestApp::start().await;
        let owner = app.user(Role::Owner).await;
        let ticket = app.open_ticket("Ours").await;
        let approval = app.propose(&ticket).await;
        let started = json!({ "message": "Hello", "workspace": "north" });
        let started = app.nobody().post("/v1/conversations", &started).await.json(StatusCode::CREATED);
        let visitor = app.bearer(&text(&started["token"]));
        // Theirs has a contact of this address as well.
        let customer = app.customer("mira@example.com").await;
        let ids = BTreeMap::from([
            ("ticket", text(&ticket["ticket"]["id"])),
            ("approval", text(&approval["id"])),
            ("conversation", text(&started["conversation_id"])),
            ("own", text(&ticket["ticket"]["id"])),
        ]);
        Self { app, owner, visitor, customer, ids, document: document() }
    }

    /// What their ids could have been written into.
    async fn seen(&self) -> BTreeMap<String, String> {
        let (ticket, conversation) = (&self.ids["ticket"], &self.ids["conversation"]);
        let of = |id: &str, below: &str| format!("/v1/tickets/{id}{below}");
        let mut paths = vec![of(ticket, ""), of(ticket, "/messages"), of(ticket, "/events")];
        paths.extend([of(conversation, ""), of(conversation, "/events")]);
        paths.push(format!("/v1/approvals/{}", self.ids["approval"]));
        paths.extend(
            ["/v1/approvals/desk", "/v1/knowledge/documents", "/v1/knowledge/sources"].map(str::to_owned),
        );
        seen_by(&self.owner, &paths).await
    }

    async fn try_case(&self, operation: &Operation<'_>, case: Case, theirs: &Theirs, them: &Client) {
        let Operation { name, method, path, .. } = *operation;
        match case {
            Case::Missing(kind, body) => {
                let path = operation.filled(kind, theirs);
                let reply = send(&self.owner, method, &path, &body).await;
                assert_eq!(reply.status, StatusCode::NOT_FOUND, "{name}: {}", reply.text());
                assert!(!reply.text().contains(WORD), "{name}: {}", reply.text());
                // Reading must work for its own people, or the case says nothing; where what is asked for within
                // it is not there, they are told so of that.
                if method == "GET" {
                    let own = them.get(&path).await;
                    let found = own.status != StatusCode::NOT_FOUND || detail(&own) != detail(&reply);
                    assert!(found, "{name}: {path} exists for its own people");
                }
            }
            Case::Nothing(kind) => {
                let path = operation.filled(kind, theirs);
                let reply = self.owner.get(&path).await;
                let never = self.owner.get(&path.replace(theirs.id(kind), NEVER)).await;
                assert_eq!((reply.status, reply.text()), (never.status, never.text()), "{name}");
                theirs.assert_absent(&reply.text(), name);
            }
            Case::MissingInBody(body) => {
                let reply = send(&self.owner, method, path, &body).await;
                assert_eq!(reply.status, StatusCode::NOT_FOUND, "{name}: {}", reply.text());
                assert!(!reply.text().contains(WORD), "{name}: {}", reply.text());
            }
            Case::MissingInQuery(query) => {
                let asked = format!("{path}?{query}");
                assert_ne!(them.get(&asked).await.status, StatusCode::NOT_FOUND, "{asked} is there for them");
                self.owner.get(&asked).await.problem(StatusCode::NOT_FOUND);
            }
            Case::Silent(body) => {
                let reply = send(&self.owner, method, path, &body).await;
                theirs.assert_only_what_was_sent(&reply.text(), &body.to_string(), name);
            }
            Case::Foreign(who, kind, body) => {
                let path = match kind {
                    "" => path.to_owned(),
                    kind => path.replace("{id}", &self.ids[kind]),
                };
                let client = match who {
                    Who::Us => &self.owner,
                    Who::Visitor => &self.visitor,
                    Who::Customer => &self.customer,
                };
                let before = self.seen().await;
                let reply = send(client, method, &path, &body).await;
                assert!(reply.status.is_client_error(), "{name}: {} {}", reply.status, reply.text());
                theirs.assert_only_what_was_sent(&reply.text(), &body.to_string(), name);
                assert_eq!(self.seen().await, before, "{name}: {}", reply.text());
            }
            Case::Form(values) => {
                let before = self.seen().await;
                let form = bodies::form(&values, BOUNDARY);
                let kind = format!("multipart/form-data; boundary={BOUNDARY}");
                let reply = self.owner.raw(method, path, form.clone(), &kind).await;
                assert!(reply.text().contains("there is no customer"), "{name}: {}", reply.text());
                theirs.assert_only_what_was_sent(&reply.text(), &form, name);
                assert_eq!(self.seen().await, before, "{name}: {}", reply.text());
            }
            Case::List(queries) => {
                let cursor = theirs.cursors.get(path).map(|cursor| format!("cursor={cursor}"));
                for query in queries.into_iter().chain([String::new()]).chain(cursor) {
                    let asked = format!("{path}?{query}");
                    let reply = self.owner.get(&asked).await;
                    let known = [StatusCode::OK, StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY];
                    assert!(known.contains(&reply.status), "{asked}: {} {}", reply.status, reply.text());
                    theirs.assert_absent(&reply.text(), &asked);
                }
            }
            Case::Visitor(kind, body) => {
                let path = operation.filled(kind, theirs);
                let reply = send(&self.visitor, method, &path, &body).await;
                let shut = [StatusCode::NOT_FOUND, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
                assert!(shut.contains(&reply.status), "{name}: {} {}", reply.status, reply.text());
            }
            Case::Customer(kind, body) => {
                let path = operation.filled(kind, theirs);
                let reply = send(&self.customer, method, &path, &body).await;
                assert_eq!(reply.status, StatusCode::NOT_FOUND, "{name}: {}", reply.text());
                theirs.assert_absent(&reply.text(), name);
            }
            Case::OwnOfCustomer => {
                let body = json!({ "subject": "Ours", "body": "A drum." });
                let reply = send(&self.customer, method, path, &body).await;
                assert!(reply.status.is_success(), "{name}: {}", reply.text());
                theirs.assert_absent(&reply.text(), name);
            }
            Case::Plain | Case::Apart | Case::Beside(_) => {}
        }
    }

    /// Sends what it takes of somebody who knows nothing of the others.
    async fn plainly(&self, operation: &Operation<'_>) -> Reply {
        let Operation { name, method, path, .. } = *operation;
        let path = match name {
            "putRole" | "putTeam" => path.replace("{name}", "ours"),
            "testProvider" => path.replace("{name}", "offline"),
            _ => path.replace("{name}", "add_note"),
        };
        let leaves = LEAVING.contains(&name);
        let client = if leaves { self.app.user(Role::Admin).await } else { self.owner.clone() };
        match (operation.body, operation.content_type) {
            (Some(schema), _) => {
                let body = bodies::plain(name, &self.document, schema);
                send(&client, method, &path, &body).await
            }
            (None, Some(kind)) => client.raw(method, &path, "ours", kind).await,
            (None, None) => send(&client, method, &path, &Value::Null).await,
        }
    }
}

#[tokio::test]
async fn no_operation_gives_or_changes_anything_of_another_workspace() {
    let ours = Ours::start().await;
    let desk = ours.app.another_workspace().await;
    let theirs = plant(&desk).await;
    let them = desk.user(Role::Owner).await;
    let kept: Vec<String> = theirs.kept();
    let before = seen_by(&them, &kept).await;
    let (mut walked, mut taken, mut refused) = (0, Vec::new(), Vec::new());
    for (path, item) in ours.document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = method.to_uppercase();
            let Some(operation) = Operation::of(&method, path, operation) else { continue };
            let cases = cases(operation.name, &theirs);
            assert!(!cases.is_empty(), "{} has no case: add one", operation.name);
            operation.assert_ids_are_tried(&ours.document, &cases, &theirs);
            walked += 1;
            for case in cases {
                if matches!(case, Case::Plain) {
                    let reply = ours.plainly(&operation).await;
                    theirs.assert_absent(&reply.text(), operation.name);
                    let list = if reply.status.is_success() { &mut taken } else { &mut refused };
                    list.extend((method != "GET").then(|| (operation.name.to_owned(), reply.status)));
                }
                ours.try_case(&operation, case, &theirs, &them).await;
            }
        }
    }
    assert!(walked > 90, "{walked} operations were walked");
    // What is sent plainly is of use: something comes of most of it, and nothing breaks.
    assert!(taken.len() > refused.len(), "{refused:?}");
    assert!(refused.iter().all(|(_, status)| !status.is_server_error()), "{refused:?}");
    let export = ours.owner.get("/v1/audit/export?format=csv").await;
    theirs.assert_absent(&export.text(), "the export");
    assert_eq!(seen_by(&them, &kept).await, before, "what was theirs is as it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_copilot_is_asked_about_anothers_records_it_does_not_find() {
    let app = TestApp::start_working("").await;
    let desk = app.another_workspace().await;
    let opened = desk.open_ticket("The xylophone is broken").await;
    let runs = desk.user(Role::Owner).await.get("/v1/runs").await.json(StatusCode::OK);
    let us = app.user(Role::Owner).await;
    let mut path = "/v1/copilot/threads".to_owned();
    for (kind, id) in [
        ("ticket", &opened["ticket"]["id"]),
        ("customer", &opened["customer"]["id"]),
        ("run", &runs["items"][0]["id"]),
    ] {
        let question = format!("Tell me about this {kind}");
        let form = json!({ "text": question, "looking_at": { "kind": kind, "id": id } });
        let turn = us.post(&path, &form).await.json(StatusCode::CREATED);
        let turn = over(&app, &us, &turn).await;
        assert_eq!(turn["state"], "answered", "{turn}");
        assert!(!turn.to_string().contains(WORD), "{kind}: {}", said(&turn));
        path = format!("/v1/copilot/threads/{}/questions", text(&turn["thread_id"]));
    }
}

#[tokio::test]
async fn the_live_stream_is_of_one_workspace_from_its_beginning() {
    let app = TestApp::start().await;
    let desk = app.another_workspace().await;
    desk.open_ticket("The xylophone is broken").await;
    let mut ours = app.user(Role::Owner).await.stream("/v1/stream?after=0").await;
    desk.open_ticket("Another xylophone").await;
    app.open_ticket("Ours").await;
    let first = ours.next().await.unwrap();
    assert!(first.data.to_string().contains("Ours"), "{}", first.data);
    assert!(!first.data.to_string().contains(WORD));
}

#[tokio::test]
async fn a_version_of_anothers_policy_does_not_exist() {
    let app = TestApp::start().await;
    let desk = app.another_workspace().await;
    let theirs = desk.user(Role::Owner).await;
    let text = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 60\n";
    let form = json!({ "text": text, "note": "the xylophone rule", "expected": 0 });
    theirs.put("/v1/policy", &form).await.json(StatusCode::OK);
    theirs.get("/v1/policy/versions/1").await.json(StatusCode::OK);
    let us = app.user(Role::Owner).await;
    us.get("/v1/policy/versions/1").await.problem(StatusCode::NOT_FOUND);
    assert!(!us.get("/v1/policy/versions").await.text().contains(WORD));
}

#[tokio::test]
async fn how_far_anothers_agents_go_and_what_became_of_it_is_not_shown() {
    let app = TestApp::start().await;
    let desk = app.another_workspace().await;
    let theirs = desk.user(Role::Owner).await;
    let form =
        json!({ "tool": "reply_to_customer", "level": "ask", "version": 0, "why": "the xylophone rule" });
    theirs.post("/v1/autonomy/level", &form).await.json(StatusCode::OK);
    assert!(theirs.get("/v1/autonomy").await.text().contains(WORD));
    let us = app.user(Role::Owner).await;
    for path in
        ["/v1/autonomy", "/v1/autonomy/cell?tool=reply_to_customer", "/v1/autonomy/resolutions?format=jsonl"]
    {
        assert!(!us.get(path).await.text().contains(WORD), "{path}");
    }
    // Ours has no rung that could be changed.
    let ours = json!({ "tool": "reply_to_customer", "level": null, "version": 1, "why": "so" });
    us.post("/v1/autonomy/level", &ours).await.problem(StatusCode::CONFLICT);
    assert!(theirs.get("/v1/autonomy").await.text().contains(WORD));
}
