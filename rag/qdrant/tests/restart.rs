//! What is left after the process ends, in order or not, and who may open a folder.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "contract/fixture.rs"]
#[allow(dead_code)]
mod fixture;

use std::{fs, num::NonZeroUsize, path::Path};

use fixture::{all, assert_same, direction, point, query, scope, spec, workspace};
use rag::vectors::{Facets, Index, IndexError, QueryPlan, Selection};
use rag_qdrant::{EdgeIndex, EdgeOptions, described};

fn open(folder: &Path) -> EdgeIndex {
    EdgeIndex::open(folder, EdgeOptions::default()).unwrap()
}

/// A word of its own for each number.
fn word(n: u128) -> String {
    "word".chars().chain(n.to_string().chars().map(|digit| char::from(b'a' + digit as u8 - b'0'))).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[tokio::test]
async fn everything_is_there_after_a_restart_and_changes_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let points: Vec<_> = (0..20).map(|n| point(n, &format!("anchor {}", word(n)))).collect();
    let index = open(folder.path());
    index.ensure("kb", &spec()).await.unwrap();
    index.upsert("kb", points.clone()).await.unwrap();
    index.delete("kb", Selection::document(workspace(1), points[19].meta.document)).await.unwrap();
    // While it is open nobody else opens it.
    assert_eq!(described(folder.path()).unwrap(), [("kb".to_owned(), spec())]);
    let refused = EdgeIndex::open(folder.path(), EdgeOptions::default()).err();
    assert!(matches!(refused, Some(IndexError::Locked(_))), "{refused:?}");
    drop(index);
    let index = open(folder.path());
    assert_eq!(index.describe("kb").await.unwrap(), Some(spec()));
    assert_same(&all(&index, "kb", &scope(), &Facets::default()).await, &points[..19]);
    let hits = index
        .query("kb", QueryPlan::new(scope(), 3).sparse(query(&word(7))).dense(direction(7)))
        .await
        .unwrap();
    assert_eq!(hits[0].chunk, points[7].chunk);
    let anew = point(7, "quite different");
    index.upsert("kb", vec![anew.clone()]).await.unwrap();
    let hits = index.query("kb", QueryPlan::new(scope(), 3).sparse(query(&word(7)))).await.unwrap();
    assert_eq!(hits, []);
    index.drop_collection("kb").await.unwrap();
    drop(index);
    assert_eq!(open(folder.path()).collections().await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_crash_costs_at_most_what_came_after_the_last_flush() {
    let (folder, crashed) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let points: Vec<_> = (0..30).map(|n| point(n, &format!("anchor {}", word(n)))).collect();
    let index = open(folder.path());
    index.ensure("kb", &spec()).await.unwrap();
    index.upsert("kb", points[..20].to_vec()).await.unwrap();
    index.delete("kb", Selection::document(workspace(1), points[0].meta.document)).await.unwrap();
    index.flush("kb").await.unwrap();
    index.upsert("kb", points[20..].to_vec()).await.unwrap();
    // The files as they are now are what a crash would leave.
    copy(folder.path(), crashed.path());
    drop(index);
    let index = open(crashed.path());
    let left = all(&index, "kb", &scope(), &Facets::default()).await;
    assert!(left.len() >= 19, "{}", left.len());
    assert_same(&left[..19], &points[1..20]);
    // Putting it all in again heals the rest.
    index.upsert("kb", points[1..].to_vec()).await.unwrap();
    assert_same(&all(&index, "kb", &scope(), &Facets::default()).await, &points[1..]);
}

#[tokio::test]
async fn a_collection_half_made_is_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let index = open(folder.path());
    index.ensure("whole", &spec()).await.unwrap();
    index.ensure("half", &spec()).await.unwrap();
    drop(index);
    fs::remove_file(folder.path().join("half/collection.json")).unwrap();
    let index = open(folder.path());
    assert_eq!(index.collections().await.unwrap(), ["whole"]);
    index.ensure("half", &spec()).await.unwrap();
    assert_eq!(index.count("half", &scope(), &Facets::default()).await, Ok(0));
}

fn full_log_files(folder: &Path) -> usize {
    let files = fs::read_dir(folder.join("kb/engine/wal")).unwrap();
    files.filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().starts_with("closed")).count()
}

#[tokio::test]
async fn a_collection_that_grows_bit_by_bit_optimises_itself_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let options = EdgeOptions {
        log_file_bytes: 64 * 1024,
        optimise_after: NonZeroUsize::new(400).unwrap(),
        ..EdgeOptions::default()
    };
    let index = EdgeIndex::open(folder.path(), options).unwrap();
    index.ensure("kb", &spec()).await.unwrap();
    let mut most = 0;
    for start in (0..1_600).step_by(100) {
        let points = (start..start + 100).map(|n| point(n, &format!("anchor {}", word(n)))).collect();
        index.upsert("kb", points).await.unwrap();
        index.flush("kb").await.unwrap();
        most = most.max(full_log_files(folder.path()));
    }
    assert!(most > 8, "there was nothing to tidy up: {most} full files at most");
    // Closing waits for an optimisation that is under way.
    drop(index);
    assert!(full_log_files(folder.path()) < most, "the log was never cut");
    let index = open(folder.path());
    assert_eq!(index.count("kb", &scope(), &Facets::default()).await, Ok(1_600));
    for n in [0, 399, 400, 1_000, 1_599] {
        let hits = index.query("kb", QueryPlan::new(scope(), 1).sparse(query(&word(n)))).await.unwrap();
        assert_eq!(hits[0].chunk, point(n, "").chunk, "{n}");
    }
}

#[tokio::test]
async fn the_engines_log_does_not_grow_for_ever_and_later_changes_still_count() {
    let folder = tempfile::tempdir().unwrap();
    let options = EdgeOptions { log_file_bytes: 64 * 1024, ..EdgeOptions::default() };
    let index = EdgeIndex::open(folder.path(), options).unwrap();
    index.ensure("kb", &spec()).await.unwrap();
    let log = || full_log_files(folder.path());
    let mut most = 0;
    for round in 0..60 {
        let points = (0..100).map(|n| point(n, &word(n * 100 + round))).collect();
        index.upsert("kb", points).await.unwrap();
        most = most.max(log());
        if most > 10 {
            break;
        }
    }
    assert!(most > 10, "the log has {most} full files");
    index.optimise("kb").await.unwrap();
    assert!(log() <= 1, "{} full files are left", log());
    let anew: Vec<_> = (0..100).map(|n| point(n, "fresh")).collect();
    index.upsert("kb", anew.clone()).await.unwrap();
    assert_same(&all(&index, "kb", &scope(), &Facets::default()).await, &anew);
    drop(index);
    let index = open(folder.path());
    assert_same(&all(&index, "kb", &scope(), &Facets::default()).await, &anew);
}
