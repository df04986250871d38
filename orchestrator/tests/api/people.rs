//! Colleagues, roles of one's own, teams and keys: nobody gives what they do not hold.

use axum::http::StatusCode;
use domain::{
    audit::AuditAction,
    permission::{Permission, Permissions},
    user::Role,
};
use orchestrator::testing::app::{Client, TestApp};
use serde_json::{Value, json};
use store::AuditFilter;

async fn told(app: &TestApp, action: AuditAction) -> usize {
    let filter = AuditFilter { action: Some(action), ..AuditFilter::default() };
    app.store.audit_entries(&filter, None, 100).await.unwrap().len()
}

async fn patch(client: &Client, app: &TestApp, role: Role, form: Value) -> orchestrator::testing::app::Reply {
    client.send("PATCH", &format!("/v1/people/{}", app.user_id(role)), Some(&form)).await
}

#[tokio::test]
async fn a_colleague_gets_no_role_that_may_more_than_who_gives_it() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.user(Role::Owner).await, app.user(Role::Admin).await);
    let all = admin.get("/v1/people").await.json(StatusCode::OK);
    assert_eq!(all["items"].as_array().unwrap().len(), 6);
    assert_eq!(admin.all("/v1/people", 2).await.len(), 6);

    let raised = patch(&admin, &app, Role::Agent, json!({ "role": "owner" })).await;
    assert!(raised.problem(StatusCode::FORBIDDEN)["detail"].as_str().unwrap().contains("manage_roles"));
    patch(&admin, &app, Role::Owner, json!({ "role": "viewer" })).await.problem(StatusCode::FORBIDDEN);
    patch(&owner, &app, Role::Owner, json!({ "role": "viewer" })).await.problem(StatusCode::CONFLICT);
    patch(&admin, &app, Role::Admin, json!({ "active": false })).await.problem(StatusCode::CONFLICT);
    patch(&admin, &app, Role::Agent, json!({ "role": "nowhere" }))
        .await
        .problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(told(&app, AuditAction::PersonChanged).await, 0);

    let agent = app.user(Role::Agent).await;
    agent.get("/v1/audit").await.problem(StatusCode::FORBIDDEN);
    let raised = patch(&admin, &app, Role::Agent, json!({ "role": "admin", "title": "Lead" })).await;
    let raised = raised.json(StatusCode::OK);
    assert_eq!((raised["role"].as_str(), raised["title"].as_str()), (Some("admin"), Some("Lead")));
    agent.get("/v1/audit").await.json(StatusCode::OK);

    let out = patch(&admin, &app, Role::Agent, json!({ "active": false })).await.json(StatusCode::OK);
    assert!(out["deactivated_at"].is_string());
    agent.get("/v1/session").await.problem(StatusCode::UNAUTHORIZED);
    let form = json!({ "email": app.email(Role::Agent), "password": orchestrator::testing::app::PASSWORD });
    app.nobody().post("/v1/session", &form).await.problem(StatusCode::UNAUTHORIZED);
    assert_eq!(told(&app, AuditAction::PersonChanged).await, 2);
    assert!(app.store.verify_audit().await.unwrap().broken.is_none());
}

