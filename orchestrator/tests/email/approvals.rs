//! Mails to people about what waits for them: once each, when nobody looked, with a link that decides, and a list
//! of what is beyond so many an hour.

use std::{sync::Arc, time::Duration};

use axum::{
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode},
};
use domain::{approval_mail::Mailed, user::Role};
use orchestrator::{http, testing::app};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::desk::{Desk, Running};

const WAIT: Duration = Duration::from_secs(300);

fn readable(mail: &[u8]) -> String {
    let text = String::from_utf8_lossy(mail).replace("\r\n", "\n").replace("=\n", "");
    // Quoted-printable, of which only the equals sign and these occur.
    text.replace("=3D", "=").replace("=E2=80=A6", "…").replace("=E2=80=A2", "•")
}

fn token(mail: &str) -> String {
    let (_, link) = mail.split_once("/decide#").expect("the mail holds a link");
    link.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

async fn by_link(
    running: &Running,
    token: &str,
    method: Method,
    path: &str,
    body: Value,
) -> (StatusCode, Value) {
    let router = http::router(Arc::clone(&running.service.app));
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let reply = router.oneshot(request).await.unwrap();
    let status = reply.status();
    let bytes = to_bytes(reply.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_mailed_once_with_a_link_that_decides_and_the_rest_in_one_list() {
    let mut desk = Desk::new();
    desk.more = "[approvals]\nundo_seconds = 0\n[approvals.mail]\nat_most_an_hour = 1\n";
    desk.servers.start_smtp();
    let running = desk.start().await;
    let people = app::Desk::open(&running.service.app, "south").await;
    people.store.set_mailed(people.user_id(Role::Reviewer), Some(Mailed::All)).await.unwrap();
    // A viewer is asked nothing, whatever they chose.
    people.store.set_mailed(people.user_id(Role::Viewer), Some(Mailed::All)).await.unwrap();

    let first = people.open_ticket("A torn tent").await;
    let approval = people.propose_saying(&first, "Dear Mira, another tent is on its way.").await;
    desk.clock.forward(WAIT);
    let mails = desk.delivered(1).await;
    let mail = readable(&mails[0]);
    assert!(mail.contains(&format!("To: {}", people.email(Role::Reviewer))), "{mail}");
    assert!(mail.contains("Subject: Waits for you: "), "{mail}");
    assert!(mail.contains("Why it stopped: no rule lets this run by itself"), "{mail}");
    assert!(mail.contains("Deadline: ") && mail.contains("/settings/account"), "{mail}");
    assert!(!mail.contains("another tent is on its way"), "what was said stays in the house: {mail}");

    // More in the same hour come together, without links to decide with.
    for subject in ["Second", "Third"] {
        people.propose(&people.open_ticket(subject).await).await;
    }
    desk.clock.forward(WAIT);
    let mails = desk.delivered(2).await;
    let list = mails.iter().map(|mail| readable(mail)).find(|mail| mail.contains("2 more")).expect("a list");
    assert_eq!(list.matches("/approvals/").count(), 2, "{list}");
    assert!(!list.contains("/decide#"), "{list}");

    let token = token(&mail);
    let (status, view) = by_link(&running, &token, Method::GET, "/v1/approval-link", Value::Null).await;
    assert_eq!((status, &view["state"]), (StatusCode::OK, &json!("open")), "{view}");
    let decision = json!({ "digest": approval["digest"], "decision": { "type": "approve" } });
    let (status, after) =
        by_link(&running, &token, Method::POST, "/v1/approval-link/decision", decision).await;
    assert_eq!((status, &after["state"]), (StatusCode::OK, &json!("decided")), "{after}");

    // An hour later there is room for a letter again: about something new alone.
    desk.clock.forward(Duration::from_secs(3600));
    people.propose(&people.open_ticket("Fourth").await).await;
    desk.clock.forward(WAIT);
    let mails = desk.delivered(3).await;
    assert_eq!(mails.len(), 3, "nobody is mailed twice about the same");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_looks_at_or_is_not_pressing_is_not_mailed() {
    let mut desk = Desk::new();
    // What a reply may cost by its kind alone is ten units; pressing here is a deadline within half an hour.
    desk.more = "[approvals.mail]\npressing_cents = 100000\npressing_minutes = 30\n";
    desk.servers.start_smtp();
    let running = desk.start().await;
    let people = app::Desk::open(&running.service.app, "south").await;
    let reviewer = people.user_id(Role::Reviewer);
    people.store.set_mailed(reviewer, Some(Mailed::All)).await.unwrap();
    people.store.set_mailed(people.user_id(Role::Admin), Some(Mailed::Pressing)).await.unwrap();
    let looked_at = people.propose(&people.open_ticket("Looked at").await).await;
    let now = running.service.app.clock.now();
    let approval: domain::ApprovalId = app::id(&looked_at["id"]);
    people.store.claim_approval(approval, reviewer, now, now.plus(WAIT * 4)).await.unwrap();
    people.propose(&people.open_ticket("Left alone").await).await;
    desk.clock.forward(WAIT);
    let mails = desk.delivered(1).await;
    assert_eq!(mails.len(), 1, "{:?}", mails.iter().map(|mail| readable(mail)).collect::<Vec<_>>());
    assert!(readable(&mails[0]).contains(&format!("To: {}", people.email(Role::Reviewer))));
    // The claim is over, and the deadline is near.
    let expires = people.store.approval(approval).await.unwrap().unwrap().expires_at;
    desk.clock.forward(expires.since(running.service.app.clock.now()) - Duration::from_secs(600));
    let mails = desk.delivered(4).await;
    let to = |role: Role| {
        let to = format!("To: {}", people.email(role));
        mails.iter().filter(|mail| readable(mail).contains(&to)).count()
    };
    assert_eq!((to(Role::Reviewer), to(Role::Admin)), (2, 2));
}
