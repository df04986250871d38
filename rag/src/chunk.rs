//! Cuts a document into pieces that fit the index and a prompt.
//!
//! Pieces follow the Markdown structure: a section, a table or a code block is cut only when it
//! does not fit, and a paragraph where a line or a sentence begins. Where prose is cut within its
//! section, the later piece begins with the last sentence of the earlier one. Of a transcript it
//! begins with the last turn, or stands under the name of whoever goes on speaking. The same document
//! always gives the same pieces, each of them a part of the document's text as it stands there.

use std::{collections::HashMap, ops::Range, sync::LazyLock};

use domain::{
    ChunkId, DocumentId, Ids, Timestamp,
    canonical::Digest,
    knowledge::{Chunk, Document},
};
use pulldown_cmark::{Event, Options, Parser, Tag};
use text_splitter::{ChunkConfig, ChunkSizer, MarkdownSplitter};
use tiktoken_rs::cl100k_base_singleton;
use unicode_segmentation::UnicodeSegmentation;

use crate::{
    ParsedDocument, RagError,
    markdown::{Heading, headings},
    parse_markdown,
    turns::Turns,
};

/// The most a piece may have, in `cl100k_base` tokens.
pub const MAX_TOKENS: usize = 512;
/// A piece that has reached this ends at the next boundary, so that sections on different matters
/// are found, and quoted, apart.
const ENOUGH_TOKENS: usize = 160;
/// The most a piece has before it repeats anything.
const CUT_TOKENS: usize = MAX_TOKENS - OVERLAP_TOKENS;
/// What a piece repeats of the one before it, at most.
const OVERLAP_TOKENS: usize = 48;

fn tokens(text: &str) -> usize {
    cl100k_base_singleton().count_ordinary(text)
}

/// Counts with a table that takes long to load, so it is loaded by the first piece that needs
/// counting and kept.
struct Tokens;

impl ChunkSizer for Tokens {
    fn size(&self, chunk: &str) -> usize {
        tokens(chunk)
    }
}

static SPLITTER: LazyLock<MarkdownSplitter<Tokens>> =
    LazyLock::new(|| MarkdownSplitter::new(ChunkConfig::new(ENOUGH_TOKENS..=CUT_TOKENS).with_sizer(Tokens)));

/// A document as it stands, with its pieces.
#[derive(Clone, Copy)]
pub struct Earlier<'a> {
    pub document: &'a Document,
    pub chunks: &'a [Chunk],
}

impl Earlier<'_> {
    /// Whether this is what there is already.
    pub fn is(&self, parsed: &ParsedDocument) -> bool {
        self.document.meta == parsed.meta && self.document.body == parsed.body
    }
}

/// Reads Markdown and cuts it into pieces: [`parse_markdown`] and [`compose`].
pub fn prepare(
    slug: &str,
    markdown: &str,
    earlier: Option<Earlier<'_>>,
    ids: &dyn Ids,
    now: Timestamp,
) -> Result<(Document, Vec<Chunk>), RagError> {
    Ok(compose(slug, parse_markdown(slug, markdown)?, earlier, ids, now))
}

/// Makes a document and its pieces. With `earlier`, the document as it stands under this slug, the
/// result is its next version, whose unchanged pieces keep their ids. Whether anything has changed
/// at all is told by [`Earlier::is`]. A template has no pieces.
pub fn compose(
    slug: &str,
    parsed: ParsedDocument,
    earlier: Option<Earlier<'_>>,
    ids: &dyn Ids,
    now: Timestamp,
) -> (Document, Vec<Chunk>) {
    let ParsedDocument { meta, body } = parsed;
    let before = earlier.map(|earlier| earlier.document);
    let document = Document {
        id: before.map_or_else(|| DocumentId::new(ids), |document| document.id),
        slug: slug.to_owned(),
        digest: Digest::of(&(&meta, &body)),
        meta,
        version: before.map_or(1, |document| document.version + 1),
        body,
        created_at: before.map_or(now, |document| document.created_at),
        updated_at: now,
    };
    let mut chunks = chunk(&document, ids);
    if let Some(earlier) = earlier {
        keep_unchanged(&document, &mut chunks, earlier);
    }
    (document, chunks)
}

