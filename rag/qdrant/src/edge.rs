//! Qdrant's engine in this process.
//!
//! Its calls block, so they run on threads of its own: two per collection, of which one writes and the
//! other optimises, and a few that read for all. What is put in goes to a part of the collection that
//! is searched word by word and vector by vector, and becomes slower to put into with its size: so a
//! collection is optimised while it grows, beside changes and searches. A folder belongs to one process; a second one is refused. Every collection is a
//! folder with the engine's files and `collection.json`, which is written last and removed first, so
//! that half a collection is never taken for one.
//!
//! The engine does not replay its log when it opens: after a crash a collection holds what was
//! flushed. Whoever has the documents puts the rest in again; that changes nothing for points that
//! are there already.

mod convert;
mod shard;
mod threads;

use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};

use async_trait::async_trait;
use rag::vectors::{
    CollectionSpec, Cursor, Facets, Hit, Index, IndexError, IndexScope, MAX_BATCH, Page, Point, QueryPlan,
    Selection, check_name, check_spec, fuse,
};
use tokio::sync::Mutex;

use self::{
    shard::Shard,
    threads::{Line, Readers},
};
use crate::filter;

/// What a folder's lock is called. No collection can have the name.
const LOCK: &str = ".lock";

#[derive(Clone, Copy, Debug)]
pub struct EdgeOptions {
    /// Threads that search; by default as many as there are processors, 2 to 8.
    pub readers: NonZeroUsize,
    /// Changes that may wait for a collection's writing thread; more make their callers wait.
    pub waiting: NonZeroUsize,
    /// The size of a file of the engine's log, of which a collection has one to some ten.
    pub log_file_bytes: usize,
    /// So many points are put in before a collection is optimised by itself.
    pub optimise_after: NonZeroUsize,
}

impl Default for EdgeOptions {
    fn default() -> Self {
        let processors = std::thread::available_parallelism().map_or(2, NonZeroUsize::get).clamp(2, 8);
        Self {
            readers: NonZeroUsize::new(processors).unwrap_or(NonZeroUsize::MIN),
            waiting: NonZeroUsize::new(64).unwrap_or(NonZeroUsize::MIN),
            log_file_bytes: 8 * 1024 * 1024,
            optimise_after: NonZeroUsize::new(20_000).unwrap_or(NonZeroUsize::MIN),
        }
    }
}

struct Collection {
    shard: Arc<Shard>,
    writer: Line,
    optimiser: Line,
}

/// Collections in one folder of this machine. Dropping it flushes them and waits for its threads, an
/// optimisation under way included.
pub struct EdgeIndex {
    folder: PathBuf,
    options: EdgeOptions,
    collections: RwLock<BTreeMap<String, Arc<Collection>>>,
    /// Held while a collection is made or removed.
    founding: Mutex<()>,
    readers: Readers,
    /// Released after all else has been closed.
    _lock: File,
}

/// The collections in the folder with what they were made for, in the order of names. Nothing is
/// opened, so another process may have the folder.
pub fn described(folder: &Path) -> Result<Vec<(String, CollectionSpec)>, IndexError> {
    let broken = |error: std::io::Error| IndexError::Engine(format!("{}: {error}", folder.display()));
    let mut all = Vec::new();
    if !folder.exists() {
        return Ok(all);
    }
    for entry in fs::read_dir(folder).map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if check_name(&name).is_ok()
            && let Some(spec) = shard::described(&entry.path())?
        {
            all.push((name, spec));
        }
    }
    all.sort_by(|a, b| a.0.cmp(&b.0));
    Ok(all)
}

impl EdgeIndex {
    /// Opens the folder with all its collections; makes it when there is none. Blocks while files are
    /// read: some seconds for a million points.
    pub fn open(folder: &Path, options: EdgeOptions) -> Result<Self, IndexError> {
        let broken = |error: std::io::Error| IndexError::Engine(format!("{}: {error}", folder.display()));
        fs::create_dir_all(folder).map_err(broken)?;
        let lock = File::create(folder.join(LOCK)).map_err(broken)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(IndexError::Locked(folder.display().to_string())),
            Err(TryLockError::Error(error)) => return Err(broken(error)),
        }
        let mut collections = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(broken)? {
            let entry = entry.map_err(broken)?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            if !entry.path().is_dir() || check_name(&name).is_err() {
                continue;
            }
            match Shard::open(&name, &entry.path(), options.log_file_bytes)? {
                Some(shard) => {
                    collections.insert(name.clone(), Arc::new(Collection::new(&name, shard, options)?));
                }
                // Its making or removal was cut short.
                None => fs::remove_dir_all(entry.path()).map_err(broken)?,
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            options,
            collections: RwLock::new(collections),
            founding: Mutex::new(()),
            readers: Readers::start(options.readers)?,
            _lock: lock,
        })
    }

    fn collection(&self, name: &str) -> Result<Arc<Collection>, IndexError> {
        let collections = self.collections.read().unwrap_or_else(PoisonError::into_inner);
        collections.get(name).cloned().ok_or_else(|| IndexError::NoCollection(name.to_owned()))
    }

    async fn read<T: Send + 'static>(
        &self,
        collection: &str,
        look: impl FnOnce(&Shard) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, IndexError> {
        let shard = Arc::clone(&self.collection(collection)?.shard);
        self.readers.run(move || look(&shard)).await
    }

    async fn write<T: Send + 'static>(
        &self,
        collection: &str,
        change: impl FnOnce(&Shard) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, IndexError> {
        let collection = self.collection(collection)?;
        let shard = Arc::clone(&collection.shard);
        collection.writer.run(move || change(&shard)).await
    }
}

