//! Who is asking: staff by session cookie or API key. Visitors are in [`super::visitor`].
//!
//! A handler names the least role it takes in its own signature, `staff: Staff<Reviewer>`, so it
//! cannot forget to ask, and the API's description is made from the same signature.

use std::{marker::PhantomData, time::Duration};

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, Response as ApiResponse, StatusCode as ApiStatus},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, Method, header, request::Parts},
};
use axum_extra::extract::cookie::{Cookie, SameSite, SignedCookieJar};
use domain::{
    SessionId, UserId, WorkspaceId,
    audit::{AuditAction, Deed},
    rights::{Right, Rights},
    user::{Actor, Role, User},
};
use moka::sync::Cache;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{ApiKey, WorkspaceStore};

use super::{
    Http, observe,
    problem::{Problem, described},
    sight::{Seen, Sight},
};

/// The session cookie's name.
pub const SESSION_COOKIE: &str = "countersign_session";
/// What every API key starts with.
pub const API_KEY_PREFIX: &str = "cs_live_";
/// How long a session lasts.
pub const SESSION_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long an identity may be used without being read again: a removed user or key, or a session
/// that was ended in another process, is out after this.
const IDENTITY_LIFE: Duration = Duration::from_secs(5);

/// A role as a type, for [`Staff`].
pub trait MinRole: Send + Sync + 'static {
    const ROLE: Role;
}

macro_rules! roles {
    ($($name:ident),*) => {$(
        #[doc = concat!("At least ", stringify!($name), ".")]
        #[derive(Clone, Copy, Debug)]
        pub struct $name;
        impl MinRole for $name {
            const ROLE: Role = Role::$name;
        }
    )*};
}

roles!(Viewer, Agent, Reviewer, Admin);

/// Who on the staff side a request is from.
#[derive(Clone, Debug)]
pub enum Identity {
    User(User),
    ApiKey(ApiKey),
}

impl Identity {
    pub fn role(&self) -> Role {
        match self {
            Self::User(user) => user.role,
            Self::ApiKey(key) => key.role,
        }
    }

    /// What the caller may about personal data. A key sees it only when it was made to.
    pub fn rights(&self, rights: &Rights) -> Vec<Right> {
        match self {
            Self::User(user) => rights.of(user.role),
            Self::ApiKey(key) => {
                let mut held = rights.of(key.role);
                held.retain(|right| *right == Right::SeePersonalData && key.sees_personal_data);
                held
            }
        }
    }

    pub fn sight(&self, rights: &Rights) -> Sight {
        if self.rights(rights).contains(&Right::SeePersonalData) { Sight::Whole } else { Sight::Masked }
    }
}

/// A request by someone whose role is at least `R`.
#[derive(Clone, Debug)]
pub struct Staff<R> {
    pub workspace: WorkspaceId,
    pub identity: Identity,
    /// How the answer will be seen; [`super::sight`] masks it.
    pub sight: Sight,
    least: PhantomData<R>,
}

impl<R> Staff<R> {
    /// The rows of the caller's workspace.
    pub fn store(&self, http: &Http) -> WorkspaceStore {
        http.app.store.workspace(self.workspace)
    }

    pub fn role(&self) -> Role {
        self.identity.role()
    }

    /// The caller as the author of events.
    pub fn actor(&self) -> Actor {
        match &self.identity {
            Identity::User(user) => Actor::User { user_id: user.id, name: user.name.clone() },
            Identity::ApiKey(key) => Actor::ApiKey { api_key_id: key.id, name: key.name.clone() },
        }
    }

    /// Something the caller did, for the audit.
    pub fn deed(&self, http: &Http, action: AuditAction, subject: impl Into<String>, detail: Value) -> Deed {
        Deed { at: http.app.clock.now(), actor: self.actor(), action, subject: subject.into(), detail }
    }

    /// The caller as a person; an API key is refused with what it may not do.
    pub fn person(&self, what: &str) -> Result<&User, Problem> {
        match &self.identity {
            Identity::User(user) => Ok(user),
            Identity::ApiKey(_) => {
                Err(Problem::forbidden(format!("{what} takes a person: sign in instead of using an API key")))
            }
        }
    }
}

/// What is remembered of identities for a moment.
#[derive(Clone)]
pub struct Identities {
    users: Cache<(WorkspaceId, UserId), Option<User>>,
    sessions: Cache<Session, Option<store::Session>>,
    keys: Cache<[u8; 32], Option<(WorkspaceId, ApiKey)>>,
}

