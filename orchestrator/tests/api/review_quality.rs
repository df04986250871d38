//! How carefully approvals are reviewed: measured for whoever decides, and told to others of many people alone.

use std::time::Duration;

use axum::http::StatusCode;
use domain::{
    UserId,
    permission::Permissions,
    user::{Role, User},
};
use orchestrator::testing::app::{Client, Desk, TestApp};
use serde_json::{Value, json};

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

async fn decide(client: &Client, approval: &Value, attention: Option<Value>) -> Value {
    let mut form = json!({ "digest": approval["digest"], "decision": { "type": "approve" } });
    if let Some(attention) = attention {
        form["attention"] = attention;
    }
    let path = format!("/v1/approvals/{}/decisions", approval["id"].as_str().unwrap());
    client.post(&path, &form).await.json(StatusCode::OK)
}

async fn propose(app: &Desk, subject: &str) -> Value {
    app.propose_saying(&app.open_ticket(subject).await, "We will send another one.").await
}

#[tokio::test]
async fn one_sees_how_long_one_looked_against_how_long_reading_takes() {
    let app = TestApp::start_with("[approvals]\nundo_seconds = 30").await;
    let reviewer = app.user(Role::Reviewer).await;
    let nothing = reviewer.get("/v1/me/review-quality").await.json(StatusCode::OK);
    assert_eq!((&nothing["figures"]["decisions"], &nothing["figures"]["time"]), (&json!(0), &Value::Null));
    assert_eq!(nothing["weeks"].as_array().unwrap().len(), 12);
    assert_eq!(nothing["words_a_minute"], 238);
    decide(&reviewer, &propose(&app, "Unmeasured").await, None).await;
    // Whatever a page says counts as an hour at most, and of evidence there is none.
    let absurd = json!({ "in_view_ms": i64::MAX, "evidence_seen": [0, 7, 4_000_000_000_u32] });
    let long = propose(&app, "Absurd").await;
    decide(&reviewer, &long, Some(absurd)).await;
    let own = async || reviewer.get("/v1/me/review-quality").await.json(StatusCode::OK)["figures"].clone();
    let figures = own().await;
    assert_eq!((&figures["decisions"], &figures["unread"]), (&json!(2), &Value::Null));
    assert_eq!(figures["time"], json!({ "measured": 1, "median": 10.0 }), "ten times and more");
    for unfit in [json!({ "in_view_ms": "long" }), json!({ "in_view_ms": 1, "of": "whom" })] {
        let approval = propose(&app, "Unfit").await;
        let form =
            json!({ "digest": approval["digest"], "decision": { "type": "approve" }, "attention": unfit });
        let path = format!("/v1/approvals/{}/decisions", approval["id"].as_str().unwrap());
        assert!(reviewer.post(&path, &form).await.status.is_client_error());
    }
    let undo = format!("/v1/approvals/{}/undo", long["id"].as_str().unwrap());
    reviewer.post(&undo, &json!({})).await.json(StatusCode::OK);
    let figures = own().await;
    assert_eq!((&figures["decisions"], &figures["time"]), (&json!(1), &Value::Null), "it was taken back");
    app.user(Role::LightAgent).await.get("/v1/me/review-quality").await.problem(StatusCode::FORBIDDEN);
    app.key(Role::Owner).get("/v1/me/review-quality").await.problem(StatusCode::FORBIDDEN);
}

/// Another reviewer, signed in.
async fn another(app: &TestApp, name: &str) -> (Client, UserId) {
    let client = app.person_with(name, Permissions::all()).await;
    let users: Vec<User> = app.store.users().await.unwrap();
    (client, users.into_iter().find(|user| user.email.starts_with(name)).unwrap().id)
}

#[tokio::test]
async fn others_are_told_of_weeks_that_are_over_and_of_five_people_and_more() {
    let app = TestApp::start().await;
    let key = app.key(Role::Admin);
    for name in ["ada_desk", "bea_desk", "cem_desk", "dan_desk"] {
        let (client, _) = another(&app, name).await;
        decide(&client, &propose(&app, name).await, Some(json!({ "in_view_ms": 1 }))).await;
    }
    let all = async || key.get("/v1/review-quality").await.json(StatusCode::OK);
    app.clock.forward(WEEK);
    let last = |answer: &Value| answer["weeks"].as_array().unwrap().last().unwrap()["figures"].clone();
    assert_eq!(last(&all().await), Value::Null, "four people decided in it");
    for name in ["eli_desk", "fay_desk", "gus_desk", "hal_desk", "ida_desk"] {
        let (client, id) = another(&app, name).await;
        decide(&client, &propose(&app, name).await, Some(json!({ "in_view_ms": 1 }))).await;
        if name != "ida_desk" {
            let (admin, team) = (app.user(Role::Admin).await, json!({ "description": "" }));
            admin.put("/v1/teams/night", &team).await.json(StatusCode::OK);
            let joined = admin.put(&format!("/v1/teams/night/members/{id}"), &json!({})).await;
            assert!(joined.status.is_success(), "{}", joined.text());
        }
    }
    assert_eq!(last(&all().await), Value::Null, "the week has not ended");
    app.clock.forward(WEEK);
    let told = all().await;
    let figures = last(&told);
    assert_eq!((&figures["decisions"], &figures["time"]["measured"]), (&json!(5), &json!(5)));
    assert_eq!(
        (&figures["found"], &figures["together"], &figures["unread"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!((&figures["by_slip"], &told["least_people"]), (&json!([]), &json!(5)));
    let night = key.get("/v1/review-quality?team=night").await.json(StatusCode::OK);
    assert_eq!(last(&night), Value::Null, "four people, and the fifth would be what is left");
    key.get("/v1/review-quality?team=nobody").await.problem(StatusCode::NOT_FOUND);
    app.user(Role::Reviewer).await.get("/v1/review-quality").await.problem(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn where_two_have_to_approve_it_is_counted_whether_they_agree() {
    let app = TestApp::start().await;
    let (reviewer, admin) = (app.user(Role::Reviewer).await, app.user(Role::Admin).await);
    let approval = app.propose_needing(&app.open_ticket("Two").await, 2).await;
    decide(&reviewer, &approval, None).await;
    decide(&admin, &approval, None).await;
    for client in [&reviewer, &admin] {
        let own = client.get("/v1/me/review-quality").await.json(StatusCode::OK);
        assert_eq!(own["figures"]["together"]["rate"]["n"], 1);
        assert_eq!(own["figures"]["together"]["rate"]["share"], 1.0);
        assert_eq!(own["figures"]["together"]["kappa"], Value::Null);
    }
}
