//! A models room with scripted providers, and someone who watches.

use std::{
    io::Write as _,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use domain::{
    Clock, Ids, Timestamp,
    answerability::Courses,
    model::{
        Facts, Model, ModelFailure, ModelMessage, ModelRequest, ModelResponse, OutputSchema, Strength,
        TextSink, ToolSchema,
    },
};
use guards::{
    masking::{Protector, Rules},
    pii::{Detector, Settings},
};
use orchestrator::{
    breakers::{BreakersConfig, Outside},
    models::{self, ModelsConfig, ModelsError, Prices, ProviderConfig},
    protections::Protections,
    testing::model_server::{ModelServer, Reply, Script},
};
use serde_json::json;
use tempfile::NamedTempFile;
use uuid::Uuid;

pub const COURSES: Courses = Courses { answer: 0.4, ask: 0.3 };
pub const KEY: &str = "sk-test-3f9a1c77";

/// A clock that stands still until it is moved.
pub struct Hand(pub AtomicI64);

impl Hand {
    pub fn forward(&self, millis: i64) {
        self.0.fetch_add(millis * 1_000, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Default)]
pub struct Counted(pub AtomicU64);

impl Ids for Counted {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::SeqCst)) + 1)
    }
    fn secret(&self) -> [u8; 32] {
        [7; 32]
    }
    fn fraction(&self) -> f64 {
        0.5
    }
}

/// What a watcher has on the screen.
#[derive(Default)]
pub struct Screen {
    pub pieces: Mutex<Vec<String>>,
    pub restarts: AtomicU64,
}

impl TextSink for Screen {
    fn text(&self, delta: &str) {
        self.pieces.lock().unwrap().push(delta.to_owned());
    }
    fn restart(&self) {
        self.restarts.fetch_add(1, Ordering::SeqCst);
        self.pieces.lock().unwrap().clear();
    }
}

impl Screen {
    pub fn shows(&self) -> String {
        self.pieces.lock().unwrap().concat()
    }
}

pub struct House {
    pub model: Arc<dyn Model>,
    pub clock: Arc<Hand>,
    _key: NamedTempFile,
}

/// The model of a process with these servers as providers, quick to retry and to give up, without
/// the offline model behind them.
pub fn house(servers: &[&ModelServer], change: impl Fn(&mut ProviderConfig)) -> House {
    let urls: Vec<String> = servers.iter().map(|server| server.url()).collect();
    house_at(&urls, change)
}

pub fn house_at(urls: &[String], change: impl Fn(&mut ProviderConfig)) -> House {
    let mut key = NamedTempFile::new().unwrap();
    writeln!(key, "{KEY}").unwrap();
    let providers = urls.iter().enumerate().map(|(number, url)| {
        let mut provider = ProviderConfig::new(&format!("provider-{number}"), url, "small", "large");
        provider.api_key_file = Some(key.path().to_owned());
        provider.backoff_ms = 2;
        provider.prices = Prices { input_per_million: 2.0, output_per_million: 10.0 };
        change(&mut provider);
        provider
    });
    let config = ModelsConfig { offline_fallback: false, providers: providers.collect() };
    let clock = Arc::new(Hand(AtomicI64::new(1_764_000_000_000_000)));
    let model = build(&config, clock.clone()).unwrap();
    House { model, clock, _key: key }
}

/// The models of a process that shares them with nobody.
pub fn build(config: &ModelsConfig, clock: Arc<Hand>) -> Result<Arc<dyn Model>, ModelsError> {
    let ids: Arc<dyn Ids> = Arc::new(Counted::default());
    let outside = Outside::alone(clock.clone(), Arc::clone(&ids), &BreakersConfig::default(), config);
    models::build(config, COURSES, &protections(), &Arc::new(outside), clock, ids)
}

/// Treats personal data as the defaults say.
pub fn protections() -> Arc<Protections> {
    protections_of(Rules::default())
}

pub fn protections_of(rules: Rules) -> Arc<Protections> {
    let detector = Detector::new(Settings::default()).unwrap();
    Arc::new(Protections::new(Protector::new(Arc::new(detector), rules).unwrap()))
}

pub fn request() -> ModelRequest {
    ModelRequest {
        workspace: None,
        purpose: "resolution.step".to_owned(),
        strength: Strength::Strong,
        messages: vec![
            ModelMessage::System { text: "You help the customers of a shop.".to_owned() },
            ModelMessage::User { text: "Where is my order?".to_owned() },
        ],
        tools: Arc::new(vec![ToolSchema {
            name: "shop__find_order".to_owned(),
            description: "Finds an order.".to_owned(),
            parameters: json!({ "type": "object", "required": ["order"], "properties": {
                "order": { "type": "string" }, "lines": { "type": ["integer", "null"], "format": "uint32" } } }),
        }]),
        output_schema: None,
        max_output_tokens: 500,
        prompt: "resolution/step@1".to_owned(),
        facts: Facts::default(),
    }
}

pub fn with_output(mut request: ModelRequest) -> ModelRequest {
    let schema = json!({ "type": "object", "required": ["answer"], "properties": {
        "answer": { "type": "string" }, "sources": { "type": "array", "items": { "type": "string" } } } });
    request.output_schema = Some(OutputSchema { name: "answer".to_owned(), schema: Arc::new(schema) });
    request
}

pub async fn server(script: impl Into<Script>) -> ModelServer {
    ModelServer::start(script).await.unwrap()
}

/// Asks once as a watcher does and once without one, each time of a fresh server, and checks what
/// the server was sent.
pub async fn both_ways(
    replies: Vec<Reply>,
    request: ModelRequest,
    change: impl Fn(&mut ProviderConfig),
    check: impl Fn(Result<ModelResponse, ModelFailure>, &ModelServer),
) {
    for watched in [false, true] {
        let server = server(replies.clone()).await;
        let house = house(&[&server], &change);
        let screen = Screen::default();
        let sink: Option<&dyn TextSink> = if watched { Some(&screen) } else { None };
        let result = house.model.complete(&request, sink).await;
        if let Err(error) = &result {
            assert!(!error.to_string().contains(KEY), "{error}");
        }
        assert!(server.requests().iter().all(|request| request.streams() == watched));
        if watched {
            let text = result.as_ref().ok().and_then(|response| response.text.clone()).unwrap_or_default();
            assert_eq!(screen.shows(), text, "what the watcher saw");
        }
        check(result, &server);
        server.assert_clean();
    }
}
