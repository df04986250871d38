//! Answers a question from the knowledge base, outside of any ticket: every sentence with what it
//! rests on, or a question back, or what is missing.
//!
//! The same parts as on a ticket's way: the retriever, the judge of answerability, the models behind
//! their port, and the check of what they say. What a model states and its passages do not is left
//! out. Nothing is sent to anybody from here.

use agents::cited::{Believed, CitedAnswer, believe, doubts};
use domain::{
    ChunkId, CustomerId, DocumentId, WorkspaceId,
    answerability::{Answerability, Answers as _, Course},
    commit::CommitError,
    credit::Spent,
    gap::GapCause,
    grounding::{Doubts, SecondOpinion, Span},
    knowledge::{Passage, RetrieveError, Retriever as _, Scope},
    model::{Facts, ModelError, ModelMessage, ModelRequest, ModelResponse, Strength, Turn},
};
use prompts::{KnowledgeAnswer, KnowledgeQuestion, PassageFacts, PromptError, Untrusted};
use rag::{answerability::Trained, groundedness::Lexical};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::StoreError;
use thiserror::Error;
use tracing::warn;

use crate::{
    app::App,
    credits::SetAside,
    gaps::{self, Unanswered},
};

/// Passages an answer may rest on.
const PASSAGES: usize = 8;
/// Turns of a conversation that are read, the latest.
pub const MAX_TURNS: usize = 20;
/// Characters of a question.
pub const MAX_QUESTION: usize = 2_000;
/// Characters of earlier turns that a short question leans on.
const MAX_CONTEXT: usize = 400;
const MAX_OUTPUT_TOKENS: u32 = 1_200;
/// Who spends what answers outside of tickets cost.
pub const SPENDER: &str = "answering";

#[derive(Debug, Error)]
pub enum AnsweringError {
    #[error(transparent)]
    Retrieve(#[from] RetrieveError),
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("the prompt cannot be rendered: {0}")]
    Prompt(#[from] PromptError),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the call may cost could not be set aside, or what it did cost not be entered.
    #[error(transparent)]
    Credits(#[from] CommitError),
}

/// Who reads the answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Public documents alone.
    #[default]
    Customer,
    /// Internal documents too.
    Staff,
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub question: String,
    /// What was said before, oldest first.
    pub turns: Vec<Turn>,
    pub customer_id: Option<CustomerId>,
    pub audience: Audience,
}

/// What became of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Answered,
    /// Something has to be said first; `text` asks for it.
    AskedBack,
    /// The knowledge base does not say; `missing` and `reasons` say what.
    Abstained,
}

/// An answer, a question back, or an abstention.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Answered {
    pub outcome: Outcome,
    /// All sentences, or the question back, or what is missing; in words for the one who asked.
    pub text: String,
    /// Of an answer, each with its citations.
    pub sentences: Vec<AnswerSentence>,
    /// Sentences of the model that its passages do not say, and why each was left out.
    pub left_out: Vec<LeftOut>,
    pub answerability: Answerability,
    /// The model that answered; absent when none was asked.
    pub model: Option<String>,
    /// The provider of that model.
    pub provider: Option<String>,
}

/// A sentence of an answer.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct AnswerSentence {
    pub text: String,
    /// How much of it its passages say, 0 to 1.
    pub support: f32,
    pub citations: Vec<SentenceCitation>,
}

/// The words of a document that a sentence rests on.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SentenceCitation {
    pub chunk_id: ChunkId,
    pub document_id: DocumentId,
    pub document_version: i64,
    pub slug: String,
    pub title: String,
    /// Bytes of the passage's text.
    pub span: Span,
    pub quote: String,
}

/// A sentence that was left out.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    pub text: String,
    pub why: String,
}

