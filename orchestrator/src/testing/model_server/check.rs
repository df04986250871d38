//! What a chat completion request must be like, by the protocol's reference
//! (<https://platform.openai.com/docs/api-reference/chat/create>). Real servers answer most of these
//! with 400, but not all of them and not all alike.

use std::collections::BTreeSet;

use serde_json::Value;

use super::CapturedRequest;

const FIELDS: &[&str] = &[
    "model",
    "messages",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
    "max_completion_tokens",
    "max_tokens",
    "stream",
    "stream_options",
    "temperature",
    "top_p",
    "seed",
    "stop",
    "user",
];

pub(super) fn violations(request: &CapturedRequest) -> Vec<String> {
    let mut found = Vec::new();
    let body = &request.body;
    let authorized = request
        .authorization
        .as_deref()
        .and_then(|value| value.strip_prefix("Bearer "))
        .is_some_and(|key| !key.trim().is_empty());
    if !authorized {
        found.push("there is no `Authorization: Bearer …` header".to_owned());
    }
    let Some(fields) = body.as_object() else {
        found.push("the body is not an object".to_owned());
        return found;
    };
    for name in fields.keys().filter(|name| !FIELDS.contains(&name.as_str())) {
        found.push(format!("`{name}` is not a field of the protocol"));
    }
    if body["model"].as_str().is_none_or(str::is_empty) {
        found.push("`model` is missing".to_owned());
    }
    limits(body, &mut found);
    messages(body, &mut found);
    tools(body, &mut found);
    response_format(body, &mut found);
    found
}

fn limits(body: &Value, found: &mut Vec<String>) {
    let given = ["max_completion_tokens", "max_tokens"].map(|name| body.get(name));
    if given.iter().flatten().any(|limit| limit.as_u64().is_none_or(|limit| limit == 0)) {
        found.push("the limit on tokens is not a positive number".to_owned());
    }
    if given.iter().flatten().count() == 2 {
        found.push("`max_tokens` and `max_completion_tokens` exclude each other".to_owned());
    }
    if body.get("stream").is_some_and(|stream| !stream.is_boolean()) {
        found.push("`stream` is not a boolean".to_owned());
    }
    if body.get("stream_options").is_some() && body["stream"] != true {
        found.push("`stream_options` without `stream`".to_owned());
    }
}

fn messages(body: &Value, found: &mut Vec<String>) {
    let Some(messages) = body["messages"].as_array().filter(|list| !list.is_empty()) else {
        found.push("`messages` is missing or empty".to_owned());
        return;
    };
    let mut seen = BTreeSet::new();
    let mut pending = BTreeSet::new();
    for (index, message) in messages.iter().enumerate() {
        let mut wrong = |what: String| found.push(format!("message {index}: {what}"));
        let role = message["role"].as_str().unwrap_or_default();
        if role != "tool" && !pending.is_empty() {
            wrong(format!("calls {pending:?} have no result before it"));
            pending.clear();
        }
        let content = &message["content"];
        match role {
            "system" | "developer" | "user" => {
                if !content.is_string() {
                    wrong("its content is not text".to_owned());
                }
            }
            "tool" => {
                let id = message["tool_call_id"].as_str().unwrap_or_default();
                if !pending.remove(id) {
                    wrong(format!("there is no open call `{id}` that it could be the result of"));
                }
                if !content.is_string() {
                    wrong("its content is not text".to_owned());
                }
            }
            "assistant" => {
                let calls =
                    message.get("tool_calls").map(|calls| calls.as_array().filter(|list| !list.is_empty()));
                let only_calls = content.is_null() && calls.is_some();
                if !content.is_string() && !only_calls {
                    wrong("it has neither text nor calls".to_owned());
                }
                let Some(calls) = calls else { continue };
                let Some(calls) = calls else {
                    wrong("`tool_calls` is empty or not a list".to_owned());
                    continue;
                };
                for call in calls {
                    let id = call["id"].as_str().unwrap_or_default();
                    let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
                    if id.is_empty() || !seen.insert(id) {
                        wrong(format!("the call id `{id}` is empty or was used before"));
                    }
                    if call["type"] != "function" || !plain(call["function"]["name"].as_str()) {
                        wrong("a call is not of a function with a plain name".to_owned());
                    }
                    if serde_json::from_str::<Value>(arguments).is_err() {
                        wrong("the arguments of a call are not text that holds JSON".to_owned());
                    }
                    pending.insert(id);
                }
            }
            other => wrong(format!("`{other}` is not a role")),
        }
    }
    if !pending.is_empty() {
        found.push(format!("calls {pending:?} have no result"));
    }
}

fn tools(body: &Value, found: &mut Vec<String>) {
    let Some(tools) = body.get("tools") else { return };
    let Some(tools) = tools.as_array().filter(|list| !list.is_empty() && list.len() <= 128) else {
        found.push("`tools` is not a list of 1 to 128".to_owned());
        return;
    };
    let mut names = BTreeSet::new();
    for tool in tools {
        let function = &tool["function"];
        let name = function["name"].as_str();
        let mut wrong = |what: &str| found.push(format!("tool {}: {what}", name.unwrap_or("?")));
        if tool["type"] != "function" || !plain(name) {
            wrong("not a function with a plain name of at most 64 characters");
        }
        if !names.insert(name) {
            wrong("offered twice");
        }
        if function.get("description").is_some_and(|text| !text.is_string()) {
            wrong("the description is not text");
        }
        let parameters = &function["parameters"];
        if parameters["type"] != "object" {
            wrong("the parameters' schema is not that of an object");
        }
        if function["strict"] == true && !closed(parameters) {
            wrong("strict, but an object in its schema is open or has optional properties");
        }
    }
}

fn response_format(body: &Value, found: &mut Vec<String>) {
    let Some(format) = body.get("response_format") else { return };
    let schema = &format["json_schema"];
    if format["type"] != "json_schema" || !plain(schema["name"].as_str()) || !schema["schema"].is_object() {
        found.push("`response_format` is not a named JSON schema".to_owned());
    }
    if schema["strict"] == true && (schema["schema"]["type"] != "object" || !closed(&schema["schema"])) {
        found.push(
            "`response_format` is strict, but its schema is open or has optional properties".to_owned(),
        );
    }
}

fn plain(name: Option<&str>) -> bool {
    name.is_some_and(|name| {
        (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    })
}

/// Whether every object schema within is closed and requires all its properties.
fn closed(schema: &Value) -> bool {
    match schema {
        Value::Array(list) => list.iter().all(closed),
        Value::Object(map) => {
            let itself = match map.get("properties").and_then(Value::as_object) {
                Some(properties) => {
                    let required: BTreeSet<_> = map
                        .get("required")
                        .and_then(Value::as_array)
                        .into_iter()
                        .flatten()
                        .filter_map(Value::as_str)
                        .collect();
                    map.get("additionalProperties") == Some(&Value::Bool(false))
                        && required == properties.keys().map(String::as_str).collect()
                        && properties.values().all(closed)
                }
                None => true,
            };
            let within = ["items", "anyOf"].iter().filter_map(|key| map.get(*key)).all(closed);
            let defs = ["$defs", "definitions"].iter().filter_map(|key| map.get(*key)?.as_object());
            itself && within && defs.flat_map(|defs| defs.values()).all(closed)
        }
        _ => true,
    }
}
