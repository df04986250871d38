//! The visitor's side of a chat: their own conversation and nothing else.

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode},
};
use domain::{
    MessageId, RunId, TicketId,
    ticket::{EventBody, Message, Visibility},
    user::{Actor, Role},
};
use orchestrator::{
    live::LiveBody,
    testing::app::{Client, TestApp, id},
};
use serde_json::{Value, json};

struct Chat {
    id: String,
    token: String,
    visitor: Client,
}

impl Chat {
    async fn start(app: &TestApp) -> Self {
        let form = json!({"message": "Where is my parcel?\nOrder NF-1", "name": "Mira", "email": "mira@example.com"});
        let started = app.nobody().post("/v1/conversations", &form).await.json(StatusCode::CREATED);
        let token = started["token"].as_str().unwrap().to_owned();
        Self {
            id: started["conversation_id"].as_str().unwrap().to_owned(),
            visitor: app.bearer(&token),
            token,
        }
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/conversations/{}{rest}", self.id)
    }
}

#[tokio::test]
async fn a_conversation_is_a_chat_ticket_whose_contact_nobody_has_verified() {
    let app = TestApp::start().await;
    let chat = Chat::start(&app).await;
    let ticket = app.key(Role::Reviewer).get(&format!("/v1/tickets/{}", chat.id)).await.json(StatusCode::OK);
    assert_eq!(ticket["ticket"]["channel"], "chat");
    assert_eq!(ticket["ticket"]["subject"], "Where is my parcel?");
    assert_eq!(ticket["ticket"]["fields"]["contact_verified"], false);
    assert_eq!(ticket["contact"]["email"], "mira@example.com");
    app.run_of(&ticket).await;
    let shown = chat.visitor.get(&chat.path("")).await.json(StatusCode::OK);
    assert_eq!(shown["messages"][0]["from"], "visitor");
    assert_eq!(shown["status"], "open");
    let nameless =
        app.nobody().post("/v1/conversations", &json!({"message": "Hi"})).await.json(StatusCode::CREATED);
    assert!(nameless["token"].as_str().unwrap().starts_with("cv_"));
}

