//! Commands on the knowledge base of one workspace.

use std::{path::PathBuf, process::ExitCode};

use anyhow::{Context as _, bail};
use domain::{
    WorkspaceId,
    knowledge::{Retriever as _, Said, Scope},
    user::Actor,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{KbCommand, SaidArgs, ScopeArgs, output::Output};
use crate::{
    app::App,
    knowledge::{self, Added, FileReport, Import, KnowledgeError, Spoken, files_at},
};

/// Notes on a file that a table shows; `--json` has all.
const SHOWN_NOTES: usize = 3;

pub(super) async fn run(
    app: &App,
    workspace: WorkspaceId,
    command: KbCommand,
    out: Output,
) -> anyhow::Result<ExitCode> {
    match command {
        KbCommand::Add { paths, said } => add(app, workspace, &paths, said.read()?, out).await,
        KbCommand::Ask { question, internal } => {
            super::ask::run(app, workspace, question, internal, out).await
        }
        KbCommand::Parse { .. } => bail!("this command does not work on records"),
        KbCommand::Rebuild => rebuild(app, out).await,
        KbCommand::Sources { command } => super::sources::run(app, workspace, command, out).await,
        KbCommand::Sync { source, full } => {
            super::sources::sync(app, workspace, source.as_deref(), full, out).await
        }
        KbCommand::Verify => verify(app, out).await,
        KbCommand::Search { query, limit, scope } => {
            let ScopeArgs { internal, universal, customer, brand, locale } = scope;
            let scope = Scope {
                internal,
                universal,
                customer_id: customer,
                brand,
                locale,
                ..Scope::public(workspace, app.clock.now())
            };
            let found = app.knowledge.search(&scope, &query, limit).await?;
            out.either(&found, || {
                for passage in &found {
                    let path = passage.heading_path.join(" › ");
                    out.line(format!("{:.2}  {} › {path}", passage.coverage, passage.slug))?;
                    out.line(format!("      {}", first_line(&passage.text)))?;
                }
                if found.is_empty() { out.line("Nothing found.") } else { Ok(()) }
            })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Failure when a passage is not found by all it could be found by.
async fn rebuild(app: &App, out: Output) -> anyhow::Result<ExitCode> {
    let rebuilt = knowledge::rebuild(app).await?;
    out.either(&rebuilt, || {
        out.line(format!(
            "{} is searched from here on: {} documents in {} passages",
            rebuilt.collection, rebuilt.documents, rebuilt.passages
        ))?;
        if rebuilt.words_alone {
            out.line("The embedding model did not answer for all of them; they are found by their words, and the service tries again.")?;
        }
        Ok(())
    })?;
    Ok(if rebuilt.words_alone { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Failure when the index is not what the database says.
async fn verify(app: &App, out: Output) -> anyhow::Result<ExitCode> {
    let found = knowledge::verify(app).await?;
    let value = json!({
        "collection": app.knowledge.collection(), "retrieval": app.knowledge.retrieval().as_str(),
        "differences": found, "length_drift": app.knowledge.drift(),
    });
    out.either(&value, || {
        let rows: Vec<Vec<String>> = found
            .iter()
            .map(|difference| {
                let kind = json!(difference.kind);
                vec![
                    kind.as_str().unwrap_or_default().to_owned(),
                    difference.workspace_id.to_string(),
                    difference.document_id.to_string(),
                    difference.chunk_id.to_string(),
                ]
            })
            .collect();
        if rows.is_empty() {
            return out.line("The index holds what the database says.");
        }
        out.table(&["DIFFERENCE", "WORKSPACE", "DOCUMENT", "PASSAGE"], &rows)?;
        out.line(format!("{} differences; `countersign kb rebuild` builds the index anew", rows.len()))
    })?;
    Ok(if found.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl SaidArgs {
    pub(super) fn read(self) -> anyhow::Result<Said> {
        let Self { layer, customer, visibility, locale, brand, category, tags, valid_from, valid_until } =
            self;
        let spoken =
            Spoken { layer, customer, visibility, locale, brand, category, tags, valid_from, valid_until };
        spoken.read().map_err(anyhow::Error::msg)
    }
}

/// Failure when anything was rejected.
async fn add(
    app: &App,
    workspace: WorkspaceId,
    paths: &[PathBuf],
    said: Said,
    out: Output,
) -> anyhow::Result<ExitCode> {
    let (mut files, mut reports) = (Vec::new(), Vec::new());
    for path in paths {
        match files_at(path) {
            Ok(found) => files.extend(found),
            Err(error) => reports.push(refused(path.display().to_string(), error)),
        }
    }
    let bar = ProgressBar::new(files.len() as u64);
    bar.set_style(ProgressStyle::with_template("{bar:30} {pos}/{len} {wide_msg}")?);
    let mut import = Import::new(app, workspace, said, Actor::System);
    for path in &files {
        bar.set_message(path.display().to_string());
        reports.push(import.path(path).await.with_context(|| path.display().to_string())?);
        bar.inc(1);
    }
    import.finish().await;
    bar.finish_and_clear();

    let counts = Counts::of(&reports);
    let value = json!({
        "added": counts.added, "changed": counts.changed, "unchanged": counts.unchanged,
        "rejected": counts.rejected, "files": reports.iter().map(value).collect::<Vec<_>>(),
    });
    out.either(&value, || {
        let rows: Vec<Vec<String>> = reports.iter().map(row).collect();
        if !rows.is_empty() {
            out.table(&["FILE", "RESULT", "NOTE"], &rows)?;
        }
        out.line(counts.text())
    })?;
    Ok(if counts.rejected == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn refused(file: String, error: KnowledgeError) -> FileReport {
    FileReport { file, documents: vec![(String::new(), Err(error))], warnings: Vec::new() }
}

/// Documents by what became of them.
#[derive(Default)]
struct Counts {
    added: usize,
    changed: usize,
    unchanged: usize,
    rejected: usize,
}

impl Counts {
    fn of<'a>(reports: impl IntoIterator<Item = &'a FileReport>) -> Self {
        let mut counts = Self::default();
        for (_, result) in reports.into_iter().flat_map(|report| &report.documents) {
            match result {
                Ok(Added::New(_)) => counts.added += 1,
                Ok(Added::Changed(_)) => counts.changed += 1,
                Ok(Added::Unchanged(_)) => counts.unchanged += 1,
                Err(_) => counts.rejected += 1,
            }
        }
        counts
    }

    fn text(&self) -> String {
        format!(
            "{} added, {} changed, {} unchanged, {} rejected",
            self.added, self.changed, self.unchanged, self.rejected
        )
    }
}

fn status(result: &Result<Added, KnowledgeError>) -> &'static str {
    match result {
        Ok(Added::New(_)) => "added",
        Ok(Added::Changed(_)) => "changed",
        Ok(Added::Unchanged(_)) => "unchanged",
        Err(_) => "rejected",
    }
}

fn value(report: &FileReport) -> Value {
    let documents: Vec<Value> = report
        .documents
        .iter()
        .map(|(slug, result)| {
            let document = result.as_ref().ok().map(Added::document);
            json!({
                "slug": Some(slug).filter(|slug| !slug.is_empty()), "status": status(result),
                "document_id": document.map(|d| d.id), "title": document.map(|d| &d.meta.title),
                "reason": result.as_ref().err().map(ToString::to_string),
            })
        })
        .collect();
    json!({ "file": report.file, "documents": documents, "warnings": report.warnings })
}

/// A file in a line: what became of it or, of a table, of how many of its pairs; then why.
fn row(report: &FileReport) -> Vec<String> {
    let result = match report.documents.as_slice() {
        [(_, result)] => status(result).to_owned(),
        _ => Counts::of([report]).text(),
    };
    let rejected = report.documents.iter().filter_map(|(_, result)| result.as_ref().err());
    let mut notes: Vec<String> = rejected.map(ToString::to_string).chain(report.warnings.clone()).collect();
    let more = notes.len().saturating_sub(SHOWN_NOTES);
    notes.truncate(SHOWN_NOTES);
    if more > 0 {
        notes.push(format!("and {more} more (--json shows them)"));
    }
    vec![report.file.clone(), result, notes.join("; ")]
}

fn first_line(text: &str) -> String {
    let line = text.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with('#')).unwrap_or_default();
    line.chars().take(120).collect()
}
