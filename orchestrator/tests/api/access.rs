//! No route is open but those listed here, and the list only shrinks.

use axum::http::StatusCode;
use domain::{
    permission::{Permission, Permissions},
    user::Role,
};
use orchestrator::testing::app::{Client, TestApp};
use serde_json::json;

/// Operations that take no credentials of staff.
const OPEN: [&str; 17] = [
    "signIn",
    "signInOptions",
    "beginPasskeySignIn",
    "signInWithPasskey",
    "beginCompanySignIn",
    "finishCompanySignIn",
    "requestPasswordReset",
    "resetPassword",
    "lookAtInvitation",
    "acceptInvitation",
    "askForCustomerLink",
    "signInCustomer",
    "startConversation",
    "listHelpArticles",
    "getHelpArticle",
    "health",
    "ready",
];
/// Operations with a proof of their own: a visitor's token, a customer's session, a signature, the place of the
/// caller.
const OWN_PROOF: [&str; 18] = [
    "getConversation",
    "writeToConversation",
    "streamConversation",
    "ratePassageInConversation",
    "rateAnswer",
    "getLinkedApproval",
    "decideByLink",
    "undoByLink",
    "receiveEmail",
    "metrics",
    "getCustomerSession",
    "signOutCustomer",
    "listOwnTickets",
    "openOwnTicket",
    "getOwnTicket",
    "writeOnOwnTicket",
    "closeOwnTicket",
    "rateOnOwnTicket",
];

/// Operations about oneself, which whoever is here may.
const OF_ONESELF: [&str; 17] = [
    "getSession",
    "signOut",
    "switchWorkspace",
    "listSessions",
    "endSession",
    "endOtherSessions",
    "getAccount",
    "renameAccount",
    "changePassword",
    "beginTotp",
    "confirmTotp",
    "removeTotp",
    "makeRecoveryCodes",
    "beginPasskey",
    "addPasskey",
    "renamePasskey",
    "removePasskey",
];

struct Operation {
    id: String,
    method: String,
    path: String,
    /// One of these is enough; none named for what is not of the staff.
    takes: Option<Vec<Permission>>,
}

impl Operation {
    fn is_open_to(&self, held: Permissions) -> bool {
        let takes = self.takes.as_deref().unwrap_or_default();
        takes.is_empty() || takes.iter().any(|permission| held.contains(*permission))
    }
}

