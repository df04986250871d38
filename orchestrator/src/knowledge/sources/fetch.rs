//! Pages by HTTP, with good manners and under limits.
//!
//! Nothing is trusted: neither the address, which may lead inside the house, nor how much is sent, how
//! slowly, or how far redirects lead. What is fetched is bytes; the isolated parser reads them.

use std::{collections::HashMap, io::Read as _, time::Duration};

use flate2::read::MultiGzDecoder;
use reqwest::{
    Response, StatusCode,
    header::{
        ACCEPT, ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderMap, HeaderName, HeaderValue,
        IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION,
    },
};
use robotxt::Robots;
use thiserror::Error;
use tokio::time::{self, Instant};
use tools::http::public::{GetError, PublicClient, cause};
use url::Url;

use crate::config::SourcesConfig;

/// What `robots.txt` files may call this service.
const AGENT: &str = "countersign";
const MAX_REDIRECTS: usize = 5;
/// What is fetched of a `robots.txt`; of that, the parser reads as much as RFC 9309 asks for.
const MAX_ROBOTS_BYTES: usize = 4 * robotxt::BYTE_LIMIT;
/// The longest pause between two pages that a site may ask for.
const MAX_DELAY: Duration = Duration::from_secs(10);
/// The longest `ETag` or `Last-Modified` that is kept.
const MAX_VALIDATOR_CHARS: usize = 500;

/// Why there is no page. Each says what to do where there is something to do.
#[derive(Debug, Error)]
pub(super) enum FetchError {
    #[error(transparent)]
    Get(#[from] GetError),
    #[error("the site's robots.txt asks not to fetch {0}")]
    Disallowed(String),
    #[error(
        "the site's robots.txt cannot be read ({0}), so the page was not fetched; it is tried again at the next sync"
    )]
    NoRobots(String),
    #[error("the server answers with status {0}")]
    Status(u16),
    #[error("it has more than {limit} bytes; raise knowledge.sources.max_page_bytes or leave it out")]
    TooLarge { limit: usize },
    #[error("it is redirected more than {MAX_REDIRECTS} times")]
    TooManyRedirects,
    #[error("it is redirected to {0}, on another host; name that address if it is meant")]
    OtherHost(String),
    #[error("it is redirected to `{0}`, which is no address of a page")]
    Nowhere(String),
    #[error("it is sent in the encoding `{0}`, which was not asked for")]
    Encoding(String),
    #[error("what was sent is damaged: {0}")]
    Damaged(String),
}

/// What the server said of a page last.
#[derive(Clone, Debug, Default)]
pub(super) struct Validators {
    pub etag: Option<String>,
    pub last_modified: Option<String>,
}

pub(super) struct Body {
    pub bytes: Vec<u8>,
    pub media_type: Option<String>,
    pub validators: Validators,
}

pub(super) enum Fetched {
    Page(Body),
    /// The same as when the validators were sent.
    Unchanged,
    /// The server says that there is no such page (404 or 410).
    Gone(u16),
}

/// What a fetch is held to.
#[derive(Clone, Copy)]
pub(super) struct Bounds<'a> {
    /// Bytes, unpacked.
    pub bytes: usize,
    /// The one site that redirects may lead to; without it any public one.
    pub site: Option<&'a Url>,
}

/// Whether two addresses are of one site: the same host, on the usual ports or on the same one.
pub(super) fn same_site(one: &Url, other: &Url) -> bool {
    one.host() == other.host() && one.port() == other.port()
}

/// Fetches pages one after the other, with a pause between two of one site.
pub(super) struct Fetcher<'a> {
    client: &'a PublicClient,
    config: &'a SourcesConfig,
    /// What each site allows, or why that is not known.
    robots: HashMap<String, Result<Robots, String>>,
    last: HashMap<String, Instant>,
}

impl<'a> Fetcher<'a> {
    pub fn new(client: &'a PublicClient, config: &'a SourcesConfig) -> Self {
        Self { client, config, robots: HashMap::new(), last: HashMap::new() }
    }

