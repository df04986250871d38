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
    record::{Attempt, Book, Key, LeftOut, Line, Measured, Records, Spent},
    retail::{self, Task},
    score::{Finding, TAPE},
    suite::{Kind, Manifest, Suite},
    tapes::{self, Mode, Tapes},
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
    /// What is tried, put before the program's version and digest.
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
    /// Of this version and model, what was known before as well. What was left out is in it.
    pub records: Records,
    /// Requests that no tape answers, in words.
    pub missing: Vec<String>,
}

/// A suite, and by which digests its attempts are known: of what was tried and of what it is judged by, but not of
/// how much of it must pass.
struct Due<'s> {
    suite: &'s Suite,
    of: Of,
}

enum Of {
    /// By the name of the case.
    Cases(BTreeMap<String, String>),
    Tasks(Vec<Task>, BTreeMap<String, String>),
    /// All of it at once.
    Whole(String),
    LeftOut(String),
}

impl<'s> Due<'s> {
    fn of(suite: &'s Suite, data: &Path) -> anyhow::Result<Self> {
        let manifest = &suite.manifest;
        if manifest.kind == Kind::Conversations {
            let rules = (&manifest.most, &manifest.always);
            let digest = |case: &Case| Digest::of(&(case.digest(), rules)).0;
            let cases = suite.cases.iter().map(|case| (case.name.clone(), digest(case)));
            return Ok(Self { suite, of: Of::Cases(cases.collect()) });
        }
        if let Some(missing) = data::missing(manifest, data)? {
            return Ok(Self { suite, of: Of::LeftOut(missing) });
        }
        let whole = data::digest(manifest, data)?;
        if manifest.kind != Kind::ToolUse {
            return Ok(Self { suite, of: Of::Whole(whole.0) });
        }
        let tasks = retail::tasks(manifest, data)?;
        let digest = |task: &Task| Digest::of(&(task.digest(), &whole)).0;
        let digests = tasks.iter().map(|task| (task.name.clone(), digest(task))).collect();
        Ok(Self { suite, of: Of::Tasks(tasks, digests) })
    }

    /// Whether an attempt was made at what is tried now.
    fn is_of(&self, key: &Key) -> bool {
        match &self.of {
            Of::Cases(digests) | Of::Tasks(_, digests) => digests.get(&key.case) == Some(&key.digest),
            Of::Whole(digest) => *digest == key.digest,
            Of::LeftOut(_) => false,
        }
    }
}

/// Holds the suites, as far as that has not been done, and gives all there is of this version.
pub async fn run(suites: &[Suite], options: &Options) -> anyhow::Result<Run> {
    let (book, known) = Book::open(&options.out)?;
    let program = this_program()?;
    let version = match &options.version {
        // A name may stand for several programs; what one did is not what another does.
        Some(label) => format!("{label} ({program})"),
        None => program,
    };
    let model = model_name(options, &known);
    let mut runner = Runner { options, book, known, version, model };
    let due: Vec<Due<'_>> =
        suites.iter().map(|suite| Due::of(suite, &options.data)).collect::<anyhow::Result<_>>()?;
    runner.forget(&due);
    for due in &due {
        runner.suite(due).await?;
    }
    let missing = options.tapes.as_ref().map(|tapes| tapes.missing()).unwrap_or_default();
    Ok(Run { records: runner.known, missing })
}

struct Runner<'o> {
    options: &'o Options,
    book: Book,
    known: Records,
    version: String,
    model: String,
}

