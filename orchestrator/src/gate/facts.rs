//! The variables of a condition: what a call is judged on.

use std::{collections::BTreeSet, sync::Arc};

use cel::{Context, Env};
use domain::{
    autonomy::Level,
    confidence::Band,
    credit::MICROS,
    leaving::{self, Carried, CarriedKind},
    policy::{Facts, Trust},
    suspicion::{self, Suspicion},
    tool::Risk,
};
use serde_json::Value;

use super::Matter;

/// What conditions may name. `args` stands for the arguments, the others for fields of [`Facts`].
pub const VARIABLES: [&str; 19] = [
    "agent",
    "amount",
    "args",
    "autonomy",
    "band",
    "carries",
    "channel",
    "confidence",
    "edited",
    "findings",
    "groundedness",
    "hour",
    "intent",
    "origin",
    "risk",
    "spend",
    "tier",
    "tool",
    "weekday",
];

pub const BANDS: [(&str, Band); 3] = [("auto", Band::Auto), ("draft", Band::Draft), ("low", Band::Low)];
pub const FINDINGS: [&str; 6] = ["link", "secret", "prompt", UNSUPPORTED, CONTRADICTION, INJECTION];
const ON_PAPER: &str = "on the ladder of autonomy this is done on paper alone: it is written down for comparison, and a \
    person does the work, so hand it over";
/// What `autonomy` is where the ladder says nothing.
pub const NOT_ON_LADDER: &str = "none";
pub const UNSUPPORTED: &str = "unsupported_values";
pub const CONTRADICTION: &str = "contradiction";
pub const INJECTION: &str = "injection";

/// Why a call waits for a person although a rule would let it run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Holds {
    /// It is a person's to decide.
    pub always_asks: bool,
    /// Protected arguments that nobody trusted gave.
    pub untrusted: Vec<String>,
    pub carries: Vec<Carried>,
    /// Values that no source carries.
    pub stops: Vec<String>,
    /// What the run has read that sounds like an order to the agent.
    pub suspicions: Vec<Suspicion>,
}

/// A call as the rules see it: imagined, past, or one that is judged now.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub facts: Facts,
    pub args: Value,
    pub holds: Holds,
    /// Variables whose value nobody kept.
    pub unknown: BTreeSet<&'static str>,
}

impl Matter<'_> {
    /// The protected arguments that rest on nothing that is trusted.
    fn untrusted(&self) -> Vec<String> {
        let given = |name: &&String| self.call.args.get(*name).is_some_and(|value| !value.is_null());
        let trusted = |name: &String| {
            self.origins.iter().any(|origin| origin.argument == *name && origin.kind.is_trusted())
        };
        self.spec.protected.iter().filter(given).filter(|name| !trusted(name)).cloned().collect()
    }
}

impl Call {
    pub fn of(matter: &Matter<'_>) -> Self {
        let untrusted = matter.untrusted();
        let amount = match matter.spec.amount_arg.as_ref().and_then(|name| matter.call.args.get(name)) {
            None => Some(-1),
            Some(value) => value.as_i64().filter(|cents| *cents >= 0),
        };
        let confidence = matter.confidence;
        let reason = |name: &str| confidence.reasons.iter().find(|reason| reason.name == name);
        let carries: Vec<CarriedKind> = matter.carries.iter().map(|one| one.kind).collect();
        let mut findings: BTreeSet<&str> = carries.iter().map(|kind| kind.as_str()).collect();
        if !confidence.stops.is_empty() {
            findings.insert(UNSUPPORTED);
        }
        findings.extend(reason(CONTRADICTION).map(|_| CONTRADICTION));
        if !matter.suspicions.is_empty() {
            findings.insert(INJECTION);
        }
        let (hour, weekday) = matter.now.hour_and_weekday();
        let facts = Facts {
            tool: matter.spec.name.clone(),
            risk: matter.spec.risk,
            agent: matter.agent.to_owned(),
            channel: matter.channel.to_owned(),
            tier: matter.tier.to_owned(),
            band: confidence.band(&matter.thresholds),
            confidence: confidence.score,
            groundedness: reason("groundedness").map_or(-1.0, |reason| reason.score),
            amount,
            edited: matter.edited,
            origin: if untrusted.is_empty() { Trust::Trusted } else { Trust::Untrusted },
            carries,
            findings: findings.into_iter().map(str::to_owned).collect(),
            hour,
            weekday: weekday.to_owned(),
            intent: matter.intent.map(str::to_owned),
            spend: Some(matter.spent_micros as f64 / MICROS as f64),
            // What can be undone is no matter of the ladder: a note, a tag, handing the ticket to a person.
            autonomy: matter.level.filter(|_| matter.spec.risk > Risk::Reversible),
        };
        let holds = Holds {
            always_asks: matter.spec.always_asks,
            untrusted,
            carries: matter.carries.to_vec(),
            stops: confidence.stops.clone(),
            suspicions: matter.suspicions.to_vec(),
        };
        Self { facts, args: matter.call.args.clone(), holds, unknown: BTreeSet::new() }
    }

