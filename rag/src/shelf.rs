//! One workspace's passages in memory: their texts, and what their words are worth in each scope.
//!
//! The index finds; the shelf knows what was found. It also counts how rare words are among exactly
//! those passages that a scope permits, so that scores tell nothing of any other.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use domain::{
    ChunkId, CustomerId, DocumentId, Timestamp, WorkspaceId,
    knowledge::{Chunk, Document, Layer, Metadata, Scope},
    ticket::Visibility,
};

use crate::{
    lexical::{Language, SparseVector, Statistics, rarity},
    points::Composed,
    prints::Print,
    question::Reading,
};

/// A passage as it is kept.
pub(crate) struct Held {
    pub chunk: Chunk,
    /// Without its text.
    pub document: Arc<Document>,
    pub print: Print,
    pub language: Language,
    /// By which it is found, sorted.
    terms: Box<[u32]>,
    unseen: Box<[u32]>,
    length: f32,
}

impl Held {
    pub(crate) fn new(document: &Arc<Document>, chunk: Chunk, composed: Composed) -> Self {
        Self {
            print: Print::of(&chunk.text),
            document: Arc::clone(document),
            language: composed.language,
            terms: composed.terms.iter().map(|(id, _)| id).collect(),
            unseen: composed.unseen,
            length: composed.terms.length(),
            chunk,
        }
    }

    /// Whether a reader sees the word, in the text or above it.
    fn shows(&self, term: u32) -> bool {
        self.terms.binary_search(&term).is_ok() && !self.unseen.contains(&term)
    }
}

/// What decides who may see a document, besides whose it is.
#[derive(PartialEq, Eq, Hash)]
struct Access {
    layer: Layer,
    visibility: Visibility,
    brand: Option<String>,
    valid_from: Option<Timestamp>,
    valid_until: Option<Timestamp>,
}

impl Access {
    fn of(meta: &Metadata) -> Self {
        Self {
            layer: meta.layer,
            visibility: meta.visibility,
            brand: meta.brand.clone(),
            valid_from: meta.valid_from,
            valid_until: meta.valid_until,
        }
    }
}

/// Passages that the same scopes permit.
struct Class {
    /// Of one of them; in what scopes look at, all are alike.
    meta: Metadata,
    statistics: Statistics,
    languages: BTreeMap<Language, usize>,
}

struct Shelved {
    document: Arc<Document>,
    chunks: Vec<ChunkId>,
    /// By which rules it was screened.
    print: u64,
}

#[derive(Default)]
pub(crate) struct Shelf {
    /// Each with its chunks in their order.
    documents: HashMap<DocumentId, Shelved>,
    chunks: HashMap<ChunkId, Held>,
    classes: HashMap<Option<CustomerId>, HashMap<Access, Class>>,
}

impl Shelf {
    /// Puts a document in place of its earlier version.
    pub(crate) fn put(&mut self, document: Arc<Document>, held: Vec<Held>, print: u64) {
        self.remove(document.id);
        let ids = held.iter().map(|held| held.chunk.id).collect();
        for held in held {
            let meta = &held.document.meta;
            let class =
                self.classes.entry(meta.customer_id).or_default().entry(Access::of(meta)).or_insert_with(
                    || Class {
                        meta: meta.clone(),
                        statistics: Statistics::default(),
                        languages: BTreeMap::new(),
                    },
                );
            class.statistics.add_ids(held.terms.iter().copied(), held.length);
            *class.languages.entry(held.language).or_default() += 1;
            self.chunks.insert(held.chunk.id, held);
        }
        self.documents.insert(document.id, Shelved { document, chunks: ids, print });
    }

    /// Forgets a document; one that is not there is no error.
    pub(crate) fn remove(&mut self, document: DocumentId) {
        let Some(Shelved { document, chunks, .. }) = self.documents.remove(&document) else { return };
        let customer = document.meta.customer_id;
        let access = Access::of(&document.meta);
        let Some(classes) = self.classes.get_mut(&customer) else { return };
        let Some(class) = classes.get_mut(&access) else { return };
        for chunk in chunks {
            let Some(held) = self.chunks.remove(&chunk) else { continue };
            class.statistics.remove_ids(held.terms.iter().copied(), held.length);
            if let Some(count) = class.languages.get_mut(&held.language) {
                *count -= 1;
                if *count == 0 {
                    class.languages.remove(&held.language);
                }
            }
        }
        if class.statistics.passages() == 0 {
            classes.remove(&access);
            if classes.is_empty() {
                self.classes.remove(&customer);
            }
        }
    }

