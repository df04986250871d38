//! The committed description is the one the routes give.

use std::{collections::BTreeSet, path::Path};

use serde_json::Value;

fn described() -> String {
    serde_json::to_string_pretty(&orchestrator::http::openapi()).unwrap() + "\n"
}

#[test]
fn the_committed_description_is_the_routes_own() {
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi.json");
    let same = std::fs::read_to_string(&committed).is_ok_and(|text| text == described());
    if !same {
        let now = Path::new(env!("CARGO_TARGET_TMPDIR")).join("openapi.json");
        std::fs::write(&now, described()).unwrap();
        panic!(
            "openapi.json is not what the routes say; `cargo run -p countersign -- openapi > openapi.json` writes it \
             (it is at {} now)",
            now.display()
        );
    }
}

#[test]
fn every_operation_is_named_once_tagged_and_summarised_and_every_reference_leads_somewhere() {
    let document: Value = serde_json::from_str(&described()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let tags: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap_or_else(|| panic!("{method} {path} has no id"));
            assert!(ids.insert(id), "{id} names two operations");
            assert!(operation["summary"].is_string(), "{id} has no summary");
            assert!(tags.contains(operation["tags"][0].as_str().unwrap()), "{id} has no known tag");
            let answers = operation["responses"].as_object().unwrap();
            assert!(answers.keys().any(|status| status.starts_with(['2', '3'])), "{id} never succeeds");
            for name in path.split('{').skip(1).map(|part| part.split('}').next().unwrap()) {
                let parameters = operation["parameters"].as_array().unwrap();
                assert!(
                    parameters.iter().any(|p| p["name"] == name && p["in"] == "path"),
                    "{id} does not describe {name}"
                );
            }
        }
    }
    let mut references = BTreeSet::new();
    collect(&document, &mut references);
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

fn collect(value: &Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
                references.insert(reference.to_owned());
            }
            map.values().for_each(|value| collect(value, references));
        }
        Value::Array(items) => items.iter().for_each(|value| collect(value, references)),
        _ => {}
    }
}

#[test]
fn what_is_answered_is_always_there_and_what_is_sent_may_be_left_out() {
    let document: Value = serde_json::from_str(&described()).unwrap();
    let required = |name: &str| -> BTreeSet<String> {
        let list =
            document["components"]["schemas"][name]["required"].as_array().cloned().unwrap_or_default();
        list.iter().map(|field| field.as_str().unwrap().to_owned()).collect()
    };
    assert!(required("Ticket").contains("assignee"), "an answer's null is there");
    assert!(!required("Message").contains("sources"), "an answer's empty list is left out");
    assert_eq!(required("OpenTicket"), ["body", "contact", "subject"].map(str::to_owned).into());
    assert_eq!(required("ChangeTicket"), BTreeSet::new());
}
