//! JSON schemas in the form a provider enforces.
//!
//! Providers guarantee that arguments and answers fit a schema only in "strict" mode, which takes a
//! subset of JSON Schema: every object is closed and requires all of its properties. A schema that
//! cannot be said in that subset without changing what it means is sent as it is, unenforced.
//! The subset: <https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>.

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    canonical::Sorted,
    model::{OutputSchema, ToolSchema},
};
use moka::sync::Cache;
use serde_json::{Map, Value, json, value::RawValue};

/// How deep a strict schema may nest.
const MAX_DEPTH: usize = 10;
const FORMATS: &[&str] =
    &["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"];

/// The request parts made from schemas, kept because agents send the same ones with every call.
pub(super) struct Schemas {
    tools: Cache<usize, (Arc<Vec<ToolSchema>>, Arc<RawValue>)>,
    outputs: Cache<(usize, String), (Arc<Value>, Arc<RawValue>)>,
}

impl Schemas {
    pub(super) fn new() -> Self {
        Self { tools: Cache::new(256), outputs: Cache::new(256) }
    }

    /// The request's `tools`.
    pub(super) fn tools(&self, tools: &Arc<Vec<ToolSchema>>) -> Result<Arc<RawValue>, serde_json::Error> {
        // The entry holds the list itself, so its address cannot be given to another one meanwhile.
        let key = Arc::as_ptr(tools).addr();
        if let Some((_, json)) = self.tools.get(&key) {
            return Ok(json);
        }
        let list: Vec<Value> = tools.iter().map(tool).collect();
        let json: Arc<RawValue> = serde_json::value::to_raw_value(&Sorted(&Value::Array(list)))?.into();
        self.tools.insert(key, (tools.clone(), json.clone()));
        Ok(json)
    }

    /// The request's `response_format`.
    pub(super) fn output(&self, output: &OutputSchema) -> Result<Arc<RawValue>, serde_json::Error> {
        let key = (Arc::as_ptr(&output.schema).addr(), output.name.clone());
        if let Some((_, json)) = self.outputs.get(&key) {
            return Ok(json);
        }
        let strict = strict(&output.schema, Optional::Require);
        let format = json!({ "type": "json_schema", "json_schema": {
            "name": plain_name(&output.name),
            "strict": strict.is_some(),
            "schema": strict.unwrap_or_else(|| without_meta(&output.schema)),
        }});
        let json: Arc<RawValue> = serde_json::value::to_raw_value(&Sorted(&format))?.into();
        self.outputs.insert(key, (output.schema.clone(), json.clone()));
        Ok(json)
    }
}

fn tool(tool: &ToolSchema) -> Value {
    let mut function = json!({ "name": tool.name, "description": tool.description });
    match strict(&tool.parameters, Optional::Nullable) {
        Some(parameters) => {
            function["parameters"] = parameters;
            function["strict"] = Value::Bool(true);
        }
        None => function["parameters"] = without_meta(&tool.parameters),
    }
    json!({ "type": "function", "function": function })
}

fn without_meta(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => {
            let mut map = map.clone();
            map.remove("$schema");
            Value::Object(map)
        }
        _ => json!({ "type": "object", "properties": {} }),
    }
}

/// The protocol allows letters, digits, `_` and `-`, at most 64.
fn plain_name(name: &str) -> String {
    let plain: String =
        name.chars().take(64).map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    if plain.is_empty() { "answer".to_owned() } else { plain }
}

/// What to do with a property that the schema does not require, where strict mode requires all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Optional {
    /// Require it if it may be null or has a default to write down, which say the same; otherwise the
    /// schema cannot be strict. For tools: a model that must fill an optional argument invents a value.
    Nullable,
    /// Require it. For answers: a field more never hurts.
    Require,
}

/// The schema in the strict subset, or nothing if it has no equal there.
fn strict(schema: &Value, optional: Optional) -> Option<Value> {
    let root = schema.as_object()?;
    let is_object = root.get("type").and_then(Value::as_str) == Some("object");
    if !is_object || root.contains_key("anyOf") || root.contains_key("oneOf") {
        return None;
    }
    node(schema, optional, 0)
}

