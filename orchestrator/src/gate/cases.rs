//! Calls that somebody imagines, and cases of a policy: what must become of which call.

use std::collections::BTreeSet;

use domain::{
    autonomy::Level,
    confidence::{Band, Thresholds},
    leaving::CarriedKind,
    policy::{Answer, Facts, Then, Trust},
    tool::Risk,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Gate, GateError,
    check::World,
    facts::{Call, FINDINGS, Holds},
    imagined::WEEKDAYS,
};

/// Cases of a file.
const MAX_CASES: usize = 1_000;

/// A call that somebody imagines. What is left out is harmless: a certain agent, trusted arguments, nothing
/// found, noon on a Wednesday.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ImaginedCall {
    pub tool: String,
    /// As the tool says when there is such a tool.
    pub risk: Option<Risk>,
    /// `resolution` unless it is said.
    pub agent: Option<String>,
    pub channel: Option<String>,
    pub tier: Option<String>,
    /// As the agent's thresholds say of the confidence.
    pub band: Option<Band>,
    /// 0 to 1.
    pub confidence: Option<f32>,
    pub groundedness: Option<f32>,
    /// Cents; as the arguments say when the tool says which holds it.
    pub amount: Option<i64>,
    pub args: Map<String, Value>,
    pub edited: bool,
    pub origin: Option<Trust>,
    pub carries: Vec<CarriedKind>,
    pub findings: Vec<String>,
    /// 0 to 23.
    pub hour: Option<i8>,
    pub weekday: Option<String>,
    /// The procedure that the customer asks for.
    pub intent: Option<String>,
    /// Credits that the run has cost.
    pub spend: Option<f64>,
    /// Where it stands on the ladder of autonomy; nowhere unless it is said.
    pub autonomy: Option<Level>,
}

impl ImaginedCall {
    /// The error says what does not fit.
    pub fn call(&self, world: &World) -> Result<Call, String> {
        if self.tool.is_empty() {
            return Err("say which tool is called".to_owned());
        }
        let spec = world.tool(&self.tool);
        let risk = match (self.risk, spec) {
            (Some(risk), _) => risk,
            (None, Some(spec)) => spec.risk,
            (None, None) => {
                return Err(format!("there is no tool `{}` now, so say its risk as well", self.tool));
            }
        };
        let agent = self.agent.clone().unwrap_or_else(|| "resolution".to_owned());
        let (confidence, band) = self.sureness(world.thresholds(&agent));
        if !(0.0..=1.0).contains(&confidence) {
            return Err("confidence must be 0 to 1".to_owned());
        }
        let groundedness = self.groundedness.unwrap_or(-1.0);
        if groundedness != -1.0 && !(0.0..=1.0).contains(&groundedness) {
            return Err("groundedness must be 0 to 1, or -1 for nothing checked".to_owned());
        }
        let hour = self.hour.unwrap_or(12);
        if !(0..24).contains(&hour) {
            return Err("hour must be 0 to 23".to_owned());
        }
        if self.spend.is_some_and(|credits| !(0.0..=1e12).contains(&credits)) {
            return Err("spend must be a number of credits, 0 or more".to_owned());
        }
        let weekday = self.weekday.clone().unwrap_or_else(|| "wednesday".to_owned());
        if !WEEKDAYS.contains(&weekday.as_str()) {
            return Err(format!("weekday must be one of {}", WEEKDAYS.join(", ")));
        }
        if let Some(odd) = self.findings.iter().find(|finding| !FINDINGS.contains(&finding.as_str())) {
            return Err(format!("there is no finding `{odd}`; there are: {}", FINDINGS.join(", ")));
        }
        let amount = self.amount.or_else(|| {
            let held = spec?.amount_arg.as_ref().and_then(|name| self.args.get(name));
            held.map_or(Some(-1), |value| value.as_i64().filter(|cents| *cents >= 0))
        });
        let amount = if spec.is_none() && self.amount.is_none() { Some(-1) } else { amount };
        let found = self.carries.iter().map(|kind| kind.as_str().to_owned());
        let facts = Facts {
            tool: self.tool.clone(),
            risk,
            agent,
            channel: self.channel.clone().unwrap_or_default(),
            tier: self.tier.clone().unwrap_or_default(),
            band,
            confidence,
            groundedness,
            amount,
            edited: self.edited,
            origin: self.origin.unwrap_or(Trust::Trusted),
            carries: self.carries.clone(),
            findings: found.chain(self.findings.clone()).collect::<BTreeSet<_>>().into_iter().collect(),
            hour,
            weekday,
            intent: Some(self.intent.clone().unwrap_or_default()),
            spend: Some(self.spend.unwrap_or_default()),
            autonomy: self.autonomy.filter(|_| risk > Risk::Reversible),
        };
        let holds = Holds::of(&facts, spec.is_some_and(|spec| spec.always_asks));
        let args = Value::Object(self.args.clone());
        Ok(Call { facts, args, holds, unknown: BTreeSet::new() })
    }

