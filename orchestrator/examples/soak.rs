//! Steady load for a long time, and whether memory stays what it is.
//!
//! Runs come at a fixed rate, each with a ticket, tools, a decision and a reply; memory is read every five seconds.
//! Prints one JSON line: memory at the beginning, in the middle and at the end, its largest, and the slope of the
//! second half by least squares, when caches are full. It is what the process itself holds (`own_mb`): the database
//! grows all the while, as it should, and with it the parts of its file that the system maps (`rss_mb`).
//!
//! `SOAK_MINUTES` (20), `SOAK_RATE` (runs a second, 10), `BENCH_BACKENDS=sqlite`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a benchmark is its own clock and client"
)]

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use orchestrator::testing::{
    arrivals::arrive,
    load::{Driver, Resources, config, prepare, stub, tools},
    process::Process,
};
use serde_json::{Value, json};
use tokio::time;

const READ_EVERY: Duration = Duration::from_secs(5);
/// How long one run may take.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let program = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("countersign");
    assert!(program.exists(), "build it first: cargo build --profile dist -p countersign");
    let number = |name: &str, or| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(or);
    let (minutes, rate) = (number("SOAK_MINUTES", 20.0), number("SOAK_RATE", 10.0));
    assert!(minutes * 60.0 >= 4.0 * READ_EVERY.as_secs_f64(), "SOAK_MINUTES: too short to tell a slope");
    let stub = stub().await;
    let backends = std::env::var("BENCH_BACKENDS").unwrap_or_else(|_| "sqlite".to_owned());
    for backend in backends.split(',') {
        println!("{}", measure(&program, backend.trim(), minutes, rate, &stub).await);
    }
}

async fn measure(program: &Path, backend: &str, minutes: f64, rate: f64, stub: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let url = match backend {
        "sqlite" => format!("sqlite:{}", folder.path().join("bench.db").display()),
        "postgres" => store::testing::postgres_database(),
        other => panic!("BENCH_BACKENDS: {other} is neither sqlite nor postgres"),
    };
    prepare(&url).await;
    std::fs::write(folder.path().join("tools.toml"), tools(stub)).unwrap();
    let mut process = Process::new(program, folder.path(), "soak", &config(&url, stub), &[]);
    process.start();
    process.ready().await;
    let driver = Driver::start(process.url(), 64).await;
    let (pid, started) = (process.id().unwrap(), Instant::now());
    // Hours since the beginning, and megabytes.
    let samples: Arc<Mutex<Vec<(f64, f64)>>> = Arc::default();
    let kept = Arc::clone(&samples);
    let reader = tokio::spawn(async move {
        loop {
            let sample = (started.elapsed().as_secs_f64() / 3600.0, Resources::of(pid).own_mb);
            kept.lock().unwrap().push(sample);
            time::sleep(READ_EVERY).await;
        }
    });
    let mut outcome = arrive(rate, Duration::from_secs_f64(minutes * 60.0), move |_| {
        let driver = Arc::clone(&driver);
        ("run", async move { time::timeout(PATIENCE, driver.one()).await.is_ok() })
    })
    .await;
    reader.abort();
    let samples = std::mem::take(&mut *samples.lock().unwrap());
    let second_half = &samples[samples.len() / 2..];
    let largest = samples.iter().map(|(_, mb)| *mb).fold(0.0, f64::max);
    let mb = |at: usize| samples[at].1.round();
    json!({
        "bench": "soak",
        "backend": backend,
        "minutes": minutes,
        "rate_per_s": rate,
        "runs": outcome.kinds.get_mut("run").map(|kind| kind.report()),
        "own_mb": { "first": mb(0), "middle": mb(samples.len() / 2), "last": mb(samples.len() - 1),
                    "largest": largest.round() },
        "rss_mb": Resources::of(pid).rss_mb.round(),
        "slope_mb_per_hour": (slope(second_half) * 10.0).round() / 10.0,
        "cpu_s": Resources::of(pid).cpu_s.round(),
    })
}

/// Of the line that fits best.
fn slope(samples: &[(f64, f64)]) -> f64 {
    let n = samples.len() as f64;
    let (x, y) = samples.iter().fold((0.0, 0.0), |sum, (x, y)| (sum.0 + x / n, sum.1 + y / n));
    let (over, under) =
        samples.iter().fold((0.0, 0.0), |sum, (a, b)| (sum.0 + (a - x) * (b - y), sum.1 + (a - x) * (a - x)));
    over / under
}
