//! Why a call is answered as it is: rule by rule.

use domain::{
    canonical::Digest,
    policy::{Answer, Then},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Gate,
    facts::Call,
    held_to_paper,
    rules::{CLOSED, DEFAULT},
};

/// What a rule made of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    Matched,
    NotMatched,
    /// It could not be evaluated, which refuses.
    Error,
    /// It asks for something that nobody kept of the call.
    Unknown,
}

impl Look {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Matched => "matched",
            Self::NotMatched => "not matched",
            Self::Error => "error",
            Self::Unknown => "unknown",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RuleLook {
    pub rule: String,
    pub when: Option<String>,
    pub then: Then,
    pub look: Look,
    /// What went wrong, or is not known.
    pub why: String,
    /// It is the first that did not pass the call on, so the answer is its.
    pub decides: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PolicyExplanation")]
pub struct Explanation {
    pub policy_version: Digest,
    /// In the order they are tried, those after the one that decides as well.
    pub rules: Vec<RuleLook>,
    /// The rule that decides; `default` when none matches.
    pub rule: String,
    /// Null when it cannot be told.
    pub answer: Option<Answer>,
    /// Why it waits for a person although the rule would let it run.
    pub held_back: Option<String>,
    /// What keeps the answer from being told.
    pub unknown: Option<String>,
}

impl Explanation {
    /// `run`, `ask`, `refuse` or `unknown`.
    pub fn word(&self) -> &'static str {
        self.answer.as_ref().map_or("unknown", Answer::as_str)
    }
}

impl Gate {
    pub fn explain(&self, call: &Call) -> Explanation {
        let context = call.context(&self.env);
        let mut rules = Vec::with_capacity(self.rules.len());
        let mut first = None;
        for (at, rule) in self.rules.iter().enumerate() {
            let missing: Vec<&str> = call.unknown.iter().copied().filter(|name| rule.reads(name)).collect();
            let (look, why) = match rule.matches(&context) {
                Ok(true) => (Look::Matched, String::new()),
                Ok(false) => (Look::NotMatched, String::new()),
                Err(_) if !missing.is_empty() => {
                    (Look::Unknown, format!("nobody kept `{}` of the call", missing.join("`, `")))
                }
                Err(error) => (Look::Error, error),
            };
            let decides = first.is_none() && look != Look::NotMatched;
            if decides {
                first = Some(at);
            }
            let (name, when, then) = (rule.rule.name.clone(), rule.rule.when.clone(), rule.rule.then);
            rules.push(RuleLook { rule: name, when, then, look, why, decides });
        }
        let deciding = first.and_then(|at| Some((rules.get(at)?, self.rules.get(at)?)));
        let policy_version = self.version.clone();
        let unknown = deciding.filter(|(look, _)| look.look == Look::Unknown);
        if let Some((look, _)) = unknown {
            let (rule, why) = (look.rule.clone(), format!("the rule `{}`: {}", look.rule, look.why));
            return Explanation {
                policy_version,
                rules,
                rule,
                answer: None,
                held_back: None,
                unknown: Some(why),
            };
        }
        let answer = match (&self.closed, deciding) {
            (Some(why), _) => Answer::Refuse { why: why.clone() },
            (None, None) => self.no_match(),
            (None, Some((look, rule))) => match look.look {
                Look::Matched => rule.answer(&self.policy.default),
                _ => unevaluated(&look.rule, &look.why),
            },
        };
        let rule = match (&self.closed, deciding) {
            (Some(_), _) => CLOSED.to_owned(),
            (None, None) => DEFAULT.to_owned(),
            (None, Some((look, _))) => look.rule.clone(),
        };
        let runs = answer == Answer::Run;
        let (answer, held_back) = match call.held().filter(|_| runs) {
            Some(why) => (Answer::Ask { terms: self.policy.default.clone(), why: why.clone() }, Some(why)),
            None => (answer, None),
        };
        let answer = match held_to_paper(call, &answer) {
            Some(why) => Answer::Refuse { why: why.to_owned() },
            None => answer,
        };
        Explanation { policy_version, rules, rule, answer: Some(answer), held_back, unknown: None }
    }
}

pub(super) fn unevaluated(rule: &str, why: &str) -> Answer {
    Answer::Refuse { why: format!("the rule `{rule}` cannot be evaluated: {why}") }
}
