//! What a colleague can have put before a person, and having it put there.

use std::borrow::Cow;

use async_trait::async_trait;
use domain::{
    EffectId,
    approval::Permit,
    copilot::{Lookup, ReadSource, SourceKind},
    errand::{BegunErrand, ErrandError, NewErrand, PROPOSE},
    tool::{Gives, Inquiry, Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{look, tickets::named, titled};
use crate::{builtin::field, limits::Text};

pub(crate) struct FindActions;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindArgs {}

#[async_trait]
impl Tool for FindActions {
    type Args = FindArgs;
    const NAME: &'static str = "find_actions";
    const TITLE: &'static str = "Find what can be proposed";
    const DESCRIPTION: &'static str = "Lists the tools that propose_action takes, with what each does and the JSON schema of its arguments. Use it before you propose something.";
    const RISK: Risk = Risk::Read;
    const CAPABILITIES: &'static [&'static str] = &["actions", "staff"];
    const GIVES: Gives = Gives::Records;
    const IDEMPOTENT: bool = true;

    fn preview(&self, _: &FindArgs) -> Preview {
        titled("Find what can be proposed")
    }

    async fn read(&self, context: &ToolContext, _: FindArgs) -> Result<ToolOutput, ToolError> {
        look(context, Lookup::Actions, None).await
    }
}

/// Has an errand begun.
pub(crate) struct ProposeAction;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// The ticket's number, such as `42`, or its id.
    ticket: Text<40>,
    /// What is to be done: the name of a tool from find_actions.
    tool: Text<100>,
    /// The arguments of that tool.
    args: Arguments,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
struct Arguments(Map<String, Value>);

impl JsonSchema for Arguments {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ActionArguments".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }
}

#[async_trait]
impl Tool for ProposeAction {
    type Args = Args;
    const NAME: &'static str = PROPOSE;
    const TITLE: &'static str = "Put an action before a person";
    const DESCRIPTION: &'static str = "Puts one action in a ticket before a person, who approves, changes or rejects it. Nothing is done before that. Use it only when the colleague asks for something to be done.";
    const RISK: Risk = Risk::Reversible;
    const CAPABILITIES: &'static [&'static str] = &["actions", "staff"];
    const IDEMPOTENT: bool = true;

    fn preview(&self, args: &Args) -> Preview {
        Preview {
            title: format!("Put {} in ticket {} before a person", args.tool, args.ticket),
            fields: args.args.0.iter().map(|(name, value)| field(name, shown(value))).collect(),
            body: None,
        }
    }

    async fn execute(
        &self,
        permit: Permit,
        context: &ToolContext,
        args: Args,
    ) -> Result<ToolOutput, ToolError> {
        if context.run.asked.is_none() {
            return Err(ToolError::Refused(
                "only a question of a colleague proposes with this tool".to_owned(),
            ));
        }
        let errand = NewErrand {
            ticket: named(Self::NAME, &args.ticket)?,
            tool: args.tool.into_inner(),
            args: Value::Object(args.args.0),
        };
        let begun =
            context.ports.errands().begin(context.workspace_id, permit.effect_id(), &context.run, errand);
        begun.await.and_then(output).map_err(|error| match error {
            ErrandError::Refused(why) => ToolError::Refused(why),
            ErrandError::Invalid(why) => ToolError::Arguments { tool: Self::NAME.to_owned(), why },
            ErrandError::Unavailable(why) => ToolError::Unavailable(why),
        })
    }

    async fn inquire(&self, context: &ToolContext, key: &str) -> Inquiry {
        let Some(effect) = EffectId::of_key(key) else { return Inquiry::CannotTell };
        match context.ports.errands().begun(context.workspace_id, effect).await {
            Ok(Some(begun)) => output(begun).map_or(Inquiry::CannotTell, Inquiry::Done),
            Ok(None) => Inquiry::NotDone,
            Err(_) => Inquiry::CannotTell,
        }
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What may be cited of it stands beside it, as with every lookup.
fn output(begun: BegunErrand) -> Result<ToolOutput, ErrandError> {
    let ticket = ReadSource {
        reference: begun.ticket_id.to_string(),
        kind: SourceKind::Ticket,
        id: begun.ticket_id.to_string(),
        label: format!("#{}", begun.ticket_number),
        filter: Default::default(),
    };
    let run = ReadSource {
        reference: begun.run_id.to_string(),
        kind: SourceKind::Run,
        id: begun.run_id.to_string(),
        label: format!("What was proposed for #{}", begun.ticket_number),
        filter: Default::default(),
    };
    let content = json!({
        "proposed": true,
        "done": false,
        "waits_for": "the decision of a person",
        "ticket": begun.ticket_number,
        "ref": run.reference,
        "sources": [ticket, run],
    });
    Ok(ToolOutput::new(content, format!("Put before a person for #{}", begun.ticket_number)))
}
