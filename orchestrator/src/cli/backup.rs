//! Backups of an embedded database, and making one the database again.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use domain::{
    Clock as _,
    breaker::{Breaker, BreakerOf},
    user::Actor,
};
use serde_json::json;
use store::{BackupFacts, Store, StoreOptions, read_backup, revive};

use super::output::Output;
use crate::{
    app::{Keys, lock_embedded, prepare_folder, sqlite_path},
    config::Config,
    system::{SystemClock, SystemIds},
};

const ON_A_SERVER: &str = "the database is not a file of this machine: back it up with `pg_dump --format=custom`, \
     bring it back with `pg_restore`, and then run `countersign restored`, as docs/operations.md says";
/// Characters of what somebody says that a database was restored from.
const MAX_WHAT: usize = 200;

/// How a backup becomes the database.
#[derive(Clone, Copy)]
pub(super) struct Terms {
    pub(super) go_on: bool,
    pub(super) without_key: bool,
}

pub(super) async fn backup(config: &Config, file: &Path, with_key: bool, out: Output) -> anyhow::Result<()> {
    let database = sqlite_path(&config.database.url).context(ON_A_SERVER)?;
    ensure!(
        database.exists(),
        "there is no database at {}: look at database.url, and at the folder this is started in",
        database.display()
    );
    ensure!(!file.exists(), "{} is there already: give another name, or move it away", file.display());
    let keys = Keys::known(&config.secrets)?.context(
        "there is no key yet, so the service has never been started with this configuration; look at secrets.key_file",
    )?;
    let store = open(&config.database.url).await?;
    let schema = store.schema().await?.context("the database is empty")?;
    let facts = BackupFacts {
        made_at: SystemClock.now(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        schema,
        key_print: keys.print(),
        key: with_key.then(|| hex::encode(keys.master())),
    };
    // Under another name until it is whole: half a backup must not look like one.
    let part = beside(file, "part");
    remove(&part)?;
    let made = async {
        // Made first, so that it is never readable by others.
        File::create_new(&part)?.set_permissions(fs::Permissions::from_mode(0o600))?;
        store.back_up(&part, &facts).await?;
        File::open(&part)?.sync_all()?;
        fs::rename(&part, file)?;
        sync_folder_of(file)
    }
    .await;
    store.close().await;
    if let Err(error) = made {
        remove(&part)?;
        return Err(error);
    }
    let bytes = fs::metadata(file)?.len();
    let said = json!({ "file": file, "bytes": bytes, "schema": schema, "with_key": with_key });
    out.either(&said, || {
        out.line(format!("{} holds everything up to now ({:.1} MB).", file.display(), bytes as f64 / 1e6))?;
        out.line(match with_key {
            true => "The key is in it: keep it where you keep secrets.".to_owned(),
            false => format!(
                "The key is not in it: keep {} elsewhere, once. Without it nobody's second factor can be read.",
                key_place(config)
            ),
        })
    })
}

pub(super) async fn restore(config: &Config, file: &Path, terms: Terms, out: Output) -> anyhow::Result<()> {
    let url = &config.database.url;
    let database = sqlite_path(url).context(ON_A_SERVER)?;
    // Held to the end: nobody starts a service on half a database.
    let _lock = lock_embedded(url)?;
    ensure!(
        !database.exists(),
        "there is a database at {} already: move it away with its -wal and -shm files, or set database.url to another",
        database.display()
    );
    let log = PathBuf::from(format!("{}-wal", database.display()));
    ensure!(
        !log.exists(),
        "{} is the log of a database that is gone, and would be read into this one: move it away",
        log.display()
    );
    let index = config.index.folder(url);
    ensure!(
        is_empty(&index)?,
        "{} holds the index of another database: move it away, it is built anew from this one",
        index.display()
    );
    let facts = read_backup(file).await?;
    let keys = Keys::known(&config.secrets)?;
    let fits = keys.as_ref().is_some_and(|keys| keys.opens(&facts.key_print));
    let brings = facts.key.as_deref().filter(|_| !fits && keys.is_none());
    ensure!(
        fits || brings.is_some() || terms.without_key,
        "the backup was made under another key than that of {}: put the key of then there or into \
         secrets.former_keys, or give --without-key if it is lost",
        key_place(config)
    );
    prepare_folder(url)?;
    let part = beside(database, "part");
    for leftover in [part.clone(), beside(database, "part-wal"), beside(database, "part-shm")] {
        remove(&leftover)?;
    }
    let stopped = revived(file, &part, &facts, terms).await;
    if let Err(error) = stopped {
        for leftover in [part.clone(), beside(database, "part-wal"), beside(database, "part-shm")] {
            remove(&leftover)?;
        }
        return Err(error);
    }
    if let Some(key) = brings {
        Keys::keep(&config.secrets, key)?;
    }
    fs::rename(&part, database)?;
    sync_folder_of(database)?;
    let at = facts.made_at.rfc3339();
    let said =
        json!({ "database": database, "made_at": at, "schema": facts.schema, "stopped": !terms.go_on });
    out.either(&said, || {
        out.line(format!("{} is the database as it was at {at}.", database.display()))?;
        out.line("Check it: `countersign tickets verify`, `credits verify` and `audit verify`, for each workspace.")?;
        match terms.go_on {
            true => out.line("Agents, mails and sessions go on from there."),
            false => out.line(
                "Agents are stopped: look at what was done since, then let each workspace go on with \
                 `countersign --workspace SLUG breakers close workspace --reason … --as EMAIL`, or in the console. \
                 Mails that waited are not sent by themselves, and everybody signs in anew.",
            ),
        }
    })
}

/// Makes the copy what the service can start with.
async fn revived(file: &Path, part: &Path, facts: &BackupFacts, terms: Terms) -> anyhow::Result<()> {
    fs::copy(file, part).with_context(|| format!("{} cannot be copied", file.display()))?;
    fs::set_permissions(part, fs::Permissions::from_mode(0o600))?;
    revive(part, terms.go_on).await?;
    let store = open(&format!("sqlite:{}", part.display())).await?;
    let ready = ready(&store, facts, terms).await;
    // The last one to leave folds the log into the file.
    store.close().await;
    ready?;
    let log = PathBuf::from(format!("{}-wal", part.display()));
    if fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        bail!("{} was not folded into its database", log.display());
    }
    Ok(File::open(part)?.sync_all()?)
}

