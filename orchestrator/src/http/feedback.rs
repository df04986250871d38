//! What readers say of passages: helpful, wrong, outdated.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    ChunkId, DocumentId, MessageId,
    citation::{PassageFeedback, PassageVerdict},
    knowledge::Chunk,
    ticket::Visibility,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    auth::{Identity, Staff, may},
    input::{Json, NoContent, Path, text},
    knowledge_versions::reach,
    problem::Problem,
    visitor::Visitor,
};

const MAX_NOTE: usize = 2_000;
const MAX_QUOTE: usize = 500;
const MAX_FLAGGED: i64 = 200;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/knowledge/chunks/{id}/feedback", post_with(say, say_docs))
        .api_route("/v1/conversations/{id}/feedback", post_with(visitor_says, visitor_docs))
        .api_route("/v1/knowledge/documents/{id}/feedback", get_with(counts, counts_docs))
        .api_route("/v1/knowledge/flagged", get_with(flagged, flagged_docs))
}

/// The passage in the path.
#[derive(Deserialize, JsonSchema)]
pub struct ChunkPath {
    /// The passage.
    pub id: ChunkId,
}

/// The document in the path.
#[derive(Deserialize, JsonSchema)]
pub struct RatedPath {
    /// The document.
    pub id: DocumentId,
}

/// A word on a passage.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SayOfPassage {
    pub verdict: PassageVerdict,
    #[serde(default)]
    #[schemars(length(max = 2000))]
    pub note: String,
}

/// A visitor's word on a source of an answer in the conversation.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VisitorSays {
    /// The answer.
    pub message_id: MessageId,
    /// Which of its sources: the number of its `[n]` mark.
    #[schemars(range(min = 1))]
    pub source: usize,
    pub verdict: PassageVerdict,
    #[serde(default)]
    #[schemars(length(max = 2000))]
    pub note: String,
}

/// How many said what of a document's passages.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct FeedbackCounts {
    pub helpful: i64,
    pub wrong: i64,
    pub outdated: i64,
}

/// Passages that readers call wrong or outdated.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Flagged {
    pub items: Vec<PassageFeedback>,
}

fn note(note: &str) -> Result<String, Problem> {
    if note.trim().is_empty() { Ok(String::new()) } else { text("note", note, MAX_NOTE) }
}

fn beginning(passage: &Chunk) -> String {
    passage.text.chars().take(MAX_QUOTE).collect()
}

fn say_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("ratePassage").tag("knowledge").summary("Say what a passage is worth").description(
        "`helpful`, `wrong` or `outdated`. One word of each reader on a passage; a later one replaces it.",
    )
}

async fn say(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Path(path): Path<ChunkPath>,
    Json(form): Json<SayOfPassage>,
) -> Result<Json<PassageFeedback>, Problem> {
    let mut passage = None;
    for store in reach(&http, &staff) {
        passage = store.chunk(path.id).await?;
        if passage.is_some() {
            break;
        }
    }
    let passage = passage.ok_or_else(|| Problem::not_found("the passage"))?;
    let author = match &staff.identity {
        Identity::User(user) => format!("user:{}", user.id),
        Identity::ApiKey(key) => format!("api_key:{}", key.id),
    };
    let feedback = PassageFeedback {
        chunk_id: passage.id,
        document_id: passage.document_id,
        document_version: passage.document_version,
        author,
        verdict: form.verdict,
        note: note(&form.note)?,
        quote: beginning(&passage),
        ticket_id: None,
        at: http.app.clock.now(),
    };
    // Of a shared passage too it is this workspace's word, and nobody else reads it.
    staff.store(&http).put_feedback(feedback.clone()).await?;
    Ok(Json(feedback))
}

fn visitor_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("ratePassageInConversation").tag("conversations").summary("Say what a source is worth").description(
        "For a passage that an answer in this conversation rests on: `helpful`, `wrong` or `outdated`. A later word \
         replaces the one before.",
    )
}

async fn visitor_says(
    State(http): State<Http>,
    visitor: Visitor,
    Json(form): Json<VisitorSays>,
) -> Result<NoContent, Problem> {
    let store = visitor.store(&http);
    let ticket = visitor.conversation(&http).await?;
    let messages = store.messages(ticket.id, None).await?;
    // Only what this conversation was shown.
    let cited = messages
        .iter()
        .find(|message| message.visibility == Visibility::Public && message.id == form.message_id)
        .and_then(|message| message.sources.get(form.source.checked_sub(1)?))
        .ok_or_else(|| Problem::not_found("the source"))?;
    let feedback = PassageFeedback {
        chunk_id: cited.chunk_id,
        document_id: cited.document_id,
        document_version: cited.document_version,
        author: format!("visitor:{}", ticket.id),
        verdict: form.verdict,
        note: note(&form.note)?,
        quote: cited.quote.clone(),
        ticket_id: Some(ticket.id),
        at: http.app.clock.now(),
    };
    store.put_feedback(feedback).await?;
    Ok(NoContent)
}

fn counts_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("countFeedback").tag("knowledge").summary("Count what readers say of a document")
}

async fn counts(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Path(path): Path<RatedPath>,
) -> Result<Json<FeedbackCounts>, Problem> {
    let mut counts = FeedbackCounts::default();
    for (verdict, count) in staff.store(&http).feedback_counts(path.id).await? {
        match verdict {
            PassageVerdict::Helpful => counts.helpful = count,
            PassageVerdict::Wrong => counts.wrong = count,
            PassageVerdict::Outdated => counts.outdated = count,
        }
    }
    Ok(Json(counts))
}

fn flagged_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listFlaggedPassages")
        .tag("knowledge")
        .summary("List passages that readers call wrong or outdated")
        .description("The latest 200, with what was said and by whom.")
}

async fn flagged(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
) -> Result<Json<Flagged>, Problem> {
    Ok(Json(Flagged { items: staff.store(&http).flagged_passages(MAX_FLAGGED).await? }))
}
