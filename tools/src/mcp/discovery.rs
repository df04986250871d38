//! From what a server says of its tools to what the catalog holds.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    canonical::Digest,
    excerpt::cut,
    tool::{AnyTool, Risk, ToolSource, ToolSpec},
};
use rmcp::model::Tool;
use serde_json::{Value, json};

use super::{Registered, Registrations, Screen, server::Server, tool::McpTool};
use crate::{LeftOut, ServerTools, Suspension, ToolsError, http::MAX_TOOL_NAME, schema::ArgsSchema};

const DESCRIPTION_CHARS: usize = 2_000;
const TITLE_CHARS: usize = 120;

/// A tool that can be used, as it is now.
pub(super) struct Found {
    pub(super) remote_name: String,
    pub(super) spec: ToolSpec,
    pub(super) schema: ArgsSchema,
}

/// Reads one tool; the error says why it is left out.
pub(super) fn read(server: &str, tool: &Tool) -> Result<Found, LeftOut> {
    // Providers of models allow letters, digits, `_` and `-` in names.
    let local: String = tool
        .name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' })
        .collect();
    let name = format!("{server}__{local}");
    let leave = |why: String| LeftOut { name: cut(&name, 200), server: server.to_owned(), why };
    if local.is_empty() {
        return Err(leave("it has no name".to_owned()));
    }
    if name.len() > MAX_TOOL_NAME {
        return Err(leave(format!(
            "its name is longer than {MAX_TOOL_NAME} characters with the server's; shorten the server's"
        )));
    }
    let parameters = Value::Object(tool.input_schema.as_ref().clone());
    let schema = ArgsSchema::compile(&parameters).map_err(leave)?;

    let hints = tool.annotations.as_ref();
    let read_only = hints.and_then(|hints| hints.read_only_hint).unwrap_or(false);
    let destructive = hints.and_then(|hints| hints.destructive_hint).unwrap_or(true);
    let risk = match (read_only, destructive) {
        (true, _) => Risk::Read,
        (false, false) => Risk::Outward,
        (false, true) => Risk::Irreversible,
    };
    let title = tool
        .title
        .clone()
        .or_else(|| hints.and_then(|hints| hints.title.clone()))
        .unwrap_or_else(|| tool.name.to_string());
    let description = cut(tool.description.as_deref().unwrap_or_default().trim(), DESCRIPTION_CHARS);
    let spec = ToolSpec {
        version: ToolSpec::digest(&name, &description, risk, &parameters),
        title: cut(title.trim(), TITLE_CHARS),
        description,
        risk,
        parameters,
        protected: Vec::new(),
        compensation: None,
        amount_arg: None,
        capabilities: vec![server.to_owned()],
        source: ToolSource::Mcp { server: server.to_owned() },
        local: false,
        idempotent: read_only || hints.and_then(|hints| hints.idempotent_hint).unwrap_or(false),
        always_asks: false,
        name,
    };
    Ok(Found { remote_name: tool.name.to_string(), spec, schema })
}

/// What of the face differs; None when nothing does.
pub(super) fn difference(was: &Registered, now: &ToolSpec) -> Option<String> {
    let mut parts = Vec::new();
    if was.spec.description != now.description {
        parts.push("description");
    }
    if was.spec.parameters != now.parameters {
        parts.push("arguments");
    }
    if was.spec.risk != now.risk {
        parts.push("risk");
    }
    // Reviewers read the title; whether it may be repeated decides what happens after a failure.
    if was.spec.title != now.title {
        parts.push("title");
    }
    if was.spec.idempotent != now.idempotent {
        parts.push("idempotency");
    }
    if parts.is_empty() && was.version != now.version {
        parts.push("version");
    }
    (!parts.is_empty()).then(|| format!("it changed since it was registered: {}", parts.join(", ")))
}

/// A digest of all that [`difference`] compares. The tool's version leaves out what no decision is bound to.
pub(super) fn look(spec: &ToolSpec) -> Digest {
    let ToolSpec { name, version, title, description, risk, parameters, idempotent, .. } = spec;
    Digest::of(&json!([name, version, title, description, risk, parameters, idempotent]))
}