    /// `env` holds CEL's standard library, which is costly to make. What is unknown is not there.
    pub(super) fn context(&self, env: &Arc<Env>) -> Result<Context<'_, '_>, String> {
        let mut context = Context::with_env(Arc::clone(env));
        let facts = &self.facts;
        let amount = facts.amount.ok_or("the amount is not a whole number of cents")?;
        let texts = [
            ("tool", facts.tool.as_str()),
            ("risk", facts.risk.as_str()),
            ("agent", &facts.agent),
            ("channel", &facts.channel),
            ("tier", &facts.tier),
            ("band", band(facts.band)),
            ("origin", facts.origin.as_str()),
            ("weekday", &facts.weekday),
            ("autonomy", facts.autonomy.map_or(NOT_ON_LADDER, Level::as_str)),
        ];
        let known = |name: &str| !self.unknown.contains(name);
        if let Some(intent) = facts.intent.as_deref().filter(|_| known("intent")) {
            context.add_variable_from_value("intent", intent);
        }
        if let Some(spend) = facts.spend.filter(|_| known("spend")) {
            context.add_variable_from_value("spend", spend);
        }
        for (name, value) in texts.into_iter().filter(|(name, _)| known(name)) {
            context.add_variable_from_value(name, value);
        }
        let numbers = [("confidence", facts.confidence), ("groundedness", facts.groundedness)];
        for (name, value) in numbers.into_iter().filter(|(name, _)| known(name)) {
            context.add_variable_from_value(name, share(value));
        }
        for (name, value) in [("amount", amount), ("hour", i64::from(facts.hour))] {
            if known(name) {
                context.add_variable_from_value(name, value);
            }
        }
        if known("edited") {
            context.add_variable_from_value("edited", facts.edited);
        }
        let bad = |error: &dyn std::fmt::Display| error.to_string();
        if known("carries") {
            let carries: Vec<&str> = facts.carries.iter().map(|kind| kind.as_str()).collect();
            context.add_variable("carries", &carries).map_err(|e| bad(&e))?;
        }
        if known("findings") {
            context.add_variable("findings", &facts.findings).map_err(|e| bad(&e))?;
        }
        context.add_variable("args", &self.args).map_err(|e| bad(&e))?;
        Ok(context)
    }

    /// Why it does not run by itself whatever a rule says.
    pub(super) fn held(&self) -> Option<String> {
        let holds = &self.holds;
        if holds.always_asks {
            return Some("this is a person's to decide, whatever the policy lets run".to_owned());
        }
        if self.facts.risk == Risk::Read {
            return None;
        }
        if !holds.untrusted.is_empty() {
            return Some(format!(
                "no record of the customer and no person gave `{}`, so it does not run by itself",
                holds.untrusted.join("`, `")
            ));
        }
        if !holds.carries.is_empty() {
            return Some(leaving::words(&holds.carries));
        }
        if !holds.stops.is_empty() {
            let stops = holds.stops.join("”, “");
            return Some(format!("no source carries “{stops}”, so it does not go out by itself"));
        }
        // What can be undone may be done: a note, a tag, handing the ticket to a person.
        if !holds.suspicions.is_empty() && self.facts.risk != Risk::Reversible {
            return Some(suspicion::words(&holds.suspicions));
        }
        match self.facts.autonomy.filter(|_| self.facts.risk > Risk::Reversible) {
            None | Some(Level::Act) => None,
            Some(Level::Shadow) => Some(ON_PAPER.to_owned()),
            Some(Level::Draft) => {
                Some("on the ladder of autonomy this is a draft, which a person finishes".to_owned())
            }
            Some(Level::Ask) => Some(
                "on the ladder of autonomy this is asked, or it is less sure than what may act by itself"
                    .to_owned(),
            ),
        }
    }

    /// Why it is written down and not done, nor put before a person: at the lowest rung people do the work.
    pub(super) fn on_paper(&self) -> Option<&'static str> {
        (self.facts.autonomy == Some(Level::Shadow) && self.facts.risk > Risk::Reversible).then_some(ON_PAPER)
    }
}

impl Holds {
    /// What facts alone tell: that there is something, not what.
    pub fn of(facts: &Facts, always_asks: bool) -> Self {
        let carried = |kind: &CarriedKind| Carried { kind: *kind, shown: "somewhere".to_owned() };
        Self {
            always_asks,
            untrusted: match facts.origin {
                Trust::Trusted => Vec::new(),
                Trust::Untrusted => vec!["a protected argument".to_owned()],
            },
            carries: facts.carries.iter().map(carried).collect(),
            stops: match facts.findings.iter().any(|finding| finding == UNSUPPORTED) {
                true => vec!["a value of it".to_owned()],
                false => Vec::new(),
            },
            suspicions: match facts.findings.iter().any(|finding| finding == INJECTION) {
                true => vec![Suspicion {
                    place: "something that was read".to_owned(),
                    quote: "…".to_owned(),
                    why: String::new(),
                }],
                false => Vec::new(),
            },
        }
    }
}