/// Gives pieces that were there before their ids back.
fn keep_unchanged(document: &Document, chunks: &mut [Chunk], earlier: Earlier<'_>) {
    // By what else they are found, a change of metadata changes all of them.
    let found_alike = earlier.document.meta == document.meta;
    let mut known: HashMap<(&[String], &str), Vec<&Chunk>> = HashMap::new();
    for chunk in earlier.chunks.iter().rev() {
        known.entry((&chunk.heading_path, &chunk.text)).or_default().push(chunk);
    }
    for chunk in chunks {
        let same = known.get_mut(&(chunk.heading_path.as_slice(), chunk.text.as_str())).and_then(Vec::pop);
        if let Some(same) = same {
            chunk.id = same.id;
            if found_alike {
                chunk.since_version = same.since_version;
            }
        }
    }
}

/// Cuts a document's body into pieces of at most [`MAX_TOKENS`], in order, each with the headings
/// it stands under.
pub fn chunk(document: &Document, ids: &dyn Ids) -> Vec<Chunk> {
    if document.meta.template.is_some() {
        return Vec::new();
    }
    let body = document.body.as_str();
    let headings = headings(body);
    let prose = Prose::of(body);
    let turns = Turns::of(body, &prose.paragraphs);
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut end_before = 0;
    for Range { start: at, end } in prose.pieces(body, &turns) {
        let text = &body[at..end];
        if is_headings_alone(text) && at + text.len() < body.trim_end().len() {
            // The splitter ends a full piece before a section's text now and then and leaves the
            // heading behind; the heading is in the next piece's path.
            continue;
        }
        let mut path = heading_path(&document.meta.title, &headings, at, text);
        let starts_section = headings.iter().any(|heading| (end_before..=at).contains(&heading.at));
        let earlier = chunks.last().filter(|_| !starts_section).map(|chunk| chunk.span().start);
        let repeats = earlier.and_then(|earlier| {
            if turns.begins_at(at) {
                prose.last_turn(&turns, body, earlier..end_before)
            } else {
                prose.last_sentence(body, end_before, at)
            }
        });
        let start = repeats.unwrap_or(at);
        // What somebody goes on to say stands under their name, which the earlier piece has.
        path.extend(prose.speaker(&turns, start).map(str::to_owned));
        end_before = end;
        chunks.push(Chunk {
            id: ChunkId::new(ids),
            document_id: document.id,
            document_version: document.version,
            since_version: document.version,
            ordinal: chunks.len() as i64,
            start: start as i64,
            heading_path: path,
            text: body[start..end].to_owned(),
        });
    }
    chunks
}

/// Where a body's paragraphs are; what is repeated of a table or of code would mislead.
struct Prose {
    paragraphs: Vec<Range<usize>>,
}

impl Prose {
    fn of(body: &str) -> Self {
        let mut inside = 0usize;
        let mut paragraphs = Vec::new();
        for (event, range) in Parser::new_ext(body, Options::all()).into_offset_iter() {
            match event {
                Event::Start(Tag::Paragraph) if inside == 0 => paragraphs.push(range),
                // Paragraphs in lists and quotes belong to their items.
                Event::Start(Tag::List(_) | Tag::BlockQuote(_) | Tag::FootnoteDefinition(_)) => inside += 1,
                Event::End(
                    pulldown_cmark::TagEnd::List(_)
                    | pulldown_cmark::TagEnd::BlockQuote(_)
                    | pulldown_cmark::TagEnd::FootnoteDefinition,
                ) => inside = inside.saturating_sub(1),
                _ => {}
            }
        }
        Self { paragraphs }
    }

