//! The retail shop as an MCP server over streamable HTTP: requests are answered with JSON, and there is nothing to
//! listen to. Its tools are described as the benchmark describes them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse as _, Response},
    routing::post,
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

use super::shop::{CHANGES, Shop};

/// The newest version of the protocol that this was written for.
const PROTOCOL: &str = "2025-06-18";

/// The shop's records, and who let them be changed.
struct Served {
    shop: Shop,
    /// Changes that a person has agreed to and that have not come yet.
    agreed: Vec<(String, Value)>,
    /// Changes that came and that nobody had agreed to.
    unasked: Vec<String>,
}

#[derive(Clone)]
struct Shared {
    served: Arc<Mutex<Served>>,
    tools: Arc<Value>,
}

/// A shop that is served until it goes out of scope.
pub(super) struct Server {
    pub url: String,
    served: Arc<Mutex<Served>>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// `tools` as the benchmark lists them: OpenAI's functions.
    pub async fn start(shop: Shop, tools: &[Value]) -> anyhow::Result<Self> {
        let tools: Vec<Value> = tools.iter().map(|tool| described(&tool["function"])).collect();
        let served = Arc::new(Mutex::new(Served { shop, agreed: Vec::new(), unasked: Vec::new() }));
        let shared = Shared { served: Arc::clone(&served), tools: Arc::new(json!({ "tools": tools })) };
        let listener = TcpListener::bind("127.0.0.1:0").await.context("a place for the retail shop")?;
        let url = format!("http://{}/mcp", listener.local_addr()?);
        let router = Router::new().route("/mcp", post(answer)).with_state(shared);
        let task = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, served, task })
    }

    pub fn records(&self) -> Shop {
        held(&self.served).shop.clone()
    }

    /// Begins anew with these records.
    pub fn put(&self, shop: Shop) {
        *held(&self.served) = Served { shop, agreed: Vec::new(), unasked: Vec::new() };
    }

    /// From now on this change may come, once.
    pub fn agree(&self, tool: &str, args: &Value) {
        held(&self.served).agreed.push((tool.to_owned(), args.clone()));
    }

    /// Changes that came though nobody had agreed to them.
    pub fn unasked(&self) -> Vec<String> {
        held(&self.served).unasked.clone()
    }
}

impl Served {
    /// The shop does what it is told: whether it should have been is looked at afterwards.
    fn call(&mut self, tool: &str, args: &Value) -> Result<Value, String> {
        if CHANGES.contains(&tool) {
            match self.agreed.iter().position(|(name, agreed)| name == tool && agreed == args) {
                Some(at) => drop(self.agreed.remove(at)),
                None => self.unasked.push(format!("{tool} {args}")),
            }
        }
        self.shop.call(tool, args)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn held(served: &Mutex<Served>) -> MutexGuard<'_, Served> {
    // A call that panicked has changed nothing: changes are put whole.
    served.lock().unwrap_or_else(PoisonError::into_inner)
}

fn described(function: &Value) -> Value {
    let name = function["name"].as_str().unwrap_or_default();
    let changes = CHANGES.contains(&name);
    json!({
        "name": name,
        "description": function["description"],
        "inputSchema": function["parameters"],
        "annotations": { "readOnlyHint": !changes, "destructiveHint": changes, "openWorldHint": false },
    })
}

async fn answer(State(shared): State<Shared>, Json(message): Json<Value>) -> Response {
    let Some(id) = message.get("id").filter(|id| !id.is_null()) else {
        return StatusCode::ACCEPTED.into_response();
    };
    let params = &message["params"];
    let result = match message["method"].as_str().unwrap_or_default() {
        "initialize" => json!({
            "protocolVersion": PROTOCOL,
            "capabilities": { "tools": {} },
            "serverInfo": { "name": "retail", "version": "1" },
        }),
        "tools/list" => (*shared.tools).clone(),
        "tools/call" => {
            let tool = params["name"].as_str().unwrap_or_default();
            let answer = held(&shared.served).call(tool, &params["arguments"]);
            let (text, failed) = match answer {
                Ok(Value::String(text)) => (text, false),
                Ok(value) => (value.to_string(), false),
                Err(why) => (why, true),
            };
            json!({ "content": [{ "type": "text", "text": text }], "isError": failed })
        }
        "ping" => json!({}),
        method => {
            let error = json!({ "code": -32601, "message": format!("there is no method {method}") });
            return Json(json!({ "jsonrpc": "2.0", "id": id, "error": error })).into_response();
        }
    };
    Json(json!({ "jsonrpc": "2.0", "id": id, "result": result })).into_response()
}
