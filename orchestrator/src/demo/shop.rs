//! The demo shop: a small order service with a database of its own, so that the agents of the demo
//! workspace act on something real. It is reached over HTTP like any customer's system; see
//! [`Shop::router`].
//!
//! Every change is made once per `Idempotency-Key`: the key, the change and the answer to it are
//! written in one transaction, and a repeat gets the first answer. One writer makes all changes;
//! those that arrive together share a transaction.

mod order;
mod routes;

use std::{str::FromStr as _, sync::Arc, time::Duration};

use domain::{Clock, Ids, Timestamp, canonical::Digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sqlx::{
    Connection as _, Row as _, SqliteConnection, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteRow, SqliteSynchronous},
};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot};

pub use order::{Address, Item, Order, OrderStatus, OrderView, Refund, money};

/// Changes that share one transaction at most.
const BATCH: usize = 128;
/// Changes that wait to be made; beyond it the shop says that it is busy.
const QUEUE: usize = 4_096;
/// Orders that one look-up by email gives, newest first.
pub const MAX_ORDERS: i64 = 20;

const SCHEMA: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS orders (
        number TEXT PRIMARY KEY,
        email TEXT NOT NULL,
        status TEXT NOT NULL CHECK (status IN ('processing', 'shipped', 'delivered', 'cancelled', 'refunded')),
        placed_at INTEGER NOT NULL,
        delivered_at INTEGER,
        items TEXT NOT NULL,
        total_cents INTEGER NOT NULL,
        refunded_cents INTEGER NOT NULL CHECK (refunded_cents BETWEEN 0 AND total_cents),
        currency TEXT NOT NULL,
        carrier TEXT NOT NULL,
        tracking TEXT,
        eta TEXT,
        address TEXT NOT NULL
    ) STRICT",
    "CREATE INDEX IF NOT EXISTS orders_by_email ON orders (email, placed_at)",
    "CREATE TABLE IF NOT EXISTS changes (
        idempotency_key TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        request_digest TEXT NOT NULL,
        response TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT",
    "CREATE TABLE IF NOT EXISTS refunds (
        id TEXT PRIMARY KEY,
        order_number TEXT NOT NULL REFERENCES orders (number),
        amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
        reason TEXT NOT NULL,
        idempotency_key TEXT NOT NULL UNIQUE REFERENCES changes (idempotency_key),
        at INTEGER NOT NULL
    ) STRICT",
    "CREATE INDEX IF NOT EXISTS refunds_by_order ON refunds (order_number)",
];

#[derive(Debug, Clone, Error)]
pub enum ShopError {
    #[error(
        "the demo shop's database {url} cannot be opened: {why}; check that its folder exists and may be written"
    )]
    Open { url: String, why: String },
    #[error("the demo shop's database is not available: {0}")]
    Unavailable(String),
    #[error("there is no order {0}")]
    NoOrder(String),
    /// The order is in a state that forbids it, or the amount is too high.
    #[error("{0}")]
    Refused(String),
    #[error("this Idempotency-Key was used for another request; use a new one for each change")]
    KeyReused,
    #[error("too many changes are waiting; try again in a second")]
    Busy,
}

impl From<sqlx::Error> for ShopError {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error.to_string())
    }
}

/// Something that changes what the shop remembers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    Refund { order_number: String, amount_cents: i64, reason: String },
    Cancel { order_number: String, reason: String },
    Address { order_number: String, address: Address },
    PasswordReset { email: String },
}

impl Change {
    fn kind(&self) -> &'static str {
        match self {
            Self::Refund { .. } => "refund",
            Self::Cancel { .. } => "cancel",
            Self::Address { .. } => "address",
            Self::PasswordReset { .. } => "password_reset",
        }
    }
}

/// What a change led to.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    pub response: Value,
    /// True when this key's change had been made before and nothing was done now.
    pub replayed: bool,
}

struct Request {
    key: String,
    change: Change,
    reply: oneshot::Sender<Result<Changed, ShopError>>,
}

/// A handle to the demo shop; clones share it.
#[derive(Clone)]
pub struct Shop {
    pool: SqlitePool,
    requests: mpsc::Sender<Request>,
    clock: Arc<dyn Clock>,
}

