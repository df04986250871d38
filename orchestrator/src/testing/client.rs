//! A caller of the API in tests, what it is answered, and the events of a stream.
//!
//! What goes wrong panics and says what was expected.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so"
)]

use std::time::Duration;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header},
};
use futures::StreamExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

/// How long a stream may take to say what it must.
const PATIENCE: Duration = Duration::from_secs(10);

/// A caller of the API.
#[derive(Clone)]
pub struct Client {
    pub(super) router: Router,
    pub(super) headers: HeaderMap,
}

impl Client {
    /// The same caller, who also sends this header.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut headers = self.headers.clone();
        headers.insert(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
        Self { router: self.router.clone(), headers }
    }

    /// The same caller, who does not send this header.
    pub fn without(&self, name: &str) -> Self {
        let mut headers = self.headers.clone();
        headers.remove(name);
        Self { router: self.router.clone(), headers }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Reply {
        self.send("PATCH", path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, None).await
    }

    pub async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        match body {
            Some(body) => self.raw(method, path, body.to_string(), "application/json").await,
            None => {
                self.request(Request::builder().method(method).uri(path).body(Body::empty()).unwrap()).await
            }
        }
    }

    pub async fn raw(&self, method: &str, path: &str, body: impl Into<Bytes>, content_type: &str) -> Reply {
        let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, content_type);
        self.request(request.body(Body::from(body.into())).unwrap()).await
    }

    /// Sends a request as it is, with this caller's headers.
    pub async fn request(&self, mut request: Request<Body>) -> Reply {
        let path = request.uri().to_string();
        request.headers_mut().extend(self.headers.clone());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let read = axum::body::to_bytes(body, 64 * 1024 * 1024);
        let body = tokio::time::timeout(PATIENCE, read)
            .await
            .unwrap_or_else(|_| panic!("{path} does not end"))
            .unwrap();
        if let Some(length) = parts.headers.get(header::CONTENT_LENGTH) {
            assert_eq!(length.to_str().unwrap(), body.len().to_string(), "the length of {path}");
        }
        Reply { path, status: parts.status, headers: parts.headers, body }
    }

    /// Every item of a list, read in pages of `limit`.
    pub async fn all(&self, path: &str, limit: usize) -> Vec<Value> {
        let join = if path.contains('?') { '&' } else { '?' };
        let mut items = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = self.get(&format!("{path}{join}limit={limit}{cursor}")).await.json(StatusCode::OK);
            let found = page["items"].as_array().unwrap();
            assert!(found.len() <= limit, "{path} gave {} items for a limit of {limit}", found.len());
            items.extend(found.iter().cloned());
            match page["next_cursor"].as_str() {
                Some(next) => {
                    assert_eq!(found.len(), limit, "a page that is not the last is full");
                    cursor = format!("&cursor={next}");
                }
                None => return items,
            }
        }
    }

    /// Opens a stream of server-sent events.
    pub async fn stream(&self, path: &str) -> EventReader {
        let mut request = Request::builder().uri(path).body(Body::empty()).unwrap();
        request.headers_mut().extend(self.headers.clone());
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        assert_eq!(response.headers()[header::CONTENT_TYPE], "text/event-stream");
        EventReader { body: response.into_body().into_data_stream(), read: String::new() }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Reply {
    path: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

impl Reply {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body of an answer that must have this status.
    pub fn json(&self, status: StatusCode) -> Value {
        assert_eq!(self.status, status, "{}: {}", self.path, self.text());
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{} is not JSON: {error}", self.text()))
    }

    /// The problem that must be the answer, with this status and in its shape.
    pub fn problem(&self, status: StatusCode) -> Value {
        let problem = self.json(status);
        assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json", "{}", self.path);
        assert_eq!(problem["status"], status.as_u16());
        assert_eq!(problem["request_id"], self.headers["x-request-id"].to_str().unwrap());
        for field in ["type", "title", "detail"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field} of {problem}");
        }
        problem
    }
}

/// One server-sent event.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    pub id: Option<String>,
    pub name: String,
    pub data: Value,
}

/// Reads a stream of server-sent events.
pub struct EventReader {
    body: axum::body::BodyDataStream,
    read: String,
}

impl EventReader {
    /// The next event; `None` when the stream has ended. Comments are passed over.
    pub async fn next(&mut self) -> Option<Sent> {
        tokio::time::timeout(PATIENCE, self.read()).await.expect("the stream says something in time")
    }

    /// The next `count` events.
    pub async fn take(&mut self, count: usize) -> Vec<Sent> {
        let mut events = Vec::with_capacity(count);
        for _ in 0..count {
            events.push(self.next().await.expect("the stream goes on"));
        }
        events
    }

    /// The id that a browser would come back with, which stands before the first event.
    pub async fn begins_at(&mut self) -> String {
        let told = async {
            loop {
                if let Some((block, rest)) = self.read.split_once("\n\n") {
                    let id = block.strip_prefix("id:").expect("an id alone").trim().to_owned();
                    self.read = rest.to_owned();
                    return id;
                }
                let chunk = self.body.next().await.unwrap().unwrap();
                self.read.push_str(std::str::from_utf8(&chunk).unwrap());
            }
        };
        tokio::time::timeout(PATIENCE, told).await.expect("the stream says where it begins")
    }

    async fn read(&mut self) -> Option<Sent> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let event = parse(block);
                self.read = rest.to_owned();
                if event.is_some() {
                    return event;
                }
                continue;
            }
            let chunk = self.body.next().await?.unwrap();
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}

fn parse(block: &str) -> Option<Sent> {
    let field = |name: &str| {
        block
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
            .map(|value| value.trim_start().to_owned())
    };
    let data = serde_json::from_str(&field("data")?).unwrap();
    Some(Sent { id: field("id"), name: field("event").unwrap_or_default(), data })
}
