//! A Qdrant server or cluster, over gRPC.
//!
//! What a collection was made for is kept in its metadata on the server, so that every process
//! reads the same.

mod convert;

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use async_trait::async_trait;
use qdrant_client::{
    Qdrant, QdrantError,
    qdrant::{
        CountPoints, CreateCollection, CreateFieldIndexCollection, DeletePoints, Distance, HnswConfigDiff,
        Modifier, QueryBatchPoints, QueryPoints, ScrollPoints, SparseVectorConfig, SparseVectorParams,
        UpsertPoints, Value, VectorParams, VectorParamsMap, VectorsConfig, vectors_config,
    },
};
use rag::{
    lexical::SparseVector,
    vectors::{
        Candidate, CollectionSpec, Cursor, Facets, Hit, Idf, Index, IndexError, IndexScope, MAX_BATCH, Page,
        Point, QueryPlan, Selection, check_name, check_spec, fuse,
    },
};
use secrecy::{ExposeSecret, SecretString};
use tonic::Code;

use self::convert::{
    candidate, chunk, filter, index_type, point_id, read_point, search_params, selected, with_everything,
    with_payload, write_point,
};
use crate::{DENSE, HNSW_CONSTRUCT, HNSW_M, LEXICAL, filter as meaning, payload::FIELD_INDEXES};

/// The metadata's key.
const SPEC: &str = "countersign";
/// What one request may carry; servers refuse more than 32 MB unless told otherwise.
const MAX_REQUEST_BYTES: usize = 8 * 1024 * 1024;

#[derive(Clone, Debug)]
pub struct ServerOptions {
    /// Of the gRPC port, for example `http://localhost:6334`.
    pub url: String,
    pub api_key: Option<SecretString>,
    /// Before the name of each collection, for a server that others use too.
    pub prefix: String,
    pub timeout: Duration,
    /// On how many shards a new collection lies; the server's own choice unless said.
    pub shards: Option<u32>,
    /// How many copies of each shard there are; the server's own choice unless said.
    pub replicas: Option<u32>,
}

impl ServerOptions {
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            api_key: None,
            prefix: "countersign-".to_owned(),
            timeout: Duration::from_secs(30),
            shards: None,
            replicas: None,
        }
    }
}

/// Collections on a Qdrant server.
pub struct ServerIndex {
    client: Qdrant,
    options: ServerOptions,
    /// What collections were made for, as last read: it saves every search a question. One that was
    /// made anew for something else by another process is noticed by the server at the latest.
    specs: RwLock<HashMap<String, CollectionSpec>>,
}

impl ServerIndex {
    /// Connects and checks that a Qdrant answers.
    pub async fn connect(options: ServerOptions) -> Result<Self, IndexError> {
        let mut config = Qdrant::from_url(&options.url).timeout(options.timeout).skip_compatibility_check();
        if let Some(key) = &options.api_key {
            config.set_api_key(key.expose_secret());
        }
        let away = |error: QdrantError| {
            IndexError::Unavailable(format!("no Qdrant answers at {} ({error}): check its URL", options.url))
        };
        let client = config.build().map_err(away)?;
        client.health_check().await.map_err(away)?;
        Ok(Self { client, options, specs: RwLock::default() })
    }

    fn name(&self, collection: &str) -> String {
        format!("{}{collection}", self.options.prefix)
    }

    async fn spec(&self, collection: &str) -> Result<CollectionSpec, IndexError> {
        let known = self.specs.read().unwrap_or_else(PoisonError::into_inner).get(collection).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let there = self.describe(collection).await?;
        there.ok_or_else(|| IndexError::NoCollection(collection.to_owned()))
    }

    async fn read_spec(&self, collection: &str) -> Result<Option<CollectionSpec>, IndexError> {
        let info = match self.client.collection_info(self.name(collection)).await {
            Ok(info) => info,
            Err(error) if code(&error) == Some(Code::NotFound) => return Ok(None),
            Err(error) => return Err(failed(collection, error)),
        };
        let metadata =
            info.result.and_then(|info| info.config).map(|config| config.metadata).unwrap_or_default();
        let foreign = |why: String| IndexError::Differs { collection: collection.to_owned(), why };
        let text = metadata.get(SPEC).and_then(Value::as_str);
        let text = text.ok_or_else(|| foreign("it has no description of ours".to_owned()))?;
        serde_json::from_str(text)
            .map(Some)
            .map_err(|error| foreign(format!("its description is not ours: {error}")))
    }

