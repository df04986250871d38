//! Checks arguments against a JSON schema that came from a file or from an MCP server.
//!
//! The schema is compiled once. Patterns run on the linear-time engine and references outside the
//! document are refused, because the schema may be a stranger's.

use domain::{canonical, excerpt::cut, tool::ToolError};
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

/// Arguments of one call, as JSON.
pub(crate) const MAX_ARGS_BYTES: usize = 64 * 1024;
/// A schema, as JSON.
pub(crate) const MAX_SCHEMA_BYTES: usize = 64 * 1024;

pub(crate) struct ArgsSchema {
    validator: Validator,
}

impl ArgsSchema {
    /// The error says why the schema cannot be used.
    pub(crate) fn compile(schema: &Value) -> Result<Self, String> {
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            return Err("the schema of its arguments is not an object schema".to_owned());
        }
        let size = serde_json::to_vec(schema).map(|bytes| bytes.len()).unwrap_or(usize::MAX);
        if size > MAX_SCHEMA_BYTES {
            return Err(format!(
                "the schema of its arguments is larger than {} KiB",
                MAX_SCHEMA_BYTES / 1024
            ));
        }
        let validator = jsonschema::options()
            .with_pattern_options(PatternOptions::regex())
            .build(&canonical::in_order(schema))
            .map_err(|error| {
                format!("the schema of its arguments is not valid: {}", cut(&error.to_string(), 300))
            })?;
        Ok(Self { validator })
    }

    pub(crate) fn check(&self, tool: &str, args: &Value) -> Result<(), ToolError> {
        let refuse = |why: String| Err(ToolError::Arguments { tool: tool.to_owned(), why });
        let size = serde_json::to_vec(args).map(|bytes| bytes.len()).unwrap_or(usize::MAX);
        if size > MAX_ARGS_BYTES {
            return refuse(format!("they are larger than {} KiB; send less", MAX_ARGS_BYTES / 1024));
        }
        if self.validator.is_valid(args) {
            return Ok(());
        }
        // What is wrong is told in one order, because a model reads it.
        let args = canonical::in_order(args);
        let problems: Vec<String> = self
            .validator
            .iter_errors(&args)
            .take(3)
            .map(|error| {
                let path = error.instance_path().to_string();
                let what = cut(&error.to_string(), 200);
                if path.is_empty() { what } else { format!("{path}: {what}") }
            })
            .collect();
        refuse(problems.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn arguments_that_do_not_fit_are_named() {
        let schema = ArgsSchema::compile(&json!({
            "type": "object",
            "properties": { "n": { "type": "integer", "minimum": 1 } },
            "required": ["n"],
            "additionalProperties": false,
        }))
        .unwrap();
        assert!(schema.check("t", &json!({ "n": 1 })).is_ok());
        let error = schema.check("t", &json!({ "n": 0, "x": 1 })).unwrap_err().to_string();
        assert!(error.contains("/n") && error.contains('x'), "{error}");
        assert!(schema.check("t", &json!({ "n": 1, "s": "x".repeat(MAX_ARGS_BYTES) })).is_err());
    }

    #[test]
    fn strange_schemas_are_refused() {
        assert!(ArgsSchema::compile(&json!({ "type": "string" })).is_err());
        assert!(
            ArgsSchema::compile(&json!({ "type": "object", "$ref": "http://example.com/x.json" })).is_err()
        );
        assert!(ArgsSchema::compile(&json!({ "type": "object", "properties": 3 })).is_err());
    }
}
