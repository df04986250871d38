//! The page: one file that needs nothing else, with each case's story. All that customers, models and tools said is
//! put in as text.

use std::collections::BTreeMap;

use anyhow::Context as _;
use minijinja::{Environment, UndefinedBehavior, context, value::Serde};
use serde::Serialize;

use crate::{
    record::{Attempt, Records},
    summary::{SuiteSummary, Summary},
};

const TEMPLATE: &str = include_str!("report.html");
/// Attempts of a suite of data that are shown: those that failed, first come first served.
const SHOWN: usize = 200;

#[derive(Serialize)]
struct Section<'r> {
    summary: &'r SuiteSummary,
    judged: Option<String>,
    holds: bool,
    percent: String,
    low: String,
    high: String,
    cases: Vec<Shown<'r>>,
    left_out: usize,
}

#[derive(Serialize)]
struct Shown<'r> {
    attempt: &'r Attempt,
    passed: bool,
    critical: bool,
    findings: Vec<&'r str>,
}

pub fn html(records: &Records, summary: &Summary) -> anyhow::Result<String> {
    let mut by_suite: BTreeMap<&str, Vec<&Attempt>> = BTreeMap::new();
    for attempt in &records.attempts {
        by_suite.entry(&attempt.key.suite).or_default().push(attempt);
    }
    let sections: Vec<Section<'_>> = summary
        .suites
        .iter()
        .map(|suite| {
            let mut own = by_suite.remove(suite.manifest.name.as_str()).unwrap_or_default();
            own.sort_by_key(|attempt| {
                (!attempt.is_critical_failure(), attempt.passed(), &attempt.key.case, attempt.key.attempt)
            });
            let told = |attempt: &&&Attempt| !attempt.story.is_empty() || !attempt.passed();
            let all = own.iter().filter(told).count();
            let cases = own.iter().filter(told).enumerate();
            let cases = cases.filter(|(at, attempt)| !attempt.story.is_empty() || *at < SHOWN);
            let cases: Vec<Shown<'_>> = cases
                .map(|(_, attempt)| Shown {
                    attempt,
                    passed: attempt.passed(),
                    critical: attempt.is_critical_failure(),
                    findings: attempt.findings.iter().map(|finding| finding.text.as_str()).collect(),
                })
                .collect();
            let percent = |share: f64| format!("{:.1} %", share * 100.0);
            Section {
                summary: suite,
                judged: suite.judged_in_words(),
                holds: suite.holds(),
                percent: percent(suite.share),
                low: percent(suite.interval.0),
                high: percent(suite.interval.1),
                left_out: all - cases.len(),
                cases,
            }
        })
        .collect();
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("figure", |value: f64| format!("{value:.4}"));
    // The name's end says that what is put in is escaped.
    environment.add_template("report.html", TEMPLATE).context("the report's template")?;
    let template = environment.get_template("report.html")?;
    template
        .render(context! {
            model => &summary.model,
            version => &summary.version,
            holds => summary.holds(),
            sections => Serde(sections),
        })
        .context("the report cannot be rendered")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::record::{Scene, StepLine, Told, WaitingLine, tests::attempt};

    #[test]
    fn the_page_tells_the_story_and_nothing_in_it_becomes_markup() {
        let text = "name: shop\nkind: conversations\nabout: a\nlicence: MIT\nsource: c\ncutoff: 0.2\n\
                    references: [{ measure: m, value: 0.5, of: others, citation: 'Paper, 2024' }]\n";
        let manifest = serde_yaml_ng::from_str(text).unwrap();
        let mut one = attempt("shop", "a <b>", 1, false);
        one.story.push(Scene {
            who: "the customer".to_owned(),
            did: "<script>alert(1)</script>".to_owned(),
            told: vec![Told { by: "resolution".to_owned(), text: "30 days".to_owned(), sources: Vec::new() }],
            steps: vec![StepLine {
                kind: "tool".to_owned(),
                name: "search".to_owned(),
                detail: "{\"q\":1}".to_owned(),
            }],
            waiting: vec![WaitingLine {
                tool: "refund".to_owned(),
                args: json!({ "cents": 1 }),
                role: "reviewer".to_owned(),
                why: "money".to_owned(),
            }],
            standing: "Waits".to_owned(),
            reason: String::new(),
            expected: json!({ "outcome": "waits" }),
            findings: Vec::new(),
        });
        let records = Records {
            suites: BTreeMap::from([("shop".to_owned(), manifest)]),
            attempts: vec![one, attempt("shop", "plain", 1, true)],
            ..Records::default()
        };
        let page = html(&records, &Summary::of(&records)).unwrap();
        assert!(!page.contains("<script>"), "{page}");
        for wanted in ["&lt;script&gt;", "30 days", "search", "refund", "Paper, 2024", "MIT", "a &lt;b&gt;"] {
            assert!(page.contains(wanted), "{wanted} is missing");
        }
        let mut records = records;
        let manifest = records.suites.get_mut("shop").unwrap();
        manifest.no_references = "nobody <b>tried</b>".to_owned();
        let page = html(&records, &Summary::of(&records)).unwrap();
        assert!(page.contains("nobody &lt;b&gt;tried&lt;"), "{page}");
        assert!(!page.contains("http://") && !page.contains("src="), "it needs nothing else");
    }
}
