//! What declared HTTP tools and webhooks promise, against a real server on this machine.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod support;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::{OriginalUri, State},
    http::{HeaderMap, Method, StatusCode, header::LOCATION},
    response::{IntoResponse, Response},
};
use domain::tool::{AnyTool, Inquiry, Risk, ToolError, ToolOutput};
use serde_json::{Value, json};
use support::{effect, execute, plain_context};
use tokio::net::TcpListener;
use tools::{Secret, ToolsError, WebhookSettings, builtin, http};

const TOKEN: &str = "tok-very-secret-123";

/// One request as the server saw it.
#[derive(Clone, Debug)]
struct Seen {
    method: Method,
    uri: String,
    headers: HeaderMap,
    body: Value,
}

#[derive(Clone, Default)]
struct Shop {
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Shop {
    fn last(&self) -> Seen {
        self.seen.lock().unwrap().last().cloned().unwrap()
    }
    fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

/// `/status/{code}` answers with that status; the other paths misbehave as their names say.
async fn answer(
    State(shop): State<Shop>,
    method: Method,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let path = uri.path().to_owned();
    shop.seen.lock().unwrap().push(Seen { method, uri: uri.to_string(), headers: headers.clone(), body });
    let code = |text: &str| StatusCode::from_bytes(text.as_bytes()).unwrap();
    if let Some(status) = path.strip_prefix("/api/status/") {
        let echoed = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
        return (code(status), json!({ "detail": format!("said {status} to {echoed}") }).to_string())
            .into_response();
    }
    match path.as_str() {
        "/api/silent" => std::future::pending().await,
        "/api/huge" => "x".repeat(300 * 1024).into_response(),
        "/api/html" => "<html>".into_response(),
        "/api/empty" => StatusCode::NO_CONTENT.into_response(),
        "/api/moved" => (StatusCode::TEMPORARY_REDIRECT, [(LOCATION, "/api/elsewhere")]).into_response(),
        "/api/created" => (StatusCode::SEE_OTHER, [(LOCATION, "/api/elsewhere")]).into_response(),
        "/api/nested" => {
            (StatusCode::CONFLICT, json!({ "error": { "message": "y".repeat(600) } }).to_string())
                .into_response()
        }
        "/api/by-key/countersign-done" => json!({ "refund": 1 }).to_string().into_response(),
        "/api/by-key/countersign-broken" => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        path if path.starts_with("/api/by-key/") => StatusCode::NOT_FOUND.into_response(),
        _ => json!({ "ok": true, "echo": headers.get("authorization").map(|v| v.to_str().unwrap()) })
            .to_string()
            .into_response(),
    }
}

async fn shop() -> (Shop, String) {
    let shop = Shop::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/api", listener.local_addr().unwrap());
    let app = Router::new().fallback(answer).with_state(shop.clone());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    (shop, base)
}

fn secrets() -> BTreeMap<String, Secret> {
    BTreeMap::from([("SHOP_TOKEN".to_owned(), Secret::new(TOKEN))])
}

const SERVER: &str = r#"
[server.shop]
base_url = "http://shop.invalid/api/"
auth = { header = "Authorization", value = "Bearer ${secret:SHOP_TOKEN}" }
"#;

const REFUND: &str = r#"
[[tool]]
name = "refund_order"
server = "shop"
title = "Refund an order"
description = "Refunds an order in full or in part."
method = "POST"
url = "/orders/{order_number}/refunds"
risk = "irreversible"
protected = ["order_number", "amount_cents"]
amount_arg = "amount_cents"
capabilities = ["refunds"]
idempotent = true
preview = "Refund {amount_cents|money} on order {order_number}"
summary = "Refunded {amount_cents|money}"
inquire = { method = "GET", url = "/by-key/{idempotency_key}" }
[tool.args]
required = ["order_number", "amount_cents"]
properties.order_number = { type = "string", maxLength = 40 }
properties.amount_cents = { type = "integer", minimum = 1 }
properties.reason = { type = "string" }
"#;

/// A tool of one line whose path takes no arguments.
fn simple(path: &str, method: &str, risk: &str, extra: &str) -> String {
    format!(
        "{SERVER}\n[[tool]]\nname = \"t\"\nserver = \"shop\"\ntitle = \"T\"\ndescription = \"D\"\n\
         method = \"{method}\"\nurl = \"{path}\"\nrisk = \"{risk}\"\n{extra}\n"
    )
}

fn load(text: &str, base: &str) -> Result<Vec<Arc<dyn AnyTool>>, ToolsError> {
    http::load(text, "shop.toml", &secrets(), &BTreeMap::from([("shop".to_owned(), base.to_owned())]))
}

fn one(text: &str, base: &str) -> Arc<dyn AnyTool> {
    load(text, base).unwrap().remove(0)
}

async fn effect_on(path: &str, idempotent: bool, base: &str) -> Result<ToolOutput, ToolError> {
    let text = simple(path, "POST", "irreversible", &format!("idempotent = {idempotent}\ntimeout_ms = 300"));
    execute(&*one(&text, base), &json!({}), &plain_context()).await
}

async fn read_on(path: &str, base: &str) -> Result<ToolOutput, ToolError> {
    let tool = one(&simple(path, "GET", "read", "timeout_ms = 300"), base);
    tool.read(&plain_context(), &json!({})).await
}

#[tokio::test]
async fn a_call_sends_what_was_declared_with_its_idempotency_key() {
    let (shop, base) = shop().await;
    let tool = one(&format!("{SERVER}{REFUND}"), &base);
    let args = json!({ "order_number": "NF 1/2", "amount_cents": 34900, "reason": "late" });
    assert_eq!(tool.spec().name, "shop__refund_order");
    assert_eq!(tool.spec().risk, Risk::Irreversible);
    let preview = tool.preview(&args);
    assert_eq!(preview.title, "Refund 349.00 EUR on order NF 1/2");
    let shown: Vec<(&str, &str, bool)> =
        preview.fields.iter().map(|f| (f.label.as_str(), f.value.as_str(), f.protected)).collect();
    assert_eq!(
        shown,
        [("order_number", "NF 1/2", true), ("amount_cents", "349.00 EUR", true), ("reason", "late", false)]
    );

    let output = execute(&*tool, &args, &plain_context()).await.unwrap();
    assert_eq!(output.content["ok"], true);
    assert_eq!(output.summary, "Refunded 349.00 EUR");
    let seen = shop.last();
    assert_eq!(seen.method, Method::POST);
    assert_eq!(seen.uri, "/api/orders/NF%201%2F2/refunds");
    assert_eq!(seen.body, json!({ "amount_cents": 34900, "reason": "late" }));
    assert_eq!(seen.headers["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(seen.headers["idempotency-key"], effect("x", &args).idempotency_key());
}

#[tokio::test]
async fn a_read_puts_its_other_arguments_into_the_query() {
    let (shop, base) = shop().await;
    let text = simple("/orders/{n}", "GET", "read", "").trim_end().to_owned()
        + "\n[tool.args]\nrequired = [\"n\"]\nproperties = { n = { type = \"string\" }, q = { type = \"string\" }, tags = { type = \"array\" } }\n";
    let tool = one(&text, &base);
    tool.read(&plain_context(), &json!({ "n": "ü&?#", "q": "a b&c", "tags": ["x", 1] })).await.unwrap();
    let seen = shop.last();
    assert_eq!(seen.uri, "/api/orders/%C3%BC%26%3F%23?q=a+b%26c&tags=x&tags=1");
    assert!(!seen.headers.contains_key("idempotency-key"));
}

#[tokio::test]
async fn an_argument_cannot_leave_its_place_in_the_path() {
    let (shop, base) = shop().await;
    let tool = one(&format!("{SERVER}{REFUND}"), &base);
    for order in ["..", ".", ""] {
        let args = json!({ "order_number": order, "amount_cents": 1 });
        assert!(matches!(tool.validate(&args), Err(ToolError::Arguments { .. })), "{order:?}");
    }
    for order in ["../../admin", "%2e%2e", "a?b=c", "a#b", "a\\..\\b", "//evil.example"] {
        let args = json!({ "order_number": order, "amount_cents": 1 });
        execute(&*tool, &args, &plain_context()).await.unwrap();
        let uri = shop.last().uri;
        assert!(
            uri.starts_with("/api/orders/") && uri.ends_with("/refunds") && !uri.contains('?'),
            "{order}: {uri}"
        );
        assert_eq!(uri.matches('/').count(), 4, "{order}: {uri}");
    }
}

#[tokio::test]
async fn arguments_that_do_not_fit_the_schema_are_not_sent() {
    let (shop, base) = shop().await;
    let tool = one(&format!("{SERVER}{REFUND}"), &base);
    for args in [
        json!({ "order_number": "NF-1" }),
        json!({ "order_number": "NF-1", "amount_cents": 0 }),
        json!({ "order_number": "NF-1", "amount_cents": "1" }),
        json!({ "order_number": "NF-1", "amount_cents": 1, "admin": true }),
        json!("NF-1"),
    ] {
        let error = execute(&*tool, &args, &plain_context()).await.unwrap_err();
        assert!(matches!(error, ToolError::Arguments { .. }), "{args}: {error}");
    }
    assert_eq!(shop.count(), 0);
}

#[tokio::test]
async fn an_effect_for_an_address_that_is_not_the_customers_is_not_sent() {
    let (shop, base) = shop().await;
    let extra = "owner_arg = \"email\"\n[tool.args]\nrequired = [\"email\"]\n\
                 properties.email = { type = [\"string\", \"null\"] }";
    let tool = one(&simple("/password-resets", "POST", "outward", extra), &base);
    let theirs = json!({ "email": "other@post.example" });
    let own = json!({ "email": "Mira@post.example" });
    let mut context = plain_context();
    context.on_behalf_of = Some(vec!["mira@post.example".to_owned()]);
    for args in [&theirs, &json!({ "email": null })] {
        let refused = execute(&*tool, args, &context).await;
        assert!(matches!(&refused, Err(ToolError::NotTheirs(why)) if why.contains("`email`")), "{refused:?}");
    }
    assert_eq!(shop.count(), 0);
    execute(&*tool, &own, &context).await.unwrap();
    assert_eq!(shop.last().body, own);

    // Of a customer without an address nothing is known to be theirs; the staff may see to everybody's.
    context.on_behalf_of = Some(Vec::new());
    assert!(matches!(execute(&*tool, &own, &context).await, Err(ToolError::NotTheirs(_))));
    assert_eq!(shop.count(), 1);
    context.on_behalf_of = None;
    execute(&*tool, &theirs, &context).await.unwrap();
    assert_eq!(shop.count(), 2);
}

#[tokio::test]
async fn statuses_mean_what_they_say() {
    let (_, base) = shop().await;
    let kind = |result: Result<ToolOutput, ToolError>| match result {
        Ok(_) => "ok",
        Err(ToolError::Refused(_) | ToolError::NotTheirs(_)) => "refused",
        Err(ToolError::Unavailable(_)) => "unavailable",
        Err(ToolError::Limited { .. }) => "limited",
        Err(ToolError::Unknown(_)) => "unknown",
        Err(ToolError::Unclear(_)) => "unclear",
        Err(ToolError::Arguments { .. }) => "arguments",
    };
    // Status, then what it means for a read, for a repeatable effect, for one that is not.
    for (status, read, repeatable, once) in [
        (200, "ok", "ok", "ok"),
        (201, "ok", "ok", "ok"),
        // After a redirect that may be the answer to what was done, it is asked whether it was.
        (301, "refused", "unclear", "unclear"),
        (302, "refused", "unclear", "unclear"),
        (303, "refused", "unclear", "unclear"),
        (307, "refused", "refused", "refused"),
        (308, "refused", "refused", "refused"),
        (400, "refused", "refused", "refused"),
        (401, "refused", "refused", "refused"),
        (403, "refused", "refused", "refused"),
        (404, "refused", "refused", "refused"),
        (409, "refused", "refused", "refused"),
        (422, "refused", "refused", "refused"),
        (408, "unavailable", "unavailable", "unknown"),
        (425, "unavailable", "unavailable", "unavailable"),
        (429, "limited", "limited", "limited"),
        (500, "unavailable", "unavailable", "unknown"),
        (502, "unavailable", "unavailable", "unknown"),
        (503, "unavailable", "unavailable", "unavailable"),
        (504, "unavailable", "unavailable", "unknown"),
    ] {
        let path = format!("/status/{status}");
        assert_eq!(kind(read_on(&path, &base).await), read, "read {status}");
        assert_eq!(kind(effect_on(&path, true, &base).await), repeatable, "repeatable {status}");
        assert_eq!(kind(effect_on(&path, false, &base).await), once, "once {status}");
    }
}

#[tokio::test]
async fn no_answer_is_unknown_for_an_effect_and_worth_a_retry_otherwise() {
    let (shop, base) = shop().await;
    assert!(matches!(effect_on("/silent", false, &base).await, Err(ToolError::Unknown(_))));
    assert!(matches!(effect_on("/silent", true, &base).await, Err(ToolError::Unavailable(_))));
    assert!(matches!(read_on("/silent", &base).await, Err(ToolError::Unavailable(_))));
    assert_eq!(shop.count(), 3);

    // A connection that is closed without an answer had taken the request.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closing = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = [0; 4096];
            assert!(tokio::io::AsyncReadExt::read(&mut stream, &mut buffer).await.unwrap() > 0);
        }
    });
    assert!(matches!(effect_on("/x", false, &closing).await, Err(ToolError::Unknown(_))));
    assert!(matches!(effect_on("/x", true, &closing).await, Err(ToolError::Unavailable(_))));
}

#[tokio::test]
async fn nobody_at_the_address_means_nothing_was_done() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    assert!(matches!(effect_on("/x", false, &base).await, Err(ToolError::Unavailable(_))));
    assert!(matches!(read_on("/x", &base).await, Err(ToolError::Unavailable(_))));
}