impl Collection {
    fn new(name: &str, shard: Shard, options: EdgeOptions) -> Result<Self, IndexError> {
        Ok(Self {
            shard: Arc::new(shard),
            writer: Line::start(format!("index-write-{name}"), options.waiting)?,
            optimiser: Line::start(format!("index-tidy-{name}"), options.waiting)?,
        })
    }

    async fn optimise(&self) -> Result<(), IndexError> {
        let shard = Arc::clone(&self.shard);
        self.optimiser.run(move || shard.optimise()).await
    }

    /// Nobody waits for this.
    fn optimise_if_grown(&self, after: NonZeroUsize) {
        let shard = Arc::clone(&self.shard);
        if self.shard.grown() >= after.get() && self.optimiser.leave(move || shard.optimise()) {
            self.shard.is_seen_to();
        }
    }
}

#[async_trait]
impl Index for EdgeIndex {
    async fn ensure(&self, collection: &str, spec: &CollectionSpec) -> Result<(), IndexError> {
        check_name(collection)?;
        let _founding = self.founding.lock().await;
        if let Ok(there) = self.collection(collection) {
            return check_spec(collection, there.shard.spec(), spec);
        }
        let (name, folder, spec) = (collection.to_owned(), self.folder.join(collection), spec.clone());
        let log_file_bytes = self.options.log_file_bytes;
        let shard = self.readers.run(move || Shard::create(&name, &folder, spec, log_file_bytes)).await?;
        let made = Arc::new(Collection::new(collection, shard, self.options)?);
        let mut collections = self.collections.write().unwrap_or_else(PoisonError::into_inner);
        collections.insert(collection.to_owned(), made);
        Ok(())
    }

    async fn describe(&self, collection: &str) -> Result<Option<CollectionSpec>, IndexError> {
        Ok(self.collection(collection).ok().map(|there| there.shard.spec().clone()))
    }

    async fn collections(&self) -> Result<Vec<String>, IndexError> {
        let collections = self.collections.read().unwrap_or_else(PoisonError::into_inner);
        Ok(collections.keys().cloned().collect())
    }

    async fn drop_collection(&self, collection: &str) -> Result<(), IndexError> {
        let _founding = self.founding.lock().await;
        let removed = self.collections.write().unwrap_or_else(PoisonError::into_inner).remove(collection);
        let Some(removed) = removed else { return Ok(()) };
        let shard = Arc::clone(&removed.shard);
        removed.writer.run(move || shard.remove()).await
    }

    async fn upsert(&self, collection: &str, points: Vec<Point>) -> Result<(), IndexError> {
        if points.len() > MAX_BATCH {
            return Err(IndexError::TooMany { given: points.len() });
        }
        self.write(collection, move |shard| shard.upsert(points)).await?;
        self.collection(collection)?.optimise_if_grown(self.options.optimise_after);
        Ok(())
    }

    async fn delete(&self, collection: &str, selection: Selection) -> Result<(), IndexError> {
        if let Selection::Chunks { chunks, .. } = &selection
            && chunks.len() > MAX_BATCH
        {
            return Err(IndexError::TooMany { given: chunks.len() });
        }
        self.write(collection, move |shard| match filter::of_selection(&selection) {
            Some(clause) => shard.delete(&clause),
            None => Ok(()),
        })
        .await
    }

    async fn query(&self, collection: &str, plan: QueryPlan) -> Result<Vec<Hit>, IndexError> {
        self.read(collection, move |shard| {
            plan.check(shard.spec())?;
            let Some(clause) = filter::of_scope(&plan.scope, &plan.facets) else { return Ok(Vec::new()) };
            let lexical =
                plan.sparse.as_ref().map(|query| shard.lexical(&plan, query, &clause)).transpose()?;
            let dense = plan.dense.as_ref().map(|query| shard.dense(&plan, query, &clause)).transpose()?;
            Ok(fuse(&plan.scope, lexical, dense, plan.limit))
        })
        .await
    }

    async fn scroll(
        &self,
        collection: &str,
        scope: &IndexScope,
        facets: &Facets,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, IndexError> {
        Page::check(facets, limit)?;
        let clause = filter::of_scope(scope, facets);
        self.read(collection, move |shard| match clause {
            Some(clause) => shard.scroll(&clause, from, limit),
            None => Ok(Page::default()),
        })
        .await
    }

    async fn count(&self, collection: &str, scope: &IndexScope, facets: &Facets) -> Result<u64, IndexError> {
        Page::check(facets, 1)?;
        let clause = filter::of_scope(scope, facets);
        self.read(collection, move |shard| match clause {
            Some(clause) => shard.count(&clause),
            None => Ok(0),
        })
        .await
    }

    async fn flush(&self, collection: &str) -> Result<(), IndexError> {
        self.write(collection, Shard::flush).await
    }

    async fn optimise(&self, collection: &str) -> Result<(), IndexError> {
        self.collection(collection)?.optimise().await
    }
}
