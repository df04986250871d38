//! An OpenAI-compatible `/embeddings` API.
//!
//! Texts go in batches. A batch that meets a refusal which may pass (429, 5xx, a broken connection)
//! is sent again after the pause the provider asks for, or one that grows. The HTTP client is handed
//! in by whoever sets its limits.

use std::time::Duration;

use async_trait::async_trait;
use rag::embed::{EmbedError, Embedder, TextKind, check_texts};
use reqwest::{Client, Response, StatusCode, header::RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::time::sleep;
use tracing::warn;
use url::Url;

/// What is read of an answer: 512 vectors of 4,096 numbers, written out, with room to spare.
const MAX_ANSWER_BYTES: usize = 64 * 1024 * 1024;
/// What is shown of a provider's refusal.
const SHOWN_CHARS: usize = 300;

#[derive(Clone, Debug)]
pub struct EndpointOptions {
    /// The API's base, for example `https://api.openai.com/v1`.
    pub base_url: Url,
    pub api_key: Option<SecretString>,
    pub model: String,
    pub dimension: usize,
    /// Ask for the dimension, which some models can give several of.
    pub ask_dimension: bool,
    /// How many tokens of a text the model reads, if that is known.
    pub reads_tokens: Option<usize>,
    /// Written before questions and before passages; E5 and its kin want `query: ` and `passage: `.
    pub prefixes: [String; 2],
    /// Texts of one request, at least 1.
    pub batch: usize,
    /// How often a batch is sent before it is given up, at least 1.
    pub attempts: u32,
    /// The pause after the first failure; each further one doubles it.
    pub pause: Duration,
    /// No pause is longer, whatever the provider asks for.
    pub longest_pause: Duration,
}

impl EndpointOptions {
    pub fn new(base_url: Url, model: &str, dimension: usize) -> Self {
        Self {
            base_url,
            api_key: None,
            model: model.to_owned(),
            dimension,
            ask_dimension: false,
            reads_tokens: None,
            prefixes: [String::new(), String::new()],
            batch: 64,
            attempts: 4,
            pause: Duration::from_millis(500),
            longest_pause: Duration::from_secs(30),
        }
    }
}

pub struct EndpointEmbedder {
    client: Client,
    url: Url,
    options: EndpointOptions,
}

#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    input: Vec<String>,
    encoding_format: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<usize>,
}

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: usize,
    embedding: Vec<f32>,
}

/// How one attempt ended.
enum Failed {
    /// It may pass; the provider may say when.
    Passing(Option<Duration>, String),
    Lasting(EmbedError),
}

impl EndpointEmbedder {
    pub fn new(client: Client, options: EndpointOptions) -> Self {
        let mut url = options.base_url.clone();
        let path = format!("{}/embeddings", url.path().trim_end_matches('/'));
        url.set_path(&path);
        Self { client, url, options }
    }

    async fn batch(&self, texts: &[String], kind: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut pause = self.options.pause;
        let mut attempt = 1;
        loop {
            let (wait, why) = match self.attempt(texts, kind).await {
                Ok(vectors) => return Ok(vectors),
                Err(Failed::Lasting(error)) => return Err(error),
                Err(Failed::Passing(wait, why)) => (wait, why),
            };
            if attempt >= self.options.attempts {
                return Err(EmbedError::Unavailable(format!("{why}, {attempt} times in a row")));
            }
            let wait = wait.unwrap_or(pause).min(self.options.longest_pause);
            warn!(
                attempt,
                why,
                wait_ms = wait.as_millis() as u64,
                "texts could not be embedded; trying again"
            );
            sleep(wait).await;
            pause = pause.saturating_mul(2);
            attempt += 1;
        }
    }