#[tokio::test]
async fn a_role_of_ones_own_has_what_its_maker_holds() {
    let app = TestApp::start().await;
    let owner = app.user(Role::Owner).await;
    let put = |permissions: Value| json!({ "description": "Refunds alone", "permissions": permissions });
    let path = "/v1/roles/refund_desk";
    let fit = put(json!(["read_approvals", "decide_approvals"]));
    let made = owner.put(path, &fit).await.json(StatusCode::OK);
    assert_eq!((made["name"].as_str(), made["built_in"].as_bool()), (Some("refund_desk"), Some(false)));
    for unfit in [json!([]), json!(["redact"]), json!(["fly"])] {
        owner.put(path, &put(unfit)).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    owner.put("/v1/roles/admin", &fit).await.problem(StatusCode::CONFLICT);
    app.user(Role::Admin).await.put(path, &fit).await.problem(StatusCode::FORBIDDEN);
    let only_roles = app.person_with("maker", [Permission::ManageRoles].into_iter().collect()).await;
    let problem = only_roles.put("/v1/roles/more", &fit).await.problem(StatusCode::FORBIDDEN);
    assert!(problem["detail"].as_str().unwrap().contains("read_approvals"), "{problem}");

    let matrix = app.user(Role::Viewer).await.get("/v1/roles").await.json(StatusCode::OK);
    assert_eq!(matrix["permissions"].as_array().unwrap().len(), Permission::ALL.len());
    let names: Vec<&str> =
        matrix["roles"].as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect();
    assert_eq!(names[..6], ["viewer", "light_agent", "agent", "reviewer", "admin", "owner"]);
    assert!(names.contains(&"refund_desk"));

    patch(&owner, &app, Role::Agent, json!({ "role": "refund_desk" })).await.json(StatusCode::OK);
    let agent = app.user(Role::Agent).await;
    agent.get("/v1/approvals").await.json(StatusCode::OK);
    agent.get("/v1/tickets").await.problem(StatusCode::FORBIDDEN);
    owner.delete(path).await.problem(StatusCode::CONFLICT);
    owner.put(path, &put(json!(["read_tickets"]))).await.json(StatusCode::OK);
    agent.get("/v1/tickets").await.json(StatusCode::OK);
    agent.get("/v1/approvals").await.problem(StatusCode::FORBIDDEN);
    patch(&owner, &app, Role::Agent, json!({ "role": "agent" })).await.json(StatusCode::OK);
    assert_eq!(owner.delete(path).await.status, StatusCode::NO_CONTENT);
    owner.delete(path).await.problem(StatusCode::NOT_FOUND);
    assert_eq!(told(&app, AuditAction::RoleRemoved).await, 1);
}

#[tokio::test]
async fn a_key_has_scopes_of_its_maker_is_shown_once_and_stops() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let form = json!({ "name": "shop", "description": "orders" });
    let service = admin.post("/v1/service-accounts", &form).await.json(StatusCode::CREATED);
    let make = |scopes: Value, days: Option<u32>, of: &Value| json!({ "name": "a key", "scopes": scopes, "service_account_id": of, "expires_in_days": days });
    for unfit in [json!([]), json!(["decide_approvals"]), json!(["fly"])] {
        let reply = admin.post("/v1/api-keys", &make(unfit, None, &Value::Null)).await;
        reply.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let small = [Permission::ManageKeys, Permission::SeePersonalData].into_iter().collect::<Permissions>();
    let small = app.person_with("keeper", small).await;
    let beyond = small.post("/v1/api-keys", &make(json!(["read_tickets"]), None, &Value::Null)).await;
    assert!(beyond.problem(StatusCode::FORBIDDEN)["detail"].as_str().unwrap().contains("read_tickets"));
    app.key(Role::Owner).get("/v1/api-keys").await.problem(StatusCode::FORBIDDEN);

    let scopes = json!(["read_tickets", "see_personal_data"]);
    let theirs = make(scopes.clone(), Some(1), &service["id"]);
    let theirs = admin.post("/v1/api-keys", &theirs).await.json(StatusCode::CREATED);
    let own =
        admin.post("/v1/api-keys", &make(scopes.clone(), None, &Value::Null)).await.json(StatusCode::CREATED);
    assert_eq!(own["key"]["user_id"], app.user_id(Role::Admin).to_string());
    let token = |made: &Value| made["token"].as_str().unwrap().to_owned();
    assert!(token(&own).starts_with(own["key"]["hint"].as_str().unwrap()));
    let (key, mine) = (app.bearer(&token(&theirs)), app.bearer(&token(&own)));
    key.get("/v1/tickets").await.json(StatusCode::OK);
    let problem = key.get("/v1/runs").await.problem(StatusCode::FORBIDDEN);
    assert!(problem["detail"].as_str().unwrap().contains("read_runs"), "{problem}");
    assert_eq!(key.get("/v1/session").await.json(StatusCode::OK)["permissions"], scopes);
    let listed = admin.get("/v1/api-keys").await;
    assert!(!listed.text().contains(&token(&own)), "a key is shown once");

    // To the hour, and not on the way of a request.
    app.until("the use is noted", async || {
        let keys = app.store.api_keys(100, None).await.unwrap().items;
        keys.iter().any(|key| key.name == "a key" && key.last_used_at.is_some()).then_some(())
    })
    .await;
    app.clock.forward(std::time::Duration::from_secs(25 * 3600));
    key.get("/v1/tickets").await.problem(StatusCode::UNAUTHORIZED);
    mine.get("/v1/tickets").await.json(StatusCode::OK);

    // A person's key may no more than the person.
    let owner = app.user(Role::Owner).await;
    let without = json!({ "description": "", "permissions": ["read_runs"] });
    owner.put("/v1/roles/runner", &without).await.json(StatusCode::OK);
    patch(&owner, &app, Role::Admin, json!({ "role": "runner" })).await.json(StatusCode::OK);
    mine.get("/v1/tickets").await.problem(StatusCode::FORBIDDEN);
    patch(&owner, &app, Role::Admin, json!({ "role": "admin" })).await.json(StatusCode::OK);
    mine.get("/v1/tickets").await.json(StatusCode::OK);
    let path = format!("/v1/api-keys/{}", own["key"]["id"].as_str().unwrap());
    assert_eq!(owner.delete(&path).await.status, StatusCode::NO_CONTENT);
    mine.get("/v1/tickets").await.problem(StatusCode::UNAUTHORIZED);
    owner.delete(&path).await.problem(StatusCode::NOT_FOUND);
    let path = format!("/v1/service-accounts/{}", service["id"].as_str().unwrap());
    assert_eq!(owner.delete(&path).await.status, StatusCode::NO_CONTENT);
    let gone = owner.post("/v1/api-keys", &make(scopes, None, &service["id"])).await;
    gone.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_team_that_is_asked_decides_and_others_are_told_why_not() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let made = admin.put("/v1/teams/refunds", &json!({ "description": "Money back" })).await;
    assert_eq!(made.json(StatusCode::OK)["members"], json!([]));
    let ticket = app.open_ticket("Refund").await;
    let asked = app.propose_to(&ticket, Some("refunds")).await;
    let (id, digest) = (asked["id"].as_str().unwrap(), &asked["digest"]);
    let reviewer = app.user(Role::Reviewer).await;
    let shown = reviewer.get(&format!("/v1/approvals/{id}")).await.json(StatusCode::OK);
    assert_eq!(shown["may_decide"], false);
    assert!(shown["may_not"].as_str().unwrap().contains("team refunds"), "{shown}");
    let decide = json!({ "digest": digest, "decision": { "type": "approve" } });
    let path = format!("/v1/approvals/{id}/decisions");
    reviewer.post(&path, &decide).await.problem(StatusCode::FORBIDDEN);
    let mine = async || reviewer.get("/v1/approvals?mine=true").await.json(StatusCode::OK)["items"].clone();
    assert_eq!(mine().await, json!([]));

    let member = format!("/v1/teams/refunds/members/{}", app.user_id(Role::Reviewer));
    let team = admin.put(&member, &json!({})).await.json(StatusCode::OK);
    assert_eq!(team["members"][0]["role"], "reviewer");
    assert_eq!(mine().await[0]["may_decide"], true);
    let shown = reviewer.get(&format!("/v1/approvals/{id}")).await.json(StatusCode::OK);
    assert_eq!((&shown["may_decide"], &shown["may_not"]), (&json!(true), &Value::Null));
    reviewer.post(&path, &decide).await.json(StatusCode::OK);
    let shown = reviewer.get(&format!("/v1/approvals/{id}")).await.json(StatusCode::OK);
    assert_eq!(shown["may_decide"], false);

    let out = admin.delete(&member).await.json(StatusCode::OK);
    assert_eq!(out["members"], json!([]));
    let unknown = format!("/v1/teams/refunds/members/{id}");
    admin.put(&unknown, &json!({})).await.problem(StatusCode::NOT_FOUND);
    assert_eq!(admin.delete("/v1/teams/refunds").await.status, StatusCode::NO_CONTENT);
    admin.get("/v1/teams/refunds").await.problem(StatusCode::NOT_FOUND);
    admin.get("/v1/teams?cursor=No%20Team").await.problem(StatusCode::BAD_REQUEST);
    assert_eq!(told(&app, AuditAction::TeamStored).await, 3);
}

#[tokio::test]
async fn a_policy_asks_roles_and_teams_that_there_are() {
    let app = TestApp::start().await;
    let owner = app.user(Role::Owner).await;
    let policy = |ask: &str| {
        let text = format!("[default]\n{ask}\nquorum = 1\nttl_minutes = 60\n");
        json!({ "text": text, "note": "who is asked", "expected": 0 })
    };
    for ask in ["role = \"refund_desk\"", "role = \"reviewer\"\nteam = \"refunds\""] {
        let problem = owner.put("/v1/policy", &policy(ask)).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(problem["detail"].as_str().unwrap().contains("does not have"), "{problem}");
    }
    owner.put("/v1/teams/refunds", &json!({})).await.json(StatusCode::OK);
    let ask = policy("role = \"reviewer\"\nteam = \"refunds\"");
    owner.put("/v1/policy", &ask).await.json(StatusCode::OK);
}
