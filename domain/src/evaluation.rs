//! Evaluations that were published, and what came of their cases. How cases are held is the evaluations' own.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{EvaluationId, Timestamp, canonical, user::Actor};

/// Cases of one evaluation, at most.
pub const MOST_CASES: usize = 10_000;
/// Attempts at one case, at most.
const MOST_ATTEMPTS: i64 = 99;
/// Bytes of a case's story as JSON, at most.
pub const MOST_STORY: usize = 64 * 1024;
/// Findings and tags of one case, measures and shortfalls of one evaluation.
const MOST_EACH: usize = 40;
/// Characters of a name, and of a sentence.
const NAME: usize = 200;
const SENTENCE: usize = 2_000;
/// The normal quantile of intervals that hold 95 of 100 times.
const Z: f64 = 1.959_963_984_540_054;

/// How likely a case passes `k` times in a row, judged by `passed` of `all` attempts: C(passed, k) / C(all, k),
/// which has no bias (Yao et al., "τ-bench: A Benchmark for Tool-Agent-User Interaction in Real-World Domains",
/// 2024, arXiv:2406.12045). None for fewer attempts than `k`.
pub fn pass_hat(passed: u32, all: u32, k: u32) -> Option<f64> {
    if k == 0 || k > all || passed > all {
        return None;
    }
    // Factor by factor, because the binomials themselves grow beyond any type.
    Some((0..k).map(|i| f64::from(passed.saturating_sub(i)) / f64::from(all - i)).product())
}

/// The interval that a share lies in, after Wilson ("Probable inference, the law of succession, and statistical
/// inference", JASA 22, 1927): it stays within 0 and 1, and is right for few attempts too.
pub fn wilson(passed: usize, all: usize) -> (f64, f64) {
    wilson_of(passed as f64 / all.max(1) as f64, all)
}

/// The same of a share of `all` cases, each of which was tried once or several times: trying one again says nothing of
/// the others, so that the interval is that of the cases.
pub fn wilson_of(share: f64, all: usize) -> (f64, f64) {
    if all == 0 {
        return (0.0, 1.0);
    }
    let (n, p) = (all as f64, share);
    let middle = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let whole = 1.0 + Z * Z / n;
    (((middle - half) / whole).max(0.0), ((middle + half) / whole).min(1.0))
}

/// One suite, held once, as whoever held it tells. What can be counted is counted from its cases.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishedEvaluation {
    #[schemars(length(min = 1, max = 200))]
    pub suite: String,
    /// What the suite tries.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    pub about: String,
    /// What was tried: of the service, the version.
    #[schemars(length(min = 1, max = 200))]
    pub version: String,
    /// Who answered; `offline` for the offline model.
    #[schemars(length(min = 1, max = 200))]
    pub model: String,
    #[serde(default)]
    pub seed: u64,
    /// The share of attempts that must pass at least, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub cutoff: f64,
    /// What a suite of data measures over all its items.
    #[serde(default)]
    pub measures: BTreeMap<String, f64>,
    /// Measures that are below what they may be, in words.
    #[serde(default)]
    #[schemars(length(max = 40))]
    pub below: Vec<String>,
    #[schemars(length(min = 1, max = 10000))]
    pub cases: Vec<PublishedCase>,
}

/// What came of the attempts at one case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishedCase {
    /// Unique in its suite.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    #[serde(default)]
    #[schemars(length(max = 40))]
    pub tags: BTreeSet<String>,
    #[schemars(range(min = 1, max = 99))]
    pub attempts: i64,
    /// How many of them passed.
    #[schemars(range(min = 0, max = 99))]
    pub passed: i64,
    /// Something came of it that fails the whole evaluation.
    #[serde(default)]
    pub critical: bool,
    /// Why it is known to fail, where it is.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    pub why: String,
    /// What was not as expected, of all attempts.
    #[serde(default)]
    #[schemars(length(max = 40))]
    pub findings: Vec<CaseFinding>,
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub millis: i64,
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub cost_micros: i64,
    /// How it went, turn by turn, in the first attempt that failed or else in the first. At most 64 kB of JSON.
    #[serde(default)]
    pub story: Vec<CaseScene>,
}

/// Something that was not as expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseFinding {
    /// What was compared.
    pub scorer: String,
    pub text: String,
    #[serde(default)]
    pub critical: bool,
}

