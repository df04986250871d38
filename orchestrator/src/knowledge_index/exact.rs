//! The exact index in memory, off the threads that serve requests: it looks at every point, which
//! takes milliseconds for thousands.

use std::sync::Arc;

use async_trait::async_trait;
use rag::vectors::{
    CollectionSpec, Cursor, Facets, Hit, Index, IndexError, IndexScope, MemoryIndex, Page, Point, QueryPlan,
    Selection,
};
use tokio::{runtime::Handle, task::spawn_blocking};

#[derive(Default)]
pub(super) struct ExactIndex(Arc<MemoryIndex>);

impl ExactIndex {
    async fn aside<T: Send + 'static>(
        &self,
        work: impl AsyncFnOnce(&MemoryIndex) -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, IndexError> {
        let index = Arc::clone(&self.0);
        let runtime = Handle::current();
        // The futures of an index in memory wait for nothing.
        spawn_blocking(move || runtime.block_on(work(&index)))
            .await
            .map_err(|error| IndexError::Engine(format!("a search in memory gave up: {error}")))?
    }
}

#[async_trait]
impl Index for ExactIndex {
    async fn ensure(&self, collection: &str, spec: &CollectionSpec) -> Result<(), IndexError> {
        self.0.ensure(collection, spec).await
    }

    async fn describe(&self, collection: &str) -> Result<Option<CollectionSpec>, IndexError> {
        self.0.describe(collection).await
    }

    async fn collections(&self) -> Result<Vec<String>, IndexError> {
        self.0.collections().await
    }

    async fn drop_collection(&self, collection: &str) -> Result<(), IndexError> {
        self.0.drop_collection(collection).await
    }

    async fn upsert(&self, collection: &str, points: Vec<Point>) -> Result<(), IndexError> {
        let collection = collection.to_owned();
        self.aside(async move |index| index.upsert(&collection, points).await).await
    }

    async fn delete(&self, collection: &str, selection: Selection) -> Result<(), IndexError> {
        let collection = collection.to_owned();
        self.aside(async move |index| index.delete(&collection, selection).await).await
    }

    async fn query(&self, collection: &str, plan: QueryPlan) -> Result<Vec<Hit>, IndexError> {
        let collection = collection.to_owned();
        self.aside(async move |index| index.query(&collection, plan).await).await
    }

    async fn scroll(
        &self,
        collection: &str,
        scope: &IndexScope,
        facets: &Facets,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, IndexError> {
        let (collection, scope, facets) = (collection.to_owned(), *scope, facets.clone());
        self.aside(async move |index| index.scroll(&collection, &scope, &facets, from, limit).await).await
    }

    async fn count(&self, collection: &str, scope: &IndexScope, facets: &Facets) -> Result<u64, IndexError> {
        let (collection, scope, facets) = (collection.to_owned(), *scope, facets.clone());
        self.aside(async move |index| index.count(&collection, &scope, &facets).await).await
    }

    async fn flush(&self, collection: &str) -> Result<(), IndexError> {
        self.0.flush(collection).await
    }

    async fn optimise(&self, collection: &str) -> Result<(), IndexError> {
        self.0.optimise(collection).await
    }
}
