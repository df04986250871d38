//! What handlers take and give: JSON, query and path, with problems instead of plain-text errors.
//!
//! They wrap axum's extractors and add two things: a rejection that is a [`Problem`], and a
//! description in which a request's optional fields are optional and a response's are present.

use aide::{
    OperationInput, OperationOutput,
    generate::GenContext,
    openapi::{
        HeaderStyle, MediaType, Operation, Parameter, ParameterData, ParameterSchemaOrContent, RequestBody,
        Response as ApiResponse, SchemaObject, StatusCode as ApiStatus,
    },
    operation::{ParamLocation, add_parameters, parameters_from_schema, set_body},
};
use axum::{
    extract::{FromRequest, FromRequestParts, Request, rejection::JsonRejection},
    http::{StatusCode, request::Parts},
    response::{IntoResponse, Response},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde::{Serialize, de::DeserializeOwned};

use super::problem::{Kind, Problem};
use crate::typed;

/// The generator for everything the API answers with. Requests use [`for_requests`].
pub fn schemas() -> SchemaGenerator {
    settings().for_serialize().into_generator()
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    })
}

/// Runs `describe` with a generator whose schemas say what may be sent rather than what is
/// answered: a field with a default is not required. Definitions that both sides share keep the
/// answer's form.
fn for_requests<R>(ctx: &mut GenContext, describe: impl FnOnce(&mut GenContext) -> R) -> R {
    let answers = std::mem::replace(&mut ctx.schema, settings().for_deserialize().into_generator());
    let described = describe(ctx);
    let mut requests = std::mem::replace(&mut ctx.schema, answers);
    for (name, schema) in requests.take_definitions(true) {
        ctx.schema.definitions_mut().entry(name).or_insert(schema);
    }
    described
}

/// Parameters from the fields of `T`, without leaving `T` itself among the named schemas.
fn parameters<T: JsonSchema>(ctx: &mut GenContext, operation: &mut Operation, location: ParamLocation) {
    let params = for_requests(ctx, |ctx| {
        let schema = ctx.schema.subschema_for::<T>();
        let mut params = parameters_from_schema(ctx, schema, location);
        // By name, whatever order this build holds the fields in.
        params.sort_by(|a, b| name(a).cmp(name(b)));
        ctx.schema.definitions_mut().remove(T::schema_name().as_ref());
        params
    });
    add_parameters(ctx, operation, params);
}

fn name(parameter: &Parameter) -> &str {
    match parameter {
        Parameter::Query { parameter_data, .. }
        | Parameter::Header { parameter_data, .. }
        | Parameter::Path { parameter_data, .. }
        | Parameter::Cookie { parameter_data, .. } => &parameter_data.name,
    }
}

/// A JSON body, in or out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::MissingJsonContentType(_)) => Err(Problem::new(
                Kind::UnsupportedMediaType,
                "send JSON with `Content-Type: application/json`",
            )),
            Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => Err(too_large()),
            Err(JsonRejection::JsonDataError(error)) => Err(Problem::invalid(error.body_text())),
            Err(rejection) => Err(Problem::new(Kind::BadRequest, rejection.body_text())),
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<T: JsonSchema> OperationInput for Json<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let json_schema = for_requests(ctx, |ctx| ctx.schema.subschema_for::<T>());
        set_body(ctx, operation, body("application/json", json_schema));
    }
}

/// The description of a request body.
pub fn body(content_type: &str, json_schema: Schema) -> RequestBody {
    RequestBody {
        content: [(content_type.to_owned(), media(json_schema))].into_iter().collect(),
        required: true,
        ..RequestBody::default()
    }
}

fn media(json_schema: Schema) -> MediaType {
    MediaType {
        schema: Some(SchemaObject { json_schema, example: None, external_docs: None }),
        ..MediaType::default()
    }
}

/// A described response with a body of the given type.
pub fn answer<T: JsonSchema>(ctx: &mut GenContext, content_type: &str, description: &str) -> ApiResponse {
    let json_schema = ctx.schema.subschema_for::<T>();
    ApiResponse {
        description: description.to_owned(),
        content: [(content_type.to_owned(), media(json_schema))].into_iter().collect(),
        ..ApiResponse::default()
    }
}

impl<T: JsonSchema> OperationOutput for Json<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, _: &mut Operation) -> Option<ApiResponse> {
        Some(answer::<T>(ctx, "application/json", "Done"))
    }

    fn inferred_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        vec![(Some(ApiStatus::Code(200)), answer::<T>(ctx, "application/json", "Done"))]
    }
}

