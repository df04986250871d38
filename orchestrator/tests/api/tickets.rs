//! Tickets, their messages and their timeline.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::{Client, TestApp};
use serde_json::{Value, json};

fn new_ticket(subject: &str) -> Value {
    json!({
        "subject": subject,
        "body": "It has not arrived.",
        "contact": {"email": "Mira@Example.com", "name": "Mira Halloran"},
        "priority": "high",
        "tags": ["parcel"],
    })
}

#[tokio::test]
async fn an_opened_ticket_holds_what_was_sent_and_a_run_works_on_it() {
    let app = TestApp::start().await;
    let agent = app.key(Role::Reviewer);
    let opened =
        agent.post("/v1/tickets", &new_ticket("Where is my parcel?")).await.json(StatusCode::CREATED);
    let ticket = &opened["ticket"];
    assert_eq!(ticket["channel"], "api");
    assert_eq!(ticket["priority"], "high");
    assert_eq!(ticket["tags"], json!(["parcel"]));
    assert_eq!(opened["contact"]["email"], "mira@example.com");
    assert_eq!(opened["customer"]["name"], "Mira Halloran");
    let id = ticket["id"].as_str().unwrap();
    let runs = agent.get(&format!("/v1/runs?ticket_id={id}")).await.json(StatusCode::OK);
    assert_eq!(runs["items"].as_array().unwrap().len(), 1);
    let messages = agent.get(&format!("/v1/tickets/{id}/messages")).await.json(StatusCode::OK);
    assert_eq!(messages["items"][0]["body"], "It has not arrived.");
    assert_eq!(messages["items"][0]["author"]["kind"], "customer");
}