fn operations() -> Vec<Operation> {
    let document = serde_json::to_value(orchestrator::http::openapi()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if !["get", "post", "put", "patch", "delete"].contains(&method.as_str()) {
                continue;
            }
            let takes = operation.get("x-permission").map(|names| {
                let names = names.as_array().unwrap().iter();
                names.map(|name| Permission::parse(name.as_str().unwrap()).unwrap()).collect()
            });
            operations.push(Operation {
                id: operation["operationId"].as_str().expect("every operation has an id").to_owned(),
                method: method.to_uppercase(),
                path: path
                    .replace("{id}", "019ab0f4-7c4e-7000-8000-000000000001")
                    .replace("{user_id}", "019ab0f4-7c4e-7000-8000-000000000001")
                    .replace("{message_id}", "019ab0f4-7c4e-7000-8000-000000000001")
                    .replace("{version}", "1")
                    .replace("{name}", "add_note"),
                takes,
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
            assert!(operation.takes.is_none(), "{} is open and names a permission", operation.id);
            continue;
        }
        let own = OWN_PROOF.contains(&operation.id.as_str());
        assert!(own || operation.takes.is_some(), "{} names no permission", operation.id);
        let of_oneself = OF_ONESELF.contains(&operation.id.as_str());
        let named = operation.takes.as_ref().is_some_and(|takes| !takes.is_empty());
        assert!(own || of_oneself != named, "{} takes nothing, or more than being here", operation.id);
        for client in
            [app.nobody(), app.bearer("cs_live_wrong"), app.bearer("cv_wrong.wrong"), app.bearer("")]
        {
            let reply = client.send(&operation.method, &operation.path, Some(&json!({}))).await;
            reply.problem(StatusCode::UNAUTHORIZED);
        }
    }
}

/// What is refused says which permission is missing; what is let in fails on the empty request at most.
async fn assert_let_in(client: &Client, operation: &Operation, held: Permissions, who: &str) {
    // The live stream does not end, and signing out does.
    if ["stream", "signOut"].contains(&operation.id.as_str()) {
        return;
    }
    let reply = client.send(&operation.method, &operation.path, Some(&json!({}))).await;
    let (id, status) = (&operation.id, reply.status);
    assert_ne!(status, StatusCode::UNAUTHORIZED, "{id} by {who}");
    assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{id} by {who}");
    let takes: Vec<&str> = operation.takes.iter().flatten().map(|it| it.as_str()).collect();
    let detail = if status == StatusCode::FORBIDDEN { reply.text() } else { String::new() };
    let refused = takes.iter().any(|takes| detail.contains(&format!("the permission {takes}")));
    assert_eq!(refused, !operation.is_open_to(held), "{id} by {who}: {status} {detail}");
}

#[tokio::test]
async fn every_operation_is_open_to_the_built_in_roles_of_the_matrix_and_to_no_other() {
    let app = TestApp::start().await;
    let operations = operations();
    for role in Role::BUILT_IN {
        let held = Permissions::of(&role).unwrap();
        let (person, key) = (app.user(role.clone()).await, app.key(role.clone()));
        for operation in operations.iter().filter(|operation| operation.takes.is_some()) {
            assert_let_in(&person, operation, held, role.as_str()).await;
            assert_let_in(&key, operation, held.of_keys(), &format!("a key of {}", role.as_str())).await;
        }
    }
}

#[tokio::test]
async fn a_role_of_ones_own_opens_what_it_names_and_nothing_else() {
    let app = TestApp::start().await;
    let operations = operations();
    for permission in Permission::ALL {
        let one: Permissions = [permission].into_iter().collect();
        let all_but = Permissions::all().without(one);
        let name = permission.as_str();
        let with = app.person_with(&format!("only_{name}"), one).await;
        let without = app.person_with(&format!("no_{name}"), all_but).await;
        let of_it = |operation: &&Operation| operation.takes.iter().flatten().any(|it| *it == permission);
        for operation in operations.iter().filter(of_it) {
            assert_let_in(&with, operation, one, &format!("who holds {name} alone")).await;
            assert_let_in(&without, operation, all_but, &format!("who lacks {name} alone")).await;
        }
    }
}

#[tokio::test]
async fn words_on_a_ticket_take_the_permission_for_such_words() {
    let app = TestApp::start().await;
    let ticket = app.open_ticket("Words").await;
    let path = format!("/v1/tickets/{}/messages", ticket["ticket"]["id"].as_str().unwrap());
    let said =
        |from: &str, visibility: &str| json!({ "body": "hello", "from": from, "visibility": visibility });
    let forms = [
        (said("staff", "public"), Permission::ReplyToCustomers),
        (said("staff", "internal"), Permission::WriteNotes),
        (said("customer", "public"), Permission::OpenTickets),
    ];
    for (_, held) in &forms {
        let person = app.person_with(&format!("only_{}", held.as_str()), [*held].into_iter().collect()).await;
        for (form, takes) in &forms {
            let reply = person.post(&path, form).await;
            if takes == held {
                reply.json(StatusCode::CREATED);
            } else {
                let problem = reply.problem(StatusCode::FORBIDDEN);
                assert!(problem["detail"].as_str().unwrap().contains(takes.as_str()), "{problem}");
            }
        }
    }
    app.user(Role::LightAgent).await.post(&path, &forms[1].0).await.json(StatusCode::CREATED);
    app.user(Role::LightAgent).await.post(&path, &forms[0].0).await.problem(StatusCode::FORBIDDEN);
}

/// What a customer who signed in may, and nobody else.
fn is_of_customers(operation: &Operation) -> bool {
    operation.path.starts_with("/v1/portal/") && !OPEN.contains(&operation.id.as_str())
}

#[tokio::test]
async fn a_customers_session_opens_what_is_theirs_and_nothing_of_the_staffs() {
    let app = TestApp::start().await;
    app.open_ticket("Ours").await;
    let customer = app.customer("mira@example.com").await;
    let operations = operations();
    assert_eq!(operations.iter().filter(|operation| is_of_customers(operation)).count(), 8);
    for operation in &operations {
        if operation.id == "signOutCustomer" || OPEN.contains(&operation.id.as_str()) {
            continue;
        }
        let reply = customer.send(&operation.method, &operation.path, Some(&json!({}))).await;
        let shut = reply.status == StatusCode::UNAUTHORIZED;
        assert_eq!(shut, !is_of_customers(operation), "{}: {} {}", operation.id, reply.status, reply.text());
    }
}

#[tokio::test]
async fn nobody_of_the_staff_is_a_customer() {
    let app = TestApp::start().await;
    let (owner, key) = (app.user(Role::Owner).await, app.key(Role::Owner));
    let started = json!({ "message": "Hello" });
    let started = app.nobody().post("/v1/conversations", &started).await.json(StatusCode::CREATED);
    let visitor = app.bearer(started["token"].as_str().unwrap());
    for operation in operations().iter().filter(|operation| is_of_customers(operation)) {
        for client in [&owner, &key, &visitor] {
            let reply = client.send(&operation.method, &operation.path, Some(&json!({}))).await;
            reply.problem(StatusCode::UNAUTHORIZED);
        }
    }
}
