//! Signing in at one's company (OpenID Connect), and what ways in there are.
//!
//! What is remembered while somebody is away is sealed in a cookie of ten minutes that is sent to these routes
//! alone. A failure ends on the sign-in page, which says what to do.

use std::time::Duration;

use aide::{
    OperationOutput,
    axum::{ApiRouter, routing::get_with},
    generate::GenContext,
    openapi::{Operation, Response as ApiResponse, StatusCode as ApiStatus},
    transform::TransformOperation,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use domain::{
    UserId,
    audit::{AuditAction, Deed},
    user::{Actor, User},
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Account, AccountDeed};
use tracing::{info, warn};

use super::{
    Http,
    caller::Arrival,
    input::{Json, Path, Query},
    problem::{Kind, Problem},
    session::Signed,
};
use crate::{
    channels::letters,
    sign_in::openid::{Company, OpenIdError, Pending, Vouched},
};

const COOKIE: &str = "countersign_openid";
const COOKIE_PATH: &str = "/v1/sign-in/openid";
/// How long somebody may be away.
const AWAY: Duration = Duration::from_secs(600);
const PURPOSE: &str = "openid sign-in";

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/sign-in", get_with(options, options_docs))
        .api_route("/v1/sign-in/openid/{name}", get_with(begin, begin_docs))
        .api_route("/v1/sign-in/openid/{name}/callback", get_with(finish, finish_docs))
}

/// The ways in.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SignInOptions {
    pub companies: Vec<CompanyView>,
    pub passkeys: bool,
    /// A forgotten password is replaced by mail; otherwise an admin makes a link.
    pub reset_by_mail: bool,
}

/// A company whose people sign in at its own provider.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CompanyView {
    /// For `/v1/sign-in/openid/{name}`.
    pub name: String,
    pub title: String,
}

fn options_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("signInOptions").tag("session").summary("The ways to sign in")
}

async fn options(State(http): State<Http>) -> Json<SignInOptions> {
    let sign_in = &http.app.sign_in;
    Json(SignInOptions {
        companies: sign_in
            .companies
            .iter()
            .map(|company| CompanyView {
                name: company.name().to_owned(),
                title: company.config().title.clone(),
            })
            .collect(),
        passkeys: sign_in.passkeys.is_some(),
        reset_by_mail: letters::possible(&http.app.config.email),
    })
}

/// The company in the path.
#[derive(Deserialize, JsonSchema)]
pub struct CompanyPath {
    pub name: String,
}

/// Where to go afterwards.
#[derive(Deserialize, JsonSchema)]
pub struct Next {
    /// A path of this service's pages.
    #[serde(default)]
    pub next: Option<String>,
}

/// What a provider sends somebody back with.
#[derive(Deserialize, JsonSchema)]
pub struct Returned {
    #[serde(default)]
    pub code: Option<String>,
    #[serde(default)]
    pub state: Option<String>,
    /// The provider's word for why not.
    #[serde(default)]
    pub error: Option<String>,
}

/// 303 to another page, with cookies on the way.
struct Away {
    to: String,
    cookie: Cookie<'static>,
    signed: Option<Signed>,
}

impl IntoResponse for Away {
    fn into_response(self) -> Response {
        let mut response = StatusCode::SEE_OTHER.into_response();
        match HeaderValue::from_str(&self.to) {
            Ok(to) => response.headers_mut().insert(header::LOCATION, to),
            Err(error) => return Problem::internal(&error).into_response(),
        };
        let jar = CookieJar::new().add(self.cookie);
        match self.signed {
            Some(signed) => (signed.jar, jar, response).into_response(),
            None => (jar, response).into_response(),
        }
    }
}

impl OperationOutput for Away {
    type Inner = ();

    fn inferred_responses(_: &mut GenContext, _: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        let response = ApiResponse {
            description: "Where to go; a failure leads to the sign-in page".to_owned(),
            ..ApiResponse::default()
        };
        vec![(Some(ApiStatus::Code(303)), response)]
    }
}

