//! The queue of approvals: its order and views, who looks at what and whose it is, and taking decisions back.

use std::time::Duration;

use axum::http::StatusCode;
use domain::{Clock as _, Timestamp, user::Role};
use orchestrator::testing::app::{Client, TestApp, id};
use serde_json::{Value, json};

const UNDO: &str = "[approvals]\nundo_seconds = 30";

fn decision(approval: &Value, kind: Value) -> Value {
    json!({"digest": approval["digest"], "decision": kind})
}

fn path(approval: &Value, what: &str) -> String {
    format!("/v1/approvals/{}/{what}", approval["id"].as_str().unwrap())
}

fn titles(page: &Value) -> Vec<String> {
    let body = |item: &Value| item["approval"]["preview"]["body"].as_str().unwrap().to_owned();
    page["items"].as_array().unwrap().iter().map(body).collect()
}

#[tokio::test]
async fn a_decision_can_be_taken_back_by_whoever_took_it_while_nothing_has_come_of_it() {
    let app = TestApp::start_with(UNDO).await;
    let approval = app.propose(&app.open_ticket("Back again").await).await;
    let (reviewer, admin) = (app.user(Role::Reviewer).await, app.user(Role::Admin).await);
    let approve = decision(&approval, json!({"type": "approve"}));
    let decided = reviewer.post(&path(&approval, "decisions"), &approve).await.json(StatusCode::OK);
    assert_eq!(decided["status"], "approved");
    let at = |name: &str| id::<Timestamp>(&decided[name]);
    assert_eq!(at("undo_until"), at("decided_at").plus(Duration::from_secs(30)));
    admin.post(&path(&approval, "undo"), &json!({})).await.problem(StatusCode::CONFLICT);
    app.key(Role::Owner).post(&path(&approval, "undo"), &json!({})).await.problem(StatusCode::FORBIDDEN);
    let open = reviewer.post(&path(&approval, "undo"), &json!({})).await.json(StatusCode::OK);
    assert_eq!(open, approval);
    admin.post(&path(&approval, "decisions"), &approve).await.json(StatusCode::OK);
    app.clock.forward(Duration::from_secs(31));
    let late = admin.post(&path(&approval, "undo"), &json!({})).await.problem(StatusCode::CONFLICT);
    assert!(late["detail"].as_str().unwrap().contains("too late"), "{late}");
}

#[tokio::test]
async fn whoever_is_sure_has_no_window() {
    let app = TestApp::start_with(UNDO).await;
    let approval = app.propose(&app.open_ticket("At once").await).await;
    let reviewer = app.user(Role::Reviewer).await;
    let mut approve = decision(&approval, json!({"type": "approve"}));
    approve["undo"] = json!(false);
    let decided = reviewer.post(&path(&approval, "decisions"), &approve).await.json(StatusCode::OK);
    assert_eq!(decided.get("undo_until"), None);
    reviewer.post(&path(&approval, "undo"), &json!({})).await.problem(StatusCode::CONFLICT);
}

#[tokio::test]
async fn others_see_who_looks_at_an_approval_and_can_still_decide() {
    let app = TestApp::start().await;
    let approval = app.propose(&app.open_ticket("Looked at").await).await;
    let (reviewer, admin) = (app.user(Role::Reviewer).await, app.user(Role::Admin).await);
    let mut stream = admin.stream("/v1/stream").await;
    let claim = reviewer.post(&path(&approval, "claim"), &json!({})).await.json(StatusCode::OK);
    assert_eq!(claim["name"], "reviewer Person");
    assert_eq!(stream.next().await.unwrap().name, "claims");
    let second = admin.post(&path(&approval, "claim"), &json!({})).await.json(StatusCode::OK);
    assert_eq!(second, claim, "whoever was first");
    let listed = app.key(Role::Viewer).get("/v1/approvals/claims").await.json(StatusCode::OK);
    assert_eq!(listed["items"], json!([claim]));
    app.key(Role::Owner).post(&path(&approval, "claim"), &json!({})).await.problem(StatusCode::FORBIDDEN);
    admin.delete(&path(&approval, "claim")).await;
    assert_eq!(admin.get("/v1/approvals/claims").await.json(StatusCode::OK)["items"], json!([claim]));
    app.clock.forward(Duration::from_secs(121));
    assert_eq!(admin.get("/v1/approvals/claims").await.json(StatusCode::OK)["items"], json!([]));
    reviewer.post(&path(&approval, "claim"), &json!({})).await.json(StatusCode::OK);
    let approve = decision(&approval, json!({"type": "approve"}));
    admin.post(&path(&approval, "decisions"), &approve).await.json(StatusCode::OK);
    reviewer.post(&path(&approval, "decisions"), &approve).await.problem(StatusCode::CONFLICT);
    reviewer.post(&path(&approval, "claim"), &json!({})).await.problem(StatusCode::CONFLICT);
}

