//! Comes back to the ticket at a later time.

use std::time::Duration;

use async_trait::async_trait;
use domain::{
    Timestamp,
    approval::Permit,
    ticket::EventBody,
    tool::{Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use crate::{
    builtin::{field, ticket},
    limits::{Text, Whole},
};

const MAX_MINUTES: u32 = 366 * 24 * 60;

pub(crate) struct ScheduleFollowUp;

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(try_from = "Wanted")]
#[schemars(with = "Wanted")]
pub(crate) struct Args {
    when: When,
    note: Text<1_000>,
}

#[derive(Clone, Debug)]
enum When {
    At(Timestamp),
    In(Whole<1, MAX_MINUTES>),
}

/// The arguments as they are written.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// The time to come back, RFC 3339, at most a year ahead. Give this or `in_minutes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<Timestamp>,
    /// Minutes from now. Give this or `at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    in_minutes: Option<Whole<1, MAX_MINUTES>>,
    /// What to do then.
    note: Text<1_000>,
}

impl TryFrom<Wanted> for Args {
    type Error = &'static str;

    fn try_from(wanted: Wanted) -> Result<Self, &'static str> {
        let when = match (wanted.at, wanted.in_minutes) {
            (Some(at), None) => When::At(at),
            (None, Some(minutes)) => When::In(minutes),
            _ => return Err("give either `at` or `in_minutes`"),
        };
        Ok(Self { when, note: wanted.note })
    }
}

impl Serialize for Args {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (at, in_minutes) = match self.when {
            When::At(at) => (Some(at), None),
            When::In(minutes) => (None, Some(minutes)),
        };
        Wanted { at, in_minutes, note: self.note.clone() }.serialize(serializer)
    }
}

#[async_trait]
impl Tool for ScheduleFollowUp {
    type Args = Args;
    const NAME: &'static str = "schedule_follow_up";
    const TITLE: &'static str = "Schedule a follow-up";
    const DESCRIPTION: &'static str =
        "Reopens the ticket at a later time with a note of what to do, for example to check a delivery.";
    const RISK: Risk = Risk::Reversible;
    const CAPABILITIES: &'static [&'static str] = &["tickets", "timers"];
    const LOCAL: bool = true;
    const IDEMPOTENT: bool = true;

    fn preview(&self, args: &Args) -> Preview {
        let when = match args.when {
            When::At(at) => at.rfc3339(),
            When::In(minutes) => format!("in {} minutes", minutes.get()),
        };
        Preview {
            title: format!("Follow up {when}"),
            fields: vec![field("When", when), field("What to do", &*args.note)],
            body: None,
        }
    }

    async fn execute(&self, _: Permit, context: &ToolContext, args: Args) -> Result<ToolOutput, ToolError> {
        ticket(context)?;
        let at = match args.when {
            When::At(at) => at,
            When::In(minutes) => context.now.plus(Duration::from_secs(u64::from(minutes.get()) * 60)),
        };
        let latest = context.now.plus(Duration::from_secs(u64::from(MAX_MINUTES) * 60));
        if at <= context.now || at > latest {
            return Err(ToolError::Arguments {
                tool: Self::NAME.to_owned(),
                why: format!("{at} is not within the year after {}", context.now),
            });
        }
        Ok(ToolOutput {
            content: json!({ "at": at }),
            summary: format!("Follow-up at {at}"),
            events: vec![EventBody::FollowUpScheduled { at, note: args.note.into_inner() }],
        })
    }
}
