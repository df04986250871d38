//! Commands on the ladder of autonomy.

use std::sync::Arc;

use anyhow::bail;
use clap::Subcommand;
use domain::{autonomy::Level, calibration::certified::Promise, permission::Permission, user::Actor};
use store::WorkspaceStore;

use super::{output::Output, safety::may};
use crate::{
    app::App,
    autonomy::cells::{AutonomyCell, RungChange},
};

#[derive(Subcommand)]
pub(super) enum AutonomyCommand {
    /// Where each intent and tool stand, and what can be promised.
    List,
    /// Put an intent and tool on a rung: `shadow`, `draft`, `ask` or `act`; `policy` leaves it to the policy alone.
    Set {
        tool: String,
        level: String,
        /// The procedure that the customer asks for; none: whatever is no procedure's.
        #[arg(long, default_value = "")]
        intent: String,
        /// The most that may be wrong, as a share.
        #[arg(long, default_value_t = Promise::default().ceiling)]
        ceiling: f64,
        /// The probability with which that may fail.
        #[arg(long, default_value_t = Promise::default().delta)]
        delta: f64,
        #[arg(long)]
        reason: String,
        /// The member of staff who does it, by email address.
        #[arg(long = "as")]
        by: String,
    },
}

pub(super) async fn run(
    app: &Arc<App>,
    store: &WorkspaceStore,
    command: AutonomyCommand,
    out: Output,
) -> anyhow::Result<()> {
    match command {
        AutonomyCommand::List => {
            let cells = app.autonomy(store, None).await?;
            let rows: Vec<_> = cells.iter().map(row).collect();
            out.either(&cells, || match rows.is_empty() {
                true => out.line("Nothing was decided yet, and nothing that leaves the house ran by itself."),
                false => {
                    let head = [
                        "TOOL",
                        "INTENT",
                        "RUNG",
                        "JUDGED",
                        "WRONG",
                        "ASSUMED",
                        "ON PAPER",
                        "THRESHOLD",
                        "COVERAGE",
                    ];
                    out.table(&head, &rows)
                }
            })
        }
        AutonomyCommand::Set { tool, level, intent, ceiling, delta, reason, by } => {
            let level = match (level.as_str(), Level::parse(&level)) {
                ("policy", _) => None,
                (_, Some(level)) => Some(level),
                _ => bail!("`{level}` is not `shadow`, `draft`, `ask`, `act` or `policy`"),
            };
            let user = may(store, &by, Permission::ManageAutonomy).await?;
            let rungs = store.rungs().await?.into_iter().map(|rung| (rung.intent, rung.tool, rung.version));
            let left =
                store.left_rungs().await?.into_iter().map(|left| (left.intent, left.tool, left.version));
            let mut known = rungs.chain(left);
            let version = known.find(|known| known.0 == intent && known.1 == tool).map_or(0, |known| known.2);
            let words = crate::autonomy::subject(&intent, &tool);
            let change = RungChange {
                intent,
                tool,
                level,
                promise: Promise { ceiling, delta },
                version,
                why: reason,
                by: Actor::User { user_id: user.id, name: user.name },
                at: app.clock.now(),
            };
            app.change_rung(store, change).await?;
            let now = level.map_or("left to the policy", Level::as_str);
            out.either(&serde_json::json!({ "level": level }), || out.line(format!("{words}: {now}.")))
        }
    }
}

fn row(cell: &AutonomyCell) -> Vec<String> {
    let or = |text: &str, none: &str| if text.is_empty() { none.to_owned() } else { text.to_owned() };
    vec![
        cell.tool.clone(),
        or(&cell.intent, "—"),
        cell.rung.as_ref().map_or("policy", |rung| rung.level.as_str()).to_owned(),
        cell.n.to_string(),
        cell.wrong.to_string(),
        cell.heard.assumed.to_string(),
        cell.heard.paper.to_string(),
        cell.threshold.map_or("not reachable".to_owned(), |at| format!("{:.2}", at as f64 / 1_000.0)),
        format!("{:.0} %", cell.coverage * 100.0),
    ]
}
