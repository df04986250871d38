//! The alerts and the dashboard: what they ask for is measured, and every alert says what to do.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use orchestrator::measurements::{ALL, Kind};
use promql_parser::{
    parser::{self, Expr, VectorSelector},
    util::{ExprVisitor, walk_expr},
};
use serde_json::Value;

use super::{read, root};

/// What `metrics_process` and Prometheus itself add.
const OTHERS: &[&str] = &[
    "process_resident_memory_bytes",
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_max_fds",
    "up",
];
/// Labels that Prometheus puts on what it fetches, and that of buckets.
const ADDED: &[&str] = &["job", "instance", "le"];

/// What a query reads: names of metrics with the labels they are chosen by, and labels it groups by.
#[derive(Default)]
struct Reads {
    metrics: Vec<(String, Vec<String>)>,
    groups: BTreeSet<String>,
}

impl Reads {
    fn select(&mut self, selector: &VectorSelector) {
        let labels = selector.matchers.matchers.iter().map(|matcher| matcher.name.clone()).collect();
        self.metrics.push((selector.name.clone().expect("a metric is chosen by its name"), labels));
    }
}

impl ExprVisitor for Reads {
    type Error = String;

    fn pre_visit(&mut self, expr: &Expr) -> Result<bool, String> {
        match expr {
            Expr::VectorSelector(selector) => self.select(selector),
            Expr::MatrixSelector(matrix) => self.select(&matrix.vs),
            Expr::Aggregate(aggregate) => {
                if let Some(modifier) = &aggregate.modifier {
                    self.groups.extend(modifier.labels().labels.iter().cloned());
                }
            }
            _ => {}
        }
        Ok(true)
    }
}

/// Why a query cannot be answered by what the service measures.
fn faults(query: &str) -> Vec<String> {
    let plain =
        query.replace("$__rate_interval", "5m").replace("$job", "countersign").replace("$workspace", "acme");
    let expr = match parser::parse(&plain) {
        Ok(expr) => expr,
        Err(error) => return vec![format!("{query}: {error}")],
    };
    let mut reads = Reads::default();
    walk_expr(&mut reads, &expr).unwrap();
    let mut faults = Vec::new();
    let mut known: BTreeSet<&str> = ADDED.iter().copied().collect();
    for (name, labels) in &reads.metrics {
        if OTHERS.contains(&name.as_str()) {
            continue;
        }
        let exported = ALL.iter().find(|measure| match measure.kind {
            Kind::Histogram => {
                ["_bucket", "_sum", "_count"].iter().any(|end| *name == format!("{}{end}", measure.name))
            }
            Kind::Counter | Kind::Gauge => name == measure.name,
        });
        let Some(measure) = exported else {
            faults.push(format!("{query}: the service does not export {name}"));
            continue;
        };
        known.extend(measure.labels);
        for label in labels {
            if !measure.labels.contains(&label.as_str()) && !ADDED.contains(&label.as_str()) {
                faults.push(format!("{query}: {name} has no label {label}"));
            }
        }
    }
    for group in reads.groups.iter().filter(|group| !known.contains(group.as_str())) {
        faults.push(format!("{query}: nothing in it has the label {group}"));
    }
    faults
}

fn rules() -> Vec<serde_yaml_ng::Value> {
    let rules: serde_yaml_ng::Value = serde_yaml_ng::from_str(&read("deploy/prometheus/rules.yml")).unwrap();
    let groups = rules["groups"].as_sequence().unwrap().clone();
    groups.iter().flat_map(|group| group["rules"].as_sequence().unwrap().clone()).collect()
}

#[test]
fn a_query_for_what_is_not_measured_is_found() {
    for (query, fault) in [
        ("sum(rate(countersign_requests_total[5m]))", "does not export"),
        ("countersign_write_seconds > 1", "does not export"),
        ("countersign_tickets{team=\"a\"}", "has no label team"),
        ("sum by (tool) (countersign_tickets)", "nothing in it has the label tool"),
        ("sum(countersign_tickets", "sum("),
    ] {
        let found = faults(query);
        assert!(found.len() == 1 && found[0].contains(fault), "{query}: {found:?}");
    }
    assert_eq!(
        faults("rate(countersign_write_seconds_sum{job=\"$job\"}[$__rate_interval])"),
        Vec::<String>::new()
    );
}

