//! Syncs pages of the web: one, or those that a sitemap lists.

use std::{
    collections::{HashSet, VecDeque},
    time::Duration,
};

use parse::Kind;
use tokio::time;
use tools::http::public::{GetError, PublicClient};
use url::Url;

use super::{
    fetch::{Bounds, FetchError, Fetched, Fetcher, Validators, is_packed, same_site, unpack},
    sitemap::{self, Sitemap},
    syncing::{Facts, Read, Stop, Syncing},
};
use crate::knowledge::slug;

/// Bytes of a sitemap, unpacked.
const MAX_SITEMAP_BYTES: usize = 16 * 1024 * 1024;
/// How deep sitemaps may list sitemaps, and how many there may be at all.
const MAX_DEPTH: usize = 3;
const MAX_SITEMAPS: usize = 200;
/// What one page may take, with redirects, pauses and the site's `robots.txt`.
const MAX_PAGE_TIME: Duration = Duration::from_secs(120);
/// After this long a sync ends; the next one goes on with what is not known yet.
const MAX_TIME: Duration = Duration::from_secs(4 * 60 * 60);

/// A page that was added by its address.
pub(super) async fn page(syncing: &mut Syncing<'_>, client: &PublicClient) -> Result<(), Stop> {
    let address = syncing.source.address.clone();
    syncing.listed(HashSet::from([address.clone()]));
    let app = syncing.app;
    let mut fetcher = Fetcher::new(client, &app.config.knowledge.sources);
    look_at(syncing, &mut fetcher, &address, None).await
}

/// The pages of a sitemap. What it does not list any more goes, when all of it could be read.
pub(super) async fn sitemap(syncing: &mut Syncing<'_>, client: &PublicClient) -> Result<(), Stop> {
    let app = syncing.app;
    let mut fetcher = Fetcher::new(client, &app.config.knowledge.sources);
    let site = match Url::parse(&syncing.source.address) {
        Ok(site) => site,
        Err(error) => {
            syncing.fail(format!("its address cannot be read: {error}"));
            return Ok(());
        }
    };
    let Some(listing) = list(syncing, &mut fetcher, &site).await? else { return Ok(()) };
    let mut complete = listing.complete;
    let pages: HashSet<String> = listing.pages.iter().cloned().collect();
    syncing.listed(pages.clone());
    for address in &listing.pages {
        if syncing.elapsed() > MAX_TIME {
            complete = false;
            syncing
                .note(format!("the sync took more than {} hours and ended there", MAX_TIME.as_secs() / 3600));
            break;
        }
        look_at(syncing, &mut fetcher, address, Some(&site)).await?;
    }
    if complete {
        return syncing.remove_others(&pages).await;
    }
    syncing.note("the list of pages is not complete, so none that is missing from it was removed".to_owned());
    Ok(())
}

struct Listing {
    /// In their order, each once.
    pages: Vec<String>,
    complete: bool,
}

/// Reads a sitemap and those it lists. `None`, with the reason in the report, when there are no pages.
async fn list(
    syncing: &mut Syncing<'_>,
    fetcher: &mut Fetcher<'_>,
    site: &Url,
) -> Result<Option<Listing>, Stop> {
    let most = syncing.app.config.knowledge.sources.max_pages;
    let (mut pages, mut seen, mut complete) = (Vec::new(), HashSet::new(), true);
    let (mut elsewhere, mut beyond) = (0_usize, 0_usize);
    let mut visited = HashSet::from([site.to_string()]);
    let mut waiting = VecDeque::from([(site.clone(), 0)]);
    while let Some((url, depth)) = waiting.pop_front() {
        syncing.beat().await?;
        let fetched = stoppable(syncing, read_sitemap(fetcher, &url, site)).await?;
        let found = match fetched {
            Ok(found) => found,
            Err(why) if depth == 0 => {
                syncing.fail(format!("the sitemap cannot be used: {why}. Nothing was changed or removed."));
                return Ok(None);
            }
            Err(why) => {
                complete = false;
                syncing.note(format!("the sitemap {url} cannot be used: {why}"));
                continue;
            }
        };
        match found {
            Sitemap::Pages(found) => {
                for address in found {
                    let Some(url) = own(&address, site) else {
                        elsewhere += 1;
                        continue;
                    };
                    if pages.len() >= most {
                        beyond += usize::from(!seen.contains(url.as_str()));
                    } else if seen.insert(url.to_string()) {
                        pages.push(url.to_string());
                    }
                }
            }
            Sitemap::Index(found) => {
                for address in found {
                    let Some(url) = own(&address, site) else {
                        // It may list pages of this site, and nobody looks.
                        complete = false;
                        elsewhere += 1;
                        continue;
                    };
                    if depth + 1 > MAX_DEPTH || visited.len() >= MAX_SITEMAPS {
                        complete = false;
                        syncing.note(format!(
                            "sitemaps beyond {MAX_SITEMAPS}, or nested deeper than {MAX_DEPTH}, were left out"
                        ));
                    } else if visited.insert(url.to_string()) {
                        waiting.push_back((url, depth + 1));
                    }
                }
            }
        }
    }
    if elsewhere > 0 {
        let host = site.host_str().unwrap_or_default();
        syncing.note(format!("{elsewhere} addresses that are not on {host} were left out"));
    }
    if beyond > 0 {
        complete = false;
        syncing.note(format!(
            "{beyond} pages beyond the first {most} were left out; knowledge.sources.max_pages says how many are taken"
        ));
    }
    if pages.is_empty() {
        syncing.fail(format!(
            "the sitemap lists no page on {}. Nothing was changed or removed.",
            site.host_str().unwrap_or_default()
        ));
        return Ok(None);
    }
    Ok(Some(Listing { pages, complete }))
}

