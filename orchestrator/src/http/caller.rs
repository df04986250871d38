//! Who sends a request, before it is known what they may: [`Caller`] for routes about one's own session, [`Person`]
//! for routes about one's own account. Who has yet to set up a second factor comes no further than these.

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, Response as ApiResponse, StatusCode as ApiStatus},
};
use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use domain::{AccountId, WorkspaceId, audit::AuditAction, user::User};
use serde_json::Value;
use store::{Account, AccountDeed};

use super::{
    Http,
    auth::{Caller, Identity, Session, Staff, may, same_origin},
    observe::{self, Peer},
    problem::Problem,
    sight::Seen,
};
use crate::sign_in::SecondFactor;

/// Of what a browser calls itself.
const MAX_DEVICE: usize = 200;

/// A session that goes on.
#[derive(Clone, Debug)]
pub struct Stay {
    pub named: Session,
    pub row: store::Session,
}

impl Caller {
    /// The sender of a request, whose answer is seen by them from here on.
    pub async fn enter(parts: &mut Parts, http: &Http) -> Result<Self, Problem> {
        let caller = http.caller(&parts.method, &parts.headers).await?.ok_or_else(Problem::unauthorized)?;
        if let Some(stay) = &caller.stay {
            let arrival = Arrival::of(parts).await?;
            http.keep_alive(stay.named, &stay.row, &arrival).await?;
        }
        observe::is_of(caller.workspace);
        let sight = caller.sight();
        parts
            .extensions
            .get::<Seen>()
            .ok_or_else(|| Problem::internal(&"a route is outside of the layer that masks"))?
            .tell(caller.workspace, sight);
        Ok(caller)
    }

    /// The service asks for a second factor, and a password alone was shown.
    pub fn lacks_second_factor(&self, http: &Http) -> bool {
        http.app.sign_in.second_factor == SecondFactor::Required
            && self.stay.as_ref().is_some_and(|stay| !stay.row.second_factor)
    }
}

impl FromRequestParts<Http> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Problem> {
        Self::enter(parts, http).await
    }
}

/// A signed-in person.
#[derive(Clone, Debug)]
pub struct Person {
    pub workspace: WorkspaceId,
    pub user: User,
    pub account: AccountId,
    pub stay: Stay,
}

impl Person {
    pub async fn account(&self, http: &Http) -> Result<Account, Problem> {
        let account = http.app.store.account(self.account).await?;
        account.ok_or_else(|| Problem::not_found("the account"))
    }

    /// What they did to their own account.
    pub fn deed(&self, http: &Http, action: AuditAction, detail: Value) -> AccountDeed {
        AccountDeed { at: http.app.clock.now(), action, detail, by_themselves: true }
    }
}

impl FromRequestParts<Http> for Person {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Problem> {
        match Caller::enter(parts, http).await? {
            Caller { workspace, identity: Identity::User(user), stay: Some(stay), .. } => {
                Ok(Self { workspace, user, account: stay.row.account_id, stay })
            }
            _ => Err(Problem::forbidden("an account takes a person: sign in instead of using an API key")),
        }
    }
}

/// Where a request comes from, and with what. One that changes something and that another site's page sent is
/// refused, signed in or not.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub from: Peer,
    pub device: String,
}

impl Arrival {
    async fn of(parts: &mut Parts) -> Result<Self, Problem> {
        let from = Peer::from_request_parts(parts, &()).await?;
        Ok(Self { from, device: device(&parts.headers) })
    }

    pub fn place(&self) -> String {
        self.from.0.map(|ip| ip.to_string()).unwrap_or_default()
    }
}

fn device(headers: &HeaderMap) -> String {
    let named = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    named.unwrap_or_default().chars().filter(|c| !c.is_control()).take(MAX_DEVICE).collect()
}

impl FromRequestParts<Http> for Arrival {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Problem> {
        let browser =
            parts.headers.contains_key("sec-fetch-site") || parts.headers.contains_key(header::ORIGIN);
        if !parts.method.is_safe() && browser {
            same_origin(&parts.headers, http.public_host())?;
        }
        Self::of(parts).await
    }
}

impl OperationInput for Arrival {}

macro_rules! described_as_staff {
    ($($name:ty),*) => {$(
        impl OperationInput for $name {
            fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
                Staff::<may::BeHere>::operation_input(ctx, operation);
            }

            fn inferred_early_responses(
                ctx: &mut GenContext,
                operation: &mut Operation,
            ) -> Vec<(Option<ApiStatus>, ApiResponse)> {
                Staff::<may::BeHere>::inferred_early_responses(ctx, operation)
            }
        }
    )*};
}

described_as_staff!(Caller, Person);
