//! Suites: folders with a manifest, `suite.yaml`, which says what is tried, whose words these are, what others
//! reached with them, and what must be reached.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::case::{self, Case, Ceilings, Standing};

/// The file's name in a suite's folder.
pub const MANIFEST: &str = "suite.yaml";

/// What a suite says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// As its folder is called.
    pub name: String,
    pub kind: Kind,
    /// What it tries, in a sentence or two.
    pub about: String,
    pub licence: String,
    /// Who made the data, and where they are.
    pub source: String,
    /// What others reached with the same data, and where that is written.
    #[serde(default)]
    pub references: Vec<Reference>,
    /// Why nobody's figures stand beside ours, where none do.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub no_references: String,
    /// The share of all attempts that must pass at least, 0 to 1.
    pub cutoff: f64,
    /// Measures that may not be less. One that is fails the whole evaluation.
    #[serde(default)]
    pub floors: BTreeMap<String, f64>,
    /// What each case may take at most, unless it says so itself.
    #[serde(default)]
    pub most: Ceilings,
    /// What holds in every conversation.
    #[serde(default)]
    pub always: Always,
    /// What its kind wants to know: files below the folder of public data, mostly.
    #[serde(default)]
    pub with: Value,
}

/// What is done with a suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Cases are conversations with the demo shop's desk.
    Conversations,
    /// Messages find the procedure that was declared with examples of them.
    Intents,
    /// Questions find their documents.
    Retrieval,
    /// Questions that the documents cannot answer are left alone.
    Abstention,
    /// Personal data in texts.
    Pii,
    /// Instructions for a model in texts.
    Injection,
    /// New text of mails without quotes and signatures.
    Quoted,
    /// Questions find the turns of a meeting that answer them.
    Meetings,
    /// Calls that are right, made by a script over MCP: the shop's records end as they should, and nothing happens
    /// before approval.
    ToolUse,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The name of the measure that it stands beside.
    pub measure: String,
    pub value: f64,
    /// What reached it, and how the set-up differs from ours.
    pub of: String,
    pub citation: String,
}

/// What may never happen in a conversation, whatever its case expects.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Always {
    /// Tools whose effects a person approves.
    #[serde(default)]
    pub consent: Vec<String>,
    #[serde(default)]
    pub words: Vec<WordRule>,
}

/// Words that a customer may not be told, or not without a deed.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WordRule {
    pub name: String,
    /// A regular expression.
    pub says: String,
    /// Right when one of these tools has done its work in the conversation.
    #[serde(default)]
    pub unless_done: Vec<String>,
    /// Right when things stand so after the turn.
    #[serde(default)]
    pub unless: Vec<Standing>,
}

#[derive(Clone, Debug)]
pub struct Suite {
    pub manifest: Manifest,
    /// Of conversations alone.
    pub cases: Vec<Case>,
}

/// The suite in a folder.
pub fn load(folder: &Path) -> anyhow::Result<Suite> {
    let file = folder.join(MANIFEST);
    let text = fs::read_to_string(&file).with_context(|| {
        format!("{} cannot be read; a suite is a folder with a `{MANIFEST}`", file.display())
    })?;
    let manifest: Manifest =
        serde_yaml_ng::from_str(&text).with_context(|| format!("{} is no manifest", file.display()))?;
    check(&manifest).with_context(|| file.display().to_string())?;
    let mut cases: Vec<Case> = Vec::new();
    if manifest.kind == Kind::Conversations {
        for file in files(folder)? {
            let name = file.display().to_string();
            let text = fs::read_to_string(&file).with_context(|| format!("{name} cannot be read"))?;
            cases.extend(case::parse(&name, &text).with_context(|| name)?);
        }
        ensure!(!cases.is_empty(), "there are no cases in {}", folder.display());
        let mut names = BTreeSet::new();
        for case in &cases {
            ensure!(names.insert(&case.name), "two cases are called `{}`; rename one", case.name);
        }
    }
    Ok(Suite { manifest, cases })
}

/// The suites in a folder of suites, or the one that it is, in the order of their names.
pub fn load_all(folder: &Path) -> anyhow::Result<Vec<Suite>> {
    if folder.join(MANIFEST).exists() {
        return Ok(vec![load(folder)?]);
    }
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut folders: Vec<PathBuf> = Vec::new();
    for entry in entries {
        let path = entry?.path();
        if path.join(MANIFEST).exists() {
            folders.push(path);
        }
    }
    folders.sort();
    ensure!(!folders.is_empty(), "{} holds no suites: no folder in it has a `{MANIFEST}`", folder.display());
    folders.iter().map(|folder| load(folder)).collect()
}

/// Files of cases, in the order of their names.
fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let path = entry?.path();
        let of_cases = path.extension().is_some_and(|end| end == "yaml" || end == "jsonl");
        if of_cases && path.file_name().is_some_and(|name| name != MANIFEST) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn check(manifest: &Manifest) -> anyhow::Result<()> {
    ensure!((0.0..=1.0).contains(&manifest.cutoff), "`cutoff` is a share between 0 and 1");
    for word in [&manifest.about, &manifest.licence, &manifest.source] {
        ensure!(!word.trim().is_empty(), "`about`, `licence` and `source` may not be empty");
    }
    ensure!(
        manifest.references.is_empty() || manifest.no_references.is_empty(),
        "`no_references` says why there are no `references`, and there are; leave one of them out"
    );
    for rule in &manifest.always.words {
        Regex::new(&rule.says).with_context(|| format!("the rule `{}`", rule.name))?;
    }
    Ok(())
}
