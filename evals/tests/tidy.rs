//! The order of the house: which rooms know which, and what every file owes its reader.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Lines a file may have at most.
const MAX_LINES: usize = 600;
/// Files that were longer when this test was written, with their length then. They may shrink and
/// leave; nothing joins them.
const LONG: &[(&str, usize)] = &[];

/// Which rooms each room may use: domain <- {store, rag, parse, guards, prompts, tools} <-
/// agents <- orchestrator <- evals. The heavy
/// crates under rag/ stand between it and the orchestrator.
fn direction() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let middle = ["store", "rag", "parse", "guards", "prompts", "tools"];
    let domain = BTreeSet::from(["domain"]);
    let mut may: BTreeMap<_, _> = middle.into_iter().map(|room| (room, domain.clone())).collect();
    may.insert("domain", BTreeSet::new());
    let heavy = ["embed", "qdrant"];
    may.extend(heavy.map(|room| (room, BTreeSet::from(["domain", "rag"]))));
    let mut below: BTreeSet<_> = domain.into_iter().chain(middle).collect();
    for room in ["agents", "orchestrator", "evals"] {
        may.insert(room, below.clone());
        below.insert(room);
        if room == "agents" {
            below.extend(heavy);
        }
    }
    may
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust file of the workspace, as a path from its root with its text.
fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<(String, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap_or_default();
            if path.is_dir() {
                if !name.starts_with('.') && !["target", "node_modules", "dist", "data"].contains(&name) {
                    walk(&path, root, found);
                }
            } else if name.ends_with(".rs") {
                let from_root = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.push((from_root, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let root = root();
    let mut found = Vec::new();
    walk(&root, &root, &mut found);
    found.sort();
    assert!(found.len() > 100, "only {} files were found", found.len());
    found
}

#[test]
fn rooms_know_only_the_rooms_below_them() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    // A room is called by its folder; its package has a longer name.
    let room = |package: &serde_json::Value| {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap()).to_owned();
        manifest.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned()
    };
    let rooms: BTreeMap<&str, String> =
        packages.iter().map(|package| (package["name"].as_str().unwrap(), room(package))).collect();
    let may = direction();
    let known: BTreeSet<&str> = may.keys().copied().collect();
    let there: BTreeSet<&str> = rooms.values().map(String::as_str).collect();
    assert_eq!(there, known, "a new room needs a place in the direction");
    for package in packages {
        let from = &rooms[package["name"].as_str().unwrap()];
        for dependency in package["dependencies"].as_array().unwrap() {
            let Some(to) = rooms.get(dependency["name"].as_str().unwrap()) else { continue };
            // Tests may stand in another room; what is built may not. A room may also ask itself
            // for its own test support.
            if dependency["kind"] == "dev" {
                continue;
            }
            assert!(may[from.as_str()].contains(to.as_str()), "{from} may not depend on {to}");
        }
    }
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> =
        sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "these files do not open with `//!`: {silent:#?}");
}

#[test]
fn no_file_is_a_hall() {
    let known: BTreeMap<&str, usize> = LONG.iter().copied().collect();
    let mut wrong = Vec::new();
    let mut still = BTreeSet::new();
    for (path, text) in sources() {
        let lines = text.lines().count();
        match known.get(path.as_str()) {
            Some(limit) if lines > *limit => wrong.push(format!("{path} grew from {limit} to {lines} lines")),
            Some(_) if lines > MAX_LINES => {
                still.insert(path);
            }
            None if lines > MAX_LINES => {
                wrong.push(format!("{path} has {lines} lines; {MAX_LINES} is the most"))
            }
            _ => {}
        }
    }
    let shrunk: Vec<&str> = known.into_keys().filter(|path| !still.contains(*path)).collect();
    assert!(wrong.is_empty(), "put a wall in: {wrong:#?}");
    assert!(shrunk.is_empty(), "these are short now; take them off the list: {shrunk:#?}");
}