async fn ready(store: &Store, facts: &BackupFacts, terms: Terms) -> anyhow::Result<()> {
    store.migrate().await?;
    if terms.go_on {
        return Ok(());
    }
    stop_agents(store, &format!("a backup of {}", facts.made_at.rfc3339())).await
}

async fn stop_agents(store: &Store, what: &str) -> anyhow::Result<()> {
    for workspace in store.workspaces().await? {
        let breaker = Breaker {
            of: BreakerOf::Workspace,
            reason: format!("Restored from {what}: look at what was done since before agents go on"),
            opened_by: Actor::System,
            opened_at: SystemClock.now(),
        };
        store.workspace(workspace.id).open_breaker(breaker).await?;
    }
    Ok(())
}

/// After another program has made the database what it was earlier: stops what must not go on by itself from
/// there.
pub(super) async fn restored(config: &Config, what: &str, out: Output) -> anyhow::Result<()> {
    let (url, what) = (&config.database.url, what.trim());
    ensure!(
        (1..=MAX_WHAT).contains(&what.chars().count()),
        "say in 1 to {MAX_WHAT} characters what it was restored from, such as \"the dump of 22 November\""
    );
    // Held to the end: nobody starts a service on it meanwhile.
    let _lock = lock_embedded(url)?;
    ensure!(
        sqlite_path(url).is_none_or(|database| database.exists()),
        "there is no database at {url}: look at database.url, and at the folder this is started in"
    );
    let store = open(url).await?;
    let rests = async {
        store.migrate().await?;
        let mails = store.came_back().await?;
        stop_agents(&store, what).await?;
        anyhow::Ok(mails)
    }
    .await;
    store.close().await;
    let mails = rests?;
    out.either(&json!({ "restored_from": what, "mails_held": mails, "stopped": true }), || {
        out.line(format!(
            "Agents are stopped and everybody signs in anew. Mails that waited and are not sent by themselves: {mails}."
        ))?;
        out.line("Check it: `countersign tickets verify`, `credits verify` and `audit verify`, for each workspace.")?;
        out.line(LET_GO_ON)
    })
}

const LET_GO_ON: &str = "Look at what was done since, then let each workspace go on with `countersign --workspace SLUG \
                         breakers close workspace --reason … --as EMAIL`, or in the console.";

async fn open(url: &str) -> anyhow::Result<Store> {
    let options = StoreOptions {
        owner: format!("backup-{}", std::process::id()),
        lease: Duration::from_secs(30),
        max_claimed: 0,
        queue: 16,
        read_connections: 1,
    };
    Ok(Store::open(url, options, Arc::new(SystemClock), Arc::new(SystemIds)).await?)
}

fn key_place(config: &Config) -> String {
    match config.secrets.key.is_set() {
        true => "secrets.key".to_owned(),
        false => config.secrets.key_file.clone(),
    }
}

/// The same name with another end, in the same folder, so that it can be renamed.
fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(format!(".{end}"));
    name.into()
}

fn remove(file: &Path) -> anyhow::Result<()> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} cannot be removed", file.display()))
        }
        _ => Ok(()),
    }
}

fn is_empty(folder: &Path) -> anyhow::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error).with_context(|| format!("{} cannot be looked into", folder.display())),
    }
}

/// A new name in a folder is durable when the folder is.
fn sync_folder_of(file: &Path) -> anyhow::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(File::open(folder)?.sync_all()?)
}
