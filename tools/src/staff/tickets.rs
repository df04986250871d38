//! Finds tickets, and reads one with what was said in it.

use async_trait::async_trait;
use domain::{
    copilot::{AssignedTo, ListOrder, Lookup, TicketNamed, TicketsWanted},
    ticket::TicketStatus,
    tool::{Gives, Preview, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Limit, id, look, titled};
use crate::limits::Text;

pub(crate) struct FindTickets;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindArgs {
    /// `open`: an agent or nobody yet is on it; `waiting_for_staff`: a person has to act; `waiting_for_customer`;
    /// `resolved`; `closed`. Left out: all.
    #[serde(default)]
    status: Option<TicketStatus>,
    /// Found in the subject, the tags, the number or the customer's name.
    #[serde(default)]
    text: Option<Text<200>>,
    /// The id of a customer, from another tool.
    #[serde(default)]
    customer_id: Option<Text<40>>,
    /// `me`: the colleague who asks; `nobody`. Left out: anybody's.
    #[serde(default)]
    assigned_to: Option<AssignedTo>,
    /// `newest`, the last touched first, or `oldest`, what nothing has happened to for longest first.
    #[serde(default)]
    order: ListOrder,
    /// How many to return at most; 10 when left out.
    #[serde(default)]
    limit: Limit,
}

#[async_trait]
impl Tool for FindTickets {
    type Args = FindArgs;
    const NAME: &'static str = "find_tickets";
    const TITLE: &'static str = "Find tickets";
    const DESCRIPTION: &'static str = "Lists tickets of the workspace by status, words, customer and assignee, and says how many there are.";
    const RISK: Risk = Risk::Read;
    const CAPABILITIES: &'static [&'static str] = &["tickets", "staff"];
    const GIVES: Gives = Gives::Records;
    const IDEMPOTENT: bool = true;

    fn preview(&self, args: &FindArgs) -> Preview {
        titled(match (&args.text, args.status) {
            (Some(text), _) => format!("Find tickets about “{text}”"),
            (None, Some(status)) => format!("Find tickets that are {}", status.as_str().replace('_', " ")),
            (None, None) => "Find tickets".to_owned(),
        })
    }

    async fn read(&self, context: &ToolContext, args: FindArgs) -> Result<ToolOutput, ToolError> {
        let customer_id = args.customer_id.map(|text| id(Self::NAME, "customer", &text)).transpose()?;
        let wanted = TicketsWanted {
            status: args.status,
            text: args.text.map(Text::into_inner),
            customer_id,
            assigned: args.assigned_to,
            order: args.order,
        };
        look(context, Lookup::Tickets(wanted), args.limit).await
    }
}

pub(crate) struct ReadTicket;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReadArgs {
    /// Its number, such as `42`, or its id.
    ticket: Text<40>,
}

#[async_trait]
impl Tool for ReadTicket {
    type Args = ReadArgs;
    const NAME: &'static str = "read_ticket";
    const TITLE: &'static str = "Read a ticket";
    const DESCRIPTION: &'static str = "Returns a ticket with its people, its latest messages and notes, why a person is wanted, and what happened last.";
    const RISK: Risk = Risk::Read;
    const CAPABILITIES: &'static [&'static str] = &["tickets", "staff"];
    const GIVES: Gives = Gives::Records;
    const IDEMPOTENT: bool = true;

    fn preview(&self, args: &ReadArgs) -> Preview {
        titled(format!("Read ticket {}", args.ticket))
    }

    async fn read(&self, context: &ToolContext, args: ReadArgs) -> Result<ToolOutput, ToolError> {
        look(context, Lookup::Ticket(named(Self::NAME, &args.ticket)?), None).await
    }
}

/// A ticket as a model names it to a tool.
pub(crate) fn named(tool: &str, text: &str) -> Result<TicketNamed, ToolError> {
    let said = text.trim_start_matches('#').trim();
    Ok(match said.parse::<i64>() {
        Ok(number) => TicketNamed::Number(number),
        Err(_) => TicketNamed::Id(id(tool, "ticket", said)?),
    })
}
