//! Whatever another workspace's ids are put into, nothing of it comes back: the description is walked, and an
//! operation without a case fails.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::{Client, Desk, TestApp};
use serde_json::{Value, json};

use crate::planted;

/// A word of everything that is theirs, and of nothing that is ours.
const WORD: &str = "xylophone";
/// An id that nothing has.
const NEVER: &str = "019ab0f4-7c4e-7000-8000-000000000009";

/// What an operation is given of the other workspace, and what it has to say to that.
enum Case {
    /// Their id in the path, with this body: it does not exist.
    Missing(&'static str, Value),
    /// Their id in the path: as little is counted or listed of it as of one that never was.
    Nothing(&'static str),
    /// Lists, found by these queries and by their cursor: nothing of theirs.
    List(Vec<String>),
    /// Ids in the body: it does not exist.
    MissingInBody(Value),
    /// Ids in the body: an answer without anything of theirs.
    Silent(Value),
    /// Takes nothing of a workspace by name, and answers without anything of theirs.
    Plain,
    /// Of visitors, in the path: a token of ours opens nothing of theirs.
    Visitor(&'static str, Value),
    /// Of customers who signed in, in the path: a session of ours opens nothing of theirs, though both workspaces
    /// have a contact of the same address.
    Customer(&'static str, Value),
    /// The same without an id.
    OwnOfCustomer,
    /// Looked at below by itself.
    Apart,
}

/// What belongs to the other workspace, by what it is.
struct Theirs {
    ids: BTreeMap<&'static str, String>,
    cursors: BTreeMap<String, String>,
}

impl Theirs {
    fn id(&self, kind: &str) -> &str {
        self.ids.get(kind).unwrap_or_else(|| panic!("there is no {kind} of theirs"))
    }

    /// Every id that must not come back.
    fn assert_absent(&self, text: &str, what: &str) {
        assert!(!text.contains(WORD), "{what} tells of the other workspace: {text}");
        for (kind, id) in &self.ids {
            // A team and a role are known by names that are not secret in themselves.
            if !["team", "role"].contains(kind) {
                assert!(!text.contains(id.as_str()), "{what} names their {kind}: {text}");
            }
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

async fn plant(theirs: &Desk) -> Theirs {
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

fn document() -> Value {
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

fn case(operation: &str, theirs: &Theirs) -> Option<Case> {
    use Case::*;
    let id = |kind: &str| theirs.id(kind).to_owned();
    let (ticket, approval, run) = (id("ticket"), id("approval"), id("run"));
    let decision = json!({ "digest": "0", "decision": { "type": "approve" } });
    let why = json!({ "reason": "to look at it" });
    let query = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    };
    Some(match operation {
        "getTicket" | "listMessages" | "listEvents" | "getArticleOfTicket" | "listPaperCalls" => {
            Missing("ticket", Value::Null)
        }
        "comparePaperCall" => Missing("ticket", json!({ "same": true })),
        "changeTicket" => Missing("ticket", json!({ "priority": "high" })),
        "addMessage" => Missing("ticket", json!({ "body": "hello", "visibility": "internal" })),
        "reportEvent" => Missing("ticket", json!({ "name": "x" })),
        "sayPresence" => Missing("ticket", json!({ "doing": null })),
        "seeMentions" => Missing("ticket", json!({})),
        "turnTicketIntoArticle" => Missing("ticket", json!({})),
        "unmaskTicket" => Missing("ticket", why),
        "unmaskMessage" => Missing("ticket", why),
        "unmaskApproval" => Missing("approval", why),
        "getApproval" | "similarDecisions" | "claimApproval" | "releaseApproval" | "undoApprovalDecision" => {
            Missing("approval", Value::Null)
        }
        "assignApproval" => Missing("approval", json!({ "to": null })),
        "snoozeApproval" => Missing("approval", json!({ "until": null })),
        "removeApprovalView" => Missing("view", Value::Null),
        "addApprovalView" => {
            let narrowed = json!({ "customer_id": theirs.id("customer") });
            Silent(json!({ "name": "ours", "shared": false, "narrowed": narrowed }))
        }
        "delegateApprovals" => Silent(json!({ "to": theirs.id("person"), "until": "2030-01-01T00:00:00Z" })),
        "decideApproval" => Missing("approval", decision),
        "decideApprovals" => {
            let item = json!({ "approval_id": approval, "digest": "0", "decision": { "type": "approve" } });
            Silent(json!({ "items": [item] }))
        }
        "getCopilotThread" | "getCopilotTurn" => Missing("thread", Value::Null),
        "forgetCopilotThread" => Missing("thread", json!({})),
        "stopCopilot" => Missing("thread", json!({})),
        "askCopilot" => Missing("thread", json!({ "text": "What waits?" })),
        "listCopilotThreads" => List(Vec::new()),
        "beginCopilotThread" => Silent(json!({ "text": "What waits?" })),
        "getEvaluation" | "getEvaluationResult" | "listEvaluationResults" => {
            Missing("evaluation", Value::Null)
        }
        "makeEvaluationCase" => MissingInBody(json!({ "approval_id": approval })),
        "removeEvaluationCase" => Missing("case", json!({})),
        "listEvaluationCases" => List(Vec::new()),
        "getRun" | "replayRun" => Missing("run", Value::Null),
        "retryRun" => Missing("run", json!({})),
        "getCustomer" => Missing("customer", Value::Null),
        "getScan" => Missing("scan", Value::Null),
        "stopScan" => Missing("scan", json!({})),
        "getReplay" => Missing("replay", Value::Null),
        "stopReplay" => Missing("replay", json!({})),
        "getDocument"
        | "removeDocument"
        | "listDocumentVersions"
        | "getDocumentVersion"
        | "compareDocumentVersions" => Missing("document", Value::Null),
        "listUses" | "countFeedback" => Nothing("document"),
        "getSection" => Missing("chunk", Value::Null),
        "ratePassage" => Missing("chunk", json!({ "verdict": "helpful" })),
        "getPerson" => Missing("person", Value::Null),
        "changePerson" => Missing("person", json!({ "title": "Ours" })),
        "getTeam" | "removeTeam" => Missing("team", Value::Null),
        "addTeamMember" | "removeTeamMember" => Missing("team", json!({})),
        "removeRole" => Missing("role", Value::Null),
        "revokeInvitation" => Missing("invitation", Value::Null),
        "endSession" => Missing("session", Value::Null),
        "switchWorkspace" => MissingInBody(json!({ "workspace_id": theirs.id("workspace") })),
        "revokeApiKey" => Missing("key", Value::Null),
        "deactivateServiceAccount" => Missing("service", Value::Null),
        "closeBreaker" => {
            MissingInBody(json!({ "of": { "kind": "agent", "name": "resolution" }, "reason": "let it" }))
        }
        "makeApiKey" => MissingInBody(
            json!({ "name": "k", "scopes": ["read_tickets"], "service_account_id": theirs.id("service") }),
        ),
        "explainPolicy" => MissingInBody(json!({ "approval_id": approval })),
        "decideSuggestions" => Silent(json!({ "ids": [approval], "decision": "keep" })),
        "answerFromKnowledge" => Silent(json!({ "question": "Which colour has it?" })),
        "addDocument" => Silent(json!({ "slug": "ours", "markdown": "# Ours\n\nA drum." })),
        "listTickets" => List(vec![format!("q={WORD}"), query(&[("status", "open")])]),
        "listCustomers" => List(vec!["q=mira".to_owned()]),
        "listRuns" => List(vec![
            query(&[("ticket_id", &ticket)]),
            query(&[("about", &ticket)]),
            query(&[("status", "queued")]),
        ]),
        "listApprovals" => List(vec![
            query(&[("status", "pending")]),
            query(&[("mine", "true")]),
            query(&[("status", "pending"), ("text", WORD)]),
            query(&[("status", "pending"), ("customer_id", theirs.id("customer"))]),
            query(&[("status", "pending"), ("assignee", theirs.id("person"))]),
        ]),
        "listAudit" => List(vec![
            query(&[("actor", theirs.id("person"))]),
            query(&[("subject", &approval)]),
            query(&[("action", "api_key.made")]),
        ]),
        "listCreditEntries" => List(vec![query(&[("run_id", &run)])]),
        "searchKnowledge" => List(vec![
            format!("q=blue+{WORD}"),
            format!("q=blue+{WORD}&internal=true&customer_id={}", theirs.id("customer")),
        ]),
        "listDocuments"
        | "listScans"
        | "listSuggestions"
        | "listGaps"
        | "listRecalled"
        | "listSources"
        | "listDeliveries"
        | "listPolicyVersions"
        | "listPeople"
        | "listTeams"
        | "listApiKeys"
        | "listServiceAccounts" => List(Vec::new()),
        "getApprovalDesk"
        | "getApprovalMail"
        | "setApprovalMail"
        | "showOwnReviewQuality"
        | "showReviewQuality"
        | "showExercises"
        | "setExercises"
        | "listApprovalClaims"
        | "listEvaluations"
        | "publishEvaluation"
        | "exportEvaluationCases"
        | "listApprovalViews"
        | "countApprovals"
        | "endApprovalDelegation"
        | "listBreakers"
        | "showCredits"
        | "getPolicy"
        | "listTemplates"
        | "listFlaggedPassages"
        | "listRoles"
        | "showDesk"
        | "listHelpArticles"
        | "listAgents"
        | "showAgentFigures"
        | "listTools"
        | "getTool"
        | "getSystem"
        | "listProviders"
        | "testProvider"
        | "showChannels"
        | "putChatSites"
        | "resetChatSites"
        | "putPortal"
        | "listMentions"
        | "testEmail"
        | "getSession"
        | "verifyAudit"
        | "exportAudit"
        | "beginScan"
        | "beginReplay"
        | "makeServiceAccount"
        | "openTicket"
        | "openBreaker"
        | "dryRunTool"
        | "acceptTool"
        | "checkPolicy"
        | "dryRunPolicy"
        | "putPolicy"
        | "putRole"
        | "putTeam"
        | "addSource"
        | "addFiles" => Plain,
        "getConversation" | "streamConversation" => Visitor("ticket", Value::Null),
        "getHelpArticle" => Visitor("document", Value::Null),
        "rateAnswer" => Visitor("ticket", json!({ "message_id": theirs.id("message"), "helpful": true })),
        "writeToConversation" => Visitor("ticket", json!({ "message": "hello" })),
        "ratePassageInConversation" => {
            Visitor("ticket", json!({ "chunk_id": theirs.id("chunk"), "verdict": "helpful" }))
        }
        "getOwnTicket" => Customer("ticket", Value::Null),
        "writeOnOwnTicket" => Customer("ticket", json!({ "body": "hello" })),
        "closeOwnTicket" => Customer("ticket", json!({})),
        "rateOnOwnTicket" => {
            Customer("ticket", json!({ "message_id": theirs.id("message"), "helpful": true }))
        }
        "listOwnTickets" | "openOwnTicket" | "getCustomerSession" => OwnOfCustomer,
        "askForCustomerLink" | "signInCustomer" | "signOutCustomer" => Plain,
        "addContact" => Missing("customer", json!({ "email": "sam@example.com", "name": "Sam" })),
        // A link is bound to its workspace: `approval_link.rs`.
        "stream" | "getPolicyVersion" | "getLinkedApproval" | "decideByLink" | "undoByLink" => Apart,
        "listInvitations"
        | "invite"
        | "lookAtInvitation"
        | "acceptInvitation"
        | "signInOptions"
        | "requestPasswordReset"
        | "resetPassword"
        | "beginPasskeySignIn"
        | "signInWithPasskey"
        | "beginCompanySignIn"
        | "finishCompanySignIn"
        | "getAccount"
        | "renameAccount"
        | "changePassword"
        | "beginTotp"
        | "confirmTotp"
        | "removeTotp"
        | "makeRecoveryCodes"
        | "beginPasskey"
        | "addPasskey"
        | "listSessions"
        | "endOtherSessions" => Plain,
        "signIn" | "signOut" | "startConversation" | "health" | "ready" | "metrics" | "receiveEmail" => Plain,
        "renamePasskey" => Missing("passkey", json!({ "name": "Ours" })),
        "removePasskey" => Missing("passkey", json!({})),
        "retryDelivery" => Missing("delivery", json!({})),
        "getSource" => Missing("source", Value::Null),
        "removeSource" | "syncSource" => Missing("source", json!({})),
        "dismissGap" | "draftArticle" | "turnGapIntoArticle" => Missing("gap", json!({})),
        "proposeFollowUp" => Missing("citation", json!({})),
        "showAutonomy" => List(vec!["ceiling=0.1".to_owned()]),
        "showAutonomyCell" => List(vec!["tool=reply_to_customer".to_owned()]),
        "exportResolutions" => List(vec!["format=jsonl".to_owned(), "format=csv".to_owned()]),
        "setAutonomyLevel" => {
            Silent(json!({ "tool": "reply_to_customer", "level": "ask", "version": 0, "why": "so" }))
        }
        _ => return None,
    })
}

async fn send(client: &Client, method: &str, path: &str, body: &Value) -> orchestrator::testing::app::Reply {
    client.send(method, path, (!body.is_null()).then_some(body)).await
}

#[tokio::test]
async fn no_operation_gives_anything_of_another_workspace() {
    let app = TestApp::start().await;
    let desk = app.another_workspace().await;
    let theirs = plant(&desk).await;
    let (us, them) = (app.user(Role::Owner).await, desk.user(Role::Owner).await);
    app.open_ticket("Ours").await;
    let started = json!({ "message": "Hello", "workspace": "north" });
    let started = app.nobody().post("/v1/conversations", &started).await.json(StatusCode::CREATED);
    let visitor = app.bearer(&text(&started["token"]));
    // Theirs has a contact of this address as well.
    let customer = app.customer("mira@example.com").await;
    let description = document();
    let mut walked = 0;
    for (path, item) in description["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(name) = operation["operationId"].as_str() else { continue };
            let method = method.to_uppercase();
            let case = case(name, &theirs).unwrap_or_else(|| panic!("{name} has no case: add one"));
            let filled = |kind: &str| {
                path.replace("{id}", theirs.id(kind))
                    .replace("{message_id}", theirs.id("message"))
                    .replace("{user_id}", theirs.id("person"))
                    .replace("{name}", theirs.id(if kind == "role" { "role" } else { "team" }))
                    .replace("{version}", "1")
                    .replace("{seq}", "0")
                    .replace("{paper_id}", theirs.id("approval"))
                    .replace("{slug}", "xylophone")
            };
            walked += 1;
            match case {
                Case::Missing(kind, body) => {
                    let path = filled(kind);
                    // Reading must work for its own people, or the case says nothing.
                    if method == "GET" {
                        let own = them.get(&path).await.status;
                        assert_ne!(own, StatusCode::NOT_FOUND, "{name}: {path} exists for its own people");
                    }
                    let reply = send(&us, &method, &path, &body).await;
                    assert_eq!(reply.status, StatusCode::NOT_FOUND, "{name}: {}", reply.text());
                    assert!(!reply.text().contains(WORD), "{name}: {}", reply.text());
                }
                Case::Nothing(kind) => {
                    let path = filled(kind);
                    let reply = us.get(&path).await;
                    let never = us.get(&path.replace(theirs.id(kind), NEVER)).await;
                    assert_eq!((reply.status, reply.text()), (never.status, never.text()), "{name}");
                    theirs.assert_absent(&reply.text(), name);
                }
                Case::MissingInBody(body) => {
                    let reply = send(&us, &method, path, &body).await;
                    assert_eq!(reply.status, StatusCode::NOT_FOUND, "{name}: {}", reply.text());
                    assert!(!reply.text().contains(WORD), "{name}: {}", reply.text());
                }
                Case::Silent(body) => {
                    let reply = send(&us, &method, path, &body).await;
                    assert!(!reply.text().contains(WORD), "{name}: {}", reply.text());
                    let sent = body.to_string();
                    for (kind, id) in theirs.ids.iter().filter(|(_, id)| !sent.contains(id.as_str())) {
                        assert!(!reply.text().contains(id.as_str()), "{name} names their {kind}");
                    }
                }
                Case::List(queries) => {
                    let cursor = theirs.cursors.get(path).map(|cursor| format!("cursor={cursor}"));
                    for query in queries.into_iter().chain([String::new()]).chain(cursor) {
                        let asked = format!("{path}?{query}");
                        let reply = us.get(&asked).await;
                        let known =
                            [StatusCode::OK, StatusCode::BAD_REQUEST, StatusCode::UNPROCESSABLE_ENTITY];
                        assert!(known.contains(&reply.status), "{asked}: {} {}", reply.status, reply.text());
                        theirs.assert_absent(&reply.text(), &asked);
                    }
                }
                Case::Plain if method == "GET" => {
                    let path = path.replace("{name}", "add_note");
                    theirs.assert_absent(&us.get(&path).await.text(), &path);
                }
                Case::Visitor(kind, body) => {
                    let path = filled(kind);
                    let reply = send(&visitor, &method, &path, &body).await;
                    let shut = [StatusCode::NOT_FOUND, StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN];
                    assert!(shut.contains(&reply.status), "{name}: {} {}", reply.status, reply.text());
                }
                Case::Customer(kind, body) => {
                    let reply = send(&customer, &method, &filled(kind), &body).await;
                    assert_eq!(reply.status, StatusCode::NOT_FOUND, "{name}: {}", reply.text());
                    theirs.assert_absent(&reply.text(), name);
                }
                Case::OwnOfCustomer => {
                    let body = json!({ "subject": "Ours", "body": "A drum." });
                    let reply = send(&customer, &method, path, &body).await;
                    assert!(reply.status.is_success(), "{name}: {}", reply.text());
                    theirs.assert_absent(&reply.text(), name);
                }
                Case::Plain | Case::Apart => {}
            }
        }
    }
    assert!(walked > 90, "{walked} operations were walked");
    let export = us.get("/v1/audit/export?format=csv").await;
    theirs.assert_absent(&export.text(), "the export");
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