    /// Where a body is cut. The splitter takes an apostrophe, a bold word or a link for an element of
    /// its own and would rather cut a long paragraph there than after a sentence; such a cut goes back
    /// to where the sentence or the line begins, or the word.
    fn pieces(&self, body: &str, turns: &Turns<'_>) -> Vec<Range<usize>> {
        let mut pieces: Vec<Range<usize>> = Vec::new();
        for (at, text) in SPLITTER.chunk_indices(body) {
            let mut piece = at..at + text.len();
            let paragraph = self.holding(at).filter(|paragraph| paragraph.start < at);
            if let Some((earlier, paragraph)) = pieces.last_mut().zip(paragraph)
                && let Some(begin) = begin_before(body, earlier.start.max(paragraph.start), &piece)
            {
                // A name with a full stop is no sentence.
                let named = turns
                    .before(begin)
                    .filter(|(turn, name)| *turn > earlier.start && begin <= turn + name.len())
                    .filter(|(turn, _)| tokens(&body[*turn..piece.end]) <= CUT_TOKENS);
                let begin = named.map_or(begin, |(turn, _)| turn);
                earlier.end = earlier.start + body[earlier.start..begin].trim_end().len();
                piece.start = begin;
            }
            pieces.push(piece);
        }
        pieces
    }

    fn holding(&self, place: usize) -> Option<&Range<usize>> {
        let after = self.paragraphs.partition_point(|range| range.start <= place);
        self.paragraphs[..after].last().filter(|range| range.contains(&place))
    }

    /// Whose turn this place is in the middle of.
    fn speaker<'a>(&self, turns: &Turns<'a>, place: usize) -> Option<&'a str> {
        let (begin, speaker) = turns.before(place).filter(|_| !turns.begins_at(place))?;
        self.holding(place).filter(|paragraph| paragraph.contains(&begin)).map(|_| speaker)
    }

    /// Where the last turn of an earlier piece begins, when it is short enough and not all of it. Its
    /// last sentence alone would be nobody's.
    fn last_turn(&self, turns: &Turns<'_>, body: &str, earlier: Range<usize>) -> Option<usize> {
        let (begin, _) = turns.before(earlier.end)?;
        let within = self.holding(earlier.end.checked_sub(1)?)?.contains(&begin);
        let short = tokens(body.get(begin..earlier.end)?) <= OVERLAP_TOKENS - 4;
        (within && begin > earlier.start && short).then_some(begin)
    }

    /// Where the last sentence of a paragraph begins that ends at `end`, when what follows at `next`
    /// is a paragraph or the rest of that one, and the sentence is short enough.
    fn last_sentence(&self, body: &str, end: usize, next: usize) -> Option<usize> {
        let paragraph = self.holding(end.checked_sub(1)?)?;
        self.holding(next)?;
        let text = body.get(paragraph.start..end)?;
        let sentence = text.split_sentence_bounds().filter(|part| !part.trim().is_empty()).last()?;
        // A paragraph of one sentence would be repeated whole.
        let start = end - sentence.len();
        let short = start > paragraph.start && tokens(sentence) <= OVERLAP_TOKENS - 4;
        short.then_some(start)
    }
}

/// Where the sentence, the line or else the word begins that this piece begins in the middle of: after
/// `earliest`, and so that the piece is not too long with it.
fn begin_before(body: &str, earliest: usize, piece: &Range<usize>) -> Option<usize> {
    let line = body[earliest..piece.start].rfind('\n').map_or(earliest, |end| earliest + end + 1);
    let end = body[piece.start..].find('\n').map_or(body.len(), |end| piece.start + end);
    let sentences = body[line..end].split_sentence_bound_indices().map(|(at, _)| line + at);
    let begin = sentences.take_while(|begin| *begin <= piece.start).last()?;
    let fits = |begin: &usize| {
        (earliest + 1..piece.start).contains(begin) && tokens(&body[*begin..piece.end]) <= CUT_TOKENS
    };
    let word = || body[line..piece.start].rfind(char::is_whitespace).map(|at| line + at + 1);
    if begin == piece.start { None } else { Some(begin).filter(fits).or_else(|| word().filter(fits)) }
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
