//! Commands on credits: what is in use, the ledger, and whether it is right.

use std::{process::ExitCode, sync::Arc};

use anyhow::Context as _;
use clap::Subcommand;
use domain::{RunId, credit::Credits, meter::Standing};
use serde_json::json;
use store::WorkspaceStore;

use super::output::Output;
use crate::{app::App, credits::in_use};

#[derive(Subcommand)]
pub(super) enum CreditsCommand {
    /// What is in use of every limit now.
    Show,
    /// The newest entries of the ledger.
    Entries {
        /// Of this run alone.
        #[arg(long)]
        run: Option<String>,
        #[arg(long, default_value_t = 20)]
        limit: i64,
    },
    /// Compute everything again from the entries, and say what differs.
    Verify,
}

pub(super) async fn credits(
    app: &Arc<App>,
    store: &WorkspaceStore,
    command: CreditsCommand,
    out: Output,
) -> anyhow::Result<ExitCode> {
    match command {
        CreditsCommand::Show => {
            let items = in_use(&app.house, store, app.clock.now()).await?;
            let rows: Vec<Vec<String>> = items
                .iter()
                .map(|item| {
                    let amount = |amount: i64| item.unit.words(amount);
                    vec![
                        item.scope.words(),
                        item.window.as_str().to_owned(),
                        amount(item.used),
                        if item.reserved == 0 { String::new() } else { amount(item.reserved) },
                        item.most.map_or_else(|| "no ceiling".to_owned(), amount),
                        standing(item.standing).to_owned(),
                    ]
                })
                .collect();
            out.either(&items, || match rows.is_empty() {
                true => out.line("Nothing is spent, and nothing has a limit."),
                false => out.table(&["WHOSE", "IN A", "USED", "SET ASIDE", "MOST", ""], &rows),
            })?;
        }
        CreditsCommand::Entries { run, limit } => {
            let run: Option<RunId> = run
                .map(|id| id.parse().with_context(|| format!("`{id}` is not the id of a run")))
                .transpose()?;
            let entries = store.credit_entries(run, limit, None).await?.items;
            let rows: Vec<Vec<String>> = entries
                .iter()
                .map(|entry| {
                    vec![
                        entry.at.rfc3339()[..19].replace('T', " "),
                        entry.kind.as_str().to_owned(),
                        Credits(entry.micros).to_string(),
                        format!("{} -> {}", entry.credit.as_str(), entry.debit.as_str()),
                        entry.agent.clone(),
                        entry.tool.clone().unwrap_or_else(|| "model".to_owned()),
                    ]
                })
                .collect();
            out.either(&entries, || match rows.is_empty() {
                true => out.line("Nothing was paid."),
                false => out.table(&["AT", "WHAT", "CREDITS", "FROM -> TO", "AGENT", "FOR"], &rows),
            })?;
        }
        CreditsCommand::Verify => {
            let report = store.verify_credits().await?;
            let right = report.differences.is_empty();
            let value = json!({
                "right": right, "entries": report.entries, "spent_micros": report.spent,
                "reserved_micros": report.reserved, "differences": report.differences,
            });
            out.either(&value, || {
                for difference in &report.differences {
                    out.line(difference)?;
                }
                let (spent, reserved) = (Credits(report.spent), Credits(report.reserved));
                let books =
                    format!("{} entries, {spent} credits spent, {reserved} set aside", report.entries);
                out.line(if right { format!("Right: {books}.") } else { format!("Not right: {books}.") })
            })?;
            if !right {
                return Ok(ExitCode::FAILURE);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Fine => "",
        Standing::Warning => "nearly used up",
        Standing::Grace => "above it, by grace",
        Standing::Exhausted => "used up",
    }
}
