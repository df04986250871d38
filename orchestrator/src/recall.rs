//! Answers that were sent and rest on words that no longer stand in their document.

use domain::{
    TicketId, citation::SentCitation, commit::CommitError, knowledge::Document, ticket::Visibility,
    user::Actor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{StoreError, WorkspaceStore};
use thiserror::Error;

use crate::app::App;

/// Characters of a follow-up.
pub const MAX_BODY: usize = 4_000;
/// Words of a sentence that must be shared to take it for what a quote became.
const ALIKE: f32 = 0.4;

#[derive(Debug, Error)]
pub enum RecallError {
    #[error("the quote still stands in its document, so there is nothing to follow up")]
    StillStands,
    #[error("a follow-up to this answer was proposed already; look at the ticket's approvals")]
    Proposed,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// What became of the words an answer rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The document is gone, or customers may not read it any more.
    Gone,
    /// The document says something else.
    Changed,
}

/// An answer whose ground has moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Recalled {
    pub citation: SentCitation,
    pub change: Change,
    /// The document's version now; absent when it is gone.
    pub version_now: Option<i64>,
    /// The sentence that stands nearest to the quote now, where one does.
    pub says_now: Option<String>,
}

/// What became of a citation; none when its words still stand there.
pub async fn recalled(
    store: &WorkspaceStore,
    citation: SentCitation,
) -> Result<Option<Recalled>, StoreError> {
    let document = store.document(citation.citation.document_id).await?;
    Ok(of(citation, document.as_ref()))
}

fn of(citation: SentCitation, document: Option<&Document>) -> Option<Recalled> {
    let Some(document) = document.filter(|document| document.meta.visibility == Visibility::Public) else {
        return Some(Recalled { citation, change: Change::Gone, version_now: None, says_now: None });
    };
    let quote = plain(&citation.citation.quote);
    if document.version == citation.citation.document_version || plain(&document.body).contains(&quote) {
        return None;
    }
    let says_now = nearest(&citation.citation.quote, &document.body);
    Some(Recalled { citation, change: Change::Changed, version_now: Some(document.version), says_now })
}

/// Letters and digits alone, single spaces between: how a text is set does not matter.
fn plain(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut plain = String::from(" ");
    for word in words {
        plain.extend(word.chars().flat_map(char::to_lowercase));
        plain.push(' ');
    }
    plain
}

fn nearest(quote: &str, body: &str) -> Option<String> {
    let wanted = rag::likeness::terms(quote);
    rag::groundedness::sentences(body)
        .into_iter()
        .map(|span| span.of(body).trim())
        .filter(|sentence| !sentence.is_empty() && !sentence.starts_with('#'))
        .map(|sentence| (rag::likeness::likeness(&rag::likeness::terms(sentence), &wanted), sentence))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, sentence)| sentence.chars().take(500).collect())
}

/// Proposes a follow-up: a report to the ticket's agent, which puts the reply before a person. It
/// never sends one by itself. `body` are a colleague's words; without them, a plain correction.
pub async fn follow_up(
    app: &App,
    store: &WorkspaceStore,
    recalled: &Recalled,
    body: Option<String>,
    actor: Actor,
) -> Result<TicketId, RecallError> {
    let sent = &recalled.citation;
    let body = body.unwrap_or_else(|| correction(recalled));
    if !store.mark_followed_up(sent.id, app.clock.now()).await? {
        return Err(RecallError::Proposed);
    }
    let data = json!({
        "reply": body, "document": sent.citation.title, "quote": sent.citation.quote,
        "says_now": recalled.says_now,
    });
    let name = agents::resolution::RECALL.to_owned();
    let key = Some(format!("recall-{}", sent.id));
    match app.intake.external_event(store.id(), sent.ticket_id, name, data, key, actor).await {
        Ok(_) => Ok(sent.ticket_id),
        Err(CommitError::Duplicate { .. }) => Err(RecallError::Proposed),
        Err(error) => Err(error.into()),
    }
}

fn correction(recalled: &Recalled) -> String {
    let quote = recalled.citation.citation.quote.trim();
    let now = match &recalled.says_now {
        Some(now) => format!("It now says: “{}”", now.trim_start_matches(['-', '*', ' '])),
        None => "That no longer holds.".to_owned(),
    };
    format!(
        "Hello,\n\nan earlier answer of ours said: “{quote}”\n\nOur information on this has changed. {now}\n\n\
         Please let us know if this affects you."
    )
}
