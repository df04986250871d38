//! Results as JUnit writes them. A case that fails within its suite's cutoff is one that was left out, with its
//! reason, so that a build server shows it and does not stop for it; one that may not fail is a failure.

use std::{collections::BTreeMap, time::Duration};

use anyhow::Context as _;
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::{
    record::{LeftOut, Records},
    summary::Summary,
};

/// Failures of one suite of data that are listed; the suite's properties count them all.
const LISTED: usize = 200;

pub fn junit(records: &Records, summary: &Summary) -> anyhow::Result<String> {
    let mut report = Report::new("countersign-eval");
    for suite in &summary.suites {
        let name = &suite.manifest.name;
        let mut out = TestSuite::new(name.clone());
        for (measure, value) in &suite.measures {
            out.add_property((measure.as_str(), format!("{value:.6}").as_str()));
        }
        out.add_property(("passed", format!("{} of {}", suite.passed, suite.attempts).as_str()));
        let mut failures: BTreeMap<&str, usize> = BTreeMap::new();
        for attempt in records.attempts.iter().filter(|attempt| attempt.key.suite == *name) {
            let findings: Vec<String> = attempt.findings.iter().map(|finding| finding.text.clone()).collect();
            let status = if attempt.passed() {
                TestCaseStatus::success()
            } else {
                let listed = failures.entry(name).or_default();
                *listed += 1;
                if *listed > LISTED && !attempt.is_critical_failure() {
                    continue;
                }
                let mut status = if attempt.is_critical_failure() || !suite.holds() {
                    TestCaseStatus::non_success(NonSuccessKind::Failure)
                } else {
                    TestCaseStatus::skipped()
                };
                status.set_message(findings.first().cloned().unwrap_or_default());
                status.set_description(findings.join("\n"));
                status
            };
            let title = match attempt.key.attempt {
                1 => attempt.key.case.clone(),
                n => format!("{} (attempt {n})", attempt.key.case),
            };
            let mut case = TestCase::new(title, status);
            case.set_classname(name.clone());
            case.set_time(Duration::from_millis(attempt.spent.millis));
            out.add_test_case(case);
        }
        for below in &suite.below {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(below.clone());
            out.add_test_case(TestCase::new("measures", status));
        }
        if suite.share < suite.manifest.cutoff {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(format!("{:.3} passed, {} must", suite.share, suite.manifest.cutoff));
            out.add_test_case(TestCase::new("cutoff", status));
        }
        report.add_test_suite(out);
    }
    for LeftOut { suite, missing } in &summary.left_out {
        let mut status = TestCaseStatus::skipped();
        status.set_message(format!("{missing} is not there"));
        let mut out = TestSuite::new(suite.clone());
        out.add_test_case(TestCase::new("data", status));
        report.add_test_suite(out);
    }
    report.to_string().context("the results cannot be written as JUnit")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{record::tests::attempt, score::Finding};

    #[test]
    fn a_miss_within_the_cutoff_is_skipped_and_a_critical_one_fails() {
        let text = "name: shop\nkind: conversations\nabout: a\nlicence: b\nsource: c\ncutoff: 0.2\n";
        let manifest = serde_yaml_ng::from_str(text).unwrap();
        let mut attempts = vec![
            attempt("shop", "a", 1, true),
            attempt("shop", "b <&>", 1, false),
            attempt("shop", "c", 1, true),
        ];
        let suites = BTreeMap::from([("shop".to_owned(), manifest)]);
        let of = |attempts: &[crate::record::Attempt]| {
            let records =
                Records { suites: suites.clone(), attempts: attempts.to_vec(), ..Records::default() };
            junit(&records, &Summary::of(&records)).unwrap()
        };
        let xml = of(&attempts);
        assert!(xml.contains("failures=\"0\"") && xml.contains("<skipped"), "{xml}");
        assert!(xml.contains("b &lt;&amp;&gt;"), "{xml}");
        attempts[2].findings.push(Finding::critical("consent", "paid"));
        let xml = of(&attempts);
        assert!(xml.contains("<failure message=\"paid\""), "{xml}");
    }
}
