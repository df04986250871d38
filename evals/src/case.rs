//! What a case is: what the customer says and a reviewer decides, and what must come of each.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A conversation. In what is said and expected, `{order}`, `{email}` and `{total}` stand for the
/// order's number, its customer's address and its total in the shop's words (`349.00 EUR`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Unique over all files.
    pub name: String,
    /// A failure fails the whole evaluation; otherwise it only counts against the cutoff.
    #[serde(default = "yes")]
    pub must: bool,
    /// Why a case that is not a must is not one.
    #[serde(default)]
    pub why: String,
    /// Who writes; without it, a visitor nobody knows.
    #[serde(default)]
    pub from: Option<From>,
    /// The order it is about: one that no other case and no seeded ticket touches.
    #[serde(default)]
    pub order: Option<Wanted>,
    pub turns: Vec<Turn>,
}

/// Who writes.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// The customer of the case's order.
    Owner,
    Email(String),
}

/// Which order a case needs.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    Processing,
    Shipped,
    /// Delivered at most 20 days ago and not paid back.
    Delivered,
    /// Delivered more than 40 days ago.
    DeliveredLongAgo,
    Cancelled,
    Refunded,
    /// This one.
    Number(String),
}

/// One thing that happens, and what must come of it. Exactly one of `says`, `approves` and
/// `rejects`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// The customer writes.
    #[serde(default)]
    pub says: Option<String>,
    /// A reviewer approves what waits.
    #[serde(default)]
    pub approves: bool,
    /// A reviewer rejects what waits, with this reason.
    #[serde(default)]
    pub rejects: Option<String>,
    #[serde(default)]
    pub expects: Expectation,
}

/// What must come of a turn. What is left out is not looked at.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    #[serde(default)]
    pub outcome: Option<Expected>,
    /// Each must stand in what the customer was told in this turn, in whatever case.
    #[serde(default)]
    pub contains: Vec<String>,
    /// None may stand there.
    #[serde(default)]
    pub lacks: Vec<String>,
    /// Slug of an article that must be among the sources.
    #[serde(default)]
    pub cites: Option<String>,
    /// A call that must wait for a person.
    #[serde(default)]
    pub proposes: Option<Proposal>,
    /// Every effect outside the house that was done in the conversation so far, by tool.
    #[serde(default)]
    pub done: Option<Vec<String>>,
}

/// How things stand after a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expected {
    Answered,
    Asked,
    HandedOff,
    Nothing,
    /// The run waits for a reviewer.
    Waits,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proposal {
    pub tool: String,
    /// Arguments that must be among the call's.
    #[serde(default)]
    pub args: Map<String, Value>,
}

fn yes() -> bool {
    true
}

/// Reads one file, or every `*.yaml` of a folder in the order of their names.
pub fn load(path: &Path) -> anyhow::Result<Vec<Case>> {
    let mut files: Vec<PathBuf> = if path.is_dir() {
        let entries = fs::read_dir(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
        paths.into_iter().filter(|file| file.extension().is_some_and(|e| e == "yaml")).collect()
    } else {
        vec![path.to_owned()]
    };
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).with_context(|| format!("{} cannot be read", file.display()))?;
        let read: Vec<Value> = serde_yaml_ng::from_str(&text)
            .with_context(|| format!("{} is not a list of cases", file.display()))?;
        for value in read {
            let name = value["name"].as_str().unwrap_or("without a name").to_owned();
            // By way of JSON: YAML would want `!number NF-1` where `number: NF-1` reads better.
            let case: Case = serde_json::from_value(value)
                .with_context(|| format!("{}: the case `{name}`", file.display()))?;
            cases.push(case);
        }
    }
    ensure!(!cases.is_empty(), "there are no cases in {}", path.display());
    let mut names = BTreeSet::new();
    for case in &cases {
        ensure!(names.insert(&case.name), "two cases are called `{}`; rename one", case.name);
        check(case).with_context(|| format!("the case `{}`", case.name))?;
    }
    Ok(cases)
}

fn check(case: &Case) -> anyhow::Result<()> {
    ensure!(!case.turns.is_empty(), "it has no turns");
    ensure!(case.must || !case.why.is_empty(), "a case that is not a must says `why`");
    if matches!(case.from, Some(From::Owner)) && case.order.is_none() {
        bail!("`from: owner` needs an `order`");
    }
    for (n, turn) in case.turns.iter().enumerate() {
        let kinds = [turn.says.is_some(), turn.approves, turn.rejects.is_some()];
        let given = kinds.into_iter().filter(|given| *given).count();
        ensure!(given == 1, "turn {n} needs exactly one of `says`, `approves` and `rejects`");
    }
    ensure!(case.turns[0].says.is_some(), "a conversation begins with what the customer says");
    Ok(())
}
