//! Tickets, as a colleague's question needs them.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    copilot::{AssignedTo, Found, ListOrder, LookupError, TicketNamed, TicketsWanted},
    ticket::{Event, EventBody, Message, Ticket, TicketStatus},
};
use serde_json::{Value, json};
use store::{Assigned, MAX_LIMIT, TicketFilter, WorkspaceStore};

use super::{
    ago, counted, cut, list_source,
    records::{Asker, failed},
    ticket_source,
};
use crate::personal::{number_in, showing};

/// Tickets that are looked through for one question; what is beyond them is said not to be counted.
const MOST_READ: usize = 2_000;
const MESSAGES: usize = 12;
const MESSAGE: usize = 1_500;
const EVENTS: i64 = 40;
const SHOWN_EVENTS: usize = 12;

pub(super) async fn find(
    store: &WorkspaceStore,
    asker: &Asker,
    wanted: &TicketsWanted,
    limit: usize,
    now: Timestamp,
) -> Result<Found, LookupError> {
    // Whoever sees masks finds what shows, so that a search tells nothing of what a mask hides.
    let by_store = match asker.masks {
        None => wanted.text.clone(),
        Some(_) => wanted.text.as_deref().and_then(number_in),
    };
    let shows = asker.masks.as_ref().zip(wanted.text.as_deref());
    let filter = TicketFilter {
        status: wanted.status,
        channel: None,
        text: by_store,
        customer_id: wanted.customer_id,
        waiting_for_staff: false,
        mentioned: None,
        assigned: wanted.assigned.map(|assigned| match assigned {
            AssignedTo::Me => Assigned::To(vec![asker.id]),
            AssignedTo::Nobody => Assigned::Nobody,
        }),
        priority: None,
    };
    let (mut found, mut cursor, mut read) = (Vec::new(), None::<String>, 0);
    let complete = loop {
        let page = store.tickets(&filter, MAX_LIMIT, cursor.as_deref()).await.map_err(failed)?;
        read += page.items.len();
        found.extend(match shows {
            None => page.items,
            Some((served, said)) => showing(store, served, page.items, said).await.map_err(failed)?,
        });
        match page.next {
            None => break true,
            Some(_) if read >= MOST_READ => break false,
            next => cursor = next,
        }
    };
    if wanted.order == ListOrder::Oldest {
        found.reverse();
    }
    let count = found.len();
    found.truncate(limit);
    let tickets = brief(store, &found, now).await?;
    let status = wanted.status.map(|status| status.as_str().to_owned());
    let assigned = wanted.assigned.map(|assigned| match assigned {
        AssignedTo::Me => "me".to_owned(),
        AssignedTo::Nobody => "nobody".to_owned(),
    });
    let narrowed = [
        ("status", status),
        ("q", wanted.text.clone()),
        ("customer", wanted.customer_id.map(|id| id.to_string())),
        ("assigned", assigned),
    ];
    let narrowed = narrowed.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let words = match wanted.status {
        Some(status) => format!("{} ({})", counted(count, "ticket"), status.as_str().replace('_', " ")),
        None => counted(count, "ticket"),
    };
    let list = list_source("tickets", &words, narrowed.collect::<BTreeMap<_, _>>());
    let mut content = json!({ "count": count, "tickets": tickets, "ref": list.reference });
    if !complete {
        content["complete"] = json!(false);
    }
    let mut sources = vec![list];
    sources.extend(found.iter().map(ticket_source));
    Ok(Found { content, sources, summary: words })
}

