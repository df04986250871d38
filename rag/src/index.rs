//! One workspace's passages, ready for search. An index is never changed: a writer builds the next
//! one and swaps it in.
//!
//! A passage is scored on its own words and, in part, on what its document is about: "within 30
//! days" on the page called Returns answers a question on returns, and a page that mentions returns
//! once does not.

use std::{
    cmp::Ordering,
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use domain::{
    DocumentId, WorkspaceId,
    knowledge::{Chunk, Document, Passage, Scope},
    ticket::Visibility,
};

use crate::{
    postings::{Bag, Postings},
    words::Words,
};

/// A word of a heading says more about a passage than one of its text, and the title most.
const HEADING_WEIGHT: f32 = 1.5;
const TITLE_WEIGHT: f32 = 3.0;
const TAG_WEIGHT: f32 = 1.0;
/// What a match of the document's title and tags adds to its passages.
const SUBJECT_SHARE: f32 = 0.6;

/// A document as the index keeps it: its words are counted once, whatever else changes.
pub(crate) struct Entry {
    document: Document,
    /// Title and tags.
    subject: Bag,
    chunks: Vec<(Chunk, Bag)>,
}

impl Entry {
    /// Chunks of other documents are left out.
    pub(crate) fn new(mut document: Document, chunks: Vec<Chunk>) -> Self {
        // Only the chunks are searched and shown.
        document.body = String::new();
        let words = |text: &str| Words::of(text).all().collect::<Vec<_>>();
        let title = words(&document.title);
        let tags = words(&document.tags.join("\n"));
        let mut subject = Bag::default();
        title.iter().for_each(|word| subject.add(word, TITLE_WEIGHT, true));
        tags.iter().for_each(|word| subject.add(word, TAG_WEIGHT, false));
        let chunks = chunks
            .into_iter()
            .filter(|chunk| chunk.document_id == document.id)
            .map(|chunk| {
                let mut own = subject.clone();
                for heading in chunk.heading_path.iter().filter(|heading| **heading != document.title) {
                    for word in words(heading) {
                        own.add(&word, HEADING_WEIGHT, true);
                    }
                }
                for word in words(&chunk.text) {
                    own.add(&word, 1.0, true);
                }
                (chunk, own)
            })
            .collect();
        Self { document, subject, chunks }
    }

    pub(crate) fn id(&self) -> DocumentId {
        self.document.id
    }
}

pub(crate) struct Index {
    workspace: WorkspaceId,
    entries: Vec<Arc<Entry>>,
    subjects: Postings,
    passages: Postings,
    /// Where each passage is: entry, chunk of the entry.
    places: Vec<(usize, usize)>,
}

#[derive(Clone, Copy, Default)]
struct Tally {
    score: f32,
    covered: f32,
}

impl Index {
    pub(crate) fn new(workspace: WorkspaceId, entries: Vec<Arc<Entry>>) -> Self {
        let mut subjects = Postings::default();
        let mut passages = Postings::default();
        let mut places = Vec::new();
        for (at, entry) in entries.iter().enumerate() {
            let public = entry.document.visibility == Visibility::Public;
            subjects.push(&entry.subject, public);
            for (chunk, (_, bag)) in entry.chunks.iter().enumerate() {
                passages.push(bag, public);
                places.push((at, chunk));
            }
        }
        Self { workspace, entries, subjects, passages, places }
    }

    pub(crate) fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    pub(crate) fn chunk_count(&self) -> usize {
        self.passages.len()
    }

    /// The best passages for the query's words, best first; equal scores by slug and order.
    pub(crate) fn search(&self, scope: Scope, words: &Words, limit: usize) -> Vec<Passage> {
        if limit == 0 || scope.workspace_id != self.workspace {
            return Vec::new();
        }
        let wanted = words.wanted();
        // Parts of identifiers help to find and do not count as covered: `ERR-4012` is not half
        // answered by a page on `ERR-9000`.
        let all: BTreeSet<&str> = words.stems.iter().chain(&words.identifiers).map(String::as_str).collect();
        let mut asked = 0.0;
        let mut tallies: HashMap<usize, Tally> = HashMap::new();
        let mut subjects: HashMap<usize, f32> = HashMap::new();
        for word in all {
            let counts = wanted.contains(word);
            let hits = self.passages.hits(word, scope.internal);
            if counts {
                asked += hits.idf;
            }
            for (place, score, shown) in hits.each() {
                let tally = tallies.entry(place).or_default();
                tally.score += score;
                if counts && shown {
                    tally.covered += hits.idf;
                }
            }
            for (entry, score, _) in self.subjects.hits(word, scope.internal).each() {
                *subjects.entry(entry).or_default() += score;
            }
        }
        let mut found: Vec<(usize, Tally)> = tallies.into_iter().collect();
        for (place, tally) in &mut found {
            let subject = subjects.get(&self.places[*place].0).copied().unwrap_or_default();
            tally.score += SUBJECT_SHARE * subject;
        }
        found.sort_by(|a, b| self.order(a, b));
        found
            .into_iter()
            .map(|(place, tally)| self.passage(place, tally, asked))
            .filter(|passage| scope.internal || passage.visibility == Visibility::Public)
            .take(limit)
            .collect()
    }

    fn order(&self, a: &(usize, Tally), b: &(usize, Tally)) -> Ordering {
        let name = |place: usize| {
            let (entry, chunk) = self.places[place];
            (&self.entries[entry].document.slug, chunk)
        };
        b.1.score.total_cmp(&a.1.score).then_with(|| name(a.0).cmp(&name(b.0)))
    }

    fn passage(&self, place: usize, tally: Tally, asked: f32) -> Passage {
        let (entry, chunk) = self.places[place];
        let document = &self.entries[entry].document;
        let chunk = &self.entries[entry].chunks[chunk].0;
        Passage {
            chunk_id: chunk.id,
            document_id: document.id,
            document_version: chunk.document_version,
            slug: document.slug.clone(),
            title: document.title.clone(),
            visibility: document.visibility,
            heading_path: chunk.heading_path.clone(),
            text: chunk.text.clone(),
            score: tally.score,
            coverage: if asked > 0.0 { (tally.covered / asked).clamp(0.0, 1.0) } else { 0.0 },
        }
    }
}
