//! The embedder behind an API, against a small one in this process.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use rag::embed::{EmbedError, Embedder, TextKind};
use rag_embed::{EndpointEmbedder, EndpointOptions};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::{net::TcpListener, task::JoinHandle};

/// A status, and what `Retry-After` says.
type Refusal = (u16, Option<&'static str>);

#[derive(Clone, Default)]
struct Api {
    /// Answered before vectors are.
    refusals: Arc<Mutex<VecDeque<Refusal>>>,
    asked: Arc<Mutex<Vec<(HeaderMap, Value)>>>,
    dimension: usize,
}

async fn embeddings(State(api): State<Api>, headers: HeaderMap, Json(body): Json<Value>) -> Response {
    api.asked.lock().unwrap().push((headers, body.clone()));
    if let Some((status, wait)) = api.refusals.lock().unwrap().pop_front() {
        let status = StatusCode::from_u16(status).unwrap();
        return match wait {
            Some(wait) => (status, [("retry-after", wait)], "later").into_response(),
            None => (status, "no").into_response(),
        };
    }
    let texts = body["input"].as_array().unwrap();
    let vector = |text: &Value| {
        let mut vector = vec![0.0; api.dimension];
        vector[0] = text.as_str().unwrap().len() as f32;
        vector
    };
    // Out of order, as the protocol allows.
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .rev()
        .map(|(index, text)| json!({"object": "embedding", "index": index, "embedding": vector(text)}))
        .collect();
    Json(json!({"object": "list", "data": data, "model": body["model"]})).into_response()
}

struct Setup {
    embedder: EndpointEmbedder,
    api: Api,
    serving: JoinHandle<()>,
}

impl Drop for Setup {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

#[allow(clippy::disallowed_methods)]
async fn setup(refusals: &[Refusal], change: impl FnOnce(&mut EndpointOptions)) -> Setup {
    let api = Api {
        refusals: Arc::new(Mutex::new(refusals.iter().copied().collect())),
        dimension: 3,
        ..Api::default()
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1/", listener.local_addr().unwrap()).parse().unwrap();
    let router = Router::new().route("/v1/embeddings", post(embeddings)).with_state(api.clone());
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    let mut options = EndpointOptions::new(base, "some-model", 3);
    options.pause = Duration::ZERO;
    change(&mut options);
    // The client wants a crypto provider although it speaks no TLS here; another test may have set it.
    drop(rustls::crypto::ring::default_provider().install_default());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    Setup { embedder: EndpointEmbedder::new(client, options), api, serving }
}

fn texts(count: usize) -> Vec<String> {
    (1..=count).map(|n| "x".repeat(n)).collect()
}

#[tokio::test]
async fn texts_go_in_batches_and_vectors_come_in_order() {
    let setup = setup(&[], |options| {
        options.batch = 2;
        options.api_key = Some(SecretString::from("key-1"));
        options.ask_dimension = true;
        options.prefixes = ["query: ".to_owned(), String::new()];
    })
    .await;
    let vectors = setup.embedder.embed(&texts(5), TextKind::Passage).await.unwrap();
    assert_eq!(vectors.iter().map(|v| v[0]).collect::<Vec<_>>(), [1.0, 2.0, 3.0, 4.0, 5.0]);
    setup.embedder.embed(&texts(1), TextKind::Query).await.unwrap();
    let asked = setup.api.asked.lock().unwrap();
    assert_eq!(asked.len(), 4);
    assert_eq!(asked[0].0["authorization"], "Bearer key-1");
    assert_eq!(
        asked[0].1,
        json!({"model": "some-model", "input": ["x", "xx"], "encoding_format": "float", "dimensions": 3})
    );
    assert_eq!(asked[3].1["input"], json!(["query: x"]));
}

#[tokio::test]
async fn what_may_pass_is_tried_again_and_what_lasts_is_not() {
    let passing = setup(&[(429, Some("0.01")), (503, None), (500, Some("soon"))], |_| {}).await;
    assert_eq!(passing.embedder.embed(&texts(1), TextKind::Query).await.unwrap().len(), 1);
    assert_eq!(passing.api.asked.lock().unwrap().len(), 4);

    let lasting = setup(&[(401, None)], |_| {}).await;
    let refused = lasting.embedder.embed(&texts(1), TextKind::Query).await;
    assert!(matches!(&refused, Err(EmbedError::Refused(why)) if why.contains("401")), "{refused:?}");
    assert_eq!(lasting.api.asked.lock().unwrap().len(), 1);

    let never = setup(&[(503, None); 9], |options| options.attempts = 3).await;
    let given_up = never.embedder.embed(&texts(1), TextKind::Query).await;
    assert!(
        matches!(&given_up, Err(EmbedError::Unavailable(why)) if why.contains("3 times")),
        "{given_up:?}"
    );
    assert_eq!(never.api.asked.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn no_pause_is_longer_than_allowed() {
    let setup =
        setup(&[(429, Some("86400"))], |options| options.longest_pause = Duration::from_millis(1)).await;
    assert_eq!(setup.embedder.embed(&texts(1), TextKind::Query).await.unwrap().len(), 1);
}

#[tokio::test]
async fn vectors_of_another_length_are_refused_with_what_to_configure() {
    let setup = setup(&[], |options| options.dimension = 4).await;
    let refused = setup.embedder.embed(&texts(1), TextKind::Query).await;
    assert_eq!(refused, Err(EmbedError::Dimension { model: "some-model".to_owned(), given: 3, wanted: 4 }));
}
