//! The world around the processes: a database, a shop, a model, customers and a reviewer. None of
//! it is killed.

#![allow(dead_code, reason = "two binaries of tests use a part of it each")]

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
};
use domain::{
    ContactId, CustomerId, Ids as _, UserId,
    customer::{Contact, Customer},
    run::Run,
    ticket::Ticket,
    time::Clock as _,
    user::{Role, User},
};
use orchestrator::{
    demo::shop::{Address, Item, Order, OrderStatus, Shop},
    password,
    system::{SystemClock, SystemIds},
    testing::model_server::{CapturedRequest, ModelServer, Reply, Script},
};
use serde_json::{Value, json};
use store::{RunFilter, Store, StoreOptions, TicketFilter, WorkspaceStore};
use tokio::{
    net::TcpListener,
    time::{self, Instant},
};

pub const ORDER_CENTS: i64 = 12_900;
const PASSWORD: &str = "correct horse battery";
/// How long a customer tries again.
const PATIENCE: Duration = Duration::from_secs(120);
const SHOP_TOKEN: &str = "token-of-the-shop";

/// How it goes to whom the processes need: the model and the shop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weather {
    #[default]
    Fair,
    /// Answers with this and does nothing.
    Status(u16),
    /// Does it and says that it failed.
    LosesAnswers,
    Slow(Duration),
}

/// In front of the model and the shop; both fair at first.
#[derive(Default)]
pub struct Front {
    model: Mutex<Weather>,
    shop: Mutex<Weather>,
    /// How often each idempotency key came to the shop.
    keys: Mutex<BTreeMap<String, usize>>,
}

impl Front {
    pub fn model(&self, weather: Weather) {
        *self.model.lock().unwrap() = weather;
    }

    pub fn shop(&self, weather: Weather) {
        *self.shop.lock().unwrap() = weather;
    }

    pub fn keys(&self) -> BTreeMap<String, usize> {
        self.keys.lock().unwrap().clone()
    }

    async fn pass(self: Arc<Self>, request: Request, next: Next) -> Response {
        if let Some(key) = request.headers().get("idempotency-key") {
            let key = key.to_str().unwrap().to_owned();
            *self.keys.lock().unwrap().entry(key).or_default() += 1;
        }
        let weather = *self.shop.lock().unwrap();
        match weather {
            Weather::Fair => next.run(request).await,
            Weather::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
            Weather::LosesAnswers => {
                next.run(request).await;
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
            Weather::Slow(wait) => {
                time::sleep(wait).await;
                next.run(request).await
            }
        }
    }

    fn answer(&self, request: &CapturedRequest) -> Reply {
        match *self.model.lock().unwrap() {
            Weather::Status(status) => Reply::Status(status, "out of order".to_owned()),
            Weather::LosesAnswers => Reply::Cut("Well, ".to_owned(), 3),
            Weather::Fair | Weather::Slow(_) => answer(request),
        }
    }
}

pub struct Desk {
    pub store: WorkspaceStore,
    pub front: Arc<Front>,
    pub shop: Shop,
    pub model: ModelServer,
    /// Configuration of the processes, without `[server]`.
    pub config: String,
    client: reqwest::Client,
    count: usize,
}

/// Credits that all of it may cost: what was set aside for calls that were killed counts in full.
pub const CEILING: i64 = 1_000;

impl Desk {
    pub async fn open(folder: &Path, url: &str, count: usize) -> Self {
        rustls::crypto::ring::default_provider().install_default().ok();
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
        let options = StoreOptions {
            owner: "test".to_owned(),
            lease: Duration::from_secs(5),
            max_claimed: 0,
            queue: 256,
            read_connections: 2,
        };
        let store = Store::open(url, options, clock.clone(), ids.clone()).await.unwrap();
        store.migrate().await.unwrap();
        let workspace = store.create_workspace("crash", "Crash").await.unwrap();
        let rows = store.workspace(workspace.id);
        let reviewer = User {
            id: UserId::new(&*ids),
            email: "reviewer@crash.example".to_owned(),
            name: "Reviewer".to_owned(),
            role: Role::Reviewer,
            title: String::new(),
            created_at: clock.now(),
            deactivated_at: None,
        };
        rows.create_user(reviewer, password::hash(PASSWORD.to_owned(), &*ids).await.unwrap()).await.unwrap();

        let shop_url = format!("sqlite:{}", folder.join("shop.db").display());
        let shop = Shop::open(&shop_url, clock.clone(), ids.clone()).await.unwrap();
        let mut orders = Vec::new();
        for n in 0..count {
            let (customer, contact) = person(n);
            orders.push(order(n, &contact.email));
            rows.create_customer(customer, contact).await.unwrap();
        }
        shop.put_orders(&orders).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shop_address = listener.local_addr().unwrap();
        let front = Arc::new(Front::default());
        let before = Arc::clone(&front);
        let router = shop.router(SHOP_TOKEN.to_owned()).layer(middleware::from_fn(
            move |request: Request, next: Next| Arc::clone(&before).pass(request, next),
        ));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let tools = orchestrator::demo::SHOP_TOOLS
            .replace("http://127.0.0.1:8080/demo/shop", &format!("http://{shop_address}"));
        std::fs::write(folder.join("shop-tools.toml"), tools).unwrap();

        let before = Arc::clone(&front);
        let model = ModelServer::start(Script::new(move |request| before.answer(request))).await.unwrap();
        let config = format!(
            "[database]\nurl = \"{url}\"\n\
             [secrets]\nkey = \"{}\"\n\
             [runs]\nlease_seconds = 2\npoll_ms = 50\nretry_ms = 20\nmax_attempts = 1000\nconcurrency = 16\n\
             [knowledge]\nlibrary = false\n\
             [tools]\nfiles = [\"shop-tools.toml\"]\n\
             [models]\noffline_fallback = false\n\
             [[models.providers]]\nname = \"scripted\"\nbase_url = \"{}\"\nfast = \"small\"\nstrong = \"large\"\n\
             api_key_env = \"MODEL_KEY\"\n\
             prices = {{ input_per_million = 1.0, output_per_million = 4.0 }}\n\
             [credits]\nprices = {{ shop__get_order = 0.001, shop__refund_order = 0.002 }}\n\
             workspace = {{ month = {} }}\n\
             [agents.resolution.limits]\nruns_a_minute = 0\nruns_a_day = 0\nemails_a_day = 0\n\
             [log]\nfilter = \"warn,sqlx=error\"\n",
            "cd".repeat(32),
            model.url(),
            CEILING,
        );
        #[expect(clippy::disallowed_methods, reason = "a customer's and a reviewer's browser")]
        let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap();
        Self { store: rows, front, shop, model, config, client, count }
    }