impl Default for Identities {
    fn default() -> Self {
        Self {
            users: Cache::builder().max_capacity(10_000).time_to_live(IDENTITY_LIFE).build(),
            sessions: Cache::builder().max_capacity(10_000).time_to_live(IDENTITY_LIFE).build(),
            keys: Cache::builder().max_capacity(10_000).time_to_live(IDENTITY_LIFE).build(),
        }
    }
}

/// The content of the session cookie: which session it is for. The session itself is a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    pub workspace: WorkspaceId,
    pub id: SessionId,
}

impl Session {
    fn write(&self) -> String {
        format!("{}.{}", self.workspace, self.id)
    }

    fn read(text: &str) -> Option<Self> {
        let (workspace, id) = text.split_once('.')?;
        Some(Self { workspace: workspace.parse().ok()?, id: id.parse().ok()? })
    }

    /// The session that a request names, when its cookie is ours. It may have ended.
    pub fn of(http: &Http, headers: &HeaderMap) -> Option<Self> {
        let jar = SignedCookieJar::from_headers(headers, http.cookie_key());
        Self::read(jar.get(SESSION_COOKIE)?.value())
    }

    /// The cookie that carries it. `secure` when people reach the service by TLS.
    pub fn cookie(&self, secure: bool) -> Cookie<'static> {
        session_cookie(&self.write(), SESSION_LIFE, secure)
    }

    /// The cookie that ends a session in the browser.
    pub fn no_cookie(secure: bool) -> Cookie<'static> {
        session_cookie("", Duration::ZERO, secure)
    }
}

fn session_cookie(value: &str, life: Duration, secure: bool) -> Cookie<'static> {
    // Parsed rather than built, because the type of the age belongs to a crate that is not ours.
    let age = format!("_; Max-Age={}", life.as_secs());
    let mut cookie =
        Cookie::parse(format!("{SESSION_COOKIE}={age}")).unwrap_or_else(|_| Cookie::new(SESSION_COOKIE, ""));
    cookie.set_value(value.to_owned());
    cookie.set_path("/");
    cookie.set_http_only(true);
    cookie.set_same_site(SameSite::Lax);
    cookie.set_secure(secure);
    cookie
}

impl Http {
    /// The user of a session as they are now, read again every few seconds.
    pub async fn user(&self, workspace: WorkspaceId, id: UserId) -> Result<Option<User>, Problem> {
        if let Some(known) = self.identities.users.get(&(workspace, id)) {
            return Ok(known);
        }
        let user = self.app.store.workspace(workspace).user(id).await?;
        self.identities.users.insert((workspace, id), user.clone());
        Ok(user)
    }

    /// What a person did about a session of their own.
    pub fn of_session(&self, action: AuditAction, user: &User) -> Deed {
        let actor = Actor::User { user_id: user.id, name: user.name.clone() };
        Deed {
            at: self.app.clock.now(),
            actor,
            action,
            subject: user.email.clone(),
            detail: json!({ "role": user.role }),
        }
    }

    /// Begins a session of this person.
    pub async fn begin_session(&self, workspace: WorkspaceId, user: &User) -> Result<Session, Problem> {
        let now = self.app.clock.now();
        let session = store::Session {
            id: SessionId::new(&*self.app.ids),
            user_id: user.id,
            created_at: now,
            expires_at: now.plus(SESSION_LIFE),
        };
        let named = Session { workspace, id: session.id };
        self.app
            .store
            .workspace(workspace)
            .begin_session(session, self.of_session(AuditAction::SessionOpened, user))
            .await?;
        Ok(named)
    }

    /// Ends a session: its cookie opens nothing from here on, in other processes after a moment.
    pub async fn end_session(&self, session: Session, user: &User) -> Result<(), Problem> {
        let deed = self.of_session(AuditAction::SessionClosed, user);
        self.app.store.workspace(session.workspace).end_session(session.id, deed).await?;
        self.identities.sessions.insert(session, None);
        Ok(())
    }

    /// Whose session it is, unless it has ended.
    async fn user_of(&self, session: Session) -> Result<Option<User>, Problem> {
        let now = self.app.clock.now();
        let stay = match self.identities.sessions.get(&session) {
            Some(known) => known,
            None => {
                let read = self.app.store.workspace(session.workspace).session(session.id, now).await?;
                self.identities.sessions.insert(session, read.clone());
                read
            }
        };
        match stay.filter(|stay| now < stay.expires_at) {
            Some(stay) => self.user(session.workspace, stay.user_id).await,
            None => Ok(None),
        }
    }

    async fn api_key(&self, token: &str) -> Result<Option<(WorkspaceId, ApiKey)>, Problem> {
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if let Some(known) = self.identities.keys.get(&hash) {
            return Ok(known);
        }
        let found = self.app.store.api_key_by_hash(&hex::encode(hash)).await?;
        self.identities.keys.insert(hash, found.clone());
        Ok(found)
    }

