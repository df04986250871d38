//! The HTTP API: one file per noun with its wire types, handlers, description and errors.
//!
//! [`router`] puts them together with what every request gets: an id, limits, time, headers. Wire
//! types stay here; no inner room knows of HTTP.

mod account;
mod agents;
mod answers;
mod api_keys;
mod approval_desk;
mod approval_link;
mod approval_mail;
mod approval_views;
mod approvals;
mod articles;
mod audit;
pub mod auth;
mod autonomy;
mod body_html;
mod breakers;
mod caller;
mod channels;
mod citations;
mod company_sign_in;
mod console;
mod conversation_stream;
mod conversations;
mod copilot;
mod credits;
mod crowd;
mod customers;
mod decided_cases;
mod deliveries;
mod desk;
mod docs;
mod evaluations;
mod exercises;
mod feedback;
mod footing;
mod gaps;
mod headers;
mod help;
mod inbound_email;
mod input;
mod invitations;
mod knowledge;
mod knowledge_files;
mod knowledge_sources;
mod knowledge_versions;
mod limits;
mod may;
mod mentions;
mod observe;
mod openapi;
mod page;
mod paper_calls;
mod passkeys;
mod password_resets;
mod people;
mod policy;
mod portal;
mod portal_tickets;
mod presence;
mod problem;
mod proof;
mod providers;
mod ratings;
mod replays;
mod review_quality;
mod roles;
mod runs;
mod scans;
mod second_factor;
mod session;
mod sessions;
mod sight;
mod sites;
mod state;
mod step_prompts;
mod stream;
mod system;
mod teams;
mod ticket_events;
mod ticket_messages;
mod tickets;
mod tools;
mod unmask;
mod visitor;

use std::{any::Any, sync::Arc, time::Duration};

use aide::axum::ApiRouter;
use axum::{
    Router,
    extract::{DefaultBodyLimit, Request},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use tower_http::{
    catch_panic::CatchPanicLayer,
    compression::{
        CompressionLayer, Predicate as _,
        predicate::{DefaultPredicate, NotForContentType},
    },
};

pub use openapi::openapi;
pub use password_resets::offer as reset_link_for;
pub use portal::{LINK_LIFE as CUSTOMER_LINK_LIFE, offer as customer_link_for};
pub use state::Http;

use crate::app::App;
use problem::{Kind, Problem};

/// Bytes of a JSON body, unless a route says otherwise.
const MAX_JSON_BYTES: usize = 256 * 1024;
/// How long a request may take, unless it is a stream.
const TIMEOUT: Duration = Duration::from_secs(30);
/// How long a request may take that tries whether others answer.
const TESTS_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a request with files may take: to come in, and to be parsed.
const FILES_TIMEOUT: Duration = Duration::from_secs(300);

/// Everything the service answers to.
pub fn router(app: Arc<App>) -> Router {
    let (document, api) = openapi::describe(api);
    let console = console::files(&app.config.server.console_dir);
    let http = Http::new(app, &document);
    // Answers and pages; events must leave at once.
    let compressed = DefaultPredicate::new().and(NotForContentType::const_new("text/event-stream"));
    api.layer(from_fn_with_state(http.clone(), sight::mask))
        .merge(docs::routes())
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(http.clone())
        .fallback_service(console)
        .layer(DefaultBodyLimit::max(MAX_JSON_BYTES))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(from_fn_with_state(http.clone(), headers::secure))
        .layer(from_fn_with_state(http.clone(), sites::share))
        .layer(from_fn_with_state(http.clone(), crowd::admit))
        .layer(from_fn_with_state(http, observe::observe))
        // Outside `observe`, which writes the bodies of problems anew.
        .layer(CompressionLayer::new().gzip(true).compress_when(compressed))
}

/// The described routes.
fn api() -> ApiRouter<Http> {
    let streams = ApiRouter::new()
        .merge(stream::routes())
        .merge(conversations::stream_routes())
        .merge(audit::stream_routes())
        .merge(autonomy::stream_routes());
    ApiRouter::new()
        .merge(session::routes())
        .merge(sessions::routes())
        .merge(account::routes())
        .merge(second_factor::routes())
        .merge(passkeys::routes())
        .merge(password_resets::routes())
        .merge(invitations::routes())
        .merge(company_sign_in::routes())
        .merge(tickets::routes())
        .merge(unmask::routes())
        .merge(scans::routes())
        .merge(ticket_messages::routes())
        .merge(ticket_events::routes())
        .merge(paper_calls::routes())
        .merge(approvals::routes())
        .merge(approval_desk::routes())
        .merge(approval_views::routes())
        .merge(approval_link::routes())
        .merge(approval_mail::routes())
        .merge(review_quality::routes())
        .merge(replays::routes())
        .merge(runs::routes())
        .merge(step_prompts::routes())
        .merge(evaluations::routes())
        .merge(decided_cases::routes())
        .merge(agents::routes())
        .merge(tools::routes())
        .merge(knowledge::routes())
        .merge(knowledge_versions::routes())
        .merge(knowledge_sources::routes())
        .merge(answers::routes())
        .merge(articles::routes())
        .merge(gaps::routes())
        .merge(citations::routes())
        .merge(feedback::routes())
        .merge(customers::routes())
        .merge(deliveries::routes())
        .merge(people::routes())
        .merge(roles::routes())
        .merge(teams::routes())
        .merge(api_keys::routes())
        .merge(breakers::routes())
        .merge(credits::routes())
        .merge(desk::routes())
        .merge(copilot::routes())
        .merge(audit::routes())
        .merge(policy::routes())
        .merge(autonomy::routes())
        .merge(presence::routes())
        .merge(mentions::routes())
        .merge(conversations::routes())
        .merge(ratings::routes())
        .merge(portal::routes())
        .merge(portal_tickets::routes())
        .merge(help::routes())
        .merge(inbound_email::routes())
        .merge(system::routes())
        .merge(providers::routes())
        .merge(channels::routes())
        .layer(from_fn(|request, next| in_time(TIMEOUT, request, next)))
        .merge(
            ApiRouter::new()
                .merge(providers::test_routes())
                .merge(channels::test_routes())
                .layer(from_fn(|request, next| in_time(TESTS_TIMEOUT, request, next))),
        )
        .merge(
            knowledge_files::routes().layer(from_fn(|request, next| in_time(FILES_TIMEOUT, request, next))),
        )
        .merge(streams)
}

async fn in_time(limit: Duration, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::new(
            Kind::Timeout,
            format!(
                "the request took longer than {} seconds; what it changed, if anything, is written",
                limit.as_secs()
            ),
        )
        .into_response(),
    }
}

async fn method_not_allowed(request: Request) -> Problem {
    Problem::new(
        Kind::MethodNotAllowed,
        format!(
            "{} does not take {}; the `allow` header says what it takes",
            request.uri().path(),
            request.method()
        ),
    )
}

fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let cause = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("a panic without words");
    Problem::internal(&cause).into_response()
}
