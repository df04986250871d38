//! Who is asking: staff by session cookie or API key. Visitors are in [`super::visitor`].
//!
//! A handler names the permission it takes in its own signature, `staff: Staff<may::DecideApprovals>`, so
//! it cannot forget to ask, and the API's description is made from the same signature.

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
    AccountId, SessionId, UserId, WorkspaceId,
    audit::{AuditAction, Deed},
    permission::{Permission, Permissions},
    standing::Standing,
    user::{Actor, Role, RoleName, User},
};
use moka::sync::Cache;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{ApiKey, KeyOwner, WorkspaceStore};
use tracing::warn;

pub(super) use super::may;
use super::{
    Http,
    caller::{Arrival, Stay},
    may::May,
    problem::{Problem, described},
    sight::Sight,
};
use crate::people::{self, Doer};

/// The session cookie's name.
pub const SESSION_COOKIE: &str = "countersign_session";
/// What every API key starts with.
pub const API_KEY_PREFIX: &str = "cs_live_";
/// How long a session lasts that nobody uses.
pub const SESSION_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long an identity may be used without being read again: a removed user or key, or a session
/// that was ended in another process, is out after this.
const IDENTITY_LIFE: Duration = Duration::from_secs(5);
/// How exactly it is known when a session was used last.
const SEEN_EVERY: Duration = Duration::from_secs(3600);
/// How exact it is when a key was last used.
const USE_NOTED: Duration = Duration::from_secs(3600);

/// Who on the staff side a request is from.
#[derive(Clone, Debug)]
pub enum Identity {
    User(User),
    ApiKey(ApiKey),
}

/// Who it is, where, and what they may at this moment.
#[derive(Clone, Debug)]
pub struct Caller {
    pub workspace: WorkspaceId,
    pub identity: Identity,
    pub permissions: Permissions,
    /// None for an API key.
    pub stay: Option<Stay>,
}

impl Caller {
    /// Whether they may one of these, when there is one.
    pub fn may_any(&self, any_of: &[Permission]) -> bool {
        any_of.is_empty() || any_of.iter().any(|permission| self.permissions.contains(*permission))
    }

    pub fn sight(&self) -> Sight {
        if self.permissions.contains(Permission::SeePersonalData) { Sight::Whole } else { Sight::Masked }
    }

    fn forbidden(&self, any_of: &[Permission]) -> Problem {
        let names: Vec<&str> = any_of.iter().map(|permission| permission.as_str()).collect();
        let takes = names.join(" or ");
        Problem::forbidden(match &self.identity {
            Identity::ApiKey(_) if any_of.iter().all(|permission| permission.takes_a_person()) => {
                format!(
                    "this takes a person with the permission {takes}: sign in instead of using an API key"
                )
            }
            Identity::ApiKey(_) => {
                format!("this takes the permission {takes}, which is not in the scopes of this API key")
            }
            Identity::User(user) => {
                format!(
                    "this takes the permission {takes}, which your role, {}, does not have",
                    user.role.as_str()
                )
            }
        })
    }
}

/// A request by someone who may `M`.
#[derive(Clone, Debug)]
pub struct Staff<M> {
    pub workspace: WorkspaceId,
    pub identity: Identity,
    pub permissions: Permissions,
    /// How the answer will be seen; [`super::sight`] masks it.
    pub sight: Sight,
    may: PhantomData<M>,
}

impl<M> Staff<M> {
    /// The rows of the caller's workspace.
    pub fn store(&self, http: &Http) -> WorkspaceStore {
        http.app.store.workspace(self.workspace)
    }

    /// For what only turns out in the handler to take more than the route does.
    pub fn must(&self, permission: Permission) -> Result<(), Problem> {
        let Self { workspace, identity, permissions, .. } = self;
        let caller = Caller {
            workspace: *workspace,
            identity: identity.clone(),
            permissions: *permissions,
            stay: None,
        };
        if caller.may_any(&[permission]) { Ok(()) } else { Err(caller.forbidden(&[permission])) }
    }

    /// Refuses to give, or to take from somebody, what the caller may not.
    pub fn holds(&self, permissions: Permissions, who: &str) -> Result<(), Problem> {
        people::holds(self.permissions, permissions, who).map_err(Problem::forbidden)
    }

    /// The caller as somebody who looks after colleagues.
    pub fn doer<'a>(&self, http: &'a Http) -> Doer<'a> {
        Doer {
            app: &http.app,
            store: self.store(http),
            actor: self.actor(),
            person: match &self.identity {
                Identity::User(user) => Some(user.id),
                Identity::ApiKey(_) => None,
            },
            permissions: self.permissions,
        }
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

    /// The caller as a person. Keys do not get here with a permission that takes one.
    pub fn person(&self) -> Result<&User, Problem> {
        match &self.identity {
            Identity::User(user) => Ok(user),
            Identity::ApiKey(_) => {
                Err(Problem::forbidden("this takes a person: sign in instead of using an API key"))
            }
        }
    }

    /// Whose approvals the caller may decide; a key decides nothing.
    pub async fn standing(&self, http: &Http) -> Result<Option<Standing>, Problem> {
        match &self.identity {
            Identity::User(user) => Ok(Some(http.standing(self.workspace, user).await?)),
            Identity::ApiKey(_) => Ok(None),
        }
    }
}

