//! Commands that prepare a database.

use std::{sync::Arc, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};
use store::{Store, StoreOptions};

use super::output::Output;
use crate::{
    config::Config,
    system::{SystemClock, SystemIds},
};

pub(super) async fn migrate(config: Config, out: Output) -> anyhow::Result<()> {
    let options = StoreOptions {
        owner: format!("migrate-{}", std::process::id()),
        lease: Duration::from_secs(config.runs.lease_seconds),
        max_claimed: 0,
        queue: 16,
        read_connections: 1,
    };
    crate::app::prepare_folder(&config.database.url)?;
    let store =
        Store::open(&config.database.url, options, Arc::new(SystemClock), Arc::new(SystemIds)).await?;
    store.migrate().await?;
    store.close().await;
    out.either(&serde_json::json!({ "migrated": true }), || out.line("The schema is up to date."))
}

pub(super) async fn seed(mut config: Config, out: Output) -> anyhow::Result<()> {
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{msg:10} {bar:30} {pos}/{len}")?);
    let tick = bar.clone();
    config.runs.concurrency = 0;
    let report = crate::app::seed(config, &move |progress: crate::demo::Progress| {
        tick.set_message(progress.stage);
        tick.set_length(progress.total as u64);
        tick.set_position(progress.done as u64);
    })
    .await?;
    bar.finish_and_clear();
    out.either(&report, || {
        if report.seeded {
            out.line(format!(
                "Seeded {} people, {} articles, {} customers, {} orders and {} tickets. Agents take up {} of them at \
                 the next `countersign serve --demo`.",
                report.staff, report.articles, report.customers, report.orders, report.tickets, report.runs
            ))
        } else {
            out.line("The demo workspace is there already; nothing was changed.")
        }
    })
}