impl Runner<'_> {
    /// Keeps of what is known what would be tried again in the same way.
    fn forget(&mut self, due: &[Due<'_>]) {
        let this = (&self.version, &self.model, self.options.seed);
        let asked = |key: &Key| {
            let same = (&key.version, &key.model, key.seed) == this;
            same && due.iter().any(|due| due.suite.manifest.name == key.suite && due.is_of(key))
        };
        self.known.measured.retain(|measured| asked(&measured.key));
        let measured: BTreeSet<String> =
            self.known.measured.iter().map(|measured| measured.key.suite.clone()).collect();
        let broken_off: BTreeSet<&str> = due
            .iter()
            .filter(|due| matches!(due.of, Of::Whole(_)) && !measured.contains(&due.suite.manifest.name))
            .map(|due| due.suite.manifest.name.as_str())
            .collect();
        self.known.attempts.retain(|attempt| {
            let untaped = attempt.findings.iter().any(|finding| finding.scorer == TAPE);
            // What no tape answered may have one now, and what was not measured to its end is measured anew.
            asked(&attempt.key) && !untaped && !broken_off.contains(attempt.key.suite.as_str())
        });
        self.known.suites.retain(|name, _| due.iter().any(|due| due.suite.manifest.name == *name));
        self.known.left_out.clear();
    }

    async fn suite(&mut self, due: &Due<'_>) -> anyhow::Result<()> {
        let manifest = &due.suite.manifest;
        let before = self.known.suites.insert(manifest.name.clone(), manifest.clone());
        // Whoever reads the results judges by what was asked for last.
        if before.is_none_or(|before| Digest::of(&before) != Digest::of(manifest)) {
            self.book.add(&Line::Suite(Box::new(manifest.clone())))?;
        }
        match &due.of {
            Of::Cases(digests) => self.conversations(due.suite, digests).await,
            Of::Tasks(tasks, digests) => self.tasks(manifest, tasks, digests).await,
            Of::Whole(digest) => self.whole(manifest, digest).await,
            Of::LeftOut(missing) => {
                let left_out = LeftOut { suite: manifest.name.clone(), missing: missing.clone() };
                self.book.add(&Line::LeftOut(left_out.clone()))?;
                self.known.left_out.insert(manifest.name.clone(), left_out);
                Ok(())
            }
        }
    }

    fn key(&self, suite: &str, case: &str, digest: &str, attempt: u32) -> Key {
        Key {
            suite: suite.to_owned(),
            case: case.to_owned(),
            digest: digest.to_owned(),
            model: self.model.clone(),
            version: self.version.clone(),
            seed: self.options.seed,
            attempt,
        }
    }

    /// The attempts at a case that are wanted and were not made.
    fn left(&self, suite: &str, case: &str, digests: &BTreeMap<String, String>) -> Vec<Key> {
        let wanted = self.options.only.as_ref().is_none_or(|only| case.contains(only.as_str()));
        let Some(digest) = digests.get(case).filter(|_| wanted) else { return Vec::new() };
        let made: BTreeSet<&Key> = self.known.attempts.iter().map(|attempt| &attempt.key).collect();
        let keys = (1..=self.options.attempts).map(|attempt| self.key(suite, case, digest, attempt));
        keys.filter(|key| !made.contains(key)).collect()
    }

    fn add(&mut self, attempt: Attempt) -> anyhow::Result<()> {
        self.book.add(&Line::Attempt(Box::new(attempt.clone())))?;
        self.known.attempts.push(attempt);
        Ok(())
    }

    async fn conversations(
        &mut self,
        suite: &Suite,
        digests: &BTreeMap<String, String>,
    ) -> anyhow::Result<()> {
        let (manifest, options) = (&suite.manifest, self.options);
        let mut left: Vec<(&Case, Place, Key)> = Vec::new();
        for (index, case) in suite.cases.iter().enumerate() {
            for key in self.left(&manifest.name, &case.name, digests) {
                left.push((case, Place { index, attempt: key.attempt, seed: options.seed }, key));
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
            self.add(attempt_of(key, held, case.critical, &case.tags, &case.why))?;
            bar.inc(1);
        }
        drop(held);
        desks.close().await;
        bar.finish_and_clear();
        Ok(())
    }

    async fn tasks(
        &mut self,
        manifest: &Manifest,
        tasks: &[Task],
        digests: &BTreeMap<String, String>,
    ) -> anyhow::Result<()> {
        let left: Vec<(&Task, Key)> = tasks
            .iter()
            .flat_map(|task| {
                self.left(&manifest.name, &task.name, digests).into_iter().map(move |key| (task, key))
            })
            .collect();
        let bar = bar(self.options.progress, &manifest.name, left.len());
        if !left.is_empty() {
            let desk = retail::Desk::open(manifest, &self.options.data, tasks).await?;
            for (task, key) in left {
                let held = desk.hold(task).await;
                self.add(attempt_of(key, held, false, &BTreeSet::new(), ""))?;
                bar.inc(1);
            }
            desk.close().await;
        }
        bar.finish_and_clear();
        Ok(())
    }

    async fn whole(&mut self, manifest: &Manifest, digest: &str) -> anyhow::Result<()> {
        let whole = self.key(&manifest.name, "", digest, 1);
        if self.known.measured.iter().any(|measured| measured.key == whole) {
            return Ok(());
        }
        let bar = bar(self.options.progress, &manifest.name, 1);
        let (named, folder) = (manifest.clone(), self.options.data.clone());
        let measured = tokio::task::spawn_blocking(move || data::measure(&named, &folder))
            .await?
            .with_context(|| format!("the suite {}", manifest.name))?;
        for item in measured.items {
            self.add(Attempt {
                key: Key { case: item.name, ..whole.clone() },
                critical: false,
                tags: item.tags,
                why: String::new(),
                score: item.score,
                findings: item.finding.map(|text| Finding::of("label", text)).into_iter().collect(),
                spent: Spent::default(),
                story: Vec::new(),
            })?;
        }
        // Written last: without it the suite is measured anew.
        let measured = Measured { key: whole, measures: measured.measures };
        self.book.add(&Line::Measured(measured.clone()))?;
        self.known.measured.push(measured);
        bar.finish_and_clear();
        Ok(())
    }
}

fn attempt_of(
    key: Key,
    held: anyhow::Result<Held>,
    critical: bool,
    tags: &BTreeSet<String>,
    why: &str,
) -> Attempt {
    // A case that cannot be held has failed; the others are still worth knowing.
    let held = held.unwrap_or_else(|error| {
        let text = format!("{error:#}");
        let finding = match text.contains(tapes::MISSING) {
            true => Finding::critical(TAPE, text),
            false => Finding::of("held", text),
        };
        Held { findings: vec![finding], ..Held::default() }
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

/// What answers, how it is configured, and who judges it.
fn model_name(options: &Options, known: &Records) -> String {
    let providers = options.models.as_ref().map_or(&[][..], |models| &models.providers);
    let names: Vec<String> = providers.iter().map(|one| format!("{}:{}", one.name, one.strong)).collect();
    let mut answers = match &options.tapes {
        Some(tapes) => tapes.name(),
        None if names.is_empty() => "offline".to_owned(),
        // Another address, fast model or limit is another thing to try.
        None => {
            let configured = Digest::of(&options.models).0;
            format!("{} #{}", names.join("+"), configured.chars().take(6).collect::<String>())
        }
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
