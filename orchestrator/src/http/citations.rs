//! What sent replies rest on, and which of them rest on words that have changed.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{CitationId, DocumentId, TicketId, citation::SentCitation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, Path, Query, text},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::recall::{self, MAX_BODY, RecallError, Recalled};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/knowledge/documents/{id}/uses", get_with(uses, uses_docs))
        .api_route("/v1/knowledge/recall", get_with(list, list_docs))
        .api_route("/v1/knowledge/recall/{id}/follow-up", post_with(follow_up, follow_up_docs))
}

/// The document in the path. It may be gone.
#[derive(Deserialize, JsonSchema)]
pub struct UsedPath {
    /// The document.
    pub id: DocumentId,
}

/// The citation in the path.
#[derive(Deserialize, JsonSchema)]
pub struct CitationPath {
    /// The citation.
    pub id: CitationId,
}

fn uses_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listUses").tag("knowledge").summary("List the answers that rest on a document").description(
        "Every citation of the document in a sent reply, with its ticket, message, version, passage and quote; the \
         newest first. A document that was removed keeps them.",
    )
}

async fn uses(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Path(path): Path<UsedPath>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<SentCitation>>, Problem> {
    let page = staff.store(&http).uses_of(path.id, page.limit()?, page.cursor()).await?;
    Ok(Json(Page { items: page.items, next_cursor: page.next }))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listRecalled").tag("knowledge").summary("List answers whose ground has moved").description(
        "Sent replies whose cited words no longer stand in their document, with what it says now; the newest first. \
         A page may hold fewer than `limit`, because citations whose words still stand are left out.",
    )
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Recalled>>, Problem> {
    let store = staff.store(&http);
    let page = store.outdated_citations(page.limit()?, page.cursor()).await?;
    let mut items = Vec::new();
    for citation in page.items {
        items.extend(recall::recalled(&store, citation).await?);
    }
    Ok(Json(Page { items, next_cursor: page.next }))
}

/// A follow-up to propose.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposeFollowUp {
    /// What the customer would read; without it a plain correction.
    #[serde(default)]
    #[schemars(length(min = 1, max = 4000))]
    pub body: Option<String>,
}

/// Where the proposal went.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct FollowUpProposed {
    /// Its agent puts the reply before a person; see the ticket's approvals.
    pub ticket_id: TicketId,
}

fn follow_up_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("proposeFollowUp").tag("knowledge").summary("Propose a follow-up").description(
        "Puts a reply that corrects the answer before a reviewer, as an approval. Nothing is sent until somebody \
         approves it.",
    )
}

async fn follow_up(
    State(http): State<Http>,
    staff: Staff<may::EditTickets>,
    Path(path): Path<CitationPath>,
    Json(form): Json<ProposeFollowUp>,
) -> Result<Json<FollowUpProposed>, Problem> {
    let body = form.body.map(|body| text("body", &body, MAX_BODY)).transpose()?;
    let store = staff.store(&http);
    let citation = store.citation(path.id).await?.ok_or_else(|| Problem::not_found("the citation"))?;
    let recalled = recall::recalled(&store, citation).await?.ok_or(RecallError::StillStands)?;
    let ticket_id = recall::follow_up(&http.app, &store, &recalled, body, staff.actor()).await?;
    Ok(Json(FollowUpProposed { ticket_id }))
}
