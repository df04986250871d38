//! The embedded index at size: how fast documents are read and cut, how long the index takes to
//! build, to search and to open again, how much of the exact answer the approximate one holds while it
//! grows and after it is optimised, and what memory it needs. The index optimises itself beside what is
//! put in: the longest time a batch took tells whether that holds callers up.
//!
//! Arguments are numbers of chunks, 20,000 and 200,000 unless said otherwise. What is read and cut
//! are the library's articles, as Markdown and as HTML, over and over until they make that many
//! chunks. What is searched is drawn from a seeded generator: texts of Zipf-distributed words on some
//! hundreds of topics, vectors of 384 numbers around the topics' own, ten workspaces of which a tenth
//! of all is one's customers'. Ends with one JSON object per number, each on a line of its own.

#![allow(clippy::disallowed_methods, reason = "a benchmark is its own clock")]

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use domain::{
    ChunkId, CustomerId, DocumentId, Ids, Timestamp, WorkspaceId, canonical::Digest, ticket::Visibility,
};
use indicatif::ProgressIterator;
use parse::{Input, Limits};
use rag::{
    lexical::{Analyzer, Bm25, Language},
    vectors::{
        CollectionSpec, DenseSpec, Facets, Hit, Index, IndexScope, Layer, Point, PointMeta, QueryPlan,
    },
};
use rag_qdrant::{EdgeIndex, EdgeOptions};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use uuid::Uuid;

const DIMENSION: usize = 384;
const TOPICS: usize = 400;
const VOCABULARY: usize = 30_000;
const WORKSPACES: u128 = 10;
/// Chunks of one document.
const DOCUMENT: usize = 8;
const BATCH: usize = 500;
const QUERIES: usize = 400;
const COLLECTION: &str = "bench";
/// Chunks are cut to a size, so their lengths hardly differ.
const WORDS: usize = 90;

struct Corpus {
    topics: Vec<Vec<f32>>,
    bm25: Bm25,
}

struct Query {
    text: String,
    vector: Vec<f32>,
    workspace: WorkspaceId,
}

#[tokio::main]
async fn main() -> Result<()> {
    let mut sizes: Vec<usize> = Vec::new();
    for argument in std::env::args().skip(1) {
        sizes.push(argument.parse().with_context(|| format!("`{argument}` is no number of chunks"))?);
    }
    if sizes.is_empty() {
        sizes = vec![20_000, 200_000];
    }
    let mut lines = Vec::new();
    for size in sizes {
        lines.push(measure(size).await?);
    }
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

async fn measure(size: usize) -> Result<Value> {
    let documents = cut(size)?;
    let corpus = Corpus::new();
    let folder = tempfile::tempdir()?;
    let before = resident_mb()?;
    let index = EdgeIndex::open(folder.path(), EdgeOptions::default())?;
    let dense = DenseSpec { dimension: DIMENSION, model: "drawn".to_owned() };
    index.ensure(COLLECTION, &CollectionSpec::hybrid(corpus.bm25, dense)).await?;

    // Drawing takes longer than putting in, and is left out.
    let (mut put_in, mut longest) = (Duration::ZERO, Duration::ZERO);
    let ids: Vec<usize> = (0..size).collect();
    for batch in ids.chunks(BATCH).progress() {
        let points: Vec<Point> = batch.iter().map(|n| corpus.point(*n)).collect();
        let started = Instant::now();
        index.upsert(COLLECTION, points).await?;
        put_in += started.elapsed();
        longest = longest.max(started.elapsed());
    }
    let growing = search(&index, &corpus, "hybrid", 100).await?;
    let recall_growing = recalls(&index, &corpus).await?;
    let started = Instant::now();
    index.optimise(COLLECTION).await?;
    let optimised = started.elapsed();

    let mut times = serde_json::Map::new();
    for kind in ["lexical", "dense", "hybrid", "filtered"] {
        times.insert(kind.to_owned(), search(&index, &corpus, kind, QUERIES).await?);
    }
    let recall = recalls(&index, &corpus).await?;
    let searching = resident_mb()?;

    let started = Instant::now();
    drop(index);
    let closed = started.elapsed();
    let started = Instant::now();
    let index = EdgeIndex::open(folder.path(), EdgeOptions::default())?;
    let opened = started.elapsed();
    let started = Instant::now();
    let kept = search(&index, &corpus, "hybrid", 1).await?;
    let first = started.elapsed();
    drop(index);
    Ok(json!({
        "benchmark": "index", "engine": "edge", "chunks": size, "dimension": DIMENSION,
        "put_in_seconds": seconds(put_in), "chunks_per_second": (size as f64 / put_in.as_secs_f64()).round(),
        "longest_batch_seconds": seconds(longest), "optimise_seconds": seconds(optimised),
        "search_ms": times, "search_while_growing_ms": growing,
        "recall_10": recall, "recall_10_while_growing": recall_growing, "documents": documents,
        "memory_mb": searching.saturating_sub(before), "disk_mb": disk_mb(folder.path())?,
        "close_seconds": seconds(closed), "open_seconds": seconds(opened), "first_search_seconds": seconds(first),
        "found_after_opening": kept["found"],
    }))
}

/// Reads and cuts the library's articles until there are `size` chunks, a round at a time.
fn cut(size: usize) -> Result<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../library/articles");
    let mut articles = Vec::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        articles.push(fs::read_to_string(entry?.path())?);
    }
    let pages: Vec<String> = articles.iter().map(|article| html(article)).collect();
    let (mut reading, mut cutting) = (Duration::ZERO, Duration::ZERO);
    let (mut documents, mut bytes, mut html_bytes, mut chunks) = (0usize, 0usize, 0usize, 0usize);
    while chunks < size {
        for (article, page) in articles.iter().zip(&pages) {
            let input = Input { bytes: page.as_bytes(), file_name: Some("page.html"), media_type: None };
            let started = Instant::now();
            let read = parse::parse(input, &Limits::default())?;
            reading += started.elapsed();
            anyhow::ensure!(!read.is_empty(), "an article became nothing");
            let started = Instant::now();
            let (_, cut) = rag::prepare("article", article, None, &Counted, Timestamp(0))?;
            cutting += started.elapsed();
            chunks += cut.len();
            documents += 1;
            bytes += article.len();
            html_bytes += page.len();
        }
    }
    let per_second = |amount: f64, time: Duration| (amount / time.as_secs_f64() * 100.0).round() / 100.0;
    let mb = |bytes: usize| bytes as f64 / 1_048_576.0;
    Ok(json!({
        "count": documents, "chunks": chunks,
        "html_read_per_second": per_second(documents as f64, reading),
        "html_read_mb_per_second": per_second(mb(html_bytes), reading),
        "markdown_cut_per_second": per_second(documents as f64, cutting),
        "markdown_cut_mb_per_second": per_second(mb(bytes), cutting),
    }))
}

