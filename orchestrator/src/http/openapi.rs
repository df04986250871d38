//! The API's description, made from the routes themselves.

use aide::{
    axum::ApiRouter,
    generate::in_context,
    openapi::{
        ApiKeyLocation, Info, License, MediaType, OpenApi, Operation, Parameter, ParameterSchemaOrContent,
        ReferenceOr, SchemaObject, SecurityScheme, Tag,
    },
};
use axum::Router;
use schemars::Schema;
use serde_json::Value;

use super::{Http, input::schemas};

const DESCRIPTION: &str = "\
Customer support by AI agents with a human in the loop: whatever is safe enough happens by itself, everything else \
waits for a person's countersignature.\n\n\
**Who is asking.** Staff sign in with `POST /v1/session` (a cookie) or use an API key (`Authorization: Bearer cs_live_…`). \
Each route names the permission it takes in `x-permission`; of several, one is enough, and none is about oneself. \
Roles are sets of permissions, and a key has those it was made with. `GET /v1/session` names one's own. A visitor's \
token opens their own conversation alone, and a customer's session their own tickets.\n\n\
**Personal data** is masked (`j•••@e•••.com`) in every answer to those who lack the permission `see_personal_data`; \
the header `x-personal-data: masked` says so. An API key has it only when it was made with it.\n\n\
**Lists** take `limit` (1 to 100) and `cursor`, and answer `{\"items\": […], \"next_cursor\": …}`.\n\n\
**Errors** are problems by RFC 9457, `application/problem+json`, with the request's id.\n\n\
**Times** are RFC 3339 in UTC, ids are UUIDs. Money is in cents, in `amount_cents` and the like.\n\n\
**Repeating** a request that makes something is safe with an `Idempotency-Key`.";

const TAGS: &[(&str, &str)] = &[
    ("session", "Signing in and out."),
    ("account", "What one signs in with, and where one is signed in."),
    ("tickets", "Support cases, their messages and their timeline."),
    ("approvals", "Proposed calls that wait for a person."),
    ("review quality", "How carefully approvals are decided: for oneself, and of many people together."),
    ("runs", "Executions of agents and their journals."),
    ("evaluations", "How well it works: suites that were held, and cases that decisions were made into."),
    ("agents", "Who works here."),
    ("tools", "What agents may call."),
    ("knowledge", "What answers rest on."),
    ("customers", "Whom the workspace serves."),
    ("deliveries", "Mail on its way out."),
    ("people", "Colleagues, who is asked to join them, roles, teams and API keys."),
    ("policy", "What calls are judged by."),
    ("autonomy", "How far agents go by themselves, and what speaks for it."),
    ("breakers", "Switches that stop what may do harm."),
    ("credits", "What models and tools cost, and what may be spent."),
    ("copilot", "Questions of colleagues about the records, answered from them."),
    ("desk", "What is open, what waits and what it cost, at a glance."),
    ("personal data", "Having it shown for a reason, and taking it out of what is kept."),
    ("audit", "Who did what, in a chain that shows when it was changed."),
    ("stream", "Watching live."),
    ("conversations", "The visitor's side of a chat."),
    ("help", "What everybody may read."),
    ("portal", "Customers who signed in by a link in their mail, and their own tickets."),
    ("channels", "Other ways in."),
    ("system", "Whether it lives and works."),
];

/// The document, independent of a running service.
pub fn openapi() -> OpenApi {
    describe(super::api).0
}

