//! What a model was given in a step: the request made anew from the journal before it, and whether it is the one of
//! then.
//!
//! Journals keep the digest of a request and not its words, which stand in what came before. So the agent is asked
//! again, as strict replay does. Where the digest is another, the answer says what is known of why, and shows what
//! the model would be given today; it never passes for what was.
//!
//! The digest is of the request as the agent asked it. A model of another house is shown it behind the placeholders
//! of the border to models ([`crate::models::Masked`]), and so are those who read it here. Which rules counted then is
//! not kept: they are those of today. The offline model is of this house and was given the values.

mod request;

use std::fmt;

use domain::{
    RunId, Timestamp, WorkspaceId,
    agent::{Agent, Next, RunView},
    canonical::Digest,
    credit::Credits,
    model::{ModelRequest, Usage},
    run::{Run, Step, StepBody},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::StoreError;
use thiserror::Error;

use request::plain;
pub use request::{
    PromptBorder, PromptMessage, PromptPart, PromptRequest, PromptRole, PromptTool, PromptVoice,
};

use super::{
    House,
    replay::{describe, missing},
};
use crate::models::offline;

/// What a model was given in a step of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepPrompt {
    pub run_id: RunId,
    pub step: i64,
    pub agent: String,
    /// The prompt's name and version, as journalled.
    pub prompt: Option<String>,
    /// The model that answered; null where none did.
    pub model: Option<String>,
    /// The provider that answered: its name in the configuration, or `offline`.
    pub provider: Option<String>,
    pub usage: Usage,
    /// In the journal; null where the call failed.
    pub input_digest: Option<Digest>,
    /// The same of what is asked today; null where nothing is.
    pub digest_now: Option<Digest>,
    /// Whether what is shown is proven to be what the model was given.
    pub same: bool,
    pub proof: PromptProof,
    /// The proof in words.
    pub explanation: String,
    /// What the model was given, or would be today; null where the agent asks no model there any more.
    pub request: Option<PromptRequest>,
}

/// How what is shown stands to what was given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum PromptProof {
    /// Its digest is the journal's.
    Same,
    /// Another version of the prompt has been put in its place.
    Prompt { was: String, now: String },
    /// Values were taken out of the journal.
    Redacted { at: Timestamp },
    /// The prompt is of the same version, and something else that the model is shown is not as it was.
    Other {
        /// Tools and prompts of the run that the service does not have now.
        missing: Vec<String>,
    },
    /// The agent asks no model there today.
    Instead {
        /// What it asks for, in words.
        now: String,
    },
    /// The journal has no digest of the whole to compare it with.
    Unproven,
}

