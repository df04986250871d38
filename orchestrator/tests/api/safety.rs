//! Breakers and the audit.

use std::time::Duration;

use axum::http::{StatusCode, header};
use domain::{
    breaker::{
        BreakerOf,
        automatic::{Move, Terms},
    },
    user::Role,
};
use orchestrator::testing::app::TestApp;
use serde_json::{Value, json};

fn stop(kind: &str, name: &str) -> Value {
    json!({ "of": { "kind": kind, "name": name }, "reason": "refunds went wrong" })
}

#[tokio::test]
async fn what_is_stopped_says_who_stopped_it_and_why_until_a_person_lets_it_go_on() {
    let app = TestApp::start().await;
    let reviewer = app.user(Role::Reviewer).await;
    let nothing = reviewer.get("/v1/breakers").await.json(StatusCode::OK);
    assert_eq!(nothing["items"], json!([]));
    let could_be = |of: Value| nothing["could_be"].as_array().unwrap().contains(&of);
    assert!(could_be(json!({ "kind": "workspace" })), "{nothing}");
    assert!(could_be(json!({ "kind": "agent", "name": "resolution" })), "{nothing}");
    assert!(could_be(json!({ "kind": "tool", "name": "reply_to_customer" })), "{nothing}");

    let tool = stop("tool", "reply_to_customer");
    let stopped = reviewer.post("/v1/breakers", &tool).await.json(StatusCode::OK);
    assert_eq!(stopped["items"][0]["of"], tool["of"]);
    assert_eq!(stopped["items"][0]["reason"], "refunds went wrong");
    assert_eq!(stopped["items"][0]["opened_by"]["kind"], "user");
    assert!(!stopped["could_be"].as_array().unwrap().contains(&tool["of"]));
    // Again, and by a key: nothing changes.
    let again = app.key(Role::Reviewer).post("/v1/breakers", &tool).await.json(StatusCode::OK);
    assert_eq!(again["items"], stopped["items"]);
    let whole = json!({ "of": { "kind": "workspace" }, "reason": "stop" });
    let both = app.key(Role::Reviewer).post("/v1/breakers", &whole).await.json(StatusCode::OK);
    assert_eq!(both["items"].as_array().unwrap().len(), 2);
    // Another workspace's desk is not stopped.
    let elsewhere = app.another_workspace().await;
    let theirs = elsewhere.key(Role::Viewer).get("/v1/breakers").await.json(StatusCode::OK);
    assert_eq!(theirs["items"], json!([]));

    reviewer.post("/v1/breakers/close", &tool).await.problem(StatusCode::FORBIDDEN);
    app.key(Role::Admin).post("/v1/breakers/close", &tool).await.problem(StatusCode::FORBIDDEN);
    let admin = app.user(Role::Admin).await;
    assert_eq!(admin.post("/v1/breakers/close", &tool).await.status, StatusCode::NO_CONTENT);
    admin.post("/v1/breakers/close", &tool).await.problem(StatusCode::NOT_FOUND);
    let left = admin.get("/v1/breakers").await.json(StatusCode::OK);
    assert_eq!(left["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_opened_by_itself_is_shown_and_a_person_may_let_it_go_on_early() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let terms = Terms {
        failures: 5,
        error_rate: 0.0,
        window: Duration::from_secs(60),
        minimum: 20,
        cool_down: Duration::from_secs(30),
        longest: Duration::from_secs(900),
        probes: 2,
    };
    let desk = app.app.store.workspace(app.workspace);
    let shop = BreakerOf::Integration("shop".to_owned());
    let provider = BreakerOf::Provider("openai".to_owned());
    for of in [&shop, &provider] {
        let opens =
            Move::Open { reason: "failed 5 times in a row".to_owned(), error: "status 500".to_owned() };
        assert!(desk.move_breaker(of.clone(), opens, terms).await.unwrap().done);
    }
    app.app.breakers.refresh().await.unwrap();
    let list = app.key(Role::Viewer).get("/v1/breakers").await.json(StatusCode::OK);
    assert_eq!(list["items"], json!([]), "nobody stopped it");
    let automatic = list["automatic"].as_array().unwrap();
    assert_eq!(automatic.len(), 2, "{list}");
    let shown = automatic.iter().find(|open| open["of"] == json!(shop)).unwrap();
    assert_eq!((&shown["state"], &shown["last_error"]), (&json!("open"), &json!("status 500")));
    assert_eq!(shown["reason"], "failed 5 times in a row");
    assert!(shown["probe_at"].is_string() && shown["probe"].is_null(), "{shown}");
    // What all share is shown to all, and no more.
    let elsewhere = app.another_workspace().await;
    let theirs = elsewhere.key(Role::Viewer).get("/v1/breakers").await.json(StatusCode::OK);
    assert_eq!(theirs["automatic"].as_array().unwrap().len(), 1, "{theirs}");
    assert_eq!(theirs["automatic"][0]["of"], json!(provider));

    let stop = json!({ "of": provider, "reason": "it is slow" });
    admin.post("/v1/breakers", &stop).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    for of in [&shop, &provider] {
        let close = json!({ "of": of, "reason": "they say it is mended" });
        app.user(Role::Reviewer)
            .await
            .post("/v1/breakers/close", &close)
            .await
            .problem(StatusCode::FORBIDDEN);
        assert_eq!(admin.post("/v1/breakers/close", &close).await.status, StatusCode::NO_CONTENT);
        admin.post("/v1/breakers/close", &close).await.problem(StatusCode::NOT_FOUND);
    }
    let left = admin.get("/v1/breakers").await.json(StatusCode::OK);
    assert_eq!(left["automatic"], json!([]));
    let audit = admin.get("/v1/audit?action=breaker.closed").await.json(StatusCode::OK);
    assert_eq!(audit["items"].as_array().unwrap().len(), 2);
    assert_eq!(audit["items"][0]["detail"]["reason"], "they say it is mended");
}

#[tokio::test]
async fn what_does_not_exist_cannot_be_stopped() {
    let app = TestApp::start().await;
    let reviewer = app.user(Role::Reviewer).await;
    let unknown = reviewer.post("/v1/breakers", &stop("agent", "nobody")).await;
    let problem = unknown.problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert!(problem["detail"].as_str().unwrap().contains("resolution"), "{problem}");
    for bad in [
        json!({ "of": { "kind": "agent", "name": "resolution" }, "reason": "  " }),
        json!({ "of": { "kind": "agent", "name": "resolution" }, "reason": "x".repeat(501) }),
        json!({ "of": { "kind": "planet", "name": "earth" }, "reason": "stop" }),
        json!({ "of": { "kind": "agent" }, "reason": "stop" }),
        json!({ "reason": "stop" }),
    ] {
        reviewer.post("/v1/breakers", &bad).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    app.key(Role::Agent)
        .post("/v1/breakers", &stop("agent", "resolution"))
        .await
        .problem(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn those_who_watch_are_told_of_breakers() {
    let app = TestApp::start().await;
    let mut watching = app.key(Role::Viewer).stream("/v1/stream").await;
    app.key(Role::Reviewer).post("/v1/breakers", &stop("agent", "resolution")).await.json(StatusCode::OK);
    let told = app.until("word of the breaker", async || watching.next().await).await;
    assert_eq!(told.name, "breakers");
}

#[tokio::test]
async fn the_audit_says_who_did_what_and_verifies() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let wrong = json!({ "email": app.email(Role::Owner), "password": "wrong" });
    app.nobody().post("/v1/session", &wrong).await.problem(StatusCode::UNAUTHORIZED);
    let article = json!({ "slug": "returns", "markdown": "# Returns\n\nWithin 30 days.\n" });
    admin.post("/v1/knowledge/documents", &article).await.json(StatusCode::OK);
    admin.post("/v1/breakers", &stop("agent", "resolution")).await.json(StatusCode::OK);
    admin.post("/v1/breakers/close", &stop("agent", "resolution")).await;
    // A refused sign-in is written when nobody waits for it.
    let actions = app
        .until("a refused sign-in in the audit", async || {
            let page = admin.get("/v1/audit").await.json(StatusCode::OK);
            let actions: Vec<String> = page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| entry["action"].as_str().unwrap().to_owned())
                .collect();
            actions.contains(&"session.refused".to_owned()).then_some(actions)
        })
        .await;
    for action in ["session.opened", "document.stored", "breaker.opened", "breaker.closed"] {
        assert_eq!(actions.iter().filter(|known| *known == action).count(), 1, "{actions:?}");
    }
    let refused = admin.get("/v1/audit?action=session.refused").await.json(StatusCode::OK);
    assert_eq!(refused["items"][0]["subject"], app.email(Role::Owner));
    assert_eq!(refused["items"][0]["actor"]["kind"], "system");
    let mine = admin.get(&format!("/v1/audit?actor={}", app.user_id(Role::Admin))).await.json(StatusCode::OK);
    assert_eq!(mine["items"].as_array().unwrap().len(), 4);

    let all = admin.all("/v1/audit", 2).await;
    let seqs: Vec<i64> = all.iter().map(|entry| entry["seq"].as_i64().unwrap()).collect();
    assert_eq!(seqs, (1..=all.len() as i64).rev().collect::<Vec<_>>());
    let check = admin.get("/v1/audit/verification").await.json(StatusCode::OK);
    assert_eq!((&check["whole"], &check["broken"]), (&json!(true), &Value::Null));
    assert_eq!(check["head"], json!({ "seq": all[0]["seq"], "digest": all[0]["digest"] }));
    assert_eq!(check["entries"], all[0]["seq"]);

    admin.get("/v1/audit?cursor=x").await.problem(StatusCode::BAD_REQUEST);
    admin.get("/v1/audit?action=planet.moved").await.problem(StatusCode::BAD_REQUEST);
    app.key(Role::Reviewer).get("/v1/audit").await.problem(StatusCode::FORBIDDEN);
    app.key(Role::Reviewer).get("/v1/audit/export?format=csv").await.problem(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_is_exported_is_masked_as_the_workspaces_policy_says() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let reason = json!({ "of": { "kind": "workspace" }, "reason": "jane.doe@example.com paid by 4111 1111 1111 1111" });
    admin.post("/v1/breakers", &reason).await.json(StatusCode::OK);
    let files = async || {
        let json = admin.get("/v1/audit/export?format=json").await.text();
        let csv = admin.get("/v1/audit/export?format=csv").await.text();
        [json, csv]
    };
    for file in files().await {
        assert!(file.contains("j•••@e•••.com paid by •••• 1111"), "{file}");
        assert!(!file.contains("jane.doe") && !file.contains("1111 1111"), "{file}");
    }
    let text = admin.get("/v1/policy").await.json(StatusCode::OK)["text"].as_str().unwrap().to_owned();
    let put = async |masking: &str, expected: i64| {
        let form = json!({ "text": format!("{text}\n{masking}"), "note": "test", "expected": expected });
        admin.put("/v1/policy", &form).await.json(StatusCode::OK);
    };
    put("[masking.export]\nkinds = { email = \"placeholder\", payment_card = \"block\" }\n", 0).await;
    let [json, csv] = files().await;
    let stands = json.split_once("\"reason\":\"").unwrap().1.split_once(" paid").unwrap().0.to_owned();
    assert!(stands.starts_with("<EMAIL_"), "{json}");
    assert!(csv.contains(&stands), "the same in every file: {csv}");
    assert!(json.contains("paid by [payment card]"), "{json}");
    put("[masking.export]\nkinds = { email = \"allow\" }\n", 1).await;
    assert!(files().await[0].contains("jane.doe@example.com paid by •••• 1111"));
    // What is kept is as it was.
    assert!(admin.get("/v1/audit/verification").await.json(StatusCode::OK)["whole"].as_bool().unwrap());
}

#[tokio::test]
async fn the_audit_is_exported_whole_and_computes_nothing_in_a_spreadsheet() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let evil = json!({ "of": { "kind": "workspace" }, "reason": "=HYPERLINK(\"http://evil.example\")" });
    admin.post("/v1/breakers", &evil).await.json(StatusCode::OK);
    let store = app.app.store.workspace(app.workspace);
    // A sign-in, the breaker, and before them what the desk itself is made of.
    let before = usize::try_from(store.audit_heads().await.unwrap().0.seq).unwrap();
    for n in 0..600 {
        let deed = domain::audit::Deed {
            at: domain::Timestamp(n),
            actor: domain::user::Actor::System,
            action: domain::audit::AuditAction::DocumentStored,
            subject: format!("=cmd|' /C calc'!{n}"),
            detail: json!({}),
        };
        store.audit(deed).await.unwrap();
    }
    let file = admin.get("/v1/audit/export?format=json").await;
    assert_eq!(file.headers[header::CONTENT_DISPOSITION], "attachment; filename=\"audit.json\"");
    let entries = file.json(StatusCode::OK);
    let entries = entries.as_array().unwrap();
    // And the export itself, which is written down first.
    assert_eq!(entries.len(), before + 601);
    assert_eq!(entries[before + 600]["action"], "audit.exported");
    assert_eq!(entries[before - 1]["detail"]["reason"], evil["reason"]);
    let csv = admin.get("/v1/audit/export?format=csv").await;
    assert_eq!(csv.headers[header::CONTENT_TYPE], "text/csv; charset=utf-8");
    let text = csv.text();
    assert_eq!(text.lines().count(), 1 + before + 602);
    assert!(text.starts_with("seq,at,actor_kind,"), "{text:.80}");
    assert!(text.contains(",'=cmd|' /C calc'!599,"));
    assert!(!text.contains(",=cmd"));
    admin.get("/v1/audit/export?format=xml").await.problem(StatusCode::BAD_REQUEST);
}
