//! Damaged and hostile files through the isolated parser: always an answer, in time.

use std::time::Duration;

use parse::{Input, Limits, ParseError, Parsed, isolated::Parser};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use tokio::time::Instant;

use super::{files, isolation::child};

/// What one file may take here, where parsers are not optimised and the machine is busy.
const TIME: Duration = Duration::from_secs(60);
/// What the end of a child may take on top.
const SLACK: Duration = Duration::from_secs(20);

fn parser() -> Parser {
    Parser::new(child(), Limits { time: TIME, ..Limits::default() })
}

async fn answer(parser: &Parser, name: &str, bytes: &[u8]) -> Result<Vec<Parsed>, ParseError> {
    let started = Instant::now();
    let answer = parser.parse(Input { bytes, file_name: Some(name), media_type: None }).await;
    assert!(started.elapsed() < TIME + SLACK, "{name} took {:?}", started.elapsed());
    if let Err(error @ (ParseError::Crashed { .. } | ParseError::Unavailable { .. })) = &answer {
        panic!("{name} ({} bytes): {error}", bytes.len());
    }
    answer
}

/// Well-made files to damage.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let page: &[files::Line<'_>] =
        &[(20, 72, 760, "Title"), (11, 72, 700, "Some text."), (11, 72, 680, "More.")];
    vec![
        ("x.pdf", files::pdf_with(&[page, page], "<< /Title (T) >>", "/Info 100 0 R")),
        ("x.docx", files::docx(&files::paragraph("", "Some text.").repeat(20))),
        ("x.eml", files::MAIL.as_bytes().to_vec()),
        (
            "x.html",
            b"<!doctype html><main><h1>T</h1><table><tr><td>a<td>b<tr><td>c<td>d</table></main>".to_vec(),
        ),
        ("x.csv", b"question,answer\n\"a\nb\",\"c \"\"d\"\"\"\ne,f\n".to_vec()),
    ]
}

#[tokio::test]
async fn cut_files_are_answered() {
    let parser = parser();
    for (name, file) in samples() {
        for part in 1..12 {
            answer(&parser, name, &file[..file.len() * part / 12]).await.ok();
        }
    }
}

#[tokio::test]
async fn damaged_files_are_answered() {
    let parser = parser();
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for (name, file) in samples() {
        for _ in 0..12 {
            let mut damaged = file.clone();
            for _ in 0..random.random_range(1..20) {
                let at = random.random_range(0..damaged.len());
                damaged[at] = random.random();
            }
            answer(&parser, name, &damaged).await.ok();
        }
    }
}

#[tokio::test]
async fn deep_documents_are_refused() {
    let parser = parser();
    let pages = [
        "<div>".repeat(200_000),
        "<b><i>".repeat(100_000),
        "<table><tr><td>".repeat(60_000),
        format!("<table>{}", "<div>".repeat(100_000)),
        "<blockquote><ul><li>".repeat(50_000),
        "<svg><g>".repeat(100_000),
        (0..300).map(|n| format!("<b id={n}>")).collect::<String>() + &"<p>".repeat(50_000),
    ];
    for page in pages {
        let file = format!("<!doctype html><body>{page}");
        assert_eq!(answer(&parser, "x.html", file.as_bytes()).await, Err(ParseError::TooDeep { limit: 200 }));
    }
    let word = files::docx(&"<w:sdt>".repeat(100_000));
    assert_eq!(answer(&parser, "x.docx", &word).await, Err(ParseError::TooDeep { limit: 200 }));
    let arrays = files::pdf_with(&[&[(12, 72, 700, "x")]], &"[".repeat(500_000), "/Info 100 0 R");
    answer(&parser, "x.pdf", &arrays).await.ok();
    let templates = format!("<!doctype html>{}x", "<template>".repeat(100_000));
    answer(&parser, "x.html", templates.as_bytes()).await.ok();
}

#[tokio::test]
async fn repeated_formatting_does_not_blow_up() {
    let open: String = (0..150).map(|n| format!("<b id={n}>")).collect();
    let file = format!("<!doctype html><body><p>{open}</p>{}", "<p>x</p>".repeat(10_000));
    let answer = answer(&parser(), "x.html", file.as_bytes()).await;
    assert!(matches!(answer, Err(ParseError::TooComplex { .. })));
}

