//! Evaluations: conversations with the demo shop, held with the same service that the binary
//! starts, and what must come of them.
//!
//! [`case`] says what a case is and reads the files in `cases/`; [`desk`] starts the service and
//! holds a conversation; [`score`] compares what happened with what was expected; [`report`] counts.
//! Nothing here knows how an agent works: a case sees what a customer and a reviewer see, and what
//! was done to the shop.

pub mod case;
pub mod desk;
pub mod report;
pub mod score;

use std::path::Path;

/// The cases that come with the crate.
pub const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

/// Holds every case of a folder (or file) on one fresh desk, one after another.
pub async fn run(
    cases: &Path,
    models: Option<orchestrator::models::ModelsConfig>,
) -> anyhow::Result<report::Report> {
    let cases = case::load(cases)?;
    let mut desk = desk::Desk::open(models).await?;
    let mut report = report::Report::default();
    for case in cases {
        let findings = match desk.hold(&case).await {
            Ok(findings) => findings,
            // A case that cannot be held has failed; the others are still worth knowing.
            Err(error) => vec![format!("{error:#}")],
        };
        report.add(case, findings);
    }
    desk.close().await;
    Ok(report)
}
