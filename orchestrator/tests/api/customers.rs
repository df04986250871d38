//! Customers with the people there and their tickets.

use axum::http::StatusCode;
use domain::{permission::Permission, user::Role};
use orchestrator::testing::app::TestApp;
use serde_json::json;

#[tokio::test]
async fn a_customer_is_found_by_name_or_address_and_shown_with_contacts_and_tickets() {
    let app = TestApp::start().await;
    let opened = app.open_ticket("First").await;
    let again = app.open_ticket("Second").await;
    assert_eq!(opened["customer"]["id"], again["customer"]["id"], "one address is one contact");
    let reviewer = app.key(Role::Reviewer);
    for q in ["halloran", "mira%40example", ""] {
        let list = reviewer.get(&format!("/v1/customers?q={q}")).await.json(StatusCode::OK);
        assert_eq!(list["items"], json!([opened["customer"]]), "{q}");
    }
    let none = reviewer.get("/v1/customers?q=nobody").await.json(StatusCode::OK);
    assert_eq!(none["items"], json!([]));
    let path = format!("/v1/customers/{}", opened["customer"]["id"].as_str().unwrap());
    let shown = reviewer.get(&path).await.json(StatusCode::OK);
    assert_eq!(shown["contacts"][0]["email"], "mira@example.com");
    let mut subjects: Vec<_> =
        shown["tickets"].as_array().unwrap().iter().map(|t| t["subject"].as_str().unwrap()).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["First", "Second"]);

    let customers_alone = [Permission::ReadCustomers].into_iter().collect();
    let other = app.person_with("customers_alone", customers_alone).await;
    let shown = other.get(&path).await.json(StatusCode::OK);
    assert!(shown["customer"].is_object());
    assert_eq!(shown.get("tickets"), None, "who may not read tickets is shown none here");
}
