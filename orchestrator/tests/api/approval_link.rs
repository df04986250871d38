//! An approval by the link in a mail: bound to its person, its approval and what was mailed; asked for anew at the
//! moment of the decision; and nothing that only looks decides.

use std::time::Duration;

use axum::http::StatusCode;
use domain::{
    Clock as _,
    approval::Approval,
    approval_mail::ApprovalMail,
    canonical::Digest,
    permission::{Permission, Permissions},
    user::{Role, User},
};
use orchestrator::{
    channels::approval_mail::offer,
    sign_in::{APPROVAL_LINK_PREFIX, Link},
    testing::app::{Client, Desk, PASSWORD, TestApp, id},
};
use serde_json::{Value, json};
use totp_rs::Totp;

const SHOW: &str = "/v1/approval-link";
const DECIDE: &str = "/v1/approval-link/decision";
const UNDO: &str = "/v1/approval-link/undo";

async fn person(desk: &Desk, role: Role) -> User {
    desk.store.user(desk.user_id(role)).await.unwrap().unwrap()
}

async fn stored(desk: &Desk, approval: &Value) -> Approval {
    desk.store.approval(id(&approval["id"])).await.unwrap().unwrap()
}

/// What stands behind `#` in the mail to the person of this role.
async fn mailed(app: &TestApp, role: Role, approval: &Value) -> String {
    let user = person(app, role).await;
    let link = offer(&app.app, &app.store, &user, &stored(app, approval).await).await.unwrap();
    let link = link.expect("a link");
    let (address, token) = link.split_once('#').unwrap();
    assert_eq!(address, "http://127.0.0.1:8080/decide");
    token.to_owned()
}

fn approve(approval: &Value) -> Value {
    json!({ "digest": approval["digest"], "decision": { "type": "approve" } })
}

/// A proposal, and a reviewer's link to it.
async fn linked(app: &TestApp) -> (Value, Client) {
    let approval = app.propose(&app.open_ticket("A torn tent").await).await;
    let token = mailed(app, Role::Reviewer, &approval).await;
    (approval, app.bearer(&token))
}

async fn status(app: &TestApp, approval: &Value) -> String {
    stored(app, approval).await.status.as_str().to_owned()
}

