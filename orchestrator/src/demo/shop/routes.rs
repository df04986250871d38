//! The demo shop over HTTP. Answers are JSON; problems are `application/problem+json` with a
//! `detail` that says what to do.

use std::collections::HashMap;

use axum::{
    Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, Query, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use domain::canonical::Digest;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Address, Change, Order, OrderStatus, Shop, ShopError};

const MAX_BODY: usize = 16 * 1024;
const MAX_KEY_CHARS: usize = 200;
const MAX_TEXT_CHARS: usize = 500;

pub(super) fn router(shop: Shop, token: String) -> Router {
    // Compared by digest, so that the time it takes tells nothing of the token.
    let wanted = Digest::of_bytes(format!("Bearer {token}").as_bytes());
    let guard = middleware::from_fn(move |request: Request, next: Next| {
        let wanted = wanted.clone();
        async move {
            let given =
                request.headers().get(header::AUTHORIZATION).map(|value| Digest::of_bytes(value.as_bytes()));
            if given == Some(wanted) {
                return next.run(request).await;
            }
            let mut response =
                Problem::new(StatusCode::UNAUTHORIZED, "send the shop's token as `Authorization: Bearer …`")
                    .into_response();
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            response
        }
    });
    Router::new()
        .route("/orders", get(orders))
        .route("/orders/{number}", get(order))
        .route("/orders/{number}/tracking", get(tracking))
        .route("/orders/{number}/refunds", post(refund))
        .route("/orders/{number}/cancel", post(cancel))
        .route("/orders/{number}/address", put(address))
        .route("/password-resets", post(password_reset))
        .route("/refunds", get(refunds))
        .route("/refunds/by-key/{key}", get(changed))
        .route("/cancellations/by-key/{key}", get(changed))
        .route("/address-changes/by-key/{key}", get(changed))
        .route("/password-resets/by-key/{key}", get(changed))
        .fallback(async || Problem::new(StatusCode::NOT_FOUND, "the demo shop has no such address"))
        .method_not_allowed_fallback(async || {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this address takes another method")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(guard)
        .with_state(shop)
}

struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }
}

