//! Two versions side by side: which cases one gained, which it lost, and whether that is more than chance. A
//! critical case that was lost fails, whatever the mean says.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;

use crate::{record::Records, stats};

/// Chance may explain it from here on.
const LEVEL: f64 = 0.05;
/// Names of cases that are gone which are told.
const LISTED: usize = 20;

#[derive(Debug, Serialize)]
pub struct Comparison {
    pub suites: Vec<SuiteComparison>,
}

#[derive(Debug, Serialize)]
pub struct SuiteComparison {
    pub suite: String,
    /// Cases that both have, written alike.
    pub cases: usize,
    pub passed_before: usize,
    pub passed_after: usize,
    /// Mean difference of the scores, and the interval it lies in 95 of 100 times.
    pub difference: f64,
    pub interval: (f64, f64),
    pub gains: Vec<String>,
    pub losses: Vec<String>,
    /// Cases that pass in some attempts of one version and fail in others of the same one.
    pub flips: Vec<String>,
    /// Among the losses those that may not be.
    pub critical_losses: Vec<String>,
    /// Cases that fail critically and were not there before, or were written anew since.
    pub critical_failures: Vec<String>,
    /// Cases that were held before and not after.
    pub gone: Vec<String>,
    /// How likely such gains and losses are when neither version is better.
    pub chance: f64,
    /// Measures before and after.
    pub measures: BTreeMap<String, (f64, f64)>,
    /// Cases that only one of them has, or that were written anew.
    pub not_compared: usize,
    /// Both have cases, and none is written alike.
    pub nothing_alike: bool,
}

impl SuiteComparison {
    fn is_worse(&self) -> bool {
        self.losses.len() > self.gains.len() && self.chance < LEVEL
    }
}

impl Comparison {
    /// Nothing critical was lost or fails, no suite lost more than chance explains, and, unless that was meant,
    /// everything that was held before was held again.
    pub fn holds(&self, allow_missing: bool) -> bool {
        self.suites.iter().all(|suite| {
            suite.critical_losses.is_empty()
                && suite.critical_failures.is_empty()
                && !suite.is_worse()
                && (allow_missing || suite.gone.is_empty() && !suite.nothing_alike)
        })
    }
}

#[derive(Default)]
struct Case {
    digest: String,
    critical: bool,
    /// By their number.
    attempts: BTreeMap<u32, One>,
}

struct One {
    passed: bool,
    score: f64,
    critical_failure: bool,
}

/// What came of a case in some of its attempts.
#[derive(Default)]
struct Told {
    passed: u32,
    all: u32,
    score: f64,
    critical_failures: u32,
}

impl Case {
    /// Of its first attempts: who was tried more often would fail more often by that alone.
    fn first(&self, most: usize) -> Told {
        self.attempts.values().take(most).fold(Told::default(), |mut told, one| {
            told.passed += u32::from(one.passed);
            told.all += 1;
            told.score += one.score;
            told.critical_failures += u32::from(one.critical_failure);
            told
        })
    }
}

impl Told {
    /// It passed in every attempt.
    fn held(&self) -> bool {
        self.passed == self.all
    }

    fn flips(&self) -> bool {
        self.passed > 0 && self.passed < self.all
    }

    fn mean(&self) -> f64 {
        self.score / f64::from(self.all.max(1))
    }
}

type Suites = BTreeMap<String, BTreeMap<String, Case>>;

fn by_suite(records: &Records) -> Suites {
    let mut suites = Suites::new();
    for attempt in &records.attempts {
        let suite = suites.entry(attempt.key.suite.clone()).or_default();
        let case = suite.entry(attempt.key.case.clone()).or_default();
        case.digest.clone_from(&attempt.key.digest);
        case.critical |= attempt.critical;
        let (passed, critical_failure) = (attempt.passed(), attempt.is_critical_failure());
        case.attempts.insert(attempt.key.attempt, One { passed, score: attempt.score, critical_failure });
    }
    suites
}

/// What became of `before` in `after`. The same records and seed give the same comparison.
pub fn compare(before: &Records, after: &Records, seed: u64) -> Comparison {
    let (old, new) = (by_suite(before), by_suite(after));
    let nothing = BTreeMap::new();
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let suites = names.into_iter().map(|name| {
        let (old, new) = (old.get(name).unwrap_or(&nothing), new.get(name).unwrap_or(&nothing));
        let mut suite = pairs(name, old, new, seed);
        let measures = |records: &Records| -> BTreeMap<String, f64> {
            let own = records.measured.iter().filter(|measured| measured.key.suite == *name);
            own.flat_map(|measured| measured.measures.clone()).collect()
        };
        let after = measures(after);
        for (measure, before) in measures(before) {
            if let Some(after) = after.get(&measure) {
                suite.measures.insert(measure, (before, *after));
            }
        }
        suite
    });
    Comparison { suites: suites.collect() }
}

