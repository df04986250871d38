//! What is made of results for others to read: a page for people, JSON for programs, JUnit for build servers.

mod html;
mod junit;

use std::{fs, path::Path};

use anyhow::Context as _;

use crate::{record::Records, summary::Summary};

pub use html::html;
pub use junit::junit;

/// Writes `summary.json`, `junit.xml` and `report.html` into a folder.
pub fn write(records: &Records, folder: &Path) -> anyhow::Result<Summary> {
    let summary = Summary::of(records);
    let put = |name: &str, text: String| {
        let path = folder.join(name);
        fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
    };
    fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    put("summary.json", serde_json::to_string_pretty(&summary)? + "\n")?;
    put("junit.xml", junit(records, &summary)?)?;
    put("report.html", html(records, &summary)?)?;
    Ok(summary)
}
