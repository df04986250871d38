//! Customers, as a colleague's question needs them.

use std::collections::BTreeMap;

use domain::{
    CustomerId, Timestamp,
    copilot::{Found, LookupError},
    ticket::TicketStatus,
};
use serde_json::{Value, json};
use store::{MAX_LIMIT, TicketFilter, WorkspaceStore};

use super::{
    counted, customer_source, list_source,
    records::{Asker, failed, value},
    ticket_source, tickets,
};

const TICKETS: usize = 10;

pub(super) async fn find(
    store: &WorkspaceStore,
    asker: &Asker,
    text: Option<String>,
    limit: usize,
) -> Result<Found, LookupError> {
    if asker.masks.is_some() && text.is_some() {
        return Err(LookupError::Refused(
            "names and addresses are masked for the colleague who asks, so they cannot be searched either: it takes \
             the permission see_personal_data"
                .to_owned(),
        ));
    }
    let page = store.customers(text.as_deref(), limit as i64, None).await.map_err(failed)?;
    let words = counted(page.items.len(), "customer");
    let filter = text.into_iter().map(|text| ("q".to_owned(), text));
    let list = list_source("customers", &words, filter.collect::<BTreeMap<_, _>>());
    let mut rows = Vec::with_capacity(page.items.len());
    for customer in &page.items {
        let mut row = value(customer)?;
        row["ref"] = json!(customer.id);
        rows.push(row);
    }
    let mut content = json!({ "count": rows.len(), "customers": rows, "ref": list.reference });
    if page.next.is_some() {
        content["complete"] = json!(false);
    }
    let mut sources = vec![list];
    sources.extend(page.items.iter().map(customer_source));
    Ok(Found { content, sources, summary: words })
}

pub(super) async fn read(
    store: &WorkspaceStore,
    id: CustomerId,
    now: Timestamp,
) -> Result<Found, LookupError> {
    let found = store.customer_and_contacts(id).await.map_err(failed)?;
    let (customer, contacts) = found.ok_or(LookupError::NotFound("customer"))?;
    let filter = TicketFilter { customer_id: Some(id), ..TicketFilter::default() };
    let page = store.tickets(&filter, MAX_LIMIT, None).await.map_err(failed)?;
    let mut by_status: BTreeMap<&str, usize> = BTreeMap::new();
    for ticket in &page.items {
        *by_status.entry(ticket.status.as_str()).or_default() += 1;
    }
    let live = |status: TicketStatus| !matches!(status, TicketStatus::Resolved | TicketStatus::Closed);
    let mut latest: Vec<_> = page.items.iter().filter(|ticket| live(ticket.status)).cloned().collect();
    latest.extend(page.items.iter().filter(|ticket| !live(ticket.status)).cloned());
    latest.truncate(TICKETS);
    let mut row = value(&customer)?;
    row["ref"] = json!(customer.id);
    let rows: Vec<Value> = tickets::brief(store, &latest, now).await?;
    let content = json!({
        "customer": row,
        "contacts": contacts,
        "tickets_count": page.items.len(),
        "tickets_by_status": by_status,
        "tickets": rows,
    });
    let mut sources = vec![customer_source(&customer)];
    sources.extend(latest.iter().map(ticket_source));
    let summary = customer.name.clone();
    Ok(Found { content, sources, summary })
}
