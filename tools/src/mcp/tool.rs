//! One tool of an MCP server behind the face every tool has.

use std::sync::Arc;

use async_trait::async_trait;
use domain::{
    approval::Permit,
    canonical,
    excerpt::cut,
    rate::RateLimit,
    tool::{
        AnyTool, Gives, Inquiry, Preview, PreviewField, Risk, ToolContext, ToolError, ToolOutput, ToolSpec,
    },
};
use serde_json::Value;

use super::{discovery::Found, server::Server};
use crate::schema::ArgsSchema;

pub(super) struct McpTool {
    spec: ToolSpec,
    remote_name: String,
    schema: ArgsSchema,
    server: Arc<Server>,
    suspended: Option<String>,
}

impl McpTool {
    pub(super) fn new(found: Found, server: Arc<Server>, suspended: Option<String>) -> Self {
        let Found { remote_name, spec, schema } = found;
        Self { spec, remote_name, schema, server, suspended }
    }

    async fn call(&self, args: &Value, key: Option<&str>) -> Result<ToolOutput, ToolError> {
        if let Some(why) = &self.suspended {
            return Err(suspended(&self.spec.name, why));
        }
        self.validate(args)?;
        let args = canonical::in_order(args).as_object().cloned().unwrap_or_default();
        let content = self.server.call(&self.spec, &self.remote_name, args, key).await?;
        Ok(ToolOutput::new(content, format!("Done: {}", self.spec.title)))
    }
}

pub(super) fn suspended(name: &str, why: &str) -> ToolError {
    ToolError::Refused(format!("{name} is suspended: {why}; an admin has to look at it and accept it"))
}

#[async_trait]
impl AnyTool for McpTool {
    fn spec(&self) -> &ToolSpec {
        &self.spec
    }

    fn gives(&self) -> Gives {
        Gives::Text
    }

    fn rate(&self) -> Option<RateLimit> {
        self.server.rate()
    }

    fn validate(&self, args: &Value) -> Result<(), ToolError> {
        self.schema.check(&self.spec.name, args)
    }

    fn preview(&self, args: &Value) -> Preview {
        let args = canonical::in_order(args);
        let fields = args.as_object().into_iter().flatten().map(|(name, value)| PreviewField {
            label: name.clone(),
            value: match value {
                Value::String(text) => cut(text, 500),
                other => cut(&other.to_string(), 500),
            },
            // Which arguments matter is not known of a stranger's tool: all of them do.
            protected: true,
        });
        Preview {
            title: format!("{} ({})", self.spec.title, self.server.name()),
            fields: fields.collect(),
            body: None,
        }
    }

    async fn read(&self, _: &ToolContext, args: &Value) -> Result<ToolOutput, ToolError> {
        if self.spec.risk != Risk::Read {
            return Err(ToolError::Refused(format!("{} has effects and cannot be read", self.spec.name)));
        }
        self.call(args, None).await
    }

    async fn execute(&self, permit: Permit, _: &ToolContext) -> Result<ToolOutput, ToolError> {
        if permit.call().tool != self.spec.name {
            return Err(ToolError::Refused(format!(
                "the permit is for {}, not for {}",
                permit.call().tool,
                self.spec.name
            )));
        }
        self.call(&permit.call().args, Some(permit.idempotency_key())).await
    }

    async fn inquire(&self, _: &ToolContext, _: &str) -> Inquiry {
        // The protocol has no question for it.
        Inquiry::CannotTell
    }
}
