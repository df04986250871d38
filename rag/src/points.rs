//! A chunk as a point: the terms it is found by, and what a filter must know about it.

use domain::{
    WorkspaceId,
    canonical::Digest,
    knowledge::{Chunk, Document},
};

use crate::{
    lexical::{ANALYSIS, Analyzer, Bm25, Language, SparseVector, Terms},
    vectors::{Point, PointMeta},
};

/// A word of a heading says more about a passage than one of its text, and the title most.
const HEADING_WEIGHT: f32 = 1.5;
const TITLE_WEIGHT: f32 = 3.0;
const TAG_WEIGHT: f32 = 1.0;
/// What a match of the document's title and tags adds to its passages: "within 30 days" on the page
/// called Returns answers a question on returns, and a page that mentions returns once does not.
const SUBJECT_SHARE: f32 = 0.6;
/// The length, in weighted terms, of a usual title with its tags.
const SUBJECT_LENGTH: f32 = 12.0;
/// Counts changes to how a point is composed, as [`ANALYSIS`] counts those to how text is read.
const COMPOSITION: u32 = 1;

/// What BM25 is used with until a corpus has been measured. k1 and b were chosen on the questions of
/// the demo tickets; results change little around them.
pub(crate) const BM25: Bm25 = Bm25 { k1: 0.9, b: 0.6, average_length: 100.0 };

/// The words of a chunk.
pub(crate) struct Composed {
    pub language: Language,
    /// Everything it is found by.
    pub terms: Terms,
    /// Terms that a reader does not see, because they stand in the tags alone.
    pub unseen: Box<[u32]>,
    subject: Terms,
}

impl Composed {
    pub(crate) fn of(document: &Document, chunk: &Chunk) -> Self {
        let analyzer = Analyzer::of_locale(&document.meta.locale);
        let title = document.meta.title.as_str();
        let tags = document.meta.tags.join("\n");
        let headings = chunk.heading_path.iter().map(String::as_str).filter(|heading| *heading != title);
        let seen = || {
            let headings = headings.clone().map(|heading| (heading, HEADING_WEIGHT));
            headings.chain([(title, TITLE_WEIGHT), (chunk.text.as_str(), 1.0)])
        };
        let terms = analyzer.weighted(seen().chain([(tags.as_str(), TAG_WEIGHT)]));
        let mut unseen = Vec::new();
        if !document.meta.tags.is_empty() {
            let shown = analyzer.weighted(seen());
            unseen.extend(terms.iter().map(|(id, _)| id).filter(|id| !shown.holds(*id)));
        }
        Self {
            language: analyzer.language(),
            terms,
            unseen: unseen.into(),
            subject: analyzer.weighted([(title, TITLE_WEIGHT), (tags.as_str(), TAG_WEIGHT)]),
        }
    }

    fn sparse(&self, bm25: &Bm25) -> SparseVector {
        let own = bm25.passage(&self.terms);
        let subject = Bm25 { average_length: SUBJECT_LENGTH, ..*bm25 }.passage(&self.subject);
        let of_subject =
            |id: u32| subject.indices.binary_search(&id).map_or(0.0, |at| SUBJECT_SHARE * subject.values[at]);
        own.iter().map(|(id, weight)| (id, weight + of_subject(id))).collect()
    }
}

/// The text that a model reads to compute a chunk's dense vector.
pub(crate) fn text_to_embed(chunk: &Chunk) -> String {
    format!("{}\n\n{}", chunk.heading_path.join(" › "), chunk.text)
}

/// What a filter knows of a chunk. [`PointMeta::content`] is of everything the vectors are made of.
pub(crate) fn meta(workspace: WorkspaceId, document: &Document, chunk: &Chunk, length: f32) -> PointMeta {
    let meta = &document.meta;
    PointMeta {
        document: document.id,
        document_version: chunk.since_version,
        workspace,
        layer: meta.layer,
        customer: meta.customer_id,
        visibility: meta.visibility,
        locale: meta.locale.clone(),
        brand: meta.brand.clone(),
        category: meta.category.clone(),
        tags: meta.tags.clone(),
        valid_from: meta.valid_from,
        valid_until: meta.valid_until,
        content: Digest::of(&(
            ANALYSIS,
            COMPOSITION,
            &meta.locale,
            &meta.title,
            &meta.tags,
            &chunk.heading_path,
            &chunk.text,
        )),
        length,
    }
}

/// The point, without a dense vector yet.
pub(crate) fn point(
    workspace: WorkspaceId,
    document: &Document,
    chunk: &Chunk,
    composed: &Composed,
    bm25: &Bm25,
) -> Point {
    Point {
        chunk: chunk.id,
        meta: meta(workspace, document, chunk, composed.terms.length()),
        sparse: composed.sparse(bm25),
        dense: None,
    }
}
