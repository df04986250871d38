//! Who lacks the right is served masks, on every route; having something shown is written down.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use domain::{
    RunId,
    audit::AuditAction,
    permission::{Permission, Permissions},
    run::RunStatus,
    user::Role,
};
use futures::future::join_all;
use orchestrator::testing::app::{Client, TestApp, id};
use serde_json::{Value, json};
use store::AuditFilter;

const EMAIL: &str = "jane.roe@planted.example";
const CARD: &str = "4242 4242 4242 4242";
/// Of a kind that no list of names has.
const NAME: &str = "Zyxandra Quorlitz";
const PLANTED: [&str; 4] = ["jane.roe", "4242 4242", "Zyxandra", "Quorlitz"];

fn form() -> Value {
    json!({
        "subject": format!("Refund to {CARD} for {EMAIL}"),
        "body": format!("This is {NAME}. Refund my card {CARD} and write to {EMAIL}, please. Yours, {NAME}"),
        "contact": { "email": EMAIL, "name": NAME },
    })
}

/// A ticket with personal data in all its parts, an approval of it, and its run.
struct Planted {
    ticket: String,
    message: String,
    customer: String,
    approval: String,
    run: String,
}

async fn plant(app: &TestApp) -> Planted {
    let admin = app.key(Role::Admin);
    let opened = admin.post("/v1/tickets", &form()).await.json(StatusCode::CREATED);
    let ticket = opened["ticket"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/tickets/{ticket}");
    admin.send("PATCH", &path, Some(&json!({ "fields": { "reply_to": EMAIL } }))).await.json(StatusCode::OK);
    let event = json!({ "name": "paid", "data": { "card": 4242424242424242_u64, EMAIL: 1, "by": EMAIL } });
    admin.post(&format!("{path}/events"), &event).await.json(StatusCode::CREATED);
    let approval = app.propose_saying(&opened, &format!("We paid {CARD}, and wrote to {EMAIL}.")).await;
    let messages = admin.get(&format!("{path}/messages")).await.json(StatusCode::OK);
    Planted {
        message: messages["items"][0]["id"].as_str().unwrap().to_owned(),
        customer: opened["customer"]["id"].as_str().unwrap().to_owned(),
        run: approval["run_id"].as_str().unwrap().to_owned(),
        approval: approval["id"].as_str().unwrap().to_owned(),
        ticket,
    }
}

impl Planted {
    /// Every GET route of the API, with the ids of what was planted.
    fn paths(&self) -> Vec<String> {
        let ids = BTreeMap::from([
            ("tickets", &self.ticket),
            ("customers", &self.customer),
            ("approvals", &self.approval),
            ("runs", &self.run),
        ]);
        let document = serde_json::to_value(orchestrator::http::openapi()).unwrap();
        let paths = document["paths"].as_object().unwrap();
        let read = paths.iter().filter(|(path, item)| item.get("get").is_some() && *path != "/v1/stream");
        let fill = |path: &str| {
            let noun = path.split('/').nth(2).unwrap_or_default();
            let id = ids.get(noun).copied().unwrap_or(&self.ticket);
            path.replace("{id}", id).replace("{version}", "1").replace("{name}", "reply_to_customer")
        };
        let mut filled: Vec<String> = read.map(|(path, _)| fill(path)).collect();
        filled.extend([
            format!("/v1/runs?ticket_id={}", self.ticket),
            "/v1/approvals?status=pending".to_owned(),
            "/v1/knowledge/search?q=refund".to_owned(),
        ]);
        filled
    }
}

async fn all_answers(client: &Client, paths: &[String]) -> Vec<(String, String)> {
    let mut answers = Vec::new();
    for path in paths {
        answers.push((path.clone(), client.get(path).await.text()));
    }
    answers
}

fn assert_masked(answers: &[(String, String)]) {
    for (path, text) in answers {
        for planted in PLANTED {
            assert!(!text.contains(planted), "{path} serves {planted}: {text}");
        }
        // As a number, and as JSON escapes it.
        assert!(!text.contains("4242424242"), "{path}: {text}");
    }
}

#[tokio::test]
async fn no_get_route_serves_personal_data_to_who_may_not_see_it() {
    let app = TestApp::start().await;
    let planted = plant(&app).await;
    let paths = planted.paths();
    assert!(paths.len() > 30, "{paths:?}");

    let whole = all_answers(&app.key(Role::Reviewer), &paths).await;
    let serving = whole.iter().filter(|(_, text)| text.contains("jane.roe")).count();
    assert!(serving >= 8, "the values are planted where people look");

    let masked_admin = app.key_that_sees_masks(Role::Owner).await;
    for client in [app.key(Role::Viewer), app.user(Role::Agent).await, masked_admin] {
        assert_masked(&all_answers(&client, &paths).await);
    }
    let shown = app.key(Role::Viewer).get(&format!("/v1/tickets/{}", planted.ticket)).await;
    assert_eq!(shown.headers["x-personal-data"], "masked");
    let shown = shown.json(StatusCode::OK);
    assert_eq!(shown["contact"]["email"], "j•••@p•••.example");
    assert_eq!(shown["contact"]["name"], "Z. Q.");
    assert_eq!(shown["ticket"]["subject"], "Refund to •••• 4242 for j•••@p•••.example");
    assert_eq!(shown["ticket"]["id"], planted.ticket);
}

#[tokio::test]
async fn a_journal_is_masked_and_one_without_personal_data_is_served_as_it_is() {
    let app = TestApp::start_working("").await;
    let opened = app.key(Role::Admin).post("/v1/tickets", &form()).await.json(StatusCode::CREATED);
    let plain = app.nobody();
    let plain = plain
        .post("/v1/conversations", &json!({ "message": "Where is my parcel? It was due on Monday." }))
        .await
        .json(StatusCode::CREATED);
    let tickets = [opened["ticket"]["id"].as_str().unwrap(), plain["conversation_id"].as_str().unwrap()];
    let mut paths = Vec::new();
    for ticket in tickets {
        let runs = format!("/v1/runs?ticket_id={ticket}");
        let run = app
            .until("the run rests", async || {
                let runs = app.key(Role::Admin).get(&runs).await.json(StatusCode::OK);
                let status = runs["items"][0]["status"].as_str()?.to_owned();
                let rests =
                    ![RunStatus::Queued, RunStatus::Running].map(|at| at.as_str()).contains(&&*status);
                rests.then(|| runs["items"][0]["id"].as_str().unwrap().to_owned())
            })
            .await;
        id::<RunId>(&json!(run));
        paths.push(vec![
            format!("/v1/runs/{run}"),
            runs,
            format!("/v1/tickets/{ticket}"),
            format!("/v1/tickets/{ticket}/events"),
            format!("/v1/tickets/{ticket}/messages"),
        ]);
    }
    let everywhere =
        ["/v1/tickets", "/v1/approvals", "/v1/knowledge/gaps", "/v1/deliveries"].map(str::to_owned);
    let whole = all_answers(&app.key(Role::Admin), &paths[0]).await;
    assert!(whole[0].1.contains("jane.roe") && whole[0].1.contains("4242 4242"), "{}", whole[0].1);
    assert_masked(&all_answers(&app.key(Role::Viewer), &paths[0]).await);
    assert_masked(&all_answers(&app.key(Role::Viewer), &everywhere).await);

    for path in &paths[1] {
        let [seen, whole] = [Role::Viewer, Role::Admin].map(|role| app.key(role));
        let (seen, whole) = (seen.get(path).await, whole.get(path).await);
        let mut differ = Vec::new();
        differences(&seen.json(StatusCode::OK), &whole.json(StatusCode::OK), String::new(), &mut differ);
        assert!(differ.is_empty(), "{path}: {differ:?}");
    }
}

/// Where two answers differ, and how.
fn differences(one: &Value, other: &Value, at: String, into: &mut Vec<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) if one.len() == other.len() => {
            for (name, value) in one {
                differences(value, &other[name], format!("{at}/{name}"), into);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (number, (one, other)) in one.iter().zip(other).enumerate() {
                differences(one, other, format!("{at}/{number}"), into);
            }
        }
        _ if one == other => {}
        _ => into.push(format!("{at}: {one} and {other}")),
    }
}

