//! Customers who sign in: by a link that is mailed to their address, into a session of their own.
//!
//! They are nobody of the staff and hold none of its permissions: what they reach takes a [`Customer`], and no other
//! route does. Whether an address is known cannot be told: the answer is given before anybody looks. A link is used
//! by a POST alone, so that whatever follows links in mails uses nothing up.

use std::time::Duration;

use aide::{
    OperationInput,
    axum::{ApiRouter, routing::post_with},
    generate::GenContext,
    openapi::{Operation, Response as ApiResponse, StatusCode as ApiStatus},
    transform::TransformOperation,
};
use axum::{
    extract::{FromRequestParts, State},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::{Cookie, SameSite, SignedCookieJar};
use domain::{
    CustomerSessionId, WorkspaceId,
    audit::{AuditAction, Deed},
    customer::Contact,
    user::Actor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{CustomerSession, WorkspaceStore};
use tokio::sync::Semaphore;
use tracing::{info, warn};

use super::{
    Http,
    auth::same_origin,
    caller::Arrival,
    input::{Json, NoContent, email},
    limits, observe,
    problem::{Kind, Problem, described},
    session::WorkspaceView,
};
use crate::{
    app::App,
    channels::letters::{self, Letter},
    sign_in::{CUSTOMER_LINK_PREFIX, Link, customer_link, digest, workspace_of},
};

/// The cookie of a customer's session.
pub const CUSTOMER_COOKIE: &str = "countersign_customer";
/// What its value begins with, so that no other cookie of ours can stand in for it.
const KIND: &str = "customer";
/// How long a link works.
pub const LINK_LIFE: Duration = Duration::from_secs(15 * 60);
/// How long a session lasts that nobody uses.
const SESSION_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How exactly it is known when a session was used last.
const SEEN_EVERY: Duration = Duration::from_secs(3600);
/// Mails to one address, and questions from one place, within a quarter of an hour.
const MOST_MAILS: i64 = 3;
const MOST_ASKED: i64 = 20;
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Mails on their way at once; more are dropped, and asked for again.
static PLACES: Semaphore = Semaphore::const_new(16);

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/portal/links", post_with(request, request_docs)).api_route(
        "/v1/portal/session",
        post_with(sign_in, sign_in_docs).get_with(show, show_docs).delete_with(sign_out, sign_out_docs),
    )
}

/// A request by a customer who signed in.
#[derive(Clone, Debug)]
pub struct Customer {
    pub workspace: WorkspaceId,
    pub contact: Contact,
    session: CustomerSession,
}

impl Customer {
    pub fn store(&self, http: &Http) -> WorkspaceStore {
        http.app.store.workspace(self.workspace)
    }

    pub fn actor(&self) -> Actor {
        Actor::Customer { contact_id: Some(self.contact.id), name: self.contact.name.clone() }
    }
}

/// The session that a request names, when its cookie is ours. It may have ended.
fn named(http: &Http, headers: &HeaderMap) -> Option<(WorkspaceId, CustomerSessionId)> {
    let jar = SignedCookieJar::from_headers(headers, http.cookie_key());
    read(jar.get(CUSTOMER_COOKIE)?.value())
}

fn read(value: &str) -> Option<(WorkspaceId, CustomerSessionId)> {
    let (workspace, id) = value.strip_prefix(KIND)?.strip_prefix('.')?.split_once('.')?;
    Some((workspace.parse().ok()?, id.parse().ok()?))
}

fn write(workspace: WorkspaceId, id: CustomerSessionId) -> String {
    format!("{KIND}.{workspace}.{id}")
}

/// The cookie of a session, or the one that ends it in the browser. Only this service's own pages send it.
fn cookies(http: &Http, session: Option<(WorkspaceId, CustomerSessionId)>) -> SignedCookieJar {
    let life = session.map_or(Duration::ZERO, |_| SESSION_LIFE);
    // Parsed rather than built, because the type of the age belongs to a crate that is not ours.
    let text = format!("{CUSTOMER_COOKIE}=_; Max-Age={}", life.as_secs());
    let mut cookie = Cookie::parse(text).unwrap_or_else(|_| Cookie::new(CUSTOMER_COOKIE, ""));
    cookie.set_value(session.map(|(workspace, id)| write(workspace, id)).unwrap_or_default());
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Strict);
    cookie.set_secure(http.is_secure());
    SignedCookieJar::new(http.cookie_key()).add(cookie)
}

