//! Imagined calls: every combination of what a policy's conditions tell apart.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    autonomy::Level,
    confidence::Thresholds,
    leaving::CarriedKind,
    policy::{Facts, Trust},
    tool::{Risk, ToolSpec},
};
use serde_json::{Map, Value};

use super::{
    conditions::Reads,
    facts::{Call, FINDINGS, Holds, UNSUPPORTED},
};

/// So many are looked at; of more, evenly spread ones.
const MOST: u64 = 6_000;
/// More than anybody pays, in cents.
pub const ANY_AMOUNT: i64 = 100_000_000_000;
/// Tools that one text of a condition may stand for.
const MOST_LIKE: usize = 3;
pub const CHANNELS: [&str; 3] = ["chat", "email", "api"];
pub const WEEKDAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// What there is to call, and who calls.
#[derive(Clone, Debug, Default)]
pub struct World {
    pub tools: Vec<ToolSpec>,
    pub agents: Vec<(String, Thresholds)>,
}

impl World {
    pub fn tool(&self, name: &str) -> Option<&ToolSpec> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// Those of an agent that is not known are the strictest.
    pub fn thresholds(&self, agent: &str) -> Thresholds {
        let known = self.agents.iter().find(|(name, _)| name == agent);
        known.map_or(Thresholds { auto: 1.0, floor: 1.0 }, |(_, thresholds)| *thresholds)
    }
}

#[derive(Clone, Debug)]
struct Callable {
    name: String,
    risk: Risk,
    has_amount: bool,
    always_asks: bool,
}

/// The first of each is the one that a condition should least like to let through.
#[derive(Debug)]
pub(super) struct Imagined {
    tools: Vec<Callable>,
    agents: Vec<(String, Thresholds)>,
    channels: Vec<String>,
    tiers: Vec<String>,
    scores: Vec<f32>,
    groundedness: Vec<f32>,
    amounts: Vec<i64>,
    edited: Vec<bool>,
    origins: Vec<Trust>,
    findings: Vec<Option<&'static str>>,
    hours: Vec<i8>,
    weekdays: Vec<&'static str>,
    intents: Vec<String>,
    spends: Vec<f64>,
    levels: Vec<Option<Level>>,
    args: Vec<Value>,
}

