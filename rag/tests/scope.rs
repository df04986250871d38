//! Nothing out of scope is found, on the index in memory. Engines run the same body.

use std::sync::Arc;

use proptest::prelude::*;
use rag::{
    testing::{case, nothing_out_of_scope_is_returned},
    vectors::MemoryIndex,
};

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn no_passage_out_of_scope_is_ever_returned(case in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|e| TestCaseError::fail(e.to_string()))?;
        runtime.block_on(nothing_out_of_scope_is_returned(Arc::new(MemoryIndex::new()), "scope", &case));
    }
}
