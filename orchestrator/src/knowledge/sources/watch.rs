//! Watches the folders that the configuration names, so that what changes in them is synced at once.

use std::{path::Path, sync::Arc, time::Duration};

use notify_debouncer_full::{
    DebounceEventResult, DebouncedEvent, Debouncer, RecommendedCache, new_debouncer,
    notify::{
        EventKind, RecommendedWatcher, RecursiveMode,
        event::{AccessKind, AccessMode},
    },
};
use tokio::sync::Notify;
use tracing::warn;

use crate::app::App;

/// Changes that follow each other faster than this are one.
const QUIET: Duration = Duration::from_millis(500);

/// Whether a file may have other content than before. Reading one, as a sync does, is no change.
fn changes(event: &DebouncedEvent) -> bool {
    match event.kind {
        EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
        _ => true,
    }
}

/// Runs until the service stops. A folder that cannot be watched is told of, and looked at now and then
/// as all sources are.
pub(crate) async fn watch(app: &App) {
    let config = &app.config.knowledge;
    if !config.watch || config.folders.is_empty() {
        return;
    }
    let changed = Arc::new(Notify::new());
    let mut watchers = Vec::new();
    for folder in &config.folders {
        match watch_folder(Path::new(folder), Arc::clone(&changed)) {
            Ok(watcher) => watchers.push(watcher),
            Err(error) => {
                warn!(%folder, %error, "the folder cannot be watched; it is looked at now and then")
            }
        }
    }
    // What changed between the sync at start and here.
    changed.notify_one();
    loop {
        changed.notified().await;
        if let Err(error) = super::sync_folders(app).await {
            warn!(%error, "changes in the folders of knowledge cannot be followed");
        }
    }
}

fn watch_folder(
    folder: &Path,
    changed: Arc<Notify>,
) -> Result<Debouncer<RecommendedWatcher, RecommendedCache>, notify_debouncer_full::notify::Error> {
    let mut debouncer = new_debouncer(QUIET, None, move |result: DebounceEventResult| match result {
        Ok(events) => {
            if events.iter().any(changes) {
                changed.notify_one();
            }
        }
        Err(errors) => {
            // Events may have been missed.
            for error in errors {
                warn!(%error, "watching a folder of knowledge");
            }
            changed.notify_one();
        }
    })?;
    debouncer.watch(folder, RecursiveMode::NonRecursive)?;
    Ok(debouncer)
}
