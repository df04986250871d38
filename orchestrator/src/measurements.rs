//! What the service measures of itself, for `/metrics`: every metric with its labels and its meaning in one
//! place. Labels are names of the configuration and of the code, never ids or what somebody wrote.

use std::{
    collections::BTreeMap,
    sync::{LazyLock, OnceLock},
    time::Duration,
};

use domain::{effect::Effect, tool::Risk};
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use metrics_process::Collector;
use store::Counts;
use tokio::time;
use tracing::warn;

use crate::app::App;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

/// One metric.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    pub name: &'static str,
    pub kind: Kind,
    pub labels: &'static [&'static str],
    pub help: &'static str,
}

macro_rules! measures {
    ($($name:literal $kind:ident ($($label:literal),*) $help:literal;)*) => {
        &[$(Measure { name: $name, kind: Kind::$kind, labels: &[$($label),*], help: $help }),*]
    };
}

/// All of the service's own. `docs/operations.md` says which of them to watch.
pub const ALL: &[Measure] = measures![
    "countersign_build_info" Gauge ("version") "Always 1; says which version this process is";
    "countersign_http_request_seconds" Histogram ("method", "route", "status") "From a request to the head of its answer";
    "countersign_streams" Gauge () "Live streams that are open in this process";
    "countersign_tickets" Gauge ("workspace", "status") "Tickets by status, every process says the same";
    "countersign_runs" Gauge ("workspace", "status") "Runs by status, every process says the same";
    "countersign_runs_due_seconds" Gauge () "How long the run waits that is due and that no process has taken";
    "countersign_runs_leased" Gauge () "Runs that this process works on";
    "countersign_runs_limit" Gauge () "Runs that this process may work on at once; 0: it serves the API alone";
    "countersign_run_start_seconds" Histogram () "From the beginning of a run to the first work on it";
    "countersign_runs_ended_total" Counter ("agent", "outcome")
        "Runs that ended, by their outcome or as dead or quarantined";
    "countersign_run_attempts_failed_total" Counter ("agent") "Attempts at a run that failed and are made again";
    "countersign_lease_losses_total" Counter () "Runs that were taken from this process while it worked on them";
    "countersign_approvals_pending" Gauge ("workspace") "Approvals that wait for a person, every process says the same";
    "countersign_approvals_oldest_seconds" Gauge ("workspace") "How long the oldest approval has waited; 0: none does";
    "countersign_effects_total" Counter ("tool", "outcome") "Effects by what became of them; unknown: a person has to say";
    "countersign_deliveries" Gauge ("workspace", "status") "Mails that are not sent, every process says the same";
    "countersign_deliveries_oldest_seconds" Gauge ("workspace") "How long the oldest mail has waited; 0: none does";
    "countersign_mail_received_total" Counter ("result") "Mails that came in";
    "countersign_mail_sent_total" Counter ("result") "Attempts to send a mail, by what became of them";
    "countersign_switches_open" Gauge ("kind") "Breakers that people opened, or the service for them until a person looks";
    "countersign_breaker_open" Gauge ("kind", "name") "1 while what keeps failing is left alone by itself";
    "countersign_breaker_openings_total" Counter ("kind", "name") "How often a breaker opened by itself";
    "countersign_rate_waits_total" Counter ("of") "Calls that waited for a rate";
    "countersign_rate_refusals_total" Counter ("of") "Calls that a far side refused for its rate";
    "countersign_model_calls_total" Counter ("provider", "model", "outcome") "Calls of language models, retries included in one";
    "countersign_model_call_seconds" Histogram ("provider", "model") "Calls of language models";
    "countersign_model_tokens_total" Counter ("provider", "model", "kind") "Tokens, input and output";
    "countersign_model_retries_total" Counter ("provider", "reason") "Attempts that were made again";
    "countersign_model_fallbacks_total" Counter ("provider") "Calls that another than the first provider answered, by whom";
    "countersign_writes_waiting" Gauge () "Commits that wait for the writer";
    "countersign_writes_limit" Gauge () "Commits that may wait before new ones are refused (database.queue)";
    "countersign_write_seconds" Histogram () "Transactions of the writer";
    "countersign_write_commits" Histogram () "Commits that shared a transaction";
    "countersign_writes_failed_total" Counter () "Transactions of the writer that the database refused";
    "countersign_commits_refused_total" Counter () "Commits that were refused because too many waited";
    "countersign_readers_busy" Gauge () "Connections that are being read through";
    "countersign_readers_limit" Gauge () "Connections to read through (database.read_connections)";
    "countersign_knowledge_behind" Gauge () "Documents that are stored and cannot be found yet";
    "countersign_knowledge_dropped" Gauge ("why") "Passages that the index found and the documents did not bear out";
];

