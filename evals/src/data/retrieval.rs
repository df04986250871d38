//! Questions find their documents by their words: BM25 as the service has it, over a public test collection.
//! `make bench-retrieval` adds vectors, which need a model.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{ChunkId, DocumentId, Ids as _, WorkspaceId, canonical::Digest, ticket::Visibility};
use orchestrator::system::SystemIds;
use rag::{
    lexical::{Analyzer, Bm25, Statistics, Terms},
    vectors::{
        CollectionSpec, Index as _, IndexScope, Layer, MAX_LIMIT, MemoryIndex, Point, PointMeta, QueryPlan,
    },
};
use serde::Deserialize;
use tokio::runtime::Handle;

use super::{Files, Item, Measured, named};

const COLLECTION: &str = "suite";
/// A question whose documents are found no better than this has failed.
const POOR: f64 = 0.1;

#[derive(Deserialize)]
pub(super) struct Text {
    pub id: String,
    pub text: String,
}

#[derive(Deserialize)]
struct Judgement {
    query: String,
    document: String,
    relevance: i64,
}

/// Documents that answer each question.
pub(super) fn judged(files: &Files<'_>) -> anyhow::Result<BTreeMap<String, BTreeSet<String>>> {
    let mut relevant: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for judgement in files.lines::<Judgement>("judgements")? {
        if judgement.relevance > 0 {
            relevant.entry(judgement.query).or_default().insert(judgement.document);
        }
    }
    Ok(relevant)
}

pub(super) fn measure(files: &Files<'_>) -> anyhow::Result<Measured> {
    let documents: Vec<Text> = files.lines("documents")?;
    let queries: Vec<Text> = files.lines("queries")?;
    let relevant = judged(files)?;
    Handle::current().block_on(search(&documents, &queries, &relevant))
}

async fn search(
    documents: &[Text],
    queries: &[Text],
    relevant: &BTreeMap<String, BTreeSet<String>>,
) -> anyhow::Result<Measured> {
    let workspace = WorkspaceId(SystemIds.uuid());
    let analyzer = Analyzer::default();
    let terms: Vec<Terms> = documents.iter().map(|document| analyzer.terms(&document.text)).collect();
    let mut statistics = Statistics::default();
    terms.iter().for_each(|terms| statistics.add(terms));
    let bm25 = Bm25::measured(&statistics);
    let index = MemoryIndex::new();
    index.ensure(COLLECTION, &CollectionSpec::lexical(bm25)).await?;
    let mut names = HashMap::new();
    let mut points = Vec::with_capacity(documents.len());
    for (document, terms) in documents.iter().zip(&terms) {
        let point = point(workspace, &document.text, terms, bm25);
        names.insert(point.chunk, document.id.clone());
        points.push(point);
    }
    for batch in points.chunks(500) {
        index.upsert(COLLECTION, batch.to_vec()).await?;
    }
    let mut measured = Measured::default();
    let (mut precision, mut gain) = (0.0, 0.0);
    for (at, query) in queries.iter().enumerate() {
        let Some(relevant) = relevant.get(&query.id) else { continue };
        let plan = QueryPlan::new(IndexScope::public(workspace), MAX_LIMIT);
        let found = index.query(COLLECTION, plan.sparse(bm25.query(&analyzer.terms(&query.text)))).await?;
        let hits: Vec<bool> = found.iter().map(|hit| relevant.contains(&names[&hit.chunk])).collect();
        let own = average_precision(&hits, relevant.len());
        precision += own;
        gain += ndcg(&hits, relevant.len());
        let finding = (own < POOR).then(|| format!("average precision {own:.3}: {}", query.text.trim()));
        let mut item = Item::of(named("question", at, &query.text), "judged", finding);
        item.score = own;
        measured.items.push(item);
    }
    let count = measured.items.len().max(1) as f64;
    measured.measures.insert("map".to_owned(), precision / count);
    measured.measures.insert("ndcg_10".to_owned(), gain / count);
    Ok(measured)
}

fn point(workspace: WorkspaceId, text: &str, terms: &Terms, bm25: Bm25) -> Point {
    Point {
        chunk: ChunkId(SystemIds.uuid()),
        meta: PointMeta {
            document: DocumentId(SystemIds.uuid()),
            document_version: 1,
            workspace,
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
        dense: None,
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

/// The discounted gain of the first ten, against that of the best order (Järvelin and Kekäläinen, 2002).
fn ndcg(hits: &[bool], relevant: usize) -> f64 {
    let gain = |at: usize| 1.0 / ((at + 2) as f64).log2();
    let got: f64 = (0..hits.len().min(10)).filter(|at| hits[*at]).map(gain).sum();
    got / (0..relevant.min(10)).map(gain).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn precision_and_gain_are_those_of_the_books() {
        let hits = [true, false, true, false];
        assert!((average_precision(&hits, 2) - (1.0 + 2.0 / 3.0) / 2.0).abs() < 1e-9);
        assert!((average_precision(&hits, 4) - (1.0 + 2.0 / 3.0) / 4.0).abs() < 1e-9);
        let best = 1.0 + 1.0 / 3.0_f64.log2();
        assert!((ndcg(&hits, 2) - 1.5 / best).abs() < 1e-9);
    }
}
