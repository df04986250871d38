//! Bodies as the description has them: the least that an operation takes, and the ids that one can hold.

use std::collections::BTreeSet;

use orchestrator::testing::app::PASSWORD;
use serde_json::{Map, Value, json};

use super::theirs::Theirs;

/// An id that nothing has.
pub const NEVER: &str = "019ab0f4-7c4e-7000-8000-000000000009";
const POLICY: &str = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 60\n";

/// What is sent to an operation that takes nothing of a workspace by name: what is written here, so that something
/// comes of it, or the least that the description allows.
pub fn plain(operation: &str, document: &Value, schema: &Value) -> Value {
    match operation {
        "signIn" => json!({ "email": "viewer@north.example", "password": PASSWORD }),
        "requestPasswordReset" => json!({ "email": "viewer@north.example" }),
        "invite" => json!({ "email": "new@north.example", "role": "viewer" }),
        "openTicket" => {
            json!({ "subject": "Ours", "body": "A drum.", "contact": { "email": "sam@north.example" } })
        }
        "openBreaker" => json!({ "of": { "kind": "tool", "name": "add_note" }, "reason": "ours" }),
        "putPolicy" => json!({ "text": POLICY, "note": "ours", "expected": 0 }),
        "checkPolicy" | "dryRunPolicy" => json!({ "text": POLICY }),
        "putRole" => json!({ "permissions": ["read_tickets"] }),
        "putChatSites" => json!({ "sites": ["https://shop.example"] }),
        "dryRunTool" => json!({ "args": { "body": "ours" } }),
        "publishEvaluation" => {
            let case = json!({ "name": "ours", "attempts": 1, "passed": 1 });
            json!({ "suite": "ours", "version": "1", "model": "offline", "cutoff": 0.5, "cases": [case] })
        }
        "startConversation" => json!({ "message": "Hello", "workspace": "north" }),
        // Both workspaces have a contact of this address.
        "askForCustomerLink" => json!({ "email": "mira@example.com", "workspace": "north" }),
        _ => least(document, schema),
    }
}

fn resolved<'d>(document: &'d Value, schema: &'d Value) -> &'d Value {
    match schema["$ref"].as_str() {
        Some(name) => resolved(document, document.pointer(name.trim_start_matches('#')).unwrap()),
        None => schema,
    }
}

fn least(document: &Value, schema: &Value) -> Value {
    let schema = resolved(document, schema);
    if let Some(one) = schema.get("const") {
        return one.clone();
    }
    for key in ["enum", "oneOf", "anyOf", "allOf"] {
        if let Some(first) = schema[key].get(0) {
            return if key == "enum" { first.clone() } else { least(document, first) };
        }
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        kind => kind.as_str(),
    };
    match kind {
        Some("string") => match schema["format"].as_str() {
            Some("uuid") => json!(NEVER),
            Some("date-time") => json!("2030-01-01T00:00:00Z"),
            _ => json!("ours-".repeat(schema["minLength"].as_u64().unwrap_or(1) as usize / 5 + 1)),
        },
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(false),
        Some("array") => {
            let some = schema["minItems"].as_u64().unwrap_or(0) as usize;
            json!(vec![least(document, &schema["items"]); some])
        }
        _ => {
            let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let members = required
                .map(|name| (name.to_owned(), least(document, &schema["properties"][name])))
                .collect::<Map<_, _>>();
            Value::Object(members)
        }
    }
}

/// Whether a value of it is an id, or some.
pub fn is_id(document: &Value, schema: &Value) -> bool {
    let schema = resolved(document, schema);
    let of = |key: &str| schema[key].as_array().into_iter().flatten().any(|one| is_id(document, one));
    schema["format"] == "uuid"
        || of("anyOf")
        || of("oneOf")
        || !schema["items"].is_null() && is_id(document, &schema["items"])
}

/// The names of the members that are ids, at whatever depth.
pub fn ids(document: &Value, schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    look(document, schema, &mut BTreeSet::new(), &mut found);
    found
}

fn look(document: &Value, schema: &Value, seen: &mut BTreeSet<String>, found: &mut BTreeSet<String>) {
    if let Some(name) = schema["$ref"].as_str() {
        if seen.insert(name.to_owned()) {
            look(document, resolved(document, schema), seen, found);
        }
        return;
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        if is_id(document, member) {
            found.insert(name.clone());
        }
        look(document, member, seen, found);
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        for one in schema[key].as_array().into_iter().flatten() {
            look(document, one, seen, found);
        }
    }
    for key in ["items", "additionalProperties"] {
        if schema[key].is_object() {
            look(document, &schema[key], seen, found);
        }
    }
}

/// Whether a member of this name, at whatever depth, holds an id of theirs.
pub fn fills(body: &Value, name: &str, theirs: &Theirs) -> bool {
    let is_theirs = |value: &Value| theirs.ids.values().any(|id| value == id.as_str());
    match body {
        Value::Object(members) => members.iter().any(|(key, value)| {
            let some = value.as_array().map_or(is_theirs(value), |values| values.iter().any(is_theirs));
            key == name && some || fills(value, name, theirs)
        }),
        Value::Array(values) => values.iter().any(|value| fills(value, name, theirs)),
        _ => false,
    }
}

/// A form with one file and these values.
pub fn form(values: &[(&str, String)], boundary: &str) -> String {
    let mut body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"ours.md\"\r\n\
         Content-Type: text/markdown\r\n\r\n# Ours\n\nA drum.\r\n"
    );
    for (name, value) in values {
        body.push_str(&format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        ));
    }
    body + &format!("--{boundary}--\r\n")
}
