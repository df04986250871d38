//! A past run, driven once more with something changed: what would have come of it?
//!
//! The same agent and the same gate as in the engine, in a world that is made of what was written down
//! ([`recorded`]). What a tool gave back then it gives back again; what people decided then stands, as long as
//! it is about the same proposal and they would be asked; a model's answer is taken from the journal where the
//! question is the same, and asked for where it is not. What nobody can know ends the account, and the account
//! says so.
//!
//! Nothing here can do anything: no permit is made, no effect is recorded, and of all tools only the knowledge
//! base is read, where today's is wanted.

mod account;
mod changes;
mod models;
mod recorded;
mod settle;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, OnceLock},
};

use domain::{
    DomainError, Timestamp,
    agent::{Agent, Next, RunView, Wait},
    canonical::Digest,
    model::Usage,
    run::{CallOutcome, Outcome, Run, RunInput, Step, StepBody},
    ticket::Ticket,
    tool::ToolCall,
};
use store::WorkspaceStore;
use tokio::task;

pub use account::{Account, End, Made};
pub use changes::{Changes, Knowledge};
pub use recorded::Past;

use self::{models::Answers, recorded::Records, settle::Asked};
use super::{House, limits, suspicions::Suspicions};

/// Rounds that an agent may take, which no run comes near.
const MOST_TURNS: usize = 400;

/// What came of a rerun.
#[derive(Clone, Debug)]
pub struct Rerun {
    pub account: Account,
    /// The first step that is not as it was; none where all are.
    pub parts_at: Option<i64>,
    /// Calls that a person refused or changed then, and that would run by themselves.
    pub against: Vec<String>,
    /// Answers of models that were not in the journal.
    pub fresh: usize,
}

/// Drives the past run again.
pub async fn rerun(house: &House, store: &WorkspaceStore, past: &Past, changes: &Changes) -> Rerun {
    let Some(mut session) = Again::begin(house, store, past, changes) else {
        let why =
            format!("this configuration has no agent `{}`, or its journal has no beginning", past.run.agent);
        let account = Account { end: End::Unknown(why), ..Account::default() };
        return Rerun { account, parts_at: Some(0), against: Vec::new(), fresh: 0 };
    };
    let end = session.drive().await;
    session.over(end)
}

/// Why driving stops.
type Stop = End;

/// A past run while it is driven again.
struct Again<'a> {
    house: &'a House,
    store: &'a WorkspaceStore,
    past: &'a Past,
    changes: &'a Changes,
    agent: Arc<dyn Agent>,
    means: changes::Means,
    run: Run,
    input: &'a RunInput,
    steps: Vec<Step>,
    /// How many of the first steps are as they were.
    same: usize,
    /// Steps at which the run heard something, that it has not heard yet.
    news: VecDeque<usize>,
    records: Records<'a>,
    answers: Answers<'a>,
    /// Calls that were put before a person and are not settled.
    asked: BTreeMap<String, Asked>,
    suspicions: Suspicions,
    /// What the customer asked for by what was heard so far.
    intent: OnceLock<String>,
    told: Vec<String>,
    made: Vec<Made>,
    against: Vec<String>,
    usage: Usage,
    model_calls: usize,
    fresh: usize,
    /// The time of what came last, as it was.
    now: Timestamp,
}

impl<'a> Again<'a> {
    fn begin(
        house: &'a House,
        store: &'a WorkspaceStore,
        past: &'a Past,
        changes: &'a Changes,
    ) -> Option<Self> {
        let agent = house.agents.get(&past.run.agent)?;
        let means = changes.means(house, &past.run.agent)?;
        let first = past.steps.first()?;
        let StepBody::Started { input } = &first.body else { return None };
        let heard = |(at, step): (usize, &Step)| matches!(step.body, StepBody::Observed { .. }).then_some(at);
        let mut again = Self {
            house,
            store,
            past,
            changes,
            agent,
            means,
            run: past.run.clone(),
            input,
            steps: Vec::with_capacity(past.steps.len()),
            same: 0,
            news: past.steps.iter().enumerate().filter_map(heard).collect(),
            records: Records::of(past),
            answers: Answers::of(past),
            asked: BTreeMap::new(),
            suspicions: Suspicions::default(),
            intent: OnceLock::new(),
            told: Vec::new(),
            made: Vec::new(),
            against: Vec::new(),
            usage: Usage::default(),
            model_calls: 0,
            fresh: 0,
            now: first.finished_at,
        };
        again.push_as(first, first.body.clone());
        Some(again)
    }

    async fn drive(&mut self) -> Stop {
        for _ in 0..MOST_TURNS {
            if let Err(stop) = self.turn().await {
                return stop;
            }
            task::yield_now().await;
        }
        End::Failed(format!("the agent took more than {MOST_TURNS} rounds"))
    }

    async fn turn(&mut self) -> Result<(), Stop> {
        if self.hear_in_step() {
            return Ok(());
        }
        let next = self.agent.next(&self.view()).map_err(|error| match error {
            DomainError::Journal { .. } => End::Failed(error.to_string()),
            other => End::Failed(format!("the agent failed: {other}")),
        })?;
        if matches!(next, Next::Model(_) | Next::Tools(_))
            && let Some(why) = limits::used_up(&self.steps, self.means.settings.limits)
        {
            return Err(End::Failed(why));
        }
        match next {
            Next::Model(request) => self.call_model(*request).await,
            Next::Tools(calls) => self.settle_calls(calls).await,
            Next::Wait(wait) => self.wait(wait),
            Next::End(outcome) => self.end(outcome),
        }
    }