/// One turn as it went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseScene {
    /// `the customer`, `a reviewer`, `nobody`.
    pub who: String,
    pub did: String,
    /// What the customer was told then.
    pub told: Vec<CaseTold>,
    pub steps: Vec<CaseStep>,
    /// What waits for a person after it.
    pub waiting: Vec<CaseWaiting>,
    /// How things stood then, and why.
    pub standing: String,
    pub reason: String,
    /// What was expected, as JSON.
    #[serde(serialize_with = "canonical::value")]
    pub expected: Value,
    #[serde(default)]
    pub findings: Vec<CaseFinding>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseTold {
    pub by: String,
    pub text: String,
    /// Slugs of the articles that it rests on.
    #[serde(default)]
    pub sources: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseStep {
    pub kind: String,
    pub name: String,
    pub detail: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CaseWaiting {
    pub tool: String,
    #[serde(serialize_with = "canonical::value")]
    pub args: Value,
    pub role: String,
    pub why: String,
}

impl PublishedEvaluation {
    /// What its types cannot say.
    ///
    /// # Errors
    ///
    /// What does not fit, and what would.
    pub fn check(&self) -> Result<(), String> {
        for (what, text, least, most) in [
            ("suite", &self.suite, 1, NAME),
            ("version", &self.version, 1, NAME),
            ("model", &self.model, 1, NAME),
            ("about", &self.about, 0, SENTENCE),
        ] {
            within(what, text, least, most)?;
        }
        if !(0.0..=1.0).contains(&self.cutoff) {
            return Err(format!("cutoff is {} and must be 0 to 1", self.cutoff));
        }
        if self.measures.len() > MOST_EACH || self.below.len() > MOST_EACH {
            return Err(format!("measures and below may have {MOST_EACH} entries each"));
        }
        self.measures.keys().try_for_each(|name| within("a measure", name, 1, NAME))?;
        self.below.iter().try_for_each(|text| within("below", text, 1, SENTENCE))?;
        if self.cases.is_empty() || self.cases.len() > MOST_CASES {
            return Err(format!("there are {} cases and must be 1 to {MOST_CASES}", self.cases.len()));
        }
        let mut names = BTreeSet::new();
        for case in &self.cases {
            case.check().map_err(|why| format!("the case `{}`: {why}", gist(&case.name)))?;
            if !names.insert(case.name.as_str()) {
                return Err(format!("two cases are called `{}`; rename one", case.name));
            }
        }
        Ok(())
    }
}

impl PublishedCase {
    fn check(&self) -> Result<(), String> {
        within("name", &self.name, 1, NAME)?;
        within("why", &self.why, 0, SENTENCE)?;
        if !(1..=MOST_ATTEMPTS).contains(&self.attempts) || !(0..=self.attempts).contains(&self.passed) {
            return Err(format!(
                "{} of {} attempts passed; attempts are 1 to {MOST_ATTEMPTS}, and no more of them pass",
                self.passed, self.attempts
            ));
        }
        if self.critical && self.passed == self.attempts {
            return Err("it is critical although every attempt passed".to_owned());
        }
        if self.millis < 0 || self.cost_micros < 0 {
            return Err("millis and cost_micros are not less than 0".to_owned());
        }
        if self.tags.len() > MOST_EACH || self.findings.len() > MOST_EACH {
            return Err(format!("tags and findings may have {MOST_EACH} entries each"));
        }
        self.tags.iter().try_for_each(|tag| within("a tag", tag, 1, NAME))?;
        for finding in &self.findings {
            within("scorer", &finding.scorer, 1, NAME)?;
            within("a finding", &finding.text, 1, SENTENCE)?;
        }
        let story = serde_json::to_string(&self.story).map_err(|error| error.to_string())?.len();
        if story > MOST_STORY {
            return Err(format!("its story has {story} bytes and may have {MOST_STORY}: leave steps out"));
        }
        Ok(())
    }

    fn all_passed(&self) -> bool {
        self.passed == self.attempts
    }
}

fn within(what: &str, text: &str, least: usize, most: usize) -> Result<(), String> {
    let length = text.chars().count();
    if (least..=most).contains(&length) {
        return Ok(());
    }
    Err(format!("{what} has {length} characters and must have {least} to {most}"))
}

/// To millionths: longer numbers do not come back from JSON as they were.
fn rounded(share: f64) -> f64 {
    (share * 1e6).round() / 1e6
}

fn gist(name: &str) -> String {
    name.chars().take(80).collect()
}

/// An evaluation that was published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evaluation {
    pub id: EvaluationId,
    pub suite: String,
    /// What the suite tries.
    pub about: String,
    /// What was tried: of the service, the version.
    pub version: String,
    /// Who answered; `offline` for the offline model.
    pub model: String,
    pub seed: u64,
    pub cases: i64,
    pub attempts: i64,
    /// Attempts that passed.
    pub passed: i64,
    /// Of all attempts, 0 to 1.
    pub share: f64,
    /// Where the share lies 95 of 100 times, after Wilson.
    pub interval: Interval,
    /// How likely a case passes so many times in a row, from 1 on.
    pub pass_hat: Vec<f64>,
    /// Cases that fail the whole evaluation.
    pub critical: i64,
    pub cutoff: f64,
    pub measures: BTreeMap<String, f64>,
    pub below: Vec<String>,
    /// Nothing is critical or below what it may be, and the share reaches the cutoff.
    pub holds: bool,
    pub millis: i64,
    /// Millionths of a credit.
    pub cost_micros: i64,
    pub published_by: Actor,
    pub published_at: Timestamp,
    /// The one of the same suite before; null for the first.
    pub since: Option<Since>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

/// What became of cases since the evaluation before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Since {
    pub id: EvaluationId,
    pub version: String,
    pub model: String,
    pub share: f64,
    /// Cases that failed then and pass now, and the other way round.
    pub gained: i64,
    pub lost: i64,
    /// Cases that were not there then, and those that are not there any more.
    pub added: i64,
    pub gone: i64,
}

/// What became of a case since the evaluation of its suite before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseChange {
    /// It failed and passes now.
    Gained,
    /// It passed and fails now.
    Lost,
    /// It was not there.
    Added,
}

