//! The copilot: what a person asks it and what it answers. Nobody reads anybody else's conversations.

use agents::copilot::CopilotAnswer;
use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    RunId, ThreadId, Timestamp,
    copilot::{LookingAt, MAX_QUESTION, STOPPED, Thread},
    permission::Permission,
    run::{Outcome, Run, RunStatus},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::WorkspaceStore;

use super::{
    Http,
    auth::{Staff, may},
    input::{IdempotencyKey, Json, Made, NoContent, Path, Query, text},
    page::{Page, PageQuery},
    problem::Problem,
    tickets::conflict,
};
use crate::copilot::{self, Begun, CopilotError, Question, Told};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/copilot/threads", get_with(list, list_docs).post_with(begin, begin_docs))
        .api_route("/v1/copilot/threads/{id}", get_with(show, show_docs).delete_with(forget, forget_docs))
        .api_route("/v1/copilot/threads/{id}/questions", post_with(ask, ask_docs))
        .api_route("/v1/copilot/threads/{id}/questions/{seq}", get_with(look, look_docs))
        .api_route("/v1/copilot/threads/{id}/questions/{seq}/stop", post_with(stop, stop_docs))
}

impl From<CopilotError> for Problem {
    fn from(error: CopilotError) -> Self {
        match error {
            CopilotError::NotFound(what) => Self::not_found(&format!("the {what}")),
            CopilotError::Conflict(detail) => conflict(detail),
            CopilotError::Store(error) => error.into(),
            CopilotError::Commit(error) => error.into(),
        }
    }
}

/// The conversation in the path.
#[derive(Deserialize, JsonSchema)]
pub struct ThreadPath {
    /// The conversation.
    pub id: ThreadId,
}

/// The question in the path.
#[derive(Deserialize, JsonSchema)]
pub struct QuestionPath {
    /// The conversation.
    pub id: ThreadId,
    /// Which of its questions, from 0.
    pub seq: i64,
}

/// A question to the copilot.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskCopilot {
    #[schemars(length(min = 1, max = 2_000), example = "Which tickets have waited longest for us?")]
    pub text: String,
    /// The record that the page before the asker is about, so that "this ticket" means something.
    #[serde(default)]
    pub looking_at: Option<LookingAt>,
}

/// How far a question has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CopilotState {
    /// It is being answered, or will be in a moment.
    Answering,
    /// Something has to happen first; `why` says what.
    Waiting,
    Answered,
    /// Whoever asked stopped it.
    Stopped,
    /// There is no answer; `why` says what went wrong.
    Unanswered,
}

/// A question and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct CopilotTurn {
    pub thread_id: ThreadId,
    /// Its place in the conversation, from 0.
    pub seq: i64,
    /// The run that answers it.
    pub run_id: RunId,
    pub question: String,
    pub looking_at: Option<LookingAt>,
    pub asked_at: Timestamp,
    pub state: CopilotState,
    /// What is waited for, or why there is no answer.
    pub why: Option<String>,
    pub answer: Option<CopilotAnswer>,
    /// The tools that were called for it, in order.
    pub looked_up: Vec<String>,
    /// The model that answered; `offline` for the offline model.
    pub model: Option<String>,
    /// In millionths of a credit.
    pub cost_micros: i64,
}

/// A conversation with all that was asked in it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CopilotThread {
    pub id: ThreadId,
    pub turns: Vec<CopilotTurn>,
}

impl CopilotTurn {
    async fn of(store: &WorkspaceStore, run: Run) -> Result<Self, Problem> {
        let Told { answer, looked_up, model } = copilot::told(store, &run).await?;
        let asked = run.asked.ok_or_else(|| Problem::not_found("the question"))?;
        let (state, why) = match (run.status, &run.outcome) {
            (RunStatus::Queued | RunStatus::Running, _) => (CopilotState::Answering, None),
            (RunStatus::Waiting, _) => (CopilotState::Waiting, run.waiting_for),
            (RunStatus::Done, Some(Outcome::Answered { .. })) if answer.is_some() => {
                (CopilotState::Answered, None)
            }
            (RunStatus::Done, Some(Outcome::Nothing { reason })) if reason == STOPPED => {
                (CopilotState::Stopped, None)
            }
            (RunStatus::Done, outcome) => {
                let why = outcome.as_ref().map(|outcome| outcome.summary().to_owned());
                (CopilotState::Unanswered, why)
            }
            (RunStatus::Dead | RunStatus::Quarantined, _) => (CopilotState::Unanswered, run.error),
        };
        Ok(Self {
            thread_id: asked.thread_id,
            seq: asked.seq,
            run_id: run.id,
            question: asked.text,
            looking_at: asked.looking_at,
            asked_at: run.created_at,
            state,
            why,
            answer: answer.filter(|_| state == CopilotState::Answered),
            looked_up,
            model,
            cost_micros: run.usage.cost_micros,
        })
    }
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listCopilotThreads")
        .tag("copilot")
        .summary("List one's conversations")
        .description("The caller's own, those begun last first.")
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::AskCopilot>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Thread>>, Problem> {
    let by = staff.person()?.id;
    Ok(Json(staff.store(&http).threads(by, page.limit()?, page.cursor()).await?.into()))
}

fn begin_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("beginCopilotThread").tag("copilot").summary("Begin a conversation").description(
        "Asks the first question of a new conversation. The answer is made by a run that belongs to the caller: it reads \
         what they may read, masked where they see masks, and changes nothing. Its text comes on the live stream as it \
         is written. One question of a person is answered at a time; 409 while one is.",
    )
}

