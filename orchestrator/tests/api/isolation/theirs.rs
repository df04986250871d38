//! What the other workspace has, and what is read of it.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::{Client, Desk};
use serde_json::{Value, json};

use crate::planted;

/// A word of everything that is theirs, and of nothing that is ours.
pub const WORD: &str = "xylophone";

/// What belongs to the other workspace, by what it is.
pub struct Theirs {
    pub ids: BTreeMap<&'static str, String>,
    pub cursors: BTreeMap<String, String>,
}

impl Theirs {
    pub fn id(&self, kind: &str) -> &str {
        self.ids.get(kind).unwrap_or_else(|| panic!("there is no {kind} of theirs"))
    }

    /// Every id that must not come back.
    pub fn assert_absent(&self, text: &str, what: &str) {
        assert!(!text.contains(WORD), "{what} tells of the other workspace: {text}");
        for (kind, id) in &self.ids {
            // A team and a role are known by names that are not secret in themselves.
            if !["team", "role"].contains(kind) {
                assert!(!text.contains(id.as_str()), "{what} names their {kind}: {text}");
            }
        }
    }

    /// None of theirs but what whoever asked knew.
    pub fn assert_only_what_was_sent(&self, text: &str, sent: &str, what: &str) {
        assert!(!text.contains(WORD), "{what} tells of the other workspace: {text}");
        for (kind, id) in self.ids.iter().filter(|(_, id)| !sent.contains(id.as_str())) {
            assert!(!text.contains(id.as_str()), "{what} names their {kind}: {text}");
        }
    }

