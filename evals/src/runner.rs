//! Holds what there is to hold: attempts side by side, each written as soon as it is made, and none that was made
//! already.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context as _;
use domain::canonical::Digest;
use futures::{StreamExt as _, stream};
use indicatif::{ProgressBar, ProgressStyle};
use orchestrator::models::ModelsConfig;
use sha2::{Digest as _, Sha256};

use crate::{
    case::Case,
    data,
    desk::{Desks, Held},
    fixtures::Place,
    judge::Judge,
    record::{Attempt, Book, Key, Line, Measured, Records, Spent},
    retail,
    score::Finding,
    suite::{Kind, Suite},
    tapes::{Mode, Tapes},
};

/// What to hold, and how.
pub struct Options {
    /// Without it, the offline model.
    pub models: Option<ModelsConfig>,
    /// Answers from these, in the place of the models or in front of them.
    pub tapes: Option<Arc<Tapes>>,
    /// Who is asked where a case has a criterion in words; nobody without it.
    pub judge: Option<Arc<Judge>>,
    /// Attempts at each case.
    pub attempts: u32,
    pub seed: u64,
    /// Conversations that are held at once.
    pub parallel: usize,
    /// Cases whose name holds this text; all without it.
    pub only: Option<String>,
    /// What is tried, if the program's digest is not to be its name.
    pub version: Option<String>,
    /// Where the results go.
    pub out: PathBuf,
    /// The folder of public data.
    pub data: PathBuf,
    /// Show how far it is, where somebody looks.
    pub progress: bool,
}

/// What was held.
pub struct Run {
    /// Of this version and model, what was known before as well.
    pub records: Records,
    /// Suites whose data are not there, and which file is missing.
    pub left_out: Vec<(String, String)>,
    /// Requests that no tape answers, in words.
    pub missing: Vec<String>,
}

/// Holds the suites, as far as that has not been done, and gives all there is of this version.
pub async fn run(suites: &[Suite], options: &Options) -> anyhow::Result<Run> {
    let (mut book, known) = Book::open(&options.out)?;
    let version = match &options.version {
        Some(version) => version.clone(),
        None => this_program()?,
    };
    let model = model_name(options, &known);
    let made: BTreeSet<Key> = known.attempts.iter().map(|attempt| attempt.key.clone()).collect();
    let measured: BTreeSet<Key> = known.measured.iter().map(|measured| measured.key.clone()).collect();
    let mut records = known;
    let this = |key: &Key| (&key.version, &key.model, key.seed) == (&version, &model, options.seed);
    records.attempts.retain(|attempt| this(&attempt.key));
    records.measured.retain(|measured| this(&measured.key));
    for suite in suites {
        // Cases that were written anew, or are gone.
        let digests: BTreeMap<&str, String> =
            suite.cases.iter().map(|case| (case.name.as_str(), case.digest().0)).collect();
        let whole = Digest::of(&suite.manifest).0;
        records.attempts.retain(|Attempt { key, .. }| {
            let own = match suite.manifest.kind {
                Kind::Conversations => digests.get(key.case.as_str()),
                // Its tasks are data, which are there or not.
                Kind::ToolUse => return true,
                _ => Some(&whole),
            };
            key.suite != suite.manifest.name || own == Some(&key.digest)
        });
        records
            .measured
            .retain(|Measured { key, .. }| key.suite != suite.manifest.name || key.digest == whole);
    }
    let mut left_out = Vec::new();
    for suite in suites {
        let manifest = &suite.manifest;
        if !records.suites.contains_key(&manifest.name) {
            book.add(&Line::Suite(Box::new(manifest.clone())))?;
        }
        records.suites.insert(manifest.name.clone(), manifest.clone());
        let key = |case: &str, digest: String, attempt: u32| Key {
            suite: manifest.name.clone(),
            case: case.to_owned(),
            digest,
            model: model.clone(),
            version: version.clone(),
            seed: options.seed,
            attempt,
        };
        let whole = key("", Digest::of(manifest).0, 1);
        if measured.contains(&whole) {
            continue;
        }
        if manifest.kind != Kind::Conversations
            && let Some(missing) = data::missing(manifest, &options.data)?
        {
            left_out.push((manifest.name.clone(), missing));
            continue;
        }
        if manifest.kind == Kind::ToolUse {
            let tasks = retail::tasks(manifest, &options.data)?;
            let mut left = Vec::new();
            for task in &tasks {
                for attempt in 1..=options.attempts {
                    let key = key(&task.name, task.digest().0, attempt);
                    let wanted = options.only.as_ref().is_none_or(|only| task.name.contains(only.as_str()));
                    if wanted && !made.contains(&key) {
                        left.push((task, key));
                    }
                }
            }
            let bar = bar(options.progress, &manifest.name, left.len());
            if !left.is_empty() {
                let desk = retail::Desk::open(manifest, &options.data, &tasks).await?;
                for (task, key) in left {
                    let held = desk.hold(task).await;
                    let attempt = attempt_of(key, held, false, &BTreeSet::new(), "");
                    book.add(&Line::Attempt(Box::new(attempt.clone())))?;
                    records.attempts.push(attempt);
                    bar.inc(1);
                }
                desk.close().await;
            }
            bar.finish_and_clear();
            continue;
        }
        if manifest.kind != Kind::Conversations {
            let bar = bar(options.progress, &manifest.name, 1);
            let (named, folder) = (manifest.clone(), options.data.clone());
            let measured = tokio::task::spawn_blocking(move || data::measure(&named, &folder))
                .await?
                .with_context(|| format!("the suite {}", manifest.name))?;
            for item in measured.items {
                let attempt = Attempt {
                    key: Key { case: item.name, ..whole.clone() },
                    critical: false,
                    tags: item.tags,
                    why: String::new(),
                    score: item.score,
                    findings: item.finding.map(|text| Finding::of("label", text)).into_iter().collect(),
                    spent: Spent::default(),
                    story: Vec::new(),
                };
                book.add(&Line::Attempt(Box::new(attempt.clone())))?;
                records.attempts.push(attempt);
            }
            // Written last: without it the suite is measured anew.
            let measured = Measured { key: whole, measures: measured.measures };
            book.add(&Line::Measured(measured.clone()))?;
            records.measured.push(measured);
            bar.finish_and_clear();
            continue;
        }
        let mut left: Vec<(&Case, Place, Key)> = Vec::new();
        for (index, case) in suite.cases.iter().enumerate() {
            if options.only.as_ref().is_some_and(|only| !case.name.contains(only.as_str())) {
                continue;
            }
            for attempt in 1..=options.attempts {
                let key = key(&case.name, case.digest().0, attempt);
                if !made.contains(&key) {
                    left.push((case, Place { index, attempt, seed: options.seed }, key));
                }
            }
        }
        let bar = bar(options.progress, &manifest.name, left.len());
        let desks = Desks::new(options);
        let mut held = stream::iter(left)
            .map(|(case, place, key)| {
                let desks = &desks;
                async move {
                    let held = desks.hold(manifest, case, place).await;
                    (case, key, held)
                }
            })
            .buffer_unordered(options.parallel.max(1));
        while let Some((case, key, held)) = held.next().await {
            let attempt = attempt_of(key, held, case.critical, &case.tags, &case.why);
            book.add(&Line::Attempt(Box::new(attempt.clone())))?;
            records.attempts.push(attempt);
            bar.inc(1);
        }
        drop(held);
        desks.close().await;
        bar.finish_and_clear();
    }
    // What is reported is what was asked for.
    let asked: BTreeSet<&str> = suites.iter().map(|suite| suite.manifest.name.as_str()).collect();
    records.suites.retain(|name, _| asked.contains(name.as_str()));
    records.attempts.retain(|attempt| asked.contains(attempt.key.suite.as_str()));
    records.measured.retain(|measured| asked.contains(measured.key.suite.as_str()));
    let missing = options.tapes.as_ref().map(|tapes| tapes.missing()).unwrap_or_default();
    Ok(Run { records, left_out, missing })
}

