//! What is kept of an evaluation: one line of JSON for each attempt at a case, appended as it is made. A run that
//! was broken off goes on where it stopped, and two of them can be compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    score::{Cited, Finding},
    suite::Manifest,
};

/// The file in a folder of results.
pub const RESULTS: &str = "results.jsonl";

/// Which attempt it is. Nothing is tried twice under one key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Key {
    pub suite: String,
    pub case: String,
    /// Of the case as it was written; of data, of what the manifest says.
    pub digest: String,
    pub model: String,
    /// What was tried: the program, by its digest, unless somebody gave it a name.
    pub version: String,
    pub seed: u64,
    /// From 1.
    pub attempt: u32,
}

/// An attempt at a case, and what came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attempt {
    #[serde(flatten)]
    pub key: Key,
    /// The case is one that may not fail.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub critical: bool,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// 0 to 1: for most cases one or the other.
    pub score: f64,
    /// It passed when there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
    #[serde(default)]
    pub spent: Spent,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub story: Vec<Scene>,
}

impl Attempt {
    pub fn passed(&self) -> bool {
        self.findings.is_empty()
    }

    /// Something came of it that fails the whole evaluation.
    pub fn is_critical_failure(&self) -> bool {
        !self.passed() && (self.critical || self.findings.iter().any(|finding| finding.critical))
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spent {
    pub millis: u64,
    pub steps: i64,
    pub tokens: i64,
    pub cost_micros: i64,
    /// Sentences that state something, and how many of them something carries.
    pub claims: u64,
    pub carried: u64,
    /// What the judge cost, apart from the conversation.
    #[serde(skip_serializing_if = "is_zero")]
    pub judge_tokens: i64,
    #[serde(skip_serializing_if = "is_zero")]
    pub judge_micros: i64,
    #[serde(skip_serializing_if = "Judged::is_none")]
    pub judged: Judged,
}

/// Answers with a criterion in words, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Judged {
    pub met: u64,
    pub not_met: u64,
    /// A judge was asked, and gave no majority that can be counted.
    pub not_judged: u64,
    /// No judge was configured.
    pub not_asked: u64,
}

impl Judged {
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    pub fn add(&mut self, more: Self) {
        self.met += more.met;
        self.not_met += more.not_met;
        self.not_judged += more.not_judged;
        self.not_asked += more.not_asked;
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_zero(value: &i64) -> bool {
    *value == 0
}

/// One turn as it went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scene {
    /// `the customer`, `a reviewer`, `nobody`.
    pub who: String,
    pub did: String,
    /// What the customer was told then.
    pub told: Vec<Told>,
    pub steps: Vec<StepLine>,
    /// What waits for a person after it.
    pub waiting: Vec<WaitingLine>,
    pub standing: String,
    pub reason: String,
    pub expected: Value,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    pub by: String,
    pub text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<Cited>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepLine {
    pub kind: String,
    pub name: String,
    pub detail: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WaitingLine {
    pub tool: String,
    pub args: Value,
    pub role: String,
    pub why: String,
}

/// What a suite of data measures over all its items.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measured {
    #[serde(flatten)]
    pub key: Key,
    pub measures: BTreeMap<String, f64>,
}

/// A line of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The suite of the attempts that follow.
    Suite(Box<Manifest>),
    Attempt(Box<Attempt>),
    Measured(Measured),
    LeftOut(LeftOut),
}

/// A suite that was not held, because its data are not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub suite: String,
    /// The first file of it that is missing.
    pub missing: String,
}

/// Everything in a file of results.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// By name, as they were last.
    pub suites: BTreeMap<String, Manifest>,
    pub attempts: Vec<Attempt>,
    pub measured: Vec<Measured>,
    /// By name, those that nothing was written of since.
    pub left_out: BTreeMap<String, LeftOut>,
}

impl Records {
    /// Of a folder of results, or a file of them.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let file = if path.is_dir() { path.join(RESULTS) } else { path.to_owned() };
        let text = fs::read_to_string(&file).with_context(|| {
            format!("{} cannot be read; `countersign eval run --out FOLDER` writes one", file.display())
        })?;
        Self::parse(&text).with_context(|| file.display().to_string())
    }

    fn parse(text: &str) -> anyhow::Result<Self> {
        let mut records = Self::default();
        let whole = text.ends_with('\n');
        let count = text.lines().count();
        for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match serde_json::from_str(line) {
                Ok(Line::Suite(suite)) => {
                    records.suites.insert(suite.name.clone(), *suite);
                }
                Ok(Line::Attempt(attempt)) => {
                    records.left_out.remove(&attempt.key.suite);
                    records.attempts.push(*attempt);
                }
                Ok(Line::Measured(measured)) => records.measured.push(measured),
                Ok(Line::LeftOut(left_out)) => {
                    records.left_out.insert(left_out.suite.clone(), left_out);
                }
                // The line that was being written when the power went.
                Err(_) if at + 1 == count && !whole => {}
                Err(error) => return Err(error).with_context(|| format!("line {}", at + 1)),
            }
        }
        // What was measured anew, after it was broken off, stands there twice.
        let mut seen = BTreeSet::new();
        records.attempts.reverse();
        records.attempts.retain(|attempt| seen.insert(attempt.key.clone()));
        records.attempts.reverse();
        Ok(records)
    }

    /// Of the version, model and seed that were written last, if there are several, and of each case as it was
    /// written last.
    pub fn latest(mut self) -> Self {
        let Some(last) = self.attempts.last().map(|attempt| attempt.key.clone()) else { return self };
        let mut written: BTreeMap<(String, String), String> = BTreeMap::new();
        for key in self.attempts.iter().map(|attempt| &attempt.key) {
            written.insert((key.suite.clone(), key.case.clone()), key.digest.clone());
        }
        let mut measured: BTreeMap<String, String> = BTreeMap::new();
        for key in self.measured.iter().map(|measured| &measured.key) {
            measured.insert(key.suite.clone(), key.digest.clone());
        }
        let same =
            |key: &Key| (&key.version, &key.model, key.seed) == (&last.version, &last.model, last.seed);
        self.attempts.retain(|attempt| {
            let key = &attempt.key;
            same(key) && written.get(&(key.suite.clone(), key.case.clone())) == Some(&key.digest)
        });
        self.measured.retain(|one| same(&one.key) && measured.get(&one.key.suite) == Some(&one.key.digest));
        self
    }
}

