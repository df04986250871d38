//! What a child may do to the process that started it: nothing.

use std::time::Duration;

use parse::{
    Input, Limits, ParseError,
    isolated::{Options, Parser},
};

use super::files;

/// The real child.
pub fn child() -> Options {
    Options {
        executable: Some(env!("CARGO_BIN_EXE_countersign-parse-document").into()),
        arguments: Vec::new(),
        ..Options::default()
    }
}

/// A child that misbehaves.
fn shell(script: &str) -> Options {
    Options {
        executable: Some("/bin/sh".into()),
        arguments: vec!["-c".into(), script.into()],
        ..Options::default()
    }
}

const HELLO: Input<'_> = Input { bytes: b"# Hello", file_name: Some("hello.md"), media_type: None };

async fn answer_of(script: &str) -> ParseError {
    answer_within(30, script).await
}

async fn answer_within(seconds: u64, script: &str) -> ParseError {
    let time = Duration::from_secs(seconds);
    let limits = Limits { time, output_bytes: 1000, rows: 1, ..Limits::default() };
    Parser::new(shell(script), limits).parse(HELLO).await.unwrap_err()
}

#[tokio::test]
async fn an_isolated_parser_gives_the_same_answer() {
    let parser = Parser::new(child(), Limits::default());
    let file = files::pdf(&[&[(12, 72, 700, "Hello")]]);
    for (name, bytes) in
        [("a.md", b"# Hello\n\"quoted\" \\ text".as_slice()), ("a.pdf", &file), ("b.pdf", b"no")]
    {
        let input = Input { bytes, file_name: Some(name), media_type: None };
        assert_eq!(parser.parse(input).await, parse::parse(input, &Limits::default()));
    }
}

#[tokio::test]
async fn a_crash_costs_the_document_alone() {
    let error = answer_of("kill -SEGV $$").await;
    assert_eq!(error, ParseError::Crashed { how: "signal 11".to_owned() });
    assert!(error.to_string().contains("could not be parsed safely: the parser crashed (signal 11)"));
    assert_eq!(answer_of("exit 3").await, ParseError::Crashed { how: "exit code 3".to_owned() });
    let overflow = "echo thread main has overflowed its stack >&2; kill -ABRT $$";
    assert_eq!(answer_of(overflow).await, ParseError::Crashed { how: "its stack overflowed".to_owned() });
}

#[tokio::test]
async fn a_child_that_never_ends_is_ended() {
    assert_eq!(answer_within(1, "exec sleep 1000").await, ParseError::TooSlow { seconds: 1 });
    assert_eq!(answer_of("ulimit -S -t 1; while :; do :; done").await, ParseError::TooSlow { seconds: 30 });
}

#[tokio::test]
async fn a_child_that_talks_too_much_or_nonsense_is_not_believed() {
    assert_eq!(answer_of("cat >/dev/null; exec yes").await, ParseError::TooMuchText { limit: 1000 });
    assert_eq!(answer_of("exec yes >&2").await, ParseError::Crashed { how: "signal 13".to_owned() });
    let nonsense = ParseError::Crashed { how: "its answer makes no sense".to_owned() };
    assert_eq!(answer_of("cat >/dev/null; echo hello").await, nonsense);
    assert_eq!(answer_of("cat >/dev/null").await, nonsense);
}

#[tokio::test]
async fn a_child_that_cannot_start_is_not_the_files_fault() {
    let options = Options { executable: Some("/nowhere/at/all".into()), ..Options::default() };
    let error = Parser::new(options, Limits::default()).parse(HELLO).await.unwrap_err();
    assert!(matches!(error, ParseError::Unavailable { .. }), "{error}");
}

#[tokio::test]
async fn memory_has_a_limit() {
    // Far below what so many elements take: where the allocator's own reserves happen to lie moves the
    // limit by up to 64 MiB, and the limit of elements comes next.
    let options = Options { memory_bytes: 48 * 1024 * 1024, ..child() };
    let parser = Parser::new(options, Limits { output_bytes: 1 << 30, ..Limits::default() });
    let html = format!("<!doctype html><body>{}", "<p><b>x</b>".repeat(1_500_000));
    let input = Input { bytes: html.as_bytes(), file_name: None, media_type: None };
    assert_eq!(parser.parse(input).await, Err(ParseError::TooMuchMemory { mib: 48 }));
}

#[tokio::test]
async fn a_child_sees_no_environment_and_has_its_limits() {
    // Nothing but what a shell makes up for itself.
    let script = "[ -z \"$HOME$USER$CARGO_MANIFEST_DIR\" ] && exit 7; exit 8";
    assert_eq!(answer_of(script).await, ParseError::Crashed { how: "exit code 7".to_owned() });
}

#[tokio::test]
async fn files_take_turns() {
    let parser = Parser::new(Options { concurrency: 1, ..child() }, Limits::default());
    let one = || async { parser.parse(HELLO).await.unwrap() };
    let (a, b, c) = tokio::join!(one(), one(), one());
    assert!([a, b, c].iter().all(|documents| documents[0].markdown == "# Hello"));
}
