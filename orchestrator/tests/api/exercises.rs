//! Exercises of reviewers: like any item of the queue until they are decided, and nothing ever comes of one.

use std::{collections::BTreeSet, time::Duration};

use axum::http::StatusCode;
use domain::{
    Clock as _,
    audit::AuditAction,
    permission::{Permission, Permissions},
    user::Role,
};
use orchestrator::testing::app::{Client, Desk, EventReader, TestApp};
use serde_json::{Value, json};
use store::AuditFilter;

const BODY: &str = "Hello Mira,\nyour order NF-10482 takes 14 days.";
const ON: &str = "{\"on\":true,\"one_in\":1,\"most_a_day\":10}";

fn approve(approval: &Value) -> Value {
    json!({ "digest": approval["digest"], "decision": { "type": "approve" } })
}

fn path(approval: &Value, what: &str) -> String {
    format!("/v1/approvals/{}{what}", approval["id"].as_str().unwrap())
}

async fn switch(app: &Desk, to: &Value) {
    app.user(Role::Admin).await.put("/v1/review-quality/exercises", to).await.json(StatusCode::OK);
}

/// The items of the queue by their ids.
async fn queue(client: &Client) -> Vec<Value> {
    client.all("/v1/approvals?status=pending", 1).await
}

async fn propose(app: &Desk, subject: &str) -> Value {
    let form = json!({
        "subject": subject, "body": "Where is my order NF-10482? It was to take 14 days.",
        "contact": { "email": "mira@example.com", "name": "Mira Halloran" },
    });
    let opened = app.key(Role::Reviewer).post("/v1/tickets", &form).await.json(StatusCode::CREATED);
    app.propose_saying(&opened, BODY).await
}

/// What the next event of this name says.
async fn until(stream: &mut EventReader, name: &str) -> Value {
    loop {
        let sent = stream.next().await.expect("the stream goes on");
        if sent.name == name {
            return sent.data;
        }
    }
}

/// A past approval that the admin approved, another that the reviewer decides now, and the exercise that this
/// brings.
async fn exercised(app: &Desk) -> (Value, Client, Value) {
    let past = propose(app, "Long ago").await;
    app.user(Role::Admin).await.post(&path(&past, "/decisions"), &approve(&past)).await.json(StatusCode::OK);
    switch(app, &serde_json::from_str(ON).unwrap()).await;
    let now = propose(app, "Today").await;
    let reviewer = app.user(Role::Reviewer).await;
    let mut own = reviewer.stream("/v1/stream").await;
    let decided = reviewer.post(&path(&now, "/decisions"), &approve(&now)).await.json(StatusCode::OK);
    let told = until(&mut own, "approval").await;
    assert_eq!((&decided["status"], decided.get("exercise")), (&json!("approved"), None));
    let mut waits = queue(&reviewer).await;
    assert_eq!(waits.len(), 1, "{waits:?}");
    assert_eq!(told["approval_id"], waits[0]["approval"]["id"]);
    (past, reviewer, waits.remove(0))
}

/// Every member that a value has, with the members of members.
fn members(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(all) => {
            for (name, value) in all {
                let at = format!("{at}/{name}");
                found.insert(at.clone());
                members(value, &at, found);
            }
        }
        Value::Array(all) => all.iter().for_each(|value| members(value, at, found)),
        _ => {}
    }
}

fn shape(value: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    members(value, "", &mut found);
    found
}