async fn begin(
    State(http): State<Http>,
    staff: Staff<may::AskCopilot>,
    key: IdempotencyKey,
    Json(form): Json<AskCopilot>,
) -> Result<Made<CopilotTurn>, Problem> {
    asked(&http, &staff, None, key, form).await
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getCopilotThread").tag("copilot").summary("Read a conversation").description(
        "All questions of a conversation of the caller's with their answers, in order. 404 for anybody else's.",
    )
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::AskCopilot>,
    Path(path): Path<ThreadPath>,
) -> Result<Json<CopilotThread>, Problem> {
    let store = staff.store(&http);
    let runs = store.questions(staff.person()?.id, path.id).await?;
    if runs.is_empty() {
        return Err(Problem::not_found("the conversation"));
    }
    let mut turns = Vec::with_capacity(runs.len());
    for run in runs {
        turns.push(CopilotTurn::of(&store, run).await?);
    }
    Ok(Json(CopilotThread { id: path.id, turns }))
}

fn forget_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("forgetCopilotThread").tag("copilot").summary("Remove a conversation").description(
        "Takes it out with the journals of its runs; what it cost stays entered. 409 while a question of it is being \
         answered.",
    )
}

async fn forget(
    State(http): State<Http>,
    staff: Staff<may::AskCopilot>,
    Path(path): Path<ThreadPath>,
) -> Result<NoContent, Problem> {
    copilot::forget(&http.app, staff.workspace, staff.person()?.id, path.id).await?;
    Ok(NoContent)
}

fn ask_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("askCopilot").tag("copilot").summary("Ask on in a conversation").description(
        "As for a new conversation; the copilot knows the last questions before it and their answers. 409 when the \
         conversation is full or a question of the caller's is being answered.",
    )
}

async fn ask(
    State(http): State<Http>,
    staff: Staff<may::AskCopilot>,
    key: IdempotencyKey,
    Path(path): Path<ThreadPath>,
    Json(form): Json<AskCopilot>,
) -> Result<Made<CopilotTurn>, Problem> {
    asked(&http, &staff, Some(path.id), key, form).await
}

async fn asked(
    http: &Http,
    staff: &Staff<may::AskCopilot>,
    thread: Option<ThreadId>,
    key: IdempotencyKey,
    form: AskCopilot,
) -> Result<Made<CopilotTurn>, Problem> {
    let question = Question {
        text: text("text", &form.text, MAX_QUESTION)?,
        looking_at: form.looking_at,
        key: key.0.unwrap_or_else(|| http.app.ids.uuid().to_string()),
    };
    let by = staff.person()?.id;
    let store = staff.store(http);
    match copilot::ask(&http.app, staff.workspace, by, thread, question).await? {
        Begun::Now(run) => Ok(Made::Now(CopilotTurn::of(&store, run).await?)),
        Begun::Before(run) => Ok(Made::Before(CopilotTurn::of(&store, run).await?)),
    }
}

fn look_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getCopilotTurn").tag("copilot").summary("See how far a question has come")
}

async fn look(
    State(http): State<Http>,
    staff: Staff<may::AskCopilot>,
    Path(path): Path<QuestionPath>,
) -> Result<Json<CopilotTurn>, Problem> {
    let store = staff.store(&http);
    let run = store.question(staff.person()?.id, path.id, path.seq).await?;
    let run = run.ok_or_else(|| Problem::not_found("the question"))?;
    Ok(Json(CopilotTurn::of(&store, run).await?))
}

fn stop_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("stopCopilot").tag("copilot").summary("Stop the answering of a question").description(
        "What was being spent on it counts in full, because nobody can tell any more what it would have been. A question \
         that is answered stays so.",
    )
}

async fn stop(
    State(http): State<Http>,
    staff: Staff<may::AskCopilot>,
    Path(path): Path<QuestionPath>,
) -> Result<Json<CopilotTurn>, Problem> {
    let at = (path.id, path.seq);
    let run = copilot::stop(&http.app, staff.workspace, staff.person()?.id, at).await?;
    Ok(Json(CopilotTurn::of(&staff.store(&http), run).await?))
}

/// Whether a run is the caller's to see: one that answers somebody's question is theirs alone.
pub fn is_for<M>(staff: &Staff<M>, run: &Run) -> bool {
    let asks = staff.permissions.contains(Permission::AskCopilot);
    run.asked.as_ref().is_none_or(|asked| asks && staff.person().is_ok_and(|person| person.id == asked.by))
}
