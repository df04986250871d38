//! Strict replay: does the journal reproduce its run?
//!
//! For every step that the agent asked for, the agent is asked again with the journal up to that
//! step, and the digest of what it wants must be the one that was journalled. Changed code, prompts
//! or tools show themselves as the first difference; they never change what a waiting run does.
//!
//! A journal that differs where this configuration lacks what the run was made with (an agent, a
//! tool it called, a prompt) says nothing about the code: what is missing is reported with it.

use std::{collections::BTreeSet, fmt};

use domain::{
    DomainError, Timestamp,
    agent::{Agent, Next, RunView},
    canonical::Digest,
    model::ToolSchema,
    run::{CallOutcome, Run, Step, StepBody},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::House;

/// What a strict replay found.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ReplayReport {
    pub ok: bool,
    /// Steps whose input was recomputed.
    pub steps_checked: usize,
    pub first_difference: Option<Difference>,
    /// When it is not reproduced: what the run was made with and this configuration lacks.
    pub missing: Vec<String>,
    /// When it is not reproduced because values were taken out of the journal: since when.
    pub redacted_at: Option<Timestamp>,
}

impl ReplayReport {
    /// The same where values were taken out of the journal: what differs then says nothing.
    #[must_use]
    pub fn redacted(self, at: Option<Timestamp>) -> Self {
        match at {
            Some(_) if !self.ok => {
                Self { first_difference: None, missing: Vec::new(), redacted_at: at, ..self }
            }
            _ => self,
        }
    }
}

impl fmt::Display for ReplayReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ok {
            return write!(f, "The journal reproduces its run: {} steps checked.", self.steps_checked);
        }
        if let Some(at) = self.redacted_at {
            return write!(
                f,
                "Personal data was taken out of the journal at {}, so it no longer reproduces its run; that says \
                 nothing about the code.",
                at.rfc3339()
            );
        }
        if !self.missing.is_empty() {
            return write!(
                f,
                "This configuration cannot replay the run, because it lacks {}. Replay it with the configuration and \
                 the version that it was made with.",
                self.missing.join(", ")
            );
        }
        match &self.first_difference {
            Some(d) => write!(
                f,
                "Step {} ({}) differs: the agent now asks for {}. The tools and procedures it is given now count as \
                 well; replay with the configuration that the run was made with.",
                d.step, d.kind, d.now
            ),
            None => write!(f, "The journal does not reproduce its run."),
        }
    }
}

/// The first step whose input cannot be reproduced.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Difference {
    pub step: i64,
    pub kind: String,
    /// Digest in the journal.
    pub journalled: String,
    /// What the agent asks for now.
    pub now: String,
}

/// Replays a journal against the agents, prompts and tools of this process.
pub fn replay(
    house: &House,
    run: &Run,
    steps: &[Step],
    workspace_name: &str,
) -> Result<ReplayReport, DomainError> {
    let (Some(agent), Some(settings)) = (house.agents.get(&run.agent), house.settings_of(&run.agent)) else {
        let missing = vec![format!("the agent `{}`", run.agent)];
        return Ok(ReplayReport {
            ok: false,
            steps_checked: 0,
            first_difference: None,
            missing,
            redacted_at: None,
        });
    };
    let tools = house.granted.of(&house.catalog, &run.agent, &settings);
    let mut checked = 0;
    for (at, step) in steps.iter().enumerate() {
        let Some(journalled) = &step.input_digest else { continue };
        let view = RunView {
            run,
            steps: &steps[..at],
            settings: &settings,
            tools: tools.clone(),
            procedures: &house.procedures,
            workspace_name,
        };
        checked += 1;
        let next = ask(&*agent, &view);
        let same = match &step.body {
            // Asked by the engine, about what the agent says is in doubt.
            StepBody::Checked { .. } => {
                agent.doubts(&view).is_ok_and(|doubts| doubts.is_some_and(|d| Digest::of(&d) == *journalled))
            }
            // Found by the engine in the step before it.
            StepBody::Triggered { .. } => {
                Digest::of(&house.escalation.found(steps, at.saturating_sub(1))) == *journalled
            }
            _ => next.as_ref().is_ok_and(|next| next.digests().contains(journalled)),
        };
        // A superseded call is settled by the engine before the agent is asked again.
        let by_engine = matches!(&step.body, StepBody::Tool { outcome: CallOutcome::Superseded, .. });
        if !same && !by_engine {
            let now = match (&step.body, next) {
                (StepBody::Triggered { .. }, _) => {
                    "other triggers, or none, as `[escalation]` stands".to_owned()
                }
                (_, Ok(next)) => describe(&next),
                (_, Err(error)) => error.to_string(),
            };
            return Ok(ReplayReport {
                ok: false,
                steps_checked: checked,
                first_difference: Some(Difference {
                    step: step.seq,
                    kind: step.body.kind().to_owned(),
                    journalled: journalled.to_string(),
                    now,
                }),
                missing: missing(steps, &tools)?,
                redacted_at: None,
            });
        }
    }
    Ok(ReplayReport {
        ok: true,
        steps_checked: checked,
        first_difference: None,
        missing: Vec::new(),
        redacted_at: None,
    })
}

/// What steps name that is not there now. A tool whose call was refused may never have been.
pub(super) fn missing(steps: &[Step], tools: &[ToolSchema]) -> Result<Vec<String>, DomainError> {
    let unreadable = |error: prompts::PromptError| DomainError::Journal { step: 0, why: error.to_string() };
    let declared = prompts::declared().map_err(unreadable)?;
    let mut missing = BTreeSet::new();
    for step in steps {
        match &step.body {
            StepBody::Tool { outcome: CallOutcome::Refused { .. }, .. } => {}
            StepBody::Tool { call, .. } | StepBody::Proposed { call, .. }
                if !tools.iter().any(|tool| tool.name == call.tool) =>
            {
                missing.insert(format!("the tool `{}`", call.tool));
            }
            _ => {}
        }
        if let Some(label) = &step.prompt
            && !declared.iter().any(|prompt| *label == format!("{}@{}", prompt.name, prompt.version))
        {
            missing.insert(format!("the prompt `{label}`"));
        }
    }
    Ok(missing.into_iter().collect())
}

fn ask(agent: &dyn Agent, view: &RunView<'_>) -> Result<Next, DomainError> {
    agent.next(view)
}

/// What an agent wants, in words.
pub(super) fn describe(next: &Next) -> String {
    match next {
        Next::Model(request) => format!("a model call `{}` with prompt {}", request.purpose, request.prompt),
        Next::Tools(calls) => {
            let names: Vec<&str> = calls.iter().map(|c| c.call.tool.as_str()).collect();
            format!("calls of {}", names.join(", "))
        }
        Next::Wait(wait) => format!("a wait for {}", wait.name),
        Next::End(outcome) => format!("the end: {}", outcome.type_name()),
    }
}