impl FromRequestParts<Http> for Customer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Problem> {
        let nobody = || {
            Problem::new(
                Kind::Unauthorized,
                "sign in by a link first: POST /v1/portal/links mails one to your address",
            )
        };
        let (workspace, id) = named(http, &parts.headers).ok_or_else(nobody)?;
        let (store, now) = (http.app.store.workspace(workspace), http.app.clock.now());
        let (session, contact) = store.customer_session(id, now).await?.ok_or_else(nobody)?;
        if !parts.method.is_safe() {
            same_origin(&parts.headers, http.public_host())?;
        }
        http.limits.customer(contact.id)?;
        if now.since(session.seen_at) >= SEEN_EVERY {
            store.see_customer_session(id, now, now.plus(SESSION_LIFE)).await?;
        }
        observe::is_of(workspace);
        Ok(Self { workspace, contact, session })
    }
}

impl OperationInput for Customer {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security.push([("customer".to_owned(), Vec::new())].into_iter().collect());
    }

    fn inferred_early_responses(
        ctx: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        vec![
            (Some(ApiStatus::Code(401)), described(ctx, "No customer's session")),
            (Some(ApiStatus::Code(403)), described(ctx, "Another site's page sent it")),
            (
                Some(ApiStatus::Code(429)),
                described(ctx, "Too many requests; Retry-After says when to come back"),
            ),
        ]
    }
}

/// Who wants to sign in.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskForLink {
    #[schemars(example = "mira.halloran@example.com", length(max = 254))]
    pub email: String,
    /// Of the workspace with this slug; left out: the service's own.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub workspace: Option<String>,
}

fn request_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("askForCustomerLink").tag("portal").summary("Ask for a link to sign in with").description(
        "Mails a link that works once, within 15 minutes, if the address is a contact's. The answer is the same, and \
         takes as long, if it is not. 409 where the service sends no mail: who runs it makes a link with \
         `countersign customers link ADDRESS`.",
    )
}

async fn request(
    State(http): State<Http>,
    arrival: Arrival,
    Json(form): Json<AskForLink>,
) -> Result<NoContent, Problem> {
    http.limits.arrival(arrival.from.0)?;
    let address = email("email", &form.email)?;
    let slug = form.workspace.as_deref().filter(|slug| !slug.trim().is_empty());
    let workspace = http.public_workspace(slug).await?;
    if !letters::possible(&http.app.config.email) {
        return Err(Problem::new(
            Kind::Conflict,
            "this service sends no mail, so nobody can be sent a link: write to us by the form, and the answer comes \
             there",
        ));
    }
    let now = http.app.clock.now();
    let place = digest(&format!("portal place\0{}", limits::place(arrival.from.0)));
    let asked = http.app.store.count_sign_in(vec![place], now, WINDOW).await?;
    if asked.iter().any(|count| *count > MOST_ASKED) {
        return Err(Problem::new(
            Kind::TooManyRequests,
            "too many links were asked for from your place: wait a quarter of an hour and try again",
        )
        .retry_after(WINDOW));
    }
    if let Ok(place) = PLACES.try_acquire() {
        tokio::spawn(async move {
            let _place = place;
            if let Err(why) = mail(&http, workspace, &address).await {
                warn!(why, "a link for a customer to sign in with could not be sent");
            }
        });
    }
    Ok(NoContent)
}

async fn mail(http: &Http, workspace: WorkspaceId, address: &str) -> Result<(), String> {
    let now = http.app.clock.now();
    let words = |error: store::StoreError| error.to_string();
    let subjects = vec![digest(&format!("portal\0{workspace}\0{address}"))];
    let counts = http.app.store.count_sign_in(subjects, now, WINDOW).await.map_err(words)?;
    if counts.iter().any(|count| *count > MOST_MAILS) {
        info!("links to sign in with were asked for too often for one address");
        return Ok(());
    }
    let Some((_, link)) = offer(&http.app, workspace, address).await.map_err(words)? else { return Ok(()) };
    let name = http.workspace(workspace).await.map(|workspace| workspace.name).map_err(|why| why.detail)?;
    let text = format!(
        "Somebody asked to see your tickets at {name}. If it was you, open this link within a quarter of an hour and \
         press Sign in:\n\n{link}\n\nThe link works once. If it was not you, do nothing: without this mail nobody \
         gets in.\n"
    );
    let subject = format!("Sign in to your tickets at {name}");
    letters::send(&http.app, &Letter { to: address.to_owned(), subject, text }).await
}

/// A link for the contact with this address, if there is one.
pub async fn offer(
    app: &App,
    workspace: WorkspaceId,
    address: &str,
) -> Result<Option<(Contact, String)>, store::StoreError> {
    let store = app.store.workspace(workspace);
    let Some((_, contact)) = store.people_by_email(&address.to_lowercase()).await? else { return Ok(None) };
    let link = Link::naming(CUSTOMER_LINK_PREFIX, &*app.ids, workspace);
    let now = app.clock.now();
    let offered = store.offer_customer_link(contact.id, link.sha256, now, now.plus(LINK_LIFE)).await?;
    Ok(offered.then(|| (contact, customer_link(&app.config.public_url(), &link.token))))
}