impl CaseChange {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gained => "gained",
            Self::Lost => "lost",
            Self::Added => "added",
        }
    }
}

/// What came of one case, without its story.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CaseResult {
    /// Its place among the others, from 0.
    pub seq: i64,
    pub name: String,
    pub tags: BTreeSet<String>,
    pub attempts: i64,
    pub passed: i64,
    pub critical: bool,
    pub why: String,
    pub findings: Vec<CaseFinding>,
    pub millis: i64,
    pub cost_micros: i64,
    pub change: Option<CaseChange>,
}

impl CaseResult {
    pub fn all_passed(&self) -> bool {
        self.passed == self.attempts
    }
}

impl Evaluation {
    /// Counts what was published, without a word about the one before.
    pub fn of(published: &PublishedEvaluation, id: EvaluationId, (by, at): (Actor, Timestamp)) -> Self {
        let cases = &published.cases;
        let sum = |of: fn(&PublishedCase) -> i64| cases.iter().map(of).fold(0, i64::saturating_add);
        let (attempts, passed) = (sum(|case| case.attempts), sum(|case| case.passed));
        let critical = sum(|case| i64::from(case.critical));
        let share = if attempts > 0 { passed as f64 / attempts as f64 } else { 0.0 };
        let (low, high) = wilson_of(share, cases.len());
        let (low, high) = (rounded(low), rounded(high));
        let small = |count: i64| u32::try_from(count).unwrap_or_default();
        let fewest = cases.iter().map(|case| small(case.attempts)).min().unwrap_or_default();
        let pass_hat = (1..=fewest).filter_map(|k| {
            let each: Option<Vec<f64>> =
                cases.iter().map(|case| pass_hat(small(case.passed), small(case.attempts), k)).collect();
            each.map(|each| rounded(each.iter().sum::<f64>() / each.len() as f64))
        });
        Self {
            id,
            suite: published.suite.clone(),
            about: published.about.clone(),
            version: published.version.clone(),
            model: published.model.clone(),
            seed: published.seed,
            cases: i64::try_from(cases.len()).unwrap_or(i64::MAX),
            attempts,
            passed,
            share: rounded(share),
            interval: Interval { low, high },
            pass_hat: pass_hat.collect(),
            critical,
            cutoff: published.cutoff,
            measures: published.measures.clone(),
            below: published.below.clone(),
            holds: critical == 0 && published.below.is_empty() && share >= published.cutoff,
            millis: sum(|case| case.millis),
            cost_micros: sum(|case| case.cost_micros),
            published_by: by,
            published_at: at,
            since: None,
        }
    }

