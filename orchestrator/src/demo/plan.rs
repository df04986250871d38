//! What the demo workspace will hold, decided before anything is written. The same seed and the
//! same moment always give the same plan; only ids are drawn while writing.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::{
    Timestamp,
    ticket::{Channel, Priority},
};
use rand::{Rng as _, SeedableRng as _, seq::IndexedRandom as _, seq::SliceRandom as _};
use rand_chacha::ChaCha12Rng;

use super::{
    SeedError, content,
    content::{Carrier, City, Product, Region, Script, ScriptOrder, ShopContent, Staff, State, Voice},
    shop::{Address, Item, Order, OrderStatus, money},
};

pub const CUSTOMERS: usize = 120;
pub const ORDERS: usize = 300;
/// How far back the tickets go.
pub const TICKET_DAYS: i64 = 14;
/// The customer of the README's tour.
pub const TOUR_EMAIL: &str = "alex@mail.example";
pub const TOUR_ORDER: &str = "NF-10482";
const TOUR_ORDER_NUMBER: usize = 10_482;
const TOUR_SKU: &str = "NF-TNT-200";

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    pub staff: Vec<Staff>,
    /// The tour's customer first.
    pub customers: Vec<PlannedCustomer>,
    /// By number, which is by time.
    pub orders: Vec<Order>,
    /// By the time they were opened.
    pub tickets: Vec<PlannedTicket>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlannedCustomer {
    pub name: String,
    pub email: String,
    pub tier: String,
    pub locale: String,
    pub address: Address,
    pub since: Timestamp,
}

impl PlannedCustomer {
    pub fn first_name(&self) -> &str {
        self.name.split(' ').next().unwrap_or(&self.name)
    }

    pub fn fields(&self) -> BTreeMap<String, String> {
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        BTreeMap::from([field("country", &self.address.country), field("city", &self.address.city)])
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct PlannedTicket {
    /// Stable name, for writing it once.
    pub key: String,
    pub channel: Channel,
    pub subject: String,
    pub priority: Priority,
    pub tags: BTreeSet<String>,
    /// Place in [`Plan::customers`].
    pub customer: usize,
    pub order_number: Option<String>,
    pub entries: Vec<Entry>,
    pub state: State,
    /// Reason and summary.
    pub handoff: Option<(String, String)>,
    pub csat: Option<u8>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub at: Timestamp,
    pub who: Who,
    pub body: String,
    pub sources: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    Customer,
    Agent,
    /// Email address; what the customer reads.
    Staff(String),
    /// Email address; what staff alone reads.
    Note(String),
}

impl Plan {
    /// The plan of the content that the binary carries.
    pub fn demo(seed: u64, now: Timestamp) -> Result<Self, SeedError> {
        Self::new(content::shop()?, &content::scripts()?, seed, now)
    }

    fn new(content: ShopContent, scripts: &[Script], seed: u64, now: Timestamp) -> Result<Self, SeedError> {
        let mut draw = Draw { rng: ChaCha12Rng::seed_from_u64(seed), now, content: &content };
        let customers = draw.customers()?;
        let mut cast = draw.cast(scripts, &customers)?;
        cast.sort_by_key(|part| part.opened);
        let orders = draw.orders(&customers, &mut cast)?;
        let tickets =
            cast.iter().map(|part| draw.ticket(part, &customers, &orders)).collect::<Result<_, _>>()?;
        Ok(Self { staff: content.staff.clone(), customers, orders, tickets })
    }
}

/// A script with its customer, its time and, once orders are numbered, its order.
struct Part<'a> {
    place: usize,
    script: &'a Script,
    customer: usize,
    opened: Timestamp,
    order: Option<usize>,
}

/// Whose order a draft is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Tour,
    /// Place of the script.
    Ticket(usize),
    Other,
}

struct Draw<'a> {
    rng: ChaCha12Rng,
    now: Timestamp,
    content: &'a ShopContent,
}

fn earlier(at: Timestamp, seconds: i64) -> Timestamp {
    at.minus(Duration::from_secs(seconds.unsigned_abs()))
}