#[tokio::test]
async fn answers_that_cannot_be_used_fail_a_read_and_do_not_undo_an_effect() {
    let (shop, base) = shop().await;
    for path in ["/huge", "/html"] {
        assert!(matches!(read_on(path, &base).await, Err(ToolError::Refused(_))), "{path}");
        let done = effect_on(path, false, &base).await.unwrap();
        assert_eq!(done.content["done"], true, "{path}");
    }
    assert_eq!(read_on("/empty", &base).await.unwrap().content, Value::Null);
    // A redirect would take credentials and arguments somewhere nobody declared.
    assert!(
        matches!(effect_on("/moved", false, &base).await, Err(ToolError::Refused(why)) if why.contains("redirect"))
    );
    assert!(shop.last().uri.ends_with("/moved"));
    let created = effect_on("/created", false, &base).await;
    assert!(
        matches!(&created, Err(ToolError::Unclear(why)) if why.contains("(status 303)") && why.contains("tools file")),
        "{created:?}"
    );
    assert!(shop.last().uri.ends_with("/created"));
}

#[tokio::test]
async fn the_agent_reads_why_it_was_refused_in_few_words() {
    let (_, base) = shop().await;
    let Err(ToolError::Refused(why)) = effect_on("/nested", false, &base).await else { panic!() };
    assert!(why.starts_with("yyy") && why.ends_with("(status 409)") && why.chars().count() < 530, "{why}");
}