fn attempt_of(
    key: Key,
    held: anyhow::Result<Held>,
    critical: bool,
    tags: &BTreeSet<String>,
    why: &str,
) -> Attempt {
    // A case that cannot be held has failed; the others are still worth knowing.
    let held = held.unwrap_or_else(|error| Held {
        findings: vec![Finding::of("held", format!("{error:#}"))],
        ..Held::default()
    });
    Attempt {
        key,
        critical,
        tags: tags.clone(),
        why: why.to_owned(),
        score: f64::from(u8::from(held.findings.is_empty())),
        findings: held.findings,
        spent: held.spent,
        story: held.story,
    }
}

fn bar(progress: bool, name: &str, length: usize) -> ProgressBar {
    if !progress {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new(length as u64).with_message(name.to_owned());
    match ProgressStyle::with_template("{msg:12} [{bar:40}] {pos}/{len} {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// What answers, and who judges it.
fn model_name(options: &Options, known: &Records) -> String {
    let providers = options.models.as_ref().map_or(&[][..], |models| &models.providers);
    let names: Vec<String> = providers.iter().map(|one| format!("{}:{}", one.name, one.strong)).collect();
    let mut answers = match &options.tapes {
        Some(tapes) => tapes.name(),
        None if names.is_empty() => "offline".to_owned(),
        None => names.join("+"),
    };
    if options.tapes.as_ref().is_some_and(|tapes| tapes.mode() != Mode::Strict) {
        // Whoever records wants it done, whatever was done before.
        let before: BTreeSet<&str> =
            known.attempts.iter().map(|attempt| attempt.key.model.as_str()).collect();
        let takes = before.into_iter().filter(|model| model.starts_with(&answers)).count();
        answers = format!("{answers}, take {}", takes + 1);
    }
    match &options.judge {
        Some(judge) => format!("{answers}, judged by {}", judge.name()),
        None => answers,
    }
}

/// Its version and what its file digests to: what is in it, prompts and all, has that name and nothing else does.
fn this_program() -> anyhow::Result<String> {
    let path = std::env::current_exe().context("where this program is")?;
    let mut file = std::fs::File::open(&path).with_context(|| path.display().to_string())?;
    let mut hasher = Sha256::new();
    std::io::copy(&mut file, &mut hasher).with_context(|| path.display().to_string())?;
    let digest: String = hasher.finalize().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
    Ok(format!("{}+{digest}", env!("CARGO_PKG_VERSION")))
}

/// The folder of public data: what `COUNTERSIGN_DATA` names, else beside this checkout.
pub fn data_folder() -> PathBuf {
    std::env::var_os("COUNTERSIGN_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data"), PathBuf::from)
}