/// A link to sign in with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignInByLink {
    /// What stands behind `#` in the link.
    #[schemars(length(max = 200))]
    pub token: String,
}

/// Who signed in as a customer.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CustomerSessionView {
    pub name: String,
    pub email: String,
    pub workspace: WorkspaceView,
    /// They see their colleagues' tickets as well.
    pub company_tickets: bool,
}

/// A customer with the cookie that carries their session.
struct Signed(SignedCookieJar, CustomerSessionView);

impl Signed {
    async fn of(http: &Http, customer: &Customer) -> Result<Self, Problem> {
        let jar = cookies(http, Some((customer.workspace, customer.session.id)));
        let settings = customer.store(http).channel_settings().await?;
        let view = CustomerSessionView {
            name: customer.contact.name.clone(),
            email: customer.contact.email.clone(),
            workspace: http.workspace(customer.workspace).await?,
            company_tickets: settings.company_tickets,
        };
        Ok(Self(jar, view))
    }
}

impl IntoResponse for Signed {
    fn into_response(self) -> Response {
        let mut response = (self.0, Json(self.1)).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl aide::OperationOutput for Signed {
    type Inner = CustomerSessionView;

    fn operation_response(ctx: &mut GenContext, op: &mut Operation) -> Option<ApiResponse> {
        Json::<CustomerSessionView>::operation_response(ctx, op)
    }

    fn inferred_responses(ctx: &mut GenContext, op: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        Json::<CustomerSessionView>::inferred_responses(ctx, op)
    }
}

fn sign_in_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("signInCustomer").tag("portal").summary("Sign in by a link").description(
        "Uses the link up and sets the signed cookie `countersign_customer`, which lasts for seven days without use. It \
         opens the contact's own tickets and nothing of the staff's.",
    )
}

async fn sign_in(
    State(http): State<Http>,
    arrival: Arrival,
    Json(form): Json<SignInByLink>,
) -> Result<Signed, Problem> {
    http.limits.arrival(arrival.from.0)?;
    let over = || Problem::invalid("this link was used already or is over: ask for another");
    let workspace = workspace_of(CUSTOMER_LINK_PREFIX, &form.token).ok_or_else(over)?;
    let (store, now) = (http.app.store.workspace(workspace), http.app.clock.now());
    let sha256 = digest(&form.token);
    let contact = store.contact_of_link(&sha256, now).await?.ok_or_else(over)?;
    let session = CustomerSession {
        id: CustomerSessionId::new(&*http.app.ids),
        contact_id: contact.id,
        created_at: now,
        seen_at: now,
        expires_at: now.plus(SESSION_LIFE),
    };
    let customer = Customer { workspace, contact, session };
    let deed = deed(&http, &customer, AuditAction::CustomerSignedIn);
    if !store.begin_customer_session(sha256, customer.session.clone(), deed).await? {
        return Err(over());
    }
    Signed::of(&http, &customer).await
}

fn deed(http: &Http, customer: &Customer, action: AuditAction) -> Deed {
    let subject = customer.contact.id.to_string();
    Deed { at: http.app.clock.now(), actor: customer.actor(), action, subject, detail: json!({}) }
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getCustomerSession")
        .tag("portal")
        .summary("Who one is, as a customer")
        .description("Gives the cookie another seven days.")
}

async fn show(State(http): State<Http>, customer: Customer) -> Result<Signed, Problem> {
    Signed::of(&http, &customer).await
}

fn sign_out_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("signOutCustomer")
        .tag("portal")
        .summary("Sign out as a customer")
        .description("Ends the session, here and on the server: its cookie opens nothing any more.")
}

async fn sign_out(State(http): State<Http>, customer: Customer) -> Result<SignedOut, Problem> {
    let deed = deed(&http, &customer, AuditAction::CustomerSignedOut);
    customer.store(&http).end_customer_session(customer.session.id, deed).await?;
    Ok(SignedOut(cookies(&http, None)))
}

struct SignedOut(SignedCookieJar);

impl IntoResponse for SignedOut {
    fn into_response(self) -> Response {
        (self.0, NoContent).into_response()
    }
}

impl aide::OperationOutput for SignedOut {
    type Inner = ();

    fn inferred_responses(ctx: &mut GenContext, op: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        NoContent::inferred_responses(ctx, op)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customers_cookie_is_no_colleagues_and_a_damaged_one_is_none() {
        let id = "019ab0f4-7c4e-7000-8000-000000000001";
        let (workspace, session) = (id.parse().unwrap(), id.parse().unwrap());
        assert_eq!(read(&write(workspace, session)), Some((workspace, session)));
        for bad in ["", "customer", "customer.", &format!("{id}.{id}"), &format!("customer.{id}")] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