/// Tickets as they stand in lists.
pub(super) async fn brief(
    store: &WorkspaceStore,
    tickets: &[Ticket],
    now: Timestamp,
) -> Result<Vec<Value>, LookupError> {
    let ids: Vec<_> = tickets.iter().map(|ticket| ticket.id).collect();
    let names = store.names_of(&ids).await.map_err(failed)?;
    let users = store.users().await.map_err(failed)?;
    let rows = tickets.iter().map(|ticket| {
        let mut people: Vec<&str> =
            names.iter().filter(|(id, _)| *id == ticket.id).map(|(_, name)| name.as_str()).collect();
        people.dedup();
        let assignee = ticket.assignee.and_then(|id| users.iter().find(|user| user.id == id));
        json!({
            "ref": ticket.id,
            "id": ticket.id,
            "number": ticket.number,
            "subject": ticket.subject,
            "status": ticket.status,
            "priority": ticket.priority,
            "channel": ticket.channel,
            "tags": ticket.tags,
            "people": people,
            "customer_id": ticket.customer_id,
            "assignee": assignee.map(|user| user.name.as_str()),
            "why_a_person": ticket.handoff.as_ref().map(|handoff| handoff.reason.as_str()),
            "opened": ago(now, ticket.created_at),
            "opened_at": ticket.created_at,
            "last_touched": ago(now, ticket.updated_at),
        })
    });
    Ok(rows.collect())
}

pub(super) async fn read(
    store: &WorkspaceStore,
    named: TicketNamed,
    now: Timestamp,
) -> Result<Found, LookupError> {
    let ticket = match named {
        TicketNamed::Id(id) => store.ticket(id).await,
        TicketNamed::Number(number) => store.ticket_by_number(number).await,
    };
    let ticket = ticket.map_err(failed)?.ok_or(LookupError::NotFound("ticket"))?;
    let (customer, contact) = store.people(ticket.customer_id, ticket.contact_id).await.map_err(failed)?;
    let mut rows = brief(store, std::slice::from_ref(&ticket), now).await?;
    let messages = store.messages(ticket.id, None).await.map_err(failed)?;
    let left_out = messages.len().saturating_sub(MESSAGES);
    let said: Vec<Value> = messages.iter().skip(left_out).map(|message| told(message, now)).collect();
    let events = store.events(ticket.id, ticket.version - EVENTS, EVENTS).await.map_err(failed)?;
    let mut happened: Vec<Value> = events.iter().filter_map(|event| in_words(event, now)).collect();
    happened.drain(..happened.len().saturating_sub(SHOWN_EVENTS));
    let run = store.active_run(ticket.id).await.map_err(failed)?;
    let at_work = run.map(|run| {
        json!({ "id": run.id, "agent": run.agent, "status": run.status, "waiting_for": run.waiting_for })
    });
    let content = json!({
        "ticket": rows.pop(),
        "summary": ticket.handoff.as_ref().map(|handoff| handoff.summary.as_str()),
        "waits_for_a_person": ticket.status == TicketStatus::WaitingForStaff,
        "customer": customer,
        "contact": contact,
        "messages_left_out": left_out,
        "messages": said,
        "happened": happened,
        "run_at_work": at_work,
    });
    let mut sources = vec![ticket_source(&ticket)];
    sources.extend(customer.as_ref().map(super::customer_source));
    let summary = format!("Ticket #{}", ticket.number);
    Ok(Found { content, sources, summary })
}

fn told(message: &Message, now: Timestamp) -> Value {
    json!({
        "author": message.author,
        "visibility": message.visibility,
        "body": cut(&message.body, MESSAGE),
        "when": ago(now, message.at),
    })
}

/// What happened besides what was said.
fn in_words(event: &Event, now: Timestamp) -> Option<Value> {
    let detail = match &event.body {
        EventBody::MessageAdded { .. } => return None,
        EventBody::StatusChanged { status, reason } => {
            format!("{}: {reason}", status.as_str().replace('_', " "))
        }
        EventBody::Escalated { reason, summary, .. } => format!("{reason}: {summary}"),
        EventBody::ApprovalRequested { title, .. } => title.clone(),
        EventBody::ApprovalDecided { tool, status, .. } => format!("{tool}: {status}"),
        EventBody::EffectSettled { summary, status, .. } => format!("{summary} ({status})"),
        EventBody::RunEnded { outcome, summary, .. } => format!("{outcome}: {summary}"),
        EventBody::FollowUpScheduled { note, .. } | EventBody::FollowUpDue { note } => note.clone(),
        _ => String::new(),
    };
    let what = event.body.type_name().replace('_', " ");
    Some(json!({ "what": what, "detail": cut(&detail, 400), "when": ago(now, event.at) }))
}
