//! The local model, on all-MiniLM-L6-v2.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use rag::embed::{EmbedError, Embedder, TextKind};
use rag_embed::{LocalEmbedder, LocalOptions, testing::minilm};

fn model() -> LocalEmbedder {
    LocalEmbedder::load(&minilm().unwrap(), LocalOptions::default()).unwrap()
}

async fn embed(model: &LocalEmbedder, texts: &[&str]) -> Vec<Vec<f32>> {
    let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
    model.embed(&texts, TextKind::Passage).await.unwrap()
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[tokio::test]
async fn its_vectors_are_those_of_sentence_transformers() {
    let model = model();
    assert_eq!(
        (model.model(), model.dimension(), model.reads_tokens()),
        ("all-MiniLM-L6-v2", 384, Some(256))
    );
    // The sentences and similarities of the quickstart in the documentation of sentence-transformers.
    let texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."];
    let vectors = embed(&model, &texts).await;
    for (a, b, wanted) in [(0, 1, 0.6660), (0, 2, 0.1046), (1, 2, 0.1411)] {
        let got = cosine(&vectors[a], &vectors[b]);
        assert!((got - wanted).abs() < 1e-3, "{} / {}: {got}", texts[a], texts[b]);
    }
}

#[tokio::test]
async fn vectors_have_length_one_and_do_not_depend_on_their_neighbours() {
    let model = model();
    let long = "a refund is paid within five days ".repeat(100);
    let texts = [
        "refund",
        "Where is my parcel? It was sent a week ago.",
        "",
        &long,
        "Größe 42 für Füße",
        "\u{0}\u{202e}x",
    ];
    let together = embed(&model, &texts).await;
    for (text, vector) in texts.iter().zip(&together) {
        assert!((cosine(vector, vector) - 1.0).abs() < 1e-4);
        let alone = &embed(&model, &[text]).await[0];
        assert!(cosine(alone, vector) > 0.9999, "{text}");
    }
    assert_eq!(embed(&model, &texts[..2]).await, embed(&model, &texts[..2]).await);
}

#[tokio::test]
async fn the_same_in_other_words_is_nearer_than_something_else() {
    let model = model();
    let vectors = embed(
        &model,
        &[
            "How do I get my money back?",
            "Refund policy for returned items",
            "How to set up a tent in the rain",
        ],
    )
    .await;
    assert!(cosine(&vectors[0], &vectors[1]) > cosine(&vectors[0], &vectors[2]) + 0.1);
}

#[tokio::test]
async fn a_folder_that_holds_no_model_is_refused_by_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let Err(EmbedError::Load { why, .. }) = LocalEmbedder::load(folder.path(), LocalOptions::default())
    else {
        panic!("it was loaded");
    };
    assert!(why.contains("config.json"), "{why}");
    std::fs::write(folder.path().join("config.json"), "{}").unwrap();
    assert!(LocalEmbedder::load(folder.path(), LocalOptions::default()).is_err());
}