    pub(crate) fn chunk(&self, id: ChunkId) -> Option<&Held> {
        self.chunks.get(&id)
    }

    pub(crate) fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    /// The versions of the documents that are here.
    pub(crate) fn versions(&self) -> HashMap<DocumentId, i64> {
        self.documents.values().map(|shelved| (shelved.document.id, shelved.document.version)).collect()
    }

    /// By which rules each was screened.
    pub(crate) fn prints(&self) -> HashMap<DocumentId, u64> {
        self.documents.iter().map(|(id, shelved)| (*id, shelved.print)).collect()
    }

    pub(crate) fn version(&self, document: DocumentId) -> Option<i64> {
        self.documents.get(&document).map(|shelved| shelved.document.version)
    }

    /// A document's chunks, each with the version since which it stands as it does.
    pub(crate) fn standing(&self, document: DocumentId) -> HashMap<ChunkId, i64> {
        let ids = self.documents.get(&document).map(|shelved| shelved.chunks.as_slice()).unwrap_or_default();
        ids.iter().filter_map(|id| Some((*id, self.chunks.get(id)?.chunk.since_version))).collect()
    }

    /// Counts of everything here.
    pub(crate) fn statistics(&self) -> Statistics {
        let mut all = Statistics::default();
        self.classes.values().flat_map(HashMap::values).for_each(|class| all.merge(&class.statistics));
        all
    }

    fn permitted(&self, scope: &Scope, owner: WorkspaceId) -> impl Iterator<Item = &Class> {
        let whose = [Some(None), scope.customer_id.map(Some)].into_iter().flatten();
        whose
            .filter_map(|customer| self.classes.get(&customer))
            .flat_map(HashMap::values)
            .filter(move |class| scope.permits(owner, &class.meta))
    }
}

/// A query weighed by what its scope holds.
pub(crate) struct Asked {
    pub sparse: SparseVector,
    rarity: HashMap<u32, f32>,
    /// Each with the sum of its wanted words' rarity.
    readings: Vec<(Reading, f32)>,
}

impl Asked {
    /// None when there is nothing in scope.
    pub(crate) fn new(query: &str, scope: &Scope, shelves: &[(WorkspaceId, &Shelf)]) -> Option<Self> {
        let classes: Vec<&Class> =
            shelves.iter().flat_map(|(owner, shelf)| shelf.permitted(scope, *owner)).collect();
        let languages: BTreeSet<Language> =
            classes.iter().flat_map(|class| class.languages.keys().copied()).collect();
        let passages: u64 = classes.iter().map(|class| class.statistics.passages()).sum();
        if passages == 0 {
            return None;
        }
        let readings: Vec<Reading> =
            languages.into_iter().map(|language| Reading::new(query, language)).collect();
        let terms: BTreeSet<u32> =
            readings.iter().flat_map(|reading| reading.terms.iter().map(|(id, _)| id)).collect();
        let rare = |id: &u32| {
            let holding = classes.iter().map(|class| u64::from(class.statistics.holding(*id))).sum();
            (*id, rarity(passages, holding))
        };
        let weights: Vec<(u32, f32)> = terms.iter().map(rare).collect();
        let rarity: HashMap<u32, f32> = weights.iter().copied().collect();
        let readings = readings
            .into_iter()
            .map(|reading| {
                let asked = reading.wanted.iter().filter_map(|id| rarity.get(id)).sum();
                (reading, asked)
            })
            .collect();
        Some(Self { sparse: weights.into_iter().collect(), rarity, readings })
    }

    /// Share of the wanted words, by their rarity, that a reader of the passage sees.
    pub(crate) fn coverage(&self, held: &Held) -> f32 {
        let reading = self.readings.iter().find(|(reading, _)| reading.language == held.language);
        let Some((reading, asked)) = reading.filter(|(_, asked)| *asked > 0.0) else { return 0.0 };
        let shown = reading.wanted.iter().filter(|id| held.shows(**id));
        let covered: f32 = shown.filter_map(|id| self.rarity.get(id)).sum();
        (covered / asked).clamp(0.0, 1.0)
    }
}