    async fn create(&self, collection: &str, spec: &CollectionSpec) -> Result<(), IndexError> {
        let text = serde_json::to_string(spec).map_err(|error| {
            IndexError::Engine(format!("the collection's description cannot be written: {error}"))
        })?;
        let modifier = match spec.idf {
            Idf::Collection => Modifier::Idf,
            Idf::Query => Modifier::None,
        };
        let lexical = SparseVectorParams { modifier: Some(modifier.into()), ..SparseVectorParams::default() };
        let dense = spec.dense.as_ref().map(|dense| {
            let params = VectorParams {
                size: dense.dimension as u64,
                distance: Distance::Cosine.into(),
                ..VectorParams::default()
            };
            let map = HashMap::from([(DENSE.to_owned(), params)]);
            VectorsConfig { config: Some(vectors_config::Config::ParamsMap(VectorParamsMap { map })) }
        });
        let request = CreateCollection {
            collection_name: self.name(collection),
            hnsw_config: Some(HnswConfigDiff {
                m: Some(HNSW_M as u64),
                ef_construct: Some(HNSW_CONSTRUCT as u64),
                ..HnswConfigDiff::default()
            }),
            shard_number: self.options.shards,
            replication_factor: self.options.replicas,
            vectors_config: dense,
            sparse_vectors_config: Some(SparseVectorConfig {
                map: HashMap::from([(LEXICAL.to_owned(), lexical)]),
            }),
            metadata: HashMap::from([(SPEC.to_owned(), Value::from(text))]),
            ..CreateCollection::default()
        };
        match self.client.create_collection(request).await {
            Ok(_) => Ok(()),
            // Another process was faster; whether it made the same is for the caller to check.
            Err(error) if code(&error) == Some(Code::AlreadyExists) => Ok(()),
            Err(error) => match self.describe(collection).await? {
                Some(_) => Ok(()),
                None => Err(failed(collection, error)),
            },
        }
    }

    /// Also for a collection that is there: whoever made it may not have come this far.
    async fn index_fields(&self, collection: &str) -> Result<(), IndexError> {
        for (field, index) in FIELD_INDEXES {
            let (field_type, params) = index_type(*index);
            let request = CreateFieldIndexCollection {
                collection_name: self.name(collection),
                wait: Some(true),
                field_name: (*field).to_owned(),
                field_type: Some(field_type.into()),
                field_index_params: Some(params),
                ..CreateFieldIndexCollection::default()
            };
            self.client.create_field_index(request).await.map_err(|error| failed(collection, error))?;
        }
        Ok(())
    }
}

#[async_trait]
impl Index for ServerIndex {
    async fn ensure(&self, collection: &str, spec: &CollectionSpec) -> Result<(), IndexError> {
        check_name(collection)?;
        if self.describe(collection).await?.is_none() {
            self.create(collection, spec).await?;
        }
        let there = self.describe(collection).await?;
        let there = there.ok_or_else(|| IndexError::NoCollection(collection.to_owned()))?;
        check_spec(collection, &there, spec)?;
        self.index_fields(collection).await
    }

    async fn describe(&self, collection: &str) -> Result<Option<CollectionSpec>, IndexError> {
        check_name(collection)?;
        let there = self.read_spec(collection).await?;
        let mut specs = self.specs.write().unwrap_or_else(PoisonError::into_inner);
        match &there {
            Some(spec) => specs.insert(collection.to_owned(), spec.clone()),
            None => specs.remove(collection),
        };
        Ok(there)
    }

    async fn collections(&self) -> Result<Vec<String>, IndexError> {
        let list = self.client.list_collections().await.map_err(|error| failed("", error))?;
        let mut names: Vec<String> = list
            .collections
            .into_iter()
            .filter_map(|there| there.name.strip_prefix(&self.options.prefix).map(str::to_owned))
            .collect();
        names.sort();
        Ok(names)
    }

    async fn drop_collection(&self, collection: &str) -> Result<(), IndexError> {
        check_name(collection)?;
        self.specs.write().unwrap_or_else(PoisonError::into_inner).remove(collection);
        match self.client.delete_collection(self.name(collection)).await {
            Err(error) if code(&error) != Some(Code::NotFound) => Err(failed(collection, error)),
            _ => Ok(()),
        }
    }

    async fn upsert(&self, collection: &str, points: Vec<Point>) -> Result<(), IndexError> {
        if points.len() > MAX_BATCH {
            return Err(IndexError::TooMany { given: points.len() });
        }
        let spec = self.spec(collection).await?;
        points.iter().try_for_each(|point| point.check(&spec))?;
        for points in in_requests(points) {
            let request = UpsertPoints {
                collection_name: self.name(collection),
                wait: Some(true),
                points: points.into_iter().map(write_point).collect::<Result<_, _>>()?,
                ..UpsertPoints::default()
            };
            self.client.upsert_points(request).await.map_err(|error| failed(collection, error))?;
        }
        Ok(())
    }

    async fn delete(&self, collection: &str, selection: Selection) -> Result<(), IndexError> {
        if let Selection::Chunks { chunks, .. } = &selection
            && chunks.len() > MAX_BATCH
        {
            return Err(IndexError::TooMany { given: chunks.len() });
        }
        let Some(clause) = meaning::of_selection(&selection) else { return Ok(()) };
        let request = DeletePoints {
            collection_name: self.name(collection),
            wait: Some(true),
            points: Some(selected(filter(&clause))),
            ..DeletePoints::default()
        };
        self.client.delete_points(request).await.map_err(|error| failed(collection, error))?;
        Ok(())
    }