    async fn attempt(&self, texts: &[String], kind: TextKind) -> Result<Vec<Vec<f32>>, Failed> {
        let options = &self.options;
        let prefix = match kind {
            TextKind::Query => &options.prefixes[0],
            TextKind::Passage => &options.prefixes[1],
        };
        let body = Request {
            model: &options.model,
            // Providers refuse an empty text.
            input: texts
                .iter()
                .map(|t| if t.is_empty() { " ".to_owned() } else { format!("{prefix}{t}") })
                .collect(),
            encoding_format: "float",
            dimensions: options.ask_dimension.then_some(options.dimension),
        };
        let mut request = self.client.post(self.url.clone()).json(&body);
        if let Some(key) = &options.api_key {
            request = request.bearer_auth(key.expose_secret());
        }
        let response = request.send().await.map_err(|error| Failed::Passing(None, of(&error)))?;
        let status = response.status();
        let wait = retry_after(&response);
        let text = read(response).await?;
        if !status.is_success() {
            let mut said = String::from_utf8_lossy(&text).into_owned();
            // Some providers echo the key they refuse.
            if let Some(key) = &options.api_key {
                said = said.replace(key.expose_secret(), "[redacted]");
            }
            let shown: String = said.chars().take(SHOWN_CHARS).collect();
            let why = format!("it answered {status}: {shown}");
            let passing = status == StatusCode::TOO_MANY_REQUESTS
                || status == StatusCode::REQUEST_TIMEOUT
                || status.is_server_error();
            return Err(if passing {
                Failed::Passing(wait, why)
            } else {
                Failed::Lasting(EmbedError::Refused(why))
            });
        }
        let answer: Answer = serde_json::from_slice(&text).map_err(|error| {
            Failed::Lasting(EmbedError::Refused(format!("its answer cannot be read: {error}")))
        })?;
        self.in_order(answer, texts.len()).map_err(Failed::Lasting)
    }

    fn in_order(&self, answer: Answer, count: usize) -> Result<Vec<Vec<f32>>, EmbedError> {
        let mut vectors: Vec<Option<Vec<f32>>> = vec![None; count];
        for item in answer.data {
            if item.embedding.len() != self.options.dimension {
                return Err(EmbedError::Dimension {
                    model: self.options.model.clone(),
                    given: item.embedding.len(),
                    wanted: self.options.dimension,
                });
            }
            if !item.embedding.iter().all(|value| value.is_finite()) {
                return Err(EmbedError::Refused("a vector holds what is no number".to_owned()));
            }
            if let Some(place) = vectors.get_mut(item.index) {
                *place = Some(item.embedding);
            }
        }
        let given = vectors.iter().flatten().count();
        if given != count {
            return Err(EmbedError::Refused(format!("it gave {given} vectors for {count} texts")));
        }
        Ok(vectors.into_iter().flatten().collect())
    }
}

/// The pause asked for, in seconds; a date is left to the growing pause.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds: f64 = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}

async fn read(mut response: Response) -> Result<Vec<u8>, Failed> {
    let mut text = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| Failed::Passing(None, of(&error)))? {
        if text.len() + piece.len() > MAX_ANSWER_BYTES {
            let why =
                format!("its answer is longer than {MAX_ANSWER_BYTES} bytes: configure smaller batches");
            return Err(Failed::Lasting(EmbedError::Refused(why)));
        }
        text.extend_from_slice(&piece);
    }
    Ok(text)
}

/// A connection's error with its causes, which alone say what happened. The URL is left out: it may
/// hold a key.
fn of(error: &reqwest::Error) -> String {
    let mut text = "it could not be reached".to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}

#[async_trait]
impl Embedder for EndpointEmbedder {
    fn model(&self) -> &str {
        &self.options.model
    }

    fn dimension(&self) -> usize {
        self.options.dimension
    }

    fn reads_tokens(&self) -> Option<usize> {
        self.options.reads_tokens
    }

    async fn embed(&self, texts: &[String], kind: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
        check_texts(texts)?;
        let mut vectors = Vec::with_capacity(texts.len());
        for batch in texts.chunks(self.options.batch.max(1)) {
            vectors.extend(self.batch(batch, kind).await?);
        }
        Ok(vectors)
    }
}
