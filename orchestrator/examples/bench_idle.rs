//! A hundred thousand runs that wait for a person: what they cost, how fast the queue opens, how
//! fast one goes on.
//!
//! The waiting runs are made by the service itself: as many tickets by HTTP, each worked on up to
//! its proposed write. Then the service is started anew and measured. Prints one JSON line per
//! backend. `BENCH_RUNS` sets another number.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a benchmark is its own clock and client"
)]

use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use orchestrator::testing::{
    load::{Driver, Resources, config, percentile, prepare, stub, tools},
    process::Process,
};
use serde_json::{Value, json};
use tokio::time;

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let program = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("countersign");
    assert!(program.exists(), "build it first: cargo build --profile dist -p countersign");
    let runs = std::env::var("BENCH_RUNS").ok().and_then(|n| n.parse().ok()).unwrap_or(100_000);
    let stub = stub().await;
    for backend in ["sqlite", "postgres"] {
        println!("{}", measure(&program, backend, runs, &stub).await);
    }
}

async fn measure(program: &Path, backend: &str, runs: usize, stub: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let url = match backend {
        "sqlite" => format!("sqlite:{}", folder.path().join("bench.db").display()),
        _ => store::testing::postgres_database(),
    };
    prepare(&url).await;
    std::fs::write(folder.path().join("tools.toml"), tools(stub)).unwrap();
    let mut process = Process::new(program, folder.path(), "idle", &config(&url, stub), &[]);
    process.start();
    process.ready().await;
    let empty = Resources::of(process.id().unwrap()).rss_mb;
    let started = Instant::now();
    fill(&Driver::start(process.url(), 0).await, runs).await;
    let filled_s = started.elapsed().as_secs_f64();

    process.kill();
    let started = Instant::now();
    process.start();
    process.ready().await;
    let start_ms = started.elapsed().as_secs_f64() * 1000.0;
    let driver = Driver::start(process.url(), 0).await;
    let mut listing = Vec::new();
    let mut items = Vec::new();
    for _ in 0..50 {
        let started = Instant::now();
        let page: Value = get(&driver, "/v1/approvals?status=pending&limit=50").await;
        listing.push(started.elapsed().as_secs_f64() * 1000.0);
        items = page["items"].as_array().unwrap().clone();
    }
    assert_eq!(items.len(), 50, "fifty of many wait");
    let mut resuming = Vec::new();
    for item in &items {
        let id = item.get("approval").unwrap_or(item)["id"].as_str().unwrap();
        let shown = get(&driver, &format!("/v1/approvals/{id}")).await;
        let started = Instant::now();
        driver.approve_and_wait(&shown).await;
        resuming.push(started.elapsed().as_secs_f64() * 1000.0);
    }
    listing.sort_by(f64::total_cmp);
    resuming.sort_by(f64::total_cmp);
    json!({
        "bench": "idle",
        "backend": backend,
        "waiting_runs": runs,
        "rss_empty_mb": empty.round(),
        "rss_mb": Resources::of(process.id().unwrap()).rss_mb.round(),
        "start_ms": start_ms.round(),
        "list_50_p50_ms": percentile(&listing, 0.5),
        "list_50_p99_ms": percentile(&listing, 0.99),
        "resume_p50_ms": percentile(&resuming, 0.5),
        "resume_p99_ms": percentile(&resuming, 0.99),
        "made_per_s": (runs as f64 / filled_s).round(),
    })
}

async fn get(driver: &Driver, path: &str) -> Value {
    driver.request(reqwest::Method::GET, path).send().await.unwrap().json().await.unwrap()
}

/// Opens tickets, a few hundred at a time, and waits until all of them wait for a person.
async fn fill(driver: &Arc<Driver>, runs: usize) {
    let mut tasks = Vec::new();
    for n in 0..128 {
        let driver = Arc::clone(driver);
        let share = runs / 128 + usize::from(n < runs % 128);
        tasks.push(tokio::spawn(async move {
            for _ in 0..share {
                driver.open().await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    for status in ["queued", "running"] {
        while !get(driver, &format!("/v1/runs?status={status}&limit=1")).await["items"]
            .as_array()
            .unwrap()
            .is_empty()
        {
            time::sleep(Duration::from_millis(200)).await;
        }
    }
}
