//! What models answer in a rerun: from the journal where the question is the same, and else anew.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use domain::{
    agent::{Next, RunView},
    canonical::Digest,
    commit::CommitError,
    credit::Spent,
    grounding::Doubts,
    model::{Model, ModelError, ModelFailure, ModelMessage, ModelRequest, ModelResponse},
    run::{Step, StepBody},
};

use super::{Again, End, Past, Stop};
use crate::{
    credits::SetAside,
    engine::{House, models::name_calls},
    models::offline::OfflineModel,
    replays::SPENDER,
};

/// The answers that the journal has.
pub(super) struct Answers<'a> {
    by_question: HashMap<&'a Digest, Vec<&'a Step>>,
    /// The same by questions in which calls are named by their order: a step more or less renames them.
    by_shape: Option<HashMap<Digest, &'a Step>>,
    /// No model but the one of this house answered.
    pub(super) offline: bool,
}

impl<'a> Answers<'a> {
    pub(super) fn of(past: &'a Past) -> Self {
        let mut by_question: HashMap<&Digest, Vec<&Step>> = HashMap::new();
        let (mut offline, mut answered) = (true, false);
        for step in past.steps.iter().rev() {
            let (StepBody::Model { .. } | StepBody::Unusable { .. }) = &step.body else { continue };
            if let StepBody::Model { response, .. } = &step.body {
                answered = true;
                offline &= response.model == OFFLINE;
            }
            if let Some(digest) = &step.input_digest {
                by_question.entry(digest).or_default().push(step);
            }
        }
        Self { by_question, by_shape: None, offline: offline && answered }
    }

    /// Of one question that was asked several times, one answer after the other; the last one stays.
    fn take(&mut self, digest: &Digest) -> Option<&'a Step> {
        let answers = self.by_question.get_mut(digest)?;
        if answers.len() > 1 { answers.pop() } else { answers.last().copied() }
    }
}

/// What the offline model calls itself.
const OFFLINE: &str = "offline";

/// The question with its calls named by their order.
fn shape(request: &ModelRequest) -> Digest {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    let mut name = |id: &mut String| {
        let next = format!("call_{}", names.len());
        *id = names.entry(std::mem::take(id)).or_insert(next).clone();
    };
    let mut request = request.clone();
    for message in &mut request.messages {
        match message {
            ModelMessage::Assistant { tool_calls, .. } => {
                tool_calls.iter_mut().for_each(|call| name(&mut call.id));
            }
            ModelMessage::Tool { call_id, .. } => name(call_id),
            _ => {}
        }
    }
    request.digest()
}

/// The questions of the journal, as far as the agent of now asks them of itself.
fn shapes<'a>(house: &House, past: &'a Past) -> HashMap<Digest, &'a Step> {
    let mut shapes = HashMap::new();
    let (Some(agent), Some(settings)) =
        (house.agents.get(&past.run.agent), house.settings_of(&past.run.agent))
    else {
        return shapes;
    };
    let tools = house.granted.of(&house.catalog, &past.run.agent, &settings);
    for (at, step) in past.steps.iter().enumerate() {
        let (StepBody::Model { .. } | StepBody::Unusable { .. }, Some(digest)) =
            (&step.body, &step.input_digest)
        else {
            continue;
        };
        let view = RunView {
            run: &past.run,
            steps: &past.steps[..at],
            settings: &settings,
            tools: Arc::clone(&tools),
            procedures: &house.procedures,
            workspace_name: &past.workspace_name,
        };
        if let Ok(Next::Model(request)) = agent.next(&view)
            && request.digest() == *digest
        {
            shapes.entry(shape(&request)).or_insert(step);
        }
    }
    shapes
}

impl<'a> Again<'a> {
    pub(super) async fn call_model(&mut self, mut request: ModelRequest) -> Result<(), Stop> {
        if let Some(step) = self.journalled(&request) {
            let mut body = step.body.clone();
            if let StepBody::Model { response, .. } = &mut body {
                name_calls(self.steps.len() as i64, &mut response.tool_calls);
            }
            let is_answer = matches!(body, StepBody::Model { .. });
            self.push_as(step, body);
            return if is_answer { self.look_again().await } else { Ok(()) };
        }
        request.workspace = Some(self.store.id());
        let (purpose, prompt) = (request.purpose.clone(), request.prompt.clone());
        self.fresh += 1;
        let answer = self.ask(&request).await?;
        let (body, usage, model) = match answer {
            Ok(mut response) => {
                name_calls(self.steps.len() as i64, &mut response.tool_calls);
                let (usage, model) = (response.usage, response.model.clone());
                match self.house.schemas.fault(request.output_schema.as_ref(), &response) {
                    None => (StepBody::Model { purpose, response }, usage, Some(model)),
                    Some(why) => {
                        (StepBody::Unusable { purpose, response: Some(response), why }, usage, Some(model))
                    }
                }
            }
            Err(ModelFailure { error: ModelError::Malformed(why), usage }) => {
                (StepBody::Unusable { purpose, response: None, why }, usage, None)
            }
            Err(ModelFailure { error, usage }) => {
                self.usage.add(usage);
                return Err(End::Unknown(format!(
                    "no model answered a question that nobody asked then: {error}"
                )));
            }
        };
        let is_answer = matches!(body, StepBody::Model { .. });
        let at = self.now;
        self.append(Step {
            seq: self.steps.len() as i64,
            body,
            input_digest: Some(request.digest()),
            usage,
            prompt: Some(prompt),
            model,
            started_at: at,
            finished_at: at,
        });
        if is_answer { self.look_again().await } else { Ok(()) }
    }

