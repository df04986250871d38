//! What browsers are told, and what other sites' pages cannot do.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::TestApp;
use serde_json::{Value, json};

/// Every operation that may change something by this kind of cookie, with ids that nobody has.
fn writes(cookie: &str) -> Vec<(String, String)> {
    let document = serde_json::to_value(orchestrator::http::openapi()).unwrap();
    let mut writes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["post", "put", "patch", "delete"] {
            let Some(operation) = item.get(method) else { continue };
            let takes_cookie = operation["security"]
                .as_array()
                .is_some_and(|all| all.iter().any(|one: &Value| one.get(cookie).is_some()));
            if takes_cookie {
                let mut path = path.clone();
                while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
                    path.replace_range(from..=to, "019ab0f4-7c4e-7000-8000-000000000001");
                }
                writes.push((method.to_uppercase(), path));
            }
        }
    }
    writes
}

#[tokio::test]
async fn no_write_is_done_for_another_sites_page_whose_cookie_it_carries() {
    let app = TestApp::start().await;
    app.open_ticket("Ours").await;
    let person = app.user(Role::Owner).await.without("sec-fetch-site");
    let customer = app.customer("mira@example.com").await.without("sec-fetch-site");
    let (of_staff, of_customers) = (writes("session"), writes("customer"));
    assert!(of_staff.len() > 40 && of_customers.len() == 5, "the description holds all routes");
    let all = of_staff.into_iter().map(|write| (write, &person));
    for ((method, path), person) in all.chain(of_customers.into_iter().map(|write| (write, &customer))) {
        for (name, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
            let reply = person.with(name, value).send(&method, &path, Some(&json!({}))).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{method} {path} with {name}: {}", reply.text());
        }
        let reply = person.send(&method, &path, Some(&json!({}))).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{method} {path} without a word of where from");
    }
    // Nor does it sign anybody in, or ask for anything.
    for path in [
        "/v1/session",
        "/v1/password-resets",
        "/v1/invitations/accept",
        "/v1/session/passkey/begin",
        "/v1/portal/links",
        "/v1/portal/session",
    ] {
        let reply = app.nobody().with("sec-fetch-site", "cross-site").post(path, &json!({})).await;
        reply.problem(StatusCode::FORBIDDEN);
    }
    person.with("sec-fetch-site", "same-origin").get("/v1/session").await.json(StatusCode::OK);
}

#[tokio::test]
async fn pages_run_no_inline_script_and_stand_in_nobodys_frame() {
    let secure = TestApp::start_with("[server]\npublic_url = \"https://desk.example\"").await;
    let plain = TestApp::start().await;
    for path in ["/", "/sign-in", "/v1/session", "/nowhere"] {
        let reply = secure.nobody().get(path).await;
        let header = |name: &str| reply.headers.get(name).map(|v| v.to_str().unwrap().to_owned());
        let policy = header("content-security-policy").unwrap();
        assert!(!policy.contains("unsafe"), "{policy}");
        for part in ["default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert_eq!(header("x-frame-options").as_deref(), Some("DENY"));
        assert_eq!(header("x-content-type-options").as_deref(), Some("nosniff"));
        assert_eq!(header("referrer-policy").as_deref(), Some("no-referrer"));
        assert_eq!(header("cross-origin-opener-policy").as_deref(), Some("same-origin"));
        assert!(header("permissions-policy").unwrap().contains("camera=()"));
        assert_eq!(header("strict-transport-security").as_deref(), Some("max-age=31536000"));
        // Said only where it is true: without TLS browsers would be shut out.
        assert!(!plain.nobody().get(path).await.headers.contains_key("strict-transport-security"));
    }
}
