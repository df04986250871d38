//! What a file is taken for, and what is said when its name lies.

use parse::{Input, Kind, Limits, ParseError};

use super::{all, files, one, refused};

#[test]
fn content_decides_before_names_do() {
    assert_eq!(one("export", files::pdf(&[&[(12, 72, 700, "Hello")]])).kind, Kind::Pdf);
    assert_eq!(one("export", files::docx("<w:p><w:r><w:t>Hello</w:t></w:r></w:p>")).kind, Kind::Docx);
    assert_eq!(one("export.txt", files::MAIL).kind, Kind::Mail);
    assert_eq!(one("export.txt", "<!-- x --><!DOCTYPE html><p>Hello").kind, Kind::Html);
    assert_eq!(one("export.txt", "Question,Answer\nWhy?,Because.").kind, Kind::Faq);
    assert_eq!(one("notes", "Just text.").kind, Kind::Text);
    assert_eq!(one("notes.md", "<html> is a tag.").kind, Kind::Markdown);
}

#[test]
fn mails_are_known_by_their_headers_however_long_these_are() {
    let long = format!(
        "X-Seal: a\n {}\nReceived: x\nFrom: a@example.com\n{}: b\n\nHello",
        "s".repeat(500),
        "X-Y".repeat(9_000)
    );
    assert_eq!(one("export", &long).kind, Kind::Mail);
    assert_eq!(one("export", "From: me\nI like it.\nDate: none\nSubject: x\nTo: y\n\nText").kind, Kind::Text);
    assert_eq!(one("x.eml", "Content-Type: text/plain\n\nHello").markdown, "Hello");
}

#[test]
fn the_claimed_type_counts_when_the_name_says_nothing() {
    let claimed = |media_type| {
        let input = Input { bytes: b"# Hello", file_name: None, media_type: Some(media_type) };
        parse::parse(input, &Limits::default()).map(|all| all[0].kind)
    };
    assert_eq!(claimed("text/markdown; charset=utf-8"), Ok(Kind::Markdown));
    assert_eq!(claimed("text/plain"), Ok(Kind::Text));
    assert!(matches!(claimed("application/pdf"), Err(ParseError::Mismatch { .. })));
}

#[test]
fn a_name_that_lies_is_told_so() {
    let error = refused("x.pdf", files::zip(&[("a.txt", "a")])).to_string();
    assert!(error.starts_with("`x.pdf` is not a PDF: it starts like a ZIP file"), "{error}");
    let error = refused("x.docx", files::pdf(&[&[(12, 72, 700, "Hello")]])).to_string();
    assert!(error.starts_with("`x.docx` is not a Word document (.docx): it starts like a PDF"), "{error}");
    let error = refused("x.md", files::pdf(&[&[(12, 72, 700, "Hello")]])).to_string();
    assert!(error.contains("it starts like a PDF"), "{error}");
    assert!(refused("x.pdf", "Just text.").to_string().contains("it is plain text"));
    assert!(refused("x.eml", "Just text.").to_string().contains("headers"));
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01";
    assert!(refused("x.txt", png).to_string().contains("image/png"));
}

#[test]
fn what_cannot_be_read_is_named_with_what_to_do() {
    let advice = |name, bytes: &[u8]| match all(name, bytes).unwrap_err() {
        ParseError::Unsupported { found, advice } => format!("{found}: {advice}"),
        other => panic!("{other}"),
    };
    assert!(advice("x.xlsx", &files::zip(&[("xl/workbook.xml", "")])).contains("save the sheet as CSV"));
    assert!(advice("x.pptx", &files::zip(&[("ppt/presentation.xml", "")])).contains("PDF"));
    assert!(advice("x.zip", &files::zip(&[("a.md", "")])).contains("unpack"));
    assert!(advice("x.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old").contains("old Office"));
    assert!(advice("x.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old").contains("old Office"));
    assert!(advice("x.rtf", b"{\\rtf1 Hello}").contains("RTF"));
    assert!(advice("x.bin", &[0; 64]).contains("binary data"));
}

#[test]
fn encrypted_documents_say_so() {
    let mut ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    ole.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(refused("x.docx", ole), ParseError::Encrypted);
    assert_eq!(refused("x.pdf", files::encrypted_pdf()), ParseError::Encrypted);
}

#[test]
fn files_without_text_and_files_over_the_limit_are_refused() {
    assert_eq!(refused("x.md", ""), ParseError::Empty);
    assert_eq!(refused("x.txt", " \n\t\r\n"), ParseError::Empty);
    assert_eq!(refused("x.html", "<html><body><script>1</script></body></html>"), ParseError::Empty);
    let limits = Limits { bytes: 3, ..Limits::default() };
    let input = Input { bytes: b"four", file_name: None, media_type: None };
    assert_eq!(parse::parse(input, &limits), Err(ParseError::TooLarge { bytes: 4, limit: 3 }));
    let limits = Limits { output_bytes: 3, ..Limits::default() };
    assert_eq!(parse::parse(input, &limits), Err(ParseError::TooMuchText { limit: 3 }));
}

#[test]
fn errors_survive_the_way_between_processes() {
    let error = refused("x.csv", "a;b\n1;2");
    let there = serde_json::to_string(&error).unwrap();
    assert_eq!(serde_json::from_str::<ParseError>(&there).unwrap(), error);
}
