//! Authenticator apps, recovery codes, passkeys' questions, and a service that asks everybody for more than a
//! password.

use std::time::Duration;

use axum::http::{StatusCode, header};
use domain::{Clock as _, user::Role};
use orchestrator::testing::app::{Client, PASSWORD, TestApp};
use serde_json::{Value, json};
use totp_rs::Totp;

const STEP: Duration = Duration::from_secs(30);

fn code(app: &TestApp, url: &str) -> String {
    let now = u64::try_from(app.clock.now().0 / 1_000_000).unwrap();
    Totp::from_url(url).unwrap().generate(now).to_string()
}

/// Sets an app up: its address, and the recovery codes.
async fn set_up(app: &TestApp, person: &Client) -> (String, Vec<String>) {
    let offer = person.post("/v1/account/totp", &json!({"password": PASSWORD})).await.json(StatusCode::OK);
    let url = offer["url"].as_str().unwrap().to_owned();
    assert!(url.contains(offer["secret"].as_str().unwrap()));
    let wrong = json!({"code": "000000"});
    person.post("/v1/account/totp/confirm", &wrong).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let form = json!({"code": code(app, &url)});
    let codes = person.post("/v1/account/totp/confirm", &form).await.json(StatusCode::OK);
    let codes = codes["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned());
    (url, codes.collect())
}

#[tokio::test]
async fn a_code_is_asked_for_and_taken_once_and_who_fails_learns_nothing() {
    let app = TestApp::start().await;
    let person = app.user(Role::Viewer).await;
    person
        .post("/v1/account/totp", &json!({"password": "wrong"}))
        .await
        .problem(StatusCode::UNPROCESSABLE_ENTITY);
    let (url, recovery) = set_up(&app, &person).await;
    assert_eq!(recovery.len(), 10);
    let account = person.get("/v1/account").await.json(StatusCode::OK);
    assert_eq!((&account["totp"], &account["recovery_codes_left"]), (&json!(true), &json!(10)));
    assert_eq!(account["email"], app.email(Role::Viewer), "one's own address is not masked");

    let sign_in = |password: &str, code: Option<&str>| {
        let form = json!({"email": app.email(Role::Viewer), "password": password, "code": code});
        let nobody = app.nobody();
        async move { nobody.post("/v1/session", &form).await }
    };
    let told = |problem: Value| {
        let mut problem = problem;
        problem.as_object_mut().unwrap().remove("request_id");
        problem
    };
    app.clock.forward(STEP * 2);
    let now = code(&app, &url);
    let without = told(sign_in(PASSWORD, None).await.problem(StatusCode::UNAUTHORIZED));
    assert_eq!(told(sign_in("wrong", Some(&now)).await.problem(StatusCode::UNAUTHORIZED)), without);
    assert_eq!(told(sign_in(PASSWORD, Some("123456")).await.problem(StatusCode::UNAUTHORIZED)), without);
    sign_in(PASSWORD, Some(&now)).await.json(StatusCode::OK);
    // Whoever looked over a shoulder is too late.
    assert_eq!(told(sign_in(PASSWORD, Some(&now)).await.problem(StatusCode::UNAUTHORIZED)), without);
    sign_in(PASSWORD, Some(&recovery[0])).await.json(StatusCode::OK);
    sign_in(PASSWORD, Some(&recovery[0])).await.problem(StatusCode::UNAUTHORIZED);
    sign_in(PASSWORD, Some(&recovery[1].to_uppercase().replace('-', " "))).await.json(StatusCode::OK);

    // What the database holds is neither the secret nor a code.
    let kept = app.app.store.account_by_email(&app.email(Role::Viewer)).await.unwrap().unwrap();
    let sealed = kept.totp.unwrap().sealed;
    let secret = url::Url::parse(&url).unwrap();
    let secret = secret.query_pairs().find(|(name, _)| name == "secret").unwrap().1.into_owned();
    assert!(sealed.starts_with("v1.") && !sealed.contains(&secret), "{sealed}");

    person.post("/v1/account/recovery-codes", &json!({"password": PASSWORD})).await.json(StatusCode::OK);
    sign_in(PASSWORD, Some(&recovery[2])).await.problem(StatusCode::UNAUTHORIZED);
    let removed = person.post("/v1/account/totp/remove", &json!({"password": PASSWORD})).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT);
    sign_in(PASSWORD, None).await.json(StatusCode::OK);
}

