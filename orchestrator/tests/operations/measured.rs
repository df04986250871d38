//! What `/metrics` says, with a desk behind it.

use std::collections::BTreeSet;

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::{
    measurements::{self, ALL, Kind},
    testing::app::TestApp,
};
use regex::Regex;
use serde_json::json;

use super::root;

/// What is only there once a far side was called, a mail went out, or the service's own tasks run. Each is named
/// where it is recorded, which [`what_is_recorded_is_described`] looks for.
const NEEDS_MORE: &[&str] = &[
    "countersign_model_calls_total",
    "countersign_model_call_seconds",
    "countersign_model_tokens_total",
    "countersign_model_retries_total",
    "countersign_model_fallbacks_total",
    "countersign_rate_waits_total",
    "countersign_rate_refusals_total",
    "countersign_breaker_open",
    "countersign_breaker_openings_total",
    "countersign_mail_received_total",
    "countersign_knowledge_behind",
    "countersign_knowledge_dropped",
];

async fn scraped(app: &TestApp) -> String {
    measurements::count(&app.app).await.unwrap();
    let answer = app.key(Role::Viewer).get("/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    answer.text()
}

/// The value of the one sample of this name with all of these labels.
fn value(text: &str, name: &str, labels: &[&str]) -> f64 {
    let fits = |line: &&str| {
        let named = line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' ']));
        named && labels.iter().all(|label| line.contains(label))
    };
    let lines: Vec<&str> = text.lines().filter(fits).collect();
    assert_eq!(lines.len(), 1, "{name} {labels:?}: {lines:?}\n{text}");
    lines[0].rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn what_is_described_is_exported_with_its_labels() {
    let app = TestApp::start_working("").await;
    let body = json!({
        "subject": "Secret subject", "body": "I want a person, at once.",
        "contact": { "email": "alex@mail.example", "name": "Alex" },
    });
    app.key(Role::Agent).post("/v1/tickets", &body).await.json(StatusCode::CREATED);
    app.until("a run ends", async || {
        let runs = app.key(Role::Viewer).get("/v1/runs").await.json(StatusCode::OK);
        (runs["items"][0]["status"] == "done").then_some(())
    })
    .await;

    let text = scraped(&app).await;
    let label = Regex::new(r#"(\w+)=""#).unwrap();
    for measure in ALL.iter().filter(|measure| !NEEDS_MORE.contains(&measure.name)) {
        let kind = match measure.kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        let name = measure.name;
        assert!(text.contains(&format!("# TYPE {name} {kind}\n")), "{name}: {text}");
        assert!(text.contains(&format!("# HELP {name} ")), "{name} is not described");
        let begins = match measure.kind {
            Kind::Histogram => format!("{name}_bucket"),
            Kind::Counter | Kind::Gauge => name.to_owned(),
        };
        let sample = text
            .lines()
            .find(|line| line.strip_prefix(&begins).is_some_and(|rest| rest.starts_with(['{', ' '])));
        let sample = sample.unwrap_or_else(|| panic!("{name} has no sample:\n{text}"));
        let labels: BTreeSet<&str> = label
            .captures_iter(sample)
            .map(|found| found.get(1).unwrap().as_str())
            .filter(|label| *label != "le")
            .collect();
        assert_eq!(labels, measure.labels.iter().copied().collect(), "{sample}");
    }
    for name in ["process_resident_memory_bytes", "process_open_fds", "process_max_fds"] {
        assert!(value(&text, name, &[]) > 0.0, "{name}");
    }
    // Whole seconds.
    assert!(value(&text, "process_cpu_seconds_total", &[]) >= 0.0);
    assert!(!text.contains("Secret") && !text.contains("alex"), "no word of a customer's");
    let ids = Regex::new("[0-9a-f]{8}-[0-9a-f]{4}-7").unwrap();
    assert!(!ids.is_match(&text), "no id is a label: {text}");
}

#[tokio::test]
async fn a_status_that_nothing_has_any_more_is_zero() {
    let app = TestApp::start().await;
    let body = json!({
        "subject": "Tent", "body": "Where is it?", "contact": { "email": "alex@mail.example", "name": "Alex" },
    });
    let ticket = app.key(Role::Agent).post("/v1/tickets", &body).await.json(StatusCode::CREATED);
    let north = "workspace=\"north\"";
    let text = scraped(&app).await;
    assert_eq!(value(&text, "countersign_tickets", &[north, "status=\"open\""]), 1.0);
    assert_eq!(value(&text, "countersign_runs", &[north, "status=\"queued\""]), 1.0);
    app.clock.forward(std::time::Duration::from_secs(90));
    let due = value(&scraped(&app).await, "countersign_runs_due_seconds", &[]);
    assert!((90.0..120.0).contains(&due), "nobody works here, and it is told: {due}");

    let closed = json!({ "status": "closed" });
    let path = format!("/v1/tickets/{}", ticket["ticket"]["id"].as_str().unwrap());
    app.key(Role::Agent).patch(&path, &closed).await.json(StatusCode::OK);
    let text = scraped(&app).await;
    assert_eq!(value(&text, "countersign_tickets", &[north, "status=\"open\""]), 0.0);
    assert_eq!(value(&text, "countersign_tickets", &[north, "status=\"closed\""]), 1.0);
}

#[tokio::test]
async fn what_alerts_wait_for_begins_at_zero() {
    // What has never been there does not increase, however often it happens.
    let app = TestApp::start().await;
    let text = scraped(&app).await;
    for (name, labels) in [
        ("countersign_runs_ended_total", vec!["agent=\"resolution\"", "outcome=\"dead\""]),
        ("countersign_runs_ended_total", vec!["agent=\"resolution\"", "outcome=\"quarantined\""]),
        ("countersign_effects_total", vec!["tool=\"call_webhook\"", "outcome=\"unknown\""]),
        ("countersign_mail_sent_total", vec!["result=\"failed\""]),
        ("countersign_mail_sent_total", vec!["result=\"unknown\""]),
        ("countersign_commits_refused_total", vec![]),
        ("countersign_writes_failed_total", vec![]),
        ("countersign_lease_losses_total", vec![]),
    ] {
        assert_eq!(value(&text, name, &labels), 0.0, "{name}");
    }
}

#[test]
fn what_is_recorded_is_described() {
    fn walk(folder: &std::path::Path, text: &mut String) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, text);
            } else if path.extension().is_some_and(|end| end == "rs") {
                text.push_str(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut text = String::new();
    for room in ["orchestrator/src", "store/src", "tools/src", "rag/src", "agents/src"] {
        walk(&root().join(room), &mut text);
    }
    let recorded: BTreeSet<String> = Regex::new(r#"(?:counter|gauge|histogram)!\(\s*"(\w+)""#)
        .unwrap()
        .captures_iter(&text)
        .map(|found| found[1].to_owned())
        .collect();
    let described: BTreeSet<String> = ALL.iter().map(|measure| measure.name.to_owned()).collect();
    assert_eq!(recorded, described, "what is recorded, and what `measurements::ALL` describes");
    let unknown: Vec<_> = NEEDS_MORE.iter().filter(|name| !described.contains(**name)).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
}
