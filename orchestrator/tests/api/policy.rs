//! The workspace's policy: looked at, checked, put, explained, tried on past calls.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::{gate::DEFAULT_POLICY, testing::app::TestApp};
use serde_json::{Value, json};

fn put(text: &str, expected: i64) -> Value {
    json!({ "text": text, "note": "less money by itself", "expected": expected })
}

#[tokio::test]
async fn a_policy_is_put_in_versions_and_nobody_overwrites_anothers() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let viewer = app.key(Role::Viewer);
    let first = viewer.get("/v1/policy").await.json(StatusCode::OK);
    assert_eq!((&first["version"], &first["created_by"]), (&json!(0), &Value::Null));
    assert_eq!(first["text"], DEFAULT_POLICY);
    let text = DEFAULT_POLICY.replace("amount > 50000", "amount > 10000");
    let done = admin.put("/v1/policy", &put(&text, 0)).await.json(StatusCode::OK);
    assert_eq!((&done["policy"]["version"], &done["report"]["findings"]), (&json!(1), &json!([])));
    let now = viewer.get("/v1/policy").await.json(StatusCode::OK);
    assert_eq!((&now["text"], &now["note"]), (&json!(text), &json!("less money by itself")));
    assert_eq!((&now["created_by"]["kind"], &now["problem"]), (&json!("user"), &Value::Null));
    assert_ne!(now["digest"], first["digest"]);
    // It counts here at once.
    let tried =
        app.key(Role::Agent).post("/v1/tools/add_note/dry-run", &json!({ "args": { "body": "x" } })).await;
    assert_eq!(tried.json(StatusCode::OK)["verdict"]["policy_version"], now["digest"]);

    // Who looked at the version before is told so, and nothing is put.
    let late = admin.put("/v1/policy", &put(DEFAULT_POLICY, 0)).await.problem(StatusCode::CONFLICT);
    assert!(late["detail"].as_str().unwrap().contains("version 1"), "{late}");
    admin.put("/v1/policy", &put(DEFAULT_POLICY, 1)).await.json(StatusCode::OK);
    let versions = viewer.get("/v1/policy/versions?limit=1").await.json(StatusCode::OK);
    assert_eq!((&versions["items"][0]["version"], &versions["next_cursor"]), (&json!(2), &json!("2")));
    let all = viewer.all("/v1/policy/versions", 1).await;
    assert_eq!(all.len(), 2);
    let old = viewer.get("/v1/policy/versions/1").await.json(StatusCode::OK);
    assert_eq!(old["text"], text);
    viewer.get("/v1/policy/versions/3").await.problem(StatusCode::NOT_FOUND);
    viewer.get("/v1/policy/versions?cursor=x").await.problem(StatusCode::BAD_REQUEST);
    let audit = admin.get("/v1/audit?action=policy.changed").await.json(StatusCode::OK);
    assert_eq!(audit["items"].as_array().unwrap().len(), 2);
    assert_eq!(audit["items"][0]["subject"], "version 2");

    // Another workspace has the installation's.
    let elsewhere = app.another_workspace().await;
    let theirs = elsewhere.key(Role::Viewer).get("/v1/policy").await.json(StatusCode::OK);
    assert_eq!((&theirs["version"], &theirs["digest"]), (&json!(0), &first["digest"]));
    elsewhere.key(Role::Viewer).get("/v1/policy/versions/1").await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_a_policy_says_of_personal_data_is_checked_like_its_rules() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let check = async |masking: &str| {
        let text = format!("{DEFAULT_POLICY}\n{masking}");
        let report = admin.post("/v1/policy/check", &json!({ "text": text })).await.json(StatusCode::OK);
        let found = report["findings"].as_array().unwrap().clone();
        found
            .into_iter()
            .find(|finding| finding["text"].as_str().unwrap().contains("[masking"))
            .unwrap_or_default()
    };
    assert_eq!(check("[masking.log]\nkinds = { email = \"allow\" }").await, Value::Null);
    let open = check("[masking.export]\nkinds = { api_key = \"allow\" }").await;
    assert_eq!((&open["level"], &open["flaw"]), (&json!("warning"), &json!("dangerous")), "{open}");
    let typo = "[masking.log]\nkinds = { emial = \"mask\" }";
    let wrong = check(typo).await;
    assert!(wrong["text"].as_str().unwrap().contains("did you mean `email`?"), "{wrong}");
    let text = format!("{DEFAULT_POLICY}\n{typo}");
    let refused = admin.put("/v1/policy", &put(&text, 0)).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused["detail"].as_str().unwrap().contains("[masking] log.kinds"), "{refused}");
}

#[tokio::test]
async fn a_policy_that_cannot_be_used_is_not_put_and_a_key_puts_none() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let typo = DEFAULT_POLICY.replace("amount > 50000", "amuont > 50000");
    let wrong = admin.put("/v1/policy", &put(&typo, 0)).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong["detail"].as_str().unwrap().contains("`large_amount`"), "{wrong}");
    for bad in [
        json!({ "text": DEFAULT_POLICY, "note": " ", "expected": 0 }),
        json!({ "text": DEFAULT_POLICY, "note": "x".repeat(501), "expected": 0 }),
        json!({ "text": DEFAULT_POLICY, "note": "x", "expected": -1 }),
        json!({ "text": DEFAULT_POLICY, "note": "x" }),
        json!({ "text": "", "note": "x", "expected": 0 }),
        json!({ "text": format!("# {}\n{DEFAULT_POLICY}", "x".repeat(70_000)), "note": "x", "expected": 0 }),
    ] {
        admin.put("/v1/policy", &bad).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let by_key = app.key(Role::Owner).put("/v1/policy", &put(DEFAULT_POLICY, 0)).await;
    by_key.problem(StatusCode::FORBIDDEN);
    app.user(Role::Reviewer)
        .await
        .put("/v1/policy", &put(DEFAULT_POLICY, 0))
        .await
        .problem(StatusCode::FORBIDDEN);
    assert_eq!(admin.get("/v1/policy").await.json(StatusCode::OK)["version"], 0);
}

