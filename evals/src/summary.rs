//! What a run comes to: for each suite how much passed, how surely, what it measured beside what others reached,
//! and whether that is enough.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::Serialize;

use crate::{
    record::{Attempt, Judged, LeftOut, Records},
    stats,
    suite::{Manifest, Reference},
};

#[derive(Debug, Serialize)]
pub struct Summary {
    pub model: String,
    pub version: String,
    pub suites: Vec<SuiteSummary>,
    /// Suites whose data are not there: nothing is known of them.
    pub left_out: Vec<LeftOut>,
}

#[derive(Debug, Serialize)]
pub struct SuiteSummary {
    pub manifest: Manifest,
    pub cases: usize,
    pub attempts: usize,
    pub passed: usize,
    pub share: f64,
    /// Of the share, 95 of 100 times. Several attempts at a case say no more of other cases than one does.
    pub interval: (f64, f64),
    /// How likely a case passes so many times in a row, from 1; for suites of conversations.
    pub pass_hat: Vec<f64>,
    pub measures: BTreeMap<String, f64>,
    /// By tag: how many attempts passed, of how many.
    pub tags: BTreeMap<String, (usize, usize)>,
    /// Cases that fail the whole evaluation.
    pub critical_failures: Vec<String>,
    /// Measures that are below their floor.
    pub below: Vec<String>,
    /// Answers that a criterion in words was for, by what a judge said of them.
    pub judged: Judged,
    /// Attempts that failed by what the judge said and by nothing else.
    pub failed_by_judge: usize,
    pub judge_micros: i64,
    pub millis: u64,
    pub cost_micros: i64,
}

impl SuiteSummary {
    /// What came of criteria in words; nothing where there are none.
    pub fn judged_in_words(&self) -> Option<String> {
        if self.judged.is_none() {
            return None;
        }
        let Judged { met, not_met, not_judged, not_asked } = self.judged;
        let mut told = format!("criteria in words: {met} met, {not_met} not met, {not_judged} not judged");
        if not_asked > 0 {
            told.push_str(&format!(", {not_asked} nobody was asked about"));
        }
        if self.failed_by_judge > 0 {
            told.push_str(&format!("; {} failed by the judge alone", self.failed_by_judge));
        }
        if self.judge_micros > 0 {
            told.push_str(&format!("; the judge cost {} millionths of a credit", self.judge_micros));
        }
        Some(told)
    }

    /// What others reached with it that stands beside none of our measures.
    fn elsewhere(&self) -> impl Iterator<Item = &Reference> {
        self.manifest.references.iter().filter(|reference| !self.measures.contains_key(&reference.measure))
    }

    pub fn holds(&self) -> bool {
        self.critical_failures.is_empty() && self.below.is_empty() && self.share >= self.manifest.cutoff
    }
}

impl Summary {
    /// Of records of one version and model.
    pub fn of(records: &Records) -> Self {
        let key = records.attempts.first().map(|attempt| &attempt.key);
        Self {
            model: key.map(|key| key.model.clone()).unwrap_or_default(),
            version: key.map(|key| key.version.clone()).unwrap_or_default(),
            suites: records.suites.values().filter_map(|manifest| suite(manifest, records)).collect(),
            left_out: records.left_out.values().cloned().collect(),
        }
    }

    /// Something was held, and all of it is good enough.
    pub fn holds(&self) -> bool {
        !self.suites.is_empty() && self.suites.iter().all(SuiteSummary::holds)
    }
}