/// Answers a question. What cannot be answered is remembered as a gap.
pub async fn answer(app: &App, workspace: WorkspaceId, asked: &Asked) -> Result<Answered, AnsweringError> {
    let context = context(asked);
    let now = app.clock.now();
    let scope = match asked.audience {
        Audience::Customer => Scope::public(workspace, now),
        Audience::Staff => Scope::staff(workspace, now).with_universal(),
    };
    let scope = scope.of_customer(asked.customer_id);
    let query =
        if context.is_empty() { asked.question.clone() } else { format!("{} {context}", asked.question) };
    let passages = app.knowledge.search(&scope, &query, PASSAGES).await?;
    let judged = Trained.assess(&asked.question, &context, &passages);
    match judged.course(&app.config.knowledge.answering) {
        Course::Answer => {}
        Course::Ask => {
            let text = judged.underspecified.as_ref().map(|open| open.question.clone()).unwrap_or_default();
            remember(app, workspace, asked, &judged, GapCause::AskedBack).await?;
            return Ok(silent(Outcome::AskedBack, text, judged));
        }
        Course::Abstain => {
            remember(app, workspace, asked, &judged, GapCause::Abstained).await?;
            return Ok(silent(Outcome::Abstained, not_there(&judged), judged));
        }
    }
    let request = request(app, workspace, asked, &passages).await?;
    let response = app.paid_answer(workspace, &request).await?;
    let said =
        CitedAnswer::parse(response.text.as_deref().unwrap_or_default()).map_err(ModelError::Malformed)?;
    let opinions = match doubts(&said, &passages, &asked.question, &Lexical) {
        Some(doubts) if !app.house.second_look.is_off() => app.paid_look(workspace, &doubts).await?,
        _ => Vec::new(),
    };
    let (kept, left) = believe(&said, &passages, &asked.question, &Lexical, &opinions);
    let left_out = left.into_iter().map(|doubted| LeftOut { text: doubted.text, why: doubted.why }).collect();
    let outcome = if kept.is_empty() { Outcome::Abstained } else { Outcome::Answered };
    let sentences: Vec<AnswerSentence> = kept.iter().map(sentence).collect();
    let text = if kept.is_empty() {
        remember(app, workspace, asked, &judged, GapCause::Abstained).await?;
        not_there(&judged)
    } else {
        joined(&sentences)
    };
    let (model, provider) = (Some(response.model), Some(response.provider));
    Ok(Answered { outcome, text, sentences, left_out, answerability: judged, model, provider })
}

impl App {
    async fn set_aside(&self, workspace: WorkspaceId, most: i64) -> Result<Option<SetAside>, CommitError> {
        let means = (&*self.house.budgets, &*self.clock, &*self.ids);
        SetAside::of(&self.store.workspace(workspace), means, SPENDER, most).await
    }

    async fn paid_answer(
        &self,
        workspace: WorkspaceId,
        request: &ModelRequest,
    ) -> Result<ModelResponse, AnsweringError> {
        let set_aside = self.set_aside(workspace, self.model.most(request)).await?;
        let answer = self.model.complete(request, None).await;
        let usage = match &answer {
            Ok(response) => response.usage,
            Err(failure) => failure.usage,
        };
        if let Some(set_aside) = set_aside {
            set_aside.settle(Spent::Micros(usage.cost_micros), &*self.clock).await?;
        }
        Ok(answer.map_err(|failure| failure.error)?)
    }

    async fn paid_look(
        &self,
        workspace: WorkspaceId,
        doubts: &Doubts,
    ) -> Result<Vec<SecondOpinion>, AnsweringError> {
        let look = &self.house.second_look;
        let set_aside = match self.set_aside(workspace, look.most(doubts)).await {
            // The answer can do without.
            Err(CommitError::Exhausted { why, .. }) => {
                warn!(%why, "what an answer leaves in doubt is not looked at");
                return Ok(Vec::new());
            }
            set_aside => set_aside?,
        };
        let looked = look.look(workspace, doubts).await;
        if let Some(set_aside) = set_aside {
            let spent = looked.usage.map_or(Spent::Unknown, |usage| Spent::Micros(usage.cost_micros));
            set_aside.settle(spent, &*self.clock).await?;
        }
        Ok(looked.opinions)
    }
}

fn silent(outcome: Outcome, text: String, answerability: Answerability) -> Answered {
    let (sentences, left_out) = (Vec::new(), Vec::new());
    Answered { outcome, text, sentences, left_out, answerability, model: None, provider: None }
}

