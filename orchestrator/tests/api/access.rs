//! No route is open but those listed here, and the list only shrinks.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::TestApp;
use serde_json::{Value, json};

/// Operations that take no credentials of staff.
const OPEN: [&str; 4] = ["signIn", "startConversation", "health", "ready"];
/// Operations with a proof of their own: a visitor's token, a signature, the place of the caller.
const OWN_PROOF: [&str; 6] = [
    "getConversation",
    "writeToConversation",
    "streamConversation",
    "ratePassageInConversation",
    "receiveEmail",
    "metrics",
];

struct Operation {
    id: String,
    method: String,
    path: String,
    role: Option<Role>,
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(orchestrator::http::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if !["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            operations.push(Operation {
                id: operation["operationId"].as_str().expect("every operation has an id").to_owned(),
                method: method.to_uppercase(),
                path: path
                    .replace("{id}", "019ab0f4-7c4e-7000-8000-000000000001")
                    .replace("{name}", "add_note"),
                role: operation["x-role"].as_str().map(|role| Role::parse(role).unwrap()),
            });
        }
    }
    assert!(operations.len() > 30, "the description holds all routes");
    operations
}

#[tokio::test]
async fn every_route_asks_who_is_there() {
    let app = TestApp::start().await;
    for operation in operations() {
        if OPEN.contains(&operation.id.as_str()) {
            assert!(operation.role.is_none(), "{} is open and names a role", operation.id);
            continue;
        }
        let own = OWN_PROOF.contains(&operation.id.as_str());
        assert!(own || operation.role.is_some(), "{} names no role", operation.id);
        for client in
            [app.nobody(), app.bearer("cs_live_wrong"), app.bearer("cv_wrong.wrong"), app.bearer("")]
        {
            let reply = client.send(&operation.method, &operation.path, Some(&json!({}))).await;
            reply.problem(StatusCode::UNAUTHORIZED);
        }
    }
}

#[tokio::test]
async fn every_route_refuses_a_role_below_its_own() {
    let app = TestApp::start().await;
    let roles = [Role::Viewer, Role::Agent, Role::Reviewer, Role::Admin, Role::Owner];
    for operation in operations() {
        let Some(needed) = operation.role else { continue };
        for role in roles.into_iter().filter(|role| *role < needed) {
            let reply = app.key(role).send(&operation.method, &operation.path, Some(&json!({}))).await;
            let problem = reply.problem(StatusCode::FORBIDDEN);
            assert!(problem["detail"].as_str().unwrap().contains(needed.as_str()), "{problem}");
        }
    }
}

#[tokio::test]
async fn another_workspaces_records_do_not_exist() {
    let app = TestApp::start().await;
    let theirs = app.another_workspace().await;
    let them = theirs.key(Role::Owner);
    let ticket = theirs.open_ticket("What is mine stays mine").await;
    let approval = theirs.propose(&ticket).await;
    let document = them
        .post(
            "/v1/knowledge/documents",
            &json!({"slug": "secret", "markdown": "# Secret\n\nThe xylophone is blue."}),
        )
        .await
        .json(StatusCode::OK);

    let customer = ticket["customer"]["id"].as_str().unwrap();
    let (ticket, run) = (ticket["ticket"]["id"].as_str().unwrap(), approval["run_id"].as_str().unwrap());
    let (approval, document) =
        (approval["id"].as_str().unwrap(), document["document"]["id"].as_str().unwrap());
    let us = app.key(Role::Owner);
    let paths = [
        format!("/v1/tickets/{ticket}"),
        format!("/v1/tickets/{ticket}/messages"),
        format!("/v1/tickets/{ticket}/events"),
        format!("/v1/customers/{customer}"),
        format!("/v1/runs/{run}"),
        format!("/v1/runs/{run}/replay"),
        format!("/v1/approvals/{approval}"),
        format!("/v1/knowledge/documents/{document}"),
    ];
    for path in paths {
        assert_ne!(them.get(&path).await.status, StatusCode::NOT_FOUND, "{path} exists for its own people");
        us.get(&path).await.problem(StatusCode::NOT_FOUND);
    }
    let writes = [
        ("PATCH", format!("/v1/tickets/{ticket}"), json!({"priority": "high"})),
        ("POST", format!("/v1/tickets/{ticket}/messages"), json!({"body": "hello", "from": "customer"})),
        ("POST", format!("/v1/tickets/{ticket}/events"), json!({"name": "x"})),
        ("POST", format!("/v1/runs/{run}/retry"), json!({})),
        ("DELETE", format!("/v1/knowledge/documents/{document}"), json!({})),
    ];
    for (method, path, body) in writes {
        us.send(method, &path, Some(&body)).await.problem(StatusCode::NOT_FOUND);
    }
    let reviewer = app.user(Role::Reviewer).await;
    let decision = json!({"digest": "0", "decision": {"type": "approve"}});
    reviewer
        .post(&format!("/v1/approvals/{approval}/decisions"), &decision)
        .await
        .problem(StatusCode::NOT_FOUND);

    for list in ["/v1/tickets", "/v1/customers", "/v1/runs", "/v1/approvals", "/v1/knowledge/documents"] {
        let items = us.get(list).await.json(StatusCode::OK)["items"].clone();
        assert_eq!(items, Value::Array(vec![]), "{list}");
    }
    let found = us.get("/v1/knowledge/search?q=blue+xylophone").await.json(StatusCode::OK);
    assert_eq!(found["items"], json!([]));
}
