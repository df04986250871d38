//! What keeps a run from going on for ever.

use std::{collections::BTreeMap, time::Duration};

use domain::{
    Timestamp,
    agent::RunLimits,
    run::{Step, StepBody},
    tool::ToolCall,
};

/// Steps of a run altogether: customers who write on and on give an agent its steps anew each time.
const MOST_STEPS: usize = 400;

/// What happened since the run last heard something new.
fn since_heard(steps: &[Step]) -> &[Step] {
    let heard = |step: &Step| matches!(step.body, StepBody::Started { .. } | StepBody::Observed { .. });
    let from = steps.iter().rposition(heard).map_or(0, |at| at + 1);
    steps.get(from..).unwrap_or_default()
}

/// Why the agent has had its time.
pub(super) fn used_up(steps: &[Step], limits: RunLimits) -> Option<String> {
    if steps.len() > MOST_STEPS {
        return Some(format!("the run took more than {MOST_STEPS} steps"));
    }
    let steps = since_heard(steps);
    if steps.len() > limits.steps as usize {
        return Some(format!(
            "the agent took more than {} steps without hearing anything new; `limits.steps` of the agent says how many",
            limits.steps
        ));
    }
    // An effect's time is mostly waiting: for another attempt, or for a person's word on it.
    let works = |step: &&Step| !matches!(step.body, StepBody::Tool { effect_id: Some(_), .. });
    // Calls that were made side by side began together, and are over with the longest of them.
    let mut together: BTreeMap<Timestamp, Duration> = BTreeMap::new();
    for step in steps.iter().filter(works) {
        let longest = together.entry(step.started_at).or_default();
        *longest = (*longest).max(step.finished_at.since(step.started_at));
    }
    let work: Duration = together.values().sum();
    (work > Duration::from_secs(limits.work_seconds.into())).then(|| {
        format!(
            "the agent worked for more than {} seconds without hearing anything new; `limits.work_seconds` of the agent says how long",
            limits.work_seconds
        )
    })
}

/// What an agent is told that proposes the same call again and again.
pub(super) fn repeated(steps: &[Step], limits: RunLimits, call: &ToolCall) -> Option<String> {
    let same = |step: &&Step| matches!(&step.body, StepBody::Tool { call: made, .. } if made.tool == call.tool && made.args == call.args);
    let made = since_heard(steps).iter().filter(same).count();
    (made >= limits.identical_calls as usize).then(|| {
        format!(
            "this same call was answered {made} times already and is not made again; go on from its answers, or hand over"
        )
    })
}

#[cfg(test)]
mod tests {
    use domain::model::Usage;

    use super::*;

    /// A step that began and ended then, in seconds.
    fn step(began: i64, ended: i64) -> Step {
        let at = |seconds: i64| Timestamp(seconds * 1_000_000);
        Step {
            seq: 0,
            body: StepBody::Failed { what: "a call".to_owned(), error: String::new() },
            input_digest: None,
            usage: Usage::default(),
            prompt: None,
            model: None,
            started_at: at(began),
            finished_at: at(ended),
        }
    }

    #[test]
    fn what_was_done_side_by_side_took_as_long_as_the_longest_of_it() {
        let limits = RunLimits { work_seconds: 300, ..RunLimits::default() };
        let together = [step(0, 90), step(0, 90), step(0, 10), step(0, 90)];
        assert_eq!(used_up(&together, limits), None);
        let one_after_another = [step(0, 90), step(90, 180), step(180, 270), step(270, 360)];
        assert!(used_up(&one_after_another, limits).is_some());
    }
}