/// Why there is nothing to show.
#[derive(Debug, Error)]
pub enum NoPrompt {
    #[error("the run has no step {step}; it has {count} so far, counted from 0")]
    NoStep { step: i64, count: usize },
    #[error("step {step} ({kind}) asked no model; {asked}")]
    NoModel {
        step: i64,
        kind: &'static str,
        /// Which steps did, in words.
        asked: String,
    },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads the journal and makes the request of this step anew.
pub async fn step_prompt(
    house: &House,
    workspace: WorkspaceId,
    run: &Run,
    step: i64,
) -> Result<StepPrompt, NoPrompt> {
    let store = house.store.workspace(workspace);
    let steps = store.steps(run.id).await?;
    let name = house.workspace_name(workspace).await?;
    let redacted_at = store.run_redacted_at(run.id).await?;
    StepPrompt::of(house, (workspace, &name), (run, &steps), step, redacted_at)
}

/// Whether the step asked a model.
fn asks(step: &Step) -> bool {
    match &step.body {
        StepBody::Model { .. } | StepBody::Unusable { .. } => true,
        StepBody::Failed { what, .. } => what == "model",
        // Embedders look as well, and have no prompt.
        StepBody::Checked { .. } => step.prompt.is_some(),
        _ => false,
    }
}

/// What is asked today, and the digest that the journal would hold of it.
type Anew = Result<(ModelRequest, Digest), String>;

impl StepPrompt {
    fn of(
        house: &House,
        (workspace, workspace_name): (WorkspaceId, &str),
        (run, steps): (&Run, &[Step]),
        number: i64,
        redacted_at: Option<Timestamp>,
    ) -> Result<Self, NoPrompt> {
        let no_step = || NoPrompt::NoStep { step: number, count: steps.len() };
        let at = steps.iter().position(|step| step.seq == number).ok_or_else(no_step)?;
        let step = &steps[at];
        if !asks(step) {
            return Err(NoPrompt::NoModel { step: number, kind: step.body.kind(), asked: in_words(steps) });
        }
        let response = match &step.body {
            StepBody::Model { response, .. } => Some(response),
            StepBody::Unusable { response, .. } => response.as_ref(),
            _ => None,
        };
        let anew = anew(house, run, &steps[..at], step, workspace_name);
        let (proof, explanation) = proof(house, run, &steps[..=at], &anew, redacted_at);
        let digest_now = anew.as_ref().ok().map(|(_, digest)| digest.clone());
        let inside = response.is_some_and(|response| response.provider == offline::NAME);
        let request = anew.ok().map(|(request, _)| PromptRequest::of(house, workspace, request, inside));
        Ok(Self {
            run_id: run.id,
            step: step.seq,
            agent: run.agent.clone(),
            prompt: step.prompt.clone(),
            model: step.model.clone(),
            provider: response.map(|response| response.provider.clone()),
            usage: step.usage,
            input_digest: step.input_digest.clone(),
            digest_now,
            same: proof == PromptProof::Same,
            proof,
            explanation,
            request,
        })
    }
}

fn in_words(steps: &[Step]) -> String {
    let asked: Vec<String> =
        steps.iter().filter(|step| asks(step)).map(|step| step.seq.to_string()).collect();
    match asked.as_slice() {
        [] => "no step of this run did".to_owned(),
        asked => format!("of this run, these did: {}", asked.join(", ")),
    }
}

/// What the agent asks of a model there today; what it wants instead where it asks none.
fn anew(house: &House, run: &Run, before: &[Step], step: &Step, workspace_name: &str) -> Anew {
    let (Some(agent), Some(settings)) = (house.agents.get(&run.agent), house.settings_of(&run.agent)) else {
        return Err(format!("nothing, because there is no agent `{}` in this version", run.agent));
    };
    let view = RunView {
        run,
        steps: before,
        settings: &settings,
        tools: house.granted.of(&house.catalog, &run.agent, &settings),
        procedures: &house.procedures,
        workspace_name,
    };
    let agent: &dyn Agent = &*agent;
    if matches!(step.body, StepBody::Checked { .. }) {
        let doubts = agent.doubts(&view).map_err(|error| error.to_string())?;
        let doubts = doubts.ok_or_else(|| "nothing, because nothing is in doubt".to_owned())?;
        let request = agents::support::request(&doubts).map_err(|error| error.to_string())?;
        return Ok((request, Digest::of(&doubts)));
    }
    match agent.next(&view) {
        Ok(Next::Model(request)) => {
            let digest = request.digest();
            Ok((*request, digest))
        }
        Ok(other) => Err(describe(&other)),
        Err(error) => Err(error.to_string()),
    }
}

/// How what is asked today stands to the step, the last of `steps`.
fn proof(
    house: &House,
    run: &Run,
    steps: &[Step],
    anew: &Anew,
    redacted_at: Option<Timestamp>,
) -> (PromptProof, String) {
    let step = steps.last();
    let label = step.and_then(|step| step.prompt.as_deref());
    let journalled = step.and_then(|step| step.input_digest.as_ref());
    let same_label = |request: &ModelRequest| label.is_none_or(|label| label == request.prompt);
    if let Ok((request, digest)) = anew
        && journalled == Some(digest)
        && same_label(request)
    {
        if step.is_some_and(|step| matches!(step.body, StepBody::Checked { .. })) {
            let words = "What was to be checked is what it was then, by its digest. Of the words around it the \
                         journal has the version alone, which is the same.";
            return (PromptProof::Unproven, words.to_owned());
        }
        let words = "This is what the model was given: made anew from the journal, it has the digest that was \
                     journalled.";
        return (PromptProof::Same, words.to_owned());
    }
    if let Some(at) = redacted_at {
        let words = format!(
            "Personal data was taken out of the journal at {}. This is what the model would be given today, without \
             it.",
            at.rfc3339()
        );
        return (PromptProof::Redacted { at }, words);
    }
    match anew {
        Err(now) => {
            let words = format!(
                "Today the agent asks no model there: it wants {now}. What the model was given then cannot be made \
                 anew."
            );
            (PromptProof::Instead { now: now.clone() }, words)
        }
        Ok((request, _)) if let Some(was) = label.filter(|label| *label != request.prompt) => {
            let (was, now) = (was.to_owned(), request.prompt.clone());
            let words = format!(
                "The prompt has changed since: {was} then, {now} now. This is what the model would be given today."
            );
            (PromptProof::Prompt { was, now }, words)
        }
        Ok(_) if journalled.is_none() => {
            let words = "The call failed, and the journal has no digest of what was asked. This is what the model \
                         would be given today.";
            (PromptProof::Unproven, words.to_owned())
        }
        Ok((request, _)) => {
            let missing = lacking(house, run, steps);
            let mut words = format!(
                "The prompt is still {}, and something else that the model is shown has changed since: tools, \
                 procedures, settings, the workspace's name, or code. This is what it would be given today.",
                request.prompt
            );
            if !missing.is_empty() {
                words.push_str(&format!(" The service does not have {} now.", missing.join(", ")));
            }
            (PromptProof::Other { missing }, words)
        }
    }
}

fn lacking(house: &House, run: &Run, steps: &[Step]) -> Vec<String> {
    let Some(settings) = house.settings_of(&run.agent) else { return Vec::new() };
    let tools = house.granted.of(&house.catalog, &run.agent, &settings);
    missing(steps, &tools).unwrap_or_else(|error| {
        tracing::warn!(run = %run.id, %error, "what a journal names could not be looked for");
        Vec::new()
    })
}

impl fmt::Display for StepPrompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = |text: &Option<String>| plain(text.as_deref().unwrap_or("unknown"));
        writeln!(f, "Step {} of run {}, agent {}", self.step, self.run_id, self.agent)?;
        writeln!(f, "{}", plain(&self.explanation))?;
        writeln!(f, "prompt:    {}", known(&self.prompt))?;
        writeln!(f, "model:     {} of {}", known(&self.model), known(&self.provider))?;
        let digest = |digest: &Option<Digest>| known(&digest.as_ref().map(Digest::to_string));
        writeln!(f, "digest:    {} then, {} now", digest(&self.input_digest), digest(&self.digest_now))?;
        writeln!(
            f,
            "cost:      {} credits, {} tokens in, {} out",
            Credits(self.usage.cost_micros),
            self.usage.tokens_in,
            self.usage.tokens_out
        )?;
        match &self.request {
            Some(request) => write!(f, "{request}"),
            None => Ok(()),
        }
    }
}