#[tokio::test]
async fn an_inquiry_tells_done_not_done_and_cannot_tell_apart() {
    let (shop, base) = shop().await;
    let tool = one(&format!("{SERVER}{REFUND}"), &base);
    let context = plain_context();
    let Inquiry::Done(output) = tool.inquire(&context, "countersign-done").await else { panic!() };
    assert_eq!(output.content, json!({ "refund": 1 }));
    assert_eq!(shop.last().headers["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(tool.inquire(&context, "countersign-other").await, Inquiry::NotDone);
    assert_eq!(tool.inquire(&context, "countersign-broken").await, Inquiry::CannotTell);
    let without = one(&simple("/x", "POST", "outward", ""), &base);
    assert_eq!(without.inquire(&context, "countersign-done").await, Inquiry::CannotTell);
}

#[tokio::test]
async fn secrets_show_nowhere() {
    let (_, base) = shop().await;
    let tool = one(&format!("{SERVER}{REFUND}"), &base);
    let mut shown = vec![format!("{:?}", tool.spec()), format!("{:?} {:?}", Secret::new(TOKEN), secrets())];
    // The server quotes the credentials it got, in successes and in refusals.
    shown.push(format!("{:?}", read_on("/echo", &base).await));
    for status in [400, 401, 403, 404, 500] {
        shown.push(format!("{:?}", effect_on(&format!("/status/{status}"), false, &base).await));
    }
    shown.push(format!("{:?}", effect_on("/x", false, "http://127.0.0.1:1").await));
    for text in &shown {
        assert!(!text.contains(TOKEN), "{text}");
    }
    assert!(shown[2].contains("[redacted]"), "{}", shown[2]);
}

#[test]
fn mistakes_in_a_file_are_named_with_a_remedy() {
    let tool = |extra: &str| simple("/x", "POST", "outward", extra);
    for (text, parts) in [
        (tool("previw = \"x\""), vec!["line ", "previw", "did you mean `preview`"]),
        ("[server.shop]\nbase_ur = \"x\"".to_owned(), vec!["did you mean `base_url`"]),
        (tool("").replace("server = \"shop\"", "server = \"shp\""), vec!["tool `t`", "did you mean `shop`"]),
        (tool("").replace("SHOP_TOKEN", "OTHER_TOKEN"), vec!["server `shop`", "OTHER_TOKEN is not set"]),
        (tool("").replace("\"POST\"", "\"FETCH\""), vec!["tool `t`", "FETCH"]),
        (tool("").replace("\"outward\"", "\"harmless\""), vec!["harmless"]),
        (tool("").replace("\"/x\"", "\"/x/{order}\""), vec!["`order`", "not declared"]),
        (tool("").replace("\"/x\"", "\"x\""), vec!["must start with /"]),
        (tool("preview = \"{order|shout}\""), vec!["shout"]),
        (
            tool("protected = [\"amont\"]\n[tool.args]\nproperties.amount = { type = \"integer\" }"),
            vec!["did you mean `amount`"],
        ),
        (
            tool("amount_arg = \"a\"\n[tool.args]\nproperties.a = { type = \"string\" }"),
            vec!["must be an integer"],
        ),
        (tool("compensation = \"undo\""), vec!["`undo`", "does not declare"]),
        (tool("[tool.args]\nrequired = [\"a\"]"), vec!["`a`"]),
        (tool("[tool.args]\nproperties.a = { type = \"nonsense\" }"), vec!["not valid"]),
        (tool("timeout_ms = 0"), vec!["timeout_ms"]),
        (tool("owner = \"email\""), vec!["`owner`", "`read`"]),
        (
            tool("owner_arg = \"mail\"\n[tool.args]\nproperties.email = { type = \"string\" }"),
            vec!["did you mean `email`"],
        ),
        (
            tool("owner_arg = \"email\"\n[tool.args]\nproperties.email = { type = \"string\" }"),
            vec!["`email`", "must be in `required`"],
        ),
        (tool("inquire = { method = \"GET\", url = \"/by/{order}\" }"), vec!["idempotency_key"]),
        (tool("").replace("name = \"t\"", "name = \"T__x\""), vec!["T__x"]),
        (tool("") + &tool("").replace(SERVER, ""), vec!["two tools"]),
    ] {
        let error = load(&text, "http://127.0.0.1:1").map(|_| ()).unwrap_err().to_string();
        assert!(error.starts_with("shop.toml: "), "{error}");
        for part in parts {
            assert!(error.contains(part), "{error} lacks {part}");
        }
    }
}

#[test]
fn another_method_or_path_is_another_version_and_another_base_is_not() {
    let version = |text: &str, base: &str| one(text, base).spec().version.clone();
    let text = simple("/x", "POST", "outward", "");
    let here = version(&text, "http://127.0.0.1:1");
    assert_eq!(version(&text, "http://127.0.0.1:2"), here);
    assert_ne!(version(&simple("/y", "POST", "outward", ""), "http://127.0.0.1:1"), here);
    assert_ne!(version(&simple("/x", "DELETE", "outward", ""), "http://127.0.0.1:1"), here);
}

fn webhook(allow: &[String], private: &[&str]) -> Arc<dyn AnyTool> {
    let private: Vec<String> = private.iter().map(|host| (*host).to_owned()).collect();
    let settings = WebhookSettings::new(allow, &private, Duration::from_millis(500)).unwrap();
    builtin::all(settings).into_iter().find(|tool| tool.spec().name == "call_webhook").unwrap()
}

#[tokio::test]
async fn a_webhook_goes_to_listed_addresses_with_its_idempotency_key() {
    let (shop, base) = shop().await;
    let tool = webhook(std::slice::from_ref(&base), &[]);
    let args = json!({ "url": format!("{base}/hook"), "body": { "event": "late" } });
    let output = execute(&*tool, &args, &plain_context()).await.unwrap();
    assert_eq!(output.content["answer"]["ok"], true);
    let seen = shop.last();
    assert_eq!((seen.method, seen.body), (Method::POST, json!({ "event": "late" })));
    assert_eq!(seen.headers["idempotency-key"], effect("x", &args).idempotency_key());

    let elsewhere = json!({ "url": base.replace("/api", "/other"), "body": {} });
    assert!(matches!(execute(&*tool, &elsewhere, &plain_context()).await, Err(ToolError::Refused(_))));
    let nothing = webhook(&[], &[]);
    assert!(matches!(execute(&*nothing, &args, &plain_context()).await, Err(ToolError::Refused(_))));
    assert_eq!(shop.count(), 1);
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_unless_it_is_listed_as_private() {
    let (shop, base) = shop().await;
    let named = base.replace("127.0.0.1", "localhost");
    let args = json!({ "url": format!("{named}/hook") });
    let public = webhook(std::slice::from_ref(&named), &[]);
    let error = execute(&*public, &args, &plain_context()).await.unwrap_err();
    assert!(matches!(&error, ToolError::Refused(why) if why.contains("private")), "{error}");
    assert_eq!(shop.count(), 0);
    let private = webhook(std::slice::from_ref(&named), &["localhost"]);
    execute(&*private, &args, &plain_context()).await.unwrap();
    assert_eq!(shop.count(), 1);
}

#[tokio::test]
async fn a_webhook_without_an_answer_is_unknown() {
    let (_, base) = shop().await;
    let tool = webhook(std::slice::from_ref(&base), &[]);
    let silent = json!({ "url": format!("{base}/silent") });
    assert!(matches!(execute(&*tool, &silent, &plain_context()).await, Err(ToolError::Unknown(_))));
    let large = json!({ "url": format!("{base}/x"), "body": { "x": "y".repeat(70_000) } });
    assert!(matches!(execute(&*tool, &large, &plain_context()).await, Err(ToolError::Arguments { .. })));
}
