//! What the demo shop is made of, as it stands in `orchestrator/demo`: products, people, places and
//! scripted tickets. The files are part of the binary; an unknown key in them is an error.

use std::collections::BTreeSet;

use domain::{
    ticket::{Channel, Priority},
    user::Role,
};
use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::{SeedError, shop::OrderStatus};

static KNOWLEDGE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/demo/knowledge");
const SHOP: &str = include_str!("../../demo/shop.json");
const TICKETS: &str = include_str!("../../demo/tickets.json");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ShopContent {
    pub products: Vec<Product>,
    /// The first that serves the country; the one without countries serves all.
    pub carriers: Vec<Carrier>,
    pub express: Carrier,
    pub staff: Vec<Staff>,
    pub cities: Vec<City>,
    pub first_names: Vec<String>,
    pub last_names: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    pub sku: String,
    pub name: String,
    #[serde(rename = "category")]
    _category: String,
    pub price_cents: i64,
    #[serde(rename = "weight_g")]
    _weight_g: i64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Carrier {
    pub name: String,
    /// What its tracking numbers start with.
    pub code: String,
    pub countries: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    pub email: String,
    pub name: String,
    pub role: Role,
    pub title: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct City {
    pub city: String,
    pub postcode: String,
    pub country: String,
    pub streets: Vec<String>,
}

/// A scripted ticket. Texts hold `{first_name}`, `{order_number}`, `{product}`, `{amount}`,
/// `{tracking}`, `{street}` and `{city}` of the customer it falls to.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    pub channel: Channel,
    pub subject: String,
    pub tags: BTreeSet<String>,
    pub priority: Priority,
    /// The order it is about.
    pub order: Option<ScriptOrder>,
    #[serde(default)]
    pub region: Region,
    pub messages: Vec<Said>,
    pub notes: Vec<Note>,
    pub state: State,
    /// Why a person is wanted; with the state `waiting`.
    #[serde(default)]
    pub handoff: Option<ScriptHandoff>,
    /// What the customer rated it, 1 to 5.
    pub csat: Option<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptOrder {
    /// When the ticket was opened.
    pub status: OrderStatus,
    /// Days between placing it and the ticket.
    pub placed_days: i64,
    #[serde(default)]
    pub delivered_days: Option<i64>,
    /// The same was ordered twice.
    #[serde(default)]
    pub twin: bool,
    #[serde(default)]
    pub no_house_number: bool,
}

/// Where the customer must live.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    #[default]
    Any,
    Eu,
    EuButGraz,
    Gb,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    pub from: Voice,
    /// After the first message.
    pub minutes: i64,
    pub body: String,
    /// Slugs of the articles it rests on.
    #[serde(default)]
    pub sources: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    Customer,
    Agent,
    Staff,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Email address of who wrote it.
    pub staff: String,
    pub minutes: i64,
    pub body: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// With staff, who have not answered the last word.
    Open,
    /// Handed to staff by the agent.
    Waiting,
    Resolved,
    Closed,
    /// The customer has just written: a real run of the agent takes it from here.
    Agent,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptHandoff {
    pub reason: String,
    pub summary: String,
}

pub fn shop() -> Result<ShopContent, SeedError> {
    read("shop.json", SHOP)
}

pub fn scripts() -> Result<Vec<Script>, SeedError> {
    read("tickets.json", TICKETS)
}

/// Slug and Markdown of every article, by slug.
pub fn articles() -> Result<Vec<(String, &'static str)>, SeedError> {
    let mut articles = Vec::new();
    for file in KNOWLEDGE.files() {
        let bad =
            |why: &str| SeedError::Content { file: file.path().display().to_string(), why: why.to_owned() };
        let slug = file
            .path()
            .file_stem()
            .and_then(|stem| stem.to_str())
            .ok_or_else(|| bad("its name is not text"))?;
        articles.push((slug.to_owned(), file.contents_utf8().ok_or_else(|| bad("it is not UTF-8"))?));
    }
    articles.sort();
    Ok(articles)
}

fn read<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, SeedError> {
    serde_json::from_str(text)
        .map_err(|error| SeedError::Content { file: file.to_owned(), why: error.to_string() })
}