#[tokio::test]
async fn there_are_none_unless_somebody_switched_them_on() {
    let app = TestApp::start().await;
    let reviewer = app.user(Role::Reviewer).await;
    let off = reviewer.get("/v1/review-quality/exercises").await.json(StatusCode::OK);
    assert_eq!(off, json!({ "on": false, "one_in": 50, "most_a_day": 2 }));
    for subject in ["One", "Two"] {
        let approval = propose(&app, subject).await;
        reviewer.post(&path(&approval, "/decisions"), &approve(&approval)).await.json(StatusCode::OK);
    }
    assert_eq!(queue(&reviewer).await, Vec::<Value>::new());
    let on: Value = serde_json::from_str(ON).unwrap();
    let put = "/v1/review-quality/exercises";
    reviewer.put(put, &on).await.problem(StatusCode::FORBIDDEN);
    app.key(Role::Owner).put(put, &on).await.problem(StatusCode::FORBIDDEN);
    let admin = app.user(Role::Admin).await;
    for unfit in [json!(0), json!(1001)] {
        let form = json!({ "on": true, "one_in": unfit, "most_a_day": 1 });
        admin.put(put, &form).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    let many = json!({ "on": true, "one_in": 5, "most_a_day": 11 });
    admin.put(put, &many).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(admin.put(put, &on).await.json(StatusCode::OK), on);
    let filter = AuditFilter { action: Some(AuditAction::ExercisesChanged), ..AuditFilter::default() };
    let entries = app.store.audit_entries(&filter, None, 10).await.unwrap();
    assert_eq!(entries[0].deed.detail, on);
}

#[tokio::test]
async fn an_exercise_cannot_be_told_from_an_approval_by_what_is_served_of_it() {
    let app = TestApp::start().await;
    let (past, reviewer, item) = exercised(&app).await;
    let real = propose(&app, "A real one").await;
    let listed = queue(&reviewer).await;
    assert_eq!(listed.len(), 2);
    let other = listed.iter().find(|each| each["approval"]["id"] == real["id"]).unwrap();
    assert_eq!(shape(&item), shape(other));
    assert_eq!((&item["may_decide"], &item["approval"]["status"]), (&json!(true), &json!("pending")));
    let shown = &item["approval"];
    let view = reviewer.get(&path(shown, "")).await.json(StatusCode::OK);
    let real_view = reviewer.get(&path(&real, "")).await.json(StatusCode::OK);
    // What may be empty is compared by what stands in it.
    for (name, value) in real_view.as_object().unwrap() {
        let own = view.get(name).unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(own.is_null(), value.is_null(), "{name}");
    }
    assert_eq!(shape(&view["approval"]), shape(&real_view["approval"]));
    assert_eq!(shape(&view["ticket"]), shape(&real_view["ticket"]));
    assert_eq!(shape(&view["run"]), shape(&real_view["run"]));
    assert_eq!(view.get("exercise"), None);
    assert_eq!(view["ticket"]["status"], "waiting_for_staff");
    assert_eq!((&view["run"]["status"], &view["decisions"]), (&json!("waiting"), &json!([])));
    assert!(
        view["messages"].as_array().unwrap().iter().all(|message| message["author"]["kind"] == "customer")
    );
    let told = view.to_string() + &item.to_string();
    for word in ["exercise", "slip", "second_look", past["id"].as_str().unwrap()] {
        assert!(!told.contains(word), "{word} in {told}");
    }

    // What else the page asks.
    let claim = reviewer.post(&path(shown, "/claim"), &json!({})).await.json(StatusCode::OK);
    let real_claim = reviewer.post(&path(&real, "/claim"), &json!({})).await.json(StatusCode::OK);
    assert_eq!(shape(&claim), shape(&real_claim));
    let claims = reviewer.get("/v1/approvals/claims").await.json(StatusCode::OK);
    assert_eq!(claims["items"].as_array().unwrap().len(), 2);
    assert_eq!(reviewer.delete(&path(shown, "/claim")).await.status, StatusCode::NO_CONTENT);
    let similar = reviewer.get(&path(shown, "/similar")).await.json(StatusCode::OK);
    let same = |each: &Value| each["approval_id"] == past["id"];
    assert!(!similar["items"].as_array().unwrap().iter().any(same), "what it was made of is left out");
    let counts = reviewer.get("/v1/approvals/counts").await.json(StatusCode::OK);
    assert_eq!((&counts["waiting"], &counts["unassigned"]), (&json!(2), &json!(2)));
    let mine = json!({ "to": app.user_id(Role::Reviewer) });
    let assigned = reviewer.post(&path(shown, "/assign"), &mine).await.json(StatusCode::OK);
    assert_eq!(assigned["assignee"], mine["to"]);
    let own = reviewer.get("/v1/approvals?status=pending&assignee=me").await.json(StatusCode::OK);
    assert_eq!(own["items"][0]["approval"]["id"], shown["id"]);
    let until = app.clock.now().plus(Duration::from_secs(600));
    let put_off =
        reviewer.post(&path(shown, "/snooze"), &json!({ "until": until })).await.json(StatusCode::OK);
    assert_eq!(put_off["snoozed_until"], json!(until));
    let awake = reviewer.get("/v1/approvals?status=pending&snoozed=false").await.json(StatusCode::OK);
    assert_eq!(awake["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn nobody_else_sees_an_exercise() {
    let app = TestApp::start().await;
    let (_, _, item) = exercised(&app).await;
    let shown = &item["approval"];
    let admin = app.user(Role::Admin).await;
    assert_eq!(queue(&admin).await, Vec::<Value>::new());
    assert_eq!(admin.get("/v1/approvals/counts").await.json(StatusCode::OK)["waiting"], 0);
    for client in [&admin, &app.key(Role::Owner)] {
        client.get(&path(shown, "")).await.problem(StatusCode::NOT_FOUND);
    }
    admin.post(&path(shown, "/decisions"), &approve(shown)).await.problem(StatusCode::NOT_FOUND);
    admin.post(&path(shown, "/claim"), &json!({})).await.problem(StatusCode::NOT_FOUND);
    let desk = admin.get("/v1/desk").await.json(StatusCode::OK);
    assert_eq!(desk["approvals"]["n"], 0);
    let theirs = app.another_workspace().await;
    theirs.user(Role::Owner).await.get(&path(shown, "")).await.problem(StatusCode::NOT_FOUND);
}

/// The rows of everything that something could come of.
async fn rows(app: &Desk, of: &Value) -> Value {
    let ticket = orchestrator::testing::app::id(&of["ticket_id"]);
    let run = orchestrator::testing::app::id(&of["run_id"]);
    json!({
        "effects": app.store.effects(None, 100, None).await.unwrap().items.len(),
        "runs": app.store.run(run).await.unwrap(),
        "approvals": app.store.approvals(&store::ApprovalFilter::default(), 100, None).await.unwrap().items,
        "events": app.store.events(ticket, 0, 1000).await.unwrap().len(),
        "ticket": app.store.ticket(ticket).await.unwrap(),
        "decisions": app.store.decisions(orchestrator::testing::app::id(&of["id"])).await.unwrap(),
        "deliveries": app.store.deliveries(None, 100, None).await.unwrap().items.len(),
        "credits": app.store.credit_entries(None, 100, None).await.unwrap().items.len(),
    })
}

#[tokio::test]
async fn whatever_is_decided_nothing_comes_of_it_and_the_person_is_told_what_it_was() {
    for kind in [
        json!({ "type": "approve" }),
        json!({ "type": "edit", "args": { "body": BODY } }),
        json!({ "type": "reject", "reason": "not so" }),
        json!({ "type": "respond", "message": "is it so?" }),
        json!({ "type": "escalate", "reason": "I am not sure" }),
    ] {
        let app = TestApp::start().await;
        let (past, reviewer, item) = exercised(&app).await;
        let shown = &item["approval"];
        let before = rows(&app, &past).await;
        let stale = json!({ "digest": past["digest"], "decision": kind });
        reviewer.post(&path(shown, "/decisions"), &stale).await.problem(StatusCode::CONFLICT);
        let decision = json!({
            "digest": shown["digest"], "decision": kind, "attention": { "in_view_ms": 9, "evidence_seen": [] },
        });
        let decided = reviewer.post(&path(shown, "/decisions"), &decision).await.json(StatusCode::OK);
        assert_eq!(rows(&app, &past).await, before, "{kind}");
        let told = &decided["exercise"];
        assert_eq!((&told["approval_id"], &told["earlier"]), (&past["id"], &json!("approve")));
        let waved_through = kind["type"] == "approve";
        if told["slip"].is_null() {
            assert_eq!((&told["agreed"], &told["found"]), (&json!(waved_through), &Value::Null));
            assert_eq!(shown["preview"], past["preview"]);
        } else {
            assert_eq!((&told["found"], &told["agreed"]), (&json!(!waved_through), &Value::Null));
            assert_ne!(shown["preview"], past["preview"]);
            let body = shown["preview"]["body"].as_str().unwrap();
            assert!(body.contains(told["became"].as_str().unwrap()), "{told}");
            assert!(BODY.contains(told["was"].as_str().unwrap()), "{told}");
        }
        let again = reviewer.get(&path(shown, "")).await.json(StatusCode::OK);
        assert_eq!((&again["exercise"], &again["may_decide"]), (told, &json!(false)));
        assert_ne!(again["approval"]["status"], "pending");
        reviewer.post(&path(shown, "/decisions"), &decision).await.problem(StatusCode::CONFLICT);
        reviewer.post(&path(shown, "/undo"), &json!({})).await.problem(StatusCode::CONFLICT);
        assert_eq!(queue(&reviewer).await, Vec::<Value>::new());

        let own = reviewer.get("/v1/me/review-quality").await.json(StatusCode::OK);
        let rate = if told["slip"].is_null() { "second_looks" } else { "found" };
        assert!(!own["figures"][rate].is_null(), "{own}");
        assert_eq!(own["figures"]["decisions"], 1, "an exercise is no decision");
        assert_eq!(own["figures"]["time"], Value::Null);
        let filter = AuditFilter { action: Some(AuditAction::ExerciseEnded), ..AuditFilter::default() };
        let entry = app.store.audit_entries(&filter, None, 10).await.unwrap().remove(0);
        assert_eq!(entry.deed.subject, shown["id"].as_str().unwrap());
        assert_eq!(entry.deed.detail["made_of"], past["id"]);
    }
}

#[tokio::test]
async fn several_decided_at_once_may_have_an_exercise_among_them() {
    let app = TestApp::start().await;
    let (past, reviewer, item) = exercised(&app).await;
    let real = propose(&app, "A real one").await;
    let of = |approval: &Value| json!({ "approval_id": approval["id"], "digest": approval["digest"], "decision": { "type": "approve" } });
    let form = json!({ "items": [of(&item["approval"]), of(&real)] });
    let results =
        reviewer.post("/v1/approvals/decisions", &form).await.json(StatusCode::OK)["results"].clone();
    assert_eq!(results[0]["exercise"]["approval_id"], past["id"]);
    assert_eq!(results[1].get("exercise"), None);
    assert_eq!(results[1]["approval"]["status"], "approved");
}

#[tokio::test]
async fn switched_off_they_end_at_once_and_without_a_word() {
    let app = TestApp::start().await;
    let (_, reviewer, item) = exercised(&app).await;
    switch(&app, &json!({ "on": false, "one_in": 1, "most_a_day": 10 })).await;
    assert_eq!(queue(&reviewer).await, Vec::<Value>::new());
    reviewer.get(&path(&item["approval"], "")).await.problem(StatusCode::NOT_FOUND);
    let late = reviewer.post(&path(&item["approval"], "/decisions"), &approve(&item["approval"])).await;
    late.problem(StatusCode::NOT_FOUND);
    let own = reviewer.get("/v1/me/review-quality").await.json(StatusCode::OK);
    assert_eq!((&own["figures"]["found"], &own["figures"]["second_looks"]), (&Value::Null, &Value::Null));
    assert_eq!(own["exercises"]["on"], false);
}

#[tokio::test]
async fn one_that_nobody_looks_at_is_over_by_itself() {
    let app = TestApp::start().await;
    let (_, reviewer, item) = exercised(&app).await;
    app.clock.forward(Duration::from_secs(3601));
    assert_eq!(queue(&reviewer).await, Vec::<Value>::new());
    reviewer.get(&path(&item["approval"], "")).await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn handed_to_somebody_else_it_is_over() {
    let app = TestApp::start().await;
    let (_, reviewer, item) = exercised(&app).await;
    let to = json!({ "to": app.user_id(Role::Admin) });
    let given = reviewer.post(&path(&item["approval"], "/assign"), &to).await.json(StatusCode::OK);
    assert_eq!(given["assignee"], to["to"]);
    assert_eq!(queue(&reviewer).await, Vec::<Value>::new());
    assert_eq!(queue(&app.user(Role::Admin).await).await, Vec::<Value>::new());
}

#[tokio::test]
async fn whoever_sees_masks_gets_an_exercise_with_masks_in_which_they_can_see_what_is_wrong() {
    let app = TestApp::start().await;
    let all = Permissions::of(&Role::Reviewer).unwrap();
    let masked = all.without([Permission::SeePersonalData].into_iter().collect());
    let blind = app.person_with("blind_desk", masked).await;
    let source = propose(&app, "Long ago").await;
    app.user(Role::Admin)
        .await
        .post(&path(&source, "/decisions"), &approve(&source))
        .await
        .json(StatusCode::OK);
    switch(&app, &serde_json::from_str(ON).unwrap()).await;
    let opened = app.open_ticket("Today").await;
    let now = app.propose_asking(&opened, Role::Agent, "It takes a while.").await;
    let agent = app.propose_asking(&app.open_ticket("Earlier").await, Role::Agent, BODY).await;
    app.user(Role::Admin)
        .await
        .post(&path(&agent, "/decisions"), &approve(&agent))
        .await
        .json(StatusCode::OK);
    blind.post(&path(&now, "/decisions"), &approve(&now)).await.json(StatusCode::OK);
    let waits = queue(&blind).await;
    for item in &waits {
        let text = blind.get(&path(&item["approval"], "")).await.text();
        assert!(!text.contains("Halloran") && !text.contains("mira@example.com"), "{text}");
        let decided = blind.post(&path(&item["approval"], "/decisions"), &approve(&item["approval"])).await;
        let told = decided.json(StatusCode::OK)["exercise"].clone();
        assert!(["name", "recipient"].iter().all(|slip| told["slip"] != *slip), "{told}");
    }
}
