//! `countersign replay`: past runs held against something changed.

use std::{
    collections::BTreeMap,
    fs::OpenOptions,
    io::{self, IsTerminal as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{Arc, atomic::AtomicBool},
};

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use domain::{RunId, Timestamp, credit::Credits, model::Model, run::OutcomeKind};
use store::WorkspaceStore;

use super::{
    output::Output,
    replay_report::{About, Verdict, html},
};
use crate::{
    app::App,
    config::Config,
    engine::rerun::{Changes, Knowledge},
    models::{ModelsConfig, offline::OfflineModel},
    replays::{MAX_RUNS, ReplayFindings, ReplayRow, Selection, unfit},
};

/// When too little could be told of the runs, or there were none.
const CANNOT_TELL: u8 = 3;

/// Which runs, and what is changed. Without a change the past is held against what is in effect now.
#[derive(Args)]
pub(super) struct ReplayArgs {
    /// These runs; without any, the newest that ended.
    runs: Vec<RunId>,
    /// How many of the newest, 1 to 500.
    #[arg(long, default_value_t = 100)]
    last: usize,
    /// Only those that began since then, such as 2026-05-01 or 2026-05-01T08:00:00Z.
    #[arg(long)]
    since: Option<String>,
    /// Only those of this agent.
    #[arg(long)]
    agent: Option<String>,
    /// Only those that ended so: answered, asked, handed_off, done or nothing.
    #[arg(long)]
    outcome: Option<String>,
    /// A policy that is not in effect.
    #[arg(long)]
    policy: Option<PathBuf>,
    /// Another configuration: its agents, procedures, triggers and models count, and its policy where it names one.
    #[arg(long)]
    with: Option<PathBuf>,
    /// A folder with prompts that are read instead of those built in, such as resolution/system.md.
    #[arg(long)]
    pub(super) prompts: Option<PathBuf>,
    /// Ask this provider of the configuration everything anew; `offline` is the model of this house.
    #[arg(long)]
    provider: Option<String>,
    /// The provider's model, instead of the configured ones.
    #[arg(long, requires = "provider")]
    model: Option<String>,
    /// The confidence from which on a reply goes out by itself.
    #[arg(long)]
    auto: Option<f32>,
    /// The confidence below which nothing is proposed.
    #[arg(long)]
    floor: Option<f32>,
    /// The passages that were found then, or those of today's knowledge base.
    #[arg(long, value_enum, default_value_t = Passages::Recorded)]
    knowledge: Passages,
    /// Losses that do not fail the command.
    #[arg(long, default_value_t = 0)]
    allow_losses: usize,
    /// The share of runs of which it may not be told, 0 to 1; with more of them the exit code is 3, as it is when no
    /// run was found.
    #[arg(long, default_value_t = 0.5)]
    most_unknown: f64,
    /// Write a page too: what would be otherwise, who would have been affected, each run beside what it would be.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Passages {
    Recorded,
    Today,
}

/// Reads the prompts of a folder in place of those built in. Before anything else: they are read once.
pub(super) fn replace_prompts(folder: &Path) -> anyhow::Result<()> {
    let mut texts = BTreeMap::new();
    for declared in prompts::declared_in_the_build()? {
        let file = folder.join(format!("{}.md", declared.name));
        match std::fs::read_to_string(&file) {
            Ok(text) => drop(texts.insert(declared.name, text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", file.display())),
        }
    }
    if texts.is_empty() {
        bail!("{} holds no prompt by a name that is known, such as resolution/system.md", folder.display());
    }
    Ok(prompts::replace(texts)?)
}

pub(super) async fn replay(
    app: &Arc<App>,
    store: &WorkspaceStore,
    args: ReplayArgs,
    out: Output,
) -> anyhow::Result<ExitCode> {
    if !(1..=MAX_RUNS).contains(&args.last) || args.runs.len() > MAX_RUNS {
        bail!("--last must be 1 to {MAX_RUNS}, and no more runs may be named");
    }
    if !(0.0..=1.0).contains(&args.most_unknown) {
        bail!("--most-unknown is 0 to 1");
    }
    if let Some(file) = &args.html
        && let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty())
        && !folder.is_dir()
    {
        bail!("--html: there is no folder {}", folder.display());
    }
    for id in &args.runs {
        match store.run(*id).await? {
            None => bail!("there is no run {id} in this workspace"),
            Some(run) => {
                if let Some(why) = unfit(&run) {
                    bail!("the run {id} cannot be driven again: {why}");
                }
            }
        }
    }
    if let Some(agent) = &args.agent
        && !app.agents.names().contains(&agent.as_str())
    {
        bail!("there is no agent `{agent}`; there are: {}", app.agents.names().join(", "));
    }
    // What a person has stopped stays so.
    app.breakers.refresh().await?;
    let outcome = args.outcome.as_deref().map(|text| {
        [
            OutcomeKind::Answered,
            OutcomeKind::Asked,
            OutcomeKind::HandedOff,
            OutcomeKind::Done,
            OutcomeKind::Nothing,
        ]
        .into_iter()
        .find(|kind| kind.as_str() == text)
        .context("an outcome is answered, asked, handed_off, done or nothing")
    });
    let selection = Selection {
        ids: args.runs.clone(),
        last: args.last,
        since: args.since.as_deref().map(time).transpose()?,
        agent: args.agent.clone(),
        outcome: outcome.transpose()?,
    };
    let changes = changes(app, store, &args).await?;
    // Far sides are asked what tools they have, as the service does at its start.
    app.mcp.connect_all().await;
    let shown = io::stderr().is_terminal();
    let watch = move |done: usize, of: usize| {
        if shown {
            let mut line = io::stderr().lock();
            // Progress that cannot be shown is no reason to stop.
            write!(line, "\r{done} of {of} runs").and_then(|()| line.flush()).ok();
        }
    };
    let findings = app.replay_past(store, &selection, &changes, (&watch, &AtomicBool::new(false))).await?;
    if shown {
        eprintln!();
    }
    let totals = &findings.totals;
    let verdict = if totals.lost > args.allow_losses {
        Verdict::Lost
    } else if totals.runs == 0 || totals.unknown as f64 > args.most_unknown * totals.runs as f64 {
        Verdict::CannotTell
    } else {
        Verdict::Holds
    };
    // First the page: who reads the rest may stop reading.
    if let Some(file) = &args.html {
        let text = page(app, store, (&args, verdict), &findings, out).await?;
        write_private(file, &text).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    out.either(&findings, || print(&findings, out))?;
    Ok(match verdict {
        Verdict::Lost => ExitCode::FAILURE,
        Verdict::CannotTell => ExitCode::from(CANNOT_TELL),
        Verdict::Holds => ExitCode::SUCCESS,
    })
}

/// Customers are in it, so that a new file is its owner's to read.
fn write_private(file: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600).open(file)?.write_all(text.as_bytes())
}

/// The findings as a page, the worst first, with what may leave the house in a file.
async fn page(
    app: &App,
    store: &WorkspaceStore,
    (args, verdict): (&ReplayArgs, Verdict),
    findings: &ReplayFindings,
    out: Output,
) -> anyhow::Result<String> {
    let workspace = app.house.workspace_name(store.id()).await?;
    let mut findings = findings.clone();
    findings.rows.sort_by_key(|row| row.class);
    let changed = changed(args);
    let about = About {
        workspace: &workspace,
        at: app.clock.now(),
        changed: &changed,
        verdict,
        lost: findings.totals.lost,
        allowed: args.allow_losses,
    };
    html(&out.leaving(&findings)?, &about)
}

/// What the past is held against, in words.
fn changed(args: &ReplayArgs) -> Vec<String> {
    let file = |path: &PathBuf| path.display().to_string();
    let mut changed = Vec::new();
    changed.extend(args.with.as_ref().map(|path| format!("the configuration of {}", file(path))));
    changed.extend(args.policy.as_ref().map(|path| format!("the policy of {}", file(path))));
    changed.extend(args.prompts.as_ref().map(|path| format!("the prompts of {}", file(path))));
    changed.extend(args.provider.as_ref().map(|provider| match &args.model {
        Some(model) => format!("every question asked anew of {model} of {provider}"),
        None => format!("every question asked anew of {provider}"),
    }));
    changed.extend(
        args.auto.map(|auto| format!("replies that go out by themselves from a confidence of {auto} on")),
    );
    changed.extend(args.floor.map(|floor| format!("nothing proposed below a confidence of {floor}")));
    if matches!(args.knowledge, Passages::Today) {
        changed.push("today's knowledge base".to_owned());
    }
    if changed.is_empty() {
        changed.push("what is in effect now".to_owned());
    }
    changed
}

async fn changes(app: &App, store: &WorkspaceStore, args: &ReplayArgs) -> anyhow::Result<Changes> {
    app.policies.refresh().await?;
    let mut changes = Changes::none(&app.house, store.id());
    let mut models = app.config.models.clone();
    if let Some(file) = &args.with {
        let config = Config::load(Some(file), app.config.demo.enabled)?;
        changes = app.changes_by(store.id(), changes, &config)?;
        models = config.models;
    }
    if let Some(file) = &args.policy {
        let text =
            std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
        let gate = app.gate_of(store, Some(text), None).await?;
        changes = changes.with_policy(&app.house, store.id(), gate);
    }
    if let Some(name) = &args.provider {
        changes = changes.with_model(provider(app, models, name, args.model.as_deref())?);
    }
    if matches!(args.knowledge, Passages::Today) {
        changes = changes.with_knowledge(Knowledge::Today);
    }
    if args.auto.is_some() || args.floor.is_some() {
        let wanted = [args.auto, args.floor];
        if wanted.into_iter().flatten().any(|share| !(0.0..=1.0).contains(&share)) {
            bail!("--auto and --floor are 0 to 1");
        }
        for agent in app.agents.names() {
            changes.adjust(&app.house, agent, |settings| {
                settings.thresholds.auto = args.auto.unwrap_or(settings.thresholds.auto);
                settings.thresholds.floor = args.floor.unwrap_or(settings.thresholds.floor);
            });
        }
    }
    Ok(changes)
}

fn provider(
    app: &App,
    models: ModelsConfig,
    name: &str,
    model: Option<&str>,
) -> anyhow::Result<Arc<dyn Model>> {
    if name == "offline" {
        return Ok(Arc::new(OfflineModel::new(app.house.courses)));
    }
    let known: Vec<String> = models.providers.iter().map(|provider| provider.name.clone()).collect();
    let mut provider =
        models.providers.into_iter().find(|provider| provider.name == name).with_context(|| {
            format!("there is no provider `{name}` in [[models.providers]]; there are: {}", known.join(", "))
        })?;
    if let Some(model) = model {
        model.clone_into(&mut provider.fast);
        model.clone_into(&mut provider.strong);
    }
    Ok(app.model_of(&ModelsConfig { offline_fallback: false, providers: vec![provider] })?)
}

fn time(text: &str) -> anyhow::Result<Timestamp> {
    let whole = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
    Timestamp::parse_rfc3339(&whole)
        .with_context(|| format!("`{text}` is no time such as 2026-05-01 or 2026-05-01T08:00:00Z"))
}

fn print(findings: &ReplayFindings, out: Output) -> anyhow::Result<()> {
    let row = |row: &ReplayRow| {
        vec![
            row.class.as_str().to_owned(),
            row.ticket_number.map_or_else(String::new, |number| format!("#{number}")),
            row.customer.chars().take(24).collect(),
            format!("{} → {}", row.was.ends, row.would_be.ends),
            row.run_id.to_string(),
            row.why.first().map(|why| why.chars().take(100).collect()).unwrap_or_default(),
        ]
    };
    let mut rows: Vec<&ReplayRow> = findings.rows.iter().collect();
    rows.sort_by_key(|row| row.class);
    let cells: Vec<Vec<String>> = rows.into_iter().map(row).collect();
    if !cells.is_empty() {
        out.table(&["", "TICKET", "CUSTOMER", "ENDS", "RUN", "WHY"], &cells)?;
    }
    let t = &findings.totals;
    out.line(format!(
        "{} runs: {} the same, {} changed, {} gained, {} lost, {} of which it cannot be told. {} tickets affected.",
        t.runs, t.same, t.changed, t.gained, t.lost, t.unknown, t.tickets_affected
    ))?;
    out.line(format!(
        "Of those that can be told: {} end otherwise, {} read otherwise, {} with other calls; approvals {} → {}, \
         credits {} → {}. Models were asked {} times now.",
        t.outcomes,
        t.messages,
        t.calls,
        t.approvals_were,
        t.approvals_would_be,
        Credits(t.cost_was_micros),
        Credits(t.cost_would_be_micros),
        t.questions
    ))
}
