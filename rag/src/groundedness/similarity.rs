//! What an embedder adds: a sentence that says the same in other words is supported by what it means.
//!
//! Asked for after the check by words, and only for sentences that this left unsupported. It raises
//! scores, never those of sentences with a stray value or a denial.

use domain::grounding::{Carrier, Grounding, SourceKind, Span, Statement};

use super::{sentences, trimmed, with_verdict};
use crate::embed::{EmbedError, Embedder, TextKind};

/// Sentences of sources that are compared; each costs an embedding.
const MAX_SENTENCES: usize = 200;
/// Cosine similarity from which on two sentences may say the same, and at which they surely do.
const ALIKE: f32 = 0.60;
const SAME: f32 = 0.90;
/// The most that meaning alone is worth.
const MOST: f32 = 0.85;

/// Raises the scores of sentences whose meaning a passage carries.
pub async fn similarity(
    embedder: &dyn Embedder,
    statement: &Statement<'_>,
    grounding: &mut Grounding,
) -> Result<(), EmbedError> {
    let open: Vec<usize> = grounding
        .sentences
        .iter()
        .enumerate()
        .filter(|(_, s)| !s.is_supported() && s.findings.iter().all(|f| !f.kind.stops()))
        .filter(|(_, s)| s.findings.iter().all(|f| f.kind != domain::grounding::FindingKind::Contradiction))
        .map(|(at, _)| at)
        .collect();
    if open.is_empty() {
        return Ok(());
    }
    let known: Vec<(usize, Span, String)> = statement
        .sources
        .iter()
        .enumerate()
        .filter(|(_, source)| source.kind == SourceKind::Passage)
        .flat_map(|(at, source)| {
            let spans = sentences(source.text).into_iter().map(|span| trimmed(span, source.text));
            spans.map(move |span| (at, span, span.of(source.text).to_owned())).collect::<Vec<_>>()
        })
        .filter(|(_, _, text)| text.chars().filter(|c| c.is_alphabetic()).count() >= 8)
        .take(MAX_SENTENCES)
        .collect();
    if known.is_empty() {
        return Ok(());
    }
    let asked: Vec<String> =
        open.iter().map(|at| grounding.sentences[*at].span.of(statement.text).trim().to_owned()).collect();
    let texts: Vec<String> = known.iter().map(|(_, _, text)| text.clone()).collect();
    let (asked, texts) =
        (embedder.embed(&asked, TextKind::Passage).await?, embedder.embed(&texts, TextKind::Passage).await?);
    for (at, vector) in open.into_iter().zip(&asked) {
        let best = texts
            .iter()
            .zip(&known)
            .map(|(other, (source, span, _))| (cosine(vector, other), *source, *span))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let Some((likeness, source, span)) = best else { continue };
        let meant = ((likeness - ALIKE) / (SAME - ALIKE)).clamp(0.0, 1.0) * MOST;
        let mut sentence = grounding.sentences[at].clone();
        if meant > sentence.score {
            sentence.score = meant;
            sentence.carrier = Some(Carrier { source, span });
        }
        grounding.sentences[at] = with_verdict(sentence, statement.text);
    }
    Ok(())
}

fn cosine(a: &[f32], b: &[f32]) -> f32 {
    let dot: f32 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    let length = |v: &[f32]| v.iter().map(|x| x * x).sum::<f32>().sqrt();
    let lengths = length(a) * length(b);
    if lengths > 0.0 { (dot / lengths).clamp(-1.0, 1.0) } else { 0.0 }
}
