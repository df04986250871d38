//! Text for people, JSON for programs.

use serde::Serialize;

#[derive(Clone, Copy)]
pub(super) struct Output {
    pub(super) json: bool,
}

impl Output {
    pub(super) fn value<T: Serialize + ?Sized>(self, value: &T) -> anyhow::Result<()> {
        println!("{}", serde_json::to_string_pretty(value)?);
        Ok(())
    }

    /// The value as JSON, or what `text` prints.
    pub(super) fn either<T: Serialize + ?Sized>(self, value: &T, text: impl FnOnce()) -> anyhow::Result<()> {
        if self.json {
            return self.value(value);
        }
        text();
        Ok(())
    }

    /// Columns as wide as their widest cell.
    pub(super) fn table(self, head: &[&str], rows: &[Vec<String>]) {
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
            println!("{}", cells.join("  ").trim_end());
        };
        line(&head.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>());
        for row in rows {
            line(row);
        }
    }
}
