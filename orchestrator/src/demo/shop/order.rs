//! What the demo shop sells and remembers, and the rules of its counter.

use std::time::Duration;

use domain::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    Processing,
    Shipped,
    Delivered,
    Cancelled,
    /// The whole amount was paid back.
    Refunded,
}

impl OrderStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "processing",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
            Self::Refunded => "refunded",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Processing, Self::Shipped, Self::Delivered, Self::Cancelled, Self::Refunded]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub sku: String,
    pub name: String,
    pub quantity: i64,
    /// Of one piece.
    pub price_cents: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub street: String,
    pub postcode: String,
    pub city: String,
    /// ISO 3166-1, two letters.
    pub country: String,
}

/// An order as the shop keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// `NF-` and five digits.
    pub number: String,
    /// Lower case.
    pub email: String,
    pub status: OrderStatus,
    pub placed_at: Timestamp,
    pub delivered_at: Option<Timestamp>,
    pub items: Vec<Item>,
    pub refunded_cents: i64,
    pub currency: String,
    pub carrier: String,
    /// Known once it has been handed to the carrier.
    pub tracking: Option<String>,
    /// The day it is expected, for a parcel that is still on its way: `2026-11-24`.
    pub eta: Option<String>,
    pub address: Address,
}

/// A refund that was paid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    pub refund_id: String,
    pub order_number: String,
    pub amount_cents: i64,
    pub reason: String,
    pub idempotency_key: String,
    pub at: Timestamp,
}

/// An order as it is told over HTTP.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OrderView {
    pub order_number: String,
    pub customer_email: String,
    pub status: OrderStatus,
    pub placed_at: Timestamp,
    pub delivered_at: Option<Timestamp>,
    pub items: Vec<Item>,
    pub total_cents: i64,
    pub refunded_cents: i64,
    pub refundable_cents: i64,
    /// Whole days; null until it is delivered.
    pub days_since_delivery: Option<i64>,
    pub currency: String,
    pub carrier: String,
    pub tracking: Option<String>,
    pub eta: Option<String>,
    pub address: Address,
}

impl Order {
    pub fn total_cents(&self) -> i64 {
        self.items.iter().map(|item| item.price_cents * item.quantity).sum()
    }

    /// What may still be paid back. Cancelling pays everything back by itself.
    pub fn refundable_cents(&self) -> i64 {
        match self.status {
            OrderStatus::Cancelled | OrderStatus::Refunded => 0,
            _ => (self.total_cents() - self.refunded_cents).max(0),
        }
    }

    pub fn view(&self, now: Timestamp) -> OrderView {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        OrderView {
            order_number: self.number.clone(),
            customer_email: self.email.clone(),
            status: self.status,
            placed_at: self.placed_at,
            delivered_at: self.delivered_at,
            items: self.items.clone(),
            total_cents: self.total_cents(),
            refunded_cents: self.refunded_cents,
            refundable_cents: self.refundable_cents(),
            days_since_delivery: self.delivered_at.map(|at| (now.since(at).as_secs() / DAY.as_secs()) as i64),
            currency: self.currency.clone(),
            carrier: self.carrier.clone(),
            tracking: self.tracking.clone(),
            eta: self.eta.clone(),
            address: self.address.clone(),
        }
    }
}

/// Cents as people write them: `349.00`.
pub fn money(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.unsigned_abs() / 100, cents.unsigned_abs() % 100)
}
