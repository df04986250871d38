//! Builds PDF and DOCX files by hand.

use std::io::{Cursor, Write as _};

use zip::{ZipWriter, write::SimpleFileOptions};

/// A line of a PDF page: font size, place, text.
pub type Line<'a> = (u32, u32, u32, &'a str);

/// A PDF whose pages show these lines in Helvetica.
pub fn pdf(pages: &[&[Line<'_>]]) -> Vec<u8> {
    pdf_with(pages, "", "")
}

/// A PDF with more objects from number 100 on, and more in its trailer.
pub fn pdf_with(pages: &[&[Line<'_>]], objects: &str, trailer: &str) -> Vec<u8> {
    let kids: Vec<String> = (0..pages.len()).map(|page| format!("{} 0 R", 10 + 2 * page)).collect();
    let mut all = vec![
        (1, "<< /Type /Catalog /Pages 2 0 R >>".to_owned()),
        (2, format!("<< /Type /Pages /Count {} /Kids [{}] >>", pages.len(), kids.join(" "))),
        (3, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned()),
    ];
    for (at, lines) in pages.iter().enumerate() {
        let mut content = String::new();
        for (size, x, y, text) in *lines {
            let text: String = text.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
            content.push_str(&format!("BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj ET\n"));
        }
        let number = 10 + 2 * at;
        all.push((
            number,
            format!(
                "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {} 0 R \
                 /Resources << /Font << /F1 3 0 R >> >> >>",
                number + 1
            ),
        ));
        all.push((number + 1, format!("<< /Length {} >>\nstream\n{content}endstream", content.len())));
    }
    let mut file = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in &all {
        offsets.push((*number, file.len()));
        file.extend_from_slice(format!("{number} 0 obj\n{object}\nendobj\n").as_bytes());
    }
    let mut table = String::from("xref\n0 1\n0000000000 65535 f \n");
    if !objects.is_empty() {
        offsets.push((100, file.len()));
        file.extend_from_slice(format!("100 0 obj\n{objects}\nendobj\n").as_bytes());
    }
    for (number, offset) in offsets {
        table.push_str(&format!("{number} 1\n{offset:010} 00000 n \n"));
    }
    let start = file.len();
    file.extend_from_slice(table.as_bytes());
    file.extend_from_slice(
        format!("trailer\n<< /Root 1 0 R /Size 1000 {trailer} >>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    file
}

/// A PDF that asks for a password.
pub fn encrypted_pdf() -> Vec<u8> {
    let secret = "41".repeat(32);
    let encrypt = format!("<< /Filter /Standard /V 1 /R 2 /P -4 /O <{secret}> /U <{secret}> >>");
    pdf_with(&[&[(12, 72, 700, "Secret")]], &encrypt, "/Encrypt 100 0 R /ID [<0123> <0123>]")
}

/// A ZIP archive with these files.
pub fn zip(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        archive.start_file(*name, SimpleFileOptions::default()).unwrap();
        archive.write_all(text.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

const STYLES: &str = r#"<w:styles xmlns:w="w">
<w:style w:styleId="Titel"><w:name w:val="Title"/></w:style>
<w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>
<w:style w:styleId="berschrift2"><w:name w:val="heading 2"/></w:style>
<w:style w:styleId="Mine"><w:name w:val="Mine"/><w:basedOn w:val="berschrift2"/></w:style>
<w:style w:styleId="Code"><w:name w:val="HTML Preformatted"/></w:style>
</w:styles>"#;

const NUMBERING: &str = r#"<w:numbering xmlns:w="w">
<w:abstractNum w:abstractNumId="7"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl>
<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="8"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="8"/></w:num>
</w:numbering>"#;

const LINKS: &str = r#"<Relationships><Relationship Id="rId5"
Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"
Target="https://help.example/refunds?a=1&amp;b=2" TargetMode="External"/></Relationships>"#;

const CORE: &str = r#"<cp:coreProperties xmlns:cp="cp" xmlns:dc="dc" xmlns:dcterms="t">
<dc:title>Manual</dc:title><dc:creator>Ada Byron</dc:creator><cp:category>returns</cp:category>
<cp:keywords>refund, money; back</cp:keywords><dcterms:modified>2026-10-02T08:00:00Z</dcterms:modified>
</cp:coreProperties>"#;

/// A Word document with this body.
pub fn docx(body: &str) -> Vec<u8> {
    let document =
        format!("<?xml version=\"1.0\"?><w:document xmlns:w=\"w\"><w:body>{body}</w:body></w:document>");
    zip(&[
        ("[Content_Types].xml", "<Types/>"),
        ("word/document.xml", &document),
        ("word/styles.xml", STYLES),
        ("word/numbering.xml", NUMBERING),
        ("word/_rels/document.xml.rels", LINKS),
        ("docProps/core.xml", CORE),
    ])
}

/// A paragraph of a Word document with properties.
pub fn paragraph(properties: &str, text: &str) -> String {
    format!("<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r></w:p>")
}

/// A mail with a text and an attachment.
pub const MAIL: &str = "Received: from mx.example by mail.example; Fri, 2 Oct 2026 10:00:00 +0200\r\n\
From: Ada Byron <ada@example.com>\r\nTo: team@example.com\r\nDate: Fri, 2 Oct 2026 10:00:00 +0200\r\n\
Subject: =?utf-8?q?How_r=C3=BCckgabe_works?=\r\nMIME-Version: 1.0\r\n\
Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\
Content-Transfer-Encoding: quoted-printable\r\n\r\nLabels are free within 30=20days.\r\n\r\n\
Send them by post.\r\n\r\nOn Thu, Oct 1, 2026 at 9:00 AM, Bob <bob@example.com> wrote:\r\n> How?\r\n\r\n\
--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"label.pdf\"\r\n\
Content-Transfer-Encoding: base64\r\n\r\nJVBERi0=\r\n--b--\r\n";
