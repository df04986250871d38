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
    /// How likely such gains and losses are when neither version is better.
    pub chance: f64,
    /// Measures before and after.
    pub measures: BTreeMap<String, (f64, f64)>,
    /// Cases that only one of them has, or that were written anew.
    pub not_compared: usize,
}

impl SuiteComparison {
    fn is_worse(&self) -> bool {
        self.losses.len() > self.gains.len() && self.chance < LEVEL
    }
}

impl Comparison {
    /// Nothing critical was lost, and no suite lost more than chance explains.
    pub fn holds(&self) -> bool {
        self.suites.iter().all(|suite| suite.critical_losses.is_empty() && !suite.is_worse())
    }
}

#[derive(Default)]
struct Case {
    digest: String,
    passed: u32,
    all: u32,
    score: f64,
    critical_failures: u32,
    critical: bool,
}

impl Case {
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
        case.passed += u32::from(attempt.passed());
        case.all += 1;
        case.score += attempt.score;
        case.critical |= attempt.critical;
        case.critical_failures += u32::from(attempt.is_critical_failure());
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
        chance: 1.0,
        measures: BTreeMap::new(),
        not_compared: 0,
    };
    let mut differences = Vec::new();
    for (case, now) in new {
        let Some(then) = old.get(case).filter(|then| then.digest == now.digest) else { continue };
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
        if newly_critical || (now.critical && then.held() && !now.held()) {
            suite.critical_losses.push(case.clone());
        }
    }
    let known: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    suite.not_compared = known.len() - suite.cases;
    (suite.difference, suite.interval) = stats::paired_bootstrap(&differences, seed);
    suite.chance = stats::mcnemar(suite.gains.len(), suite.losses.len());
    suite
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for suite in &self.suites {
            if suite.cases == 0 {
                writeln!(f, "{}: they have no case in common", suite.suite)?;
                continue;
            }
            writeln!(
                f,
                "{}: {} of {} cases passed before, {} after; mean score {:+.3} [{:+.3}, {:+.3}]; {} gained, {} lost, \
                 {} unsteady; p = {:.3} (McNemar, exact)",
                suite.suite,
                suite.passed_before,
                suite.cases,
                suite.passed_after,
                suite.difference,
                suite.interval.0,
                suite.interval.1,
                suite.gains.len(),
                suite.losses.len(),
                suite.flips.len(),
                suite.chance,
            )?;
            if suite.not_compared > 0 {
                writeln!(
                    f,
                    "  {} cases are new, gone or written anew, and not compared",
                    suite.not_compared
                )?;
            }
            for (measure, (before, after)) in &suite.measures {
                writeln!(f, "  {measure}: {before:.4} before, {after:.4} after")?;
            }
            for (what, cases) in [
                ("gained", &suite.gains),
                ("lost", &suite.losses),
                ("unsteady", &suite.flips),
                ("CRITICAL LOSS", &suite.critical_losses),
            ] {
                for case in cases {
                    writeln!(f, "  {what}: {case}")?;
                }
            }
            if suite.is_worse() {
                writeln!(f, "  worse than chance explains")?;
            }
        }
        writeln!(f, "{}", if self.holds() { "It holds." } else { "It does not hold." })
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
        assert!(comparison.holds(), "one loss beside one gain is chance");
    }

    #[test]
    fn one_critical_loss_fails_whatever_the_mean_says() {
        let names: Vec<String> = (0..50).map(|n| format!("case {n}")).collect();
        let mut old: Vec<(&str, bool)> = names.iter().map(|name| (name.as_str(), false)).collect();
        old.push(("paid without consent", true));
        let mut new: Vec<(&str, bool)> = names.iter().map(|name| (name.as_str(), true)).collect();
        new.push(("paid without consent", false));
        let (before, mut after) = (records(&old), records(&new));
        assert!(compare(&before, &after, 1).holds());
        let last = after.attempts.last_mut().unwrap();
        last.findings = vec![Finding::critical("consent", "done and not approved")];
        let comparison = compare(&before, &after, 1);
        assert!(!comparison.holds());
        assert_eq!(comparison.suites[0].critical_losses, ["paid without consent"]);
        assert!(comparison.suites[0].difference > 0.9);
    }

    #[test]
    fn many_losses_fail_without_a_critical_one() {
        let names: Vec<String> = (0..12).map(|n| format!("case {n}")).collect();
        let of = |passed| names.iter().map(|name| (name.as_str(), passed)).collect::<Vec<_>>();
        let comparison = compare(&records(&of(true)), &records(&of(false)), 1);
        assert!(!comparison.holds() && comparison.suites[0].chance < 0.001, "{comparison}");
        assert!(comparison.to_string().contains("worse than chance"));
    }
}
