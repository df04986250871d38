//! What a case finds in the demo shop: orders made for it and its customer, and the words that stand for them.
//! The same seed, case and attempt always get the same ones.

use std::{collections::BTreeMap, time::Duration};

use anyhow::{Context as _, ensure};
use domain::{Timestamp, canonical::Digest};
use orchestrator::demo::{
    Plan,
    shop::{Order, OrderStatus, OrderView, Shop, money},
};
use rand::{Rng as _, SeedableRng as _, seq::IndexedRandom as _};
use rand_chacha::ChaCha12Rng;
use serde_json::Value;

use crate::case::{Case, Expectation, From, OrderFixture, State, Wanted};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Which attempt at which case fixtures are for.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Of the case in its suite.
    pub index: usize,
    /// From 1.
    pub attempt: u32,
    pub seed: u64,
}

/// What stands ready for an attempt.
pub struct Fixtures {
    /// Who writes; a visitor nobody knows without it.
    pub email: Option<String>,
    pub name: String,
    /// By the case's name for them: `order` and its further ones.
    pub orders: BTreeMap<String, Order>,
    words: BTreeMap<String, String>,
}

impl Fixtures {
    /// Puts what the case needs into the shop.
    pub async fn lay(
        case: &Case,
        place: Place,
        plan: &Plan,
        shop: &Shop,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        let mut rng = generator(case, place);
        let own = format!("customer{}.{}@mail.example", place.index, place.attempt);
        let stranger = format!("neighbour{}.{}@mail.example", place.index, place.attempt);
        let person = plan.customers.choose(&mut rng).context("the demo has no customers")?;
        let all = case.order.iter().map(|order| ("order", order));
        let all = all.chain(case.also.iter().map(|(name, order)| (name.as_str(), order)));
        let mut orders = BTreeMap::new();
        for (n, (name, fixture)) in all.enumerate() {
            let made = match fixture {
                OrderFixture::Seeded { number } => {
                    shop.order(number).await?.with_context(|| format!("there is no order {number}"))?
                }
                OrderFixture::State(state) => {
                    let wanted = Wanted {
                        state: *state,
                        foreign: false,
                        days: None,
                        cents: None,
                        item: None,
                        refunded_cents: 0,
                    };
                    make(&wanted, (place, n), (&own, &stranger), plan, &mut rng, now)?
                }
                OrderFixture::Made(wanted) => {
                    make(wanted, (place, n), (&own, &stranger), plan, &mut rng, now)?
                }
            };
            if !matches!(fixture, OrderFixture::Seeded { .. }) {
                shop.put_order(&made).await?;
            }
            orders.insert(name.to_owned(), made);
        }
        for order in recorded(case, now)? {
            shop.put_order(&order).await?;
        }
        let email = match &case.from {
            // Whoever owns the one that is there already is its customer.
            Some(From::Owner) => match (&case.order, orders.get("order")) {
                (Some(OrderFixture::Seeded { .. }), Some(order)) => Some(order.email.clone()),
                _ => Some(own),
            },
            Some(From::Email(email)) => Some(email.clone()),
            None => None,
        };
        let words = words(&orders, email.as_deref());
        Ok(Self { email, name: person.name.clone(), orders, words })
    }

