//! What the built-in tools promise.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod support;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use domain::{
    ChunkId, CustomerId, DocumentId, RunId,
    customer::Customer,
    knowledge::{Layer, Passage, Scores},
    ticket::{EventBody, Priority, Ticket, TicketStatus, Visibility},
    tool::{AnyTool, Risk, ToolContext, ToolError},
    user::Actor,
};
use serde_json::{Value, json};
use support::{House, NOW, context, execute, permit, plain_context, ticket};
use tools::{Catalog, WebhookSettings, builtin};
use uuid::Uuid;

fn tool(name: &str) -> Arc<dyn AnyTool> {
    let catalog = Catalog::builder().tools(builtin::all(WebhookSettings::default())).unwrap().build();
    catalog.get(name).unwrap()
}

fn agent() -> Actor {
    Actor::Agent { agent: "resolution".to_owned(), run_id: RunId(Uuid::from_u128(900)) }
}

fn passage(slug: &str) -> Passage {
    Passage {
        chunk_id: ChunkId(Uuid::from_u128(1)),
        document_id: DocumentId(Uuid::from_u128(2)),
        document_version: 3,
        slug: slug.to_owned(),
        title: "Returns".to_owned(),
        visibility: Visibility::Public,
        heading_path: vec!["Returns".to_owned()],
        text: "Within 30 days.".to_owned(),
        score: 2.5,
        coverage: 0.75,
        layer: Layer::Company,
        start: None,
        scores: Scores::default(),
        highlights: Vec::new(),
    }
}

fn customer(n: u128) -> Customer {
    Customer {
        id: CustomerId(Uuid::from_u128(n)),
        name: format!("Customer {n}"),
        tier: "vip".to_owned(),
        locale: "en".to_owned(),
        fields: BTreeMap::new(),
        created_at: NOW,
        updated_at: NOW,
    }
}

#[test]
fn every_tool_describes_itself_and_refuses_unknown_arguments() {
    let tools = builtin::all(WebhookSettings::default());
    assert_eq!(tools.len(), 24);
    for tool in tools {
        let spec = tool.spec();
        assert!(!spec.description.is_empty() && !spec.title.is_empty(), "{}", spec.name);
        assert_eq!(spec.parameters["type"], "object", "{}", spec.name);
        assert_eq!(spec.parameters["additionalProperties"], false, "{}", spec.name);
        for (argument, schema) in spec.parameters["properties"].as_object().into_iter().flatten() {
            assert!(schema["description"].is_string(), "{}.{argument} has no description", spec.name);
        }
        assert!(tool.validate(&json!({ "no_such_argument": 1 })).is_err(), "{}", spec.name);
        assert!(tool.validate(&json!([])).is_err() && tool.validate(&Value::Null).is_err(), "{}", spec.name);
    }
}

#[tokio::test]
async fn a_search_sees_public_knowledge_of_its_workspace_alone() {
    let house =
        Arc::new(House { passages: vec![passage("returns"), passage("refunds")], ..House::default() });
    let context = context(house.clone(), None);
    let found =
        tool("search_knowledge").read(&context, &json!({ "query": "returns", "limit": 1 })).await.unwrap();
    let passages: Vec<Passage> = serde_json::from_value(found.content["passages"].clone()).unwrap();
    assert_eq!(passages, vec![passage("returns")]);
    let scope = house.scopes.lock().unwrap()[0].clone();
    assert!(!scope.internal && !scope.universal);
    assert_eq!(scope.workspace_id, context.workspace_id);

    let search = tool("search_knowledge");
    assert!(matches!(
        search.read(&context, &json!({ "query": "  " })).await,
        Err(ToolError::Arguments { .. })
    ));
    assert!(matches!(
        search.read(&context, &json!({ "query": "down" })).await,
        Err(ToolError::Unavailable(_))
    ));
    assert!(search.validate(&json!({ "query": "x".repeat(501) })).is_err());
    assert!(search.validate(&json!({ "query": "x", "limit": 11 })).is_err());
}

#[tokio::test]
async fn the_customer_that_is_read_is_the_tickets_own() {
    let own = customer(5);
    let house = || House {
        customers: vec![(own.clone(), Vec::new()), (customer(6), Vec::new())],
        ..House::default()
    };
    let read =
        |context: ToolContext| async move { tool("get_customer").read(&context, &json!({})).await.unwrap() };

    let known = read(context(Arc::new(house()), Some(own.id))).await;
    assert_eq!(known.content["customer"]["name"], "Customer 5");
    // A ticket without a customer stays without one, whatever the run started from.
    let mut stranger = context(Arc::new(house()), None);
    stranger.customer = Some(customer(6));
    assert_eq!(read(stranger).await.content["customer"], Value::Null);
    assert!(tool("get_customer").validate(&json!({ "customer_id": own.id })).is_err());
}