    /// The same beside the one before it, and what came of each case. `before` says of each case of that one whether
    /// all attempts passed.
    pub fn beside(
        mut self,
        cases: &[PublishedCase],
        before: Option<(&Evaluation, &BTreeMap<String, bool>)>,
    ) -> (Self, Vec<CaseResult>) {
        let change = |case: &PublishedCase| {
            let (_, known) = before?;
            match known.get(&case.name) {
                None => Some(CaseChange::Added),
                Some(passed) if *passed == case.all_passed() => None,
                Some(false) => Some(CaseChange::Gained),
                Some(true) => Some(CaseChange::Lost),
            }
        };
        let results: Vec<CaseResult> = (0..)
            .zip(cases)
            .map(|(seq, case)| CaseResult {
                seq,
                name: case.name.clone(),
                tags: case.tags.clone(),
                attempts: case.attempts,
                passed: case.passed,
                critical: case.critical,
                why: case.why.clone(),
                findings: case.findings.clone(),
                millis: case.millis,
                cost_micros: case.cost_micros,
                change: change(case),
            })
            .collect();
        let count =
            |wanted: CaseChange| results.iter().filter(|result| result.change == Some(wanted)).count() as i64;
        self.since = before.map(|(before, known)| {
            let there: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
            Since {
                id: before.id,
                version: before.version.clone(),
                model: before.model.clone(),
                share: before.share,
                gained: count(CaseChange::Gained),
                lost: count(CaseChange::Lost),
                added: count(CaseChange::Added),
                gone: known.keys().filter(|name| !there.contains(name.as_str())).count() as i64,
            }
        });
        (self, results)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn case(name: &str, passed: i64, attempts: i64) -> PublishedCase {
        PublishedCase {
            name: name.to_owned(),
            tags: BTreeSet::new(),
            attempts,
            passed,
            critical: false,
            why: String::new(),
            findings: Vec::new(),
            millis: 3,
            cost_micros: 5,
            story: Vec::new(),
        }
    }

    fn published(cases: Vec<PublishedCase>) -> PublishedEvaluation {
        PublishedEvaluation {
            suite: "shop".to_owned(),
            about: String::new(),
            version: "1".to_owned(),
            model: "offline".to_owned(),
            seed: 7,
            cutoff: 0.75,
            measures: BTreeMap::new(),
            below: Vec::new(),
            cases,
        }
    }

    fn evaluation(published: &PublishedEvaluation) -> Evaluation {
        Evaluation::of(published, EvaluationId(uuid::Uuid::nil()), (Actor::System, Timestamp(0)))
    }

    #[test]
    fn what_can_be_counted_is_counted_from_the_cases() {
        let it = evaluation(&published(vec![case("a", 1, 2), case("b", 2, 2)]));
        assert_eq!((it.cases, it.attempts, it.passed, it.share), (2, 4, 3, 0.75));
        assert_eq!(it.pass_hat, [0.75, 0.5], "both times right: b alone");
        assert_eq!((it.millis, it.cost_micros, it.holds), (6, 10, true));
        let critical = PublishedCase { critical: true, ..case("a", 1, 2) };
        assert!(!evaluation(&published(vec![critical, case("b", 2, 2)])).holds);
    }

    #[test]
    fn gains_and_losses_are_told_beside_the_one_before() {
        let before = published(vec![case("a", 1, 1), case("b", 0, 1), case("c", 1, 1), case("d", 1, 1)]);
        let known = before.cases.iter().map(|case| (case.name.clone(), case.passed == 1)).collect();
        let now = published(vec![case("a", 0, 1), case("b", 1, 1), case("c", 1, 1), case("e", 1, 1)]);
        let (it, results) = evaluation(&now).beside(&now.cases, Some((&evaluation(&before), &known)));
        let since = it.since.unwrap();
        assert_eq!((since.gained, since.lost, since.added, since.gone), (1, 1, 1, 1));
        let changes: Vec<_> = results.iter().map(|result| result.change).collect();
        assert_eq!(
            changes,
            [Some(CaseChange::Lost), Some(CaseChange::Gained), None, Some(CaseChange::Added)]
        );
        let (first, results) = evaluation(&now).beside(&now.cases, None);
        assert!(first.since.is_none() && results.iter().all(|result| result.change.is_none()));
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_would() {
        let long = "x".repeat(NAME + 1);
        let told = |case: PublishedCase| published(vec![case]).check().unwrap_err();
        assert!(published(Vec::new()).check().unwrap_err().contains("1 to 10000"));
        assert!(published(vec![case("a", 1, 1), case("a", 1, 1)]).check().unwrap_err().contains("rename"));
        assert!(told(case(&long, 1, 1)).contains("201 characters"));
        assert!(told(case("a", 2, 1)).contains("no more of them pass"));
        assert!(told(PublishedCase { critical: true, ..case("a", 1, 1) }).contains("critical"));
        let step = CaseStep { kind: "tool".to_owned(), name: "x".to_owned(), detail: "y".repeat(MOST_STORY) };
        let scene = CaseScene {
            who: String::new(),
            did: String::new(),
            told: Vec::new(),
            steps: vec![step],
            waiting: Vec::new(),
            standing: String::new(),
            reason: String::new(),
            expected: Value::Null,
            findings: Vec::new(),
        };
        assert!(told(PublishedCase { story: vec![scene], ..case("a", 1, 1) }).contains("leave steps out"));
        assert_eq!(published(vec![case("a", 1, 1)]).check(), Ok(()));
    }

    proptest! {
        #[test]
        fn a_share_lies_in_its_interval(passed in 0usize..300, more in 0usize..300) {
            let all = passed + more;
            let (low, high) = wilson(passed, all);
            prop_assert!((0.0..=1.0).contains(&low) && low <= high && high <= 1.0);
            if all > 0 {
                let share = passed as f64 / all as f64;
                prop_assert!(low <= share + 1e-9 && share <= high + 1e-9);
            }
        }
    }
}