/// Builds the routes under our schema settings and describes them.
pub fn describe(routes: impl FnOnce() -> ApiRouter<Http>) -> (OpenApi, Router<Http>) {
    in_context(|ctx| ctx.schema = schemas());
    let mut document = OpenApi {
        info: Info {
            title: "Countersign".to_owned(),
            summary: Some("Customer support by AI agents, countersigned by people.".to_owned()),
            description: Some(DESCRIPTION.to_owned()),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            license: Some(License {
                name: "MIT OR Apache-2.0".to_owned(),
                identifier: Some("MIT OR Apache-2.0".to_owned()),
                ..License::default()
            }),
            ..Info::default()
        },
        tags: TAGS
            .iter()
            .map(|(name, description)| Tag {
                name: (*name).to_owned(),
                description: Some((*description).to_owned()),
                ..Tag::default()
            })
            .collect(),
        ..OpenApi::default()
    };
    let router = routes().finish_api_with(&mut document, |api| {
        let bearer = |description: &str| SecurityScheme::Http {
            scheme: "bearer".to_owned(),
            bearer_format: None,
            description: Some(description.to_owned()),
            extensions: Default::default(),
        };
        let key = |location, name: &str, description: &str| SecurityScheme::ApiKey {
            location,
            name: name.to_owned(),
            description: Some(description.to_owned()),
            extensions: Default::default(),
        };
        api.security_scheme(
            "session",
            key(ApiKeyLocation::Cookie, super::auth::SESSION_COOKIE, "Set by POST /v1/session. Requests that change something must come from this service's own pages."),
        )
        .security_scheme("api_key", bearer("A workspace's key, `cs_live_…`."))
        .security_scheme("visitor", bearer("A conversation's token, `cv_…`; event streams also take it as `?token=`."))
        .security_scheme(
            "customer",
            key(ApiKeyLocation::Cookie, super::portal::CUSTOMER_COOKIE, "Set by POST /v1/portal/session. Opens a customer's own tickets. Requests that change something must come from this service's own pages."),
        )
        .security_scheme("approval_link", bearer("What stands behind `#` in a mail about an approval, `ca_…`."))
        .security_scheme(
            "email_signature",
            key(ApiKeyLocation::Header, "X-Countersign-Signature", "`t=<unix seconds>,v1=<hex hmac-sha256>`"),
        )
    });
    put_in_order(&mut document);
    (document, router)
}

/// Sorts the named schemas and the keys within all of them: the description is committed, so it must
/// not depend on the order in which a build happens to hold them.
fn put_in_order(document: &mut OpenApi) {
    if let Some(components) = &mut document.components {
        components.schemas.sort_keys();
        components.schemas.values_mut().for_each(sort);
    }
    for item in document.paths.iter_mut().flat_map(|paths| paths.paths.values_mut()) {
        let ReferenceOr::Item(item) = item else { continue };
        let operations =
            [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch, &mut item.head];
        operations.into_iter().flatten().for_each(sort_operation);
    }
}

fn sort_operation(operation: &mut Operation) {
    for parameter in &mut operation.parameters {
        if let ReferenceOr::Item(
            Parameter::Query { parameter_data, .. }
            | Parameter::Header { parameter_data, .. }
            | Parameter::Path { parameter_data, .. }
            | Parameter::Cookie { parameter_data, .. },
        ) = parameter
        {
            match &mut parameter_data.format {
                ParameterSchemaOrContent::Schema(schema) => sort(schema),
                ParameterSchemaOrContent::Content(content) => content.values_mut().for_each(sort_body),
            }
        }
    }
    if let Some(ReferenceOr::Item(body)) = &mut operation.request_body {
        body.content.values_mut().for_each(sort_body);
    }
    let Some(responses) = &mut operation.responses else { return };
    for response in responses.responses.values_mut().chain(&mut responses.default) {
        if let ReferenceOr::Item(response) = response {
            response.content.values_mut().for_each(sort_body);
        }
    }
}

fn sort_body(body: &mut MediaType) {
    body.schema.iter_mut().for_each(sort);
}

fn sort(schema: &mut SchemaObject) {
    let mut value = Value::from(std::mem::take(&mut schema.json_schema));
    value.sort_all_objects();
    // What was a schema before is one still.
    if let Ok(sorted) = Schema::try_from(value) {
        schema.json_schema = sorted;
    }
}
