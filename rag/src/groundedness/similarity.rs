//! What an embedder says of sentences in doubt: one that says the same in other words is supported by
//! what it means.
//!
//! Asked for after the check by words, and only for sentences that this left in doubt. What comes of
//! it is [`domain::grounding::Grounding::hear`]'s: it never raises what carries a stray value or is
//! denied. Embedders hardly see a denial, so sentences of which only one denies are never alike.

use domain::grounding::{Alike, Doubts};

use super::{polarity::denies, sentences};
use crate::{
    embed::{EmbedError, Embedder, TextKind},
    lexical::{Analyzer, Language},
};

/// Sentences of sources that are compared; each costs an embedding.
const MAX_SENTENCES: usize = 200;
/// Cosine similarity from which on two sentences may say the same, and at which they surely do.
const ALIKE: f32 = 0.60;
const SAME: f32 = 0.90;
/// The most that meaning alone is worth.
const MOST: f32 = 0.85;

/// For each sentence in doubt, the sentence of a source that means most like it.
pub async fn similarity(embedder: &dyn Embedder, doubts: &Doubts) -> Result<Vec<Option<Alike>>, EmbedError> {
    let known: Vec<String> = doubts
        .sources
        .iter()
        .flat_map(|source| sentences(&source.text).into_iter().map(|span| span.of(&source.text).trim()))
        .filter(|text| text.chars().filter(|c| c.is_alphabetic()).count() >= 8)
        .take(MAX_SENTENCES)
        .map(str::to_owned)
        .collect();
    if known.is_empty() || doubts.sentences.is_empty() {
        return Ok(vec![None; doubts.sentences.len()]);
    }
    let asked = embedder.embed(&doubts.sentences, TextKind::Passage).await?;
    let there = embedder.embed(&known, TextKind::Passage).await?;
    let denied = |text: &String| denies(text, Analyzer::new(Language::detect(text)));
    let known: Vec<(&String, bool)> = known.iter().map(|text| (text, denied(text))).collect();
    let nearest = |(vector, said): (&Vec<f32>, &String)| {
        let said = denied(said);
        let candidates = there.iter().zip(&known).filter(|(_, (_, denies))| *denies == said);
        let likeness = candidates.map(|(other, (text, _))| (cosine(vector, other), *text));
        let (likeness, text) = likeness.max_by(|a, b| a.0.total_cmp(&b.0))?;
        let score = ((likeness - ALIKE) / (SAME - ALIKE)).clamp(0.0, 1.0) * MOST;
        (score > 0.0).then(|| Alike { score, quote: text.clone() })
    };
    Ok(asked.iter().zip(&doubts.sentences).map(nearest).collect())
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    let length = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
    let lengths = length(a) * length(b);
    if lengths > 0.0 { (dot / lengths).clamp(-1.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use domain::grounding::{Source, SourceKind};

    use super::*;

    /// Takes everything for the same.
    struct Blind;

    #[async_trait]
    impl Embedder for Blind {
        fn model(&self) -> &str {
            "blind"
        }
        fn dimension(&self) -> usize {
            1
        }
        fn reads_tokens(&self) -> Option<usize> {
            None
        }
        async fn embed(&self, texts: &[String], _: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
            Ok(vec![vec![1.0]; texts.len()])
        }
    }

    #[tokio::test]
    async fn a_sentence_and_its_denial_are_never_alike() {
        let mut doubts = Doubts::default();
        doubts.doubt("You can send worn boots back.");
        doubts.doubt("Footwear that was used is not taken back.");
        let text = "We do not accept items that show wear.";
        doubts.rest_on(&Source { kind: SourceKind::Passage, label: "", text });
        let alike = similarity(&Blind, &doubts).await.unwrap();
        assert_eq!(alike[0], None);
        assert_eq!(alike[1].as_ref().map(|alike| alike.quote.as_str()), Some(text));
    }
}
