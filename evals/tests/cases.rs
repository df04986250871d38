//! The suites that come with the crate, on the offline model.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::{Path, PathBuf};

use evals::{
    runner::{self, Options},
    suite::{self, Kind, Manifest},
    summary::Summary,
};

fn options(out: PathBuf) -> Options {
    Options {
        models: None,
        tapes: None,
        judge: None,
        attempts: 1,
        seed: 7,
        parallel: 4,
        only: None,
        version: None,
        out,
        data: runner::data_folder(),
        progress: false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_offline_model_does_on_the_demo_shop_what_it_should() {
    let suites = vec![suite::load(&Path::new(evals::SUITES).join("shop")).unwrap()];
    let cases = suites[0].cases.len();
    assert!(cases >= 100, "only {cases} cases were found");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("shop");
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    let run = runner::run(&suites, &options(folder.clone())).await.unwrap();
    let summary = Summary::of(&run.records);
    println!("{summary}");
    assert_eq!(summary.suites[0].cases, cases);
    assert!(summary.holds(), "{summary}");
    let (mut unknown, mut mended) = (Vec::new(), Vec::new());
    for attempt in &run.records.attempts {
        match (attempt.passed(), attempt.why.is_empty()) {
            (false, true) => unknown.push((&attempt.key.case, &attempt.findings)),
            (true, false) => mended.push(&attempt.key.case),
            _ => {}
        }
    }
    assert!(unknown.is_empty(), "these fail and do not say why: {unknown:#?}");
    assert!(mended.is_empty(), "these pass and need no `why` any more: {mended:#?}");

    // What was done is not done again.
    let again = runner::run(&suites, &options(folder.clone())).await.unwrap();
    assert_eq!(again.records.attempts.len(), run.records.attempts.len());
    let lines = std::fs::read_to_string(folder.join(evals::record::RESULTS)).unwrap();
    assert_eq!(lines.lines().count(), cases + 1, "the suite and an attempt at each case");
}

#[test]
fn every_suite_says_whose_it_is_and_what_others_reached() {
    let suites = suite::load_all(Path::new(evals::SUITES)).unwrap();
    for suite in &suites {
        let folder = Path::new(evals::SUITES).join(&suite.manifest.name);
        let Manifest { name, references, no_references, .. } = &suite.manifest;
        assert!(folder.is_dir(), "{name} is not called as its folder");
        assert!(
            references.is_empty() != no_references.is_empty(),
            "{name} gives the figures of others, or says why there are none"
        );
    }
    assert!(suites.iter().any(|suite| suite.manifest.kind == Kind::Conversations));
}
