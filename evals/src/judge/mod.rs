//! A model that judges an answer by a criterion in words, where a case has one and a judge is configured.
//!
//! It is asked several times and the majority counts. A vote counts when it fits the schema and quotes words that
//! stand in the answer; where too few do, the answer was not judged, which is not a pass. A judge adds what it found
//! to what the other scorers found and takes nothing away, so nothing that failed passes by it.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use anyhow::{Context as _, ensure};
use domain::{
    Clock, Ids,
    model::{Facts, Model, ModelMessage, ModelRequest, OutputSchema, Strength},
};
use minijinja::{Environment, UndefinedBehavior, context, value::Serde};
use orchestrator::{breakers::Outside, config::Config, models, system::SystemIds};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{clock::EvalClock, record::Spent, score::Finding};

const PROMPT: &str = include_str!("prompt.md");
/// How often it is asked unless somebody says otherwise: odd, so that there is a majority.
pub const TIMES: u32 = 3;
const MAX_OUTPUT_TOKENS: u32 = 400;

pub struct Judge {
    model: Arc<dyn Model>,
    times: u32,
    /// For the results.
    name: String,
}

/// Something that was said before the answer.
#[derive(Clone, Debug, Serialize)]
pub struct Said {
    pub who: String,
    pub text: String,
}

/// What a majority says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    Met,
    /// With the words and the reason of one who says so.
    NotMet {
        quote: String,
        why: String,
    },
    /// Why there is no majority.
    NotJudged {
        why: String,
    },
}

/// One vote.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Vote {
    verdict: Verdict,
    quote: String,
    why: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Met,
    NotMet,
}

fn schema() -> OutputSchema {
    let text = || json!({ "type": "string" });
    let schema = json!({
        "type": "object",
        "properties": {
            "quote": text(),
            "verdict": { "type": "string", "enum": ["met", "not_met"] },
            "why": text(),
        },
        "required": ["quote", "verdict", "why"],
        "additionalProperties": false,
    });
    OutputSchema { name: "verdict".to_owned(), schema: Arc::new(schema) }
}

impl Judge {
    /// The first model of a configuration that can answer; the offline model cannot judge.
    pub fn configured(config: &Config, times: u32) -> anyhow::Result<Self> {
        let mut configured = config.models.clone();
        configured.offline_fallback = false;
        ensure!(!configured.providers.is_empty(), "the judge's configuration names no provider of models");
        let names: Vec<String> =
            configured.providers.iter().map(|one| format!("{}:{}", one.name, one.strong)).collect();
        let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(EvalClock::new()), Arc::new(SystemIds));
        let outside = Outside::alone(Arc::clone(&clock), Arc::clone(&ids), &config.breakers, &configured);
        // It is another house's model like any, and is shown no more than those.
        let protections = config.guards.protections()?;
        let courses = config.knowledge.answering;
        let model = models::build(&configured, courses, &protections, &Arc::new(outside), clock, ids)?;
        Ok(Self { model, times: times.max(1), name: names.join("+") })
    }

    pub fn name(&self) -> String {
        format!("{} of {}", self.name, self.times)
    }

    fn request(&self, criterion: &str, before: &[Said], told: &str) -> anyhow::Result<ModelRequest> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.add_template("prompt.md", PROMPT).context("the judge's prompt")?;
        let text = environment.get_template("prompt.md")?.render(context! {
            criterion => criterion, conversation => Serde(before), told => told,
        })?;
        Ok(ModelRequest {
            workspace: None,
            purpose: "eval.judge".to_owned(),
            strength: Strength::Strong,
            messages: vec![ModelMessage::User { text }],
            tools: Arc::default(),
            output_schema: Some(schema()),
            max_output_tokens: MAX_OUTPUT_TOKENS,
            prompt: "eval/judge@1".to_owned(),
            facts: Facts::default(),
        })
    }

    /// Judges what was told. What it cost is added, whatever came of it.
    pub async fn judge(
        &self,
        criterion: &str,
        before: &[Said],
        told: &str,
        spent: &mut Spent,
    ) -> anyhow::Result<Judgement> {
        if told.trim().is_empty() {
            return Ok(Judgement::NotJudged { why: "nothing was told".to_owned() });
        }
        let request = self.request(criterion, before, told)?;
        let (mut met, mut not_met, mut invalid): (u32, Vec<Vote>, Vec<String>) = (0, Vec::new(), Vec::new());
        for _ in 0..self.times {
            let vote = match self.model.complete(&request, None).await {
                Ok(response) => {
                    spent.judge_micros += response.usage.cost_micros;
                    spent.judge_tokens += response.usage.tokens_in + response.usage.tokens_out;
                    vote(response.text.as_deref().unwrap_or_default(), told)
                }
                Err(failure) => {
                    spent.judge_micros += failure.usage.cost_micros;
                    spent.judge_tokens += failure.usage.tokens_in + failure.usage.tokens_out;
                    Err(failure.error.to_string())
                }
            };
            match vote {
                Ok(Vote { verdict: Verdict::Met, .. }) => met += 1,
                Ok(vote) => not_met.push(vote),
                Err(why) => invalid.push(why),
            }
        }
        let most = |votes: usize| votes * 2 > self.times as usize;
        if most(met as usize) {
            return Ok(Judgement::Met);
        }
        if most(not_met.len())
            && let Some(vote) = not_met.into_iter().next()
        {
            return Ok(Judgement::NotMet { quote: vote.quote, why: vote.why });
        }
        let mut why = format!("there is no majority among {} votes", self.times);
        if let Some(first) = invalid.first() {
            why = format!("{why}: {} could not be counted, the first because {first}", invalid.len());
        }
        Ok(Judgement::NotJudged { why })
    }
}

impl Judgement {
    /// What it means for the case.
    pub fn finding(&self, criterion: &str) -> Option<Finding> {
        match self {
            Self::Met => None,
            Self::NotMet { quote, why } => {
                Some(Finding::of("judge", format!("“{criterion}” is not met by “{quote}”: {why}")))
            }
            Self::NotJudged { why } => {
                Some(Finding::of("judge", format!("not judged by “{criterion}”: {why}")))
            }
        }
    }
}

/// A reply as a vote, if it is one.
fn vote(text: &str, told: &str) -> Result<Vote, String> {
    let value: Value = serde_json::from_str(text).map_err(|_| "it is no JSON".to_owned())?;
    let vote: Vote = serde_json::from_value(value).map_err(|error| format!("it is no verdict: {error}"))?;
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let quote = plain(&vote.quote);
    if quote.is_empty() || !plain(told).contains(&quote) {
        return Err(format!("“{}” does not stand in the answer", vote.quote));
    }
    Ok(vote)
}