/// What is remembered of identities for a moment.
#[derive(Clone)]
pub struct Identities {
    users: Cache<(WorkspaceId, UserId), Option<User>>,
    roles: Cache<(WorkspaceId, RoleName), Permissions>,
    standings: Cache<(WorkspaceId, UserId), Standing>,
    sessions: Cache<Session, Option<store::Session>>,
    keys: Cache<[u8; 32], Option<(WorkspaceId, ApiKey)>>,
}

impl Default for Identities {
    fn default() -> Self {
        Self {
            users: Cache::builder().max_capacity(10_000).time_to_live(IDENTITY_LIFE).build(),
            roles: Cache::builder().max_capacity(10_000).time_to_live(IDENTITY_LIFE).build(),
            standings: Cache::builder().max_capacity(10_000).time_to_live(IDENTITY_LIFE).build(),
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

    /// What a role may in a workspace, read again every few seconds when it is of the workspace's own.
    pub async fn permissions_of(&self, workspace: WorkspaceId, role: &Role) -> Result<Permissions, Problem> {
        let Role::Custom(name) = role else { return Ok(Permissions::of(role).unwrap_or_default()) };
        let key = (workspace, name.clone());
        if let Some(known) = self.identities.roles.get(&key) {
            return Ok(known);
        }
        let permissions = self.app.store.workspace(workspace).permissions_of(role).await?;
        self.identities.roles.insert(key, permissions);
        Ok(permissions)
    }

    /// Whose approvals a person may decide, read again every few seconds like the person.
    pub async fn standing(&self, workspace: WorkspaceId, user: &User) -> Result<Standing, Problem> {
        let key = (workspace, user.id);
        if let Some(known) = self.identities.standings.get(&key).filter(|known| known.role == user.role) {
            return Ok(known);
        }
        let standing = self.app.store.workspace(workspace).standing(user).await?;
        self.identities.standings.insert(key, standing.clone());
        Ok(standing)
    }

    /// What was changed is read again at once in this process. Keys of theirs go with them.
    pub fn forget_person(&self, workspace: WorkspaceId, id: UserId) {
        self.identities.users.invalidate(&(workspace, id));
        self.forget_standings();
        self.forget_keys();
    }

    pub fn forget_role(&self, workspace: WorkspaceId, name: &RoleName) {
        self.identities.roles.invalidate(&(workspace, name.clone()));
        self.forget_standings();
    }

    /// A team or a role changed, and with it who may decide what.
    pub fn forget_standings(&self) {
        self.identities.standings.invalidate_all();
    }

    pub fn forget_keys(&self) {
        self.identities.keys.invalidate_all();
    }

    /// What is remembered of sessions is read anew: some were ended, or changed.
    pub fn forget_sessions(&self) {
        self.identities.sessions.invalidate_all();
        self.identities.users.invalidate_all();
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
    pub async fn begin_session(
        &self,
        workspace: WorkspaceId,
        user: &User,
        (account_id, second_factor): (AccountId, bool),
        arrival: &Arrival,
    ) -> Result<Session, Problem> {
        let now = self.app.clock.now();
        let session = store::Session {
            id: SessionId::new(&*self.app.ids),
            account_id,
            user_id: user.id,
            device: arrival.device.clone(),
            address: arrival.place(),
            second_factor,
            created_at: now,
            seen_at: now,
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
    async fn user_of(&self, session: Session) -> Result<Option<(User, store::Session)>, Problem> {
        let now = self.app.clock.now();
        let stay = match self.identities.sessions.get(&session) {
            Some(known) => known,
            None => {
                let read = self.app.store.workspace(session.workspace).session(session.id, now).await?;
                self.identities.sessions.insert(session, read.clone());
                read
            }
        };
        let Some(stay) = stay.filter(|stay| now < stay.expires_at) else { return Ok(None) };
        let user = self.user(session.workspace, stay.user_id).await?;
        Ok(user.filter(|user| user.deactivated_at.is_none()).map(|user| (user, stay)))
    }

    /// The session is in use, so it goes on: written down once an hour and not with every request.
    pub async fn keep_alive(
        &self,
        session: Session,
        row: &store::Session,
        arrival: &Arrival,
    ) -> Result<(), Problem> {
        let now = self.app.clock.now();
        if now.since(row.seen_at) < SEEN_EVERY {
            return Ok(());
        }
        let until = now.plus(SESSION_LIFE);
        let store = self.app.store.workspace(session.workspace);
        store.see_session(session.id, arrival.place(), now, until).await?;
        let row = store::Session { seen_at: now, expires_at: until, ..row.clone() };
        self.identities.sessions.insert(session, Some(row));
        Ok(())
    }

    async fn api_key(&self, token: &str) -> Result<Option<(WorkspaceId, ApiKey)>, Problem> {
        let hash: [u8; 32] = Sha256::digest(token.as_bytes()).into();
        if let Some(known) = self.identities.keys.get(&hash) {
            return Ok(known);
        }
        let found = self.app.store.api_key_by_hash(&hex::encode(hash)).await?;
        if let Some((workspace, key)) = &found {
            self.note_use(*workspace, key);
        }
        self.identities.keys.insert(hash, found.clone());
        Ok(found)
    }

    /// Writes down that a key is in use, once in a while and without the request waiting for it.
    fn note_use(&self, workspace: WorkspaceId, key: &ApiKey) {
        let now = self.app.clock.now();
        if key.last_used_at.is_some_and(|last| now < last.plus(USE_NOTED)) {
            return;
        }
        let (store, id) = (self.app.store.workspace(workspace), key.id);
        tokio::spawn(async move {
            if let Err(error) = store.api_key_used(id, now).await {
                warn!(%error, key = %id, "it could not be written down that an API key was used");
            }
        });
    }

    /// What a key may now: what it was made with, and of a person's no more than the person.
    async fn by_key(&self, workspace: WorkspaceId, key: ApiKey) -> Result<Option<Caller>, Problem> {
        if key.expires_at.is_some_and(|end| self.app.clock.now() >= end) {
            return Ok(None);
        }
        let mut permissions = key.scopes.of_keys();
        if let KeyOwner::User(id) = key.owner {
            let owner = self.user(workspace, id).await?.filter(|user| user.deactivated_at.is_none());
            let Some(owner) = owner else { return Ok(None) };
            permissions = permissions.and(self.permissions_of(workspace, &owner.role).await?);
        }
        Ok(Some(Caller { workspace, identity: Identity::ApiKey(key), permissions, stay: None }))
    }

    /// Who a request is from; `None` when it carries no credentials that are valid. Who has yet to set up a second
    /// factor is nobody here.
    pub async fn identify(&self, method: &Method, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
        Ok(self.caller(method, headers).await?.filter(|caller| !caller.lacks_second_factor(self)))
    }

    /// Who a request is from, whatever they may.
    pub async fn caller(&self, method: &Method, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
        if let Some(token) = bearer(headers) {
            if !token.starts_with(API_KEY_PREFIX) {
                return Ok(None);
            }
            let Some((workspace, key)) = self.api_key(token).await? else { return Ok(None) };
            return self.by_key(workspace, key).await;
        }
        let Some(session) = Session::of(self, headers) else { return Ok(None) };
        let Some((user, row)) = self.user_of(session).await? else { return Ok(None) };
        if !method.is_safe() {
            same_origin(headers, self.public_host())?;
        }
        let permissions = self.permissions_of(session.workspace, &user.role).await?;
        let stay = Some(Stay { named: session, row });
        Ok(Some(Caller { workspace: session.workspace, identity: Identity::User(user), permissions, stay }))
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

impl<M: May> FromRequestParts<Http> for Staff<M> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Problem> {
        let caller = Caller::enter(parts, http).await?;
        if caller.lacks_second_factor(http) {
            return Err(Problem::forbidden(
                "this service asks everybody for a second factor: set up an authenticator app or a passkey in \
                 your account's settings, then go on",
            ));
        }
        if !caller.may_any(M::ANY_OF) {
            return Err(caller.forbidden(M::ANY_OF));
        }
        let sight = caller.sight();
        let Caller { workspace, identity, permissions, .. } = caller;
        Ok(Self { workspace, identity, permissions, sight, may: PhantomData })
    }
}

impl<M: May> OperationInput for Staff<M> {
    fn operation_input(_: &mut GenContext, operation: &mut Operation) {
        operation.security.push([("session".to_owned(), Vec::new())].into_iter().collect());
        operation.security.push([("api_key".to_owned(), Vec::new())].into_iter().collect());
        let names: Vec<&str> = M::ANY_OF.iter().map(|permission| permission.as_str()).collect();
        operation.extensions.insert("x-permission".to_owned(), json!(names));
    }

    fn inferred_early_responses(
        ctx: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        let names: Vec<&str> = M::ANY_OF.iter().map(|permission| permission.as_str()).collect();
        let why = match names.as_slice() {
            [] => "Another site's page sent it".to_owned(),
            names => format!("It takes {}, or another site's page sent it", names.join(" or ")),
        };
        vec![
            (Some(ApiStatus::Code(401)), described(ctx, "No valid session or API key")),
            (Some(ApiStatus::Code(403)), described(ctx, &why)),
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
