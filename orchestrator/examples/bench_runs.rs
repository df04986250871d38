//! Complete runs per second with everything durable.
//!
//! The binary as it is shipped (profile `dist`) works against a stub model server that answers at once. One run is: a ticket
//! by HTTP, the agent's knowledge search, a model call, a read tool, a model call, a proposed write,
//! a reviewer's decision by HTTP, the write over HTTP, a model call, the reply. Prints one JSON line
//! per configuration: runs/s, latency from the ticket's acceptance to the run's end, the service's
//! CPU seconds and bytes written per 1,000 runs.
//!
//! `BENCH_BACKENDS=sqlite`, `BENCH_IN_FLIGHT=256` and `BENCH_SECONDS=30` narrow it down.
//!
//! `PROCESSES=1,2,4` measures that many processes on one Postgres instead, each with a workspace and customers of
//! its own, and the share of perfect scaling that they reach (`efficiency`: runs/s by those of one process times
//! their number). All of them and the load share this machine's cores, which is what ends the scaling here.

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
    load::{Driver, Resources, config, percentile, prepare_desks, stub, tools},
    process::Process,
};
use serde_json::{Value, json};

/// As in the service itself: what plays customers, reviewer and model on the same cores should take little of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Runs that each of several processes has under way.
const OF_EACH: usize = 64;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let program = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("countersign");
    assert!(program.exists(), "build it first: cargo build --profile dist -p countersign");
    let stub = stub().await;
    if let Ok(processes) = std::env::var("PROCESSES") {
        let mut one = None;
        for text in processes.split(',') {
            let count: usize = text.trim().parse().expect("PROCESSES is a list of numbers, such as 1,2,4");
            assert!((1..=16).contains(&count), "PROCESSES: between 1 and 16 each");
            let mut line = measure(&program, "postgres", count, OF_EACH, &stub).await;
            let per_process = line["runs_per_s"].as_f64().unwrap() / count as f64;
            if count == 1 {
                one = Some(per_process);
            }
            // Without a figure for one process there is nothing to compare with.
            line["efficiency"] = one.map(|one| (per_process / one * 100.0).round() / 100.0).into();
            println!("{line}");
        }
        return;
    }
    let backends = std::env::var("BENCH_BACKENDS").unwrap_or_else(|_| "sqlite,postgres".to_owned());
    let under_way = std::env::var("BENCH_IN_FLIGHT").unwrap_or_else(|_| "1,32,256".to_owned());
    for backend in backends.split(',').map(str::trim) {
        for text in under_way.split(',') {
            let in_flight = text.trim().parse().expect("BENCH_IN_FLIGHT is a list of numbers, such as 1,32");
            println!("{}", measure(&program, backend, 1, in_flight, &stub).await);
        }
    }
}

async fn measure(program: &Path, backend: &str, processes: usize, in_flight: usize, stub: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let url = match backend {
        "sqlite" => format!("sqlite:{}", folder.path().join("bench.db").display()),
        _ => store::testing::postgres_database(),
    };
    prepare_desks(&url, processes).await;
    std::fs::write(folder.path().join("tools.toml"), tools(stub)).unwrap();
    let mut running = Vec::new();
    for number in 0..processes {
        let mut process =
            Process::new(program, folder.path(), &format!("bench{number}"), &config(&url, stub), &[]);
        process.start();
        process.ready().await;
        running.push(process);
    }
    let seconds =
        Duration::from_secs(std::env::var("BENCH_SECONDS").ok().and_then(|s| s.parse().ok()).unwrap_or(10));
    let mut drivers = Vec::new();
    for (desk, process) in running.iter().enumerate() {
        drivers.push(Driver::start_at(process.url(), desk, in_flight).await);
    }
    drive(&drivers, in_flight, Duration::from_secs(2)).await;
    let used = || {
        let of = running.iter().map(|process| Resources::of(process.id().unwrap()));
        of.fold((0.0, 0, 0.0), |sum, one| (sum.0 + one.cpu_s, sum.1 + one.written, sum.2 + one.rss_mb))
    };
    let before = used();
    let started = Instant::now();
    let mut latencies = drive(&drivers, in_flight, seconds).await;
    let elapsed = started.elapsed().as_secs_f64();
    let after = used();

    latencies.sort_by(f64::total_cmp);
    let runs = latencies.len();
    let per_thousand = |value: f64| (value / runs as f64 * 1000.0 * 1000.0).round() / 1000.0;
    json!({
        "bench": "runs",
        "backend": backend,
        "processes": processes,
        "in_flight": in_flight * processes,
        "runs": runs,
        "runs_per_s": (runs as f64 / elapsed * 10.0).round() / 10.0,
        "p50_ms": percentile(&latencies, 0.50),
        "p99_ms": percentile(&latencies, 0.99),
        "cpu_s_per_1000": per_thousand(after.0 - before.0),
        "mb_written_per_1000": per_thousand((after.1 - before.1) as f64 / 1e6),
        "rss_mb": after.2.round(),
    })
}

/// All at once, each with as many under way.
async fn drive(drivers: &[Arc<Driver>], in_flight: usize, time: Duration) -> Vec<f64> {
    let all = drivers
        .iter()
        .cloned()
        .map(|driver| tokio::spawn(async move { driver.drive(in_flight, time).await }));
    let mut latencies = Vec::new();
    for one in all.collect::<Vec<_>>() {
        latencies.extend(one.await.unwrap());
    }
    latencies
}