fn node(schema: &Value, optional: Optional, depth: usize) -> Option<Value> {
    let map = schema.as_object()?;
    if depth > MAX_DEPTH {
        return None;
    }
    let nested = |value: &Value| node(value, optional, depth + 1);
    let mut out = Map::new();
    for (key, value) in map {
        match key.as_str() {
            // Decided below, from the whole object.
            "properties" | "required" => {}
            "additionalProperties" if value == &Value::Bool(false) => {}
            "type" | "description" | "enum" | "const" | "pattern" | "multipleOf" | "minimum" | "maximum"
            | "exclusiveMinimum" | "exclusiveMaximum" | "minItems" | "maxItems" => {
                out.insert(key.clone(), value.clone());
            }
            "format" => {
                if value.as_str().is_some_and(|format| FORMATS.contains(&format)) {
                    out.insert(key.clone(), value.clone());
                }
            }
            // Notes, and bounds that strict mode does not know: the caller checks those itself.
            "$schema" | "$id" | "$comment" | "title" | "default" | "examples" | "deprecated" | "readOnly"
            | "writeOnly" | "minLength" | "maxLength" | "uniqueItems" | "contentMediaType" => {}
            "items" => {
                out.insert(key.clone(), nested(value)?);
            }
            "anyOf" | "oneOf" => {
                if map.contains_key("properties") {
                    return None;
                }
                let cases = value.as_array()?.iter().map(nested).collect::<Option<Vec<_>>>()?;
                out.insert("anyOf".to_owned(), Value::Array(cases));
            }
            "$ref" => {
                value.as_str().filter(|target| target.starts_with('#'))?;
                out.insert(key.clone(), value.clone());
            }
            "$defs" | "definitions" => {
                let defs = value
                    .as_object()?
                    .iter()
                    .map(|(name, schema)| Some((name.clone(), nested(schema)?)))
                    .collect::<Option<Map<_, _>>>()?;
                out.insert(key.clone(), Value::Object(defs));
            }
            _ => return None,
        }
    }
    if let Some(target) = out.get("$ref") {
        // A reference may have no neighbours.
        return Some(json!({ "$ref": target }));
    }
    if has_type(schema, "object") || map.contains_key("properties") {
        let nothing = Map::new();
        let properties = match map.get("properties") {
            Some(properties) => properties.as_object()?,
            None if map.contains_key("additionalProperties") => &nothing,
            None => return None,
        };
        let required = map.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|list| list.iter().any(|item| item == name));
        let mut closed = Map::new();
        // In order, because `required` is a list of them.
        let properties: BTreeMap<&String, &Value> = properties.iter().collect();
        for (name, property) in properties {
            let default = property.get("default").filter(|default| !default.is_null() && !is_required(name));
            let can_be_required = is_required(name) || nullable(property) || default.is_some();
            if optional == Optional::Nullable && !can_be_required {
                return None;
            }
            let mut property = nested(property)?;
            if let Some(default) = default {
                say_default(&mut property, default);
            }
            closed.insert(name.clone(), property);
        }
        out.insert("required".to_owned(), closed.keys().cloned().collect());
        out.insert("properties".to_owned(), Value::Object(closed));
        out.insert("additionalProperties".to_owned(), Value::Bool(false));
    }
    // An array of anything, and anything at all, cannot be enforced.
    let says_something = ["type", "enum", "const", "anyOf"].iter().any(|key| out.contains_key(*key));
    if !says_something || (has_type(schema, "array") && !out.contains_key("items")) {
        return None;
    }
    Some(Value::Object(out))
}

/// Puts the default, for which the subset has no keyword, into words.
fn say_default(property: &mut Value, default: &Value) {
    let Some(property) = property.as_object_mut().filter(|property| !property.contains_key("$ref")) else {
        return;
    };
    let said = match property.get("description").and_then(Value::as_str) {
        Some(text) => format!("{text} Default: {}.", Sorted(default)),
        None => format!("Default: {}.", Sorted(default)),
    };
    property.insert("description".to_owned(), Value::String(said));
}

fn has_type(schema: &Value, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(several)) => several.iter().any(|item| item == name),
        _ => false,
    }
}

