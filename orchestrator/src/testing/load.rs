//! Load for benchmarks: a stub model and tool that answer at once, a workspace, and a driver that
//! plays customers and a reviewer over HTTP.

#![allow(clippy::disallowed_methods, reason = "a benchmark is its own clock and client")]

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Json, Router, body::Bytes, routing::post};
use domain::{
    Clock as _, UserId, WorkspaceId,
    user::{Role, User},
};
use serde::Deserialize;
use serde_json::{Value, json};
use store::{Store, StoreOptions};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, mpsc, oneshot},
};

use crate::{
    password,
    system::{SystemClock, SystemIds},
};

/// How often a busy reviewer's queue is read again.
const LOOK_EVERY: Duration = Duration::from_millis(20);
const PASSWORD: &str = "correct horse battery";

/// Of a sorted list, rounded to hundredths.
pub fn percentile(sorted: &[f64], p: f64) -> f64 {
    let at = ((sorted.len().max(1) - 1) as f64 * p).round() as usize;
    sorted.get(at).map_or(0.0, |ms| (ms * 100.0).round() / 100.0)
}

/// A database with one workspace.
pub async fn prepare(url: &str) {
    prepare_desks(url, 1).await;
}

/// Whom a driver signs in as, in the workspace of this number.
fn reviewer(desk: usize) -> String {
    match desk {
        0 => "reviewer@bench.example".to_owned(),
        _ => format!("reviewer{desk}@bench.example"),
    }
}

/// A database with so many workspaces, each with a reviewer.
pub async fn prepare_desks(url: &str, desks: usize) -> Vec<WorkspaceId> {
    let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let options = StoreOptions {
        owner: "bench".to_owned(),
        lease: Duration::from_secs(5),
        max_claimed: 0,
        queue: 64,
        read_connections: 1,
    };
    let store = Store::open(url, options, clock.clone(), ids.clone()).await.unwrap();
    store.migrate().await.unwrap();
    // Hashing is slow on purpose, and what is measured is something else.
    let hash = password::hash(PASSWORD.to_owned(), &*ids).await.unwrap();
    let mut made = Vec::with_capacity(desks);
    for desk in 0..desks {
        let slug = if desk == 0 { "bench".to_owned() } else { format!("bench-{desk}") };
        let workspace = store.create_workspace(&slug, "Bench").await.unwrap();
        let user = User {
            id: UserId::new(&*ids),
            email: reviewer(desk),
            name: "Reviewer".to_owned(),
            role: Role::Reviewer,
            title: String::new(),
            created_at: clock.now(),
            deactivated_at: None,
        };
        store.workspace(workspace.id).create_user(user, hash.clone()).await.unwrap();
        made.push(workspace.id);
    }
    store.close().await;
    made
}

pub fn config(url: &str, stub: &str) -> String {
    format!(
        "[database]\nurl = \"{url}\"\n[secrets]\nkey = \"{}\"\n[runs]\nconcurrency = 1024\n\
         [tools]\nfiles = [\"tools.toml\"]\n\
         [agents.resolution]\ntools = [\"search_knowledge\", \"get_customer\", \"reply_to_customer\", \"escalate\", \"bench__*\"]\n\
         thresholds = {{ auto = 0.2, floor = 0.1 }}\nmax_model_calls = 12\nmax_output_tokens = 1200\n\
         limits = {{ runs_a_minute = 0, runs_a_day = 0, emails_a_day = 0 }}\n\
         [models]\noffline_fallback = false\n\
         [[models.providers]]\nname = \"stub\"\nbase_url = \"{stub}/v1\"\nfast = \"m\"\nstrong = \"m\"\nstream = false\n\
         max_in_flight = 1024\n\
         [log]\nfilter = \"error\"\n",
        "ef".repeat(32)
    )
}

pub fn tools(stub: &str) -> String {
    format!(
        "[server.bench]\nbase_url = \"{stub}\"\n[[tool]]\nname = \"write\"\nserver = \"bench\"\ntitle = \"Write\"\n\
         description = \"Writes.\"\nmethod = \"POST\"\nurl = \"/write\"\nrisk = \"irreversible\"\nidempotent = true\n\
         preview = \"Write {{what}}\"\n[tool.args]\ntype = \"object\"\nrequired = [\"what\"]\n\
         additionalProperties = false\n[tool.args.properties.what]\ntype = \"string\"\n"
    )
}

