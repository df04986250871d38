//! Customers who sign in by a link: what they see of their tickets, what they may do, and when it ends.

use std::time::Duration;

use axum::http::{StatusCode, header};
use domain::{
    audit::AuditAction,
    ticket::{Channel, EmailHeaders, Priority},
    user::{Actor, Role},
};
use orchestrator::{
    http::customer_link_for,
    intake::NewTicket,
    testing::app::{Client, Desk, TestApp},
};
use serde_json::{Value, json};
use store::AuditFilter;

const MIRA: &str = "mira@example.com";

/// The secret of a link for this contact.
async fn link(app: &TestApp, desk: &Desk, email: &str) -> String {
    let (_, link) = customer_link_for(&app.app, desk.workspace, email).await.unwrap().unwrap();
    link.split_once("/help/sign-in#").unwrap().1.to_owned()
}

async fn mail_from(app: &TestApp, address: &str, subject: &str) -> String {
    let (customer, contact) = app.app.intake.identify(app.workspace, address, "Mira").await.unwrap();
    let new = NewTicket {
        channel: Channel::Email,
        subject: subject.to_owned(),
        priority: Priority::Normal,
        contact: Some((customer.id, contact.id)),
        contact_name: contact.name.clone(),
        body: "It is torn.".to_owned(),
        attachments: Vec::new(),
        email: Some(EmailHeaders {
            message_id: format!("{subject}@example.com"),
            in_reply_to: None,
            references: Vec::new(),
            from: address.to_owned(),
            to: "help@north.example".to_owned(),
        }),
        idempotency_key: None,
        actor: Actor::Customer { contact_id: Some(contact.id), name: contact.name },
    };
    app.app.intake.open_ticket(app.workspace, new).await.unwrap().tickets[0].id.to_string()
}

async fn chat_from(app: &TestApp, address: Option<&str>, message: &str) -> Value {
    let form = json!({ "message": message, "email": address });
    app.nobody().post("/v1/conversations", &form).await.json(StatusCode::CREATED)
}

async fn subjects(customer: &Client) -> Vec<String> {
    let all = customer.all("/v1/portal/tickets", 2).await;
    all.iter().map(|ticket| ticket["subject"].as_str().unwrap().to_owned()).collect()
}

async fn entries(app: &TestApp, action: AuditAction) -> usize {
    let filter = AuditFilter { action: Some(action), ..AuditFilter::default() };
    app.store.audit_entries(&filter, None, 10).await.unwrap().len()
}