#[test]
fn alerts_ask_for_what_the_service_exports() {
    let rules = rules();
    assert!(rules.len() > 15, "only {} rules", rules.len());
    let found: Vec<String> = rules.iter().flat_map(|rule| faults(rule["expr"].as_str().unwrap())).collect();
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn the_dashboard_asks_for_what_the_service_exports_and_shows_all_of_it() {
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/countersign.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().cloned().unwrap_or_default());
    let queries: Vec<String> = targets.map(|target| target["expr"].as_str().unwrap().to_owned()).collect();
    let found: Vec<String> = queries.iter().flat_map(|query| faults(query)).collect();
    assert_eq!(found, Vec::<String>::new());
    let all = queries.join("\n");
    let hidden: Vec<&str> =
        ALL.iter().map(|measure| measure.name).filter(|name| !all.contains(name)).collect();
    assert_eq!(hidden, Vec::<&str>::new(), "these are measured and on no panel");
    let ids: BTreeSet<i64> = panels.iter().map(|panel| panel["id"].as_i64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "two panels share an id");
}

#[test]
fn every_alert_has_its_runbook_and_every_runbook_its_alert() {
    let document = read("docs/operations.md");
    let (_, runbooks) = document.split_once("\n## Runbooks\n").expect("a chapter of runbooks");
    let runbooks = runbooks.split("\n## ").next().unwrap();
    let told: BTreeMap<&str, usize> = runbooks
        .split("\n### ")
        .skip(1)
        .map(|runbook| {
            let (name, text) = runbook.split_once('\n').unwrap();
            (name, text.trim().len())
        })
        .collect();
    let mut alerts = BTreeSet::new();
    for rule in &rules() {
        let name = rule["alert"].as_str().unwrap();
        assert!(alerts.insert(name.to_owned()), "two alerts are called {name}");
        let runbook = rule["annotations"]["runbook"].as_str().unwrap();
        assert_eq!(runbook, format!("docs/operations.md#{}", name.to_lowercase()));
        assert!(!rule["annotations"]["summary"].as_str().unwrap().is_empty(), "{name}");
        let severity = rule["labels"]["severity"].as_str().unwrap();
        assert!(["critical", "warning", "info"].contains(&severity), "{name}: {severity}");
    }
    let known: BTreeSet<String> = told.keys().map(|name| (*name).to_owned()).collect();
    assert_eq!(alerts, known, "alerts, and the headings of their runbooks");
    let thin: Vec<_> = told.iter().filter(|(_, length)| **length < 120).collect();
    assert!(thin.is_empty(), "a runbook says what it means and what to do: {thin:?}");
}

/// Alerts and dashboard go by the job's name.
#[test]
fn what_is_fetched_is_the_job_that_alerts_ask_for_and_every_pod() {
    let one = |file: &str| -> serde_yaml_ng::Value {
        let file: serde_yaml_ng::Value = serde_yaml_ng::from_str(&read(file)).unwrap();
        file["scrape_configs"][0].clone()
    };
    let (here, cluster) =
        (one("deploy/prometheus/scrape.yml"), one("deploy/prometheus/scrape-kubernetes.yml"));
    let down = rules().into_iter().find(|rule| rule["alert"] == "CountersignDown").unwrap();
    for job in [&here["job_name"], &cluster["job_name"]] {
        let asked = format!("{{job=\"{}\"}}", job.as_str().unwrap());
        assert_eq!(
            down["expr"].as_str().unwrap().matches(&asked).count(),
            2,
            "it answers no, or is not there"
        );
    }
    let deployment: serde_yaml_ng::Value =
        serde_yaml_ng::from_str(&read("deploy/kubernetes/deployment.yaml")).unwrap();
    let pod = &deployment["spec"]["template"];
    let name = pod["metadata"]["labels"]["app.kubernetes.io/name"].as_str().unwrap();
    let port = pod["spec"]["containers"][0]["ports"][0]["name"].as_str().unwrap();
    assert_eq!(cluster["relabel_configs"][0]["regex"], format!("{name};{port}").as_str());
}

/// Where Prometheus is installed, it has the last word.
#[test]
fn prometheus_itself_takes_the_rules() {
    let folder = root().join("deploy/prometheus");
    for arguments in [["check", "rules", "rules.yml"], ["test", "rules", "rules.test.yml"]] {
        match Command::new("promtool").args(arguments).current_dir(&folder).output() {
            Ok(output) => assert!(
                output.status.success(),
                "{arguments:?}: {}{}",
                String::from_utf8_lossy(&output.stdout),
                String::from_utf8_lossy(&output.stderr)
            ),
            Err(error) => {
                eprintln!("promtool is not here ({error}); the queries were read by the other tests")
            }
        }
    }
}