pub fn band(band: Band) -> &'static str {
    BANDS.into_iter().find(|(_, known)| *known == band).map_or("low", |(word, _)| word)
}

/// Conditions compare with decimals such as 0.8, which no `f32` is; what is no number is nothing to rest on.
fn share(value: f32) -> f64 {
    let rounded = (f64::from(value) * 10_000.0).round() / 10_000.0;
    if rounded.is_finite() { rounded } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use domain::{
        Timestamp,
        canonical::Digest,
        confidence::{Confidence, Reason, Thresholds},
        tool::{ToolCall, ToolSource, ToolSpec},
    };
    use serde_json::json;

    use super::*;
    use crate::gate::Gate;

    fn call(confidence: &Confidence, carries: &[Carried]) -> Call {
        let spec = ToolSpec {
            name: "reply_to_customer".to_owned(),
            version: Digest::of("v"),
            title: String::new(),
            description: String::new(),
            risk: Risk::Outward,
            parameters: json!({}),
            protected: vec!["to".to_owned()],
            compensation: None,
            amount_arg: Some("cents".to_owned()),
            capabilities: vec![],
            source: ToolSource::BuiltIn,
            local: true,
            idempotent: true,
            always_asks: false,
        };
        let args = json!({ "to": "mira@example.com", "cents": 700 });
        Call::of(&Matter {
            call: &ToolCall { id: "c".to_owned(), tool: spec.name.clone(), args },
            spec: &spec,
            agent: "resolution",
            channel: "chat",
            tier: "gold",
            confidence,
            thresholds: Thresholds { auto: 0.75, floor: 0.4 },
            origins: &[],
            carries,
            suspicions: &[],
            edited: false,
            intent: Some("refund"),
            level: Some(Level::Act),
            spent_micros: 250_000,
            now: Timestamp::parse_rfc3339("2025-11-23T22:10:00Z").unwrap(),
        })
    }

    fn reason(name: &str, score: f32) -> Reason {
        Reason { name: name.to_owned(), score, detail: String::new() }
    }

    #[test]
    fn each_variable_says_what_is_known_of_the_call() {
        let reasons = vec![reason("groundedness", 0.8), reason("contradiction", 0.0)];
        let confidence =
            Confidence { stops: vec!["60 days".to_owned()], ..Confidence::by_rule(0.9, reasons) };
        let carries = [Carried { kind: CarriedKind::Link, shown: "evil.example".to_owned() }];
        let call = call(&confidence, &carries);
        let conditions = [
            "tool == 'reply_to_customer' && risk == 'outward' && agent == 'resolution'",
            "channel == 'chat' && tier == 'gold' && band == 'low' && confidence == 0.9",
            "groundedness >= 0.8 && groundedness <= 0.8",
            "amount == 700 && args.to.endsWith('example.com') && !edited && origin == 'untrusted'",
            "carries == ['link'] && findings == ['contradiction', 'link', 'unsupported_values']",
            "hour == 22 && weekday == 'sunday'",
            "intent == 'refund' && spend == 0.25 && autonomy == 'act'",
        ];
        for condition in conditions {
            let text = format!(
                "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 5\n\
                 [[rule]]\nname = \"it\"\nwhen = \"{condition}\"\nthen = \"refuse\"\n"
            );
            assert_eq!(Gate::parse(&text).unwrap().explain(&call).rule, "it", "{condition}");
        }
        assert_eq!(call.holds.untrusted, ["to"]);
    }

    #[test]
    fn what_is_no_number_is_nothing_to_rest_on() {
        let call = call(&Confidence::by_rule(f32::NAN, Vec::new()), &[]);
        let text = "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 5\n\
                    [[rule]]\nname = \"unsure\"\nwhen = \"confidence < 0.1 && groundedness == -1.0\"\nthen = \"refuse\"\n";
        assert_eq!(Gate::parse(text).unwrap().explain(&call).rule, "unsure");
    }

    #[test]
    fn every_variable_is_there_unless_it_is_unknown() {
        let mut call = call(&Confidence::by_rule(1.0, Vec::new()), &[]);
        let gate = |name: &str| {
            Gate::parse(&format!(
                "[default]\nrole = \"reviewer\"\nquorum = 1\nttl_minutes = 5\n\
                 [[rule]]\nname = \"it\"\nwhen = \"[{name}].size() == 1\"\nthen = \"run\"\n"
            ))
            .unwrap()
        };
        for name in VARIABLES {
            assert_eq!(gate(name).explain(&call).rule, "it", "{name}");
        }
        for name in VARIABLES.into_iter().filter(|name| *name != "args") {
            call.unknown = BTreeSet::from([name]);
            assert_eq!(gate(name).explain(&call).answer, None, "{name}");
        }
    }
}