#[tokio::test]
async fn a_repeated_request_with_the_same_key_is_done_once() {
    let app = TestApp::start().await;
    let agent = app.key(Role::Agent).with("idempotency-key", "order-7");
    let first = agent.post("/v1/tickets", &new_ticket("Once")).await.json(StatusCode::CREATED);
    let again = agent.post("/v1/tickets", &new_ticket("Once")).await.json(StatusCode::OK);
    assert_eq!(first["ticket"]["id"], again["ticket"]["id"]);
    let list = agent.get("/v1/tickets").await.json(StatusCode::OK);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);

    let id = first["ticket"]["id"].as_str().unwrap();
    let path = format!("/v1/tickets/{id}/events");
    let agent = agent.with("idempotency-key", "event-1");
    let event = json!({"name": "parcel.returned", "data": {"carrier": "DHL"}});
    let first = agent.post(&path, &event).await.json(StatusCode::CREATED);
    let again = agent.post(&path, &event).await.json(StatusCode::OK);
    assert_eq!(first, again);
    assert_eq!(first["body"]["data"]["carrier"], "DHL");

    let path = format!("/v1/tickets/{id}/messages");
    let agent = agent.with("idempotency-key", "message-1");
    let message = json!({"body": "One more thing", "from": "customer"});
    let first = agent.post(&path, &message).await.json(StatusCode::CREATED);
    let again = agent.post(&path, &message).await.json(StatusCode::OK);
    assert_eq!(first, again);

    // Another caller's key is another key.
    let other = app.key(Role::Admin).with("idempotency-key", "order-7");
    let theirs = other.post("/v1/tickets", &new_ticket("Twice")).await.json(StatusCode::CREATED);
    assert_ne!(theirs["ticket"]["id"], first["ticket"]["id"]);
    app.key(Role::Agent)
        .with("idempotency-key", &"k".repeat(201))
        .post("/v1/tickets", &new_ticket("x"))
        .await
        .problem(StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_key_that_was_used_for_something_else_hides_nothing_behind_it() {
    let app = TestApp::start().await;
    let agent = app.key(Role::Agent).with("idempotency-key", "order-7");
    let ids = ["A", "B"].map(|subject| (subject, app.key(Role::Agent)));
    let mut tickets = Vec::new();
    for (subject, agent) in ids {
        let made = agent.post("/v1/tickets", &new_ticket(subject)).await.json(StatusCode::CREATED);
        tickets.push(made["ticket"]["id"].as_str().unwrap().to_owned());
    }
    let events = |of: usize| format!("/v1/tickets/{}/events", tickets[of]);
    let event = json!({"name": "parcel.returned"});
    agent.post(&events(0), &event).await.json(StatusCode::CREATED);
    // The same key for another ticket, another kind of thing, and a new ticket.
    let problem = agent.post(&events(1), &event).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["detail"].as_str().unwrap().contains("something else"), "{problem}");
    let message = json!({"body": "One more thing", "from": "customer"});
    let messages = format!("/v1/tickets/{}/messages", tickets[0]);
    agent.post(&messages, &message).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    agent.post("/v1/tickets", &new_ticket("C")).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let list = agent.get("/v1/tickets").await.json(StatusCode::OK);
    assert_eq!(list["items"].as_array().unwrap().len(), 2);
    let said = agent.get(&messages).await.json(StatusCode::OK);
    assert_eq!(said["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_tickets_tags_come_with_it() {
    let app = TestApp::start().await;
    let mut ticket = new_ticket("Tagged");
    ticket["tags"] = json!(["vip"]);
    let made = app.key(Role::Agent).post("/v1/tickets", &ticket).await.json(StatusCode::CREATED);
    assert_eq!(made["ticket"]["tags"], json!(["vip"]));
    let path = format!("/v1/tickets/{}/events", made["ticket"]["id"].as_str().unwrap());
    let events = app.key(Role::Viewer).get(&path).await.json(StatusCode::OK);
    let tagged = &events["items"][2];
    assert_eq!(
        (&tagged["body"]["type"], &tagged["actor"]["kind"]),
        (&json!("tags_added"), &json!("api_key"))
    );
}

#[tokio::test]
async fn pages_of_a_list_hold_every_item_once_and_the_last_has_no_cursor() {
    let app = TestApp::start().await;
    let agent = app.key(Role::Agent);
    for number in 0..7 {
        agent.post("/v1/tickets", &new_ticket(&format!("Ticket {number}"))).await.json(StatusCode::CREATED);
    }
    let everything = agent.all("/v1/tickets", 3).await;
    let mut subjects: Vec<_> =
        everything.iter().map(|ticket| ticket["subject"].as_str().unwrap().to_owned()).collect();
    subjects.sort();
    assert_eq!(subjects, (0..7).map(|number| format!("Ticket {number}")).collect::<Vec<_>>());

    let id = everything[0]["id"].as_str().unwrap();
    for number in 0..4 {
        let note = json!({"body": format!("said {number}"), "from": "customer"});
        agent.post(&format!("/v1/tickets/{id}/messages"), &note).await.json(StatusCode::CREATED);
    }
    let messages = agent.all(&format!("/v1/tickets/{id}/messages"), 2).await;
    let bodies: Vec<_> = messages.iter().map(|message| message["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["It has not arrived.", "said 0", "said 1", "said 2", "said 3"]);
    let events = agent.all(&format!("/v1/tickets/{id}/events"), 2).await;
    let versions: Vec<_> = events.iter().map(|event| event["version"].as_i64().unwrap()).collect();
    assert_eq!(versions, (1..=i64::try_from(events.len()).unwrap()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_list_is_narrowed_by_status_channel_words_and_who_has_to_act() {
    let app = TestApp::start().await;
    let agent = app.key(Role::Agent);
    agent.post("/v1/tickets", &new_ticket("A torn tent")).await.json(StatusCode::CREATED);
    let other = agent.post("/v1/tickets", &new_ticket("A lost boot")).await.json(StatusCode::CREATED);
    let id = other["ticket"]["id"].as_str().unwrap();
    let change = json!({"status": "waiting_for_staff"});
    agent.patch(&format!("/v1/tickets/{id}"), &change).await.json(StatusCode::OK);
    for query in ["q=boot", "status=waiting_for_staff", "waiting=true", "q=BOOT&channel=api"] {
        let list = agent.get(&format!("/v1/tickets?{query}")).await.json(StatusCode::OK);
        let subjects: Vec<_> = list["items"].as_array().unwrap().iter().map(|t| &t["subject"]).collect();
        assert_eq!(subjects, ["A lost boot"], "{query}");
    }
    let list = agent.get("/v1/tickets?channel=chat").await.json(StatusCode::OK);
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn a_list_is_narrowed_by_whose_tickets_are_and_how_urgent() {
    let app = TestApp::start().await;
    let (agent, admin) = (app.user(Role::Agent).await, app.user(Role::Admin).await);
    for (subject, assignee, priority) in [
        ("Mine", Some(app.user_id(Role::Agent)), "normal"),
        ("Mine and urgent", Some(app.user_id(Role::Agent)), "urgent"),
        ("Theirs", Some(app.user_id(Role::Admin)), "high"),
        ("Nobody's", None, "normal"),
    ] {
        let opened = agent.post("/v1/tickets", &new_ticket(subject)).await.json(StatusCode::CREATED);
        let path = format!("/v1/tickets/{}", opened["ticket"]["id"].as_str().unwrap());
        let change = json!({ "assignee": assignee, "priority": priority });
        agent.patch(&path, &change).await.json(StatusCode::OK);
    }
    let listed = async |client: &Client, query: &str| {
        let list = client.all(&format!("/v1/tickets?{query}"), 1).await;
        list.iter().map(|ticket| ticket["subject"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(listed(&agent, "assignee=me").await, ["Mine and urgent", "Mine"]);
    assert_eq!(listed(&admin, "assignee=me").await, ["Theirs"]);
    let of_the_agent = format!("assignee={}", app.user_id(Role::Agent));
    assert_eq!(listed(&admin, &of_the_agent).await, ["Mine and urgent", "Mine"]);
    assert_eq!(listed(&admin, "assignee=nobody").await, ["Nobody's"]);
    assert_eq!(listed(&admin, "priority=urgent").await, ["Mine and urgent"]);
    assert_eq!(listed(&admin, "priority=normal").await, ["Nobody's", "Mine"]);
    assert_eq!(listed(&agent, "assignee=me&priority=normal&q=mine").await, ["Mine"]);
    assert_eq!(listed(&agent, &format!("assignee={}", app.workspace)).await, Vec::<String>::new());
    for wrong in ["assignee=them", "priority=soon"] {
        let refused = agent.get(&format!("/v1/tickets?{wrong}")).await;
        assert!(refused.status.is_client_error(), "{wrong}: {}", refused.text());
    }
    app.key(Role::Owner).get("/v1/tickets?assignee=me").await.problem(StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_list_says_who_asks_and_masks_it_for_those_who_see_masks() {
    let app = TestApp::start().await;
    app.open_ticket("A torn tent").await;
    app.nobody().post("/v1/conversations", &json!({ "message": "Hello" })).await.json(StatusCode::CREATED);
    let list = app.key(Role::Reviewer).get("/v1/tickets").await.json(StatusCode::OK);
    let named = |list: &Value| {
        let all = list["items"].as_array().unwrap().iter();
        all.map(|row| (row["contact_name"].clone(), row["customer_name"].clone())).collect::<Vec<_>>()
    };
    let name = json!("Mira Halloran");
    assert_eq!(named(&list), [(json!(null), json!(null)), (name.clone(), name)]);
    for path in ["/v1/tickets", "/v1/tickets?q=tent"] {
        let masked = app.key_that_sees_masks(Role::Agent).await.get(path).await;
        assert!(!masked.text().contains("Halloran"), "{path}: {}", masked.text());
        assert!(named(&masked.json(StatusCode::OK)).last().unwrap().0.as_str().unwrap().contains("M."));
    }
}

#[tokio::test]
async fn a_change_is_written_as_events_and_an_empty_or_foreign_one_is_refused() {
    let app = TestApp::start().await;
    let agent = app.user(Role::Agent).await;
    let opened = agent.post("/v1/tickets", &new_ticket("Change me")).await.json(StatusCode::CREATED);
    let path = format!("/v1/tickets/{}", opened["ticket"]["id"].as_str().unwrap());
    let me = agent.get("/v1/session").await.json(StatusCode::OK)["user"]["id"].clone();
    let change = json!({
        "status": "waiting_for_customer", "priority": "low", "tags_add": ["vip"], "tags_remove": ["parcel"],
        "fields": {"order": "NF-1"}, "assignee": me,
    });
    let changed = agent.patch(&path, &change).await.json(StatusCode::OK);
    let ticket = &changed["ticket"];
    assert_eq!(ticket["status"], "waiting_for_customer");
    assert_eq!(ticket["priority"], "low");
    assert_eq!(ticket["tags"], json!(["vip"]));
    assert_eq!(ticket["fields"]["order"], "NF-1");
    assert_eq!(ticket["assignee"], me);
    let cleared = agent.patch(&path, &json!({"assignee": null})).await.json(StatusCode::OK);
    assert_eq!(cleared["ticket"]["assignee"], Value::Null);
    let shown = agent.get(&path).await.json(StatusCode::OK);
    assert_eq!(shown, cleared);
    agent.patch(&path, &json!({})).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let stranger = json!({"assignee": "019ab0f4-7c4e-7000-8000-000000000001"});
    agent.patch(&path, &stranger).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_person_replies_and_notes_and_a_key_cannot_speak_as_staff() {
    let app = TestApp::start().await;
    let agent = app.user(Role::Agent).await;
    let opened = agent.post("/v1/tickets", &new_ticket("Talk")).await.json(StatusCode::CREATED);
    let id = opened["ticket"]["id"].as_str().unwrap();
    let path = format!("/v1/tickets/{id}/messages");
    let note = json!({"body": "Looks odd", "visibility": "internal"});
    let note = agent.post(&path, &note).await.json(StatusCode::CREATED);
    assert_eq!(note["visibility"], "internal");
    let reply = agent.post(&path, &json!({"body": "On its way"})).await.json(StatusCode::CREATED);
    assert_eq!(reply["author"]["kind"], "user");
    let ticket = agent.get(&format!("/v1/tickets/{id}")).await.json(StatusCode::OK);
    assert_eq!(ticket["ticket"]["status"], "waiting_for_customer");
    agent.post(&path, &json!({"body": "  "})).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    app.key(Role::Owner).post(&path, &json!({"body": "I am a robot"})).await.problem(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_colleagues_message_with_the_same_key_is_said_once() {
    let app = TestApp::start().await;
    let ticket = app.open_ticket("Boots").await;
    let path = format!("/v1/tickets/{}/messages", ticket["ticket"]["id"].as_str().unwrap());
    let agent = app.user(Role::Agent).await.with("idempotency-key", "reply-1");
    let said = agent.post(&path, &json!({"body": "On its way."})).await.json(StatusCode::CREATED);
    let again = agent.post(&path, &json!({"body": "On its way."})).await.json(StatusCode::OK);
    assert_eq!(said, again);
    let messages = agent.get(&path).await.json(StatusCode::OK);
    assert_eq!(messages["items"].as_array().unwrap().len(), 2, "the customer's and the one reply");
    // The key is the caller's own, and for this ticket.
    let other = app.user(Role::Admin).await.with("idempotency-key", "reply-1");
    other.post(&path, &json!({"body": "Mine."})).await.json(StatusCode::CREATED);
    let elsewhere = app.open_ticket("A tent").await;
    let elsewhere = format!("/v1/tickets/{}/messages", elsewhere["ticket"]["id"].as_str().unwrap());
    agent.post(&elsewhere, &json!({"body": "On its way."})).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn colleagues_hear_of_each_other_at_a_ticket() {
    let app = TestApp::start().await;
    let opened = app.key(Role::Agent).post("/v1/tickets", &new_ticket("Whose is it?")).await;
    let id = opened.json(StatusCode::CREATED)["ticket"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/tickets/{id}/presence");
    let (agent, reviewer) = (app.user(Role::Agent).await, app.user(Role::Reviewer).await);
    let writing = json!({ "doing": "writing" });
    let alone = agent.put(&path, &writing).await.json(StatusCode::OK);
    assert_eq!(alone, json!({ "others": [] }));
    let seen = reviewer.put(&path, &json!({ "doing": "viewing" })).await.json(StatusCode::OK);
    assert_eq!(seen["others"][0]["user_id"], json!(app.user_id(Role::Agent)));
    assert_eq!(seen["others"][0]["doing"], "writing");
    agent.put(&path, &json!({ "doing": null })).await.json(StatusCode::OK);
    let left = reviewer.put(&path, &writing).await.json(StatusCode::OK);
    assert_eq!(left, json!({ "others": [] }));

    let nowhere = format!("/v1/tickets/{}/presence", app.user_id(Role::Agent));
    agent.put(&nowhere, &writing).await.problem(StatusCode::NOT_FOUND);
    agent.put(&path, &json!({ "doing": "sleeping" })).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let machine = app.key(Role::Agent).put(&path, &writing).await.problem(StatusCode::FORBIDDEN);
    assert!(machine["detail"].as_str().unwrap().contains("takes a person"), "{machine}");
}