    async fn query(&self, collection: &str, plan: QueryPlan) -> Result<Vec<Hit>, IndexError> {
        plan.check(&self.spec(collection).await?)?;
        let Some(clause) = meaning::of_scope(&plan.scope, &plan.facets) else { return Ok(Vec::new()) };
        let ask = |using: &str, query| QueryPoints {
            collection_name: self.name(collection),
            query: Some(query),
            using: Some(using.to_owned()),
            filter: Some(filter(&clause)),
            params: Some(search_params(&plan)),
            limit: Some(plan.candidates() as u64),
            with_payload: Some(with_payload()),
            ..QueryPoints::default()
        };
        // A query of no words at all is no error and finds nothing.
        let lexical = plan.sparse.as_ref().filter(|query| !query.is_empty());
        let lexical = lexical.map(|query| ask(LEXICAL, convert::sparse_query(query)));
        let dense = plan.dense.as_ref().map(|query| ask(DENSE, convert::dense_query(query)));
        let asked = [lexical.is_some(), dense.is_some()];
        let query_points: Vec<QueryPoints> = lexical.into_iter().chain(dense).collect();
        if query_points.is_empty() {
            return Ok(Vec::new());
        }
        let request = QueryBatchPoints {
            collection_name: self.name(collection),
            query_points,
            ..QueryBatchPoints::default()
        };
        let answer = self.client.query_batch(request).await.map_err(|error| failed(collection, error))?;
        let mut lists = answer.result.into_iter();
        let mut next = |asked: bool| -> Result<Option<Vec<Candidate>>, IndexError> {
            let Some(list) = asked.then(|| lists.next()).flatten() else { return Ok(None) };
            list.result.into_iter().map(candidate).collect::<Result<_, _>>().map(Some)
        };
        let (lexical, dense) = (next(asked[0])?, next(asked[1])?);
        Ok(fuse(&plan.scope, lexical, dense, plan.limit))
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
        let Some(clause) = meaning::of_scope(scope, facets) else { return Ok(Page::default()) };
        let request = ScrollPoints {
            collection_name: self.name(collection),
            filter: Some(filter(&clause)),
            offset: from.map(|cursor| point_id(cursor.0)),
            limit: Some(u32::try_from(limit).unwrap_or(u32::MAX)),
            with_payload: Some(with_payload()),
            with_vectors: Some(with_everything()),
            ..ScrollPoints::default()
        };
        let answer = self.client.scroll(request).await.map_err(|error| failed(collection, error))?;
        Ok(Page {
            points: answer.result.into_iter().map(read_point).collect::<Result<_, _>>()?,
            next: answer.next_page_offset.map(|id| chunk(Some(id))).transpose()?.map(Cursor),
        })
    }

    async fn count(&self, collection: &str, scope: &IndexScope, facets: &Facets) -> Result<u64, IndexError> {
        Page::check(facets, 1)?;
        let Some(clause) = meaning::of_scope(scope, facets) else { return Ok(0) };
        let request = CountPoints {
            collection_name: self.name(collection),
            filter: Some(filter(&clause)),
            exact: Some(true),
            ..CountPoints::default()
        };
        let answer = self.client.count(request).await.map_err(|error| failed(collection, error))?;
        Ok(answer.result.map_or(0, |result| result.count))
    }

    /// The server writes every change to its log before it answers.
    async fn flush(&self, collection: &str) -> Result<(), IndexError> {
        self.describe(collection)
            .await?
            .map(drop)
            .ok_or_else(|| IndexError::NoCollection(collection.to_owned()))
    }

    /// The server does so by itself.
    async fn optimise(&self, collection: &str) -> Result<(), IndexError> {
        self.flush(collection).await
    }
}

/// As many points to a request as it may carry.
fn in_requests(points: Vec<Point>) -> Vec<Vec<Point>> {
    let bytes = |point: &Point| {
        let of = |sparse: &SparseVector| sparse.indices.len() * 9;
        1000 + of(&point.sparse) + point.dense.as_ref().map_or(0, Vec::len) * 4
    };
    let (mut requests, mut filled) = (Vec::new(), usize::MAX);
    for point in points {
        let size = bytes(&point);
        if filled.saturating_add(size) > MAX_REQUEST_BYTES {
            requests.push(Vec::new());
            filled = 0;
        }
        filled += size;
        if let Some(request) = requests.last_mut() {
            request.push(point);
        }
    }
    requests
}

fn code(error: &QdrantError) -> Option<Code> {
    match error {
        QdrantError::ResponseError { status } => Some(status.code()),
        _ => None,
    }
}

fn failed(collection: &str, error: QdrantError) -> IndexError {
    match (&error, code(&error)) {
        (_, Some(Code::NotFound)) => IndexError::NoCollection(collection.to_owned()),
        (_, Some(Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled | Code::Unauthenticated))
        | (QdrantError::ResourceExhaustedError { .. } | QdrantError::Io(_), _) => {
            IndexError::Unavailable(error.to_string())
        }
        _ => IndexError::Engine(error.to_string()),
    }
}
