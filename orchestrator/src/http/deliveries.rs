//! Mail on its way out: what was sent, what failed, and sending again.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    DeliveryId, MessageId, TicketId, Timestamp,
    audit::AuditAction,
    commit::{Commit, DeliveryStatus, Op},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::Delivery;

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, Path, Query},
    page::{Page, PageQuery},
    problem::Problem,
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/deliveries", get_with(list, list_docs))
        .api_route("/v1/deliveries/{id}/retry", post_with(retry, retry_docs))
}

/// The delivery in the path.
#[derive(Deserialize, JsonSchema)]
pub struct DeliveryPath {
    /// The delivery.
    pub id: DeliveryId,
}

/// Which deliveries are wanted.
#[derive(Deserialize, JsonSchema)]
pub struct DeliveryQuery {
    #[serde(default)]
    pub status: Option<DeliveryStatus>,
}

/// A message on its way out by email.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryView {
    pub id: DeliveryId,
    pub ticket_id: TicketId,
    /// The message it carries.
    pub message_id: MessageId,
    pub status: DeliveryStatus,
    /// How often sending was begun.
    pub attempts: i64,
    pub error: Option<String>,
    /// Not before this; null means at once, or that it is settled.
    pub next_attempt_at: Option<Timestamp>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl From<Delivery> for DeliveryView {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id,
            ticket_id: delivery.ticket_id,
            message_id: delivery.message_id,
            status: delivery.status,
            attempts: delivery.attempts,
            error: delivery.error,
            next_attempt_at: delivery.next_attempt_at,
            created_at: delivery.created_at,
            updated_at: delivery.updated_at,
        }
    }
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listDeliveries").tag("deliveries").summary("List outgoing mail").description("Newest first.")
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadTickets>,
    Query(page): Query<PageQuery>,
    Query(query): Query<DeliveryQuery>,
) -> Result<Json<Page<DeliveryView>>, Problem> {
    let page = staff.store(&http).deliveries(query.status, page.limit()?, page.cursor()).await?;
    Ok(Json(Page::map(page, DeliveryView::from)))
}

fn retry_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("retryDelivery").tag("deliveries").summary("Send again").description(
        "Puts a failed or unknown delivery back in the queue. An unknown one may have arrived: sending again may \
         deliver it twice, which is why a person has to ask for it. 409 for any other.",
    )
}

async fn retry(
    State(http): State<Http>,
    staff: Staff<may::RetryRuns>,
    Path(path): Path<DeliveryPath>,
) -> Result<Json<DeliveryView>, Problem> {
    let store = staff.store(&http);
    let missing = || Problem::not_found("the delivery");
    let delivery = store.delivery(path.id).await?.ok_or_else(missing)?;
    if !matches!(delivery.status, DeliveryStatus::Failed | DeliveryStatus::Unknown) {
        return Err(super::tickets::conflict(format!(
            "this delivery is {} and cannot be sent again",
            delivery.status.as_str()
        )));
    }
    let at = http.app.clock.now();
    let op = Op::ChangeDelivery {
        id: path.id,
        from: delivery.status,
        status: DeliveryStatus::Pending,
        error: None,
        at,
        next_attempt_at: None,
    };
    store.commit(Commit { ops: vec![op] }).await?;
    store.audit(staff.deed(&http, AuditAction::DeliveryRetried, path.id.to_string(), json!({}))).await?;
    let delivery = store.delivery(path.id).await?.ok_or_else(missing)?;
    Ok(Json(delivery.into()))
}
