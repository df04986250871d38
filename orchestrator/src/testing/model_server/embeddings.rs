//! The scripted server's embeddings and its list of models. Vectors are made from the words of a
//! text, so that texts with the same words are near each other; nothing here is scripted.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use std::sync::{Arc, atomic::Ordering};

use super::{Shared, lock};

/// `embed-<N>` is a model of N numbers; there is no other.
fn dimension(model: &str) -> Option<usize> {
    model.strip_prefix("embed-")?.parse().ok().filter(|n| (1..=4096).contains(n))
}

fn refused(status: StatusCode, message: String) -> Response {
    (status, Json(json!({ "error": { "message": message, "type": "invalid_request_error" } })))
        .into_response()
}

fn key(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ").filter(|key| !key.is_empty())
}

pub(super) async fn models(headers: HeaderMap) -> Response {
    match key(&headers) {
        None => refused(StatusCode::UNAUTHORIZED, "there is no key".to_owned()),
        Some(_) => Json(json!({ "object": "list", "data": [{ "id": "embed-8", "object": "model" }] }))
            .into_response(),
    }
}

pub(super) async fn embeddings(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Response {
    shared.embedded.fetch_add(1, Ordering::SeqCst);
    let Some(key) = key(&headers) else {
        return refused(StatusCode::UNAUTHORIZED, "there is no key".to_owned());
    };
    if key.contains("wrong") {
        return refused(StatusCode::UNAUTHORIZED, format!("incorrect key {key}"));
    }
    let body: Value = match serde_json::from_slice(&bytes) {
        Ok(body) => body,
        Err(error) => return refused(StatusCode::BAD_REQUEST, format!("the body is not JSON: {error}")),
    };
    let texts = body["input"].as_array().cloned().unwrap_or_default();
    if texts.is_empty() || texts.iter().any(|text| text.as_str().is_none_or(str::is_empty)) {
        let what = "an embeddings request without texts, or with an empty one".to_owned();
        lock(&shared.violations).push(what.clone());
        return refused(StatusCode::BAD_REQUEST, what);
    }
    let model = body["model"].as_str().unwrap_or_default();
    let Some(dimension) = dimension(model) else {
        return refused(StatusCode::NOT_FOUND, format!("the model `{model}` does not exist"));
    };
    let dimension = body["dimensions"].as_u64().map_or(dimension, |asked| asked as usize);
    let data: Vec<Value> = texts
        .iter()
        .enumerate()
        .map(|(index, text)| {
            json!({ "object": "embedding", "index": index, "embedding": vector(text.as_str().unwrap_or_default(), dimension) })
        })
        .collect();
    Json(json!({ "object": "list", "model": model, "data": data, "usage": { "prompt_tokens": 1, "total_tokens": 1 } }))
        .into_response()
}

fn vector(text: &str, dimension: usize) -> Vec<f32> {
    // The last number keeps a text of no words from being nothing at all.
    let mut vector = vec![0.0f32; dimension];
    vector[dimension - 1] = 0.1;
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        let hash = word.to_lowercase().bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        vector[(hash % dimension as u64) as usize] += 1.0;
    }
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter().map(|value| value / length).collect()
}
