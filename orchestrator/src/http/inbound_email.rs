//! Mail that a mail server or provider hands in over HTTP.

use std::time::Duration;

use aide::{
    OperationInput,
    axum::{ApiRouter, routing::post_with},
    generate::GenContext,
    openapi::Operation,
    transform::TransformOperation,
};
use axum::{
    body::Bytes,
    extract::{DefaultBodyLimit, FromRequest, Request, State},
    http::{HeaderMap, StatusCode},
};
use domain::{TicketId, Timestamp};
use hmac::{Hmac, Mac as _};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{
    Http,
    input::{Json, body, too_large},
    problem::{Kind, Problem},
};
use crate::channels::email_in;

const SIGNATURE: &str = "x-countersign-signature";
/// How old or early a signature may be: a captured request cannot be sent again later.
const WINDOW: Duration = Duration::from_secs(300);
const MAX_BYTES: usize = 26 * 1024 * 1024;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/channels/email/inbound", post_with(receive, receive_docs))
        .layer(DefaultBodyLimit::max(MAX_BYTES))
}

/// What became of a mail.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Received {
    pub status: ReceivedStatus,
    /// The ticket it belongs to; null when it was ignored.
    pub ticket_id: Option<TicketId>,
    /// Why it was ignored.
    pub reason: Option<String>,
}

impl From<email_in::Received> for Received {
    fn from(received: email_in::Received) -> Self {
        let (status, ticket_id, reason) = match received {
            email_in::Received::Ticket { ticket_id, opened: true } => {
                (ReceivedStatus::Opened, Some(ticket_id), None)
            }
            email_in::Received::Ticket { ticket_id, opened: false } => {
                (ReceivedStatus::Added, Some(ticket_id), None)
            }
            email_in::Received::Duplicate { ticket_id } => (ReceivedStatus::Duplicate, Some(ticket_id), None),
            email_in::Received::Ignored { why } => (ReceivedStatus::Ignored, None, Some(why.to_string())),
        };
        Self { status, ticket_id, reason }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReceivedStatus {
    /// It opened a ticket.
    Opened,
    /// It was added to one.
    Added,
    /// It was received before.
    Duplicate,
    /// A machine wrote it, or its sender writes faster than a person does.
    Ignored,
}

fn receive_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("receiveEmail").tag("channels").summary("Hand in a mail").description(
        "The raw RFC 5322 message. `X-Countersign-Signature: t=<unix seconds>,v1=<hex>` where `v1` is the HMAC-SHA256 \
         of `<t>.<body>` with `email.inbound_secret`; it is valid for five minutes. The same `Message-ID` is taken once. \
         At most 26 MiB.",
    )
    .security_requirement("email_signature")
}

/// Proof that the sender knows the secret, and the mail.
struct SignedMail(Bytes);

impl OperationInput for SignedMail {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let schema = schemars::json_schema!({ "type": "string", "format": "binary" });
        aide::operation::set_body(ctx, operation, body("message/rfc822", schema));
    }
}

impl FromRequest<Http> for SignedMail {
    type Rejection = Problem;

    async fn from_request(request: Request, http: &Http) -> Result<Self, Problem> {
        let secret = &http.app.config.email.inbound_secret;
        if !secret.is_set() {
            return Err(Problem::new(Kind::NotFound, "mail over HTTP is off: set email.inbound_secret"));
        }
        let (at, tag) = signature(request.headers()).ok_or_else(unsigned)?;
        let now = http.app.clock.now();
        if now.since(at) > WINDOW || at.since(now) > WINDOW {
            return Err(unsigned());
        }
        let bytes =
            Bytes::from_request(request, http).await.map_err(|rejection| match rejection.status() {
                StatusCode::PAYLOAD_TOO_LARGE => too_large(),
                _ => Problem::new(Kind::BadRequest, rejection.body_text()),
            })?;
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
            .map_err(|error| Problem::internal(&error))?;
        mac.update((at.0 / 1_000_000).to_string().as_bytes());
        mac.update(b".");
        mac.update(&bytes);
        mac.verify_slice(&tag).map_err(|_| unsigned())?;
        Ok(Self(bytes))
    }
}

fn unsigned() -> Problem {
    Problem::new(
        Kind::Unauthorized,
        "the mail is not signed, or its signature is wrong or older than five minutes; \
         send `X-Countersign-Signature: t=<unix seconds>,v1=<hex hmac-sha256 of \"<t>.<body>\">`",
    )
}

fn signature(headers: &HeaderMap) -> Option<(Timestamp, Vec<u8>)> {
    let value = headers.get(SIGNATURE)?.to_str().ok()?;
    let mut at = None;
    let mut tag = None;
    for part in value.split(',') {
        match part.trim().split_once('=')? {
            ("t", seconds) => at = Some(Timestamp(seconds.parse::<i64>().ok()?.checked_mul(1_000_000)?)),
            ("v1", hex) => tag = Some(hex::decode(hex).ok()?),
            _ => {}
        }
    }
    Some((at?, tag?))
}

async fn receive(State(http): State<Http>, SignedMail(bytes): SignedMail) -> Result<Json<Received>, Problem> {
    let workspace = http.public_workspace(None).await?;
    let received = email_in::receive(&http.app, workspace, &bytes).await?;
    Ok(Json(received.into()))
}