#[tokio::test]
async fn a_claimed_address_brings_none_of_its_owners_data() {
    let app = TestApp::start().await;
    app.open_ticket("A secret of the real Mira Halloran").await;
    let chat = Chat::start(&app).await;
    let mut stream = chat.visitor.stream(&chat.path("/stream")).await;
    let sent: Vec<_> = stream.take(3).await.into_iter().map(|sent| sent.data.to_string()).collect();
    let shown = chat.visitor.get(&chat.path("")).await.text();
    for text in sent.iter().chain([&shown]) {
        assert!(
            !text.contains("secret") && !text.contains("Halloran") && !text.contains("customer_id"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_token_opens_its_own_conversation_and_nothing_else() {
    let app = TestApp::start().await;
    let (mine, theirs) = (Chat::start(&app).await, Chat::start(&app).await);
    mine.visitor.get(&mine.path("")).await.json(StatusCode::OK);
    app.nobody().get(&format!("{}?token={}", mine.path(""), mine.token)).await.json(StatusCode::OK);
    for path in [theirs.path(""), theirs.path("/stream")] {
        mine.visitor.get(&path).await.problem(StatusCode::NOT_FOUND);
        app.nobody().get(&path).await.problem(StatusCode::UNAUTHORIZED);
        app.key(Role::Owner).get(&path).await.problem(StatusCode::UNAUTHORIZED);
    }
    let words = json!({"body": "hello"});
    mine.visitor.post(&theirs.path("/messages"), &words).await.problem(StatusCode::NOT_FOUND);
    for path in ["/v1/session", "/v1/tickets", "/v1/stream", "/v1/customers"] {
        mine.visitor.get(path).await.problem(StatusCode::UNAUTHORIZED);
    }
    // A ticket that is no chat is not a conversation, whatever its id.
    let ticket = app.open_ticket("By API").await;
    let path = format!("/v1/conversations/{}", ticket["ticket"]["id"].as_str().unwrap());
    mine.visitor.get(&path).await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_internal_stays_inside() {
    let app = TestApp::start().await;
    let chat = Chat::start(&app).await;
    let staff = app.user(Role::Agent).await;
    let path = format!("/v1/tickets/{}/messages", chat.id);
    staff
        .post(&path, &json!({"body": "Looks like fraud", "visibility": "internal"}))
        .await
        .json(StatusCode::CREATED);
    staff.post(&path, &json!({"body": "On its way"})).await.json(StatusCode::CREATED);
    let shown = chat.visitor.get(&chat.path("")).await.json(StatusCode::OK);
    let bodies: Vec<_> =
        shown["messages"].as_array().unwrap().iter().map(|m| m["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["Where is my parcel?\nOrder NF-1", "On its way"]);
    assert_eq!(shown["messages"][1]["from"], "staff");
    let mut stream = chat.visitor.stream(&chat.path("/stream")).await;
    for sent in stream.take(4).await {
        assert!(!sent.data.to_string().contains("fraud"), "{sent:?}");
    }
}

#[tokio::test]
async fn a_repeated_message_with_the_same_key_is_said_once() {
    let app = TestApp::start().await;
    let chat = Chat::start(&app).await;
    let visitor = chat.visitor.with("idempotency-key", "m-1");
    let said = visitor
        .post(&chat.path("/messages"), &json!({"body": "One more thing"}))
        .await
        .json(StatusCode::CREATED);
    let again =
        visitor.post(&chat.path("/messages"), &json!({"body": "One more thing"})).await.json(StatusCode::OK);
    assert_eq!(said, again);
    let shown = visitor.get(&chat.path("")).await.json(StatusCode::OK);
    assert_eq!(shown["messages"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_stream_tells_messages_once_and_in_order_and_goes_on_where_a_reader_left() {
    let app = TestApp::start().await;
    let chat = Chat::start(&app).await;
    let say = |text: String| {
        let (visitor, path) = (chat.visitor.clone(), chat.path("/messages"));
        async move { visitor.post(&path, &json!({"body": text})).await.json(StatusCode::CREATED) }
    };
    let body = |data: &Value| data["message"]["body"].as_str().unwrap_or_default().to_owned();
    let mut stream = chat.visitor.stream(&chat.path("/stream")).await;
    let first = stream.take(3).await;
    let names: Vec<_> = first.iter().map(|sent| sent.name.as_str()).collect();
    assert_eq!(names, ["message", "handoff", "status"]);
    say("two".to_owned()).await;
    let second = stream.next().await.unwrap();
    assert_eq!(body(&second.data), "two");
    drop(stream);
    say("three".to_owned()).await;
    say("four".to_owned()).await;
    let mut stream =
        chat.visitor.with("last-event-id", second.id.as_deref().unwrap()).stream(&chat.path("/stream")).await;
    let rest: Vec<_> = stream.take(2).await.iter().map(|sent| body(&sent.data)).collect();
    assert_eq!(rest, ["three", "four"]);
    let shown = chat.visitor.get(&chat.path("")).await.json(StatusCode::OK);
    let after = format!("{}?after={}&token={}", chat.path("/stream"), shown["last_event_id"], chat.token);
    let mut stream = app.nobody().stream(&after).await;
    let told: Vec<_> = stream.take(2).await.into_iter().map(|sent| sent.name).collect();
    assert_eq!(told, ["handoff", "status"]);
    say("five".to_owned()).await;
    assert_eq!(body(&stream.next().await.unwrap().data), "five");
}

#[tokio::test]
async fn the_stream_tells_typing_and_a_handoff() {
    let app = TestApp::start().await;
    let chat = Chat::start(&app).await;
    let ticket: TicketId = id(&json!(chat.id));
    let mut stream = chat.visitor.stream(&chat.path("/stream")).await;
    stream.take(3).await;
    let live = &app.app.live;
    let other = Chat::start(&app).await;
    live.send(
        app.workspace,
        LiveBody::Typing { ticket_id: id(&json!(other.id)), agent: "resolution".to_owned(), on: true },
    );
    live.send(
        app.workspace,
        LiveBody::Typing { ticket_id: ticket, agent: "resolution".to_owned(), on: true },
    );
    assert_eq!(stream.next().await.unwrap().data, json!({"type": "typing", "on": true}));
    let escalated = EventBody::escalated("fraud suspected", "internal words");
    app.app.intake.change_ticket(app.workspace, ticket, Actor::System, vec![escalated]).await.unwrap();
    let told: Vec<_> = stream.take(2).await.into_iter().map(|sent| sent.data).collect();
    assert_eq!(told[0], json!({"type": "handoff", "on": true}));
    assert_eq!(told[1], json!({"type": "status", "status": "waiting_for_staff"}));
}

/// What an agent or a colleague says in a ticket.
fn says(app: &TestApp, author: Actor, body: &str) -> Message {
    Message {
        id: MessageId::new(&*app.app.ids),
        author,
        visibility: Visibility::Public,
        body: body.to_owned(),
        sources: Vec::new(),
        attachments: Vec::new(),
        email: None,
        model: None,
        redacted: None,
        mentions: Vec::new(),
        findings: Vec::new(),
        body_html: None,
        at: app.app.clock.now(),
    }
}

#[tokio::test]
async fn an_agents_answer_comes_in_pieces_to_who_watches_and_then_whole() {
    let app = TestApp::start().await;
    let chat = Chat::start(&app).await;
    let ticket: TicketId = id(&json!(chat.id));
    let mut stream = chat.visitor.stream(&chat.path("/stream")).await;
    stream.take(3).await;
    let agent = Actor::Agent { agent: "resolution".to_owned(), run_id: RunId(ticket.0) };
    let body =
        "Your parcel is on its way. It left our warehouse yesterday, and the carrier expects it tomorrow.";
    let answer = says(&app, agent.clone(), body);
    let message_id = json!(answer.id);
    let said = |message: Message| {
        let (intake, actor) = (&app.app.intake, agent.clone());
        intake.change_ticket(app.workspace, ticket, actor, vec![EventBody::MessageAdded { message }])
    };
    said(answer).await.unwrap();
    // What comes right after it stays behind it.
    let user = Actor::User { user_id: app.user_id(Role::Agent), name: "Bo".to_owned() };
    said(says(&app, user, "A colleague here, all is well.")).await.unwrap();
    let (mut written, mut pieces) = (String::new(), 0);
    let whole = loop {
        let sent = stream.next().await.unwrap();
        if sent.name != "delta" {
            break sent;
        }
        assert_eq!((&sent.data["message_id"], &sent.id), (&message_id, &None));
        written.push_str(sent.data["text"].as_str().unwrap());
        pieces += 1;
    };
    assert_eq!(written, body);
    assert!(pieces > 3, "{pieces}");
    assert_eq!((whole.name.as_str(), &whole.data["message"]["id"]), ("message", &message_id));
    assert_eq!(whole.data["message"]["body"], body);
    let mut colleague = stream.next().await.unwrap();
    while colleague.name == "status" {
        colleague = stream.next().await.unwrap();
    }
    assert_eq!(colleague.name, "message", "a person's words come whole");

    // Who comes later gets the messages alone.
    let mut late = chat.visitor.stream(&chat.path("/stream")).await;
    let told: Vec<_> = late.take(4).await.into_iter().map(|sent| sent.name).collect();
    assert_eq!(told, ["message", "message", "message", "handoff"]);
}

#[tokio::test]
async fn a_visitor_who_hurries_is_told_to_wait() {
    let app =
        TestApp::start_with("[visitors]\nmessages_per_minute = 2\nconversations_per_minute = 3\n").await;
    let chat = Chat::start(&app).await;
    let say = json!({"body": "hello?"});
    for _ in 0..2 {
        chat.visitor.post(&chat.path("/messages"), &say).await.json(StatusCode::CREATED);
    }
    let reply = chat.visitor.post(&chat.path("/messages"), &say).await;
    assert!(reply.headers.contains_key("retry-after"));
    reply.problem(StatusCode::TOO_MANY_REQUESTS);
    let form = json!({"message": "hi"});
    for _ in 0..2 {
        app.nobody().post("/v1/conversations", &form).await.json(StatusCode::CREATED);
    }
    app.nobody().post("/v1/conversations", &form).await.problem(StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn visitors_behind_our_proxies_have_their_own_limits_and_nobody_names_himself_another() {
    let app = TestApp::start_with(
        "[server]\ntrusted_proxies = [\"10.0.0.0/8\"]\n[visitors]\nconversations_per_minute = 1\n",
    )
    .await;
    let start = async |connection: &str, forwarded: &str| {
        let mut request = Request::post("/v1/conversations")
            .header("content-type", "application/json")
            .header("x-forwarded-for", forwarded)
            .body(Body::from(json!({ "message": "hi" }).to_string()))
            .unwrap();
        let address: SocketAddr = format!("{connection}:4711").parse().unwrap();
        request.extensions_mut().insert(ConnectInfo(address));
        app.nobody().request(request).await.status
    };
    // Two proxies, one behind the other: each visitor is one.
    for visitor in ["203.0.113.1", "203.0.113.2"] {
        let forwarded = format!("{visitor}, 10.0.0.2");
        assert_eq!(start("10.0.0.9", &forwarded).await, StatusCode::CREATED, "{visitor}");
        let claims = format!("198.51.100.7, {forwarded}");
        assert_eq!(start("10.0.0.9", &claims).await, StatusCode::TOO_MANY_REQUESTS, "{visitor}");
    }
    // Whoever is no proxy of ours is who the connection says, whatever he names.
    assert_eq!(start("203.0.113.3", "198.51.100.8").await, StatusCode::CREATED);
    assert_eq!(start("203.0.113.3", "198.51.100.9").await, StatusCode::TOO_MANY_REQUESTS);
}

#[tokio::test]
async fn what_a_visitor_sends_has_limits() {
    let app = TestApp::start().await;
    let start = |form: Value| {
        let nobody = app.nobody();
        async move { nobody.post("/v1/conversations", &form).await }
    };
    let limit = app.app.config.visitors.max_message_chars;
    start(json!({"message": "x".repeat(limit + 1)})).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    start(json!({"message": "  "})).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    start(json!({"message": "hi", "email": "nobody"})).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    start(json!({"message": "hi", "name": "n".repeat(101)})).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    start(json!({"message": "hi", "workspace": "elsewhere"})).await.problem(StatusCode::NOT_FOUND);
}
