//! Syncs a folder that the configuration names: its files, without those of folders in it.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use domain::Timestamp;
use parse::Kind;

use super::syncing::{Facts, Read, Stop, Syncing};
use crate::knowledge::{files_at, import::read_file, slug};

/// Files that have neither another size nor another time are not read again; those that are gone take
/// their documents with them. A folder that cannot be listed changes nothing.
pub(super) async fn folder(syncing: &mut Syncing<'_>) -> Result<(), Stop> {
    let folder = PathBuf::from(&syncing.source.address);
    if !folder.is_dir() {
        syncing.fail("The folder cannot be read. Nothing was changed or removed.".to_owned());
        return Ok(());
    }
    let files: Vec<(String, PathBuf)> =
        files_at(&folder)?.into_iter().filter_map(|path| Some((name_of(&path)?, path))).collect();
    let names: HashSet<String> = files.iter().map(|(name, _)| name.clone()).collect();
    syncing.listed(names.clone());
    for (name, path) in &files {
        file(syncing, name, path).await?;
    }
    syncing.remove_others(&names).await
}

fn name_of(path: &Path) -> Option<String> {
    path.file_name().map(|name| name.to_string_lossy().into_owned())
}

async fn file(syncing: &mut Syncing<'_>, name: &str, path: &Path) -> Result<(), Stop> {
    syncing.beat().await?;
    // Before it is read: what changes meanwhile is seen the next time.
    let facts = match tokio::fs::metadata(path).await {
        Ok(metadata) => Facts {
            bytes: i64::try_from(metadata.len()).ok(),
            modified_at: metadata
                .modified()
                .ok()
                .and_then(|at| at.duration_since(UNIX_EPOCH).ok())
                .and_then(|since| i64::try_from(since.as_micros()).ok())
                .map(Timestamp),
            ..Facts::default()
        },
        Err(error) => return syncing.reject(name, format!("the file cannot be read: {error}")).await,
    };
    if !syncing.full
        && let Some(known) = syncing.known(name)
        && known.digest.is_some()
        && known.modified_at.is_some()
        && (known.bytes, known.modified_at) == (facts.bytes, facts.modified_at)
    {
        let status = known.status;
        syncing.untouched(status);
        return Ok(());
    }
    let bytes = match read_file(path, syncing.app.parser.limits().bytes).await {
        Ok(bytes) => bytes,
        Err(error) => return syncing.reject(name, format!("the file cannot be read: {error}")).await,
    };
    let markdown = Kind::of_name(name) == Some(Kind::Markdown);
    let read = Read {
        bytes: &bytes,
        facts,
        slug: slug::of_file(name, markdown),
        markdown,
        file_name: Some(name),
        media_type: None,
    };
    syncing.page(name, read).await
}