/// A page that says what the article does, with the parts a page has.
fn html(article: &str) -> String {
    let mut page = "<!doctype html><title>Article</title><nav>Home Help Contact</nav><main>".to_owned();
    for block in article.split("\n\n") {
        let text = block.trim_start_matches('#').trim();
        let tag = if block.starts_with('#') { "h2" } else { "p" };
        page.push_str(&format!("<{tag}>{}</{tag}>\n", text.replace('&', "&amp;").replace('<', "&lt;")));
    }
    page.push_str("</main><footer>Imprint</footer>");
    page
}

/// Ids are of no matter here.
struct Counted;

impl Ids for Counted {
    fn uuid(&self) -> Uuid {
        Uuid::nil()
    }
    fn secret(&self) -> [u8; 32] {
        [0; 32]
    }
    fn fraction(&self) -> f64 {
        0.5
    }
}

impl Corpus {
    fn new() -> Self {
        let mut draw = ChaCha8Rng::seed_from_u64(1);
        let topics = (0..TOPICS).map(|_| unit((0..DIMENSION).map(|_| normal(&mut draw)).collect())).collect();
        Self { topics, bm25: Bm25 { average_length: WORDS as f32, ..Bm25::default() } }
    }

    /// Words of a topic come from its own stretch of the vocabulary half of the time.
    fn text(&self, draw: &mut ChaCha8Rng, topic: usize, words: usize) -> String {
        let own = topic * (VOCABULARY / TOPICS);
        let word = |draw: &mut ChaCha8Rng| {
            // Zipf with exponent 1 by inversion.
            let rank = ((VOCABULARY as f64).powf(draw.random::<f64>()) - 1.0) as usize;
            let at = if draw.random_bool(0.5) { own + rank % (VOCABULARY / TOPICS) } else { rank };
            format!("w{at:x}z")
        };
        let words: Vec<String> = (0..words).map(|_| word(draw)).collect();
        words.join(" ")
    }

    fn vector(&self, draw: &mut ChaCha8Rng, topic: usize) -> Vec<f32> {
        // Noise as long as the topic's own vector: neighbours of one topic have a cosine of about a half.
        let noise = 1.0 / (DIMENSION as f32).sqrt();
        unit(self.topics[topic].iter().map(|value| value + noise * normal(draw)).collect())
    }

    fn point(&self, n: usize) -> Point {
        let mut draw = ChaCha8Rng::seed_from_u64(1_000 + n as u64);
        // Of the document, and independent of its workspace: a question's topic is in every one.
        let topic = ChaCha8Rng::seed_from_u64((n / DOCUMENT) as u64).random_range(0..TOPICS);
        let text = self.text(&mut draw, topic, WORDS);
        let terms = Analyzer::new(Language::Other).terms(&text);
        let document = (n / DOCUMENT) as u128;
        let of_customer = document % 10 == 3;
        Point {
            chunk: ChunkId(Uuid::from_u128(n as u128 + 1)),
            meta: PointMeta {
                document: DocumentId(Uuid::from_u128(document)),
                document_version: 1,
                workspace: workspace(document % WORKSPACES),
                layer: if of_customer { Layer::Customer } else { Layer::Company },
                customer: of_customer.then(|| CustomerId(Uuid::from_u128(document % 50))),
                visibility: if document % 5 == 1 { Visibility::Internal } else { Visibility::Public },
                locale: ["en", "de", "fr"][document as usize % 3].to_owned(),
                brand: None,
                category: format!("category-{}", document % 12),
                tags: vec![format!("tag-{}", document % 30)],
                valid_from: None,
                valid_until: None,
                content: Digest::of_bytes(text.as_bytes()),
                length: terms.length(),
            },
            sparse: self.bm25.passage(&terms),
            dense: Some(self.vector(&mut draw, topic)),
        }
    }

