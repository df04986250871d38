//! Whose a record is. What belongs to somebody else is not read for a customer, whatever they or a
//! model ask for: a model that never sees a record cannot tell it. Nor is anything done for an address
//! that is not theirs.

use domain::tool::{ToolContext, ToolError};
use serde_json::Value;

/// What a tool declares of whose its records are.
#[derive(Clone, Debug, Default)]
pub(super) struct Owner {
    /// Names with dots between them; a list on the way stands for each of its parts.
    pub in_answer: Option<String>,
    pub arg: Option<String>,
}

impl Owner {
    pub fn is_declared(&self) -> bool {
        self.in_answer.is_some() || self.arg.is_some()
    }

    /// Of reads and of effects, before anything is sent.
    pub fn check_argument(&self, args: &Value, context: &ToolContext) -> Result<(), ToolError> {
        let (Some(arg), Some(own)) = (&self.arg, &context.on_behalf_of) else { return Ok(()) };
        if args.get(arg).is_some_and(|value| is_own(value, own)) {
            return Ok(());
        }
        let why = format!("`{arg}` is not the address of the customer who asks");
        Err(ToolError::NotTheirs(why))
    }

    pub fn check_answer(&self, content: &Value, context: &ToolContext) -> Result<(), ToolError> {
        let (Some(path), Some(own)) = (&self.in_answer, &context.on_behalf_of) else { return Ok(()) };
        let names: Vec<&str> = path.split('.').collect();
        if holds(content, &names, own) {
            return Ok(());
        }
        let why = "the record is not of the customer who asks; nothing of it may be told or used".to_owned();
        Err(ToolError::NotTheirs(why))
    }
}

/// Whether all that the path leads to are own addresses. An answer that does not say whose it is
/// is nobody's; an empty list holds nothing of anybody's.
fn holds(value: &Value, path: &[&str], own: &[String]) -> bool {
    match (value, path) {
        (Value::Array(parts), _) => parts.iter().all(|part| holds(part, path, own)),
        (value, []) => is_own(value, own),
        (value, [name, rest @ ..]) => value.get(name).is_some_and(|part| holds(part, rest, own)),
    }
}

fn is_own(value: &Value, own: &[String]) -> bool {
    let address = value.as_str().map(|address| address.trim().to_lowercase());
    address.is_some_and(|address| own.contains(&address))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_says_that_it_is_the_customers_is() {
        let own = ["mira@post.example".to_owned()];
        let held = |content: Value, path: &str| holds(&content, &path.split('.').collect::<Vec<_>>(), &own);
        assert!(held(json!({"customer_email": " Mira@Post.example"}), "customer_email"));
        assert!(held(json!({"orders": [{"by": "mira@post.example"}]}), "orders.by"));
        assert!(held(json!({"orders": []}), "orders.by"));
        for content in [
            json!({"orders": [{"by": "mira@post.example"}, {"by": "other@post.example"}]}),
            json!({"orders": [{"by": "mira@post.example"}, {}]}),
            json!({"orders": [{"by": null}]}),
            json!({"orders": {"by": 7}}),
            json!({}),
            json!("mira@post.example"),
        ] {
            assert!(!held(content.clone(), "orders.by"), "{content}");
        }
    }
}