#[tokio::test]
async fn an_approval_is_handed_to_somebody_who_may_decide_on_it() {
    let app = TestApp::start().await;
    let approval = app.propose(&app.open_ticket("For you").await).await;
    let reviewer = app.user(Role::Reviewer).await;
    let to = |role| json!({"to": app.user_id(role), "note": "you know them"});
    let may_not = reviewer.post(&path(&approval, "assign"), &to(Role::Agent)).await;
    may_not.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let unknown = json!({"to": approval["id"]});
    reviewer.post(&path(&approval, "assign"), &unknown).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let long = json!({"to": null, "note": "x".repeat(501)});
    reviewer.post(&path(&approval, "assign"), &long).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let given = reviewer.post(&path(&approval, "assign"), &to(Role::Admin)).await.json(StatusCode::OK);
    assert_eq!(given["assignee"], json!(app.user_id(Role::Admin)));
    let admin = app.user(Role::Admin).await;
    let listed = async |client: &Client, whose: &str| {
        let queue = client.get(&format!("/v1/approvals?status=pending&assignee={whose}")).await;
        queue.json(StatusCode::OK)["items"].as_array().unwrap().len()
    };
    assert_eq!((listed(&admin, "me").await, listed(&reviewer, "me").await), (1, 0));
    assert_eq!(listed(&reviewer, "nobody").await, 0);
    assert_eq!(listed(&reviewer, &app.user_id(Role::Admin).to_string()).await, 1);
    reviewer.get("/v1/approvals?assignee=them").await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    app.key(Role::Owner).get("/v1/approvals?assignee=me").await.problem(StatusCode::UNPROCESSABLE_ENTITY);

    // While the admin is away it is the reviewer's, too.
    let until = app.clock.now().plus(Duration::from_secs(86_400));
    let away = json!({"to": app.user_id(Role::Reviewer), "until": until});
    admin.put("/v1/approvals/delegation", &away).await.json(StatusCode::OK);
    assert_eq!((listed(&admin, "me").await, listed(&reviewer, "me").await), (1, 1));
    assert_eq!(reviewer.get("/v1/approvals/counts").await.json(StatusCode::OK)["mine"], 1);
    let oneself = json!({"to": app.user_id(Role::Admin), "until": until});
    admin.put("/v1/approvals/delegation", &oneself).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let year =
        json!({"to": app.user_id(Role::Reviewer), "until": until.plus(Duration::from_secs(365 * 86_400))});
    admin.put("/v1/approvals/delegation", &year).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(admin.delete("/v1/approvals/delegation").await.status, StatusCode::NO_CONTENT);
    assert_eq!(listed(&reviewer, "me").await, 0);
    let nobody = reviewer.post(&path(&approval, "assign"), &json!({"to": null})).await.json(StatusCode::OK);
    assert_eq!(nobody.get("assignee"), None);
}

