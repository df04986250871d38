//! The protocol's services. Calls that nobody here makes are refused.

use std::{collections::HashMap, pin::Pin, sync::Arc};

use qdrant_client::qdrant::{
    self as wire, UpdateStatus, collections_server::Collections, points_selector::PointsSelectorOneOf,
    points_server::Points, qdrant_server, vectors_config, with_payload_selector, with_vectors_selector,
};
use qdrant_edge::{
    CountRequest, CreateIndex, FieldIndexOperations, JsonPath, NamedQuery, PointInsertOperations,
    PointOperations, QueryEnum, QueryRequest, ScoringQuery, ScrollRequest, SearchParams, UpdateOperation,
    WithPayloadInterface, WithVector,
};
use tonic::{Request, Response, Status, async_trait};

use super::{
    convert::{filter, nearest, payload, point, point_id, schema, vectors, wire_id},
    shards::{Made, Shard, Shards, engine_failed},
};

type Answer<T> = Result<Response<T>, Status>;

/// The engine blocks, so it gets a thread that may.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Status> + Send + 'static,
) -> Result<T, Status> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Status::internal(error.to_string()))?
}

fn changed() -> Response<wire::PointsOperationResponse> {
    let result = wire::UpdateResult { operation_id: None, status: UpdateStatus::Completed.into() };
    Response::new(wire::PointsOperationResponse {
        result: Some(result),
        ..wire::PointsOperationResponse::default()
    })
}

/// Methods that are not served, as `async_trait` writes them: it does not look into macros.
macro_rules! refused {
    ($($method:ident: $request:ident => $response:ident),* $(,)?) => {$(
        fn $method<'life0, 'async_trait>(
            &'life0 self,
            _: Request<wire::$request>,
        ) -> Pin<Box<dyn Future<Output = Answer<wire::$response>> + Send + 'async_trait>>
        where
            'life0: 'async_trait,
            Self: 'async_trait,
        {
            let why = concat!("the test server does not serve ", stringify!($method));
            Box::pin(async move { Err(Status::unimplemented(why)) })
        }
    )*};
}

#[async_trait]
impl qdrant_server::Qdrant for Shards {
    async fn health_check(&self, _: Request<wire::HealthCheckRequest>) -> Answer<wire::HealthCheckReply> {
        Ok(Response::new(wire::HealthCheckReply {
            title: "qdrant - vector search engine (test server)".to_owned(),
            version: "1.20.0".to_owned(),
            ..wire::HealthCheckReply::default()
        }))
    }
}

#[async_trait]
impl Collections for Shards {
    async fn get(
        &self,
        request: Request<wire::GetCollectionInfoRequest>,
    ) -> Answer<wire::GetCollectionInfoResponse> {
        let shard = Shards::get(self, &request.into_inner().collection_name)?;
        let metadata: HashMap<String, wire::Value> =
            shard.metadata.clone().into_iter().map(|(key, value)| (key, value.into())).collect();
        let config = wire::CollectionConfig { metadata, ..wire::CollectionConfig::default() };
        let info = wire::CollectionInfo {
            points_count: Some(shard.engine().info().points_count as u64),
            config: Some(config),
            ..wire::CollectionInfo::default()
        };
        Ok(Response::new(wire::GetCollectionInfoResponse { result: Some(info), time: 0.0 }))
    }

    async fn list(&self, _: Request<wire::ListCollectionsRequest>) -> Answer<wire::ListCollectionsResponse> {
        let collections = self.names().into_iter().map(|name| wire::CollectionDescription { name }).collect();
        Ok(Response::new(wire::ListCollectionsResponse { collections, time: 0.0 }))
    }

    async fn create(
        &self,
        request: Request<wire::CreateCollection>,
    ) -> Answer<wire::CollectionOperationResponse> {
        let request = request.into_inner();
        let mut made = Made::default();
        match request.vectors_config.and_then(|config| config.config) {
            None => {}
            Some(vectors_config::Config::ParamsMap(params)) => {
                for (name, params) in params.map {
                    if params.distance() != wire::Distance::Cosine {
                        return Err(Status::unimplemented("the test server compares by cosine alone"));
                    }
                    made.dense.push((name, params.size as usize));
                }
            }
            Some(_) => {
                return Err(Status::unimplemented("the test server does not know vectors without names"));
            }
        }
        for (name, params) in request.sparse_vectors_config.map(|config| config.map).unwrap_or_default() {
            made.sparse.push((name, params.modifier() == wire::Modifier::Idf));
        }
        made.metadata = qdrant_client::Payload::from(request.metadata).into();
        Shards::create(self, &request.collection_name, made)?;
        Ok(Response::new(wire::CollectionOperationResponse { result: true, time: 0.0 }))
    }