#[tokio::test]
async fn the_live_stream_is_masked_as_well() {
    let app = TestApp::start().await;
    let mut masked = app.key(Role::Viewer).stream("/v1/stream").await;
    let mut whole = app.key(Role::Reviewer).stream("/v1/stream").await;
    plant(&app).await;
    for _ in 0..4 {
        let (masked, whole) = (masked.next().await.unwrap(), whole.next().await.unwrap());
        assert_eq!((&masked.id, &masked.name), (&whole.id, &whole.name));
        assert_masked(&[("the stream".to_owned(), masked.data.to_string())]);
        if whole.data["event"]["body"]["type"] == "message_added" {
            assert!(whole.data.to_string().contains(EMAIL));
            let findings =
                |sent: &Value| sent["event"]["body"]["message"]["findings"].as_array().unwrap().len();
            assert!(findings(&whole.data) >= 2 && findings(&masked.data) >= findings(&whole.data));
        }
    }
}

#[tokio::test]
async fn findings_say_in_characters_where_values_and_masks_stand() {
    let app = TestApp::start().await;
    let mut form = form();
    form["body"] = json!(format!("Grüße 🙂 {EMAIL}"));
    let opened = app.key(Role::Admin).post("/v1/tickets", &form).await.json(StatusCode::CREATED);
    let path = format!("/v1/tickets/{}/messages", opened["ticket"]["id"].as_str().unwrap());
    for (role, shown) in [(Role::Reviewer, EMAIL), (Role::Viewer, "j•••@p•••.example")] {
        let message = app.key(role).get(&path).await.json(StatusCode::OK)["items"][0].clone();
        let finding = &message["findings"][0];
        let at = |name: &str| usize::try_from(finding[name].as_u64().unwrap()).unwrap();
        let text: String = message["body"]
            .as_str()
            .unwrap()
            .chars()
            .skip(at("start"))
            .take(at("end") - at("start"))
            .collect();
        assert_eq!((text.as_str(), finding["kind"].as_str()), (shown, Some("email")));
    }
    let approval = app.propose_saying(&opened, &format!("To {EMAIL}")).await;
    let path = format!("/v1/approvals/{}", approval["id"].as_str().unwrap());
    for role in [Role::Reviewer, Role::Viewer] {
        let shown = app.key(role).get(&path).await.json(StatusCode::OK);
        let at: Vec<&str> =
            shown["findings"].as_array().unwrap().iter().map(|found| found["at"].as_str().unwrap()).collect();
        assert!(at.contains(&"/binding/call/args/body") && at.contains(&"/preview/body"), "{at:?}");
    }
}

