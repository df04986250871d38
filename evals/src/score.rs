//! Compares what came of a turn with what was expected.

use domain::{run::Outcome, tool::ToolCall};

use crate::case::{Expectation, Expected};

/// What came of a turn.
#[derive(Debug)]
pub struct Happened {
    /// How the run ended; `None` when it waits for a person.
    pub outcome: Option<Outcome>,
    /// Everything the customer was told in this turn.
    pub told: String,
    /// Slugs of the articles it rests on.
    pub sources: Vec<String>,
    /// Calls that wait for a person now.
    pub proposed: Vec<ToolCall>,
    /// Tools of the effects outside the house that succeeded in the conversation, in order.
    pub done: Vec<String>,
}

/// What is not as it should be, in words; nothing when all is.
pub fn findings(expected: &Expectation, happened: &Happened) -> Vec<String> {
    let mut findings = Vec::new();
    if let Some(outcome) = expected.outcome {
        let was = standing(happened.outcome.as_ref());
        if outcome != was {
            findings.push(format!("expected {outcome:?}, was {was:?}: {}", gist(happened)));
        }
    }
    let told = happened.told.to_lowercase();
    for text in &expected.contains {
        if !told.contains(&text.to_lowercase()) {
            findings.push(format!("`{text}` is missing from: {}", gist(happened)));
        }
    }
    for text in &expected.lacks {
        if told.contains(&text.to_lowercase()) {
            findings.push(format!("`{text}` may not stand in: {}", gist(happened)));
        }
    }
    if let Some(slug) = &expected.cites
        && !happened.sources.contains(slug)
    {
        findings.push(format!("{slug} is not among the sources {:?}", happened.sources));
    }
    if let Some(proposal) = &expected.proposes {
        let fits = |call: &ToolCall| {
            call.tool == proposal.tool
                && proposal.args.iter().all(|(name, value)| call.args.get(name) == Some(value))
        };
        if !happened.proposed.iter().any(fits) {
            findings.push(format!(
                "expected a proposal of {} with {}, waiting are {:?}; {}",
                proposal.tool,
                serde_json::Value::Object(proposal.args.clone()),
                happened.proposed,
                gist(happened)
            ));
        }
    }
    if let Some(done) = &expected.done
        && *done != happened.done
    {
        findings.push(format!("expected these effects: {done:?}; done were {:?}", happened.done));
    }
    findings
}

fn standing(outcome: Option<&Outcome>) -> Expected {
    match outcome {
        None => Expected::Waits,
        Some(Outcome::Answered { .. }) => Expected::Answered,
        Some(Outcome::Asked { .. }) => Expected::Asked,
        Some(Outcome::HandedOff { .. }) => Expected::HandedOff,
        Some(Outcome::Nothing { .. } | Outcome::Done { .. }) => Expected::Nothing,
    }
}

fn gist(happened: &Happened) -> String {
    let reason = happened.outcome.as_ref().map_or("", Outcome::summary);
    format!("{:?} ({reason})", happened.told)
}