#[tokio::test]
async fn the_history_is_the_tickets_own_customers_and_bounded() {
    let (own, other) = (CustomerId(Uuid::from_u128(5)), CustomerId(Uuid::from_u128(6)));
    let history = vec![
        (ticket(1, Some(own)), Vec::new()),
        (ticket(2, Some(own)), Vec::new()),
        (ticket(3, Some(other)), Vec::new()),
    ];
    let context = context(Arc::new(House { history, ..House::default() }), Some(own));
    let read = tool("get_ticket_history").read(&context, &json!({})).await.unwrap();
    let tickets = read.content["tickets"].as_array().unwrap();
    assert_eq!(tickets.len(), 1);
    assert_eq!(tickets[0]["number"], 2);
}

#[test]
fn what_people_are_to_read_is_said_to_be_markdown() {
    for (name, argument) in [("reply_to_customer", "body"), ("add_note", "body"), ("escalate", "message")] {
        let tool = tool(name);
        let schema = &tool.spec().parameters["properties"][argument];
        assert_eq!(schema["contentMediaType"], "text/markdown", "{name}: {schema}");
    }
}

#[tokio::test]
async fn a_reply_is_a_public_message_by_the_agent_and_sets_the_status() {
    let args = json!({
        "body": "  Within 30 days. [1]  ",
        "sources": [{
            "chunk_id": Uuid::from_u128(1), "document_id": Uuid::from_u128(2), "document_version": 3,
            "slug": "returns", "title": "Returns", "quote": "Within 30 days.",
        }],
        "status_after": "resolved",
        "model": "offline",
    });
    let reply = tool("reply_to_customer");
    assert!(reply.spec().local);
    assert_eq!(reply.preview(&args).body.as_deref(), Some("Within 30 days. [1]"));
    let output = execute(&*reply, &args, &plain_context()).await.unwrap();
    let [EventBody::MessageAdded { message }, EventBody::StatusChanged { status, .. }] = &output.events[..]
    else {
        panic!("{:?}", output.events)
    };
    assert_eq!(message.author, agent());
    assert_eq!(message.visibility, Visibility::Public);
    assert_eq!(message.body, "Within 30 days. [1]");
    assert_eq!(message.sources[0].slug, "returns");
    assert_eq!(message.model.as_deref(), Some("offline"));
    assert_eq!(*status, TicketStatus::Resolved);
    assert_eq!(output.content["message_id"], json!(message.id));

    let quiet = execute(&*reply, &json!({ "body": "Hello" }), &plain_context()).await.unwrap();
    assert_eq!(quiet.events.len(), 1);
    assert!(reply.validate(&json!({ "body": "x".repeat(20_001) })).is_err());
    assert!(reply.validate(&json!({ "body": "x".repeat(20_000) })).is_ok());
    assert!(reply.validate(&json!({ "body": "x", "status_after": "closed" })).is_err());
}

#[tokio::test]
async fn a_note_is_internal() {
    let output =
        execute(&*tool("add_note"), &json!({ "body": "Look here" }), &plain_context()).await.unwrap();
    let [EventBody::MessageAdded { message }] = &output.events[..] else { panic!("{:?}", output.events) };
    assert_eq!(message.visibility, Visibility::Internal);
    assert_eq!(message.author, agent());
}

#[tokio::test]
async fn the_customer_is_told_of_a_handoff_after_the_handoff() {
    let args =
        json!({ "reason": "Not sure", "summary": "Wants a refund", "message": "A colleague will help." });
    let output = execute(&*tool("escalate"), &args, &plain_context()).await.unwrap();
    let [EventBody::Escalated { reason, summary, .. }, EventBody::MessageAdded { message }] =
        &output.events[..]
    else {
        panic!("{:?}", output.events)
    };
    assert_eq!((reason.as_str(), summary.as_str()), ("Not sure", "Wants a refund"));
    assert_eq!(message.visibility, Visibility::Public);
    // Folding them leaves the ticket with staff.
    let folded = output.events.iter().fold(ticket(1, None), |ticket, body| {
        Ticket::apply(Some(ticket.clone()), ticket.id, 1, body, NOW).unwrap()
    });
    assert_eq!(folded.status, TicketStatus::WaitingForStaff);
    let silent = json!({ "reason": "r", "summary": "s" });
    assert_eq!(execute(&*tool("escalate"), &silent, &plain_context()).await.unwrap().events.len(), 1);
}