/// A model and a tool that answer at once.
pub async fn stub() -> String {
    let answer = |message: Value, finish: &str| {
        Json(json!({
            "id": "x", "object": "chat.completion", "created": 1, "model": "m",
            "choices": [{ "index": 0, "message": message, "finish_reason": finish }],
            "usage": { "prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120 },
        }))
    };
    let call = move |name: &str, args: &str| {
        answer(
            json!({ "role": "assistant", "content": null, "tool_calls": [
                { "id": "c", "type": "function", "function": { "name": name, "arguments": args } }] }),
            "tool_calls",
        )
    };
    let chat = move |body: Bytes| async move {
        // Counting beats parsing: the stub must not be what is measured.
        let results = std::str::from_utf8(&body).unwrap().matches(r#""role":"tool""#).count();
        match results {
            0 | 1 => call("get_customer", "{}"),
            2 => call("bench__write", r#"{"what":"it"}"#),
            _ => {
                let reply = json!({ "kind": "answer", "reply": "It is done.", "citations": [], "confidence": 0.9,
                    "resolved": true, "reason": "" });
                answer(json!({ "role": "assistant", "content": reply.to_string() }), "stop")
            }
        }
    };
    let router = Router::new()
        .route("/v1/chat/completions", post(chat))
        .route("/write", post(|| async { Json(json!({ "ok": true })) }));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    format!("http://{address}")
}

/// Of an event on the live stream what is looked at.
#[derive(Deserialize)]
struct Told {
    event: Event,
}

#[derive(Deserialize)]
struct Event {
    ticket_id: String,
    body: Body,
}

#[derive(Deserialize)]
struct Body {
    approval_id: Option<String>,
}

#[derive(Deserialize)]
struct Opened {
    ticket: Ticket,
}

#[derive(Deserialize)]
struct Ticket {
    id: String,
}

/// Customers and a reviewer. One poll of the queue serves all of them, as one console would.
pub struct Driver {
    url: String,
    client: reqwest::Client,
    cookie: String,
    /// Tickets whose run has not ended, with who waits for it.
    /// `None` stands for a run that ended before anyone waited.
    waiting: Arc<Mutex<HashMap<String, Option<oneshot::Sender<()>>>>>,
}

impl Driver {
    /// Signs in. With `hands` of zero nobody decides; otherwise that many approvals are decided at once.
    pub async fn start(url: String, hands: usize) -> Arc<Self> {
        Self::start_at(url, 0, hands).await
    }

    /// The same in the workspace of this number.
    pub async fn start_at(url: String, desk: usize, hands: usize) -> Arc<Self> {
        let client = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(512).build().unwrap();
        let body = json!({ "email": reviewer(desk), "password": PASSWORD });
        let answer = client
            .post(format!("{url}/v1/session"))
            .header("sec-fetch-site", "same-origin")
            .json(&body)
            .send()
            .await
            .unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let driver = Arc::new(Self { url, client, cookie, waiting: Arc::default() });
        let (asked, questions) = mpsc::unbounded_channel();
        tokio::spawn(Arc::clone(&driver).watch(asked));
        if hands > 0 {
            tokio::spawn(Arc::clone(&driver).review(questions, hands));
        }
        driver
    }

    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.url))
            .header("cookie", &self.cookie)
            .header("sec-fetch-site", "same-origin")
    }

    /// Follows the live stream: approvals that wait, runs that ended.
    async fn watch(self: Arc<Self>, asked: mpsc::UnboundedSender<String>) {
        let mut answer = self.request(reqwest::Method::GET, "/v1/stream").send().await.unwrap();
        let mut rest = Vec::new();
        while let Ok(Some(bytes)) = answer.chunk().await {
            rest.extend_from_slice(&bytes);
            let mut start = 0;
            while let Some(end) = rest[start..].iter().position(|b| *b == b'\n') {
                let line = &rest[start..start + end];
                start += end + 1;
                let Some(data) = line.strip_prefix(b"data:") else { continue };
                let data = std::str::from_utf8(data).unwrap();
                let approval = data.contains("\"approval_requested\"");
                let ended = data.contains("\"run_ended\"");
                if !approval && !ended {
                    continue;
                }
                let event = serde_json::from_str::<Told>(data).unwrap().event;
                if approval {
                    // Nobody listens when nobody decides.
                    asked.send(event.body.approval_id.unwrap()).ok();
                } else {
                    let mut waiting = self.waiting.lock().unwrap();
                    match waiting.remove(&event.ticket_id).flatten() {
                        Some(done) => {
                            done.send(()).ok();
                        }
                        None => {
                            waiting.insert(event.ticket_id, None);
                        }
                    }
                }
            }
            rest.drain(..start);
        }
    }

    /// Looks at the queue when something waits, [`LOOK_EVERY`] at most, and approves each by itself.
    async fn review(self: Arc<Self>, mut questions: mpsc::UnboundedReceiver<String>, hands: usize) {
        let at_once = hands.min(64);
        let hands = Arc::new(Semaphore::new(at_once));
        let mut asked = Vec::new();
        let mut waiting = HashSet::new();
        while questions.recv_many(&mut asked, 256).await > 0 {
            waiting.extend(asked.drain(..));
            while !waiting.is_empty() {
                // What waits already is listed with what comes meanwhile, as many as a page holds.
                if hands.available_permits() < at_once {
                    tokio::time::sleep(LOOK_EVERY).await;
                }
                for (id, digest) in self.queue().await {
                    if waiting.remove(&id) {
                        let hand = Arc::clone(&hands).acquire_owned().await.unwrap();
                        let driver = Arc::clone(&self);
                        tokio::spawn(async move {
                            driver.approve(&id, &digest).await;
                            drop(hand);
                        });
                    }
                }
            }
        }
    }

    /// The ids and digests of what waits longest.
    pub async fn queue(&self) -> Vec<(String, String)> {
        #[derive(Deserialize)]
        struct Queue {
            items: Vec<Item>,
        }
        #[derive(Deserialize)]
        struct Item {
            approval: Shown,
        }
        #[derive(Deserialize)]
        struct Shown {
            id: String,
            digest: String,
        }
        let path = "/v1/approvals?status=pending&limit=100";
        let answer = self.request(reqwest::Method::GET, path).send().await.unwrap();
        // Under more load than it takes, the service says so, and whoever looks at the queue looks again.
        if answer.status() == reqwest::StatusCode::TOO_MANY_REQUESTS {
            return Vec::new();
        }
        let queue: Queue = answer.json().await.unwrap();
        queue.items.into_iter().map(|item| (item.approval.id, item.approval.digest)).collect()
    }

    async fn approve(&self, id: &str, digest: &str) {
        let body = json!({ "digest": digest, "decision": { "type": "approve" }, "undo": false });
        let answer = self
            .request(reqwest::Method::POST, &format!("/v1/approvals/{id}/decisions"))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Keeps `in_flight` runs going for the given time; returns every run's milliseconds.
    pub async fn drive(self: &Arc<Self>, in_flight: usize, time: Duration) -> Vec<f64> {
        let until = Instant::now() + time;
        let stuck = Arc::new(AtomicUsize::new(0));
        let mut tasks = Vec::new();
        for _ in 0..in_flight {
            let (driver, stuck) = (Arc::clone(self), Arc::clone(&stuck));
            tasks.push(tokio::spawn(async move {
                let mut latencies = Vec::new();
                while Instant::now() < until {
                    let started = Instant::now();
                    if tokio::time::timeout(Duration::from_secs(30), driver.one()).await.is_err() {
                        stuck.fetch_add(1, Ordering::Relaxed);
                        break;
                    }
                    latencies.push(started.elapsed().as_secs_f64() * 1000.0);
                }
                latencies
            }));
        }
        let mut all = Vec::new();
        for task in tasks {
            all.extend(task.await.unwrap());
        }
        assert_eq!(stuck.load(Ordering::Relaxed), 0, "runs did not end within 30 s");
        all
    }

    /// One ticket, until its run has ended.
    pub async fn one(&self) {
        let id = self.open().await;
        self.ended(id).await;
    }

    async fn ended(&self, ticket: String) {
        let wait = {
            let mut waiting = self.waiting.lock().unwrap();
            if waiting.remove(&ticket).is_some() {
                return;
            }
            let (done, wait) = oneshot::channel();
            waiting.insert(ticket, Some(done));
            wait
        };
        wait.await.unwrap();
    }

    /// Opens a ticket and returns its id.
    pub async fn open(&self) -> String {
        let body = json!({
            "subject": "Please",
            "body": "Please write it down for me.",
            "contact": { "email": "customer@bench.example", "name": "Customer" },
        });
        let answer = self.request(reqwest::Method::POST, "/v1/tickets").json(&body).send().await.unwrap();
        let text = answer.text().await.unwrap();
        serde_json::from_str::<Opened>(&text).unwrap_or_else(|_| panic!("{text}")).ticket.id
    }

    /// Approves one waiting approval and waits for its run's end.
    pub async fn approve_and_wait(&self, shown: &Value) {
        let text = |name: &str| shown["approval"][name].as_str().unwrap().to_owned();
        self.approve(&text("id"), &text("digest")).await;
        self.ended(text("ticket_id")).await;
    }
}

/// What a process has used so far.
pub struct Resources {
    pub cpu_s: f64,
    /// Bytes that reached the disk's queue.
    pub written: u64,
    /// All that is in memory, the parts of the database's file that the system maps and can drop among it.
    pub rss_mb: f64,
    /// What the process itself holds.
    pub own_mb: f64,
}

impl Resources {
    pub fn of(pid: u32) -> Self {
        let base = PathBuf::from(format!("/proc/{pid}"));
        let stat = std::fs::read_to_string(base.join("stat")).unwrap();
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
        let io = std::fs::read_to_string(base.join("io")).unwrap_or_default();
        let written = io
            .lines()
            .find_map(|l| l.strip_prefix("write_bytes: "))
            .and_then(|n| n.parse().ok())
            .unwrap_or(0);
        let status = std::fs::read_to_string(base.join("status")).unwrap();
        let mb = |name: &str| {
            let kb = status.lines().find_map(|l| l.strip_prefix(name)).unwrap_or("0");
            kb.split_whitespace().next().unwrap_or("0").parse().unwrap_or(0.0) / 1024.0
        };
        Self { cpu_s: ticks / 100.0, written, rss_mb: mb("VmRSS:"), own_mb: mb("RssAnon:") }
    }
}
