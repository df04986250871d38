//! Files of any kind: what is in them is found, and what is wrong with one is said of that one.

use std::io::{Cursor, Write as _};

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::testing::app::{Client, Reply, TestApp};
use serde_json::{Value, json};
use zip::{ZipWriter, write::SimpleFileOptions};

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");
const BOUNDARY: &str = "a-boundary-that-no-file-holds";
const FILES: &str = "/v1/knowledge/files";

/// A form with values and files.
fn form(values: &[(&str, &str)], files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    // Files first: what is said of them counts wherever it stands.
    for (name, bytes) in files {
        body.extend_from_slice(
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            )
            .as_bytes(),
        );
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    for (name, value) in values {
        body.extend_from_slice(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
                .as_bytes(),
        );
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    body
}

async fn send(client: &Client, body: Vec<u8>) -> Reply {
    client.raw("POST", FILES, body, &format!("multipart/form-data; boundary={BOUNDARY}")).await
}

async fn upload(client: &Client, values: &[(&str, &str)], files: &[(&str, &[u8])]) -> Vec<Value> {
    let answer = send(client, form(values, files)).await.json(StatusCode::OK);
    answer["items"].as_array().unwrap().clone()
}

/// Slugs with what became of them.
fn statuses(items: &[Value]) -> Vec<(&str, &str)> {
    items
        .iter()
        .map(|item| (item["slug"].as_str().unwrap_or_default(), item["status"].as_str().unwrap()))
        .collect()
}

async fn found(client: &Client, query: &str) -> Vec<String> {
    let query = query.replace(' ', "+");
    let found = client.get(&format!("/v1/knowledge/search?q={query}")).await.json(StatusCode::OK);
    found["items"].as_array().unwrap().iter().map(|p| p["slug"].as_str().unwrap().to_owned()).collect()
}

/// A PDF of one page with one line.
fn pdf(line: &str) -> Vec<u8> {
    let content = format!("BT /F1 12 Tf 1 0 0 1 72 700 Tm ({line}) Tj ET\n");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Count 1 /Kids [4 0 R] >>".to_owned(),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 5 0 R \
         /Resources << /Font << /F1 3 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{content}endstream", content.len()),
    ];
    let mut file = String::from("%PDF-1.7\n");
    let mut table = String::from("xref\n0 6\n0000000000 65535 f \n");
    for (at, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", at + 1));
    }
    let start = file.len();
    file.push_str(&format!("{table}trailer\n<< /Root 1 0 R /Size 6 >>\nstartxref\n{start}\n%%EOF\n"));
    file.into_bytes()
}

