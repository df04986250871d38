//! The desk at a glance.

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::TestApp;
use serde_json::json;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_desk_shows_what_is_open_and_thirty_days() {
    let app = TestApp::start_with("[desk]\nminutes_per_ticket = 5\n").await;
    let viewer = app.key(Role::Viewer);
    let ticket = json!({ "subject": "Where is my parcel?", "body": "It was due on Monday.", "contact": { "email": "a@b.example", "name": "A" } });
    app.key(Role::Agent).post("/v1/tickets", &ticket).await.json(StatusCode::CREATED);
    let desk = viewer.get("/v1/desk").await.json(StatusCode::OK);
    let waiting = ["open", "waiting_for_staff", "waiting_for_customer"];
    let tickets: i64 = waiting.iter().map(|status| desk[status]["n"].as_i64().unwrap()).sum();
    let resolved = desk["today"]["assumed"].as_i64().unwrap();
    assert_eq!(tickets + resolved, 1, "{desk}");
    let days = desk["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[29]["opened"]), (30, &json!(1)), "{desk}");
    assert_eq!(desk["time_saved"], json!({ "minutes": resolved * 5, "minutes_per_ticket": 5 }));
    assert_eq!(desk["breakers_open"], 0);
    assert_eq!(desk["spent"]["most_a_day"], json!(null));
}