fn cookie(http: &Http, value: String, life: Duration) -> Cookie<'static> {
    // Parsed rather than built, because the type of the age belongs to a crate that is not ours.
    let age = format!("{COOKIE}=_; Max-Age={}", life.as_secs());
    let mut cookie = Cookie::parse(age).unwrap_or_else(|_| Cookie::new(COOKIE, ""));
    cookie.set_value(value);
    cookie.set_path(COOKIE_PATH);
    cookie.set_http_only(true);
    // Somebody comes back from another site.
    cookie.set_same_site(SameSite::Lax);
    cookie.set_secure(http.is_secure());
    cookie
}

/// Only a path of our own pages: nobody is sent elsewhere.
fn next_page(next: Option<String>) -> String {
    let ours = |path: &String| {
        path.len() <= 500
            && path.starts_with('/')
            && !path.starts_with("//")
            && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\')
    };
    next.filter(ours).unwrap_or_else(|| "/".to_owned())
}

fn begin_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("beginCompanySignIn").tag("session").summary("Sign in at one's company").description(
        "Sends the browser to the company's provider (OpenID Connect, authorization code with PKCE).",
    )
}

async fn begin(
    State(http): State<Http>,
    arrival: Arrival,
    Path(path): Path<CompanyPath>,
    Query(query): Query<Next>,
) -> Result<Away, Problem> {
    http.limits.arrival(arrival.from.0)?;
    let company = http.app.sign_in.company(&path.name).ok_or_else(|| Problem::not_found("the company"))?;
    let until = http.app.clock.now().plus(AWAY);
    match company.begin(next_page(query.next), until).await {
        Ok((url, pending)) => {
            let plain = serde_json::to_vec(&pending).map_err(|error| Problem::internal(&error))?;
            let sealed = http.app.sign_in.sealing.seal(PURPOSE, &plain, &*http.app.ids);
            let sealed = sealed.map_err(|error| Problem::internal(&error))?;
            Ok(Away { to: url.to_string(), cookie: cookie(&http, sealed, AWAY), signed: None })
        }
        Err(error) => Ok(failed(&http, company, &error.to_string(), "provider")),
    }
}

fn failed(http: &Http, company: &Company, why: &str, word: &str) -> Away {
    warn!(company = company.name(), why, "somebody could not sign in at their company");
    let word = utf8_percent_encode(word, NON_ALPHANUMERIC);
    Away {
        to: format!("/sign-in?failed={word}"),
        cookie: cookie(http, String::new(), Duration::ZERO),
        signed: None,
    }
}

fn finish_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("finishCompanySignIn")
        .tag("session")
        .summary("Come back from one's company")
        .description("Where the provider sends the browser to. Sets the session's cookie.")
}

async fn finish(
    State(http): State<Http>,
    arrival: Arrival,
    headers: HeaderMap,
    Path(path): Path<CompanyPath>,
    Query(query): Query<Returned>,
) -> Result<Away, Problem> {
    http.limits.arrival(arrival.from.0)?;
    let company = http.app.sign_in.company(&path.name).ok_or_else(|| Problem::not_found("the company"))?;
    let Some(pending) = pending(&http, company, &headers, query.state.as_deref()) else {
        return Ok(failed(&http, company, "nobody was waited for, or it took too long", "late"));
    };
    let Some(code) = query.code else {
        let why: String =
            query.error.unwrap_or_default().chars().filter(|c| !c.is_control()).take(100).collect();
        return Ok(failed(&http, company, &format!("the provider says no: {why}"), "refused"));
    };
    let vouched = match company.finish(code, &pending, http.app.clock.now()).await {
        Ok(vouched) => vouched,
        Err(error) => {
            let word = match error {
                OpenIdError::Provider(_) | OpenIdError::Answer(_) => "provider",
                OpenIdError::Unverified => "unverified",
                OpenIdError::Domain => "domain",
            };
            return Ok(failed(&http, company, &error.to_string(), word));
        }
    };
    let Some((account, workspace)) = admit(&http, company, vouched).await? else {
        return Ok(failed(&http, company, "the address belongs to no account", "unknown"));
    };
    // A company's provider asks for what the company wants to be asked for.
    match Signed::begin(&http, &account, true, &arrival, workspace).await {
        Ok(signed) => Ok(Away {
            to: pending.next,
            cookie: cookie(&http, String::new(), Duration::ZERO),
            signed: Some(signed),
        }),
        Err(problem) if problem.kind == Kind::Unauthorized => {
            Ok(failed(&http, company, &problem.detail, "unknown"))
        }
        Err(problem) => Err(problem),
    }
}