/// `None` when nothing of it was held.
fn suite(manifest: &Manifest, records: &Records) -> Option<SuiteSummary> {
    let own: Vec<&Attempt> =
        records.attempts.iter().filter(|attempt| attempt.key.suite == manifest.name).collect();
    if own.is_empty() {
        return None;
    }
    let mut cases: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    let mut tags: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut critical = BTreeSet::new();
    for attempt in &own {
        let case = cases.entry(&attempt.key.case).or_default();
        case.0 += u32::from(attempt.passed());
        case.1 += 1;
        for tag in &attempt.tags {
            let counts = tags.entry(tag.clone()).or_default();
            counts.0 += usize::from(attempt.passed());
            counts.1 += 1;
        }
        if attempt.is_critical_failure() {
            critical.insert(attempt.key.case.clone());
        }
    }
    let passed = own.iter().filter(|attempt| attempt.passed()).count();
    let fewest = cases.values().map(|(_, all)| *all).min().unwrap_or(0);
    let pass_hat = (1..=fewest).filter_map(|k| {
        let each: Option<Vec<f64>> =
            cases.values().map(|(passed, all)| stats::pass_hat(*passed, *all, k)).collect();
        each.map(|each| each.iter().sum::<f64>() / each.len() as f64)
    });
    let mut measures: BTreeMap<String, f64> = records
        .measured
        .iter()
        .filter(|measured| measured.key.suite == manifest.name)
        .flat_map(|measured| measured.measures.clone())
        .collect();
    let claims: u64 = own.iter().map(|attempt| attempt.spent.claims).sum();
    if claims > 0 {
        let carried: u64 = own.iter().map(|attempt| attempt.spent.carried).sum();
        measures.insert("groundedness".to_owned(), carried as f64 / claims as f64);
    }
    let below = manifest.floors.iter().filter_map(|(name, floor)| match measures.get(name) {
        Some(value) if value >= floor => None,
        Some(value) => Some(format!("{name} is {value:.4} and may not be less than {floor}")),
        None => Some(format!("{name} was not measured")),
    });
    let below: Vec<String> = below.collect();
    Some(SuiteSummary {
        cases: cases.len(),
        attempts: own.len(),
        passed,
        share: passed as f64 / own.len() as f64,
        interval: stats::wilson_of(passed as f64 / own.len() as f64, cases.len()),
        pass_hat: pass_hat.collect(),
        measures,
        tags,
        critical_failures: critical.into_iter().collect(),
        below,
        judged: own.iter().fold(Judged::default(), |mut sum, attempt| {
            sum.add(attempt.spent.judged);
            sum
        }),
        failed_by_judge: own
            .iter()
            .filter(|attempt| !attempt.passed() && attempt.findings.iter().all(|one| one.scorer == "judge"))
            .count(),
        judge_micros: own.iter().map(|attempt| attempt.spent.judge_micros).sum(),
        millis: own.iter().map(|attempt| attempt.spent.millis).sum(),
        cost_micros: own.iter().map(|attempt| attempt.spent.cost_micros).sum(),
        manifest: manifest.clone(),
    })
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "model {}, version {}\n", self.model, self.version)?;
        writeln!(
            f,
            "{:<14} {:>7} {:>8} {:>7}  {:<16} {:>7} {:>9}",
            "suite", "cases", "passed", "share", "95 of 100 times", "cutoff", "critical"
        )?;
        for suite in &self.suites {
            writeln!(
                f,
                "{:<14} {:>7} {:>8} {:>7.3}  [{:.3}, {:.3}]   {:>7.2} {:>9}  {}",
                suite.manifest.name,
                suite.cases,
                suite.passed,
                suite.share,
                suite.interval.0,
                suite.interval.1,
                suite.manifest.cutoff,
                suite.critical_failures.len(),
                if suite.holds() { "holds" } else { "DOES NOT HOLD" },
            )?;
            if suite.pass_hat.len() > 1 {
                let row: Vec<String> = suite
                    .pass_hat
                    .iter()
                    .enumerate()
                    .map(|(k, p)| format!("pass^{} {p:.3}", k + 1))
                    .collect();
                writeln!(f, "    {}", row.join("  "))?;
            }
            for (name, value) in &suite.measures {
                let others = suite.manifest.references.iter().filter(|reference| reference.measure == *name);
                let others: Vec<String> =
                    others.map(|other| format!("{} ({})", other.value, other.of)).collect();
                let others =
                    if others.is_empty() { String::new() } else { format!("  beside {}", others.join("; ")) };
                writeln!(f, "    {name} {value:.4}{others}")?;
            }
            for other in suite.elsewhere() {
                writeln!(f, "    others' {}: {} ({})", other.measure, other.value, other.of)?;
            }
            if !suite.manifest.no_references.is_empty() {
                writeln!(f, "    nobody's figures beside it: {}", suite.manifest.no_references)?;
            }
            writeln!(f, "    {}, licence: {}", suite.manifest.source, suite.manifest.licence)?;
            if let Some(told) = suite.judged_in_words() {
                writeln!(f, "    {told}")?;
            }
            for name in &suite.critical_failures {
                writeln!(f, "    CRITICAL: {name}")?;
            }
            for name in &suite.below {
                writeln!(f, "    BELOW: {name}")?;
            }
        }
        if self.suites.is_empty() {
            writeln!(f, "nothing was held")?;
        }
        for LeftOut { suite, missing } in &self.left_out {
            writeln!(
                f,
                "left out: {suite}, because {missing} is not there; COUNTERSIGN_DATA names the folder"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{record::tests::attempt, score::Finding, suite};

    fn manifest(cutoff: f64) -> Manifest {
        let text =
            format!("name: shop\nkind: conversations\nabout: a\nlicence: b\nsource: c\ncutoff: {cutoff}\n");
        serde_yaml_ng::from_str(&text).unwrap()
    }

    fn records(cutoff: f64, attempts: &[(&str, u32, bool)]) -> Records {
        let attempts = attempts.iter().map(|(case, n, passed)| attempt("shop", case, *n, *passed));
        let suites = BTreeMap::from([("shop".to_owned(), manifest(cutoff))]);
        Records { suites, attempts: attempts.collect(), ..Records::default() }
    }

    #[test]
    fn a_suite_holds_from_its_cutoff_on() {
        let attempts = [("a", 1, true), ("a", 2, false), ("b", 1, true), ("b", 2, true)];
        let summary = Summary::of(&records(0.75, &attempts));
        let suite = &summary.suites[0];
        assert_eq!((suite.cases, suite.attempts, suite.passed), (2, 4, 3));
        assert_eq!(suite.pass_hat, [0.75, 0.5], "both times right: b alone");
        assert!(summary.holds());
        assert!(!Summary::of(&records(0.76, &attempts)).holds());
    }

    #[test]
    fn one_critical_finding_fails_a_suite_that_is_otherwise_right() {
        let names: Vec<String> = (0..99).map(|n| n.to_string()).collect();
        let attempts: Vec<(&str, u32, bool)> = names.iter().map(|name| (name.as_str(), 1, true)).collect();
        let mut all = records(0.5, &attempts);
        assert!(Summary::of(&all).holds());
        all.attempts[7].findings.push(Finding::critical("consent", "paid"));
        let summary = Summary::of(&all);
        assert!(!summary.holds());
        assert_eq!(summary.suites[0].critical_failures, ["7"]);
        assert!(summary.to_string().contains("CRITICAL: 7"));
    }

    #[test]
    fn what_a_judge_said_is_told_apart_and_lets_nothing_critical_pass() {
        let mut all = records(0.5, &[("a", 1, true), ("b", 1, true), ("c", 1, true)]);
        assert!(!Summary::of(&all).to_string().contains("criteria"));
        all.attempts[0].spent.judged.met = 1;
        all.attempts[0].findings.push(Finding::critical("consent", "paid"));
        all.attempts[1].spent.judged.not_met = 1;
        all.attempts[1].spent.judge_micros = 7;
        all.attempts[1].findings.push(Finding::of("judge", "rude"));
        all.attempts[2].spent.judged.not_asked = 2;
        let summary = Summary::of(&all);
        assert_eq!(summary.suites[0].critical_failures, ["a"], "whatever the judge said");
        assert_eq!((summary.suites[0].passed, summary.suites[0].failed_by_judge), (1, 1));
        let told = "1 met, 1 not met, 0 not judged, 2 nobody was asked about; 1 failed by the judge alone; the judge \
                    cost 7 millionths of a credit";
        assert!(summary.to_string().contains(told), "{summary}");
    }

    #[test]
    fn whose_words_they_are_and_what_others_reached_is_told() {
        let mut all = records(0.5, &[("a", 1, true)]);
        let manifest: &mut suite::Manifest = all.suites.get_mut("shop").unwrap();
        manifest.licence = "CC BY 4.0".to_owned();
        manifest.no_references = "nobody tried".to_owned();
        let told = Summary::of(&all).to_string();
        assert!(told.contains("c, licence: CC BY 4.0") && told.contains("nobody tried"), "{told}");
        let manifest: &mut suite::Manifest = all.suites.get_mut("shop").unwrap();
        manifest.no_references.clear();
        for measure in ["groundedness", "pass^4"] {
            manifest.references.push(Reference {
                measure: measure.to_owned(),
                value: 0.25,
                of: format!("theirs of {measure}"),
                citation: "Paper, 2024".to_owned(),
            });
        }
        all.attempts[0].spent.claims = 2;
        all.attempts[0].spent.carried = 1;
        let told = Summary::of(&all).to_string();
        assert!(told.contains("groundedness 0.5000  beside 0.25 (theirs of groundedness)"), "{told}");
        assert!(told.contains("others' pass^4: 0.25 (theirs of pass^4)"), "{told}");
    }

    #[test]
    fn nothing_held_does_not_hold_and_attempts_at_one_case_are_no_further_cases() {
        let mut none = records(0.0, &[]);
        let left_out = LeftOut { suite: "pii".to_owned(), missing: "pii.json".to_owned() };
        none.left_out.insert("pii".to_owned(), left_out);
        let summary = Summary::of(&none);
        assert!(!summary.holds());
        assert!(summary.to_string().contains("left out: pii, because pii.json"), "{summary}");
        let once: Vec<(String, u32)> = (0..20).map(|n| (n.to_string(), 1)).collect();
        let often: Vec<(String, u32)> =
            (1..=8).flat_map(|n| (0..20).map(move |c| (c.to_string(), n))).collect();
        let interval = |attempts: &[(String, u32)]| {
            let of = |(case, n): &(String, u32)| (case.clone(), *n, case != "3");
            let attempts: Vec<(String, u32, bool)> = attempts.iter().map(of).collect();
            let attempts: Vec<(&str, u32, bool)> =
                attempts.iter().map(|(case, n, passed)| (case.as_str(), *n, *passed)).collect();
            Summary::of(&records(0.0, &attempts)).suites[0].interval
        };
        assert_eq!(interval(&once), interval(&often));
    }

    #[test]
    fn a_measure_below_its_floor_or_missing_fails() {
        let mut all = records(0.0, &[("a", 1, true)]);
        let manifest: &mut suite::Manifest = all.suites.get_mut("shop").unwrap();
        manifest.floors.insert("recall".to_owned(), 0.9);
        assert_eq!(Summary::of(&all).suites[0].below, ["recall was not measured"]);
    }
}
