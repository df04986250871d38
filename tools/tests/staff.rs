//! What colleagues' lookups promise: they read as who asked, and for nobody else.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod support;

use std::sync::Arc;

use domain::{
    RunId, ThreadId, TicketId, UserId,
    copilot::{Asked, AssignedTo, ListOrder, Lookup, RunsWanted, TicketNamed, TicketsWanted},
    errand::{NewErrand, PROPOSE},
    run::RunStatus,
    ticket::TicketStatus,
    tool::{AnyTool, Inquiry, Risk, ToolContext, ToolError},
};
use serde_json::{Value, json};
use support::{House, context, execute};
use tools::{Catalog, WebhookSettings, builtin};
use uuid::Uuid;

const ID: &str = "019ab0f4-7c4e-7000-8000-000000000001";

fn tool(name: &str) -> Arc<dyn AnyTool> {
    let catalog = Catalog::builder().tools(builtin::all(WebhookSettings::default())).unwrap().build();
    catalog.get(name).unwrap()
}

fn ada() -> UserId {
    UserId(Uuid::from_u128(42))
}

fn asking(house: &Arc<House>) -> ToolContext {
    let mut context = context(Arc::clone(house), None);
    context.run.asked = Some(Box::new(Asked {
        by: ada(),
        thread_id: ThreadId(Uuid::from_u128(43)),
        seq: 0,
        key: "k".to_owned(),
        text: "What waits?".to_owned(),
        looking_at: None,
    }));
    context
}

async fn looked(name: &str, args: Value) -> Result<(Lookup, usize), ToolError> {
    let house = Arc::new(House::default());
    let output = tool(name).read(&asking(&house), &args).await?;
    assert_eq!(output.content["sources"], json!([]), "what may be cited stands beside what was found");
    let (asker, lookup, limit) = house.looked.lock().unwrap().pop().unwrap();
    assert_eq!(asker, ada());
    Ok((lookup, limit))
}

#[tokio::test]
async fn arguments_become_lookups_as_the_person_who_asked() {
    let wanted = TicketsWanted {
        status: Some(TicketStatus::WaitingForStaff),
        text: Some("zipper".to_owned()),
        customer_id: None,
        assigned: Some(AssignedTo::Me),
        order: ListOrder::Oldest,
    };
    let args = json!({
        "status": "waiting_for_staff", "text": "zipper", "assigned_to": "me", "order": "oldest", "limit": 3,
    });
    assert_eq!(looked("find_tickets", args).await.unwrap(), (Lookup::Tickets(wanted), 3));
    let by_number = looked("read_ticket", json!({ "ticket": "#12" })).await.unwrap().0;
    assert_eq!(by_number, Lookup::Ticket(TicketNamed::Number(12)));
    let by_id = looked("read_ticket", json!({ "ticket": ID })).await.unwrap().0;
    assert_eq!(by_id, Lookup::Ticket(TicketNamed::Id(ID.parse::<TicketId>().unwrap())));
    let runs = RunsWanted { status: Some(RunStatus::Dead), ..RunsWanted::default() };
    assert_eq!(looked("find_runs", json!({ "status": "dead" })).await.unwrap(), (Lookup::Runs(runs), 10));
    assert_eq!(
        looked("read_run", json!({ "run_id": ID })).await.unwrap().0,
        Lookup::Run(ID.parse::<RunId>().unwrap())
    );
    let knowledge = looked("search_all_knowledge", json!({ "query": "refunds" })).await.unwrap().0;
    assert_eq!(knowledge, Lookup::Knowledge { query: "refunds".to_owned() });
}

#[tokio::test]
async fn what_does_not_fit_is_said_and_what_is_refused_is_no_failure() {
    for (name, args) in [
        ("read_ticket", json!({ "ticket": "the one with the zipper" })),
        ("read_customer", json!({ "customer_id": "42" })),
        ("find_tickets", json!({ "status": "lost" })),
        ("find_tickets", json!({ "limit": 900 })),
        ("find_runs", json!({ "secret": true })),
    ] {
        let error = looked(name, args).await.unwrap_err();
        assert!(matches!(error, ToolError::Arguments { .. }), "{name}: {error}");
    }
    let error = looked("read_figures", json!({})).await.unwrap_err();
    assert!(matches!(error, ToolError::Refused(why) if why.contains("read_system")));
}

#[tokio::test]
async fn a_run_that_nobody_of_the_staff_asked_for_gets_nothing() {
    let house = Arc::new(House::default());
    let context = context(Arc::clone(&house), None);
    for tool in builtin::all(WebhookSettings::default()) {
        if !tool.spec().capabilities.iter().any(|capability| capability == "staff") {
            continue;
        }
        if tool.spec().name == PROPOSE {
            continue;
        }
        assert_eq!(tool.spec().risk, Risk::Read, "{}", tool.spec().name);
        let args = json!({
            "ticket": "1", "customer_id": ID, "run_id": ID, "approval_id": ID, "query": "x",
        });
        let wanted = tool.spec().parameters["required"].as_array().cloned().unwrap_or_default();
        let args: Value = wanted
            .iter()
            .map(|name| (name.as_str().unwrap(), args[name.as_str().unwrap()].clone()))
            .collect();
        let error = tool.read(&context, &args).await.unwrap_err();
        assert!(matches!(error, ToolError::Refused(_)), "{}: {error}", tool.spec().name);
    }
    assert!(house.looked.lock().unwrap().is_empty());
    let args = json!({ "ticket": "1", "tool": "add_note", "args": {} });
    let error = execute(&*tool(PROPOSE), &args, &context).await.unwrap_err();
    assert!(matches!(error, ToolError::Refused(_)), "{error}");
    assert!(house.errands.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_proposed_is_begun_once_for_its_effect_and_found_again() {
    let house = Arc::new(House::default());
    let propose = tool(PROPOSE);
    let args = json!({ "ticket": "#12", "tool": "add_note", "args": { "body": "Call back" } });
    let preview = propose.preview(&args);
    assert_eq!(preview.title, "Put add_note in ticket #12 before a person");
    assert_eq!(preview.fields[0].value, "Call back");
    let key = support::effect(PROPOSE, &args).idempotency_key();
    assert_eq!(propose.inquire(&asking(&house), &key).await, Inquiry::NotDone);
    let done = execute(&*propose, &args, &asking(&house)).await.unwrap();
    assert_eq!((&done.content["proposed"], &done.content["done"]), (&json!(true), &json!(false)));
    assert_eq!(done.content["sources"][1]["kind"], "run", "what may be cited stands beside it");
    let (_, errand) = house.errands.lock().unwrap()[0].clone();
    let wanted = NewErrand {
        ticket: TicketNamed::Number(12),
        tool: "add_note".to_owned(),
        args: json!({ "body": "Call back" }),
    };
    assert_eq!(errand, wanted);
    assert_eq!(propose.inquire(&asking(&house), &key).await, Inquiry::Done(done));
    let down = json!({ "ticket": "12", "tool": "down", "args": {} });
    let error = execute(&*propose, &down, &asking(&house)).await.unwrap_err();
    assert!(matches!(error, ToolError::Unavailable(_)), "{error}");
}