#[tokio::test]
async fn where_everybody_needs_a_second_factor_only_their_own_account_is_open_without() {
    let app = TestApp::start_with("[sign_in]\nsecond_factor = \"required\"").await;
    let person = app.user(Role::Admin).await;
    let session = person.get("/v1/session").await.json(StatusCode::OK);
    assert_eq!(session["second_factor_missing"], true);
    let refused = person.get("/v1/tickets").await.problem(StatusCode::FORBIDDEN);
    assert!(refused["detail"].as_str().unwrap().contains("second factor"), "{refused}");
    person.get("/v1/stream").await.problem(StatusCode::FORBIDDEN);
    set_up(&app, &person).await;
    person.get("/v1/tickets").await.json(StatusCode::OK);
    // Services have no second factor, and no password either.
    app.key(Role::Agent).get("/v1/tickets").await.json(StatusCode::OK);
}

#[tokio::test]
async fn a_passkey_is_asked_for_where_browsers_have_them_and_nonsense_opens_nothing() {
    let app = TestApp::start_with("[server]\npublic_url = \"https://desk.example\"").await;
    let person = app.user(Role::Agent).await;
    let begun = person.post("/v1/account/passkeys/begin", &json!({"password": PASSWORD})).await;
    let begun = begun.json(StatusCode::OK);
    assert_eq!(begun["question"]["rp"]["id"], "desk.example");
    let answer = json!({"rawId": "AAAA", "response": {"clientDataJSON": "e30", "attestationObject": "oA"}});
    let form = json!({"name": "Laptop", "state": begun["state"], "answer": answer});
    person.post("/v1/account/passkeys", &form).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let asked = app.nobody().post("/v1/session/passkey/begin", &json!({})).await.json(StatusCode::OK);
    assert_eq!(asked["question"]["userVerification"], "required");
    let sign = |state: &Value| {
        let form = json!({"state": state, "answer": {"rawId": "AAAA"}});
        let nobody = app.nobody();
        async move { nobody.post("/v1/session/passkey", &form).await }
    };
    sign(&asked["state"]).await.problem(StatusCode::UNAUTHORIZED);
    // One question's state is not another's, and none lasts.
    sign(&begun["state"]).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    app.clock.forward(Duration::from_secs(300));
    sign(&asked["state"]).await.problem(StatusCode::UNPROCESSABLE_ENTITY);

    let plain = TestApp::start().await;
    plain.nobody().post("/v1/session/passkey/begin", &json!({})).await.problem(StatusCode::CONFLICT);
    let options = plain.nobody().get("/v1/sign-in").await.json(StatusCode::OK);
    assert_eq!(options, json!({"companies": [], "passkeys": false, "reset_by_mail": false}));
}

#[tokio::test]
async fn a_company_that_does_not_answer_leads_back_to_the_sign_in_page() {
    let app = TestApp::start_with(
        "[[sign_in.openid]]\nname = \"acme\"\ntitle = \"Acme\"\nissuer = \"http://127.0.0.1:9\"\nclient_id = \"x\"\n\
         domains = [\"acme.example\"]",
    )
    .await;
    let reply = app.nobody().get("/v1/sign-in/openid/acme?next=//evil.example").await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER);
    assert_eq!(reply.headers[header::LOCATION], "/sign-in?failed=provider");
    let reply = app.nobody().get("/v1/sign-in/openid/acme/callback?code=x&state=y").await;
    assert_eq!(reply.headers[header::LOCATION], "/sign-in?failed=late");
    app.nobody().get("/v1/sign-in/openid/other").await.problem(StatusCode::NOT_FOUND);
}