/// An address of the sitemap's own site, without its fragment.
fn own(address: &str, site: &Url) -> Option<Url> {
    let mut url = site.join(address).ok()?;
    url.set_fragment(None);
    let plain =
        matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    (plain && same_site(&url, site) && url.as_str().len() <= super::MAX_ADDRESS).then_some(url)
}

async fn read_sitemap(fetcher: &mut Fetcher<'_>, url: &Url, site: &Url) -> Result<Sitemap, String> {
    let slow = || format!("it took longer than {} seconds", MAX_PAGE_TIME.as_secs());
    time::timeout(MAX_PAGE_TIME, fetch_sitemap(fetcher, url, site)).await.unwrap_or_else(|_| Err(slow()))
}

async fn fetch_sitemap(fetcher: &mut Fetcher<'_>, url: &Url, site: &Url) -> Result<Sitemap, String> {
    let bounds = Bounds { bytes: MAX_SITEMAP_BYTES, site: Some(site) };
    let too_large = |error: FetchError| match error {
        FetchError::TooLarge { limit } => {
            format!("it has more than {} MiB; split it into several", limit / 1024 / 1024)
        }
        other => other.to_string(),
    };
    let body = match fetcher.page(url, &Validators::default(), bounds).await.map_err(too_large)? {
        Fetched::Page(body) => body.bytes,
        Fetched::Gone(status) => return Err(format!("the server answers with status {status}")),
        Fetched::Unchanged => {
            return Err("the server answers with status 304, which was not asked for".to_owned());
        }
    };
    let bytes = match is_packed(&body) {
        true => unpack(body, MAX_SITEMAP_BYTES).await.map_err(too_large)?,
        false => body,
    };
    sitemap::read(&bytes)
}

/// Waits for an answer, unless the service stops first.
async fn stoppable<T>(syncing: &Syncing<'_>, work: impl Future<Output = T>) -> Result<T, Stop> {
    tokio::select! {
        () = syncing.app.stopping() => Err(Stop::Stopping),
        done = work => Ok(done),
    }
}

async fn look_at(
    syncing: &mut Syncing<'_>,
    fetcher: &mut Fetcher<'_>,
    address: &str,
    site: Option<&Url>,
) -> Result<(), Stop> {
    syncing.beat().await?;
    let url = match Url::parse(address) {
        Ok(url) => url,
        Err(error) => return syncing.reject(address, format!("its address cannot be read: {error}")).await,
    };
    let known = syncing.known(address).filter(|page| page.digest.is_some() && !syncing.full).cloned();
    let validators = known.as_ref().map_or_else(Validators::default, |page| Validators {
        etag: page.etag.clone(),
        last_modified: page.last_modified.clone(),
    });
    let bounds = Bounds { bytes: syncing.app.config.knowledge.sources.max_page_bytes, site };
    let fetch = time::timeout(MAX_PAGE_TIME, fetcher.page(&url, &validators, bounds));
    let slow = GetError::Slow(MAX_PAGE_TIME.as_millis());
    let fetched = stoppable(syncing, fetch).await?.unwrap_or(Err(slow.into()));
    match (fetched, known) {
        (Ok(Fetched::Unchanged), Some(known)) => syncing.unchanged(known, None).await,
        (Ok(Fetched::Unchanged), None) => {
            syncing
                .reject(address, "the server answers with status 304, which was not asked for".to_owned())
                .await
        }
        (Ok(Fetched::Gone(status)), _) => {
            syncing
                .gone(address, format!("the server answers with status {status}: there is no such page"))
                .await
        }
        (Ok(Fetched::Page(body)), _) => {
            let name =
                url.path_segments().and_then(|mut parts| parts.next_back()).filter(|name| !name.is_empty());
            // What the server says it is counts more than what its address looks like.
            let claimed = body.media_type.as_deref().and_then(Kind::of_media_type);
            let file_name = if claimed.is_some() { None } else { name };
            let kind = claimed.or_else(|| name.and_then(Kind::of_name));
            let facts = Facts {
                etag: body.validators.etag,
                last_modified: body.validators.last_modified,
                bytes: i64::try_from(body.bytes.len()).ok(),
                modified_at: None,
            };
            let read = Read {
                bytes: &body.bytes,
                facts,
                slug: slug::of_url(&url),
                markdown: kind == Some(Kind::Markdown),
                file_name,
                media_type: body.media_type.as_deref(),
            };
            syncing.page(address, read).await
        }
        (Err(error), _) => syncing.reject(address, error.to_string()).await,
    }
}
