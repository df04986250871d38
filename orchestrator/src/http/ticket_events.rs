//! A ticket's timeline: read it, report something to it.

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    commit::CommitError,
    ticket::{Event, EventBody},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Http,
    auth::{Staff, may},
    body_html,
    input::{IdempotencyKey, Json, Made, Path, Query, text},
    page::{Page, PageQuery},
    problem::Problem,
    sight::Sight,
    tickets::{TicketPath, key_of_something_else},
};

const MAX_NAME: usize = 100;
const MAX_DATA_BYTES: usize = 32 * 1024;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/tickets/{id}/events", get_with(list, list_docs).post_with(report, report_docs))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listEvents").tag("tickets").summary("List a ticket's timeline").description(
        "Everything that happened to the ticket, oldest first. `version` counts within the ticket, `position` within \
         the workspace.",
    )
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadTickets>,
    Path(path): Path<TicketPath>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Event>>, Problem> {
    let store = staff.store(&http);
    store.ticket(path.id).await?.ok_or_else(|| Problem::not_found("the ticket"))?;
    let limit = page.limit()?;
    let mut items = store.events(path.id, page.after()?, limit + 1).await?;
    let more = i64::try_from(items.len()).is_ok_and(|count| count > limit);
    if more {
        items.pop();
    }
    let next_cursor = items.last().filter(|_| more).map(|event| event.version.to_string());
    items.iter_mut().for_each(|event| body_html::show_event(&mut event.body));
    if staff.sight == Sight::Whole {
        items.iter_mut().for_each(|event| http.app.personal.mark_event(staff.workspace, &mut event.body));
    }
    Ok(Json(Page { items, next_cursor }))
}

/// Something that happened elsewhere.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportEvent {
    #[schemars(length(min = 1, max = 100), example = "parcel.returned_to_sender")]
    pub name: String,
    /// Kept as it comes; at most 32 KiB.
    #[serde(default)]
    pub data: Value,
}

fn report_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("reportEvent").tag("tickets").summary("Report an event").description(
        "Something that happened elsewhere and that whoever works on the ticket should know. An agent that works or \
         waits on the ticket sees it.",
    )
}

async fn report(
    State(http): State<Http>,
    staff: Staff<may::OpenTickets>,
    Path(path): Path<TicketPath>,
    key: IdempotencyKey,
    Json(form): Json<ReportEvent>,
) -> Result<Made<Event>, Problem> {
    let name = text("name", &form.name, MAX_NAME)?;
    if form.data.to_string().len() > MAX_DATA_BYTES {
        return Err(Problem::invalid(format!("data has more than {MAX_DATA_BYTES} bytes")));
    }
    let key = key.for_caller(&staff.identity);
    let written =
        http.app.intake.external_event(staff.workspace, path.id, name, form.data, key, staff.actor()).await;
    match written {
        Ok(receipt) => receipt
            .events
            .into_iter()
            .next()
            .map(Made::Now)
            .ok_or_else(|| Problem::internal(&"no event was written")),
        Err(CommitError::Duplicate { ticket_id, event_id }) => staff
            .store(&http)
            .event(ticket_id, event_id)
            .await?
            .filter(|event| event.ticket_id == path.id && matches!(event.body, EventBody::External { .. }))
            .map(Made::Before)
            .ok_or_else(key_of_something_else),
        Err(error) => Err(error.into()),
    }
}
