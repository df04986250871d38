//! The cases that come with the crate, on the offline model.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::Path;

/// The share of all cases that must pass, besides every `must`. It only ever rises.
const CUTOFF: f64 = 0.7;

#[tokio::test(flavor = "multi_thread")]
async fn the_offline_model_does_what_it_must_on_the_demo_shop() {
    let report = evals::run(Path::new(evals::CASES), None).await.unwrap();
    println!("{report}");
    assert!(report.cases() >= 25, "only {} cases were found", report.cases());
    assert!(report.failed_musts().is_empty(), "{report}");
    assert!(report.reaches(CUTOFF), "less than {CUTOFF} of the cases passed\n{report}");
}
