//! The stage: [`Chat`] stands in for the agent. It keeps the conversation, answers read tools from a
//! few orders and the knowledge base, and lets a test decide what reviewers say to proposals.

use std::{
    path::Path,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

use agents::answer::{Answer, Kind};
use domain::{
    Ids, Timestamp, WorkspaceId,
    answerability::Courses,
    knowledge::{Passage, Retriever as _, Scope},
    model::{CallResult, Facts, Model, ModelError, ModelRequest, ModelResponse, Strength, ToolSchema, Turn},
    procedure::Procedure,
    tool::ToolCall,
};
use orchestrator::models::offline::OfflineModel;
use serde_json::{Value, json};
use uuid::Uuid;

/// The service's defaults.
const COURSES: Courses = Courses { answer: 0.4, ask: 0.3 };

#[derive(Default)]
struct Counting(AtomicU64);

impl Ids for Counting {
    fn uuid(&self) -> Uuid {
        Uuid::from_u128(u128::from(self.0.fetch_add(1, Ordering::Relaxed)))
    }
    fn secret(&self) -> [u8; 32] {
        [7; 32]
    }
    fn fraction(&self) -> f64 {
        0.5
    }
}

const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));

static SHOP: LazyLock<rag::Knowledge> = LazyLock::new(|| {
    let ids = Counting::default();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/knowledge");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let documents: Vec<_> = files
        .iter()
        .map(|file| {
            let slug = file.file_stem().unwrap().to_str().unwrap();
            rag::prepare(slug, &std::fs::read_to_string(file).unwrap(), None, &ids, Timestamp(0)).unwrap()
        })
        .collect();
    let knowledge = rag::Knowledge::in_memory();
    for (document, chunks) in documents {
        wait(knowledge.put(WORKSPACE, document, chunks)).unwrap();
    }
    knowledge
});

pub static PROCEDURES: LazyLock<Vec<Procedure>> = LazyLock::new(|| {
    #[derive(serde::Deserialize)]
    struct File {
        procedure: Vec<Procedure>,
    }
    toml::from_str::<File>(include_str!("../../demo/procedures.toml")).unwrap().procedure
});

pub fn search(query: &str) -> Vec<Passage> {
    wait(SHOP.search(&Scope::public(WORKSPACE, Timestamp(0)), query, 5)).unwrap_or_default()
}

/// On a thread of its own, because some callers are in a runtime already.
fn wait<T: Send>(future: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|threads| {
        let wait = || tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future);
        threads.spawn(wait).join().unwrap()
    })
}

pub fn order(number: &str, status: &str, item: &str, days: Option<i64>) -> Value {
    let shipped = status != "processing" && status != "cancelled";
    json!({
        "order_number": number, "customer_email": "mara.lind@post.example", "status": status,
        "placed_at": "2026-11-05T10:00:00.000000Z",
        "delivered_at": days.map(|_| "2026-11-09T15:00:00.000000Z"),
        "items": [{ "sku": "NF-X", "name": item, "quantity": 1, "price_cents": 34900 }],
        "total_cents": 34900, "refunded_cents": if status == "refunded" { 34900 } else { 0 },
        "refundable_cents": if status == "refunded" { 0 } else { 34900 },
        "days_since_delivery": days, "currency": "EUR", "carrier": "Kestrel Parcel",
        "tracking": shipped.then_some("KP123456789NL"),
        "eta": (status == "shipped" || status == "processing").then_some("2026-11-24"),
        "address": { "street": "Alter Weg 1", "postcode": "8010", "city": "Graz", "country": "AT" },
    })
}