/// What a short question leans on: what its author said before.
fn context(asked: &Asked) -> String {
    if rag::likeness::terms(&asked.question).len() > 3 {
        return String::new();
    }
    let earlier = asked.turns.iter().rev().take(MAX_TURNS).filter(|turn| turn.from_customer);
    let said: Vec<&str> = earlier.take(2).map(|turn| turn.text.trim()).collect();
    said.join(" ").chars().take(MAX_CONTEXT).collect()
}

async fn request(
    app: &App,
    workspace: WorkspaceId,
    asked: &Asked,
    passages: &[Passage],
) -> Result<ModelRequest, AnsweringError> {
    let name = app.house.workspace_name(workspace).await?;
    let named: Vec<(String, String)> =
        passages.iter().map(|passage| (passage.chunk_id.to_string(), passage.label())).collect();
    let shown: Vec<PassageFacts<'_>> = passages
        .iter()
        .zip(&named)
        .map(|(passage, (id, label))| PassageFacts { id, label, text: &passage.text })
        .collect();
    let staff = asked.audience == Audience::Staff;
    let system = prompts::knowledge_answer(KnowledgeAnswer { workspace: &name, staff, passages: &shown })?;
    let mut messages = vec![ModelMessage::System { text: system.text }];
    let turns = &asked.turns[asked.turns.len().saturating_sub(MAX_TURNS)..];
    for turn in turns {
        messages.push(if turn.from_customer {
            let question = Untrusted(&turn.text);
            ModelMessage::User { text: prompts::knowledge_question(KnowledgeQuestion { question })?.text }
        } else {
            ModelMessage::Assistant { text: Some(turn.text.clone()), tool_calls: Vec::new() }
        });
    }
    let question = Untrusted(&asked.question);
    messages
        .push(ModelMessage::User { text: prompts::knowledge_question(KnowledgeQuestion { question })?.text });
    let mut conversation = turns.to_vec();
    conversation.push(Turn { from_customer: true, text: asked.question.clone() });
    Ok(ModelRequest {
        workspace: Some(workspace),
        purpose: "knowledge.answer".to_owned(),
        strength: Strength::Fast,
        messages,
        tools: Default::default(),
        output_schema: Some(CitedAnswer::output_schema()),
        max_output_tokens: MAX_OUTPUT_TOKENS,
        prompt: system.prompt.to_owned(),
        facts: Facts { conversation, passages: passages.to_vec(), ..Facts::default() },
    })
}

fn sentence(believed: &Believed<'_>) -> AnswerSentence {
    let citation = |(passage, span): &(&Passage, Span)| SentenceCitation {
        chunk_id: passage.chunk_id,
        document_id: passage.document_id,
        document_version: passage.document_version,
        slug: passage.slug.clone(),
        title: passage.title.clone(),
        span: *span,
        quote: span.of(&passage.text).to_owned(),
    };
    AnswerSentence {
        text: believed.text.clone(),
        support: believed.score,
        citations: believed.cited.iter().map(citation).collect(),
    }
}

/// Sentences in a row, lists and tables on lines of their own.
fn joined(sentences: &[AnswerSentence]) -> String {
    let mut text = String::new();
    for sentence in sentences {
        if !text.is_empty() {
            let apart = sentence.text.contains('\n') || text.ends_with('\n') || text.lines().count() > 1;
            text.push_str(if apart { "\n\n" } else { " " });
        }
        text.push_str(&sentence.text);
    }
    text
}

fn not_there(judged: &Answerability) -> String {
    match &judged.missing[..] {
        [] => "The knowledge base does not answer this.".to_owned(),
        words => format!("The knowledge base says nothing about “{}”.", words.join("”, “")),
    }
}

async fn remember(
    app: &App,
    workspace: WorkspaceId,
    asked: &Asked,
    judged: &Answerability,
    cause: GapCause,
) -> Result<(), StoreError> {
    let unanswered = Unanswered {
        question: asked.question.clone(),
        cause,
        missing: judged.missing.clone(),
        ticket_id: None,
        run_id: None,
    };
    gaps::record(&app.store.workspace(workspace), &app.protections, &*app.clock, &*app.ids, unanswered)
        .await
        .map(|_| ())
}