/// Every text of a tool that a model reads.
fn said(spec: &ToolSpec) -> Vec<&str> {
    fn texts<'v>(value: &'v Value, all: &mut Vec<&'v str>) {
        match value {
            Value::String(text) => all.push(text),
            Value::Array(items) => items.iter().for_each(|item| texts(item, all)),
            Value::Object(members) => members.values().for_each(|item| texts(item, all)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    let mut all = vec![spec.title.as_str(), spec.description.as_str()];
    texts(&spec.parameters, &mut all);
    all
}

/// Compares everything the server offers with what is registered, and registers what is new.
pub(super) async fn judge(
    server: &Arc<Server>,
    offered: &[Tool],
    registrations: &dyn Registrations,
    screen: &Screen,
) -> Result<ServerTools, ToolsError> {
    let mut offer = ServerTools::default();
    let mut seen = BTreeSet::new();
    for tool in offered {
        let found = match read(server.name(), tool) {
            Ok(found) => found,
            Err(left_out) => {
                offer.left_out.push(left_out);
                continue;
            }
        };
        let spec = found.spec.clone();
        if !seen.insert(spec.name.clone()) {
            offer.left_out.push(LeftOut {
                name: spec.name,
                server: server.name().to_owned(),
                why: "the server offers two tools that read the same".to_owned(),
            });
            continue;
        }
        let why = match registrations.get(&spec.name).await? {
            None => match said(&spec).iter().find_map(|text| screen(text)) {
                Some(why) => Some((format!("what its server says of it reads like an order: {why}"), None)),
                None => {
                    let registered = Registered { version: spec.version.clone(), spec: spec.clone() };
                    registrations.put(registered).await?;
                    None
                }
            },
            Some(was) => difference(&was, &spec).map(|why| (why, Some(was.spec))),
        };
        let suspended = why.as_ref().map(|(why, _)| why.clone());
        if let Some((why, was)) = why {
            tracing::warn!(tool = %spec.name, %why, "tool is suspended until an admin accepts it");
            offer.suspended.push(Suspension {
                name: spec.name.clone(),
                server: server.name().to_owned(),
                why,
                was,
                look: look(&spec),
                now: spec,
            });
        }
        offer.tools.push(Arc::new(McpTool::new(found, server.clone(), suspended)) as Arc<dyn AnyTool>);
    }
    for left_out in &offer.left_out {
        tracing::warn!(tool = %left_out.name, why = %left_out.why, "tool is left out");
    }
    Ok(offer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rmcp::model::ToolAnnotations;

    fn tool(name: &str, schema: Value) -> Tool {
        Tool::new(name.to_owned(), "does it", schema.as_object().cloned().unwrap())
    }

    #[test]
    fn hints_become_risks_and_the_unsaid_is_the_worst() {
        let plain = tool("a.b", json!({ "type": "object" }));
        let found = read("srv", &plain).unwrap();
        assert_eq!(found.spec.name, "srv__a_b");
        assert_eq!(found.remote_name, "a.b");
        assert_eq!(found.spec.risk, Risk::Irreversible);
        assert!(!found.spec.idempotent);
        let hinted = |hints| read("srv", &plain.clone().with_annotations(hints)).unwrap().spec.risk;
        assert_eq!(hinted(ToolAnnotations::new().read_only(true)), Risk::Read);
        assert_eq!(hinted(ToolAnnotations::new().destructive(false).open_world(false)), Risk::Outward);
    }

    #[test]
    fn what_cannot_be_used_is_left_out_with_a_reason() {
        assert!(
            read("srv", &tool("x", json!({ "type": "array" }))).err().unwrap().why.contains("object schema")
        );
        assert!(
            read("srv", &tool(&"x".repeat(80), json!({ "type": "object" })))
                .err()
                .unwrap()
                .why
                .contains("longer")
        );
        assert!(read("srv", &tool("x", json!({}))).is_err());
    }

    #[test]
    fn every_visible_change_is_a_difference_and_another_look() {
        let now = read("srv", &tool("x", json!({ "type": "object" }))).unwrap().spec;
        let was = Registered { version: now.version.clone(), spec: now.clone() };
        assert_eq!(difference(&was, &now), None);
        for changed in [
            ToolSpec { description: "other".into(), ..now.clone() },
            ToolSpec { title: "other".into(), ..now.clone() },
            ToolSpec { risk: Risk::Read, ..now.clone() },
            ToolSpec { parameters: json!({ "type": "object", "x": 1 }), ..now.clone() },
            ToolSpec { idempotent: true, ..now.clone() },
        ] {
            assert!(difference(&was, &changed).is_some());
            assert_ne!(look(&changed), look(&now));
        }
    }
}