#[tokio::test]
async fn a_search_tells_nothing_that_a_mask_hides() {
    let app = TestApp::start().await;
    plant(&app).await;
    app.open_ticket("Another refund").await;
    let viewer = app.key(Role::Viewer);
    let found = async |client: &Client, q: &str| {
        client.get(&format!("/v1/tickets?q={q}")).await.json(StatusCode::OK)["items"]
            .as_array()
            .unwrap()
            .len()
    };
    let reviewer = app.key(Role::Reviewer);
    for q in ["jane", "roe@pl", "4242%204242", "quorl"] {
        assert_eq!(found(&reviewer, q).await, 1, "{q}");
        assert_eq!(found(&viewer, q).await, 0, "{q}");
    }
    assert_eq!(found(&viewer, "refund").await, 2);
    assert_eq!(viewer.all("/v1/tickets?q=refund", 1).await.len(), 2);
    assert_eq!(found(&viewer, "%231").await, 1);
    let problem = viewer.get("/v1/customers?q=zyx").await.problem(StatusCode::FORBIDDEN);
    assert!(problem["detail"].as_str().unwrap().contains("see_personal_data"));
    let admin = app.key_that_sees_masks(Role::Admin).await;
    let path = format!("/v1/audit?subject={}", app.email(Role::Owner));
    admin.get(&path).await.problem(StatusCode::FORBIDDEN);
    app.key(Role::Admin).get(&path).await.json(StatusCode::OK);
    admin.get("/v1/audit/export?format=csv").await.problem(StatusCode::FORBIDDEN);
}

/// A ticket of whoever is called [`NAME`].
async fn opened(app: &TestApp, subject: &str) -> Value {
    let form = json!({
        "subject": subject, "body": "It is here.", "contact": { "email": EMAIL, "name": NAME },
        "tags": ["quorlitz"],
    });
    app.key(Role::Admin).post("/v1/tickets", &form).await.json(StatusCode::CREATED)
}