impl Imagined {
    pub fn of<'r>(reads: impl Iterator<Item = &'r Reads> + Clone, world: &World) -> Self {
        let named = |name: &str| reads.clone().any(|reads| reads.variables.contains(name));
        let texts = |name: &str| -> BTreeSet<String> {
            reads.clone().filter_map(|reads| reads.texts.get(name)).flatten().cloned().collect()
        };
        let numbers = |name: &str| -> Vec<f64> {
            reads.clone().filter_map(|reads| reads.numbers.get(name)).flatten().copied().collect()
        };
        let words = |name: &str, all: &[&str], other: &str| -> Vec<String> {
            if !named(name) {
                return vec![other.to_owned()];
            }
            let known = all.iter().map(|word| (*word).to_owned());
            known.chain([other.to_owned()]).chain(texts(name)).collect::<BTreeSet<_>>().into_iter().collect()
        };
        let agents = words("agent", &[], "another_agent");
        let first = world.agents.first().map_or(Thresholds { auto: 0.75, floor: 0.4 }, |(_, t)| *t);
        let agents: Vec<(String, Thresholds)> = agents
            .into_iter()
            .map(|name| {
                let known = world.agents.iter().find(|(known, _)| *known == name);
                let thresholds = known.map_or(first, |(_, thresholds)| *thresholds);
                (name, thresholds)
            })
            .collect();
        let mut scores = vec![0.0];
        if named("confidence") || named("band") {
            scores.extend(agents.iter().flat_map(|(_, t)| [t.floor, f32::midpoint(t.floor, t.auto), t.auto]));
            scores.push(1.0);
            scores.extend(numbers("confidence").into_iter().flat_map(|n| around(n as f32, 0.01)));
        }
        let mut groundedness = vec![-1.0];
        if named("groundedness") {
            groundedness.extend([0.0, 1.0]);
            groundedness.extend(numbers("groundedness").into_iter().flat_map(|n| around(n as f32, 0.01)));
        }
        let mut amounts = vec![ANY_AMOUNT];
        if named("amount") {
            amounts.extend([0, 1, -1]);
            let near = numbers("amount").into_iter().filter(|n| n.abs() < 1e15);
            amounts.extend(near.flat_map(|n| [n as i64 - 1, n as i64, n as i64 + 1]));
        }
        let mut hours = vec![3];
        if named("hour") {
            let near = numbers("hour").into_iter().filter(|n| (0.0..24.0).contains(n));
            hours.extend(near.flat_map(|n| [-1, 0, 1].map(|d| (n as i8 + d).rem_euclid(24))));
            hours.extend([0, 12, 23]);
        }
        let mut spends = vec![0.0];
        if named("spend") {
            spends.push(1e9);
            spends.extend(numbers("spend").into_iter().flat_map(|n| [n - 0.01, n, n + 0.01]));
        }
        let findings = named("findings") || named("carries");
        let both = |name: &str| if named(name) { vec![false, true] } else { vec![false] };
        let origin = |trusted: bool| if trusted { Trust::Trusted } else { Trust::Untrusted };
        Self {
            tools: callable(&texts("tool"), world),
            channels: words("channel", &CHANNELS, ""),
            tiers: words("tier", &["another"], ""),
            agents,
            scores: distinct(scores, |score| score.clamp(0.0, 1.0)),
            groundedness: distinct(groundedness, |share| share.clamp(-1.0, 1.0)),
            amounts: distinct(amounts, |cents| cents.max(-1)),
            edited: both("edited"),
            origins: both("origin").into_iter().map(|untrusted| origin(!untrusted)).collect(),
            findings: match findings {
                true => std::iter::once(None).chain(FINDINGS.map(Some)).collect(),
                false => vec![None],
            },
            hours: distinct(hours, |hour| hour),
            weekdays: if named("weekday") { WEEKDAYS.to_vec() } else { vec!["sunday"] },
            intents: words("intent", &["another"], ""),
            spends: distinct(spends, |credits| credits.max(0.0)),
            levels: match named("autonomy") {
                true => std::iter::once(None).chain(Level::ALL.map(Some)).collect(),
                false => vec![None],
            },
            args: arguments(reads.clone()),
        }
    }

    fn sizes(&self) -> [usize; 16] {
        [
            self.tools.len(),
            self.agents.len(),
            self.channels.len(),
            self.tiers.len(),
            self.scores.len(),
            self.groundedness.len(),
            self.amounts.len(),
            self.edited.len(),
            self.origins.len(),
            self.findings.len(),
            self.hours.len(),
            self.weekdays.len(),
            self.intents.len(),
            self.spends.len(),
            self.levels.len(),
            self.args.len(),
        ]
    }

    /// All combinations that differ.
    pub fn total(&self) -> u64 {
        self.sizes().iter().fold(1, |total: u64, size| total.saturating_mul(*size as u64))
    }

    /// All of them, or so many that are spread evenly.
    pub fn calls(&self) -> impl Iterator<Item = Call> + '_ {
        let total = self.total();
        // A step that shares no divisor with the number comes to each before it comes to one again.
        let spread = (2_654_435_761..2_654_436_761).find(|step| gcd(*step, total) == 1);
        let step = if total > MOST { spread.unwrap_or(1) } else { 1 };
        let at = move |n: u64| (u128::from(n) * u128::from(step) % u128::from(total.max(1))) as u64;
        (0..total.min(MOST)).filter_map(move |n| self.call(at(n)))
    }

    /// None for one that differs from another only in what it does not have.
    fn call(&self, mut number: u64) -> Option<Call> {
        let mut at = [0; 16];
        for (place, size) in at.iter_mut().zip(self.sizes()) {
            *place = (number % size as u64) as usize;
            number /= size as u64;
        }
        let [
            tool,
            agent,
            channel,
            tier,
            score,
            grounded,
            amount,
            edited,
            origin,
            finding,
            hour,
            day,
            rest @ ..,
        ] = at;
        let [intent, spend, level, args] = rest;
        let tool = self.tools.get(tool)?;
        if !tool.has_amount && amount > 0 {
            return None;
        }
        let (agent, thresholds) = self.agents.get(agent)?;
        let finding = *self.findings.get(finding)?;
        let score = *self.scores.get(score)?;
        let band = match finding == Some(UNSUPPORTED) {
            true => domain::confidence::Band::Low,
            false => thresholds.band(score),
        };
        let carries = match finding {
            Some("link") => vec![CarriedKind::Link],
            Some("secret") => vec![CarriedKind::Secret],
            Some("prompt") => vec![CarriedKind::Prompt],
            _ => Vec::new(),
        };
        let facts = Facts {
            tool: tool.name.clone(),
            risk: tool.risk,
            agent: agent.clone(),
            channel: self.channels.get(channel)?.clone(),
            tier: self.tiers.get(tier)?.clone(),
            band,
            confidence: score,
            groundedness: *self.groundedness.get(grounded)?,
            amount: Some(if tool.has_amount { *self.amounts.get(amount)? } else { -1 }),
            edited: *self.edited.get(edited)?,
            origin: *self.origins.get(origin)?,
            carries,
            findings: finding.map(str::to_owned).into_iter().collect(),
            hour: *self.hours.get(hour)?,
            weekday: (*self.weekdays.get(day)?).to_owned(),
            intent: Some(self.intents.get(intent)?.clone()),
            spend: Some(*self.spends.get(spend)?),
            autonomy: self.levels.get(level)?.filter(|_| tool.risk > Risk::Reversible),
        };
        let holds = Holds::of(&facts, tool.always_asks);
        Some(Call { facts, args: self.args.get(args)?.clone(), holds, unknown: BTreeSet::new() })
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn around(n: f32, by: f32) -> [f32; 3] {
    [n - by, n, n + by]
}

/// In their order, each once.
fn distinct<T: PartialEq + Copy>(values: Vec<T>, within: impl Fn(T) -> T) -> Vec<T> {
    let mut kept: Vec<T> = Vec::new();
    for value in values.into_iter().map(within) {
        if !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

/// The tools that conditions name, those that they may mean, and of each risk one that they do not name.
fn callable(named: &BTreeSet<String>, world: &World) -> Vec<Callable> {
    let of = |spec: &ToolSpec| Callable {
        name: spec.name.clone(),
        risk: spec.risk,
        has_amount: spec.amount_arg.is_some(),
        always_asks: spec.always_asks,
    };
    let mut tools: BTreeMap<String, Callable> = BTreeMap::new();
    let effects = || world.tools.iter().filter(|spec| spec.risk != Risk::Read);
    for text in named {
        match world.tool(text) {
            // Reads are not judged.
            Some(spec) if spec.risk == Risk::Read => {}
            Some(spec) => {
                tools.insert(spec.name.clone(), of(spec));
            }
            None => {
                for spec in effects().filter(|spec| spec.name.contains(text.as_str())).take(MOST_LIKE) {
                    tools.insert(spec.name.clone(), of(spec));
                }
                let (name, risk) = (text.clone(), Risk::Outward);
                tools.entry(text.clone()).or_insert(Callable {
                    name,
                    risk,
                    has_amount: true,
                    always_asks: false,
                });
            }
        }
    }
    let mut all: Vec<Callable> = tools.into_values().collect();
    for risk in [Risk::Irreversible, Risk::Outward, Risk::Reversible] {
        let name = format!("another_{}_tool", risk.as_str());
        all.push(Callable { name, risk, has_amount: risk == Risk::Irreversible, always_asks: false });
        let real =
            effects().find(|spec| spec.risk == risk && !all.iter().any(|known| known.name == spec.name));
        all.extend(real.map(of));
    }
    all
}

/// Without arguments, with all that conditions name, and with each value that stands beside one.
fn arguments<'r>(reads: impl Iterator<Item = &'r Reads>) -> Vec<Value> {
    let mut named: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (name, values) in reads.flat_map(|reads| &reads.args) {
        let known = named.entry(name.clone()).or_default();
        for value in values {
            if !known.contains(value) {
                known.push(value.clone());
            }
        }
    }
    let mut all = vec![Value::Object(Map::new())];
    if named.is_empty() {
        return all;
    }
    let whole: Map<String, Value> = named
        .iter()
        .map(|(name, values)| (name.clone(), values.first().cloned().unwrap_or_else(|| "x".into())))
        .collect();
    for (name, values) in &named {
        for value in values.iter().skip(1).cloned().chain(values.first().and_then(another)).take(4) {
            let mut with = whole.clone();
            with.insert(name.clone(), value);
            all.push(Value::Object(with));
        }
    }
    all.push(Value::Object(whole));
    all.truncate(16);
    all
}

/// A value of the same kind that is greater.
fn another(value: &Value) -> Option<Value> {
    match value {
        Value::String(text) => Some(format!("{text} and more").into()),
        Value::Number(number) => number
            .as_i64()
            .map(|n| n.saturating_add(1).into())
            .or_else(|| number.as_f64().map(|n| (n + 0.01).into())),
        Value::Bool(value) => Some((!value).into()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
