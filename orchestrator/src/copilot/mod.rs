//! What colleagues ask the copilot: a run for each question, which belongs to who asked. [`records`] is what it
//! may look up for them.

mod approvals;
mod customers;
pub mod errands;
mod figures;
pub mod records;
mod runs;
mod tickets;

use std::{collections::BTreeMap, time::Duration};

use agents::copilot::{CopilotAnswer, answer_of, looked_up};
use domain::{
    RunId, ThreadId, Timestamp, UserId, WorkspaceId,
    canonical::Digest,
    commit::{Commit, CommitError, NewRun, Op},
    copilot::{Asked, LookingAt, MAX_QUESTIONS, ReadSource, SourceKind},
    credit::Spent,
    customer::Customer,
    excerpt::cut,
    knowledge::Passage,
    run::Run,
    ticket::Ticket,
};
use store::{Forgotten, StoreError, WorkspaceStore};
use thiserror::Error;

use crate::{app::App, live::LiveBody};

/// A question comes before what customers wait for by mail and after who waits in a chat.
const PRIORITY: i64 = 5;
/// How often a run that is to be stopped is read again, because it moved on meanwhile.
const TRIES: usize = 20;
/// Characters of a title in a list of sources.
const MAX_LABEL: usize = 120;

#[derive(Debug, Error)]
pub enum CopilotError {
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

/// A question that is to be asked.
#[derive(Clone, Debug)]
pub struct Question {
    pub text: String,
    pub looking_at: Option<LookingAt>,
    /// A repeated one gives what was asked before.
    pub key: String,
}

/// What became of asking.
pub enum Begun {
    Now(Run),
    /// It was asked before, by the same key.
    Before(Run),
}

/// Asks, in a conversation of theirs or in a new one.
pub async fn ask(
    app: &App,
    workspace: WorkspaceId,
    by: UserId,
    thread: Option<ThreadId>,
    question: Question,
) -> Result<Begun, CopilotError> {
    let store = app.store.workspace(workspace);
    if let Some(run) = store.question_by_key(by, &question.key).await? {
        return Ok(Begun::Before(run));
    }
    let (thread_id, seq) = match thread {
        None => (ThreadId::new(&*app.ids), 0),
        Some(thread) => {
            let asked = store.questions(by, thread).await?;
            let last = asked.last().and_then(|run| run.asked.as_ref());
            (thread, last.ok_or(CopilotError::NotFound("conversation"))?.seq + 1)
        }
    };
    if seq >= MAX_QUESTIONS {
        return Err(CopilotError::Conflict(format!(
            "a conversation has {MAX_QUESTIONS} questions at most: begin a new one"
        )));
    }
    if store.question_under_way(by).await?.is_some() {
        return Err(under_way());
    }
    let Question { text, looking_at, key } = question;
    let new = NewRun {
        id: RunId::new(&*app.ids),
        ticket_id: None,
        about: None,
        asked: Some(Box::new(Asked { by, thread_id, seq, key: key.clone(), text, looking_at })),
        errand: None,
        agent: agents::copilot::NAME.to_owned(),
        priority: PRIORITY,
        wake_at: None,
        at: app.clock.now(),
    };
    let id = new.id;
    match store.commit(Commit { ops: vec![Op::EnsureRun(new)] }).await {
        Ok(receipt) => receipt.run(id).cloned().map(Begun::Now).ok_or(CopilotError::NotFound("question")),
        // Somebody may have asked at the same moment, which the schema allows only once.
        Err(error) => match store.question_by_key(by, &key).await? {
            Some(run) => Ok(Begun::Before(run)),
            None if store.question_under_way(by).await?.is_some() => Err(under_way()),
            None => Err(error.into()),
        },
    }
}

fn under_way() -> CopilotError {
    CopilotError::Conflict(
        "your last question is still being answered: wait for it, or stop it, and ask again".to_owned(),
    )
}

/// Ends the answering of a question; one that is answered stays so.
pub async fn stop(
    app: &App,
    workspace: WorkspaceId,
    by: UserId,
    (thread, seq): (ThreadId, i64),
) -> Result<Run, CopilotError> {
    let store = app.store.workspace(workspace);
    for _ in 0..TRIES {
        let run = store.question(by, thread, seq).await?.ok_or(CopilotError::NotFound("question"))?;
        if !run.status.is_active() {
            return Ok(run);
        }
        let at = app.clock.now();
        // Nobody can tell any more what the call under way will have cost.
        let settle = |id: &domain::ReservationId| Op::Settle {
            reservation_id: *id,
            run_id: Some(run.id),
            spent: Spent::Unknown,
            at,
        };
        let mut ops: Vec<Op> = run.reservations.iter().map(settle).collect();
        ops.push(Op::StopRun { run_id: run.id, by, at });
        match store.commit(Commit { ops }).await {
            Ok(receipt) => {
                app.live.send(workspace, LiveBody::Stopped { run_id: run.id });
                return receipt.run(run.id).cloned().ok_or(CopilotError::NotFound("question"));
            }
            // It has settled, or set aside, something since it was read.
            Err(CommitError::Conflict(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(error) => return Err(error.into()),
        }
    }
    Err(CopilotError::Conflict("the question is just being answered: look at it again".to_owned()))
}

pub async fn forget(
    app: &App,
    workspace: WorkspaceId,
    by: UserId,
    thread: ThreadId,
) -> Result<(), CopilotError> {
    match app.store.workspace(workspace).forget_thread(by, thread).await? {
        Forgotten::Yes => Ok(()),
        Forgotten::Unknown => Err(CopilotError::NotFound("conversation")),
        Forgotten::Busy => Err(CopilotError::Conflict(
            "a question of this conversation is being answered: stop it first".to_owned(),
        )),
    }
}

/// What a question's journal says so far.
pub struct Told {
    pub answer: Option<CopilotAnswer>,
    /// The tools that were called, in order.
    pub looked_up: Vec<String>,
    /// The model that spoke last.
    pub model: Option<String>,
}

/// Reads a question's journal; one that cannot be read has no answer.
pub async fn told(store: &WorkspaceStore, run: &Run) -> Result<Told, StoreError> {
    let steps = store.steps(run.id).await?;
    let answer = if steps.is_empty() {
        None
    } else {
        answer_of(run.id, &steps, &rag::groundedness::Lexical).unwrap_or_else(|error| {
            tracing::warn!(%error, run = %run.id, "the answer to a question cannot be read from its journal");
            None
        })
    };
    let model = steps.iter().rev().find_map(|step| step.model.clone());
    Ok(Told { answer, looked_up: looked_up(&steps).map(str::to_owned).collect(), model })
}

// What the kinds of records share.

pub(crate) fn passage_source(passage: &Passage) -> ReadSource {
    ReadSource {
        reference: passage.chunk_id.to_string(),
        kind: SourceKind::Document,
        id: passage.document_id.to_string(),
        label: cut(&passage.label(), MAX_LABEL),
        filter: BTreeMap::new(),
    }
}

fn ticket_source(ticket: &Ticket) -> ReadSource {
    ReadSource {
        reference: ticket.id.to_string(),
        kind: SourceKind::Ticket,
        id: ticket.id.to_string(),
        label: cut(&format!("#{} {}", ticket.number, ticket.subject), MAX_LABEL),
        filter: BTreeMap::new(),
    }
}

fn customer_source(customer: &Customer) -> ReadSource {
    ReadSource {
        reference: customer.id.to_string(),
        kind: SourceKind::Customer,
        id: customer.id.to_string(),
        label: cut(&customer.name, MAX_LABEL),
        filter: BTreeMap::new(),
    }
}

/// What was found as a whole. Lists that were narrowed otherwise are cited by other names.
fn list_source(what: &str, words: &str, filter: BTreeMap<String, String>) -> ReadSource {
    let mark = Digest::of(&filter).0;
    let reference = if filter.is_empty() {
        what.to_owned()
    } else {
        format!("{what}/{}", mark.chars().take(6).collect::<String>())
    };
    ReadSource {
        reference,
        kind: SourceKind::List,
        id: what.to_owned(),
        label: cut(words, MAX_LABEL),
        filter,
    }
}

fn counted(n: usize, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

/// Credits of millionths, to three places.
fn credits(micros: i64) -> f64 {
    (micros as f64 / 1_000.0).round() / 1_000.0
}

fn span(length: Duration) -> String {
    let minutes = length.as_secs() / 60;
    match minutes {
        0 => "less than a minute".to_owned(),
        1..=119 => counted(minutes as usize, "minute"),
        120..=2_879 => counted((minutes / 60) as usize, "hour"),
        _ => counted((minutes / 1_440) as usize, "day"),
    }
}

fn ago(now: Timestamp, at: Timestamp) -> String {
    format!("{} ago", span(now.since(at)))
}

fn until(now: Timestamp, at: Timestamp) -> String {
    if at > now { format!("in {}", span(at.since(now))) } else { ago(now, at) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_told_as_people_tell_them() {
        let of = |seconds| span(Duration::from_secs(seconds));
        assert_eq!(of(59), "less than a minute");
        assert_eq!((of(60), of(119 * 60)), ("1 minute".to_owned(), "119 minutes".to_owned()));
        assert_eq!((of(2 * 3600), of(47 * 3600)), ("2 hours".to_owned(), "47 hours".to_owned()));
        assert_eq!(of(48 * 3600), "2 days");
    }

    #[test]
    fn lists_that_were_narrowed_otherwise_have_other_names() {
        let filter = |status: &str| BTreeMap::from([("status".to_owned(), status.to_owned())]);
        let open = list_source("tickets", "3 tickets", filter("open"));
        assert_ne!(open.reference, list_source("tickets", "3 tickets", filter("closed")).reference);
        assert_eq!(list_source("tickets", "3 tickets", BTreeMap::new()).reference, "tickets");
    }
}