impl Shop {
    /// Opens `sqlite:PATH` or `sqlite::memory:` and creates what is missing. Needs a Tokio runtime:
    /// the writer runs on it until the last handle is gone.
    pub async fn open(url: &str, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Result<Self, ShopError> {
        let failed = |error: sqlx::Error| ShopError::Open { url: url.to_owned(), why: error.to_string() };
        let memory = url.contains(":memory:");
        let options = SqliteConnectOptions::from_str(url)
            .map_err(failed)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10));
        // A database in memory is its connection: there must be one, and it must stay.
        let pool = SqlitePoolOptions::new()
            .max_connections(if memory { 1 } else { 4 })
            .min_connections(u32::from(memory))
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options)
            .await
            .map_err(failed)?;
        for statement in SCHEMA {
            sqlx::query(*statement).execute(&pool).await.map_err(failed)?;
        }
        let (requests, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(write(pool.clone(), waiting, clock.clone(), ids));
        Ok(Self { pool, requests, clock })
    }

    /// The shop's HTTP face; every request must carry `Authorization: Bearer <token>`.
    pub fn router(&self, token: String) -> axum::Router {
        routes::router(self.clone(), token)
    }

    /// Makes a change, once per key.
    pub async fn change(&self, key: &str, change: Change) -> Result<Changed, ShopError> {
        let (reply, answer) = oneshot::channel();
        let request = Request { key: key.to_owned(), change, reply };
        self.requests.try_send(request).map_err(|_| ShopError::Busy)?;
        answer.await.map_err(|_| ShopError::Unavailable("its writer has stopped".to_owned()))?
    }

    /// The change made with this key: its kind and the answer it got.
    pub async fn changed(&self, key: &str) -> Result<Option<(String, Value)>, ShopError> {
        let row = sqlx::query("SELECT kind, response FROM changes WHERE idempotency_key = $1")
            .bind(key)
            .fetch_optional(&self.pool)
            .await?;
        row.map(|row| Ok((row.try_get("kind")?, json_column(&row, "response")?))).transpose()
    }

    pub async fn order(&self, number: &str) -> Result<Option<Order>, ShopError> {
        let mut connection = self.pool.acquire().await?;
        order(&mut connection, number).await
    }

    /// The newest [`MAX_ORDERS`] orders of an email address, newest first.
    pub async fn orders_of(&self, email: &str) -> Result<Vec<Order>, ShopError> {
        let rows = sqlx::query(
            "SELECT * FROM orders WHERE email = $1 ORDER BY placed_at DESC, number DESC LIMIT $2",
        )
        .bind(email.trim().to_lowercase())
        .bind(MAX_ORDERS)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(order_from).collect()
    }

    /// Adds orders or puts them in the place of those with the same number.
    pub async fn put_orders(&self, orders: &[Order]) -> Result<(), ShopError> {
        let mut connection = self.pool.acquire().await?;
        let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
        for order in orders {
            sqlx::query(
                "INSERT INTO orders (number, email, status, placed_at, delivered_at, items, total_cents, refunded_cents, currency, carrier, tracking, eta, address)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                 ON CONFLICT (number) DO UPDATE SET email = excluded.email, status = excluded.status, placed_at = excluded.placed_at,
                    delivered_at = excluded.delivered_at, items = excluded.items, total_cents = excluded.total_cents,
                    refunded_cents = excluded.refunded_cents, currency = excluded.currency, carrier = excluded.carrier,
                    tracking = excluded.tracking, eta = excluded.eta, address = excluded.address",
            )
            .bind(&order.number)
            .bind(order.email.to_lowercase())
            .bind(order.status.as_str())
            .bind(order.placed_at.0)
            .bind(order.delivered_at.map(|at| at.0))
            .bind(json!(order.items).to_string())
            .bind(order.total_cents())
            .bind(order.refunded_cents)
            .bind(&order.currency)
            .bind(&order.carrier)
            .bind(&order.tracking)
            .bind(&order.eta)
            .bind(json!(order.address).to_string())
            .execute(&mut *transaction)
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    pub async fn put_order(&self, order: &Order) -> Result<(), ShopError> {
        self.put_orders(std::slice::from_ref(order)).await
    }

    /// Every refund ever paid, oldest first.
    pub async fn refunds(&self) -> Result<Vec<Refund>, ShopError> {
        let rows = sqlx::query("SELECT * FROM refunds ORDER BY at, id").fetch_all(&self.pool).await?;
        rows.iter().map(refund_from).collect()
    }

    pub async fn refunds_of(&self, order_number: &str) -> Result<Vec<Refund>, ShopError> {
        let rows = sqlx::query("SELECT * FROM refunds WHERE order_number = $1 ORDER BY at, id")
            .bind(order_number)
            .fetch_all(&self.pool)
            .await?;
        rows.iter().map(refund_from).collect()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Makes changes until every handle is gone.
async fn write(
    pool: SqlitePool,
    mut waiting: mpsc::Receiver<Request>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let answers = make(&pool, &batch, clock.now(), &*ids).await;
        for (at, request) in batch.drain(..).enumerate() {
            let answer = match &answers {
                Ok(answers) => answers[at].clone(),
                Err(error) => Err(error.clone()),
            };
            if request.reply.send(answer).is_err() {
                tracing::debug!(key = request.key, "nobody waits for this change any more; it stands");
            }
        }
    }
}

/// Makes a batch in one transaction. A refusal writes nothing, so it does not spoil the others; an
/// error of the database fails all of them, and none is made.
async fn make(
    pool: &SqlitePool,
    batch: &[Request],
    now: Timestamp,
    ids: &dyn Ids,
) -> Result<Vec<Result<Changed, ShopError>>, ShopError> {
    let mut connection = pool.acquire().await?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    let mut answers = Vec::with_capacity(batch.len());
    for request in batch {
        let answer = make_one(&mut transaction, request, now, ids).await;
        if let Err(error @ (ShopError::Unavailable(_) | ShopError::Open { .. })) = answer {
            return Err(error);
        }
        answers.push(answer);
    }
    transaction.commit().await?;
    Ok(answers)
}

async fn make_one(
    connection: &mut SqliteConnection,
    request: &Request,
    now: Timestamp,
    ids: &dyn Ids,
) -> Result<Changed, ShopError> {
    let digest = Digest::of(&request.change).0;
    let earlier = sqlx::query("SELECT request_digest, response FROM changes WHERE idempotency_key = $1")
        .bind(&request.key)
        .fetch_optional(&mut *connection)
        .await?;
    if let Some(row) = earlier {
        if row.try_get::<String, _>("request_digest")? != digest {
            return Err(ShopError::KeyReused);
        }
        return Ok(Changed { response: json_column(&row, "response")?, replayed: true });
    }
    let refund_id = format!("RF-{}", ids.uuid().simple());
    let (response, after) = judge(connection, &request.change, &refund_id).await?;
    sqlx::query("INSERT INTO changes (idempotency_key, kind, request_digest, response, at) VALUES ($1, $2, $3, $4, $5)")
        .bind(&request.key)
        .bind(request.change.kind())
        .bind(digest)
        .bind(response.to_string())
        .bind(now.0)
        .execute(&mut *connection)
        .await?;
    if let Some(order) = after {
        sqlx::query("UPDATE orders SET status = $2, refunded_cents = $3, address = $4 WHERE number = $1")
            .bind(&order.number)
            .bind(order.status.as_str())
            .bind(order.refunded_cents)
            .bind(json!(order.address).to_string())
            .execute(&mut *connection)
            .await?;
    }
    if let Change::Refund { order_number, amount_cents, reason } = &request.change {
        sqlx::query("INSERT INTO refunds (id, order_number, amount_cents, reason, idempotency_key, at) VALUES ($1, $2, $3, $4, $5, $6)")
            .bind(&refund_id)
            .bind(order_number)
            .bind(amount_cents)
            .bind(reason)
            .bind(&request.key)
            .bind(now.0)
            .execute(&mut *connection)
            .await?;
    }
    Ok(Changed { response, replayed: false })
}

/// Whether the change may be made: the answer to it and the order as it stands after.
async fn judge(
    connection: &mut SqliteConnection,
    change: &Change,
    refund_id: &str,
) -> Result<(Value, Option<Order>), ShopError> {
    let mut found = async |number: &str| {
        order(connection, number).await?.ok_or_else(|| ShopError::NoOrder(number.to_owned()))
    };
    match change {
        Change::Refund { order_number, amount_cents, .. } => {
            let mut order = found(order_number).await?;
            let left = order.refundable_cents();
            if *amount_cents < 1 {
                return Err(ShopError::Refused("a refund must be at least one cent".to_owned()));
            }
            if *amount_cents > left {
                return Err(ShopError::Refused(format!(
                    "{} {currency} cannot be refunded on order {order_number}: {} {currency} of {} {currency} are left to refund and the order is {}",
                    money(*amount_cents),
                    money(left),
                    money(order.total_cents()),
                    order.status.as_str(),
                    currency = order.currency,
                )));
            }
            order.refunded_cents += amount_cents;
            if order.refunded_cents == order.total_cents() {
                order.status = OrderStatus::Refunded;
            }
            let response = json!({
                "refund_id": refund_id, "order_number": order_number, "amount_cents": amount_cents, "status": "refunded",
            });
            Ok((response, Some(order)))
        }
        Change::Cancel { order_number, .. } => {
            let mut order = found(order_number).await?;
            refuse_unless_processing(&order, "cancelled")?;
            order.status = OrderStatus::Cancelled;
            Ok((json!({ "order_number": order_number, "status": "cancelled" }), Some(order)))
        }
        Change::Address { order_number, address } => {
            let mut order = found(order_number).await?;
            refuse_unless_processing(&order, "sent to another address")?;
            order.address = address.clone();
            let response =
                json!({ "order_number": order_number, "status": order.status, "address": address });
            Ok((response, Some(order)))
        }
        Change::PasswordReset { email } => Ok((json!({ "email": email, "status": "sent" }), None)),
    }
}

fn refuse_unless_processing(order: &Order, what: &str) -> Result<(), ShopError> {
    if order.status == OrderStatus::Processing {
        return Ok(());
    }
    let (number, status) = (&order.number, order.status.as_str());
    Err(ShopError::Refused(format!(
        "order {number} is {status} and can only be {what} while it is processing"
    )))
}

async fn order(connection: &mut SqliteConnection, number: &str) -> Result<Option<Order>, ShopError> {
    let row =
        sqlx::query("SELECT * FROM orders WHERE number = $1").bind(number).fetch_optional(connection).await?;
    row.as_ref().map(order_from).transpose()
}

fn order_from(row: &SqliteRow) -> Result<Order, ShopError> {
    let status: String = row.try_get("status")?;
    Ok(Order {
        number: row.try_get("number")?,
        email: row.try_get("email")?,
        status: OrderStatus::parse(&status)
            .ok_or_else(|| ShopError::Unavailable(format!("`{status}` is no status")))?,
        placed_at: Timestamp(row.try_get("placed_at")?),
        delivered_at: row.try_get::<Option<i64>, _>("delivered_at")?.map(Timestamp),
        items: json_column(row, "items")?,
        refunded_cents: row.try_get("refunded_cents")?,
        currency: row.try_get("currency")?,
        carrier: row.try_get("carrier")?,
        tracking: row.try_get("tracking")?,
        eta: row.try_get("eta")?,
        address: json_column(row, "address")?,
    })
}

fn refund_from(row: &SqliteRow) -> Result<Refund, ShopError> {
    Ok(Refund {
        refund_id: row.try_get("id")?,
        order_number: row.try_get("order_number")?,
        amount_cents: row.try_get("amount_cents")?,
        reason: row.try_get("reason")?,
        idempotency_key: row.try_get("idempotency_key")?,
        at: Timestamp(row.try_get("at")?),
    })
}

fn json_column<T: serde::de::DeserializeOwned>(row: &SqliteRow, name: &str) -> Result<T, ShopError> {
    let text: String = row.try_get(name)?;
    serde_json::from_str(&text)
        .map_err(|error| ShopError::Unavailable(format!("the column {name} is damaged: {error}")))
}