    async fn delete(
        &self,
        request: Request<wire::DeleteCollection>,
    ) -> Answer<wire::CollectionOperationResponse> {
        let result = Shards::delete(self, &request.into_inner().collection_name)?;
        Ok(Response::new(wire::CollectionOperationResponse { result, time: 0.0 }))
    }

    refused! {
        update: UpdateCollection => CollectionOperationResponse,
        update_aliases: ChangeAliases => CollectionOperationResponse,
        list_collection_aliases: ListCollectionAliasesRequest => ListAliasesResponse,
        list_aliases: ListAliasesRequest => ListAliasesResponse,
        collection_cluster_info: CollectionClusterInfoRequest => CollectionClusterInfoResponse,
        collection_exists: CollectionExistsRequest => CollectionExistsResponse,
        update_collection_cluster_setup: UpdateCollectionClusterSetupRequest => UpdateCollectionClusterSetupResponse,
        create_shard_key: CreateShardKeyRequest => CreateShardKeyResponse,
        delete_shard_key: DeleteShardKeyRequest => DeleteShardKeyResponse,
        list_shard_keys: ListShardKeysRequest => ListShardKeysResponse,
    }
}

fn search(shard: &Shard, asked: wire::QueryPoints) -> Result<Vec<wire::ScoredPoint>, Status> {
    if !asked.prefetch.is_empty() || asked.offset.is_some() {
        return Err(Status::unimplemented("the test server does not know prefetches and offsets"));
    }
    let params = asked.params.unwrap_or_default();
    let request = QueryRequest {
        prefetches: Vec::new(),
        query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(
            nearest(asked.query)?,
            asked.using.unwrap_or_default(),
        )))),
        filter: filter(asked.filter)?,
        score_threshold: None,
        limit: asked.limit.unwrap_or(10) as usize,
        offset: 0,
        params: Some(SearchParams {
            hnsw_ef: params.hnsw_ef.map(|ef| ef as usize),
            exact: params.exact.unwrap_or_default(),
            ..SearchParams::default()
        }),
        with_vector: WithVector::Bool(false),
        with_payload: with_payload(asked.with_payload),
    };
    let found = shard.engine().query(request).map_err(engine_failed)?;
    Ok(found
        .into_iter()
        .map(|found| wire::ScoredPoint {
            id: Some(wire_id(found.id)),
            payload: payload(found.payload),
            score: found.score,
            version: found.version,
            ..wire::ScoredPoint::default()
        })
        .collect())
}

fn with_payload(selector: Option<wire::WithPayloadSelector>) -> WithPayloadInterface {
    let enabled = with_payload_selector::SelectorOptions::Enable(true);
    WithPayloadInterface::Bool(selector.and_then(|selector| selector.selector_options) == Some(enabled))
}

#[async_trait]
impl Points for Shards {
    async fn upsert(&self, request: Request<wire::UpsertPoints>) -> Answer<wire::PointsOperationResponse> {
        let request = request.into_inner();
        let shard = Shards::get(self, &request.collection_name)?;
        let points = request.points.into_iter().map(point).collect::<Result<Vec<_>, _>>()?;
        let operation = PointOperations::UpsertPoints(PointInsertOperations::PointsList(points));
        blocking(move || shard.change(UpdateOperation::PointOperation(operation))).await?;
        Ok(changed())
    }

    async fn delete(&self, request: Request<wire::DeletePoints>) -> Answer<wire::PointsOperationResponse> {
        let request = request.into_inner();
        let shard = Shards::get(self, &request.collection_name)?;
        let operation = match request.points.and_then(|points| points.points_selector_one_of) {
            Some(PointsSelectorOneOf::Points(points)) => PointOperations::DeletePoints {
                ids: points.ids.into_iter().map(|id| point_id(Some(id))).collect::<Result<_, _>>()?,
            },
            Some(PointsSelectorOneOf::Filter(wanted)) => PointOperations::DeletePointsByFilter(
                filter(Some(wanted))?.ok_or_else(|| Status::invalid_argument("no points are selected"))?,
            ),
            None => return Err(Status::invalid_argument("no points are selected")),
        };
        blocking(move || shard.change(UpdateOperation::PointOperation(operation))).await?;
        Ok(changed())
    }

    async fn create_field_index(
        &self,
        request: Request<wire::CreateFieldIndexCollection>,
    ) -> Answer<wire::PointsOperationResponse> {
        let request = request.into_inner();
        let shard = Shards::get(self, &request.collection_name)?;
        let path = JsonPath::try_from(request.field_name.as_str())
            .map_err(|()| Status::invalid_argument(format!("`{}` is no field", request.field_name)))?;
        if shard.engine().info().payload_schema.contains_key(&path) {
            return Ok(changed());
        }
        let create =
            CreateIndex { field_name: path, field_schema: Some(schema(request.field_index_params)?) };
        let operation = UpdateOperation::FieldIndexOperation(FieldIndexOperations::CreateIndex(create));
        blocking(move || shard.change(operation)).await?;
        Ok(changed())
    }