fn pairs(
    name: &str,
    old: &BTreeMap<String, Case>,
    new: &BTreeMap<String, Case>,
    seed: u64,
) -> SuiteComparison {
    let mut suite = SuiteComparison {
        suite: name.to_owned(),
        cases: 0,
        passed_before: 0,
        passed_after: 0,
        difference: 0.0,
        interval: (0.0, 0.0),
        gains: Vec::new(),
        losses: Vec::new(),
        flips: Vec::new(),
        critical_losses: Vec::new(),
        critical_failures: Vec::new(),
        gone: old.keys().filter(|case| !new.contains_key(*case)).cloned().collect(),
        chance: 1.0,
        measures: BTreeMap::new(),
        not_compared: 0,
        nothing_alike: false,
    };
    let mut differences = Vec::new();
    for (case, now) in new {
        let Some(then) = old.get(case).filter(|then| then.digest == now.digest) else {
            if now.first(usize::MAX).critical_failures > 0 {
                suite.critical_failures.push(case.clone());
            }
            continue;
        };
        let critical = now.critical;
        let both = then.attempts.len().min(now.attempts.len());
        let (then, now) = (then.first(both), now.first(both));
        suite.cases += 1;
        suite.passed_before += usize::from(then.held());
        suite.passed_after += usize::from(now.held());
        differences.push(now.mean() - then.mean());
        match (then.held(), now.held()) {
            (false, true) => suite.gains.push(case.clone()),
            (true, false) => suite.losses.push(case.clone()),
            _ => {}
        }
        if then.flips() || now.flips() {
            suite.flips.push(case.clone());
        }
        let newly_critical = now.critical_failures > 0 && then.critical_failures == 0;
        if newly_critical || (critical && then.held() && !now.held()) {
            suite.critical_losses.push(case.clone());
        }
    }
    let known: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    suite.not_compared = known.len() - suite.cases;
    suite.nothing_alike = suite.cases == 0 && !old.is_empty() && !new.is_empty();
    (suite.difference, suite.interval) = stats::paired_bootstrap(&differences, seed);
    suite.chance = stats::mcnemar(suite.gains.len(), suite.losses.len());
    suite
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for suite in &self.suites {
            if suite.cases == 0 {
                writeln!(f, "{}: they have no case in common", suite.suite)?;
            } else {
                suite.write(f)?;
            }
            for (what, cases) in [("CRITICAL FAILURE", &suite.critical_failures), ("gone", &suite.gone)] {
                for case in cases.iter().take(LISTED) {
                    writeln!(f, "  {what}: {case}")?;
                }
                if cases.len() > LISTED {
                    writeln!(f, "  {what}: {} more", cases.len() - LISTED)?;
                }
            }
        }
        let told = match (self.holds(false), self.holds(true)) {
            (true, _) => "It holds.",
            (_, true) => "It does not hold: what is gone was not held again. `--allow-missing` lets it go.",
            _ => "It does not hold.",
        };
        writeln!(f, "{told}")
    }
}