/// Times from what a search in memory takes to what a model takes.
const SECONDS: [f64; 14] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0];
/// As many as the writer takes at once.
const COMMITS: [f64; 7] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];
const COUNT_EVERY: Duration = Duration::from_secs(15);
/// Of the time that counting took, how many times as much passes before it is done again: with many
/// workspaces or tickets it must not be what keeps the database busy.
const REST: u32 = 20;
/// Workspaces that are told apart. Those that came later are counted together, or nobody could keep the rows.
const TOLD_APART: usize = 100;
/// No slug has parentheses.
const OTHERS: &str = "(others)";
const TICKET_STATUSES: [&str; 5] =
    ["open", "waiting_for_staff", "waiting_for_customer", "resolved", "closed"];
const RUN_STATUSES: [&str; 6] = ["queued", "running", "waiting", "done", "dead", "quarantined"];
const DELIVERY_STATUSES: [&str; 4] = ["pending", "sending", "failed", "unknown"];
const SWITCHES: [&str; 4] = ["workspace", "agent", "tool", "integration"];

static PROCESS: LazyLock<Collector> = LazyLock::new(Collector::default);

/// The recorder is one per process; tests that start many services share it.
pub(crate) fn recorder() -> Result<PrometheusHandle, String> {
    static HANDLE: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    let handle = HANDLE.get_or_init(|| {
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
            .and_then(|builder| {
                builder.set_buckets_for_metric(Matcher::Suffix("_commits".to_owned()), &COMMITS)
            })
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|error| error.to_string())?;
        describe();
        Ok(handle)
    });
    handle.clone().map_err(|error| format!("measurements cannot be recorded: {error}"))
}

