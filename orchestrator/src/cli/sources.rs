//! Commands on knowledge sources of one workspace.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, bail};
use domain::{
    SourceId, WorkspaceId,
    source::{PageStatus, Removing, Source, SourceKind, SyncReport},
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use store::WorkspaceStore;

use super::{SourcesCommand, output::Output};
use crate::{
    app::App,
    knowledge::sources::{self, SourceError},
};

/// Sources and rejected pages that are read at once.
const READ: i64 = 100;
/// How often it is looked how far a sync is.
const LOOK: Duration = Duration::from_millis(500);

pub(super) async fn run(
    app: &App,
    workspace: WorkspaceId,
    command: SourcesCommand,
    out: Output,
) -> anyhow::Result<ExitCode> {
    let store = app.store.workspace(workspace);
    match command {
        SourcesCommand::Add { address, sitemap, said } => {
            let kind = if sitemap { SourceKind::Sitemap } else { SourceKind::Url };
            let source = sources::create(app, workspace, kind, &address, said.read()?).await?;
            sync_all(app, workspace, vec![source], false, out).await
        }
        SourcesCommand::List => {
            let all = all(&store).await?;
            out.either(&all, || {
                let rows: Vec<Vec<String>> = all.iter().map(row).collect();
                out.table(&["KIND", "ADDRESS", "SYNCED", "RESULT"], &rows)
            })?;
            Ok(ExitCode::SUCCESS)
        }
        SourcesCommand::Remove { source, keep_documents } => {
            let source = find(&store, &source).await?;
            let how = if keep_documents { Removing::Alone } else { Removing::WithDocuments };
            sources::remove(app, workspace, source.id, how).await?;
            let value =
                json!({ "id": source.id, "address": source.address, "documents_kept": keep_documents });
            out.either(&value, || out.line(format!("{} is removed.", source.address)))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Syncs one source, or all of them. Failure when one failed or a page was rejected.
pub(super) async fn sync(
    app: &App,
    workspace: WorkspaceId,
    source: Option<&str>,
    full: bool,
    out: Output,
) -> anyhow::Result<ExitCode> {
    let store = app.store.workspace(workspace);
    let wanted = match source {
        Some(source) => vec![find(&store, source).await?],
        None => {
            let mut all = all(&store).await?;
            // A folder of another configuration may not be a folder here.
            all.retain(|source| source.kind != SourceKind::Folder || sources::is_configured(app, source));
            all
        }
    };
    sync_all(app, workspace, wanted, full, out).await
}

async fn sync_all(
    app: &App,
    workspace: WorkspaceId,
    wanted: Vec<Source>,
    full: bool,
    out: Output,
) -> anyhow::Result<ExitCode> {
    let store = app.store.workspace(workspace);
    let (mut done, mut well) = (Vec::new(), true);
    for source in wanted {
        let report = match with_progress(app, &store, workspace, &source, full).await {
            Ok(report) => report,
            Err(SourceError::Busy) => SyncReport {
                error: Some(
                    "the service is syncing it; `countersign kb sources list` shows the result".to_owned(),
                ),
                ..SyncReport::default()
            },
            Err(error) => return Err(error.into()),
        };
        well &= report.error.is_none() && report.rejected == 0;
        let rejected = rejected(&store, source.id).await?;
        done.push((source, report, rejected));
    }
    let value: Vec<_> = done
        .iter()
        .map(|(source, report, rejected)| {
            json!({ "id": source.id, "kind": source.kind, "address": source.address, "report": report, "rejected": rejected })
        })
        .collect();
    out.either(&value, || {
        for (source, report, rejected) in &done {
            out.line(format!("{}: {}", source.address, text(report)))?;
            for note in &report.notes {
                out.line(format!("  {note}"))?;
            }
            for (page, why) in rejected {
                out.line(format!("  {page}: {why}"))?;
            }
        }
        if done.is_empty() { out.line("There are no sources.") } else { Ok(()) }
    })?;
    Ok(if well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn with_progress(
    app: &App,
    store: &WorkspaceStore,
    workspace: WorkspaceId,
    source: &Source,
    full: bool,
) -> Result<SyncReport, SourceError> {
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    bar.set_message(source.address.clone());
    let report = tokio::select! {
        report = sources::sync(app, workspace, source.id, full) => report,
        () = follow(store, source.id, &bar) => Err(SourceError::Busy),
    };
    bar.finish_and_clear();
    report
}

/// Shows how far a sync is, for as long as it is waited for.
async fn follow(store: &WorkspaceStore, id: SourceId, bar: &ProgressBar) {
    loop {
        tokio::time::sleep(LOOK).await;
        if let Ok(Some(Source { report: Some(report), .. })) = store.source(id).await {
            bar.set_length(report.pages.unsigned_abs());
            bar.set_position(report.looked_at.unsigned_abs());
        }
    }
}

async fn all(store: &WorkspaceStore) -> anyhow::Result<Vec<Source>> {
    let mut all = Vec::new();
    let mut cursor = None;
    loop {
        let page = store.sources(READ, cursor.as_deref()).await?;
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

/// The source with this id or address.
async fn find(store: &WorkspaceStore, named: &str) -> anyhow::Result<Source> {
    if let Ok(id) = named.parse::<SourceId>() {
        return store.source(id).await?.context(SourceError::Unknown);
    }
    let mut found = all(store).await?;
    found.retain(|source| source.address == named);
    match found.len() {
        0 | 1 => found.pop().context(SourceError::Unknown),
        _ => bail!("several sources have this address; name one by its id (--json shows it)"),
    }
}

/// The first pages that are not stored, with the reason.
async fn rejected(store: &WorkspaceStore, id: SourceId) -> anyhow::Result<Vec<(String, String)>> {
    let mut pages = Vec::new();
    for status in [PageStatus::Rejected, PageStatus::Gone] {
        pages.extend(store.source_pages(id, Some(status), READ, None).await?.items);
    }
    Ok(pages.into_iter().map(|page| (page.address, page.reason.unwrap_or_default())).collect())
}

fn row(source: &Source) -> Vec<String> {
    let synced = source.synced_at.map(|at| at.rfc3339()[..16].replace('T', " "));
    vec![
        source.kind.as_str().to_owned(),
        source.address.clone(),
        synced.unwrap_or_else(|| "never".to_owned()),
        source.report.as_ref().map(text).unwrap_or_default(),
    ]
}

fn text(report: &SyncReport) -> String {
    let counts = format!(
        "{} added, {} changed, {} unchanged, {} removed, {} rejected",
        report.added, report.changed, report.unchanged, report.removed, report.rejected
    );
    match &report.error {
        Some(error) => format!("{error} ({counts})"),
        None => counts,
    }
}
