//! A policy's rules, compiled.

use std::collections::BTreeSet;

use cel::{Context, Value};
use domain::{
    permission::Permissions,
    policy::{Answer, AskTerms, Policy, Rule, Then},
};

use super::conditions::Condition;

/// Rules of a policy.
const MAX_RULES: usize = 200;
/// Names that answers have which no rule gave.
pub(super) const DEFAULT: &str = "default";
pub(super) const CLOSED: &str = "closed";

/// Something that keeps a policy from being used.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wrong {
    pub rule: Option<String>,
    pub why: String,
}

pub(super) struct CompiledRule {
    pub rule: Rule,
    /// None matches everything.
    pub condition: Option<Condition>,
}

impl CompiledRule {
    /// `context` is what [`super::facts::Call::context`] made of the call.
    pub fn matches(&self, context: &Result<Context<'_, '_>, String>) -> Result<bool, String> {
        let Some(condition) = &self.condition else { return Ok(true) };
        match condition.program.execute(context.as_ref().map_err(String::clone)?) {
            Ok(Value::Bool(answer)) => Ok(answer),
            Ok(_) => Err("it does not say true or false".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    pub fn answer(&self, default: &AskTerms) -> Answer {
        let why = self.rule.why.clone();
        match self.rule.then {
            Then::Run => Answer::Run,
            Then::Draft | Then::Ask => {
                Answer::Ask { terms: self.rule.ask.as_ref().unwrap_or(default).clone(), why }
            }
            Then::Refuse => Answer::Refuse { why },
        }
    }

    pub fn reads(&self, variable: &str) -> bool {
        self.condition.as_ref().is_some_and(|condition| condition.reads.variables.contains(variable))
    }
}

/// Compiles every rule, or says everything that is wrong.
pub(super) fn compile(policy: &Policy) -> Result<Vec<CompiledRule>, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let mut rules = Vec::with_capacity(policy.rules.len());
    let mut names = BTreeSet::new();
    check_terms(None, &policy.default, &mut wrong);
    if policy.rules.len() > MAX_RULES {
        let why = format!("there are {} rules and may be {MAX_RULES}", policy.rules.len());
        wrong.push(Wrong { rule: None, why });
    }
    for rule in &policy.rules {
        let mut say = |why: String| wrong.push(Wrong { rule: Some(rule.name.clone()), why });
        let name = rule.name.as_str();
        if name.is_empty() || name.chars().count() > 100 {
            say("a rule's name has 1 to 100 characters".to_owned());
        } else if [DEFAULT, CLOSED].contains(&name) {
            say("this name is the service's own; give the rule another".to_owned());
        } else if !names.insert(name) {
            say("another rule has the same name; answers could not be told apart".to_owned());
        }
        if rule.ask.is_some() && !matches!(rule.then, Then::Ask | Then::Draft) {
            say(format!("it says whom to ask and does not ask: `then` is `{}`", rule.then.as_str()));
        }
        let condition = rule.when.as_deref().map(Condition::compile).transpose();
        match condition {
            Ok(condition) => rules.push(CompiledRule { rule: rule.clone(), condition }),
            Err(whys) => whys.into_iter().for_each(|why| say(format!("its condition: {why}"))),
        }
        if let Some(terms) = &rule.ask {
            check_terms(Some(&rule.name), terms, &mut wrong);
        }
    }
    if wrong.is_empty() { Ok(rules) } else { Err(wrong) }
}

fn check_terms(rule: Option<&str>, terms: &AskTerms, wrong: &mut Vec<Wrong>) {
    let mut say = |why: String| wrong.push(Wrong { rule: rule.map(str::to_owned), why });
    if !(1..=3).contains(&terms.quorum) {
        say("quorum must be 1 to 3".to_owned());
    }
    if !(1..=43_200).contains(&terms.ttl_minutes) {
        say("ttl_minutes must be 1 to 43200 (30 days)".to_owned());
    }
    if terms.reminder_minutes.is_some_and(|minutes| minutes == 0 || minutes >= terms.ttl_minutes) {
        say("reminder_minutes must be at least 1 and less than ttl_minutes".to_owned());
    }
    if let Some(escalate) = &terms.escalate {
        // What roles of a workspace's own may is not the document's to know.
        let more = match (Permissions::of(&escalate.role), Permissions::of(&terms.role)) {
            (Some(to), Some(from)) => to != from && to.covers(from),
            _ => escalate.role != terms.role,
        };
        if !more {
            let (to, from) = (escalate.role.as_str(), terms.role.as_str());
            say(format!("it escalates to the role {to}, which is not above {from}"));
        }
        if escalate.after_minutes == 0 || escalate.after_minutes >= terms.ttl_minutes {
            say("escalate.after_minutes must be at least 1 and less than ttl_minutes".to_owned());
        }
    }
}