fn describe() {
    for measure in ALL {
        match measure.kind {
            Kind::Counter => {
                describe_counter!(measure.name, Unit::Count, measure.help);
                if measure.labels.is_empty() {
                    // An increase from nothing is none: it has to have been 0.
                    counter!(measure.name).increment(0);
                }
            }
            Kind::Gauge => describe_gauge!(measure.name, measure.help),
            Kind::Histogram => describe_histogram!(measure.name, measure.help),
        }
    }
    PROCESS.describe();
    gauge!("countersign_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

pub(crate) fn run_ended(agent: &str, outcome: &'static str) {
    counter!("countersign_runs_ended_total", "agent" => agent.to_owned(), "outcome" => outcome).increment(1);
}

pub(crate) fn attempt_failed(agent: &str) {
    counter!("countersign_run_attempts_failed_total", "agent" => agent.to_owned()).increment(1);
}

pub(crate) fn effect(effect: &Effect) {
    let (tool, outcome) = (effect.call.tool.clone(), effect.status.as_str());
    counter!("countersign_effects_total", "tool" => tool, "outcome" => outcome).increment(1);
}

/// Looks at what is only true at this moment: the process, and its way to the database.
pub(crate) fn sample(app: &App) {
    PROCESS.collect();
    let load = app.store.load();
    gauge!("countersign_writes_waiting").set(load.writes_waiting as f64);
    gauge!("countersign_writes_limit").set(load.writes_limit as f64);
    gauge!("countersign_readers_busy").set(load.reading as f64);
    gauge!("countersign_readers_limit").set(load.readers as f64);
    gauge!("countersign_runs_leased").set(load.runs_leased as f64);
    gauge!("countersign_runs_limit").set(load.runs_limit as f64);
    for kind in SWITCHES {
        gauge!("countersign_switches_open", "kind" => kind).set(app.breakers.open_of(kind) as f64);
    }
}

/// Keeps the gauges of the desk.
pub(crate) async fn keep(app: &App) {
    loop {
        let started = time::Instant::now();
        // What nobody fetches would pile up.
        app.metrics.run_upkeep();
        if let Err(error) = count(app).await {
            warn!(%error, "the desk could not be counted");
        }
        time::sleep(COUNT_EVERY.max(started.elapsed() * REST)).await;
    }
}

/// Counts the desk: tickets, runs and mails by status, and what has waited the longest.
pub async fn count(app: &App) -> Result<(), store::StoreError> {
    let now = app.clock.now();
    let due = app.store.due_since(now).await?.map_or(0.0, |since| now.since(since).as_secs_f64());
    gauge!("countersign_runs_due_seconds").set(due);
    begin_at_zero(app);
    let mut desks: BTreeMap<String, Desk> = BTreeMap::new();
    for (place, workspace) in app.store.workspaces().await?.into_iter().enumerate() {
        let counts = app.store.workspace(workspace.id).counts().await?;
        let name = if place < TOLD_APART { workspace.slug } else { OTHERS.to_owned() };
        desks.entry(name).or_default().add(&counts, now);
    }
    for (workspace, desk) in desks {
        desk.publish(&workspace);
    }
    Ok(())
}

/// What has never been there does not increase, however often it happens: what alerts wait for is there from the
/// beginning. Tools of servers come when these connect.
fn begin_at_zero(app: &App) {
    for agent in app.agents.names() {
        counter!("countersign_run_attempts_failed_total", "agent" => agent).increment(0);
        for outcome in ["dead", "quarantined"] {
            counter!("countersign_runs_ended_total", "agent" => agent, "outcome" => outcome).increment(0);
        }
    }
    for tool in app.catalog.specs().into_iter().filter(|tool| !tool.local && tool.risk != Risk::Read) {
        counter!("countersign_effects_total", "tool" => tool.name, "outcome" => "unknown").increment(0);
    }
    for result in ["failed", "unknown"] {
        counter!("countersign_mail_sent_total", "result" => result).increment(0);
    }
}

/// What there is in a workspace, or in several together.
#[derive(Default)]
struct Desk {
    tickets: BTreeMap<String, i64>,
    runs: BTreeMap<String, i64>,
    deliveries: BTreeMap<String, i64>,
    approvals: i64,
    oldest_approval: f64,
    oldest_delivery: f64,
}

impl Desk {
    fn add(&mut self, counts: &Counts, now: domain::Timestamp) {
        let add = |to: &mut BTreeMap<String, i64>, from: &[(String, i64)]| {
            for (status, n) in from {
                *to.entry(status.clone()).or_default() += n;
            }
        };
        add(&mut self.tickets, &counts.tickets);
        add(&mut self.runs, &counts.runs);
        add(&mut self.deliveries, &counts.deliveries);
        self.approvals += counts.approvals_pending;
        let age = |at: Option<domain::Timestamp>| at.map_or(0.0, |at| now.since(at).as_secs_f64());
        self.oldest_approval = self.oldest_approval.max(age(counts.oldest_approval));
        self.oldest_delivery = self.oldest_delivery.max(age(counts.oldest_delivery));
    }

    /// A status that nothing has any more is 0, and not what it was last.
    fn publish(&self, workspace: &str) {
        let workspace = || workspace.to_owned();
        for status in TICKET_STATUSES {
            let n = self.tickets.get(status).copied().unwrap_or_default();
            gauge!("countersign_tickets", "workspace" => workspace(), "status" => status).set(n as f64);
        }
        for status in RUN_STATUSES {
            let n = self.runs.get(status).copied().unwrap_or_default();
            gauge!("countersign_runs", "workspace" => workspace(), "status" => status).set(n as f64);
        }
        for status in DELIVERY_STATUSES {
            let n = self.deliveries.get(status).copied().unwrap_or_default();
            gauge!("countersign_deliveries", "workspace" => workspace(), "status" => status).set(n as f64);
        }
        gauge!("countersign_approvals_pending", "workspace" => workspace()).set(self.approvals as f64);
        gauge!("countersign_approvals_oldest_seconds", "workspace" => workspace()).set(self.oldest_approval);
        gauge!("countersign_deliveries_oldest_seconds", "workspace" => workspace()).set(self.oldest_delivery);
    }
}