#[tokio::test]
async fn what_set_a_handoff_off_raises_the_priority_and_is_told_before_the_customer_is() {
    let trigger = json!({ "kind": "threat", "phrase": "I know where you live", "language": "en" });
    let args = json!({ "reason": "r", "summary": "s", "message": "m", "triggers": [trigger] });
    let output = execute(&*tool("escalate"), &args, &plain_context()).await.unwrap();
    let [
        EventBody::PrioritySet { priority: Priority::Urgent },
        EventBody::TagsAdded { tags },
        EventBody::Escalated { triggers, .. },
        EventBody::MessageAdded { .. },
    ] = &output.events[..]
    else {
        panic!("{:?}", output.events)
    };
    assert_eq!(tags.iter().collect::<Vec<_>>(), ["threat"]);
    assert_eq!(json!(triggers), args["triggers"]);
    // What is urgent and tagged already is left as it is.
    let mut context = plain_context();
    let ticket = context.ticket.as_mut().unwrap();
    ticket.priority = Priority::Urgent;
    ticket.tags.insert("threat".to_owned());
    assert_eq!(execute(&*tool("escalate"), &args, &context).await.unwrap().events.len(), 2);
    let many = json!({ "reason": "r", "summary": "s", "triggers": vec![args["triggers"][0].clone(); 17] });
    assert!(tool("escalate").validate(&many).is_err());
}

#[tokio::test]
async fn tags_are_added_once_in_lower_case_and_within_limits() {
    let mut context = plain_context();
    let add = tool("add_tags");
    context.ticket.as_mut().unwrap().tags.insert("refund".to_owned());
    let output = execute(&*add, &json!({ "tags": ["Refund", "DAMAGED"] }), &context).await.unwrap();
    let [EventBody::TagsAdded { tags }] = &output.events[..] else { panic!("{:?}", output.events) };
    assert_eq!(tags.iter().collect::<Vec<_>>(), ["damaged"]);
    assert!(execute(&*add, &json!({ "tags": ["refund"] }), &context).await.unwrap().events.is_empty());
    assert!(add.validate(&json!({ "tags": vec!["t"; 21] })).is_err());
    assert!(add.validate(&json!({ "tags": ["x".repeat(41)] })).is_err());
    context.ticket.as_mut().unwrap().tags = (0..50).map(|n| n.to_string()).collect();
    assert!(matches!(
        execute(&*add, &json!({ "tags": ["new"] }), &context).await,
        Err(ToolError::Refused(_))
    ));
}