#[tokio::test]
async fn bombs_do_not_unpack() {
    let parser = parser();
    let zeros = " ".repeat(40_000_000);
    let bomb = files::docx(&zeros);
    assert!(bomb.len() < 200_000);
    let error = answer(&parser, "x.docx", &bomb).await.unwrap_err();
    assert_eq!(error, ParseError::Expands { part: "word/document.xml".to_owned() });
    let lol = "<!DOCTYPE l [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]>";
    let document = format!(
        "<?xml version=\"1.0\"?>{lol}<w:document><w:body><w:p><w:r><w:t>x&b;</w:t></w:r></w:p></w:body></w:document>"
    );
    let file = files::zip(&[("word/document.xml", &document)]);
    assert_eq!(answer(&parser, "x.docx", &file).await.unwrap()[0].markdown, "x");
}

#[tokio::test]
async fn huge_and_odd_files_are_answered() {
    let parser = parser();
    let quotes = format!("question,answer\n{}", "\"".repeat(1_000_000));
    answer(&parser, "x.csv", quotes.as_bytes()).await.ok();
    let quotes = format!("question,answer\n{}", "\"\",".repeat(300_000));
    answer(&parser, "x.csv", quotes.as_bytes()).await.ok();
    let broken: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8 | 0x80).collect();
    answer(&parser, "x.txt", &broken).await.unwrap();
    let line = "word ".repeat(300_000);
    assert_eq!(answer(&parser, "x.txt", line.as_bytes()).await.unwrap()[0].markdown.len(), line.len() - 1);
    let words = "<p>word</p>".repeat(15_000);
    answer(&parser, "x.html", format!("<!doctype html>{words}").as_bytes()).await.unwrap();
    let tags = "<".repeat(500_000);
    answer(&parser, "x.html", format!("<!doctype html>{tags}").as_bytes()).await.ok();
    let zip_alone = b"PK\x03\x04".repeat(100_000);
    answer(&parser, "x.docx", &zip_alone).await.unwrap_err();
    answer(&parser, "x.pdf", format!("%PDF-1.7\n{}", "1 0 obj\n".repeat(50_000)).as_bytes())
        .await
        .unwrap_err();
    assert!(matches!(
        answer(&parser, "x.txt", &vec![b'a'; 21 * 1024 * 1024]).await,
        Err(ParseError::TooLarge { .. })
    ));
}

#[tokio::test]
async fn mails_inside_mails_are_answered() {
    let parser = parser();
    let head = "From: a@example.com\nSubject: x\nMIME-Version: 1.0\n";
    let nested = format!("{head}{}", "Content-Type: message/rfc822\n\n".repeat(50_000));
    let error = answer(&parser, "x.eml", nested.as_bytes()).await.unwrap_err();
    assert!(matches!(error, ParseError::TooComplex { .. }), "{error}");
    let parts: String =
        (0..5_000).map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n")).collect();
    answer(&parser, "x.eml", format!("{head}{parts}").as_bytes()).await.ok();
    let html = format!("{head}Content-Type: text/html\n\n{}", "<div>".repeat(100_000));
    assert_eq!(answer(&parser, "x.eml", html.as_bytes()).await, Err(ParseError::TooDeep { limit: 200 }));
}

#[tokio::test]
async fn a_pdf_that_points_at_itself_is_answered() {
    let parser = parser();
    let text = String::from_utf8(files::pdf(&[&[(12, 72, 700, "x")]])).unwrap();
    for (from, to) in [
        ("/Kids [10 0 R]", "/Kids [2 0 R]"),
        ("/Parent 2 0 R", "/Parent 10 0 R"),
        ("/Contents 11 0 R", "/Contents 10 0 R"),
        ("startxref\n", "startxref\n9"),
        ("/Count 1", "/Count 99999999"),
        ("/Root 1 0 R", "/Root 1 0 R /Prev 0"),
    ] {
        assert!(text.contains(from), "{from}");
        answer(&parser, "x.pdf", text.replace(from, to).as_bytes()).await.ok();
    }
}