#[tokio::test]
async fn a_search_finds_no_name_of_whom_a_ticket_is_about() {
    let app = TestApp::start().await;
    opened(&app, &format!("A parcel for {NAME}")).await;
    let (viewer, reviewer) = (app.key(Role::Viewer), app.key(Role::Reviewer));
    for q in ["zyx", "Zyxandra", "quorl", "zyxandra%20quorlitz"] {
        let path = format!("/v1/tickets?q={q}");
        assert_eq!(reviewer.all(&path, 10).await.len(), 1, "{q}");
        assert_eq!(viewer.all(&path, 10).await, Vec::<Value>::new(), "{q}");
    }
    let seen = viewer.all("/v1/tickets?q=parcel", 10).await;
    assert_eq!((&seen[0]["subject"], &seen[0]["tags"]), (&json!("A parcel for Z. Q."), &json!(["Q."])));
}

#[tokio::test]
async fn where_a_search_goes_on_tells_of_no_ticket_that_it_does_not_show() {
    let app = TestApp::start().await;
    app.open_ticket("A torn tent").await;
    for number in 0..25 {
        opened(&app, &format!("A boot {number}")).await;
    }
    let viewer = app.key(Role::Viewer);
    let nothing = json!({ "items": [], "next_cursor": null });
    for q in ["zyxandra", "quorlitz", "nobody-at-all"] {
        let found = viewer.get(&format!("/v1/tickets?q={q}&limit=1")).await.json(StatusCode::OK);
        assert_eq!(found, nothing, "{q}");
    }
    let oldest = viewer.get("/v1/tickets?q=tent&limit=1").await.json(StatusCode::OK);
    assert_eq!(oldest["items"][0]["subject"], "A torn tent", "it is found behind all others");
}

