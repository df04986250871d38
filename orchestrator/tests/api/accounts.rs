//! Accounts: sessions that last while they are used, several workspaces, passwords, links and invitations.

use std::time::Duration;

use axum::http::{StatusCode, header};
use domain::{
    UserId,
    user::{Role, User},
};
use orchestrator::{
    http::reset_link_for,
    testing::{
        app::{Client, Desk, PASSWORD, Reply, TestApp},
        site::{Answer, Site},
    },
};
use serde_json::{Value, json};

const DAY: Duration = Duration::from_secs(24 * 3600);
const NEW: &str = "a password nobody guesses";

/// Makes the person of this role a member of another workspace as well.
async fn joins(app: &TestApp, role: Role, there: &Desk, as_role: Role) {
    let user = User {
        id: UserId::new(&orchestrator::system::SystemIds),
        email: app.email(role),
        name: "Both Places".to_owned(),
        role: as_role,
        title: String::new(),
        created_at: domain::Clock::now(&*app.clock),
        deactivated_at: None,
    };
    there.store.create_user(user, "not used".to_owned()).await.unwrap();
}

fn carrying(app: &TestApp, reply: &Reply) -> Client {
    let cookie = reply.headers[header::SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    app.nobody().with("cookie", &cookie).with("sec-fetch-site", "same-origin")
}

fn token(link: &str) -> &str {
    link.split_once('#').unwrap().1
}

async fn actions(app: &TestApp) -> Vec<Value> {
    let audit = app.key(Role::Owner).get("/v1/audit?limit=100").await.json(StatusCode::OK);
    audit["items"].as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect()
}

#[tokio::test]
async fn a_session_lasts_for_as_long_as_it_is_used_every_week() {
    let app = TestApp::start().await;
    let person = app.user(Role::Agent).await;
    for _ in 0..4 {
        app.clock.forward(6 * DAY);
        let reply = person.get("/v1/session").await;
        assert!(reply.headers[header::SET_COOKIE].to_str().unwrap().contains("Max-Age=604800"));
        reply.json(StatusCode::OK);
    }
    app.clock.forward(7 * DAY);
    person.get("/v1/tickets").await.problem(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn one_sees_where_one_is_signed_in_and_ends_it() {
    let app = TestApp::start().await;
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    let form = json!({"email": app.email(Role::Viewer), "password": PASSWORD});
    let reply = app.nobody().with("user-agent", agent).post("/v1/session", &form).await;
    let (one, two) = (carrying(&app, &reply), app.user(Role::Viewer).await);
    let stranger = app.user(Role::Admin).await;
    let list = two.get("/v1/sessions").await.json(StatusCode::OK);
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.len(), 2);
    assert!(items[0]["current"] == true && items[1]["current"] == false);
    assert_eq!(items[1]["device"], agent);
    let path = format!("/v1/sessions/{}", items[1]["id"].as_str().unwrap());
    stranger.delete(&path).await.problem(StatusCode::NOT_FOUND);
    assert_eq!(two.delete(&path).await.status, StatusCode::NO_CONTENT);
    one.get("/v1/session").await.problem(StatusCode::UNAUTHORIZED);
    let three = app.user(Role::Viewer).await;
    assert_eq!(three.delete("/v1/sessions").await.json(StatusCode::OK)["ended"], 1);
    two.get("/v1/session").await.problem(StatusCode::UNAUTHORIZED);
    three.get("/v1/session").await.json(StatusCode::OK);
    app.key(Role::Owner).get("/v1/sessions").await.problem(StatusCode::FORBIDDEN);
    assert_eq!(actions(&app).await.iter().filter(|action| *action == "session.closed").count(), 2);
}

#[tokio::test]
async fn a_person_goes_from_one_of_their_workspaces_to_another() {
    let app = TestApp::start().await;
    let south = app.another_workspace().await;
    joins(&app, Role::Admin, &south, Role::Viewer).await;
    let person = app.user(Role::Admin).await;
    let session = person.get("/v1/session").await.json(StatusCode::OK);
    assert_eq!(session["workspace"]["slug"], "north");
    let slugs: Vec<_> = session["workspaces"].as_array().unwrap().iter().map(|w| &w["slug"]).collect();
    assert_eq!(slugs, ["north", "south"]);
    let ticket = south.open_ticket("Only in the south").await;
    let path = format!("/v1/tickets/{}", ticket["ticket"]["id"].as_str().unwrap());
    person.get(&path).await.problem(StatusCode::NOT_FOUND);

    let reply = person.post("/v1/session/workspace", &json!({"workspace_id": south.workspace})).await;
    let there = carrying(&app, &reply);
    let moved = reply.json(StatusCode::OK);
    assert_eq!((&moved["workspace"]["slug"], &moved["role"]), (&json!("south"), &json!("viewer")));
    there.get(&path).await.json(StatusCode::OK);
    there.get("/v1/audit").await.problem(StatusCode::FORBIDDEN);
    // The cookie of before leads nowhere: the session is in one place at a time.
    person.get("/v1/session").await.problem(StatusCode::UNAUTHORIZED);
    assert!(actions(&app).await.contains(&json!("session.switched")));
    // Nobody goes where they do not belong.
    let other = app.user(Role::Owner).await;
    let there = json!({"workspace_id": south.workspace});
    other.post("/v1/session/workspace", &there).await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn changing_the_password_takes_the_old_one_and_ends_the_other_sessions() {
    let app = TestApp::start().await;
    let (mine, other) = (app.user(Role::Agent).await, app.user(Role::Agent).await);
    let change = |password: &str, new: &str| {
        let (mine, form) = (mine.clone(), json!({"password": password, "new_password": new}));
        async move { mine.post("/v1/account/password", &form).await }
    };
    change("wrong", NEW).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let short = change(PASSWORD, "too short").await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert!(short["detail"].as_str().unwrap().contains("needs 10"), "{short}");
    assert_eq!(change(PASSWORD, NEW).await.status, StatusCode::NO_CONTENT);
    other.get("/v1/session").await.problem(StatusCode::UNAUTHORIZED);
    mine.get("/v1/session").await.json(StatusCode::OK);
    let form = |password: &str| json!({"email": app.email(Role::Agent), "password": password});
    app.nobody().post("/v1/session", &form(PASSWORD)).await.problem(StatusCode::UNAUTHORIZED);
    app.nobody().post("/v1/session", &form(NEW)).await.json(StatusCode::OK);
    let name = json!({"name": "Robin Renamed"});
    assert_eq!(mine.patch("/v1/account", &name).await.json(StatusCode::OK)["name"], "Robin Renamed");
    assert_eq!(mine.get("/v1/session").await.json(StatusCode::OK)["user"]["name"], "Robin Renamed");
}

#[tokio::test]
async fn a_breached_password_is_refused_and_a_silent_list_keeps_nobody_out() {
    let site = Site::start().await;
    // SHA-1 of "password1234": E6B6AFBD6D76BB5D2041542D7D2E3FAC5BB05593.
    site.put(
        "/range/E6B6A",
        Answer::new(
            "text/plain",
            "0000000000000000000000000000000000A:3\r\nFBD6D76BB5D2041542D7D2E3FAC5BB05593:42\r\n",
        ),
    );
    let app =
        TestApp::start_with(&format!("[sign_in]\nbreached_passwords = \"{}\"", site.url("/range/"))).await;
    let person = app.user(Role::Agent).await;
    let change = |new: &str| {
        let (person, form) = (person.clone(), json!({"password": PASSWORD, "new_password": new}));
        async move { person.post("/v1/account/password", &form).await }
    };
    let refused = change("password1234").await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused["detail"].as_str().unwrap().contains("breach"), "{refused}");
    // The digest's first five digits and nothing else go out.
    let asked = site.asked("/range/E6B6A");
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0]["add-padding"], "true");
    // The list answers 404 for every other range: the password is taken.
    assert_eq!(change(NEW).await.status, StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_link_replaces_a_forgotten_password_once() {
    let app = TestApp::start().await;
    let before = app.user(Role::Agent).await;
    let link = reset_link_for(&app.app, &app.email(Role::Agent)).await.unwrap().unwrap();
    assert!(link.starts_with("http://127.0.0.1:8080/reset#"), "{link}");
    assert_eq!(reset_link_for(&app.app, "nobody@nowhere.example").await.unwrap(), None);
    let complete = |token: &str, password: &str| {
        let (nobody, form) = (app.nobody(), json!({"token": token, "password": password}));
        async move { nobody.post("/v1/password-resets/complete", &form).await }
    };
    complete(token(&link), "short").await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(complete(token(&link), NEW).await.status, StatusCode::NO_CONTENT);
    complete(token(&link), NEW).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    before.get("/v1/session").await.problem(StatusCode::UNAUTHORIZED);
    let form = json!({"email": app.email(Role::Agent), "password": NEW});
    app.nobody().post("/v1/session", &form).await.json(StatusCode::OK);
    let late = reset_link_for(&app.app, &app.email(Role::Agent)).await.unwrap().unwrap();
    app.clock.forward(Duration::from_secs(3600));
    complete(token(&late), NEW).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    // Whether an address is known cannot be told.
    for address in [app.email(Role::Agent), "nobody@nowhere.example".to_owned()] {
        let reply = app.nobody().post("/v1/password-resets", &json!({"email": address})).await;
        assert_eq!((reply.status, reply.text()), (StatusCode::NO_CONTENT, String::new()));
    }
}

#[tokio::test]
async fn an_invited_person_chooses_name_and_password_and_is_in() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let invite = |email: &str, role: &str| {
        let (admin, form) = (admin.clone(), json!({"email": email, "role": role}));
        async move { admin.post("/v1/invitations", &form).await }
    };
    invite("ada@example.com", "owner").await.problem(StatusCode::FORBIDDEN);
    invite(&app.email(Role::Agent), "agent").await.problem(StatusCode::CONFLICT);
    let made = invite("Ada@example.com", "reviewer").await.json(StatusCode::CREATED);
    assert_eq!(made["mailed"], false);
    let token = token(made["link"].as_str().unwrap()).to_owned();
    let look = app.nobody().post("/v1/invitations/look", &json!({"token": token})).await.json(StatusCode::OK);
    assert_eq!((&look["email"], &look["has_account"]), (&json!("ada@example.com"), &json!(false)));
    assert_eq!(look["workspace"], "Test workspace");

    let nobody = app.nobody();
    let accept = |form: Value| {
        let nobody = nobody.clone();
        async move { nobody.post("/v1/invitations/accept", &form).await }
    };
    accept(json!({"token": token, "password": NEW})).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let reply = accept(json!({"token": token, "name": "Ada", "password": NEW})).await;
    let ada = carrying(&app, &reply);
    assert_eq!(reply.json(StatusCode::OK)["role"], "reviewer");
    assert_eq!(ada.get("/v1/session").await.json(StatusCode::OK)["user"]["name"], "Ada");
    accept(json!({"token": token, "name": "Eve", "password": NEW}))
        .await
        .problem(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(admin.get("/v1/invitations").await.json(StatusCode::OK)["items"], json!([]));

    let made = invite("late@example.com", "agent").await.json(StatusCode::CREATED);
    let path = format!("/v1/invitations/{}", made["invitation"]["id"].as_str().unwrap());
    assert_eq!(admin.delete(&path).await.status, StatusCode::NO_CONTENT);
    let token = self::token(made["link"].as_str().unwrap());
    accept(json!({"token": token, "name": "Late", "password": NEW}))
        .await
        .problem(StatusCode::UNPROCESSABLE_ENTITY);
    let all = actions(&app).await;
    for action in ["invitation.made", "invitation.accepted", "invitation.revoked"] {
        assert!(all.contains(&json!(action)), "{action}: {all:?}");
    }
}

#[tokio::test]
async fn an_account_that_exists_joins_with_its_own_password_alone() {
    let app = TestApp::start().await;
    let south = app.another_workspace().await;
    let admin = south.user(Role::Admin).await;
    let form = json!({"email": app.email(Role::Agent), "role": "agent"});
    let made = admin.post("/v1/invitations", &form).await.json(StatusCode::CREATED);
    let token = token(made["link"].as_str().unwrap());
    let accept = |password: &str| {
        let form = json!({"token": token, "name": "Mallory", "password": password});
        let nobody = app.nobody();
        async move { nobody.post("/v1/invitations/accept", &form).await }
    };
    // Whoever only holds the link does not come into somebody's account.
    accept(NEW).await.problem(StatusCode::UNAUTHORIZED);
    let session = accept(PASSWORD).await.json(StatusCode::OK);
    assert_eq!(session["workspace"]["slug"], "south");
    assert_eq!(session["workspaces"].as_array().unwrap().len(), 2);
    assert_eq!(session["user"]["name"], "agent Person");
}
