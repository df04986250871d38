//! What a case is: what a customer says and a reviewer decides, and what must come of each.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail, ensure};
use domain::{Timestamp, canonical::Digest, ticket::Visibility};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A conversation. In what is said and expected, `{order}`, `{total}`, `{item}` and `{email}` stand for the
/// order's number, what it cost in the shop's words (`349.00 EUR`), its first item and the customer's address;
/// `{NAME}`, `{NAME.total}` and `{NAME.item}` for those of another order of the case.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique in its suite.
    pub name: String,
    /// What it tries: `ambiguous`, `angry`, `adversarial`, …
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// A failure fails the whole evaluation, whatever the others do.
    #[serde(default, skip_serializing_if = "is_false")]
    pub critical: bool,
    /// Why the offline model gets it wrong, where it does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Who writes; without it a visitor whom nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<From>,
    /// The order it is about, made for this case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderFixture>,
    /// Further orders, by the names that the case gives them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub also: BTreeMap<String, OrderFixture>,
    /// Records that tools gave in the conversation that the case was made of. The shop has those orders in their place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<Read>,
    /// When that was: what the records say of times moves with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Articles that are there in this case alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub knowledge: Vec<Article>,
    pub turns: Vec<Turn>,
    #[serde(default, skip_serializing_if = "Ceilings::are_none")]
    pub most: Ceilings,
}

/// Who writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// A customer made for this case, to whom its orders belong.
    Owner,
    Email(String),
}

/// An order of the demo shop: one that is there, or one as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OrderFixture {
    State(State),
    Seeded { number: String },
    Made(Box<Wanted>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    pub state: State,
    /// It belongs to somebody else than the case's customer.
    #[serde(default)]
    pub foreign: bool,
    /// Days since it was delivered, or placed where it has not been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// What it cost, as one item.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cents: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<String>,
    /// What of it has been paid back.
    #[serde(default)]
    pub refunded_cents: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Processing,
    Shipped,
    /// Within the days in which it may be sent back.
    Delivered,
    /// After them.
    DeliveredLongAgo,
    Cancelled,
    Refunded,
}

/// What a tool gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Read {
    pub tool: String,
    pub args: Value,
    pub answer: Value,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Article {
    pub slug: String,
    pub visibility: Visibility,
    /// Markdown, with its title as the first heading.
    pub text: String,
}

/// What a case may take at most, over all its turns. What is left out is not limited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceilings {
    /// Steps in the journals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steps: Option<i64>,
    /// Millionths of a credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<i64>,
}

impl Ceilings {
    fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Its own, and another's where it has none.
    pub fn or(self, other: Self) -> Self {
        Self { steps: self.steps.or(other.steps), cost_micros: self.cost_micros.or(other.cost_micros) }
    }
}

/// One thing that happens, and what must come of it. Exactly one of `says`, `approves`, `edits`, `rejects`,
/// `responds` and `hours`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// The customer writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    /// A reviewer approves what waits.
    #[serde(default, skip_serializing_if = "is_false")]
    pub approves: bool,
    /// A reviewer approves it with these arguments in the place of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edits: Option<Map<String, Value>>,
    /// A reviewer rejects it for this reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejects: Option<String>,
    /// A reviewer tells the agent something instead of deciding.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responds: Option<String>,
    /// Nobody does anything for so many hours of the service's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hours: Option<u32>,
    #[serde(default)]
    pub expects: Expectation,
}

/// What must come of a turn. What is left out is not looked at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// How things must stand: one, or one of several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<OneOrMore<Standing>>,
    /// Each must stand in what the customer was told in this turn, in whatever case; of a list one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contains: Vec<OneOrMore<String>>,
    /// None may stand there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacks: Vec<String>,
    /// Numbers that must be told, to a thousandth of each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<f64>,
    /// A model answer that what was told must come near.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<Like>,
    /// A text that neither what was told nor a reply that waits may come near.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlike: Option<Unlike>,
    /// Slugs of articles of which one must be among the sources.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cites: Option<OneOrMore<String>>,
    /// Every sentence that states something must be carried by the sources, records and messages.
    #[serde(default, skip_serializing_if = "is_false")]
    pub grounded: bool,
    /// What the answer must be, in words, for a model to judge where one is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
    /// Nothing may be promised or done: the wish is declined, asked about or handed over.
    #[serde(default, skip_serializing_if = "is_false")]
    pub refuses: bool,
    /// A call that must wait for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposes: Option<Proposal>,
    /// Tools outside the house whose calls may not wait for a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposes_no: Vec<String>,
    /// Calls that may neither wait for a person nor have been made in the conversation so far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub avoids: Vec<Proposal>,
    /// Every effect outside the house that was done in the conversation so far, by tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done: Option<Vec<String>>,
    /// Calls that must have been made in the conversation so far, in whatever order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<Proposal>,
    /// Fields of orders as the shop has them then: `order` or a name, and what must be in its record.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub records: BTreeMap<String, Map<String, Value>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMore<T> {
    One(T),
    More(Vec<T>),
}

impl<T> OneOrMore<T> {
    pub fn all(&self) -> &[T] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::More(more) => more,
        }
    }

    pub fn all_mut(&mut self) -> &mut [T] {
        match self {
            Self::One(one) => std::slice::from_mut(one),
            Self::More(more) => more,
        }
    }
}

