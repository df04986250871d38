//! Commands on the workspace's policy.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use domain::{ApprovalId, RunId, permission::Permission, policy::Answer, user::Actor};
use serde_json::{Map, Value, json};
use store::WorkspaceStore;

use super::{
    output::Output,
    safety::{may, name_of},
};
use crate::{
    app::App,
    gate::{
        cases::{self, ImaginedCall},
        check::Report,
    },
    policies::{NewPolicy, past, questions::About},
};

#[derive(Subcommand)]
pub(super) enum PolicyCommand {
    /// Print the policy in effect, or a version of it.
    Show {
        #[arg(long)]
        version: Option<i64>,
    },
    /// The versions there were, who put them and why.
    Versions {
        #[arg(long, default_value_t = 20)]
        limit: i64,
    },
    /// Check a file and put it in effect.
    Put {
        file: PathBuf,
        /// Why.
        #[arg(long)]
        note: String,
        /// The member of staff who does it, by email address.
        #[arg(long = "as")]
        by: String,
        /// The version that you looked at; nothing is put when another is in effect.
        #[arg(long)]
        expected: Option<i64>,
    },
    /// Look for mistakes, rules that never decide, contradictions and dangers; in a file, or in what is in effect.
    Check { file: Option<PathBuf> },
    /// Run a file of cases; fails when one does.
    Test {
        cases: PathBuf,
        /// A policy that is not in effect.
        #[arg(long)]
        policy: Option<PathBuf>,
    },
    /// Why a call is answered as it is: a past one, or an imagined one.
    Explain(Box<ExplainArgs>),
    /// What the newest calls that were judged would have become under a file.
    DryRun {
        file: PathBuf,
        /// How many calls, 1 to 500.
        #[arg(long, default_value_t = 100)]
        last: usize,
    },
}

#[derive(Args)]
pub(super) struct ExplainArgs {
    /// A call that was put before a person.
    #[arg(long, conflicts_with_all = ["run", "set"])]
    approval: Option<ApprovalId>,
    /// A call of this run, with `--call`.
    #[arg(long, requires = "call", conflicts_with = "set")]
    run: Option<RunId>,
    #[arg(long, requires = "run")]
    call: Option<String>,
    /// A fact of an imagined call: `tool=shop__refund_order`, `amount=900`, `args.reason=late`. Several times.
    #[arg(long, value_name = "NAME=VALUE")]
    set: Vec<String>,
    /// A policy that is not in effect.
    #[arg(long)]
    policy: Option<PathBuf>,
    /// A version of the workspace's policy.
    #[arg(long, conflicts_with = "policy")]
    version: Option<i64>,
}

fn read(file: &PathBuf) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))
}