#[test]
fn a_tool_with_effects_has_one_caller() {
    // Other things are executed too: queries, requests, compiled conditions. A tool's is the one
    // that takes a permit.
    let calls: Vec<String> = sources()
        .into_iter()
        .filter(|(path, _)| {
            !path.starts_with("tools/") && !path.starts_with("domain/") && !path.starts_with("evals/")
        })
        .flat_map(|(path, text)| {
            let folded = text.split_whitespace().collect::<String>();
            let count = folded.matches(".execute(permit").count()
                + folded.matches("AnyTool::execute(").count()
                + folded.matches("tool.execute(").count()
                - folded.matches("tool.execute(permit").count();
            std::iter::repeat_n(path, count)
        })
        .collect();
    assert_eq!(calls, ["orchestrator/src/engine/effects.rs"], "only the engine executes tools, in one place");
    // Whatever the call is spelled like, it needs a permit, and only the engine asks for one.
    let askers: Vec<String> = sources()
        .into_iter()
        .filter(|(path, text)| {
            let inner = ["tools/", "domain/", "evals/", "orchestrator/src/engine/"];
            text.contains("Permit::") && !inner.iter().any(|room| path.starts_with(room))
        })
        .map(|(path, _)| path)
        .collect();
    assert!(askers.is_empty(), "permits are asked for outside the engine: {askers:?}");
}

/// What stands between backticks in a document.
fn quoted(document: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(document)).unwrap();
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What people read, as paths from the root.
fn documents() -> Vec<String> {
    let mut all = vec!["README.md".to_owned(), "ARCHITECTURE.md".to_owned()];
    for folder in ["docs", "docs/architecture"] {
        let pages = fs::read_dir(root().join(folder)).unwrap();
        let pages = pages.map(|entry| format!("{folder}/{}", entry.unwrap().file_name().to_str().unwrap()));
        all.extend(pages.filter(|path| path.ends_with(".md")));
    }
    all
}

/// A document without its blocks of code.
fn prose(document: &str) -> String {
    let text = fs::read_to_string(root().join(document)).unwrap();
    text.split("```").step_by(2).collect()
}

/// What `#…` may name in a document, after GitHub's rule for headings.
fn anchors(document: &str) -> BTreeSet<String> {
    let of_heading = |heading: &str| -> String {
        let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
    };
    let text = prose(document);
    let mut found = BTreeSet::new();
    for heading in text.lines().filter(|line| line.starts_with('#')) {
        let name = of_heading(heading.trim_start_matches('#'));
        assert!(found.insert(name), "{document} has two headings that say {heading:?}");
    }
    found
}

/// Where a relative link of a document leads, as a path from the root.
fn resolved(document: &str, link: &str) -> String {
    let mut path: Vec<_> = document.split('/').collect();
    path.pop();
    for part in link.split('/') {
        match part {
            ".." => drop(path.pop()),
            part => path.push(part),
        }
    }
    path.join("/")
}

#[test]
fn the_documents_lead_to_each_other() {
    let link = regex::Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut wrong = Vec::new();
    let mut led_to = BTreeSet::from(["README.md".to_owned()]);
    for document in documents() {
        for found in link.captures_iter(&prose(&document)) {
            let target = found.get(1).unwrap().as_str();
            if target.starts_with("http://") || target.starts_with("https://") {
                continue;
            }
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = match path {
                "" => document.clone(),
                path => resolved(&document, path),
            };
            let there = root().join(&path).exists();
            if !there || !(anchor.is_empty() || anchors(&path).contains(anchor)) {
                wrong.push(format!("{document}: {target}"));
            }
            if document == "README.md" || document == "ARCHITECTURE.md" {
                led_to.insert(path);
            }
        }
    }
    assert!(wrong.is_empty(), "links that lead nowhere: {wrong:#?}");
    let unreachable: Vec<_> = documents().into_iter().filter(|path| !led_to.contains(path)).collect();
    assert!(unreachable.is_empty(), "README and ARCHITECTURE do not lead to {unreachable:?}");
}

#[test]
fn what_the_documents_point_to_is_there() {
    let rooms: BTreeSet<String> = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| root().join(name).is_dir())
        .collect();
    let mut missing = Vec::new();
    for document in documents() {
        for word in quoted(&document) {
            let in_a_room = word.split_once('/').is_some_and(|(room, _)| rooms.contains(room));
            let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            if in_a_room && plain && !word.starts_with("target/") && !root().join(&word).exists() {
                missing.push(format!("{document}: {word}"));
            }
        }
    }
    // Tests that are named there run.
    let all: String = sources().into_iter().map(|(_, text)| text).collect();
    for word in quoted("docs/security.md") {
        let is_name =
            word.matches('_').count() > 3 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if is_name && !all.contains(&format!("fn {word}(")) {
            missing.push(format!("docs/security.md: {word}"));
        }
    }
    assert!(missing.is_empty(), "documents name what is not there: {missing:#?}");
}