fn later(at: Timestamp, seconds: i64) -> Timestamp {
    at.plus(Duration::from_secs(seconds.unsigned_abs()))
}

fn wrong(file: &str, why: impl Into<String>) -> SeedError {
    SeedError::Content { file: file.to_owned(), why: why.into() }
}

impl<'a> Draw<'a> {
    fn pick<'t, T>(&mut self, from: &'t [T], what: &str) -> Result<&'t T, SeedError> {
        from.choose(&mut self.rng).ok_or_else(|| wrong("shop.json", format!("it has no {what}")))
    }

    fn customers(&mut self) -> Result<Vec<PlannedCustomer>, SeedError> {
        let mut customers: Vec<PlannedCustomer> = Vec::with_capacity(CUSTOMERS);
        let mut taken = BTreeSet::new();
        let content = self.content;
        if content.first_names.len() * content.last_names.len() < 2 * CUSTOMERS {
            return Err(wrong("shop.json", "it has too few names"));
        }
        while customers.len() < CUSTOMERS {
            let city = self.pick(&content.cities, "cities")?;
            let address = self.address(city)?;
            let (name, email) = if customers.is_empty() {
                ("Alex Winter".to_owned(), TOUR_EMAIL.to_owned())
            } else {
                let first = self.pick(&content.first_names, "first names")?;
                let last = self.pick(&content.last_names, "last names")?;
                (
                    format!("{first} {last}"),
                    format!("{}.{}@mail.example", email_part(first), email_part(last)),
                )
            };
            if !taken.insert(email.clone()) {
                continue;
            }
            let tier = match self.rng.random_range(0..100) {
                0..70 => "standard",
                70..93 => "trailhead",
                _ => "vip",
            };
            customers.push(PlannedCustomer {
                name,
                email,
                tier: tier.to_owned(),
                locale: locale(&address.country).to_owned(),
                address,
                since: earlier(self.now, self.rng.random_range(200 * DAY..900 * DAY)),
            });
        }
        Ok(customers)
    }

    fn address(&mut self, city: &City) -> Result<Address, SeedError> {
        let street = self.pick(&city.streets, "streets")?;
        let number = self.rng.random_range(1..90);
        // Britain, Ireland and France write the number first.
        let street = match city.country.as_str() {
            "GB" | "IE" | "FR" => format!("{number} {street}"),
            _ => format!("{street} {number}"),
        };
        Ok(Address {
            street,
            postcode: city.postcode.clone(),
            city: city.city.clone(),
            country: city.country.clone(),
        })
    }

    /// Gives every script a customer of its own and a time.
    fn cast(
        &mut self,
        scripts: &'a [Script],
        customers: &[PlannedCustomer],
    ) -> Result<Vec<Part<'a>>, SeedError> {
        let mut free: Vec<usize> = (1..customers.len()).collect();
        free.shuffle(&mut self.rng);
        // The demanding scripts choose first.
        let mut order: Vec<usize> = (0..scripts.len()).collect();
        order.sort_by_key(|place| scripts[*place].region == Region::Any);
        let mut parts = Vec::with_capacity(scripts.len());
        for place in order {
            let script = &scripts[place];
            let fits = |customer: &usize| lives_in(&customers[*customer].address, script.region);
            let at = free.iter().position(fits).ok_or_else(|| {
                wrong("tickets.json", format!("no customer is left for `{}`", script.subject))
            })?;
            let customer = free.swap_remove(at);
            parts.push(Part { place, script, customer, opened: self.opened(script), order: None });
        }
        Ok(parts)
    }

    fn opened(&mut self, script: &Script) -> Timestamp {
        let said = script.messages.iter().map(|said| said.minutes);
        let last = said.chain(script.notes.iter().map(|note| note.minutes)).max().unwrap_or(0) * MINUTE;
        let quiet = match script.state {
            State::Agent => 3 * MINUTE..170 * MINUTE,
            State::Open | State::Waiting => 10 * MINUTE..36 * HOUR,
            State::Resolved => 2 * HOUR..TICKET_DAYS * DAY - last,
            State::Closed => 2 * DAY..TICKET_DAYS * DAY - last,
        };
        let mut opened = earlier(self.now, last + self.rng.random_range(quiet.clone()));
        // People write by day, where the script leaves the choice.
        for _ in 0..24 {
            if script.state == State::Agent || (7..18).contains(&hour(opened)) {
                break;
            }
            opened = earlier(self.now, last + self.rng.random_range(quiet.clone()));
        }
        opened
    }

    /// The tickets' own orders, the tour's and as many others as it takes, numbered by time so that
    /// the tour's gets its number.
    fn orders(
        &mut self,
        customers: &[PlannedCustomer],
        cast: &mut [Part<'_>],
    ) -> Result<Vec<Order>, SeedError> {
        let mut drafts: Vec<(Purpose, Order)> = Vec::with_capacity(ORDERS);
        let content = self.content;
        let tent = content.products.iter().find(|product| product.sku == TOUR_SKU);
        let tent = tent.ok_or_else(|| wrong("shop.json", format!("it has no {TOUR_SKU}")))?;
        let mut tour = self.order(&customers[0], &[tent], earlier(self.now, 12 * DAY));
        deliver(&mut tour, earlier(self.now, 9 * DAY + 2 * HOUR));
        drafts.push((Purpose::Tour, tour));
        for part in cast.iter() {
            if let Some(wanted) = &part.script.order {
                self.ticket_order(part, wanted, &customers[part.customer], &mut drafts)?;
            }
        }
        // Everybody has bought something; after that, chance decides.
        let mut next = 1;
        while drafts.len() < ORDERS {
            let customer =
                if next < customers.len() { next } else { self.rng.random_range(1..customers.len()) };
            next += 1;
            let order = self.other_order(&customers[customer])?;
            drafts.push((Purpose::Other, order));
        }
        drafts
            .sort_by(|a, b| a.1.placed_at.cmp(&b.1.placed_at).then_with(|| a.1.tracking.cmp(&b.1.tracking)));
        let tour = drafts.iter().position(|(purpose, _)| *purpose == Purpose::Tour).unwrap_or_default();
        let first = TOUR_ORDER_NUMBER - tour;
        let mut orders = Vec::with_capacity(drafts.len());
        for (at, (purpose, mut order)) in drafts.into_iter().enumerate() {
            order.number = format!("NF-{}", first + at);
            if matches!(order.status, OrderStatus::Processing | OrderStatus::Cancelled) {
                // Nothing was handed to a carrier.
                order.tracking = None;
            }
            if let Purpose::Ticket(place) = purpose {
                let part = cast.iter_mut().find(|part| part.place == place);
                part.ok_or_else(|| wrong("tickets.json", "an order has no ticket"))?.order = Some(at);
            }
            orders.push(order);
        }
        Ok(orders)
    }

    fn ticket_order(
        &mut self,
        part: &Part<'_>,
        wanted: &ScriptOrder,
        customer: &PlannedCustomer,
        drafts: &mut Vec<(Purpose, Order)>,
    ) -> Result<(), SeedError> {
        // Something worth a ticket, that can be returned and that a reviewer may refund.
        let worth: Vec<&Product> = self
            .content
            .products
            .iter()
            .filter(|product| (4_000..=50_000).contains(&product.price_cents))
            .filter(|product| !matches!(product.sku.as_str(), "NF-STV-GAS" | "NF-ACC-WSH" | "NF-ACC-PRF"))
            .collect();
        let product = *self.pick(&worth, "products between 40 and 500 EUR")?;
        let placed =
            earlier(part.opened, wanted.placed_days * DAY + self.rng.random_range(20 * MINUTE..3 * HOUR));
        let mut order = self.order(customer, &[product], placed);
        if wanted.no_house_number {
            let bare = order.address.street.trim_matches(|c: char| c.is_ascii_digit() || c == ' ').to_owned();
            order.address.street = bare;
        }
        let over = matches!(part.script.state, State::Resolved | State::Closed);
        let age = self.now.since(placed).as_secs() as i64;
        match wanted.status {
            OrderStatus::Delivered => {
                let days = wanted.delivered_days.unwrap_or(wanted.placed_days.min(6));
                let hours = self.rng.random_range(0..3) * HOUR;
                deliver(&mut order, earlier(part.opened, days * DAY + hours).max(later(placed, HOUR)));
            }
            // What a settled ticket found on its way has arrived meanwhile.
            OrderStatus::Processing | OrderStatus::Shipped if over && age > 6 * DAY => {
                deliver(&mut order, later(placed, 4 * DAY));
            }
            OrderStatus::Shipped => self.ship(&mut order),
            other => order.status = other,
        }
        if wanted.status != OrderStatus::Shipped
            || order.status != OrderStatus::Shipped
            || wanted.placed_days > 6
        {
            // What is late has no day any more.
            order.eta = None;
        }
        if wanted.twin {
            let mut twin = order.clone();
            twin.placed_at = earlier(twin.placed_at, MINUTE);
            drafts.push((Purpose::Other, twin));
        }
        drafts.push((Purpose::Ticket(part.place), order));
        Ok(())
    }

    fn other_order(&mut self, customer: &PlannedCustomer) -> Result<Order, SeedError> {
        let count = *self.pick(&[1_usize, 1, 1, 2, 2, 3], "counts")?;
        let content = self.content;
        let products: Vec<&Product> = content.products.choose_multiple(&mut self.rng, count).collect();
        // More of them lately, and none in the last hour.
        let share: f64 = self.rng.random();
        let age = HOUR + (share.powf(1.6) * (180 * DAY) as f64) as i64;
        let mut order = self.order(customer, &products, earlier(self.now, age));
        let total = order.total_cents();
        match (age, self.rng.random_range(0..100)) {
            (..=129_600, 0..94) => {}
            (..=129_600, _) => order.status = OrderStatus::Cancelled,
            (..=432_000, _) => self.ship(&mut order),
            (_, 0..3) => order.status = OrderStatus::Cancelled,
            (_, roll) => {
                let took = self.rng.random_range(2 * DAY..5 * DAY);
                let arrived = later(order.placed_at, took);
                deliver(&mut order, arrived);
                if roll < 8 && age > 20 * DAY {
                    order.status = OrderStatus::Refunded;
                    order.refunded_cents = total;
                } else if roll < 12 && age > 20 * DAY && order.items.len() > 1 {
                    order.refunded_cents = order.items[0].price_cents;
                }
            }
        }
        Ok(order)
    }

    /// An order as it is placed: processing, and not yet numbered.
    fn order(&mut self, customer: &PlannedCustomer, products: &[&Product], placed_at: Timestamp) -> Order {
        let country = &customer.address.country;
        let express = self.rng.random_range(0..10) == 0 && !matches!(country.as_str(), "GB" | "IE");
        let serves = |carrier: &&Carrier| carrier.countries.is_empty() || carrier.countries.contains(country);
        let standard = self.content.carriers.iter().find(serves).filter(|_| !express);
        let carrier = standard.unwrap_or(&self.content.express);
        let tracking = format!("{}{:010}", carrier.code, self.rng.random_range(0..10_000_000_000_u64));
        Order {
            number: String::new(),
            email: customer.email.clone(),
            status: OrderStatus::Processing,
            placed_at,
            delivered_at: None,
            items: products
                .iter()
                .map(|product| Item {
                    sku: product.sku.clone(),
                    name: product.name.clone(),
                    quantity: 1,
                    price_cents: product.price_cents,
                })
                .collect(),
            refunded_cents: 0,
            currency: "EUR".to_owned(),
            carrier: carrier.name.clone(),
            tracking: Some(tracking),
            eta: None,
            address: customer.address.clone(),
        }
    }

    fn ship(&mut self, order: &mut Order) {
        order.status = OrderStatus::Shipped;
        order.eta = Some(date(later(self.now, self.rng.random_range(1..4) * DAY)));
    }

    fn ticket(
        &mut self,
        part: &Part<'_>,
        customers: &[PlannedCustomer],
        orders: &[Order],
    ) -> Result<PlannedTicket, SeedError> {
        let script = part.script;
        let customer = &customers[part.customer];
        let order = part.order.map(|at| &orders[at]);
        let fill = |text: &str| fill(text, customer, order);
        let minutes = |minutes: i64| later(part.opened, minutes * MINUTE);
        let clerk = match script.notes.first() {
            Some(note) => note.staff.clone(),
            None => {
                let agents: Vec<&Staff> = self
                    .content
                    .staff
                    .iter()
                    .filter(|staff| staff.role == domain::user::Role::Agent)
                    .collect();
                self.pick(&agents, "agents among its staff")?.email.clone()
            }
        };
        let mut entries = Vec::new();
        for said in &script.messages {
            let who = match said.from {
                Voice::Customer => Who::Customer,
                Voice::Agent => Who::Agent,
                Voice::Staff => Who::Staff(clerk.clone()),
            };
            entries.push(Entry {
                at: minutes(said.minutes),
                who,
                body: fill(&said.body)?,
                sources: said.sources.clone(),
            });
        }
        for note in &script.notes {
            let who = Who::Note(note.staff.clone());
            entries.push(Entry {
                at: minutes(note.minutes),
                who,
                body: fill(&note.body)?,
                sources: Vec::new(),
            });
        }
        entries.sort_by_key(|entry| entry.at);
        let handoff = match &script.handoff {
            Some(handoff) => Some((fill(&handoff.reason)?, fill(&handoff.summary)?)),
            None => None,
        };
        Ok(PlannedTicket {
            key: format!("demo-ticket-{}", part.place),
            channel: script.channel,
            subject: fill(&script.subject)?,
            priority: script.priority,
            tags: script.tags.clone(),
            customer: part.customer,
            order_number: order.map(|order| order.number.clone()),
            entries,
            state: script.state,
            handoff,
            csat: script.csat,
        })
    }
}