    fn sureness(&self, thresholds: Thresholds) -> (f32, Band) {
        match (self.confidence, self.band) {
            (Some(confidence), band) => (confidence, band.unwrap_or_else(|| thresholds.band(confidence))),
            (None, None) => (1.0, thresholds.band(1.0)),
            (None, Some(Band::Auto)) => (thresholds.auto, Band::Auto),
            (None, Some(Band::Draft)) => (thresholds.floor, Band::Draft),
            (None, Some(Band::Low)) => (0.0, Band::Low),
        }
    }
}

/// What must become of a call.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    pub call: ImaginedCall,
    pub expect: Then,
    /// The rule that must decide; `default` for none.
    #[serde(default)]
    pub rule: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    #[serde(rename = "case")]
    cases: Vec<Case>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    pub name: String,
    pub passed: bool,
    pub expected: String,
    pub got: String,
    /// Why, when it is not what was expected.
    pub why: String,
}

/// Reads a file of cases.
pub fn parse(text: &str) -> Result<Vec<Case>, GateError> {
    let cases: Cases = toml::from_str(text).map_err(|error| GateError::Cases(error.to_string()))?;
    match cases.cases.len() {
        0 => Err(GateError::Cases("there is no case".to_owned())),
        n if n > MAX_CASES => Err(GateError::Cases(format!("there are {n} cases and may be {MAX_CASES}"))),
        _ => Ok(cases.cases),
    }
}

impl Gate {
    pub fn try_case(&self, case: &Case, world: &World) -> Outcome {
        let named = |word: &str, rule: &Option<String>| match rule {
            Some(rule) => format!("{word} by {rule}"),
            None => word.to_owned(),
        };
        let expected = named(case.expect.as_str(), &case.rule);
        let name = case.name.clone();
        let call = match case.call.call(world) {
            Ok(call) => call,
            Err(why) => return Outcome { name, passed: false, expected, got: "error".to_owned(), why },
        };
        let explained = self.explain(&call);
        let drafts = explained.held_back.is_none()
            && explained.rules.iter().any(|look| look.decides && look.then == Then::Draft);
        let word = match explained.word() {
            "ask" if drafts => "draft",
            word => word,
        };
        let as_expected = word == case.expect.as_str() || (word == "draft" && case.expect == Then::Ask);
        let by_rule = case.rule.as_ref().is_none_or(|rule| *rule == explained.rule);
        let why = match explained.answer {
            Some(Answer::Ask { why, .. } | Answer::Refuse { why }) => why,
            Some(Answer::Run) | None => String::new(),
        };
        let got = named(word, &Some(explained.rule));
        Outcome { name, passed: as_expected && by_rule, expected, got, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::DEFAULT_POLICY;

    #[test]
    fn a_case_says_what_became_of_its_call() {
        let cases = parse(
            "[[case]]\nname = \"small\"\nexpect = \"ask\"\nrule = \"money_or_final\"\n\
             call = { tool = \"refund\", risk = \"irreversible\", amount = 900 }\n\
             [[case]]\nname = \"large\"\nexpect = \"run\"\n\
             call = { tool = \"refund\", risk = \"irreversible\", amount = 90000 }\n\
             [[case]]\nname = \"draft\"\nexpect = \"draft\"\n\
             call = { tool = \"reply_to_customer\", risk = \"outward\", band = \"draft\" }\n\
             [[case]]\nname = \"no risk\"\nexpect = \"run\"\ncall = { tool = \"refund\" }\n",
        )
        .unwrap();
        let gate = Gate::parse(DEFAULT_POLICY).unwrap();
        let world = World::default();
        let outcomes: Vec<Outcome> = cases.iter().map(|case| gate.try_case(case, &world)).collect();
        assert!(outcomes[0].passed, "{outcomes:?}");
        assert!(!outcomes[1].passed && outcomes[1].got == "ask by large_amount", "{outcomes:?}");
        assert!(!outcomes[3].passed && outcomes[3].why.contains("say its risk"), "{outcomes:?}");
    }

    #[test]
    fn a_misspelt_fact_is_no_fact() {
        for bad in [
            "[[case]]\nname = \"x\"\nexpect = \"run\"\ncall = { tool = \"t\", amuont = 1 }\n",
            "[[case]]\nname = \"x\"\nexpect = \"maybe\"\ncall = { tool = \"t\" }\n",
            "",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