/// The file of results while it is written.
pub struct Book {
    path: PathBuf,
    file: File,
}

impl Book {
    /// Opens the file of a folder, which is made when it is not there, and says what is in it.
    pub fn open(folder: &Path) -> anyhow::Result<(Self, Records)> {
        let cannot = |what: &Path| format!("{} cannot be written", what.display());
        fs::create_dir_all(folder).with_context(|| cannot(folder))?;
        let path = folder.join(RESULTS);
        let mut known = Records::default();
        if path.exists() {
            let text = fs::read_to_string(&path).with_context(|| cannot(&path))?;
            known = Records::parse(&text).with_context(|| path.display().to_string())?;
            if !text.is_empty() && !text.ends_with('\n') {
                let whole = text.rfind('\n').map_or(0, |end| end + 1);
                let file = File::options().write(true).open(&path).with_context(|| cannot(&path))?;
                file.set_len(whole as u64).with_context(|| cannot(&path))?;
            }
        }
        let file = File::options().create(true).append(true).open(&path).with_context(|| cannot(&path))?;
        Ok((Self { path, file }, known))
    }

    pub fn add(&mut self, line: &Line) -> anyhow::Result<()> {
        let mut text = serde_json::to_string(line)?;
        ensure!(!text.contains('\n'), "a line of results has several lines");
        text.push('\n');
        self.file.write_all(text.as_bytes()).with_context(|| format!("{}", self.path.display()))
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An empty folder of this test's own.
    pub(crate) fn fresh_folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("countersign-eval-{name}-{}", std::process::id()));
        if folder.exists() {
            fs::remove_dir_all(&folder).unwrap();
        }
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    pub(crate) fn attempt(suite: &str, case: &str, attempt: u32, passed: bool) -> Attempt {
        let findings = if passed { Vec::new() } else { vec![Finding::of("outcome", "expected another")] };
        Attempt {
            key: Key {
                suite: suite.to_owned(),
                case: case.to_owned(),
                digest: "d".to_owned(),
                model: "offline".to_owned(),
                version: "1".to_owned(),
                seed: 1,
                attempt,
            },
            critical: false,
            tags: BTreeSet::new(),
            why: String::new(),
            score: f64::from(u8::from(passed)),
            findings,
            spent: Spent::default(),
            story: Vec::new(),
        }
    }

    #[test]
    fn a_case_that_was_written_anew_counts_as_it_is_now() {
        let mut old = attempt("s", "a", 1, false);
        old.key.digest = "older".to_owned();
        let mut other = attempt("s", "b", 1, true);
        other.key.version = "0".to_owned();
        let attempts = vec![other, old, attempt("s", "a", 1, true)];
        let latest = Records { attempts, ..Records::default() }.latest();
        assert_eq!(latest.attempts.len(), 1);
        assert!(latest.attempts[0].passed());
    }

    #[test]
    fn what_was_done_anew_counts_once_and_what_was_left_out_is_told_until_it_is_held() {
        let left_out = LeftOut { suite: "s".to_owned(), missing: "s.jsonl".to_owned() };
        let mut lines = vec![
            Line::Attempt(Box::new(attempt("s", "a", 1, false))),
            Line::Attempt(Box::new(attempt("s", "a", 1, true))),
            Line::LeftOut(left_out.clone()),
        ];
        let read = |lines: &[Line]| {
            let text: Vec<String> =
                lines.iter().map(|line| serde_json::to_string(line).unwrap() + "\n").collect();
            Records::parse(&text.concat()).unwrap()
        };
        let records = read(&lines);
        assert_eq!(records.attempts.len(), 1);
        assert!(records.attempts[0].passed(), "the last counts");
        assert_eq!(records.left_out["s"], left_out);
        lines.push(Line::Attempt(Box::new(attempt("s", "b", 1, true))));
        assert!(read(&lines).left_out.is_empty());
    }

    #[test]
    fn what_was_written_is_read_again_and_half_a_line_is_let_go() {
        let folder = fresh_folder("record");
        let (mut book, known) = Book::open(&folder).unwrap();
        assert!(known.attempts.is_empty());
        book.add(&Line::Attempt(Box::new(attempt("s", "a", 1, true)))).unwrap();
        book.add(&Line::Attempt(Box::new(attempt("s", "b", 1, false)))).unwrap();
        drop(book);
        let path = folder.join(RESULTS);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, &text[..text.len() - 20]).unwrap();
        let (mut book, known) = Book::open(&folder).unwrap();
        assert_eq!(known.attempts.len(), 1, "the second was cut in the middle");
        book.add(&Line::Attempt(Box::new(attempt("s", "b", 1, false)))).unwrap();
        let records = Records::read(&folder).unwrap();
        assert_eq!(records.attempts.len(), 2);
        assert!(!records.attempts[1].passed());
        fs::remove_dir_all(&folder).unwrap();
    }
}