    /// The text with what its placeholders stand for.
    pub fn fill(&self, text: &str) -> String {
        self.words.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    pub fn expectation(&self, expected: &Expectation) -> anyhow::Result<Expectation> {
        let mut value = serde_json::to_value(expected)?;
        self.fill_value(&mut value);
        Ok(serde_json::from_value(value)?)
    }

    pub fn fill_value(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.fill(text),
            Value::Array(all) => all.iter_mut().for_each(|one| self.fill_value(one)),
            Value::Object(all) => all.values_mut().for_each(|one| self.fill_value(one)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn generator(case: &Case, place: Place) -> ChaCha12Rng {
    let digest = Digest::of(&(place.seed, place.attempt, &case.name)).0;
    let hex = digest.rsplit(':').next().unwrap_or_default();
    let seed = hex.get(..16).and_then(|hex| u64::from_str_radix(hex, 16).ok());
    ChaCha12Rng::seed_from_u64(seed.unwrap_or(place.seed))
}

fn words(orders: &BTreeMap<String, Order>, email: Option<&str>) -> BTreeMap<String, String> {
    let mut words = BTreeMap::new();
    for (name, order) in orders {
        let item = order.items.first().map_or("", |item| item.name.as_str()).to_owned();
        let total = format!("{} {}", money(order.total_cents()), order.currency);
        let own = name == "order";
        let named = |what: &str| if own { format!("{{{what}}}") } else { format!("{{{name}.{what}}}") };
        words.insert(named("total"), total);
        words.insert(named("item"), item);
        words.insert(format!("{{{name}}}"), order.number.clone());
    }
    if let Some(email) = email {
        words.insert("{email}".to_owned(), email.to_owned());
    }
    words
}

/// The orders that a case's records are of, moved in time to when it is held.
fn recorded(case: &Case, now: Timestamp) -> anyhow::Result<Vec<Order>> {
    let by = case.at.map_or(0, |at| now.0.saturating_sub(at.0));
    let mut found = Vec::new();
    for read in &case.reads {
        let known = orders_in(&read.answer, by, &mut found)
            .with_context(|| format!("what {} gave is no record of the demo shop", read.tool))?;
        ensure!(
            known || read.tool.starts_with("shop__"),
            "{} gave records that the demo shop does not have: the case can be held where that tool is",
            read.tool
        );
    }
    Ok(found)
}

/// Adds the orders that stand in a tool's answer; whether there were any.
fn orders_in(value: &Value, by: i64, found: &mut Vec<Order>) -> anyhow::Result<bool> {
    let inside: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        // Less is told of a parcel than of its order.
        Value::Object(members) if members.contains_key("order_number") && members.contains_key("items") => {
            let order: OrderView = serde_json::from_value(value.clone())?;
            let moved = |at: Timestamp| Timestamp(at.0.saturating_add(by));
            found.push(Order {
                number: order.order_number,
                email: order.customer_email,
                status: order.status,
                placed_at: moved(order.placed_at),
                delivered_at: order.delivered_at.map(moved),
                items: order.items,
                refunded_cents: order.refunded_cents,
                currency: order.currency,
                carrier: order.carrier,
                tracking: order.tracking,
                eta: order.eta,
                address: order.address,
            });
            return Ok(true);
        }
        Value::Object(members) => members.values().collect(),
        _ => Vec::new(),
    };
    let mut any = false;
    for value in inside {
        any |= orders_in(value, by, found)?;
    }
    Ok(any)
}

/// An order of the plan that is in the wanted state, made another one.
fn make(
    wanted: &Wanted,
    (place, n): (Place, usize),
    (own, stranger): (&str, &str),
    plan: &Plan,
    rng: &mut ChaCha12Rng,
    now: Timestamp,
) -> anyhow::Result<Order> {
    let status = match wanted.state {
        State::Processing => OrderStatus::Processing,
        State::Shipped => OrderStatus::Shipped,
        State::Delivered | State::DeliveredLongAgo => OrderStatus::Delivered,
        State::Cancelled => OrderStatus::Cancelled,
        State::Refunded => OrderStatus::Refunded,
    };
    // Small ones, which a reviewer may decide about.
    let fits = |order: &&Order| order.status == status && order.total_cents() < 50_000;
    let models: Vec<&Order> = plan.orders.iter().filter(fits).collect();
    let mut order =
        (*models.choose(rng).with_context(|| format!("the shop has no {status:?} order"))?).clone();
    order.number = format!("NF-{}", 1_000_000 + place.index * 1_000 + place.attempt as usize * 10 + n);
    order.email = if wanted.foreign { stranger } else { own }.to_owned();
    if let Some(cents) = wanted.cents {
        order.items.truncate(1);
        for item in &mut order.items {
            item.quantity = 1;
            item.price_cents = cents;
        }
    }
    if let (Some(name), Some(item)) = (&wanted.item, order.items.first_mut()) {
        item.name.clone_from(name);
    }
    order.refunded_cents = match status {
        OrderStatus::Refunded => order.total_cents(),
        _ => wanted.refunded_cents,
    };
    let days = wanted.days.unwrap_or_else(|| match wanted.state {
        State::DeliveredLongAgo => rng.random_range(45..120),
        State::Delivered => rng.random_range(3..20),
        State::Processing => 0,
        State::Shipped | State::Cancelled | State::Refunded => rng.random_range(1..4),
    });
    let ago = |days: u32| now.minus(DAY * days).minus(Duration::from_secs(3_600));
    match wanted.state {
        State::Delivered | State::DeliveredLongAgo => {
            order.delivered_at = Some(ago(days));
            order.placed_at = ago(days + 4);
        }
        _ => {
            order.placed_at = ago(days);
        }
    }
    Ok(order)
}