impl From<ShopError> for Problem {
    fn from(error: ShopError) -> Self {
        let status = match &error {
            ShopError::NoOrder(_) => StatusCode::NOT_FOUND,
            ShopError::Refused(_) => StatusCode::CONFLICT,
            ShopError::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            ShopError::Busy | ShopError::Unavailable(_) | ShopError::Open { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        Self::new(status, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Problem");
        let body = json!({ "type": "about:blank", "title": title, "status": self.status.as_u16(), "detail": self.detail });
        let mut response = (self.status, body.to_string()).into_response();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

type Answer = Result<Response, Problem>;

fn ok(body: &impl serde::Serialize) -> Answer {
    Ok(axum::Json(body).into_response())
}

async fn order(State(shop): State<Shop>, Path(number): Path<String>) -> Answer {
    let order = known_order(&shop, &number).await?;
    ok(&order.view(shop.now()))
}

async fn orders(State(shop): State<Shop>, Query(query): Query<HashMap<String, String>>) -> Answer {
    let email = query.get("email").map(|email| email.trim()).filter(|email| !email.is_empty());
    let Some(email) = email else {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "say whose orders: `?email=name@example.com`"));
    };
    let orders: Vec<_> = shop.orders_of(email).await?.iter().map(|order| order.view(shop.now())).collect();
    ok(&json!({ "orders": orders }))
}

async fn tracking(State(shop): State<Shop>, Path(number): Path<String>) -> Answer {
    let order = known_order(&shop, &number).await?;
    let status = match order.status {
        OrderStatus::Processing => "not_shipped",
        OrderStatus::Cancelled => "cancelled",
        OrderStatus::Shipped => "in_transit",
        OrderStatus::Delivered => "delivered",
        OrderStatus::Refunded if order.delivered_at.is_some() => "delivered",
        OrderStatus::Refunded if order.tracking.is_some() => "in_transit",
        OrderStatus::Refunded => "not_shipped",
    };
    ok(&json!({
        "order_number": order.number, "customer_email": order.email, "status": status, "carrier": order.carrier, "tracking": order.tracking,
        "eta": order.eta, "delivered_at": order.delivered_at, "city": order.address.city,
    }))
}

#[derive(Deserialize)]
struct RefundBody {
    amount_cents: i64,
    #[serde(default)]
    reason: String,
}

async fn refund(
    State(shop): State<Shop>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let RefundBody { amount_cents, reason } = read(&body)?;
    let change = Change::Refund {
        order_number: order_number(&number)?,
        amount_cents,
        reason: text("reason", reason, 0)?,
    };
    make(&shop, &headers, change, StatusCode::CREATED).await
}

#[derive(Deserialize)]
struct CancelBody {
    #[serde(default)]
    reason: String,
}

async fn cancel(
    State(shop): State<Shop>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let CancelBody { reason } =
        if body.is_empty() { CancelBody { reason: String::new() } } else { read(&body)? };
    let change = Change::Cancel { order_number: order_number(&number)?, reason: text("reason", reason, 0)? };
    make(&shop, &headers, change, StatusCode::OK).await
}

async fn address(
    State(shop): State<Shop>,
    Path(number): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let given: Address = read(&body)?;
    let address = Address {
        street: text("street", given.street, 1)?,
        postcode: text("postcode", given.postcode, 1)?,
        city: text("city", given.city, 1)?,
        country: text("country", given.country, 2)?.to_uppercase(),
    };
    if address.country.len() != 2 || !address.country.chars().all(|c| c.is_ascii_alphabetic()) {
        return Err(unprocessable("`country` is two letters, such as DE"));
    }
    make(&shop, &headers, Change::Address { order_number: order_number(&number)?, address }, StatusCode::OK)
        .await
}

#[derive(Deserialize)]
struct ResetBody {
    email: String,
}

/// Answers alike whether or not the address has an account, so that nobody can find out.
async fn password_reset(State(shop): State<Shop>, headers: HeaderMap, body: Bytes) -> Answer {
    let ResetBody { email } = read(&body)?;
    let email = text("email", email, 3)?.to_lowercase();
    if !email.contains('@') {
        return Err(unprocessable("`email` is no email address"));
    }
    make(&shop, &headers, Change::PasswordReset { email }, StatusCode::ACCEPTED).await
}

async fn refunds(State(shop): State<Shop>, Query(query): Query<HashMap<String, String>>) -> Answer {
    let refunds = match query.get("order") {
        Some(number) => shop.refunds_of(&order_number(number)?).await?,
        None => shop.refunds().await?,
    };
    ok(&json!({ "refunds": refunds }))
}

/// Tells a caller who lost the answer whether its change was made.
async fn changed(State(shop): State<Shop>, Path(key): Path<String>) -> Answer {
    match shop.changed(&key).await? {
        Some((_, response)) => ok(&response),
        None => Err(Problem::new(StatusCode::NOT_FOUND, "nothing was done with this Idempotency-Key")),
    }
}

async fn make(shop: &Shop, headers: &HeaderMap, change: Change, status: StatusCode) -> Answer {
    let key =
        headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::trim).unwrap_or_default();
    if key.is_empty() || key.chars().count() > MAX_KEY_CHARS {
        let detail = format!(
            "send an `Idempotency-Key` header of 1 to {MAX_KEY_CHARS} characters, the same for every repeat"
        );
        return Err(Problem::new(StatusCode::BAD_REQUEST, detail));
    }
    let changed = shop.change(key, change).await?;
    let mut response = (status, axum::Json(changed.response)).into_response();
    if changed.replayed {
        response.headers_mut().insert("idempotent-replayed", HeaderValue::from_static("true"));
    }
    Ok(response)
}

async fn known_order(shop: &Shop, number: &str) -> Result<Order, Problem> {
    let number = order_number(number)?;
    Ok(shop.order(&number).await?.ok_or(ShopError::NoOrder(number))?)
}

fn order_number(text: &str) -> Result<String, Problem> {
    let number = text.trim().to_uppercase();
    if number.len() > 32 || number.is_empty() {
        return Err(unprocessable("an order number looks like NF-10482"));
    }
    Ok(number)
}

fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Problem> {
    let value: Value = serde_json::from_slice(body)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, format!("the body is not JSON: {error}")))?;
    serde_json::from_value(value).map_err(|error| unprocessable(format!("the body does not fit: {error}")))
}

fn text(name: &str, value: String, least: usize) -> Result<String, Problem> {
    let value = value.trim().to_owned();
    if !(least..=MAX_TEXT_CHARS).contains(&value.chars().count()) {
        return Err(unprocessable(format!("`{name}` must have {least} to {MAX_TEXT_CHARS} characters")));
    }
    Ok(value)
}

fn unprocessable(detail: impl Into<String>) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
}