fn deliver(order: &mut Order, at: Timestamp) {
    order.status = OrderStatus::Delivered;
    order.delivered_at = Some(at);
    order.eta = None;
}

fn lives_in(address: &Address, region: Region) -> bool {
    let eu = address.country != "GB";
    match region {
        Region::Any => true,
        Region::Eu => eu,
        Region::EuButGraz => eu && address.city != "Graz",
        Region::Gb => !eu,
    }
}

/// Replaces the placeholders of a text; one that is unknown or has nothing to stand for is an error.
fn fill(text: &str, customer: &PlannedCustomer, order: Option<&Order>) -> Result<String, SeedError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| wrong("tickets.json", format!("`{{` is not closed in: {text}")))?;
        let address = order.map_or(&customer.address, |order| &order.address);
        let value = match name {
            "first_name" => Some(customer.first_name().to_owned()),
            "street" => Some(address.street.clone()),
            "city" => Some(address.city.clone()),
            "order_number" => order.map(|order| order.number.clone()),
            "product" => order.and_then(|order| order.items.first()).map(|item| item.name.clone()),
            "amount" => order.map(|order| format!("{} {}", money(order.total_cents()), order.currency)),
            "tracking" => order.and_then(|order| order.tracking.clone()),
            _ => None,
        };
        filled.push_str(before);
        filled.push_str(
            &value.ok_or_else(|| wrong("tickets.json", format!("`{{{name}}}` has no value in: {text}")))?,
        );
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// A name as it stands in an email address: `Élodie` is `elodie`, `van Dijk` is `vandijk`.
fn email_part(name: &str) -> String {
    deunicode::deunicode(name)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

fn locale(country: &str) -> &'static str {
    match country {
        "NL" => "nl-NL",
        "BE" => "nl-BE",
        "DE" => "de-DE",
        "AT" => "de-AT",
        "FR" => "fr-FR",
        "DK" => "da-DK",
        "SE" => "sv-SE",
        "FI" => "fi-FI",
        "CZ" => "cs-CZ",
        "PL" => "pl-PL",
        "IT" => "it-IT",
        "ES" => "es-ES",
        "IE" => "en-IE",
        _ => "en-GB",
    }
}

/// The hour of the day, UTC.
fn hour(at: Timestamp) -> i64 {
    at.0.div_euclid(1_000_000).rem_euclid(DAY) / HOUR
}

/// The day of a moment, UTC: `2026-11-24`.
fn date(at: Timestamp) -> String {
    at.rfc3339().chars().take(10).collect()
}