#[tokio::test]
async fn a_check_says_what_is_wrong_by_rule() {
    let app = TestApp::start().await;
    let reviewer = app.user(Role::Reviewer).await;
    let text = format!(
        "{DEFAULT_POLICY}\n[[rule]]\nname = \"all\"\nthen = \"run\"\n[[rule]]\nname = \"after\"\nthen = \"ask\"\n"
    );
    let report = reviewer.post("/v1/policy/check", &json!({ "text": text })).await.json(StatusCode::OK);
    let flaws: Vec<(&str, &str)> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["rule"].as_str().unwrap(), finding["flaw"].as_str().unwrap()))
        .collect();
    assert!(
        flaws.contains(&("all", "dangerous")) && flaws.contains(&("after", "contradictory")),
        "{report:#}"
    );
    assert!(report["calls"].as_i64().unwrap() > 50);
    let broken =
        reviewer.post("/v1/policy/check", &json!({ "text": "rules = 3" })).await.json(StatusCode::OK);
    assert_eq!(broken["findings"][0]["level"], "error");
    app.key(Role::Agent)
        .post("/v1/policy/check", &json!({ "text": "" }))
        .await
        .problem(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_imagined_call_and_a_past_one_are_explained() {
    let app = TestApp::start().await;
    let reviewer = app.key(Role::Reviewer);
    let call = json!({ "tool": "reply_to_customer", "confidence": 0.1 });
    let why = reviewer.post("/v1/policy/explain", &json!({ "call": call })).await.json(StatusCode::OK);
    let explained = &why["explanation"];
    assert_eq!(
        (&explained["rule"], &explained["answer"]["type"]),
        (&json!("unsure_reply"), &json!("refuse"))
    );
    let looks: Vec<&str> =
        explained["rules"].as_array().unwrap().iter().map(|rule| rule["look"].as_str().unwrap()).collect();
    assert_eq!(looks[..4], ["not_matched", "not_matched", "not_matched", "matched"]);
    assert_eq!((&why["facts"]["band"], &why["past"]), (&json!("low"), &Value::Null));

    let ticket = app.open_ticket("A tent").await;
    let approval = app.propose(&ticket).await;
    let ask = json!({ "approval_id": approval["id"] });
    let why = reviewer.post("/v1/policy/explain", &ask).await.json(StatusCode::OK);
    // Written as an older version would have: what it does not hold is unknown, and so is the answer.
    assert!(why["unknown"].as_array().unwrap().contains(&json!("band")), "{why}");
    assert_eq!(why["explanation"]["answer"], Value::Null);
    assert!(why["explanation"]["unknown"].as_str().unwrap().contains("`band`"), "{why}");
    assert_eq!(why["past"]["was"], "ask reviewer");
    let other = format!(
        "{}[[rule]]\nname = \"all\"\nthen = \"refuse\"\n",
        DEFAULT_POLICY.split("[[rule]]").next().unwrap()
    );
    let ask = json!({ "approval_id": approval["id"], "text": other });
    let why = reviewer.post("/v1/policy/explain", &ask).await.json(StatusCode::OK);
    assert_eq!(why["explanation"]["answer"]["type"], "refuse");

    let dry =
        reviewer.post("/v1/policy/dry-run", &json!({ "text": other, "last": 10 })).await.json(StatusCode::OK);
    assert_eq!((&dry["calls"], &dry["changes"]), (&json!(1), &json!(1)));
    assert_eq!(
        (&dry["items"][0]["was"], &dry["items"][0]["would_be"]),
        (&json!("ask reviewer"), &json!("refuse"))
    );
    let dry =
        reviewer.post("/v1/policy/dry-run", &json!({ "text": DEFAULT_POLICY })).await.json(StatusCode::OK);
    assert_eq!((&dry["unknown"], &dry["items"][0]["would_be"]), (&json!(1), &json!("unknown")));

    for bad in [
        json!({}),
        json!({ "approval_id": approval["id"], "call": call }),
        json!({ "call": { "tool": "nothing_known" } }),
        json!({ "call": { "tool": "add_note", "hour": 24 } }),
        json!({ "call": { "tool": "add_note", "amuont": 3 } }),
        json!({ "call": call, "text": "x" }),
        json!({ "call": call, "text": DEFAULT_POLICY, "version": 1 }),
    ] {
        reviewer.post("/v1/policy/explain", &bad).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    for missing in [json!({ "call": call, "version": 7 }), json!({ "approval_id": ticket["ticket"]["id"] })] {
        reviewer.post("/v1/policy/explain", &missing).await.problem(StatusCode::NOT_FOUND);
    }
    for last in [0, 501] {
        let bad = json!({ "text": DEFAULT_POLICY, "last": last });
        reviewer.post("/v1/policy/dry-run", &bad).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    // Of another workspace's calls nothing is told.
    let elsewhere = app.another_workspace().await;
    let theirs = elsewhere.key(Role::Reviewer);
    theirs
        .post("/v1/policy/explain", &json!({ "approval_id": approval["id"] }))
        .await
        .problem(StatusCode::NOT_FOUND);
    let dry = theirs.post("/v1/policy/dry-run", &json!({ "text": other })).await.json(StatusCode::OK);
    assert_eq!(dry["calls"], 0);
}