    fn query(&self, n: usize) -> Query {
        let mut draw = ChaCha8Rng::seed_from_u64(u64::MAX - n as u64);
        let topic = draw.random_range(0..TOPICS);
        let text = self.text(&mut draw, topic, 6);
        let vector = self.vector(&mut draw, topic);
        Query { text, vector, workspace: workspace(n as u128 % WORKSPACES) }
    }

    fn plan(&self, kind: &str, query: &Query) -> QueryPlan {
        let plan = QueryPlan::new(IndexScope::staff(query.workspace), 10);
        let sparse = self.bm25.query(&Analyzer::new(Language::Other).terms(&query.text));
        match kind {
            "lexical" => plan.sparse(sparse),
            "dense" => plan.dense(query.vector.clone()),
            "filtered" => {
                let facets = Facets {
                    locales: vec!["en".to_owned()],
                    categories: (0..4).map(|n| format!("category-{n}")).collect(),
                    ..Facets::default()
                };
                let public = IndexScope::public(query.workspace);
                QueryPlan { scope: public, ..plan }.sparse(sparse).dense(query.vector.clone()).facets(facets)
            }
            _ => plan.sparse(sparse).dense(query.vector.clone()),
        }
    }
}

fn workspace(n: u128) -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(0xffff_0000 + n))
}

/// One search after the other, and what half and all but one in a hundred of them took at most.
async fn search(index: &EdgeIndex, corpus: &Corpus, kind: &str, count: usize) -> Result<Value> {
    let mut times = Vec::with_capacity(count);
    let mut found = 0;
    for n in 0..count {
        let plan = corpus.plan(kind, &corpus.query(n));
        let started = Instant::now();
        found += index.query(COLLECTION, plan).await?.len();
        times.push(started.elapsed());
    }
    times.sort();
    let at = |share: usize| {
        (times[(times.len() * share / 100).min(times.len() - 1)].as_secs_f64() * 1e5).round() / 100.0
    };
    Ok(json!({"p50": at(50), "p99": at(99), "found": found}))
}

async fn recalls(index: &EdgeIndex, corpus: &Corpus) -> Result<Value> {
    let mut by_kind = serde_json::Map::new();
    for kind in ["dense", "hybrid", "filtered"] {
        by_kind.insert(kind.to_owned(), recall(index, corpus, kind).await?.into());
    }
    Ok(by_kind.into())
}

/// How much the approximate search gives of the ten that a search over all vectors does.
async fn recall(index: &EdgeIndex, corpus: &Corpus, kind: &str) -> Result<f64> {
    let chunks = |hits: Vec<Hit>| hits.into_iter().map(|hit| hit.chunk).collect::<BTreeSet<_>>();
    let (mut found, mut wanted) = (0, 0);
    for n in 0..QUERIES / 2 {
        let plan = corpus.plan(kind, &corpus.query(n));
        let exact = chunks(index.query(COLLECTION, QueryPlan { exact: true, ..plan.clone() }).await?);
        let near = chunks(index.query(COLLECTION, plan).await?);
        found += exact.intersection(&near).count();
        wanted += exact.len();
    }
    Ok((found as f64 / wanted as f64 * 10_000.0).round() / 10_000.0)
}

/// A normally distributed number (Box and Muller).
fn normal(draw: &mut ChaCha8Rng) -> f32 {
    let (u, v): (f32, f32) = (1.0 - draw.random::<f32>(), draw.random());
    (-2.0 * u.ln()).sqrt() * (std::f32::consts::TAU * v).cos()
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}

fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1000.0).round() / 1000.0
}

/// The memory this process holds, files that are mapped into it included.
fn resident_mb() -> Result<u64> {
    let status =
        fs::read_to_string("/proc/self/status").context("memory is read from /proc, which Linux has")?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .context("/proc/self/status has no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kilobytes / 1024)
}

fn disk_mb(folder: &Path) -> Result<u64> {
    fn bytes(folder: &Path) -> std::io::Result<u64> {
        use std::os::unix::fs::MetadataExt as _;
        let mut sum = 0;
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            sum +=
                if entry.path().is_dir() { bytes(&entry.path())? } else { entry.metadata()?.blocks() * 512 };
        }
        Ok(sum)
    }
    Ok(bytes(folder)? / 1_048_576)
}