    /// Who a request is from; `None` when it carries no credentials that are valid.
    pub async fn identify(
        &self,
        method: &Method,
        headers: &HeaderMap,
    ) -> Result<Option<(WorkspaceId, Identity)>, Problem> {
        if let Some(token) = bearer(headers) {
            if !token.starts_with(API_KEY_PREFIX) {
                return Ok(None);
            }
            return Ok(self.api_key(token).await?.map(|(workspace, key)| (workspace, Identity::ApiKey(key))));
        }
        let Some(session) = Session::of(self, headers) else { return Ok(None) };
        let Some(user) = self.user_of(session).await? else { return Ok(None) };
        if !method.is_safe() {
            same_origin(headers, self.public_host())?;
        }
        Ok(Some((session.workspace, Identity::User(user))))
    }
}

/// The token of an `Authorization: Bearer` header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Refuses a state-changing request that a browser sent on behalf of another site. Browsers say so
/// in `Sec-Fetch-Site`; older ones send an `Origin`, whose host must be ours.
pub fn same_origin(headers: &HeaderMap, public_host: Option<&str>) -> Result<(), Problem> {
    let get = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let ours = match (get("sec-fetch-site"), get("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && (host == get("host") || host == public_host)
        }
        (None, None) => false,
    };
    if ours {
        return Ok(());
    }
    Err(Problem::forbidden(
        "a request with a session cookie that changes something must come from this service's own pages: \
         send `Sec-Fetch-Site: same-origin` or an `Origin` equal to the host, or use an API key",
    ))
}

impl<R: MinRole> FromRequestParts<Http> for Staff<R> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Problem> {
        let (workspace, identity) =
            http.identify(&parts.method, &parts.headers).await?.ok_or_else(Problem::unauthorized)?;
        if identity.role() < R::ROLE {
            return Err(Problem::forbidden(format!(
                "this takes the role {} or above; yours is {}",
                R::ROLE.as_str(),
                identity.role().as_str()
            )));
        }
        observe::is_of(workspace);
        let sight = identity.sight(&http.app.personal.rights);
        parts
            .extensions
            .get::<Seen>()
            .ok_or_else(|| Problem::internal(&"a route is outside of the layer that masks"))?
            .tell(workspace, sight);
        Ok(Self { workspace, identity, sight, least: PhantomData })
    }
}

impl<R: MinRole> OperationInput for Staff<R> {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security.push([("session".to_owned(), Vec::new())].into_iter().collect());
        operation.security.push([("api_key".to_owned(), Vec::new())].into_iter().collect());
        operation.extensions.insert("x-role".to_owned(), R::ROLE.as_str().into());
    }

    fn inferred_early_responses(
        ctx: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        vec![
            (Some(ApiStatus::Code(401)), described(ctx, "No valid session or API key")),
            (
                Some(ApiStatus::Code(403)),
                described(
                    ctx,
                    &format!("The role is below {}, or another site's page sent it", R::ROLE.as_str()),
                ),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect()
    }

    #[test]
    fn only_our_own_pages_may_change_things_with_a_cookie() {
        let ours =
            |pairs: &[(&'static str, &str)]| same_origin(&headers(pairs), Some("desk.example")).is_ok();
        assert!(ours(&[("sec-fetch-site", "same-origin")]));
        assert!(ours(&[("sec-fetch-site", "none")]));
        assert!(ours(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        assert!(ours(&[("origin", "https://desk.example"), ("host", "10.0.0.7:8080")]));
        assert!(!ours(&[]));
        assert!(!ours(&[("host", "127.0.0.1:8080")]));
        assert!(!ours(&[("origin", "null"), ("host", "127.0.0.1:8080")]));
        assert!(!ours(&[("origin", "https://evil.example"), ("host", "127.0.0.1:8080")]));
        assert!(!ours(&[
            ("sec-fetch-site", "cross-site"),
            ("origin", "http://127.0.0.1:8080"),
            ("host", "127.0.0.1:8080")
        ]));
        assert!(!ours(&[("sec-fetch-site", "same-site")]));
    }

    #[test]
    fn a_session_survives_its_cookie_and_a_damaged_one_is_none() {
        let id = "019ab0f4-7c4e-7000-8000-000000000001";
        let session = Session { workspace: id.parse().unwrap(), id: id.parse().unwrap() };
        assert_eq!(Session::read(&session.write()), Some(session));
        for bad in ["", "a.b", id, &format!("{id}."), &format!("{id}.{id}.7")] {
            assert_eq!(Session::read(bad), None, "{bad}");
        }
    }
}