    pub fn environment(&self) -> Vec<(&'static str, &'static str)> {
        vec![("SHOP_TOKEN", SHOP_TOKEN), ("MODEL_KEY", "key-of-the-model"), ("RUST_BACKTRACE", "1")]
    }

    pub fn orders(&self) -> impl Iterator<Item = String> {
        (0..self.count).map(order_number)
    }

    /// Signed in before anything is killed: a check of a password that breaks off counts as a failed one.
    pub async fn signed_in(&self, url: &str) -> Session {
        let mut session = Session::default();
        session.cookie(&self.client, url).await.unwrap();
        session
    }

    /// Every customer asks for a refund, and asks again until the service has said that it has it.
    pub async fn write_tickets(
        self: Arc<Self>,
        urls: Arc<Vec<String>>,
        mut session: Session,
        may: impl Fn(usize) -> bool + Send,
    ) {
        for n in 0..self.count {
            while !may(n) {
                time::sleep(Duration::from_millis(5)).await;
            }
            let body = json!({
                "subject": "Refund please",
                "body": format!("Please refund my order {}, it does not fit.", order_number(n)),
                "contact": { "email": email(n), "name": format!("Customer {n}") },
            });
            let until = Instant::now() + PATIENCE;
            for tried in 0.. {
                assert!(Instant::now() < until, "no process took ticket {n} within {PATIENCE:?}");
                let url = &urls[(n + tried) % urls.len()];
                let answer =
                    self.post(&mut session, url, "/v1/tickets", &body, Some(&format!("ticket-{n}"))).await;
                if answer.is_some() {
                    break;
                }
                time::sleep(Duration::from_millis(10)).await;
            }
        }
    }

    /// Approves whatever waits, through whichever process answers.
    pub async fn approve_everything(self: Arc<Self>, urls: Arc<Vec<String>>, mut session: Session) {
        for turn in 0.. {
            let url = &urls[turn % urls.len()];
            let waiting = self.get(&mut session, url, "/v1/approvals?status=pending&limit=50").await;
            let items = waiting.as_ref().and_then(|w| w["items"].as_array().cloned()).unwrap_or_default();
            for item in &items {
                let approval = item.get("approval").unwrap_or(item);
                let path = format!("/v1/approvals/{}/decisions", approval["id"].as_str().unwrap());
                let decision = json!({ "type": "approve" });
                let body = json!({ "digest": approval["digest"], "decision": decision, "undo": false });
                // A lost answer or a decided approval is seen in the next round.
                self.post(&mut session, url, &path, &body, None).await;
            }
            if items.is_empty() {
                time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    async fn post(
        &self,
        session: &mut Session,
        url: &str,
        path: &str,
        body: &Value,
        key: Option<&str>,
    ) -> Option<Value> {
        let cookie = session.cookie(&self.client, url).await?;
        let mut request = self
            .client
            .post(format!("{url}{path}"))
            .header("cookie", cookie)
            .header("sec-fetch-site", "same-origin")
            .json(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = request.send().await.ok()?;
        let status = answer.status();
        let text = answer.text().await.ok()?;
        assert!(status.is_success() || matches!(status.as_u16(), 409 | 429 | 503), "{path}: {status} {text}");
        if status.is_success() { serde_json::from_str(&text).ok() } else { None }
    }

    pub async fn get(&self, session: &mut Session, url: &str, path: &str) -> Option<Value> {
        let cookie = session.cookie(&self.client, url).await?;
        let answer = self.client.get(format!("{url}{path}")).header("cookie", cookie).send().await.ok()?;
        answer.json().await.ok()
    }

    pub async fn tickets(&self) -> Vec<Ticket> {
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.store.tickets(&TicketFilter::default(), 100, cursor.as_deref()).await.unwrap();
            all.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return all;
            }
        }
    }

    pub async fn runs(&self) -> Vec<Run> {
        let mut all = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.store.runs(&RunFilter::default(), 100, cursor.as_deref()).await.unwrap();
            all.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return all;
            }
        }
    }

