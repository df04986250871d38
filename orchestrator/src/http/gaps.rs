//! Gaps of the knowledge base: what was asked and not answered.

use std::collections::{BTreeMap, BTreeSet};

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    GapId, TicketId,
    gap::{Gap, GapQuestion, GapStatus},
};
use rag::likeness::terms;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::WorkspaceStore;

use super::{
    Http,
    auth::{Staff, may},
    input::{Path, Query},
    page::{Page, PageQuery},
    problem::Problem,
    sight::{About, Sight},
};
use crate::{articles, gaps};

/// Questions of a gap that are shown with it.
const EXAMPLES: i64 = 5;
/// Questions that a draft is made from.
const DRAFTED_FROM: i64 = 100;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/knowledge/gaps", get_with(list, list_docs))
        .api_route("/v1/knowledge/gaps/{id}/dismiss", post_with(dismiss, dismiss_docs))
        .api_route("/v1/knowledge/gaps/{id}/draft", post_with(draft, draft_docs))
}

/// The gap in the path.
#[derive(Deserialize, JsonSchema)]
pub struct GapPath {
    /// The gap.
    pub id: GapId,
}

/// Which gaps to list.
#[derive(Deserialize, JsonSchema)]
pub struct GapsQuery {
    /// Only those in this state; `open` without it.
    #[serde(default)]
    pub status: Option<GapStatus>,
}

/// A gap with its latest questions.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct GapView {
    pub gap: Gap,
    /// The latest, with the tickets they came from.
    pub examples: Vec<GapQuestion>,
    /// The latest of its tickets that has been resolved: what an article can be drafted from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered_in: Option<TicketId>,
}

/// A draft of an article.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct GapDraft {
    pub gap: Gap,
    /// The name it could get.
    pub slug: String,
    /// Markdown with places for a person to fill in. It is not stored.
    pub markdown: String,
}

/// A gap for whoever asks. Whoever sees masks is not told its words one by one: nothing can be found in them.
fn seen<R>(staff: &Staff<R>, gap: Gap) -> Gap {
    match staff.sight {
        Sight::Whole => gap,
        Sight::Masked => Gap { terms: BTreeMap::new(), ..gap },
    }
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listGaps").tag("knowledge").summary("List gaps of the knowledge base").description(
        "Questions that could not be answered, gathered by what they are about; those last asked about first. They \
         come from `POST /v1/knowledge/answer` and from tickets that were handed over because the articles do not \
         answer.",
    )
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Query(page): Query<PageQuery>,
    Query(query): Query<GapsQuery>,
) -> Result<About<Page<GapView>>, Problem> {
    let store = staff.store(&http);
    let status = query.status.unwrap_or(GapStatus::Open);
    let page = store.gaps(status, page.limit()?, page.cursor()).await?;
    let ids: Vec<GapId> = page.items.iter().map(|gap| gap.id).collect();
    let began_in = store.began_in(&ids).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for gap in page.items {
        let examples = store.gap_questions(gap.id, EXAMPLES).await?;
        let answered_in = articles::answered_in(&store, gap.id).await?;
        items.push(GapView { gap: seen(&staff, gap), examples, answered_in });
    }
    Ok(About::these(began_in, Page { items, next_cursor: page.next }))
}

fn dismiss_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("dismissGap").tag("knowledge").summary("Dismiss a gap").description(
        "No article will answer it. Further questions about it are counted and do not open it again.",
    )
}

async fn dismiss(
    State(http): State<Http>,
    staff: Staff<may::WriteKnowledge>,
    Path(path): Path<GapPath>,
) -> Result<About<Gap>, Problem> {
    let store = staff.store(&http);
    let gap = store.dismiss_gap(path.id).await?.ok_or_else(|| Problem::not_found("the gap"))?;
    Ok(About::these(store.began_in(&[gap.id]).await?, seen(&staff, gap)))
}

fn draft_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("draftArticle").tag("knowledge").summary("Begin an article for a gap").description(
        "A skeleton in Markdown with what was asked, for a person to complete and add as a document. Nothing is \
         published.",
    )
}

async fn draft(
    State(http): State<Http>,
    staff: Staff<may::WriteKnowledge>,
    Path(path): Path<GapPath>,
) -> Result<About<GapDraft>, Problem> {
    let store = staff.store(&http);
    let gap = store.gap(path.id).await?.ok_or_else(|| Problem::not_found("the gap"))?;
    let questions = store.gap_questions(gap.id, DRAFTED_FROM).await?;
    let mut asked_in: BTreeSet<TicketId> = store.began_in(&[gap.id]).await?.into_iter().collect();
    asked_in.extend(questions.iter().filter_map(|question| question.ticket_id));
    let markdown = gaps::draft(&gap, &questions);
    let slug = slug(&store, &gap, &asked_in).await?;
    let drafted = store.draft_gap(gap.id, slug.clone()).await?;
    let gap = seen(&staff, drafted.ok_or_else(|| Problem::not_found("the gap"))?);
    Ok(About::these(asked_in, GapDraft { gap, slug, markdown }))
}

/// What the article could be called, by words of its gap. Everybody reads it: nobody who asked is in it.
async fn slug(store: &WorkspaceStore, gap: &Gap, asked_in: &BTreeSet<TicketId>) -> Result<String, Problem> {
    let tickets: Vec<TicketId> = asked_in.iter().copied().collect();
    let names = store.names_of(&tickets).await?;
    let stems: BTreeSet<String> = names.iter().flat_map(|(_, name)| terms(name).into_keys()).collect();
    let words = gap.terms.keys().map(String::as_str).filter(|word| !stems.contains(*word)).take(6);
    let slug: String = format!("draft-{}", words.collect::<Vec<_>>().join("-"))
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(80)
        .collect();
    Ok(slug.trim_end_matches('-').to_owned())
}
