//! Pages of other sites: what they may call, and which of them.

use axum::http::{StatusCode, header};
use domain::user::Role;
use orchestrator::testing::app::{Client, TestApp};
use serde_json::json;

const SITE: &str = "https://shop.example";
const LISTED: &str = "[chat]\nsites = [\"https://shop.example\"]\n";

fn from(client: &Client, origin: &str) -> Client {
    client.with("origin", origin)
}

fn preflight(client: &Client, origin: &str) -> Client {
    from(client, origin).with("access-control-request-method", "POST")
}

#[tokio::test]
async fn a_listed_site_may_hold_conversations_and_read_the_help_centre() {
    let app = TestApp::start_with(LISTED).await;
    let nobody = app.nobody();
    let asked = preflight(&nobody, SITE).send("OPTIONS", "/v1/conversations", None).await;
    assert_eq!(asked.status, StatusCode::NO_CONTENT);
    assert_eq!(asked.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], SITE);
    assert!(asked.headers[header::ACCESS_CONTROL_ALLOW_HEADERS].to_str().unwrap().contains("authorization"));
    assert!(!asked.headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
    let started = from(&nobody, SITE).post("/v1/conversations", &json!({"message": "Hello"})).await;
    assert_eq!(started.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], SITE);
    assert_eq!(started.headers[header::VARY], "origin");
    let started = started.json(StatusCode::CREATED);
    let path = format!("/v1/conversations/{}", started["conversation_id"].as_str().unwrap());
    // Refusals too: the widget tells people what they say.
    let refused = from(&nobody, SITE).get(&path).await;
    assert_eq!(refused.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], SITE);
    refused.problem(StatusCode::UNAUTHORIZED);
    let visitor = from(&app.bearer(started["token"].as_str().unwrap()), SITE);
    let shown = visitor.get(&path).await;
    assert_eq!(shown.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], SITE);
    shown.json(StatusCode::OK);
    let help = from(&nobody, SITE).get("/v1/help/articles").await;
    assert_eq!(help.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], SITE);
}

#[tokio::test]
async fn a_site_that_is_not_listed_reads_nothing_and_is_told_what_to_do() {
    for (listed, origin) in [(LISTED, "https://shop.example.evil.example"), ("", SITE), (LISTED, "null")] {
        let app = TestApp::start_with(listed).await;
        let asked = preflight(&app.nobody(), origin).send("OPTIONS", "/v1/conversations", None).await;
        assert!(!asked.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
        let problem = asked.problem(StatusCode::FORBIDDEN);
        assert!(problem["detail"].as_str().unwrap().contains("[chat] sites"));
        let help = from(&app.nobody(), origin).get("/v1/help/articles").await;
        assert!(!help.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "{origin}");
    }
}

#[tokio::test]
async fn no_site_reaches_what_is_staffs() {
    let app = TestApp::start_with(LISTED).await;
    for path in ["/v1/session", "/v1/tickets", "/v1/stream", "/v1/conversationsx", "/healthz", "/"] {
        for method in ["GET", "OPTIONS"] {
            let reply = preflight(&app.nobody(), SITE).send(method, path, None).await;
            assert!(!reply.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn a_workspace_says_which_sites_hold_its_chat_and_others_are_refused_for_it() {
    let app = TestApp::start_with(LISTED).await;
    let south = app.another_workspace().await;
    let admin = app.user(Role::Admin).await;
    let own = "https://own.example";
    let shown = admin.get("/v1/channels").await.json(StatusCode::OK);
    assert_eq!((&shown["chat"]["sites"], &shown["chat"]["own_sites"]), (&json!([SITE]), &json!(false)));
    let put = json!({ "sites": [own, own] });
    let shown = admin.put("/v1/channels/chat/sites", &put).await.json(StatusCode::OK);
    assert_eq!((&shown["chat"]["sites"], &shown["chat"]["own_sites"]), (&json!([own]), &json!(true)));

    let nobody = app.nobody();
    let start = async |origin: &str, workspace: &str| {
        let form = json!({ "message": "Hello", "workspace": workspace });
        from(&nobody, origin).post("/v1/conversations", &form).await
    };
    let help = async |origin: &str, workspace: &str| {
        from(&nobody, origin).get(&format!("/v1/help/articles?workspace={workspace}")).await
    };
    // Both sites are listed by somebody, so both may ask; each is answered by its own workspace.
    for (origin, at, elsewhere) in [(own, "north", "south"), (SITE, "south", "north")] {
        let asked = preflight(&nobody, origin).send("OPTIONS", "/v1/conversations", None).await;
        assert_eq!(asked.status, StatusCode::NO_CONTENT, "{origin}");
        let started = start(origin, at).await.json(StatusCode::CREATED);
        help(origin, at).await.json(StatusCode::OK);
        start(origin, elsewhere).await.problem(StatusCode::FORBIDDEN);
        help(origin, elsewhere).await.problem(StatusCode::FORBIDDEN);
        let visitor = app.bearer(started["token"].as_str().unwrap());
        let path = format!("/v1/conversations/{}", started["conversation_id"].as_str().unwrap());
        from(&visitor, origin).get(&path).await.json(StatusCode::OK);
        let other = if origin == own { SITE } else { own };
        from(&visitor, other).get(&path).await.problem(StatusCode::FORBIDDEN);
    }
    assert_eq!(south.store.tickets(&Default::default(), 10, None).await.unwrap().items.len(), 1);
    // The service's own pages, and programs, need no entry.
    let same = nobody.with("origin", "http://127.0.0.1:8080").with("host", "127.0.0.1:8080");
    same.post("/v1/conversations", &json!({ "message": "Hello" })).await.json(StatusCode::CREATED);

    // None at all is an answer, too; without one the configuration counts again.
    admin.put("/v1/channels/chat/sites", &json!({ "sites": [] })).await.json(StatusCode::OK);
    start(own, "north").await.problem(StatusCode::FORBIDDEN);
    start(SITE, "north").await.problem(StatusCode::FORBIDDEN);
    admin.delete("/v1/channels/chat/sites").await.json(StatusCode::OK);
    start(SITE, "north").await.json(StatusCode::CREATED);
}

#[tokio::test]
async fn what_is_no_site_is_refused_with_what_to_write_and_changes_nothing() {
    let app = TestApp::start_with(LISTED).await;
    let admin = app.user(Role::Admin).await;
    for (site, word) in [
        ("*", "no origin"),
        ("https://www.example.com/shop", "write `https://www.example.com`"),
        ("javascript:alert(1)", "no origin"),
        ("null", "no origin"),
        ("", "no origin"),
    ] {
        let form = json!({ "sites": [SITE, site] });
        let problem =
            admin.put("/v1/channels/chat/sites", &form).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(problem["detail"].as_str().unwrap().contains(word), "{site}: {problem}");
    }
    let many: Vec<String> = (0..1_001).map(|n| format!("https://{n}.example")).collect();
    let form = json!({ "sites": many });
    admin.put("/v1/channels/chat/sites", &form).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    admin.put("/v1/channels/chat/sites", &json!({})).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    let form = json!({ "sites": [] });
    app.user(Role::Reviewer).await.put("/v1/channels/chat/sites", &form).await.problem(StatusCode::FORBIDDEN);
    let shown = admin.get("/v1/channels").await.json(StatusCode::OK);
    assert_eq!((&shown["chat"]["sites"], &shown["chat"]["own_sites"]), (&json!([SITE]), &json!(false)));
}
