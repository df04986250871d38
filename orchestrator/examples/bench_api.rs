//! The API under rising rates: lists of tickets and approvals, a ticket's page, search, chat messages, new tickets
//! and decisions, while agents work on what comes in.
//!
//! Requests come at fixed moments (`testing/arrivals.rs`), so that a slow moment counts for all who would have met
//! it. Rates rise until one request in a hundred takes longer than a second, one in a hundred fails, or fewer are
//! answered than come. Prints one JSON line per backend and rate, with p50 and p99 of each kind, the service's
//! processor time and memory. The load runs on the same machine and takes its share of it.
//!
//! `BENCH_RATES=50,100`, `BENCH_SECONDS`, `BENCH_TICKETS` (that are there already), `BENCH_BACKENDS=sqlite,postgres`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    reason = "a benchmark is its own clock and client"
)]

use std::{
    collections::{HashSet, VecDeque},
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use domain::Clock as _;
use futures::future::BoxFuture;
use orchestrator::{
    system::{SystemClock, SystemIds},
    testing::{
        arrivals::arrive,
        bulk,
        load::{Driver, Resources, config, percentile, prepare_desks, stub, tools},
        process::Process,
    },
};
use reqwest::Method;
use serde_json::{Value, json};
use store::{Store, StoreOptions};
use tokio::time;

/// Chats that visitors write in.
const CHATS: usize = 100;
const WORDS: [&str; 6] = ["tent", "invoice", "refund", "NF-00001", "twice", "boots"];

#[tokio::main]
async fn main() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let program = std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("countersign");
    assert!(program.exists(), "build it first: cargo build --profile dist -p countersign");
    let said = |name: &str, or: &str| std::env::var(name).unwrap_or_else(|_| or.to_owned());
    let rates: Vec<f64> = said("BENCH_RATES", "50,100,200,400,800,1600")
        .split(',')
        .map(|rate| rate.trim().parse().expect("BENCH_RATES is a list of numbers"))
        .collect();
    let stub = stub().await;
    for backend in said("BENCH_BACKENDS", "sqlite,postgres").split(',') {
        measure(&program, backend.trim(), &rates, &stub).await;
    }
}

fn number(name: &str, or: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(or)
}

async fn measure(program: &Path, backend: &str, rates: &[f64], stub: &str) {
    let folder = tempfile::tempdir().unwrap();
    let url = match backend {
        "sqlite" => format!("sqlite:{}", folder.path().join("bench.db").display()),
        "postgres" => store::testing::postgres_database(),
        other => panic!("BENCH_BACKENDS: {other} is neither sqlite nor postgres"),
    };
    let workspace = prepare_desks(&url, 1).await[0];
    let tickets = number("BENCH_TICKETS", 20_000);
    let options = StoreOptions { owner: "bench".to_owned(), max_claimed: 0, ..StoreOptions::default() };
    let store = Store::open(&url, options, Arc::new(SystemClock), Arc::new(SystemIds)).await.unwrap();
    let ids: Arc<dyn domain::Ids> = Arc::new(SystemIds);
    bulk::fill(&store.workspace(workspace), tickets, SystemClock.now(), &ids).await;
    store.close().await;

    std::fs::write(folder.path().join("tools.toml"), tools(stub)).unwrap();
    let config = config(&url, stub)
        + "[visitors]\nmessages_per_minute = 1000000\nconversations_per_minute = 1000000\n";
    let mut process = Process::new(program, folder.path(), "api", &config, &[]);
    process.start();
    process.ready().await;
    let desk = Arc::new(Desk::open(process.url()).await);
    let watched = Arc::clone(&desk);
    let watcher = tokio::spawn(async move { watched.watch().await });
    let seconds = Duration::from_secs(number("BENCH_SECONDS", 10) as u64);
    let pid = process.id().unwrap();
    for rate in rates {
        let before = Resources::of(pid);
        let asked = Arc::clone(&desk);
        let outcome = arrive(*rate, seconds, move |number| ask(&asked, number)).await;
        let after = Resources::of(pid);
        let answered = outcome.answered_per_s();
        let mut all = outcome.all();
        let elapsed = outcome.elapsed.as_secs_f64();
        let kinds: serde_json::Map<String, Value> =
            outcome.kinds.into_iter().map(|(name, mut kind)| (name.to_owned(), kind.report())).collect();
        let total = all.report();
        println!(
            "{}",
            json!({
                "bench": "api",
                "backend": backend,
                "tickets": tickets,
                "rate_per_s": rate,
                "answered_per_s": answered,
                "failed": all.failed,
                "p50_ms": total["p50_ms"],
                "p99_ms": total["p99_ms"],
                "cores": ((after.cpu_s - before.cpu_s) / elapsed * 100.0).round() / 100.0,
                "rss_mb": after.rss_mb.round(),
                "kinds": kinds,
            })
        );
        let requests = all.ms.len() + all.failed;
        if percentile(&all.ms, 0.99) > 1000.0 || all.failed * 100 > requests || answered < rate * 0.95 {
            break;
        }
        desk.comes_to_rest().await;
    }
    watcher.abort();
}

