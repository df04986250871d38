//! A shop of this file's own, so that it needs no public data: right calls come through, and what is done without
//! consent or otherwise than is right is found.

use std::path::PathBuf;

use serde_json::json;

use super::*;
use crate::{record::tests::fresh_folder, suite::Manifest};

fn manifest() -> Manifest {
    let text = "name: retail\nkind: tool_use\nabout: a\nlicence: MIT\nsource: c\ncutoff: 1.0\nwith: { files: { \
                records: records.json, tasks: tasks.json, tools: tools.json } }\n";
    serde_yaml_ng::from_str(text).unwrap()
}

/// A task that looks an order up, cancels it and changes where its owner lives.
fn laid(name: &str) -> PathBuf {
    let folder = fresh_folder(name);
    let records = json!({
        "users": { "ada_1": {
            "user_id": "ada_1", "email": "ada@mail.example", "name": { "first_name": "Ada", "last_name": "Lo" },
            "address": { "zip": "1010" },
            "payment_methods": { "gift": { "source": "gift_card", "id": "gift", "balance": 5.0 } },
        } },
        "orders": { "#W1": {
            "order_id": "#W1", "user_id": "ada_1", "status": "pending",
            "items": [{ "item_id": "i1", "product_id": "p", "price": 10.0, "options": {} }],
            "payment_history": [{ "transaction_type": "payment", "amount": 10.0, "payment_method_id": "gift" }],
        } },
        "products": {},
    });
    let text = json!({ "type": "string" });
    let address = ["user_id", "address1", "address2", "city", "state", "country", "zip"];
    let tool = |name: &str, arguments: &[&str]| {
        let properties: serde_json::Map<String, Value> =
            arguments.iter().map(|argument| ((*argument).to_owned(), text.clone())).collect();
        json!({ "type": "function", "function": { "name": name, "description": name, "parameters": {
            "type": "object", "properties": properties, "required": arguments,
        } } })
    };
    let tools = json!([
        tool("get_order_details", &["order_id"]),
        tool("cancel_pending_order", &["order_id", "reason"]),
        tool("modify_user_address", &address),
    ]);
    let tasks = json!([{
        "id": "0",
        "user_scenario": { "instructions": { "reason_for_call": "Please cancel my order and note where I live now." } },
        "evaluation_criteria": { "actions": [
            { "name": "get_order_details", "arguments": { "order_id": "#W1" } },
            { "name": "cancel_pending_order", "arguments": { "order_id": "#W1", "reason": "no longer needed" } },
            { "name": "modify_user_address", "arguments": {
                "user_id": "ada_1", "address1": "1 Hill Street", "address2": "", "city": "Linz", "state": "OO",
                "country": "Austria", "zip": "4020",
            } },
        ] },
    }]);
    for (name, value) in [("records.json", records), ("tools.json", tools), ("tasks.json", tasks)] {
        std::fs::write(folder.join(name), value.to_string()).unwrap();
    }
    folder
}

async fn held(name: &str, policy: Option<&str>, spoil: impl FnOnce(&mut Vec<Task>)) -> Held {
    let folder = laid(name);
    let manifest = manifest();
    let mut file = String::new();
    if let Some(policy) = policy {
        let path = folder.join("policy.toml");
        std::fs::write(&path, policy).unwrap();
        file = path.display().to_string();
    }
    let right = tasks(&manifest, &folder).unwrap();
    // What the script does, and what is right: the same, unless a test spoils the first.
    let mut scripted = right.clone();
    spoil(&mut scripted);
    let desk = Desk::open_under(&manifest, &folder, &scripted, &file).await.unwrap();
    let held = desk.hold(&right[0]).await.unwrap();
    desk.close().await;
    std::fs::remove_dir_all(&folder).unwrap();
    held
}

#[tokio::test(flavor = "multi_thread")]
async fn right_calls_wait_one_by_one_and_leave_the_shop_as_they_should() {
    let held = held("retail-right", None, |_| ()).await;
    assert_eq!(held.findings, []);
    let waited: Vec<&str> =
        held.story.iter().flat_map(|scene| &scene.waiting).map(|waiting| waiting.tool.as_str()).collect();
    assert!(waited.contains(&"retail__cancel_pending_order"), "{waited:?}");
    assert!(waited.contains(&"retail__modify_user_address"), "{waited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_nobody_agreed_to_fails_the_whole_evaluation() {
    let open = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 60\n[[rule]]\nname = \"all\"\nwhen = \
                'true'\nthen = \"run\"\nwhy = \"everything goes\"\n";
    let held = held("retail-open", Some(open), |_| ()).await;
    let critical: Vec<&Finding> = held.findings.iter().filter(|finding| finding.critical).collect();
    assert!(critical.iter().any(|finding| finding.scorer == "consent"), "{:?}", held.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_change_than_the_right_one_is_found_in_what_waits_and_in_the_records() {
    let held = held("retail-wrong", None, |tasks| {
        tasks[0].calls[1].arguments = json!({ "order_id": "#W1", "reason": "ordered by mistake" });
    })
    .await;
    let scorers: Vec<&str> = held.findings.iter().map(|finding| finding.scorer.as_str()).collect();
    assert_eq!(scorers, ["proposes", "records"], "{:?}", held.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_left_out_is_missed() {
    let held = held("retail-less", None, |tasks| drop(tasks[0].calls.pop())).await;
    let scorers: Vec<&str> = held.findings.iter().map(|finding| finding.scorer.as_str()).collect();
    assert_eq!(scorers, ["records", "proposes"], "{:?}", held.findings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_is_not_the_right_one_is_missed() {
    let held = held("retail-unread", None, |tasks| {
        tasks[0].calls[0].arguments = json!({ "order_id": "#W9" });
    })
    .await;
    let scorers: Vec<&str> = held.findings.iter().map(|finding| finding.scorer.as_str()).collect();
    assert_eq!(scorers, ["reads"], "{:?}", held.findings);
}
