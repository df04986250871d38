//! The binary parses documents in a child of itself, and adds what they say.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use parse::{
    Input, Limits,
    isolated::{Options, Parser},
};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");

fn kb_parse(name: &str, text: &str, more: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    Command::new(PROGRAM).args(["kb", "parse"]).arg(path).args(more).output().unwrap()
}

#[test]
fn kb_parse_shows_what_a_file_becomes() {
    let html =
        "<!doctype html><title>T</title><nav>Menu</nav><main><h1>Refunds</h1><p>30 <b>days</b>.</main>";
    let shown = kb_parse("refunds.html", html, &[]);
    assert!(shown.status.success(), "{}", String::from_utf8_lossy(&shown.stderr));
    assert_eq!(String::from_utf8(shown.stdout).unwrap(), "# Refunds\n\n30 **days**.\n");
    let json: serde_json::Value =
        serde_json::from_slice(&kb_parse("refunds.html", html, &["--json"]).stdout).unwrap();
    assert_eq!(json[0]["kind"], "html");
    assert_eq!(json[0]["title"], "Refunds");
}

#[test]
fn kb_parse_says_why_a_file_is_refused() {
    let refused = kb_parse("x.pdf", "no pdf", &[]);
    assert!(!refused.status.success());
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(message.contains("`x.pdf` is not a PDF: it is plain text"), "{message}");
}

#[tokio::test]
async fn the_service_s_binary_is_the_child() {
    let options = Options { executable: Some(PROGRAM.into()), ..Options::default() };
    let parser = Parser::new(options, Limits::default());
    let input = Input { bytes: b"# Hello", file_name: Some("x.md"), media_type: None };
    assert_eq!(parser.parse(input).await.unwrap()[0].markdown, "# Hello");
}

/// Runs a command with a database in the folder.
fn countersign(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(PROGRAM)
        .args(arguments)
        .current_dir(folder)
        .env("COUNTERSIGN_PASSWORD", "at least ten characters")
        .output()
        .unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[test]
fn the_first_workspace_is_made_although_its_folders_are_configured_already() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    fs::create_dir(home.join("docs")).unwrap();
    fs::write(home.join("docs/notes.txt"), "Umbrellas open to the left.").unwrap();
    fs::write(home.join("countersign.toml"), "[knowledge]\nfolders = [\"docs\"]\n").unwrap();
    let early = countersign(home, &["kb", "search", "umbrellas"]);
    assert!(String::from_utf8(early.stderr).unwrap().contains("`countersign workspace create` makes one"));
    let made = countersign(home, &["workspace", "create", "acme", "Acme", "ada@acme.example"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let found = json(&countersign(home, &["kb", "search", "umbrellas", "--json"]));
    assert_eq!(found[0]["slug"], "notes", "{found}");
}

#[test]
fn kb_add_takes_every_kind_of_a_folder_and_says_what_it_left_out() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let made = countersign(home, &["workspace", "create", "acme", "Acme", "ada@acme.example"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let docs = home.join("docs");
    fs::create_dir_all(docs.join("deeper")).unwrap();
    for (name, text) in [
        ("refunds.md", "---\ncategory: orders\n---\n# Refunds\n\nMoney comes back in a fortnight.\n"),
        ("lamps.html", "<!doctype html><main><h1>Lamps</h1><p>A lantern burns oil.</main>"),
        ("notes.txt", "Umbrellas open to the left."),
        ("faq.csv", "question,answer\nWhere is my sofa?,In the warehouse.\nMay I sing?,Softly.\n"),
        ("picture.png", "no document by its name"),
        ("deeper/more.txt", "Not looked at."),
    ] {
        fs::write(docs.join(name), text).unwrap();
    }

    let added = countersign(home, &["kb", "add", "docs", "--json"]);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let report = json(&added);
    assert_eq!((&report["added"], &report["rejected"]), (&5.into(), &0.into()), "{report}");
    assert_eq!(report["files"].as_array().unwrap().len(), 4);
    for (query, slug) in [
        ("fortnight money", "refunds"),
        ("lantern oil", "lamps"),
        ("umbrellas left", "notes"),
        ("sofa warehouse", "faq/where-is-my-sofa"),
    ] {
        let found = json(&countersign(home, &["kb", "search", query, "--json"]));
        assert_eq!(found[0]["slug"], slug, "{query}: {found}");
    }

    fs::write(docs.join("broken.pdf"), "no PDF").unwrap();
    fs::write(docs.join("notes.txt"), "Umbrellas open to the right.").unwrap();
    let again = countersign(home, &["kb", "add", "docs", "missing.pdf"]);
    assert!(!again.status.success());
    let shown = String::from_utf8(again.stdout).unwrap();
    let line =
        |file: &str| shown.lines().find(|line| line.contains(file)).unwrap_or_else(|| panic!("{shown}"));
    assert!(line("broken.pdf").contains("rejected"), "{shown}");
    assert!(line("broken.pdf").contains("is not a PDF"), "{shown}");
    assert!(line("missing.pdf").contains("cannot be read"), "{shown}");
    assert!(line("notes.txt").contains("changed"), "{shown}");
    assert!(line("faq.csv").contains("0 added, 0 changed, 2 unchanged, 0 rejected"), "{shown}");
    assert!(shown.ends_with("0 added, 1 changed, 4 unchanged, 2 rejected\n"), "{shown}");

    let internal = ["kb", "add", "docs/lamps.html", "--visibility", "internal", "--tag", "light"];
    assert!(countersign(home, &internal).status.success());
    let found = json(&countersign(home, &["kb", "search", "lantern oil", "--json"]));
    assert!(found.as_array().unwrap().iter().all(|passage| passage["slug"] != "lamps"), "{found}");

    let german =
        ["kb", "add", "docs/notes.txt", "--locale", "de", "--brand", "Nord", "--valid-until", "2020-12-31"];
    assert!(countersign(home, &german).status.success());
    let found = json(&countersign(home, &["kb", "search", "umbrellas", "--json"]));
    assert_eq!(found, Value::Array(Vec::new()), "its time is over");
    let wrong = countersign(home, &["kb", "add", "docs/notes.txt", "--layer", "universal"]);
    assert!(!wrong.status.success());
    assert!(String::from_utf8(wrong.stderr).unwrap().contains("shipped library"));
    assert!(countersign(home, &["kb", "verify"]).status.success());
    let rebuilt = json(&countersign(home, &["kb", "rebuild", "--json"]));
    assert_eq!(rebuilt["collection"], "knowledge-2");
    assert_eq!(
        json(&countersign(home, &["kb", "verify", "--json"]))["differences"],
        Value::Array(Vec::new())
    );
    let advice = ["kb", "search", "renewal negotiation", "--internal", "--universal", "--json"];
    assert_eq!(json(&countersign(home, &advice))[0]["slug"], "renewal-negotiation-guard-rails");
}