#[tokio::test]
async fn pages_of_a_search_through_masks_hold_every_ticket_once() {
    let app = TestApp::start().await;
    for number in 0..7 {
        app.open_ticket(&format!("A boot {number}")).await;
        app.open_ticket(&format!("A tent {number}")).await;
    }
    let numbers = async |client: Client, limit: usize| {
        let found = client.all("/v1/tickets?q=boot", limit).await;
        found.iter().map(|row| row["number"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let all = numbers(app.key(Role::Reviewer), 50).await;
    assert_eq!(all.len(), 7);
    for limit in [1, 2, 3, 7, 50] {
        assert_eq!(numbers(app.key(Role::Viewer), limit).await, all, "by {limit}");
    }
}

#[tokio::test]
async fn what_is_unmasked_is_in_the_audit_before_it_is_given() {
    let app = TestApp::start().await;
    let planted = plant(&app).await;
    let agent = app.user(Role::Agent).await;
    let Planted { ticket, message, approval, .. } = &planted;
    let paths = [
        (format!("/v1/tickets/{ticket}/unmask"), ticket),
        (format!("/v1/tickets/{ticket}/messages/{message}/unmask"), message),
        (format!("/v1/approvals/{approval}/unmask"), approval),
    ];
    let reason = json!({ "reason": format!("{EMAIL} asked to be called back") });
    for (path, _) in &paths {
        let shown = agent.post(path, &reason).await;
        let shown = shown.json(StatusCode::OK).to_string();
        assert!(shown.contains(EMAIL) && shown.contains(CARD), "{path}: {shown}");
    }
    let filter = AuditFilter { action: Some(AuditAction::PersonalDataUnmasked), ..AuditFilter::default() };
    let entries = app.store.audit_entries(&filter, None, 10).await.unwrap();
    assert_eq!(entries.len(), 3);
    for ((_, subject), entry) in paths.iter().rev().zip(&entries) {
        assert_eq!(entry.deed.subject, **subject);
        assert_eq!(entry.deed.detail["reason"], "j•••@p•••.example asked to be called back");
        let actor = serde_json::to_value(&entry.deed.actor).unwrap();
        assert_eq!(actor["user_id"], app.user_id(Role::Agent).to_string());
        assert!(PLANTED.iter().all(|value| !entry.deed.detail.to_string().contains(value)));
    }
    assert!(app.store.verify_audit().await.unwrap().broken.is_none());

    for (path, _) in &paths {
        app.user(Role::Viewer).await.post(path, &reason).await.problem(StatusCode::FORBIDDEN);
        app.key(Role::Owner).post(path, &reason).await.problem(StatusCode::FORBIDDEN);
        for unfit in ["", "why", &"x".repeat(501)] {
            agent.post(path, &json!({ "reason": unfit })).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
        }
        let unknown = path.replace(&path.split('/').rev().nth(1).unwrap().to_owned(), &planted.run);
        agent.post(&unknown, &reason).await.problem(StatusCode::NOT_FOUND);
    }
    let entries = app.store.audit_entries(&filter, None, 10).await.unwrap();
    assert_eq!(entries.len(), 3, "what is not given is not written down");
}

#[tokio::test]
async fn one_person_unmasks_so_much_a_minute() {
    let app = TestApp::start().await;
    let planted = plant(&app).await;
    // At two processes, which remember each for itself what it remembers.
    let other = app.after_a_restart(&app.app);
    let agents = [app.user(Role::Agent).await, other.user(Role::Agent).await];
    let path = format!("/v1/tickets/{}/unmask", planted.ticket);
    let reason = json!({ "reason": "to call them back" });
    // At once: the allowance grows again with time.
    let asked = join_all((0..60).map(|number| agents[number % 2].post(&path, &reason))).await;
    let given = asked.iter().filter(|reply| reply.status == StatusCode::OK).count();
    assert!((20..40).contains(&given), "{given} of 60 were given, and a process alone gives 20");
    let refused = asked.iter().find(|reply| reply.status != StatusCode::OK).unwrap();
    refused.problem(StatusCode::TOO_MANY_REQUESTS);
    app.user(Role::Reviewer).await.post(&path, &reason).await.json(StatusCode::OK);
}

#[tokio::test]
async fn who_sees_personal_data_is_a_matter_of_roles_and_the_session_tells_it() {
    let app = TestApp::start().await;
    let planted = plant(&app).await;
    let agent = Permissions::of(&Role::Agent).unwrap();
    let senior = app.person_with("senior_agent", agent.with(Permission::SeePersonalData)).await;
    let shown = senior.get(&format!("/v1/tickets/{}", planted.ticket)).await;
    assert!(shown.text().contains(EMAIL));
    let about = async |client: Client| {
        let session = client.get("/v1/session").await.json(StatusCode::OK);
        let held: Permissions = serde_json::from_value(session["permissions"].clone()).unwrap();
        [Permission::SeePersonalData, Permission::Unmask, Permission::Redact].map(|it| held.contains(it))
    };
    assert_eq!(about(app.user(Role::Viewer).await).await, [false, false, false]);
    assert_eq!(about(app.user(Role::Agent).await).await, [false, true, false]);
    assert_eq!(about(senior).await, [true, true, false]);
    assert_eq!(about(app.user(Role::Owner).await).await, [true, true, true]);
    assert_eq!(about(app.key(Role::Owner)).await, [true, false, false]);
    assert_eq!(about(app.key_that_sees_masks(Role::Owner).await).await, [false, false, false]);
}

#[tokio::test]
async fn what_the_workspace_is_called_is_not_masked_and_whom_it_serves_is() {
    let app = TestApp::start().await;
    let desk = app.app.store.create_workspace("northfold", "Northfold Outdoor").await.unwrap().id;
    let signed = "It is here.\n\nKind regards\nNorthfold Outdoor customer service";
    // What is asked about is told its name by the next look.
    drop(app.app.personal.of(desk));
    app.app.policies.refresh().await.unwrap();
    let served = app.app.personal.of(desk);
    assert_eq!(served.text(signed), signed);
    assert!(served.find(signed).is_empty());
    let mut customer = json!({ "name": "Quorlitz Zyxwear", "tier": "vip", "locale": "en", "fields": {} });
    let mut answer = json!({ "customer": customer, "body": format!("From Quorlitz Zyxwear. {signed}") });
    served.mask(&mut answer, &[]);
    customer["name"] = json!("Q. Z.");
    assert_eq!(answer["customer"], customer);
    assert_eq!(answer["body"], format!("From Q. Z.. {signed}"));
}

#[tokio::test]
async fn who_sees_masks_does_not_save_them_in_an_edit() {
    let app = TestApp::start().await;
    let planted = plant(&app).await;
    let shown = app.key(Role::Reviewer).get(&format!("/v1/approvals/{}", planted.approval)).await;
    let digest = shown.json(StatusCode::OK)["approval"]["digest"].clone();
    let edit = json!({ "digest": digest, "decision": { "type": "edit", "args": { "body": "To j•••@p•••.example" } } });
    let path = format!("/v1/approvals/{}/decisions", planted.approval);
    let problem = app.user(Role::Agent).await.post(&path, &edit).await.problem(StatusCode::FORBIDDEN);
    assert!(problem["detail"].as_str().unwrap().contains("masks"));
}
