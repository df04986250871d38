//! How well questions find their documents on a public test collection: by words, by vectors of
//! all-MiniLM-L6-v2, and by both.
//!
//! Reads `retrieval/cacm/{documents,queries,qrels}.jsonl` under `$COUNTERSIGN_DATA`, searches with
//! the exact index, and prints one JSON line per kind of search: MAP over the first 1,000 and
//! nDCG@10, both means over the questions that have judgements. Nothing is tuned to the collection:
//! analysis, BM25 and fusion are as they are everywhere.

#![allow(clippy::disallowed_methods, reason = "a benchmark is its own clock")]

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::Path,
    time::Instant,
};

use anyhow::{Context as _, Result, bail};
use domain::{ChunkId, DocumentId, WorkspaceId, canonical::Digest, ticket::Visibility};
use indicatif::ProgressIterator;
use rag::{
    embed::{Embedder, TextKind},
    lexical::{Analyzer, Bm25, Statistics, Terms},
    vectors::{
        CollectionSpec, DenseSpec, Index, IndexScope, Layer, MAX_LIMIT, MemoryIndex, Point, PointMeta,
        QueryPlan,
    },
};
use rag_embed::{LocalEmbedder, LocalOptions, testing::minilm};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;
use uuid::Uuid;

const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));
const COLLECTION: &str = "cacm";
/// Texts embedded in one call.
const BATCH: usize = 32;

#[derive(Deserialize)]
struct Text {
    id: String,
    text: String,
}

#[derive(Deserialize)]
struct Judgement {
    query: String,
    document: String,
    relevance: i64,
}

#[tokio::main]
async fn main() -> Result<()> {
    let data = std::env::var("COUNTERSIGN_DATA")
        .context("set COUNTERSIGN_DATA to the folder that holds `retrieval/cacm/*.jsonl`")?;
    let folder = Path::new(&data).join("retrieval/cacm");
    let documents: Vec<Text> = read(&folder.join("documents.jsonl"))?;
    let queries: Vec<Text> = read(&folder.join("queries.jsonl"))?;
    let mut relevant: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for judgement in read::<Judgement>(&folder.join("qrels.jsonl"))? {
        if judgement.relevance > 0 {
            relevant.entry(judgement.query).or_default().insert(judgement.document);
        }
    }

    let model = LocalEmbedder::load(&minilm()?, LocalOptions::default())?;
    let started = Instant::now();
    let vectors = embed(&model, &documents, TextKind::Passage).await?;
    let embedded = started.elapsed();
    let asked = embed(&model, &queries, TextKind::Query).await?;

    let analyzer = Analyzer::default();
    let terms: Vec<Terms> = documents.iter().map(|document| analyzer.terms(&document.text)).collect();
    let mut statistics = Statistics::default();
    terms.iter().for_each(|terms| statistics.add(terms));
    let bm25 = Bm25::measured(&statistics);
    let index = MemoryIndex::new();
    let dense = DenseSpec { dimension: model.dimension(), model: model.model().to_owned() };
    index.ensure(COLLECTION, &CollectionSpec::hybrid(bm25, dense)).await?;
    let mut names = HashMap::new();
    for (at, ((document, terms), vector)) in documents.iter().zip(&terms).zip(vectors).enumerate() {
        let point = point(at as u128, &document.text, terms, bm25, vector);
        names.insert(point.chunk, document.id.clone());
        index.upsert(COLLECTION, vec![point]).await?;
    }

    for kind in ["lexical", "dense", "hybrid"] {
        let (mut precision, mut gain, mut judged) = (0.0, 0.0, 0.0);
        for (query, vector) in queries.iter().zip(&asked) {
            let Some(relevant) = relevant.get(&query.id) else { continue };
            let mut plan = QueryPlan::new(IndexScope::public(WORKSPACE), MAX_LIMIT);
            if kind != "dense" {
                plan = plan.sparse(bm25.query(&analyzer.terms(&query.text)));
            }
            if kind != "lexical" {
                plan = plan.dense(vector.clone());
            }
            let found = index.query(COLLECTION, plan).await?;
            let hits: Vec<bool> = found.iter().map(|hit| relevant.contains(&names[&hit.chunk])).collect();
            precision += average_precision(&hits, relevant.len());
            gain += ndcg(&hits, relevant.len());
            judged += 1.0;
        }
        if judged == 0.0 {
            bail!("no query of {} has a judgement", folder.display());
        }
        let line = json!({
            "benchmark": "retrieval", "collection": "cacm", "search": kind,
            "map": round(precision / judged), "ndcg_10": round(gain / judged), "queries": judged,
            "documents": documents.len(), "embedded_per_second": round(documents.len() as f64 / embedded.as_secs_f64()),
        });
        println!("{line}");
    }
    Ok(())
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>> {
    let text = fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
    text.lines().map(|line| serde_json::from_str(line).with_context(|| path.display().to_string())).collect()
}

async fn embed(model: &LocalEmbedder, texts: &[Text], kind: TextKind) -> Result<Vec<Vec<f32>>> {
    let mut vectors = Vec::with_capacity(texts.len());
    for batch in texts.chunks(BATCH).progress() {
        let batch: Vec<String> = batch.iter().map(|text| text.text.clone()).collect();
        vectors.extend(model.embed(&batch, kind).await?);
    }
    Ok(vectors)
}

fn point(id: u128, text: &str, terms: &Terms, bm25: Bm25, vector: Vec<f32>) -> Point {
    Point {
        chunk: ChunkId(Uuid::from_u128(id)),
        meta: PointMeta {
            document: DocumentId(Uuid::from_u128(id)),
            document_version: 1,
            workspace: WORKSPACE,
            layer: Layer::Company,
            customer: None,
            visibility: Visibility::Public,
            locale: "en".to_owned(),
            brand: None,
            category: String::new(),
            tags: Vec::new(),
            valid_from: None,
            valid_until: None,
            content: Digest::of_bytes(text.as_bytes()),
            length: terms.length(),
        },
        sparse: bm25.passage(terms),
        dense: Some(vector),
    }
}

/// The mean of the precisions at each relevant document; one that was not found counts 0.
fn average_precision(hits: &[bool], relevant: usize) -> f64 {
    let (mut found, mut sum) = (0.0, 0.0);
    for (at, _) in hits.iter().enumerate().filter(|(_, hit)| **hit) {
        found += 1.0;
        sum += found / (at + 1) as f64;
    }
    sum / relevant as f64
}

/// The discounted gain of the first ten, against that of the best order.
fn ndcg(hits: &[bool], relevant: usize) -> f64 {
    let gain = |at: usize| 1.0 / ((at + 2) as f64).log2();
    let got: f64 = (0..hits.len().min(10)).filter(|at| hits[*at]).map(gain).sum();
    got / (0..relevant.min(10)).map(gain).sum::<f64>()
}

fn round(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}
