//! Mail on its way out.

use axum::http::StatusCode;
use domain::{
    Clock as _,
    commit::{Commit, DeliveryStatus, Op},
    ticket::{Channel, EmailHeaders, Priority},
    user::{Actor, Role},
};
use orchestrator::{
    intake::NewTicket,
    testing::app::{TestApp, id},
};
use serde_json::{Value, json};

/// A mail came in and a person answered it.
async fn answered(app: &TestApp) -> Value {
    let (customer, contact) =
        app.app.intake.identify(app.workspace, "mira@example.com", "Mira").await.unwrap();
    let contact = (customer.id, contact.id);
    let new = NewTicket {
        channel: Channel::Email,
        subject: "A torn tent".to_owned(),
        priority: Priority::Normal,
        contact: Some(contact),
        contact_name: "Mira".to_owned(),
        body: "It is torn.".to_owned(),
        attachments: Vec::new(),
        email: Some(EmailHeaders {
            message_id: "1@example.com".to_owned(),
            in_reply_to: None,
            references: Vec::new(),
            from: "mira@example.com".to_owned(),
            to: "help@north.example".to_owned(),
        }),
        idempotency_key: None,
        actor: Actor::Customer { contact_id: Some(contact.1), name: "Mira".to_owned() },
    };
    let ticket = app.app.intake.open_ticket(app.workspace, new).await.unwrap().tickets[0].id;
    let person = app.user(Role::Agent).await;
    person
        .post(&format!("/v1/tickets/{ticket}/messages"), &json!({"body": "We send another."}))
        .await
        .json(StatusCode::CREATED)
}

#[tokio::test]
async fn an_answer_by_mail_is_a_delivery_and_only_a_failed_one_is_sent_again() {
    let app = TestApp::start().await;
    let message = answered(&app).await;
    let admin = app.key(Role::Admin);
    let list = admin.get("/v1/deliveries?status=pending").await.json(StatusCode::OK);
    let delivery = &list["items"][0];
    assert_eq!(delivery["message_id"], message["id"]);
    let retry = format!("/v1/deliveries/{}/retry", delivery["id"].as_str().unwrap());
    admin.post(&retry, &json!({})).await.problem(StatusCode::CONFLICT);
    let failed = Op::ChangeDelivery {
        id: id(&delivery["id"]),
        from: DeliveryStatus::Pending,
        status: DeliveryStatus::Failed,
        error: Some("550 no such mailbox".to_owned()),
        at: app.clock.now(),
        next_attempt_at: None,
    };
    app.store.commit(Commit { ops: vec![failed] }).await.unwrap();
    let list = admin.get("/v1/deliveries?status=failed").await.json(StatusCode::OK);
    assert_eq!(list["items"][0]["error"], "550 no such mailbox");
    let again = admin.post(&retry, &json!({})).await.json(StatusCode::OK);
    assert_eq!((again["status"].as_str(), &again["error"]), (Some("pending"), &Value::Null));
}

#[tokio::test]
async fn an_unknown_delivery_or_status_is_named_as_such() {
    let app = TestApp::start().await;
    let admin = app.key(Role::Admin);
    let list = admin.get("/v1/deliveries").await.json(StatusCode::OK);
    assert_eq!(list, json!({"items": [], "next_cursor": null}));
    let path = "/v1/deliveries/019ab0f4-7c4e-7000-8000-000000000001/retry";
    admin.post(path, &json!({})).await.problem(StatusCode::NOT_FOUND);
    admin.get("/v1/deliveries?status=lost").await.problem(StatusCode::BAD_REQUEST);
}
