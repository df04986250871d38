//! Text for people, JSON for programs.

use std::io::{self, Write as _};

use domain::{WorkspaceId, canonical::Sorted};
use guards::masking::{Border, Protector};
use serde::Serialize;
use serde_json::Value;

use crate::protections::Protections;

#[derive(Clone, Copy)]
pub(super) struct Output {
    pub(super) json: bool,
    /// By which rules JSON leaves the house; none for what is of no customer.
    export: Option<&'static Protector>,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self { json, export: None }
    }

    /// For records of a workspace: as JSON they go into files and other programs.
    pub(super) fn exporting(self, protections: &Protections, workspace: WorkspaceId) -> Self {
        // A process runs one command, and its rules last as long.
        let protector: &'static Protector = Box::leak(Box::new((*protections.of(workspace)).clone()));
        Self { export: Some(protector), ..self }
    }

    pub(super) fn value<T: Serialize + ?Sized>(self, value: &T) -> anyhow::Result<()> {
        self.line(match self.export {
            None => serde_json::to_string_pretty(value)?,
            Some(_) => serde_json::to_string_pretty(&Sorted(&self.leaving(value)?))?,
        })
    }

    /// The value as it may leave the house, for files.
    pub(super) fn leaving<T: Serialize + ?Sized>(self, value: &T) -> anyhow::Result<Value> {
        let value = serde_json::to_value(value)?;
        Ok(match self.export {
            None => value,
            Some(protector) => protector.redact_json(Border::Export, &value),
        })
    }

    /// Everything the command line says on its standard output comes through here. An error when
    /// nobody reads any more; see [`nobody_reads`].
    pub(super) fn text(self, text: impl AsRef<str>) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(text.as_ref().as_bytes())?;
        Ok(out.flush()?)
    }

    pub(super) fn line(self, line: impl AsRef<str>) -> anyhow::Result<()> {
        self.text(format!("{}\n", line.as_ref()))
    }

    /// The value as JSON, or what `text` prints.
    pub(super) fn either<T: Serialize + ?Sized>(
        self,
        value: &T,
        text: impl FnOnce() -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        if self.json { self.value(value) } else { text() }
    }

    /// Columns as wide as their widest cell.
    pub(super) fn table(self, head: &[&str], rows: &[Vec<String>]) -> anyhow::Result<()> {
        let width = |column: usize| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .chain([head[column].len()])
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..head.len()).map(width).collect();
        let line = |cells: &[String]| {
            let cells: Vec<String> =
                cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            format!("{}\n", cells.join("  ").trim_end())
        };
        let head: Vec<String> = head.iter().map(|h| (*h).to_owned()).collect();
        self.text([&head].into_iter().chain(rows).map(|row| line(row)).collect::<String>())
    }
}

/// Whether a command ended because the reader of its output, such as `head`, has enough.
pub(super) fn nobody_reads(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
