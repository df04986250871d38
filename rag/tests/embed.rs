//! The cache before an embedder.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    num::NonZeroUsize,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use rag::embed::{CachedEmbedder, EmbedError, Embedder, MAX_TEXT_BYTES, MAX_TEXTS, MemoryCache, TextKind};

/// Says how long each text is, and remembers what it was asked.
#[derive(Default)]
struct Lengths {
    asked: Mutex<Vec<Vec<String>>>,
}

#[async_trait]
impl Embedder for Lengths {
    fn model(&self) -> &str {
        "lengths"
    }
    fn dimension(&self) -> usize {
        2
    }
    fn reads_tokens(&self) -> Option<usize> {
        None
    }
    async fn embed(&self, texts: &[String], kind: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
        self.asked.lock().unwrap().push(texts.to_vec());
        let kind = f32::from(u8::from(kind == TextKind::Query));
        Ok(texts.iter().map(|text| vec![text.len() as f32, kind]).collect())
    }
}

fn cached(capacity: usize) -> (Arc<Lengths>, CachedEmbedder) {
    let inner = Arc::new(Lengths::default());
    let cache = Arc::new(MemoryCache::new(NonZeroUsize::new(capacity).unwrap()));
    (Arc::clone(&inner), CachedEmbedder::new(inner, cache))
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[tokio::test]
async fn each_text_is_computed_once() {
    let (inner, cached) = cached(100);
    let wanted = vec![vec![1.0, 0.0], vec![2.0, 0.0], vec![1.0, 0.0]];
    assert_eq!(cached.embed(&texts(&["a", "bb", "a"]), TextKind::Passage).await.unwrap(), wanted);
    assert_eq!(cached.embed(&texts(&["a", "bb", "a"]), TextKind::Passage).await.unwrap(), wanted);
    let more = cached.embed(&texts(&["ccc", "bb"]), TextKind::Passage).await.unwrap();
    assert_eq!(more, [vec![3.0, 0.0], vec![2.0, 0.0]]);
    assert_eq!(*inner.asked.lock().unwrap(), [texts(&["a", "bb"]), texts(&["ccc"])]);
}

#[tokio::test]
async fn a_question_is_not_a_passage() {
    let (inner, cached) = cached(100);
    assert_eq!(cached.embed(&texts(&["a"]), TextKind::Query).await.unwrap(), [[1.0, 1.0]]);
    assert_eq!(cached.embed(&texts(&["a"]), TextKind::Passage).await.unwrap(), [[1.0, 0.0]]);
    assert_eq!(inner.asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn too_much_is_refused_before_the_model_is_asked() {
    let (inner, cached) = cached(100);
    let many = vec![String::new(); MAX_TEXTS + 1];
    assert_eq!(cached.embed(&many, TextKind::Query).await, Err(EmbedError::TooMany { given: MAX_TEXTS + 1 }));
    let long = texts(&["a", &"x".repeat(MAX_TEXT_BYTES + 1)]);
    assert_eq!(
        cached.embed(&long, TextKind::Query).await,
        Err(EmbedError::TooLong { at: 1, bytes: MAX_TEXT_BYTES + 1 })
    );
    assert!(inner.asked.lock().unwrap().is_empty());
}
