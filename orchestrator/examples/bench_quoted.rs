//! How fast quoted text and signatures are split off real mails; the suite `quoted` of `countersign eval` says how
//! well.
//!
//! Reads every `*.txt` under the folders in `$COUNTERSIGN_DATA/email` and prints one JSON line per
//! folder: mails, and megabytes a second on one core.

#![allow(clippy::disallowed_methods, reason = "a benchmark is its own clock")]

use std::{fs, path::Path, time::Instant};

use anyhow::{Context as _, Result, bail};
use parse::mail::quoted;
use serde_json::json;

/// How often each mail is split for the timing.
const ROUNDS: u32 = 20;

fn main() -> Result<()> {
    let data = std::env::var("COUNTERSIGN_DATA")
        .context("set COUNTERSIGN_DATA to the folder that holds `email/<corpus>/*.txt`")?;
    let folder = Path::new(&data).join("email");
    let mut corpora: Vec<_> = fs::read_dir(&folder)
        .with_context(|| format!("{} cannot be read", folder.display()))?
        .collect::<Result<Vec<_>, _>>()?;
    corpora.sort_by_key(fs::DirEntry::file_name);
    for corpus in corpora.into_iter().filter(|entry| entry.path().is_dir()) {
        measure(&corpus.path())?;
    }
    Ok(())
}

fn measure(folder: &Path) -> Result<()> {
    let mut mails = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            mails.push(String::from_utf8_lossy(&fs::read(&path)?).into_owned());
        }
    }
    if mails.is_empty() {
        bail!("{} holds no *.txt", folder.display());
    }
    let started = Instant::now();
    for mail in (0..ROUNDS).flat_map(|_| &mails) {
        std::hint::black_box(quoted::split(std::hint::black_box(mail)));
    }
    let seconds = started.elapsed().as_secs_f64();
    let bytes: usize = mails.iter().map(String::len).sum();
    let line = json!({
        "corpus": folder.file_name().map(|name| name.to_string_lossy()),
        "mails": mails.len(),
        "mb_per_second": (bytes as f64 * f64::from(ROUNDS) / seconds / 1e4).round() / 1e2,
    });
    println!("{line}");
    Ok(())
}
