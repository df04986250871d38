//! Complete runs per second with everything durable.
//!
//! The binary as it is shipped (profile `dist`) works against a stub model server that answers at once. One run is: a ticket
//! by HTTP, the agent's knowledge search, a model call, a read tool, a model call, a proposed write,
//! a reviewer's decision by HTTP, the write over HTTP, a model call, the reply. Prints one JSON line
//! per configuration: runs/s, latency from the ticket's acceptance to the run's end, the service's
//! CPU seconds and bytes written per 1,000 runs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a benchmark is its own clock and client"
)]

use std::{
    path::Path,
    time::{Duration, Instant},
};

use orchestrator::testing::{
    load::{Driver, Resources, config, percentile, prepare, stub, tools},
    process::Process,
};
use serde_json::{Value, json};

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let program = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("countersign");
    assert!(program.exists(), "build it first: cargo build --profile dist -p countersign");
    let stub = stub().await;
    for backend in ["sqlite", "postgres"] {
        for in_flight in [1, 32, 256] {
            let line = measure(&program, backend, in_flight, &stub).await;
            println!("{line}");
        }
    }
}

async fn measure(program: &Path, backend: &str, in_flight: usize, stub: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let url = match backend {
        "sqlite" => format!("sqlite:{}", folder.path().join("bench.db").display()),
        _ => store::testing::postgres_database(),
    };
    prepare(&url).await;
    std::fs::write(folder.path().join("tools.toml"), tools(stub)).unwrap();
    let mut process = Process::new(program, folder.path(), "bench", &config(&url, stub), &[]);
    process.start();
    process.ready().await;
    let pid = process.id().unwrap();

    let seconds =
        Duration::from_secs(std::env::var("BENCH_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(10));
    let driver = Driver::start(process.url(), in_flight).await;
    driver.drive(in_flight, Duration::from_secs(2)).await;
    let before = Resources::of(pid);
    let started = Instant::now();
    let mut latencies = driver.drive(in_flight, seconds).await;
    let elapsed = started.elapsed().as_secs_f64();
    let after = Resources::of(pid);

    latencies.sort_by(f64::total_cmp);
    let runs = latencies.len();
    let per_thousand = |value: f64| (value / runs as f64 * 1000.0 * 1000.0).round() / 1000.0;
    json!({
        "bench": "runs",
        "backend": backend,
        "in_flight": in_flight,
        "runs": runs,
        "runs_per_s": (runs as f64 / elapsed * 10.0).round() / 10.0,
        "p50_ms": percentile(&latencies, 0.50),
        "p99_ms": percentile(&latencies, 0.99),
        "cpu_s_per_1000": per_thousand(after.cpu_s - before.cpu_s),
        "mb_written_per_1000": per_thousand((after.written - before.written) as f64 / 1e6),
        "rss_mb": (after.rss_mb).round(),
    })
}