    fn view(&self) -> RunView<'_> {
        RunView {
            run: &self.run,
            steps: &self.steps,
            settings: &self.means.settings,
            tools: Arc::clone(&self.means.tools),
            procedures: &self.changes.procedures,
            workspace_name: &self.past.workspace_name,
        }
    }

    fn ticket(&self) -> Option<&'a Ticket> {
        self.input.ticket.as_ref()
    }

    /// While everything is as it was, what came from outside comes at its place: news, and a model that
    /// failed.
    fn hear_in_step(&mut self) -> bool {
        let at = self.steps.len();
        if self.same != at {
            return false;
        }
        match self.past.steps.get(at).map(|step| &step.body) {
            Some(StepBody::Observed { .. }) => {
                self.news.pop_front();
                self.hear(at);
                true
            }
            Some(body @ StepBody::Failed { .. }) => {
                self.push_as(&self.past.steps[at], body.clone());
                true
            }
            _ => false,
        }
    }

    /// What came next then comes now, unless the customer would have read something else before they wrote it.
    fn hear_next(&mut self) -> Result<bool, Stop> {
        let Some(at) = self.news.front().copied() else { return Ok(false) };
        if account::told_in(&self.past.steps[..at]) != self.told {
            return Err(End::Unknown(
                "the customer wrote again then, after other words than they would have read".to_owned(),
            ));
        }
        self.news.pop_front();
        self.hear(at);
        Ok(true)
    }

    fn hear(&mut self, at: usize) {
        let step = &self.past.steps[at];
        self.push_as(step, step.body.clone());
        // Nobody can decide any more on what was proposed before it.
        let stale: Vec<ToolCall> =
            std::mem::take(&mut self.asked).into_values().map(|asked| asked.call).collect();
        for call in stale {
            self.came(&call.id, "superseded");
            self.push_call(&call, &call, false, CallOutcome::Superseded, None);
        }
    }

    fn wait(&mut self, wait: Wait) -> Result<(), Stop> {
        let woken = self
            .past
            .steps
            .iter()
            .find(|step| matches!(&step.body, StepBody::Woken { name } if *name == wait.name));
        if let Some(step) = woken {
            self.push_as(step, step.body.clone());
            return Ok(());
        }
        if wait.for_message && self.hear_next()? {
            return Ok(());
        }
        Err(End::Waits(wait.name))
    }

    fn end(&mut self, outcome: Outcome) -> Result<(), Stop> {
        if self.hear_next()? {
            return Ok(());
        }
        self.push(StepBody::Ended { outcome: outcome.clone() });
        Err(End::Outcome(outcome))
    }

    /// Appends what takes no time.
    fn push(&mut self, body: StepBody) {
        let (at, usage) = (self.now, Usage::default());
        self.append(Step {
            seq: self.steps.len() as i64,
            body,
            input_digest: None,
            usage,
            prompt: None,
            model: None,
            started_at: at,
            finished_at: at,
        });
    }

    /// Appends with the time and the cost of a step that was.
    fn push_as(&mut self, was: &Step, body: StepBody) {
        self.append(Step { seq: self.steps.len() as i64, body, ..was.clone() });
    }

    fn append(&mut self, step: Step) {
        let at = self.steps.len();
        if self.same == at
            && self.past.steps.get(at).is_some_and(|was| recorded::alike(&was.body, &step.body))
        {
            self.same += 1;
        }
        self.now = self.now.max(step.finished_at);
        self.usage.add(step.usage);
        if matches!(step.body, StepBody::Model { .. } | StepBody::Unusable { .. }) {
            self.model_calls += 1;
        }
        let looks = !matches!(step.body, StepBody::Triggered { .. });
        if step.body.is_heard() {
            self.intent = OnceLock::new();
        }
        self.steps.push(step);
        if looks {
            self.look_for_triggers();
        }
    }

    /// As the engine does with each step that it journals.
    fn look_for_triggers(&mut self) {
        let Some(ticket) = self.ticket().filter(|_| self.run.ticket_id.is_some()) else { return };
        if ticket.handoff.is_some() {
            return;
        }
        let triggers = self.changes.escalation.found(&self.steps, self.steps.len() - 1);
        if !triggers.is_empty() {
            self.push(StepBody::Triggered { triggers });
        }
    }

    fn over(self, end: End) -> Rerun {
        let was = self.past.steps.len();
        let parts_at = (self.same < was.max(self.steps.len())).then_some(self.same as i64);
        Rerun {
            account: Account {
                end,
                told: self.told,
                made: self.made,
                usage: self.usage,
                steps: self.steps.len(),
                model_calls: self.model_calls,
            },
            parts_at,
            against: self.against,
            fresh: self.fresh,
        }
    }
}

/// What a call is known by: its tool and its arguments, without the name of the model that wrote it.
fn identity(call: &ToolCall) -> Digest {
    let mut args = call.args.clone();
    if let Some(members) = args.as_object_mut() {
        members.remove("model");
    }
    Digest::of(&(&call.tool, args))
}