#[tokio::test]
async fn fields_and_priority_are_set_and_the_old_values_reported() {
    let set = tool("set_ticket_fields");
    let args = json!({ "fields": { "order_number": "NF-1", "amount": 12, "vip": true }, "priority": "high" });
    let output = execute(&*set, &args, &plain_context()).await.unwrap();
    let [EventBody::FieldsSet { fields }, EventBody::PrioritySet { priority }] = &output.events[..] else {
        panic!("{:?}", output.events)
    };
    assert_eq!(json!(fields), args["fields"]);
    assert_eq!(*priority, Priority::High);
    assert_eq!(output.content["priority_before"], "normal");
    for bad in [
        json!({}),
        json!({ "fields": { "Order Number": 1 } }),
        json!({ "fields": { "x": [1] } }),
        json!({ "fields": { "x": "y".repeat(501) } }),
        json!({ "fields": (0..21).map(|n| (format!("f{n}"), n)).collect::<BTreeMap<_, _>>() }),
    ] {
        assert!(set.validate(&bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_follow_up_lies_ahead() {
    let schedule = tool("schedule_follow_up");
    let in_an_hour = json!({ "in_minutes": 60, "note": "Check the parcel" });
    let output = execute(&*schedule, &in_an_hour, &plain_context()).await.unwrap();
    let expected = NOW.plus(Duration::from_secs(3600));
    assert!(
        matches!(&output.events[..], [EventBody::FollowUpScheduled { at, note }] if *at == expected && note == "Check the parcel")
    );
    let at = json!({ "at": expected, "note": "n" });
    assert!(
        matches!(&execute(&*schedule, &at, &plain_context()).await.unwrap().events[..], [EventBody::FollowUpScheduled { at, .. }] if *at == expected)
    );
    let past = json!({ "at": "2020-01-01T00:00:00Z", "note": "n" });
    assert!(matches!(execute(&*schedule, &past, &plain_context()).await, Err(ToolError::Arguments { .. })));
    for bad in [
        json!({ "note": "n" }),
        json!({ "note": "n", "in_minutes": 5, "at": expected }),
        json!({ "note": "n", "in_minutes": 0 }),
        json!({ "note": "n", "at": "tomorrow" }),
    ] {
        assert!(schedule.validate(&bad).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn closing_a_closed_ticket_changes_nothing() {
    let close = tool("close_ticket");
    let args = json!({ "reason": "spam" });
    let mut context = plain_context();
    let output = execute(&*close, &args, &context).await.unwrap();
    assert!(matches!(&output.events[..], [EventBody::StatusChanged { status: TicketStatus::Closed, .. }]));
    context.ticket.as_mut().unwrap().status = TicketStatus::Closed;
    assert!(execute(&*close, &args, &context).await.unwrap().events.is_empty());
}

#[tokio::test]
async fn tools_that_write_to_a_ticket_refuse_without_one() {
    let mut context = plain_context();
    context.ticket = None;
    for (name, args) in [
        ("reply_to_customer", json!({ "body": "x" })),
        ("add_note", json!({ "body": "x" })),
        ("escalate", json!({ "reason": "x", "summary": "x" })),
        ("add_tags", json!({ "tags": ["x"] })),
        ("close_ticket", json!({ "reason": "x" })),
    ] {
        assert!(matches!(execute(&*tool(name), &args, &context).await, Err(ToolError::Refused(_))), "{name}");
    }
}

#[tokio::test]
async fn effects_need_execute_and_reads_need_read() {
    let note = tool("add_note");
    assert_eq!(note.spec().risk, Risk::Reversible);
    assert!(matches!(note.read(&plain_context(), &json!({ "body": "x" })).await, Err(ToolError::Refused(_))));
    let args = json!({ "query": "x" });
    let executed =
        tool("search_knowledge").execute(permit("search_knowledge", &args), &plain_context()).await;
    assert!(matches!(executed, Err(ToolError::Refused(_))));
}

#[test]
fn a_catalog_refuses_duplicates_grants_by_pattern_and_searches_by_words() {
    let all = || builtin::all(WebhookSettings::default());
    assert!(Catalog::builder().tools(all()).unwrap().tools(all()).is_err());
    let catalog = Catalog::builder().tools(all()).unwrap().build();
    let names = |patterns: &[&str]| -> Vec<String> {
        let patterns: Vec<String> = patterns.iter().map(|p| (*p).to_owned()).collect();
        catalog.granted(&patterns).iter().map(|tool| tool.spec().name.clone()).collect()
    };
    assert_eq!(names(&["get_*", "add_note"]), ["add_note", "get_customer", "get_ticket_history"]);
    assert_eq!(names(&["get"]), Vec::<String>::new());
    assert_eq!(catalog.search("public knowledge base")[0].name, "search_knowledge");
    assert_eq!(catalog.search("tag")[0].name, "add_tags");
    assert_eq!(catalog.search("").len(), 24);
    assert!(catalog.search("zebra").is_empty());
}

#[tokio::test]
async fn an_article_is_added_as_the_arguments_say_and_found_again_by_its_effect() {
    let add = tool("add_article");
    assert!(add.spec().always_asks && add.spec().idempotent && add.spec().risk == Risk::Outward);
    let args = json!({ "slug": "washing-down", "title": "Washing down", "body": "Wash it at 30 °C.", "tags": ["down"] });
    let preview = add.preview(&args);
    assert_eq!(preview.title, "Add the article “Washing down” for staff");
    assert_eq!(preview.body.as_deref(), Some("Wash it at 30 °C."));
    assert!(preview.fields[0].protected && preview.fields[0].value.starts_with("internal"), "{preview:?}");
    let mut public = args.clone();
    public["visibility"] = json!("public");
    assert!(add.preview(&public).fields[0].value.starts_with("public"));

    let house = Arc::new(House::default());
    let context = context(house.clone(), None);
    let done = execute(&*add, &args, &context).await.unwrap();
    assert!(done.summary.contains("washing-down"), "{}", done.summary);
    let (_, article) = house.articles.lock().unwrap()[0].clone();
    assert_eq!(article.meta.visibility, Visibility::Internal, "public is only what a person says is");
    assert_eq!(
        (article.meta.locale.as_str(), article.meta.tags.as_slice()),
        ("en", &["down".to_owned()][..])
    );
    let key = support::effect("add_article", &args).idempotency_key();
    assert_eq!(add.inquire(&context, &key).await, domain::tool::Inquiry::Done(done));
    let other = format!("countersign-{}", Uuid::from_u128(1));
    assert_eq!(add.inquire(&context, &other).await, domain::tool::Inquiry::NotDone);

    let down = json!({ "slug": "down", "title": "t", "body": "b" });
    assert!(matches!(execute(&*add, &down, &context).await, Err(ToolError::Unavailable(_))));
    for (argument, value) in [
        ("slug", json!("two words")),
        ("body", json!("---\nvisibility: public\n---\nText")),
        ("body", json!(" ")),
        ("body", json!("x".repeat(20_001))),
        ("visibility", json!("secret")),
        ("tags", json!(vec!["t"; 17])),
    ] {
        let mut odd = args.clone();
        odd[argument] = value;
        assert!(add.validate(&odd).is_err(), "{odd}");
    }
}
