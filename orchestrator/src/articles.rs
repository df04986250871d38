//! Articles of tickets that were resolved: begun by a person, drafted by a run, read by a person.
//!
//! A draft's run is about the ticket and does not hold it. Of one ticket one draft is on its way; the
//! schema holds that, so two who begin one at the same moment begin the same.

use domain::{
    ApprovalId, DocumentId, GapId, RunId, TicketId, WorkspaceId,
    approval::{ApprovalStatus, Question},
    commit::{Commit, CommitError, NewRun, Op},
    effect::EffectStatus,
    run::{About, Run},
    ticket::{Ticket, TicketStatus},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{RunFilter, StoreError, WorkspaceStore};
use thiserror::Error;

use crate::app::App;

/// Questions of a gap whose tickets are looked at, the latest.
const LOOKED_AT: i64 = 50;

#[derive(Debug, Error)]
pub enum ArticleError {
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The text says what to do.
    #[error("{0}")]
    Conflict(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// How far the last article of a ticket has come.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ArticleOfTicket {
    /// The run that drafts it, or did. Null: none was begun.
    pub run: Option<Run>,
    /// The draft that waits for a person.
    pub approval_id: Option<ApprovalId>,
    /// The document that became of it.
    pub document_id: Option<DocumentId>,
}

/// What became of the beginning of an article.
pub enum Begun {
    Now(ArticleOfTicket),
    /// One was being drafted already.
    Before(ArticleOfTicket),
}

/// Begins an article of a resolved ticket.
pub async fn begin(
    app: &App,
    workspace: WorkspaceId,
    ticket_id: TicketId,
    gap_id: Option<GapId>,
) -> Result<Begun, ArticleError> {
    let store = app.store.workspace(workspace);
    let ticket = store.ticket(ticket_id).await?.ok_or(ArticleError::NotFound("ticket"))?;
    if !is_resolved(&ticket) {
        return Err(ArticleError::Conflict(format!(
            "ticket {} is {}; an article is made of what has been answered: resolve or close it first",
            ticket.number,
            ticket.status.as_str().replace('_', " ")
        )));
    }
    if let Some(begun) = under_way(&store, &ticket).await? {
        return Ok(begun);
    }
    let new = NewRun {
        id: RunId::new(&*app.ids),
        ticket_id: None,
        about: Some(About { ticket_id, gap_id }),
        asked: None,
        errand: None,
        agent: agents::article::NAME.to_owned(),
        // Nobody is waiting in a chat.
        priority: 0,
        wake_at: None,
        at: app.clock.now(),
    };
    let id = new.id;
    match store.commit(Commit { ops: vec![Op::EnsureRun(new)] }).await {
        Ok(receipt) => Ok(Begun::Now(ArticleOfTicket {
            run: receipt.run(id).cloned(),
            approval_id: None,
            document_id: None,
        })),
        // Somebody may have begun one at the same moment, which the schema allows only once.
        Err(error) => match under_way(&store, &ticket).await? {
            Some(begun) => Ok(begun),
            None => Err(error.into()),
        },
    }
}

/// Begins an article for a gap: of the latest ticket that asked for it and has been resolved.
pub async fn begin_for_gap(app: &App, workspace: WorkspaceId, gap_id: GapId) -> Result<Begun, ArticleError> {
    let store = app.store.workspace(workspace);
    store.gap(gap_id).await?.ok_or(ArticleError::NotFound("gap"))?;
    let Some(ticket) = answered_in(&store, gap_id).await? else {
        return Err(ArticleError::Conflict(
            "no ticket that asked for this has been resolved, so there is no answer to make an article of; resolve one, \
             or write the article by hand"
                .to_owned(),
        ));
    };
    begin(app, workspace, ticket, Some(gap_id)).await
}

/// The latest ticket that asked for a gap and has been resolved.
pub async fn answered_in(store: &WorkspaceStore, gap_id: GapId) -> Result<Option<TicketId>, StoreError> {
    let asked = store.gap_questions(gap_id, LOOKED_AT).await?;
    let ids: Vec<TicketId> = asked.iter().filter_map(|question| question.ticket_id).collect();
    let tickets = store.tickets_by_id(&ids).await?;
    let resolved = |id: &TicketId| tickets.iter().any(|ticket| ticket.id == *id && is_resolved(ticket));
    Ok(ids.into_iter().find(resolved))
}

/// How far the last article of a ticket has come.
pub async fn of_ticket(
    app: &App,
    workspace: WorkspaceId,
    ticket_id: TicketId,
) -> Result<ArticleOfTicket, ArticleError> {
    let store = app.store.workspace(workspace);
    store.ticket(ticket_id).await?.ok_or(ArticleError::NotFound("ticket"))?;
    last(&store, ticket_id).await
}

fn is_resolved(ticket: &Ticket) -> bool {
    matches!(ticket.status, TicketStatus::Resolved | TicketStatus::Closed)
}

/// The draft that is on its way, if there is one: refused when it waits for a person already.
async fn under_way(store: &WorkspaceStore, ticket: &Ticket) -> Result<Option<Begun>, ArticleError> {
    let last = last(store, ticket.id).await?;
    if !last.run.as_ref().is_some_and(|run| run.status.is_active()) {
        return Ok(None);
    }
    match last.approval_id {
        Some(approval) => Err(ArticleError::Conflict(format!(
            "an article of ticket {} waits for a decision already: decide on approval {approval} first",
            ticket.number
        ))),
        None => Ok(Some(Begun::Before(last))),
    }
}

async fn last(store: &WorkspaceStore, ticket_id: TicketId) -> Result<ArticleOfTicket, ArticleError> {
    let filter = RunFilter {
        about: Some(ticket_id),
        agent: Some(agents::article::NAME.to_owned()),
        ..RunFilter::default()
    };
    let Some(run) = store.runs(&filter, 1, None).await?.items.into_iter().next() else {
        return Ok(ArticleOfTicket { run: None, approval_id: None, document_id: None });
    };
    let approvals = store.approvals_of_run(run.id).await?;
    let waits = approvals
        .iter()
        .rfind(|approval| approval.status == ApprovalStatus::Pending && approval.question == Question::Call);
    let effects = store.effects_of_run(run.id).await?;
    // A document has the id of the effect that added it.
    let added = effects
        .iter()
        .rfind(|effect| effect.status == EffectStatus::Succeeded && effect.call.tool == agents::article::ADD);
    Ok(ArticleOfTicket {
        approval_id: waits.map(|approval| approval.id),
        document_id: added.map(|effect| DocumentId(effect.id.0)),
        run: Some(run),
    })
}
