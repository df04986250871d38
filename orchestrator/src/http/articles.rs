//! Articles of resolved tickets.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;

use super::{
    Http,
    auth::{Staff, may},
    gaps::GapPath,
    input::{Json, Made, Path},
    problem::Problem,
    tickets::{TicketPath, conflict},
};
use crate::articles::{self, ArticleError, ArticleOfTicket, Begun};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/tickets/{id}/article", get_with(show, show_docs).post_with(begin, begin_docs))
        .api_route("/v1/knowledge/gaps/{id}/article", post_with(begin_for_gap, begin_for_gap_docs))
}

impl From<ArticleError> for Problem {
    fn from(error: ArticleError) -> Self {
        match error {
            ArticleError::NotFound(what) => Self::not_found(&format!("the {what}")),
            ArticleError::Conflict(detail) => conflict(detail),
            ArticleError::Store(error) => error.into(),
            ArticleError::Commit(error) => error.into(),
        }
    }
}

impl From<Begun> for Made<ArticleOfTicket> {
    fn from(begun: Begun) -> Self {
        match begun {
            Begun::Now(article) => Self::Now(article),
            Begun::Before(article) => Self::Before(article),
        }
    }
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getArticleOfTicket").tag("knowledge").summary("See how far a ticket's article has come").description(
        "The last article that was begun of the ticket: its run, the draft that waits for a person, and the document \
         that became of it.",
    )
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Path(path): Path<TicketPath>,
) -> Result<Json<ArticleOfTicket>, Problem> {
    Ok(Json(articles::of_ticket(&http.app, staff.workspace, path.id).await?))
}

fn begin_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("turnTicketIntoArticle").tag("knowledge").summary("Turn a ticket into an article").description(
        "An agent drafts an article of a resolved or closed ticket, without what belongs to the customer, and proposes \
         to add it; a person approves, edits or rejects it as an approval. 200 when one is being drafted already, 409 \
         when a draft waits for a decision or the ticket is not resolved.",
    )
}

async fn begin(
    State(http): State<Http>,
    staff: Staff<may::WriteKnowledge>,
    Path(path): Path<TicketPath>,
) -> Result<Made<ArticleOfTicket>, Problem> {
    Ok(articles::begin(&http.app, staff.workspace, path.id, None).await?.into())
}

fn begin_for_gap_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("turnGapIntoArticle").tag("knowledge").summary("Make an article for a gap").description(
        "As for a ticket, of the latest resolved ticket among those that asked. When the article is added, the gap \
         names it. 409 when none of those tickets has been resolved.",
    )
}

async fn begin_for_gap(
    State(http): State<Http>,
    staff: Staff<may::WriteKnowledge>,
    Path(path): Path<GapPath>,
) -> Result<Made<ArticleOfTicket>, Problem> {
    Ok(articles::begin_for_gap(&http.app, staff.workspace, path.id).await?.into())
}