    /// Fetches a page, unless it is as it was.
    pub async fn page(
        &mut self,
        url: &Url,
        known: &Validators,
        bounds: Bounds<'_>,
    ) -> Result<Fetched, FetchError> {
        let mut url = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            self.pause(&url).await?;
            let response = self.client.get(&url, headers(known), self.timeout()).await?;
            let status = response.status();
            if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
                url = target(&url, &response)?;
                if bounds.site.is_some_and(|site| !same_site(site, &url)) {
                    return Err(FetchError::OtherHost(url.to_string()));
                }
                continue;
            }
            return match status {
                StatusCode::NOT_MODIFIED => Ok(Fetched::Unchanged),
                StatusCode::NOT_FOUND | StatusCode::GONE => Ok(Fetched::Gone(status.as_u16())),
                status if status.is_success() => {
                    body(response, bounds.bytes, self.timeout()).await.map(Fetched::Page)
                }
                status => Err(FetchError::Status(status.as_u16())),
            };
        }
        Err(FetchError::TooManyRedirects)
    }

    fn timeout(&self) -> Duration {
        Duration::from_millis(self.config.timeout_ms)
    }

    /// Waits until the site may be asked again, if at all.
    async fn pause(&mut self, url: &Url) -> Result<(), FetchError> {
        // Before anything is sent, robots.txt included.
        self.client.check(url).map_err(GetError::from)?;
        let site = url.origin().ascii_serialization();
        if !self.robots.contains_key(&site) {
            let robots = self.read_robots(url).await?;
            self.robots.insert(site.clone(), robots);
        }
        let mut delay = Duration::from_millis(self.config.delay_ms);
        match self.robots.get(&site) {
            Some(Ok(robots)) if !robots.is_url_allowed(url) => {
                return Err(FetchError::Disallowed(url.to_string()));
            }
            Some(Ok(robots)) => {
                delay = delay.max(robots.crawl_delay().unwrap_or_default().min(MAX_DELAY));
            }
            Some(Err(why)) => return Err(FetchError::NoRobots(why.clone())),
            None => {}
        }
        if let Some(last) = self.last.get(&site) {
            time::sleep_until(*last + delay).await;
        }
        self.last.insert(site, Instant::now());
        Ok(())
    }

    /// RFC 9309: a site without the file allows everything; one whose file cannot be had, nothing.
    async fn read_robots(&self, url: &Url) -> Result<Result<Robots, String>, FetchError> {
        let Ok(mut url) = url.join("/robots.txt") else { return Ok(Ok(Robots::allow_all())) };
        for _ in 0..=MAX_REDIRECTS {
            let response = match self.client.get(&url, headers(&Validators::default()), self.timeout()).await
            {
                Ok(response) => response,
                Err(error @ GetError::Private(_)) => return Err(error.into()),
                Err(error) => return Ok(Err(error.to_string())),
            };
            let status = response.status();
            if status.is_redirection() {
                url = match target(&url, &response) {
                    Ok(url) => url,
                    Err(error) => return Ok(Err(error.to_string())),
                };
                continue;
            }
            if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS {
                return Ok(Ok(Robots::allow_all()));
            }
            if !status.is_success() {
                return Ok(Err(format!("status {}", status.as_u16())));
            }
            return Ok(match body(response, MAX_ROBOTS_BYTES, self.timeout()).await {
                Ok(body) => Ok(Robots::parse(&body.bytes, AGENT)),
                Err(error) => Err(error.to_string()),
            });
        }
        Ok(Err("it is redirected too often".to_owned()))
    }
}

fn headers(known: &Validators) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    for (name, value) in [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.last_modified)] {
        // What came as a header can go as one.
        if let Some(value) = value.as_deref().and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
    headers
}

fn target(from: &Url, response: &Response) -> Result<Url, FetchError> {
    let location = text_of(response, &LOCATION).unwrap_or_default();
    let shown = || location.chars().take(200).collect::<String>();
    let url = from.join(&location).map_err(|_| FetchError::Nowhere(shown()))?;
    let plain = matches!(url.scheme(), "http" | "https") && url.username().is_empty();
    if !plain || url.password().is_some() || location.is_empty() {
        return Err(FetchError::Nowhere(shown()));
    }
    Ok(url)
}

fn text_of(response: &Response, name: &HeaderName) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(str::to_owned)
}

async fn body(mut response: Response, limit: usize, timeout: Duration) -> Result<Body, FetchError> {
    let too_large = FetchError::TooLarge { limit };
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Err(too_large);
    }
    let short = |value: &String| value.len() <= MAX_VALIDATOR_CHARS;
    let validators = Validators {
        etag: text_of(&response, &ETAG).filter(short),
        last_modified: text_of(&response, &LAST_MODIFIED).filter(short),
    };
    let media_type = text_of(&response, &CONTENT_TYPE);
    let encoding = text_of(&response, &CONTENT_ENCODING).unwrap_or_default().trim().to_ascii_lowercase();
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|error| cause(&error, timeout))? {
        if bytes.len() + piece.len() > limit {
            return Err(too_large);
        }
        bytes.extend_from_slice(&piece);
    }
    let bytes = match encoding.as_str() {
        "" | "identity" => bytes,
        "gzip" | "x-gzip" => unpack(bytes, limit).await?,
        _ => return Err(FetchError::Encoding(encoding.chars().take(40).collect())),
    };
    Ok(Body { bytes, media_type, validators })
}

pub(super) fn is_packed(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// Unpacks gzip, and gives up where it becomes larger than the limit.
pub(super) async fn unpack(packed: Vec<u8>, limit: usize) -> Result<Vec<u8>, FetchError> {
    let unpacked = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        let read = MultiGzDecoder::new(packed.as_slice()).take(limit as u64 + 1).read_to_end(&mut bytes);
        read.map(|_| bytes)
    });
    let bytes = unpacked
        .await
        .map_err(|error| FetchError::Damaged(error.to_string()))?
        .map_err(|error| FetchError::Damaged(error.to_string()))?;
    if bytes.len() > limit {
        return Err(FetchError::TooLarge { limit });
    }
    Ok(bytes)
}
