//! Evaluations are published once, read by suite and by case, and compared with the one before.

use axum::http::StatusCode;
use domain::{
    permission::{Permission, Permissions},
    user::Role,
};
use orchestrator::testing::app::TestApp;
use serde_json::{Value, json};

fn case(name: &str, passed: bool) -> Value {
    let finding = json!({ "scorer": "outcome", "text": "expected an answer" });
    let scene = json!({
        "who": "the customer", "did": format!("asks about {name}"), "standing": "Answered", "reason": "",
        "told": [{ "by": "resolution", "text": "It is on its way.", "sources": ["track-your-order"] }],
        "steps": [{ "kind": "tool", "name": "shop__get_order", "detail": "{}" }],
        "waiting": [], "expected": { "outcome": "answered" },
    });
    json!({
        "name": name, "tags": ["orders"], "attempts": 1, "passed": i32::from(passed),
        "findings": if passed { json!([]) } else { json!([finding]) }, "story": [scene],
    })
}

fn held(version: &str, cases: &[(&str, bool)]) -> Value {
    let cases: Vec<Value> = cases.iter().map(|(name, passed)| case(name, *passed)).collect();
    json!({ "suite": "shop", "version": version, "model": "offline", "seed": 7, "cutoff": 0.5, "cases": cases })
}

#[tokio::test]
async fn a_suite_is_shown_with_its_trend_and_what_a_version_gained_and_lost() {
    let app = TestApp::start().await;
    let key = app.key(Role::Admin);
    let first = held("1", &[("a", true), ("b", false), ("c", true)]);
    let one = key.post("/v1/evaluations", &first).await.json(StatusCode::CREATED);
    assert_eq!(key.post("/v1/evaluations", &first).await.json(StatusCode::CREATED), one, "it is kept once");
    let second = held("2", &[("a", false), ("b", true), ("c", true), ("d", true)]);
    let two = key.post("/v1/evaluations", &second).await.json(StatusCode::CREATED);

    let viewer = app.user(Role::Viewer).await;
    let suites = viewer.get("/v1/evaluations").await.json(StatusCode::OK);
    let suite = &suites["suites"][0];
    assert_eq!((&suite["suite"], &suite["latest"]["id"]), (&json!("shop"), &two["id"]));
    let trend: Vec<&Value> = suite["trend"].as_array().unwrap().iter().map(|point| &point["id"]).collect();
    assert_eq!(trend, [&one["id"], &two["id"]]);
    assert_eq!((&two["share"], &two["holds"]), (&json!(0.75), &json!(true)));
    let since = &two["since"];
    assert_eq!((&since["gained"], &since["lost"], &since["added"]), (&json!(1), &json!(1), &json!(1)));

    let path = format!("/v1/evaluations/{}", two["id"].as_str().unwrap());
    assert_eq!(viewer.get(&path).await.json(StatusCode::OK), two);
    let names = async |query: &str| -> Vec<String> {
        let page = viewer.get(&format!("{path}/results?{query}")).await.json(StatusCode::OK);
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("").await, ["a", "b", "c", "d"]);
    assert_eq!(names("passed=false").await, ["a"]);
    assert_eq!(names("changed=true").await, ["a", "b", "d"]);
    assert!(names("critical=true").await.is_empty());
    let page = viewer.get(&format!("{path}/results?limit=3")).await.json(StatusCode::OK);
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(names(&format!("limit=3&cursor={cursor}")).await, ["d"]);

    let shown = viewer.get(&format!("{path}/results/0")).await.json(StatusCode::OK);
    assert_eq!(shown["result"]["change"], "lost");
    assert_eq!(shown["story"][0]["did"], "asks about a");
    viewer.get(&format!("{path}/results/9")).await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_does_not_fit_is_refused_and_nothing_is_kept() {
    let app = TestApp::start().await;
    let key = app.key(Role::Admin);
    let mut unknown = held("1", &[("a", true)]);
    unknown["pass_rate"] = json!(1.0);
    let mut unfit = held("1", &[("a", true)]);
    unfit["cases"][0]["passed"] = json!(2);
    let twice = held("1", &[("a", true), ("a", true)]);
    for (form, why) in [(unknown, "pass_rate"), (unfit, "no more of them pass"), (twice, "rename one")] {
        let problem = key.post("/v1/evaluations", &form).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(problem["detail"].as_str().unwrap().contains(why), "{problem}");
    }
    let reader = app.key_with([Permission::ReadEvaluations].into_iter().collect::<Permissions>()).await;
    let problem =
        reader.post("/v1/evaluations", &held("1", &[("a", true)])).await.problem(StatusCode::FORBIDDEN);
    assert!(problem["detail"].as_str().unwrap().contains("manage_evaluations"), "{problem}");
    assert_eq!(reader.get("/v1/evaluations").await.json(StatusCode::OK), json!({ "suites": [] }));
}
