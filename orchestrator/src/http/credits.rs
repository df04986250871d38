//! What is spent and counted, beside what may be, and the ledger's entries.

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{RunId, Timestamp, credit::Entry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, Query},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::credits::{LimitUse, in_use};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/credits", get_with(show, show_docs))
        .api_route("/v1/credits/entries", get_with(list, list_docs))
}

/// What is in use of every limit.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CreditUse {
    /// What agents spend that answer outside of tickets is that of an agent of the name `answering`.
    pub items: Vec<LimitUse>,
    pub at: Timestamp,
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("showCredits").tag("credits").summary("What is spent, beside what may be").description(
        "Credits of the workspace, of agents and tools in the day and the month that are now (UTC), in millionths, \
         and the runs and mails that are counted; each with its ceiling, where it has one. What is above a ceiling \
         waits until its window is over.",
    )
}

async fn show(State(http): State<Http>, staff: Staff<may::ReadSystem>) -> Result<Json<CreditUse>, Problem> {
    let at = http.app.clock.now();
    let items = in_use(&http.app.house, &staff.store(&http), at).await?;
    Ok(Json(CreditUse { items, at }))
}

/// Which entries are wanted.
#[derive(Deserialize, JsonSchema)]
pub struct EntriesQuery {
    /// Of this run alone.
    #[serde(default)]
    pub run_id: Option<RunId>,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listCreditEntries").tag("credits").summary("The ledger").description(
        "Every move of credits from one account to another, newest first: set aside before a paid call, settled \
         with what it did cost, and the rest given back.",
    )
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadSystem>,
    Query(page): Query<PageQuery>,
    Query(query): Query<EntriesQuery>,
) -> Result<Json<Page<Entry>>, Problem> {
    let store = staff.store(&http);
    let entries = store.credit_entries(query.run_id, page.limit()?, page.cursor()).await?;
    Ok(Json(Page::map(entries, |entry| entry)))
}
