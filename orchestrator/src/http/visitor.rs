//! Visitors: someone who started a conversation and holds the token it was answered with.
//!
//! The token is bound to one conversation of one workspace and opens nothing else. It is signed,
//! not stored: `cv_<base64url of the claim>.<base64url of its HMAC-SHA256>`.

use std::time::Duration;

use aide::{
    OperationInput,
    generate::GenContext,
    openapi::{Operation, Response as ApiResponse, StatusCode as ApiStatus},
};
use axum::{extract::FromRequestParts, http::request::Parts};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    TicketId, Timestamp, WorkspaceId,
    ticket::{Channel, Ticket},
};
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use store::WorkspaceStore;

use super::{
    Http,
    auth::bearer,
    input::Path,
    observe,
    problem::{Problem, described},
    sites::Site,
};

/// What every visitor token starts with.
pub const VISITOR_PREFIX: &str = "cv_";
/// How long a conversation can be written to with its token.
const TOKEN_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);
const CLAIM_BYTES: usize = 16 + 16 + 8;

/// What a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    pub workspace: WorkspaceId,
    pub ticket: TicketId,
    pub issued_at: Timestamp,
}

impl Claim {
    /// The token for it.
    pub fn sign(&self, key: &[u8; 32]) -> String {
        let mut claim = Vec::with_capacity(CLAIM_BYTES);
        claim.extend_from_slice(self.workspace.0.as_bytes());
        claim.extend_from_slice(self.ticket.0.as_bytes());
        claim.extend_from_slice(&self.issued_at.0.to_be_bytes());
        let tag = mac(key, &claim).finalize().into_bytes();
        format!("{VISITOR_PREFIX}{}.{}", URL_SAFE_NO_PAD.encode(claim), URL_SAFE_NO_PAD.encode(tag))
    }

    /// The claim of a token that was signed with this key and has not run out by `now`.
    pub fn verify(token: &str, key: &[u8; 32], now: Timestamp) -> Option<Self> {
        let (claim, tag) = token.strip_prefix(VISITOR_PREFIX)?.split_once('.')?;
        let claim = URL_SAFE_NO_PAD.decode(claim).ok()?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        mac(key, &claim).verify_slice(&tag).ok()?;
        let claim: [u8; CLAIM_BYTES] = claim.try_into().ok()?;
        let (workspace, rest) = claim.split_first_chunk::<16>()?;
        let (ticket, rest) = rest.split_first_chunk::<16>()?;
        let claim = Self {
            workspace: WorkspaceId(uuid::Uuid::from_bytes(*workspace)),
            ticket: TicketId(uuid::Uuid::from_bytes(*ticket)),
            issued_at: Timestamp(i64::from_be_bytes(rest.try_into().ok()?)),
        };
        (now < claim.expires_at()).then_some(claim)
    }

    pub fn expires_at(&self) -> Timestamp {
        self.issued_at.plus(TOKEN_LIFE)
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn mac(key: &[u8; 32], claim: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(b"countersign conversation\0");
    mac.update(claim);
    mac
}

/// A request by the visitor of the conversation in the path.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub workspace: WorkspaceId,
    pub ticket: TicketId,
}

impl Visitor {
    pub fn store(&self, http: &Http) -> WorkspaceStore {
        http.app.store.workspace(self.workspace)
    }

    /// The conversation's ticket.
    pub async fn conversation(&self, http: &Http) -> Result<Ticket, Problem> {
        self.store(http)
            .ticket(self.ticket)
            .await?
            .filter(|ticket| ticket.channel == Channel::Chat)
            .ok_or_else(|| Problem::not_found("the conversation"))
    }
}

impl FromRequestParts<Http> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, http: &Http) -> Result<Self, Problem> {
        let from_query = || {
            url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
                .find(|(name, _)| name == "token")
                .map(|(_, token)| token.into_owned())
        };
        let token = bearer(&parts.headers).map(str::to_owned).or_else(from_query);
        let claim = token
            .and_then(|token| Claim::verify(&token, http.visitor_key(), http.app.clock.now()))
            .ok_or_else(|| {
                Problem::new(
                    super::problem::Kind::Unauthorized,
                    "send the conversation's token as `Authorization: Bearer cv_…`, or as `?token=` for an event stream",
                )
            })?;
        Site::of(&parts.headers, http).may_call(http, claim.workspace).await?;
        let Path(id) = Path::<ConversationPath>::from_request_parts(parts, http).await?;
        // Another conversation's id looks the same as one that does not exist.
        if id.id != claim.ticket {
            return Err(Problem::not_found("the conversation"));
        }
        http.limits.visitor(claim.ticket)?;
        observe::is_of(claim.workspace);
        Ok(Self { workspace: claim.workspace, ticket: claim.ticket })
    }
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct ConversationPath {
    /// The conversation.
    id: TicketId,
}

impl OperationInput for Visitor {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        Path::<ConversationPath>::operation_input(ctx, operation);
        operation.security.push([("visitor".to_owned(), Vec::new())].into_iter().collect());
    }

    fn inferred_early_responses(
        ctx: &mut GenContext,
        _: &mut Operation,
    ) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        vec![
            (Some(ApiStatus::Code(401)), described(ctx, "No valid token")),
            (Some(ApiStatus::Code(404)), described(ctx, "The token is for another conversation")),
            (
                Some(ApiStatus::Code(429)),
                described(ctx, "Too many requests; Retry-After says when to come back"),
            ),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_own_conversation_until_it_runs_out_and_cannot_be_altered() {
        let id = "019ab0f4-7c4e-7000-8000-000000000001";
        let claim = Claim {
            workspace: id.parse().unwrap(),
            ticket: id.parse().unwrap(),
            issued_at: Timestamp(1_000_000),
        };
        let token = claim.sign(&[1; 32]);
        let now = Timestamp(2_000_000);
        assert_eq!(Claim::verify(&token, &[1; 32], now), Some(claim));
        assert_eq!(Claim::verify(&token, &[2; 32], now), None);
        assert_eq!(Claim::verify(&token, &[1; 32], now.plus(TOKEN_LIFE)), None);
        for at in VISITOR_PREFIX.len()..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(bytes).unwrap();
            let verified = Claim::verify(&altered, &[1; 32], now);
            assert!(verified.is_none() || verified == Some(claim), "byte {at}");
        }
        for bad in ["", "cv_", "cv_.", "cv_x.y", "cs_live_x"] {
            assert_eq!(Claim::verify(bad, &[1; 32], now), None);
        }
    }
}