    /// Where its own people see what others could have changed.
    pub fn kept(&self) -> Vec<String> {
        let ticket = format!("/v1/tickets/{}", self.id("ticket"));
        let of = |below: &str| format!("{ticket}{below}");
        let mut paths = vec![of(""), of("/messages"), of("/events")];
        paths.push(format!("/v1/approvals/{}", self.id("approval")));
        let lists = [
            "tickets",
            "approvals",
            "approvals/desk",
            "approvals/views",
            "people",
            "teams",
            "roles",
            "policy",
            "breakers",
            "channels",
            "knowledge/documents",
            "knowledge/sources",
            "service-accounts",
            "api-keys",
            "invitations",
            "mentions",
            "audit",
        ];
        paths.extend(lists.map(|list| format!("/v1/{list}")));
        paths
    }
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

pub async fn plant(theirs: &Desk) -> Theirs {
    let owner = theirs.user(Role::Owner).await;
    let ticket = theirs.open_ticket("The xylophone is broken").await;
    let other = theirs.open_ticket("Another xylophone").await;
    let approval = theirs.propose_saying(&ticket, "Your xylophone is on its way.").await;
    theirs.propose_saying(&other, "Your other xylophone too.").await;
    let put = async |slug: &str| {
        let form =
            json!({ "slug": slug, "markdown": "# Xylophone\n\nThe xylophone is blue and has twelve keys." });
        owner.post("/v1/knowledge/documents", &form).await.json(StatusCode::OK)
    };
    let document = put("xylophone").await;
    put("xylophone-two").await;
    let path = format!("/v1/tickets/{}/messages", text(&ticket["ticket"]["id"]));
    let messages = owner.get(&path).await.json(StatusCode::OK);
    let scan = owner.post("/v1/guards/scans", &json!({})).await.json(StatusCode::CREATED);
    let replay = owner.post("/v1/replays", &json!({})).await.json(StatusCode::CREATED);
    let service = json!({ "name": "xylophone service" });
    let service = owner.post("/v1/service-accounts", &service).await.json(StatusCode::CREATED);
    let key =
        json!({ "name": "xylophone key", "scopes": ["read_tickets"], "service_account_id": service["id"] });
    let key = owner.post("/v1/api-keys", &key).await.json(StatusCode::CREATED);
    let role = json!({ "description": "plays the xylophone", "permissions": ["read_tickets"] });
    owner.put("/v1/roles/xylo_role", &role).await.json(StatusCode::OK);
    let team = json!({ "description": "plays the xylophone" });
    owner.put("/v1/teams/xylo_team", &team).await.json(StatusCode::OK);
    let stop = json!({ "of": { "kind": "agent", "name": "resolution" }, "reason": "a xylophone fell on it" });
    owner.post("/v1/breakers", &stop).await.json(StatusCode::OK);
    let view = json!({ "name": "xylophone view", "shared": true, "narrowed": {} });
    let view = owner.post("/v1/approvals/views", &view).await.json(StatusCode::CREATED);
    let invited = json!({ "email": "xylophone@south.example", "role": "viewer" });
    let invited = owner.post("/v1/invitations", &invited).await.json(StatusCode::CREATED);
    let asked = json!({ "text": "Where is the xylophone?" });
    let asked = owner.post("/v1/copilot/threads", &asked).await.json(StatusCode::CREATED);
    let sessions = owner.get("/v1/sessions").await.json(StatusCode::OK);
    let held = json!({ "name": "where is the xylophone", "attempts": 1, "passed": 1 });
    let held =
        json!({ "suite": "xylophone", "version": "1", "model": "offline", "cutoff": 0.5, "cases": [held] });
    let evaluation = owner.post("/v1/evaluations", &held).await.json(StatusCode::CREATED);
    let rejected = theirs.open_ticket("A third xylophone").await;
    let rejected = theirs.propose_saying(&rejected, "The xylophone is yours.").await;
    let decision =
        json!({ "digest": rejected["digest"], "decision": { "type": "reject", "reason": "no xylophone" } });
    let path = format!("/v1/approvals/{}/decisions", text(&rejected["id"]));
    owner.post(&path, &decision).await.json(StatusCode::OK);
    let made = json!({ "approval_id": rejected["id"] });
    let made = owner.post("/v1/evaluations/cases", &made).await.json(StatusCode::CREATED);
    let mut ids = planted::beside(theirs, WORD, &ticket, &document).await;
    ids.extend([
        ("evaluation", text(&evaluation["id"])),
        ("case", text(&made["id"])),
        ("view", text(&view["id"])),
        ("thread", text(&asked["thread_id"])),
        ("workspace", theirs.workspace.to_string()),
        ("invitation", text(&invited["invitation"]["id"])),
        ("session", text(&sessions["items"][0]["id"])),
        ("ticket", text(&ticket["ticket"]["id"])),
        ("message", text(&messages["items"][0]["id"])),
        ("customer", text(&ticket["customer"]["id"])),
        ("approval", text(&approval["id"])),
        ("run", text(&approval["run_id"])),
        ("call", text(&approval["binding"]["call"]["id"])),
        ("document", text(&document["document"]["id"])),
        ("chunk", text(&document["chunks"][0]["id"])),
        ("scan", text(&scan["id"])),
        ("replay", text(&replay["id"])),
        ("service", text(&service["id"])),
        ("key", text(&key["key"]["id"])),
        ("person", theirs.user_id(Role::Agent).to_string()),
        ("team", "xylo_team".to_owned()),
        ("role", "xylo_role".to_owned()),
    ]);
    let mut cursors = BTreeMap::new();
    for list in lists() {
        let page = owner.get(&format!("{list}?limit=1")).await;
        if page.status == StatusCode::OK
            && let Some(cursor) = page.json(StatusCode::OK)["next_cursor"].as_str()
        {
            cursors.insert(list, cursor.to_owned());
        }
    }
    assert!(cursors.len() >= 6, "lists of theirs have more than a page: {cursors:?}");
    Theirs { ids, cursors }
}

pub fn document() -> Value {
    serde_json::to_value(orchestrator::http::openapi()).unwrap()
}

/// Paths without ids that are read page by page.
fn lists() -> Vec<String> {
    let document = document();
    let paged = |item: &Value| {
        let parameters = item["get"]["parameters"].as_array().cloned().unwrap_or_default();
        parameters.iter().any(|parameter| parameter["name"] == "cursor")
    };
    let paths = document["paths"].as_object().unwrap();
    paths
        .iter()
        .filter(|(path, item)| !path.contains('{') && paged(item))
        .map(|(path, _)| path.clone())
        .collect()
}

/// What a workspace shows its own people, of what others could change.
pub async fn seen_by(client: &Client, paths: &[String]) -> BTreeMap<String, String> {
    let mut seen = BTreeMap::new();
    for path in paths {
        let reply = client.get(path).await;
        assert_eq!(reply.status, StatusCode::OK, "{path}: {}", reply.text());
        seen.insert(path.clone(), reply.text());
    }
    seen
}