/// What a reviewer, or the world, answers to a proposal.
pub type Reviewer = fn(&ToolCall) -> (&'static str, Value);

pub fn approve(call: &ToolCall) -> (&'static str, Value) {
    let args = &call.args;
    let content = match call.tool.as_str() {
        "shop__refund_order" => {
            json!({ "refund_id": "r1", "order_number": args["order_number"], "amount_cents": args["amount_cents"], "status": "refunded" })
        }
        "shop__cancel_order" => json!({ "order_number": args["order_number"], "status": "cancelled" }),
        "shop__change_address" => json!({ "order_number": args["order_number"], "status": "processing",
            "address": { "street": args["street"], "postcode": args["postcode"], "city": args["city"], "country": args["country"] } }),
        _ => json!({ "email": args["email"], "status": "sent" }),
    };
    ("ok", content)
}

pub struct Chat {
    pub orders: Vec<Value>,
    pub customer: Option<Value>,
    pub turns: Vec<Turn>,
    /// Of the current run.
    pub results: Vec<CallResult>,
    pub passages: Vec<Passage>,
    pub reviewer: Reviewer,
    /// Every call the model has made.
    pub calls: Vec<ToolCall>,
    pub tools: Vec<&'static str>,
}

impl Chat {
    pub fn new() -> Self {
        Self {
            orders: vec![
                order("NF-10482", "delivered", "Fell 2 Tent", Some(12)),
                order("NF-10500", "processing", "Moraine Mid Boot", None),
                order("NF-10501", "shipped", "Ember Solo Stove", None),
            ],
            customer: Some(json!({
                "name": "Lind family", "tier": "standard", "email": "mara.lind@post.example",
                "contact": { "name": "Mara Lind", "email": "mara.lind@post.example" },
            })),
            turns: Vec::new(),
            results: Vec::new(),
            passages: Vec::new(),
            reviewer: approve,
            calls: Vec::new(),
            tools: vec![
                "search_knowledge",
                "shop__get_order",
                "shop__list_orders",
                "shop__track_order",
                "shop__refund_order",
                "shop__cancel_order",
                "shop__change_address",
                "shop__send_password_reset",
            ],
        }
    }

    pub fn with_orders(orders: Vec<Value>) -> Self {
        Self { orders, ..Self::new() }
    }

    pub fn stranger() -> Self {
        Self { customer: None, ..Self::new() }
    }

    pub fn request(&self) -> ModelRequest {
        let schema = |name: &&str| ToolSchema {
            name: (*name).to_owned(),
            description: String::new(),
            parameters: json!({}),
        };
        ModelRequest {
            workspace: None,
            purpose: "resolution.answer".to_owned(),
            strength: Strength::Strong,
            messages: Vec::new(),
            tools: Arc::new(self.tools.iter().map(schema).collect()),
            output_schema: Some(Answer::output_schema()),
            max_output_tokens: 1_000,
            prompt: "resolution/system@1".to_owned(),
            facts: Facts {
                conversation: self.turns.clone(),
                procedures: Arc::new(PROCEDURES.clone()),
                passages: self.passages.clone(),
                customer: self.customer.clone(),
                reports: Vec::new(),
                results: self.results.clone(),
                withheld: Vec::new(),
            },
        }
    }

    /// A new message, a new run: the agent searches, the model works until it answers.
    pub fn say(&mut self, text: &str) -> Answer {
        self.turns.push(Turn { from_customer: true, text: text.to_owned() });
        self.results.clear();
        self.passages = search(text);
        self.work()
    }

    pub fn work(&mut self) -> Answer {
        for _ in 0..12 {
            let response = complete(&self.request()).unwrap();
            assert_eq!((response.model.as_str(), response.provider.as_str()), ("offline", "offline"));
            assert_eq!(response.usage, Default::default());
            if let Some(text) = response.text {
                let answer = Answer::parse(&text).unwrap();
                if answer.kind == Kind::Handoff {
                    // A person has answered.
                    self.turns.push(Turn {
                        from_customer: false,
                        text: "A colleague here, I have taken care of it.".to_owned(),
                    });
                } else {
                    self.turns.push(Turn { from_customer: false, text: answer.reply.clone() });
                }
                return answer;
            }
            assert!(!response.tool_calls.is_empty());
            for call in response.tool_calls {
                assert!(
                    self.calls
                        .iter()
                        .all(|made| made.id != call.id || self.results.iter().all(|r| r.call.id != call.id))
                );
                self.calls.push(call.clone());
                let (status, content) = self.perform(&call);
                self.results.push(CallResult {
                    call,
                    ok: status == "ok",
                    status: status.to_owned(),
                    content,
                });
            }
        }
        panic!("the model does not come to an end: {:#?}", self.calls);
    }

    fn perform(&mut self, call: &ToolCall) -> (&'static str, Value) {
        match call.tool.as_str() {
            "search_knowledge" => {
                for passage in search(call.args["query"].as_str().unwrap()) {
                    if self.passages.iter().all(|known| known.chunk_id != passage.chunk_id) {
                        self.passages.push(passage);
                    }
                }
                ("ok", json!({ "count": self.passages.len() }))
            }
            "shop__get_order" => {
                match self.orders.iter().find(|o| o["order_number"] == call.args["order_number"]) {
                    Some(order) => ("ok", order.clone()),
                    None => ("refused", json!({ "reason": "there is no such order" })),
                }
            }
            "shop__list_orders" => {
                let own: Vec<&Value> =
                    self.orders.iter().filter(|o| o["customer_email"] == call.args["email"]).collect();
                ("ok", json!({ "orders": own }))
            }
            _ => (self.reviewer)(call),
        }
    }

    /// Calls with an effect that were proposed.
    pub fn proposals(&self) -> Vec<&ToolCall> {
        let reads = ["search_knowledge", "shop__get_order", "shop__list_orders", "shop__track_order"];
        self.calls.iter().filter(|call| !reads.contains(&call.tool.as_str())).collect()
    }
}

pub fn complete(request: &ModelRequest) -> Result<ModelResponse, ModelError> {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(OfflineModel::new(COURSES).complete(request, None))
        .map_err(|failure| failure.error)
}

/// Slugs of the cited articles.
pub fn cited(chat: &Chat, answer: &Answer) -> Vec<String> {
    let slug =
        |id: &String| chat.passages.iter().find(|p| p.chunk_id.to_string() == *id).unwrap().slug.clone();
    answer.citations.iter().map(slug).collect()
}