/// What a request with an idempotency key made, now or the first time it was sent.
#[derive(Clone, Debug)]
pub enum Made<T> {
    /// 201.
    Now(T),
    /// 200: the same key was used before; this is what it made then.
    Before(T),
}

impl<T: Serialize> IntoResponse for Made<T> {
    fn into_response(self) -> Response {
        match self {
            Self::Now(value) => (StatusCode::CREATED, axum::Json(value)).into_response(),
            Self::Before(value) => axum::Json(value).into_response(),
        }
    }
}

impl<T: JsonSchema> OperationOutput for Made<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, _: &mut Operation) -> Option<ApiResponse> {
        Some(answer::<T>(ctx, "application/json", "Made"))
    }

    fn inferred_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        vec![
            (Some(ApiStatus::Code(201)), answer::<T>(ctx, "application/json", "Made")),
            (
                Some(ApiStatus::Code(200)),
                answer::<T>(ctx, "application/json", "Made before: the idempotency key was used already"),
            ),
        ]
    }
}

/// 201.
#[derive(Clone, Debug)]
pub struct Created<T>(pub T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, axum::Json(self.0)).into_response()
    }
}

impl<T: JsonSchema> OperationOutput for Created<T> {
    type Inner = T;

    fn operation_response(ctx: &mut GenContext, _: &mut Operation) -> Option<ApiResponse> {
        Some(answer::<T>(ctx, "application/json", "Made"))
    }

    fn inferred_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        vec![(Some(ApiStatus::Code(201)), answer::<T>(ctx, "application/json", "Made"))]
    }
}

/// 204.
#[derive(Clone, Copy, Debug)]
pub struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl OperationOutput for NoContent {
    type Inner = ();

    fn inferred_responses(_: &mut GenContext, _: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        let response = ApiResponse { description: "Done".to_owned(), ..ApiResponse::default() };
        vec![(Some(ApiStatus::Code(204)), response)]
    }
}

/// The query string.
#[derive(Clone, Copy, Debug, Default)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|rejection| Problem::new(Kind::BadRequest, rejection.body_text()))
    }
}

impl<T: JsonSchema> OperationInput for Query<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        parameters::<T>(ctx, operation, ParamLocation::Query);
    }
}

/// The `{…}` parts of the path. One that cannot be read names nothing, so it is a 404.
#[derive(Clone, Copy, Debug, Default)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        axum::extract::Path::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Path(value)| Self(value))
            .map_err(|rejection| {
                Problem::new(Kind::NotFound, format!("there is nothing here: {}", rejection.body_text()))
            })
    }
}

impl<T: JsonSchema> OperationInput for Path<T> {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        parameters::<T>(ctx, operation, ParamLocation::Path);
    }
}

/// The `Idempotency-Key` header: a repeated request with the same key is done once.
#[derive(Clone, Debug, Default)]
pub struct IdempotencyKey(pub Option<String>);

impl<S: Send + Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get("idempotency-key") else { return Ok(Self(None)) };
        match value.to_str() {
            Ok(key) if !key.is_empty() && key.len() <= 200 => Ok(Self(Some(key.to_owned()))),
            _ => Err(Problem::new(
                Kind::BadRequest,
                "Idempotency-Key must be 1 to 200 visible ASCII characters",
            )),
        }
    }
}

impl OperationInput for IdempotencyKey {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let json_schema = schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": 200 });
        let parameter_data = ParameterData {
            name: "Idempotency-Key".to_owned(),
            description: Some(
                "A repeated request with the same key is done once and answered with the first result."
                    .to_owned(),
            ),
            required: false,
            deprecated: None,
            format: ParameterSchemaOrContent::Schema(SchemaObject {
                json_schema,
                example: None,
                external_docs: None,
            }),
            example: None,
            examples: Default::default(),
            explode: None,
            extensions: Default::default(),
        };
        add_parameters(ctx, operation, [Parameter::Header { parameter_data, style: HeaderStyle::Simple }]);
    }
}

/// 413 for a body over the route's limit.
pub fn too_large() -> Problem {
    Problem::new(Kind::TooLarge, "the body is larger than this route takes; send less")
}

/// Text from the caller, trimmed, with 1 to `max` characters.
pub fn text(field: &str, value: &str, max: usize) -> Result<String, Problem> {
    typed::text(field, value, max).map_err(Problem::invalid)
}

/// An email address, in lower case.
pub fn email(field: &str, value: &str) -> Result<String, Problem> {
    typed::email(field, value).map_err(Problem::invalid)
}