    fn journalled(&mut self, request: &ModelRequest) -> Option<&'a Step> {
        if self.changes.model.is_some() {
            return None;
        }
        if let Some(step) = self.answers.take(&request.digest()) {
            return Some(step);
        }
        let (house, past) = (self.house, self.past);
        let shapes = self.answers.by_shape.get_or_insert_with(|| shapes(house, past));
        shapes.get(&shape(request)).copied()
    }

    /// Asks a model now. What that costs is set aside before, as everywhere.
    async fn ask(&self, request: &ModelRequest) -> Result<Result<ModelResponse, ModelFailure>, Stop> {
        self.not_stopped().await?;
        let offline: Arc<dyn Model>;
        let model = match &self.changes.model {
            Some(model) => model,
            None if self.answers.offline => {
                offline = Arc::new(OfflineModel::new(self.house.courses));
                &offline
            }
            None => &self.house.model,
        };
        let set_aside = self.set_aside(model.most(request)).await?;
        let answer = model.complete(request, None).await;
        if let Some(set_aside) = set_aside {
            let usage = answer.as_ref().map_or_else(|failure| failure.usage, |response| response.usage);
            let settled = set_aside.settle(Spent::Micros(usage.cost_micros), &*self.house.clock).await;
            settled.map_err(|error| End::Unknown(error.to_string()))?;
        }
        Ok(answer)
    }

    /// What a person has stopped asks nobody anything, for a replay neither.
    async fn not_stopped(&self) -> Result<(), Stop> {
        let breakers = &self.house.breakers;
        match breakers.heard(|| breakers.of_agent(self.store.id(), &self.past.run.agent)).await {
            Some(stop) => Err(End::Unknown(format!("no model is asked: {}", stop.words()))),
            None => Ok(()),
        }
    }

    async fn set_aside(&self, most: i64) -> Result<Option<SetAside>, Stop> {
        let means = (&*self.house.budgets, &*self.house.clock, &*self.house.ids);
        SetAside::of(self.store, means, SPENDER, most).await.map_err(|error| {
            let why = match error {
                CommitError::Exhausted { why, .. } => why,
                other => other.to_string(),
            };
            End::Unknown(format!("no model is asked: {why}"))
        })
    }

    /// What others say of a reply that its sources leave in doubt: as it was where the doubts are the same.
    async fn look_again(&mut self) -> Result<(), Stop> {
        let doubts = match self.agent.doubts(&self.view()) {
            Ok(Some(doubts)) => doubts,
            // An agent that cannot read its journal says so when it is asked for its next step.
            Ok(None) | Err(_) => return Ok(()),
        };
        let anchor = self.steps.len() as i64 - 1;
        let digest = Digest::of(&doubts);
        let was = self.past.steps.iter().find(|step| {
            matches!(step.body, StepBody::Checked { .. }) && step.input_digest.as_ref() == Some(&digest)
        });
        if let Some(was) = was
            && let StepBody::Checked { opinions, .. } = &was.body
        {
            self.push_as(was, StepBody::Checked { anchor, opinions: opinions.clone() });
            return Ok(());
        }
        self.look_anew(anchor, doubts).await
    }

    async fn look_anew(&mut self, anchor: i64, doubts: Doubts) -> Result<(), Stop> {
        let look = &self.house.second_look;
        if look.is_off() || self.answers.offline {
            return Ok(());
        }
        self.not_stopped().await?;
        let set_aside = self.set_aside(look.most(&doubts)).await?;
        let looked = look.look(self.store.id(), &doubts).await;
        if let Some(set_aside) = set_aside {
            let spent = looked.usage.map_or(Spent::Unknown, |usage| Spent::Micros(usage.cost_micros));
            let settled = set_aside.settle(spent, &*self.house.clock).await;
            settled.map_err(|error| End::Unknown(error.to_string()))?;
        }
        self.usage.add(looked.usage.unwrap_or_default());
        if looked.opinions.is_empty() && looked.prompt.is_none() {
            return Ok(());
        }
        self.push(StepBody::Checked { anchor, opinions: looked.opinions });
        Ok(())
    }
}
