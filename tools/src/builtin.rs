//! The tools every workspace has. Adding one is a file of its own and a line in [`all`].

use std::sync::Arc;

use domain::{
    MessageId,
    knowledge::Citation,
    ticket::{Message, Ticket, Visibility},
    tool::{AnyTool, PreviewField, ToolContext, ToolError, Typed},
    user::Actor,
};

pub use crate::call_webhook::WebhookSettings;
use crate::{
    add_article::AddArticle,
    add_note::AddNote,
    add_tags::AddTags,
    call_webhook::CallWebhook,
    close_ticket::CloseTicket,
    escalate::Escalate,
    get_customer::GetCustomer,
    get_ticket_history::GetTicketHistory,
    reply_to_customer::ReplyToCustomer,
    schedule_follow_up::ScheduleFollowUp,
    search_knowledge::SearchKnowledge,
    set_ticket_fields::SetTicketFields,
    staff::{
        actions::{FindActions, ProposeAction},
        approvals::{FindApprovals, ReadApproval},
        customers::{FindCustomers, ReadCustomer},
        figures::ReadFigures,
        knowledge::SearchAllKnowledge,
        runs::{FindRuns, ReadRun},
        tickets::{FindTickets, ReadTicket},
    },
};

/// All built-in tools, ready for the catalog.
pub fn all(webhooks: WebhookSettings) -> Vec<Arc<dyn AnyTool>> {
    vec![
        Arc::new(Typed::new(AddArticle)),
        Arc::new(Typed::new(AddNote)),
        Arc::new(Typed::new(AddTags)),
        Arc::new(Typed::new(CallWebhook::new(webhooks))),
        Arc::new(Typed::new(CloseTicket)),
        Arc::new(Typed::new(Escalate)),
        Arc::new(Typed::new(FindActions)),
        Arc::new(Typed::new(FindApprovals)),
        Arc::new(Typed::new(FindCustomers)),
        Arc::new(Typed::new(FindRuns)),
        Arc::new(Typed::new(FindTickets)),
        Arc::new(Typed::new(GetCustomer)),
        Arc::new(Typed::new(GetTicketHistory)),
        Arc::new(Typed::new(ProposeAction)),
        Arc::new(Typed::new(ReadApproval)),
        Arc::new(Typed::new(ReadCustomer)),
        Arc::new(Typed::new(ReadFigures)),
        Arc::new(Typed::new(ReadRun)),
        Arc::new(Typed::new(ReadTicket)),
        Arc::new(Typed::new(ReplyToCustomer)),
        Arc::new(Typed::new(ScheduleFollowUp)),
        Arc::new(Typed::new(SearchAllKnowledge)),
        Arc::new(Typed::new(SearchKnowledge)),
        Arc::new(Typed::new(SetTicketFields)),
    ]
}

/// The ticket of the run, which tools that write to a ticket cannot do without.
pub(crate) fn ticket(context: &ToolContext) -> Result<&Ticket, ToolError> {
    context.ticket.as_ref().ok_or_else(|| ToolError::Refused("this run has no ticket to write to".to_owned()))
}

/// A message by the agent of this run.
pub(crate) fn agent_message(
    context: &ToolContext,
    visibility: Visibility,
    body: String,
    sources: Vec<Citation>,
    model: Option<String>,
) -> Message {
    Message {
        id: MessageId::new(context.ports.ids()),
        author: Actor::Agent { agent: context.run.agent.clone(), run_id: context.run.id },
        visibility,
        body,
        sources,
        attachments: Vec::new(),
        email: None,
        model,
        redacted: None,
        mentions: Vec::new(),
        findings: Vec::new(),
        body_html: None,
        at: context.now,
    }
}

pub(crate) fn field(label: &str, value: impl Into<String>) -> PreviewField {
    PreviewField { label: label.to_owned(), value: value.into(), protected: false }
}
