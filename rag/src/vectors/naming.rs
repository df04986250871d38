//! What a collection is called, and when another one is due.
//!
//! A collection never changes what it was made for: other vectors, other constants or another
//! analysis make another name. So a rebuild is filled beside the collection that is searched; when
//! it is whole its users turn to it, and the old one is dropped.

use domain::canonical::Digest;

use super::{CollectionSpec, DenseSpec};
use crate::lexical::ANALYSIS;

/// How much of the model's name is in a collection's, for people who look.
const MODEL_CHARS: usize = 24;

/// `<base>-<model>-<dimension>-<digest of all of the spec>`, or `<base>-words-<digest>` without dense
/// vectors. `base` is at most 12 of a-z and 0-9. The same spec gives the same name in every process
/// and release.
pub fn collection_name(base: &str, spec: &CollectionSpec) -> String {
    let digest = Digest::of(spec);
    match &spec.dense {
        Some(dense) => {
            let model = plain(&dense.model);
            format!("{base}-{model}-{}-{}", dense.dimension, digest.short())
        }
        None => format!("{base}-words-{}", digest.short()),
    }
}

/// The last part of a model's name in the letters that names may have.
fn plain(model: &str) -> String {
    let last = model.rsplit('/').find(|part| !part.is_empty()).unwrap_or("model");
    let mut out = String::new();
    for c in last.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            out.push(c);
        } else if !out.ends_with('-') {
            out.push('-');
        }
    }
    let out: String = out.trim_matches('-').chars().take(MODEL_CHARS).collect();
    match out.trim_matches('-') {
        "" => "model".to_owned(),
        out => out.to_owned(),
    }
}

/// Why a collection can no longer serve this release with this embedder, if it cannot.
pub fn rebuild_due(there: &CollectionSpec, wanted: Option<&DenseSpec>) -> Option<String> {
    let of = |dense: Option<&DenseSpec>| match dense {
        Some(dense) => format!("`{}` with {} numbers", dense.model, dense.dimension),
        None => "no embedder".to_owned(),
    };
    if there.dense.as_ref() != wanted {
        return Some(format!(
            "it was made with {} and {} is configured",
            of(there.dense.as_ref()),
            of(wanted)
        ));
    }
    (there.analysis != ANALYSIS)
        .then(|| format!("its words were analysed by version {} and this is {ANALYSIS}", there.analysis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{lexical::Bm25, vectors::check_name};

    fn dense(model: &str, dimension: usize) -> DenseSpec {
        DenseSpec { dimension, model: model.to_owned() }
    }

    #[test]
    fn whatever_makes_other_vectors_makes_another_name() {
        let spec = CollectionSpec::hybrid(Bm25::default(), dense("text-embedding-3-small", 1536));
        let others = [
            CollectionSpec::hybrid(Bm25::default(), dense("text-embedding-3-small", 512)),
            CollectionSpec::hybrid(Bm25::default(), dense("text-embedding-3-large", 1536)),
            // Cut to the same letters.
            CollectionSpec::hybrid(Bm25::default(), dense("Text Embedding 3 small", 1536)),
            CollectionSpec::hybrid(
                Bm25 { average_length: 61.5, ..Bm25::default() },
                dense("text-embedding-3-small", 1536),
            ),
            CollectionSpec { analysis: ANALYSIS + 1, ..spec.clone() },
            CollectionSpec::lexical(Bm25::default()),
        ];
        let name = collection_name("knowledge", &spec);
        assert_eq!(name, collection_name("knowledge", &spec.clone()));
        assert!(name.starts_with("knowledge-text-embedding-3-small-1536-"), "{name}");
        for other in others {
            assert_ne!(collection_name("knowledge", &other), name);
        }
    }

    #[test]
    fn every_model_makes_a_name_that_engines_take() {
        let long = "x".repeat(500);
        for model in ["", "/", "sentence-transformers/all-MiniLM-L6-v2", "模型", "a__--b", "-a-", &long] {
            let spec = CollectionSpec::hybrid(Bm25::default(), dense(model, 1_000_000));
            let name = collection_name("knowledge", &spec);
            assert_eq!(check_name(&name), Ok(()), "{name}");
        }
    }

    #[test]
    fn another_model_dimension_or_analysis_makes_a_rebuild_due_and_says_which() {
        let there = CollectionSpec::hybrid(Bm25::default(), dense("one", 3));
        assert_eq!(rebuild_due(&there, Some(&dense("one", 3))), None);
        let why = rebuild_due(&there, Some(&dense("two", 4))).unwrap();
        assert!(why.contains("`one` with 3") && why.contains("`two` with 4"), "{why}");
        assert!(rebuild_due(&there, None).unwrap().contains("no embedder"));
        let old = CollectionSpec { analysis: ANALYSIS + 1, ..there };
        assert!(rebuild_due(&old, Some(&dense("one", 3))).unwrap().contains("version"));
    }
}