pub(super) async fn policy(
    app: &Arc<App>,
    store: &WorkspaceStore,
    command: PolicyCommand,
    out: Output,
) -> anyhow::Result<ExitCode> {
    if matches!(
        command,
        PolicyCommand::Check { .. }
            | PolicyCommand::Test { .. }
            | PolicyCommand::Put { .. }
            | PolicyCommand::Explain(_)
            | PolicyCommand::DryRun { .. }
    ) {
        app.mcp.connect_all().await;
    }
    match command {
        PolicyCommand::Show { version } => show(app, store, version, out).await?,
        PolicyCommand::Versions { limit } => versions(store, limit, out).await?,
        PolicyCommand::Put { file, note, by, expected } => {
            let text = read(&file)?;
            let by = may(store, &by, Permission::ChangePolicy).await?;
            let expected = match expected {
                Some(expected) => expected,
                None => store.policy().await?.map_or(0, |policy| policy.version),
            };
            let by = Actor::User { user_id: by.id, name: by.name };
            let new = NewPolicy { text, note, expected, by, at: app.clock.now() };
            let (document, report) = app.put_policy(store, new).await?;
            let value = json!({ "version": document.version, "digest": document.digest, "report": report });
            out.either(&value, || {
                print(&report, out)?;
                out.line(format!("Version {} is in effect within a second.", document.version))
            })?;
        }
        PolicyCommand::Check { file } => {
            let text = match file {
                Some(file) => read(&file)?,
                None => app.policies.of(store.id()).text().to_owned(),
            };
            let report = app.check_policy(text).await;
            out.either(&report, || print(&report, out))?;
            return Ok(if report.is_usable() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
        PolicyCommand::Test { cases, policy } => return test(app, store, cases, policy, out).await,
        PolicyCommand::Explain(args) => explain(app, store, *args, out).await?,
        PolicyCommand::DryRun { file, last } => {
            if !(1..=past::MAX_LAST).contains(&last) {
                bail!("--last must be 1 to {}", past::MAX_LAST);
            }
            let gate = app.gate_of(store, Some(read(&file)?), None).await?;
            let found = app.dry_run_policy(store, gate, last).await?;
            let row = |item: &past::DryRunItem| {
                vec![
                    item.at.rfc3339()[..16].replace('T', " "),
                    item.tool.clone(),
                    by(&item.was, item.was_by.as_deref()),
                    by(&item.would_be, Some(&item.would_be_by)),
                    item.title.chars().take(60).collect(),
                ]
            };
            let rows: Vec<Vec<String>> = found.items.iter().map(row).collect();
            out.either(&found, || {
                if !rows.is_empty() {
                    out.table(&["AT", "TOOL", "WAS", "WOULD BE", "WHAT"], &rows)?;
                }
                out.line(format!(
                    "Of {} judged calls {} would change; of {} it cannot be told.",
                    found.calls, found.changes, found.unknown
                ))
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn by(word: &str, rule: Option<&str>) -> String {
    format!("{word} ({})", rule.unwrap_or("rule not kept"))
}

async fn show(app: &App, store: &WorkspaceStore, version: Option<i64>, out: Output) -> anyhow::Result<()> {
    let document = match version {
        None => store.policy().await?,
        Some(version) => Some(
            store.policy_version(version).await?.with_context(|| format!("there is no version {version}"))?,
        ),
    };
    let Some(document) = document else {
        let gate = app.policies.of(store.id());
        let value = json!({ "version": 0, "digest": gate.version(), "text": gate.text() });
        return out.either(&value, || out.text(gate.text()));
    };
    out.either(&document, || out.text(&document.text))
}

async fn versions(store: &WorkspaceStore, limit: i64, out: Output) -> anyhow::Result<()> {
    let versions = store.policy_versions(None, limit).await?;
    let rows: Vec<Vec<String>> = versions
        .iter()
        .map(|policy| {
            vec![
                policy.version.to_string(),
                policy.created_at.rfc3339()[..16].replace('T', " "),
                name_of(&policy.created_by),
                policy.note.clone(),
            ]
        })
        .collect();
    out.either(&versions, || match rows.is_empty() {
        true => out.line("The workspace has no policy of its own; the installation's is in effect."),
        false => out.table(&["VERSION", "AT", "BY", "WHY"], &rows),
    })
}

fn print(report: &Report, out: Output) -> anyhow::Result<()> {
    for finding in &report.findings {
        let rule = finding.rule.as_ref().map_or_else(String::new, |rule| format!("{rule}: "));
        out.line(format!("{}: {rule}{}", finding.level.as_str(), finding.text.trim()))?;
    }
    if !report.is_usable() {
        return out.line("This policy cannot be used.");
    }
    let found = match report.findings.len() {
        0 => "nothing found".to_owned(),
        n => format!("{n} found"),
    };
    out.line(format!(
        "{} rules, {} imagined calls of {} that differ: {found}.",
        report.rules, report.calls, report.of
    ))
}

async fn test(
    app: &App,
    store: &WorkspaceStore,
    cases: PathBuf,
    policy: Option<PathBuf>,
    out: Output,
) -> anyhow::Result<ExitCode> {
    let cases = cases::parse(&read(&cases)?)?;
    let gate = app.gate_of(store, policy.as_ref().map(read).transpose()?, None).await?;
    let world = app.world();
    let outcomes: Vec<_> = cases.iter().map(|case| gate.try_case(case, &world)).collect();
    let failed = outcomes.iter().filter(|outcome| !outcome.passed).count();
    let row = |outcome: &cases::Outcome| {
        vec![
            if outcome.passed { "ok" } else { "FAILED" }.to_owned(),
            outcome.name.clone(),
            outcome.expected.clone(),
            outcome.got.clone(),
            if outcome.passed { String::new() } else { outcome.why.clone() },
        ]
    };
    let rows: Vec<Vec<String>> = outcomes.iter().map(row).collect();
    out.either(&outcomes, || {
        out.table(&["", "CASE", "EXPECTED", "GOT", "WHY"], &rows)?;
        out.line(format!("{} cases, {failed} failed.", outcomes.len()))
    })?;
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `name=value`, where the value is JSON or, when it is not, a text.
fn imagined(set: &[String]) -> anyhow::Result<ImaginedCall> {
    let mut call = Map::new();
    let mut args = Map::new();
    for one in set {
        let (name, value) =
            one.split_once('=').with_context(|| format!("`{one}` is not NAME=VALUE, such as amount=900"))?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        match name.strip_prefix("args.") {
            Some(name) => args.insert(name.to_owned(), value),
            None => call.insert(name.to_owned(), value),
        };
    }
    if !args.is_empty() {
        call.insert("args".to_owned(), Value::Object(args));
    }
    serde_json::from_value(Value::Object(call)).context("the imagined call does not fit")
}

async fn explain(app: &App, store: &WorkspaceStore, args: ExplainArgs, out: Output) -> anyhow::Result<()> {
    let about = match (args.approval, args.run, args.call) {
        (Some(id), _, _) => About::Approval(id),
        (None, Some(run), Some(call)) => About::Call(run, call),
        _ if !args.set.is_empty() => About::Imagined(Box::new(imagined(&args.set)?)),
        _ => bail!(
            "name a call: --approval ID, --run ID --call ID, or --set tool=… and what else is known of it"
        ),
    };
    let gate = app.gate_of(store, args.policy.as_ref().map(read).transpose()?, args.version).await?;
    let (call, past, explained) = app.explain_policy(store, &gate, about).await?;
    let value = json!({
        "facts": call.facts, "unknown": call.unknown, "explanation": explained,
        "was": past.as_ref().map(|past| &past.was), "was_by": past.as_ref().and_then(|past| past.rule.as_ref()),
    });
    out.either(&value, || {
        let rows: Vec<Vec<String>> = explained
            .rules
            .iter()
            .map(|rule| {
                vec![
                    if rule.decides { "→" } else { "" }.to_owned(),
                    rule.rule.clone(),
                    rule.look.as_str().to_owned(),
                    rule.then.as_str().to_owned(),
                    rule.when.clone().unwrap_or_else(|| "(always)".to_owned()),
                    rule.why.clone(),
                ]
            })
            .collect();
        out.table(&["", "RULE", "", "THEN", "WHEN", "NOTE"], &rows)?;
        out.line(format!("{} by {}", past::words(explained.answer.as_ref()), explained.rule))?;
        let why = match (&explained.unknown, &explained.answer) {
            (Some(why), _) | (None, Some(Answer::Ask { why, .. } | Answer::Refuse { why })) => why.as_str(),
            _ => "",
        };
        if !why.is_empty() {
            out.line(why)?;
        }
        if explained.held_back.is_some() {
            out.line("The rule would let it run; it is held back all the same.")?;
        }
        match &past {
            Some(past) => {
                let other = past.policy_version.as_ref().is_some_and(|was| *was != explained.policy_version);
                let under = if other { ", under another version of the policy" } else { "" };
                out.line(format!("It was judged: {}{under}.", by(&past.was, past.rule.as_deref())))
            }
            None => Ok(()),
        }
    })
}
