//! Rules with their conditions compiled, and the facts they are evaluated on.

use std::sync::Arc;

use cel::{Context, Env, Program, Value};
use domain::{
    confidence::Band,
    policy::{Answer, AskTerms, Rule, Then},
};

use super::{GateError, Matter};

pub(super) struct CompiledRule {
    pub(super) name: String,
    condition: Option<Program>,
    then: Then,
    why: String,
    ask: Option<AskTerms>,
}

impl CompiledRule {
    pub(super) fn compile(rule: &Rule) -> Result<Self, GateError> {
        let condition =
            rule.when.as_deref().map(Program::compile).transpose().map_err(|error| {
                GateError::Invalid(format!("the condition of rule `{}`: {error}", rule.name))
            })?;
        if let Some(terms) = &rule.ask {
            check_terms(&rule.name, terms)?;
        }
        Ok(Self { name: rule.name.clone(), condition, then: rule.then, why: rule.why.clone(), ask: rule.ask })
    }

    /// `context` is what [`Facts::context`] made of the call.
    pub(super) fn matches(&self, context: &Result<Context<'_, '_>, String>) -> Result<bool, String> {
        let Some(condition) = &self.condition else { return Ok(true) };
        match condition.execute(context.as_ref().map_err(String::clone)?) {
            Ok(Value::Bool(answer)) => Ok(answer),
            Ok(_) => Err("it does not say true or false".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    pub(super) fn answer(&self, default: &AskTerms) -> Answer {
        match self.then {
            Then::Run => Answer::Run,
            Then::Ask => Answer::Ask { terms: self.ask.unwrap_or(*default), why: self.why.clone() },
            Then::Refuse => Answer::Refuse { why: self.why.clone() },
        }
    }
}

pub(super) fn check_terms(name: &str, terms: &AskTerms) -> Result<(), GateError> {
    if !(1..=3).contains(&terms.quorum) {
        return Err(GateError::Invalid(format!("`{name}`: quorum must be 1 to 3")));
    }
    if !(1..=43_200).contains(&terms.ttl_minutes) {
        return Err(GateError::Invalid(format!("`{name}`: ttl_minutes must be 1 to 43200 (30 days)")));
    }
    Ok(())
}

/// The variables of a condition.
pub(super) struct Facts {
    text: [(&'static str, String); 7],
    confidence: f64,
    amount: Result<i64, String>,
    args: serde_json::Value,
    carries: Vec<&'static str>,
    edited: bool,
}

impl Facts {
    pub(super) fn of(matter: &Matter<'_>) -> Self {
        let band = match matter.confidence.band(&matter.thresholds) {
            Band::Auto => "auto",
            Band::Draft => "draft",
            Band::Low => "low",
        };
        let amount = match &matter.spec.amount_arg {
            None => Ok(-1),
            Some(name) => match matter.call.args.get(name) {
                None => Ok(-1),
                Some(value) => value
                    .as_i64()
                    .filter(|cents| *cents >= 0)
                    .ok_or_else(|| format!("the amount `{name}` is not a whole number of cents")),
            },
        };
        Self {
            text: [
                ("tool", matter.spec.name.clone()),
                ("risk", matter.spec.risk.as_str().to_owned()),
                ("agent", matter.agent.to_owned()),
                ("channel", matter.channel.to_owned()),
                ("tier", matter.tier.to_owned()),
                ("band", band.to_owned()),
                ("origin", if matter.untrusted().is_empty() { "trusted" } else { "untrusted" }.to_owned()),
            ],
            confidence: f64::from(matter.confidence.score),
            amount,
            args: matter.call.args.clone(),
            carries: matter.carries.iter().map(|one| one.kind.as_str()).collect(),
            edited: matter.edited,
        }
    }

    /// `env` holds CEL's standard library, which is costly to make.
    pub(super) fn context(&self, env: &Arc<Env>) -> Result<Context<'_, '_>, String> {
        let mut context = Context::with_env(Arc::clone(env));
        let bad = |error: &dyn std::fmt::Display| error.to_string();
        for (name, value) in &self.text {
            context.add_variable_from_value(*name, value.as_str());
        }
        context.add_variable_from_value("confidence", self.confidence);
        context.add_variable_from_value("amount", self.amount.clone()?);
        context.add_variable_from_value("edited", self.edited);
        context.add_variable("carries", &self.carries).map_err(|e| bad(&e))?;
        context.add_variable("args", &self.args).map_err(|e| bad(&e))?;
        Ok(context)
    }
}