/// A text and how near to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Like {
    pub text: String,
    /// From 0 to 1; [`crate::score::similarity`] says of what.
    pub at_least: f64,
}

/// A text and how near to it at most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Unlike {
    pub text: String,
    /// From 0 to 1; [`crate::score::similarity`] says of what.
    pub at_most: f64,
}

/// How things stand after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Answered,
    Asked,
    HandedOff,
    Nothing,
    /// The run waits for a reviewer.
    Waits,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    pub tool: String,
    /// Arguments that must be among the call's.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub args: Map<String, Value>,
    /// A JSON schema that all its arguments must satisfy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl Case {
    /// Of what is held and what must come of it, whatever is said about it besides.
    pub fn digest(&self) -> Digest {
        Digest::of(&Self { tags: BTreeSet::new(), why: String::new(), ..self.clone() })
    }

    /// Whether it changes what others would see: the articles, orders that are there, or the time.
    pub fn wants_a_desk_of_its_own(&self) -> bool {
        !self.knowledge.is_empty()
            || !self.reads.is_empty()
            || self.turns.iter().any(|turn| turn.hours.is_some())
    }

    /// What the types cannot say.
    pub fn check(&self) -> anyhow::Result<()> {
        ensure!(!self.turns.is_empty(), "it has no turns");
        if matches!(self.from, Some(From::Owner)) && self.order.is_none() && self.also.is_empty() {
            bail!("`from: owner` needs an `order`");
        }
        for name in self.also.keys() {
            ensure!(
                !["order", "total", "item", "email"].contains(&name.as_str()),
                "`also` may not call an order `{name}`"
            );
        }
        for (n, turn) in self.turns.iter().enumerate() {
            let kinds = [
                turn.says.is_some(),
                turn.approves,
                turn.edits.is_some(),
                turn.rejects.is_some(),
                turn.responds.is_some(),
                turn.hours.is_some(),
            ];
            let given = kinds.into_iter().filter(|given| *given).count();
            ensure!(
                given == 1,
                "turn {n} needs exactly one of `says`, `approves`, `edits`, `rejects`, `responds` and `hours`"
            );
            for name in turn.expects.records.keys() {
                ensure!(
                    name == "order" && self.order.is_some() || self.also.contains_key(name),
                    "turn {n} expects something of the order `{name}`, which the case does not have"
                );
            }
            let expected = turn.expects.proposes.iter().chain(&turn.expects.calls);
            for proposal in expected.chain(&turn.expects.avoids) {
                if let Some(schema) = &proposal.schema {
                    jsonschema::validator_for(schema)
                        .map_err(|error| anyhow::anyhow!("turn {n}: its schema is none: {error}"))?;
                }
            }
        }
        ensure!(self.turns[0].says.is_some(), "a conversation begins with what the customer says");
        Ok(())
    }
}

/// The cases of a text: a YAML list, or JSON lines for a name that ends in `.jsonl`.
pub fn parse(name: &str, text: &str) -> anyhow::Result<Vec<Case>> {
    let values: Vec<Value> = if name.ends_with(".jsonl") {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines.map(serde_json::from_str).collect::<Result<_, _>>().context("a line is no JSON")?
    } else {
        serde_yaml_ng::from_str(text).context("it is not a list of cases")?
    };
    let mut cases = Vec::with_capacity(values.len());
    for value in values {
        let name = value["name"].as_str().unwrap_or("without a name").to_owned();
        // By way of JSON: YAML would want `!number NF-1` where `number: NF-1` reads better.
        let case: Case = serde_json::from_value(value).with_context(|| format!("the case `{name}`"))?;
        case.check().with_context(|| format!("the case `{name}`"))?;
        cases.push(case);
    }
    Ok(cases)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_read_from_yaml_and_from_lines_of_json() {
        let yaml = "- name: a\n  order: delivered\n  from: owner\n  turns: [{ says: hi, expects: { outcome: [asked, waits], contains: [x, [y, z]] } }]\n";
        let cases = parse("a.yaml", yaml).unwrap();
        assert_eq!(cases[0].order, Some(OrderFixture::State(State::Delivered)));
        assert_eq!(cases[0].turns[0].expects.contains[1].all().len(), 2);
        let line = serde_json::to_string(&cases[0]).unwrap();
        let again = parse("a.jsonl", &format!("{line}\n\n")).unwrap();
        assert_eq!(again[0].digest(), cases[0].digest());
        let told = Case { why: "known".to_owned(), ..again[0].clone() };
        assert_eq!(told.digest(), cases[0].digest());
        assert_ne!(Case { critical: true, ..told }.digest(), cases[0].digest());
    }

    #[test]
    fn what_cannot_be_held_is_refused_with_its_reason() {
        for (yaml, why) in [
            ("- { name: a, turns: [] }", "no turns"),
            ("- { name: a, turns: [{ approves: true }] }", "begins with"),
            ("- { name: a, turns: [{ says: x, approves: true }] }", "exactly one"),
            ("- { name: a, from: owner, turns: [{ says: x }] }", "needs an `order`"),
            ("- { name: a, turns: [{ says: x, expects: { records: { order: {} } } }] }", "does not have"),
            ("- { name: a, turns: [{ says: x, expects: { outcom: asked } }] }", "outcom"),
        ] {
            let error = format!("{:#}", parse("a.yaml", yaml).unwrap_err());
            assert!(error.contains(why), "{error}");
        }
    }
}
