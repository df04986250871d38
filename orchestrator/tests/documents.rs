//! The binary parses documents in a child of itself.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::{
    fs,
    process::{Command, Output},
};

use parse::{
    Input, Limits,
    isolated::{Options, Parser},
};

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