impl SuiteComparison {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} of {} cases passed before, {} after; mean score {:+.3} [{:+.3}, {:+.3}]; {} gained, {} lost, \
             {} unsteady; p = {:.3} (McNemar, exact)",
            self.suite,
            self.passed_before,
            self.cases,
            self.passed_after,
            self.difference,
            self.interval.0,
            self.interval.1,
            self.gains.len(),
            self.losses.len(),
            self.flips.len(),
            self.chance,
        )?;
        if self.not_compared > 0 {
            writeln!(f, "  {} cases are new, gone or written anew, and not compared", self.not_compared)?;
        }
        for (measure, (before, after)) in &self.measures {
            writeln!(f, "  {measure}: {before:.4} before, {after:.4} after")?;
        }
        for (what, cases) in [
            ("gained", &self.gains),
            ("lost", &self.losses),
            ("unsteady", &self.flips),
            ("CRITICAL LOSS", &self.critical_losses),
        ] {
            for case in cases {
                writeln!(f, "  {what}: {case}")?;
            }
        }
        if self.is_worse() {
            writeln!(f, "  worse than chance explains")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{record::tests::attempt, score::Finding};

    fn records(attempts: &[(&str, bool)]) -> Records {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        let attempts = attempts.iter().map(|(case, passed)| {
            let n = counts.entry(case).or_default();
            *n += 1;
            attempt("shop", case, *n, *passed)
        });
        Records { attempts: attempts.collect(), ..Records::default() }
    }

    #[test]
    fn gains_losses_and_what_is_unsteady_are_told_apart() {
        let before = records(&[("a", true), ("b", false), ("c", true), ("c", true), ("gone", true)]);
        let after = records(&[("a", true), ("b", true), ("c", true), ("c", false), ("new", false)]);
        let comparison = compare(&before, &after, 1);
        let suite = &comparison.suites[0];
        assert_eq!((&suite.gains[..], &suite.losses[..]), (&["b".to_owned()][..], &["c".to_owned()][..]));
        assert_eq!(suite.flips, ["c"]);
        assert_eq!((suite.cases, suite.not_compared), (3, 2));
        assert!((suite.difference - (1.0 - 0.5) / 3.0).abs() < 1e-9);
        assert_eq!(suite.gone, ["gone"]);
        assert!(comparison.holds(true), "one loss beside one gain is chance");
        assert!(!comparison.holds(false), "what is gone was not held again");
        assert!(comparison.to_string().contains("--allow-missing"), "{comparison}");
    }

    #[test]
    fn one_critical_loss_fails_whatever_the_mean_says() {
        let names: Vec<String> = (0..50).map(|n| format!("case {n}")).collect();
        let mut old: Vec<(&str, bool)> = names.iter().map(|name| (name.as_str(), false)).collect();
        old.push(("paid without consent", true));
        let mut new: Vec<(&str, bool)> = names.iter().map(|name| (name.as_str(), true)).collect();
        new.push(("paid without consent", false));
        let (before, mut after) = (records(&old), records(&new));
        assert!(compare(&before, &after, 1).holds(false));
        let last = after.attempts.last_mut().unwrap();
        last.findings = vec![Finding::critical("consent", "done and not approved")];
        let comparison = compare(&before, &after, 1);
        assert!(!comparison.holds(true));
        assert_eq!(comparison.suites[0].critical_losses, ["paid without consent"]);
        assert!(comparison.suites[0].difference > 0.9);
    }

    #[test]
    fn many_losses_fail_without_a_critical_one() {
        let names: Vec<String> = (0..12).map(|n| format!("case {n}")).collect();
        let of = |passed| names.iter().map(|name| (name.as_str(), passed)).collect::<Vec<_>>();
        let comparison = compare(&records(&of(true)), &records(&of(false)), 1);
        assert!(!comparison.holds(true) && comparison.suites[0].chance < 0.001, "{comparison}");
        assert!(comparison.to_string().contains("worse than chance"));
    }

    #[test]
    fn what_fails_critically_fails_though_there_is_nothing_to_compare_it_with() {
        let before = records(&[("a", true), ("b", true)]);
        let mut after = records(&[("a", true), ("b", true), ("new", false)]);
        assert!(compare(&before, &after, 1).holds(false), "a new case may fail");
        after.attempts[2].findings.push(Finding::critical("consent", "done and not approved"));
        let comparison = compare(&before, &after, 1);
        assert_eq!(comparison.suites[0].critical_failures, ["new"]);
        assert!(!comparison.holds(true));
        for attempt in &mut after.attempts {
            attempt.key.digest = "anew".to_owned();
        }
        after.attempts.truncate(2);
        let comparison = compare(&before, &after, 1);
        assert!(!comparison.holds(false) && comparison.holds(true), "nothing is written alike: {comparison}");
    }

    #[test]
    fn a_suite_that_was_not_held_again_does_not_hold() {
        let comparison = compare(&records(&[("a", true)]), &Records::default(), 1);
        assert!(!comparison.holds(false) && comparison.holds(true), "{comparison}");
    }

    #[test]
    fn who_was_tried_more_often_does_not_lose_by_it() {
        let before = records(&[("a", true)]);
        let after = records(&[("a", true), ("a", false), ("a", false)]);
        let comparison = compare(&before, &after, 1);
        assert!(comparison.suites[0].losses.is_empty(), "{comparison}");
    }
}
