//! Commands on personal data in stored messages.

use std::process::ExitCode;

use clap::Subcommand;
use domain::{
    SuggestionId,
    permission::Permission,
    personal_data::{Scan, ScanStatus, SuggestionStatus},
    user::Actor,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use store::WorkspaceStore;

use super::{output::Output, safety::may};
use crate::{
    app::App,
    scans::{self, Decided},
};

#[derive(Subcommand)]
pub(super) enum GuardsCommand {
    /// Look through all stored messages for personal data. Goes on with a scan that was interrupted.
    Scan {
        /// Only these kinds, such as `payment_card`; without any, all but names of people.
        #[arg(long, value_delimiter = ',')]
        kinds: Vec<String>,
    },
    /// What scans found and nobody has decided yet.
    List {
        #[arg(long, default_value_t = 50)]
        limit: i64,
    },
    /// Replace what was found for good, in the message and in what else is kept of its ticket.
    Redact {
        #[arg(required = true)]
        ids: Vec<SuggestionId>,
        /// The member of staff who does it, by email address.
        #[arg(long = "as")]
        by: String,
    },
    /// Let what was found stay.
    Keep {
        #[arg(required = true)]
        ids: Vec<SuggestionId>,
        /// The member of staff who does it, by email address.
        #[arg(long = "as")]
        by: String,
    },
}

pub(super) async fn guards(
    app: &App,
    store: &WorkspaceStore,
    command: GuardsCommand,
    out: Output,
) -> anyhow::Result<ExitCode> {
    match command {
        GuardsCommand::Scan { kinds } => scan(app, store, &kinds, out).await,
        GuardsCommand::List { limit } => {
            let found = store.suggestions(Some(SuggestionStatus::Open), limit, None).await?.items;
            let rows: Vec<Vec<String>> = found
                .iter()
                .map(|one| {
                    let kinds: Vec<&str> = one.kinds.iter().map(String::as_str).collect();
                    vec![one.id.to_string(), kinds.join(", "), one.excerpt.replace('\n', " ")]
                })
                .collect();
            out.either(&found, || out.table(&["SUGGESTION", "KINDS", "EXCERPT"], &rows))?;
            Ok(ExitCode::SUCCESS)
        }
        GuardsCommand::Redact { ids, by } => decide(app, store, &ids, &by, true, out).await,
        GuardsCommand::Keep { ids, by } => decide(app, store, &ids, &by, false, out).await,
    }
}

async fn scan(app: &App, store: &WorkspaceStore, kinds: &[String], out: Output) -> anyhow::Result<ExitCode> {
    let kinds = scans::kinds_of(app, store.id(), kinds).map_err(anyhow::Error::msg)?;
    let begun = scans::begin(app, store.id(), kinds, Actor::System).await?;
    let bar = ProgressBar::new(begun.messages.unsigned_abs());
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} messages, {msg} found") {
        bar.set_style(style);
    }
    let tell = |scan: &Scan| {
        bar.set_position(scan.messages_read.unsigned_abs());
        bar.set_message(scan.found.to_string());
    };
    let scan = scans::work(app, store.id(), begun.id, &tell).await?;
    bar.finish_and_clear();
    out.either(&scan, || {
        out.line(format!(
            "Read {} messages: {} hold personal data that was not found before. `countersign guards list` shows them.",
            scan.messages_read, scan.found
        ))
    })?;
    Ok(if scan.status == ScanStatus::Done { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn decide(
    app: &App,
    store: &WorkspaceStore,
    ids: &[SuggestionId],
    by: &str,
    redacts: bool,
    out: Output,
) -> anyhow::Result<ExitCode> {
    let user = may(store, by, Permission::Redact).await?;
    let mut well = true;
    let mut results = Vec::with_capacity(ids.len());
    for id in ids {
        let actor = Actor::User { user_id: user.id, name: user.name.clone() };
        let decided = if redacts {
            scans::redact(app, store.id(), *id, actor).await?
        } else {
            scans::keep(app, store.id(), *id, actor).await?
        };
        well &= decided == Decided::Done;
        results.push(json!({ "id": id, "done": decided == Decided::Done, "why": decided.why_not() }));
    }
    out.either(&results, || {
        for result in &results {
            let why = result["why"].as_str().unwrap_or("done");
            out.line(format!("{}: {why}", result["id"].as_str().unwrap_or_default()))?;
        }
        Ok(())
    })?;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
