//! A web site on this machine that answers as it was told to and remembers what it was asked.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use tokio::{net::TcpListener, task::JoinHandle};

/// What the site answers for one path.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// Before it answers at all.
    pub after: Duration,
}

impl Answer {
    pub fn new(content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let answer = Self {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: body.into(),
            after: Duration::ZERO,
        };
        answer.with("content-type", content_type)
    }

    /// A page with one sentence.
    pub fn html(title: &str, text: &str) -> Self {
        let page = format!(
            "<!doctype html><html><head><title>{title}</title></head><body><main><h1>{title}</h1><p>{text}</p></main></body></html>"
        );
        Self::new("text/html; charset=utf-8", page)
    }

    pub fn xml(body: &str) -> Self {
        Self::new("application/xml", body)
    }

    pub fn status(status: StatusCode) -> Self {
        Self { status, ..Self::new("text/plain", "") }
    }

    pub fn redirect(to: &str) -> Self {
        Self::status(StatusCode::FOUND).with("location", to)
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
        self
    }

    #[must_use]
    pub fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

#[derive(Default)]
struct Shared {
    answers: HashMap<String, Answer>,
    asked: Vec<(String, HeaderMap)>,
}

/// The site; it is gone when this is dropped.
pub struct Site {
    pub address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    server: JoinHandle<()>,
}

impl Drop for Site {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn locked(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Site {
    /// Every path is a 404 until it is told otherwise.
    pub async fn start() -> Self {
        let shared = Arc::<Mutex<Shared>>::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, shared, server }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub fn put(&self, path: &str, answer: Answer) {
        locked(&self.shared).answers.insert(path.to_owned(), answer);
    }

    pub fn remove(&self, path: &str) {
        locked(&self.shared).answers.remove(path);
    }

    /// A sitemap with these paths of the site.
    pub fn put_sitemap(&self, path: &str, pages: &[&str]) {
        let pages: String =
            pages.iter().map(|page| format!("<url><loc>{}</loc></url>", self.url(page))).collect();
        self.put(path, Answer::xml(&format!("<?xml version=\"1.0\"?><urlset>{pages}</urlset>")));
    }

    /// The headers of each request for a path.
    pub fn asked(&self, path: &str) -> Vec<HeaderMap> {
        let shared = locked(&self.shared);
        shared.asked.iter().filter(|(asked, _)| asked == path).map(|(_, headers)| headers.clone()).collect()
    }
}

async fn answer(State(shared): State<Arc<Mutex<Shared>>>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let headers = request.headers().clone();
    let found = {
        let mut shared = locked(&shared);
        shared.asked.push((path.clone(), headers.clone()));
        shared.answers.get(&path).cloned()
    };
    let answer = found.unwrap_or_else(|| Answer::status(StatusCode::NOT_FOUND));
    tokio::time::sleep(answer.after).await;
    let same = |ask: HeaderName, own: HeaderName| {
        headers.get(&ask).is_some_and(|known| answer.headers.get(&own) == Some(known))
    };
    let unchanged =
        same(header::IF_NONE_MATCH, header::ETAG) || same(header::IF_MODIFIED_SINCE, header::LAST_MODIFIED);
    let (status, body) = match unchanged {
        true => (StatusCode::NOT_MODIFIED, Vec::new()),
        false => (answer.status, answer.body),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().extend(answer.headers);
    response
}
