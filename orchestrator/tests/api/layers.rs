//! Whose knowledge a document is, for whom and when; its versions; the shipped library.

use std::time::Duration;

use axum::http::StatusCode;
use domain::{
    ContactId, CustomerId, WorkspaceId,
    customer::{Contact, Customer},
    knowledge::UNIVERSAL_WORKSPACE,
    user::Role,
};
use orchestrator::testing::app::{Client, TestApp};
use serde_json::{Value, json};

async fn customer(app: &TestApp, name: &str) -> CustomerId {
    let id = CustomerId::new(&*app.app.ids);
    let now = app.app.clock.now();
    let customer = Customer {
        id,
        name: name.to_owned(),
        tier: "standard".to_owned(),
        locale: "en".to_owned(),
        fields: Default::default(),
        created_at: now,
        updated_at: now,
    };
    let contact = Contact {
        id: ContactId::new(&*app.app.ids),
        customer_id: id,
        name: name.to_owned(),
        email: format!("{name}@post.example"),
        created_at: now,
    };
    app.store.create_customer(customer, contact).await.unwrap();
    id
}

async fn put(client: &Client, form: Value) -> Value {
    client.post("/v1/knowledge/documents", &form).await.json(StatusCode::OK)
}

async fn found(client: &Client, query: &str) -> Vec<String> {
    let found = client.get(&format!("/v1/knowledge/search?{query}")).await.json(StatusCode::OK);
    assert_eq!(found["retrieval"], "lexical");
    found["items"].as_array().unwrap().iter().map(|p| p["slug"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_customers_document_is_found_in_that_customers_matters_alone() {
    let app = TestApp::start().await;
    let admin = app.key(Role::Admin);
    let (ada, bob) = (customer(&app, "ada").await, customer(&app, "bob").await);
    let added = put(
        &admin,
        json!({"slug": "ada", "markdown": "# Contract\n\nA discount on lanterns.", "customer_id": ada}),
    )
    .await;
    assert_eq!(added["document"]["layer"], "customer");
    assert_eq!(added["document"]["customer_id"], json!(ada));
    assert!(found(&admin, "q=lanterns").await.is_empty());
    assert!(found(&admin, &format!("q=lanterns&customer_id={bob}")).await.is_empty());
    assert_eq!(found(&admin, &format!("q=lanterns&customer_id={ada}")).await, ["ada"]);
    // It becomes everybody's when that is said.
    put(
        &admin,
        json!({"slug": "ada", "markdown": "# Contract\n\nA discount on lanterns.", "layer": "company"}),
    )
    .await;
    assert_eq!(found(&admin, "q=lanterns").await, ["ada"]);
    let stranger = CustomerId::new(&*app.app.ids);
    let form = json!({"slug": "x", "markdown": "# X\n\nY", "customer_id": stranger});
    admin.post("/v1/knowledge/documents", &form).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn brand_language_and_time_decide_what_is_found() {
    let app = TestApp::start().await;
    let admin = app.key(Role::Admin);
    put(&admin, json!({"slug": "nord", "markdown": "# Nord\n\nLanterns burn oil.", "brand": "Nord"})).await;
    put(&admin, json!({"slug": "all", "markdown": "# All\n\nLanterns are sold in shops."})).await;
    let mut both = found(&admin, "q=lanterns").await;
    both.sort();
    assert_eq!(both, ["all", "nord"]);
    assert_eq!(found(&admin, "q=lanterns&brand=Other").await, ["all"]);
    put(&admin, json!({"slug": "sale", "markdown": "# Sale\n\nUmbrellas cost half.", "valid_from": "2020-01-01", "valid_until": "2020-12-31"})).await;
    assert!(found(&admin, "q=umbrellas").await.is_empty());
    assert_eq!(found(&admin, "q=umbrellas&valid_at=2020-12-31T23:00:00Z").await, ["sale"]);
    put(&admin, json!({"slug": "soon", "markdown": "# Soon\n\nKayaks come.", "valid_from": tomorrow(&app)}))
        .await;
    assert!(found(&admin, "q=kayaks").await.is_empty());
    app.clock.forward(Duration::from_secs(25 * 3600));
    assert_eq!(found(&admin, "q=kayaks").await, ["soon"], "nobody has to touch it when its time comes");
    for (key, value) in
        [("locale", "German"), ("valid_from", "soon"), ("layer", "universal"), ("customer_id", "x")]
    {
        let form = json!({"slug": "x", "markdown": "# X\n\nY", key: value});
        let refused = admin.post("/v1/knowledge/documents", &form).await;
        assert!(refused.status.is_client_error(), "{key}");
    }
}

fn tomorrow(app: &TestApp) -> String {
    app.app.clock.now().plus(Duration::from_secs(24 * 3600)).rfc3339()
}

#[tokio::test]
async fn every_version_stays_readable_and_tells_who_changed_what() {
    let app = TestApp::start().await;
    let admin = app.user(Role::Admin).await;
    let text = |days: &str| json!({"slug": "returns", "markdown": format!("# Returns\n\nWithin {days} days.\n\nIn its bag.")});
    let added = put(&admin, text("thirty")).await;
    put(&admin, text("thirty")).await;
    put(&admin, text("sixty")).await;
    let path = format!("/v1/knowledge/documents/{}", added["document"]["id"].as_str().unwrap());
    let versions = admin.get(&format!("{path}/versions")).await.json(StatusCode::OK);
    let numbers: Vec<&Value> = versions["items"].as_array().unwrap().iter().map(|v| &v["version"]).collect();
    assert_eq!(numbers, [&json!(2), &json!(1)], "the same again is no version");
    assert_eq!(versions["items"][0]["created_by"]["kind"], "user");
    let difference = admin.get(&format!("{path}/versions/2/difference")).await.json(StatusCode::OK);
    let unified = difference["unified"].as_str().unwrap();
    assert!(unified.contains("\n-Within thirty days.\n+Within sixty days.\n"), "{unified}");
    assert!(unified.starts_with("--- version 1\n+++ version 2\n"), "{unified}");
    assert_eq!(difference["metadata_changed"], false);
    let first = admin.get(&format!("{path}/versions/1/difference")).await.json(StatusCode::OK);
    assert!(first["unified"].as_str().unwrap().contains("+Within thirty days."), "{first}");

    assert_eq!(admin.delete(&path).await.status, StatusCode::NO_CONTENT);
    assert!(found(&admin, "q=returns").await.is_empty());
    let old = admin.get(&format!("{path}/versions/1")).await.json(StatusCode::OK);
    assert!(old["body"].as_str().unwrap().contains("thirty"));
    assert_eq!(admin.get(&format!("{path}/versions")).await.json(StatusCode::OK)["exists"], false);
    admin.get(&format!("{path}/versions/3")).await.problem(StatusCode::NOT_FOUND);
    let south = app.another_workspace().await;
    south.key(Role::Owner).get(&format!("{path}/versions/1")).await.problem(StatusCode::NOT_FOUND);
    south.key(Role::Owner).get(&format!("{path}/versions")).await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_section_around_a_passage_is_read_whole() {
    let app = TestApp::start().await;
    let admin = app.key(Role::Admin);
    let long = |name: &str| {
        (0..60).map(|n| format!("Sentence {n} says one more thing on {name}.\n\n")).collect::<String>()
    };
    let markdown = format!(
        "# Page\n\n## Tents\n\n{}## Boots\n\n{}## Stoves\n\n{}",
        long("tents"),
        long("boots"),
        long("stoves")
    );
    let added = put(&admin, json!({"slug": "page", "markdown": markdown})).await;
    let chunks = added["chunks"].as_array().unwrap();
    let boots: Vec<&Value> =
        chunks.iter().filter(|c| c["heading_path"] == json!(["Page", "Boots"])).collect();
    assert!(boots.len() > 1, "{chunks:#?}");
    let section = admin
        .get(&format!("/v1/knowledge/chunks/{}/section", boots[1]["id"].as_str().unwrap()))
        .await
        .json(StatusCode::OK);
    let text = section["text"].as_str().unwrap();
    assert!(
        text.contains("Sentence 0 says one more thing on boots")
            && text.contains("Sentence 59 says one more thing on boots")
    );
    assert!(!text.contains("on tents") && !text.contains("on stoves"));
    assert_eq!(section["chunks"].as_array().unwrap().len(), boots.len());
    assert!(section["previous"].is_string() && section["next"].is_string());
    let span = (section["span"]["start"].as_u64().unwrap(), section["span"]["end"].as_u64().unwrap());
    let body = added["document"]["body"].as_str().unwrap();
    assert_eq!(&body[span.0 as usize..span.1 as usize], text);
    let missing = format!("/v1/knowledge/chunks/{}/section", added["document"]["id"].as_str().unwrap());
    admin.get(&missing).await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_library_advises_staff_and_is_nobodys_to_change() {
    let app = TestApp::start_with("[knowledge]\nlibrary = true\n").await;
    let admin = app.key(Role::Admin);
    let query = "q=renewal+negotiation+guard+rails";
    assert!(found(&admin, query).await.is_empty(), "a customer's question does not reach it");
    assert!(found(&admin, &format!("{query}&internal=true")).await.is_empty());
    assert!(found(&admin, &format!("{query}&universal=true")).await.is_empty(), "it is internal");
    let found = found(&admin, &format!("{query}&internal=true&universal=true")).await;
    assert_eq!(found[0], "renewal-negotiation-guard-rails");
    // Staff say what its passages are worth to them.
    let search = format!("/v1/knowledge/search?{query}&internal=true&universal=true");
    let passages = admin.get(&search).await.json(StatusCode::OK);
    let rate =
        format!("/v1/knowledge/chunks/{}/feedback", passages["items"][0]["chunk_id"].as_str().unwrap());
    admin.post(&rate, &json!({"verdict": "outdated"})).await.json(StatusCode::OK);
    let flagged = admin.get("/v1/knowledge/flagged").await.json(StatusCode::OK);
    assert_eq!(flagged["items"].as_array().unwrap().len(), 1);

    let templates = admin.get("/v1/knowledge/templates").await.json(StatusCode::OK);
    let items = templates["items"].as_array().unwrap();
    assert!(items.len() >= 30);
    let welcome = items.iter().find(|item| item["slug"] == "welcome").unwrap();
    assert_eq!(welcome["template"]["channel"], "email");
    assert!(welcome["template"]["variables"][0]["name"].is_string());
    // Read by everybody, listed and changed by nobody.
    let path = format!("/v1/knowledge/documents/{}", welcome["id"].as_str().unwrap());
    admin.get(&path).await.json(StatusCode::OK);
    admin.get(&format!("{path}/versions")).await.json(StatusCode::OK);
    admin.delete(&path).await.problem(StatusCode::NOT_FOUND);
    let listed = admin.get("/v1/knowledge/documents").await.json(StatusCode::OK);
    assert_eq!(listed["items"], json!([]));
    let form = json!({"slug": "welcome", "markdown": "---\nlayer: universal\n---\n# Mine"});
    admin.post("/v1/knowledge/documents", &form).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
    // A workspace's own of the same name stands in its place, and is its own.
    let own =
        "---\nchannel: chat\nvariables:\n  - name: who\n    description: the person\n---\nHello {{ who }}";
    put(&admin, json!({"slug": "welcome", "markdown": own})).await;
    let templates = admin.get("/v1/knowledge/templates").await.json(StatusCode::OK);
    let named: Vec<&Value> =
        templates["items"].as_array().unwrap().iter().filter(|i| i["slug"] == "welcome").collect();
    assert_eq!(named.len(), 1);
    assert_eq!(named[0]["template"]["channel"], "chat");
    assert_eq!(app.app.knowledge.chunk_count(app.workspace), 0, "no search finds a template");
    // Loading it again changes nothing.
    let stamp = shared(&app).documents_stamp().await.unwrap();
    assert!(stamp.0 > 100);
    let tenants: Vec<WorkspaceId> =
        app.app.store.workspaces().await.unwrap().into_iter().map(|w| w.id).collect();
    assert!(!tenants.contains(&UNIVERSAL_WORKSPACE));
}

fn shared(app: &TestApp) -> store::WorkspaceStore {
    app.app.store.workspace(UNIVERSAL_WORKSPACE)
}

#[tokio::test]
async fn health_says_how_knowledge_is_found() {
    let app = TestApp::start().await;
    assert_eq!(app.nobody().get("/healthz").await.json(StatusCode::OK)["retrieval"], "lexical");
}