    pub async fn is_quiet(&self) -> bool {
        self.done().await == self.count
    }

    /// Runs that have ended well.
    pub async fn done(&self) -> usize {
        let counts = self.store.counts().await.unwrap();
        let done: i64 = counts.runs.iter().filter(|(status, _)| status == "done").map(|(_, n)| n).sum();
        done as usize
    }

    pub async fn what_is_left(&self) -> String {
        let runs: BTreeMap<String, i64> = self.store.counts().await.unwrap().runs.into_iter().collect();
        let errors: Vec<String> = self
            .runs()
            .await
            .into_iter()
            .filter(|r| r.outcome.is_none())
            .take(3)
            .map(|r| format!("{} {:?} {:?} {:?}", r.id, r.status, r.waiting_for, r.error))
            .collect();
        format!("{runs:?}; {errors:?}")
    }
}

#[derive(Clone, Default)]
pub struct Session {
    cookie: Option<String>,
}

impl Session {
    /// The processes share the key, so one sign-in serves all of them.
    async fn cookie(&mut self, client: &reqwest::Client, url: &str) -> Option<String> {
        if self.cookie.is_none() {
            let body = json!({ "email": "reviewer@crash.example", "password": PASSWORD });
            let answer = client
                .post(format!("{url}/v1/session"))
                .header("sec-fetch-site", "same-origin")
                .json(&body)
                .send()
                .await
                .ok()?;
            let cookie = answer.headers().get("set-cookie")?.to_str().ok()?;
            self.cookie = Some(cookie.split(';').next()?.to_owned());
        }
        self.cookie.clone()
    }
}

/// Looks the order up, refunds it, tells the customer.
fn answer(request: &CapturedRequest) -> Reply {
    let text = request.last("user").unwrap_or_default();
    let at = text.find("NF-").expect("the customer names an order");
    let number = &text[at..at + 8];
    match request.count("tool") {
        1 => Reply::call("shop__get_order", &json!({ "order_number": number })),
        2 => Reply::call(
            "shop__refund_order",
            &json!({ "order_number": number, "amount_cents": ORDER_CENTS, "reason": "does not fit" }),
        ),
        _ => Reply::Json(json!({
            "kind": "answer",
            "reply": format!("We have refunded 129.00 EUR for your order {number}."),
            "citations": [],
            "confidence": 0.95,
            "resolved": true,
            "reason": "refunded",
        })),
    }
}

fn email(n: usize) -> String {
    format!("customer{n}@crash.example")
}

fn order_number(n: usize) -> String {
    format!("NF-{:05}", 20_000 + n)
}

fn person(n: usize) -> (Customer, Contact) {
    let now = SystemClock.now();
    let id = CustomerId(SystemIds.uuid());
    let customer = Customer {
        id,
        name: format!("Customer {n}"),
        tier: "standard".to_owned(),
        locale: "en".to_owned(),
        fields: BTreeMap::new(),
        created_at: now,
        updated_at: now,
    };
    let contact = Contact {
        id: ContactId(SystemIds.uuid()),
        customer_id: id,
        name: customer.name.clone(),
        email: email(n),
        created_at: now,
    };
    (customer, contact)
}

fn order(n: usize, email: &str) -> Order {
    let now = SystemClock.now();
    let day = Duration::from_secs(86_400);
    Order {
        number: order_number(n),
        email: email.to_owned(),
        status: OrderStatus::Delivered,
        placed_at: now.minus(day * 9),
        delivered_at: Some(now.minus(day * 5)),
        items: vec![Item {
            sku: "NF-PCK-300".to_owned(),
            name: "Ridge 30 Pack".to_owned(),
            quantity: 1,
            price_cents: ORDER_CENTS,
        }],
        refunded_cents: 0,
        currency: "EUR".to_owned(),
        carrier: "Kestrel Parcel".to_owned(),
        tracking: Some(format!("KP{n:06}")),
        eta: None,
        address: Address {
            street: "Hauptstrasse 1".to_owned(),
            postcode: "6020".to_owned(),
            city: "Innsbruck".to_owned(),
            country: "AT".to_owned(),
        },
    }
}