/// A delegate may decide what their own role may, and no more.
#[tokio::test]
async fn a_delegate_gets_no_right_to_decide() {
    let app = TestApp::start().await;
    let approval = app.propose(&app.open_ticket("Not for agents").await).await;
    let reviewer = app.user(Role::Reviewer).await;
    let mine = json!({"to": app.user_id(Role::Reviewer)});
    reviewer.post(&path(&approval, "assign"), &mine).await.json(StatusCode::OK);
    let until = app.clock.now().plus(Duration::from_secs(86_400));
    let away = json!({"to": app.user_id(Role::Agent), "until": until});
    reviewer.put("/v1/approvals/delegation", &away).await.json(StatusCode::OK);
    let delegate = app.user(Role::Agent).await;
    let approve = decision(&approval, json!({"type": "approve"}));
    delegate.post(&path(&approval, "decisions"), &approve).await.problem(StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn what_was_put_off_is_back_at_its_time() {
    let app = TestApp::start().await;
    let approval = app.propose(&app.open_ticket("Later").await).await;
    let reviewer = app.user(Role::Reviewer).await;
    let until = app.clock.now().plus(Duration::from_secs(600));
    let put_off = reviewer.post(&path(&approval, "snooze"), &json!({"until": until})).await;
    assert_eq!(put_off.json(StatusCode::OK)["snoozed_until"], json!(until));
    let count = async || {
        let counts = reviewer.get("/v1/approvals/counts").await.json(StatusCode::OK);
        (counts["waiting"].as_i64().unwrap(), counts["snoozed"].as_i64().unwrap())
    };
    assert_eq!(count().await, (0, 1));
    let awake = reviewer.get("/v1/approvals?status=pending&snoozed=false").await.json(StatusCode::OK);
    assert_eq!(awake["items"], json!([]));
    app.clock.forward(Duration::from_secs(600));
    assert_eq!(count().await, (1, 0));
    reviewer.post(&path(&approval, "snooze"), &json!({"until": until})).await.problem(StatusCode::CONFLICT);
}

#[tokio::test]
async fn the_queue_is_searched_and_what_is_looked_for_often_is_kept() {
    let app = TestApp::start().await;
    for (subject, body) in [("A torn tent", "A new tent is on its way."), ("A late stove", "It comes today.")]
    {
        app.propose_saying(&app.open_ticket(subject).await, body).await;
    }
    let (reviewer, admin) = (app.user(Role::Reviewer).await, app.user(Role::Admin).await);
    let find = async |query: &str| {
        titles(&reviewer.get(&format!("/v1/approvals?status=pending&{query}")).await.json(StatusCode::OK))
    };
    assert_eq!(find("text=STOVE").await, ["It comes today."], "by the subject");
    assert_eq!(find("text=on+its+way").await, ["A new tent is on its way."], "by the text");
    assert_eq!(find("text=halloran").await.len(), 2, "by the customer");
    assert_eq!(find("risk=irreversible").await, Vec::<String>::new());
    assert_eq!(find("tool=reply_to_customer&rule=default").await.len(), 2);
    assert_eq!(find("order=age").await, ["A new tent is on its way.", "It comes today."]);
    let long = format!("/v1/approvals?text={}", "x".repeat(201));
    reviewer.get(&long).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    reviewer.get("/v1/approvals?risk=huge").await.problem(StatusCode::BAD_REQUEST);

    let new = |shared: bool| json!({"name": "Tents", "shared": shared, "narrowed": {"text": "tent"}});
    let own = reviewer.post("/v1/approvals/views", &new(false)).await.json(StatusCode::CREATED);
    let shared = reviewer.post("/v1/approvals/views", &new(true)).await.json(StatusCode::CREATED);
    let seen = async |client: &Client| {
        client.get("/v1/approvals/views").await.json(StatusCode::OK)["items"].as_array().unwrap().len()
    };
    assert_eq!((seen(&reviewer).await, seen(&admin).await), (2, 1));
    let counts = reviewer.get("/v1/approvals/counts").await.json(StatusCode::OK);
    assert_eq!(counts["views"], json!([{"id": own["id"], "count": 1}, {"id": shared["id"], "count": 1}]));
    assert_eq!(counts["waiting"], 2);
    let nameless = json!({"name": " ", "narrowed": {}});
    reviewer.post("/v1/approvals/views", &nameless).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let view = |view: &Value| format!("/v1/approvals/views/{}", view["id"].as_str().unwrap());
    admin.delete(&view(&own)).await.problem(StatusCode::NOT_FOUND);
    app.user(Role::Agent).await.delete(&view(&shared)).await.problem(StatusCode::FORBIDDEN);
    assert_eq!(admin.delete(&view(&shared)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(reviewer.delete(&view(&own)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(seen(&reviewer).await, 0);
}

#[tokio::test]
async fn whoever_sees_masks_finds_nothing_by_searching() {
    let app = TestApp::start().await;
    app.propose(&app.open_ticket("Masked").await).await;
    let masked = app.key_that_sees_masks(Role::Reviewer).await;
    masked.get("/v1/approvals?text=halloran").await.problem(StatusCode::FORBIDDEN);
    masked.get("/v1/approvals?status=pending").await.json(StatusCode::OK);
}

#[tokio::test]
async fn what_was_decided_about_others_like_it_is_shown() {
    let app = TestApp::start().await;
    let reviewer = app.user(Role::Reviewer).await;
    let saying =
        async |subject: &str, body: &str| app.propose_saying(&app.open_ticket(subject).await, body).await;
    let worn = saying("One", "We refund the worn tent in full.").await;
    let reject = json!({"type": "reject", "reason": "worn is not covered"});
    reviewer.post(&path(&worn, "decisions"), &decision(&worn, reject)).await.json(StatusCode::OK);
    let other = saying("Two", "Our store in Innsbruck opens at nine.").await;
    let approve = json!({"type": "approve"});
    reviewer.post(&path(&other, "decisions"), &decision(&other, approve)).await.json(StatusCode::OK);
    let open = saying("Three", "We refund your worn tent.").await;
    let similar = reviewer.get(&path(&open, "similar")).await.json(StatusCode::OK);
    let first = &similar["items"][0];
    assert_eq!(first["approval_id"], worn["id"]);
    assert_eq!((&first["status"], &first["words"]), (&json!("rejected"), &json!("worn is not covered")));
    assert_eq!((&first["by"], &first["ticket"]["subject"]), (&json!("reviewer Person"), &json!("One")));
    let all = similar["items"].as_array().unwrap();
    assert!(
        all.iter().all(|item| item["approval_id"] != open["id"] && item["likeness"].as_f64() >= Some(0.3))
    );
}

#[tokio::test]
async fn another_workspaces_approvals_are_not_tended() {
    let app = TestApp::start_with(UNDO).await;
    let theirs = app.another_workspace().await;
    let approval = theirs.propose(&theirs.open_ticket("Theirs").await).await;
    let us = app.user(Role::Owner).await;
    for (what, body) in [
        ("claim", json!({})),
        ("assign", json!({"to": null})),
        ("snooze", json!({"until": null})),
        ("undo", json!({})),
    ] {
        us.post(&path(&approval, what), &body).await.problem(StatusCode::NOT_FOUND);
    }
    us.get(&path(&approval, "similar")).await.problem(StatusCode::NOT_FOUND);
    us.delete(&path(&approval, "claim")).await.problem(StatusCode::NOT_FOUND);
    let stranger =
        json!({"to": theirs.user_id(Role::Admin), "until": app.clock.now().plus(Duration::from_secs(60))});
    us.put("/v1/approvals/delegation", &stranger).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let ours = app.propose(&app.open_ticket("Ours").await).await;
    let to = json!({"to": theirs.user_id(Role::Admin)});
    us.post(&path(&ours, "assign"), &to).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let view = json!({"name": "x", "shared": true, "narrowed": {}});
    let view =
        theirs.user(Role::Owner).await.post("/v1/approvals/views", &view).await.json(StatusCode::CREATED);
    us.delete(&format!("/v1/approvals/views/{}", view["id"].as_str().unwrap()))
        .await
        .problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_desk_says_how_approvals_are_worked_on() {
    let app = TestApp::start_with(UNDO).await;
    let desk = app.key(Role::Viewer).get("/v1/approvals/desk").await.json(StatusCode::OK);
    assert_eq!(desk["undo_seconds"], 30);
    assert!(!desk["reject_reasons"].as_array().unwrap().is_empty());
    assert_eq!(desk["people"].as_array().unwrap().len(), 6);
}

#[tokio::test]
async fn who_is_kept_out_gets_no_work_and_leaves_none_behind() {
    let app = TestApp::start().await;
    let (owner, reviewer, agent) =
        (app.user(Role::Owner).await, app.user(Role::Reviewer).await, app.user(Role::Agent).await);
    let admin = app.user_id(Role::Admin);
    let opened = app.open_ticket("For the admin").await;
    let ticket = format!("/v1/tickets/{}", opened["ticket"]["id"].as_str().unwrap());
    let approval = app.propose(&opened).await;
    let (assign, theirs) = (path(&approval, "assign"), json!({ "to": admin }));
    reviewer.post(&assign, &theirs).await.json(StatusCode::OK);
    let assigned = agent.patch(&ticket, &json!({ "assignee": admin })).await.json(StatusCode::OK);
    assert_eq!(assigned["ticket"]["assignee"], json!(admin));
    let until = app.clock.now().plus(Duration::from_secs(86_400));
    let away = |to| json!({ "to": to, "until": until });
    reviewer.put("/v1/approvals/delegation", &away(admin)).await.json(StatusCode::OK);
    let back = away(app.user_id(Role::Reviewer));
    app.user(Role::Admin).await.put("/v1/approvals/delegation", &back).await.json(StatusCode::OK);

    let mut stream = reviewer.stream("/v1/stream").await;
    let person = format!("/v1/people/{admin}");
    owner.patch(&person, &json!({ "active": false })).await.json(StatusCode::OK);
    let heard = stream.next().await.unwrap();
    assert!(heard.data.to_string().contains("approval_assigned"), "whoever looks is told: {}", heard.data);

    let listed = async |client: &Client, path: &str| {
        client.get(path).await.json(StatusCode::OK)["items"].as_array().unwrap().len()
    };
    assert_eq!(listed(&reviewer, "/v1/approvals?status=pending&assignee=nobody").await, 1);
    assert_eq!(listed(&reviewer, &format!("/v1/approvals?status=pending&assignee={admin}")).await, 0);
    assert_eq!(reviewer.get("/v1/approvals/counts").await.json(StatusCode::OK)["unassigned"], 1);
    assert_eq!(listed(&agent, "/v1/tickets?assignee=nobody").await, 1);
    assert_eq!(agent.get(&ticket).await.json(StatusCode::OK)["ticket"]["assignee"], Value::Null);
    let desk = reviewer.get("/v1/approvals/desk").await.json(StatusCode::OK);
    assert_eq!(desk["delegations"], json!([]));
    let people = desk["people"].as_array().unwrap();
    assert!(people.len() == 5 && people.iter().all(|each| each["id"] != json!(admin)), "{desk}");
    let shown = reviewer.get(&format!("/v1/approvals/{}", approval["id"].as_str().unwrap())).await;
    assert!(!shown.json(StatusCode::OK)["eligible"].as_array().unwrap().contains(&json!(admin)));

    for refused in [
        reviewer.post(&assign, &theirs).await,
        reviewer.put("/v1/approvals/delegation", &away(admin)).await,
        agent.patch(&ticket, &json!({ "assignee": admin })).await,
    ] {
        let problem = refused.problem(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(problem["detail"].as_str().unwrap().contains("admin Person was kept out"), "{problem}");
    }
    owner.patch(&person, &json!({ "active": true })).await.json(StatusCode::OK);
    reviewer.post(&assign, &theirs).await.json(StatusCode::OK);
}

#[tokio::test]
async fn an_approval_says_to_whom_it_can_be_handed() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    admin.put("/v1/teams/refunds", &json!({ "description": "Money back" })).await.json(StatusCode::OK);
    let eligible = async |approval: &Value| {
        let shown = admin.get(&format!("/v1/approvals/{}", approval["id"].as_str().unwrap())).await;
        let mut all: Vec<String> = id(&shown.json(StatusCode::OK)["eligible"]);
        all.sort_unstable();
        all
    };
    let ids = |roles: &[Role]| {
        let mut all: Vec<_> = roles.iter().map(|role| app.user_id(role.clone()).to_string()).collect();
        all.sort_unstable();
        all
    };
    let anybodys = app.propose(&app.open_ticket("Anybody's").await).await;
    assert_eq!(eligible(&anybodys).await, ids(&[Role::Reviewer, Role::Admin, Role::Owner]));
    let of_team = app.propose_to(&app.open_ticket("The team's").await, Some("refunds")).await;
    assert_eq!(eligible(&of_team).await, ids(&[Role::Owner]), "nothing is kept from the owner");
    let member = |role| format!("/v1/teams/refunds/members/{}", app.user_id(role));
    for role in [Role::Reviewer, Role::Agent] {
        admin.put(&member(role), &json!({})).await.json(StatusCode::OK);
    }
    assert_eq!(eligible(&of_team).await, ids(&[Role::Reviewer, Role::Owner]), "by role and team");
    for role in [Role::Agent, Role::Admin] {
        let to = json!({ "to": app.user_id(role) });
        admin.post(&path(&of_team, "assign"), &to).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    for person in eligible(&of_team).await {
        admin.post(&path(&of_team, "assign"), &json!({ "to": person })).await.json(StatusCode::OK);
    }

    // Whoever has cast their vote casts no other.
    let of_two = app.propose_needing(&app.open_ticket("Two").await, 2).await;
    let approve = decision(&of_two, json!({"type": "approve"}));
    admin.post(&path(&of_two, "decisions"), &approve).await.json(StatusCode::OK);
    assert_eq!(eligible(&of_two).await, ids(&[Role::Reviewer, Role::Owner]));
    app.user(Role::Owner).await.post(&path(&of_two, "decisions"), &approve).await.json(StatusCode::OK);
    assert_eq!(eligible(&of_two).await, Vec::<String>::new(), "nothing is left to hand on");
    let queue = admin.get("/v1/approvals").await.json(StatusCode::OK);
    assert!(queue["items"].as_array().unwrap().iter().all(|item| item.get("eligible").is_none()));
}
