//! When another collection is due. One never changes what it was made for.

use super::{CollectionSpec, DenseSpec};
use crate::lexical::ANALYSIS;

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
    use crate::lexical::Bm25;

    fn dense(model: &str, dimension: usize) -> DenseSpec {
        DenseSpec { dimension, model: model.to_owned() }
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