/// A Word document with one paragraph.
fn docx(text: &str) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let document = format!(
        "<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body><w:p><w:r><w:t>{text}</w:t></w:r></w:p>\
         </w:body></w:document>"
    );
    for (name, text) in [("[Content_Types].xml", "<Types/>"), ("word/document.xml", &document)] {
        archive.start_file(name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

#[tokio::test]
async fn what_is_in_files_of_every_kind_is_found_and_the_same_again_changes_nothing() {
    let app = TestApp::start_parsing(PROGRAM).await;
    let admin = app.key(Role::Admin);
    let (manual, letter) =
        (pdf("The kettle is descaled with vinegar."), docx("The trombone ships on Mondays."));
    let files: [(&str, &[u8]); 6] = [
        ("Kettle Manual (2026).pdf", &manual),
        ("letter.docx", &letter),
        ("page.html", b"<!doctype html><title>Lamps</title><main><h1>Lamps</h1><p>A lantern burns oil.</main>"),
        ("notes.txt", b"Umbrellas open to the left."),
        ("faq.csv", b"question,answer,category\nWhere is my sofa?,In the warehouse.,orders\nMay I sing?,\"Yes, softly.\",\n"),
        ("Front.md", b"---\ntitle: Front\ncategory: matter\n---\nMarmalade is orange.\n"),
    ];
    let items = upload(&admin, &[], &files).await;
    assert_eq!(
        statuses(&items),
        [
            ("kettle-manual-2026", "added"),
            ("letter", "added"),
            ("page", "added"),
            ("notes", "added"),
            ("faq/where-is-my-sofa", "added"),
            ("faq/may-i-sing", "added"),
            ("Front", "added"),
        ]
    );
    assert_eq!(items[2]["title"], "Lamps");
    assert_eq!(items[3]["title"], "Notes");
    assert_eq!(items[4]["file"], "faq.csv");
    assert_eq!(items[4]["title"], "Where is my sofa?");
    for (query, slug) in [
        ("descale kettle vinegar", "kettle-manual-2026"),
        ("trombone ships", "letter"),
        ("lantern oil", "page"),
        ("umbrellas left", "notes"),
        ("sofa warehouse", "faq/where-is-my-sofa"),
        ("marmalade orange", "Front"),
    ] {
        assert_eq!(found(&admin, query).await.first().map(String::as_str), Some(slug), "{query}");
    }
    let sofa = format!("/v1/knowledge/documents/{}", items[4]["document_id"].as_str().unwrap());
    let sofa = admin.get(&sofa).await.json(StatusCode::OK);
    assert_eq!(sofa["document"]["category"], "orders");
    assert_eq!(sofa["document"]["visibility"], "public");

    let again = upload(&admin, &[], &files).await;
    for (before, after) in items.iter().zip(&again) {
        assert_eq!(after["status"], "unchanged", "{after}");
        assert_eq!(after["document_id"], before["document_id"]);
    }
}

#[tokio::test]
async fn a_changed_pair_changes_only_itself_wherever_it_stands() {
    let app = TestApp::start_parsing(PROGRAM).await;
    let admin = app.key(Role::Admin);
    upload(&admin, &[], &[("faq.csv", b"question,answer\nOne?,A.\nTwo?,B.\nTwo!,C.\n")]).await;
    let items =
        upload(&admin, &[], &[("faq.csv", b"question,answer\nNew?,N.\nTwo?,B.\nTwo!,D.\nOne?,A.\n")]).await;
    assert_eq!(
        statuses(&items),
        [("faq/new", "added"), ("faq/two", "unchanged"), ("faq/two-2", "changed"), ("faq/one", "unchanged")]
    );
}

#[tokio::test]
async fn a_file_that_is_refused_says_why_and_does_not_stop_the_others() {
    let app = TestApp::start_parsing(PROGRAM).await;
    let admin = app.key(Role::Admin);
    let bomb = docx(&" ".repeat(4 * 1024 * 1024));
    assert!(bomb.len() < 16 * 1024);
    let large = "Words and words. ".repeat(70_000);
    let items = upload(
        &admin,
        &[],
        &[
            ("wrong.pdf", b"This is no PDF."),
            ("bomb.docx", &bomb),
            ("noise.bin", &[0, 159, 146, 150, 0, 1, 2, 3]),
            ("large.txt", large.as_bytes()),
            ("latin.md", b"Gr\xfc\xdfe"),
            ("???.txt", b"Nameless."),
            ("table.csv", b"when,what\n1,2\n"),
            ("good.txt", b"A zeppelin floats."),
            ("good.html", b"<html><p>Another zeppelin.</html>"),
        ],
    )
    .await;
    let why = |file: &str| {
        let item = items.iter().find(|item| item["file"] == file).unwrap();
        assert_eq!(item["status"], "rejected", "{item}");
        assert_eq!(item["document_id"], Value::Null);
        item["reason"].as_str().unwrap()
    };
    assert!(why("wrong.pdf").contains("is not a PDF: it is plain text"), "{}", why("wrong.pdf"));
    assert!(why("bomb.docx").contains("unpacks to far more"), "{}", why("bomb.docx"));
    assert!(why("noise.bin").contains("hand in Markdown, HTML"), "{}", why("noise.bin"));
    assert!(why("large.txt").contains("split it into several"), "{}", why("large.txt"));
    assert!(why("???.txt").contains("rename it"), "{}", why("???.txt"));
    assert!(why("table.csv").contains("a column `question`"), "{}", why("table.csv"));
    assert!(why("good.html").contains("`good` came already, from good.txt"), "{}", why("good.html"));
    assert_eq!(found(&admin, "zeppelin").await, ["good"]);
    // What the parser had to guess is said.
    let latin = items.iter().find(|item| item["file"] == "latin.md").unwrap();
    assert_eq!(latin["status"], "added", "{latin}");
    assert!(!latin["warnings"].as_array().unwrap().is_empty(), "{latin}");
}

#[tokio::test]
async fn what_the_sender_says_goes_before_what_the_file_says() {
    let app = TestApp::start_parsing(PROGRAM).await;
    let admin = app.key(Role::Admin);
    let files: [(&str, &[u8]); 2] = [
        ("open.md", b"---\nvisibility: public\ncategory: mine\n---\nThe quokka smiles."),
        ("plain.txt", b"Another quokka."),
    ];
    let said = [("visibility", "internal"), ("category", "zoo"), ("tags", "animals, small")];
    let items = upload(&admin, &said, &files).await;
    for item in &items {
        let path = format!("/v1/knowledge/documents/{}", item["document_id"].as_str().unwrap());
        let document = admin.get(&path).await.json(StatusCode::OK)["document"].clone();
        assert_eq!(document["visibility"], "internal");
        assert_eq!(document["category"], "zoo");
        assert_eq!(document["tags"], json!(["animals", "small"]));
    }
    assert!(found(&admin, "quokka").await.is_empty());
    assert_eq!(
        statuses(&upload(&admin, &said, &files).await),
        [("open", "unchanged"), ("plain", "unchanged")]
    );
    assert_eq!(statuses(&upload(&admin, &[], &files).await), [("open", "changed"), ("plain", "changed")]);
    assert_eq!(found(&admin, "quokka").await.len(), 2);
}

#[tokio::test]
async fn a_form_that_cannot_be_taken_is_a_problem_and_changes_nothing() {
    let app = TestApp::start().await;
    let admin = app.key(Role::Admin);
    let file: (&str, &[u8]) = ("a.md", b"Something.");
    let huge = vec![b'x'; 33 * 1024 * 1024];
    send(&admin, form(&[], &[("huge.txt", &huge)])).await.problem(StatusCode::PAYLOAD_TOO_LARGE);
    for (values, files, says) in [
        (vec![], vec![], "no part `file`"),
        (vec![("visibility", "secret")], vec![file], "`public` or `internal`"),
        (vec![("colour", "red")], vec![file], "`colour` is not known"),
        (vec![("category", "a\nb")], vec![file], "category must be"),
        (vec![], vec![("", file.1)], "needs a file name"),
        (vec![], vec![file; 51], "may have 50 files"),
    ] {
        let problem = send(&admin, form(&values, &files)).await.problem(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(problem["detail"].as_str().unwrap().contains(says), "{problem}");
    }
    let mut cut = form(&[], &[file]);
    cut.truncate(cut.len() - 20);
    send(&admin, cut).await.problem(StatusCode::BAD_REQUEST);
    admin.post(FILES, &json!({})).await.problem(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let list = admin.get("/v1/knowledge/documents").await.json(StatusCode::OK);
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn a_parser_that_cannot_be_started_is_not_the_files_fault() {
    let app = TestApp::start_parsing("/nowhere/countersign").await;
    let items = upload(&app.key(Role::Admin), &[], &[("a.txt", b"Text."), ("b.md", b"Markdown.")]).await;
    assert_eq!(statuses(&items), [("a", "rejected"), ("b", "added")]);
    assert!(items[0]["reason"].as_str().unwrap().contains("tell the operator"), "{}", items[0]);
}