fn nullable(schema: &Value) -> bool {
    let in_cases =
        |key: &str| schema.get(key).and_then(Value::as_array).is_some_and(|cases| cases.iter().any(nullable));
    let in_enum =
        schema.get("enum").and_then(Value::as_array).is_some_and(|list| list.contains(&Value::Null));
    has_type(schema, "null") || in_enum || in_cases("anyOf") || in_cases("oneOf")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_that_may_be_null_is_required_and_one_that_may_only_be_left_out_is_not() {
        let schema = json!({ "type": "object", "title": "Args", "$schema": "x", "required": ["id"], "properties": {
            "id": { "type": "string", "minLength": 1, "contentMediaType": "text/markdown" },
            "count": { "type": ["integer", "null"], "format": "uint32", "minimum": 0 },
        }});
        assert_eq!(
            strict(&schema, Optional::Nullable),
            Some(
                json!({ "type": "object", "additionalProperties": false, "required": ["count", "id"], "properties": {
                    "id": { "type": "string" },
                    "count": { "type": ["integer", "null"], "minimum": 0 },
                }})
            )
        );
        let mut loose = schema.clone();
        loose["properties"]["count"]["type"] = json!("integer");
        assert_eq!(strict(&loose, Optional::Nullable), None);
        assert!(strict(&loose, Optional::Require).is_some());
    }

    #[test]
    fn a_default_is_said_in_words() {
        let schema = json!({ "type": "object", "properties": {
            "limit": { "type": "integer", "description": "How many.", "default": 5 } } });
        assert_eq!(
            strict(&schema, Optional::Nullable).unwrap()["properties"]["limit"],
            json!({ "type": "integer", "description": "How many. Default: 5." })
        );
    }

    #[test]
    fn what_the_subset_cannot_say_is_left_alone() {
        for schema in [
            json!({ "type": "object", "properties": { "any": {} }, "required": ["any"] }),
            json!({ "type": "object", "additionalProperties": { "type": "string" } }),
            json!({ "type": "object" }),
            json!({ "type": "object", "properties": { "list": { "type": "array" } }, "required": ["list"] }),
            json!({ "type": "object", "properties": { "x": { "type": "string", "not": {} } }, "required": ["x"] }),
            json!({ "oneOf": [{ "type": "object", "properties": {} }] }),
            json!("nonsense"),
        ] {
            assert_eq!(strict(&schema, Optional::Require), None, "{schema}");
        }
    }

    #[test]
    fn cases_and_references_stay_what_they_are() {
        let schema = json!({ "type": "object", "required": ["a", "b"],
            "properties": {
                "a": { "oneOf": [{ "type": "string", "const": "x" }, { "type": "null" }] },
                "b": { "$ref": "#/$defs/B", "description": "neighbour" } },
            "$defs": { "B": { "type": "object", "properties": {} } } });
        let strict = strict(&schema, Optional::Nullable).unwrap();
        assert_eq!(
            strict["properties"]["a"],
            json!({ "anyOf": [{ "type": "string", "const": "x" }, { "type": "null" }] })
        );
        assert_eq!(strict["properties"]["b"], json!({ "$ref": "#/$defs/B" }));
        assert_eq!(strict["$defs"]["B"]["additionalProperties"], json!(false));
    }

    #[test]
    fn the_order_in_which_a_schema_was_written_is_not_sent() {
        let written = |schema: &str| {
            let tools = Arc::new(vec![ToolSchema {
                name: "find".to_owned(),
                description: "Finds.".to_owned(),
                parameters: serde_json::from_str(schema).unwrap(),
            }]);
            Schemas::new().tools(&tools).unwrap().get().to_owned()
        };
        let one = written(
            r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":["integer","null"],
                "default":{"x":1,"y":2}}},"required":["a"]}"#,
        );
        let other = written(
            r#"{"required":["a"],"properties":{"b":{"default":{"y":2,"x":1},"type":["integer","null"]},
                "a":{"type":"string"}},"type":"object"}"#,
        );
        assert_eq!(one, other);
        assert!(one.contains(r#""required":["a","b"],"type":"object""#), "{one}");
    }

    #[test]
    fn the_same_schemas_are_prepared_once() {
        let schemas = Schemas::new();
        let tools = Arc::new(vec![ToolSchema {
            name: "find".to_owned(),
            description: "Finds.".to_owned(),
            parameters: json!({ "type": "object", "properties": {} }),
        }]);
        let first = schemas.tools(&tools).unwrap();
        assert!(Arc::ptr_eq(&first, &schemas.tools(&tools).unwrap()));
        assert!(
            strict(&json!({ "type": "object", "additionalProperties": false }), Optional::Nullable).is_some()
        );
        assert!(first.get().contains(r#""strict":true"#), "{first}");
    }
}