/// What is asked, and by whom.
struct Desk {
    driver: Arc<Driver>,
    client: reqwest::Client,
    url: String,
    tickets: Vec<String>,
    chats: Vec<(String, String)>,
    /// What waits for a decision, by id and digest.
    waiting: Mutex<VecDeque<(String, String)>>,
}

impl Desk {
    async fn open(url: String) -> Self {
        let driver = Driver::start(url.clone(), 0).await;
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(512).build().unwrap();
        let mut tickets = Vec::new();
        let mut cursor = String::new();
        for _ in 0..5 {
            let page = get(&driver, &format!("/v1/tickets?limit=100{cursor}")).await;
            for item in page["items"].as_array().unwrap() {
                tickets.push(item["id"].as_str().unwrap_or_else(|| panic!("{item}")).to_owned());
            }
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let mut chats = Vec::new();
        for number in 0..CHATS {
            let body =
                json!({ "message": "Please write it down for me.", "name": format!("Visitor {number}") });
            let answer = client.post(format!("{url}/v1/conversations")).json(&body).send().await.unwrap();
            let begun: Value = answer.json().await.unwrap();
            let text = |name: &str| begun[name].as_str().unwrap_or_else(|| panic!("{begun}")).to_owned();
            chats.push((text("conversation_id"), text("token")));
        }
        Self { driver, client, url, tickets, chats, waiting: Mutex::default() }
    }

    /// Keeps what waits for a decision at hand, as a console that is open does.
    async fn watch(&self) {
        let mut seen = HashSet::new();
        loop {
            for (id, digest) in self.driver.queue().await {
                if seen.insert(id.clone()) {
                    self.waiting.lock().unwrap().push_back((id, digest));
                }
            }
            time::sleep(Duration::from_millis(500)).await;
        }
    }

    /// Until nothing is due any more, half a minute at most.
    async fn comes_to_rest(&self) {
        let until = Instant::now() + Duration::from_secs(30);
        while Instant::now() < until {
            let queued = get(&self.driver, "/v1/runs?status=queued&limit=1").await;
            let running = get(&self.driver, "/v1/runs?status=running&limit=1").await;
            if [queued, running].iter().all(|page| page["items"].as_array().unwrap().is_empty()) {
                return;
            }
            time::sleep(Duration::from_millis(200)).await;
        }
    }
}

async fn get(driver: &Driver, path: &str) -> Value {
    driver.request(Method::GET, path).send().await.unwrap().json().await.unwrap()
}

/// What the request of this number asks. Reads are three of four.
fn ask(desk: &Arc<Desk>, number: usize) -> (&'static str, BoxFuture<'static, bool>) {
    let driver = &desk.driver;
    let read = |path: &str| driver.request(Method::GET, path);
    let (kind, request) = match number % 20 {
        0..=5 => ("list tickets", read("/v1/tickets?limit=50")),
        6..=9 => {
            let id = &desk.tickets[number * 31 % desk.tickets.len()];
            ("show ticket", read(&format!("/v1/tickets/{id}")))
        }
        10..=12 => ("list approvals", read("/v1/approvals?status=pending&limit=50")),
        13 | 14 => {
            let word = WORDS[number / 20 % WORDS.len()];
            ("search tickets", read(&format!("/v1/tickets?limit=50&q={word}")))
        }
        15 | 16 => {
            let (id, token) = &desk.chats[number * 7 % desk.chats.len()];
            let request = desk.client.post(format!("{}/v1/conversations/{id}/messages", desk.url));
            (
                "write in a chat",
                request.bearer_auth(token).json(&json!({ "body": "Is it written down by now?" })),
            )
        }
        17 | 18 => {
            let body = json!({
                "subject": "Please", "body": "Please write it down for me.",
                "contact": { "email": "customer@bench.example", "name": "Customer" },
            });
            ("open ticket", driver.request(Method::POST, "/v1/tickets").json(&body))
        }
        _ => match desk.waiting.lock().unwrap().pop_front() {
            Some((id, digest)) => {
                let body = json!({ "digest": digest, "decision": { "type": "approve" }, "undo": false });
                ("decide", driver.request(Method::POST, &format!("/v1/approvals/{id}/decisions")).json(&body))
            }
            None => ("list approvals", read("/v1/approvals?status=pending&limit=50")),
        },
    };
    let answer = async move {
        let Ok(answer) = request.send().await else { return false };
        let status = answer.status();
        // Somebody wrote in the meantime, and the proposal is void: an answer like any.
        let fits = status.is_success() || (kind == "decide" && status.as_u16() == 409);
        answer.bytes().await.is_ok() && fits
    };
    (kind, Box::pin(answer))
}