#[tokio::test]
async fn a_link_works_once_for_a_quarter_of_an_hour_and_ends_with_the_others_of_its_contact() {
    let app = TestApp::start().await;
    app.open_ticket("Ours").await;
    let sign_in =
        async |token: &str| app.nobody().post("/v1/portal/session", &json!({ "token": token })).await;
    let (first, second) = (link(&app, &app, MIRA).await, link(&app, &app, MIRA).await);
    let reply = sign_in(&first).await;
    let cookie = reply.headers[header::SET_COOKIE].to_str().unwrap().to_owned();
    for part in ["countersign_customer=", "HttpOnly", "SameSite=Strict", "Max-Age=604800", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let view = reply.json(StatusCode::OK);
    assert_eq!((&view["email"], &view["workspace"]["slug"]), (&json!(MIRA), &json!("north")));
    for used in [&first, &second] {
        sign_in(used).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let late = link(&app, &app, MIRA).await;
    app.clock.forward(Duration::from_secs(15 * 60));
    sign_in(&late).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    for bad in ["", "cp_", "ca_x", &late[..late.len() - 1], &"x".repeat(5_000)] {
        sign_in(bad).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(entries(&app, AuditAction::CustomerSignedIn).await, 1);
    // Nothing is used up by looking: only a POST signs in.
    let third = link(&app, &app, MIRA).await;
    app.nobody().get("/v1/portal/session").await.problem(StatusCode::UNAUTHORIZED);
    sign_in(&third).await.json(StatusCode::OK);
}

#[tokio::test]
async fn nobody_learns_whether_an_address_is_known_and_links_are_limited() {
    let app = TestApp::start().await;
    app.open_ticket("Ours").await;
    let ask = async |app: &TestApp, email: &str| {
        app.nobody().post("/v1/portal/links", &json!({ "email": email })).await
    };
    // Without mail everybody is told the same.
    let (known, unknown) = (ask(&app, MIRA).await, ask(&app, "nobody@example.com").await);
    assert_eq!(
        known.problem(StatusCode::CONFLICT)["detail"],
        unknown.problem(StatusCode::CONFLICT)["detail"]
    );
    let mail = "[email]\naddress = \"help@example.com\"\n[email.smtp]\nhost = \"127.0.0.1\"\nport = 9\n\
                security = \"none\"\n";
    let app = TestApp::start_with(mail).await;
    app.open_ticket("Ours").await;
    for round in 0..10 {
        for email in [MIRA, "nobody@example.com"] {
            let reply = ask(&app, email).await;
            assert_eq!(
                (reply.status, reply.text().as_str()),
                (StatusCode::NO_CONTENT, ""),
                "{round} {email}"
            );
        }
    }
    for email in [MIRA, "nobody@example.com"] {
        let reply = ask(&app, email).await;
        assert!(reply.headers.contains_key("retry-after"));
        reply.problem(StatusCode::TOO_MANY_REQUESTS);
    }
    app.clock.forward(Duration::from_secs(16 * 60));
    assert_eq!(ask(&app, MIRA).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_customer_sees_what_was_said_in_public_on_their_tickets_of_every_channel() {
    let app = TestApp::start().await;
    let by_api = app.open_ticket("By the API").await;
    let mailed = mail_from(&app, MIRA, "By mail").await;
    chat_from(&app, Some(MIRA), "By chat").await;
    chat_from(&app, Some("eve@example.com"), "Of somebody else").await;
    chat_from(&app, None, "Of nobody").await;
    app.propose_saying(&by_api, "A proposal that waits.").await;
    let agent = app.user(Role::Agent).await;
    let checked = format!("/v1/tickets/{}", by_api["ticket"]["id"].as_str().unwrap());
    agent.patch(&checked, &json!({ "status": "waiting_for_staff" })).await.json(StatusCode::OK);
    let path = format!("/v1/tickets/{mailed}/messages");
    for (body, visibility) in [("A note for colleagues", "internal"), ("We send another.", "public")] {
        let form = json!({ "body": body, "visibility": visibility });
        agent.post(&path, &form).await.json(StatusCode::CREATED);
    }
    let mira = app.customer(MIRA).await;
    assert_eq!(subjects(&mira).await, ["By chat", "By mail", "By the API"]);
    let list = mira.get("/v1/portal/tickets").await.json(StatusCode::OK);
    let standings: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|t| &t["standing"]).collect();
    assert_eq!(standings, ["in_progress", "waiting_for_you", "being_checked"]);
    let claimed: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|t| &t["claimed"]).collect();
    assert_eq!(claimed, [true, false, false], "anybody may give any address in a chat");
    let shown = mira.get(&format!("/v1/portal/tickets/{mailed}")).await;
    for secret in ["A note for colleagues", "internal", "confidence", "approval", "run_id"] {
        assert!(!shown.text().contains(secret), "{secret}: {}", shown.text());
    }
    let shown = shown.json(StatusCode::OK);
    let said: Vec<_> =
        shown["messages"].as_array().unwrap().iter().map(|m| (&m["from"], &m["body"])).collect();
    assert_eq!(
        said,
        [(&json!("visitor"), &json!("It is torn.")), (&json!("staff"), &json!("We send another."))]
    );
    let waiting = format!("/v1/portal/tickets/{}", by_api["ticket"]["id"].as_str().unwrap());
    assert!(!mira.get(&waiting).await.text().contains("A proposal"));
    // Whoever is somebody else finds nothing of it, by whatever they try.
    let eve = app.customer("eve@example.com").await;
    assert_eq!(subjects(&eve).await, ["Of somebody else"]);
    let path = format!("/v1/portal/tickets/{mailed}");
    eve.get(&path).await.problem(StatusCode::NOT_FOUND);
    eve.post(&format!("{path}/messages"), &json!({ "body": "hi" })).await.problem(StatusCode::NOT_FOUND);
    eve.post(&format!("{path}/close"), &json!({})).await.problem(StatusCode::NOT_FOUND);
    let id = shown["messages"][0]["id"].clone();
    let form = json!({ "message_id": id, "helpful": true });
    eve.post(&format!("{path}/ratings"), &form).await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_a_customer_writes_goes_in_like_any_message_and_opens_what_they_closed() {
    let app = TestApp::start().await;
    let ticket = mail_from(&app, MIRA, "By mail").await;
    let mira = app.customer(MIRA).await;
    let path = format!("/v1/portal/tickets/{ticket}");
    let closed = mira.post(&format!("{path}/close"), &json!({})).await.json(StatusCode::OK);
    assert_eq!(closed["ticket"]["standing"], "closed");
    mira.post(&format!("{path}/close"), &json!({})).await.json(StatusCode::OK);
    let write = mira.with("idempotency-key", "once");
    let said = write.post(&format!("{path}/messages"), &json!({ "body": "The pole too." })).await;
    let said = said.json(StatusCode::CREATED);
    let again = write.post(&format!("{path}/messages"), &json!({ "body": "The pole too." })).await;
    assert_eq!(again.json(StatusCode::OK)["id"], said["id"]);
    let view = mira.get(&path).await.json(StatusCode::OK);
    assert_eq!(view["ticket"]["standing"], "in_progress");
    assert_eq!(view["messages"].as_array().unwrap().len(), 2);
    // Colleagues see who wrote, and a run works on it.
    let staff = app.key(Role::Reviewer);
    let messages = staff.get(&format!("/v1/tickets/{ticket}/messages")).await.json(StatusCode::OK);
    assert_eq!(messages["items"][1]["author"]["kind"], "customer");
    assert_eq!(messages["items"][1]["author"]["name"], "Mira");
    assert!(app.store.active_run(ticket.parse().unwrap()).await.unwrap().is_some());
    let events = staff.get(&format!("/v1/tickets/{ticket}/events")).await.text();
    assert!(events.contains("closed by the customer"), "{events}");
    for body in ["", " ", &"x".repeat(8_001)] {
        let reply = mira.post(&format!("{path}/messages"), &json!({ "body": body })).await;
        reply.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    // A colleague's words are no answer of the assistant's.
    let form = json!({ "message_id": said["id"], "helpful": true });
    mira.post(&format!("{path}/ratings"), &form).await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_customer_rates_an_answer_of_the_assistant() {
    let app = TestApp::start_working("").await;
    let admin = app.user(Role::Admin).await;
    let markdown = "# Returns\n\nYou can return a tent within 30 days of delivery, unused and in its box.";
    let article = json!({ "slug": "returns", "markdown": markdown });
    admin.post("/v1/knowledge/documents", &article).await.json(StatusCode::OK);
    chat_from(&app, Some(MIRA), "Hello").await;
    let mira = app.customer(MIRA).await;
    let form = json!({ "subject": "Returning a tent", "body": "How long can I return a tent?" });
    let opened = mira.post("/v1/portal/tickets", &form).await.json(StatusCode::CREATED);
    assert_eq!(opened["claimed"], false, "whoever signed in is who they say");
    let id = opened["id"].as_str().unwrap().to_owned();
    let staff = admin.get(&format!("/v1/tickets/{id}")).await.json(StatusCode::OK);
    assert_eq!(staff["ticket"]["fields"]["contact_verified"], true);
    assert_eq!(staff["contact"]["email"], MIRA);
    let path = format!("/v1/portal/tickets/{id}");
    let answer = app
        .until("the answer", async || {
            let view = mira.get(&path).await.json(StatusCode::OK);
            let all = view["messages"].as_array().unwrap().clone();
            all.into_iter().find(|message| message["from"] == "assistant")
        })
        .await;
    let form = json!({ "message_id": answer["id"], "helpful": true });
    let rated = mira.post(&format!("{path}/ratings"), &form).await;
    assert_eq!(rated.status, StatusCode::NO_CONTENT, "{}", rated.text());
    let events = admin.get(&format!("/v1/tickets/{id}/events?limit=100")).await.text();
    assert!(events.contains("answer_rated"), "{events}");
    app.reproduced().await;
}

#[tokio::test]
async fn a_colleagues_ticket_is_there_only_if_the_workspace_says_so_and_is_read_alone() {
    let app = TestApp::start().await;
    let opened = app.open_ticket("Of Mira").await;
    let contacts = format!("/v1/customers/{}/contacts", opened["customer"]["id"].as_str().unwrap());
    let sam = json!({ "email": "Sam@example.com", "name": "Sam Halloran" });
    let agent = app.user(Role::Agent).await;
    agent.post(&contacts, &sam).await.json(StatusCode::CREATED);
    agent.post(&contacts, &sam).await.problem(StatusCode::CONFLICT);
    app.user(Role::Viewer).await.post(&contacts, &sam).await.problem(StatusCode::FORBIDDEN);
    assert_eq!(entries(&app, AuditAction::ContactAdded).await, 1);
    let sam = app.customer("sam@example.com").await;
    let path = format!("/v1/portal/tickets/{}", opened["ticket"]["id"].as_str().unwrap());
    assert!(subjects(&sam).await.is_empty(), "theirs alone unless the workspace says otherwise");
    sam.get(&path).await.problem(StatusCode::NOT_FOUND);

    let on = json!({ "company_tickets": true });
    app.user(Role::Reviewer).await.put("/v1/channels/portal", &on).await.problem(StatusCode::FORBIDDEN);
    app.key(Role::Owner).put("/v1/channels/portal", &on).await.problem(StatusCode::FORBIDDEN);
    let admin = app.user(Role::Admin).await;
    let channels = admin.put("/v1/channels/portal", &on).await.json(StatusCode::OK);
    assert_eq!(channels["portal"], json!({ "is_open": false, "company_tickets": true }));
    // Whoever is served masks gives nobody a look behind them.
    let own = json!({ "email": "agents.own@example.net", "name": "Nobody" });
    agent.post(&contacts, &own).await.problem(StatusCode::FORBIDDEN);
    app.user(Role::Reviewer).await.post(&contacts, &own).await.json(StatusCode::CREATED);
    let list = sam.get("/v1/portal/tickets").await.json(StatusCode::OK);
    let ticket = &list["items"][0];
    assert_eq!((&ticket["mine"], &ticket["asked_by"]), (&json!(false), &json!("Mira Halloran")));
    sam.get(&path).await.json(StatusCode::OK);
    for (what, form) in [("messages", json!({ "body": "hi" })), ("close", json!({}))] {
        let problem = sam.post(&format!("{path}/{what}"), &form).await.problem(StatusCode::FORBIDDEN);
        assert!(problem["detail"].as_str().unwrap().contains("colleague's"), "{problem}");
    }
    // Somebody of another company sees nothing of it.
    chat_from(&app, Some("eve@example.com"), "Hello").await;
    let eve = app.customer("eve@example.com").await;
    eve.get(&path).await.problem(StatusCode::NOT_FOUND);
    assert_eq!(subjects(&eve).await, ["Hello"]);
    admin.put("/v1/channels/portal", &json!({ "company_tickets": false })).await.json(StatusCode::OK);
    sam.get(&path).await.problem(StatusCode::NOT_FOUND);
    assert_eq!(entries(&app, AuditAction::ChannelsChanged).await, 2);
}

#[tokio::test]
async fn a_session_ends_by_signing_out_and_after_a_week_without_use() {
    let app = TestApp::start().await;
    app.open_ticket("Ours").await;
    let mira = app.customer(MIRA).await;
    let away = Duration::from_secs(6 * 24 * 3600);
    for _ in 0..3 {
        app.clock.forward(away);
        let reply = mira.get("/v1/portal/session").await;
        assert!(reply.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=604800"));
        reply.json(StatusCode::OK);
    }
    let elsewhere = app.customer(MIRA).await;
    let out = mira.delete("/v1/portal/session").await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=0"));
    mira.get("/v1/portal/tickets").await.problem(StatusCode::UNAUTHORIZED);
    assert_eq!(entries(&app, AuditAction::CustomerSignedOut).await, 1);
    // Another browser goes on, until it is left alone for a week.
    elsewhere.get("/v1/portal/tickets").await.json(StatusCode::OK);
    app.clock.forward(Duration::from_secs(7 * 24 * 3600));
    elsewhere.get("/v1/portal/tickets").await.problem(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_link_of_another_workspace_opens_that_one_alone() {
    let app = TestApp::start().await;
    let south = app.another_workspace().await;
    app.open_ticket("Ours").await;
    south.open_ticket("Theirs").await;
    let theirs = link(&app, &south, MIRA).await;
    let forged =
        theirs.replace(&south.workspace.0.simple().to_string(), &app.workspace.0.simple().to_string());
    let reply = app.nobody().post("/v1/portal/session", &json!({ "token": forged })).await;
    reply.problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(subjects(&south.customer(MIRA).await).await, ["Theirs"]);
    assert_eq!(subjects(&app.customer(MIRA).await).await, ["Ours"]);
}
