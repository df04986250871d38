//! A large installation: a thousand workspaces and a million tickets, half of them in one workspace.
//!
//! Tickets are written by the writer (`testing/bulk.rs`); then the service is started and asked what people ask of
//! it: lists, pages further down, searches for words that many tickets have, that few have and that none has.
//! Prints one JSON line per backend: how long filling and starting took, memory, and p50 and p99 of each question
//! in the large workspace and in a small one.
//!
//! `SCALE_WORKSPACES`, `SCALE_TICKETS`, `BENCH_BACKENDS=sqlite,postgres`.

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

use domain::{Clock as _, Ids};
use futures::{StreamExt as _, stream};
use orchestrator::{
    system::{SystemClock, SystemIds},
    testing::{
        bulk,
        load::{Driver, Resources, config, percentile, prepare_desks, stub, tools},
        process::Process,
    },
};
use reqwest::Method;
use serde_json::{Value, json};
use store::{Store, StoreOptions};

/// How often each question is asked at most, and for how long.
const TIMES: usize = 100;
const AT_MOST: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let program = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("countersign");
    assert!(program.exists(), "build it first: cargo build --profile dist -p countersign");
    let number = |name: &str, or| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(or);
    let (workspaces, tickets) =
        (number("SCALE_WORKSPACES", 1_000).max(2), number("SCALE_TICKETS", 1_000_000));
    let stub = stub().await;
    let backends = std::env::var("BENCH_BACKENDS").unwrap_or_else(|_| "sqlite,postgres".to_owned());
    for backend in backends.split(',') {
        println!("{}", measure(&program, backend.trim(), workspaces, tickets, &stub).await);
    }
}

async fn measure(program: &Path, backend: &str, workspaces: usize, tickets: usize, stub: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let url = match backend {
        "sqlite" => format!("sqlite:{}", folder.path().join("bench.db").display()),
        "postgres" => store::testing::postgres_database(),
        other => panic!("BENCH_BACKENDS: {other} is neither sqlite nor postgres"),
    };
    let desks = prepare_desks(&url, workspaces).await;
    let started = Instant::now();
    let options = StoreOptions { owner: "bench".to_owned(), max_claimed: 0, ..StoreOptions::default() };
    let store = Store::open(&url, options, Arc::new(SystemClock), Arc::new(SystemIds)).await.unwrap();
    let ids: Arc<dyn Ids> = Arc::new(SystemIds);
    let until = SystemClock.now();
    bulk::fill(&store.workspace(desks[0]), tickets / 2, until, &ids).await;
    let small = (tickets - tickets / 2) / (workspaces - 1);
    let others = desks[1..].iter().map(|id| {
        let (desk, ids) = (store.workspace(*id), Arc::clone(&ids));
        async move { bulk::fill(&desk, small, until, &ids).await }
    });
    let mut others = stream::iter(others).buffer_unordered(16);
    while others.next().await.is_some() {}
    drop(others);
    store.close().await;
    let filled = started.elapsed().as_secs_f64();

    std::fs::write(folder.path().join("tools.toml"), tools(stub)).unwrap();
    let mut process = Process::new(program, folder.path(), "scale", &config(&url, stub), &[]);
    let started = Instant::now();
    process.start();
    process.ready().await;
    let start_ms = started.elapsed().as_secs_f64() * 1000.0;
    let large = questions(&*Driver::start_at(process.url(), 0, 0).await).await;
    let few = questions(&*Driver::start_at(process.url(), workspaces / 2, 0).await).await;
    json!({
        "bench": "scale",
        "backend": backend,
        "workspaces": workspaces,
        "tickets": tickets,
        "of_large": tickets / 2,
        "of_small": small,
        "filled_s": filled.round(),
        "tickets_per_s": (tickets as f64 / filled).round(),
        "start_ms": start_ms.round(),
        "rss_mb": Resources::of(process.id().unwrap()).rss_mb.round(),
        "large": large,
        "small": few,
    })
}

async fn questions(driver: &Driver) -> Value {
    let mut further = String::new();
    for _ in 0..20 {
        let page = get(driver, &format!("/v1/tickets?limit=50{further}")).await;
        let Some(next) = page["next_cursor"].as_str() else { break };
        further = format!("&cursor={next}");
    }
    let first = get(driver, "/v1/tickets?limit=1").await;
    let id = first["items"][0]["id"].as_str().unwrap_or_else(|| panic!("{first}")).to_owned();
    let mut told = serde_json::Map::new();
    for (name, path) in [
        ("list", "/v1/tickets?limit=50".to_owned()),
        ("list_further", format!("/v1/tickets?limit=50{further}")),
        ("list_waiting", "/v1/tickets?limit=50&status=waiting_for_staff".to_owned()),
        ("show", format!("/v1/tickets/{id}")),
        ("search_common", "/v1/tickets?limit=50&q=tent".to_owned()),
        ("search_rare", format!("/v1/tickets?limit=50&q={}", bulk::RARE)),
        ("search_none", "/v1/tickets?limit=50&q=qqqqq".to_owned()),
        ("search_number", "/v1/tickets?limit=50&q=%2317".to_owned()),
        ("figures", "/v1/desk".to_owned()),
        ("approvals", "/v1/approvals?status=pending&limit=50".to_owned()),
    ] {
        let mut ms = Vec::new();
        let begun = Instant::now();
        while ms.len() < TIMES && begun.elapsed() < AT_MOST {
            let asked = Instant::now();
            get(driver, &path).await;
            ms.push(asked.elapsed().as_secs_f64() * 1000.0);
        }
        ms.sort_by(f64::total_cmp);
        let (p50, p99) = (percentile(&ms, 0.5), percentile(&ms, 0.99));
        told.insert(name.to_owned(), json!({ "times": ms.len(), "p50_ms": p50, "p99_ms": p99 }));
    }
    told.into()
}

async fn get(driver: &Driver, path: &str) -> Value {
    let answer = driver.request(Method::GET, path).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.unwrap()
}
