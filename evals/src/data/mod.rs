//! Suites over public data, which nobody on this project wrote: what is measured, and of each item whether it came
//! out as its label says. The data are read where they are and never copied.

mod abstention;
mod injection;
mod intents;
mod meetings;
mod pii;
mod quoted;
mod retrieval;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail, ensure};
use domain::canonical::Digest;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::suite::{Kind, Manifest};

/// One text, question or mail.
#[derive(Debug)]
pub struct Item {
    /// Unique in its suite, and the same in every run.
    pub name: String,
    pub tags: BTreeSet<String>,
    /// 0 to 1.
    pub score: f64,
    /// What is not as its label says; nothing when it is.
    pub finding: Option<String>,
}

impl Item {
    fn of(name: String, tag: &str, finding: Option<String>) -> Self {
        let score = f64::from(u8::from(finding.is_none()));
        Self { name, tags: BTreeSet::from([tag.to_owned()]), score, finding }
    }
}

/// What a suite came to.
#[derive(Debug, Default)]
pub struct Measured {
    pub items: Vec<Item>,
    pub measures: BTreeMap<String, f64>,
}

/// The first file of the suite that is not there.
pub fn missing(manifest: &Manifest, folder: &Path) -> anyhow::Result<Option<String>> {
    let files = manifest.with["files"].as_object().with_context(|| {
        format!("the suite {} names no `with.files`: what it reads of the public data", manifest.name)
    })?;
    for (name, file) in files {
        let file = file.as_str().with_context(|| format!("`with.files.{name}` is no path"))?;
        let path = folder.join(file);
        if !path.exists() {
            return Ok(Some(path.display().to_string()));
        }
    }
    Ok(None)
}

/// Of what is measured: what the manifest wants to know, and the files that it reads.
pub fn digest(manifest: &Manifest, folder: &Path) -> anyhow::Result<Digest> {
    let named = manifest.with["files"].as_object().into_iter().flatten();
    let mut files = BTreeMap::new();
    for (name, file) in named.filter_map(|(name, file)| Some((name, file.as_str()?))) {
        let path = folder.join(file);
        let mut hasher = Sha256::new();
        for part in parts(&path)? {
            let cannot = || format!("{} cannot be read", part.display());
            let mut file = File::open(&part).with_context(cannot)?;
            std::io::copy(&mut file, &mut hasher).with_context(cannot)?;
        }
        files.insert(name, hasher.finalize().to_vec());
    }
    Ok(Digest::of(&(manifest.kind, &manifest.with, files)))
}

/// The files of a path: itself, or those of the folder that it is, in the order of their names.
fn parts(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut parts = Vec::new();
    for entry in fs::read_dir(path).with_context(|| format!("{} cannot be read", path.display()))? {
        parts.extend(self::parts(&entry?.path())?);
    }
    parts.sort();
    Ok(parts)
}

/// Measures a suite; it takes as long as it takes, on one thread.
pub fn measure(manifest: &Manifest, folder: &Path) -> anyhow::Result<Measured> {
    let files = Files { manifest, folder };
    let measured = match manifest.kind {
        Kind::Intents => intents::measure(&files)?,
        Kind::Retrieval => retrieval::measure(&files)?,
        Kind::Abstention => abstention::measure(&files)?,
        Kind::Pii => pii::measure(&files)?,
        Kind::Injection => injection::measure(&files)?,
        Kind::Quoted => quoted::measure(&files)?,
        Kind::Meetings => meetings::measure(&files)?,
        Kind::Conversations | Kind::ToolUse => bail!("{} is held, not measured", manifest.name),
    };
    ensure!(!measured.items.is_empty(), "its files hold nothing that can be measured");
    let mut names = BTreeSet::new();
    for item in &measured.items {
        ensure!(names.insert(&item.name), "two items are called `{}`", item.name);
    }
    Ok(measured)
}

/// What a manifest names of the public data.
struct Files<'m> {
    manifest: &'m Manifest,
    folder: &'m Path,
}

impl Files<'_> {
    fn path(&self, name: &str) -> anyhow::Result<PathBuf> {
        let file = self.manifest.with["files"][name].as_str();
        let file = file.with_context(|| format!("`with.files` does not name the file `{name}`"))?;
        Ok(self.folder.join(file))
    }

    fn text(&self, name: &str) -> anyhow::Result<String> {
        let path = self.path(name)?;
        fs::read_to_string(&path).with_context(|| {
            format!("{} cannot be read; COUNTERSIGN_DATA names the folder of public data", path.display())
        })
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<T> {
        serde_json::from_str(&self.text(name)?).with_context(|| format!("the file `{name}` has another form"))
    }

    fn lines<T: DeserializeOwned>(&self, name: &str) -> anyhow::Result<Vec<T>> {
        let text = self.text(name)?;
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        lines
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()
            .with_context(|| format!("the file `{name}` has another form"))
    }

    fn has(&self, name: &str) -> bool {
        self.manifest.with["files"].get(name).is_some()
    }

    fn number(&self, name: &str) -> anyhow::Result<usize> {
        let number = self.manifest.with.get(name).and_then(Value::as_u64);
        number
            .map(|number| number as usize)
            .with_context(|| format!("`with` does not give the number `{name}`"))
    }
}

/// A share, 0 of nothing.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// The name of an item: its place, and how its text begins.
fn named(place: &str, at: usize, text: &str) -> String {
    let beginning: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(60).collect();
    format!("{place} {at}: {beginning}")
}