async fn state(holder: &Client) -> (String, String) {
    let view = holder.get(SHOW).await.json(StatusCode::OK);
    if view["state"] != "open" {
        assert_eq!(view["view"], Value::Null, "what cannot be decided is not shown: {view}");
    }
    (view["state"].as_str().unwrap().to_owned(), view["detail"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_link_shows_what_a_reviewer_sees_and_decides_once_as_its_person() {
    let app = TestApp::start().await;
    let (approval, holder) = linked(&app).await;
    let view = holder.get(SHOW).await.json(StatusCode::OK);
    assert_eq!((&view["state"], &view["person"]), (&json!("open"), &json!("reviewer Person")));
    let path = format!("/v1/approvals/{}", approval["id"].as_str().unwrap());
    let mut console = app.user(Role::Reviewer).await.get(&path).await.json(StatusCode::OK);
    // A link decides and hands nothing on, so it does not say to whom.
    console["eligible"] = json!([]);
    assert_eq!(view["view"], console, "the same as in the console");
    let after = holder.post(DECIDE, &approve(&approval)).await.json(StatusCode::OK);
    assert_eq!(after["state"], "decided");
    assert_eq!((&after["decision"]["by_you"], &after["decision"]["kind"]), (&json!(true), &json!("approve")));
    assert_eq!(status(&app, &approval).await, "approved");
    let twice = holder.post(DECIDE, &approve(&approval)).await.problem(StatusCode::CONFLICT);
    assert!(twice["detail"].as_str().unwrap().contains("This link is used up"), "{twice}");
    let shown = app.user(Role::Admin).await.get(&path).await.json(StatusCode::OK);
    assert_eq!(shown["decisions"][0]["user_id"], json!(app.user_id(Role::Reviewer)));
    let audit =
        app.user(Role::Owner).await.get("/v1/audit?action=approval.decided").await.json(StatusCode::OK);
    assert_eq!(audit["items"][0]["detail"]["by_link"], true, "{audit}");
}

#[tokio::test]
async fn looking_at_a_link_in_any_way_decides_nothing() {
    let app = TestApp::start().await;
    let (approval, holder) = linked(&app).await;
    let browser = holder.with("sec-fetch-site", "none").with("purpose", "prefetch");
    for path in [SHOW, DECIDE, UNDO] {
        for method in ["GET", "OPTIONS", "PROPFIND"] {
            for client in [&holder, &browser] {
                if path == SHOW && method == "GET" {
                    client.get(path).await.json(StatusCode::OK);
                } else {
                    let reply = client.send(method, path, None).await;
                    assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
                }
            }
        }
    }
    // Whatever stands in an address is of no use: the secret is a header.
    for path in ["/decide?approve=1", "/v1/approval-link/decision?decision=approve"] {
        app.nobody().get(path).await;
    }
    // Another site's page cannot send it, whatever it holds.
    let other = holder.with("sec-fetch-site", "cross-site").post(DECIDE, &approve(&approval)).await;
    other.problem(StatusCode::FORBIDDEN);
    assert_eq!(status(&app, &approval).await, "pending");
    assert!(app.store.approval_claims(app.clock.now()).await.unwrap().is_empty());
    assert_eq!(state(&holder).await.0, "open");
}

#[tokio::test]
async fn a_refusal_takes_a_reason_and_edits_take_the_console() {
    let app = TestApp::start().await;
    let (approval, holder) = linked(&app).await;
    let send = async |decision: Value| {
        holder.post(DECIDE, &json!({ "digest": approval["digest"], "decision": decision })).await
    };
    send(json!({"type": "reject", "reason": " "})).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    for other in [
        json!({"type": "edit", "args": {"body": "Mine"}}),
        json!({"type": "respond", "message": "x"}),
        json!({"type": "escalate", "reason": "x"}),
    ] {
        send(other).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(status(&app, &approval).await, "pending");
    let wrong = json!({ "digest": Digest::of("else"), "decision": { "type": "approve" } });
    let drifted = holder.post(DECIDE, &wrong).await.problem(StatusCode::CONFLICT);
    assert!(drifted["detail"].as_str().unwrap().contains("what you saw"), "{drifted}");
    let after = send(json!({"type": "reject", "reason": "The photos show wear."})).await.json(StatusCode::OK);
    assert_eq!(after["decision"]["kind"], "reject");
    let decision = app.store.decisions(id(&approval["id"])).await.unwrap().remove(0);
    assert!(decision.by_link);
    assert_eq!(serde_json::to_value(decision.kind).unwrap()["reason"], "The photos show wear.");
}

#[tokio::test]
async fn the_first_decision_is_taken_wherever_it_comes_from() {
    let app = TestApp::start().await;
    let (approval, holder) = linked(&app).await;
    let admin = app.user(Role::Admin).await;
    let path = format!("/v1/approvals/{}/decisions", approval["id"].as_str().unwrap());
    let body = approve(&approval);
    let (one, two) = tokio::join!(holder.post(DECIDE, &body), admin.post(&path, &body));
    let taken = [one.status, two.status].iter().filter(|status| **status == StatusCode::OK).count();
    assert_eq!(taken, 1, "{} {}", one.text(), two.text());
    let (approval, holder) = linked(&app).await;
    let path = format!("/v1/approvals/{}/decisions", approval["id"].as_str().unwrap());
    admin.post(&path, &approve(&approval)).await.json(StatusCode::OK);
    let late = holder.post(DECIDE, &approve(&approval)).await.problem(StatusCode::CONFLICT);
    let detail = late["detail"].as_str().unwrap();
    assert!(detail.contains("Somebody else was first") && detail.contains("admin Person"), "{detail}");
    let view = holder.get(SHOW).await.json(StatusCode::OK);
    assert_eq!(
        (&view["decision"]["by"], &view["decision"]["by_you"]),
        (&json!("admin Person"), &json!(false))
    );
}

#[tokio::test]
async fn a_decision_by_link_can_be_taken_back_as_long_as_any_other() {
    let app = TestApp::start_with("[approvals]\nundo_seconds = 30").await;
    let (approval, holder) = linked(&app).await;
    let after = holder.post(DECIDE, &approve(&approval)).await.json(StatusCode::OK);
    assert!(after["decision"]["undo_until"].is_string(), "{after}");
    let back = holder.post(UNDO, &json!({})).await.json(StatusCode::OK);
    assert_eq!(back["state"], "open");
    assert_eq!(status(&app, &approval).await, "pending");
    holder.post(DECIDE, &approve(&approval)).await.json(StatusCode::OK);
    app.clock.forward(Duration::from_secs(30));
    holder.post(UNDO, &json!({})).await.problem(StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_has_become_of_a_proposal_is_said_in_words_of_its_own() {
    let app = TestApp::start().await;
    // Too late.
    let (approval, holder) = linked(&app).await;
    app.clock.forward(Duration::from_secs(2 * 24 * 3600));
    let (said, detail) = state(&holder).await;
    assert_eq!(said, "expired", "{detail}");
    holder.post(DECIDE, &approve(&approval)).await.problem(StatusCode::CONFLICT);
    // The customer wrote again.
    let opened = app.open_ticket("Drift").await;
    let approval = app.propose(&opened).await;
    let holder = app.bearer(&mailed(&app, Role::Reviewer, &approval).await);
    let path = format!("/v1/tickets/{}/messages", opened["ticket"]["id"].as_str().unwrap());
    let more = json!({"body": "Never mind!", "from": "customer"});
    app.key(Role::Agent).post(&path, &more).await.json(StatusCode::CREATED);
    let (said, detail) = state(&holder).await;
    assert_eq!(said, "superseded");
    assert!(detail.contains("customer"), "{detail}");
    holder.post(DECIDE, &approve(&approval)).await.problem(StatusCode::CONFLICT);
    // Another proposal than was mailed.
    let approval = app.propose(&app.open_ticket("Changed").await).await;
    let link = Link::naming(APPROVAL_LINK_PREFIX, &*app.app.ids, app.workspace);
    let mail = ApprovalMail {
        approval_id: id(&approval["id"]),
        user_id: app.user_id(Role::Reviewer),
        sha256: Some(link.sha256.clone()),
        listed: false,
        digest: Digest::of("something else"),
        created_at: app.clock.now(),
        sent_at: None,
        expires_at: stored(&app, &approval).await.expires_at,
    };
    assert_eq!(app.store.begin_mails(vec![mail]).await.unwrap().len(), 1);
    let holder = app.bearer(&link.token);
    assert_eq!(state(&holder).await.0, "changed");
    holder.post(DECIDE, &approve(&approval)).await.problem(StatusCode::CONFLICT);
    assert_eq!(status(&app, &approval).await, "pending");
}

#[tokio::test]
async fn a_link_opens_nothing_elsewhere_or_when_it_is_not_whole() {
    let app = TestApp::start().await;
    let south = app.another_workspace().await;
    let (approval, _) = linked(&app).await;
    let token = mailed(&app, Role::Admin, &approval).await;
    let ours = app.workspace.0.simple().to_string();
    for foreign in [
        token.replace(&ours, &south.workspace.0.simple().to_string()),
        token[..token.len() - 1].to_owned(),
        format!("{}0", &token[..token.len() - 1]),
        token.to_uppercase(),
        "ca_".to_owned(),
    ] {
        if foreign == token {
            continue;
        }
        let refused = app.bearer(&foreign).get(SHOW).await.problem(StatusCode::UNAUTHORIZED);
        assert!(refused["detail"].as_str().unwrap().contains("this link opens nothing"), "{refused}");
    }
    app.nobody().get(SHOW).await.problem(StatusCode::UNAUTHORIZED);
    // It is no key: nothing else takes it.
    app.bearer(&token).get("/v1/approvals").await.problem(StatusCode::UNAUTHORIZED);
    assert_eq!(state(&app.bearer(&token)).await.0, "open");
}

#[tokio::test]
async fn who_may_not_any_more_is_refused_at_the_moment_of_the_decision() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let change = async |role: Role, form: Value| {
        let path = format!("/v1/people/{}", app.user_id(role));
        admin.patch(&path, &form).await.json(StatusCode::OK);
    };
    let (approval, holder) = linked(&app).await;
    change(Role::Reviewer, json!({ "role": "viewer" })).await;
    let refused = holder.post(DECIDE, &approve(&approval)).await.problem(StatusCode::FORBIDDEN);
    assert!(refused["detail"].as_str().unwrap().contains("your role, viewer"), "{refused}");
    // A role that still decides, but is not asked.
    change(Role::Reviewer, json!({ "role": "agent" })).await;
    let (said, detail) = state(&holder).await;
    assert_eq!(said, "not_asked", "{detail}");
    holder.post(DECIDE, &approve(&approval)).await.problem(StatusCode::CONFLICT);
    change(Role::Reviewer, json!({ "role": "reviewer" })).await;
    assert_eq!(state(&holder).await.0, "open");
    change(Role::Reviewer, json!({ "active": false })).await;
    holder.post(DECIDE, &approve(&approval)).await.problem(StatusCode::UNAUTHORIZED);
    change(Role::Reviewer, json!({ "active": true })).await;
    holder.get(SHOW).await.problem(StatusCode::UNAUTHORIZED);
    assert_eq!(status(&app, &approval).await, "pending");
}

#[tokio::test]
async fn links_end_with_a_password_with_other_sessions_and_with_mails() {
    let app = TestApp::start().await;
    let reviewer = app.user(Role::Reviewer).await;
    let new = json!({"password": PASSWORD, "new_password": "a password nobody guesses"});
    let (_, holder) = linked(&app).await;
    assert_eq!(reviewer.post("/v1/account/password", &new).await.status, StatusCode::NO_CONTENT);
    holder.get(SHOW).await.problem(StatusCode::UNAUTHORIZED);
    let (_, holder) = linked(&app).await;
    reviewer.delete("/v1/sessions").await.json(StatusCode::OK);
    holder.get(SHOW).await.problem(StatusCode::UNAUTHORIZED);
    let (approval, holder) = linked(&app).await;
    let other = app.bearer(&mailed(&app, Role::Admin, &approval).await);
    let set = reviewer.put("/v1/approvals/mail", &json!({ "mailed": "pressing" })).await.json(StatusCode::OK);
    assert_eq!(
        (&set["mailed"], &set["possible"], &set["by_link"]),
        (&json!("pressing"), &json!(false), &json!(true))
    );
    assert_eq!(state(&holder).await.0, "open");
    let off = reviewer.put("/v1/approvals/mail", &json!({ "mailed": null })).await.json(StatusCode::OK);
    assert_eq!(off["mailed"], Value::Null);
    holder.get(SHOW).await.problem(StatusCode::UNAUTHORIZED);
    assert_eq!(state(&other).await.0, "open", "another person's link goes on");
    app.user(Role::Viewer).await.get("/v1/approvals/mail").await.problem(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn whoever_signs_in_with_a_second_factor_decides_in_the_console() {
    let app = TestApp::start().await;
    let (approval, holder) = linked(&app).await;
    let reviewer = app.user(Role::Reviewer).await;
    let set = json!({"password": PASSWORD});
    let set = reviewer.post("/v1/account/totp", &set).await.json(StatusCode::OK);
    let now = u64::try_from(app.clock.now().0 / 1_000_000).unwrap();
    let code = Totp::from_url(set["url"].as_str().unwrap()).unwrap().generate(now).to_string();
    reviewer.post("/v1/account/totp/confirm", &json!({ "code": code })).await.json(StatusCode::OK);
    assert_eq!(state(&holder).await.0, "console");
    holder.post(DECIDE, &approve(&approval)).await.problem(StatusCode::CONFLICT);
    let user = person(&app, Role::Reviewer).await;
    let another = app.propose(&app.open_ticket("Another").await).await;
    let none = offer(&app.app, &app.store, &user, &stored(&app, &another).await).await.unwrap();
    assert_eq!(none, None, "no link is made");
    let app = TestApp::start_with("[approvals]\nmail = { links = false }").await;
    let approval = app.propose(&app.open_ticket("No links").await).await;
    let user = person(&app, Role::Reviewer).await;
    assert_eq!(offer(&app.app, &app.store, &user, &stored(&app, &approval).await).await.unwrap(), None);
}

#[tokio::test]
async fn whoever_sees_masks_sees_them_by_link_too() {
    let app = TestApp::start().await;
    let permissions: Permissions =
        [Permission::ReadApprovals, Permission::DecideApprovals].into_iter().collect();
    app.person_with("decider", permissions).await;
    let opened = app.open_ticket("Secret").await;
    let role = Role::parse("decider").unwrap();
    let approval = app.propose_asking(&opened, role, "Mira Halloran, write to jane@example.com.").await;
    let user = app.store.users().await.unwrap().into_iter().find(|user| user.email.starts_with("decider@"));
    let user = user.unwrap();
    let link = offer(&app.app, &app.store, &user, &stored(&app, &approval).await).await.unwrap().unwrap();
    let holder = app.bearer(link.split_once('#').unwrap().1);
    let reply = holder.get(SHOW).await;
    let view = reply.json(StatusCode::OK);
    assert_eq!(view["state"], "open", "{view}");
    assert_eq!(view["view"]["approval"]["preview"]["body"], "M. H., write to j•••@e•••.com.");
    assert!(!reply.text().contains("jane@example.com") && !reply.text().contains("Halloran"), "{view}");
    holder.post(DECIDE, &approve(&approval)).await.json(StatusCode::OK);
}