    async fn query(&self, request: Request<wire::QueryPoints>) -> Answer<wire::QueryResponse> {
        let asked = request.into_inner();
        let shard = Shards::get(self, &asked.collection_name)?;
        let result = blocking(move || search(&shard, asked)).await?;
        Ok(Response::new(wire::QueryResponse { result, ..wire::QueryResponse::default() }))
    }

    async fn query_batch(
        &self,
        request: Request<wire::QueryBatchPoints>,
    ) -> Answer<wire::QueryBatchResponse> {
        let request = request.into_inner();
        let shard: Arc<Shard> = Shards::get(self, &request.collection_name)?;
        let result = blocking(move || {
            let asked = request.query_points.into_iter();
            asked.map(|asked| Ok(wire::BatchResult { result: search(&shard, asked)? })).collect()
        });
        Ok(Response::new(wire::QueryBatchResponse {
            result: result.await?,
            ..wire::QueryBatchResponse::default()
        }))
    }

    async fn scroll(&self, request: Request<wire::ScrollPoints>) -> Answer<wire::ScrollResponse> {
        let asked = request.into_inner();
        let shard = Shards::get(self, &asked.collection_name)?;
        let enabled = with_vectors_selector::SelectorOptions::Enable(true);
        let with_vector = asked.with_vectors.and_then(|selector| selector.selector_options) == Some(enabled);
        let request = ScrollRequest {
            offset: asked.offset.map(|id| point_id(Some(id))).transpose()?,
            limit: asked.limit.map(|limit| limit as usize),
            filter: filter(asked.filter)?,
            with_payload: Some(with_payload(asked.with_payload)),
            with_vector: WithVector::Bool(with_vector),
            order_by: None,
        };
        let (records, next) = blocking(move || shard.engine().scroll(request).map_err(engine_failed)).await?;
        let result = records.into_iter().map(|record| {
            Ok(wire::RetrievedPoint {
                id: Some(wire_id(record.id)),
                payload: payload(record.payload),
                vectors: vectors(record.vector)?,
                ..wire::RetrievedPoint::default()
            })
        });
        Ok(Response::new(wire::ScrollResponse {
            next_page_offset: next.map(wire_id),
            result: result.collect::<Result<_, Status>>()?,
            ..wire::ScrollResponse::default()
        }))
    }

    async fn count(&self, request: Request<wire::CountPoints>) -> Answer<wire::CountResponse> {
        let asked = request.into_inner();
        let shard = Shards::get(self, &asked.collection_name)?;
        let request = CountRequest { filter: filter(asked.filter)?, exact: asked.exact.unwrap_or(true) };
        let count = blocking(move || shard.engine().count(request).map_err(engine_failed)).await?;
        let result = Some(wire::CountResult { count: count as u64 });
        Ok(Response::new(wire::CountResponse { result, ..wire::CountResponse::default() }))
    }

    refused! {
        get: GetPoints => GetResponse,
        update_vectors: UpdatePointVectors => PointsOperationResponse,
        delete_vectors: DeletePointVectors => PointsOperationResponse,
        set_payload: SetPayloadPoints => PointsOperationResponse,
        overwrite_payload: SetPayloadPoints => PointsOperationResponse,
        delete_payload: DeletePayloadPoints => PointsOperationResponse,
        clear_payload: ClearPayloadPoints => PointsOperationResponse,
        delete_field_index: DeleteFieldIndexCollection => PointsOperationResponse,
        create_vector_name: CreateVectorNameRequest => PointsOperationResponse,
        delete_vector_name: DeleteVectorNameRequest => PointsOperationResponse,
        search: SearchPoints => SearchResponse,
        search_batch: SearchBatchPoints => SearchBatchResponse,
        search_groups: SearchPointGroups => SearchGroupsResponse,
        recommend: RecommendPoints => RecommendResponse,
        recommend_batch: RecommendBatchPoints => RecommendBatchResponse,
        recommend_groups: RecommendPointGroups => RecommendGroupsResponse,
        discover: DiscoverPoints => DiscoverResponse,
        discover_batch: DiscoverBatchPoints => DiscoverBatchResponse,
        update_batch: UpdateBatchPoints => UpdateBatchResponse,
        query_groups: QueryPointGroups => QueryGroupsResponse,
        facet: FacetCounts => FacetResponse,
        search_matrix_pairs: SearchMatrixPoints => SearchMatrixPairsResponse,
        search_matrix_offsets: SearchMatrixPoints => SearchMatrixOffsetsResponse,
    }
}