/// Who was sent to this company with this state, by this browser, not long ago.
fn pending(http: &Http, company: &Company, headers: &HeaderMap, state: Option<&str>) -> Option<Pending> {
    let jar = CookieJar::from_headers(headers);
    let sealed = jar.get(COOKIE)?.value();
    let opened = http.app.sign_in.sealing.open(PURPOSE, sealed).ok()?;
    let pending: Pending = serde_json::from_slice(&opened.plain).ok()?;
    let known = state == Some(pending.state.as_str())
        && pending.company == company.name()
        && http.app.clock.now() < pending.until;
    known.then_some(pending)
}

/// The account that a provider vouches for: as it was linked before, else by the verified address, else a new one
/// where the company's people join by themselves.
async fn admit(
    http: &Http,
    company: &Company,
    vouched: Vouched,
) -> Result<Option<(Account, Option<domain::WorkspaceId>)>, Problem> {
    let store = &http.app.store;
    let home = match &company.config().workspace {
        Some(slug) => store.workspaces().await?.into_iter().find(|workspace| workspace.slug == *slug),
        None => None,
    };
    let home = home.map(|workspace| workspace.id);
    if let Some(account) = store.account_by_identity(&vouched.issuer, &vouched.subject).await? {
        return Ok(Some((account, home)));
    }
    let known = store.account_by_email(&vouched.email).await?;
    let is_there = match (&known, home) {
        (Some(account), Some(home)) => {
            store.memberships(account.id).await?.iter().any(|m| m.workspace.id == home)
        }
        _ => false,
    };
    let account = match (known, home) {
        (Some(account), None) => account,
        (Some(account), Some(_)) if is_there => account,
        (None, None) => return Ok(None),
        (_, Some(home)) => {
            let now = http.app.clock.now();
            let name = vouched.name.clone();
            let name = name.unwrap_or_else(|| vouched.email.split('@').next().unwrap_or_default().to_owned());
            let user = User {
                id: UserId::new(&*http.app.ids),
                email: vouched.email.clone(),
                name: name.clone(),
                role: company.config().role.clone(),
                title: String::new(),
                created_at: now,
                deactivated_at: None,
            };
            let deed = Deed {
                at: now,
                actor: Actor::User { user_id: user.id, name },
                action: AuditAction::InvitationAccepted,
                subject: vouched.email.clone(),
                detail: json!({ "role": user.role, "company": company.name() }),
            };
            let joined = store.workspace(home).join(user, deed).await?;
            info!(company = company.name(), "somebody joined by their company");
            store.account(joined).await?.ok_or_else(|| Problem::not_found("the account"))?
        }
    };
    let deed = AccountDeed {
        at: http.app.clock.now(),
        action: AuditAction::IdentityLinked,
        detail: json!({ "company": company.name() }),
        by_themselves: true,
    };
    store.link_identity(account.id, vouched.issuer, vouched.subject, deed).await?;
    Ok(Some((account, home)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        assert_eq!(next_page(Some("/tickets?status=open".to_owned())), "/tickets?status=open");
        for elsewhere in ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nx: y"] {
            assert_eq!(next_page(Some(elsewhere.to_owned())), "/", "{elsewhere:?}");
        }
    }
}
