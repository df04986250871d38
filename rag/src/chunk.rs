//! Cuts a document into pieces that fit the index and a prompt.
//!
//! Pieces follow the Markdown structure: a section, a table or a code block is cut only when it
//! does not fit. The same document always gives the same pieces.

use std::sync::LazyLock;

use domain::{
    ChunkId, DocumentId, Ids, Timestamp,
    canonical::Digest,
    knowledge::{Chunk, Document},
};
use text_splitter::{ChunkConfig, ChunkSizer, MarkdownSplitter};
use tiktoken_rs::cl100k_base_singleton;

use crate::{
    ParsedDocument, RagError,
    markdown::{Heading, headings},
    parse_markdown,
};

/// The most a piece may have, in `cl100k_base` tokens.
pub const MAX_TOKENS: usize = 512;
/// A piece that has reached this ends at the next boundary, so that sections on different matters
/// are found, and quoted, apart.
const ENOUGH_TOKENS: usize = 160;

/// Counts tokens. The table behind it takes long to load, so it is loaded by the first piece that
/// needs counting and kept.
struct Tokens;

impl ChunkSizer for Tokens {
    fn size(&self, chunk: &str) -> usize {
        cl100k_base_singleton().count_ordinary(chunk)
    }
}

static SPLITTER: LazyLock<MarkdownSplitter<Tokens>> =
    LazyLock::new(|| MarkdownSplitter::new(ChunkConfig::new(ENOUGH_TOKENS..=MAX_TOKENS).with_sizer(Tokens)));

/// Reads Markdown and cuts it into pieces. With `earlier`, the document as it stands under this
/// slug, the result is its next version; whether the text has changed at all is told by comparing
/// the digests.
pub fn prepare(
    slug: &str,
    markdown: &str,
    earlier: Option<&Document>,
    ids: &dyn Ids,
    now: Timestamp,
) -> Result<(Document, Vec<Chunk>), RagError> {
    let ParsedDocument { title, visibility, category, tags, body } = parse_markdown(slug, markdown)?;
    let digest = Digest::of(&(&title, visibility, &category, &tags, &body));
    let document = Document {
        id: earlier.map_or_else(|| DocumentId::new(ids), |document| document.id),
        slug: slug.to_owned(),
        title,
        visibility,
        category,
        tags,
        version: earlier.map_or(1, |document| document.version + 1),
        digest,
        body,
        created_at: earlier.map_or(now, |document| document.created_at),
        updated_at: now,
    };
    let chunks = chunk(&document, ids);
    Ok((document, chunks))
}

/// Cuts a document's body into pieces of at most [`MAX_TOKENS`], in order, each with the headings
/// it stands under.
pub fn chunk(document: &Document, ids: &dyn Ids) -> Vec<Chunk> {
    let headings = headings(&document.body);
    let mut chunks = Vec::new();
    for (at, text) in SPLITTER.chunk_indices(&document.body) {
        if is_headings_alone(text) && at + text.len() < document.body.trim_end().len() {
            // The splitter ends a full piece before a section's text now and then and leaves the
            // heading behind; the heading is in the next piece's path.
            continue;
        }
        chunks.push(Chunk {
            id: ChunkId::new(ids),
            document_id: document.id,
            document_version: document.version,
            ordinal: chunks.len() as i64,
            heading_path: heading_path(&document.title, &headings, at, text),
            text: text.to_owned(),
        });
    }
    chunks
}

fn is_headings_alone(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
    lines.peek().is_some() && lines.all(|line| line.starts_with('#'))
}

/// The title, then the headings that are open where the piece starts.
fn heading_path(title: &str, headings: &[Heading], at: usize, text: &str) -> Vec<String> {
    let indent = text.len() - text.trim_start().len();
    let mut open: Vec<&Heading> = Vec::new();
    for heading in headings.iter().take_while(|heading| heading.at <= at + indent) {
        open.retain(|outer| outer.level < heading.level);
        open.push(heading);
    }
    let mut path = vec![title.to_owned()];
    path.extend(
        open.into_iter().map(|heading| heading.text.clone()).filter(|text| !text.is_empty() && text != title),
    );
    path
}
