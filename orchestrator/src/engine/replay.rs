//! Strict replay: does the journal reproduce its run?
//!
//! For every step that the agent asked for, the agent is asked again with the journal up to that
//! step, and the digest of what it wants must be the one that was journalled. Changed code, prompts
//! or tools show themselves as the first difference; they never change what a waiting run does.

use domain::{
    DomainError,
    agent::{Agent, Next, RunView},
    run::Step,
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
    run: &domain::run::Run,
    steps: &[Step],
    workspace_name: &str,
) -> Result<ReplayReport, DomainError> {
    let unreadable = |why: String| DomainError::Journal { step: 0, why };
    let agent = house
        .agents
        .get(&run.agent)
        .ok_or_else(|| unreadable(format!("there is no agent `{}` in this version", run.agent)))?;
    let settings = house
        .settings_of(&run.agent)
        .ok_or_else(|| unreadable(format!("the agent `{}` has no settings", run.agent)))?;
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
        let same = next.as_ref().is_ok_and(|next| next.digests().contains(journalled));
        // A superseded call is settled by the engine before the agent is asked again.
        let by_engine = matches!(
            &step.body,
            domain::run::StepBody::Tool { outcome: domain::run::CallOutcome::Superseded, .. }
        );
        if !same && !by_engine {
            let now = match next {
                Ok(next) => describe(&next),
                Err(error) => error.to_string(),
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
            });
        }
    }
    Ok(ReplayReport { ok: true, steps_checked: checked, first_difference: None })
}

fn ask(agent: &dyn Agent, view: &RunView<'_>) -> Result<Next, DomainError> {
    agent.next(view)
}

fn describe(next: &Next) -> String {
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
